"""The horizon of one observer: how high the ground stands along a great circle over a sphere with relief.

The map is stereographic (conformal; great circles are arcs), heights are given at pixel centres, and the ground between
them is two triangles a cell, cut from [i, j] to [i+1, j+1], linear on the map. Along any line it is linear between the
crossings of rows, columns and diagonals, so it stands highest at a crossing, or at a place between two of them that is
known in closed form.

Units: map coordinates in diameters of the sphere (times the map's scale), so that |z| is the tangent of half the angle
from the map's centre; t is the tangent of half the angle between observer and ground; heights and radius in any one
unit. w = h / (radius + h). An elevation e over the plane at right angles to the observer's radius vector has

    (1 - own) tan e = (w - own) csc(angle) - (1 - own) t
"""

import math
from typing import NamedTuple

import numpy as np

from .jit import compiled, inlined

BLOCK = 8  # pixels: side of the squares whose highest pixel is known
STRETCH = 16.0  # pixels of path skipped at a time
OVERLAP = 1.1  # pixels: more than there are from one crossing to the next
_CLOSE = 1e-3  # pixel: how far the first sample is from the observer
_SHORTEST = 1.0 / 64.0  # pixel: of the chords a path is made of
_ROUNDING = 1e-12
_AHEAD = 2.0  # beyond any fraction of a chord


class Level(NamedTuple):
    """Ground on a stereographic grid.

    heights : float32[rows, columns], NaN where there is none
    tops    : float32, the greatest of each square of BLOCK x BLOCK pixels; -inf where there is none
    zx, zy  : map coordinates of pixel [0, 0]; columns run with +x, rows with -y
    dz      : side of a pixel, in the same unit
    """

    heights: np.ndarray
    tops: np.ndarray
    zx: float
    zy: float
    dz: float


@inlined
def offset_along(scale, zx, zy, dx, dy, t):
    """Where a great circle has got to, in pixels east and north of its start.

    scale  : pixels per unit of t at the start, (1 + |z|^2) / dz
    zx, zy : map coordinates of the start
    dx, dy : unit vector along which it leaves, on the map

    Turning the sphere is a Moebius transformation of the map: z' = (z + t d) / (1 - conj(z) t d).
    """
    re, im = 1.0 - t * (zx * dx + zy * dy), -t * (zx * dy - zy * dx)
    f = scale * t / (re * re + im * im)
    return f * (dx * re + dy * im), f * (dy * re - dx * im)


@inlined
def half_tangent(scale, zx, zy, x, y):
    """Tangent of half the angle between a start at z and the place x, y pixels from it: `offset_along` undone."""
    re, im = scale + zx * x + zy * y, zx * y - zy * x
    return math.sqrt((x * x + y * y) / (re * re + im * im))


@inlined
def farthest(rows, columns, row, column, scale, zx, zy):
    """No pixel of a grid is farther from the place at [row, column] than this, as t: a corner is the farthest."""
    most = 0.0
    for r in (-2.0, rows + 1.0):
        for c in (-2.0, columns + 1.0):
            most = max(most, half_tangent(scale, zx, zy, c - column, row - r))
    return most


@inlined
def whole_steps(a, b):
    """Whole numbers passed on the way from a to b: the first, the step, how many; a is not counted, b is."""
    if b > a:
        first = math.floor(a) + 1.0
        return first, 1.0, int(max(0.0, math.floor(b) - first + 1.0))
    first = math.ceil(a) - 1.0
    return first, -1.0, int(max(0.0, first - math.ceil(b) + 1.0))


