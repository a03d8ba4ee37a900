"""Guesses of orbits that pass near the smaller body, steered to where Newton's method holds.

On a nearly rectilinear orbit a thousandth of the period is as long as the whole passage: the position there is no
function to be made linear. What two bodies would keep is: the angular momentum, the direction of the perilune, and the
time to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.orbits.equations import rates
from lunarplan.orbits.newton import newton_step
from lunarplan.orbits.symmetry import Symmetry, fly

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_ITERATIONS = 12
_SHIFTS = 3
_MAX_STEP = 0.02
_CLOSE = 1e-8
_Y = 1


def steered(problem: Symmetry, guess: Floats, mu: float, hold: Floats, *, workers: int | None = None) -> Floats:
    """Unknowns of orbits whose flights end at a perilune on the x-z plane, float64[N, k + 1]; NaN where that failed.

    Problems that do not end on that plane are returned as they are.
    """
    if problem.name not in ("plane", "planar"):
        return guess
    unknowns = guess.copy()
    for _ in range(_ITERATIONS):
        unknowns[:, -1] = _at_perilune(problem, unknowns, mu, workers)
        flights = fly(problem, unknowns, mu, workers=workers)
        value, gradient = _kept_by_two_bodies(flights.end, mu)
        if problem.name == "planar":
            value, gradient = value[:, 1:], gradient[:, 1:]
        along = problem.scale * flights.stm[:, :, np.array(problem.free)]
        moves = np.concatenate([along, rates(flights.end, mu)[..., np.newaxis]], axis=2)
        step = newton_step(value, gradient @ moves, hold, unknowns - guess)
        size = np.linalg.norm(step, axis=1)
        unknowns += step * np.minimum(1.0, _MAX_STEP / np.maximum(size, 1e-300))[:, np.newaxis]
        if not (size > _CLOSE).any():
            break
    return unknowns


def _at_perilune(problem: Symmetry, unknowns: Floats, mu: float, workers: int | None) -> Floats:
    """Times of flight to the perilune next to the end, by Kepler's equation of the orbit there."""
    start, times = problem.start(unknowns), unknowns[:, -1].copy()
    for _ in range(_SHIFTS):
        end = propagate_cr3bp(start, np.nan_to_num(times), mu=mu, workers=workers).states
        shift = _since_perilune(*_about_smaller(end, mu), mu)
        times -= np.clip(shift, -0.5 * np.abs(times), 0.5 * np.abs(times))
    return times


def _about_smaller(states: Floats, mu: float) -> tuple[Floats, Floats]:
    """Position and velocity about the smaller body, in axes at rest."""
    r = states[:, :3] - np.array([1.0 - mu, 0.0, 0.0])
    v = states[:, 3:].copy()
    v[:, 0] -= r[:, 1]
    v[:, 1] += r[:, 0]
    return r, v


def _since_perilune(r: Floats, v: Floats, mu: float) -> Floats:
    """Time since the perilune of two bodies; zero where they are not bound."""
    distance, radial = np.linalg.norm(r, axis=1), (r * v).sum(axis=1)
    inverse_axis = 2.0 / distance - (v * v).sum(axis=1) / mu
    bound = inverse_axis > 0.0
    inverse_axis = np.where(bound, inverse_axis, 1.0)
    e_cos, e_sin = 1.0 - distance * inverse_axis, radial * np.sqrt(inverse_axis / mu)
    return np.where(bound, (np.arctan2(e_sin, e_cos) - e_sin) / np.sqrt(mu * inverse_axis**3), 0.0)


def _kept_by_two_bodies(states: Floats, mu: float) -> tuple[Floats, Floats]:
    """Angular momentum along y, eccentricity along y, and r . v, float64[N, 3], and gradients, float64[N, 3, 6].

    All are zero where the orbit meets the x-z plane at right angles at an apsis.
    """
    r, v = _about_smaller(states, mu)
    distance = np.linalg.norm(r, axis=1)
    radial, speed2 = (r * v).sum(axis=1), (v * v).sum(axis=1)
    momentum = r[:, 2] * v[:, 0] - r[:, 0] * v[:, 2]
    pull = speed2 / mu - 1.0 / distance
    eccentricity = pull * r[:, _Y] - radial / mu * v[:, _Y]
    by_r, by_v = np.zeros((len(r), 3, 3)), np.zeros((len(r), 3, 3))
    by_r[:, 0, 0], by_r[:, 0, 2], by_v[:, 0, 0], by_v[:, 0, 2] = -v[:, 2], v[:, 0], r[:, 2], -r[:, 0]
    by_r[:, 1] = (r[:, _Y] / distance**3)[:, np.newaxis] * r - (v[:, _Y] / mu)[:, np.newaxis] * v
    by_r[:, 1, _Y] += pull
    by_v[:, 1] = (2.0 * r[:, _Y] / mu)[:, np.newaxis] * v - (v[:, _Y] / mu)[:, np.newaxis] * r
    by_v[:, 1, _Y] -= radial / mu
    by_r[:, 2], by_v[:, 2] = v, r
    # the velocity at rest is v + z x r
    by_r[:, :, 0] += by_v[:, :, 1]
    by_r[:, :, 1] -= by_v[:, :, 0]
    return np.stack([momentum, eccentricity, radial], axis=1), np.concatenate([by_r, by_v], axis=2)
