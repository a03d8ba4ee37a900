"""Places, horizons and targets put together."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.surface import Place, sky
from lunarplan.terrain.illumination import illumination
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.nights import nights
from lunarplan.terrain.profile import horizon_at
from lunarplan.terrain.sight import Watch, part_code, profiles_of
from lunarplan.terrain.targets import target
from lunarplan.terrain.visibility import contacts
from tests.terrain.skies import level, rugged

SITES = Place([-89.45, -88.8, -85.4], [-137.3, 123.4, 31.7], 1.0)
TDB = tdb_seconds("2026-11-01") + np.linspace(0.0, 300.0, 500) * 86400.0


def test_rows_are_what_series_are():
    watch = Watch(rugged(SITES), target("earth"), "whole")
    place = np.tile([2, 0, 1, 1], 125)
    rows = watch.clearance(place, TDB)
    series = np.array(list(watch.clearances(TDB)))
    assert np.array_equal(rows, series[place, np.arange(500)])


def test_directions_are_those_of_the_sky():
    for i, sight in enumerate(Watch(level(SITES), target("earth")).at(TDB)):
        there = sky(Place(SITES.latitude_deg[i], SITES.longitude_deg[i], 1.0), "earth", TDB)
        assert np.array_equal(sight.elevation_rad, there.elevation_rad)
        assert np.array_equal(sight.azimuth_rad, there.azimuth_rad)
        assert np.array_equal(sight.distance_km, there.distance_km)


def test_parts_are_in_order():
    earth, parts = target("earth"), ("whole", "center", "any")
    whole, center, some = (np.array(list(Watch(rugged(SITES), earth, part).clearances(TDB))) for part in parts)
    assert (whole < center).all()
    assert (center < some).all()
    assert {part_code(p) for p in ("any", "center", "whole")} == {1, 0, -1}


def test_a_terrain_with_places_is_its_horizons():
    ground, places = Terrain.packaged(), Place([-89.0, -85.0], [10.0, -20.0])
    profiles = horizon_at(places, ground)
    span = "2027-01-01", "2027-02-01"
    assert illumination(ground, *span, places=places).equals(illumination(profiles, *span))
    for what in (nights, lambda *a, **b: contacts(a[0], "earth", *a[1:], **b)):
        one, other = what(ground, *span, places=places), what(profiles, *span)
        assert np.array_equal(one.begins_tdb, other.begins_tdb)
        assert len(one) > 0
    assert illumination(profiles, *span).attrs["horizon_terrain"] == ground.name


def test_what_is_no_ground():
    with pytest.raises(InputError, match="places"):
        profiles_of(Terrain.packaged())
    with pytest.raises(InputError, match="leave them out"):
        profiles_of(level(SITES), SITES)
    with pytest.raises(InputError, match="a int"):
        profiles_of(7)
