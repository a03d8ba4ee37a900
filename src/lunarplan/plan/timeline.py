"""The events of a plan in the order they happen."""

import math
from dataclasses import dataclass
from typing import Any

from lunarplan.model.epochs import utc_iso
from lunarplan.plan.budget import Budget
from lunarplan.plan.solution import Burn, OrbitReached, Solution


@dataclass(frozen=True)
class Event:
    """One line of the timeline; only burns carry delta-v, duration (0 for an impulse), engine and masses."""

    name: str
    epoch_tdb: float
    note: str = ""
    delta_v_km_s: float | None = None
    duration_s: float | None = None
    engine: str | None = None
    propellant_kg: float | None = None
    mass_after_kg: float | None = None

    @property
    def epoch_utc(self) -> str:
        return utc_iso(self.epoch_tdb)

    @property
    def delta_v_m_s(self) -> float | None:
        return None if self.delta_v_km_s is None else self.delta_v_km_s * 1e3

    def to_dict(self) -> dict[str, Any]:
        """Return the event in the units of the edge."""
        return {
            "name": self.name,
            "epoch_utc": self.epoch_utc,
            "delta_v_m_s": self.delta_v_m_s,
            "duration_s": self.duration_s,
            "engine": self.engine,
            "propellant_kg": self.propellant_kg,
            "mass_after_kg": self.mass_after_kg,
            "note": self.note,
        }


def timeline(solution: Solution, spent: Budget) -> tuple[Event, ...]:
    """Return launch, burns, milestones and the end of the plan, sorted by epoch."""
    events = [_burn_event(burn, spent, number, note) for number, (burn, note) in enumerate(_noted(solution))]
    events += [Event(stone.name, stone.epoch_tdb, stone.note) for stone in solution.milestones]
    events += [
        Event("launch", solution.launch_tdb),
        Event("parking orbit", solution.parking_tdb, _parking_note(solution)),
        Event("end of plan", solution.trajectory.end_tdb, _end_note(solution)),
    ]
    if solution.flyby is None:
        height = solution.perilune_altitude_km
        events.append(Event("perilune", solution.perilune_tdb, f"unbraked, at {height:.1f} km"))
    return tuple(sorted(events, key=lambda event: event.epoch_tdb))


def _noted(solution: Solution) -> list[tuple[Burn, str]]:
    """The burns, and what is to be said of each."""
    notes = [_tli_note(solution)]
    if solution.flyby is not None:
        notes.append(f"at perilune, {solution.perilune_altitude_km:.1f} km")
    if solution.distant_orbit is not None:
        notes.append(solution.distant_orbit.note)
    notes += [_orbit_note(orbit) for orbit in solution.orbits]
    return list(zip(solution.burns, notes, strict=True))


def _end_note(solution: Solution) -> str:
    if solution.end_orbit is not None:
        return _orbit_note(solution.end_orbit)
    stay = solution.distant_orbit
    return f"{stay.least_radius_km:.0f} to {stay.greatest_radius_km:.0f} km from the Moon" if stay else ""


def _burn_event(burn: Burn, spent: Budget, number: int, note: str) -> Event:
    row = spent.rows[number]
    return Event(
        burn.name,
        burn.ignition_tdb,
        burn.note or note,
        burn.delta_v_km_s,
        burn.duration_s,
        burn.engine,
        row.propellant_kg,
        row.mass_after_kg,
    )


def _parking_note(solution: Solution) -> str:
    return f"inclination {math.degrees(solution.parking_inclination_rad):.2f} deg"


def _tli_note(solution: Solution) -> str:
    return f"C3 {solution.tli_c3_km2_s2:.3f} km2/s2"


def _orbit_note(orbit: OrbitReached) -> str:
    near, far = orbit.perilune_altitude_km, orbit.apolune_altitude_km
    return f"{near:.0f} x {far:.0f} km, {math.degrees(orbit.inclination_rad):.1f} deg"
