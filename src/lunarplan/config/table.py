"""What every table of a mission file has: strict keys, values that carry units, errors with a place."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, GetCoreSchemaHandler, ValidationError, model_validator
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from lunarplan.config.dates import epoch_tdb
from lunarplan.config.units import Dimension, parse, shown, written
from lunarplan.errors import InputError

Place = tuple[str | int, ...]
_MOST_LISTED, _LISTED_OF_MANY = 50, 12  # names in an error; of more than that the most similar


class Rejected(ValueError):
    """Carries an InputError through pydantic, which only lets a ValueError pass.

    place : keys below the one being validated
    """

    def __init__(self, error: InputError, place: Place = ()) -> None:
        super().__init__(error.what)
        self.error, self.place = error, place


class Table(BaseModel):
    """A frozen table; a key it does not know is an error that names the closest one it does."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    def __setattr__(self, name: str, value: Any) -> None:
        raise InputError(f"{type(self).__name__} is frozen", where=name, remedy="change the table it was made of")

    def __delattr__(self, name: str) -> None:
        raise InputError(f"{type(self).__name__} is frozen", where=name, remedy="change the table it was made of")

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, data: Any) -> Any:
        if isinstance(data, cls):
            return data
        if not isinstance(data, Mapping):
            raise Rejected(InputError(f"{shown(data)} is not a table", remedy="write it as { key = value }"))
        known = [field.alias or name for name, field in cls.model_fields.items()]
        for key in data:
            if key not in known:
                raise Rejected(unknown(key, known, "key"), (str(key),))
        return data


def unknown(name: Any, known: list[str], kind: str) -> InputError:
    """Return the error for a name that is not in a closed list."""
    close = get_close_matches(str(name).lower(), known, n=1, cutoff=0.5)
    remedy = f'did you mean "{close[0]}"?' if close else "remove it or use one that is listed"
    listed = [" ".join(one.split()) for one in known]  # an engine may be called anything
    if len(known) > _MOST_LISTED:
        listed = [*get_close_matches(str(name).lower(), known, n=_LISTED_OF_MANY, cutoff=0.0), "..."]
    return InputError(f"unknown {kind} {shown(str(name))}", allowed=", ".join(listed), remedy=remedy)


@dataclass(frozen=True)
class Measured:
    """Pydantic metadata: a value with a unit, within limits given in the internal unit, both ends allowed.

    unit      : the unit the limits are shown in when they are broken
    too_small : what to call a value below the lower limit
    """

    dimension: Dimension
    low: float | None = None
    high: float | None = None
    unit: str = ""
    too_small: str = "too small"

    def __call__(self, value: Any) -> float:
        try:
            number = parse(value, self.dimension)
            self._check(number, value)
        except InputError as error:
            raise Rejected(error) from error
        return number

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self)

    def _check(self, number: float, value: Any) -> None:
        below = self.low is not None and number < self.low
        above = self.high is not None and number > self.high
        if below or above:
            raise InputError(
                f"{shown(value)} is {self.too_small if below else 'too large'}",
                allowed=self._limits(),
                remedy="give a value in that range",
            )

    def _limits(self) -> str:
        unit = self.unit or self.dimension.internal
        low, high = (None if x is None else written(x, self.dimension, unit) for x in (self.low, self.high))
        if low and high:
            return f"{low} to {high}"
        return f"at least {low}" if low else f"at most {high}"


@dataclass(frozen=True)
class MeasuredRange:
    """Pydantic metadata: `[low, high]`, or one value for both; returns a pair."""

    measured: Measured

    def __call__(self, value: Any) -> tuple[float, float]:
        if not isinstance(value, list | tuple):
            return self.measured(value), self.measured(value)
        if len(value) != 2:
            raise Rejected(InputError(f"{len(value)} values", remedy='give a range as ["low", "high"]'))
        low, high = (self.measured(end) for end in value)
        if low > high:
            raise Rejected(InputError(f"{shown(list(value))} runs backwards", remedy="swap the two values"))
        return low, high

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self)


@dataclass(frozen=True)
class EpochOf:
    """Pydantic metadata: an epoch; a plain date stands for the start or the end of its day."""

    end_of_day: bool = False

    def __call__(self, value: Any) -> float:
        try:
            return epoch_tdb(value, end_of_day=self.end_of_day)
        except InputError as error:
            raise Rejected(error) from error

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self)


Epoch = Annotated[float, EpochOf()]
LastEpoch = Annotated[float, EpochOf(end_of_day=True)]


def _impulses(value: Any) -> bool:
    if value is not False:
        raise Rejected(InputError("burns of this phase are impulses", allowed="false", remedy="drop it"))
    return False


