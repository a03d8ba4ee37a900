"""Between staging orbits and low orbits: the published costs, and what somebody else flies."""

import numpy as np
import pytest

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import propagate
from lunarplan.model.trajectory import fly
from lunarplan.transfers.flight import InThreeBody
from lunarplan.transfers.stations.low_orbit import (
    cheapest_from_low_orbit,
    cheapest_to_low_orbit,
    from_low_orbit,
    to_low_orbit,
)
from tests.authorities import load
from tests.tolerances import (
    LANES_BURN_KM_S,
    LOW_ORBIT_CLOSURE_KM,
    LOW_ORBIT_PLANE_RAD,
    MIRROR_M_S,
    STAGING_M_S,
)

CASE = load("staging")["nrho_to_low_orbit"]
THREE_BODY = InThreeBody(CASE["length_km"], CASE["time_s"])
HOURS, M_S = np.array(CASE["rows"]).T
PERIOD_S = CASE["period"] * CASE["time_s"]
FORCES = ForceModel()
START = tdb_seconds("2028-03-01T00:00:00")
HOUR = 3600.0


class Station:
    """The near-rectilinear halo orbit of the three-body problem."""

    def at(self, tdb, center="moon"):
        assert center == "moon"
        phase = np.mod(np.asarray(tdb) / CASE["time_s"], CASE["period"])
        states = propagate_cr3bp(np.repeat([CASE["state"]], len(phase), axis=0), phase, mu=THREE_BODY.mu).states
        return THREE_BODY.at_rest(states, tdb)


@pytest.fixture(scope="module")
def staged():
    """A week of a near-rectilinear halo orbit in the ephemeris, from apolune."""
    moon = FORCES.source.state("moon", "earth", START)
    axes = rotation("earth_moon_rotating", START, FORCES.source)
    apolune = THREE_BODY.at_rest(np.array([CASE["state"]]), np.zeros(1))[0]
    scale = np.linalg.norm(moon[:3]) / CASE["length_km"]
    state = np.concatenate([axes.T @ apolune[:3] * scale, axes.T @ apolune[3:]])
    return fly(state, START, START + 6.0 * 86400.0, center="moon", forces=FORCES)


@pytest.fixture(scope="module")
def best():
    n = len(HOURS)
    return cheapest_to_low_orbit(Station(), np.zeros(n), np.full(n, PERIOD_S), HOURS * HOUR, flight=THREE_BODY)


def test_the_costs_are_the_published_ones(best):
    assert best.ok.all()
    assert np.abs(best.delta_v_km_s * 1e3 - M_S).max() < STAGING_M_S


def test_the_way_up_is_the_mirror_image_of_the_way_down(best):
    n = len(HOURS)
    up = cheapest_from_low_orbit(Station(), np.zeros(n), np.full(n, PERIOD_S), HOURS * HOUR, flight=THREE_BODY)
    assert np.abs(up.delta_v_km_s - best.delta_v_km_s).max() * 1e3 < MIRROR_M_S
    np.testing.assert_allclose(up.staging_tdb + best.staging_tdb, PERIOD_S, rtol=1e-3)


def flown(found, rows=slice(None)):
    """States at perilune, propagated afresh from the burn."""
    start = found.staging_states[rows].copy()
    start[:, 3:] += found.staging_burn_km_s[rows]
    return (
        propagate(
            start, found.staging_tdb[rows], found.perilune_tdb[rows], forces=FORCES, center="moon", tolerance=1e-14
        )
        .require()
        .states
    )


def test_down_in_the_ephemeris(staged):
    hours = np.linspace(50.0, 75.0, 12)
    found = to_low_orbit(staged, START + hours * HOUR, 12.0 * HOUR, inclination_deg=[84.0, 90.0, 96.0] * 4).require()
    end = flown(found)
    assert np.linalg.norm(end[:, :3] - found.perilune_states[:, :3], axis=1).max() < LOW_ORBIT_CLOSURE_KM
    assert np.abs(np.linalg.norm(end[:, :3], axis=1) - RADIUS_KM["moon"] - 100.0).max() < LOW_ORBIT_CLOSURE_KM
    normal = np.cross(end[:, :3], end[:, 3:])
    normal = np.einsum("nij,nj->ni", rotation("moon_me", found.perilune_tdb, FORCES.source), normal)
    tilt = np.arccos(normal[:, 2] / np.linalg.norm(normal, axis=1))
    assert np.abs(tilt - np.radians([84.0, 90.0, 96.0] * 4)).max() < LOW_ORBIT_PLANE_RAD
    speed = np.linalg.norm(end[:, 3:], axis=1) - np.sqrt(FORCES.gm("moon") / (RADIUS_KM["moon"] + 100.0))
    np.testing.assert_allclose(speed, found.perilune_delta_v_km_s, atol=1e-8)


