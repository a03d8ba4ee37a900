"""Elements and asymptotes of single rows: round trips, conventions for special orbits, limits."""

import math

import numpy as np
import pytest

from lunarplan.kernels import elements, kepler
from tests.kernels.test_kepler import GM, random_states
from tests.tolerances import ELEMENTS_ROUND_TRIP


def of_states(states, gm=GM):
    states = np.ascontiguousarray(np.atleast_2d(states), float)
    out, status = np.empty((len(states), 7)), np.empty(len(states), np.int8)
    elements.elements_many(states, np.full(len(states), gm), out, status)
    return out, status


def to_states(rows, gm=GM):
    rows = np.ascontiguousarray(np.atleast_2d(rows)[:, :6], float)
    out, status = np.empty((len(rows), 6)), np.empty(len(rows), np.int8)
    elements.states_many(rows, np.full(len(rows), gm), out, status)
    return out, status


def of_asymptotes(states, gm=GM):
    states = np.ascontiguousarray(np.atleast_2d(states), float)
    out, status = np.empty((len(states), 6)), np.empty(len(states), np.int8)
    elements.asymptotes_many(states, np.full(len(states), gm), out, status)
    return out, status


def returns(states):
    """Relative miss of states brought to elements and back."""
    states = np.atleast_2d(states)
    rows, status = of_states(states)
    assert (status == elements.OK).all()
    back, status = to_states(rows)
    assert (status == elements.OK).all()
    r = np.linalg.norm(back[:, :3] - states[:, :3], axis=1) / np.linalg.norm(states[:, :3], axis=1)
    v = np.linalg.norm(back[:, 3:] - states[:, 3:], axis=1) / np.linalg.norm(states[:, 3:], axis=1)
    return np.maximum(r, v)


CIRCULAR = math.sqrt(GM / 7000.0)
TILTED = CIRCULAR / math.sqrt(2.0)


def test_round_trip_of_any_orbit():
    states, _ = random_states(5000, 11)
    rows, _ = of_states(states)
    # far out on a thin orbit the distance hangs on the last digits of the anomaly: 1 + e cos(anomaly) = p / r
    stretch = 1.0 + np.linalg.norm(states[:, :3], axis=1) / rows[:, 0]
    assert (returns(states) < ELEMENTS_ROUND_TRIP * stretch).all()


@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        # p, e, inclination, raan, argp, anomaly
        ([7000, 0, 0, 0, CIRCULAR, 0], [7000, 0, 0, 0, 0, 0]),
        ([0, 7000, 0, -CIRCULAR, 0, 0], [7000, 0, 0, 0, 0, math.pi / 2]),
        ([0, 7000, 0, CIRCULAR, 0, 0], [7000, 0, math.pi, 0, 0, -math.pi / 2]),
        ([0, 7000, 0, 0, 0, CIRCULAR], [7000, 0, math.pi / 2, math.pi / 2, 0, 0]),
        ([0, 0, 7000, -TILTED, -TILTED, 0], [7000, 0, math.pi / 2, math.pi / 4, 0, math.pi / 2]),
        ([0, 7000, 0, -1.2 * CIRCULAR, 0, 0], [7000 * 1.44, 0.44, 0, 0, math.pi / 2, 0]),
        ([0, 7000, 0, 1.2 * CIRCULAR, 0, 0], [7000 * 1.44, 0.44, math.pi, 0, 1.5 * math.pi, 0]),
    ],
    ids=[
        "circular equatorial at x",
        "circular equatorial at y",
        "circular equatorial, retrograde",
        "circular polar",
        "circular polar, over the pole",
        "equatorial",
        "equatorial, retrograde",
    ],
)
def test_missing_angles_are_counted_from_the_next_direction(state, wanted):
    row, _ = of_states(state)
    np.testing.assert_allclose(row[0, :6], wanted, rtol=1e-15, atol=2e-15)
    assert returns(state)[0] < 1e-15


@pytest.mark.parametrize("tilt", [1e-16, 1e-13, 1e-10, 1e-6])
@pytest.mark.parametrize("stretch", [0.0, 1e-15, 1e-12, 1e-7])
def test_nearly_special_orbits_lose_nothing(tilt, stretch):
    v = CIRCULAR * (1.0 + stretch)
    state = [4000.0, 7000.0 * math.sqrt(33) / 7, 1e-9, -v * math.sqrt(33) / 7, v * 4 / 7, v * tilt]
    assert returns(state)[0] < 1e-13


