"""Passages through a shadow along given steps of a path: when each step is in shadow, to a millisecond.

The shadow's edge is where a given fraction of the Sun's disc is seen. For that fraction the two discs stand apart by an
angle that depends on their sizes alone, so the clearance, by how much they stand further apart than that, is smooth
through the whole passage; a graze shorter than any sample is found at the bottom of its dip.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.kernels.shadow import overlap
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.sky import angular_radius_rad, apparent_position, separation_rad

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_SAMPLES = np.concatenate([[0.0, 1e-4], np.arange(1, 8) / 8.0, [1.0 - 1e-4, 1.0]])  # of a step; see _with_dips
_CONTACT_S = 1e-3
_RATIOS = np.linspace(0.0, 2.0, 401)


@dataclass(frozen=True)
class Steps:
    """Steps of some paths, each a quintic in s from 0 to 1.

    body   : what casts the shadow, and what the positions are relative to
    row    : int[n], the path a step belongs to
    since  : float64[n], s from the path's beginning to the step's; length: of the step, s
    epochs : float64[n], at the step's beginning
    powers : float64[6, n, 3], km, see `quintics`
    """

    body: str
    ephemeris: Ephemeris
    row: Rows
    since: Floats
    length: Floats
    epochs: Floats
    powers: Floats

    def position(self, which: Rows, s: Floats) -> Floats:
        """float64[m, 3], km, at parts s of some steps."""
        x = s[:, np.newaxis]
        out = self.powers[5, which]
        for power in self.powers[4::-1]:
            out = out * x + power[which]
        return np.asarray(out)

    def tdb(self, which: Rows, s: Floats) -> Floats:
        return np.asarray(self.epochs[which] + s * self.length[which])

    def seconds(self, which: Rows, s: Floats) -> Floats:
        """Since the path's beginning."""
        return np.asarray(self.since[which] + s * self.length[which])


def quintics(length: Floats, start: Floats, end: Floats, pull_start: Floats, pull_end: Floats) -> Floats:
    """Coefficients float64[6, n, 3] of the quintics through states [n, 6] and accelerations [n, 3] at both ends."""
    h = length[:, np.newaxis]
    p0, v0, a0 = start[:, :3], h * start[:, 3:], 0.5 * h**2 * pull_start
    p = end[:, :3] - p0 - v0 - a0
    v = h * end[:, 3:] - v0 - 2.0 * a0
    a = 0.5 * h**2 * pull_end - a0
    return np.stack([p0, v0, a0, 10.0 * p - 4.0 * v + a, -15.0 * p + 7.0 * v - 2.0 * a, 6.0 * p - 3.0 * v + a])


def _clearance(steps: Steps, fraction: float) -> Callable[[Rows, Floats], Floats]:
    """Angle by which the two discs stand further apart than at the shadow's edge; negative in shadow."""
    offsets = _edge(fraction)

    def clearance(which: Rows, s: Floats) -> Floats:
        r = steps.position(which, s)
        to_sun = apparent_position("sun", steps.body, steps.tdb(which, s), steps.ephemeris) - r
        sun = angular_radius_rad("sun", np.linalg.norm(to_sun, axis=1))
        body = angular_radius_rad(steps.body, np.linalg.norm(r, axis=1))
        return np.asarray(separation_rad(to_sun, -r) - body - sun * np.interp(sun / body, _RATIOS, offsets))

    return clearance


@lru_cache(maxsize=8)
def _edge(fraction: float) -> Floats:
    """How far the Sun's centre stands outside a body's limb, in solar radii, where that fraction of it is seen.

    Over the ratios of the Sun's angular radius to the body's, `_RATIOS`: 0 for a straight limb, above 1 for a body too
    small to cover the Sun, which beyond some ratio has no such edge: the offset is then out of reach.
    """
    covered = (1.0 - fraction) * math.pi
    offsets = [_offset(ratio, covered) for ratio in _RATIOS[1:]]
    straight = 2.0 * _offset(1e-3, covered) - _offset(2e-3, covered)  # a circle any larger loses its digits
    return np.array([straight, *offsets])


def _offset(ratio: float, covered: float) -> float:
    body = 1.0 / ratio
    if min(body, 1.0) ** 2 * math.pi < covered:
        return -body - 1.0
    if covered in (0.0, math.pi):
        return 1.0 if covered == 0.0 else -1.0
    low, high = -min(1.0, body), 1.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if overlap(1.0, body, body + middle) >= covered else (low, middle)
    return 0.5 * (low + high)


