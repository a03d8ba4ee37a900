"""Launch windows over a span of days: when the daily windows are, and what flight times cost."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import utc_days
from lunarplan.plot import launch_cells as cells
from lunarplan.plot import style
from lunarplan.plot.dates import utc_dates

_PANEL_IN, _LEFT_IN, _RIGHT_IN, _TOP_IN, _AXIS_IN = 2.5, 0.55, 0.25, 0.12, 0.42
_DATES = 12
_GAP_DAYS, _FEW_DAYS = 0.06, 120  # of white on both sides of a day, where days are few
_EDGE_PT = 1.2  # a window of an instant is a line
_STAR: dict[str, Any] = {"marker": "*", "ms": 9.0, "mfc": "white", "mec": style.INK, "mew": 0.6, "clip_on": False}
_HALF_STEP = 0.25  # about a single value
_UPWARDS = {
    "tof_s": (SECONDS_PER_DAY, "Time of flight (days)"),
    "perilune_altitude_km": (1000.0, "Perilune altitude (1000 km)"),
}


@style.styled
def launch_calendar(windows: Any, ax: Axes | None = None) -> Axes:
    """Draw the daily launch windows: lift-off time of day against the date, coloured by what the best launch costs.

    windows : `lunarplan.windows.answer.Windows`; both opportunities of a day are shown, each with the arrival and the
              time of flight that are cheapest on that day. Days without one are tinted by the reason

    The star is the cheapest launch of all. Raises InputError if there are no days.
    """
    first = cells.days(windows.dates)
    nearest = windows.over("launch_day")["code"].values
    ax = ax or _page_axes(nearest)
    closed = nearest != cells.OPEN
    x, y = first[closed], np.zeros(closed.sum())
    cells.fill_closed(ax, cells.boxes(x, x + 1.0, y, y + 24.0), nearest[closed])
    bands, cost = _bands(windows, _GAP_DAYS * (len(first) <= _FEW_DAYS))
    if len(cost):
        cells.cost_key(ax, cells.fill_open(ax, bands, cost, cells.levels(cost), _EDGE_PT), windows)
        ax.plot(_midday(windows.best.launch_tdb), _hour(windows.best.launch_tdb), zorder=5, **_STAR)
    ax.set(xlim=(first[0], first[-1] + 1.0), ylim=(0.0, 24.0), ylabel="Lift-off, UTC (h)")
    ax.set_yticks(np.arange(0.0, 25.0, 6.0))
    ax.set_yticks(np.arange(0.0, 25.0, 1.0), minor=True)
    ax.set_axisbelow("line")
    ax.tick_params(axis="x", direction="out")
    return _with_dates(ax, first, nearest[closed], windows.reasons)


@style.styled
def launch_porkchop(windows: Any, ax: Axes | None = None) -> Axes:
    """Draw what launches cost over launch day and time of flight; of free returns, over launch day and perilune.

    windows : `lunarplan.windows.answer.Windows`; of everything else that is scanned the cheapest is shown. Where
              nothing is open, the tint says why the nearest to it is closed

    The star is the cheapest launch of all. Raises InputError if there are no days, or neither axis.
    """
    first = cells.days(windows.dates)
    axis = windows.upwards
    if axis is None:
        raise InputError(
            "neither times of flight nor perilunes were scanned", where="windows", remedy="draw the calendar"
        )
    scale, label = _UPWARDS[axis]
    best = windows.over("launch_day", axis)
    code, cost = best["code"].values.ravel(), windows.cost_of(best).ravel()
    ax = ax or _page_axes(code[code != cells.OPEN])
    up = _edges(best[axis].values / scale)
    x, low = (values.ravel() for values in np.meshgrid(first, up[:-1], indexing="ij"))
    high = np.broadcast_to(up[1:], (len(first), len(up) - 1)).ravel()
    corners, closed = cells.boxes(x, x + 1.0, low, high), code != cells.OPEN
    cells.fill_closed(ax, corners[closed], code[closed])
    if not closed.all():
        cells.cost_key(ax, cells.fill_open(ax, corners[~closed], cost[~closed], cells.levels(cost)), windows)
        launch = windows.best
        place = launch.tof_s if axis == "tof_s" else launch.more[axis]
        ax.plot(_midday(launch.launch_tdb), place / scale, zorder=5, **_STAR)
    ax.set(xlim=(first[0], first[-1] + 1.0), ylim=(up[0], up[-1]), ylabel=label)
    cells.plain(ax)
    return _with_dates(ax, first, code[closed], windows.reasons)


def _page_axes(codes: Any) -> Axes:
    """Axes of a new figure as wide as a page, with room for the reasons below."""
    bottom = _AXIS_IN + cells.LEGEND_ROW_IN * cells.legend_rows(codes[codes != cells.OPEN]) + 0.05
    figure = style.new_figure(style.PAGE_IN, bottom + _PANEL_IN + _TOP_IN)
    return style.axes_in(figure, _LEFT_IN, bottom, style.PAGE_IN - _LEFT_IN - _RIGHT_IN, _PANEL_IN)


def _with_dates(ax: Axes, first: cells.FloatArray, codes: Any, reasons: Any) -> Axes:
    cells.launch_dates(ax, first, _DATES, "Launch, ")
    cells.reason_key(ax, codes, reasons, _AXIS_IN)
    return ax


def _bands(windows: Any, gap: float) -> tuple[cells.FloatArray, cells.FloatArray]:
    """Boxes of all daily windows, those over midnight in two, and what their best launches cost."""
    ways = windows.dataset["opportunity"].values if "opportunity" in windows.axes else [None]
    days = [day for way in ways for day in windows.only(way if way is None else str(way)).calendar if day.open]
    cost = np.array([day.best.delta_v_m_s for day in days])
    opens = np.array([day.opens_tdb for day in days])
    day, low = np.floor(utc_dates(opens)), _hour(opens)
    high = low + np.array([day.duration_s for day in days]) / 3600.0
    over = high > 24.0
    day, low, high = (
        np.concatenate([day, day[over] + 1.0]),
        np.concatenate([low, 0.0 * low[over]]),
        np.concatenate([np.minimum(high, 24.0), high[over] - 24.0]),
    )
    return cells.boxes(day + gap, day + 1.0 - gap, low, high), np.concatenate([cost, cost[over]])


def _hour(tdb: Any) -> Any:
    """Hours since midnight, UTC."""
    return utc_days(tdb)[1] / 3600.0


def _midday(tdb: float) -> float:
    return float(np.floor(utc_dates(tdb))[0]) + 0.5


def _edges(values: cells.FloatArray) -> cells.FloatArray:
    """Limits of cells about ascending values."""
    if len(values) == 1:
        return np.asarray(values[0] + _HALF_STEP * np.array([-1.0, 1.0]))
    middle = 0.5 * (values[1:] + values[:-1])
    return np.concatenate([[1.5 * values[0] - 0.5 * values[1]], middle, [1.5 * values[-1] - 0.5 * values[-2]]])
