"""Batches of states in the full force model: against scipy, against themselves, and at the edges."""

import dataclasses
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.kernels import blocks
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel, SolarPressure
from lunarplan.model.propagation import (
    Propagation,
    Run,
    Thrust,
    accelerations,
    gravity_gradients,
    propagate,
    row_inputs,
)
from tests import naive
from tests.tolerances import (
    BATCH_ROUNDING_KM,
    CLOSURE_KM,
    DIFFERENCES_OF_ENGINE,
    DIFFERENCES_OF_ORACLE,
    ENERGY,
    ORACLE_KM,
    ORIGIN_CHANGE_KM,
    SHARED_CLOCK_KM,
    STM_DETERMINANT,
    STM_SYMPLECTIC,
    UNFELT_HARMONICS_KM,
)

DAY = 86400.0
START = tdb_seconds("2024-05-04T00:00:00")
EPHEMERIS = Ephemeris.packaged()
GRANULE = 4 * DAY
COAST = np.array([-151526.684725604, -31223.551503472, -1920.022122909, -1.585849002, -0.727688446, -0.254024889])
LUNAR = np.array([1837.4, 0.0, 0.0, 0.0, 0.3, 1.6])  # Moon-centred, 100 km up
LOW = np.array([-2436.45, -2436.45, 6891.037, 5.088611, -5.088611, 0.0])
BETWEEN = EPHEMERIS.state("moon", "earth", np.array([START]))[0] + [-50_000.0, 40_000.0, -30_000.0, 0.05, -0.02, 0.03]
POINT_MASSES = ForceModel(moon_degree=0, earth_zonal=0)
OBLATE = ForceModel(moon_degree=0)
FULL = ForceModel(bodies=("earth", "moon", "sun", "venus", "jupiter"), sunlight=SolarPressure(20.0, 1000.0))
TIME_UNIT = 375_190.0  # s, of the Earth-Moon system: canonical units for the symplectic form


def towards_moon(days_before, n=1, seed=0):
    """Earth-centred states that pass the Moon some thousand kilometres up, ``days_before`` START + 4 d."""
    rng = np.random.default_rng(seed)
    arrival = START + 4 * DAY
    states = np.tile([4000.0, 0.0, 0.0, 0.0, 1.9, 0.6], (n, 1))
    states += rng.normal(size=(n, 6)) * [300.0, 300.0, 300.0, 0.02, 0.02, 0.02]
    run = propagate(states, arrival, arrival - days_before * DAY, forces=OBLATE, center="moon").require()
    return run.states + EPHEMERIS.state("moon", "earth", np.array([arrival - days_before * DAY]))


def oracle(forces, **changes):
    moon = None
    if forces.moon_degree:
        f = forces.lunar_field
        potential = naive.harmonic_potential(f.c, f.s, forces.moon_degree, f.gm_km3_s2, f.radius_km)
        moon = potential, lambda t: EPHEMERIS.moon_pa(np.array([t]))[0]
    gm = {b: forces.gm(b) for b in forces.bodies}
    sunlight = forces.sunlight.gm_km3_s2 if forces.sunlight else 0.0
    return naive.Model(gm, zonal=forces.earth_zonal, pole=forces.earth_pole, moon=moon, sunlight=sunlight, **changes)


# ---------------------------------------------------------------- against scipy


@pytest.mark.parametrize(
    ("state", "days", "forces", "tolerance_km"),
    [
        (COAST, 3.5, OBLATE, ORACLE_KM),
        (COAST, -0.4, OBLATE, ORACLE_KM),
        (BETWEEN, 5.0, POINT_MASSES, ORACLE_KM),
        (BETWEEN, 2.0, FULL.only(moon_degree=0), ORACLE_KM),
        (LOW, 0.15, OBLATE.only(earth_pole="icrf"), ORACLE_KM),
    ],
    ids=["coast", "coast backwards", "between", "between in sunlight", "low orbit"],
)
def test_scipy_agrees(state, days, forces, tolerance_km):
    end = START + days * DAY
    final = propagate(state, START, end, forces=forces, tolerance=1e-13).states[0]
    expected = naive.propagate(oracle(forces), state, START, end)
    assert np.linalg.norm(final[:3] - expected[:3]) < tolerance_km


@pytest.mark.parametrize("degree", [2, 8])
def test_scipy_agrees_in_lunar_orbit(degree):
    """Two hours over the Moon, integrated by scipy about the Earth."""
    forces, end = ForceModel(moon_degree=degree), START + 7200.0
    moon = EPHEMERIS.state("moon", "earth", np.array([START, end]))
    final = propagate(LUNAR, START, end, forces=forces, center="moon", tolerance=1e-13).states[0] + moon[1]
    expected = naive.propagate(oracle(forces), LUNAR + moon[0], START, end)
    assert np.linalg.norm(final[:3] - expected[:3]) < ORACLE_KM


