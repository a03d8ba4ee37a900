import numpy as np
import pytest
from astropy.time import Time
from astropy.utils import iers

from lunarplan.errors import InputError
from lunarplan.model.earth_orientation import earth_orientation, itrf_matrix, itrf_rate
from lunarplan.model.epochs import tdb_seconds
from tests.tolerances import ITRF_POLE_MOTION_RAD_S, ITRF_VS_ASTROPY_KM, UT1_INTERPOLATION_S


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    """astropy, the oracle here, must not look for newer tables."""
    monkeypatch.setattr(iers.conf, "auto_download", False)
    monkeypatch.setattr(iers.conf, "auto_max_age", None)


EPOCHS = [
    "1999-02-03T04:05:06",
    "2012-06-30T23:00:00",
    "2016-12-31T12:00:00",
    "2020-06-01T03:04:05",
    "2024-03-15T12:00:00",
]


def test_ut1_matches_astropy():
    time = Time(EPOCHS, scale="utc")
    found = earth_orientation(tdb_seconds(time)).ut1_minus_tai_s
    expected = [float((one.ut1.jd1 - one.tai.jd1) + (one.ut1.jd2 - one.tai.jd2)) * 86400.0 for one in time]
    np.testing.assert_allclose(found, expected, rtol=0, atol=UT1_INTERPOLATION_S)


def test_the_matrix_matches_astropy():
    from astropy import units
    from astropy.coordinates import GCRS, ITRS, CartesianRepresentation

    r = np.array([7000.0, 1000.0, 3000.0])
    for epoch in EPOCHS:
        time = Time(epoch, scale="utc")
        inertial = GCRS(CartesianRepresentation(r * units.km), obstime=time)
        expected = inertial.transform_to(ITRS(obstime=time)).cartesian.xyz.to_value(units.km)
        np.testing.assert_allclose(itrf_matrix(tdb_seconds(time)) @ r, expected, rtol=0, atol=ITRF_VS_ASTROPY_KM)


def test_the_rate_is_the_derivative_of_the_rotation():
    tdb, h = tdb_seconds(EPOCHS), 20.0
    near = itrf_matrix(tdb + h) - itrf_matrix(tdb - h)
    far = itrf_matrix(tdb + 2 * h) - itrf_matrix(tdb - 2 * h)
    cross = -(8.0 * near - far) / (12.0 * h) @ np.swapaxes(itrf_matrix(tdb), -1, -2)
    rate = np.stack([cross[:, 2, 1], cross[:, 0, 2], cross[:, 1, 0]], axis=-1)
    np.testing.assert_allclose(itrf_rate(tdb), rate, rtol=0, atol=ITRF_POLE_MOTION_RAD_S)


def test_dates_outside_the_table_are_estimates_and_need_no_network():
    estimated = earth_orientation(tdb_seconds(["1968-12-21", "2024-03-15", "2049-01-01"])).estimated
    assert estimated.tolist() == [True, False, True]


def test_the_estimate_goes_on_from_the_table():
    tdb = tdb_seconds("2026-01-01") + 86400.0 * np.arange(20 * 365)
    orientation = earth_orientation(tdb)
    assert np.abs(np.diff(orientation.ut1_minus_tai_s)).max() < 3e-3  # s a day
    assert orientation.estimated[-1]
    np.testing.assert_array_equal(orientation.x_rad[orientation.estimated], orientation.x_rad[-1])


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0,)])
def test_shapes_follow_the_epochs(shape):
    tdb = np.full(shape, 7.7e8)
    assert itrf_matrix(tdb).shape == (*shape, 3, 3)
    assert itrf_rate(tdb).shape == (*shape, 3)


@pytest.mark.parametrize("tdb", [np.nan, [7.7e8, np.inf], "2024-03-15"])
@pytest.mark.parametrize("function", [earth_orientation, itrf_matrix, itrf_rate])
def test_epochs_that_are_none(function, tdb):
    with pytest.raises(InputError, match="epoch"):
        function(tdb)
