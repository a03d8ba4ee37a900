"""The Nystrom propagator on motions with a known solution: plain Python, and compiled."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarplan.kernels import blocks, stages, tableaux
from lunarplan.kernels.blocks import STATE
from lunarplan.kernels.nystrom import THRUST, make_propagator
from tests import naive
from tests.kernels.motions import KEPLER, ROCKET, ellipse, run
from tests.tolerances import (
    KEPLER_REVOLUTION,
    LOCAL_ORDER,
    ROCKET_ROUNDING,
    STM_CLOSURE,
    STM_DETERMINANT,
    STM_SYMPLECTIC,
    TIGHTEST_KEPLER,
)

METHODS = {"12(10)": (tableaux.RKN12, stages.rkn12_sums, 12), "8(6)": (tableaux.RKN8, stages.rkn8_sums, 8)}


def propagator(width, columns, shared, method="12(10)", model=KEPLER):
    tableau, sums, _ = METHODS[method]
    return make_propagator(width, columns, shared, tableau, sums, model)


def plain(*arguments, **options):
    """The propagator as an ordinary Python function."""
    return propagator(*arguments, **options).py_func


@pytest.fixture(scope="module")
def own():
    """Compiled, eight lanes with a clock each, with the state-transition matrix."""
    return propagator(8, STATE, False)


@pytest.fixture(scope="module")
def shared():
    return propagator(8, STATE, True)


@pytest.fixture(scope="module")
def orbits():
    return np.array([ellipse(e, i) for e in (0.0, 0.01, 0.3, 0.7) for i in (0.0, 0.5, 1.6)])


@pytest.mark.parametrize("method", METHODS)
def test_order(method):
    """One step on a circle: its error shrinks with the power of the order plus one."""
    _, _, order = METHODS[method]
    propagate = plain(1, 0, False, method)
    steps = np.array([1.1, 0.9, 0.75]) if order == 12 else np.array([0.6, 0.45, 0.35])
    start = ellipse(0.0)
    errors = [
        np.linalg.norm(run(propagate, start, h, tolerance=1e6, first_step=h).states[0] - naive.kepler(start, h, 1.0))
        for h in steps
    ]
    slope = np.diff(np.log(errors)) / np.diff(np.log(steps))
    assert slope == pytest.approx(np.full(2, order + 1.0), abs=LOCAL_ORDER)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tolerance", [1e-6, 1e-9, 1e-12])
def test_tolerance_is_kept_over_a_revolution(method, tolerance, orbits):
    propagate = plain(8, 0, False, method)
    end = run(propagate, orbits, 2 * np.pi, tolerance=tolerance)
    assert not end.status.any()
    errors = np.linalg.norm(end.states - orbits, axis=1) / np.linalg.norm(orbits, axis=1)
    assert errors.max() < KEPLER_REVOLUTION * tolerance + TIGHTEST_KEPLER


def test_a_tighter_tolerance_takes_more_steps(orbits):
    propagate = plain(8, 0, False)
    steps = [run(propagate, orbits[:8], 6.0, tolerance=t).steps[0] for t in (1e-4, 1e-8, 1e-12)]
    assert steps[0] < steps[1] < steps[2]


def test_compiled_equals_plain(own, orbits):
    """Fused multiplications round elsewhere; the steps are the same."""
    durations = np.linspace(-5.0, 7.0, len(orbits))
    a = run(own, orbits, durations, STATE)
    b = run(plain(8, STATE, False), orbits, durations, STATE)
    assert np.array_equal(a.status, b.status)
    assert np.array_equal(a.steps, b.steps)
    assert np.abs(a.states - b.states).max() < TIGHTEST_KEPLER


def test_lanes_equal_scalars_to_the_bit(orbits):
    """In plain Python, where both take the same reciprocal root; on a CPU it may differ in the last bit."""
    durations = np.linspace(0.5, 7.0, len(orbits))
    many = run(plain(8, STATE, False), orbits, durations, STATE)
    for i, start in enumerate(orbits):
        one = run(plain(1, STATE, False), start, durations[i], STATE)
        assert np.array_equal(one.states[0], many.states[i])
        assert np.array_equal(one.partials[0], many.partials[i])


def test_own_clocks_do_not_see_their_neighbours(own, orbits):
    durations = np.linspace(0.5, 7.0, len(orbits))
    many = run(own, orbits, durations, STATE)
    shuffle = np.random.default_rng(9).permutation(len(orbits))
    turned = run(own, orbits[shuffle], durations[shuffle], STATE)
    assert np.array_equal(turned.states, many.states[shuffle])
    assert np.array_equal(turned.partials, many.partials[shuffle])
    for i in range(len(orbits)):
        assert np.array_equal(run(own, orbits[i], durations[i], STATE).states[0], many.states[i])


def test_shared_clock_keeps_the_tolerance_of_every_lane(shared, orbits):
    end = run(shared, orbits, 7.0, STATE)
    exact = np.array([naive.kepler(o, 7.0, 1.0) for o in orbits])
    assert np.abs(end.states - exact).max() < KEPLER_REVOLUTION * 1e-12 + TIGHTEST_KEPLER
    assert len(set(end.steps[:8])) == 1


@settings(deadline=None, max_examples=40)
@given(st.floats(0.0, 0.8), st.floats(0.0, 3.1), st.floats(-8.0, 8.0))
def test_kepler(eccentricity, inclination, duration):
    start = ellipse(eccentricity, inclination)
    end = run(plain(1, 0, False), start, duration)
    exact = naive.kepler(start, duration, 1.0)
    assert np.abs(end.states[0] - exact).max() < KEPLER_REVOLUTION * 1e-12 * np.abs(exact).max() + TIGHTEST_KEPLER


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_there_and_back(kind, orbits, request):
    propagate = request.getfixturevalue(kind)
    there = run(propagate, orbits, 6.5, STATE)
    back = run(propagate, there.states, -6.5, STATE)
    assert np.abs(back.states - orbits).max() < KEPLER_REVOLUTION * 1e-12 + TIGHTEST_KEPLER
    for a, b in zip(back.partials, there.partials, strict=True):
        assert np.abs(a @ b - np.eye(6)).max() < STM_CLOSURE * np.linalg.norm(a) * np.linalg.norm(b)


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_state_transition_matrix(kind, orbits, request):
    end = run(request.getfixturevalue(kind), orbits, 5.0, STATE)
    for start, phi in zip(orbits, end.partials, strict=True):
        expected = naive.differences(lambda x: naive.kepler(x, 5.0, 1.0), start, [3e-5] * 6)
        assert np.abs(phi - expected).max() < 1e-8 * np.abs(expected).max()
        assert np.linalg.det(phi) == pytest.approx(1.0, abs=STM_DETERMINANT)
        assert naive.symplectic_defect(phi, 1.0) < STM_SYMPLECTIC


def test_energy_and_angular_momentum(own, orbits):
    end = run(own, orbits, 30 * 2 * np.pi, STATE).states

    def integrals(x):
        r, v = x[:, :3], x[:, 3:]
        return (v * v).sum(axis=1) / 2 - 1 / np.linalg.norm(r, axis=1), np.cross(r, v)

    for before, after in zip(integrals(orbits), integrals(end), strict=True):
        assert np.abs(after - before).max() < 30 * TIGHTEST_KEPLER


# ---------------------------------------------------------------- edges


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_no_time_no_change(kind, orbits, request):
    end = run(request.getfixturevalue(kind), orbits, 0.0, STATE)
    assert np.array_equal(end.states, orbits)
    assert np.array_equal(end.partials, np.tile(np.eye(6), (len(orbits), 1, 1)))
    assert not end.status.any()
    assert not end.steps.any()


@pytest.mark.parametrize("kind", ["own", "shared"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("component", [0, 2, 4])
def test_a_row_that_is_not_finite_fails_alone(kind, value, component, orbits, request):
    propagate = request.getfixturevalue(kind)
    states = orbits.copy()
    states[5, component] = value
    end = run(propagate, states, 3.0, STATE)
    good = np.arange(len(orbits)) != 5
    assert list(np.flatnonzero(end.status)) == [5]
    assert end.status[5] == blocks.NOT_FINITE
    assert np.isnan(end.states[5]).all()
    assert np.isnan(end.partials[5]).all()
    exact = np.array([naive.kepler(o, 3.0, 1.0) for o in orbits])
    assert np.abs(end.states - exact)[good].max() < TIGHTEST_KEPLER + KEPLER_REVOLUTION * 1e-12


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_a_row_at_the_singularity_fails_alone(kind, orbits, request):
    states = orbits.copy()
    states[2] = [0.0, 0.0, 0.0, 0.1, 0.0, 0.0]
    end = run(request.getfixturevalue(kind), states, 3.0, STATE)
    assert list(np.flatnonzero(end.status)) == [2]
    assert np.isnan(end.states[2]).all()


@pytest.mark.parametrize("kind", ["own", "shared"])
def test_impact_stops_a_row_alone(kind, orbits, request):
    """The tenth of a unit around the centre is solid."""
    states = orbits.copy()
    states[4] = [1.0, 0.0, 0.0, 0.0, 0.05, 0.0]
    end = run(request.getfixturevalue(kind), states, 1.2, STATE, stop_at_impact=True)
    assert list(np.flatnonzero(end.status)) == [4]
    assert end.status[4] == blocks.IMPACT
    assert np.isnan(end.states[4]).all()


def test_step_limit(own, orbits):
    end = run(own, orbits, 100.0, STATE, max_steps=5)
    assert (end.status == blocks.STEP_LIMIT).all()
    assert np.isnan(end.states).all()


def test_steps_recorded_are_states_on_the_way(own, orbits):
    """Lanes that arrive early wait and record nothing."""
    durations = np.linspace(0.2, 9.0, len(orbits))
    end = run(own, orbits, durations, STATE, nodes=64)
    for i, start in enumerate(orbits):
        count = end.path_count[i]
        assert count == run(own, start, durations[i], STATE, nodes=64).path_count[0]
        elapsed = end.path[i, :count, 0]
        assert (np.diff(elapsed) > 0).all()
        assert elapsed[-1] == durations[i]
        assert np.array_equal(end.path[i, count - 1, 1:7], end.states[i])
        exact = np.array([naive.kepler(start, t, 1.0) for t in elapsed])
        assert np.abs(end.path[i, :count, 1:7] - exact).max() < TIGHTEST_KEPLER + KEPLER_REVOLUTION * 1e-12


def test_steps_are_counted_on_when_the_room_is_used_up(own, orbits):
    all_of_them = run(own, orbits, 9.0, STATE, nodes=64)
    three = run(own, orbits, 9.0, STATE, nodes=3)
    assert np.array_equal(three.path, all_of_them.path[:, :3])
    assert (three.path_count >= all_of_them.path_count).all()


# ---------------------------------------------------------------- thrust


def rocket(start, force, mass, flow, t):
    """Thrust fixed in empty space, in closed form."""
    left = mass - flow * t
    log = math.log(mass / left)
    gain = force / flow * log
    way = force / flow * (t - left / flow * log)
    return np.concatenate([start[:3] + start[3:] * t + way, start[3:] + gain])


def test_thrust_and_its_partials_in_closed_form():
    start, force, mass, flow = np.array([1.0, 2.0, 3.0, 0.1, -0.2, 0.3]), np.array([0.03, -0.02, 0.05]), 10.0, 0.8
    rows = np.zeros((1, blocks.ROW_INPUTS))
    rows[0, blocks.FORCE_X : blocks.FORCE_X + 3], rows[0, blocks.MASS], rows[0, blocks.MASS_FLOW] = force, mass, flow
    end = run(plain(1, THRUST, False, model=ROCKET), start, 9.0, THRUST, rows=rows)
    assert np.abs(end.states[0] - rocket(start, force, mass, flow, 9.0)).max() < ROCKET_ROUNDING
    by_force = naive.differences(lambda f: rocket(start, f, mass, flow, 9.0), force, [1e-2] * 3)
    by_mass = naive.differences(lambda m: rocket(start, force, m[0], flow, 9.0), [mass], [1e-3])
    by_state = naive.differences(lambda x: rocket(x, force, mass, flow, 9.0), start, [1e-2] * 6)
    expected = np.concatenate([by_state, by_force, by_mass], axis=1)
    assert np.abs(end.partials[0] - expected).max() < 1e-9
