import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.errors import InputError
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import (
    AXES,
    axes_name,
    latitude_longitude_radius,
    pa_to_me,
    position_at,
    rotation,
    rotation_rate,
    turned,
)
from tests.tolerances import (
    DE_EVALUATION_KM,
    IAU_MOON_POLE_KM,
    ITRF_POLE_MOTION_RAD_S,
    MOON_QUATERNION,
    ORIENTATION_VS_CSPICE,
    ROTATION_RATE_RAD_S,
    TURN_ROUNDING_KM,
    TURN_ROUNDING_KM_S,
)

# LuPNT (commit 4d01931d), Orekit 13.1, IAU rotation model of the Moon, 2024-03-15T12:00:00 UTC: inertial and fixed, m.
OREKIT_EPOCH = "2024-03-15T12:00:00"
OREKIT_INERTIAL_M = [[1500000.0, 1000000.0, 800000.0], [-4000000.0, 2500000.0, 5000000.0]]
OREKIT_FIXED_M = [
    [-1843381.3608926265, 603539.2446277628, 357331.13285550615],
    [-1382819.4169519823, -5604558.642355099, 3731853.813388642],
]
TDB = np.linspace(7e8, 7.5e8, 12)


@pytest.fixture(scope="module")
def ephemeris():
    return Ephemeris.packaged()


@pytest.fixture
def cspice(tests_only):
    return json.loads(tests_only("orientation_cspice_24_epochs.json").read_text())


def test_pa_to_me_matches_the_frame_kernel(cspice):
    """CSPICE's matrix from moon_de440_250416.tf."""
    np.testing.assert_allclose(pa_to_me().ravel(), cspice["paToMeMatrix"], rtol=0, atol=MOON_QUATERNION)


def test_mean_earth_axes_match_cspice(ephemeris, cspice):
    tdb = np.array([epoch["etSec"] for epoch in cspice["epochs"]])
    expected = np.array([epoch["j2000ToMeMatrix"] for epoch in cspice["epochs"]]).reshape(-1, 3, 3)
    np.testing.assert_allclose(rotation("moon_me", tdb, ephemeris), expected, rtol=0, atol=ORIENTATION_VS_CSPICE)


def test_mean_earth_axes_match_orekit_within_its_pole_model(ephemeris):
    me = rotation("moon_me", tdb_seconds(OREKIT_EPOCH), ephemeris)
    miss_m = np.linalg.norm(OREKIT_INERTIAL_M @ me.T - np.array(OREKIT_FIXED_M), axis=1)
    assert (miss_m < 1e3 * IAU_MOON_POLE_KM).all()


def test_mean_earth_rotation_the_wrong_way_round_would_show(ephemeris):
    """1.8 km at 1966 km: the trap of the frame kernel, which states the turn from ME to PA."""
    wrong = pa_to_me().T @ rotation("moon_pa", tdb_seconds(OREKIT_EPOCH), ephemeris)
    miss_m = np.linalg.norm(OREKIT_INERTIAL_M @ wrong.T - np.array(OREKIT_FIXED_M), axis=1)
    assert 1750.0 < miss_m[0] < 1900.0


@pytest.mark.parametrize("axes", AXES)
def test_every_matrix_is_a_rotation(ephemeris, axes):
    matrix = rotation(axes, TDB, ephemeris)
    identity = matrix @ np.swapaxes(matrix, -1, -2)
    np.testing.assert_allclose(identity, np.broadcast_to(np.eye(3), identity.shape), rtol=0, atol=MOON_QUATERNION)
    np.testing.assert_allclose(np.linalg.det(matrix), 1.0, rtol=0, atol=MOON_QUATERNION)


@pytest.mark.parametrize("axes", AXES)
def test_every_rate_is_the_derivative_of_its_rotation(ephemeris, axes):
    h = 20.0
    near = rotation(axes, TDB + h, ephemeris) - rotation(axes, TDB - h, ephemeris)
    far = rotation(axes, TDB + 2 * h, ephemeris) - rotation(axes, TDB - 2 * h, ephemeris)
    cross = -(8.0 * near - far) / (12.0 * h) @ np.swapaxes(rotation(axes, TDB, ephemeris), -1, -2)
    expected = np.stack([cross[:, 2, 1], cross[:, 0, 2], cross[:, 1, 0]], axis=-1)
    tolerance = ITRF_POLE_MOTION_RAD_S if axes == "itrf" else ROTATION_RATE_RAD_S
    np.testing.assert_allclose(rotation_rate(axes, TDB, ephemeris), expected, rtol=0, atol=tolerance)


