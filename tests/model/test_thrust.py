"""Thrust steered along velocity, normal and binormal, in the full model: an independent integration, and its limits."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lunarplan.model.constants import STANDARD_GRAVITY_M_S2
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Thrust, propagate
from lunarplan.model.trajectory import Trajectory, fly
from tests import naive
from tests.tolerances import (
    BATCH_ROUNDING_KM,
    DENSE_OUTPUT_KM,
    MASS_AT_NODE_KG,
    ORACLE_KM,
    TWO_METHODS_KM,
)

START = tdb_seconds("2024-05-08T02:12:00")
DURATION = 1500.0
FORCES = ForceModel(moon_degree=0, earth_zonal=0)
FULL = ForceModel(moon_degree=8)
LUNAR = np.array([2137.4, -300.0, 100.0, 0.3, 1.1, 1.9])
HIGH = np.array([9000.0, 2000.0, -1000.0, 0.5, 6.0, 4.0])
STATES = {"moon": LUNAR, "earth": HIGH}
STEERED = {
    "braking": ((-400.0, 0.0, 0.0), 0.0),
    "sideways": ((0.0, 350.0, 0.0), 0.0),
    "turning": ((-400.0, 50.0, -120.0), 4e-4),
    "turning back": ((300.0, -50.0, 200.0), -6e-4),
}


def burn(name, mass_kg=1890.0, isp_s=220.0):
    force, rate = STEERED[name]
    return Thrust(force, mass_kg, isp_s, axes="vnb", pitch_rate_rad_s=rate)


def naive_burn(start, center, thrust):
    """The same burn by scipy, steered relative to the body it is counted from."""
    model = naive.Model({b: FORCES.gm(b) for b in FORCES.bodies}, center=center)
    force, rate = np.array(thrust.force_n), thrust.pitch_rate_rad_s
    flow = np.linalg.norm(force) / (STANDARD_GRAVITY_M_S2 * thrust.isp_s)

    def derivative(t, y):
        r, v = np.split(y, 2)
        along = v / naive.norm(v)
        normal = np.cross(r, v)
        normal /= naive.norm(normal)
        across = np.cross(along, normal)
        c, s = math.cos(rate * t), math.sin(rate * t)
        push = (force[0] * c - force[2] * s) * along + force[1] * normal + (force[0] * s + force[2] * c) * across
        gravity = model.acceleration(START, r, since=t)
        return np.concatenate([y[3:], gravity + 1e-3 * push / (thrust.mass_kg - flow * t)])

    exact = {"method": "DOP853", "rtol": 2.3e-14, "atol": [1e-10] * 3 + [1e-14] * 3}
    return solve_ivp(derivative, (0.0, DURATION), start, **exact).y[:, -1]


@pytest.mark.parametrize("center", STATES)
@pytest.mark.parametrize("name", STEERED)
def test_against_scipy(name, center):
    end = propagate(
        STATES[center], START, START + DURATION, forces=FORCES, center=center, thrust=burn(name), tolerance=1e-13
    ).require()
    assert np.abs(end.states[0] - naive_burn(STATES[center], center, burn(name)))[:3].max() < ORACLE_KM


@pytest.mark.parametrize("center", STATES)
def test_no_thrust_is_a_coast(center):
    """The other integrator, with nothing to steer, flies what the coasting one flies."""
    options = {"forces": FULL, "center": center, "tolerance": 1e-13}
    idle = Thrust([0.0, 0.0, 0.0], 1000.0, 300.0, axes="vnb")
    coast = propagate(STATES[center], START, START + 86_400.0, stm=True, **options)
    pushed = propagate(STATES[center], START, START + 86_400.0, thrust=idle, stm=True, **options)
    assert np.abs(coast.states - pushed.states)[:, :3].max() < TWO_METHODS_KM
    assert np.abs(coast.stm - pushed.stm[..., :6]).max() < 1e-10 * np.abs(coast.stm).max()


@pytest.mark.parametrize("name", STEERED)
def test_little_thrust_moves_as_its_partials_say(name):
    """A millinewton for a quarter of an hour: linear to the last digits."""
    options = {"forces": FULL, "center": "moon", "tolerance": 1e-14}
    force, rate = STEERED[name]
    tiny = Thrust(1e-3 * np.array(force), 1890.0, math.inf, "vnb", rate)
    none = Thrust([0.0, 0.0, 0.0], 1890.0, math.inf, "vnb", rate)
    coast = propagate(LUNAR, START, START + 900.0, thrust=none, stm=True, **options)
    moved = propagate(LUNAR, START, START + 900.0, thrust=tiny, **options).states - coast.states
    expected = coast.stm[0, :, 6:9] @ (1e-3 * np.array(force))
    assert np.abs(moved[0] - expected)[:3].max() < 1e-3 * np.abs(expected[:3]).max()


def test_infinite_specific_impulse_keeps_the_mass():
    """No mass flows: the limit of ever better engines, to first order in what they use."""
    options = {"forces": FULL, "center": "moon", "tolerance": 1e-13}
    ends = {
        isp: propagate(LUNAR, START, START + DURATION, thrust=burn("braking", isp_s=isp), **options).states[0]
        for isp in (1e6, 1e7, math.inf)
    }
    near, nearer = (np.abs(ends[isp] - ends[math.inf])[:3].max() for isp in (1e6, 1e7))
    assert near > 0.0
    assert nearer == pytest.approx(0.1 * near, rel=1e-3)
    arc = fly(LUNAR, START, START + DURATION, FULL, center="moon", thrust=burn("braking", isp_s=math.inf))
    assert (arc.rows[:, 4] == 1890.0).all()


@pytest.mark.parametrize("name", STEERED)
def test_mass_and_pitch_at_the_nodes(name):
    """Every node brings what the engine has left, and where it points by then."""
    thrust = burn(name)
    arc = fly(LUNAR, START, START + DURATION, FULL, center="moon", thrust=thrust)
    elapsed = arc.nodes_tdb - START
    force, rate = np.array(thrust.force_n) * 1e-3, thrust.pitch_rate_rad_s
    flow = np.linalg.norm(force) * 1e3 / (STANDARD_GRAVITY_M_S2 * thrust.isp_s)
    assert arc.rows[:, 4] == pytest.approx(thrust.mass_kg - flow * elapsed, abs=MASS_AT_NODE_KG)
    size = np.hypot(force[0], force[2])
    turned = np.arctan2(force[2], force[0]) + rate * elapsed
    assert arc.rows[:, 1] == pytest.approx(size * np.cos(turned), abs=1e-9 * np.linalg.norm(force))
    assert arc.rows[:, 3] == pytest.approx(size * np.sin(turned), abs=1e-9 * np.linalg.norm(force))


@pytest.mark.parametrize("name", STEERED)
def test_moments_inside_a_burn(name):
    """Dense output continues from a node with its mass and pitch: as if flown to that moment in one go."""
    options = {"center": "moon", "thrust": burn(name), "tolerance": 1e-13}
    path = Trajectory([fly(LUNAR, START, START + DURATION, FULL, **options)])
    tdb = START + DURATION * np.random.default_rng(2).uniform(size=40)
    alone = propagate(np.tile(LUNAR, (40, 1)), START, tdb, forces=FULL, **options).states
    assert np.abs(path.at(tdb, "moon") - alone)[:, :3].max() < DENSE_OUTPUT_KM


def test_a_batch_of_burns_equals_a_loop():
    names = [*STEERED, *STEERED]
    force = np.array([STEERED[n][0] for n in names])
    rate = np.array([STEERED[n][1] for n in names])
    mass = np.linspace(1200.0, 2400.0, len(names))
    states = np.tile(LUNAR, (len(names), 1)) * (1.0 + 1e-3 * np.arange(len(names)))[:, np.newaxis]
    options = {"forces": FULL, "center": "moon"}
    together = propagate(states, START, START + DURATION, thrust=Thrust(force, mass, 300.0, "vnb", rate), **options)
    for i in range(len(names)):
        one = Thrust(force[i], mass[i], 300.0, "vnb", rate[i])
        alone = propagate(states[i], START, START + DURATION, thrust=one, **options).states[0]
        assert np.abs(together.states[i] - alone)[:3].max() < BATCH_ROUNDING_KM
