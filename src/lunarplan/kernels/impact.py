"""Impacts: a row ends inside a body, or has passed below its surface between the two ends of a step."""

from .jit import inlined
from .lanes import any_lane, fma, maximum, rsqrt


@inlined
def radial_motion(d, w):
    """Place times velocity relative to a body."""
    return fma(d[0], w[0], fma(d[1], w[1], d[2] * w[2]))


@inlined
def lowest_distance(d, w, gm):
    """Periapsis of the osculating conic at place d and velocity w relative to a body."""
    distance2, speed2, along = fma(d[0], d[0], fma(d[1], d[1], d[2] * d[2])), radial_motion(w, w), radial_motion(d, w)
    turn2 = fma(-along, along, distance2 * speed2)  # squared angular momentum
    energy = fma(0.5, speed2, -gm * rsqrt(distance2))
    shape2 = maximum(fma(2.0 * energy, turn2, gm * gm), 1e-300)
    return turn2 / (gm + shape2 * rsqrt(shape2))


@inlined
def within_reach(d, w, h, gm, radius):
    """Mask of the lanes that can have come from the surface within |h|: no faster than the fall to it.

    The Moon too turns a craft back towards the Earth, and then the conic about the Earth says nothing.
    """
    distance2 = fma(d[0], d[0], fma(d[1], d[1], d[2] * d[2]))
    inverse = rsqrt(distance2)
    fastest2 = fma(2.0 * gm, 1.0 / radius - inverse, radial_motion(w, w))
    above = fma(distance2, inverse, -radius)
    return above * above < fastest2 * (h * h)


@inlined
def hits_body(sank, d, w, h, gm, radius):
    """Mask of the lanes inside a body, or that sank towards it before the step of length h and passed below.

    The lowest point between is that of the conic at the end of the step: to some hundred metres.
    """
    inside = fma(d[0], d[0], fma(d[1], d[1], d[2] * d[2])) < radius * radius
    passed = sank & (radial_motion(d, w) * h > 0.0)
    if any_lane(passed):
        passed = passed & within_reach(d, w, h, gm, radius)
        inside = inside | (passed & (lowest_distance(d, w, gm) < radius))
    return inside
