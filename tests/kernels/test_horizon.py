"""Great circles on the map, crossings of the grid, and the kernels run as plain Python."""

import math

import numpy as np
import pytest

from lunarplan.kernels import horizon, horizon_tiles
from lunarplan.kernels.horizon import Level, half_tangent, highest, most_possible, offset_along, skyline, whole_steps
from lunarplan.kernels.horizon_tiles import LISTED, TILE, UNITS, arctangent
from lunarplan.terrain.horizons import horizons
from lunarplan.terrain.levels import level_of
from lunarplan.terrain.projection import MOON_RADIUS_M
from tests.terrain.brute_force import south_polar_unit, south_polar_xy
from tests.terrain.ground import polar, rough
from tests.tolerances import ANGLE_RAD, ARCTANGENT_RAD, STORED_DEG

PIXEL_M = 500.0
DZ = PIXEL_M / (2.0 * MOON_RADIUS_M)


@pytest.mark.parametrize("place", [(0.0, 0.0), (300e3, -250e3), (-40e3, 120e3)])
@pytest.mark.parametrize("azimuth", [0.0, 0.7, 2.4, 4.0])
def test_paths_are_great_circles(place, azimuth):
    """Against the unit vector turned on the sphere."""
    x, y = place
    up = south_polar_unit(x, y)
    dx, dy = 10.0 * math.sin(azimuth), 10.0 * math.cos(azimuth)
    heading = south_polar_unit(x + dx, y + dy) - south_polar_unit(x - dx, y - dy)
    heading -= (heading @ up) * up
    heading /= np.linalg.norm(heading)
    for angle in (1e-4, 0.01, 0.17):
        there = south_polar_xy(math.cos(angle) * up + math.sin(angle) * heading)
        zx, zy = x / (2.0 * MOON_RADIUS_M), y / (2.0 * MOON_RADIUS_M)
        scale = (1.0 + zx * zx + zy * zy) / DZ
        moved = offset_along(scale, zx, zy, math.sin(azimuth), math.cos(azimuth), math.tan(0.5 * angle))
        wanted = (there[0] - x) / PIXEL_M, (there[1] - y) / PIXEL_M
        assert moved == pytest.approx(wanted, abs=ANGLE_RAD * MOON_RADIUS_M / PIXEL_M)
        assert 2.0 * math.atan(half_tangent(scale, zx, zy, *moved)) == pytest.approx(angle, abs=ANGLE_RAD)


@pytest.mark.parametrize(
    ("a", "b", "wanted"),
    [
        (0.0, 3.0, [1, 2, 3]),
        (0.5, 0.7, []),
        (2.0, 0.0, [1, 0]),
        (-0.5, -2.5, [-1, -2]),
        (1.0, 1.0, []),
        (0.9, 1.0, [1]),
    ],
)
def test_whole_numbers_on_the_way(a, b, wanted):
    first, step, count = whole_steps(a, b)
    assert [first + step * k for k in range(count)] == wanted


def test_chained_ways_pass_every_number_once():
    stops = np.random.default_rng(4).uniform(-20, 20, 50)
    for a, b, c in zip(stops, stops[1:], stops[2:], strict=False):
        if min(a, c) < b < max(a, c):
            assert whole_steps(a, b)[2] + whole_steps(b, c)[2] == whole_steps(a, c)[2]


def test_the_highest_square_is_never_missed():
    heights = rough((40, 50))
    level = level_of(heights, polar(heights).grid)
    rng = np.random.default_rng(3)
    for _ in range(200):
        r0, r1 = np.sort(rng.uniform(-5, 45, 2))
        c0, c1 = np.sort(rng.uniform(-5, 55, 2))
        part = heights[max(0, int(r0)) : max(0, math.ceil(r1) + 1), max(0, int(c0)) : max(0, math.ceil(c1) + 1)]
        assert highest(level.tops, r0, r1, c0, c1) >= part.max(initial=-np.inf)


def test_nothing_stands_higher_than_is_possible():
    rng = np.random.default_rng(6)
    for _ in range(300):
        top, eye = rng.uniform(-6e3, 8e3, 2)
        ta, tb = np.sort(rng.uniform(1e-4, 0.09, 2))
        own = eye / (MOON_RADIUS_M + eye)
        t = rng.uniform(ta, tb)
        h = top - rng.exponential(100.0)
        angle = 2.0 * math.atan(t)
        tangent = ((MOON_RADIUS_M + h) * math.cos(angle) - MOON_RADIUS_M - eye) / (
            (MOON_RADIUS_M + h) * math.sin(angle)
        )
        assert tangent <= most_possible(top, ta, tb, own, MOON_RADIUS_M)


def test_arctangent():
    x = np.float32([-1e30, -300.0, -1.0, -0.3, 0.0, 1e-4, 0.41, 0.999, 1.0, 1.001, 7.0, 1e5, 0, 0, 0, 0])
    np.testing.assert_allclose(arctangent(x), np.arctan(x.astype(float)), atol=ARCTANGENT_RAD)


def test_one_observer_compiled_and_not():
    heights = rough((30, 30), relief_m=300.0)
    dem = polar(heights, PIXEL_M)
    level = level_of(heights, dem.grid)
    azimuth = np.radians([3.0, 47.0, 45.0, 180.0, 278.0])
    own = float(heights[11, 7])
    arguments = (level, 11.0, 7.0, own + 2.0, own, MOON_RADIUS_M, np.sin(azimuth), np.cos(azimuth), 0.01, True)
    best, plain = np.full(5, -np.inf), np.full(5, -np.inf)
    skyline(*arguments, best)
    skyline.py_func(*arguments, plain)
    np.testing.assert_allclose(best, plain, atol=ANGLE_RAD)


def test_leaving_out_what_cannot_matter_changes_no_bit_for_one_observer():
    heights = rough((300, 300), relief_m=500.0)
    level = level_of(heights, polar(heights, PIXEL_M).grid)
    azimuth = np.linspace(0.0, math.tau, 50)
    found = []
    for skip in (True, False):
        best = np.full(50, -np.inf)
        own = float(heights[150, 140])
        directions = np.sin(azimuth), np.cos(azimuth)
        skyline(level, 150.0, 140.0, own + 5.0, own, MOON_RADIUS_M, *directions, 0.08, skip, best)
        found.append(best)
    assert found[0].tobytes() == found[1].tobytes()


def test_a_tile_compiled_and_not(monkeypatch):
    dem = polar(rough((40, 40), relief_m=300.0), PIXEL_M)
    region = dem.grid.window(4, 3, (TILE, TILE))
    found = horizons(dem, region, azimuths=5, distance_km=8.0, workers=1)
    monkeypatch.setattr("lunarplan.terrain.horizons.tiles", horizon_tiles.tiles.py_func)
    plain = horizons(dem, region, azimuths=5, distance_km=8.0, workers=1)
    np.testing.assert_allclose(found.elevation, plain.elevation.astype(float), atol=UNITS * STORED_DEG)


def test_no_stretch_has_more_crossings_than_there_is_room_for():
    from lunarplan.terrain.horizons import _stops

    longest = np.diff(_stops(3000.0), prepend=0.0).max()
    crossings = 2.0 * math.sqrt(2.0) * (longest + 1.0) + 3.0
    assert crossings + horizon_tiles.WIDTH <= LISTED


def test_levels_hold_arrays_as_they_are():
    heights = rough((20, 33))
    level = level_of(heights, polar(heights).grid)
    assert isinstance(level, Level)
    assert level.heights.tobytes() == heights.tobytes()
    assert level.tops.shape == (-(-20 // horizon.BLOCK), -(-33 // horizon.BLOCK))
