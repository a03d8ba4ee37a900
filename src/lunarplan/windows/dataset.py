"""What a dataset must hold so that launch windows can be told from it: whoever cuts or changes one is told at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.windows.departure import OPEN, REASONS

if TYPE_CHECKING:
    import xarray as xr

_ALLOWED = "the dataset of launch windows"
_OF_LAUNCHES = ("launch_tdb", "injection_tdb", "perilune_tdb", "coast_s", "c3")


def require_windows(dataset: xr.Dataset, axes: Sequence[str], burns: Sequence[str]) -> None:
    """Raise InputError unless axes are in order, codes have a meaning, and open cells have numbers and keep all rules.

    axes : of the cells, days first and azimuths last; burns : the variables that add up to what a launch costs
    """
    _require_axes(dataset, axes)
    _require_rules(dataset, axes)
    for name in (*_OF_LAUNCHES, *burns):
        variable = dataset[name]
        _require(variable.dims == tuple(axes) and variable.dtype.kind in "iuf", f"{name} is no number for every cell")
    _require(burns, "the attribute burns names none")
    code = dataset["code"].values
    known = [*REASONS, *range(1, dataset.sizes["constraint"] + 1)]
    _require(np.isin(code, known).all(), "code has numbers without a meaning")
    found = code >= OPEN
    for name in _OF_LAUNCHES:
        _require(
            np.isfinite(dataset[name].values[found]).all(), f"{name} is not known of every transfer that was found"
        )
    is_open = code == OPEN
    for name in burns:
        _require(np.isfinite(dataset[name].values[is_open]).all(), f"{name} is not known of every open cell")
    _require((dataset["margin"].values[is_open] >= 0.0).all(), "an open cell breaks a rule")
    _require(_has_site(dataset.attrs["job"]), "the attribute job names no launch site")


def _require_axes(dataset: xr.Dataset, axes: Sequence[str]) -> None:
    days, azimuths = (dataset[axis].values for axis in (axes[0], axes[-1]))
    _require(days.dtype.kind == "M" and _ascends(days, np.timedelta64(0)), "launch_day holds no dates in their order")
    numbers = azimuths.dtype.kind in "iuf" and np.isfinite(azimuths).all()
    _require(numbers and _ascends(azimuths, 0.0), "azimuth_deg holds no numbers in their order")
    empty = [axis for axis in axes[1:] if not dataset.sizes[axis]]
    _require(not empty or not len(days), f"{', '.join(empty)} has no values")


def _require_rules(dataset: xr.Dataset, axes: Sequence[str]) -> None:
    code, margin, scale = dataset["code"], dataset["margin"], dataset["scale"]
    _require(code.dims == tuple(axes) and code.dtype.kind == "i", "code is no whole number for every cell")
    _require(
        margin.dims == (*axes, "constraint") and margin.dtype.kind == "f", "margin is none for every rule and cell"
    )
    sizes = {dataset[name].dims for name in ("constraint", "unit", "scale")}
    _require(sizes == {("constraint",)}, "constraint, unit and scale do not go together")
    _require(scale.dtype.kind in "iuf" and (scale.values > 0.0).all(), "scale is not positive")


def _ascends(values: Any, nothing: Any) -> bool:
    return bool((np.diff(values) > nothing).all())


def _has_site(job: Any) -> bool:
    try:
        name, latitude, longitude = json.loads(job)["site"]
    except (TypeError, ValueError, KeyError):
        return False
    return isinstance(name, str) and all(isinstance(angle, int | float) for angle in (latitude, longitude))


def _require(holds: Any, otherwise: str) -> None:
    if not holds:
        raise InputError(otherwise, where="dataset", allowed=_ALLOWED, remedy="scan again, or cut out whole days")
