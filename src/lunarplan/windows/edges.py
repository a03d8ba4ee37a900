"""The edges of daily windows to a second of lift-off, between the last open azimuth of a scan and the first closed one.

Every rule has a signed margin, which goes on from azimuth to azimuth: where the least of them is nought, the window
ends. All edges are looked for together, by the job of the scan itself: what is told of each is a converged transfer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lunarplan.errors import LunarplanError
from lunarplan.model.epochs import utc_days
from lunarplan.model.rows import scalar
from lunarplan.scans.progress import Meter, Progress
from lunarplan.scans.scan import Job
from lunarplan.windows.answer import Windows
from lunarplan.windows.departure import NO_TRANSFER, OPEN, OTHER_DAY, noon_tdb
from lunarplan.windows.sweeps import ABOVE, BELOW, NEXT_S, SIDES, Cell

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Place = dict[str, Array]

_NARROWEST_DEG = 1e-4  # of azimuth: 0.05 s of lift-off, or a little more
_ABOUT = np.array([-1.0, 0.0, 1.0])  # where an edge is likely, in steps
_QUARTER, _WIDEST_STEP, _LEAST_STEP, _CLOSER = 0.25, 0.05, 5e-4, 0.1  # of a bracket
_TOGETHER = 256  # edges; a round of them takes a few seconds and no more memory than a chunk of a scan
_EPOCH = np.datetime64("1858-11-17", "D")


def sharpened(
    windows: Windows, job: Job, tolerance_s: float = 1.0, progress: Callable[[Progress], object] | None = None
) -> Windows:
    """Return windows whose calendars, of all launches or of one opportunity, know their edges to a second.

    job         : that of the scan
    tolerance_s : between the last launch that keeps all rules, which is told, and the first that does not. Where
                  transfers end and no margin does, an edge lies within 1e-4 deg of azimuth

    Edges at the first and the last azimuth stay those of the scan. A window that goes on over midnight into a day that
    was not scanned is followed there.

    Raises InputError for a tolerance out of range, and whatever the job raises.
    """
    tolerance_s = checked_tolerance_s(tolerance_s)
    ends = _ends(windows)
    if not ends:
        return Windows(windows.dataset.assign_attrs(edge_tolerance_s=tolerance_s))
    meter = Meter(progress, len(ends), 0, "edges")
    shape = (*windows.open.shape, len(SIDES))
    tdb, azimuth_deg, code = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, np.int16)
    for start in range(0, len(ends), _TOGETHER):
        some = ends[start : start + _TOGETHER]
        last, beyond = _solved(_Question(windows, job, some), tolerance_s, meter)
        at = tuple(np.array([(*cell, side) for cell, side in some]).T)
        tdb[at], azimuth_deg[at], code[at] = last.tdb, last.azimuth_deg, beyond.code
    dims = (*windows.axes, "side")
    dataset = windows.dataset.assign(
        edge_tdb=(dims, tdb, {"units": "s", "long_name": "lift-off at the edge of a daily window, TDB past J2000"}),
        edge_azimuth_deg=(dims, azimuth_deg, {"units": "deg", "long_name": "azimuth there"}),
        edge_code=(dims, code, {"long_name": "why it is closed beyond, see reasons; 0: the azimuth limit"}),
    ).assign_coords(side=("side", np.array(SIDES), {"long_name": "towards lower or higher azimuths"}))
    return Windows(dataset.assign_attrs(edge_tolerance_s=tolerance_s))


def _ends(windows: Windows) -> list[tuple[Cell, int]]:
    """Last open cells of the sweeps that calendars tell of, and on which side of them the window ends."""
    found: dict[tuple[Cell, int], None] = {}
    for axes in (("launch_day",), *[("launch_day", "opportunity")] * ("opportunity" in windows.axes)):
        for cell in windows.best_cells(*axes):
            for sweep in windows.sweeps.around(cell) if windows.open[cell] else []:
                ends = (sweep[0], BELOW), (sweep[-1], ABOVE)
                found |= {(end, side): None for end, side in ends if not windows.sweeps.at_limit(end, side)}
    return list(found)


def checked_tolerance_s(tolerance_s: float) -> float:
    """Return a tolerance for edges; raises InputError unless it is one."""
    return scalar("edge_tolerance_s", tolerance_s, 1e-3, 3600.0, "s")


@dataclass(frozen=True)
class _Tried:
    """Launches at azimuths. Closed ones may have no lift-off and no margin: NaN; code says why."""

    azimuth_deg: Floats
    tdb: Floats
    margin: Floats
    code: Array

    def rows(self, rows: Array) -> Self:
        return type(self)(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    def put(self, rows: Array, other: Self) -> None:
        for f in fields(self):
            getattr(self, f.name)[rows] = getattr(other, f.name)


class _Question:
    """Edges, each between a last open azimuth and the one beyond it."""

    def __init__(self, windows: Windows, job: Job, ends: list[tuple[Cell, int]]) -> None:
        self._job, self._scale = job, windows.dataset["scale"].values
        at = tuple(np.array([cell for cell, _ in ends]).T)
        values = {name: windows.dataset[name].values for name in (*windows.axes, "launch_tdb", "margin")}
        self._azimuths, self._further = values["azimuth_deg"], np.array([(-1, 1)[side] for _, side in ends])
        self._days = utc_days(noon_tdb(windows.dataset["launch_day"].values[[0, -1]]))[0] + [-1, 1]  # that are tried
        self._place = {name: values[name][k] for name, k in zip(windows.axes[1:-1], at[1:-1], strict=True)}
        self._reached = at[-1]
        self.last_open = _Tried(
            self._azimuths[at[-1]],
            values["launch_tdb"][at],
            self._least(values["margin"][at]),
            np.full(len(ends), OPEN),
        )

    def beyond(self) -> _Tried:
        """Launches at the next closed azimuths of the scan; where it ends before, the last ones, which are open."""
        last, rows = self.last_open, np.arange(len(self._reached))
        beyond = _Tried(last.azimuth_deg.copy(), last.tdb.copy(), last.margin.copy(), last.code.copy())
        while len(rows):
            self._reached[rows] += self._further[rows]
            beyond.put(rows, self.tried(rows, self._azimuths[self._reached[rows]], last.tdb[rows]))
            rows = rows[beyond.code[rows] == OPEN]  # on days that were not scanned
            last.put(rows, beyond.rows(rows))
            rows = rows[(self._reached[rows] > 0) & (self._reached[rows] < len(self._azimuths) - 1)]
        return beyond

    def tried(self, rows: Array, azimuth_deg: Floats, near_tdb: Floats) -> _Tried:
        """Launches of some of the edges, those nearest to epochs."""
        days = utc_days(near_tdb)[0]
        answer = self._asked(rows, azimuth_deg, days)
        away = answer["launch_tdb"] - near_tdb
        astray = np.flatnonzero(np.abs(away) > NEXT_S)  # of the lunar day before or after
        other = self._asked(rows[astray], azimuth_deg[astray], days[astray] - np.sign(away[astray]).astype(int))
        for name, values in answer.items():
            values[astray] = other[name]
        return self._judged(answer, azimuth_deg, near_tdb)

    def _asked(self, rows: Array, azimuth_deg: Floats, days: Array) -> dict[str, Array]:
        days = np.clip(days, *self._days)
        place = {name: values[rows] for name, values in self._place.items()}
        cells = {"launch_day": (_EPOCH + days).astype("datetime64[ns]"), **place, "azimuth_deg": azimuth_deg}
        try:
            return {name: np.array(values) for name, values in self._job(cells).items()}
        except LunarplanError as error:
            where = ": ".join(filter(None, ("edges of daily windows", error.where)))
            remedy = "; or ".join(
                filter(None, (error.remedy, "leave edges at the azimuths tried: edge_tolerance_s=None"))
            )
            raise type(error)(error.what, where=where, allowed=error.allowed, remedy=remedy) from error

    def _judged(self, answer: dict[str, Array], azimuth_deg: Floats, near_tdb: Floats) -> _Tried:
        """By margins alone, on whichever day it is; another window's launch is none."""
        tdb, margin, code = answer["launch_tdb"], answer["margin"], answer["code"].astype(int)
        least = self._least(margin)
        with np.errstate(invalid="ignore"):
            found = (np.abs(tdb - near_tdb) <= NEXT_S) & ((code >= OPEN) | (code == OTHER_DAY))
        scaled = np.where(np.isnan(margin), np.inf, margin / self._scale)
        broken = 1 + scaled.argmin(axis=1) if margin.shape[1] else np.full(len(code), OPEN)
        code = np.where(found, np.where(least >= 0.0, OPEN, broken), np.where(code < OPEN, code, NO_TRANSFER))
        code[~found & (code == OTHER_DAY)] = NO_TRANSFER
        return _Tried(azimuth_deg, tdb, np.where(found, least, np.nan), code)

    def _least(self, margin: Floats) -> Floats:
        return np.asarray((margin / self._scale).min(axis=-1, initial=np.inf))


