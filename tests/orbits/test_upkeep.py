"""Keeping a low orbit: LRO's published cost, and the averaged estimate against the flight."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.forces import ForceModel
from lunarplan.orbits.lunar_axes import orbit_states
from lunarplan.orbits.upkeep import Upkeep, averaged_upkeep_m_s, upkeep
from tests import tolerances as tol

_EPOCH = "2027-01-01"
_FORCES = ForceModel(moon_degree=50)


@pytest.fixture(scope="module")
def kept() -> Upkeep:
    x = orbit_states(50.0, 50.0, 90.0, np.arange(0.0, 360.0, 45.0), 0.0, _EPOCH)
    return upkeep(x, _EPOCH, 2, forces=_FORCES)


def test_fifty_kilometres_over_the_poles_cost_what_lro_paid(kept: Upkeep) -> None:
    """LRO: some 11 m/s a month, 130 to 150 m/s a year, 50 km give or take 20: Beckman and Lamb (2007)."""
    assert kept.ok.all()
    month = kept.steady_m_s_per_month
    assert ((month > tol.LRO_UPKEEP_M_S[0]) & (month < tol.LRO_UPKEEP_M_S[1])).all()
    assert kept.steady_m_s_per_year.mean() == pytest.approx(140.0, abs=tol.LRO_YEAR_M_S)
    assert (kept.lowest_altitude_km[:, 1:] > tol.LRO_BAND_KM[0]).all()
    assert (kept.highest_altitude_km[:, 1:] < tol.LRO_BAND_KM[1]).all()


def test_the_averaged_estimate_is_near_the_flight(kept: Upkeep) -> None:
    estimate = averaged_upkeep_m_s(50.0, 90.0, degree=50)
    assert kept.steady_m_s_per_month.mean() == pytest.approx(float(estimate), rel=tol.AVERAGED_UPKEEP)


def test_frozen_inclinations_cost_nothing_in_the_averaged_field() -> None:
    cost = averaged_upkeep_m_s(100.0, np.array([84.7, 90.0, 76.4]))
    assert cost[0] < 0.1 * cost[1]
    assert cost[2] < 0.1 * cost[1]


def test_a_row_that_crashes_is_lost_alone() -> None:
    x = orbit_states(40.0, 40.0, [5.0, 86.0], 0.0, 0.0, _EPOCH)
    kept = upkeep(x, _EPOCH, 2, forces=ForceModel(moon_degree=20))
    assert list(kept.ok) == [False, True]
    assert np.isnan(kept.delta_v_m_s[0]).all()
    assert np.isfinite(kept.delta_v_m_s[1]).all()


def test_no_rows_cost_nothing() -> None:
    assert upkeep(np.empty((0, 6)), _EPOCH, 2, forces=_FORCES).delta_v_m_s.shape == (0, 2)


@pytest.mark.parametrize("centre", [(np.nan, 0.0), (0.0, 0.0, 0.0), (1.0, 0.0), "round"])
def test_a_centre_is_an_eccentricity_vector(centre: object) -> None:
    with pytest.raises(InputError, match="centre"):
        upkeep(orbit_states(50.0, 50.0, 90.0, 0.0, 0.0, _EPOCH), _EPOCH, 2, centre=centre)


@pytest.mark.parametrize("months", [1, 2.5, -1, "two"])
def test_months_are_whole_and_two_or_more(months: object) -> None:
    with pytest.raises(InputError, match="months"):
        upkeep(orbit_states(50.0, 50.0, 90.0, 0.0, 0.0, _EPOCH), _EPOCH, months)
