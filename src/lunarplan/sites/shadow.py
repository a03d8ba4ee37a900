"""How far the nearest ground is that never sees the Sun."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.sites.criterion import AtMost
from lunarplan.sites.setting import Setting
from lunarplan.terrain.distance import distance_map
from lunarplan.terrain.horizons import horizons
from lunarplan.terrain.shadowed import shadowed_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.terrain.projection import Grid

    Floats = NDArray[np.float64]

REACH_KM = 20.0  # how far is looked
_FINE_M = 240.0  # pixels the published maps of permanent shadow began with (Mazarico et al. 2011)


def shadow_distance_km(setting: Setting, grid: Grid) -> Floats:
    """Kilometres from each pixel to the nearest that never sees the Sun in 18.6 years, float64[rows, columns].

    `REACH_KM` where there is none within it, and NaN without data. Shadowed ground smaller than a pixel is not seen, so
    that the distance is at most this.
    """
    found = horizons(
        setting.terrain, grid, azimuths=setting.azimuths, distance_km=setting.distance_km,
        cache=setting.cache, workers=setting.workers,
    )  # fmt: skip
    dark = shadowed_map(found, workers=setting.workers, ephemeris=setting.ephemeris)["shadowed"].values
    far = np.full(grid.shape, REACH_KM)
    if (dark == 1).any():
        far = np.minimum(np.asarray(distance_map(dark == 1, grid).values, float), REACH_KM)
    return np.where(dark < 0, np.nan, far)


def bounded(far_km: Any, pixel_m: float) -> Any:
    """Distances as they are, or as upper bounds where pixels are too large to show all permanent shadow."""
    if pixel_m <= _FINE_M:
        return far_km
    return AtMost(far_km, f"DEM too coarse to judge: shadow smaller than its pixels of {pixel_m:g} m may be nearer")
