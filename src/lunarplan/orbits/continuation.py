"""Families followed by pseudo-arclength, and their branches.

The predictor is tried with several step lengths at once, as a batch costs what a row costs; all good ones are kept as
knots. Between knots the family is a cubic in the arclength, near enough for one correction.

Source: Keller 1977, "Numerical solution of bifurcation and nonlinear eigenvalue problems"; Doedel et al. 2003,
Int. J. Bifurcation and Chaos 13:1353, for the branches.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.interpolate import CubicHermiteSpline

from lunarplan.errors import ConvergenceError
from lunarplan.orbits.corrector import Corrected, correct
from lunarplan.orbits.symmetry import Flights, Symmetry, fly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Stop = Callable[[Flights, Floats], NDArray[np.bool_]]

_LADDER = 2.0 ** np.arange(-4, 3)  # of the step before; more than three, so that they go in lanes
_MAX_TURN = 0.2  # radians between tangents of neighbours
_LEAST_STEP = 1e-7
_LAST_STEP = 1e-4  # how near the end of a family is found
_MAX_KNOTS = 3000
_SINGULAR = 1e-7  # of the conditions, relative: bifurcations are found to that


@dataclass(frozen=True)
class Path:
    """Knots along a family.

    unknowns, tangents : float64[n, k + 1]; arclength : float64[n]
    stopped : the family went on to where it was told to stop; else it was lost or is longer than asked
    """

    problem: Symmetry
    mu: float
    unknowns: Floats
    tangents: Floats
    arclength: Floats
    stopped: bool

    def at(self, arclength: Floats, *, workers: int | None = None) -> Corrected:
        """Orbits at arclengths, float64[N], between the first and the last."""
        guess = self._spline(arclength)
        return correct(self.problem, guess, self.mu, self.direction(arclength), workers=workers)

    def direction(self, arclength: Floats) -> Floats:
        """Unit tangents of the cubic at arclengths, float64[N, k + 1]."""
        return _unit(self._spline(arclength, 1))

    @cached_property
    def _spline(self) -> CubicHermiteSpline:
        return CubicHermiteSpline(self.arclength, self.unknowns, self.tangents)

    def reversed(self) -> Path:
        """The same family from its end to its beginning."""
        length = self.arclength[-1] - self.arclength[::-1]
        return Path(self.problem, self.mu, self.unknowns[::-1], -self.tangents[::-1], length, self.stopped)

    def part(self, first: int, last: int) -> Path:
        """The family from a knot to another one, both included."""
        some = slice(first, last + 1)
        length = self.arclength[some] - self.arclength[first]
        return Path(self.problem, self.mu, self.unknowns[some], self.tangents[some], length, True)

    def joined(self, other: Path) -> Path:
        """This path and then another, that starts where this one ends."""
        return Path(
            self.problem,
            self.mu,
            np.concatenate([self.unknowns, other.unknowns[1:]]),
            np.concatenate([self.tangents, other.tangents[1:]]),
            np.concatenate([self.arclength, self.arclength[-1] + other.arclength[1:]]),
            other.stopped,
        )


def follow(
    problem: Symmetry,
    start: Floats,
    mu: float,
    direction: Floats,
    stop: Stop,
    *,
    first_step: float = 1e-3,
    max_step: float = 0.05,
    max_arclength: float = 100.0,
) -> Path:
    """Follow a family from an orbit, float64[k + 1], to where `stop` says so of flights and unknowns.

    direction : float64[k + 1], the side of the family to go to; at a bifurcation, where two families meet, the
                direction itself

    Raises ConvergenceError where not even a first step can be made.
    """
    walk = _Walk(problem, mu, np.asarray(start), direction, first_step)
    while walk.going and walk.length < max_arclength and walk.knots < _MAX_KNOTS:
        walk.go_on(stop, max_step)
    if walk.knots == 1 and not walk.stopped:
        raise ConvergenceError("no neighbour found", where="follow", remedy="start from another orbit")
    return walk.path()


class _Walk:
    """Knots so far, and the step to try next."""

    def __init__(self, problem: Symmetry, mu: float, start: Floats, direction: Floats, step: float) -> None:
        self.problem, self.mu, self.step = problem, mu, step
        self.unknowns = [start[np.newaxis]]
        self.tangents = [_first_tangent(problem, self.unknowns[0], mu, direction)]
        self.lengths = [np.zeros(1)]
        self.going, self.stopped, self.knots = True, False, 1

    @property
    def length(self) -> float:
        return float(self.lengths[-1][-1])

    def go_on(self, stop: Stop, max_step: float) -> None:
        """Try a ladder of steps, and keep the knots up to the first that is not good or beyond the end."""
        t = self.tangents[-1][-1]
        steps = np.unique(np.minimum(self.step * _LADDER, max_step))
        found, flights, tangents = _tried(self.problem, self._guesses(steps), t, float(steps[-1]), self.mu)
        good = _leading(_acceptable(found, t, tangents))
        within = good & _leading(~stop(flights, found.unknowns))
        if within.any():
            self._keep(found.unknowns[within], tangents[within])
        self._choose_step(steps, good, within)

    def _guesses(self, steps: Floats) -> Floats:
        """Along the tangent, bent as the tangents of the last two knots say."""
        tangents, lengths = np.concatenate(self.tangents[-2:]), np.concatenate(self.lengths[-2:])
        bend = (tangents[-1] - tangents[-2]) / (lengths[-1] - lengths[-2]) if self.knots > 1 else 0.0 * tangents[-1]
        return np.asarray(self.unknowns[-1][-1] + np.outer(steps, tangents[-1]) + np.outer(0.5 * steps**2, bend))

    def _keep(self, unknowns: Floats, tangents: Floats) -> None:
        chain = np.concatenate([self.unknowns[-1][-1:], unknowns])
        self.lengths.append(self.length + np.cumsum(np.linalg.norm(np.diff(chain, axis=0), axis=1)))
        self.unknowns.append(unknowns)
        self.tangents.append(tangents)
        self.knots += len(unknowns)

    def _choose_step(self, steps: Floats, good: NDArray[np.bool_], within: NDArray[np.bool_]) -> None:
        beyond = bool((good & ~within).any())
        self.step = float(steps[within][-1] if within.any() and not beyond else steps[0])
        self.stopped = beyond and self.step <= _LAST_STEP
        self.going = not self.stopped and bool(within.any() or self.step > _LEAST_STEP)

    def path(self) -> Path:
        parts = (np.concatenate(part) for part in (self.unknowns, self.tangents, self.lengths))
        unknowns, tangents, lengths = parts
        return Path(self.problem, self.mu, unknowns, tangents, lengths, self.stopped)


def tangent(partials: Floats, towards: Floats) -> Floats:
    """Unit tangents of the family, float64[N, k + 1], on the side of `towards`: what the conditions do not see."""
    null = np.linalg.svd(partials)[2][:, -1]
    return np.asarray(null * np.where((null * towards).sum(axis=1) < 0.0, -1.0, 1.0)[:, np.newaxis])


def _first_tangent(problem: Symmetry, start: Floats, mu: float, direction: Floats) -> Floats:
    """The family's tangent at a start, or the direction where the conditions leave more than one."""
    partials = fly(problem, start, mu).partials
    sizes = np.linalg.svd(partials[0], compute_uv=False)
    if sizes[len(direction) - 2] < _SINGULAR * sizes[0]:
        return _unit(direction[np.newaxis])
    return tangent(partials, direction[np.newaxis])


def _tried(problem: Symmetry, guesses: Floats, t: Floats, reach: float, mu: float) -> tuple[Corrected, Flights, Floats]:
    towards = np.tile(t, (len(guesses), 1))
    found = correct(problem, guesses, mu, towards, reach=reach, quick=True)
    flights = fly(problem, np.where(found.ok[:, np.newaxis], found.unknowns, guesses), mu)
    sane = np.where(np.isfinite(flights.partials), flights.partials, 0.0)  # of a guess that met a body
    return found, flights, tangent(sane, towards)


def _acceptable(found: Corrected, before: Floats, t: Floats) -> NDArray[np.bool_]:
    """Found, and without a sharp turn from knot to knot."""
    neighbours = np.concatenate([before[np.newaxis], t[:-1]])
    turned = np.arccos(np.clip((neighbours * t).sum(axis=1), -1.0, 1.0))
    return np.asarray(found.ok & (turned < _MAX_TURN))


def _leading(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(np.logical_and.accumulate(mask), dtype=np.bool_)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
