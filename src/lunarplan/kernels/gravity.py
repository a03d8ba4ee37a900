"""Spherical-harmonic gravity on lanes: acceleration and its gradient, to any degree.

A derivative of a solid harmonic is a combination of two solid harmonics one degree higher, so the acceleration of a
field is three fields whose coefficients can be worked out once (`shifted_coefficients`), and the gradient is five
more. What is left at run time is one recursion for the harmonics and eight dot products.

Source: Cunningham (1970), Celestial Mechanics 2, 207-216; Montenbruck and Gill (2000), Satellite Orbits, sec. 3.2.4-5;
normalised recursions after Holmes and Featherstone (2002), J. Geodesy 76, eqs. (11)-(13).
"""

import math

import numpy as np

from .jit import inlined
from .lanes import fma, rsqrt

# One record of the table per (order, degree): recursion factors a, b; then cosine and sine weights of the eight sums.
_SUMS = 8  # ax, ay, az, gxx, gxy, gxz, gyz, gzz (gyy follows from Laplace)
RECORD = 2 + 2 * _SUMS


def _norm(n, m):
    """Factor from a fully normalised to a plain coefficient, as a logarithm: factorials overflow at degree 86."""
    log = math.log((2 - (m == 0)) * (2 * n + 1)) + math.lgamma(n - m + 1) - math.lgamma(n + m + 1)
    return 0.5 * log


def _shift_x_y(n, m, c, s, x, y, z):
    """Add the derivative of (c V + s W) of degree n, order m to the plain coefficient maps x, y, z."""

    def add(target, order, dc, ds):
        old = target.get((n + 1, order), (0.0, 0.0))
        target[n + 1, order] = (old[0] + dc, old[1] + ds)

    if m == 0:
        add(x, 1, -c, 0.0)
        add(y, 1, 0.0, -c)
    else:
        f = 0.5 * (n - m + 2) * (n - m + 1)
        add(x, m + 1, -0.5 * c, -0.5 * s)
        add(x, m - 1, f * c, f * s)
        add(y, m + 1, 0.5 * s, -0.5 * c)
        add(y, m - 1, f * s, -f * c)
    add(z, m, -(n - m + 1) * c, -(n - m + 1) * s)


def _derivative(coefficients):
    """The three coefficient maps, one degree up, of the gradient of a field of normalised coefficients."""
    x, y, z = {}, {}, {}
    for (n, m), (c, s) in coefficients.items():
        up = {order: math.exp(_norm(n, m) - _norm(n + 1, order)) for order in {abs(m - 1), m, m + 1}}
        plain = ({}, {}, {})
        _shift_x_y(n, m, c, s, *plain)
        for target, part in zip((x, y, z), plain, strict=True):
            for (degree, order), (dc, ds) in part.items():
                old = target.get((degree, order), (0.0, 0.0))
                target[degree, order] = (old[0] + dc * up[order], old[1] + ds * up[order])
    return x, y, z


