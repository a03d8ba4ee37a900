"""The clock and the origin of a step: the ephemeris granule it lies in, and the body the state is counted from."""

import math

from . import clock
from .ephemeris import NODES, TERMS, horner3, since_granule
from .field import DEGREE, EARTH, MOON
from .jit import inlined
from .lanes import (
    absolute,
    any_lane,
    fma,
    get_lane,
    lane_count,
    max_per_clock,
    min_per_clock,
    select,
    set_lane,
    stack_like,
)


@inlined
def limit_to_granule(CLOCK, field):
    """Shorten each lane's step to end at the edge of the granule it starts in, and note that granule."""
    slack = 1e-9  # of a granule: a step that ended at an edge starts in the next granule
    for lane in range(lane_count(CLOCK)):
        start, elapsed = get_lane(CLOCK, clock.START, lane), get_lane(CLOCK, clock.ELAPSED, lane)
        first, now = since_granule(start, elapsed, field)
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
        granule = min(max(first + granule, 0.0), field.polynomials.shape[0] - 1.0)
        set_lane(CLOCK, clock.STEP, lane, h)
        set_lane(CLOCK, clock.GRANULE, lane, granule)


@inlined
def body_state(body, first, seconds, field):
    """Place and velocity of a body relative to the Earth, seconds after the start of granule ``first``."""
    granule = min(max(int(first + math.floor(seconds / field.length)), 0), field.polynomials.shape[0] - 1)
    half = 2.0 / field.length
    x = (seconds - (granule - first) * field.length) * half - 1.0
    powers = field.polynomials[granule]
    px, py, pz = horner3(powers, 3 * body, x)
    vx, vy, vz = 0.0, 0.0, 0.0
    i = 3 * body * TERMS
    for j in range(DEGREE, 0, -1):
        vx = vx * x + j * powers[i + j]
        vy = vy * x + j * powers[i + TERMS + j]
        vz = vz * x + j * powers[i + 2 * TERMS + j]
    return px, py, pz, vx * half, vy * half, vz * half


@inlined
def add_body_state(sign, body, first, seconds, lane, R, V, field):
    px, py, pz, vx, vy, vz = body_state(body, first, seconds, field)
    set_lane(R, 0, lane, get_lane(R, 0, lane) + sign * px)
    set_lane(R, 1, lane, get_lane(R, 1, lane) + sign * py)
    set_lane(R, 2, lane, get_lane(R, 2, lane) + sign * pz)
    set_lane(V, 0, lane, get_lane(V, 0, lane) + sign * vx)
    set_lane(V, 1, lane, get_lane(V, 1, lane) + sign * vy)
    set_lane(V, 2, lane, get_lane(V, 2, lane) + sign * vz)


@inlined
def move_origin(target, elapsed, lane, clock_lane, CLOCK, R, V, field):
    """Refer one lane of the state to another body; the variations do not change."""
    origin = int(get_lane(CLOCK, clock.CENTER, clock_lane))
    if origin != target:
        first, now = since_granule(get_lane(CLOCK, clock.START, clock_lane), elapsed, field)
        add_body_state(1.0, origin, first, now, lane, R, V, field)
        add_body_state(-1.0, target, first, now, lane, R, V, field)


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
        wanted[1] = elapsed
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
        move_origin(centers[i], get_lane(CLOCK, clock.ELAPSED, clock_lane), lane, clock_lane, CLOCK, R, V, field)
