"""Ends of legs: radius, flight path and inclination as asked, and partials as differences have them."""

import numpy as np
import pytest

from lunarplan.transfers.ends import end_state
from lunarplan.transfers.patched_conic import velocity_to
from tests.tolerances import END_DIFFERENCES, SAME_DIRECTION_RAD

RNG = np.random.default_rng(6)
N = 20
ANGLES = RNG.uniform(-3.0, 3.0, (N, 2))
SPEED, RADIUS = RNG.uniform(0.5, 11.0, N), RNG.uniform(1800.0, 7000.0, N)
INCLINATION, CLIMB = RNG.uniform(0.1, 3.0, N), RNG.uniform(-0.4, 0.4, N)
AXES = np.linalg.qr(RNG.normal(size=(N, 3, 3)))[0]
X = np.column_stack([ANGLES, SPEED, INCLINATION])


def state(x, climb=CLIMB):
    return end_state(*x.T, radius=RADIUS, axes=AXES, flight_path=climb)


def test_radius_flight_path_and_inclination_are_those_asked_for():
    s, _ = state(X)
    r, v = s[:, :3], s[:, 3:]
    np.testing.assert_allclose(np.linalg.norm(r, axis=1), RADIUS, rtol=1e-14)
    np.testing.assert_allclose(np.einsum("ni,ni->n", r, v) / (RADIUS * SPEED), np.sin(CLIMB), atol=1e-14)
    normal = np.einsum("nij,nj->ni", AXES, np.cross(r, v))
    np.testing.assert_allclose(normal[:, 2] / np.linalg.norm(normal, axis=1), np.cos(INCLINATION), atol=1e-13)


@pytest.mark.parametrize("climb", [CLIMB, 0.0])
def test_partials(climb):
    partials = state(X, climb)[1]
    for k in range(4):
        step = np.zeros(4)
        step[k] = 1e-6
        difference = (state(X + step, climb)[0] - state(X - step, climb)[0]) / 2e-6
        assert (np.abs(difference - partials[:, :, k]) < END_DIFFERENCES * RADIUS[:, None]).all()


def test_a_hyperbola_from_anywhere_ends_with_the_excess_velocity_asked_for():
    gm, excess = 4902.8, RNG.normal(size=(N, 3)) * 0.6
    r = RNG.normal(size=(N, 3)) * 4000.0
    r *= np.sign(np.einsum("ni,ni->n", r, excess))[:, None]  # else a first guess may go round the centre
    v = velocity_to(r, excess, gm)
    energy = (v**2).sum(axis=1) - 2.0 * gm / np.linalg.norm(r, axis=1)
    np.testing.assert_allclose(energy, (excess**2).sum(axis=1), rtol=1e-12)
    h = np.cross(r, v)
    eccentricity = np.cross(v, h) / gm - r / np.linalg.norm(r, axis=1, keepdims=True)
    e = np.linalg.norm(eccentricity, axis=1, keepdims=True)
    along = np.cross(h / np.linalg.norm(h, axis=1, keepdims=True), eccentricity / e)
    asymptote = -eccentricity / e / e + along * np.sqrt(1.0 - e**-2)
    miss = asymptote - excess / np.linalg.norm(excess, axis=1, keepdims=True)
    assert np.abs(miss).max() < SAME_DIRECTION_RAD
