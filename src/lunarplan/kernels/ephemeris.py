"""Ephemeris of a step: everything that depends on time alone, at all stage times at once.

With one clock for a block of trajectories the stage times themselves are the lanes: each polynomial is summed once, at
all of them. With a clock for every lane the lanes are the trajectories, and each keeps the coefficients of the granule
it is in. Both ways sum the same terms in the same order.
"""

from . import clock
from .field import DEGREE, EARTH, MAX_SERIES, MOON
from .gravity import zonal_terms
from .jit import inlined
from .lanes import any_lane, floor, fma, get_lane, lane_count, load, rsqrt, set_lane, stack_like

NODES = 16  # lanes for stage times; a method with fewer stages repeats its last
TERMS = DEGREE + 1
MEMORY = MAX_SERIES * TERMS  # coefficients a lane keeps; in the first place, where the Earth's zeros are, its granule


@inlined
def since_granule(start, elapsed, field):
    """Granule in which the arc starts, and seconds from its start: they do not depend on the granules before it."""
    first = floor(start / field.length)
    return first, (start - first * field.length) + elapsed


@inlined
def granule_time(CLOCK, field):
    """Time in [-1, 1] in each clock's granule at the start of its step."""
    first, now = since_granule(CLOCK[clock.START], CLOCK[clock.ELAPSED], field)
    return (now - (CLOCK[clock.GRANULE] - first) * field.length) * (2.0 / field.length) - 1.0


@inlined
def horner(powers, series, x):
    """One series at x; even and odd powers apart, so that the chain of multiply-adds is half as long."""
    first, x2 = series * TERMS, x * x
    even, odd = x * 0.0 + powers[first + DEGREE], x * 0.0 + powers[first + DEGREE - 1]
    for j in range(DEGREE - 2, 1, -2):
        even = fma(even, x2, powers[first + j])
        odd = fma(odd, x2, powers[first + j - 1])
    return fma(odd, x, fma(even, x2, powers[first]))


@inlined
def horner3(powers, series, x):
    """Three consecutive series at x."""
    return horner(powers, series, x), horner(powers, series + 1, x), horner(powers, series + 2, x)


@inlined
def curvature(powers, series, x):
    """Second derivative of one series with respect to x."""
    first, a = series * TERMS, x * 0.0
    for j in range(DEGREE, 1, -1):
        a = fma(a, x, (j * (j - 1.0)) * powers[first + j])
    return a


@inlined
def fall(gm, dx, dy, dz, here, acceleration):
    """Take from the acceleration the pull of a point mass at d on the origin; ``here`` is 1 where d is zero."""
    w = rsqrt(fma(dx, dx, fma(dy, dy, fma(dz, dz, here))))
    w = -gm * (1.0 - here) * (w * w * w)
    ax, ay, az = acceleration
    return fma(w, dx, ax), fma(w, dy, ay), fma(w, dz, az)


@inlined
def fall_to_earth(dx, dy, dz, away, pole, acceleration, field):
    """Take from the acceleration the pull of the oblate Earth on an origin at d from it, where that is ``away``."""
    here = 1.0 - away
    ax, ay, az = fall(field.gm[EARTH], -dx, -dy, -dz, here, acceleration)
    if field.zonal_degree > 0:
        px, py, pz = pole
        i1 = rsqrt(fma(dx, dx, fma(dy, dy, fma(dz, dz, here))))
        u = fma(dx, px, fma(dy, py, dz * pz)) * i1
        a, b, _, _, _ = zonal_terms(field.zonal_degree, field.zonal, u, i1)
        a, b = away * a, away * b
        ax, ay, az = ax - fma(a, dx, b * px), ay - fma(a, dy, b * py), az - fma(a, dz, b * pz)
    return ax, ay, az


@inlined
def put3(TABLE, place, stride, x, y, z):
    TABLE[place] = x
    TABLE[place + stride] = y
    TABLE[place + 2 * stride] = z


@inlined
def tabulate(powers, x, away, field, TABLE, first, stride):
    """Put bodies relative to the origin, the rotations, and the origin's own acceleration into TABLE.

    powers : coefficients of the granule; x: time in it; away: 1 where the Moon is the origin, 0 where the Earth is

    The Earth falls towards the point masses of the field. The Moon does too, and towards the Earth's zonal
    harmonics: a body left out pulls neither the craft nor the origin. With ``exact_origin`` it falls as the ephemeris
    says it does relative to the Earth instead, so that moving the origin changes the coordinates and nothing else.
    """
    bodies = len(field.gm)
    half = 2.0 / field.length
    zero = x * 0.0
    ox, oy, oz = zero, zero, zero
    falls = zero, zero, zero
    if any_lane(away > 0.5):
        ox, oy, oz = horner3(powers, 3 * MOON, x)
        ox, oy, oz = away * ox, away * oy, away * oz
        if field.exact_origin:
            q = -half * half * away
            falls = (
                q * curvature(powers, 3 * MOON, x),
                q * curvature(powers, 3 * MOON + 1, x),
                q * curvature(powers, 3 * MOON + 2, x),
            )
        else:
            pole = horner3(powers, max(field.pole, 0), x)
            falls = fall_to_earth(ox, oy, oz, away, pole, falls, field)
    put3(TABLE, first, stride, -ox, -oy, -oz)
    for body in range(MOON, bodies):
        px, py, pz = horner3(powers, 3 * body, x)
        dx, dy, dz = px - ox, py - oy, pz - oz
        put3(TABLE, first + 3 * body * stride, stride, dx, dy, dz)
        if field.exact_origin:
            falls = fall(field.gm[body], px, py, pz, zero, falls)
        else:
            falls = fall(field.gm[body], dx, dy, dz, away if body == MOON else zero, falls)
    for series in range(3 * bodies, field.indirect):
        TABLE[first + series * stride] = horner(powers, series, x)
    put3(TABLE, first + field.indirect * stride, stride, falls[0], falls[1], falls[2])


@inlined
def fill_nodes(CLOCK, EPH, KEPT, nodes, field):
    """Tabulate for one clock, at all stage times at once."""
    node = load(NODES, nodes, 0)
    x = fma(node, CLOCK[clock.STEP] * (2.0 / field.length), node * 0.0 + granule_time(CLOCK, field))
    TABLE = stack_like(node, MAX_SERIES)
    away = node * 0.0 + CLOCK[clock.CENTER]
    tabulate(field.polynomials[int(CLOCK[clock.GRANULE])], x, away, field, TABLE, 0, 1)
    for series in range(field.indirect + 3):
        for k in range(NODES):
            EPH[series * NODES + k] = get_lane(TABLE, series, k)


@inlined
def recall_granules(CLOCK, KEPT, field):
    """Fetch the coefficients of every lane that has come to another granule."""
    for lane in range(lane_count(CLOCK)):
        granule = get_lane(CLOCK, clock.GRANULE, lane)
        if get_lane(KEPT, 0, lane) != granule:
            powers = field.polynomials[int(granule)]
            for k in range(3 * MOON * TERMS, field.indirect * TERMS):
                set_lane(KEPT, k, lane, powers[k])
            set_lane(KEPT, 0, lane, granule)


@inlined
def fill_lanes(CLOCK, EPH, KEPT, nodes, field):
    """Tabulate for all clocks at once, one stage time after the other."""
    recall_granules(CLOCK, KEPT, field)
    start, step = granule_time(CLOCK, field), CLOCK[clock.STEP] * (2.0 / field.length)
    away = CLOCK[clock.CENTER]
    for node in range(NODES):
        tabulate(KEPT, fma(step, nodes[node], start), away, field, EPH, node, NODES)
