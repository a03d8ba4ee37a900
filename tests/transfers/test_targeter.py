from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.transfers.targeter import (
    CONVERGED,
    ITERATION_LIMIT,
    NOT_FINITE,
    STALLED,
    Target,
    Targeted,
    Variable,
    target,
)
from tests.tolerances import NEWTON_SOLUTION

TWO = (Variable("x", 1.0), Variable("y", 1.0))
MET = (Target("f", 1e-12, 1.0), Target("g", 1e-12, 1.0))


def circle_and_line(x, rows):
    """x^2 + y^2 = 2 and x = y: solved by (1, 1) and (-1, -1)."""
    f = np.stack([x[:, 0] ** 2 + x[:, 1] ** 2 - 2.0, x[:, 0] - x[:, 1]], axis=1)
    jacobian = np.empty((len(x), 2, 2))
    jacobian[:, 0] = 2.0 * x
    jacobian[:, 1] = [1.0, -1.0]
    return f, jacobian


def linear(matrix, right):
    def evaluate(x, rows):
        return x @ matrix.T - right, np.broadcast_to(matrix, (len(x), *matrix.shape)).copy()

    return evaluate


def test_newton_solves_a_batch():
    guess = np.array([[2.0, 0.5], [-3.0, -0.1], [1.0, 1.0], [10.0, 20.0]])
    found = target(circle_and_line, guess, TWO, MET)
    assert found.ok.all()
    assert np.abs(np.abs(found.x) - 1.0).max() < NEWTON_SOLUTION
    assert list(np.sign(found.x[:, 0])) == [1, -1, 1, 1]
    assert found.iterations[2] == 0
    assert found.require() is found
    assert found.reason(0) == "converged"


def test_convergence_is_quadratic():
    """Residuals of successive iterates: each about the square of the one before."""
    seen = []

    def watched(x, rows):
        f, jacobian = circle_and_line(x, rows)
        seen.append(np.abs(f).max())
        return f, jacobian

    target(watched, np.array([[1.3, 1.1]]), TWO, MET)
    assert len(seen) <= 7
    assert all(b <= 1.5 * a * a + 1e-15 for a, b in pairwise(seen[1:]))


def test_one_step_for_a_linear_problem():
    rng = np.random.default_rng(13)
    matrix, right = rng.normal(size=(2, 2)), rng.normal(size=2)
    found = target(linear(matrix, right), np.zeros((3, 2)), TWO, MET)
    assert (found.iterations == 1).all()
    assert found.x == pytest.approx(np.tile(np.linalg.solve(matrix, right), (3, 1)))


def test_fewer_targets_than_variables_take_the_nearest_solution():
    """In scaled variables: x counts ten times as much as y, so it moves least."""
    free = (Variable("x", 1.0), Variable("y", 10.0))
    found = target(linear(np.array([[1.0, 1.0]]), np.array([11.0])), np.zeros((1, 2)), free, MET[:1])
    assert found.ok.all()
    assert found.x[0] == pytest.approx([11.0 / 101.0, 1100.0 / 101.0])


def test_more_targets_than_variables_only_if_they_agree():
    agreeing = linear(np.array([[1.0], [2.0]]), np.array([3.0, 6.0]))
    assert target(agreeing, np.zeros((1, 1)), TWO[:1], MET).x[0, 0] == pytest.approx(3.0)
    contradictory = target(linear(np.array([[1.0], [1.0]]), np.array([0.0, 1.0])), np.zeros((1, 1)), TWO[:1], MET)
    assert contradictory.status[0] in (STALLED, ITERATION_LIMIT)
    assert np.isnan(contradictory.x).all()


def test_bounds_hold_at_every_iterate():
    seen = []

    def watched(x, rows):
        seen.append(x.copy())
        return circle_and_line(x, rows)

    free = (Variable("x", 1.0, lower=0.5, upper=1.5), Variable("y", 1.0, upper=2.0))
    found = target(watched, np.array([[-4.0, 3.0]]), free, MET)
    every = np.concatenate(seen)
    assert (every[:, 0] >= 0.5).all()
    assert (every[:, 0] <= 1.5).all()
    assert (every[:, 1] <= 2.0).all()
    assert found.x[0] == pytest.approx([1.0, 1.0])


def test_a_solution_outside_the_bounds_is_not_reported():
    free = (Variable("x", 1.0, lower=2.0), Variable("y", 1.0))
    found = target(circle_and_line, np.array([[3.0, 3.0]]), free, MET)
    assert not found.ok[0]
    assert np.isnan(found.x).all()


def test_no_variable_moves_more_than_its_largest_step():
    seen = []

    def watched(x, rows):
        seen.append(x.copy())
        return linear(np.eye(2), np.array([10.0, 1.0]))(x, rows)

    found = target(watched, np.zeros((1, 2)), (Variable("x", 1.0, max_step=2.0), Variable("y", 1.0)), MET)
    moves = np.diff(np.concatenate(seen), axis=0)
    assert np.abs(moves[:, 0]).max() <= 2.0 + 1e-12
    assert moves[0] == pytest.approx([2.0, 0.2])  # shortened as a whole, so its direction stays
    assert found.ok[0]


