"""Solve the way home from a distant orbit: departure, powered flyby, entry interface."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.entry import Entry
from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.trajectory import Arc, Trajectory
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.entry import entry_leg, splashdown_place
from lunarplan.plan.legs.way_home import way_home_arcs, way_home_leg
from lunarplan.plan.reach import reachable_deg, spans
from lunarplan.plan.stay import ended_at, stay_arc
from lunarplan.transfers.flybys.powered_flyby import from_distant_orbit

if TYPE_CHECKING:
    from lunarplan.config.way_home import WayHome
    from lunarplan.transfers.route import Route

_LOOKS = 5  # at departures spread over the leeway
_ON_TIME_S = 1.0


def solve_way_home(flown: Flown, terms: WayHome) -> Flown:
    """Find the cheapest way home that keeps the terms, end the stay when it begins, and fly it to the interface.

    Raises InfeasibleError if none keeps them.
    """
    entry = flown.left[1]
    assert isinstance(entry, Entry)  # by the sequence of the phases
    route = min(_routes(flown, terms, entry), key=lambda r: float(r.delta_v_km_s.sum()))
    flown.say("flying home")
    left, _, met = (float(t) for t in route.epochs_tdb)
    launched = flown.legs[0].values.get("launch_epoch", flown.mission.begins_tdb[0])
    last = entry_leg(route.side(2, before=True).state, met, entry, launched)
    there, arcs = way_home_leg(route, 0, terms.engine, flown.forces), way_home_arcs(route, 0, flown.forces)
    return _stay_ended(flown, left).then(there, last, arcs=arcs, phases=2)


def _routes(flown: Flown, terms: WayHome, entry: Entry) -> list[Route]:
    """Those that keep the terms, from departures over the leeway."""
    when = _when_in_reach(flown, terms, entry)
    found: list[Route] = []
    looks = np.linspace(-1.0, 1.0, _LOOKS) if terms.leeway_s else np.zeros(1)
    for number, look in enumerate(looks):
        flown.say(f"looking for ways home, {100 * number // len(looks)} %")
        try:
            found.append(_route(flown, terms, entry, flown.end_tdb + 0.8 * look * terms.leeway_s))
        except (InfeasibleError, ConvergenceError, InputError):  # InputError: beyond an end of the station's path
            continue
    back = _back_tdb(flown)
    kept = [route for route in found if _keeps(route, terms, flown.end_tdb) and route.epochs_tdb[0] >= back]
    if not kept:
        what = _astray(found[0], flown.end_tdb) if found else f"no way home closes{when}"
        raise InfeasibleError(
            what, where="return", remedy="widen leeway, inward or home, or end the stay at another time"
        )
    return kept


def _when_in_reach(flown: Flown, terms: WayHome, entry: Entry) -> str:
    """When a way home must end for the range to lead to the place, if that matters: by where the Moon stands then.

    Raises InfeasibleError if it never does.
    """
    place = splashdown_place(entry)
    sooner, later = (terms.inward_s[k] + terms.home_s[k] for k in (0, 1))
    days = np.arange(sooner - terms.leeway_s, later + terms.leeway_s + SECONDS_PER_DAY, SECONDS_PER_DAY)
    days = days[flown.end_tdb + days < flown.forces.source.end_tdb - SECONDS_PER_DAY]
    if place is None or not len(days):
        return ""
    angle = float(np.degrees(entry.flight_path_rad))
    low, high = reachable_deg(flown.end_tdb + days, terms.home_s, place, angle, flown.forces).T
    reached = (low <= place.latitude_deg) & (place.latitude_deg <= high)
    if not reached.any():
        raise InfeasibleError(
            f"{place.range_km:.0f} km after the entry do not lead to latitude {place.latitude_deg:.1f} deg, by where "
            "the Moon is then",
            where="return, entry.latitude",
            allowed=f"about {low.min():.0f} to {high.max():.0f} deg",
            remedy="change downrange, or end the stay at another time",
        )
    told = spans(days[reached] / SECONDS_PER_DAY, 1.0)
    return "" if reached.all() else f"; its latitude is in reach of entries some {told} days after the end of the stay"


def _back_tdb(flown: Flown) -> float:
    """When the last of those who left the station meanwhile is back."""
    return max(
        (burn.ignition_tdb for leg in flown.legs if leg.phase == "sortie" for burn in leg.burns), default=-np.inf
    )


def _route(flown: Flown, terms: WayHome, entry: Entry, departure: float) -> Route:
    assert flown.station is not None  # it is on a distant orbit
    return from_distant_orbit(
        flown.station,
        departure,
        flyby_altitude_km=terms.flyby_altitude_km,
        beyond_days=_inside(terms.inward_s),
        home_days=_inside(terms.home_s),
        flight_path_deg=float(np.degrees(entry.flight_path_rad)),
        return_inclination_deg=None if entry.inclination_rad is None else float(np.degrees(entry.inclination_rad)),
        splashdown=splashdown_place(entry),
        hold_departure=terms.leeway_s == 0.0,
        forces=flown.forces,
    )


def _inside(limits: tuple[float, float]) -> list[float]:
    """A quarter, half and three quarters of the way, days."""
    low, high = limits
    return [(low + share * (high - low)) / SECONDS_PER_DAY for share in (0.25, 0.5, 0.75)]


def _keeps(route: Route, terms: WayHome, end: float) -> bool:
    inward, home = np.diff(route.epochs_tdb)
    early = abs(route.epochs_tdb[0] - end) <= terms.leeway_s + _ON_TIME_S
    within = (low <= time <= high for time, (low, high) in ((inward, terms.inward_s), (home, terms.home_s)))
    return bool(early) and all(within)


def _astray(route: Route, end: float) -> str:
    late, (inward, home) = (route.epochs_tdb[0] - end) / SECONDS_PER_DAY, np.diff(route.epochs_tdb) / SECONDS_PER_DAY
    return (
        "no way home keeps the terms; one leaves "
        f"{late:+.2f} days from the end of the stay and takes {inward:.2f} days to the flyby and {home:.2f} home"
    )


def _stay_ended(flown: Flown, end: float) -> Flown:
    """The mission so far, its stay ended at another epoch."""
    assert flown.station is not None
    start = float(flown.legs[-1].orbits[-1].epoch_tdb)
    before = tuple(arc for arc in flown.arcs if arc.end_tdb <= start + _ON_TIME_S)
    arcs: tuple[Arc, ...] = (*before, stay_arc(flown.station, start, end))
    stay = ended_at(flown.legs[-1], flown.station, end, Trajectory(list(arcs)))
    return replace(flown, legs=(*flown.legs[:-1], stay), arcs=arcs)
