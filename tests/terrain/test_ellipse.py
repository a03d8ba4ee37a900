import math

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.ellipse import landing_ellipse
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import Grid
from tests.terrain.ground import of_function, polar, rough
from tests.tolerances import CURVED_PLANE_DEG


def place(dem, row, column):
    return tuple(float(a) for a in dem.grid.lat_lon_deg(row, column))


def test_a_tilted_plane_is_as_steep_all_over():
    dem = of_function(lambda x, y: 0.1 * x + 0.1 * y, pixel_m=10.0, half=60)
    found = landing_ellipse(dem, -90.0, 0.0, 400.0, 200.0, 30.0, 20.0)
    assert found.slope_deg.size == pytest.approx(math.pi * 400.0 * 200.0 / 100.0, rel=0.01)
    assert found.covered == 1.0
    assert np.abs(found.slope_deg - math.degrees(math.atan(0.1 * math.sqrt(2.0)))).max() < 10.0 * CURVED_PLANE_DEG
    assert found.fraction_within(9.0) == 1.0
    assert found.fraction_within(7.0) == 0.0
    assert found.probability_within(9.0) == 1.0


@pytest.mark.parametrize("azimuth", [0.0, 25.0, 90.0, 160.0])
def test_the_major_axis_points_where_it_is_told(azimuth):
    """Ground that rises along one line through the centre: the relief in the ellipse is that of its longer axis."""
    a = math.radians(azimuth)
    dem = of_function(lambda x, y: 0.1 * (x * math.sin(a) + y * math.cos(a)), pixel_m=10.0, half=60)
    found = landing_ellipse(dem, -90.0, 0.0, 400.0, 100.0, azimuth)
    assert found.relief_m == pytest.approx(80.0, abs=2.5)  # two pixels
    across = landing_ellipse(dem, -90.0, 0.0, 400.0, 100.0, azimuth + 90.0)
    assert across.relief_m == pytest.approx(20.0, abs=2.5)


def test_azimuths_are_from_local_north():
    """At longitude 70, 30 km from the pole of a polar map, north is not up."""
    dem = polar(rough((121, 121)), 10.0)
    grid = Grid(dem.grid.projection, 28_000.0, 10_500.0, 10.0, dem.grid.shape)
    latitude, longitude = (float(a) for a in grid.lat_lon_deg(60, 60))
    lat, _ = grid.centers_deg()
    ramp = Dem(0.1 * np.radians(lat - latitude) * 1737400.0, grid)
    assert landing_ellipse(ramp, latitude, longitude, 400.0, 100.0, 0.0).relief_m == pytest.approx(80.0, abs=2.5)
    assert landing_ellipse(ramp, latitude, longitude, 400.0, 100.0, 90.0).relief_m == pytest.approx(20.0, abs=2.5)


def test_half_the_ellipse_is_half_the_chance():
    dem = of_function(lambda x, y: np.where(x > 0.0, 0.4 * x, 0.0), pixel_m=10.0, half=60)
    found = landing_ellipse(dem, -90.0, 0.0, 400.0)
    assert found.fraction_within(5.0) == pytest.approx(0.5, abs=0.02)  # a column in 80
    assert found.probability_within(5.0) == pytest.approx(0.5, abs=0.04)  # and in 27 within a sigma
    assert found.percentile_deg(25.0) == 0.0
    assert found.percentile_deg(100.0) == found.slope_deg.max()


def test_a_hazard_at_the_aim_point_weighs_more_than_one_at_the_rim():
    middle = of_function(lambda x, y: 0.5 * np.maximum(100.0 - np.hypot(x, y), 0.0), pixel_m=10.0, half=60)
    rim = of_function(lambda x, y: 0.5 * np.maximum(100.0 - np.hypot(x - 250.0, y), 0.0), pixel_m=10.0, half=60)
    at_middle, at_rim = (landing_ellipse(d, -90.0, 0.0, 400.0) for d in (middle, rim))
    assert at_middle.fraction_within(10.0) == pytest.approx(at_rim.fraction_within(10.0), abs=0.01)
    assert at_middle.probability_within(10.0) < at_rim.probability_within(10.0) - 0.2


def test_an_ellipse_over_the_edge_is_not_covered():
    dem = polar(rough((101, 101), 1, 5.0), 10.0)
    found = landing_ellipse(dem, *place(dem, 50, 1), 200.0)
    assert found.covered == pytest.approx(0.5, abs=0.03)
    assert landing_ellipse(dem, *place(dem, 50, 50), 200.0).covered == 1.0


def test_it_stands_on_the_finest_model_there():
    terrain = Terrain([polar(rough((101, 101), 1, 5.0), 10.0), polar(rough((101, 101), 2), 1000.0)])
    assert landing_ellipse(terrain, -90.0, 0.0, 200.0).baseline_m == 20.0
    assert landing_ellipse(terrain, -89.9, 0.0, 5000.0).baseline_m == 2000.0
    assert landing_ellipse(Terrain.packaged(), 19.0, 0.1, 40_000.0).caution is not None


def test_ellipses_without_slopes_are_refused():
    dem = polar(rough((101, 101)), 100.0)
    with pytest.raises(InputError, match=r"no pixel of made .*finer model than 100 m"):
        landing_ellipse(dem, *place(dem, 50.5, 50.5), 10.0)
    with pytest.raises(InputError, match="outside the model"):
        landing_ellipse(dem, 10.0, 20.0, 500.0)
    with pytest.raises(InputError, match="semi_minor_m"):
        landing_ellipse(dem, -90.0, 0.0, 500.0, 600.0)
    with pytest.raises(InputError, match="baseline"):
        landing_ellipse(dem, -90.0, 0.0, 500.0, baseline_m=20.0)
