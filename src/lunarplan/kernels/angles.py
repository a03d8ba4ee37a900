"""Sine and cosine of small angles on lanes."""

from .jit import inlined
from .lanes import fma

LARGEST = 1.6  # rad; the series below end 1e-13 short of it


@inlined
def sine_cosine(x):
    """Sine and cosine of |x| <= `LARGEST`, by their series to the 18th power."""
    q = x * x
    s = fma(q, 1.0 / 355687428096000.0, -1.0 / 1307674368000.0)
    s = fma(q, s, 1.0 / 6227020800.0)
    s = fma(q, s, -1.0 / 39916800.0)
    s = fma(q, s, 1.0 / 362880.0)
    s = fma(q, s, -1.0 / 5040.0)
    s = fma(q, s, 1.0 / 120.0)
    s = fma(q, s, -1.0 / 6.0)
    c = fma(q, -1.0 / 6402373705728000.0, 1.0 / 20922789888000.0)
    c = fma(q, c, -1.0 / 87178291200.0)
    c = fma(q, c, 1.0 / 479001600.0)
    c = fma(q, c, -1.0 / 3628800.0)
    c = fma(q, c, 1.0 / 40320.0)
    c = fma(q, c, -1.0 / 720.0)
    c = fma(q, c, 1.0 / 24.0)
    c = fma(q, c, -0.5)
    return fma(x * q, s, x), fma(q, c, 1.0)
