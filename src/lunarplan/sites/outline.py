"""Outlines of regions that are not published corner by corner: squares and sectors, as (longitude, latitude), deg."""

from __future__ import annotations

import numpy as np

from lunarplan.terrain.projection import Stereographic

Corners = tuple[tuple[float, float], ...]

_SECTOR_STEP_DEG = 1.0  # between corners along a parallel, which is no great circle: 5 m beside it at 80 deg


def square_corners(latitude_deg: float, longitude_deg: float, half_width_km: float) -> Corners:
    """Corners of a square about a place, its sides north-south and east-west at the middle."""
    half = 1000.0 * half_width_km
    x, y = half * np.array([-1.0, -1.0, 1.0, 1.0]), half * np.array([-1.0, 1.0, 1.0, -1.0])
    latitude, longitude = Stereographic(latitude_deg, longitude_deg).inverse(x, y)
    return tuple(zip(longitude.tolist(), latitude.tolist(), strict=True))


def sector_corners(south: float, north: float, west: float, east: float) -> Corners:
    """Corners of the ground between two parallels and two meridians; along the parallels every degree."""
    steps = max(1, round((east - west) / _SECTOR_STEP_DEG))
    longitudes = np.linspace(west, east, steps + 1).tolist()
    return (*((lon, south) for lon in longitudes), *((lon, north) for lon in reversed(longitudes)))
