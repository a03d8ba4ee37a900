"""The pulsating frame: both bodies stand still in it, velocities are derivatives, there and back is nothing."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.cr3bp import EARTH_MOON_MU
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import turned
from lunarplan.orbits.pulsating import Clock, PulsatingFrame
from tests import naive
from tests.orbits.periodic import NRHO
from tests.tolerances import CLOCK_RATE, CLOCK_S, FRAME_ROUNDING, FRAME_ROUNDING_KM, FRAME_SPEED_KM_S

EPHEMERIS = Ephemeris.packaged()
FRAME = PulsatingFrame(EPHEMERIS)
START, YEAR = tdb_seconds("2031-02-03T00:00:00"), 365.25 * 86400.0
EPOCHS = START + np.linspace(0.0, YEAR, 40)


def test_earth_and_moon_stand_still() -> None:
    moon = FRAME.from_icrf(np.zeros((len(EPOCHS), 6)), EPOCHS, "moon")
    earth = FRAME.from_icrf(np.zeros((len(EPOCHS), 6)), EPOCHS, "earth")
    for place, x in ((moon, 1.0 - EARTH_MOON_MU), (earth, -EARTH_MOON_MU)):
        np.testing.assert_allclose(place, np.tile([x, 0, 0, 0, 0, 0], (len(EPOCHS), 1)), rtol=0, atol=FRAME_ROUNDING)


@pytest.mark.parametrize("center", ["moon", "earth", "sun"])
def test_there_and_back(center: str) -> None:
    states = np.random.default_rng(5).uniform(-1.5, 1.5, (len(EPOCHS), 6))
    carried = FRAME.to_icrf(states, EPOCHS, center)
    far = np.linalg.norm(carried[:, :3], axis=1).max() / 384_400.0
    np.testing.assert_allclose(FRAME.from_icrf(carried, EPOCHS, center), states, rtol=0, atol=FRAME_ROUNDING * far)


def test_agrees_with_the_axes_of_the_model() -> None:
    """Another way: the model's rotation of states, then the distance and its rate from the ephemeris."""
    states = np.random.default_rng(6).uniform(-0.2, 0.2, (len(EPOCHS), 6)) * [4e5] * 3 + [0.0]
    states = np.column_stack([states[:, :3], np.random.default_rng(7).uniform(-1.0, 1.0, (len(EPOCHS), 3))])
    moon = EPHEMERIS.state("moon", "earth", EPOCHS)
    distance = np.linalg.norm(moon[:, :3], axis=1, keepdims=True)
    rate = (moon[:, :3] * moon[:, 3:]).sum(axis=1, keepdims=True) / distance
    rotating = turned(states, EPOCHS, "icrf", "earth_moon_rotating", EPHEMERIS)
    place = rotating[:, :3] / distance
    pace = np.sqrt((EPHEMERIS.gm["earth"] + EPHEMERIS.gm["moon"]) / distance**3)
    velocity = (rotating[:, 3:] - rate * place) / (distance * pace)
    expected = np.column_stack([place + np.array([1.0 - EARTH_MOON_MU, 0.0, 0.0]), velocity])
    np.testing.assert_allclose(FRAME.from_icrf(states, EPOCHS), expected, rtol=0, atol=1e3 * FRAME_ROUNDING)


def test_velocity_is_the_derivative_of_the_place() -> None:
    """A periodic orbit, run by the clock: differences of the places are the velocities."""
    clock = Clock.between(EPHEMERIS, EARTH_MOON_MU, 375_190.0, START, START + YEAR)

    def place(shift_s: float) -> np.ndarray:
        tdb = EPOCHS + shift_s
        return clock.frame.to_icrf(NRHO.at(clock.at(tdb)), tdb)

    steps = naive.differences(lambda s: place(s[0])[:, :3].ravel(), np.zeros(1), [20.0]).reshape(-1, 3)
    away = np.linalg.norm(place(0.0)[:, :3], axis=1) > 2e4  # nearer, twenty seconds are not small
    assert away.sum() > 20
    np.testing.assert_allclose(steps[away], place(0.0)[away, 3:], rtol=0, atol=FRAME_SPEED_KM_S)


def test_matrix_rate_is_the_derivative_of_the_matrix() -> None:
    found = naive.differences(lambda s: FRAME.matrix(EPOCHS + s[0]).ravel(), np.zeros(1), [600.0]).reshape(-1, 6, 6)
    scale = np.abs(found).max(axis=0) + 1e-30
    assert (np.abs(FRAME.matrix_rate(EPOCHS) - found) / scale).max() < 1e-7


def test_clock_there_and_back_and_in_the_mean() -> None:
    clock = Clock.between(EPHEMERIS, EARTH_MOON_MU, 375_190.0, START, START + 9.0 * YEAR)
    tdb = START + np.linspace(0.0, 9.0 * YEAR, 1000)
    np.testing.assert_allclose(clock.tdb(clock.at(tdb)), tdb, rtol=0, atol=CLOCK_S)
    assert clock.at(np.array([START]))[0] == pytest.approx(0.0, abs=1e-12)
    mean_s = 1.0 / np.polyfit(tdb - START, clock.at(tdb), 1)[0]
    assert mean_s == pytest.approx(375_190.0, rel=3e-5)  # perigees of the ends: 0.1 rad of 760


def test_clock_runs_as_the_distance_says() -> None:
    """Its rate, by differences, against Kepler's third law."""
    clock = Clock.between(EPHEMERIS, EARTH_MOON_MU, 375_190.0, START, START + YEAR)
    rate = naive.differences(lambda s: clock.at(EPOCHS + s[0]), np.zeros(1), [600.0])[:, 0]
    np.testing.assert_allclose(rate, clock.frame.pace(EPOCHS), rtol=CLOCK_RATE)
    pace = clock.frame.pace(EPOCHS) * np.linalg.norm(EPHEMERIS.position("moon", "earth", EPOCHS), axis=1) ** 1.5
    np.testing.assert_allclose(pace, pace[0], rtol=1e-13)


def test_one_epoch_serves_all_rows_and_a_row_is_a_batch() -> None:
    states = np.random.default_rng(8).uniform(-1.0, 1.0, (5, 6))
    many = FRAME.to_icrf(states, "2031-02-03T00:00:00")
    for row, state in zip(many, states, strict=True):
        np.testing.assert_allclose(FRAME.to_icrf(state, START)[0], row, rtol=0, atol=FRAME_ROUNDING_KM)


@pytest.mark.parametrize(
    ("states", "epoch"),
    [
        (np.full(6, np.nan), START),
        (np.zeros(5), START),
        (np.zeros((3, 6)), [START, START]),
        (np.zeros(6), "2060-01-01"),
        (np.zeros(6), np.nan),
    ],
)
def test_bad_input_is_refused(states: np.ndarray, epoch: object) -> None:
    with pytest.raises(InputError):
        FRAME.to_icrf(states, epoch)
    with pytest.raises(InputError):
        FRAME.from_icrf(states, epoch)


@pytest.mark.parametrize("changes", [{"mu": 0.7}, {"mu": np.nan}, {"tempo": 0.0}, {"ephemeris": None}])
def test_a_frame_that_cannot_be_is_refused(changes: dict) -> None:
    with pytest.raises(InputError):
        PulsatingFrame(**({"ephemeris": EPHEMERIS} | changes))
