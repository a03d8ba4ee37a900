"""Families by name: how each is found, and where it ends."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.orbits import seeds
from lunarplan.orbits.continuation import Path, follow
from lunarplan.orbits.corrector import PLANE, Flights, Symmetry, correct, held_row
from lunarplan.orbits.family import Family

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from lunarplan.orbits.units import CharacteristicUnits

    Floats = NDArray[np.float64]
    Build = Callable[[CharacteristicUnits], Path]

_BELOW = 0.5  # families are followed to half a radius, so that it can be said how far below the surface an orbit is
_HALO_AMPLITUDE = 0.12  # of gamma: the third order is good there, and the plane is far


def family(name: str, units: CharacteristicUnits, *, members: int = 200) -> Family:
    """The family of a name, with members evenly spaced along it.

    Raises InputError for a name that is not in the catalogue.
    """
    if not isinstance(members, int | np.integer) or not 2 <= members <= 1_000_000:
        raise InputError(f"{members!r}", where="members", allowed="2 to 1000000")
    path = _path(_known(name), units)
    arclength = np.linspace(0.0, path.arclength[-1], int(members))
    return Family(name, units, path, arclength, path.at(arclength).require().unknowns)


def family_names() -> tuple[str, ...]:
    """Names of all families of the catalogue."""
    return tuple(_CATALOGUE)


@lru_cache(maxsize=64)
def _path(name: str, units: CharacteristicUnits) -> Path:
    return _CATALOGUE[name](units)


def _known(name: str) -> str:
    plain = " ".join(str(name).lower().split())
    lowered = {known.lower(): known for known in _CATALOGUE}
    if plain not in lowered:
        near = difflib.get_close_matches(plain, lowered, n=1, cutoff=0.5)
        hint = f'did you mean "{lowered[near[0]]}"?' if near else "see family_names()"
        raise InputError(f"{name!r} is no family of the catalogue", where="name", remedy=hint)
    return lowered[plain]


# ---------------------------------------------------------------- recipes


def _halo(point: str, north: bool) -> Build:
    """From the third-order orbit, to the plane on one side and to the smaller body on the other."""

    def build(units: CharacteristicUnits) -> Path:
        mu = units.mu
        motion = seeds.linear_motion(mu, point)
        guess = seeds.richardson(mu, point, _HALO_AMPLITUDE * motion.gamma)
        far = 0.0 if point == "L1" else np.pi  # the crossing away from the smaller body names the branch
        state = guess.state(far, upwards=north if point == "L1" else not north)
        start = _corrected(PLANE, state, guess.period, mu, "z")
        away = np.array([0.0, np.sign(state[2]), 0.0, 0.0])

        def stop(flights: Flights, unknowns: Floats) -> NDArray[np.bool_]:
            return (unknowns[:, 1] * state[2] <= 0.0) | _too_near(flights, units)

        return _both_ways(PLANE, start, mu, away, stop)

    return build


def _corrected(problem: Symmetry, state: Floats, period: float, mu: float, hold: str) -> Floats:
    guess = problem.unknowns(state[np.newaxis], np.array([period]))
    return correct(problem, guess, mu, held_row(problem, hold)[np.newaxis]).require().unknowns[0]


def _both_ways(
    problem: Symmetry, start: Floats, mu: float, away: Floats, stop: Callable[..., NDArray[np.bool_]]
) -> Path:
    return follow(problem, start, mu, -away, stop).reversed().joined(follow(problem, start, mu, away, stop))


def _too_near(flights: Flights, units: CharacteristicUnits) -> NDArray[np.bool_]:
    """Mirrors crossed nearer to a body than it is worth to go."""
    mu, near = units.mu, np.zeros(len(flights.start), np.bool_)
    for x, radius_km in ((1.0 - mu, units.smaller_radius_km), (-mu, units.larger_radius_km)):
        limit = max(_BELOW * radius_km / units.length_km, 1e-4)
        for state in (flights.start, flights.end):
            near |= np.linalg.norm(state[:, :3] - [x, 0.0, 0.0], axis=1) < limit
    return near


_CATALOGUE: dict[str, Build] = {
    **{f"{p} halo {side}": _halo(p, side == "north") for p in ("L1", "L2") for side in ("north", "south")},
}
