import math

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.terrain.arcs import distance_m, unit_vectors
from lunarplan.terrain.polygon import Polygon
from lunarplan.terrain.projection import Equirectangular, Grid, Stereographic
from tests.authorities import load
from tests.tolerances import PIXEL_AREA, POLYGON_CENTER_M, POLYGON_PUBLISHED_KM2, SPHERE_AREA

REGIONS = load("artemis_region_areas")["region"]
POLE = Stereographic(-90.0)
R_KM = 1737.4


def region(entry):
    longitude, latitude = np.array(entry["corners"]).T
    return Polygon(latitude, longitude)


@pytest.mark.parametrize("entry", REGIONS, ids=[r["name"] for r in REGIONS])
def test_areas_of_the_artemis_regions(entry):
    polygon = region(entry)
    assert polygon.map_area_km2(POLE) == pytest.approx(entry["area_km2"], abs=POLYGON_PUBLISHED_KM2)
    away_m = distance_m(unit_vectors(*polygon.center_deg), unit_vectors(*entry["centroid"]))
    assert away_m < POLYGON_CENTER_M
    assert polygon.contains(*entry["centroid"])


@pytest.mark.parametrize("entry", REGIONS, ids=[r["name"] for r in REGIONS])
def test_pixels_in_them_have_their_area(entry):
    """On the map, and on the Moon, where it is less by the square of the map's scale."""
    polygon = region(entry)
    x, y = POLE.forward(polygon.latitude_deg, polygon.longitude_deg)
    pixel = 1000.0 * math.sqrt(entry["area_km2"]) / 500.0
    shape = (int(np.ptp(y) / pixel) + 2, int(np.ptp(x) / pixel) + 2)
    window = Grid(POLE, x.min(), y.max(), pixel, shape)
    mask = polygon.mask(window)
    assert mask.sum() * pixel**2 / 1e6 == pytest.approx(entry["area_km2"], rel=PIXEL_AREA)
    assert window.pixel_areas_m2()[mask].sum() / 1e6 == pytest.approx(polygon.area_km2, rel=PIXEL_AREA)


def test_spherical_areas_by_hand():
    eighth = Polygon([0.0, 0.0, 90.0], [0.0, 90.0, 0.0])
    assert eighth.area_km2 == pytest.approx(4.0 * math.pi * R_KM**2 / 8.0, rel=SPHERE_AREA)
    half_degree = math.radians(0.5)
    small = Polygon([-0.5, -0.5, 0.5, 0.5], [-0.5, 0.5, 0.5, -0.5])
    # sides of great circles; corners of such a square by Girard: 4 asin(tan(x/2)-like) from its half-angles
    excess = 4.0 * math.asin(math.sin(half_degree) * math.sin(math.atan(math.tan(half_degree) / math.cos(half_degree))))
    assert small.area_km2 == pytest.approx(excess * R_KM**2, rel=1e-3)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("center", [(-90.0, 0.0), (0.0, 0.0), (45.0, 180.0), (90.0, 50.0)])
def test_a_ring_of_corners_is_nearly_a_cap(center, reverse):
    """Regular polygon of 720 corners, 3 deg from its centre, wherever it is and whichever way around it is written."""
    turn = np.linspace(0.0, math.tau, 720, endpoint=False)[:: -1 if reverse else 1]
    radius = 2.0 * R_KM * 1000.0 * math.tan(math.radians(1.5))
    polygon = Polygon(*Stereographic(*center).inverse(radius * np.sin(turn), radius * np.cos(turn)))
    cap = math.tau * R_KM**2 * (1.0 - math.cos(math.radians(3.0)))
    assert polygon.area_km2 == pytest.approx(cap, rel=2e-5)  # (2 pi / 720)^2 / 6
    rng = np.random.default_rng(1)
    latitude, longitude = np.degrees(np.arcsin(rng.uniform(-1, 1, 3000))), rng.uniform(-180, 180, 3000)
    x, y = rng.uniform(-2e5, 2e5, (2, 3000))
    near = Stereographic(*center).inverse(x, y)
    r = np.hypot(x, y)
    clear = np.abs(r - radius) > 10.0
    np.testing.assert_array_equal(polygon.contains(*near)[clear], (r < radius)[clear])
    p, q = np.radians((latitude, longitude)), np.radians(center)
    angle = np.degrees(np.arccos(np.sin(p[0]) * np.sin(q[0]) + np.cos(p[0]) * np.cos(q[0]) * np.cos(p[1] - q[1])))
    clear = np.abs(angle - 3.0) > 0.01
    np.testing.assert_array_equal(polygon.contains(latitude, longitude)[clear], (angle < 3.0)[clear])


def test_neighbours_share_no_place_and_leave_none_out():
    west = Polygon([-80.0, -84.0, -84.0, -80.0], [10.0, 10.0, 20.0, 20.0])
    east = Polygon([-80.0, -84.0, -84.0, -80.0], [20.0, 20.0, 30.0, 30.0])
    both = Polygon([-80.0, -84.0, -84.0, -84.0, -80.0, -80.0], [10.0, 10.0, 20.0, 30.0, 30.0, 20.0])
    rng = np.random.default_rng(3)
    latitude, longitude = rng.uniform(-85.0, -79.0, 5000), rng.uniform(9.0, 31.0, 5000)
    parts = west.contains(latitude, longitude).astype(int) + east.contains(latitude, longitude)
    np.testing.assert_array_equal(parts, both.contains(latitude, longitude).astype(int))
    assert both.area_km2 == pytest.approx(west.area_km2 + east.area_km2, rel=SPHERE_AREA)


def test_a_mask_may_be_of_any_grid():
    square = Polygon([-5.0, -5.0, 5.0, 5.0], [355.0, 5.0, 5.0, 355.0])
    pixel = math.radians(1.0) * 1737400.0
    moon = Grid(Equirectangular(), 0.5 * pixel, 89.5 * pixel, pixel, (180, 360))
    mask = square.mask(moon)
    assert mask.sum() == 100
    assert mask[85:95, :5].all()
    assert mask[85:95, -5:].all()


def test_a_closed_ring_is_the_same_as_an_open_one():
    entry = REGIONS[0]
    longitude, latitude = np.array([*entry["corners"], entry["corners"][0]]).T
    assert Polygon(latitude, longitude).area_km2 == region(entry).area_km2
    assert Polygon(latitude, longitude).center_deg == region(entry).center_deg


@pytest.mark.parametrize(
    ("latitude", "longitude", "message"),
    [
        ([-80.0, -81.0], [0.0, 1.0], "three or more"),
        ([-80.0, -82.0, -80.0, -82.0], [0.0, 4.0, 4.0, 0.0], "cross"),
        ([-80.0, -80.0, -80.0], [0.0, 0.0, 0.0], "cross, or enclose nothing"),
        ([0.0, 0.0, 0.0], [0.0, 120.0, 240.0], "hemisphere"),
        ([-80.0, -81.0, 123.0], [0.0, 1.0, -88.0], "swapped"),
        ([-80.0, math.nan, -81.0], [0.0, 1.0, 2.0], "latitude nan"),
    ],
)
def test_what_is_no_region_is_refused(latitude, longitude, message):
    with pytest.raises(InputError, match=message):
        Polygon(latitude, longitude)
