"""The phase of a mission file that leaves the Moon for the Earth."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator

from lunarplan.config.table import ImpulsesOnly, Measured, MeasuredRange, Rejected, Table
from lunarplan.config.units import DURATION, LENGTH
from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY

LONGEST_TOTAL_S = 60.0 * SECONDS_PER_DAY
_Leeway = Annotated[float, Measured(DURATION, 0.0, 20.0 * SECONDS_PER_DAY, "days", too_small="negative")]
_Coast = Annotated[
    tuple[float, float], MeasuredRange(Measured(DURATION, 0.25 * SECONDS_PER_DAY, 20.0 * SECONDS_PER_DAY, "days"))
]
_Total = Annotated[float, Measured(DURATION, 16.0 * SECONDS_PER_DAY, LONGEST_TOTAL_S, "days")]


class DepartureEllipse(Table):
    """An orbit about the Moon between two burns of a departure, both near its perilune.

    period_s or apolune_altitude_km : of the ellipse
    revolutions : in it
    engine      : makes the first burn; None: that of the second
    """

    period_s: Annotated[float, Measured(DURATION, 7_000.0, 5.0 * SECONDS_PER_DAY, "h")] | None = Field(
        alias="period", default=None
    )
    apolune_altitude_km: Annotated[float, Measured(LENGTH, 1.0, 30_000.0, too_small="below the surface")] | None = (
        Field(alias="apolune", default=None)
    )
    revolutions: Annotated[StrictInt, Field(ge=1, le=100)] = 1
    engine: str | None = None
    source: str = ""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.period_s is None) == (self.apolune_altitude_km is None):
            raise Rejected(InputError("an ellipse is told by period or by apolune", remedy="give exactly one of them"))
        return self


class WayHome(Table):
    """Leave a distant orbit for the Earth, by a burn at perilune on the way, or a low orbit directly.

    leeway_s           : how far the departure may move from the end of the stay, both ways, s; from a low orbit how
                         long after it at most, a revolution if not given
    total_s            : instead, from the injection to the entry interface, s: out, stay and home are then one problem,
                         and the stay is no shorter than its duration
    flyby_altitude_km  : of the burn at perilune
    ellipse            : from a low orbit, by two burns: between them so many revolutions of it
    inward_s, home_s   : shortest and longest time from the departure to it, and from there to the entry interface, s
    """

    type: Literal["return"]
    leeway_s: _Leeway = Field(alias="leeway", default=0.0)
    total_s: _Total | None = Field(alias="total", default=None)
    flyby_altitude_km: Annotated[float, Measured(LENGTH, 10.0, 20000.0)] = Field(alias="flyby", default=130.0)
    inward_s: _Coast = Field(alias="inward", default=(0.5 * SECONDS_PER_DAY, 8.0 * SECONDS_PER_DAY))
    home_s: _Coast = Field(alias="home", default=(3.5 * SECONDS_PER_DAY, 7.0 * SECONDS_PER_DAY))
    ellipse: DepartureEllipse | None = None
    engine: str
    finite: ImpulsesOnly = False
    source: str = ""

    @model_validator(mode="after")
    def _one_clock(self) -> Self:
        if self.total_s is not None and "leeway_s" in self.model_fields_set:
            raise Rejected(InputError("total leaves the departure free as it is", remedy="drop one"), ("leeway",))
        return self
