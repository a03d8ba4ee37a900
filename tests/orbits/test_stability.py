"""Stability indices against eigenvalues, and the directions of manifolds."""

import numpy as np
import pytest

from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.orbits.stability import (
    directions,
    multipliers,
    planar_indices,
    stability_index,
    stability_indices,
)
from tests.orbits.families import MU, shared
from tests.tolerances import FAMILY_STABILITY, INDICES, START_ROUNDING

NAMES = ["L2 halo south", "L1 halo north", "L1 lyapunov", "L2 vertical", "L1 axial", "butterfly south", "DPO"]


def eigenvalues(monodromy):
    return np.linalg.eigvals(monodromy)


@pytest.mark.parametrize("name", NAMES)
def test_indices_are_those_of_the_eigenvalues(name):
    """The six eigenvalues are 1, 1 and the multipliers; a double one splits by the root of its rounding."""
    members = shared(name)
    found = multipliers(members.stability_indices)
    for i in range(0, len(members), 7):
        expected = eigenvalues(members.monodromy[i])
        split = np.sqrt(2.0**-52) * np.abs(members.monodromy[i]).max() ** 0.5 + INDICES * np.abs(expected).max()
        for value in found[i]:
            assert np.abs(expected - value).min() < 20.0 * split * max(abs(value), 1.0)


@pytest.mark.parametrize("name", NAMES)
def test_half_an_orbit_and_its_mirrors_give_the_whole(name):
    """Monodromy matrices of half or a quarter of a revolution, against those of a whole one."""
    members = shared(name)
    rows = members.above_surface
    whole = propagate_cr3bp(members.states[rows], members.periods[rows], mu=MU, stm=True).require().stm
    size = np.abs(whole).max(axis=(1, 2))
    passed = np.abs(propagate_cr3bp(members.states[rows], members.unknowns[rows, -1], mu=MU, stm=True).stm)
    rounding = START_ROUNDING * passed.max(axis=(1, 2)) ** 2  # what grows on the way to perilune shrinks behind it
    assert (np.abs(members.monodromy[rows] - whole).max(axis=(1, 2)) < INDICES * size + rounding).all()


@pytest.mark.parametrize("name", ["L1 lyapunov", "DRO", "DPO"])
def test_planar_orbits_keep_the_two_motions_apart(name):
    members = shared(name)
    apart, mixed = members.stability_indices, stability_indices(members.monodromy)
    low, high = np.sort(apart.real, axis=1).T
    assert high == pytest.approx(mixed[:, 0].real, rel=1e-6, abs=1e-5)
    large = np.abs(high) > 100.0
    assert low[~large] == pytest.approx(mixed[~large, 1].real, rel=1e-5, abs=1e-4)
    assert planar_indices(members.monodromy).dtype == np.complex128


def test_the_index_of_catalogues():
    """(|l| + 1 / |l|) / 2 of the largest: also for negative multipliers and for a complex quadruple."""
    for pair, other in ((3.0, 1.0), (-2.5, 0.3), (0.9, -0.2)):
        index = stability_index(np.array([pair, other], complex))
        assert index == pytest.approx(max(abs(pair), 1.0), rel=1e-15)
    quadruple = 1.3 * np.exp(0.4j)
    half = 0.5 * (quadruple + 1.0 / quadruple)
    assert stability_index(np.array([half, half.conjugate()])) == pytest.approx(0.5 * (1.3 + 1.0 / 1.3), rel=1e-14)


def test_indices_of_a_made_matrix():
    """A matrix with given multipliers, in a random basis."""
    rng = np.random.default_rng(5)
    for a, b in ((40.0, 0.3 + 1j * np.sqrt(1 - 0.09)), (-3.0, 7.0), (2.0 * np.exp(0.7j), None)):
        values = [1.0, 1.0, a, 1.0 / a, *((b, 1.0 / b) if b is not None else (np.conj(a), 1.0 / np.conj(a)))]
        basis = np.linalg.qr(rng.normal(size=(6, 6)) + 1j * rng.normal(size=(6, 6)))[0]
        matrix = basis @ np.diag(values) @ basis.conj().T
        found = multipliers(stability_indices_of(matrix))
        for value in values[2:]:
            assert np.abs(found - value).min() < 1e-10


def stability_indices_of(matrix):
    """Of a complex matrix with real traces."""
    total = 0.5 * np.trace(matrix).real - 1.0
    squares = 0.25 * np.trace(matrix @ matrix).real + 0.5
    root = np.sqrt(complex(0.5 * squares - 0.25 * total**2))
    assert squares == pytest.approx(0.25 * np.sum(np.linalg.eigvals(matrix) ** 2).real + 0.5, abs=1e-9)
    return np.array([0.5 * total + root, 0.5 * total - root])


def test_directions_are_eigenvectors():
    members = shared("L2 halo south")
    rows = np.flatnonzero(members.stability_index > 3.0)
    found = directions(members.monodromy[rows], members.stability_indices[rows])
    for i, row in enumerate(rows):
        matrix, value = members.monodromy[row], found.multipliers[i]
        assert np.linalg.norm(matrix @ found.unstable[i] - value * found.unstable[i]) < FAMILY_STABILITY * abs(value)
        size = np.abs(matrix).max()
        assert np.linalg.norm(matrix @ found.stable[i] - found.stable[i] / value) < 1e-10 * size
        index = 0.5 * (abs(value) + 1.0 / abs(value))
        assert index == pytest.approx(members.stability_index[row], rel=FAMILY_STABILITY)


def test_stable_orbits_have_no_directions():
    members = shared("DRO")
    found = directions(members.monodromy, members.stability_indices)
    stable = members.stability_index < 1.0 + 1e-7
    assert stable.sum() > 30  # the largest leave the plane, by some per cent in a revolution
    assert np.isnan(found.multipliers[stable]).all()
    assert np.isnan(found.unstable[stable]).all()
    assert (found.multipliers[members.stability_index > 1.0 + 1e-5] > 1.0).all()
