"""Families followed: knots, interpolation, ends."""

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError
from lunarplan.orbits.continuation import follow, tangent
from lunarplan.orbits.corrector import correct_orbits
from lunarplan.orbits.symmetry import PLANE, fly
from tests.orbits.families import MU, shared
from tests.tolerances import ORBIT_CLOSURE

GROW = np.array([0.0, -1.0, 0.0, 0.0])


def start():
    return shared("L2 halo south").unknowns[20]


def until(period):
    return lambda flights, unknowns: PLANE.parts * unknowns[:, -1] < period


def test_it_goes_where_it_is_told_and_no_farther():
    path = follow(PLANE, start(), MU, GROW, until(2.4))
    assert path.stopped
    assert 2.4 <= 2.0 * path.unknowns[-1, -1] < 2.4 + 1e-3
    assert (np.diff(path.unknowns[:, -1]) < 0.0).all()
    back = follow(PLANE, start(), MU, -GROW, until(-1.0), max_arclength=0.1)
    assert not back.stopped
    assert back.unknowns[-1, -1] > path.unknowns[0, -1]


def test_knots_are_orbits_and_tangents_are_tangents():
    path = follow(PLANE, start(), MU, GROW, until(2.4))
    flights = fly(PLANE, path.unknowns, MU)
    assert np.abs(flights.value).max() < ORBIT_CLOSURE * 10.0
    assert np.abs((flights.partials @ path.tangents[..., None])[..., 0]).max() < 1e-8
    assert np.linalg.norm(path.tangents, axis=1) == pytest.approx(np.ones(len(path.tangents)), rel=1e-12)
    chords = np.diff(path.unknowns, axis=0) / np.diff(path.arclength)[:, None]
    assert ((chords * path.tangents[1:]).sum(axis=1) > 0.98).all()
    assert tangent(flights.partials, -path.tangents) == pytest.approx(-path.tangents, abs=1e-9)


def test_between_knots_the_cubic_is_near():
    path = follow(PLANE, start(), MU, GROW, until(2.4))
    middle = 0.5 * (path.arclength[1:] + path.arclength[:-1])
    found = path.at(middle).require()
    assert found.iterations.max() <= 3
    assert np.abs(path.at(path.arclength).unknowns - path.unknowns).max() < 1e-12


def test_a_path_backwards_and_joined_is_the_same_family():
    one = follow(PLANE, start(), MU, GROW, until(2.4))
    other = follow(PLANE, start(), MU, -GROW, until(-1.0), max_arclength=0.1)
    whole = other.reversed().joined(one)
    assert len(whole.arclength) == len(one.arclength) + len(other.arclength) - 1
    assert (np.diff(whole.arclength) > 0.0).all()
    again = whole.at(whole.arclength[::5]).require()
    assert np.abs(again.unknowns - whole.unknowns[::5]).max() < 1e-12
    part = whole.part(3, 9)
    assert part.arclength[0] == 0.0
    assert (part.unknowns == whole.unknowns[3:10]).all()


def test_the_family_does_not_depend_on_the_steps():
    fine = follow(PLANE, start(), MU, GROW, until(2.4), max_step=0.01)
    coarse = follow(PLANE, start(), MU, GROW, until(2.4), max_step=0.1)
    periods = np.linspace(2.5, 2.9, 7)
    for path in (fine, coarse):
        guess = np.array([path.unknowns[np.abs(2.0 * path.unknowns[:, -1] - p).argmin()] for p in periods])
        states = PLANE.start(guess)
        orbits = correct_orbits(states, periods, mu=MU, hold="period").require()
        if path is fine:
            expected = orbits.states
    assert np.abs(orbits.states - expected).max() < ORBIT_CLOSURE


def test_what_is_no_orbit_leads_nowhere():
    with pytest.raises(ConvergenceError, match="no neighbour"):
        follow(PLANE, np.array([0.5, 0.3, 3.0, 1.0]), MU, GROW, until(-1.0))
