"""Ground stations: where they are, what stands in their sky."""

import pickle

import erfa
import numpy as np
import pytest
from astropy import units
from astropy.coordinates import AltAz, EarthLocation, get_sun
from astropy.time import Time
from astropy.utils import iers

from lunarplan.errors import InputError
from lunarplan.model.constants import EARTH_ROTATION_RATE_RAD_S, SPEED_OF_LIGHT_KM_S
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.model.stations import (
    NETWORKS,
    STATIONS,
    GroundStation,
    earth_fixed,
    ellipsoid_position,
    ground_station,
    ground_stations,
    itrf_axes,
    station_sky,
    station_sky_of,
)
from tests.tolerances import ITRF_2000B_RAD, STATION_KM, TOPOCENTRIC_VS_ASTROPY_DEG

EPHEMERIS = Ephemeris.packaged()
TDB = tdb_seconds("2020-06-01T03:00:00") + np.linspace(0.0, 25.0 * 365.25 * 86400.0, 40)

# Geocentric coordinates, km, as printed: JPL's list of 27 October 2008 (DSS-14, DSS-43), the table of DSN antennas
# allocated to KPLO in JASS 40 (2023), 79 (DSS-63), NAIF malargue.tf, earthstns_ru_20191031.tf, VLBI (Usuda).
GEOCENTRIC_KM = {
    "goldstone": (-2353.6213873, -4641.3414492, 3677.0522629),
    "canberra": (-4460.8949092, 2682.3615401, -3674.7480458),
    "madrid": (4849.092518, -360.180348, 4115.109251),
    "malargue": (1823.34336340, -4850.4579903, -3708.9718154),
    "bear-lakes": (2828.547498, 2206.064086, 5256.395991),
    "usuda": (-3855.354, 3427.426, 3740.965),
}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setattr(iers.conf, "auto_download", False)
    monkeypatch.setattr(iers.conf, "auto_max_age", None)


@pytest.mark.parametrize("name", GEOCENTRIC_KM)
def test_published_geocentric_coordinates(name):
    station = STATIONS[name]
    miss = np.linalg.norm(station.position_km - GEOCENTRIC_KM[name])
    assert miss < STATION_KM[station.confidence]


@pytest.mark.parametrize(
    ("name", "latitude", "longitude"),
    [("new-norcia", 90.0 - 121.0482254, 116.1914978), ("cebreros", 90.0 - 49.5473099, -4.3675499)],
)
def test_axes_of_the_estrack_frame_kernel(name, latitude, longitude):
    """ESTRACK_V04.TF gives the rotation to topocentric axes: minus longitude, minus colatitude."""
    place = ellipsoid_position(latitude, longitude, STATIONS[name].height_km)
    assert np.linalg.norm(STATIONS[name].position_km - place) < STATION_KM["high"]


def test_the_ellipsoid_is_that_of_erfa():
    latitude, longitude = np.linspace(-90.0, 90.0, 13), np.linspace(-180.0, 180.0, 13)
    expected = erfa.gd2gc(erfa.WGS84, np.radians(longitude), np.radians(latitude), 1234.5) / 1e3
    np.testing.assert_allclose(ellipsoid_position(latitude, longitude, 1.2345), expected, rtol=0, atol=1e-8)


def test_quick_axes_are_the_slow_ones():
    miss = itrf_axes(TDB) - rotation("itrf", TDB, EPHEMERIS)
    assert np.abs(miss).max() < ITRF_2000B_RAD
    np.testing.assert_allclose(
        itrf_axes(TDB) @ np.swapaxes(itrf_axes(TDB), 1, 2), np.broadcast_to(np.eye(3), (40, 3, 3)), rtol=0, atol=1e-14
    )


@pytest.mark.parametrize("name", ["goldstone", "canberra", "jiamusi"])
def test_the_sun_over_a_station_matches_astropy(name):
    station = STATIONS[name]
    where = EarthLocation.from_geodetic(station.longitude_deg, station.latitude_deg, 1e3 * station.height_km)
    for epoch in ("2020-12-21T01:00:00", "2023-03-20T12:34:56", "2024-05-03T09:27:00", "2025-07-04T20:00:00"):
        time = Time(epoch, scale="utc")
        expected = get_sun(time).transform_to(AltAz(obstime=time, location=where, pressure=0.0 * units.hPa))
        found = station_sky(station, "sun", epoch)
        # what astropy has besides: the station's own speed eastwards, 0.3 arcsec
        turning = EARTH_ROTATION_RATE_RAD_S * np.hypot(*station.position_km[:2]) / SPEED_OF_LIGHT_KM_S
        e, a = found.elevation_rad, found.azimuth_rad
        elevation = found.elevation_deg - np.degrees(turning * np.sin(e) * np.sin(a))
        azimuth = found.azimuth_deg + np.degrees(turning * np.cos(a) / np.cos(e))
        assert elevation == pytest.approx(expected.alt.deg, abs=TOPOCENTRIC_VS_ASTROPY_DEG)
        assert azimuth == pytest.approx(expected.az.deg, abs=TOPOCENTRIC_VS_ASTROPY_DEG / np.cos(e))


