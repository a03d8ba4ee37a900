"""Slopes, at a stated baseline.

The gradient is that of Zevenbergen and Thorne (1987): heights half a baseline to the east and west, north and south.
On a model of 5 m, a baseline of 10 m takes the four neighbours. A slope without its baseline means little: the longer
that is, the smoother is the ground.

Source: Zevenbergen and Thorne 1987, Earth Surface Processes and Landforms 12, 47.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.rows import scalar
from lunarplan.terrain.arcs import beside
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.layer import FOOTPRINT_M, Caution, Layer, hazard_caution
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import MOON_RADIUS_M, Stereographic, checked_coordinates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Slope:
    """Slopes at places.

    slope_deg        : over the horizontal
    aspect_deg       : azimuth the ground falls to, clockwise from north
    baseline_m       : what it is stated over
    caution          : None, or why hazards cannot be judged by it
    """

    slope_deg: Floats
    aspect_deg: Floats
    baseline_m: float
    caution: Caution | None


def slope_map(dem: Dem, baseline_m: float | None = None) -> Layer:
    """Return the slope of every pixel in degrees; by default over two pixels. NaN half a baseline from the edges.

    Raises InputError for a baseline under two pixels, and for models in latitude and longitude (`Dem.stereographic`
    makes another of them).
    """
    baseline = checked_baseline(dem, baseline_m)
    values = np.empty(dem.grid.shape, np.float32)
    for rows, slopes in slope_blocks(dem, baseline):
        values[rows] = slopes
    return Layer(values, dem.grid, "slope", "deg", baseline, hazard_caution(dem.pixel_m))


def slope_blocks(dem: Dem, baseline_m: float | None = None) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Go through `slope_map` in blocks of rows, in memory that does not grow with the model."""
    reach = round(0.5 * checked_baseline(dem, baseline_m) / dem.pixel_m, 9)
    margin = math.ceil(reach)
    for rows, wide in dem.row_blocks(margin):
        heights = np.pad(dem.block(wide).astype(float), margin, constant_values=np.nan)
        top = rows.start - wide.start
        south_north, west_east = _differences(heights[top : top + rows.stop - rows.start + 2 * margin], reach, margin)
        steepness = np.hypot(south_north, west_east) / (2.0 * reach * dem.pixel_m) * _map_to_ground(dem, rows)
        yield rows, np.degrees(np.arctan(steepness)).astype(np.float32)


def slope_at(ground: Dem | Terrain, latitude_deg: ArrayLike, longitude_deg: ArrayLike, baseline_m: float) -> Slope:
    """Return slope and aspect at places, from the surface half a baseline away in four directions.

    All of them are taken from one model, the finest that has them. Its pixels may be larger than the baseline: then it
    is the slope of a facet, and the caution says so.

    Raises InputError for places outside the models, or nearer to their edge than half a baseline.
    """
    baseline = scalar("baseline_m", baseline_m, 1e-2, 1e6, "m")
    latitude, longitude = np.broadcast_arrays(*checked_coordinates(latitude_deg, longitude_deg))
    middle, north, east, pixel = (np.full(latitude.shape, np.nan) for _ in range(4))
    for dem in Terrain(ground).dems:
        left = np.isnan(north + east + middle)
        places = latitude[left], longitude[left]
        middle[left] = dem.height_or_nan_m(*places)
        north[left] = _rise(dem, *places, 0.0, baseline)
        east[left] = _rise(dem, *places, baseline, 0.0)
        pixel[left] = dem.pixel_m
    if np.isnan(north + east + middle).any():
        ground.height_m(latitude, longitude)
        what = f"nearer to the edge of the terrain than half the baseline of {baseline:g} m"
        raise InputError(what, where="slope_at", remedy="give a wider model, or lay one under it")
    slope = np.degrees(np.arctan(np.hypot(north, east) / (baseline * (1.0 + middle / MOON_RADIUS_M))))
    aspect = np.degrees(np.arctan2(-east, -north)) % 360.0
    return Slope(slope, aspect, baseline, hazard_caution(float(pixel.max(initial=0.0)), min(baseline, FOOTPRINT_M)))


def checked_baseline(dem: Dem, baseline_m: float | None) -> float:
    """Return the baseline in metres; raises InputError if it, or the map, will not do."""
    require_conformal(dem)
    least = 2.0 * dem.pixel_m
    if baseline_m is None:
        return least
    longest = dem.pixel_m * (min(dem.grid.shape) - 1)
    baseline = scalar("baseline_m", baseline_m, 0.0, 1e7, "m")
    if not least * (1.0 - 1e-9) <= baseline <= longest:
        raise InputError(
            f"a baseline of {baseline:g} m on pixels of {dem.pixel_m:g} m",
            where=dem.name,
            allowed=f"{least:g} to {longest:g} m",
            remedy="give a finer model" if baseline < least else "give a wider model",
        )
    return baseline


def require_conformal(dem: Dem) -> None:
    """Raise InputError for a model in latitude and longitude: metres there depend on the direction."""
    if not isinstance(dem.grid.projection, Stereographic):
        raise InputError(
            "its map is not conformal", where=dem.name, allowed="stereographic", remedy="use Dem.stereographic(...)"
        )


def _differences(heights: Floats, reach: float, margin: int) -> tuple[Floats, Floats]:
    """South less north and west less east, `reach` pixels away, for all but the outermost `margin` pixels."""
    inner = slice(margin, -margin)
    south_north = _away(heights, reach, 1) - _away(heights, reach, -1)
    west_east = (_away(heights.T, reach, -1) - _away(heights.T, reach, 1)).T
    return south_north[:, inner], west_east[inner]


def _away(heights: Floats, reach: float, sign: int) -> Floats:
    """Heights `reach` rows down or up, between two pixels on the line that joins them, which lies on the surface."""
    margin = math.ceil(reach)
    rows = heights.shape[0] - 2 * margin

    def rows_at(n: int) -> Floats:
        return heights[margin + sign * n : margin + sign * n + rows]

    near = margin - reach
    far_rows = rows_at(margin)
    return far_rows if near == 0.0 else near * rows_at(margin - 1) + (1.0 - near) * far_rows


def _map_to_ground(dem: Dem, rows: slice) -> Floats:
    """Metres on the map per metre on the ground, which is longer the higher it lies."""
    projection = dem.grid.projection
    assert isinstance(projection, Stereographic)
    i, j = np.arange(rows.start, rows.stop)[:, None], np.arange(dem.grid.shape[1])[None, :]
    scale = projection.scale_at(*np.broadcast_arrays(*dem.grid.xy_m(i, j)))
    return np.asarray(scale / (1.0 + dem.block(rows).astype(float) / MOON_RADIUS_M))


def _rise(dem: Dem, latitude: Floats, longitude: Floats, east_m: float, north_m: float) -> Floats:
    """How much higher the ground is half a way further than half a way back."""
    ahead = dem.height_or_nan_m(*beside(latitude, longitude, 0.5 * east_m, 0.5 * north_m))
    return ahead - dem.height_or_nan_m(*beside(latitude, longitude, -0.5 * east_m, -0.5 * north_m))
