"""Orion as flown, on arcs without burns. Source: authorities/artemis_coasts.toml."""

import re

import numpy as np
import pytest

from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from tests.authorities import load
from tests.tolerances import ARTEMIS_RESIDUAL_KM, OEM_PRINTED_KM

COASTS = load("artemis_coasts")


def coast(case, forces):
    return propagate(case["start"], case["epoch"], case["until"], forces=forces).states[0] - case["final"]


@pytest.mark.parametrize("name", COASTS)
def test_coast_within_what_the_craft_does_itself(name):
    case = COASTS[name]
    miss = coast(case, ForceModel())
    assert np.linalg.norm(miss[:3]) < case["tolerance_km"]
    assert np.linalg.norm(miss[3:]) * 1e3 < case["tolerance_km"] / case["miss_km"] * case["miss_m_s"]


@pytest.mark.parametrize("name", COASTS)
def test_residual_of_an_independent_integration_comes_back(name):
    """Same forces (J2 about the axis of ICRF), same miss: the residual is the craft's, not the propagator's."""
    case = COASTS[name]
    miss = coast(case, ForceModel(earth_zonal=2, moon_degree=0, earth_pole="icrf"))
    assert np.linalg.norm(miss[:3]) == pytest.approx(case["miss_km"], abs=ARTEMIS_RESIDUAL_KM)


def test_figures_are_those_of_the_file(tests_only):
    """The two states of Artemis I are lines of NASA's trajectory file."""
    text = tests_only("artemis1_asflown_outbound.oem").read_text(encoding="ascii")
    case = COASTS["artemis_1_outbound"]
    for epoch, state in ((case["epoch"], case["start"]), (case["until"], case["final"])):
        line = re.search(rf"^{epoch.removesuffix(' UTC')}\S*\s+(.*)$", text, re.MULTILINE)
        assert line is not None
        assert np.array(line[1].split(), float) == pytest.approx(np.array(state), abs=OEM_PRINTED_KM)
