"""Families of periodic orbits in rotating axes, coloured by how stable they are or by their Jacobi constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.patches import Circle
from matplotlib.patheffects import Normal, Stroke

from lunarplan.errors import InputError
from lunarplan.orbits.extremes import sampled
from lunarplan.orbits.libration import libration_points
from lunarplan.plot import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from lunarplan.orbits.family import Family

    Floats = NDArray[np.float64]

_COLORS = {"stability": "stability index", "jacobi": "Jacobi constant"}
_MAP = "viridis"
_PLANES = {"xy": (0, 1), "xz": (0, 2), "yz": (1, 2)}
_POINT_NAMES = {
    "xy": ("L1", "L2", "L3", "L4", "L5"),
    "xz": ("L1", "L2", "L3", "L4, L5", ""),
    "yz": ("", "", "", "L4", "L5"),  # the others stand behind each other
}
_POINTS = 600  # of an orbit
_DECADE = 10.0  # indices that span more are coloured by their logarithm
_ROOM = 0.06
_LEFT_IN, _GAP_IN, _BOTTOM_IN, _TOP_IN, _BAR_IN = 0.55, 0.6, 0.45, 0.35, 0.13
_HIGHEST_IN = 8.6
_LINE_PT = 0.7
_EDGE = 0.12  # of the picture: labels of points this near to its right end go to their left
_OUTLINE = [Stroke(linewidth=1.5, foreground="white"), Normal()]


@dataclass(frozen=True)
class _Drawing:
    """Orbits as paths, float64[n, points, 3] in 1000 km, what they are coloured by, and what stands about."""

    paths: Floats
    values: Floats
    points: Floats
    bodies: Floats
    radii: tuple[float, float]
    names: tuple[str, str]
    origin: str
    label: str
    title: str

    @property
    def norm(self) -> Normalize:
        low, high = float(self.values.min()), float(self.values.max())
        if self.label == _COLORS["stability"]:
            return LogNorm(low, high) if high > _DECADE * low else Normalize(low, max(high, low + 1.0))
        return Normalize(low, high if high > low else low + 1.0)

    @property
    def centred(self) -> bool:
        """The smaller body is the origin."""
        return self.origin == self.names[1]

    def box(self, item: int) -> tuple[float, float]:
        """Lowest and highest of a coordinate, with room about them; the smaller body is in it if it is the origin."""
        low, high = float(self.paths[..., item].min()), float(self.paths[..., item].max())
        if self.centred:
            low, high = min(low, -self.radii[1]), max(high, self.radii[1])
        room = _ROOM * max(high - low, 0.05 * float(np.ptp(self.paths[..., 0])))
        return low - room, high + room


@style.styled
def orbit_family(*families: Family, color_by: str = "stability", orbits: int = 40) -> Figure:
    """Return a page with the three projections of families, to one scale, and the colours they are drawn in.

    families : of one set of units
    color_by : "stability" or "jacobi"
    orbits   : how many of each family are drawn, evenly along it, of those above the surfaces
    """
    drawing = _drawing(families, color_by, orbits)
    (x0, x1), (y0, y1), (z0, z1) = (drawing.box(i) for i in range(3))
    flat = float(np.ptp(drawing.paths[..., 2])) == 0.0
    across = style.PAGE_IN - _LEFT_IN - (1.2 if flat else _GAP_IN + 0.15)
    wide, high = (x1 - x0, y1 - y0) if flat else (x1 - x0 + y1 - y0, z1 - z0 + y1 - y0)
    room_up = _HIGHEST_IN - _TOP_IN - _BOTTOM_IN - (0.0 if flat else _GAP_IN)
    scale = min(across / wide, room_up / high)
    below, above = scale * (y1 - y0), scale * (z1 - z0)
    left, right = scale * (x1 - x0), scale * (y1 - y0)
    side = 0.15 + _BAR_IN + 0.8 if flat else _GAP_IN + right + 0.15
    figure = style.new_figure(_LEFT_IN + left + side, _BOTTOM_IN + below + _TOP_IN + (0.0 if flat else _GAP_IN + above))
    ax = _panel(figure, drawing, "xy", (_LEFT_IN, _BOTTOM_IN, left, below))
    if flat:
        ax.set_title(drawing.title)
        _bar(figure, drawing, (_LEFT_IN + left + 0.15, _BOTTOM_IN, _BAR_IN, below), "vertical")
        return figure
    up = _BOTTOM_IN + below + _GAP_IN
    _panel(figure, drawing, "xz", (_LEFT_IN, up, left, above)).set_title(drawing.title)
    _panel(figure, drawing, "yz", (_LEFT_IN + left + _GAP_IN, up, right, above))
    _bar(figure, drawing, (_LEFT_IN + left + _GAP_IN, _BOTTOM_IN + 0.5 * below, right, _BAR_IN), "horizontal")
    return figure


@style.styled
def orbit_projection(
    *families: Family, ax: Axes | None = None, plane: str = "xy", color_by: str = "stability", orbits: int = 40
) -> Axes:
    """Draw one projection of families: "xy", "xz" or "yz"."""
    if plane not in _PLANES:
        raise InputError(f"{plane!r}", where="plane", allowed=", ".join(_PLANES))
    drawing = _drawing(families, color_by, orbits)
    ax = ax or style.column_axes(2.3)
    _draw(ax, drawing, plane)
    boxes = np.array([drawing.box(i) for i in _PLANES[plane]]).T
    style.show_to_scale(ax, boxes, room=0.0)
    ax.set_title(drawing.title)
    return ax


def _drawing(families: tuple[Family, ...], color_by: str, orbits: int) -> _Drawing:
    if color_by not in _COLORS:
        raise InputError(f"{color_by!r}", where="color_by", allowed=", ".join(f'"{c}"' for c in _COLORS))
    if not isinstance(orbits, int | np.integer) or orbits < 1:
        raise InputError(f"{orbits!r}", where="orbits", allowed="1 or more")
    if not families or len({family.units for family in families}) > 1:
        raise InputError("are of several unit sets, or none", where="families", allowed="families of one set of units")
    units = families[0].units
    chosen = [_chosen(family, orbits) for family in families]
    paths = np.concatenate([_paths(f, rows) for f, rows in zip(families, chosen, strict=True)])
    values = [_values(f, color_by)[rows] for f, rows in zip(families, chosen, strict=True)]
    smaller = np.array([1.0 - units.mu, 0.0, 0.0])
    near = bool(paths[..., 0].min() > -units.mu)  # and the larger body out of the picture
    shift, km = smaller if near else np.zeros(3), units.length_km * 1e-3
    bodies = np.array([[-units.mu, 0.0, 0.0], smaller])
    return _Drawing(
        (paths - shift) * km,
        np.concatenate(values),
        (libration_points(units.mu) - shift) * km,
        (bodies - shift) * km,
        (units.larger_radius_km * 1e-3, units.smaller_radius_km * 1e-3),
        units.bodies,
        units.bodies[1] if near else "barycentre",
        _COLORS[color_by],
        ", ".join(family.name for family in families),
    )


def _chosen(family: Family, orbits: int) -> NDArray[np.intp]:
    """Evenly along what can be flown."""
    rows = np.flatnonzero(family.above_surface)
    return np.asarray(rows[np.unique(np.linspace(0, len(rows) - 1, orbits).round().astype(int))], np.intp)


def _values(family: Family, color_by: str) -> Floats:
    return family.stability_index if color_by == "stability" else family.jacobi


def _paths(family: Family, rows: NDArray[np.intp]) -> Floats:
    """Positions of revolutions, float64[n, points, 3]."""
    nodes = sampled(family.states[rows], family.periods[rows], _POINTS, family.units.mu)
    return np.asarray(nodes[..., :3].transpose(1, 0, 2))


def _panel(figure: Figure, drawing: _Drawing, plane: str, place: tuple[float, float, float, float]) -> Axes:
    ax = style.axes_in(figure, *place)
    _draw(ax, drawing, plane)
    i, j = _PLANES[plane]
    ax.set(xlim=drawing.box(i), ylim=drawing.box(j))
    return ax


def _draw(ax: Axes, drawing: _Drawing, plane: str) -> None:
    i, j = _PLANES[plane]
    lines = LineCollection(
        list(drawing.paths[..., [i, j]]), array=drawing.values, cmap=_MAP, norm=drawing.norm, lw=_LINE_PT, zorder=2
    )
    ax.add_collection(lines)
    for body, radius, color in zip(drawing.bodies, drawing.radii, (style.EARTH, style.MOON), strict=True):
        if color == style.MOON or plane != "yz" or not drawing.centred:  # else it stands behind
            ax.add_patch(Circle((body[i], body[j]), radius, fc=color, ec=style.INK, lw=0.5, zorder=3))
    for name, point in zip(_POINT_NAMES[plane], drawing.points, strict=True):
        _mark(ax, drawing, name, point, (i, j))
    names = "xyz"
    ax.set(xlabel=f"${names[i]}$ from the {drawing.origin} (10³ km)", ylabel=f"${names[j]}$ (10³ km)")


def _mark(ax: Axes, drawing: _Drawing, name: str, point: Floats, plane: tuple[int, int]) -> None:
    """Show a libration point where it is within the picture."""
    boxes = [drawing.box(k) for k in plane]
    place = (float(point[plane[0]]), float(point[plane[1]]))
    if name and all(low < p < high for p, (low, high) in zip(place, boxes, strict=True)):
        ax.plot(*place, "+", ms=4.0, mew=0.7, color=style.INK, zorder=4)
        low, high = boxes[0]
        look: dict[str, Any] = {"fontsize": 6.5, "zorder": 5, "path_effects": _OUTLINE}
        side = "right" if place[0] > high - _EDGE * (high - low) else "left"
        ax.annotate(name, place, (-3 if side == "right" else 3, 3), textcoords="offset points", ha=side, **look)


def _bar(figure: Figure, drawing: _Drawing, place: tuple[float, float, float, float], orientation: Any) -> None:
    ax = style.axes_in(figure, *place)
    bar = figure.colorbar(
        ScalarMappable(drawing.norm, _MAP), cax=ax, orientation=orientation, label=drawing.label, format="%g"
    )
    bar.ax.grid(False)
