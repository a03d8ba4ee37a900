import math
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.errors import InputError
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.projection import Grid, Stereographic
from tests.terrain.ground import Shelf, height_by_planes, lat_lon, of_function, polar, rough
from tests.tolerances import CENTER_SNAP_M, PLANE_M, POLE_M, RESAMPLED_M, SEAM_M, SURFACE_M

ROUGH = rough((12, 15))
MOON = rough((90, 180), seed=5)


# ---------------------------------------------------------------- the surface


@given(st.floats(0.0, 11.0), st.floats(0.0, 14.0))
def test_the_surface_is_planes_through_three_pixels(row, column):
    height = polar(ROUGH).height_at_pixels_m(row, column)
    assert height == pytest.approx(height_by_planes(ROUGH, row, column), abs=CENTER_SNAP_M)


def test_the_cut_runs_from_the_upper_left_to_the_lower_right():
    dem = polar([[0.0, 100.0], [200.0, 0.0]])
    assert dem.height_at_pixels_m(0.5, 0.5) == 0.0
    assert dem.height_at_pixels_m(0.25, 0.75) == 50.0
    assert dem.height_at_pixels_m(0.75, 0.25) == 100.0


def test_pixel_centers_have_their_own_height_whatever_is_beside_them():
    heights = np.full((3, 3), np.nan)
    heights[1, 1] = 7.0
    dem = polar(heights)
    latitude, longitude = dem.grid.lat_lon_deg(1, 1)
    assert dem.height_m(latitude, longitude) == 7.0
    assert np.isnan(dem.height_at_pixels_m(1.0, 1.001))


def test_a_triangle_with_data_does_not_mind_the_fourth_corner():
    dem = polar([[1.0, 2.0], [np.nan, 3.0]])
    assert dem.height_at_pixels_m(0.2, 0.7) == pytest.approx(1.9)
    assert dem.height_at_pixels_m(0.5, 0.5) == 2.0
    assert np.isnan(dem.height_at_pixels_m(0.7, 0.2))


def test_the_surface_ends_at_the_outermost_centers():
    dem = polar(ROUGH)
    rows, columns = np.array([0.0, 11.0, -1e-3, 11.001, 5.0, 5.0]), np.array([0.0, 14.0, 3.0, 3.0, -1e-3, 14.001])
    assert np.isnan(dem.height_at_pixels_m(rows, columns)).tolist() == [False, False, True, True, True, True]


def test_a_batch_is_a_loop():
    dem = polar(ROUGH)
    rng = np.random.default_rng(2)
    latitude, longitude = dem.grid.lat_lon_deg(rng.uniform(0, 11, (4, 5)), rng.uniform(0, 14, (4, 5)))
    batch = dem.height_m(latitude, longitude)
    assert batch.shape == (4, 5)
    loop = [
        [float(dem.height_m(a, b)) for a, b in zip(p, q, strict=True)] for p, q in zip(latitude, longitude, strict=True)
    ]
    assert batch.tolist() == loop
    assert dem.height_m([], []).shape == (0,)


def test_heights_read_on_demand_make_the_same_surface():
    heights = rough((1500, 2300), seed=8)
    shelf = Shelf(heights)
    rng = np.random.default_rng(4)
    rows, columns = rng.uniform(-1.0, 1500.0, 300), rng.uniform(-1.0, 2300.0, 300)
    here, there = polar(heights), Dem(shelf, polar(heights).grid)
    np.testing.assert_array_equal(there.height_at_pixels_m(rows, columns), here.height_at_pixels_m(rows, columns))
    assert shelf.largest <= 1024 * 1024
    assert there.fingerprint == here.fingerprint
    np.testing.assert_array_equal(there.in_memory().heights_m, heights)


def test_heights_may_be_a_memory_map(tmp_path):
    heights = rough((50, 70), seed=8)
    heights.tofile(tmp_path / "heights")
    mapped = Dem(np.memmap(tmp_path / "heights", np.float32, "r", shape=(50, 70)), polar(heights).grid)
    assert isinstance(mapped.heights_m, np.memmap)
    assert mapped.fingerprint == polar(heights).fingerprint
    assert mapped.height_m(-90.0, 0.0) == polar(heights).height_m(-90.0, 0.0)


