"""Direct transfers: what is promised holds when somebody else flies them."""

import dataclasses
import math

import erfa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.constants import EARTH_ROTATION_RATE_RAD_S, GM_KM3_S2, RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds, utc_jd
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import propagate
from lunarplan.model.sites import LaunchSite, launch_site
from lunarplan.transfers.to_moon import direct
from lunarplan.transfers.to_moon.direct import LaunchTie, direct_transfers, launches_near, problem
from lunarplan.transfers.to_moon.shooting import Shooting
from tests import naive
from tests.tolerances import (
    APOLLO_WINDOW_H,
    ARRIVAL_ALTITUDE_KM,
    ARRIVAL_INCLINATION_RAD,
    ARRIVAL_RADIAL_KM_S,
    LAUNCH_TIE_RAD,
    OSCULATING_ARC_RAD,
    OSCULATING_PLANE_RAD,
    SAME_INSTANT_S,
    SHOOTING_DIFFERENCES,
    TRANSFER_CLOSURE_KM,
    TRANSFER_CLOSURE_KM_S,
)

DAY = 86400.0
ARRIVAL = tdb_seconds("2024-05-08T02:12:00")
FORCES = ForceModel()
EPHEMERIS = FORCES.source
USUAL = {
    "parking_altitude_km": 200.0,
    "parking_inclination_deg": 43.0,
    "perilune_altitude_km": 200.0,
    "lunar_inclination_deg": 90.0,
}


def a_month(n=120, seed=15):
    """Every geometry of a month: both nodes, prograde and retrograde, fast and slow, low and high."""
    rng = np.random.default_rng(seed)
    return problem(
        ARRIVAL + rng.uniform(0, 28 * DAY, n),
        rng.uniform(3.0, 6.0, n) * DAY,
        parking_altitude_km=rng.uniform(180, 400, n),
        parking_inclination_deg=rng.uniform(31, 149, n),
        perilune_altitude_km=rng.uniform(30, 5000, n),
        lunar_inclination_deg=rng.uniform(25, 155, n),
        northbound_departure=rng.choice([1, -1], n),
        northbound_arrival=rng.choice([1, -1], n),
    )


@pytest.fixture(scope="module")
def month():
    return direct_transfers(a_month(), FORCES)


def flown(transfers, tolerance=1e-14):
    """Arrival states about the Moon, propagated afresh from the injections."""
    arrival = transfers.problem.perilune_tdb
    run = propagate(
        transfers.injection_states, transfers.injection_tdb, arrival, forces=transfers.forces, tolerance=tolerance
    ).require()
    return run.states - EPHEMERIS.state("moon", "earth", arrival)


def test_every_geometry_of_a_month_is_solved(month):
    assert month.ok.all()
    assert month.solution.iterations.max() <= 6
    assert month.solution.require() is month.solution


def test_flown_again_it_arrives(month):
    """In one go, with a tighter tolerance: within a metre, and in fact some millimetres."""
    miss = flown(month) - month.perilune_states
    assert np.linalg.norm(miss[:, :3], axis=1).max() < TRANSFER_CLOSURE_KM
    assert np.linalg.norm(miss[:, 3:], axis=1).max() < TRANSFER_CLOSURE_KM_S


def test_flown_by_scipy_it_arrives():
    """The oracle shares neither integrator nor ephemeris reader."""
    forces = ForceModel(moon_degree=0, earth_zonal=3, earth_pole="icrf")
    found = direct_transfers(problem(ARRIVAL, np.array([4.1, 5.3]) * DAY, **USUAL), forces)
    model = naive.Model({b: forces.gm(b) for b in forces.bodies}, zonal=3, pole="icrf")
    for i in range(2):
        end = naive.propagate(model, found.injection_states[i], found.injection_tdb[i], ARRIVAL)
        end = end - naive.Bodies().state("moon", ARRIVAL)
        assert np.linalg.norm(end[:3] - found.perilune_states[i, :3]) < TRANSFER_CLOSURE_KM
        assert np.linalg.norm(end[3:] - found.perilune_states[i, 3:]) < TRANSFER_CLOSURE_KM_S


