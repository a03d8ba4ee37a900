"""Names of bodies and their NAIF numbers.

A planet's name stands for the barycentre of its system, as in its gravitational parameter; Earth and Moon
stand for themselves.
"""

from difflib import get_close_matches

from lunarplan.errors import InputError

NAIF_ID: dict[str, int] = {
    "solar_system_barycenter": 0,
    "mercury": 1,
    "venus": 2,
    "earth_moon_barycenter": 3,
    "mars": 4,
    "jupiter": 5,
    "saturn": 6,
    "uranus": 7,
    "neptune": 8,
    "pluto": 9,
    "sun": 10,
    "moon": 301,
    "earth": 399,
}
NAME: dict[int, str] = {number: name for name, number in NAIF_ID.items()}

_ALIASES = {"ssb": "solar_system_barycenter", "emb": "earth_moon_barycenter"} | {
    f"{planet}_barycenter": planet
    for planet in ("mercury", "venus", "mars", "jupiter", "saturn", "uranus", "neptune", "pluto")
}


def body_name(name: str) -> str:
    """Return the canonical name of a body: lower case, underscores, aliases resolved.

    Raises InputError with the closest known names if there is no such body.
    """
    if not isinstance(name, str):
        raise InputError(f"{name!r} is not a body name", where="body", remedy='give a name such as "moon"')
    key = name.strip().lower().replace(" ", "_").replace("-", "_")
    key = _ALIASES.get(key, key)
    if key not in NAIF_ID:
        raise _unknown(name, key)
    return key


def naif_id(name: str) -> int:
    """Return the NAIF number of a body given by name."""
    return NAIF_ID[body_name(name)]


def _unknown(name: str, key: str) -> InputError:
    close = get_close_matches(key, [*NAIF_ID, *_ALIASES], n=3)
    remedy = f"did you mean {' or '.join(map(repr, close))}?" if close else "use one of the names listed"
    return InputError(f"unknown body {name!r}", where="body", allowed=", ".join(sorted(NAIF_ID)), remedy=remedy)
