"""Days and nights: on a bare sphere, among mountains, and where there are none."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.sky import angular_radius_rad
from lunarplan.model.surface import Place, sky
from lunarplan.terrain.nights import days, nights
from lunarplan.terrain.sight import Watch
from lunarplan.terrain.targets import target
from tests.terrain.skies import level, rugged
from tests.terrain.skies import profiles as made
from tests.tolerances import INTERVAL_EDGE_S, POLAR_DAY

DAY = 86400.0
YEAR = "2027-01-01", "2028-01-01"
POLE = Place(-90.0, 0.0)
SITES = Place([-89.45, -88.8, -85.4], [-137.3, 123.4, 31.7])


def bisected(height, low, high):
    """Where a function that changes its sign does so, by halves."""
    sign = np.sign(height(low))
    for _ in range(40):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if np.sign(height(middle)) == sign else (low, middle)
    return low


def test_day_and_night_are_all_there_is():
    profiles = rugged(SITES)
    light, dark = days(profiles, *YEAR), nights(profiles, *YEAR)
    assert light.total_s + dark.total_s == pytest.approx(np.full(3, light.span_s), abs=1e-3)
    assert len(light.and_(dark)) == 0
    assert len(light.or_(dark)) == 3
    assert (light.count > 10).all()


@pytest.mark.parametrize("part", ["any", "center", "whole"])
def test_sunrise_and_sunset_over_a_plain_by_halving(part):
    """The horizon of a sphere: the sky and half the angle of the Sun, and nothing of horizons."""
    place = Place(-85.4, 31.7)
    edge = {"any": 1.0, "center": 0.0, "whole": -1.0}[part]

    def height(tdb):
        sun = sky(place, "sun", tdb)
        return float(sun.elevation_rad + edge * angular_radius_rad("sun", sun.distance_km))

    light = days(level(place), *YEAR, part=part)
    inner = np.concatenate([light.begins_tdb, light.ends_tdb])
    inner = inner[(inner > light.start_tdb) & (inner < light.end_tdb)]
    assert len(inner) > 20
    for t in inner:
        assert t == pytest.approx(bisected(height, t - 1200.0, t + 1200.0), abs=INTERVAL_EDGE_S)


def test_every_rise_and_set_among_crests_that_a_search_by_20_seconds_finds():
    """Ten days of three sites; the search knows of clearances, and neither of dips nor of roots."""
    profiles = rugged(SITES, seed=4, sigma_deg=0.8)
    start = tdb_seconds("2027-03-01")
    fine = start + np.arange(0.0, 40.0 * DAY, 20.0)
    light = days(profiles, start, fine[-1])
    found = 0
    for i, over in enumerate(Watch(profiles, target("sun")).clearances(fine)):
        changes = np.flatnonzero((over[1:] > 0.0) != (over[:-1] > 0.0))
        mine = light.at(i)
        edges = np.sort(np.concatenate([mine.begins_tdb, mine.ends_tdb]))
        edges = edges[(edges > start) & (edges < fine[-1])]
        missed = [t for t in edges if not ((fine[changes] <= t + 1.0) & (t - 1.0 <= fine[changes + 1])).any()]
        assert len(edges) - len(missed) == len(changes)
        assert len(missed) % 2 == 0  # shorter than 20 s
        found += len(changes)
    assert found > 30


def test_half_a_year_of_day_at_the_pole_of_a_sphere():
    """The Sun's latitude is a sine of 1.54 deg: some part of its disc is up for 1/2 + asin(radius / 1.54 deg) / pi."""
    cycles = 19 * 346.62 * DAY  # of the Sun against the Moon's node
    start = tdb_seconds("2025-06-01")
    height, radius = np.radians(1.5424), np.radians(0.2666)
    for part, edge in (("any", 1.0), ("center", 0.0), ("whole", -1.0)):
        expected = 0.5 + np.arcsin(np.sin(edge * radius) / np.sin(height)) / np.pi
        light = days(level(POLE), start, start + cycles, part=part, step_min=120.0)
        assert light.fraction == pytest.approx([expected], abs=POLAR_DAY)


def test_both_poles_have_their_night_when_the_other_has_its_day():
    poles = level(Place([-90.0, 90.0], [0.0, 0.0]))
    light = days(poles, "2025-01-01", "2044-01-01", part="center", step_min=120.0)
    south, north = light.at(0), light.at(1)
    assert len(south.and_(north)) == 0  # the parallax of the Sun lifts the horizon at both
    assert south.fraction + north.fraction == pytest.approx([1.0], abs=1e-3)


def test_never_and_always():
    profiles = level(Place([-90.0, -90.0], [0.0, 0.0]), [2.5, -2.5])
    light, dark = days(profiles, *YEAR), nights(profiles, *YEAR)
    assert light.fraction.tolist() == [0.0, 1.0]
    assert dark.longest_s.tolist() == [light.span_s, 0.0]
    assert dark.cut.all()


def test_minutes_of_day_and_of_night():
    """Spans of less than a step; the Sun rises over a plain in the second."""
    profiles = level(Place(0.0, 0.0))
    rise = next(t for t in days(profiles, *YEAR).begins_tdb[1:])
    assert days(profiles, rise + 60.0, rise + 120.0).fraction.tolist() == [1.0]
    assert days(profiles, rise - 120.0, rise - 60.0).fraction.tolist() == [0.0]
    crossed = days(profiles, rise - 100.0, rise + 300.0)
    assert crossed.duration_s == pytest.approx([300.0], abs=INTERVAL_EDGE_S)


def test_one_place_is_what_it_is_among_others():
    profiles = rugged(SITES)
    together = nights(profiles, "2027-01-01", "2027-04-01")
    for i in range(3):
        place = Place(SITES.latitude_deg[i], SITES.longitude_deg[i])
        alone = nights(made(place, profiles.elevation_rad[i]), "2027-01-01", "2027-04-01")
        assert np.array_equal(alone.begins_tdb, together.at(i).begins_tdb)


def test_no_places_no_nights():
    empty = made(Place([], []), np.empty((0, 720)))
    assert len(nights(empty, *YEAR)) == 0


@pytest.mark.parametrize(
    ("horizons", "span", "options", "what"),
    [
        (np.full(720, np.nan), YEAR, {}, "not finite"),
        (np.zeros((2, 720)), YEAR, {}, "one horizon a place"),
        (np.zeros(2), YEAR, {}, "three azimuths"),
        (np.zeros(720), YEAR[::-1], {}, "no length"),
        (np.zeros(720), (YEAR[0], YEAR[0]), {}, "no length"),
        (np.zeros(720), ("1800-01-01 TDB", "2027-01-01"), {}, "2020"),
        (np.zeros(720), ([1.0, 2.0], "2027-01-01"), {}, "not one epoch"),
        (np.zeros(720), YEAR, {"part": "most"}, "any, center, whole"),
        (np.zeros(720), YEAR, {"step_min": 0.0}, "step_min"),
        (np.zeros(720), YEAR, {"step_min": np.nan}, "step_min"),
    ],
)
def test_what_cannot_be_answered(horizons, span, options, what):
    with pytest.raises(Exception, match=what) as caught:
        nights(made(POLE, horizons), *span, **options)
    assert type(caught.value).__module__ == InputError.__module__
