"""Aborts: from any moment of a flight, the fastest and the cheapest way home within a given delta-v.

    table = aborts(flight, epochs, most_delta_v_m_s=1200.0)
    table.fastest.duration_s, table.cheapest.delta_v_m_s

Every moment is tried with a net of flight times and return planes, and the durations of the best are refined. What the
table holds are converged returns, flown again from the burn to the entry interface; those that would meet the Moon or
the Earth on the way are left out. Where the flight itself ends at an entry interface, the cheapest is to carry on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.optimize import elementwise

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.model.rows import numbers, scalar
from lunarplan.transfers.earth_return import ENTRY_ALTITUDE_KM, Returns, earth_returns, return_problem
from lunarplan.transfers.entry import entries
from lunarplan.transfers.path import Path, states_about_moon

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_DAYS = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0)
_PLANES_DEG = (25.0, 35.0, 50.0, 75.0, 105.0)
_PROVEN_KM = 0.1


@dataclass(frozen=True)
class Way:
    """One way home for each moment, float64[N]; NaN where there is none.

    delta_v_m_s, duration_s : of the burn, and from it to the entry interface
    speed_km_s, latitude_deg, longitude_deg, inclination_deg : at the entry
    closure_km : by which the return, flown again, misses the entry
    """

    delta_v_m_s: Floats
    duration_s: Floats
    speed_km_s: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    inclination_deg: Floats
    closure_km: Floats


@dataclass(frozen=True)
class Aborts:
    """Ways home from N moments of a flight.

    epochs_tdb : float64[N]
    fastest, cheapest : see `Way`; both within the delta-v that was allowed
    tried, converged : int64[N], returns of each moment
    """

    epochs_tdb: Floats
    fastest: Way
    cheapest: Way
    tried: NDArray[np.int64]
    converged: NDArray[np.int64]

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Moments from which there is a way home."""
        return np.isfinite(self.cheapest.delta_v_m_s)

    def __repr__(self) -> str:
        return f"<Aborts: a way home from {int(self.ok.sum())} of {len(self.ok)} moments>"


def aborts(
    flight: Path,
    epochs: Any,
    *,
    most_delta_v_m_s: float = 1_500.0,
    days: Sequence[float] = _DAYS,
    inclinations_deg: ArrayLike = _PLANES_DEG,
    flight_path_deg: float = -6.5,
    forces: ForceModel | None = None,
) -> Aborts:
    """Look for ways home from moments of a flight.

    flight : has ``at(tdb, center)``: a Trajectory, a plan's flight; epochs: [N], anything `tdb_seconds` reads
    days, inclinations_deg : flight times and return planes tried from every moment, both sides of each plane

    Raises InputError for values out of range, and epochs the flight or the ephemeris do not cover.
    """
    forces = ForceModel() if forces is None else forces
    limit = scalar("most_delta_v_m_s", most_delta_v_m_s, 0.0, 1e5, "m/s")
    tdb = np.atleast_1d(np.asarray(tdb_seconds(epochs), float))
    durations, planes = numbers("days", days, 1).ravel(), numbers("inclinations_deg", inclinations_deg, 1).ravel()
    if not (len(durations) and len(planes)):
        raise InputError("is empty", where="days" if not len(durations) else "inclinations_deg")
    states = states_about_moon(flight, tdb, "flight")
    moments = _Moments(tdb, states, flight_path_deg, forces)
    tries = _Tries(*(
        a.ravel()
        for a in np.meshgrid(np.arange(len(tdb)), planes, [1, -1], np.sort(durations) * SECONDS_PER_DAY, indexing="ij")
    ))  # fmt: skip
    found = moments.returns(tries)
    good = (_closure(found, forces) < _PROVEN_KM) & (1e3 * found.delta_v_km_s <= limit)
    shape = len(tdb), 2 * len(planes) * len(durations)
    costs = np.where(good, found.delta_v_km_s, np.inf).reshape(shape)
    times = np.where(good, tries.later, np.inf).reshape(shape)
    soonest = np.where(times == times.min(axis=1, keepdims=True), costs, np.inf)  # of the fastest, the cheapest
    fastest = moments.sooner(tries, soonest, 1e-3 * limit)
    cheapest = _carried_on(flight, tdb, forces, moments.valley(tries, costs))
    return Aborts(tdb, fastest, cheapest, np.full(len(tdb), costs.shape[1]), found.ok.reshape(shape).sum(axis=1))


class _Tries(NamedTuple):
    """Returns that are tried: moment, inclination (deg), side of the plane, duration (s)."""

    row: NDArray[np.intp]
    plane: Floats
    side: Floats
    later: Floats

    def at(self, which: NDArray[np.intp], later: Floats | None = None) -> _Tries:
        """Some of them, in other durations if these are given."""
        return _Tries(
            self.row[which], self.plane[which], self.side[which], self.later[which] if later is None else later
        )


