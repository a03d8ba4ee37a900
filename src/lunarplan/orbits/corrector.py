"""Periodic orbits from guesses: Newton's method over batches, with exact partials and the time as an unknown.

An orbit that meets a mirror at right angles twice is periodic (Miele 1960, Roy and Ovenden 1955): flown from one mirror
to the next, it has to arrive at right angles. Nothing is searched for on the way: every row flies for the time that is
its own unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.model.rows import full_rows, scalar
from lunarplan.orbits.equations import AXIS_MIRROR, PLANE_MIRROR, inverse_of, rates

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

CONVERGED, ITERATION_LIMIT, NOT_FINITE, TOO_FAR = 0, 1, 2, 3
_REASONS = {
    CONVERGED: "converged",
    ITERATION_LIMIT: "iteration limit reached",
    NOT_FINITE: "the flight meets one of the two bodies, or the guess is not finite",
    TOO_FAR: "no such orbit near the guess",
}
_MAX_ITERATIONS = 25
_MAX_STEP = 0.1
_REACH = 0.2  # from guess to orbit, in the space of unknowns: farther away it is somebody else's orbit
_SETTLED = 1e-10  # the error goes with its square: what is left is rounding
_COORDINATES = ("x", "y", "z", "vx", "vy", "vz")


@dataclass(frozen=True)
class Mirrored:
    """Orbits from a mirror to a mirror.

    free, zero : items of the state that are unknown at the start, and that have to be zero at the end
    first, last : the mirrors; with two different ones the flight is a quarter of the orbit, else half of it
    scale       : unit of the unknown items of the state, so that a step of one size suits orbits of any size
    """

    name: str
    free: tuple[int, ...]
    zero: tuple[int, ...]
    first: tuple[float, ...]
    last: tuple[float, ...]
    scale: float = 1.0

    @property
    def parts(self) -> int:
        """Flights a period has."""
        return 2 if self.first == self.last else 4

    def start(self, unknowns: Floats) -> Floats:
        """States at the start, float64[N, 6]."""
        return _placed(unknowns, self.free, self.scale)

    def unknowns(self, states: Floats, periods: Floats) -> Floats:
        """Free items of states that start on the mirror, and the time of flight, float64[N, k + 1]."""
        return np.concatenate([states[:, self.free] / self.scale, periods[:, np.newaxis] / self.parts], axis=1)

    def conditions(self, start: Floats, end: Floats, stm: Floats, mu: float) -> tuple[Floats, Floats]:
        """What has to be zero, float64[N, m], and its partials, float64[N, m, k + 1]."""
        rows = np.array(self.zero)
        partials = self.scale * stm[:, rows[:, np.newaxis], np.array(self.free)]
        return end[:, rows], np.concatenate([partials, rates(end, mu)[:, rows, np.newaxis]], axis=2)

    def monodromy(self, stm: Floats) -> Floats:
        """State-transition matrix of a period from that of the flight: the rest of it is seen in the mirrors."""
        last = np.array(self.last)
        twice = (last[:, np.newaxis] * inverse_of(stm) * last) @ stm
        if self.parts == 2:
            return np.asarray(twice)
        both = np.array(self.first) * last
        back = both[:, np.newaxis] * twice * both
        return np.asarray(back @ twice)


@dataclass(frozen=True)
class Closed:
    """Orbits without a mirror: flown for a period. The start stays on the plane across the guess's velocity."""

    name: str
    free: tuple[int, ...]
    scale: float = 1.0

    @property
    def parts(self) -> int:
        """Flights a period has."""
        return 1

    def start(self, unknowns: Floats) -> Floats:
        return _placed(unknowns, self.free, self.scale)

    def unknowns(self, states: Floats, periods: Floats) -> Floats:
        return np.concatenate([states[:, self.free] / self.scale, periods[:, np.newaxis]], axis=1)

    def conditions(self, start: Floats, end: Floats, stm: Floats, mu: float) -> tuple[Floats, Floats]:
        rows = np.array(self.free)
        partials = self.scale * (stm[:, rows[:, np.newaxis], rows] - np.eye(len(rows)))
        along = rates(start, mu)[:, rows]
        closing = np.concatenate([partials, rates(end, mu)[:, rows, np.newaxis]], axis=2)
        phase = np.concatenate([along, np.zeros((len(start), 1))], axis=1)[:, np.newaxis]
        value = np.concatenate([(end - start)[:, rows], np.zeros((len(start), 1))], axis=1)
        return value, np.concatenate([closing, phase], axis=1)

    def monodromy(self, stm: Floats) -> Floats:
        return stm


def _placed(unknowns: Floats, free: tuple[int, ...], scale: float) -> Floats:
    states = np.zeros((len(unknowns), 6))
    states[:, free] = scale * unknowns[:, :-1]
    return states


_PLANE, _AXIS = (tuple(float(s) for s in mirror) for mirror in (PLANE_MIRROR, AXIS_MIRROR))
PLANAR = Mirrored("planar", (0, 4), (1, 3), _PLANE, _PLANE)
PLANE = Mirrored("plane", (0, 2, 4), (1, 3, 5), _PLANE, _PLANE)
AXIS = Mirrored("axis", (0, 4, 5), (1, 2, 3), _AXIS, _AXIS)
AXIS_TO_PLANE = Mirrored("axis to plane", (0, 4, 5), (1, 3, 5), _AXIS, _PLANE)
PLANAR_CLOSED = Closed("planar, closed", (0, 1, 3, 4))
Symmetry = Mirrored | Closed
SYMMETRIES: dict[str, Symmetry] = {s.name: s for s in (PLANAR, PLANE, AXIS, AXIS_TO_PLANE, PLANAR_CLOSED)}


