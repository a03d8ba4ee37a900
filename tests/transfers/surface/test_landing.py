"""Landings in the real sky: at the place, flown again by other means, for no more than a collocation finds."""

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import latitude_longitude_radius, rotation, turned
from lunarplan.model.surface import Place
from lunarplan.model.trajectory import fly
from lunarplan.transfers.surface.descent import Approach, Touchdown
from lunarplan.transfers.surface.landing import DRY, NO_BRAKING, NO_DEORBIT, THROTTLED, TOO_HIGH, Stage, land, land_from
from lunarplan.transfers.surface.orbit import overflights
from tests.authorities import load
from tests.low_orbits import coasted, flown_again, over
from tests.naive_landing import least_burn
from tests.tolerances import (
    APOLLO_BURN_FRACTION,
    BATCH_LANDING_M_S,
    COLLOCATION_IN_SPACE_S,
    LANDING_CLOSURE_KM,
    LANDING_CLOSURE_KM_S,
    LANDING_SHIFT_RAD,
    OVERFLIGHT_KM,
    OVERFLIGHT_S,
)

GM, R, DAY = GM_KM3_S2["moon"], RADIUS_KM["moon"], 86_400.0
WEIGHT_M_S2 = 1e3 * GM / R**2
FORCES = ForceModel(moon_degree=30)
START = tdb_seconds("2028-03-01T00:00:00")
SITE = Place(10.0, -5.0, -1.0)
STAGE = Stage(45_000.0, 311.0, 15_000.0, least_throttle=0.1)
APOLLO = load("apollo_11_ledger")
FOOT = 0.3048
ORBIT = {"altitude_km": 100.0, "inclination_deg": 60.0, "forces": FORCES}


def states(*left_km):
    return np.array([over(SITE, START, **ORBIT, left_km=aside) for aside in left_km])


def landed(*left_km, stage=STAGE, place=SITE, **options):
    return land_from(states(*left_km), START, place, stage, revolutions_ahead=0.0, forces=FORCES, **options)


@pytest.fixture(scope="module")
def orbit():
    return fly(states(0.0)[0], START, duration_s=1.2 * DAY, forces=FORCES, center="moon").trajectory


@pytest.fixture(scope="module")
def week(orbit):
    return land(orbit, START + 0.1 * DAY, START + 1.1 * DAY, SITE, STAGE, within_km=400.0, forces=FORCES)


def test_every_revolution_that_passes_near_is_a_landing(orbit, week):
    passes = overflights(orbit, SITE, START + 0.1 * DAY, START + 1.1 * DAY, within_km=400.0, forces=FORCES)
    assert week.ok.all()
    assert len(week.ok) == len(passes.epochs_tdb) > 5
    # the pass at the site's height is braking, not the orbit's: within minutes of it
    assert np.abs(week.touchdown_tdb - passes.epochs_tdb).max() < 1200.0
    np.testing.assert_allclose(week.cross_range_km, passes.cross_range_km, atol=10.0)  # the Moon turns meanwhile


def test_overflights_are_where_the_place_is_seen_highest(orbit):
    """Beside a net of seconds."""
    passes = overflights(orbit, SITE, START + 0.1 * DAY, START + 0.3 * DAY, within_km=2000.0, forces=FORCES)
    for epoch, aside in zip(passes.epochs_tdb, passes.cross_range_km, strict=True):
        times = epoch + np.arange(-60.0, 60.5, 0.5)
        r = orbit.at(times, "moon")[:, :3]
        up = np.einsum("nij,i->nj", rotation("moon_me", times, FORCES.source), SITE.axes.up)
        angle = np.arccos((r * up).sum(axis=1) / np.linalg.norm(r, axis=1))
        assert times[angle.argmin()] == pytest.approx(epoch, abs=OVERFLIGHT_S)
        assert R * angle.min() == pytest.approx(abs(aside), abs=OVERFLIGHT_KM)


