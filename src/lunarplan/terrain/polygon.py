"""Regions of the Moon: what lies in them, and how large they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.terrain.arcs import lat_lon_deg, unit_vectors
from lunarplan.terrain.projection import MOON_RADIUS_M, Grid, Projection, checked_coordinates

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Polygon:
    """A region whose sides are great circles, smaller than a hemisphere; corners in either sense.

    Raises InputError for fewer than three corners, sides that cross, and regions as large as a hemisphere.
    """

    latitude_deg: ArrayLike
    longitude_deg: ArrayLike

    def __post_init__(self) -> None:
        latitude, longitude = np.broadcast_arrays(*checked_coordinates(self.latitude_deg, self.longitude_deg))
        if latitude.ndim != 1 or latitude.size < 3:
            raise InputError(f"corners of shape {latitude.shape}", where="Polygon", allowed="three or more, in a row")
        if latitude.size > 3 and (latitude[0], longitude[0]) == (latitude[-1], longitude[-1]):
            latitude, longitude = latitude[:-1], longitude[:-1]
        object.__setattr__(self, "latitude_deg", latitude)
        object.__setattr__(self, "longitude_deg", longitude)
        if (self._corners @ self._middle <= 1e-3).any():
            raise InputError("reaches across a hemisphere", where="Polygon", allowed="smaller than a hemisphere")
        if self.area_km2 == 0.0 or _sides_cross(self._flat(self._corners)[0]):
            raise InputError("sides cross, or enclose nothing", where="Polygon", remedy="give corners in order")

    @cached_property
    def area_km2(self) -> float:
        """Area on the sphere.

        Source: Eriksson 1990, Mathematics Magazine 63, 184: tan(E / 2) of a spherical triangle.
        """
        a, corners = self._middle, self._corners
        b, c = corners, np.roll(corners, -1, axis=0)
        volume = np.cross(b, c) @ a
        excess = 2.0 * np.arctan2(volume, 1.0 + b @ a + c @ a + np.sum(b * c, axis=-1))
        return float(abs(excess.sum())) * (MOON_RADIUS_M / 1000.0) ** 2

    def map_area_km2(self, projection: Projection) -> float:
        """Area on a map, sides straight there; published areas are often those on a polar stereographic map."""
        x, y = projection.forward(self.latitude_deg, self.longitude_deg)
        x, y = x - x.mean(), y - y.mean()
        return float(abs(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))) * 0.5e-6

    @property
    def center_deg(self) -> tuple[float, float]:
        """Latitude and longitude of the centroid: the mean direction of the ground inside.

        Source: Stokes's theorem; half the sum over the sides of arc length times unit normal.
        """
        ahead = np.roll(self._corners, -1, axis=0)
        normals = np.cross(self._corners, ahead)
        sines = np.linalg.norm(normals, axis=-1)
        arcs = np.arctan2(sines, np.sum(self._corners * ahead, axis=-1))
        total = (normals * (arcs / np.where(sines > 0.0, sines, 1.0))[:, None]).sum(axis=0)
        latitude, longitude = lat_lon_deg(np.copysign(1.0, total @ self._middle) * total)
        return float(latitude), float(longitude)

    def contains(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Mask:
        """True for places inside; sides belong to one of the regions they part."""
        vectors = unit_vectors(*checked_coordinates(latitude_deg, longitude_deg))
        places, near = self._flat(vectors)
        return _inside(self._flat(self._corners)[0], places) & near

    def mask(self, grid: Grid) -> Mask:
        """True for the pixels of a grid whose centres are inside, (rows, columns)."""
        out = np.empty(grid.shape, bool)
        step = max(1, (1 << 20) // grid.shape[1])
        for first in range(0, grid.shape[0], step):
            rows = slice(first, first + step)
            out[rows] = self.contains(*grid.centers_deg(rows))
        return out

    @cached_property
    def _corners(self) -> Floats:
        return unit_vectors(np.asarray(self.latitude_deg), np.asarray(self.longitude_deg))

    @cached_property
    def _middle(self) -> Floats:
        total = self._corners.sum(axis=0)
        length = float(np.linalg.norm(total))
        return np.asarray(total / length) if length > 1e-9 else np.array([1.0, 0.0, 0.0])

    def _flat(self, vectors: Floats) -> tuple[Floats, Mask]:
        """Gnomonic map about the middle, where great circles are straight; and which places it has."""
        aside = np.cross(self._middle, [0.0, 0.0, 1.0] if abs(self._middle[2]) < 0.9 else [1.0, 0.0, 0.0])
        aside /= np.linalg.norm(aside)
        depth = vectors @ self._middle
        near = depth > 1e-6
        axes = np.stack([aside, np.cross(self._middle, aside)], axis=-1)
        return np.asarray(vectors @ axes / np.where(near, depth, 1.0)[..., None]), near


def _inside(corners: Floats, places: Floats) -> Mask:
    """Even-odd rule: how many sides a ray towards +x crosses."""
    x, y = places[..., 0], places[..., 1]
    inside = np.zeros(x.shape, bool)
    for (x0, y0), (x1, y1) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if y0 != y1:
            inside ^= ((y0 > y) != (y1 > y)) & (x < x0 + (x1 - x0) * ((y - y0) / (y1 - y0)))
    return inside


def _sides_cross(corners: Floats) -> bool:
    """True if two sides meet that do not share a corner."""
    starts, ends = corners, np.roll(corners, -1, axis=0)
    for start, end in zip(starts, ends, strict=True):
        parts_others = _turns(start, end, starts) * _turns(start, end, ends) < 0.0
        parted = _turns(starts, ends, start) * _turns(starts, ends, end) < 0.0
        if (parts_others & parted).any():
            return True
    return False


def _turns(a: Floats, b: Floats, c: Floats) -> Floats:
    """Sign of the turn from a over b to c."""
    ab, ac = b - a, c - a
    return np.sign(ab[..., 0] * ac[..., 1] - ab[..., 1] * ac[..., 0])
