"""B-plane of GMAT's Ex_LunarTransfer. Source: authorities/gmat_lunar_b_plane.toml."""

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.propagation import propagate
from tests import naive
from tests.authorities import load
from tests.tolerances import B_PLANE_EPHEMERIS_KM, C3_KM2_S2

CASE = load("gmat_lunar_b_plane")


def test_b_plane_at_the_epoch_of_the_report(point_masses, full_de440):
    """The report's TAI epoch is the script's UTC epoch: 35 s of leap seconds, no time to fly."""
    start, end = tdb_seconds(CASE["start_epoch"]), tdb_seconds(CASE["end_epoch"])
    assert end == pytest.approx(start, abs=1e-6)
    state = propagate(CASE["start"], start, end, forces=point_masses(CASE)).states[0]
    about_moon = state - full_de440.state("moon", "earth", np.array([end]))[0]
    r, t = naive.b_plane(about_moon, CASE["gm_km3_s2"]["moon"])
    assert r == pytest.approx(CASE["b_dot_r_km"], abs=B_PLANE_EPHEMERIS_KM)
    assert t == pytest.approx(CASE["b_dot_t_km"], abs=B_PLANE_EPHEMERIS_KM)
    c3 = state[3:] @ state[3:] - 2 * CASE["gm_km3_s2"]["earth"] / np.linalg.norm(state[:3])
    assert c3 == pytest.approx(CASE["c3_earth_km2_s2"], abs=C3_KM2_S2)
