"""Makes kepler_mpmath.json and lambert_mpmath.json: two-body solutions in 60 digits for exactly the inputs given.

    python tests/authorities/make_two_body.py        (needs mpmath; takes a minute)

Written apart from lunarplan: Kepler's equation in universal variables by bisection and Newton's method; Lambert's by
the closed form of the time for ellipse and hyperbola, bisected in log(1 + x); partials by central differences.
"""

import json
import math
from pathlib import Path

import numpy as np
from mpmath import mp, mpf

mp.dps = 60
HERE = Path(__file__).parent
GM = 398600.4418


def dot(a, b):
    return sum(p * q for p, q in zip(a, b, strict=True))


def norm(a):
    return mp.sqrt(dot(a, a))


def exact(values):
    return [mpf(float(v)) for v in values]


# ---------------------------------------------------------------- Kepler


def universal(beta, s):
    """G0 to G3."""
    z = beta * s * s
    if abs(z) < mpf(10) ** -20:
        c = [sum((-z) ** k / mp.factorial(2 * k + n) for k in range(5)) for n in range(4)]
        return c[0], s * c[1], s * s * c[2], s**3 * c[3]
    k = mp.sqrt(abs(beta))
    g0, g1 = (mp.cos(k * s), mp.sin(k * s) / k) if beta > 0 else (mp.cosh(k * s), mp.sinh(k * s) / k)
    return g0, g1, (1 - g0) / beta, (s - g1) / beta


def kepler(state, dt, gm):
    r, v = state[:3], state[3:]
    r0, eta = norm(r), dot(r, v)
    beta = 2 * gm / r0 - dot(v, v)

    def time(s):
        _, g1, g2, g3 = universal(beta, s)
        return r0 * g1 + eta * g2 + gm * g3

    sign = 1 if dt >= 0 else -1
    low, high = mpf(0), mpf(sign)
    while (time(high) - dt) * sign < 0:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if (time(middle) - dt) * sign < 0 else (low, middle)
    s = (low + high) / 2
    for _ in range(6):
        g0, g1, g2, _ = universal(beta, s)
        s -= (time(s) - dt) / (r0 * g0 + eta * g1 + gm * g2)
    g0, g1, g2, _ = universal(beta, s)
    r1 = r0 * g0 + eta * g1 + gm * g2
    f, g, f_dot, g_dot = 1 - gm * g2 / r0, r0 * g1 + eta * g2, -gm * g1 / (r1 * r0), 1 - gm * g2 / r1
    return [f * p + g * q for p, q in zip(r, v, strict=True)] + [
        f_dot * p + g_dot * q for p, q in zip(r, v, strict=True)
    ]


def partials(state, dt, gm):
    columns = []
    for k in range(6):
        h = norm(state[:3] if k < 3 else state[3:]) * mpf(10) ** -20
        up, down = list(state), list(state)
        up[k] += h
        down[k] -= h
        ends = kepler(up, dt, gm), kepler(down, dt, gm)
        columns.append([(a - b) / (2 * h) for a, b in zip(*ends, strict=True)])
    return [[float(columns[j][i]) for j in range(6)] for i in range(6)]


def kepler_cases():
    """Six kinds of orbit, ten of each; speed relative to escape, and how long."""
    rng = np.random.default_rng(20261121)
    kinds = {
        "ellipse, within a period": (lambda: rng.uniform(0.3, 0.99), "period", (0.01, 1.0)),
        "ellipse, up to a hundred periods": (lambda: rng.uniform(0.3, 0.95), "period", (1.0, 100.0)),
        "within 1e-6 of the parabola": (lambda: 1.0 + rng.uniform(-1e-6, 1e-6), "radius", (0.1, 10.0)),
        "within 1e-12 of the parabola": (lambda: 1.0 + rng.uniform(-1e-12, 1e-12), "radius", (0.1, 10.0)),
        "hyperbola": (lambda: rng.uniform(1.01, 3.0), "radius", (0.1, 30.0)),
        "hyperbola, inbound and out": (lambda: rng.uniform(1.01, 2.0), "radius", (0.1, 10.0)),
    }
    for kind, (ratio, unit, span) in kinds.items():
        for _ in range(10):
            r = rng.normal(size=3)
            r *= math.exp(rng.uniform(math.log(6600), math.log(4e5))) / np.linalg.norm(r)
            radius = np.linalg.norm(r)
            v = rng.normal(size=3)
            if kind.endswith("out"):
                v = -r / radius + 0.2 * v
            v *= ratio() * math.sqrt(2 * GM / radius) / np.linalg.norm(v)
            beta = abs(2 * GM / radius - v @ v)
            scale = 2 * math.pi * GM / beta**1.5 if unit == "period" else math.sqrt(radius**3 / GM)
            yield kind, [*r, *v], float(scale * rng.uniform(*span) * rng.choice([-1, 1]))


def make_kepler():
    cases = []
    for i, (kind, state, dt) in enumerate(kepler_cases()):
        start = exact(state)
        end = [float(x) for x in kepler(start, mpf(dt), mpf(GM))]
        case = {"kind": kind, "state": [float(x) for x in state], "dt": dt, "end": end}
        if i % 5 == 0:
            case["partials"] = partials(start, mpf(dt), mpf(GM))
        cases.append(case)
    return {"gm": GM, "cases": cases}


# ---------------------------------------------------------------- Lambert


def time_of_flight(x, lam, turns=0):
    u = 1 - x * x
    if abs(u) < mpf(10) ** -25:
        return 2 * (1 - lam**3) / 3
    y = mp.sqrt(1 - lam * lam * u)
    b = x * y + lam * u
    psi = mp.acos(b) if u > 0 else mp.acosh(b)
    return ((psi + turns * mp.pi) / mp.sqrt(abs(u)) - x + lam * y) / u


