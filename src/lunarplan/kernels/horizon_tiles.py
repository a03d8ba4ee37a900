"""Horizons of all pixels of a map, by tiles of 32 x 32 pixels.

Observers stand at pixel centres, so where their lines of sight cross the rows, columns and diagonals of the grid is the
same for all of them. A tile shares one list of crossings for each azimuth, made for its centre; what is left to do for
a pixel and a crossing are three multiply-adds and a maximum on sixteen neighbours at a time. What sharing costs grows
with the distance and the pixels that share (at 300 km, and 8 km from the centre, a path is 80 m aside); so, far away,
only blocks of 8 x 16 pixels do. Distances are corrected for the map's scale at each pixel. A stretch of path is left
out where its highest ground cannot beat what the pixels of a block see already.

The ground is w - level, w = h / (radius + h), so that float32 resolves it; units as in `horizon`. With own likewise,

    (1 - own) tan e = csc (w - own) - t (1 - level - own) = csc w - cot own - t (1 - level)
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
    magnitude,
    root,
    smaller,
    store,
    store_index,
    store_rounded,
    where_above,
    whole,
    with_sign,
)
from .horizon import farthest, highest, offset_along, whole_steps
from .jit import compiled, inlined

TILE = 32  # pixels: side of a tile
ROWS = 8  # rows of pixels swept together, as many as registers hold
BLOCKS = TILE // ROWS * TILE // WIDTH
SHARED = 64.0  # pixels: how far a tile shares its list of crossings; beyond, each block has its own
PAD = 72  # pixels of nothing around the ground, so that no tile reads past it
UNITS = 360.0  # of the elevations stored, per degree
NOTHING = -1e6  # as w: where there is no ground
LISTED = 256  # crossings of a stretch there is room for
_SOONER = 2e-4  # of the way
_NEVER = -1e30
COLUMN, ROW, DIAGONAL = 0, 1, 2
_ABSENT = -1e3  # below this there is no ground


class Ground(NamedTuple):
    """Ground on a stereographic grid, with PAD pixels of NOTHING on all sides.

    w       : float32[height * width], w - level
    tops    : float32, the greatest of each square of `horizon.BLOCK` pixels a side
    height, width : in pixels
    level   : what was taken off w
    zx, zy, dz : map coordinates of pixel [0, 0], and the side of a pixel
    """

    w: np.ndarray
    tops: np.ndarray
    height: int
    width: int
    level: float
    zx: float
    zy: float
    dz: float


class Scratch(NamedTuple):
    """Room for a tile: its pixels' best, own w, gain and map scale, [TILE * TILE] each; the crossings of a stretch.

    offset : int32[LISTED], from the observer to the near end of the edge
    factor : float32[4 * LISTED], csc (1 - f), csc f, -cot, -t (1 - level)
    """

    best: np.ndarray
    own: np.ndarray
    gain: np.ndarray
    offset: np.ndarray
    factor: np.ndarray


# ---------------------------------------------------------------- crossings, shared by a tile


@inlined
def list_lines(kind, first, step, count, a, b, slope, at, frame, ground, scratch):
    """List a chord's crossings with `count` lines of the grid from `at` on; returns where they end.

    kind        : COLUMN, x = const; ROW, r = const; DIAGONAL, x - r = const
    first, step : the lines
    a, b, slope : on the chord the other coordinate (r for diagonals) is b + slope * (line - a)
    frame       : row and column of the tile's first pixel; scale, zx, zy where the list is made for; the tile's scale

    Sixteen at a time: the last ones may be too many, and are overwritten or not looked at. Nothing is seen at a
    crossing where some pixel of the tile would read past the ground.
    """
    row, column, scale, zx, zy, unit = frame
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
        # whole numbers, above -1 where all is well
        across = smaller(j + float(column), float(ground.width - TILE - 1 - column) - j)
        margin = smaller(smaller(i + float(row), float(ground.height - TILE - 1 - row) - i), across)
        outside = where_above(margin, -0.5, 0.0, 1.0)
        inside = 1.0 - outside
        k = at + start
        store_index(scratch.offset, k, i * inside, j * inside, ground.width)
        # tangent of half the angle, as in `half_tangent`
        re, im = fused(x, zx, fused(r, -zy, scale)), fused(r, zx, x * zy)
        t = root(fused(x, x, r * r) / fused(re, re, im * im)) * (unit / scale)
        u = (unit / scale) ** 2 / t
        csc = (u + t) * 0.5 * inside
        far = csc * f
        store(scratch.factor, k, csc - far)
        store(scratch.factor, LISTED + k, far)
        store(scratch.factor, 2 * LISTED + k, (t - u) * 0.5 * inside)
        store(scratch.factor, 3 * LISTED + k, fused(t, ground.level - 1.0, outside * _NEVER))
    return at + count


@inlined
def own_triangle(count, start, factor):
    """Let the nearest crossing stand for the highest place between it and the observer.

    start : t at which bare ground is seen tangentially from the eye: 0 for an eye on the ground
    """
    nearest = 0
    for k in range(1, count):
        if factor[2 * LISTED + k] < factor[2 * LISTED + nearest]:
            nearest = k
    cot = -factor[2 * LISTED + nearest]
    t = 1.0 / (math.sqrt(cot * cot + 1.0) + cot)
    if start < t:
        factor[3 * LISTED + nearest] += (t - start) ** 2 / t


@inlined
def list_stretch(ground, frame, xa, ra, xb, rb, scratch):
    """List the crossings of a chord with columns, rows and diagonals; returns where each of these end.

    x, r : ends of the chord in pixels east and south of the observer
    """
    first, step, count = whole_steps(xa, xb)
    slope = (rb - ra) / (xb - xa) if count > 0 else 0.0
    columns = list_lines(COLUMN, first, step, count, xa, ra, slope, 0, frame, ground, scratch)
    first, step, count = whole_steps(ra, rb)
    slope = (xb - xa) / (rb - ra) if count > 0 else 0.0
    rows = list_lines(ROW, first, step, count, ra, xa, slope, columns, frame, ground, scratch)
    da, db = xa - ra, xb - rb
    first, step, count = whole_steps(da, db)
    slope = (rb - ra) / (db - da) if count > 0 else 0.0
    return columns, rows, list_lines(DIAGONAL, first, step, count, da, ra, slope, rows, frame, ground, scratch)


@inlined
def list_far(ground, shared, p, dx, dy, ta, tb, scratch):
    """List the crossings of a stretch for the middle of block p instead of that of the tile."""
    row, column, unit, zx, zy, _ = shared
    zx += (p % TILE + 0.5 * (WIDTH - TILE)) * ground.dz
    zy -= (p // TILE + 0.5 * (ROWS - TILE)) * ground.dz
    scale = (1.0 + zx * zx + zy * zy) / ground.dz
    # as many pixels away as the stretch of the tile; a little sooner, so that nothing is left between two
    xa, ya = offset_along(scale, zx, zy, dx, dy, ta * unit / scale * (1.0 - _SOONER))
    xb, yb = offset_along(scale, zx, zy, dx, dy, tb * unit / scale)
    return list_stretch(ground, (row, column, scale, zx, zy, unit), xa, -ya, xb, -yb, scratch)


# ---------------------------------------------------------------- sweeping a block of 8 x 16 pixels


@inlined
def _seen(w, near, far, c0, c1, line):
    return fused(c0, load(w, near), fused(c1, load(w, far), line))


@inlined
def sweep_edges(w, at, width, edge, offset, factor, first, last, best, own, p):
    """Hold the edges from each crossing's offset to `edge` pixels on against the best of block p."""
    b0, b1, b2, b3 = load(best, p), load(best, p + TILE), load(best, p + 2 * TILE), load(best, p + 3 * TILE)
    b4, b5 = load(best, p + 4 * TILE), load(best, p + 5 * TILE)
    b6, b7 = load(best, p + 6 * TILE), load(best, p + 7 * TILE)
    o0, o1, o2, o3 = load(own, p), load(own, p + TILE), load(own, p + 2 * TILE), load(own, p + 3 * TILE)
    o4, o5, o6, o7 = load(own, p + 4 * TILE), load(own, p + 5 * TILE), load(own, p + 6 * TILE), load(own, p + 7 * TILE)
    for k in range(first, last):
        i = at + offset[k]
        j = i + edge
        c0, c1, cot, t = factor[k], factor[LISTED + k], factor[2 * LISTED + k], factor[3 * LISTED + k]
        b0 = larger(_seen(w, i, j, c0, c1, fused(cot, o0, t)), b0)
        b1 = larger(_seen(w, i + width, j + width, c0, c1, fused(cot, o1, t)), b1)
        b2 = larger(_seen(w, i + 2 * width, j + 2 * width, c0, c1, fused(cot, o2, t)), b2)
        b3 = larger(_seen(w, i + 3 * width, j + 3 * width, c0, c1, fused(cot, o3, t)), b3)
        b4 = larger(_seen(w, i + 4 * width, j + 4 * width, c0, c1, fused(cot, o4, t)), b4)
        b5 = larger(_seen(w, i + 5 * width, j + 5 * width, c0, c1, fused(cot, o5, t)), b5)
        b6 = larger(_seen(w, i + 6 * width, j + 6 * width, c0, c1, fused(cot, o6, t)), b6)
        b7 = larger(_seen(w, i + 7 * width, j + 7 * width, c0, c1, fused(cot, o7, t)), b7)
    _store_block(best, p, b0, b1, b2, b3, b4, b5, b6, b7)