def shaded(steps: Steps, fraction: float) -> tuple[Rows, Floats, Floats]:
    """Pieces of steps that lie in shadow: the coast they belong to, and when they begin and end."""
    clearance = _clearance(steps, fraction)
    which = np.repeat(np.arange(len(steps.row)), len(_SAMPLES))
    s = np.tile(_SAMPLES, len(steps.row))
    value = clearance(which, s).reshape(-1, len(_SAMPLES))
    s, value = _with_dips(clearance, s.reshape(value.shape), value)
    step, sample = np.nonzero((value[:, :-1] < 0.0) | (value[:, 1:] < 0.0))
    begin, end = s[step, sample], s[step, sample + 1]
    before, after = value[step, sample], value[step, sample + 1]
    contact = _crossing(clearance, step, begin, end, before, after, _CONTACT_S / steps.length[step])
    begin = np.where(before < 0.0, begin, contact)
    end = np.where(after < 0.0, end, contact)
    return steps.row[step], steps.seconds(step, begin), steps.seconds(step, end)


def _with_dips(clearance: Callable[[Rows, Floats], Floats], s: Floats, value: Floats) -> tuple[Floats, Floats]:
    """Put a sample where the path comes nearest to the shadow between the samples, if it may be inside there.

    Samples close to either end of a step show a dip that lies between them and the next ones.
    """
    here, before, after = value[:, 1:-1], value[:, :-2], value[:, 2:]
    fall = np.maximum((before - here) / (s[:, 1:-1] - s[:, :-2]), 0.0) * (s[:, 2:] - s[:, 1:-1])
    rise = np.maximum((after - here) / (s[:, 2:] - s[:, 1:-1]), 0.0) * (s[:, 1:-1] - s[:, :-2])
    hopeful = here < 2.0 * np.maximum(fall, rise)
    step, sample = np.nonzero((here > 0.0) & (here <= before) & (here <= after) & hopeful)
    sample += 1
    lowest = _lowest(clearance, step, *(s[step, sample + k] for k in (-1, 0, 1)))
    s, value = s.copy(), value.copy()
    s[step, sample] = lowest
    value[step, sample] = clearance(step, lowest)
    return s, value


def _lowest(clearance: Callable[[Rows, Floats], Floats], step: Rows, a: Floats, b: Floats, c: Floats) -> Floats:
    """Where the clearance is least between a and c, by golden sections: 1e-6 of the interval."""
    golden = 0.5 * (math.sqrt(5.0) - 1.0)
    left, right = c - golden * (c - a), a + golden * (c - a)
    at_left, at_right = clearance(step, left), clearance(step, right)
    for _ in range(28):
        falls = at_left > at_right
        a, c = np.where(falls, left, a), np.where(falls, c, right)
        kept, at_kept = np.where(falls, right, left), np.where(falls, at_right, at_left)
        new = np.where(falls, a + golden * (c - a), c - golden * (c - a))
        at_new = clearance(step, new)
        left, right = np.where(falls, kept, new), np.where(falls, new, kept)
        at_left, at_right = np.where(falls, at_kept, at_new), np.where(falls, at_new, at_kept)
    return 0.5 * (a + c)


def _crossing(
    clearance: Callable[[Rows, Floats], Floats],
    step: Rows,
    a: Floats,
    b: Floats,
    at_a: Floats,
    at_b: Floats,
    tolerance: Floats,
) -> Floats:
    """Where the clearance is zero between a and b, of different sign; the middle where it is not.

    Source: Dowell and Jarratt (1971), BIT 11, 168, the Illinois method.
    """
    found = 0.5 * (a + b)
    todo = np.flatnonzero((at_a < 0.0) != (at_b < 0.0))
    a, b, at_a, at_b = (v[todo] for v in (a, b, at_a, at_b))
    for _ in range(60):
        if not len(todo):
            break
        x = b - at_b * (b - a) / (at_b - at_a)
        at_x = clearance(step[todo], x)
        near = np.abs(x - b) < tolerance[todo]
        found[todo] = x
        crossed = (at_x < 0.0) != (at_b < 0.0)
        a, at_a = np.where(crossed, b, a), np.where(crossed, at_b, 0.5 * at_a)
        b, at_b = x, at_x
        left = ~near & (at_x != 0.0)
        todo, a, b, at_a, at_b = (v[left] for v in (todo, a, b, at_a, at_b))
    return found
