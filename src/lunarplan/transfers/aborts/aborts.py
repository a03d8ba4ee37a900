"""Aborts: from any moment of a flight, the fastest and the cheapest way home within a given delta-v, or to a station.

    table = aborts(flight, epochs, most_delta_v_m_s=1200.0)
    table.fastest.duration_s, table.cheapest.delta_v_m_s
    aborts(flight, epochs, to=station)

Every moment is tried with a net of durations, and of return planes or first guesses, and the durations of the best are
refined. What the table holds are converged ways, flown again by another integrator to within 10 m of where they lead;
those that would meet the Moon or the Earth on the way are left out. Where the flight itself, nothing done, comes to an
entry interface, the cheapest is to carry on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, check_options, row_inputs
from lunarplan.model.rows import numbers, scalar
from lunarplan.transfers.aborts.flyby import hurried
from lunarplan.transfers.aborts.home import Home
from lunarplan.transfers.aborts.search import PROVEN_KM, Goal, Search, Way, spread
from lunarplan.transfers.aborts.station import Station
from lunarplan.transfers.batches import joined, taken
from lunarplan.transfers.home.earth_return import ENTRY_ALTITUDE_KM
from lunarplan.transfers.home.entry import entries
from lunarplan.transfers.path import Path, states_about_moon

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

MOST_DELTA_V_M_S = 1e5
_DAYS = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0)
_STATION_DAYS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5, 6.0, 7.0, 8.0, 9.0, 10.0)
_PLANES_DEG = (25.0, 35.0, 50.0, 75.0, 105.0)


@dataclass(frozen=True)
class Aborts:
    """Ways from N moments of a flight.

    epochs_tdb : float64[N]
    fastest, cheapest : see `Way`; both within the delta-v that was allowed
    tried, converged : int64[N], ways of each moment
    """

    epochs_tdb: Floats
    fastest: Way
    cheapest: Way
    tried: NDArray[np.int64]
    converged: NDArray[np.int64]

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Moments from which there is a way."""
        return self.cheapest.ok

    def __repr__(self) -> str:
        return f"<Aborts: a way from {int(self.ok.sum())} of {len(self.ok)} moments>"


def aborts(
    flight: Path,
    epochs: Any,
    *,
    to: Path | None = None,
    most_delta_v_m_s: ArrayLike = 1_500.0,
    days: Sequence[float] | None = None,
    inclinations_deg: ArrayLike = _PLANES_DEG,
    flight_path_deg: float = -6.5,
    forces: ForceModel | None = None,
) -> Aborts:
    """Look for ways home, or to a station, from moments of a flight.

    flight : has ``at(tdb, center)``: a Trajectory, a plan's flight; epochs: [N], anything `tdb_seconds` reads
    to     : the station's path; home, if not given
    most_delta_v_m_s : of all burns; one, or one for each moment
    days   : durations tried from every moment; those to the next perigee are tried besides
    inclinations_deg : return planes tried from every moment, both sides of each; that of the flight is tried besides

    Raises InputError for values out of range, and epochs the flight, the station or the ephemeris do not cover.
    """
    forces = ForceModel() if forces is None else forces
    check_options(forces, "moon", 1e-12)
    tdb = np.atleast_1d(np.asarray(tdb_seconds(epochs), float))
    limits = _limits(most_delta_v_m_s, len(tdb))
    spans = SECONDS_PER_DAY * np.unique(_days(_DAYS if to is None else _STATION_DAYS, days))
    states = states_about_moon(flight, tdb, "flight")
    angle = scalar("flight_path_deg", flight_path_deg, -45.0, 0.0, "deg")
    goal: Goal
    if to is None:
        goal = home = Home(tdb, states, _planes(inclinations_deg), spans, angle, 1e-3 * limits, forces)
    else:
        goal = Station(tdb, states, to, spans, forces)
    fastest, cheapest, tried, converged = Search(goal, 1e-3 * limits).best()
    if to is None and (own := _carried_on(flight, home)) is not None:
        cheapest = _joined(cheapest, own, own.ok)
        for way in (own, _hurried(home, own)):
            fastest = _joined(fastest, way, way.duration_s <= _or_never(fastest))
    return Aborts(tdb, fastest, cheapest, tried, converged)


