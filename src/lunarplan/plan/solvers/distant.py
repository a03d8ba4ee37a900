"""Solve a mission to a distant orbit: launch site, powered flyby, insertion and stay.

Each launch day is tried from its middle, to the orbit begun in several phases, or to the station that is already
there; the cheapest routes then move their injection until the launch site turns under their parking plane at lift-off,
and the best of them tries phases nearby.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.orbits.long_orbit import EphemerisOrbit
from lunarplan.plan.closure import BODIES
from lunarplan.plan.coverage import check_covered
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.flyby import flyby_leg
from lunarplan.plan.legs.shared import launch_leg
from lunarplan.plan.lift_off import NO_ROUTE, lift_off_tdb, moved_under, parking_orbits
from lunarplan.plan.solution import Burn, Progress
from lunarplan.plan.station import begun_in_phase, periodic_orbit, with_perilune
from lunarplan.plan.stay import stay_arc, stay_closures_m, stay_in_numbers, stay_leg
from lunarplan.transfers.flybys.powered_flyby import to_distant_orbit
from lunarplan.transfers.launch import ParkingOrbits
from lunarplan.transfers.route import OnPath, Point, Route, optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.distant import DistantOrbit
    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.orbits.orbit import PeriodicOrbit

    Floats = NDArray[np.float64]

MOON_DEGREE = 8  # of the lunar field; a flyby at 130 km lasts minutes
_PHASES = 8
_FINER_PHASES = (1.0 / 16.0, 1.0 / 32.0, 1.0 / 64.0)  # tried to both sides of the best, one after the other
_MOST_DAYS = 7
_OUTS = 8
_TIED = 4  # of the cheapest routes, how many are tied to the launch site
_SAME_KM_S = 1e-5
_MARGIN_S = 2.0 * SECONDS_PER_DAY  # the solvers look about beyond both ends


def solve_distant(mission: MissionFile, ephemeris: Ephemeris | None, say: Progress) -> Flown:
    """Find the cheapest powered flyby that meets the mission's terms, and fly it to the end of the stay.

    Raises InfeasibleError if no transfer meets the terms, ConvergenceError if a solver fails.
    """
    terms = _terms(mission)
    forces = ForceModel(bodies=BODIES, moon_degree=MOON_DEGREE, ephemeris=ephemeris)
    days, _ = launch_days(mission), _span(mission, forces.source)
    say("finding the orbit")
    search = _Search(mission, periodic_orbit(terms), forces, say)
    route = search.tied(search.routes(days))
    if terms.perilune_epoch_tdb is None:
        route = search.refined(route)
    say("flying the transfer and the stay")
    return _flown(mission, search, route)


def launch_days(mission: MissionFile) -> Floats:
    """The middles of the launch days, TDB."""
    first, last = mission.launch.earliest_tdb, mission.launch.latest_tdb
    count = max(1, int(np.ceil((last - first) / SECONDS_PER_DAY - 1e-6)))
    if count > _MOST_DAYS:
        raise InputError(
            f"launch dates span {count} days",
            where="launch.latest",
            allowed=f"up to {_MOST_DAYS} days for a powered flyby",
            remedy="split them",
        )
    return first + (np.arange(count) + 0.5) * (last - first) / count


def _span(mission: MissionFile, known: Ephemeris) -> tuple[float, float]:
    """First and last epoch at which the orbit may be asked for; raises InputError beyond the ephemeris."""
    launch, flight = mission.launch, mission.translunar
    start = launch.earliest_tdb + flight.out_s[0] + flight.beyond_s[0] - _MARGIN_S
    latest = launch.latest_tdb + launch.longest_wait_s + flight.out_s[1] + flight.beyond_s[1]
    leeway = mission.way_home.leeway_s if mission.way_home else 0.0
    end = latest + mission.stay_s + leeway + _MARGIN_S
    check_covered(launch.earliest_tdb, end, known, "launch, phase[1].duration", margin_s=_MARGIN_S)
    return start, end


@dataclass(frozen=True)
class _Search:
    """What is looked for, in which field, and whom to tell."""

    mission: MissionFile
    orbit: PeriodicOrbit
    forces: ForceModel
    say: Progress

    def station(self, phase: float) -> EphemerisOrbit:
        """The orbit, begun in a phase, for as long as any launch may need it."""
        return begun_in_phase(self.orbit, *_span(self.mission, self.forces.source), self.forces, phase)

    def stations(self) -> list[EphemerisOrbit]:
        """The orbit in every phase that is tried: one of a station that is already there."""
        perilune = _terms(self.mission).perilune_epoch_tdb
        if perilune is None:
            return [self.station(k / _PHASES) for k in range(_PHASES)]
        return [with_perilune(self.orbit, *_span(self.mission, self.forces.source), self.forces, perilune)]

    @cached_property
    def parking(self) -> ParkingOrbits:
        return parking_orbits(self.mission, self.forces)

    def moved(self, route: Route) -> Route | None:
        return moved_under(route, self.parking, _cheapest_from)

    def routes(self, days: Floats) -> list[Route]:
        """Routes that keep the times of flight, the cheapest first, each from the middle of a launch day."""
        found: list[Route] = []
        astray: list[Route] = []
        stations = self.stations()
        for number, (day, station) in enumerate((d, s) for d in days for s in stations):
            self.say(f"looking for transfers, {100 * number // (len(days) * len(stations))} %")
            kept, strayed = self._near(day, station)
            found, astray = found + kept, astray + strayed
        if not found:
            raise InfeasibleError(
                _out_of_time(astray) if astray else "no transfer closes",
                where="launch, phase[0].out, phase[0].beyond",
                remedy="widen out and beyond, or launch on another day",
            )
        return _distinct(found)

    def _near(self, injection: float, station: EphemerisOrbit) -> tuple[list[Route], list[Route]]:
        """Routes at an injection epoch: those that keep the times of flight, and those that do not."""
        tried = [self._route(injection, station, out) for out in self._outs_s]
        found = [route for route in tried if route is not None]
        kept = [self._keeps_times(route) for route in found]
        yes, no = ([r for r, keeps in zip(found, kept, strict=True) if keeps is wanted] for wanted in (True, False))
        return yes, no

    @property
    def _outs_s(self) -> tuple[float, ...]:
        """Times out that are tried first: where the phase is given they are all there is to choose."""
        limits = self.mission.translunar.out_s
        given = _terms(self.mission).perilune_epoch_tdb is not None
        return tuple(np.linspace(*limits, 2 * _OUTS + 1)[1::2].tolist()) if given else _inside(limits)

    def _route(self, injection: float, station: EphemerisOrbit, out_s: float) -> Route | None:
        terms, launch = self.mission.translunar, self.mission.launch
        try:
            return to_distant_orbit(
                [station],
                injection,
                flyby_altitude_km=terms.flyby_altitude_km,
                out_days=[out_s / SECONDS_PER_DAY],
                beyond_days=[s / SECONDS_PER_DAY for s in (*_inside(terms.beyond_s), 0.5 * sum(terms.beyond_s))],
                parking_altitude_km=launch.parking_orbit.altitude_km,
                parking_inclination_deg=float(np.degrees(launch.inclination_rad)),
                tries=1,
                forces=self.forces,
            )
        except NO_ROUTE:
            return None

    def _keeps_times(self, route: Route) -> bool:
        out, beyond = np.diff(route.epochs_tdb)
        terms = self.mission.translunar
        within = (low <= time <= high for time, (low, high) in ((out, terms.out_s), (beyond, terms.beyond_s)))
        return all(within)

    def tied(self, routes: list[Route]) -> Route:
        """The cheapest of the routes, made to pass over the launch site, that lifts off within the launch dates."""
        self.say("tying them to the launch site")
        found = [moved for route in routes[:_TIED] if (moved := self.moved(route)) is not None]
        fit = [route for route in found if self._keeps_dates(route)]
        if not fit:
            launches = [utc_iso(lift_off_tdb(route, self.parking)[0], 0) for route in found]
            raise InfeasibleError(
                f"no launch fits the dates and times of flight; launches found: {', '.join(launches) or 'none'}",
                where="launch, phase[0].out, phase[0].beyond",
                remedy="give whole days, or others",
            )
        return min(fit, key=_cost)

    def refined(self, best: Route) -> Route:
        """The cheapest with the orbit begun in phases nearby, its launch tied again."""
        self.say("choosing the phase")
        for step in _FINER_PHASES:
            phase, injection = _station(best).provenance["phase"], best.epochs_tdb[0]
            routes = [r for side in (-step, step) for r in self._near(injection, self.station(phase + side))[0]]
            cheaper = [route for route in _distinct(routes) if _cost(route) < _cost(best)]
            moved = [self.moved(route) for route in cheaper[:_TIED]]
            best = min([best, *(r for r in moved if r is not None and self._keeps_dates(r))], key=_cost)
        return best

    def _keeps_dates(self, route: Route) -> bool:
        launch = self.mission.launch
        lift_off = lift_off_tdb(route, self.parking)[0]
        return self._keeps_times(route) and launch.earliest_tdb <= lift_off <= launch.latest_tdb


def _inside(limits: tuple[float, float]) -> tuple[float, float]:
    """A quarter and three quarters of the way."""
    low, high = limits
    return low + 0.25 * (high - low), low + 0.75 * (high - low)


def _out_of_time(astray: list[Route]) -> str:
    """What is said where every search ends beyond the times of flight: they are not held, only kept or not."""
    out, beyond = np.diff(min(astray, key=_cost).epochs_tdb) / SECONDS_PER_DAY
    return (
        f"none of {len(astray)} transfers keeps the times of flight; "
        f"the cheapest takes {out:.2f} days out and {beyond:.2f} days beyond"
    )


def _distinct(routes: list[Route]) -> list[Route]:
    """The cheapest first, without those found twice."""
    routes = sorted(routes, key=_cost)
    costs = np.array([_cost(route) for route in routes])
    return [route for route, rise in zip(routes, np.diff(costs, prepend=-np.inf), strict=True) if rise > _SAME_KM_S]


def _station(route: Route) -> EphemerisOrbit:
    return cast(EphemerisOrbit, cast(OnPath, route.points[2]).path)


def _cost(route: Route) -> float:
    return float(route.delta_v_km_s.sum())


def _cheapest_from(route: Route, points: Sequence[Point], guess: list[Floats]) -> Route:
    return optimise(points, guess, route.flight, held_epochs=(0,))


def _flown(mission: MissionFile, search: _Search, route: Route) -> Flown:
    forces, station = search.forces, _station(route)
    injected, passing, joined = (float(t) for t in route.epochs_tdb)
    coasts = (
        fly(route.side(0).state, injected, passing, forces, name="translunar coast"),
        fly(route.side(1).state, passing, joined, forces, center="moon", name="coast beyond the Moon"),
    )
    stay = (stay_arc(station, joined, joined + mission.stay_s),) if mission.stay_s > 0.0 else ()
    launch, parked = lift_off_tdb(route, search.parking)
    start = launch_leg(launch, parked, float(search.parking.inclination[0]))
    reached = stay_in_numbers(station, search.orbit, joined, joined + mission.stay_s)
    insertion = Burn("insertion", joined, float(route.delta_v_km_s[2]), _engine(mission), note=reached.note)
    closures_m = stay_closures_m(station, joined, joined + mission.stay_s)
    there = stay_leg(reached, (insertion,), Trajectory([*coasts, *stay]), closures_m)
    legs = start, flyby_leg(route, coasts, launch, (mission.translunar.engine, _engine(mission))), there
    return Flown(mission, forces, search.say, 2, legs, (*coasts, *stay), station, {"distant_orbit": station.provenance})


def _terms(mission: MissionFile) -> DistantOrbit:
    terms = mission.distant_orbit
    assert terms is not None  # it is what is being solved
    return terms


def _engine(mission: MissionFile) -> str:
    """Of the flyby burn and the insertion."""
    engine = _terms(mission).engine
    assert engine is not None  # checked, of an orbit that is come to
    return engine
