"""The horizons of every pixel of a region, at all azimuths.

    region = horizons(Terrain.packaged(), grid, cache="horizons")
    region.elevation_deg(row, column)

What is computed for single places is in `lunarplan.terrain.profile`, and offered here, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels import horizon_beyond
from lunarplan.kernels.floats import WIDTH
from lunarplan.kernels.horizon_beyond import tiles_beyond
from lunarplan.kernels.horizon_tiles import LISTED, TILE, UNITS, Scratch, tiles
from lunarplan.kernels.jit import run_blocks
from lunarplan.model.rows import scalar
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.horizon_cache import HorizonCache
from lunarplan.terrain.levels import half_tangent_of
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.profile import (
    FARTHEST_KM,
    HIGHEST_OBSERVER_M,
    MOST_AZIMUTHS,
    HorizonProfiles,
    horizon_at,
)
from lunarplan.terrain.projection import MOON_RADIUS_M, Grid, Stereographic
from lunarplan.terrain.swept import Beyond, Swept, sweep_ground

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Elevation = NDArray[np.int16]

__all__ = ["NODATA", "HorizonProfiles", "Horizons", "horizon_at", "horizons"]

NODATA = -32768
_LOWEST = round(-90 * UNITS)
_FIRST_STOPS = (4.0, 16.0, 32.0, 48.0, 64.0, 96.0, 128.0)  # pixels; then even steps
_STEP, _WIDE_STEP, _WIDE_FROM = 32.0, 64.0, 512.0


@dataclass(frozen=True, eq=False)
class Horizons:
    """Horizons of all pixels of a region.

    elevation  : int16[tile rows, tile columns, A, 32, 32] in 1/360 deg over the plane at right angles to the radius
        vector, at grid azimuths 360 a / A deg, clockwise from +y; -32400 (straight down) where there is no ground in
        sight and outside the region, -32768 for pixels without data. An array, or mapped from a file
    grid       : of the region's pixels
    heights_m  : float32[rows, columns] of the ground
    observer_height_m : of the eyes over the ground
    distance_km : how far was looked
    provenance : where the ground comes from
    """

    elevation: Elevation
    grid: Grid
    heights_m: NDArray[np.float32]
    observer_height_m: float
    distance_km: float
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def azimuths_rad(self) -> Floats:
        """Grid azimuths, float64[A]; the true azimuth is less by `Stereographic.convergence_rad`."""
        count = self.elevation.shape[2]
        return np.linspace(0.0, math.tau, count, endpoint=False)

    def elevation_deg(self, row: int, column: int) -> Floats:
        """Return the horizon of one pixel at all grid azimuths, float64[A]; NaN if it has no data.

        Raises InputError for a pixel the region does not have.
        """
        rows, columns = self.grid.shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise InputError(f"pixel [{row}, {column}]", where="Horizons", allowed=f"within {self.grid.shape}")
        stored = self.elevation[row // TILE, column // TILE, :, row % TILE, column % TILE]
        return np.where(stored == NODATA, np.nan, stored / UNITS)

    def raster_deg(self, azimuth: int) -> NDArray[np.float32]:
        """Return the horizon of all pixels at one of the azimuths, float32[rows, columns]; NaN without data."""
        rows, columns = self.grid.shape
        stored = np.asarray(self.elevation[:, :, azimuth]).swapaxes(1, 2)
        stored = stored.reshape(stored.shape[0] * TILE, -1)[:rows, :columns]
        return np.where(stored == NODATA, np.float32(np.nan), stored / np.float32(UNITS))


def horizons(
    terrain: Terrain | Dem,
    region: Grid,
    azimuths: int = 720,
    distance_km: float = 300.0,
    observer_height_m: float = 0.0,
    cache: str | Path | None = None,
    progress: Callable[[int, int], object] | None = None,
    workers: int | None = None,
) -> Horizons:
    """Find the horizons of all pixels of a region.

    region   : a grid on a stereographic map; a window of the finest model's own grid is taken as it is, otherwise the
        ground is resampled to the region's pixels
    azimuths : how many, at even steps of grid azimuth from +y
    distance_km : how far is looked, along the sphere
    observer_height_m : of the eyes over the ground
    cache    : a folder where they are kept: 2 bytes a pixel and azimuth, read back instead of computed again
    progress : called with the tiles done and all tiles
    workers  : threads; the answer is the same for any number

    To 0.01 deg of `horizon_at`: 0.0014 deg are the steps of the numbers, the rest is geometry shared by a tile, and
    grows with the size of the pixels and with slopes of more than 45 deg. (500 m pixels, 300 km: 0.005 deg.)

    Raises InputError for arguments out of range, a region on another kind of map or without ground, and where memory
    or disk do not suffice.
    """
    asked = _Asked.checked(Terrain(terrain), region, azimuths, distance_km, observer_height_m)
    shape = (*asked.tiles, asked.azimuths, TILE, TILE)
    if cache is None:
        _require_memory(shape)
    kept = None if cache is None else HorizonCache(cache, asked.description(), shape)
    heights = asked.heights()
    found = None if kept is None else kept.read()
    if found is None:
        found = _computed(asked, heights, shape, kept, progress, workers)
    found.flags.writeable = False
    told = {"terrain": asked.terrain.name, "source": "; ".join(dem.source for dem in asked.terrain.dems)}
    return Horizons(found, region, heights, asked.eye_m, asked.distance_km, told)


@dataclass(frozen=True)
class _Asked:
    """The arguments, checked."""

    terrain: Terrain
    region: Grid
    azimuths: int
    distance_km: float
    eye_m: float

    @classmethod
    def checked(cls, terrain: Terrain, region: object, azimuths: object, distance_km: object, eye_m: object) -> _Asked:
        if not isinstance(region, Grid) or not isinstance(region.projection, Stereographic):
            what = f"is on {type(region.projection).__name__}" if isinstance(region, Grid) else f"{region!r}"
            remedy = "Grid.about(latitude_deg, longitude_deg, half_width_m, pixel_m) makes one"
            raise InputError(what, where="region", allowed="a Grid on a Stereographic map", remedy=remedy)
        return cls(
            terrain,
            region,
            int(scalar("azimuths", azimuths, 4, MOST_AZIMUTHS)),
            scalar("distance_km", distance_km, 0.001, FARTHEST_KM, "km"),
            scalar("observer_height_m", eye_m, 0.0, HIGHEST_OBSERVER_M, "m"),
        )

    @property
    def tiles(self) -> tuple[int, int]:
        rows, columns = self.region.shape
        return -(-rows // TILE), -(-columns // TILE)

    def description(self) -> dict[str, Any]:
        """Everything the elevations depend on."""
        return {
            "method": 1,  # another number when the kernels' answers change
            "terrain": self.terrain.fingerprint,
            "region": repr(self.region),
            "azimuths": self.azimuths,
            "distance_km": self.distance_km,
            "observer_height_m": self.eye_m,
        }

    def heights(self) -> NDArray[np.float32]:
        """Of the region's pixels; raises InputError if there is no ground at all."""
        heights = self.terrain.on(self.region).block(slice(None))
        if np.isnan(heights).all():
            raise InputError(
                "the terrain has no heights there",
                where="region",
                remedy="choose a region on the terrain, or a wider model",
            )
        return heights


