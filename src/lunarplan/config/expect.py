"""The table `[expect]`: published values a plan is compared with."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, GetCoreSchemaHandler, model_validator
from pydantic_core import CoreSchema, core_schema

from lunarplan.config.dates import epoch_tdb
from lunarplan.config.quantities import NAMES, Quantity, quantity
from lunarplan.config.table import Place, Rejected, Table, unknown
from lunarplan.config.units import DURATION, parse, shown
from lunarplan.errors import InputError

Kind = Literal["published", "estimate"]


@dataclass(frozen=True)
class Expectation:
    """One published value, in internal units.

    low, high : equal, unless a range was published
    tolerance : how far outside [low, high] a computed value may lie
    kind      : "published", or "estimate" where the source derives it and the mission did not state it
    """

    quantity: str
    low: float
    high: float
    tolerance: float
    source: str
    kind: Kind

    @property
    def what(self) -> Quantity:
        found = quantity(self.quantity)
        assert found is not None  # only known names get here
        return found

    def holds(self, computed: float) -> bool:
        return self.low - self.tolerance <= computed <= self.high + self.tolerance


class _Stated(Table):
    """An entry as it stands in the file; its dimension hangs on its name, one level up."""

    value: Any
    tolerance: Any = None
    source: Annotated[str, Field(min_length=1)]
    kind: Kind = "published"

    @model_validator(mode="after")
    def _has_a_tolerance(self) -> Self:
        if self.tolerance is None and not isinstance(self.value, list | tuple):
            problem = InputError("required key is missing", remedy="say how close is close enough")
            raise Rejected(problem, ("tolerance",))
        return self


class _ReadAll:
    """Pydantic metadata: reads the table as named entries, then turns each into an Expectation."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        entries = handler.generate_schema(dict[str, _Stated])
        plain = core_schema.plain_serializer_function_ser_schema(lambda read: [asdict(one) for one in read])
        return core_schema.no_info_after_validator_function(_read_all, entries, serialization=plain)


Expectations = Annotated[tuple[Expectation, ...], _ReadAll()]


def _read_all(entries: dict[str, _Stated]) -> tuple[Expectation, ...]:
    return tuple(_read(name, stated) for name, stated in entries.items())


def _read(name: str, stated: _Stated) -> Expectation:
    what = quantity(name)
    if what is None:
        raise Rejected(unknown(name, NAMES, "quantity"), (name,))
    low, high = _ends(stated.value, what, (name, "value"))
    tolerance = _tolerance(stated.tolerance, what, (name, "tolerance"))
    return Expectation(name, low, high, tolerance, stated.source, stated.kind)


def _ends(value: Any, what: Quantity, place: Place) -> tuple[float, float]:
    if not isinstance(value, list | tuple):
        value = (value, value)
    if len(value) != 2:
        raise Rejected(InputError(f"{len(value)} values", remedy="give one, or a range of two"), place)
    low, high = (_number(end, what, place) for end in value)
    if low > high:
        raise Rejected(InputError(f"{shown(list(value))} runs backwards", remedy="swap the two values"), place)
    return low, high


def _number(value: Any, what: Quantity, place: Place) -> float:
    try:
        return epoch_tdb(value) if what.dimension is None else parse(value, what.dimension)
    except InputError as error:
        raise Rejected(error, place) from error


def _tolerance(value: Any, what: Quantity, place: Place) -> float:
    if value is None:
        return 0.0
    try:
        tolerance = parse(value, what.dimension or DURATION)
    except InputError as error:
        raise Rejected(error, place) from error
    if tolerance < 0.0:
        raise Rejected(InputError(f"{shown(value)} is negative", remedy="give a tolerance of 0 or more"), place)
    return tolerance