def test_arrival_altitude_inclination_and_apsis(month):
    """Of the trajectory flown afresh, not of the solver's own end."""
    states, b = flown(month), month.problem
    r, v = states[:, :3], states[:, 3:]
    assert np.abs(np.linalg.norm(r, axis=1) - b.perilune_radius_km).max() < ARRIVAL_ALTITUDE_KM
    assert np.abs((r * v).sum(axis=1) / np.linalg.norm(r, axis=1)).max() < ARRIVAL_RADIAL_KM_S
    h = np.einsum("nij,nj->ni", rotation("moon_me", b.perilune_tdb, EPHEMERIS), np.cross(r, v))
    inclination = np.arccos(h[:, 2] / np.linalg.norm(h, axis=1))
    assert np.abs(inclination - b.lunar_inclination).max() < ARRIVAL_INCLINATION_RAD
    circular = np.sqrt(FORCES.gm("moon") / b.perilune_radius_km)
    assert (np.linalg.norm(v, axis=1) > 1.4 * circular).all()  # hyperbolic: a perilune, not an apolune
    assert np.linalg.norm(v, axis=1) == pytest.approx(month.perilune_speed_km_s, rel=1e-9)


def test_departure_is_a_tangential_burn_from_the_parking_orbit(month):
    states, b = month.injection_states, month.problem
    r, v = states[:, :3], states[:, 3:]
    assert np.linalg.norm(r, axis=1) == pytest.approx(b.parking_radius_km, rel=1e-13)
    assert np.abs((r * v).sum(axis=1)).max() < 1e-9
    h = np.einsum("nij,nj->ni", equator_of_date(b.perilune_tdb - b.tof_s), np.cross(r, v))
    assert np.arccos(h[:, 2] / np.linalg.norm(h, axis=1)) == pytest.approx(b.parking_inclination, abs=1e-9)
    assert month.tof_s == pytest.approx(b.tof_s, abs=2e-5)
    gm = FORCES.gm("earth")
    speed = np.linalg.norm(v, axis=1)
    assert month.tli_delta_v_km_s == pytest.approx(speed - np.sqrt(gm / b.parking_radius_km), abs=1e-12)
    assert month.c3_km2_s2 == pytest.approx(speed**2 - 2 * gm / b.parking_radius_km, abs=1e-11)
    assert (month.tli_delta_v_km_s > 3.0).all()
    assert (month.tli_delta_v_km_s < 3.25).all()


def test_published_injection_speed():
    """185-km circular orbit: C3 -2.0, -1.8, -1.5 km2/s2 take 3136.9, 3146.1, 3159.8 m/s."""
    found = direct_transfers(
        problem(ARRIVAL, np.linspace(3.0, 6.0, 13) * DAY, **(USUAL | {"parking_altitude_km": 185.0})), FORCES
    )
    table = np.interp(found.c3_km2_s2, [-2.0, -1.8, -1.5], [3.1369, 3.1461, 3.1598])
    inside = (found.c3_km2_s2 > -2.0) & (found.c3_km2_s2 < -1.5)
    assert inside.sum() >= 3
    assert found.tli_delta_v_km_s[inside] == pytest.approx(table[inside], abs=1e-4)


def test_both_nodes_at_both_ends():
    """Four transfers for the same arrival; where they cross the Moon's direction tells them apart."""
    departure, arrival = [1, 1, -1, -1], [1, -1, 1, -1]
    found = direct_transfers(
        problem(
            ARRIVAL,
            4.5 * DAY,
            northbound_departure=departure,
            northbound_arrival=arrival,
            **(USUAL | {"lunar_inclination_deg": 60.0}),
        ),
        FORCES,
    )
    assert found.ok.all()
    moon = EPHEMERIS.position("moon", "earth", np.array([ARRIVAL]))[0]
    outward = np.cross(found.injection_states[:, :3], found.injection_states[:, 3:])
    north = np.cross(outward, moon) @ equator_of_date(ARRIVAL)[2]
    assert list(np.sign(north)) == departure
    h = np.cross(found.perilune_states[:, :3], found.perilune_states[:, 3:])
    assert np.linalg.norm(h[0] / np.linalg.norm(h[0]) - h[1] / np.linalg.norm(h[1])) > 0.1
    pole = rotation("moon_me", np.array([ARRIVAL]), EPHEMERIS)[0, 2]
    incoming = [_incoming(s) for s in found.perilune_states]
    assert [int(np.sign(np.cross(a, b) @ pole)) for a, b in zip(h, incoming, strict=True)] == arrival


