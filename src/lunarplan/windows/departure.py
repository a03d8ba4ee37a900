"""What all launches of a scan have in common: the site, the ascent, the parking orbit, limits and their codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds, utc_days
from lunarplan.model.forces import ForceModel
from lunarplan.model.rows import require_kind
from lunarplan.model.sites import LaunchSite
from lunarplan.scans.grid import Field
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.to_moon.planes import moon_declination_deg, northbound
from lunarplan.windows.constraint import Constraint, evaluate
from lunarplan.windows.told import told

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.to_moon.problem import Transfers

    Array = NDArray[Any]
    Floats = NDArray[np.float64]
    Fields = Mapping[str, Field]
    Cells = dict[str, Array]

OPEN, DECLINATION, NO_TRANSFER, OTHER_DAY, ASYMPTOTE = 0, -1, -2, -3, -4
REASONS = {
    OPEN: "open",
    DECLINATION: "Moon's declination out of reach",
    NO_TRANSFER: "no transfer found",
    OTHER_DAY: "launch falls on another day",
    ASYMPTOTE: "lunar inclination out of reach",
}
NORTHBOUND, SOUTHBOUND = "northbound", "southbound"
GRAZING_DEG = 2.0  # so close to the Moon's declination, or the asymptote's, two planes run into one, and out
TOLERANCE = 1e-10  # of the propagator: centimetres at the Moon


@dataclass(frozen=True)
class Ascent:
    """The ascent at one azimuth: time to the parking orbit, and the arc flown; see `LaunchTie.from_site`."""

    azimuth_deg: float
    time_s: float
    downrange_deg: float | None = None


@dataclass(frozen=True)
class Departure:
    """How a launch gets away from the Earth, and what it must keep.

    site, ascent_s, ascent_angle_deg, revolutions : as `LaunchTie.from_site` takes them
    ascents     : those of single azimuths, where they are not all alike; between two of them linear
    constraints : what a transfer must keep
    """

    site: LaunchSite
    parking_altitude_km: float
    ascent_s: float = 600.0
    ascent_angle_deg: float | None = None
    revolutions: int = 0
    ascents: tuple[Ascent, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    forces: ForceModel = field(default_factory=ForceModel)

    @cached_property
    def fields(self) -> Fields:
        """What is told of every launch."""
        return {
            "code": Field("int16", long_name="0 open; else why closed, see reasons"),
            "launch_tdb": Field(unit="s", long_name="lift-off, TDB past J2000"),
            "injection_tdb": Field(unit="s", long_name="end of the injection burn, TDB past J2000"),
            "perilune_tdb": Field(unit="s", long_name="perilune, TDB past J2000"),
            "coast_s": Field(unit="s", long_name="coast in the parking orbit"),
            "tli_delta_v": Field(unit="m/s", long_name="translunar injection from the circular parking orbit"),
            "c3": Field(unit="km2/s2", long_name="launch energy"),
            "declination_margin": Field(unit="deg", long_name="parking inclination beyond the Moon's declination"),
            "margin": Field(dims={"constraint": len(self.constraints)}, long_name="inside the limit if positive"),
        }

    def describe(self) -> dict[str, Any]:
        return {
            "site": [self.site.name, self.site.latitude_deg, self.site.longitude_deg],
            "parking_altitude_km": self.parking_altitude_km,
            "ascent_s": self.ascent_s,
            "ascent_angle_deg": self.ascent_angle_deg,
            "ascents": [[a.azimuth_deg, a.time_s, a.downrange_deg] for a in self.ascents],
            "revolutions": self.revolutions,
            "constraints": [[c.name, c.unit, c.scale, c.source, told(c.margin)] for c in self.constraints],
            "reasons": {str(code): text for code, text in self.reasons.items()},
            "forces": self.forces.describe(),
        }

    @property
    def reasons(self) -> dict[int, str]:
        """What the codes mean; those of constraints count from 1."""
        return REASONS | {k: constraint.name for k, constraint in enumerate(self.constraints, 1)}

    def tie(self, azimuth_deg: float) -> LaunchTie:
        """What a launch at an azimuth has to do with the site."""
        ascent = self._ascent(azimuth_deg)
        return LaunchTie.from_site(
            self.site,
            ascent_s=ascent.time_s,
            ascent_angle_deg=ascent.downrange_deg,
            southbound=bool(np.cos(np.radians(azimuth_deg)) < -1e-12),
            revolutions=self.revolutions,
            parking_altitude_km=self.parking_altitude_km,
        )

    def _ascent(self, azimuth_deg: float) -> Ascent:
        """That of an azimuth; between two that are known linear, beyond the last as there."""
        if not self.ascents:
            return Ascent(azimuth_deg, self.ascent_s, self.ascent_angle_deg)
        known = sorted(self.ascents, key=lambda ascent: ascent.azimuth_deg)
        at = [ascent.azimuth_deg for ascent in known]
        time_s = float(np.interp(azimuth_deg, at, [ascent.time_s for ascent in known]))
        arcs = [ascent.downrange_deg for ascent in known if ascent.downrange_deg is not None]
        arc = float(np.interp(azimuth_deg, at, arcs)) if len(arcs) == len(at) else None
        return Ascent(azimuth_deg, time_s, arc)

    def inclination_deg(self, azimuths_deg: Array) -> Floats:
        """Inclination of the parking orbits that launch azimuths lead to."""
        azimuths, place = np.unique(azimuths_deg, return_inverse=True)
        return np.degrees([self.site.inclination_rad(azimuth) for azimuth in np.radians(azimuths)])[place]

    def filled(self, fields: Fields, cells: Cells, measured: Callable[[Cells, LaunchTie], Cells]) -> Cells:
        """The fields of cells, those that have the same tie to the site measured together."""
        n = len(cells["azimuth_deg"])
        answer = {name: np.full((n, *f.shape), np.nan, f.dtype) for name, f in fields.items() if name != "code"}
        answer["code"] = np.full(n, NO_TRANSFER, np.int16)
        azimuths, place = np.unique(cells["azimuth_deg"], return_inverse=True)
        ties = [self.tie(float(azimuth)) for azimuth in azimuths]
        for tie in dict.fromkeys(ties):
            rows = np.flatnonzero(np.array([tie == other for other in ties])[place])
            for name, values in measured({name: values[rows] for name, values in cells.items()}, tie).items():
                answer[name][rows] = values
        return answer

    def measured(self, found: Transfers, days: Array) -> dict[str, Array]:
        """The fields of launches whose transfers are found."""
        margins = evaluate(self.constraints, found)
        reach = self._declination_margin_deg(found)
        return {
            "code": self._codes(found, days, margins, reach),
            "launch_tdb": found.launch_tdb,
            "injection_tdb": found.injection_tdb,
            "perilune_tdb": found.problem.perilune_tdb,
            "coast_s": found.coast_s,
            "tli_delta_v": 1e3 * found.tli_delta_v_km_s,
            "c3": found.c3_km2_s2,
            "declination_margin": reach,
            "margin": margins,
        }

    def _codes(self, found: Transfers, days: Array, margins: Floats, reach: Floats) -> Array:
        code = np.where(found.ok, OPEN, np.where(reach < GRAZING_DEG, DECLINATION, NO_TRANSFER)).astype(np.int16)
        code[found.ok & (northbound(found) != (found.problem.northbound_departure > 0))] = DECLINATION
        if self.constraints:
            scaled = margins / np.array([constraint.scale for constraint in self.constraints])
            worst = np.argmin(np.where(np.isnan(scaled), np.inf, scaled), axis=1)
            broken = (code == OPEN) & (margins < 0.0).any(axis=1)
            code[broken] = 1 + worst[broken]
        launched = np.flatnonzero(code >= OPEN)
        elsewhere = utc_days(found.launch_tdb[launched])[0] != _modified_julian_day(days[launched])
        code[launched[elsewhere]] = OTHER_DAY
        return np.asarray(code)

    def _declination_margin_deg(self, found: Transfers) -> Floats:
        """Parking inclination less the Moon's declination on arrival; retrograde planes by their supplement."""
        inclination = found.problem.parking_inclination
        reached = np.degrees(np.minimum(inclination, np.pi - inclination))
        return np.asarray(reached - moon_declination_deg(found.problem, self.forces))


