"""What maps of the Moon share: a frame in kilometres, a graticule with its degrees, a scale bar, north, outlines."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from lunarplan.plot import style
from lunarplan.terrain.projection import Grid, Stereographic


class Point(NamedTuple):
    """A place on paper, points from the lower left of the axes."""

    x: float
    y: float


FloatArray = npt.NDArray[np.float64]

_NICE = (1.0, 2.0, 5.0)
_STEPS_DEG = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0)
_PARALLEL_PT, _MERIDIAN_PT = 55.0, 26.0  # of paper for each, at least
_SAMPLES = 721
_CORNERS = ((0.06, 0.06), (0.13, 0.06), (0.2, 0.06), (0.27, 0.06), (0.33, 0.06), (0.91, 0.1))  # scale bar and arrow
_HALO = [withStroke(linewidth=1.6, foreground="white")]
_LINE: dict[str, Any] = {"color": "#FFFFFF", "lw": 0.45, "alpha": 0.75, "zorder": 3}
_TEXT: dict[str, Any] = {"fontsize": 5.5, "color": style.INK, "path_effects": _HALO, "zorder": 6}
_EDGE_PT, _APART_PT = 13.0, 24.0  # how near to the frame, and to one another, degrees may stand
_LETTER = 0.56  # mean width of a letter, in its size
_AWAY_PT, _TURNS_DEG = (4.0, 9.0, 16.0, 26.0, 40.0), (0.0, 180.0, 90.0, 270.0, 45.0, 135.0, 225.0, 315.0)


def frame(ax: Axes, grid: Grid) -> None:
    """Fit axes in kilometres on the map of a grid about it; ticks are left to the graticule."""
    left, right, bottom, top = (edge / 1000.0 for edge in grid.extent_m)
    ax.set(xlim=(left, right), ylim=(bottom, top), xticks=[], yticks=[])
    ax.set_aspect("equal", adjustable="box")
    ax.grid(False)


def graticule(ax: Axes, grid: Grid) -> None:
    """Draw parallels and meridians, with their degrees where they leave the frame."""
    latitude, longitude = grid.centers_deg()
    low, high = float(latitude.min()), float(latitude.max())
    wide, tall = size_pt(ax)
    taken = [Point(x * wide, y * tall) for x, y in _CORNERS]
    if not _holds_pole(grid):
        x, y, dx, dy = _arrow(ax, grid)
        (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
        across, up = (x + 1.45 * dx - left) / (right - left), (y + 1.45 * dy - bottom) / (top - bottom)
        taken.append(Point(across * wide, up * tall))
    west, east = (-180.0, 180.0) if _holds_pole(grid) else _span(longitude)
    around = np.linspace(west - 1.0, east + 1.0, _SAMPLES)
    for parallel in _ticks(low, high, max(3, round(tall / _PARALLEL_PT))):
        _line(ax, grid, np.full(_SAMPLES, parallel), around, _degrees(parallel, "N", "S"), taken)
    along = np.linspace(max(low - 1.0, -89.99), min(high + 1.0, 89.99), _SAMPLES)
    for meridian in _ticks(west, east, max(4, round(wide / _MERIDIAN_PT))):
        label = _degrees((meridian + 180.0) % 360.0 - 180.0, "E", "W")
        if meridian > -180.0:
            _line(ax, grid, along, np.full(_SAMPLES, meridian), label, taken)


def size_pt(ax: Axes) -> tuple[float, float]:
    """Width and height of axes on paper, in points; of a map the box its grid fills."""
    figure: Any = ax.figure
    box, (across, up) = ax.get_position(), figure.get_size_inches()
    wide, tall = 72.0 * box.width * across, 72.0 * box.height * up
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    per_unit = min(wide / (right - left), tall / (top - bottom))
    return per_unit * (right - left), per_unit * (top - bottom)


def scale_bar(ax: Axes, grid: Grid) -> None:
    """Draw a bar of a round number of kilometres on the Moon, at the lower left."""
    left, right = ax.get_xlim()
    bottom, top = ax.get_ylim()
    x, y = left + 0.05 * (right - left), bottom + 0.05 * (top - bottom)
    length = _round_below(0.28 * (right - left))
    on_map = length * _scale(grid, x, y)
    look: dict[str, Any] = {"solid_capstyle": "butt", "zorder": 6}
    ax.plot([x, x + on_map], [y, y], color="white", lw=3.4, **look)
    ax.plot([x, x + on_map], [y, y], color=style.INK, lw=1.8, **look)
    text = f"{length:g} km" if length >= 1.0 else f"{1000.0 * length:g} m"
    ax.annotate(text, (x + 0.5 * on_map, y), (0, 3), textcoords="offset points", ha="center", **_TEXT)


def north_arrow(ax: Axes, grid: Grid) -> None:
    """Draw an arrow to the north at the lower right, for the place it stands on; about a pole there is no such."""
    if _holds_pole(grid):
        return
    x, y, dx, dy = _arrow(ax, grid)
    head = {
        "arrowstyle": "-|>,head_length=0.4,head_width=0.18",
        "lw": 0.9,
        "color": style.INK,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    ax.annotate("", (x + dx, y + dy), (x - dx, y - dy), arrowprops={**head, "path_effects": _HALO}, zorder=6)
    ax.text(x + 1.45 * dx, y + 1.45 * dy, "N", ha="center", va="center", **_TEXT)


def _arrow(ax: Axes, grid: Grid) -> tuple[float, float, float, float]:
    """The middle of the arrow and the half of its way, km; 1.45 of it from the middle is its letter."""
    left, right = ax.get_xlim()
    bottom, top = ax.get_ylim()
    x, y = right - 0.09 * (right - left), bottom + 0.10 * (top - bottom)
    turn = float(_north(grid, x, y))
    size = 0.055 * (right - left)
    return x, y, size * math.sin(turn), size * math.cos(turn)


def outline(ax: Axes, grid: Grid, corners_deg: Any, **look: Any) -> None:
    """Draw a closed outline through (longitude, latitude), deg."""
    longitude, latitude = np.asarray([*corners_deg, corners_deg[0]], float).T
    x, y = grid.projection.forward(latitude, longitude)
    line: dict[str, Any] = {"color": style.THRUST, "lw": 1.0, "zorder": 4}
    ax.plot(x / 1000.0, y / 1000.0, **(line | look))


def places(ax: Axes, grid: Grid, latitude_deg: Any, longitude_deg: Any, labels: Any = (), **look: Any) -> None:
    """Mark places, and write their names beside them where nothing is written yet."""
    x, y = (np.atleast_1d(a) / 1000.0 for a in grid.projection.forward(latitude_deg, longitude_deg))
    mark: dict[str, Any] = {
        "ls": "",
        "marker": "o",
        "ms": 4.0,
        "mfc": "white",
        "mec": style.INK,
        "mew": 0.8,
        "zorder": 7,
    }
    ax.plot(x, y, **(mark | look))
    corner, opposite = np.array([ax.get_xlim(), ax.get_ylim()]).T
    spots = (np.stack([x, y], axis=-1) - corner) / (opposite - corner) * size_pt(ax)
    taken: list[Box] = [Box(*spot - 3.0, *spot + 3.0) for spot in spots]
    for at_x, at_y, spot, label in zip(x, y, spots, labels, strict=False):
        box = _free(label, spot, taken, size_pt(ax))
        taken.append(box)
        middle = np.array([0.5 * (box.left + box.right), 0.5 * (box.low + box.high)]) - spot
        line = {"arrowstyle": "-", "lw": 0.4, "color": style.INK, "shrinkA": 0, "shrinkB": 2}
        ax.annotate(
            label, (at_x, at_y), tuple(middle), textcoords="offset points", ha="center", va="center",
            arrowprops=line if np.hypot(*middle) > 0.5 * (box.right - box.left) + 9.0 else None, **_TEXT,
        )  # fmt: skip


class Box(NamedTuple):
    """A rectangle on paper, points from the lower left of the axes."""

    left: float
    low: float
    right: float
    high: float

    def overlaps(self, other: Box) -> bool:
        return self.left < other.right and other.left < self.right and self.low < other.high and other.low < self.high


def _free(label: str, spot: FloatArray, taken: list[Box], size: tuple[float, float]) -> Box:
    """The nearest box for a label about a spot that is on the map and not taken; the first of all if none is."""
    half_wide, half_tall = 0.5 * _LETTER * _TEXT["fontsize"] * len(label), 0.6 * _TEXT["fontsize"]
    first = None
    for away in _AWAY_PT:
        for turn in np.radians(_TURNS_DEG):
            east, north = np.cos(turn), np.sin(turn)
            x, y = spot + np.array([east * (half_wide + away), north * (half_tall + away)])
            box = Box(x - half_wide, y - half_tall, x + half_wide, y + half_tall)
            first = first or box
            inside = box.left > 0.0 and box.low > 0.0 and box.right < size[0] and box.high < size[1]
            if inside and not any(box.overlaps(other) for other in taken):
                return box
    assert first is not None
    return first


def _line(ax: Axes, grid: Grid, latitude: FloatArray, longitude: FloatArray, label: str, taken: list[Point]) -> None:
    """Draw a line of the graticule; its label stands along it, as near to the frame as there is room."""
    path = np.stack(grid.projection.forward(latitude, longitude), axis=-1) / 1000.0
    ax.add_line(Line2D(path[:, 0], path[:, 1], **_LINE))
    corner, opposite = np.array([ax.get_xlim(), ax.get_ylim()]).T
    size = np.array(size_pt(ax))
    on_paper = (path - corner) / (opposite - corner) * size
    inward = np.minimum(on_paper, size - on_paper).min(axis=1)
    alone = np.hypot(*(on_paper[:, None] - np.array(taken)).transpose(2, 0, 1)).min(axis=1) > _APART_PT
    k = int(np.argmin(np.where((inward > _EDGE_PT) & alone, inward, np.inf)))
    if inward[k] <= _EDGE_PT or not alone[k]:
        return
    taken.append(Point(*on_paper[k]))
    dx, dy = path[min(k + 1, len(path) - 1)] - path[max(k - 1, 0)]
    turned = (math.degrees(math.atan2(dy, dx)) + 90.0) % 180.0 - 90.0
    where: dict[str, Any] = {"ha": "center", "va": "center", "rotation": turned, "rotation_mode": "anchor"}
    ax.text(path[k, 0], path[k, 1], label, clip_on=True, **where, **_TEXT)


def _ticks(low: float, high: float, most: int) -> FloatArray:
    step = next((s for s in _STEPS_DEG if (high - low) / s <= most), 90.0)
    return np.asarray(step * np.arange(math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9) + 1))


def _span(longitude: FloatArray) -> tuple[float, float]:
    """Least and greatest longitude, without a break where they pass 180 deg."""
    middle = math.degrees(math.atan2(np.sin(np.radians(longitude)).mean(), np.cos(np.radians(longitude)).mean()))
    beside = (longitude - middle + 180.0) % 360.0 - 180.0
    return middle + float(beside.min()), middle + float(beside.max())


def _holds_pole(grid: Grid) -> bool:
    ends = (grid.rows_columns(pole, 0.0) for pole in (-90.0, 90.0))
    return any(-0.5 <= row <= grid.shape[0] - 0.5 and -0.5 <= column <= grid.shape[1] - 0.5 for row, column in ends)


def _degrees(value: float, positive: str, negative: str) -> str:
    shown = f"{abs(value):.4f}".rstrip("0").rstrip(".")
    side = "" if value == 0.0 or abs(value) == 180.0 else positive if value > 0.0 else negative
    return f"{shown}°{' ' if side else ''}{side}"


def _round_below(value: float) -> float:
    power = 10.0 ** math.floor(math.log10(value))
    return float(max(n for n in _NICE if n * power <= value * (1.0 + 1e-12)) * power)


def _scale(grid: Grid, x_km: float, y_km: float) -> float:
    onto = grid.projection
    return float(onto.scale_at(1000.0 * x_km, 1000.0 * y_km)) if isinstance(onto, Stereographic) else 1.0


def _north(grid: Grid, x_km: float, y_km: float) -> float:
    onto = grid.projection
    return float(onto.convergence_rad(1000.0 * x_km, 1000.0 * y_km)) if isinstance(onto, Stereographic) else 0.0