def test_one_pixel_one_row_and_one_column_are_models_too():
    assert polar([[5.0]]).height_m(-90.0, 0.0) == 5.0
    assert polar([[4.0, 6.0]]).height_m(-90.0, 0.0) == 5.0
    assert polar([[4.0], [6.0]]).height_m(-90.0, 0.0) == 5.0


# ---------------------------------------------------------------- seam and poles


@pytest.mark.parametrize("west", [0.0, -180.0])
def test_the_seam_is_like_any_other_place(west):
    moon, turned = lat_lon(MOON, west), lat_lon(np.roll(MOON, 77, axis=1), west - 154.0)
    rng = np.random.default_rng(1)
    latitude = rng.uniform(-90.0, 90.0, 500)
    longitude = np.concatenate([rng.uniform(-180.0, 180.0, 300), rng.uniform(-1.0, 1.0, 200)])
    np.testing.assert_allclose(moon.height_m(latitude, longitude), turned.height_m(latitude, longitude), atol=SEAM_M)
    assert moon.height_m(10.0, -1e-9) == pytest.approx(float(moon.height_m(10.0, 1e-9)), abs=SEAM_M)
    assert moon.height_m(10.0, -180.0) == pytest.approx(float(moon.height_m(10.0, 180.0)), abs=SURFACE_M)


@pytest.mark.parametrize(("pole", "row"), [(90.0, 0), (-90.0, -1)])
def test_a_pole_has_one_height_and_the_ground_leads_up_to_it(pole, row):
    moon = lat_lon(MOON)
    at_pole = moon.height_m(pole, np.linspace(-180.0, 180.0, 37))
    assert np.ptp(at_pole) < SURFACE_M
    assert at_pole[0] == pytest.approx(MOON[row].mean(dtype=float), abs=SURFACE_M)
    near = moon.height_m(pole - math.copysign(1e-7, pole), np.linspace(-180.0, 180.0, 37))
    assert np.abs(near - at_pole).max() < POLE_M
    edge = math.copysign(89.0, pole)
    assert moon.height_m(edge, 11.0) == pytest.approx(MOON[row, 5], abs=SURFACE_M)


# ---------------------------------------------------------------- other grids


def test_on_its_own_grid_nothing_changes():
    dem = polar(ROUGH)
    np.testing.assert_array_equal(dem.on(dem.grid).heights_m, ROUGH)


def test_on_a_finer_grid_the_surface_is_sampled():
    dem = polar(ROUGH)
    fine = dem.on(Grid(dem.grid.projection, dem.grid.x0_m, dem.grid.y0_m, 25.0, (45, 57)))
    for row, column in ((3, 5), (10, 0), (44, 56), (17, 33)):
        expected = height_by_planes(ROUGH, row / 4.0, column / 4.0)
        assert fine.heights_m[row, column] == pytest.approx(expected, abs=RESAMPLED_M)


def test_on_a_coarser_grid_pixels_are_means():
    heights = rough((12, 16), seed=3)
    dem = polar(heights)
    blocks = heights.reshape(3, 4, 4, 4).mean((1, 3), dtype=float)
    np.testing.assert_allclose(dem.on(dem.grid.coarser(4)).heights_m, blocks, atol=RESAMPLED_M)
    np.testing.assert_allclose(dem.coarser(4).heights_m, blocks, atol=RESAMPLED_M)
    assert dem.coarser(4).grid == dem.grid.coarser(4)
    assert dem.coarser(5).heights_m.shape == (2, 3)


def test_far_coarser_pixels_are_means_of_samples(monkeypatch):
    """100 pixels on a side, 32 of them looked at: the mean of a ramp is that of its middle."""
    dem = of_function(lambda x, y: 0.1 * x - 0.2 * y, half=200, pixel_m=10.0)
    monkeypatch.setattr("lunarplan.terrain.dem._BLOCK_PIXELS", 5000)
    means = dem.on(Grid(dem.grid.projection, -1000.0, 1000.0, 1000.0, (3, 3))).heights_m
    assert np.abs(means - [[-300.0, -200.0, -100.0], [-100.0, 0.0, 100.0], [100.0, 200.0, 300.0]]).max() < PLANE_M


