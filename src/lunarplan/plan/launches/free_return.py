"""The scan of a mission that goes round behind the Moon and home without a burn."""

from __future__ import annotations

from typing import Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.forces import ForceModel
from lunarplan.plan.launches import terms
from lunarplan.plan.launches.terms import Asked
from lunarplan.scans.grid import Axis, Grid
from lunarplan.windows.departure import NORTHBOUND, SOUTHBOUND
from lunarplan.windows.free_returns import FreeReturnLaunches

_LONGEST_S = 12.0 * SECONDS_PER_DAY
_FOREIGN = (
    "tof_step_s", "phase_count", "loi_delta_v_km_s", "landing", "flyby_delta_v_km_s",
    "insertion_delta_v_km_s", "arrival_delta_v_km_s", "arrival_phase_rad",
)  # fmt: skip
_HOME = {"ascending": (NORTHBOUND,), "descending": (SOUTHBOUND,), "best": (NORTHBOUND, SOUTHBOUND)}
_TILT_DEG = 35.0  # of the way home, where the mission leaves it open


def free_return(asked: Asked) -> tuple[FreeReturnLaunches, Grid]:
    """Launches over day, opportunity, way home and azimuth."""
    terms.check_keys(asked, "free_return", _FOREIGN)
    mission = asked.mission
    kinds: dict[str, Any] = {phase.type: phase for phase in mission.phases}
    if "earth_orbit" in kinds:
        what = "a mission that leaves from a high orbit has its lift-off long before"
        raise InputError(what, where="phase", remedy="drop the phase earth_orbit: its windows are those without it")
    flight, entry = kinds["translunar"], kinds.get("entry")
    if entry is not None and entry.target is not None:
        what, remedy = "a scan of free returns does not aim at a place", "drop latitude and longitude"
        raise InputError(what, where="entry.latitude", remedy=remedy)
    forces = ForceModel(moon_degree=0, ephemeris=asked.ephemeris)
    terms.check_span(asked, forces.source, _LONGEST_S)
    tilt = None if entry is None else entry.inclination_rad
    angle = {} if entry is None else {"flight_path_deg": float(np.degrees(entry.flight_path_rad))}
    job = FreeReturnLaunches(
        site=mission.launch.site,
        parking_altitude_km=mission.launch.parking_orbit.altitude_km,
        return_inclination_deg=_TILT_DEG if tilt is None else float(np.degrees(tilt)),
        **angle,
        ascents=terms.ascents(mission),
        revolutions=mission.launch.parking_orbit.coast_revolutions,
        constraints=(*terms.departure_limits(asked), *asked.constraints),
        forces=forces,
        workers=asked.workers,
    )
    axes = {
        **terms.day_axes(asked),
        "way_home": Axis(_HOME[flight.home], long_name="how the Moon's place is left"),
        "perilune_altitude_km": Axis([flight.perilune_altitude_km], "km"),
        **terms.azimuth_axis(mission),
    }
    return job, Grid(axes)
