"""The scan of a mission that goes to a low orbit by a direct transfer."""

from __future__ import annotations

import numpy as np

from lunarplan.model.forces import ForceModel
from lunarplan.plan.launches import terms
from lunarplan.plan.launches.terms import Asked
from lunarplan.scans.grid import Axis, Grid
from lunarplan.windows import constraints as limits
from lunarplan.windows.constraint import Constraint
from lunarplan.windows.departure import NORTHBOUND, SOUTHBOUND
from lunarplan.windows.launches import Launches

_BODIES = ("earth", "moon", "sun", "venus", "jupiter")
_FOREIGN = (
    "phase_count", "flyby_delta_v_km_s", "insertion_delta_v_km_s", "arrival_delta_v_km_s",
    "arrival_phase_rad",
)  # fmt: skip


def direct(asked: Asked) -> tuple[Launches, Grid]:
    """Launches over day, opportunity, plane of arrival, time of flight and azimuth."""
    terms.check_keys(asked, "direct", _FOREIGN)
    job, mission = launches(asked), asked.mission
    landing = asked.terms.landing
    longest_s = mission.translunar.tof_s[1] + (0.0 if landing is None else landing.after_s)
    terms.check_span(asked, job.forces.source, longest_s)
    tof_s = terms.stepped(mission.translunar.tof_s, asked.terms.tof_step_s)
    axes = {
        **terms.day_axes(asked),
        "arrival": Axis((NORTHBOUND, SOUTHBOUND), long_name="which plane of the lunar inclination"),
        "tof_s": Axis(tof_s, "s", "injection to perilune"),
        **terms.azimuth_axis(mission),
    }
    return job, Grid(axes)


def launches(asked: Asked) -> Launches:
    """What is computed in each cell: under the mission's own limits, then those given."""
    mission = asked.mission
    launch, insertion = mission.launch, mission.insertion
    return Launches(
        site=launch.site,
        parking_altitude_km=launch.parking_orbit.altitude_km,
        perilune_altitude_km=insertion.perilune_altitude_km,
        lunar_inclination_deg=float(np.degrees(insertion.inclination_rad)),
        apolune_altitude_km=insertion.orbits[0].apolune_altitude_km,
        ascents=terms.ascents(mission),
        revolutions=launch.parking_orbit.coast_revolutions,
        constraints=(*terms.departure_limits(asked), *_arrival_limits(asked), *asked.constraints),
        forces=ForceModel(bodies=_BODIES, moon_degree=0, ephemeris=asked.ephemeris),
        workers=asked.workers,
    )


def _arrival_limits(asked: Asked) -> list[Constraint]:
    limit = asked.terms.loi_delta_v_km_s
    if limit is None:
        return _landing_limits(asked)
    apolune = asked.mission.insertion.orbits[0].apolune_altitude_km
    braking = limits.loi_delta_v(1e3 * limit, apolune_altitude_km=apolune, source=asked.source)
    return [braking, *_landing_limits(asked)]


def _landing_limits(asked: Asked) -> list[Constraint]:
    landing, source = asked.terms.landing, asked.source
    if landing is None:
        return []
    latitude, longitude = np.degrees([landing.latitude_rad, landing.longitude_rad]).tolist()
    found: list[Constraint] = []
    if landing.sun_elevation_rad is not None:
        low, high = np.degrees(landing.sun_elevation_rad).tolist()
        found.append(
            limits.sun_at_landing(
                latitude, longitude, wait_s=landing.after_s, at_least_deg=low, at_most_deg=high,
                direction=landing.sun_side, source=source,
            )
        )  # fmt: skip
    if landing.earth_elevation_rad is not None:
        lowest = float(np.degrees(landing.earth_elevation_rad))
        found.append(
            limits.earth_at_landing(latitude, longitude, wait_s=landing.after_s, at_least_deg=lowest, source=source)
        )
    if landing.cross_range_rad is not None:
        beside, orbit = float(np.degrees(landing.cross_range_rad)), asked.mission.insertion.orbits[-1]
        found.append(
            limits.orbit_over_site(
                latitude, longitude, within_deg=beside, wait_s=(landing.after_s, landing.after_s),
                altitude_km=0.5 * (orbit.perilune_altitude_km + orbit.apolune_altitude_km), source=source,
            )
        )  # fmt: skip
    return found
