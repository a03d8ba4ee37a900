"""Ground tracks against the published rotation of the Moon, written out in plain numpy."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.orbits.ground_track import SampledOrbits, ground_track, sample_orbits
from lunarplan.orbits.lunar_axes import orbit_states
from tests import tolerances as tol

_EPOCH = "2027-01-01"
_TDB = float(tdb_seconds(_EPOCH))
_FORCES = ForceModel(moon_degree=8)


def iau_moon(tdb: float) -> np.ndarray:
    """Rotation ICRF -> IAU_MOON (mean-Earth axes to 150 m). Source: Archinal et al. 2011 (WGCCRE 2009), table 2."""
    d = tdb / 86400.0
    t = d / 36525.0
    e = np.radians(
        [
            125.045 - 0.0529921 * d, 250.089 - 0.1059842 * d, 260.008 + 13.0120009 * d, 176.625 + 13.3407154 * d,
            357.529 + 0.9856003 * d, 311.589 + 26.4057084 * d, 134.963 + 13.0649930 * d, 276.617 + 0.3287146 * d,
            34.226 + 1.7484877 * d, 15.134 - 0.1589763 * d, 119.743 + 0.0036096 * d, 239.961 + 0.1643573 * d,
            25.053 + 12.9590088 * d,
        ]
    )  # fmt: skip
    s, c = np.sin(e), np.cos(e)
    ra = 269.9949 + 0.0031 * t + np.dot([-3.8787, -0.1204, 0.0700, -0.0172], s[:4]) + 0.0072 * s[5] - 0.0052 * s[9]
    ra += 0.0043 * s[12]
    dec = 66.5392 + 0.0130 * t + np.dot([1.5419, 0.0239, -0.0278, 0.0068], c[:4]) - 0.0029 * c[5] + 0.0009 * c[6]
    dec += 0.0008 * c[9] - 0.0009 * c[12]
    w = 38.3213 + 13.17635815 * d - 1.4e-12 * d * d
    w += np.dot([3.5610, 0.1208, -0.0642, 0.0158, 0.0252, -0.0066, -0.0047, -0.0046, 0.0028, 0.0052, 0.0040, 0.0019,
                 -0.0044], s)  # fmt: skip
    ra, dec, w = np.radians([ra, dec, w])
    return _about_z(w) @ _about_x(np.pi / 2.0 - dec) @ _about_z(np.pi / 2.0 + ra)


def _about_z(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), np.sin(angle), 0], [-np.sin(angle), np.cos(angle), 0], [0, 0, 1]])


def _about_x(angle: float) -> np.ndarray:
    return np.array([[1, 0, 0], [0, np.cos(angle), np.sin(angle)], [0, -np.sin(angle), np.cos(angle)]])


def test_tracks_are_those_of_the_published_rotation() -> None:
    x = orbit_states([100.0, 200.0], [100.0, 16000.0], [80.0, 62.4], 30.0, 90.0, _EPOCH)
    sampled = sample_orbits(x, _EPOCH, days=2.0, step_s=1800.0, forces=_FORCES)
    track = ground_track(sampled)
    for n in range(2):
        for k in range(0, len(sampled.tdb), 7):
            place = iau_moon(sampled.tdb[k]) @ sampled.states[n, k, :3]
            distance = np.linalg.norm(place)
            latitude, longitude = np.degrees(np.arcsin(place[2] / distance)), np.degrees(np.arctan2(place[1], place[0]))
            across = np.cos(np.radians(latitude)) * ((track.longitude_deg[n, k] - longitude + 180.0) % 360.0 - 180.0)
            assert track.latitude_deg[n, k] == pytest.approx(latitude, abs=tol.IAU_MOON_DEG)
            assert abs(across) < tol.IAU_MOON_DEG
            assert track.altitude_km[n, k] == pytest.approx(distance - RADIUS_KM["moon"], abs=1e-9)


def test_ground_speed_is_how_the_track_moves() -> None:
    x = orbit_states(100.0, 400.0, 50.0, 30.0, 90.0, _EPOCH)
    sampled = sample_orbits(x, _EPOCH, days=0.1, step_s=1.0, forces=_FORCES)
    track = ground_track(sampled)
    latitude, longitude = np.radians(track.latitude_deg[0]), np.radians(track.longitude_deg[0])
    up = np.stack(
        [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], axis=1
    )
    moved = RADIUS_KM["moon"] * np.linalg.norm(up[2:] - up[:-2], axis=1) / 2.0
    np.testing.assert_allclose(track.ground_speed_km_s[0, 1:-1], moved, rtol=tol.GROUND_SPEED)


def test_samples_are_what_the_propagator_says() -> None:
    x = orbit_states(100.0, 400.0, [50.0, 90.0], 30.0, 90.0, _EPOCH)
    sampled = sample_orbits(x, _EPOCH, days=1.0, step_s=3600.0, forces=_FORCES, tolerance=1e-12)
    assert sampled.tdb[-1] == _TDB + 86400.0
    for k in (0, 5, 24):
        end = propagate(x, _TDB, sampled.tdb[k], forces=_FORCES, center="moon").states
        np.testing.assert_allclose(sampled.states[:, k], end, atol=tol.SAME_LOW_ORBIT_KM)


def test_rows_that_crash_or_make_no_sense_are_nan_alone() -> None:
    x = orbit_states([100.0, 5.0, 100.0, 100.0], [100.0, 5.0, 100.0, 100.0], 10.0, 30.0, 0.0, _EPOCH)
    x[2, 0] = np.nan
    x[3, :3] *= 0.9
    sampled = sample_orbits(x, _EPOCH, days=2.0, step_s=600.0, forces=_FORCES)
    assert list(sampled.ok) == [True, False, False, False]
    assert np.isnan(ground_track(sampled).latitude_deg[1:]).all()


def test_an_empty_batch_has_no_tracks() -> None:
    track = ground_track(sample_orbits(np.empty((0, 6)), _EPOCH, days=1.0))
    assert track.latitude_deg.shape == (0, 1441)
    assert track.dataset().sizes["orbit"] == 0


def test_what_makes_no_sense_is_refused() -> None:
    x = orbit_states(100.0, 100.0, 50.0, 30.0, 90.0, _EPOCH)
    ephemeris = Ephemeris.packaged()
    with pytest.raises(InputError, match="samples"):
        sample_orbits(x, _EPOCH, days=3000.0, step_s=1.0)
    with pytest.raises(InputError, match="not known"):
        sample_orbits(x, "2051-06-01", days=1.0)
    with pytest.raises(InputError, match="days"):
        sample_orbits(x, _EPOCH, days=0.0)
    with pytest.raises(InputError, match="ascend"):
        SampledOrbits(np.array([1.0, 0.0]), np.zeros((1, 2, 6)), ephemeris)
    with pytest.raises(InputError, match="shape"):
        SampledOrbits(np.array([0.0, 1.0]), np.zeros((1, 3, 6)), ephemeris)
