"""The fastest and the cheapest way out of a flight: a net of ways from every moment, and the best of them refined."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from scipy.optimize import elementwise

from lunarplan.transfers.batches import joined, taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

PROVEN_KM = 1e-2  # asked for: every way, flown again by another integrator, ends within 10 m
_HALVINGS = 8
_AT_ONCE = 20_000  # ways of a net: their matrices fill memory
_DEAR = 1e3  # km/s: what did not converge is not cheap


@dataclass(frozen=True)
class Way:
    """One way for each moment, float64[N] each unless said otherwise; NaN where there is none.

    delta_v_m_s, duration_s : of all burns, and from the moment to the entry interface, or to the station
    wait_s     : of the duration, until the first burn
    burn_km_s, arrival_burn_km_s : [N, 3] ICRF; the second at a station, nought on the way home
    speed_km_s, latitude_deg, longitude_deg, inclination_deg : at the entry; NaN on the way to a station
    closure_km : by which the way, flown again by another integrator, misses its end
    """

    delta_v_m_s: Floats
    duration_s: Floats
    wait_s: Floats
    burn_km_s: Floats
    arrival_burn_km_s: Floats
    speed_km_s: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    inclination_deg: Floats
    closure_km: Floats

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Moments that have one."""
        return np.isfinite(self.delta_v_m_s)


class Goal(Protocol):
    """Where the ways lead. A way is a moment, an option (a plane, a sense), a duration and the wait in it.

    options     : how many there are for each moment
    durations_s : float64[N, D], ascending
    waits_s     : float64[N, W], ascending from nought; NaN for no more of them
    """

    @property
    def options(self) -> int: ...

    @property
    def durations_s(self) -> Floats: ...

    @property
    def waits_s(self) -> Floats: ...

    def cost(self, row: Rows, option: Rows, later: Floats, wait: Floats) -> Floats:
        """Delta-v, km/s; infinite for what is not solved, or meets a body on the way."""
        ...

    def way(self, row: Rows, option: Rows, later: Floats, wait: Floats) -> Way:
        """The same ways in full, proven."""
        ...


class _Picks(NamedTuple):
    """Of every moment one way of the net, float64 or int64[N]; where there is none, ``none``."""

    option: Rows
    wait: Rows
    which: Rows
    none: NDArray[np.bool_]


