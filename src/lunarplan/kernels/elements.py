"""Cartesian states and classical elements, and the asymptotes of a hyperbola. Any consistent units, angles in radians.

Elements of a row, in this order: semi-latus rectum p, eccentricity e, inclination, right ascension of the ascending
node, argument of periapsis, true anomaly. Where an angle has no meaning it is counted from the next direction that
has one, so that every state that is not rectilinear comes back from its elements:

* equatorial (either sense): the node lies on +x, raan = 0; argp is counted from +x, along the motion
* circular: the periapsis lies on the node, argp = 0; the true anomaly is counted from the node

A rectilinear orbit (r parallel to v) has p = 0 and e = 1; its plane and anomaly do not exist: RECTILINEAR and NaN.
"""

import math

from .jit import compiled, inlined
from .kepler import binding
from .linalg3 import combined, cross, dot, scaled

OK, RECTILINEAR, NOT_HYPERBOLIC, BAD_INPUT = range(4)

# Sine of the inclination, eccentricity, sine of the angle between r and v: below these there is only rounding.
EQUATORIAL = CIRCULAR = RADIAL = 1e-14
TWO_PI = 2.0 * math.pi


@inlined
def split(state):
    """Position and velocity, their lengths, and r . v."""
    r, v = (state[0], state[1], state[2]), (state[3], state[4], state[5])
    return r, v, math.sqrt(dot(r, r)), math.sqrt(dot(v, v)), dot(r, v)


@inlined
def turned(angle):
    """The angle between 0 and 2 pi."""
    angle = angle % TWO_PI
    return 0.0 if angle >= TWO_PI else angle


@inlined
def elements_one(state, gm, out):
    """Fill out[:6] with the elements of one state, out[6] with its semi-major axis. OK, RECTILINEAR or BAD_INPUT.

    Source: Battin 1999, sections 3.3 and 3.4; the angles as arc tangents of components in the orbit's plane.
    """
    r, v, radius, speed, flow = split(state)
    if not (radius > 0.0 and gm > 0.0 and math.isfinite(radius * speed + gm)):
        return BAD_INPUT
    _, beta, _ = binding(r[0], r[1], r[2], v[0], v[1], v[2], gm)
    out[6] = gm / beta
    h = cross(r, v)
    momentum = math.sqrt(dot(h, h))
    if momentum <= RADIAL * radius * speed:
        out[0], out[1] = 0.0, 1.0
        return RECTILINEAR
    normal = scaled(1.0 / momentum, h)
    p = momentum * momentum / gm
    tilt = math.hypot(normal[0], normal[1])
    node = (1.0, 0.0, 0.0)
    if tilt > EQUATORIAL:
        node = (-normal[1] / tilt, normal[0] / tilt, 0.0)
    latitude = math.atan2(dot(r, cross(normal, node)), dot(r, node))
    e_cosine, e_sine = p / radius - 1.0, momentum * flow / (gm * radius)
    e = math.hypot(e_cosine, e_sine)
    anomaly = math.atan2(e_sine, e_cosine) if e > CIRCULAR else latitude
    out[0], out[1], out[2] = p, e, math.atan2(tilt, normal[2])
    out[3] = turned(math.atan2(node[1], node[0]))
    out[4] = turned(latitude - anomaly)
    out[5] = anomaly
    return OK


@inlined
def state_one(elements, gm, out):
    """Fill out[:6] with the state of one row of elements. OK or BAD_INPUT (also where the anomaly is out of reach)."""
    p, e, inclination, raan, argp, anomaly = (
        elements[0],
        elements[1],
        elements[2],
        elements[3],
        elements[4],
        elements[5],
    )
    reach = 1.0 + e * math.cos(anomaly)
    sound = p > 0.0 and e >= 0.0 and gm > 0.0 and 0.0 <= inclination <= math.pi and reach > 0.0
    if not (sound and math.isfinite(p + e + gm + raan + argp + anomaly)):
        return BAD_INPUT
    node = (math.cos(raan), math.sin(raan), 0.0)
    level = math.cos(inclination)
    above = (-level * node[1], level * node[0], math.sin(inclination))
    latitude = argp + anomaly
    radial = combined(math.cos(latitude), node, math.sin(latitude), above)
    along = combined(-math.sin(latitude), node, math.cos(latitude), above)
    rate = math.sqrt(gm / p)
    r = scaled(p / reach, radial)
    v = combined(rate * e * math.sin(anomaly), radial, rate * reach, along)
    out[0], out[1], out[2], out[3], out[4], out[5] = r[0], r[1], r[2], v[0], v[1], v[2]
    return OK


@inlined
def asymptotes_one(state, gm, out):
    """Fill out[:3] with the incoming, out[3:6] with the outgoing velocity at infinity. OK, NOT_HYPERBOLIC, BAD_INPUT.

    The directions are (+-e + (v_inf / gm) h x e) / e^2, free of angles; both point along the motion.
    """
    r, v, radius, speed, flow = split(state)
    if not (radius > 0.0 and gm > 0.0 and math.isfinite(radius * speed + gm)):
        return BAD_INPUT
    excess = speed * speed - 2.0 * gm / radius
    if excess <= 0.0:
        return NOT_HYPERBOLIC
    v_infinity = math.sqrt(excess)
    h = cross(r, v)
    e = combined(speed * speed / gm - 1.0 / radius, r, -flow / gm, v)
    half = scaled(v_infinity / gm, cross(h, e))
    scale = v_infinity / (1.0 + dot(h, h) * excess / (gm * gm))
    incoming, outgoing = combined(scale, e, scale, half), combined(-scale, e, scale, half)
    out[0], out[1], out[2] = incoming
    out[3], out[4], out[5] = outgoing
    return OK


def _batch(one):
    """Compile a row function into a batch kernel; a failed row is left NaN but for what the function filled."""

    @compiled
    def many(rows, gm, out, status):
        """rows (N, 6), gm (N,) -> out (N, 7 for elements, else 6) and status (N,), both filled."""
        for i in range(rows.shape[0]):
            out[i, :] = math.nan
            status[i] = one(rows[i], gm[i], out[i])

    return many


elements_many = _batch(elements_one)
states_many = _batch(state_one)
asymptotes_many = _batch(asymptotes_one)
