import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rasterio import warp

from lunarplan.errors import InputError
from lunarplan.terrain.projection import MOON_RADIUS_M, Equirectangular, Grid, Stereographic
from tests.tolerances import CONVERGENCE_RAD, MAP_SCALE_RELATIVE, MAP_VS_PROJ_M, ROUND_TRIP_DEG, SNYDER_DIGITS

SOUTH, NORTH = Stereographic(-90.0), Stereographic(90.0)
CENTERS = [
    (-90.0, 0.0),
    (-90.0, 45.0),
    (90.0, 0.0),
    (90.0, -120.0),
    (0.0, 0.0),
    (-84.0, 59.0),
    (45.0, 179.9),
    (12.0, -90.0),
]


def places(seed=1, count=2000):
    """Places spread over the Moon, the poles and the seams among them."""
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, count)))
    longitude = rng.uniform(-180.0, 360.0, count)
    special = [
        (a, b) for a in (-90.0, -89.999999, 0.0, 89.999999, 90.0) for b in (-180.0, 0.0, 180.0, 359.999999, 360.0)
    ]
    return np.append(latitude, [a for a, _ in special]), np.append(longitude, [b for _, b in special])


def angle_between(a, b):
    return np.abs((np.asarray(a) - b + 180.0) % 360.0 - 180.0)


def distance_deg(latitude, longitude, latitude_2, longitude_2):
    """Angle between directions."""
    p, q = (
        np.stack([np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a)], -1)
        for a, b in (np.radians((latitude, longitude)), np.radians((latitude_2, longitude_2)))
    )
    return np.degrees(2.0 * np.arcsin(np.minimum(1.0, 0.5 * np.linalg.norm(p - q, axis=-1))))


# ---------------------------------------------------------------- stereographic


def test_the_numerical_example_of_snyder():
    """Snyder 1987, p. 312: unit sphere, centre 40 N 100 W, place 30 N 75 W: x 0.3807224, y -0.1263802, k 1.0402304."""
    projection = Stereographic(40.0, -100.0)
    x, y = projection.forward(30.0, -75.0)
    assert x / MOON_RADIUS_M == pytest.approx(0.3807224, abs=SNYDER_DIGITS)
    assert y / MOON_RADIUS_M == pytest.approx(-0.1263802, abs=SNYDER_DIGITS)
    assert projection.scale_at(x, y) == pytest.approx(1.0402304, abs=SNYDER_DIGITS)


@pytest.mark.parametrize("center", CENTERS)
def test_stereographic_is_that_of_proj(center):
    latitude, longitude = places()
    projection = Stereographic(*center)
    near = distance_deg(latitude, longitude, *center) < 120.0
    latitude, longitude = latitude[near], longitude[near]
    text = f"+proj=stere +lat_0={center[0]} +lon_0={center[1]} +R={MOON_RADIUS_M}"
    x, y = warp.transform(f"+proj=longlat +R={MOON_RADIUS_M}", text, longitude, latitude)
    mine = projection.forward(latitude, longitude)
    assert np.hypot(mine[0] - x, mine[1] - y).max() < MAP_VS_PROJ_M


@pytest.mark.parametrize("center", CENTERS)
@pytest.mark.parametrize("scale", [1.0, 0.994])
def test_stereographic_there_and_back(center, scale):
    latitude, longitude = places(2)
    near = distance_deg(latitude, longitude, *center) < 175.0
    latitude, longitude = latitude[near], longitude[near]
    projection = Stereographic(*center, scale)
    back = projection.inverse(*projection.forward(latitude, longitude))
    assert np.abs(back[0] - latitude).max() < ROUND_TRIP_DEG
    assert (angle_between(back[1], longitude) * np.cos(np.radians(latitude))).max() < ROUND_TRIP_DEG


