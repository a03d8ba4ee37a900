"""The B-plane: against an independent complex-step oracle, against geometry, and back again."""

import math

import numpy as np
import pytest

from lunarplan.kernels import bplane
from tests.kernels.test_kepler import run as propagate
from tests.tolerances import B_PLANE_ROUNDING

MOON = 4902.800118
POLE = np.array([0.1, -0.2, 0.9])


def of_states(states, pole=POLE, partials=True, gm=MOON):
    states = np.ascontiguousarray(np.atleast_2d(states), float)
    n = len(states)
    out, slopes, status = np.empty((n, bplane.SIZE)), np.empty((n, 3, 6 if partials else 0)), np.empty(n, np.int8)
    poles = np.ascontiguousarray(np.broadcast_to(np.asarray(pole, float), (n, 3)))
    bplane.b_plane_many(states, np.full(n, gm), poles, out, slopes, status)
    return out, slopes, status


def aim(v_infinity, periapsis, inclination, side=1.0, pole=POLE):
    v = np.ascontiguousarray(np.atleast_2d(v_infinity), float)
    n = len(v)
    out, status = np.empty((n, 9)), np.empty(n, np.int8)
    radius, angle = (np.full(n, float(a)) for a in (periapsis, inclination))
    poles = np.ascontiguousarray(np.broadcast_to(np.asarray(pole, float), (n, 3)))
    bplane.aim_many(v, np.full(n, MOON), radius, angle, poles, side, out, status)
    return out, status


def arrivals(n, seed):
    """States on hyperbolas about the Moon, most of them inbound."""
    rng = np.random.default_rng(seed)
    r, v = rng.normal(size=(2, n, 3))
    r *= (rng.uniform(2e3, 6.6e4, n) / np.linalg.norm(r, axis=1))[:, None]
    v = 0.5 * v - r / np.linalg.norm(r, axis=1)[:, None]
    escape = np.sqrt(2 * MOON / np.linalg.norm(r, axis=1))
    v *= (np.sqrt(escape**2 + rng.uniform(0.3, 4, n)) / np.linalg.norm(v, axis=1))[:, None]
    return np.hstack([r, v])


def oracle(state, pole):
    """B.T, B.R and linearised time of flight of a state, which may be complex: a plain transcription of textbooks."""
    r, v = state[:3], state[3:]
    radius = np.sqrt(r @ r)
    h = np.cross(r, v)
    e_vector = np.cross(v, h) / MOON - r / radius
    e = np.sqrt(e_vector @ e_vector)
    v_infinity = np.sqrt(v @ v - 2 * MOON / radius)
    p_hat = e_vector / e
    q_hat = np.cross(h / np.sqrt(h @ h), p_hat)
    s = p_hat / e + np.sqrt(e * e - 1) / e * q_hat
    t = np.cross(s, pole)
    t = t / np.sqrt(t @ t)
    b = np.cross(s, h) / v_infinity
    anomaly = np.arcsinh((r @ v) * v_infinity / (MOON * e))
    to_periapsis = -MOON / v_infinity**3 * (e * np.sinh(anomaly) - anomaly)
    return np.array([b @ t, b @ np.cross(s, t), to_periapsis - MOON / v_infinity**3 * np.log(e)])


def test_agrees_with_textbooks():
    states = arrivals(300, 1)
    out, _, status = of_states(states)
    assert (status == bplane.OK).all()
    wanted = np.array([oracle(s, POLE) for s in states])
    size = np.abs(wanted).max(axis=0)
    assert (np.abs(out[:, :3] - wanted) < B_PLANE_ROUNDING * size).all()


def test_partials_are_exact():
    states = arrivals(300, 2)
    _, slopes, _ = of_states(states)
    for state, got in zip(states, slopes, strict=True):
        unit = np.repeat([np.linalg.norm(state[:3]), np.linalg.norm(state[3:])], 3)
        steps = state + 1e-30j * np.diag(unit)
        wanted = np.stack([oracle(s, POLE).imag / 1e-30 for s in steps], axis=1)
        assert (np.abs(got * unit - wanted) < B_PLANE_ROUNDING * np.abs(wanted).max(axis=1)[:, None]).all()


def test_axes_are_right_handed_and_b_lies_in_the_plane():
    out, _, _ = of_states(arrivals(100, 3))
    b, s, t, r = (out[:, k : k + 3] for k in (bplane.B, bplane.S, bplane.T, bplane.R))
    np.testing.assert_allclose(np.cross(s, t), r, atol=1e-14)
    np.testing.assert_allclose(t @ POLE, 0.0, atol=1e-14)
    assert (r @ POLE < 0.0).all()
    along = np.abs(np.sum(b * s, axis=1)) / np.linalg.norm(b, axis=1)
    assert along.max() < B_PLANE_ROUNDING
    np.testing.assert_allclose(out[:, [0]] * t + out[:, [1]] * r, b, atol=B_PLANE_ROUNDING * np.abs(b).max())


def test_plane_stays_and_time_runs_down_along_the_path():
    states = arrivals(100, 4)
    later, _, _ = propagate(states, 5000.0, MOON)
    first, second = of_states(states)[0], of_states(later)[0]
    size = np.abs(first[:, :2]).max()
    assert np.abs(first[:, :2] - second[:, :2]).max() < B_PLANE_ROUNDING * size
    np.testing.assert_allclose(first[:, bplane.LTOF] - second[:, bplane.LTOF], 5000.0, atol=1e-6)