@pytest.mark.parametrize("isp_s", [np.inf, 310.0])
def test_scipy_agrees_on_an_inertial_burn(isp_s):
    force, mass, end = np.array([-300.0, 400.0, 150.0]), 2000.0, START + 1200.0
    thrust, forces = Thrust(force, mass, isp_s), OBLATE.only(earth_pole="icrf")
    final = propagate(LOW, START, end, forces=forces, thrust=thrust, tolerance=1e-13).states[0]
    flow = np.linalg.norm(force) / (9.80665 * isp_s)
    model = oracle(forces, force_n=force, mass_kg=mass, flow_kg_s=flow)
    assert np.linalg.norm(final[:3] - naive.propagate(model, LOW, START, end)[:3]) < ORACLE_KM


def test_two_bodies_about_the_earth():
    forces = ForceModel(bodies=("earth",), moon_degree=0, earth_zonal=0)
    gm, days = forces.gm("earth"), np.array([0.01, 0.3, 1.0, 3.0, -2.0])
    states = np.tile(LOW, (5, 1))
    final = propagate(states, START, START + days * DAY, forces=forces, tolerance=1e-14).states
    expected = np.array([naive.kepler(LOW, d * DAY, gm) for d in days])
    assert np.abs(final - expected)[:, :3].max() < ORACLE_KM


def test_energy_and_angular_momentum_of_two_bodies():
    forces = ForceModel(bodies=("earth",), moon_degree=0, earth_zonal=0)
    states = np.stack([LOW, COAST, [6578.0, 0.0, 0.0, 0.0, 9.0, 6.0], [42164.0, 0, 0, 0, 3.07, 0.0]])
    final = propagate(states, START, START + 5 * DAY, forces=forces, stop_at_impact=False, tolerance=1e-13).states

    def energy(x):
        return (x[:, 3:] ** 2).sum(axis=1) / 2 - forces.gm("earth") / np.linalg.norm(x[:, :3], axis=1)

    def momentum(x):
        return np.cross(x[:, :3], x[:, 3:])

    assert np.abs(energy(final) / energy(states) - 1).max() < ENERGY
    assert (np.abs(momentum(final) - momentum(states)).max(axis=1) / np.linalg.norm(momentum(states), axis=1)).max() < (
        ENERGY
    )


# ---------------------------------------------------------------- state-transition matrices


@pytest.mark.parametrize(
    ("state", "center", "days", "forces"),
    [
        (BETWEEN, "earth", 5.0, POINT_MASSES),
        (COAST, "earth", 3.5, OBLATE),
        (LUNAR, "moon", 1.0, ForceModel(moon_degree=8)),
        (LUNAR, "moon", 0.25, ForceModel(moon_degree=50)),
        (LOW, "earth", 0.3, FULL),
    ],
    ids=["between", "coast", "lunar orbit", "lunar orbit, degree 50", "low orbit"],
)
def test_invariants_of_the_matrix(state, center, days, forces):
    phi = propagate(state, START, START + days * DAY, forces=forces, center=center, stm=True, tolerance=1e-13).stm[0]
    assert np.linalg.det(phi) == pytest.approx(1.0, abs=STM_DETERMINANT)
    natural = np.sqrt(np.linalg.norm(state[:3]) ** 3 / forces.gm(center))
    assert naive.symplectic_defect(phi, natural) < STM_SYMPLECTIC


def test_matrix_of_a_whole_transfer_is_symplectic_to_rounding():
    """From low orbit to perilune the matrix has norm 1e5: the products alone round to 1e-16 of its square."""
    state = towards_moon(3.5)[0]
    phi = propagate(state, START + 0.5 * DAY, START + 4 * DAY, forces=FULL, stm=True).stm[0]
    scale = np.array([1.0] * 3 + [TIME_UNIT] * 3)
    size = np.linalg.norm(scale[:, np.newaxis] * phi / scale)
    assert naive.symplectic_defect(phi, TIME_UNIT) < STM_SYMPLECTIC + np.finfo(float).eps * size**2


def test_matrix_against_differences_of_scipy():
    """No code in common: trajectories integrated with jplephem and scipy, differenced."""
    end, model = START + 2 * DAY, oracle(POINT_MASSES)
    phi = propagate(BETWEEN, START, end, forces=POINT_MASSES, stm=True).stm[0]
    steps = [20.0, 20.0, 20.0, 1e-4, 1e-4, 1e-4]
    expected = naive.differences(lambda x: naive.propagate(model, x, START, end), BETWEEN, steps)
    scale = np.abs(expected).max(axis=0)
    assert (np.abs(phi - expected) / scale).max() < DIFFERENCES_OF_ORACLE


