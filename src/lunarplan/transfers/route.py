"""Routes: a chain of burns joined by coasts, with all burns, places and epochs chosen for the least delta-v.

    route = optimise([Injection(...), Burn(...), Rendezvous(station)], guess, flight)

Each coast is flown from both ends and made to meet between them. Newton's method closes the gaps, which takes as many
variables as there are equations; over the rest the burns are minimised, with the exact gradient.

Source: Abadie and Carpentier (1969), generalised reduced gradient method, in Optimization (ed. Fletcher), ch. 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from scipy.linalg import qr
from scipy.optimize import minimize

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.transfers.ends import end_state

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.flight import Flight
    from lunarplan.transfers.low_orbit import Path

    Floats = NDArray[np.float64]

_ANGLE, _SPEED, _EPOCH, _LENGTH = 1e-2, 1e-2, 600.0, 100.0
_ROUND_KM_S = 1e-7  # 0.1 mm/s: the length of a burn is rounded off there, to have a derivative
_GAP_SCALE = np.array([100.0] * 3 + [1e-3] * 3)
_GAP = np.array([1e-5] * 3 + [1e-9] * 3)  # km, km/s: when two arcs meet


class Side(NamedTuple):
    """One end of a coast: centre, state float64[6], its partials by the point's variables [6, n], the epoch's last."""

    center: str
    state: Floats
    partials: Floats


class Point(Protocol):
    """A burn, and what is free about it; the last variable is always its epoch, TDB s."""

    scales: Floats

    def before(self, x: Floats, flight: Flight) -> Side:
        """Where the coast before it ends."""
        ...

    def after(self, x: Floats, flight: Flight) -> Side:
        """Where the coast after it starts."""
        ...

    def burn(self, x: Floats) -> tuple[Floats, Floats]:
        """The burn, km/s, float64[3], and its partials [3, n]."""
        ...

    def ties(self, x: Floats) -> tuple[Floats, Floats]:
        """What else must be nought, float64[k], and its partials [k, n]; in units of 100 km."""
        ...


def _no_ties(n: int) -> tuple[Floats, Floats]:
    return np.empty(0), np.empty((0, n))


@dataclass(frozen=True)
class Injection:
    """Leaving a circular parking orbit tangentially: node, argument, speed, epoch.

    radius_km, inclination_rad, axes : of the parking orbit, and [3, 3] rotation from ICRF to the equator of date
    parked_speed_km_s : before the burn; of an ellipse, at its perigee
    counted           : whether its delta-v is part of what is made least
    """

    radius_km: float
    inclination_rad: float
    axes: Floats
    parked_speed_km_s: float
    counted: bool = True
    scales = np.array([_ANGLE, _ANGLE, _SPEED, _EPOCH])

    def before(self, x: Floats, flight: Flight) -> Side:
        raise TypeError("nothing comes before an injection")

    def after(self, x: Floats, flight: Flight) -> Side:
        state, partials = end_state(
            x[:1], x[1:2], x[2:3], np.array([self.inclination_rad]), radius=np.array([self.radius_km]),
            axes=self.axes[None],
        )  # fmt: skip
        return Side("earth", state[0], np.column_stack([partials[0, :, :3], np.zeros(6)]))

    def burn(self, x: Floats) -> tuple[Floats, Floats]:
        along = np.array([x[2] - self.parked_speed_km_s, 0.0, 0.0]) * self.counted
        return along, np.outer([float(self.counted), 0.0, 0.0], [0.0, 0.0, 1.0, 0.0])

    def ties(self, x: Floats) -> tuple[Floats, Floats]:
        return _no_ties(4)


@dataclass(frozen=True)
class Burn:
    """A burn at a given distance of the Moon's centre: place, velocities before and after, epoch."""

    radius_km: float
    scales = np.array([_LENGTH] * 3 + [_SPEED] * 6 + [_EPOCH])

    def before(self, x: Floats, flight: Flight) -> Side:
        return Side("moon", x[:6], np.eye(6, 10))

    def after(self, x: Floats, flight: Flight) -> Side:
        partials = np.zeros((6, 10))
        partials[:3, :3] = partials[3:, 6:9] = np.eye(3)
        return Side("moon", np.concatenate([x[:3], x[6:9]]), partials)

    def burn(self, x: Floats) -> tuple[Floats, Floats]:
        partials = np.zeros((3, 10))
        partials[:, 3:6], partials[:, 6:9] = -np.eye(3), np.eye(3)
        return x[6:9] - x[3:6], partials

    def ties(self, x: Floats) -> tuple[Floats, Floats]:
        r = np.linalg.norm(x[:3])
        partials = np.zeros((1, 10))
        partials[0, :3] = x[:3] / r / _LENGTH
        return np.array([(r - self.radius_km) / _LENGTH]), partials


