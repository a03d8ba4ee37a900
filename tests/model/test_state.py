import dataclasses

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.state import State
from tests.tolerances import DE_EVALUATION_KM, DE_EVALUATION_KM_S, SUN_CENTRED_TURN_KM_S

EPOCH = "2024-05-03T09:27:00"
RV = [1838.0, 10.0, -20.0, 0.1, 1.6, 0.2]


@pytest.fixture(scope="module")
def ephemeris():
    return Ephemeris.packaged()


def test_a_state_reads_any_epoch_and_name():
    state = State(RV, EPOCH, "Moon", "ICRF")
    assert (state.center, state.axes, float(state.epoch_tdb)) == ("moon", "icrf", tdb_seconds(EPOCH))
    assert state.position_km.tolist() == RV[:3]
    assert state.velocity_km_s.tolist() == RV[3:]


def test_one_epoch_serves_many_states():
    state = State(np.tile(RV, (4, 1)), EPOCH, "moon")
    assert state.epoch_tdb.shape == (4,)


def test_states_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        State(RV, EPOCH).center = "moon"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([1.0, 2.0, 3.0], EPOCH), "State.rv"),
        ((1.0, EPOCH), "State.rv"),
        (("fast", EPOCH), "State.rv"),
        (([[1.0], [2.0, 3.0]], EPOCH), "State.rv"),
        ((np.ones((3, 6)), np.zeros(2)), "State.epoch_tdb"),
        ((RV, np.zeros(2)), "State.epoch_tdb"),
        ((RV, "yesterday"), "not an epoch"),
        ((RV, float("nan")), "nan"),
        ((RV, EPOCH, "vulcan"), "unknown body"),
        ((RV, EPOCH, "moon", "body"), "unknown axes"),
    ],
)
def test_bad_states_are_refused(arguments, says):
    with pytest.raises(InputError, match=says):
        State(*arguments)


def test_failed_rows_stay_nan():
    rv = np.array([RV, [np.nan] * 6])
    moved = State(rv, EPOCH, "moon").to(center="earth", axes="moon_me")
    assert np.isfinite(moved.rv[0]).all()
    assert np.isnan(moved.rv[1]).all()


def test_sums_and_differences():
    one, two = State(RV, EPOCH, "moon"), State(np.ones(6), EPOCH, "moon")
    np.testing.assert_array_equal((one + two).rv, np.array(RV) + 1.0)
    np.testing.assert_array_equal((one - two).rv, np.array(RV) - 1.0)
    assert ((one - two).center, (one - two).axes) == ("moon", "icrf")


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (State(RV, EPOCH, "earth"), ["about moon in icrf", "about earth in icrf", '.to(center="moon", axes="icrf")']),
        (State(RV, EPOCH, "moon", "moon_me"), ["in icrf", "in moon_me", ".to("]),
        (State(RV, "2024-05-03T09:27:01", "moon"), ["09:28:09.185", "09:28:10.185", "propagate"]),
        (np.array(RV), ["State and a ndarray", "epoch, centre and axes"]),
        (1.0, ["State and a float"]),
    ],
)
def test_unlike_states_do_not_mix(other, says):
    state = State(RV, EPOCH, "moon")
    for operate in (lambda: state + other, lambda: state - other):
        with pytest.raises(InputError) as caught:
            operate()
        for part in says:
            assert part in str(caught.value)


def test_moving_the_centre_adds_the_ephemeris(ephemeris):
    moved = State(RV, EPOCH, "moon").to(center="earth", ephemeris=ephemeris)
    moon = ephemeris.state("moon", "earth", tdb_seconds(EPOCH))
    np.testing.assert_allclose(moved.rv, np.array(RV) + moon, rtol=0, atol=DE_EVALUATION_KM_S)
    assert (moved.center, moved.axes) == ("earth", "icrf")


@pytest.mark.parametrize("center", ["earth", "moon", "sun", "earth_moon_barycenter"])
@pytest.mark.parametrize("axes", ["icrf", "moon_pa", "moon_me", "earth_moon_rotating", "itrf"])
def test_there_and_back_again(center, axes):
    state = State(np.tile(RV, (3, 1)), tdb_seconds(EPOCH) + np.arange(3) * 86400.0, "moon")
    back = state.to(center=center, axes=axes).to(center="moon", axes="icrf")
    np.testing.assert_allclose(back.position_km, state.position_km, rtol=0, atol=DE_EVALUATION_KM)
    np.testing.assert_allclose(back.velocity_km_s, state.velocity_km_s, rtol=0, atol=SUN_CENTRED_TURN_KM_S)


def test_the_way_does_not_matter():
    state = State(RV, EPOCH, "moon", "moon_me")
    direct = state.to(center="earth", axes="earth_moon_rotating")
    stepwise = state.to(axes="icrf").to(center="earth").to(axes="earth_moon_rotating")
    np.testing.assert_allclose(direct.rv, stepwise.rv, rtol=0, atol=DE_EVALUATION_KM_S)


def test_the_moon_itself_seen_from_the_rotating_axes(ephemeris):
    """The Moon's centre as a state: on x, at its distance, with its range rate alone."""
    state = State(np.zeros(6), EPOCH, "moon").to(center="earth", axes="earth_moon_rotating")
    moon = ephemeris.state("moon", "earth", tdb_seconds(EPOCH))
    distance = np.linalg.norm(moon[:3])
    expected = [distance, 0.0, 0.0, moon[:3] @ moon[3:] / distance, 0.0, 0.0]
    np.testing.assert_allclose(state.rv, expected, rtol=0, atol=DE_EVALUATION_KM)


def test_nothing_to_do_is_nothing_done():
    state = State(RV, "1950-01-01 TDB", "moon", "moon_me")
    np.testing.assert_array_equal(state.to().rv, state.rv)


def test_an_epoch_outside_the_ephemeris_is_refused():
    with pytest.raises(InputError, match="not known at 1950-01-01"):
        State(RV, "1950-01-01 TDB", "moon").to(center="earth")


def test_an_empty_batch():
    assert State(np.empty((0, 6)), np.empty(0), "moon").to(center="earth", axes="moon_pa").rv.shape == (0, 6)
