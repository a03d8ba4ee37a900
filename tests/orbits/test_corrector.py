"""Guesses corrected to periodic orbits: JPL's whole catalogue from perturbed seeds, and what cannot be corrected."""

import json

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.cr3bp import jacobi, propagate_cr3bp
from lunarplan.orbits.corrector import correct_orbits
from tests.orbits.families import FAMILIES, MU, ORBITS, shared
from tests.tolerances import (
    GREBOW_GUESS,
    HOWELL_DIGITS,
    JPL_OWN_JACOBI,
    ORBIT_CLOSURE,
    ORBIT_JACOBI,
    ORBIT_PERIOD,
    SCALAR_LANES,
)


def catalogue(tests_only):
    table = json.loads(tests_only("jpl_periodic_orbits_L2_S.json").read_text())
    rows = np.array([[float(value) for value in row] for row in table["data"]])
    rows = rows[np.argsort(rows[:, 7])]
    return rows[:, :6] * [1, 0, 1, 0, 1, 0], rows[:, 6], rows[:, 7], float(table["system"]["mass_ratio"])


def held_to_jacobi(orbits, constants, mu):
    """To 1e-11 all but one, whose row of the catalogue does not cross at right angles: its vx is 9.7e-10, not zero."""
    off = np.abs(jacobi(orbits.states, mu) - constants)
    assert (off > ORBIT_JACOBI).sum() <= 1
    assert off.max() <= JPL_OWN_JACOBI


def higher(states):
    """Rows where z, not x, changes more from neighbour to neighbour."""
    x, z = np.abs(np.gradient(states[:, [0, 2]], axis=0)).T
    return z > x


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_all_orbits_of_jpl_from_seeds_off_by_a_thousandth(tests_only, seed):
    """Closure 1e-11, Jacobi constant 1e-11, period 1e-9, for all 1,535 southern halos of L2.

    Perturbed by up to a thousandth of their size: every unknown but the one that is held, which tells the member. Held
    is x or z, whichever changes more from member to member there.
    """
    states, constants, periods, mu = catalogue(tests_only)
    assert len(states) == 1535
    off = 1.0 + np.random.default_rng(seed).uniform(-1e-3, 1e-3, (len(states), 4))
    for hold in ("x", "z"):
        some = higher(states) == (hold == "z")
        kept = {"x": [1, 0], "z": [0, 1]}[hold]
        guess = states[some].copy()
        guess[:, [0, 2]] *= np.where(kept, 1.0, off[some, :2])
        guess[:, 4] *= off[some, 2]
        orbits = correct_orbits(guess, periods[some] * off[some, 3], mu=mu, hold=hold).require()
        end = propagate_cr3bp(orbits.states, orbits.periods, mu=mu).require().states
        assert np.linalg.norm(end - orbits.states, axis=1).max() <= ORBIT_CLOSURE
        held_to_jacobi(orbits, constants[some], mu)
        assert np.abs(orbits.periods - periods[some]).max() <= ORBIT_PERIOD


def test_all_orbits_of_jpl_from_seeds_off_by_0_001(tests_only):
    """The same in absolute numbers: 390 km, 1 m/s and six minutes off, when a perilune of some is minutes long."""
    states, constants, periods, mu = catalogue(tests_only)
    off = np.random.default_rng(3).uniform(-1e-3, 1e-3, (len(states), 4))
    for hold in ("x", "z"):
        some = higher(states) == (hold == "z")
        guess = states[some].copy()
        guess[:, 2 if hold == "x" else 0] += off[some, 0]
        guess[:, 4] += off[some, 1]
        orbits = correct_orbits(guess, periods[some] + off[some, 2], mu=mu, hold=hold).require()
        held_to_jacobi(orbits, constants[some], mu)
        assert np.abs(orbits.periods - periods[some]).max() <= ORBIT_PERIOD


def test_the_table_of_howell():
    rows = np.array(FAMILIES["howell"]["rows"])
    states = np.zeros((len(rows), 6))
    states[:, [0, 2, 4]] = rows[:, :3]
    mu = FAMILIES["howell"]["mu"]
    orbits = correct_orbits(states, 2.0 * rows[:, 3], mu=mu, hold="z").require()
    assert np.abs(orbits.states - states).max() < HOWELL_DIGITS
    assert np.abs(orbits.periods / 2.0 - rows[:, 3]).max() < HOWELL_DIGITS
    assert np.abs(jacobi(orbits.states, mu) - rows[:, 4]).max() < HOWELL_DIGITS


