"""The B-plane of an incoming hyperbola, its partials, and the hyperbola that passes where one wants it to.

The plane goes through the centre of attraction at right angles to the incoming asymptote S; T = S x pole, R = S x T.
The vector B leads from the centre to where the asymptote pierces the plane. Any consistent units.

Source: Kizner 1961, "A method of describing miss distances for lunar and interplanetary trajectories", Planet. Space
Sci. 7:125 (B, T, R, linearised time of flight). The vector forms below, free of angles, are derived from the integrals
h and e.
"""

import math

from .jit import compiled, inlined
from .linalg3 import added, combined, cross, dot, scaled

OK, NOT_HYPERBOLIC, POLAR_ASYMPTOTE, UNREACHABLE, BAD_INPUT = range(5)

# Sine of the angle between asymptote and pole below which T has no direction.
POLAR = 1e-12

# Columns of a row of results.
B_DOT_T, B_DOT_R, LTOF, B, S, T, R = 0, 1, 2, 3, 6, 9, 12
SIZE = 15


@inlined
def put(out, first, a):
    out[first], out[first + 1], out[first + 2] = a


@inlined
def b_plane_one(state, gm, pole, out, partials):
    """Fill out with B.T, B.R, LTOF, B, S, T, R of a state, and partials (3, 6) of the first three, unless empty.

    LTOF is the time to periapsis less (gm / v_inf^3) ln e: the time to the centre if the aim were changed to hit it.
    """
    r, v = (state[0], state[1], state[2]), (state[3], state[4], state[5])
    radius, flow = math.sqrt(dot(r, r)), dot(r, v)
    if not (radius > 0.0 and gm > 0.0 and dot(pole, pole) > 0.0 and math.isfinite(radius + dot(v, v) + gm)):
        return BAD_INPUT
    excess = dot(v, v) - 2.0 * gm / radius
    if excess <= 0.0:
        return NOT_HYPERBOLIC
    speed = math.sqrt(excess)
    h = cross(r, v)
    e = combined(dot(v, v) / gm - 1.0 / radius, r, -flow / gm, v)
    e2 = 1.0 + dot(h, h) * excess / (gm * gm)
    swing = cross(h, e)
    s = combined(1.0 / e2, e, speed / (gm * e2), swing)
    b = combined(dot(h, h) / (gm * e2), e, -1.0 / (speed * e2), swing)
    t = cross(s, pole)
    slant = math.sqrt(dot(t, t))
    if slant <= POLAR * math.sqrt(dot(pole, pole)):
        return POLAR_ASYMPTOTE
    t = scaled(1.0 / slant, t)
    ahead = flow * speed / gm  # e sinh of the hyperbolic anomaly
    anomaly = math.asinh(ahead / math.sqrt(e2))
    clock = gm / (excess * speed)
    out[B_DOT_T], out[B_DOT_R] = dot(b, t), dot(b, cross(s, t))
    out[LTOF] = clock * (anomaly - ahead - 0.5 * math.log(e2))
    put(out, B, b)
    put(out, S, s)
    put(out, T, t)
    put(out, R, cross(s, t))
    for k in range(partials.shape[1]):
        a = 1.0 if k < 3 else 0.0
        dr = (a if k == 0 else 0.0, a if k == 1 else 0.0, a if k == 2 else 0.0)
        a = 1.0 - a
        dv = (a if k == 3 else 0.0, a if k == 4 else 0.0, a if k == 5 else 0.0)
        d = vary(r, v, radius, gm, pole, dr, dv, speed, h, e, e2, swing, s, b, t, slant, ahead, anomaly, clock)
        partials[0, k], partials[1, k], partials[2, k] = d
    return OK


