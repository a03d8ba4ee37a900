"""Solve the way home from a low orbit: one burn, to an entry that comes down at a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.entry import Entry
from lunarplan.errors import InfeasibleError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.plan.closure import miss_m
from lunarplan.plan.entry_leg import entry_leg, splashdown_place
from lunarplan.plan.flown import Flown
from lunarplan.plan.solution import Burn, Leg
from lunarplan.transfers.splashdown import Splashdowns, cheapest_splashdowns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.way_home import WayHome

    Floats = NDArray[np.float64]

_STEP_S = 0.5 * SECONDS_PER_DAY  # between flight times tried: each is moved until the Earth has turned


def solve_tei(flown: Flown, terms: WayHome) -> Flown:
    """Find the cheapest departure of the next revolution, or within the leeway, and fly it to the interface.

    Raises InfeasibleError if none comes down at the place within the time of flight.
    """
    entry = flown.left[1]
    assert isinstance(entry, Entry)  # by the sequence of the phases
    flown.say("looking for ways home")
    wait_s = terms.leeway_s or _revolution_s(flown)
    waiting = fly(flown.end_state(), flown.end_tdb, forces=flown.forces, duration_s=wait_s, center="moon", name="wait")
    found = _ways(flown, Trajectory([waiting]), terms, entry)
    row = _cheapest(found, terms)
    flown.say("flying home")
    left, met = float(found.departure_tdb[row]), float(found.departure_tdb[row] + found.tof_s[row])
    state = found.departing_states[row]
    arcs = (
        *Trajectory([waiting]).until(left).arcs,
        fly(state, left, met, flown.forces, center="moon", name="way home"),
    )
    delta_v = float(found.delta_v_km_s[row])
    leg = Leg(
        "return",
        burns=(Burn("TEI", left, delta_v, terms.engine, note=f"{(met - left) / SECONDS_PER_DAY:.2f} days home"),),
        values={"return_delta_v": delta_v},
        closures_m={"entry": miss_m(state, left, found.entry.states[row], met, flown.forces, ("moon", "earth"))},
    )
    launched = flown.legs[0].values.get("launch_epoch", flown.mission.begins_tdb[0])
    return flown.then(leg, entry_leg(found.entry.states[row], met, entry, launched), arcs=arcs, phases=2)


def _revolution_s(flown: Flown) -> float:
    state, gm = flown.end_state(), flown.forces.gm("moon")
    a_km = 1.0 / (2.0 / np.linalg.norm(state[:3]) - state[3:] @ state[3:] / gm)
    return float(2.0 * np.pi * np.sqrt(a_km**3 / gm))


def _ways(flown: Flown, path: Trajectory, terms: WayHome, entry: Entry) -> Splashdowns:
    """The cheapest departures for flight times through their limits, eastwards and westwards over the Earth."""
    place = splashdown_place(entry)
    assert place is not None  # checked, from a low orbit
    low, high = terms.home_s
    times = np.linspace(low, high, max(2, int((high - low) / _STEP_S) + 1))
    return cheapest_splashdowns(
        path,
        path.start_tdb,
        path.end_tdb,
        np.repeat(times, 2),
        forces=flown.forces,
        latitude_deg=place.latitude_deg,
        longitude_deg=place.longitude_deg,
        range_km=place.range_km,
        prograde=np.tile([1.0, -1.0], len(times)),
        flight_path_deg=float(np.degrees(entry.flight_path_rad)),
    )


def _cheapest(found: Splashdowns, terms: WayHome) -> int:
    low, high = terms.home_s
    kept = found.ok & (found.tof_s >= low) & (found.tof_s <= high)
    if not kept.any():
        raise InfeasibleError(
            f"no way home comes down there within the time of flight: {found.reason(0)}",
            where="return, entry",
            remedy="widen home, or change downrange",
        )
    return int(np.flatnonzero(kept)[np.argmin(found.delta_v_km_s[kept])])
