"""`[windows]`: what a scan for launch windows tries, and what a launch must keep."""

import math
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from lunarplan.config.table import Measured, MeasuredRange, Table
from lunarplan.config.units import ANGLE, C3, DURATION, SPEED
from lunarplan.model.constants import SECONDS_PER_DAY

Speed = Annotated[float, Measured(SPEED, 0.0, 20.0, "m/s", too_small="negative")]
Elevation = Annotated[float, Measured(ANGLE, -math.pi / 2, math.pi / 2, "deg")]


class Landing(Table):
    """Where and when the lander comes down, for the light there.

    after_s : from the perilune of arrival to touchdown, s
    """

    latitude_rad: Annotated[float, Measured(ANGLE, -math.pi / 2, math.pi / 2, "deg")] = Field(alias="latitude")
    longitude_rad: Annotated[float, Measured(ANGLE, -math.pi, math.tau, "deg")] = Field(alias="longitude")
    after_s: Annotated[float, Measured(DURATION, 0.0, 400.0 * SECONDS_PER_DAY, "days")] = Field(
        alias="after", default=0.0
    )
    sun_elevation_rad: (
        Annotated[tuple[float, float], MeasuredRange(Measured(ANGLE, -math.pi / 2, math.pi / 2, "deg"))] | None
    ) = Field(alias="sun_elevation", default=None)
    sun_side: Literal["east", "west"] | None = None
    earth_elevation_rad: Elevation | None = Field(alias="earth_elevation", default=None)


class Windows(Table):
    """Launch windows of a mission.

    azimuth_rad : inertial launch azimuths tried, from and to; by default that of the parking orbit alone
    azimuths    : how many of them, both ends counted
    tof_step_s  : times of flight tried, within those of the translunar phase
    The others are limits: at most, or from and to.
    """

    azimuth_rad: Annotated[tuple[float, float], MeasuredRange(Measured(ANGLE, 0.0, math.pi, "deg"))] | None = Field(
        alias="azimuth", default=None
    )
    azimuths: Annotated[StrictInt, Field(ge=1, le=1000)] = 5
    tof_step_s: Annotated[float, Measured(DURATION, 60.0, 10.0 * SECONDS_PER_DAY, "h", too_small="too short")] = Field(
        alias="tof_step", default=43_200.0
    )
    tli_delta_v_km_s: Speed | None = Field(alias="tli_delta_v", default=None)
    loi_delta_v_km_s: Speed | None = Field(alias="loi_delta_v", default=None)
    c3_km2_s2: Annotated[tuple[float, float], MeasuredRange(Measured(C3, -60.0, 100.0))] | None = Field(
        alias="c3", default=None
    )
    parking_coast_s: Annotated[float, Measured(DURATION, 0.0, 30.0 * SECONDS_PER_DAY, "h")] | None = Field(
        alias="parking_coast", default=None
    )
    eclipse_s: Annotated[float, Measured(DURATION, 0.0, 10.0 * SECONDS_PER_DAY, "min")] | None = Field(
        alias="eclipse", default=None
    )
    launch_sun_elevation_rad: Elevation | None = Field(alias="launch_sun_elevation", default=None)
    arrival_seen_from_earth: bool = False
    landing: Landing | None = None
    source: str = ""
