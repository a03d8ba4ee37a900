"""Two-burn transfers between a staging orbit and a low lunar orbit: one burn on the way, one at perilune.

    down = to_low_orbit(station, "2028-03-01T00:00:00", 43_200.0, altitude_km=100.0, inclination_deg=90.0)
    best = cheapest_to_low_orbit(station, start, end, 43_200.0, altitude_km=100.0, inclination_deg=90.0)

The plane of the low orbit has the inclination asked for and the node that costs no turn at perilune.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import elementwise

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.model.rows import batch_within, full_rows
from lunarplan.transfers.batches import within
from lunarplan.transfers.flight import Flight, InEphemeris, flight_or_default
from lunarplan.transfers.one_burn import OneBurn, solve
from lunarplan.transfers.path import Path, states_about_moon
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import Targeted
from lunarplan.transfers.to_moon.problem import north_or_south

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class LowOrbitTransfers(Solved):
    """Transfers between a staging orbit and a low lunar orbit, float64[N] each unless said otherwise; NaN where not ok.

    staging_tdb, staging_states : epoch of the burn on the staging orbit, and [N, 6] of that orbit, about the Moon
    staging_burn_km_s : [N, 3], ICRF, as the craft makes it
    perilune_tdb, perilune_states : the same of the low orbit's end, [N, 6] on the transfer
    perilune_delta_v_km_s : tangential, between the transfer and the circular low orbit
    node_deg, inclination_rad : of the low orbit, to the Moon's equator of date (or the plane of the two bodies)
    staging_latitude_rad : of the staging orbit at the burn, over that equator; a transfer without a turn has to pass it
    """

    staging_tdb: Floats
    staging_states: Floats
    staging_burn_km_s: Floats
    perilune_tdb: Floats
    perilune_states: Floats
    perilune_delta_v_km_s: Floats
    node_deg: Floats
    inclination_rad: Floats
    staging_latitude_rad: Floats
    solution: Targeted

    @property
    def staging_delta_v_km_s(self) -> Floats:
        return np.asarray(np.linalg.norm(self.staging_burn_km_s, axis=1))

    @property
    def delta_v_km_s(self) -> Floats:
        """Of both burns."""
        return self.staging_delta_v_km_s + self.perilune_delta_v_km_s

    def reason(self, row: int) -> str:
        """Why a row failed, or "converged"."""
        latitude, tilt = np.degrees([self.staging_latitude_rad[row], self.inclination_rad[row]])
        if self.ok[row] or abs(latitude) <= min(tilt, 180.0 - tilt):
            return super().reason(row)
        return (
            f"the station is over a latitude of {latitude:.1f} deg then, where no plane of {tilt:.1f} deg comes: "
            "take another epoch, or turn on the way (low_orbit_plane)"
        )


def to_low_orbit(
    station: Path,
    departure: Any,
    tof_s: ArrayLike,
    *,
    altitude_km: ArrayLike = 100.0,
    inclination_deg: ArrayLike = 90.0,
    northbound: ArrayLike = 1,
    flight: Flight | None = None,
) -> LowOrbitTransfers:
    """Solve transfers down from a station to circular low orbits.

    station   : has ``at(tdb, center)``; departure: epochs of the first burn, anything `tdb_seconds` reads
    tof_s     : to the insertion at perilune, 1 h to 10 days
    altitude_km, inclination_deg : over the Moon's mean radius, to its equator
    northbound : 1 or -1, which of the two planes, by the motion at departure
    flight    : the dynamics, if not those of ``ForceModel()``

    Raises InputError for values out of range, NaN, shapes that do not go together, epochs the station does not cover.
    """
    return _solved(station, departure, tof_s, altitude_km, inclination_deg, northbound, flight, 1.0)


def from_low_orbit(
    station: Path,
    arrival: Any,
    tof_s: ArrayLike,
    *,
    altitude_km: ArrayLike = 100.0,
    inclination_deg: ArrayLike = 90.0,
    northbound: ArrayLike = 1,
    flight: Flight | None = None,
) -> LowOrbitTransfers:
    """Solve transfers up from circular low orbits to a station that is met at given epochs; as `to_low_orbit`."""
    return _solved(station, arrival, tof_s, altitude_km, inclination_deg, northbound, flight, -1.0)


def cheapest_to_low_orbit(station: Path, start: Any, end: Any, tof_s: ArrayLike, **options: Any) -> LowOrbitTransfers:
    """The cheapest departures within spans of time, one for each of N spans, of both planes; as `to_low_orbit`.

    start, end : of the spans, up to a revolution of the station long: the cost has one valley in each
    """
    return _cheapest(to_low_orbit, station, start, end, tof_s, options)


def cheapest_from_low_orbit(station: Path, start: Any, end: Any, tof_s: ArrayLike, **options: Any) -> LowOrbitTransfers:
    """The cheapest arrivals within spans of time; as `cheapest_to_low_orbit`."""
    return _cheapest(from_low_orbit, station, start, end, tof_s, options)


def _solved(
    station: Path, epoch: Any, tof_s: Any, altitude_km: Any, inclination_deg: Any, northbound: Any,
    flight: Flight | None, sense: float,
) -> LowOrbitTransfers:  # fmt: skip
    flight = flight_or_default(flight)
    tdb, tof, altitude, inclination, north = batch_within(
        "low_orbit",
        epoch=(tdb_seconds(epoch), -np.inf, np.inf, "s"),
        tof_s=(tof_s, 3_600.0, 10 * 86_400.0, "s"),
        altitude_km=(altitude_km, 5.0, 20_000.0, "km"),
        inclination_deg=(inclination_deg, 0.0, 180.0, "deg"),
        northbound=(north_or_south("northbound", northbound), -1.0, 1.0, ""),
    )
    states = states_about_moon(station, tdb, "station")
    legs = OneBurn(
        tdb, states, sense * tof, RADIUS_KM["moon"] + altitude, np.zeros_like(tdb), np.radians(inclination), north,
        lunar_equator(flight, tdb + sense * tof),
    )  # fmt: skip
    return _result(legs, solve(legs, "moon", flight), flight, sense)


def lunar_equator(flight: Flight, tdb: Floats) -> Floats:
    """Axes inclinations are counted from: the Moon's of date, or the plane of the two bodies."""
    if isinstance(flight, InEphemeris):
        return rotation("moon_me", tdb, flight.forces.source)
    return np.broadcast_to(np.eye(3), (len(tdb), 3, 3)).copy()