def _solved(question: _Question, tolerance_s: float, meter: Meter) -> tuple[_Tried, _Tried]:
    """The last open launch and the first closed one of every edge; at the limit of the azimuths twice the same.

    In each round three azimuths between the two: about where a line through their margins is nought, the closer the
    better the last round went; at the quarters where there are no margins, or they do not lead on, and at first, as two
    rules may close azimuths.
    """
    last, beyond = question.last_open, question.beyond()
    rows, step = np.arange(len(last.code)), np.full(len(last.code), _QUARTER)
    while len(rows):
        width = beyond.azimuth_deg - last.azimuth_deg
        with np.errstate(invalid="ignore"):
            near = np.abs(beyond.tdb - last.tdb) <= tolerance_s
        left = rows[((beyond.code != OPEN) & ~near & (np.abs(width) > _NARROWEST_DEG * min(tolerance_s, 1.0)))[rows]]
        meter.add(len(rows) - len(left))
        rows, n = left, len(_ABOUT)
        azimuths = last.azimuth_deg[rows, None] + width[rows, None] * _shares(last, beyond, rows, step[rows])
        some = np.repeat(rows, n)
        found = question.tried(some, azimuths.ravel(), last.tdb[some])
        closed = (found.code != OPEN).reshape(azimuths.shape)
        first = np.where(closed.any(axis=1), closed.argmax(axis=1), n)
        place = np.arange(len(rows)) * n + first
        last.put(rows[first > 0], found.rows((place - 1)[first > 0]))
        beyond.put(rows[first < n], found.rows(place[first < n]))
        well = np.abs((beyond.azimuth_deg - last.azimuth_deg)[rows]) <= 0.5 * np.abs(width[rows])
        step[rows] = np.where(well, np.clip(_CLOSER * step[rows], _LEAST_STEP, _WIDEST_STEP), _QUARTER)
    return last, beyond


def _shares(last: _Tried, beyond: _Tried, rows: Array, step: Floats) -> Floats:
    """Azimuths to try, of the way from the open one to the closed one, float64[rows, 3]."""
    inside, outside = last.margin[rows], beyond.margin[rows]
    with np.errstate(invalid="ignore"):
        known = np.isfinite(inside) & np.isfinite(outside) & (outside < 0.0) & (step < _QUARTER)
    share = np.divide(inside, inside - outside, out=np.full(len(rows), 0.5), where=known)
    shares = share[:, None] + np.where(known, step, _QUARTER)[:, None] * _ABOUT
    return np.asarray(np.clip(shares, _LEAST_STEP, 1.0 - _LEAST_STEP))
