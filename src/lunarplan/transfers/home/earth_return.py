"""Returns to the Earth: one burn, from any state near the Moon or on the way, to an entry interface.

    batch = return_problem(states, epoch, "2.5 days in seconds", inclination_deg=40.0)
    home = earth_returns(batch)
    home.delta_v_km_s, home.entry_speed_km_s, home.splashdown_latitude_deg

A burn has three components and the entry three conditions, radius, flight-path angle and inclination at a given time:
each row has one answer for each of the two planes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import check_options
from lunarplan.model.rows import batch_within, numbers, require_kind
from lunarplan.transfers.batches import taken
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.home.entry import Entries, entries
from lunarplan.transfers.one_burn import OneBurn, solve
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import Targeted
from lunarplan.transfers.to_moon.problem import north_or_south

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

ENTRY_ALTITUDE_KM = 121.92  # 400,000 ft, NASA's entry interface since Apollo


@dataclass(frozen=True)
class ReturnProblem:
    """A batch of returns, float64[N] each unless said otherwise; `return_problem` makes one.

    departure_tdb, departure_states : epoch of the burn, and [N, 6] before it, Moon-centred ICRF
    tof_s            : from the burn to the entry interface
    entry_radius_km, flight_path : at the interface; the angle over the local horizon, rad, negative inwards
    inclination      : of the return to the Earth's equator of date, rad, over 90 deg retrograde
    northbound       : +1 if the way home sets out from the Moon's place northbound, -1 southbound
    """

    departure_tdb: Floats
    departure_states: Floats
    tof_s: Floats
    entry_radius_km: Floats
    flight_path: Floats
    inclination: Floats
    northbound: Floats

    def rows(self, rows: NDArray[np.intp]) -> ReturnProblem:
        """Return the problems of some rows."""
        return taken(self, rows)

    @property
    def entry_tdb(self) -> Floats:
        return np.asarray(self.departure_tdb + self.tof_s)


@dataclass(frozen=True, repr=False)
class Returns(Solved):
    """Converged returns; NaN where not ``ok``.

    burn_km_s    : float64[N, 3], ICRF
    entry        : where and how the interface is met, see `Entries`
    """

    problem: ReturnProblem
    forces: ForceModel
    burn_km_s: Floats
    entry: Entries
    solution: Targeted

    @property
    def delta_v_km_s(self) -> Floats:
        return np.asarray(np.linalg.norm(self.burn_km_s, axis=1))

    @property
    def departing_states(self) -> Floats:
        """After the burn, [N, 6], Moon-centred ICRF."""
        states = self.problem.departure_states.copy()
        states[:, 3:] += self.burn_km_s
        return states


def return_problem(
    states: ArrayLike,
    epoch: Any,
    tof_s: ArrayLike,
    *,
    inclination_deg: ArrayLike,
    northbound: ArrayLike = 1,
    entry_altitude_km: ArrayLike = ENTRY_ALTITUDE_KM,
    flight_path_deg: ArrayLike = -6.5,
    center: str = "moon",
    forces: ForceModel | None = None,
) -> ReturnProblem:
    """Build a batch from values in the units of the edge, broadcast against each other.

    states : float64[N, 6] or [6], before the burn, ICRF, about ``center``; epoch: of the burn
    tof_s  : from the burn to the entry interface, 0.25 to 30 days
    entry_altitude_km, flight_path_deg : over the equatorial radius of the Earth; inertial, negative inwards. Apollo
             and Artemis I entered at 121.92 km and -6.5 to -6.7 deg
    inclination_deg : to the Earth's equator; below the declination the Earth-bound leg sets out from it cannot be met

    Raises InputError for values out of range, NaN, and shapes that do not go together.
    """
    forces = ForceModel() if forces is None else forces
    x = np.atleast_2d(numbers("states", states, 6))
    if not np.isfinite(x).all():
        raise InputError("not finite", where="states", allowed="km and km/s")
    start, _, tof, tilt, north, altitude, angle = batch_within(
        "return_problem",
        epoch=(tdb_seconds(epoch), -np.inf, np.inf, "s"),
        states=(np.zeros(len(x)) if len(x) != 1 else 0.0, 0.0, 0.0, ""),
        tof_s=(tof_s, 21_600.0, 30 * 86_400.0, "s"),
        inclination_deg=(inclination_deg, 0.0, 180.0, "deg"),
        northbound=(north_or_south("northbound", northbound), -1.0, 1.0, ""),
        entry_altitude_km=(entry_altitude_km, 50.0, 1_000.0, "km"),
        flight_path_deg=(flight_path_deg, -45.0, 0.0, "deg"),
    )
    x = np.broadcast_to(x, (len(start), 6)).copy()
    if check_options(forces, center, 1e-12) == "earth":
        x = x - forces.source.state("moon", "earth", start)
    return ReturnProblem(start, x, tof, RADIUS_KM["earth"] + altitude, np.radians(angle), np.radians(tilt), north)


def earth_returns(
    batch: ReturnProblem,
    forces: ForceModel | None = None,
    *,
    tolerance: float = 1e-12,
    workers: int | None = None,
) -> Returns:
    """Solve a batch of returns in a force model; rows that do not converge are NaN, with a status.

    Raises InputError for a force model without the Earth or the Moon, and epochs outside the ephemeris.
    """
    require_kind("batch", batch, ReturnProblem, "a ReturnProblem, made by return_problem(...)")
    forces = ForceModel() if forces is None else forces
    check_options(forces, "moon", tolerance, workers)
    legs = OneBurn(
        batch.departure_tdb, batch.departure_states, batch.tof_s, batch.entry_radius_km, batch.flight_path,
        batch.inclination, batch.northbound, equator_of_date(batch.entry_tdb),
    )  # fmt: skip
    solution = solve(legs, "earth", InEphemeris(forces, tolerance, workers))
    end, _ = legs.end(solution.x, np.arange(len(batch.tof_s)))
    return Returns(batch, forces, solution.x[:, :3], entries(end, batch.entry_tdb), solution)
