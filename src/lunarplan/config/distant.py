"""The phase of a mission file that stays on an orbit of the three-body problem: a halo, an NRHO, a DRO."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StrictInt, model_validator

from lunarplan.config.table import Measured, Rejected, Table, unknown
from lunarplan.config.units import DURATION, LENGTH, shown
from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY

# Those of `orbits.catalogue` that craft have been sent to or are meant for.
FAMILIES = (
    *(f"{point} halo {side}" for point in ("L1", "L2") for side in ("north", "south")),
    "butterfly north",
    "butterfly south",
    "DRO",
)
_LENGTHS_KM = 1.0, 200_000.0


def _family(value: Any) -> str:
    plain = {name.lower(): name for name in FAMILIES}
    name = " ".join(str(value).lower().split())
    if name not in plain:
        raise Rejected(unknown(value, list(FAMILIES), "family"))
    return plain[name]


def _resonance(value: Any) -> str:
    turns, _, months = str(value).partition(":")
    if not all(part.isascii() and part.isdigit() and 0 < int(part) < 100 for part in (turns, months)):
        raise Rejected(InputError(f"{shown(value)} is no resonance", remedy='write it like "9:2"'))
    return f"{int(turns)}:{int(months)}"


_Length = Annotated[float, Measured(LENGTH, *_LENGTHS_KM)]


class DistantOrbit(Table):
    """Join an orbit of the three-body problem of Earth and Moon, carried into the real sky, and stay.

    family      : a name of `orbits.catalogue.family`
    resonance   : "9:2": nine revolutions in two synodic months; or one other property picks the member
    period_s    : of the periodic orbit, s
    perilune_altitude_km, x_amplitude_km, z_amplitude_km : of the periodic orbit
    which       : where several members have the property: which one, counted from 0 along the family
    duration_s  : of the stay, s, from the insertion
    finite      : burns are impulses
    """

    type: Literal["distant_orbit"]
    family: Annotated[str, BeforeValidator(_family)]
    resonance: Annotated[str, BeforeValidator(_resonance)] | None = None
    period_s: Annotated[float, Measured(DURATION, 1.0 * SECONDS_PER_DAY, 60.0 * SECONDS_PER_DAY, "days")] | None = (
        Field(alias="period", default=None)
    )
    perilune_altitude_km: _Length | None = Field(alias="perilune", default=None)
    x_amplitude_km: _Length | None = Field(alias="x_amplitude", default=None)
    z_amplitude_km: _Length | None = Field(alias="z_amplitude", default=None)
    which: Annotated[StrictInt, Field(ge=0, le=9)] | None = None
    duration_s: Annotated[float, Measured(DURATION, 0.0, 400.0 * SECONDS_PER_DAY, "days")] = Field(alias="duration")
    engine: str
    finite: Literal[False] = False
    source: str = ""

    @property
    def selection(self) -> dict[str, Any]:
        """What `Family.select` is asked for."""
        height, period = self.perilune_altitude_km, self.period_s
        asked = {
            "resonance": self.resonance,
            "period_days": None if period is None else period / SECONDS_PER_DAY,
            "perilune_radius_km": None if height is None else RADIUS_KM["moon"] + height,
            "x_amplitude_km": self.x_amplitude_km,
            "z_amplitude_km": self.z_amplitude_km,
        }
        return {name: value for name, value in asked.items() if value is not None}

    @model_validator(mode="after")
    def _picks_one_member(self) -> Self:
        if len(self.selection) != 1:
            allowed = "resonance, period, perilune, x_amplitude, z_amplitude"
            what = f"{len(self.selection)} properties pick the member of the family"
            raise Rejected(InputError(what, allowed=f"one of {allowed}", remedy="give exactly one"))
        return self
