"""Two burns between paths: they meet when somebody else flies them, and cost nothing on one and the same path."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.stations.rendezvous import cheapest_rendezvous, phasing, rendezvous
from tests.authorities import load
from tests.tolerances import LANES_BURN_KM_S, RENDEZVOUS_CLOSURE_KM, SAME_PATH_KM_S

CASE = load("staging")
FORCES = ForceModel()
DAY = 86400.0
START = float(tdb_seconds("2028-03-01T00:00:00"))


def orbit(state, period, phase=0.0):
    periodic = PeriodicOrbit(np.array(state), period, EARTH_MOON_384400, "orbit")
    return carry(periodic, START, revolutions=3.0, phase=phase, forces=FORCES)


@pytest.fixture(scope="module")
def halo():
    return orbit(CASE["nrho_to_low_orbit"]["state"], CASE["nrho_to_low_orbit"]["period"])


@pytest.fixture(scope="module")
def behind():
    """The same orbit, a twentieth of a revolution behind."""
    return orbit(CASE["nrho_to_low_orbit"]["state"], CASE["nrho_to_low_orbit"]["period"], phase=-0.05)


@pytest.fixture(scope="module")
def distant():
    return orbit(CASE["artemis_1"]["dro_state"], CASE["artemis_1"]["dro_period"])


def test_flown_again_they_meet(halo, distant):
    found = rendezvous(halo, distant, START + np.array([1.0, 3.0, 5.0]) * DAY, np.array([4.0, 5.0, 6.0]) * DAY)
    assert found.ok.any()
    k = np.flatnonzero(found.ok)
    start = found.departure_states[k].copy()
    start[:, 3:] += found.departure_burn_km_s[k]
    end = propagate(
        start, found.departure_tdb[k], found.arrival_tdb[k], forces=FORCES, center="moon", tolerance=1e-14
    ).require().states  # fmt: skip
    assert np.linalg.norm(end[:, :3] - found.arrival_states[k, :3], axis=1).max() < RENDEZVOUS_CLOSURE_KM
    end[:, 3:] += found.arrival_burn_km_s[k]
    assert np.abs(end[:, 3:] - found.arrival_states[k, 3:]).max() < 1e-6


def test_who_stays_on_the_path_needs_no_burn(halo):
    found = rendezvous(halo, halo, START + np.array([0.5, 2.0]) * DAY, np.array([0.5, 1.5]) * DAY).require()
    assert found.delta_v_km_s.max() < SAME_PATH_KM_S


def test_phasing_costs_less_the_more_time_there_is(halo, behind):
    """Catching up with a station a third of a day ahead on the same orbit."""
    best = [
        float(cheapest_rendezvous(behind, halo, START + np.linspace(0.5, 6.0, 12) * DAY, days * DAY).delta_v_km_s[0])
        for days in (0.5, 1.0, 3.0)
    ]
    assert np.isfinite(best).all()
    assert (np.diff(best) < 0.0).all()
    assert best[-1] < 0.05


def test_the_cheapest_is_no_dearer_than_any(halo, distant):
    epochs, spans = START + np.linspace(0.0, 6.0, 7) * DAY, np.array([4.0, 6.0, 8.0]) * DAY
    best = cheapest_rendezvous(halo, distant, epochs, spans)
    start, tof = (a.ravel() for a in np.meshgrid(epochs, spans, indexing="ij"))
    for retrograde in (False, True):
        others = rendezvous(halo, distant, start, tof, retrograde=retrograde).delta_v_km_s
        assert best.delta_v_km_s[0] <= np.nanmin(others) + 1e-9


def test_a_batch_is_its_rows(halo, behind):
    epochs = START + np.array([1.0, 2.0]) * DAY
    both = rendezvous(behind, halo, epochs, DAY).require()
    alone = rendezvous(behind, halo, epochs[1], DAY).require()
    assert np.abs(alone.departure_burn_km_s[0] - both.departure_burn_km_s[1]).max() < LANES_BURN_KM_S


def test_bad_input_is_named(halo, behind):
    with pytest.raises(InputError, match="tof_s"):
        rendezvous(behind, halo, START, -5.0)
    with pytest.raises(InputError, match="Trajectory"):
        rendezvous(behind, halo, START + 100.0 * DAY, DAY)
    with pytest.raises(InputError, match="departures"):
        cheapest_rendezvous(behind, halo, np.empty(0), DAY)
    assert len(rendezvous(behind, halo, np.empty(0), DAY).ok) == 0


PERIOD_S = CASE["nrho_to_low_orbit"]["period"] * CASE["nrho_to_low_orbit"]["time_s"]


@pytest.fixture(scope="module")
def loiters(halo, behind):
    return phasing(behind, halo, START + 0.05 * PERIOD_S, PERIOD_S, (0.5, 1.5))


def test_loitering_pays(loiters, halo, behind):
    """Catching up takes half as much with another revolution to do it in; and no more than at two given epochs."""
    assert [loiter.revolutions for loiter in loiters] == [0.5, 1.5]
    costs = [loiter.delta_v_m_s for loiter in loiters]
    assert costs[1] < 0.5 * costs[0] < 25.0
    net = cheapest_rendezvous(behind, halo, START + np.linspace(0.05, 1.05, 12) * PERIOD_S, 0.5 * PERIOD_S)
    assert costs[0] <= 1e3 * net.delta_v_km_s[0] + 1e-3


def test_loiters_are_as_long_as_asked_and_meet(loiters, halo):
    for loiter in loiters:
        route = loiter.route
        assert route.epochs_tdb[-1] - route.epochs_tdb[0] == pytest.approx(loiter.revolutions * PERIOD_S, abs=1e-2)
        last = len(route.points) - 1
        start, end = route.side(last - 1).state, route.epochs_tdb[last]
        flown = propagate(
            start, route.epochs_tdb[last - 1], end, forces=FORCES, center="moon", tolerance=1e-14
        ).require().states[0]  # fmt: skip
        assert np.linalg.norm(flown[:3] - halo.at(np.array([end]))[0, :3]) < RENDEZVOUS_CLOSURE_KM


def test_bad_loiters_are_named(halo, behind):
    with pytest.raises(InputError, match="revolutions"):
        phasing(behind, halo, START, PERIOD_S, (0.0,))
    with pytest.raises(InputError, match="revolution_s"):
        phasing(behind, halo, START, -1.0)
