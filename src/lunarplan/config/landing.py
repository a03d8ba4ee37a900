"""The phase of a mission file that goes from a low orbit to the ground."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lunarplan.config.table import Epoch, Measured, Rejected, Table
from lunarplan.config.units import ANGLE, DURATION, LENGTH, SPEED
from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY

Height = Annotated[float, Measured(LENGTH, 1e-3, 15.0, "m")]
_Speed = Annotated[float, Measured(SPEED, 0.0, 1.0, "m/s", too_small="negative")]
_Share = Annotated[float, Field(ge=0.0, le=1.0, strict=True)]


class ApproachTable(Table):
    """Between braking and the last metres, an acceleration that changes evenly.

    altitude_km, descent_km_s, forward_km_s : where it begins, over the site, and the speeds there
    """

    altitude_km: Height = Field(alias="altitude")
    descent_km_s: Annotated[float, Measured(SPEED, 0.0, 0.3, "m/s", too_small="negative")] = Field(alias="descent")
    forward_km_s: _Speed = Field(alias="forward")
    duration_s: Annotated[float, Measured(DURATION, 1.0, 1000.0, "s")] = Field(alias="duration")
    source: str = ""


class TouchdownTable(Table):
    """The last metres, straight down at constant speed, after hovering."""

    altitude_km: Annotated[float, Measured(LENGTH, 0.0, 2.0, "m", too_small="below the ground")] = Field(
        alias="altitude", default=0.03
    )
    descent_km_s: Annotated[float, Measured(SPEED, 1e-4, 0.05, "m/s")] = Field(alias="descent", default=1.5e-3)
    hover_s: Annotated[float, Measured(DURATION, 0.0, 600.0, "s")] = Field(alias="hover", default=0.0)
    source: str = ""


class Landing(Table):
    """Land at a site from a low orbit: deorbit burn, braking, approach, touchdown.

    latitude_rad, longitude_rad : mean-Earth axes; height_km : of the ground, over the mean sphere
    epoch_tdb      : touchdown on the pass nearest to it; None leaves it to the solver, which takes the cheapest
    wait_s         : how long to look for passes, from the end of the stay, s
    cross_range_km : how far beside the plane of the orbit the site may lie
    perilune_altitude_km : where braking begins
    engine         : of the vehicle, if there is no `[lander]`; None with one
    throttle       : least and most share of its full thrust; that of a lander is told with it
    """

    type: Literal["landing"]
    latitude_rad: Annotated[float, Measured(ANGLE, -math.pi / 2, math.pi / 2, "deg")] = Field(alias="latitude")
    longitude_rad: Annotated[float, Measured(ANGLE, -math.pi, math.tau, "deg")] = Field(alias="longitude")
    height_km: Annotated[float, Measured(LENGTH, -10.0, 12.0)] = Field(alias="height", default=0.0)
    epoch_tdb: Epoch | None = Field(alias="epoch", default=None)
    wait_s: Annotated[float, Measured(DURATION, 10_000.0, 60.0 * SECONDS_PER_DAY, "days")] = Field(
        alias="wait", default=30.0 * SECONDS_PER_DAY
    )
    cross_range_km: Annotated[float, Measured(LENGTH, 0.0, 300.0, too_small="negative")] = Field(
        alias="cross_range", default=50.0
    )
    perilune_altitude_km: Annotated[float, Measured(LENGTH, 1.0, 200.0, too_small="too low")] = Field(
        alias="perilune", default=15.0
    )
    approach: ApproachTable | None = None
    touchdown: TouchdownTable = TouchdownTable()
    engine: str | None = None
    throttle: tuple[_Share, _Share] = (0.0, 1.0)
    source: str = ""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        least, most = self.throttle
        if not least < most:
            raise Rejected(InputError(f"from {least:g} to {most:g}", remedy="give the least first"), ("throttle",))
        if self.approach is not None and self.approach.altitude_km <= self.touchdown.altitude_km:
            what = f"ends {1e3 * (self.touchdown.altitude_km - self.approach.altitude_km):g} m higher than it begins"
            raise Rejected(InputError(what, remedy="begin the touchdown lower"), ("approach",))
        gate_km = self.height_km + (self.approach or self.touchdown).altitude_km
        if self.perilune_altitude_km <= gate_km:
            what = (
                f"braking begins {self.perilune_altitude_km:g} km over the mean sphere, and ends {gate_km:g} km over it"
            )
            raise Rejected(InputError(what, allowed=f"over {gate_km:g} km", remedy="raise it"), ("perilune",))
        return self
