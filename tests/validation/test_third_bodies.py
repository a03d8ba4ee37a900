"""Point masses about the Earth, against GMAT. Sources: authorities/gmat_third_bodies.toml, gmat_r2026a.toml."""

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel, SolarPressure
from lunarplan.model.propagation import propagate
from tests import naive
from tests.authorities import load
from tests.tolerances import (
    GMAT_ACROSS_KM,
    GMAT_ELAPSED_TIME_S,
    ORACLE_KM,
    REFERENCE_MARGIN,
    WRONG_TIME_SCALE_KM,
)

GMAT = load("gmat_third_bodies")
CASES = {case["id"]: case for case in GMAT["case"]}
RECENT = load("gmat_r2026a")
ELAPSED = np.array(RECENT["elapsed_s"])


def forces_of(case, point_masses):
    return point_masses({"gm_km3_s2": GMAT["gm_km3_s2"], "bodies": case["bodies"]})


def fly(case, forces, epoch=None):
    """Final state; N9's perigee is below the Earth's equatorial radius, which GMAT did not mind."""
    start = tdb_seconds(epoch or case["epoch"])
    end = start + case["duration_s"]
    return propagate(case["start"], start, end, forces=forces, tolerance=1e-13, stop_at_impact=False).states[0]


@pytest.mark.parametrize("name", CASES)
def test_final_states_of_gmat(name, point_masses):
    case = CASES[name]
    miss = fly(case, forces_of(case, point_masses)) - case["final"]
    assert np.linalg.norm(miss[:3]) * 1e3 < REFERENCE_MARGIN * case["de440_miss_m"]
    assert np.linalg.norm(miss[3:]) * 1e3 < REFERENCE_MARGIN * case["de440_miss_m_s"]


@pytest.mark.parametrize("name", ["N1", "N2", "N4", "N6"])
def test_scipy_agrees(name, point_masses, full_de440):
    case = CASES[name]
    model = naive.Model({b: GMAT["gm_km3_s2"][b] for b in case["bodies"]}, naive.Bodies(full_de440.path))
    start = tdb_seconds(case["epoch"])
    oracle = naive.propagate(model, case["start"], start, start + case["duration_s"])
    assert np.linalg.norm(fly(case, forces_of(case, point_masses))[:3] - oracle[:3]) < ORACLE_KM


@pytest.mark.parametrize("scale", ["UTC", "TT"])
def test_another_time_scale_misses_by_a_kilometre(scale, point_masses):
    """32 or 37 s of lunar motion: what a confusion of TAI with UTC or TT costs at 75,000 km from the Moon."""
    case = CASES["N4"]
    wrong = case["epoch"].replace("TAI", scale)
    miss = np.linalg.norm(fly(case, forces_of(case, point_masses), wrong)[:3] - case["final"][:3])
    low, high = WRONG_TIME_SCALE_KM
    assert low < miss < high


@pytest.mark.parametrize("name", ["third_bodies", "solar_pressure"])
def test_two_hours_of_gmat_r2026a(name):
    """GMAT counts elapsed time in days of a Julian date, to half a microsecond; across the motion nothing is lost."""
    case, start = RECENT[name], tdb_seconds(RECENT["epoch"])
    sunlight = (
        SolarPressure(case["area_m2"], case["mass_kg"], case["reflectivity"]) if name == "solar_pressure" else None
    )
    forces = ForceModel(bodies=tuple(case["bodies"]), earth_zonal=0, moon_degree=0, sunlight=sunlight)
    states = np.tile(np.array(case["start_m"]) * 1e-3, (3, 1))
    final = propagate(states, start, start + ELAPSED, forces=forces, tolerance=1e-13).states
    miss = final[:, :3] - np.array(case["final_m"])[:, :3] * 1e-3
    speed = np.linalg.norm(final[:, 3:], axis=1)
    late = (miss * final[:, 3:]).sum(axis=1) / speed**2
    across = miss - late[:, np.newaxis] * final[:, 3:]
    assert np.abs(late).max() < GMAT_ELAPSED_TIME_S
    assert np.abs(across).max() < GMAT_ACROSS_KM


def test_sunlight_moves_the_gmat_case_by_a_metre():
    """So that the agreement above is not that of a force left out."""
    case, start = RECENT["solar_pressure"], tdb_seconds(RECENT["epoch"])
    state = np.array(case["start_m"]) * 1e-3
    dark = ForceModel(bodies=("earth",), earth_zonal=0, moon_degree=0)
    final = propagate(state, start, start + ELAPSED[-1], forces=dark).states[0]
    assert 1e-3 < np.linalg.norm(final[:3] - np.array(case["final_m"])[-1, :3] * 1e-3) < 2e-3
