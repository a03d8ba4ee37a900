"""The contract between a stepper and a right-hand side."""

from collections.abc import Callable
from typing import NamedTuple


class RightHandSide(NamedTuple):
    """Plain functions a propagator is built from.

    limit        : (CLOCK, field) shortens CLOCK[STEP], for instance at the end of an ephemeris granule
    fill         : (CLOCK, EPH, nodes, field) tabulates what depends on time alone, at every distinct stage time
    advance      : (accepted, elapsed, CLOCK, EPH, R, V, field) after a step: keeps what the clock needs, may move the
                   origin of the state
    finish       : (first, last, centers, elapsed, CLOCK, R, V, field) at the end: puts the origin back
    acceleration : (node, elapsed, x, y, z, EPH, ROW, field) -> acceleration and its gradient
                   (ax, ay, az, gxx, gxy, gxz, gyy, gyz, gzz); a caller that drops the gradient does not pay for it
    hits         : (x, y, z, EPH, field) -> mask of lanes inside a body at the end of the step
    series       : quantities ``fill`` tabulates per stage time, at most
    """

    limit: Callable
    fill: Callable
    advance: Callable
    finish: Callable
    acceleration: Callable
    hits: Callable
    series: int
