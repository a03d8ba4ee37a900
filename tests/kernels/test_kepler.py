"""Universal variables: against 60 digits, against invariants, and uncompiled."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from lunarplan.kernels import kepler
from tests import authorities
from tests.tolerances import (
    KEPLER_INVARIANT,
    KEPLER_PARTIALS,
    KEPLER_RELATIVE,
    KEPLER_THERE_AND_BACK,
    KEPLER_TWO_LEGS,
    KEPLER_VS_OREKIT_M,
    STM_DETERMINANT,
    STM_SYMPLECTICITY,
)

MPMATH = json.loads((Path(authorities.__file__).parent / "kepler_mpmath.json").read_text())
GM = MPMATH["gm"]
KINDS = sorted({case["kind"] for case in MPMATH["cases"]})


def run(states, dt, gm=GM, partials=False):
    """End states, partials and status of a batch."""
    states = np.ascontiguousarray(np.atleast_2d(states), float)
    n = len(states)
    out, status = np.empty((n, 6)), np.empty(n, np.int8)
    stm = np.empty((n, 6, 6) if partials else (n, 0, 0))
    dt, gm = (np.ascontiguousarray(np.broadcast_to(np.asarray(a, float), n)) for a in (dt, gm))
    kepler.propagator()(states, dt, gm, out, stm, status, 0, n)
    return out, stm, status


def random_states(n, seed, fastest=2.0):
    rng = np.random.default_rng(seed)
    r, v = rng.normal(size=(2, n, 3))
    r *= (np.exp(rng.uniform(np.log(6600), np.log(4e5), n)) / np.linalg.norm(r, axis=1))[:, None]
    escape = np.sqrt(2 * GM / np.linalg.norm(r, axis=1))
    v *= (rng.uniform(0.2, fastest, n) * escape / np.linalg.norm(v, axis=1))[:, None]
    period = np.sqrt(np.linalg.norm(r, axis=1) ** 3 / GM)
    return np.hstack([r, v]), period * rng.uniform(-10, 10, n)


def misses(got, wanted):
    """Relative miss in position and in velocity, the larger."""
    got, wanted = np.atleast_2d(got), np.atleast_2d(wanted)
    return np.max(
        [
            np.linalg.norm(got[:, k] - wanted[:, k], axis=1) / np.linalg.norm(wanted[:, k], axis=1)
            for k in (slice(0, 3), slice(3, 6))
        ],
        axis=0,
    )


def scaled(stm, state):
    """Transition matrix in units of the start's distance and speed."""
    unit = np.repeat([np.linalg.norm(state[:3]), np.linalg.norm(state[3:])], 3)
    return stm * unit / unit[:, None]


@pytest.mark.parametrize("kind", KINDS)
def test_sixty_digits(kind):
    cases = [case for case in MPMATH["cases"] if case["kind"] == kind]
    out, _, status = run([c["state"] for c in cases], [c["dt"] for c in cases])
    assert (status == kepler.OK).all()
    assert misses(out, np.array([c["end"] for c in cases])).max() < KEPLER_RELATIVE


@pytest.mark.parametrize("case", [c for c in MPMATH["cases"] if "partials" in c], ids=lambda c: c["kind"])
def test_partials_against_sixty_digits(case):
    _, stm, _ = run(case["state"], case["dt"], partials=True)
    got, wanted = scaled(stm[0], case["state"]), scaled(np.array(case["partials"]), case["state"])
    assert np.abs(got - wanted).max() < KEPLER_PARTIALS * np.abs(wanted).max()


def test_orekit_lunar_orbit():
    case = authorities.load("orekit_lunar_two_body")
    out, _, _ = run(case["start_m"], case["duration_s"], 1e9 * case["gm_km3_s2"])
    assert np.linalg.norm(out[0, :3] - case["final_m"][:3]) < KEPLER_VS_OREKIT_M


def test_energy_and_angular_momentum_stay():
    states, dt = random_states(2000, 1)
    out, _, status = run(states, dt)
    assert (status == kepler.OK).all()

    def integrals(s):
        r, v = s[:, :3], s[:, 3:]
        kinetic, potential = 0.5 * np.sum(v * v, axis=1), GM / np.linalg.norm(r, axis=1)
        return kinetic - potential, kinetic + potential, np.cross(r, v)

    (e0, size0, h0), (e1, size1, h1) = integrals(states), integrals(out)
    assert (np.abs(e1 - e0) < KEPLER_INVARIANT * np.maximum(size0, size1)).all()
    reach = [np.linalg.norm(s[:, :3], axis=1) * np.linalg.norm(s[:, 3:], axis=1) for s in (states, out)]
    assert (np.linalg.norm(h1 - h0, axis=1) < KEPLER_INVARIANT * np.maximum(*reach)).all()


