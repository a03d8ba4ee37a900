"""Returns to a place: flown again they come down there; those that cannot say why."""

import numpy as np
import pytest

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import propagate
from lunarplan.model.trajectory import fly
from lunarplan.transfers.ground_range import SKIP_RANGE_KM, SPHERE_KM, place_vector
from lunarplan.transfers.home.entry import entries
from lunarplan.transfers.home.splashdown import (
    cheapest_splashdowns,
    reachable_latitudes_deg,
    splashdown_problem,
    splashdown_returns,
)
from lunarplan.transfers.patched_conic import plane_axes
from tests.tolerances import (
    ENTRY_PATH_DEG,
    LANES_BURN_KM_S,
    PUBLISHED_ENTRY_SPEED_KM_S,
    SPLASHDOWN_FLOWN_KM,
    SPLASHDOWN_KM,
)

DAY = 86400.0
FORCES = ForceModel()
START = float(tdb_seconds("2028-07-04T12:00:00"))
SAN_DIEGO = {"latitude_deg": 32.4, "longitude_deg": -118.0}
REVOLUTION_S = 7080.0


def low_orbit(inclination_deg=90.0, node_deg=0.0):
    r = RADIUS_KM["moon"] + 110.0
    out, along = plane_axes(np.radians([node_deg]), np.radians([inclination_deg]), np.zeros(1))
    turn = rotation("moon_me", START, FORCES.source)
    return np.concatenate([r * out[0] @ turn, np.sqrt(FORCES.gm("moon") / r) * along[0] @ turn])


@pytest.fixture(scope="module")
def parked():
    return fly(low_orbit(), START, START + 3.0 * REVOLUTION_S, center="moon", forces=FORCES)


@pytest.fixture(scope="module")
def home(parked):
    """Moments of an orbit, three ranges, both ways round the Earth."""
    epochs = START + REVOLUTION_S * np.repeat(np.linspace(0.0, 0.9, 8), 2)
    return splashdown_returns(
        splashdown_problem(
            parked.at(epochs, "moon"), epochs, 3.5 * DAY, range_km=[4000.0, SKIP_RANGE_KM] * 8,
            prograde=[1, 1, -1, 1] * 4, forces=FORCES, **SAN_DIEGO,
        ),
        FORCES,
    )  # fmt: skip


def test_flown_again_they_come_down_there(home):
    rows = np.flatnonzero(home.ok)
    assert len(rows) >= 10
    end = home.departure_tdb[rows] + home.tof_s[rows]
    run = propagate(
        home.departing_states[rows], home.departure_tdb[rows], end, forces=FORCES, center="moon", tolerance=1e-14,
        stop_at_impact=False,
    ).require()  # fmt: skip
    entry = entries(run.states + FORCES.source.state("moon", "earth", end), end)
    there = place_vector(*entry.downrange(home.problem.range_km[rows]))
    miss = SPHERE_KM * np.linalg.norm(there - place_vector(*SAN_DIEGO.values()), axis=1)
    assert miss.max() < SPLASHDOWN_FLOWN_KM < SPLASHDOWN_KM
    assert np.abs(entry.flight_path_deg + 6.5).max() < ENTRY_PATH_DEG
    low, high = PUBLISHED_ENTRY_SPEED_KM_S
    assert ((entry.speed_km_s > low) & (entry.speed_km_s < high)).all()


def test_flight_times_are_within_half_a_day(home):
    assert np.abs(home.tof_s[home.ok] - 3.5 * DAY).max() < 0.6 * DAY


def test_the_ground_track_ends_at_the_place(home):
    """It begins below the interface, and goes on by equal steps."""
    rows = home.rows(np.flatnonzero(home.ok))
    latitude, longitude = rows.entry.ground_track(rows.problem.range_km, 41)
    np.testing.assert_allclose(latitude[:, -1], SAN_DIEGO["latitude_deg"], atol=1e-6)
    np.testing.assert_allclose(longitude[:, -1], SAN_DIEGO["longitude_deg"], atol=1e-6)
    np.testing.assert_allclose(longitude[:, 0], rows.entry.longitude_deg, atol=1e-9)
    step = SPHERE_KM * np.linalg.norm(np.diff(place_vector(latitude, longitude), axis=1), axis=2)
    assert np.abs(step * 40.0 / rows.problem.range_km[:, None] - 1.0).max() < 0.01
    with pytest.raises(InputError, match="points"):
        rows.entry.ground_track(2_000.0, 1)


def test_both_ways_round_the_earth(home):
    eastwards = np.sin(np.radians(home.entry.azimuth_deg)) > 0.0
    ok = home.ok
    assert (eastwards[ok] == (home.problem.prograde[ok] > 0.0)).all()
    assert (home.problem.prograde[ok] < 0.0).any()


