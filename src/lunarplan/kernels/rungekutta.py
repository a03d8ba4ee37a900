"""Batch propagation under forces that depend on velocity, by the 8(5, 3) Runge-Kutta method on SIMD lanes.

Used for thrust steered with the velocity relative to the origin, which therefore does not move. Elsewhere `nystrom`
does the same work with a third of the evaluations.
"""

from .angles import sine_cosine
from .blocks import FORCE_X, FORCE_Y, FORCE_Z, MASS, MASS_FLOW, PITCH_RATE, STATE
from .jit import inlined
from .lanes import fma, maximum, rsqrt, select
from .propagator import build

STEERED = 11  # columns: of the initial state, the thrust vector, the initial mass, the pitch rate


@inlined
def stage_state(sums, s, h, R, V, K, U, W, size):
    """Positions U and velocities W of stage s; K holds the derivatives of R, then those of V."""
    for k in range(0, size, 3):
        s0, s1, s2 = sums(s, K, k, 2 * size)
        U[k] = fma(h, s0, R[k])
        U[k + 1] = fma(h, s1, R[k + 1])
        U[k + 2] = fma(h, s2, R[k + 2])
        s0, s1, s2 = sums(s, K, size + k, 2 * size)
        W[k] = fma(h, s0, V[k])
        W[k + 1] = fma(h, s1, V[k + 1])
        W[k + 2] = fma(h, s2, V[k + 2])


@inlined
def cross(ax, ay, az, bx, by, bz):
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


@inlined
def without(along, tx, ty, tz, x, y, z, inverse):
    """(x, y, z) less its part along the unit vector t, scaled: how t turns when the vector it comes from changes."""
    return fma(-along, tx, x) * inverse, fma(-along, ty, y) * inverse, fma(-along, tz, z) * inverse


@inlined
def steer(s, derivatives, elapsed, U, W, ROW, K, size, columns):
    """Stage s: gravity, thrust F / m fixed in the axes of velocity, normal and binormal, and their variations."""
    ax, ay, az, gxx, gxy, gxz, gyy, gyz, gzz = derivatives
    inverse_mass = 1.0 / fma(-ROW[MASS_FLOW], elapsed, ROW[MASS])
    speed = rsqrt(fma(W[0], W[0], fma(W[1], W[1], W[2] * W[2])))
    vx, vy, vz = W[0] * speed, W[1] * speed, W[2] * speed
    hx, hy, hz = cross(U[0], U[1], U[2], W[0], W[1], W[2])
    twist = rsqrt(maximum(fma(hx, hx, fma(hy, hy, hz * hz)), 1e-280))
    nx, ny, nz = hx * twist, hy * twist, hz * twist
    bx, by, bz = cross(vx, vy, vz, nx, ny, nz)
    sine, cosine = sine_cosine(ROW[PITCH_RATE] * elapsed)
    f1 = fma(ROW[FORCE_X], cosine, -(ROW[FORCE_Z] * sine)) * inverse_mass
    f3 = fma(ROW[FORCE_X], sine, ROW[FORCE_Z] * cosine) * inverse_mass
    f2 = ROW[FORCE_Y] * inverse_mass
    tx, ty, tz = (
        fma(f1, vx, fma(f2, nx, f3 * bx)), fma(f1, vy, fma(f2, ny, f3 * by)), fma(f1, vz, fma(f2, nz, f3 * bz))
    )  # fmt: skip
    j = 2 * s * size
    for k in range(size):
        K[j + k] = W[k]
    j = j + size
    K[j] = ax + tx
    K[j + 1] = ay + ty
    K[j + 2] = az + tz
    for k in range(3, size, 3):
        x, y, z = U[k], U[k + 1], U[k + 2]
        u, v, w = W[k], W[k + 1], W[k + 2]
        dvx, dvy, dvz = without(fma(vx, u, fma(vy, v, vz * w)), vx, vy, vz, u, v, w, speed)
        px, py, pz = cross(x, y, z, W[0], W[1], W[2])
        qx, qy, qz = cross(U[0], U[1], U[2], u, v, w)
        px, py, pz = px + qx, py + qy, pz + qz
        dnx, dny, dnz = without(fma(nx, px, fma(ny, py, nz * pz)), nx, ny, nz, px, py, pz, twist)
        px, py, pz = cross(dvx, dvy, dvz, nx, ny, nz)
        qx, qy, qz = cross(vx, vy, vz, dnx, dny, dnz)
        fx = fma(f1, dvx, fma(f2, dnx, f3 * (px + qx)))
        fy = fma(f1, dvy, fma(f2, dny, f3 * (py + qy)))
        fz = fma(f1, dvz, fma(f2, dnz, f3 * (pz + qz)))
        K[j + k] = fma(gxx, x, fma(gxy, y, fma(gxz, z, fx)))
        K[j + k + 1] = fma(gxy, x, fma(gyy, y, fma(gyz, z, fy)))
        K[j + k + 2] = fma(gxz, x, fma(gyz, y, fma(gzz, z, fz)))
    if columns == STEERED:
        k = j + 3 + 3 * STATE
        c, d = inverse_mass * cosine, inverse_mass * sine
        add_column(K, k, 1.0, fma(c, vx, d * bx), fma(c, vy, d * by), fma(c, vz, d * bz))
        add_column(K, k + 3, inverse_mass, nx, ny, nz)
        add_column(K, k + 6, 1.0, fma(c, bx, -(d * vx)), fma(c, by, -(d * vy)), fma(c, bz, -(d * vz)))
        add_column(K, k + 9, -inverse_mass, tx, ty, tz)
        add_column(K, k + 12, elapsed, fma(f1, bx, -(f3 * vx)), fma(f1, by, -(f3 * vy)), fma(f1, bz, -(f3 * vz)))


