"""Flights that stay about the Earth: the orbit, and the approach to a target as the target sees it."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from lunarplan.model.constants import RADIUS_KM
from lunarplan.plot import style
from lunarplan.plot.flight import Flight, Other
from lunarplan.plot.labels import Labels

FloatArray = npt.NDArray[np.float64]

_PANEL_IN = 2.3
TARGET = "target"  # the path of the craft that is met
_FAR_KM = 1500.0


@style.styled
def orbit(result: Any, ax: Axes | None = None) -> Axes:
    """Draw a Plan or Trajectory about the Earth, in the plane of its orbit at the start; the Earth to scale."""
    flight, ax = Flight.of(result), ax or style.column_axes(_PANEL_IN)
    r, v = flight.from_earth[0, :3], flight.from_earth[0, 3:]
    out = r / np.linalg.norm(r)
    on = np.cross(np.cross(r, v), out)
    path = flight.from_earth[:, :3] @ np.array([out, on / np.linalg.norm(on)]).T * 1e-3
    radius = RADIUS_KM["earth"] * 1e-3
    ax.add_patch(Circle((0.0, 0.0), radius, fc=style.EARTH, ec=style.INK, lw=0.5, alpha=0.3, zorder=1))
    ax.plot(*path.T, color=style.COAST, lw=0.5, zorder=3)
    style.show_to_scale(ax, path)
    ax.set(
        xlabel="$x$, to where the path begins (10³ km)",
        ylabel="$y$ (10³ km)",
        title="About the Earth, plane of the orbit",
    )
    labels = Labels(ax, path)
    marks = tuple(mark for mark in flight.flown_marks if mark.is_burn)
    labels.mark(marks, path[flight.rows(marks)])
    return ax


@style.styled
def approach(result: Any, ax: Axes | None = None, *, within_km: float = _FAR_KM) -> Axes:
    """Draw how a Plan approaches its target: along the target's orbit, and above it, both in km.

    within_km : how far from the target the picture reaches
    """
    flight, ax = Flight.of(result), ax or style.column_axes(_PANEL_IN)
    path = beside(next(other for other in flight.others if other.name == TARGET))
    path = path[np.abs(path[:, 0]) < within_km]
    ax.plot(*path.T, color=style.COAST, lw=style.COAST_PT, zorder=4)
    ax.margins(0.08, 0.12)
    ax.plot(0.0, 0.0, "o", color=style.INK, ms=3.0, zorder=5)
    ax.annotate(TARGET, (0.0, 0.0), (-4.0, 4.0), textcoords="offset points", ha="right", fontsize=7.0)
    ax.set(xlabel="ahead of the target (km)", ylabel="above it (km)", title=f"Approach, the last {within_km:g} km")
    return ax


def beside(other: Other) -> FloatArray:
    """Where the vehicle is beside another craft about the Earth: along its orbit, and above it, [n, 2], km."""
    r, v = (part for part in np.split(other.from_moon + other.moon, 2, axis=1))
    own = other.beside[:, :3]
    radius = np.linalg.norm(r, axis=1)
    normal = np.cross(r, v)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    across = (normal * np.cross(r, own)).sum(axis=1)
    angle = np.unwrap(np.arctan2(across, (r * own).sum(axis=1)))
    angle -= 2.0 * np.pi * np.round(angle[-1] / (2.0 * np.pi))
    return np.column_stack([angle * radius, np.linalg.norm(own, axis=1) - radius])
