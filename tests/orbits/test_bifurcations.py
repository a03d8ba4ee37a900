"""Branch points: where the indices say so, and where others have found them."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from lunarplan.errors import InputError
from lunarplan.orbits.bifurcations import View, bifurcations
from lunarplan.orbits.continuation import follow
from lunarplan.orbits.symmetry import AXIS, PLANE, fly
from tests.orbits.families import MU, shared


def indices_at(members, arclength):
    return members.at(arclength).stability_indices


@pytest.mark.parametrize("name", ["L1 lyapunov", "L2 lyapunov", "L3 lyapunov", "L2 vertical", "L2 halo south"])
def test_an_index_is_one_or_minus_one_there(name):
    """Seen through the conditions of a wider problem, and again in the traces of the monodromy matrix."""
    members = shared(name)
    found = bifurcations(members.path)
    assert found
    for branch in found:
        index = indices_at(members, branch.arclength)
        wanted = [1.0] if branch.view.revolutions == 1 else [1.0, -1.0]
        size = np.abs(members.at(branch.arclength).monodromy).max()
        assert min(np.abs(index - w).min() for w in wanted) < 1e-6 + 1e-11 * size


def test_halos_leave_the_lyapunov_orbits_of_l2():
    """The period where JPL's catalogue of southern halos ends, at 3.41553."""
    (branch,) = (b for b in bifurcations(shared("L2 lyapunov").path, views=(View(PLANE),)))
    assert branch.period == pytest.approx(3.41553, abs=2e-5)
    assert np.abs(branch.direction) == pytest.approx([0.0, 1.0, 0.0, 0.0], abs=1e-9)


def test_axial_orbits_begin_where_jpl_s_do():
    """JPL's first axial orbit of L2 has the period 4.31050915, with a vz of 3e-5."""
    branch = bifurcations(shared("L2 lyapunov").path, views=(View(AXIS),))[0]
    assert branch.period == pytest.approx(4.3105091455663960, abs=1e-8)


def test_butterflies_double_the_period_of_a_halo_that_grazes_the_moon():
    """Zimovan-Spreen 2021: perilune radius 1830 km; half the period is that of the halo."""
    found = [b for b in bifurcations(shared("L2 halo south").path) if not b.view.far]
    halo = shared("L2 halo south").at(found[-1].arclength)
    assert halo.perilune_radius_km == pytest.approx(1832.0, abs=5.0)
    assert found[-1].period == pytest.approx(2.0 * halo.period, rel=1e-12)
    first = shared("butterfly south")[0]
    assert first.period == pytest.approx(found[-1].period, abs=1e-3)
    assert np.abs(halo.stability_indices + 1.0).min() < 1e-6


def test_both_directions_of_a_doubling_are_one_branch():
    """The same orbit started one revolution later."""
    branch = bifurcations(shared("L2 halo south").path, views=(View(PLANE, 2),))[-1]
    stop = never
    one, other = (
        follow(branch.view.problem, branch.unknowns, MU, sign * branch.direction, stop, max_arclength=0.05)
        for sign in (1.0, -1.0)
    )
    orbit = one.at(np.array([0.03])).require()
    half = fly(PLANE, orbit.unknowns, MU).end[0]  # two revolutions of the halo are four crossings
    candidates = other.at(np.linspace(0.01, 0.05, 400)).require().states
    assert np.linalg.norm(candidates - half, axis=1).min() < 1e-4


def never(flights, unknowns):
    return np.zeros(len(unknowns), np.bool_)


def test_large_retrograde_orbits_leave_the_plane_once():
    """The only branch point that keeps the period, and where the index out of the plane passes 1."""
    members = shared("DRO")
    (branch,) = bifurcations(members.path, views=(View(PLANE),))
    before, after = (members.at(branch.arclength + d).stability_indices[1].real for d in (-0.05, 0.05))
    assert before < 1.0 < after
    assert bifurcations(shared("L4 short period").path) == []


@pytest.mark.parametrize("members", [1, 3, 2.5, "many", None])
def test_numbers_of_members_that_are_none(members):
    with pytest.raises(InputError, match="members"):
        bifurcations(shared("DRO").path, members=members)


def test_a_fold_is_no_branch():
    """The Jacobi constant of the halos turns at a period of 2.36, and an index passes 1; no other family is there."""
    members = shared("L2 halo south")
    guess = members.arclength[members.jacobi.argmin()]
    turn = minimize_scalar(lambda s: members.at(s).jacobi, bounds=(guess - 0.05, guess + 0.05), method="bounded").x
    assert np.abs(indices_at(members, turn) - 1.0).min() < 1e-4
    found = bifurcations(members.path, views=(View(PLANE, 1),))
    assert all(abs(b.arclength - turn) > 0.05 for b in found)
