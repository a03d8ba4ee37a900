"""Directions in local axes, and where a body is seen rather than is."""

import erfa
import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import AU_KM, SPEED_OF_LIGHT_KM_S
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.sky import angular_radius_rad, apparent_position, local_axes, separation_rad
from tests import naive
from tests.tolerances import APPARENT_ARCSEC, GAMMA_EARTH_RADII, GREATEST_ECLIPSE_S

EPHEMERIS = Ephemeris.packaged()
ARCSEC = np.pi / 648000.0
_CHAINS = {"earth": ((0, 3), (3, 399)), "moon": ((0, 3), (3, 301)), "sun": ((0, 10),), "jupiter": ((0, 5),)}


def barycentric(body, tdb):
    """Position and velocity from the barycentre, km, km/s, with jplephem."""
    kernel = naive.Bodies().kernel
    day = np.floor(tdb / naive.DAY_S)
    parts = [
        kernel[pair].compute_and_differentiate(naive.J2000_JD + day, tdb / naive.DAY_S - day) for pair in _CHAINS[body]
    ]
    return sum(p for p, _ in parts), sum(v for _, v in parts) / naive.DAY_S


def seen(target, observer_km, velocity_km_s, tdb):
    """Direction of a body for an observer at the barycentre's rest: light time iterated, then erfa's aberration."""
    late = 0.0
    for _ in range(6):
        line = barycentric(target, tdb - late)[0] - observer_km
        late = np.linalg.norm(line) / SPEED_OF_LIGHT_KM_S
    to_sun = np.linalg.norm(barycentric("sun", tdb)[0] - observer_km) / AU_KM
    beta = velocity_km_s / SPEED_OF_LIGHT_KM_S
    return erfa.ab(line / np.linalg.norm(line), beta, to_sun, np.sqrt(1.0 - beta @ beta)), np.linalg.norm(line)


@pytest.mark.parametrize(
    ("target", "center"), [("sun", "moon"), ("earth", "moon"), ("sun", "earth"), ("jupiter", "moon"), ("moon", "earth")]
)
def test_apparent_places_are_those_of_light_time_and_aberration(target, center):
    tdb = tdb_seconds("2021-01-01") + np.linspace(0.0, 20.0, 41) * 365.25 * naive.DAY_S
    found = apparent_position(target, center, tdb, EPHEMERIS)
    for t, here in zip(tdb, found, strict=True):
        expected, distance = seen(target, *barycentric(center, t), t)
        assert separation_rad(here, expected) < APPARENT_ARCSEC * ARCSEC
        assert np.linalg.norm(here) == pytest.approx(
            distance, rel=3e-4
        )  # at rest with the observer, not the barycentre


def test_the_sun_is_seen_20_arcseconds_from_where_it_is():
    tdb = tdb_seconds("2025-03-14T06:58:47")
    shift = separation_rad(apparent_position("sun", "earth", tdb, EPHEMERIS), EPHEMERIS.position("sun", "earth", tdb))
    assert shift / ARCSEC == pytest.approx(20.6, abs=0.4)


@pytest.mark.parametrize(
    ("greatest", "gamma"),
    [("2025-03-14T06:59:56TT", 0.3484), ("2025-09-07T18:12:58TT", -0.2752), ("2026-03-03T11:34:52TT", -0.3765)],
)
def test_lunar_eclipses_of_the_nasa_catalogue(greatest, gamma):
    """Greatest eclipse (TD) and least distance of the Moon from the shadow's axis in equatorial Earth radii.

    Espenak and Meeus, Five Millennium Catalog of Lunar Eclipses. With the Sun where it is, not where it is seen, the
    axis runs 38 s ahead.
    """
    since = np.arange(-300.0, 300.5, 0.5)
    tdb = tdb_seconds(greatest) + since
    sun = apparent_position("sun", "earth", tdb, EPHEMERIS)
    moon = EPHEMERIS.position("moon", "earth", tdb)
    axis = sun / np.linalg.norm(sun, axis=1, keepdims=True)
    beside = np.linalg.norm(np.cross(moon, axis), axis=1)
    assert abs(since[beside.argmin()]) < GREATEST_ECLIPSE_S
    assert beside.min() / 6378.137 == pytest.approx(abs(gamma), abs=GAMMA_EARTH_RADII)


def test_local_axes_are_right_handed_and_point_where_people_say():
    latitude, longitude = np.meshgrid(np.linspace(-np.pi / 2, np.pi / 2, 7), np.linspace(-np.pi, np.pi, 9))
    axes = local_axes(latitude, longitude)
    np.testing.assert_allclose(np.cross(axes.east, axes.north), axes.up, rtol=0, atol=1e-15)
    h = 1e-6
    np.testing.assert_allclose((local_axes(latitude + h, longitude).up - axes.up) / h, axes.north, rtol=0, atol=1e-6)
    assert np.cos(latitude).ravel() @ np.ones(63) > 0
    eastward = local_axes(latitude, longitude + h).up - axes.up
    np.testing.assert_allclose(eastward / h, np.cos(latitude)[..., None] * axes.east, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("vector", "elevation_deg", "azimuth_deg", "eastward_deg"),
    [
        ([0.0, 1.0, 0.0], 0.0, 0.0, 0.0),
        ([1.0, 0.0, 0.0], 0.0, 90.0, 90.0),
        ([0.0, -2.0, 0.0], 0.0, 180.0, 0.0),
        ([-3.0, 0.0, 0.0], 0.0, 270.0, -90.0),
        ([1.0, 0.0, 1.0], 45.0, 90.0, 45.0),
        ([-1.0, 0.0, -1.0], -45.0, 270.0, -45.0),
        ([0.0, 0.0, 5.0], 90.0, None, 0.0),
    ],
)
def test_directions_of_known_vectors(vector, elevation_deg, azimuth_deg, eastward_deg):
    axes = local_axes(0.3, -1.2)
    east, north, up = vector
    sky = axes.sky(east * axes.east + north * axes.north + up * axes.up)
    assert sky.elevation_deg == pytest.approx(elevation_deg, abs=1e-12)
    assert azimuth_deg is None or abs((sky.azimuth_deg - azimuth_deg + 180.0) % 360.0 - 180.0) < 1e-12
    assert np.degrees(sky.eastward_rad) == pytest.approx(eastward_deg, abs=1e-12)
    assert sky.distance_km == pytest.approx(np.linalg.norm(vector))
    assert sky.light_time_s == pytest.approx(np.linalg.norm(vector) / 299792.458)


def test_the_suns_disc():
    """Half a degree across: 15 arcmin 59.2 at one astronomical unit for the nominal solar radius."""
    assert np.degrees(angular_radius_rad("sun", AU_KM)) * 60.0 == pytest.approx(15.987, abs=1e-3)
    assert angular_radius_rad("moon", [1737.4, 100.0]) == pytest.approx([np.pi / 2, np.pi / 2])
    with pytest.raises(InputError, match="radius of jupiter"):
        angular_radius_rad("jupiter", 1e8)


@pytest.mark.parametrize("angle", [0.0, 1e-12, 1e-7, 0.1, 1.0, np.pi - 1e-7, np.pi])
def test_separation_keeps_small_and_large_angles(angle):
    one, other = np.array([2.0, 0.0, 0.0]), 3.0 * np.array([np.cos(angle), np.sin(angle), 0.0])
    assert separation_rad(one, other) == pytest.approx(angle, rel=1e-9, abs=1e-15)
