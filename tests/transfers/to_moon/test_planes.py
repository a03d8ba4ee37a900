"""Planes of transfers: the side of the Moon an arrival passes, and how far off its equator it comes from."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lunarplan import ForceModel
from lunarplan.model.constants import GM_KM3_S2
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.transfers.to_moon.planes import asymptote, asymptote_latitude_deg, impact_parameter
from tests import naive
from tests.tolerances import B_PLANE_ROUNDING

GM = GM_KM3_S2["moon"]


def test_impact_parameter_against_the_b_plane():
    """Its direction, from states anywhere on a hyperbola."""
    perilune = np.array([1937.4, 0.0, 0.0, 0.0, 1.2, 2.05])
    moments = np.array([perilune, *(_hyperbola(perilune, t) for t in (-5000.0, -500.0, 700.0))])
    directions = impact_parameter(moments, GM)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    b_r, b_t = naive.b_plane(perilune, GM)
    h = np.cross(perilune[:3], perilune[3:])
    # the asymptote, B and the angular momentum stand at right angles
    assert np.abs(directions @ h / np.linalg.norm(h)).max() < B_PLANE_ROUNDING
    assert np.abs(directions - directions[0]).max() < 1e-9
    assert directions[0, 2] * -b_r > 0.0
    assert abs(directions[0, 2]) <= abs(b_r) / math.hypot(b_r, b_t) + B_PLANE_ROUNDING


def test_the_asymptote_is_where_the_hyperbola_comes_from():
    """Ten days before perilune the velocity is the asymptote's, to the angle still to be turned."""
    perilune = np.array([[1937.4, 0.0, 0.0, 0.0, 1.2, 2.05]])
    early = _hyperbola(perilune[0], -864_000.0)
    direction = asymptote(perilune, GM)[0]
    assert np.linalg.norm(direction) == pytest.approx(1.0, abs=1e-14)
    assert np.abs(direction - early[3:] / np.linalg.norm(early[3:])).max() < GM / 0.8**2 / np.linalg.norm(early[:3])


def test_how_far_off_the_moons_equator_an_arrival_comes_from():
    """Turned into the Moon's axes by hand; a polar hyperbola along the pole, one in the equator, one in between."""
    epoch = tdb_seconds("2024-05-08T02:20:00")
    forces = ForceModel()
    for tilt in (0.0, 30.0, 90.0):
        c, s = math.cos(math.radians(tilt)), math.sin(math.radians(tilt))
        perilune = np.array([1937.4, 0.0, 0.0, 0.0, 2.4, 0.0])
        inwards = asymptote(perilune[None], forces.gm("moon"))[0]
        across = np.array([-inwards[1], inwards[0], 0.0])
        # the plane of the hyperbola turned about the line across its asymptote lifts the asymptote by the tilt
        turn = np.outer(across, across) + c * (np.eye(3) - np.outer(across, across)) + s * _cross(-across)
        me = rotation("moon_me", epoch, forces.source).reshape(3, 3)
        state = np.concatenate([me.T @ turn @ perilune[:3], me.T @ turn @ perilune[3:]])
        found = SimpleNamespace(
            problem=SimpleNamespace(perilune_tdb=np.array([epoch])), perilune_states=state[None], forces=forces
        )
        assert asymptote_latitude_deg(found)[0] == pytest.approx(tilt, abs=1e-6)


def _cross(v):
    return np.array([[0.0, -v[2], v[1]], [v[2], 0.0, -v[0]], [-v[1], v[0], 0.0]])


def _hyperbola(state, seconds):
    def rate(_, y):
        return np.concatenate([y[3:], -GM * y[:3] / np.linalg.norm(y[:3]) ** 3])

    return solve_ivp(rate, (0.0, seconds), state, "DOP853", rtol=1e-13, atol=1e-12).y[:, -1]
