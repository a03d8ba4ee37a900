"""Every pixel of a region watches a target: horizons in tiles go in, rasters come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.jit import run_blocks
from lunarplan.kernels.sunlight import NODATA, PIXELS, TILE, watch_tiles
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.sky import local_axes
from lunarplan.terrain.projection import Stereographic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.terrain.horizons import Horizons
    from lunarplan.terrain.projection import Grid

    Floats = NDArray[np.float64]

Progress = Callable[[int, int], object]

_AT_ONCE = 64  # tiles between two calls of progress
_LEAST_RADIUS_RAD = 1e-6  # of a point: it goes up within an instant


@dataclass(frozen=True)
class Watched:
    """Rasters float64[rows, columns]; NaN where the terrain is not known.

    average      : of the fraction of the disc over the horizon
    in_view      : part of the epochs at which enough of the disc is
    longest_gap, longest_view : epochs in a row
    """

    average: Floats
    in_view: Floats
    longest_gap: Floats
    longest_view: Floats


def watch(
    horizons: Horizons,
    bodies_km: Floats,
    radius_km: float,
    part: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Watched:
    """Let every pixel watch a body over epochs, float64[T, 3] in km from the Moon's centre, MOON_ME.

    progress : called with the tiles done and all tiles

    Raises InputError for horizons in another layout.
    """
    elevation, frames, turns = tiled(horizons)
    tiles = len(elevation)
    least = _LEAST_RADIUS_RAD * float(np.linalg.norm(bodies_km, axis=1).max())
    total = np.empty((tiles, PIXELS))
    count, gap, view = (np.empty((tiles, PIXELS), np.float32) for _ in range(3))
    scratch = tuple(np.empty((tiles, PIXELS), np.float32) for _ in range(3))
    fixed = (elevation, frames, turns, np.ascontiguousarray(bodies_km), max(radius_km, least), part)
    for first in range(0, tiles, _AT_ONCE):
        last = min(first + _AT_ONCE, tiles)
        rows = partial(_watch, first, *fixed, total, count, gap, view, scratch)
        run_blocks(rows, last - first, 1, workers)
        if progress is not None:
            progress(last, tiles)
    rasters = [raster(horizons, values) for values in (total / len(bodies_km), count / len(bodies_km), gap, view)]
    return Watched(*rasters)


def _watch(start: int, *rows: Any) -> None:
    *fixed, first, last = rows
    watch_tiles(start + first, start + last, *fixed)


def tiled(horizons: Horizons) -> tuple[NDArray[np.int16], Floats, Floats]:
    """Return the horizons as int16[tiles, A, 1024], and the frames and turns of `kernels.sunlight.watch_tiles`.

    Raises InputError for horizons in another layout.
    """
    if not hasattr(horizons, "elevation") or not hasattr(horizons, "grid"):
        what = f"a {type(horizons).__name__}"
        raise InputError(what, where="horizons", allowed="horizons of a region, see lunarplan.terrain.horizons")
    elevation = np.asarray(horizons.elevation)
    rows, columns = horizons.grid.shape
    shape = (-(-rows // TILE), -(-columns // TILE))
    if (
        elevation.dtype != np.int16
        or elevation.ndim != 5
        or elevation.shape[:2] + elevation.shape[3:] != (*shape, TILE, TILE)
    ):
        what = f"{elevation.dtype} {elevation.shape}"
        raise InputError(
            what, where="horizons.elevation", allowed=f"int16 ({shape[0]}, {shape[1]}, azimuths, {TILE}, {TILE})"
        )
    flat = np.ascontiguousarray(elevation).reshape(shape[0] * shape[1], elevation.shape[2], PIXELS).view()
    flat.flags.writeable = False  # as those from a file are: one kernel for both
    return flat, *frames_of(horizons)


def frames_of(horizons: Horizons) -> tuple[Floats, Floats]:
    """Return place, grid east, grid north and up at the middle of every tile, and how they turn from pixel to pixel."""
    grid = horizons.grid
    tile_rows, tile_columns = (np.arange(-(-n // TILE)) * TILE + 0.5 * (TILE - 1) for n in grid.shape)
    row, column = (a.ravel() for a in np.meshgrid(tile_rows, tile_columns, indexing="ij"))
    known = np.isfinite(horizons.heights_m)
    height_km = float(horizons.heights_m[known].mean()) / 1000.0 if known.any() else 0.0
    middle = _axes(grid, row, column)
    half = 0.5 * TILE
    right, left = _axes(grid, row, column + half), _axes(grid, row, column - half)
    below, above = _axes(grid, row + half, column), _axes(grid, row - half, column)
    pixel = np.linalg.norm(right[2] - left[2], axis=-1) / TILE
    by_column = np.einsum("ti,ti->t", middle[1], right[0] - left[0]) / TILE
    by_row = np.einsum("ti,ti->t", middle[1], below[0] - above[0]) / TILE
    place = (RADIUS_KM["moon"] + height_km) * middle[2]
    return np.stack([place, *middle], axis=1), np.stack([pixel, by_column, by_row], axis=1)


def _axes(grid: Grid, row: Floats, column: Floats) -> tuple[Floats, Floats, Floats]:
    """Grid east, grid north and up, (T, 3) each, MOON_ME."""
    x, y = grid.xy_m(row, column)
    latitude, longitude = (np.radians(a) for a in grid.projection.inverse(x, y))
    east, north, up = local_axes(latitude, longitude)
    turn = map_of(grid).convergence_rad(x, y)[:, None]
    return np.cos(turn) * east + np.sin(turn) * north, np.cos(turn) * north - np.sin(turn) * east, up


def map_of(grid: Grid) -> Stereographic:
    """Return the map of a region; raises InputError unless it keeps angles."""
    if not isinstance(grid.projection, Stereographic):
        what = f"a {type(grid.projection).__name__} map"
        raise InputError(what, where="horizons.grid", allowed="a stereographic map", remedy="see Dem.stereographic")
    return grid.projection


def raster(horizons: Horizons, values: Any) -> Floats:
    """Return values of tiles, (tiles, 1024), as float64[rows, columns]; NaN where the terrain is not known."""
    rows, columns = horizons.grid.shape
    shape = horizons.elevation.shape[:2]
    unknown = np.asarray(horizons.elevation[:, :, 0]) == NODATA
    tiles = np.where(unknown, np.nan, np.asarray(values, float).reshape(*shape, TILE, TILE))
    return tiles.transpose(0, 2, 1, 3).reshape(shape[0] * TILE, shape[1] * TILE)[:rows, :columns]
