"""The answer of a scan for launch windows: the dataset, and what people ask it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lunarplan.errors import DataError, InputError
from lunarplan.io.netcdf import read_netcdf, write_netcdf
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.sites import LaunchSite
from lunarplan.windows.day import Day as Day
from lunarplan.windows.day import Launch as Launch
from lunarplan.windows.day import Miss as Miss
from lunarplan.windows.day import table
from lunarplan.windows.launches import ASYMPTOTE, DECLINATION, NO_TRANSFER, OPEN, OTHER_DAY, REASONS

if TYPE_CHECKING:
    import datetime as dt

    import xarray as xr
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]

AXES = ("launch_day", "opportunity", "arrival", "tof_s", "azimuth_deg")
_MEASURED = ("launch_tdb", "tli_delta_v", "loi_delta_v", "c3", "coast_s", "perilune_tdb")
_NEEDED = (*AXES, *_MEASURED, "code", "declination_margin", "margin", "constraint", "unit", "scale")
_NEXT_S = 0.5 * SECONDS_PER_DAY  # lift-offs at neighbouring azimuths that are further apart are of different windows


class Windows:
    """Launch windows over days, opportunities, arrivals, times of flight and azimuths.

    dataset : `xarray.Dataset` with a code, the burns and the margins of every cell; attributes say where from

    Raises InputError for another dataset.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        missing = [name for name in _NEEDED if name not in getattr(dataset, "variables", ())]
        missing += [name for name in ("job",) if name not in getattr(dataset, "attrs", ())]
        if missing:
            what = f"{', '.join(missing[:3])} missing"
            raise InputError(what, where="dataset", allowed="the dataset of launch windows")
        self.dataset = dataset.transpose(*AXES, ...)

    @classmethod
    def from_netcdf(cls, path: str | Path) -> Windows:
        """Read what `to_netcdf` wrote; raises DataError for a file that is not such a one."""
        dataset = read_netcdf(path)
        try:
            return cls(dataset)
        except InputError as error:
            raise DataError(f"holds no launch windows: {error.what}", where=str(path)) from error

    def to_netcdf(self, path: str | Path) -> Path:
        """Write the dataset; the same windows give the same bytes."""
        return write_netcdf(self.dataset, path)

    # ---------------------------------------------------------------- days

    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        """Every launch day, UTC."""
        return tuple(self._values["launch_day"].astype("datetime64[D]").tolist())

    @cached_property
    def calendar(self) -> tuple[Day, ...]:
        """Every day, in order."""
        cells = np.transpose(self._best_cells(("launch_day",)))
        return tuple(self._day(date, tuple(cell)) for date, cell in zip(self.dates, cells, strict=True))

    def day(self, date: Any) -> Day:
        """Return one day of the calendar.

        date : `datetime.date`, or text such as "2024-02-15"

        Raises InputError for a day that was not scanned.
        """
        try:
            return self.calendar[self.dates.index(np.datetime64(date, "D").item())]
        except (ValueError, TypeError) as error:
            scanned = f"{self.dates[0]} to {self.dates[-1]}" if self.dates else "none"
            raise InputError(f"{str(date)[:40]!r} was not scanned", where="day", allowed=scanned) from error

    @cached_property
    def runs(self) -> tuple[tuple[dt.date, dt.date], ...]:
        """First and last day of every run of open days."""
        is_open = np.array([False, *(day.open for day in self.calendar), False])
        first, last = np.flatnonzero(is_open[1:] & ~is_open[:-1]), np.flatnonzero(~is_open[1:] & is_open[:-1]) - 1
        return tuple((self.dates[a], self.dates[b]) for a, b in zip(first, last, strict=True))

    @cached_property
    def best(self) -> Launch | None:
        """The cheapest launch of all; None if nothing is open."""
        launches = [day.best for day in self.calendar if day.best is not None]
        return min(launches, key=lambda launch: launch.delta_v_m_s, default=None)

    @cached_property
    def nearest_miss(self) -> Day | None:
        """The closed day that comes nearest to being open; None if every day is open."""
        closed = [i for i, day in enumerate(self.calendar) if not day.open]
        return self.calendar[min(closed, key=lambda i: self._rank[i].min())] if closed else None

    # ---------------------------------------------------------------- cells

    @cached_property
    def open(self) -> NDArray[np.bool_]:
        """Which cells are open, bool over `AXES`."""
        return np.asarray(self._values["code"] == OPEN)

    @cached_property
    def cost_m_s(self) -> Floats:
        """Injection and insertion together, in open cells; NaN elsewhere."""
        return np.where(self.open, self._values["tli_delta_v"] + self._values["loi_delta_v"], np.nan)

    @cached_property
    def reasons(self) -> Mapping[int, str]:
        """What the codes of cells mean; those of constraints count from 1."""
        return REASONS | {k: str(name) for k, name in enumerate(self._values["constraint"], 1)}

    @cached_property
    def closed_by(self) -> dict[str, int]:
        """How many cells each constraint closes, alone or with others, and how many have no transfer at all."""
        code, margins = self._values["code"], self._values["margin"]
        none = {why: int((code == c).sum()) for c, why in self.reasons.items() if c < OPEN}
        found = code >= OPEN
        return none | {
            str(name): int((margins[..., k] < 0.0)[found].sum()) for k, name in enumerate(self._values["constraint"])
        }

    @cached_property
    def inclination_deg(self) -> Floats:
        """Inclination of the parking orbit of each azimuth to the equator, of retrograde ones the supplement."""
        site = LaunchSite(*json.loads(self.dataset.attrs["job"])["site"])
        azimuths = np.radians(self._values["azimuth_deg"])
        inclination = np.degrees([site.inclination_rad(float(azimuth)) for azimuth in azimuths])
        return np.minimum(inclination, 180.0 - inclination)

    @cached_property
    def moon_declination_deg(self) -> Floats:
        """How far from the equator the Moon is when the launches of a day arrive, north or south, float64[days]."""
        return np.asarray((self.inclination_deg - self._values["declination_margin"]).mean(axis=(1, 2, 3, 4)))

    def over(self, *axes: str) -> xr.Dataset:
        """Return the best cell for every combination of some axes: the cheapest open one, else the nearest miss.

        axes : of `AXES`. The values on the others become variables: `over("launch_day")["azimuth_deg"]`

        Raises InputError for an axis there is not.
        """
        import xarray as xr

        if unknown := [axis for axis in axes if axis not in AXES]:
            raise InputError(f"no axis {str(unknown[0])[:40]!r}", where="over", allowed=", ".join(AXES))
        kept = [axis for axis in AXES if axis in axes]
        places = dict(zip(AXES, self._best_cells(tuple(kept)), strict=True))
        chosen = {axis: xr.DataArray(place, dims=kept) for axis, place in places.items() if axis not in kept}
        return self.dataset.isel(chosen)

    def only(self, opportunity: str | None = None, arrival: str | None = None) -> Windows:
        """Return the windows of one way past the Moon's direction, or of one plane of arrival.

        Raises InputError for one that was not scanned.
        """
        part = self.dataset
        for axis, value in (("opportunity", opportunity), ("arrival", arrival)):
            if value is not None:
                known = [str(v) for v in part[axis].values]
                if value not in known:
                    raise InputError(f"{str(value)[:40]!r}", where=f"only.{axis}", allowed=", ".join(known))
                part = part.isel({axis: [known.index(value)]})
        return Windows(part)

    # ---------------------------------------------------------------- as tables and pictures

    def to_dict(self) -> dict[str, Any]:
        """The calendar, as JSON takes it."""
        miss = None if self.best else self.nearest_miss
        return {
            "days": [day.to_dict() for day in self.calendar],
            "open_runs": [[str(a), str(b)] for a, b in self.runs],
            "cells": int(self.open.size),
            "open_cells": int(self.open.sum()),
            "closed_by": self.closed_by,
            "nearest_miss": None if miss is None else miss.to_dict(),
            "provenance": {name: np.asarray(value).tolist() for name, value in self.dataset.attrs.items()},
        }

    def to_dataframe(self) -> Any:
        """The calendar as a pandas.DataFrame, a row a day; `.dataset.to_dataframe()` has a row for every cell."""
        import xarray as xr

        columns = {name: ("date", values) for name, values in table(self.calendar).items()}
        return xr.Dataset(columns, {"date": self._values["launch_day"]}).to_dataframe()

    def plot_calendar(self) -> Figure:
        """Lift-off times against the date, see `lunarplan.plot.launch_calendar`."""
        from lunarplan.plot import launch_calendar

        return cast("Figure", launch_calendar(self).figure)

    def plot_porkchop(self) -> Figure:
        """Cost over launch day and time of flight, see `lunarplan.plot.launch_porkchop`."""
        from lunarplan.plot import launch_porkchop

        return cast("Figure", launch_porkchop(self).figure)

    def plot_years(self) -> Figure:
        """Months against their days, and how far the Moon goes north, see `lunarplan.plot.launch_years`."""
        from lunarplan.plot import launch_years

        return launch_years(self)

    def __repr__(self) -> str:
        if not self.dates:
            return "<Windows of no days>"
        days, span = sum(day.open for day in self.calendar), f"{self.dates[0]} to {self.dates[-1]}"
        return f"<Windows {span}: {days} of {len(self.dates)} days open, in {len(self.runs)} runs>"

    # ---------------------------------------------------------------- behind it

    @cached_property
    def _values(self) -> dict[str, Array]:
        return {name: self.dataset[name].values for name in _NEEDED}

    @cached_property
    def _rank(self) -> Floats:
        """How good a cell is, over `AXES`, less is better: whole numbers for the kind, and the rest below one."""
        code = self._values["code"]
        scaled = self._values["margin"] / self._values["scale"]
        worst = scaled.min(axis=-1, initial=np.inf)
        found = [code == OPEN, code > OPEN, code == OTHER_DAY, np.isin(code, (NO_TRANSFER, ASYMPTOTE))]
        rank = [_below_one(self.cost_m_s), 1.0 + _below_one(-worst), np.full(code.shape, 2.0), np.full(code.shape, 3.0)]
        return np.select(found, rank, 4.0 + _below_one(-self._values["declination_margin"]))

    def _best_cells(self, kept: tuple[str, ...]) -> tuple[Array, ...]:
        """Place on every one of `AXES` of the best cell for each combination of some of them, int over those."""
        shape = dict(zip(AXES, self._rank.shape, strict=True))
        dropped = [axis for axis in AXES if axis not in kept]
        rank = self._rank.transpose([AXES.index(axis) for axis in (*kept, *dropped)])
        sizes = [shape[axis] for axis in dropped]
        rank = rank.reshape(*(shape[axis] for axis in kept), math.prod(sizes))
        best = np.unravel_index(rank.argmin(axis=-1), sizes or [1])
        places = dict(zip(kept, np.indices(rank.shape[:-1]), strict=True)) | dict(zip(dropped, best, strict=False))
        return tuple(places[axis] for axis in AXES)

    def _day(self, date: dt.date, cell: tuple[Any, ...]) -> Day:
        if not self.open[cell]:
            return Day(date, None, np.nan, np.nan, self._miss(cell))
        return Day(date, self._launch(cell), *self._window(cell), None)

    def _window(self, cell: tuple[Any, ...]) -> tuple[float, float]:
        """First and last lift-off around that of a cell; by the other arrival too, where both sweeps meet.

        They do where the gap is no wider than one between neighbouring azimuths, of which no more is known.
        """
        day, opportunity, own, tof, k = cell
        part = slice(max(day - 1, 0), day + 2), opportunity, slice(None), tof
        lift_off = np.where(self.open[part], self._values["launch_tdb"][part], np.nan)
        start = float(self._values["launch_tdb"][cell])
        swept = _sweep(start, lift_off[:, own], k)
        for other in np.delete(lift_off, own, axis=1).transpose(1, 0, 2):
            for begin in _near(start, other[:, k])[:1]:
                met = _sweep(begin, other, k)
                if max(swept[0], met[0]) - min(swept[-1], met[-1]) <= max(_widest(swept), _widest(met)):
                    swept = sorted(swept + met)
        return swept[0], swept[-1]

    def _launch(self, cell: tuple[Any, ...]) -> Launch:
        axes = {name: self._values[name][k] for name, k in zip(AXES[1:], cell[1:], strict=True)}
        value = {name: float(self._values[name][cell]) for name in _MEASURED}
        return Launch(
            launch_tdb=value["launch_tdb"],
            opportunity=str(axes["opportunity"]),
            arrival=str(axes["arrival"]),
            tof_s=float(axes["tof_s"]),
            azimuth_deg=float(axes["azimuth_deg"]),
            tli_delta_v_m_s=value["tli_delta_v"],
            loi_delta_v_m_s=value["loi_delta_v"],
            c3_km2_s2=value["c3"],
            coast_s=value["coast_s"],
            perilune_tdb=value["perilune_tdb"],
        )

    def _miss(self, cell: tuple[Any, ...]) -> Miss:
        code = int(self._values["code"][cell])
        reason = self.reasons[code]
        if code > OPEN:
            margin, unit = self._values["margin"][cell][code - 1], self._values["unit"][code - 1]
            return Miss(reason, float(margin), str(unit), self._launch(cell))
        reach = float(self._values["declination_margin"][cell])
        if code == DECLINATION and reach < 0.0:
            return Miss(reason, reach, "deg")
        return Miss(reason, np.nan, "", self._launch(cell) if code == OTHER_DAY else None)


def _below_one(x: Floats) -> Floats:
    """Numbers from 0 up, in their order, into [0, 1)."""
    x = np.maximum(x, 0.0)
    return np.asarray(x / (1.0 + x))


def _sweep(start: float, lift_off: Floats, k: int) -> list[float]:
    """Lift-offs in order, from azimuth k to its neighbours and on, float64[days, azimuths]; NaN is closed."""
    found = [start]
    for way in (range(k + 1, lift_off.shape[1]), range(k - 1, -1, -1)):
        now = start
        for j in way:
            near = _near(now, lift_off[:, j])
            if not near:
                break
            now = near[0]
            found.append(now)
    return sorted(found)


def _widest(lift_offs: list[float]) -> float:
    return max((later - one for one, later in pairwise(lift_offs)), default=0.0)


def _near(epoch: float, lift_off: Floats) -> list[float]:
    """Those of some lift-offs that belong to the same window, the nearest first."""
    near = lift_off[np.abs(lift_off - epoch) < _NEXT_S]
    return sorted(near.tolist(), key=lambda one: abs(one - epoch))
