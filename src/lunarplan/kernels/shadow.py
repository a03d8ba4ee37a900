"""How much of the Sun's disc a body leaves uncovered."""

import math

from .jit import inlined


@inlined
def overlap(a, b, c):
    """Area two discs of radii a, b share when their centres are c apart (plane geometry)."""
    if c >= a + b:
        return 0.0
    if c <= abs(a - b):
        return math.pi * min(a, b) ** 2
    x = (c * c + (a - b) * (a + b)) / (2.0 * c)
    y = math.sqrt(max((a + b + c) * (a + b - c) * (c - a + b) * (c + a - b), 0.0)) / (2.0 * c)
    return segment(a, x, y) + segment(b, c - x, y)


@inlined
def segment(radius, x, y):
    """Area of a disc beyond the chord whose upper end is at (x, y); right to the last digits of a sliver, too."""
    return radius * radius * math.atan2(y, x) - x * y


@inlined
def lit_fraction(sx, sy, sz, sun_radius, bx, by, bz, body_radius):
    """Fraction of the Sun's disc seen past one body; s, b point from the observer to the Sun and to the body.

    Source: Montenbruck and Gill (2000), Satellite Orbits, sec. 3.4.2 (conical shadow, uniform disc).
    """
    s = math.sqrt(sx * sx + sy * sy + sz * sz)
    b = math.sqrt(bx * bx + by * by + bz * bz)
    sun = math.asin(min(1.0, sun_radius / s))
    body = math.asin(min(1.0, body_radius / b))
    # the angle between two directions by its half: exact for the small angles that matter here
    dx, dy, dz = sx / s - bx / b, sy / s - by / b, sz / s - bz / b
    apart = 2.0 * math.asin(min(1.0, 0.5 * math.sqrt(dx * dx + dy * dy + dz * dz)))
    return 1.0 - overlap(sun, body, apart) / (math.pi * sun * sun)
