"""A mission as far as it is solved: what the solver of one phase hands to that of the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lunarplan.model.trajectory import Arc, Trajectory
from lunarplan.plan.budget import remaining
from lunarplan.plan.closure import CHECK
from lunarplan.plan.solution import VEHICLE, Leg, Progress, Solution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.phases import AnyPhase
    from lunarplan.config.schema import MissionFile
    from lunarplan.model.forces import ForceModel
    from lunarplan.model.vehicle import Vehicle
    from lunarplan.orbits.long_orbit import EphemerisOrbit

TOLERANCE = 1e-13  # of the propagations a plan reports


@dataclass(frozen=True)
class Flown:
    """Phases solved so far, their legs, and the arcs the vehicle flew.

    phases  : how many of the mission's phases are behind
    forces  : the field the arcs were flown in
    say     : called with a line of text as the work goes on
    station : the distant orbit the vehicle is on, from before it came to long after
    notes   : what the provenance has to say beside the field
    after   : the state after an impulse at the end, float64[6] about the Moon, which no arc shows yet
    """

    mission: MissionFile
    forces: ForceModel
    say: Progress
    phases: int
    legs: tuple[Leg, ...]
    arcs: tuple[Arc, ...]
    station: EphemerisOrbit | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)
    after: NDArray[np.float64] | None = None

    @property
    def left(self) -> tuple[AnyPhase, ...]:
        """The phases still to be solved."""
        return self.mission.phases[self.phases :]

    @property
    def end_tdb(self) -> float:
        return self.arcs[-1].end_tdb

    def end_state(self, center: str = "moon") -> NDArray[np.float64]:
        """Where the vehicle is now, float64[6], km and km/s, ICRF."""
        if self.after is not None and center == "moon":
            return self.after
        return np.asarray(self.arcs[-1].at(self.end_tdb, center)).reshape(6)

    def craft(self, name: str = VEHICLE) -> Vehicle:
        """A craft as the burns and separations so far have left it; raises InfeasibleError if its tanks are dry."""
        parts = [part for leg in self.legs for part in leg.separations]
        return remaining(self.mission.craft, [burn for leg in self.legs for burn in leg.burns], parts)[name]

    def then(self, *legs: Leg, arcs: tuple[Arc, ...] = (), phases: int = 1, **changes: Any) -> Self:
        """Return this with the legs and arcs of the next phases added."""
        if arcs:
            changes.setdefault("after", None)
        changes |= {"legs": self.legs + legs, "arcs": self.arcs + arcs, "phases": self.phases + phases}
        return replace(self, **changes)

    def solution(self) -> Solution:
        described = self.forces.describe() | {"tolerance": TOLERANCE, "check": CHECK}
        return Solution(self.legs, Trajectory(list(self.arcs)), provenance=described | dict(self.notes))
