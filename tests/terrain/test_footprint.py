import math

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.io.dem import read_dem
from lunarplan.terrain.footprint import footprint
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.slope import slope_at
from tests.terrain.ground import of_function, polar, rough
from tests.tolerances import CURVED_PLANE_DEG, PLANE_M


def test_on_a_plane_nothing_stands_out():
    ground = of_function(lambda x, y: 0.1 * x - 0.05 * y, pixel_m=1.0)
    found = footprint(ground, -90.0, 0.0, 10.0)
    assert found.slope_deg == pytest.approx(math.degrees(math.atan(math.hypot(0.1, 0.05))), abs=CURVED_PLANE_DEG)
    assert found.aspect_deg == pytest.approx(math.degrees(math.atan2(-0.1, 0.05)) % 360.0, abs=0.01)
    assert max(found.bump_m, found.hollow_m) < PLANE_M
    assert found.clear(8.0, 0.3)
    assert not found.clear(5.0, 0.3)
    assert found.caution is None


def test_a_block_and_a_pit_stand_out():
    heights = np.zeros((41, 41))
    heights[20, 20], heights[20, 24] = 0.8, -0.5
    found = footprint(polar(heights, 1.0), -90.0, 0.0, 10.0)
    assert found.bump_m == pytest.approx(0.8, abs=0.05)  # less what the plane rises by
    assert found.hollow_m == pytest.approx(0.5, abs=0.15)
    assert not found.clear(8.0, 0.3)


def test_many_places_are_a_loop():
    ground = polar(rough((61, 61), 3, 10.0), 5.0)
    rng = np.random.default_rng(1)
    latitude, longitude = ground.grid.lat_lon_deg(rng.uniform(5, 55, (3, 4)), rng.uniform(5, 55, (3, 4)))
    batch = footprint(ground, latitude, longitude, 12.0)
    assert batch.slope_deg.shape == (3, 4)
    one = footprint(ground, latitude[2, 1], longitude[2, 1], 12.0)
    assert batch.slope_deg[2, 1] == pytest.approx(float(one.slope_deg), rel=1e-12)
    assert batch.bump_m[2, 1] == pytest.approx(float(one.bump_m), rel=1e-9)
    assert footprint(ground, [], []).slope_deg.shape == (0,)


def test_a_fitted_plane_is_near_the_four_point_slope(tests_only):
    """Over 50 m of Nobile Rim 2, where one has all points of the disc and the other four on its rim."""
    ground = read_dem(tests_only("nobile_rim2_1km_5m.tif"))
    rows, columns = np.meshgrid(np.arange(20, 180, 20), np.arange(20, 180, 20))
    latitude, longitude = ground.grid.lat_lon_deg(rows, columns)
    fitted, four = footprint(ground, latitude, longitude, 50.0), slope_at(ground, latitude, longitude, 50.0)
    assert np.corrcoef(fitted.slope_deg.ravel(), four.slope_deg.ravel())[0, 1] > 0.95
    assert np.mean(fitted.slope_deg - four.slope_deg) == pytest.approx(0.0, abs=0.15)


def test_coarse_ground_says_so():
    found = footprint(Terrain.packaged(), -89.45, 222.7)
    assert found.caution is not None
    assert found.caution.pixel_m == 1000.0


def test_beside_the_edge_there_is_no_footprint():
    with pytest.raises(InputError, match="outside the model"):
        footprint(polar(rough((5, 5)), 1.0), -90.0, 0.0, 10.0)
    with pytest.raises(InputError, match="diameter_m"):
        footprint(polar(rough((5, 5)), 1.0), -90.0, 0.0, 0.0)
