"""The phase of a mission file that goes from a station to the ground of the Moon and back."""

import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, GetCoreSchemaHandler, ValidatorFunctionWrapHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from lunarplan.config.table import Measured, MeasuredRange, Rejected, Table
from lunarplan.config.units import ANGLE, DURATION, LENGTH, shown
from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY

_HOUR_S = 3600.0
_LEAST_CIRCLING_S = 3.0 * _HOUR_S  # a turn, half a revolution to the ignition, and the descent


class SiteTable(Table):
    """A place on the Moon in mean-Earth axes; height over the mean sphere."""

    latitude_rad: Annotated[float, Measured(ANGLE, -math.pi / 2, math.pi / 2, "deg")] = Field(alias="latitude")
    longitude_rad: Annotated[float, Measured(ANGLE, -math.pi, math.tau, "deg")] = Field(alias="longitude")
    height_km: Annotated[float, Measured(LENGTH, -10.0, 12.0)] = Field(alias="height", default=0.0)
    source: str = ""


class _NameOrTable:
    """Pydantic metadata: the name of a place, looked up when the mission is planned, or a table."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        plain = core_schema.plain_serializer_function_ser_schema(_as_given)
        return core_schema.no_info_wrap_validator_function(
            _name_or_table, handler.generate_schema(SiteTable), serialization=plain
        )


def _name_or_table(value: Any, table: ValidatorFunctionWrapHandler) -> str | SiteTable:
    if not isinstance(value, str):
        site: SiteTable = table(value)
        return site
    if not 0 < len(value.strip()) <= 80:
        raise Rejected(InputError(f"{shown(value)} is no name", remedy="name a place of `lunarplan sites`"))
    return value


def _as_given(site: str | SiteTable) -> Any:
    return site if isinstance(site, str) else site.model_dump()


_Span = Annotated[tuple[float, float], MeasuredRange(Measured(DURATION, 0.0, 400.0 * SECONDS_PER_DAY, "days"))]
_Circling = Annotated[
    tuple[float, float], MeasuredRange(Measured(DURATION, _LEAST_CIRCLING_S, 20.0 * SECONDS_PER_DAY, "h"))
]
_Transfer = Annotated[tuple[float, float], MeasuredRange(Measured(DURATION, _HOUR_S, 10.0 * SECONDS_PER_DAY, "h"))]


class Sortie(Table):
    """From a station to low orbit, to the ground, and back after a stay: with the lander of the mission.

    site           : a name of `sites.catalogue`, or where it is
    stay_s         : on the ground
    wait_s         : departure, from when the mission comes to the station; the cheapest moment found is taken
    transfer_s     : between the station and the low orbit, shortest and longest, the same down as up
    altitude_km, inclination_rad : of the low orbit, to the Moon's equator
    circling_s     : least and most time in it, before the landing as after the ascent
    """

    type: Literal["sortie"]
    site: Annotated[str | SiteTable, _NameOrTable()]
    stay_s: Annotated[float, Measured(DURATION, 0.05 * SECONDS_PER_DAY, 365.0 * SECONDS_PER_DAY, "days")] = Field(
        alias="stay"
    )
    wait_s: _Span = Field(alias="wait", default=(0.0, 7.0 * SECONDS_PER_DAY))
    transfer_s: _Transfer = Field(alias="transfer", default=(12.0 * _HOUR_S, 24.0 * _HOUR_S))
    altitude_km: Annotated[float, Measured(LENGTH, 20.0, 1000.0, too_small="too low")] = Field(
        alias="altitude", default=100.0
    )
    inclination_rad: Annotated[float, Measured(ANGLE, 0.0, math.pi, "deg")] = Field(
        alias="inclination", default=0.5 * math.pi
    )
    circling_s: _Circling = Field(alias="circling", default=(3.0 * _HOUR_S, 6.0 * _HOUR_S))
    source: str = ""

    @model_validator(mode="after")
    def _leaves_time(self) -> Self:
        self._check_span(self.wait_s, "wait", SECONDS_PER_DAY, "a day: it leaves at the cheapest moment of one")
        self._check_span(self.circling_s, "circling", _HOUR_S, "an hour: the site must come under the plane")
        return self

    @staticmethod
    def _check_span(span: tuple[float, float], key: str, least_s: float, why: str) -> None:
        if span[1] - span[0] < least_s - 1e-6:
            raise Rejected(InputError("is too short", allowed=f"at least {why}", remedy="widen it"), (key,))
