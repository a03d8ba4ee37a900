"""The restricted three-body problem against periodic orbits of others, a naive integration and its invariants."""

import json
import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.kernels import blocks
from lunarplan.model import cr3bp
from lunarplan.model.cr3bp import EARTH_MOON_MU, jacobi, propagate_cr3bp
from tests import naive
from tests.authorities import load
from tests.tolerances import (
    CR3BP_BATCH,
    CR3BP_CLOSURE,
    CR3BP_DIFFERENCES,
    CR3BP_ORACLE,
    JACOBI,
    JACOBI_DRIFT,
    JPL_STABILITY,
    ORBIT_RADIUS_KM,
    STABILITY_DIGITS,
    STM_DETERMINANT,
    STM_SYMPLECTIC,
)

GIVEN = load("cr3bp_orbits")
MU = GIVEN["mu"]
SYNODIC = GIVEN["synodic_month_days"] * 86400.0 / GIVEN["literature_time_s"]
GATEWAY = "gateway"
COARSE_DIGITS = 1e-9  # of the time unit some orbits are printed in
MIRROR = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])  # of the x-z plane, with time reversed

# The canonical momentum is v + z x r, so the symplectic form has a Coriolis block.
CORIOLIS = np.array([[0.0, 2.0, 0.0], [-2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
FORM = np.block([[CORIOLIS, -np.eye(3)], [np.eye(3), np.zeros((3, 3))]])


def start(name):
    x, z, vy = GIVEN["orbit"][name]["state"]
    return np.array([x, 0.0, z, 0.0, vy, 0.0])


def period(name):
    row = GIVEN["orbit"][name]
    return row["period"] if "period" in row else SYNODIC / row["periods_per_synodic_month"]


ORBITS = list(GIVEN["orbit"])
STARTS = np.array([start(name) for name in ORBITS])
PERIODS = np.array([period(name) for name in ORBITS])


def stability(monodromy):
    largest = np.abs(np.linalg.eigvals(monodromy)).max(axis=-1)
    return 0.5 * (largest + 1.0 / largest)


def rounding_of_determinant(matrix):
    """What the rounding of a matrix's entries alone does to its determinant."""
    return 2.0**-52 * np.linalg.cond(matrix)


def naive_rate(_, s, mu=MU):
    """Textbook equations of motion in rotating barycentric axes."""
    x, y, z, vx, vy, vz = s
    r1, r2 = math.hypot(x + mu, y, z) ** 3, math.hypot(x - 1.0 + mu, y, z) ** 3
    return [
        vx,
        vy,
        vz,
        2.0 * vy + x - (1.0 - mu) * (x + mu) / r1 - mu * (x - 1.0 + mu) / r2,
        -2.0 * vx + y - (1.0 - mu) * y / r1 - mu * y / r2,
        -(1.0 - mu) * z / r1 - mu * z / r2,
    ]


def naive_flight(state, duration, mu=MU):
    return solve_ivp(naive_rate, (0.0, duration), state, "DOP853", args=(mu,), rtol=1e-13, atol=1e-15).y[:, -1]


def test_mass_ratio_is_the_catalogues():
    assert EARTH_MOON_MU == GIVEN["mu"]


@pytest.mark.parametrize("point", GIVEN["libration"])
def test_libration_points(point):
    """They stay where they are, and have the Jacobi constants given."""
    at_rest = np.array([*GIVEN["libration"][point], 0.0, 0.0, 0.0, 0.0])
    assert np.abs(naive_rate(0.0, at_rest)).max() < JACOBI
    assert jacobi(at_rest) == pytest.approx(GIVEN["libration_jacobi"][point], abs=JACOBI)
    assert np.abs(propagate_cr3bp(at_rest, 0.5).states[0] - at_rest).max() < 10 * JACOBI  # L1 amplifies by e^1.5


@pytest.mark.parametrize("name", ORBITS)
def test_periodic_orbits_close(name):
    digits = COARSE_DIGITS if "period" not in GIVEN["orbit"][name] else CR3BP_CLOSURE
    end = propagate_cr3bp(start(name), period(name)).require()
    assert np.linalg.norm(end.states[0] - start(name)) < digits


@pytest.mark.parametrize("name", ORBITS)
def test_jacobi_constants(name):
    assert jacobi(start(name)) == pytest.approx(GIVEN["orbit"][name]["jacobi"], abs=JACOBI)


@pytest.mark.parametrize("name", [n for n in ORBITS if "stability" in GIVEN["orbit"][n]])
def test_stability_indices(name):
    monodromy = propagate_cr3bp(start(name), period(name), stm=True).require().stm[0]
    assert stability(monodromy) == pytest.approx(GIVEN["orbit"][name]["stability"], rel=STABILITY_DIGITS)


@pytest.mark.parametrize("name", [n for n in ORBITS if "radii_km" in GIVEN["orbit"][n]])
def test_nearest_and_farthest(name):
    row = GIVEN["orbit"][name]
    times = np.linspace(0.0, period(name), 2001)  # among them half the period, where halos turn
    flown = propagate_cr3bp(np.tile(start(name), (len(times), 1)), times).require().states
    distance = np.linalg.norm(flown[:, :3] - [1.0 - MU, 0.0, 0.0], axis=1) * row["length_km"]
    tolerance = row.get("radius_digit_km", ORBIT_RADIUS_KM)
    assert [distance.min(), distance.max()] == pytest.approx(row["radii_km"], abs=tolerance)


def test_catalogue_of_southern_halos(tests_only):
    """All 1,535 southern L2 halos of JPL: closure, Jacobi constant, stability."""
    table = json.loads(tests_only("jpl_periodic_orbits_L2_S.json").read_text())
    rows = np.array([[float(value) for value in row] for row in table["data"]])
    states, constants, periods, indices = rows[:, :6], rows[:, 6], rows[:, 7], rows[:, 8]
    assert len(rows) == 1535
    flown = propagate_cr3bp(states, periods, mu=float(table["system"]["mass_ratio"]), stm=True).require()
    closure = np.linalg.norm(flown.states - states, axis=1)
    assert closure.max() < 1e-9
    assert np.median(closure) < CR3BP_CLOSURE
    assert np.abs(jacobi(states) - constants).max() < JACOBI
    assert np.abs(stability(flown.stm) / indices - 1.0).max() < JPL_STABILITY


@pytest.mark.parametrize("name", ORBITS)
def test_determinant_and_symplecticity(name):
    """Asked of every transition matrix, as far as its entries, rounded to float64, can hold them."""
    phi = propagate_cr3bp(start(name), period(name), stm=True).require().stm[0]
    assert abs(np.linalg.det(phi) - 1.0) < max(STM_DETERMINANT, rounding_of_determinant(phi))
    assert np.abs(phi.T @ FORM @ phi - FORM).max() < STM_SYMPLECTIC


@pytest.mark.parametrize("name", [GATEWAY, "l1_lyapunov", "distant_retrograde"])
def test_against_a_naive_integration(name):
    for duration in (0.4 * period(name), -0.3 * period(name)):
        expected = naive_flight(start(name), duration)
        assert np.abs(propagate_cr3bp(start(name), duration).states[0] - expected).max() < CR3BP_ORACLE


@pytest.mark.parametrize("mu", [3.040423398444176e-6, 0.01, 0.3, 0.5])
def test_other_mass_ratios(mu):
    state = np.array([2.0, 0.1, 0.05, 0.1, -1.4, 0.02])
    expected = naive_flight(state, 2.0, mu)
    assert np.abs(propagate_cr3bp(state, 2.0, mu=mu).states[0] - expected).max() < CR3BP_ORACLE


@pytest.mark.parametrize("name", [GATEWAY, "l1_halo_15"])
def test_transition_matrix_against_differences(name):
    phi = propagate_cr3bp(start(name), 0.5 * period(name), stm=True).stm[0]
    expected = naive.differences(
        lambda s: propagate_cr3bp(s, 0.5 * period(name), tolerance=1e-14).states[0], start(name), [1e-5] * 6
    )
    assert np.abs(phi - expected).max() < CR3BP_DIFFERENCES * np.abs(expected).max()


def test_transition_matrices_multiply():
    first = propagate_cr3bp(start(GATEWAY), 0.4, stm=True)
    second = propagate_cr3bp(first.states, 0.7, stm=True)
    whole = propagate_cr3bp(start(GATEWAY), 1.1, stm=True)
    assert np.abs(second.stm[0] @ first.stm[0] - whole.stm[0]).max() < 1e-11 * np.abs(whole.stm[0]).max()
    assert np.abs(second.states - whole.states).max() < CR3BP_CLOSURE


def state_nearby(seed):
    """Somewhere between and around the primaries: seeds, so that no search for ugly numbers ends in a collision."""
    return np.random.default_rng(seed).uniform(-1.0, 1.0, 6) * [1.3, 1.0, 0.5, 0.8, 0.8, 0.8]


seeds = st.integers(0, 2**32)


def sampled(state, duration):
    return propagate_cr3bp(np.tile(state, (400, 1)), np.linspace(0.0, duration, 400), stm=True)


def clear_of_the_primaries(path):
    return min(np.linalg.norm(path[:, :3] - [x, 0.0, 0.0], axis=1).min() for x in (-MU, 1.0 - MU)) > 0.08


@settings(max_examples=60, deadline=None)
@given(seeds, st.floats(-2.0, 2.0))
def test_jacobi_constant_is_kept(seed, duration):
    state = state_nearby(seed)
    path = sampled(state, duration).states
    assume(clear_of_the_primaries(path))
    energy = 1.0 + (path[:, 3:] ** 2).sum(axis=1).max()
    assert jacobi(path) == pytest.approx(np.full(len(path), jacobi(state)), abs=JACOBI_DRIFT * energy)


@settings(max_examples=60, deadline=None)
@given(seeds, st.floats(0.05, 2.0))
def test_there_and_back_and_the_mirror(seed, duration):
    """Going back returns; and the mirror image of a motion, run backwards, is a motion."""
    state = state_nearby(seed)
    path = sampled(state, duration)
    assume(clear_of_the_primaries(path.states))
    growth = np.abs(path.stm).max() ** 2  # of an error made anywhere on the way, there and back
    there = propagate_cr3bp(state, duration).require().states
    assert np.abs(propagate_cr3bp(there, -duration).states[0] - state).max() < CR3BP_CLOSURE * growth
    mirrored = propagate_cr3bp(MIRROR * state, -duration).require().states
    assert np.abs(mirrored - MIRROR * there).max() < CR3BP_CLOSURE * growth


def test_half_a_halo_is_the_mirror_of_the_other():
    """It crosses the plane of symmetry at a right angle, at perilune, which magnifies the start 800 times."""
    half = propagate_cr3bp(start("nrho_9_2"), 0.5 * period("nrho_9_2")).states[0]
    assert np.abs(half[[1, 3, 5]]).max() < CR3BP_CLOSURE


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9, 16, 17, len(ORBITS)])
def test_batch_equals_loop(n):
    many = propagate_cr3bp(STARTS[:n], PERIODS[:n], stm=True)
    for i in range(n):
        one = propagate_cr3bp(STARTS[i], PERIODS[i], stm=True)
        assert np.abs(many.states[i] - one.states[0]).max() < CR3BP_BATCH
        assert np.abs(many.stm[i] - one.stm[0]).max() < CR3BP_BATCH * np.linalg.cond(one.stm[0])


def test_rows_do_not_depend_on_their_neighbours_or_on_threads():
    """With lanes as with one thread or four: the same bytes."""
    reference = propagate_cr3bp(STARTS, PERIODS, workers=1).states
    assert np.array_equal(propagate_cr3bp(STARTS, PERIODS, workers=4).states, reference)
    assert np.array_equal(propagate_cr3bp(STARTS[::-1], PERIODS[::-1]).states[::-1], reference)


def test_one_duration_for_all():
    assert np.array_equal(
        propagate_cr3bp(STARTS, 0.7).states, propagate_cr3bp(STARTS, np.full(len(ORBITS), 0.7)).states
    )


@pytest.mark.parametrize("n", [1, 5])
def test_no_time_no_change(n):
    still = propagate_cr3bp(STARTS[:n], 0.0, stm=True).require()
    assert np.abs(still.states - STARTS[:n]).max() < 4 * np.finfo(float).eps
    assert np.array_equal(still.stm, np.broadcast_to(np.eye(6), (n, 6, 6)))


def test_no_rows():
    none = propagate_cr3bp(np.empty((0, 6)), 1.0, stm=True).require()
    assert none.states.shape == (0, 6)
    assert none.stm.shape == (0, 6, 6)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("component", range(6))
def test_rows_that_are_not_finite_fail_alone(value, component):
    broken = STARTS.copy()
    broken[3, component] = value
    end = propagate_cr3bp(broken, PERIODS, stm=True)
    assert list(np.flatnonzero(~end.ok)) == [3]
    assert end.status[3] == blocks.NOT_FINITE
    assert np.isnan(end.states[3]).all()
    assert np.isnan(end.stm[3]).all()
    others = np.delete(np.arange(len(ORBITS)), 3)
    assert np.array_equal(end.states[others], propagate_cr3bp(STARTS, PERIODS, stm=True).states[others])
    assert "not finite" in end.reason(3)
    assert {end.reason(row) for row in others} == {"ok"}
    with pytest.raises(ConvergenceError, match=rf"1 of {len(ORBITS)} rows failed; row 3: .*not finite"):
        end.require()


@pytest.mark.parametrize("body", [-MU, 1.0 - MU])
def test_a_start_in_a_primary_is_no_solution(body):
    end = propagate_cr3bp([body, 0.0, 0.0, 0.0, 0.0, 0.0], 1.0)
    assert not end.ok[0]
    assert "met one of the two bodies" in end.reason(0)


def test_a_row_of_too_many_steps_says_so(monkeypatch):
    monkeypatch.setattr(cr3bp, "_MAX_STEPS", 5)
    end = propagate_cr3bp(STARTS, [*PERIODS[:-1], 1e-6])
    assert [end.reason(row) for row in (0, len(ORBITS) - 1)] == ["step limit reached", "ok"]
    with pytest.raises(ConvergenceError, match="step limit reached"):
        end.require()


def test_tighter_is_better():
    errors = [
        np.linalg.norm(
            propagate_cr3bp(start("nrho_9_2"), period("nrho_9_2"), tolerance=t).states[0] - start("nrho_9_2")
        )
        for t in (1e-6, 1e-9, 1e-12)
    ]
    assert errors[0] > 10 * errors[1] > 100 * errors[2]


@pytest.mark.parametrize(
    ("arguments", "options", "where"),
    [
        ((np.zeros(5), 1.0), {}, "states"),
        ((np.zeros((2, 2, 6)), 1.0), {}, "states"),
        ((STARTS, PERIODS[:2]), {}, "duration"),
        ((STARTS, np.ones((2, 2))), {}, "duration"),
        ((STARTS, math.nan), {}, "duration"),
        ((STARTS, math.inf), {}, "duration"),
        ((STARTS, 1.0), {"mu": 0.0}, "mu"),
        ((STARTS, 1.0), {"mu": 0.6}, "mu"),
        ((STARTS, 1.0), {"mu": math.nan}, "mu"),
        ((STARTS, 1.0), {"tolerance": 0.0}, "tolerance"),
        ((STARTS, 1.0), {"tolerance": 1.0}, "tolerance"),
        ((STARTS, 1.0), {"tolerance": math.nan}, "tolerance"),
        ((STARTS, 1.0), {"workers": 0}, "workers"),
        ((STARTS, 1.0), {"workers": "two"}, "workers"),
    ],
)
def test_misuse_is_told(arguments, options, where):
    with pytest.raises(InputError) as caught:
        propagate_cr3bp(*arguments, **options)
    assert caught.value.where == where
    assert caught.value.allowed


def test_jacobi_of_many_shapes():
    assert jacobi(STARTS.reshape(-1, 1, 6)).shape == (len(ORBITS), 1)
    assert np.isnan(jacobi(np.full(6, np.nan)))
