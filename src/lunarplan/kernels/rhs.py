"""The contract between a stepper and a right-hand side."""

from collections.abc import Callable
from typing import NamedTuple


class RightHandSide(NamedTuple):
    """Plain functions a propagator is built from.

    limit        : (CLOCK, field) shortens CLOCK[STEP], for instance at the end of an ephemeris granule
    fill_one, fill_each : (CLOCK, EPH, KEPT, nodes, field) tabulates what depends on time alone, at every distinct stage
                   time; for a single clock, or for a clock in every lane
    advance      : (accepted, elapsed, CLOCK, EPH, R, V, field) after a step: keeps what the clock needs, may move the
                   origin of the state
    finish       : (first, last, centers, elapsed, CLOCK, R, V, field) at the end: puts the origin back
    acceleration : (node, elapsed, x, y, z, EPH, ROW, field) -> acceleration and its gradient
                   (ax, ay, az, gxx, gxy, gxz, gyy, gyz, gzz); a caller that drops the gradient does not pay for it
    sinks        : (R, V, h, nodes, EPH, field) -> at the start of a step, what ``hits`` wants to know
    hits         : (sank, R, V, h, nodes, EPH, field) -> mask of lanes that met a body in the step that ends here
    series       : quantities ``fill`` tabulates per stage time, at most
    kept         : numbers per lane that ``fill_each`` keeps in KEPT from step to step; the first is -1 before any
    """

    limit: Callable
    fill_one: Callable
    fill_each: Callable
    advance: Callable
    finish: Callable
    acceleration: Callable
    sinks: Callable
    hits: Callable
    series: int
    kept: int
