"""A mission: the question a plan answers."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lunarplan.config import library
from lunarplan.config.schema import MissionFile
from lunarplan.plan.plan import Plan
from lunarplan.plan.solution import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Executor

    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.scans.progress import Progress as ScanProgress
    from lunarplan.windows.answer import Windows
    from lunarplan.windows.constraint import Constraint


class Mission(MissionFile):
    """A mission, from a file or from a table of the same shape; frozen, and in internal units.

    `Mission.from_toml("change-6").plan()` is a plan.
    """

    @classmethod
    def from_toml(cls, name_or_path: str | Path) -> Self:
        """Return the mission of a file, given by its path or by the name of one that comes with lunarplan.

        Raises InputError: file, dotted key, what is wrong, what is allowed, what to do.
        """
        path = library.find(name_or_path)
        return cls.checked(library.read(path), path.name)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the mission of a table such as a mission file holds; values may be astropy Quantities.

        Raises InputError: dotted key, what is wrong, what is allowed, what to do.
        """
        return cls.checked(data)

    @property
    def name(self) -> str:
        return self.about.name

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the content in internal units: the same however the file spells it."""
        content = json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()

    @property
    def provenance(self) -> dict[str, Any]:
        """What a result of this mission must say of its origin."""
        return {"lunarplan": version("lunarplan"), "mission": self.name, "mission_sha256": self.sha256}

    def plan(self, ephemeris: "Ephemeris | None" = None, progress: Progress | None = None) -> Plan:
        """Return the plan: a converged trajectory, its budget, timeline and comparison.

        ephemeris : None for the packaged one
        progress  : called with a line of text as the work goes on

        Raises InfeasibleError or ConvergenceError, never returns half a plan.
        """
        # Here and not above: the solver brings the compiled kernels, and reading a mission can do without.
        from lunarplan.plan.solve import solve

        return Plan.of(self, solve(self, ephemeris=ephemeris, progress=progress))

    def windows(
        self,
        start: Any = None,
        end: Any = None,
        *,
        constraints: "Sequence[Constraint]" = (),
        ephemeris: "Ephemeris | None" = None,
        executor: "Executor | None" = None,
        chunk_cells: int = 2048,
        folder: str | Path | None = None,
        progress: "Callable[[ScanProgress], object] | None" = None,
        edge_tolerance_s: float | None = 1.0,
    ) -> "Windows":
        """Return the launch windows: every launch day, opportunity, flight time and azimuth, and why it is closed.

        What else is tried goes by the transfer: planes of arrival, phases of a station, ways home.

        start, end  : first and last launch day, anything `tdb_seconds` reads; those of the mission's launch if None
        constraints : more of them than the mission's `[windows]` table states, see `lunarplan.windows.constraints`
        ephemeris   : None for the packaged one
        executor, chunk_cells, folder, progress : how the cells are computed and kept, see `lunarplan.scans.scan.scan`
        edge_tolerance_s : to which the edges of daily windows are found between the azimuths that are tried, in this
                      process; None leaves them at those azimuths. See `lunarplan.windows.edges.sharpened`

        Raises InputError for days the ephemeris does not cover, and for what a scan cannot do.
        """
        _ = self.launch  # InputError, if there is none
        from lunarplan.plan.windows import windows
        from lunarplan.windows.answer import Windows

        found = windows(
            self, start, end, constraints=constraints, ephemeris=ephemeris, executor=executor, chunk_cells=chunk_cells,
            folder=folder, progress=progress, edge_tolerance_s=edge_tolerance_s,
        )  # fmt: skip
        return Windows(found.dataset.assign_attrs(self.provenance))
