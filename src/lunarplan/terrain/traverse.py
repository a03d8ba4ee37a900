"""A way over the ground: its heights and its slopes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.rows import scalar
from lunarplan.terrain.arcs import along
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.layer import Caution, hazard_caution
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import MOON_RADIUS_M, checked_coordinates
from lunarplan.terrain.slope import slope_at

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_MOST_SAMPLES = 10_000_000


@dataclass(frozen=True, eq=False)
class Traverse:
    """Samples along a way.

    distance_km                 : from the start, over the sphere
    latitude_deg, longitude_deg, height_m
    rise_m, along_slope_deg     : from each sample to the next, up positive; one less than samples
    slope_deg                   : of the ground at the samples, in its steepest direction
    baseline_m                  : of both slopes
    caution                     : None, or why hazards cannot be judged by it
    """

    distance_km: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    height_m: Floats
    rise_m: Floats
    along_slope_deg: Floats
    slope_deg: Floats
    baseline_m: float
    caution: Caution | None

    @property
    def length_km(self) -> float:
        """From start to end over the sphere."""
        return float(self.distance_km[-1])

    @property
    def climb_m(self) -> float:
        """Sum of all rises."""
        return float(np.maximum(self.rise_m, 0.0).sum())

    @property
    def steepest_deg(self) -> float:
        """The greatest slope along the way, up or down."""
        return float(np.abs(self.along_slope_deg).max())


def traverse(
    ground: Dem | Terrain, latitude_deg: ArrayLike, longitude_deg: ArrayLike, step_m: float | None = None
) -> Traverse:
    """Return heights and slopes along the great circles that join two or more places.

    step_m : longest distance between samples, and baseline of the slopes; by default two pixels of the finest model

    Raises InputError for fewer places, for a way that leaves the terrain, and for one of over 10 million samples.
    """
    latitude, longitude = np.broadcast_arrays(*checked_coordinates(latitude_deg, longitude_deg))
    if latitude.ndim != 1 or latitude.size < 2:
        raise InputError(f"places of shape {latitude.shape}", where="traverse", allowed="two or more, in a row")
    terrain = Terrain(ground)
    step = 2.0 * terrain.pixel_m if step_m is None else scalar("step_m", step_m, 1e-2, 1e6, "m")
    if latitude.size * np.pi * MOON_RADIUS_M / step > _MOST_SAMPLES:
        raise InputError(
            f"steps of {step:g} m", where="step_m", allowed=f"{_MOST_SAMPLES} samples", remedy="longer steps"
        )
    a, b, distance = along(latitude, longitude, step)
    height, index = terrain.height_m(a, b), terrain.dem_index(a, b)
    rise = _rises(terrain, a, b, height, index)
    level = np.diff(distance) * (1.0 + 0.5 * (height[1:] + height[:-1]) / MOON_RADIUS_M)
    return Traverse(
        distance / 1000.0,
        a,
        b,
        height,
        rise,
        np.degrees(np.arctan2(rise, level)),
        slope_at(terrain, a, b, step).slope_deg,
        step,
        hazard_caution(max(terrain.dems[n].pixel_m for n in np.unique(index))),
    )


def _rises(terrain: Terrain, latitude: Floats, longitude: Floats, height: Floats, index: NDArray[np.intp]) -> Floats:
    """Rises from sample to sample; where two models meet, in the coarser one: the step between them is no cliff."""
    rise = np.diff(height)
    for n in np.flatnonzero(np.diff(index)):
        pair = slice(n, n + 2)
        both = np.diff(terrain.dems[index[pair].max()].height_or_nan_m(latitude[pair], longitude[pair]))[0]
        rise[n] = rise[n] if np.isnan(both) else both
    return rise
