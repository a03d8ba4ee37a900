"""Horizons of regions: against brute force and single places, in tiles, from files, over nested ground."""

import logging
import math

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.terrain import horizons as module
from lunarplan.terrain.horizon_cache import HorizonCache
from lunarplan.terrain.horizons import NODATA, horizons
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.profile import Views, skyline_of
from lunarplan.terrain.projection import MOON_RADIUS_M, Equirectangular, Grid, Stereographic
from tests.terrain.brute_force import Observer
from tests.terrain.ground import Shelf, lat_lon, of_function, polar, rough
from tests.terrain.test_profile import angle_of, elevation, massif, south_pole_500m
from tests.tolerances import REGION_DEG, STORED_DEG

GROUND = polar(rough((150, 170), relief_m=250.0), 500.0)  # slopes to 45 deg from pixel to pixel


def single_deg(ground, found, row, column, eye_m=0.0, distance_km=300.0):
    """The horizon of a region's pixel as `horizon_at` sees it, at the region's grid azimuths."""
    grid, terrain = found.grid, Terrain(ground)
    latitude, longitude = (float(a) for a in grid.lat_lon_deg(row, column))
    north = float(grid.projection.convergence_rad(*grid.xy_m(row, column)))
    about = Views(terrain, distance_km).about(latitude, longitude)
    standing, height = int(terrain.dem_index(latitude, longitude)), float(terrain.height_m(latitude, longitude))
    return np.degrees(skyline_of(about, standing, height, eye_m, found.azimuths_rad - north, distance_km))


# ---------------------------------------------------------------- against brute force


@pytest.mark.parametrize(("row", "column"), [(0, 0), (1184, 1184), (592, 592), (310, 885)])
def test_brute_force_on_the_500_m_pole(tests_only, row, column):
    """Corners of the model, where tiles share the least, and places within it."""
    dem = south_pole_500m(tests_only)
    region = dem.grid.window(row, column, (32, 32))
    found = horizons(dem, region, azimuths=24, observer_height_m=2.0, workers=1)
    rng = np.random.default_rng(row)
    for i, j in [(0, 0), (31, 31), (31, 0), *rng.integers(0, 32, (5, 2))]:
        observer = Observer(dem.heights_m, -303_750.0, 303_750.0, 500.0, row + i, column + j, 2.0)
        north = observer.grid_north()
        brute = [observer.horizon(a - north, 300e3) for a in found.azimuths_rad]
        np.testing.assert_allclose(found.elevation_deg(i, j), np.degrees(brute), atol=REGION_DEG)


def test_every_kind_of_tile_is_as_single_places_see_it():
    """Sizes that are no multiples of 32, eyes over the ground, a window of the model, a limit to the distance."""
    region = GROUND.grid.window(37, 52, (45, 70))
    found = horizons(GROUND, region, azimuths=12, distance_km=30.0, observer_height_m=20.0)
    assert found.elevation.shape == (2, 3, 12, 32, 32)
    for i, j in [(0, 0), (44, 69), (31, 32), (32, 31), (40, 2)]:
        wanted = single_deg(GROUND, found, i, j, 20.0, 30.0)
        np.testing.assert_allclose(found.elevation_deg(i, j), wanted, atol=REGION_DEG)


@pytest.mark.parametrize("center", [(-90.0, 0.0), (90.0, 0.0), (-85.0, 40.0), (12.0, -130.0)])
def test_maps_of_any_center(center):
    grid = Grid(Stereographic(*center), -30_000.0, 30_000.0, 500.0, (121, 121))
    dem = type(GROUND)(rough((121, 121), relief_m=400.0), grid)
    region = grid.window(30, 40, (20, 40))
    found = horizons(dem, region, azimuths=8, distance_km=20.0)
    for i, j in [(0, 0), (19, 39)]:
        wanted = single_deg(dem, found, i, j, 0.0, 20.0)
        np.testing.assert_allclose(found.elevation_deg(i, j), wanted, atol=REGION_DEG)


