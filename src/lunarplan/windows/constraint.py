"""What a constraint is: a name, a unit and a signed margin for every transfer of a batch.

A margin is how far inside the limit a transfer lies: zero or more is open, less is closed, NaN is no transfer at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError, LunarplanError
from lunarplan.model.rows import numbers, scalar
from lunarplan.transfers.to_moon.direct import Transfers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_OF_ARRAYS = ("problem", "solution")  # fields of transfers

Margin = Callable[[Transfers], "Floats"]


@dataclass(frozen=True)
class Constraint:
    """A rule that transfers keep or break.

    name   : what is shown where a day is closed; unique among the constraints of a scan
    unit   : of the margin; empty for a number
    margin : (Transfers) -> float64[N], signed: >= 0 keeps the rule, NaN where the transfer is not ok. To be sent to
             other processes it has to be picklable: a function of a module, a partial of one, an instance of a class
    scale  : a margin that counts as far, in the unit; ranks near misses of different kinds
    source : who says so

    Raises InputError for fields that cannot be used.
    """

    name: str
    unit: str
    margin: Margin
    scale: float = 1.0
    source: str = ""

    def __post_init__(self) -> None:
        for field in ("name", "unit", "source"):
            text: object = getattr(self, field)
            if not isinstance(text, str) or (field == "name" and not text.strip()):
                raise InputError(f"{text!r:.60}", where=f"Constraint.{field}", allowed="text")
        margin: object = self.margin
        if not callable(margin):
            allowed = "a function of Transfers that returns float64[N]"
            raise InputError(f"{margin!r:.60}", where=f"Constraint.margin of {self.name!r}", allowed=allowed)
        scalar(f"Constraint.scale of {self.name!r}", self.scale, np.finfo(float).tiny, np.finfo(float).max, self.unit)


@dataclass(frozen=True)
class Within:
    """Margin of a value to limits on both sides, either of which may be infinite.

    value : (Transfers) -> float64[N]; it is given only transfers that are ok
    """

    value: Callable[[Transfers], Floats]
    at_least: float = -math.inf
    at_most: float = math.inf

    def __call__(self, transfers: Transfers) -> Floats:
        margin = np.full(len(transfers.ok), np.nan)
        rows = np.flatnonzero(transfers.ok)
        if len(rows):
            value = self.value(transfers.rows(rows))
            margin[rows] = np.minimum(value - self.at_least, self.at_most - value)
        return margin


def evaluate(constraints: Sequence[Constraint], transfers: Transfers) -> Floats:
    """Margins of all constraints, float64[N, len(constraints)], each in its unit; NaN where a transfer is not ok.

    Raises InputError, naming the constraint, if one of them cannot be evaluated; and for two of one name.
    """
    check_constraints(constraints)
    given: object = transfers
    if not isinstance(given, Transfers):
        what = f"a {type(given).__name__}"
        raise InputError(what, where="transfers", allowed="Transfers", remedy="make them: direct_transfers(...)")
    margins = np.full((len(transfers.ok), len(constraints)), np.nan)
    for column, constraint in enumerate(constraints):
        margins[:, column] = _checked(constraint, transfers)
    return margins


def check_constraints(constraints: Sequence[Constraint]) -> None:
    """Raise InputError unless they are a list of constraints with names of their own."""
    given: object = constraints
    if not (isinstance(given, list | tuple) and all(isinstance(c, Constraint) for c in given)):
        raise InputError(f"{given!r:.60}", where="constraints", allowed="a list of Constraint")
    names = [constraint.name for constraint in constraints]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        remedy = "rename one: dataclasses.replace(constraint, name=...)"
        raise InputError(f"{twice[0]!r} is there twice", where="constraints", remedy=remedy)


def _checked(constraint: Constraint, transfers: Transfers) -> Floats:
    where = f"constraint {constraint.name!r}"
    try:
        returned = constraint.margin(transfers)
    except LunarplanError as error:
        inner = f"{where}, {error.where}" if error.where else where
        raise type(error)(error.what, where=inner, allowed=error.allowed, remedy=error.remedy) from error
    margin = _as_margins(returned, where, len(transfers.ok))
    unknown = np.flatnonzero(np.isnan(margin) & transfers.ok)
    if len(unknown):
        remedy = "return a signed margin for every transfer with .ok"
        raise InputError(f"NaN for transfer {unknown[0]}, which is ok", where=where, allowed="numbers", remedy=remedy)
    return np.where(transfers.ok, margin, np.nan)


def _as_margins(returned: Any, where: str, n: int) -> Floats:
    if np.asarray(returned).dtype == bool:
        remedy = "return how far inside the limit each transfer lies, negative outside"
        raise InputError("returned True or False", where=where, allowed="signed margins", remedy=remedy)
    margin = numbers(where, returned, 1)
    if margin.shape != (n,):
        raise InputError(f"returned the shape {margin.shape}", where=where, allowed=f"({n},): a margin per transfer")
    return margin


def user(
    name: str, function: Margin, *, unit: str = "", scale: float = 1.0, source: str = "written by the user"
) -> Constraint:
    """Return a constraint of one's own from a plain function.

    function : (Transfers) -> float64[N], signed margins in ``unit``; rows that are not ok hold NaN, and what it returns
               for them is ignored
    scale    : a margin that counts as far, in the unit

    What it returns is checked when it is evaluated; an exception it raises becomes an InputError that names it. The
    arrays it is given cannot be written to. What it says of a transfer must not depend on the others, nor on chance.
    """
    return Constraint(name, unit, _Written(name, function), scale, source)


def _read_only(record: Any) -> Any:
    """The same transfers, in arrays that cannot be written to: what is told of them later stays as it was found."""
    views: dict[str, Any] = {}
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, np.ndarray):
            views[field.name] = value.view()
            views[field.name].flags.writeable = False
        elif field.name in _OF_ARRAYS:
            views[field.name] = _read_only(value)
    return replace(record, **views)


@dataclass(frozen=True)
class _Written:
    """A user's function, whose mistakes are told by the name of its constraint."""

    name: str
    function: Margin

    def __post_init__(self) -> None:
        function: object = self.function
        if not callable(function):
            raise InputError(f"{function!r:.60}", where=f"user constraint {self.name!r}", allowed="a function")

    def __call__(self, transfers: Transfers) -> Floats:
        try:
            with np.errstate(invalid="ignore"):  # rows that are not ok are NaN
                return self.function(_read_only(transfers))
        except LunarplanError:
            raise
        except Exception as error:
            what = f"raised {type(error).__name__}: {error}"
            raise InputError(what, where="its function", remedy="see the error this one comes from") from error