@inlined
def vary(r, v, radius, gm, pole, dr, dv, speed, h, e, e2, swing, s, b, t, slant, ahead, anomaly, clock):
    """Differentials of B.T, B.R and LTOF for the differentials dr and dv of the state: every line of `b_plane_one`."""
    pull = dot(r, dr) / (radius * radius * radius)
    d_excess = 2.0 * (dot(v, dv) + gm * pull)
    d_speed = 0.5 * d_excess / speed
    dh = added(cross(dr, v), cross(r, dv))
    de = scaled(1.0 / gm, added(cross(dv, h), cross(v, dh)))
    de = added(de, combined(-1.0 / radius, dr, pull, r))
    de2 = 2.0 * dot(e, de)
    d_swing = added(cross(dh, e), cross(h, de))

    ds = added(de, combined(d_speed / gm, swing, speed / gm, d_swing))
    ds = combined(1.0 / e2, ds, -de2 / e2, s)
    db = combined(2.0 * dot(h, dh) / gm, e, dot(h, h) / gm, de)
    db = added(db, combined(d_speed / (speed * speed), swing, -1.0 / speed, d_swing))
    db = combined(1.0 / e2, db, -de2 / e2, b)
    dt = cross(ds, pole)
    dt = scaled(1.0 / slant, combined(1.0, dt, -dot(t, dt), t))
    d_turned = added(cross(ds, t), cross(s, dt))

    d_ahead = (dot(dr, v) + dot(r, dv)) * speed / gm + ahead * d_speed / speed
    e_cosh = math.sqrt(e2 + ahead * ahead)
    d_anomaly = (d_ahead - 0.5 * ahead * de2 / e2) / e_cosh
    d_ltof = clock * (d_anomaly - d_ahead - 0.5 * de2 / e2)
    d_ltof -= 3.0 * d_speed / speed * clock * (anomaly - ahead - 0.5 * math.log(e2))
    return dot(db, t) + dot(b, dt), dot(db, cross(s, t)) + dot(b, d_turned), d_ltof


@inlined
def aim_one(v_infinity, gm, periapsis, inclination, pole, side, out):
    """Fill out with B.T, B.R, then the state at periapsis, of the hyperbola with this incoming velocity at infinity,
    periapsis radius and inclination to the pole; and out[8] with the least inclination there is.

    side : +1 and -1 choose between the two planes, by the sign of B.R; they meet where the inclination is least.
    """
    excess = dot(v_infinity, v_infinity)
    length = math.sqrt(dot(pole, pole))
    sound = gm > 0.0 and periapsis > 0.0 and length > 0.0 and 0.0 <= inclination <= math.pi
    if not (sound and math.isfinite(excess + gm + periapsis + length)):
        return BAD_INPUT
    if excess <= 0.0:
        return NOT_HYPERBOLIC
    speed = math.sqrt(excess)
    s = scaled(1.0 / speed, v_infinity)
    t = cross(s, scaled(1.0 / length, pole))
    slant = math.sqrt(dot(t, t))
    if slant <= POLAR:
        return POLAR_ASYMPTOTE
    t = scaled(1.0 / slant, t)
    r = cross(s, t)
    out[8] = math.atan2(abs(dot(s, pole)) / length, slant)
    # The normal's part along the pole is slant times the cosine of the angle between B and T.
    cosine = math.cos(inclination) / slant
    if abs(cosine) > 1.0 + 4e-16:
        return UNREACHABLE
    cosine = min(max(cosine, -1.0), 1.0)
    b_direction = combined(cosine, t, side * math.sqrt((1.0 - cosine) * (1.0 + cosine)), r)
    b = periapsis * math.sqrt(1.0 + 2.0 * gm / (periapsis * excess))
    e = 1.0 + periapsis * excess / gm
    root = math.sqrt((e - 1.0) * (e + 1.0))
    toward = combined(1.0 / e, s, root / e, b_direction)
    along = combined(root / e, s, -1.0 / e, b_direction)
    out[0], out[1] = b * dot(b_direction, t), b * dot(b_direction, r)
    put(out, 2, scaled(periapsis, toward))
    put(out, 5, scaled(math.sqrt(excess + 2.0 * gm / periapsis), along))
    return OK


@compiled
def b_plane_many(states, gm, poles, out, partials, status):
    """states (N, 6), gm (N,), poles (N, 3) -> out (N, SIZE), partials (N, 3, 6) or (N, 3, 0), status (N,)."""
    for i in range(states.shape[0]):
        out[i, :] = math.nan
        partials[i, :, :] = math.nan
        pole = (poles[i, 0], poles[i, 1], poles[i, 2])
        status[i] = b_plane_one(states[i], gm[i], pole, out[i], partials[i])


@compiled
def aim_many(v_infinity, gm, periapsis, inclination, poles, side, out, status):
    """v_infinity and poles (N, 3), the others (N,) -> out (N, 9), status (N,)."""
    for i in range(v_infinity.shape[0]):
        out[i, :] = math.nan
        incoming = (v_infinity[i, 0], v_infinity[i, 1], v_infinity[i, 2])
        pole = (poles[i, 0], poles[i, 1], poles[i, 2])
        status[i] = aim_one(incoming, gm[i], periapsis[i], inclination[i], pole, side, out[i])