def _incoming(state):
    """Direction of the incoming asymptote of a perilune state."""
    r, v = state[:3], state[3:]
    gm = FORCES.gm("moon")
    e = np.linalg.norm(r) * (v @ v) / gm - 1.0
    out, along = r / np.linalg.norm(r), v / np.linalg.norm(v)
    return out / e + math.sqrt(1.0 - 1.0 / e**2) * along


@pytest.mark.parametrize("inclination_deg", [30.0, 150.0])
def test_prograde_and_retrograde_arrivals(inclination_deg):
    found = direct_transfers(
        problem(ARRIVAL, 4.5 * DAY, **(USUAL | {"lunar_inclination_deg": inclination_deg})), FORCES
    )
    h = np.cross(found.perilune_states[0, :3], found.perilune_states[0, 3:])
    pole = rotation("moon_me", np.array([ARRIVAL]), EPHEMERIS)[0, 2]
    assert np.sign(h @ pole) == (1.0 if inclination_deg < 90.0 else -1.0)


@settings(deadline=None, max_examples=40)
@given(
    arrival_day=st.floats(0.0, 700.0),
    tof_days=st.floats(2.6, 6.5),
    parking_altitude=st.floats(150.0, 2000.0),
    parking_inclination=st.floats(30.0, 150.0),
    perilune_altitude=st.floats(10.0, 20_000.0),
    lunar_inclination=st.floats(30.0, 150.0),
    nodes=st.tuples(st.sampled_from([1, -1]), st.sampled_from([1, -1])),
)
def test_any_reachable_target(
    arrival_day, tof_days, parking_altitude, parking_inclination, perilune_altitude, lunar_inclination, nodes
):
    found = direct_transfers(
        problem(
            ARRIVAL + arrival_day * DAY,
            tof_days * DAY,
            parking_altitude_km=parking_altitude,
            parking_inclination_deg=parking_inclination,
            perilune_altitude_km=perilune_altitude,
            lunar_inclination_deg=lunar_inclination,
            northbound_departure=nodes[0],
            northbound_arrival=nodes[1],
        ),
        FORCES,
    )
    if not found.ok[0]:  # allowed, but then nothing is claimed
        assert np.isnan(found.injection_states).all()
        assert np.isnan(found.tli_delta_v_km_s).all()
        return
    miss = flown(found) - found.perilune_states
    assert np.linalg.norm(miss[:, :3]) < TRANSFER_CLOSURE_KM
    assert found.solution.iterations[0] <= 12


def test_the_moon_turns_a_craft_towards_the_earth():
    """Near the Moon this one comes closer to the Earth and leaves again: no impact, though its conic would hit."""
    usual = USUAL | {"parking_altitude_km": 150.0, "perilune_altitude_km": 728.0}
    usual |= {"parking_inclination_deg": 30.0, "lunar_inclination_deg": 30.0}
    found = direct_transfers(problem(ARRIVAL, 4.78125 * DAY, **usual), FORCES)
    assert np.linalg.norm((flown(found) - found.perilune_states)[:, :3]) < TRANSFER_CLOSURE_KM


# ---------------------------------------------------------------- out of reach


def declination_deg(tdb):
    moon = np.einsum("nij,nj->ni", equator_of_date(tdb), EPHEMERIS.position("moon", "earth", tdb))
    return np.degrees(np.arcsin(moon[:, 2] / np.linalg.norm(moon, axis=1)))


def test_parking_inclination_below_the_declination_of_the_moon():
    """A month of arrivals from 10 degrees: only days near the crossings of the equator can be met."""
    arrival = ARRIVAL + np.arange(28.0) * DAY
    found = direct_transfers(problem(arrival, 4.5 * DAY, **(USUAL | {"parking_inclination_deg": 10.0})), FORCES)
    reachable = np.abs(declination_deg(arrival))
    assert not found.ok[reachable > 12.0].any()
    assert found.ok[reachable < 8.0].all()
    assert np.isnan(found.injection_states[~found.ok]).all()
    assert np.isnan(found.c3_km2_s2[~found.ok]).all()
    assert all(found.solution.reason(i) != "converged" for i in np.flatnonzero(~found.ok))
    with pytest.raises(ConvergenceError, match="of 28 rows"):
        found.solution.require()


