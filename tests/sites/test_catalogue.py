"""Every place loads, has a source, and lies where its source says."""

from collections import Counter

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.sites import catalogue
from lunarplan.sites.criteria import names
from lunarplan.sites.region import Region, region
from lunarplan.terrain.arcs import distance_m, unit_vectors
from lunarplan.terrain.projection import Stereographic
from tests.tolerances import CENTROID_M, REGION_AREA_KM2, SURVEYED_DEG

# Centroids and areas of USGS P1MEQ6UK worked out by others in the polar stereographic plane.
NINE = {
    "Nobile Rim 2": (-83.954, 58.822, 400.0),
    "Mons Mouton": (-85.427, 31.743, 256.0),
    "Malapert Massif": (-85.995, -0.236, 441.0),
    "de Gerlache Rim 2": (-88.230, -64.628, 400.0),
    "Mons Mouton Plateau": (-84.335, 30.592, 4451.8),
    "Slater Plain": (-87.164, 125.538, 399.8),
    "Peak near Cabeus B": (-83.637, -68.749, 399.8),
    "Nobile Rim 1": (-85.436, 37.347, 400.0),
    "Haworth": (-86.764, -22.777, 888.0),
}


def test_all_places_have_names_of_their_own_sources_and_criteria() -> None:
    entries = catalogue.entries()
    assert max(Counter(entry.name.lower() for entry in entries).values()) == 1
    assert Counter(entry.group for entry in entries) == {
        "artemis_2024": 9, "artemis_2022": 13, "ilrs": 7, "illumination": 3, "luna": 2, "landers": 31,
    }  # fmt: skip
    for entry in entries:
        assert entry.source.strip()
        assert entry.confidence in ("surveyed", "published", "estimate")
        assert entry.criteria in names()
        assert catalogue.find(entry.name) is entry
        assert catalogue.title(entry.group)


@pytest.mark.parametrize("name", NINE)
def test_the_nine_regions_lie_and_measure_as_published(name: str) -> None:
    entry, (latitude, longitude, area) = catalogue.find(name), NINE[name]
    here, there = (
        unit_vectors(*np.array(at)) for at in ((entry.latitude_deg, entry.longitude_deg), (latitude, longitude))
    )
    apart_m = distance_m(here, there)
    assert apart_m < CENTROID_M
    polygon = region(name).polygon
    assert polygon.map_area_km2(Stereographic(-90.0)) == pytest.approx(area, abs=REGION_AREA_KM2)
    assert entry.area_km2 == area
    assert polygon.contains(latitude, longitude)


def test_the_thirteen_regions_are_squares_of_15_km_within_six_degrees_of_the_pole() -> None:
    for entry in catalogue.group("artemis_2022"):
        assert 84.0 - 0.05 <= -entry.latitude_deg <= 90.0
        place = Region(entry.name, entry.corners_deg)
        assert place.polygon.area_km2 == pytest.approx(225.0, abs=REGION_AREA_KM2)
        assert place.polygon.contains(entry.latitude_deg, entry.longitude_deg)
        assert entry.confidence == "estimate"  # their corners were never published as numbers


# As printed in mission reports and press releases, other sources than the catalogue's.
@pytest.mark.parametrize(
    ("name", "latitude", "longitude"),
    [
        ("Apollo 11", 0.67408, 23.47297),  # Orloff, Apollo by the Numbers
        ("Chang'e-5", 43.06, -51.92),  # CNSA
        ("Chandrayaan-3", -69.373, 32.319),  # ISRO
        ("Chang'e-7", -88.8, 123.4),
    ],
)
def test_places_against_other_sources(name: str, latitude: float, longitude: float) -> None:
    entry = catalogue.find(name)
    assert entry.latitude_deg == pytest.approx(latitude, abs=SURVEYED_DEG)
    assert entry.longitude_deg == pytest.approx(longitude, abs=SURVEYED_DEG)


@pytest.mark.parametrize("text", ["change-7", "CHANG'E 7", "Chang’e-7", "chang e7", " change_7 "])
def test_a_name_is_found_however_it_is_written(text: str) -> None:
    if text == "chang e7":
        with pytest.raises(InputError, match="did you mean Chang'e-7"):
            catalogue.find(text)
    else:
        assert catalogue.find(text).name == "Chang'e-7"


def test_what_is_not_there_is_told_with_what_is_close() -> None:
    with pytest.raises(InputError, match="did you mean Connecting Ridge"):
        catalogue.find("Conecting Rigde")
    with pytest.raises(InputError, match="lunarplan sites"):
        catalogue.find("zzzzzz")
    with pytest.raises(InputError, match="unknown region"):
        catalogue.find("Apollo 11", region=True)
    with pytest.raises(InputError, match="no group"):
        catalogue.group("artemis_2030")


def test_names_of_2022_that_came_back_in_2024_mean_the_later_region() -> None:
    assert catalogue.find("haworth").group == "artemis_2024"
    assert catalogue.find("Haworth (2022)").group == "artemis_2022"


def test_the_sector_of_luna_27() -> None:
    sector = region("Luna-27 sector").polygon
    inside = sector.contains([-82.9, -79.1, -81.0, -81.0], [0.0, 50.0, 52.0, -2.0])
    assert inside.tolist() == [True, True, False, False]
