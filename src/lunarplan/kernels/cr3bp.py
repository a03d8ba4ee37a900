"""Right-hand side of the circular restricted three-body problem, in axes that do not rotate, centred on the Moon.

In inertial axes the problem has the form r'' = f(t, r) that the Nystrom methods want, and near the smaller primary
its centre is the better origin: the error floor is ten times lower than in barycentric rotating axes.
Units: distance of the primaries, their mean motion 1.
"""

from typing import NamedTuple

from . import clock
from .angles import LARGEST, sine_cosine
from .ephemeris import NODES
from .impact import hits_body, radial_motion
from .jit import inlined
from .lanes import absolute, copysign, fma, minimum, rsqrt, select
from .rhs import RightHandSide


class Primaries(NamedTuple):
    """mu: mass of the smaller primary over that of both; radius: of larger and smaller body, where rows end."""

    mu: float
    larger_radius: float
    smaller_radius: float


@inlined
def limit_angle(CLOCK, field):
    """Keep a step within the range of the sine and cosine series."""
    h = CLOCK[clock.STEP]
    CLOCK[clock.STEP] = copysign(minimum(absolute(h), h * 0.0 + LARGEST), h)


@inlined
def fill_rotation(CLOCK, EPH, KEPT, nodes, field):
    """Cosine and sine of the primaries' angle at the stage times, turned on from those at the start of the step."""
    c, s, h = CLOCK[clock.COSINE], CLOCK[clock.SINE], CLOCK[clock.STEP]
    for node in range(NODES):
        ds, dc = sine_cosine(nodes[node] * h)
        EPH[node] = fma(c, dc, -(s * ds))
        EPH[NODES + node] = fma(s, dc, c * ds)


@inlined
def turn(accepted, elapsed, CLOCK, EPH, R, V, field):
    """Keep the angle at the end of an accepted step, its length brought back to one."""
    c, s = EPH[NODES - 1], EPH[2 * NODES - 1]
    unit = fma(-0.5, fma(c, c, fma(s, s, -1.0)), 1.0)
    CLOCK[clock.COSINE] = select(accepted, c * unit, CLOCK[clock.COSINE])
    CLOCK[clock.SINE] = select(accepted, s * unit, CLOCK[clock.SINE])


@inlined
def keep_origin(first, last, centers, elapsed, CLOCK, R, V, field):
    """The Moon stays the origin."""


@inlined
def three_body(node, elapsed, x, y, z, EPH, ROW, field):
    """Acceleration and gradient; the larger primary stands at -(cosine, sine, 0)."""
    c, s = EPH[node], EPH[NODES + node]
    mu, rest = field.mu, 1.0 - field.mu
    ex, ey = x + c, y + s
    zz = z * z
    i1 = rsqrt(fma(ex, ex, fma(ey, ey, zz)))
    i2 = rsqrt(fma(x, x, fma(y, y, zz)))
    i1i1, i2i2 = i1 * i1, i2 * i2
    w1 = -rest * (i1 * i1i1)
    w2 = -mu * (i2 * i2i2)
    w = w1 + w2
    pull = w1 + rest  # on the origin itself, and its difference to that on the craft
    ax, ay, az = fma(w, x, pull * c), fma(w, y, pull * s), w * z
    q1, q2 = -3.0 * w1 * i1i1, -3.0 * w2 * i2i2
    gxx = fma(q1 * ex, ex, fma(q2 * x, x, w))
    gxy = fma(q1 * ex, ey, q2 * x * y)
    gxz = fma(q1, ex, q2 * x) * z
    gyy = fma(q1 * ey, ey, fma(q2 * y, y, w))
    gyz = fma(q1, ey, q2 * y) * z
    gzz = fma(q1 + q2, zz, w)
    return ax, ay, az, gxx, gxy, gxz, gyy, gyz, gzz


@inlined
def relative_to_larger(R, V, node, EPH):
    c, s = EPH[node], EPH[NODES + node]
    return (R[0] + c, R[1] + s, R[2]), (V[0] - s, V[1] + c, V[2])


@inlined
def sinks(R, V, h, nodes, EPH, field):
    """Masks of the lanes that come closer to the larger, and to the smaller primary, at the start of a step."""
    d, w = relative_to_larger(R, V, 0, EPH)
    return radial_motion(d, w) * h < 0.0, radial_motion((R[0], R[1], R[2]), (V[0], V[1], V[2])) * h < 0.0


@inlined
def hits(sank, R, V, h, nodes, EPH, field):
    """Mask of the lanes that met a primary in the step that ends here."""
    d, w = relative_to_larger(R, V, NODES - 1, EPH)
    p, q = (R[0], R[1], R[2]), (V[0], V[1], V[2])
    return hits_body(sank[0], d, w, h, 1.0 - field.mu, field.larger_radius) | hits_body(
        sank[1], p, q, h, field.mu, field.smaller_radius
    )


THREE_BODY = RightHandSide(
    limit=limit_angle,
    fill_one=fill_rotation,
    fill_each=fill_rotation,
    advance=turn,
    finish=keep_origin,
    acceleration=three_body,
    sinks=sinks,
    hits=hits,
    series=2,
    kept=1,
)
