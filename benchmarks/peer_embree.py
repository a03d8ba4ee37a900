"""Embree, the ray tracer under HORAYZON: is a ray hidden? Halved until the horizon is known.

The ground is a mesh of the same triangles in space, about the middle of the raster, in float32 as Embree takes it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from march import RADIUS_M

LOWEST_DEG, HIGHEST_DEG = -10.0, 50.0
TOGETHER = 1 << 16  # rays


class Mesh:
    """A south polar raster for Embree."""

    def __init__(self, heights: np.ndarray, x0: float, y0: float, pixel: float):
        from embreex import rtcore_scene
        from embreex.mesh_construction import TriangleMesh

        self.heights, self.x0, self.y0, self.pixel = heights, x0, y0, pixel
        rows, columns = heights.shape
        i, j = np.mgrid[:rows, :columns]
        self.scene = rtcore_scene.EmbreeScene()
        corner = (i * columns + j)[:-1, :-1].ravel()
        right, below = corner + 1, corner + columns
        faces = np.concatenate([np.stack([corner, right, below + 1], 1), np.stack([corner, below + 1, below], 1)])
        self.keep = TriangleMesh(
            self.scene, self.places(i.ravel(), j.ravel(), 0.0)[0].astype(np.float32), faces.astype(np.int32)
        )

    def places(self, i: np.ndarray, j: np.ndarray, eye: float) -> tuple[np.ndarray, np.ndarray]:
        """Positions from the middle of the raster, and the unit vectors up."""
        x, y = self.x0 + j * self.pixel, self.y0 - i * self.pixel
        q = 1.0 / (1.0 + (x * x + y * y) / (4.0 * RADIUS_M**2))
        up = np.stack([y / RADIUS_M * q, x / RADIUS_M * q, 1.0 - 2.0 * q], axis=-1)
        return (RADIUS_M + self.heights[i, j] + eye)[:, None] * up - [0.0, 0.0, -RADIUS_M], up

    def horizons(
        self, i: np.ndarray, j: np.ndarray, eye: float, azimuths: np.ndarray, north: np.ndarray, halvings: int
    ) -> np.ndarray:
        """Elevations in degrees, [pixel, azimuth]."""
        places, up = self.places(i, j, eye)
        east = np.cross([0.0, 0.0, 1.0], up)
        east /= np.linalg.norm(east, axis=1)[:, None]
        true = azimuths[None, :] - north[:, None]
        ahead = np.cos(true)[..., None] * np.cross(up, east)[:, None] + np.sin(true)[..., None] * east[:, None]
        start = np.broadcast_to(places[:, None], ahead.shape).reshape(-1, 3).astype(np.float32)
        above = np.broadcast_to(up[:, None], ahead.shape).reshape(-1, 3)
        level = ahead.reshape(-1, 3)
        low, high = np.full(len(level), np.radians(LOWEST_DEG)), np.full(len(level), np.radians(HIGHEST_DEG))
        for _ in range(halvings):
            middle = 0.5 * (low + high)
            rays = np.cos(middle)[:, None] * level + np.sin(middle)[:, None] * above
            hidden = self.hidden(start, rays.astype(np.float32))
            low, high = np.where(hidden, middle, low), np.where(hidden, high, middle)
        return np.degrees(0.5 * (low + high)).reshape(len(i), len(azimuths))

    def hidden(self, start: np.ndarray, rays: np.ndarray) -> np.ndarray:
        parts = range(0, len(rays), TOGETHER)
        hits = [self.scene.run(start[k : k + TOGETHER], rays[k : k + TOGETHER], query="OCCLUDED") for k in parts]
        return np.concatenate(hits) >= 0


def contender(
    mesh: Mesh, i: np.ndarray, j: np.ndarray, eye: float, azimuths: np.ndarray, north: np.ndarray
) -> Callable:
    """halving's last interval in degrees -> runner"""

    def prepare(tolerance: float) -> Callable:
        halvings = int(np.ceil(np.log2((HIGHEST_DEG - LOWEST_DEG) / tolerance)))
        return lambda n: mesh.horizons(i[:n], j[:n], eye, azimuths, north[:n], halvings)

    return prepare
