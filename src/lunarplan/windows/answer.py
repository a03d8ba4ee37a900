"""The answer of a scan for launch windows: the dataset, and what people ask it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from lunarplan.errors import DataError, InputError
from lunarplan.io.netcdf import read_netcdf, write_netcdf
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.sites import LaunchSite
from lunarplan.windows.dataset import require_windows
from lunarplan.windows.day import LIMIT, TURN, table
from lunarplan.windows.day import Day as Day
from lunarplan.windows.day import Edge as Edge
from lunarplan.windows.day import Launch as Launch
from lunarplan.windows.day import Miss as Miss
from lunarplan.windows.departure import ASYMPTOTE, DECLINATION, NO_TRANSFER, OPEN, OTHER_DAY, REASONS
from lunarplan.windows.sweeps import ABOVE, BELOW, Cell, Sweeps

if TYPE_CHECKING:
    import datetime as dt

    import xarray as xr
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]

AXES = ("launch_day", "opportunity", "arrival", "tof_s", "azimuth_deg")  # of direct transfers
_FIRST, _LAST = "launch_day", "azimuth_deg"
_MEASURED = ("launch_tdb", "injection_tdb", "c3", "coast_s", "perilune_tdb")
_OF_CELLS = ("code", "declination_margin", "margin")
_NEEDED = (_FIRST, _LAST, *_MEASURED, "code", "margin", "constraint", "unit", "scale")
_SUFFIXES = {"deg": "_deg", "km": "_km", "km/s": "_km_s", "m/s": "_m_s"}
_OBLIQUITY_DEG = 23.4392911  # of the ecliptic of J2000, IAU 1976
_DIRECT_BURNS = "tli_delta_v loi_delta_v"
_FAR = 1e12  # farther than any margin counts; what is infinite has no quotient
_EDGES = ("edge_tdb", "edge_azimuth_deg", "edge_code")  # of daily windows, where they were looked for


class Windows:
    """Launch windows over days, opportunities, azimuths, and whatever else a kind of transfer leaves to choose.

    dataset : `xarray.Dataset` with a code, the burns and the margins of every cell; attributes say where from
    axes    : its dimensions: launch_day, opportunity, those of the kind, azimuth_deg
    burns   : the variables that add up to what a launch costs

    Raises InputError for another dataset.
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        attributes, there = getattr(dataset, "attrs", {}), getattr(dataset, "variables", ())
        self.burns = tuple(str(attributes.get("burns", _DIRECT_BURNS)).split())
        missing = [name for name in (*_NEEDED, *self.burns) if name not in there]
        missing += [name for name in ("job",) if name not in attributes]
        if missing:
            what = f"{', '.join(missing[:3])} missing"
            raise InputError(what, where="dataset", allowed="the dataset of launch windows")
        kinds = [str(axis) for axis in dataset["code"].dims if axis not in (_FIRST, _LAST)]
        order = [axis for axis in AXES if axis in kinds] + [axis for axis in kinds if axis not in AXES]
        self.axes = (_FIRST, *order, _LAST)
        self.dataset = dataset.transpose(*self.axes, ...)
        require_windows(self.dataset, self.axes, self.burns)

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

    @property
    def burn_names(self) -> tuple[str, ...]:
        """The burns in a word each: "TLI", "LOI", "flyby"."""
        names = [burn.removesuffix("_delta_v") for burn in self.burns]
        return tuple(name.upper() if name in ("tli", "loi") else name for name in names)

    @property
    def upwards(self) -> str | None:
        """The axis a porkchop plot has upwards: times of flight, perilunes; None where neither is scanned."""
        return next((axis for axis in ("tof_s", "perilune_altitude_km") if axis in self.axes), None)

    # ---------------------------------------------------------------- days

    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        """Every launch day, UTC."""
        return tuple(self._values["launch_day"].astype("datetime64[D]").tolist())

    @cached_property
    def calendar(self) -> tuple[Day, ...]:
        """Every day, in order."""
        cells = self.best_cells("launch_day")
        return tuple(self._day(date, cell) for date, cell in zip(self.dates, cells, strict=True))

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
        """First and last day of every run of open days; one that was not scanned ends a run."""
        found: list[tuple[dt.date, dt.date]] = []
        for date in (day.date for day in self.calendar if day.open):
            if found and (date - found[-1][1]).days == 1:
                found[-1] = found[-1][0], date
            else:
                found.append((date, date))
        return tuple(found)

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

    def cost_of(self, cells: xr.Dataset) -> Floats:
        """All burns together of some of the cells, such as `over` returns; NaN where they are closed."""
        return np.where(cells["code"].values == OPEN, sum(cells[name].values for name in self.burns), np.nan)

    # ---------------------------------------------------------------- cells

    @cached_property
    def open(self) -> NDArray[np.bool_]:
        """Which cells are open, bool over ``axes``."""
        return np.asarray(self._values["code"] == OPEN)

    @cached_property
    def cost_m_s(self) -> Floats:
        """All burns together, in open cells; NaN elsewhere."""
        return self.cost_of(self.dataset)

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
        """How far from the equator the Moon is when the launches of a day arrive, north or south, float64[days].

        Its place where they are aimed at it, some hours after perilune: it draws them to itself sooner. NaN where they
        are not aimed at it.
        """
        reached = self.inclination_deg - self._reach_deg
        return np.asarray(reached.mean(axis=tuple(range(1, reached.ndim))))

    @cached_property
    def moon_phase_deg(self) -> Floats:
        """How far the Moon is ahead of the Sun along the ecliptic at the midnights of all days, float64[days + 1].

        0 is new, 180 full. Raises InputError for days the packaged ephemeris does not know.
        """
        days = self._values["launch_day"].astype("datetime64[D]")
        midnights = tdb_seconds([str(day) for day in np.append(days, days[-1:] + 1)])
        epochs, ephemeris = np.asarray(midnights, float), Ephemeris.packaged()
        longitude = [_ecliptic_longitude_deg(ephemeris.position(body, "earth", epochs)) for body in ("moon", "sun")]
        return np.asarray(np.remainder(longitude[0] - longitude[1], 360.0))

    def over(self, *axes: str) -> xr.Dataset:
        """Return the best cell for every combination of some axes: the cheapest open one, else the nearest miss.

        axes : of ``axes``. The values on the others become variables: `over("launch_day")["azimuth_deg"]`

        Raises InputError for an axis there is not.
        """
        import xarray as xr

        if unknown := [axis for axis in axes if axis not in self.axes]:
            raise InputError(f"no axis {str(unknown[0])[:40]!r}", where="over", allowed=", ".join(self.axes))
        kept = [axis for axis in self.axes if axis in axes]
        places = dict(zip(self.axes, self._best_cells(tuple(kept)), strict=True))
        chosen = {axis: xr.DataArray(place, dims=kept) for axis, place in places.items() if axis not in kept}
        return self.dataset.isel(chosen)

    def best_cells(self, *axes: str) -> list[Cell]:
        """Places on all axes of what `over` returns, in C order."""
        places = self._best_cells(tuple(axis for axis in self.axes if axis in axes))
        return [tuple(cell) for cell in np.stack([place.ravel() for place in places], axis=1).tolist()]

    @cached_property
    def sweeps(self) -> Sweeps:
        """Open launches at neighbouring azimuths."""
        planes = self.axes.index("arrival") if "arrival" in self.axes else None
        return Sweeps(self.open, self._values["launch_tdb"], planes)

    def only(self, opportunity: str | None = None, arrival: str | None = None) -> Windows:
        """Return the windows of one way past the Moon's direction, or of one plane of arrival.

        Raises InputError for one that was not scanned.
        """
        part = self.dataset
        for axis, value in (("opportunity", opportunity), ("arrival", arrival)):
            if value is not None:
                if axis not in self.axes:
                    raise InputError(f"no axis {axis!r}", where="only", allowed=", ".join(self.axes))
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

    def plot_phases(self) -> Figure:
        """Lunations against the phases of the Moon, see `lunarplan.plot.launch_phases`."""
        from lunarplan.plot import launch_phases

        return cast("Figure", launch_phases(self).figure)

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
    def _edges(self) -> dict[str, Array]:
        return {name: self.dataset[name].values for name in _EDGES}

    def _named(self, name: str) -> str:
        """A variable's name with its unit, where that is not in it: "arrival_phase_deg"."""
        suffix = _SUFFIXES.get(self.dataset[name].attrs.get("units", ""), "")
        return name if name.endswith(suffix) else name + suffix

    @cached_property
    def _more(self) -> list[str]:
        """Numbers of cells that kinds of transfer have of their own."""
        return [str(name) for name, values in self.dataset.data_vars.items() if values.dims == self.axes]

    @cached_property
    def _reach_deg(self) -> Floats:
        """By how much the parking orbits reach beyond the Moon's declination; NaN where they are not aimed at it."""
        if "declination_margin" not in self.dataset:
            return np.full(self.open.shape, np.nan)
        return np.asarray(self.dataset["declination_margin"].values)

    @cached_property
    def _rank(self) -> Floats:
        """How good a cell is, over ``axes``, less is better: whole numbers for the kind, and the rest below one."""
        code = self._values["code"]
        scaled = self._values["margin"] / self._values["scale"]
        worst = scaled.min(axis=-1, initial=np.inf)
        found = [code == OPEN, code > OPEN, code == OTHER_DAY, np.isin(code, (NO_TRANSFER, ASYMPTOTE))]
        rank = [_below_one(self.cost_m_s), 1.0 + _below_one(-worst), np.full(code.shape, 2.0), np.full(code.shape, 3.0)]
        return np.select(found, rank, 4.0 + _below_one(-np.nan_to_num(self._reach_deg)))

    def _best_cells(self, kept: tuple[str, ...]) -> tuple[Array, ...]:
        """Place on every one of ``axes`` of the best cell for each combination of some of them, int over those."""
        shape = dict(zip(self.axes, self._rank.shape, strict=True))
        dropped = [axis for axis in self.axes if axis not in kept]
        rank = self._rank.transpose([self.axes.index(axis) for axis in (*kept, *dropped)])
        sizes = [shape[axis] for axis in dropped]
        rank = rank.reshape(*(shape[axis] for axis in kept), math.prod(sizes))
        best = np.unravel_index(rank.argmin(axis=-1), sizes or [1])
        places = dict(zip(kept, np.indices(rank.shape[:-1]), strict=True)) | dict(zip(dropped, best, strict=False))
        return tuple(places[axis] for axis in self.axes)

    def _day(self, date: dt.date, cell: Cell) -> Day:
        if not self.open[cell]:
            return Day(date, None, None, None, self._miss(cell))
        return Day(date, self._launch(cell), *self._window(cell), None)

    def _window(self, cell: Cell) -> tuple[Edge, Edge]:
        """First and last lift-off around that of a cell; by other sweeps too, as long as they meet.

        Those of another arrival do where the gap is no wider than one between neighbouring azimuths, as far as no more
        is known of it.
        """
        own, *others = self.sweeps.around(cell)
        (opens, closes), widest = self._span(own), self.sweeps.widest_gap_s(own)
        apart = [(sweep, *self._span(sweep)) for sweep in others]
        left = len(apart) + 1
        while len(apart) < left:  # what has met one may meet the next
            left, waiting, apart = len(apart), apart, []
            for sweep, first, last in waiting:
                end, start = (closes, first) if first.tdb > opens.tdb else (last, opens)
                known = (end.sharp and start.sharp) or self.sweeps.same_plane(own, sweep)
                step = max(widest, self.sweeps.widest_gap_s(sweep))
                if start.tdb - end.tdb <= (0.0 if known else step):
                    opens, closes, widest = min(opens, first, key=_tdb), max(closes, last, key=_tdb), step
                else:
                    apart.append((sweep, first, last))
        return opens, closes

    def _span(self, sweep: list[Cell]) -> tuple[Edge, Edge]:
        edges = [self._edge(sweep[0], BELOW), self._edge(sweep[-1], ABOVE)]
        edges += [self._launched(cell, TURN, sharp=False) for cell in sweep[1:-1]]
        return min(edges, key=_tdb), max(edges[::-1], key=_tdb)

    def _edge(self, cell: Cell, side: int) -> Edge:
        if self.sweeps.at_limit(cell, side):
            return self._launched(cell, LIMIT, sharp=True)
        if all(name in self.dataset for name in _EDGES):
            tdb, azimuth, code = (self._edges[name][*cell, side].item() for name in _EDGES)
            if np.isfinite(tdb):
                return Edge(tdb, azimuth, LIMIT if code == OPEN else self.reasons[code], sharp=True)
        beyond = int(self._values["code"][*cell[:-1], cell[-1] + (-1, 1)[side]])
        return self._launched(cell, self.reasons[OTHER_DAY if beyond == OPEN else beyond], sharp=False)

    def _launched(self, cell: Cell, reason: str, *, sharp: bool) -> Edge:
        return Edge(float(self._values["launch_tdb"][cell]), float(self._values[_LAST][cell[-1]]), reason, sharp)

    def _launch(self, cell: Cell) -> Launch:
        axes = {name: self.dataset[name].values[k] for name, k in zip(self.axes[1:], cell[1:], strict=True)}
        value = {name: float(self._values[name][cell]) for name in _MEASURED}
        flown = value["perilune_tdb"] - value["injection_tdb"]
        told = ("opportunity", "arrival", "tof_s", "azimuth_deg", *_MEASURED, *self.burns, *_OF_CELLS)
        more = {name: place.item() for name, place in axes.items() if name not in told}
        more |= {self._named(name): float(self.dataset[name].values[cell]) for name in self._more if name not in told}
        return Launch(
            launch_tdb=value["launch_tdb"],
            opportunity=str(axes.get("opportunity", "")),
            arrival=str(axes.get("arrival", "")),
            tof_s=float(axes.get("tof_s", flown)),
            azimuth_deg=float(axes["azimuth_deg"]),
            c3_km2_s2=value["c3"],
            coast_s=value["coast_s"],
            perilune_tdb=value["perilune_tdb"],
            burns={name: float(self.dataset[name].values[cell]) for name in self.burns},
            more=more,
        )

    def _miss(self, cell: Cell) -> Miss:
        code = int(self._values["code"][cell])
        reason = self.reasons[code]
        if code > OPEN:
            margin, unit = self._values["margin"][cell][code - 1], self._values["unit"][code - 1]
            return Miss(reason, float(margin), str(unit), self._launch(cell))
        reach = float(self._reach_deg[cell])
        if code == DECLINATION and reach < 0.0:
            return Miss(reason, reach, "deg")
        return Miss(reason, np.nan, "", self._launch(cell) if code == OTHER_DAY else None)


def _ecliptic_longitude_deg(positions: Floats) -> Floats:
    """Along the ecliptic of J2000, of positions [N, 3] in ICRF."""
    x, y, z = positions.T
    tilt = np.radians(_OBLIQUITY_DEG)
    return np.asarray(np.degrees(np.arctan2(y * np.cos(tilt) + z * np.sin(tilt), x)))


def _below_one(x: Floats) -> Floats:
    """Numbers from 0 up, in their order, into [0, 1)."""
    x = np.clip(x, 0.0, _FAR)
    return np.asarray(x / (1.0 + x))


def _tdb(edge: Edge) -> float:
    return edge.tdb