def test_up_in_the_ephemeris_meets_the_station(staged):
    found = from_low_orbit(staged, START + np.array([80.0, 90.0]) * HOUR, 12.0 * HOUR).require()
    up = propagate(
        found.perilune_states, found.perilune_tdb, found.staging_tdb, forces=FORCES, center="moon", tolerance=1e-14
    ).require().states  # fmt: skip
    assert np.linalg.norm(up[:, :3] - found.staging_states[:, :3], axis=1).max() < LOW_ORBIT_CLOSURE_KM
    up[:, 3:] += found.staging_burn_km_s
    assert np.abs(up[:, 3:] - found.staging_states[:, 3:]).max() < 1e-7


def test_no_departure_in_the_span_is_cheaper(staged):
    start, end = START + 40.0 * HOUR, START + 75.0 * HOUR
    best = cheapest_to_low_orbit(staged, start, end, 12.0 * HOUR).require()
    epochs = np.linspace(start, end, 150)
    others = [to_low_orbit(staged, epochs, 12.0 * HOUR, northbound=plane).delta_v_km_s for plane in (1, -1)]
    assert best.delta_v_km_s[0] <= np.nanmin(others) + 1e-7


def test_a_batch_is_its_rows(staged):
    epochs = START + np.array([55.0, 62.0]) * HOUR
    both = to_low_orbit(staged, epochs, 12.0 * HOUR).require()
    for row in range(2):
        alone = to_low_orbit(staged, epochs[row], 12.0 * HOUR).require()
        assert np.abs(alone.staging_burn_km_s[0] - both.staging_burn_km_s[row]).max() < LANES_BURN_KM_S


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tof_s": 60.0}, "tof_s"),
        ({"altitude_km": np.nan}, "altitude_km"),
        ({"inclination_deg": [10.0, 500.0]}, "inclination_deg"),
        ({"northbound": 3}, "northbound"),
        ({"altitude_km": "low"}, "altitude_km"),
    ],
)
def test_bad_input_is_named(staged, change, says):
    given = {"tof_s": 12.0 * HOUR} | change
    with pytest.raises(InputError, match=says):
        to_low_orbit(staged, START + 60.0 * HOUR, given.pop("tof_s"), **given)


def test_a_span_that_ends_before_it_starts(staged):
    with pytest.raises(InputError, match="end"):
        cheapest_to_low_orbit(staged, START + HOUR, START, 12.0 * HOUR)
    with pytest.raises(InputError, match="northbound"):
        cheapest_to_low_orbit(staged, START, START + HOUR, 12.0 * HOUR, northbound=1)


def test_an_empty_batch_is_an_empty_answer(staged):
    assert len(to_low_orbit(staged, np.empty(0), 12.0 * HOUR).ok) == 0
    assert len(cheapest_to_low_orbit(staged, np.empty(0), np.empty(0), 12.0 * HOUR).ok) == 0


def test_a_plane_that_does_not_pass_under_the_station_fails_in_its_own_row(staged):
    """Apolune stands high over the south: no plane of 20 degrees leads there."""
    found = to_low_orbit(staged, START + 50.0 * HOUR, 12.0 * HOUR, inclination_deg=[20.0, 90.0])
    assert found.ok.tolist() == [False, True]
    assert np.isnan(found.delta_v_km_s[0])
    assert "where no plane of 20.0 deg comes" in found.reason(0)
    with pytest.raises(ConvergenceError, match=r"^LowOrbitTransfers: 1 of 2 rows failed; row 0: the station is over"):
        found.require()
