"""When a place has light, and when it sees the Earth: a row for each turn of the Sun around its sky."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Patch
from matplotlib.transforms import ScaledTranslation

from lunarplan.model.epochs import utc_iso
from lunarplan.plot import style

FloatArray = npt.NDArray[np.float64]

_SOLAR_DAY = 29.530589  # mean synodic month, days
_LEFT_IN, _RIGHT_IN, _BOTTOM_IN, _TOP_IN, _KEY_IN = 0.78, 0.15, 0.42, 0.28, 0.22
_ROW_IN, _TALLEST_IN = 0.17, 7.0
_ROWS_NAMED = 26
# In the dark and in full light, without the Earth and with it.
_COLOURS = (("#1B1B26", "#F0B429"), ("#3B5C86", "#FFF3B8"))
_NAMES = (("neither", "Sun"), ("Earth", "Sun and Earth"))


@style.styled
def light_calendar(view: Any, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the fraction of the Sun's disc over the horizon, and whether the Earth is in sight, over a span.

    view : `lunarplan.sites.evidence.SiteEvidence`, or anything with its epochs_tdb, sun_fraction (0 to 1) and
           earth_seen (bool), float64[T] each at even steps
    """
    image = _rows(view)
    ax = ax or _axes(len(image))
    ax.imshow(image, extent=(0.0, _SOLAR_DAY, len(image), 0.0), aspect="auto", interpolation="nearest")
    ax.grid(False)
    every = -(-len(image) // _ROWS_NAMED)
    named = np.arange(0, len(image), every)
    starts = view.epochs_tdb[0] + named * _SOLAR_DAY * 86_400.0
    ax.set_yticks(named + 0.5, [utc_iso(float(start), 0)[:10] for start in starts])
    ax.tick_params(direction="out")
    ax.set(xlabel="days since the date at the left (a synodic month)", title=title)
    ax.set_xticks(np.arange(0.0, 30.0, 5.0))
    _key(ax)
    return ax


def _axes(rows: int) -> Axes:
    tall = min(max(_ROW_IN * rows, 0.8), _TALLEST_IN)
    figure = style.new_figure(style.PAGE_IN, _BOTTOM_IN + _KEY_IN + tall + _TOP_IN)
    return style.axes_in(figure, _LEFT_IN, _BOTTOM_IN + _KEY_IN, style.PAGE_IN - _LEFT_IN - _RIGHT_IN, tall)


def _rows(view: Any) -> FloatArray:
    """Colours, float64[rows, steps, 3]; white after the end."""
    step_days = float(np.median(np.diff(view.epochs_tdb))) / 86_400.0
    across = max(1, round(_SOLAR_DAY / step_days))
    # By time and not by count: a month is no whole number of steps.
    rows = int(np.ceil((view.epochs_tdb[-1] - view.epochs_tdb[0]) / 86_400.0 / _SOLAR_DAY + 1e-9))
    days = np.arange(rows)[:, None] * _SOLAR_DAY + (np.arange(across) + 0.5) * _SOLAR_DAY / across
    nearest = np.rint(days / step_days).astype(int)
    index = np.minimum(nearest, len(view.epochs_tdb) - 1)
    fraction, seen = view.sun_fraction[index][..., None], view.earth_seen[index][..., None]
    dark, light = (np.where(seen, to_rgb(_COLOURS[1][k]), to_rgb(_COLOURS[0][k])) for k in (0, 1))
    return np.where((nearest > index)[..., None], 1.0, dark + fraction * (light - dark))


def _key(ax: Axes) -> None:
    below = ax.transAxes + ScaledTranslation(0.0, -_BOTTOM_IN, ax.figure.dpi_scale_trans)
    handles = [
        Patch(facecolor=_COLOURS[earth][sun], edgecolor=style.FAINT, lw=0.4, label=_NAMES[earth][sun])
        for earth, sun in ((1, 1), (0, 1), (1, 0), (0, 0))
    ]
    place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0.0, 0.0), "bbox_transform": below}
    ax.legend(handles=handles, ncols=4, frameon=False, borderaxespad=0.0, **place)
