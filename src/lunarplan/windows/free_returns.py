"""Launch windows of circumlunar free returns: what a scan computes in each cell.

job = FreeReturnLaunches(launch_site("ksc"), parking_altitude_km=185.0)
grid = job.grid("2028-07-01", "2028-07-31", perilune_altitudes_km=[6500.0])
dataset = scan(job, grid)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.model.rows import numbers
from lunarplan.scans.grid import Axis, Field, Grid
from lunarplan.transfers.batches import joined
from lunarplan.transfers.free_returns.free_return import FreeReturns, free_return_problem, free_returns
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.to_moon.problem import Transfers, problem
from lunarplan.windows.departure import NORTHBOUND, SOUTHBOUND, TOLERANCE, LaunchJob, days_between, noon_tdb

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]

_OUT_DAYS = 3.0  # first guess of the way out


@dataclass(frozen=True)
class FreeReturnLaunches(LaunchJob):
    """The job of a scan over launch day, opportunity, way home, perilune altitude and azimuth; see `scans.scan.Job`.

    return_inclination_deg, flight_path_deg : of the entry; the others as in `LaunchJob`
    constraints : get the way out as Transfers; those on arrival see the flyby as one
    """

    return_inclination_deg: float = 35.0
    flight_path_deg: float = -6.5

    def __post_init__(self) -> None:
        super().__post_init__()

    @property
    def burns(self) -> tuple[str, ...]:
        """The fields that add up to what a launch costs."""
        return ("tli_delta_v",)

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        own = {
            "entry_tdb": Field(unit="s", long_name="entry interface, TDB past J2000"),
            "entry_speed": Field(unit="km/s", long_name="inertial speed at the entry interface"),
            "entry_latitude": Field(unit="deg", long_name="geocentric latitude of the entry interface"),
            "entry_longitude": Field(unit="deg", long_name="longitude of the entry interface, east positive"),
        }
        return {**self.departure.fields, **own}

    def describe(self) -> dict[str, Any]:
        return self.departure.describe() | {
            "return_inclination_deg": self.return_inclination_deg,
            "flight_path_deg": self.flight_path_deg,
        }

    def grid(
        self, first_day: str, last_day: str, *, perilune_altitudes_km: ArrayLike, azimuths_deg: ArrayLike = (90.0,)
    ) -> Grid:
        """The cells of all days from one to another, both counted, as calendar days of UTC.

        Raises InputError for days that are none or run backwards.
        """
        return Grid(
            {
                "launch_day": Axis(days_between(first_day, last_day), long_name="launch day, UTC"),
                "opportunity": Axis((NORTHBOUND, SOUTHBOUND), long_name="way past the Moon's direction"),
                "way_home": Axis((NORTHBOUND, SOUTHBOUND), long_name="how the Moon's place is left"),
                "perilune_altitude_km": Axis(numbers("perilune_altitudes_km", perilune_altitudes_km, 1), "km"),
                "azimuth_deg": Axis(numbers("azimuths_deg", azimuths_deg, 1), "deg", "inertial launch azimuth"),
            }
        )

    def __call__(self, cells: dict[str, Array], /) -> dict[str, Array]:
        return self.departure.filled(self.fields, cells, self._measured)

    def returns(self, cells: Mapping[str, Array], tie: LaunchTie) -> FreeReturns:
        """One free return for each cell, whose azimuths all have the tie to the site."""
        batch = free_return_problem(
            noon_tdb(cells["launch_day"]) + _OUT_DAYS * 86_400.0,
            perilune_altitude_km=cells["perilune_altitude_km"],
            parking_altitude_km=self.parking_altitude_km,
            parking_inclination_deg=self.departure.inclination_deg(cells["azimuth_deg"]),
            northbound_departure=np.where(cells["opportunity"] == NORTHBOUND, 1.0, -1.0),
            return_inclination_deg=self.return_inclination_deg,
            northbound_return=np.where(cells["way_home"] == NORTHBOUND, 1.0, -1.0),
            flight_path_deg=self.flight_path_deg,
        )
        found = free_returns(batch, self.forces, launch=tie, tolerance=TOLERANCE, workers=self.workers)
        return self._on_the_day(found, cells["launch_day"], tie)

    def _on_the_day(self, found: FreeReturns, days: Array, tie: LaunchTie) -> FreeReturns:
        """Those asked for again, from a day earlier or later, whose lift-off came out on the wrong side of noon."""
        late = found.launch_tdb - noon_tdb(days)
        again = np.flatnonzero(found.ok & (np.abs(late) > 0.5 * 86_400.0))
        if not len(again):
            return found
        batch = found.problem.rows(again)
        moved = replace(batch, perilune_tdb=batch.perilune_tdb - np.copysign(89_400.0, late[again]))
        other = free_returns(moved, self.forces, launch=tie, tolerance=TOLERANCE, workers=self.workers)
        better = np.abs(other.launch_tdb - noon_tdb(days[again])) < np.abs(late[again])
        return joined(found, again[better], other.rows(np.flatnonzero(better)))

    def _measured(self, cells: dict[str, Array], tie: LaunchTie) -> dict[str, Array]:
        found = self.returns(cells, tie)
        own = {
            "entry_tdb": np.where(found.ok, found.entry.tdb, np.nan),
            "entry_speed": found.entry.speed_km_s,
            "entry_latitude": found.entry.latitude_deg,
            "entry_longitude": found.entry.longitude_deg,
        }
        return self.departure.measured(as_transfers(found), cells["launch_day"]) | own


def as_transfers(found: FreeReturns) -> Transfers:
    """The ways out of free returns, for whoever takes direct transfers: their flybys are the arrivals."""
    p = found.problem
    ok = found.ok
    tilt = np.full(len(ok), 90.0)
    if ok.any():
        tilt[ok] = found.rows(np.flatnonzero(ok)).lunar_inclination_deg
    batch = problem(
        p.perilune_tdb, np.where(ok, p.perilune_tdb - found.injection_tdb, _OUT_DAYS * 86_400.0),
        parking_altitude_km=100.0, parking_inclination_deg=np.degrees(p.parking_inclination),
        perilune_altitude_km=100.0, lunar_inclination_deg=tilt, northbound_departure=p.northbound_departure,
    )  # fmt: skip
    batch = replace(batch, parking_radius_km=p.parking_radius_km, perilune_radius_km=p.perilune_radius_km)
    return Transfers(
        batch, found.forces, found.injection_tdb, found.injection_states, found.perilune_states,
        found.tli_delta_v_km_s, found.c3_km2_s2, found.launch_tdb, found.coast_s, found.solution,
    )  # fmt: skip