def test_parabola():
    state = [8000.0, 0, 0, 0, 3.0, 4.0]
    row, status = of_states(state, gm=100000.0)
    assert status[0] == elements.OK
    np.testing.assert_array_equal(row[0, :2], [16000.0, 1.0])
    assert math.isinf(row[0, 6])
    np.testing.assert_allclose(to_states(row, gm=100000.0)[0][0], state, rtol=1e-15)


def test_rectilinear_orbits_keep_their_axis_only():
    row, status = of_states([[7000, 0, 0, 3, 0, 0], [1000, 2000, 3000, -1, -2, -3]])
    assert status.tolist() == 2 * [elements.RECTILINEAR]
    np.testing.assert_array_equal(row[:, :2], [[0, 1], [0, 1]])
    assert np.isnan(row[:, 2:6]).all()
    assert row[0, 6] == pytest.approx(1.0 / (2.0 / 7000 - 9.0 / GM), rel=1e-15)


def test_unusable_rows():
    states = [[math.nan, 0, 0, 0, 7, 0], [0, 0, 0, 0, 7, 0], [7000, 0, 0, 0, math.inf, 0]]
    rows, status = of_states(states)
    assert status.tolist() == 3 * [elements.BAD_INPUT]
    assert np.isnan(rows).all()
    _, status = of_states([7000, 0, 0, 0, 7, 0], gm=0.0)
    assert status[0] == elements.BAD_INPUT
    broken = [[0, 0.1, 0, 0, 0, 0], [7000, -0.1, 0, 0, 0, 0], [7000, 0.1, 4, 0, 0, 0], [7000, 2, 0, 0, 0, 2.5]]
    rows, status = to_states(broken)
    assert status.tolist() == 4 * [elements.BAD_INPUT]
    assert np.isnan(rows).all()


def test_asymptotes_are_where_the_body_comes_from_and_goes():
    states, _ = random_states(400, 12)
    out, status = of_asymptotes(states)
    energy = 0.5 * np.sum(states[:, 3:] ** 2, axis=1) - GM / np.linalg.norm(states[:, :3], axis=1)
    np.testing.assert_array_equal(status == elements.OK, energy > 0.0)
    fast = energy > 5.0
    assert fast.sum() > 50
    for sign, column in ((-1.0, slice(0, 3)), (1.0, slice(3, 6))):
        far, done = np.empty((fast.sum(), 6)), np.empty(fast.sum(), np.int8)
        start = np.ascontiguousarray(states[fast])
        span = np.full(fast.sum(), sign * 1e13)
        kepler.propagator()(
            start, span, np.full(fast.sum(), GM), far, np.empty((fast.sum(), 0, 0)), done, 0, fast.sum()
        )
        miss = np.linalg.norm(far[:, 3:] - out[fast, column], axis=1)
        # at a distance r the velocity is still gm / (v r) from its limit
        assert (miss < 2.0 * GM / (energy[fast] * 1e13)).all()


def test_head_on_asymptotes_turn_back():
    """A body climbing straight away came straight in: the limit of ever sharper turns."""
    out, status = of_asymptotes([7000, 0, 0, 12, 0, 0])
    speed = math.sqrt(144 - 2 * GM / 7000)
    assert status[0] == elements.OK
    np.testing.assert_allclose(out[0], [-speed, 0, 0, speed, 0, 0], atol=1e-14)


def test_turn_angle():
    out, _ = of_asymptotes([7000, 0, 0, 0, 12, 1])
    v2 = 145.0
    e = 7000 * v2 / GM - 1.0
    cosine = out[0, :3] @ out[0, 3:] / (out[0, :3] @ out[0, :3])
    assert math.acos(cosine) == pytest.approx(2.0 * math.asin(1.0 / e), rel=1e-14)


def test_uncompiled_source_gives_the_same():
    states, _ = random_states(20, 13)
    compiled, _ = of_states(states)
    for state, wanted in zip(states, compiled, strict=True):
        row, back = np.empty(7), np.empty(6)
        assert elements.elements_one(state, GM, row) == elements.OK
        assert elements.state_one(row, GM, back) == elements.OK
        np.testing.assert_allclose(row, wanted, rtol=1e-12)
        np.testing.assert_allclose(back, state, rtol=1e-11, atol=1e-9)
