"""Acceleration of a spacecraft near the Earth and the Moon, with its exact gradient, on lanes.

Every body attracts along d = r - s, where s is its tabulated place relative to the origin (zero for the body at the
origin); the tabulated acceleration of the origin is added once. Sunlight has the law of gravity with the sign turned,
so it only changes the Sun's GM.
"""

from .blocks import FORCE_X, FORCE_Y, FORCE_Z, MASS, MASS_FLOW, SRP
from .ephemeris import MEMORY, NODES, fill_lanes, fill_nodes
from .field import EARTH, MAX_SERIES, MOON, SUN
from .gravity import harmonic_acceleration, zonal_terms
from .impact import hits_body, radial_motion
from .jit import inlined
from .lanes import absolute, any_lane, fma, get_lane, lane_count, lane_max, rsqrt, select, set_lane, stack_like
from .origin import limit_to_granule, recentre, restore_origins
from .rhs import RightHandSide
from .shadow import lit_fraction


@inlined
def oblate(acceleration, gradient, gm, dx, dy, dz, i1, node, EPH, field):
    """Add the Earth: a point mass, and zonal harmonics about its pole p; i1 = 1 / distance."""
    j = field.pole * NODES + node
    px, py, pz = EPH[j], EPH[j + NODES], EPH[j + 2 * NODES]
    i2 = i1 * i1
    w = -gm * (i1 * i2)
    along = fma(dx, px, fma(dy, py, dz * pz))
    a, b, c, d, e = zonal_terms(field.zonal_degree, field.zonal, along * i1, i1)
    a, c = a + w, fma(-3.0 * w, i2, c)
    ax, ay, az = acceleration
    ax = fma(a, dx, fma(b, px, ax))
    ay = fma(a, dy, fma(b, py, ay))
    az = fma(a, dz, fma(b, pz, az))
    gxx, gxy, gxz, gyy, gyz, gzz = gradient
    ux, uy, uz = fma(c, dx, d * px), fma(c, dy, d * py), fma(c, dz, d * pz)
    wx, wy, wz = fma(d, dx, e * px), fma(d, dy, e * py), fma(d, dz, e * pz)
    gxx = fma(ux, dx, fma(wx, px, gxx + a))
    gxy = fma(ux, dy, fma(wx, py, gxy))
    gxz = fma(ux, dz, fma(wx, pz, gxz))
    gyy = fma(uy, dy, fma(wy, py, gyy + a))
    gyz = fma(uy, dz, fma(wy, pz, gyz))
    gzz = fma(uz, dz, fma(wz, pz, gzz + a))
    return (ax, ay, az), (gxx, gxy, gxz, gyy, gyz, gzz)


@inlined
def rotation(w, x, y, z):
    """Rotation matrix of a unit quaternion, row by row."""
    return (
        1.0 - 2.0 * fma(y, y, z * z), 2.0 * fma(x, y, w * z), 2.0 * fma(x, z, -(w * y)),
        2.0 * fma(x, y, -(w * z)), 1.0 - 2.0 * fma(x, x, z * z), 2.0 * fma(y, z, w * x),
        2.0 * fma(x, z, w * y), 2.0 * fma(y, z, -(w * x)), 1.0 - 2.0 * fma(x, x, y * y),
    )  # fmt: skip


@inlined
def felt_degree(i1, field):
    """Highest degree of the lunar field that is felt by the lane closest to the Moon; i1 = 1 / distance."""
    closest = 1.0 / lane_max(i1)
    degree = field.harmonic_degree
    while degree > 1 and closest > field.degree_reach[degree]:
        degree -= 1
    return degree


@inlined
def lumpy(acceleration, gradient, dx, dy, dz, i1, node, EPH, field):
    """Add the Moon's harmonics, evaluated in its principal axes, up to the degree that is felt."""
    degree = felt_degree(i1, field)
    if degree < 2:
        return acceleration, gradient
    q = field.quaternion * NODES + node
    zero = dx * 0.0
    xx, xy, xz, yx, yy, yz, zx, zy, zz = rotation(
        zero + EPH[q], zero + EPH[q + NODES], zero + EPH[q + 2 * NODES], zero + EPH[q + 3 * NODES]
    )
    bx = fma(xx, dx, fma(xy, dy, xz * dz))
    by = fma(yx, dx, fma(yy, dy, yz * dz))
    bz = fma(zx, dx, fma(zy, dy, zz * dz))
    ax, ay, az, hxx, hxy, hxz, hyy, hyz, hzz = harmonic_acceleration(
        bx, by, bz, field.harmonic_radius, degree, field.harmonic_degree, field.harmonics
    )
    ox, oy, oz = acceleration
    acceleration = (
        fma(xx, ax, fma(yx, ay, fma(zx, az, ox))),
        fma(xy, ax, fma(yy, ay, fma(zy, az, oy))),
        fma(xz, ax, fma(yz, ay, fma(zz, az, oz))),
    )
    # M^T H M, one row of H M at a time
    gxx, gxy, gxz, gyy, gyz, gzz = gradient
    for row in range(3):
        if row == 0:
            a, b, c, h0, h1, h2 = xx, xy, xz, hxx, hxy, hxz
        elif row == 1:
            a, b, c, h0, h1, h2 = yx, yy, yz, hxy, hyy, hyz
        else:
            a, b, c, h0, h1, h2 = zx, zy, zz, hxz, hyz, hzz
        u = fma(h0, xx, fma(h1, yx, h2 * zx))
        v = fma(h0, xy, fma(h1, yy, h2 * zy))
        w = fma(h0, xz, fma(h1, yz, h2 * zz))
        gxx = fma(a, u, gxx)
        gxy = fma(a, v, gxy)
        gxz = fma(a, w, gxz)
        gyy = fma(b, v, gyy)
        gyz = fma(b, w, gyz)
        gzz = fma(c, w, gzz)
    return acceleration, (gxx, gxy, gxz, gyy, gyz, gzz)


