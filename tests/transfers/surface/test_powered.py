"""Optimal powered arcs: Apollo 11's, an independent collocation, and what more thrust does."""

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.transfers.surface.ascent import powered_ascent
from lunarplan.transfers.surface.descent import Approach, Touchdown, powered_descent
from tests.authorities import load
from tests.naive_descent import least_time
from tests.tolerances import (
    APOLLO_ASCENT_S,
    APOLLO_BURN_FRACTION,
    BATCH_BURN_S,
    COLLOCATION_S,
    POWERED_END_KM,
    POWERED_END_KM_S,
)

GM, R = GM_KM3_S2["moon"], RADIUS_KM["moon"]
APOLLO = load("apollo_11_ledger")
FOOT, NMI_KM, POUND = 0.3048, 1.852, 0.45359237
WEIGHT_M_S2 = 1e3 * GM / R**2
LANDER = {"isp_s": 311.0, "mass_kg": 15_000.0}


def landing(thrust_to_weight, **options):
    return powered_descent(np.asarray(thrust_to_weight) * WEIGHT_M_S2 * 15_000.0, **LANDER, **options)


def apollo_descent(last_s):
    case, gates = APOLLO["descent"], APOLLO["gates"]
    low = gates["low_altitude_ft"] * FOOT
    approach = Approach(
        gates["high_altitude_ft"] * FOOT, gates["high_descent_ft_s"] * FOOT,
        gates["high_forward_ft_s"] * FOOT, gates["approach_s"],
    )  # fmt: skip
    return powered_descent(
        case["full_thrust_n"], case["isp_s"], case["ignition_mass_kg"], approach=approach,
        touchdown=Touchdown(low, low / last_s), periapsis_altitude_km=case["periapsis_altitude_km"],
        apoapsis_altitude_km=case["apoapsis_altitude_km"], site_altitude_km=-1.9,
    ).require()  # fmt: skip


def test_apollo_11_as_flown():
    case = APOLLO["descent"]
    found = apollo_descent(APOLLO["gates"]["flown_last_s"])
    assert found.delta_v_m_s[0] == pytest.approx(case["delta_v_m_s"], rel=APOLLO_BURN_FRACTION)
    assert found.landed_mass_kg[0] == pytest.approx(case["landed_mass_kg"], rel=APOLLO_BURN_FRACTION)


def test_apollo_11_as_planned():
    found = apollo_descent(APOLLO["gates"]["planned_last_s"])
    assert found.delta_v_m_s[0] == pytest.approx(APOLLO["descent"]["budget_m_s"], rel=APOLLO_BURN_FRACTION)
    assert 0.0 < found.least_throttle[0] < found.most_throttle[0] < 1.0


def test_apollo_11_goes_home():
    case = APOLLO["ascent"]
    up = powered_ascent(
        case["thrust_n"], case["isp_s"], case["lift_off_mass_lb"] * POUND, site_altitude_km=-1.9,
        periapsis_altitude_km=case["periapsis_nmi"] * NMI_KM, apoapsis_altitude_km=case["apoapsis_nmi"] * NMI_KM,
        vertical_rise_s=case["vertical_rise_s"],
    ).require()  # fmt: skip
    assert up.delta_v_m_s[0] == pytest.approx(case["planned_m_s"], rel=APOLLO_BURN_FRACTION)
    assert up.inserted_mass_kg[0] / POUND == pytest.approx(case["inserted_mass_lb"], rel=APOLLO_BURN_FRACTION)
    assert up.duration_s[0] == pytest.approx(case["duration_s"], abs=APOLLO_ASCENT_S)


def test_the_range_published_for_descents_from_100_by_15_km():
    """1.69 km/s is the speed at periapsis, 2.1 what low thrust and hovering make of it."""
    found = landing([1.3, 1.6, 2.0, 2.5, 3.0], touchdown=Touchdown(0.0)).require()
    assert (found.delta_v_m_s > 1690.0).all()
    assert (found.delta_v_m_s < 2100.0 * 1.03).all()


def test_gravity_loss_falls_as_thrust_grows():
    """To the impulsive limit, when the burn begins as low as the thrust allows."""
    thrust = np.array([1.5, 2.0, 3.0, 5.0, 10.0, 20.0])
    periapsis = np.array([15.0, 12.0, 8.0, 4.0, 2.0, 1.0])
    found = landing(thrust, periapsis_altitude_km=periapsis, touchdown=Touchdown(0.0, 1.0)).require()
    loss = found.gravity_loss_m_s
    assert (np.diff(loss) < 0.0).all()
    fall = np.sqrt(2.0 * WEIGHT_M_S2 * 1e3 * periapsis[-1])  # what a stop above the ground costs at most
    assert 0.0 < loss[-1] < fall


