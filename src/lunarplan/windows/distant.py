"""Launch windows to a station in a distant orbit, past the Moon: what a scan computes in each cell.

stations = stations_on(orbit, "2028-01-01", "2028-04-01", [0.0, 90.0, 180.0, 270.0])
job = DistantLaunches(launch_site("ksc-39b"), stations, beyond_days=(0.5, 2.0))
dataset = scan(job, job.grid("2028-01-05", "2028-03-05", out_days=[4.5, 5.5]))

A station is known by its phase at the start. One that is already there is given alone; of an orbit that is still to be
chosen several are tried. The phase in which it is when the craft joins it is a result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.rows import numbers, scalar
from lunarplan.orbits.long_orbit import EphemerisOrbit, carry
from lunarplan.scans.grid import Axis, Field, Grid
from lunarplan.transfers.flybys.routes import Asked, FlybyRoutes, flyby_routes
from lunarplan.windows.constraint import Constraint, Within
from lunarplan.windows.departure import NORTHBOUND, SOUTHBOUND, LaunchJob, days_between, noon_tdb

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.orbits.orbit import PeriodicOrbit
    from lunarplan.transfers.launch import LaunchTie
    from lunarplan.transfers.to_moon.problem import Transfers

    Array = NDArray[Any]
    Floats = NDArray[np.float64]

_BODIES = ("earth", "moon", "sun")
_TIMES_APART_DAYS, _MOST_TIMES = 1.25, 6


@dataclass(frozen=True)
class Station:
    """A craft in a distant orbit: its phase at the start, deg, and where it is from then on."""

    phase_deg: float
    orbit: EphemerisOrbit

    @property
    def span(self) -> tuple[float, float]:
        """First and last epoch at which it is known, TDB s."""
        return float(self.orbit.tdb[0]), float(self.orbit.tdb[-1])

    def phases_deg(self, tdb: Floats) -> Floats:
        """Its phases at epochs, 0 to 360."""
        return np.asarray(360.0 * (np.interp(tdb, self.orbit.tdb, self.orbit.phases) % 1.0))

    def describe(self) -> dict[str, Any]:
        """Everything the numbers depend on, as JSON takes it."""
        path = hashlib.sha256(self.orbit.tdb.tobytes() + self.orbit.states.tobytes()).hexdigest()
        return {**self.orbit.provenance, "phase_deg": self.phase_deg, "sha256": path}


def stations_on(
    orbit: PeriodicOrbit, start: Any, end: Any, phases_deg: ArrayLike, forces: ForceModel | None = None
) -> tuple[Station, ...]:
    """Return craft on an orbit, begun in phases counted as `carry` counts them, for as long as they are asked for.

    Raises InputError as `carry`.
    """
    forces = default_forces() if forces is None else forces
    first, last = float(tdb_seconds(start)), float(tdb_seconds(end))
    turns = max((last - first) / SECONDS_PER_DAY / orbit.period_days, 0.6)
    phases = numbers("phases_deg", phases_deg, 1).ravel().tolist()
    return tuple(
        Station(phase, carry(orbit, first, revolutions=turns, forces=forces, phase=phase / 360.0)) for phase in phases
    )


def default_forces(ephemeris: Ephemeris | None = None) -> ForceModel:
    """The field scans are made in: the Moon's mass is in one point, and no row depends on others to the last bit."""
    return ForceModel(bodies=_BODIES, moon_degree=0, ephemeris=ephemeris)


@dataclass(frozen=True, repr=False)
class StationVisits(FlybyRoutes):
    """Powered flybys to stations; what constraints get.

    arrival_phase_deg : of the station when it is joined
    """

    arrival_phase_deg: Floats


