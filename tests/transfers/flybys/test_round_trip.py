"""Round trips: Artemis I from its injection alone, and home again; they close when somebody else flies them."""

import numpy as np
import pytest

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.flybys.round_trip import BURNS, OntoOrbit, round_trip
from lunarplan.transfers.ground_range import SPHERE_KM, SplashdownPlace, place_vector
from lunarplan.transfers.home.entry import entries
from lunarplan.transfers.route import _Chain, _valley
from tests.authorities import load
from tests.tolerances import (
    ARTEMIS_ENTRY_S,
    ARTEMIS_MISSION_FRACTION,
    ARTEMIS_PHASE_DAYS,
    ENTRY_PATH_DEG,
    ONTO_ORBIT_PARTIALS,
    ROUTE_CLOSURE_KM,
    ROUTE_GRADIENT,
    SPLASHDOWN_FLOWN_KM,
    SPLASHDOWN_KM,
)

CASE = load("staging")["artemis_1"]
WHOLE = load("staging")["artemis_1_whole"]
FORCES = ForceModel()
DAY = 86400.0
DRO = PeriodicOrbit(np.array(CASE["dro_state"]), CASE["dro_period"], EARTH_MOON_384400, "DRO")
PLACE = SplashdownPlace(*WHOLE["splashdown_deg"], WHOLE["range_km"])


@pytest.fixture(scope="module")
def trip():
    return round_trip(
        DRO, CASE["injection"], WHOLE["injection_to_entry_days"], least_stay_days=WHOLE["stay_days"], splashdown=PLACE,
        return_inclination_deg=WHOLE["entry_inclination_deg"], flyby_altitude_km=CASE["flyby_altitude_km"],
        return_flyby_altitude_km=WHOLE["return_flyby_altitude_km"], parking_inclination_deg=30.5, phases=(0.5, 0.58),
        tries=1, forces=FORCES,
    )  # fmt: skip


def test_artemis_1_from_its_injection(trip):
    """Four burns together within 5 percent of those flown, on their days; the entry to minutes."""
    assert len(trip.points) == len(BURNS)
    assert 1e3 * trip.delta_v_km_s[1:].sum() == pytest.approx(sum(WHOLE["burns_m_s"]), rel=ARTEMIS_MISSION_FRACTION)
    late = trip.epochs_tdb[1:] - np.array([tdb_seconds(epoch) for epoch in WHOLE["epochs"]])
    assert np.abs(late[:4]).max() < ARTEMIS_PHASE_DAYS * DAY
    assert abs(late[4]) < ARTEMIS_ENTRY_S


def flown(route, leg):
    """Where a coast ends, flown afresh in one piece, and where it should, about the Earth."""
    start, end = route.side(leg), route.side(leg + 1, before=True)
    first, last = route.epochs_tdb[leg : leg + 2]
    final = propagate(start.state, first, last, forces=FORCES, center=start.center, tolerance=1e-14).require().states[0]
    shift = {"earth": np.zeros(6), "moon": FORCES.source.state("moon", "earth", last)}
    return final + shift[start.center], end.state + shift[end.center]


def test_coasts_meet_the_burns(trip):
    gaps = [np.subtract(*flown(trip, leg))[:3] for leg in range(len(BURNS) - 1)]
    assert np.linalg.norm(gaps, axis=1).max() < ROUTE_CLOSURE_KM


def test_it_comes_down_where_it_should(trip):
    entry = entries(flown(trip, 4)[0][None], trip.epochs_tdb[-1:])
    assert entry.flight_path_deg[0] == pytest.approx(-6.5, abs=ENTRY_PATH_DEG)
    there = place_vector(*entry.downrange(PLACE.range_km))[0]
    miss = SPHERE_KM * np.linalg.norm(there - place_vector(PLACE.latitude_deg, PLACE.longitude_deg))
    assert miss < 10.0 * SPLASHDOWN_FLOWN_KM < SPLASHDOWN_KM  # six days after the flyby
    assert np.cos(np.radians(entry.azimuth_deg[0])) > 0.9  # over the south, northwards


def test_the_stay_is_as_long_as_asked(trip):
    assert trip.epochs_tdb[3] - trip.epochs_tdb[2] >= WHOLE["stay_days"] * DAY - 1e-3
    assert (np.diff(trip.epochs_tdb) > 0.0).all()


def test_the_craft_is_left_on_the_orbit(trip):
    point = trip.points[2]
    assert isinstance(point, OntoOrbit)
    rotating = point.frame.from_icrf(trip.side(2).state[None], trip.epochs_tdb[2:3])
    np.testing.assert_allclose(rotating, DRO.at(trip.variables[2][:1]), atol=1e-12)


def test_partials_of_joining_an_orbit(trip):
    point, x, flight = trip.points[2], trip.variables[2], InEphemeris(FORCES)
    partials = point.before(x, flight).partials
    for k, step in enumerate([1e-5, 1e-4, 1e-4, 1e-4, 30.0]):
        d = np.eye(5)[k] * step
        slope = (point.before(x + d, flight).state - point.before(x - d, flight).state) / (2.0 * step)
        assert np.abs(slope - partials[:, k]).max() < ONTO_ORBIT_PARTIALS * np.abs(partials[:, k]).max()


def test_the_slope_is_that_of_differences(trip):
    spans = [(2, 3, float(trip.epochs_tdb[3] - trip.epochs_tdb[2]))]
    chain = _Chain(trip.points, InEphemeris(FORCES), list(trip.variables), (0,), spans)
    along = _valley(chain, np.zeros(chain.size))[0]
    z = chain.closed(along @ np.full(along.shape[1], 0.3))
    along, slope, _ = _valley(chain, z)
    for direction, own in zip(along.T, slope, strict=True):
        ahead, behind = (chain.cost(chain.closed(z + h * direction))[0] for h in (0.02, -0.02))
        assert (ahead - behind) / 0.04 == pytest.approx(own, abs=ROUTE_GRADIENT)


def test_no_time_is_no_trip():
    with pytest.raises(InfeasibleError, match="round_trip"):
        round_trip(DRO, CASE["injection"], 16.0, phases=(0.5,), splashdown=PLACE, forces=FORCES)


@pytest.mark.parametrize(
    ("change", "says"),
    [({"total_days": 5.0}, "total_days"), ({"least_stay_days": -1.0}, "least_stay_days"), ({"phases": "a"}, "phases")],
)
def test_bad_input_is_named(change, says):
    given = {"total_days": 25.0, "phases": (0.5,)} | change
    with pytest.raises(InputError, match=says):
        round_trip(DRO, CASE["injection"], given.pop("total_days"), forces=FORCES, **given)
