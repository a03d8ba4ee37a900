"""Launch windows over months and years: which days of which month, and how far the Moon then goes north and south."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from lunarplan.plot import launch_cells as cells
from lunarplan.plot import style

_MAP_IN, _MOON_IN, _BETWEEN_IN, _LEFT_IN, _TOP_IN, _AXIS_IN = 2.5, 0.75, 0.12, 0.55, 0.12, 0.42
_KEY_IN, _KEY_GAP_IN, _RIGHT_IN = 0.1, 0.08, 0.78
_DATES = 14


@style.styled
def launch_years(windows: Any) -> Figure:
    """Draw a page of launch windows over years: each day of each month, coloured by the cheapest launch of that day.

    windows : `lunarplan.windows.answer.Windows`. Days without a launch are tinted by the reason. Above them stands the
              Moon's greatest declination of each month, whose cycle takes 18.6 years, and the least inclination
              of the parking orbits tried: it is out of reach where the first is above the second

    Raises InputError if there are no days.
    """
    first = cells.days(windows.dates)
    best = windows.over("launch_day")
    code = best["code"].values
    closed = code != cells.OPEN
    bottom = _AXIS_IN + cells.LEGEND_ROW_IN * cells.legend_rows(code[closed]) + 0.05
    figure = style.new_figure(style.PAGE_IN, bottom + _MAP_IN + _BETWEEN_IN + _MOON_IN + _TOP_IN)
    width = style.PAGE_IN - _LEFT_IN - _RIGHT_IN
    ax = style.axes_in(figure, _LEFT_IN, bottom, width, _MAP_IN)
    corners = _squares(first)
    cells.fill_closed(ax, corners[closed], code[closed])
    if not closed.all():
        cost = windows.cost_of(best)
        filled = cells.fill_open(ax, corners[~closed], cost[~closed], cells.levels(cost))
        key = style.axes_in(figure, _LEFT_IN + width + _KEY_GAP_IN, bottom, _KEY_IN, _MAP_IN)
        cells.cost_key(ax, filled, windows, cax=key)
    ax.set(xlim=(corners[0, 0, 0], corners[-1, 1, 0]), ylim=(31.5, 0.5), ylabel="Day of the month")
    ax.set_yticks([1, 6, 11, 16, 21, 26, 31])
    cells.plain(ax)
    cells.launch_dates(ax, first, _DATES, "Month of launch, ")
    cells.reason_key(ax, code[closed], windows.reasons, _AXIS_IN)
    if np.isfinite(windows.moon_declination_deg).all():
        above = style.axes_in(figure, _LEFT_IN, bottom + _MAP_IN + _BETWEEN_IN, width, _MOON_IN)
        _moon(above, ax, first, windows)
    return figure


def _squares(first: cells.FloatArray) -> cells.FloatArray:
    """Boxes of days: across the whole of their month, and one high at the day of the month."""
    dates = _dates(first)
    month = dates.astype("datetime64[M]")
    day = (dates - month.astype("datetime64[D]")).astype(int) + 1.0
    left, right = (np.asarray(date2num((month + step).astype("datetime64[D]"))) for step in (0, 1))
    return cells.boxes(left, right, day - 0.5, day + 0.5)


def _moon(above: Axes, ax: Axes, first: cells.FloatArray, windows: Any) -> None:
    """Greatest declination of the Moon in each month, and what the parking orbits reach."""
    month, place = np.unique(_dates(first).astype("datetime64[M]"), return_inverse=True)
    greatest = np.zeros(len(month))
    np.maximum.at(greatest, place, windows.moon_declination_deg)
    edges = np.asarray(date2num(np.append(month, month[-1] + 1).astype("datetime64[D]")))
    above.stairs(
        greatest, edges, baseline=None, color=style.COAST, lw=style.COAST_PT, label="Moon, greatest of the month"
    )
    least = float(windows.inclination_deg.min())
    above.axhline(least, color=style.INK, lw=0.8, ls="--", label="parking orbit, least inclination")
    low, high = min(greatest.min(), least), max(greatest.max(), least)
    above.set(xlim=ax.get_xlim(), ylim=(low - 2.0, high + 2.0 + 0.35 * (high - low + 4.0)), ylabel="Declination (°)")
    above.set_xticks(ax.get_xticks())
    above.tick_params(labelbottom=False)
    above.set_xlim(ax.get_xlim())
    above.legend(loc="upper left", ncols=2)


def _dates(first: cells.FloatArray) -> Any:
    return np.datetime64("1970-01-01", "D") + first.astype(int)
