"""Families the tests of this room share: computed once."""

from functools import lru_cache

from lunarplan.orbits.catalogue import family
from lunarplan.orbits.family import Family
from lunarplan.orbits.units import EARTH_MOON_384400
from tests.authorities import load

ORBITS = load("cr3bp_orbits")
FAMILIES = load("cr3bp_families")
UNITS = EARTH_MOON_384400
MU = UNITS.mu


@lru_cache
def shared(name: str, members: int = 60) -> Family:
    return family(name, UNITS, members=members)