def test_fine_pixels():
    """5 m pixels at 2 km height: float32 of the height alone would lose 0.003 deg."""
    dem = polar(2000.0 + rough((100, 100), relief_m=3.0), 5.0)
    region = dem.grid.window(30, 30, (40, 40))
    found = horizons(dem, region, azimuths=8, distance_km=1.0)
    for i, j in [(0, 0), (39, 39), (17, 20)]:
        np.testing.assert_allclose(found.elevation_deg(i, j), single_deg(dem, found, i, j), atol=STORED_DEG)


def test_a_bare_sphere():
    dem = polar(np.full((500, 500), 700.0), 500.0)
    found = horizons(dem, dem.grid.window(240, 240, (32, 32)), azimuths=16, observer_height_m=200.0)
    dip = math.degrees(math.acos((MOON_RADIUS_M + 700.0) / (MOON_RADIUS_M + 900.0)))
    np.testing.assert_allclose(found.elevation / 360.0, -dip, atol=STORED_DEG)
    level = horizons(dem, dem.grid.window(240, 240, (32, 32)), azimuths=16)
    np.testing.assert_allclose(level.elevation / 360.0, 0.0, atol=STORED_DEG)


def test_a_wall_to_the_grid_east():
    dem = of_function(lambda x, y: np.where(x > 7_900.0, 900.0, 0.0), half=300, pixel_m=100.0)
    found = horizons(dem, dem.grid.window(300, 300, (1, 1)), azimuths=4)
    assert found.elevation_deg(0, 0)[1] == pytest.approx(
        math.degrees(elevation(900.0, 0.0, angle_of(8000.0))), abs=STORED_DEG
    )


# ---------------------------------------------------------------- what must not change a bit


def test_threads_change_nothing():
    region = GROUND.grid.window(3, 5, (120, 130))
    one, two = (horizons(GROUND, region, azimuths=12, workers=n).elevation for n in (1, 2))
    assert one.tobytes() == two.tobytes()


@pytest.mark.parametrize("eye_m", [0.0, 300.0])
def test_leaving_out_what_cannot_matter_changes_nothing(tests_only, monkeypatch, eye_m):
    dem = south_pole_500m(tests_only)
    region = dem.grid.window(704, 400, (32, 64))
    some = horizons(dem, region, azimuths=24, observer_height_m=eye_m)
    kernel = module.tiles

    def unskipped(*arguments):
        kernel(*arguments[:12], False, *arguments[13:])

    monkeypatch.setattr(module, "tiles", unskipped)
    every = horizons(dem, region, azimuths=24, observer_height_m=eye_m)
    assert some.elevation.tobytes() == every.elevation.tobytes()


def test_a_pixel_does_not_see_its_neighbours():
    """Horizons of a part are those of the whole, up to what a tile's middle shares."""
    whole = horizons(GROUND, GROUND.grid.window(0, 0, (96, 96)), azimuths=12)
    part = horizons(GROUND, GROUND.grid.window(32, 64, (32, 32)), azimuths=12)
    assert whole.elevation[1, 2].tobytes() == part.elevation[0, 0].tobytes()
    pixel = horizons(GROUND, GROUND.grid.window(40, 70, (1, 1)), azimuths=12)
    np.testing.assert_allclose(pixel.elevation_deg(0, 0), whole.elevation_deg(40, 70), atol=REGION_DEG)


def test_progress_is_told():
    told = []
    horizons(GROUND, GROUND.grid.window(0, 0, (70, 40)), azimuths=4, progress=lambda *done: told.append(done))
    assert told == [(2, 6), (4, 6), (6, 6)]


# ---------------------------------------------------------------- gaps and edges


def test_pixels_without_data_say_so():
    heights = rough((64, 64), relief_m=300.0)
    heights[10, 20], heights[40:44, 33] = np.nan, np.nan
    dem = polar(heights, 500.0)
    found = horizons(dem, dem.grid.window(0, 0, (50, 50)), azimuths=8)
    missing = np.isnan(heights[:50, :50])
    for a in range(8):
        assert (np.isnan(found.raster_deg(a)) == missing).all()
    assert (found.elevation[0, 0, :, 10, 20] == NODATA).all()
    assert (found.elevation[1, 1, :, 18:] == -90 * 360).all()
    np.testing.assert_allclose(found.elevation_deg(11, 20), single_deg(dem, found, 11, 20), atol=REGION_DEG)
    assert np.isnan(found.elevation_deg(10, 20)).all()


