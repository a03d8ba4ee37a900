"""The phase of a mission file that stays on an orbit of the three-body problem: a halo, an NRHO, a DRO."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StrictInt, model_validator

from lunarplan.config.table import Epoch, ImpulsesOnly, Measured, Rejected, Table, unknown
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
    perilune_epoch_tdb : a perilune of a station that is already there; None leaves its phase to the solver
    epoch_tdb   : where a mission begins that is there from the start, without a launch
    duration_s  : of the stay, s, from the insertion, or from that epoch
    engine      : makes the burns that lead here; None of a mission that begins here
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
    perilune_epoch_tdb: Epoch | None = Field(alias="perilune_epoch", default=None)
    epoch_tdb: Epoch | None = Field(alias="epoch", default=None)
    duration_s: Annotated[float, Measured(DURATION, 0.0, 400.0 * SECONDS_PER_DAY, "days")] = Field(alias="duration")
    engine: str | None = None
    finite: ImpulsesOnly = False
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

    def check_place(self, *, first: bool) -> None:
        """Raise Rejected unless the phase says how the mission came here: by an engine, or at an epoch."""
        wanted, not_wanted = ("epoch", "engine") if first else ("engine", "epoch")
        begins = "the mission begins here" if first else "the mission comes here by burns"
        for key, there in ((wanted, True), (not_wanted, False)):
            name = next(name for name, field in type(self).model_fields.items() if (field.alias or name) == key)
            if (getattr(self, name) is None) is there:
                what = f"required key is missing: {begins}" if there else f"is not used: {begins}"
                raise Rejected(InputError(what, remedy="add it" if there else "drop it"), (key,))
        if first and self.duration_s == 0.0:
            what = "a mission that begins here and does not stay"
            raise Rejected(InputError(what, remedy="give a duration"), ("duration",))

    @model_validator(mode="after")
    def _picks_one_member(self) -> Self:
        if len(self.selection) != 1:
            allowed = "resonance, period, perilune, x_amplitude, z_amplitude"
            what = f"{len(self.selection)} properties pick the member of the family"
            raise Rejected(InputError(what, allowed=f"one of {allowed}", remedy="give exactly one"))
        return self