@dataclass(frozen=True)
class Flights:
    """Rows flown: states at both ends, float64[N, 6], partials, what has to be zero, and its partials."""

    start: Floats
    end: Floats
    stm: Floats
    value: Floats
    partials: Floats


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
    periods  : float64[N]
    symmetry : "plane" (halo, butterfly), "planar" (Lyapunov, DRO), "axis" (axial), "axis to plane" (vertical),
               "planar, closed" (none: L4 and L5)
    hold     : the coordinate that stays as guessed: one the symmetry leaves free, "period", or None for the orbit
               nearest to the guess

    Raises InputError for shapes, names and a mu that do not fit; a guess that leads to no orbit has a status.
    """
    problem = symmetry_named(symmetry)
    scalar("mu", mu, 2.0**-1022, 0.5)
    (rows, times), shape = full_rows(states=(states, 6), periods=(periods, 1))
    if len(shape) > 1:
        raise InputError(f"has the shape {np.shape(states)}", where="states", allowed="(6,) or (N, 6)")
    held = None if hold is None else held_row(problem, hold)
    guess = problem.unknowns(rows, times)
    return correct(problem, guess, mu, None if held is None else np.tile(held, (len(guess), 1)), workers=workers)


def symmetry_named(name: str) -> Symmetry:
    """The symmetry of a name; raises InputError."""
    if name not in SYMMETRIES:
        raise InputError(f"{name!r}", where="symmetry", allowed=", ".join(f'"{s}"' for s in SYMMETRIES))
    return SYMMETRIES[name]


def held_row(problem: Symmetry, hold: str) -> Floats:
    """The coordinate that stays, as a row among the unknowns; raises InputError."""
    names = [*(_COORDINATES[i] for i in problem.free), "period"]
    if hold not in names:
        raise InputError(f"{hold!r}", where="hold", allowed=f"{', '.join(names)}, or None")
    return np.eye(len(names))[names.index(hold)]


def correct(
    problem: Symmetry,
    guess: Floats,
    mu: float,
    hold: Floats | None = None,
    *,
    reach: float = _REACH,
    workers: int | None = None,
) -> Corrected:
    """Solve for the unknowns of every row, with ``hold . unknowns`` as in the guess, or by the shortest steps."""
    unknowns = guess.copy()
    status = np.full(len(guess), ITERATION_LIMIT, np.int8)
    iterations = np.zeros(len(guess), np.int32)
    active = np.flatnonzero(np.isfinite(guess).all(axis=1) & (guess[:, -1] != 0.0))
    status[np.setdiff1d(np.arange(len(guess)), active)] = NOT_FINITE
    for _ in range(_MAX_ITERATIONS):
        if not len(active):
            break
        iterations[active] += 1
        flights = fly(problem, unknowns[active], mu, workers=workers)
        step = _step(
            flights.value, flights.partials, None if hold is None else hold[active], (unknowns - guess)[active]
        )
        size = np.linalg.norm(step, axis=1)
        lost = ~np.isfinite(size)
        step *= np.minimum(1.0, _MAX_STEP / np.maximum(size, 1e-300))[:, np.newaxis]
        unknowns[active[~lost]] += step[~lost]
        status[active[lost]] = NOT_FINITE
        far = np.linalg.norm((unknowns - guess)[active], axis=1) > reach
        status[active[far]] = TOO_FAR
        status[active[~far & (size < _SETTLED)]] = CONVERGED
        active = active[~lost & ~far & (size >= _SETTLED)]
    unknowns[status != CONVERGED] = np.nan
    return Corrected(problem.start(unknowns), problem.parts * unknowns[:, -1], status, iterations, unknowns)


def fly(problem: Symmetry, unknowns: Floats, mu: float, *, workers: int | None = None) -> Flights:
    """Fly the unknowns of every row to the end; NaN where that failed."""
    start = problem.start(unknowns)
    end = propagate_cr3bp(start, unknowns[:, -1], mu=mu, stm=True, workers=workers)
    assert end.stm is not None
    return Flights(start, end.states, end.stm, *problem.conditions(start, end.states, end.stm, mu))


def _step(value: Floats, partials: Floats, hold: Floats | None, moved: Floats) -> Floats:
    """Newton's step; the shortest one where nothing is held, in the least squares where conditions depend."""
    if hold is not None:
        value = np.concatenate([value, (hold * moved).sum(axis=1, keepdims=True)], axis=1)
        partials = np.concatenate([partials, hold[:, np.newaxis]], axis=1)
    out = np.full(moved.shape, np.nan)
    good = np.isfinite(value).all(axis=1) & np.isfinite(partials).all(axis=(1, 2))
    if partials.shape[1] == partials.shape[2] and hold is not None:
        out[good] = _solved(partials[good], -value[good])
    else:
        out[good] = -(np.linalg.pinv(partials[good], rcond=1e-12) @ value[good][..., np.newaxis])[..., 0]
    return out


def _solved(matrix: Floats, value: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(matrix, value[..., np.newaxis])[..., 0])
    except np.linalg.LinAlgError:  # an exactly singular one among them
        return np.asarray((np.linalg.pinv(matrix) @ value[..., np.newaxis])[..., 0])