def test_a_region_past_the_model_has_no_data_there():
    region = GROUND.grid.window(140, 160, (30, 30))
    found = horizons(GROUND, region, azimuths=4)
    assert np.isfinite(found.raster_deg(0)[:10, :10]).all()
    assert np.isnan(found.raster_deg(0)[10:]).all()
    assert np.isnan(found.heights_m[:, 10:]).all()


def test_at_the_edge_of_the_model_there_is_nothing_beyond():
    found = horizons(GROUND, GROUND.grid.window(0, 0, (32, 32)), azimuths=4)
    assert (found.elevation[0, 0, 0, 0] == -90 * 360).all()
    assert (found.elevation[0, 0, 3, :, 0] == -90 * 360).all()


# ---------------------------------------------------------------- nested ground, other grids


def test_a_massif_outside_the_fine_model_is_seen():
    terrain = massif()
    region = terrain.finest.grid.window(55, 55, (11, 11))
    found = horizons(terrain, region, azimuths=8, workers=1)
    seen = math.degrees(elevation(3000.0, 0.0, angle_of(28e3, 28e3)))
    assert found.elevation_deg(5, 5)[1] == pytest.approx(seen, abs=REGION_DEG)
    for i, j in [(5, 5), (0, 10)]:
        np.testing.assert_allclose(found.elevation_deg(i, j), single_deg(terrain, found, i, j), atol=REGION_DEG)
    alone = horizons(terrain.finest, region, azimuths=8, workers=1)
    assert alone.elevation_deg(5, 5)[1] < REGION_DEG


def test_three_models_over_one_another(tests_only):
    """A window of the 500 m pole on the packaged 1 km, on the whole Moon."""
    fine = south_pole_500m(tests_only).window(560, 480, (90, 90))
    terrain = Terrain([fine, *Terrain.packaged().dems])
    found = horizons(terrain, fine.grid.window(20, 30, (40, 40)), azimuths=24)
    for i, j in [(0, 0), (39, 39), (17, 30)]:
        np.testing.assert_allclose(found.elevation_deg(i, j), single_deg(terrain, found, i, j), atol=REGION_DEG)


def test_coarse_ground_fills_a_hole_of_the_fine():
    heights = np.zeros((200, 200))
    heights[90:130, 100:140] = np.nan
    fine = polar(heights, 100.0)
    coarse = of_function(lambda x, y: np.where(np.hypot(x - 2000.0, y + 1000.0) < 700.0, 800.0, 0.0), 30, 500.0)
    terrain = Terrain([fine, coarse])
    found = horizons(terrain, fine.grid.window(140, 20, (16, 16)), azimuths=36)
    assert found.raster_deg(6).max() > 3.0
    for i, j in [(0, 0), (15, 15)]:
        np.testing.assert_allclose(found.elevation_deg(i, j)[::3], single_deg(terrain, found, i, j)[::3], atol=0.1)


def test_a_region_of_other_pixels_takes_the_ground_resampled_to_them():
    smooth = of_function(lambda x, y: 800.0 * np.cos(x / 9000.0) * np.cos(y / 7000.0), 100, 250.0)
    region = Grid(Stereographic(-90.0), -4200.0, 5100.0, 310.0, (30, 30))
    found = horizons(smooth, region, azimuths=8)
    np.testing.assert_allclose(found.elevation_deg(7, 9), single_deg(smooth, found, 7, 9), atol=0.3)


