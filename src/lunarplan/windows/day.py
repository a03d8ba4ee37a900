"""A day of a calendar of launch windows: its cheapest launch, or why there is none."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.model.epochs import utc_iso

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TEXTS = ("opportunity", "arrival", "opens_by", "closes_by", "reason", "unit")
_EPOCHS = ("opens_utc", "best_utc", "closes_utc", "perilune_utc")
_NUMBERS = ("opens_azimuth_deg", "azimuth_deg", "closes_azimuth_deg", "tof_h", "coast_min", "c3_km2_s2", "margin")


@dataclass(frozen=True)
class Launch:
    """One cell with a converged transfer. Epochs in TDB s.

    opportunity, arrival : which way past the Moon's direction, which plane there; "" where there is no such choice
    burns   : what each costs, m/s, by name: "tli_delta_v", "loi_delta_v", ...
    more    : what else is told of it: places on axes of its own, and results, by name
    """

    launch_tdb: float
    opportunity: str
    arrival: str
    tof_s: float
    azimuth_deg: float
    c3_km2_s2: float
    coast_s: float
    perilune_tdb: float
    burns: Mapping[str, float]
    more: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {
            "lift_off_utc": utc_iso(self.launch_tdb, 0),
            **({"opportunity": self.opportunity} if self.opportunity else {}),
            **({"arrival": self.arrival} if self.arrival else {}),
            "azimuth_deg": self.azimuth_deg,
            "tof_h": self.tof_s / 3600.0,
            "coast_min": self.coast_s / 60.0,
            "perilune_utc": utc_iso(self.perilune_tdb, 0),
            **{f"{name}_m_s": cost for name, cost in self.burns.items()},
            "c3_km2_s2": self.c3_km2_s2,
            **dict(_told(name, value) for name, value in self.more.items()),
        }

    @property
    def way(self) -> str:
        """The opportunity, or the first of what else is told in a word."""
        return self.opportunity or next((value for value in self.more.values() if isinstance(value, str)), "")

    @property
    def tli_delta_v_m_s(self) -> float:
        return self.burns["tli_delta_v"]

    @property
    def delta_v_m_s(self) -> float:
        """All burns together."""
        return sum(self.burns.values())


def _told(name: str, value: Any) -> tuple[str, Any]:
    """A name and a value in the units of the edge."""
    if name.endswith("_tdb"):
        return name.removesuffix("_tdb") + "_utc", utc_iso(value, 0)
    if name.endswith("_s") and not name.endswith("m_s"):  # a speed
        return name.removesuffix("_s") + "_h", value / 3600.0
    return name, value


LIMIT, TURN = "azimuth limit", "lift-off turns back"  # why a window ends where no rule does it


@dataclass(frozen=True)
class Edge:
    """First or last launch of a daily window, which keeps all rules.

    reason : `LIMIT`, or why the launch beyond is closed
    sharp  : the one beyond is within the tolerance of the edges; else a step of the azimuths away
    """

    tdb: float
    azimuth_deg: float
    reason: str
    sharp: bool

    def to_dict(self, name: str) -> dict[str, Any]:
        """All but the epoch, as JSON takes it."""
        return {f"{name}_by": self.reason, f"{name}_azimuth_deg": self.azimuth_deg, f"{name}_sharp": self.sharp}


@dataclass(frozen=True)
class Miss:
    """The closed cell that came nearest: why it is closed, and by how much, if that is known.

    margin : negative, in `unit`, perhaps without limit; NaN if nothing was measured
    launch : the transfer that breaks the rule; None if none was found
    """

    reason: str
    margin: float
    unit: str
    launch: Launch | None = None

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"reason": self.reason, "margin": self.margin if np.isfinite(self.margin) else None, "unit": self.unit}

    def __str__(self) -> str:
        return (
            self.reason
            if not np.isfinite(self.margin)
            else f"{self.reason} by {_digits(-self.margin)} {self.unit}".strip()
        )


@dataclass(frozen=True)
class Day:
    """A UTC day of the calendar: its cheapest launch, the daily window that launch lies in, or why there is none.

    opens, closes : first and last launch of that window, as the azimuth sweeps while opportunity and time of flight
                    stay; it may begin the day before or end the day after. None on a closed day
    """

    date: dt.date
    best: Launch | None
    opens: Edge | None
    closes: Edge | None
    miss: Miss | None

    @property
    def open(self) -> bool:
        return self.best is not None

    @property
    def opens_tdb(self) -> float:
        """NaN on a closed day."""
        return self.opens.tdb if self.opens else math.nan

    @property
    def closes_tdb(self) -> float:
        """NaN on a closed day."""
        return self.closes.tdb if self.closes else math.nan

    @property
    def duration_s(self) -> float:
        return self.closes_tdb - self.opens_tdb

    def to_dict(self) -> dict[str, Any]:
        """As JSON takes it; of a closed day the transfer that breaks the rule is told too, where there is one."""
        told: dict[str, Any] = {"date": str(self.date), "open": self.open}
        if self.best is not None and self.opens is not None and self.closes is not None:
            launch, (opens, closes) = self.best.to_dict(), (utc_iso(e.tdb, 0) for e in (self.opens, self.closes))
            told |= {"opens_utc": opens, "best_utc": launch.pop("lift_off_utc"), "closes_utc": closes, **launch}
            return told | self.opens.to_dict("opens") | self.closes.to_dict("closes")
        if self.miss is not None:
            told |= self.miss.to_dict() | ({"launch": self.miss.launch.to_dict()} if self.miss.launch else {})
        return told


def table(days: tuple[Day, ...]) -> dict[str, NDArray[Any]]:
    """Columns of a table with a row for each day; what a day has not is NaN, NaT or None."""
    told = [day.to_dict() for day in days]
    columns: dict[str, NDArray[Any]] = {"open": np.array([day.open for day in days], bool)}
    burns = [f"{name}_m_s" for name in next((day.best.burns for day in days if day.best), {})]
    for name in (*_EPOCHS, *_TEXTS, *_NUMBERS, *burns):
        values = [row.get(name) for row in told]
        if name in _EPOCHS:
            columns[name] = np.array([(value or "NaT").removesuffix("Z") for value in values], "datetime64[ns]")
        else:
            columns[name] = np.array(values, object if name in _TEXTS else float)
    return columns


def _digits(value: float) -> str:
    return f"{value:.3g}" if value < 1000.0 else f"{value:.0f}"