@pytest.mark.parametrize("approach", [None, Approach(2290.0, 44.0, 150.0, 100.0)])
def test_another_integrator_lands_at_the_place(approach):
    """From before the deorbit burn, by scipy's DOP853, in the full field."""
    found = landed(40.0, -15.0, approach=approach, touchdown=Touchdown(30.0, 1.5, hover_s=5.0)).require()
    assert (found.miss_km < LANDING_CLOSURE_KM).all()
    for row in range(2):
        state = found.deorbits.before[row].copy()
        speed = np.linalg.norm(state[3:])
        state[3:] *= 1.0 - 1e-3 * found.deorbit_m_s[row] / speed
        ignition = coasted(state, found.deorbit_tdb[row], found.ignition_tdb[row], FORCES)
        end, epoch = flown_again(ignition, found.ignition_tdb[row], found.phases, row, FORCES)
        fixed = turned(end, epoch, "icrf", "moon_me", FORCES.source)
        assert epoch == pytest.approx(found.touchdown_tdb[row], abs=1e-6)
        assert np.linalg.norm(fixed[:3] - SITE.position_km) < LANDING_CLOSURE_KM
        assert np.abs(fixed[3:] + 1.5e-3 * SITE.axes.up).max() < LANDING_CLOSURE_KM_S


def test_a_collocation_finds_no_shorter_braking():
    """Over a point mass, with 60 km to fly aside, and ignition where it will along the orbit."""
    forces = ForceModel(bodies=("moon",), moon_degree=0)
    x = over(SITE, START, 100.0, 60.0, forces, left_km=60.0)
    found = land_from(x, START, SITE, STAGE, revolutions_ahead=0.0, touchdown=Touchdown(0.0, 1.0), forces=forces)
    braking = found.require().phases[0]
    start, ends = found.deorbits.periapsis[0], float(found.touchdown_tdb[0])
    fixed = np.concatenate([SITE.position_km, -1e-3 * SITE.axes.up])
    goals = [turned(fixed, np.array(ends + dt), "moon_me", "icrf", forces.source) for dt in (-1.0, 0.0, 1.0)]
    path = braking.fly(start[None], 8, forces)[:, 0].T
    least, shift = least_burn(
        start, goals[1], 0.5 * (goals[2] - goals[0]), braking.duration_s[0], forces.gm("moon"), braking.thrust[0],
        braking.exhaust[0], (path, 1.02 * braking.duration_s[0]),
    )  # fmt: skip
    assert braking.duration_s[0] == pytest.approx(least, abs=COLLOCATION_IN_SPACE_S)
    assert abs(shift) < LANDING_SHIFT_RAD


def test_the_path_goes_from_periapsis_to_the_place(week):
    path = week.path(2, 41)
    assert path.altitude_km[0] == pytest.approx(15.0, abs=1e-6)
    assert path.altitude_km[-1] == pytest.approx(SITE.height_km, abs=LANDING_CLOSURE_KM)
    assert (path.latitude_deg[-1], path.longitude_deg[-1]) == pytest.approx((10.0, -5.0), abs=1e-6)
    assert path.climb_m_s[-1] == pytest.approx(-1.5, abs=1e-4)
    assert path.throttle[0] == pytest.approx(1.0)
    assert (np.diff(path.epochs_tdb) >= 0.0).all()
    assert path.mass_kg[-1] == pytest.approx(week.landed_kg[2], rel=1e-4)
    assert path.phase[0] == "braking"
    assert path.phase[-1] == "touchdown"
    latitude, longitude, _ = latitude_longitude_radius(
        turned(path.states[-1], path.epochs_tdb[-1], "icrf", "moon_me", FORCES.source)[:3]
    )
    np.testing.assert_allclose(np.degrees([latitude, longitude]), [10.0, -5.0], atol=1e-6)


def test_masses_and_delta_v_agree():
    found = landed(20.0, stage=Stage(45_000.0, 311.0, 16_000.0, jettison_kg=700.0)).require()
    exhaust = 311.0 * STANDARD_GRAVITY_M_S2
    assert found.ignition_kg[0] == pytest.approx(16_000.0 * np.exp(-found.deorbit_m_s[0] / exhaust) - 700.0)
    assert exhaust * np.log(found.ignition_kg[0] / found.landed_kg[0]) == pytest.approx(found.delta_v_m_s[0])
    assert found.propellant_kg[0] == found.ignition_kg[0] - found.landed_kg[0]


def test_flying_aside_costs_the_more_the_farther_and_the_same_to_both_sides():
    found = landed(0.0, 30.0, 60.0, 90.0, -60.0).require()
    assert (np.diff(found.braking_m_s[:4]) > 0.0).all()
    assert found.braking_m_s[4] == pytest.approx(found.braking_m_s[2], rel=0.02)  # the Moon turns to one side
    np.testing.assert_allclose(np.abs(found.cross_range_km), [0.0, 30.0, 60.0, 90.0, 60.0], atol=10.0)


