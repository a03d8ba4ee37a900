"""The launch windows of a mission: its launch site, parking orbit, flight times and limits, over a span of days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.scans.grid import Axis, Grid
from lunarplan.scans.progress import Progress
from lunarplan.scans.scan import scan
from lunarplan.windows import constraints as limits
from lunarplan.windows.answer import Windows
from lunarplan.windows.constraint import Constraint
from lunarplan.windows.launches import NORTHBOUND, SOUTHBOUND, Ascent, Launches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris

    Array = NDArray[Any]

_BODIES = ("earth", "moon", "sun", "venus", "jupiter")
_BOTH = {"ascending": (NORTHBOUND,), "descending": (SOUTHBOUND,), "best": (NORTHBOUND, SOUTHBOUND)}


def windows(
    mission: MissionFile,
    start: Any = None,
    end: Any = None,
    *,
    constraints: Sequence[Constraint] = (),
    ephemeris: Ephemeris | None = None,
    executor: Executor | None = None,
    chunk_cells: int = 2048,
    folder: str | Path | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> Windows:
    """Scan a mission's launch windows, see `Mission.windows`."""
    terms = mission.windows_terms
    first = mission.launch.earliest_tdb if start is None else float(tdb_seconds(start))
    # the end of a day is midnight after it, and the next day already
    last = mission.launch.latest_tdb - 1.0 if end is None else float(tdb_seconds(end))
    job = launches(mission, constraints, ephemeris, workers=None if executor is None else 1)
    _check_span(first, last, mission, job.forces.source)
    shortest, longest = mission.translunar.tof_s
    steps = max(0, int(np.ceil((longest - shortest) / terms.tof_step_s - 1e-9)))
    grid = Grid(
        {
            "launch_day": Axis(calendar_days(first, last), long_name="launch day, UTC"),
            "opportunity": Axis(_BOTH[mission.launch.parking_orbit.node], long_name="way past the Moon's direction"),
            "arrival": Axis((NORTHBOUND, SOUTHBOUND), long_name="which plane of the lunar inclination"),
            "tof_s": Axis(np.linspace(shortest, longest, steps + 1), "s", "injection to perilune"),
            "azimuth_deg": Axis(_azimuths_deg(mission), "deg", "inertial launch azimuth"),
        }
    )
    answer = scan(job, grid, executor, chunk_cells, folder, progress)
    return Windows(_labelled(answer, job))


def launches(
    mission: MissionFile,
    constraints: Sequence[Constraint] = (),
    ephemeris: Ephemeris | None = None,
    workers: int | None = None,
) -> Launches:
    """Return what is computed in each cell of a mission's scan: its own limits, then those given."""
    launch, insertion = mission.launch, mission.insertion
    first_orbit = insertion.orbits[0]
    return Launches(
        site=launch.site,
        parking_altitude_km=launch.parking_orbit.altitude_km,
        perilune_altitude_km=insertion.perilune_altitude_km,
        lunar_inclination_deg=float(np.degrees(insertion.inclination_rad)),
        apolune_altitude_km=first_orbit.apolune_altitude_km,
        ascents=_ascents(mission),
        revolutions=launch.parking_orbit.coast_revolutions,
        constraints=(*_own_constraints(mission), *constraints),
        forces=ForceModel(bodies=_BODIES, moon_degree=0, ephemeris=ephemeris),
        workers=workers,
    )


def _ascents(mission: MissionFile) -> tuple[Ascent, ...]:
    """The ascent at each azimuth of the scan."""
    found = []
    for azimuth in _azimuths_deg(mission):
        time_s, downrange = mission.launch.ascent(float(np.radians(azimuth)))
        found.append(Ascent(float(azimuth), time_s, None if downrange is None else float(np.degrees(downrange))))
    return tuple(found)


