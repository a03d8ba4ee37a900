"""The launch windows of a mission: its launch site, parking orbit, flight times and limits, over a span of days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.epochs import one_epoch
from lunarplan.plan.launches.direct import direct
from lunarplan.plan.launches.distant import distant
from lunarplan.plan.launches.free_return import free_return
from lunarplan.plan.launches.low_energy import low_energy
from lunarplan.plan.launches.terms import Asked, WindowJob
from lunarplan.scans.grid import Grid
from lunarplan.scans.progress import Progress
from lunarplan.scans.scan import scan
from lunarplan.windows.answer import Windows
from lunarplan.windows.constraint import Constraint, check_constraints
from lunarplan.windows.edges import checked_tolerance_s, sharpened

if TYPE_CHECKING:
    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris

# what is computed in each cell, and the cells, by the transfer of the translunar phase
KINDS: dict[str, Callable[[Asked], tuple[WindowJob, Grid]]] = {
    "direct": direct,
    "powered_flyby": distant,
    "free_return": free_return,
    "low_energy": low_energy,
}
_STEPPED = ("low_energy",)  # edges stay at the azimuths scanned: each further azimuth needs a month of guesses


def windows(
    mission: MissionFile,
    start: Any = None,
    end: Any = None,
    *,
    constraints: Sequence[Constraint] = (),
    ephemeris: Ephemeris | None = None,
    executor: Executor | None = None,
    chunk_cells: int = 2048,
    folder: str | Path | None = None,
    progress: Callable[[Progress], object] | None = None,
    edge_tolerance_s: float | None = 1.0,
) -> Windows:
    """Scan a mission's launch windows, see `Mission.windows`."""
    transfer = mission.translunar.transfer
    if transfer not in KINDS:
        raise InputError(f'none are found for "{transfer}"', where="phase.transfer", allowed=", ".join(KINDS))
    check_constraints(constraints)
    if edge_tolerance_s is not None:
        checked_tolerance_s(edge_tolerance_s)
    first = mission.launch.earliest_tdb if start is None else one_epoch(start)
    # the end of a day is midnight after it, and the next day already
    last = mission.launch.latest_tdb - 1.0 if end is None else one_epoch(end)
    workers = None if executor is None else 1
    job, grid = KINDS[transfer](Asked(mission, first, last, tuple(constraints), ephemeris, workers))
    check_constraints(job.constraints)  # those of the file and those given have names of their own
    found = Windows(labelled(scan(job, grid, executor, chunk_cells, folder, progress), job))
    if edge_tolerance_s is None or transfer in _STEPPED:
        return found
    return sharpened(found, replace(cast(Any, job), workers=None), edge_tolerance_s, progress)


def labelled(answer: Any, job: WindowJob) -> Any:
    """The dataset of a scan, its constraints, codes and burns named."""
    codes = job.reasons
    labelled = answer.assign_coords(
        constraint=("constraint", np.array([c.name for c in job.constraints], dtype=str)),
        unit=("constraint", np.array([c.unit for c in job.constraints], dtype=str)),
        scale=("constraint", np.array([c.scale for c in job.constraints], dtype=float)),
    )
    labelled.attrs |= {
        "codes": np.array(list(codes), np.int16),
        "reasons": "; ".join(codes.values()),
        "burns": " ".join(job.burns),
    }
    return labelled
