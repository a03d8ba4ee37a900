"""How far it is from every pixel to the nearest one of a mask, such as permanently shadowed ground."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.ndimage import distance_transform_edt

from lunarplan.errors import InputError
from lunarplan.terrain.arcs import distance_m, unit_vectors
from lunarplan.terrain.layer import Layer
from lunarplan.terrain.projection import Grid, Stereographic

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def distance_map(mask: ArrayLike, grid: Grid, name: str = "distance") -> Layer:
    """Return kilometres over the sphere to the nearest pixel of a mask, centre to centre; 0 within it.

    mask : bool[rows, columns] on a stereographic grid

    Which pixel is nearest is told on the map: its scale differs by less than a per cent within 350 km of its centre.

    Raises InputError for a mask of another shape, one without any pixel, and grids in latitude and longitude.
    """
    given = np.asarray(mask)
    if given.dtype != bool or given.shape != grid.shape:
        what = f"a mask of {given.dtype} {given.shape}"
        raise InputError(what, where=name, allowed=f"bool {grid.shape}")
    if not isinstance(grid.projection, Stereographic):
        raise InputError("its map is not conformal", where=name, allowed="a stereographic grid")
    if not given.any():
        raise InputError("the mask is empty: nothing is near", where=name, remedy="choose a wider region")
    i, j = distance_transform_edt(~given, return_distances=False, return_indices=True)
    values = np.empty(grid.shape, np.float32)
    step = max(1, (1 << 20) // grid.shape[1])
    for first in range(0, grid.shape[0], step):
        rows = slice(first, first + step)
        here = unit_vectors(*grid.centers_deg(rows))
        there = unit_vectors(*grid.lat_lon_deg(i[rows], j[rows]))
        values[rows] = distance_m(here, there) / 1000.0
    return Layer(values, grid, name, "km")