@pytest.mark.parametrize("inclination_deg", [0.0, 180.0])
def test_lunar_inclination_below_the_declination_of_the_asymptote(inclination_deg):
    arrival = ARRIVAL + np.arange(28.0) * DAY
    found = direct_transfers(
        problem(arrival, 4.5 * DAY, **(USUAL | {"lunar_inclination_deg": inclination_deg})), FORCES
    )
    assert not found.ok.any()
    assert np.isnan(found.perilune_states).all() or not np.isfinite(found.injection_states).any()


def test_rows_out_of_reach_do_not_take_the_others_along():
    arrival = ARRIVAL + np.arange(28.0) * DAY
    inclination = np.where(np.arange(28) % 3 == 0, 2.0, 43.0)
    mixed = direct_transfers(problem(arrival, 4.5 * DAY, **(USUAL | {"parking_inclination_deg": inclination})), FORCES)
    good = inclination > 40.0
    assert mixed.ok[good].all()
    alone = direct_transfers(problem(arrival[good], 4.5 * DAY, **USUAL), FORCES)
    assert np.abs(mixed.injection_states[good] - alone.injection_states).max() < 1e-4


# ---------------------------------------------------------------- the equations


def shooting(batch, launch=None):
    return Shooting(batch, FORCES, launch, 1e-13, None)


TIE = LaunchTie(longitude=1.9365, latitude=0.3402, southbound=True, ascent_s=800.0, ascent_angle=0.35, revolutions=0)


@pytest.mark.parametrize("launch", [None, TIE], ids=["time held", "launch site"])
def test_partials_of_the_shooting_equations(launch):
    """All seven variables, at first guesses and off them, against differences of the residuals."""
    batch = a_month(6, seed=16)
    if launch:
        batch = dataclasses.replace(batch, parking_inclination=np.full(6, 0.6))
    equations = shooting(batch, launch)
    rng = np.random.default_rng(17)
    x = equations.seed() + rng.normal(size=(6, 7)) * [1e-3, 1e-3, 1e-3, 60.0, 1e-3, 1e-3, 1e-3]
    rows = np.arange(6)
    _, jacobian = equations.evaluate(x, rows)
    steps = np.array([2e-5, 2e-5, 2e-5, 20.0, 2e-4, 2e-4, 2e-4])
    for k, h in enumerate(steps):
        e = np.zeros(7)
        e[k] = h
        near, far = (equations.evaluate(x + m * e, rows)[0] - equations.evaluate(x - m * e, rows)[0] for m in (1, 2))
        expected = (8 * near - far) / (12 * h)
        for part in (slice(0, 3), slice(3, 6)):
            size = np.abs(expected[:, part]).max() + 1e-30
            assert np.abs(jacobian[:, part, k] - expected[:, part]).max() < SHOOTING_DIFFERENCES * size
        assert jacobian[:, 6, k] == pytest.approx(expected[:, 6], rel=1e-4, abs=1e-3)


def test_first_guesses_are_near():
    """A patched conic misses the meeting point by some ten thousand kilometres, not more."""
    batch = a_month(60, seed=18)
    equations = shooting(batch)
    f, _ = equations.evaluate(equations.seed(), np.arange(60))
    assert np.median(np.linalg.norm(f[:, :3], axis=1)) < 15_000.0
    assert np.median(np.linalg.norm(f[:, 3:6], axis=1)) < 0.2


def test_a_guess_of_ones_own(month):
    """Started from the solution nothing is left to do."""
    again = direct_transfers(month.problem, FORCES, guess=month.solution.x)
    assert again.ok.all()
    assert not again.solution.iterations.any()


def test_batch_equals_loop(month):
    for i in range(0, 120, 17):
        one = dataclasses.replace(
            month.problem,
            **{f.name: getattr(month.problem, f.name)[i : i + 1] for f in dataclasses.fields(month.problem)},
        )
        alone = direct_transfers(one, FORCES)
        assert np.abs(alone.injection_states[0] - month.injection_states[i])[:3].max() < 1e-4
        assert alone.tli_delta_v_km_s[0] == pytest.approx(month.tli_delta_v_km_s[i], abs=1e-9)


def test_workers_do_not_change_a_byte():
    batch = a_month(40, seed=19)
    runs = [direct_transfers(batch, FORCES, workers=w) for w in (1, 2, 3)]
    assert (
        runs[0].injection_states.tobytes() == runs[1].injection_states.tobytes() == runs[2].injection_states.tobytes()
    )


