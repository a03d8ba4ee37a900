"""Crossings of planes by batches."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lunarplan.errors import InputError
from lunarplan.model.cr3bp import jacobi
from lunarplan.orbits.equations import rates
from lunarplan.orbits.manifolds import manifold
from lunarplan.orbits.sections import poincare_section
from tests.orbits.families import MU, shared
from tests.tolerances import ORBIT_CLOSURE, SECTION_TIME


def test_a_halo_crosses_the_plane_twice_in_a_revolution():
    members = shared("L2 halo south")
    rows = np.flatnonzero(members.above_surface)[::6]
    found = poincare_section(members.states[rows], 4.0, mu=MU)
    for i, row in enumerate(rows):
        mine, period = found.of_row(i), members.periods[row]
        assert mine.times == pytest.approx(np.arange(1, len(mine.times) + 1) * 0.5 * period, abs=1e-9)
        assert len(mine.times) == int(4.0 / (0.5 * period))
        assert np.abs(mine.states[:, 1]).max() < 1e-13
        assert np.linalg.norm(mine.states[1] - members.states[row]) < ORBIT_CLOSURE * 10.0


@pytest.mark.parametrize("plane", ["x", "y", "z"])
@pytest.mark.parametrize("direction", [-1, 0, 1])
@pytest.mark.parametrize("duration", [5.0, -5.0])
def test_against_the_events_of_scipy(plane, direction, duration):
    rng = np.random.default_rng(11)
    starts = np.array([0.6, 0.1, 0.05, 0.0, 0.7, 0.2]) + rng.uniform(-0.02, 0.02, (4, 6))
    item, value = "xyz".index(plane), {"x": 0.1, "y": 0.03, "z": 0.01}[plane]
    found = poincare_section(starts, duration, mu=MU, plane=plane, value=value, direction=direction)
    assert len(found.times) > 0 or direction
    for row, start in enumerate(starts):

        def event(_, s):
            return s[item] - value

        event.direction = direction * np.sign(duration)
        run = solve_ivp(
            lambda _, s: rates(s, MU), (0.0, duration), start, "DOP853", rtol=1e-12, atol=1e-13, events=event
        )
        mine = found.of_row(row)
        assert mine.times == pytest.approx(run.t_events[0], abs=1e-8)
        assert mine.states[:, item] == pytest.approx(np.full(len(mine.times), value), abs=1e-13)
        if direction:
            assert (np.sign(mine.states[:, 3 + item]) == direction).all()
        assert jacobi(mine.states, MU) == pytest.approx(np.full(len(mine.times), jacobi(start, MU)), abs=1e-11)


def test_the_tubes_of_two_points_meet_on_a_plane():
    """Unstable manifold of an L1 orbit and stable one of an L2 orbit of one Jacobi constant, at the Moon."""
    constant = 3.15
    one = shared("L1 lyapunov").select(jacobi=constant)
    two = shared("L2 lyapunov").select(jacobi=constant)
    leaving = manifold(one, stable=False, side=1, points=80)
    coming = manifold(two, stable=True, side=-1, points=80)
    moon = 1.0 - MU
    out = poincare_section(leaving.states, 6.0, mu=MU, plane="x", value=moon, direction=1)
    back = poincare_section(coming.states, -6.0, mu=MU, plane="x", value=moon, direction=1)
    first, last = out.nth(0, 80)[1], back.nth(0, 80)[1]
    assert np.isfinite(first[:, 0]).mean() > 0.5
    assert np.isfinite(last[:, 0]).mean() > 0.5
    for states in (first, last):
        states = states[np.isfinite(states[:, 0])]
        assert np.abs(states[:, 0] - moon).max() < 1e-13
        assert np.abs(jacobi(states, MU) - constant).max() < 2e-6  # the square of 50 km, and of what it has grown to


def test_nth_is_nan_where_there_is_none():
    orbit = shared("L2 halo south")[10]
    found = poincare_section(np.tile(orbit.state, (3, 1)), 0.6 * orbit.period, mu=MU)
    times, states = found.nth(0, 3)
    assert times == pytest.approx(np.full(3, 0.5 * orbit.period), abs=SECTION_TIME)
    assert np.isnan(found.nth(1, 3)[0]).all()
    assert np.isnan(found.nth(1, 3)[1]).all()
    assert states.shape == (3, 6)


def test_rows_that_meet_a_body_and_empty_batches():
    fall = np.array([1.0 - MU + 0.02, 0.0, 1e-9, 0.0, 0.0, 0.0])
    found = poincare_section(np.array([fall, shared("DRO")[10].state]), 3.0, mu=MU)
    assert (found.rows == 1).any()
    assert len(poincare_section(np.empty((0, 6)), 3.0, mu=MU).times) == 0
    assert len(poincare_section(shared("DRO")[10].state, 0.0, mu=MU).times) == 0
    assert len(poincare_section(np.full((2, 6), np.nan), 1.0, mu=MU).times) == 0


@pytest.mark.parametrize(
    "change",
    [{"plane": "w"}, {"direction": 2}, {"value": np.nan}, {"duration": np.nan}, {"duration": np.inf}, {"mu": 0.9}],
)
def test_bad_input(change):
    given = {"duration": 1.0, "mu": MU, **change}
    with pytest.raises(InputError, match=next(iter(change))):
        poincare_section(np.ones((2, 6)), given.pop("duration"), **given)
