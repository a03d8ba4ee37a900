"""Between a staging orbit and a low lunar orbit of a given plane, its node included: one route, with burns in space.

    down = cheapest_to_plane(station, start, end, 43_200.0, inclination_deg=90.0, node_deg=120.0)
    down.delta_v_km_s, down.epochs_tdb

`to_low_orbit` takes the node that costs no turn. Here part of the turn is made on the staging orbit and part at
perilune, as is cheapest; planes no free node leads to, such as the equator's from a halo orbit, are followed from
one that is reached.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation_rate
from lunarplan.model.rows import scalar
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.flight import Flight, InEphemeris, flight_or_default
from lunarplan.transfers.patched_conic import plane_axes
from lunarplan.transfers.path import Path
from lunarplan.transfers.route import OnPath, Route, Side, optimise
from lunarplan.transfers.stations.low_orbit import LowOrbitTransfers, from_low_orbit, lunar_equator, to_low_orbit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_PHASES, _TRIED = 24, 4
_APART, _ALIKE_DEG = 8.0, 30.0  # what makes two first guesses differ: an eighth of the span, or the node
_PLANES_DEG = (20.0, 45.0, 70.0, 90.0, 110.0, 135.0, 160.0)
_STEP_RAD = np.radians(12.0)
_SPEED = 1e-2


@dataclass(frozen=True)
class InLowOrbit:
    """A burn on a circular orbit of the Moon, to leave it or to join it: node, argument, the burn, the epoch.

    radius_km, speed_km_s, inclination_rad : of the orbit
    axes, axes_tdb, turn_rad_s : [3, 3] rotation from ICRF to the equator angles are counted from, its epoch, and how
                 fast it turns about its pole: the node is that of the epoch of the burn
    leaving    : the craft flies in the orbit before, and off after the burn; else the other way round
    held_node  : keeps the node of the guess

    The burn has no part up or down: else the cheapest path would lead through the Moon.
    """

    radius_km: float
    speed_km_s: float
    inclination_rad: float
    axes: Floats
    axes_tdb: float
    turn_rad_s: float
    leaving: bool
    held_node: bool = False

    @property
    def scales(self) -> Floats:
        return np.array([1e-2 * (not self.held_node), 1e-2, _SPEED, _SPEED, _SPEED, 600.0])

    def before(self, x: Floats, flight: Flight) -> Side:
        return self._side(x, -1.0)

    def after(self, x: Floats, flight: Flight) -> Side:
        return self._side(x, 1.0)

    def burn(self, x: Floats) -> tuple[Floats, Floats]:
        return x[2:5], np.eye(3, 6, 2)

    def ties(self, x: Floats) -> tuple[Floats, Floats]:
        state, partials = self._circle(x)
        out, tie = state[:3] / self.radius_km, x[2:5] @ partials[:3] / self.radius_km
        tie[2:5] = out
        return np.array([out @ x[2:5] / _SPEED]), tie[None] / _SPEED

    def _side(self, x: Floats, sign: float) -> Side:
        state, partials = self._circle(x)
        partials[3:, 2:5] = sign * np.eye(3)
        state[3:] += sign * x[2:5]
        return Side("moon", state, partials)

    def _circle(self, x: Floats) -> tuple[Floats, Floats]:
        """State on the orbit, and its partials by all variables."""
        node = x[:1] + self.turn_rad_s * (x[5] - self.axes_tdb)
        state, by = end_state(
            node, x[1:2], np.array([self.speed_km_s]), np.array([self.inclination_rad]),
            radius=np.array([self.radius_km]), axes=self.axes[None],
        )  # fmt: skip
        partials = np.zeros((6, 6))
        partials[:, :2] = by[0, :, :2]
        partials[:, 5] = self.turn_rad_s * by[0, :, 0]
        return state[0], partials


def cheapest_to_plane(
    station: Path,
    start: Any,
    end: Any,
    tof_s: float,
    *,
    altitude_km: float = 100.0,
    inclination_deg: float = 90.0,
    node_deg: float | None = None,
    flight: Flight | None = None,
) -> Route:
    """The cheapest transfer down to a low orbit of a given plane: departure from the station, insertion.

    start, end : of the span in which departures are tried first; the best may leave it a little
    tof_s      : from the departure to the insertion, which is held; 1 h to 10 days
    inclination_deg, node_deg : in mean-Earth axes at the insertion; the node is free if not given. (In the problem of
                 three bodies: in its plane, from axes at rest)

    Raises InfeasibleError if nothing leads near such a plane, ConvergenceError if the way to it breaks off.
    """
    return _Search(station, tof_s, altitude_km, inclination_deg, node_deg, flight, down=True).cheapest(start, end)


def cheapest_from_plane(station: Path, start: Any, end: Any, tof_s: float, **options: Any) -> Route:
    """The cheapest transfer up to a station that is met between two epochs; as `cheapest_to_plane`."""
    known = {"altitude_km", "inclination_deg", "node_deg", "flight"}
    if unknown := sorted(set(options) - known):
        raise InputError(f"{unknown[0]!r}", where="cheapest_from_plane", allowed=", ".join(sorted(known)))
    given = {"altitude_km": 100.0, "inclination_deg": 90.0, "node_deg": None, "flight": None} | options
    return _Search(station, tof_s, **given, down=False).cheapest(start, end)


@dataclass
class _Search:
    station: Path
    tof_s: float
    altitude_km: float
    inclination_deg: float
    node_deg: float | None
    flight: Flight | None
    down: bool

    def cheapest(self, start: Any, end: Any) -> Route:
        self.flight = flight_or_default(self.flight)
        self._check()
        first, last = float(tdb_seconds(start)), float(tdb_seconds(end))
        if not last > first:
            raise InputError("ends before it starts", where="end", allowed="later than start")
        found, trouble, routes = self._free(first, last), None, []
        for row in self._promising(found):
            try:
                routes.append(self._followed(found, row))
            except (ConvergenceError, InputError) as error:
                trouble = error
        if not routes:
            raise trouble or InfeasibleError(
                "no transfer of that duration leads down", where="low orbit", remedy="another tof_s, or span"
            )
        return min(routes, key=lambda r: float(r.delta_v_km_s.sum()))

    def _check(self) -> None:
        scalar("tof_s", self.tof_s, 3_600.0, 10 * 86_400.0, "s")
        scalar("altitude_km", self.altitude_km, 5.0, 20_000.0, "km")
        scalar("inclination_deg", self.inclination_deg, 0.0, 180.0, "deg")
        if self.node_deg is not None:
            scalar("node_deg", self.node_deg, -360.0, 360.0, "deg")

    def _free(self, first: float, last: float) -> LowOrbitTransfers:
        """Transfers to planes of several inclinations, the nodes those that cost no turn."""
        tilts = np.unique([*_PLANES_DEG, np.clip(self.inclination_deg, 0.5, 179.5)])
        epoch, tilt, side = (
            a.ravel() for a in np.meshgrid(np.linspace(first, last, _PHASES), tilts, [1.0, -1.0], indexing="ij")
        )
        solver = to_low_orbit if self.down else from_low_orbit
        return solver(
            self.station, epoch, self.tof_s, altitude_km=self.altitude_km, inclination_deg=tilt, northbound=side,
            flight=self.flight,
        )  # fmt: skip

    def _promising(self, found: LowOrbitTransfers) -> list[int]:
        """Rows that are cheap, what the turn to the plane asked for may cost reckoned in, no two of them alike."""
        cost = np.nan_to_num(found.delta_v_km_s + self._turns(found), nan=np.inf)
        close = (found.staging_tdb.max() - found.staging_tdb.min()) / _APART if len(cost) else 0.0
        chosen: list[int] = []
        for row in np.argsort(cost)[: np.isfinite(cost).sum()].tolist():
            near = [k for k in chosen if abs(found.staging_tdb[k] - found.staging_tdb[row]) < close]
            if not any(abs(found.node_deg[k] - found.node_deg[row]) < _ALIKE_DEG for k in near):
                chosen.append(row)
            if len(chosen) == _TRIED:
                break
        return chosen

    def _turns(self, found: LowOrbitTransfers) -> Floats:
        tilt = np.radians(self.inclination_deg)
        if self.node_deg is None:
            return np.asarray(np.abs(found.inclination_rad - tilt))
        n = len(found.ok)
        here = _normals(np.radians(found.node_deg), found.inclination_rad)
        there = _normals(np.full(n, np.radians(self.node_deg)), np.full(n, tilt))
        return np.asarray(np.arccos(np.clip((here * there).sum(axis=1), -1.0, 1.0)))

    def _followed(self, found: LowOrbitTransfers, row: int) -> Route:
        """The route to the plane asked for, followed from one to a plane that is met without a turn."""
        assert self.flight is not None
        low_epoch = found.perilune_tdb[row]
        circle = np.sqrt(self.flight.gm("moon") / (RADIUS_KM["moon"] + self.altitude_km))
        low = InLowOrbit(
            RADIUS_KM["moon"] + self.altitude_km, float(circle), float(found.inclination_rad[row]),
            lunar_equator(self.flight, np.array([low_epoch]))[0], float(low_epoch), _turn_rad_s(self.flight, low_epoch),
            leaving=not self.down, held_node=self.node_deg is not None,
        )  # fmt: skip
        state = found.perilune_states[row]
        along = state[3:] / np.linalg.norm(state[3:])
        brake = (circle * along - state[3:]) * (1.0 if self.down else -1.0)
        place = np.array([np.radians(found.node_deg[row]), found.solution.x[row, 4], *brake, low_epoch])
        stay = np.array([*found.staging_burn_km_s[row], found.staging_tdb[row]])
        goal = self._goal(place[0])
        turn = max(abs(goal - place[0]), abs(np.radians(self.inclination_deg) - low.inclination_rad))
        route = self._solved(low, place, stay)
        for part in np.linspace(0.0, 1.0, int(turn / _STEP_RAD) + 2)[1:]:
            tilt = found.inclination_rad[row] + part * (np.radians(self.inclination_deg) - found.inclination_rad[row])
            stay, place = self._split(route)
            if self.node_deg is not None:
                place[0] = np.radians(found.node_deg[row]) + part * (goal - np.radians(found.node_deg[row]))
            route = self._solved(replace(low, inclination_rad=float(tilt)), place, stay)
        return route

    def _goal(self, node: float) -> float:
        """The node asked for, by the shorter way."""
        if self.node_deg is None:
            return node
        return float(node + (np.radians(self.node_deg) - node + np.pi) % (2.0 * np.pi) - np.pi)

    def _solved(self, low: InLowOrbit, place: Floats, stay: Floats) -> Route:
        assert self.flight is not None
        far = OnPath(self.station, leaving=self.down)
        points, guess = ((far, low), (stay, place)) if self.down else ((low, far), (place, stay))
        return optimise(points, guess, self.flight, spans=[(0, 1, self.tof_s)])

    def _split(self, route: Route) -> tuple[Floats, Floats]:
        """Variables on the station, and in the low orbit."""
        first, last = (x.copy() for x in route.variables)
        return (first, last) if self.down else (last, first)


def _normals(node: Floats, inclination: Floats) -> Floats:
    out, along = plane_axes(node, inclination, np.zeros_like(node))
    return np.cross(out, along)


def _turn_rad_s(flight: Flight, tdb: float) -> float:
    """How fast the axes nodes are counted in turn about their pole: with the Moon, or not at all."""
    if not isinstance(flight, InEphemeris):
        return 0.0
    return float(rotation_rate("moon_me", np.array([tdb]), flight.forces.source)[0, 2])
