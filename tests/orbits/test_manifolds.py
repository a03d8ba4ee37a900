"""Manifolds leave their orbit, and come from it."""

import numpy as np
import pytest

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.cr3bp import jacobi, propagate_cr3bp
from lunarplan.orbits.manifolds import manifold
from tests.orbits.families import MU, UNITS, shared
from tests.tolerances import MANIFOLD_SECOND_ORDER, SCALAR_LANES


def orbit():
    return shared("L2 halo south").select(period=3.2)


def away(m, revolutions):
    """Distance from the orbit in phase space, flown towards it for some revolutions."""
    span = (1.0 if m.stable else -1.0) * revolutions * m.orbit.period
    flown = propagate_cr3bp(m.states, span, mu=MU).require().states
    return np.linalg.norm(flown - m.orbit.at(m.times + span), axis=1)


@pytest.mark.parametrize("stable", [True, False])
@pytest.mark.parametrize("side", [1, -1])
def test_asymptotic_to_the_orbit(stable, side):
    """Flown towards the orbit, the departure shrinks by the multiplier in a revolution."""
    m = manifold(orbit(), stable=stable, side=side, points=30, departure_km=0.05)
    assert m.multiplier == pytest.approx(2.0 * 112.02, rel=1e-3)
    start, later = away(m, 0.0), away(m, 1.0)
    # a departure of second order goes the other way, and grows
    floor = 30.0 * start**2 * m.multiplier
    assert (later < 1.05 * start / m.multiplier + floor).all()
    assert (later > 0.95 * start / m.multiplier - floor).all()


@pytest.mark.parametrize("stable", [True, False])
def test_away_from_the_orbit_it_grows_by_the_multiplier(stable):
    m = manifold(orbit(), stable=stable, points=20, departure_km=0.05)
    span = (-1.0 if stable else 1.0) * m.orbit.period
    flown = m.flown(m.orbit.period)
    ratio = np.linalg.norm(flown - m.orbit.at(m.times + span), axis=1) / away(m, 0.0)
    assert ratio == pytest.approx(np.full(20, abs(m.multiplier)), rel=0.02)


@pytest.mark.parametrize("departure_km", [1.0, 10.0, 50.0])
def test_the_jacobi_constant_is_the_orbit_s(departure_km):
    for stable in (True, False):
        m = manifold(orbit(), stable=stable, departure_km=departure_km)
        off = np.abs(jacobi(m.states, MU) - m.orbit.jacobi).max()
        assert off < MANIFOLD_SECOND_ORDER * (departure_km / UNITS.length_km) ** 2 + 1e-13


def test_stable_and_unstable_are_mirror_images():
    """The x-z plane, with time reversed."""
    unstable = manifold(orbit(), stable=False, points=16)
    stable = manifold(orbit(), stable=True, points=16)
    mirrored = unstable.states[(-np.arange(16)) % 16] * [1, -1, 1, -1, 1, -1]
    assert np.abs(mirrored - stable.states).max() < 1e-9


def test_the_two_sides_are_opposite():
    one, other = (manifold(orbit(), stable=False, side=side, points=12) for side in (1, -1))
    middle = 0.5 * (one.states + other.states)
    assert np.abs(middle - orbit().at(one.times)).max() < 1e-12
    assert one.states[0, 0] > middle[0, 0]


def test_every_state_stands_off_by_the_departure():
    m = manifold(orbit(), stable=True, points=25, departure_km=20.0)
    off = np.linalg.norm((m.states - m.orbit.at(m.times))[:, :3], axis=1) * UNITS.length_km
    assert off == pytest.approx(np.full(25, 20.0), rel=1e-9)


def test_paths_are_flights():
    m = manifold(orbit(), stable=False, points=9)
    paths = m.paths(2.0, 5)
    assert paths.shape == (6, 9, 6)
    assert (paths[0] == m.states).all()
    assert np.abs(paths[-1] - m.flown(2.0)).max() < SCALAR_LANES * abs(m.multiplier)


@pytest.mark.parametrize("name", ["L1 lyapunov", "L2 vertical", "L1 axial", "DPO"])
def test_manifolds_of_other_families(name):
    members = shared(name)
    member = members[int(np.flatnonzero(members.stability_index > 60.0)[0])]
    m = manifold(member, stable=False, points=10, departure_km=0.5)
    assert (away(m, 0.5) < away(m, 0.0) * 0.6).all()


def test_negative_multipliers_turn_over():
    """Behind a doubling of the period the departure changes sides in each revolution."""
    members = shared("L2 halo south")
    turned = np.flatnonzero((members.stability_indices.real < -1.05).any(axis=1) & members.above_surface)
    for stable in (True, False):
        m = manifold(members[int(turned[0])], stable=stable, points=6, departure_km=0.5)
        assert m.multiplier < -1.0
        span = (-1.0 if stable else 1.0) * m.orbit.period
        first, later = m.states - m.orbit.at(m.times), m.flown(m.orbit.period) - m.orbit.at(m.times + span)
        cosine = (first * later).sum(axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(later, axis=1)
        assert (cosine < -0.999).all()


def test_a_stable_orbit_has_none():
    with pytest.raises(InfeasibleError, match=r"DRO: no manifold leaves it, its stability index is 1"):
        manifold(shared("DRO")[20], stable=True)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"side": 0}, "side"),
        ({"points": 0}, "points"),
        ({"points": 2.5}, "points"),
        ({"departure_km": 0.0}, "departure_km"),
        ({"departure_km": np.nan}, "departure_km"),
    ],
)
def test_bad_input(change, match):
    with pytest.raises(InputError, match=match):
        manifold(orbit(), stable=True, **change)
    with pytest.raises(InputError, match="PeriodicOrbit"):
        manifold(orbit().state, stable=True)
    m = manifold(orbit(), stable=True, points=3)
    for call in (lambda: m.flown(-1.0), lambda: m.flown(np.nan), lambda: m.paths(1.0, 0), lambda: m.paths(1.0, 10**12)):
        with pytest.raises(InputError):
            call()
