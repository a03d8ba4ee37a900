"""Orbits flown to their end, against single flights, events, and lives that are known."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.model.trajectory import fly
from lunarplan.orbits.history import Fate, OrbitHistory, orbit_history
from lunarplan.orbits.lunar_axes import orbit_elements, orbit_states
from tests import tolerances as tol

_EPOCH = "2027-01-01"
_TDB = float(tdb_seconds(_EPOCH))
_LOW = ForceModel(moon_degree=20)
_KEPLER = ForceModel(bodies=("moon",), moon_degree=0, earth_zonal=0)


def test_extremes_of_altitude_are_those_of_the_path() -> None:
    x = orbit_states(60.0, 140.0, 70.0, 15.0, 200.0, _EPOCH)
    flown = orbit_history(x, _EPOCH, 2.0, forces=_LOW, step_days=1.0, tolerance=1e-12)
    trajectory = fly(x, _TDB, _TDB + 2.0 * SECONDS_PER_DAY, _LOW, center="moon", tolerance=1e-12).trajectory
    for day in range(2):
        t = np.linspace(trajectory.start_tdb, trajectory.end_tdb, 2 * 20_000 + 1)[day * 20_000 : (day + 1) * 20_000 + 1]
        altitude = np.linalg.norm(trajectory.at(t, "moon")[:, :3], axis=1) - RADIUS_KM["moon"]
        assert flown.lowest_altitude_km[0, day] == pytest.approx(altitude.min(), abs=tol.APSIS_BY_CUBIC_KM)
        assert flown.highest_altitude_km[0, day] == pytest.approx(altitude.max(), abs=tol.APSIS_BY_CUBIC_KM)


def test_means_of_an_unperturbed_orbit_are_its_elements() -> None:
    x = orbit_states(100.0, 3000.0, 50.0, 15.0, 200.0, _EPOCH, axes="moon_equator")
    flown = orbit_history(x, _EPOCH, 3.0, forces=_KEPLER, axes="icrf", tolerance=1e-12)
    e = orbit_elements(x, _TDB, "icrf", _KEPLER.gm("moon"))
    np.testing.assert_allclose(flown.semi_major_axis_km, e.semi_major_axis_km, atol=tol.KEPLER_MEAN)
    np.testing.assert_allclose(flown.eccentricity, e.eccentricity, atol=tol.KEPLER_MEAN)
    np.testing.assert_allclose(flown.inclination_deg, e.inclination_deg, atol=tol.KEPLER_MEAN)
    np.testing.assert_allclose(flown.argp_deg, e.argp_deg, atol=tol.KEPLER_MEAN)
    np.testing.assert_allclose(flown.node_deg % 360.0, e.raan_deg, atol=tol.KEPLER_MEAN)


def test_the_node_turns_as_the_oblateness_says() -> None:
    """The secular rate of the node by J2 alone, Kaula (1966) eq. (3.74): -3/2 n J2 (R / p)^2 cos i."""
    field = _LOW.lunar_field
    j2_alone = field.truncated(2)
    flat = ForceModel(bodies=("moon",), earth_zonal=0, moon_degree=2, moon_field=j2_alone)
    x = orbit_states(300.0, 300.0, 60.0, np.arange(0.0, 360.0, 45.0), 0.0, _EPOCH)
    flown = orbit_history(x, _EPOCH, 27.32, forces=flat, axes="moon_equator")
    a = RADIUS_KM["moon"] + 300.0
    n = np.sqrt(field.gm_km3_s2 / a**3)
    expected = 1.5 * n * np.sqrt(5.0) * field.c[2, 0] * (field.radius_km / a) ** 2 * np.cos(np.radians(60.0))
    rate = (flown.node_deg[:, -1] - flown.node_deg[:, 0]) / (flown.epochs_tdb[-1] - flown.epochs_tdb[0])
    assert np.radians(rate.mean()) == pytest.approx(expected, rel=tol.NODE_RATE)


def test_final_states_are_those_of_the_propagator_and_a_row_alone_is_one_of_a_batch() -> None:
    x = orbit_states(80.0, 120.0, np.linspace(20.0, 160.0, 6), 15.0, 200.0, _EPOCH)
    flown = orbit_history(x, _EPOCH, 3.0, forces=_LOW, tolerance=1e-12)
    end = propagate(x, _TDB, _TDB + 3.0 * SECONDS_PER_DAY, forces=_LOW, center="moon", tolerance=1e-12)
    np.testing.assert_allclose(flown.final_states[:, :3], end.states[:, :3], atol=tol.SAME_LOW_ORBIT_KM)
    alone = orbit_history(x[2], _EPOCH, 3.0, forces=_LOW, tolerance=1e-12)
    np.testing.assert_allclose(alone.final_states[0, :3], flown.final_states[2, :3], atol=tol.SAME_LOW_ORBIT_KM)
    np.testing.assert_allclose(alone.lowest_altitude_km[0], flown.lowest_altitude_km[2], atol=tol.APSIS_BY_CUBIC_KM)


def test_the_moment_of_impact_is_when_the_surface_is_reached() -> None:
    x = orbit_states(30.0, 60.0, 15.0, 40.0, 0.0, _EPOCH)
    flown = orbit_history(x, _EPOCH, 20.0, forces=_LOW)
    assert flown.fate[0] == Fate.IMPACT
    end = _TDB + flown.life_days[0] * SECONDS_PER_DAY
    path = fly(x, _TDB, end + 60.0, _LOW, center="moon", stop_at_impact=False).trajectory
    (hit,) = events.find(path, events.impact("moon"))[:1]
    assert hit == pytest.approx(end, abs=tol.IMPACT_S)
    assert flown.lowest_altitude_km[0, int(flown.life_days[0])] == 0.0
    assert np.isnan(flown.lowest_altitude_km[0, int(flown.life_days[0]) + 1 :]).all()
    assert np.isnan(flown.final_states).all()


def test_a_floor_ends_a_row_at_its_perilune_below_it() -> None:
    x = orbit_states(30.0, 60.0, 15.0, 40.0, 0.0, _EPOCH)
    flown = orbit_history(x, _EPOCH, 20.0, forces=_LOW, floor_km=20.0)
    assert flown.fate[0] == Fate.BELOW_FLOOR
    assert flown.life_days[0] < orbit_history(x, _EPOCH, 20.0, forces=_LOW).life_days[0]
    end = _TDB + flown.life_days[0] * SECONDS_PER_DAY
    path = fly(x, _TDB, end + 3000.0, _LOW, center="moon").trajectory
    low = events.find(path, events.perilune_passage())
    altitude = np.linalg.norm(path.at(low, "moon")[:, :3], axis=1) - RADIUS_KM["moon"]
    first = low[np.argmax(altitude < 20.0)]
    assert first == pytest.approx(end, abs=tol.PERILUNE_MOMENT_S)


def test_rows_that_cannot_be_flown_are_named_and_the_others_go_on() -> None:
    good = orbit_states(100.0, 100.0, 90.0, 0.0, 0.0, _EPOCH)
    x = np.stack([good, good, good, good, good])
    x[1, 0] = np.nan
    x[2, 3:] *= 1.5  # hyperbolic
    x[3, :3] *= 0.5  # inside the Moon
    x[4, 3:] *= 0.9  # perilune below the surface
    flown = orbit_history(x, _EPOCH, 1.0, forces=_LOW)
    assert list(flown.fate) == [Fate.ALIVE, Fate.BAD_INPUT, Fate.ESCAPED, Fate.IMPACT, Fate.IMPACT]
    assert flown.life_days[0] == 1.0
    assert np.isnan(flown.life_days[1])
    assert flown.life_days[2] == flown.life_days[3] == 0.0
    assert 0.0 < flown.life_days[4] < 0.05
    assert list(flown.ok) == [True, False, True, True, True]
    assert [flown.reason(i).split()[0] for i in range(5)] == ["alive", "the", "not,", "hit", "hit"]
    np.testing.assert_allclose(flown.semi_major_axis_km[0], 1837.4, atol=tol.MEAN_AXIS_KM)


def test_an_orbit_that_leaves_the_moon_ends_there() -> None:
    high = orbit_states(1000.0, 58_000.0, 10.0, 0.0, 0.0, _EPOCH)
    flown = orbit_history(high, _EPOCH, 40.0, forces=ForceModel(moon_degree=2))
    assert flown.fate[0] == Fate.ESCAPED
    assert 0.0 < flown.life_days[0] < 40.0


def test_an_empty_batch_is_an_empty_answer() -> None:
    flown = orbit_history(np.empty((0, 6)), _EPOCH, 2.0)
    assert flown.life_days.shape == (0,)
    assert flown.dataset().sizes == {"orbit": 0, "time": 2}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"duration_days": -1.0}, "duration_days"),
        ({"duration_days": np.nan}, "duration_days"),
        ({"epoch": "2050-12-01", "duration_days": 300.0}, "epoch"),
        ({"axes": "moon"}, "axes"),
        ({"tolerance": 1.0}, "tolerance"),
        ({"step_days": 0.0}, "step_days"),
        ({"floor_km": np.inf}, "floor_km"),
    ],
)
def test_questions_that_make_no_sense_are_refused(change: dict[str, object], where: str) -> None:
    asked = {"epoch": _EPOCH, "duration_days": 1.0} | change
    with pytest.raises(InputError, match=where):
        orbit_history(orbit_states(100.0, 100.0, 90.0, 0.0, 0.0, _EPOCH), **asked)


@pytest.fixture(scope="module")
def known_lives() -> OrbitHistory:
    """60 days at degree 40: 10 deg and 86 deg at 100 km, four nodes each, and the second subsatellite of Apollo 16."""
    nodes = np.arange(0.0, 360.0, 90.0)
    circular = orbit_states(100.0, 100.0, np.repeat([10.0, 86.0], 4), np.tile(nodes, 2), 0.0, _EPOCH)
    released = orbit_states(97.0, 120.0, 169.3, np.repeat([225.0, 235.0], 4), [90.0, 135.0, 225.0, 270.0] * 2, _EPOCH)
    return orbit_history(np.vstack([circular, released]), _EPOCH, 60.0, forces=ForceModel(moon_degree=40))


def test_low_orbits_at_ten_degrees_crash_within_weeks_and_those_at_86_do_not(known_lives: OrbitHistory) -> None:
    assert (known_lives.fate[:4] == Fate.IMPACT).all()
    assert (known_lives.life_days[:4] < 45.0).all()
    assert (known_lives.life_days[:2] < 15.0).all()
    assert (known_lives.fate[4:8] == Fate.ALIVE).all()
    assert (known_lives.lowest_altitude_km[4:8] > 40.0).all()


def test_apollo_16s_subsatellite_lives_a_month_and_dips_before(known_lives: OrbitHistory) -> None:
    """PFS-2: 97 x 120 km, 34 to 35 days, down to 10 km after two and a half weeks, up again to 48 km, then impact.

    Source: NASA (solarsystem.nasa.gov), NSSDC. The node follows from the orbit having passed over Descartes (15.5 E,
    9 S) on 21 April 1972; perilune at release is not published, nor does the ephemeris reach 1972: four of each.
    """
    life, low = known_lives.life_days[8:], known_lives.lowest_altitude_km[8:]
    assert (known_lives.fate[8:] == Fate.IMPACT).all()
    assert ((life > tol.PFS2_LIFE_DAYS[0]) & (life < tol.PFS2_LIFE_DAYS[1])).all()
    dip, rise = low[:, 12:25].min(axis=1), low[:, 18:30].max(axis=1)
    assert (dip < tol.PFS2_DIP_KM).all()
    assert (rise > dip + 15.0).all()
    assert ((life > 34.0) & (life < 35.5) & (dip < 11.0)).any()


def test_apollo_15s_subsatellite_outlives_a_season() -> None:
    """PFS-1: 102 x 141 km at 28 deg (retrograde 152) lived for more than a year and a half.

    Here a season at degree 30; 548 days at degree 50 from eight nodes were flown once, and all lived.
    """
    x = orbit_states(102.0, 141.0, np.repeat([28.0, 152.0], 4), np.tile(np.arange(0.0, 360.0, 90.0), 2), 0.0, _EPOCH)
    flown = orbit_history(x, _EPOCH, 100.0, forces=ForceModel(moon_degree=30))
    assert flown.alive.all()
    assert (flown.lowest_altitude_km > 20.0).all()


def test_through_the_ground_an_orbit_goes_on_and_says_how_deep() -> None:
    x = orbit_states(30.0, 60.0, 15.0, 40.0, 0.0, _EPOCH)
    x = np.stack([x, x * np.array([0.01, 0.01, 0.01, 1.0, 1.0, 1.0])])
    flown = orbit_history(x, _EPOCH, 6.0, forces=_LOW, stop_at_impact=False)
    stopped = orbit_history(x, _EPOCH, 6.0, forces=_LOW)
    assert list(flown.fate) == [Fate.ALIVE, Fate.IMPACT]
    assert stopped.fate[0] == Fate.IMPACT
    assert flown.lowest_altitude_km[0].min() < 0.0
    days = int(stopped.life_days[0])
    same = flown.lowest_altitude_km[0, :days], stopped.lowest_altitude_km[0, :days]
    np.testing.assert_allclose(*same, atol=tol.APSIS_BY_CUBIC_KM)
