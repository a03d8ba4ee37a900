"""Outlines of regions: corners as longitude and latitude, edges straight on a map without distortion of angles."""

from __future__ import annotations

import numpy as np

from lunarplan.terrain.projection import Stereographic

Corners = tuple[tuple[float, float], ...]

_POLAR_DEG = 60.0  # from here on a map about the pole, which published polar regions are drawn on
_SECTOR_STEP_DEG = 1.0  # corners along a parallel


def plane(corners_deg: Corners) -> Stereographic:
    """The map on which an outline's edges are straight: about the pole, or about its middle away from the poles."""
    longitude, latitude = np.asarray(corners_deg, float).T
    if np.abs(latitude).min() >= _POLAR_DEG and np.ptp(np.sign(latitude)) == 0.0:
        return Stereographic(float(90.0 * np.sign(latitude[0])))
    turn, rise = np.radians(longitude), np.radians(latitude)
    x, y, z = (np.cos(rise) * np.cos(turn)).mean(), (np.cos(rise) * np.sin(turn)).mean(), np.sin(rise).mean()
    return Stereographic(float(np.degrees(np.arctan2(z, np.hypot(x, y)))), float(np.degrees(np.arctan2(y, x))))


def middle(corners_deg: Corners) -> tuple[float, float]:
    """Latitude and longitude, deg, of the centre of area of an outline on its map."""
    longitude, latitude = np.asarray(corners_deg, float).T
    onto = plane(corners_deg)
    x, y = onto.forward(latitude, longitude)
    cross = x * np.roll(y, -1) - np.roll(x, -1) * y
    weight = 3.0 * cross.sum()
    at = ((x + np.roll(x, -1)) * cross).sum() / weight, ((y + np.roll(y, -1)) * cross).sum() / weight
    found_latitude, found_longitude = onto.inverse(*at)
    return float(found_latitude), float(found_longitude)


def square_corners(latitude_deg: float, longitude_deg: float, half_width_km: float) -> Corners:
    """Corners of a square about a place, its sides north-south and east-west at the middle."""
    half = 1000.0 * half_width_km
    x, y = half * np.array([-1.0, -1.0, 1.0, 1.0]), half * np.array([-1.0, 1.0, 1.0, -1.0])
    latitude, longitude = Stereographic(latitude_deg, longitude_deg).inverse(x, y)
    return tuple(zip(longitude.tolist(), latitude.tolist(), strict=True))


def sector_corners(south: float, north: float, west: float, east: float) -> Corners:
    """Corners of the ground between two parallels and two meridians, deg; along the parallels every degree."""
    steps = max(1, round((east - west) / _SECTOR_STEP_DEG))
    longitudes = np.linspace(west, east, steps + 1).tolist()
    return (*((lon, south) for lon in longitudes), *((lon, north) for lon in reversed(longitudes)))
