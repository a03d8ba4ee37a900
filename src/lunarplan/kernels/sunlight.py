"""How much of a disc stands above a horizon: over one place, over the pixels of a tile; and what a battery makes of it.

Angles are radians unless said otherwise. A horizon is a list of elevations at equal steps of azimuth from zero, and
straight between them. A disc is so small that the sky about it is flat: it keeps its shape on its way down, and
azimuths are as wide as the cosine of its elevation.
"""

import math

import numpy as np

from .jit import compiled, inlined

TILE = 32  # pixels along the side of a tile
PIXELS = TILE * TILE
UNITS = 360.0 * 180.0 / math.pi  # of a tile's horizons, in a radian
NODATA = -32768
ANY, CENTER, WHOLE = 1, 0, -1  # the part of a disc that must stand above the horizon
NEVER = -1e6  # where nothing is seen to pass, in a tile's units

_TURN = 2.0 * math.pi
_STEEP = 1.5  # above it a disc is wider in azimuth than a horizon makes sense for
_MIDDLE = 0.5 * (TILE - 1)
_BLOCK = 256  # epochs summed in single precision
# (1/2 - (asin x + x sqrt(1 - x^2)) / pi) / t^1.5 with t = 1 - x: the lesser part of a disc, cut by a line at x radii
# from its centre. Interpolated at Chebyshev's nodes in 0 <= t <= 1, right to 2e-7 of the disc and at t = 1.
_CUT = (0.6002108371695362, -0.09003641408829777, -0.007984219038189445, -0.0017823284164291808, -1.87608520983688e-05)
_CUT_LAST = 0.5 - sum(_CUT)


# ---------------------------------------------------------------- one disc over one horizon


@inlined
def horizon_at_azimuth(profile, azimuth):
    """Elevation of the horizon at an azimuth of any turn."""
    n = len(profile)
    steps = (azimuth / _TURN - math.floor(azimuth / _TURN)) * n
    i = int(steps)
    w = steps - i
    return profile[i % n] * (1.0 - w) + profile[(i + 1) % n] * w


@inlined
def _half_disc(x):
    """Area of a disc of radius 1 above y = 0, from x = 0 on."""
    return 0.5 * (x * math.sqrt(max(1.0 - x * x, 0.0)) + math.asin(max(-1.0, min(1.0, x))))


@inlined
def _uncrossed(u, v, b, s):
    """Area of a strip of the disc that the line b + s x does not cross: all or nothing."""
    if v <= u or b + s * 0.5 * (u + v) > 0.0:
        return 0.0
    return 2.0 * (_half_disc(v) - _half_disc(u))


@inlined
def _strip(u, v, b, s):
    """Area of a disc of radius 1 above the line b + s x, from x = u to v."""
    norm = 1.0 + s * s
    inside = norm - b * b
    if inside <= 0.0:
        return _uncrossed(u, v, b, s)
    root = math.sqrt(inside)
    p = min(max((-s * b - root) / norm, u), v)
    q = min(max((-s * b + root) / norm, u), v)
    crossed = _half_disc(q) - _half_disc(p) - (q - p) * (b + 0.5 * s * (p + q))
    return _uncrossed(u, p, b, s) + crossed + _uncrossed(q, v, b, s)


@inlined
def _highest(u, v, b, s):
    """Largest height of a disc of radius 1 over the line b + s x, from x = u to v."""
    x = min(max(-s / math.sqrt(1.0 + s * s), u), v)
    return math.sqrt(max(1.0 - x * x, 0.0)) - b - s * x


@inlined
def _level(center, radius):
    """As `disc_over_horizon`, for a level horizon by which the disc's centre is higher."""
    if center <= -radius:
        fraction = 0.0
    elif center >= radius:
        fraction = 1.0
    else:
        fraction = 0.5 + 2.0 * _half_disc(center / radius) / math.pi
    return fraction, center + radius, center, center - radius


