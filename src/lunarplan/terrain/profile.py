"""The horizon of single places: exact on the triangulated ground, at all azimuths.

profile = horizon_at(Place(-89.45, 222.7), Terrain.packaged(), observer_height_m=2.0)
profile.at(np.radians(30.0))
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.horizon import Level, skyline
from lunarplan.kernels.jit import run_blocks
from lunarplan.model.rows import numbers, scalar
from lunarplan.model.surface import Place
from lunarplan.terrain.arcs import distance_m, unit_vectors
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.levels import half_tangent_of, level_of, map_reach_m, without_covered
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import MOON_RADIUS_M, Grid, Stereographic

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

MOST_AZIMUTHS = 36_000
FARTHEST_KM = 2000.0
HIGHEST_OBSERVER_M = 100_000.0
_POLAR_DEG = 90.0 - 1e-7  # 3 mm
_READ_WHOLE = 1 << 25  # pixels; of larger models what may be seen is read for each place
_TOGETHER = 16  # azimuths of a thread


@dataclass(frozen=True, eq=False)
class HorizonProfiles:
    """Horizons of places.

    places        : of the observers' eyes, their heights over the sphere with them
    elevation_rad : float64[N, A], over the plane at right angles to the observer's radius vector, at the true azimuths
        2 pi a / A, clockwise from north (at a pole: from the meridian of the place's longitude); -pi/2 where no ground
        is in sight
    observer_height_m : of the eyes over the ground
    distance_km   : how far was looked
    provenance    : where the ground comes from
    """

    places: Place
    elevation_rad: Floats
    observer_height_m: float
    distance_km: float
    provenance: Mapping[str, Any] = field(default_factory=dict)

    @property
    def azimuths_rad(self) -> Floats:
        """True azimuths, float64[A]."""
        count = self.elevation_rad.shape[1]
        return np.linspace(0.0, math.tau, count, endpoint=False)

    def at(self, azimuth_rad: ArrayLike) -> Floats:
        """Return elevations at any true azimuths, (N, ...), in rad: on straight lines between those known."""
        azimuth = numbers("azimuth_rad", azimuth_rad, 1)
        if not np.isfinite(azimuth).all():
            raise InputError("not finite", where="azimuth_rad", allowed="rad, any turn")
        count = self.elevation_rad.shape[1]
        steps = azimuth * (count / math.tau)
        before = np.floor(steps)
        part = steps - before
        first = before.astype(np.int64) % count
        low, high = self.elevation_rad[:, first], self.elevation_rad[:, (first + 1) % count]
        return np.asarray(low + part * (high - low))


def horizon_at(
    places: Place,
    terrain: Terrain | Dem,
    azimuths: int = 720,
    distance_km: float = 300.0,
    observer_height_m: float = 0.0,
    workers: int | None = None,
) -> HorizonProfiles:
    """Find the horizon of one place or of a list of them.

    places : latitude and longitude count; observers stand on the terrain there
    azimuths : how many, at even steps from north
    distance_km : how far is looked, along the sphere
    observer_height_m : of the eyes over the ground

    The ground is what `Terrain.height_m` says: triangles between pixel centres. Along a great circle its highest point
    is found exactly, in float64 (heights being float32). Models on stereographic maps are taken as they are, others
    resampled about the place to pixels of their size.

    Raises InputError for arguments out of range and places where the terrain has no height.
    """
    if not isinstance(places, Place):
        raise InputError(f"{places!r}", where="places", allowed="a Place, or a Place of arrays")
    ground = Terrain(terrain)
    count = int(scalar("azimuths", azimuths, 4, MOST_AZIMUTHS))
    reach = scalar("distance_km", distance_km, 0.001, FARTHEST_KM, "km")
    eye = scalar("observer_height_m", observer_height_m, 0.0, HIGHEST_OBSERVER_M, "m")
    latitude, longitude = (
        np.atleast_1d(a).astype(float).ravel() for a in np.broadcast_arrays(places.latitude_deg, places.longitude_deg)
    )
    heights = ground.height_m(latitude, longitude)
    views = Views(ground, reach)
    azimuth = np.linspace(0.0, math.tau, count, endpoint=False)
    elevation = np.empty((latitude.size, count))
    for n in range(latitude.size):
        standing = int(ground.dem_index(latitude[n], longitude[n]))
        about = views.about(float(latitude[n]), float(longitude[n]))
        elevation[n] = skyline_of(about, standing, heights[n], eye, azimuth, reach, workers)
    eyes = Place(latitude, longitude, (heights + eye) / 1000.0)
    told = {"terrain": ground.name, "source": "; ".join(dem.source for dem in ground.dems)}
    return HorizonProfiles(eyes, elevation, eye, reach, told)


@dataclass(frozen=True)
class View:
    """One model about a place: where the place is on it, and the azimuth of north on its map."""

    level: Level
    row: float
    column: float
    north_rad: float


class Views:
    """The models of a terrain, made ready once where they are on stereographic maps, else about each place."""

    def __init__(self, terrain: Terrain, distance_km: float) -> None:
        self.terrain, self.distance_m = terrain, 1000.0 * distance_km
        self._ready: dict[int, tuple[Level, Grid]] = {}

    def about(self, latitude_deg: float, longitude_deg: float) -> list[View | None]:
        """The view of each model, None of those too far away to be seen."""
        views: list[View | None] = []
        for n in range(len(self.terrain.dems)):
            if not _within(self.terrain.dems[n].grid, latitude_deg, longitude_deg, self.distance_m):
                views.append(None)
                continue
            level, grid = self._level(n, latitude_deg, longitude_deg)
            row, column = (float(a) for a in grid.rows_columns(latitude_deg, longitude_deg))
            views.append(View(level, row, column, _north_rad(grid, latitude_deg, longitude_deg)))
        return views

    def _level(self, n: int, latitude_deg: float, longitude_deg: float) -> tuple[Level, Grid]:
        dem, finer = self.terrain.dems[n], self.terrain.dems[:n]
        if not isinstance(dem.grid.projection, Stereographic):
            about = Grid.about(latitude_deg, longitude_deg, 1.05 * self.distance_m + 2.0 * dem.pixel_m, dem.pixel_m)
            local = dem.on(about)
            return level_of(without_covered(local.block(slice(None)), about, finer), about), about
        if dem.grid.shape[0] * dem.grid.shape[1] > _READ_WHOLE:
            dem = _about(dem, latitude_deg, longitude_deg, self.distance_m)
            return level_of(without_covered(dem.block(slice(None)), dem.grid, finer), dem.grid), dem.grid
        if n not in self._ready:
            heights = without_covered(dem.block(slice(None)), dem.grid, finer)
            self._ready[n] = level_of(heights, dem.grid), dem.grid
        return self._ready[n]


def _about(dem: Dem, latitude_deg: float, longitude_deg: float, distance_m: float) -> Dem:
    """The pixels of a large model that may be seen; at least one."""
    row, column = (float(a) for a in dem.grid.rows_columns(latitude_deg, longitude_deg))
    at = dem.grid.projection.forward_anywhere(latitude_deg, longitude_deg)
    reach = map_reach_m(dem.grid, float(np.hypot(*at)), distance_m) / dem.pixel_m + 2.0
    spans = []
    for middle, count in zip((row, column), dem.grid.shape, strict=True):
        first = min(max(math.floor(middle - reach), 0), count - 1)
        spans.append((first, max(first + 1, min(math.ceil(middle + reach) + 1, count))))
    (top, bottom), (left, right) = spans
    return dem.window(top, left, (bottom - top, right - left))


def _within(grid: Grid, latitude_deg: float, longitude_deg: float, reach_m: float) -> bool:
    """False if all of a grid is farther away: seen from the other side of the Moon its map has no end."""
    onto = grid.projection
    if not isinstance(onto, Stereographic):
        return True
    left, right, bottom, top = grid.extent_m
    corners = unit_vectors(*onto.inverse(np.array([left, left, right, right]), np.array([bottom, top, bottom, top])))
    middle = unit_vectors(np.array(onto.center_latitude_deg), np.array(onto.center_longitude_deg))
    here = unit_vectors(np.array(latitude_deg), np.array(longitude_deg))
    return bool(distance_m(middle, here) <= distance_m(corners, middle).max() + reach_m)


def _north_rad(grid: Grid, latitude_deg: float, longitude_deg: float) -> float:
    """Azimuth of north on a grid's map; at a pole, of the way along the meridian of the longitude."""
    assert isinstance(grid.projection, Stereographic)
    aside = min(max(latitude_deg, -_POLAR_DEG), _POLAR_DEG)
    return float(grid.projection.convergence_rad(*grid.projection.forward_anywhere(aside, longitude_deg)))


def skyline_of(
    views: list[View | None], standing: int, ground_m: float, eye_m: float, azimuths_rad: Floats, distance_km: float,
    workers: int | None = None,
) -> Floats:  # fmt: skip
    """Return the elevations of one place's horizon at true azimuths, rad.

    standing : which of the views has the ground under the observer
    """
    best = np.full(len(azimuths_rad), -np.inf)
    t_end = half_tangent_of(distance_km)
    for n, view in enumerate(views):
        if view is None:
            continue
        angle = azimuths_rad + view.north_rad
        look = partial(
            _look, view, ground_m + eye_m, ground_m if n == standing else math.nan, np.sin(angle), np.cos(angle), t_end,
            best,
        )  # fmt: skip
        run_blocks(look, len(best), _TOGETHER, workers)
    return np.asarray(np.arctan(best))


def _look(
    view: View, eye_m: float, start_m: float, sines: Floats, cosines: Floats, t_end: float, best: Floats, a: int, b: int
) -> None:
    """Some of the azimuths."""
    skyline(
        view.level, view.row, view.column, eye_m, start_m, MOON_RADIUS_M, sines[a:b], cosines[a:b], t_end, True,
        best[a:b],
    )  # fmt: skip