@given(st.sampled_from([SOUTH, NORTH]), st.floats(-90.0, 90.0), st.floats(-360.0, 360.0), st.floats(-360.0, 360.0))
@example(SOUTH, -89.99999999, 123.4, 0.0)
@example(NORTH, 89.99999999, -123.4, 0.0)
@example(SOUTH, -90.0, 50.0, 50.0)
def test_polar_longitudes_keep_their_digits_up_to_the_pole(pole, latitude, longitude, central):
    if abs(latitude - pole.center_latitude_deg) > 179.9:
        return
    projection = Stereographic(pole.center_latitude_deg, central)
    back = projection.inverse(*projection.forward(latitude, longitude))
    assert back[0] == pytest.approx(latitude, abs=ROUND_TRIP_DEG)
    if abs(latitude) < 90.0 - 1e-9:
        assert angle_between(back[1], longitude) < ROUND_TRIP_DEG
    assert -180.0 <= back[1] <= 180.0


def test_polar_maps_lie_as_agreed():
    rho = 2.0 * MOON_RADIUS_M * math.tan(math.radians(5.0))
    south = SOUTH.forward(-80.0, [0.0, 90.0, 180.0, 270.0])
    north = NORTH.forward(80.0, [0.0, 90.0, 180.0, 270.0])
    assert np.allclose(south[0], [0.0, rho, 0.0, -rho], atol=MAP_VS_PROJ_M)
    assert np.allclose(south[1], [rho, 0.0, -rho, 0.0], atol=MAP_VS_PROJ_M)
    assert np.allclose(north[0], [0.0, rho, 0.0, -rho], atol=MAP_VS_PROJ_M)
    assert np.allclose(north[1], [-rho, 0.0, rho, 0.0], atol=MAP_VS_PROJ_M)


@pytest.mark.parametrize("center", CENTERS)
def test_convergence_and_scale_are_those_of_short_arrows(center):
    """Arrows of a metre to the north and to the east, and their pictures."""
    rng = np.random.default_rng(3)
    latitude, longitude = rng.uniform(-80.0, 80.0, 500), rng.uniform(-180.0, 180.0, 500)
    near = distance_deg(latitude, longitude, *center) < 90.0
    latitude, longitude = latitude[near], longitude[near]
    projection = Stereographic(*center)
    step = np.degrees(1.0 / MOON_RADIUS_M)
    x, y = projection.forward(latitude, longitude)
    convergence, scale = projection.convergence_rad(x, y), projection.scale_at(x, y)
    aside = step / np.cos(np.radians(latitude))
    for true_azimuth, (up, right) in ((0.0, (step, 0.0)), (math.pi / 2, (0.0, aside))):
        x1, y1 = projection.forward(latitude + up, longitude + right)
        x0, y0 = projection.forward(latitude - up, longitude - right)
        grid_azimuth = np.arctan2(x1 - x0, y1 - y0)
        off = (grid_azimuth - true_azimuth - convergence + math.pi) % math.tau - math.pi
        assert np.abs(off).max() < CONVERGENCE_RAD
        assert np.hypot(x1 - x0, y1 - y0) / 2.0 == pytest.approx(scale, rel=MAP_SCALE_RELATIVE)


def test_polar_convergence_is_the_longitude():
    longitude = np.linspace(-179.0, 179.0, 50)
    assert np.degrees(SOUTH.convergence_rad(*SOUTH.forward(-85.0, longitude))) == pytest.approx(longitude, abs=1e-12)
    assert np.degrees(NORTH.convergence_rad(*NORTH.forward(85.0, longitude))) == pytest.approx(-longitude, abs=1e-12)
    assert SOUTH.convergence_rad(0.0, 0.0) == 0.0


def test_the_antipode_is_refused_with_a_remedy():
    with pytest.raises(InputError, match=r"antipode .*centre the map nearer"):
        SOUTH.forward([-80.0, 90.0], 0.0)
    with pytest.raises(InputError, match="antipode"):
        Stereographic(10.0, 20.0).forward(-10.0, -160.0)


# ---------------------------------------------------------------- equirectangular


