"""What coarser ground, farther out, adds to the horizons of all pixels of a map.

Horizons over the finest ground are there already, and hide most of what lies beyond. What may still rise over them is
found sixteen pixels and a stretch of path at a time; only there are lines of sight followed, one by one.
"""

import math
from typing import NamedTuple

import numpy as np

from .floats import (
    WIDTH,
    any_above,
    counting,
    fused,
    larger,
    load,
    load_integers,
    root,
    smaller,
    store,
    store_index,
    where_above,
    whole,
)
from .horizon import (
    OVERLAP,
    STRETCH,
    farthest,
    highest,
    most_possible,
    offset_along,
    stretch_horizon,
    top_along,
    whole_steps,
)
from .horizon_tiles import COLUMN, DIAGONAL, ROW, TILE, UNITS, arctangent
from .jit import compiled, inlined

_NEVER = -1e30
_HALF_STEP = 0.45  # of the units stored: less than that does not change what is stored
_TO_UNITS = UNITS * 180.0 / math.pi
_LONGEST = 0.01  # of a stretch, as t: 35 km, on which a great circle bends by 8 m at most
_FIRST = 2.0  # pixels of the level: where anything may be seen
_BEND = 1e-3  # of the way: how far aside a tile's lines of sight may be of that from its middle


class Scratch(NamedTuple):
    """Room for a tile, float32[TILE * TILE] each, and for sixteen crossings; index is int32."""

    own: np.ndarray
    bare: np.ndarray
    near: np.ndarray
    far: np.ndarray
    index: np.ndarray


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
def _best_on_lines(kind, first, step, count, a, b, slope, view, level, scratch, best):
    """The greater of `best` and tan e at a chord's crossings with `count` lines of the grid, a row of sixteen.

    kind, first, step, a, b, slope : as in `horizon_tiles.list_lines`, counted from the whole pixel under the observer
    view : that pixel's row and column, where in it the observer is, scale, zx, zy, height of the eye, radius
    """
    row, column, down, right, scale, zx, zy, eye, radius = view
    rows, columns = level.heights.shape
    heights = level.heights.reshape(-1)
    edge = columns if kind == COLUMN else 1 if kind == ROW else columns + 1
    for start in range(0, count, WIDTH):
        line = counting(first + step * start, step)
        other = fused(line - a, slope, b)
        low = whole(other)
        f = other - low
        if kind == COLUMN:
            x, r, i, j = line, other, low, line
        elif kind == ROW:
            x, r, i, j = other, line, line, low
        else:
            x, r, i, j = other + line, other, low, low + line
        across = smaller(j + float(column), float(columns - 2 - column) - j)
        margin = smaller(smaller(i + float(row), float(rows - 2 - row) - i), across)
        inside = where_above(margin, -0.5, 1.0, 0.0)
        store_index(scratch.index, 0, (i + float(row)) * inside, (j + float(column)) * inside, columns)
        for k in range(WIDTH):
            scratch.near[k], scratch.far[k] = heights[scratch.index[k]], heights[scratch.index[k] + edge]
        near = load(scratch.near, 0)
        h = fused(f, load(scratch.far, 0) - near, near)
        x, r = x - right, r - down
        re, im = fused(x, zx, fused(r, -zy, scale)), fused(r, zx, x * zy)
        t = root(fused(x, x, r * r) / fused(re, re, im * im))
        seen = (h - eye) / (h + radius) * (0.5 * (1.0 / t + t)) - t
        counted = counting(float(start - count), 1.0)  # below nought
        seen = where_above(counted, -0.5, _NEVER, seen)
        best = larger(where_above(inside, 0.5, seen, _NEVER), best)
    return best