def test_means_are_of_what_there_is_if_it_is_half():
    heights = np.arange(16.0).reshape(4, 4)
    heights[:2, 0] = np.nan
    heights[2:, 2:] = np.nan
    heights[0, 2:] = np.nan
    heights[1, 2] = np.nan
    means = polar(heights).coarser(2).heights_m
    assert means[0, 0] == np.mean([1.0, 5.0])
    assert np.isnan(means[0, 1])
    assert np.isnan(means[1, 1])
    assert means[1, 0] == np.mean([8.0, 9.0, 12.0, 13.0])


def test_another_map_of_the_same_ground_has_its_heights():
    dem = lat_lon(MOON)
    window = dem.stereographic(30.0, 0.5, 200_000.0, 10_000.0)
    latitude, longitude = window.grid.centers_deg()
    assert window.grid.shape == (41, 41)
    np.testing.assert_allclose(window.heights_m, dem.height_m(latitude, longitude), atol=RESAMPLED_M)


@pytest.mark.parametrize(
    "center", [(0.0, 0.0), (45.0, 180.0), (90.0, 0.0), (-90.0, 30.0), (-89.7, 129.8), (20.0, 359.9)]
)
def test_a_window_anywhere_on_the_moon_is_whole(center):
    window = lat_lon(MOON).stereographic(*center, 300_000.0, 20_000.0)
    assert not np.isnan(window.heights_m).any()
    middle = window.grid.shape[0] // 2
    assert window.heights_m[middle, middle] == pytest.approx(float(lat_lon(MOON).height_m(*center)), abs=RESAMPLED_M)


def test_a_window_about_the_maps_own_center_is_cut_out():
    dem = polar(rough((60, 60)))
    assert dem.stereographic(-90.0, 0.0, 3000.0) is dem
    window = dem.stereographic(-90.0, 0.0, 1000.0)
    np.testing.assert_array_equal(window.heights_m, dem.heights_m[20:40, 20:40])
    assert window.grid.extent_m == (-1000.0, 1000.0, -1000.0, 1000.0)


def test_a_tile_that_does_not_reach_its_maps_center_has_no_window_there():
    tile = Dem(rough((20, 20)), Grid(Stereographic(-90.0), 158_000.0, 95_000.0, 5.0, (20, 20)), "tile")
    with pytest.raises(InputError, match="tile: its map's centre is not on it"):
        tile.stereographic(-90.0, 0.0, 1000.0)
    np.testing.assert_array_equal(tile.stereographic(-90.0, 0.0, 200_000.0).heights_m, tile.heights_m)


def test_a_region_is_the_models_own_pixels():
    dem = polar(rough((60, 60)))
    latitude, longitude = dem.grid.lat_lon_deg(20, 30)
    region = dem.region(float(latitude), float(longitude), 500.0)
    np.testing.assert_array_equal(region.heights_m, dem.heights_m[15:26, 25:36])
    assert float(region.grid.rows_columns(latitude, longitude)[0]) == 5.0
    corner = dem.region(*(float(a) for a in dem.grid.lat_lon_deg(0, 0)), 500.0)
    np.testing.assert_array_equal(corner.heights_m, dem.heights_m[:6, :6])


def test_a_region_across_the_meridian_is_in_one_piece():
    dem = lat_lon(MOON)
    region = dem.region(0.0, 0.0, 200_000.0)
    rows, columns = region.grid.shape
    assert columns == 6
    latitude, longitude = region.grid.centers_deg()
    np.testing.assert_array_equal(region.heights_m, dem.height_m(latitude, longitude).astype(np.float32))
    assert dem.region(-90.0, 0.0, 200_000.0).grid.shape[1] == 180
    assert rows == 6


# ---------------------------------------------------------------- provenance, and what is refused


