"""The Sun and the Earth at once, for every pixel of a region: shares of the time, and the longest stretch of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.sky import LocalAxes, local_axes
from lunarplan.model.surface import seen_from_moon
from lunarplan.terrain.projection import Stereographic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.terrain.horizons import Horizons

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

_TILE = 32
_NODATA = -32768
_UNITS_DEG = 360.0
_BLOCK = 100_000  # pixels times epochs worked on at a time: they stay in the cache


@dataclass(frozen=True, eq=False)
class Together:
    """Share of the epochs with both, and the most of them in a row; float64[rows, columns], NaN without data."""

    share: Floats
    longest: Floats


def together(horizons: Horizons, epochs_tdb: Floats, ephemeris: Ephemeris | None = None) -> Together:
    """Count the epochs at which any part of the Sun and the Earth's centre are over the horizon of each pixel."""
    grid = horizons.grid
    rows, columns = grid.shape
    sun, earth = (seen_from_moon(body, epochs_tdb, ephemeris) for body in ("sun", "earth"))
    share, longest = np.full(grid.shape, np.nan), np.full(grid.shape, np.nan)
    latitude, longitude = grid.centers_deg()
    assert isinstance(grid.projection, Stereographic)  # horizons have no other map
    turn = grid.projection.convergence_rad(
        *np.broadcast_arrays(*grid.xy_m(np.arange(rows)[:, None], np.arange(columns)))
    )
    step = max(1, _BLOCK // len(epochs_tdb))
    known = np.flatnonzero(np.isfinite(horizons.heights_m).ravel())
    for first in range(0, len(known), step):
        i, j = np.unravel_index(known[first : first + step], grid.shape)
        profile = _profiles(horizons, i, j)
        axes = local_axes(np.radians(latitude[i, j]), np.radians(longitude[i, j]))
        place = (RADIUS_KM["moon"] + horizons.heights_m[i, j] / 1000.0)[:, None] * axes.up
        both = np.ones((len(i), len(epochs_tdb)), bool)
        for body, radius in ((sun, RADIUS_KM["sun"]), (earth, 0.0)):
            both &= _over(profile, axes, place, turn[i, j], body, radius)
        share[i, j], longest[i, j] = both.mean(axis=1), longest_run(both)
    return Together(share, longest)


def longest_run(flags: Flags) -> NDArray[np.int64]:
    """Length of the longest run of True along the last axis, int64[N]."""
    count = np.cumsum(flags, axis=1)
    since = np.maximum.accumulate(np.where(flags, 0, count), axis=1)
    return np.asarray((count - since).max(axis=1))


def _profiles(horizons: Horizons, i: NDArray[np.intp], j: NDArray[np.intp]) -> NDArray[np.float32]:
    """Horizons of pixels at their grid azimuths, (N, A) in deg."""
    stored = horizons.elevation[i // _TILE, j // _TILE, :, i % _TILE, j % _TILE]
    return np.asarray(stored, np.float32) / np.float32(_UNITS_DEG)


def _over(
    profile: NDArray[np.float32], axes: LocalAxes, place: Floats, turn: Floats, body_km: Floats, radius_km: float
) -> Flags:
    """True where some part of a body, or of a point, is over the horizon; the horizon taken level across the disc."""
    count = profile.shape[1]
    # Directions in single precision, 1e-5 deg: twice as fast.
    seen = (axis @ body_km.T - np.sum(axis * place, axis=1)[:, None] for axis in axes)
    x, y, z = (along.astype(np.float32) for along in seen)
    radius = (radius_km / np.linalg.norm(body_km, axis=1)).astype(np.float32)
    elevation = np.degrees(np.arctan2(z, np.sqrt(x * x + y * y)) + radius)
    index = (np.arctan2(x, y) + turn.astype(np.float32)[:, None]) * np.float32(count / (2.0 * np.pi))
    low = np.floor(index)
    weight = index - low
    first = low.astype(np.int32) % count
    rows = np.arange(len(profile))[:, None]
    before, after = profile[rows, first], profile[rows, (first + 1) % count]
    return np.asarray(elevation > before + weight * (after - before))
