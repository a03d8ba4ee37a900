"""What all scans for a mission's launch windows take from its file: days, azimuths, ascents, limits on the way out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.epochs import utc_iso
from lunarplan.scans.grid import Axis
from lunarplan.scans.scan import Job
from lunarplan.windows import constraints as limits
from lunarplan.windows.constraint import Constraint
from lunarplan.windows.departure import NORTHBOUND, SOUTHBOUND, Ascent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.schema import MissionFile
    from lunarplan.config.windows import Windows as WindowsTerms
    from lunarplan.model.ephemeris import Ephemeris

    Array = NDArray[Any]

_BOTH = {"ascending": (NORTHBOUND,), "descending": (SOUTHBOUND,), "best": (NORTHBOUND, SOUTHBOUND)}
_MARGIN_S = 2.0 * 86_400.0


@dataclass(frozen=True)
class Asked:
    """A scan as it is asked for: launch days from one epoch to another, TDB s; rules beyond the mission's own."""

    mission: MissionFile
    first_tdb: float
    last_tdb: float
    constraints: tuple[Constraint, ...]
    ephemeris: Ephemeris | None
    workers: int | None

    @property
    def terms(self) -> WindowsTerms:
        return self.mission.windows_terms

    @property
    def source(self) -> str:
        """Who says what the file's limits are."""
        return self.terms.source or "the mission file"


class WindowJob(Job, Protocol):
    """The job of a scan for launch windows.

    burns : the fields that add up to what a launch costs
    """

    @property
    def burns(self) -> tuple[str, ...]: ...

    @property
    def constraints(self) -> tuple[Constraint, ...]: ...

    @property
    def reasons(self) -> dict[int, str]: ...


def day_axes(asked: Asked) -> dict[str, Axis]:
    """Launch days and opportunities."""
    return {
        "launch_day": Axis(calendar_days(asked.first_tdb, asked.last_tdb), long_name="launch day, UTC"),
        "opportunity": Axis(_BOTH[asked.mission.launch.parking_orbit.node], long_name="way past the Moon's direction"),
    }


def azimuth_axis(mission: MissionFile) -> dict[str, Axis]:
    return {"azimuth_deg": Axis(azimuths_deg(mission), "deg", "inertial launch azimuth")}


def calendar_days(first_tdb: float, last_tdb: float) -> Array:
    """UTC days from one epoch to another, both counted, datetime64[D]."""
    first, last = (np.datetime64(utc_iso(epoch)[:10]) for epoch in (first_tdb, last_tdb))
    return np.arange(first, last + 1)


def azimuths_deg(mission: MissionFile) -> Array:
    """Launch azimuths that are tried."""
    terms = mission.windows_terms
    if terms.azimuth_rad is None:
        return np.degrees([mission.launch.azimuth_rad])
    return np.degrees(np.linspace(*terms.azimuth_rad, terms.azimuths))


def ascents(mission: MissionFile) -> tuple[Ascent, ...]:
    """The ascent at each azimuth of the scan, and of the file's table, so that it is known between them."""
    found = []
    own = np.degrees([row.azimuth_rad for row in mission.launch.ascents])
    for azimuth in np.unique(np.concatenate([azimuths_deg(mission), own])):
        time_s, downrange = mission.launch.ascent(float(np.radians(azimuth)))
        found.append(Ascent(float(azimuth), time_s, None if downrange is None else float(np.degrees(downrange))))
    return tuple(found)


def stepped(limits_s: tuple[float, float], step_s: float) -> Array:
    """Times from a shortest to a longest, both counted, no farther apart than a step."""
    shortest, longest = limits_s
    return np.linspace(shortest, longest, max(0, int(np.ceil((longest - shortest) / step_s - 1e-9))) + 1)


def departure_limits(asked: Asked) -> list[Constraint]:
    """The limits of `[windows]` that any kind of transfer may have."""
    terms, source = asked.terms, asked.source
    found: list[Constraint] = []
    if terms.tli_delta_v_km_s is not None:
        found.append(limits.tli_delta_v(1e3 * terms.tli_delta_v_km_s, source=source))
    if terms.c3_km2_s2 is not None:
        low, high = terms.c3_km2_s2
        found.append(limits.c3(at_most_km2_s2=high, at_least_km2_s2=low, source=source))
    if terms.parking_coast_s is not None:
        found.append(limits.parking_coast(at_most_s=terms.parking_coast_s, source=source))
    if terms.eclipse_s is not None:
        found.append(limits.eclipse_in_coast(terms.eclipse_s, source=source))
    if terms.launch_sun_elevation_rad is not None:
        lowest = float(np.degrees(terms.launch_sun_elevation_rad))
        found.append(limits.launch_daylight(asked.mission.launch.site, at_least_deg=lowest, source=source))
    if terms.arrival_seen_from_earth:
        found.append(limits.earth_visible_at_loi(source=source))
    return found


def check_keys(asked: Asked, transfer: str, foreign: Sequence[str]) -> None:
    """Raise InputError for keys of `[windows]` that mean nothing for a kind of transfer."""
    terms = asked.terms
    for name in sorted(terms.model_fields_set.intersection(foreign)):
        key = type(terms).model_fields[name].alias or name
        what = f'means nothing for transfer = "{transfer}"'
        raise InputError(what, where=f"windows.{key}", remedy="drop it")


def check_span(asked: Asked, ephemeris: Ephemeris, longest_s: float) -> None:
    """Raise InputError unless the days run forwards and the ephemeris covers the flights of all of them."""
    first, last = asked.first_tdb, asked.last_tdb
    if last < first:
        what = f"the last day, {utc_iso(last, 0)}, is before the first, {utc_iso(first, 0)}"
        raise InputError(what, where="windows", remedy="swap them")
    earliest = max(ephemeris.start_tdb, ephemeris.orientation.start_tdb) + _MARGIN_S
    latest = min(ephemeris.end_tdb, ephemeris.orientation.end_tdb) - longest_s - _MARGIN_S
    if first < earliest or last > latest:
        raise InputError(
            f"launches from {utc_iso(first, 0)} to {utc_iso(last, 0)} are beyond {ephemeris.name}",
            where="windows",
            allowed=f"{utc_iso(earliest, 0)} to {utc_iso(latest, 0)}",
            remedy="change the dates, or give an Ephemeris.from_files(spk, orientation) of them",
        )
