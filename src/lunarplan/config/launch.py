"""Vehicle and launch, as a mission file states them."""

import math
from dataclasses import asdict
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

from pydantic import Field, GetCoreSchemaHandler, StrictInt, ValidatorFunctionWrapHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from lunarplan.config.table import Epoch, LastEpoch, Measured, Rejected, Table
from lunarplan.config.units import ANGLE, DURATION, FORCE, LENGTH, MASS, SPECIFIC_IMPULSE, shown
from lunarplan.errors import InputError
from lunarplan.model.sites import LaunchSite, launch_site
from lunarplan.model.vehicle import Engine, Vehicle

LAUNCHER = "launcher"
_REVOLUTION_S = 7700.0  # the longest a revolution of a parking orbit can take
_ASCENT_S = 600.0  # estimate: eight to eleven minutes for every launcher of interest


class EngineTable(Table):
    """An engine of the vehicle."""

    name: Annotated[str, Field(min_length=1, max_length=40)]
    thrust_n: Annotated[float, Measured(FORCE, 1e-3, 1e8, too_small="not a thrust")] = Field(alias="thrust")
    isp_s: Annotated[float, Measured(SPECIFIC_IMPULSE, 10.0, 10000.0)] = Field(alias="isp")
    source: str = ""


class VehicleTable(Table):
    """What arrives at the Moon."""

    dry_mass_kg: Annotated[float, Measured(MASS, 1e-3, 1e7, too_small="not a mass")] = Field(alias="dry_mass")
    propellant_kg: Annotated[float, Measured(MASS, 0.0, 1e8, too_small="negative")] = Field(alias="propellant")
    engines: tuple[EngineTable, ...] = Field(min_length=1)
    source: str = ""

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [engine.name for engine in self.engines]
        for number, name in enumerate(names):
            if name == LAUNCHER or name in names[:number]:
                problem = InputError(f"engine name {shown(name)} is taken", remedy="choose another name")
                raise Rejected(problem, ("engines", number, "name"))
        return self

    def build(self) -> Vehicle:
        """Return the vehicle, tanks full."""
        engines = tuple(Engine(engine.name, engine.thrust_n, engine.isp_s) for engine in self.engines)
        return Vehicle(self.dry_mass_kg, self.propellant_kg, engines)


class _Coordinates(Table):
    latitude_rad: Annotated[float, Measured(ANGLE, -math.pi / 2, math.pi / 2, "deg")] = Field(alias="latitude")
    longitude_rad: Annotated[float, Measured(ANGLE, -math.pi, math.tau, "deg")] = Field(alias="longitude")
    source: str = ""


class ParkingOrbit(Table):
    """A circular orbit about the Earth.

    inclination_rad   : to the equator; or
    azimuth_rad       : inertial launch azimuth, which says the inclination and whether the ascent goes north
    node              : the way out reaches the Moon northbound ("ascending") or southbound ("descending")
    coast_revolutions : whole revolutions before the one TLI is made in
    """

    altitude_km: Annotated[float, Measured(LENGTH, 120.0, 2000.0, too_small="inside the atmosphere")] = Field(
        alias="altitude"
    )
    inclination_rad: Annotated[float, Measured(ANGLE, 0.0, math.pi, "deg")] | None = Field(
        alias="inclination", default=None
    )
    azimuth_rad: Annotated[float, Measured(ANGLE, 0.0, math.tau, "deg")] | None = Field(alias="azimuth", default=None)
    node: Literal["ascending", "descending", "best"] = "best"
    coast_revolutions: Annotated[StrictInt, Field(ge=0, le=100)] = 0
    source: str = ""

    @model_validator(mode="after")
    def _one_plane(self) -> Self:
        if self.inclination_rad is not None and self.azimuth_rad is not None:
            problem = InputError("inclination and azimuth say the same thing twice", remedy="drop one of them")
            raise Rejected(problem, ("azimuth",))
        return self


