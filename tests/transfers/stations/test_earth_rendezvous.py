"""Rendezvous about the Earth: the burns lead to the target, cost what two-body formulas say, and keep below it."""

import math

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.path import lead_rad
from lunarplan.transfers.stations.earth_rendezvous import earth_rendezvous
from tests import naive
from tests.plan.oracle import Flight
from tests.tolerances import (
    COELLIPTIC_KM,
    INDEPENDENT_CLOSURE_KM,
    RENDEZVOUS_HOHMANN_M_S,
    RENDEZVOUS_MET_KM,
    RENDEZVOUS_MET_KM_S,
)

FORCES = ForceModel(bodies=("earth", "moon", "sun"), moon_degree=0)
SPHERE = ForceModel(bodies=("earth", "moon", "sun"), moon_degree=0, earth_zonal=0)
EPOCH = float(tdb_seconds("2027-06-15T14:00:00Z"))
LOW, HIGH = 200.0, 420.0


def circular(altitude_km, argument_deg, forces=FORCES, node_deg=50.0, inclination_deg=33.0):
    radius = np.array([RADIUS_KM["earth"] + altitude_km])
    angles = (np.radians(np.array([a])) for a in (node_deg, argument_deg))
    node, argument = angles
    speed = np.sqrt(forces.gm("earth") / radius)
    axes = equator_of_date(np.array([EPOCH]))
    return end_state(node, argument, speed, np.radians([inclination_deg]), radius=radius, axes=axes)[0][0]


def hohmann_m_s(low_km, high_km, gm):
    """Vis-viva, twice."""
    r, s = RADIUS_KM["earth"] + low_km, RADIUS_KM["earth"] + high_km
    a = 0.5 * (r + s)
    first = math.sqrt(gm * (2.0 / r - 1.0 / a)) - math.sqrt(gm / r)
    return 1e3 * (first + math.sqrt(gm / s) - math.sqrt(gm * (2.0 / s - 1.0 / a)))


@pytest.fixture(scope="module", params=[20.0, 70.0])
def met(request):
    return earth_rendezvous(circular(LOW, 30.0), circular(HIGH, 30.0 + request.param), EPOCH, FORCES)


def test_it_ends_at_the_target(met):
    arrival = met.arrival_tdb
    craft, target = met.coasts[-1].at(arrival)[0], met.target.at(arrival)[0]
    assert np.linalg.norm(craft[:3] - target[:3]) < RENDEZVOUS_MET_KM
    assert np.linalg.norm(craft[3:] + met.burns_km_s[3] - target[3:]) < RENDEZVOUS_MET_KM_S


def test_burns_are_the_only_jumps(met):
    for before, after, burn in zip(met.coasts, met.coasts[1:], met.burns_km_s, strict=False):
        end, start = before.at(before.end_tdb)[0], after.at(after.start_tdb)[0]
        assert np.linalg.norm(end[:3] - start[:3]) < RENDEZVOUS_MET_KM
        assert np.linalg.norm(start[3:] - end[3:] - burn) < RENDEZVOUS_MET_KM_S


def test_an_independent_integration_meets_the_target_too(met):
    """From the terminal burn on, by scipy with jplephem's ephemeris and another model of the Earth's pole."""
    last = met.coasts[-1]
    for arc in (last, met.target):
        start = max(arc.start_tdb, last.start_tdb)
        end = naive.propagate(Flight(FORCES), arc.at(start)[0], start, last.end_tdb)
        assert np.linalg.norm(end[:3] - arc.at(last.end_tdb)[0, :3]) < INDEPENDENT_CLOSURE_KM


def test_the_coelliptic_orbit_keeps_its_height_below(met):
    """The same argument of latitude, some time later, is 10 km higher."""
    drift = met.coasts[2]
    for t in np.linspace(drift.start_tdb, drift.end_tdb, 7):
        craft = drift.at(t)[0]
        then = t
        for _ in range(5):
            there = met.target.at(then)[0]
            then -= lead_rad(craft, there) * (there[:3] @ there[:3]) / np.linalg.norm(np.cross(there[:3], there[3:]))
        height = np.linalg.norm(met.target.at(then)[0, :3]) - np.linalg.norm(craft[:3])
        assert height == pytest.approx(10.0, abs=COELLIPTIC_KM)


def test_about_a_sphere_it_costs_what_hohmann_says():
    """The raise to 10 km below is Hohmann's; the terminal burns cost as much as the last 10 km and little more."""
    met = earth_rendezvous(circular(LOW, 30.0, SPHERE), circular(HIGH, 70.0, SPHERE), EPOCH, SPHERE)
    up = hohmann_m_s(LOW, HIGH - 10.0, SPHERE.gm("earth"))
    assert 1e3 * met.delta_v_km_s[:2].sum() == pytest.approx(up, abs=RENDEZVOUS_HOHMANN_M_S)
    last = hohmann_m_s(HIGH - 10.0, HIGH, SPHERE.gm("earth"))
    assert last < 1e3 * met.delta_v_km_s[2:].sum() < 2.0 * last


def test_the_terminal_transfer_begins_with_the_target_above():
    """Some 27 deg over the horizon, by the literature; this one goes a little lower round."""
    met = earth_rendezvous(circular(LOW, 30.0, SPHERE), circular(HIGH, 70.0, SPHERE), EPOCH, SPHERE)
    craft, target = (arc.at(met.epochs_tdb[2])[0] for arc in (met.coasts[2], met.target))
    sight, up = target[:3] - craft[:3], craft[:3] / np.linalg.norm(craft[:3])
    elevation = math.degrees(math.asin(sight @ up / np.linalg.norm(sight)))
    assert 25.0 < elevation < 33.0


def test_more_turns_take_longer():
    short, long = (
        earth_rendezvous(circular(LOW, 30.0), circular(HIGH, 60.0), EPOCH, FORCES, revolutions=n) for n in (0, 1)
    )
    gain = math.sqrt(FORCES.gm("earth")) * ((RADIUS_KM["earth"] + LOW) ** -1.5 - (RADIUS_KM["earth"] + HIGH) ** -1.5)
    assert long.arrival_tdb - short.arrival_tdb == pytest.approx(2.0 * math.pi / gain, rel=0.02)


def test_what_cannot_be_met_is_refused():
    with pytest.raises(InfeasibleError, match="below the target"):
        earth_rendezvous(circular(HIGH, 30.0), circular(HIGH, 60.0), EPOCH, FORCES)
    with pytest.raises(InputError, match="below_km"):
        earth_rendezvous(circular(LOW, 30.0), circular(HIGH, 60.0), EPOCH, FORCES, below_km=math.nan)
    with pytest.raises((ConvergenceError, InfeasibleError)):
        earth_rendezvous(circular(LOW, 30.0), circular(HIGH, 60.0, node_deg=200.0), EPOCH, FORCES)
