"""Terrain models as the horizon kernels want them: on stereographic maps, nothing twice, with the tops of squares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.kernels.horizon import BLOCK, Level
from lunarplan.terrain.projection import MOON_RADIUS_M, Grid, Stereographic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lunarplan.terrain.dem import Dem

    Heights32 = NDArray[np.float32]


_WIDEST_RAD = 1.5  # half the angle from a map's centre: near its antipode it has no end


def map_unit_m(grid: Grid) -> float:
    """Metres on a stereographic map to one unit of the kernels' map coordinates: the diameter of the sphere."""
    assert isinstance(grid.projection, Stereographic)
    return 2.0 * MOON_RADIUS_M * grid.projection.scale


def map_reach_m(grid: Grid, from_center_m: float, distance_m: float) -> float:
    """Return how far apart on a stereographic map places so far apart on the Moon may be: most, going outwards.

    from_center_m : of the place looked from, on the map
    """
    unit = map_unit_m(grid)
    angle = math.atan(from_center_m / unit)
    outwards = math.tan(min(angle + 0.5 * distance_m / MOON_RADIUS_M, _WIDEST_RAD)) - math.tan(angle)
    return unit * max(outwards, math.tan(0.5 * distance_m / MOON_RADIUS_M))


def level_of(heights: Heights32, grid: Grid) -> Level:
    """Return heights on a stereographic grid as a kernel takes them."""
    unit = map_unit_m(grid)
    heights = np.ascontiguousarray(heights, np.float32)
    tops = tops_of(heights, -math.inf)
    return Level(heights, tops, grid.x0_m / unit, grid.y0_m / unit, grid.pixel_m / unit)


def tops_of(values: Heights32, nothing: float) -> Heights32:
    """Return the greatest value of each square of BLOCK x BLOCK pixels; `nothing` where all are NaN."""
    rows, columns = (np.arange(0, n, BLOCK) for n in values.shape)
    tops = np.fmax.reduceat(np.fmax.reduceat(values, rows, axis=0), columns, axis=1)
    return np.where(np.isnan(tops), np.float32(nothing), tops)


def without_covered(heights: Heights32, grid: Grid, finer: Sequence[Dem]) -> Heights32:
    """Return heights with NaN well inside what finer models cover, so that ground is not looked at twice.

    A rim of one pixel inside stays: it joins the models.
    """
    covered = np.zeros(grid.shape, bool)
    for dem in finer:
        covered |= _covered(grid, dem)
    if not covered.any():
        return heights
    from scipy.ndimage import binary_erosion

    inside = binary_erosion(covered, np.ones((3, 3), bool))
    return np.where(inside, np.float32(np.nan), heights)


def _covered(grid: Grid, finer: Dem) -> NDArray[np.bool_]:
    """Where a finer model has ground at the pixels of a grid."""
    if not finer.grid.same_map(grid):
        return ~np.isnan(finer.height_or_nan_m(*grid.centers_deg()))
    x, y = grid.xy_m(np.arange(grid.shape[0])[:, None], np.arange(grid.shape[1])[None, :])
    return ~np.isnan(finer.height_at_pixels_m(*finer.grid.rows_columns_of_xy(x, y)))


def half_tangent_of(distance_km: float) -> float:
    """Return the tangent of half the angle at the Moon's centre over a distance along its sphere."""
    return math.tan(500.0 * distance_km / MOON_RADIUS_M)
