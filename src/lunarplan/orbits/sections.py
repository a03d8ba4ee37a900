"""Poincare sections: where flights of a batch cross a plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.model.rows import full_rows, scalar

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_ITEMS = {"x": 0, "y": 1, "z": 2}
_INTERVAL = 0.02  # looked at this often; twice across between two looks is not seen
_REFINEMENTS = 30
_EXACT = 1e-15


@dataclass(frozen=True)
class Section:
    """Crossings, in the order of the rows and in each row in the order of time.

    rows   : int64[M], whose crossing it is
    times  : float64[M], since the start of the row
    states : float64[M, 6]
    """

    rows: NDArray[np.int64]
    times: Floats
    states: Floats

    def of_row(self, row: int) -> Section:
        """Crossings of one row."""
        mine = self.rows == row
        return Section(self.rows[mine], self.times[mine], self.states[mine])

    def nth(self, n: int, rows: int) -> tuple[Floats, Floats]:
        """Times, float64[rows], and states, float64[rows, 6], of the n-th crossing of every row, counted from 0.

        NaN where a row crosses less often.
        """
        times, states = np.full(rows, np.nan), np.full((rows, 6), np.nan)
        first = np.searchsorted(self.rows, np.arange(rows))
        last = np.searchsorted(self.rows, np.arange(rows), side="right")
        has = np.flatnonzero(last - first > n)
        times[has], states[has] = self.times[first[has] + n], self.states[first[has] + n]
        return times, states


def poincare_section(
    states: ArrayLike,
    duration: float,
    *,
    mu: float,
    plane: str = "y",
    value: float = 0.0,
    direction: int = 0,
) -> Section:
    """Where flights cross the plane ``coordinate = value``; starts that lie on it do not count.

    states    : float64[N, 6]; duration: flown for, backwards if negative
    plane     : the coordinate that is constant on it: "x", "y" or "z"
    direction : 1 where it grows with time, -1 where it falls, 0 both

    Crossings nearer together than 0.02 may be missed. A flight that meets a body has crossings as far as it went.

    Raises InputError for a plane or direction of another name, or a duration that is not finite.
    """
    if plane not in _ITEMS:
        raise InputError(f"{plane!r}", where="plane", allowed='"x", "y", "z"')
    if direction not in (-1, 0, 1):
        raise InputError(f"{direction!r}", where="direction", allowed="1, -1, or 0 for both")
    scalar("duration", duration, -1e6, 1e6)
    scalar("value", value, -1e6, 1e6)
    (start,), _ = full_rows(states=(states, 6))
    item = _ITEMS[plane]
    intervals = max(int(np.ceil(abs(duration) / _INTERVAL)), 1)
    step = duration / intervals
    found = []
    here, rows = start, np.arange(len(start))
    for i in range(intervals):
        there = propagate_cr3bp(here, step, mu=mu).states
        before, after = here[:, item] - value, there[:, item] - value
        across = np.sign(after - before) * np.sign(step)
        crosses = (before * after < 0.0) | ((after == 0.0) & (before != 0.0))
        mine = np.flatnonzero(crosses & ((across == direction) | (direction == 0)))
        if len(mine):
            times, at = _crossing(here[mine], step, item, value, mu)
            found.append((rows[mine], i * step + times, at))
        alive = np.isfinite(there).all(axis=1)
        here, rows = there[alive], rows[alive]
    return _sorted(found)


def _crossing(start: Floats, step: float, item: int, value: float, mu: float) -> tuple[Floats, Floats]:
    """Times and states where the coordinate is met within a step: Newton, kept inside a shrinking bracket."""
    low, high = np.zeros(len(start)), np.full(len(start), step)
    sign = np.sign(start[:, item] - value)
    t = 0.5 * high
    state = start
    for _ in range(_REFINEMENTS):
        state = propagate_cr3bp(start, t, mu=mu).states
        off = state[:, item] - value
        if (np.abs(off) <= _EXACT).all():
            break
        early = np.sign(off) == sign
        low, high = np.where(early, t, low), np.where(early, high, t)
        with np.errstate(divide="ignore", invalid="ignore"):
            newton = t - off / state[:, item + 3]
        inside = (newton - low) * (newton - high) <= 0.0
        t_new = np.where(inside, newton, 0.5 * (low + high))
        if (t_new == t).all():
            break
        t = t_new
    return t, state


def _sorted(found: list[tuple[NDArray[np.int64], Floats, Floats]]) -> Section:
    if not found:
        return Section(np.empty(0, np.int64), np.empty(0), np.empty((0, 6)))
    rows, times, states = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.lexsort((np.abs(times), rows))
    return Section(rows[order].astype(np.int64), times[order], states[order])