def lambert(r1, r2, tof, gm, sense):
    """v1 and v2 of the direct transfer, prograde about +z for sense = 1, and its x and lam."""
    chord = [b - a for a, b in zip(r1, r2, strict=True)]
    n1, n2, c = norm(r1), norm(r2), norm(chord)
    s = (n1 + n2 + c) / 2
    up = r1[0] * r2[1] - r1[1] * r2[0]
    lam = mp.sqrt((n1 * n2 + dot(r1, r2)) / 2) / s * sense * (1 if up >= 0 else -1)
    wanted = mp.sqrt(2 * gm / s**3) * tof
    low, high = mpf(-40), mpf(40)
    for _ in range(250):
        middle = (low + high) / 2
        low, high = (middle, high) if time_of_flight(mp.exp(middle) - 1, lam) > wanted else (low, middle)
    x = mp.exp((low + high) / 2) - 1
    y = mp.sqrt(1 - lam * lam * (1 - x * x))
    w = mp.sqrt(gm / (2 * s))
    along, out = w * (y / lam + x) / c, w * (y / lam - x)
    v1 = [along * d + out * a / n1 for d, a in zip(chord, r1, strict=True)]
    v2 = [along * d - out * b / n2 for d, b in zip(chord, r2, strict=True)]
    return v1, v2, x, lam


def lambert_cases():
    """Angles, ratios of radii and times (in units of sqrt(s^3 / 2 gm)) for each kind."""
    rng = np.random.default_rng(20261122)
    kinds = {
        "any": ((0.1, 3.0), (0.2, 5.0), (0.2, 20.0)),
        "Earth to Moon": ((0.5, 3.1), (50.0, 62.0), (1.0, 4.0)),
        "fast hyperbola": ((0.1, 3.0), (0.2, 5.0), (1e-3, 0.1)),
        "very slow": ((0.1, 3.0), (0.2, 5.0), (50.0, 5000.0)),
        "close together": ((1e-4, 1e-2), (0.99, 1.01), (0.01, 10.0)),
        "1e-4 to 0.1 rad from half a turn": ((1e-4, 0.1), (0.2, 5.0), (0.5, 20.0)),
    }
    for kind, (angle, ratio, time) in kinds.items():
        for i in range(10):
            u, w = rng.normal(size=3), rng.normal(size=3)
            u /= np.linalg.norm(u)
            w = np.cross(u, w) / np.linalg.norm(np.cross(u, w))
            turn = math.exp(rng.uniform(*np.log(angle)))
            turn = math.pi - turn if kind.endswith("half a turn") else turn
            n1 = math.exp(rng.uniform(math.log(6600), math.log(2e4)))
            n2 = n1 * math.exp(rng.uniform(*np.log(ratio)))
            r1, r2 = n1 * u, n2 * (math.cos(turn) * u + math.sin(turn) * w)
            s = 0.5 * (n1 + n2 + np.linalg.norm(r1 - r2))
            yield kind, r1, r2, float(math.exp(rng.uniform(*np.log(time))) * math.sqrt(0.5 * s**3 / GM)), i % 2 == 1


def parabolic_cases():
    """Times within 1e-3 to 1e-12 of the parabola's."""
    rng = np.random.default_rng(20261123)
    for i in range(12):
        r1, r2 = rng.normal(size=3) * 8000.0, rng.normal(size=3) * 30000.0
        n1, n2, c = np.linalg.norm(r1), np.linalg.norm(r2), np.linalg.norm(r1 - r2)
        s = 0.5 * (n1 + n2 + c)
        sense = -1 if i % 2 else 1
        lam = sense * math.copysign(math.sqrt(1.0 - c / s), r1[0] * r2[1] - r1[1] * r2[0])
        time = 2.0 / 3.0 * (1.0 - lam**3) * math.sqrt(0.5 * s**3 / GM)
        yield "near the parabola", r1, r2, float(time * (1.0 + 10.0 ** (-3 - 0.75 * i))), i % 2 == 1


def make_lambert():
    cases = []
    for kind, r1, r2, tof, retrograde in [*lambert_cases(), *parabolic_cases()]:
        v1, v2, x, lam = lambert(exact(r1), exact(r2), mpf(tof), mpf(GM), -1 if retrograde else 1)
        cases.append(
            {
                "kind": kind,
                "r1": [float(a) for a in r1],
                "r2": [float(a) for a in r2],
                "tof": tof,
                "retrograde": retrograde,
                "v1": [float(a) for a in v1],
                "v2": [float(a) for a in v2],
                "x": float(x),
                "lam": float(lam),
            }
        )
    return {"gm": GM, "cases": cases, "times": make_times()}


def make_times():
    """The time and its first three derivatives with respect to x, on a grid of x, lam and whole revolutions."""
    rows = []
    for lam in (-0.999, -0.9, -0.5, -0.01, 0.01, 0.5, 0.9, 0.999):
        for x in (-0.95, -0.5, -0.1, 0.0, 0.2, 0.5, 0.9, 0.99995, 1.00005, 1.1, 2.0, 30.0, 1000.0):
            for turns in (0, 2) if x < 0.99 else (0,):
                values = mp.taylor(lambda q, lam=lam, turns=turns: time_of_flight(q, mpf(lam), turns), mpf(x), 3)
                rows.append([x, lam, turns, *(float(mp.factorial(k) * c) for k, c in enumerate(values))])
    return rows


if __name__ == "__main__":
    for name, make in (("kepler", make_kepler), ("lambert", make_lambert)):
        text = json.dumps(make()).replace('{"kind"', '\n{"kind"').replace("], [", "],\n[")
        (HERE / f"{name}_mpmath.json").write_text(text + "\n")
