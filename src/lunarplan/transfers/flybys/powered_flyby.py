"""Powered lunar flybys: to a distant orbit with a burn at perilune on the way, and home from it.

    out = to_distant_orbit([station], "2022-11-16T08:34:00", flyby_altitude_km=130.0)
    home = from_distant_orbit(station, "2022-12-01T21:54:00", flyby_altitude_km=130.0)

First guesses are pairs of legs that nearly fit at the Moon, out of a net of flight times and flyby planes; the best few
become routes, on which all burns are split for the least delta-v.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.rows import numbers, require_kind, scalar
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.flybys.followed import at_inclination, coasts_are_clear
from lunarplan.transfers.ground_range import SplashdownPlace
from lunarplan.transfers.home.earth_return import ENTRY_ALTITUDE_KM, Returns, earth_returns, return_problem
from lunarplan.transfers.home.splashdown import Splashdowns, splashdown_problem, splashdown_returns
from lunarplan.transfers.path import Path
from lunarplan.transfers.route import Burn, Injection, Interface, OnPath, Point, Route, optimise
from lunarplan.transfers.stations.low_orbit import LowOrbitTransfers, from_low_orbit, to_low_orbit
from lunarplan.transfers.to_moon.direct import direct_transfers, problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_INCLINATIONS_DEG = np.array([8.0, 30.0, 55.0, 80.0, 100.0, 125.0, 150.0, 160.0, 166.0, 172.0])
_MOST_TURN_KM_S = 1.0  # between two legs that are worth trying
_KEPT = 12


class _Leg(NamedTuple):
    """Legs from or to a perilune, float64[N, ...]: its state about the Moon, the variables of the far point."""

    perilune: Floats
    far: Floats
    cost: Floats


def to_distant_orbit(
    stations: Sequence[Path],
    injection: Any,
    *,
    flyby_altitude_km: float = 130.0,
    out_days: Sequence[float] = (4.0, 4.7, 5.4),
    beyond_days: Sequence[float] = (3.0, 4.0, 5.0),
    parking_altitude_km: float = 185.0,
    parking_inclination_deg: float = 28.5,
    tries: int = 4,
    forces: ForceModel | None = None,
) -> Route:
    """Return the cheapest route: injection, burn at perilune, insertion into the orbit of a station.

    stations  : candidates, such as one orbit in several phases; each has ``at(tdb, center)``
    injection : its epoch, which is held
    out_days, beyond_days : flight times before and after the flyby that are tried first
    tries     : how many pairs of legs are made routes of, the most promising first

    Raises InfeasibleError if no pair of legs nearly fits, ConvergenceError if none of those closes.
    """
    if not isinstance(stations, Sequence):
        raise InputError(f"{stations!r:.60}", where="stations", allowed="a list of paths: an orbit in its phases")
    forces = ForceModel() if forces is None else forces
    out = Outward(
        float(tdb_seconds(injection)), flyby_altitude_km, parking_altitude_km, parking_inclination_deg, forces
    )
    pairs = [guess for days in numbers("out_days", out_days, 1).ravel().tolist()
             for guess in out.guesses(stations, days, beyond_days)]  # fmt: skip
    return cheapest(pairs, InEphemeris(forces), (0,), tries)


def from_distant_orbit(
    station: Path,
    departure: Any,
    *,
    flyby_altitude_km: float = 130.0,
    beyond_days: Sequence[float] = (3.0, 4.0, 5.0),
    home_days: Sequence[float] = (4.5, 5.2, 6.0),
    flight_path_deg: float = -6.5,
    entry: Any = None,
    return_inclination_deg: float | None = None,
    splashdown: SplashdownPlace | None = None,
    hold_departure: bool = False,
    tries: int = 4,
    forces: ForceModel | None = None,
) -> Route:
    """Return the cheapest route home: leaving the station, burn at perilune, entry interface of the Earth.

    departure : its epoch, a first guess unless it is held
    entry     : epoch of the entry interface, which is held; chosen, like the inclination of the return, if not given
    splashdown : the place to come down at; the epoch of the entry is then within half a day of one of ``home_days``
    return_inclination_deg : of the return to the Earth's equator, which is held

    Raises as `to_distant_orbit`.
    """
    forces = ForceModel() if forces is None else forces
    start = float(tdb_seconds(departure))
    held = (0,) * hold_departure + (2,) * (entry is not None)
    home = Homeward(station, flyby_altitude_km, flight_path_deg, return_inclination_deg, splashdown, forces)
    pairs: list[Guess] = []
    for days in numbers("beyond_days", beyond_days, 1).ravel().tolist():
        perilune_tdb = start + days * SECONDS_PER_DAY
        given = entry is not None
        backs = [(float(tdb_seconds(entry)) - perilune_tdb) / SECONDS_PER_DAY] if given else home_days
        pairs += home.guesses(start, days, backs)
    found = cheapest(pairs, InEphemeris(forces), held, tries)
    tilt = return_inclination_deg if splashdown is not None else None
    return found if tilt is None else at_inclination(found, tilt, held_epochs=held)


class Guess(NamedTuple):
    """A first guess of a route: what its legs miss one another by at the Moon, km/s; its points; their variables."""

    gap: float
    points: tuple[Point, ...]
    variables: list[Floats]


@dataclass(frozen=True)
class Outward:
    """Ways out that are tried: from a parking orbit at a given injection epoch, by a flyby, to stations."""

    injection_tdb: float
    flyby_altitude_km: float
    parking_altitude_km: float
    parking_inclination_deg: float
    forces: ForceModel

    def guesses(self, stations: Sequence[Path], days: float, beyond_days: Sequence[float]) -> list[Guess]:
        """The most promising pairs of legs; days: from the injection to the flyby."""
        flight, radius = InEphemeris(self.forces), _flyby_radius(self.flyby_altitude_km)
        parking = RADIUS_KM["earth"] + scalar("parking_altitude_km", self.parking_altitude_km, 100.0, 2000.0, "km")
        tilt = np.radians(scalar("parking_inclination_deg", self.parking_inclination_deg, 0.0, 180.0, "deg"))
        circular = float(np.sqrt(flight.gm("earth") / parking))
        axes = equator_of_date(np.array([self.injection_tdb]))[0]
        leave = Injection(parking, float(tilt), axes, circular)
        perilune_tdb = self.injection_tdb + days * SECONDS_PER_DAY
        before = _outward(
            perilune_tdb, days, self.flyby_altitude_km, self.parking_altitude_km, self.parking_inclination_deg,
            self.forces,
        )  # fmt: skip
        found: list[Guess] = []
        for station in stations:
            after = _beyond(station, perilune_tdb, beyond_days, self.flyby_altitude_km, flight)
            points = leave, Burn(radius), OnPath(station, leaving=False)
            found += [Guess(gap, points, guess) for gap, guess in _pairs(before, after, perilune_tdb)]
        return found


@dataclass(frozen=True)
class Homeward:
    """Ways home that are tried: from a station, by a flyby, to the entry interface, or to a place."""

    station: Path
    flyby_altitude_km: float
    flight_path_deg: float
    return_inclination_deg: float | None
    splashdown: SplashdownPlace | None
    forces: ForceModel

    def guesses(self, start: float, days: float, home_days: Sequence[float]) -> list[Guess]:
        """The most promising pairs of legs; start, days: epoch of the departure, and from it to the flyby."""
        flight, radius = InEphemeris(self.forces), _flyby_radius(self.flyby_altitude_km)
        angle = np.radians(scalar("flight_path_deg", self.flight_path_deg, -45.0, 0.0, "deg"))
        tilt = self.return_inclination_deg
        tilt = 40.0 if tilt is None else scalar("return_inclination_deg", tilt, 0.0, 180.0, "deg")
        held = self.return_inclination_deg is not None and self.splashdown is None
        if self.splashdown is not None:
            require_kind("splashdown", self.splashdown, SplashdownPlace, "a SplashdownPlace(...), or None")
        perilune_tdb, found = start + days * SECONDS_PER_DAY, []
        before = _inward(self.station, start, days, self.flyby_altitude_km, flight)
        for back in home_days:
            after = _homeward(before, perilune_tdb, back, tilt, self.flight_path_deg, self.splashdown, self.forces)
            axes = equator_of_date(np.array([perilune_tdb + back * SECONDS_PER_DAY]))[0]
            radius_km = RADIUS_KM["earth"] + ENTRY_ALTITUDE_KM
            interface = Interface(radius_km, float(angle), axes, held_inclination=held, splashdown=self.splashdown)
            points = OnPath(self.station, leaving=True), Burn(radius), interface
            found += [Guess(gap, points, guess) for gap, guess in _pairs(before, after, perilune_tdb)]
        return found


def _flyby_radius(altitude_km: float) -> float:
    return RADIUS_KM["moon"] + scalar("flyby_altitude_km", altitude_km, 10.0, 20_000.0, "km")


def _outward(perilune_tdb: float, days: float, low_km: float, parking_km: float, tilt_deg: float, forces: Any) -> _Leg:
    """Direct transfers to perilunes in all planes of the net."""
    inclination, departure, arrival = _net(_INCLINATIONS_DEG, [1, -1], [1, -1])
    found = direct_transfers(
        problem(
            perilune_tdb, days * SECONDS_PER_DAY, parking_altitude_km=parking_km, parking_inclination_deg=tilt_deg,
            perilune_altitude_km=low_km, lunar_inclination_deg=inclination, northbound_departure=departure,
            northbound_arrival=arrival,
        ),
        forces,
    )  # fmt: skip
    ok = found.ok
    far = np.column_stack([found.solution.x[:, :3], found.injection_tdb])
    return _Leg(found.perilune_states[ok], far[ok], np.zeros(int(ok.sum())))


def _beyond(station: Path, perilune_tdb: float, days: Sequence[float], low_km: float, flight: InEphemeris) -> _Leg:
    later, inclination, plane = _net(np.asarray(days) * SECONDS_PER_DAY, _INCLINATIONS_DEG, [1, -1])
    found = from_low_orbit(
        station, perilune_tdb + later, later, altitude_km=low_km, inclination_deg=inclination, northbound=plane,
        flight=flight,
    )  # fmt: skip
    return _station_leg(found)


def _inward(station: Path, start: float, days: float, low_km: float, flight: InEphemeris) -> _Leg:
    inclination, plane = _net(_INCLINATIONS_DEG, [1, -1])
    found = to_low_orbit(
        station, np.full(len(plane), start), days * SECONDS_PER_DAY, altitude_km=low_km, inclination_deg=inclination,
        northbound=plane, flight=flight,
    )  # fmt: skip
    return _station_leg(found)


def _station_leg(found: LowOrbitTransfers) -> _Leg:
    ok = found.ok
    far = np.column_stack([found.staging_burn_km_s, found.staging_tdb])
    return _Leg(found.perilune_states[ok], far[ok], found.staging_delta_v_km_s[ok])


def _homeward(
    before: _Leg, perilune_tdb: float, days: float, tilt_deg: float, angle_deg: float, place: SplashdownPlace | None,
    forces: ForceModel,
) -> _Leg:  # fmt: skip
    """Returns with a burn at the perilunes of the legs that lead there."""
    if not len(before.far):
        return _Leg(np.empty((0, 6)), np.empty((0, 5)), np.empty(0))
    sides = [1, -1] if place is None else [-1 if place.westwards else 1]
    row, side = _net(np.arange(len(before.far)), sides)
    states, epochs, tof = before.perilune[row.astype(np.intp)], np.full(len(row), perilune_tdb), days * SECONDS_PER_DAY
    found: Returns | Splashdowns
    if place is None:
        found = earth_returns(
            return_problem(
                states, epochs, tof, inclination_deg=tilt_deg, northbound=side, flight_path_deg=angle_deg,
            ),
            forces,
        )  # fmt: skip
        tilts = np.full(len(row), np.radians(tilt_deg))
    else:
        found = splashdown_returns(
            splashdown_problem(
                states, epochs, tof, latitude_deg=place.latitude_deg, longitude_deg=place.longitude_deg,
                range_km=place.range_km, prograde=side, flight_path_deg=angle_deg,
            ),
            forces,
        )  # fmt: skip
        tilts = np.radians(found.inclination_deg)
    ok = found.ok
    far = np.column_stack([found.solution.x[:, 3:6], tilts, found.entry.tdb])
    return _Leg(found.departing_states[ok], far[ok], np.zeros(int(ok.sum())))


def _net(*axes: Any) -> list[Floats]:
    return [a.ravel() for a in np.meshgrid(*(np.asarray(a, float) for a in axes), indexing="ij")]


def _pairs(before: _Leg, after: _Leg, perilune_tdb: float) -> list[tuple[float, list[Floats]]]:
    """Guesses of routes from pairs of legs whose velocities at perilune differ little, the place being that of one."""
    if not (len(before.far) and len(after.far)):
        return []
    turn = np.linalg.norm(before.perilune[:, None, 3:] - after.perilune[None, :, 3:], axis=2)
    apart = np.linalg.norm(before.perilune[:, None, :3] - after.perilune[None, :, :3], axis=2)
    cost = turn + before.cost[:, None] + after.cost[None, :] + apart / RADIUS_KM["moon"]
    best = np.argsort(cost, axis=None)[:_KEPT]
    out = []
    for i, j in zip(*np.unravel_index(best, cost.shape), strict=True):
        if turn[i, j] < _MOST_TURN_KM_S:
            middle = np.concatenate([after.perilune[j, :3], before.perilune[i, 3:], after.perilune[j, 3:]])
            out.append((float(cost[i, j]), [before.far[i], np.append(middle, perilune_tdb), after.far[j]]))
    return out


def cheapest(guesses: Sequence[Guess], flight: InEphemeris, held: tuple[int, ...], tries: int) -> Route:
    """The cheapest of the routes that come of the most promising guesses.

    Raises InfeasibleError if there is none, ConvergenceError if none of them closes.
    """
    if not guesses:
        raise InfeasibleError("no two legs nearly fit at the Moon", where="powered flyby", remedy="try other durations")
    routes = []
    for guess in sorted(guesses, key=lambda g: g.gap)[:tries]:
        try:
            route = optimise(guess.points, guess.variables, flight, held_epochs=held)
        except (ConvergenceError, InputError):  # an epoch may run out of the station's path
            continue
        if coasts_are_clear(route, flight.forces):
            routes.append(route)
    if not routes:
        raise ConvergenceError("no pair of legs closes", where="powered flyby", remedy="try other durations")
    return min(routes, key=lambda r: float(r.delta_v_km_s.sum()))
