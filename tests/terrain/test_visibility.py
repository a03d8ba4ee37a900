"""The Earth, its stations and relays over the horizons of places."""

from dataclasses import replace

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.model.sky import angular_radius_rad
from lunarplan.model.stations import ground_station, ground_stations, station_sky_of
from lunarplan.model.surface import Place, sky
from lunarplan.terrain.nights import days
from lunarplan.terrain.visibility import availability, contacts, visibility, visibility_map
from tests.terrain.skies import level, profiles_of, region, rugged
from tests.tolerances import INTERVAL_EDGE_S, MAP_EARTH_AVERAGE, MAP_LIT, SEEN_FROM_STATION_DEG

MONTH = "2027-01-01", "2027-02-01"
YEAR = "2027-01-01", "2028-01-01"
SITES = Place([-89.45, -88.8, -85.4], [-137.3, 123.4, 31.7], 1.0)
EPHEMERIS = Ephemeris.packaged()
GM, RADIUS = 4902.800118, 1737.4
PIXELS = [(0, 0), (0, 49), (39, 0), (39, 49), (31, 31), (32, 32), (10, 20)]


class Polar:
    """A relay on a circular polar orbit over a meridian of the Moon as it stood at an epoch, with `.at`."""

    def __init__(self, altitude_km, epoch, longitude_deg=0.0):
        self.radius, self.epoch = RADIUS + altitude_km, epoch
        self.rate = np.sqrt(GM / self.radius**3)
        turn = np.radians(longitude_deg)
        self.axes = rotation("moon_me", epoch, EPHEMERIS).T @ np.array(
            [[np.cos(turn), 0.0], [np.sin(turn), 0.0], [0.0, 1.0]]
        )

    def at(self, tdb, center="earth"):
        assert center == "moon"
        angle = self.rate * (np.asarray(tdb) - self.epoch)
        r = self.radius * (np.outer(np.cos(angle), self.axes[:, 0]) + np.outer(np.sin(angle), self.axes[:, 1]))
        return np.concatenate([r, np.full_like(r, np.nan)], axis=1)

    def times(self, first, last):
        return first + np.arange(0.0, last - first + 60.0, 60.0)


# ---------------------------------------------------------------- the Earth and its stations


def test_the_earth_over_a_plain_is_over_it_when_it_is():
    found = contacts(level(SITES, 1.0), "earth", *YEAR, part="whole")
    for i in range(3):
        for edges, rising in ((found.at(i).begins_tdb, True), (found.at(i).ends_tdb, False)):
            for t in edges[1:-1]:
                place = Place(SITES.latitude_deg[i], SITES.longitude_deg[i], 1.0)
                around = sky(place, "earth", t + np.array([-INTERVAL_EDGE_S, INTERVAL_EDGE_S]))
                over = around.elevation_rad - angular_radius_rad("earth", around.distance_km) - np.radians(1.0)
                assert (over[1] > 0.0) == rising
                assert (over[0] > 0.0) != rising
    assert (found.count > 10).all()


def test_the_earth_stays_where_it_is_for_the_near_side():
    found = contacts(level(Place([0.0, 0.0], [0.0, 180.0])), "earth", *YEAR)
    assert found.fraction.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("name", ["bear-lakes", "canberra", "kashgar", "new-norcia"])
def test_a_station_sees_a_place_that_sees_it(name):
    """By two skies: of the place, and of the station, which looks at the place without light time, 1.3 s of turning."""
    profiles, station = rugged(SITES), ground_station(name)
    seen = visibility(profiles, name, *MONTH, 0.37, least_deg=15.0)
    tdb = seen.tdb.values
    for i in range(3):
        place = Place(SITES.latitude_deg[i], SITES.longitude_deg[i], 1.0)
        icrf = np.einsum("tji,j->ti", rotation("moon_me", tdb, EPHEMERIS), place.position_km)
        there = station_sky_of(station, EPHEMERIS.position("moon", "earth", tdb) + icrf, tdb).elevation_deg
        here = sky(place, station, tdb)
        known = np.append(profiles.elevation_rad[i], profiles.elevation_rad[i, 0])
        under = np.interp(here.azimuth_rad, np.linspace(0.0, 2.0 * np.pi, len(known)), known)
        margin = np.minimum(here.elevation_deg - np.degrees(under), there - 15.0)
        assert seen.clearance_deg[i].values == pytest.approx(margin, abs=SEEN_FROM_STATION_DEG)
        assert np.array_equal(seen.fraction[i].values, seen.clearance_deg[i].values > 0.0)
        assert 0 < (margin > 0).sum() < len(margin)


