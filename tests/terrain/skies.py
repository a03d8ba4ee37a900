"""Horizons made up for tests: of places, and of regions in tiles."""

import numpy as np

from lunarplan.model.surface import Place
from lunarplan.terrain.horizons import NODATA, Horizons
from lunarplan.terrain.profile import HorizonProfiles
from lunarplan.terrain.projection import Grid, Stereographic

AZIMUTHS = 720
PADDING = -32400


TOLD = {"terrain": "made up"}


def profiles(places, elevation_rad):
    """Horizons of places, of an observer 2 m over the ground."""
    return HorizonProfiles(places, np.atleast_2d(elevation_rad), 2.0, 300.0, TOLD)


def level(places, elevation_deg=0.0, azimuths=AZIMUTHS):
    """Horizons of one height each: of a sphere, of a plain between even mountains."""
    count = np.size(places.latitude_deg)
    heights = np.radians(np.broadcast_to(np.asarray(elevation_deg, float), count))
    return profiles(places, np.repeat(heights[:, None], azimuths, axis=1))


def rugged(places, seed=1, middle_deg=0.5, sigma_deg=0.6, azimuths=AZIMUTHS):
    """Horizons of crests and notches of some degrees."""
    rng = np.random.default_rng(seed)
    count = np.size(places.latitude_deg)
    return profiles(places, np.radians([rugged_deg(rng, azimuths, middle_deg, sigma_deg) for _ in range(count)]))


def rugged_deg(rng, azimuths, middle_deg, sigma_deg):
    turn = 2.0 * np.pi * np.arange(azimuths) / azimuths
    waves, shifts, heights = rng.integers(1, 40, 6), rng.uniform(0.0, 7.0, 6), rng.normal(0.0, sigma_deg, 6)
    return middle_deg + (heights[:, None] * np.sin(waves[:, None] * turn + shifts[:, None])).sum(0)


def region(shape=(40, 50), pixel_m=500.0, x0_m=20_000.0, y0_m=60_000.0, seed=3, latitude_deg=-90.0, azimuths=AZIMUTHS):
    """A region of the given map whose pixels all have rugged horizons of their own."""
    rng = np.random.default_rng(seed)
    grid = Grid(Stereographic(latitude_deg, 0.0), x0_m, y0_m, pixel_m, shape)
    degrees = np.array([rugged_deg(rng, azimuths, rng.uniform(-1.0, 2.0), 0.5) for _ in range(shape[0] * shape[1])])
    return tiled(grid, degrees.reshape(*shape, azimuths))


def tiled(grid, degrees):
    """Horizons float[rows, columns, azimuths] in the layout of tiles; NaN becomes no data."""
    rows, columns = grid.shape
    tiles = -(-rows // 32), -(-columns // 32)
    full = np.full((tiles[0] * 32, tiles[1] * 32, degrees.shape[2]), PADDING, np.int16)
    full[:rows, :columns] = np.where(np.isnan(degrees), NODATA, np.round(np.nan_to_num(degrees) * 360.0))
    apart = full.reshape(tiles[0], 32, tiles[1], 32, -1).transpose(0, 2, 4, 1, 3)
    return Horizons(np.ascontiguousarray(apart), grid, np.zeros((rows, columns), np.float32), 2.0, 300.0, TOLD)


def profiles_of(of, pixels, fine=7200):
    """The horizons of some pixels [K, 2] of a region at true azimuths; interpolated, as pixels have their own north."""
    rows, columns = np.asarray(pixels).T
    grid = of.grid
    turn = 2.0 * np.pi * np.arange(fine) / fine
    x, y = grid.xy_m(rows, columns)
    found = []
    for r, c, lean in zip(rows, columns, grid.projection.convergence_rad(x, y), strict=True):
        degrees = of.elevation[r // 32, c // 32, :, r % 32, c % 32] / 360.0
        known = 2.0 * np.pi * np.arange(len(degrees)) / len(degrees)
        found.append(np.interp(turn + lean, known, degrees, period=2.0 * np.pi))
    return profiles(Place(*grid.lat_lon_deg(rows, columns)), np.radians(found))
