"""Vectors of three components as tuples, of scalars or of lanes alike."""

from .jit import inlined
from .lanes import fma, rsqrt, select


@inlined
def dot(a, b):
    return fma(a[0], b[0], fma(a[1], b[1], a[2] * b[2]))


@inlined
def cross(a, b):
    return fma(a[1], b[2], -a[2] * b[1]), fma(a[2], b[0], -a[0] * b[2]), fma(a[0], b[1], -a[1] * b[0])


@inlined
def scaled(s, a):
    return s * a[0], s * a[1], s * a[2]


@inlined
def added(a, b):
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


@inlined
def less(a, b):
    """a - b."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@inlined
def combined(s, a, t, b):
    """s a + t b."""
    return fma(s, a[0], t * b[0]), fma(s, a[1], t * b[1]), fma(s, a[2], t * b[2])


@inlined
def chosen(mask, a, b):
    """a where the mask holds, b elsewhere."""
    return select(mask, a[0], b[0]), select(mask, a[1], b[1]), select(mask, a[2], b[2])


@inlined
def resolved(a):
    """Length, inverse length and direction of a vector that is not zero."""
    square = dot(a, a)
    inverse = rsqrt(square)
    return square * inverse, inverse, scaled(inverse, a)


@inlined
def across(a, u):
    """The part of a at right angles to the unit vector u."""
    return combined(1.0, a, -dot(a, u), u)
