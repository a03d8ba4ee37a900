import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.io.dem import read_dem
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import Grid, Stereographic
from tests.authorities import load
from tests.terrain.ground import lat_lon, polar, rough
from tests.tolerances import RESAMPLED_M, SITE_HEIGHT_M, SITE_HEIGHT_RMS_M

SITES = load("site_heights")["site"]


def made():
    """100 m with a hole, over 1 km, over the whole Moon."""
    fine = rough((41, 41), 1)
    fine[10:15, 10:15] = np.nan
    return Terrain(
        [polar(fine, 100.0, "fine"), polar(rough((41, 41), 2), 1000.0, "middle"), lat_lon(rough((90, 180), 3))]
    )


def misses(dem):
    return np.array([float(dem.height_m(*site["place"])) - site["height_m"] for site in SITES])


def test_heights_at_the_thirteen_sites():
    """LROC QuickMap's; they stand on rims and ridges, which large pixels cut down: low by 35 m in the mean."""
    off = misses(Terrain.packaged())
    assert np.abs(off).max() < SITE_HEIGHT_M["1 km"]
    assert np.sqrt(np.mean(off**2)) < SITE_HEIGHT_RMS_M["1 km"]
    assert off.mean() < 0.0


def test_heights_at_the_thirteen_sites_are_nearer_with_500_m(tests_only):
    dem = read_dem(tests_only("moon_southpole_80S_500m.tif"))
    off = misses(dem)
    assert np.abs(off).max() < SITE_HEIGHT_M["500 m"]
    assert np.sqrt(np.mean(off**2)) < SITE_HEIGHT_RMS_M["500 m"]


def test_the_finest_model_that_has_a_height_gives_it():
    terrain = made()
    places = [terrain.dems[0].grid.lat_lon_deg(*p) for p in ((20, 20), (12, 12))] + [(-89.5, 10.0), (30.0, 40.0)]
    latitude, longitude = np.array([[float(a) for a in p] for p in places]).T
    assert terrain.dem_index(latitude, longitude).tolist() == [0, 1, 1, 2]
    expected = [
        float(terrain.dems[n].height_m(a, b)) for n, a, b in zip((0, 1, 1, 2), latitude, longitude, strict=True)
    ]
    assert terrain.height_m(latitude, longitude).tolist() == expected
    assert terrain.dem_at(30.0, 40.0) is terrain.dems[2]


def test_a_grid_is_filled_from_all():
    terrain = made()
    grid = Grid(Stereographic(-90.0), -40_000.0, 40_000.0, 1000.0, (81, 81))
    laid = terrain.on(grid)
    assert not np.isnan(laid.heights_m).any()
    assert laid.heights_m[40, 40] == terrain.dems[0].on(grid).heights_m[40, 40]
    assert laid.heights_m[25, 25] == terrain.dems[1].on(grid).heights_m[25, 25]
    assert laid.heights_m[0, 0] == terrain.dems[2].on(grid).heights_m[0, 0]


def test_a_window_that_one_model_covers_is_cut_from_it():
    packaged = Terrain.packaged()
    assert packaged.stereographic(-90.0, 0.0, 304_000.0) is packaged.dems[0]
    assert packaged.stereographic(-90.0, 0.0, 50_000.0).sha256 == packaged.dems[0].sha256


def test_a_window_wider_than_the_finest_model_goes_on_in_the_next():
    terrain = made()
    window = terrain.stereographic(-90.0, 0.0, 5000.0)
    assert window.pixel_m == 100.0
    assert window.grid.shape == (101, 101)
    assert not np.isnan(window.heights_m).any()
    latitude, longitude = window.grid.centers_deg()
    np.testing.assert_allclose(window.heights_m, terrain.height_m(latitude, longitude), atol=RESAMPLED_M)


def test_the_packaged_terrain_is_the_whole_moon():
    rng = np.random.default_rng(1)
    latitude, longitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 2000))), rng.uniform(-180, 360, 2000)
    heights = Terrain.packaged().height_m(latitude, longitude)
    assert -9200.0 < heights.min() < heights.max() < 10_800.0


def test_names_and_fingerprints_are_of_all():
    terrain = made()
    assert terrain.name == "fine over middle over whole Moon"
    assert terrain.fingerprint == made().fingerprint
    assert terrain.fingerprint != Terrain(terrain.dems[1:]).fingerprint
    assert Terrain(terrain).dems == terrain.dems
    assert Terrain(terrain.finest).dems == terrain.dems[:1]


def test_what_is_no_terrain_is_refused():
    with pytest.raises(InputError, match="no terrain models"):
        Terrain([])
    for nothing in (5, None, "coarse.tif", [None]):
        with pytest.raises(InputError, match="not all are terrain models"):
            Terrain(nothing)
    with pytest.raises(InputError, match="not all are terrain models"):
        Terrain([made().dems[0], "coarse.tif"])
    with pytest.raises(InputError, match=r"not from fine to coarse: middle 1000 m, fine 100 m.*in that order"):
        Terrain([made().dems[1], made().dems[0]])
    with pytest.raises(InputError, match="outside the model"):
        Terrain(made().dems[:2]).height_m(10.0, 20.0)
    with pytest.raises(InputError, match=r"swapped\?"):
        Terrain.packaged().height_m(123.4, -88.8)
