import math

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import MOON_RADIUS_M
from lunarplan.terrain.traverse import traverse
from tests.terrain.ground import of_function, polar, rough
from tests.tolerances import CURVED_PLANE_DEG, SURFACE_M

DEGREE_M = math.radians(1.0) * MOON_RADIUS_M
RAMP = of_function(lambda x, y: 0.2 * x + 0.0 * y)  # rises towards longitude 90 E


def test_up_a_ramp_and_along_it():
    there = 1000.0 / DEGREE_M
    up = traverse(RAMP, [-90.0 + there, -90.0 + there], [-90.0, 90.0], 200.0)
    assert up.length_km == pytest.approx(2.0, rel=1e-9)
    assert np.abs(up.along_slope_deg - math.degrees(math.atan(0.2))).max() < CURVED_PLANE_DEG
    assert up.climb_m == pytest.approx(400.0, rel=1e-4)
    level = traverse(RAMP, [-90.0 + there, -90.0 + there], [0.0, 180.0], 200.0)
    assert level.steepest_deg < CURVED_PLANE_DEG
    assert level.climb_m < 1e-3
    assert np.abs(level.slope_deg - math.degrees(math.atan(0.2))).max() < CURVED_PLANE_DEG
    assert (up.baseline_m, up.caution is not None) == (200.0, True)


def test_there_and_back_is_the_way_mirrored():
    ground = polar(rough((61, 61), 3, 100.0))
    a, b = [-89.98, -89.96, -89.95], [10.0, 100.0, 20.0]
    there, back = traverse(ground, a, b), traverse(ground, a[::-1], b[::-1])
    np.testing.assert_allclose(there.height_m, back.height_m[::-1], atol=1e3 * SURFACE_M)
    np.testing.assert_allclose(there.along_slope_deg, -back.along_slope_deg[::-1], atol=1e-6)
    assert there.climb_m - back.climb_m == pytest.approx(there.height_m[-1] - there.height_m[0], abs=1e-6)
    assert there.distance_km.size == there.height_m.size == there.rise_m.size + 1 == there.slope_deg.size


def test_heights_are_those_of_the_surface():
    ground = polar(rough((61, 61), 3))
    way = traverse(ground, [-89.98, -89.95], [10.0, 100.0], 37.0)
    assert way.height_m.tolist() == ground.height_m(way.latitude_deg, way.longitude_deg).tolist()
    assert (np.diff(way.distance_km) <= 0.037 + 1e-12).all()


def test_the_edge_of_a_model_is_no_cliff():
    ground = Terrain([polar(np.full((21, 21), 500.0), 10.0), polar(np.zeros((41, 41)), 100.0)])
    way = traverse(ground, [-90.0, -90.0 + 1000.0 / DEGREE_M], [0.0, 0.0])
    assert set(way.height_m) == {500.0, 0.0}
    assert way.steepest_deg == 0.0
    assert way.slope_deg.max() == 0.0
    assert way.climb_m == 0.0
    assert way.caution is not None
    assert way.caution.pixel_m == 100.0


def test_what_is_no_way_is_refused():
    with pytest.raises(InputError, match="two or more"):
        traverse(RAMP, [-90.0], [0.0])
    with pytest.raises(InputError, match="outside the model"):
        traverse(RAMP, [-90.0, -80.0], [0.0, 0.0])
    with pytest.raises(InputError, match="longer steps"):
        traverse(RAMP, [-90.0, -89.99], [0.0, 0.0], 0.011)
    with pytest.raises(InputError, match=r"swapped\?"):
        traverse(RAMP, [123.4, 130.0], [-88.0, -88.0])
