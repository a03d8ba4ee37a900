"""Horizons of single places against brute force and against ground whose horizon is known on paper."""

import math

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.surface import Place
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.profile import HorizonProfiles, horizon_at
from lunarplan.terrain.projection import MOON_RADIUS_M, Grid, Stereographic
from tests.terrain.brute_force import Observer
from tests.terrain.ground import Shelf, lat_lon, of_function, polar, rough
from tests.tolerances import ANGLE_RAD, BRUTE_FORCE_RAD, HORIZON_RAD, PARABOLA_RAD, RESAMPLED_HORIZON_RAD, SUMMIT_RAD

POLE = Place(-90.0, 0.0)


def south_pole_500m(tests_only):
    tifffile = pytest.importorskip("tifffile")
    heights = tifffile.imread(tests_only("moon_southpole_80S_500m.tif")).astype(np.float32)
    return Dem(heights, Grid(Stereographic(-90.0), -303_750.0, 303_750.0, 500.0, heights.shape), "south pole 500 m")


def elevation(height_m, eye_m, angle):
    """Of a place at an angle from an observer at eye_m over the sphere."""
    top = MOON_RADIUS_M + height_m
    return math.atan2(top * math.cos(angle) - MOON_RADIUS_M - eye_m, top * math.sin(angle))


def angle_of(x_m, y_m=0.0):
    """From the south pole to a place on its map."""
    return 2.0 * math.atan(math.hypot(x_m, y_m) / (2.0 * MOON_RADIUS_M))


# ---------------------------------------------------------------- brute force on real ground


@pytest.mark.parametrize("eye_m", [0.0, 2.0, 50.0])
def test_brute_force_on_the_500_m_pole(tests_only, eye_m):
    """Random places, and places near the corners, where great circles bend most on the map."""
    dem = south_pole_500m(tests_only)
    rng = np.random.default_rng(int(eye_m) + 11)
    pixels = [*rng.uniform(0.0, 1215.0, (5, 2)), (3.3, 4.7), (1210.1, 1.2), (2.0, 1213.0)]
    for row, column in pixels:
        observer = Observer(dem.heights_m, -303_750.0, 303_750.0, 500.0, row, column, eye_m)
        latitude, longitude = dem.grid.lat_lon_deg(row, column)
        profile = horizon_at(Place(float(latitude), float(longitude)), dem, azimuths=16, observer_height_m=eye_m)
        brute = [observer.horizon(a, 300e3) for a in profile.azimuths_rad]
        np.testing.assert_allclose(profile.elevation_rad[0], brute, atol=BRUTE_FORCE_RAD)


# ---------------------------------------------------------------- ground known on paper


@pytest.mark.parametrize("eye_m", [1.0, 100.0, 5000.0])
def test_a_bare_sphere_dips_as_it_should(eye_m):
    dem = polar(np.full((600, 600), -1200.0), 500.0)
    profile = horizon_at(POLE, dem, azimuths=24, observer_height_m=eye_m)
    dip = math.acos((MOON_RADIUS_M - 1200.0) / (MOON_RADIUS_M - 1200.0 + eye_m))
    np.testing.assert_allclose(profile.elevation_rad, -dip, atol=HORIZON_RAD)


def test_level_ground_is_level_at_the_feet():
    profile = horizon_at(POLE, polar(np.zeros((100, 100)), 500.0), azimuths=24)
    np.testing.assert_allclose(profile.elevation_rad, 0.0, atol=HORIZON_RAD)


def test_a_wall():
    """Its crest runs along a column, so the triangles are the wall; its top is as high as it looks everywhere."""
    dem = of_function(lambda x, y: np.where(x > 7_900.0, 900.0, 0.0), half=300, pixel_m=100.0)
    profile = horizon_at(POLE, dem, azimuths=720)
    for azimuth in (30, 60, 90, 121, 150):
        x, y = 8000.0, 8000.0 / math.tan(math.radians(azimuth))
        assert profile.elevation_rad[0, 2 * azimuth] == pytest.approx(
            elevation(900.0, 0.0, angle_of(x, y)), abs=HORIZON_RAD
        )


def test_the_summit_of_a_cone():
    dem = of_function(lambda x, y: np.maximum(0.0, 2000.0 - 0.3 * np.hypot(x - 9000.0, y - 9000.0)), 200, 100.0)
    profile = horizon_at(POLE, dem, azimuths=8, observer_height_m=10.0)
    assert profile.elevation_rad[0, 1] == pytest.approx(
        elevation(2000.0, 10.0, angle_of(9000.0, 9000.0)), abs=HORIZON_RAD
    )