def test_the_range_published_for_descents_from_100_by_15_km():
    """1.69 km/s is the speed at periapsis, 2.1 what low thrust and hovering make of it."""
    thrust = np.array([1.3, 1.6, 2.0, 2.5, 3.0]) * WEIGHT_M_S2 * 15_000.0
    found = landed(0.0, stage=Stage(thrust, 311.0, 15_000.0)).require()
    assert ((found.delta_v_m_s > 1690.0) & (found.delta_v_m_s < 2100.0 * 1.03)).all()


def test_gravity_loss_falls_as_thrust_grows():
    """To the impulsive limit, when the burn begins as low as the thrust allows."""
    thrust, low = np.array([1.5, 2.0, 3.0, 5.0, 10.0, 20.0]), np.array([15.0, 12.0, 8.0, 4.0, 2.0, 1.0])
    found = landed(
        0.0, stage=Stage(thrust * WEIGHT_M_S2 * 15_000.0, 311.0, 15_000.0), periapsis_altitude_km=low,
        touchdown=Touchdown(0.0, 1.0), place=Place(10.0, -5.0),
    ).require()  # fmt: skip
    assert (np.diff(found.gravity_loss_m_s) < 0.0).all()
    fall = np.sqrt(2.0 * WEIGHT_M_S2 * 1e3 * low[-1])  # what a stop above the ground costs at most
    assert 0.0 < found.gravity_loss_m_s[-1] < fall


@pytest.fixture(scope="module")
def eagle():
    """Apollo 11's orbit, westwards a degree off the equator, with its gates; in 2028, where the ephemeris is."""
    case, gates = APOLLO["descent"], APOLLO["gates"]
    place = Place(0.67416, 23.47314, -1.93)
    low = gates["low_altitude_ft"] * FOOT
    approach = Approach(
        gates["high_altitude_ft"] * FOOT, gates["high_descent_ft_s"] * FOOT, gates["high_forward_ft_s"] * FOOT,
        gates["approach_s"],
    )  # fmt: skip
    x = over(place, START, case["apoapsis_altitude_km"], 178.75, FORCES)
    mass = case["ignition_mass_kg"] * np.exp(21.8 / (case["isp_s"] * STANDARD_GRAVITY_M_S2))
    stage = Stage(case["full_thrust_n"], case["isp_s"], mass, least_throttle=0.1)

    def fly_with(last_s):
        return land_from(
            x, START, place, stage, revolutions_ahead=0.0, approach=approach, touchdown=Touchdown(low, low / last_s),
            periapsis_altitude_km=case["periapsis_altitude_km"], forces=FORCES,
        ).require()  # fmt: skip

    return fly_with


def test_apollo_11_as_flown_and_as_planned(eagle):
    case, gates = APOLLO["descent"], APOLLO["gates"]
    flown, planned = eagle(gates["flown_last_s"]), eagle(gates["planned_last_s"])
    assert flown.delta_v_m_s[0] == pytest.approx(case["delta_v_m_s"], rel=APOLLO_BURN_FRACTION)
    assert flown.landed_kg[0] == pytest.approx(case["landed_mass_kg"], rel=APOLLO_BURN_FRACTION)
    assert planned.delta_v_m_s[0] == pytest.approx(case["budget_m_s"], rel=APOLLO_BURN_FRACTION)


def test_apollo_11_leaves_its_orbit(eagle):
    """21.8 m/s between the orbits that are published; the burn is published with 23.3, 7 percent more than they say."""
    found = eagle(APOLLO["gates"]["flown_last_s"])
    high, low = R + APOLLO["descent"]["apoapsis_altitude_km"], R + APOLLO["descent"]["periapsis_altitude_km"]
    between = 1e3 * (np.sqrt(GM / high) - np.sqrt(2.0 * GM * low / (high * (high + low))))
    assert found.deorbit_m_s[0] == pytest.approx(between, rel=APOLLO_BURN_FRACTION)
    # half a revolution before ignition, as flown: 101:36:14 to 102:33:05
    assert found.ignition_tdb[0] - found.deorbit_tdb[0] == pytest.approx(3411.0, abs=120.0)


