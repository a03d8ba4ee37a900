"""Artemis I's burns out of its published ephemeris: the arcs before and after, flown to meet."""

import re

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from tests.authorities import load
from tests.tolerances import ARTEMIS_BURN_FRACTION

FORCES = ForceModel()
CASE = load("staging")["artemis_1"]
LAST_BEFORE_AND_FIRST_AFTER = {
    "outbound powered flyby": ("2022-11-21T12:44:13.643", "2022-11-21T12:48:16.089"),
    "insertion": ("2022-11-25T21:51:38.000", "2022-11-25T21:57:55.422"),
}


def line(text, epoch):
    found = re.search(rf"^{re.escape(epoch)}\s+(.*)$", text, re.MULTILINE)
    assert found is not None
    return np.array(found[1].split(), float)


@pytest.mark.parametrize(("name", "row"), [("outbound powered flyby", 0), ("insertion", 1)])
def test_burns_come_back(tests_only, name, row):
    """As one impulse, made when the two arcs pass one another nearest."""
    text = tests_only("artemis1_asflown_outbound.oem").read_text(encoding="ascii")
    before, after = LAST_BEFORE_AND_FIRST_AFTER[name]
    start, end = float(tdb_seconds(before)), float(tdb_seconds(after))
    epochs = np.linspace(start, end, 101)[1:-1]
    arcs = [
        propagate(np.tile(line(text, epoch), (len(epochs), 1)), tdb, epochs, forces=FORCES).require().states
        for epoch, tdb in ((before, start), (after, end))
    ]
    gap = arcs[1] - arcs[0]
    nearest = np.linalg.norm(gap[:, :3], axis=1).argmin()
    delta_v = 1e3 * np.linalg.norm(gap[nearest, 3:])
    assert delta_v == pytest.approx(CASE["outbound_burns_m_s"][row], rel=ARTEMIS_BURN_FRACTION)