@pytest.mark.parametrize(
    "forces",
    [ForceModel(earth_zonal=0, moon_degree=0), ForceModel(bodies=("earth", "moon"), moon_degree=0)],
    ids=["no zonals", "no sun"],
)
def test_both_ends_fly_in_the_same_model(forces):
    """Also where the model leaves something out: the arc about the Moon continues the one about the Earth."""
    found = direct_transfers(problem(ARRIVAL + np.arange(5) * DAY, 4.5 * DAY, **USUAL), forces)
    assert found.ok.all()
    flown = propagate(found.injection_states, found.injection_tdb, found.problem.perilune_tdb, forces=forces).states
    flown = flown - EPHEMERIS.state("moon", "earth", found.problem.perilune_tdb)
    assert np.linalg.norm((flown - found.perilune_states)[:, :3], axis=1).max() < TRANSFER_CLOSURE_KM


# ---------------------------------------------------------------- launch sites


@pytest.mark.parametrize("southbound", [False, True])
@pytest.mark.parametrize("revolutions", [0, 1, 3])
def test_the_parking_plane_passes_over_the_launch_site(southbound, revolutions):
    """Site, ascent and coast add up to the injection, in the drifting plane, by ERFA's sidereal time."""
    launch = dataclasses.replace(TIE, southbound=southbound, revolutions=revolutions)
    arrival = ARRIVAL + np.arange(0.0, 28.0, 4.0) * DAY
    found = direct_transfers(
        problem(arrival, 4.5 * DAY, **(USUAL | {"parking_inclination_deg": 30.0})), FORCES, launch=launch
    )
    ok, radius = found.ok, RADIUS_KM["earth"] + USUAL["parking_altitude_km"]
    assert ok.sum() >= 5
    miss = np.linalg.norm((flown_rows(found, ok) - found.perilune_states[ok])[:, :3], axis=1)
    assert miss.max() < TRANSFER_CLOSURE_KM
    for i in np.flatnonzero(ok):
        of_date = equator_of_date(found.problem.perilune_tdb[i] - found.problem.tof_s[i])
        lift_off = found.launch_tdb[i]
        angle = erfa.gst06a(*utc_jd(lift_off), 2451545.0, lift_off / DAY) + launch.longitude
        site = np.array(
            [
                math.cos(launch.latitude) * math.cos(angle),
                math.cos(launch.latitude) * math.sin(angle),
                math.sin(launch.latitude),
            ]
        )
        argument_rate, node_rate = naive.parking_rates(FORCES.gm("earth"), radius, math.radians(30.0))
        drift = -node_rate * found.coast_s[i]  # back to lift-off
        r, v = (naive.turned_about_z(of_date @ part, drift) for part in np.split(found.injection_states[i], 2))
        normal = np.cross(r, v) / np.linalg.norm(np.cross(r, v))
        assert site @ normal == pytest.approx(0.0, abs=LAUNCH_TIE_RAD)
        motion = np.cross(normal, site)
        assert (motion[2] < 0.0) == southbound
        from_site = math.atan2(np.cross(site, r) @ normal, site @ r) % (2 * math.pi)
        turned = launch.ascent_angle + argument_rate * found.coast_s[i]
        assert math.remainder(turned - from_site, 2 * math.pi) == pytest.approx(0.0, abs=LAUNCH_TIE_RAD)
        assert found.coast_s[i] >= revolutions * 2 * math.pi / argument_rate
        assert lift_off + launch.ascent_s + found.coast_s[i] == pytest.approx(found.injection_tdb[i], abs=1e-5)
        late = direct.lateness(found, launch)[i]
        assert late * EARTH_ROTATION_RATE_RAD_S == pytest.approx(0.0, abs=LAUNCH_TIE_RAD)


def flown_rows(transfers, rows):
    arrival = transfers.problem.perilune_tdb[rows]
    run = propagate(
        transfers.injection_states[rows], transfers.injection_tdb[rows], arrival, forces=FORCES, tolerance=1e-14
    )
    return run.require().states - EPHEMERIS.state("moon", "earth", arrival)