@dataclass(frozen=True)
class _Moments:
    """Where the flight is at each moment, and how it may enter."""

    tdb: Floats
    states: Floats
    flight_path_deg: float
    forces: ForceModel

    def returns(self, tries: _Tries) -> Returns:
        batch = return_problem(
            self.states[tries.row], self.tdb[tries.row], tries.later, inclination_deg=tries.plane,
            northbound=tries.side, flight_path_deg=self.flight_path_deg, forces=self.forces,
        )  # fmt: skip
        return earth_returns(batch, self.forces)

    def valley(self, tries: _Tries, costs: Floats) -> Way:
        """The cheapest try of each moment, its duration chosen better than the net has it."""
        best, none = _least(costs)
        low, middle, high = _around(np.unique(tries.later), tries.later[best])
        rows = np.flatnonzero(~none & (low < middle) & (middle < high))
        duration = tries.later[best].copy()
        if len(rows):

            def cost(later_s: Floats, k: Floats) -> Floats:
                found = self.returns(tries.at(best[k.astype(np.intp)], later_s))
                return np.nan_to_num(found.delta_v_km_s, nan=_DEAR)

            sought = elementwise.find_minimum(
                cost, (low[rows], middle[rows], high[rows]), args=(rows.astype(float),),
                tolerances={"xatol": 60.0, "fatol": 1e-7}, maxiter=20,
            )  # fmt: skip
            duration[rows] = np.where(np.isfinite(sought.x), sought.x, duration[rows])
        return self._way(tries, best, none, duration, costs.ravel()[best] if costs.size else costs.ravel())

    def sooner(self, tries: _Tries, costs: Floats, limit: float) -> Way:
        """The fastest try of each moment, as much faster than the net has it as the delta-v allows."""
        best, none = _least(costs)
        enough = tries.later[best].copy()
        too_soon = _around(np.unique(tries.later), enough)[0]
        too_soon = np.where(too_soon < enough, too_soon, np.maximum(0.5 * enough, _SHORTEST_S))
        rows = np.flatnonzero(~none)
        for _ in range(_HALVINGS if len(rows) else 0):
            middle = 0.5 * (too_soon + enough)
            found = self.returns(tries.at(best[rows], middle[rows]))
            does = found.ok & (found.delta_v_km_s <= limit)
            enough[rows] = np.where(does, middle[rows], enough[rows])
            too_soon[rows] = np.where(does, too_soon[rows], middle[rows])
        return self._way(tries, best, none, enough, np.full(len(best), limit))

    def _way(
        self, tries: _Tries, best: NDArray[np.intp], none: NDArray[np.bool_], duration: Floats, most: Floats
    ) -> Way:
        """The tries in durations of their own, or in that of the net where those are dearer or do not come home."""
        found = self.returns(tries.at(best, duration))
        worse = ~(_closure(found, self.forces) < _PROVEN_KM) | ~(found.delta_v_km_s <= most)
        if worse.any():
            found = self.returns(tries.at(best, np.where(worse, tries.later[best], duration)))
        closure = _closure(found, self.forces)
        columns = (
            1e3 * found.delta_v_km_s, found.problem.tof_s, found.entry.speed_km_s, found.entry.latitude_deg,
            found.entry.longitude_deg, tries.plane[best], closure,
        )  # fmt: skip
        return Way(*(np.where(none, np.nan, np.asarray(c, float)) for c in columns))


def _carried_on(flight: Path, tdb: Floats, forces: ForceModel, cheapest: Way) -> Way:
    """The ways home, nothing done where the flight itself is one: where it ends at an entry interface."""
    end = getattr(flight, "end_tdb", None)
    if end is None or not len(tdb):
        return cheapest
    state = np.asarray(flight.at(end, "earth"), float).reshape(1, 6)
    height = float(np.linalg.norm(state[0, :3])) - RADIUS_KM["earth"]
    if not (0.0 < height < 2.0 * ENTRY_ALTITUDE_KM and state[0, :3] @ state[0, 3:] < 0.0):
        return cheapest
    entry = entries(state, np.array([float(end)]))
    normal = equator_of_date(np.array([float(end)]))[0] @ np.cross(state[0, :3], state[0, 3:])
    inclination = np.degrees(np.arccos(normal[2] / np.linalg.norm(normal)))
    own = (
        0.0, float(end) - tdb, entry.speed_km_s[0], entry.latitude_deg[0], entry.longitude_deg[0], inclination, 0.0,
    )  # fmt: skip
    return Way(*(np.broadcast_to(np.asarray(c, float), tdb.shape).copy() for c in own))


_SHORTEST_S, _HALVINGS = 21_600.0, 8
_DEAR = 1e3  # km/s: what did not converge is not cheap


def _closure(found: Returns, forces: ForceModel) -> Floats:
    """By how far each return, flown again, misses its entry, km; infinite where it fails or meets a body first."""
    rows = np.flatnonzero(found.ok)
    miss = np.full(len(found.ok), np.inf)
    if len(rows):
        p = found.problem.rows(rows)
        again = propagate(found.departing_states[rows], p.departure_tdb, p.entry_tdb, forces=forces, center="moon")
        there = again.states[:, :3] + forces.source.position("moon", "earth", p.entry_tdb)
        distance = np.linalg.norm(there - found.entry.states[rows, :3], axis=1)
        miss[rows] = np.where(again.ok, distance, np.inf)
    return miss


def _around(net: Floats, at: Floats) -> tuple[Floats, Floats, Floats]:
    """Neighbours in a net and what lies between them: the value itself, or the middle, at an end of the net."""
    k = np.searchsorted(net, at)
    low, high = net[np.maximum(k - 1, 0)], net[np.minimum(k + 1, len(net) - 1)]
    return low, np.where((low < at) & (at < high), at, 0.5 * (low + high)), high


def _least(costs: Floats) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Which of the tries, counted through, costs each moment least; and the moments that have none."""
    if not costs.size:
        return np.zeros(len(costs), np.intp), np.ones(len(costs), bool)
    return np.arange(len(costs)) * costs.shape[1] + costs.argmin(axis=1), ~np.isfinite(costs.min(axis=1))