def differences_by_batch(perturbed, steps):
    """Fourth-order differences of one batch: ``perturbed(offsets)`` gives final states of rows of offsets."""
    n = len(steps)
    offsets = np.concatenate([k * np.diag(steps) for k in (1.0, -1.0, 2.0, -2.0)])
    a, b, c, d = np.split(perturbed(offsets), 4)
    assert len(a) == n
    return ((8 * (a - b) - (c - d)) / (12 * np.asarray(steps)[:, np.newaxis])).T


@pytest.mark.parametrize(
    ("state", "center", "days", "forces"),
    [
        (COAST, "earth", 3.9, FULL),
        (COAST, "earth", -0.4, FULL),
        (LUNAR, "moon", 0.2, ForceModel(moon_degree=20)),
        (LOW, "earth", 0.1, OBLATE),
    ],
    ids=["coast", "backwards", "lunar orbit", "low orbit"],
)
@pytest.mark.parametrize("rows", [1, 8])
def test_matrix_against_differences(state, center, days, forces, rows):
    end = START + days * DAY
    options = {"forces": forces, "center": center, "tolerance": 1e-14}
    phi = propagate(np.tile(state, (rows, 1)), START, end, stm=True, **options).stm[-1]
    size = np.linalg.norm(state[:3]), np.linalg.norm(state[3:])
    steps = np.repeat([2e-4 * size[0], 2e-4 * size[1]], 3)
    expected = differences_by_batch(lambda d: propagate(state + d, START, end, **options).states, steps)
    assert (np.abs(phi - expected) / np.abs(expected).max(axis=0)).max() < DIFFERENCES_OF_ENGINE


def test_partials_with_respect_to_epochs():
    """At the start -Phi f, at the end f: what epochs do to the final state."""
    end = START + 3.2 * DAY
    run = propagate(COAST, START, end, forces=FULL, stm=True, tolerance=1e-14)
    by_start, by_end = (partials[0] for partials in run.epoch_partials())
    shift = np.array([-2.0, -1.0, 1.0, 2.0]) * 30.0
    later = propagate(np.tile(COAST, (4, 1)), START + shift, end, forces=FULL, tolerance=1e-14).states
    longer = propagate(np.tile(COAST, (4, 1)), START, end + shift, forces=FULL, tolerance=1e-14).states
    weights = np.array([1.0, -8.0, 8.0, -1.0]) / (12 * 30.0)
    for partial, found in ((by_start, weights @ later), (by_end, weights @ longer)):
        assert np.abs(partial - found)[:3].max() < DIFFERENCES_OF_ENGINE * np.linalg.norm(partial[:3])
        assert np.abs(partial - found)[3:].max() < DIFFERENCES_OF_ENGINE * np.linalg.norm(partial[3:])


def test_partials_with_respect_to_epochs_need_a_matrix():
    for options in ({}, {"stm": True, "thrust": Thrust([1.0, 0.0, 0.0], 1000.0, 300.0)}):
        with pytest.raises(InputError, match="epoch_partials"):
            propagate(COAST, START, START + 60.0, forces=OBLATE, **options).epoch_partials()


@pytest.mark.parametrize("stm", [False, True])
def test_a_row_alone_is_the_row_of_a_batch_to_the_bit(stm):
    """Where rows keep their own clocks, and the field of the Moon is not one of degrees felt by the nearest."""
    states, starts = dispersed(19), START + 100.0 * np.arange(19)
    ends, forces = starts + (1.5 + 0.01 * np.arange(19)) * DAY, FULL.only(moon_degree=0)
    batch = propagate(states, starts, ends, forces=forces, stm=stm)
    for i in range(19):
        alone = propagate(states[i], starts[i], ends[i], forces=forces, stm=stm)
        assert alone.states.tobytes() == batch.states[i : i + 1].tobytes()
        if stm:
            assert alone.stm.tobytes() == batch.stm[i : i + 1].tobytes()


BURNS = {
    "inertial": Thrust([-300.0, 400.0, 150.0], 2000.0, 310.0),
    "along the velocity": Thrust([450.0, 0.0, 0.0], 2000.0, 310.0, axes="vnb"),
    "steered": Thrust([450.0, 30.0, -60.0], 2000.0, 310.0, axes="vnb", pitch_rate_rad_s=2e-4),
}


