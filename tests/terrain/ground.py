"""Made-up ground for the tests, and the surface in plain words."""

import math

import numpy as np

from lunarplan.terrain.dem import Dem
from lunarplan.terrain.projection import MOON_RADIUS_M, Equirectangular, Grid, Stereographic


def polar(heights, pixel_m=100.0, name="made"):
    """A square of heights about the south pole."""
    heights = np.asarray(heights, np.float32)
    rows, columns = heights.shape
    x0, y0 = -0.5 * (columns - 1) * pixel_m, 0.5 * (rows - 1) * pixel_m
    return Dem(heights, Grid(Stereographic(-90.0), x0, y0, pixel_m, heights.shape), name)


def lat_lon(heights, west_deg=0.0):
    """A raster of the whole Moon."""
    heights = np.asarray(heights, np.float32)
    pixel = math.pi * MOON_RADIUS_M / heights.shape[0]
    x0 = math.radians(west_deg) * MOON_RADIUS_M + 0.5 * pixel
    y0 = 0.5 * (heights.shape[0] - 1) * pixel
    return Dem(heights, Grid(Equirectangular(), x0, y0, pixel, heights.shape), "whole Moon")


def rough(shape, seed=0, relief_m=3000.0):
    """Heights without any order."""
    return np.random.default_rng(seed).uniform(-relief_m, relief_m, shape).astype(np.float32)


def of_function(function, half=20, pixel_m=100.0):
    """Heights f(x, y) about the south pole."""
    line = np.arange(-half, half + 1) * pixel_m
    x, y = np.meshgrid(line, -line)
    return polar(function(x, y), pixel_m)


class Shelf:
    """Heights that are not in memory, as far as a `Dem` can tell; counts what was read."""

    def __init__(self, heights):
        self._heights = np.asarray(heights, np.float32)
        self.shape = self._heights.shape
        self.largest = 0

    def __getitem__(self, key):
        block = self._heights[key]
        self.largest = max(self.largest, block.size)
        return block.copy()


def height_by_planes(heights, row, column):
    """Height at one place inside, by solving for the plane through the three corners of its triangle."""
    i, j = min(int(row), heights.shape[0] - 2), min(int(column), heights.shape[1] - 2)
    upper = (column - j) >= (row - i)
    corners = [(i, j), (i + 1, j + 1), (i, j + 1) if upper else (i + 1, j)]
    matrix = np.array([[a, b, 1.0] for a, b in corners])
    plane = np.linalg.solve(matrix, [float(heights[corner]) for corner in corners])
    return float(plane @ [row, column, 1.0])
