"""Finite burn of GMAT in low Earth orbit. Source: authorities/gmat_finite_burn.toml."""

import numpy as np

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.propagation import Thrust, propagate
from tests import naive
from tests.authorities import load
from tests.tolerances import ORACLE_KM, REFERENCE_MARGIN

BURN = load("gmat_finite_burn")
START = tdb_seconds(BURN["epoch"])


def burn(forces, isp_s=np.inf):
    thrust = Thrust([BURN["thrust_n"], 0.0, 0.0], BURN["mass_kg"], isp_s, axes="vnb")
    end = START + BURN["duration_s"]
    return propagate(BURN["start"], START, end, forces=forces, thrust=thrust, tolerance=1e-13).states[0]


def test_burn_without_depletion(point_masses):
    miss = burn(point_masses(BURN)) - BURN["final"]
    assert np.linalg.norm(miss[:3]) * 1e3 < REFERENCE_MARGIN * BURN["de440_miss_m"]
    assert np.linalg.norm(miss[3:]) * 1e3 < REFERENCE_MARGIN * BURN["de440_miss_m_s"]


def test_burn_with_depletion_agrees_with_scipy(point_masses, full_de440):
    isp_s = 300.0
    model = naive.Model(
        BURN["gm_km3_s2"],
        naive.Bodies(full_de440.path),
        steered_n=BURN["thrust_n"],
        mass_kg=BURN["mass_kg"],
        flow_kg_s=BURN["thrust_n"] / (9.80665 * isp_s),
    )
    oracle = naive.propagate(model, BURN["start"], START, START + BURN["duration_s"])
    assert np.linalg.norm(burn(point_masses(BURN), isp_s)[:3] - oracle[:3]) < ORACLE_KM