@inlined
def sunlight(x, y, z, node, EPH, field):
    """Fraction of the Sun seen past the Earth and the Moon. Only lanes near a shadow's edge are looked at closely."""
    sx, sy, sz = (
        EPH[3 * SUN * NODES + node] - x,
        EPH[(3 * SUN + 1) * NODES + node] - y,
        EPH[(3 * SUN + 2) * NODES + node] - z,
    )
    s2 = fma(sx, sx, fma(sy, sy, sz * sz))
    lit = x * 0.0 + 1.0
    for body in range(EARTH, MOON + 1):
        bx = EPH[3 * body * NODES + node] - x
        by = EPH[(3 * body + 1) * NODES + node] - y
        bz = EPH[(3 * body + 2) * NODES + node] - z
        b2 = fma(bx, bx, fma(by, by, bz * bz))
        along = fma(sx, bx, fma(sy, by, sz * bz))
        # squared sine of the angle between the discs against the squared sum of their radii, a little enlarged
        reach = 1.05 * field.radius[SUN] * rsqrt(s2) + 1.05 * field.radius[body] * rsqrt(b2)
        near = (along > 0.0) & (fma(-along, along, s2 * b2) < reach * reach * (s2 * b2))
        if any_lane(near):
            lit = lit * shadowed(sx, sy, sz, field.radius[SUN], bx, by, bz, field.radius[body])
    return lit


@inlined
def shadowed(sx, sy, sz, sun_radius, bx, by, bz, radius):
    """Fraction of the Sun seen past one body, lane by lane."""
    lanes = stack_like(sx, 7)
    lanes[0], lanes[1], lanes[2] = sx, sy, sz
    lanes[3], lanes[4], lanes[5] = bx, by, bz
    for lane in range(lane_count(lanes)):
        fraction = lit_fraction(
            get_lane(lanes, 0, lane), get_lane(lanes, 1, lane), get_lane(lanes, 2, lane), sun_radius,
            get_lane(lanes, 3, lane), get_lane(lanes, 4, lane), get_lane(lanes, 5, lane), radius,
        )  # fmt: skip
        set_lane(lanes, 6, lane, fraction)
    return lanes[6]


@inlined
def attract(acceleration, gradient, gm, dx, dy, dz, i1):
    """Add a point mass at distance 1 / i1."""
    ax, ay, az = acceleration
    gxx, gxy, gxz, gyy, gyz, gzz = gradient
    i2 = i1 * i1
    w = -gm * (i1 * i2)
    k = -3.0 * w * i2
    kx, ky, kz = k * dx, k * dy, k * dz
    return (fma(w, dx, ax), fma(w, dy, ay), fma(w, dz, az)), (
        fma(kx, dx, gxx + w), fma(kx, dy, gxy), fma(kx, dz, gxz),
        fma(ky, dy, gyy + w), fma(ky, dz, gyz), fma(kz, dz, gzz + w),
    )  # fmt: skip


@inlined
def from_body(body, node, x, y, z, EPH):
    """Vector from a body, and the inverse of its length."""
    j = 3 * body * NODES + node
    dx, dy, dz = x - EPH[j], y - EPH[j + NODES], z - EPH[j + 2 * NODES]
    return dx, dy, dz, rsqrt(fma(dx, dx, fma(dy, dy, dz * dz)))


