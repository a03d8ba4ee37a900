"""Out to a distant orbit by a powered flyby, a stay, and home by another: one route, all burns split at once.

    trip = round_trip(orbit, "2022-11-16T08:34:00", 25.4, splashdown=SplashdownPlace(28.9, -118.0, 6_250.0))
    trip.delta_v_km_s, trip.epochs_tdb

The phase in which the orbit is entered and that in which it is left are tied by the stay, flown as a coast of its own;
its length is free, the days from the injection to the entry are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.rows import numbers, scalar
from lunarplan.orbits.long_orbit import EphemerisOrbit, carry, require_flyable
from lunarplan.orbits.pulsating import Clock, PulsatingFrame
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.flybys.followed import at_inclination, coasts_are_clear
from lunarplan.transfers.flybys.powered_flyby import Guess, Homeward, Outward
from lunarplan.transfers.route import FreeBurn, Point, Route, Side, no_ties, optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.orbits.orbit import PeriodicOrbit
    from lunarplan.transfers.flight import Flight
    from lunarplan.transfers.ground_range import SplashdownPlace

    Floats = NDArray[np.float64]

BURNS = ("injection", "outbound powered flyby", "insertion", "departure", "return powered flyby", "entry interface")
_PHASES = tuple((np.arange(12) / 12.0).tolist())
_KEPT = 4
_REMEMBERED = 64
_SAMPLES = 720
_LEAST_STAY_S, _STAY_STEP_S = 2.0 * SECONDS_PER_DAY, 0.5 * SECONDS_PER_DAY


@dataclass(frozen=True)
class OntoOrbit:
    """A burn that leaves the craft on a periodic orbit of the three-body problem: phase, the burn, the epoch.

    orbit : its states are carried into the sky of the epoch by the ``frame``; the phase is in its units of time
    """

    orbit: PeriodicOrbit
    frame: PulsatingFrame
    _last: dict[bytes, tuple[Floats, Floats]] = field(default_factory=dict, init=False, repr=False, compare=False)
    scales = np.array([2e-2, 1e-2, 1e-2, 1e-2, 600.0])

    def before(self, x: Floats, flight: Flight) -> Side:
        state, partials = (a.copy() for a in self._state(x))
        state[3:] -= x[1:4]
        partials[3:, 1:4] = -np.eye(3)
        return Side("moon", state, partials)

    def after(self, x: Floats, flight: Flight) -> Side:
        return Side("moon", *self._state(x))

    def burn(self, x: Floats) -> tuple[Floats, Floats]:
        return x[1:4], np.eye(3, 5, 1)

    def ties(self, x: Floats) -> tuple[Floats, Floats]:
        return no_ties(5)

    def _state(self, x: Floats) -> tuple[Floats, Floats]:
        """On the orbit, and partials; the coasts before and after ask for the same."""
        key = x[[0, 4]].tobytes()
        if key not in self._last:
            if len(self._last) >= _REMEMBERED:
                self._last.clear()
            self._last[key] = self._found(x)
        return self._last[key]

    def _found(self, x: Floats) -> tuple[Floats, Floats]:
        epoch = x[4:]
        rotating = self.orbit.at(x[:1])
        about_moon = rotating[0] - (1.0 - self.frame.mu) * np.eye(6)[0]
        matrix, partials = self.frame.matrix(epoch)[0], np.zeros((6, 5))
        partials[:, 0] = matrix @ _rate(rotating[0], self.frame.mu)
        partials[:, 4] = self.frame.matrix_rate(epoch)[0] @ about_moon
        return matrix @ about_moon, partials


def _rate(x: Floats, mu: float) -> Floats:
    """Time derivative of a rotating state. Source: Szebehely (1967), Theory of Orbits, sec. 1.5."""
    larger, smaller = x[:3] + mu * np.eye(3)[0], x[:3] - (1.0 - mu) * np.eye(3)[0]
    pull = (1.0 - mu) * larger / np.linalg.norm(larger) ** 3 + mu * smaller / np.linalg.norm(smaller) ** 3
    turn = np.array([2.0 * x[4] + x[0], -2.0 * x[3] + x[1], 0.0])
    return np.concatenate([x[3:], turn - pull])


def round_trip(
    orbit: PeriodicOrbit,
    injection: Any,
    total_days: float,
    *,
    least_stay_days: float = 0.0,
    splashdown: SplashdownPlace | None = None,
    return_inclination_deg: float | None = None,
    flyby_altitude_km: float = 130.0,
    return_flyby_altitude_km: float | None = None,
    parking_altitude_km: float = 185.0,
    parking_inclination_deg: float = 28.5,
    flight_path_deg: float = -6.5,
    out_days: Sequence[float] = (5.4,),
    beyond_days: Sequence[float] = (4.0, 5.0),
    home_days: Sequence[float] = (6.0,),
    phases: Sequence[float] = _PHASES,
    tries: int = 2,
    forces: ForceModel | None = None,
) -> Route:
    """Return the cheapest route: injection, flyby, insertion, departure, flyby, entry interface; see `BURNS`.

    orbit      : of the three-body problem, entered in the phase that is cheapest
    injection  : its epoch, which is held
    total_days : from it to the entry interface, 16 to 60; with a splashdown to half a day, as the Earth must turn
    least_stay_days : from insertion to departure; longer where that is cheaper
    splashdown, return_inclination_deg : the place to come down at, and how the return lies, if they matter
    out_days, beyond_days, home_days : from the injection to the flyby, between flyby and orbit, from flyby to entry;
                 those that are tried first
    phases     : of the orbit at the injection, as parts of a revolution, that are tried first
    tries      : how many of them, the most promising first, are made routes of

    Raises InfeasibleError where no legs nearly fit, ConvergenceError if they do not close, InputError for bad input.
    """
    forces = ForceModel() if forces is None else forces
    require_flyable(orbit)
    days = scalar("total_days", total_days, 16.0, 60.0, "days")
    scalar("tries", tries, 1, 1000)
    durations = {"out_days": out_days, "beyond_days": beyond_days, "home_days": home_days}
    outs, beyonds, backs = (np.atleast_1d(numbers(k, v, 1)).ravel().tolist() for k, v in durations.items())
    if return_inclination_deg is not None:
        scalar("return_inclination_deg", return_inclination_deg, 0.0, 180.0, "deg")
    start = float(tdb_seconds(injection))
    end = start + days * SECONDS_PER_DAY
    least = scalar("least_stay_days", least_stay_days, 0.0, 60.0, "days") * SECONDS_PER_DAY
    low = flyby_altitude_km if return_flyby_altitude_km is None else return_flyby_altitude_km
    out = Outward(start, flyby_altitude_km, parking_altitude_km, parking_inclination_deg, forces)
    tilt = None if splashdown is not None else return_inclination_deg
    halves: list[tuple[float, Guess, Guess]] = []
    for station in _stations(orbit, phases, start, end, forces):
        home = Homeward(station, low, flight_path_deg, tilt, splashdown, forces)
        halves += _halves(station, out, home, end, outs, beyonds, backs)
    held = (0,) if splashdown is not None else (0, 5)
    route = _stayed(_best(halves, orbit, forces, held, tries), held, least)
    if splashdown is None or return_inclination_deg is None:
        return route
    spans = [] if _stay_s(route) > least + 1.0 else [(2, 3, least)]
    return at_inclination(route, return_inclination_deg, held_epochs=held, spans=spans)


def _stay_s(route: Route) -> float:
    return float(route.epochs_tdb[3] - route.epochs_tdb[2])


def _stayed(route: Route, held: Sequence[int], least_s: float) -> Route:
    """The route with a stay no shorter than asked for, followed from the one with the cheapest."""
    short = least_s - _stay_s(route)
    for span in np.linspace(least_s - short, least_s, max(2, int(short / _STAY_STEP_S) + 2))[1:] if short > 0.0 else ():
        guess = [x.copy() for x in route.variables]
        guess[3][-1] = guess[2][-1] + span
        route = optimise(route.points, guess, route.flight, held_epochs=held, spans=[(2, 3, float(span))])
    return route


def _stations(
    orbit: PeriodicOrbit, phases: Sequence[float], start: float, end: float, forces: ForceModel
) -> list[EphemerisOrbit]:
    """The orbit in the sky, begun in several phases."""
    turns = max((end - start) / SECONDS_PER_DAY / orbit.period_days, 0.6)
    begun = np.atleast_1d(numbers("phases", phases, 1)).ravel().tolist()
    return [carry(orbit, start, revolutions=turns, phase=phase, forces=forces) for phase in begun]


def _halves(
    station: EphemerisOrbit, out: Outward, home: Homeward, end: float, out_days: Sequence[float],
    beyond_days: Sequence[float], home_days: Sequence[float],
) -> list[tuple[float, Guess, Guess]]:  # fmt: skip
    """The most promising way out to a station and home from it, and what both miss by together; or nothing."""
    ways = [g for days in out_days for g in out.guesses([station], days, beyond_days)]
    backs = [
        g for beyond in beyond_days for back in home_days
        for g in home.guesses(end - (beyond + back) * SECONDS_PER_DAY, beyond, [back])
    ]  # fmt: skip
    pairs = [
        (way.gap + back.gap, way, back)
        for way in sorted(ways, key=_gap)[:_KEPT]
        for back in sorted(backs, key=_gap)[:_KEPT]
        if back.variables[0][-1] > way.variables[-1][-1] + _LEAST_STAY_S
    ]
    return sorted(pairs, key=lambda p: p[0])[:1]


def _gap(guess: Guess) -> float:
    return guess.gap


def _best(
    halves: list[tuple[float, Guess, Guess]], orbit: PeriodicOrbit, forces: ForceModel, held: Sequence[int],
    tries: int,
) -> Route:  # fmt: skip
    if not halves:
        raise InfeasibleError(
            "no legs out and home nearly fit in that time", where="round_trip",
            remedy="other total_days, home_days or beyond_days, or a longer range to the splashdown",
        )  # fmt: skip
    routes, flight = [], InEphemeris(forces)
    for _, out, home in sorted(halves, key=lambda h: h[0])[:tries]:
        try:
            way = optimise(out.points, out.variables, flight, held_epochs=(0, 2))
            back = optimise(home.points, home.variables, flight, held_epochs=(0,))
            whole = _joined(orbit, way, back, forces, held)
        except (ConvergenceError, InputError):
            continue
        if coasts_are_clear(whole, forces):
            routes.append(whole)
    if not routes:
        raise ConvergenceError("no way out and home closes", where="round_trip", remedy="other durations")
    return min(routes, key=lambda r: float(r.delta_v_km_s.sum()))


def _joined(orbit: PeriodicOrbit, out: Route, home: Route, forces: ForceModel, held: Sequence[int]) -> Route:
    """Both halves as one route, the stay a coast between them."""
    clock = Clock.between(forces.source, orbit.mu, orbit.units.time_s, out.epochs_tdb[0], home.epochs_tdb[-1])
    arrive, leave = out.variables[-1], home.variables[0]
    station = out.points[-1].path  # type: ignore[attr-defined]
    phase = _nearest_phase(orbit, clock.frame.from_icrf(station.at(arrive[-1:]), arrive[-1:])[0])
    place = home.side(0, before=True).state
    away = np.concatenate([place, place[3:] + leave[:3], leave[-1:]])
    points: list[Point] = [*out.points[:-1], OntoOrbit(orbit, clock.frame), FreeBurn(), *home.points[1:]]
    guess = [*out.variables[:-1], np.concatenate([[phase], arrive]), away, *home.variables[1:]]
    return optimise(points, guess, InEphemeris(forces), held_epochs=held)


def _nearest_phase(orbit: PeriodicOrbit, rotating: Floats) -> float:
    times, states = orbit.sample(_SAMPLES)
    return float(times[np.linalg.norm(states - rotating, axis=1).argmin()])
