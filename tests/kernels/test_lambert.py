"""Lambert in lanes: the time equation against 60 digits, lanes against scalars, neighbours against solitude."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from lunarplan.kernels import lambert
from lunarplan.kernels.jit import lane_width
from tests import authorities
from tests.tolerances import LAMBERT_RELATIVE, LAMBERT_TIME, LANES_ROUNDING

MPMATH = json.loads((Path(authorities.__file__).parent / "lambert_mpmath.json").read_text())
GM = MPMATH["gm"]
POLE = (0.0, 0.0, 1.0)


def run(r1, r2, tof, *, turns=0, sense=1.0, side=-1.0, width=None, blocks=None):
    """v1, v2, status and shortest time of a batch; `blocks` cuts it into separate calls of the kernel."""
    n = len(r1)
    solve = lambert.solver(turns > 0, False, width)
    v1, v2, status, shortest = np.empty((n, 3)), np.empty((n, 3)), np.empty(n, np.int8), np.empty(n)
    flat = (np.ascontiguousarray(a, float).reshape(-1) for a in (r1, r2, tof))
    given = [part for pair in zip(flat, (3, 3, 1), strict=True) for part in pair]
    one = np.array([GM]), 0, np.array(POLE), 0, np.array([turns * math.pi]), 0, sense, side
    out = v1.reshape(-1), v2.reshape(-1), status, shortest
    for first, last in blocks or [(0, n)]:
        solve(*given, *one, *out, first, last)
    return v1, v2, status, shortest


def random_transfers(n, seed):
    rng = np.random.default_rng(seed)
    r1, r2 = rng.normal(size=(2, n, 3))
    r1 *= (np.exp(rng.uniform(np.log(6600), np.log(4e5), n)) / np.linalg.norm(r1, axis=1))[:, None]
    r2 *= (np.exp(rng.uniform(np.log(6600), np.log(4e5), n)) / np.linalg.norm(r2, axis=1))[:, None]
    s = 0.5 * sum(np.linalg.norm(a, axis=1) for a in (r1, r2, r1 - r2))
    return r1, r2, np.exp(rng.uniform(np.log(0.3), np.log(30), n)) * np.sqrt(0.5 * s**3 / GM)


TIMES = np.array(MPMATH["times"])
DIRECT, WHOLE = TIMES[TIMES[:, 2] == 0], TIMES[TIMES[:, 2] > 0]


@pytest.mark.parametrize("rows", [DIRECT, WHOLE], ids=["direct", "two revolutions"])
def test_time_of_flight_has_all_its_digits(rows):
    x, lam, turns, wanted = rows[:, 0], rows[:, 1], rows[:, 2] * math.pi, rows[:, 3]
    time, *_ = lambert.time_of_flight(x, lam, (1.0 - lam) * (1.0 + lam), turns)
    assert (np.abs(time / wanted - 1.0) < LAMBERT_TIME).all()


@pytest.mark.parametrize("rows", [DIRECT, WHOLE], ids=["direct", "two revolutions"])
def test_slopes_suit_the_iteration(rows):
    """They need not be exact, only good enough that the last step of 1e-4 loses nothing."""
    x, lam, turns = rows[:, 0], rows[:, 1], rows[:, 2] * math.pi
    chord = (1.0 - lam) * (1.0 + lam)
    time, y, y_inverse, u, u_inverse = lambert.time_of_flight(x, lam, chord, turns)
    slopes = lambert.slopes(x, time, lam, chord, y_inverse, u, u_inverse, turns)
    reach = np.minimum(1.0 + x, y)
    for order, slope in enumerate(slopes, start=1):
        # what an error of this derivative does to a step of LAST_STEP * reach, relative to that reach
        harm = np.abs(slope - rows[:, 3 + order]) * (lambert.LAST_STEP * reach) ** order
        assert (harm < 1e-15 * np.abs(rows[:, 4]) * reach + 1e-15 * rows[:, 3]).all()


@pytest.mark.parametrize("s", [-0.99999, -0.9, -0.3, -1e-3, -1e-9, 1e-9, 1e-3, 0.3, 0.9, 1.0, 3.0])
def test_arc_deficit(s):
    t = math.sqrt(abs(s))
    wanted = (1.0 - (math.atan(t) if s > 0 else math.atanh(t)) / t) / s if abs(s) > 0.1 else None
    if wanted is None:
        wanted = sum((-s) ** k / (2 * k + 3) for k in range(8))
    assert lambert.arc_deficit(s, math.sqrt(1.0 + s)) == pytest.approx(wanted, rel=2e-15 / min(1.0, abs(s)) + 2e-15)


@pytest.mark.parametrize("turns", [1, 5])
@pytest.mark.parametrize("lam", [-0.95, -0.3, 0.01, 0.5, 0.95])
def test_quickest_transfer_is_the_least_time(lam, turns):
    chord = 1.0 - lam * lam
    x, least, bend = lambert.quickest(lam, chord, turns * math.pi)
    around = np.linspace(-0.99, 0.99, 2001)
    times, *_ = lambert.time_of_flight(around, np.full(2001, lam), np.full(2001, chord), np.full(2001, turns * math.pi))
    assert least <= times.min() * (1.0 + 1e-15)
    assert abs(around[times.argmin()] - x) < 1e-3
    assert bend > 0.0


def test_sixty_digits():
    cases = MPMATH["cases"]
    for sense, retrograde in ((1.0, False), (-1.0, True)):
        rows = [c for c in cases if c["retrograde"] is retrograde and "half a turn" not in c["kind"]]
        v1, v2, status, _ = run(*([c[k] for c in rows] for k in ("r1", "r2", "tof")), sense=sense)
        assert (status == lambert.OK).all()
        for got, key in ((v1, "v1"), (v2, "v2")):
            wanted = np.array([c[key] for c in rows])
            miss = np.linalg.norm(got - wanted, axis=1) / np.linalg.norm(wanted, axis=1)
            # places close together leave fewer digits of their difference
            apart = [math.dist(c["r1"], c["r2"]) / math.hypot(*c["r1"]) for c in rows]
            assert (miss < LAMBERT_RELATIVE * np.maximum(1.0, 0.1 / np.array(apart))).all()


@pytest.mark.parametrize("width", [1, 8, 16])
@pytest.mark.parametrize("turns", [0, 1])
def test_every_width_gives_the_same(width, turns):
    r1, r2, tof = random_transfers(300, 2)
    v1, v2, status, shortest = run(r1, r2, tof, turns=turns, width=width)
    w1, w2, same, least = run(r1, r2, tof, turns=turns)
    np.testing.assert_array_equal(status, same)
    solved = status == lambert.OK
    assert solved.sum() > 100
    for a, b in ((v1, w1), (v2, w2)):
        assert (np.linalg.norm(a - b, axis=1) < LANES_ROUNDING * np.linalg.norm(b, axis=1))[solved].all()
        assert np.isnan(a[~solved]).all()
    if turns:
        np.testing.assert_allclose(shortest, least, rtol=LANES_ROUNDING)


@pytest.mark.parametrize("n", [0, 1, lane_width() - 1, lane_width(), lane_width() + 1, 127, 128, 129, 300])
def test_any_number_of_rows_and_no_row_sees_its_neighbours(n):
    r1, r2, tof = random_transfers(300, 3)
    r1[7, 0] = math.nan
    whole = run(r1, r2, tof)
    part = run(r1[:n], r2[:n], tof[:n])
    alone = run(r1[:n], r2[:n], tof[:n], blocks=[(i, i + 1) for i in range(n)])
    for a, b, c in zip(whole[:3], part[:3], alone[:3], strict=True):
        np.testing.assert_array_equal(a[:n], b)
        np.testing.assert_array_equal(b, c)


def test_hard_corners_converge():
    """Places next to one another, times from a millionth to a million: the bracket always finds the root."""
    rng = np.random.default_rng(4)
    n = 4000
    lam = np.concatenate([rng.uniform(-1, 1, n), 1 - 10 ** rng.uniform(-12, -1, n), -1 + 10 ** rng.uniform(-12, -1, n)])
    chord = (1.0 - lam) * (1.0 + lam)
    time = 10 ** rng.uniform(-6, 6, 3 * n)
    r1, r2, tof = triangles(lam, chord, time)
    for sense in (1.0, -1.0):
        assert (run(r1, r2, tof, sense=sense)[2] == lambert.OK).all()


@pytest.mark.parametrize("side", [-1.0, 1.0])
@pytest.mark.parametrize("turns", [1, 50])
def test_next_to_the_fold(turns, side):
    """From 1e-14 above the shortest time, where the two branches meet like a square root, to far beyond."""
    rng = np.random.default_rng(6)
    lam = np.concatenate([rng.uniform(-1, 1, 3000), 1 - 10 ** rng.uniform(-8, -1, 3000)])
    r1, r2, unit = triangles(lam, (1.0 - lam) * (1.0 + lam), np.ones(6000))
    least = run(r1, r2, 1e-6 * unit, turns=turns)[3]
    v1, _, status, _ = run(r1, r2, least * (1.0 + 10 ** rng.uniform(-14, 3, 6000)), turns=turns, side=side)
    assert (status == lambert.OK).all()
    assert np.isfinite(v1).all()


def triangles(lam, chord, time):
    """Isosceles triangles in the x-y plane, s = 1, that have this lam (of either sign) and time."""
    half = np.arcsin(chord / (2.0 - chord))  # half the angle: two sides of 1 - chord / 2
    side = 1.0 - 0.5 * chord
    zero = np.zeros_like(lam)
    r1 = np.stack([side * np.cos(half), -side * np.sin(half), zero], axis=1)
    r2 = np.stack([side * np.cos(half), side * np.sin(half), zero], axis=1)
    return r1, r2, time * np.sqrt(0.5 / GM)


def test_uncompiled_source_gives_the_same():
    r1, r2, tof = random_transfers(40, 5)
    for turns, side in ((0, -1.0), (1, 1.0)):
        v1, v2, status, _ = run(r1, r2, tof, turns=turns, side=side)
        for i in range(40):
            with np.errstate(all="ignore"):
                *v, code, _ = lambert.solve_lanes(
                    r1[i], r2[i], tof[i], GM, POLE, turns * math.pi, 1.0, side, False, turns > 0
                )
            assert code == status[i]
            if code == lambert.OK:
                np.testing.assert_allclose(v, [*v1[i], *v2[i]], rtol=0, atol=LANES_ROUNDING * np.linalg.norm(v))