@dataclass(frozen=True)
class LaunchJob:
    """What jobs of launches share: where from and how, under which limits, in which field; see `scans.scan.Job`.

    site, ascent_s, ascent_angle_deg, revolutions, ascents, constraints : as of `Departure`
    workers : threads of one chunk; as many as there are cores if None. They change no result
    """

    site: LaunchSite
    parking_altitude_km: float = field(default=185.0, kw_only=True)
    ascent_s: float = field(default=600.0, kw_only=True)
    ascent_angle_deg: float | None = field(default=None, kw_only=True)
    revolutions: int = field(default=0, kw_only=True)
    ascents: tuple[Ascent, ...] = field(default=(), kw_only=True)
    constraints: tuple[Constraint, ...] = field(default=(), kw_only=True)
    forces: ForceModel = field(default_factory=lambda: ForceModel(moon_degree=0), kw_only=True)
    workers: int | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        require_kind(f"{type(self).__name__}.site", self.site, LaunchSite, 'a LaunchSite: launch_site("ksc")')

    @cached_property
    def departure(self) -> Departure:
        """The launch itself."""
        return Departure(
            self.site, self.parking_altitude_km, self.ascent_s, self.ascent_angle_deg, self.revolutions, self.ascents,
            self.constraints, self.forces,
        )  # fmt: skip

    @property
    def reasons(self) -> dict[int, str]:
        """What the codes mean; those of constraints count from 1."""
        return self.departure.reasons


def days_between(first_day: str, last_day: str) -> Array:
    """All days from one to another, both counted, datetime64[D]; raises InputError for what are no such days."""
    try:
        days = np.arange(np.datetime64(first_day, "D"), np.datetime64(last_day, "D") + 1)
    except ValueError:
        raise InputError(f"{first_day!r} to {last_day!r}", where="grid", allowed="days: 2028-07-01") from None
    if not len(days):
        raise InputError(f"{last_day} is before {first_day}", where="grid", remedy="swap them")
    return days


def noon_tdb(days: Array) -> Floats:
    """Noon UTC of calendar days, TDB s."""
    unique, place = np.unique(days.astype("datetime64[D]"), return_inverse=True)
    return np.asarray(tdb_seconds([f"{day}T12:00:00" for day in unique]))[place]


def _modified_julian_day(days: Array) -> Array:
    return np.asarray(days.astype("datetime64[D]").astype(np.int64) + 40_587)
