"""The phase of a mission file that waits in a long ellipse about the Earth before the injection, as Artemis II did."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator

from lunarplan.config.table import Measured, Rejected, Table
from lunarplan.config.units import LENGTH
from lunarplan.errors import InputError


class EarthOrbit(Table):
    """Enter an ellipse at the parking orbit's perigee, raise its perigee at the first apogee, and come down to it.

    apogee_altitude_km    : of the first revolution
    perigee_altitude_km   : where the injection is made; raised to at the first apogee
    parking_apogee_km     : altitude, of an elliptic parking orbit; None: it is circular
    revolutions           : before the injection
    engine, raise_engine  : make the apogee raise ("launcher", or an engine of the vehicle) and the perigee raise
    """

    type: Literal["earth_orbit"]
    apogee_altitude_km: Annotated[float, Measured(LENGTH, 5_000.0, 300_000.0)] = Field(alias="apogee")
    perigee_altitude_km: Annotated[float, Measured(LENGTH, 120.0, 10_000.0, too_small="inside the atmosphere")] = Field(
        alias="perigee"
    )
    parking_apogee_km: (
        Annotated[float, Measured(LENGTH, 120.0, 100_000.0, too_small="inside the atmosphere")] | None
    ) = Field(alias="parking_apogee", default=None)
    revolutions: Annotated[StrictInt, Field(ge=1, le=20)] = 1
    engine: str = "launcher"
    raise_engine: str
    source: str = ""

    @model_validator(mode="after")
    def _is_an_ellipse(self) -> Self:
        if self.apogee_altitude_km <= self.perigee_altitude_km:
            raise Rejected(InputError("the apogee is not above the perigee", remedy="raise the apogee"), ("apogee",))
        return self
