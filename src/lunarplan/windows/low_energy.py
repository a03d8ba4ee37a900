"""Launch windows of low-energy transfers: what a scan computes in each cell.

job = LowEnergyLaunches(launch_site("cape-slc-40"), ToLowOrbit(100.0, 90.0), parking_altitude_km=185.0)
grid = job.grid("2028-07-01", "2028-07-31")
dataset = scan(job, grid)

Guesses are looked for once for a month of launches. Of those that leave near a day, on one side of the Earth or the
other, the cheapest are tied to the site, and their insertions made least.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds, utc_days
from lunarplan.model.forces import ForceModel
from lunarplan.model.rows import numbers
from lunarplan.scans.grid import Axis, Field, Grid
from lunarplan.transfers.batches import taken
from lunarplan.transfers.low_energy.launch import LONGEST_WAIT_S, delayed, over_site
from lunarplan.transfers.low_energy.results import together
from lunarplan.transfers.low_energy.transfers import (
    LowEnergyGuesses,
    LowEnergyTransfers,
    ToLowOrbit,
    ToStation,
    low_energy_guesses,
    low_energy_transfers,
)
from lunarplan.transfers.to_moon.problem import Problem, Transfers
from lunarplan.windows.constraint import evaluate
from lunarplan.windows.departure import (
    NO_TRANSFER,
    OPEN,
    OTHER_DAY,
    REASONS,
    LaunchJob,
    days_between,
    noon_tdb,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

SUNWARD, OUTWARD = "sunward", "outward"
_TOLERANCE = 1e-11  # of the propagator
_TRIES = 4  # for every cell


@dataclass(frozen=True)
class LowEnergyLaunches(LaunchJob):
    """The job of a scan over launch day, side of the apogee and azimuth; see `scans.scan.Job`.

    to       : `ToLowOrbit`, or `ToStation` with a path that covers all arrivals
    tof_days : least and most
    samples  : arrivals flown backwards for every day of launches; more of them find more, and cheaper ones
    constraints : get the flight as Transfers, whose arrival is the state before the insertion; of a station, what asks
                  for a perilune is none to ask
    the others : as in `Launches`
    """

    to: ToLowOrbit | ToStation
    tof_days: tuple[float, float] = (70.0, 130.0)
    samples: int = 8192
    forces: ForceModel = field(default_factory=ForceModel, kw_only=True)
    _months: dict[tuple[str, float], LowEnergyTransfers] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        to: object = self.to
        if not isinstance(to, ToLowOrbit | ToStation):
            allowed = "ToLowOrbit(...), ToStation(...)"
            raise InputError(f"{to!r:.60}", where="LowEnergyLaunches.to", allowed=allowed)

    def __getstate__(self) -> dict[str, Any]:
        """What another process gets to know: not the months that are found already."""
        return self.__dict__ | {"_months": {}}

    @property
    def burns(self) -> tuple[str, ...]:
        """The fields that add up to what a launch costs."""
        return "tli_delta_v", "loi_delta_v"

    @property
    def reasons(self) -> dict[int, str]:
        """What the codes mean; those of constraints count from 1."""
        own = {code: REASONS[code] for code in (OPEN, NO_TRANSFER, OTHER_DAY)}
        return own | {k: constraint.name for k, constraint in enumerate(self.constraints, 1)}

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        # the Moon's declination closes nothing here: its margin stays empty
        own = {
            "loi_delta_v": Field(unit="m/s", long_name="insertion, an impulse"),
            "apogee": Field(unit="km", long_name="largest distance from the Earth's centre"),
            "tof_s": Field(unit="s", long_name="from injection to insertion"),
            "quadrant": Field(long_name="of the apogee, in axes that turn with the Sun"),
            "flybys": Field(long_name="of the Moon, before the arrival"),
        }
        return {**self.departure.fields, **own}

    def describe(self) -> dict[str, Any]:
        own = {"to": repr(self.to), "tof_days": list(self.tof_days), "samples": self.samples}
        return self.departure.describe() | {"reasons": {str(k): text for k, text in self.reasons.items()}} | own

    def grid(self, first_day: str, last_day: str, *, azimuths_deg: ArrayLike = (90.0,)) -> Grid:
        """The cells of all days from one to another, both counted, as calendar days of UTC.

        Raises InputError for days that are none or run backwards.
        """
        return Grid(
            {
                "launch_day": Axis(days_between(first_day, last_day), long_name="launch day, UTC"),
                "opportunity": Axis((SUNWARD, OUTWARD), long_name="side of the Earth the apogee lies on"),
                "azimuth_deg": Axis(numbers("azimuths_deg", azimuths_deg, 1), "deg", "inertial launch azimuth"),
            }
        )

    def __call__(self, cells: dict[str, Array], /) -> dict[str, Array]:
        n = len(cells["azimuth_deg"])
        answer = {name: np.full((n, *f.shape), np.nan, f.dtype) for name, f in self.fields.items() if name != "code"}
        answer["code"] = np.full(n, NO_TRANSFER, np.int16)
        for azimuth in np.unique(cells["azimuth_deg"]):
            rows = np.flatnonzero(cells["azimuth_deg"] == azimuth)
            found, cell = self.transfers({name: values[rows] for name, values in cells.items()}, float(azimuth))
            for name, values in self._measured(found, cells["launch_day"][rows[cell]]).items():
                answer[name][rows[cell]] = values
        return answer

    def transfers(self, cells: Mapping[str, Array], azimuth_deg: float) -> tuple[LowEnergyTransfers, Rows]:
        """The best transfers of the cells of an azimuth, and which cell each belongs to; some cells have none."""
        guesses, cell = self._candidates(cells, azimuth_deg)
        tie = self.departure.tie(azimuth_deg)
        found = low_energy_transfers(guesses, self.forces, launch=tie, tolerance=_TOLERANCE, workers=self.workers)
        noon = noon_tdb(cells["launch_day"])[cell]
        usable = np.flatnonzero(found.ok & (_sunward(found) == (cells["opportunity"][cell] == SUNWARD)))
        other_day = np.abs(found.launch_tdb - noon)[usable] > 0.5 * SECONDS_PER_DAY
        order = usable[np.lexsort([found.insertion_delta_v_km_s[usable], other_day, cell[usable]])]
        cells_found, first = np.unique(cell[order], return_index=True)
        return found.rows(order[first]), cells_found

    def _candidates(self, cells: Mapping[str, Array], azimuth_deg: float) -> tuple[LowEnergyGuesses, Rows]:
        """Guesses for the cells, the cheapest few of each, and the cells they are for."""
        months, noon = cells["launch_day"].astype("datetime64[M]"), noon_tdb(cells["launch_day"])
        parts, cell = [], []
        for month in np.unique(months):
            known = self._month(str(month), azimuth_deg)
            sunward = _sunward(known)
            for k in np.flatnonzero(months == month):
                launch, wait = over_site(known, self.departure.tie(azimuth_deg), np.full(len(known.ok), noon[k]))
                near = (np.abs(launch - noon[k]) < 0.5 * SECONDS_PER_DAY) & (np.abs(wait) < LONGEST_WAIT_S)
                chosen = np.flatnonzero(near & (sunward == (cells["opportunity"][k] == SUNWARD)))[:_TRIES]
                parts.append(delayed(known.guesses(chosen), wait[chosen]))
                cell.append(np.full(len(chosen), k))
        return together(parts), np.concatenate(cell)

    def _month(self, month: str, azimuth_deg: float) -> LowEnergyTransfers:
        """Transfers that leave in a month, whatever the time of day, the cheapest first."""
        key = month, azimuth_deg
        if key not in self._months:
            first = np.datetime64(month, "M").astype("datetime64[D]")
            last = (np.datetime64(month, "M") + 1).astype("datetime64[D]")
            begin, end = (float(tdb_seconds(f"{day}T00:00:00")) for day in (first, last))
            shortest, longest = (days * SECONDS_PER_DAY for days in self.tof_days)
            guesses = low_energy_guesses(
                self.to, begin + shortest, end + longest, parking_altitude_km=self.parking_altitude_km,
                parking_inclination_deg=float(np.degrees(self.site.inclination_rad(np.radians(azimuth_deg)))),
                tof_days=self.tof_days, samples=self.samples * int((last - first).astype(int)), forces=self.forces,
                workers=self.workers,
            )  # fmt: skip
            leaves = guesses.injection[:, 3]
            some = guesses.rows(np.flatnonzero((leaves > begin - LONGEST_WAIT_S) & (leaves < end + LONGEST_WAIT_S)))
            found = low_energy_transfers(
                some, self.forces, least_burn=False, tolerance=_TOLERANCE, workers=self.workers
            )
            self._months[key] = found.rows(found.distinct())
        return self._months[key]

    def _measured(self, found: LowEnergyTransfers, days: Array) -> dict[str, Array]:
        margins = evaluate(self.constraints, as_transfers(found))
        return {
            "code": self._codes(found, days, margins),
            "launch_tdb": found.launch_tdb,
            "injection_tdb": found.injection_tdb,
            "perilune_tdb": found.arrival_tdb,
            "coast_s": found.coast_s,
            "tli_delta_v": 1e3 * found.tli_delta_v_km_s,
            "loi_delta_v": 1e3 * found.insertion_delta_v_km_s,
            "c3": found.c3_km2_s2,
            "apogee": found.way.apogee_km,
            "tof_s": found.tof_s,
            "quadrant": found.way.quadrant.astype(float),
            "flybys": found.way.flybys.astype(float),
            "margin": margins,
        }

    def _codes(self, found: LowEnergyTransfers, days: Array, margins: Floats) -> Array:
        code = np.full(len(found.ok), OPEN, np.int16)
        if self.constraints:
            scaled = margins / np.array([constraint.scale for constraint in self.constraints])
            worst = np.argmin(np.where(np.isnan(scaled), np.inf, scaled), axis=1)
            broken = (margins < 0.0).any(axis=1)
            code[broken] = 1 + worst[broken]
        day = (days.astype("datetime64[D]") - np.datetime64("1858-11-17")).astype(np.int64)
        code[utc_days(found.launch_tdb)[0] != day] = OTHER_DAY
        return code


def _sunward(found: LowEnergyTransfers) -> NDArray[np.bool_]:
    """Whether apogees lie on the Sun's side of the Earth."""
    return np.isin(found.way.quadrant, (2, 3))


def as_transfers(found: LowEnergyTransfers) -> Transfers:
    """Low-energy transfers for whoever takes direct ones: what is before the insertion is their arrival."""
    n, r = len(found.ok), np.linalg.norm(found.arrival_states[:, :3], axis=1)
    tilt = found.to.inclination_deg if isinstance(found.to, ToLowOrbit) else 90.0
    northbound = np.where(found.injection_states[:, 5] > 0.0, 1.0, -1.0)
    batch = Problem(
        found.arrival_tdb, found.tof_s, np.full(n, found.parking.radius_km), np.full(n, found.parking.inclination),
        northbound, r, np.full(n, np.radians(tilt)), np.ones(n),
    )  # fmt: skip
    return Transfers(
        batch, found.forces, found.injection_tdb, found.injection_states, found.arrival_states,
        found.tli_delta_v_km_s, found.c3_km2_s2, found.launch_tdb, found.coast_s,
        taken(found.solution, np.arange(n)),
    )  # fmt: skip