def test_the_slope_at_the_foot_of_a_cone():
    """On the ground of an even slope nothing stands higher than the slope itself, on a sphere that falls away."""
    dem = of_function(lambda x, y: 0.25 * y, 50, 100.0)
    profile = horizon_at(POLE, dem, azimuths=4)
    assert math.tan(profile.elevation_rad[0, 0]) == pytest.approx(0.25, abs=HORIZON_RAD)
    assert profile.elevation_rad[0, 1] == pytest.approx(0.0, abs=HORIZON_RAD)


def test_a_crater_from_its_middle():
    """A round rim with a rounded crest; pixels of 10 m cut it by up to 2.5 mm, seen from 5 km."""
    radius, bend = 5000.0, 1e-4
    rim = lambda r: 800.0 - bend * (r - radius) ** 2  # noqa: E731
    dem = of_function(lambda x, y: np.where(np.hypot(x, y) > 3500.0, rim(np.hypot(x, y)), 0.0), 600, 10.0)
    profile = horizon_at(POLE, dem, azimuths=90, distance_km=20.0, observer_height_m=1.5)
    seen = max(elevation(rim(r), 1.5, angle_of(r)) for r in np.linspace(4000.0, 6000.0, 20_001))
    np.testing.assert_allclose(profile.elevation_rad, seen, atol=PARABOLA_RAD)


# ---------------------------------------------------------------- conventions


@pytest.mark.parametrize("pole", [-90.0, 90.0])
@pytest.mark.parametrize("center_longitude", [0.0, 50.0])
def test_a_peak_stands_at_its_true_azimuth(pole, center_longitude):
    """By spherical trigonometry from the latitudes and longitudes of both."""
    i, j = np.mgrid[:400, :400]
    heights = np.maximum(0.0, 8000.0 - 50.0 * np.hypot(i - 60, j - 250))
    grid = Grid(Stereographic(pole, center_longitude), -100_000.0, 100_000.0, 500.0, (400, 400))
    lat0, lon0 = (math.radians(float(a)) for a in grid.lat_lon_deg(300, 80))
    lat1, lon1 = (math.radians(float(a)) for a in grid.lat_lon_deg(60, 250))
    azimuth = math.atan2(
        math.sin(lon1 - lon0) * math.cos(lat1),
        math.cos(lat0) * math.sin(lat1) - math.sin(lat0) * math.cos(lat1) * math.cos(lon1 - lon0),
    )
    count = 36_000
    profile = horizon_at(Place(math.degrees(lat0), math.degrees(lon0)), Dem(heights, grid), azimuths=count)
    highest = profile.azimuths_rad[profile.elevation_rad[0].argmax()]
    assert abs((highest - azimuth + math.pi) % math.tau - math.pi) <= math.tau / count
    angle = math.acos(math.sin(lat0) * math.sin(lat1) + math.cos(lat0) * math.cos(lat1) * math.cos(lon1 - lon0))
    assert profile.elevation_rad.max() == pytest.approx(elevation(8000.0, 0.0, angle), abs=SUMMIT_RAD)


def test_at_the_pole_north_is_along_the_meridian_given():
    """The peak is at longitude 90: straight ahead for who stands on that meridian, to the right for longitude 0."""
    heights = np.zeros((201, 201), np.float32)
    heights[100, 180] = 5000.0
    for longitude, wanted in ((90.0, 0), (0.0, 90), (180.0, 270)):
        profile = horizon_at(Place(-90.0, longitude), polar(heights, 500.0), azimuths=360)
        assert profile.elevation_rad[0].argmax() == wanted


def test_between_azimuths_a_profile_is_straight():
    profile = HorizonProfiles(POLE, np.array([[0.0, 0.2, 0.4, 0.1]]), 0.0, 300.0)
    assert profile.at(0.25 * math.pi) == pytest.approx(0.1)
    assert profile.at(1.75 * math.pi) == pytest.approx(0.05)
    assert profile.at([0.0, math.tau, -0.5 * math.pi]).tolist() == [pytest.approx([0.0, 0.0, 0.1])]
    with pytest.raises(InputError, match="azimuth_rad"):
        profile.at(math.nan)