@dataclass(frozen=True)
class Search:
    """A goal, and the delta-v there is at each moment, km/s, float64[N]."""

    goal: Goal
    limits: Floats

    def best(self) -> tuple[Way, Way, NDArray[np.int64], NDArray[np.int64]]:
        """The fastest and the cheapest; how many of each moment's ways were tried, and how many converged."""
        net, waits = self.goal.durations_s, self.goal.waits_s
        costs = np.full((len(self.limits), self.goal.options, waits.shape[1], net.shape[1]), np.inf)
        row, option, wait, which = (a.ravel() for a in np.indices(costs.shape))
        real = np.isfinite(waits[row, wait])
        row, option, wait, which = (a[real] for a in (row, option, wait, which))
        for k in range(0, len(row), _AT_ONCE):
            r, o, w, d = (a[k : k + _AT_ONCE] for a in (row, option, wait, which))
            costs[r, o, w, d] = self.goal.cost(r, o, net[r, d], waits[r, w])
        converged = np.isfinite(costs).sum(axis=(1, 2, 3))
        tried = np.bincount(row, minlength=len(costs))
        costs = np.where(costs <= self.limits[:, None, None, None], costs, np.inf)
        return self._fastest(costs), self._cheapest(costs), tried, converged

    def _cheapest(self, costs: Floats) -> Way:
        """Of each moment, its duration, then its wait, chosen better than the net has them."""
        picks, row = _least(costs), np.arange(len(costs))
        net, waits = self.goal.durations_s, self.goal.waits_s
        wait_of_net = waits[row, picks.wait]

        def by_duration(later: Floats, rows: Rows) -> Floats:
            return self.goal.cost(rows, picks.option[rows], later, wait_of_net[rows])

        later = _valleys(by_duration, net, picks.which, ~picks.none)

        def by_wait(wait: Floats, rows: Rows) -> Floats:
            return self.goal.cost(rows, picks.option[rows], later[rows] + wait - wait_of_net[rows], wait)

        wait = _valleys(by_wait, waits, picks.wait, ~picks.none)
        most = np.where(picks.none, np.inf, costs[row, picks.option, picks.wait, picks.which])
        return self._proven(picks, later + wait - wait_of_net, wait, most)

    def _fastest(self, costs: Floats) -> Way:
        """Of each moment, as much faster than the net has it as the delta-v allows."""
        net = self.goal.durations_s
        times = np.where(np.isfinite(costs), net[:, None, None, :], np.inf)
        picks = _least(np.where(times == times.min(axis=(1, 2, 3), keepdims=True), costs, np.inf))
        row = np.arange(len(costs))
        wait = self.goal.waits_s[row, picks.wait]
        enough = net[row, picks.which].copy()
        too_soon = np.where(picks.which > 0, net[row, np.maximum(picks.which - 1, 0)], 0.5 * enough)
        rows = np.flatnonzero(~picks.none)
        for _ in range(_HALVINGS if len(rows) else 0):
            middle = 0.5 * (too_soon + enough)
            does = self.goal.cost(rows, picks.option[rows], middle[rows], wait[rows]) <= self.limits[rows]
            enough[rows] = np.where(does, middle[rows], enough[rows])
            too_soon[rows] = np.where(does, too_soon[rows], middle[rows])
        return self._proven(picks, enough, wait, self.limits)

    def _proven(self, picks: _Picks, later: Floats, wait: Floats, most: Floats) -> Way:
        """The ways in durations of their own; in those of the net where they are dearer or cannot be proven."""
        row = np.flatnonzero(~picks.none)
        found = self.goal.way(row, picks.option[row], later[row], wait[row])
        worse = np.flatnonzero(~(found.closure_km < PROVEN_KM) | ~(found.delta_v_m_s <= 1e3 * most[row] + 1e-6))
        if len(worse):
            k = row[worse]
            of_net = self.goal.durations_s[k, picks.which[k]], self.goal.waits_s[k, picks.wait[k]]
            found = joined(found, worse, self.goal.way(k, picks.option[k], *of_net))
        good = (found.closure_km < PROVEN_KM) & (found.delta_v_m_s <= 1e3 * self.limits[row] + 1e-6)
        return spread(taken(found, np.flatnonzero(good)), row[good], len(later))


def _valleys(cost: Callable[[Floats, Rows], Floats], net: Floats, best: Rows, wanted: NDArray[np.bool_]) -> Floats:
    """Where a cost is least between the neighbours of the best of a net [N, D]; that itself at an end of the net."""
    every, last = np.arange(len(net)), net.shape[1] - 1
    chosen = net[every, best].copy()
    rows = np.flatnonzero(wanted & (best > 0) & (best < last))
    low, high = (net[rows, best[rows] + step] for step in (-1, 1))
    inside = (low < chosen[rows]) & (chosen[rows] < high)
    rows, low, high = rows[inside], low[inside], high[inside]
    if len(rows):
        sought = elementwise.find_minimum(
            lambda x, k: np.minimum(cost(x, k.astype(np.intp)), _DEAR), (low, chosen[rows], high),
            args=(rows.astype(float),), tolerances={"xatol": 60.0, "fatol": 1e-7}, maxiter=20,
        )  # fmt: skip
        chosen[rows] = np.where(np.isfinite(sought.x), sought.x, chosen[rows])
    return chosen


def spread(way: Way, rows: Rows, n: int) -> Way:
    """Ways of some moments among all, NaN at the others."""

    def among(column: Floats) -> Floats:
        whole = np.full((n, *column.shape[1:]), np.nan)
        whole[rows] = column
        return whole

    return Way(*(among(getattr(way, name)) for name in Way.__dataclass_fields__))


def _least(costs: Floats) -> _Picks:
    """Of every moment what costs least, costs being [N, options, waits, durations]."""
    n, none = len(costs), np.ones(len(costs), bool)
    if not costs.size:
        zero = np.zeros(n, np.intp)
        return _Picks(zero, zero, zero, none)
    flat = costs.reshape(n, -1)
    option, wait, which = np.unravel_index(flat.argmin(axis=1), costs.shape[1:])
    return _Picks(option, wait, which, ~np.isfinite(flat.min(axis=1)))