@pytest.mark.parametrize("name", BURNS)
@pytest.mark.parametrize("rows", [1, 8])
def test_partials_of_a_burn(name, rows):
    """Force (mass flow held), initial mass and pitch rate, over half an hour about the Moon."""
    thrust, end = BURNS[name], START + 1800.0
    run = propagate(
        np.tile(LUNAR, (rows, 1)), START, end, forces=OBLATE, center="moon", thrust=thrust, stm=True, tolerance=1e-14
    )
    pitching = thrust.axes == "vnb"
    parameters = [blocks.FORCE_X, blocks.FORCE_Y, blocks.FORCE_Z, blocks.MASS] + [blocks.PITCH_RATE] * pitching
    steps = np.array([0.5e-3, 0.5e-3, 0.5e-3, 0.5, 1e-6])[: len(parameters)]  # kN, kg, rad/s
    engine = Run(OBLATE, "moon", 1e-14, steered=pitching)

    def burnt(offsets):
        n = len(offsets)
        inputs = row_inputs(n, OBLATE, thrust)
        inputs[:, parameters] += offsets
        return engine.batch(np.tile(LUNAR, (n, 1)), np.full(n, START), np.full(n, end), inputs)[0]

    expected = differences_by_batch(burnt, steps)
    expected[:, :3] *= 1e-3  # per newton
    assert run.stm.shape == (rows, 6, 6 + len(parameters))
    assert (np.abs(run.stm[-1][:, 6:] - expected) / np.abs(expected).max(axis=0)).max() < DIFFERENCES_OF_ENGINE


# ---------------------------------------------------------------- there and back


@pytest.mark.parametrize(
    ("state", "center", "days", "forces"),
    [
        (BETWEEN, "earth", 5.0, POINT_MASSES),
        (BETWEEN, "earth", -5.0, FULL),
        (COAST, "earth", 4.5, FULL),
        (LUNAR, "moon", 5.0, ForceModel(moon_degree=8)),
        (LOW, "earth", 1.0, OBLATE),
    ],
    ids=["between", "between backwards", "coast", "lunar orbit", "low orbit"],
)
def test_there_and_back(state, center, days, forces):
    """Within a centimetre in five days; most of them within a micrometre."""
    end = START + days * DAY
    options = {"forces": forces, "center": center, "stop_at_impact": False}
    there = propagate(state, START, end, **options).require()
    back = propagate(there.states, end, START, **options).require()
    assert np.linalg.norm(back.states[0, :3] - state[:3]) < CLOSURE_KM


@settings(deadline=None, max_examples=30)
@given(st.floats(-6.0, 6.0), st.floats(-0.2, 0.2), st.integers(0, 5000))
def test_two_legs_are_one(days, bend, more):
    """Stopping on the way, anywhere, changes nothing but roundings."""
    state, first = COAST * [1, 1, 1, 1, 1, 1 + bend], START + more * 3600.0
    end = first + days * DAY
    half = 0.5 * (first + end)
    one = propagate(state, first, end, forces=OBLATE, stop_at_impact=False)
    if not one.ok[0]:
        return
    legs = propagate(state, first, half, forces=OBLATE, stop_at_impact=False).states
    legs = propagate(legs, half, end, forces=OBLATE, stop_at_impact=False).states
    assert np.linalg.norm(legs[0, :3] - one.states[0, :3]) < CLOSURE_KM


@pytest.mark.parametrize("days", [3.5, 6.5], ids=["arriving", "there and away"])
@pytest.mark.parametrize("rows", [1, 6])
def test_moving_the_origin_changes_nothing(days, rows):
    """States near the Moon are counted from it on the way; the answer is the same to a micrometre."""
    states = towards_moon(3.5, rows, seed=1)
    end = START + 0.5 * DAY + days * DAY
    moving = propagate(states, START + 0.5 * DAY, end, forces=FULL, stm=True, tolerance=1e-13).require()
    staying = propagate(
        states, START + 0.5 * DAY, end, forces=FULL.only(move_origin=False), stm=True, tolerance=1e-13
    ).require()
    assert np.abs(moving.states - staying.states)[:, :3].max() < ORIGIN_CHANGE_KM
    assert moving.stm == pytest.approx(staying.stm, rel=1e-6, abs=1e-9 * np.abs(staying.stm).max())


def test_the_answer_is_relative_to_the_centre_asked_for():
    end = START + 4 * DAY
    states = towards_moon(3.5)
    moon = EPHEMERIS.state("moon", "earth", np.array([START + 0.5 * DAY, end]))
    about_earth = propagate(states, START + 0.5 * DAY, end, forces=OBLATE)
    about_moon = propagate(states - moon[0], START + 0.5 * DAY, end, forces=OBLATE, center="moon")
    assert about_moon.center == "moon"
    assert np.abs(about_earth.states - moon[1] - about_moon.states)[:, :3].max() < ORIGIN_CHANGE_KM


# ---------------------------------------------------------------- batches