@dataclass(frozen=True)
class OnPath:
    """A burn on the path of a station, to leave it or to join it: the burn, the epoch.

    leaving : the craft flies with the station before, and off after the burn; else the other way round
    """

    path: Path
    leaving: bool
    scales = np.array([_SPEED] * 3 + [_EPOCH])

    def before(self, x: Floats, flight: Flight) -> Side:
        return self._side(x, flight, -1.0)

    def after(self, x: Floats, flight: Flight) -> Side:
        return self._side(x, flight, 1.0)

    def _side(self, x: Floats, flight: Flight, sign: float) -> Side:
        epoch = x[3:4]
        state = np.asarray(self.path.at(epoch, "moon"), float).reshape(1, 6)
        partials = np.zeros((6, 4))
        partials[3:, :3] = sign * np.eye(3)
        partials[:, 3] = flight.rate("moon", state, epoch)[0]
        moved = state[0].copy()
        moved[3:] += sign * x[:3]
        return Side("moon", moved, partials)

    def burn(self, x: Floats) -> tuple[Floats, Floats]:
        return x[:3], np.eye(3, 4)

    def ties(self, x: Floats) -> tuple[Floats, Floats]:
        return _no_ties(4)


@dataclass(frozen=True)
class Interface:
    """Meeting the entry interface of the Earth: node, argument, speed, inclination, epoch; no burn.

    radius_km, flight_path_rad, axes : as of `return_problem`
    """

    radius_km: float
    flight_path_rad: float
    axes: Floats
    scales = np.array([_ANGLE, _ANGLE, _SPEED, _ANGLE, _EPOCH])

    def before(self, x: Floats, flight: Flight) -> Side:
        state, partials = end_state(
            x[:1], x[1:2], x[2:3], x[3:4], radius=np.array([self.radius_km]), axes=self.axes[None],
            flight_path=np.array([self.flight_path_rad]),
        )  # fmt: skip
        return Side("earth", state[0], np.column_stack([partials[0], np.zeros(6)]))

    def after(self, x: Floats, flight: Flight) -> Side:
        raise TypeError("nothing comes after the entry")

    def burn(self, x: Floats) -> tuple[Floats, Floats]:
        return np.zeros(3), np.zeros((3, 5))

    def ties(self, x: Floats) -> tuple[Floats, Floats]:
        return _no_ties(5)


@dataclass(frozen=True)
class Route:
    """An optimal route: for each of its points the variables, the epoch and the burn.

    gaps : float64[coasts, 6], km and km/s, by which arcs miss one another where they meet
    """

    points: tuple[Point, ...]
    variables: tuple[Floats, ...]
    gaps: Floats
    iterations: int
    flight: Flight

    @property
    def epochs_tdb(self) -> Floats:
        return np.array([x[-1] for x in self.variables])

    @property
    def burns_km_s(self) -> Floats:
        """float64[points, 3]; the length of a tangential injection stands in the first component."""
        return np.array([p.burn(x)[0] for p, x in zip(self.points, self.variables, strict=True)])

    @property
    def delta_v_km_s(self) -> Floats:
        """Of each burn, float64[points]."""
        return np.asarray(np.linalg.norm(self.burns_km_s, axis=1))

    def side(self, point: int, *, before: bool = False) -> Side:
        """State after (or before) a burn."""
        at, x = self.points[point], self.variables[point]
        return at.before(x, self.flight) if before else at.after(x, self.flight)