def test_time_of_flight_ends_at_periapsis():
    """With ln e put back, the time given leads to where the distance stops shrinking."""
    states = arrivals(50, 5)
    out, _, _ = of_states(states)
    v2 = np.sum(states[:, 3:] ** 2, axis=1) - 2 * MOON / np.linalg.norm(states[:, :3], axis=1)
    b2 = out[:, 0] ** 2 + out[:, 1] ** 2
    e = np.sqrt(1.0 + b2 * v2**2 / MOON**2)
    there, _, _ = propagate(states, out[:, bplane.LTOF] + MOON / v2**1.5 * np.log(e), MOON)
    climb = np.sum(there[:, :3] * there[:, 3:], axis=1)
    assert np.abs(climb / np.linalg.norm(there[:, :3], axis=1)).max() < 1e-9


@pytest.mark.parametrize("side", [1.0, -1.0])
@pytest.mark.parametrize("inclination_deg", [40.0, 90.0, 130.0])
def test_aim_gives_what_was_asked(side, inclination_deg):
    rng = np.random.default_rng(6)
    v = rng.normal(size=(200, 3))
    out, status = aim(v, 1838.0, math.radians(inclination_deg), side)
    speed = np.linalg.norm(v, axis=1)
    declination = np.abs(np.arcsin(v @ POLE / speed / np.linalg.norm(POLE)))
    np.testing.assert_allclose(out[:, 8], declination, atol=1e-14)
    reachable = np.cos(declination) > abs(math.cos(math.radians(inclination_deg)))
    np.testing.assert_array_equal(status == bplane.OK, reachable)
    assert (status[~reachable] == bplane.UNREACHABLE).all()
    assert np.isnan(out[~reachable, :8]).all()
    b, state, v = out[reachable, :2], out[reachable, 2:8], v[reachable]
    assert (side * b[:, 1] >= 0.0).all()
    np.testing.assert_allclose(np.linalg.norm(state[:, :3], axis=1), 1838.0, rtol=1e-15)
    assert np.abs(np.sum(state[:, :3] * state[:, 3:], axis=1)).max() < 1e-11
    h = np.cross(state[:, :3], state[:, 3:])
    cosine = h @ POLE / np.linalg.norm(h, axis=1) / np.linalg.norm(POLE)
    np.testing.assert_allclose(cosine, math.cos(math.radians(inclination_deg)), atol=1e-14)
    back, _, _ = of_states(state)
    np.testing.assert_allclose(back[:, :2], b, atol=B_PLANE_ROUNDING * np.abs(b).max())
    np.testing.assert_allclose(back[:, bplane.S : bplane.S + 3], v / np.linalg.norm(v, axis=1)[:, None], atol=1e-13)


def test_least_inclination_is_reached_and_the_two_sides_meet():
    v = [0.8, 0.2, 0.1]
    least = aim(v, 1838.0, math.pi / 2)[0][0, 8]
    above, below = aim(v, 1838.0, least, 1.0), aim(v, 1838.0, least, -1.0)
    assert above[1][0] == below[1][0] == bplane.OK
    np.testing.assert_allclose(above[0][0, :8], below[0][0, :8], atol=1e-3)  # sqrt of rounding, of 5000 km
    assert aim(v, 1838.0, least - 1e-6)[1][0] == bplane.UNREACHABLE
    assert aim(v, 1838.0, math.pi - least + 1e-6)[1][0] == bplane.UNREACHABLE


def test_rows_without_an_answer():
    inbound = [-40000.0, 0, 1000, 1.2, 0, 0]
    rows = [inbound, [2000, 0, 0, 0, 1.5, 0], [math.nan, *inbound[1:]], [0, 0, 0, 1, 0, 0]]
    out, slopes, status = of_states(rows)
    assert status.tolist() == [bplane.OK, bplane.NOT_HYPERBOLIC, bplane.BAD_INPUT, bplane.BAD_INPUT]
    assert np.isnan(out[1:]).all()
    assert np.isnan(slopes[1:]).all()
    axis = of_states(inbound)[0][0, bplane.S : bplane.S + 3]
    assert of_states(inbound, pole=axis)[2][0] == bplane.POLAR_ASYMPTOTE
    assert of_states(inbound, pole=[0, 0, 0])[2][0] == bplane.BAD_INPUT
    assert aim([0, 0, 0], 1838.0, 1.0)[1][0] == bplane.NOT_HYPERBOLIC
    assert aim([1, 0, 0], -1838.0, 1.0)[1][0] == bplane.BAD_INPUT
    assert aim([1, 0, 0], 1838.0, 4.0)[1][0] == bplane.BAD_INPUT
    assert aim([0, 0, 1], 1838.0, 1.5, pole=[0, 0, 1])[1][0] == bplane.POLAR_ASYMPTOTE


def test_batch_equals_loop_to_the_bit():
    states = arrivals(20, 7)
    out, slopes, _ = of_states(states)
    for i, state in enumerate(states):
        one, slope, _ = of_states(state)
        np.testing.assert_array_equal(one[0], out[i])
        np.testing.assert_array_equal(slope[0], slopes[i])


def test_uncompiled_source_gives_the_same():
    states = arrivals(5, 8)
    compiled, slopes, _ = of_states(states)
    for state, row, wanted in zip(states, compiled, slopes, strict=True):
        out, slope = np.empty(bplane.SIZE), np.empty((3, 6))
        assert bplane.b_plane_one(state, MOON, tuple(POLE), out, slope) == bplane.OK
        np.testing.assert_allclose(out, row, rtol=1e-11, atol=1e-9)
        np.testing.assert_allclose(slope, wanted, rtol=1e-9, atol=1e-9 * np.abs(wanted).max())
