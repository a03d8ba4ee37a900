"""The ground that the horizons of a region are swept over: as large as is looked, with nothing around it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.kernels.horizon import Level
from lunarplan.kernels.horizon_tiles import NOTHING, PAD, Ground
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.levels import level_of, map_reach_m, map_unit_m, tops_of, without_covered
from lunarplan.terrain.projection import MOON_RADIUS_M, Grid, Stereographic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.terrain.nested import Terrain

    Heights32 = NDArray[np.float32]

_ALIGNED = 1e-6  # of a pixel
_ROUND = 16  # columns the ground's width is a multiple of
_BAND = 512  # rows converted at a time


@dataclass(frozen=True)
class Swept:
    """Ground for the kernel.

    row, column : of the region's first pixel on it
    top         : greatest w of all
    most_scale  : pixels to a unit of t, at most
    beyond      : coarser ground, without what is in `ground`
    """

    ground: Ground
    row: int
    column: int
    top: float
    most_scale: float
    beyond: tuple[Beyond, ...]


@dataclass(frozen=True)
class Beyond:
    """A coarser model on the region's map: where the region's first pixel is on it, and its pixels to one of these."""

    level: Level
    row: float
    column: float
    per: float


def sweep_ground(terrain: Terrain, region: Grid, heights: Heights32, distance_km: float) -> Swept:
    """Return the finest model about a region, at the region's pixels, with the region's own heights, and the others."""
    wide, row, column = _surroundings(terrain.finest, region, 1000.0 * distance_km)
    window = _window(terrain.finest, wide)
    around = np.array(terrain.finest.on(wide).block(slice(None))) if window is None else window
    around[row : row + region.shape[0], column : column + region.shape[1]] = heights
    ground = _padded(around, wide)
    reach = max(math.hypot(x, y) for x, y in _corners(ground))
    near = [Dem(around, wide)]
    beyond = []
    for dem in terrain.dems[1:]:
        beyond.append(_beyond(dem, region, near, 1000.0 * distance_km))
        near.append(dem)
    return Swept(ground, row + PAD, column + PAD, float(ground.tops.max()), (1.0 + reach**2) / ground.dz, tuple(beyond))


def _beyond(dem: Dem, region: Grid, finer: list[Dem], distance_m: float) -> Beyond:
    """One of the coarser models, as far as is looked, without what finer ones cover."""
    like = replace(region, pixel_m=dem.pixel_m, shape=_cells(region, dem.pixel_m))
    if dem.grid.same_map(region):  # its own pixels
        row, column = (float(a) for a in dem.grid.rows_columns_of_xy(region.x0_m, region.y0_m))
        x, y = dem.grid.xy_m(math.floor(row), math.floor(column))
        like = replace(like, x0_m=float(x), y0_m=float(y))
    wide, _, _ = _surroundings(dem, like, distance_m)
    window = _window(dem, wide)
    heights = dem.on(wide).block(slice(None)) if window is None else window
    row, column = (float(a) for a in wide.rows_columns_of_xy(region.x0_m, region.y0_m))
    return Beyond(level_of(without_covered(heights, wide, finer), wide), row, column, region.pixel_m / dem.pixel_m)


def _cells(region: Grid, pixel_m: float) -> tuple[int, int]:
    """Rows and columns of pixels of another size that hold a region's."""
    rows, columns = (math.ceil(n * region.pixel_m / pixel_m) + 2 for n in region.shape)
    return rows, columns


def _surroundings(dem: Dem, region: Grid, distance_m: float) -> tuple[Grid, int, int]:
    """The region's grid made as wide as is looked and the model reaches, and the region's first pixel on it."""
    assert isinstance(region.projection, Stereographic)
    x = region.xy_m(0, [0, region.shape[1] - 1])[0]
    y = region.xy_m([0, region.shape[0] - 1], 0)[1]
    far_m = max(math.hypot(a, b) for a in x for b in y)
    reach = math.ceil(map_reach_m(region, far_m, distance_m) / region.pixel_m) + 2
    top, left, bottom, right = -reach, -reach, region.shape[0] + reach, region.shape[1] + reach
    limits = _limits(dem, region)
    if limits is not None:
        top, left = min(0, max(top, limits[0])), min(0, max(left, limits[1]))
        bottom, right = max(region.shape[0], min(bottom, limits[2])), max(region.shape[1], min(right, limits[3]))
    return region.window(top, left, (bottom - top, right - left)), -top, -left


