"""Solve a mission to a distant orbit and home in a given time: all its burns are one problem."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.distant import DistantOrbit
from lunarplan.config.entry import Entry
from lunarplan.config.way_home import LONGEST_TOTAL_S, WayHome
from lunarplan.errors import InfeasibleError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.plan.closure import BODIES, miss_m
from lunarplan.plan.coverage import check_covered
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.entry import entry_leg, splashdown_place
from lunarplan.plan.legs.flyby import flyby_leg
from lunarplan.plan.legs.shared import launch_leg
from lunarplan.plan.legs.way_home import way_home_arcs, way_home_leg
from lunarplan.plan.lift_off import NO_ROUTE, lift_off_tdb, moved_under, parking_orbits
from lunarplan.plan.reach import reachable_deg, spans
from lunarplan.plan.solution import Burn, Progress
from lunarplan.plan.solvers.distant import MOON_DEGREE, launch_days
from lunarplan.plan.stay import coast_in_numbers, stay_leg
from lunarplan.transfers.flybys.round_trip import round_trip
from lunarplan.transfers.route import Point, Route, optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.orbits.orbit import PeriodicOrbit

    Floats = NDArray[np.float64]

_INSERTION, _DEPARTURE, _ENTRY = 2, 3, 5  # points of the route
_AT_ITS_LEAST_S = 1.0
_HALVES_S = 0.25 * SECONDS_PER_DAY * np.array([-1.0, 1.0])  # from the middle of a launch day
_HALF_DAY_S = 0.5 * SECONDS_PER_DAY * np.arange(-1.0, 2.0)  # to which a total is kept, with a splashdown
_MARGIN_S = 2.0 * SECONDS_PER_DAY  # the solvers look about beyond both ends


@dataclass(frozen=True)
class _Terms:
    """What a mission asks of the whole way."""

    mission: MissionFile
    stay: DistantOrbit
    home: WayHome
    entry: Entry
    total_s: float

    @classmethod
    def of(cls, mission: MissionFile) -> _Terms:
        stay, (home, entry) = mission.distant_orbit, mission.phases[2:4]
        assert isinstance(stay, DistantOrbit)  # by their sequence
        assert isinstance(home, WayHome)
        assert isinstance(entry, Entry)
        assert home.total_s is not None
        return cls(mission, stay, home, entry, home.total_s)

    @property
    def engine(self) -> str:
        """Of the flyby on the way out and of the insertion."""
        assert self.stay.engine is not None  # checked, of an orbit that is come to
        return self.stay.engine

    @property
    def held(self) -> tuple[int, ...]:
        """The points whose epochs are held while the rest is split; the Earth's turn decides that of a splashdown."""
        return (0,) if self.entry.target else (0, _ENTRY)


def solve_round_trip(mission: MissionFile, ephemeris: Ephemeris | None, say: Progress) -> Flown:
    """Find the cheapest way there and back that meets the mission's terms, and fly it to the entry interface.

    Raises InfeasibleError if none meets the terms, ConvergenceError if a solver fails.
    """
    terms = _Terms.of(mission)
    forces = ForceModel(bodies=BODIES, moon_degree=MOON_DEGREE, ephemeris=ephemeris)
    launch = mission.launch
    end = launch.latest_tdb + launch.longest_wait_s + terms.total_s + _MARGIN_S
    check_covered(launch.earliest_tdb, end, forces.source, "launch, phase[2].total", margin_s=_MARGIN_S)
    _check_place(terms, forces)
    say("finding the orbit")
    orbit = family(terms.stay.family, EARTH_MOON_384400).select(**terms.stay.selection, which=terms.stay.which)
    # The site turns under the parking planes twice a day: each half of a day leads to a launch of its own.
    halves = (launch_days(mission)[:, None] + _HALVES_S).ravel()
    found: list[Route] = []
    for number, injection in enumerate(halves.tolist()):
        say(f"looking for ways there and back, {100 * number // len(halves)} %")
        found += _route(terms, orbit, injection, forces)
    route = _tied(terms, found, forces)
    say("flying there and back")
    return _flown(terms, route, orbit, forces, say)


def _check_place(terms: _Terms, forces: ForceModel) -> None:
    """The Moon's declination at the end decides which latitudes the range leads to."""
    place = splashdown_place(terms.entry)
    if place is None:
        return
    days, angle = launch_days(terms.mission), float(np.degrees(terms.entry.flight_path_rad))

    def reached(totals: Floats) -> NDArray[np.bool_]:
        ends = (days + totals[:, None]).ravel()
        low, high = reachable_deg(ends, terms.home.home_s, place, angle, forces).T
        found = (low <= place.latitude_deg) & (place.latitude_deg <= high)
        return np.asarray(found.reshape(len(totals), -1).any(axis=1))

    if not reached(terms.total_s + _HALF_DAY_S).any():
        totals = np.arange(terms.mission.least_time_s(terms.home), LONGEST_TOTAL_S, SECONDS_PER_DAY)
        kept = totals[reached(totals)] / SECONDS_PER_DAY
        told = spans(kept, 1.0) if len(kept) else ""
        raise InfeasibleError(
            f"{terms.total_s / SECONDS_PER_DAY:g} days end when {place.range_km:.0f} km after the entry do not lead to "
            f"latitude {place.latitude_deg:.1f} deg, by where the Moon is then",
            where="phase[2].total", allowed=f"about {told} days" if told else "none",
            remedy="change total or downrange",
        )  # fmt: skip


