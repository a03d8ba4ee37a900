"""One periodic orbit: its numbers, samples and extremes."""

import dataclasses
import pickle

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.orbits.extremes import extremes, sampled
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.units import CharacteristicUnits
from tests.orbits.families import MU, ORBITS, UNITS, shared
from tests.tolerances import EXTREME_KM, ORBIT_CLOSURE, ORBIT_RADIUS_KM


def gateway():
    row = ORBITS["orbit"]["nrho_9_2"]
    x, z, vy = row["state"]
    return PeriodicOrbit(np.array([x, 0.0, z, 0.0, vy, 0.0]), row["period"], UNITS)


def test_numbers_of_a_published_orbit():
    orbit, row = gateway(), ORBITS["orbit"]["nrho_9_2"]
    assert orbit.mu == MU
    assert orbit.jacobi == pytest.approx(row["jacobi"], abs=1e-12)
    assert orbit.stability_index == pytest.approx(row["stability"], rel=1e-6)
    assert [orbit.perilune_radius_km, orbit.apolune_radius_km] == pytest.approx(row["radii_km"], abs=ORBIT_RADIUS_KM)
    assert orbit.period_days == pytest.approx(6.562353, abs=1e-6)
    assert orbit.revolutions_per_synodic_month == pytest.approx(4.5, abs=1e-8)
    assert orbit.closure() < ORBIT_CLOSURE
    assert orbit.monodromy.shape == (6, 6)


def test_samples():
    orbit = gateway()
    times, states = orbit.sample(101)
    assert times[0] == 0.0
    assert times[-1] == orbit.period
    assert states.shape == (101, 6)
    assert states[0] == pytest.approx(orbit.state, abs=0)
    assert np.linalg.norm(states[-1] - states[0]) < ORBIT_CLOSURE
    expected = propagate_cr3bp(np.tile(orbit.state, (101, 1)), times, mu=MU).states
    assert np.abs(states - expected).max() < 1e-10


def test_times_of_any_revolution():
    orbit = gateway()
    times = np.array([-0.3, 0.2, 1.0])
    for revolutions in (-7, 3, 1000):
        assert orbit.at(times + revolutions * orbit.period) == pytest.approx(orbit.at(times), abs=1e-9)


@pytest.mark.parametrize(
    "name", ["L2 halo south", "L1 axial", "butterfly south", "L2 vertical", "L4 long period", "DPO"]
)
def test_extremes_against_a_dense_sample(name):
    members = shared(name)
    rows = np.flatnonzero(members.above_surface)[[2, len(np.flatnonzero(members.above_surface)) // 2, -1]]
    for row in rows:
        orbit = members[int(row)]
        places = orbit.sample(20001)[1][:, :3]
        moon = np.linalg.norm(places - [1.0 - MU, 0.0, 0.0], axis=1) * UNITS.length_km
        found = [orbit.perilune_radius_km, orbit.apolune_radius_km, orbit.x_amplitude_km, orbit.y_amplitude_km]
        found.append(orbit.z_amplitude_km)
        km = np.abs(places).max(axis=0) * UNITS.length_km
        expected = [moon.min(), moon.max(), 0.5 * np.ptp(places[:, 0]) * UNITS.length_km, km[1], km[2]]
        step = np.linalg.norm(np.diff(places, axis=0), axis=1).max() * UNITS.length_km
        slack = EXTREME_KM + step**2 / moon.min()  # between two samples
        assert found[0] <= expected[0] + EXTREME_KM
        assert np.abs(np.array(found) - expected).max() < slack


def test_extremes_of_rows_that_fail():
    found = extremes(np.array([gateway().state, np.full(6, np.nan)]), np.array([1.0, 1.0]), MU)
    assert np.isfinite(found.perilune[0])
    assert np.isnan(found.perilune[1])


def test_samples_of_a_batch():
    members = shared("L2 halo south")
    nodes = sampled(members.states, members.periods, 4, MU)
    assert nodes.shape == (5, 60, 6)
    expected = propagate_cr3bp(members.states, members.periods / 2.0, mu=MU).states
    assert np.abs(nodes[2] - expected)[members.above_surface].max() < 1e-9


def test_it_cannot_be_changed():
    orbit = gateway()
    with pytest.raises(dataclasses.FrozenInstanceError):
        orbit.period = 2.0
    with pytest.raises(ValueError, match="read-only"):
        orbit.state[0] = 0.0
    given = orbit.state.copy()
    made = PeriodicOrbit(given, 1.0, UNITS)
    given[0] = 7.0
    assert made.state[0] != 7.0


def test_it_can_be_pickled():
    orbit = gateway()
    again = pickle.loads(pickle.dumps(orbit))
    assert (again.state == orbit.state).all()
    assert again.units == UNITS
    assert again.stability_index == orbit.stability_index


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"state": np.ones(5)}, "state"),
        ({"state": np.full(6, np.nan)}, "state"),
        ({"state": np.ones((2, 6))}, "state"),
        ({"state": "orbit"}, "state"),
        ({"period": 0.0}, "period"),
        ({"period": -1.0}, "period"),
        ({"period": np.nan}, "period"),
        ({"period": np.inf}, "period"),
        ({"period": "long"}, "period"),
        ({"symmetry": "round"}, "symmetry"),
    ],
)
def test_bad_input(change, match):
    with pytest.raises(InputError, match=match):
        PeriodicOrbit(**{"state": gateway().state, "period": 1.5, "units": UNITS, **change})


@pytest.mark.parametrize("times", [np.nan, "now", np.zeros((2, 2))])
def test_times_that_are_none(times):
    with pytest.raises(InputError, match="times"):
        gateway().at(times)


def test_one_time_is_a_list_of_one():
    assert gateway().at(0.0).shape == (1, 6)


def test_an_orbit_into_a_body_has_no_perilune():
    with pytest.raises(InputError, match="meets one of the two bodies"):
        _ = PeriodicOrbit([1.0 - MU, 0.0, 0.0, 0.0, 0.0, 0.0], 1.0, UNITS).perilune_radius_km


@pytest.mark.parametrize("n", [1, 0, 2.5, "many", 10**12])
def test_numbers_of_samples_that_are_none(n):
    with pytest.raises(InputError, match="n"):
        gateway().sample(n)


def test_units_without_a_month():
    bare = CharacteristicUnits("bare", 1.0, 1.0, MU)
    with pytest.raises(InputError, match="synodic"):
        _ = PeriodicOrbit(gateway().state, 1.5, bare).revolutions_per_synodic_month
