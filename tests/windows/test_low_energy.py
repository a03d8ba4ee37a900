"""Launch windows of low-energy transfers: from the pad, by way of the Sun, on every day."""

import json
import pickle

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.model.sites import launch_site
from lunarplan.scans.scan import scan
from lunarplan.transfers.low_energy.transfers import ToLowOrbit
from lunarplan.windows import constraints as limits
from lunarplan.windows.launches import NO_TRANSFER, OTHER_DAY, noon_tdb
from lunarplan.windows.low_energy import OUTWARD, SUNWARD, LowEnergyLaunches, as_transfers
from tests.tolerances import LANES_LOW_ENERGY_M_S, LOW_ENERGY_CLOSURE_KM, LOW_ENERGY_LOI_M_S

FORCES = ForceModel(moon_degree=0)
DAY = 86_400.0


@pytest.fixture(scope="module")
def job():
    rules = limits.loi_delta_v(680.0), limits.eclipse_in_coast(5400.0)
    return LowEnergyLaunches(
        launch_site("cape-slc-40"), ToLowOrbit(100.0, 90.0), samples=1536, constraints=rules, forces=FORCES
    )


@pytest.fixture(scope="module")
def grid(job):
    return job.grid("2028-03-03", "2028-03-08")


@pytest.fixture(scope="module")
def found(job, grid):
    return scan(job, grid)


@pytest.fixture(scope="module")
def cells(job, grid):
    cells = grid.cells(0, grid.size)
    return cells, *job.transfers(cells, 90.0)


def test_cells_are_open_closed_or_without_a_transfer(job, found):
    codes = found["code"].values
    assert np.isin(codes, [*job.reasons]).all()
    assert (codes != NO_TRANSFER).sum() >= 5
    assert (codes == 0).sum() > 2
    assert (codes != OTHER_DAY).all()
    assert np.isnan(found["loi_delta_v"].values[codes == NO_TRANSFER]).all()


def test_launches_are_on_their_day_and_apogees_on_their_side(found):
    flown = found["code"].values != NO_TRANSFER
    noon = np.broadcast_to(noon_tdb(found["launch_day"].values)[:, None, None], flown.shape)
    assert np.abs(found["launch_tdb"].values - noon)[flown].max() <= 0.5 * DAY + 1.0
    sunward = np.broadcast_to((found["opportunity"].values == SUNWARD)[:, None], flown.shape)
    assert (np.isin(found["quadrant"].values, (2.0, 3.0)) == sunward)[flown].all()
    assert set(found["opportunity"].values) == {SUNWARD, OUTWARD}


def test_constraints_close_what_costs_too_much(found):
    codes, cost = found["code"].values, found["loi_delta_v"].values
    assert (cost[codes == 0] <= 680.0).all()
    assert (cost[codes == 0] > LOW_ENERGY_LOI_M_S[0]).all()
    margin = found["margin"].values[codes >= 0]
    assert np.abs(margin[:, 0] - (680.0 - cost[codes >= 0])).max() < 1e-6


def test_cells_are_flights(job, cells):
    _, transfers, cell = cells
    assert len(np.unique(cell)) == len(cell)
    meet = transfers.meet_tdb
    out = propagate(transfers.injection_states, transfers.injection_tdb, meet, forces=FORCES, tolerance=1e-14)
    back = propagate(
        transfers.arrival_states, transfers.arrival_tdb, meet, forces=FORCES, center="moon", tolerance=1e-14
    )
    gap = out.require().states - back.require().states - FORCES.source.state("moon", "earth", meet)
    assert np.linalg.norm(gap[:, :3], axis=1).max() < LOW_ENERGY_CLOSURE_KM


def test_direct_rules_see_them_as_transfers(cells):
    _, transfers, _ = cells
    seen = as_transfers(transfers)
    assert seen.ok.all()
    assert np.array_equal(seen.tof_s, transfers.tof_s)
    burn = seen.perilune_speed_km_s - np.sqrt(FORCES.gm("moon") / transfers.to.radius_km)
    assert np.abs(burn - transfers.insertion_delta_v_km_s).max() < 1e-9


def test_a_cell_alone_is_the_cell_among_others(job, grid, found):
    cells = grid.cells(4, 6)
    alone = job(cells)
    expected = found["loi_delta_v"].values.ravel()[4:6]
    assert np.array_equal(np.isnan(alone["loi_delta_v"]), np.isnan(expected))
    assert np.nanmax(np.abs(alone["loi_delta_v"] - expected)) < LANES_LOW_ENERGY_M_S
    assert np.array_equal(alone["code"], found["code"].values.ravel()[4:6])


def test_what_a_scan_is_made_of_can_be_written_down_and_sent(job):
    assert pickle.loads(pickle.dumps(job)).describe() == job.describe()
    text = json.dumps(job.describe())
    assert "ToLowOrbit" in text
    assert "samples" in text
    assert set(job.reasons.values()) >= {"open", "no transfer found"}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: LowEnergyLaunches("Cape", ToLowOrbit()), "site"),
        (lambda: LowEnergyLaunches(launch_site("ksc"), "Moon"), "to"),
        (lambda: LowEnergyLaunches(launch_site("ksc"), ToLowOrbit()).grid("2028-03-08", "2028-03-03"), "swap"),
        (lambda: LowEnergyLaunches(launch_site("ksc"), ToLowOrbit()).grid("soon", "later"), "days"),
    ],
)
def test_bad_input_is_named(make, says):
    with pytest.raises(InputError, match=says):
        make()
