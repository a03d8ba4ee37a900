"""Vectors of three components, passed as components: for scalars and lanes alike."""

from .jit import inlined
from .lanes import fma, rsqrt


@inlined
def dot(ax, ay, az, bx, by, bz):
    return fma(ax, bx, fma(ay, by, az * bz))


@inlined
def cross(ax, ay, az, bx, by, bz):
    return fma(ay, bz, -az * by), fma(az, bx, -ax * bz), fma(ax, by, -ay * bx)


@inlined
def unit(x, y, z):
    """Length, its inverse and direction of a vector that is not zero."""
    square = dot(x, y, z, x, y, z)
    inverse = rsqrt(square)
    return square * inverse, inverse, x * inverse, y * inverse, z * inverse


@inlined
def across(ax, ay, az, ux, uy, uz):
    """The part of a at right angles to the unit vector u."""
    along = dot(ax, ay, az, ux, uy, uz)
    return fma(-along, ux, ax), fma(-along, uy, ay), fma(-along, uz, az)
