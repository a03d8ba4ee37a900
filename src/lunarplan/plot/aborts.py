"""Ways home, or to a station, over the time of a flight: how long they take and what they cost."""

from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.plot import style
from lunarplan.plot.labels import spread

_PANEL_IN, _NAMES_IN = 1.5, 0.8
_LINE_PT, _LEADER_PT, _APART_DAYS, _NAME_LETTERS = 8.0, 10.0, 0.02, 14
_WAYS = (("fastest", "fastest", style.THRUST, "-", "o"), ("cheapest", "cheapest", style.COAST, "--", "s"))


@style.styled
def aborts(
    table: Any, start_tdb: float | None = None, axes: tuple[Axes, Axes] | None = None, *, plan: Any = None
) -> tuple[Axes, Axes]:
    """Draw duration and delta-v of the fastest and the cheapest way out against the time of the flight.

    table     : `lunarplan.transfers.aborts.aborts.Aborts`
    start_tdb : from when the time is counted; the first moment, if not given, or the plan's first event
    plan      : its events are named above
    """
    events = plan.timeline if plan is not None else ()
    upper, lower = axes or _panels(_NAMES_IN if events else 0.0)
    if start_tdb is None:
        start_tdb = events[0].epoch_tdb if events else float(table.epochs_tdb[0])
    days = (table.epochs_tdb - start_tdb) / SECONDS_PER_DAY
    for name, label, color, dash, mark in _WAYS:
        way = getattr(table, name)
        look: dict[str, Any] = {"color": color, "ls": dash, "marker": mark, "ms": 2.5, "mew": 0.0, "label": label}
        upper.plot(days, way.duration_s / SECONDS_PER_DAY, **look)
        lower.plot(days, way.delta_v_m_s, **look)
    upper.set(ylabel="Duration (days)", ylim=(0.0, None))
    lower.set(ylabel="Δv (m/s)", xlabel="Time of the flight (days)", ylim=(0.0, None))
    upper.tick_params(labelbottom=False)
    upper.legend(loc="best")
    for ax in (upper, lower):
        ax.set_xlim(*_limits(days))
    _name(upper, lower, events, start_tdb)
    return upper, lower


def _limits(days: NDArray[np.float64]) -> tuple[float, float]:
    """What the moments span; a day about one alone."""
    if not len(days):
        return 0.0, 1.0
    low, high = float(days.min()), float(days.max())
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def _name(upper: Axes, lower: Axes, events: Any, start_tdb: float) -> None:
    """Lines at the events, those within half an hour as one, and their names above."""
    low, high = upper.get_xlim()
    groups: list[tuple[float, list[Any]]] = []
    for event in events:
        day = (event.epoch_tdb - start_tdb) / SECONDS_PER_DAY
        if low - _APART_DAYS <= day <= high + _APART_DAYS:
            if groups and day - groups[-1][0] < _APART_DAYS:
                groups[-1][1].append(event)
            else:
                groups.append((day, [event]))
    if not groups:
        return
    days = np.array([day for day, _ in groups])
    names = ["\n".join(fill(event.name, _NAME_LETTERS) for event in group) for _, group in groups]
    points = upper.transData.transform(np.column_stack([days, days]))[:, 0] * 72.0 / upper.figure.dpi
    widths = [_LINE_PT * (1 + name.count("\n")) for name in names]
    places = spread(points, widths, 72.0 * upper.figure.bbox.width / upper.figure.dpi)
    for (day, group), name, shift in zip(groups, names, places - points, strict=True):
        burn = any(event.engine for event in group)
        for ax in (upper, lower):
            ax.axvline(day, color=style.THRUST if burn else style.FAINT, ls="-" if burn else ":", lw=0.6, zorder=1)
        upper.annotate(
            name, (day, 1.0), (shift, _LEADER_PT), xycoords=("data", "axes fraction"), textcoords="offset points",
            rotation=90.0, ha="center", va="bottom", fontsize=6.0, linespacing=1.0,
            color=style.THRUST if burn else style.INK,
            arrowprops={"arrowstyle": "-", "lw": 0.5, "color": style.FAINT, "shrinkA": 1.0, "shrinkB": 0.0},
        )  # fmt: skip


def _panels(names_in: float) -> tuple[Axes, Axes]:
    bottom, gap, left, right, top = 0.42, 0.12, 0.55, 0.1, 0.12 + names_in
    figure = style.new_figure(style.COLUMN_IN, bottom + 2.0 * _PANEL_IN + gap + top)
    width = style.COLUMN_IN - left - right
    lower = style.axes_in(figure, left, bottom, width, _PANEL_IN)
    return style.axes_in(figure, left, bottom + _PANEL_IN + gap, width, _PANEL_IN), lower
