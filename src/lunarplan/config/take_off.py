"""The phase of a mission file that leaves the ground for the orbit of the vehicle."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lunarplan.config.table import Epoch, Measured, Rejected, Table
from lunarplan.config.units import DURATION, LENGTH, MASS
from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY

_Altitude = Annotated[float, Measured(LENGTH, 1.0, 5000.0, too_small="below the surface")]


class TakeOff(Table):
    """Lift off with the ascent stage of the lander, into the plane the vehicle is in then.

    epoch_tdb : of lift-off; or stay_s : time on the ground, s
    perilune_altitude_km, apolune_altitude_km : of the orbit; the burn ends at perilune
    rise_s    : straight up at first, s
    cargo_kg  : what it brings from the ground, kg
    """

    type: Literal["ascent"]
    epoch_tdb: Epoch | None = Field(alias="epoch", default=None)
    stay_s: Annotated[float, Measured(DURATION, 60.0, 60.0 * SECONDS_PER_DAY, "days")] | None = Field(
        alias="stay", default=None
    )
    perilune_altitude_km: _Altitude = Field(alias="perilune", default=18.0)
    apolune_altitude_km: _Altitude = Field(alias="apolune", default=85.0)
    rise_s: Annotated[float, Measured(DURATION, 0.0, 60.0, "s", too_small="negative")] = Field(
        alias="rise", default=10.0
    )
    cargo_kg: Annotated[float, Measured(MASS, 0.0, 1e6, too_small="negative")] = Field(alias="cargo", default=0.0)
    source: str = ""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if (self.epoch_tdb is None) == (self.stay_s is None):
            raise Rejected(InputError("lift-off is told by epoch or by stay", remedy="give exactly one of them"))
        if self.apolune_altitude_km < self.perilune_altitude_km:
            raise Rejected(InputError("the apolune is below the perilune", remedy="swap them"), ("apolune",))
        return self
