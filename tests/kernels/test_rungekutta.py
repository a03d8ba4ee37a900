"""The Runge-Kutta propagator and its steering, on motions in closed form and against scipy."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lunarplan.kernels import blocks, stages, tableaux
from lunarplan.kernels.angles import LARGEST, sine_cosine
from lunarplan.kernels.rungekutta import STEERED, make_propagator
from tests import naive
from tests.kernels.motions import DRIFT, KEPLER, ellipse, run
from tests.tolerances import (
    DOP853_REVOLUTION,
    LOCAL_ORDER,
    ROCKET_ROUNDING,
    SINE_SERIES,
    STEERED_ORACLE,
    STEERED_PARTIALS,
    TIGHTEST_KEPLER,
)

FORCE = {
    "along": (0.05, 0.0, 0.0),
    "braking": (-0.05, 0.0, 0.0),
    "sideways": (0.0, 0.04, 0.0),
    "skew": (0.03, -0.02, 0.04),
}
MASS, FLOW, PITCH = 3.0, 0.2, 0.15
DURATION = 4.0


def plain(width=1, columns=STEERED, model=KEPLER):
    return make_propagator(width, columns, tableaux.DOP853, stages.dop853_sums, model).py_func


@pytest.fixture(scope="module")
def compiled():
    return make_propagator(8, STEERED, tableaux.DOP853, stages.dop853_sums, KEPLER)


def thrusting(force, mass=MASS, flow=FLOW, pitch=PITCH):
    rows = np.zeros((1, blocks.ROW_INPUTS))
    rows[0, blocks.FORCE_X : blocks.FORCE_X + 3] = force
    rows[0, blocks.MASS], rows[0, blocks.MASS_FLOW], rows[0, blocks.PITCH_RATE] = mass, flow, pitch
    return rows


def steered_orbit(parameters, gravity=1.0, duration=DURATION):
    """State after a steered burn, by scipy: parameters are the state, the force in VNB axes, mass and pitch rate."""
    start, force, mass, pitch = parameters[:6], parameters[6:9], parameters[9], parameters[10]

    def rate(t, y):
        r, v = y[:3], y[3:]
        along = v / np.linalg.norm(v)
        normal = np.cross(r, v) / np.linalg.norm(np.cross(r, v))
        across = np.cross(along, normal)
        c, s = math.cos(pitch * t), math.sin(pitch * t)
        push = (force[0] * c - force[2] * s) * along + force[1] * normal + (force[0] * s + force[2] * c) * across
        return np.concatenate([v, -gravity * r / np.linalg.norm(r) ** 3 + push / (mass - FLOW * t)])

    return solve_ivp(rate, (0.0, duration), start, "DOP853", rtol=1e-13, atol=1e-15).y[:, -1]


def test_order():
    """One step on a circle: the error shrinks with the ninth power."""
    propagate = plain(columns=0)
    steps, start = np.array([0.9, 0.7, 0.55]), ellipse(0.0)
    errors = [
        np.linalg.norm(run(propagate, start, h, tolerance=1e6, first_step=h).states[0] - naive.kepler(start, h, 1.0))
        for h in steps
    ]
    slope = np.diff(np.log(errors)) / np.diff(np.log(steps))
    assert slope == pytest.approx(np.full(2, 9.0), abs=LOCAL_ORDER)


@pytest.mark.parametrize("tolerance", [1e-6, 1e-9, 1e-12])
def test_tolerance_is_kept_over_a_revolution(tolerance):
    orbits = np.array([ellipse(e) for e in (0.0, 0.1, 0.3, 0.5, 0.7)])
    end = run(plain(8, 0), orbits, 2 * np.pi, tolerance=tolerance)
    errors = np.linalg.norm(end.states - orbits, axis=1) / np.linalg.norm(orbits, axis=1)
    assert errors.max() < DOP853_REVOLUTION * tolerance + 10 * TIGHTEST_KEPLER


def test_thrust_along_the_velocity_in_empty_space():
    """A straight line and the rocket equation."""
    start, t = np.array([1.0, 2.0, 3.0, 0.1, -0.2, 0.3]), 6.0
    end = run(plain(model=DRIFT), start, t, STEERED, thrusting(FORCE["along"], pitch=0.0))
    along = start[3:] / np.linalg.norm(start[3:])
    left = MASS - FLOW * t
    log = math.log(MASS / left)
    push = FORCE["along"][0] / FLOW
    assert np.abs(end.states[0, 3:] - start[3:] - push * log * along).max() < ROCKET_ROUNDING
    way = start[3:] * t + push * (t - left / FLOW * log) * along
    assert np.abs(end.states[0, :3] - start[:3] - way).max() < ROCKET_ROUNDING


@pytest.mark.parametrize("name", FORCE)
def test_steered_burn_against_scipy(name, compiled):
    start = ellipse(0.2)
    parameters = np.concatenate([start, FORCE[name], [MASS, PITCH]])
    end = run(compiled, start, DURATION, STEERED, thrusting(FORCE[name]))
    assert np.abs(end.states[0] - steered_orbit(parameters)).max() < STEERED_ORACLE


@pytest.mark.parametrize("name", FORCE)
def test_partials_of_a_steered_burn(name, compiled):
    """State, force in its axes, mass and pitch rate, all columns at once."""
    start = ellipse(0.2)
    parameters = np.concatenate([start, FORCE[name], [MASS, PITCH]])
    end = run(compiled, start, DURATION, STEERED, thrusting(FORCE[name]))
    expected = naive.differences(steered_orbit, parameters, [3e-4] * 11)
    assert np.abs(end.partials[0] - expected).max() < STEERED_PARTIALS * np.abs(expected).max()


def test_axes_turn_right_handed():
    """At radius -y and velocity x the normal is z, and along x normal is -y."""
    start = np.array([0.0, -1.0, 0.0, 1.0, 0.0, 0.0])
    for force, direction in (((1, 0, 0), [1, 0, 0]), ((0, 1, 0), [0, 0, 1]), ((0, 0, 1), [0, -1, 0])):
        end = run(plain(model=DRIFT), start, 1e-3, STEERED, thrusting(force, mass=1.0, flow=0.0, pitch=0.0))
        assert (end.states[0, 3:] - start[3:]) / 1e-3 == pytest.approx(np.array(direction, float), abs=2e-3)


def test_pitch_turns_from_along_towards_across():
    start = np.array([0.0, -1.0, 0.0, 1e6, 0.0, 0.0])  # so fast that its direction stays
    end = run(plain(model=DRIFT), start, 1e-6, STEERED, thrusting((1, 0, 0), 1.0, 0.0, 0.5e6), first_step=1e-6)
    gain = (end.states[0, 3:] - start[3:]) / 1e-6
    assert gain[1] == pytest.approx(-(1 - math.cos(0.5)) / 0.5, rel=1e-9)


def test_compiled_equals_plain(compiled):
    starts = np.array([ellipse(e) for e in np.linspace(0.0, 0.5, 9)])
    durations = np.linspace(-4.0, 4.0, 9)
    rows = np.repeat(thrusting(FORCE["skew"]), 9, axis=0)
    a = run(compiled, starts, durations, STEERED, rows)
    b = run(plain(8), starts, durations, STEERED, rows)
    assert np.array_equal(a.status, b.status)
    assert np.abs(a.states - b.states).max() < 10 * TIGHTEST_KEPLER
    assert np.abs(a.partials - b.partials).max() < 1e-10


def test_lanes_equal_scalars_and_do_not_see_their_neighbours():
    starts = np.array([ellipse(e) for e in np.linspace(0.0, 0.5, 5)])
    rows = np.repeat(thrusting(FORCE["skew"]), 5, axis=0)
    durations = np.linspace(1.0, 3.0, 5)
    many = run(plain(8, 0), starts, durations, 0, rows)
    for i in range(5):
        one = run(plain(1, 0), starts[i], durations[i], 0, rows[:1])
        assert np.array_equal(one.states[0], many.states[i])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_row_that_is_not_finite_fails_alone(compiled, value):
    starts = np.array([ellipse(e) for e in np.linspace(0.0, 0.5, 5)])
    starts[1, 0] = value
    end = run(compiled, starts, 2.0, STEERED, np.repeat(thrusting(FORCE["along"]), 5, axis=0))
    assert list(np.flatnonzero(end.status)) == [1]
    assert end.status[1] == blocks.NOT_FINITE
    assert np.isnan(end.states[1]).all()
    assert np.isfinite(end.states[[0, 2, 3, 4]]).all()


def test_impact_and_step_limit(compiled):
    fall = np.array([1.0, 0.0, 0.0, 0.0, 0.05, 0.0])
    rows = thrusting(FORCE["along"])
    assert run(compiled, fall, 1.2, STEERED, rows, stop_at_impact=True).status[0] == blocks.IMPACT
    assert run(compiled, ellipse(0.1), 3.0, STEERED, rows, max_steps=2).status[0] == blocks.STEP_LIMIT


def test_propellant_that_runs_out_is_no_answer(compiled):
    """The mass reaches zero after 15 units of time."""
    end = run(compiled, ellipse(0.1), 20.0, STEERED, thrusting(FORCE["along"]))
    assert end.status[0] == blocks.NOT_FINITE
    assert np.isnan(end.states[0]).all()


def test_no_time_no_change(compiled):
    end = run(compiled, ellipse(0.1), 0.0, STEERED, thrusting(FORCE["along"]))
    assert np.array_equal(end.states[0], ellipse(0.1))
    assert np.array_equal(end.partials[0], np.eye(6, STEERED))


def test_sine_and_cosine():
    for x in np.linspace(-LARGEST, LARGEST, 201):
        s, c = sine_cosine(x)
        assert s == pytest.approx(math.sin(x), abs=SINE_SERIES)
        assert c == pytest.approx(math.cos(x), abs=SINE_SERIES)
