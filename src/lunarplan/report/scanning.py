"""A scan for launch windows as the command line asks for it, and how far it is."""

from __future__ import annotations

import math
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn
from rich.table import Column
from rich.text import Text

from lunarplan.config.dates import epoch_tdb
from lunarplan.errors import InputError
from lunarplan.model.epochs import utc_iso
from lunarplan.report.progress import Patience

if TYPE_CHECKING:
    from lunarplan.plan.mission import Mission
    from lunarplan.scans.progress import Progress as HowFar
    from lunarplan.windows.answer import Windows

CHUNKS = "chunks"  # the folder, in that of the results, where a scan that is stopped goes on
_BAR = 20  # letters: the line fits into 80
_SHARES = 10  # lines a file gets, at most
_SCANNING = "scanning"


def launch_days(mission: Mission, first: str | None, last: str | None) -> tuple[float, float]:
    """Return the first and the last launch day, TDB s: dates as a mission file takes them, else the mission's own.

    Raises InputError for what is no date, and for a date without its fellow that lies beyond the mission's own.
    """
    own_first, own_last = (
        mission.launch.earliest_tdb,
        mission.launch.latest_tdb - 1.0,
    )  # a day ends at midnight after it
    start = own_first if first is None else _epoch("--from", first)
    end = max(own_last, own_first) if last is None else _epoch("--to", last)
    if end < start and (first is None or last is None):
        given, missing = ("--from", "--to") if last is None else ("--to", "--from")
        own = f"the mission's own launch days, {utc_iso(own_first, 0)[:10]} to {utc_iso(own_last, 0)[:10]}"
        side = "after" if last is None else "before"
        raise InputError(f"{first or last} is {side} {own}", where=given, remedy=f"give {missing} too")
    return start, end


def scanned(mission: Mission, first: float, last: float, folder: Path | None, progress: ScanPatience) -> Windows:
    """Return the windows of a span of days; chunks are kept in the folder meanwhile."""
    # Here and not above: they bring the compiled kernels, and the other commands can do without.
    from lunarplan.kernels.jit import compilation_notice

    with compilation_notice(cache(progress)):
        chunks = None if folder is None else folder / CHUNKS
        return mission.windows(first, last, folder=chunks, progress=progress.scanned)


def _epoch(option: str, text: str) -> float:
    try:
        return epoch_tdb(text)
    except InputError as error:
        raise InputError(error.what, where=option, allowed=error.allowed, remedy=error.remedy) from error


class ScanPatience(Patience):
    """Patience with a scan, which tells `scanned` how far it is.

    On a terminal a bar, cells a second and the time left; elsewhere a plain line for each tenth of the cells. A quiet
    one says only that kernels are being compiled.
    """

    def __init__(self, stream: TextIO, delay_s: float = 2.0, *, quiet: bool = False) -> None:
        super().__init__(stream, delay_s, quiet=quiet)
        columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(_BAR), _Rest(Column(no_wrap=True))
        self._live = Progress(*columns, console=Console(file=stream, highlight=False), transient=True)
        self._stage, self._share, self._what = _SCANNING, -1, ""

    def __enter__(self) -> Self:
        super().__enter__()
        self._live.update(self._task, total=None)
        return self

    def __call__(self, stage: str) -> None:
        if not stage.startswith(_SCANNING):
            self._live.update(self._task, total=None, rest="")
        super().__call__(stage)

    def scanned(self, far: HowFar) -> None:
        """Hear how far the scan is."""
        rest, share = told(far), _SHARES * far.done_cells // max(far.all_cells, 1)
        self._live.update(self._task, total=far.all_cells, completed=far.done_cells, rest=rest)
        if not self._plain:
            self(_SCANNING)
        elif (share > self._share or far.what != self._what) and far.rate_per_s:
            self._share, self._what = share, far.what
            self(f"{_SCANNING}: {rest}")


class _Rest(ProgressColumn):
    """What is told beside the bar."""

    def render(self, task: Task) -> Text:
        return Text(task.fields.get("rest", ""))


def told(far: HowFar) -> str:
    """How far a scan is: "12,288 of 68,180 cells; 1,210/s; 0:00:46 left"."""
    cells = f"{far.done_cells:,} of {far.all_cells:,} {far.what}"
    if not far.rate_per_s or not math.isfinite(far.left_s):
        return cells
    return f"{cells}; {far.rate_per_s:,.0f}/s; {timedelta(seconds=round(far.left_s))} left"
