"""Orbits that are kept for years: seen in axes that turn with the Moon and in axes at rest, their eclipses, perilunes.

orbit_views(orbit)                    a page of four views
eclipse_strip([by_earth, by_moon])    how long the Sun was hidden, and when
perilune_history(orbit)
upkeep_histogram(upkeep)              what samples of an orbit that is kept cost
"""

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.plot import style
from lunarplan.plot.dates import show_dates, utc_dates

FloatArray = npt.NDArray[np.float64]

_VIEW_IN, _LEFT_IN, _BOTTOM_IN, _GAP_IN, _TOP_IN = 2.75, 0.55, 0.42, 0.72, 0.28
_STRIP_IN = 1.5
_MOST_POINTS, _POINTS_A_LINE = 100_000, 120
_ROTATING = (("x", "z", 0, 2), ("y", "z", 1, 2), ("x", "y", 0, 1))
_BODY = {"earth": (style.COAST, "Earth"), "moon": (style.THRUST, "Moon")}
_DATES = 10


@style.styled
def orbit_views(orbit: Any) -> Figure:
    """Draw a page: an orbit from three sides in axes that turn with the Moon, and its first revolutions at rest.

    orbit : `lunarplan.orbits.long_orbit.EphemerisOrbit`

    The Moon, to scale, is at the origin; x points from Earth to Moon, z along their angular momentum, and kilometres
    are those of the mean distance: the frame breathes with the distance of the Moon.
    """
    height = 2.0 * (_VIEW_IN + _BOTTOM_IN + _TOP_IN)
    figure = style.new_figure(style.PAGE_IN, height)
    points = _rotating_km(orbit)
    for i, view in enumerate(_ROTATING):
        _side(_panel(figure, i), points, view)
    _at_rest(_panel(figure, 3), orbit)
    return figure


def _panel(figure: Figure, i: int) -> Axes:
    row, column = divmod(i, 2)
    bottom = (1 - row) * (_VIEW_IN + _BOTTOM_IN + _TOP_IN) + _BOTTOM_IN
    return style.axes_in(figure, _LEFT_IN + column * (_VIEW_IN + _GAP_IN), bottom, _VIEW_IN, _VIEW_IN)


def _rotating_km(orbit: Any) -> FloatArray:
    """Places from the Moon in thousands of km of the mean distance, float64[n, 3], evenly spaced in path, nearly."""
    revolutions = max(orbit.revolutions, 1.0)
    n = int(np.clip(120 * revolutions, 400, _MOST_POINTS))
    tdb = orbit.trajectory.sample(n)
    frame = orbit.clock.frame
    unit = np.linalg.norm(frame.ephemeris.position("moon", "earth", tdb), axis=1).mean() * 1e-3
    return np.asarray((orbit.rotating(tdb)[:, :3] - [1.0 - frame.mu, 0.0, 0.0]) * unit)


