"""Axes of UTC."""

import numpy as np
import numpy.typing as npt
from matplotlib.axis import Axis
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num, num2date

from lunarplan.model.epochs import utc_iso

_FORMATS = ("%Y", "%b", "%d %b", "%H:%M", "%H:%M", "%H:%M:%S")  # years, months, days, hours, minutes, seconds
_FORMATS_AT_ZERO = ("", "%Y", "%d %b", "%d %b", "%H:%M", "%H:%M")


def utc_dates(tdb: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return UTC as matplotlib's days, for TDB seconds past J2000."""
    texts = np.atleast_1d(utc_iso(np.asarray(tdb, float)))
    return np.asarray(date2num([np.datetime64(str(text).rstrip("Z")) for text in texts]))


class _ShortOfTheEnd(AutoDateLocator):  # type: ignore[misc]
    """Dates whose text does not reach far beyond the end of the axis."""

    def __init__(self, room: float, **counts: int) -> None:
        super().__init__(**counts)
        self._room = room

    def __call__(self) -> npt.NDArray[np.float64]:
        dates = np.asarray(super().__call__(), float)
        first, last = sorted(self.axis.get_view_interval())
        return np.asarray(dates[dates <= last - self._room * (last - first)])


def show_dates(axis: Axis, first: float, last: float, most: int, what: str = "", *, room: float = 0.0) -> None:
    """Write at most so many dates on an axis of `utc_dates`, and the years from first to last in its label.

    room : share of the axis, at its end, that stays without a date
    """
    locator = _ShortOfTheEnd(room, minticks=3, maxticks=most)
    axis.set_major_locator(locator)
    axis.set_major_formatter(
        ConciseDateFormatter(locator, formats=_FORMATS, zero_formats=_FORMATS_AT_ZERO, show_offset=False)
    )
    years = dict.fromkeys(str(num2date(date).year) for date in (first, last))
    axis.set_label_text(f"{what}UTC, {'–'.join(years)}")
