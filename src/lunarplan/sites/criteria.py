"""Sets of criteria: those that come with lunarplan, those of a TOML file, and lists of one's own."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from lunarplan.config import library
from lunarplan.config.table import Measured, Rejected, Table, first_problem, unknown
from lunarplan.config.units import ANGLE, LENGTH, shown
from lunarplan.errors import InputError
from lunarplan.sites import catalogue
from lunarplan.sites.criterion import Criterion
from lunarplan.sites.quantities import QUANTITIES, SHARE, Quantity
from lunarplan.sites.relays import RELAYS

_BASELINE = Measured(LENGTH, 0.5e-3, 100.0, "m")
_AXIS = Measured(LENGTH, 1e-3, 200.0, "km")
_SLOPE = Measured(ANGLE, 0.0, math.pi / 2, "deg")
_ALTITUDE = Measured(LENGTH, 10.0, 1e4, "km")
_INCLINATION = Measured(ANGLE, 0.0, math.pi, "deg")


@dataclass(frozen=True)
class Criteria:
    """A named set of criteria."""

    title: str
    criteria: tuple[Criterion, ...]
    note: str = ""

    def __post_init__(self) -> None:
        if not self.criteria:
            raise InputError("no criteria", where=self.title or "criteria", remedy="add a [[criterion]]")
        names = [one.name for one in self.criteria]
        twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
        if twice:
            raise InputError(f"{twice[0]!r} is there twice", where=self.title, remedy="rename one")

    def __iter__(self) -> Iterator[Criterion]:
        return iter(self.criteria)

    def __len__(self) -> int:
        return len(self.criteria)


class _Criterion(Table):
    """A `[[criterion]]` of a file."""

    quantity: str
    name: Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    at_least: Any = None
    at_most: Any = None
    basis: Literal["published", "assumption"]
    source: Annotated[str, Field(min_length=1)]
    baseline: Annotated[float, _BASELINE] | None = None
    steeper_than: Annotated[float, _SLOPE] | None = None
    ellipse: tuple[Annotated[float, _AXIS], Annotated[float, _AXIS]] | None = None
    relay: str | None = None
    altitude: Annotated[float, _ALTITUDE] | None = None
    inclination: Annotated[float, _INCLINATION] | None = None

    @model_validator(mode="after")
    def _asks_what_there_is(self) -> Self:
        if self.quantity not in QUANTITIES:
            raise Rejected(unknown(self.quantity, list(QUANTITIES), "quantity"), ("quantity",))
        needed = QUANTITIES[self.quantity].options
        for option in _OPTIONS:
            given = getattr(self, option) is not None
            if given and option not in needed:
                raise Rejected(InputError(f"means nothing to {self.quantity}", remedy="remove it"), (option,))
            if not given and option in needed:
                raise Rejected(InputError("required key is missing", remedy="add it"), (option,))
        if self.relay is not None and self.relay not in RELAYS:
            raise Rejected(unknown(self.relay, list(RELAYS), "relay"), ("relay",))
        if self.at_least is None and self.at_most is None:
            raise Rejected(InputError("no limit", remedy="add at_least or at_most"))
        low, high = self.limits
        if low > high:
            raise Rejected(InputError("at_least is above at_most", remedy="swap them"))
        return self

    @property
    def limits(self) -> tuple[float, float]:
        """At least and at most, in the unit of the quantity."""
        return self._limit("at_least", -math.inf), self._limit("at_most", math.inf)

    def _limit(self, key: str, otherwise: float) -> float:
        text = getattr(self, key)
        if text is None:
            return otherwise
        quantity = QUANTITIES[self.quantity]
        try:
            most = 100.0 if quantity.dimension is SHARE else None
            return quantity.shown(Measured(quantity.dimension, 0.0, most, quantity.unit)(text))
        except Rejected as rejected:
            raise Rejected(rejected.error, (key,)) from rejected

    def built(self) -> Criterion:
        quantity: Quantity = QUANTITIES[self.quantity]
        low, high = self.limits
        return Criterion(
            name=self.name or quantity.label,
            unit=quantity.unit,
            measure=quantity.measure,
            at_least=low,
            at_most=high,
            source=self.source,
            basis=self.basis,
            options=self._options(),
            scale=quantity.scale,
        )

    def _options(self) -> dict[str, Any]:
        internal = {
            "baseline_m": (self.baseline, 1e3),
            "steeper_than_deg": (self.steeper_than, math.degrees(1.0)),
            "altitude_km": (self.altitude, 1.0),
            "inclination_deg": (self.inclination, math.degrees(1.0)),
        }
        options: dict[str, Any] = {key: value * unit for key, (value, unit) in internal.items() if value is not None}
        if self.ellipse is not None:
            options["ellipse_km"] = self.ellipse
        if self.relay is not None:
            options["relay"] = self.relay
        return options


_OPTIONS = ("baseline", "steeper_than", "ellipse", "relay", "altitude", "inclination")


class _File(Table):
    """A criteria file."""

    title: str
    note: str = ""
    criterion: Annotated[tuple[_Criterion, ...], Field(min_length=1, max_length=100)]


Given = str | os.PathLike[str] | Criteria | Sequence[Criterion]


def criteria(given: Given) -> Criteria:
    """Return a set of criteria.

    given : a name such as "luna-27", the path of a TOML file, a list of `Criterion`, or a set as it is

    Raises InputError for a name there is not, naming the closest; for unknown keys and values, naming file and key.
    """
    if isinstance(given, Criteria):
        return given
    if isinstance(given, str | os.PathLike):
        return _named(given) if _is_name(given) else _of_file(Path(given))
    if isinstance(given, Sequence) and all(isinstance(one, Criterion) for one in given):
        return Criteria("own criteria", tuple(one for one in given if isinstance(one, Criterion)))
    allowed = "a name, the path of a .toml file, or a list of Criterion"
    raise InputError(f"{given!r:.60}", where="criteria", allowed=allowed)


def names() -> tuple[str, ...]:
    """The names of the sets that come with lunarplan, sorted."""
    rules = files("lunarplan.sites") / "rules"
    return tuple(sorted(f.name.removesuffix(".toml") for f in rules.iterdir() if f.name.endswith(".toml")))


def usual(place: str) -> str:
    """The name of the set a place of the catalogue is judged by if none is asked for; of other places "clps"."""
    return "clps" if place.count(",") else catalogue.find(place).criteria


def _is_name(given: str | os.PathLike[str]) -> bool:
    path = Path(given)
    return not path.suffix and len(path.parts) <= 1


def _named(given: str | os.PathLike[str]) -> Criteria:
    key = "-".join(str(given).lower().replace("_", " ").replace("'", "").replace("-", " ").split())
    known = names()
    if key not in known:
        close = get_close_matches(key, known, n=3, cutoff=0.4)
        raise InputError(
            f"no criteria named {shown(str(given))}",
            where="criteria",
            allowed=", ".join(known) + ", or the path of a .toml file",
            remedy=f"did you mean {' or '.join(close)}?" if close else "use one that is listed",
        )
    with as_file(files("lunarplan.sites") / "rules" / f"{key}.toml") as path:
        return _of_file(path, name=key)


def _of_file(path: Path, name: str = "") -> Criteria:
    if not path.is_file():
        kind = "is a folder" if path.is_dir() else "no such file"
        raise InputError(kind, where=str(path), remedy="give the path of a criteria file")
    return from_table(library.read(path), name or str(path))


def from_table(table: Mapping[str, Any], where: str = "criteria") -> Criteria:
    """Return the criteria of a table as a file would hold it; raises InputError."""
    try:
        file = _File.model_validate(table)
    except ValidationError as error:
        raise first_problem(error, where, frozenset()) from None
    return Criteria(file.title, tuple(one.built() for one in file.criterion), file.note)