def _limits(most_delta_v_m_s: ArrayLike, n: int) -> Floats:
    limits = numbers("most_delta_v_m_s", most_delta_v_m_s, 1)
    if not ((limits >= 0.0) & (limits <= MOST_DELTA_V_M_S)).all():
        raise InputError("out of range", where="most_delta_v_m_s", allowed=f"0 to {MOST_DELTA_V_M_S:g} m/s")
    if limits.shape not in ((), (1,), (n,)):
        raise InputError(f"shape {limits.shape}", where="most_delta_v_m_s", allowed=f"one, or {n}")
    return np.broadcast_to(limits, n).copy()


def _days(usual: Sequence[float], days: Sequence[float] | None) -> Floats:
    given = numbers("days", usual if days is None else days, 1).ravel()
    if not len(given):
        raise InputError("is empty", where="days")
    if not ((given >= 0.02) & (given <= 30.0)).all():
        raise InputError("out of range", where="days", allowed="0.02 to 30 days")
    return given


def _planes(inclinations_deg: ArrayLike) -> Floats:
    planes = numbers("inclinations_deg", inclinations_deg, 1).ravel()
    if not ((planes >= 0.0) & (planes <= 180.0)).all():
        raise InputError("out of range", where="inclinations_deg", allowed="0 to 180 deg")
    return planes


def _hurried(home: Home, own: Way) -> Way:
    """Of flights that come home by themselves, round the Moon in less time; where that is not ahead, as they are."""
    rows = np.flatnonzero(own.ok)
    if not len(rows):
        return own
    end = float(home.tdb[rows[0]] + own.duration_s[rows[0]])
    found = hurried(home.tdb[rows], home.states[rows], home.limits_km_s[rows], end, home.flight_path_deg, home.forces)
    return own if found is None else spread(found, rows, len(own.ok))


def _or_never(way: Way) -> Floats:
    return np.where(way.ok, way.duration_s, np.inf)


def _joined(way: Way, other: Way, where: NDArray[np.bool_]) -> Way:
    """Ways with those of some moments replaced."""
    rows = np.flatnonzero(where)
    return joined(way, rows, taken(other, rows))


def _carried_on(flight: Path, home: Home) -> Way | None:
    """Nothing done: for moments from which that, flown by another integrator, leads to where the flight enters."""
    end = getattr(flight, "end_tdb", None)
    if end is None or not len(home.tdb):
        return None
    state = np.asarray(flight.at(end, "earth"), float).reshape(1, 6)
    height = float(np.linalg.norm(state[0, :3])) - RADIUS_KM["earth"]
    if not (0.0 < height < 2.0 * ENTRY_ALTITUDE_KM and state[0, :3] @ state[0, 3:] < 0.0):
        return None
    run = Run(home.forces, "moon", 1e-14, 0, True, None, steered=True, continues=True)
    last = np.full(len(home.tdb), float(end))
    there, _, status, *_ = run.batch(home.states, home.tdb, last, row_inputs(len(last), home.forces, None))
    there = there[:, :3] + home.forces.source.position("moon", "earth", last)
    miss = np.where(status == 0, np.linalg.norm(there - state[0, :3], axis=1), np.inf)
    rows = np.flatnonzero(miss < PROVEN_KM)
    entry = entries(state, last[:1])
    pole = equator_of_date(last[:1])[0] @ np.cross(state[0, :3], state[0, 3:])
    inclination = np.degrees(np.arccos(pole[2] / np.linalg.norm(pole)))
    none = np.zeros((len(rows), 3))
    one = np.ones(len(rows))
    own = Way(
        0.0 * one, last[rows] - home.tdb[rows], 0.0 * one, none, none, entry.speed_km_s[0] * one,
        entry.latitude_deg[0] * one, entry.longitude_deg[0] * one, inclination * one, miss[rows],
    )  # fmt: skip
    return spread(own, rows, len(last))
