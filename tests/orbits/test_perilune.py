"""Guesses steered to a perilune: what two bodies keep, and its gradients."""

import numpy as np
import pytest

from lunarplan.orbits.perilune import _about_smaller, _kept_by_two_bodies, _since_perilune, steered
from lunarplan.orbits.symmetry import AXIS, PLANE, fly, held_row
from tests import naive
from tests.orbits.families import MU, shared

NEAR = np.array([1.0 - MU + 0.004, 0.003, -0.006, 0.5, -1.1, 0.7])


def test_gradients_against_differences():
    _, gradient = _kept_by_two_bodies(NEAR[np.newaxis], MU)
    expected = naive.differences(lambda s: _kept_by_two_bodies(s[np.newaxis], MU)[0][0], NEAR, [1e-6] * 6)
    assert np.abs(gradient[0] - expected).max() < 1e-6 * np.abs(expected).max()


def test_time_since_perilune_is_kepler_s():
    """Of an ellipse made from its anomaly."""
    a, e = 0.05, 0.97
    for anomaly in (-2.0, -0.1, 0.0, 0.4, 3.0):
        rate = np.sqrt(MU / a**3)
        r = a * np.array([np.cos(anomaly) - e, np.sqrt(1 - e * e) * np.sin(anomaly), 0.0])
        v = (
            a
            * rate
            / (1.0 - e * np.cos(anomaly))
            * np.array([-np.sin(anomaly), np.sqrt(1 - e * e) * np.cos(anomaly), 0.0])
        )
        found = _since_perilune(r[np.newaxis], v[np.newaxis], MU)[0]
        assert found == pytest.approx((anomaly - e * np.sin(anomaly)) / rate, abs=1e-14)


def test_what_is_not_bound_is_left_alone():
    r, v = _about_smaller(np.array([[1.0 - MU + 0.01, 0.0, 0.0, 3.0, 4.0, 0.0]]), MU)
    assert _since_perilune(r, v, MU) == 0.0


def test_right_angles_are_zeros():
    members = shared("L2 halo south")
    end = fly(PLANE, members.unknowns, MU).end
    value, _ = _kept_by_two_bodies(end, MU)
    speed = np.linalg.norm(end[:, 3:], axis=1)
    assert (np.abs(value).max(axis=1) < 1e-10 * speed**2).all()


def test_guesses_that_miss_the_perilune_are_brought_to_it():
    members = shared("L2 halo south")
    guess = members.unknowns[40:] * (1.0 + np.random.default_rng(4).uniform(-1e-3, 1e-3, (20, 4)))
    guess[:, 0] = members.unknowns[40:, 0]
    hold = np.tile(held_row(PLANE, "x"), (20, 1))
    found = steered(PLANE, guess, MU, hold)
    assert found[:, 0] == pytest.approx(guess[:, 0], abs=1e-12)
    assert np.abs(found - members.unknowns[40:]).max() < 1e-6
    assert np.abs(guess - members.unknowns[40:]).max() > 1e-4


def test_other_problems_are_left_as_they_are():
    guess = np.ones((2, 4))
    assert steered(AXIS, guess, MU, np.zeros((2, 4))) is guess