@pytest.mark.parametrize("name", FAMILIES["grebow"])
def test_starting_values_of_grebow(name):
    row = FAMILIES["grebow"][name]
    orbit = correct_orbits(row["state"], row["period"], mu=MU, symmetry=row["symmetry"], hold=None).require()
    assert np.abs(orbit.states[0] - row["state"]).max() < GREBOW_GUESS
    end = propagate_cr3bp(orbit.states, orbit.periods, mu=MU).states
    assert np.linalg.norm(end - orbit.states) <= ORBIT_CLOSURE


@pytest.mark.parametrize("name", ["l2_halo_3_4", "l1_halo_5", "nrho_9_2"])
@pytest.mark.parametrize("hold", ["x", "z", "vy", "period", None])
def test_what_is_held_stays(name, hold):
    row = ORBITS["orbit"][name]
    x, z, vy = row["state"]
    guess = np.array([x + 2e-5, 0.0, z - 1e-5, 0.0, vy + 1e-5, 0.0])
    orbit = correct_orbits(guess, row["period"] + 1e-5, mu=MU, hold=hold).require()
    if hold == "period":
        assert orbit.periods[0] == row["period"] + 1e-5
    elif hold:
        item = {"x": 0, "z": 2, "vy": 4}[hold]
        assert orbit.states[0, item] == pytest.approx(guess[item], abs=1e-15)
    else:
        assert np.abs(orbit.states[0] - guess).max() < 5e-5


def test_a_batch_is_its_rows():
    members = shared("L2 halo south")
    guess, periods = members.states[::10] + np.array([0, 0, 1e-4, 0, 0, 0]), members.periods[::10] + 1e-4
    batch = correct_orbits(guess, periods, mu=MU, hold="x").require()
    for i in range(len(guess)):
        alone = correct_orbits(guess[i], periods[i], mu=MU, hold="x").require()
        assert np.abs(alone.states[0] - batch.states[i]).max() < SCALAR_LANES
        assert alone.periods[0] == pytest.approx(batch.periods[i], abs=SCALAR_LANES)


def test_one_bad_row_does_not_spoil_the_others():
    good = shared("L2 halo south")
    guess = np.tile(good.states[30], (4, 1))
    guess[1] = np.nan
    guess[2, :3] = [1.0 - MU, 0.0, 0.0]
    guess[3] = [0.5, 0.0, 0.3, 0.0, 3.0, 0.0]
    orbits = correct_orbits(guess, np.full(4, good.periods[30]), mu=MU, hold="x")
    assert orbits.ok.tolist() == [True, False, False, False]
    assert np.isnan(orbits.states[1:, 0]).all()
    assert np.isnan(orbits.periods[1:]).all()
    assert orbits.reason(0) == "converged"
    assert "not finite" in orbits.reason(1)
    with pytest.raises(ConvergenceError, match="3 of 4 orbits failed; row 1"):
        orbits.require()


def test_no_orbits_at_all():
    none = correct_orbits(np.empty((0, 6)), np.empty(0), mu=MU)
    assert none.states.shape == (0, 6)
    assert none.require() is none


@pytest.mark.parametrize("period", [np.nan, np.inf, 0.0, -2.0])
def test_periods_that_are_none(period):
    orbit = shared("L2 halo south")[20]
    assert not correct_orbits(orbit.state, period, mu=MU).ok[0]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"mu": 0.0}, "mu"),
        ({"mu": 0.51}, "mu"),
        ({"mu": np.nan}, "mu"),
        ({"symmetry": "round"}, "symmetry"),
        ({"hold": "y"}, "hold"),
        ({"hold": "vz"}, "hold"),
        ({"states": np.zeros(5)}, "states"),
        ({"states": np.zeros((2, 2, 6))}, "states"),
        ({"periods": [1.0, 2.0, 3.0]}, "batches"),
        ({"states": "halo"}, "states"),
    ],
)
def test_bad_input(change, match):
    good = {"states": np.ones((2, 6)), "periods": 2.0, "mu": MU, **change}
    with pytest.raises(InputError, match=match):
        correct_orbits(good.pop("states"), good.pop("periods"), **good)
