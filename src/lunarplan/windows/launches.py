"""What a scan for launch windows computes in each cell: a converged transfer, its margins, and why it is closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.forces import ForceModel
from lunarplan.scans.grid import Field
from lunarplan.transfers.to_moon.direct import LaunchTie, Transfers, launches_near, problem
from lunarplan.transfers.to_moon.planes import approach_latitude_deg
from lunarplan.windows.departure import (
    ASYMPTOTE,
    DECLINATION,
    GRAZING_DEG,
    NO_TRANSFER,
    NORTHBOUND,
    OPEN,
    OTHER_DAY,
    REASONS,
    SOUTHBOUND,
    TOLERANCE,
    Ascent,
    LaunchJob,
    noon_tdb,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]

__all__ = [
    "ASYMPTOTE",
    "DECLINATION",
    "NORTHBOUND",
    "NO_TRANSFER",
    "OPEN",
    "OTHER_DAY",
    "REASONS",
    "SOUTHBOUND",
    "Ascent",
    "Launches",
]


@dataclass(frozen=True)
class Launches(LaunchJob):
    """The job of a scan over launch day, opportunity, arrival, time of flight and azimuth; see `LaunchJob`.

    lunar_inclination_deg : to the Moon's equator on arrival, over 90 deg retrograde
    apolune_altitude_km   : of the orbit that the insertion delta-v leads to
    """

    perilune_altitude_km: float
    lunar_inclination_deg: float
    apolune_altitude_km: float
    forces: ForceModel = field(default_factory=ForceModel, kw_only=True)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        own = {"loi_delta_v": Field(unit="m/s", long_name="lunar orbit insertion, impulsive at perilune")}
        return {**self.departure.fields, **own}

    def describe(self) -> dict[str, Any]:
        return self.departure.describe() | {
            "perilune_altitude_km": self.perilune_altitude_km,
            "lunar_inclination_deg": self.lunar_inclination_deg,
            "apolune_altitude_km": self.apolune_altitude_km,
        }

    @property
    def burns(self) -> tuple[str, ...]:
        """The fields that add up to what a launch costs."""
        return "tli_delta_v", "loi_delta_v"

    def __call__(self, cells: dict[str, Array], /) -> dict[str, Array]:
        return self.departure.filled(self.fields, cells, self._measured)

    def transfers(self, cells: Mapping[str, Array]) -> Transfers:
        """One transfer for each cell, whose azimuths all have the same tie to the site."""
        return self._transfers(cells, self.tie(float(np.min(cells["azimuth_deg"]))))

    def tie(self, azimuth_deg: float) -> LaunchTie:
        """What a launch at an azimuth has to do with the site."""
        return self.departure.tie(azimuth_deg)

    def _transfers(self, cells: Mapping[str, Array], tie: LaunchTie) -> Transfers:
        noon = noon_tdb(cells["launch_day"])
        batch = problem(
            noon + cells["tof_s"],
            cells["tof_s"],
            parking_altitude_km=self.parking_altitude_km,
            parking_inclination_deg=self.departure.inclination_deg(cells["azimuth_deg"]),
            perilune_altitude_km=self.perilune_altitude_km,
            lunar_inclination_deg=self.lunar_inclination_deg,
            northbound_departure=cells["opportunity"] == NORTHBOUND,
            northbound_arrival=cells["arrival"] == NORTHBOUND,
        )
        return launches_near(noon, batch, tie, self.forces, tolerance=TOLERANCE, workers=self.workers)

    def _measured(self, cells: dict[str, Array], tie: LaunchTie) -> dict[str, Array]:
        found = self._transfers(cells, tie)
        shared = self.departure.measured(found, cells["launch_day"])
        lost = np.flatnonzero(shared["code"] == NO_TRANSFER)
        shared["code"][lost[self._asymptote_margin_deg(found.rows(lost)) < GRAZING_DEG]] = ASYMPTOTE
        return shared | {"loi_delta_v": 1e3 * self._loi_delta_v_km_s(found)}

    def _asymptote_margin_deg(self, found: Transfers) -> Floats:
        """Lunar inclination less the latitude the craft comes in at; retrograde orbits by their supplement."""
        inclination = np.degrees(found.problem.lunar_inclination)
        return np.asarray(
            np.minimum(inclination, 180.0 - inclination) - approach_latitude_deg(found.problem, self.forces)
        )

    def _loi_delta_v_km_s(self, found: Transfers) -> Floats:
        gm, near = self.forces.gm("moon"), found.problem.perilune_radius_km
        far = RADIUS_KM["moon"] + self.apolune_altitude_km
        return np.asarray(found.perilune_speed_km_s - np.sqrt(2.0 * gm * far / (near * (near + far))))
