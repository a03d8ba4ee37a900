"""The loop that all propagators share: steps, clocks, acceptance, impacts, records."""

from . import clock
from .blocks import (
    FIRST_STEP,
    IMPACT,
    NOT_FINITE,
    ROW_SIZE,
    SPAN,
    is_stuck,
    load_block,
    next_step,
    record_nodes,
    start_variations,
    store_block,
)
from .jit import compiled
from .lanes import absolute, any_lane, get_lane, max_per_clock, maximum, select, stack


def build(width, columns, shared, tableau, sums, model, evaluate, accept, slopes):
    """Build a propagator of ``width`` lanes; compiled at its first call.

    columns  : variations carried along, see `blocks.start_variations`
    shared   : the rows of a block start and end together and take the same steps
    tableau, sums : the method's figures, and its weighted sums (`stages`)
    model    : `rhs.RightHandSide`
    evaluate : (sums, acceleration, tableau's c and node_of, h, elapsed, R, V, U, W, K, EPH, ROW, field, size, columns)
               fills the stages K and returns the squared relative error of the step
    accept   : (sums, stages, good, h, R, V, K, size) moves the lanes whose step was good
    slopes   : numbers a stage keeps per component of the state: 1 for accelerations, 2 with velocities

    All functions are plain functions of kernel modules, so that the compiled code can be cached.
    """
    limit, fill_one, fill_each, advance, finish, acceleration, sinks, hits, series, kept = model
    clocks = 1 if shared else width
    fill = fill_one if clocks == 1 else fill_each
    kept_room = 1 if clocks == 1 else kept
    nodes, node_of, c, stages = tableau.nodes, tableau.node_of, tableau.c, len(tableau.c)
    exponent = -0.5 / tableau.order
    size = 3 + 3 * columns
    k_room, eph_room, row_room, clock_room = slopes * stages * size, series * len(nodes), ROW_SIZE, clock.SIZE

    def propagate(
        states, starts, durations, first_steps, centers, rows, field, tolerance, max_steps, stop_at_impact,
        first, last, out, partials, status, step_count, path, path_count,
    ):  # fmt: skip
        R, V, U, W = stack(width, size), stack(width, size), stack(width, size), stack(width, size)
        K, ROW = stack(width, k_room), stack(width, row_room)
        EPH, KEPT, CLOCK = stack(clocks, eph_room), stack(clocks, kept_room), stack(clocks, clock_room)
        KEPT[0] = -1.0
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
                fill(CLOCK, EPH, KEPT, nodes, field)
                if stop_at_impact:
                    sank = sinks(R, V, h, nodes, EPH, field)
                e2 = evaluate(sums, acceleration, c, node_of, h, elapsed, R, V, U, W, K, EPH, ROW, field, size, columns)
                own_e2 = select(absolute(h) * alive > 0.0, e2 * inverse_tolerance2, 0.0)
                e2 = max_per_clock(own_e2, h)
                good = e2 <= 1.0
                accept(sums, stages, good, h, R, V, K, size)
                elapsed = select(good, select(final, span, elapsed + h), elapsed)
                if stop_at_impact:
                    inside = hits(sank, R, V, h, nodes, EPH, field) & (alive > 0.0)
                    trouble = select(good, select(inside, float(IMPACT), trouble), trouble)
                advance(good, elapsed, CLOCK, EPH, R, V, field)
                step = next_step(e2, good, h, wanted, h_before, e2_before, exponent)
                h_before = select(good, h, h_before)
                e2_before = select(good, maximum(e2, 1e-6), e2_before)
                h = step
                stuck = is_stuck(h, span - elapsed, span)
                # on a shared clock only the lane that made the step so short gives up
                lost = select(own_e2 < e2, trouble, maximum(trouble, float(NOT_FINITE)))
                trouble = select(stuck, lost, trouble)
                alive = select(trouble > 0.0, 0.0, alive)
                if path.shape[1] > 0:
                    record_nodes(block, last, good, alive, elapsed, R, V, U, CLOCK, path, path_count)
            finish(block, last, centers, elapsed, CLOCK, R, V, field)
            left = absolute(span - elapsed) + trouble * 0.0
            store_block(block, last, alive, trouble, left, count, R, V, U, columns, out, partials, status, step_count)

    return compiled(propagate)