def test_a_list_is_a_loop_and_threads_change_nothing():
    dem = polar(rough((120, 120), relief_m=800.0), 500.0)
    latitude, longitude = dem.grid.lat_lon_deg(np.array([10.0, 50.5, 99.9]), np.array([60.0, 20.25, 110.0]))
    together = horizon_at(Place(latitude, longitude), dem, 72, workers=2)
    for n in range(3):
        alone = horizon_at(Place(float(latitude[n]), float(longitude[n])), dem, 72, workers=1)
        assert alone.elevation_rad[0].tobytes() == together.elevation_rad[n].tobytes()
    heights = dem.height_m(latitude, longitude)
    np.testing.assert_allclose(together.places.height_km, heights / 1000.0)


# ---------------------------------------------------------------- where there is no ground, or coarser ground


def test_no_ground_in_sight_is_straight_down():
    heights = np.full((9, 9), np.nan)
    heights[4:6, 4:6] = 3.0
    dem = polar(heights, 500.0)
    latitude, longitude = dem.grid.lat_lon_deg(4, 4)
    profile = horizon_at(Place(float(latitude), float(longitude)), dem, azimuths=8)
    assert (profile.elevation_rad[0] < -1.57).sum() == 5
    assert np.isfinite(profile.elevation_rad).all()


def test_a_hole_hides_nothing_behind_it():
    heights = np.zeros((201, 201))
    heights[:, 150] = 4000.0
    there = horizon_at(POLE, polar(heights, 500.0), azimuths=4).elevation_rad[0, 1]
    heights[90:110, 110:130] = np.nan
    assert horizon_at(POLE, polar(heights, 500.0), azimuths=4).elevation_rad[0, 1] == there


def massif(fine_m=100.0, coarse_m=1000.0):
    """Level fine ground of 12 km, on coarse ground with one peak 40 km out."""
    coarse = np.zeros((101, 101), np.float32)
    coarse[50 - 28, 50 + 28] = 3000.0
    return Terrain([polar(np.zeros((121, 121)), fine_m, "fine"), polar(coarse, coarse_m, "coarse")])


def test_a_massif_outside_the_fine_model_is_seen():
    profile = horizon_at(POLE, massif(), azimuths=8)
    seen = elevation(3000.0, 0.0, angle_of(28e3, 28e3))
    assert profile.elevation_rad[0, 1] == pytest.approx(seen, abs=HORIZON_RAD)
    assert horizon_at(POLE, massif().finest, azimuths=8).elevation_rad[0, 1] < HORIZON_RAD


def test_a_raster_in_degrees_is_resampled_about_the_place():
    """Ground of one height has the dip of a sphere whatever raster it is in."""
    profile = horizon_at(Place(20.0, 30.0), lat_lon(np.full((180, 360), 500.0)), azimuths=8, observer_height_m=3000.0)
    dip = math.acos((MOON_RADIUS_M + 500.0) / (MOON_RADIUS_M + 3500.0))
    np.testing.assert_allclose(profile.elevation_rad, -dip, atol=RESAMPLED_HORIZON_RAD)


@pytest.mark.parametrize("pixel", [(300.0, 300.0), (2.5, 590.0), (150.25, 33.0)])
def test_of_large_models_only_what_may_be_seen_is_read(monkeypatch, pixel):
    whole = polar(rough((600, 600), relief_m=200.0), 500.0)
    latitude, longitude = (float(a) for a in whole.grid.lat_lon_deg(*pixel))
    wanted = horizon_at(Place(latitude, longitude), whole, 24, distance_km=20.0)
    monkeypatch.setattr("lunarplan.terrain.profile._READ_WHOLE", 1000)
    shelf = Shelf(whole.heights_m)
    found = horizon_at(Place(latitude, longitude), Dem(shelf, whole.grid), 24, distance_km=20.0)
    np.testing.assert_allclose(found.elevation_rad, wanted.elevation_rad, atol=ANGLE_RAD)
    assert shelf.largest < 100 * 100


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"azimuths": 3}, "azimuths"),
        ({"azimuths": math.nan}, "azimuths"),
        ({"distance_km": -1.0}, "distance_km"),
        ({"distance_km": "far"}, "distance_km"),
        ({"observer_height_m": -1.0}, "observer_height_m"),
        ({"places": Place(-80.0, 10.0)}, "made"),
        ({"places": "here"}, "places"),
    ],
)
def test_arguments_out_of_range(change, named):
    arguments = {"places": POLE, "terrain": polar(np.zeros((20, 20)))}
    with pytest.raises(InputError, match=named):
        horizon_at(**(arguments | change))


def test_no_places_are_no_profiles():
    profile = horizon_at(Place(np.array([]), np.array([])), polar(np.zeros((20, 20))), azimuths=8)
    assert profile.elevation_rad.shape == (0, 8)
