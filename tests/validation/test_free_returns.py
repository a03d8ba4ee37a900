"""Artemis II's free return: from the epoch and the energy of its injection alone, the day it came home."""

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.transfers.free_returns.free_return import free_return_problem, free_returns
from tests.authorities import load
from tests.tolerances import ARTEMIS_2_ENTRY_H, ARTEMIS_2_LUNAR_ALTITUDE_KM

CASE = load("free_returns")["artemis_2"]
FORCES = ForceModel(moon_degree=0)
INJECTION = float(tdb_seconds(CASE["injection"]))
HOUR = 3600.0


def flight(perilune_tdb, altitude_km):
    return free_returns(
        free_return_problem(
            perilune_tdb, perilune_altitude_km=altitude_km, parking_altitude_km=CASE["perigee_altitude_km"],
            parking_inclination_deg=CASE["inclination_deg"], return_inclination_deg=30.0,
        ),
        FORCES,
    ).require()  # fmt: skip


def miss(found):
    return np.stack([(found.injection_tdb - INJECTION) / HOUR, (found.c3_km2_s2 - CASE["c3_km2_s2"]) * 100.0], axis=-1)


@pytest.fixture(scope="module")
def artemis_2():
    """Perilune epoch and altitude for which injection and energy are those of the flight, by Newton's method."""
    x = np.array([INJECTION + 3.9 * 86400.0, 6000.0])
    steps = np.diag([600.0, 50.0])
    for _ in range(4):
        found = flight(*np.array([x, *(x + steps)]).T)
        f = miss(found)
        x = x - steps @ np.linalg.solve((f[1:] - f[0]).T, f[0])
    return flight(*x[:, None]), x


def test_it_comes_home_when_it_did(artemis_2):
    """Splashdown follows the entry by a quarter of an hour; which of the two days it is depends on half an hour."""
    found, _ = artemis_2
    assert np.abs(miss(found)).max() < 1e-3
    midnight = float(tdb_seconds(CASE["splashdown_day"] + "T00:00:00"))
    late_h = (found.entry.tdb[0] + 900.0 - midnight) / HOUR
    assert abs(late_h) < ARTEMIS_2_ENTRY_H, utc_iso(float(found.entry.tdb[0]))


def test_it_passes_the_moon_as_far_as_free_returns_do(artemis_2):
    low, high = ARTEMIS_2_LUNAR_ALTITUDE_KM
    assert low < artemis_2[1][1] < high


def test_it_comes_down_off_california(artemis_2):
    found, _ = artemis_2
    latitude, longitude = (x[0] for x in found.entry.downrange(2500.0))
    assert 15.0 < latitude < 45.0
    assert -145.0 < longitude < -110.0
