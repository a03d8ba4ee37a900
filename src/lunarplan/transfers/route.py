"""Routes: a chain of burns joined by coasts, with all burns, places and epochs chosen for the least delta-v.

    route = optimise([Injection(...), Burn(...), Rendezvous(station)], guess, flight)

Each coast is flown from both ends and made to meet between them. Newton's method closes the gaps, which takes as many
variables as there are equations; along the rest the burns are minimised, by Newton's method with the exact gradient.

Source: Nocedal and Wright (2006), Numerical Optimization, sec. 15.3 and 18.3, null-space methods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from scipy.linalg import qr

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.path import Path, states_about_moon

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.flight import Flight
    from lunarplan.transfers.ground_range import SplashdownPlace

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

    @property
    def scales(self) -> Floats:
        """Changes that matter, of each variable; nought for one that is held."""
        ...

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
        """What else must be nought, float64[k], and its partials [k, n]; in units of 100 km or 10 m/s."""
        ...


def no_ties(n: int) -> tuple[Floats, Floats]:
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
        return no_ties(4)


@dataclass(frozen=True)
class FreeBurn:
    """A burn anywhere about the Moon: place, velocities before and after, epoch."""

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
        return no_ties(10)


@dataclass(frozen=True)
class Burn(FreeBurn):
    """A burn at perilune, at a given distance of the Moon's centre: place, velocities before and after, epoch.

    The mean of the two velocities is level there: else the cheapest path would lead through the Moon.
    """

    radius_km: float

    def ties(self, x: Floats) -> tuple[Floats, Floats]:
        r, mean = float(np.linalg.norm(x[:3])), 0.5 * (x[3:6] + x[6:9])
        out = x[:3] / r
        climb = out @ mean
        partials = np.zeros((2, 10))
        partials[0, :3] = out / _LENGTH
        partials[1, :3] = (mean - climb * out) / r / _SPEED
        partials[1, 3:6] = partials[1, 6:9] = 0.5 * out / _SPEED
        return np.array([(r - self.radius_km) / _LENGTH, climb / _SPEED]), partials


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
        state = states_about_moon(self.path, epoch, "path")
        partials = np.zeros((6, 4))
        partials[3:, :3] = sign * np.eye(3)
        partials[:, 3] = flight.rate("moon", state, epoch)[0]
        moved = state[0].copy()
        moved[3:] += sign * x[:3]
        return Side("moon", moved, partials)

    def burn(self, x: Floats) -> tuple[Floats, Floats]:
        return x[:3], np.eye(3, 4)

    def ties(self, x: Floats) -> tuple[Floats, Floats]:
        return no_ties(4)


@dataclass(frozen=True)
class Interface:
    """Meeting the entry interface of the Earth: node, argument, speed, inclination, epoch; no burn.

    radius_km, flight_path_rad, axes : as of `return_problem`
    held_inclination : keeps the inclination of the guess
    splashdown       : where to come down, if it matters
    """

    radius_km: float
    flight_path_rad: float
    axes: Floats
    held_inclination: bool = False
    splashdown: SplashdownPlace | None = None

    @property
    def scales(self) -> Floats:
        return np.array([_ANGLE, _ANGLE, _SPEED, _ANGLE * (not self.held_inclination), _EPOCH])

    def before(self, x: Floats, flight: Flight) -> Side:
        state, partials = self._state(x)
        return Side("earth", state, np.column_stack([partials, np.zeros(6)]))

    def _state(self, x: Floats) -> tuple[Floats, Floats]:
        state, partials = end_state(
            x[:1], x[1:2], x[2:3], x[3:4], radius=np.array([self.radius_km]), axes=self.axes[None],
            flight_path=np.array([self.flight_path_rad]),
        )  # fmt: skip
        return state[0], partials[0]

    def after(self, x: Floats, flight: Flight) -> Side:
        raise TypeError("nothing comes after the entry")

    def burn(self, x: Floats) -> tuple[Floats, Floats]:
        return np.zeros(3), np.zeros((3, 5))

    def ties(self, x: Floats) -> tuple[Floats, Floats]:
        if self.splashdown is None:
            return no_ties(5)
        state, partials = self._state(x)
        miss, by_state, by_epoch = self.splashdown.miss(state, float(x[4]))
        return miss / _LENGTH, np.column_stack([by_state @ partials, by_epoch]) / _LENGTH


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
    spans: Sequence[tuple[int, int, float]] = (),
) -> Route:
    """Make the sum of all burns least.

    points : from first to last; between each two lies a coast
    guess  : the variables of each point, near enough for Newton's method to make the coasts meet
    held_epochs : points whose epoch stays what it is in the guess
    spans  : pairs of points, first and last, and the seconds that are to lie between them

    Raises ConvergenceError if the coasts cannot be made to meet.
    """
    chain = _Chain(tuple(points), flight, [np.asarray(x, float) for x in guess], held_epochs, spans)
    z, iterations = _descended(chain, chain.closed(np.zeros(chain.size)))
    gaps = chain.equations(z)[0][: 6 * (len(points) - 1)].reshape(-1, 6) * _GAP_SCALE
    return Route(chain.points, tuple(chain.split(z)), gaps, iterations, flight)


_MOST_STEPS, _FIRST_STEP, _LEAST_STEP = 100, 3.0, 1e-4
_WORTH = 1e-7  # a step that promises less, 0.01 mm/s, is not taken
_PROBE = 1e-3


def _descended(chain: _Chain, z: Floats) -> tuple[Floats, int]:
    """Newton's method along the surface on which the coasts meet, its steps as long as they help."""
    longest = _FIRST_STEP
    for iteration in range(_MOST_STEPS):
        along, slope, curvature = _valley(chain, z)
        w, v = np.linalg.eigh(curvature)
        w = np.maximum(np.abs(w), 1e-6 * np.abs(w).max() + 1e-12)  # downhill, too, where the cost bends down
        step = -v @ ((v.T @ slope) / w)
        if -0.5 * slope @ step < _WORTH:
            return z, iteration
        step *= min(1.0, longest / np.linalg.norm(step))
        try:
            trial = chain.closed(z + along @ step)
            helps = chain.in_order(trial) and chain.cost(trial)[0] < chain.cost(z)[0]
        except (ConvergenceError, InputError):  # the coasts no longer meet there, or the ephemeris ends
            helps = False
        if helps:
            z, longest = trial, 2.0 * max(longest, float(np.linalg.norm(step)))
        else:
            longest = 0.25 * float(np.linalg.norm(step))
            if longest < _LEAST_STEP:
                return z, iteration
    return z, _MOST_STEPS


