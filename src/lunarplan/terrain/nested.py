"""Terrain models laid over one another: fine near the site, coarse to the far horizon."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.rows import scalar
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.packaged import global_4ppd, south_pole_1km
from lunarplan.terrain.projection import Grid, checked_coordinates

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, init=False, eq=False)
class Terrain:
    """Models from fine to coarse: a place has the height of the first that has one there.

    Where one model ends and the next begins the ground may have a step; nothing is blended.

    Raises InputError for none, for what is no `Dem`, and for models not ordered by pixel size.
    """

    dems: tuple[Dem, ...]

    def __init__(self, dems: Dem | Terrain | Iterable[Dem]) -> None:
        given = _listed(dems)
        if not given or not all(isinstance(dem, Dem) for dem in given):
            raise InputError(
                "no terrain models" if not given else "not all are terrain models",
                where="Terrain",
                allowed="Dem, or several of them, from fine to coarse",
            )
        sizes = [dem.pixel_m for dem in given]
        if sizes != sorted(sizes):
            text = ", ".join(f"{dem.name} {dem.pixel_m:g} m" for dem in given)
            raise InputError(f"not from fine to coarse: {text}", where="Terrain", remedy="put them in that order")
        object.__setattr__(self, "dems", given)

    @classmethod
    def packaged(cls) -> Terrain:
        """Return the terrain that comes with lunarplan: 1 km poleward of 80 S, 7.6 km elsewhere.

        Coarse: for horizons and regional slopes, never for hazards.
        """
        return cls([south_pole_1km(), global_4ppd()])

    @property
    def finest(self) -> Dem:
        """The first model."""
        return self.dems[0]

    @property
    def pixel_m(self) -> float:
        """Side of the smallest pixels."""
        return self.finest.pixel_m

    @property
    def name(self) -> str:
        """Names of the models, joined."""
        return " over ".join(dem.name for dem in self.dems)

    @property
    def fingerprint(self) -> str:
        """Those of the models, joined: two terrains with the same one are the same ground."""
        return "+".join(dem.fingerprint for dem in self.dems)

    def height_m(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
        """Return heights over the sphere at places; raises InputError where no model has one."""
        heights = self.height_or_nan_m(latitude_deg, longitude_deg)
        if np.isnan(heights).any():
            latitude, longitude = np.broadcast_arrays(latitude_deg, longitude_deg)
            self.dems[-1].height_m(latitude[np.isnan(heights)], longitude[np.isnan(heights)])
        return heights

    def height_or_nan_m(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
        """Return heights over the sphere at places; NaN where no model has one."""
        return self._sampled(latitude_deg, longitude_deg)[0]

    def dem_index(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> NDArray[np.intp]:
        """Return which of `dems` the heights at places come from; -1 where none has one."""
        return self._sampled(latitude_deg, longitude_deg)[1]

    def dem_at(self, latitude_deg: float, longitude_deg: float) -> Dem:
        """Return the finest model that has a height at a place; raises InputError if none has."""
        self.height_m(latitude_deg, longitude_deg)
        return self.dems[int(self.dem_index(latitude_deg, longitude_deg))]

    def on(self, grid: Grid) -> Dem:
        """Return the ground on a grid, each pixel from the finest model that reaches it; see `Dem.on`."""
        heights = np.full(grid.shape, np.nan, np.float32)
        for dem in self.dems:
            missing = np.isnan(heights)
            if not missing.any():
                break
            heights[missing] = dem.on(grid).block(slice(None))[missing]
        sources = "; ".join(dict.fromkeys(dem.source for dem in self.dems))
        return replace(self.finest, heights_m=heights, grid=grid, name=self.name, source=sources, sha256="")

    def stereographic(
        self, latitude_deg: float, longitude_deg: float, half_width_m: float, pixel_m: float | None = None
    ) -> Dem:
        """Return the ground on a stereographic grid about a place; the pixels of its model there are the default.

        If that model alone covers the window, on a map with this centre already, it is cut and not resampled.

        Raises InputError for a place no model reaches.
        """
        dem = self.dem_at(latitude_deg, longitude_deg)
        alone = dem.stereographic(latitude_deg, longitude_deg, half_width_m, pixel_m)
        reach = scalar("half_width_m", half_width_m, 1e-3, 5e6, "m")
        grid = Grid.about(latitude_deg, longitude_deg, reach, alone.pixel_m)
        wide = min(alone.grid.shape) >= grid.shape[0] - 1
        if wide and not np.isnan(alone.block(slice(None))).any():
            return alone
        return self.on(grid)

    def _sampled(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> tuple[Floats, NDArray[np.intp]]:
        """Heights, and which model they come from."""
        latitude, longitude = np.broadcast_arrays(*checked_coordinates(latitude_deg, longitude_deg))
        heights, index = np.full(latitude.shape, np.nan), np.full(latitude.shape, -1, np.intp)
        for n, dem in enumerate(self.dems):
            missing = np.isnan(heights)
            heights[missing] = dem.height_or_nan_m(latitude[missing], longitude[missing])
            index[missing & ~np.isnan(heights)] = n
        return heights, index


def _listed(dems: Dem | Terrain | Iterable[Dem]) -> tuple[Dem, ...]:
    if isinstance(dems, Terrain):
        return dems.dems
    several = isinstance(dems, Iterable) and not isinstance(dems, str)
    return tuple(dems) if several else (dems,)  # type: ignore[arg-type, return-value]  # what is no Dem is told above
