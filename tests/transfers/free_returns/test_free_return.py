"""Free returns: out, round the Moon and home without a burn, when somebody else flies them."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.transfers.free_returns.free_return import free_return_problem, free_returns
from tests import naive
from tests.authorities import load
from tests.tolerances import (
    APOLLO_FREE_RETURN_C3,
    APOLLO_FREE_RETURN_H,
    ARRIVAL_ALTITUDE_KM,
    ENTRY_ANGLE_RAD,
    FREE_RETURN_CLOSURE_KM,
    FREE_RETURN_ENTRY_KM,
    LANES_FREE_RETURN_S,
    PUBLISHED_ENTRY_SPEED_KM_S,
    TRANSFER_CLOSURE_KM,
)

DAY, HOUR = 86400.0, 3600.0
FORCES = ForceModel()
EPHEMERIS = FORCES.source
START = tdb_seconds("2026-07-21T04:55:00")
APOLLO_11 = load("free_returns")["apollo_11"]


def a_month(n=64, seed=11):
    """Every geometry of a month: nodes on the way out and home, low and high."""
    rng = np.random.default_rng(seed)
    return free_return_problem(
        START + rng.uniform(0, 28 * DAY, n),
        perilune_altitude_km=rng.uniform(60.0, 9000.0, n),
        parking_altitude_km=rng.uniform(180.0, 400.0, n),
        parking_inclination_deg=rng.uniform(29.5, 60.0, n),
        northbound_departure=rng.choice([1, -1], n),
        return_inclination_deg=rng.uniform(29.5, 60.0, n),
        northbound_return=rng.choice([1, -1], n),
    )


@pytest.fixture(scope="module")
def month():
    return free_returns(a_month(), FORCES)


def leg(states, start, end, center="earth"):
    return propagate(states, start, end, forces=FORCES, center=center, tolerance=1e-14).require().states


def test_every_geometry_of_a_month_is_solved(month):
    assert month.ok.all()


def test_the_way_out_ends_at_the_perilune_asked_for(month):
    t = month.problem.perilune_tdb
    arrival = leg(month.injection_states, month.injection_tdb, t) - EPHEMERIS.state("moon", "earth", t)
    assert np.linalg.norm(arrival[:, :3] - month.perilune_states[:, :3], axis=1).max() < TRANSFER_CLOSURE_KM
    r = np.linalg.norm(arrival[:, :3], axis=1)
    assert np.abs(r - month.problem.perilune_radius_km).max() < ARRIVAL_ALTITUDE_KM


def test_the_way_home_ends_at_the_entry_asked_for(month):
    end = leg(month.perilune_states, month.problem.perilune_tdb, month.entry.tdb, "moon")
    end += EPHEMERIS.state("moon", "earth", month.entry.tdb)
    assert np.linalg.norm(end[:, :3] - month.entry.states[:, :3], axis=1).max() < FREE_RETURN_CLOSURE_KM
    r, v = np.linalg.norm(end[:, :3], axis=1), np.linalg.norm(end[:, 3:], axis=1)
    angle = np.arcsin(np.einsum("ni,ni->n", end[:, :3], end[:, 3:]) / (r * v))
    assert np.abs(angle - np.radians(-6.5)).max() < ENTRY_ANGLE_RAD


def test_from_the_injection_alone_it_comes_home(month):
    """Flown through in one piece, where the Moon magnifies what is left a thousandfold."""
    low = np.argsort(month.problem.perilune_radius_km)[-20:]
    end = leg(month.injection_states[low], month.injection_tdb[low], month.entry.tdb[low])
    assert np.linalg.norm(end[:, :3] - month.entry.states[low, :3], axis=1).max() < FREE_RETURN_ENTRY_KM


def test_an_independent_integrator_comes_home():
    forces = ForceModel(earth_zonal=3, earth_pole="icrf", moon_degree=0)
    found = free_returns(free_return_problem(START, perilune_altitude_km=5000.0), forces).require()
    model = naive.Model({b: forces.gm(b) for b in forces.bodies}, zonal=3, pole="icrf")
    final = naive.propagate(model, found.injection_states[0], found.injection_tdb[0], found.entry.tdb[0])
    assert np.linalg.norm(final[:3] - found.entry.states[0, :3]) < FREE_RETURN_ENTRY_KM


def test_all_go_round_behind_the_moon(month):
    assert (month.lunar_inclination_deg > 90.0).all()
    toward_earth = -EPHEMERIS.position("moon", "earth", month.problem.perilune_tdb)
    assert (np.einsum("ni,ni->n", month.perilune_states[:, :3], toward_earth) < 0.0).all()


def test_entry_speeds_are_those_of_returns_from_the_moon(month):
    low, high = PUBLISHED_ENTRY_SPEED_KM_S
    assert ((month.entry.speed_km_s > low) & (month.entry.speed_km_s < high)).all()


def test_higher_takes_longer():
    batch = free_return_problem(START, perilune_altitude_km=[100.0, 1000.0, 3000.0, 8889.0])
    found = free_returns(batch, FORCES).require()
    assert (np.diff(found.outbound_s + found.inbound_s) > 0.0).all()
    assert (np.diff(found.c3_km2_s2) < 0.0).all()


def test_apollo_11_was_injected_into_one(full_de440):
    """The flight's inclination, perilune and day: the injection comes out within the hour."""
    case = APOLLO_11
    batch = free_return_problem(
        case["perilune"], perilune_altitude_km=case["perilune_altitude_km"], parking_altitude_km=190.0,
        parking_inclination_deg=case["inclination_deg"], return_inclination_deg=[31.0, 35.0, 40.0],
    )  # fmt: skip
    found = free_returns(batch, ForceModel(moon_degree=0, ephemeris=full_de440)).require()
    late_h = (found.injection_tdb - tdb_seconds(case["injection"])) / HOUR
    assert np.abs(late_h).min() < APOLLO_FREE_RETURN_H
    assert np.abs(found.c3_km2_s2 - case["c3_km2_s2"]).min() < APOLLO_FREE_RETURN_C3
    assert (np.abs(found.entry.longitude_deg) > 150.0).all()  # the Pacific, as planned


