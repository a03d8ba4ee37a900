"""A relay on a frozen ellipse."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.sites.relays import RELAYS, relay
from tests.tolerances import RELAY_INCLINATION_DEG, RELAY_KM

QUEQIAO = RELAYS["queqiao-2"]
START = float(tdb_seconds("2028-01-01T00:00:00Z"))


def test_size_and_period_as_published() -> None:
    """200 x 16000 km, 24 h; 24.32 h and a 9837.4 km, e 0.80306 by the frozen condition: reference numbers of others."""
    assert QUEQIAO.semi_major_axis_km == pytest.approx(9837.4, abs=0.05)
    assert QUEQIAO.eccentricity == pytest.approx(0.80306, abs=5e-6)
    assert 2.0 * np.pi / QUEQIAO.motion_rad_s / 3600.0 == pytest.approx(24.32, abs=0.01)


def test_it_stays_between_perilune_and_apolune() -> None:
    epochs, positions = relay("queqiao-2", START, START + 30.0 * 86_400.0)
    radius = np.linalg.norm(positions, axis=1)
    assert radius.min() == pytest.approx(1937.4, abs=60.0)  # samples are ten minutes apart
    assert radius.max() == pytest.approx(17_737.4, abs=RELAY_KM)
    assert epochs[0] < START
    assert epochs[-1] > START + 30.0 * 86_400.0


def test_apolune_is_far_south_of_the_moon() -> None:
    epochs, positions = relay("queqiao-2", START, START + 60.0 * 86_400.0)
    turned = np.einsum("tij,tj->ti", rotation("moon_me", epochs, Ephemeris.packaged()), positions)
    latitude = np.degrees(np.arcsin(turned[:, 2] / np.linalg.norm(turned, axis=1)))
    high = np.linalg.norm(positions, axis=1) > 15_000.0
    assert (latitude[high] < -40.0).all()
    assert (latitude < 0.0).mean() > 0.8


def test_inclination_to_the_plane_of_the_earth() -> None:
    ephemeris, tdb = Ephemeris.packaged(), START + 86_400.0 * np.arange(300.0)
    position = QUEQIAO.positions_km(tdb, ephemeris)
    normal = np.cross(position, QUEQIAO.positions_km(tdb + 60.0, ephemeris) - position)
    earth = ephemeris.position("earth", "moon", tdb)
    pole = np.cross(earth, ephemeris.position("earth", "moon", tdb + 60.0) - earth)
    cosine = np.einsum("ti,ti->t", normal, pole) / np.linalg.norm(normal, axis=1) / np.linalg.norm(pole, axis=1)
    assert np.degrees(np.arccos(cosine)) == pytest.approx(62.4, abs=RELAY_INCLINATION_DEG)


def test_its_speed_is_that_of_the_ellipse_and_of_its_node() -> None:
    tdb, ephemeris = START + 3600.0 * np.arange(48.0), Ephemeris.packaged()
    before, here, after = (QUEQIAO.positions_km(tdb + s, ephemeris) for s in (-1.0, 0.0, 1.0))
    speed = np.linalg.norm(after - before, axis=1) / 2.0
    expected = np.sqrt(4902.800118 * (2.0 / np.linalg.norm(here, axis=1) - 1.0 / QUEQIAO.semi_major_axis_km))
    drift = abs(QUEQIAO.node_rate_rad_s) * np.linalg.norm(here, axis=1)
    assert (np.abs(speed - expected) < drift).all()


def test_relays_there_are_none_of() -> None:
    with pytest.raises(InputError, match='did you mean "queqiao-2"'):
        relay("queqiao", START, START + 1e5)
