"""What a free return from a high Earth orbit is asked: launch, ellipse, injection, flyby and entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.rows import batch_within, numbers
from lunarplan.transfers.batches import taken
from lunarplan.transfers.free_returns.free_return import FreeReturnProblem, free_return_problem
from lunarplan.transfers.home.earth_return import ENTRY_ALTITUDE_KM
from lunarplan.transfers.to_moon.injection_burn import InjectionBurn
from lunarplan.transfers.to_moon.problem import north_or_south

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_LONGEST_DELAY_S = 3_600.0
_OUT_DAYS = 4.0  # first guess of the way out
_OF_THE_WAY = (
    "perilune_altitude_km",
    "northbound_departure",
    "return_inclination_deg",
    "northbound_return",
    "entry_altitude_km",
    "flight_path_deg",
)
FOLLOWS = ("launch", "perilune_altitude", "return_inclination", "apogee")


@dataclass(frozen=True)
class HighOrbitProblem:
    """A batch of flights, float64[N] each unless said otherwise; `high_orbit_problem` makes one.

    way              : the free return; its parking orbit is that of the injection: perigee, a guess of the inclination
    launch_tdb       : lift-off; a first guess, NaN for none, where it follows
    parking_perigee_km, parking_apogee_km, inclination : radii, and to the Earth's equator of date, rad
    start_radius_km  : perigee of the ellipse where the craft enters it
    apogee_radius_km : of the first revolution
    revolutions      : of the ellipse
    burn             : of the injection
    follows          : int64[N], index of `FOLLOWS`
    """

    way: FreeReturnProblem
    launch_tdb: Floats
    parking_perigee_km: Floats
    parking_apogee_km: Floats
    inclination: Floats
    start_radius_km: Floats
    apogee_radius_km: Floats
    revolutions: Floats
    burn: InjectionBurn
    follows: NDArray[np.int64]

    def rows(self, rows: NDArray[np.intp]) -> HighOrbitProblem:
        """Return the problems of some rows."""
        return taken(self, rows)


def high_orbit_problem(
    perilune_tdb: Any = None,
    *,
    launch_tdb: Any = None,
    perilune_altitude_km: ArrayLike,
    apogee_altitude_km: ArrayLike = 70_000.0,
    start_altitude_km: ArrayLike = 185.0,
    injection_altitude_km: ArrayLike = 185.0,
    parking_altitude_km: ArrayLike | tuple[float, float] = 185.0,
    inclination_deg: ArrayLike = 28.5,
    revolutions: ArrayLike = 1,
    northbound_departure: ArrayLike = 1,
    return_inclination_deg: ArrayLike = 35.0,
    northbound_return: ArrayLike = 1,
    entry_altitude_km: ArrayLike = ENTRY_ALTITUDE_KM,
    flight_path_deg: ArrayLike = -6.5,
    follows: str = "launch",
    thrust_n: ArrayLike = np.inf,
    isp_s: ArrayLike = 316.0,
    mass_kg: ArrayLike = 1.0,
    ignition_s: ArrayLike = np.nan,
) -> HighOrbitProblem:
    """Build a batch from values in the units of the edge, broadcast against each other.

    perilune_tdb, launch_tdb : one of them; anything `tdb_seconds` reads. The perilune's is a first guess wherever the
             launch is from a site; the lift-off is kept unless it ``follows``
    apogee_altitude_km : of the first revolution, over the equatorial radius of the Earth, 5,000 to 300,000
    start_altitude_km  : perigee of the ellipse when it is entered; below the surface if the upper stage is to fall back
    injection_altitude_km : perigee after the raise, where the injection is made
    parking_altitude_km : of a circular parking orbit, or (perigee, apogee) of one that is left at its perigee
    inclination_deg    : of the launch, to the Earth's equator
    revolutions        : in the ellipse before the injection, 1 to 20
    follows : which of `FOLLOWS` is found and not held; what is given for it is a first guess
    thrust_n, isp_s, mass_kg, ignition_s : of the injection burn, along the velocity; mass at ignition; from perigee to
             ignition, centred if not given. Without a thrust it is an impulse at perigee
    the others : as in `free_return_problem`

    Raises InputError for values out of range, NaN, and shapes that do not go together.
    """
    which = _which(follows, launch_tdb is not None)
    if (perilune_tdb is None) == (launch_tdb is None):
        raise InputError(
            "both are given" if launch_tdb is not None else "neither is given",
            where="high_orbit_problem", allowed="one of perilune_tdb and launch_tdb",
        )  # fmt: skip
    low, high = parking_altitude_km if isinstance(parking_altitude_km, tuple) else (parking_altitude_km,) * 2
    delay = numbers("ignition_s", ignition_s, 1)
    given: dict[str, tuple[ArrayLike, float, float, str]] = {
        "epoch": (tdb_seconds(perilune_tdb if launch_tdb is None else launch_tdb), -np.inf, np.inf, "s"),
        "perilune_altitude_km": (perilune_altitude_km, 0.0, 30_000.0, "km"),
        "apogee_altitude_km": (apogee_altitude_km, 5_000.0, 300_000.0, "km"),
        "start_altitude_km": (start_altitude_km, -200.0, 10_000.0, "km"),
        "injection_altitude_km": (injection_altitude_km, 100.0, 10_000.0, "km"),
        "parking_altitude_km": (low, 100.0, 10_000.0, "km"),
        "parking_altitude_km, apogee": (high, 100.0, 100_000.0, "km"),
        "inclination_deg": (inclination_deg, 0.0, 180.0, "deg"),
        "revolutions": (revolutions, 1.0, 20.0, ""),
        "northbound_departure": (north_or_south("northbound_departure", northbound_departure), -1.0, 1.0, ""),
        "northbound_return": (north_or_south("northbound_return", northbound_return), -1.0, 1.0, ""),
        "return_inclination_deg": (return_inclination_deg, 0.0, 180.0, "deg"),
        "entry_altitude_km": (entry_altitude_km, 50.0, 1_000.0, "km"),
        "flight_path_deg": (flight_path_deg, -45.0, 0.0, "deg"),
        "thrust_n": (thrust_n, 1.0, np.inf, "N"),
        "isp_s": (isp_s, 1.0, 1e5, "s"),
        "mass_kg": (mass_kg, 1e-3, 1e9, "kg"),
        "ignition_s": (np.nan_to_num(delay), -_LONGEST_DELAY_S, _LONGEST_DELAY_S, "s from perigee"),
        "centred": (np.isnan(delay), 0.0, 1.0, ""),
    }
    row = dict(zip(given, batch_within("high_orbit_problem", **given), strict=True))
    _check(row)
    return _problem(row, launch_tdb is not None, which)


def _check(row: dict[str, Floats]) -> None:
    """Raise InputError for rows whose values do not go together."""
    if (part := row["revolutions"] % 1.0).any():
        bad = row["revolutions"][part > 0.0][0]
        raise InputError(f"{bad:g}", where="revolutions", allowed="whole numbers from 1")
    if len({*np.isinf(row["thrust_n"]).tolist()}) > 1:
        raise InputError("impulses and burns in one batch", where="thrust_n", remedy="solve them apart")
    if (row["parking_altitude_km, apogee"] < row["parking_altitude_km"]).any():
        raise InputError("the apogee lies below the perigee", where="parking_altitude_km", allowed="(perigee, apogee)")


def _problem(row: dict[str, Floats], launched: bool, which: int) -> HighOrbitProblem:
    earth, epoch = RADIUS_KM["earth"], row["epoch"]
    axis = earth + 0.5 * (row["apogee_altitude_km"] + row["injection_altitude_km"])
    period = 2.0 * np.pi * np.sqrt(axis**3 / GM_KM3_S2["earth"])
    days = _OUT_DAYS * SECONDS_PER_DAY
    way = free_return_problem(
        epoch + row["revolutions"] * period + days if launched else epoch,
        parking_altitude_km=row["injection_altitude_km"], parking_inclination_deg=row["inclination_deg"],
        **{name: row[name] for name in _OF_THE_WAY},
    )  # fmt: skip
    lit = np.where(row["centred"], np.nan, row["ignition_s"])
    return HighOrbitProblem(
        way, epoch if launched else np.full(len(epoch), np.nan), earth + row["parking_altitude_km"],
        earth + row["parking_altitude_km, apogee"], np.radians(row["inclination_deg"]),
        earth + row["start_altitude_km"], earth + row["apogee_altitude_km"], row["revolutions"],
        InjectionBurn(row["thrust_n"], row["isp_s"], row["mass_kg"], lit), np.full(len(epoch), which),
    )  # fmt: skip


def _which(follows: str, launched: bool) -> int:
    """Index of what follows; raises InputError for what cannot."""
    if follows not in FOLLOWS:
        raise InputError(f"{follows!r}", where="follows", allowed=", ".join(FOLLOWS))
    if follows != "launch" and not launched:
        raise InputError(f"{follows!r} without a lift-off", where="follows", remedy="give launch_tdb")
    return FOLLOWS.index(follows)
