"""What is looked for in the sky."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import ForceModel
from lunarplan.model.stations import GroundStation, ground_station, station_sky_of
from lunarplan.model.surface import seen_from_moon
from lunarplan.model.trajectory import fly
from lunarplan.terrain.sight import station_elevation_rad
from lunarplan.terrain.targets import LEAST_DEG, target, targets
from tests.tolerances import STATION_VERTICAL_RAD, STATIONS_SEEN_KM

TDB = tdb_seconds("2026-11-01") + np.linspace(0.0, 30.0, 50) * 86400.0
EPHEMERIS = Ephemeris.packaged()


@pytest.mark.parametrize("body", ["sun", "earth", "jupiter"])
def test_bodies_are_where_the_sky_has_them(body):
    found = target(body)
    assert np.array_equal(found.seen_km(TDB), seen_from_moon(body, TDB))
    assert found.radius_km == {"sun": 695_700.0, "earth": 6378.137}.get(body, 0.0)
    assert found.up is None


def test_stations_are_where_the_sky_has_them():
    for each in targets("DSN"):
        assert each.seen_km(TDB) == pytest.approx(seen_from_moon(ground_station(each.name), TDB), abs=STATIONS_SEEN_KM)
        assert np.linalg.norm(each.up(TDB), axis=1) == pytest.approx(1.0)
        assert each.least_deg == LEAST_DEG


def test_the_vertical_of_a_station_is_that_of_its_own_sky():
    """What its sky, geometric and without light time, says of the Moon's centre."""
    each = target("canberra")
    there = station_elevation_rad(each.seen_km(TDB), each.up(TDB))
    own = station_sky_of(ground_station("canberra"), EPHEMERIS.position("moon", "earth", TDB), TDB).elevation_rad
    assert there == pytest.approx(own, abs=STATION_VERTICAL_RAD)


def test_networks_names_and_lists():
    assert [t.name for t in targets("dsn")] == ["canberra", "goldstone", "madrid"]
    assert [t.name for t in targets(["DSN", "earth", ["bear-lakes"]])][-2:] == ["earth", "bear-lakes"]
    own = GroundStation("mine", 10.0, 20.0)
    assert target(own, least_deg=3.0).least_deg == 3.0
    ready = target("sun")
    assert target(ready) is ready


def test_a_flight_is_a_relay():
    """A day about the Moon, 3000 km over its pole, as the propagator flies it."""
    state = [0.0, 0.0, 4737.4, 1.0, 0.2, 0.0]
    arc = fly(state, TDB[0], duration_s=86400.0, forces=ForceModel(), center="moon", name="relay one")
    found = target(arc)
    tdb = TDB[0] + np.linspace(0.0, 86400.0, 7)
    turn = rotation("moon_me", tdb, EPHEMERIS)
    assert found.seen_km(tdb) == pytest.approx(np.einsum("tij,tj->ti", turn, arc.at(tdb, "moon")[:, :3]))
    assert (found.name, found.radius_km, found.linked) == ("relay one", 0.0, None)
    linked = target(arc, to_earth=True).linked(tdb)
    assert (np.abs(linked) < np.pi).all()
    with pytest.raises(InputError):
        found.seen_km(tdb + 86400.0)


def test_shared_earths_do_not_mix_epochs():
    one, other = targets(["canberra", "madrid"])
    first = one.seen_km(TDB), other.seen_km(TDB + 5.0)
    assert np.array_equal(first[0], one.seen_km(TDB))
    assert np.array_equal(first[1], other.seen_km(TDB + 5.0))
    assert not np.array_equal(one.seen_km(TDB), one.seen_km(TDB + 5.0))


def test_overhead_is_overhead():
    way, up = np.array([[0.0, 0.0, 2.0], [3.0, 0.0, 0.0]]), np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    assert station_elevation_rad(way, up) == pytest.approx([np.pi / 2, 0.0])
