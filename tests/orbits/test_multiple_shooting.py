"""Multiple shooting: partials against differences, the step against dense algebra, rows against the batch."""

from dataclasses import replace

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError
from lunarplan.model.cr3bp import EARTH_MOON_MU
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run
from lunarplan.orbits import multiple_shooting as ms
from lunarplan.orbits.pulsating import Clock
from tests import naive
from tests.orbits.periodic import HALO, NRHO
from tests.tolerances import DIFFERENCES_OF_GAPS, FRAME_ROUNDING, GAP_KM, GAP_KM_S, SAME_STEP

START = tdb_seconds("2028-03-01T00:00:00")
FORCES = ForceModel(move_origin=False)


def guess(orbit=NRHO, revolutions=2, burns=False):
    """A shooting problem and its first nodes, the perilune half-way between two of them."""
    time_s = orbit.units.time_s
    clock = Clock.between(Ephemeris.packaged(), orbit.mu, time_s, START, START + revolutions * orbit.period * time_s)
    times = (np.arange(6 * revolutions) + 1 / 2) / 6 * orbit.period
    points = orbit.at(times) - [1.0 - EARTH_MOON_MU, 0.0, 0.0, 0.0, 0.0, 0.0]
    none = np.zeros(len(times), bool)
    may_burn = none.copy()
    may_burn[[5, 6]] = burns
    shooting = ms.Shooting(clock.frame, Run(FORCES, "moon", 1e-13, 6), none, may_burn)
    return shooting, np.round(clock.tdb(times)), points


def flown(shooting, tdb, points):
    nodes = shooting.flown(tdb, points, np.zeros_like(points))
    assert nodes is not None
    return nodes


def test_partials_are_those_of_differences() -> None:
    """By every component of the nodes, and by their epochs: the frame turns meanwhile, and the forces change."""
    shooting, tdb, points = guess()
    before, after = ms._partials(shooting, flown(shooting, tdb, points))
    steps = np.array([1e-6] * 6 + [4.0 / shooting.late])

    def gaps(x, moved):
        late, shift = np.zeros(len(tdb)), np.zeros_like(points)
        late[moved::2], shift[moved::2] = shooting.late * x[6], x[:6]
        return flown(shooting, tdb + late, points + shift).gaps

    for moved in (0, 1):  # every second node, so that no gap sees two
        found = naive.differences(lambda x, m=moved: gaps(x, m).ravel(), np.zeros(7), steps).reshape(-1, 6, 7)
        exact = np.where((np.arange(len(before)) % 2 == moved)[:, None, None], before, after)
        scale = np.abs(exact).max(axis=(1, 2), keepdims=True)
        assert (np.abs(found - exact) / scale).max() < DIFFERENCES_OF_GAPS


@pytest.mark.parametrize("burns", [False, True])
def test_step_is_the_smallest_of_dense_algebra(burns: bool) -> None:
    shooting, tdb, points = guess(burns=burns)
    nodes = flown(shooting, tdb, points)
    before, after = ms._partials(shooting, nodes)
    m = len(before)
    dense = np.zeros((6 * m, 7 * (m + 1) + 3 * burns * 2))
    for k in range(m):
        dense[6 * k : 6 * k + 6, 7 * k : 7 * k + 7] = before[k]
        dense[6 * k : 6 * k + 6, 7 * k + 7 : 7 * k + 14] = after[k]
    for i, node in enumerate(np.flatnonzero(shooting.burns)):
        rows = slice(6 * (node - 1) + 3, 6 * node)
        dense[rows, 7 * (m + 1) + 3 * i : 7 * (m + 1) + 3 * i + 3] = ms.BURN * np.eye(3)
    expected = np.linalg.lstsq(dense, -nodes.gaps.ravel(), rcond=None)[0]
    moved, late, jumps = ms._smallest_step(shooting, nodes)
    step = np.column_stack([moved, late / shooting.late])
    np.testing.assert_allclose(step.ravel(), expected[: 7 * (m + 1)], rtol=0, atol=SAME_STEP * np.abs(step).max())
    if burns:
        burnt = ms.BURN * expected[7 * (m + 1) :].reshape(2, 3)
        np.testing.assert_allclose(jumps[shooting.burns, 3:], burnt, rtol=0, atol=SAME_STEP * np.abs(burnt).max())
    assert not jumps[~shooting.burns].any()


def test_block_solver_is_that_of_dense_algebra() -> None:
    rng = np.random.default_rng(11)
    lower = np.tril(rng.normal(size=(24, 24))) + 6.0 * np.eye(24)
    lower[np.subtract.outer(np.arange(24) // 6, np.arange(24) // 6) > 1] = 0.0
    matrix = lower @ lower.T
    blocks = matrix.reshape(4, 6, 4, 6).swapaxes(1, 2)
    right = rng.normal(size=(4, 6))
    found = ms._solve_block_tridiagonal(
        np.stack([blocks[k, k] for k in range(4)]), np.stack([blocks[k, k + 1] for k in range(3)]), right
    )
    np.testing.assert_allclose(matrix @ found.ravel(), right.ravel(), rtol=0, atol=1e-12)


def test_an_arc_alone_is_what_it_is_among_others() -> None:
    shooting, tdb, points = guess()
    together = flown(shooting, tdb, points)
    for k in (0, 5, len(tdb) - 2):
        alone = flown(shooting, tdb[k : k + 2], points[k : k + 2])
        np.testing.assert_allclose(alone.gaps[0], together.gaps[k], rtol=0, atol=10 * FRAME_ROUNDING)


@pytest.mark.parametrize("orbit", [NRHO, HALO], ids=["nrho", "halo"])
def test_gaps_close(orbit) -> None:
    shooting, tdb, points = guess(orbit, 4)
    first = flown(shooting, tdb, points)
    nodes, steps = shooting.closed(tdb, points)
    assert first.size > 1e-4
    assert 2 <= steps <= 10
    apart = nodes.states[1:] - nodes.arrivals
    assert np.linalg.norm(apart[:, :3], axis=1).max() < GAP_KM
    assert np.linalg.norm(apart[:, 3:], axis=1).max() < GAP_KM_S


def test_held_epochs_stay_and_others_move_by_exact_fractions() -> None:
    shooting, tdb, points = guess(revolutions=3)
    held = np.zeros(len(tdb), bool)
    held[0] = True
    nodes, _ = replace(shooting, held=held).closed(tdb + 0.1, points)
    assert nodes.tdb[0] == tdb[0] + 0.1
    assert np.abs(nodes.tdb - tdb)[1:].min() > 1.0
    assert (nodes.tdb[1:] * 2.0**20 % 1.0 == 0.0).all()


def test_what_cannot_be_closed_says_so() -> None:
    shooting, tdb, points = guess()
    with pytest.raises(ConvergenceError):
        shooting.closed(tdb, 0.0 * points)  # in the centre of the Moon
    with pytest.raises(ConvergenceError):
        shooting.closed(tdb[::-1], points)
    wild = points + np.random.default_rng(3).normal(0.0, 0.3, points.shape)
    with pytest.raises(ConvergenceError):
        shooting.closed(tdb, wild)
