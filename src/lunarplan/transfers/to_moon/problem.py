"""Direct transfers: what is asked, and what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.rows import numbers
from lunarplan.transfers.batches import taken
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import Targeted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """A batch of direct transfers; every field float64[N] (or the same for all rows before `problem` broadcasts it).

    perilune_tdb         : arrival epoch
    tof_s                : from injection to perilune; with a launch site, the first guess of it
    parking_radius_km, parking_inclination : circular orbit, to the equator of date, rad
    northbound_departure : +1 if the outward path crosses the Moon's direction northbound, -1 southbound
    perilune_radius_km, lunar_inclination  : to the Moon's equator of the arrival epoch, rad, over 90 deg retrograde
    northbound_arrival   : which of the two planes of that inclination
    """

    perilune_tdb: Floats
    tof_s: Floats
    parking_radius_km: Floats
    parking_inclination: Floats
    northbound_departure: Floats
    perilune_radius_km: Floats
    lunar_inclination: Floats
    northbound_arrival: Floats

    def rows(self, rows: NDArray[np.intp]) -> Problem:
        """Return the problems of some rows."""
        return taken(self, rows)


@dataclass(frozen=True, repr=False)
class Transfers(Solved):
    """Converged transfers, float64[N] each; NaN where not ``ok``.

    problem              : as it was asked; with the arrival that was found, where that was not held
    injection_tdb, injection_states : just after the injection burn, [N, 6] Earth-centred ICRF, km, km/s
    perilune_states      : [N, 6] Moon-centred ICRF
    tli_delta_v_km_s     : tangential, from the circular parking orbit
    c3_km2_s2            : two-body, at injection
    launch_tdb, coast_s  : with a launch site: lift-off, and parking-orbit coast before the injection
    """

    problem: Problem
    forces: ForceModel
    injection_tdb: Floats
    injection_states: Floats
    perilune_states: Floats
    tli_delta_v_km_s: Floats
    c3_km2_s2: Floats
    launch_tdb: Floats
    coast_s: Floats
    solution: Targeted

    def rows(self, rows: NDArray[np.intp]) -> Transfers:
        """Return the transfers of some rows."""
        return taken(self, rows)

    @property
    def tof_s(self) -> Floats:
        return np.asarray(self.problem.perilune_tdb - self.injection_tdb)

    @property
    def perilune_speed_km_s(self) -> Floats:
        return np.asarray(np.linalg.norm(self.perilune_states[:, 3:], axis=1))


def problem(
    perilune_tdb: ArrayLike,
    tof_s: ArrayLike,
    *,
    parking_altitude_km: ArrayLike,
    parking_inclination_deg: ArrayLike,
    perilune_altitude_km: ArrayLike,
    lunar_inclination_deg: ArrayLike,
    northbound_departure: ArrayLike = 1,
    northbound_arrival: ArrayLike = 1,
) -> Problem:
    """Build a batch from values in the units of the edge, broadcast against each other.

    perilune_tdb                             : arrival; anything `tdb_seconds` reads
    tof_s                                    : from injection to perilune, 1 to 20 days
    parking_altitude_km, perilune_altitude_km : over the equatorial radius of the Earth, the mean radius of the Moon
    parking_inclination_deg                  : to the Earth's equator; at least the Moon's declination on arrival
    lunar_inclination_deg                    : to the Moon's equator, retrograde over 90
    northbound_departure, northbound_arrival : 1 for the plane flown northbound, -1 for the other; see `Problem`

    Raises InputError for altitudes below the surface, inclinations outside 0-180 deg, times of flight <= 0, NaN.
    """
    given = (
        ("tof_s", tof_s, 86_400.0, 20 * 86_400.0),
        ("parking_altitude_km", parking_altitude_km, 100.0, 100_000.0),
        ("parking_inclination_deg", parking_inclination_deg, 0.0, 180.0),
        ("perilune_altitude_km", perilune_altitude_km, 0.0, 50_000.0),
        ("lunar_inclination_deg", lunar_inclination_deg, 0.0, 180.0),
    )
    columns = {name: _within(name, value, low, high) for name, value, low, high in given}
    columns["perilune_tdb"] = _epochs("perilune_tdb", perilune_tdb)
    columns["northbound_departure"] = north_or_south("northbound_departure", northbound_departure)
    columns["northbound_arrival"] = north_or_south("northbound_arrival", northbound_arrival)
    try:
        shape = np.broadcast_shapes((1,), *(c.shape for c in columns.values()))
    except ValueError:
        shape = ()
    if len(shape) != 1:
        text = ", ".join(f"{name} {c.shape}" for name, c in columns.items() if c.ndim)
        raise InputError(
            f"batches do not match: {text}", where="problem", allowed="one value, or one for each of N rows"
        )
    row = {name: np.broadcast_to(c, shape).copy() for name, c in columns.items()}
    return Problem(
        row["perilune_tdb"],
        row["tof_s"],
        RADIUS_KM["earth"] + row["parking_altitude_km"],
        np.radians(row["parking_inclination_deg"]),
        row["northbound_departure"],
        RADIUS_KM["moon"] + row["perilune_altitude_km"],
        np.radians(row["lunar_inclination_deg"]),
        row["northbound_arrival"],
    )


def _within(name: str, value: ArrayLike, low: float, high: float) -> Floats:
    a = numbers(name, value, 1)
    bad = ~(np.isfinite(a) & (a >= low) & (a <= high))
    if bad.any():
        raise InputError(f"{a[bad][0]:g} is out of range", where=name, allowed=f"{low:g} to {high:g}")
    return a


def _epochs(name: str, value: ArrayLike) -> Floats:
    try:
        return np.asarray(tdb_seconds(value), float)
    except InputError as error:
        raise InputError(error.what, where=name, allowed=error.allowed, remedy=error.remedy) from None


def north_or_south(name: str, value: ArrayLike) -> Floats:
    """1 for north and -1 for south, from these or from True and False; raises InputError for anything else."""
    a = numbers(name, np.where(value, 1.0, -1.0) if np.asarray(value).dtype == bool else value, 1)
    if not (np.abs(a) == 1.0).all():
        raise InputError("is neither north nor south", where=name, allowed="1 or True for north, -1 or False for south")
    return a
