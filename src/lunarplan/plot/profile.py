"""Altitude and speed against time."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullFormatter

from lunarplan.model.constants import RADIUS_KM
from lunarplan.plot import style
from lunarplan.plot.dates import show_dates, utc_dates
from lunarplan.plot.flight import Flight
from lunarplan.plot.labels import Labels, caption, spread

FloatArray = npt.NDArray[np.float64]

_PANEL_IN, _LABELS_IN, _AXES_IN = 1.7, 1.2, 0.75
_DATE_IN, _BEYOND_IN = 0.55, 0.15  # room a date takes, and how far beyond the axis half of it would reach over the page
_UTC_BELOW_PT = 25.0
_PLACES_TRIED, _APART_PT = 60, 20.0  # along a curve, for its name
_LINE_PT = 8.0  # room a line of a label takes
_LEADER_PT = 12.0
_LEAST_KM, _LEAST_KM_S = 1.0, 0.01  # what comes down to the ground leaves the picture there: logarithms go on for ever
_WIDE = 300.0  # of speeds: beyond, 2 and 5 between the powers of ten are too many


@style.styled
def altitude(result: Any, ax: Axes | None = None, *, named: bool = True, dated: bool = True) -> Axes:
    """Draw a Plan's or Trajectory's altitude above the Earth and above the Moon against time.

    Above spheres of the Earth's equatorial and the Moon's mean radius; events are lines, ``named`` at the top; burns
    are shaded. ``dated`` adds UTC below the days.
    """
    flight, ax = Flight.of(result), ax or style.column_axes(_PANEL_IN, _AXES_IN, _LABELS_IN)
    heights = {
        "above the Earth": np.linalg.norm(flight.from_earth[:, :3], axis=1) - RADIUS_KM["earth"],
        "above the Moon": np.linalg.norm(flight.from_moon[:, :3], axis=1) - RADIUS_KM["moon"],
    }
    ax.set(ylabel="Altitude (km)")
    if not flight.near_earth:
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(numticks=12))
    _against_time(ax, flight, heights, _LEAST_KM, named, dated)
    return ax


@style.styled
def speed(result: Any, ax: Axes | None = None, *, named: bool = True, dated: bool = True) -> Axes:
    """Draw a Plan's or Trajectory's speed relative to the Earth and to the Moon against time; see `altitude`."""
    flight, ax = Flight.of(result), ax or style.column_axes(_PANEL_IN, _AXES_IN, _LABELS_IN)
    speeds = {
        "relative to the Earth": np.linalg.norm(flight.from_earth[:, 3:], axis=1),
        "relative to the Moon": np.linalg.norm(flight.from_moon[:, 3:], axis=1),
    }
    ax.set(ylabel="Speed (km/s)")
    if not flight.near_earth:
        every = np.concatenate(list(speeds.values()))
        wide = every.max() > _WIDE * max(every.min(), _LEAST_KM_S)
        ax.set_yscale("log")
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0,) if wide else (1.0, 2.0, 5.0), numticks=12))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter(NullFormatter())
    _against_time(ax, flight, speeds, _LEAST_KM_S, named, dated)
    return ax


def _against_time(
    ax: Axes, flight: Flight, curves: dict[str, FloatArray], least: float, named: bool, dated: bool
) -> None:
    """Draw the curves, the first about the Earth, the second about the Moon if it goes there, and the events.

    least : of the axis, where it is logarithmic
    """
    days = flight.days(flight.tdb)
    if flight.near_earth:
        curves = dict(list(curves.items())[:1])
    looks = ((style.EARTH, style.COAST, 1.8), (style.INK, style.INK, 0.8))
    for values, (color, _, width) in zip(curves.values(), looks, strict=False):
        ax.plot(days, values, color=color, lw=width)
    margin = 0.02 * (days[-1] - float(flight.days(flight.zero_tdb)))
    ax.set_xlim(float(flight.days(flight.zero_tdb)) - margin, days[-1] + margin)
    low, high = ax.get_ylim()
    ax.set_ylim(low if flight.near_earth else max(low, least), high)
    ax.set_xlabel(f"Days since {flight.zero_name}", labelpad=1.0 if dated else 4.0)
    _draw_events(ax, flight)
    paths = [np.column_stack([days, np.maximum(values, ax.get_ylim()[0])]) for values in curves.values()]
    labels = Labels(ax, *paths, *_upright(ax, flight))
    apart = _rows_apart(ax, paths[0], paths[-1])
    for path, text, (_, color, _) in zip(paths, curves, looks, strict=False):
        labels.name_one_of(path[apart], text, leader=True, color=color)
    if named and flight.marks:
        _name_marks(ax, flight)
    if dated:
        _date(ax, flight)


def _rows_apart(ax: Axes, one: FloatArray, other: FloatArray) -> npt.NDArray[np.intp]:
    """Return some samples where two curves are well apart, so that a name beside one is not taken for the other's."""
    gap = np.abs(ax.transData.transform(one)[:, 1] - ax.transData.transform(other)[:, 1])
    rows = np.flatnonzero(gap >= min(_APART_PT * ax.figure.dpi / 72.0, gap.max()))
    return rows[:: len(rows) // _PLACES_TRIED + 1]


def _draw_events(ax: Axes, flight: Flight) -> None:
    for leg in flight.legs:
        if leg.thrusting:
            first, last = flight.days(flight.tdb[leg.rows][[0, -1]])
            ax.axvspan(first, last, color=style.THRUST, alpha=0.35, lw=0.0, zorder=1)
    for mark in flight.marks:
        color, dash = (style.THRUST, "-") if mark.is_burn else (style.FAINT, ":")
        ax.axvline(float(flight.days(mark.tdb)), color=color, ls=dash, lw=0.6, zorder=1)


def _upright(ax: Axes, flight: Flight) -> list[FloatArray]:
    """Return the lines of the events, float64[2, 2] each."""
    return [np.array([[flight.days(mark.tdb), y] for y in ax.get_ylim()]) for mark in flight.marks]


def _name_marks(ax: Axes, flight: Flight) -> None:
    """Write names above the axes, upright, side by side where their lines are too close."""
    days = flight.days([mark.tdb for mark in flight.marks])
    names = [caption([mark]) for mark in flight.marks]
    points = ax.transData.transform(np.column_stack([days, np.ones(len(days))]))[:, 0] * 72.0 / ax.figure.dpi
    widths = [_LINE_PT * (1 + name.count("\n")) for name in names]
    places = spread(points, widths, 72.0 * ax.figure.bbox.width / ax.figure.dpi)
    for mark, day, name, shift in zip(flight.marks, days, names, places - points, strict=True):
        ax.annotate(
            name, (day, 1.0), (shift, _LEADER_PT), xycoords=("data", "axes fraction"), textcoords="offset points",
            rotation=90.0, ha="center", va="bottom", fontsize=6.5, linespacing=1.0,
            color=style.THRUST if mark.is_burn else style.INK,
            arrowprops={"arrowstyle": "-", "lw": 0.5, "color": style.FAINT, "shrinkA": 1.0, "shrinkB": 0.0},
        )  # fmt: skip


def _date(ax: Axes, flight: Flight) -> None:
    """Add an axis of UTC below that of days."""
    zero, end = utc_dates([flight.zero_tdb, flight.tdb[-1]])
    utc = ax.secondary_xaxis("bottom", functions=(lambda day: np.add(day, zero), lambda date: np.subtract(date, zero)))
    utc.spines["bottom"].set_position(("outward", _UTC_BELOW_PT))
    wide_in = ax.bbox.width / ax.figure.dpi
    show_dates(utc.xaxis, zero, end, most=max(4, int(wide_in / _DATE_IN)), room=_BEYOND_IN / wide_in)
    utc.xaxis.labelpad = 1.0