def _result(legs: OneBurn, found: Targeted, flight: Flight, sense: float) -> LowOrbitTransfers:
    end, _ = legs.end(found.x, np.arange(len(found.x)))
    brake = found.x[:, 5] - np.sqrt(flight.gm("moon") / legs.radius)
    node = np.degrees(found.x[:, 3]) % 360.0
    place = np.einsum("ni,ni->n", lunar_equator(flight, legs.burn_tdb)[:, 2], legs.burn_states[:, :3])
    latitude = np.arcsin(place / np.linalg.norm(legs.burn_states[:, :3], axis=1))
    return LowOrbitTransfers(
        legs.burn_tdb, legs.burn_states, sense * found.x[:, :3], legs.end_tdb, end, brake, node, legs.inclination,
        latitude, found,
    )  # fmt: skip


_PHASES = 24


def _cheapest(
    solver: Callable[..., LowOrbitTransfers], station: Path, start: Any, end: Any, tof_s: ArrayLike,
    options: dict[str, Any],
) -> LowOrbitTransfers:  # fmt: skip
    if "northbound" in options:
        raise InputError("both planes are tried", where="northbound", remedy="leave it out")
    (first, last, tof), _ = full_rows(start=(tdb_seconds(start), 1), end=(tdb_seconds(end), 1), tof_s=(tof_s, 1))
    if not (last > first).all():
        raise InputError("ends before it starts", where="end", allowed="later than start")
    n, parts = len(first), np.linspace(0.0, 1.0, _PHASES)
    k, row, plane = (a.ravel() for a in np.meshgrid(np.arange(_PHASES), np.arange(n), [0, 1], indexing="ij"))
    both = np.array([1.0, -1.0])

    def cost(part: Floats, row: NDArray[np.intp], north: Floats) -> Floats:
        epoch = first[row] + within(part) * (last - first)[row]
        with np.errstate(invalid="ignore"):
            return np.nan_to_num(solver(station, epoch, tof[row], northbound=north, **options).delta_v_km_s, nan=_DEAR)

    costs = cost(parts[k], row, both[plane]).reshape(_PHASES, n, 2)
    best_phase, best_north = np.divmod(np.moveaxis(costs, 1, 0).reshape(n, 2 * _PHASES).argmin(axis=1), 2)
    planes = both[best_north]
    middle = parts[best_phase]
    width = parts[1]
    rows = np.arange(n)
    found = elementwise.find_minimum(
        lambda part, i: cost(part, i.astype(np.intp), planes[i.astype(np.intp)]),
        (middle - width, middle, middle + width), args=(rows.astype(float),), tolerances={"xatol": 1e-5, "fatol": 1e-9},
    )  # fmt: skip
    part = np.where(found.success, found.x, parts[best_phase])
    return solver(station, first + within(part) * (last - first), tof, northbound=planes, **options)


_DEAR = 1e3  # km/s: what did not converge is not cheap
