"""Records of batches: dataclasses of arrays with a row for each case, of other such records, and of a force model."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from lunarplan.model.forces import ForceModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

Record = TypeVar("Record")


def taken(record: Record, rows: NDArray[np.intp]) -> Record:
    """Some rows of a record."""
    columns = {c.name: getattr(record, c.name) for c in fields(record)}  # type: ignore[arg-type]
    return type(record)(**{name: _taken(column, rows) for name, column in columns.items()})


def joined(whole: Record, rows: NDArray[np.intp], part: Record) -> Record:
    """A record with some rows replaced by all those of another."""
    n = _length(whole)
    order = np.arange(n)
    order[rows] = n + np.arange(len(rows))
    return taken(_stacked(whole, part), order)


def _taken(column: Any, rows: NDArray[np.intp]) -> Any:
    if isinstance(column, ForceModel):
        return column
    return column[rows] if isinstance(column, np.ndarray) else taken(column, rows)


def _length(record: Any) -> int:
    return next(len(getattr(record, c.name)) for c in fields(record) if isinstance(getattr(record, c.name), np.ndarray))


def _stacked(first: Record, second: Record) -> Record:
    pairs = {c.name: (getattr(first, c.name), getattr(second, c.name)) for c in fields(first)}  # type: ignore[arg-type]
    return type(first)(**{name: _both(a, b) for name, (a, b) in pairs.items()})


def _both(a: Any, b: Any) -> Any:
    if isinstance(a, ForceModel):
        return a
    return np.concatenate([a, b]) if isinstance(a, np.ndarray) else _stacked(a, b)


def within(part: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parts of a span, from 0 to 1, mirrored at its ends: what is least there has neighbours on both sides, too."""
    return np.asarray(1.0 - np.abs(1.0 - np.abs(part)))
