"""The fastest and the cheapest way out of a flight: a net of ways from every moment, and the best of them refined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from scipy.optimize import elementwise

from lunarplan.transfers.batches import joined, taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

PROVEN_KM = 1e-2  # asked for: every way, flown again by another integrator, ends within 10 m
_HALVINGS = 8
_DEAR = 1e3  # km/s: what did not converge is not cheap


@dataclass(frozen=True)
class Way:
    """One way for each moment, float64[N] each unless said otherwise; NaN where there is none.

    delta_v_m_s, duration_s : of all burns, and from the first to the entry interface, or to the station
    burn_km_s, arrival_burn_km_s : [N, 3] ICRF; the second at a station, nought on the way home
    speed_km_s, latitude_deg, longitude_deg, inclination_deg : at the entry; NaN on the way to a station
    closure_km : by which the way, flown again by another integrator, misses its end
    """

    delta_v_m_s: Floats
    duration_s: Floats
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
    """Where the ways lead. A way is a moment, an option (a plane, a sense) and a duration.

    options     : how many there are for each moment
    durations_s : float64[N, D], ascending
    """

    @property
    def options(self) -> int: ...

    @property
    def durations_s(self) -> Floats: ...

    def cost(self, row: Rows, option: Rows, later: Floats) -> Floats:
        """Delta-v, km/s; infinite for what is not solved, or meets a body on the way."""
        ...

    def way(self, row: Rows, option: Rows, later: Floats) -> Way:
        """The same ways in full, proven."""
        ...


@dataclass(frozen=True)
class Search:
    """A goal, and the delta-v there is at each moment, km/s, float64[N]."""

    goal: Goal
    limits: Floats

    def best(self) -> tuple[Way, Way, NDArray[np.int64], int]:
        """The fastest and the cheapest; how many of each moment's ways converged, and how many were tried."""
        n, net = len(self.limits), self.goal.durations_s
        shape = n, self.goal.options, net.shape[1]
        row, option, which = (a.ravel() for a in np.indices(shape))
        costs = self.goal.cost(row, option, net[row, which]).reshape(shape)
        converged = np.isfinite(costs).sum(axis=(1, 2))
        costs = np.where(costs <= self.limits[:, None, None], costs, np.inf)
        return self._fastest(costs), self._cheapest(costs), converged, shape[1] * shape[2]

    def _cheapest(self, costs: Floats) -> Way:
        """Of each moment, its duration chosen better than the net has it."""
        option, which, none = _least(costs)
        net, row = self.goal.durations_s, np.arange(len(costs))
        last = net.shape[1] - 1
        duration = net[row, which]
        inner = np.flatnonzero(~none & (which > 0) & (which < last))
        low, high = (net[inner, which[inner] + step] for step in (-1, 1))
        apart = (low < duration[inner]) & (duration[inner] < high)
        inner, low, high = inner[apart], low[apart], high[apart]
        if len(inner):

            def cost(later: Floats, k: Floats) -> Floats:
                rows = k.astype(np.intp)
                return np.minimum(self.goal.cost(rows, option[rows], later), _DEAR)

            sought = elementwise.find_minimum(
                cost, (low, duration[inner], high), args=(inner.astype(float),),
                tolerances={"xatol": 60.0, "fatol": 1e-7}, maxiter=20,
            )  # fmt: skip
            duration[inner] = np.where(np.isfinite(sought.x), sought.x, duration[inner])
        return self._proven(option, duration, net[row, which], none, costs[row, option, which])

    def _fastest(self, costs: Floats) -> Way:
        """Of each moment, as much faster than the net has it as the delta-v allows."""
        net = self.goal.durations_s
        times = np.where(np.isfinite(costs), net[:, None, :], np.inf)
        option, which, none = _least(np.where(times == times.min(axis=(1, 2), keepdims=True), costs, np.inf))
        row = np.arange(len(costs))
        enough = net[row, which].copy()
        too_soon = np.where(which > 0, net[row, np.maximum(which - 1, 0)], 0.5 * enough)
        rows = np.flatnonzero(~none)
        for _ in range(_HALVINGS if len(rows) else 0):
            middle = 0.5 * (too_soon + enough)
            does = self.goal.cost(rows, option[rows], middle[rows]) <= self.limits[rows]
            enough[rows] = np.where(does, middle[rows], enough[rows])
            too_soon[rows] = np.where(does, too_soon[rows], middle[rows])
        return self._proven(option, enough, net[row, which], none, self.limits)

    def _proven(self, option: Rows, later: Floats, of_net: Floats, none: NDArray[np.bool_], most: Floats) -> Way:
        """The ways in durations of their own; in that of the net where those are dearer or cannot be proven."""
        row = np.flatnonzero(~none)
        found = self.goal.way(row, option[row], later[row])
        worse = np.flatnonzero(~(found.closure_km < PROVEN_KM) | ~(found.delta_v_m_s <= 1e3 * most[row] + 1e-6))
        if len(worse):
            again = self.goal.way(row[worse], option[row[worse]], of_net[row[worse]])
            found = joined(found, worse, again)
        good = (found.closure_km < PROVEN_KM) & (found.delta_v_m_s <= 1e3 * self.limits[row] + 1e-6)
        return spread(taken(found, np.flatnonzero(good)), row[good], len(none))


def spread(way: Way, rows: Rows, n: int) -> Way:
    """Ways of some moments among all, NaN at the others."""

    def among(column: Floats) -> Floats:
        whole = np.full((n, *column.shape[1:]), np.nan)
        whole[rows] = column
        return whole

    return Way(*(among(getattr(way, name)) for name in Way.__dataclass_fields__))


def _least(costs: Floats) -> tuple[Rows, Rows, NDArray[np.bool_]]:
    """Option and duration of each moment's least cost, [N, options, D], and the moments that have none."""
    n, _, durations = costs.shape
    if not costs.size:
        zero = np.zeros(n, np.intp)
        return zero, zero, np.ones(n, bool)
    flat = costs.reshape(n, -1)
    best = flat.argmin(axis=1)
    return best // durations, best % durations, ~np.isfinite(flat.min(axis=1))
