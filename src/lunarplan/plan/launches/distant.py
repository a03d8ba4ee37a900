"""The scan of a mission that goes past the Moon to a distant orbit, by a powered flyby."""

from __future__ import annotations

import numpy as np

from lunarplan.config.distant import DistantOrbit
from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.plan.launches import terms
from lunarplan.plan.launches.terms import Asked
from lunarplan.plan.station import periodic_orbit, with_perilune
from lunarplan.scans.grid import Axis, Grid
from lunarplan.windows import distant as visits
from lunarplan.windows.constraint import Constraint
from lunarplan.windows.distant import DistantLaunches, Station

_FOREIGN = ("loi_delta_v_km_s", "landing")
_PHASES = 8
# than the last launch day and the longest flight a station is known: a window may go on into the next day
_LATER_S = 3.0 * SECONDS_PER_DAY


def distant(asked: Asked) -> tuple[DistantLaunches, Grid]:
    """Launches over day, opportunity, station, time of flight to the Moon and azimuth."""
    terms.check_keys(asked, "powered_flyby", _FOREIGN)
    mission, own = asked.mission, asked.terms
    flight, forces = mission.translunar, visits.default_forces(asked.ephemeris)
    terms.check_span(asked, forces.source, flight.out_s[1] + flight.beyond_s[1] + _LATER_S)
    job = DistantLaunches(
        site=mission.launch.site,
        stations=_stations(asked, forces),
        beyond_days=(flight.beyond_s[0] / SECONDS_PER_DAY, flight.beyond_s[1] / SECONDS_PER_DAY),
        flyby_altitude_km=flight.flyby_altitude_km,
        parking_altitude_km=mission.launch.parking_orbit.altitude_km,
        ascents=terms.ascents(mission),
        revolutions=mission.launch.parking_orbit.coast_revolutions,
        constraints=(*terms.departure_limits(asked), *_arrival_limits(asked), *asked.constraints),
        forces=forces,
        workers=asked.workers,
    )
    axes = {
        **terms.day_axes(asked),
        "phase_deg": Axis([s.phase_deg for s in job.stations], "deg", "of the station when it is begun"),
        "tof_s": Axis(terms.stepped(flight.out_s, own.tof_step_s), "s", "injection to flyby"),
        **terms.azimuth_axis(mission),
    }
    return job, Grid(axes)


def _stations(asked: Asked, forces: ForceModel) -> tuple[Station, ...]:
    """The station that is there already; else craft in several phases at the first midnight of the scan."""
    flight, orbit = asked.mission.translunar, _terms(asked)
    midnight = float(tdb_seconds(str(terms.calendar_days(asked.first_tdb, asked.first_tdb)[0])))
    end = asked.last_tdb + flight.out_s[1] + flight.beyond_s[1] + _LATER_S
    if orbit.perilune_epoch_tdb is None:
        count = _PHASES if asked.terms.phase_count is None else asked.terms.phase_count
        return visits.stations_on(periodic_orbit(orbit), midnight, end, 360.0 * np.arange(count) / count, forces)
    if asked.terms.phase_count is not None:
        raise InputError("a station that is there has one phase", where="windows.phases", remedy="drop it")
    path = with_perilune(periodic_orbit(orbit), midnight, end, forces, orbit.perilune_epoch_tdb)
    phase = 360.0 * float(np.interp(midnight, path.tdb, path.phases) % 1.0)
    return (Station(phase, path),)


def _terms(asked: Asked) -> DistantOrbit:
    wanted = asked.mission.distant_orbit
    if wanted is None:
        raise InputError("there is none", where="phase", allowed='a phase "distant_orbit"')
    return wanted


def _arrival_limits(asked: Asked) -> list[Constraint]:
    own, source = asked.terms, asked.source
    found: list[Constraint] = []
    for limit, rule in (
        (own.flyby_delta_v_km_s, visits.flyby_delta_v),
        (own.insertion_delta_v_km_s, visits.insertion_delta_v),
        (own.arrival_delta_v_km_s, visits.arrival_delta_v),
    ):
        if limit is not None:
            found.append(rule(1e3 * limit, source=source))
    if own.arrival_phase_rad is not None:
        low, high = np.degrees(own.arrival_phase_rad).tolist()
        found.append(visits.station_phase(0.5 * (low + high), within_deg=0.5 * (high - low), source=source))
    return found
