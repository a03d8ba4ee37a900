"""Pictures of free returns and of burns on the way, in days, km2/s2 and metres per second."""

import numpy as np
import pytest

from lunarplan import fly, plot
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.transfers.free_returns.free_return import free_return_problem, free_returns
from lunarplan.transfers.free_returns.midcourse import restorations
from tests.plot.pictures import overlapping


@pytest.fixture(scope="module")
def found():
    days = tdb_seconds("2028-07-04T00:00:00")
    batch = free_return_problem(
        days, perilune_altitude_km=[4000.0, 500.0, 2000.0], return_inclination_deg=[35, 35, 3.0]
    )
    return free_returns(batch, ForceModel(moon_degree=0))


def test_the_family_in_the_order_of_altitude_without_what_failed(found):
    assert found.ok.tolist() == [True, True, False]
    upper, lower = plot.free_return_family(found)
    assert [line.get_label() for line in upper.lines] == ["out", "home"]
    np.testing.assert_allclose(lower.lines[0].get_xdata(), [0.5, 4.0])
    np.testing.assert_allclose(lower.lines[0].get_ydata(), found.c3_km2_s2[[1, 0]])
    np.testing.assert_allclose(upper.lines[0].get_ydata(), found.outbound_s[[1, 0]] / 86_400.0)
    assert overlapping(upper.get_figure()) == []


def test_corrections_against_hours(found):
    one = found.rows(np.array([0]))
    start = float(one.injection_tdb[0])
    flight = fly(one.injection_states[0] * (1.0 + 1e-6), start, start + 86_400.0, one.forces)
    made = restorations(flight, start + 3600.0 * np.array([1.0, 10.0, 20.0]), one)
    ax = plot.correction_costs({"late": made}, start)
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [1.0, 10.0, 20.0], atol=1e-6)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), made.delta_v_m_s)
    again = plot.correction_costs({"late": made}, start, ax)
    assert again is ax
