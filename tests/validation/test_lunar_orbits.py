"""Orbits about the Moon as everybody else counts them: the origin falls towards the bodies of the model.

Sources: authorities/orekit_lunar_two_body.toml, gmat_verification_orbits.toml, nesc_lunar.toml.
"""

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from tests import naive
from tests.authorities import load
from tests.tolerances import EPOCH_RESOLUTION_S, GMAT_THIRD_BODY_KM, ORACLE_KM

OREKIT = load("orekit_lunar_two_body")
LUNA = load("gmat_verification_orbits")["luna"]
NESC = load("nesc_lunar")


def test_two_bodies_against_orekit():
    start = tdb_seconds("2026-01-01T00:00:00")
    forces = ForceModel(bodies=("moon",), moon_degree=0, earth_zonal=0, gm_km3_s2={"moon": OREKIT["gm_km3_s2"]})
    state = np.array(OREKIT["start_m"]) * 1e-3
    final = propagate(state, start, start + OREKIT["duration_s"], forces=forces, center="moon", tolerance=1e-14)
    miss = final.states[0] - np.array(OREKIT["final_m"]) * 1e-3
    resolved = EPOCH_RESOLUTION_S * np.linalg.norm(state[3:])  # of the epoch at which it ends
    assert np.linalg.norm(miss[:3]) < resolved


@pytest.mark.parametrize("bodies", [("moon",), ("moon", "earth"), ("moon", "earth", "sun")])
def test_three_days_of_point_masses(bodies, point_masses, full_de440):
    """The first of them. GMAT and STK agree to 0.2 mm on third bodies over all three; so do scipy and the engine."""
    forces = point_masses(LUNA, bodies)
    start = tdb_seconds(LUNA["epoch"])
    end = start + LUNA["duration_s"] / 3.0
    final = propagate(LUNA["start"], start, end, forces=forces, center="moon", tolerance=1e-13).states[0]
    model = naive.Model({b: forces.gm(b) for b in bodies}, naive.Bodies(full_de440.path), center="moon")
    expected = naive.propagate(model, LUNA["start"], start, end)
    assert np.linalg.norm(final[:3] - expected[:3]) < GMAT_THIRD_BODY_KM


@pytest.mark.parametrize("bodies", [("moon",), ("moon", "earth", "sun")], ids=["cc4", "cc5a"])
def test_lunar_harmonics_in_nasas_check_case(bodies):
    """The first two hours, degree 8, against scipy about the Moon."""
    forces = ForceModel(bodies=bodies, moon_degree=NESC["cc4"]["moon_degree"], earth_zonal=0)
    start, state = tdb_seconds(NESC["cc4"]["epoch"]), np.array(NESC["cc4"]["start_m"]) * 1e-3
    field = forces.lunar_field
    potential = naive.harmonic_potential(field.c, field.s, 8, field.gm_km3_s2, field.radius_km)
    turning = potential, lambda t: forces.source.moon_pa(np.array([t]))[0]
    model = naive.Model({b: forces.gm(b) for b in bodies}, center="moon", moon=turning)
    final = propagate(state, start, start + 7200.0, forces=forces, center="moon", tolerance=1e-13).states[0]
    expected = naive.propagate(model, state, start, start + 7200.0)
    assert np.linalg.norm(final[:3] - expected[:3]) < ORACLE_KM
