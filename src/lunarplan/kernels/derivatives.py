"""Acceleration and its gradient at single moments: what the propagators integrate, for partials and for tests."""

import numpy as np

from . import clock
from .blocks import ROW_INPUTS, ROW_SIZE
from .jit import compiled
from .lanes import set_lane, stack

_NO_STEP = np.zeros(16)


def make_derivatives(model, nodes=_NO_STEP):
    """Build the evaluator of one right-hand side, row by row."""
    limit, fill, acceleration = model.limit, model.fill_one, model.acceleration
    eph_room = model.series * len(nodes)
    row_room, clock_room = ROW_SIZE, clock.SIZE

    def derivatives(states, starts, centers, rows, field, out, gradient):
        """Fill out[N, 3] and gradient[N, 3, 3]."""
        ROW, EPH, KEPT, CLOCK = stack(1, row_room), stack(1, eph_room), stack(1, 1), stack(1, clock_room)
        for i in range(len(states)):
            for k in range(ROW_INPUTS):
                set_lane(ROW, k, 0, rows[i, k])
            CLOCK[clock.START] = starts[i]
            CLOCK[clock.CENTER] = float(centers[i])
            CLOCK[clock.ELAPSED] = 0.0
            CLOCK[clock.STEP] = 0.0
            CLOCK[clock.COSINE] = 1.0
            CLOCK[clock.SINE] = 0.0
            limit(CLOCK, field)
            fill(CLOCK, EPH, KEPT, nodes, field)
            ax, ay, az, xx, xy, xz, yy, yz, zz = acceleration(
                0, 0.0, states[i, 0], states[i, 1], states[i, 2], EPH, ROW, field
            )
            out[i, 0], out[i, 1], out[i, 2] = ax, ay, az
            gradient[i, 0, 0], gradient[i, 0, 1], gradient[i, 0, 2] = xx, xy, xz
            gradient[i, 1, 0], gradient[i, 1, 1], gradient[i, 1, 2] = xy, yy, yz
            gradient[i, 2, 0], gradient[i, 2, 1], gradient[i, 2, 2] = xz, yz, zz

    return compiled(derivatives)
