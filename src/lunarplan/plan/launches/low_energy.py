"""The scan of a mission that goes by way of the Sun, to a low orbit or a distant one."""

from __future__ import annotations

import numpy as np

from lunarplan.config.distant import DistantOrbit
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.forces import ForceModel
from lunarplan.plan.closure import BODIES
from lunarplan.plan.launches import terms
from lunarplan.plan.launches.terms import Asked
from lunarplan.plan.station import begun_in_phase, periodic_orbit, with_perilune
from lunarplan.scans.grid import Axis, Grid
from lunarplan.transfers.low_energy.transfers import ToLowOrbit, ToStation
from lunarplan.windows import constraints as limits
from lunarplan.windows.constraint import Constraint
from lunarplan.windows.low_energy import OUTWARD, SUNWARD, LowEnergyLaunches

_FOREIGN = (
    "tof_step_s", "phase_count", "landing", "flyby_delta_v_km_s", "insertion_delta_v_km_s", "arrival_delta_v_km_s",
    "arrival_phase_rad",
)  # fmt: skip
_MARGIN_S = 40.0 * SECONDS_PER_DAY  # whole months are searched, and stations known about their arrivals


def low_energy(asked: Asked) -> tuple[LowEnergyLaunches, Grid]:
    """Launches over day, side of the apogee and azimuth."""
    distant = asked.mission.distant_orbit
    terms.check_keys(asked, "low_energy", _FOREIGN if distant is None else (*_FOREIGN, "loi_delta_v_km_s"))
    mission, flight = asked.mission, asked.mission.translunar
    forces = ForceModel(bodies=BODIES, moon_degree=0, ephemeris=asked.ephemeris)
    terms.check_span(asked, forces.source, flight.coast_s[1] + _MARGIN_S)
    job = LowEnergyLaunches(
        site=mission.launch.site,
        to=_low_orbit(asked) if distant is None else _station(asked, distant, forces),
        parking_altitude_km=mission.launch.parking_orbit.altitude_km,
        tof_days=(flight.coast_s[0] / SECONDS_PER_DAY, flight.coast_s[1] / SECONDS_PER_DAY),
        ascents=terms.ascents(mission),
        revolutions=mission.launch.parking_orbit.coast_revolutions,
        constraints=(*terms.departure_limits(asked), *_arrival_limits(asked), *asked.constraints),
        forces=forces,
        workers=asked.workers,
    )
    axes = {
        "launch_day": Axis(terms.calendar_days(asked.first_tdb, asked.last_tdb), long_name="launch day, UTC"),
        "opportunity": Axis((SUNWARD, OUTWARD), long_name="side of the Earth the apogee lies on"),
        **terms.azimuth_axis(mission),
    }
    return job, Grid(axes)


def _low_orbit(asked: Asked) -> ToLowOrbit:
    low = asked.mission.insertion
    apolune = low.orbits[0].apolune_altitude_km
    return ToLowOrbit(low.perilune_altitude_km, float(np.degrees(low.inclination_rad)), apolune)


def _station(asked: Asked, orbit: DistantOrbit, forces: ForceModel) -> ToStation:
    """The orbit, for as long as any arrival may need it."""
    shortest, longest = asked.mission.translunar.coast_s
    start, end = asked.first_tdb + shortest - _MARGIN_S, asked.last_tdb + longest + _MARGIN_S
    member = periodic_orbit(orbit)
    if orbit.perilune_epoch_tdb is None:
        return ToStation(begun_in_phase(member, start, end, forces, 0.0))
    return ToStation(with_perilune(member, start, end, forces, orbit.perilune_epoch_tdb))


def _arrival_limits(asked: Asked) -> list[Constraint]:
    """The time of flight, which a transfer may leave as its insertion is made least, and that insertion."""
    low, high = (limit / SECONDS_PER_DAY for limit in asked.mission.translunar.coast_s)
    found = [limits.time_of_flight(at_least_days=low, at_most_days=high, source=asked.source)]
    limit = asked.terms.loi_delta_v_km_s
    if limit is not None:
        apolune = asked.mission.insertion.orbits[0].apolune_altitude_km
        found.append(limits.loi_delta_v(1e3 * limit, apolune_altitude_km=apolune, source=asked.source))
    return found
