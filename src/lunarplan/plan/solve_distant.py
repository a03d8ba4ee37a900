"""Solve a mission to a distant orbit: launch site, powered flyby, insertion and stay.

Each launch day is tried from its middle, to the orbit begun in several phases; the cheapest routes then move their
injection until the launch site turns under their parking plane at lift-off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, cast

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.kernels.jit import compilation_notice
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import Arc, Trajectory, fly
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.eclipses import eclipses
from lunarplan.orbits.long_orbit import EphemerisOrbit, carry
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.plan.closure import BODIES, CHECK, miss_m
from lunarplan.plan.search import launch_tie
from lunarplan.plan.solution import Burn, DistantOrbitReached, Milestone, Progress, Solution
from lunarplan.transfers.launch import ParkingOrbits
from lunarplan.transfers.powered_flyby import to_distant_orbit
from lunarplan.transfers.route import Injection, OnPath, Route, optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.distant import DistantOrbit
    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.orbits.orbit import PeriodicOrbit

    Floats = NDArray[np.float64]

MOON_DEGREE = 8  # of the lunar field; a flyby at 130 km lasts minutes
_PHASES = 8
_MOST_DAYS = 7
_TIED = 3  # of the cheapest routes, how many are tried before no launch is found
_MARGIN_S = 2.0 * SECONDS_PER_DAY  # the solvers look about beyond both ends
_LONGEST_MOVE_S = 7200.0  # of the injection at once: the coasts must go on meeting
_ON_TIME_S, _MOST_MOVES = 1e-3, 40
_LONG_ECLIPSE_S = 3600.0


def solve_distant(
    mission: MissionFile, terms: DistantOrbit, ephemeris: Ephemeris | None, progress: Progress
) -> Solution:
    """Find the cheapest powered flyby that meets the mission's terms, fly it, and prove it.

    Raises InfeasibleError if no transfer meets the terms, ConvergenceError if a solver fails.
    """
    forces = ForceModel(bodies=BODIES, moon_degree=MOON_DEGREE, ephemeris=ephemeris)
    days = _launch_days(mission)
    with compilation_notice(cache(progress)):
        progress("finding the orbit")
        orbit = family(terms.family, EARTH_MOON_384400).select(**terms.selection, which=terms.which)
        search = _Search(mission, forces, progress)
        route = search.tied(search.routes(days, _stations(mission, orbit, forces)))
        progress("flying the transfer and the stay")
        return _flown(mission, forces, route, orbit, search.parking)


def _launch_days(mission: MissionFile) -> Floats:
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


def _stations(mission: MissionFile, orbit: PeriodicOrbit, forces: ForceModel) -> list[EphemerisOrbit]:
    """The orbit in several phases, for as long as any launch may need it; raises InputError beyond the ephemeris."""
    launch, flight = mission.launch, mission.translunar
    start = launch.earliest_tdb + flight.out_s[0] + flight.beyond_s[0] - _MARGIN_S
    latest = launch.latest_tdb + launch.longest_wait_s + flight.out_s[1] + flight.beyond_s[1]
    end = latest + mission.stay_s + _MARGIN_S
    known = forces.source
    if launch.earliest_tdb - _MARGIN_S < known.start_tdb or end > known.end_tdb:
        raise InputError(
            f"the mission may take from {utc_iso(launch.earliest_tdb, 0)} to {utc_iso(end, 0)}, beyond {known.name}",
            where="launch, phase[1].duration",
            allowed=f"{utc_iso(known.start_tdb, 0)} to {utc_iso(known.end_tdb, 0)}",
            remedy="change the dates, or give plan() in Python an Ephemeris.from_files(spk, orientation) of them",
        )
    turns = max((end - start) / SECONDS_PER_DAY / orbit.period_days, 0.6)
    return [carry(orbit, start, revolutions=turns, forces=forces, phase=k / _PHASES) for k in range(_PHASES)]


@dataclass(frozen=True)
class _Search:
    """What is looked for, in which field, and whom to tell."""

    mission: MissionFile
    forces: ForceModel
    say: Progress

    @property
    def parking(self) -> ParkingOrbits:
        launch = self.mission.launch
        radius = np.array([RADIUS_KM["earth"] + launch.parking_orbit.altitude_km])
        tilt = np.array([launch.inclination_rad])
        oblate = bool(self.forces.earth_zonal)
        return ParkingOrbits.about_earth(
            launch_tie(self.mission), radius, tilt, self.forces.gm("earth"), oblate=oblate
        )

    def routes(self, days: Floats, stations: list[EphemerisOrbit]) -> list[Route]:
        """Routes that keep the times of flight, the cheapest first, each from the middle of a launch day."""
        found, astray = [], 0
        for number, (day, station) in enumerate((d, s) for d in days for s in stations):
            self.say(f"looking for transfers, {100 * number // (len(days) * len(stations))} %")
            for out in _inside(self.mission.translunar.out_s):
                route = self._route(day, station, out)
                keeps = route is not None and self._keeps_times(route)
                found += [route] if route is not None and keeps else []
                astray += route is not None and not keeps
        if not found:
            raise InfeasibleError(
                "no transfer closes" if not astray else f"none of {astray} transfers keeps the times of flight",
                where="launch, phase[0].out, phase[0].beyond",
                remedy="widen out and beyond, or launch on another day",
            )
        return sorted(found, key=_cost)

    def _route(self, injection: float, station: EphemerisOrbit, out_s: float) -> Route | None:
        terms, launch = self.mission.translunar, self.mission.launch
        try:
            return to_distant_orbit(
                [station],
                injection,
                flyby_altitude_km=terms.flyby_altitude_km,
                out_days=[out_s / SECONDS_PER_DAY],
                beyond_days=[s / SECONDS_PER_DAY for s in (*_inside(terms.beyond_s), np.mean(terms.beyond_s))],
                parking_altitude_km=launch.parking_orbit.altitude_km,
                parking_inclination_deg=float(np.degrees(launch.inclination_rad)),
                tries=2,
                forces=self.forces,
            )
        except (InfeasibleError, ConvergenceError, InputError, np.linalg.LinAlgError):
            return None  # no legs meet, or a search ran off the ends of the station: others remain

    def _keeps_times(self, route: Route) -> bool:
        out, beyond = np.diff(route.epochs_tdb)
        terms = self.mission.translunar
        within = (low <= time <= high for time, (low, high) in ((out, terms.out_s), (beyond, terms.beyond_s)))
        return all(within)

    def tied(self, routes: list[Route]) -> Route:
        """The first of the routes, made to pass over the launch site, that lifts off within the launch dates."""
        self.say("tying them to the launch site")
        launches = []
        for route in routes[:_TIED]:
            try:
                moved = self._moved(route)
            except (ConvergenceError, InputError, np.linalg.LinAlgError):
                continue
            lift_off = lift_off_tdb(moved, self.parking)[0]
            if self.mission.launch.earliest_tdb <= lift_off <= self.mission.launch.latest_tdb:
                return moved
            launches.append(utc_iso(lift_off, 0))
        raise InfeasibleError(
            f"no launch fits the dates; launches found: {', '.join(launches) or 'none'}",
            where="launch",
            remedy="give whole days, or others",
        )

    def _moved(self, route: Route) -> Route:
        """The route, its injection moved until the site is under its plane at lift-off."""
        for _ in range(_MOST_MOVES):
            late = self._lateness(route)
            if abs(late) < _ON_TIME_S:
                return route
            route = _injected_later(route, float(np.clip(late, -_LONGEST_MOVE_S, _LONGEST_MOVE_S)))
        raise ConvergenceError(f"the site misses the parking plane by {late:.2g} s", where="launch")

    def _lateness(self, route: Route) -> float:
        node, argument, _, epoch = (np.array([x]) for x in route.variables[0])
        return float(self.parking.lateness(node, argument, epoch)[0][0])


def _inside(limits: tuple[float, float]) -> tuple[float, float]:
    """A quarter and three quarters of the way."""
    low, high = limits
    return low + 0.25 * (high - low), low + 0.75 * (high - low)


def _cost(route: Route) -> float:
    return float(route.delta_v_km_s.sum())


def _injected_later(route: Route, seconds: float) -> Route:
    """The cheapest route with another injection epoch."""
    guess = [x.copy() for x in route.variables]
    guess[0][-1] += seconds
    leave = cast(Injection, route.points[0])
    axes = equator_of_date(guess[0][-1:])[0]
    return optimise([replace(leave, axes=axes), *route.points[1:]], guess, route.flight, held_epochs=(0,))


def lift_off_tdb(route: Route, parking: ParkingOrbits) -> tuple[float, float]:
    """Lift-off and the start of the coast in the parking orbit."""
    _, argument, _, epoch = (np.array([x]) for x in route.variables[0])
    lift_off, _ = parking.lift_off(argument, epoch)
    return float(lift_off[0]), float(lift_off[0]) + parking.launch.ascent_s


def _flown(
    mission: MissionFile, forces: ForceModel, route: Route, orbit: PeriodicOrbit, parking: ParkingOrbits
) -> Solution:
    injected, passing, joined = (float(t) for t in route.epochs_tdb)
    leaving, passed = route.side(0).state, route.side(1).state
    before = route.side(1, before=True).state
    station = cast(EphemerisOrbit, cast(OnPath, route.points[2]).path)
    stay = _cut(station.trajectory.arcs[0], joined, joined + mission.stay_s)
    coasts = [
        fly(leaving, injected, passing, forces, name="translunar coast"),
        fly(passed, passing, joined, forces, center="moon", name="coast beyond the Moon"),
    ]
    trajectory = Trajectory([*coasts, stay] if mission.stay_s > 0.0 else coasts)
    launch, parked = lift_off_tdb(route, parking)
    tli, flyby, insertion = _burns(mission, route)
    r, speed = float(np.linalg.norm(before[:3])), float(np.linalg.norm(before[3:]))
    misses = (
        miss_m(leaving, injected, before, passing, forces, ("earth", "moon")),
        miss_m(passed, passing, route.side(2, before=True).state, joined, forces, ("moon", "moon")),
    )
    return Solution(
        launch_tdb=launch,
        parking_tdb=parked,
        parking_inclination_rad=float(parking.inclination[0]),
        tli=tli,
        tli_c3_km2_s2=float(leaving[3:] @ leaving[3:] - 2.0 * forces.gm("earth") / np.linalg.norm(leaving[:3])),
        perilune_tdb=passing,
        perilune_altitude_km=r - RADIUS_KM["moon"],
        v_infinity_km_s=float(np.sqrt(speed**2 - 2.0 * forces.gm("moon") / r)),
        flyby=flyby,
        insertion=(insertion,),
        orbits=(),
        end_orbit=None,
        distant_orbit=_reached(orbit, station, joined, joined + mission.stay_s),
        trajectory=trajectory,
        closure_m=max(misses),
        milestones=tuple(_eclipses(trajectory)),
        provenance=forces.describe() | {"tolerance": 1e-13, "check": CHECK, "distant_orbit": station.provenance},
    )


def _burns(mission: MissionFile, route: Route) -> tuple[Burn, Burn, Burn]:
    terms = mission.distant_orbit
    assert terms is not None  # it is what is being solved
    engines = mission.translunar.engine, terms.engine, terms.engine
    burns = zip(("TLI", "flyby burn", "insertion"), route.epochs_tdb, route.delta_v_km_s, engines, strict=True)
    tli, flyby, insertion = (Burn(name, float(t), float(dv), engine) for name, t, dv, engine in burns)
    return tli, flyby, insertion


def _cut(arc: Arc, start: float, end: float) -> Arc:
    """A part of an arc, from a node of its own to another."""
    inside = (arc.nodes_tdb > start) & (arc.nodes_tdb < end)
    ends, origins = arc.states(np.array([start, end]))
    elapsed = np.array([start, end]) - arc.epoch_tdb
    rows = arc.rows[[0, 0]]

    def between(both: Floats, within: Floats) -> Floats:
        return np.concatenate([both[:1], within[inside], both[1:]])

    return replace(
        arc,
        name="stay",
        elapsed_s=between(elapsed, arc.elapsed_s),
        nodes=between(ends, arc.nodes),
        origins=np.concatenate([origins[:1], arc.origins[inside], origins[1:]]),
        rows=between(rows, arc.rows),
    )


def _reached(orbit: PeriodicOrbit, station: EphemerisOrbit, start: float, end: float) -> DistantOrbitReached:
    """The stay in numbers; where it is short, the periodic orbit's period stands for its own."""
    passages = station.perilunes.tdb
    passages = passages[(passages >= start) & (passages <= end)]
    mean = float(np.diff(passages).mean()) if len(passages) > 1 else orbit.period_days * SECONDS_PER_DAY
    tdb = np.linspace(start, end, 2 + int((end - start) / 1800.0))
    inside = [apsides.tdb[(apsides.tdb > start) & (apsides.tdb < end)] for apsides in (station.perilunes, station.apolunes)]
    radius = np.linalg.norm(station.at(np.concatenate([tdb, *inside]))[:, :3], axis=1)
    note = f"{orbit.family}, period {orbit.period_days:.3f} d"
    return DistantOrbitReached(start, note, mean, float(radius.min()), float(radius.max()))


def _eclipses(trajectory: Trajectory) -> list[Milestone]:
    """Those longer than an hour."""
    found = []
    for body in ("earth", "moon"):
        dark = eclipses(trajectory, body)
        for start, span, umbra in zip(dark.start_tdb, dark.duration_s, dark.umbra_s, strict=True):
            if span > _LONG_ECLIPSE_S:
                note = f"{span / 60.0:.0f} min, {umbra / 60.0:.0f} of them without any Sun"
                found.append(Milestone(f"eclipse by the {body.capitalize()}", float(start), note))
    return found