@inlined
def add_column(K, k, factor, x, y, z):
    K[k] = fma(factor, x, K[k])
    K[k + 1] = fma(factor, y, K[k + 1])
    K[k + 2] = fma(factor, z, K[k + 2])


@inlined
def relative2(sums, row, h, R, V, K, size):
    """Squared size of one error row against the state."""
    p0, p1, p2 = sums(row, K, 0, 2 * size)
    q0, q1, q2 = sums(row, K, size, 2 * size)
    r2 = fma(R[0], R[0], fma(R[1], R[1], R[2] * R[2]))
    v2 = fma(V[0], V[0], fma(V[1], V[1], V[2] * V[2]))
    return h * h * (fma(p0, p0, fma(p1, p1, p2 * p2)) / r2 + fma(q0, q0, fma(q1, q1, q2 * q2)) / v2)


@inlined
def squared_error(sums, e5, e3, h, R, V, K, size):
    """The fifth-order estimate, checked by the third-order one (Hairer, Norsett, Wanner 1993, II.10)."""
    five = relative2(sums, e5, h, R, V, K, size)
    three = relative2(sums, e3, h, R, V, K, size)
    return five * five / maximum(fma(0.01, three, five), 1e-300)


@inlined
def evaluate(sums, acceleration, c, node_of, h, elapsed, R, V, U, W, K, EPH, ROW, field, size, columns):
    """All stages of a step, and the square of its error."""
    stages = len(c)
    for s in range(stages):
        now = elapsed + c[s] * h
        stage_state(sums, s, h, R, V, K, U, W, size)
        derivatives = acceleration(node_of[s], now, U[0], U[1], U[2], EPH, ROW, field)
        steer(s, derivatives, now, U, W, ROW, K, size, columns)
    return squared_error(sums, stages + 1, stages + 2, h, R, V, K, size)


@inlined
def accept(sums, stages, good, h, R, V, K, size):
    """Move the lanes whose step was good."""
    for k in range(0, size, 3):
        p0, p1, p2 = sums(stages, K, k, 2 * size)
        q0, q1, q2 = sums(stages, K, size + k, 2 * size)
        R[k] = select(good, fma(h, p0, R[k]), R[k])
        R[k + 1] = select(good, fma(h, p1, R[k + 1]), R[k + 1])
        R[k + 2] = select(good, fma(h, p2, R[k + 2]), R[k + 2])
        V[k] = select(good, fma(h, q0, V[k]), V[k])
        V[k + 1] = select(good, fma(h, q1, V[k + 1]), V[k + 1])
        V[k + 2] = select(good, fma(h, q2, V[k + 2]), V[k + 2])


@inlined
def stay(accepted, elapsed, CLOCK, EPH, R, V, field):
    """The origin the thrust is steered by does not move."""


@inlined
def stayed(first, last, centers, elapsed, CLOCK, R, V, field):
    """Nothing to put back."""


def make_propagator(width, columns, tableau, sums, model):
    """Build the propagator of ``width`` lanes, each with a clock of its own; see `propagator.build`.

    columns : 0, `STATE` or `STEERED`
    """
    fixed = model._replace(advance=stay, finish=stayed)
    return build(width, columns, False, tableau, sums, fixed, evaluate, accept, 2)
