"""Free returns: what the altitude over the Moon costs in time and energy; and what an error costs."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.plot import style

_PANEL_IN = 1.5


@style.styled
def free_return_family(found: Any, axes: tuple[Axes, Axes] | None = None) -> tuple[Axes, Axes]:
    """Draw times of flight and energy of free returns against their altitude over the Moon.

    found : `lunarplan.transfers.free_returns.free_return.FreeReturns`, of one epoch; rows that are not ok are left out
    """
    upper, lower = axes or _panels()
    height = found.problem.perilune_radius_km - RADIUS_KM["moon"]
    order = np.argsort(height)
    order = order[found.ok[order]]
    height = height[order] / 1e3
    out, home = (s[order] / SECONDS_PER_DAY for s in (found.outbound_s, found.inbound_s))
    upper.plot(height, out, color=style.COAST, marker="o", ms=2.0, mew=0.0, label="out")
    upper.plot(height, home, color=style.THRUST, marker="s", ms=2.0, mew=0.0, ls="--", label="home")
    lower.plot(height, found.c3_km2_s2[order], color=style.COAST, marker="o", ms=2.0, mew=0.0)
    upper.set(ylabel="Time of flight (days)")
    lower.set(ylabel="C3 (km²/s²)", xlabel="Altitude at perilune (10³ km)")
    upper.tick_params(labelbottom=False)
    upper.legend(loc="lower right")
    return upper, lower


@style.styled
def correction_costs(burns: dict[str, Any], start_tdb: float, ax: Axes | None = None) -> Axes:
    """Draw the delta-v of burns on the way to the Moon against when they are made.

    burns     : label -> `lunarplan.transfers.free_returns.midcourse.Restorations` or `Departures`
    start_tdb : from when the time is counted: the injection
    """
    ax = ax or style.column_axes(2.0)
    looks = zip(burns.items(), style.STAGES, ("-", "--", "-.", ":", "-"), ("o", "s", "^", "D", "v"), strict=False)
    for (label, made), color, dash, mark in looks:
        hours = (made.burn_tdb - start_tdb) / 3600.0
        ax.plot(
            hours[made.ok], made.delta_v_m_s[made.ok], color=color, ls=dash, marker=mark, ms=2.5, mew=0.0, label=label
        )
    ax.set(xlabel="Hours after the injection", ylabel="Δv (m/s)", ylim=(0.0, None))
    ax.legend(loc="best")
    return ax


def _panels() -> tuple[Axes, Axes]:
    bottom, gap, left, right, top = 0.42, 0.12, 0.55, 0.1, 0.12
    figure = style.new_figure(style.COLUMN_IN, bottom + 2.0 * _PANEL_IN + gap + top)
    width = style.COLUMN_IN - left - right
    lower = style.axes_in(figure, left, bottom, width, _PANEL_IN)
    return style.axes_in(figure, left, bottom + _PANEL_IN + gap, width, _PANEL_IN), lower