@inlined
def highest(tops, r_low, r_high, c_low, c_high):
    """The highest square that rows r_low to r_high, columns c_low to c_high (fractions) may touch; -inf if none."""
    top = -math.inf
    for i in range(max(0, int(r_low) // BLOCK), min(tops.shape[0] - 1, int(r_high + 1.0) // BLOCK) + 1):
        for j in range(max(0, int(c_low) // BLOCK), min(tops.shape[1] - 1, int(c_high + 1.0) // BLOCK) + 1):
            top = max(top, tops[i, j])
    return top


@inlined
def _edge_height(heights, i, j, down, right, f):
    """Height at a fraction of the edge from [i, j] to [i + down, j + right]; NaN off the grid."""
    if i < 0 or j < 0 or i >= heights.shape[0] or j >= heights.shape[1]:
        return math.nan
    h = float(heights[i, j])
    if f == 0.0:
        return h
    if i + down >= heights.shape[0] or j + right >= heights.shape[1]:
        return math.nan
    return h + f * (float(heights[i + down, j + right]) - h)


@inlined
def _surface_height(heights, r, c):
    """Height of the triangle over fractions of rows and columns; NaN off the grid."""
    i, j = math.floor(r), math.floor(c)
    a, b = r - i, c - j
    near = _edge_height(heights, int(i), int(j), 1, 1, min(a, b))
    if a == b:
        return near
    down, right = (1, 0) if a > b else (0, 1)
    corner = _edge_height(heights, int(i), int(j), 1, 1, 0.0)
    return near + abs(a - b) * (_edge_height(heights, int(i), int(j), down, right, 1.0) - corner)


@inlined
def _crest(t0, n0, t1, n1):
    """Where, strictly between two samples, ground that n is linear in t on stands highest; NaN if at one of them.

    n = (w - own) / (1 - own) = a + 2 b t has tan e = n (1 + t^2) / (2 t) - t, whose derivative vanishes where
    2 t^2 (1 - a / 2 - 2 b t) = -a.
    """
    b = 0.5 * (n1 - n0) / (t1 - t0)
    a = n0 - 2.0 * b * t0
    curve = 2.0 - a - 2.0 * b * (t0 + t1)
    if a >= 0.0 or curve <= 0.0:
        return math.nan
    t = math.sqrt(-a / curve)
    return t if t0 < t < t1 else math.nan


@inlined
def _rise_at(level, row, column, scale, zx, zy, dx, dy, t, own, radius):
    """n of the ground at one place of the path."""
    x, y = offset_along(scale, zx, zy, dx, dy, t)
    h = _surface_height(level.heights, row - y, column + x)
    return (h / (radius + h) - own) / (1.0 - own)


@inlined
def _tangent(n, t):
    """tan e of ground with that n."""
    return n * (1.0 + t * t) / (2.0 * t) - t


@inlined
def chord_crossings(level, row, column, x0, y0, x1, y1, scale, zx, zy, dx, dy, own, radius, t0, n0, best):
    """Highest tan e along a chord of the path, given that of before; the last sample's t and n, to go on from.

    row, column : of the observer, as fractions
    x, y        : ends of the chord in pixels east and north of the observer
    t0, n0      : the sample before; NaN where there was no ground
    """
    ca, ra, cb, rb = column + x0, row - y0, column + x1, row - y1
    cx, rx = cb - ca, rb - ra
    first_c, step_c, count_c = whole_steps(ca, cb)
    first_r, step_r, count_r = whole_steps(ra, rb)
    first_d, step_d, count_d = whole_steps(ca - ra, cb - rb)
    at_c = (first_c - ca) / cx if count_c > 0 else _AHEAD
    at_r = (first_r - ra) / rx if count_r > 0 else _AHEAD
    at_d = (first_d - (ca - ra)) / (cx - rx) if count_d > 0 else _AHEAD
    for _ in range(count_c + count_r + count_d):
        at = min(at_c, at_r, at_d)
        r, c = ra + at * rx, ca + at * cx
        if at == at_c:
            c = first_c
            i = math.floor(r)
            h = _edge_height(level.heights, int(i), int(c), 1, 0, r - i)
            first_c += step_c
            count_c -= 1
            at_c = (first_c - ca) / cx if count_c > 0 else _AHEAD
        elif at == at_r:
            r = first_r
            j = math.floor(c)
            h = _edge_height(level.heights, int(r), int(j), 0, 1, c - j)
            first_r += step_r
            count_r -= 1
            at_r = (first_r - ra) / rx if count_r > 0 else _AHEAD
        else:
            i = math.floor(r)
            c = first_d + r
            h = _edge_height(level.heights, int(i), int(i + first_d), 1, 1, r - i)
            first_d += step_d
            count_d -= 1
            at_d = (first_d - (ca - ra)) / (cx - rx) if count_d > 0 else _AHEAD
        t = half_tangent(scale, zx, zy, c - column, row - r)
        n = (h / (radius + h) - own) / (1.0 - own)
        if t > t0:  # else a corner met again
            if n == n:
                best = max(best, _tangent(n, t))
                crest = _crest(t0, n0, t, n) if n0 == n0 else math.nan
                if crest == crest:
                    between = _rise_at(level, row, column, scale, zx, zy, dx, dy, crest, own, radius)
                    best = max(best, _tangent(between, crest))
            t0, n0 = t, n
    return t0, n0, best


@inlined
def stretch_horizon(level, row, column, scale, zx, zy, dx, dy, ta, tb, own, radius, start, best):
    """Highest tan e over the ground between two distances from an observer, given that of before.

    start : n under the observer, NaN unless ta is 0 and the observer stands over this level's ground
    """
    t0, n0 = ta, start
    x0, y0 = offset_along(scale, zx, zy, dx, dy, ta)
    if start == start:
        t0 = _CLOSE / scale
        n0 = _rise_at(level, row, column, scale, zx, zy, dx, dy, t0, own, radius)
        if n0 == n0:  # an eye on the ground sees its slope at the feet, any other what is a hand away
            best = max(best, n0 / (2.0 * t0) if start == 0.0 else _tangent(n0, t0))
    t = ta
    while t < tb:  # chords of a pixel, near the observer no longer than the way there
        t = min(tb, t + min(max(t, _SHORTEST / scale), 1.0 / scale))
        x1, y1 = offset_along(scale, zx, zy, dx, dy, t)
        t0, n0, best = chord_crossings(
            level, row, column, x0, y0, x1, y1, scale, zx, zy, dx, dy, own, radius, t0, n0, best
        )  # fmt: skip
        x0, y0 = x1, y1
    return best


@inlined
def top_along(level, row, column, scale, zx, zy, dx, dy, ta, tb):
    """The highest ground there may be under a stretch of path."""
    xa, ya = offset_along(scale, zx, zy, dx, dy, ta)
    xb, yb = offset_along(scale, zx, zy, dx, dy, tb)
    return highest(
        level.tops, row - max(ya, yb) - 1.0, row - min(ya, yb) + 1.0, column + min(xa, xb) - 1.0,
        column + max(xa, xb) + 1.0,
    )  # fmt: skip


@inlined
def most_possible(top, ta, tb, own, radius):
    """No ground as low as `top` between two distances stands higher than this, as tan e."""
    n = (top / (radius + top) - own) / (1.0 - own)
    t = ta if n > 0.0 else tb
    return _tangent(n, t) + (t - ta) + _ROUNDING


@compiled
def skyline(level, row, column, own_height, start_height, radius, sines, cosines, t_end, skip, best):
    """Raise ``best[a]``, tan e of the horizon at each azimuth, to what this level's ground shows of it.

    row, column    : of the observer on this level's grid, as fractions
    own_height     : of the observer's eye, over the sphere
    start_height   : of the ground under the observer, NaN if another level says what that is
    sines, cosines : of the azimuths on this level's map, clockwise from +y
    t_end          : tangent of half the greatest angle looked at
    skip           : False to look at every stretch, also where nothing can come of it
    """
    zx, zy = level.zx + column * level.dz, level.zy - row * level.dz
    scale = (1.0 + zx * zx + zy * zy) / level.dz
    own = own_height / (radius + own_height)
    start = (start_height / (radius + start_height) - own) / (1.0 - own)
    t_end = min(t_end, farthest(level.heights.shape[0], level.heights.shape[1], row, column, scale, zx, zy))
    for a in range(sines.size):
        ta = 0.0
        while ta < t_end:
            tb = min(ta + STRETCH / scale, t_end)
            before = max(0.0, ta - OVERLAP / scale)
            top = top_along(level, row, column, scale, zx, zy, sines[a], cosines[a], before, tb)
            near = before == 0.0 or not skip
            if top > -math.inf and (near or most_possible(top, before, tb, own, radius) > best[a]):
                best[a] = stretch_horizon(
                    level, row, column, scale, zx, zy, sines[a], cosines[a], before, tb, own, radius,
                    start if before == 0.0 else math.nan, best[a],
                )  # fmt: skip
            ta = tb