def harmonic_table(c, s, gm, radius):
    """Run-time table of a field of degree N from its fully normalised coefficients.

    c, s : float64[N + 1, N + 1], degree and order; the terms of degree 0 and 1 are left to the point mass
    gm, radius : of the field, any units

    Returns float64[(N + 3)(N + 4) / 2 * RECORD], column by column: order 0 with all its degrees, order 1, ...
    """
    degree = len(c) - 1
    field = {(n, m): (c[n, m], s[n, m]) for n in range(2, degree + 1) for m in range(n + 1)}
    x, y, z = _derivative(field)
    xx, xy, xz = _derivative(x)
    _, _, yz = _derivative(y)
    _, _, zz = _derivative(z)
    accelerations = [(m, gm / radius**2) for m in (x, y, z)]
    gradients = [(m, gm / radius**3) for m in (xx, xy, xz, yz, zz)]
    top = degree + 2
    table = np.zeros((top + 1) * (top + 2) // 2 * RECORD)
    place = 0
    for m in range(top + 1):
        for n in range(m, top + 1):
            record = table[place : place + RECORD]
            record[:2] = _recursion(n, m)
            for i, (weights, scale) in enumerate(accelerations + gradients):
                cosine, sine = weights.get((n, m), (0.0, 0.0))
                record[2 + 2 * i : 4 + 2 * i] = scale * cosine, scale * sine
            place += RECORD
    return table


def _recursion(n, m):
    """Factors of V(n, m) = a z V(n-1, m) - b V(n-2, m); for n = m the sectoral factor V(m, m) = a (x V - y W)(m-1)."""
    if n == m:
        if m == 0:
            return 1.0, 0.0
        return (math.sqrt(3.0) if m == 1 else math.sqrt((2 * m + 1) / (2 * m))), 0.0
    a = math.sqrt((2 * n - 1) * (2 * n + 1) / ((n - m) * (n + m)))
    b = 0.0
    if n > m + 1:
        b = math.sqrt((2 * n + 1) * (n + m - 1) * (n - m - 1) / ((n - m) * (n + m) * (2 * n - 3)))
    return a, b


@inlined
def zonal_terms(degree, zonal, u, i1):
    """Sums over n = 2..degree of the factors A, B, C, D, E of `oblate`, u = sine of latitude, i1 = 1 / distance.

    With V_n = -GM R^n J_n P_n(u) / r^(n+1):  a = A d + B p  and  da/dr = A I + C d d^T + D (d p^T + p d^T) + E p p^T,
    by the Legendre identities (n + 1) P_n + u P_n' = P_n+1' and its derivative.
    """
    u2 = u * u
    i2 = i1 * i1
    g = zonal[0] * (i2 * i2)
    a = g * i1 * (0.5 * fma(15.0, u2, -3.0))
    b = -g * (3.0 * u)
    c = -g * (i2 * i1) * (0.5 * fma(105.0, u2, -15.0))
    d = g * i2 * (15.0 * u)
    e = -g * i1 * 3.0
    if degree > 2:
        g = zonal[1] * (i2 * i2 * i1)
        a = fma(g * i1, 0.5 * u * fma(35.0, u2, -15.0), a)
        b = fma(-g, 0.5 * fma(15.0, u2, -3.0), b)
        c = fma(-g * (i2 * i1), 0.5 * u * fma(315.0, u2, -105.0), c)
        d = fma(g * i2, 0.5 * fma(105.0, u2, -15.0), d)
        e = fma(-g * i1, 15.0 * u, e)
        g = zonal[2] * (i2 * i2 * i2)
        a = fma(g * i1, 0.125 * fma(u2, fma(315.0, u2, -210.0), 15.0), a)
        b = fma(-g, 0.5 * u * fma(35.0, u2, -15.0), b)
        c = fma(-g * (i2 * i1), 0.125 * fma(u2, fma(3465.0, u2, -1890.0), 105.0), c)
        d = fma(g * i2, 0.5 * u * fma(315.0, u2, -105.0), d)
        e = fma(-g * i1, 0.5 * fma(105.0, u2, -15.0), e)
    return a, b, c, d, e


@inlined
def harmonic_acceleration(x, y, z, radius, degree, full_degree, table):
    """Acceleration and gradient of the terms of degree 2 to ``degree``, at body-fixed x, y, z.

    table, full_degree : of `harmonic_table`; any ``degree`` up to ``full_degree`` may be asked for
    """
    inverse = rsqrt(fma(x, x, fma(y, y, z * z)))
    inverse2 = inverse * inverse
    k = radius * inverse2
    rho = (radius * radius) * inverse2
    xr, yr, zr = x * k, y * k, z * k
    zero = x * 0.0
    ax, ay, az = zero, zero, zero
    gxx, gxy, gxz, gyz, gzz = zero, zero, zero, zero, zero
    diagonal_v, diagonal_w = radius * inverse, zero
    top, full = degree + 2, full_degree + 2
    column = 0
    for m in range(top + 1):
        if m > 0:
            a = table[column]
            v = a * fma(xr, diagonal_v, -(yr * diagonal_w))
            diagonal_w = a * fma(xr, diagonal_w, yr * diagonal_v)
            diagonal_v = v
        v, w = diagonal_v, diagonal_w
        v1, w1 = zero, zero
        place = column
        for n in range(m, top + 1):
            if n > m:
                az_, b_ = table[place] * zr, table[place + 1] * rho
                v2, w2 = v1, w1
                v1, w1 = v, w
                v = fma(az_, v1, -(b_ * v2))
                w = fma(az_, w1, -(b_ * w2))
            ax = fma(table[place + 2], v, fma(table[place + 3], w, ax))
            ay = fma(table[place + 4], v, fma(table[place + 5], w, ay))
            az = fma(table[place + 6], v, fma(table[place + 7], w, az))
            gxx = fma(table[place + 8], v, fma(table[place + 9], w, gxx))
            gxy = fma(table[place + 10], v, fma(table[place + 11], w, gxy))
            gxz = fma(table[place + 12], v, fma(table[place + 13], w, gxz))
            gyz = fma(table[place + 14], v, fma(table[place + 15], w, gyz))
            gzz = fma(table[place + 16], v, fma(table[place + 17], w, gzz))
            place += 18
        column += 18 * (full - m + 1)
    return ax, ay, az, gxx, gxy, gxz, -(gxx + gzz), gyz, gzz