@inlined
def disc_over_horizon(profile, azimuth, elevation, radius):
    """Fraction of a disc above the horizon, and the clearances of its upper edge, of its centre and of its lower edge.

    That of the upper edge is the largest height of any point of the disc over the horizon, positive just where the
    fraction is; that of the lower edge is the least, and positive just where the fraction is 1. NaN gives NaN.
    """
    center = elevation - horizon_at_azimuth(profile, azimuth)
    if not (radius > 0.0 and math.fabs(elevation) < _STEEP and math.isfinite(center)):
        return _level(center, radius)
    n = len(profile)
    step, scale = _TURN / n, math.cos(elevation) / radius
    azimuth -= math.floor(azimuth / _TURN) * _TURN
    first = math.floor((azimuth - 1.0 / scale) / step)
    upper, lower, area = -math.inf, -math.inf, 0.0
    for i in range(first, first + n + 1):
        x0, x1 = (i * step - azimuth) * scale, ((i + 1) * step - azimuth) * scale
        if x0 >= 1.0:
            break
        u, v = max(x0, -1.0), min(x1, 1.0)
        if u < v:
            y0, y1 = (profile[i % n] - elevation) / radius, (profile[(i + 1) % n] - elevation) / radius
            s = (y1 - y0) / (x1 - x0)
            b = y0 - s * x0
            area += _strip(u, v, b, s)
            upper = max(upper, _highest(u, v, b, s))
            lower = max(lower, _highest(u, v, -b, -s))
    if upper <= 0.0:
        area = 0.0
    if lower <= 0.0:
        area = math.pi
    return min(max(area / math.pi, 0.0), 1.0), upper * radius, center, -lower * radius


@compiled
def discs_over_horizons(first, last, profiles, place, azimuth, elevation, radius, part, fraction, clearance):
    """Rows ``first`` to ``last``: the fraction of a disc above the horizon of a place, the clearance of a part of it.

    profiles : float64[P, A]; place : int64[N], which of them; azimuth, elevation, radius : float64[N]
    part     : ANY, CENTER or WHOLE, whose clearance is that of the upper edge, the centre, the lower edge
    fraction, clearance : float64[N], filled
    """
    for i in range(first, last):
        lit, upper, center, lower = disc_over_horizon(profiles[place[i]], azimuth[i], elevation[i], radius[i])
        fraction[i] = lit
        clearance[i] = upper if part == ANY else (center if part == CENTER else lower)


# ---------------------------------------------------------------- the pixels of a tile


@inlined
def _sight(frame, body):
    """Azimuth, elevation and distance of a body from the middle of a tile."""
    x, y, z = body[0] - frame[0, 0], body[1] - frame[0, 1], body[2] - frame[0, 2]
    east = x * frame[1, 0] + y * frame[1, 1] + z * frame[1, 2]
    north = x * frame[2, 0] + y * frame[2, 1] + z * frame[2, 2]
    up = x * frame[3, 0] + y * frame[3, 1] + z * frame[3, 2]
    flat = math.sqrt(east * east + north * north)
    return math.atan2(east, north), math.atan2(up, flat), math.sqrt(x * x + y * y + z * z)


@inlined
def _slopes(azimuth, elevation, nearness, turn):
    """Change of azimuth by column and by row, and of elevation by column and by row.

    nearness : distance of the tile from the Moon's centre, over that of the body from the tile
    """
    s, c = math.sin(azimuth), math.cos(azimuth)
    rise = turn[0] * (1.0 + nearness * math.sin(elevation))
    swing = turn[0] * (math.sin(elevation) + nearness) / max(math.cos(elevation), 1e-3)
    return turn[1] - swing * c, turn[2] - swing * s, rise * s, -rise * c


@inlined
def _from_center(frame):
    return math.sqrt(frame[0, 0] ** 2 + frame[0, 1] ** 2 + frame[0, 2] ** 2)


