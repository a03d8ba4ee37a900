"""Published values beside computed ones."""

from dataclasses import dataclass
from typing import Any

from lunarplan.config.expect import Expectation
from lunarplan.config.quantities import Quantity
from lunarplan.model.epochs import utc_iso


@dataclass(frozen=True)
class Comparison:
    """One expectation and what the plan computed for it, in internal units."""

    expectation: Expectation
    computed: float

    @property
    def quantity(self) -> str:
        return self.expectation.quantity

    @property
    def ok(self) -> bool:
        return self.expectation.holds(self.computed)

    @property
    def difference(self) -> float:
        """How far outside the published value or range the computed one lies; signed, 0 inside."""
        return self.computed - min(max(self.computed, self.expectation.low), self.expectation.high)

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison in the units of the edge; an epoch is UTC text, its tolerance in minutes."""
        expected, what = self.expectation, self.expectation.what
        low, high = (_edge(end, what) for end in (expected.low, expected.high))
        return {
            "quantity": self.quantity,
            "label": what.label,
            "unit": "UTC" if what.dimension is None else what.unit,
            "published": low if expected.low == expected.high else [low, high],
            "computed": _edge(self.computed, what),
            "difference": in_unit(self.difference, what),
            "tolerance": in_unit(expected.tolerance, what),
            "tolerance_unit": what.unit,
            "ok": self.ok,
            "kind": expected.kind,
            "source": expected.source,
        }


def compare(expectations: tuple[Expectation, ...], values: dict[str, float]) -> tuple[Comparison, ...]:
    """Return every expectation with its computed value."""
    return tuple(Comparison(expected, values[expected.quantity]) for expected in expectations)


def in_unit(value: float, what: Quantity) -> float:
    """Return a value or a difference in the unit its quantity is shown in, that of an epoch in minutes."""
    return value / 60.0 if what.dimension is None else value / what.dimension.factors[what.unit]


def _edge(value: float, what: Quantity) -> float | str:
    return utc_iso(value) if what.dimension is None else in_unit(value, what)
