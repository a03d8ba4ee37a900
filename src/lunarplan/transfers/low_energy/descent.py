"""Descent along what equations leave free: a batch of solutions, each moved to where its cost is least.

Every row takes Newton steps of its own within the surface on which its equations hold, and is brought back onto that
surface after each. A step that does not help is made shorter; a row ends where no step promises anything.

Source: Nocedal and Wright (2006), Numerical Optimization, sec. 15.3 and 18.3, null-space methods.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.transfers.targeter import Target, Targeted, Variable, target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.targeter import Evaluate

    Floats = NDArray[np.float64]
    Cost = Callable[[Floats, NDArray[np.intp]], tuple[Floats, Floats]]

_FIRST_STEP, _LONGEST_STEP, _SHORTEST_STEP = 3.0, 300.0, 1e-3  # in scales of the variables
_PROBE = 1e-3
_BACK = 8  # Newton iterations back onto the surface


def descended(
    evaluate: Evaluate,
    cost: Cost,
    found: Targeted,
    free: Sequence[Variable],
    targets: Sequence[Target],
    *,
    worth: float,
    max_steps: int = 60,
) -> Targeted:
    """Move every solution to a place of least cost; a row that was none stays as it is.

    cost  : (x, rows) -> float64[n] and its gradient float64[n, variables]
    worth : gain below which a step is not taken, in the unit of the cost
    """
    if len(free) == len(targets):
        return found
    descent = _Descent(evaluate, cost, found, free, targets, worth)
    for _ in range(max_steps):
        if not descent.step():
            break
    return Targeted(descent.x, found.residuals, found.status, found.iterations)


class _Descent:
    """Where the rows are; they leave ``active`` when there is nothing more to be had."""

    def __init__(
        self, evaluate: Evaluate, cost: Cost, found: Targeted, free: Sequence[Variable], targets: Sequence[Target],
        worth: float,
    ) -> None:  # fmt: skip
        self.evaluate, self.cost, self.free, self.targets, self.worth = evaluate, cost, free, targets, worth
        self.scale_x = np.array([v.scale for v in free])
        self.scale_f = np.array([t.scale for t in targets])
        self.x = found.x.copy()
        self.active: NDArray[np.bool_] = found.ok.copy()
        self.radius = np.full(len(self.x), _FIRST_STEP)

    def step(self) -> bool:
        """One step of every active row; False when there is none left."""
        rows = np.flatnonzero(self.active)
        if not len(rows):
            return False
        along, gain = self._downhill(rows)
        self.active[rows[~(gain > self.worth)]] = False
        rows, along = rows[gain > self.worth], along[gain > self.worth]
        if not len(rows):
            return False
        trial, helps = self._tried(rows, along)
        length = np.linalg.norm(along, axis=1)
        self.x[rows[helps]] = trial[helps]
        self.radius[rows] = np.where(helps, np.clip(2.0 * length, self.radius[rows], _LONGEST_STEP), 0.25 * length)
        self.active[rows[self.radius[rows] < _SHORTEST_STEP]] = False
        return True

    def _tried(self, rows: NDArray[np.intp], along: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """The rows a step on, back on their surface, and where that is cheaper."""
        before, _ = self.cost(self.x[rows], rows)
        there = target(
            lambda x, k: self.evaluate(x, rows[k]), self.x[rows] + along * self.scale_x, self.free, self.targets,
            max_iterations=_BACK,
        )  # fmt: skip
        after, _ = self.cost(there.x, rows)
        return there.x, np.asarray(there.ok & (after < before))

    def _downhill(self, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Newton steps within the surface, in scales of the variables, and what they promise."""
        jacobian, gradient = self._linear(self.x[rows], rows)
        basis = np.linalg.svd(jacobian)[2][:, len(self.targets) :]
        multipliers = np.einsum("nij,nj->ni", np.linalg.pinv(np.swapaxes(jacobian, 1, 2)), gradient)
        slope = np.einsum("nki,ni->nk", basis, gradient)
        bends = np.empty((len(rows), basis.shape[1], basis.shape[1]))
        for k in range(basis.shape[1]):
            there = self._linear(self.x[rows] + _PROBE * basis[:, k] * self.scale_x, rows)
            tilt = there[1] - np.einsum("nji,nj->ni", there[0], multipliers)
            bends[:, k] = (np.einsum("nki,ni->nk", basis, tilt) - slope) / _PROBE
        usable = np.asarray(np.isfinite(bends).all(axis=(1, 2)))
        bends = np.where(usable[:, None, None], 0.5 * (bends + np.swapaxes(bends, 1, 2)), np.eye(basis.shape[1]))
        w, v = np.linalg.eigh(bends)
        w = np.maximum(np.abs(w), 1e-9 * np.abs(w).max(axis=1, keepdims=True) + 1e-30)  # downhill where it bends down
        step = -np.einsum("nij,nj->ni", v, np.einsum("nji,nj->ni", v, slope) / w)
        length = np.linalg.norm(step, axis=1)
        step *= np.minimum(1.0, self.radius[rows] / np.maximum(length, 1e-300))[:, None]
        gain = -0.5 * np.einsum("ni,ni->n", slope, step)
        return np.einsum("nki,nk->ni", basis, step), np.where(usable, gain, 0.0)

    def _linear(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Jacobian and gradient of the cost, in scales."""
        _, jacobian = self.evaluate(x, rows)
        _, gradient = self.cost(x, rows)
        return jacobian * self.scale_x / self.scale_f[:, None], gradient * self.scale_x
