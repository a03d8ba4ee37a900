"""Free returns from a high Earth orbit: flown again by others, and beside Artemis II as it was flown."""

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date, sidereal_angle
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.transfers.free_returns.high_orbit import high_orbit_returns
from lunarplan.transfers.free_returns.high_orbit_problem import high_orbit_problem
from lunarplan.transfers.launch import LaunchTie
from tests import naive
from tests.authorities import load
from tests.tolerances import (
    ARTEMIS_2_C3,
    ARTEMIS_2_LIFT_OFF_S,
    ARTEMIS_2_PERIGEE_S,
    ARTEMIS_2_SPLASHDOWN_S,
    FREE_RETURN_CLOSURE_KM,
    FREE_RETURN_ENTRY_KM,
    HIGH_ORBIT_CLOSURE_KM,
    HIGH_ORBIT_INDEPENDENT_KM,
    HIGH_ORBIT_LEVEL_RAD,
    HIGH_ORBIT_SITE_RAD,
    LANES_FREE_RETURN_S,
    PERIGEE_SAMPLED_KM,
)

DAY = 86_400.0
FORCES = ForceModel()
START = float(tdb_seconds("2026-03-21T00:00:00"))
PAD = LaunchTie.from_site("ksc-39b")
FLOWN = load("free_returns")["artemis_2_flown"]
ARTEMIS_2 = {
    "perilune_altitude_km": FLOWN["published_altitude_km"],
    "return_inclination_deg": FLOWN["return_inclination_deg"],
    "apogee_altitude_km": FLOWN["apogee_radius_km"] - RADIUS_KM["earth"],
    "injection_altitude_km": FLOWN["injection_perigee_altitude_km"],
    "northbound_departure": -1,
    "northbound_return": -1,
}
FROM_THE_PAD = {"parking_altitude_km": (185.0, 2223.0), "inclination_deg": 28.47}
ENGINE = {"thrust_n": 26_700.0, "isp_s": 316.0, "mass_kg": 25_800.0}


def some(n=40, seed=3, **changes):
    """Ellipses of every length, up to three revolutions, at every place of the Moon."""
    rng = np.random.default_rng(seed)
    given = {
        "perilune_altitude_km": rng.uniform(100.0, 9000.0, n), "return_inclination_deg": rng.uniform(30.0, 60.0, n),
        "apogee_altitude_km": rng.uniform(30e3, 120e3, n), "injection_altitude_km": rng.uniform(180.0, 400.0, n),
        "northbound_departure": rng.choice([1, -1], n), "northbound_return": rng.choice([1, -1], n),
        "inclination_deg": rng.uniform(29.5, 60.0, n), "revolutions": rng.integers(1, 4, n),
    }  # fmt: skip
    return high_orbit_problem(START + rng.uniform(0.0, 28 * DAY, n), **(given | changes))


@pytest.fixture(scope="module", params=[{}, ENGINE], ids=["impulse", "burn"])
def month(request):
    return high_orbit_returns(some(**request.param), PAD, FORCES)


def leg(states, start, end, center="earth"):
    run = propagate(states, start, end, forces=FORCES, center=center, tolerance=1e-14, stop_at_impact=False)
    return run.require().states


def raised(found):
    states = found.apogee_states.copy()
    speed = np.linalg.norm(states[:, 3:], axis=1)
    states[:, 3:] *= (1.0 + found.raise_km_s / speed)[:, None]
    return states


def test_every_row_of_a_month_is_solved(month):
    assert month.ok.all()


def test_the_ellipse_leads_to_the_injection(month):
    here = leg(month.start_states, month.start_tdb, month.apogee_tdb)
    assert np.linalg.norm(here - month.apogee_states, axis=1).max() < HIGH_ORBIT_CLOSURE_KM
    there = leg(raised(month), month.apogee_tdb, month.ignition_tdb)
    assert np.linalg.norm((there - month.ignition_states)[:, :3], axis=1).max() < HIGH_ORBIT_CLOSURE_KM


def test_the_injection_leads_round_the_moon_and_home(month):
    way = month.problem.way
    there = leg(month.injection_states, month.injection_tdb, way.perilune_tdb)
    there -= FORCES.source.state("moon", "earth", way.perilune_tdb)
    assert np.linalg.norm((there - month.perilune_states)[:, :3], axis=1).max() < FREE_RETURN_CLOSURE_KM
    np.testing.assert_allclose(np.linalg.norm(month.perilune_states[:, :3], axis=1), way.perilune_radius_km)
    home = leg(month.perilune_states, way.perilune_tdb, month.entry.tdb, "moon")
    home += FORCES.source.state("moon", "earth", month.entry.tdb)
    assert np.linalg.norm((home - month.entry.states)[:, :3], axis=1).max() < FREE_RETURN_CLOSURE_KM
    np.testing.assert_allclose(month.entry.flight_path_deg, -6.5, atol=1e-9)


