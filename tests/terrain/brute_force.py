"""The horizon found the slow way: unit vectors turned on the sphere, the ground sampled finely, float64 throughout.

Nothing of lunarplan is used. The ground is linear over the triangles between pixel centres (cells cut from [i, j] to
[i+1, j+1]) of a polar stereographic map. The samples that stand highest are looked at again, ever closer.
"""

import math

import numpy as np

RADIUS_M = 1_737_400.0
PER_PIXEL = 8
NEAR_PIXELS = 4  # about the observer, looked at sixteen times as closely
CANDIDATES = 24
CLOSER = 48
TIMES = 4


def south_polar_xy(unit):
    """Map coordinates of unit vectors (..., 3), in metres: rho = 2 R tan(colatitude / 2), y towards longitude 0."""
    colatitude = np.arctan2(np.hypot(unit[..., 0], unit[..., 1]), -unit[..., 2])
    longitude = np.arctan2(unit[..., 1], unit[..., 0])
    rho = 2.0 * RADIUS_M * np.tan(0.5 * colatitude)
    return rho * np.sin(longitude), rho * np.cos(longitude)


def south_polar_unit(x, y):
    """The unit vector at map coordinates."""
    colatitude = 2.0 * math.atan(math.hypot(x, y) / (2.0 * RADIUS_M))
    longitude = math.atan2(x, y)
    s = math.sin(colatitude)
    return np.array([s * math.cos(longitude), s * math.sin(longitude), -math.cos(colatitude)])


def surface(heights, row, column):
    """Heights of the triangles at fractions of rows and columns; NaN off the grid."""
    rows, columns = heights.shape
    inside = (row >= 0) & (row <= rows - 1) & (column >= 0) & (column <= columns - 1)
    i = np.clip(np.floor(row).astype(int), 0, rows - 2)
    j = np.clip(np.floor(column).astype(int), 0, columns - 2)
    a, b = row - i, column - j
    h00, h01, h10, h11 = heights[i, j], heights[i, j + 1], heights[i + 1, j], heights[i + 1, j + 1]
    lower = h00 + a * (h10 - h00) + b * (h11 - h10)
    upper = h00 + b * (h01 - h00) + a * (h11 - h01)
    return np.where(inside, np.where(a > b, lower, upper), np.nan)


class Observer:
    """Eyes over the ground of a south polar grid: heights in m, x0, y0 the centre of pixel [0, 0], pixel in m."""

    def __init__(self, heights, x0, y0, pixel, row, column, eye_m=0.0):
        self.heights, self.x0, self.y0, self.pixel = np.asarray(heights, float), x0, y0, pixel
        x, y = x0 + column * pixel, y0 - row * pixel
        self.up = south_polar_unit(x, y)
        pole = np.array([0.0, 0.0, 1.0])
        self.east = np.cross(pole, self.up)
        self.east /= np.linalg.norm(self.east)
        self.north = np.cross(self.up, self.east)
        ground = float(surface(self.heights, np.array([float(row)]), np.array([float(column)]))[0])
        self.radius = RADIUS_M + ground + eye_m

    def heading(self, azimuth):
        """Unit vector along a true azimuth."""
        return math.cos(azimuth) * self.north + math.sin(azimuth) * self.east

    def grid_north(self):
        """Grid azimuth of true north: how far north the map's y has turned, by moving a metre."""
        there = math.cos(1e-6) * self.up + math.sin(1e-6) * self.north
        x, y = south_polar_xy(np.array([self.up, there]))
        return math.atan2(x[1] - x[0], y[1] - y[0])

    def elevations(self, azimuth, angle):
        """Elevations of the ground at angles from the observer, -inf where there is none."""
        unit = np.cos(angle)[:, None] * self.up + np.sin(angle)[:, None] * self.heading(azimuth)
        x, y = south_polar_xy(unit)
        h = surface(self.heights, (self.y0 - y) / self.pixel, (x - self.x0) / self.pixel)
        away = (RADIUS_M + h)[:, None] * unit - self.radius * self.up
        level = away @ self.heading(azimuth)
        return np.where(np.isnan(h), -np.inf, np.arctan2(away @ self.up, level))

    def horizon(self, azimuth, distance_m):
        """Highest elevation along a true azimuth, rad."""
        step = self.pixel / RADIUS_M / PER_PIXEL
        end = distance_m / RADIUS_M
        near = NEAR_PIXELS * PER_PIXEL * step
        angle = np.concatenate([np.arange(0.0, near, step / 16.0) + 1e-3 * step, np.arange(near, end, step), [end]])
        seen = self.elevations(azimuth, angle)
        best = seen.max()
        if best == -np.inf:
            return -0.5 * math.pi
        walls = np.concatenate([[-np.inf], seen, [-np.inf]])
        peaks = np.flatnonzero((seen >= walls[:-2]) & (seen >= walls[2:]) & (seen > -np.inf))
        middle = angle[peaks[np.argsort(seen[peaks])[-CANDIDATES:]]]
        width = np.full(len(middle), step)
        for _ in range(TIMES):
            near = middle[:, None] + width[:, None] * np.linspace(-1.0, 1.0, CLOSER)
            near = np.clip(near, 1e-3 * step, end)
            seen = self.elevations(azimuth, near.ravel()).reshape(near.shape)
            best = max(best, seen.max())
            middle = near[np.arange(len(near)), seen.argmax(axis=1)]
            width = width * (2.0 / CLOSER)
        return best
