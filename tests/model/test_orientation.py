import json

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.orientation import MoonOrientation
from tests.tolerances import MOON_QUATERNION, ORIENTATION_VS_CSPICE, ROTATION_RATE_RAD_S


@pytest.fixture(scope="module")
def ephemeris():
    return Ephemeris.packaged()


@pytest.fixture
def cspice(tests_only):
    """24 epochs of CSPICE's pxform with moon_pa_de440_200625.bpc; the file holds its own provenance."""
    return json.loads(tests_only("orientation_cspice_24_epochs.json").read_text())["epochs"]


def test_principal_axes_match_cspice(ephemeris, cspice):
    tdb = np.array([epoch["etSec"] for epoch in cspice])
    expected = np.array([epoch["j2000ToPaMatrix"] for epoch in cspice]).reshape(-1, 3, 3)
    np.testing.assert_allclose(ephemeris.moon_pa(tdb), expected, rtol=0, atol=ORIENTATION_VS_CSPICE)


def test_angles_match_jplephem_up_to_double_turns(ephemeris, cspice):
    tdb = np.array([epoch["etSec"] for epoch in cspice])
    expected = np.array([[epoch["paAnglesRad"][name] for name in ("phi", "delta", "w")] for epoch in cspice])
    turns = (expected - ephemeris.orientation.angles(tdb)) / (4.0 * np.pi)
    np.testing.assert_allclose(turns, np.rint(turns), rtol=0, atol=ORIENTATION_VS_CSPICE)
    assert np.abs(ephemeris.orientation.angles(tdb)).max() < 4.0 * np.pi


def test_matrices_are_rotations(ephemeris):
    tdb = np.linspace(ephemeris.start_tdb, ephemeris.end_tdb, 500)
    matrix = ephemeris.moon_pa(tdb)
    identity = matrix @ np.swapaxes(matrix, -1, -2)
    np.testing.assert_allclose(identity, np.broadcast_to(np.eye(3), identity.shape), rtol=0, atol=MOON_QUATERNION)
    np.testing.assert_allclose(np.linalg.det(matrix), 1.0, rtol=0, atol=MOON_QUATERNION)


def test_the_rate_is_the_derivative_of_the_rotation(ephemeris):
    tdb, h = np.linspace(7e8, 8e8, 30), 20.0
    near = ephemeris.moon_pa(tdb + h) - ephemeris.moon_pa(tdb - h)
    far = ephemeris.moon_pa(tdb + 2 * h) - ephemeris.moon_pa(tdb - 2 * h)
    cross = -(8.0 * near - far) / (12.0 * h) @ np.swapaxes(ephemeris.moon_pa(tdb), -1, -2)
    rate = np.stack([cross[:, 2, 1], cross[:, 0, 2], cross[:, 1, 0]], axis=-1)
    np.testing.assert_allclose(ephemeris.moon_pa_rate(tdb), rate, rtol=0, atol=ROTATION_RATE_RAD_S)


def test_the_moon_turns_once_a_sidereal_month(ephemeris):
    tdb = np.linspace(ephemeris.start_tdb, ephemeris.end_tdb, 20000)
    mean = ephemeris.moon_pa_rate(tdb)[:, 2].mean()
    assert 2.0 * np.pi / mean / 86400.0 == pytest.approx(27.321661, abs=2e-4)


def test_the_earth_stays_over_the_near_side(ephemeris):
    """The principal x axis points at the Earth within the librations, 8 deg."""
    tdb = np.linspace(ephemeris.start_tdb, ephemeris.end_tdb, 5000)
    earth = (ephemeris.moon_pa(tdb) @ ephemeris.position("earth", "moon", tdb)[..., np.newaxis])[..., 0]
    off = np.arccos(earth[:, 0] / np.linalg.norm(earth, axis=1))
    assert 6.0 < np.rad2deg(off.max()) < 10.6  # 7.9 deg in longitude and 6.7 in latitude do not meet by chance


def test_the_orientation_has_its_own_span(ephemeris):
    assert (ephemeris.orientation.start_tdb, ephemeris.orientation.end_tdb) == (631108800.0, 1609416000.0)
    with pytest.raises(InputError, match="orientation of the Moon"):
        ephemeris.moon_pa(ephemeris.end_tdb + 1.0)
    with pytest.raises(InputError, match="orientation of the Moon"):
        ephemeris.moon_pa_rate(ephemeris.start_tdb - 1.0)


def test_the_packaged_orientation_is_read_once():
    assert MoonOrientation.packaged() is MoonOrientation.packaged()
