"""A planned mission: what it costs, when things happen, where it flies, and how it compares."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from lunarplan.io.files import write_atomic
from lunarplan.io.oem import TimeSystem, write_oem
from lunarplan.plan.budget import Budget, budget
from lunarplan.plan.compare import Comparison, compare
from lunarplan.plan.export import oem
from lunarplan.plan.solution import VEHICLE, DistantOrbitReached, OrbitReached, Solution, TrajectoryLike
from lunarplan.plan.timeline import Event, timeline
from lunarplan.plan.values import computed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from lunarplan.model.trajectory import Trajectory
    from lunarplan.plan.mission import Mission
    from lunarplan.transfers.aborts.aborts import Aborts


@dataclass(frozen=True)
class Plan:
    """A mission and its solution; made by `Mission.plan()`.

    mission      : the question
    solution     : the numbers the solver found
    budget       : delta-v and propellant, launcher and vehicle apart
    timeline     : every event, by epoch
    expectations : published values beside computed ones
    values       : every quantity `[expect]` knows, computed, in internal units
    """

    mission: "Mission"
    solution: Solution
    budget: Budget
    timeline: tuple[Event, ...]
    expectations: tuple[Comparison, ...]
    values: Mapping[str, float]

    @classmethod
    def of(cls, mission: "Mission", solution: Solution) -> "Plan":
        """Return the plan a solution makes; raises InfeasibleError if the tanks run dry on the way."""
        spent = budget(mission.craft, solution.burns, solution.separations)
        values = computed(solution, spent)
        comparisons = compare(mission.expectations, values)
        return cls(mission, solution, spent, timeline(solution, spent), comparisons, values)

    @property
    def closure_m(self) -> float:
        """The largest position difference to an independent propagation, m; `solution.closures_m` says where."""
        return self.solution.closure_m

    @property
    def events(self) -> tuple[Event, ...]:
        """The timeline under its name in the JSON."""
        return self.timeline

    @property
    def orbits(self) -> tuple[OrbitReached | DistantOrbitReached, ...]:
        """The orbits reached, in the order of time: after every insertion burn, at the end of a stay, a distant one."""
        return self.solution.orbits

    @property
    def trajectory(self) -> TrajectoryLike:
        return self.solution.trajectory

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """What the numbers rest on: mission, version, ephemeris, constants, force model, tolerances."""
        return {**self.mission.provenance, **self.solution.provenance}

    def plot(self) -> "Figure":
        """Return a figure of the whole mission; matplotlib is loaded here, and only here."""
        from lunarplan.plot import overview

        return overview(self)

    def aborts(self, epochs: Any = None, **options: Any) -> "Aborts":
        """Return the fastest and the cheapest ways out of the plan, home or to a station, from moments all along it.

        epochs  : anything `tdb_seconds` reads; every ``every_h`` = 6 h, if not given
        to      : a station: a path, or a family and a resonance, "L2 halo south 9:2"; home, if not given
        engine  : of the vehicle, whose propellant left at each moment is the delta-v there is; that it burned last
        most_delta_v_m_s : in its place
        the others : as in `lunarplan.transfers.aborts.aborts.aborts`
        """
        # Here and not above: it brings the compiled kernels, and reading a plan can do without.
        from lunarplan.plan.aborts import plan_aborts

        return plan_aborts(self, cast("Trajectory", self.trajectory), epochs, **options)

    def to_oem(self, path: str | Path, time_system: TimeSystem = "UTC") -> Path:
        """Write the trajectory as a CCSDS Orbit Ephemeris Message, and return its path."""
        burns = tuple(burn for burn in self.solution.burns if burn.craft == VEHICLE)
        return write_oem(path, oem(self.trajectory, burns, self.mission.name), time_system)

    def to_json(self, path: str | Path) -> Path:
        """Write `to_dict()` as JSON, and return the path."""
        text = json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        return write_atomic(path, text + "\n")

    def to_dict(self) -> dict[str, Any]:
        """Return the plan in the units of the edge: m/s, kg, s, UTC text."""
        return {
            "mission": self.mission.name,
            "closure_m": self.closure_m,
            "events": [event.to_dict() for event in self.timeline],
            "budget": self.budget.to_dict(),
            "orbits": [orbit.to_dict() for orbit in self.orbits],
            "expect": [comparison.to_dict() for comparison in self.expectations],
            "provenance": self.provenance,
        }

    def __repr__(self) -> str:
        return f"<Plan of {self.mission.name}: {len(self.timeline)} events, closes to {self.closure_m:.2g} m>"