@inlined
def acceleration(node, elapsed, x, y, z, EPH, ROW, field):
    """Acceleration and gradient of the full model, see `rhs.RightHandSide`.

    The three bodies every field has stand in a straight line: that is what a step mostly consists of, and a loop over
    them costs as much again in registers saved and restored. The Earth comes last: its chain of terms is the longest,
    and nothing waits for it.
    """
    i = field.indirect * NODES + node
    zero = x * 0.0
    a = zero + EPH[i], zero + EPH[i + NODES], zero + EPH[i + 2 * NODES]
    g = (zero, zero, zero, zero, zero, zero)
    dx, dy, dz, i1 = from_body(SUN, node, x, y, z, EPH)
    a, g = attract(a, g, field.gm[SUN], dx, dy, dz, i1)
    if field.radiation:
        a, g = attract(a, g, -ROW[SRP] * sunlight(x, y, z, node, EPH, field), dx, dy, dz, i1)
    for body in range(SUN + 1, len(field.gm)):
        dx, dy, dz, i1 = from_body(body, node, x, y, z, EPH)
        a, g = attract(a, g, field.gm[body], dx, dy, dz, i1)
    dx, dy, dz, i1 = from_body(MOON, node, x, y, z, EPH)
    a, g = attract(a, g, field.gm[MOON], dx, dy, dz, i1)
    if field.harmonic_degree > 1:
        a, g = lumpy(a, g, dx, dy, dz, i1, node, EPH, field)
    dx, dy, dz, i1 = from_body(EARTH, node, x, y, z, EPH)
    if field.zonal_degree > 0:
        a, g = oblate(a, g, field.gm[EARTH], dx, dy, dz, i1, node, EPH, field)
    else:
        a, g = attract(a, g, field.gm[EARTH], dx, dy, dz, i1)
    ax, ay, az = a
    if field.thrust:
        inverse_mass = 1.0 / fma(-ROW[MASS_FLOW], elapsed, ROW[MASS])
        ax = fma(ROW[FORCE_X], inverse_mass, ax)
        ay = fma(ROW[FORCE_Y], inverse_mass, ay)
        az = fma(ROW[FORCE_Z], inverse_mass, az)
    gxx, gxy, gxz, gyy, gyz, gzz = g
    return ax, ay, az, gxx, gxy, gxz, gyy, gyz, gzz


@inlined
def body_velocity(body, nodes, h, node, EPH):
    """Velocity of a body relative to the origin at the first or last stage time, from its places.

    Its acceleration is taken as constant: over a step of half an hour the Moon's speed is right to 1e-4 km/s.
    """
    vx, vy, vz = body_shift(body, 0, 1, EPH)
    first = 1.0 / ((nodes[1] - nodes[0]) * h)
    vx, vy, vz = vx * first, vy * first, vz * first
    if node > 0:
        x, y, z = body_shift(body, 0, node, EPH)
        whole = 2.0 / h
        vx, vy, vz = fma(x, whole, -vx), fma(y, whole, -vy), fma(z, whole, -vz)
    return vx, vy, vz


@inlined
def body_shift(body, node, later, EPH):
    """How far a body moves between two stage times."""
    j, k = 3 * body * NODES + node, 3 * body * NODES + later
    return EPH[k] - EPH[j], EPH[k + NODES] - EPH[j + NODES], EPH[k + 2 * NODES] - EPH[j + 2 * NODES]


@inlined
def relative_to(body, R, V, h, nodes, node, EPH):
    """Place and velocity relative to a body."""
    j = 3 * body * NODES + node
    u, v, w = body_velocity(body, nodes, h, node, EPH)
    return (R[0] - EPH[j], R[1] - EPH[j + NODES], R[2] - EPH[j + 2 * NODES]), (V[0] - u, V[1] - v, V[2] - w)


@inlined
def sinks(R, V, h, nodes, EPH, field):
    """Masks of the lanes that come closer to the Earth, and to the Moon, at the start of a step.

    In less than a second nothing passes more than decimetres below a surface, and `body_velocity` is lost in rounding.
    """
    d, w = relative_to(EARTH, R, V, h, nodes, 0, EPH)
    p, q = relative_to(MOON, R, V, h, nodes, 0, EPH)
    h = select(absolute(h) > 1.0, h, 0.0)
    return radial_motion(d, w) * h < 0.0, radial_motion(p, q) * h < 0.0


@inlined
def hits(sank, R, V, h, nodes, EPH, field):
    """Mask of the lanes that met the Earth or the Moon in the step that ends here."""
    d, w = relative_to(EARTH, R, V, h, nodes, NODES - 1, EPH)
    p, q = relative_to(MOON, R, V, h, nodes, NODES - 1, EPH)
    return hits_body(sank[0], d, w, h, field.gm[EARTH], field.radius[EARTH]) | hits_body(
        sank[1], p, q, h, field.gm[MOON], field.radius[MOON]
    )


FULL_MODEL = RightHandSide(
    limit=limit_to_granule,
    fill_one=fill_nodes,
    fill_each=fill_lanes,
    advance=recentre,
    finish=restore_origins,
    acceleration=acceleration,
    sinks=sinks,
    hits=hits,
    series=MAX_SERIES,
    kept=MEMORY,
)