def _computed(
    asked: _Asked, heights: NDArray[np.float32], shape: tuple[int, ...], kept: HorizonCache | None,
    progress: Callable[[int, int], object] | None, workers: int | None,
) -> Elevation:  # fmt: skip
    swept = sweep_ground(asked.terrain, asked.region, heights, asked.distance_km)
    if kept is None:
        found = np.empty(shape, np.int16)
        _fill(asked, swept, heights, found, progress, workers)
        return found
    found, temporary = kept.create()
    try:
        _fill(asked, swept, heights, found, progress, workers)
        return kept.finish(found, temporary)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _require_memory(shape: tuple[int, ...]) -> None:
    import psutil

    needed, available = 2 * math.prod(shape), psutil.virtual_memory().available
    if needed > available:
        raise InputError(
            f"{needed} bytes of elevations",
            where="region",
            allowed=f"{available} bytes of memory are available",
            remedy="keep them in a file with cache=, ask for fewer azimuths or for a part of the region",
        )


def _fill(
    asked: _Asked, swept: Swept, heights: NDArray[np.float32], out: Elevation,
    progress: Callable[[int, int], object] | None, workers: int | None,
) -> None:  # fmt: skip
    """Compute one row of tiles after the other."""
    angles = np.arange(asked.azimuths) * (math.tau / asked.azimuths)
    sines, cosines = np.sin(angles), np.cos(angles)
    t_end = half_tangent_of(asked.distance_km)
    stops = _stops(t_end * swept.most_scale)
    down, across = asked.tiles
    for i in range(down):
        band = out[i].reshape(-1)
        look = partial(_look, swept, swept.row + i * TILE, across, asked.eye_m, sines, cosines, stops, t_end, band)
        run_blocks(look, across, 1, workers)
        for level in swept.beyond:
            rise = partial(_rise, level, heights, i * TILE, asked.eye_m, sines, cosines, t_end, band)
            run_blocks(rise, across, 1, workers)
        _close(out[i], heights[i * TILE : (i + 1) * TILE])
        if progress is not None:
            progress((i + 1) * across, down * across)


