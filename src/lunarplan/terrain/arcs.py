"""Great circles on the sphere of 1737.4 km."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.terrain.projection import MOON_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def unit_vectors(latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
    """Return directions from the Moon's centre, (..., 3), mean-Earth axes."""
    latitude, longitude = np.broadcast_arrays(np.asarray(latitude_deg, float), np.asarray(longitude_deg, float))
    across, turn = np.sin(np.radians(90.0 - np.abs(latitude))), np.radians(longitude)
    return np.stack([across * np.cos(turn), across * np.sin(turn), np.sin(np.radians(latitude))], axis=-1)


def lat_lon_deg(vectors: Floats) -> tuple[Floats, Floats]:
    """Return latitude and longitude, -180 to 180, of directions of any length."""
    x, y, z = np.moveaxis(vectors, -1, 0)
    return np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x))


def distance_m(a: Floats, b: Floats) -> Floats:
    """Return lengths of the arcs between unit vectors, over the sphere; exact for short ones too."""
    half_chord = 0.5 * np.linalg.norm(a - b, axis=-1)
    return np.asarray(2.0 * MOON_RADIUS_M * np.arcsin(np.minimum(half_chord, 1.0)))


def beside(latitude_deg: Floats, longitude_deg: Floats, east_m: float, north_m: float) -> tuple[Floats, Floats]:
    """Return the places so many metres away, on the great circle that leaves towards (east, north)."""
    up = unit_vectors(latitude_deg, longitude_deg)
    turn = np.radians(np.asarray(longitude_deg, float))
    east = np.stack(np.broadcast_arrays(-np.sin(turn), np.cos(turn), 0.0 * up[..., 2]), axis=-1)
    length = float(np.hypot(east_m, north_m))
    towards = (east_m * east + north_m * np.cross(up, east)) / max(length, 1e-300)
    arc = length / MOON_RADIUS_M
    return lat_lon_deg(np.cos(arc) * up + np.sin(arc) * towards)


def along(latitude_deg: Floats, longitude_deg: Floats, step_m: float) -> tuple[Floats, Floats, Floats]:
    """Return latitude, longitude and distance in metres along the great circles that join places, in equal steps.

    Each leg is cut into equal parts no longer than a step; the places themselves are among the samples.
    """
    corners = unit_vectors(latitude_deg, longitude_deg)
    vectors, distances, start = [corners[:1]], [np.zeros(1)], 0.0
    for a, b in pairwise(corners):
        length = float(distance_m(a, b))
        parts = max(1, int(np.ceil(length / step_m - 1e-9)))
        share = np.arange(1, parts + 1)[:, None] / parts
        vectors.append(_between(a, b, length / MOON_RADIUS_M, share))
        distances.append(start + length * share[:, 0])
        start += length
    return *lat_lon_deg(np.concatenate(vectors)), np.concatenate(distances)


def _between(a: Floats, b: Floats, arc: float, share: Floats) -> Floats:
    """Places part of the way from a to b."""
    if arc == 0.0:
        return np.broadcast_to(b, (share.shape[0], 3))
    return np.asarray((np.sin((1.0 - share) * arc) * a + np.sin(share * arc) * b) / np.sin(arc))