@compiled
def watch_tiles(
    first, last, horizons, frames, turns, bodies, radius, part, total, count, longest_dark, longest_lit, scratch
):
    """Tiles ``first`` to ``last``: what their pixels see of a disc over all epochs.

    The horizon is taken straight across the disc, as high and as steep as it is at the azimuth of the centre. Over a
    tile the azimuth and the elevation of the body change linearly.

    horizons : int16[tiles, A, 1024], at grid azimuths, in 1/360 deg; `NODATA` is lower than anything
    frames   : float64[tiles, 4, 3]: place (km), and unit vectors to grid east, grid north and up at a tile's middle
    turns    : float64[tiles, 3]: what a pixel measures from the Moon's centre, and the turn of grid azimuths over one
               column and over one row
    bodies   : float64[T, 3], km, in the axes of the frames, zero where it is not to be seen; radius : km, of the disc
    part     : ANY, CENTER or WHOLE: what stands above the horizon at an epoch that counts as lit
    total    : float64[tiles, 1024], filled: the fractions' sum
    count, longest_dark, longest_lit : float32[tiles, 1024], filled: epochs lit, longest runs of dark and of lit ones
    scratch  : three float32[tiles, 1024]
    """
    azimuths = horizons.shape[1]
    per_radian = azimuths / _TURN
    threshold, zero, one = np.float32(-part), np.float32(0.0), np.float32(1.0)
    c0, c1, c2 = np.float32(_CUT[0]), np.float32(_CUT[1]), np.float32(_CUT[2])
    c3, c4, c5 = np.float32(_CUT[3]), np.float32(_CUT[4]), np.float32(_CUT_LAST)
    sums, dark, lit = scratch  # three arrays: in one, the compiler could not tell that they do not overlap
    for tile in range(first, last):
        from_center = _from_center(frames[tile])
        for k in range(PIXELS):
            total[tile, k], count[tile, k], longest_dark[tile, k], longest_lit[tile, k] = 0.0, zero, zero, zero
            sums[tile, k], dark[tile, k], lit[tile, k] = zero, zero, zero
        for t in range(len(bodies)):
            az, el, distance = _sight(frames[tile], bodies[t])
            nearness = from_center / distance
            if bodies[t, 0] ** 2 + bodies[t, 1] ** 2 + bodies[t, 2] ** 2 < 0.25 * from_center**2:
                el, nearness = -math.pi, 0.0  # lower than any horizon
            az_column, az_row, el_column, el_row = _slopes(az, el, nearness, turns[tile])
            step = (az / _TURN - math.floor(az / _TURN)) * azimuths
            a0 = min(int(step), azimuths - 1)
            a1 = a0 + 1 if a0 + 1 < azimuths else 0
            inverse = np.float32(1.0 / (UNITS * math.asin(min(radius / distance, 1.0))))
            slope = np.float32(per_radian / UNITS / max(math.cos(el), 0.1))
            w_column, e_column = np.float32(az_column * per_radian), np.float32(el_column * UNITS)
            for row in range(TILE):
                w_row = np.float32(step - a0 + per_radian * ((row - _MIDDLE) * az_row - _MIDDLE * az_column))
                e_row = np.float32(UNITS * (el + (row - _MIDDLE) * el_row - _MIDDLE * el_column))
                for column in range(TILE):
                    k, c = row * TILE + column, np.float32(column)
                    h0, h1 = np.float32(horizons[tile, a0, k]), np.float32(horizons[tile, a1, k])
                    s = (h1 - h0) * slope
                    x = (
                        (e_row + c * e_column - h0 - (w_row + c * w_column) * (h1 - h0))
                        * inverse
                        / math.sqrt(one + s * s)
                    )
                    g = one - min(abs(x), one)
                    cut = g * math.sqrt(g) * (c0 + g * (c1 + g * (c2 + g * (c3 + g * (c4 + g * c5)))))
                    sums[tile, k] += cut if x < zero else one - cut
                    shines = x > threshold
                    count[tile, k] += one if shines else zero
                    night = zero if shines else dark[tile, k] + one
                    day = lit[tile, k] + one if shines else zero
                    dark[tile, k], lit[tile, k] = night, day
                    longest_dark[tile, k] = max(longest_dark[tile, k], night)
                    longest_lit[tile, k] = max(longest_lit[tile, k], day)
            if t % _BLOCK == _BLOCK - 1 or t == len(bodies) - 1:
                for k in range(PIXELS):
                    total[tile, k] += sums[tile, k]
                    sums[tile, k] = zero


