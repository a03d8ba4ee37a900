import math

import numpy as np
import pytest
from rasterio import warp

from lunarplan.errors import InputError
from lunarplan.io.dem import read_dem
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.packaged import south_pole_1km
from lunarplan.terrain.projection import MOON_RADIUS_M, Grid, Stereographic
from lunarplan.terrain.slope import slope_at, slope_blocks, slope_map
from lunarplan.terrain.statistics import slope_summary
from tests.terrain.ground import Shelf, lat_lon, of_function, polar, rough
from tests.tolerances import BIN_DEG, CURVED_PLANE_DEG, FLOAT32_SLOPE_DEG, SLOPE_DEG, SLOPE_VS_VECTORS_DEG

# ---------------------------------------------------------------- made-up ground


@pytest.mark.parametrize("baseline", [200.0, 250.0, 400.0, 1300.0])
def test_a_plane_has_one_slope_at_any_baseline(baseline):
    dem = of_function(lambda x, y: 0.12 * x - 0.05 * y)
    slopes = slope_map(dem, baseline).values
    margin = math.ceil(baseline / 200.0)
    inner = slopes[margin:-margin, margin:-margin]
    assert np.abs(inner - math.degrees(math.atan(0.13))).max() < CURVED_PLANE_DEG
    assert np.isnan(slopes[: margin - 1]).all()
    assert np.isnan(slopes).sum() == slopes.size - inner.size


def test_a_cone_is_as_steep_everywhere():
    dem = of_function(lambda x, y: -0.3 * np.hypot(x, y), half=60)
    slopes = slope_map(dem).values
    r = np.hypot(*np.meshgrid(np.arange(-60, 61) * 100.0, np.arange(-60, 61) * 100.0))
    true = np.degrees(np.arctan(0.3 / (1.0 - 0.3 * r / MOON_RADIUS_M)))  # circles are shorter below
    bound = np.degrees(0.3 * (100.0 / np.maximum(r, 1.0)) ** 2)  # third derivatives, times half a baseline squared
    far = (r > 500.0) & ~np.isnan(slopes)
    assert (np.abs(slopes - true)[far] < bound[far] + CURVED_PLANE_DEG).all()
    assert slopes[60, 60] == 0.0


@pytest.mark.parametrize("baseline", [200.0, 600.0])
def test_waves_lose_what_the_baseline_takes_from_them(baseline):
    """Differences over L of waves of number k are those of the slope times sin(kL/2) / (kL/2)."""
    k = 2.0 * math.pi / 1500.0
    dem = of_function(lambda x, y: 40.0 * np.sin(k * x) + 0.0 * y, half=50)
    x = np.arange(-50, 51) * 100.0
    gradient = 40.0 * k * np.cos(k * x) * math.sin(k * baseline / 2.0) / (k * baseline / 2.0)
    row = slope_map(dem, baseline).values[50]
    valid = ~np.isnan(row)
    assert np.abs(row - np.degrees(np.arctan(np.abs(gradient))))[valid].max() < CURVED_PLANE_DEG


def test_far_from_the_maps_center_metres_are_those_of_the_moon():
    """A ramp of 5 per cent away from the pole, 300 km from it: the map's scale is 1.0075, the arc is what counts."""
    grid = Grid(Stereographic(-90.0), 0.0, 300_000.0, 500.0, (41, 5))
    latitude, _ = grid.centers_deg()
    dem = Dem(0.05 * np.radians(latitude + 80.0) * MOON_RADIUS_M, grid)
    slopes = slope_map(dem, 1000.0).values[1:-1, 1:-1]
    heights = dem.heights_m[1:-1, 1:-1]
    expected = np.degrees(np.arctan(0.05 / (1.0 + heights / MOON_RADIUS_M)))
    assert np.abs(slopes - expected).max() < SLOPE_DEG


def test_aspect_is_where_the_ground_falls_to():
    dem = of_function(lambda x, y: -0.1 * x + 0.0 * y)  # falls towards longitude 90 E at the pole
    for longitude in (0.0, 45.0, 123.0):
        found = slope_at(dem, -89.99, longitude, 200.0)
        assert found.aspect_deg == pytest.approx((90.0 - longitude) % 360.0, abs=0.01)  # north is along the longitude
        assert found.slope_deg == pytest.approx(math.degrees(math.atan(0.1)), abs=CURVED_PLANE_DEG)


# ---------------------------------------------------------------- against others


def slope_by_vectors(dem, row, column, half):
    """Angle between the vertical and the normal of four points in space, their places from PROJ."""
    x, y = dem.grid.xy_m(
        np.array([row, row, row - half, row + half]), np.array([column - half, column + half, column, column])
    )
    text = f"+proj=stere +lat_0=-90 +lon_0=0 +R={MOON_RADIUS_M}"
    longitude, latitude = (np.radians(a) for a in warp.transform(text, f"+proj=longlat +R={MOON_RADIUS_M}", x, y))
    heights = [dem.heights_m[row, column - half], dem.heights_m[row, column + half]]
    heights += [dem.heights_m[row - half, column], dem.heights_m[row + half, column]]
    r = MOON_RADIUS_M + np.array(heights, float)
    directions = np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], -1
    )
    west, east, north, south = r[:, None] * directions
    normal = np.cross(east - west, north - south)
    up = directions.sum(axis=0)
    return math.degrees(math.acos(normal @ up / np.linalg.norm(normal) / np.linalg.norm(up)))


