"""The sky over places on the Moon."""

import json

import numpy as np
import pytest
from astropy.coordinates import GCRS, EarthLocation
from astropy.time import Time
from astropy.utils import iers
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import latitude_longitude_radius, rotation
from lunarplan.model.sky import angular_radius_rad
from lunarplan.model.stations import GroundStation, ground_station
from lunarplan.model.surface import Place, seen_from_moon, sky, sky_of
from tests.model.test_sky import barycentric, seen
from tests.tolerances import GEOMETRIC_SKY_DEG, SKY_DEG, SUBPOINT_EXTREME_DEG, SUNSET_DEG

EPHEMERIS = Ephemeris.packaged()
DAY = 86400.0
BLUE_GHOST = Place(18.562, 61.81, -3.0)
TDB = tdb_seconds("2026-11-01") + np.linspace(0.0, 300.0, 7) * DAY


def by_spherical_triangles(latitude_deg, longitude_deg, vector):
    """Elevation and azimuth, deg, of a far vector in body-fixed axes: declination and hour angle, no local axes."""
    latitude = np.radians(latitude_deg)
    x, y, z = vector / np.linalg.norm(vector)
    declination, hour_angle = np.arcsin(z), np.radians(longitude_deg) - np.arctan2(y, x)
    elevation = np.arcsin(
        np.sin(latitude) * np.sin(declination) + np.cos(latitude) * np.cos(declination) * np.cos(hour_angle)
    )
    azimuth = np.arctan2(
        -np.cos(declination) * np.sin(hour_angle),
        np.sin(declination) * np.cos(latitude) - np.cos(declination) * np.sin(latitude) * np.cos(hour_angle),
    )
    return np.degrees(elevation), np.degrees(azimuth) % 360.0


def test_geometric_sky_with_the_rotations_and_sun_of_cspice(tests_only):
    """CSPICE's matrices to MOON_ME and jplephem's Moon-to-Sun vectors, at 24 epochs, over three places."""
    table = json.loads(tests_only("orientation_cspice_24_epochs.json").read_text())["epochs"]
    tdb = np.array([row["etSec"] for row in table])
    sun = np.array([row["moonToSunKm"] for row in table])
    turns = np.array([row["j2000ToMeMatrix"] for row in table]).reshape(-1, 3, 3)
    for latitude, longitude in ((-88.8, 123.4), (0.0, 0.0), (43.1, -51.8)):
        place = Place(latitude, longitude)
        found = sky_of(place, sun, tdb)
        for i, (turn, vector) in enumerate(zip(turns, sun, strict=True)):
            expected = by_spherical_triangles(latitude, longitude, turn @ vector - place.position_km)
            assert found.elevation_deg[i] == pytest.approx(expected[0], abs=GEOMETRIC_SKY_DEG)
            assert found.azimuth_deg[i] == pytest.approx(
                expected[1], abs=1e2 * GEOMETRIC_SKY_DEG
            )  # 0.7 deg from a pole


@pytest.mark.parametrize("target", ["sun", "earth"])
@pytest.mark.parametrize(("latitude", "longitude"), [(-89.5, 40.0), (0.7, 23.5), (60.0, -80.0)])
def test_the_sky_of_an_observer_who_moves_with_the_place(target, latitude, longitude):
    """Light time and aberration for the place itself, turning with the Moon; spherical triangles for the angles."""
    place = Place(latitude, longitude, 2.0)
    found = sky(place, target, TDB)
    for i, t in enumerate(TDB):
        here, before, after = (
            barycentric("moon", u)[0] + rotation("moon_me", u, EPHEMERIS).T @ place.position_km
            for u in (t, t - 10.0, t + 10.0)
        )
        direction, distance = seen(target, here, (after - before) / 20.0, t)
        expected = by_spherical_triangles(latitude, longitude, rotation("moon_me", t, EPHEMERIS) @ direction)
        assert found.elevation_deg[i] == pytest.approx(expected[0], abs=SKY_DEG)
        assert found.azimuth_deg[i] == pytest.approx(
            expected[1], abs=SKY_DEG / np.cos(np.radians(found.elevation_deg[i]))
        )
        assert found.distance_km[i] == pytest.approx(distance, rel=3e-4)