@inlined
def sweep_columns(w, at, width, offset, factor, first, last, best, own, p):
    """The same for edges that run down a column: the far end of one pixel's edge is the near end of the next one's."""
    b0, b1, b2, b3 = load(best, p), load(best, p + TILE), load(best, p + 2 * TILE), load(best, p + 3 * TILE)
    b4, b5 = load(best, p + 4 * TILE), load(best, p + 5 * TILE)
    b6, b7 = load(best, p + 6 * TILE), load(best, p + 7 * TILE)
    o0, o1, o2, o3 = load(own, p), load(own, p + TILE), load(own, p + 2 * TILE), load(own, p + 3 * TILE)
    o4, o5, o6, o7 = load(own, p + 4 * TILE), load(own, p + 5 * TILE), load(own, p + 6 * TILE), load(own, p + 7 * TILE)
    for k in range(first, last):
        i = at + offset[k]
        c0, c1, cot, t = factor[k], factor[LISTED + k], factor[2 * LISTED + k], factor[3 * LISTED + k]
        w0, w1 = load(w, i), load(w, i + width)
        w2, w3 = load(w, i + 2 * width), load(w, i + 3 * width)
        w4, w5 = load(w, i + 4 * width), load(w, i + 5 * width)
        b0 = larger(fused(c0, w0, fused(c1, w1, fused(cot, o0, t))), b0)
        b1 = larger(fused(c0, w1, fused(c1, w2, fused(cot, o1, t))), b1)
        b2 = larger(fused(c0, w2, fused(c1, w3, fused(cot, o2, t))), b2)
        b3 = larger(fused(c0, w3, fused(c1, w4, fused(cot, o3, t))), b3)
        b4 = larger(fused(c0, w4, fused(c1, w5, fused(cot, o4, t))), b4)
        w0, w1, w2 = load(w, i + 6 * width), load(w, i + 7 * width), load(w, i + 8 * width)
        b5 = larger(fused(c0, w5, fused(c1, w0, fused(cot, o5, t))), b5)
        b6 = larger(fused(c0, w0, fused(c1, w1, fused(cot, o6, t))), b6)
        b7 = larger(fused(c0, w1, fused(c1, w2, fused(cot, o7, t))), b7)
    _store_block(best, p, b0, b1, b2, b3, b4, b5, b6, b7)


