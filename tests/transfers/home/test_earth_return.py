"""Returns: the entry asked for is met when somebody else flies them."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import propagate
from lunarplan.model.stations import GroundStation, station_sky_of
from lunarplan.transfers.home.earth_return import earth_returns, return_problem
from lunarplan.transfers.patched_conic import plane_axes
from tests import naive
from tests.tolerances import (
    ENTRY_ANGLE_RAD,
    ENTRY_CLOSURE_KM,
    ENTRY_NADIR_DEG,
    LANES_BURN_KM_S,
    OSCULATING_PLANE_RAD,
    PUBLISHED_ENTRY_SPEED_KM_S,
    RETURN_CLOSURE_KM,
)

DAY, HOUR = 86400.0, 3600.0
FORCES = ForceModel()
EPHEMERIS = FORCES.source
START = tdb_seconds("2026-07-21T04:55:00")


def low_orbit(n, inclination_deg=178.0, altitude_km=110.0, epoch=START):
    """States once round a circular orbit, Moon-centred ICRF."""
    r = RADIUS_KM["moon"] + altitude_km
    out, along = plane_axes(np.zeros(n), np.radians(inclination_deg), np.linspace(0, 2 * np.pi, n, endpoint=False))
    turn = rotation("moon_me", epoch, EPHEMERIS)
    return np.concatenate([r * out @ turn, np.sqrt(FORCES.gm("moon") / r) * along @ turn], axis=1)


@pytest.fixture(scope="module")
def home():
    """From once round a low orbit, where the burn is not absurd."""
    batch = return_problem(low_orbit(36), START, 2.5 * DAY, inclination_deg=40.0, forces=FORCES)
    found = earth_returns(batch, FORCES)
    assert found.ok.sum() >= 30
    return found


def flown(found, tolerance=1e-14):
    """Earth-centred states at entry, propagated afresh from the burns."""
    rows = found.ok
    run = propagate(
        found.departing_states[rows], found.problem.departure_tdb[rows], found.entry.tdb[rows], forces=FORCES,
        center="moon", tolerance=tolerance, stop_at_impact=False,
    ).require()  # fmt: skip
    return run.states + EPHEMERIS.state("moon", "earth", found.entry.tdb[rows])


def test_entries_are_met(home):
    states, entry = flown(home), home.entry.states[home.ok]
    assert np.linalg.norm(states[:, :3] - entry[:, :3], axis=1).max() < RETURN_CLOSURE_KM


def test_altitude_angle_and_plane_are_those_asked_for(home):
    s = flown(home)
    r, v = np.linalg.norm(s[:, :3], axis=1), np.linalg.norm(s[:, 3:], axis=1)
    assert np.abs(r - RADIUS_KM["earth"] - 121.92).max() < ENTRY_CLOSURE_KM
    angle = np.arcsin(np.einsum("ni,ni->n", s[:, :3], s[:, 3:]) / (r * v))
    assert np.abs(angle - np.radians(-6.5)).max() < ENTRY_ANGLE_RAD
    normal = np.einsum("nij,nj->ni", equator_of_date(home.entry.tdb[home.ok]), np.cross(s[:, :3], s[:, 3:]))
    tilt = np.arccos(normal[:, 2] / np.linalg.norm(normal, axis=1))
    assert np.abs(tilt - np.radians(40.0)).max() < OSCULATING_PLANE_RAD
    np.testing.assert_allclose(home.entry.flight_path_deg[home.ok], -6.5, atol=np.degrees(ENTRY_ANGLE_RAD))


def test_entry_speeds_are_those_of_returns_from_the_moon(home):
    low, high = PUBLISHED_ENTRY_SPEED_KM_S
    assert ((home.entry.speed_km_s[home.ok] > low) & (home.entry.speed_km_s[home.ok] < high)).all()


def test_an_independent_integrator_comes_to_the_same_interface():
    forces = ForceModel(earth_zonal=3, earth_pole="icrf", moon_degree=0)
    found = earth_returns(return_problem(low_orbit(36)[22], START, 2.5 * DAY, inclination_deg=40.0), forces).require()
    model = naive.Model({b: forces.gm(b) for b in forces.bodies}, zonal=3, pole="icrf")
    start = found.departing_states[0] + naive.Bodies().state("moon", START)
    final = naive.propagate(model, start, START, found.entry.tdb[0])
    assert np.linalg.norm(final[:3] - found.entry.states[0, :3]) < ENTRY_CLOSURE_KM


def test_a_station_under_the_interface_sees_it_overhead(home):
    row = int(np.nanargmin(home.delta_v_km_s))
    geodetic = np.degrees(np.arctan(np.tan(np.radians(home.entry.latitude_deg[row])) / (1 - 1 / 298.257223563) ** 2))
    under = GroundStation("under", float(geodetic), float(home.entry.longitude_deg[row]))
    seen = station_sky_of(under, home.entry.states[row, :3], home.entry.tdb[row])
    assert seen.elevation_deg > 90.0 - ENTRY_NADIR_DEG


def test_downrange_starts_under_the_interface(home):
    """With no range: geocentric and geodetic latitude differ by up to 0.2 deg, and the vertical leans as much."""
    entry = home.entry
    latitude, longitude = entry.downrange(0.0)
    ok = home.ok
    np.testing.assert_allclose(longitude[ok], entry.longitude_deg[ok], atol=1e-9)
    np.testing.assert_allclose(latitude[ok], entry.latitude_deg[ok], atol=ENTRY_NADIR_DEG)
    assert np.isnan(latitude[~ok]).all()


def test_a_batch_is_its_rows(home):
    states = low_orbit(36)[[14, 22]]
    both = earth_returns(return_problem(states, START, 2.5 * DAY, inclination_deg=40.0), FORCES)
    assert both.ok.any()
    for row, k in enumerate([14, 22]):
        if both.ok[row]:
            assert np.abs(both.burn_km_s[row] - home.burn_km_s[k]).max() < LANES_BURN_KM_S


def test_from_the_way_out():
    """An abort two days out: the craft turns round, or goes on behind the Moon; either way it enters."""
    from lunarplan.transfers.to_moon.direct import direct_transfers, problem

    out = direct_transfers(
        problem(START, 3.5 * DAY, parking_altitude_km=185.0, parking_inclination_deg=33.0, perilune_altitude_km=100.0,
                lunar_inclination_deg=160.0),
        FORCES,
    ).require()  # fmt: skip
    leave = out.injection_tdb[0] + 2.0 * DAY
    state = propagate(out.injection_states, out.injection_tdb, leave, forces=FORCES).require().states
    batch = return_problem(
        state, leave, np.array([1.5, 2.0, 3.0]) * DAY, inclination_deg=35.0, center="earth", forces=FORCES
    )
    found = earth_returns(batch, FORCES).require()
    assert np.linalg.norm(flown(found)[:, :3] - found.entry.states[:, :3], axis=1).max() < RETURN_CLOSURE_KM
    assert (np.diff(found.delta_v_km_s) < 0.0).all()  # who has more time needs less


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"inclination_deg": 200.0}, "inclination_deg"),
        ({"flight_path_deg": 3.0}, "flight_path_deg"),
        ({"entry_altitude_km": np.nan}, "entry_altitude_km"),
        ({"northbound": 5}, "northbound"),
        ({"center": "mars"}, "center"),
    ],
)
def test_bad_input_is_named(change, says):
    given = {"inclination_deg": 40.0} | change
    with pytest.raises(InputError, match=says):
        return_problem(low_orbit(2), START, 2.5 * DAY, **given)


def test_states_that_are_none_are_refused():
    with pytest.raises(InputError, match="not finite"):
        return_problem(np.full(6, np.nan), START, 2.5 * DAY, inclination_deg=40.0)
    with pytest.raises(InputError, match="tof_s"):
        return_problem(low_orbit(1), START, 3 * HOUR, inclination_deg=40.0)
    with pytest.raises(InputError, match="do not match"):
        return_problem(low_orbit(3), START, np.full(2, 2.5 * DAY), inclination_deg=40.0)


def test_an_empty_batch_is_an_empty_answer():
    found = earth_returns(return_problem(np.empty((0, 6)), np.empty(0), np.empty(0), inclination_deg=40.0), FORCES)
    assert len(found.ok) == 0