def test_subsolar_and_subearth_extremes_from_2020_to_2038():
    """Reference table 7.3 (DE421, mean-Earth axes): latitudes of the Sun, latitudes and longitudes of the Earth."""
    tdb = np.arange(tdb_seconds("2020-01-02"), tdb_seconds("2038-01-01"), 0.1 * DAY)
    sun = np.degrees(latitude_longitude_radius(seen_from_moon("sun", tdb))[0])
    latitude, longitude, _ = np.degrees(latitude_longitude_radius(seen_from_moon("earth", tdb)))
    found = [sun.min(), sun.max(), latitude.min(), latitude.max(), longitude.min(), longitude.max()]
    expected = [-1.5880, 1.5863, -6.8617, 6.8612, -8.044, 8.072]
    assert found == pytest.approx(expected, abs=SUBPOINT_EXTREME_DEG)


def test_change_6_landed_by_day_on_the_far_side():
    """2024-06-01 22:23 UTC, 41.6385 S 153.9852 W."""
    place, epoch = Place(-41.6385, -153.9852), "2024-06-01T22:23:00"
    assert 20.0 < sky(place, "sun", epoch).elevation_deg < 50.0
    assert sky(place, "sun", epoch).azimuth_deg < 180.0  # morning
    assert sky(place, "earth", epoch).elevation_deg < -35.0
    assert all(sky(place, ground_station(name), epoch).elevation_deg < -35.0 for name in ("goldstone", "jiamusi"))


def test_odysseus_landed_near_the_south_pole_with_the_earth_low_in_the_north():
    """IM-1, 2024-02-22 23:24 UTC, 80.13 S 1.44 E: the Earth within the libration (6.9 deg) of 9.9 deg."""
    place, epoch = Place(-80.13, 1.44, 2.58), "2024-02-22T23:24:00"
    earth = sky(place, "earth", epoch)
    assert 3.0 < earth.elevation_deg < 16.8
    assert np.cos(earth.azimuth_rad) > 0.99
    assert 5.0 < sky(place, "sun", epoch).elevation_deg < 12.0


def test_blue_ghost_had_346_hours_of_daylight():
    """Landed 2025-03-02 08:34 UTC just after sunrise; Firefly counts 346 h of operation in daylight from there."""
    landed = tdb_seconds("2025-03-02T08:34:00")
    morning, evening = (sky(BLUE_GHOST, "sun", landed + hours * 3600.0) for hours in (0.0, 346.0))
    assert 0.0 < morning.elevation_deg < 5.0
    assert morning.azimuth_deg == pytest.approx(90.0, abs=3.0)
    assert evening.elevation_deg == pytest.approx(0.0, abs=SUNSET_DEG)
    assert evening.azimuth_deg == pytest.approx(270.0, abs=3.0)


def test_blue_ghost_saw_the_earth_cover_the_sun():
    """14 March 2025: the Sun wholly behind the Earth at greatest eclipse, beside it six hours before."""
    for epoch, hidden in (("2025-03-14T06:58:47", True), ("2025-03-14T00:58:47", False)):
        sun, earth = (sky(BLUE_GHOST, body, epoch) for body in ("sun", "earth"))
        cosine = np.sin(sun.elevation_rad) * np.sin(earth.elevation_rad) + np.cos(sun.elevation_rad) * np.cos(
            earth.elevation_rad
        ) * np.cos(sun.azimuth_rad - earth.azimuth_rad)
        room = angular_radius_rad("earth", earth.distance_km) - angular_radius_rad("sun", sun.distance_km)
        assert (np.arccos(cosine) < room) == hidden
        assert earth.elevation_deg > 20.0


def test_a_station_is_seen_where_astropy_puts_it(monkeypatch):
    """ITRS to GCRS when the light left; then the Moon's own geometry."""
    monkeypatch.setattr(iers.conf, "auto_download", False)
    monkeypatch.setattr(iers.conf, "auto_max_age", None)
    station = GroundStation("somewhere", 35.0, -116.0, 1.0)
    place, epoch = Place(-20.0, 30.0), "2024-03-15T12:00:00"
    tdb = tdb_seconds(epoch)
    left = tdb - sky(place, "earth", tdb).light_time_s
    where = EarthLocation.from_geodetic(-116.0, 35.0, 1000.0).get_itrs(Time("2024-03-15T11:59:58.7", scale="utc"))
    from_earth = where.transform_to(GCRS(obstime=where.obstime)).cartesian.xyz.to_value("km")
    line = rotation("moon_me", tdb, EPHEMERIS) @ (EPHEMERIS.position("earth", "moon", left) + from_earth)
    expected = by_spherical_triangles(-20.0, 30.0, line - place.position_km)
    found = sky(place, station, epoch)
    assert [found.elevation_deg, found.azimuth_deg] == pytest.approx(expected, abs=SKY_DEG)