@pytest.mark.parametrize(
    ("epoch", "latitude_deg", "longitude_deg", "inclination_deg"),
    [
        ("2020-12-01T15:11:00", 43.0576, -51.9161, 45.0),  # Chang'e-5
        ("2024-06-01T22:23:00", -41.6385, -153.9852, 137.0),  # Chang'e-6, retrograde
        ("2025-03-02T08:34:00", 18.562, 61.81, 99.0),  # Blue Ghost M1; near-polar: an estimate
        ("2023-08-23T12:33:00", -69.3741, 32.32, 90.0),  # Chandrayaan-3
    ],
)
def test_landers_that_were_flown(epoch, latitude_deg, longitude_deg, inclination_deg):
    """At the published place and time, with the 1.7 km/s at 15 km that are published, whatever the lander."""
    tdb, place = tdb_seconds(epoch), Place(latitude_deg, longitude_deg, -2.0)
    x = over(place, tdb, 200.0 if inclination_deg < 90.0 else 100.0, inclination_deg, FORCES)
    thrust = 2.0 * WEIGHT_M_S2 * 3000.0
    found = land_from(x, tdb, place, Stage(thrust, 310.0, 3000.0), revolutions_ahead=0.0, forces=FORCES).require()
    path = found.path(0, 31)
    assert (path.latitude_deg[-1], path.longitude_deg[-1]) == pytest.approx((latitude_deg, longitude_deg), abs=1e-6)
    assert path.speed_m_s[0] == pytest.approx(1700.0, rel=0.015)
    assert abs(found.touchdown_tdb[0] - tdb) < 600.0
    assert 1690.0 < found.delta_v_m_s[0] < 2100.0


def test_wherever_the_site_and_whatever_the_orbit():
    """Both poles, both senses, 60 to 300 km, round or not, to 50 km aside, 1.5 to 4 times the weight, on any day."""
    rng, n = np.random.default_rng(3), 40
    latitude, longitude = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n))), rng.uniform(-180.0, 180.0, n)
    latitude[:2] = -90.0, 90.0
    tdb, x = START + rng.uniform(0.0, 300.0 * DAY, n), np.empty((n, 6))
    for k, (lat, lon) in enumerate(zip(latitude, longitude, strict=True)):
        lat = np.clip(lat, -89.98, 89.98)
        tilt = np.clip(rng.uniform(0.0, 180.0), abs(lat) + 0.01, 179.99 - abs(lat))
        x[k] = over(
            Place(lat, lon), tdb[k], rng.uniform(60.0, 300.0), tilt, FORCES, northbound=rng.random() < 0.5,
            left_km=rng.uniform(-50.0, 50.0),
        )  # fmt: skip
        x[k, 3:] *= np.sqrt(1.0 + rng.uniform(0.0, 0.03))
    thrust = rng.uniform(1.5, 4.0, n) * WEIGHT_M_S2 * 1000.0
    places = Place(latitude, longitude, rng.uniform(-5.0, 5.0, n))
    found = land_from(x, tdb, places, Stage(thrust, 320.0, 1000.0), forces=FORCES).require()
    assert (found.miss_km < LANDING_CLOSURE_KM).all()
    assert (found.touchdown_tdb > tdb).all()
    assert (found.touchdown_tdb - tdb < 3.2 * 7200.0).all()


def test_a_batch_is_its_rows():
    batch = landed(-50.0, -20.0, 10.0, 40.0, 70.0)
    alone = landed(40.0)
    assert alone.delta_v_m_s[0] == pytest.approx(batch.delta_v_m_s[3], abs=BATCH_LANDING_M_S)
    assert alone.touchdown_tdb[0] == pytest.approx(batch.touchdown_tdb[3], abs=1e-6)


def test_each_row_fails_for_itself():
    away = states(0.0)[0]
    away[3:] *= 1.6
    found = land_from(np.array([away, states(0.0)[0]]), START, SITE, STAGE, revolutions_ahead=0.0, forces=FORCES)
    assert found.status.tolist() == [NO_DEORBIT, 0]
    falling = np.array([1837.4, 0.0, 0.0, -0.5, 0.0, 0.0])
    assert land_from(falling, START, SITE, STAGE, forces=FORCES).status.tolist() == [NO_DEORBIT]
    weak = landed(0.0, stage=Stage([2_000.0, 45_000.0], 311.0, 15_000.0))
    assert weak.status.tolist() == [NO_BRAKING, 0]
    assert np.isnan(weak.delta_v_m_s[0])
    with pytest.raises(ConvergenceError, match="row 0: no steering"):
        weak.require()
    with pytest.raises(InputError, match="a row that was solved"):
        weak.path(0)


