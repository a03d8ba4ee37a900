import itertools
from typing import Any

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.scans.grid import Axis, Field, Grid, check_fields


def test_cells_are_all_combinations_the_last_axis_fastest() -> None:
    axes: dict[str, Any] = {"day": [3, 1], "way": ["up", "down"], "tof_s": [1.5, 2.5, 3.5]}
    grid = Grid(axes)
    cells = grid.cells(0, grid.size)
    assert list(zip(*(values.tolist() for values in cells.values()), strict=True)) == list(
        itertools.product(*axes.values())
    )
    part = grid.cells(5, 8)
    assert all((part[name] == cells[name][5:8]).all() for name in axes)


def test_the_grid_keeps_a_copy_nobody_can_change() -> None:
    mine = np.arange(3.0)
    grid = Grid({"x": mine})
    mine[0] = 9.0
    assert grid.values["x"][0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        grid.values["x"][0] = 1.0


def test_dates_become_nanoseconds() -> None:
    day = np.array(["2026-02-01", "2261-01-01"], dtype="datetime64[D]")
    values = Grid({"day": day}).values["day"]
    assert values.dtype == "datetime64[ns]"
    assert (values == day).all()


def test_a_grid_without_cells_is_a_grid() -> None:
    grid = Grid({"x": [], "y": [1.0, 2.0]})
    assert (grid.size, grid.shape) == (0, (0, 2))


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ({}, "no axes"),
        ([1.0], "no axes"),
        ({"tof s": [1.0]}, "'tof s' is no name"),
        ({"a/b": [1.0]}, "no name"),
        ({1: [1.0]}, "no name"),
        ({"x": 1.0}, "x: has 0 dimensions"),
        ({"x": [[1.0]]}, "x: has 2 dimensions"),
        ({"x": [[1.0], [1.0, 2.0]]}, "x: is no array"),
        ({"x": [1.0, np.nan]}, "x: a value is missing"),
        ({"x": [np.inf]}, "infinite"),
        ({"x": np.array(["2026-01-01", "NaT"], "datetime64[D]")}, "missing"),
        ({"x": np.array(["2500-01-01"], "datetime64[D]")}, "nanosecond.*1678 to 2261"),
        ({"x": [True]}, "type bool"),
        ({"x": [1j]}, "type complex128"),
        ({"x": [None]}, "type object"),
        ({"x": np.ones(1, np.float16)}, "type float16"),
        ({"x": Axis(["a"], "s")}, "unit 's' of dates or text"),
        ({"x": Axis([1.0], "days since 2026-01-01")}, "datetime64"),
        ({name: np.arange(2**16) for name in "abcd"}, "18446744073709551616 cells"),
    ],
)
def test_what_is_no_grid(axes: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Grid(axes)


def test_fields_know_their_size() -> None:
    assert Field().bytes_per_cell == 8
    assert Field("float32", {"step": 5, "axis": 3}).bytes_per_cell == 60


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "declares no fields"),
        (None, "declares no fields"),
        ({"x": Field()}, "name of a dimension too"),
        ({"a b": Field()}, "no name"),
        ({"a": "float64"}, "allowed: a Field"),
        ({"a": Field("float65")}, "no data type"),
        ({"a": Field("U5")}, "type <U5"),
        ({"a": Field("complex128")}, "type complex128"),
        ({"a": Field(">f8")}, "type >f8"),
        ({"a": Field(unit="days since 2026-01-01")}, "since"),
        ({"a": Field(dims={"k": -1})}, "-1 is no size"),
        ({"a": Field(dims={"k": 1.5})}, "1.5 is no size"),  # type: ignore[dict-item]
        ({"a": Field(dims={"x": 2})}, "'x' means something else"),
        ({"a": Field(dims={"a": 2})}, "'a' means something else"),
        ({"a": Field(dims={"k": 2}), "b": Field(dims={"k": 3})}, "'k' means something else"),
    ],
)
def test_fields_that_are_no_variables(fields: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_fields(fields, Grid({"x": [1.0]}))
