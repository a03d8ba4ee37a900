"""The phases a mission is made of, as a mission file states them.

Inclinations are to the lunar equator at arrival, 0 to 180 deg, retrograde above 90; a negative inclination,
down to -90, is retrograde too (-43 deg is 137 deg). Altitudes are above the mean lunar sphere of 1737.4 km.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, model_validator

from lunarplan.config.distant import DistantOrbit
from lunarplan.config.docking import Docking
from lunarplan.config.earth_orbit import EarthOrbit
from lunarplan.config.earth_rendezvous import Deorbit, EarthRendezvous
from lunarplan.config.entry import Entry
from lunarplan.config.landing import Landing
from lunarplan.config.sortie import Sortie
from lunarplan.config.table import Epoch, Measured, MeasuredRange, Rejected, Table
from lunarplan.config.take_off import TakeOff
from lunarplan.config.units import ANGLE, DURATION, LENGTH
from lunarplan.config.way_home import WayHome
from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, SECONDS_PER_DAY

_GM, _RADIUS_KM = GM_KM3_S2["moon"], RADIUS_KM["moon"]
LONGEST_STAY_S = 60.0 * SECONDS_PER_DAY
_HILL_KM = 60000.0  # the Earth takes away what orbits the Moon farther out

PeriluneAltitude = Annotated[float, Measured(LENGTH, 1.0, 20000.0, too_small="below the surface")]
ApoluneAltitude = Annotated[float, Measured(LENGTH, 1.0, _HILL_KM, too_small="below the surface")]
Period = Annotated[float, Measured(DURATION, 6500.0, 20.0 * SECONDS_PER_DAY, "h")]


def _retrograde_if_negative(value: Any) -> float:
    angle = Measured(ANGLE, -0.5 * math.pi, math.pi, "deg")(value)
    return angle if angle >= 0.0 else math.pi + angle


Inclination = Annotated[float, BeforeValidator(_retrograde_if_negative)]


_Coast = Annotated[
    tuple[float, float], MeasuredRange(Measured(DURATION, 1.5 * SECONDS_PER_DAY, 10.0 * SECONDS_PER_DAY, "days"))
]
_Beyond = Annotated[
    tuple[float, float], MeasuredRange(Measured(DURATION, 0.25 * SECONDS_PER_DAY, 20.0 * SECONDS_PER_DAY, "days"))
]
_ByTheSun = Annotated[
    tuple[float, float], MeasuredRange(Measured(DURATION, 60.0 * SECONDS_PER_DAY, 200.0 * SECONDS_PER_DAY, "days"))
]
_KEYS_OF = {
    "direct": {"tof"},
    "powered_flyby": {"flyby", "out", "beyond"},
    "free_return": {"perilune", "home", "finite", "ignition"},
    "low_energy": {"coast"},
}


class Translunar(Table):
    """From the parking orbit to the Moon, or past it.

    tof_s              : direct: shortest and longest time from the end of TLI to perilune, s
    flyby_altitude_km  : powered flyby: of the burn at perilune
    out_s, beyond_s    : powered flyby: shortest and longest time before and after it, s
    perilune_altitude_km : free return: where it passes the Moon
    home               : free return: it leaves the Moon for the Earth northbound, or southbound
    finite, ignition_s : free return from a high orbit: the engine's thrust, lit so long after perigee, s; None: centred
    coast_s            : low energy: shortest and longest time from the end of TLI to the insertion, s
    engine : makes the departure burn: "launcher", whose propellant is not the vehicle's, or a vehicle engine
    """

    type: Literal["translunar"]
    transfer: Literal["direct", "powered_flyby", "free_return", "low_energy"] = "direct"
    tof_s: _Coast = Field(alias="tof", default=(3.0 * SECONDS_PER_DAY, 6.0 * SECONDS_PER_DAY))
    flyby_altitude_km: Annotated[float, Measured(LENGTH, 10.0, 20000.0)] = Field(alias="flyby", default=130.0)
    out_s: _Coast = Field(alias="out", default=(3.5 * SECONDS_PER_DAY, 6.0 * SECONDS_PER_DAY))
    beyond_s: _Beyond = Field(alias="beyond", default=(0.5 * SECONDS_PER_DAY, 8.0 * SECONDS_PER_DAY))
    perilune_altitude_km: Annotated[float, Measured(LENGTH, 10.0, 20000.0, too_small="below the surface")] = Field(
        alias="perilune", default=6500.0
    )
    home: Literal["ascending", "descending", "best"] = "best"
    finite: StrictBool = False
    ignition_s: Annotated[float, Measured(DURATION, -3600.0, 3600.0, "min")] | None = Field(
        alias="ignition", default=None
    )
    coast_s: _ByTheSun = Field(alias="coast", default=(80.0 * SECONDS_PER_DAY, 150.0 * SECONDS_PER_DAY))
    engine: str = "launcher"
    source: str = ""

    @property
    def times_s(self) -> tuple[float, float]:
        """Shortest and longest time from the end of TLI to the arrival, of a transfer without a flyby."""
        return self.coast_s if self.transfer == "low_energy" else self.tof_s

    @model_validator(mode="after")
    def _has_the_keys_of_its_transfer(self) -> Self:
        given = {type(self).model_fields[name].alias or name for name in self.model_fields_set}
        for transfer, keys in _KEYS_OF.items():
            for key in sorted(keys & given if transfer != self.transfer else ()):
                what = f'is of transfer = "{transfer}", this one is "{self.transfer}"'
                raise Rejected(InputError(what, remedy="drop it, or change transfer"), (str(key),))
        return self


@dataclass(frozen=True)
class CaptureOrbit:
    """The orbit one burn leads to, with every number filled in (two-body, about a point-mass Moon).

    at      : the apsis where the burn is made, "perilune" or "apolune" of the orbit before
    passage : the how-manieth passage of that apsis after the burn before
    """

    at: Literal["perilune", "apolune"]
    passage: int
    perilune_altitude_km: float
    apolune_altitude_km: float
    period_s: float


class CaptureBurn(Table):
    """One insertion burn, told by the orbit it leads to.

    A burn at perilune sets `period` or `apolune`, a burn at apolune sets `perilune`.
    """

    at: Literal["perilune", "apolune"] = "perilune"
    period_s: Period | None = Field(alias="period", default=None)
    apolune_altitude_km: ApoluneAltitude | None = Field(alias="apolune", default=None)
    perilune_altitude_km: PeriluneAltitude | None = Field(alias="perilune", default=None)
    passage: Annotated[StrictInt, Field(ge=1, le=1000)] = 1
    source: str = ""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        far = [self.period_s, self.apolune_altitude_km].count(None)
        if self.at == "perilune" and far != 1:
            raise Rejected(InputError("a burn at perilune sets the far side", remedy="give either period or apolune"))
        if self.at == "apolune" and (far != 2 or self.perilune_altitude_km is None):
            raise Rejected(InputError("a burn at apolune sets the near side", remedy="give perilune alone"))
        return self

    def orbit(self, perilune_km: float, apolune_km: float) -> CaptureOrbit:
        """Return the orbit after this burn, made in an orbit of the given altitudes, km.

        Raises Rejected if no single burn leads there.
        """
        near = perilune_km if self.perilune_altitude_km is None else self.perilune_altitude_km
        far = self._far_altitude_km(near, apolune_km)
        if near > far + 1e-9:
            raise self._misfit(f"perilune {near:.6g} km is above apolune {far:.6g} km", "raise the far side")
        burn_km = perilune_km if self.at == "perilune" else apolune_km
        if not near - 1e-9 <= burn_km <= far + 1e-9:
            raise self._misfit(
                f"the orbit {near:.6g} x {far:.6g} km does not touch the burn at {burn_km:.6g} km altitude",
                "get there in two burns, one at each apsis",
            )
        return CaptureOrbit(self.at, self.passage, near, far, period_s(near, far))

    def _far_altitude_km(self, near_km: float, before_km: float) -> float:
        if self.apolune_altitude_km is not None:
            return self.apolune_altitude_km
        if self.period_s is None:
            return before_km
        far_km = 2.0 * _semi_major_axis_km(self.period_s) - near_km - 2.0 * _RADIUS_KM
        shortest_s = period_s(near_km, near_km)
        if self.period_s < shortest_s:
            raise self._misfit(
                f"period {self.period_s / 3600.0:.4g} h is shorter than that of a circle at perilune",
                f"give at least {shortest_s / 3600.0:.4g} h",
            )
        if far_km > _HILL_KM:
            raise self._misfit(f"apolune {far_km:.6g} km is beyond the Moon's reach", "shorten the period")
        return far_km

    @staticmethod
    def _misfit(what: str, remedy: str) -> Rejected:
        return Rejected(InputError(what, remedy=remedy))


class Insertion(Table):
    """From the arrival hyperbola into lunar orbit, in one or several burns.

    epoch_tdb : perilune passage of the arrival, which fixes it; None leaves it to the solver
    arrival   : checked against the inclination
    approach  : the side of the Moon the incoming asymptote passes: "north" (B.R < 0), "south" or "best"
    finite    : burns with the engine's thrust, or impulses
    """

    type: Literal["insertion"]
    epoch_tdb: Epoch | None = Field(alias="epoch", default=None)
    perilune_altitude_km: PeriluneAltitude = Field(alias="perilune")
    inclination_rad: Inclination = Field(alias="inclination")
    arrival: Literal["prograde", "retrograde"] | None = None
    approach: Literal["north", "south", "best"] = "best"
    burns: tuple[CaptureBurn, ...] = Field(min_length=1, max_length=9)
    engine: str
    finite: StrictBool = True
    source: str = ""

    @property
    def orbits(self) -> tuple[CaptureOrbit, ...]:
        """The orbits the burns lead to, one after the other."""
        orbits: list[CaptureOrbit] = []
        near = far = self.perilune_altitude_km
        for number, burn in enumerate(self.burns):
            try:
                orbits.append(burn.orbit(near, far))
            except Rejected as problem:
                raise Rejected(problem.error, ("burns", number)) from problem
            near, far = orbits[-1].perilune_altitude_km, orbits[-1].apolune_altitude_km
        return tuple(orbits)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        self._check_direction()
        first = self.burns[0]
        if first.at != "perilune" or first.passage != 1:
            raise Rejected(
                InputError("the first burn captures at the perilune of arrival", remedy="drop at and passage"),
                ("burns", 0),
            )
        _ = self.orbits
        return self

    def _check_direction(self) -> None:
        retrograde = self.inclination_rad > 0.5 * math.pi
        if self.arrival is not None and retrograde != (self.arrival == "retrograde"):
            degrees = math.degrees(self.inclination_rad)
            raise Rejected(
                InputError(
                    f"inclination {degrees:.6g} deg is not {self.arrival}",
                    remedy=f"write {180.0 - degrees:.6g} deg, or drop arrival",
                ),
                ("arrival",),
            )


class LunarOrbit(Table):
    """Stay in the orbit reached.

    duration_s : s, from the end of the phase before; or until_tdb : the end of the stay
    """

    type: Literal["lunar_orbit"]
    duration_s: Annotated[float, Measured(DURATION, 0.0, LONGEST_STAY_S, "days")] | None = Field(
        alias="duration", default=None
    )
    until_tdb: Epoch | None = Field(alias="until", default=None)
    source: str = ""

    @model_validator(mode="after")
    def _ends_once(self) -> Self:
        if (self.duration_s is None) == (self.until_tdb is None):
            raise Rejected(InputError("a stay is told by duration or by until", remedy="give exactly one of them"))
        return self


AnyPhase = (
    Translunar | Insertion | LunarOrbit | DistantOrbit | WayHome | Entry | EarthOrbit | Landing | Sortie
    | TakeOff | Docking | EarthRendezvous | Deorbit
)  # fmt: skip
Phase = Annotated[AnyPhase, Field(discriminator="type")]
PHASE_TYPES = tuple(str(get_args(kind.model_fields["type"].annotation)[0]) for kind in get_args(AnyPhase))


def period_s(perilune_altitude_km: float, apolune_altitude_km: float) -> float:
    """Return the two-body period, s, of a lunar orbit given by its altitudes, km."""
    a_km = _RADIUS_KM + 0.5 * (perilune_altitude_km + apolune_altitude_km)
    return math.tau * math.sqrt(a_km**3 / _GM)


def _semi_major_axis_km(period: float) -> float:
    return float((_GM * (period / math.tau) ** 2) ** (1.0 / 3.0))
