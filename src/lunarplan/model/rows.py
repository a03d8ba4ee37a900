"""Batches of rows: arguments that broadcast, results with a status per row."""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError, LunarplanError
from lunarplan.kernels.jit import run_blocks

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_THREADED_ROWS = 4096  # below it, handing rows to another thread costs more than solving them

# Why a row failed, what helps, and the error `require` raises; by the name of the status.
_REASONS: dict[str, tuple[str, str, type[LunarplanError]]] = {
    "COLLINEAR": (
        "the two places are half a turn apart, or the same: no plane is defined",
        "at half a turn give the plane's normal",
        InfeasibleError,
    ),
    "RECTILINEAR": ("the orbit is a straight line through the centre", "move one place aside", InfeasibleError),
    "NO_SOLUTION": (
        "too short for that many revolutions",
        "see shortest_tof_s, or ask for fewer revolutions",
        InfeasibleError,
    ),
    "NOT_CONVERGED": ("the iteration did not converge", "please report the case", ConvergenceError),
    "NOT_HYPERBOLIC": ("the orbit is not hyperbolic: it has no asymptote", "check the state and gm", InfeasibleError),
    "POLAR_ASYMPTOTE": ("the asymptote lies along the pole: T has no direction", "give another pole", InfeasibleError),
    "UNREACHABLE": (
        "no plane through the asymptote has that inclination",
        "see minimum_inclination_deg",
        InfeasibleError,
    ),
    "BAD_INPUT": ("not finite, or not positive where it must be", "check the row's numbers", InputError),
}


class RowResult:
    """What results share: a status per row."""

    status: Any
    _codes: type[IntEnum]

    @property
    def ok(self) -> NDArray[np.bool_]:
        """True for rows that were solved."""
        return np.asarray(self.status == 0)

    def reason(self, index: int | tuple[int, ...] = ()) -> str:
        """Return the outcome of one row in words."""
        code = self._codes(int(self.status[index]))
        return "ok" if code == 0 else _REASONS[code.name][0]

    def require(self) -> Self:
        """Return self if every row is solved; else raise InfeasibleError, ConvergenceError or InputError."""
        if not self.ok.all():
            failed = np.argwhere(~self.ok)
            index = tuple(int(i) for i in failed[0])
            what, remedy, kind = _REASONS[self._codes(int(self.status[index])).name]
            row = f"row {index[0] if len(index) == 1 else index}: " if index else ""
            others = f" (and {len(failed) - 1} more rows failed)" if len(failed) > 1 else ""
            raise kind(f"{row}{what}{others}", where=type(self).__name__, remedy=remedy)
        return self


def numbers(name: str, value: ArrayLike, items: int) -> Floats:
    """The value as float64[..., items], or float64[...] for items = 1; raises InputError.

    Nothing is read that would have to be guessed at: no units, no text, no imaginary or masked values.
    """
    if hasattr(value, "unit"):
        raise InputError(
            "carries a unit", where=name, allowed="plain numbers", remedy="convert it to km, s and degrees"
        )
    if np.ma.is_masked(value):
        raise InputError("has masked values", where=name, remedy="leave those rows out, or fill them")
    try:
        given = np.asarray(value)
        if given.dtype.kind not in "biufO":
            raise TypeError
        array = given.astype(np.float64, copy=False)
    except (TypeError, ValueError):
        raise InputError("is not an array of numbers", where=name, allowed="numbers, all rows of one length") from None
    if items > 1 and (array.ndim == 0 or array.shape[-1] != items):
        raise InputError(f"has the shape {array.shape}", where=name, allowed=f"(..., {items})")
    return array


def scalar(name: str, value: Any, low: float, high: float, unit: str = "") -> float:
    """One number from `low` to `high`, both allowed, as float; raises InputError, also for NaN."""
    allowed = f"{low:g} to {high:g} {unit}".strip()
    if not isinstance(value, int | float | np.integer | np.floating) or not low <= value <= high:
        raise InputError(f"{value!r} {unit}".strip(), where=name, allowed=allowed)
    return float(value)


def broadcast_rows(**arguments: tuple[ArrayLike, int]) -> tuple[list[tuple[Floats, int]], tuple[int, ...]]:
    """Flat C-ordered arrays, each with its step from row to row (0: one row serves all), and the shape of the batch."""
    arrays = {name: numbers(name, value, items) for name, (value, items) in arguments.items()}
    leads = {name: a.shape[: a.ndim - (arguments[name][1] > 1)] for name, a in arrays.items()}
    try:
        shape = np.broadcast_shapes(*leads.values())
    except ValueError:
        text = ", ".join(f"{name} {lead}" for name, lead in leads.items() if lead)
        raise InputError(f"batches do not match: {text}", remedy="give one row, or as many as the others") from None
    out = []
    for name, array in arrays.items():
        items = arguments[name][1]
        if array.size == items:
            out.append((np.ascontiguousarray(array).reshape(-1), 0))
            continue
        full = shape if items == 1 else (*shape, items)
        out.append((_spread(array, full).reshape(-1), items))
    return out, shape


def full_rows(**arguments: tuple[ArrayLike, int]) -> tuple[list[Floats], tuple[int, ...]]:
    """Every argument as float64[N, items] or float64[N], one row for each of the batch, and the shape of the batch."""
    flat, shape = broadcast_rows(**arguments)
    n = math.prod(shape)
    out = []
    for (array, step), (_, items) in zip(flat, arguments.values(), strict=True):
        rows = array.reshape(-1, items) if items > 1 else array
        out.append(rows if step else _spread(rows[:1], (n, items)[: rows.ndim]))
    return out, shape


def require_kind(where: str, value: Any, kind: type, allowed: str) -> None:
    """Raise InputError unless a value is of a kind."""
    if not isinstance(value, kind):
        raise InputError(f"{value!r:.60}", where=where, allowed=allowed)


def _spread(array: Floats, shape: tuple[int, ...]) -> Floats:
    """The array in a shape, C-ordered; its own memory where it has to be spread, as views of one row are read-only."""
    if array.shape == shape:
        return np.ascontiguousarray(array)
    return np.broadcast_to(array, shape).copy()


def batch_within(where: str, **arguments: tuple[ArrayLike, float, float, str]) -> list[Floats]:
    """Every argument (value, lowest, highest, unit) as float64[N], within its limits; raises InputError naming it."""
    rows, shape = full_rows(**{name: (value, 1) for name, (value, *_) in arguments.items()})
    if len(shape) > 1:
        raise InputError(f"shape {shape}", where=where, allowed="one value, or one for each of N rows")
    for column, (name, (_, low, high, unit)) in zip(rows, arguments.items(), strict=True):
        bad = ~((column >= low) & (column <= high))
        if bad.any():
            allowed = f"{low:g} to {high:g} {unit}".strip()
            raise InputError(f"{column[bad][0]:g} {unit}".strip(), where=name, allowed=allowed)
    return rows


def run_rows(kernel: Callable[[int, int], object], rows: int, block: int) -> None:
    run_blocks(kernel, rows, block, None if rows >= _THREADED_ROWS else 1)
