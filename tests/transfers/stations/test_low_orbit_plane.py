"""Low orbits of a given plane: flown again they are met, no turn is dearer than none, partials are right."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import propagate
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.stations.low_orbit import cheapest_to_low_orbit
from lunarplan.transfers.stations.low_orbit_plane import InLowOrbit, cheapest_from_plane, cheapest_to_plane
from tests.authorities import load
from tests.tolerances import (
    FREE_NODE_M_S,
    IN_LOW_ORBIT_PARTIALS,
    IN_LOW_ORBIT_PLANE_RAD,
    LOW_ORBIT_CLOSURE_KM,
)

CASE = load("staging")["nrho_to_low_orbit"]
FORCES = ForceModel()
FLIGHT = InEphemeris(FORCES)
START = float(tdb_seconds("2028-03-01T00:00:00"))
REVOLUTION_S = 6.5 * 86400.0
HALF_DAY_S = 43_200.0


@pytest.fixture(scope="module")
def station():
    orbit = PeriodicOrbit(np.array(CASE["state"]), CASE["period"], EARTH_MOON_384400, "NRHO")
    return carry(orbit, START, revolutions=1.4, forces=FORCES)


@pytest.fixture(scope="module")
def free(station):
    return cheapest_to_plane(station, START, START + REVOLUTION_S, HALF_DAY_S)


def node_deg(route, point=1):
    return np.degrees(route.variables[point][0]) % 360.0


@pytest.fixture(scope="module")
def held(station, free):
    return cheapest_to_plane(station, START, START + REVOLUTION_S, HALF_DAY_S, node_deg=node_deg(free) - 8.0)


def test_a_free_node_costs_what_no_turn_costs(station, free):
    best = cheapest_to_low_orbit(station, START, START + REVOLUTION_S, HALF_DAY_S).require()
    cost = 1e3 * free.delta_v_km_s.sum()
    assert 1e3 * best.delta_v_km_s[0] - FREE_NODE_M_S < cost < 1e3 * best.delta_v_km_s[0] + 1e-2


def flown(route):
    """State at the insertion, and that of the low orbit after it."""
    first, last = route.epochs_tdb
    final = propagate(
        route.side(0).state, first, last, forces=FORCES, center="moon", tolerance=1e-14
    ).require().states[0]  # fmt: skip
    final[3:] += route.burns_km_s[1]
    return final, last


@pytest.mark.parametrize("name", ["free", "held"])
def test_flown_again_it_is_in_the_orbit_asked_for(name, request):
    route = request.getfixturevalue(name)
    state, tdb = flown(route)
    r = RADIUS_KM["moon"] + 100.0
    assert np.linalg.norm(state[:3]) == pytest.approx(r, abs=LOW_ORBIT_CLOSURE_KM)
    assert np.linalg.norm(state[3:]) == pytest.approx(np.sqrt(FORCES.gm("moon") / r), abs=1e-5)
    normal = rotation("moon_me", tdb, FORCES.source) @ np.cross(state[:3], state[3:])
    normal /= np.linalg.norm(normal)
    node = np.radians(node_deg(route))
    assert np.linalg.norm(normal - [np.sin(node), -np.cos(node), 0.0]) < IN_LOW_ORBIT_PLANE_RAD
    assert route.epochs_tdb[1] - route.epochs_tdb[0] == pytest.approx(HALF_DAY_S, abs=1e-2)


def test_a_turn_is_dearer_than_none(free, held):
    assert node_deg(held) == pytest.approx((node_deg(free) - 8.0) % 360.0, abs=1e-6)
    more = held.delta_v_km_s.sum() - free.delta_v_km_s.sum()
    assert 0.0 < more < 2.0 * 1.633 * np.sin(np.radians(4.0))  # in the low orbit itself


def test_up_again(station):
    up = cheapest_from_plane(station, START + HALF_DAY_S, START + REVOLUTION_S, HALF_DAY_S)
    down = cheapest_to_plane(station, START, START + REVOLUTION_S, HALF_DAY_S)
    assert up.delta_v_km_s.sum() == pytest.approx(down.delta_v_km_s.sum(), abs=0.03)
    end = propagate(
        up.side(0).state, *up.epochs_tdb, forces=FORCES, center="moon", tolerance=1e-14
    ).require().states[0]  # fmt: skip
    end[3:] += up.burns_km_s[1]
    assert np.linalg.norm(end[:3] - station.at(up.epochs_tdb[1:])[0, :3]) < LOW_ORBIT_CLOSURE_KM


@pytest.mark.parametrize("leaving", [True, False])
def test_partials_are_those_of_differences(leaving):
    point = InLowOrbit(1837.4, 1.6335, 1.2, np.eye(3), START - 3e4, 2.66e-6, leaving)
    x = np.array([0.7, 2.0, 0.1, -0.3, 0.2, START])
    side = point.after if leaving else point.before
    for k, step in enumerate([1e-6] * 5 + [10.0]):
        d = step * np.eye(6)[k]
        slope = (side(x + d, FLIGHT).state - side(x - d, FLIGHT).state) / (2.0 * step)
        assert np.abs(slope - side(x, FLIGHT).partials[:, k]).max() < IN_LOW_ORBIT_PARTIALS
        tied = (point.ties(x + d)[0] - point.ties(x - d)[0]) / (2.0 * step)
        assert tied == pytest.approx(point.ties(x)[1][:, k], abs=100.0 * IN_LOW_ORBIT_PARTIALS)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"tof_s": 5.0}, "tof_s"), ({"inclination_deg": 200.0}, "inclination_deg"), ({"node_deg": np.nan}, "node_deg")],
)
def test_bad_input_is_named(station, change, says):
    given = {"tof_s": HALF_DAY_S} | change
    with pytest.raises(InputError, match=says):
        cheapest_to_plane(station, START, START + REVOLUTION_S, given.pop("tof_s"), **given)


def test_spans_and_options_that_are_none(station):
    with pytest.raises(InputError, match="end"):
        cheapest_to_plane(station, START + 9.0, START, HALF_DAY_S)
    with pytest.raises(InputError, match="colour"):
        cheapest_from_plane(station, START, START + REVOLUTION_S, HALF_DAY_S, colour="red")
