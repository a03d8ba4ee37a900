"""A stay on a distant orbit: its part of the station's path, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model import events
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.trajectory import Trajectory
from lunarplan.plan.closure import miss_m
from lunarplan.plan.legs.shared import long_eclipses
from lunarplan.plan.solution import Burn, DistantOrbitReached, Leg, Milestone

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.trajectory import Arc
    from lunarplan.orbits.long_orbit import EphemerisOrbit
    from lunarplan.orbits.orbit import PeriodicOrbit

    Floats = NDArray[np.float64]

BEGUN = "start"  # of a mission without a launch
_SEAM_S = 1e-3


def stay_arc(station: EphemerisOrbit, start: float, end: float) -> Arc:
    """The path of a station from one epoch to another."""
    arc = station.trajectory.arcs[0]
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


def stay_in_numbers(station: EphemerisOrbit, orbit: PeriodicOrbit, start: float, end: float) -> DistantOrbitReached:
    """The stay in numbers; where it is short, the periodic orbit's period stands for its own."""
    return _in_numbers(station, _note(orbit), orbit.period_days * SECONDS_PER_DAY, start, end)


def coast_in_numbers(stay: Arc, orbit: PeriodicOrbit) -> DistantOrbitReached:
    """Likewise, of a stay that is a coast of its own."""
    path = Trajectory([stay])
    turns = events.find(path, events.perilune_passage()), events.find(path, events.apolune_passage())
    return _reached(path, turns, _note(orbit), orbit.period_days * SECONDS_PER_DAY, stay.start_tdb, stay.end_tdb)


def _note(orbit: PeriodicOrbit) -> str:
    return f"{orbit.family}, period {orbit.period_days:.3f} d"


def _in_numbers(station: EphemerisOrbit, note: str, period_s: float, start: float, end: float) -> DistantOrbitReached:
    turns = station.perilunes.tdb, station.apolunes.tdb
    return _reached(station.trajectory, turns, note, period_s, start, end)


def _reached(
    path: Trajectory, turns: tuple[Floats, Floats], note: str, period_s: float, start: float, end: float
) -> DistantOrbitReached:
    """A stay from one epoch to another; turns : perilunes and apolunes of the path."""
    near, far = (tdb[(tdb > start) & (tdb < end)] for tdb in turns)
    mean = float(np.diff(near).mean()) if len(near) > 1 else period_s
    tdb = np.concatenate([np.linspace(start, end, 2 + int((end - start) / 1800.0)), near, far])
    radius = np.linalg.norm(path.at(tdb, "moon")[:, :3], axis=1)
    return DistantOrbitReached(start, note, mean, float(radius.min()), float(radius.max()))


def stay_closures_m(station: EphemerisOrbit, start: float, end: float) -> dict[str, float]:
    """The proof of a stay: the largest miss of any day or so, flown again; errors of all of it would grow too far.

    Empty for a stay of no time.
    """
    cuts = station.tdb[(station.tdb > start) & (station.tdb < end)]
    cuts = np.concatenate([[start], cuts, [end]])
    states, moon = station.at(cuts), ("moon", "moon")
    days = zip(states, cuts, states[1:], cuts[1:], strict=False)
    misses = [miss_m(a, t, b, u, station.forces, moon) for a, t, b, u in days if u - t > _SEAM_S]
    return {"stay": max(misses)} if misses else {}


def stay_leg(
    reached: DistantOrbitReached,
    burns: tuple[Burn, ...],
    path: Trajectory,
    closures_m: dict[str, float],
    begun: tuple[Milestone, ...] = (),
) -> Leg:
    """The leg of a stay; eclipses are those of a path."""
    values = {
        "orbit_period": reached.period_s,
        "orbit_least_radius": reached.least_radius_km,
        "orbit_greatest_radius": reached.greatest_radius_km,
    }
    stones = *begun, *long_eclipses(path)
    return Leg("distant_orbit", burns=burns, milestones=stones, orbits=(reached,), values=values, closures_m=closures_m)


def ended_at(leg: Leg, station: EphemerisOrbit, end: float, path: Trajectory) -> Leg:
    """The leg of a stay that ends at another epoch than it was to."""
    was = leg.orbits[-1]
    assert isinstance(was, DistantOrbitReached)
    start = was.epoch_tdb
    begun = tuple(stone for stone in leg.milestones if stone.name == BEGUN)
    reached = _in_numbers(station, was.note, was.period_s, start, end)
    return stay_leg(reached, leg.burns, path, stay_closures_m(station, start, end), begun)
