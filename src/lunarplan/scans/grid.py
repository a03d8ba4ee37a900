"""What a scan asks and what it answers: axes, the grid they span, the fields computed on it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    Array = NDArray[Any]

_MOST_CELLS = 2**62  # cells are counted in 64 bits


@dataclass(frozen=True)
class Axis:
    """The values one coordinate takes.

    values    : numbers, text or dates (datetime64), one-dimensional, none of them missing; may be empty
    unit      : of the values, e.g. "s"; dates and text have none
    long_name : in words
    """

    values: ArrayLike
    unit: str = ""
    long_name: str = ""


class Grid:
    """All combinations of the values of some axes, in C order: the last axis runs fastest.

    axes : name -> Axis, or the values alone

    Raises InputError if a name is not an identifier, or values are missing, not one-dimensional, or of a kind that has
    no place in a netCDF file.
    """

    def __init__(self, axes: Mapping[str, Axis | ArrayLike]) -> None:
        if not isinstance(axes, Mapping) or not axes:
            raise InputError(f"{axes!r} has no axes", where="grid", remedy="give {name: values}, one axis at least")
        self.axes = {name: axis if isinstance(axis, Axis) else Axis(axis) for name, axis in axes.items()}
        self.values = {name: _values(name, axis) for name, axis in self.axes.items()}
        self.shape = tuple(len(values) for values in self.values.values())
        self.size = math.prod(self.shape)
        if self.size > _MOST_CELLS:
            raise InputError(f"{self.size} cells", where="grid", allowed=f"at most {_MOST_CELLS}")

    def cells(self, start: int, stop: int) -> dict[str, Array]:
        """Return the coordinates of cells start to stop (excluded), flattened: name -> array[stop - start]."""
        places = np.unravel_index(np.arange(start, stop), self.shape)
        return {name: values[place] for (name, values), place in zip(self.values.items(), places, strict=True)}

    def __repr__(self) -> str:
        return f"<Grid of {self.size} cells: {', '.join(f'{n} {len(v)}' for n, v in self.values.items())}>"


@dataclass(frozen=True)
class Field:
    """One quantity a job computes in every cell.

    dtype     : bool, whole numbers, "float32" or "float64"
    dims      : dimensions a cell's value has of its own, name -> size; none for a scalar
    unit      : e.g. "km/s"
    long_name : in words
    """

    dtype: DTypeLike = "float64"
    dims: Mapping[str, int] = field(default_factory=dict)
    unit: str = ""
    long_name: str = ""

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.dims.values())

    @cached_property
    def bytes_per_cell(self) -> int:
        return np.dtype(self.dtype).itemsize * math.prod(self.shape)


def _values(name: str, axis: Axis) -> Array:
    _check_name(name, "grid")
    where = f"grid.{name}"
    _check_unit(axis.unit, where)
    values = _storable(axis.values, where)
    if values.dtype.kind in "MU" and axis.unit:
        raise InputError(f"unit {axis.unit!r} of dates or text", where=where, remedy="leave the unit out")
    values.flags.writeable = False
    return values


def _storable(given: ArrayLike, where: str) -> Array:
    """Return a copy that holds the same values when a netCDF file has held it."""
    kinds = "whole or real numbers, text, or datetime64"
    try:
        values = np.array(given)
    except (ValueError, TypeError) as error:
        raise InputError(f"is no array: {error}", where=where, allowed=kinds) from error
    if values.ndim != 1:
        raise InputError(f"has {values.ndim} dimensions", where=where, allowed="1")
    if values.dtype.kind not in "iufMU" or values.dtype in (np.float16, np.longdouble):
        raise InputError(f"values of type {values.dtype}", where=where, allowed=kinds)
    if values.dtype.kind == "M":
        values = _nanoseconds(values, where)
    if values.dtype.kind in "fM" and not np.isfinite(values).all():
        raise InputError("a value is missing or infinite", where=where, allowed="finite values")
    return values.astype(values.dtype.newbyteorder("="))


def _nanoseconds(values: Array, where: str) -> Array:
    """Return dates as xarray reads them back; numpy lets those beyond their range wrap around without a word."""
    fine = values.astype("datetime64[ns]")
    if not (fine.astype(values.dtype) == values)[~np.isnat(values)].all():
        raise InputError("a date cannot be held to the nanosecond", where=where, allowed="1678 to 2261")
    return fine


def check_fields(fields: object, grid: Grid) -> Mapping[str, Field]:
    """Return what a job declares; raises InputError if it cannot become the variables of a dataset over the grid."""
    if not isinstance(fields, Mapping) or not fields:
        raise InputError("declares no fields", where="job.fields", allowed="a mapping of name -> Field")
    sizes = dict(zip(grid.axes, grid.shape, strict=True))
    for name, declared in fields.items():
        _check_name(name, "job.fields")
        where = f"job.fields.{name}"
        if name in sizes:
            raise InputError("is the name of a dimension too", where=where, remedy="rename one of them")
        if not isinstance(declared, Field):
            raise InputError(f"is {declared!r}", where=where, allowed="a Field")
        _check_field(declared, where)
        for dim, size in declared.dims.items():
            if dim in grid.axes or dim in fields or sizes.setdefault(dim, size) != size:
                raise InputError(f"dimension {dim!r} means something else elsewhere", where=where, remedy="rename it")
    return fields


def _check_field(declared: Field, where: str) -> None:
    _check_unit(declared.unit, where)
    try:
        kind = np.dtype(declared.dtype)
    except TypeError as error:
        raise InputError(f"{declared.dtype!r} is no data type", where=where, remedy='write e.g. "float64"') from error
    if kind.kind not in "biuf" or kind.itemsize > 8 or kind == np.float16 or not kind.isnative:
        raise InputError(f"values of type {kind}", where=where, allowed="bool, whole numbers, float32, float64")
    for dim, size in declared.dims.items():
        _check_name(dim, where)
        if not isinstance(size, int) or size < 0:
            raise InputError(f"{size!r} is no size of dimension {dim!r}", where=where, allowed="0, 1, 2, ...")


def _check_name(name: object, where: str) -> None:
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError(f"{name!r} is no name", where=where, allowed="letters, digits and underscores")


def _check_unit(unit: object, where: str) -> None:
    if not isinstance(unit, str) or " since " in unit:
        remedy = "give dates as datetime64"
        raise InputError(
            f"unit {unit!r}", where=where, allowed="text without 'since', which means dates", remedy=remedy
        )
