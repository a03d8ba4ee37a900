"""Burns on the way to the Moon, flown again by others; and the free return they lead back to."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.trajectory import fly
from lunarplan.transfers.free_returns.free_return import free_return_problem, free_returns
from lunarplan.transfers.free_returns.high_orbit import high_orbit_returns
from lunarplan.transfers.free_returns.high_orbit_problem import high_orbit_problem
from lunarplan.transfers.free_returns.midcourse import corrections, departures, restorations
from tests import naive
from tests.tolerances import (
    CORRECTION_LINEAR,
    FREE_RETURN_ENTRY_KM,
    HYBRID_M_S,
    HYBRID_PLANE_RAD,
    LANES_CORRECTION_M_S,
    TRANSFER_CLOSURE_KM,
)

FORCES = ForceModel(earth_zonal=3, earth_pole="icrf", moon_degree=0)
HOUR = 3600.0
HOURS = np.array([1.0, 6.0, 12.0, 24.0, 36.0, 48.0])


@pytest.fixture(scope="module")
def meant():
    batch = free_return_problem(tdb_seconds("2028-07-04T00:00:00"), perilune_altitude_km=1500.0)
    return free_returns(batch, FORCES).require()


@pytest.fixture(scope="module")
def epochs(meant):
    return meant.injection_tdb[0] + HOUR * HOURS


def strayed(meant, metres_per_second):
    state = meant.injection_states[0].copy()
    state[3:] *= 1.0 + 1e-3 * metres_per_second / np.linalg.norm(state[3:])
    return fly(state, float(meant.injection_tdb[0]), float(meant.problem.perilune_tdb[0]) - 1.5 * HOUR, FORCES)


def by_scipy(state, start, end):
    """About the Earth at the end, from a state about the Moon."""
    model = naive.Model({b: FORCES.gm(b) for b in FORCES.bodies}, zonal=3, pole="icrf")
    return naive.propagate(model, state + FORCES.source.state("moon", "earth", start), start, end)


@pytest.fixture(scope="module")
def restored(meant, epochs):
    return restorations(strayed(meant, 1.0), epochs, meant)


def test_every_burn_is_found(restored):
    assert restored.ok.all()


def test_later_costs_more(restored):
    assert (np.diff(restored.delta_v_m_s) > 0.0).all()
    assert restored.delta_v_m_s[0] > 1.0  # more than the error itself, an hour after it


@pytest.mark.parametrize("row", [0, 3, 5])
def test_scipy_comes_home(restored, meant, row):
    state = restored.burn_states[row].copy()
    state[3:] += restored.burn_km_s[row]
    burn, perilune = float(restored.burn_tdb[row]), float(restored.perilune_tdb[row])
    passing = by_scipy(state, burn, perilune) - FORCES.source.state("moon", "earth", perilune)
    assert np.linalg.norm(passing[:3]) == pytest.approx(meant.problem.perilune_radius_km[0], abs=TRANSFER_CLOSURE_KM)
    assert abs(passing[:3] @ passing[3:]) / np.linalg.norm(passing[:3]) < 1e-6
    end = by_scipy(passing, perilune, float(restored.entry.tdb[row]))
    assert np.linalg.norm((end - restored.entry.states[row])[:3]) < FREE_RETURN_ENTRY_KM
    assert restored.entry.flight_path_deg[row] == pytest.approx(-6.5, abs=1e-8)


def test_without_an_error_there_is_nothing_to_burn(meant, epochs):
    nothing = restorations(strayed(meant, 0.0), epochs, meant).require()
    assert nothing.delta_v_m_s.max() < 1e-3
    np.testing.assert_allclose(nothing.perilune_tdb, meant.problem.perilune_tdb[0], atol=1e-3)


def test_many_bad_injections_are_each_put_right(meant, restored):
    """One a metre per second too fast is that of the flights above; none needs nothing; one that falls back is lost."""
    velocity = meant.injection_states[0, 3:]
    along = 1e-3 * velocity / np.linalg.norm(velocity)
    many = corrections(meant, [along, 0.0 * along, -3e3 * along], HOUR * HOURS[1])
    assert many.ok.tolist() == [True, True, False]
    assert many.delta_v_m_s[0] == pytest.approx(restored.delta_v_m_s[1], abs=LANES_CORRECTION_M_S)
    assert many.delta_v_m_s[1] < 1e-3
    assert np.isnan(many.delta_v_m_s[2])
    assert corrections(meant, along, HOUR * HOURS[1]).delta_v_m_s == pytest.approx(many.delta_v_m_s[:1])
    assert len(corrections(meant, np.empty((0, 3)), HOUR).ok) == 0


def test_small_errors_cost_in_proportion(meant, epochs, restored):
    tenth = restorations(strayed(meant, 0.1), epochs, meant).require()
    np.testing.assert_allclose(10.0 * tenth.delta_v_m_s, restored.delta_v_m_s, rtol=CORRECTION_LINEAR)


def test_a_flight_from_a_high_orbit_is_put_right_too():
    one = high_orbit_problem("2026-04-06T23:00:00", perilune_altitude_km=6545.0, inclination_deg=35.0)
    found = high_orbit_returns(one, None, FORCES).require()
    start = float(found.injection_tdb[0])
    state = found.injection_states[0].copy()
    state[3:] *= 1.0001
    flight = fly(state, start, start + 86_400.0, FORCES)
    assert restorations(flight, start + HOUR * np.array([2.0, 12.0, 24.0]), found).ok.all()


@pytest.fixture(scope="module")
def off(meant, epochs):
    return departures(
        strayed(meant, 0.0), epochs, meant, perilune_altitude_km=111.0, inclination_deg=[170.0] * 3 + [90.0] * 3,
        northbound=[1, -1, 1, 1, -1, 1], later_s=[0.0, 0.0, -3600.0, 3600.0, 0.0, 0.0],
    )  # fmt: skip


def test_every_departure_is_found(off):
    assert off.ok.all()


def test_scipy_comes_to_the_other_perilune(off, meant):
    later = np.array([0.0, 0.0, -3600.0, 3600.0, 0.0, 0.0])
    np.testing.assert_allclose(off.perilune_tdb, meant.problem.perilune_tdb[0] + later)
    for row, tilt in ((0, 170.0), (3, 90.0), (5, 90.0)):
        state = off.burn_states[row].copy()
        state[3:] += off.burn_km_s[row]
        end = float(off.perilune_tdb[row])
        passing = by_scipy(state, float(off.burn_tdb[row]), end) - FORCES.source.state("moon", "earth", end)
        assert np.linalg.norm((passing - off.perilune_states[row])[:3]) < TRANSFER_CLOSURE_KM
        assert np.linalg.norm(passing[:3]) - RADIUS_KM["moon"] == pytest.approx(111.0, abs=TRANSFER_CLOSURE_KM)
        pole = rotation("moon_me", end, FORCES.source).reshape(3, 3) @ np.cross(passing[:3], passing[3:])
        angle = np.arccos(pole[2] / np.linalg.norm(pole))
        assert angle == pytest.approx(np.radians(tilt), abs=HYBRID_PLANE_RAD)


def test_a_hybrid_costs_what_apollo_paid(meant):
    """Apollo 12, 13 and 14 left their free returns some thirty hours out."""
    low, high = HYBRID_M_S
    half_way = meant.injection_tdb[0] + 28.0 * HOUR
    cost = departures(
        strayed(meant, 0.0), half_way, meant, perilune_altitude_km=111.0, inclination_deg=170.0
    ).delta_v_m_s[0]
    assert low < cost < high


def test_a_batch_is_its_rows(meant, epochs, restored, off):
    alone = restorations(strayed(meant, 1.0), epochs[4], meant)
    assert alone.delta_v_m_s[0] == pytest.approx(restored.delta_v_m_s[4], abs=LANES_CORRECTION_M_S)
    alone = departures(
        strayed(meant, 0.0), epochs[2], meant, perilune_altitude_km=111.0, inclination_deg=170.0, later_s=-3600.0
    )
    assert alone.delta_v_m_s[0] == pytest.approx(off.delta_v_m_s[2], abs=LANES_CORRECTION_M_S)


def test_what_cannot_be_met_fails_alone(meant, epochs):
    """Where the asymptote comes in steeper than the plane there is none, and it says so."""
    found = departures(
        strayed(meant, 0.0), epochs[0], meant, perilune_altitude_km=111.0, inclination_deg=[0.0, 90.0]
    )  # fmt: skip
    assert found.ok[1]
    assert found.ok[0] or np.isnan(found.delta_v_m_s[0])


def test_bad_input_is_named(meant, epochs):
    flight = strayed(meant, 0.0)
    many = free_returns(free_return_problem("2028-07-04T00:00:00", perilune_altitude_km=[500.0, 900.0]), FORCES)
    low = {"perilune_altitude_km": 111.0, "inclination_deg": 90.0}
    with pytest.raises(InputError, match="meant"):
        restorations(flight, epochs, many)
    with pytest.raises(InputError, match="meant"):
        restorations(flight, epochs, "the one")
    with pytest.raises(InputError, match="epochs"):
        restorations(flight, meant.problem.perilune_tdb, meant)
    with pytest.raises(InputError, match="flight"):
        restorations("a flight", epochs, meant)
    with pytest.raises(InputError, match="errors_km_s"):
        corrections(meant, [np.nan, 0.0, 0.0], HOUR)
    with pytest.raises(InputError, match="errors_km_s"):
        corrections(meant, 1e-3, HOUR)
    with pytest.raises(InputError, match="after_s"):
        corrections(meant, [0.0, 0.0, 0.0], -HOUR)
    with pytest.raises(InputError, match="epochs"):
        corrections(meant, [0.0, 0.0, 0.0], 20.0 * 24.0 * HOUR)
    with pytest.raises(InputError, match="meant"):
        corrections(many, [0.0, 0.0, 0.0], HOUR)
    with pytest.raises(InputError, match="inclination_deg"):
        departures(flight, epochs, meant, **(low | {"inclination_deg": np.nan}))
    with pytest.raises(InputError, match="later_s"):
        departures(flight, epochs, meant, later_s=1e6, **low)
    assert len(restorations(flight, np.empty(0), meant).ok) == 0
    assert len(departures(flight, np.empty(0), meant, **low).ok) == 0
