"""The Sun over places and over regions."""

from dataclasses import replace

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import SkyCoord, get_body_barycentric
from astropy.time import Time

from lunarplan.errors import InputError
from lunarplan.io.netcdf import read_netcdf, write_netcdf
from lunarplan.model.constants import SPEED_OF_LIGHT_KM_S
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.frames import rotation
from lunarplan.model.sky import angular_radius_rad
from lunarplan.model.surface import Place, sky
from lunarplan.terrain.illumination import illumination, illumination_map
from lunarplan.terrain.nights import days
from lunarplan.terrain.projection import Equirectangular, Grid
from tests.terrain.skies import level, profiles_of, region, rugged, tiled
from tests.terrain.skies import profiles as made
from tests.tolerances import (
    MAP_AVERAGE,
    MAP_LIT,
    ROUNDED_FRACTION,
    SAMPLED_FRACTION,
    SUBPOINT_EXTREME_DEG,
    SUN_OVER_POLAR_SITES_DEG,
)

YEAR = "2027-01-01", "2028-01-01"
SITES = Place([-89.45, -88.8, -85.4], [-137.3, 123.4, 31.7], 1.0)
PIXELS = [(0, 0), (0, 49), (39, 0), (39, 49), (31, 31), (32, 32), (10, 20)]


# ---------------------------------------------------------------- places


def test_the_sun_stands_where_astropy_has_it():
    """Astropy's own ephemeris, time scales and spherical trigonometry, with the Moon's axes of DE440."""
    light = illumination(level(SITES), "2027-01-01", "2027-12-28", 37.0)
    time = Time(light.time.values, scale="utc").tdb
    left = time
    for _ in range(2):
        way = (get_body_barycentric("sun", left) - get_body_barycentric("moon", left)).xyz.to_value(units.km)
        left = time - np.linalg.norm(way, axis=0) / SPEED_OF_LIGHT_KM_S * units.s
    fixed = np.einsum("tij,jt->ti", rotation("moon_me", light.tdb.values, Ephemeris.packaged()), way)
    for i in range(3):
        here = fixed - Place(SITES.latitude_deg[i], SITES.longitude_deg[i], 1.0).position_km
        sun = SkyCoord(*here.T, representation_type="cartesian", unit="km").spherical
        sun = SkyCoord(sun.lon, sun.lat)
        zenith = SkyCoord(SITES.longitude_deg[i] * units.deg, SITES.latitude_deg[i] * units.deg)
        elevation = 90.0 - zenith.separation(sun).deg
        azimuth = zenith.position_angle(sun).deg
        assert light.elevation_deg[i].values == pytest.approx(elevation, abs=SUN_OVER_POLAR_SITES_DEG)
        off = (light.azimuth_deg[i].values - azimuth + 180.0) % 360.0 - 180.0
        assert np.abs(off).max() < SUN_OVER_POLAR_SITES_DEG


def test_over_a_plain_the_disc_is_a_segment():
    light = illumination(level(SITES, 0.3), *YEAR, 5.0)
    for i in range(3):
        sun = sky(Place(SITES.latitude_deg[i], SITES.longitude_deg[i], 1.0), "sun", light.tdb.values)
        x = np.clip((sun.elevation_deg - 0.3) / np.degrees(angular_radius_rad("sun", sun.distance_km)), -1.0, 1.0)
        expected = 0.5 + (np.arcsin(x) + x * np.sqrt(1.0 - x * x)) / np.pi
        assert light.fraction[i].values == pytest.approx(expected, abs=ROUNDED_FRACTION)
        assert 0.0 < expected.mean() < 1.0


def test_samples_and_intervals_tell_the_same():
    profiles = rugged(SITES)
    light, found = illumination(profiles, *YEAR), days(profiles, *YEAR)
    lit = light.fraction > 0.0
    assert lit.mean("time").values == pytest.approx(found.fraction, abs=SAMPLED_FRACTION)
    for i in range(3):
        assert np.array_equal(lit[i].values, found.holds(i, light.tdb.values))
        assert np.array_equal(lit[i].values, light.clearance_deg[i].values > 0.0)


def test_one_place_is_what_it_is_among_others():
    profiles = rugged(SITES)
    together = illumination(profiles, "2027-01-01", "2027-02-01")
    for i in range(3):
        place = Place(SITES.latitude_deg[i], SITES.longitude_deg[i], 1.0)
        alone = illumination(made(place, profiles.elevation_rad[i]), "2027-01-01", "2027-02-01")
        assert np.array_equal(alone.fraction[0], together.fraction[i])


def test_18_years_of_hours_at_the_pole():
    """The Sun is as high as its latitude, whose extremes are known."""
    light = illumination(level(Place(-90.0, 10.0)), "2020-01-02", "2038-08-12")
    assert light.sizes["time"] > 163_000
    assert float(light.elevation_deg.max()) == pytest.approx(1.588, abs=SUBPOINT_EXTREME_DEG)
    assert float(light.elevation_deg.min()) == pytest.approx(-1.5863, abs=SUBPOINT_EXTREME_DEG)


def test_the_dataset_says_what_it_is(tmp_path):
    light = illumination(rugged(SITES), "2027-01-01", "2027-01-02", 0.5)
    assert light.sizes == {"place": 3, "time": 48}
    assert str(light.time.values[1]) == "2027-01-01T00:30:00.000000000"
    assert light.fraction.attrs["units"] == "1"
    assert light.attrs["target"] == "sun"
    assert light.attrs["program"].startswith("lunarplan ")
    assert list(light.latitude_deg.values) == SITES.latitude_deg
    assert light.height_km.values.tolist() == [1.0, 1.0, 1.0]
    assert read_netcdf(write_netcdf(light, tmp_path / "light.nc")).equals(light)