@pytest.mark.parametrize(("longitude_0", "latitude_ts"), [(0.0, 0.0), (180.0, 0.0), (-30.0, 60.0)])
def test_equirectangular_is_that_of_proj(longitude_0, latitude_ts):
    latitude, longitude = places(4)
    away = angle_between(longitude, longitude_0 + 180.0) > 1e-5  # at the seam either end is right
    latitude, longitude = latitude[away], longitude[away]
    text = f"+proj=eqc +lat_ts={latitude_ts} +lon_0={longitude_0} +R={MOON_RADIUS_M}"
    x, y = warp.transform(f"+proj=longlat +R={MOON_RADIUS_M}", text, longitude, latitude)
    projection = Equirectangular(longitude_0, latitude_ts)
    mine = projection.forward(latitude, longitude)
    assert np.hypot(mine[0] - x, mine[1] - y).max() < MAP_VS_PROJ_M
    back = projection.inverse(*mine)
    assert np.abs(back[0] - latitude).max() < ROUND_TRIP_DEG
    assert angle_between(back[1], longitude).max() < ROUND_TRIP_DEG


def test_beyond_a_pole_there_is_nothing():
    with pytest.raises(InputError, match="beyond a pole"):
        Equirectangular().inverse(0.0, 3e6)


# ---------------------------------------------------------------- grids


def lat_lon_grid(rows=180, west=0.0):
    pixel = math.radians(180.0 / rows) * MOON_RADIUS_M
    return Grid(
        Equirectangular(),
        math.radians(west) * MOON_RADIUS_M + 0.5 * pixel,
        (rows / 2 - 0.5) * pixel,
        pixel,
        (rows, 2 * rows),
    )


GRIDS = [Grid(SOUTH, -299_500.0, 299_500.0, 1000.0, (600, 600)), Grid.about(-84.0, 59.0, 5000.0, 20.0), lat_lon_grid()]


@pytest.mark.parametrize("grid", GRIDS)
def test_rows_and_columns_of_pixel_centers_are_whole(grid):
    i, j = np.meshgrid(np.arange(grid.shape[0]), np.arange(grid.shape[1]), indexing="ij")
    row, column = grid.rows_columns(*grid.centers_deg())
    assert (row == i).all()
    assert (column == j).all()


def test_rows_run_south_and_columns_east_at_the_center():
    grid = Grid.about(20.0, 30.0, 1000.0, 100.0)
    assert grid.shape == (21, 21)
    latitude, longitude = grid.lat_lon_deg([0, 10, 20], [10, 10, 20])
    assert latitude[0] > latitude[1] == pytest.approx(20.0, abs=1e-12)
    assert latitude[2] < 20.0
    assert longitude[2] > 30.0
    assert longitude[1] == pytest.approx(30.0, abs=1e-12)


@pytest.mark.parametrize("west", [0.0, -180.0])
def test_all_names_of_a_longitude_are_one_column(west):
    grid = lat_lon_grid(180, west)
    for longitude in (0.5, 179.5, 180.5, 359.5):
        columns = [float(grid.rows_columns(3.0, longitude + turn)[1]) for turn in (0.0, -360.0)]
        assert columns[0] == columns[1] == (longitude - west) % 360.0 - 0.5
    assert grid.wraps
    assert grid.reaches_poles == (True, True)


def test_a_part_of_the_moon_does_not_wrap():
    part = lat_lon_grid().window(10, 350, (5, 9))
    assert not part.wraps
    assert part.reaches_poles == (False, False)
    assert float(part.rows_columns(0.0, 354.5)[1]) == pytest.approx(4.0)
    assert lat_lon_grid().window(0, 0, (20, 360)).reaches_poles == (True, False)


def test_a_grid_across_the_meridian_takes_either_name():
    part = lat_lon_grid().window(80, 355, (20, 10))
    _, columns = part.rows_columns(0.0, [355.5, -0.5, 0.5, 4.5, 364.5 - 360.0])
    assert columns.tolist() == [0.0, 4.0, 5.0, 9.0, 9.0]


def test_a_raster_that_has_its_first_meridian_twice():
    """Rows and columns on whole degrees, 361 of them: the last is the first."""
    pixel = math.radians(1.0) * MOON_RADIUS_M
    grid = Grid(Equirectangular(), 0.0, 90.0 * pixel, pixel, (181, 361))
    rows, columns = grid.rows_columns([90.0, 0.0, -90.0, 3.0], [0.0, 359.5, 180.0, -0.25])
    assert rows.tolist() == [0.0, 90.0, 180.0, 87.0]
    assert columns.tolist() == [0.0, 359.5, 180.0, 359.75]


