"""The flight about the Moon: arrival, burns and orbits."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from lunarplan.model.constants import RADIUS_KM
from lunarplan.plot import style
from lunarplan.plot.flight import Flight
from lunarplan.plot.labels import Labels
from lunarplan.plot.views import axes_of_moon

FloatArray = npt.NDArray[np.float64]

_PANEL_IN = 2.6
_LEAST_SHOWN_KM, _FLYBY_SHOWN_KM = 3_500.0, 20_000.0
_FLAT = 0.25  # height to width: below, a distant orbit is shown from above
_BROKEN = (0, (3.0, 1.2))
_FEW, _SMALL = 4, {"fontsize": 5.5, "handlelength": 1.2, "labelspacing": 0.3, "framealpha": 0.6}  # of the key
_ROOM = 1.15  # of the largest orbit: as far out as the approach is shown


@style.styled
def closeup(result: Any, ax: Axes | None = None) -> Axes:
    """Draw a Plan or Trajectory about the Moon, seen along the normal of its orbit there; the Moon to scale.

    x points to the perilune of arrival; the flight goes round counterclockwise, be it prograde or retrograde. A distant
    orbit is drawn in axes that turn with the Moon, where it nearly repeats itself.
    """
    flight, ax = Flight.of(result), ax or style.column_axes(_PANEL_IN)
    view = _turning(flight) if flight.is_distant else _at_rest(flight)
    path, reach = view.points(flight.from_moon, flight.moon), shown_km(flight)
    path[flight.moon_range_km > reach] = np.nan
    radius = RADIUS_KM["moon"] * 1e-3
    ax.add_patch(Circle((0.0, 0.0), radius, fc=style.MOON, ec=style.INK, lw=0.5, zorder=3))
    _draw_legs(ax, flight, path)
    _draw_others(ax, flight, view)
    style.show_to_scale(ax, np.concatenate([path, [(-radius, -radius), (radius, radius)]]))
    ax.set(xlabel=view.across, ylabel=view.up, title=view.title)
    labels = Labels(ax, path)
    burns = tuple(mark for mark in flight.flown_marks if mark.is_burn)
    near = tuple(mark for mark, row in zip(burns, flight.rows(burns), strict=True) if np.isfinite(path[row, 0]))
    labels.mark(near, path[flight.rows(near)])
    crowded = len(ax.get_legend_handles_labels()[1]) > _FEW
    ax.legend(loc="best", **(_SMALL if crowded else {}))
    return ax


class _View(NamedTuple):
    """How states about the Moon, [n, 6], become points of the picture, [n, 2] in 10³ km; what its axes are called.

    points : of states and of those of the Moon at the same epochs
    """

    points: Callable[[FloatArray, FloatArray], FloatArray]
    across: str
    up: str
    title: str


def _at_rest(flight: Flight) -> _View:
    plane = orbit_plane(flight).T * 1e-3
    across = f"$x$, to the spacecraft at {flight.meeting} (10³ km)"
    return _View(
        lambda states, moon: np.asarray(states[:, :3] @ plane),
        across,
        "$y$ (10³ km)",
        "At the Moon, plane of the orbit",
    )


def _turning(flight: Flight) -> _View:
    """In axes that turn with the Moon: along the line from the Earth, or from above a flat orbit."""
    path = _turned(flight.from_moon, flight.moon)
    high, wide = (np.ptp(path[flight.visit, k]) for k in (2, 1))
    if high < _FLAT * wide:
        across, up, kept, seen = "$x$, from the Earth (10³ km)", "$y$ (10³ km)", slice(0, 2), "from above"
    else:
        across, up, kept, seen = "$y$ (10³ km)", "$z$ (10³ km)", slice(1, 3), "from its far side"
    title = f"At the Moon, turning with it, {seen}"
    return _View(lambda states, moon: _turned(states, moon)[:, kept], across, up, title)


def _turned(states: FloatArray, moon: FloatArray) -> FloatArray:
    return np.asarray(np.einsum("nij,nj->ni", axes_of_moon(moon), states[:, :3]) * 1e-3)


def orbit_plane(flight: Flight) -> FloatArray:
    """Return the axes of `closeup` in ICRF, float64[2, 3]: to the perilune of arrival, and along the velocity there."""
    r, v = flight.from_moon[flight.arrival].reshape(2, 3)
    x = r / np.linalg.norm(r)
    y = v - (v @ x) * x
    return np.array([x, y / np.linalg.norm(y)])


def shown_km(flight: Flight) -> float:
    """Return how far from the Moon `closeup` shows the flight: all of a stay, or where it passes by."""
    if flight.is_distant or flight.visits:
        return max(_LEAST_SHOWN_KM, _ROOM * float(flight.moon_range_km[flight.visit].max()))
    if not flight.stays:
        return max(_FLYBY_SHOWN_KM, _ROOM * float(flight.moon_range_km[flight.arrival]))
    return max(_LEAST_SHOWN_KM, _ROOM * float(flight.moon_range_km[flight.arrival :].max()))


def _draw_legs(ax: Axes, flight: Flight, path: FloatArray) -> None:
    """Draw the approach, and after each burn the orbit it leaves, in colours of their own; burns on top, thick."""
    seen = [leg for leg in flight.legs if np.isfinite(path[leg.rows, 0]).any()]
    style.arrow(ax, path[seen[0].rows], style.COAST)
    stages = list(dict.fromkeys(leg.after for leg in seen))
    for leg in seen:
        stage = stages.index(leg.after)
        color, label = style.STAGES[stage % len(style.STAGES)], f"after {leg.after}"
        if leg.thrusting:
            color, label = style.THRUST, "burn"
        elif stage == 0:
            label = "approach" if flight.comes else "coast"
        _draw(ax, path[leg.rows], color, label, leg.thrusting)


def _draw_others(ax: Axes, flight: Flight, view: _View) -> None:
    """Draw what other craft flew, broken, over the path of the vehicle."""
    for number, other in enumerate(flight.others, 1):
        color = style.STAGES[-number % len(style.STAGES)]
        path = view.points(other.from_moon, other.moon)
        ax.plot(*path.T, color=color, lw=style.COAST_PT, ls=_BROKEN, label=other.name, zorder=5)


def _draw(ax: Axes, path: FloatArray, color: str, label: str, thrusting: bool) -> None:
    label = "_" if label in ax.get_legend_handles_labels()[1] else label
    width = style.THRUST_PT if thrusting else style.COAST_PT
    ax.plot(*path.T, color=color, lw=width, label=label, zorder=6 if thrusting else 4)
