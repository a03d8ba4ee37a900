"""Two burns from one path to another: leave one at an epoch, meet the other at a later one.

    meet = rendezvous(craft, station, departure, 2.0 * 86_400.0)
    meet.delta_v_km_s

Paths are stations, plans' flights, trajectories; `cheapest_rendezvous` looks over departures and durations, `phasing`
over revolutions to loiter, with the burns and their epochs as cheap as they become.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.rows import batch_within, numbers, scalar
from lunarplan.transfers.batches import taken
from lunarplan.transfers.flight import Flight, flight_or_default
from lunarplan.transfers.path import Path, states_about_moon
from lunarplan.transfers.route import FreeBurn, OnPath, Route, optimise
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.two_burns import TwoBurns

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lunarplan.transfers.targeter import Targeted

    Floats = NDArray[np.float64]

_DEPARTURES, _TRIED = 25, 2  # of a revolution; the most promising of them are made as cheap as they become


@dataclass(frozen=True, repr=False)
class Rendezvous(Solved):
    """Two-burn transfers, float64[N] each unless said otherwise; NaN where not ``ok``.

    departure_tdb, arrival_tdb : epochs of the burns
    departure_states, arrival_states : [N, 6] about the Moon, ICRF, of the paths left and met
    departure_burn_km_s, arrival_burn_km_s : [N, 3], ICRF
    """

    departure_tdb: Floats
    arrival_tdb: Floats
    departure_states: Floats
    arrival_states: Floats
    departure_burn_km_s: Floats
    arrival_burn_km_s: Floats
    solution: Targeted

    def rows(self, rows: NDArray[np.intp]) -> Rendezvous:
        """Return some of the transfers."""
        return taken(self, rows)

    @property
    def delta_v_km_s(self) -> Floats:
        """Of both burns."""
        burns = self.departure_burn_km_s, self.arrival_burn_km_s
        return np.asarray(sum(np.linalg.norm(burn, axis=1) for burn in burns))


def rendezvous(
    craft: Path,
    station: Path,
    departure: Any,
    tof_s: ArrayLike,
    *,
    retrograde: bool = False,
    flight: Flight | None = None,
) -> Rendezvous:
    """Solve transfers that leave one path at given epochs and meet another given times later.

    craft, station : have ``at(tdb, center)``; departure: anything `tdb_seconds` reads
    tof_s          : 10 minutes to 60 days
    retrograde     : the first guess goes round the Moon against the craft's own motion
    flight         : the dynamics, if not those of ``ForceModel()``

    Raises InputError for values out of range, NaN, shapes that do not go together, and epochs a path does not cover.
    """
    flight = flight_or_default(flight)
    start, tof = batch_within(
        "rendezvous",
        departure=(tdb_seconds(departure), -np.inf, np.inf, "s"),
        tof_s=(tof_s, 600.0, 60 * 86_400.0, "s"),
    )
    end = start + tof
    leave, meet = states_about_moon(craft, start, "craft"), states_about_moon(station, end, "station")
    burns = TwoBurns(start, end, leave, meet, flight)
    found = burns.solve(_seed(burns, retrograde))
    return Rendezvous(start, end, leave, meet, found.x[:, :3], found.x[:, 3:], found)


def cheapest_rendezvous(
    craft: Path, station: Path, departures: Any, tofs_s: ArrayLike, *, flight: Flight | None = None
) -> Rendezvous:
    """The cheapest of all departures and durations of a net, both ways round the Moon: one row.

    departures, tofs_s : [K] and [M]; all K times M of them are tried

    Raises InputError as `rendezvous`, and for an empty net. Where nothing converges the row is not ok.
    """
    epochs, spans = (
        np.atleast_1d(np.asarray(a, float)) for a in (tdb_seconds(departures), numbers("tofs_s", tofs_s, 1))
    )
    if not (epochs.size and spans.size):
        raise InputError("is empty", where="departures" if not epochs.size else "tofs_s")
    start, tof = (a.ravel() for a in np.meshgrid(epochs, spans, indexing="ij"))
    best: Rendezvous | None = None
    for retrograde in (False, True):
        found = rendezvous(craft, station, start, tof, retrograde=retrograde, flight=flight)
        cost = np.nan_to_num(found.delta_v_km_s, nan=np.inf)
        one = found.rows(np.array([cost.argmin()]))
        if best is None or not best.ok[0] or (one.ok[0] and one.delta_v_km_s[0] < best.delta_v_km_s[0]):
            best = one
    assert best is not None
    return best


@dataclass(frozen=True)
class Loiter:
    """A rendezvous after a number of revolutions; route: departure, a burn on the way if that helps, arrival."""

    revolutions: float
    route: Route

    @property
    def delta_v_m_s(self) -> float:
        return float(1e3 * self.route.delta_v_km_s.sum())


def phasing(
    craft: Path,
    station: Path,
    start: Any,
    revolution_s: float,
    revolutions: ArrayLike = (0.5, 1.0, 1.5, 2.0, 3.0),
    *,
    flight: Flight | None = None,
) -> list[Loiter]:
    """The cheapest rendezvous for each number of revolutions, departures within one from the start on.

    revolution_s : of the station; revolutions : from the departure to the arrival, held, 0.1 to 20

    Numbers that lead to no rendezvous are left out. Raises InputError as `rendezvous`.
    """
    flight = flight_or_default(flight)
    length = scalar("revolution_s", revolution_s, 600.0, 60 * 86_400.0, "s")
    turns = np.atleast_1d(numbers("revolutions", revolutions, 1)).ravel()
    if not ((turns >= 0.1) & (turns <= 20.0)).all():
        raise InputError("out of range", where="revolutions", allowed="0.1 to 20")
    departures = float(tdb_seconds(start)) + length * np.linspace(0.0, 1.0, _DEPARTURES)
    found = []
    for turn in turns.tolist():
        route = _loitering(craft, station, departures, turn * length, flight)
        if route is not None:
            found.append(Loiter(turn, route))
    return found


def _loitering(craft: Path, station: Path, departures: Floats, tof_s: float, flight: Flight) -> Route | None:
    """The cheapest route of a duration from the most promising departures, with or without a burn on the way."""
    both = [rendezvous(craft, station, departures, tof_s, retrograde=way, flight=flight) for way in (False, True)]
    rows = [(float(f.delta_v_km_s[k]), f, k) for f in both for k in np.flatnonzero(f.ok)]
    best: Route | None = None
    for _, f, k in sorted(rows, key=lambda row: row[0])[:_TRIED]:
        leave = np.append(f.departure_burn_km_s[k], f.departure_tdb[k])
        meet = np.append(f.arrival_burn_km_s[k], f.arrival_tdb[k])
        ends = OnPath(craft, leaving=True), OnPath(station, leaving=False)
        with suppress(ConvergenceError, InputError):  # an epoch may run out of a path
            best = _cheaper(best, optimise(ends, [leave, meet], flight, spans=[(0, 1, tof_s)]))
    if best is not None:
        with suppress(ConvergenceError, InputError):
            best = _cheaper(best, _with_a_burn_between(best, tof_s))
    return best


def _cheaper(best: Route | None, other: Route) -> Route:
    return other if best is None or other.delta_v_km_s.sum() < best.delta_v_km_s.sum() else best


def _with_a_burn_between(route: Route, tof_s: float) -> Route:
    """The route with a third burn, begun as none at all half-way."""
    (leave, meet), side = route.points, route.side(0)
    middle = route.epochs_tdb[:1] + 0.5 * tof_s
    there = route.flight.arc("moon", side.state[None], route.epochs_tdb[:1], middle)[0][0]
    between = np.concatenate([there, there[3:], middle])
    guess = [route.variables[0], between, route.variables[1]]
    return optimise((leave, FreeBurn(), meet), guess, route.flight, spans=[(0, 2, tof_s)])


def _seed(burns: TwoBurns, retrograde: bool) -> Floats:
    """A conic about the Moon, or no burns at all: whichever misses less."""
    conic = burns.conic(np.arange(len(burns.start)), "moon", retrograde=retrograde)
    by_conic, by_itself = (_missed(burns, x) for x in (conic, np.zeros_like(conic)))
    return np.where((by_conic < by_itself)[:, None], conic, 0.0)


def _missed(burns: TwoBurns, x: Floats) -> Floats:
    """How far apart the arcs are half-way, infinite where one cannot be flown."""
    gap = burns.evaluate(x, np.arange(len(x)))[0][:, :3]
    return np.asarray(np.nan_to_num(np.linalg.norm(gap, axis=1), nan=np.inf))