def _valley(chain: _Chain, z: Floats) -> tuple[Floats, Floats, Floats]:
    """Directions in which the coasts go on meeting, [n, k]; slope and curvature of the cost along them."""
    jacobian, gradient = chain.equations(z)[1], chain.cost(z)[1]
    free = np.flatnonzero(chain.scales)
    basis = qr(jacobian[:, free].T)[0]
    along = np.zeros((chain.size, len(free) - len(jacobian)))
    along[free] = basis[:, len(jacobian) :]
    multipliers = np.linalg.lstsq(jacobian.T, gradient, rcond=None)[0]

    probes = [z + sign * _PROBE * d for d in along.T for sign in (1.0, -1.0)]
    tilts = np.array([
        along.T @ (chain.cost(there)[1] - by.T @ multipliers)
        for there, (_, by) in zip(probes, chain.together(probes), strict=True)
    ]).reshape(-1, 2, along.shape[1])  # fmt: skip
    curvature = (tilts[:, 0] - tilts[:, 1]) / (2.0 * _PROBE)
    return along, along.T @ gradient, 0.5 * (curvature + curvature.T)


class _Chain:
    """The equations: variables are changes from the guess, in their scales."""

    def __init__(
        self, points: tuple[Point, ...], flight: Flight, guess: list[Floats], held_epochs: Sequence[int],
        spans: Sequence[tuple[int, int, float]] = (),
    ) -> None:  # fmt: skip
        self.points, self.flight, self.guess, self.spans = points, flight, guess, spans
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
            if self.met(f):
                return z
            if not (np.isfinite(f).all() and np.isfinite(jacobian).all()):  # LAPACK would say so on stdout
                raise ConvergenceError("a coast cannot be flown", where="route", remedy="start from another guess")
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

    def in_order(self, z: Floats) -> bool:
        """Whether no coast is flown backwards in time."""
        return bool((np.diff([x[-1] for x in self.split(z)]) > 0.0).all())

    def met(self, f: Floats) -> bool:
        coasts = 6 * (len(self.points) - 1)
        gaps = np.abs(f[:coasts].reshape(-1, 6) * _GAP_SCALE)
        return bool((gaps < _GAP).all() and (np.abs(f[coasts:]) < _GAP[0] / _LENGTH).all())

    def equations(self, z: Floats) -> tuple[Floats, Floats]:
        """Gaps of all coasts and what the points tie, in their scales; and the partials."""
        key = z.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = key, self.together([z])[0]
        return self._last[1]

    def together(self, many: Sequence[Floats]) -> list[tuple[Floats, Floats]]:
        """The equations for many sets of variables, their coasts flown as one batch."""
        split = [self.split(z) for z in many]
        ties = [self._ties(x) for x in split]
        return [
            (np.concatenate([gaps[0], tie[0]]), np.concatenate([gaps[1], tie[1]]) * self.scales)
            for gaps, tie in zip(self._gaps(split), ties, strict=True)
        ]

    def _ties(self, x: list[Floats]) -> tuple[Floats, Floats]:
        values, blocks = [], []
        for k, (point, own) in enumerate(zip(self.points, x, strict=True)):
            value, partials = point.ties(own)
            block = np.zeros((len(value), self.size))
            block[:, self.edges[k] : self.edges[k + 1]] = partials
            values.append(value)
            blocks.append(block)
        for first, last, seconds in self.spans:
            block = np.zeros((1, self.size))
            block[0, self.edges[first + 1] - 1], block[0, self.edges[last + 1] - 1] = -1.0 / _EPOCH, 1.0 / _EPOCH
            values.append(np.array([x[last][-1] - x[first][-1] - seconds]) / _EPOCH)
            blocks.append(block)
        return np.concatenate(values), np.concatenate(blocks)

    def _gaps(self, many: list[list[Floats]]) -> list[tuple[Floats, Floats]]:
        """By how much the coasts miss, about the Earth, and what each variable does to it."""
        m, n, f = len(many), len(self.points) - 1, self.flight
        sides = [(j, k, k, 1.0, self.points[k].after(x[k], f)) for j, x in enumerate(many) for k in range(n)]
        sides += [
            (j, k, k + 1, -1.0, self.points[k + 1].before(x[k + 1], f)) for j, x in enumerate(many) for k in range(n)
        ]
        epochs = np.array([[own[-1] for own in x] for x in many]).reshape(m, n + 1)
        meet = 0.5 * (epochs[:, :-1] + epochs[:, 1:])
        gaps, by = np.zeros((m, n, 6)), np.zeros((m, n, 6, self.size))
        for center in ("earth", "moon"):
            here = [side for side in sides if side[4].center == center]
            if not here:
                continue
            row, coast, point = (np.array(column) for column in zip(*(side[:3] for side in here), strict=True))
            start, end = epochs[row, point], meet[row, coast]
            states = np.array([side.state for *_, side in here])
            final, stm = f.arc(center, states, start, end)
            drift = -np.einsum("nij,nj->ni", stm, f.rate(center, states, start))
            rate = f.rate(center, final, end)
            if center == "moon":
                final, rate = final + f.moon(end), rate + self._moon_rate(end)
            for i, (j, k, at, sign, side) in enumerate(here):
                first, last = self.edges[at], self.edges[at + 1]
                gaps[j, k] += sign * final[i]
                by[j, k, :, first:last] += sign * stm[i] @ side.partials
                by[j, k, :, last - 1] += sign * drift[i]
                for epoch in (self.edges[k + 1] - 1, self.edges[k + 2] - 1):  # where they meet moves with both
                    by[j, k, :, epoch] += 0.5 * sign * rate[i]
        gaps, by = gaps / _GAP_SCALE, by / _GAP_SCALE[:, None]
        return [(gaps[j].ravel(), by[j].reshape(6 * n, self.size)) for j in range(m)]

    def _moon_rate(self, tdb: Floats) -> Floats:
        return np.asarray(0.5 * (self.flight.moon(tdb + 1.0) - self.flight.moon(tdb - 1.0)))


_NEWTON_STEPS, _LONGEST = 60, 30.0