def test_contacts_are_what_samples_by_a_minute_show():
    profiles = rugged(SITES)
    found = contacts(profiles, "goldstone", *MONTH)
    seen = visibility(profiles, "goldstone", *MONTH, 1.0 / 60.0)
    for i in range(3):
        assert np.array_equal(seen.clearance_deg[i].values > 0.0, found.holds(i, seen.tdb.values))
        assert found.count[i] > 5


def test_a_network_is_any_of_its_stations():
    profiles = rugged(SITES)
    one_by_one = [contacts(profiles, s, *MONTH) for s in ground_stations("DSN")]
    network = contacts(profiles, "dsn", *MONTH)
    together = one_by_one[0].or_(*one_by_one[1:])
    assert np.array_equal(network.begins_tdb, together.begins_tdb)
    assert np.array_equal(network.ends_tdb, together.ends_tdb)
    assert network.what == "dsn"
    assert (network.fraction > one_by_one[0].fraction).all()
    listed = contacts(profiles, [*ground_stations("DSN")], *MONTH)
    assert np.array_equal(listed.begins_tdb, network.begins_tdb)
    assert listed.what == "canberra or goldstone or madrid"


def test_stations_are_in_view_only_with_the_earth():
    profiles = rugged(SITES)
    earth = contacts(profiles, "earth", *MONTH, part="any")
    for network in ("DSN", "ESTRACK", "CLTC", "OKB MEI"):
        link = contacts(profiles, network, *MONTH, least_deg=5.0)
        assert link.and_(earth).total_s == pytest.approx(link.total_s, abs=10.0)


# ---------------------------------------------------------------- relays


@pytest.mark.parametrize("least", [0.0, 10.0])
def test_a_relay_that_passes_overhead(least):
    """Over a place at the pole, in every turn, for twice the angle from the zenith to where it rises."""
    start = tdb_seconds("2027-01-01")
    relay = Polar(500.0, start)
    found = contacts(level(Place(-90.0, 0.0), least), relay, start, start + 86400.0, step_min=2.0)
    half = np.arccos(RADIUS * np.cos(np.radians(least)) / relay.radius) - np.radians(least)
    period = 2.0 * np.pi / relay.rate
    assert found.duration_s == pytest.approx(2.0 * half / relay.rate, rel=2e-3)  # the pole moves by 0.01 deg
    assert np.diff(found.begins_tdb) == pytest.approx(period, rel=2e-3)
    assert len(found) == round(86400.0 / period)


def test_a_table_of_positions_is_as_good_as_its_trajectory():
    start = tdb_seconds("2027-01-01")
    relay = Polar(5000.0, start, 40.0)
    tdb = relay.times(start, start + 2 * 86400.0)
    profiles = rugged(SITES)
    flown = contacts(profiles, relay, start, start + 2 * 86400.0)
    listed = contacts(profiles, (tdb, relay.at(tdb, "moon")[:, :3]), start, start + 2 * 86400.0)
    assert len(flown) == len(listed) > 5
    assert listed.begins_tdb == pytest.approx(flown.begins_tdb, abs=INTERVAL_EDGE_S)
    assert (flown.what, listed.what) == ("polar", "relay")


def test_a_relay_behind_the_moon_is_of_no_use():
    """In the plane of the Earth's direction: the Moon hides it for 2 asin(R / r) of a turn."""
    start = tdb_seconds("2027-01-01")
    earth = EPHEMERIS.position("earth", "moon", start)
    x, y, _ = rotation("moon_me", start, EPHEMERIS) @ earth
    relay = Polar(2000.0, start, float(np.degrees(np.arctan2(y, x))))
    end = start + 2 * np.pi / relay.rate
    always = level(Place(0.0, 0.0), -89.0)
    assert contacts(always, relay, start, end, step_min=2.0).fraction == pytest.approx([1.0])
    linked = contacts(always, relay, start, end, to_earth=True, step_min=2.0)
    hidden = 2.0 * np.arcsin(RADIUS / relay.radius)
    assert 1.0 - linked.fraction[0] == pytest.approx(hidden / (2.0 * np.pi), rel=0.02)
    assert linked.count == [2]


def test_sun_and_link_at_once():
    profiles = rugged(SITES)
    light, link = days(profiles, *MONTH), contacts(profiles, "earth", *MONTH)
    both = light.and_(link, what="sun and link")
    table = availability({"sun": light, "earth": link})
    assert table.fraction.sel(kind="together").values == pytest.approx(both.fraction)
    assert table.longest_gap_h.sel(kind="sun").values == pytest.approx(light.gaps().longest_s / 3600.0)
    assert (both.fraction <= np.minimum(light.fraction, link.fraction) + 1e-12).all()
    assert (both.fraction >= light.fraction + link.fraction - 1.0 - 1e-12).all()


