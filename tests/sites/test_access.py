"""Passes of a low orbit against its geometry worked out otherwise."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.model.surface import Place
from lunarplan.sites.access import LowOrbit, passes, widest_cross_range_deg
from lunarplan.transfers.surface.stage import Stage
from tests.tolerances import (
    CROSS_RANGE_DEG,
    LANDED_ASIDE_KM,
    LANDING_CLOSURE_KM,
    ORBIT_SPEED_M_S,
    WIDEST_CROSS_RANGE_DEG,
)

START = float(tdb_seconds("2028-01-01T00:00:00Z"))
DAY = 86_400.0


def test_speed_and_period_of_a_circular_orbit_of_100_km() -> None:
    """1633.50 m/s and 117.791 min: reference numbers of others, sphere of 1737.4 km."""
    assert LowOrbit().speed_m_s == pytest.approx(1633.50, abs=ORBIT_SPEED_M_S)
    assert LowOrbit().period_s / 60.0 == pytest.approx(117.791, abs=1e-3)


def test_the_site_is_in_the_plane_at_every_pass() -> None:
    orbit = LowOrbit(100.0, 86.0, 30.0)
    found = passes(-45.0, 123.4, START, START + 60.0 * DAY, orbit)
    assert len(found.epochs_tdb) == 4
    assert (np.diff(found.epochs_tdb) > 10.0 * DAY).all()
    normals = orbit.normals(found.epochs_tdb, START, Ephemeris.packaged())
    up = [np.cos(np.radians(-45.0)) * np.cos(np.radians(123.4)), np.cos(np.radians(-45.0)) * np.sin(np.radians(123.4))]
    site = np.array([*up, np.sin(np.radians(-45.0))])
    assert np.degrees(np.arcsin(normals @ site)) == pytest.approx(0.0, abs=CROSS_RANGE_DEG)
    assert (found.cross_range_deg == 0.0).all()
    assert (found.plane_change_m_s == 0.0).all()


def test_a_polar_plane_passes_twice_a_month() -> None:
    """Half a sidereal month apart, 13.66 days, but for the librations in longitude of 8 deg: 0.6 days."""
    epochs = passes(0.0, 10.0, START, START + 200.0 * DAY).epochs_tdb
    assert np.diff(epochs) / DAY == pytest.approx(13.66, abs=0.1)


def test_a_site_beyond_the_inclination_is_never_under_the_plane() -> None:
    found = passes(-45.0, 123.4, START, START + 60.0 * DAY, LowOrbit(100.0, 30.0))
    assert found.cross_range_deg == pytest.approx(15.0, abs=WIDEST_CROSS_RANGE_DEG)
    assert len(found.epochs_tdb) == 2
    assert found.plane_change_m_s == pytest.approx(float(LowOrbit().plane_change_m_s(15.0)), abs=2.0)
    assert found.worst_plane_change_m_s == pytest.approx(
        float(LowOrbit().plane_change_m_s(widest_cross_range_deg(-45.0, 30.0))), abs=2.0
    )


def test_a_quarter_turn_costs_the_square_root_of_two_of_the_speed() -> None:
    assert LowOrbit().plane_change_m_s(90.0) == pytest.approx(np.sqrt(2.0) * LowOrbit().speed_m_s)
    assert LowOrbit().plane_change_m_s(0.0) == 0.0


@pytest.mark.parametrize(
    ("latitude", "inclination", "widest"),
    [
        (0.0, 90.0, 90.0),
        (-90.0, 90.0, 0.0),
        (-88.8, 90.0, 1.2),
        (-88.8, 86.0, 5.2),
        (45.0, 0.0, 45.0),
        (10.0, 170.0, 20.0),
    ],
)
def test_widest_cross_range(latitude: float, inclination: float, widest: float) -> None:
    assert widest_cross_range_deg(latitude, inclination) == pytest.approx(widest)


def test_widest_cross_range_against_every_node() -> None:
    rng = np.random.default_rng(4)
    node = np.radians(np.linspace(0.0, 360.0, 3601))
    for latitude, inclination in zip(rng.uniform(-90.0, 90.0, 20), rng.uniform(0.0, 180.0, 20), strict=True):
        phi, tilt = np.radians([latitude, inclination])
        sine = np.sin(phi) * np.cos(tilt) + np.cos(phi) * np.sin(tilt) * np.sin(node)
        widest = np.degrees(np.arcsin(np.abs(sine).max()))
        assert widest_cross_range_deg(latitude, inclination) == pytest.approx(widest, abs=1e-3)


def test_the_plane_stays_among_the_stars() -> None:
    """Of a polar orbit, whose node does not drift, the normal is the same in ICRF a month later."""
    orbit, ephemeris = LowOrbit(), Ephemeris.packaged()
    tdb = np.array([START, START + 27.0 * DAY])
    normals = orbit.normals(tdb, START, ephemeris)
    icrf = np.einsum("nji,nj->ni", rotation("moon_me", tdb, ephemeris), normals)
    assert icrf[1] == pytest.approx(icrf[0], abs=1e-12)


def test_the_node_of_a_low_orbit_drifts_backwards() -> None:
    """-1.00 deg a day for 100 km and 38 deg (J2 alone)."""
    rate = np.degrees(LowOrbit(100.0, 38.0).node_rate_rad_s) * DAY
    j2, ratio, motion = 2.033e-4, 1737.4 / 1837.4, 2.0 * np.pi / (117.791 * 60.0)
    assert rate == pytest.approx(-np.degrees(1.5 * j2 * motion * ratio**2 * np.cos(np.radians(38.0))) * DAY, rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((-91.0, 0.0, START, START + DAY), "Place.latitude_deg"),
        ((-80.0, 0.0, START + DAY, START), "not after the start"),
        ((-80.0, 0.0, START, START + 1e10), "is not known at"),
    ],
)
def test_bad_input(arguments: tuple[float, ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        passes(*arguments)


@pytest.mark.parametrize("changes", [{"altitude_km": 1.0}, {"inclination_deg": 181.0}, {"node_deg": np.nan}])
def test_orbits_that_cannot_be(changes: dict[str, float]) -> None:
    with pytest.raises(InputError, match="LowOrbit"):
        LowOrbit(**changes)


def test_a_short_span_may_have_no_pass() -> None:
    found = passes(0.0, 10.0, START, START + DAY)
    assert len(found.epochs_tdb) == 0
    assert found.longest_wait_days == pytest.approx(1.0)
    assert found.to_dict()["passes"] == []


def test_every_pass_is_a_landing_in_the_field() -> None:
    """Over the site where the plane is, and, where the latitude is above the inclination, from so far aside."""
    stage, place = Stage(45_000.0, 311.0, 15_000.0), Place(-45.0, 123.4, -1.0)
    over = passes(-45.0, 123.4, START, START + 60.0 * DAY, LowOrbit(100.0, 86.0, 30.0))
    found = over.landings(place, stage).require()
    assert np.abs(found.cross_range_km).max() < LANDED_ASIDE_KM
    assert np.abs(found.touchdown_tdb - over.epochs_tdb).max() < 600.0
    assert found.miss_km.max() < LANDING_CLOSURE_KM
    beside = passes(-45.0, 123.4, START, START + 60.0 * DAY, LowOrbit(100.0, 44.0, 30.0))
    aside = beside.landings(place, stage).require()
    np.testing.assert_allclose(
        np.abs(aside.cross_range_km), np.radians(beside.cross_range_deg) * 1737.4, atol=LANDED_ASIDE_KM
    )
    none = passes(80.0, 0.0, START, START + 0.1 * DAY, LowOrbit(100.0, 10.0, 0.0))
    assert len(none.landings(Place(80.0, 0.0), stage).ok) == len(none.epochs_tdb)
