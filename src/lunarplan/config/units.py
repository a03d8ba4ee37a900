"""Values that carry their unit: text or astropy Quantity in, one float in internal units out.

Inside lunarplan a length is km, a speed km/s, an angle rad, a mass kg, a force N, a time s. At the edge the
value says its unit, `"185 km"`, so that 185 can be neither metres nor miles by accident.
"""

import math
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lunarplan.errors import InputError

_NUMBER_AND_UNIT = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S.*?)?\s*", re.ASCII)
_LONGEST_ECHO = 60


@dataclass(frozen=True, eq=False)
class Dimension:
    """One kind of value; each is itself only (`eq=False`), so it can be hashed.

    internal : the unit values have inside lunarplan
    factors  : unit -> how many internal units it is
    example  : how such a value is written in a mission file
    """

    name: str
    internal: str
    factors: dict[str, float]
    example: str

    @property
    def units(self) -> str:
        return ", ".join(self.factors)


LENGTH = Dimension("length", "km", {"km": 1.0, "m": 1e-3, "nmi": 1.852, "mi": 1.609344, "ft": 0.3048e-3}, "185 km")
SPEED = Dimension("speed", "km/s", {"km/s": 1.0, "m/s": 1e-3, "km/h": 1.0 / 3600.0, "ft/s": 0.3048e-3}, "820 m/s")
_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86400.0
DURATION = Dimension(
    "duration",
    "s",
    {"s": 1.0, "min": _MINUTE, "h": _HOUR, "d": _DAY, "day": _DAY, "days": _DAY},
    "4.5 days",
)
ANGLE = Dimension(
    "angle",
    "rad",
    {"deg": math.pi / 180.0, "rad": 1.0, "arcmin": math.pi / 10800.0, "arcsec": math.pi / 648000.0},
    "28.5 deg",
)
MASS = Dimension("mass", "kg", {"kg": 1.0, "t": 1000.0, "g": 1e-3, "lb": 0.45359237}, "3780 kg")
FORCE = Dimension("force", "N", {"N": 1.0, "kN": 1e3, "mN": 1e-3, "lbf": 4.4482216152605}, "3000 N")
SPECIFIC_IMPULSE = Dimension("specific impulse", "s", {"s": 1.0}, "310 s")
C3 = Dimension("C3", "km2/s2", {"km2/s2": 1.0, "km^2/s^2": 1.0, "m2/s2": 1e-6, "m^2/s^2": 1e-6}, "-2.0 km2/s2")


def parse(value: Any, dimension: Dimension) -> float:
    """Return `value` in the internal unit of `dimension`.

    value : text such as "185 km", or an astropy Quantity

    Raises InputError if the unit is missing or of another dimension, or the number is not finite.
    """
    if isinstance(value, str):
        return _finite(*_read(value, dimension), dimension)
    if hasattr(value, "to_value"):
        return _finite(_from_quantity(value, dimension), str(value), dimension)
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise InputError(f"{shown(value)} has no unit", allowed=dimension.units, remedy=_write(dimension))
    raise InputError(f"{shown(value)} is not a {dimension.name}", remedy=_write(dimension))


def written(value: float, dimension: Dimension, unit: str) -> str:
    """Return an internal value as text in `unit`, six significant digits: `written(185.0, LENGTH, "m")`."""
    return f"{value / dimension.factors[unit]:.6g} {unit}"


def shown(value: Any) -> str:
    """Return a value as it should be quoted in a message: on one line, and not too long."""
    text = _repr(value)
    return text if len(text) <= _LONGEST_ECHO else text[: _LONGEST_ECHO - 3] + "..."


def _repr(value: Any) -> str:
    if isinstance(value, str):
        return '"' + repr(value)[1:-1] + '"'
    try:
        return " ".join(repr(value).split())
    except ValueError:  # an integer longer than Python is willing to print
        return f"a {type(value).__name__} too long to print"


def _read(text: str, dimension: Dimension) -> tuple[float, str]:
    match = _NUMBER_AND_UNIT.fullmatch(text)
    if match is None:
        raise InputError(f"{shown(text)} is not a number with a unit", remedy=_write(dimension))
    number, unit = match.groups()
    if unit is None:
        raise InputError(f"{shown(text)} has no unit", allowed=dimension.units, remedy=_write(dimension))
    if unit not in dimension.factors:
        raise _wrong_unit(text, unit, dimension)
    return float(number) * dimension.factors[unit], text


def _wrong_unit(text: str, unit: str, dimension: Dimension) -> InputError:
    other_case = [known for known in dimension.factors if known.lower() == unit.lower()]
    close = other_case or get_close_matches(unit, dimension.factors, n=1, cutoff=0.5)
    remedy = f'did you mean "{close[0]}"?' if close else _write(dimension)
    return InputError(
        f"{shown(text)} is not a {dimension.name}: unit {shown(unit)}", allowed=dimension.units, remedy=remedy
    )


def _from_quantity(quantity: Any, dimension: Dimension) -> float:
    try:
        return float(quantity.to_value(dimension.internal))
    except (TypeError, ValueError) as error:
        raise InputError(
            f"{shown(quantity)} is not one {dimension.name}",
            allowed=dimension.units,
            remedy=_write(dimension),
        ) from error


def _finite(value: float, text: str, dimension: Dimension) -> float:
    if not math.isfinite(value):
        raise InputError(f"{shown(text)} is not a finite {dimension.name}", remedy=_write(dimension))
    return value


def _write(dimension: Dimension) -> str:
    return f'write it like "{dimension.example}"'
