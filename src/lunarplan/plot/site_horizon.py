"""The sky of a place over its horizon: what stands in the way of the Sun and of the Earth."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.patches import Ellipse

from lunarplan.model.epochs import utc_iso
from lunarplan.plot import style
from lunarplan.plot.dates import show_dates, utc_dates

FloatArray = npt.NDArray[np.float64]

_LEFT_IN, _BOTTOM_IN, _TOP_IN, _KEY_IN, _TALL_IN = 0.5, 0.4, 0.28, 0.85, 2.3
_GROUND = "#B8B2A7"
_SUN = "plasma"
_TURNS = 16  # of the Sun's, at most, that are drawn
_SOLAR_DAY_S = 29.530589 * 86_400.0
_BREAK_DEG = 180.0  # a step in azimuth that is a passage through north
_ROOM = 0.12
_WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW", "N")


@style.styled
def horizon_panorama(view: Any, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the horizon of a place all around, the tracks of the Sun by date, and where the Earth stands.

    view : `lunarplan.sites.evidence.SiteEvidence`, or anything with its horizon_deg (float64[A], at equal steps of true
           azimuth from north), epochs_tdb, sun and earth (`Sky` at the epochs) and disc radii sun_radius_deg and
           earth_radius_deg
    """
    ax = ax or _axes()
    horizon = np.append(view.horizon_deg, view.horizon_deg[0])
    azimuth = np.linspace(0.0, 360.0, len(horizon))
    low, high = _limits(horizon, view)
    ax.fill_between(azimuth, low, horizon, color=_GROUND, lw=0.0, zorder=3)
    ax.plot(azimuth, horizon, color=style.INK, lw=0.7, zorder=4)
    _sun(ax, view)
    _earth(ax, view)
    ax.axhline(0.0, color=style.FAINT, lw=0.5, ls=(0, (4, 3)), zorder=1)
    ax.set(xlim=(0.0, 360.0), ylim=(low, high), ylabel="elevation (deg)", xlabel="azimuth (deg, from north over east)")
    ax.set_xticks(np.arange(0.0, 361.0, 45.0), [f"{45 * k}\n{wind}" for k, wind in enumerate(_WINDS)])
    ax.set_title(title)
    return ax


def _axes() -> Axes:
    figure = style.new_figure(style.PAGE_IN, _BOTTOM_IN + 0.15 + _TALL_IN + _TOP_IN)
    return style.axes_in(figure, _LEFT_IN, _BOTTOM_IN + 0.15, style.PAGE_IN - _LEFT_IN - _KEY_IN, _TALL_IN)


def _limits(horizon: FloatArray, view: Any) -> tuple[float, float]:
    """What holds the horizon, the Sun where it is highest, and the Earth."""
    reach = horizon.min(), horizon.max(), view.sun.elevation_deg.max(), view.earth.elevation_deg.max()
    low, high = min(reach), max(reach) + view.earth_radius_deg
    return low - _ROOM * (high - low), high + _ROOM * (high - low)


def _sun(ax: Axes, view: Any) -> None:
    dates = utc_dates(view.epochs_tdb[[0, -1]])
    norm, colours = Normalize(*dates), colormaps[_SUN]
    starts = np.arange(view.epochs_tdb[0], view.epochs_tdb[-1], _SOLAR_DAY_S)
    for start in starts[:: max(1, -(-len(starts) // _TURNS))]:
        turn = (view.epochs_tdb >= start) & (view.epochs_tdb < start + _SOLAR_DAY_S)
        x, y = _broken(view.sun.azimuth_deg[turn], view.sun.elevation_deg[turn])
        ax.plot(x, y, color=colours(norm(utc_dates(np.array([start]))[0]) * 0.9), lw=0.9, zorder=2)
    key = ax.figure.colorbar(ScalarMappable(norm, _SUN), cax=ax.inset_axes((1.02, 0.0, 0.02, 1.0)))
    key.outline.set_linewidth(0.4)
    show_dates(key.ax.yaxis, dates[0], dates[1], most=8, what="Sun's tracks, ")


def _earth(ax: Axes, view: Any) -> None:
    x, y = _broken(view.earth.azimuth_deg, view.earth.elevation_deg)
    ax.plot(x, y, color=style.EARTH, lw=0.5, zorder=2)
    k = int(np.argmax(view.earth.elevation_deg))
    at = float(view.earth.azimuth_deg[k]), float(view.earth.elevation_deg[k])
    # a disc is as wide in azimuth as it is tall, over the cosine of the elevation
    wide = 2.0 * view.earth_radius_deg / np.cos(np.radians(at[1]))
    ax.add_patch(Ellipse(at, wide, 2.0 * view.earth_radius_deg, fc=style.EARTH, ec=style.INK, lw=0.4, zorder=5))
    ax.annotate(
        f"Earth, highest\n{utc_iso(float(view.epochs_tdb[k]), 0)[:10]}", at, (8, 0), textcoords="offset points",
        fontsize=6.0, va="center", zorder=6,
    )  # fmt: skip


def _broken(azimuth: FloatArray, elevation: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A track with gaps where it passes through north."""
    jumps = np.flatnonzero(np.abs(np.diff(azimuth)) > _BREAK_DEG) + 1
    return np.insert(azimuth, jumps, np.nan), np.insert(elevation, jumps, np.nan)
