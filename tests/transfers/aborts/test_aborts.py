"""Aborts: every way home enters when flown again, and a flight that is coming home anyway needs next to nothing."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.model.trajectory import fly
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.aborts.aborts import aborts
from lunarplan.transfers.free_returns.free_return import free_return_problem, free_returns
from lunarplan.transfers.free_returns.high_orbit import high_orbit_returns
from lunarplan.transfers.free_returns.high_orbit_problem import high_orbit_problem
from lunarplan.transfers.home.earth_return import earth_returns, return_problem
from tests import naive
from tests.tolerances import (
    ABORT_CLOSURE_KM,
    ABORT_FROM_ELLIPSE_M_S,
    ABORT_FROM_LOW_ORBIT_M_S,
    ABORT_HOMEWARD_M_S,
    ABORT_NAIVE_KM,
    ABORT_NET_S,
)

FORCES = ForceModel()
DAY = 86400.0
NET = {"days": (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0), "inclinations_deg": (35.0, 60.0)}


@pytest.fixture(scope="module")
def flight():
    batch = free_return_problem(tdb_seconds("2026-07-21T04:55:00"), perilune_altitude_km=6500.0)
    found = free_returns(batch, FORCES).require()
    return fly(found.injection_states[0], float(found.injection_tdb[0]), float(found.entry.tdb[0]), forces=FORCES)


@pytest.fixture(scope="module")
def moments(flight):
    return np.linspace(flight.start_tdb + 0.3 * DAY, flight.end_tdb - 1.2 * DAY, 9)


@pytest.fixture(scope="module")
def table(flight, moments):
    return aborts(flight, moments, forces=FORCES, **NET)


def test_there_is_a_way_home_from_every_moment(table):
    assert table.ok.all()
    assert (table.converged <= table.tried).all()
    for way in (table.fastest, table.cheapest):
        assert way.closure_km.max() < ABORT_CLOSURE_KM


def test_fast_is_fast_and_cheap_is_cheap(table):
    assert (table.fastest.duration_s <= table.cheapest.duration_s).all()
    assert (table.cheapest.delta_v_m_s <= table.fastest.delta_v_m_s).all()
    assert table.fastest.delta_v_m_s.max() <= 1500.0


class Unfinished:
    """The same flight, of which it is not known that it comes home."""

    def __init__(self, flight):
        self.at = flight.at


def test_a_free_return_carries_on(flight, table, moments):
    assert (table.cheapest.delta_v_m_s == 0.0).all()
    np.testing.assert_allclose(table.cheapest.duration_s, flight.end_tdb - moments)
    np.testing.assert_allclose(table.cheapest.inclination_deg, 35.0, atol=1e-3)


def test_who_is_coming_home_anyway_needs_nothing(flight, moments):
    """Behind the Moon the flight is a return; the net only has to find its duration and plane again."""
    homeward = moments[moments > flight.start_tdb + 3.7 * DAY]
    assert len(homeward) >= 3
    found = aborts(Unfinished(flight), homeward, forces=FORCES, **NET)
    assert found.cheapest.delta_v_m_s.max() < ABORT_HOMEWARD_M_S
    assert np.abs(found.cheapest.duration_s - (flight.end_tdb - homeward)).max() < ABORT_NET_S


def test_the_cheapest_is_no_dearer_than_any_of_the_net(flight, moments):
    k = 2
    found = aborts(Unfinished(flight), moments[k], forces=FORCES, **NET)
    state = flight.at(moments[k], "moon").reshape(6)
    later, plane, side = (a.ravel() for a in np.meshgrid(NET["days"], NET["inclinations_deg"], [1, -1], indexing="ij"))
    batch = return_problem(state, moments[k], later * DAY, inclination_deg=plane, northbound=side)
    costs = 1e3 * earth_returns(batch, FORCES).delta_v_km_s
    assert found.cheapest.delta_v_m_s[0] <= np.nanmin(costs) + 1e-6


def test_the_fastest_spends_what_there_is(table):
    """Or as much of it as the shortest flight that is looked at takes."""
    assert (table.fastest.delta_v_m_s > 1300.0).mean() > 0.5
    assert table.fastest.delta_v_m_s.max() <= 1500.0


def test_flown_again_by_hand_it_enters(flight, table, moments):
    k = 6  # behind the Moon
    state = flight.at(moments[k], "moon").reshape(6)
    way = table.fastest
    for side in (1, -1):
        back = earth_returns(
            return_problem(state, moments[k], way.duration_s[k], inclination_deg=way.inclination_deg[k],
                           northbound=side), FORCES,
        )  # fmt: skip
        if back.ok[0] and abs(1e3 * back.delta_v_km_s[0] - way.delta_v_m_s[k]) < 1e-3:
            break
    else:
        pytest.fail("the way home is not found again")
    end = propagate(back.departing_states, moments[k], back.entry.tdb, forces=FORCES, center="moon").require()
    r = end.states[0, :3] + FORCES.source.position("moon", "earth", back.entry.tdb)[0]
    assert np.linalg.norm(r - back.entry.states[0, :3]) < ABORT_CLOSURE_KM


def test_too_little_delta_v_leaves_no_way(flight, moments):
    none = aborts(Unfinished(flight), moments[:2], most_delta_v_m_s=1.0, forces=FORCES, **NET)
    assert not none.ok.any()
    assert np.isnan(none.fastest.duration_s).all()


def test_bad_input_is_named(flight, moments):
    with pytest.raises(InputError, match="most_delta_v_m_s"):
        aborts(flight, moments, most_delta_v_m_s=-1.0)
    with pytest.raises(InputError, match="days"):
        aborts(flight, moments, days=())
    with pytest.raises(InputError, match="days"):
        aborts(flight, moments[:1], days=(100.0,))
    with pytest.raises(InputError, match="most_delta_v_m_s"):
        aborts(flight, moments, most_delta_v_m_s=[100.0, 200.0])
    with pytest.raises(InputError, match="inclinations_deg"):
        aborts(flight, moments, inclinations_deg=200.0)
    with pytest.raises(InputError, match="to"):
        aborts(flight, moments, to="the station")
    assert len(aborts(flight, np.empty(0), forces=FORCES, **NET).ok) == 0


# ---------------------------------------------------------------- Artemis II, from its ellipse on

PLAIN = ForceModel(earth_zonal=3, earth_pole="icrf", moon_degree=0)


@pytest.fixture(scope="module")
def artemis_2():
    batch = high_orbit_problem(
        "2026-04-06T23:02:29", perilune_altitude_km=6545.0, return_inclination_deg=38.15,
        injection_altitude_km=190.7, northbound_departure=-1, northbound_return=-1,
    )  # fmt: skip
    found = high_orbit_returns(batch, None, PLAIN).require()
    return found, found.trajectory()


@pytest.fixture(scope="module")
def all_along(artemis_2):
    """In the ellipse before and after its apogee, outbound, behind the Moon, homebound."""
    found, _ = artemis_2
    start, perigee, perilune = (float(t[0]) for t in (found.start_tdb, found.perigee_tdb, found.perilune_tdb))
    outbound = perigee + np.array([0.1, 1.0, 2.0, 3.0]) * DAY
    return np.array([start + 0.1 * DAY, float(found.apogee_tdb[0]), perigee - 0.1 * DAY, *outbound, perilune + DAY])


@pytest.fixture(scope="module")
def homewards(artemis_2, all_along):
    return aborts(artemis_2[1], all_along, forces=PLAIN, inclinations_deg=(35.0, 60.0))


def test_home_from_everywhere(homewards, all_along):
    assert homewards.ok.all()
    assert homewards.fastest.ok.all()
    for way in (homewards.fastest, homewards.cheapest):
        assert way.closure_km.max() < ABORT_CLOSURE_KM
    assert (homewards.cheapest.delta_v_m_s[:3] < ABORT_FROM_ELLIPSE_M_S).all()  # the perigee is lowered, no more
    assert (homewards.cheapest.delta_v_m_s[:3] > 1.0).all()  # the injection still ahead is not carried on with
    assert (homewards.cheapest.delta_v_m_s[3:] == 0.0).all()  # after it, a free return
    assert (homewards.fastest.duration_s < homewards.cheapest.duration_s).all()


@pytest.mark.parametrize("row", [1, 5, 7])
@pytest.mark.parametrize("which", ["fastest", "cheapest"])
def test_scipy_comes_to_the_entry_interface(artemis_2, homewards, all_along, row, which):
    way = getattr(homewards, which)
    state = artemis_2[1].at(all_along[row])[0]
    state[3:] += way.burn_km_s[row]
    model = naive.Model({b: PLAIN.gm(b) for b in PLAIN.bodies}, zonal=3, pole="icrf")
    end = naive.propagate(model, state, all_along[row], all_along[row] + way.duration_s[row])
    r, v = end[:3], end[3:]
    assert np.linalg.norm(r) - RADIUS_KM["earth"] == pytest.approx(121.92, abs=ABORT_NAIVE_KM)
    assert np.degrees(np.arcsin(r @ v / np.linalg.norm(r) / np.linalg.norm(v))) == pytest.approx(-6.5, abs=1e-3)


def test_before_the_flyby_it_is_faster_to_go_round(artemis_2):
    """Half a day ahead of the Moon, hurried on; scipy passes it at a height allowed, and is home a day sooner."""
    found, path = artemis_2
    start = float(found.perilune_tdb[0]) - 0.5 * DAY
    net = {"inclinations_deg": (35.0, 60.0), "forces": PLAIN, "most_delta_v_m_s": 900.0}
    way = aborts(path, start, **net).fastest
    assert way.closure_km[0] < ABORT_CLOSURE_KM
    assert 300.0 < way.delta_v_m_s[0] <= 900.0
    end = start + float(way.duration_s[0])
    assert end < found.entry.tdb[0] - DAY
    assert way.duration_s[0] < aborts(Unfinished(path), start, **net).fastest.duration_s[0]  # that turns back
    state = path.at(start)[0]
    state[3:] += way.burn_km_s[0]
    model = naive.Model({b: PLAIN.gm(b) for b in PLAIN.bodies}, zonal=3, pole="icrf")
    last = naive.propagate(model, state, start, end)
    assert np.linalg.norm(last[:3]) - RADIUS_KM["earth"] == pytest.approx(121.92, abs=ABORT_NAIVE_KM)
    flown = fly(state, start, end - 60.0, PLAIN)
    height = np.linalg.norm(flown.at(np.arange(start, end - 60.0, 30.0), "moon")[:, :3], axis=1) - RADIUS_KM["moon"]
    assert 99.0 < height.min() < 6545.0


def test_every_moment_has_its_own_limit(artemis_2, all_along):
    some = all_along[[4, 5]]
    table = aborts(
        artemis_2[1], some, most_delta_v_m_s=[400.0, 1200.0], days=(1.0, 2.0, 3.0, 4.0), inclinations_deg=35.0,
        forces=PLAIN,
    )  # fmt: skip
    assert (table.fastest.delta_v_m_s <= [400.0, 1200.0]).all()
    assert (table.fastest.delta_v_m_s > [300.0, 1000.0]).all()


@pytest.fixture(scope="module")
def station():
    orbit = family("L2 halo south", EARTH_MOON_384400).select(resonance="9:2")
    return carry(orbit, "2026-04-01T00:00:00", revolutions=3)


def test_to_a_station(artemis_2, all_along, station):
    """What scipy flies from the burn is where the station is, and the second burn makes it go along."""
    table = aborts(
        artemis_2[1], all_along[[5, 6]], to=station, most_delta_v_m_s=2_000.0, days=(2.0, 3.0, 4.0, 5.0, 6.0),
        forces=PLAIN,
    )  # fmt: skip
    assert table.ok.all()
    model = naive.Model({b: PLAIN.gm(b) for b in PLAIN.bodies}, zonal=3, pole="icrf")
    for way in (table.fastest, table.cheapest):
        assert way.closure_km.max() < ABORT_CLOSURE_KM
        start = float(table.epochs_tdb[0])
        end = start + float(way.duration_s[0])
        state = artemis_2[1].at(start)[0]
        state[3:] += way.burn_km_s[0]
        state = naive.propagate(model, state, start, end)
        state[3:] += way.arrival_burn_km_s[0]
        there = station.at(np.array([end]), "earth")[0]
        assert np.linalg.norm((state - there)[:3]) < ABORT_NAIVE_KM
        assert np.linalg.norm((state - there)[3:]) < 1e-6
        both = np.linalg.norm(way.burn_km_s, axis=1) + np.linalg.norm(way.arrival_burn_km_s, axis=1)
        np.testing.assert_allclose(way.delta_v_m_s, 1e3 * both)
    assert (table.fastest.duration_s <= table.cheapest.duration_s).all()
    assert (table.cheapest.delta_v_m_s < 1_250.0).all()


def test_from_a_low_orbit_the_burn_waits_for_its_place():
    """Half-way round, nothing the tanks allow leads home; a part of a revolution later it does."""
    start = float(tdb_seconds("2028-07-04T12:00:00"))
    orbit = fly([1848.0, 0.0, 0.0, 0.0, 0.0, 1.6288], start, start + 8_000.0, PLAIN, center="moon")
    some = start + np.array([0.0, 1_800.0, 3_600.0])
    table = aborts(orbit, some, most_delta_v_m_s=1_200.0, days=(3.0, 4.0, 5.0), inclinations_deg=40.0, forces=PLAIN)
    assert table.ok.all()
    way = table.cheapest
    assert (way.wait_s < 7_200.0).all()
    assert way.wait_s.max() > 1_200.0
    assert way.delta_v_m_s.max() < ABORT_FROM_LOW_ORBIT_M_S
    assert way.closure_km.max() < ABORT_CLOSURE_KM
    k = int(way.wait_s.argmax())
    burn = some[k] + way.wait_s[k]
    model = naive.Model({b: PLAIN.gm(b) for b in PLAIN.bodies}, zonal=3, pole="icrf")
    state = naive.propagate(model, orbit.at(some[k])[0], some[k], burn)
    state[3:] += way.burn_km_s[k]
    end = naive.propagate(model, state, burn, some[k] + way.duration_s[k])
    assert np.linalg.norm(end[:3]) - RADIUS_KM["earth"] == pytest.approx(121.92, abs=ABORT_NAIVE_KM)


def test_a_batch_of_moments_is_its_moments(artemis_2, all_along, homewards):
    alone = aborts(artemis_2[1], all_along[5], forces=PLAIN, inclinations_deg=(35.0, 60.0))
    assert alone.fastest.duration_s[0] == pytest.approx(homewards.fastest.duration_s[5], abs=1e-3)
    assert alone.fastest.delta_v_m_s[0] == pytest.approx(homewards.fastest.delta_v_m_s[5], abs=1e-4)
