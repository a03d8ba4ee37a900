"""Batched constrained minima: every row closes its equations, and then lowers its cost along what they leave free.

Newton's method closes the equations by the shortest step. The directions in which they stay closed come from a QR
factorisation of their partials; along them Newton's method goes on, with the curvature of the Lagrangian by differences
of its exact gradient. Every row is a problem of its own and sees nothing of the others.

Source: Nocedal and Wright (2006), Numerical Optimization, sec. 15.3 and 18.3, null-space methods; as `route.optimise`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.transfers.targeter import CONVERGED, ITERATION_LIMIT, NOT_FINITE, STALLED, Targeted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]
    Equations = Callable[[Floats, Rows], tuple[Floats, Floats]]
    Cost = Callable[[Floats, Rows], tuple[Floats, Floats]]

_MOST_STEPS, _FIRST_CLOSING, _CLOSING = 30, 25, 8
_LONGEST, _FIRST_STEP, _LEAST_STEP = 30.0, 100.0, 1e-3  # in scales of the variables
_LEAST_SHARE = 2.0**-9  # of a Newton step
_PROBE = 1e-3
_SINGULAR = 1e-13


@dataclass(frozen=True)
class Problems:
    """A batch of minima to be found.

    equations : (x, rows) -> float64[n, m] and partials [n, m, v]; NaN where they cannot be evaluated
    cost      : (x, rows) -> float64[n] and gradient [n, v]
    scale_x   : float64[v], changes that matter; nought for variables that are held
    scale_f, tolerance : float64[m], how equations are weighed, and when they are met
    worth     : a step that promises to save less is not taken
    """

    equations: Equations
    cost: Cost
    scale_x: Floats
    scale_f: Floats
    tolerance: Floats
    worth: float


@dataclass
class _State:
    """Iterates: x, equations and partials in scales; and which rows meet their equations."""

    x: Floats
    f: Floats
    a: Floats
    met: NDArray[np.bool_]

    def rows(self, rows: Rows) -> _State:
        return _State(self.x[rows], self.f[rows], self.a[rows], self.met[rows])

    def put(self, rows: Rows, other: _State) -> None:
        self.x[rows], self.f[rows], self.a[rows], self.met[rows] = other.x, other.f, other.a, other.met


def descend(problems: Problems, guess: Floats) -> Targeted:
    """Find the least cost of every row near its guess, float64[N, v]; statuses as of the targeter.

    A row whose equations cannot be closed is NaN.
    """
    return _Descent(problems).run(guess)


class _Descent:
    """The iteration, over the variables that are not held."""

    def __init__(self, problems: Problems) -> None:
        self.ask = problems
        self.free = np.flatnonzero(problems.scale_x)
        self.scale = problems.scale_x[self.free]

    def run(self, guess: Floats) -> Targeted:
        rows = np.arange(len(guess))
        now = self._closed(self._at(guess.copy(), rows), rows, _FIRST_CLOSING)
        status = np.where(now.met, ITERATION_LIMIT, np.where(np.isfinite(now.f).all(axis=1), STALLED, NOT_FINITE))
        longest, iterations = np.full(len(guess), _FIRST_STEP), np.zeros(len(guess), np.int32)
        for _ in range(_MOST_STEPS):
            rows = np.flatnonzero(status == ITERATION_LIMIT)
            if not len(rows):
                break
            iterations[rows] += 1
            status[rows[self._descended(now, rows, longest)]] = CONVERGED
        residuals = now.f * self.ask.scale_f
        x = np.where((status == CONVERGED)[:, None], now.x, np.nan)
        return Targeted(x, residuals, status.astype(np.int8), iterations)

    def _descended(self, now: _State, rows: Rows, longest: Floats) -> NDArray[np.bool_]:
        """One step downhill, as far as it helps; which rows are at the bottom."""
        here = now.rows(rows)
        cost, _ = self._cost(here.x, rows)
        along, step, gain = self._downhill(here, rows)
        at_bottom = ~(gain >= self.ask.worth)
        length = np.linalg.norm(step, axis=1)
        step = step * np.minimum(1.0, longest[rows] / np.maximum(length, 1e-300))[:, None]
        length = np.minimum(length, longest[rows])
        go = np.flatnonzero(~at_bottom)
        moved = self._moved(here.x[go], np.einsum("nvk,nk->nv", along[go], step[go]))
        trial = self._closed(self._at(moved, rows[go]), rows[go], _CLOSING)
        lower = trial.met & (self._cost(trial.x, rows[go])[0] < cost[go])
        won, lost = go[lower], go[~lower]
        now.put(rows[won], trial.rows(np.flatnonzero(lower)))
        longest[rows[won]] = 2.0 * np.maximum(longest[rows[won]], length[won])
        longest[rows[lost]] = 0.25 * length[lost]
        at_bottom[lost] = longest[rows[lost]] < _LEAST_STEP
        return at_bottom

    def _downhill(self, here: _State, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """Directions that stay on the surface, [n, v, k]; Newton's step along them; what it promises to save."""
        m = here.a.shape[1]
        q, r = np.linalg.qr(np.swapaxes(here.a, 1, 2), mode="complete")
        along = q[:, :, m:]
        gradient = self._cost(here.x, rows)[1]
        weights = _solved(r[:, :m], np.einsum("nvm,nv->nm", q[:, :, :m], gradient))
        slope = np.einsum("nvk,nv->nk", along, gradient)
        bend = np.empty((len(rows), along.shape[2], along.shape[2]))
        for k in range(along.shape[2]):
            there = self._moved(here.x, _PROBE * along[:, :, k])
            partials = self._at(there, rows).a
            tilt = self._cost(there, rows)[1] - np.einsum("nmv,nm->nv", partials, weights)
            bend[:, k] = (np.einsum("nvk,nv->nk", along, tilt) - slope) / _PROBE
        bend = 0.5 * (bend + np.swapaxes(bend, 1, 2))
        bend = np.where(np.isfinite(bend).all(axis=(1, 2), keepdims=True), bend, np.eye(along.shape[2]))
        w, v = np.linalg.eigh(bend)
        w = np.maximum(np.abs(w), 1e-6 * np.abs(w).max(axis=1, keepdims=True) + 1e-12)  # downhill where it bends down
        step = -np.einsum("nij,nj->ni", v, np.einsum("nji,nj->ni", v, slope) / w)
        return along, step, -0.5 * np.einsum("nk,nk->n", slope, step)

    def _closed(self, at: _State, rows: Rows, most: int) -> _State:
        """The nearest iterates that meet the equations, by least-norm steps that are halved until they help."""
        share = np.ones(len(rows))
        for _ in range(most):
            go = np.flatnonzero(~at.met & (share >= _LEAST_SHARE) & np.isfinite(at.a).all(axis=(1, 2)))
            if not len(go):
                break
            step = -_least_norm(at.a[go], at.f[go])
            step *= (share[go] * np.minimum(1.0, _LONGEST / np.maximum(np.abs(step).max(axis=1), 1e-300)))[:, None]
            trial = self._at(self._moved(at.x[go], step), rows[go])
            better = np.linalg.norm(trial.f, axis=1) < np.linalg.norm(at.f[go], axis=1)  # NaN is not
            at.put(go[better], trial.rows(np.flatnonzero(better)))
            share[go] = np.where(better, 1.0, 0.5 * share[go])
        return at

    def _at(self, x: Floats, rows: Rows) -> _State:
        f, by = self.ask.equations(x, rows)
        f = f / self.ask.scale_f
        a = by[:, :, self.free] * self.scale / self.ask.scale_f[:, None]
        known = np.asarray(np.isfinite(a).all(axis=(1, 2)))
        f = np.where(known[:, None], f, np.nan)
        return _State(x, f, a, np.asarray((np.abs(f) <= self.ask.tolerance / self.ask.scale_f).all(axis=1)))

    def _cost(self, x: Floats, rows: Rows) -> tuple[Floats, Floats]:
        cost, gradient = self.ask.cost(x, rows)
        return cost, gradient[:, self.free] * self.scale

    def _moved(self, x: Floats, step: Floats) -> Floats:
        moved = x.copy()
        moved[:, self.free] += step * self.scale
        return moved


def _least_norm(a: Floats, f: Floats) -> Floats:
    """The shortest solutions of a step = f, float64[n, v]; NaN where the equations depend on one another."""
    q, r = np.linalg.qr(np.swapaxes(a, 1, 2))
    return np.asarray(np.einsum("nvm,nm->nv", q, _solved(np.swapaxes(r, 1, 2), f)))


def _solved(matrices: Floats, right: Floats) -> Floats:
    """Solutions of triangular systems, float64[n, m]; NaN where they have none."""
    diagonal = np.abs(np.diagonal(matrices, axis1=1, axis2=2))
    singular = np.asarray(~(diagonal.min(axis=1) > _SINGULAR * diagonal.max(axis=1)))
    usable = np.where(singular[:, None, None], np.eye(matrices.shape[1]), matrices)
    solution = np.linalg.solve(usable, right[..., None])[..., 0]
    return np.where(singular[:, None], np.nan, solution)
