"""Routes: they close when somebody else flies them, their gradients are right, and no neighbour is cheaper."""

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.flybys.powered_flyby import from_distant_orbit, to_distant_orbit
from lunarplan.transfers.ground_range import SplashdownPlace
from lunarplan.transfers.home.entry import entries
from lunarplan.transfers.route import OnPath, _Chain, _valley, optimise
from tests.authorities import load
from tests.tolerances import (
    ARTEMIS_FLYBY_DAYS,
    ARTEMIS_OUTBOUND_FRACTION,
    ROUTE_CLOSURE_KM,
    ROUTE_GRADIENT,
    ROUTE_NEIGHBOUR_KM_S,
)

CASE = load("staging")["artemis_1"]
FORCES = ForceModel()
FLIGHT = InEphemeris(FORCES)
DAY = 86400.0


@pytest.fixture(scope="module")
def station():
    orbit = PeriodicOrbit(np.array(CASE["dro_state"]), CASE["dro_period"], EARTH_MOON_384400, "DRO")
    return carry(orbit, "2022-11-18T00:00:00", revolutions=2.0, phase=0.7, forces=FORCES)


@pytest.fixture(scope="module")
def out(station):
    return to_distant_orbit(
        [station], CASE["injection"], out_days=(5.4,), beyond_days=(4.2, 5.0), parking_inclination_deg=30.5, tries=2,
        flyby_altitude_km=CASE["flyby_altitude_km"], forces=FORCES,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(station):
    return from_distant_orbit(
        station, "2022-12-01T21:53:00", beyond_days=(3.8,), home_days=(5.5,), tries=1, forces=FORCES
    )


def flown(route, leg):
    """By how much a coast misses the next burn, km, flown afresh in one piece."""
    start, end = route.side(leg), route.side(leg + 1, before=True)
    first, last = route.epochs_tdb[leg : leg + 2]
    final = propagate(start.state, first, last, forces=FORCES, center=start.center, tolerance=1e-14).require().states[0]
    shift = {"earth": np.zeros(6), "moon": FORCES.source.state("moon", "earth", last)}
    if start.center == "moon":
        final = final + shift["moon"]
    return np.linalg.norm((final - end.state - shift[end.center])[:3])


def test_coasts_meet_the_burns(out, home):
    for route in (out, home):
        assert max(flown(route, leg) for leg in range(2)) < ROUTE_CLOSURE_KM


def test_artemis_1_outbound(out):
    """From the injection alone: both burns together within 5 percent of those flown, the flyby that day."""
    flyby, insertion = 1e3 * out.delta_v_km_s[1:]
    total = sum(CASE["outbound_burns_m_s"])
    assert flyby + insertion == pytest.approx(total, rel=ARTEMIS_OUTBOUND_FRACTION)
    assert abs(out.epochs_tdb[1] - tdb_seconds(CASE["flyby"])) < ARTEMIS_FLYBY_DAYS * DAY
    assert out.epochs_tdb[0] == pytest.approx(float(tdb_seconds(CASE["injection"])))


def test_the_flyby_is_as_low_as_asked(out, home):
    for route, altitude in ((out, CASE["flyby_altitude_km"]), (home, 130.0)):
        assert np.linalg.norm(route.side(1).state[:3]) == pytest.approx(RADIUS_KM["moon"] + altitude, abs=1e-5)


def test_the_way_home_enters(home):
    state = home.side(2, before=True).state
    r, v = np.linalg.norm(state[:3]), np.linalg.norm(state[3:])
    assert r == pytest.approx(RADIUS_KM["earth"] + 121.92, abs=1e-6)
    assert np.degrees(np.arcsin(state[:3] @ state[3:] / r / v)) == pytest.approx(-6.5, abs=1e-9)


def test_home_to_a_place_by_flyby(station):
    """Off San Diego, over the south: as the range grows shorter the way home grows dearer."""
    costs = []
    for range_km in (8_890.0, 7_000.0):
        route = from_distant_orbit(
            station, "2022-12-01T21:53:00", beyond_days=(3.8,), home_days=(6.0,), tries=2, forces=FORCES,
            splashdown=SplashdownPlace(28.9, -118.0, range_km),
        )  # fmt: skip
        entry = entries(route.side(2, before=True).state[None], route.epochs_tdb[-1:])
        latitude, longitude = entry.downrange(range_km)
        assert (latitude[0], longitude[0]) == pytest.approx((28.9, -118.0), abs=1e-5)
        costs.append(1e3 * route.delta_v_km_s.sum())
    assert 250.0 < costs[0] < costs[1] < 450.0


def test_the_inclination_can_be_held_with_the_place(station):
    route = from_distant_orbit(
        station, "2022-12-01T21:53:00", beyond_days=(3.8,), home_days=(6.0,), tries=2, forces=FORCES,
        splashdown=SplashdownPlace(28.9, -118.0, 6_400.0), return_inclination_deg=85.7,
    )  # fmt: skip
    assert np.degrees(route.variables[-1][3]) == pytest.approx(85.7)


def test_a_span_is_held(home):
    longer = float(home.epochs_tdb[1] - home.epochs_tdb[0]) + 1_800.0
    moved = optimise(home.points, list(home.variables), FLIGHT, spans=[(0, 1, longer)])
    assert moved.epochs_tdb[1] - moved.epochs_tdb[0] == pytest.approx(longer, abs=1e-2)
    assert moved.delta_v_km_s.sum() > home.delta_v_km_s.sum() - ROUTE_NEIGHBOUR_KM_S


def test_slope_and_curvature_are_those_of_differences(out):
    """Along curves on which the coasts go on meeting, away from the bottom."""
    chain = _Chain(out.points, FLIGHT, list(out.variables), (0,))
    along = _valley(chain, np.zeros(chain.size))[0]
    z = chain.closed(along @ np.array([0.5, -0.3, 0.4, -0.2, 0.3])[: along.shape[1]])
    along, slope, curvature = _valley(chain, z)
    for k, direction in enumerate(along.T):
        ahead, here, behind = (chain.cost(chain.closed(z + h * direction))[0] for h in (0.02, 0.0, -0.02))
        assert (ahead - behind) / 0.04 == pytest.approx(slope[k], abs=ROUTE_GRADIENT)
        assert (ahead - 2.0 * here + behind) / 4e-4 == pytest.approx(curvature[k, k], rel=0.02, abs=ROUTE_GRADIENT)


@pytest.mark.parametrize("later_s", [-3000.0, 3000.0])
def test_a_flyby_at_another_time_is_dearer(out, later_s):
    guess = [x.copy() for x in out.variables]
    guess[1][-1] += later_s
    moved = optimise(out.points, guess, FLIGHT, held_epochs=(0, 1))
    assert moved.delta_v_km_s.sum() > out.delta_v_km_s.sum() - ROUTE_NEIGHBOUR_KM_S


def test_a_guess_that_is_none_is_refused(station):
    start = float(tdb_seconds("2022-11-25T00:00:00"))
    points = OnPath(station, leaving=True), OnPath(station, leaving=False)
    with pytest.raises(ConvergenceError, match="route"):
        optimise(points, [np.array([50.0, 0.0, 0.0, start]), np.array([0.0, 50.0, 0.0, start + 60.0])], FLIGHT)


def test_bad_input_is_named(station):
    with pytest.raises(InputError, match="flyby_altitude_km"):
        to_distant_orbit([station], CASE["injection"], flyby_altitude_km=-3.0)
    with pytest.raises(InputError, match="flight_path_deg"):
        from_distant_orbit(station, "2022-12-01T00:00:00", flight_path_deg=5.0)