# ---------------------------------------------------------------- regions


@pytest.mark.parametrize("where", [{}, {"x0_m": 180_000.0, "y0_m": 100_000.0}])
def test_a_map_of_the_earth_is_what_its_pixels_see(where):
    here = region(**where)
    found, seen = visibility_map(here, "earth", *YEAR), visibility(profiles_of(here, PIXELS), "earth", *YEAR)
    at = tuple(np.array(PIXELS).T)
    assert found.in_view.values[at] == pytest.approx((seen.clearance_deg > 0.0).mean("time").values, abs=MAP_LIT)
    assert found.average.values[at] == pytest.approx(seen.fraction.mean("time").values, abs=MAP_EARTH_AVERAGE)


def test_a_map_of_a_station_counts_its_own_horizon():
    here = region()
    found = visibility_map(here, "madrid", *MONTH, 0.5)
    seen = visibility(profiles_of(here, PIXELS), "madrid", *MONTH, 0.5)
    at = tuple(np.array(PIXELS).T)
    assert found.in_view.values[at] == pytest.approx((seen.clearance_deg > 0.0).mean("time").values, abs=MAP_LIT)
    assert found.average.values[at] == pytest.approx(found.in_view.values[at], abs=MAP_LIT)
    assert (found.longest_contact_h.values[at] < 15.0).all()


@pytest.mark.parametrize("altitude_km", [300.0, 5000.0])
def test_a_map_of_a_relay_near_by(altitude_km):
    """It stands elsewhere for every pixel of a tile."""
    here, end = region(), tdb_seconds(MONTH[0]) + 4 * 86400.0
    relay = Polar(altitude_km, tdb_seconds(MONTH[0]))
    found = visibility_map(here, relay, MONTH[0], end, 0.01)
    seen = visibility(profiles_of(here, PIXELS), relay, MONTH[0], end, 0.01)
    at = tuple(np.array(PIXELS).T)
    assert found.in_view.values[at] == pytest.approx((seen.clearance_deg > 0.0).mean("time").values, abs=MAP_LIT)
    assert (found.in_view.values[at] > 0.1).all()


def test_what_is_not_in_use_is_below_everything():
    """Where there is no ground in sight at all, and the station never looks at the Moon."""
    here = region()
    nothing = replace(here, elevation=np.full_like(here.elevation, -32400))
    found = visibility_map(nothing, "madrid", *MONTH, least_deg=89.0)
    assert not found.in_view.values.any()
    assert (found.longest_gap_h.values == 744.0).all()


# ---------------------------------------------------------------- misuse

START = tdb_seconds(MONTH[0])
TABLE = Polar(5000.0, START).times(START, START + 3600.0)
POSITIONS = Polar(5000.0, START).at(TABLE, "moon")[:, :3]


@pytest.mark.parametrize(
    ("what", "options", "said"),
    [
        ("atlantis", {}, "unknown ground station"),
        ("moon", {}, "own sky"),
        (7, {}, "a int"),
        ([], {}, "nothing is named"),
        ((TABLE, POSITIONS), {}, "cover the span"),
        ((TABLE[::-1], POSITIONS), {}, "ascending"),
        ((TABLE, POSITIONS[:-1]), {}, "positions"),
        ((TABLE[:2], POSITIONS[:2]), {}, "at least 4"),
        ((TABLE, POSITIONS * np.nan), {}, "finite"),
        ("earth", {"part": "most"}, "any, center, whole"),
        ("madrid", {"least_deg": 100.0}, "least_deg"),
        ("madrid", {"least_deg": np.nan}, "least_deg"),
    ],
)
def test_what_cannot_be_looked_for(what, options, said):
    with pytest.raises(InputError, match=said):
        contacts(level(SITES), what, *MONTH, **options)


def test_trajectories_that_give_something_else():
    class Wrong:
        def at(self, tdb, center):
            return np.zeros((len(tdb), 2))

    with pytest.raises(InputError, match="3 or 6"):
        contacts(level(SITES), Wrong(), *MONTH)
    Wrong.at = lambda self, tdb, center: np.full((len(tdb), 6), np.nan)
    with pytest.raises(InputError, match="not finite"):
        contacts(level(SITES), Wrong(), *MONTH)


def test_nothing_is_not_compared():
    with pytest.raises(InputError, match="nothing"):
        availability({})
