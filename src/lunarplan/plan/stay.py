"""A stay on a distant orbit: its part of the station's path, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.plan.legs import long_eclipses
from lunarplan.plan.solution import Burn, DistantOrbitReached, Leg

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.trajectory import Arc, Trajectory
    from lunarplan.orbits.long_orbit import EphemerisOrbit
    from lunarplan.orbits.orbit import PeriodicOrbit

    Floats = NDArray[np.float64]


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
    note = f"{orbit.family}, period {orbit.period_days:.3f} d"
    return _in_numbers(station, note, orbit.period_days * SECONDS_PER_DAY, start, end)


def _in_numbers(station: EphemerisOrbit, note: str, period_s: float, start: float, end: float) -> DistantOrbitReached:
    passages = station.perilunes.tdb
    passages = passages[(passages >= start) & (passages <= end)]
    mean = float(np.diff(passages).mean()) if len(passages) > 1 else period_s
    tdb = np.linspace(start, end, 2 + int((end - start) / 1800.0))
    apsides = np.concatenate([station.perilunes.tdb, station.apolunes.tdb])
    tdb = np.append(tdb, apsides[(apsides > start) & (apsides < end)])
    radius = np.linalg.norm(station.at(tdb)[:, :3], axis=1)
    return DistantOrbitReached(start, note, mean, float(radius.min()), float(radius.max()))


def stay_leg(reached: DistantOrbitReached, burns: tuple[Burn, ...], path: Trajectory) -> Leg:
    """The leg of a stay; eclipses are those of a path."""
    values = {
        "orbit_period": reached.period_s,
        "orbit_least_radius": reached.least_radius_km,
        "orbit_greatest_radius": reached.greatest_radius_km,
    }
    return Leg("distant_orbit", burns=burns, milestones=long_eclipses(path), orbits=(reached,), values=values)


def ended_at(leg: Leg, station: EphemerisOrbit, end: float, path: Trajectory) -> Leg:
    """The leg of a stay that ends at another epoch than it was to."""
    was = leg.orbits[-1]
    assert isinstance(was, DistantOrbitReached)
    return stay_leg(_in_numbers(station, was.note, was.period_s, was.epoch_tdb, end), leg.burns, path)
