"""Terrain models: heights on a grid, and the surface between them.

Between the centres of four pixels the ground is two triangles, cut along the diagonal from [i, j] to [i+1, j+1].
Heights at places, horizons and what they are tested against all stand on this one surface. It reaches to the centres
of the outermost pixels; where a raster in latitude and longitude goes all the way around, it closes at 0/360 deg, and
at a pole, which gets the mean height of its row.

Heights need not be in memory: a memory map will do, and so will anything with a `shape` that returns float32 when
sliced (`lunarplan.io.dem` reads files that way). Everything here goes through them in blocks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.rows import scalar
from lunarplan.terrain.projection import Grid, Stereographic, checked_coordinates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Heights32 = NDArray[np.float32]

_BLOCK_PIXELS = 1 << 18  # pixels, or places, worked on at a time: what the caches of a processor hold
_MOST_SAMPLES = 32  # on a side of a pixel that is averaged
_TILE = 1024  # rows and columns read at a time for scattered places
_MOST_PIXELS = 1 << 30  # of a raster made in memory: 4 GB


class Heights(Protocol):
    """What a `Dem` needs of its heights: a shape, and slices as float32 arrays."""

    @property
    def shape(self) -> tuple[int, ...]: ...

    def __getitem__(self, key: tuple[slice, slice], /) -> Heights32: ...


@dataclass(frozen=True, eq=False)
class Dem:
    """A digital elevation model of the Moon.

    heights_m : float32[rows, columns], metres over the sphere of 1737.4 km; NaN where there is no data. Not copied
    grid      : where the pixels are
    name      : for messages and pictures
    source    : who measured it
    sha256    : of the file the heights come from, hexadecimal; empty if they were made in memory

    Raises InputError if heights and grid do not match, or heights are infinite.
    """

    heights_m: Heights = field(repr=False)
    grid: Grid
    name: str = "terrain"
    source: str = "given by the caller"
    sha256: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.heights_m, np.ndarray | list):
            object.__setattr__(self, "heights_m", _float32(self.heights_m))
        if not isinstance(self.grid, Grid):
            raise InputError(f"{self.grid!r}", where=f"grid of {self.name}", allowed="Grid")
        if not hasattr(self.heights_m, "shape"):
            raise InputError(f"{self.heights_m!r}", where="heights_m", allowed="float32[rows, columns]")
        if tuple(self.heights_m.shape) != self.grid.shape:
            what = f"heights of shape {tuple(self.heights_m.shape)} on a grid of {self.grid.shape}"
            raise InputError(what, where=self.name, allowed="one height for each pixel")

    @property
    def pixel_m(self) -> float:
        """Side of a pixel on the map."""
        return self.grid.pixel_m

    def height_m(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
        """Return heights over the sphere at places, shape of the places.

        Raises InputError for coordinates out of range, and for places outside the model or without data.
        """
        heights = self.height_or_nan_m(latitude_deg, longitude_deg)
        if np.isnan(heights).any():
            raise self._no_height(np.isnan(heights), latitude_deg, longitude_deg)
        return heights

    def height_or_nan_m(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
        """Return heights over the sphere at places; NaN where the model has none."""
        return self.height_at_pixels_m(*self.grid.rows_columns(latitude_deg, longitude_deg))

    def height_at_pixels_m(self, row: ArrayLike, column: ArrayLike) -> Floats:
        """Return heights at rows and columns, which may be fractions; NaN where the model has none."""
        rows, columns = np.broadcast_arrays(np.asarray(row, float), np.asarray(column, float))
        flat_rows, flat_columns = rows.ravel(), columns.ravel()
        out = np.empty(flat_rows.size)
        for start in range(0, out.size, _BLOCK_PIXELS):
            part = slice(start, start + _BLOCK_PIXELS)
            out[part] = self._on_triangles(flat_rows[part], flat_columns[part])
        return out.reshape(rows.shape)

    def block(self, rows: slice, columns: slice = slice(None)) -> Heights32:
        """Return the heights of some pixels, in memory."""
        return np.asarray(self.heights_m[rows, columns], np.float32)

    def row_blocks(self, margin: int = 0) -> Iterator[tuple[slice, slice]]:
        """Go through the rows in blocks of bounded size: the rows, and with them up to `margin` rows on either side."""
        rows, columns = self.grid.shape
        step = max(1, _BLOCK_PIXELS // columns)
        for first in range(0, rows, step):
            last = min(first + step, rows)
            yield slice(first, last), slice(max(first - margin, 0), min(last + margin, rows))

    def in_memory(self) -> Dem:
        """Return the same model with all its heights read."""
        _check_size(self.grid.shape, self.name)
        return replace(self, heights_m=self.block(slice(None)))

    def on(self, grid: Grid) -> Dem:
        """Return this model on another grid; NaN where it does not reach.

        Pixels of the new grid take the height of the surface at their centres, or, where they are larger than those of
        this model, the mean over themselves, if at least half of them has data.
        """
        _check_size(grid.shape, self.name)
        fine = min(max(1, round(grid.pixel_m / self.pixel_m)), _MOST_SAMPLES)
        inner = (np.arange(fine) + 0.5) / fine - 0.5
        out = np.empty(grid.shape, np.float32)
        wide = max(1, min(grid.shape[1], _BLOCK_PIXELS // fine**2))
        tall = max(1, _BLOCK_PIXELS // (wide * fine**2))
        for first in range(0, grid.shape[0], tall):
            for left in range(0, grid.shape[1], wide):
                i = np.arange(first, min(first + tall, grid.shape[0]))[:, None, None, None] + inner[:, None]
                j = np.arange(left, min(left + wide, grid.shape[1]))[:, None, None] + inner
                out[first : first + tall, left : left + wide] = _mean_of_most(self._of_grid(grid, i, j))
        return replace(self, heights_m=out, grid=grid)

    def stereographic(
        self, latitude_deg: float, longitude_deg: float, half_width_m: float, pixel_m: float | None = None
    ) -> Dem:
        """Return the model on a stereographic grid about a place, by default with pixels as large as they are.

        A model that is on such a map with this centre already is cut, not resampled; else the centre of the middle
        pixel is the place.

        Raises InputError for a place outside the model.
        """
        checked_coordinates(latitude_deg, longitude_deg)
        half_width = scalar("half_width_m", half_width_m, 1e-3, 5e6, "m")
        pixel = self.pixel_m if pixel_m is None else scalar("pixel_m", pixel_m, 1e-3, half_width, "m")
        grid = Grid.about(latitude_deg, longitude_deg, half_width, pixel)
        made = self._cut(half_width) if pixel == self.pixel_m and self.grid.same_map(grid) else self.on(grid)
        if np.isnan(made.block(slice(None))).all():
            raise self._outside(latitude_deg, longitude_deg, "there is no data about this place")
        return made

    def region(self, latitude_deg: float, longitude_deg: float, half_width_m: float) -> Dem:
        """Return the window of this model's own pixels about a place, read into memory.

        Raises InputError for a place outside the model.
        """
        half_width = scalar("half_width_m", half_width_m, 0.0, 6e6, "m")
        row, column = (float(a) for a in self.grid.rows_columns(latitude_deg, longitude_deg))
        if not self._covers(np.asarray(row), np.asarray(column)):
            raise self._outside(latitude_deg, longitude_deg, "is outside the model")
        tall, wide = (half_width * s / self.pixel_m for s in self._map_scales(latitude_deg, longitude_deg))
        first, last = max(0, int(np.ceil(row - tall))), min(self.grid.shape[0] - 1, int(row + tall))
        left, right = int(np.ceil(column - wide)), int(np.floor(column + wide))
        if not self.grid.wraps:
            left, right = max(0, left), min(self.grid.shape[1] - 1, right)
        elif right - left >= self.grid.shape[1]:
            left, right = 0, self.grid.shape[1] - 1
        return self.window(first, left, (max(1, last - first + 1), max(1, right - left + 1)))

    def window(self, row: int, column: int, shape: tuple[int, int]) -> Dem:
        """Return `shape` pixels from [row, column] on, read into memory; columns may cross the seam at 0/360 deg.

        Raises InputError for pixels the model does not have.
        """
        rows, columns = self.grid.shape
        fits = self.grid.wraps or 0 <= column <= column + shape[1] <= columns
        if not (fits and 0 <= row <= row + shape[0] <= rows and shape[1] <= columns and min(shape) > 0):
            what = f"window of {shape} pixels from [{row}, {column}]"
            raise InputError(what, where=self.name, allowed=f"within {self.grid.shape}")
        band = slice(row, row + shape[0])
        left = column % columns
        parts = [self.block(band, slice(left, left + shape[1]))]
        if left + shape[1] > columns:
            parts.append(self.block(band, slice(0, left + shape[1] - columns)))
        return replace(self, heights_m=np.concatenate(parts, axis=1), grid=self.grid.window(row, column, shape))

    def coarser(self, factor: int) -> Dem:
        """Return the model with blocks of factor x factor pixels averaged, where at least half of them have data."""
        factor = int(scalar("factor", factor, 1, min(self.grid.shape)))
        grid = self.grid.coarser(factor)
        out = np.empty(grid.shape, np.float32)
        step = max(1, _BLOCK_PIXELS // (self.grid.shape[1] * factor))
        for first in range(0, grid.shape[0], step):
            last = min(first + step, grid.shape[0])
            rows = self.block(slice(first * factor, last * factor), slice(0, grid.shape[1] * factor))
            blocks = rows.reshape(last - first, factor, grid.shape[1], factor).swapaxes(1, 2)
            out[first:last] = _mean_of_most(blocks.astype(float))
        return replace(self, heights_m=out, grid=grid)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of grid and heights: two models with the same one are the same ground."""
        digest = hashlib.sha256(repr(self.grid).encode())
        for rows, _ in self.row_blocks():
            digest.update(np.ascontiguousarray(self.block(rows)).tobytes())
        return digest.hexdigest()

    def _of_grid(self, grid: Grid, row: Floats, column: Floats) -> Floats:
        """Heights at rows and columns of another grid."""
        if self.grid.same_map(grid):
            return self.height_at_pixels_m(*self.grid.rows_columns_of_xy(*grid.xy_m(row, column)))
        return self.height_or_nan_m(*grid.lat_lon_deg(row, column))

    def _covers(self, row: Floats, column: Floats) -> NDArray[np.bool_]:
        rows, columns = self.grid.shape
        north, south = self.grid.reaches_poles
        tall = (row >= (-0.51 if north else 0.0)) & (row <= rows - (0.49 if south else 1.0))
        return tall if self.grid.wraps else np.asarray(tall & (column >= 0.0) & (column <= columns - 1.0))

    def _on_triangles(self, row: Floats, column: Floats) -> Floats:
        rows, columns = self.grid.shape
        inside = self._covers(row, column)
        row, column = np.where(inside, row, 0.0), np.where(inside, column, 0.0)
        on_grid = np.clip(row, 0.0, rows - 1.0)
        i = np.minimum(on_grid.astype(np.intp), max(rows - 2, 0))
        j = np.floor(column).astype(np.intp)
        if not self.grid.wraps:
            j = np.minimum(j, max(columns - 2, 0))
        heights = _facet(self._corners(i, j), on_grid - i, column - j)
        to_pole = np.abs(row - on_grid) * 2.0  # 0 on the row next to a pole, 1 at the pole
        if to_pole.any():
            pole = np.where(row < 0.0, *self._pole_heights)
            heights += np.where(to_pole > 0.0, np.minimum(to_pole, 1.0) * (pole - heights), 0.0)
        return np.where(inside, heights, np.nan)

    def _corners(self, i: NDArray[np.intp], j: NDArray[np.intp]) -> tuple[Floats, ...]:
        """Heights of the pixels [i, j], [i, j+1], [i+1, j], [i+1, j+1]."""
        below, beside = np.minimum(i + 1, self.grid.shape[0] - 1), (j + 1) % self.grid.shape[1]
        j = j % self.grid.shape[1]
        return tuple(self._pixels(a, b).astype(float) for a in (i, below) for b in (j, beside))

    def _pixels(self, i: NDArray[np.intp], j: NDArray[np.intp]) -> Heights32:
        """Heights of single pixels; of heights not in memory, tile by tile."""
        if isinstance(self.heights_m, np.ndarray):
            return np.asarray(self.heights_m[i, j])
        tiles = (i // _TILE) * (self.grid.shape[1] // _TILE + 1) + j // _TILE
        order = np.argsort(tiles, kind="stable")
        out = np.empty(i.size, np.float32)
        for part in np.split(order, np.flatnonzero(np.diff(tiles[order])) + 1):
            if part.size:
                top, left = i[part].min(), j[part].min()
                read = self.block(slice(top, i[part].max() + 1), slice(left, j[part].max() + 1))
                out[part] = read[i[part] - top, j[part] - left]
        return out

    @cached_property
    def _pole_heights(self) -> tuple[float, float]:
        """Mean heights of the first row and of the last."""
        last = self.grid.shape[0] - 1
        first, final = (float(self.block(slice(n, n + 1)).mean(dtype=float)) for n in (0, last))
        return first, final

    def _cut(self, half_width: float) -> Dem:
        """The pixels with centres within half_width of the map's centre."""
        grid = self.grid
        i, j = grid.y0_m / grid.pixel_m, -grid.x0_m / grid.pixel_m
        reach = half_width / grid.pixel_m + 1e-7
        first, last = max(0, int(np.ceil(i - reach))), min(grid.shape[0] - 1, int(np.floor(i + reach)))
        left, right = max(0, int(np.ceil(j - reach))), min(grid.shape[1] - 1, int(np.floor(j + reach)))
        shape = (last - first + 1, right - left + 1)
        if min(shape) < 1:
            raise InputError("its map's centre is not on it", where=self.name, remedy="choose a place on it")
        return self if shape == grid.shape else self.window(first, left, shape)

    def _map_scales(self, latitude_deg: float, longitude_deg: float) -> tuple[float, float]:
        """Metres on the map per metre on the Moon, in y and in x."""
        projection = self.grid.projection
        if isinstance(projection, Stereographic):
            scale = float(projection.scale_at(*projection.forward(latitude_deg, longitude_deg)))
            return scale, scale
        across = np.cos(np.radians(projection.true_scale_latitude_deg))
        return 1.0, float(across / max(np.cos(np.radians(latitude_deg)), 1e-9))

    def _no_height(self, missing: NDArray[np.bool_], latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> InputError:
        latitude, longitude = np.broadcast_arrays(np.asarray(latitude_deg, float), np.asarray(longitude_deg, float))
        place = latitude[missing].flat[0], longitude[missing].flat[0]
        inside = self._covers(*self.grid.rows_columns(*place))
        what = "has no data under it" if inside else "is outside the model"
        others = f" (and {missing.sum() - 1} more places)" if missing.sum() > 1 else ""
        return self._outside(*place, what + others)

    def _outside(self, latitude_deg: float, longitude_deg: float, what: str) -> InputError:
        return InputError(
            f"latitude {latitude_deg:.6g}, longitude {longitude_deg:.6g} deg: {what}",
            where=self.name,
            allowed=self._reach(),
            remedy="choose a place on it, or lay a wider model under it with Terrain([fine, wide])",
        )

    def _reach(self) -> str:
        """What the model covers, in words."""
        rows, columns = (n - 1 for n in self.grid.shape)
        latitude, longitude = self.grid.lat_lon_deg(0.5 * rows, 0.5 * columns)
        tall, wide = ((n + 1) * self.pixel_m / 1000.0 for n in (rows, columns))
        return f"{wide:.4g} x {tall:.4g} km about latitude {latitude:.4f}, longitude {longitude:.4f} deg"


def _float32(heights: ArrayLike) -> Heights32:
    """The heights, not writable; those in memory are looked through for infinities."""
    try:
        given = heights if isinstance(heights, np.ndarray) else np.asarray(heights)
        if given.dtype.kind not in "iuf" or given.ndim != 2:
            raise TypeError
        array = given.view() if given.dtype == np.float32 else given.astype(np.float32)
    except (TypeError, ValueError):
        raise InputError("are not a table of numbers", where="heights_m", allowed="float32[rows, columns]") from None
    if not isinstance(heights, np.memmap) and np.isinf(array).any():
        raise InputError("has infinite heights", where="heights_m", remedy="NaN means no data")
    array.flags.writeable = False
    return array


def _facet(corners: tuple[Floats, ...], down: Floats, right: Floats) -> Floats:
    """Height on the triangle: a corner without weight has no say, even if it has no data."""
    weights = (
        1.0 - np.maximum(down, right),
        np.maximum(right - down, 0.0),
        np.maximum(down - right, 0.0),
        np.minimum(down, right),
    )
    parts = (np.where(w == 0.0, 0.0, w * h) for w, h in zip(weights, corners, strict=True))
    return np.asarray(sum(parts))


def _mean_of_most(samples: Floats) -> Floats:
    """Mean over the last two axes, of what is not NaN; NaN where less than half is left."""
    valid = ~np.isnan(samples)
    count = valid.sum(axis=(-2, -1))
    total = np.where(valid, samples, 0.0).sum(axis=(-2, -1))
    enough = 2 * count >= samples.shape[-1] * samples.shape[-2]
    return np.where(enough & (count > 0), total / np.maximum(count, 1), np.nan)


def _check_size(shape: tuple[int, int], where: str) -> None:
    if shape[0] * shape[1] > _MOST_PIXELS:
        raise InputError(
            f"a raster of {shape[0]} x {shape[1]} pixels in memory",
            where=where,
            allowed=f"{_MOST_PIXELS} pixels",
            remedy="ask for larger pixels, or go through it in windows",
        )