@inlined
def _stretch_best(level, r, c, scale, zx, zy, dx, dy, ta, tb, eye, radius, scratch):
    """What `horizon.stretch_horizon` finds, at the crossings of one chord and in float32."""
    row, column = math.floor(r), math.floor(c)
    down, right = r - row, c - column
    view = int(row), int(column), down, right, scale, zx, zy, eye, radius
    xa, ya = offset_along(scale, zx, zy, dx, dy, ta)
    xb, yb = offset_along(scale, zx, zy, dx, dy, tb)
    xa, ra, xb, rb = xa + right, down - ya, xb + right, down - yb
    best = counting(_NEVER, 0.0)
    first, step, count = whole_steps(xa, xb)
    slope = (rb - ra) / (xb - xa) if count > 0 else 0.0
    best = _best_on_lines(COLUMN, first, step, count, xa, ra, slope, view, level, scratch, best)
    first, step, count = whole_steps(ra, rb)
    slope = (xb - xa) / (rb - ra) if count > 0 else 0.0
    best = _best_on_lines(ROW, first, step, count, ra, xa, slope, view, level, scratch, best)
    da, db = xa - ra, xb - rb
    first, step, count = whole_steps(da, db)
    slope = (rb - ra) / (db - da) if count > 0 else 0.0
    best = _best_on_lines(DIAGONAL, first, step, count, da, ra, slope, view, level, scratch, best)
    store(scratch.near, 0, best)
    most = scratch.near[0]
    for k in range(1, WIDTH):
        most = max(most, scratch.near[k])
    return float(most)


@inlined
def _raise_row(level, heights, i, j, row, column, per, dx, dy, ta, tb, top, eye, radius, scratch, out, place):
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
        if ta == 0.0:
            best = stretch_horizon(level, r, c, scale, zx, zy, dx, dy, ta, tb, own, radius, math.nan, -math.inf)
        else:
            closer = top_along(level, r, c, scale, zx, zy, dx, dy, ta, tb)
            if closer == -math.inf or most_possible(closer, ta, tb, own, radius) <= hidden:
                continue
            best = _stretch_best(level, r, c, scale, zx, zy, dx, dy, ta, tb, h, radius, scratch)
        out[place + k] = max(stored, np.rint(math.atan(best) * _TO_UNITS))


@compiled
def tiles_beyond(first, last, level, heights, band, row, column, per, eye, radius, sines, cosines, t_end, scratch, out):
    """Raise the horizons of some tiles of a band of them to what a level's ground shows.

    first, last    : tiles, counted along the band
    heights        : float32[rows, columns] of the region's ground, in the unit of the level's; NaN without data
    band           : first row of the region in this band
    row, column    : of the region's first pixel on the level's grid, as fractions
    per            : pixels of the level to one of the region
    eye            : height of the observers over the ground
    sines, cosines : of the azimuths on the map, clockwise from +y
    t_end          : tangent of half the greatest angle looked at
    out            : int16[tiles * azimuths * TILE * TILE], units of 1/360 deg, raised
    """
    aside = 0.75 * TILE * per + 2.0
    for tile in range(first, last):
        left = tile * TILE
        _open(heights, band, left, eye, radius, scratch.own, scratch.bare)
        r, c = row + (band + 0.5 * TILE) * per, column + (left + 0.5 * TILE) * per
        zx, zy = level.zx + c * level.dz, level.zy - r * level.dz
        scale = (1.0 + zx * zx + zy * zy) / level.dz
        far = farthest(level.heights.shape[0], level.heights.shape[1], r, c, scale, zx, zy) + aside / scale
        end = min(t_end, far)
        for a in range(sines.size):
            place = (tile * sines.size + a) * TILE * TILE
            tb = 0.0
            while tb < end:
                ta = max(0.0, tb - OVERLAP / scale)
                tb = min(tb + max(_FIRST / scale, min(tb, STRETCH / scale, _LONGEST)), end)  # doubling at first
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
                    if ta > 0.0 and not _row_may_rise(scratch.own, scratch.bare, p, w, ta, tb, out, place):
                        continue
                    i, j = band + p // TILE, left + p % TILE
                    if i < heights.shape[0]:
                        _raise_row(
                            level, heights, i, j, row, column, per, sines[a], cosines[a], ta, tb, top, eye, radius,
                            scratch, out, place + p,
                        )  # fmt: skip