@inlined
def _store_block(best, p, b0, b1, b2, b3, b4, b5, b6, b7):
    store(best, p, b0)
    store(best, p + TILE, b1)
    store(best, p + 2 * TILE, b2)
    store(best, p + 3 * TILE, b3)
    store(best, p + 4 * TILE, b4)
    store(best, p + 5 * TILE, b5)
    store(best, p + 6 * TILE, b6)
    store(best, p + 7 * TILE, b7)


@inlined
def sweep_block(ground, at, columns, rows, count, scratch, p):
    w, width, offset, factor = ground.w, ground.width, scratch.offset, scratch.factor
    if columns > 0:
        sweep_columns(w, at, width, offset, factor, 0, columns, scratch.best, scratch.own, p)
    if rows > columns:
        sweep_edges(w, at, width, 1, offset, factor, columns, rows, scratch.best, scratch.own, p)
    if count > rows:
        sweep_edges(w, at, width, width + 1, offset, factor, rows, count, scratch.best, scratch.own, p)


# ---------------------------------------------------------------- what may be left out


@inlined
def can_rise(scratch, p, top, ta, tb, level):
    """True if ground as high as `top` between two distances may beat the best of any pixel of block p."""
    slack = 1.0 + 2.0 * _SOONER
    near, far = np.float32(0.5 * (1.0 / ta + ta) * slack), np.float32(0.5 * (1.0 / tb + tb) / slack)
    drop = np.float32(-ta / slack)
    line = np.float32(drop * (1.0 - level) + 1e-6 + 1e-9 * near)
    top = np.float32(top)
    for q in range(p, p + ROWS * TILE, TILE):
        own = load(scratch.own, q)
        over = top - own
        if any_above(larger(near * over, far * over) + fused(-drop, own, line), load(scratch.best, q)):
            return True
    return False


@inlined
def any_can_rise(scratch, top, ta, tb, level):
    for block in range(BLOCKS):
        if can_rise(scratch, block_start(block), top, ta, tb, level):
            return True
    return False


@inlined
def block_start(block):
    """Pixel of a tile at which block 0, 1, ... begins."""
    return block // (TILE // WIDTH) * ROWS * TILE + block % (TILE // WIDTH) * WIDTH


# ---------------------------------------------------------------- tiles


