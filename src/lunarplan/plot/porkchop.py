"""What transfers cost against when they arrive and how long they take."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.plot import style
from lunarplan.plot.dates import show_dates, utc_dates

FloatArray = npt.NDArray[np.float64]

_PANEL_IN = 2.3
_DATES = 6
_LEVELS, _SHOWN_PERCENT = 10, 95.0  # colours, and how much of the values they tell apart


@style.styled
def porkchop(transfers: Any, values: npt.ArrayLike, label: str, ax: Axes | None = None) -> Axes:
    """Draw contours of a value of direct transfers over arrival (UTC) and time of flight.

    transfers : a batch of `transfers.to_moon.direct` on a grid of arrivals and times of flight; of several at a node,
                such as those by the ascending and the descending node, the lowest value is shown
    values    : float64[N], one per transfer, NaN where there is none; such places are left grey
    label     : what the values are, with unit

    Raises InputError if there is no grid, or nothing on it.
    """
    arrivals, tofs, grid = cheapest(transfers.problem.perilune_tdb, transfers.problem.tof_s, values)
    ax = ax or style.column_axes(_PANEL_IN)
    dates = utc_dates(arrivals)
    levels = MaxNLocator(_LEVELS).tick_values(np.nanmin(grid), np.nanpercentile(grid, _SHOWN_PERCENT))
    days = tofs / SECONDS_PER_DAY
    ax.set_facecolor(style.MOON)
    filled = ax.contourf(dates, days, grid, levels, cmap="cividis", extend="max")
    lines = ax.contour(dates, days, grid, levels, colors=style.INK, linewidths=0.4)
    _label_lines(ax, lines, levels[::2])
    ax.figure.colorbar(filled, ax=ax, pad=0.02, label=label)
    row, column = np.unravel_index(np.nanargmin(grid), grid.shape)
    ax.plot(dates[column], days[row], "*", ms=9.0, mfc="white", mec=style.INK, mew=0.6, clip_on=False, zorder=5)
    ax.set_ylabel("Time of flight (days)")
    show_dates(ax.xaxis, dates[0], dates[-1], most=_DATES, what="Arrival, ")
    return ax


def _label_lines(ax: Axes, lines: Any, levels: Any) -> None:
    """Write the levels on their lines, legible on any colour; not where the edge would cut them."""
    for text in ax.clabel(lines, levels, fontsize=6.0, inline=False):
        extent = text.get_window_extent()
        if ax.bbox.count_contains(extent.corners()) < 4:
            text.remove()
        text.set_path_effects([withStroke(linewidth=1.6, foreground="white")])


def cheapest(
    arrival_tdb: FloatArray, tof_s: FloatArray, values: npt.ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return ascending arrivals, ascending times of flight, and the lowest value of each pair, [tof, arrival]."""
    value = np.asarray(values, float)
    if value.shape != np.shape(arrival_tdb):
        raise InputError(
            f"{value.shape} values for {len(arrival_tdb)} transfers", where="porkchop", remedy="give one per transfer"
        )
    arrivals, column = np.unique(arrival_tdb, return_inverse=True)
    tofs, row = np.unique(tof_s, return_inverse=True)
    if len(arrivals) < 2 or len(tofs) < 2:
        raise InputError(
            f"{len(arrivals)} arrivals and {len(tofs)} times of flight are no grid",
            where="porkchop",
            allowed="at least 2 by 2",
        )
    grid = np.full((len(tofs), len(arrivals)), np.inf)
    np.minimum.at(grid, (row, column), np.where(np.isnan(value), np.inf, value))
    if not np.isfinite(grid).any():
        raise InputError("none of the transfers has a value", where="porkchop", remedy="see their status")
    return arrivals, tofs, np.where(np.isfinite(grid), grid, np.nan)
