"""From the orbit of an ascent to a craft above it: met where it is, at the cost of the ellipses between."""

from itertools import pairwise

import numpy as np
import pytest

from lunarplan.errors import InfeasibleError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import fly
from lunarplan.transfers.stations.lunar_rendezvous import lunar_rendezvous
from tests import naive
from tests.plan.oracle import Flight
from tests.tolerances import JOINT_KM, JOINT_KM_S, RENDEZVOUS_OVER_HOHMANN_KM_S, SCIPY_RENDEZVOUS_KM

FORCES = ForceModel(moon_degree=8)
EPOCH, HOUR, DAY = tdb_seconds("2028-03-01T00:00:00"), 3600.0, 86_400.0
GM, R = GM_KM3_S2["moon"], RADIUS_KM["moon"]
LOW, HIGH, TARGET = R + 15.0, R + 180.0, R + 200.0
TILT = np.radians(45.0)


def circular(lead):
    """The target: circular, so far ahead of where the ascent ends."""
    c, s, speed = np.cos(lead), np.sin(lead), np.sqrt(GM / TARGET)
    return np.array([c * TARGET, s * TARGET * np.cos(TILT), s * TARGET * np.sin(TILT),
                     -s * speed, c * speed * np.cos(TILT), c * speed * np.sin(TILT)])  # fmt: skip


def ascended(low=LOW, high=HIGH):
    speed = np.sqrt(2.0 * GM * high / (low * (low + high)))
    return np.array([low, 0.0, 0.0, 0.0, speed * np.cos(TILT), speed * np.sin(TILT)])


def orbit(lead, until):
    return fly(circular(np.radians(lead)), EPOCH, until + 3.0 * HOUR, FORCES, center="moon")


@pytest.fixture(scope="module", params=[20.0, 140.0, 260.0])
def met(request):
    target = orbit(request.param, EPOCH + 2.0 * DAY)
    return target, lunar_rendezvous(ascended(), EPOCH, target, EPOCH + 2.0 * DAY, FORCES)


def test_it_ends_at_the_target_with_its_velocity(met):
    target, found = met
    end = found.coasts[-1].at(found.arrival_tdb, "moon")[0]
    there = target.at(found.arrival_tdb, "moon")[0]
    assert np.linalg.norm(end[:3] - there[:3]) < JOINT_KM
    assert np.linalg.norm(end[3:] + found.burns_km_s[2] - there[3:]) < JOINT_KM_S
    assert abs(found.arrival_tdb - (EPOCH + 2.0 * DAY)) < 64.0 * 60.0  # half a revolution


def test_the_burns_are_the_only_jumps(met):
    _, found = met
    for burn, (before, after) in zip(found.burns_km_s, pairwise(found.coasts), strict=False):
        assert before.end_tdb == after.start_tdb
        jump = after.at(after.start_tdb, "moon")[0] - before.at(before.end_tdb, "moon")[0]
        assert np.linalg.norm(jump[:3]) < JOINT_KM
        assert np.linalg.norm(jump[3:] - burn) < JOINT_KM_S


def test_it_costs_what_the_ellipses_between_cost(met):
    """From 15 x 180 km to 200 km, two bodies: raise the perilune, and the rest."""
    _, found = met
    at_high = np.sqrt(2.0 * GM * LOW / (HIGH * (LOW + HIGH)))
    least = np.sqrt(GM / HIGH) - at_high + np.sqrt(GM / HIGH) - np.sqrt(GM / TARGET)
    assert least - 1e-3 < found.delta_v_km_s.sum() < least + RENDEZVOUS_OVER_HOHMANN_KM_S


def test_it_stays_above_the_ground_and_below_the_target(met):
    _, found = met
    for arc in found.coasts:
        height = np.linalg.norm(arc.at(arc.trajectory.sample(400), "moon")[:, :3], axis=1) - R
        assert height.min() > 9.0
        assert height.max() < 206.0


def test_the_revolutions_are_those_it_flies(met):
    _, found = met
    path = [arc.at(np.arange(arc.start_tdb, arc.end_tdb, 60.0), "moon")[:, :3] for arc in found.coasts[1:]]
    u = np.concatenate(path) / np.linalg.norm(np.concatenate(path), axis=1)[:, None]
    flown = np.arccos(np.clip((u[1:] * u[:-1]).sum(axis=1), -1.0, 1.0)).sum() / (2.0 * np.pi)
    assert flown == pytest.approx(found.revolutions, abs=0.02)


def test_scipy_flies_to_the_same_place(met):
    """From after the phasing burn to the target, by scipy with jplephem's ephemeris and potentials of its own."""
    target, found = met
    phased = found.coasts[1]
    late = phased.end_tdb - 2.0 * HOUR
    end = naive.propagate(Flight(FORCES), phased.at(late)[0], late, phased.end_tdb)
    end[3:] += found.burns_km_s[1]
    end = naive.propagate(Flight(FORCES), end, phased.end_tdb, found.arrival_tdb)
    place = end[:3] - naive.Bodies().position("moon", found.arrival_tdb)
    assert np.linalg.norm(place - target.at(found.arrival_tdb, "moon")[0, :3]) < SCIPY_RENDEZVOUS_KM


def meeting(hours, craft=None, lead=20.0):
    about = EPOCH + hours * HOUR
    return lunar_rendezvous(ascended() if craft is None else craft, EPOCH, orbit(lead, about), about, FORCES)


@pytest.mark.parametrize(
    ("hours", "craft", "says"),
    [
        (1.5, None, "leaves no time to catch up"),
        (8.0, None, r"revolutions, and no whole number of them; meet at another time; from 2028-03-02"),
        (48.0, ascended() * np.array([1.0, 1.0, 1.0, 1.5, 1.5, 1.5]), "the craft escapes"),
    ],
)
def test_what_cannot_be_met_says_why(hours, craft, says):
    with pytest.raises(InfeasibleError, match=says):
        meeting(hours, craft)


@pytest.mark.parametrize("lead", [5.0, 95.0, 185.0, 275.0])
def test_from_the_time_that_is_named_on_there_always_is_a_way(lead):
    """Between the slowest and the fastest phasing orbit lies a whole revolution after some 29 h."""
    assert meeting(30.0, lead=lead).revolutions in (14, 15)