def _look(
    swept: Swept, row: int, across: int, eye_m: float, sines: Floats, cosines: Floats, stops: Floats, t_end: float,
    band: Elevation, first: int, last: int,
) -> None:  # fmt: skip
    """Some tiles of a row of them."""
    tiles(
        first, last, swept.ground, row, swept.column, across, eye_m / MOON_RADIUS_M, sines, cosines, stops, t_end,
        swept.top, True, _scratch(), band,
    )  # fmt: skip


def _rise(
    beyond: Beyond, heights: NDArray[np.float32], band_row: int, eye_m: float, sines: Floats, cosines: Floats,
    t_end: float, band: Elevation, first: int, last: int,
) -> None:  # fmt: skip
    """The same tiles over coarser ground."""
    own, bare = np.empty(TILE * TILE, np.float32), np.empty(TILE * TILE, np.float32)
    near, far = np.empty(WIDTH, np.float32), np.empty(WIDTH, np.float32)
    scratch = horizon_beyond.Scratch(own, bare, near, far, np.zeros(WIDTH, np.int32))
    tiles_beyond(
        first, last, beyond.level, heights, band_row, beyond.row, beyond.column, beyond.per, eye_m, MOON_RADIUS_M,
        sines, cosines, t_end, scratch, band,
    )  # fmt: skip


def _scratch() -> Scratch:
    best, own, gain = (np.empty(TILE * TILE, np.float32) for _ in range(3))
    return Scratch(best, own, gain, np.zeros(LISTED, np.int32), np.zeros(4 * LISTED, np.float32))


def _stops(far: float) -> Floats:
    """Where stretches of path end, in pixels: short ones near the observer, where most is looked at."""
    stops = [*_FIRST_STOPS]
    while stops[-1] < far:
        stops.append(stops[-1] + (_STEP if stops[-1] < _WIDE_FROM else _WIDE_STEP))
    return np.array(stops)


def _close(band: Elevation, heights: NDArray[np.float32]) -> None:
    """Mark pixels without data, and those of the last tiles that are not the region's."""
    rows = heights.shape[0]
    for j in range(band.shape[0]):
        part = heights[:, j * TILE : (j + 1) * TILE]
        band[j, :, rows:] = _LOWEST
        band[j, :, :, part.shape[1] :] = _LOWEST
        missing = np.isnan(part)
        if missing.any():
            band[j, :, : part.shape[0], : part.shape[1]][:, missing] = NODATA
