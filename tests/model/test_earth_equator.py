"""The equator of date and the sidereal angle against other models, printed examples and astropy."""

import erfa
import numpy as np
import pytest
from astropy.time import Time
from astropy.utils import iers

from lunarplan.errors import InputError
from lunarplan.model.constants import EARTH_ROTATION_RATE_RAD_S, J2000_JD, SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date, sidereal_angle
from lunarplan.model.epochs import tdb_seconds
from tests.tolerances import (
    EARTH_ANGLE_VS_ASTROPY_S,
    EQUATOR_2000B_MAS,
    MEEUS_SIDEREAL_S,
    ROTATION_RATE_RELATIVE,
    TURN_BACK,
)

EPOCHS = tdb_seconds(["2020-01-01T00:00:00", "2024-05-03T09:27:00", "2031-12-12T18:00:00", "2050-06-01T00:00:00"])
MAS = np.pi / 180.0 / 3.6e6


def hours(h, m, s):
    return np.radians(15.0 * (h + m / 60.0 + s / 3600.0))


def apart(a, b):
    """Difference of angles, rad, by the short way round."""
    return np.remainder(np.asarray(a) - b + np.pi, 2 * np.pi) - np.pi


def test_against_the_newer_model():
    """IAU 2006/2000A, a thousand terms more."""
    expected = np.array([erfa.pnm06a(J2000_JD, t / SECONDS_PER_DAY) for t in EPOCHS])
    assert np.abs(equator_of_date(EPOCHS) - expected).max() < EQUATOR_2000B_MAS * MAS


def test_the_pole_wanders_as_precession_makes_it():
    """20 seconds of arc a year towards the first point of Aries, give or take nutation and T squared."""
    pole = equator_of_date(EPOCHS)[:, 2]
    years = EPOCHS / SECONDS_PER_DAY / 365.25
    assert pole[:, 0] == pytest.approx(np.radians(20.043 * years / 3600.0), abs=np.radians(10.0 / 3600.0))
    assert np.abs(pole[:, 1]).max() < np.radians(15.0 / 3600.0)


def test_rotations_are_rotations():
    matrix = equator_of_date(EPOCHS)
    assert np.abs(matrix @ np.swapaxes(matrix, 1, 2) - np.eye(3)).max() < TURN_BACK
    assert np.linalg.det(matrix) == pytest.approx(np.ones(len(EPOCHS)), abs=TURN_BACK)


def test_shapes():
    for shape in ((), (1,), (4,), (2, 2), (0,)):
        t = np.full(shape, EPOCHS[0])
        assert equator_of_date(t).shape == (*shape, 3, 3)
        assert sidereal_angle(t).shape == shape


def test_many_equal_one():
    for i, t in enumerate(EPOCHS):
        assert np.array_equal(equator_of_date(t), equator_of_date(EPOCHS)[i])
        assert sidereal_angle(t) == sidereal_angle(EPOCHS)[i]


def test_a_printed_example():
    """Apparent sidereal time at Greenwich: Meeus (1998), Astronomical Algorithms, example 12.a, UT as UTC."""
    angle = sidereal_angle(tdb_seconds("1987-04-10T00:00:00"))
    assert abs(apart(angle, hours(13, 10, 46.1351))) < MEEUS_SIDEREAL_S * EARTH_ROTATION_RATE_RAD_S


def test_a_printed_example_of_mean_time():
    """Example 12.b, mean sidereal time; the equation of the equinoxes of that day, -0.2317 s, is added."""
    angle = sidereal_angle(tdb_seconds("1987-04-10T19:21:00"))
    assert abs(apart(angle, hours(8, 34, 57.0896 - 0.2317))) < 2 * MEEUS_SIDEREAL_S * EARTH_ROTATION_RATE_RAD_S


def test_against_astropy():
    """Which knows UT1: the angle here is late by UT1 - UTC, and by nothing else."""
    with iers.conf.set_temp("auto_download", False), iers.conf.set_temp("iers_degraded_accuracy", "warn"):
        times = Time(["2020-01-01T00:00:00", "2023-08-10T23:10:57", "2024-05-03T09:27:00"], scale="utc")
        expected = times.sidereal_time("apparent", "greenwich").rad
        ut1_ahead = times.delta_ut1_utc
    late = apart(expected, sidereal_angle(tdb_seconds(times))) / EARTH_ROTATION_RATE_RAD_S
    assert late == pytest.approx(ut1_ahead, abs=EARTH_ANGLE_VS_ASTROPY_S)


def test_rate_of_the_turning_earth():
    """Over a fortnight without a leap second; precession adds 46 seconds of arc a year in right ascension."""
    seconds = np.arange(0.0, 14.5 * SECONDS_PER_DAY, 3600.0)
    angle = np.unwrap(sidereal_angle(EPOCHS[1] + seconds))
    precession = np.radians(46.12 / 3600.0) / (365.25 * SECONDS_PER_DAY)
    rate = (angle[-1] - angle[0]) / (seconds[-1] - seconds[0])
    assert rate == pytest.approx(EARTH_ROTATION_RATE_RAD_S + precession, rel=ROTATION_RATE_RELATIVE)


def test_the_angle_repeats_the_second_before_a_leap_second_ends():
    """UT1 is taken as UTC, and UTC counts 23:59:60 as it counts the midnight after it."""
    midnight = tdb_seconds("2017-01-01T00:00:00")
    steps = np.diff(sidereal_angle(midnight + np.array([-2.5, -1.5, -0.5, 0.5, 1.5]))) / EARTH_ROTATION_RATE_RAD_S
    assert steps == pytest.approx([1.0, 1.0, 0.0, 1.0], abs=1e-5)


@pytest.mark.parametrize("tdb", [np.nan, [7.7e8, np.inf], "2024-03-15"])
def test_an_angle_at_no_epoch(tdb):
    with pytest.raises(InputError, match="epoch"):
        sidereal_angle(tdb)