def test_far_from_a_solution_damping_helps():
    """arctan: Newton's method diverges from |x| > 1.39."""

    def evaluate(x, rows):
        return np.arctan(x), (1.0 / (1.0 + x**2))[:, :, np.newaxis]

    found = target(evaluate, np.array([[1.2], [3.0], [-20.0]]), TWO[:1], MET[:1])
    assert found.ok.all()
    assert np.abs(found.x).max() < NEWTON_SOLUTION


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_first_guess_that_cannot_be_evaluated_fails_alone(bad):
    def evaluate(x, rows):
        f, jacobian = circle_and_line(x, rows)
        f[rows == 1] = bad
        return f, jacobian

    found = target(evaluate, np.array([[2.0, 0.5], [2.0, 0.5], [2.0, 0.5]]), TWO, MET)
    assert list(found.status) == [CONVERGED, NOT_FINITE, CONVERGED]
    assert np.isnan(found.x[1]).all()
    with pytest.raises(ConvergenceError, match="1 of 3"):
        found.require()


def test_a_step_that_cannot_be_evaluated_is_shortened():
    """The logarithm of a negative number: the full step from 5 leads there."""

    def evaluate(x, rows):
        with np.errstate(invalid="ignore"):
            return np.log(x), (1.0 / x)[:, :, np.newaxis]

    found = target(evaluate, np.array([[5.0], [0.1]]), TWO[:1], MET[:1])
    assert found.ok.all()
    assert found.x == pytest.approx(np.ones((2, 1)))


def test_no_solution_is_no_answer():
    def evaluate(x, rows):
        return x**2 + 1.0, 2.0 * x[:, :, np.newaxis]

    found = target(evaluate, np.array([[1.0], [0.0]]), TWO[:1], MET[:1])
    assert (found.status != CONVERGED).all()
    assert np.isnan(found.x).all()
    assert np.isfinite(found.residuals).all()


def test_iteration_limit():
    found = target(circle_and_line, np.array([[1e6, 2e6]]), TWO, MET, max_iterations=3)
    assert found.status[0] == ITERATION_LIMIT
    assert found.iterations[0] == 3
    assert found.reason(0) == "iteration limit reached"


def test_rows_do_not_see_each_other():
    """A row alone, and among others that fail or take longer: the same numbers to the bit."""
    guess = np.array([[2.0, 0.5], [np.nan, 1.0], [1e5, -1e5], [1.0, 1.0], [-0.3, -2.0]])
    many = target(circle_and_line, guess, TWO, MET)
    for i, start in enumerate(guess):
        one = target(circle_and_line, start[np.newaxis], TWO, MET)
        assert one.status[0] == many.status[i]
        assert np.array_equal(one.x[0], many.x[i], equal_nan=True)


def test_only_rows_at_work_are_evaluated():
    asked = []

    def watched(x, rows):
        asked.append(rows.copy())
        return circle_and_line(x, rows)

    target(watched, np.array([[1.0, 1.0], [30.0, 2.0]]), TWO, MET)
    assert list(asked[0]) == [0, 1]
    assert all(list(rows) == [1] for rows in asked[1:])


def test_no_rows():
    found = target(circle_and_line, np.empty((0, 2)), TWO, MET)
    assert isinstance(found, Targeted)
    assert found.x.shape == (0, 2)
    assert found.require() is found


def test_a_guess_of_the_wrong_shape():
    for guess in (np.zeros(2), np.zeros((1, 3))):
        with pytest.raises(InputError, match="guess"):
            target(circle_and_line, guess, TWO, MET)


def test_a_singular_row_does_not_take_the_others_along():
    def evaluate(x, rows):
        f, jacobian = circle_and_line(x, rows)
        jacobian[rows == 0] = 0.0
        return f, jacobian

    found = target(evaluate, np.array([[2.0, 0.5], [2.0, 0.5]]), TWO, MET)
    assert found.status[0] == STALLED
    assert found.status[1] == CONVERGED


def test_partials_that_are_not_finite_do_not_take_the_others_along():
    def evaluate(x, rows):
        f, jacobian = circle_and_line(x, rows)
        jacobian[rows == 0] = np.nan
        return f, jacobian

    found = target(evaluate, np.array([[2.0, 0.5], [2.0, 0.5]]), TWO, MET)
    assert list(found.ok) == [False, True]


@given(st.integers(0, 10_000), st.floats(-6, 6), st.floats(-6, 6))
def test_units_do_not_matter(seed, in_x, in_f):
    """Scaled variables and residuals: the same iterates whatever the units, up to rounding."""
    rng = np.random.default_rng(seed)
    u, w = 10.0**in_x, 10.0**in_f
    guess = rng.uniform(0.2, 3.0, size=(1, 2))

    def scaled(x, rows):
        f, jacobian = circle_and_line(x / u, rows)
        return f * w, jacobian * w / u

    free = (Variable("x", u, 0.7 * u), Variable("y", u, 0.7 * u))
    targets = (Target("f", 1e-12 * w, w), Target("g", 1e-12 * w, w))
    here = target(circle_and_line, guess, (Variable("x", 1.0, 0.7), Variable("y", 1.0, 0.7)), MET)
    there = target(scaled, guess * u, free, targets)
    assert here.ok[0] == there.ok[0]
    assert there.x[0] / u == pytest.approx(here.x[0], rel=1e-9)
