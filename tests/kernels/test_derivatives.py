"""The evaluator of single moments: what the propagators integrate is what it gives."""

import math

import numpy as np
import pytest

from lunarplan.kernels import blocks, clock
from lunarplan.kernels.derivatives import make_derivatives
from lunarplan.kernels.jit import inlined
from tests import naive
from tests.kernels.motions import DRIFT, KEPLER, ROCKET
from tests.tolerances import ACCELERATION_ROUNDING, GRADIENT_VS_ORACLE


def evaluate(model, states, starts=None, centers=None, rows=None, compile_it=True):
    n = len(states)
    out, gradient = np.full((n, 3), np.nan), np.full((n, 3, 3), np.nan)
    kernel = make_derivatives(model)
    (kernel if compile_it else kernel.py_func)(
        np.asarray(states, float),
        np.zeros(n) if starts is None else starts,
        np.zeros(n, np.int64) if centers is None else centers,
        blank(n) if rows is None else rows,
        0.0,
        out,
        gradient,
    )
    return out, gradient


def blank(n):
    rows = np.zeros((n, blocks.ROW_INPUTS))
    rows[:, blocks.MASS] = 1.0
    return rows


def attraction(r):
    return 1.0 / naive.norm(r)


@pytest.fixture(scope="module")
def states():
    rng = np.random.default_rng(11)
    return rng.normal(size=(25, 6))


@pytest.mark.parametrize("compile_it", [True, False])
def test_attraction_and_its_gradient(states, compile_it):
    a, gradient = evaluate(KEPLER, states, compile_it=compile_it)
    r = states[:, :3]
    expected = naive.gradient(attraction, r)
    assert np.abs(a - expected).max() < ACCELERATION_ROUNDING * np.abs(expected).max()
    for i, place in enumerate(r):
        tides = naive.hessian(attraction, place, 2e-3 * np.linalg.norm(place))
        assert np.abs(gradient[i] - tides).max() < GRADIENT_VS_ORACLE * np.abs(tides).max()


def test_gradients_are_symmetric(states):
    _, gradient = evaluate(KEPLER, states)
    assert np.array_equal(gradient, np.swapaxes(gradient, 1, 2))
    assert np.abs(np.trace(gradient, axis1=1, axis2=2)).max() < ACCELERATION_ROUNDING * np.abs(gradient).max()


def test_rows_bring_their_thrust():
    """Newtons over kilograms, each row its own; without gravity nothing has a gradient."""
    rows = blank(3)
    rows[:, blocks.FORCE_X : blocks.FORCE_X + 3] = np.diag([1.0, 2.0, 3.0])
    rows[:, blocks.MASS] = [2.0, 4.0, 8.0]
    a, gradient = evaluate(ROCKET, np.ones((3, 6)), rows=rows)
    assert np.array_equal(a, np.diag([0.5, 0.5, 0.375]))
    assert not gradient.any()


def test_empty_space(states):
    assert not any(part.any() for part in evaluate(DRIFT, states))


@inlined
def _limit(CLOCK, field):
    return None


@inlined
def _tabulate(CLOCK, EPH, KEPT, nodes, field):
    EPH[0] = CLOCK[clock.START]
    EPH[1] = CLOCK[clock.CENTER]


@inlined
def _tell(node, elapsed, x, y, z, EPH, ROW, field):
    zero = x * 0.0
    return EPH[0], EPH[1], elapsed, zero, zero, zero, zero, zero, zero


def test_every_row_has_its_moment_and_its_origin():
    told = DRIFT._replace(limit=_limit, fill_one=_tabulate, acceleration=_tell)
    starts, centers = np.array([5.0, -7.0, 11.0]), np.array([0, 1, 0], np.int64)
    a, _ = evaluate(told, np.ones((3, 6)), starts, centers)
    assert np.array_equal(a, np.column_stack([starts, centers, np.zeros(3)]))


def test_batch_equals_loop(states):
    a, gradient = evaluate(KEPLER, states)
    for i in range(len(states)):
        one, its_gradient = evaluate(KEPLER, states[i : i + 1])
        assert np.array_equal(one[0], a[i])
        assert np.array_equal(its_gradient[0], gradient[i])


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_rows_that_are_not_finite_stay_alone(states, value):
    broken = states.copy()
    broken[4, 1] = value
    a, gradient = evaluate(KEPLER, broken)
    assert not np.isfinite(a[4]).all()
    others = np.delete(np.arange(len(states)), 4)
    assert np.array_equal(a[others], evaluate(KEPLER, states)[0][others])
    assert np.isfinite(gradient[others]).all()


def test_at_the_centre_there_is_no_answer():
    a, _ = evaluate(KEPLER, np.zeros((1, 6)))
    assert not np.isfinite(a).any()


def test_no_rows():
    a, gradient = evaluate(KEPLER, np.empty((0, 6)))
    assert a.shape == (0, 3)
    assert gradient.shape == (0, 3, 3)