def test_who_cannot_get_there_says_why(parked):
    """A short range ends near the antipode of the Moon, which stands in the north then."""
    found = splashdown_returns(
        splashdown_problem(parked.at(START, "moon"), START, 3.0 * DAY, latitude_deg=-40.0, longitude_deg=0.0), FORCES
    )
    assert not found.ok[0]
    assert "comes down at latitudes of" in found.reason(0)
    assert np.isnan(found.delta_v_km_s[0])
    with pytest.raises(InfeasibleError, match="2380 km"):
        found.require()


def test_latitudes_that_are_told_are_those_that_are_flown(parked):
    """Conics are a degree or two off: four inside the limits it is flown to, six outside it is not."""
    state, angles = parked.at(START, "moon"), {"longitude_deg": -118.0, "range_km": 6_250.0, "forces": FORCES}
    asked = splashdown_problem(state, START, 3.5 * DAY, latitude_deg=0.0, **angles)
    ((low, high),) = reachable_latitudes_deg(asked, FORCES)
    some = splashdown_problem(
        state, START, 3.5 * DAY, latitude_deg=[low - 6.0, low + 4.0, high - 4.0, high + 6.0], **angles
    )
    assert splashdown_returns(some, FORCES).ok.tolist() == [False, True, True, False]


def test_the_cheapest_departures(parked):
    """A trade over flight times: no departure of the revolution is cheaper at any of them."""
    days = np.array([3.0, 4.0]) * DAY
    best = cheapest_splashdowns(
        parked, START, START + REVOLUTION_S, days, range_km=SKIP_RANGE_KM, forces=FORCES, **SAN_DIEGO
    ).require()
    assert best.miss_km.max() < SPLASHDOWN_FLOWN_KM
    epochs = START + REVOLUTION_S * np.linspace(0.0, 1.0, 40)
    for row, tof in enumerate(days):
        others = splashdown_returns(
            splashdown_problem(parked.at(epochs, "moon"), epochs, tof, range_km=SKIP_RANGE_KM, **SAN_DIEGO), FORCES
        )
        assert best.delta_v_km_s[row] <= np.nanmin(others.delta_v_km_s) + 1e-6


def test_no_way_leads_through_the_moon():
    """From all round an equatorial orbit some would: they are refused, and those that are not do not."""
    orbit = fly(low_orbit(178.0), START, START + REVOLUTION_S, center="moon", forces=FORCES)
    epochs = START + REVOLUTION_S * np.linspace(0.0, 1.0, 48)
    found = splashdown_returns(
        splashdown_problem(orbit.at(epochs, "moon"), epochs, 3.5 * DAY, range_km=SKIP_RANGE_KM, **SAN_DIEGO), FORCES
    )
    assert found.struck.any()
    assert not (found.struck & found.ok).any()
    assert found.reason(int(np.flatnonzero(found.struck)[0])) == "leads through the Moon"
    k = np.flatnonzero(found.ok)
    end = found.departure_tdb[k] + found.tof_s[k]
    assert propagate(found.departing_states[k], found.departure_tdb[k], end, forces=FORCES, center="moon").ok.all()


def test_a_batch_is_its_rows(home):
    p = home.problem
    for row in np.flatnonzero(home.ok)[:2]:
        alone = splashdown_returns(p.rows(np.array([row])), FORCES).require()
        assert np.abs(alone.burn_km_s[0] - home.burn_km_s[row]).max() < LANES_BURN_KM_S


def test_an_empty_batch_is_an_empty_answer():
    none = np.empty(0)
    found = splashdown_returns(splashdown_problem(np.empty((0, 6)), none, none, **SAN_DIEGO), FORCES)
    assert len(found.ok) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"latitude_deg": 99.0}, "latitude_deg"),
        ({"longitude_deg": np.nan}, "longitude_deg"),
        ({"range_km": 20.0}, "range_km"),
        ({"prograde": 0}, "prograde"),
        ({"tof_s": 60.0}, "tof_s"),
        ({"latitude_deg": [1.0, 2.0, 3.0], "longitude_deg": [1.0, 2.0]}, "do not match"),
    ],
)
def test_bad_input_is_named(change, says):
    given = {"tof_s": 3.0 * DAY} | SAN_DIEGO | change
    with pytest.raises(InputError, match=says):
        splashdown_problem(low_orbit(), START, given.pop("tof_s"), **given)


def test_a_span_that_ends_before_it_starts(parked):
    with pytest.raises(InputError, match="end"):
        cheapest_splashdowns(parked, START + 60.0, START, 3.0 * DAY, **SAN_DIEGO)
