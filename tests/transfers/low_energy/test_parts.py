"""The parts low-energy transfers are made of: exact partials, descent, points that fill a cube."""

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import fly
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.low_energy.descent import descended
from lunarplan.transfers.low_energy.ends import ToLowOrbit, ToStation
from lunarplan.transfers.low_energy.search import evenly, injections
from lunarplan.transfers.low_energy.shooting import Frame, Parking, Shooting
from lunarplan.transfers.targeter import Target, Variable, target
from tests import naive
from tests.tolerances import DESCENT, LOW_ENERGY_PARTIALS

FORCES = ForceModel()
T0 = tdb_seconds("2028-06-10T00:00:00")
DAY = 86_400.0
ROW = np.array([0])


def test_points_fill_the_cube_evenly():
    points = evenly(4096)
    assert points.shape == (4096, 4)
    counts, _ = np.histogramdd(points, bins=4, range=[(0.0, 1.0)] * 4)
    assert counts.min() > 8  # of 16; at random, one in fifty cells has fewer
    assert np.array_equal(points[:100], evenly(100))


def station_ends():
    """A path about the Moon, and a transfer's variables near it."""
    state = np.array([2000.0, 60_000.0, 1000.0, -0.1, 0.0, 0.05])
    path = fly(state, T0 - 2 * DAY, T0 + 2 * DAY, center="moon").trajectory
    return ToStation(path), np.array([0.004, -0.003, 0.002, T0 + 5000.0])


def low_ends():
    return ToLowOrbit(100.0, 70.0), np.array([1.0, 2.0, 2.32, T0 + 3000.0])


@pytest.mark.parametrize("ends", [station_ends, low_ends])
def test_partials_are_those_of_the_equations(ends):
    to, arrival = ends()
    departure = np.array([0.3, 1.2, 11.01, T0 - 90 * DAY])
    x = np.concatenate([departure, arrival])
    meet = T0 - 2.0 * DAY
    frame = Frame(np.array([meet]), np.array([departure[3]]), np.array([T0]))
    parking = Parking(6563.0, 0.5, LaunchTie.from_site("cape-slc-40"))
    shooting = Shooting(frame, parking, to, FORCES, hold_arrival=True, tolerance=1e-14, workers=1)

    near = np.array([meet - 3 * DAY])  # of the injection, that differences have digits left
    x[3] = near[0]
    _, jacobian = shooting.evaluate(x[None], ROW)
    steps = np.array([1e-6, 1e-6, 1e-6, 0.5, 1e-6, 1e-6, 1e-6, 0.5])
    expected = naive.differences(lambda y: shooting.evaluate(y[None], ROW)[0][0], x, steps)
    scale = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(jacobian[0] - expected) / scale).max() < LOW_ENERGY_PARTIALS
    burn, gradient = to.burn(x[None, 4:], FORCES)
    slope = naive.differences(lambda y: to.burn(y[None], FORCES)[0], x[4:], steps[4:])
    assert np.abs(gradient - slope).max() < LOW_ENERGY_PARTIALS
    assert burn[0] > 0.0


@pytest.mark.parametrize("ends", [station_ends, low_ends])
def test_variables_are_those_of_the_states(ends):
    to, arrival = ends()
    tdb = np.array([T0])
    states, _ = to.states(arrival[None], tdb, FORCES)
    assert to.variables_of(states, arrival[3:], tdb, FORCES)[0] == pytest.approx(arrival, abs=1e-9)


def test_an_injection_comes_out_of_its_own_flight():
    """Flown half a day, and told from the state there."""
    parking = Parking(6563.0, np.radians(28.5))
    x = np.array([[0.4, 1.1, 10.99, T0]])
    frame = Frame(x[:, 3], x[:, 3], x[:, 3])
    shooting = Shooting(frame, parking, ToLowOrbit(), FORCES, hold_arrival=True, tolerance=1e-12, workers=1)
    start, _ = shooting.injection(np.concatenate([x, x], axis=1), ROW)
    there = naive.kepler(start[0], 5000.0, FORCES.gm("earth"))
    told, misfit = injections(there[None], np.array([T0 + 5000.0]), parking, FORCES)
    assert told[0] == pytest.approx(x[0], abs=1e-6)
    assert misfit[0] < 1e-3


# ---------------------------------------------------------------- descent


def on_a_sphere(dimensions):
    """|x|^2 = 1, and its Jacobian."""

    def evaluate(x, rows):
        return (x**2).sum(axis=1, keepdims=True) - 1.0, 2.0 * x[:, None, :]

    free = tuple(Variable(f"x{k}", 0.1) for k in range(dimensions))
    return evaluate, free, (Target("on it", 1e-12, 1.0),)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_the_lowest_point_of_a_sphere(dimensions):
    evaluate, free, targets = on_a_sphere(dimensions)
    rng = np.random.default_rng(4)
    found = target(evaluate, rng.normal(size=(20, dimensions)), free, targets)

    def height(x, rows):
        return x[:, 0], np.broadcast_to(np.eye(dimensions)[0], x.shape)

    lowest = descended(evaluate, height, found, free, targets, worth=1e-12)
    assert np.abs(lowest.x - -np.eye(dimensions)[0]).max() < DESCENT
    assert np.abs(evaluate(lowest.x, None)[0]).max() < 1e-12


def test_nothing_free_stays_where_it_is():
    evaluate, free, targets = on_a_sphere(1)
    found = target(evaluate, np.array([[2.0], [np.nan]]), free, targets)
    lowest = descended(evaluate, lambda x, rows: (x[:, 0], np.ones_like(x)), found, free, targets, worth=1e-9)
    assert lowest.x[0, 0] == pytest.approx(1.0)
    assert not lowest.ok[1]