def _limits(dem: Dem, region: Grid) -> tuple[int, int, int, int] | None:
    """First row and column of the region's grid a model reaches, and those after the last; None if it is all around."""
    if dem.grid.wraps:
        return None
    rows, columns = dem.grid.shape
    i, j = np.linspace(0, rows - 1, 200), np.linspace(0, columns - 1, 200)
    border_i = np.concatenate([i, i, np.zeros(200), np.full(200, rows - 1)])
    border_j = np.concatenate([np.zeros(200), np.full(200, columns - 1), j, j])
    if dem.grid.same_map(region):
        row, column = region.rows_columns_of_xy(*dem.grid.xy_m(border_i, border_j))
    else:
        row, column = region.rows_columns(*dem.grid.lat_lon_deg(border_i, border_j))
        margin = 0.01 * max(np.ptp(row), np.ptp(column)) + 2.0
        row, column = (
            np.append(row, (row.min() - margin, row.max() + margin)),
            np.append(column, (column.min() - margin, column.max() + margin)),
        )
    return (
        math.floor(row.min() + _ALIGNED), math.floor(column.min() + _ALIGNED), math.ceil(row.max() - _ALIGNED) + 1,
        math.ceil(column.max() - _ALIGNED) + 1,
    )  # fmt: skip


def _window(dem: Dem, wide: Grid) -> Heights32 | None:
    """The model's own pixels on a grid, NaN beyond them; None if its pixels are others."""
    if not dem.grid.same_map(wide) or abs(dem.pixel_m / wide.pixel_m - 1.0) * max(wide.shape) > _ALIGNED:
        return None
    row, column = (float(a) for a in dem.grid.rows_columns_of_xy(wide.x0_m, wide.y0_m))
    if abs(row - round(row)) > _ALIGNED or abs(column - round(column)) > _ALIGNED:
        return None
    top, left = round(row), round(column)
    out = np.full(wide.shape, np.nan, np.float32)
    rows = slice(max(0, top), min(dem.grid.shape[0], top + wide.shape[0]))
    columns = slice(max(0, left), min(dem.grid.shape[1], left + wide.shape[1]))
    if rows.start < rows.stop and columns.start < columns.stop:
        there = out[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
        there[...] = dem.block(rows, columns)
    return out


def _padded(heights: Heights32, grid: Grid) -> Ground:
    """Heights as the kernel takes them."""
    rows, columns = heights.shape
    height, width = rows + 2 * PAD, -(-(columns + 2 * PAD) // _ROUND) * _ROUND
    low, high = float(np.nanmin(heights)), float(np.nanmax(heights))
    middle = 0.5 * (low + high)
    level = middle / (MOON_RADIUS_M + middle)
    w = np.full((height, width), NOTHING, np.float32)
    for first in range(0, rows, _BAND):
        h = heights[first : first + _BAND].astype(float)
        w[PAD + first : PAD + first + len(h), PAD : PAD + columns] = np.where(
            np.isnan(h), NOTHING, h / (MOON_RADIUS_M + h) - level
        )
    unit = map_unit_m(grid)
    dz = grid.pixel_m / unit
    zx, zy = grid.x0_m / unit - PAD * dz, grid.y0_m / unit + PAD * dz
    return Ground(w.reshape(-1), tops_of(w, NOTHING), height, width, level, zx, zy, dz)


def _corners(ground: Ground) -> list[tuple[float, float]]:
    right, bottom = ground.zx + ground.width * ground.dz, ground.zy - ground.height * ground.dz
    return [(ground.zx, ground.zy), (right, ground.zy), (ground.zx, bottom), (right, bottom)]
