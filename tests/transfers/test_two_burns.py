"""Two burns between given states: what a conic needs, and the partials of the gap half-way."""

import numpy as np
import pytest

from lunarplan.model.forces import ForceModel
from lunarplan.model.two_body import propagate_two_body
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.two_burns import TwoBurns
from tests import naive
from tests.tolerances import CONIC_BURNS_KM_S, FLIGHT_PARTIALS

FLIGHT = InEphemeris(ForceModel())
LOW = np.array([[1838.0, 0.0, 0.0, 0.0, 0.3, 1.6], [0.0, 2500.0, 300.0, -1.5, 0.0, 0.2]])
SPANS = np.array([4e3, 9e3])
BURNS = np.array([[0.02, -0.01, 0.03, 0.01, 0.04, -0.02], [-0.05, 0.02, 0.0, 0.03, 0.0, 0.01]])


def batch(meet):
    start = np.array([8.0e8, 8.1e8])
    return TwoBurns(start, start + SPANS, LOW, meet, FLIGHT)


def test_conic_needs_the_burns_that_made_it():
    thrown = LOW.copy()
    thrown[:, 3:] += BURNS[:, :3]
    meet = propagate_two_body(thrown, SPANS, FLIGHT.gm("moon")).states
    meet[:, 3:] += BURNS[:, 3:]
    found = batch(meet).conic(np.arange(2), "moon", retrograde=False)
    np.testing.assert_allclose(found, BURNS, atol=CONIC_BURNS_KM_S)


def test_no_burns_where_no_conic_leads():
    beyond = LOW.copy()
    beyond[:, :3] = np.nan
    assert not batch(beyond).conic(np.arange(2), "moon", retrograde=False).any()


@pytest.mark.parametrize("row", [0, 1])
def test_partials(row):
    burns, rows = batch(LOW[::-1].copy()), np.array([row])
    _, partials = burns.evaluate(BURNS[rows], rows)
    seen = naive.differences(lambda x: burns.evaluate(x[None], rows)[0][0], BURNS[row], np.full(6, 1e-6))
    assert np.abs(partials[0] - seen).max() < FLIGHT_PARTIALS * np.abs(seen).max()
