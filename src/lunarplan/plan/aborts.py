"""Ways out of a plan: from moments all along it, home or to a station, with the propellant that is left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.config.launch import LAUNCHER
from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.model.rows import scalar
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.plan.budget import remaining
from lunarplan.plan.solution import VEHICLE, Burn
from lunarplan.transfers.aborts.aborts import Aborts, aborts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lunarplan.model.trajectory import Trajectory
    from lunarplan.model.vehicle import Vehicle
    from lunarplan.orbits.orbit import PeriodicOrbit
    from lunarplan.plan.plan import Plan
    from lunarplan.transfers.path import Path

    Floats = NDArray[np.float64]

_FROM_THE_ENDS_S = 3_600.0
EVERY_H = 0.01, 1e4
_MOST_MOMENTS = 2_000
_LONGEST_DAYS = 11.0  # to a station
_EARLY_DAYS = 1.0
_MOON_DEGREE = 8  # of the lunar field: who leaves a low orbit feels more of it for minutes, 0.1 m/s


def plan_aborts(
    plan: Plan,
    path: Trajectory,
    epochs: Any = None,
    *,
    every_h: float = 6.0,
    to: Path | str | None = None,
    engine: str | None = None,
    most_delta_v_m_s: ArrayLike | None = None,
    **options: Any,
) -> Aborts:
    """Look for ways out of a plan; see `Plan.aborts`."""
    tdb = moments(path, every_h) if epochs is None else np.atleast_1d(np.asarray(tdb_seconds(epochs), float))
    limits = delta_v_left_m_s(plan, tdb, engine) if most_delta_v_m_s is None else most_delta_v_m_s
    goal = station(to, path) if isinstance(to, str) else to
    forces = replace(path.forces, moon_degree=min(path.forces.moon_degree, _MOON_DEGREE))
    return aborts(path, tdb, to=goal, most_delta_v_m_s=limits, forces=forces, **options)


def moments(path: Trajectory, every_h: float) -> Floats:
    """Epochs all along a path, TDB."""
    span = path.end_tdb - path.start_tdb - 2.0 * _FROM_THE_ENDS_S
    step = 3600.0 * scalar("every_h", every_h, *EVERY_H, "h")
    if span / step > _MOST_MOMENTS:
        raise InputError(
            f"{span / step:.0f} moments", where="every_h", allowed=f"up to {_MOST_MOMENTS}", remedy="look less often"
        )
    return path.start_tdb + _FROM_THE_ENDS_S + np.arange(0.0, max(span, 1.0), step)


def delta_v_left_m_s(plan: Plan, tdb: Floats, engine: str | None = None) -> Floats:
    """What the vehicle's propellant gives at each moment, by the engine it burned last, if none is named.

    Raises InputError for an engine it does not have.
    """
    solution, craft = plan.solution, plan.mission.craft
    name = engine or _last_engine(plan)
    left = []
    for moment in tdb:
        burns = [_so_far(burn, moment, craft) for burn in solution.burns if burn.ignition_tdb <= moment]
        parts = [part for part in solution.separations if part.epoch_tdb <= moment]
        left.append(remaining(craft, burns, parts)[VEHICLE].delta_v_left_km_s(name))
    return 1e3 * np.array(left)


def _so_far(burn: Burn, moment: float, craft: Mapping[str, Vehicle]) -> Burn:
    """The part of a burn that is over at a moment, at constant thrust."""
    if burn.cutoff_tdb <= moment or burn.engine == LAUNCHER:
        return burn
    exhaust, part = (
        craft[burn.craft].engine(burn.engine).exhaust_speed_km_s,
        (moment - burn.ignition_tdb) / burn.duration_s,
    )
    return replace(burn, delta_v_km_s=-exhaust * math.log1p(part * math.expm1(-burn.delta_v_km_s / exhaust)))


def _last_engine(plan: Plan) -> str:
    rows = [row for row in plan.budget.rows if row.craft == VEHICLE and not row.is_launcher]
    return rows[-1].engine if rows else plan.mission.craft[VEHICLE].engines[0].name


def member(name: str, where: str = "to") -> PeriodicOrbit:
    """The periodic orbit of a name; raises InputError, naming `where`, for a name that is none."""
    kind, _, resonance = name.strip().rpartition(" ")
    if ":" not in resonance or not kind:
        raise InputError(f"{name!r:.60}", where=where, allowed='a family and a resonance: "L2 halo south 9:2"')
    return family(kind, EARTH_MOON_384400).select(resonance=resonance)


def station(name: str, path: Trajectory) -> Path:
    """A periodic orbit, "L2 halo south 9:2", carried through the time of a path.

    Raises InputError for a name that is none, and epochs the ephemeris does not cover.
    """
    orbit = member(name)
    known = path.forces.source
    start = path.start_tdb - _EARLY_DAYS * SECONDS_PER_DAY
    end = path.end_tdb + (_LONGEST_DAYS + _EARLY_DAYS) * SECONDS_PER_DAY
    if start < known.start_tdb or end > known.end_tdb:
        raise InputError(
            f"the station is asked for from {utc_iso(start, 0)} to {utc_iso(end, 0)}, beyond {known.name}", where="to"
        )
    turns = (end - start) / SECONDS_PER_DAY / orbit.period_days
    return carry(orbit, start, revolutions=turns, forces=path.forces)
