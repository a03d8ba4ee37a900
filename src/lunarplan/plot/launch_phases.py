"""Launch windows against the phases of the Moon: light at a landing site, and eclipses, come back with them."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from lunarplan.plot import launch_cells as cells
from lunarplan.plot import style

_PANEL_IN, _LEFT_IN, _RIGHT_IN, _TOP_IN, _AXIS_IN = 2.5, 1.05, 0.25, 0.12, 0.42
_DATES = 14
_PHASES = ("new", "first quarter", "full", "last quarter", "new")


@style.styled
def launch_phases(windows: Any, ax: Axes | None = None) -> Axes:
    """Draw each launch day at the phase the Moon then has, a column for each lunation, coloured by its cheapest launch.

    windows : `lunarplan.windows.answer.Windows`. Days without a launch are tinted by the reason

    What the light at a landing site decides draws level bands, what the Moon's declination decides falls by some 27
    degrees a month. Raises InputError if there are no days.
    """
    first = cells.days(windows.dates)
    best = windows.over("launch_day")
    code, cost = best["code"].values, windows.cost_of(best)
    corners, day = _columns(first, windows.moon_phase_deg)
    closed = code[day] != cells.OPEN
    if ax is None:
        bottom = _AXIS_IN + cells.LEGEND_ROW_IN * cells.legend_rows(code[code != cells.OPEN]) + 0.05
        figure = style.new_figure(style.PAGE_IN, bottom + _PANEL_IN + _TOP_IN)
        ax = style.axes_in(figure, _LEFT_IN, bottom, style.PAGE_IN - _LEFT_IN - _RIGHT_IN, _PANEL_IN)
    cells.fill_closed(ax, corners[closed], code[day][closed])
    if not closed.all():
        filled = cells.fill_open(ax, corners[~closed], cost[day][~closed], cells.levels(cost))
        cells.cost_key(ax, filled, windows)
    ax.set(xlim=(corners[:, 0, 0].min(), corners[:, 1, 0].max()), ylim=(0.0, 360.0), ylabel="Moon at launch")
    ax.set_yticks(np.linspace(0.0, 360.0, 5), _PHASES)
    cells.plain(ax)
    cells.launch_dates(ax, first, _DATES, "Lunation of launch, ")
    cells.reason_key(ax, code[code != cells.OPEN], windows.reasons, _AXIS_IN)
    return ax


def _columns(first: cells.FloatArray, phase_deg: cells.FloatArray) -> tuple[cells.FloatArray, Any]:
    """Boxes of days, those over a new Moon in two, and which day each belongs to.

    phase_deg : float64[days + 1], at the midnights on both sides of every day
    """
    turns = np.unwrap(phase_deg, period=360.0) / 360.0
    midnights = np.append(first, first[-1] + 1.0)
    new_moons = np.arange(np.floor(turns[0]), np.floor(turns[-1]) + 2.0)
    rate = (turns[-1] - turns[0]) / (midnights[-1] - midnights[0])
    dates = midnights[0] + (new_moons - turns[0]) / rate  # of mean lunations: columns as wide as one another
    low, high, day = turns[:-1], turns[1:], np.arange(len(first))
    over = np.flatnonzero(np.floor(high) > np.floor(low))
    column = np.concatenate([np.floor(low), np.floor(high[over])])
    low = np.concatenate([low, np.floor(high[over])]) - column
    high = np.concatenate([np.where(np.isin(day, over), np.floor(turns[1:]), turns[1:]), high[over]]) - column
    left = np.interp(column, new_moons, dates)
    right = np.interp(column + 1.0, new_moons, dates)
    return cells.boxes(left, right, 360.0 * low, 360.0 * high), np.concatenate([day, day[over]])