@dataclass(frozen=True)
class DistantLaunches(LaunchJob):
    """The job of a scan over launch day, opportunity, station, time of flight to the Moon, and azimuth.

    In every cell the burns are the least for its time of flight: injection, flyby and insertion together. See
    `scans.scan.Job`.

    stations    : known for all arrivals
    beyond_days : limits of the time from flyby to insertion, which is chosen; both the same to hold it
    tries       : how many ways round the Moon and on, by plane and time, are tried in each cell
    the others as in `LaunchJob`.
    """

    stations: tuple[Station, ...]
    beyond_days: tuple[float, float]
    flyby_altitude_km: float = 130.0
    forces: ForceModel = field(default_factory=default_forces, kw_only=True)
    tries: int = 3

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = (scalar("DistantLaunches.beyond_days", days, 0.1, 60.0, "days") for days in self.beyond_days)
        if low > high:
            raise InputError(f"{low:g} to {high:g}", where="DistantLaunches.beyond_days", remedy="swap them")
        given: object = self.stations
        if not (isinstance(given, tuple) and given and all(isinstance(s, Station) for s in given)):
            raise InputError(f"{given!r:.60}", where="DistantLaunches.stations", allowed="Stations: stations_on(...)")
        phases = [station.phase_deg for station in self.stations]
        if len(set(phases)) < len(phases):
            raise InputError("two of one phase", where="DistantLaunches.stations", remedy="drop one")

    @property
    def burns(self) -> tuple[str, ...]:
        """The fields that add up to what a launch costs."""
        return "tli_delta_v", "flyby_delta_v", "insertion_delta_v"

    @cached_property
    def fields(self) -> Mapping[str, Field]:
        own = {
            "flyby_delta_v": Field(unit="m/s", long_name="burn at perilune"),
            "flyby_altitude": Field(unit="km", long_name="least altitude over the Moon"),
            "insertion_delta_v": Field(unit="m/s", long_name="burn that joins the station"),
            "beyond_s": Field(unit="s", long_name="flyby to insertion"),
            "insertion_tdb": Field(unit="s", long_name="insertion, TDB past J2000"),
            "arrival_phase": Field(unit="deg", long_name="of the station when it is joined"),
        }
        return {**self.departure.fields, **own}

    def describe(self) -> dict[str, Any]:
        return self.departure.describe() | {
            "flyby_altitude_km": self.flyby_altitude_km,
            "beyond_days": list(self.beyond_days),
            "stations": [station.describe() for station in self.stations],
            "tries": self.tries,
        }

    def grid(
        self,
        first_day: str,
        last_day: str,
        *,
        out_days: ArrayLike,
        azimuths_deg: ArrayLike = (90.0,),
        opportunities: Sequence[str] = (NORTHBOUND, SOUTHBOUND),
    ) -> Grid:
        """The cells of all days from one to another, both counted, as calendar days of UTC.

        Raises InputError for days that are none or run backwards.
        """
        out = SECONDS_PER_DAY * numbers("out_days", out_days, 1).ravel()
        return Grid(
            {
                "launch_day": Axis(days_between(first_day, last_day), long_name="launch day, UTC"),
                "opportunity": Axis(tuple(opportunities), long_name="way past the Moon's direction"),
                "phase_deg": Axis([s.phase_deg for s in self.stations], "deg", "of the station at the start"),
                "tof_s": Axis(out, "s", "injection to flyby"),
                "azimuth_deg": Axis(numbers("azimuths_deg", azimuths_deg, 1).ravel(), "deg", "inertial launch azimuth"),
            }
        )

    def __call__(self, cells: dict[str, Array], /) -> dict[str, Array]:
        self._check_spans(cells)
        return self.departure.filled(self.fields, cells, self._measured)

    def visits(self, cells: Mapping[str, Array], tie: LaunchTie) -> StationVisits:
        """One route for each cell, whose azimuths all have the tie to the site."""
        noon = noon_tdb(cells["launch_day"])
        n, (shortest, longest) = len(noon), self._beyond_s
        asked = Asked(
            noon, cells["tof_s"], np.full(n, shortest), np.full(n, longest), self._station_of(cells["phase_deg"]),
            np.full(n, RADIUS_KM["earth"] + self.parking_altitude_km),
            np.radians(self.departure.inclination_deg(cells["azimuth_deg"])),
            np.where(cells["opportunity"] == NORTHBOUND, 1.0, -1.0),
        )  # fmt: skip
        found = flyby_routes(
            asked, [s.orbit for s in self.stations], np.array([s.span for s in self.stations]), tie,
            flyby_altitude_km=self.flyby_altitude_km, forces=self.forces, times=self._times, tries=self.tries,
            workers=self.workers,
        )  # fmt: skip
        phase = np.full(n, np.nan)
        for k, station in enumerate(self.stations):
            own = np.flatnonzero(found.ok & (found.station == k))
            phase[own] = station.phases_deg(found.insertion_tdb[own])
        return StationVisits(**{f.name: getattr(found, f.name) for f in fields(found)}, arrival_phase_deg=phase)

    @property
    def _beyond_s(self) -> tuple[float, float]:
        return SECONDS_PER_DAY * self.beyond_days[0], SECONDS_PER_DAY * self.beyond_days[1]

    @property
    def _times(self) -> int:
        """How many times beyond the Moon are tried first."""
        return int(np.clip(np.ceil((self.beyond_days[1] - self.beyond_days[0]) / _TIMES_APART_DAYS), 1, _MOST_TIMES))

    def _measured(self, cells: dict[str, Array], tie: LaunchTie) -> dict[str, Array]:
        found = self.visits(cells, tie)
        return self.departure.measured(found, cells["launch_day"]) | {
            "flyby_delta_v": 1e3 * found.flyby_delta_v_km_s,
            "flyby_altitude": flyby_altitude_km(found),
            "insertion_delta_v": 1e3 * found.insertion_delta_v_km_s,
            "beyond_s": found.beyond_s,
            "insertion_tdb": found.insertion_tdb,
            "arrival_phase": found.arrival_phase_deg,
        }

    def _station_of(self, phases_deg: Array) -> NDArray[np.intp]:
        known = np.array([station.phase_deg for station in self.stations])
        same = phases_deg[:, None] == known
        if not same.any(axis=1).all():
            unknown = phases_deg[~same.any(axis=1)][0]
            raise InputError(f"{unknown:g} deg", where="grid.phase_deg", allowed=f"of the stations: {known.tolist()}")
        return np.asarray(same.argmax(axis=1), np.intp)

    def _check_spans(self, cells: Mapping[str, Array]) -> None:
        """Raise InputError unless the stations are known when they may be joined."""
        if not len(cells["tof_s"]):
            return
        passing = noon_tdb(cells["launch_day"]) + cells["tof_s"]
        earliest, latest = float(passing.min()) + self._beyond_s[0], float(passing.max()) + self._beyond_s[1]
        first = max(station.span[0] for station in self.stations) + SECONDS_PER_DAY
        last = min(station.span[1] for station in self.stations) - SECONDS_PER_DAY
        if earliest < first or latest > last:
            what = f"arrivals from {utc_iso(earliest, 0)} to {utc_iso(latest, 0)}"
            allowed = f"{utc_iso(first, 0)} to {utc_iso(last, 0)}"
            raise InputError(what, where="DistantLaunches.stations", allowed=allowed, remedy="carry them farther")


