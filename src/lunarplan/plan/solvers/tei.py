"""Solve the way home from a low orbit: one burn, or two, to an entry that comes down at a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lunarplan.config.entry import Entry
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.trajectory import fly
from lunarplan.plan.closure import miss_m
from lunarplan.plan.departure_ellipse import by_ellipse
from lunarplan.plan.departures import Departure, WaysHome, looks_tdb, revolution_s
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.entry import entry_leg
from lunarplan.plan.solution import Burn, Leg
from lunarplan.transfers.to_moon.insertion import orbiting

if TYPE_CHECKING:
    from lunarplan.config.way_home import WayHome


def solve_tei(flown: Flown, terms: WayHome) -> Flown:
    """Find the cheapest departure of the next revolution, or within the leeway, and fly it to the interface.

    Raises InfeasibleError if none comes down at the place within the time of flight.
    """
    entry = flown.left[1]
    assert isinstance(entry, Entry)  # by the sequence of the phases
    flown.say("looking for ways home")
    ways = WaysHome.of(flown, terms, entry)
    out = by_ellipse(flown, ways, terms.ellipse, terms.engine) if terms.ellipse else _directly(flown, ways)
    flown.say("flying home")
    found, row = out.found, out.row
    left, met = float(found.departure_tdb[row]), float(found.departure_tdb[row] + found.tof_s[row])
    state, end = found.departing_states[row], found.entry.states[row]
    home = fly(state, left, met, flown.forces, center="moon", name="way home")
    delta_v = float(found.delta_v_km_s[row])
    tei = Burn("TEI", left, delta_v, terms.engine, note=f"{(met - left) / SECONDS_PER_DAY:.2f} days home")
    leg = Leg(
        "return",
        burns=(*out.burns, tei),
        orbits=out.orbits,
        values={"return_delta_v": delta_v + sum(burn.delta_v_km_s for burn in out.burns)},
        closures_m=dict(out.closures_m) | {"entry": miss_m(state, left, end, met, flown.forces, ("moon", "earth"))},
    )
    launched = flown.legs[0].values.get("launch_epoch", flown.mission.begins_tdb[0])
    return flown.then(leg, entry_leg(end, met, entry, launched), arcs=(*out.arcs, home), phases=2)


def _directly(flown: Flown, ways: WaysHome) -> Departure:
    """By one burn, from the orbit as it is."""
    around_s = revolution_s(flown)
    wait_s = ways.terms.leeway_s or around_s
    waiting = orbiting(flown.end_state(), flown.end_tdb, wait_s, flown.forces, name="wait")
    looks = looks_tdb(waiting.start_tdb, waiting.end_tdb, around_s)
    found, row = ways.cheapest(waiting.trajectory, *looks)
    return Departure(tuple(waiting.trajectory.until(float(found.departure_tdb[row])).arcs), found, row)
