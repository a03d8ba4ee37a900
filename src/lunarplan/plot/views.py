"""The flight seen from above the Moon's orbit: in inertial axes, and in axes that turn with the Moon."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM
from lunarplan.model.events import LUNAR_SPHERE_OF_INFLUENCE_KM
from lunarplan.plot import style
from lunarplan.plot.flight import Flight
from lunarplan.plot.labels import Labels

FloatArray = npt.NDArray[np.float64]

_MOON_SHARE = GM_KM3_S2["moon"] / (GM_KM3_S2["earth"] + GM_KM3_S2["moon"])
_EARTH_AT, _MOON_AT = np.array([-_MOON_SHARE, 0.0]), np.array([1.0 - _MOON_SHARE, 0.0])
_LIBRATION_POINTS = {"L1": 0.836915, "L2": 1.155682}  # of this mass ratio
_ROUND = np.linspace(0.0, 2.0 * np.pi, 121)
_PANEL_IN = 2.3


def axes_of_moon(moon: FloatArray) -> FloatArray:
    """Return rotations from ICRF, float64[n, 3, 3]: x towards the Moon, z along its orbital angular momentum."""
    r = moon[:, :3] / np.linalg.norm(moon[:, :3], axis=1, keepdims=True)
    h = np.cross(r, moon[:, 3:])
    h /= np.linalg.norm(h, axis=1, keepdims=True)
    return np.stack([r, np.cross(h, r), h], axis=1)


@style.styled
def inertial(result: Any, ax: Axes | None = None) -> Axes:
    """Draw a Plan or Trajectory about the Earth in inertial axes, from above the plane of the Moon's orbit.

    x points to where the Moon is at arrival, or at closest approach; Earth and Moon to scale. A stay at the Moon is
    left out.
    """
    flight, ax = Flight.of(result), ax or style.column_axes(_PANEL_IN)
    turn = axes_of_moon(flight.moon[[flight.arrival]])[0, :2].T * 1e-3
    path, moon = flight.from_earth[flight.journey, :3] @ turn, flight.moon[flight.journey, :3] @ turn
    ax.plot(*moon.T, color=style.FAINT, lw=0.8, ls=(0, (6, 2.5)), zorder=2)
    _disc(ax, np.zeros(2), RADIUS_KM["earth"] * 1e-3, style.EARTH)
    _disc(ax, moon[0], RADIUS_KM["moon"] * 1e-3, "white")
    _disc(ax, moon[flight.arrival], RADIUS_KM["moon"] * 1e-3, style.MOON)
    _draw_legs(ax, flight, path)
    style.arrow(ax, path, style.COAST)
    style.arrow(ax, moon, style.FAINT)
    style.show_to_scale(ax, np.concatenate([path, moon]))
    ax.set(
        xlabel=f"$x$, to the Moon at {flight.meeting} (10³ km)",
        ylabel="$y$ (10³ km)",
        title="Inertial axes, plane of the Moon's orbit",
    )
    labels = Labels(ax, path, moon)
    marks = tuple(mark for mark in flight.flown_marks if mark.tdb <= flight.tdb[len(path) - 1])
    labels.mark(marks, path[flight.rows(marks)])
    labels.name(np.zeros(2), "Earth", leader=False)
    labels.name(moon[0], f"Moon at {flight.zero_name}", leader=False)
    labels.name(moon[flight.arrival], f"Moon at {flight.meeting}", leader=False)
    return ax


@style.styled
def rotating(result: Any, ax: Axes | None = None) -> Axes:
    """Draw a Plan or Trajectory in axes that turn and stretch with the Moon, so that Earth and Moon stand still.

    Origin at their barycentre, unit the distance between them at each instant. L1 and L2 are those of the circular
    problem; the dotted circle is the Moon's sphere of influence.
    """
    flight, ax = Flight.of(result), ax or style.column_axes(_PANEL_IN)
    path = rotating_path(flight)
    unit_km = float(np.linalg.norm(flight.moon[flight.arrival, :3]))
    _disc(ax, _EARTH_AT, RADIUS_KM["earth"] / unit_km, style.EARTH)
    _disc(ax, _MOON_AT, RADIUS_KM["moon"] / unit_km, style.MOON)
    sphere = LUNAR_SPHERE_OF_INFLUENCE_KM / unit_km
    circle = _MOON_AT + sphere * np.column_stack([np.cos(_ROUND), np.sin(_ROUND)])
    ax.plot(*circle.T, lw=0.6, ls=":", color=style.FAINT, zorder=2)
    points = np.array([[x, 0.0] for x in _LIBRATION_POINTS.values()])
    ax.plot(*points.T, "+", ms=4.0, mew=0.7, color=style.FAINT, zorder=3)
    _draw_legs(ax, flight, path)
    style.arrow(ax, path, style.COAST)
    style.show_to_scale(ax, np.concatenate([path, circle, points, [_EARTH_AT]]))
    ax.set(
        xlabel="$x$ (Earth–Moon distances)", ylabel="$y$ (Earth–Moon distances)", title="Axes rotating with the Moon"
    )
    labels = Labels(ax, path, circle, *points[:, np.newaxis])
    marks = flight.flown_marks
    labels.mark(marks, path[flight.rows(marks)])
    for text, place in (("Earth", _EARTH_AT), ("Moon", _MOON_AT)):
        labels.name(place, text, leader=False)
    for text, place in zip(_LIBRATION_POINTS, points, strict=True):
        labels.name(place, text, leader=False, color=style.FAINT)
    return ax


def rotating_path(flight: Flight) -> FloatArray:
    """Return x and y of the flight in the frame of `rotating`, float64[n, 2]."""
    turned = np.einsum("nij,nj->ni", axes_of_moon(flight.moon)[:, :2], flight.from_earth[:, :3])
    return np.asarray(turned / np.linalg.norm(flight.moon[:, :3], axis=1, keepdims=True) + _EARTH_AT)


def _draw_legs(ax: Axes, flight: Flight, path: FloatArray) -> None:
    """Draw coasts thin and burns thick, as far as the path goes."""
    for leg in flight.legs:
        color, width = (style.THRUST, style.THRUST_PT) if leg.thrusting else (style.COAST, style.COAST_PT)
        ax.plot(*path[leg.rows].T, color=color, lw=width, zorder=5 if leg.thrusting else 4)


def _disc(ax: Axes, centre: FloatArray, radius: float, color: str) -> None:
    ax.add_patch(Circle((centre[0], centre[1]), radius, fc=color, ec=style.INK, lw=0.5, zorder=3))
