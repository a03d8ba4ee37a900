"""Elements of orbits about the Moon in the planes they are counted from."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.elements import Elements
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import latitude_longitude_radius, rotation
from lunarplan.orbits.lunar_axes import AXES, lunar_rotation, orbit_elements, orbit_states, states_of
from tests import tolerances as tol

_EPOCH = "2027-01-01"
_TDB = float(tdb_seconds(_EPOCH))


@pytest.mark.parametrize("axes", AXES)
def test_axes_are_right_handed_rotations(axes: str) -> None:
    turn = lunar_rotation(axes, _TDB + np.arange(5) * 1e7)
    np.testing.assert_allclose(
        turn @ np.swapaxes(turn, -1, -2), np.broadcast_to(np.eye(3), (5, 3, 3)), atol=tol.UNIT_ROUNDING
    )
    np.testing.assert_allclose(np.linalg.det(turn), 1.0, atol=tol.UNIT_ROUNDING)


@pytest.mark.parametrize("axes", AXES)
def test_elements_come_back(axes: str) -> None:
    rng = np.random.default_rng(1)
    given = rng.uniform([1800.0, 0.01, 5.0, 5.0, 5.0, -170.0], [9000.0, 0.6, 175.0, 355.0, 355.0, 170.0], (20, 6))
    elements = Elements.from_periapsis(*given.T, ForceModel().gm("moon"))
    found = orbit_elements(states_of(elements, _TDB, axes), _TDB, axes)
    back = [found.periapsis_radius_km, found.eccentricity, found.inclination_deg, found.raan_deg, found.argp_deg,
            found.true_anomaly_deg]  # fmt: skip
    np.testing.assert_allclose(np.stack(back, axis=1), given, atol=tol.ELEMENTS_BACK)


def test_nodes_in_mean_earth_axes_are_longitudes_on_the_moon() -> None:
    x = orbit_states(100.0, 100.0, [30.0, 150.0, 90.0], [20.0, -130.0, 77.0], 0.0, _EPOCH)
    fixed = x[:, :3] @ rotation("moon_me", _TDB, Ephemeris.packaged()).T
    latitude, longitude, radius = latitude_longitude_radius(fixed)
    np.testing.assert_allclose(np.degrees(longitude), [20.0, -130.0, 77.0], atol=tol.GEOMETRIC_SKY_DEG)
    np.testing.assert_allclose(np.degrees(latitude), 0.0, atol=tol.GEOMETRIC_SKY_DEG)
    np.testing.assert_allclose(radius - RADIUS_KM["moon"], 100.0, atol=tol.ELEMENTS_BACK)


def test_the_lunar_equator_leans_to_the_earths_orbit_by_cassinis_angle() -> None:
    t = _TDB + np.arange(0.0, 3e8, 1e6)
    equator, orbit = (lunar_rotation(axes, t)[:, 2] for axes in ("moon_equator", "earth_orbit"))
    angle = np.degrees(np.arccos((equator * orbit).sum(axis=1)))
    assert abs(angle.mean() - tol.CASSINI_TILT_DEG) < tol.CASSINI_TILT_SPREAD_DEG
    assert np.ptp(angle) < 3.0 * tol.CASSINI_TILT_SPREAD_DEG


def test_one_orbit_has_one_plane_whatever_it_is_counted_from() -> None:
    x = orbit_states(100.0, 500.0, 60.0, 10.0, 40.0, _EPOCH)
    equator, mean_earth = orbit_elements(x, _TDB, "moon_equator"), orbit_elements(x, _TDB, "moon_me")
    for name in ("inclination_deg", "argp_deg", "eccentricity"):
        assert getattr(equator, name) == pytest.approx(getattr(mean_earth, name), abs=tol.ELEMENTS_BACK)


def test_arguments_broadcast_and_a_single_orbit_is_a_single_state() -> None:
    assert orbit_states(100.0, 100.0, 90.0, 0.0, 0.0, _EPOCH).shape == (6,)
    assert orbit_states([100.0, 50.0], 100.0, 90.0, 0.0, 0.0, _EPOCH).shape == (2, 6)
    assert orbit_states(np.empty(0), 100.0, 90.0, 0.0, 0.0, _EPOCH).shape == (0, 6)


@pytest.mark.parametrize(
    "given",
    [(200.0, 100.0, 90.0), (-1800.0, 100.0, 90.0), (np.nan, 100.0, 90.0), (100.0, np.inf, 90.0), (100.0, 100.0, 190.0)],
)
def test_orbits_that_are_none_are_refused(given: tuple[float, float, float]) -> None:
    with pytest.raises(InputError):
        orbit_states(*given, 0.0, 0.0, _EPOCH)


def test_unknown_axes_and_epochs_are_refused() -> None:
    with pytest.raises(InputError, match="moon_equator"):
        lunar_rotation("ecliptic", _TDB)
    with pytest.raises(InputError, match="not known at 1972"):
        orbit_states(100.0, 100.0, 10.0, 0.0, 0.0, "1972-04-24")
