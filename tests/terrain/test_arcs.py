import math

import numpy as np
import pytest

from lunarplan.terrain.arcs import along, beside, distance_m, lat_lon_deg, unit_vectors
from lunarplan.terrain.projection import MOON_RADIUS_M
from tests.tolerances import ARC_M, ROUND_TRIP_DEG

DEGREE_M = math.radians(1.0) * MOON_RADIUS_M


def test_directions_there_and_back():
    rng = np.random.default_rng(1)
    latitude, longitude = rng.uniform(-90, 90, 500), rng.uniform(-180, 180, 500)
    back = lat_lon_deg(unit_vectors(latitude, longitude))
    assert np.abs(back[0] - latitude).max() < ROUND_TRIP_DEG
    assert np.abs(back[1] - longitude).max() < ROUND_TRIP_DEG


def test_distances_by_haversines():
    rng = np.random.default_rng(2)
    a, b, c, d = (
        rng.uniform(-80, 80, 300),
        rng.uniform(-180, 180, 300),
        rng.uniform(-80, 80, 300),
        rng.uniform(-180, 180, 300),
    )
    p, q, r, s = np.radians((a, b, c, d))
    haversine = np.sin((r - p) / 2) ** 2 + np.cos(p) * np.cos(r) * np.sin((s - q) / 2) ** 2
    expected = 2.0 * MOON_RADIUS_M * np.arcsin(np.sqrt(haversine))
    assert np.abs(distance_m(unit_vectors(a, b), unit_vectors(c, d)) - expected).max() < ARC_M


def test_beside_goes_north_and_east():
    assert np.allclose(beside(np.array(10.0), np.array(20.0), 0.0, DEGREE_M), (11.0, 20.0))
    assert np.allclose(beside(np.array(0.0), np.array(20.0), DEGREE_M, 0.0), (0.0, 21.0))
    latitude, longitude = beside(np.array(-90.0), np.array(30.0), 0.0, DEGREE_M)
    assert (float(latitude), float(longitude)) == pytest.approx((-89.0, 30.0))
    latitude, longitude = beside(np.array(-90.0), np.array(30.0), DEGREE_M, 0.0)
    assert (float(latitude), float(longitude)) == pytest.approx((-89.0, 120.0))
    assert np.allclose(beside(np.array(5.0), np.array(6.0), 0.0, 0.0), (5.0, 6.0))


def test_beside_is_as_far_as_asked():
    rng = np.random.default_rng(3)
    latitude, longitude = rng.uniform(-90, 90, 100), rng.uniform(-180, 180, 100)
    there = beside(latitude, longitude, 300.0, -400.0)
    assert np.abs(distance_m(unit_vectors(latitude, longitude), unit_vectors(*there)) - 500.0).max() < ARC_M


def test_samples_along_a_way_are_even_and_on_it():
    latitude, longitude, distance = along(np.array([0.0, 0.0, 2.0]), np.array([359.0, 1.0, 1.0]), 0.3 * DEGREE_M)
    assert latitude.size == 1 + 7 + 7
    assert distance[-1] == pytest.approx(4.0 * DEGREE_M, abs=ARC_M)
    steps = distance_m(unit_vectors(latitude[1:], longitude[1:]), unit_vectors(latitude[:-1], longitude[:-1]))
    assert np.abs(steps - np.diff(distance)).max() < ARC_M
    assert (steps <= 0.3 * DEGREE_M + ARC_M).all()
    assert np.abs(latitude[:8]).max() < ROUND_TRIP_DEG
    assert (latitude[7], longitude[7]) == pytest.approx((0.0, 1.0))


def test_standing_still_is_a_way_of_no_length():
    latitude, longitude, distance = along(np.array([5.0, 5.0]), np.array([7.0, 7.0]), 10.0)
    assert np.allclose([latitude, longitude, distance], [[5.0, 5.0], [7.0, 7.0], [0.0, 0.0]])