def flyby_altitude_km(found: FlybyRoutes) -> Floats:
    """Least altitude over the Moon, float64[N]: the burn lies a little before or after the perilune of either coast."""
    gm = found.forces.gm("moon")
    least = np.linalg.norm(found.perilune_states[:, :3], axis=1)
    with np.errstate(invalid="ignore"):
        for states, passed in ((found.perilune_states, 1.0), (found.passed_states, -1.0)):
            r, v = states[:, :3], states[:, 3:]
            momentum = np.einsum("ni,ni->n", np.cross(r, v), np.cross(r, v)) / gm
            energy = np.einsum("ni,ni->n", v, v) - 2.0 * gm / np.linalg.norm(r, axis=1)
            eccentricity = np.sqrt(np.maximum(1.0 + energy * momentum / gm, 0.0))
            falls = passed * np.einsum("ni,ni->n", r, v) > 0.0
            least = np.where(falls, np.minimum(least, momentum / (1.0 + eccentricity)), least)
    return np.asarray(least - RADIUS_KM["moon"])


# ---------------------------------------------------------------- limits


def flyby_delta_v(at_most_m_s: float, *, source: str = "set by the user") -> Constraint:
    """The burn at perilune costs no more than this."""
    return Constraint("flyby delta-v", "m/s", Within(_flyby_m_s, at_most=at_most_m_s), 50.0, source)


def insertion_delta_v(at_most_m_s: float, *, source: str = "set by the user") -> Constraint:
    """The burn that joins the station costs no more than this."""
    return Constraint("insertion delta-v", "m/s", Within(_insertion_m_s, at_most=at_most_m_s), 50.0, source)


def arrival_delta_v(at_most_m_s: float, *, source: str = "set by the user") -> Constraint:
    """Flyby and insertion together cost no more than this."""
    return Constraint("arrival delta-v", "m/s", Within(_arrival_m_s, at_most=at_most_m_s), 50.0, source)


def station_phase(phase_deg: float, *, within_deg: float, source: str = "set by the user") -> Constraint:
    """The station is joined within so many degrees of a phase."""
    miss = PhaseOff(phase_deg)
    return Constraint("arrival phase", "deg", Within(miss, at_most=within_deg), 30.0, source)


@dataclass(frozen=True)
class PhaseOff:
    """How far the station is from a phase when it is joined, 0 to 180 deg."""

    phase_deg: float

    def __call__(self, transfers: Transfers) -> Floats:
        off = _visits(transfers, "arrival phase").arrival_phase_deg - self.phase_deg
        return np.asarray(np.abs(np.remainder(off + 180.0, 360.0) - 180.0))


def _flyby_m_s(transfers: Transfers) -> Floats:
    return np.asarray(1e3 * _visits(transfers, "flyby delta-v").flyby_delta_v_km_s)


def _insertion_m_s(transfers: Transfers) -> Floats:
    return np.asarray(1e3 * _visits(transfers, "insertion delta-v").insertion_delta_v_km_s)


def _arrival_m_s(transfers: Transfers) -> Floats:
    return _flyby_m_s(transfers) + _insertion_m_s(transfers)


def _visits(transfers: Transfers, where: str) -> StationVisits:
    if not isinstance(transfers, StationVisits):
        raise InputError("these transfers join no station", where=where, allowed="launches to a distant orbit")
    return transfers