@pytest.mark.parametrize(
    ("span", "step", "what"),
    [
        (YEAR[::-1], 1.0, "no length"),
        (YEAR, 0.0, "step_h"),
        (YEAR, np.nan, "step_h"),
        (YEAR, "1", "step_h"),
        (("2025-01-01", "2045-01-01"), 1.0 / 3600.0, "longer steps"),
        ((np.nan, 0.0), 1.0, "epoch"),
        (("2049-01-01", "2053-01-01"), 1.0, "2051"),
    ],
)
def test_spans_and_steps_that_make_no_sense(span, step, what):
    with pytest.raises(Exception, match=what) as caught:
        illumination(level(SITES), *span, step)
    assert type(caught.value).__module__ == InputError.__module__


# ---------------------------------------------------------------- regions


@pytest.mark.parametrize(
    ("pixel_m", "x0_m", "y0_m", "latitude"),
    [
        (500.0, 0.0, 10_000.0, -90.0),
        (500.0, 150_000.0, 200_000.0, -90.0),
        (20.0, -300.0, 300.0, -86.0),
        (240.0, 0, 0, 88.0),
        (500.0, -9_000.0, 9_000.0, 20.0),
    ],
)
def test_a_map_is_what_its_pixels_are_as_places(pixel_m, x0_m, y0_m, latitude):
    here = region(pixel_m=pixel_m, x0_m=x0_m, y0_m=y0_m, latitude_deg=latitude)
    found = illumination_map(here, *YEAR)
    profiles = profiles_of(here, PIXELS)
    light = illumination(profiles, *YEAR)
    rows, columns = np.array(PIXELS).T
    lit = light.fraction > 0.0
    assert found.average.values[rows, columns] == pytest.approx(light.fraction.mean("time").values, abs=MAP_AVERAGE)
    assert found.lit.values[rows, columns] == pytest.approx(lit.mean("time").values, abs=MAP_LIT)
    longest = days(profiles, *YEAR)
    off = found.longest_night_h.values[rows, columns] - longest.gaps().longest_s / 3600.0
    assert (np.abs(off) <= 1.0).mean() > 0.8  # a step; a moment of light that falls between two makes one night of two
    assert (0.05 < found.average.values[rows, columns]).all()


def test_a_map_of_plains():
    """The same level horizon everywhere: every pixel has the sky of a sphere, whatever the azimuth."""
    here = region(shape=(33, 35), x0_m=100_000.0)
    flat = replace(here, elevation=np.full_like(here.elevation, 180))
    found = illumination_map(flat, *YEAR, 2.0)
    picks = [(0, 0), (16, 20), (32, 34)]
    places = Place(*flat.grid.lat_lon_deg(*np.array(picks).T))
    expected = illumination(level(places, 0.5), *YEAR, 2.0).fraction.mean("time").values
    assert found.average.values[tuple(np.array(picks).T)] == pytest.approx(expected, abs=MAP_AVERAGE)


def test_threads_change_no_byte():
    here = region()
    alone, together = (illumination_map(here, "2027-01-01", "2027-02-01", workers=n) for n in (1, 3))
    assert alone.equals(together)


def test_progress_is_told():
    here, told = region(), []
    illumination_map(here, "2027-01-01", "2027-01-02", progress=lambda done, every: told.append((done, every)))
    assert told == [(4, 4)]


def test_unknown_terrain_stays_unknown():
    here = region()
    degrees = np.zeros((40, 50, 720))
    degrees[5, 7] = np.nan
    found = illumination_map(tiled(here.grid, degrees), "2027-01-01", "2027-01-11")
    for name in ("average", "lit", "longest_night_h", "longest_day_h"):
        unknown = np.isnan(found[name].values)
        assert unknown[5, 7]
        assert unknown.sum() == 1


def test_the_map_says_what_it_is(tmp_path):
    here = region()
    found = illumination_map(here, "2027-01-01", "2027-01-02", part="center")
    assert found.sizes == {"y": 40, "x": 50}
    assert found.lit.attrs["long_name"].startswith("part of the time with center")
    assert found.attrs["horizon_observer_height_m"] == 2.0
    assert (found.attrs["samples"], found.attrs["start"]) == (24, "2027-01-01T00:00:00.000Z")
    latitude, longitude = here.grid.lat_lon_deg(3, 4)
    assert (found.latitude_deg.values[3, 4], found.longitude_deg.values[3, 4]) == (latitude, longitude)
    assert float(found.x[4]) == here.grid.xy_m(3, 4)[0]
    assert read_netcdf(write_netcdf(found, tmp_path / "map.nc")).equals(found)


def test_horizons_that_are_not_laid_out_as_agreed():
    here = region()
    for elevation in (here.elevation.astype(float), here.elevation[:1], here.elevation[..., :31]):
        with pytest.raises(InputError, match="int16"):
            illumination_map(replace(here, elevation=elevation), *YEAR)
    square = replace(here, grid=Grid(Equirectangular(), 0.0, 0.0, 500.0, (40, 50)))
    with pytest.raises(InputError, match="a HorizonProfiles"):
        illumination_map(level(SITES), *YEAR)
    with pytest.raises(InputError, match="stereographic"):
        illumination_map(square, *YEAR)
    with pytest.raises(InputError, match="any, center, whole"):
        illumination_map(here, *YEAR, part="half")
