"""Epochs of a time series, and their UTC as numpy and xarray write it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds, utc_days
from lunarplan.model.rows import scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MJD_OF_1970 = 40587
_MOST_EPOCHS = 50_000_000
_DRIFT_S = 0.01  # of TDB against UTC between leap seconds: 3 ms


def span(start: Any, end: Any) -> tuple[float, float]:
    """Return two epochs, anything `tdb_seconds` reads; raises InputError unless the second is after the first."""
    first, last = tdb_seconds(start), tdb_seconds(end)
    for name, value in (("start", first), ("end", last)):
        if not isinstance(value, float):
            raise InputError("is not one epoch", where=name, allowed="a date, an epoch or TDB seconds")
    if not last > first:
        raise InputError("the span has no length", where="end", allowed="an epoch after the start")
    return first, last


def epochs(start: Any, end: Any, step_h: float) -> Floats:
    """Return TDB seconds from the start on, by steps of hours, before the end; raises InputError."""
    first, last = span(start, end)
    step = 3600.0 * scalar("step_h", step_h, 1.0 / 3600.0, 1e6, "h")
    count = math.ceil((last - first - _DRIFT_S) / step)
    if count > _MOST_EPOCHS:
        raise InputError(
            f"{count} epochs", where="step_h", allowed=f"at most {_MOST_EPOCHS}", remedy="make longer steps"
        )
    return np.asarray(first + step * np.arange(max(count, 1)))


def utc_stamps(tdb: Floats) -> NDArray[np.datetime64]:
    """Return UTC as datetime64[ns]; a leap second has the stamps of the second after it.

    Rounded to 10 ms, so that steps of TDB, which gains and loses 3 ms a year, look like the steps of UTC that they are
    meant to be.
    """
    mjd, seconds = utc_days(tdb + 0.005)
    whole = (mjd - _MJD_OF_1970).astype("datetime64[D]").astype("datetime64[ns]")
    return np.asarray(whole + (10.0 * np.floor(seconds * 100.0)).astype("timedelta64[ms]"))
