"""Families by name."""

from __future__ import annotations

import difflib
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.orbits import recipes
from lunarplan.orbits.family import Family
from lunarplan.orbits.libration import COLLINEAR, TRIANGULAR
from lunarplan.orbits.units import named

if TYPE_CHECKING:
    from lunarplan.orbits.continuation import Path
    from lunarplan.orbits.units import CharacteristicUnits

_SIDES = {"north": True, "south": False}
_CATALOGUE: dict[str, recipes.Build] = {
    **{f"{p} lyapunov": recipes.lyapunov(p) for p in COLLINEAR},
    **{f"{p} halo {s}": recipes.halo(p, north=north) for p in ("L1", "L2") for s, north in _SIDES.items()},
    **{f"L3 halo {s}": recipes.halo_of_l3(north=north) for s, north in _SIDES.items()},
    **{f"{p} vertical": recipes.vertical(p) for p in COLLINEAR},
    **{f"{p} axial": recipes.axial(p) for p in COLLINEAR},
    **{f"butterfly {s}": recipes.butterfly(north=north) for s, north in _SIDES.items()},
    "DRO": recipes.from_circles(prograde=False),
    "DPO": recipes.distant_prograde,
    "LPO": recipes.from_circles(prograde=True),
    **{f"{p} {s} period": recipes.triangular(p, short=s == "short") for p in TRIANGULAR for s in ("short", "long")},
}
_RESONANT = re.compile(r"resonant ([1-9]):([1-9])")
_MOST_MEMBERS = 1_000_000
_SPOKEN = {"nrho": "halo", "near-rectilinear": "halo", "rectilinear": "halo", "quasi-halo": "halo"}  # members of it


def family(name: str, units: CharacteristicUnits, *, members: int = 200) -> Family:
    """The family of a name, see `family_names`, with members evenly spaced along it.

    Halo and butterfly orbits are "south" where they reach farthest to negative z. "resonant 2:1" makes two
    revolutions about the larger body in one of the smaller; any such pair of digits will do.

    Raises InputError for a name that is not in the catalogue and units that are none; InfeasibleError where the
    problem of this mu has no such family.
    """
    if not isinstance(members, int | np.integer) or not 2 <= members <= _MOST_MEMBERS:
        raise InputError(f"{members!r}", where="members", allowed=f"2 to {_MOST_MEMBERS}")
    known = _known(name)
    path = _path(known, named(units))
    arclength = np.linspace(0.0, path.arclength[-1], int(members))
    return Family(known, units, path, arclength, path.at(arclength).require().unknowns)


def family_names() -> tuple[str, ...]:
    """Names of the families of the catalogue; the resonant ones are named by their pattern."""
    return (*_CATALOGUE, "resonant p:q")


@lru_cache(maxsize=64)
def _path(name: str, units: CharacteristicUnits) -> Path:
    match = _RESONANT.fullmatch(name)
    return recipes.resonant(int(match[1]), int(match[2]))(units) if match else _CATALOGUE[name](units)


def _known(name: str) -> str:
    """The name as the catalogue spells it."""
    plain = " ".join(str(name).lower().split())
    match = _RESONANT.fullmatch(plain)
    if match and math.gcd(int(match[1]), int(match[2])) == 1:
        return plain
    lowered = {known.lower(): known for known in family_names()}
    if plain not in lowered or lowered[plain] not in _CATALOGUE:
        words = [_SPOKEN.get(word, word) for word in plain.split()]
        near = [n for n in lowered if words and all(word in n for word in words)][:6]
        near = near or difflib.get_close_matches(plain, lowered, n=3, cutoff=0.4)
        hint = "did you mean " + " or ".join(f'"{lowered[n]}"' for n in near) + "?" if near else "see family_names()"
        raise InputError(f"{name!r} is no family of the catalogue", where="name", remedy=hint)
    return lowered[plain]
