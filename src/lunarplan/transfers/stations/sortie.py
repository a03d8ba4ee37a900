"""Sorties: from a station down to a place on the Moon and back, for any number of departures at once.

    trips = sorties(station, days, Place(-89.5, 222.0), Lander(...))
    trips.delta_v_m_s, trips.landing_tdb

Station, transfer, low orbit, deorbit, powered descent, stay, powered ascent, low orbit, transfer, station. All of it
is flown in the ephemeris and the Moon's field, each transfer leaving at the cheapest moment of its day, each landing
at the place and each ascent from it. What the place lies beside the low orbit is flown off under thrust up to 20 km,
about where that begins to cost more than turning the plane; the rest is paid for as a turn.
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
from lunarplan.model.propagation import Run, row_inputs
from lunarplan.model.rows import numbers, scalar
from lunarplan.model.surface import Place
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.path import Path
from lunarplan.transfers.stations.low_orbit import LowOrbitTransfers, cheapest_from_low_orbit, cheapest_to_low_orbit
from lunarplan.transfers.surface.ascent_sky import SkyAscents, ascend_rows
from lunarplan.transfers.surface.descent import Approach, Touchdown
from lunarplan.transfers.surface.landing import Landings, landings, require_phases
from lunarplan.transfers.surface.landing_problem import LandingProblem, LastPhases
from lunarplan.transfers.surface.orbit import passage_of, upward
from lunarplan.transfers.surface.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LOOKS = 97  # moments in the time waited for the place to come under the plane
_STEERED_RAD = 20.0 / RADIUS_KM["moon"]  # beside the plane; beyond, a turn costs less than steering
_ASCENT_S = 1800.0  # more than any takes
_ASCENT_END_KM = 18.0
_PERIAPSIS_KM = RADIUS_KM["moon"] + 15.0


@dataclass(frozen=True)
class Lander:
    """What lands and what leaves again: full thrust, specific impulse and mass of each, N, s, kg.

    descent_throttle : the least share of full thrust at which the engine that lands can run
    """

    descent_thrust_n: float
    descent_isp_s: float
    descent_mass_kg: float
    ascent_thrust_n: float
    ascent_isp_s: float
    ascent_mass_kg: float
    descent_throttle: float = 0.0

    @property
    def stages(self) -> tuple[Stage, Stage]:
        """What lands, and what leaves."""
        down = Stage(
            self.descent_thrust_n, self.descent_isp_s, self.descent_mass_kg, least_throttle=self.descent_throttle
        )
        return down, Stage(self.ascent_thrust_n, self.ascent_isp_s, self.ascent_mass_kg)


@dataclass(frozen=True)
class Sorties:
    """Sorties, float64[N] each; NaN where a transfer or a burn has no solution.

    departure_tdb, insertion_tdb, landing_tdb, lift_off_tdb, ascent_end_tdb, arrival_tdb : epochs, TDB s
    turn_down_m_s, turn_up_m_s : plane changes that bring the place to within 20 km of the plane of the low orbit
    circling_m_s : from the end of the ascent to the low orbit
    down, up, descent, ascent  : the parts; ``descent.cross_range_km`` and ``ascent.cross_range_km`` are flown off
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
    descent: Landings
    ascent: SkyAscents

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
    touchdown = require_phases(approach, touchdown)
    options: dict[str, Any] = {
        "altitude_km": altitude_km, "inclination_deg": inclination_deg, "flight": InEphemeris(forces),
    }  # fmt: skip
    first = np.atleast_1d(np.asarray(tdb_seconds(days), float))
    down = cheapest_to_low_orbit(station, first, first + SECONDS_PER_DAY, tof, **options)
    under, _ = _nearest(place, down, down.perilune_tdb, waits, forces)
    stages, last = lander.stages, LastPhases.of(approach, touchdown)
    turn_down, descent = _landed(place, down, under, float(waits[0]), stages[0], last, forces)
    lift_off = descent.touchdown_tdb + stay
    ready = lift_off + _ASCENT_S + waits[0] + tof
    none = ~np.isfinite(ready)  # a row that failed asks for the first day, and is left out again
    meet = np.where(none, first + tof, ready)
    up = cheapest_from_low_orbit(station, meet, meet + (waits[1] - waits[0]), tof, **options)
    turn_up, ascent = _lifted(place, up, lift_off, stages[1], altitude_km, forces)
    lost = np.where(none, np.nan, 0.0)
    return Sorties(
        down.staging_tdb, down.perilune_tdb, descent.touchdown_tdb, lift_off, ascent.insertion_tdb,
        up.staging_tdb + lost, turn_down, turn_up, _circling(altitude_km) + lost, down, up, descent, ascent,
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


def _circular(orbit: LowOrbitTransfers, gm: float) -> Floats:
    """States [N, 6] of the low orbits at their ends on the transfers."""
    r, v = orbit.perilune_states[:, :3], orbit.perilune_states[:, 3:]
    speed = np.sqrt(gm / np.linalg.norm(r, axis=1)) / np.linalg.norm(v, axis=1)
    return np.concatenate([r, speed[:, None] * v], axis=1)


def _coasted(states: Floats, start: Floats, end: Floats, forces: ForceModel) -> Floats:
    """States at other epochs; rows that are not there stay NaN."""
    there = np.isfinite(states).all(axis=1) & np.isfinite(start) & np.isfinite(end)
    final = np.full_like(states, np.nan)
    run = Run(forces, "moon", 1e-12, 0, stop_at_impact=False)
    inputs = row_inputs(int(there.sum()), forces, None)
    final[there] = run.batch(np.ascontiguousarray(states[there]), start[there], end[there], inputs)[0]
    return final


def _landed(
    place: Place, orbit: LowOrbitTransfers, under: Floats, wait_s: float, stage: Stage, last: LastPhases,
    forces: ForceModel,
) -> tuple[Floats, Landings]:  # fmt: skip
    """The turn, m/s, and the landing of every row, on the pass before its place is nearest to the plane.

    The plane is turned three quarters of a revolution before the pass, where the place is a quarter behind.
    """
    low = _circular(orbit, forces.gm("moon"))
    period = 2.0 * np.pi * np.linalg.norm(low[:, :3], axis=1) / np.linalg.norm(low[:, 3:], axis=1)
    turn_tdb = np.maximum(under, orbit.perilune_tdb + wait_s + 1.25 * period) - 2.0 * period
    for least in (0.0, -np.pi):  # the next such moment, then the nearest
        states = _coasted(low, orbit.perilune_tdb, turn_tdb, forces)
        ahead, rate, _ = passage_of(states, _upward(place, turn_tdb + 0.75 * period, forces))
        turn_tdb = turn_tdb + (np.mod(ahead + 0.5 * np.pi - least, 2.0 * np.pi) + least) / rate
    states = _coasted(low, orbit.perilune_tdb, turn_tdb, forces)
    normals, turned = _leaning(_normals(states), _upward(place, turn_tdb + 0.75 * period, forces))
    up = states[:, :3] / np.linalg.norm(states[:, :3], axis=1, keepdims=True)
    climb = (states[:, 3:] * up).sum(axis=1, keepdims=True)
    level = np.linalg.norm(states[:, 3:] - climb * up, axis=1, keepdims=True)
    along = np.cross(normals, up)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    after = np.concatenate([states[:, :3], climb * up + level * along], axis=1)
    places = Place(*(np.full(len(low), float(np.asarray(c))) for c in place.__dict__.values()))
    problem = LandingProblem(
        after, turn_tdb, places, stage.rows(len(low)), np.full(len(low), _PERIAPSIS_KM), last, forces
    )  # fmt: skip
    return _turn_m_s(states, turned), landings(problem, 1.0)


def _lifted(
    place: Place, orbit: LowOrbitTransfers, lift_off: Floats, stage: Stage, altitude_km: float, forces: ForceModel
) -> tuple[Floats, SkyAscents]:
    """The turn, m/s, and the ascent of every row."""
    states = _coasted(_circular(orbit, forces.gm("moon")), orbit.perilune_tdb, lift_off, forces)
    normals, turned = _leaning(_normals(states), _upward(place, lift_off, forces))
    heights = {"periapsis_altitude_km": _ASCENT_END_KM, "apoapsis_altitude_km": altitude_km}
    return _turn_m_s(states, turned), ascend_rows(place, lift_off, normals, stage, forces=forces, **heights)


def _normals(states: Floats) -> Floats:
    normals = np.cross(states[:, :3], states[:, 3:])
    return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True))


