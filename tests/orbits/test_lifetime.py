"""Lifetime maps: every cell is the flight of its orbit."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.forces import ForceModel
from lunarplan.orbits.history import Fate, orbit_history
from lunarplan.orbits.lifetime import lifetime_map
from lunarplan.orbits.lunar_axes import orbit_states
from tests import tolerances as tol

_EPOCH = "2027-01-01"
_FORCES = ForceModel(moon_degree=20)


def test_cells_are_flights() -> None:
    lives = lifetime_map([30.0, 100.0], [10.0, 85.0], [0.0, 120.0, 240.0], _EPOCH, 20.0, forces=_FORCES)
    assert lives.sizes == {"altitude": 2, "inclination": 2, "node": 3}
    for altitude in (30.0, 100.0):
        x = orbit_states(altitude, altitude, 10.0, [0.0, 120.0, 240.0], 0.0, _EPOCH)
        flown = orbit_history(x, _EPOCH, 20.0, forces=_FORCES)
        row = lives.sel(altitude=altitude, inclination=10.0)
        np.testing.assert_allclose(row.life, flown.life_days, atol=tol.LIFE_DAYS)
        np.testing.assert_array_equal(row.fate, flown.fate)
        low = np.nanmin(flown.lowest_altitude_km, axis=1)
        np.testing.assert_allclose(row.lowest_altitude, low, atol=tol.OTHER_LANES_KM)


def test_a_higher_floor_is_reached_sooner() -> None:
    args = [50.0], [5.0, 15.0], [0.0, 90.0], _EPOCH, 20.0
    lives = [lifetime_map(*args, forces=_FORCES, floor_km=floor) for floor in (0.0, 10.0, 30.0)]
    assert (lives[2].life <= lives[1].life).all()
    assert (lives[1].life <= lives[0].life).all()
    assert set(np.unique(lives[2].fate)) <= {Fate.ALIVE, Fate.BELOW_FLOOR}


@pytest.mark.parametrize(
    "axes", [([], [10.0], [0.0]), ([-5.0], [10.0], [0.0]), ([50.0], [np.nan], [0.0]), ([50.0], [200.0], [0.0])]
)
def test_axes_that_make_no_map_are_refused(axes: tuple[list[float], ...]) -> None:
    with pytest.raises(InputError):
        lifetime_map(*axes, _EPOCH, 10.0)


def test_an_orbit_that_is_gone_at_once_has_no_altitude() -> None:
    lives = lifetime_map([1e5], [86.0], [0.0], "2027-01-01", 1.0, forces=ForceModel(moon_degree=2))
    assert lives.life.item() == 0.0
    assert np.isnan(lives.lowest_altitude.item())
    assert np.isnan(lives.largest_eccentricity.item())


def test_too_many_orbits_are_refused() -> None:
    many = np.arange(1.0, 60.0)
    with pytest.raises(InputError, match="orbits"):
        lifetime_map(many, many, many, _EPOCH, 10.0)
