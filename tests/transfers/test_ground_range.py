"""Ground tracks after entry: geodesics somebody else integrates, exact partials, and where Apollo came down."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lunarplan.errors import InputError
from lunarplan.model.constants import EARTH_FLATTENING, EARTH_ROTATION_RATE_RAD_S, RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.stations import ellipsoid_position, itrf_axes
from lunarplan.transfers.ground_range import (
    SPHERE_KM,
    SplashdownPlace,
    geodetic_deg,
    landing_partials,
    landings,
    place_miss,
    place_vector,
)
from tests.authorities import load
from tests.tolerances import APOLLO_TRACK_KM, GEODESIC_KM, LANDING_DRIFT, LANDING_PARTIALS

FLOWN = load("entries")
T = float(tdb_seconds("2028-03-01T00:00:00"))
FOOT_KM = 0.3048e-3


def level(latitude_deg, longitude_deg):
    la, lo = np.radians([latitude_deg, longitude_deg])
    east = np.array([-np.sin(lo), np.cos(lo), 0.0])
    return east, np.array([-np.sin(la) * np.cos(lo), -np.sin(la) * np.sin(lo), np.cos(la)])


def at_interface(latitude_deg, longitude_deg, heading_deg, speed_km_s, *, over_ground=False):
    """ICRF state over a place, moving level."""
    place = ellipsoid_position(latitude_deg, longitude_deg, 121.92)
    east, north = level(latitude_deg, longitude_deg)
    velocity = speed_km_s * (np.sin(np.radians(heading_deg)) * east + np.cos(np.radians(heading_deg)) * north)
    if over_ground:
        velocity = velocity + np.cross([0.0, 0.0, EARTH_ROTATION_RATE_RAD_S], place)
    turn = itrf_axes(np.array([T]))[0]
    return np.concatenate([turn.T @ place, turn.T @ velocity])


def geodesic(latitude_deg, longitude_deg, heading_deg, range_km):
    """Straightest line on the ellipsoid: a bead without friction, integrated in space."""
    a, b = RADIUS_KM["earth"], RADIUS_KM["earth"] * (1.0 - EARTH_FLATTENING)
    shape = np.array([a, a, b]) ** -2.0
    east, north = level(latitude_deg, longitude_deg)
    heading = np.sin(np.radians(heading_deg)) * east + np.cos(np.radians(heading_deg)) * north

    def rate(_, y):
        steep = shape * y[:3]
        return np.concatenate([y[3:], -(y[3:] @ (shape * y[3:])) / (steep @ steep) * steep])

    start = np.concatenate([ellipsoid_position(latitude_deg, longitude_deg), heading])
    return solve_ivp(rate, (0.0, range_km), start, rtol=1e-12, atol=1e-9).y[:3, -1]


@pytest.mark.parametrize(
    ("latitude", "longitude", "heading", "range_km"),
    [(-3.2, 172.0, 48.5, 2760.0), (-40.0, 200.0, 3.0, 8890.0), (20.0, 10.0, 143.0, 5000.0), (0.0, 0.0, 90.0, 8890.0)],
)
def test_the_track_is_a_geodesic(latitude, longitude, heading, range_km):
    state = at_interface(latitude, longitude, heading, 11.0, over_ground=True)
    there = geodetic_deg(landings(state[None], np.array([T]), np.array([range_km])))
    assert (
        np.linalg.norm(ellipsoid_position(*there)[0] - geodesic(latitude, longitude, heading, range_km)) < GEODESIC_KM
    )


@pytest.mark.parametrize("name", FLOWN)
def test_apollo_came_down_on_the_track(name):
    """Its range is not asked about: bank angles decide that."""
    case = FLOWN[name]
    speed = case["speed_ft_s"] * FOOT_KM * np.cos(np.radians(case["flight_path_deg"]))
    state = at_interface(case["latitude_deg"], case["longitude_deg"], case["heading_deg"], speed)
    ranges = np.arange(2000.0, 3000.0, 5.0)
    track = landings(np.tile(state, (len(ranges), 1)), np.full(len(ranges), T), ranges)
    assert SPHERE_KM * np.linalg.norm(track - place_vector(*case["splashdown_deg"]), axis=1).min() < APOLLO_TRACK_KM


def test_partials_are_those_of_differences():
    state, tdb, far = at_interface(-20.0, 230.0, 20.0, 11.0)[None], np.array([T]), np.array([6000.0])
    _, by_state, by_epoch = landing_partials(state, tdb, far)
    for k, step in enumerate([1e-3] * 3 + [1e-6] * 3):
        d = np.eye(6)[k] * step
        slope = (landings(state + d, tdb, far) - landings(state - d, tdb, far)) / (2.0 * step)
        assert np.abs(slope - by_state[:, :, k]).max() < LANDING_PARTIALS * np.abs(by_state).max()
    slope = (landings(state, tdb + 1.0, far) - landings(state, tdb - 1.0, far)) / 2.0
    assert np.abs(slope - by_epoch).max() < LANDING_DRIFT * np.abs(by_epoch).max()


def test_places_and_back():
    latitude, longitude = np.array([-80.0, 0.0, 28.9, 51.0]), np.array([10.0, 179.0, -118.0, 0.0])
    back = geodetic_deg(place_vector(latitude, longitude))
    np.testing.assert_allclose(back, [latitude, longitude], atol=1e-12)


def test_misses_are_east_and_north():
    state, tdb, far = at_interface(0.0, 0.0, 45.0, 11.0)[None], np.array([T]), np.array([3000.0])
    latitude, longitude = geodetic_deg(landings(state, tdb, far))
    miss = place_miss(state, tdb, far, latitude, longitude - 0.1)[0][0]
    assert miss == pytest.approx(
        [SPHERE_KM * np.radians(0.1) * np.cos(np.radians(latitude[0])), 0.0], rel=5e-3, abs=0.05
    )
    assert SplashdownPlace(float(latitude[0]), float(longitude[0]), 3000.0).miss(state[0], T)[0] == pytest.approx(
        [0.0, 0.0], abs=1e-8
    )


def test_rows_of_nothing_stay_so():
    assert np.isnan(landings(np.full((1, 6), np.nan), np.array([T]), np.array([3000.0]))).all()
    assert landings(np.empty((0, 6)), np.empty(0), np.empty(0)).shape == (0, 3)


@pytest.mark.parametrize(
    ("place", "says"),
    [((95.0, 0.0), "latitude_deg"), ((0.0, np.nan), "longitude_deg"), ((0.0, 0.0, 90.0), "range_km")],
)
def test_a_place_that_is_none_is_refused(place, says):
    with pytest.raises(InputError, match=says):
        SplashdownPlace(*place)
