"""The two-body problem in universal variables: where a state is after any time, on any conic, and its partials.

Any consistent units. ``G_n(s)`` are the universal functions for ``beta = gm / a``: G0 = cos(sqrt(beta) s), and each
next one is the integral of the one before; ``dt = r ds``.

Source: Battin 1999, "An Introduction to the Mathematics and Methods of Astrodynamics", sections 4.5 to 4.7 (functions,
time, Lagrange coefficients) and 9.6 (transition matrix); Conway 1986, CMDA 39:199 (Laguerre's iteration). Departs:
beta is summed in doubled precision, since over many revolutions the phase error is its relative error times the
angle travelled.
"""

import math
from functools import cache

from .jit import compiled, inlined
from .linalg3 import cross, dot

OK, NOT_CONVERGED, BAD_INPUT = range(3)

MAX_ITERATIONS = 100
SERIES_LIMIT = 1.5  # |beta s^2| below which the universal functions are summed as series
TWO_PI_LOW = 2.4492935982947064e-16  # 2 pi less its float64
_SPLIT = 134217729.0  # 2**27 + 1


# ---------------------------------------------------------------- doubled precision


@inlined
def exact_product(a, b):
    """a * b as a sum of two numbers (Dekker 1971)."""
    high = a * b
    c = _SPLIT * a
    a1 = c - (c - a)
    a2 = a - a1
    c = _SPLIT * b
    b1 = c - (c - b)
    b2 = b - b1
    return high, ((a1 * b1 - high) + a1 * b2 + a2 * b1) + a2 * b2


@inlined
def exact_sum(a, b):
    """a + b as a sum of two numbers (Knuth)."""
    high = a + b
    c = high - a
    return high, (a - (high - c)) + (b - c)


@inlined
def exact_square(x, y, z):
    """x^2 + y^2 + z^2 as a sum of two numbers."""
    a, a_low = exact_product(x, x)
    b, b_low = exact_product(y, y)
    c, c_low = exact_product(z, z)
    high, low = exact_sum(a, b)
    high, more = exact_sum(high, c)
    return high, low + more + (a_low + b_low + c_low)


@inlined
def refined_root(a, a_low):
    """sqrt(a + a_low) as a sum of two numbers."""
    root = math.sqrt(a)
    square, square_low = exact_product(root, root)
    return root, ((a - square) - square_low + a_low) / (2.0 * root)


@inlined
def refined_quotient(a, a_low, b, b_low):
    """(a + a_low) / (b + b_low) as a sum of two numbers."""
    quotient = a / b
    back, back_low = exact_product(quotient, b)
    return quotient, ((a - back) - back_low + a_low - quotient * b_low) / b


@inlined
def binding(x, y, z, vx, vy, vz, gm):
    """r, and beta = 2 gm / r - v^2 as a sum of two numbers, good where its two terms nearly cancel."""
    square, square_low = exact_square(x, y, z)
    r, r_low = refined_root(square, square_low)
    speed2, speed2_low = exact_square(vx, vy, vz)
    twice, twice_low = exact_product(r, speed2)
    twice_low += r * speed2_low + r_low * speed2
    top, top_low = exact_sum(2.0 * gm, -twice)
    beta, beta_low = refined_quotient(top, top_low - twice_low, r, r_low)
    return r, beta, beta_low


@inlined
def without_revolutions(dt, beta, beta_low, gm):
    """dt less whole periods, between minus and plus half a period, and their number."""
    root, root_low = refined_root(beta, beta_low)
    cube, cube_low = exact_product(beta, root)
    cube_low += beta * root_low + beta_low * root
    area, area_low = exact_product(2.0 * math.pi, gm)
    area_low += TWO_PI_LOW * gm
    period, period_low = refined_quotient(area, area_low, cube, cube_low)
    turns = math.floor(dt / period + 0.5)
    whole, whole_low = exact_product(turns, period)
    return ((dt - whole) - whole_low) - turns * period_low, turns


# ---------------------------------------------------------------- universal functions


@inlined
def stumpff_tail(z, n):
    """c_n(z) = sum of (-z)^k / (2 k + n)! for |z| up to SERIES_LIMIT."""
    term = 1.0
    for k in range(n):
        term = term / (k + 1.0)
    total = term
    for k in range(n + 1, n + 25, 2):
        term = -term * z / (k * (k + 1.0))
        total += term
    return total


