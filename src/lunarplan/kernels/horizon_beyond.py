"""What coarser ground, farther out, adds to the horizons of all pixels of a map.

Horizons over the finest ground are there already, and hide most of what lies beyond. What may still rise over them is
found sixteen pixels and a stretch of path at a time; only there are lines of sight followed, one by one and exactly.
"""

import math

import numpy as np

from .floats import WIDTH, any_above, larger, load, load_integers
from .horizon import OVERLAP, STRETCH, highest, most_possible, offset_along, stretch_horizon, top_along
from .horizon_tiles import TILE, UNITS, arctangent
from .jit import compiled, inlined

_HALF_STEP = 0.45  # of the units stored: less than that does not change what is stored
_TO_UNITS = UNITS * 180.0 / math.pi
_FIRST = 2.0  # pixels of the level: where anything may be seen
_BEND = 1e-3  # of the way: how far aside a tile's lines of sight may be of that from its middle


@inlined
def _open(heights, top, left, eye, radius, own, bare):
    """w of the tile's eyes and 1 / (1 - w); NaN where there are none."""
    for i in range(TILE):
        for j in range(TILE):
            p = i * TILE + j
            own[p], bare[p] = np.float32(math.nan), np.float32(math.nan)
            if top + i < heights.shape[0] and left + j < heights.shape[1]:
                h = float(heights[top + i, left + j]) + eye
                own[p], bare[p] = h / (radius + h), (radius + h) / radius


@inlined
def _row_may_rise(own, bare, p, top, ta, tb, out, place):
    """True if ground as high as `top` (a w) between two distances may change what is stored of sixteen pixels."""
    n = (float(top) - load(own, p)) * load(bare, p)
    near, far = 0.5 * (1.0 / ta + ta), 0.5 * (1.0 / tb + tb)
    most = larger(near * n, far * n) - (ta - 1e-6)
    return any_above(arctangent(most) * _TO_UNITS, load_integers(out, place + p) + _HALF_STEP)


@inlined
def _raise_row(level, heights, i, j, row, column, per, dx, dy, ta, tb, top, eye, radius, out, place):
    """Follow the lines of sight of sixteen pixels from [i, j] on over one stretch."""
    for k in range(min(WIDTH, heights.shape[1] - j)):
        h = float(heights[i, j + k]) + eye
        own = h / (radius + h)
        stored = float(out[place + k])
        if h != h:
            continue
        hidden = math.tan((stored + _HALF_STEP) / _TO_UNITS)
        if ta > 0.0 and most_possible(top, ta, tb, own, radius) <= hidden:
            continue
        r, c = row + i * per, column + (j + k) * per
        zx, zy = level.zx + c * level.dz, level.zy - r * level.dz
        scale = (1.0 + zx * zx + zy * zy) / level.dz
        closer = top_along(level, r, c, scale, zx, zy, dx, dy, ta, tb)
        if closer == -math.inf or (ta > 0.0 and most_possible(closer, ta, tb, own, radius) <= hidden):
            continue
        best = stretch_horizon(level, r, c, scale, zx, zy, dx, dy, ta, tb, own, radius, math.nan, -math.inf)
        out[place + k] = max(stored, np.rint(math.atan(best) * _TO_UNITS))


@compiled
def tiles_beyond(
    first, last, level, heights, band, row, column, per, eye, radius, sines, cosines, t_end, own, bare, out
):
    """Raise the horizons of some tiles of a band of them to what a level's ground shows.

    first, last    : tiles, counted along the band
    heights        : float32[rows, columns] of the region's ground, in the unit of the level's; NaN without data
    band           : first row of the region in this band
    row, column    : of the region's first pixel on the level's grid, as fractions
    per            : pixels of the level to one of the region
    eye            : height of the observers over the ground
    sines, cosines : of the azimuths on the map, clockwise from +y
    t_end          : tangent of half the greatest angle looked at
    own, bare      : float32[TILE * TILE], scratch
    out            : int16[tiles * azimuths * TILE * TILE], units of 1/360 deg, raised
    """
    aside = 0.75 * TILE * per + 2.0
    for tile in range(first, last):
        left = tile * TILE
        _open(heights, band, left, eye, radius, own, bare)
        r, c = row + (band + 0.5 * TILE) * per, column + (left + 0.5 * TILE) * per
        zx, zy = level.zx + c * level.dz, level.zy - r * level.dz
        scale = (1.0 + zx * zx + zy * zy) / level.dz
        for a in range(sines.size):
            place = (tile * sines.size + a) * TILE * TILE
            tb = 0.0
            while tb < t_end:
                ta = max(0.0, tb - OVERLAP / scale)
                tb = min(tb + max(_FIRST / scale, min(tb, STRETCH / scale)), t_end)  # doubling at first
                xa, ya = offset_along(scale, zx, zy, sines[a], cosines[a], ta)
                xb, yb = offset_along(scale, zx, zy, sines[a], cosines[a], tb)
                wide = aside + _BEND * tb * scale
                top = highest(
                    level.tops, r - max(ya, yb) - wide, r - min(ya, yb) + wide, c + min(xa, xb) - wide,
                    c + max(xa, xb) + wide,
                )  # fmt: skip
                if top == -math.inf:
                    continue
                w = top / (radius + top)
                for p in range(0, TILE * TILE, WIDTH):
                    if ta > 0.0 and not _row_may_rise(own, bare, p, w, ta, tb, out, place):
                        continue
                    i, j = band + p // TILE, left + p % TILE
                    if i < heights.shape[0]:
                        _raise_row(
                            level, heights, i, j, row, column, per, sines[a], cosines[a], ta, tb, top, eye, radius, out,
                            place + p,
                        )  # fmt: skip