def test_models_cannot_be_changed():
    dem = polar(ROUGH)
    with pytest.raises(FrozenInstanceError):
        dem.name = "other"
    with pytest.raises(ValueError, match="read-only"):
        dem.heights_m[0, 0] = 1.0
    ROUGH[0, 0] = ROUGH[0, 0]  # the caller's own array stays writable


def test_fingerprints_tell_models_apart():
    dem = polar(ROUGH)
    other = ROUGH.copy()
    other[3, 3] += 0.01
    assert dem.fingerprint == polar(ROUGH, name="other").fingerprint
    assert len({dem.fingerprint, polar(other).fingerprint, polar(ROUGH, 101.0).fingerprint}) == 3


def test_provenance_stays_with_windows():
    dem = Dem(ROUGH, polar(ROUGH).grid, "site", "somebody", "ab12")
    for made in (dem.coarser(2), dem.region(-90.0, 0.0, 200.0), dem.stereographic(-89.99, 0.0, 200.0)):
        assert (made.name, made.source, made.sha256) == ("site", "somebody", "ab12")


@pytest.mark.parametrize("place", [(-80.0, 0.0), (10.0, 20.0), (90.0, 0.0)])
def test_places_outside_are_named_with_what_there_is(place):
    dem = polar(rough((60, 60)), name="LDEM")
    with pytest.raises(
        InputError, match=r"LDEM: latitude .* is outside the model \(allowed: 6 x 6 km about latitude -90"
    ):
        dem.height_m([-90.0, place[0]], [0.0, place[1]])
    with pytest.raises(InputError, match="outside the model"):
        dem.region(*place, 100.0)
    with pytest.raises(InputError, match="no data about this place"):
        dem.stereographic(*place, 500.0)


def test_places_without_data_are_told_from_those_outside():
    heights = rough((9, 9))
    heights[3:6, 3:6] = np.nan
    dem = polar(heights)
    with pytest.raises(InputError, match=r"has no data under it \(and 1 more places\).*Terrain"):
        dem.height_m([-90.0, -89.9999, -89.989], [0.0, 0.0, 0.0])
    assert np.isnan(dem.height_or_nan_m(-90.0, 0.0))


def test_heights_and_grid_must_match():
    grid = Grid(Stereographic(-90.0), 0.0, 0.0, 5.0, (3, 4))
    with pytest.raises(InputError, match=r"\(4, 3\) on a grid of \(3, 4\)"):
        Dem(np.zeros((4, 3)), grid)
    with pytest.raises(InputError, match="not a table of numbers"):
        Dem(np.zeros((3, 4), complex), grid)
    with pytest.raises(InputError, match="not a table of numbers"):
        Dem([["a"]], grid)
    with pytest.raises(InputError, match="infinite"):
        Dem(np.full((3, 4), np.inf), grid)
    with pytest.raises(InputError, match="heights_m: None"):
        Dem(None, grid)
    with pytest.raises(InputError, match="allowed: Grid"):
        Dem(np.zeros((3, 4)), None)
    assert Dem(np.full((3, 4), 7, np.int16), grid).heights_m.dtype == np.float32


def test_rasters_that_would_not_fit_are_refused():
    with pytest.raises(InputError, match="pixels in memory"):
        polar(ROUGH).stereographic(-90.0, 0.0, 5e6, 0.1)
    with pytest.raises(InputError, match="window of"):
        polar(ROUGH).window(0, 0, (20, 20))
    with pytest.raises(InputError, match="factor"):
        polar(ROUGH).coarser(0)
    with pytest.raises(InputError, match="half_width_m"):
        polar(ROUGH).stereographic(-90.0, 0.0, -5.0)
    with pytest.raises(InputError, match="pixel_m"):
        polar(ROUGH).stereographic(-90.0, 0.0, 500.0, 0.0)


def test_a_plane_stays_a_plane():
    dem = of_function(lambda x, y: 0.1 * x - 0.2 * y)
    x, y = np.meshgrid(np.linspace(-1900.0, 1900.0, 23), np.linspace(-1900.0, 1900.0, 17))
    heights = dem.height_m(*dem.grid.projection.inverse(x, y))
    assert np.abs(heights - (0.1 * x - 0.2 * y)).max() < PLANE_M