@inlined
def tile_azimuth(ground, row, column, scale, zx, zy, dx, dy, stops, t_end, start, highest_of_all, skip, scratch):
    """Leave in scratch.best what the pixels of the tile at [row, column] see at one azimuth.

    stops : float64[:], pixels: where stretches end, near to far
    """
    shared = row, column, scale, zx, zy, scale
    ta, xa, ra = 0.0, 0.0, 0.0
    for s in range(stops.size):
        tb = min(stops[s] / scale, t_end)
        if tb <= ta:
            break
        xb, yb = offset_along(scale, zx, zy, dx, dy, tb)
        rb = -yb
        top = highest(
            ground.tops, row + min(ra, rb) - 2.0, row + TILE + max(ra, rb) + 1.0, column + min(xa, xb) - 2.0,
            column + TILE + max(xa, xb) + 1.0,
        )  # fmt: skip
        columns, rows, count = 0, 0, 0
        for block in range(BLOCKS if top > _ABSENT else 0):
            p = block_start(block)
            if skip and s > 0 and not can_rise(scratch, p, top, ta, tb, ground.level):
                continue
            if stops[s] > SHARED:
                columns, rows, count = list_far(ground, shared, p, dx, dy, ta, tb, scratch)
            elif count == 0:
                columns, rows, count = list_stretch(ground, shared, xa, ra, xb, rb, scratch)
                if s == 0:
                    own_triangle(count, start, scratch.factor)
            at = (row + p // TILE) * ground.width + column + p % TILE
            sweep_block(ground, at, columns, rows, count, scratch, p)
        if skip and count == 0 and s > 0 and not any_can_rise(scratch, highest_of_all, tb, t_end, ground.level):
            break
        ta, xa, ra = tb, xb, rb


@inlined
def open_tile(ground, row, column, eye, scale, scratch):
    """Own w of the tile's eyes, and what turns their best into tan e."""
    bare = 1.0 - ground.level
    for i in range(TILE):
        for j in range(TILE):
            w = float(ground.w[(row + i) * ground.width + column + j])
            zx, zy = ground.zx + (column + j) * ground.dz, ground.zy - (row + i) * ground.dz
            below = (bare - w) / (1.0 + eye * (bare - w))  # 1 - w of the eye
            scratch.own[i * TILE + j] = bare - below
            scratch.gain[i * TILE + j] = (1.0 + zx * zx + zy * zy) / (scale * ground.dz) / below


@inlined
def arctangent(x):
    """To 2e-7 rad. Source: Abramowitz and Stegun (1964), 4.4.49."""
    a = magnitude(x)
    q = smaller(a, 1.0) / larger(a, 1.0)
    s = q * q
    p = fused(fused(s, 0.0028662257, -0.0161657367), s, 0.0429096138)
    p = fused(fused(p, s, -0.0752896400), s, 0.1065626393)
    p = fused(fused(p, s, -0.1420889944), s, 0.1999355085)
    p = fused(fused(p, s, -0.3333314528), s, 1.0) * q
    return with_sign(where_above(a, 1.0, 0.5 * math.pi - p, p), x)


@inlined
def close_tile(scratch, out, place):
    """Put the tile's elevations into out[place:]."""
    for p in range(0, TILE * TILE, WIDTH):
        angle = arctangent(load(scratch.best, p) * load(scratch.gain, p))
        store_rounded(out, place + p, angle * (UNITS * 180.0 / math.pi))


@compiled
def tiles(
    first, last, ground, row, column, across, eye, sines, cosines, stops, t_end, highest_of_all, skip, scratch, out
):
    """Horizons of tiles first to last of a region, counted along its rows of tiles.

    row, column    : of the region's first pixel on the ground's padded grid
    across         : tiles in a row
    eye            : height of the observers, in radii of the sphere
    sines, cosines : of the azimuths on the map, clockwise from +y
    stops          : float64[:], pixels: where stretches end, near to far
    t_end          : tangent of half the greatest angle looked at
    highest_of_all : greatest of ground.tops
    skip           : False to look at every stretch, also where nothing can come of it
    out            : int16[tiles * azimuths * TILE * TILE], units of 1/360 deg, filled
    """
    for tile in range(first, last):
        top, left = row + tile // across * TILE, column + tile % across * TILE
        zx, zy = ground.zx + (left + 0.5 * (TILE - 1)) * ground.dz, ground.zy - (top + 0.5 * (TILE - 1)) * ground.dz
        scale = (1.0 + zx * zx + zy * zy) / ground.dz
        open_tile(ground, top, left, eye, scale, scratch)
        middle = 0.5 * (TILE - 1)
        end = farthest(ground.height, ground.width, top + middle, left + middle, scale, zx, zy)
        for a in range(sines.size):
            scratch.best[:] = _NEVER
            tile_azimuth(
                ground, top, left, scale, zx, zy, sines[a], cosines[a], stops, min(t_end, end), math.sqrt(0.5 * eye),
                highest_of_all, skip, scratch,
            )  # fmt: skip
            close_tile(scratch, out, (tile * sines.size + a) * TILE * TILE)
