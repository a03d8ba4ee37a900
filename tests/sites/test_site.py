"""Sites: found, judged, and told apart by the terrain they are judged on."""

import json

import numpy as np
import pytest

from lunarplan import InputError, Setting, Site, Terrain, site, tdb_seconds
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.surface import Place
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.sites.criterion import criterion
from lunarplan.sites.evidence import SiteEvidence
from lunarplan.sites.span import span_tdb
from lunarplan.transfers.stations.sortie import Lander, sorties
from tests.sites.made import cone
from tests.tolerances import CONE_SLOPE_DEG

SPAN = ("2028-01-01", "2028-03-31")


def test_sites_by_name_text_and_numbers() -> None:
    ridge = site("Connecting Ridge")
    assert (ridge.latitude_deg, ridge.longitude_deg) == (-89.4913, -138.352)
    assert "middle of the region" in ridge.note
    here = site(-88.8, 123.4)
    assert here == site("-88.8,123.4")
    assert site(here) is here
    assert site(np.float64(-88.8), np.int64(123)).longitude_deg == 123.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Conecting Ridge",), "did you mean Connecting Ridge"),
        ((123.4, -88.8), "latitude comes first: are 123.4, -88.8 swapped"),
        (("123.4,-88.8",), "swapped"),
        (("-88.8,123.4,5",), "3 numbers"),
        ((-88.8,), 'a name, "LAT,LON"'),
        ((None,), "a name"),
        ((-88.8, 400.0), "longitude 400"),
        ((float("nan"), 0.0), "latitude nan"),
        (([-88.0, -89.0], [1.0, 2.0]), "more than one place"),
        (("Haworth", 3.0), "a name"),
    ],
)
def test_places_that_are_none(arguments: tuple[object, ...], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        site(*arguments)  # type: ignore[call-overload]
    assert "\n" not in str(caught.value)


def test_slope_on_a_cone_and_why_it_is_not_known_on_coarser_ground() -> None:
    at = Site("flank", -87.95, 0.0)
    fine = at.feasibility(_steep(8.0), *SPAN, Setting(terrain=cone(steepness=0.1)))
    assert next(iter(fine)).value == pytest.approx(np.degrees(np.arctan(0.1)), abs=CONE_SLOPE_DEG)
    assert fine.ok
    steep = at.feasibility(_steep(8.0), *SPAN, Setting(terrain=cone(steepness=0.2)))
    assert steep.overall == "not feasible"
    coarse = at.feasibility(_steep(8.0), *SPAN)
    assert coarse.overall == "not decided by this terrain"
    assert next(iter(coarse)).why == "DEM too coarse to judge: pixels of 1000 m, 200 m needed for 400 m"


def _steep(limit: float) -> list:  # type: ignore[type-arg]
    return [criterion("slope", lambda evidence: evidence.slope_deg(400.0), unit="deg", at_most=limit)]


@pytest.mark.parametrize("name", ["nasa-human-landing", "change-7", "change-8", "luna-25", "luna-27", "clps"])
def test_no_set_passes_silently_on_the_terrain_that_comes_along(name: str) -> None:
    verdict = site("Connecting Ridge").feasibility(name, *SPAN)
    assert not verdict.ok
    slope = verdict["slope under the lander"]
    assert slope.status == "unknown"
    assert "DEM too coarse to judge" in slope.why
    assert verdict.provenance["caution"]
    json.dumps(verdict.to_dict(), allow_nan=False)


def test_a_site_sees_the_same_whatever_is_asked_first() -> None:
    one, other = (site("Shackleton rim").evidence(*SPAN) for _ in range(2))
    first = (one.illumination_percent, one.earth_percent, one.longest_night_days)
    second = tuple(reversed((other.longest_night_days, other.earth_percent, other.illumination_percent)))
    assert first == second


def test_light_and_darkness_make_the_span() -> None:
    found = site("Shackleton rim").evidence(*SPAN)
    assert 0.0 < found.illumination_percent <= found.lit_percent <= 100.0
    days = (found.end_tdb - found.start_tdb) / 86_400.0
    assert days == pytest.approx(91.0)
    assert found.longest_light_days <= days
    assert found.sun_and_earth_percent <= min(found.lit_percent, found.earth_percent)
    assert found.longest_sun_and_earth_days <= found.longest_light_days


def test_a_level_plain_at_the_equator_has_half_the_light_and_the_earth_always() -> None:
    found = site("0,0").evidence("2028-01-01", "2028-12-31")
    assert found.lit_percent == pytest.approx(50.0, abs=2.0)  # a hill or two, and the Sun's own width
    assert found.earth_percent == 100.0
    assert found.longest_night_days == pytest.approx(14.8, abs=0.6)


@pytest.mark.parametrize("place", ["90,0", "89,0", "85,120"])
def test_the_north_pole_is_not_looked_at_on_a_map_of_the_south(place: str) -> None:
    """The map of the south pole has no end there: horizons took forever."""
    found = site(place).evidence(*SPAN)
    assert -5.0 < found.horizon_deg.min() <= found.horizon_deg.max() < 20.0


@pytest.mark.parametrize(
    ("span", "says"),
    [
        (("2028-03-31", "2028-01-01"), "is not after the start"),
        (("2028-01-01", "2060-01-01"), "beyond DE440"),
        (("1990-01-01", "1991-01-01"), "beyond DE440"),
        (("yesterday", "2028-01-01"), "start: .*is not a date"),
        (("2028-01-01", None), "end: "),
        ((float("nan"), 0.0), "start: nan"),
        (("2028-01-01T00:00:00Z", "2028-01-01T00:30:00Z"), "an hour or more"),
    ],
)
def test_spans_that_cannot_be(span: tuple[object, object], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        site("Haworth").feasibility("clps", *span)
    assert "\n" not in str(caught.value)


def test_light_cut_off_by_the_span_fails_no_limit() -> None:
    """On the equator the day lasts some 14.8 days; one of them is all that is looked at."""
    noon = site("0,180").evidence("2028-01-26", "2028-01-26")  # new Moon: noon on the far side
    assert noon.lit_percent == 100.0
    assert noon.cut_short("longest_light_days")
    assert not noon.cut_short("longest_night_days")
    verdict = site("0,180").feasibility("nasa-human-landing", "2028-01-26", "2028-01-26")
    light = verdict["light throughout the stay"]
    assert (light.status, light.why) == ("unknown", "cut off by the span: it may be longer; give other dates")


def test_the_first_and_the_last_day_of_the_ephemeris() -> None:
    source = Ephemeris.packaged()
    first, last = span_tdb("2020-01-01", "2050-12-31")
    assert source.start_tdb < first < source.start_tdb + 1800.0
    assert source.end_tdb - 1800.0 < last < source.end_tdb


@pytest.mark.parametrize("changes", [{"terrain": 3}, {"step_h": 0.0}, {"observer_height_m": -1.0}, {"step_h": np.nan}])
def test_settings_that_cannot_be(changes: dict[str, object]) -> None:
    with pytest.raises(InputError, match="Setting"):
        Setting(**changes)  # type: ignore[arg-type]


def test_a_place_without_ground() -> None:
    with pytest.raises(InputError, match="outside the model"):
        SiteEvidence(-60.0, 0.0, 0.0, 1e6, Setting(terrain=Terrain(cone().finest)))


def test_a_function_of_ones_own_sees_the_evidence() -> None:
    asked = [criterion("height", lambda evidence: evidence.height_m, unit="m", at_least=0.0)]
    verdict = site("Connecting Ridge").feasibility(asked, *SPAN)
    assert verdict["height"].value == pytest.approx(float(Terrain.packaged().height_m(-89.4913, -138.352)))


def test_passes_of_an_orbit() -> None:
    found = site("Chang'e-7").passes(*SPAN)
    assert len(found.epochs_tdb) == pytest.approx(6.7, abs=1.0)
    assert found.worst_plane_change_m_s < 50.0


def test_a_site_is_reached_from_a_station_and_left_again() -> None:
    """The height of the ground is the terrain's; the way there and back are those of the place."""
    start = float(tdb_seconds("2028-01-01T00:00:00"))
    orbit = PeriodicOrbit(
        np.array([1.0220282122922129, 0.0, -0.1821014005165283, 0.0, -0.1032709487814166, 0.0]), 1.5111994192705727,
        EARTH_MOON_384400,
    )  # fmt: skip
    station = carry(orbit, start - 172_800.0, revolutions=6.0)
    lander = Lander(90e3, 350.0, 40e3, 60e3, 350.0, 18e3)
    ridge = site("Connecting Ridge")
    found = ridge.sorties(station, start + 86_400.0 * np.arange(2), lander)
    assert found.ok.all()
    height_km = 1e-3 * float(Terrain.packaged().height_m(ridge.latitude_deg, ridge.longitude_deg))
    place = Place(ridge.latitude_deg, ridge.longitude_deg, height_km)
    expected = sorties(station, start + 86_400.0 * np.arange(2), place, lander)
    np.testing.assert_array_equal(found.delta_v_m_s, expected.delta_v_m_s)
