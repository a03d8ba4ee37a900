"""A day of a calendar of launch windows: its cheapest launch, or why there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.model.epochs import utc_iso

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TEXTS = ("opportunity", "arrival", "reason", "unit")
_EPOCHS = ("opens_utc", "best_utc", "closes_utc", "perilune_utc")
_NUMBERS = ("azimuth_deg", "tof_h", "coast_min", "tli_delta_v_m_s", "loi_delta_v_m_s", "c3_km2_s2", "margin")


@dataclass(frozen=True)
class Launch:
    """One cell with a converged transfer. Epochs in TDB s."""

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

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "lift_off_utc": utc_iso(self.launch_tdb, 0),
            "opportunity": self.opportunity,
            "arrival": self.arrival,
            "azimuth_deg": self.azimuth_deg,
            "tof_h": self.tof_s / 3600.0,
            "coast_min": self.coast_s / 60.0,
            "perilune_utc": utc_iso(self.perilune_tdb, 0),
            "tli_delta_v_m_s": self.tli_delta_v_m_s,
            "loi_delta_v_m_s": self.loi_delta_v_m_s,
            "c3_km2_s2": self.c3_km2_s2,
        }

    @property
    def delta_v_m_s(self) -> float:
        """Injection and insertion together."""
        return self.tli_delta_v_m_s + self.loi_delta_v_m_s


@dataclass(frozen=True)
class Miss:
    """The closed cell that came nearest: why it is closed, and by how much, if that is known.

    margin : negative, in `unit`; NaN if nothing was measured
    launch : the transfer that breaks the rule; None if none was found
    """

    reason: str
    margin: float
    unit: str
    launch: Launch | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"reason": self.reason, "margin": None if np.isnan(self.margin) else self.margin, "unit": self.unit}

    def __str__(self) -> str:
        return self.reason if np.isnan(self.margin) else f"{self.reason} by {_digits(-self.margin)} {self.unit}".strip()


@dataclass(frozen=True)
class Day:
    """A UTC day of the calendar: its cheapest launch, the daily window that launch lies in, or why there is none.

    opens_tdb, closes_tdb : first and last lift-off of that window, as the azimuth sweeps while opportunity and time of
                            flight stay; it may begin the day before or end the day after. NaN on a closed day
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

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it; of a closed day the transfer that breaks the rule is told too, where there is one."""
        told: dict[str, Any] = {"date": str(self.date), "open": self.open}
        if self.best is not None:
            opens, closes = utc_iso(self.opens_tdb, 0), utc_iso(self.closes_tdb, 0)
            launch = self.best.to_dict()
            return told | {"opens_utc": opens, "best_utc": launch.pop("lift_off_utc"), "closes_utc": closes} | launch
        if self.miss is not None:
            told |= self.miss.to_dict() | ({"launch": self.miss.launch.to_dict()} if self.miss.launch else {})
        return told


def table(days: tuple[Day, ...]) -> dict[str, NDArray[Any]]:
    """Columns of a table with a row for each day; what a day has not is NaN, NaT or None."""
    told = [day.to_dict() for day in days]
    columns: dict[str, NDArray[Any]] = {"open": np.array([day.open for day in days], bool)}
    for name in (*_EPOCHS, *_TEXTS, *_NUMBERS):
        values = [row.get(name) for row in told]
        if name in _EPOCHS:
            columns[name] = np.array([(value or "NaT").removesuffix("Z") for value in values], "datetime64[ns]")
        else:
            columns[name] = np.array(values, object if name in _TEXTS else float)
    return columns


def _digits(value: float) -> str:
    return f"{value:.3g}" if value < 1000.0 else f"{value:.0f}"
