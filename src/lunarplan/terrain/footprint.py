"""What a lander stands on: the plane under its legs, and what stands out of that plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.rows import scalar
from lunarplan.terrain.arcs import beside
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.layer import FOOTPRINT_M, Caution, hazard_caution
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import checked_coordinates

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_ACROSS = 17  # samples in a diameter


@dataclass(frozen=True, eq=False)
class Footprint:
    """The ground under discs, each array of the shape of the places.

    slope_deg  : of the plane fitted to the disc
    aspect_deg : azimuth the plane falls to, clockwise from north
    bump_m     : the highest point of the disc over the plane
    hollow_m   : the lowest point of the disc under the plane
    diameter_m : of the disc
    caution    : None, or why this is not what a lander would find
    """

    slope_deg: Floats
    aspect_deg: Floats
    bump_m: Floats
    hollow_m: Floats
    diameter_m: float
    caution: Caution | None

    def clear(self, slope_limit_deg: float, bump_limit_m: float) -> NDArray[np.bool_]:
        """True where neither the slope nor anything that stands out of the plane is over its limit."""
        return (self.slope_deg <= slope_limit_deg) & (self.bump_m <= bump_limit_m)


def footprint(
    ground: Dem | Terrain, latitude_deg: ArrayLike, longitude_deg: ArrayLike, diameter_m: float = FOOTPRINT_M
) -> Footprint:
    """Return the plane under a lander's legs at places, and what stands out of it.

    Least squares over some 220 points of the surface. Rocks smaller than a pixel are not in any terrain model.

    Raises InputError for places outside the model, or nearer to its edge than the radius of the disc.
    """
    diameter = scalar("diameter_m", diameter_m, 0.1, 1e6, "m")
    latitude, longitude = np.broadcast_arrays(*checked_coordinates(latitude_deg, longitude_deg))
    east, north = _disc(0.5 * diameter)
    heights = np.stack(
        [ground.height_m(*beside(latitude, longitude, e, n)) for e, n in zip(east, north, strict=True)], axis=-1
    )
    base = np.stack([east, north, np.ones(east.size)], axis=-1)
    plane = heights @ np.linalg.pinv(base).T
    above = heights - plane @ base.T
    terrain = Terrain(ground)
    coarsest = max((terrain.dems[n].pixel_m for n in np.unique(terrain.dem_index(latitude, longitude))), default=0.0)
    return Footprint(
        np.degrees(np.arctan(np.hypot(plane[..., 0], plane[..., 1]))),
        np.degrees(np.arctan2(-plane[..., 0], -plane[..., 1])) % 360.0,
        above.max(axis=-1),
        -above.min(axis=-1),
        diameter,
        hazard_caution(coarsest, min(diameter, FOOTPRINT_M)),
    )


def _disc(radius_m: float) -> tuple[Floats, Floats]:
    """Points to the east and north, evenly over a disc."""
    line = np.linspace(-radius_m, radius_m, _ACROSS)
    east, north = (a.ravel() for a in np.meshgrid(line, line))
    inside = np.hypot(east, north) <= radius_m * (1.0 + 1e-9)
    return east[inside], north[inside]