def test_the_parking_orbit_drifts_as_the_oblate_earth_makes_it():
    """Three revolutions, flown backwards by an integrator from the injection, end over the site's meridian."""
    launch = dataclasses.replace(TIE, revolutions=3)
    usual = USUAL | {"parking_inclination_deg": 30.0}
    found = direct_transfers(problem(ARRIVAL + np.arange(3) * 7 * DAY, 4.5 * DAY, **usual), FORCES, launch=launch)
    for i in np.flatnonzero(found.ok):
        r, v = np.split(found.injection_states[i], 2)
        parked = np.concatenate([r, v * (1.0 - found.tli_delta_v_km_s[i] / np.linalg.norm(v))])
        begin = found.injection_tdb[i] - found.coast_s[i]
        state = propagate(parked, found.injection_tdb[i], begin, forces=FORCES).states[0]
        r, v = (equator_of_date(begin) @ part for part in np.split(state, 2))
        flown = np.cross(r, v) / np.linalg.norm(np.cross(r, v))
        site_at = erfa.gst06a(*utc_jd(found.launch_tdb[i]), 2451545.0, begin / DAY) + launch.longitude
        up = naive.turned_about_z([math.cos(launch.latitude), 0.0, math.sin(launch.latitude)], site_at)
        assert abs(flown @ up) < OSCULATING_PLANE_RAD
        coasted = math.atan2(np.cross(up, r) @ flown, up @ r) % (2 * math.pi)
        assert math.remainder(coasted - launch.ascent_angle, 2 * math.pi) == pytest.approx(0.0, abs=OSCULATING_ARC_RAD)


def test_a_site_the_parking_plane_cannot_reach():
    """A site at 52 degrees and a parking orbit of 43."""
    launch = dataclasses.replace(TIE, latitude=math.radians(52.0))
    found = direct_transfers(problem(ARRIVAL, 4.5 * DAY, **USUAL), FORCES, launch=launch)
    assert not found.ok.any()


def test_the_tie_to_a_site():
    """Coordinates by ERFA's ellipsoid; the arc of the ascent in the units of the edge."""
    tie = LaunchTie.from_site("Wenchang", ascent_s=720.0, ascent_angle_deg=25.0, southbound=True, revolutions=2)
    x, y, z = erfa.gd2gc(1, math.radians(110.9511), math.radians(19.6145), 0.0)
    assert (tie.longitude, tie.latitude) == pytest.approx((math.atan2(y, x), math.atan2(z, math.hypot(x, y))))
    assert tie.ascent_angle == pytest.approx(math.radians(25.0))
    assert (tie.southbound, tie.ascent_s, tie.revolutions) == (True, 720.0, 2)


def test_the_tie_to_a_site_of_ones_own():
    mine = LaunchTie.from_site(LaunchSite("mine", 0.0, -60.0), parking_altitude_km=300.0)
    period = 2 * math.pi * math.sqrt((RADIUS_KM["earth"] + 300.0) ** 3 / GM_KM3_S2["earth"])
    assert mine.ascent_angle == pytest.approx(math.pi * 600.0 / period)
    assert (mine.longitude, mine.latitude) == (math.radians(-60.0), 0.0)
    assert (mine.southbound, mine.revolutions) == (False, 0)


def test_a_launch_from_a_site_by_name():
    launch = LaunchTie.from_site("wenchang", southbound=True)
    batch = problem(ARRIVAL, 4.7 * DAY, **(USUAL | {"parking_inclination_deg": 23.2}))
    assert direct_transfers(batch, FORCES, launch=launch).solution.require()


# ---------------------------------------------------------------- misuse


@pytest.mark.parametrize(
    ("site", "options", "field"),
    [
        ("wenchangg", {}, "unknown launch site.*did you mean wenchang"),
        (19.6, {}, r"LaunchTie\.site: a float"),
        (LaunchSite("x", 95.0, 0.0), {}, "latitude_deg: 95"),
        (LaunchSite("x", 0.0, math.nan), {}, "longitude_deg: nan"),
        ("ksc", {"ascent_s": math.nan}, "ascent_s: nan"),
        ("ksc", {"ascent_s": -1.0, "ascent_angle_deg": 20.0}, "ascent_s: -1"),
        ("ksc", {"ascent_angle_deg": 400.0}, "ascent_angle_deg: 400"),
        ("ksc", {"parking_altitude_km": math.inf}, "parking_altitude_km: inf"),
        ("ksc", {"southbound": "no"}, "southbound: 'no'"),
        ("ksc", {"revolutions": 1.5}, "revolutions: 1.5"),
        ("ksc", {"revolutions": -1}, "revolutions: -1"),
    ],
)
def test_ties_that_make_no_sense(site, options, field):
    with pytest.raises(InputError, match=field) as caught:
        LaunchTie.from_site(site, **options)
    assert caught.value.allowed


