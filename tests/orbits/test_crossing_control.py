"""x-axis crossing control: burns that set a crossing right, and are the smallest that do."""

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.propagation import Run
from lunarplan.orbits.crossing_control import NO_CROSSING, OK, CrossingControl, Crossings
from lunarplan.orbits.long_orbit import EphemerisOrbit, carry
from tests import naive
from tests.orbits.periodic import DRO, NRHO
from tests.tolerances import CROSSING_PLANE, SLOPE_OF_CROSSING

START = tdb_seconds("2027-01-01T00:00:00")


@pytest.fixture(scope="module")
def orbit() -> EphemerisOrbit:
    return carry(NRHO, START, revolutions=10)  # from an apolune


@pytest.fixture(scope="module")
def aims(orbit: EphemerisOrbit) -> np.ndarray:
    """Perilunes 3.5, 2.5, ... revolutions ahead."""
    return perilunes_ahead(orbit, 4)


@pytest.fixture(scope="module")
def control(orbit: EphemerisOrbit) -> CrossingControl:
    return CrossingControl(orbit.clock.frame, Run(orbit.forces, "moon", 1e-12, 6), 1e-6)


def perilunes_ahead(orbit: EphemerisOrbit, count: int) -> np.ndarray:
    crossings = Crossings.of(orbit)
    near = [int(np.abs(crossings.tdb - t).argmin()) for t in orbit.perilunes.tdb[:count][::-1]]
    return np.column_stack([crossings.tdb[near], crossings.along_km_s[near]])


def astray(orbit: EphemerisOrbit, rows: int, km: float = 3.0, km_s: float = 3e-5) -> np.ndarray:
    noise = np.random.default_rng(4).standard_normal((rows, 6)) * ([km] * 3 + [km_s] * 3)
    return orbit.states[0] + noise


def test_crossings_lie_in_the_plane_and_are_those_of_samples(orbit: EphemerisOrbit) -> None:
    crossings = Crossings.of(orbit)
    assert np.abs(orbit.rotating(crossings.tdb)[:, 1]).max() < CROSSING_PLANE
    y = orbit.rotating(np.arange(orbit.tdb[0], orbit.tdb[-1], 600.0))[:, 1]
    assert len(crossings.tdb) == (np.sign(y[1:]) != np.sign(y[:-1])).sum()
    assert np.abs(crossings.along_km_s).max() < 0.3  # nearly at right angles


def test_crossings_of_a_planar_orbit() -> None:
    orbit = carry(DRO, START, revolutions=4)
    assert len(Crossings.of(orbit).tdb) in (7, 8, 9)


def test_velocity_is_a_derivative_of_the_place(
    control: CrossingControl, orbit: EphemerisOrbit, aims: np.ndarray
) -> None:
    """The velocity along x in km/s: differences of x, in distances of the Moon at the crossing."""
    crossings = Crossings.of(orbit)
    tdb = crossings.tdb[5]
    x = naive.differences(lambda s: orbit.rotating(tdb + s)[:, 0], np.zeros(1), [5.0])[0, 0]
    distance = np.linalg.norm(orbit.clock.frame.ephemeris.position("moon", "earth", np.array([tdb])))
    assert crossings.along_km_s[5] == pytest.approx(x * distance, abs=1e-9)


def test_slope_is_that_of_differences(control: CrossingControl, orbit: EphemerisOrbit, aims: np.ndarray) -> None:
    """Through two perilunes to a moment that itself moves with the burn."""

    def along(dv: np.ndarray) -> np.ndarray:
        state = orbit.states[:1] + np.concatenate([np.zeros(3), dv])
        crossed = control._predicted(state, orbit.tdb[0], aims[-2, 0], np.zeros(1))
        return np.concatenate([crossed.along_km_s, crossed.late_s])

    crossed = control._predicted(orbit.states[:1], orbit.tdb[0], aims[-2, 0], np.zeros(1))
    assert crossed.ok.all()
    found = naive.differences(along, np.zeros(3), [1e-7] * 3)
    for slope, expected in zip((crossed.along_slope[0], crossed.late_slope[0]), found, strict=True):
        np.testing.assert_allclose(slope, expected, rtol=0, atol=SLOPE_OF_CROSSING * np.linalg.norm(slope))


