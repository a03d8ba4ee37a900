"""The answer of a scan for launch windows: the dataset, and what people ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.io.netcdf import read_netcdf, write_netcdf
from lunarplan.model.epochs import utc_iso
from lunarplan.windows.launches import DECLINATION, NO_TRANSFER, OPEN, OTHER_DAY

if TYPE_CHECKING:
    import datetime as dt

    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

AXES = ("launch_day", "opportunity", "arrival", "tof_s", "azimuth_deg")


@dataclass(frozen=True)
class Launch:
    """One open cell: a converged transfer that keeps every constraint. Epochs in TDB s."""

    launch_tdb: float
    opportunity: str
    arrival: str
    tof_s: float
    azimuth_deg: float
    tli_delta_v_m_s: float
    loi_delta_v_m_s: float
    c3_km2_s2: float
    coast_s: float
    perilune_tdb: float


@dataclass(frozen=True)
class Miss:
    """The closed cell that came nearest: why it is closed, and by how much, if a transfer was found."""

    reason: str
    margin: float
    unit: str

    def __str__(self) -> str:
        return self.reason if np.isnan(self.margin) else f"{self.reason} by {-self.margin:.3g} {self.unit}".strip()


@dataclass(frozen=True)
class Day:
    """A day of the calendar: its cheapest launch, the daily window that launch lies in, or why there is none.

    opens_tdb, closes_tdb : first and last lift-off of the window, as the azimuth sweeps; NaN on a closed day
    """

    date: dt.date
    best: Launch | None
    opens_tdb: float
    closes_tdb: float
    miss: Miss | None

    @property
    def open(self) -> bool:
        return self.best is not None

    @property
    def duration_s(self) -> float:
        return self.closes_tdb - self.opens_tdb


class Windows:
    """Launch windows over days, opportunities, arrivals, times of flight and azimuths.

    dataset : `xarray.Dataset` with a code, the burns and the margins of every cell; attributes say where from
    """

    def __init__(self, dataset: xr.Dataset) -> None:
        self.dataset = dataset

    @classmethod
    def from_netcdf(cls, path: str | Path) -> Windows:
        """Read what `to_netcdf` wrote; raises DataError for a file that is not such a one."""
        return cls(read_netcdf(path))

    def to_netcdf(self, path: str | Path) -> Path:
        """Write the dataset; the same windows give the same bytes."""
        return write_netcdf(self.dataset, path)

    @cached_property
    def open(self) -> NDArray[np.bool_]:
        """Which cells are open, bool over `AXES`."""
        return np.asarray(self.dataset["code"].values == OPEN)

    @cached_property
    def calendar(self) -> tuple[Day, ...]:
        """Every day, in order."""
        return tuple(self._day(i) for i in range(self.open.shape[0]))

    @cached_property
    def runs(self) -> tuple[tuple[dt.date, dt.date], ...]:
        """First and last day of every run of open days."""
        days = [day.date for day in self.calendar]
        is_open = np.array([False, *(day.open for day in self.calendar), False])
        first, last = np.flatnonzero(is_open[1:] & ~is_open[:-1]), np.flatnonzero(~is_open[1:] & is_open[:-1]) - 1
        return tuple((days[a], days[b]) for a, b in zip(first, last, strict=True))

    @cached_property
    def reasons(self) -> Mapping[int, str]:
        """What the codes of cells mean."""
        names = str(self.dataset.attrs["reasons"]).split("; ")
        return dict(zip(np.atleast_1d(self.dataset.attrs["codes"]).tolist(), names, strict=True))

    @cached_property
    def closed_by(self) -> dict[str, int]:
        """How many cells each constraint closes, alone or with others, and how many have no transfer at all."""
        code, margins = self.dataset["code"].values, self.dataset["margin"].values
        none = {self.reasons[c]: int((code == c).sum()) for c in (DECLINATION, NO_TRANSFER, OTHER_DAY)}
        found = (code != DECLINATION) & (code != NO_TRANSFER) & (code != OTHER_DAY)
        return none | {
            str(name): int((margins[..., k] < 0.0)[found].sum())
            for k, name in enumerate(self.dataset["constraint"].values)
        }

    @cached_property
    def cost_m_s(self) -> Floats:
        """Injection and insertion together, in open cells; NaN elsewhere."""
        total = self.dataset["tli_delta_v"].values + self.dataset["loi_delta_v"].values
        return np.where(self.open, total, np.nan)

    def _day(self, i: int) -> Day:
        date: Any = self.dataset["launch_day"].values[i].astype("datetime64[D]").item()
        if not self.open[i].any():
            return Day(date, None, np.nan, np.nan, self._nearest_miss(i))
        place = np.unravel_index(np.nanargmin(self.cost_m_s[i]), self.open.shape[1:])
        sweep = self.dataset["launch_tdb"].values[i][place[:-1]][self.open[i][place[:-1]]]
        return Day(date, self._launch((i, *place)), float(sweep.min()), float(sweep.max()), None)

    def _launch(self, cell: tuple[Any, ...]) -> Launch:
        data = self.dataset
        axes = {name: data[name].values[k] for name, k in zip(AXES[1:], cell[1:], strict=True)}
        value = {name: float(data[name].values[cell]) for name in _MEASURED}
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

    def _nearest_miss(self, i: int) -> Miss:
        code = self.dataset["code"].values[i]
        missed = code > OPEN
        if not missed.any():
            most = max((NO_TRANSFER, DECLINATION, OTHER_DAY), key=lambda c: int((code == c).sum()))
            return Miss(self.reasons[most], np.nan, "")
        margins = self.dataset["margin"].values[i]
        worst = np.where(missed, (margins / self.dataset["scale"].values).min(axis=-1), -np.inf)
        cell = np.unravel_index(np.argmax(worst), worst.shape)
        k = int(code[cell]) - 1
        return Miss(self.reasons[k + 1], float(margins[(*cell, k)]), str(self.dataset["unit"].values[k]))

    def to_dict(self) -> dict[str, Any]:
        """The calendar, as JSON takes it."""
        return {
            "days": [_as_json(day) for day in self.calendar],
            "open_runs": [[str(a), str(b)] for a, b in self.runs],
            "cells": int(self.open.size),
            "open_cells": int(self.open.sum()),
            "closed_by": self.closed_by,
            "provenance": dict(self.dataset.attrs) | {"codes": np.atleast_1d(self.dataset.attrs["codes"]).tolist()},
        }

    def __repr__(self) -> str:
        days = sum(day.open for day in self.calendar)
        return f"<Windows of {len(self.calendar)} days: {days} open in {len(self.runs)} runs>"


_MEASURED = ("launch_tdb", "tli_delta_v", "loi_delta_v", "c3", "coast_s", "perilune_tdb")


def _as_json(day: Day) -> dict[str, Any]:
    if day.best is None:
        return {"date": str(day.date), "open": False, "reason": str(day.miss)}
    best = day.best
    return {
        "date": str(day.date),
        "open": True,
        "opens_utc": utc_iso(day.opens_tdb, 0),
        "best_utc": utc_iso(best.launch_tdb, 0),
        "closes_utc": utc_iso(day.closes_tdb, 0),
        "opportunity": best.opportunity,
        "arrival": best.arrival,
        "azimuth_deg": best.azimuth_deg,
        "tof_h": best.tof_s / 3600.0,
        "coast_min": best.coast_s / 60.0,
        "perilune_utc": utc_iso(best.perilune_tdb, 0),
        "tli_delta_v_m_s": best.tli_delta_v_m_s,
        "loi_delta_v_m_s": best.loi_delta_v_m_s,
        "c3_km2_s2": best.c3_km2_s2,
    }