ImpulsesOnly = Annotated[bool, BeforeValidator(_impulses)]  # `finite` of a phase whose burns take no time yet


def first_problem(error: ValidationError, file: str, tags: frozenset[str]) -> InputError:
    """Return the first of pydantic's findings as one line: file, dotted key, what, allowed, remedy.

    tags : names pydantic puts into the place of a table that is chosen by its type, and that are no keys
    """
    every = error.errors(include_url=False)
    problems = [one for one in every if not _follows(one, every)]
    found, below = _explained(problems[0])
    place = (*_keys(problems[0]["loc"], tags), *below)
    more = len(problems) - 1
    remedy = found.remedy + (f" (and {more} more problem{'s' * (more > 1)})" if more else "")
    return InputError(found.what, where=located(file, place), allowed=found.allowed, remedy=remedy.strip())


def _keys(loc: Place, tags: frozenset[str]) -> Place:
    """The place without the tags: each stands behind the number of its table."""
    return tuple(key for n, key in enumerate(loc) if not (n and key in tags and isinstance(loc[n - 1], int)))


def _follows(one: ErrorDetails, every: list[ErrorDetails]) -> bool:
    """True for a list that is too short only because what is in it was rejected."""
    deep = len(one["loc"])
    inside = (other for other in every if len(other["loc"]) > deep and other["loc"][:deep] == one["loc"])
    return one["type"] == "too_short" and any(inside)


def located(file: str, place: Place) -> str:
    """Return "file: phase[1].burns[0].period" for a place in a file."""
    dotted = ""
    for key in place:
        dotted += f"[{key}]" if isinstance(key, int) else ("." if dotted else "") + _key(key)
    return ": ".join(part for part in (file, dotted) if part)


def _key(key: str) -> str:
    return key if key.replace("-", "_").isidentifier() and len(key) <= 40 else shown(key)


def _explained(problem: ErrorDetails) -> tuple[InputError, Place]:
    rejected = problem.get("ctx", {}).get("error")
    if isinstance(rejected, Rejected):
        return rejected.error, rejected.place
    if problem["type"] == "missing":
        return InputError("required key is missing", remedy="add it"), ()
    if problem["type"] == "union_tag_not_found":
        return _tag_missing(problem["input"]), ("type",)
    if problem["type"] == "union_tag_invalid":
        return _no_such_tag(problem["ctx"]), ("type",)
    if problem["type"] == "literal_error":
        return _no_such_choice(problem), ()
    if problem["type"] in _LIMITS:
        return _outside_limits(problem), ()
    message = (problem["msg"][:1].lower() + problem["msg"][1:]).replace("tuple", "list")
    return InputError(f"{shown(problem['input'])}: {message}", remedy="correct the value"), ()


# Pydantic's name of the finding: what is wrong with the value, and which values are not, with the limit's own name.
_LIMITS = {
    "greater_than_equal": ("is too small", "at least {ge}"),
    "less_than_equal": ("is too large", "at most {le}"),
    "too_short": ("is too short", "at least {min_length} items"),
    "too_long": ("is too long", "at most {max_length} items"),
    "string_too_short": ("is too short", "at least {min_length} letters"),
    "string_too_long": ("is too long", "at most {max_length} letters"),
    "string_pattern_mismatch": ("has letters that cannot be printed", "one line of plain text"),
    "int_type": ("is not a whole number", "a number without unit or quotes"),
    "bool_type": ("is neither true nor false", "true, false"),
    "string_type": ("is not text", "text in quotes"),
    "tuple_type": ("is not a list", "a list in square brackets"),
}


def _outside_limits(problem: ErrorDetails) -> InputError:
    what, allowed = _LIMITS[problem["type"]]
    allowed = allowed.format(**problem.get("ctx", {})).replace(" 1 items", " 1 item").replace(" 1 letters", " 1 letter")
    return InputError(f"{shown(problem['input'])} {what}", allowed=allowed, remedy="correct the value")


def _tag_missing(table: Any) -> InputError:
    close = get_close_matches("type", [str(key) for key in table], n=1) if isinstance(table, Mapping) else []
    remedy = f"did you mean it by {shown(close[0])}?" if close else "add it"
    return InputError("required key is missing", remedy=remedy)


def _no_such_tag(context: dict[str, Any]) -> InputError:
    known = re.findall(r"'(\w+)'", context["expected_tags"])
    return unknown(context["tag"], known, "type")


def _no_such_choice(problem: ErrorDetails) -> InputError:
    known = re.findall(r"'([^']*)'", problem["ctx"]["expected"])
    return unknown(problem["input"], known, "value")