def test_what_stands_along_the_ellipsoids_normal_stands_overhead():
    station = STATIONS["madrid"]
    above = np.swapaxes(itrf_axes(TDB), 1, 2) @ (station.position_km + 500.0 * station.axes.up)
    found = station_sky_of(station, above, TDB)
    assert found.elevation_deg == pytest.approx(np.full(40, 90.0), abs=1e-6)
    assert found.distance_km == pytest.approx(np.full(40, 500.0), abs=1e-8)


def test_a_station_at_the_antipodes_sees_the_far_away_below():
    """Elevations of the Moon over places opposite each other cancel but for the parallax of two degrees."""
    here, there = GroundStation("a", 40.0, 10.0), GroundStation("b", -40.0, -170.0)
    moon = EPHEMERIS.position("moon", "earth", TDB)
    total = station_sky_of(here, moon, TDB).elevation_deg + station_sky_of(there, moon, TDB).elevation_deg
    parallax = 2.0 * np.degrees(np.arcsin(6378.0 / np.linalg.norm(moon, axis=1)))
    assert (total <= 0.0).all()
    assert (total >= -parallax).all()


def test_dsn_always_has_one_station_that_sees_the_moon():
    tdb = tdb_seconds("2026-03-01") + np.arange(0.0, 30.0, 0.02) * 86400.0
    fixed = earth_fixed(EPHEMERIS.position("moon", "earth", tdb), tdb)
    best = np.max([s.sky_of_fixed(fixed).elevation_deg for s in ground_stations("dsn")], axis=0)
    assert best.min() > 5.0


def test_batches_equal_loops():
    moon = EPHEMERIS.position("moon", "earth", TDB)
    many = station_sky_of(STATIONS["usuda"], moon, TDB)
    for i in range(len(TDB)):
        one = station_sky_of(STATIONS["usuda"], moon[i], TDB[i])
        assert one.elevation_rad == pytest.approx(many.elevation_rad[i], abs=1e-14)
        assert one.azimuth_rad == pytest.approx(many.azimuth_rad[i], abs=1e-13)
    assert station_sky_of(STATIONS["usuda"], np.empty((0, 3)), np.empty(0)).elevation_rad.shape == (0,)


def test_every_station_says_where_it_is_from():
    for name, station in STATIONS.items():
        assert name == station.name
        assert station.title
        assert station.source
        assert station.network in NETWORKS
        assert station.confidence in ("high", "medium", "low")


@pytest.mark.parametrize("name", ["goldstone", "Goldstone", "DSS 14", "dss_14"])
def test_a_station_is_found_however_it_is_spelt(name):
    assert ground_station(name) is STATIONS["goldstone"]


def test_networks_names_and_stations_together():
    own = GroundStation("own", 1.0, 2.0)
    names = [s.name for s in ground_stations(["DSN", "goldstone", own, "kashi"])]
    assert names == ["canberra", "goldstone", "madrid", "own", "kashgar"]
    assert [s.name for s in ground_stations("okb_mei")] == ["bear-lakes"]
    assert ground_stations(own) == (own,)


@pytest.mark.parametrize("name", ["goldstein", "nowhere", "", "x" * 500, None, 3, "a\nb"])
def test_an_unknown_station_lists_those_there_are(name):
    with pytest.raises(InputError) as caught:
        ground_station(name)
    assert "new-norcia" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_station():
    for arguments, where in (
        (("x", 91.0, 0.0), "GroundStation.latitude_deg"),
        (("x", 0.0, np.nan), "GroundStation.longitude_deg"),
        (("x", 0.0, 0.0, 500.0), "GroundStation.height_km"),
    ):
        with pytest.raises(InputError, match=where):
            GroundStation(*arguments)
    with pytest.raises(InputError, match="no station is named"):
        ground_stations([])
    with pytest.raises(InputError, match="not finite"):
        station_sky_of(STATIONS["usuda"], [np.inf, 0.0, 0.0], 8e8)


def test_stations_can_be_sent_to_other_processes():
    station = STATIONS["madrid"]
    assert pickle.loads(pickle.dumps(station)) == station