@inlined
def universal(beta, s):
    """G0, G1, G2, G3 at s."""
    z = beta * s * s
    if abs(z) < SERIES_LIMIT:
        c2, c3 = stumpff_tail(z, 2), stumpff_tail(z, 3)
        return 1.0 - z * c2, s * (1.0 - z * c3), s * s * c2, s * s * s * c3
    root = math.sqrt(abs(beta))
    if beta > 0.0:
        half = math.sin(0.5 * root * s)
        g0, g1, g2 = math.cos(root * s), math.sin(root * s) / root, 2.0 * half * half / beta
    else:
        half = math.sinh(0.5 * root * s)
        g0, g1, g2 = math.cosh(root * s), math.sinh(root * s) / root, -2.0 * half * half / beta
    return g0, g1, g2, (s - g1) / beta


@inlined
def secular(beta, s, g2, g3):
    """3 G5 - s G4, what the partials need beyond G3."""
    z = beta * s * s
    if abs(z) < SERIES_LIMIT:
        return s * s * s * s * s * (3.0 * stumpff_tail(z, 5) - stumpff_tail(z, 4))
    return (s * g2 - 3.0 * g3) / beta


# ---------------------------------------------------------------- Kepler's equation


@inlined
def laguerre(miss, rate, bend):
    """Step of degree five towards the root of a growing function; miss, rate, bend: value and two derivatives."""
    return 5.0 * miss / (rate + math.sqrt(abs(16.0 * rate * rate - 20.0 * miss * bend)))


@inlined
def swing_by(eta, beta, gm, momentum2, dt):
    """s after the time dt > 0 on a hyperbola well away from the parabola, and whether it converged.

    e sinh H - H = M, and s = (H - H0) / sqrt(-beta): far from the centre the universal functions are large and cancel,
    these terms do not.
    """
    k = math.sqrt(-beta)
    e2_less_one = momentum2 * -beta / (gm * gm)
    e = math.sqrt(1.0 + e2_less_one)
    ahead = eta * k / gm
    start = math.asinh(ahead / e)
    mean = ahead - start - beta * k * dt / gm
    # H between the arc sines of M / e and, for M > 0, of M / (e - 1), as H <= sinh H; also H^3 / 6 <= sinh H - H.
    low = high = math.asinh(mean / e)
    if mean > 0.0:
        high = min(math.asinh(mean * (1.0 + e) / max(e2_less_one, 1e-300)), (6.0 * mean) ** (1.0 / 3.0))
    else:
        low = start
    anomaly = min(max(math.asinh(mean / e), low), high)
    for _ in range(MAX_ITERATIONS):
        sine, half = math.sinh(anomaly), math.sinh(0.5 * anomaly)
        miss = e * sine - anomaly - mean
        if miss > 0.0:
            high = anomaly
        else:
            low = anomaly
        rate = e2_less_one / (e + 1.0) + 2.0 * e * half * half
        following = anomaly - laguerre(miss, rate, e * sine)
        if not low <= following <= high:
            following = 0.5 * (low + high)
        blur = 8e-16 * (abs(e * sine) + abs(ahead) + abs(mean)) / rate + 4e-16 * abs(anomaly)
        if abs(following - anomaly) <= blur:
            return (following - start) / k, True
        anomaly = following
    return (anomaly - start) / k, False


@inlined
def go_round(r, eta, beta, gm, dt):
    """s after the time dt > 0 on an ellipse or near the parabola, and whether it converged; the time grows with s."""
    if beta > 0.0:
        s, high = beta * dt / gm, 2.0 * math.pi / math.sqrt(beta)
    else:
        s, high = (6.0 * dt / gm) ** (1.0 / 3.0), 1e300
    low = 0.0
    for _ in range(MAX_ITERATIONS):
        g0, g1, g2, g3 = universal(beta, s)
        miss = r * g1 + eta * g2 + gm * g3 - dt
        if miss > 0.0:
            high = s
        else:
            low = s
        rate = r * g0 + eta * g1 + gm * g2
        following = s - laguerre(miss, rate, eta * g0 + (gm - beta * r) * g1)
        if not low <= following <= high:
            following = 0.5 * (low + high) if high < 1e300 else 2.0 * s
        # Rounding of the terms hides any step smaller than this.
        blur = 8e-16 * (r * g1 + abs(eta) * g2 + gm * g3 + dt) / rate + 4e-16 * s
        if abs(following - s) <= blur or miss == 0.0:
            return following, True
        s = following
    return s, False


@inlined
def solve_time(r, eta, beta, gm, momentum2, dt):
    """s after a time of either sign, and whether it converged."""
    span = abs(dt)
    if dt < 0.0:
        eta = -eta
    if span == 0.0:
        s, converged = 0.0, True
    elif beta < 0.0 and -6.0 * span * beta * math.sqrt(-beta) > gm:
        s, converged = swing_by(eta, beta, gm, momentum2, span)
    else:
        s, converged = go_round(r, eta, beta, gm, span)
    return math.copysign(s, dt), converged


