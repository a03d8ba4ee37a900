"""The phases of a mission file that meet a craft in a low orbit about the Earth, and leave it for the ground."""

import math
from typing import Annotated, Literal

from pydantic import Field, StrictInt

from lunarplan.config.table import ImpulsesOnly, Measured, MeasuredRange, Table
from lunarplan.config.units import ANGLE, DURATION, LENGTH
from lunarplan.model.constants import SECONDS_PER_DAY

_Lead = Annotated[tuple[float, float], MeasuredRange(Measured(ANGLE, 0.0, math.tau, "deg"))]


class EarthRendezvous(Table):
    """Meet a target in a circular orbit about the Earth, of the inclination of the parking orbit, and stay with it.

    altitude_km : of the target's orbit
    ahead_rad   : by what the target leads when the craft reaches the parking orbit; of a range the cheapest is taken
    node_rad    : of the target's orbit at the earliest launch, right ascension of date: the launch waits for it; None:
                  the orbit is where the launch leads
    below_km    : height below the target at which it is approached
    revolutions : whole turns gained on the target before the craft rises
    duration_s  : of the stay with it
    """

    type: Literal["earth_rendezvous"]
    altitude_km: Annotated[float, Measured(LENGTH, 150.0, 2000.0, too_small="inside the atmosphere")] = Field(
        alias="altitude"
    )
    ahead_rad: _Lead = Field(alias="ahead")
    node_rad: Annotated[float, Measured(ANGLE, 0.0, math.tau, "deg")] | None = Field(alias="node", default=None)
    below_km: Annotated[float, Measured(LENGTH, 1.0, 100.0)] = Field(alias="below", default=10.0)
    revolutions: Annotated[StrictInt, Field(ge=0, le=20)] = 0
    duration_s: Annotated[float, Measured(DURATION, 0.0, 60.0 * SECONDS_PER_DAY, "days")] = Field(alias="duration")
    engine: str
    finite: ImpulsesOnly = False
    source: str = ""


class Deorbit(Table):
    """Leave a low orbit about the Earth for the entry interface, by one burn against the motion.

    wait_s : how long after the stay the burn may be, s: the place to come down at must pass under the orbit
    """

    type: Literal["deorbit"]
    wait_s: Annotated[float, Measured(DURATION, 0.0, 10.0 * SECONDS_PER_DAY, "days")] = Field(
        alias="wait", default=1.0 * SECONDS_PER_DAY
    )
    engine: str
    finite: ImpulsesOnly = False
    source: str = ""