def test_there_and_back():
    states, dt = random_states(2000, 2, fastest=0.9)
    out, _, _ = run(states, dt)
    back, _, _ = run(out, -dt)
    assert misses(back, states).max() < KEPLER_THERE_AND_BACK


def test_two_legs_are_one():
    states, dt = random_states(200, 3, fastest=0.9)
    middle, first, _ = run(states, 0.3 * dt, partials=True)
    _, second, _ = run(middle, 0.7 * dt, partials=True)
    _, whole, _ = run(states, dt, partials=True)
    for s, a, b, c in zip(states, first, second, whole, strict=True):
        assert np.abs(scaled(b @ a - c, s)).max() < KEPLER_TWO_LEGS * np.abs(scaled(c, s)).max()


def test_partials_are_symplectic():
    states, dt = random_states(300, 4, fastest=0.9)
    _, stm, _ = run(states, 0.2 * dt, partials=True)
    omega = np.block([[np.zeros((3, 3)), np.eye(3)], [-np.eye(3), np.zeros((3, 3))]])
    for s, phi in zip(states, stm, strict=True):
        phi = scaled(phi, s)
        assert np.abs(phi.T @ omega @ phi - omega).max() < STM_SYMPLECTICITY
        assert abs(np.linalg.det(phi) - 1.0) < STM_DETERMINANT


def test_no_time_changes_nothing():
    states, _ = random_states(20, 5)
    out, stm, status = run(states, 0.0, partials=True)
    assert (status == kepler.OK).all()
    np.testing.assert_array_equal(out, states)
    np.testing.assert_array_equal(stm, np.broadcast_to(np.eye(6), stm.shape))


def test_whole_periods_return():
    """A thousand revolutions; the period itself is only known to half a unit of its last place."""
    a = 8000.0
    state = np.array([a * 0.9, 0.0, 0.0, 0.0, math.sqrt(GM / a * 1.1 / 0.9), 0.0])
    beta = 2 * GM / state[0] - state[4] ** 2
    period = 2 * math.pi * GM / beta**1.5
    out, _, _ = run(state, 1000 * period)
    drift = np.linalg.norm(out[0, :3] - state[:3])
    assert drift < 1000 * period * 8e-16 * state[4]


def test_straight_fall_keeps_its_energy():
    """Dropped from rest the body is back at the top after a period, having bounced at the centre."""
    top = 20000.0
    period = 2 * math.pi * math.sqrt((top / 2) ** 3 / GM)
    out, _, status = run([top, 0, 0, 0, 0, 0], [0.999 * period])
    assert status[0] == kepler.OK
    x, vx = out[0, 0], out[0, 3]
    assert 0.5 * vx * vx - GM / x == pytest.approx(-GM / top, rel=1e-12)
    assert vx > 0.0


def test_unusable_rows_are_marked_and_the_others_go_on():
    good = [7000.0, 0, 0, 0, 7.5, 0]
    nan, zero = [math.nan, *good[1:]], [0.0, 0, 0, *good[3:]]
    out, stm, status = run([good, nan, zero, good, good], [100, 100, 100, math.inf, 100], [GM, GM, GM, GM, -1], True)
    assert status.tolist() == [kepler.OK] + 4 * [kepler.BAD_INPUT]
    assert np.isfinite(out[0]).all()
    assert np.isnan(out[1:]).all()
    assert np.isnan(stm[1:]).all()


def test_batch_equals_loop_to_the_bit():
    states, dt = random_states(50, 6)
    out, stm, _ = run(states, dt, partials=True)
    for i in range(50):
        one, phi, _ = run(states[i], dt[i], partials=True)
        np.testing.assert_array_equal(one[0], out[i])
        np.testing.assert_array_equal(phi[0], stm[i])


def test_empty_batch():
    out, _, status = run(np.empty((0, 6)), np.empty(0))
    assert out.shape == (0, 6)
    assert status.shape == (0,)


def test_uncompiled_source_gives_the_same():
    for case in MPMATH["cases"][::7]:
        b, partials = np.empty(6), np.empty((6, 6))
        with np.errstate(all="ignore"):
            assert kepler.propagate_one(np.array(case["state"]), case["dt"], GM, b, partials) == kepler.OK
        assert misses(b, np.array(case["end"]))[0] < KEPLER_RELATIVE