# ---------------------------------------------------------------- states and partials


@inlined
def fill_partials(partials, a, b, r0, r1, gm, f, g, f_dot, g_dot, c):
    """6 x 6 partials of the state b at radius r1 with respect to the state a at radius r0.

    c = gm^2 (3 G5 - s G4) - gm dt G2, the term that grows with time.

    Source: Battin 1999, section 9.6, eqs. 9.84 to 9.87.
    """
    r0_3, r1_3 = r0 * r0 * r0, r1 * r1 * r1
    # Row vectors of the velocity block's bracket: f_dot [I - r r'/r^2 + (r v' - v r') r dv' / (gm r)].
    radial = b[0] * b[0] + b[1] * b[1] + b[2] * b[2]
    across = b[0] * b[3] + b[1] * b[4] + b[2] * b[5]
    for i in range(3):
        ri, vi, dri, dvi = b[i], b[3 + i], b[i] - a[i], b[3 + i] - a[3 + i]
        swing = (ri * across - vi * radial) / (gm * r1)
        for j in range(3):
            r0j, v0j, rj, dvj = a[j], a[3 + j], b[j], b[3 + j] - a[3 + j]
            one = 1.0 if i == j else 0.0
            partials[i, j] = r1 / gm * dvi * dvj + (r0 * (1.0 - f) * ri + c * vi) * r0j / r0_3 + f * one
            partials[i, 3 + j] = r0 / gm * (1.0 - f) * (dri * v0j - dvi * r0j) + c / gm * vi * v0j + g * one
            partials[3 + i, j] = (
                -dvi * r0j / (r0 * r0)
                - ri * dvj / (r1 * r1)
                + f_dot * (one - ri * rj / (r1 * r1) + swing * dvj)
                - gm * c / (r1_3 * r0_3) * ri * r0j
            )
            partials[3 + i, 3 + j] = (
                r0 / gm * dvi * dvj + (r0 * (1.0 - f) * ri * r0j - c * ri * v0j) / r1_3 + g_dot * one
            )


@inlined
def propagate_one(a, dt, gm, b, partials):
    """State b after dt from the state a, both of six components; partials 6 x 6, or empty to do without. Status."""
    x, y, z, vx, vy, vz = a[0], a[1], a[2], a[3], a[4], a[5]
    r, v = (x, y, z), (vx, vy, vz)
    if not (dot(r, r) > 0.0 and gm > 0.0 and math.isfinite(dot(r, r) + dot(v, v) + gm + dt)):
        return BAD_INPUT
    eta, h = dot(r, v), cross(r, v)
    r0, beta, beta_low = binding(x, y, z, vx, vy, vz, gm)
    rest, turns = dt, 0.0
    if beta > 0.0:
        rest, turns = without_revolutions(dt, beta, beta_low, gm)
    s, converged = solve_time(r0, eta, beta, gm, dot(h, h), rest)
    _, g1, g2, g3 = universal(beta, s)
    f, g = 1.0 - gm * g2 / r0, rest - gm * g3
    for i in range(3):
        b[i] = f * a[i] + g * a[3 + i]
    r1 = math.sqrt(b[0] * b[0] + b[1] * b[1] + b[2] * b[2])
    f_dot, g_dot = -gm * g1 / (r1 * r0), 1.0 - gm * g2 / r1
    for i in range(3):
        b[3 + i] = f_dot * a[i] + g_dot * a[3 + i]
    if partials.shape[0] > 0:
        grown = secular(beta, s, g2, g3)
        if turns != 0.0:
            more = turns * 2.0 * math.pi / math.sqrt(beta)
            grown += (more * g2 - 3.0 * more / beta) / beta
        c = gm * (gm * grown - dt * g2)
        fill_partials(partials, a, b, r0, r1, gm, f, g, f_dot, g_dot, c)
    return OK if converged and r1 > 0.0 else NOT_CONVERGED


@cache
def propagator():
    """Compiled batch propagator."""

    @compiled
    def propagate(states, dt, gm, out, partials, status, first, last):
        """Rows first to last: states (N, 6), dt and gm (N,) -> out (N, 6), partials (N, 6, 6) or (N, 0, 0), status."""
        for i in range(first, last):
            status[i] = propagate_one(states[i], dt[i], gm[i], out[i], partials[i])
            if status[i] != OK:
                out[i, :] = math.nan
                partials[i, :, :] = math.nan

    return propagate
