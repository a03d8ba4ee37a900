"""Ephemeris of a step: everything that depends on time alone, at all stage times at once.

The distinct stage times of one lane are themselves evaluated as lanes: one Horner scheme gives a body's coordinate at
all of them. With a shared clock that happens once for a whole block of trajectories.
"""

import math

from . import clock
from .field import DEGREE, EARTH, MOON
from .jit import inlined
from .lanes import (
    absolute,
    any_lane,
    fma,
    get_lane,
    lane_count,
    load,
    max_per_clock,
    min_per_clock,
    rsqrt,
    select,
    set_lane,
    stack_like,
)

NODES = 16  # lanes for stage times; a method with fewer stages repeats its last


@inlined
def limit_to_granule(CLOCK, field):
    """Shorten each lane's step to end at the edge of the granule it starts in, and note that granule."""
    slack = 1e-9  # of a granule: a step that ended at an edge starts in the next granule
    for lane in range(lane_count(CLOCK)):
        now = get_lane(CLOCK, clock.START, lane) + get_lane(CLOCK, clock.ELAPSED, lane)
        h = get_lane(CLOCK, clock.STEP, lane)
        position = now / field.length
        if h >= 0.0:
            granule = math.floor(position + slack)
            room = (granule + 1.0) * field.length - now
            h = min(h, room)
        else:
            granule = math.ceil(position - slack) - 1.0
            room = granule * field.length - now
            h = max(h, room)
        granule = min(max(granule, 0.0), field.polynomials.shape[0] - 1.0)
        set_lane(CLOCK, clock.STEP, lane, h)
        set_lane(CLOCK, clock.GRANULE, lane, granule)


@inlined
def horner3(polynomials, granule, series, x):
    """Three consecutive series of one granule at x."""
    c = polynomials[granule]
    a, b, d = x * 0.0 + c[series, DEGREE], x * 0.0 + c[series + 1, DEGREE], x * 0.0 + c[series + 2, DEGREE]
    for j in range(DEGREE - 1, -1, -1):
        a = fma(a, x, c[series, j])
        b = fma(b, x, c[series + 1, j])
        d = fma(d, x, c[series + 2, j])
    return a, b, d


@inlined
def curvature3(polynomials, granule, series, x):
    """Second derivatives with respect to x of three consecutive series."""
    c = polynomials[granule]
    a, b, d = x * 0.0, x * 0.0, x * 0.0
    for j in range(DEGREE, 1, -1):
        k = j * (j - 1.0)
        a = fma(a, x, k * c[series, j])
        b = fma(b, x, k * c[series + 1, j])
        d = fma(d, x, k * c[series + 2, j])
    return a, b, d


@inlined
def scatter(EPH, series, lane, value):
    """Put a quantity's values at the stage times into one lane of the table."""
    scratch = stack_like(value, 1)
    scratch[0] = value
    for node in range(NODES):
        set_lane(EPH, series * NODES + node, lane, get_lane(scratch, 0, node))


@inlined
def scatter3(EPH, series, lane, x, y, z):
    scatter(EPH, series, lane, x)
    scatter(EPH, series + 1, lane, y)
    scatter(EPH, series + 2, lane, z)


@inlined
def fill_ephemeris(CLOCK, EPH, nodes, field):
    """Tabulate bodies relative to the origin, the origin's own acceleration, and the rotations, at the stage times.

    The Earth falls towards the point masses of the field. Any other origin falls as the ephemeris says it does
    relative to the Earth, so that moving the origin changes the coordinates and nothing else: a sum of point masses
    would leave out what the Earth's oblateness does to the Moon (1.2e-12 km/s2, metres in a day). In a field without
    the Earth every origin falls towards the point masses.
    """
    node = load(NODES, nodes, 0)
    with_earth = field.gm[EARTH] > 0.0
    bodies = len(field.gm)
    half = 2.0 / field.length
    for lane in range(lane_count(CLOCK)):
        granule = int(get_lane(CLOCK, clock.GRANULE, lane))
        center = int(get_lane(CLOCK, clock.CENTER, lane))
        now = get_lane(CLOCK, clock.START, lane) + get_lane(CLOCK, clock.ELAPSED, lane)
        x = fma(node, get_lane(CLOCK, clock.STEP, lane) * half, (now - granule * field.length) * half - 1.0)
        zero = x * 0.0
        ox, oy, oz = zero, zero, zero
        ix, iy, iz = zero, zero, zero
        if center != EARTH:
            ox, oy, oz = horner3(field.polynomials, granule, 3 * center, x)
            if with_earth:
                ix, iy, iz = curvature3(field.polynomials, granule, 3 * center, x)
                ix, iy, iz = -half * half * ix, -half * half * iy, -half * half * iz
        scatter3(EPH, 3 * EARTH, lane, -ox, -oy, -oz)
        for body in range(EARTH + 1, bodies):
            px, py, pz = horner3(field.polynomials, granule, 3 * body, x)
            scatter3(EPH, 3 * body, lane, px - ox, py - oy, pz - oz)
            if not with_earth:
                px, py, pz = px - ox, py - oy, pz - oz
            if with_earth or body != center:
                w = rsqrt(fma(px, px, fma(py, py, pz * pz)))
                w = -field.gm[body] * (w * w * w)
                ix = fma(w, px, ix)
                iy = fma(w, py, iy)
                iz = fma(w, pz, iz)
        scatter3(EPH, field.indirect, lane, ix, iy, iz)
        for series in range(3 * bodies, field.indirect):
            value = zero + field.polynomials[granule, series, DEGREE]
            for j in range(DEGREE - 1, -1, -1):
                value = fma(value, x, field.polynomials[granule, series, j])
            scatter(EPH, series, lane, value)


