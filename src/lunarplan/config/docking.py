"""The phase of a mission file that brings what took off back to the vehicle."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lunarplan.config.table import Epoch, Measured, Rejected, Table
from lunarplan.config.units import DURATION
from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY

LONGEST_S = 30.0 * SECONDS_PER_DAY  # from the ascent


class Docking(Table):
    """The ascender meets the vehicle, hands over its cargo, and is let go.

    epoch_tdb  : of the docking, to half a revolution; or after_s : from the end of the ascent to it, s
    duration_s : from the docking to when the ascender is let go, s
    """

    type: Literal["docking"]
    epoch_tdb: Epoch | None = Field(alias="epoch", default=None)
    after_s: Annotated[float, Measured(DURATION, 3600.0, LONGEST_S, "days")] | None = Field(alias="after", default=None)
    duration_s: Annotated[float, Measured(DURATION, 0.0, 60.0 * SECONDS_PER_DAY, "days", too_small="negative")] = Field(
        alias="duration", default=0.0
    )
    source: str = ""

    @model_validator(mode="after")
    def _is_once(self) -> Self:
        if (self.epoch_tdb is None) == (self.after_s is None):
            raise Rejected(InputError("a docking is told by epoch or by after", remedy="give exactly one of them"))
        return self