SIZES = [0, 1, 2, 3, 4, 15, 16, 17, 100]


def dispersed(n, seed=2):
    rng = np.random.default_rng(seed)
    return COAST + rng.normal(size=(n, 6)) * [50.0, 50.0, 50.0, 1e-3, 1e-3, 1e-3]


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("stm", [False, True])
def test_rows_with_epochs_of_their_own_equal_the_loop(n, stm):
    """A row among many against the row alone: the same arithmetic but for the last bit of a reciprocal root."""
    states, starts = dispersed(n), START + np.linspace(0.0, 0.9 * DAY, n)
    ends = starts + np.linspace(2.0, 3.0, n) * DAY
    run = propagate(states, starts, ends, forces=OBLATE, stm=stm)
    assert run.states.shape == (n, 6)
    assert (run.stm is None) == (not stm)
    assert run.ok.all()
    for i in range(0, n, max(1, n // 7)):
        alone = propagate(states[i], starts[i], ends[i], forces=OBLATE, stm=stm)
        assert np.abs(alone.states[0] - run.states[i])[:3].max() < BATCH_ROUNDING_KM
        if stm:
            assert alone.stm[0] == pytest.approx(run.stm[i], rel=1e-8, abs=1e-10 * np.abs(run.stm[i]).max())


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("stm", [False, True])
def test_rows_that_share_a_clock_keep_the_tolerance(n, stm):
    states, end = dispersed(n), START + 3 * DAY
    run = propagate(states, START, end, forces=OBLATE, stm=stm)
    assert run.states.shape == (n, 6)
    assert run.ok.all()
    for i in range(0, n, max(1, n // 7)):
        alone = propagate(states[i], START, end, forces=OBLATE, tolerance=1e-14)
        assert np.abs(alone.states[0] - run.states[i])[:3].max() < SHARED_CLOCK_KM


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("stm", [False, True])
def test_workers_do_not_change_a_byte(together, stm):
    states = dispersed(100)
    starts = np.full(100, START) if together else START + np.linspace(0.0, DAY, 100)
    runs = [
        propagate(states, starts, starts[-1] + 3 * DAY, forces=FULL, stm=stm, workers=workers)
        for workers in (1, 2, 3, 7)
    ]
    for other in runs[1:]:
        assert other.states.tobytes() == runs[0].states.tobytes()
        assert np.array_equal(other.steps, runs[0].steps)
        if stm:
            assert other.stm.tobytes() == runs[0].stm.tobytes()


@pytest.mark.parametrize("stm", [False, True])
def test_order_of_rows_with_their_own_clocks_does_not_matter(stm):
    """To the bit where the lanes of a block need not agree on how many lunar harmonics are felt."""
    states, starts = dispersed(37), START + np.linspace(0.0, DAY, 37)
    ends = starts + np.linspace(1.0, 3.0, 37) * DAY
    shuffle = np.random.default_rng(3).permutation(37)
    for forces, bound_km in ((FULL.only(moon_degree=0), 0.0), (FULL, UNFELT_HARMONICS_KM)):
        run = propagate(states, starts, ends, forces=forces, stm=stm)
        turned = propagate(states[shuffle], starts[shuffle], ends[shuffle], forces=forces, stm=stm)
        assert np.abs(turned.states - run.states[shuffle]).max() <= bound_km
        if stm and bound_km == 0.0:
            assert turned.stm.tobytes() == run.stm[shuffle].tobytes()


def test_a_batch_that_starts_earlier_does_not_change_a_bit():
    """Rows with their own clocks, with and without sixteen others that start a month before."""
    states, starts = dispersed(32), START + np.linspace(0.0, 40 * DAY, 32)
    whole = propagate(states, starts, starts + 3 * DAY, forces=OBLATE).states
    late = propagate(states[16:], starts[16:], starts[16:] + 3 * DAY, forces=OBLATE).states
    assert late.tobytes() == whole[16:].tobytes()


def test_blocks_with_a_shared_clock_do_not_see_each_other():
    states, end = dispersed(64), START + 3 * DAY
    whole = propagate(states, START, end, forces=FULL).states
    for first in (0, 32):
        part = propagate(states[first : first + 32], START, end, forces=FULL).states
        assert part.tobytes() == whole[first : first + 32].tobytes()


def test_forwards_and_backwards_in_one_batch():
    ends = START + np.array([2.0, -0.4, 0.0, 1e-3, -1e-3]) * DAY
    run = propagate(np.tile(COAST, (5, 1)), START, ends, forces=FULL)
    assert run.ok.all()
    assert np.array_equal(run.states[2], COAST)
    for i, end in enumerate(ends):
        assert np.abs(propagate(COAST, START, end, forces=FULL).states[0] - run.states[i])[:3].max() < BATCH_ROUNDING_KM


PORTABLE = """
import sys
import numpy as np
from lunarplan.kernels.jit import has_avx512, lane_width
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate

states = np.load(sys.argv[1])
run = propagate(states, float(sys.argv[2]), float(sys.argv[3]), forces=ForceModel(moon_degree=0), stm=True)
print(has_avx512(), lane_width())
np.save(sys.argv[1], run.require().states)
"""


def test_a_processor_without_avx512_gives_the_same_answer(tmp_path):
    """Compiled for 256-bit vectors, in a process of its own."""
    states, end, file = dispersed(20), START + 3 * DAY, tmp_path / "states.npy"
    np.save(file, states)
    haswell = {**os.environ, "NUMBA_CPU_NAME": "haswell", "NUMBA_CPU_FEATURES": "+avx2,+fma"}
    call = [sys.executable, "-c", PORTABLE, str(file), repr(START), repr(end)]
    done = subprocess.run(call, env=haswell, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "8"]
    here = propagate(states, START, end, forces=OBLATE)
    assert np.abs(np.load(file) - here.states)[:, :3].max() < SHARED_CLOCK_KM


# ---------------------------------------------------------------- failures of rows


@pytest.mark.parametrize("n", [3, 20])
@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("component", range(6))
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_row_that_is_not_finite_fails_alone(n, together, component, value):
    states = dispersed(n)
    starts = np.full(n, START) if together else START + np.arange(float(n))
    expected = propagate(states, starts, START + DAY, forces=OBLATE).states
    states[1, component] = value
    run = propagate(states, starts, START + DAY, forces=OBLATE)
    good = np.arange(n) != 1
    assert list(np.flatnonzero(~run.ok)) == [1]
    assert run.status[1] == blocks.NOT_FINITE
    assert np.isnan(run.states[1]).all()
    assert np.abs(run.states - expected)[good, :3].max() < SHARED_CLOCK_KM


@pytest.mark.parametrize("n", [1, 20])
@pytest.mark.parametrize("together", [False, True])
def test_impacts(n, together):
    """Straight at the Moon, and a fall back to the Earth; the others fly on."""
    states = towards_moon(3.5, n, seed=4)
    starts = START + 0.5 * DAY + (0.0 if together else 1.0) * np.arange(n)
    moon = EPHEMERIS.state("moon", "earth", np.array([START + 4 * DAY]))[0]
    aimed = propagate(
        moon + np.array([500.0, 0.0, 0.0, 0.0, 2.0, 0.5]),
        START + 4 * DAY,
        starts[0],
        forces=OBLATE,
        stop_at_impact=False,
    )
    states[0] = aimed.states[0]
    if n > 1:
        states[5] = [9000.0, 0.0, 0.0, 0.1, 0.2, 0.0]
    run = propagate(states, starts, START + 4.2 * DAY, forces=OBLATE)
    hit = [0, 5] if n > 1 else [0]
    assert list(np.flatnonzero(run.status == blocks.IMPACT)) == hit
    assert list(np.flatnonzero(~run.ok)) == hit
    assert np.isnan(run.states[hit]).all()
    assert run.reason(0) == "impact on the Earth or the Moon"
    assert propagate(states[0], starts[0], START + 4 * DAY, forces=OBLATE, stop_at_impact=False).ok.all()


def test_a_step_that_is_rejected_makes_no_impact():
    """Waiting where the Moon will be a day later: the first trial step reaches for it."""
    n = 64
    starts = START + np.linspace(0.0, 20 * DAY, n)
    later = starts + 86_000.0 + np.linspace(0.0, 4000.0, n)
    states = EPHEMERIS.state("moon", "earth", later)
    states[:, 3:] *= np.linspace(-0.5, 0.9, n)[:, np.newaxis]
    run = propagate(states, starts, starts + 0.5 * DAY, forces=POINT_MASSES)
    assert run.ok.all()


def test_a_plunge_into_the_singularity_has_a_reason():
    forces = ForceModel(bodies=("earth",), moon_degree=0, earth_zonal=0)
    run = propagate([7000.0, 10.0, -20.0, 0.0, 0.0, 0.0], START, START + 7200.0, forces=forces, stop_at_impact=False)
    assert run.status[0] == blocks.NOT_FINITE
    assert "singularity" in run.reason(0)
    with pytest.raises(ConvergenceError, match="singularity"):
        run.require()


@pytest.mark.parametrize("together", [True, False])
def test_a_plunge_does_not_take_its_neighbours_along(together):
    forces = ForceModel(bodies=("earth",), moon_degree=0, earth_zonal=0)
    states = np.tile([7000.0, 0.0, 0.0, 0.0, 7.5, 1.0], (20, 1))
    states[3] = [7000.0, 10.0, -20.0, 0.0, 0.0, 0.0]
    starts = START + (0.0 if together else 1.0) * np.arange(20)
    run = propagate(states, starts, START + 7200.0, forces=forces, stop_at_impact=False)
    assert list(np.flatnonzero(run.status)) == [3]


def test_grazing_impacts_are_not_stepped_over():
    """Arrivals at the Moon with their lowest point a little below the surface."""
    rng = np.random.default_rng(5)
    perilune = RADIUS_KM["moon"] - rng.uniform(2.0, 30.0, 200)
    states = np.zeros((200, 6))
    states[:, 0] = perilune
    states[:, 4] = np.sqrt(rng.uniform(0.7, 1.2, 200) ** 2 + 2 * OBLATE.gm("moon") / perilune)
    early = propagate(states, START, START - 40_000.0, forces=OBLATE, center="moon", stop_at_impact=False).states
    run = propagate(early, START - 40_000.0, START + 40_000.0 + np.arange(200), forces=OBLATE, center="moon")
    assert (run.status == blocks.IMPACT).all()


def test_failures_name_the_row():
    states = dispersed(5)
    states[3] = np.nan
    run = propagate(states, START, START + DAY, forces=OBLATE)
    with pytest.raises(ConvergenceError, match="1 of 5 rows failed; row 3"):
        run.require()
    assert run.reason(0) == "ok"


# ---------------------------------------------------------------- ephemeris granules


def granule_edge():
    field = OBLATE.kernel_field(START, START + 10 * DAY)
    return field.start + field.length


@pytest.mark.parametrize("seconds", [0.0, 1e-7, 1e-4, 1e-2, 1.0, -1e-7, -1e-4, -1.0])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_steps_across_a_granule_edge(seconds, sign):
    """Starting or ending at, just before and just after an edge, both ways."""
    edge = granule_edge()
    for start, end in ((edge + seconds, edge + 0.4 * sign * DAY), (edge - 0.4 * sign * DAY, edge + seconds)):
        run = propagate(COAST, start, end, forces=OBLATE).require()
        expected = naive.propagate(oracle(OBLATE), COAST, start, end)
        assert np.linalg.norm(run.states[0, :3] - expected[:3]) < ORACLE_KM


def test_across_many_granules():
    """A month and back in a wide orbit of the Earth."""
    wide = np.array([120_000.0, 0.0, 0.0, 0.0, 1.7, 0.5])
    end = START + 30 * DAY
    there = propagate(wide, START, end, forces=OBLATE).require()
    assert there.states[0] == pytest.approx(naive.propagate(oracle(OBLATE), wide, START, end), abs=1e-5)
    back = propagate(there.states, end, START, forces=OBLATE).require()
    assert np.linalg.norm(back.states[0, :3] - wide[:3]) < CLOSURE_KM


@pytest.mark.parametrize(
    ("epoch", "until"),
    [
        ("2019-01-01T00:00:00", "2019-01-02T00:00:00"),
        ("2049-06-01T00:00:00", "2052-01-01T00:00:00"),
        ("2024-01-01T00:00:00", "1900-01-01T00:00:00 TDB"),
    ],
)
def test_epochs_outside_the_ephemeris(epoch, until):
    with pytest.raises(InputError, match=r"not known at|beyond the ephemeris"):
        propagate(COAST, tdb_seconds(epoch), tdb_seconds(until))


def test_one_row_outside_the_ephemeris_is_an_input_error():
    """Epochs are the caller's to check: no row of the batch is flown."""
    with pytest.raises(InputError):
        propagate(dispersed(5), START, START + DAY * np.array([1.0, 1.0, 1e5, 1.0, 1.0]))


# ---------------------------------------------------------------- misuse


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"states": np.zeros((2, 5))}, "states"),
        ({"states": np.zeros((2, 2, 6))}, "states"),
        ({"states": []}, "states"),
        ({"epoch": [START, START, START]}, "epoch"),
        ({"until": [START, START, START]}, "until"),
        ({"epoch": np.nan}, "epoch"),
        ({"until": np.inf}, "epoch"),
        ({"until": "yesterday"}, "epoch"),
        ({"center": "sun"}, "center"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"tolerance": np.nan}, "tolerance"),
        ({"tolerance": 1.0}, "tolerance"),
    ],
)
def test_misuse_is_an_input_error(changes, where):
    arguments = {"states": np.stack([COAST, COAST]), "epoch": START, "until": START + DAY} | changes
    with pytest.raises(InputError) as caught:
        propagate(arguments.pop("states"), arguments.pop("epoch"), arguments.pop("until"), **arguments)
    assert where in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        {"force_n": [np.nan, 0, 0], "mass_kg": 100.0, "isp_s": 300.0},
        {"force_n": [1.0, 0, 0], "mass_kg": 0.0, "isp_s": 300.0},
        {"force_n": [1.0, 0, 0], "mass_kg": -5.0, "isp_s": 300.0},
        {"force_n": [1.0, 0, 0], "mass_kg": 100.0, "isp_s": 0.0},
        {"force_n": [1.0, 0, 0], "mass_kg": 100.0, "isp_s": 300.0, "pitch_rate_rad_s": 1e-3},
        {"force_n": [1.0, 0, 0], "mass_kg": 100.0, "isp_s": 300.0, "axes": "lvlh"},
    ],
)
def test_unusable_thrust(options):
    with pytest.raises(InputError, match="Thrust"):
        propagate(COAST, START, START + 60.0, thrust=Thrust(**options))


