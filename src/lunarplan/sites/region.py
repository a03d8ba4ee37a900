"""A piece of the Moon to be surveyed: its outline, and the pixels of a terrain model that lie inside."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.rows import scalar
from lunarplan.sites import catalogue
from lunarplan.sites.outline import Corners, square_corners
from lunarplan.terrain.polygon import Polygon
from lunarplan.terrain.projection import Grid, Stereographic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.terrain.nested import Terrain

_MOST_PIXELS = 2_000_000
_SMALLEST_KM, _LARGEST_KM = 0.001, 1000.0


@dataclass(frozen=True)
class Region:
    """An outline with a name.

    corners_deg : (longitude, latitude) in order; the sides are great circles

    Raises InputError for less than three corners, corners out of range, and sides that cross.
    """

    name: str
    corners_deg: Corners
    source: str = "given by the user"
    confidence: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        try:
            self.polygon.area_km2  # noqa: B018 - it is what says that the corners are good
        except InputError as error:
            where = f"region {self.name!r:.60}"
            raise InputError(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from error

    @cached_property
    def polygon(self) -> Polygon:
        longitude, latitude = np.array(self.corners_deg, float).reshape(-1, 2).T
        return Polygon(latitude, longitude)

    def grid(self, terrain: Terrain, pixel_m: float | None = None) -> Grid:
        """The pixels that hold the region: those of the terrain's own model there, if it is on a conformal map.

        pixel_m : side of the pixels, by default that of the model

        Raises InputError for a region outside the terrain, without pixels inside, or with too many.
        """
        dem = terrain.dem_at(*self.polygon.center_deg)
        if isinstance(dem.grid.projection, Stereographic) and pixel_m in (None, dem.pixel_m):
            rows, columns = dem.grid.rows_columns(self.polygon.latitude_deg, self.polygon.longitude_deg)
            top, left = math.floor(rows.min()), math.floor(columns.min())
            shape = (math.ceil(rows.max()) - top + 1, math.ceil(columns.max()) - left + 1)
            found = dem.grid.window(top, left, self._checked(shape))
        else:
            found = self._own_grid(dem.pixel_m if pixel_m is None else scalar("pixel_m", pixel_m, 0.1, 1e5, "m"))
        if not self.mask(found).any():
            what = f"has no pixel of {found.pixel_m:g} m inside"
            raise InputError(what, where=f"region {self.name!r}", remedy="give a finer --dem, or a larger region")
        return found

    def mask(self, grid: Grid) -> NDArray[np.bool_]:
        """True for pixels of a grid with their centres inside, (rows, columns)."""
        return self.polygon.mask(grid)

    def _own_grid(self, pixel_m: float) -> Grid:
        """A grid on a map about the region's middle."""
        onto = Stereographic(*self.polygon.center_deg)
        x, y = onto.forward(self.polygon.latitude_deg, self.polygon.longitude_deg)
        left, top = pixel_m * math.floor(x.min() / pixel_m), pixel_m * math.ceil(y.max() / pixel_m)
        shape = (math.ceil((top - y.min()) / pixel_m) + 1, math.ceil((x.max() - left) / pixel_m) + 1)
        return Grid(onto, left, top, pixel_m, self._checked(shape))

    def _checked(self, shape: tuple[int, int]) -> tuple[int, int]:
        if shape[0] * shape[1] > _MOST_PIXELS:
            what = f"needs {shape[0]} x {shape[1]} pixels"
            remedy = "survey a part of it, or give larger pixels"
            raise InputError(what, where=f"region {self.name!r}", allowed=f"{_MOST_PIXELS:,} pixels", remedy=remedy)
        return shape


def region(given: str | Region) -> Region:
    """Return a region: a name of the catalogue, "LAT,LON,KM" for a square of that half width, or a region as it is.

    Raises InputError for a name there is not, with the closest ones, and for coordinates that cannot be used.
    """
    if isinstance(given, Region):
        return given
    if not isinstance(given, str):
        raise InputError(f"{given!r:.60}", where="region", allowed='a name, "LAT,LON,KM", or a Region')
    numbers = coordinates(given, 3)
    if numbers is None:
        entry = catalogue.find(given, region=True)
        return Region(entry.name, entry.corners_deg, entry.source, entry.confidence, entry.note)
    latitude, longitude, half_width = numbers
    scalar("half width", half_width, _SMALLEST_KM, _LARGEST_KM, "km")
    return Region(f"{latitude:g}, {longitude:g} +- {half_width:g} km", square_corners(latitude, longitude, half_width))


def coordinates(text: str, count: int) -> list[float] | None:
    """The numbers of a text such as "-88.8,123.4", or None if it is a name; raises InputError for another count."""
    parts = [part.strip() for part in text.split(",")]
    try:
        found = [float(part) for part in parts]
    except ValueError:
        return None
    if len(found) != count:
        form = "LAT,LON" if count == 2 else "LAT,LON,KM"
        raise InputError(f"{len(found)} numbers in {text!r:.60}", where="place", allowed=f"{form}, or a name")
    return found
