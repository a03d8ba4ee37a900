"""From one circular orbit to another of another plane and height: by two burns, or by three with an apoapsis far out.

    table = plane_changes(100.0, 100.0, turn_deg=[0.0, 30.0, 90.0])
    table.two_burns_km_s, table.three_burns_km_s
    route = between_low_orbits(from_orbit, to_orbit, "2028-03-01T00:00:00", apoapsis_altitude_km=10_000.0)

`plane_changes` is the two-body optimum, the turn shared among the burns as is cheapest. `between_low_orbits` flies such
a change in the ephemeris: one route, its burns and their epochs chosen together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import elementwise

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.rows import batch_within, require_kind, scalar
from lunarplan.transfers.flight import Flight, flight_or_default
from lunarplan.transfers.patched_conic import plane_axes
from lunarplan.transfers.route import FreeBurn, Point, Route, optimise
from lunarplan.transfers.stations.low_orbit import lunar_equator
from lunarplan.transfers.stations.low_orbit_plane import InLowOrbit

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_ROUNDS = 12


@dataclass(frozen=True)
class PlaneChanges:
    """Changes between circular orbits, float64[N] each.

    two_burns_km_s, three_burns_km_s   : altogether
    two_burns_deg, three_burns_deg     : [N, 2] and [N, 3], what each burn turns the plane by
    two_burns_s, three_burns_s         : from the first burn to the last
    """

    two_burns_km_s: Floats
    three_burns_km_s: Floats
    two_burns_deg: Floats
    three_burns_deg: Floats
    two_burns_s: Floats
    three_burns_s: Floats


def plane_changes(
    from_altitude_km: ArrayLike,
    to_altitude_km: ArrayLike,
    *,
    turn_deg: ArrayLike,
    apoapsis_altitude_km: ArrayLike = 10_000.0,
    body: str = "moon",
) -> PlaneChanges:
    """Solve for the cheapest shares of a turn, of two burns and of three.

    from_altitude_km, to_altitude_km, apoapsis_altitude_km : over the body's radius; the last one of the three-burn way
    turn_deg : between the two planes, 0 to 180
    body     : "moon" or "earth"

    Raises InputError for values out of range, NaN, shapes that do not go together, and an apoapsis below an orbit.
    Source: Vallado (2013), Fundamentals of Astrodynamics and Applications, sec. 6.5, combined changes.
    """
    if body not in RADIUS_KM:
        raise InputError(f"{body!r:.40}", where="body", allowed=", ".join(sorted(RADIUS_KM)))
    low, high, turn, far = batch_within(
        "plane_changes",
        from_altitude_km=(from_altitude_km, 5.0, 1e6, "km"),
        to_altitude_km=(to_altitude_km, 5.0, 1e6, "km"),
        turn_deg=(turn_deg, 0.0, 180.0, "deg"),
        apoapsis_altitude_km=(apoapsis_altitude_km, 5.0, 1e7, "km"),
    )
    if (far < np.maximum(low, high)).any():
        raise InputError("below an orbit", where="apoapsis_altitude_km", allowed="at least the higher of the two")
    radius = RADIUS_KM[body]
    return _shared(radius + low, radius + high, radius + far, np.radians(turn), GM_KM3_S2[body])


def _shared(r1: Floats, r2: Floats, ra: Floats, turn: Floats, gm: float) -> PlaneChanges:
    low, high = np.minimum(r1, r2), np.maximum(r1, r2)  # what is flown the other way costs the same
    direct = [(_circular(low, gm), _apsis(low, high, gm)), (_apsis(high, low, gm), _circular(high, gm))]
    around = [
        (_circular(low, gm), _apsis(low, ra, gm)), (_apsis(ra, low, gm), _apsis(ra, high, gm)),
        (_apsis(high, ra, gm), _circular(high, gm)),
    ]  # fmt: skip
    shares = [_cheapest_shares(burns, turn) for burns in (direct, around)]
    costs = [_cost(burns, own) for burns, own in zip((direct, around), shares, strict=True)]
    degrees = [np.degrees(np.stack(own, axis=1)) for own in shares]
    degrees = [np.where((r1 > r2)[:, None], own[:, ::-1], own) for own in degrees]
    times = _half(r1, r2, gm), _half(r1, ra, gm) + _half(ra, r2, gm)
    return PlaneChanges(costs[0], costs[1], degrees[0], degrees[1], *times)


def _circular(r: Floats, gm: float) -> Floats:
    return np.asarray(np.sqrt(gm / r))


def _apsis(r: Any, other: Any, gm: float) -> Floats:
    """Speed at one apsis of an ellipse."""
    return np.asarray(np.sqrt(2.0 * gm * other / (r * (r + other))))


def _half(r: Floats, other: Floats, gm: float) -> Floats:
    """Half a period."""
    return np.asarray(np.pi * np.sqrt((0.5 * (r + other)) ** 3 / gm))


def _cost(burns: list[tuple[Floats, Floats]], shares: list[Floats]) -> Floats:
    total = sum(
        np.sqrt(np.maximum(a * a + b * b - 2.0 * a * b * np.cos(share), 0.0))
        for (a, b), share in zip(burns, shares, strict=True)
    )
    return np.asarray(total)


def _cheapest_shares(burns: list[tuple[Floats, Floats]], turn: Floats) -> list[Floats]:
    """What each burn turns. The second, the farthest out, begins with all; the others take from it what pays."""
    shares = [np.zeros_like(turn) for _ in burns]
    shares[1] = turn.copy()
    ends = [k for k in range(len(burns)) if k != 1]
    for _ in range(_ROUNDS if len(ends) > 1 else 1):
        for end in ends:
            both = shares[end] + shares[1]
            shares[end] = _taken(burns[end], burns[1], both)
            shares[1] = both - shares[end]
    return shares


def _taken(end: tuple[Floats, Floats], far: tuple[Floats, Floats], turn: Floats) -> Floats:
    """What the burn at an end takes of a turn that it shares with the one far out."""

    def cost(part: Floats, *pair: Floats) -> Floats:
        own = np.abs(part) * pair[4]
        return _cost([pair[:2], pair[2:4]], [own, pair[4] - own])  # type: ignore[list-item]

    all_far = np.zeros_like(turn)
    found = elementwise.find_minimum(cost, (all_far - 0.5, all_far, all_far + 0.5), args=(*end, *far, turn))
    return np.asarray(np.clip(np.abs(np.nan_to_num(found.x)), 0.0, 1.0) * turn)


@dataclass(frozen=True)
class CircularOrbit:
    """A circular orbit of the Moon: altitude over the mean radius, plane in mean-Earth axes at the epoch asked for.

    Raises InputError for values out of range.
    """

    altitude_km: float
    inclination_deg: float
    node_deg: float = 0.0

    def __post_init__(self) -> None:
        scalar("altitude_km", self.altitude_km, 5.0, 20_000.0, "km")
        scalar("inclination_deg", self.inclination_deg, 0.0, 180.0, "deg")
        scalar("node_deg", self.node_deg, -360.0, 360.0, "deg")

    @property
    def radius_km(self) -> float:
        return RADIUS_KM["moon"] + self.altitude_km

    @property
    def normal(self) -> Floats:
        """Of its plane, in the axes it is given in."""
        out, along = plane_axes(np.radians([self.node_deg]), np.radians([self.inclination_deg]), np.zeros(1))
        return np.cross(out[0], along[0])


def between_low_orbits(
    start: CircularOrbit,
    end: CircularOrbit,
    departure: Any,
    *,
    apoapsis_altitude_km: float | None = None,
    flight: Flight | None = None,
) -> Route:
    """Fly from one circular orbit of the Moon to another: departure, a burn on the way, arrival.

    departure : its epoch; places, the other epochs and shares of the turn are chosen for the least delta-v
    apoapsis_altitude_km : where the burn on the way is first guessed; if not given it is guessed as none at all, and
                 the way leads no higher than the higher orbit

    Raises InputError for bad input, ConvergenceError if the coasts do not meet.
    """
    for name, orbit in {"start": start, "end": end}.items():
        require_kind(name, orbit, CircularOrbit, "a CircularOrbit(...)")
    flight = flight_or_default(flight)
    tdb = float(tdb_seconds(departure))
    high = max(start.altitude_km, end.altitude_km)
    near = apoapsis_altitude_km is None
    far = high if near else scalar("apoapsis_altitude_km", apoapsis_altitude_km, high, 5e4, "km")
    seed = _Seed(start, end, far, tdb, flight, lunar_equator(flight, np.array([tdb]))[0])
    points, guess = seed.two() if near else seed.three()
    return optimise(points, guess, flight, held_epochs=(0,))


@dataclass(frozen=True)
class _Seed:
    """The two-body change as a first guess: both planes meet in a line, along which the ellipses lie."""

    start: CircularOrbit
    end: CircularOrbit
    apoapsis_altitude_km: float
    tdb: float
    flight: Flight
    axes: Floats

    def two(self) -> tuple[list[Point], list[Floats]]:
        gm, a, b = self.flight.gm("moon"), self.start.radius_km, self.end.radius_km
        line, normals = self._geometry(self._changes().two_burns_deg[0])
        span = float(_half(np.array(a), np.array(b), gm))
        first = self._circle(self.start, True, line, normals[0], normals[1], float(_apsis(a, b, gm)), self.tdb)
        last = self._circle(
            self.end, False, -line, normals[2], normals[1], float(_apsis(b, a, gm)), self.tdb + span
        )  # fmt: skip
        half = np.array([self.tdb + 0.5 * span])
        off = first[0].after(first[1], self.flight).state
        there = self.flight.arc("moon", off[None], np.array([self.tdb]), half)[0][0]
        return [first[0], FreeBurn(), last[0]], [first[1], np.concatenate([there, there[3:], half]), last[1]]

    def three(self) -> tuple[list[Point], list[Floats]]:
        gm, a, b = self.flight.gm("moon"), self.start.radius_km, self.end.radius_km
        far = RADIUS_KM["moon"] + self.apoapsis_altitude_km
        line, normals = self._geometry(self._changes().three_burns_deg[0])
        out_s, back_s = (float(_half(np.array(r), np.array(far), gm)) for r in (a, b))
        first = self._circle(self.start, True, line, normals[0], normals[1], float(_apsis(a, far, gm)), self.tdb)
        last = self._circle(
            self.end, False, line, normals[3], normals[2], float(_apsis(b, far, gm)), self.tdb + out_s + back_s
        )
        before, after = (float(_apsis(far, r, gm)) * np.cross(n, -line) for r, n in ((a, normals[1]), (b, normals[2])))
        middle = np.concatenate([-far * line @ self.axes, before @ self.axes, after @ self.axes, [self.tdb + out_s]])
        return [first[0], FreeBurn(), last[0]], [first[1], middle, last[1]]

    def _changes(self) -> PlaneChanges:
        turn = np.degrees(np.arccos(np.clip(self.start.normal @ self.end.normal, -1.0, 1.0)))
        return plane_changes(
            self.start.altitude_km, self.end.altitude_km, turn_deg=turn,
            apoapsis_altitude_km=self.apoapsis_altitude_km,
        )  # fmt: skip

    def _geometry(self, shares_deg: Floats) -> tuple[Floats, list[Floats]]:
        """The line both planes hold, and the normals of the planes before, between and after the burns."""
        line = np.cross(self.start.normal, self.end.normal)
        size = float(np.linalg.norm(line))
        if size < 1e-9:  # one and the same plane: its node will do
            line, size = plane_axes(np.radians([self.start.node_deg]), np.zeros(1), np.zeros(1))[0][0], 1.0
        line = line / size
        across = np.cross(line, self.start.normal)
        turned = np.radians(np.concatenate([[0.0], np.cumsum(shares_deg)]))
        return line, [np.cos(angle) * self.start.normal + np.sin(angle) * across for angle in turned]

    def _circle(
        self, orbit: CircularOrbit, leaving: bool, out: Floats, own: Floats, other: Floats, speed: float, tdb: float
    ) -> tuple[InLowOrbit, Floats]:
        """A burn between an orbit and an ellipse, whose planes have normals, at a place outwards from the centre."""
        circle = float(_circular(np.array(orbit.radius_km), self.flight.gm("moon")))
        tilt, node = np.radians(orbit.inclination_deg), np.radians(orbit.node_deg)
        point = InLowOrbit(orbit.radius_km, circle, float(tilt), self.axes, self.tdb, 0.0, leaving, held_node=True)
        to_node, across = (v[0] for v in plane_axes(np.array([node]), np.array([tilt]), np.zeros(1)))
        burn = speed * np.cross(other, out) - circle * np.cross(own, out)
        argument = np.arctan2(out @ across, out @ to_node)
        return point, np.array([node, argument, *((burn if leaving else -burn) @ self.axes), tdb])
