"""Sorties: from a station down to a place on the Moon and back, for any number of departures at once.

    trips = sorties(station, days, Place(-89.5, 222.0), Lander(...))
    trips.delta_v_m_s, trips.landing_tdb

Station, transfer, low orbit, deorbit, powered descent, stay, powered ascent, low orbit, transfer, station. Transfers
are flown in the ephemeris, each leaving at the cheapest moment of its day; the low orbits keep their planes, and what
the place lies beside them is paid for as a turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.rows import numbers, scalar
from lunarplan.model.surface import Place
from lunarplan.transfers.ascent import Ascents, powered_ascent
from lunarplan.transfers.descent import Approach, Descents, Touchdown, powered_descent
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.low_orbit import LowOrbitTransfers, cheapest_from_low_orbit, cheapest_to_low_orbit
from lunarplan.transfers.path import Path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LOOKS = 97  # moments in the time waited for the place to come under the plane


@dataclass(frozen=True)
class Lander:
    """What lands and what leaves again: full thrust, specific impulse and mass of each, N, s, kg."""

    descent_thrust_n: float
    descent_isp_s: float
    descent_mass_kg: float
    ascent_thrust_n: float
    ascent_isp_s: float
    ascent_mass_kg: float


@dataclass(frozen=True)
class Sorties:
    """Sorties, float64[N] each; NaN where a transfer or a burn has no solution.

    departure_tdb, insertion_tdb, landing_tdb, lift_off_tdb, ascent_end_tdb, arrival_tdb : epochs, TDB s
    turn_down_m_s, turn_up_m_s : plane changes for the place to lie in the plane of the low orbit
    circling_m_s : from the end of the ascent to the low orbit
    down, up, descent, ascent  : the parts; the powered flights are the same for all
    """

    departure_tdb: Floats
    insertion_tdb: Floats
    landing_tdb: Floats
    lift_off_tdb: Floats
    ascent_end_tdb: Floats
    arrival_tdb: Floats
    turn_down_m_s: Floats
    turn_up_m_s: Floats
    circling_m_s: Floats
    down: LowOrbitTransfers
    up: LowOrbitTransfers
    descent: Descents
    ascent: Ascents

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.isfinite(self.delta_v_m_s)

    def __repr__(self) -> str:
        return f"<Sorties: {int(self.ok.sum())} of {len(self.ok)} rows ok>"

    @property
    def down_m_s(self) -> Floats:
        """From the station to the ground."""
        descent = self.descent.deorbit_m_s + self.descent.delta_v_m_s
        return 1e3 * self.down.delta_v_km_s + self.turn_down_m_s + descent

    @property
    def up_m_s(self) -> Floats:
        """From the ground to the station."""
        return self.ascent.delta_v_m_s + self.circling_m_s + self.turn_up_m_s + 1e3 * self.up.delta_v_km_s

    @property
    def delta_v_m_s(self) -> Floats:
        return self.down_m_s + self.up_m_s


def sorties(
    station: Path,
    days: Any,
    place: Place,
    lander: Lander,
    *,
    stay_days: float = 6.5,
    transfer_hours: float = 12.0,
    wait_hours: tuple[float, float] = (4.0, 48.0),
    altitude_km: float = 100.0,
    inclination_deg: float = 90.0,
    approach: Approach | None = None,
    touchdown: Touchdown | None = None,
    forces: ForceModel | None = None,
) -> Sorties:
    """Plan a sortie for each of N days.

    station : has ``at(tdb, center)`` from the first departure to three weeks after the last
    days    : begin of each day in which to leave, [N], anything `tdb_seconds` reads
    place   : one place, mean-Earth axes
    wait_hours : least and most time in the low orbit, down as up; the place is landed on when nearest to the plane
    inclination_deg : of both low orbits to the Moon's equator: at least the latitude of the place

    Raises InputError for values out of range, a place that is not one, and epochs the station does not cover.
    """
    forces = ForceModel() if forces is None else forces
    stay = scalar("stay_days", stay_days, 0.05, 365.0, "days") * SECONDS_PER_DAY
    tof = scalar("transfer_hours", transfer_hours, 1.0, 240.0, "h") * 3600.0
    waits = _waits(wait_hours)
    given: object = place, lander
    if not (isinstance(place, Place) and isinstance(lander, Lander)):
        raise InputError(f"{given!r:.60}", where="place, lander", allowed="a Place and a Lander")
    if numbers("place.latitude_deg", place.latitude_deg, 1).ndim:
        raise InputError("several places", where="place", allowed="one place", remedy="call it for each")
    options: dict[str, Any] = {
        "altitude_km": altitude_km, "inclination_deg": inclination_deg, "flight": InEphemeris(forces),
    }  # fmt: skip
    first = np.atleast_1d(np.asarray(tdb_seconds(days), float))
    down = cheapest_to_low_orbit(station, first, first + SECONDS_PER_DAY, tof, **options)
    landing, beside_down = _nearest(place, down, down.perilune_tdb, waits, forces)
    descent, ascent = _flights(place, lander, altitude_km, approach, touchdown)
    lift_off = landing + stay
    ready = lift_off + ascent.duration_s + waits[0] + tof
    none = ~np.isfinite(ready)  # a row that failed asks for the first day, and is left out again
    meet = np.where(none, first + tof, ready)
    up = cheapest_from_low_orbit(station, meet, meet + (waits[1] - waits[0]), tof, **options)
    _, beside_up = _nearest(place, up, lift_off, np.zeros(2), forces)
    radius = RADIUS_KM["moon"] + altitude_km
    speed = 1e3 * np.sqrt(GM_KM3_S2["moon"] / radius)
    turn_down, turn_up = (2.0 * speed * np.sin(0.5 * angle) for angle in (beside_down, beside_up))
    lost = np.where(none, np.nan, 0.0)
    return Sorties(
        down.staging_tdb, down.perilune_tdb, landing, lift_off, lift_off + ascent.duration_s, up.staging_tdb + lost,
        turn_down, turn_up, _circling(altitude_km) + lost, down, up, descent, ascent,
    )  # fmt: skip


def _waits(hours: tuple[float, float]) -> Floats:
    if not (isinstance(hours, tuple | list) and len(hours) == 2):
        raise InputError(f"{hours!r:.60}", where="wait_hours", allowed="least and most, such as (4.0, 48.0)")
    low = scalar("wait_hours[0]", hours[0], 0.0, 2400.0, "h")
    return np.array([low, scalar("wait_hours[1]", hours[1], low + 0.1, 2400.0, "h")]) * 3600.0


def _nearest(
    place: Place, orbit: LowOrbitTransfers, start: Floats, waits: Floats, forces: ForceModel
) -> tuple[Floats, Floats]:
    """When, after some waiting, the place is nearest to the plane of a low orbit, and how far from it, rad."""
    normal = np.cross(orbit.perilune_states[:, :3], orbit.perilune_states[:, 3:])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    looks = np.linspace(waits[0], waits[1], _LOOKS if waits[1] > waits[0] else 1)
    epochs = start[:, None] + looks
    seen = np.nan_to_num(epochs, nan=forces.source.start_tdb)
    up = np.einsum("nkji,j->nki", rotation("moon_me", seen, forces.source), place.axes.up)
    beside = np.abs(np.arcsin(np.clip(np.einsum("nki,ni->nk", up, normal), -1.0, 1.0)))
    k = np.nan_to_num(beside, nan=np.inf).argmin(axis=1)
    rows = np.arange(len(start))
    return epochs[rows, k], beside[rows, k]


def _flights(
    place: Place, lander: Lander, altitude_km: float, approach: Approach | None, touchdown: Touchdown | None
) -> tuple[Descents, Ascents]:
    """Powered flights, one for all rows: neither depends on the day."""
    height = float(np.asarray(place.height_km))
    descent = powered_descent(
        lander.descent_thrust_n, lander.descent_isp_s, lander.descent_mass_kg,
        apoapsis_altitude_km=altitude_km, site_altitude_km=height, approach=approach, touchdown=touchdown,
    )  # fmt: skip
    ascent = powered_ascent(
        lander.ascent_thrust_n, lander.ascent_isp_s, lander.ascent_mass_kg,
        apoapsis_altitude_km=altitude_km, site_altitude_km=height,
    )  # fmt: skip
    return descent, ascent


_ASCENT_END_KM = 18.0


def _circling(altitude_km: float) -> float:
    """From the ellipse an ascent ends in to the circle through its apoapsis, m/s."""
    low, high, gm = RADIUS_KM["moon"] + _ASCENT_END_KM, RADIUS_KM["moon"] + altitude_km, GM_KM3_S2["moon"]
    return float(1e3 * (np.sqrt(gm / high) - np.sqrt(2.0 * gm * low / (high * (low + high)))))