def test_burns_set_the_crossing_right(control: CrossingControl, orbit: EphemerisOrbit, aims: np.ndarray) -> None:
    states = astray(orbit, 20)
    burns, status, late = control.burns(states, orbit.tdb[0], aims, np.zeros(20))
    assert (status == OK).all()
    after = states.copy()
    after[:, 3:] += burns
    along = control._predicted(after, orbit.tdb[0], aims[0, 0], late).along_km_s
    before = control._predicted(states, orbit.tdb[0], aims[-1, 0], np.zeros(20)).along_km_s
    assert np.abs(along - aims[0, 1]).max() < control.tolerance_km_s
    assert np.abs(before - aims[-1, 1]).max() > 10.0 * control.tolerance_km_s
    assert 1e-6 < np.linalg.norm(burns, axis=1).max() < 1e-3


def test_a_burn_is_the_smallest(control: CrossingControl, orbit: EphemerisOrbit, aims: np.ndarray) -> None:
    """It lies along the slope: whatever is added at right angles to it only makes it longer."""
    states = astray(orbit, 5, 0.03, 3e-7)
    burns, *_ = control.burns(states, orbit.tdb[0], aims, np.zeros(5))
    after = states.copy()
    after[:, 3:] += burns
    slope = control._predicted(after, orbit.tdb[0], aims[0, 0], np.zeros(5)).along_slope
    aside = np.linalg.norm(np.cross(burns, slope), axis=1) / np.linalg.norm(slope, axis=1)
    assert (aside < 1e-2 * np.linalg.norm(burns, axis=1)).all()


def test_the_reference_needs_no_burn(control: CrossingControl, orbit: EphemerisOrbit, aims: np.ndarray) -> None:
    burns, status, late = control.burns(orbit.states[:1], orbit.tdb[0], aims, np.zeros(1))
    assert not burns.any()
    assert status[0] == OK
    assert abs(late[0]) < 1.0


def test_a_row_is_what_it_is_alone_and_a_lost_one_is_said(
    control: CrossingControl, orbit: EphemerisOrbit, aims: np.ndarray
) -> None:
    states = astray(orbit, 6)
    states[2] = orbit.states[0] + [0.0, 0.0, 0.0, 0.5, 0.5, 0.0]  # it leaves
    states[4] = [3000.0, 0.0, 0.0, -1.0, 0.0, 0.0]  # it falls on the Moon
    together, status, _ = control.burns(states, orbit.tdb[0], aims, np.zeros(6))
    np.testing.assert_array_equal(status, [OK, OK, NO_CROSSING, OK, NO_CROSSING, OK])
    for i in (0, 1, 3, 5):
        alone, *_ = control.burns(states[i : i + 1], orbit.tdb[0], aims, np.zeros(1))
        np.testing.assert_allclose(alone[0], together[i], rtol=0, atol=1e-9)


def test_what_is_too_far_for_the_last_crossing_is_set_right_step_by_step(
    control: CrossingControl, orbit: EphemerisOrbit
) -> None:
    aims, states = perilunes_ahead(orbit, 7), astray(orbit, 12, 200.0, 2e-3)
    _, last_only, _ = control._aimed(states, np.zeros((12, 3)), orbit.tdb[0], aims[0], np.zeros(12))
    burns, by_steps, _ = control.burns(states, orbit.tdb[0], aims, np.zeros(12))
    assert (last_only != OK).any()
    assert (by_steps == OK).all()
    assert np.linalg.norm(burns, axis=1).max() < 0.02


def test_the_epoch_of_the_crossing_is_set_right_too() -> None:
    orbit = carry(DRO, START, revolutions=5)
    crossings = Crossings.of(orbit)
    control = CrossingControl(orbit.clock.frame, Run(orbit.forces, "moon", 1e-12, 6), 1e-6, 10.0)
    aims = np.array([[crossings.tdb[3], crossings.along_km_s[3]]])
    states = astray(orbit, 10, 50.0, 1e-4)
    burns, status, late = control.burns(states, orbit.tdb[0], aims, np.zeros(10))
    assert (status == OK).all()
    states[:, 3:] += burns
    crossed = control._predicted(states, orbit.tdb[0], aims[0, 0], late)
    assert np.abs(crossed.late_s).max() < control.late_s
    assert np.abs(crossed.along_km_s - aims[0, 1]).max() < control.tolerance_km_s
    alone = CrossingControl(control.frame, control.run, control.tolerance_km_s)
    assert np.abs(alone.burns(astray(orbit, 10, 50.0, 1e-4), orbit.tdb[0], aims, np.zeros(10))[2]).max() > 100.0
