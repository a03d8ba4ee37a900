"""The events of a plan in the order they happen."""

from dataclasses import dataclass
from typing import Any

from lunarplan.model.epochs import utc_iso
from lunarplan.plan.budget import Budget, BudgetRow
from lunarplan.plan.solution import VEHICLE, Burn, Milestone, Separation, Solution


@dataclass(frozen=True)
class Event:
    """One line of the timeline; only burns carry delta-v, duration (0 for an impulse), engine and masses.

    craft : whose event it is
    """

    name: str
    epoch_tdb: float
    note: str = ""
    delta_v_km_s: float | None = None
    duration_s: float | None = None
    engine: str | None = None
    propellant_kg: float | None = None
    mass_after_kg: float | None = None
    craft: str = VEHICLE

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
            "craft": self.craft,
            "engine": self.engine,
            "propellant_kg": self.propellant_kg,
            "mass_after_kg": self.mass_after_kg,
            "note": self.note,
        }


def timeline(solution: Solution, spent: Budget) -> tuple[Event, ...]:
    """Return milestones, burns, separations and the end of the plan, sorted by epoch."""
    events = [_burn_event(burn, row) for burn, row in zip(solution.burns, spent.rows, strict=True)]
    parts: tuple[Milestone | Separation, ...] = (*solution.milestones, *solution.separations)
    events += [Event(part.name, part.epoch_tdb, part.note, craft=part.craft) for part in parts]
    last = solution.legs[-1].orbits
    events.append(Event("end of plan", solution.trajectory.end_tdb, last[-1].in_words if last else ""))
    return tuple(sorted(events, key=lambda event: event.epoch_tdb))


def _burn_event(burn: Burn, row: BudgetRow) -> Event:
    return Event(
        burn.name,
        burn.ignition_tdb,
        burn.note,
        burn.delta_v_km_s,
        burn.duration_s,
        burn.engine,
        row.propellant_kg,
        row.mass_after_kg,
        burn.craft,
    )
