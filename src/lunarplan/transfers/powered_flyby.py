"""Powered lunar flybys: to a distant orbit with a burn at perilune on the way, and home from it.

    out = to_distant_orbit([station], "2022-11-16T08:34:00", flyby_altitude_km=130.0)
    home = from_distant_orbit(station, "2022-12-01T21:54:00", flyby_altitude_km=130.0)

First guesses are pairs of legs that nearly fit at the Moon, out of a net of flight times and flyby planes; the best few
become routes, on which all burns are split for the least delta-v.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.rows import numbers, scalar
from lunarplan.transfers.direct import direct_transfers, problem
from lunarplan.transfers.earth_return import ENTRY_ALTITUDE_KM, earth_returns, return_problem
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.low_orbit import LowOrbitTransfers, from_low_orbit, to_low_orbit
from lunarplan.transfers.path import Path
from lunarplan.transfers.route import Burn, Injection, Interface, OnPath, Point, Route, optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    _Try = tuple[float, tuple[Point, ...], list[Floats]]

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
    forces, flight, radius = _setting(forces, flyby_altitude_km)
    if not isinstance(stations, Sequence):
        raise InputError(f"{stations!r:.60}", where="stations", allowed="a list of paths: an orbit in its phases")
    start = float(tdb_seconds(injection))
    parking = RADIUS_KM["earth"] + scalar("parking_altitude_km", parking_altitude_km, 100.0, 2000.0, "km")
    tilt = np.radians(scalar("parking_inclination_deg", parking_inclination_deg, 0.0, 180.0, "deg"))
    circular = float(np.sqrt(flight.gm("earth") / parking))
    leave = Injection(parking, float(tilt), equator_of_date(np.array([start]))[0], circular)
    pairs: list[_Try] = []
    for days in numbers("out_days", out_days, 1).ravel().tolist():
        perilune_tdb = start + days * SECONDS_PER_DAY
        before = _outward(perilune_tdb, days, flyby_altitude_km, parking_altitude_km, parking_inclination_deg, forces)
        for station in stations:
            after = _beyond(station, perilune_tdb, beyond_days, flyby_altitude_km, flight)
            points = leave, Burn(radius), OnPath(station, leaving=False)
            pairs += [(gap, points, guess) for gap, guess in _pairs(before, after, perilune_tdb)]
    return _best(pairs, flight, (0,), tries)


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
    hold_departure: bool = False,
    tries: int = 4,
    forces: ForceModel | None = None,
) -> Route:
    """Return the cheapest route home: leaving the station, burn at perilune, entry interface of the Earth.

    departure : its epoch, a first guess unless it is held
    entry     : epoch of the entry interface, which is held; chosen, like the inclination of the return, if not given

    Raises as `to_distant_orbit`.
    """
    forces, flight, radius = _setting(forces, flyby_altitude_km)
    start = float(tdb_seconds(departure))
    angle = np.radians(scalar("flight_path_deg", flight_path_deg, -45.0, 0.0, "deg"))
    held = (0,) * hold_departure + (2,) * (entry is not None)
    tilt = 40.0 if return_inclination_deg is None else scalar("return_inclination_deg", return_inclination_deg, 0, 180)
    pairs: list[_Try] = []
    for days in numbers("beyond_days", beyond_days, 1).ravel().tolist():
        perilune_tdb = start + days * SECONDS_PER_DAY
        before = _inward(station, start, days, flyby_altitude_km, flight)
        backs = home_days if entry is None else [(float(tdb_seconds(entry)) - perilune_tdb) / SECONDS_PER_DAY]
        for back in backs:
            after = _homeward(before, perilune_tdb, back, tilt, flight_path_deg, forces)
            axes = equator_of_date(np.array([perilune_tdb + back * SECONDS_PER_DAY]))[0]
            radius_km, given = RADIUS_KM["earth"] + ENTRY_ALTITUDE_KM, return_inclination_deg is not None
            interface = Interface(radius_km, float(angle), axes, held_inclination=given)
            points = OnPath(station, leaving=True), Burn(radius), interface
            pairs += [(gap, points, guess) for gap, guess in _pairs(before, after, perilune_tdb)]
    return _best(pairs, flight, held, tries)


def _setting(forces: ForceModel | None, flyby_altitude_km: float) -> tuple[ForceModel, InEphemeris, float]:
    forces = ForceModel() if forces is None else forces
    altitude = scalar("flyby_altitude_km", flyby_altitude_km, 10.0, 20_000.0, "km")
    return forces, InEphemeris(forces), RADIUS_KM["moon"] + altitude


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
    before: _Leg, perilune_tdb: float, days: float, tilt_deg: float, angle_deg: float, forces: ForceModel
) -> _Leg:
    """Returns with a burn at the perilunes of the legs that lead there."""
    if not len(before.far):
        return _Leg(np.empty((0, 6)), np.empty((0, 5)), np.empty(0))
    row, plane = _net(np.arange(len(before.far)), [1, -1])
    states = before.perilune[row.astype(np.intp)]
    found = earth_returns(
        return_problem(
            states, np.full(len(row), perilune_tdb), days * SECONDS_PER_DAY, inclination_deg=tilt_deg,
            northbound=plane, flight_path_deg=angle_deg,
        ),
        forces,
    )  # fmt: skip
    ok = found.ok
    far = np.column_stack([found.solution.x[:, 3:6], np.full(len(ok), np.radians(tilt_deg)), found.entry.tdb])
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


def _best(pairs: list[_Try], flight: InEphemeris, held: tuple[int, ...], tries: int) -> Route:
    if not pairs:
        raise InfeasibleError("no two legs nearly fit at the Moon", where="powered flyby", remedy="try other durations")
    routes = []
    for _, points, guess in sorted(pairs, key=lambda t: t[0])[:tries]:
        try:
            routes.append(optimise(points, guess, flight, held_epochs=held))
        except (ConvergenceError, InputError):  # an epoch may run out of the station's path
            continue
    if not routes:
        raise ConvergenceError("no pair of legs closes", where="powered flyby", remedy="try other durations")
    return min(routes, key=lambda r: float(r.delta_v_km_s.sum()))