@pytest.mark.parametrize("thrust_to_weight", [1.6, 2.4])
def test_a_collocation_finds_no_shorter_descent(thrust_to_weight):
    found = landing(thrust_to_weight, touchdown=Touchdown(0.0, 1.0)).require()
    p = found.braking.problem
    start = np.array([p.start_radius[0], 0.0, p.start_speed[0]])
    end = np.array([p.end_radius[0], p.end_climb[0], p.end_speed[0]])
    least = least_time(start, end, GM, p.acceleration[0], p.exhaust_speed[0], 1.1 * found.braking.burn_s[0], -1.0)
    assert found.braking.burn_s[0] == pytest.approx(least, abs=COLLOCATION_S)


def test_a_collocation_finds_no_shorter_ascent():
    up = powered_ascent(2.2 * WEIGHT_M_S2 * 5_000.0, 309.0, 5_000.0, vertical_rise_s=10.0).require()
    p = up.steered.problem
    start = np.array([p.start_radius[0], p.start_climb[0], 0.0])
    end = np.array([p.end_radius[0], 0.0, p.end_speed[0]])
    least = least_time(start, end, GM, p.acceleration[0], p.exhaust_speed[0], 1.1 * up.steered.burn_s[0], 1.0)
    assert up.steered.burn_s[0] == pytest.approx(least, abs=COLLOCATION_S)


def test_the_path_goes_from_one_end_to_the_other():
    found = landing([1.6, 2.5], site_altitude_km=-2.0, ground_speed_m_s=4.0)
    times, states, pitch = found.braking.path(81)
    assert times.shape == pitch.shape == (81, 2)
    p = found.braking.problem
    assert np.abs(states.radius[-1] - p.end_radius).max() < POWERED_END_KM
    assert np.abs(states.speed[-1] - p.end_speed).max() < POWERED_END_KM_S
    np.testing.assert_allclose(times[-1], found.braking.burn_s)
    np.testing.assert_allclose(states.radius[0], R + 15.0)


def test_mass_and_delta_v_agree():
    found = landing(2.0).require()
    exhaust = 311.0 * STANDARD_GRAVITY_M_S2
    assert exhaust * np.log(15_000.0 / found.landed_mass_kg[0]) == pytest.approx(found.delta_v_m_s[0], rel=1e-12)


def test_a_batch_is_its_rows():
    thrust = np.linspace(1.3, 4.0, 9)
    batch = landing(thrust)
    alone = landing(thrust[4])
    assert abs(alone.duration_s[0] - batch.duration_s[4]) < BATCH_BURN_S


def test_too_little_thrust_fails_in_its_own_row():
    found = landing([0.2, 2.0])
    assert found.ok.tolist() == [False, True]
    assert np.isnan(found.delta_v_m_s[0])
    assert np.isnan(found.landed_mass_kg[0])
    with pytest.raises(ConvergenceError):
        found.require()


def test_more_than_the_whole_mass_is_not_burnt():
    """With so poor an engine the equations have a solution that does: a row that is ok has its delta-v."""
    found = powered_descent(thrust_n=[45_000.0, 100_000.0, 450_000.0], isp_s=50.0, mass_kg=15_000.0)
    assert found.ok.tolist() == [True, False, False]
    assert np.isfinite(found.delta_v_m_s).tolist() == found.ok.tolist()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"thrust_n": -1.0}, "thrust_n"),
        ({"isp_s": np.nan}, "isp_s"),
        ({"mass_kg": "heavy"}, "mass_kg"),
        ({"periapsis_altitude_km": 200.0}, "apoapsis_altitude_km"),
        ({"periapsis_altitude_km": 5.0, "site_altitude_km": 6.0}, "would end higher than it begins"),
        (
            {"periapsis_altitude_km": 2.0, "approach": Approach(2500.0, 5.0, 10.0, 60.0)},
            "would end higher than it begins",
        ),
        ({"approach": Approach(20.0, 5.0, 10.0, 60.0)}, "Approach.altitude_m"),
        ({"thrust_n": [[1.0], [2.0]]}, "shape"),
    ],
)
def test_bad_descents_are_named(change, says):
    with pytest.raises(InputError, match=says):
        powered_descent(**({"thrust_n": 45_000.0, **LANDER} | change))


def test_bad_ascents_are_named():
    with pytest.raises(InputError, match="weight on the Moon"):
        powered_ascent(1_000.0, 310.0, 5_000.0)
    with pytest.raises(InputError, match="Touchdown"):
        Touchdown(-1.0)
    assert len(powered_ascent(np.empty(0), 310.0, 5_000.0).ok) == 0