def test_equal_maps_are_written_alike():
    grids = (
        Grid(Stereographic(-90, 0), 1, 2, 3, (4, 5)),
        Grid(Stereographic(np.float64(-90.0)), 1.0, 2.0, np.float64(3), (4, 5)),
    )
    assert repr(grids[0]) == repr(grids[1])


def test_pixel_areas_add_up_to_the_moon():
    assert lat_lon_grid(720).pixel_areas_m2().sum() == pytest.approx(4.0 * math.pi * MOON_RADIUS_M**2, rel=1e-5)


def test_polar_pixel_areas_add_up_to_the_cap():
    grid = Grid(SOUTH, -399_500.0, 399_500.0, 1000.0, (800, 800))
    inside = grid.centers_deg()[0] <= -80.0
    cap = 2.0 * math.pi * MOON_RADIUS_M**2 * (1.0 - math.cos(math.radians(10.0)))
    assert grid.pixel_areas_m2()[inside].sum() == pytest.approx(cap, rel=1e-4)  # of 3e5 pixels, those on the rim


def test_coarser_pixels_lie_in_the_middle_of_theirs():
    grid = GRIDS[0]
    assert np.allclose(grid.coarser(4).lat_lon_deg(3, 5), grid.lat_lon_deg(13.5, 21.5), rtol=0.0, atol=ROUND_TRIP_DEG)
    assert grid.coarser(7).shape == (85, 85)
    assert grid.coarser(2).extent_m == grid.extent_m == (-300_000.0, 300_000.0, -300_000.0, 300_000.0)


def test_maps_are_the_same_or_not():
    assert GRIDS[0].same_map(Grid(Stereographic(-90.0), 0.0, 0.0, 5.0, (1, 1)))
    assert not GRIDS[0].same_map(GRIDS[1])
    assert not GRIDS[0].same_map(GRIDS[2])
    assert not GRIDS[0].same_map(Grid(Stereographic(-90.0, 1.0), 0.0, 0.0, 5.0, (1, 1)))


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("latitude", "longitude", "message"),
    [
        (
            123.4,
            -88.8,
            r"latitude 123\.4 deg \(allowed: -90 to 90 deg\); latitude comes first: are 123\.4, -88\.8 swapped",
        ),
        (-91.0, 200.0, r"latitude -91 deg \(allowed: -90 to 90 deg\)"),
        (math.nan, 0.0, "latitude nan"),
        (0.0, math.nan, "longitude nan"),
        (0.0, 361.0, r"longitude 361 deg \(allowed: -360 to 360 deg\)"),
        ([0.0, 1.0], [0.0, 1.0, 2.0], "do not go together"),
        ("south", 0.0, "not an array of numbers"),
        (None, 0.0, "latitude nan"),
    ],
)
def test_bad_coordinates_are_named(latitude, longitude, message):
    for projection in (SOUTH, Equirectangular()):
        with pytest.raises(InputError, match=message):
            projection.forward(latitude, longitude)


def test_bad_maps_and_grids_are_refused():
    with pytest.raises(InputError, match="latitude 100"):
        Stereographic(100.0)
    with pytest.raises(InputError, match="scale"):
        Stereographic(0.0, 0.0, math.nan)
    with pytest.raises(InputError, match="pixel_m"):
        Grid(SOUTH, 0.0, 0.0, -5.0, (3, 3))
    with pytest.raises(InputError, match="x0_m"):
        Grid(SOUTH, math.nan, 0.0, 5.0, (3, 3))
    with pytest.raises(InputError, match="rows, columns"):
        Grid(SOUTH, 0.0, 0.0, 5.0, (0, 3))
    with pytest.raises(InputError, match="rows, columns"):
        Grid(SOUTH, 0.0, 0.0, 5.0, None)
    with pytest.raises(InputError, match="Stereographic or Equirectangular"):
        Grid("polar", 0.0, 0.0, 5.0, (3, 3))
    with pytest.raises(InputError, match="not finite"):
        SOUTH.inverse(math.inf, 0.0)


def test_empty_batches_stay_empty():
    x, y = SOUTH.forward([], [])
    assert x.shape == y.shape == (0,)
    assert SOUTH.inverse(x, y)[0].shape == (0,)