def test_a_thrust_that_pitches_beyond_a_right_angle():
    """Five radians during the arc."""
    thrust = Thrust([100.0, 0.0, 0.0], 1000.0, 310.0, axes="vnb", pitch_rate_rad_s=5e-3)
    with pytest.raises(InputError, match="pitch"):
        propagate(LOW, START, START + 1000.0, forces=OBLATE, thrust=thrust)


def test_propellant_that_runs_out_is_no_answer():
    run = propagate(LOW, START, START + 300.0, thrust=Thrust([3000.0, 0.0, 0.0], 100.0, 310.0))
    assert run.reason(0) == "the mass is burnt before the end"
    assert np.isnan(run.states).all()


def test_inputs_are_left_alone_and_the_result_is_frozen():
    states = dispersed(5)
    before = states.copy()
    run = propagate(states, START, START + DAY, forces=OBLATE)
    assert np.array_equal(states, before)
    with pytest.raises(dataclasses.FrozenInstanceError):
        run.center = "moon"
    assert isinstance(run, Propagation)


@pytest.mark.parametrize(
    "states", [COAST.tolist(), np.asfortranarray(dispersed(5)), dispersed(10)[::2], COAST.astype(np.longdouble)]
)
def test_any_array_of_states_will_do(states):
    end = tdb_seconds("2024-05-05T00:00:00")
    run = propagate(states, "2024-05-04T00:00:00", "2024-05-05T00:00:00", forces=OBLATE)
    plain = np.ascontiguousarray(np.atleast_2d(np.asarray(states, float)))
    assert np.array_equal(run.states, propagate(plain, START, end, forces=OBLATE).states)
    assert (run.epochs_tdb == end).all()


