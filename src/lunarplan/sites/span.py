"""The span of time a place is judged over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.config.dates import epoch_tdb
from lunarplan.errors import InputError
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import utc_iso

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ROOM_S = 10.0  # light on its way from the Sun or the Earth, and the step at the end
_EDGE_S = 1800.0  # by so little a span may go beyond the ephemeris: it is cut, and says so
_SHORTEST_S = 3600.0
_MOST_EPOCHS = 2_000_000


def span_tdb(start: Any, end: Any, ephemeris: Ephemeris | None = None) -> tuple[float, float]:
    """First and last epoch of a span, TDB seconds past J2000.

    start, end : ISO dates, aware datetimes, astropy Times or TDB seconds; a plain date as `end` stands for all its day

    The first and the last day of the ephemeris count as whole, less the minutes light takes from the Sun.

    Raises InputError for what is no date, for a span that runs backwards or is shorter than an hour, and for one beyond
    the ephemeris.
    """
    first, last = _epoch("start", start), _epoch("end", end, end_of_day=True)
    source = ephemeris or Ephemeris.packaged()
    earliest = max(source.start_tdb, source.orientation.start_tdb) + 600.0
    latest = min(source.end_tdb, source.orientation.end_tdb) - _ROOM_S
    first = earliest if 0.0 < earliest - first <= _EDGE_S else first
    last = latest if 0.0 < last - latest <= _EDGE_S else last
    if not last > first:
        what = f"the end, {utc_iso(last, 0)}, is not after the start, {utc_iso(first, 0)}"
        raise InputError(what, where="span", remedy="swap them")
    if last - first < _SHORTEST_S:
        raise InputError(f"{last - first:.0f} s", where="span", allowed="an hour or more")
    if first < earliest or last > latest:
        raise InputError(
            f"{utc_iso(first, 0)} to {utc_iso(last, 0)} is beyond {source.name}",
            where="span",
            allowed=f"{utc_iso(earliest, 0)} to {utc_iso(latest, 0)}",
            remedy="change the dates, or give an Ephemeris.from_files(spk, orientation) of them",
        )
    return first, last


def epochs(start_tdb: float, end_tdb: float, step_s: float) -> NDArray[np.float64]:
    """Epochs from start to end every step; raises InputError for too many."""
    steps = int(np.floor((end_tdb - start_tdb) / step_s + 1e-9))
    if steps > _MOST_EPOCHS:
        raise InputError(f"{steps:,} steps", where="step_s", allowed=f"{_MOST_EPOCHS:,}", remedy="a longer step")
    return np.asarray(start_tdb + step_s * np.arange(steps + 1))


def _epoch(which: str, value: Any, *, end_of_day: bool = False) -> float:
    if isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool):
        if not np.isfinite(value):
            raise InputError(f"{value}", where=which, allowed="TDB seconds past J2000, or a date")
        return float(value)
    try:
        return epoch_tdb(value, end_of_day=end_of_day)
    except InputError as error:
        raise InputError(error.what, where=which, allowed=error.allowed, remedy=error.remedy) from error
