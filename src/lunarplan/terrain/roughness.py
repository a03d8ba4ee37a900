"""Roughness: what is left of the ground when its slope is taken away.

RMS height: the root mean square of heights about the plane fitted to a square window.

Source: Shepard et al. 2001, JGR 106(E12), 32777: RMS height of detrended profiles; here of surfaces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import correlate1d

from lunarplan.errors import InputError
from lunarplan.model.rows import scalar
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.layer import Layer, hazard_caution
from lunarplan.terrain.slope import require_conformal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def roughness_map(dem: Dem, window_m: float | None = None) -> Layer:
    """Return the RMS height in metres about each pixel; NaN where the window is not full.

    window_m : side of the window, first pixel centre to last: an even number of pixels; 4 if not given

    Raises InputError for a window that is not, and for models in latitude and longitude.
    """
    half = _half_window(dem, window_m)
    values = np.empty(dem.grid.shape, np.float32)
    for rows, part in _blocks(dem, half):
        values[rows] = part
    side = 2.0 * half * dem.pixel_m
    return Layer(values, dem.grid, "roughness", "m", side, hazard_caution(dem.pixel_m))


def _half_window(dem: Dem, window_m: float | None) -> int:
    require_conformal(dem)
    if window_m is None:
        return 2
    half = 0.5 * scalar("window_m", window_m, 0.0, 1e7, "m") / dem.pixel_m
    if abs(half - round(half)) > 1e-6 or not 1.0 <= half <= 0.5 * (min(dem.grid.shape) - 1):
        raise InputError(
            f"a window of {window_m:g} m on pixels of {dem.pixel_m:g} m",
            where=dem.name,
            allowed=f"{2.0 * dem.pixel_m:g} m and multiples of it, within the model",
        )
    return round(half)


def _blocks(dem: Dem, half: int) -> Iterator[tuple[slice, Floats]]:
    for rows, wide in dem.row_blocks(half):
        top = rows.start - wide.start
        whole = _rms_about_plane(dem.block(wide).astype(float), half)
        yield rows, whole[top : top + rows.stop - rows.start]


def _rms_about_plane(heights: Floats, half: int) -> Floats:
    """Root mean square about the plane fitted to each window; sums over rows and columns apart."""
    side = 2 * half + 1
    ones, ramp = np.ones(side), np.arange(-half, half + 1.0)
    level = np.nanmean(heights) if np.isfinite(heights).any() else 0.0
    h = heights - level  # squares of what is small keep their digits

    def window_sum(a: Floats, down: Floats, right: Floats) -> Floats:
        summed = correlate1d(a, down, axis=0, mode="constant", cval=np.nan)
        return np.asarray(correlate1d(summed, right, axis=1, mode="constant", cval=np.nan))

    count, spread = side * side, side * float(ramp @ ramp)
    variance = (
        window_sum(h * h, ones, ones)
        - window_sum(h, ones, ones) ** 2 / count
        - window_sum(h, ramp, ones) ** 2 / spread
        - window_sum(h, ones, ramp) ** 2 / spread
    ) / count
    return np.sqrt(np.maximum(variance, 0.0))