def _side(ax: Axes, points: FloatArray, view: tuple[str, str, int, int]) -> None:
    across, up, i, j = view
    seen = points[:, [i, j]]
    turns = np.array_split(seen, max(1, len(seen) // _POINTS_A_LINE))
    joined = [np.concatenate([turn, after[:1]]) for turn, after in pairwise([*turns, seen[-1:]])]
    ax.add_collection(LineCollection(joined, colors=style.COAST, lw=0.4, alpha=_faint(len(turns)), zorder=4))
    _moon(ax)
    style.show_to_scale(ax, np.concatenate([seen, [[0.0, 0.0]]]))
    ax.set(xlabel=f"${across}$ (10³ km)", ylabel=f"${up}$ (10³ km)")
    ax.set_title(f"Turning with the Moon, {across}-{up}")


def _at_rest(ax: Axes, orbit: Any) -> None:
    """The first month, from above the plane of the Moon's orbit, about the Moon."""
    last = min(orbit.tdb[0] + 27.32 * 86400.0, orbit.tdb[-1])
    frame = orbit.clock.frame
    tdb = np.linspace(orbit.tdb[0], last, 3000)
    moon = frame.ephemeris.state("moon", "earth", tdb[:1])[0]
    normal = np.cross(moon[:3], moon[3:])
    x = moon[:3] / np.linalg.norm(moon[:3])
    z = normal / np.linalg.norm(normal)
    seen = orbit.at(tdb)[:, :3] @ np.stack([x, np.cross(z, x)]).T * 1e-3
    ax.plot(*seen.T, color=style.COAST, lw=0.8, zorder=4)
    style.arrow(ax, seen, style.COAST)
    _moon(ax)
    style.show_to_scale(ax, np.concatenate([seen, [[0.0, 0.0]]]))
    ax.set(xlabel="$x$, away from the Earth at first (10³ km)", ylabel="$y$ (10³ km)")
    ax.set_title("At rest, the first month from above")


def _moon(ax: Axes) -> None:
    ax.add_patch(Circle((0.0, 0.0), RADIUS_KM["moon"] * 1e-3, fc=style.MOON, ec=style.INK, lw=0.4, zorder=5))


def _faint(n: int) -> float:
    """Many lines lie over one another: the darker, the more often the orbit passes."""
    return float(np.clip(12.0 / n, 0.04, 1.0))


@style.styled
def eclipse_strip(eclipses: Any, ax: Axes | None = None, *, limit_min: float | None = None) -> Axes:
    """Draw eclipses as bars: when, and for how many minutes some of the Sun was hidden, and all of it.

    eclipses  : `lunarplan.orbits.eclipses.Eclipses`, or several of them
    limit_min : longest that is allowed, as a line
    """
    several = list(eclipses) if isinstance(eclipses, list | tuple) else [eclipses]
    if not several:
        raise InputError("there are none", where="eclipse_strip", allowed="one Eclipses, or more")
    ax = ax or _page_axes(_STRIP_IN)
    for some in several:
        color, _ = _BODY[some.body]
        dates = _dates(0.5 * (some.start_tdb + some.end_tdb))
        ax.vlines(dates, 0.0, some.duration_s / 60.0, color=color, lw=0.7, alpha=0.5, zorder=3)
        dark = some.umbra_s > 0.0
        ax.vlines(dates[dark], 0.0, some.umbra_s[dark] / 60.0, color=color, lw=1.4, zorder=4)
    longest = max(some.longest_s for some in several) / 60.0
    if limit_min is not None:
        ax.axhline(limit_min, color=style.INK, lw=0.6, ls="--", zorder=2)
    ax.set_ylim(0.0, 1.5 * max(longest, limit_min or 0.0, 10.0))
    ax.set_ylabel("Sun hidden (min)")
    every = np.concatenate([np.concatenate([some.start_tdb, some.end_tdb]) for some in several])
    _with_dates(ax, every)
    handles = [Line2D([], [], color=_BODY[some.body][0], lw=1.4) for some in several]
    names = [f"by the {_BODY[some.body][1]}: {len(some) or 'none'}" for some in several]
    ax.legend(
        handles, names, loc="upper right", ncols=len(names), title="thin: partly, thick: wholly", title_fontsize=6.0
    )
    return ax


@style.styled
def perilune_history(orbit: Any, ax: Axes | None = None) -> Axes:
    """Draw the distance of every perilune from the centre of the Moon against its date.

    orbit : `lunarplan.orbits.long_orbit.EphemerisOrbit`
    """
    ax = ax or _page_axes(_STRIP_IN)
    perilunes = orbit.perilunes
    ax.plot(_dates(perilunes.tdb), perilunes.radius_km, "-", color=style.FAINT, lw=0.3, zorder=3)
    ax.plot(_dates(perilunes.tdb), perilunes.radius_km, ".", color=style.COAST, ms=2.0, zorder=4)
    ax.set_ylabel("Perilune radius (km)")
    _with_dates(ax, orbit.tdb[[0, -1]])
    return ax


@style.styled
def upkeep_histogram(upkeep: Any, ax: Axes | None = None) -> Axes:
    """Draw what samples of an orbit that is kept cost in a year, with their mean and 95th percentile.

    upkeep : `lunarplan.orbits.station_keeping.Upkeep`
    """
    ax = ax or style.column_axes(_STRIP_IN)
    cost = upkeep.m_s_year[upkeep.ok]
    ax.hist(cost, bins=max(8, int(np.sqrt(len(cost)))), color=style.COAST, alpha=0.6, zorder=3)
    marks = (("mean", upkeep.mean_m_s_year, "-"), ("95 % below", upkeep.percentile_m_s_year(95), "--"))
    for name, value, dash in marks:
        ax.axvline(value, color=style.INK, lw=0.8, ls=dash, label=f"{name}: {value:.2f} m/s", zorder=4)
    lost = len(upkeep.ok) - len(cost)
    ax.set(xlabel="Cost of a year (m/s)", ylabel=f"Samples of {len(cost)}" + (f" kept, {lost} lost" if lost else ""))
    ax.margins(y=0.35)
    ax.legend(loc="upper right")
    return ax


def _page_axes(height: float) -> Axes:
    figure = style.new_figure(style.PAGE_IN, _BOTTOM_IN + height + 0.15)
    return style.axes_in(figure, _LEFT_IN, _BOTTOM_IN, style.PAGE_IN - _LEFT_IN - 0.12, height)


def _dates(tdb: FloatArray) -> FloatArray:
    return utc_dates(tdb) if len(tdb) else np.empty(0)


def _with_dates(ax: Axes, tdb: FloatArray) -> None:
    if len(tdb):
        first, last = utc_dates(np.array([tdb.min(), tdb.max()]))
        show_dates(ax.xaxis, float(first), float(last), _DATES)
