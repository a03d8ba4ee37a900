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
    knots = [np.asarray(start)[np.newaxis]]
    tangents = [_first_tangent(problem, knots[0], mu, direction)]
    lengths, step, stopped = [np.zeros(1)], first_step, False
    while lengths[-1][-1] < max_arclength and sum(map(len, knots)) < _MAX_KNOTS and not stopped:
        u, t, s = knots[-1][-1], tangents[-1][-1], lengths[-1][-1]
        steps = np.unique(np.minimum(step * _LADDER, max_step))
        found, flights, t_new = _tried(problem, u, t, steps, mu)
        good = _leading(_acceptable(found, t, t_new, steps))
        halted = _leading(~stop(flights, found.unknowns) | ~good)
        stopped = bool((good & ~halted).any())
        good &= halted
        if good.any():
            knots.append(found.unknowns[good])
            tangents.append(t_new[good])
            lengths.append(s + _lengths(np.concatenate([u[np.newaxis], knots[-1]])))
            step = float(steps[good][-1])
        else:
            step = float(steps[0])
            if step <= _LEAST_STEP:
                break
    if len(knots) == 1 and not stopped:
        raise ConvergenceError("no neighbour found", where="follow", remedy="start from another orbit")
    return Path(problem, mu, np.concatenate(knots), np.concatenate(tangents), np.concatenate(lengths), stopped)


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


def _tried(problem: Symmetry, u: Floats, t: Floats, steps: Floats, mu: float) -> tuple[Corrected, Flights, Floats]:
    guess = u + steps[:, np.newaxis] * t
    found = correct(problem, guess, mu, np.tile(t, (len(steps), 1)), reach=float(steps[-1]))
    flights = fly(problem, np.where(found.ok[:, np.newaxis], found.unknowns, u), mu)
    return found, flights, tangent(flights.partials, np.tile(t, (len(steps), 1)))


def _acceptable(found: Corrected, before: Floats, t: Floats, steps: Floats) -> NDArray[np.bool_]:
    """Found, without a sharp turn from knot to knot, and not by chance from far away."""
    neighbours = np.concatenate([before[np.newaxis], t[:-1]])
    turned = np.arccos(np.clip((neighbours * t).sum(axis=1), -1.0, 1.0))
    return np.asarray(found.ok & (turned < _MAX_TURN) & (found.iterations <= 6))


def _leading(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(np.logical_and.accumulate(mask), dtype=np.bool_)


def _lengths(points: Floats) -> Floats:
    return np.asarray(np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1)))


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
