"""Periodic orbits from guesses: Newton's method over batches, with exact partials and the time as an unknown.

Nothing is searched for on the way: every row flies for the time that is its own unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.rows import full_rows, scalar
from lunarplan.orbits.libration import LEAST_MU
from lunarplan.orbits.newton import newton_step
from lunarplan.orbits.perilune import steered
from lunarplan.orbits.symmetry import Symmetry, fly, held_row, symmetry_named

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

CONVERGED, ITERATION_LIMIT, NOT_FINITE, TOO_FAR = 0, 1, 2, 3
_REASONS = {
    CONVERGED: "converged",
    ITERATION_LIMIT: "iteration limit reached",
    NOT_FINITE: "the flight meets one of the two bodies, or the guess is not finite or takes no time",
    TOO_FAR: "no such orbit near the guess",
}
_MAX_ITERATIONS, _QUICK_ITERATIONS = 25, 6
_MAX_STEP = 0.1
_REACH = 0.2  # from guess to orbit, in the space of unknowns: farther away it is somebody else's orbit
_SETTLED = 1e-10  # the error goes with its square: what is left is rounding
_FLOOR = 1e-7  # below it, steps that no longer shrink are rounding, of long or unstable orbits


@dataclass(frozen=True)
class Corrected:
    """Periodic orbits of a batch.

    states  : float64[N, 6]; periods : float64[N]; NaN where not ``ok``
    status  : int8[N]; iterations : int32[N]
    unknowns : float64[N, k + 1], what was solved for
    """

    states: Floats
    periods: Floats
    status: NDArray[np.int8]
    iterations: NDArray[np.int32]
    unknowns: Floats

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == CONVERGED)

    def reason(self, row: int) -> str:
        return _REASONS[int(self.status[row])]

    def require(self) -> Corrected:
        """Return self, or raise ConvergenceError, with the reason, if any row failed."""
        if not self.ok.all():
            bad = np.flatnonzero(~self.ok)
            raise ConvergenceError(
                f"{len(bad)} of {len(self.status)} orbits failed; row {bad[0]}: {self.reason(bad[0])}",
                where="correct_orbits",
                remedy="start nearer to an orbit, or hold another coordinate",
            )
        return self


def correct_orbits(
    states: ArrayLike,
    periods: ArrayLike,
    *,
    mu: float,
    symmetry: str = "plane",
    hold: str | None = "x",
    workers: int | None = None,
) -> Corrected:
    """Periodic orbits near guesses.

    states   : float64[N, 6] on the mirror, barycentric rotating; what the symmetry wants zero there is taken as zero
    periods  : float64[N], above zero
    symmetry : "plane" (halo, butterfly), "planar" (Lyapunov, DRO), "axis" (axial), "axis to plane" (vertical),
               "planar, closed" (none: L4 and L5)
    hold     : the coordinate that stays as guessed: one the symmetry leaves free, "period", or None for the orbit
               nearest to the guess

    Raises InputError for shapes, names and a mu that do not fit; a guess that leads to no orbit has a status.
    """
    problem = symmetry_named(symmetry)
    scalar("mu", mu, LEAST_MU, 0.5)
    (rows, times), shape = full_rows(states=(states, 6), periods=(periods, 1))
    if len(shape) > 1:
        raise InputError(f"has the shape {np.shape(states)}", where="states", allowed="(6,) or (N, 6)")
    held = None if hold is None else held_row(problem, hold)
    guess = problem.unknowns(rows, np.where(times > 0.0, times, np.nan))
    return correct(problem, guess, mu, None if held is None else np.tile(held, (len(guess), 1)), workers=workers)


def correct(
    problem: Symmetry,
    guess: Floats,
    mu: float,
    hold: Floats | None = None,
    *,
    reach: float = _REACH,
    quick: bool = False,
    workers: int | None = None,
) -> Corrected:
    """Solve for the unknowns of every row, with ``hold . unknowns`` as in the guess, or by the shortest steps.

    Rows that are lost are tried once more from where their perilune would be a perilune; unless quick, when not much
    is tried.
    """
    limit = _QUICK_ITERATIONS if quick else _MAX_ITERATIONS
    first = _newton(problem, guess, guess, mu, hold, reach, limit, workers)
    lost = np.flatnonzero(~first.ok & np.isfinite(guess).all(axis=1))
    if not len(lost) or hold is None or quick:
        return first
    better = steered(problem, guess[lost], mu, hold[lost], workers=workers)
    again = _newton(problem, better, guess[lost], mu, hold[lost], reach, limit, workers)
    for name in ("states", "periods", "status", "unknowns"):
        getattr(first, name)[lost] = getattr(again, name)
    first.iterations[lost] += again.iterations
    return first


def _newton(
    problem: Symmetry,
    start: Floats,
    guess: Floats,
    mu: float,
    hold: Floats | None,
    reach: float,
    limit: int,
    workers: int | None,
) -> Corrected:
    unknowns = start.copy()
    status = np.full(len(guess), ITERATION_LIMIT, np.int8)
    iterations = np.zeros(len(guess), np.int32)
    before = np.full(len(guess), np.inf)
    active = np.flatnonzero(np.isfinite(start).all(axis=1))
    status[np.setdiff1d(np.arange(len(guess)), active)] = NOT_FINITE
    for _ in range(limit):
        if not len(active):
            break
        iterations[active] += 1
        flights = fly(problem, unknowns[active], mu, workers=workers)
        held = None if hold is None else hold[active]
        step = newton_step(flights.value, flights.partials, held, (unknowns - guess)[active])
        size = np.linalg.norm(step, axis=1)
        lost = ~np.isfinite(size)
        step *= np.minimum(1.0, _MAX_STEP / np.maximum(size, 1e-300))[:, np.newaxis]
        unknowns[active[~lost]] += step[~lost]
        far = np.linalg.norm((unknowns - guess)[active], axis=1) > reach
        settled = (size < _SETTLED) | ((size < _FLOOR) & (size > 0.25 * before[active]))
        status[active[settled]] = CONVERGED
        status[active[far]] = TOO_FAR
        status[active[lost]] = NOT_FINITE
        before[active] = size
        active = active[~lost & ~far & ~settled]
    unknowns[status != CONVERGED] = np.nan
    return Corrected(problem.start(unknowns), problem.parts * unknowns[:, -1], status, iterations, unknowns)
