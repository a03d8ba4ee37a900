"""`[windows]`: what a scan for launch windows tries, and what a launch must keep."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from lunarplan.config.table import Measured, MeasuredRange, Rejected, Table
from lunarplan.config.units import ANGLE, C3, DURATION, SPEED, shown
from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY

_AZIMUTHS = 5

Speed = Annotated[float, Measured(SPEED, 0.0, 20.0, "m/s", too_small="negative")]
Elevation = Annotated[float, Measured(ANGLE, -math.pi / 2, math.pi / 2, "deg")]


class Between(MeasuredRange):
    """Pydantic metadata: `[low, high]`, both of them: one value for both would be kept by nothing."""

    def __call__(self, value: Any) -> tuple[float, float]:
        if not isinstance(value, list | tuple):
            raise Rejected(InputError(f"{shown(value)} is no range", remedy='give both limits: ["low", "high"]'))
        return super().__call__(value)


class Landing(Table):
    """Where and when the lander comes down, and what light there has to be.

    after_s         : from the perilune of arrival to touchdown, s
    cross_range_rad : how far beside the plane of the lunar orbit the site may lie then, an angle at the Moon's centre
    """

    latitude_rad: Annotated[float, Measured(ANGLE, -math.pi / 2, math.pi / 2, "deg")] = Field(alias="latitude")
    longitude_rad: Annotated[float, Measured(ANGLE, -math.pi, math.tau, "deg")] = Field(alias="longitude")
    after_s: Annotated[float, Measured(DURATION, 0.0, 400.0 * SECONDS_PER_DAY, "days")] = Field(
        alias="after", default=0.0
    )
    sun_elevation_rad: (
        Annotated[tuple[float, float], Between(Measured(ANGLE, -math.pi / 2, math.pi / 2, "deg"))] | None
    ) = Field(alias="sun_elevation", default=None)
    sun_side: Literal["east", "west"] | None = None
    earth_elevation_rad: Elevation | None = Field(alias="earth_elevation", default=None)
    cross_range_rad: Annotated[float, Measured(ANGLE, 0.0, math.pi / 2, "deg")] | None = Field(
        alias="cross_range", default=None
    )

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if self.sun_side is not None and self.sun_elevation_rad is None:
            remedy = 'add sun_elevation, e.g. ["0 deg", "90 deg"]'
            raise Rejected(InputError("a side of the sky without an elevation", remedy=remedy), ("sun_side",))
        if (self.sun_elevation_rad, self.earth_elevation_rad, self.cross_range_rad) == (None, None, None):
            remedy = "give sun_elevation, earth_elevation or cross_range, or drop it"
            raise Rejected(InputError("asks for nothing", remedy=remedy))
        return self


class Windows(Table):
    """Launch windows of a mission.

    azimuth_rad : inertial launch azimuths tried, from and to; by default that of the parking orbit alone
    azimuths    : how many of them, both ends counted; 5 by default, or one where from and to are the same
    tof_step_s  : times of flight tried, within those of the translunar phase; to a distant orbit those to the flyby
    phase_count : how many phases of a distant orbit are tried; 8 by default; one of a station that is there
    arrival_phase_rad : of the station when it is joined, from and to
    The others are limits: at most, or from and to.
    """

    azimuth_rad: Annotated[tuple[float, float], MeasuredRange(Measured(ANGLE, 0.0, math.pi, "deg"))] | None = Field(
        alias="azimuth", default=None
    )
    azimuth_count: Annotated[StrictInt, Field(ge=1, le=1000)] | None = Field(alias="azimuths", default=None)
    tof_step_s: Annotated[float, Measured(DURATION, 60.0, 10.0 * SECONDS_PER_DAY, "h", too_small="too short")] = Field(
        alias="tof_step", default=43_200.0
    )
    tli_delta_v_km_s: Speed | None = Field(alias="tli_delta_v", default=None)
    loi_delta_v_km_s: Speed | None = Field(alias="loi_delta_v", default=None)
    c3_km2_s2: Annotated[tuple[float, float], Between(Measured(C3, -60.0, 100.0))] | None = Field(
        alias="c3", default=None
    )
    parking_coast_s: Annotated[float, Measured(DURATION, 0.0, 30.0 * SECONDS_PER_DAY, "h")] | None = Field(
        alias="parking_coast", default=None
    )
    eclipse_s: Annotated[float, Measured(DURATION, 0.0, 10.0 * SECONDS_PER_DAY, "min")] | None = Field(
        alias="eclipse", default=None
    )
    launch_sun_elevation_rad: Elevation | None = Field(alias="launch_sun_elevation", default=None)
    arrival_seen_from_earth: StrictBool = False
    landing: Landing | None = None
    phase_count: Annotated[StrictInt, Field(ge=1, le=360)] | None = Field(alias="phases", default=None)
    flyby_delta_v_km_s: Speed | None = Field(alias="flyby_delta_v", default=None)
    insertion_delta_v_km_s: Speed | None = Field(alias="insertion_delta_v", default=None)
    arrival_delta_v_km_s: Speed | None = Field(alias="arrival_delta_v", default=None)
    arrival_phase_rad: Annotated[tuple[float, float], Between(Measured(ANGLE, -math.tau, math.tau, "deg"))] | None = (
        Field(alias="arrival_phase", default=None)
    )
    source: str = ""

    @property
    def azimuths(self) -> int:
        return self.azimuth_count or (_AZIMUTHS if self._sweeps else 1)

    @property
    def _sweeps(self) -> bool:
        return self.azimuth_rad is not None and self.azimuth_rad[0] < self.azimuth_rad[1]

    @model_validator(mode="after")
    def _counts_what_there_is(self) -> Self:
        if self.azimuth_count is not None and (self.azimuth_count > 1) != self._sweeps:
            what = f"{self.azimuth_count} of {'a range' if self._sweeps else 'one azimuth'}"
            remedy = "give 2 or more" if self._sweeps else 'give azimuth = ["from", "to"], or drop it'
            raise Rejected(InputError(what, remedy=remedy), ("azimuths",))
        return self