@pytest.mark.parametrize("changes", [{"longitude": math.nan}, {"latitude": 19.6}, {"ascent_angle": math.inf}])
def test_a_tie_by_hand_is_checked_too(changes):
    with pytest.raises(InputError, match=f"LaunchTie.{next(iter(changes))}"):
        dataclasses.replace(TIE, **changes)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"parking_altitude_km": 50.0}, "parking_altitude_km"),
        ({"parking_altitude_km": np.nan}, "parking_altitude_km"),
        ({"parking_inclination_deg": -1.0}, "parking_inclination_deg"),
        ({"parking_inclination_deg": 181.0}, "parking_inclination_deg"),
        ({"perilune_altitude_km": -5.0}, "perilune_altitude_km"),
        ({"perilune_altitude_km": np.inf}, "perilune_altitude_km"),
        ({"lunar_inclination_deg": 200.0}, "lunar_inclination_deg"),
        ({"tof_s": 0.0}, "tof_s"),
        ({"tof_s": -4 * DAY}, "tof_s"),
        ({"tof_s": 30 * DAY}, "tof_s"),
        ({"perilune_tdb": np.nan}, "perilune_tdb"),
        ({"northbound_departure": 2}, "northbound_departure"),
    ],
)
def test_unusable_problems(changes, where):
    arguments = {"perilune_tdb": ARRIVAL, "tof_s": 4.5 * DAY} | USUAL | changes
    with pytest.raises(InputError, match=where):
        problem(arguments.pop("perilune_tdb"), arguments.pop("tof_s"), **arguments)


def test_a_node_is_north_or_south():
    with pytest.raises(InputError, match="northbound"):
        problem(ARRIVAL, 4.5 * DAY, northbound_arrival=0.0, **USUAL)


def test_lengths_that_do_not_fit():
    with pytest.raises((InputError, ValueError)):
        problem(ARRIVAL, [4 * DAY, 5 * DAY], **(USUAL | {"lunar_inclination_deg": [80.0, 90.0, 100.0]}))


def test_arrival_outside_the_ephemeris():
    with pytest.raises(InputError, match="not known at"):
        direct_transfers(problem(tdb_seconds("2060-01-01T00:00:00"), 4.5 * DAY, **USUAL), FORCES)


def test_departure_before_the_ephemeris():
    """Arrival a day after its start: the injection would be outside."""
    early = problem(EPHEMERIS.start_tdb + DAY, 4.5 * DAY, **USUAL)
    with pytest.raises((InputError, ConvergenceError)):
        direct_transfers(early, FORCES).solution.require()


def test_no_transfers():
    found = direct_transfers(problem(np.empty(0), 4.5 * DAY, **USUAL), FORCES)
    assert found.injection_states.shape == (0, 6)


def test_units_of_the_edge():
    batch = problem(ARRIVAL, [4 * DAY, 5 * DAY], **USUAL)
    assert batch.tof_s.shape == batch.parking_inclination.shape == (2,)
    assert batch.parking_radius_km[0] == RADIUS_KM["earth"] + 200.0
    assert batch.perilune_radius_km[0] == RADIUS_KM["moon"] + 200.0
    assert batch.lunar_inclination[0] == pytest.approx(math.pi / 2)


# ---------------------------------------------------------------- launches of given days


def days_of(n, first="2026-03-01T12:00:00"):
    return tdb_seconds(first) + DAY * np.arange(n)


def from_the_cape(azimuth_deg, n, tof_days=3.0, north=1):
    """A month of launches into a 185 km orbit, due to reach 100 km over the Moon."""
    site = launch_site("ksc-39a")
    southbound = azimuth_deg > 90.0
    tie = LaunchTie.from_site(site, ascent_s=700.0, ascent_angle_deg=23.0, southbound=southbound)
    noon = days_of(n)
    batch = problem(
        noon + tof_days * DAY,
        tof_days * DAY,
        parking_altitude_km=185.0,
        parking_inclination_deg=math.degrees(site.inclination_rad(math.radians(azimuth_deg))),
        perilune_altitude_km=100.0,
        lunar_inclination_deg=90.0,
        northbound_departure=north,
    )
    return noon, tie, launches_near(noon, batch, tie, FORCES)