def test_heights_that_are_not_in_memory_are_read_in_part():
    shelf = Shelf(rough((600, 600), relief_m=300.0))
    grid = polar(np.zeros((600, 600)), 500.0).grid
    dem = type(GROUND)(shelf, grid)
    found = horizons(dem, grid.window(300, 300, (32, 32)), azimuths=4, distance_km=20.0)
    assert shelf.largest < 200 * 200
    whole = horizons(dem.in_memory(), grid.window(300, 300, (32, 32)), azimuths=4, distance_km=20.0)
    assert found.elevation.tobytes() == whole.elevation.tobytes()


# ---------------------------------------------------------------- files

REGION = GROUND.grid.window(10, 20, (40, 50))


def test_what_was_kept_is_read_back(tmp_path, monkeypatch):
    made = horizons(GROUND, REGION, azimuths=8, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    monkeypatch.setattr(module, "_fill", None)  # nothing is computed
    again = horizons(GROUND, REGION, azimuths=8, cache=tmp_path)
    assert isinstance(again.elevation, np.memmap)
    assert again.elevation.tobytes() == made.elevation.tobytes()
    assert not again.elevation.flags.writeable


def test_kept_or_not_the_bytes_are_the_same(tmp_path):
    assert (
        horizons(GROUND, REGION, azimuths=8, cache=tmp_path).elevation.tobytes()
        == horizons(GROUND, REGION, azimuths=8).elevation.tobytes()
    )


@pytest.mark.parametrize(
    "change",
    [
        {"azimuths": 9},
        {"distance_km": 200.0},
        {"observer_height_m": 1.0},
        {"terrain": polar(rough((150, 170), 1), 500.0)},
    ],
)
def test_other_questions_have_files_of_their_own(tmp_path, change):
    arguments = {"terrain": GROUND, "region": REGION, "azimuths": 8, "cache": tmp_path}
    horizons(**arguments)
    horizons(**(arguments | change))
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("harm", ["torn", "flipped", "empty", "another"])
def test_a_damaged_file_is_named_and_made_again(tmp_path, caplog, harm):
    made = horizons(GROUND, REGION, azimuths=8, cache=tmp_path).elevation.tobytes()
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    if harm == "flipped":
        content[-1000] ^= 1
    if harm == "another":
        content = content.replace(b'"azimuths": 8', b'"azimuths": 7')
    path.write_bytes({"torn": content[:-5], "empty": b""}.get(harm, content))
    with caplog.at_level(logging.WARNING):
        again = horizons(GROUND, REGION, azimuths=8, cache=tmp_path)
    assert path.name in caplog.text
    assert again.elevation.tobytes() == made


def test_an_interrupt_leaves_no_file(tmp_path):
    def stop(done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        horizons(GROUND, REGION, azimuths=8, cache=tmp_path, progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be(tmp_path):
    (tmp_path / "file").write_text("")
    for cache in (tmp_path / "file", 3):
        with pytest.raises(InputError, match="cache"):
            horizons(GROUND, REGION, azimuths=8, cache=cache)
    with pytest.raises(InputError, match="bytes"):
        HorizonCache(tmp_path, {}, (1, 10**6, 10**4, 32, 32)).create()


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"region": "here"}, "region"),
        ({"region": Grid(Equirectangular(), 0.0, 0.0, 500.0, (4, 4))}, "Equirectangular"),
        ({"region": Grid.about(10.0, 0.0, 5e3, 500.0)}, "no heights"),
        ({"azimuths": 2}, "azimuths"),
        ({"distance_km": math.inf}, "distance_km"),
        ({"observer_height_m": math.nan}, "observer_height_m"),
    ],
)
def test_arguments_out_of_range(change, named):
    with pytest.raises(InputError, match=named):
        horizons(**({"terrain": GROUND, "region": REGION} | change))


def test_what_does_not_fit_into_memory_is_refused_before_it_is_tried():
    dem = lat_lon(np.zeros((180, 360)))
    region = Grid.about(-80.0, 0.0, 400e3, 100.0)
    with pytest.raises(InputError, match="memory"):
        horizons(dem, region, azimuths=36_000, distance_km=1.0)


def test_pixels_the_region_does_not_have():
    found = horizons(GROUND, REGION, azimuths=4)
    with pytest.raises(InputError, match="pixel"):
        found.elevation_deg(40, 0)