def test_stations_stand_within_the_earths_disc():
    place = Place(5.0, -20.0)
    earth = sky(place, "earth", TDB)
    for name in ("goldstone", "canberra", "madrid"):
        aside = np.hypot(
            sky(place, ground_station(name), TDB).elevation_rad - earth.elevation_rad,
            (sky(place, ground_station(name), TDB).azimuth_rad - earth.azimuth_rad) * np.cos(earth.elevation_rad),
        )
        assert (aside < 1.01 * angular_radius_rad("earth", earth.distance_km)).all()
        assert (aside > 0.0).all()


def test_the_sun_at_the_pole_is_as_high_as_its_latitude():
    """A parallax of 2.4 arcsec apart."""
    latitude = np.degrees(latitude_longitude_radius(seen_from_moon("sun", TDB))[0])
    for pole, sign in ((90.0, 1.0), (-90.0, -1.0)):
        assert sky(Place(pole, 17.0), "sun", TDB).elevation_deg == pytest.approx(sign * latitude, abs=7e-4)


@given(st.floats(-90.0, 90.0), st.floats(-180.0, 180.0), st.floats(-5.0, 10.0), st.floats(0.0, 25.0))
def test_a_sky_position_leads_back_to_the_body(latitude, longitude, height, years):
    """From angles and distance to the vector, and on to the Moon's centre."""
    place, tdb = Place(latitude, longitude, height), tdb_seconds("2021-01-01") + years * 365.25 * DAY
    found = sky(place, "earth", tdb)
    e, a = found.elevation_rad, found.azimuth_rad
    east, north, up = place.axes
    line = np.cos(e) * (np.sin(a) * east + np.cos(a) * north) + np.sin(e) * up
    np.testing.assert_allclose(
        found.distance_km * line + place.position_km, seen_from_moon("earth", tdb), rtol=0, atol=1e-6
    )


def test_what_stands_overhead_stands_overhead():
    place = Place(-33.0, 44.0, 1.0)
    above = np.swapaxes(rotation("moon_me", TDB, EPHEMERIS), 1, 2) @ (place.position_km * (1837.4 / 1738.4))
    found = sky_of(place, above, TDB)
    assert found.elevation_deg == pytest.approx(np.full(7, 90.0), abs=1e-6)
    assert found.distance_km == pytest.approx(np.full(7, 99.0), abs=1e-9)


def test_batches_equal_loops():
    latitude, longitude = np.array([[-88.0], [10.0], [70.0]]), np.array([[0.0], [-170.0], [45.0]])
    many = sky(Place(latitude, longitude), "sun", TDB)
    assert many.elevation_rad.shape == (3, 7)
    for i in range(3):
        for j in range(7):
            one = sky(Place(float(latitude[i, 0]), float(longitude[i, 0])), "sun", TDB[j])
            for name in ("elevation_rad", "azimuth_rad", "distance_km"):
                assert getattr(one, name) == pytest.approx(getattr(many, name)[i, j], rel=1e-14, abs=1e-14)


@pytest.mark.parametrize("shape", [(), (4,), (2, 3), (0,)])
def test_shapes_follow_the_epochs(shape):
    tdb = np.full(shape, 8e8)
    for target in ("sun", "earth", ground_station("usuda")):
        assert sky(Place(1.0, 2.0), target, tdb).elevation_rad.shape == shape
    assert sky_of(Place(1.0, 2.0), np.ones((*shape, 3)), tdb).distance_km.shape == shape


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ((-90.1, 0.0), "Place.latitude_deg"),
        ((np.nan, 0.0), "Place.latitude_deg"),
        ((0.0, 361.0), "Place.longitude_deg"),
        ((0.0, 0.0, 2e6), "Place.height_km"),
        ((0.0, 0.0, -RADIUS_KM["moon"]), "Place.height_km"),
        (("80 S", 0.0), "Place.latitude_deg"),
        ((np.zeros(3), np.zeros(4)), "Place"),
    ],
)
def test_places_that_are_none(arguments, where):
    with pytest.raises(InputError) as caught:
        Place(*arguments)
    assert caught.value.where == where


def test_bodies_and_epochs_that_cannot_be_seen():
    place = Place(0.0, 0.0)
    for call, message in (
        (lambda: sky(place, "moon", TDB), "not in its own sky"),
        (lambda: sky(place, "sum", TDB), "did you mean 'sun'"),
        (lambda: sky(place, "sun", "2055-01-01"), "not known at"),
        (lambda: sky(place, "sun", np.array([np.nan])), "epoch"),
        (lambda: sky_of(place, [[1.0, 2.0]], TDB), "positions_km"),
        (lambda: sky_of(place, [np.nan, 2.0, 3.0], TDB), "not finite"),
    ):
        with pytest.raises(InputError, match=message):
            call()