class _ReadSite:
    """Pydantic metadata: the name of a site, or a table of its coordinates."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        coordinates = handler.generate_schema(_Coordinates)
        plain = core_schema.plain_serializer_function_ser_schema(asdict)
        return core_schema.no_info_wrap_validator_function(_read_site, coordinates, serialization=plain)


def _read_site(value: Any, coordinates: ValidatorFunctionWrapHandler) -> LaunchSite:
    if isinstance(value, LaunchSite):
        return value
    if isinstance(value, str):
        try:
            return launch_site(value)
        except InputError as error:
            raise Rejected(error) from error
    table: _Coordinates = coordinates(value)
    return LaunchSite("given", math.degrees(table.latitude_rad), math.degrees(table.longitude_rad))


class Ascent(Table):
    """How an ascent at one azimuth ends: time from lift-off to the parking orbit, and the arc flown meanwhile."""

    azimuth_rad: Annotated[float, Measured(ANGLE, 0.0, math.tau, "deg")] = Field(alias="azimuth")
    time_s: Annotated[float, Measured(DURATION, 60.0, 7200.0, "min")] = Field(alias="time")
    downrange_rad: Annotated[float, Measured(ANGLE, 0.0, math.pi, "deg")] = Field(alias="downrange")
    source: str = ""


class Launch(Table):
    """When, from where and into which parking orbit.

    ascent_time_s      : lift-off to parking orbit insertion, s; 600 s is an estimate
    ascent_downrange_rad : the arc flown meanwhile; half of what the orbit would cover if None
    ascents            : both by azimuth instead, in its order; between two rows linear, beyond the last as there
    """

    site: Annotated[LaunchSite, _ReadSite()]
    earliest_tdb: Epoch = Field(alias="earliest")
    latest_tdb: LastEpoch = Field(alias="latest")
    ascent_time_s: Annotated[float, Measured(DURATION, 60.0, 7200.0, "min")] = Field(
        alias="ascent_time", default=_ASCENT_S
    )
    ascent_downrange_rad: Annotated[float, Measured(ANGLE, 0.0, math.pi, "deg")] | None = Field(
        alias="ascent_downrange", default=None
    )
    ascents: tuple[Ascent, ...] = Field(alias="ascent", default=(), max_length=200)
    parking_orbit: ParkingOrbit
    source: str = ""

    def ascent(self, azimuth_rad: float) -> tuple[float, float | None]:
        """Return time, s, and downrange, rad or None, of the ascent at an azimuth."""
        if not self.ascents:
            return self.ascent_time_s, self.ascent_downrange_rad
        before = [row for row in self.ascents if row.azimuth_rad <= azimuth_rad] or [self.ascents[0]]
        after = [row for row in self.ascents if row.azimuth_rad >= azimuth_rad] or [self.ascents[-1]]
        a, b = before[-1], after[0]
        span = b.azimuth_rad - a.azimuth_rad
        share = (azimuth_rad - a.azimuth_rad) / span if span > 0.0 else 0.0
        return a.time_s + share * (b.time_s - a.time_s), a.downrange_rad + share * (b.downrange_rad - a.downrange_rad)

    @property
    def longest_ascent_s(self) -> float:
        return max((row.time_s for row in self.ascents), default=self.ascent_time_s)

    @property
    def azimuth_rad(self) -> float:
        """Inertial launch azimuth: as given, or the northbound one, or due east."""
        orbit = self.parking_orbit
        if orbit.azimuth_rad is not None:
            return orbit.azimuth_rad
        if orbit.inclination_rad is not None:
            return self.site.azimuth_rad(orbit.inclination_rad)
        return 0.5 * math.pi

    @property
    def inclination_rad(self) -> float:
        """Inclination of the parking orbit."""
        given = self.parking_orbit.inclination_rad
        return self.site.inclination_rad(self.azimuth_rad) if given is None else given

    @property
    def longest_wait_s(self) -> float:
        """From lift-off to TLI at the latest, s: the ascent, the revolutions asked for, and part of one more."""
        return self.longest_ascent_s + (self.parking_orbit.coast_revolutions + 1) * _REVOLUTION_S

    @model_validator(mode="after")
    def _can_be_flown(self) -> Self:
        if self.latest_tdb < self.earliest_tdb:
            problem = InputError("the latest launch is before the earliest", remedy="swap the two dates")
            raise Rejected(problem, ("latest",))
        self._check_ascents()
        try:
            _ = self.azimuth_rad
        except InputError as error:
            raise Rejected(error, ("parking_orbit", "inclination")) from error
        return self

    def _check_ascents(self) -> None:
        if self.ascents and ({"ascent_time_s", "ascent_downrange_rad"} & self.model_fields_set):
            problem = InputError("a table of ascents and one for all azimuths", remedy="drop one of them")
            raise Rejected(problem, ("ascent",))
        azimuths = [row.azimuth_rad for row in self.ascents]
        if any(b <= a for a, b in pairwise(azimuths)):
            raise Rejected(InputError("azimuths do not ascend", remedy="put the rows in their order"), ("ascent",))
