"""Batched constrained minima: known ones are found, rows see nothing of one another, what has none has a status."""

import numpy as np
import pytest
from scipy.optimize import minimize

from lunarplan.transfers.minimiser import Problems, descend
from lunarplan.transfers.targeter import CONVERGED, NOT_FINITE, STALLED

RNG = np.random.default_rng(3)
AIMS = RNG.normal(size=(6, 4))


def on_the_sphere(scale_x=(1.0, 1.0, 1.0, 1.0), worth=1e-12):
    """Least distance from a point to the unit sphere in four dimensions, cut by a plane."""

    def equations(x, rows):
        f = np.stack([(x**2).sum(axis=1) - 1.0, x[:, 0] - 0.2 * x[:, 1]], axis=1)
        by = np.zeros((len(x), 2, 4))
        by[:, 0], by[:, 1, 0], by[:, 1, 1] = 2.0 * x, 1.0, -0.2
        return f, by

    def cost(x, rows):
        away = x - AIMS[rows]
        return (away**2).sum(axis=1), 2.0 * away

    return Problems(equations, cost, np.asarray(scale_x), np.ones(2), np.full(2, 1e-11), worth)


GUESS = np.tile([0.1, 0.5, -0.4, 0.6], (6, 1))


def test_minima_are_those_of_scipy():
    found = descend(on_the_sphere(), GUESS)
    assert found.ok.all()
    for x, aim in zip(found.x, AIMS, strict=True):
        rules = [
            {"type": "eq", "fun": lambda y: (y**2).sum() - 1.0},
            {"type": "eq", "fun": lambda y: y[0] - 0.2 * y[1]},
        ]
        slow = minimize(
            lambda y, aim=aim: ((y - aim) ** 2).sum(), x + 0.01, method="SLSQP", constraints=rules,
            options={"ftol": 1e-15},
        )  # fmt: skip
        np.testing.assert_allclose(x, slow.x, atol=1e-6)


def test_equations_are_met_and_no_direction_along_them_goes_down():
    found = descend(on_the_sphere(), GUESS)
    assert np.abs(found.residuals).max() <= 1e-11
    _, by = on_the_sphere().equations(found.x, np.arange(6))
    along = np.linalg.svd(by)[2][:, 2:]
    slope = np.einsum("nkv,nv->nk", along, 2.0 * (found.x - AIMS))
    assert np.abs(slope).max() < 1e-5


def test_a_variable_that_is_held_stays():
    found = descend(on_the_sphere(scale_x=[1.0, 1.0, 0.0, 1.0]), GUESS)
    assert found.ok.all()
    assert (found.x[:, 2] == GUESS[:, 2]).all()


def test_rows_see_nothing_of_one_another():
    whole = descend(on_the_sphere(), GUESS)
    for row in range(6):
        part = on_the_sphere()
        alone = Problems(
            lambda x, rows, part=part: part.equations(x, rows),
            lambda x, rows, part=part, row=row: part.cost(x, np.full(len(rows), row)),
            part.scale_x, part.scale_f, part.tolerance, part.worth,
        )  # fmt: skip
        assert descend(alone, GUESS[row : row + 1]).x.tobytes() == whole.x[row : row + 1].tobytes()


@pytest.mark.parametrize(
    ("level", "status"), [(lambda x: x**2 + 1.0, STALLED), (lambda x: np.full_like(x, np.nan), NOT_FINITE)]
)
def test_what_has_no_solution_has_a_status_and_no_numbers(level, status):
    def equations(x, rows):
        f = np.where(rows[:, None] == 1, level(x[:, :1]), x[:, :1] - 1.0)
        by = np.zeros((len(x), 1, 2))
        by[:, 0, 0] = np.where(rows == 1, 2.0 * x[:, 0], 1.0)
        return f, by

    def cost(x, rows):
        return (x[:, 1] - 2.0) ** 2, np.stack([np.zeros(len(x)), 2.0 * (x[:, 1] - 2.0)], axis=1)

    problems = Problems(equations, cost, np.ones(2), np.ones(1), np.full(1, 1e-10), 1e-14)
    found = descend(problems, np.full((3, 2), 0.5))
    assert found.status.tolist() == [CONVERGED, status, CONVERGED]
    assert np.isnan(found.x[1]).all()
    np.testing.assert_allclose(found.x[[0, 2]], [[1.0, 2.0]] * 2, atol=1e-6)


def test_no_rows():
    assert descend(on_the_sphere(), np.empty((0, 4))).x.shape == (0, 4)
