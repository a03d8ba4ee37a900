"""What every propagator does with a block of rows: load it, decide its next step, record it, store it.

Functions here take the width and the like from their caller, which knows them as constants.
"""

from . import clock
from .jit import inlined
from .lanes import absolute, coarse_power, copysign, get_lane, lane_count, maximum, minimum, select, set_lane

OK, NOT_FINITE, STEP_LIMIT, IMPACT = 0, 1, 2, 3

# What a row brings besides its state, in the order of the columns of `rows`.
SRP, FORCE_X, FORCE_Y, FORCE_Z, MASS, MASS_FLOW, PITCH_RATE = range(7)
ROW_INPUTS = 7
SPAN, FIRST_STEP = 7, 8
ROW_SIZE = 9

STATE = 6  # columns of variations of the initial state; others follow them

_SAFETY, _SHRINK, _GROW = 0.9, 0.25, 3.0
_TINY = 1e-40  # keeps the controller finite when the error estimate is exactly zero
_STUCK = 1e-13  # of the span: a step this short has met a singularity


@inlined
def load_block(first, last, states, rows, durations, first_steps, starts, centers, R, V, ROW, CLOCK):
    """Fill the lanes with rows first, first + 1, ...; the last row fills what is left over."""
    for lane in range(lane_count(R)):
        i = min(first + lane, last - 1)
        for k in range(3):
            set_lane(R, k, lane, states[i, k])
            set_lane(V, k, lane, states[i, 3 + k])
        for k in range(ROW_INPUTS):
            set_lane(ROW, k, lane, rows[i, k])
        set_lane(ROW, SPAN, lane, durations[i])
        set_lane(ROW, FIRST_STEP, lane, first_steps[i])
    for lane in range(lane_count(CLOCK)):
        i = min(first + lane, last - 1)
        set_lane(CLOCK, clock.START, lane, starts[i])
        set_lane(CLOCK, clock.CENTER, lane, float(centers[i]))
    CLOCK[clock.COSINE] = 1.0
    CLOCK[clock.SINE] = 0.0


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
def next_step(e2, good, h, wanted, h_before, e2_before, exponent):
    """Length of the next step after one of length h with squared relative error e2.

    Source: Gustafsson (1994), ACM TOMS 20(4), the predictive controller, on squared errors so that no root is taken.
    """
    e2 = e2 + _TINY
    factor = _SAFETY * coarse_power(e2, exponent)
    trend = factor * absolute(h) / maximum(absolute(h_before), 1e-300) * coarse_power(e2 / e2_before, exponent)
    factor = select(good & (absolute(h_before) > 0.0), minimum(factor, trend), factor)
    factor = minimum(maximum(factor, _SHRINK), _GROW)
    proposed = select(e2 >= 0.0, h * factor, h * _SHRINK)
    # a step cut short at a boundary says little: go on with the length wanted before the cut
    resumed = copysign(maximum(absolute(proposed), absolute(wanted)), h)
    return select(good & (absolute(h) < absolute(wanted)), resumed, proposed)


@inlined
def is_stuck(h, remaining, span):
    """True for a lane whose step no longer moves its clock."""
    return (absolute(h) < _STUCK * absolute(span)) & (absolute(remaining) > absolute(h))


@inlined
def record_nodes(first, last, good, alive, elapsed, R, V, U, CLOCK, nodes, node_count):
    """Append the accepted steps of living lanes to nodes[i, n] = (elapsed, r, v, origin); count on when it is full."""
    U[0] = select(good, alive, 0.0 * alive)
    U[1] = elapsed + 0.0 * alive
    for lane in range(lane_count(R)):
        i = first + lane
        if i < last and get_lane(U, 0, lane) > 0.0:
            n = node_count[i]
            before = nodes[i, min(n, nodes.shape[1]) - 1, 0] if n > 0 else 0.0
            if get_lane(U, 1, lane) == before:
                continue  # this lane has arrived and waits for the others
            if n < nodes.shape[1]:
                nodes[i, n, 0] = get_lane(U, 1, lane)
                nodes[i, n, 7] = get_lane(CLOCK, clock.CENTER, min(lane, lane_count(CLOCK) - 1))
                for k in range(3):
                    nodes[i, n, 1 + k] = get_lane(R, k, lane)
                    nodes[i, n, 4 + k] = get_lane(V, k, lane)
            node_count[i] = n + 1


@inlined
def store_block(first, last, alive, trouble, left, steps, R, V, U, columns, out, partials, status, step_count):
    """Write the lanes back; rows that failed get NaN and the reason."""
    U[0] = alive + 0.0 * (R[0] + R[1] + R[2] + V[0] + V[1] + V[2])  # not above zero where anything is not finite
    U[1] = select(trouble > 0.0, trouble, 0.0)
    U[2] = left
    for lane in range(lane_count(R)):
        i = first + lane
        if i >= last:
            break
        code = int(get_lane(U, 1, lane))
        if code == OK and not get_lane(U, 0, lane) > 0.0:
            code = NOT_FINITE
        if code == OK and get_lane(U, 2, lane) > 0.0:
            code = STEP_LIMIT
        status[i] = code
        step_count[i] = steps
        failed = 0.0 if code == OK else float("nan")
        for k in range(3):
            out[i, k] = get_lane(R, k, lane) + failed
            out[i, 3 + k] = get_lane(V, k, lane) + failed
            for c in range(columns):
                partials[i, k, c] = get_lane(R, 3 + 3 * c + k, lane) + failed
                partials[i, 3 + k, c] = get_lane(V, 3 + 3 * c + k, lane) + failed
