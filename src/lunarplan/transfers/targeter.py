"""Batched targeting: drive residuals to zero over free variables, with exact partials.

Every row is a problem of its own: Newton's step where it helps, Levenberg-Marquardt damping where it does not. A row
that does not reach its tolerances has a status; its last iterate is never passed off as a solution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Evaluate = Callable[[Floats, NDArray[np.intp]], tuple[Floats, Floats]]

CONVERGED, ITERATION_LIMIT, STALLED, NOT_FINITE = 0, 1, 2, 3
_REASONS = {
    CONVERGED: "converged",
    ITERATION_LIMIT: "iteration limit reached",
    STALLED: "no step reduces the residual",
    NOT_FINITE: "the residual is not finite at the first guess",
}
_FIRST_DAMPING, _LARGEST_DAMPING = 1e-3, 1e8


@dataclass(frozen=True)
class Variable:
    """A free variable. scale: a change that matters; max_step: the largest change of one iteration (same unit)."""

    name: str
    scale: float
    max_step: float = np.inf
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True)
class Target:
    """A residual to be driven to zero. tolerance: when it counts as met; scale: how residuals are weighed."""

    name: str
    tolerance: float
    scale: float


@dataclass(frozen=True)
class Targeted:
    """Solutions of a batch.

    x         : float64[N, variables]; NaN where not ``ok``
    residuals : float64[N, targets], at the last iterate
    status    : int8[N]; iterations : int32[N]
    """

    x: Floats
    residuals: Floats
    status: NDArray[np.int8]
    iterations: NDArray[np.int32]

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == CONVERGED)

    def rows(self, rows: NDArray[np.intp]) -> Targeted:
        """Return the solutions of some rows."""
        return Targeted(self.x[rows], self.residuals[rows], self.status[rows], self.iterations[rows])

    def reason(self, row: int) -> str:
        return _REASONS[int(self.status[row])]

    def require(self) -> Targeted:
        """Return self, or raise ConvergenceError if any row failed."""
        if not self.ok.all():
            bad = np.flatnonzero(~self.ok)
            raise ConvergenceError(f"{len(bad)} of {len(self.status)} rows: {self.reason(bad[0])}", where="targeter")
        return self


def target(
    evaluate: Evaluate,
    guess: Floats,
    free: Sequence[Variable],
    targets: Sequence[Target],
    *,
    max_iterations: int = 40,
) -> Targeted:
    """Solve ``evaluate(x, rows) -> (residuals, jacobian)`` = 0 for every row of the guess.

    guess    : float64[N, variables]
    evaluate : gets the iterates of the rows still at work and their indices; returns float64[n, targets] and
               float64[n, targets, variables]. A row that cannot be evaluated returns NaN
    """
    if guess.ndim != 2 or guess.shape[1] != len(free):
        raise InputError(f"shape {guess.shape}", where="guess", allowed=f"(N, {len(free)})")
    search = _Search(evaluate, guess, free, targets)
    for _ in range(max_iterations):
        if not search.step():
            break
    return search.result()


class _Search:
    """The state of the iteration; rows leave ``active`` when they converge or give up."""

    def __init__(self, evaluate: Evaluate, guess: Floats, free: Sequence[Variable], targets: Sequence[Target]) -> None:
        self.evaluate = evaluate
        self.scale_x = np.array([v.scale for v in free])
        self.max_step = np.array([v.max_step for v in free])
        self.bounds = np.array([v.lower for v in free]), np.array([v.upper for v in free])
        self.scale_f = np.array([t.scale for t in targets])
        self.tolerance = np.array([t.tolerance for t in targets])
        self.x = np.clip(guess, *self.bounds)
        n = len(guess)
        self.f, self.jacobian = self._evaluated(self.x, np.arange(n)) if n else (guess, guess)
        self.damping = np.zeros(n)
        self.status = np.full(n, ITERATION_LIMIT, np.int8)
        self.iterations = np.zeros(n, np.int32)
        if n:
            self.status[~np.isfinite(self.f).all(axis=1)] = NOT_FINITE
            self._note_converged(np.arange(n))

    def _note_converged(self, rows: NDArray[np.intp]) -> None:
        met = (np.abs(self.f[rows]) <= self.tolerance).all(axis=1)
        self.status[rows[met]] = CONVERGED

    def step(self) -> bool:
        """One iteration of every active row; False when there is none left."""
        rows = np.flatnonzero(self.status == ITERATION_LIMIT)
        if not len(rows):
            return False
        self.iterations[rows] += 1
        trial = np.clip(self.x[rows] + self._correction(rows), *self.bounds)
        f, jacobian = self._evaluated(trial, rows)
        better = self._cost(f) < self._cost(self.f[rows])  # NaN is not better
        won, lost = rows[better], rows[~better]
        self.x[won], self.f[won], self.jacobian[won] = trial[better], f[better], jacobian[better]
        self.damping[won] = np.where(self.damping[won] < _FIRST_DAMPING, 0.0, self.damping[won] * 0.1)
        self.damping[lost] = np.maximum(self.damping[lost] * 10.0, _FIRST_DAMPING)
        self.status[lost[self.damping[lost] > _LARGEST_DAMPING]] = STALLED
        self._note_converged(won)
        return True

    def _evaluated(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Residuals and partials; a row without partials is a row that cannot be evaluated."""
        f, jacobian = self.evaluate(x, rows)
        usable = np.asarray(np.isfinite(jacobian).all(axis=(1, 2)))
        return np.where(usable[:, None], f, np.nan), jacobian

    def _cost(self, f: Floats) -> Floats:
        return np.asarray(((f / self.scale_f) ** 2).sum(axis=1))

    def _correction(self, rows: NDArray[np.intp]) -> Floats:
        """Damped Gauss-Newton step in scaled variables, shortened as a whole to respect every variable's max_step."""
        a = self.jacobian[rows] * self.scale_x / self.scale_f[:, None]
        b = -(self.f[rows] / self.scale_f)[..., None]
        step = _damped_solve(a, b, self.damping[rows]) * self.scale_x
        excess = (np.abs(step) / self.max_step).max(axis=1)
        return np.asarray(step / np.maximum(excess, 1.0)[:, None])

    def result(self) -> Targeted:
        x = np.where((self.status == CONVERGED)[:, None], self.x, np.nan)
        return Targeted(x, self.f, self.status, self.iterations)


def _damped_solve(a: Floats, b: Floats, damping: Floats) -> Floats:
    """Least-squares solution of [a; sqrt(damping) D] x = [b; 0], D the column norms; minimum norm if undetermined."""
    norms = np.linalg.norm(a, axis=1)
    augmented = np.zeros((len(a), a.shape[1] + a.shape[2], a.shape[2]))
    augmented[:, : a.shape[1]] = a
    diagonal = np.arange(a.shape[2])
    augmented[:, a.shape[1] + diagonal, diagonal] = np.sqrt(damping)[:, None] * norms
    right = np.concatenate([b, np.zeros((len(b), a.shape[2], 1))], axis=1)
    plain = damping == 0.0
    x = np.empty((len(a), a.shape[2]))
    if plain.any():
        x[plain] = _newton(a[plain], b[plain])
    if not plain.all():
        x[~plain] = (np.linalg.pinv(augmented[~plain]) @ right[~plain])[..., 0]
    return x


def _newton(a: Floats, b: Floats) -> Floats:
    if a.shape[1] == a.shape[2]:
        regular = np.abs(np.linalg.det(a)) > 0.0
        if regular.all():
            return np.asarray(np.linalg.solve(a, b)[..., 0])
    return np.asarray((np.linalg.pinv(a) @ b)[..., 0])
