"""Batch propagation of r'' = f(t, r) with its variations, by an embedded Runge-Kutta-Nystrom method on SIMD lanes.

A block of ``width`` rows is integrated at once. With ``shared`` the rows start and end together: they take the same
steps, and the ephemeris of a step is evaluated once for all of them. Without it every lane keeps its own clock and
step, and no lane sees its neighbours: a row's answer does not depend on the batch it came with.
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
from .lanes import absolute, any_lane, fma, get_lane, max_per_clock, maximum, select, stack

STATE, THRUST = (
    6,
    10,
)  # columns of variations: of the initial state; and of the thrust vector and the initial mass


@inlined
def start_variations(R, V, columns):
    """Unit matrix for the columns of the initial state, zero for the others."""
    for k in range(3, 3 + 3 * columns):
        R[k] = 0.0
        V[k] = 0.0
    if columns > 0:
        for k in range(3):
            R[3 + 4 * k] = 1.0
            V[12 + 4 * k] = 1.0


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
def accept(sums, b_position, b_velocity, good, h, h2, R, V, K, size):
    """Move the lanes whose step was good."""
    for k in range(0, size, 3):
        p0, p1, p2 = sums(b_position, K, k, size)
        q0, q1, q2 = sums(b_velocity, K, k, size)
        R[k] = select(good, fma(h2, p0, fma(h, V[k], R[k])), R[k])
        R[k + 1] = select(good, fma(h2, p1, fma(h, V[k + 1], R[k + 1])), R[k + 1])
        R[k + 2] = select(good, fma(h2, p2, fma(h, V[k + 2], R[k + 2])), R[k + 2])
        V[k] = select(good, fma(h, q0, V[k]), V[k])
        V[k + 1] = select(good, fma(h, q1, V[k + 1]), V[k + 1])
        V[k + 2] = select(good, fma(h, q2, V[k + 2]), V[k + 2])


def make_propagator(width, columns, shared, tableau, sums, model):
    """Build the propagator of ``width`` lanes for one right-hand side.

    columns : variations carried along: 0, `STATE` or `THRUST`
    tableau : the method, and ``sums`` its weighted sums (`stages`)
    model   : `rhs.RightHandSide`, plain functions of kernel modules, so that the compiled code can be cached
    """
    limit, fill, advance, finish, acceleration, hits, series = model
    clocks = 1 if shared else width
    nodes, node_of, c, stages = tableau.nodes, tableau.node_of, tableau.c, len(tableau.c)
    b_position, b_velocity, e_position, e_velocity = range(stages, stages + 4)
    exponent = -0.5 / tableau.order
    size = 3 + 3 * columns
    k_room, eph_room, row_room, clock_room = stages * size, series * len(nodes), ROW_SIZE, clock.SIZE

    def propagate(
        states, starts, durations, first_steps, centers, rows, field, tolerance, max_steps, stop_at_impact,
        first, last, out, partials, status, step_count, path, path_count,
    ):  # fmt: skip
        R, V, U = stack(width, size), stack(width, size), stack(width, size)
        K, ROW = stack(width, k_room), stack(width, row_room)
        EPH, CLOCK = stack(clocks, eph_room), stack(clocks, clock_room)
        inverse_tolerance2 = 1.0 / (tolerance * tolerance)
        for block in range(first, last, width):
            load_block(block, last, states, rows, durations, first_steps, starts, centers, R, V, ROW, CLOCK)
            start_variations(R, V, columns)
            span = get_lane(ROW, SPAN, 0) if shared else ROW[SPAN]
            h = get_lane(ROW, FIRST_STEP, 0) if shared else ROW[FIRST_STEP]
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
                h2 = h * h
                for s in range(stages):
                    ch = c[s] * h
                    stage_positions(sums, s, ch, h2, R, V, K, U, size)
                    derivatives = acceleration(node_of[s], elapsed + ch, U[0], U[1], U[2], EPH, ROW, field)
                    vary(s, derivatives, U, K, size)
                    if columns == THRUST:
                        force_thrust_columns(s, elapsed + ch, ROW, K, size)
                e2 = squared_error(sums, e_position, e_velocity, h2, R, V, K, size) * inverse_tolerance2
                e2 = select(h2 * alive > 0.0, e2, 0.0)
                e2 = max_per_clock(e2, h)
                good = e2 <= 1.0
                accept(sums, b_position, b_velocity, good, h, h2, R, V, K, size)
                elapsed = select(good, select(final, span, elapsed + h), elapsed)
                if stop_at_impact:
                    inside = hits(R[0], R[1], R[2], EPH, field) & (alive > 0.0)
                    trouble = select(good, select(inside, float(IMPACT), trouble), trouble)
                advance(good, elapsed, CLOCK, EPH, R, V, field)
                step = next_step(e2, good, h, wanted, h_before, e2_before, exponent)
                h_before = select(good, h, h_before)
                e2_before = select(good, maximum(e2, 1e-6), e2_before)
                h = step
                stuck = is_stuck(h, span - elapsed, span)
                trouble = select(stuck, maximum(trouble, float(NOT_FINITE)), trouble)
                alive = select(trouble > 0.0, 0.0, alive)
                if path.shape[1] > 0:
                    record_nodes(block, last, good, alive, elapsed, R, V, U, CLOCK, path, path_count)
            finish(block, last, centers, elapsed, CLOCK, R, V, field)
            left = absolute(span - elapsed) + trouble * 0.0
            store_block(block, last, alive, trouble, left, count, R, V, U, columns, out, partials, status, step_count)

    return compiled(propagate)