def _route(terms: _Terms, orbit: PeriodicOrbit, injection: float, forces: ForceModel) -> list[Route]:
    """The cheapest of an injection epoch, or none."""
    mission, out = terms.mission, terms.mission.translunar
    tilt = terms.entry.inclination_rad
    try:
        found = round_trip(
            orbit,
            injection,
            terms.total_s / SECONDS_PER_DAY,
            least_stay_days=terms.stay.duration_s / SECONDS_PER_DAY,
            splashdown=splashdown_place(terms.entry),
            return_inclination_deg=None if tilt is None else float(np.degrees(tilt)),
            flyby_altitude_km=out.flyby_altitude_km,
            return_flyby_altitude_km=terms.home.flyby_altitude_km,
            parking_altitude_km=mission.launch.parking_orbit.altitude_km,
            parking_inclination_deg=float(np.degrees(mission.launch.inclination_rad)),
            flight_path_deg=float(np.degrees(terms.entry.flight_path_rad)),
            out_days=_inside_days(out.out_s),
            beyond_days=_inside_days((*out.beyond_s, *terms.home.inward_s)),
            home_days=_inside_days(terms.home.home_s),
            forces=forces,
        )
    except NO_ROUTE:
        return []
    return [found]


def _inside_days(limits: tuple[float, ...]) -> tuple[float, float]:
    """A quarter and three quarters of the way."""
    low, high = min(limits) / SECONDS_PER_DAY, max(limits) / SECONDS_PER_DAY
    return low + 0.25 * (high - low), low + 0.75 * (high - low)


def _tied(terms: _Terms, found: list[Route], forces: ForceModel) -> Route:
    """The cheapest of the routes, made to pass over the launch site, that keeps dates and times of flight."""
    parking = parking_orbits(terms.mission, forces)

    def again(route: Route, points: Sequence[Point], guess: list[Floats]) -> Route:
        least = terms.stay.duration_s
        short = route.epochs_tdb[_DEPARTURE] - route.epochs_tdb[_INSERTION] < least + _AT_ITS_LEAST_S
        spans = [(_INSERTION, _DEPARTURE, least)] if short else []
        if not terms.entry.target:  # the total is kept
            guess[-1][-1] = guess[0][-1] + terms.total_s
        return optimise(points, guess, route.flight, held_epochs=terms.held, spans=spans)

    moved = [tied for route in found if (tied := moved_under(route, parking, again)) is not None]
    launch = terms.mission.launch
    fit = [r for r in moved if launch.earliest_tdb <= lift_off_tdb(r, parking)[0] <= launch.latest_tdb]
    kept = [route for route in fit if not _astray(terms, route)]
    if not kept:
        remedy = "widen out, beyond, inward and home, or change total"
        raise InfeasibleError(_none(terms, found, moved, fit), where="launch, phase[0], phase[2]", remedy=remedy)
    return min(kept, key=_cost)


def _none(terms: _Terms, found: list[Route], moved: list[Route], fit: list[Route]) -> str:
    """How far the search for a way there and back came."""
    if fit:
        return f"the cheapest {_astray(terms, min(fit, key=_cost))}"
    if moved:
        return f"none of {len(moved)} ways there and back lifts off within the launch dates"
    if found:
        return f"none of {len(found)} ways there and back passes over the launch site"
    return f"no legs out and home that fit together are found in {terms.total_s / SECONDS_PER_DAY:g} days"


def _cost(route: Route) -> float:
    return float(route.delta_v_km_s.sum())


def _astray(terms: _Terms, route: Route) -> str:
    """Which times of flight a route does not keep; nothing if it keeps them all."""
    out, _, home = terms.mission.translunar, terms.stay, terms.home
    times = np.diff(route.epochs_tdb)[[0, 1, 3, 4]]
    limits = {"out": out.out_s, "beyond": out.beyond_s, "inward": home.inward_s, "home": home.home_s}
    wrong = [
        f"takes {time / SECONDS_PER_DAY:.2f} days for {name}"
        for time, (name, (low, high)) in zip(times, limits.items(), strict=True)
        if not low <= time <= high
    ]
    return " and ".join(wrong)


def _flown(terms: _Terms, route: Route, orbit: PeriodicOrbit, forces: ForceModel, say: Progress) -> Flown:
    injected, passing, joined, left, _, met = (float(t) for t in route.epochs_tdb)
    coasts = (
        fly(route.side(0).state, injected, passing, forces, name="translunar coast"),
        fly(route.side(1).state, passing, joined, forces, center="moon", name="coast beyond the Moon"),
    )
    stay = fly(route.side(_INSERTION).state, joined, left, forces, center="moon", name="stay")
    mission, engine = terms.mission, terms.engine
    parking = parking_orbits(mission, forces)
    launch, parked = lift_off_tdb(route, parking)
    reached = coast_in_numbers(stay, orbit)
    insertion = Burn("insertion", joined, float(route.delta_v_km_s[_INSERTION]), engine, note=reached.note)
    end = route.side(_DEPARTURE, before=True).state
    closure = {"departure": miss_m(route.side(_INSERTION).state, joined, end, left, forces, ("moon", "moon"))}
    legs = (
        launch_leg(launch, parked, float(parking.inclination[0])),
        flyby_leg(route, coasts, launch, (mission.translunar.engine, engine)),
        stay_leg(reached, (insertion,), Trajectory([*coasts, stay]), closure),
        way_home_leg(route, _DEPARTURE, terms.home.engine, forces),
        entry_leg(route.side(_ENTRY, before=True).state, met, terms.entry, launch),
    )
    arcs = (*coasts, stay, *way_home_arcs(route, _DEPARTURE, forces))
    note = {"family": orbit.family, "period_days": orbit.period_days, "jacobi": orbit.jacobi}
    return Flown(mission, forces, say, 4, legs, arcs, notes={"distant_orbit": note})