def test_the_rotating_axes_hold_the_moon_on_x(ephemeris):
    moon = turned(ephemeris.state("moon", "earth", TDB), TDB, "icrf", "earth_moon_rotating", ephemeris)
    distance = np.linalg.norm(ephemeris.position("moon", "earth", TDB), axis=1)
    np.testing.assert_allclose(moon[:, 0], distance, rtol=0, atol=DE_EVALUATION_KM)
    np.testing.assert_allclose(moon[:, 1:3], 0.0, rtol=0, atol=DE_EVALUATION_KM)
    np.testing.assert_allclose(moon[:, 4:], 0.0, rtol=0, atol=TURN_ROUNDING_KM_S)  # only the range rate is left
    assert (rotation_rate("earth_moon_rotating", TDB, ephemeris)[:, 2] > 2.2e-6).all()


def test_a_point_fixed_on_the_moon_has_no_velocity_there(ephemeris):
    """A position at two epochs 40 s apart gives the inertial velocity; turned, it must vanish."""
    fixed, h = np.array([1000.0, -1200.0, 700.0]), 20.0
    inertial = [np.swapaxes(rotation("moon_me", t, ephemeris), -1, -2) @ fixed for t in (TDB - h, TDB, TDB + h)]
    rv = np.concatenate([inertial[1], (inertial[2] - inertial[0]) / (2 * h)], axis=-1)
    seen = turned(rv, TDB, "icrf", "moon_me", ephemeris)
    np.testing.assert_allclose(seen[:, :3], np.broadcast_to(fixed, (len(TDB), 3)), rtol=0, atol=TURN_ROUNDING_KM)
    np.testing.assert_allclose(seen[:, 3:], 0.0, rtol=0, atol=1e-11)  # h^2 w^3 r / 6


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("other", AXES)
def test_turning_there_and_back_changes_nothing(ephemeris, axes, other):
    rv = np.random.default_rng(6).normal(size=(len(TDB), 6)) * [1e5, 1e5, 1e5, 1.0, 1.0, 1.0]
    there = turned(rv, TDB, axes, other, ephemeris)
    back = turned(there, TDB, other, axes, ephemeris)
    np.testing.assert_allclose(back[:, :3], rv[:, :3], rtol=0, atol=TURN_ROUNDING_KM)
    np.testing.assert_allclose(back[:, 3:], rv[:, 3:], rtol=0, atol=TURN_ROUNDING_KM_S)
    np.testing.assert_allclose(np.linalg.norm(there[:, :3], axis=1), np.linalg.norm(rv[:, :3], axis=1), rtol=1e-14)


@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 2), (0,)])
def test_shapes_follow_the_epochs(ephemeris, axes, shape):
    tdb = np.full(shape, 7.7e8)
    assert rotation(axes, tdb, ephemeris).shape == (*shape, 3, 3)
    assert rotation_rate(axes, tdb, ephemeris).shape == (*shape, 3)
    assert turned(np.ones((*shape, 6)), tdb, "icrf", axes, ephemeris).shape == (*shape, 6)


@pytest.mark.parametrize("axes", ["moon_pa", "moon_me", "earth_moon_rotating"])
def test_epochs_outside_the_ephemeris_are_refused(ephemeris, axes):
    with pytest.raises(InputError, match="not known at"):
        rotation(axes, ephemeris.end_tdb + 1.0, ephemeris)


def test_axes_have_one_spelling():
    assert axes_name(" MOON_ME ") == "moon_me"
    with pytest.raises(InputError, match="did you mean 'moon_pa'"):
        axes_name("moonpa")
    for bad in ("", "j2000", None, 3):
        with pytest.raises(InputError):
            axes_name(bad)


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "position"),
    [
        (0.0, 0.0, [1737.4, 0.0, 0.0]),
        (0.0, 90.0, [0.0, 1737.4, 0.0]),
        (-90.0, 0.0, [0.0, 0.0, -1737.4]),
        (30.0, 180.0, [-1504.6325, 0.0, 868.7]),
    ],
)
def test_coordinates_of_known_places(latitude_deg, longitude_deg, position):
    found = position_at(np.deg2rad(latitude_deg), np.deg2rad(longitude_deg), 1737.4)
    np.testing.assert_allclose(found, position, rtol=0, atol=1e-4)


@given(st.floats(-1.57, 1.57), st.floats(-3.14, 3.14), st.floats(1.0, 1e6))
def test_coordinates_survive_the_round_trip(latitude, longitude, radius):
    found = latitude_longitude_radius(position_at(latitude, longitude, radius))
    np.testing.assert_allclose(found, [latitude, longitude, radius], rtol=1e-12, atol=1e-12)


def test_coordinates_come_in_batches():
    latitude = np.linspace(-1.0, 1.0, 5)
    positions = position_at(latitude, 0.3, 1737.4)
    assert positions.shape == (5, 3)
    np.testing.assert_allclose(latitude_longitude_radius(positions)[0], latitude, rtol=1e-14)
