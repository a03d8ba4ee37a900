"""The phase of a mission file that leaves the Moon for the Earth."""

from typing import Annotated, Literal

from pydantic import Field

from lunarplan.config.table import Measured, MeasuredRange, Table
from lunarplan.config.units import DURATION, LENGTH
from lunarplan.model.constants import SECONDS_PER_DAY

_Leeway = Annotated[float, Measured(DURATION, 0.0, 20.0 * SECONDS_PER_DAY, "days", too_small="negative")]
_Coast = Annotated[
    tuple[float, float], MeasuredRange(Measured(DURATION, 0.25 * SECONDS_PER_DAY, 20.0 * SECONDS_PER_DAY, "days"))
]


class WayHome(Table):
    """Leave a distant orbit for the Earth, by a burn at perilune on the way.

    leeway_s           : how far the departure may move from the end of the stay, both ways, s
    flyby_altitude_km  : of the burn at perilune
    inward_s, home_s   : shortest and longest time from the departure to it, and from there to the entry interface, s
    """

    type: Literal["return"]
    leeway_s: _Leeway = Field(alias="leeway", default=0.0)
    flyby_altitude_km: Annotated[float, Measured(LENGTH, 10.0, 20000.0)] = Field(alias="flyby", default=130.0)
    inward_s: _Coast = Field(alias="inward", default=(0.5 * SECONDS_PER_DAY, 8.0 * SECONDS_PER_DAY))
    home_s: _Coast = Field(alias="home", default=(3.5 * SECONDS_PER_DAY, 7.0 * SECONDS_PER_DAY))
    engine: str
    finite: Literal[False] = False
    source: str = ""