def test_throttle_limits_and_tanks_are_kept():
    found = landed(0.0, stage=Stage(45_000.0, 311.0, 15_000.0, least_throttle=[0.1, 0.5]))
    assert found.status.tolist() == [0, THROTTLED]
    assert found.least_throttle[1] < 0.5
    gentle = landed(0.0, stage=Stage(45_000.0, 311.0, 15_000.0, most_throttle=0.8)).require()
    assert (gentle.path(0).throttle <= 0.8 + 1e-9).all()
    dry = landed(0.0, stage=Stage(45_000.0, 311.0, 15_000.0, propellant_kg=[6_000.0, 8_000.0]))
    assert dry.status.tolist() == [DRY, 0]
    assert dry.reason(0) == "the tanks run dry"


def test_braking_does_not_begin_above_the_orbit():
    """From 100 km: periapsis is where the descent orbit is lowest."""
    found = landed(0.0, periapsis_altitude_km=[80.0, 150.0])
    assert found.status.tolist() == [0, TOO_HIGH]
    assert found.reason(1) == "periapsis would be above the orbit it leaves"


def test_dry_tanks_say_what_is_needed():
    """What is missing is what another kilogram in full tanks leaves."""
    dry, full = (landed(0.0, stage=Stage(45_000.0, 311.0, 15_000.0, propellant_kg=kg)) for kg in (6_000.0, 8_000.0))
    assert dry.needed_kg == pytest.approx(full.needed_kg)
    assert full.needed_kg == pytest.approx(15_000.0 - full.landed_kg)


def test_no_pass_gives_no_rows(orbit):
    none = land(orbit, START + 0.1 * DAY, START + 0.3 * DAY, Place(80.0, 90.0), STAGE, within_km=10.0, forces=FORCES)
    assert len(none.ok) == 0
    assert len(land_from(np.empty((0, 6)), np.empty(0), SITE, STAGE, forces=FORCES).ok) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"states": np.full(6, np.nan)}, "states"),
        ({"tdb": "someday"}, "epoch"),
        ({"place": "Shackleton"}, "place"),
        ({"stage": 3.0}, "stage"),
        ({"periapsis_altitude_km": -5.0}, "periapsis_altitude_km"),
        ({"periapsis_altitude_km": 5.0, "place": Place(10.0, -5.0, 6.0)}, "would end higher than it begins"),
        ({"approach": Approach(20.0, 5.0, 10.0, 60.0)}, "Approach.altitude_m"),
        ({"stage": Stage([1e4, 2e4], 300.0, 1e4), "states": np.ones((3, 6))}, "batches do not match"),
        ({"forces": "all"}, "forces"),
        ({"revolutions_ahead": np.nan}, "revolutions_ahead"),
    ],
)
def test_bad_landings_are_named(change, says):
    given = {"states": states(0.0)[0], "tdb": START, "place": SITE, "stage": STAGE, "forces": FORCES} | change
    with pytest.raises(InputError, match=says):
        land_from(**given)


def test_bad_stages_and_orbits_are_named(orbit):
    with pytest.raises(InputError, match=r"Stage\.least_throttle"):
        Stage(1e4, 300.0, 1e4, least_throttle=0.7, most_throttle=0.6)
    with pytest.raises(InputError, match=r"Stage\.isp_s"):
        Stage(1e4, np.nan, 1e4)
    with pytest.raises(InputError, match="several places"):
        land(orbit, START, START + DAY, Place([1.0, 2.0], 0.0), STAGE, forces=FORCES)
    with pytest.raises(InputError, match="the end is not after the start"):
        land(orbit, START, START - DAY, SITE, STAGE, forces=FORCES)
    with pytest.raises(InputError, match="path"):
        land(3.0, START, START + DAY, SITE, STAGE, forces=FORCES)
    high = fly(1.0 * over(SITE, START, 5_000.0, 60.0, FORCES), START, duration_s=DAY, forces=FORCES, center="moon")
    with pytest.raises(InputError, match="low orbit first"):
        land(high, START, START + DAY, SITE, STAGE, forces=FORCES)