@inlined
def _raise_to(ceiling, frame, body0, body1, radius):
    """Lift the ceiling to the upper edge of a disc that goes from one place to another, straight in the sky."""
    n = len(ceiling)
    az0, el0, d0 = _sight(frame, body0)
    az1, el1, d1 = _sight(frame, body1)
    top0 = UNITS * (el0 + math.asin(min(radius / d0, 1.0)))
    top1 = UNITS * (el1 + math.asin(min(radius / d1, 1.0)))
    s0 = az0 * n / _TURN
    way = az1 - az0
    way = (way - _TURN * math.floor(way / _TURN + 0.5)) * n / _TURN
    low, high = min(s0, s0 + way), max(s0, s0 + way)
    for a in range(math.ceil(low), math.floor(high) + 1):
        w = (a - s0) / way if way != 0.0 else 0.0
        ceiling[a % n] = max(ceiling[a % n], top0 + w * (top1 - top0))


@compiled
def highest_over_tiles(first, last, horizons, frames, turns, paths, radius, ceilings, margin):
    """Tiles ``first`` to ``last``: by how much the upper edge of a disc clears the horizon at best, on any path.

    That is looked at at the azimuths of the horizons: between them both are straight enough. The horizon is taken level
    across the disc.

    horizons, frames, turns : as those of `watch_tiles`
    paths    : float64[P, M, 3], km, closed: the body's places on each path
    ceilings : float32[tiles, 3, A], scratch: the highest upper edge at each azimuth, its change by column and by row
    margin   : float32[tiles, 1024], filled, in 1/360 deg; `NEVER` or less where the body is at no azimuth
    """
    azimuths = horizons.shape[1]
    for tile in range(first, last):
        ceiling = ceilings[tile]
        for a in range(azimuths):
            ceiling[0, a] = NEVER
        for p in range(paths.shape[0]):
            for i in range(paths.shape[1]):
                _raise_to(ceiling[0], frames[tile], paths[p, i - 1], paths[p, i], radius)
        for a in range(azimuths):
            before, after = ceiling[0, a - 1], ceiling[0, (a + 1) % azimuths]
            climb = 0.5 * (after - before) * azimuths / _TURN if min(before, after) > NEVER else 0.0
            azimuth, elevation = a * _TURN / azimuths, ceiling[0, a] / UNITS
            az_column, az_row, el_column, el_row = _slopes(azimuth, max(elevation, -1.0), 0.0, turns[tile])
            ceiling[1, a] = UNITS * el_column - climb * az_column
            ceiling[2, a] = UNITS * el_row - climb * az_row
        for k in range(PIXELS):
            margin[tile, k] = 2.0 * NEVER
        for a in range(azimuths):
            for row in range(TILE):
                base = ceiling[0, a] + np.float32(row - _MIDDLE) * ceiling[2, a] - np.float32(_MIDDLE) * ceiling[1, a]
                for column in range(TILE):
                    k = row * TILE + column
                    over = base + np.float32(column) * ceiling[1, a] - np.float32(horizons[tile, a, k])
                    margin[tile, k] = max(margin[tile, k], over)


# ---------------------------------------------------------------- a battery


@compiled
def charge(first, last, power, duration, most, least, start, into, out_of, level, spilled, missing):
    """Rows ``first`` to ``last``: the charge of a battery that keeps between two levels.

    power    : float64[N, T], what is left over (or lacking, negative) over each interval; duration : float64[T]
    most, least, start : float64[N], levels; in units of power times duration
    into, out_of : efficiencies of charging and of discharging
    level    : float64[N, T + 1], filled: at the ends of the intervals
    spilled, missing : float64[N, T], filled: what found no room, and what was not there, as seen from outside
    """
    for i in range(first, last):
        level[i, 0] = start[i]
        for t in range(len(duration)):
            energy = power[i, t] * duration[t]
            wanted = level[i, t] + (energy * into if energy > 0.0 else energy / out_of)
            spilled[i, t] = max(wanted - most[i], 0.0) / into
            missing[i, t] = max(least[i] - wanted, 0.0) * out_of
            level[i, t + 1] = min(max(wanted, least[i]), most[i])
