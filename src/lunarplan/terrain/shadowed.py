"""Where the Sun never shines: permanently shadowed regions.

Not one epoch is looked at. Over years the Sun's ways from east to west fill a band; of its ways over each longitude the
highest and the lowest on the sky bound it. Whether the upper edge of the disc clears the horizon on one of the two
bounding paths, azimuth by azimuth, says whether it ever does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.jit import run_blocks
from lunarplan.kernels.sunlight import NEVER, PIXELS, highest_over_tiles
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.terrain import labels
from lunarplan.terrain.sight import Watch, profiles_of
from lunarplan.terrain.targets import Target, target
from lunarplan.terrain.tiles import map_of, raster, tiled
from lunarplan.terrain.times import epochs, span

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.model.surface import Place
    from lunarplan.terrain.dem import Dem
    from lunarplan.terrain.horizons import Horizons
    from lunarplan.terrain.nested import Terrain
    from lunarplan.terrain.profile import HorizonProfiles

    Floats = NDArray[np.float64]

CYCLE_S = 18.613 * 365.25 * SECONDS_PER_DAY  # of the Moon's nodes
DEFAULT_START = "2026-01-01"
_LEAST_S = 347.0 * SECONDS_PER_DAY  # the year of the Moon's seasons is that of its nodes
_BETWEEN = 8
_LONGITUDES = 1440  # the Sun needs half an hour from one to the next


def shadowed_map(
    horizons: Horizons,
    start: Any = DEFAULT_START,
    end: Any = None,
    *,
    workers: int | None = None,
    ephemeris: Ephemeris | None = None,
) -> xr.Dataset:
    """Return which pixels of a region never see any part of the Sun, and by how much they miss it.

    end : by default a cycle of the Moon's nodes of 18.6 years after the start

    The dataset has dimensions y and x: ``margin_deg``, the largest height of the Sun's upper edge over the horizon, and
    ``shadowed``, 1 where it is not positive, 0 elsewhere, and -1 where the terrain is not known. ``shadowed_km2`` is
    the area on the sphere. The horizon is taken level across the disc.

    Raises InputError for spans of less than 347 days, epochs outside the ephemeris, horizons of another layout.
    """
    first = tdb_seconds(start)
    first, last = span(start, first + CYCLE_S if end is None else end)
    paths = sun_paths(first, last, ephemeris)
    margin = raster(horizons, _margins(horizons, paths, workers) / 360.0)
    dark = np.where(np.isnan(margin), -1, margin <= 0.0).astype(np.int8)
    columns = {
        "margin_deg": (margin, "deg", "largest height of the Sun's upper edge over the horizon"),
        "shadowed": (dark, "1", "1: never any part of the Sun; 0: at times; -1: not known"),
    }
    told = labels.provenance(horizons, **labels.told_span(first, last))
    return labels.rasters(columns, horizons.grid, {**told, "shadowed_km2": shadowed_km2(horizons, dark)})


def shadow_margins_deg(
    ground: HorizonProfiles | Terrain | Dem,
    start: Any = DEFAULT_START,
    end: Any = None,
    *,
    places: Place | None = None,
    ephemeris: Ephemeris | None = None,
) -> Floats:
    """Return the largest height of any part of the Sun over the horizon of places, float64[N].

    ground : horizons of `horizon_at`, or a terrain with ``places``

    It is not positive where the Sun never shines. The disc is cut by the horizon as it is. Raises InputError as
    `shadowed_map`.
    """
    first = tdb_seconds(start)
    first, last = span(start, first + CYCLE_S if end is None else end)
    points = _denser(sun_paths(first, last, ephemeris))
    sun = Target("sun", RADIUS_KM["sun"], lambda index: points[index.astype(int)])
    watching = Watch(profiles_of(ground, places), sun)
    return np.degrees([over.max() for over in watching.clearances(np.arange(float(len(points))))])


def _denser(paths: Floats) -> Floats:
    """Points on closed paths, and between them."""
    parts = np.arange(_BETWEEN)[:, None] / _BETWEEN
    between = paths[:, :, None] + parts * (np.roll(paths, -1, axis=1) - paths)[:, :, None]
    return between.reshape(-1, 3)


def _margins(horizons: Horizons, paths: Floats, workers: int | None) -> NDArray[np.float32]:
    elevation, frames, turns = tiled(horizons)
    margin = np.empty((len(elevation), PIXELS), np.float32)
    ceilings = np.empty((len(elevation), 3, elevation.shape[1]), np.float32)
    fixed = (elevation, frames, turns, paths, RADIUS_KM["sun"], ceilings, margin)
    run_blocks(lambda a, b: highest_over_tiles(a, b, *fixed), len(elevation), 1, workers)
    return np.where(margin <= NEVER, np.float32(-90.0 * 360.0), margin)


def shadowed_km2(horizons: Horizons, dark: NDArray[np.int8]) -> float:
    """Area of the pixels with 1, on the sphere."""
    grid = horizons.grid
    x, y = grid.xy_m(np.arange(grid.shape[0])[:, None], np.arange(grid.shape[1])[None, :])
    scale = map_of(grid).scale_at(*np.broadcast_arrays(x, y))
    return float(((grid.pixel_m / 1000.0 / scale[dark == 1]) ** 2).sum())


def sun_paths(start_tdb: float, end_tdb: float, ephemeris: Ephemeris | None = None) -> Floats:
    """Return the northernmost and the southernmost way of the Sun over the Moon, float64[2, M, 3], km, MOON_ME.

    Of all passes in a span over each of M longitudes those with the northernmost upper, the southernmost lower edge.
    Raises InputError for spans of less than 347 days.
    """
    if end_tdb - start_tdb < _LEAST_S:
        raise InputError(
            "the span is too short", where="end", allowed="347 days or more", remedy="18.6 years are a cycle"
        )
    seen = target("sun", ephemeris=ephemeris).seen_km(epochs(start_tdb, end_tdb, 1.0))
    distance = np.linalg.norm(seen, axis=1)
    declination = np.arcsin(seen[:, 2] / distance)
    turned = -np.unwrap(np.arctan2(seen[:, 1], seen[:, 0]))  # the Sun goes westwards
    step = 2.0 * np.pi / _LONGITUDES
    every = np.arange(int(np.ceil(turned[0] / step)), int(turned[-1] / step))
    node = every[: len(every) // _LONGITUDES * _LONGITUDES].reshape(-1, _LONGITUDES)
    declination, distance = (np.interp(node * step, turned, a) for a in (declination, distance))
    radius = np.arcsin(RADIUS_KM["sun"] / distance)
    passes = (declination + radius).argmax(axis=0), (declination - radius).argmin(axis=0)
    return np.stack(
        [_places(*(a[p, np.arange(_LONGITUDES)] for a in (-node * step, declination, distance))) for p in passes]
    )


def _places(longitude: Floats, latitude: Floats, distance: Floats) -> Floats:
    across = distance * np.cos(latitude)
    return np.stack([across * np.cos(longitude), across * np.sin(longitude), distance * np.sin(latitude)], axis=-1)