def test_empty_batches():
    run = propagate(np.empty((0, 6)), START, START + DAY, stm=True)
    assert run.states.shape == (0, 6)
    assert run.stm.shape == (0, 6, 6)
    assert run.require() is run


# ---------------------------------------------------------------- single moments


def test_gradients_are_derivatives_of_accelerations():
    moon = EPHEMERIS.position("moon", "earth", np.array([START]))[0]
    for r in (COAST[:3], LOW[:3], moon + np.array([1800.0, 300.0, 500.0])):
        state = np.concatenate([r, np.zeros(3)])
        nearest = min(np.linalg.norm(r), np.linalg.norm(r - moon))
        steps = [1e-3 * nearest] * 3
        expected = differences_by_batch(
            lambda d, state=state: accelerations(state + np.pad(d, ((0, 0), (0, 3))), START, FULL), steps
        )
        found = gravity_gradients(state, START, FULL)[0]
        assert np.abs(found - expected).max() < DIFFERENCES_OF_ENGINE * np.abs(expected).max()


def test_accelerations_of_both_centres_differ_by_the_fall_of_the_origin():
    moon = EPHEMERIS.state("moon", "earth", np.array([START]))[0]
    about_earth = accelerations(moon + LUNAR, START, FULL)[0]
    about_moon = accelerations(LUNAR, START, FULL, "moon")[0]
    t = START + 60.0 * np.arange(-4, 5)
    weights = np.array([-1 / 560, 8 / 315, -1 / 5, 8 / 5, -205 / 72, 8 / 5, -1 / 5, 8 / 315, -1 / 560]) / 3600.0
    fall = weights @ EPHEMERIS.position("moon", "earth", t)
    assert np.abs(about_earth - about_moon - fall).max() < 1e-11
    assert RADIUS_KM["moon"] < np.linalg.norm(LUNAR[:3])


def test_no_moments():
    assert accelerations(np.empty((0, 6)), START).shape == (0, 3)
    assert gravity_gradients(np.empty((0, 6)), START).shape == (0, 3, 3)
