"""Terrain models from raster files of any format GDAL reads: GeoTIFF, JPEG2000, PDS3 images with their labels.

    read_dem("LDEM_80S_20M.LBL")
    read_dem("site.tif", crs=Stereographic(-90.0, 0.0), quantity="height", unit="m")

What a file does not say has to be declared; nothing is guessed at. Files too large for memory are read in windows, on
demand; GDAL keeps what it has read in up to a twentieth of the memory, or in GDAL_CACHEMAX megabytes of it.

Needs rasterio: ``pip install lunarplan[terrain]``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from lunarplan.errors import DataError, InputError
from lunarplan.io.crs import MapFrame, map_frame
from lunarplan.io.label import Numbers, labelled_numbers
from lunarplan.io.rasters import kept_open, opened
from lunarplan.model.data import readable, sha256
from lunarplan.model.rows import scalar
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.projection import MOON_RADIUS_M, Equirectangular, Grid, Projection, Stereographic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Heights32 = NDArray[np.float32]

_IN_MEMORY_PIXELS = 1 << 26  # 256 MB; larger files are read on demand
_LOWEST_M, _HIGHEST_M = -9500.0, 11_000.0  # the Moon has -9.13 to +10.79 km (LOLA); -9999 is often no data
_RADII_M = (MOON_RADIUS_M + _LOWEST_M, MOON_RADIUS_M + _HIGHEST_M)
_FLATTEST = 2e-4  # relief over extent; smoother ground within a dozen metres of zero is more likely in kilometres
_UNITS_M = {"m": 1.0, "metre": 1.0, "meter": 1.0, "meters": 1.0, "metres": 1.0, "km": 1000.0, "kilometre": 1000.0}
_UNITS_M |= {"kilometer": 1000.0, "kilometers": 1000.0, "kilometres": 1000.0}
_COUNTING = ("JP2", "PDS")  # GDAL's drivers of files whose integers seldom are metres
_SAMPLES = 256  # rows and columns looked at to tell what the numbers are
_SAME_SCALE = (
    3e-5  # relative; labels give the pixel of a map in whole pixels a degree to a millimetre, of 30 m at least
)


@dataclass(frozen=True)
class RasterHeights:
    """The heights of a file, read when they are asked for; float32 metres over the sphere when sliced.

    height = slope * number + level_m; numbers equal to nodata, and those the file masks, become NaN
    """

    path: str
    band: int
    shape: tuple[int, int]
    slope: float
    level_m: float
    nodata: float | None

    def __getitem__(self, key: tuple[slice, slice]) -> Heights32:
        (top, bottom, _), (left, right, _) = (s.indices(n) for s, n in zip(key, self.shape, strict=True))
        height, width = max(bottom - top, 0), max(right - left, 0)
        if height * width == 0:
            return np.empty((height, width), np.float32)
        with kept_open(self.path) as file:
            numbers = file.read(self.band, window=_window(top, left, height, width), masked=True)
        return self._heights(numbers)

    def _heights(self, numbers: np.ma.MaskedArray[Any, Any]) -> Heights32:
        missing = np.ma.getmaskarray(numbers)
        values = np.asarray(numbers.data, np.float64)
        missing = missing | ~np.isfinite(values)
        if self.nodata is not None:
            missing = missing | (values == self.nodata)
        heights = self.slope * values + self.level_m
        strange = ~missing & ~((heights >= _LOWEST_M) & (heights <= _HIGHEST_M))
        if strange.any():
            value = values[strange].flat[0]
            raise DataError(
                f"a pixel of {value:g} would be {heights[strange].flat[0] / 1000.0:.6g} km high",
                where=self.path,
                allowed=f"{_LOWEST_M / 1000.0:g} to {_HIGHEST_M / 1000.0:g} km over the sphere of 1737.4 km",
                remedy=f"nodata={value:g} if it stands for no data; else declare unit= and quantity=",
            )
        return np.where(missing, np.nan, heights).astype(np.float32)


def read_dem(
    path: str | Path,
    *,
    quantity: Literal["height", "radius"] | None = None,
    unit: Literal["m", "km"] | float | None = None,
    crs: str | Projection | Grid | None = None,
    nodata: float | None = None,
    band: int | None = None,
    in_memory: bool | None = None,
) -> Dem:
    """Return a terrain model from a raster file.

    path     : a file GDAL reads; of a PDS3 pair, the label (LBL) or the image (IMG)
    quantity : what the numbers are, where the file leaves it open: heights over the sphere of 1737.4 km, or radii
    unit     : of the numbers, after the file's own scale and offset; or how many metres they count
    crs      : coordinate system, if the file has none or a wrong one: text for PROJ ("IAU_2015:30135"), or a map; for a
        raster without georeferencing the grid of its pixels
    nodata   : number that stands for no data, besides the one the file declares
    band     : of a file with several
    in_memory : read it now, or in windows when they are needed; by default now, up to 64 million pixels

    A model that stays on the disc has no `sha256`; `Dem.fingerprint` reads all of it.

    Raises InputError where rasterio is missing, and for files that need more declared or lie on another body; DataError
    for files that are missing, damaged, or no rasters.
    """
    path = _raster_path(path)
    if nodata is not None and not isinstance(nodata, int | float | np.integer | np.floating):
        raise InputError(f"{nodata!r}", where="nodata", allowed="a number")
    with opened(path) as file:
        number = _band(file, band, str(path))
        grid = crs if isinstance(crs, Grid) else _grid(file, crs, str(path))
        if grid.shape != (file.height, file.width):
            what = f"grid of {grid.shape} pixels for a raster of {(file.height, file.width)}"
            raise InputError(what, where=str(path), remedy="declare the grid of this file")
        slope, level = _to_heights(_Numbers(file, number, path, nodata), grid, quantity, unit)
        tags = {key.upper(): value for key, value in file.tags().items()}
    heights = RasterHeights(str(path), number, grid.shape, slope, level, nodata)
    source = str(tags.get("SOURCE") or tags.get("DATA_SET_ID", "").strip('"') or path.name)
    if in_memory is None:
        in_memory = grid.shape[0] * grid.shape[1] <= _IN_MEMORY_PIXELS
    if not in_memory:
        return Dem(heights, grid, path.stem, source)
    return Dem(heights[:, :], grid, path.stem, source, sha256(_image(path)))


def _raster_path(path: str | Path) -> Path:
    """The file GDAL wants: of a PDS3 pair the label."""
    path = readable(path)
    if path.suffix.lower() != ".img":
        return path
    labels = (path.with_suffix(suffix) for suffix in (".LBL", ".lbl", ".Lbl"))
    return next((label for label in labels if label.is_file()), path)


def _image(path: Path) -> Path:
    """The file with the pixels: of a PDS3 pair the image."""
    images = (path.with_suffix(suffix) for suffix in (".IMG", ".img", ".JP2", ".jp2"))
    return next((image for image in images if image.is_file()), path) if path.suffix.lower() == ".lbl" else path


def _window(top: int, left: int, height: int, width: int) -> Any:
    from rasterio.windows import Window

    return Window(left, top, width, height)


def _band(file: Any, band: int | None, where: str) -> int:
    count = file.count
    if band is None and count != 1:
        names = ", ".join(
            f"{n} {text}" if text else str(n) for n, text in zip(file.indexes, file.descriptions, strict=True)
        )
        what = f"has {count} bands" if count else "has no bands of its own"
        raise InputError(what, where=where, allowed=names, remedy="say which with band=")
    if band is not None and band not in file.indexes:
        raise InputError(f"band {band!r}", where=where, allowed=f"1 to {count}")
    number = 1 if band is None else int(band)
    if np.dtype(file.dtypes[number - 1]).kind not in "iuf":
        raise InputError(f"pixels are {file.dtypes[number - 1]}", where=where, allowed="integers or floats")
    return number


def _grid(file: Any, crs: str | Projection | None, where: str) -> Grid:
    t = file.transform
    if t.is_identity:
        raise InputError("does not say where its pixels are", where=where, remedy="declare it: crs=Grid(...)")
    if t.b or t.d or t.a <= 0.0 or t.e >= 0.0 or abs(t.a + t.e) > 1e-6 * t.a:
        raise InputError(
            f"pixels of {t.a:g} x {t.e:g}, turned by {t.b:g}, {t.d:g}",
            where=where,
            allowed="square, north up",
            remedy="resample it, e.g. gdalwarp with -tr of one size",
        )
    frame = _frame(file, crs, where)
    x0, y0 = (frame.unit_m * (t.c + 0.5 * t.a), frame.unit_m * (t.f - 0.5 * t.a))
    x0, y0, pixel = x0 + frame.offset_x_m, y0 + frame.offset_y_m, frame.unit_m * t.a
    if not isinstance(frame.projection, Equirectangular):
        return Grid(frame.projection, x0, y0, pixel, (file.height, file.width))
    _require_latitudes(y0, y0 - pixel * (file.height - 1), pixel, where)
    grid = Grid(frame.projection, x0, y0, pixel, (file.height, file.width))
    return grid if frame.offset_x_m or frame.offset_y_m else _whole_pixels_a_degree(grid)


def _frame(file: Any, crs: str | Projection | None, where: str) -> MapFrame:
    if isinstance(crs, Stereographic | Equirectangular):
        return MapFrame(crs, 1.0)
    from rasterio.crs import CRS
    from rasterio.errors import CRSError

    if crs is None and not file.crs:
        raise InputError(
            "has no coordinate system",
            where=where,
            remedy="declare it: crs=Stereographic(-90.0, 0.0), or text such as crs='IAU_2015:30135'",
        )
    try:
        return map_frame(file.crs if crs is None else CRS.from_user_input(crs), where)
    except CRSError as error:
        reason = " ".join(str(error).split())[:150]
        raise InputError(
            f"crs {str(crs)[:80]!r} is not known: {reason}", where=where, remedy="try 'IAU_2015:30135'"
        ) from error


def _require_latitudes(first_m: float, last_m: float, pixel_m: float, where: str) -> None:
    north, south, pixel = (math.degrees(y / MOON_RADIUS_M) for y in (first_m, last_m, pixel_m))
    if north > 90.0 + pixel or south < -90.0 - pixel:
        raise InputError(
            f"rows run from latitude {south:.6g} to {north:.6g} deg",
            where=where,
            allowed="-90 to 90 deg",
            remedy="are rows and columns, or degrees and metres, mixed up?",
        )


def _whole_pixels_a_degree(grid: Grid) -> Grid:
    """Labels round metres a pixel: over a turn that adds up to a pixel. Whole pixels a degree are meant exactly."""
    exact = grid.projection.turn_m / 360.0 if isinstance(grid.projection, Equirectangular) else math.nan
    per_degree = round(exact / grid.pixel_m)
    if per_degree < 1 or abs(per_degree * grid.pixel_m / exact - 1.0) > _SAME_SCALE:
        return grid
    ratio = exact / per_degree / grid.pixel_m
    return Grid(grid.projection, grid.x0_m * ratio, grid.y0_m * ratio, grid.pixel_m * ratio, grid.shape)


class _Numbers:
    """The numbers of a band: what file and label say of them, and between what they lie."""

    def __init__(self, file: Any, band: int, path: Path, nodata: float | None) -> None:
        archived = file.driver.startswith(_COUNTING)
        label = labelled_numbers(path) if archived else Numbers()  # a GeoTIFF beside a label may be made of its image
        self.where = str(path)
        self.scale, self.offset = float(file.scales[band - 1]), float(file.offsets[band - 1])
        bare = (self.scale, self.offset) == (1.0, 0.0)
        if bare:
            self.scale, self.offset = label.scale or 1.0, label.offset or 0.0
        self.unit_m = _UNITS_M.get(str(file.units[band - 1] or label.unit or "").strip().lower())
        integers = np.dtype(file.dtypes[band - 1]).kind in "iu"
        self.counts = bare and label.scale is None and integers and archived
        self.low, self.high = sorted(self.scale * v + self.offset for v in _range(file, band, nodata))


def _to_heights(numbers: _Numbers, grid: Grid, quantity: str | None, unit: str | float | None) -> tuple[float, float]:
    """Slope and level in metres that make heights of the numbers in the file."""
    if quantity not in (None, "height", "radius"):
        raise InputError(f"{quantity!r}", where="quantity", allowed="height or radius")
    unit_m = _declared(unit)
    if unit_m is None and numbers.counts:
        raise InputError(
            f"integers from {numbers.low:g} to {numbers.high:g}, and neither file nor label say what they count",
            where=numbers.where,
            remedy="declare unit=0.5 for LOLA's half metres, or unit='m'; or put the label beside it",
        )
    unit_m = unit_m or numbers.unit_m or _told_by_size(numbers, grid, quantity)
    if quantity is None:
        radius = _RADII_M[0] <= numbers.low * unit_m and numbers.high * unit_m <= _RADII_M[1]
        quantity = "radius" if radius else "height"
    level = numbers.offset * unit_m - (MOON_RADIUS_M if quantity == "radius" else 0.0)
    return numbers.scale * unit_m, level


def _declared(unit: str | float | None) -> float | None:
    """Metres in the unit a caller gave."""
    if unit is None:
        return None
    if isinstance(unit, str):
        if unit not in ("m", "km"):
            raise InputError(f"{unit!r}", where="unit", allowed="m, km, or metres")
        return _UNITS_M[unit]
    return scalar("unit", unit, 1e-6, 1e6, "m")


def _told_by_size(numbers: _Numbers, grid: Grid, quantity: str | None) -> float:
    """Metres per unit of the numbers, if their size leaves no doubt."""
    low, high = numbers.low, numbers.high
    in_km = _RADII_M[0] / 1000.0 <= low and high <= _RADII_M[1] / 1000.0
    if quantity == "radius" and in_km:
        return 1000.0
    extent = grid.pixel_m * math.hypot(*grid.shape)
    small = max(abs(low), abs(high)) <= _HIGHEST_M / 1000.0
    if quantity != "radius" and (small or in_km) and high - low < _FLATTEST * extent:
        raise InputError(
            f"numbers run from {low:g} to {high:g} over {extent / 1000.0:.4g} km: metres or kilometres?",
            where=numbers.where,
            remedy="declare unit='m' or unit='km', and quantity='height' or 'radius'",
        )
    return 1.0


def _range(file: Any, band: int, nodata: float | None) -> tuple[float, float]:
    """Least and greatest number among some rows and columns spread over the file."""
    shape = (min(file.height, _SAMPLES), min(file.width, _SAMPLES))
    numbers = file.read(band, out_shape=shape, masked=True)
    values = np.asarray(numbers.compressed(), np.float64)
    values = values[np.isfinite(values) & (values != nodata)]
    if values.size == 0:
        raise DataError("no pixel has data", where=str(file.name), remedy="check nodata=")
    return float(values.min()), float(values.max())
