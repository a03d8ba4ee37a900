"""Maps of the ground: shaded relief, and values laid over it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.ticker import MaxNLocator

from lunarplan.plot import maps, style
from lunarplan.terrain.projection import Grid

FloatArray = npt.NDArray[np.float64]

_LEFT_IN, _BOTTOM_IN, _TOP_IN, _KEY_IN = 0.12, 0.12, 0.28, 0.72
_LIGHT_AZIMUTH_DEG, _LIGHT_ELEVATION_DEG = 315.0, 35.0  # of the drawing: from the upper left, as on printed maps
_HEIGHTS = "cividis"
_GREYS: dict[str, Any] = {"cmap": "gray", "vmin": 0.0, "vmax": 1.0, "zorder": 0}


@style.styled
def terrain_map(dem: Any, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw a terrain model: shaded relief under its heights, with graticule, scale and north.

    dem : `lunarplan.terrain.dem.Dem` on a map, not too large to be drawn
    """
    ax = ax or map_axes(dem.grid)
    heights = np.asarray(dem.block(slice(None)), float)
    relief(ax, dem.grid, heights)
    overlay(ax, dem.grid, heights / 1000.0, "height over 1737.4 km (km)", cmap=_HEIGHTS)
    finish(ax, dem.grid, title)
    return ax


@style.styled
def site_map(dem: Any, latitude_deg: float, longitude_deg: float, label: str, ax: Axes | None = None) -> Axes:
    """Draw the ground about a place, as `terrain_map`, with the place marked."""
    ax = terrain_map(dem, ax, title=label)
    maps.places(ax, dem.grid, latitude_deg, longitude_deg)
    return ax


def map_axes(grid: Grid, width_in: float = style.COLUMN_IN + 1.2) -> Axes:
    """Return axes of a new figure with room for a title above and a key at the right."""
    left, right, bottom, top = grid.extent_m
    wide = width_in - _LEFT_IN - _KEY_IN
    tall = wide * min(max((top - bottom) / (right - left), 0.3), 2.0)
    figure = style.new_figure(width_in, _BOTTOM_IN + tall + _TOP_IN)
    return style.axes_in(figure, _LEFT_IN, _BOTTOM_IN, wide, tall)


def relief(ax: Axes, grid: Grid, heights_m: FloatArray) -> None:
    """Draw shaded relief, lit from the upper left of the map."""
    shade = hillshade(heights_m, grid.pixel_m)
    ax.imshow(np.ma.masked_invalid(shade), extent=extent_km(grid), interpolation="bilinear", **_GREYS)


def hillshade(heights_m: FloatArray, pixel_m: float) -> FloatArray:
    """Brightness of ground that scatters evenly, 0 to 1; NaN without data.

    Source: Lambert's cosine law, Horn 1981 for what a hillshade is.
    """
    down, right = np.gradient(heights_m, pixel_m) if min(heights_m.shape) > 1 else (0.0 * heights_m, 0.0 * heights_m)
    up = np.radians(_LIGHT_ELEVATION_DEG)
    turn = np.radians(_LIGHT_AZIMUTH_DEG)
    east, north = np.cos(up) * np.sin(turn), np.cos(up) * np.cos(turn)
    lit = (np.sin(up) - east * right + north * down) / np.sqrt(1.0 + right**2 + down**2)
    return np.where(np.isnan(heights_m), np.nan, np.clip(lit, 0.0, 1.0))


def overlay(ax: Axes, grid: Grid, values: FloatArray, label: str, *, alpha: float = 0.62, **look: Any) -> Any:
    """Lay values over the relief, with a key; NaN stays bare."""
    drawn = values_over(ax, grid, values, alpha, **look)
    colour_key(ax, drawn, label)
    return drawn


def values_over(ax: Axes, grid: Grid, values: FloatArray, alpha: float, **look: Any) -> Any:
    """Lay values over the relief; NaN stays bare."""
    masked = np.ma.masked_invalid(values)
    return ax.imshow(masked, extent=extent_km(grid), interpolation="nearest", alpha=alpha, zorder=1, **look)


def colour_key(ax: Axes, drawn: Any, label: str) -> Any:
    """Draw the key to colours along the right side of a map."""
    bar: Any = ax.figure.colorbar(drawn, cax=ax.inset_axes((1.02, 0.0, 0.035, 1.0)), label=label)
    bar.solids.set(alpha=1.0)
    bar.outline.set_linewidth(0.4)
    show_both_sides(bar, drawn.norm)
    return bar


def show_both_sides(bar: Any, norm: Any) -> None:
    """Give a key whose two sides have scales of their own ticks on both."""
    if isinstance(norm, TwoSlopeNorm):
        low, high = norm.vmin or 0.0, norm.vmax or 0.0
        ticks = np.concatenate([MaxNLocator(4).tick_values(low, 0.0), MaxNLocator(3).tick_values(0.0, high)])
        bar.set_ticks(np.unique(ticks[(ticks >= low) & (ticks <= high)]))


def finish(ax: Axes, grid: Grid, title: str = "") -> None:
    """Frame a map, and draw what it is read by."""
    maps.frame(ax, grid)
    maps.graticule(ax, grid)
    maps.scale_bar(ax, grid)
    maps.north_arrow(ax, grid)
    ax.set_title(title)


def extent_km(grid: Grid) -> tuple[float, float, float, float]:
    """Outer edges of a grid on its map, as `imshow` takes them."""
    left, right, bottom, top = (edge / 1000.0 for edge in grid.extent_m)
    return left, right, bottom, top