def test_a_batch_is_its_rows(month):
    for row in (0, 17):
        alone = free_returns(month.problem.rows(np.array([row])), FORCES)
        assert abs(alone.injection_tdb[0] - month.injection_tdb[row]) < LANES_FREE_RETURN_S
        assert abs(alone.entry.tdb[0] - month.entry.tdb[row]) < LANES_FREE_RETURN_S


def test_too_low_a_return_plane_fails_in_its_own_row():
    """The Moon stands 28 degrees from the equator: a plane of 5 degrees does not reach it."""
    batch = free_return_problem(START, perilune_altitude_km=111.0, return_inclination_deg=[5.0, 35.0])
    found = free_returns(batch, FORCES)
    assert found.ok[1]
    assert not found.ok[0]
    assert np.isnan(found.c3_km2_s2[0])
    assert found.reason(0) != "converged"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"perilune_altitude_km": -5.0}, "perilune_altitude_km"),
        ({"parking_inclination_deg": np.nan}, "parking_inclination_deg"),
        ({"flight_path_deg": 1.0}, "flight_path_deg"),
    ],
)
def test_bad_input_is_named(change, says):
    with pytest.raises(InputError, match=says):
        free_return_problem(START, **({"perilune_altitude_km": 111.0} | change))


def test_an_empty_batch_is_an_empty_answer():
    found = free_returns(free_return_problem(np.empty(0), perilune_altitude_km=111.0), FORCES)
    assert len(found.ok) == 0


def test_radius_of_the_parking_orbit():
    batch = free_return_problem(START, perilune_altitude_km=111.0, parking_altitude_km=185.0)
    assert batch.parking_radius_km[0] == RADIUS_KM["earth"] + 185.0