def test_apogee_and_perigee_are_those_asked_for(month):
    asked = some()
    r = np.linalg.norm(month.apogee_states[:, :3], axis=1)
    np.testing.assert_allclose(r, asked.apogee_radius_km, rtol=1e-9)
    back = leg(month.ignition_states, month.ignition_tdb, month.perigee_tdb)
    np.testing.assert_allclose(np.linalg.norm(back[:, :3], axis=1), asked.way.parking_radius_km, rtol=1e-9)
    for states in (month.apogee_states, back):
        climb = np.einsum("ni,ni->n", states[:, :3], states[:, 3:])
        assert np.abs(climb / np.prod(np.linalg.norm(states.reshape(-1, 2, 3), axis=2), axis=1)).max() < (
            HIGH_ORBIT_LEVEL_RAD
        )


def test_the_site_turns_under_the_plane_at_lift_off(month):
    """The plane of the ellipse, turned back by what the Earth's oblateness does to the parking orbit meanwhile."""
    pole = np.cross(month.start_states[:, :3], month.start_states[:, 3:])
    pole = np.einsum("nij,nj->ni", equator_of_date(month.start_tdb), pole)
    parked = month.problem.parking_perigee_km
    rate = -1.5 * 1.08263e-3 * (6378.137 / parked) ** 2 * np.sqrt(398600.4 / parked**3)
    node = np.arctan2(pole[:, 0], -pole[:, 1]) - rate * np.cos(month.problem.inclination) * month.coast_s
    i = month.problem.inclination
    pole = np.stack([np.sin(i) * np.sin(node), -np.sin(i) * np.cos(node), np.cos(i)], axis=1)
    east = sidereal_angle(month.launch_tdb) + PAD.longitude
    site = np.stack([
        np.cos(PAD.latitude) * np.cos(east), np.cos(PAD.latitude) * np.sin(east), np.full(len(i), np.sin(PAD.latitude)),
    ], axis=1)  # fmt: skip
    assert np.abs(np.einsum("ni,ni->n", pole, site)).max() < HIGH_ORBIT_SITE_RAD


def test_an_elliptic_parking_orbit_takes_its_own_time():
    """The insertion's place, flown on by two bodies, comes to perigee when the coast says."""
    forces = ForceModel(earth_zonal=0, moon_degree=0)
    batch = high_orbit_problem(START + 17 * DAY, parking_altitude_km=(185.0, 2223.0), inclination_deg=35.0,
                               perilune_altitude_km=6500.0)  # fmt: skip
    found = high_orbit_returns(batch, PAD, forces).require()
    low, high = found.problem.parking_perigee_km[0], found.problem.parking_apogee_km[0]
    state, gm = found.start_states.copy(), forces.gm("earth")
    state[:, 3:] *= np.sqrt(2.0 * gm * high / (low * (low + high))) / np.linalg.norm(state[0, 3:])
    alone = ForceModel(bodies=("earth",), earth_zonal=0, moon_degree=0)
    back = propagate(state, found.start_tdb, found.start_tdb - found.coast_s, forces=alone).require().states[0]
    pole = np.cross(back[:3], back[3:])
    node = np.cross(equator_of_date(found.start_tdb)[0][2], pole)
    argument = np.arctan2(np.cross(node, back[:3]) @ pole / np.linalg.norm(pole), node @ back[:3])
    rising = np.arcsin(np.sin(PAD.latitude) / np.sin(np.radians(35.0)))
    assert np.remainder(argument - rising - PAD.ascent_angle + 1.0, 2 * np.pi) - 1.0 == pytest.approx(
        0.0, abs=HIGH_ORBIT_SITE_RAD
    )


def test_an_independent_integrator_flies_it_all():
    forces = ForceModel(earth_zonal=3, earth_pole="icrf", moon_degree=0)
    found = high_orbit_returns(
        high_orbit_problem(START + 17 * DAY, perilune_altitude_km=6500.0, inclination_deg=35.0), None, forces
    ).require()
    model = naive.Model({b: forces.gm(b) for b in forces.bodies}, zonal=3, pole="icrf")
    apogee = naive.propagate(model, found.start_states[0], found.start_tdb[0], found.apogee_tdb[0])
    assert np.linalg.norm(apogee[:3] - found.apogee_states[0, :3]) < HIGH_ORBIT_INDEPENDENT_KM
    perigee = naive.propagate(model, raised(found)[0], found.apogee_tdb[0], found.ignition_tdb[0])
    assert np.linalg.norm(perigee[:3] - found.ignition_states[0, :3]) < HIGH_ORBIT_INDEPENDENT_KM
    entry = naive.propagate(model, found.injection_states[0], found.injection_tdb[0], found.entry.tdb[0])
    assert np.linalg.norm(entry[:3] - found.entry.states[0, :3]) < FREE_RETURN_ENTRY_KM