def optimise(
    points: Sequence[Point],
    guess: Sequence[Floats],
    flight: Flight,
    *,
    held_epochs: Sequence[int] = (),
    max_rounds: int = 12,
) -> Route:
    """Make the sum of all burns least.

    points : from first to last; between each two lies a coast
    guess  : the variables of each point, near enough for Newton's method to make the coasts meet
    held_epochs : points whose epoch stays what it is in the guess

    Raises ConvergenceError if the coasts cannot be made to meet.
    """
    chain = _Chain(tuple(points), flight, [np.asarray(x, float) for x in guess], held_epochs)
    z = chain.closed(np.zeros(chain.size))
    iterations = 0
    for _ in range(max_rounds):
        valley = _Valley(chain, z)
        found = minimize(
            valley.cost, np.zeros(len(valley.free)), jac=True, method="L-BFGS-B",
            bounds=[(-_FARTHEST, _FARTHEST)] * len(valley.free), options={"maxiter": 60, "ftol": 1e-11, "gtol": 1e-6},
        )  # fmt: skip
        iterations += int(found.nit)
        gained = chain.cost(z)[0] - chain.cost(valley.best)[0]
        z = valley.best
        if gained < _WORTH:
            break
    gaps = chain.equations(z)[0][: 6 * (len(points) - 1)].reshape(-1, 6) * _GAP_SCALE
    return Route(chain.points, tuple(chain.split(z)), gaps, iterations, flight)


_FARTHEST = 8.0  # scales a variable moves before the others are chosen afresh
_WORTH = 1e-5  # mm/s


class _Chain:
    """The equations: variables are changes from the guess, in their scales."""

    def __init__(
        self, points: tuple[Point, ...], flight: Flight, guess: list[Floats], held_epochs: Sequence[int]
    ) -> None:
        self.points, self.flight, self.guess = points, flight, guess
        self.edges = np.cumsum([0, *(len(x) for x in guess)])
        self.size = int(self.edges[-1])
        scales = np.concatenate([p.scales for p in points])
        for k in held_epochs:
            scales[self.edges[k + 1] - 1] = 0.0
        self.scales = scales
        self._last: tuple[bytes, tuple[Floats, Floats]] | None = None

    def split(self, z: Floats) -> list[Floats]:
        x = np.concatenate(self.guess) + z * self.scales
        return [x[a:b] for a, b in zip(self.edges[:-1], self.edges[1:], strict=True)]

    def cost(self, z: Floats) -> tuple[float, Floats]:
        """Sum of the burns, in units of 100 m/s, and its gradient."""
        total, gradient = 0.0, np.zeros(self.size)
        for k, (point, x) in enumerate(zip(self.points, self.split(z), strict=True)):
            burn, partials = point.burn(x)
            length = float(np.sqrt(burn @ burn + _ROUND_KM_S**2))
            total += length
            gradient[self.edges[k] : self.edges[k + 1]] = burn @ partials / length
        return 10.0 * total, 10.0 * gradient * self.scales

    def closed(self, z: Floats) -> Floats:
        """The nearest variables for which the coasts meet, by damped least-norm steps."""
        f, jacobian = self.equations(z)
        for _ in range(_NEWTON_STEPS):
            if self._met(f):
                return z
            step = -np.linalg.lstsq(jacobian, f, rcond=None)[0]
            z, f, jacobian = self._better(z, step * min(1.0, _LONGEST / np.abs(step).max()), f)
        raise ConvergenceError(
            f"the coasts miss one another by {np.abs(f).max() * _LENGTH:.3g} km", where="route",
            remedy="start from a guess whose coasts nearly meet",
        )  # fmt: skip

    def _better(self, z: Floats, step: Floats, f: Floats) -> tuple[Floats, Floats, Floats]:
        """A step, halved until it helps."""
        for halves in range(12):
            trial = z + step * 0.5**halves
            g, jacobian = self.equations(trial)
            if np.linalg.norm(g) < np.linalg.norm(f):
                return trial, g, jacobian
        raise ConvergenceError("no step brings the coasts nearer to one another", where="route")

    def _met(self, f: Floats) -> bool:
        coasts = 6 * (len(self.points) - 1)
        gaps = np.abs(f[:coasts].reshape(-1, 6) * _GAP_SCALE)
        return bool((gaps < _GAP).all() and (np.abs(f[coasts:]) < _GAP[0] / _LENGTH).all())

    def equations(self, z: Floats) -> tuple[Floats, Floats]:
        """Gaps of all coasts and what the points tie, in their scales; and the partials."""
        key = z.tobytes()
        if self._last is None or self._last[0] != key:
            x = self.split(z)
            gaps, ties = self._gaps(x), self._ties(x)
            by = np.concatenate([gaps[1], ties[1]]) * self.scales
            self._last = key, (np.concatenate([gaps[0], ties[0]]), by)
        return self._last[1]

    def _ties(self, x: list[Floats]) -> tuple[Floats, Floats]:
        values, blocks = [], []
        for k, (point, own) in enumerate(zip(self.points, x, strict=True)):
            value, partials = point.ties(own)
            block = np.zeros((len(value), self.size))
            block[:, self.edges[k] : self.edges[k + 1]] = partials
            values.append(value)
            blocks.append(block)
        return np.concatenate(values), np.concatenate(blocks)

    def _gaps(self, x: list[Floats]) -> tuple[Floats, Floats]:
        n = len(self.points) - 1
        gaps, by = np.empty((n, 6)), np.zeros((n, 6, self.size))
        for k in range(n):
            start, end = self.points[k].after(x[k], self.flight), self.points[k + 1].before(x[k + 1], self.flight)
            meet = np.array([0.5 * (x[k][-1] + x[k + 1][-1])])
            there, there_by, there_rate = self._arc(start, x[k][-1:], meet)
            here, here_by, here_rate = self._arc(end, x[k + 1][-1:], meet)
            gaps[k] = there - here
            drift = 0.5 * (there_rate - here_rate)  # where they meet moves with both epochs
            a, b, c = self.edges[k : k + 3]
            by[k, :, a:b], by[k, :, b:c] = there_by, -here_by
            by[k, :, b - 1] += drift
            by[k, :, c - 1] += drift
        return (gaps / _GAP_SCALE).ravel(), (by / _GAP_SCALE[:, None]).reshape(6 * n, self.size)

    def _arc(self, side: Side, start: Floats, meet: Floats) -> tuple[Floats, Floats, Floats]:
        """State where arcs meet, about the Earth, its partials by the point's variables, and its rate there."""
        state = side.state[None]
        final, stm = self.flight.arc(side.center, state, start, meet)
        by = stm[0] @ side.partials
        by[:, -1] -= stm[0] @ self.flight.rate(side.center, state, start)[0]
        rate = self.flight.rate(side.center, final, meet)[0]
        if side.center == "moon":
            final, rate = final + self.flight.moon(meet), rate + self._moon_rate(meet)
        return final[0], by, rate

    def _moon_rate(self, tdb: Floats) -> Floats:
        ahead, behind = self.flight.moon(tdb + 1.0)[0], self.flight.moon(tdb - 1.0)[0]
        return np.asarray(0.5 * (ahead - behind))