def _upward(place: Place, tdb: Floats, forces: ForceModel) -> Floats:
    """Directions of the place, ICRF; rows without an epoch point anywhere."""
    return upward(place, np.nan_to_num(tdb, nan=forces.source.start_tdb), forces)


def _leaning(normals: Floats, up: Floats) -> tuple[Floats, Floats]:
    """Planes turned just so far that they pass near enough to a place, and by what angle."""
    sine = np.clip((normals * up).sum(axis=1), -1.0, 1.0)
    level = normals - sine[:, None] * up
    level /= np.linalg.norm(level, axis=1, keepdims=True)
    beside = np.arcsin(sine)
    left = np.clip(beside, -_STEERED_RAD, _STEERED_RAD)
    return np.cos(left)[:, None] * level + np.sin(left)[:, None] * up, np.abs(beside - left)


def _turn_m_s(states: Floats, angle: Floats) -> Floats:
    return np.asarray(2e3 * np.linalg.norm(states[:, 3:], axis=1) * np.sin(0.5 * angle))


def _circling(altitude_km: float) -> float:
    """From the ellipse an ascent ends in to the circle through its apoapsis, m/s."""
    low, high, gm = RADIUS_KM["moon"] + _ASCENT_END_KM, RADIUS_KM["moon"] + altitude_km, GM_KM3_S2["moon"]
    return float(1e3 * (np.sqrt(gm / high) - np.sqrt(2.0 * gm * low / (high * (low + high)))))