def test_a_stronger_engine_comes_nearer_to_the_impulse():
    one = {"perilune_altitude_km": 6500.0, "inclination_deg": 35.0}
    impulse = high_orbit_returns(high_orbit_problem(START + 17 * DAY, **one), None, FORCES).require()
    burns = high_orbit_problem(START + 17 * DAY, thrust_n=[26.7e3, 26.7e4, 26.7e5], mass_kg=25.8e3, **one)
    loss = high_orbit_returns(burns, None, FORCES).require().tli_delta_v_km_s - impulse.tli_delta_v_km_s[0]
    assert (np.diff(loss) < 0.0).all()
    np.testing.assert_allclose(loss[0] / loss[1], 100.0, rtol=0.1)  # gravity losses grow with the square of the time
    assert loss[2] > 0.0


def test_the_trajectory_is_the_flight(month):
    path = month.trajectory(7)
    assert path.start_tdb == month.start_tdb[7]
    assert path.end_tdb == pytest.approx(month.entry.tdb[7], abs=1e-6)
    lit = path.at(month.ignition_tdb[7])[0]
    assert np.linalg.norm((lit - month.ignition_states[7])[:3]) < HIGH_ORBIT_CLOSURE_KM
    cut = np.linalg.norm((path.at(month.injection_tdb[7] - 1e-3) - month.injection_states[7])[0, :3])
    assert cut < 0.02  # what a millisecond flies


def test_an_ellipse_that_comes_down_too_far_fails_in_its_own_row():
    """The Moon lowers a perigee of 190 km by a hundred in some revolutions."""
    rng = np.random.default_rng(3)
    n = 60
    batch = high_orbit_problem(
        START + rng.uniform(0.0, 28 * DAY, n), perilune_altitude_km=6500.0, inclination_deg=rng.uniform(29.5, 60.0, n),
        apogee_altitude_km=rng.uniform(90e3, 150e3, n), revolutions=rng.integers(2, 6, n), injection_altitude_km=190.0,
    )  # fmt: skip
    found = high_orbit_returns(batch, None, FORCES)
    low = np.flatnonzero(~found.ok & np.isfinite(found.least_altitude_km))
    assert 0 < len(low) < n // 3
    assert found.solution.ok.all()
    assert (found.least_altitude_km[low] < 100.0).all()
    assert found.least_altitude_km[found.ok].min() >= 100.0
    assert np.isnan(found.tli_delta_v_km_s[low]).all()
    assert "comes down to" in found.reason(int(low[0]))
    with pytest.raises(ConvergenceError, match="comes down to"):
        found.require()
    for row in np.flatnonzero(found.ok)[:6]:
        path = found.trajectory(int(row)).arcs[1]
        times = np.arange(path.start_tdb, path.end_tdb, 10.0)
        height = np.linalg.norm(path.at(times)[:, :3], axis=1).min() - RADIUS_KM["earth"]
        assert height == pytest.approx(found.least_altitude_km[row], abs=PERIGEE_SAMPLED_KM)


def test_artemis_2_from_the_day_of_its_launch():
    """Altitude of the flyby and plane of the return given: lift-off, injection and splashdown come out."""
    batch = high_orbit_problem("2026-04-06T23:00:00", **ARTEMIS_2, **FROM_THE_PAD)
    found = high_orbit_returns(batch, PAD, FORCES).require()
    assert abs(found.launch_tdb[0] - tdb_seconds(FLOWN["lift_off"])) < ARTEMIS_2_LIFT_OFF_S
    assert abs(found.apogee_tdb[0] - tdb_seconds(FLOWN["apogee"])) < ARTEMIS_2_PERIGEE_S
    assert abs(found.perigee_tdb[0] - tdb_seconds(FLOWN["injection_perigee"])) < ARTEMIS_2_PERIGEE_S
    assert abs(found.perilune_tdb[0] - tdb_seconds(FLOWN["perilune"])) < ARTEMIS_2_PERIGEE_S
    assert abs(found.c3_km2_s2[0] - FLOWN["injection_c3_km2_s2"]) < ARTEMIS_2_C3
    assert abs(found.entry.tdb[0] + 840.0 - tdb_seconds(FLOWN["splashdown"])) < ARTEMIS_2_SPLASHDOWN_S