@inlined
def body_state(body, seconds, field):
    """Place and velocity of a body relative to the Earth, seconds after the first granule's start."""
    granule = min(max(int(seconds / field.length), 0), field.polynomials.shape[0] - 1)
    half = 2.0 / field.length
    x = (seconds - granule * field.length) * half - 1.0
    px, py, pz = horner3(field.polynomials, granule, 3 * body, x)
    c = field.polynomials[granule]
    vx, vy, vz = 0.0, 0.0, 0.0
    for j in range(DEGREE, 0, -1):
        vx = vx * x + j * c[3 * body, j]
        vy = vy * x + j * c[3 * body + 1, j]
        vz = vz * x + j * c[3 * body + 2, j]
    return px, py, pz, vx * half, vy * half, vz * half


@inlined
def add_body_state(sign, body, seconds, lane, R, V, field):
    px, py, pz, vx, vy, vz = body_state(body, seconds, field)
    set_lane(R, 0, lane, get_lane(R, 0, lane) + sign * px)
    set_lane(R, 1, lane, get_lane(R, 1, lane) + sign * py)
    set_lane(R, 2, lane, get_lane(R, 2, lane) + sign * pz)
    set_lane(V, 0, lane, get_lane(V, 0, lane) + sign * vx)
    set_lane(V, 1, lane, get_lane(V, 1, lane) + sign * vy)
    set_lane(V, 2, lane, get_lane(V, 2, lane) + sign * vz)


@inlined
def move_origin(target, now, lane, clock_lane, CLOCK, R, V, field):
    """Refer one lane of the state to another body; the variations do not change."""
    origin = int(get_lane(CLOCK, clock.CENTER, clock_lane))
    if origin != target:
        add_body_state(1.0, origin, now, lane, R, V, field)
        add_body_state(-1.0, target, now, lane, R, V, field)


@inlined
def recentre(accepted, elapsed, CLOCK, EPH, R, V, field):
    """After a step: count from the Moon near the Moon, from the Earth elsewhere.

    Lanes on one clock share their origin: they move to the Moon when the last of them is near it.
    """
    node = 3 * MOON * NODES + NODES - 1
    dx, dy, dz = R[0] - EPH[node], R[1] - EPH[node + NODES], R[2] - EPH[node + 2 * NODES]
    distance2 = fma(dx, dx, fma(dy, dy, dz * dz))
    center = CLOCK[clock.CENTER]
    nearest2, farthest2 = min_per_clock(distance2, center), max_per_clock(distance2, center)
    near = accepted & (farthest2 < field.approach * field.approach) & (absolute(center - float(EARTH)) < 0.5)
    far = accepted & (nearest2 > field.departure * field.departure) & (absolute(center - float(MOON)) < 0.5)
    if any_lane(near) or any_lane(far):
        wanted = stack_like(center, 2)
        wanted[0] = select(near, center * 0.0 + float(MOON), select(far, center * 0.0 + float(EARTH), center))
        wanted[1] = CLOCK[clock.START] + elapsed
        for lane in range(lane_count(R)):
            clock_lane = min(lane, lane_count(CLOCK) - 1)
            target = int(get_lane(wanted, 0, clock_lane))
            move_origin(target, get_lane(wanted, 1, clock_lane), lane, clock_lane, CLOCK, R, V, field)
        CLOCK[clock.CENTER] = wanted[0]


@inlined
def restore_origins(first, last, centers, elapsed, CLOCK, R, V, field):
    """At the end of a block: refer every lane to the body its row asked for."""
    CLOCK[clock.ELAPSED] = elapsed
    for lane in range(lane_count(R)):
        i = min(first + lane, last - 1)
        clock_lane = min(lane, lane_count(CLOCK) - 1)
        now = get_lane(CLOCK, clock.START, clock_lane) + get_lane(CLOCK, clock.ELAPSED, clock_lane)
        move_origin(centers[i], now, lane, clock_lane, CLOCK, R, V, field)