@pytest.mark.parametrize("half", [1, 3])
def test_slopes_are_those_of_vectors_in_space(half):
    dem = south_pole_1km()
    slopes = slope_map(dem, 2000.0 * half).values
    rng = np.random.default_rng(7)
    for row, column in rng.integers(half, 608 - half, (100, 2)):
        assert slopes[row, column] == pytest.approx(slope_by_vectors(dem, row, column, half), abs=SLOPE_VS_VECTORS_DEG)


def test_slopes_of_pixels_and_of_places_agree():
    """At the pole, where rows and columns are meridians: elsewhere the two look in other directions."""
    dem = polar(rough((41, 41), 3, 50.0))
    pixel = slope_map(dem, 400.0).values[20, 20]
    assert slope_at(dem, -90.0, 0.0, 400.0).slope_deg == pytest.approx(pixel, abs=FLOAT32_SLOPE_DEG)


def test_nobile_rim_2_has_the_slopes_found_before(tests_only):
    """5 m tile at a 10 m baseline: median 4.2, 95 per cent under 8.8, at most 19.7 deg, by numpy.gradient alone."""
    dem = read_dem(tests_only("nobile_rim2_1km_5m.tif"))
    slopes = slope_map(dem, 10.0)
    down, right = np.gradient(dem.heights_m.astype(float), 5.0)
    plain = np.degrees(np.arctan(np.hypot(down, right)))[1:-1, 1:-1]
    scale = dem.grid.projection.scale_at(dem.grid.x0_m, dem.grid.y0_m)
    assert np.abs(slopes.values[1:-1, 1:-1] / plain - scale).max() < 1e-3  # height, and the tangent's curvature
    assert slopes.caution is None
    assert np.nanpercentile(slopes.values, 50.0) == pytest.approx(4.24, abs=BIN_DEG)


# ---------------------------------------------------------------- blocks, holes, cautions


def test_blocks_of_a_file_are_the_slopes_of_the_whole(monkeypatch):
    heights = rough((300, 200), 4)
    whole = slope_map(polar(heights), 350.0).values
    monkeypatch.setattr("lunarplan.terrain.dem._BLOCK_PIXELS", 200 * 7)
    shelf = Shelf(heights)
    blocks = list(slope_blocks(Dem(shelf, polar(heights).grid), 350.0))
    assert [(b.start, b.stop) for b, _ in blocks][:2] == [(0, 7), (7, 14)]
    np.testing.assert_array_equal(np.concatenate([values for _, values in blocks]), whole)
    assert shelf.largest <= 200 * 11


def test_a_hole_takes_the_slopes_beside_it_along():
    heights = rough((9, 9), 1)
    heights[4, 4] = np.nan
    gone = np.isnan(slope_map(polar(heights)).values)
    assert gone[4, 4]
    assert gone[3, 4]
    assert gone[4, 5]
    assert not gone[3, 3]


def test_figures_of_a_large_model_are_those_of_its_slopes():
    dem = south_pole_1km()
    slopes = slope_map(dem).values
    found = slope_summary(dem)
    valid = slopes[~np.isnan(slopes)]
    assert (found.count, found.missing) == (valid.size, slopes.size - valid.size)
    assert found.least == valid.min()
    assert found.greatest == valid.max()
    assert found.mean == pytest.approx(valid.mean(dtype=float), rel=1e-12)
    for percent in (1.0, 50.0, 95.0, 100.0):
        assert found.percentile(percent) == pytest.approx(np.percentile(valid, percent), abs=BIN_DEG)
    assert found.fraction_within(8.0) == pytest.approx(np.mean(valid <= 8.0), abs=1e-3)


def test_coarse_models_say_what_they_do_not_show():
    found = slope_map(south_pole_1km())
    assert found.baseline_m == 2000.0
    assert found.caution is not None
    assert (found.caution.pixel_m, found.caution.needed_m) == (1000.0, 5.0)
    assert "pixels of 1000 m do not show what a lander stands on" in str(found.caution)
    assert slope_at(Terrain.packaged(), -89.0, 10.0, 10.0).caution is not None
    assert slope_map(polar(rough((9, 9)), 5.0)).caution is None


def test_nested_models_do_not_make_a_cliff_where_they_meet():
    level = Terrain([polar(np.full((21, 21), 500.0), 10.0), polar(np.zeros((21, 21)), 100.0)])
    edge = float(level.dems[0].grid.lat_lon_deg(0, 10)[0])
    assert slope_at(level, [edge, edge + 1e-4, -90.0], 0.0, 40.0).slope_deg.max() == 0.0


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        (100.0, r"baseline of 100 m on pixels of 100 m \(allowed: 200 to 4000 m\); give a finer model"),
        (5000.0, "give a wider model"),
        (math.nan, "nan m"),
        (-10.0, "-10"),
    ],
)
def test_baselines_that_say_nothing_are_refused(baseline, message):
    with pytest.raises(InputError, match=message):
        slope_map(polar(rough((41, 41))), baseline)


def test_degrees_are_no_metres():
    with pytest.raises(InputError, match=r"not conformal .*stereographic.*Dem\.stereographic"):
        slope_map(lat_lon(rough((90, 180))))


def test_places_beside_the_edge_are_refused():
    dem = polar(rough((41, 41)))
    edge = [float(a) for a in dem.grid.lat_lon_deg(0, 20)]
    with pytest.raises(InputError, match="nearer to the edge"):
        slope_at(dem, *edge, 200.0)
    with pytest.raises(InputError, match="outside the model"):
        slope_at(dem, 10.0, 20.0, 200.0)
    assert slope_at(dem, [], [], 200.0).slope_deg.shape == (0,)
