"""Aborts: every way home enters when flown again, and a flight that is coming home anyway needs next to nothing."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.model.trajectory import fly
from lunarplan.transfers.aborts import aborts
from lunarplan.transfers.earth_return import earth_returns, return_problem
from lunarplan.transfers.free_return import free_return_problem, free_returns
from tests.tolerances import ABORT_CLOSURE_KM, ABORT_HOMEWARD_M_S, ABORT_NET_S

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
    k = 4
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
    with pytest.raises(InputError, match="tof_s"):
        aborts(flight, moments[:1], days=(100.0,))
    assert len(aborts(flight, np.empty(0), forces=FORCES, **NET).ok) == 0
