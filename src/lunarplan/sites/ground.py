"""Slopes and roughness where the ground is known finely enough for them, and why not elsewhere."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from scipy.ndimage import maximum_filter

from lunarplan.sites.criterion import Partly, Unknown
from lunarplan.terrain.arcs import beside
from lunarplan.terrain.ellipse import landing_ellipse
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import Grid, Stereographic
from lunarplan.terrain.roughness import roughness_map
from lunarplan.terrain.slope import slope_at, slope_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.terrain.dem import Dem

    Floats = NDArray[np.float64]

Value = Any
_PIXELS_OF_A_BASELINE = 2.0  # at least


class Ground(Protocol):
    """What the ground is like: numbers at a place, rasters over a region."""

    def slope_deg(self, baseline_m: float) -> Value: ...

    def roughness_m(self, window_m: float) -> Value: ...

    def ellipse_steep_percent(
        self, baseline_m: float, steeper_than_deg: float, axes_km: tuple[float, float]
    ) -> Value: ...


@dataclass(frozen=True, eq=False)
class GroundAt:
    """The ground at one place."""

    terrain: Terrain
    latitude_deg: float
    longitude_deg: float

    def slope_deg(self, baseline_m: float) -> Value:
        coarse = too_coarse(self._coarsest_m(0.5 * baseline_m), baseline_m)
        return coarse or float(slope_at(self.terrain, *self._at, baseline_m).slope_deg)

    def roughness_m(self, window_m: float) -> Value:
        window = whole_window(window_m, self._pixel_m)
        coarse = too_coarse(self._coarsest_m(window), window_m)
        if coarse:
            return coarse
        about = self.terrain.stereographic(*self._at, window)
        return _known(roughness_map(about, window).at(*self._at))

    def ellipse_steep_percent(self, baseline_m: float, steeper_than_deg: float, axes_km: tuple[float, float]) -> Value:
        coarse = too_coarse(self._pixel_m, baseline_m)
        if coarse:
            return coarse
        major, minor = (1000.0 * axis for axis in axes_km)
        ellipse = landing_ellipse(self.terrain, *self._at, major, minor, baseline_m=baseline_m)
        if ellipse.covered < 1.0:
            return Unknown(f"the finest terrain covers {100.0 * ellipse.covered:.0f} % of the ellipse")
        return 100.0 * (1.0 - ellipse.fraction_within(steeper_than_deg))

    @cached_property
    def _pixel_m(self) -> float:
        return self.terrain.dem_at(*self._at).pixel_m

    def _coarsest_m(self, reach_m: float) -> float:
        """Largest pixels of the models that the ground is from, here and so far away in eight directions."""
        here = np.asarray(self.latitude_deg), np.asarray(self.longitude_deg)
        turns = np.radians(np.arange(0.0, 360.0, 45.0)).tolist()
        around = [beside(*here, reach_m * math.sin(turn), reach_m * math.cos(turn)) for turn in turns]
        models = self.terrain.dem_index(*np.array([here, *around]).T)
        pixels: list[float] = [self.terrain.dems[n].pixel_m for n in models.tolist()]
        return max(pixels)

    @property
    def _at(self) -> tuple[float, float]:
        return self.latitude_deg, self.longitude_deg


@dataclass(frozen=True, eq=False)
class GroundOver:
    """The ground on the pixels of a grid."""

    terrain: Terrain
    grid: Grid

    @cached_property
    def heights_m(self) -> Floats:
        """Over the sphere of 1737.4 km, float64[rows, columns]; NaN without data."""
        return np.asarray(self.terrain.on(self.grid).block(slice(None)), float)

    def slope_deg(self, baseline_m: float) -> Value:
        coarse = too_coarse(self.grid.pixel_m, baseline_m)
        return coarse or self._shown(self._slopes(baseline_m, 0), baseline_m)

    def roughness_m(self, window_m: float) -> Value:
        coarse = too_coarse(self.grid.pixel_m, window_m)
        if coarse:
            return coarse
        window = whole_window(window_m, self.grid.pixel_m)
        margin = math.ceil(window / self.grid.pixel_m)
        found = _inner(np.asarray(roughness_map(self._wider(margin), window).values, float), margin)
        return self._shown(found, window_m)

    def ellipse_steep_percent(self, baseline_m: float, steeper_than_deg: float, axes_km: tuple[float, float]) -> Value:
        """The major axis lies north-south, as it is at the middle of the grid."""
        from scipy.signal import oaconvolve

        coarse = too_coarse(self.grid.pixel_m, baseline_m)
        if coarse:
            return coarse
        kernel = _ellipse(self.grid, axes_km)
        margin = max(kernel.shape) // 2
        steep = self._slopes(baseline_m, margin) > steeper_than_deg
        share = oaconvolve(steep.astype(float), kernel / kernel.sum(), mode="same")
        found = 100.0 * np.clip(_inner(share, margin), 0.0, 1.0)
        return self._shown(found, baseline_m, margin * self.grid.pixel_m)

    def _shown(self, found: Floats, length_m: float, reach_m: float = 0.0) -> Value:
        """What was found, NaN where a coarser model lies within the length, or within a reach beyond it.

        Where one model ends and another begins the ground may have a step, and coarse ground on fine pixels is smooth.
        """
        margin = math.ceil((0.5 * length_m + reach_m) / self.grid.pixel_m) + 1
        rows, columns = self.grid.shape
        wide = self.grid.window(-margin, -margin, (rows + 2 * margin, columns + 2 * margin))
        models = self.terrain.dem_index(*wide.centers_deg())
        pixels = np.array([dem.pixel_m for dem in self.terrain.dems] + [np.inf])[models]
        coarsest = _inner(maximum_filter(pixels, 2 * margin + 1, mode="nearest"), margin)
        coarse = coarsest * _PIXELS_OF_A_BASELINE > length_m * (1.0 + 1e-9)
        if not coarse.any():
            return found
        why = too_coarse(float(coarsest[coarse].min()), length_m)
        assert why is not None
        return Unknown(why.why) if coarse.all() else Partly(np.where(coarse, np.nan, found), why.why)

    def _slopes(self, baseline_m: float, margin: int) -> Floats:
        """Slopes of the grid and so many pixels around it."""
        more = margin + math.ceil(0.5 * baseline_m / self.grid.pixel_m) + 1
        return _inner(np.asarray(slope_map(self._wider(more), baseline_m).values, float), more - margin)

    def _wider(self, margin: int) -> Dem:
        rows, columns = self.grid.shape
        return self.terrain.on(self.grid.window(-margin, -margin, (rows + 2 * margin, columns + 2 * margin)))


def too_coarse(pixel_m: float, length_m: float) -> Unknown | None:
    """Why pixels do not show something of a length, or None if they do."""
    if pixel_m * _PIXELS_OF_A_BASELINE <= length_m * (1.0 + 1e-9):
        return None
    needed = length_m / _PIXELS_OF_A_BASELINE
    return Unknown(f"DEM too coarse to judge: pixels of {pixel_m:g} m, {needed:g} m needed for {length_m:g} m")


def whole_window(window_m: float, pixel_m: float) -> float:
    """The even number of pixels that comes nearest to a window, in metres."""
    return 2.0 * pixel_m * max(1, round(0.5 * window_m / pixel_m))


def _known(value: Any) -> Value:
    return Unknown("no data around the place") if np.isnan(value) else float(value)


def _inner(values: Floats, margin: int) -> Floats:
    return values[margin:-margin, margin:-margin] if margin else values


def _ellipse(grid: Grid, axes_km: tuple[float, float]) -> Floats:
    """1 for pixels in an ellipse about the middle of a square of pixels, 0 elsewhere."""
    major, minor = (1000.0 * axis / grid.pixel_m for axis in axes_km)
    reach = math.ceil(max(major, minor))
    across, up = np.meshgrid(np.arange(-reach, reach + 1.0), np.arange(reach, -reach - 1.0, -1.0))
    rows, columns = grid.shape
    onto = grid.projection
    turn = 0.0
    if isinstance(onto, Stereographic):
        turn = float(onto.convergence_rad(*grid.xy_m(0.5 * (rows - 1), 0.5 * (columns - 1))))
    north, east = across * np.sin(turn) + up * np.cos(turn), across * np.cos(turn) - up * np.sin(turn)
    return np.asarray((north / major) ** 2 + (east / minor) ** 2 <= 1.0, float)
