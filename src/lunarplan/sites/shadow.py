"""How far the nearest ground is that never sees the Sun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.sites.criterion import AtMost
from lunarplan.sites.setting import Setting
from lunarplan.terrain.arcs import distance_m, unit_vectors
from lunarplan.terrain.distance import distance_map
from lunarplan.terrain.horizons import horizons
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import Grid, Stereographic
from lunarplan.terrain.shadowed import shadowed_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Shadowed = NDArray[np.int8]

REACH_KM = 20.0  # how far is looked
_REACH_PIXELS = 40  # from a site to there
_FINE_M = 240.0  # pixels the published maps of permanent shadow began with (Mazarico et al. 2011)


def shadow_near_km(setting: Setting, latitude_deg: float, longitude_deg: float) -> Any:
    """Kilometres from a place to the middle of the nearest pixel that never sees the Sun; `REACH_KM` if none is nearer.

    Looked for on the pixels of the finest model that has not many more than needed. An upper bound, see `bounded`.
    """
    terrain = _without_much_finer(setting.terrain, 1000.0 * REACH_KM / _REACH_PIXELS)
    grid = _about(terrain, latitude_deg, longitude_deg)
    dark = dark_ground(setting, terrain, grid) == 1
    far = REACH_KM
    if dark.any():
        latitude, longitude = grid.centers_deg()
        here = unit_vectors(np.asarray(latitude_deg), np.asarray(longitude_deg))
        far = min(far, float(distance_m(unit_vectors(latitude[dark], longitude[dark]), here).min()) / 1000.0)
    return bounded(far, grid.pixel_m)


def shadow_distance_km(setting: Setting, grid: Grid) -> Any:
    """As `shadow_near_km` from every pixel of a grid, float64[rows, columns]; NaN without data."""
    margin = int(np.ceil(1000.0 * REACH_KM / grid.pixel_m))
    rows, columns = grid.shape
    wide = grid.window(-margin, -margin, (rows + 2 * margin, columns + 2 * margin))
    dark = dark_ground(setting, setting.terrain, wide)
    far = np.full(wide.shape, REACH_KM)
    if (dark == 1).any():
        far = np.minimum(np.asarray(distance_map(dark == 1, wide).values, float), REACH_KM)
    return bounded(np.where(dark < 0, np.nan, far)[margin:-margin, margin:-margin], grid.pixel_m)


def bounded(far_km: Any, pixel_m: float) -> Any:
    """Distances as they are, or as upper bounds where pixels are too large to show all permanent shadow."""
    if pixel_m <= _FINE_M:
        return far_km
    return AtMost(far_km, f"DEM too coarse to judge: shadow smaller than its pixels of {pixel_m:g} m may be nearer")


def dark_ground(setting: Setting, terrain: Terrain, grid: Grid) -> Shadowed:
    """1 where the Sun is never seen in 18.6 years, 0 elsewhere, -1 without data."""
    found = horizons(
        terrain, grid, azimuths=setting.azimuths, distance_km=setting.distance_km, cache=setting.cache,
        workers=setting.workers,
    )  # fmt: skip
    return np.asarray(shadowed_map(found, workers=setting.workers, ephemeris=setting.ephemeris)["shadowed"].values)


def _without_much_finer(terrain: Terrain, pixel_m: float) -> Terrain:
    """The models with pixels that large or larger, or the coarsest of all."""
    return Terrain([dem for dem in terrain.dems if dem.pixel_m >= pixel_m * (1.0 - 1e-9)] or [terrain.dems[-1]])


def _about(terrain: Terrain, latitude_deg: float, longitude_deg: float) -> Grid:
    """Pixels about a place as far as is looked: those of the model there, if they are on a conformal map."""
    dem = terrain.dem_at(latitude_deg, longitude_deg)
    if not isinstance(dem.grid.projection, Stereographic):
        return Grid.about(latitude_deg, longitude_deg, 1000.0 * REACH_KM, dem.pixel_m)
    row, column = (round(float(index)) for index in dem.grid.rows_columns(latitude_deg, longitude_deg))
    reach = int(np.ceil(1000.0 * REACH_KM / dem.pixel_m)) + 1
    return dem.grid.window(row - reach, column - reach, (2 * reach + 1, 2 * reach + 1))