_NEWTON_STEPS, _LONGEST = 60, 30.0


class _Valley:
    """The cost over as many variables as the equations leave free; the others follow."""

    def __init__(self, chain: _Chain, z: Floats) -> None:
        self.chain, self.start, self.best = chain, z, z
        _, jacobian = chain.equations(z)
        order = qr(jacobian, mode="r", pivoting=True)[1]
        usable = order[chain.scales[order] > 0.0]
        self.bound, self.free = np.sort(usable[: len(jacobian)]), np.sort(usable[len(jacobian) :])
        self.z = z

    def cost(self, y: Floats) -> tuple[float, Floats]:
        """Cost and gradient where the free variables have moved by y; beyond where the coasts meet, a wall."""
        try:
            z = self._followed(y)
        except (ConvergenceError, InputError):
            return _WALL, np.zeros_like(y)
        value, gradient = self.chain.cost(z)
        if value < self.chain.cost(self.best)[0]:
            self.best = z
        self.z = z
        jacobian = self.chain.equations(z)[1]
        multipliers = np.linalg.solve(jacobian[:, self.bound].T, gradient[self.bound])
        return value, gradient[self.free] - jacobian[:, self.free].T @ multipliers

    def _followed(self, y: Floats) -> Floats:
        z = self.z.copy()
        z[self.free] = self.start[self.free] + y
        moved = z[self.free] - self.z[self.free]
        z[self.bound] -= np.linalg.solve(self._bound_jacobian(self.z), self._free_jacobian(self.z) @ moved)
        f, jacobian = self.chain.equations(z)
        for _ in range(_FOLLOWING_STEPS):
            if self.chain._met(f):
                return z
            step = np.zeros_like(z)
            step[self.bound] = -np.linalg.solve(jacobian[:, self.bound], f)
            z, f, jacobian = self.chain._better(z, step * min(1.0, _LONGEST / np.abs(step).max()), f)
        raise ConvergenceError("the coasts no longer meet", where="route")

    def _bound_jacobian(self, z: Floats) -> Floats:
        return self.chain.equations(z)[1][:, self.bound]

    def _free_jacobian(self, z: Floats) -> Floats:
        return self.chain.equations(z)[1][:, self.free]


_WALL, _FOLLOWING_STEPS = 1e4, 12
