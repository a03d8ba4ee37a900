"""Batch propagation of r'' = f(t, r) with its variations, by an embedded Runge-Kutta-Nystrom method on SIMD lanes.

A block of ``width`` rows is integrated at once. With ``shared`` the rows start and end together: they take the same
steps, and the ephemeris of a step is evaluated once for all of them. Without it every lane keeps its own clock and
step, and no lane sees its neighbours: a row's answer does not depend on the batch it came with.
"""

from .blocks import FORCE_X, MASS, MASS_FLOW, STATE
from .jit import inlined
from .lanes import fma, select
from .propagator import build

THRUST = STATE + 4  # columns of variations: of the initial state, the thrust vector and the initial mass


@inlined
def stage_positions(sums, s, ch, h2, R, V, K, U, size):
    """U = R + c h V + h2 * (weighted stages before s), for the state and every variation."""
    for k in range(0, size, 3):
        s0, s1, s2 = sums(s, K, k, size)
        U[k] = fma(h2, s0, fma(ch, V[k], R[k]))
        U[k + 1] = fma(h2, s1, fma(ch, V[k + 1], R[k + 1]))
        U[k + 2] = fma(h2, s2, fma(ch, V[k + 2], R[k + 2]))


@inlined
def vary(s, derivatives, U, K, size):
    """Stage s of the state and of its variations: K = a, and K = G U column by column."""
    ax, ay, az, gxx, gxy, gxz, gyy, gyz, gzz = derivatives
    j = s * size
    K[j] = ax
    K[j + 1] = ay
    K[j + 2] = az
    for k in range(3, size, 3):
        x, y, z = U[k], U[k + 1], U[k + 2]
        K[j + k] = fma(gxx, x, fma(gxy, y, gxz * z))
        K[j + k + 1] = fma(gxy, x, fma(gyy, y, gyz * z))
        K[j + k + 2] = fma(gxz, x, fma(gyz, y, gzz * z))


@inlined
def force_thrust_columns(s, elapsed, ROW, K, size):
    """What the thrust F / m adds to its own columns: 1 / m for F, -F / m2 for the initial mass."""
    inverse_mass = 1.0 / fma(-ROW[MASS_FLOW], elapsed, ROW[MASS])
    j = s * size + 3 + 3 * STATE
    for k in range(3):
        K[j + 4 * k] = K[j + 4 * k] + inverse_mass
        K[j + 9 + k] = K[j + 9 + k] - ROW[FORCE_X + k] * (inverse_mass * inverse_mass)


@inlined
def squared_error(sums, e_position, e_velocity, h2, R, V, K, size):
    """Square of the relative error of one step; a body at rest is measured by the speed the step gives it."""
    p0, p1, p2 = sums(e_position, K, 0, size)
    q0, q1, q2 = sums(e_velocity, K, 0, size)
    a2 = fma(K[0], K[0], fma(K[1], K[1], K[2] * K[2]))
    r2 = fma(R[0], R[0], fma(R[1], R[1], R[2] * R[2]))
    v2 = fma(V[0], V[0], fma(V[1], V[1], fma(V[2], V[2], h2 * a2)))
    p2 = fma(p0, p0, fma(p1, p1, p2 * p2))
    q2 = fma(q0, q0, fma(q1, q1, q2 * q2))
    return h2 * (h2 * p2 / r2 + q2 / v2)


@inlined
def evaluate(sums, acceleration, c, node_of, h, elapsed, R, V, U, W, K, EPH, ROW, field, size, columns):
    """All stages of a step, and the square of its error."""
    stages, h2 = len(c), h * h
    for s in range(stages):
        ch = c[s] * h
        stage_positions(sums, s, ch, h2, R, V, K, U, size)
        derivatives = acceleration(node_of[s], elapsed + ch, U[0], U[1], U[2], EPH, ROW, field)
        vary(s, derivatives, U, K, size)
        if columns == THRUST:
            force_thrust_columns(s, elapsed + ch, ROW, K, size)
    return squared_error(sums, stages + 2, stages + 3, h2, R, V, K, size)


@inlined
def accept(sums, stages, good, h, R, V, K, size):
    """Move the lanes whose step was good."""
    h2 = h * h
    for k in range(0, size, 3):
        p0, p1, p2 = sums(stages, K, k, size)
        q0, q1, q2 = sums(stages + 1, K, k, size)
        R[k] = select(good, fma(h2, p0, fma(h, V[k], R[k])), R[k])
        R[k + 1] = select(good, fma(h2, p1, fma(h, V[k + 1], R[k + 1])), R[k + 1])
        R[k + 2] = select(good, fma(h2, p2, fma(h, V[k + 2], R[k + 2])), R[k + 2])
        V[k] = select(good, fma(h, q0, V[k]), V[k])
        V[k + 1] = select(good, fma(h, q1, V[k + 1]), V[k + 1])
        V[k + 2] = select(good, fma(h, q2, V[k + 2]), V[k + 2])


def make_propagator(width, columns, shared, tableau, sums, model):
    """Build the propagator of ``width`` lanes for one right-hand side; see `propagator.build`.

    columns : 0, `STATE` or `THRUST`
    """
    return build(width, columns, shared, tableau, sums, model, evaluate, accept, 1)
