"""Batch propagation under forces that depend on velocity, by the 8(5, 3) Runge-Kutta method on SIMD lanes.

Used for thrust along the velocity relative to the origin, which therefore does not move. Elsewhere `nystrom` does the
same work with a third of the evaluations.
"""

from . import clock
from .blocks import (
    FIRST_STEP,
    FORCE_X,
    IMPACT,
    MASS,
    MASS_FLOW,
    NOT_FINITE,
    ROW_SIZE,
    SPAN,
    is_stuck,
    load_block,
    next_step,
    record_nodes,
    store_block,
)
from .jit import compiled, inlined
from .lanes import absolute, any_lane, fma, maximum, rsqrt, select, stack
from .nystrom import STATE, start_variations

STEERED = 8  # columns: of the initial state, of the thrust's magnitude, of the initial mass


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
def steer(s, derivatives, elapsed, U, W, ROW, K, size, columns):
    """Stage s: gravity, thrust F / m along the velocity, and their variations."""
    ax, ay, az, gxx, gxy, gxz, gyy, gyz, gzz = derivatives
    inverse_mass = 1.0 / fma(-ROW[MASS_FLOW], elapsed, ROW[MASS])
    inverse_speed = rsqrt(fma(W[0], W[0], fma(W[1], W[1], W[2] * W[2])))
    tx, ty, tz = W[0] * inverse_speed, W[1] * inverse_speed, W[2] * inverse_speed
    push = ROW[FORCE_X] * inverse_mass
    j = 2 * s * size
    for k in range(size):
        K[j + k] = W[k]
    j = j + size
    K[j] = fma(push, tx, ax)
    K[j + 1] = fma(push, ty, ay)
    K[j + 2] = fma(push, tz, az)
    turn = push * inverse_speed  # d(push t) / dv = turn (1 - t t^T)
    for k in range(3, size, 3):
        x, y, z = U[k], U[k + 1], U[k + 2]
        u, v, w = W[k], W[k + 1], W[k + 2]
        along = fma(tx, u, fma(ty, v, tz * w))
        K[j + k] = fma(gxx, x, fma(gxy, y, fma(gxz, z, turn * fma(-along, tx, u))))
        K[j + k + 1] = fma(gxy, x, fma(gyy, y, fma(gyz, z, turn * fma(-along, ty, v))))
        K[j + k + 2] = fma(gxz, x, fma(gyz, y, fma(gzz, z, turn * fma(-along, tz, w))))
    if columns == STEERED:
        k = j + 3 + 3 * STATE
        by_mass = -push * inverse_mass
        K[k] = fma(inverse_mass, tx, K[k])
        K[k + 1] = fma(inverse_mass, ty, K[k + 1])
        K[k + 2] = fma(inverse_mass, tz, K[k + 2])
        K[k + 3] = fma(by_mass, tx, K[k + 3])
        K[k + 4] = fma(by_mass, ty, K[k + 4])
        K[k + 5] = fma(by_mass, tz, K[k + 5])


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
def accept(sums, b, good, h, R, V, K, size):
    for k in range(0, size, 3):
        p0, p1, p2 = sums(b, K, k, 2 * size)
        q0, q1, q2 = sums(b, K, size + k, 2 * size)
        R[k] = select(good, fma(h, p0, R[k]), R[k])
        R[k + 1] = select(good, fma(h, p1, R[k + 1]), R[k + 1])
        R[k + 2] = select(good, fma(h, p2, R[k + 2]), R[k + 2])
        V[k] = select(good, fma(h, q0, V[k]), V[k])
        V[k + 1] = select(good, fma(h, q1, V[k + 1]), V[k + 1])
        V[k + 2] = select(good, fma(h, q2, V[k + 2]), V[k + 2])


def make_propagator(width, columns, tableau, sums, model):
    """Build the propagator of ``width`` lanes; each keeps its own clock. See `nystrom.make_propagator`."""
    limit, fill, _advance, _finish, acceleration, hits, series = model
    nodes, node_of, c, stages = tableau.nodes, tableau.node_of, tableau.c, len(tableau.c)
    b, e5, e3 = range(stages, stages + 3)
    exponent = -0.5 / tableau.order
    size = 3 + 3 * columns
    k_room, eph_room, row_room, clock_room = 2 * stages * size, series * len(nodes), ROW_SIZE, clock.SIZE

    def propagate(
        states, starts, durations, first_steps, centers, rows, field, tolerance, max_steps, stop_at_impact,
        first, last, out, partials, status, step_count, path, path_count,
    ):  # fmt: skip
        R, V, U, W = stack(width, size), stack(width, size), stack(width, size), stack(width, size)
        K, ROW = stack(width, k_room), stack(width, row_room)
        EPH, CLOCK = stack(width, eph_room), stack(width, clock_room)
        inverse_tolerance2 = 1.0 / (tolerance * tolerance)
        for block in range(first, last, width):
            load_block(block, last, states, rows, durations, first_steps, starts, centers, R, V, ROW, CLOCK)
            start_variations(R, V, columns)
            span, h = ROW[SPAN], ROW[FIRST_STEP]
            alive = (R[0] + R[1] + R[2] + V[0] + V[1] + V[2]) * 0.0 + 1.0  # a NaN never lives
            trouble = R[0] * 0.0
            elapsed = span * 0.0
            h_before, e2_before = elapsed, elapsed + 1.0
            count = 0
            while count < max_steps and any_lane(absolute((span - elapsed) * alive) > 0.0):
                count += 1
                remaining = span - elapsed
                wanted = h
                h = select(absolute(h) >= absolute(remaining), remaining, h)
                CLOCK[clock.ELAPSED] = elapsed
                CLOCK[clock.STEP] = h
                limit(CLOCK, field)
                h = CLOCK[clock.STEP]
                final = absolute(h) >= absolute(remaining)
                fill(CLOCK, EPH, nodes, field)
                for s in range(stages):
                    now = elapsed + c[s] * h
                    stage_state(sums, s, h, R, V, K, U, W, size)
                    derivatives = acceleration(node_of[s], now, U[0], U[1], U[2], EPH, ROW, field)
                    steer(s, derivatives, now, U, W, ROW, K, size, columns)
                e2 = squared_error(sums, e5, e3, h, R, V, K, size) * inverse_tolerance2
                e2 = select(absolute(h) * alive > 0.0, e2, 0.0)
                good = e2 <= 1.0
                accept(sums, b, good, h, R, V, K, size)
                elapsed = select(good, select(final, span, elapsed + h), elapsed)
                if stop_at_impact:
                    inside = hits(R[0], R[1], R[2], EPH, field) & (alive > 0.0)
                    trouble = select(inside, float(IMPACT), trouble)
                step = next_step(e2, good, h, wanted, h_before, e2_before, exponent)
                h_before = select(good, h, h_before)
                e2_before = select(good, maximum(e2, 1e-6), e2_before)
                h = step
                stuck = is_stuck(h, span - elapsed, span)
                trouble = select(stuck, maximum(trouble, float(NOT_FINITE)), trouble)
                alive = select(trouble > 0.0, 0.0, alive)
                if path.shape[1] > 0:
                    record_nodes(block, last, good, alive, elapsed, R, V, U, CLOCK, path, path_count)
            left = absolute(span - elapsed) + trouble * 0.0
            store_block(
                block, last, alive, trouble, left, count, R, V, U, columns, out, partials, status, step_count
            )

    return compiled(propagate)
