"""Symmetric free returns against an independent integration, and their own mirror images."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lunarplan.errors import InputError
from lunarplan.model.cr3bp import EARTH_MOON_MU, jacobi
from lunarplan.transfers.free_returns.symmetric import symmetric_returns
from tests.authorities import load
from tests.tolerances import PLANAR_C3, PLANAR_DAYS, PLANAR_PERIGEE_KM

CASE = load("free_returns")["planar"]
ROWS = np.array(CASE["rows"])
PERIGEE = {"perigee_altitude_km": CASE["perigee_km"] - 6378.1366}


@pytest.fixture(scope="module")
def table():
    return symmetric_returns(ROWS[:, 0], length_km=CASE["length_km"], time_s=CASE["time_s"], **PERIGEE)


def test_times_and_energies_are_those_of_the_table(table):
    assert table.ok.all()
    assert np.abs(table.one_way_s / 86400.0 - ROWS[:, 1]).max() < PLANAR_DAYS
    assert np.abs(table.c3_km2_s2 - ROWS[:, 2]).max() < PLANAR_C3


@pytest.mark.parametrize("sense", [1.0, -1.0])
def test_scipy_flies_to_the_perigee_both_ways(table, sense):
    mu = EARTH_MOON_MU

    def rate(_, s):
        x, y, u, v = s
        a = -(1 - mu) * np.array([x + mu, y]) / np.hypot(x + mu, y) ** 3 - mu * np.array([x - 1 + mu, y]) / (
            np.hypot(x - 1 + mu, y) ** 3
        )
        return [u, v, a[0] + x + 2 * v, a[1] + y - 2 * u]

    for row in (1, 6):
        start = table.states[row, [0, 1, 3, 4]]
        end = solve_ivp(
            rate, (0.0, sense * table.one_way_s[row] / CASE["time_s"]), start, "DOP853", rtol=1e-13, atol=1e-14
        ).y[:, -1]
        perigee_km = np.hypot(end[0] + mu, end[1]) * CASE["length_km"]
        assert perigee_km == pytest.approx(CASE["perigee_km"], abs=PLANAR_PERIGEE_KM)


def test_faster_paths_have_more_energy(table):
    assert (np.diff(jacobi(table.states)) > 0.0).all()


def test_a_batch_is_its_rows(table):
    alone = symmetric_returns(ROWS[3, 0], **PERIGEE)
    assert alone.one_way_s[0] == pytest.approx(table.one_way_s[3], rel=1e-12)


def test_a_row_that_is_no_number_fails_alone():
    found = symmetric_returns([100.0, np.nan], **PERIGEE)
    assert found.ok.tolist() == [True, False]
    assert np.isnan(found.one_way_s[1])


def test_bad_input_is_named():
    with pytest.raises(InputError, match="perilune_altitude_km"):
        symmetric_returns("low")
    with pytest.raises(InputError, match="length_km"):
        symmetric_returns(100.0, length_km=-1.0)
    assert len(symmetric_returns(np.empty(0)).ok) == 0
