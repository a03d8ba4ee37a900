"""How near and how far orbits go: samples of a batch, and the extremes between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.cr3bp import propagate_cr3bp

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Measure = Callable[[Floats], Floats]

_SAMPLES = 96  # of a flight from mirror to mirror
_REFINEMENTS = 8
_DIPS = 4  # of samples, that may hold the least value


@dataclass(frozen=True)
class Extremes:
    """Of each orbit, float64[N], in units of the distance of the primaries.

    perilune, apolune : least and greatest distance from the smaller primary; perigee : least one from the larger
    x_low, x_high     : range along x; y_amplitude, z_amplitude : greatest |y| and |z|
    """

    perilune: Floats
    apolune: Floats
    perigee: Floats
    x_low: Floats
    x_high: Floats
    y_amplitude: Floats
    z_amplitude: Floats


def extremes(states: Floats, durations: Floats, mu: float) -> Extremes:
    """Extremes of flights that begin at states, float64[N, 6], and last for durations, float64[N]."""
    nodes = sampled(states, durations, _SAMPLES, mu)
    moon, earth = np.array([1.0 - mu, 0.0, 0.0]), np.array([-mu, 0.0, 0.0])

    def least(value: Measure, slope: Measure) -> Floats:
        return _least(nodes, durations / _SAMPLES, value, slope, mu)

    def coordinate(i: int, sign: float) -> Floats:
        return sign * least(lambda s: sign * s[..., i], lambda s: sign * s[..., i + 3])

    def distance(body: Floats, sign: float) -> Floats:
        return sign * least(
            lambda s: sign * np.linalg.norm(s[..., :3] - body, axis=-1),
            lambda s: sign * ((s[..., :3] - body) * s[..., 3:]).sum(axis=-1),
        )

    low, high = ([coordinate(i, sign) for i in range(3)] for sign in (1.0, -1.0))
    return Extremes(
        distance(moon, 1.0), distance(moon, -1.0), distance(earth, 1.0), low[0], high[0],
        np.maximum(-low[1], high[1]), np.maximum(-low[2], high[2]),
    )  # fmt: skip


def sampled(states: Floats, durations: Floats, intervals: int, mu: float) -> Floats:
    """States at equal intervals of each row's flight, float64[intervals + 1, N, 6]."""
    nodes = [states]
    for _ in range(intervals):
        nodes.append(propagate_cr3bp(nodes[-1], durations / intervals, mu=mu).states)
    return np.array(nodes)


def _least(nodes: Floats, interval: Floats, value: Measure, slope: Measure, mu: float) -> Floats:
    """Least value of each row: that of the samples, or where the slope turns next to one of the lowest dips."""
    sampled_values, slopes = value(nodes), slope(nodes)
    least = sampled_values.min(axis=0)
    turns = (slopes[:-1] < 0.0) & (slopes[1:] >= 0.0)
    depth = np.where(turns, np.minimum(sampled_values[:-1], sampled_values[1:]), np.inf)
    for before in np.argsort(depth, axis=0)[:_DIPS]:
        rows = np.flatnonzero(np.isfinite(np.take_along_axis(depth, before[np.newaxis], axis=0)[0]))
        if len(rows):
            found = _turning(nodes[before[rows], rows], interval[rows], slope, mu)
            least[rows] = np.minimum(least[rows], value(found))
    return np.asarray(least)


def _turning(start: Floats, interval: Floats, slope: Measure, mu: float) -> Floats:
    """States where the slope is zero within an interval, by false position (Illinois)."""
    low, high = np.zeros(len(start)), interval.copy()
    f_low, f_high = slope(start), slope(propagate_cr3bp(start, interval, mu=mu).states)
    state = start
    for _ in range(_REFINEMENTS):
        with np.errstate(invalid="ignore", divide="ignore"):
            t = np.where(f_high != f_low, low - f_low * (high - low) / (f_high - f_low), low)
        t = np.clip(np.nan_to_num(t), np.minimum(low, high), np.maximum(low, high))
        state = propagate_cr3bp(start, t, mu=mu).states
        f = slope(state)
        same = np.sign(f) == np.sign(f_low)
        f_high = np.where(same, 0.5 * f_high, f)
        f_low, low, high = np.where(same, f, 0.5 * f_low), np.where(same, t, low), np.where(same, high, t)
    return state
