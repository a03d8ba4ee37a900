import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.terrain.distance import distance_map
from lunarplan.terrain.packaged import south_pole_1km
from tests.terrain.ground import lat_lon, polar, rough
from tests.tolerances import DISTANCE_KM, NEAREST_ON_MAP


def nearest_by_trying_all(mask, grid):
    latitude, longitude = (np.radians(a) for a in grid.centers_deg())
    vectors = np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], -1
    )
    chords = np.linalg.norm(vectors[:, :, None, :] - vectors[mask][None, None], axis=-1).min(axis=2)
    return 2.0 * 1737.4 * np.arcsin(0.5 * chords)


def test_it_is_the_least_of_all_distances():
    grid = polar(np.zeros((40, 50)), 2000.0).grid
    mask = np.random.default_rng(1).uniform(size=grid.shape) > 0.99
    found = distance_map(mask, grid)
    expected = nearest_by_trying_all(mask, grid)
    assert (found.values[mask] == 0.0).all()
    assert found.unit == "km"
    assert (found.values > expected - DISTANCE_KM).all()
    assert (found.values < expected * (1.0 + NEAREST_ON_MAP) + DISTANCE_KM).all()


def test_far_from_the_pole_kilometres_are_those_of_the_moon():
    grid = south_pole_1km().grid
    mask = np.zeros(grid.shape, bool)
    mask[0, 0] = True
    found = distance_map(mask, grid)
    (lat1, lat2), _ = grid.lat_lon_deg([0, 303], [0, 303])
    assert found.values[303, 303] == pytest.approx(1737.4 * np.radians(abs(lat2 - lat1)), abs=DISTANCE_KM)
    assert found.at(lat1, -45.0) == 0.0


def test_masks_that_do_not_fit_are_refused():
    grid = polar(np.zeros((5, 6))).grid
    with pytest.raises(InputError, match="mask is empty"):
        distance_map(np.zeros((5, 6), bool), grid)
    with pytest.raises(InputError, match=r"allowed: bool \(5, 6\)"):
        distance_map(np.zeros((6, 5), bool), grid)
    with pytest.raises(InputError, match="a mask of float64"):
        distance_map(np.zeros((5, 6)), grid)
    with pytest.raises(InputError, match="not conformal"):
        distance_map(np.ones((90, 180), bool), lat_lon(rough((90, 180))).grid)


def test_places_off_the_grid_have_no_value():
    found = distance_map(np.ones((5, 6), bool), polar(np.zeros((5, 6)), name="x").grid, "distance to shadow")
    with pytest.raises(InputError, match=r"distance to shadow: latitude -80, longitude 3 deg is off the grid"):
        found.at([-90.0, -80.0], 3.0)
