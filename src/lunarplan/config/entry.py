"""The phase of a mission file that ends at the Earth: the entry interface and the splashdown."""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lunarplan.config.table import Measured, Rejected, Table
from lunarplan.config.units import ANGLE, LENGTH
from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM

_ABOUT = math.radians(3.0)
_RADIUS_KM = RADIUS_KM["earth"]
_NORTHERNMOST = math.radians(89.0)  # at a pole there is no longitude to aim for


class Entry(Table):
    """Meet the entry interface, 121.92 km above the equatorial radius, and come down some way behind it.

    flight_path_rad : of the inertial velocity, negative inwards
    inclination_rad : of the way home to the Earth's equator, over 90 deg retrograde; None leaves it to the solver
    downrange_km    : from the interface to the splashdown over the turning Earth
    latitude_rad, longitude_rad : where to come down; None takes what comes
    separation_altitude_km : where the capsule leaves the rest of the craft; None: nothing is said of it
    within_km       : how far from there a free return may come down, which cannot aim; powered returns hit the place
    """

    type: Literal["entry"]
    flight_path_rad: Annotated[float, Measured(ANGLE, math.radians(-45.0), math.radians(-0.5), "deg")] = Field(
        alias="flight_path_angle", default=math.radians(-6.5)
    )
    inclination_rad: Annotated[float, Measured(ANGLE, 0.0, math.pi, "deg")] | None = Field(
        alias="inclination", default=None
    )
    downrange_km: Annotated[float, Measured(LENGTH, 500.0, 9_500.0, "km")] = Field(alias="downrange")
    latitude_rad: Annotated[float, Measured(ANGLE, -_NORTHERNMOST, _NORTHERNMOST, "deg")] | None = Field(
        alias="latitude", default=None
    )
    longitude_rad: Annotated[float, Measured(ANGLE, -math.pi, math.tau, "deg")] | None = Field(
        alias="longitude", default=None
    )
    within_km: Annotated[float, Measured(LENGTH, 1.0, 20_000.0)] = Field(alias="within", default=50.0)
    separation_altitude_km: Annotated[float, Measured(LENGTH, 150.0, 300_000.0)] | None = Field(
        alias="separation", default=None
    )
    source: str = ""

    @property
    def target(self) -> tuple[float, float] | None:
        """Latitude and longitude of the splashdown asked for, rad."""
        if self.latitude_rad is None or self.longitude_rad is None:
            return None
        return self.latitude_rad, self.longitude_rad

    def _check_plane(self) -> None:
        """What comes home in a plane comes down within its inclination of the equator, about: the Earth turns below."""
        if self.latitude_rad is None or self.inclination_rad is None:
            return
        tilt, north = min(self.inclination_rad, math.pi - self.inclination_rad), abs(self.latitude_rad)
        if north > tilt + _ABOUT + self.within_km / _RADIUS_KM:
            what = (
                f"{math.degrees(self.inclination_rad):.6g} deg does not lead to latitude {math.degrees(north):.6g} deg"
            )
            allowed = f"{math.degrees(north):.6g} to {180.0 - math.degrees(north):.6g} deg"
            raise Rejected(InputError(what, allowed=allowed, remedy="change it, or drop it"), ("inclination",))

    @model_validator(mode="after")
    def _names_a_place(self) -> Self:
        if (self.latitude_rad is None) != (self.longitude_rad is None):
            missing = "latitude" if self.latitude_rad is None else "longitude"
            raise Rejected(InputError("half a place to come down", remedy=f"give {missing} too, or neither"))
        self._check_plane()
        if "within_km" in self.model_fields_set and self.target is None:
            raise Rejected(InputError("no place to be within", remedy="give latitude and longitude"), ("within",))
        return self
