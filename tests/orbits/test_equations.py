"""The equations of motion, and their mirrors."""

import numpy as np
import pytest

from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.orbits.equations import AXIS_MIRROR, PLANE_MIRROR, inverse_of, rates
from tests.orbits.families import MU
from tests.tolerances import STM_SYMPLECTIC

RNG = np.random.default_rng(7)
STATES = RNG.uniform(-1.0, 1.0, (50, 6)) + np.array([0.5, 1.2, 0.3, 0.0, 0.0, 0.0])  # clear of both bodies


@pytest.mark.parametrize("mu", [3e-6, MU, 0.5])
def test_rates_are_those_of_the_propagator(mu):
    step = 1e-4
    after, before = (propagate_cr3bp(STATES, s * step, mu=mu).states for s in (1.0, -1.0))
    assert (after - before) / (2.0 * step) == pytest.approx(rates(STATES, mu), abs=2e-6)


@pytest.mark.parametrize("mirror", [PLANE_MIRROR, AXIS_MIRROR])
def test_time_reversed_behind_a_mirror(mirror):
    assert rates(mirror * STATES, MU) == pytest.approx(-mirror * rates(STATES, MU), abs=1e-13)


def test_inverse_of_a_transition_matrix():
    phi = propagate_cr3bp(STATES, 0.5, mu=MU, stm=True).stm
    product = inverse_of(phi) @ phi
    size = (np.abs(phi).max(axis=(1, 2)) ** 2)[:, None, None]
    assert np.abs((product - np.eye(6)) / size).max() < STM_SYMPLECTIC
