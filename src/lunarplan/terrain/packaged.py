"""The terrain models that come with lunarplan, read by tifffile and verified by their SHA-256."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.data import SHA256, packaged
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.projection import MOON_RADIUS_M, Equirectangular, Grid, Stereographic

if TYPE_CHECKING:
    from numpy.typing import NDArray

SOUTH_POLE_1KM = "moon_southpole_80S_1km_ldem16.tif"
GLOBAL_4PPD = "moon_lola_global_4ppd.tif"
_SOURCE = "LOLA, PDS LRO-L-LOLA-4-GDR-V1.0 LDEM_16 V2.0 (2013-09-15)"


@cache
def south_pole_1km() -> Dem:
    """Return the square of 608 km about the south pole, 1 km a pixel; heights in whole metres.

    Interpolated from 16 pixels a degree (1.9 km): it holds no more detail than that.
    """
    grid = Grid(Stereographic(-90.0, 0.0), -303_500.0, 303_500.0, 1000.0, (608, 608))
    return Dem(_heights(SOUTH_POLE_1KM), grid, "LOLA south pole 1 km", f"{_SOURCE}, bilinear", SHA256[SOUTH_POLE_1KM])


@cache
def global_4ppd() -> Dem:
    """Return the whole Moon, 4 pixels a degree (7.6 km): block means, heights in whole metres."""
    pixel = math.radians(0.25) * MOON_RADIUS_M
    grid = Grid(Equirectangular(), 0.5 * pixel, 359.5 * pixel, pixel, (720, 1440))
    return Dem(_heights(GLOBAL_4PPD), grid, "LOLA global 4 ppd", f"{_SOURCE}, block means", SHA256[GLOBAL_4PPD])


def _heights(name: str) -> NDArray[np.float32]:
    import tifffile

    return np.asarray(tifffile.imread(packaged(name)), np.float32)
