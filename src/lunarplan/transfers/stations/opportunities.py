"""Departures from a station to a low lunar orbit, revolution after revolution: the cheapest of each, and how long the
way down stays within a given delta-v.

    found = departure_opportunities(station, start, 12, 6.56 * 86_400.0, 43_200.0, most_delta_v_m_s=760.0)
    found.best.delta_v_km_s, found.opens_tdb, found.closes_tdb
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.rows import scalar
from lunarplan.transfers.path import Path
from lunarplan.transfers.stations.low_orbit import LowOrbitTransfers, cheapest_to_low_orbit, to_low_orbit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST_REVOLUTIONS, _PHASES, _HALVINGS = 10_000, 48, 10
_DEAR = 1e3  # km/s: what did not converge is not cheap


@dataclass(frozen=True)
class Opportunities:
    """One row for each revolution, float64[N].

    best : the cheapest transfers
    opens_tdb, closes_tdb : of the departures about the cheapest that keep to the delta-v, NaN where even that does not;
                 to a minute for revolutions of weeks, and no farther than half a revolution from the cheapest
    """

    best: LowOrbitTransfers
    opens_tdb: Floats
    closes_tdb: Floats

    @property
    def open_s(self) -> Floats:
        """For how long."""
        return self.closes_tdb - self.opens_tdb


def departure_opportunities(
    station: Path,
    start: Any,
    revolutions: int,
    revolution_s: float,
    tof_s: float,
    *,
    most_delta_v_m_s: float,
    **options: Any,
) -> Opportunities:
    """Find the cheapest departure of each revolution, and when those begin and end that keep to a delta-v.

    start, revolutions, revolution_s : where the first revolution begins, how many there are and how long one is
    tof_s, options : as of `to_low_orbit`: altitude_km, inclination_deg, flight

    Raises InputError for values out of range, and where the station does not cover them and half a revolution to
    either side.
    """
    if isinstance(revolutions, bool) or not isinstance(revolutions, int | np.integer):
        raise InputError(f"{revolutions!r}", where="revolutions", allowed=f"1 to {_MOST_REVOLUTIONS}, whole")
    count = int(scalar("revolutions", revolutions, 1, _MOST_REVOLUTIONS))
    length = scalar("revolution_s", revolution_s, 600.0, 60 * 86_400.0, "s")
    limit = 1e-3 * scalar("most_delta_v_m_s", most_delta_v_m_s, 0.0, 1e5, "m/s")
    begun = float(tdb_seconds(start)) + length * np.arange(count)
    best = cheapest_to_low_orbit(station, begun, begun + length, tof_s, **options)

    def cost(epochs: Floats) -> Floats:
        both = [to_low_orbit(station, epochs.ravel(), tof_s, northbound=side, **options) for side in (1, -1)]
        least = np.min([np.nan_to_num(b.delta_v_km_s, nan=_DEAR) for b in both], axis=0)
        return np.asarray(least.reshape(epochs.shape))

    within = best.ok & (best.delta_v_km_s <= limit)
    edges = np.full((2, count), np.nan)
    if within.any():
        middle = best.staging_tdb[within]
        for k, sense in enumerate((-1.0, 1.0)):
            edges[k, within] = _edge(cost, middle, sense * 0.5 * length, limit)
    return Opportunities(best, *edges)


def _edge(cost: Any, middle: Floats, reach_s: float, limit: float) -> Floats:
    """Until when, from the middle towards one side, the cost keeps to the limit."""
    steps = np.linspace(0.0, 1.0, _PHASES // 2 + 1) * reach_s
    dear = cost(middle[:, None] + steps) > limit
    dear[:, 0] = False
    last = np.where(dear.any(axis=1), dear.argmax(axis=1), len(steps))
    inside = steps[last - 1]
    outside = steps[np.minimum(last, len(steps) - 1)]
    for _ in range(_HALVINGS):
        half = 0.5 * (inside + outside)
        keeps = cost(middle + half) <= limit
        inside, outside = np.where(keeps, half, inside), np.where(keeps, outside, half)
    return np.asarray(middle + inside)
