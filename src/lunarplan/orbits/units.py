"""Units of the restricted three-body problem: named sets, that are never mixed.

A period in days is another nondimensional one in each set: the "9:2" orbit of one is not that of the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.cr3bp import EARTH_MOON_MU
from lunarplan.model.rows import scalar
from lunarplan.orbits.libration import LEAST_MU

SYNODIC_MONTH_DAYS = 29.530588853  # mean, ELP 2000-82 for J2000: Meeus 1998, Astronomical Algorithms, ch. 49
_MOON_LITERATURE_KM = 384_400.0
_TINY = 2.0**-1022


@dataclass(frozen=True)
class CharacteristicUnits:
    """The distance of the primaries and the inverse of their mean motion, under a name.

    mu                : mass of the smaller primary over that of both
    smaller_radius_km : of the smaller body; orbits that dip below it are refused
    larger_radius_km  : likewise of the larger body
    synodic_days      : what a p:q synodic resonance counts; 0 where there is none
    bodies            : names of the larger and the smaller body, for pictures and messages
    """

    name: str
    length_km: float
    time_s: float
    mu: float
    smaller_radius_km: float = 0.0
    larger_radius_km: float = 0.0
    synodic_days: float = 0.0
    bodies: tuple[str, str] = ("larger body", "smaller body")

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise InputError("is empty", where="name", remedy="name the set, so that two are never mixed")
        for field in ("length_km", "time_s"):
            scalar(field, getattr(self, field), _TINY, math.inf)
        scalar("mu", self.mu, LEAST_MU, 0.5)
        for field in ("smaller_radius_km", "larger_radius_km"):
            scalar(field, getattr(self, field), 0.0, self.length_km, "km")
        if len(self.bodies) != 2 or not all(isinstance(body, str) for body in self.bodies):
            raise InputError(f"{self.bodies!r}", where="bodies", allowed="the names of the larger and the smaller body")
        scalar("synodic_days", self.synodic_days, 0.0, math.inf, "days")

    @property
    def velocity_km_s(self) -> float:
        return self.length_km / self.time_s

    def days(self, time: float) -> float:
        """Days of a nondimensional time."""
        return time * self.time_s / SECONDS_PER_DAY

    def time(self, days: float) -> float:
        """Nondimensional time of days."""
        return days * SECONDS_PER_DAY / self.time_s


def named(units: object) -> CharacteristicUnits:
    """Return units; raises InputError for what is none: a set is always named."""
    if not isinstance(units, CharacteristicUnits):
        sets = "EARTH_MOON_384400, EARTH_MOON_JPL or CharacteristicUnits(name, ...)"
        raise InputError(f"{units!r} is no set of units", where="units", allowed=sets)
    return units


# ssd-api.jpl.nasa.gov/periodic_orbits, system Earth-Moon. 2 pi time_s is 27.851 d: a pair of an instant.
EARTH_MOON_JPL = CharacteristicUnits(
    "Earth-Moon, JPL catalogue",
    389_703.2648292776,
    382_981.2891290545,
    EARTH_MOON_MU,
    RADIUS_KM["moon"],
    RADIUS_KM["earth"],
    SYNODIC_MONTH_DAYS,
    ("Earth", "Moon"),
)
# The literature's distance, and the time that goes with it by Kepler's third law.
EARTH_MOON_384400 = CharacteristicUnits(
    "Earth-Moon, 384,400 km",
    _MOON_LITERATURE_KM,
    math.sqrt(_MOON_LITERATURE_KM**3 / (GM_KM3_S2["earth"] + GM_KM3_S2["moon"])),
    EARTH_MOON_MU,
    RADIUS_KM["moon"],
    RADIUS_KM["earth"],
    SYNODIC_MONTH_DAYS,
    ("Earth", "Moon"),
)
