"""Maps of the Moon: where a place lies on a plane, and where the pixels of a raster lie on the Moon.

All stand on the sphere of 1737.4 km. x runs to the east and y to the north where the map's centre is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.rows import numbers, scalar

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

MOON_RADIUS_M = 1000.0 * RADIUS_KM["moon"]
_SAME_PIXEL = 1e-7  # of a pixel: what projecting there and back may cost
_ANTIPODE = 1e-12  # square of the cosine of half the angle from the centre
_FAR_M = 1e13  # where the antipode of a stereographic centre is put
_BEYOND = 1e6  # radii from the centre of a map that only the antipode is at


@dataclass(frozen=True)
class Stereographic:
    """Conformal: great circles through the centre are straight, all other circles stay circles.

    center_latitude_deg, center_longitude_deg : where the plane touches the Moon; at a pole, y runs down the meridian
        of the centre at the south pole and up it at the north pole
    scale : at the centre

    South pole, longitude 0: x = rho sin(lon), y = rho cos(lon), rho = 2 R tan(colatitude / 2).

    Source: Snyder 1987, USGS Professional Paper 1395, eqs. (21-2) to (21-4) and (20-14), (20-15), rearranged so that
    nothing cancels near the centre and near the poles.
    """

    center_latitude_deg: float
    center_longitude_deg: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        checked_coordinates(self.center_latitude_deg, self.center_longitude_deg, where="Stereographic")
        scalar("Stereographic.scale", self.scale, 0.5, 2.0)
        _plain_floats(self, "center_latitude_deg", "center_longitude_deg", "scale")

    def forward(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """Return x and y in metres.

        Raises InputError for coordinates out of range, and for the antipode of the centre, which is on no map.
        """
        x, y = self.forward_anywhere(latitude_deg, longitude_deg)
        if np.any(np.hypot(x, y) > _BEYOND * MOON_RADIUS_M):
            raise InputError(
                "the antipode of the map's centre cannot be drawn",
                where="Stereographic",
                remedy="centre the map nearer to the place",
            )
        return x, y

    def forward_anywhere(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """Return x and y in metres; the antipode of the centre is very far away."""
        latitude, longitude = checked_coordinates(latitude_deg, longitude_deg)
        sine, cosine = self._center
        turn = np.radians(_half_turn(longitude - self.center_longitude_deg))
        rise = np.radians(latitude - self.center_latitude_deg)
        across = _cosine(latitude)
        chord = np.sin(rise / 2.0) ** 2 + cosine * across * np.sin(turn / 2.0) ** 2  # sin(c/2)^2
        stretch = MOON_RADIUS_M * self.scale / np.maximum(1.0 - chord, _ANTIPODE)
        y = np.sin(rise) + 2.0 * sine * across * np.sin(turn / 2.0) ** 2
        x = across * np.sin(turn)
        antipode = np.where(1.0 - chord < _ANTIPODE, _FAR_M, 0.0)
        return stretch * x + antipode, stretch * y

    def inverse(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[Floats, Floats]:
        """Return latitude and longitude in degrees, -180 to 180; at a pole, the longitude of the centre."""
        x, y = self._halves(x_m, y_m)
        sine, cosine = self._center
        up = 1.0 - (x * x + y * y)
        to_axis = up * cosine - 2.0 * y * sine
        latitude = np.arctan2(up * sine + 2.0 * y * cosine, np.hypot(to_axis, 2.0 * x))
        longitude = self.center_longitude_deg + np.degrees(np.arctan2(2.0 * x, to_axis))
        return np.degrees(latitude), _half_turn(longitude)

    def scale_at(self, x_m: ArrayLike, y_m: ArrayLike) -> Floats:
        """Return metres on the map per metre on the Moon."""
        x, y = self._halves(x_m, y_m)
        return np.asarray(self.scale * (1.0 + x * x + y * y))

    def convergence_rad(self, x_m: ArrayLike, y_m: ArrayLike) -> Floats:
        """Return the grid azimuth, clockwise from +y, of local north: grid azimuth = true azimuth + convergence."""
        x, y = self._halves(x_m, y_m)
        sine, cosine = self._center
        lean = 2.0 * (sine + y * cosine)
        return np.arctan2(-x * lean, cosine * (1.0 + x * x + y * y) - y * lean)

    @property
    def _center(self) -> tuple[float, float]:
        """Sine and cosine of the centre's latitude; the cosine is exactly 0 at the poles."""
        return math.sin(math.radians(self.center_latitude_deg)), float(_cosine(np.asarray(self.center_latitude_deg)))

    def _halves(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[Floats, Floats]:
        """Places on the map in units of its diameter: their radius is the tangent of half the angle from the centre."""
        unit = 2.0 * MOON_RADIUS_M * self.scale
        return _finite("x_m", x_m) / unit, _finite("y_m", y_m) / unit


@dataclass(frozen=True)
class Equirectangular:
    """Latitude and longitude as they are: x = R cos(true scale latitude) dlon, y = R lat.

    Rasters in degrees are on this map too, with a true scale latitude of 0.
    """

    center_longitude_deg: float = 0.0
    true_scale_latitude_deg: float = 0.0

    def __post_init__(self) -> None:
        checked_coordinates(0.0, self.center_longitude_deg, where="Equirectangular")
        scalar("Equirectangular.true_scale_latitude_deg", self.true_scale_latitude_deg, -89.0, 89.0, "deg")
        _plain_floats(self, "center_longitude_deg", "true_scale_latitude_deg")

    @property
    def turn_m(self) -> float:
        """Metres of x in a turn of 360 deg."""
        return math.tau * MOON_RADIUS_M * math.cos(math.radians(self.true_scale_latitude_deg))

    def forward(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """Return x and y in metres, x within half a turn of the centre; raises InputError out of range."""
        return self.forward_anywhere(latitude_deg, longitude_deg)

    def forward_anywhere(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """Return x and y in metres."""
        latitude, longitude = checked_coordinates(latitude_deg, longitude_deg)
        turn = _half_turn(longitude - self.center_longitude_deg)
        return np.asarray(turn / 360.0 * self.turn_m), np.radians(latitude) * MOON_RADIUS_M

    def inverse(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[Floats, Floats]:
        """Return latitude and longitude in degrees, -180 to 180."""
        x, y = _finite("x_m", x_m), _finite("y_m", y_m)
        latitude = np.degrees(y / MOON_RADIUS_M)
        if np.any(np.abs(latitude) > 90.0 + 1e-9):
            raise InputError("y is beyond a pole", where="Equirectangular", allowed="-90 to 90 deg")
        longitude = self.center_longitude_deg + 360.0 * (x / self.turn_m)
        return np.clip(latitude, -90.0, 90.0), _half_turn(longitude)


Projection = Stereographic | Equirectangular


@dataclass(frozen=True)
class Grid:
    """Where the pixels of a raster are.

    x0_m, y0_m : centre of pixel [0, 0]
    pixel_m    : side of a pixel; columns run with +x, rows with -y
    shape      : rows, columns
    """

    projection: Projection
    x0_m: float
    y0_m: float
    pixel_m: float
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        if not isinstance(self.projection, Stereographic | Equirectangular):
            raise InputError(
                f"{self.projection!r}", where="Grid.projection", allowed="Stereographic or Equirectangular"
            )
        for name in ("x0_m", "y0_m"):
            scalar(f"Grid.{name}", getattr(self, name), -1e9, 1e9, "m")
        scalar("Grid.pixel_m", self.pixel_m, 1e-3, 2e6, "m")
        whole = isinstance(self.shape, tuple | list) and all(isinstance(n, int | np.integer) for n in self.shape)
        if not whole or len(self.shape) != 2 or min(self.shape) < 1:
            raise InputError(f"{self.shape}", where="Grid.shape", allowed="(rows, columns), each 1 or more")
        object.__setattr__(self, "shape", (int(self.shape[0]), int(self.shape[1])))
        _plain_floats(self, "x0_m", "y0_m", "pixel_m")

    @classmethod
    def about(cls, latitude_deg: float, longitude_deg: float, half_width_m: float, pixel_m: float) -> Grid:
        """Return a square stereographic grid with the centre of its middle pixel at a place."""
        reach = max(1, math.ceil(half_width_m / pixel_m - _SAME_PIXEL))
        projection = Stereographic(latitude_deg, longitude_deg)
        return cls(projection, -reach * pixel_m, reach * pixel_m, pixel_m, (2 * reach + 1, 2 * reach + 1))

    def xy_m(self, row: ArrayLike, column: ArrayLike) -> tuple[Floats, Floats]:
        """Return x and y of pixel centres; rows and columns may be fractions."""
        return (
            self.x0_m + self.pixel_m * np.asarray(column, float),
            self.y0_m - self.pixel_m * np.asarray(row, float),
        )

    def lat_lon_deg(self, row: ArrayLike, column: ArrayLike) -> tuple[Floats, Floats]:
        """Return latitude and longitude of pixel centres; rows and columns broadcast."""
        return self.projection.inverse(*np.broadcast_arrays(*self.xy_m(row, column)))

    def centers_deg(self, rows: slice = slice(None)) -> tuple[Floats, Floats]:
        """Return latitude and longitude of all pixel centres, or of some rows of them, (rows, columns) each."""
        i = np.arange(self.shape[0])[rows, None]
        return self.lat_lon_deg(i, np.arange(self.shape[1])[None, :])

    def rows_columns(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, Floats]:
        """Return row and column of places, as fractions; places off the grid have rows or columns it does not have."""
        return self.rows_columns_of_xy(*self.projection.forward_anywhere(latitude_deg, longitude_deg))

    def rows_columns_of_xy(self, x_m: ArrayLike, y_m: ArrayLike) -> tuple[Floats, Floats]:
        """Return row and column of places on the map, as fractions."""
        row = (self.y0_m - np.asarray(y_m, float)) / self.pixel_m
        column = (np.asarray(x_m, float) - self.x0_m) / self.pixel_m
        if self.turn is not None:  # any multiple of a turn is the same place: the one nearest to the grid's middle
            start = 0.5 * (self.shape[1] - 1 - self.turn)
            column = (column - start) % self.turn + start
        return _on_centers(row), _on_centers(column)

    def pixel_areas_m2(self, rows: slice = slice(None)) -> Floats:
        """Return the areas of pixels on the sphere, (rows, columns), from the scale of the map at their centres."""
        i, j = np.arange(self.shape[0])[rows, None], np.arange(self.shape[1])[None, :]
        x, y = np.broadcast_arrays(*self.xy_m(i, j))
        if isinstance(self.projection, Stereographic):
            return np.asarray((self.pixel_m / self.projection.scale_at(x, y)) ** 2)
        true_scale = math.cos(math.radians(self.projection.true_scale_latitude_deg))
        return np.asarray(self.pixel_m**2 * np.cos(y / MOON_RADIUS_M) / true_scale)

    @cached_property
    def turn(self) -> float | None:
        """Columns in a turn of 360 deg, or None for maps without."""
        return self.projection.turn_m / self.pixel_m if isinstance(self.projection, Equirectangular) else None

    @cached_property
    def wraps(self) -> bool:
        """True if the first column follows the last."""
        return self.turn is not None and abs(self.turn - self.shape[1]) < 0.01

    @cached_property
    def reaches_poles(self) -> tuple[bool, bool]:
        """True for the first row and for the last, if their outer edge is a pole all the way around."""
        pole = 0.5 * math.pi * MOON_RADIUS_M
        last = self.y0_m - self.pixel_m * (self.shape[0] - 1)
        near = 0.01 * self.pixel_m
        north = abs(self.y0_m + 0.5 * self.pixel_m - pole) < near
        south = abs(last - 0.5 * self.pixel_m + pole) < near
        return self.wraps and north, self.wraps and south

    @property
    def extent_m(self) -> tuple[float, float, float, float]:
        """Outer edges: x least, x greatest, y least, y greatest (the order of matplotlib's `extent`)."""
        half = 0.5 * self.pixel_m
        rows, columns = self.shape
        return (
            self.x0_m - half,
            self.x0_m - half + columns * self.pixel_m,
            self.y0_m + half - rows * self.pixel_m,
            self.y0_m + half,
        )

    def window(self, row: int, column: int, shape: tuple[int, int]) -> Grid:
        """Return the grid of `shape` pixels from [row, column] on."""
        x, y = self.xy_m(row, column)
        return replace(self, x0_m=float(x), y0_m=float(y), shape=shape)

    def coarser(self, factor: int) -> Grid:
        """Return the grid of blocks of factor x factor pixels; what is left over at the end is left out."""
        x, y = self.xy_m(0.5 * (factor - 1), 0.5 * (factor - 1))
        shape = (self.shape[0] // factor, self.shape[1] // factor)
        return replace(self, x0_m=float(x), y0_m=float(y), pixel_m=self.pixel_m * factor, shape=shape)

    def same_map(self, other: Grid) -> bool:
        """True if both are drawn on one map, to 1e-9 deg."""
        if type(self.projection) is not type(other.projection):
            return False
        mine, theirs = vars(self.projection).values(), vars(other.projection).values()
        return all(abs(a - b) < 1e-9 for a, b in zip(mine, theirs, strict=True))


def checked_coordinates(
    latitude_deg: ArrayLike, longitude_deg: ArrayLike, where: str = "latitude_deg, longitude_deg"
) -> tuple[Floats, Floats]:
    """Return both as float64; raises InputError out of range, for NaN, and for shapes that do not go together."""
    latitude, longitude = numbers("latitude_deg", latitude_deg, 1), numbers("longitude_deg", longitude_deg, 1)
    try:
        np.broadcast_shapes(latitude.shape, longitude.shape)
    except ValueError:
        raise InputError(f"shapes {latitude.shape} and {longitude.shape} do not go together", where=where) from None
    bad = ~(np.abs(latitude) <= 90.0)
    if bad.any():
        raise _bad_latitude(latitude, longitude, bad, where)
    bad = ~(np.abs(longitude) <= 360.0)
    if bad.any():
        raise InputError(f"longitude {longitude[bad].flat[0]:g} deg", where=where, allowed="-360 to 360 deg")
    return latitude, longitude


def _bad_latitude(latitude: Floats, longitude: Floats, bad: NDArray[np.bool_], where: str) -> InputError:
    value = latitude[bad].flat[0]
    other = np.broadcast_to(longitude, np.broadcast_shapes(latitude.shape, longitude.shape)).flat[0]
    swapped = abs(value) <= 360.0 and abs(other) <= 90.0
    remedy = f"latitude comes first: are {value:g}, {other:g} swapped?" if swapped else "give planetocentric degrees"
    return InputError(f"latitude {value:g} deg", where=where, allowed="-90 to 90 deg", remedy=remedy)


def _plain_floats(frozen: object, *names: str) -> None:
    """Make fields Python floats, whatever number they were given as: equal maps are then written alike."""
    for name in names:
        object.__setattr__(frozen, name, float(getattr(frozen, name)))


def _finite(name: str, value: ArrayLike) -> Floats:
    array = numbers(name, value, 1)
    if not np.isfinite(array).all():
        raise InputError("not finite", where=name, allowed="metres on the map")
    return array


def _cosine(latitude_deg: Floats) -> Floats:
    """Cosine of a latitude, to all digits near the poles."""
    return np.sin(np.radians(90.0 - np.abs(latitude_deg)))


def _half_turn(degrees: Floats) -> Floats:
    """The same angle from -180 to 180 deg; without rounding where it is there already."""
    return np.asarray(degrees - 360.0 * np.round(degrees / 360.0))


def _on_centers(index: Floats) -> Floats:
    """Rows or columns with roundings off pixel centres taken away, so that no neighbour has a say there."""
    nearest = np.rint(index)
    return np.where(np.abs(index - nearest) < _SAME_PIXEL, nearest, index)
