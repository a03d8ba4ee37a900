"""What a criterion is: a limit to a value that a place has, and a signed margin to it.

A margin is how far inside the limit a place lies: zero or more passes, less fails, NaN is not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lunarplan.errors import InputError, LunarplanError
from lunarplan.model.rows import numbers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.sites.evidence import Evidence

    Floats = NDArray[np.float64]

Basis = Literal["published", "assumption"]
_BASES = ("published", "assumption")


@dataclass(frozen=True)
class Unknown:
    """A value that what is known of a place cannot tell, and why: "pixels of 1 km cannot show 20 m"."""

    why: str


@dataclass(frozen=True)
class AtMost:
    """A value, or raster of them, that the truth may be below, and why: what is only a bound fails no limit."""

    value: Any
    why: str


@dataclass(frozen=True)
class AtLeast:
    """A value, or raster of them, that the truth may be above where it is cut short, and why: a bound there."""

    value: Any
    cut: Any
    why: str


@dataclass(frozen=True)
class Partly:
    """A raster that is NaN where a value cannot be told, and why."""

    value: Any
    why: str


Value = Any  # float for a place, float64[rows, cols] for a region, Unknown, AtMost, AtLeast or Partly
Measure = Callable[["Evidence", Mapping[str, Any]], Value]


@dataclass(frozen=True)
class Criterion:
    """A limit to a value.

    name     : what is shown; unique in a set
    unit     : of value, limit and margin
    measure  : (evidence, options) -> a number for a place, float64[rows, cols] for a region, or `Unknown`
    at_least, at_most : limits, in the unit
    source   : who says so
    basis    : "published", or "assumption" for anything that is not
    options  : what the measure is to know beside: a baseline, a relay
    scale    : a margin that counts as far, in the unit: what margins of different kinds are compared by
    """

    name: str
    unit: str
    measure: Measure
    at_least: float = -math.inf
    at_most: float = math.inf
    source: str = ""
    basis: Basis = "assumption"
    options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    scale: float = 1.0

    def __post_init__(self) -> None:
        where = f"criterion {self.name!r:.60}"
        if not isinstance(self.name, str) or not self.name.strip():
            raise InputError(f"{self.name!r:.60}", where="Criterion.name", allowed="text")
        if not callable(self.measure):
            raise InputError(f"{self.measure!r:.60}", where=where, allowed="a function of the evidence")
        for limit in (self.at_least, self.at_most):
            if not isinstance(limit, int | float) or math.isnan(limit):
                raise InputError(f"{limit!r:.60} is no limit", where=where, allowed="numbers")
        if not self.at_least <= self.at_most:
            raise InputError("at_least is above at_most", where=where, remedy="swap them")
        if math.isinf(self.at_least) and math.isinf(self.at_most):
            raise InputError("has no limit", where=where, remedy="give at_least or at_most")
        if self.basis not in _BASES:
            raise InputError(f"{self.basis!r:.60}", where=f"{where}, basis", allowed=", ".join(_BASES))
        if not (isinstance(self.scale, int | float) and 0.0 < self.scale < math.inf):
            raise InputError(f"{self.scale!r:.60}", where=f"{where}, scale", allowed="a number above 0")

    def value(self, evidence: Evidence) -> tuple[Any, str]:
        """The value at a place or over a region, NaN where it is not known, and why it is not.

        A mistake of a user's function is told by the criterion's name.
        """
        where = f"criterion {self.name!r}"
        try:
            value = self.measure(evidence, self.options)
        except LunarplanError as error:
            inner = f"{where}, {error.where}" if error.where else where
            raise type(error)(error.what, where=inner, allowed=error.allowed, remedy=error.remedy) from error
        except Exception as error:
            what = f"raised {type(error).__name__}: {error}"
            raise InputError(what, where=where, remedy="see the error this one comes from") from error
        if isinstance(value, Unknown):
            return np.full(evidence.shape, np.nan), value.why
        if isinstance(value, AtMost):
            bound = _numbers(value.value, where, evidence.shape)
            sure = np.where(self._decided_by_bound(bound), bound, np.nan)
            return sure, value.why if (np.isnan(sure) & ~np.isnan(bound)).any() else ""
        if isinstance(value, AtLeast):
            bound = _numbers(value.value, where, evidence.shape)
            sure = np.where(np.logical_not(value.cut) | self._decided_from_below(bound), bound, np.nan)
            return sure, value.why if (np.isnan(sure) & ~np.isnan(bound)).any() else ""
        if isinstance(value, Partly):
            told = _numbers(value.value, where, evidence.shape)
            return told, value.why if np.isnan(told).any() else ""
        return _numbers(value, where, evidence.shape), ""

    def margin(self, value: Any) -> Any:
        """How far inside the limits a value, or an array of them, lies; NaN for NaN."""
        return np.minimum(value - self.at_least, self.at_most - value)

    def _decided_by_bound(self, bound: Any) -> Any:
        """True where whatever lies below a bound passes as the bound does, or fails as it does."""
        return (bound < self.at_least) | ((bound <= self.at_most) & math.isinf(self.at_least))

    def _decided_from_below(self, bound: Any) -> Any:
        """True where whatever lies above a bound passes as the bound does, or fails as it does."""
        return (bound > self.at_most) | ((bound >= self.at_least) & math.isinf(self.at_most))

    @property
    def limit(self) -> str:
        """The limit in words: "at most 8 deg"."""
        low, high = (f"{bound:g}" for bound in (self.at_least, self.at_most))
        if math.isinf(self.at_most):
            return f"at least {low} {self.unit}".rstrip()
        if math.isinf(self.at_least):
            return f"at most {high} {self.unit}".rstrip()
        return f"{low} to {high} {self.unit}".rstrip()


def criterion(
    name: str,
    function: Callable[[Evidence], Any],
    *,
    unit: str = "",
    at_least: float = -math.inf,
    at_most: float = math.inf,
    source: str = "written by the user",
    scale: float = 1.0,
) -> Criterion:
    """Return a criterion of one's own from a plain function.

    function : (evidence) -> a number for a place, float64[rows, cols] for a region; see
               `lunarplan.sites.evidence.Evidence` for what there is. It may return `Unknown("why")`

    What it returns is checked when it is evaluated; an exception it raises becomes an InputError that names it.
    """
    if not callable(function):
        raise InputError(f"{function!r:.60}", where=f"criterion {name!r:.60}", allowed="a function of the evidence")
    return Criterion(name, unit, _Written(function), at_least, at_most, source, scale=scale)


@dataclass(frozen=True)
class _Written:
    """A user's function of the evidence alone."""

    function: Callable[[Evidence], Any]

    def __call__(self, evidence: Evidence, options: Mapping[str, Any]) -> Value:
        return self.function(evidence)


def _numbers(value: Any, where: str, shape: tuple[int, ...]) -> Floats:
    if np.asarray(value).dtype == bool:
        remedy = "return the value itself, its limit is told apart"
        raise InputError("returned True or False", where=where, allowed="a value", remedy=remedy)
    found = numbers(where, value, 1)
    if found.shape not in ((), shape):
        raise InputError(f"returned the shape {found.shape}", where=where, allowed=f"a number, or {shape}")
    if shape == () and np.isnan(found):
        raise InputError("returned NaN", where=where, allowed="a number", remedy='return Unknown("why")')
    return np.broadcast_to(found, shape)
