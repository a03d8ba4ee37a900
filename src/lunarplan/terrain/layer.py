"""What is worked out of a terrain model: a value for every pixel, with its unit and what it must not be used for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.terrain.projection import Grid

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

FOOTPRINT_M = 10.0  # an assumption: what the legs of a large lander span, and landers' slope limits are stated over


@dataclass(frozen=True)
class Caution:
    """Why a result does not say whether a lander would be safe.

    pixel_m  : of the model
    needed_m : the largest pixel that would do
    """

    pixel_m: float
    needed_m: float

    def __str__(self) -> str:
        return (
            f"pixels of {self.pixel_m:g} m do not show what a lander stands on: hazards need {self.needed_m:g} m or "
            "less, and rocks images"
        )


def hazard_caution(pixel_m: float, footprint_m: float = FOOTPRINT_M) -> Caution | None:
    """Return a caution where a footprint is not two pixels wide, so that no slope within it is seen; else None."""
    needed = 0.5 * footprint_m
    return Caution(pixel_m, needed) if pixel_m > needed * (1.0 + 1e-9) else None


@dataclass(frozen=True, eq=False)
class Layer:
    """One value for every pixel of a grid.

    values     : float32[rows, columns], or bool; NaN where there is none
    name, unit : for axes and tables
    baseline_m : the length the value is stated over; 0 where that means nothing
    caution    : None, or why hazards cannot be judged by it
    """

    values: NDArray[Any] = field(repr=False)
    grid: Grid
    name: str
    unit: str
    baseline_m: float = 0.0
    caution: Caution | None = None

    def at(self, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> NDArray[Any]:
        """Return the values of the pixels places are in; raises InputError for places off the grid."""
        row, column = self.grid.rows_columns(latitude_deg, longitude_deg)
        i, j = np.floor(row + 0.5).astype(np.intp), np.floor(column + 0.5).astype(np.intp)
        rows, columns = self.grid.shape
        off = (i < 0) | (i >= rows) | (j < 0) | (j >= columns)
        if off.any():
            latitude, longitude = (np.broadcast_to(a, off.shape)[off].flat[0] for a in (latitude_deg, longitude_deg))
            what = f"latitude {float(latitude):.6g}, longitude {float(longitude):.6g} deg is off the grid"
            raise InputError(what, where=self.name, allowed=f"{rows} x {columns} pixels of {self.grid.pixel_m:g} m")
        return np.asarray(self.values[i, j])