def test_artemis_2_from_its_lift_off_to_the_second():
    """The altitude follows; 40 s of lift-off are 400 km of it."""
    batch = high_orbit_problem(launch_tdb=FLOWN["lift_off"], follows="perilune_altitude", **ARTEMIS_2, **FROM_THE_PAD)
    found = high_orbit_returns(batch, PAD, FORCES).require()
    assert abs(found.launch_tdb[0] - tdb_seconds(FLOWN["lift_off"])) < 1e-3
    assert abs(found.perilune_altitude_km[0] - FLOWN["perilune_altitude_km"]) < 500.0


@pytest.mark.parametrize("follows", ["return_inclination", "apogee"])
def test_something_else_may_follow(follows):
    batch = high_orbit_problem(launch_tdb=FLOWN["lift_off"], follows=follows, **ARTEMIS_2, **FROM_THE_PAD)
    found = high_orbit_returns(batch, PAD, FORCES).require()
    assert abs(found.launch_tdb[0] - tdb_seconds(FLOWN["lift_off"])) < 1e-3
    assert found.perilune_altitude_km[0] == pytest.approx(FLOWN["published_altitude_km"], abs=1e-5)
    kept = found.return_inclination_deg[0] == pytest.approx(FLOWN["return_inclination_deg"], abs=1e-7)
    assert kept == (follows == "apogee")


def test_artemis_2_burns_as_it_did():
    """Lit seven seconds after the perigee: later than best, and after the burn the energy of the flight."""
    given = ARTEMIS_2 | ENGINE | {"start_altitude_km": -1.4}
    found = high_orbit_returns(high_orbit_problem(FLOWN["perilune"], ignition_s=[np.nan, 7.0], **given), None, FORCES)
    assert abs(found.perigee_tdb[1] - tdb_seconds(FLOWN["injection_perigee"])) < 60.0
    assert abs(found.c3_km2_s2[1] - FLOWN["injection_c3_km2_s2"]) < ARTEMIS_2_C3
    losses = 1e3 * (found.tli_delta_v_km_s - 0.36524)
    assert 0.5 < losses[0] < losses[1] < 10.0


def test_a_batch_is_its_rows(month):
    for row in (0, 17):
        alone = high_orbit_returns(some(**_engine(month)).rows(np.array([row])), PAD, FORCES)
        assert abs(alone.launch_tdb[0] - month.launch_tdb[row]) < LANES_FREE_RETURN_S
        assert abs(alone.entry.tdb[0] - month.entry.tdb[row]) < LANES_FREE_RETURN_S


def _engine(found):
    return {} if found.problem.burn.impulsive else ENGINE


def test_what_cannot_be_flown_fails_in_its_own_row():
    batch = high_orbit_problem(START, perilune_altitude_km=6500.0, inclination_deg=[20.0, 35.0])
    found = high_orbit_returns(batch, PAD, FORCES)
    assert found.ok.tolist() == [False, True]
    assert np.isnan(found.tli_delta_v_km_s[0])
    with pytest.raises(ConvergenceError):
        found.trajectory(0)


def test_an_empty_batch_is_an_empty_answer():
    found = high_orbit_returns(high_orbit_problem(np.empty(0), perilune_altitude_km=6500.0), PAD, FORCES)
    assert len(found.ok) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"apogee_altitude_km": 400_000.0}, "apogee_altitude_km"),
        ({"revolutions": 1.5}, "revolutions"),
        ({"revolutions": 0}, "revolutions"),
        ({"perilune_altitude_km": np.nan}, "perilune_altitude_km"),
        ({"parking_altitude_km": (300.0, 200.0)}, "parking_altitude_km"),
        ({"follows": "the wind"}, "follows"),
        ({"follows": "apogee"}, "launch_tdb"),
        ({"thrust_n": [np.inf, 1e4]}, "thrust_n"),
        ({"thrust_n": -1.0}, "thrust_n"),
        ({"ignition_s": 1e5}, "ignition_s"),
        ({"launch_tdb": START}, "one of perilune_tdb and launch_tdb"),
    ],
)
def test_bad_input_is_named(change, says):
    with pytest.raises(InputError, match=says):
        high_orbit_problem(START, **({"perilune_altitude_km": 6500.0} | change))


def test_a_lift_off_needs_a_site():
    batch = high_orbit_problem(launch_tdb=START, perilune_altitude_km=6500.0, follows="apogee")
    with pytest.raises(InputError, match="LaunchTie"):
        high_orbit_returns(batch)