@pytest.mark.parametrize("north", [1, -1])
@pytest.mark.parametrize("azimuth_deg", [72.0, 108.0])
def test_a_month_of_launches(azimuth_deg, north):
    """One a day, a little later every day, each with the time of flight asked for, the site under the plane."""
    noon, tie, found = from_the_cape(azimuth_deg, 28, north=north)
    assert found.ok.all()
    assert np.abs(found.tof_s - 3.0 * DAY).max() < SAME_INSTANT_S
    assert np.abs(found.launch_tdb - noon).max() < 0.55 * DAY
    assert np.abs(direct.lateness(found, tie) * EARTH_ROTATION_RATE_RAD_S).max() < LAUNCH_TIE_RAD
    miss = np.linalg.norm((flown_rows(found, found.ok) - found.perilune_states)[:, :3], axis=1)
    assert miss.max() < TRANSFER_CLOSURE_KM
    later = np.diff(found.launch_tdb)
    assert len(later[later > 0.5 * DAY]) >= 26
    assert 1450.0 < np.median(later[later > 0.5 * DAY]) / 60.0 < 1530.0  # 24 h 10 min to 25 h 30 min


def test_a_held_time_of_flight_is_the_transfer_with_that_arrival():
    """The same transfer, asked for the other way round: by its arrival."""
    _, tie, found = from_the_cape(90.0 + 10.0, 5)
    again = direct_transfers(found.problem, FORCES, launch=tie)
    assert np.abs(again.injection_tdb - found.injection_tdb).max() < SAME_INSTANT_S
    assert np.abs(again.tli_delta_v_km_s - found.tli_delta_v_km_s).max() < 1e-8


@pytest.mark.parametrize("north", [1, -1])
def test_apollos_daily_window(north):
    """Launch azimuths of 72 to 108 deg keep a window open for some four and a half hours.

    Source: Apollo 11 press kit (NASA 69-83K): 1969-07-16, 13:32 to 17:54 UTC for those azimuths.
    """
    _, _, opens = from_the_cape(72.0, 28, north=north)
    _, _, closes = from_the_cape(108.0, 28, north=north)
    hours = np.remainder(closes.launch_tdb - opens.launch_tdb + 0.5 * DAY, DAY) / 3600.0 - 12.0
    assert np.median(hours) == pytest.approx(4.4, abs=APOLLO_WINDOW_H)


def test_a_row_that_fails_can_be_asked_why():
    """Parking planes of 5 deg do not reach the Moon's declination."""
    found = direct_transfers(problem(ARRIVAL, 4.5 * DAY, **(USUAL | {"parking_inclination_deg": 5.0})), FORCES)
    assert found.status[0] != 0
    assert found.reason(0) != "converged"
    with pytest.raises(ConvergenceError):
        found.require()
    assert "0 of 1 rows ok" in repr(found)


def test_no_launches():
    _, _, found = from_the_cape(90.0, 0)
    assert found.ok.shape == (0,)


def test_a_held_time_of_flight_needs_a_launch():
    with pytest.raises(InputError, match="hold"):
        direct_transfers(problem(ARRIVAL, 4.5 * DAY, **USUAL), FORCES, hold="tof")


@pytest.mark.parametrize("north", [1, -1])
def test_no_launch_is_missed_in_a_year(north):
    """At every azimuth a launch each 24 to 26 h, also where the coast grows past nought or a whole revolution."""
    for azimuth_deg in (75.0, 105.0):
        _, _, found = from_the_cape(azimuth_deg, 365, tof_days=4.0, north=north)
        assert found.ok.all()
        launches = np.sort(found.launch_tdb)
        later = np.diff(launches)[np.diff(launches) > 1.0] / 3600.0
        assert 23.9 < later.min()
        assert later.max() < 26.2
        revolution = 2 * math.pi / naive.parking_rates(FORCES.gm("earth"), RADIUS_KM["earth"] + 185.0, 0.5)[0]
        assert 0.0 <= found.coast_s.min()
        assert found.coast_s.max() < 1.05 * revolution


def test_launches_of_a_batch_are_launches_alone():
    noon, tie, found = from_the_cape(105.0, 40, tof_days=4.0)
    for i in (0, 13, 34, 39):
        alone = launches_near(noon[i : i + 1], found.problem.rows(np.array([i])), tie, FORCES)
        assert alone.launch_tdb[0] == pytest.approx(found.launch_tdb[i], abs=SAME_INSTANT_S)
        assert alone.tli_delta_v_km_s[0] == pytest.approx(found.tli_delta_v_km_s[i], abs=1e-8)
