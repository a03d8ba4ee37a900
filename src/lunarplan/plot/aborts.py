"""Ways home over the time of a flight: how long they take and what they cost."""

from typing import Any

from matplotlib.axes import Axes

from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.plot import style

_PANEL_IN = 1.5
_WAYS = (("fastest", "fastest", style.THRUST, "-", "o"), ("cheapest", "cheapest", style.COAST, "--", "s"))


@style.styled
def aborts(table: Any, start_tdb: float | None = None, axes: tuple[Axes, Axes] | None = None) -> tuple[Axes, Axes]:
    """Draw duration and delta-v of the fastest and the cheapest way home against the time of the flight.

    table     : `lunarplan.transfers.aborts.Aborts`
    start_tdb : from when the time is counted; the first moment, if not given
    """
    upper, lower = axes or _panels()
    first = float(table.epochs_tdb[0]) if start_tdb is None else start_tdb
    days = (table.epochs_tdb - first) / SECONDS_PER_DAY
    for name, label, color, dash, mark in _WAYS:
        way = getattr(table, name)
        look: dict[str, Any] = {"color": color, "ls": dash, "marker": mark, "ms": 2.5, "mew": 0.0, "label": label}
        upper.plot(days, way.duration_s / SECONDS_PER_DAY, **look)
        lower.plot(days, way.delta_v_m_s, **look)
    upper.set(ylabel="Way home (days)", ylim=(0.0, None))
    lower.set(ylabel="Δv (m/s)", xlabel="Time of the flight (days)", ylim=(0.0, None))
    upper.tick_params(labelbottom=False)
    upper.legend(loc="best")
    for ax in (upper, lower):
        ax.set_xlim(days.min() if len(days) else 0.0, days.max() if len(days) else 1.0)
    return upper, lower


def _panels() -> tuple[Axes, Axes]:
    bottom, gap, left, right, top = 0.42, 0.12, 0.55, 0.1, 0.12
    figure = style.new_figure(style.COLUMN_IN, bottom + 2.0 * _PANEL_IN + gap + top)
    width = style.COLUMN_IN - left - right
    lower = style.axes_in(figure, left, bottom, width, _PANEL_IN)
    return style.axes_in(figure, left, bottom + _PANEL_IN + gap, width, _PANEL_IN), lower