def _own_constraints(mission: MissionFile) -> list[Constraint]:
    terms = mission.windows_terms
    source = terms.source or "the mission file"
    found: list[Constraint] = []
    if terms.tli_delta_v_km_s is not None:
        found.append(limits.tli_delta_v(1e3 * terms.tli_delta_v_km_s, source=source))
    if terms.loi_delta_v_km_s is not None:
        apolune = mission.insertion.orbits[0].apolune_altitude_km
        found.append(limits.loi_delta_v(1e3 * terms.loi_delta_v_km_s, apolune_altitude_km=apolune, source=source))
    if terms.c3_km2_s2 is not None:
        low, high = terms.c3_km2_s2
        found.append(limits.c3(at_most_km2_s2=high, at_least_km2_s2=low, source=source))
    if terms.parking_coast_s is not None:
        found.append(limits.parking_coast(at_most_s=terms.parking_coast_s, source=source))
    if terms.eclipse_s is not None:
        found.append(limits.eclipse_in_coast(terms.eclipse_s, source=source))
    if terms.launch_sun_elevation_rad is not None:
        lowest = float(np.degrees(terms.launch_sun_elevation_rad))
        found.append(limits.launch_daylight(mission.launch.site, at_least_deg=lowest, source=source))
    if terms.arrival_seen_from_earth:
        found.append(limits.earth_visible_at_loi(source=source))
    return found + _landing_constraints(mission, source)


def _landing_constraints(mission: MissionFile, source: str) -> list[Constraint]:
    landing = mission.windows_terms.landing
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
        beside, orbit = float(np.degrees(landing.cross_range_rad)), mission.insertion.orbits[-1]
        found.append(
            limits.orbit_over_site(
                latitude, longitude, within_deg=beside, wait_s=(landing.after_s, landing.after_s),
                altitude_km=0.5 * (orbit.perilune_altitude_km + orbit.apolune_altitude_km), source=source,
            )
        )  # fmt: skip
    return found


def _azimuths_deg(mission: MissionFile) -> Array:
    terms = mission.windows_terms
    if terms.azimuth_rad is None:
        return np.degrees([mission.launch.azimuth_rad])
    return np.degrees(np.linspace(*terms.azimuth_rad, terms.azimuths))


def calendar_days(first_tdb: float, last_tdb: float) -> Array:
    """UTC days from one epoch to another, both counted, datetime64[D]."""
    first, last = (np.datetime64(utc_iso(epoch)[:10]) for epoch in (first_tdb, last_tdb))
    return np.arange(first, last + 1)


def _check_span(first: float, last: float, mission: MissionFile, ephemeris: Ephemeris) -> None:
    """Raise InputError unless the days run forwards and the ephemeris covers the flights of all of them."""
    if last < first:
        what = f"the last day, {utc_iso(last, 0)}, is before the first, {utc_iso(first, 0)}"
        raise InputError(what, where="windows", remedy="swap them")
    earliest = max(ephemeris.start_tdb, ephemeris.orientation.start_tdb) + 2.0 * 86_400.0
    latest = min(ephemeris.end_tdb, ephemeris.orientation.end_tdb) - mission.translunar.tof_s[1] - 2.0 * 86_400.0
    if mission.windows_terms.landing is not None:
        latest -= mission.windows_terms.landing.after_s
    if first < earliest or last > latest:
        raise InputError(
            f"launches from {utc_iso(first, 0)} to {utc_iso(last, 0)} are beyond {ephemeris.name}",
            where="windows",
            allowed=f"{utc_iso(earliest, 0)} to {utc_iso(latest, 0)}",
            remedy="change the dates, or give an Ephemeris.from_files(spk, orientation) of them",
        )


def _labelled(answer: Any, job: Launches) -> Any:
    """The dataset of a scan, its constraints and codes named."""
    names = [constraint.name for constraint in job.constraints]
    codes = job.reasons
    labelled = answer.assign_coords(
        constraint=("constraint", np.array(names, dtype=str)),
        unit=("constraint", np.array([c.unit for c in job.constraints], dtype=str)),
        scale=("constraint", np.array([c.scale for c in job.constraints], dtype=float)),
    )
    labelled.attrs |= {"codes": np.array(list(codes), np.int16), "reasons": "; ".join(codes.values())}
    return labelled
