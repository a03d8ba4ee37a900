"""Launch windows of free returns: from the pad, round the Moon, and home, in every cell."""

import json

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date, sidereal_angle
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.model.sites import launch_site
from lunarplan.scans.scan import scan
from lunarplan.windows import constraints as limits
from lunarplan.windows.free_returns import FreeReturnLaunches, as_transfers
from lunarplan.windows.launches import OTHER_DAY, noon_tdb
from tests.tolerances import FREE_RETURN_ENTRY_KM, FREE_RETURN_TIE_RAD, TRANSFER_CLOSURE_KM

FORCES = ForceModel(moon_degree=0)
DAY = 86400.0


@pytest.fixture(scope="module")
def job():
    return FreeReturnLaunches(launch_site("ksc"), constraints=(limits.eclipse_in_coast(5400.0),), forces=FORCES)


@pytest.fixture(scope="module")
def grid(job):
    return job.grid("2028-07-01", "2028-07-14", perilune_altitudes_km=[111.0, 6500.0], azimuths_deg=[72.0, 90.0])


@pytest.fixture(scope="module")
def found(job, grid):
    return scan(job, grid)


@pytest.fixture(scope="module")
def cells(job, grid):
    cells = grid.cells(0, grid.size)
    rows = np.flatnonzero(cells["azimuth_deg"] == 72.0)
    part = {name: values[rows] for name, values in cells.items()}
    return part, job.returns(part, job.departure.tie(72.0))


def test_every_cell_is_a_flight_or_another_day(job, found):
    codes = found["code"].values
    assert np.isin(codes, [*job.reasons]).all()
    assert np.isfinite(found["c3"].values).all()
    assert (codes == OTHER_DAY).mean() < 0.1  # 24 h 50 min from one launch to the next: one day in thirty has none


def test_launches_are_on_their_day(found):
    launched = found["launch_tdb"].values[found["code"].values >= 0]
    days = np.broadcast_to(
        noon_tdb(found["launch_day"].values)[:, None, None, None, None], found["code"].shape
    )[found["code"].values >= 0]  # fmt: skip
    assert np.abs(launched - days).max() <= 0.5 * DAY + 1.0


def test_the_pad_is_under_the_plane_at_lift_off(cells):
    """The parking plane drifts with the oblate Earth meanwhile, by what its coast takes."""
    _, flights = cells
    site = launch_site("ksc")
    normal = np.cross(flights.injection_states[:, :3], flights.injection_states[:, 3:])
    of_date = np.einsum("nij,nj->ni", equator_of_date(flights.problem.perilune_tdb), normal)
    node_at_injection = np.arctan2(of_date[:, 0], -of_date[:, 1])
    inclination = flights.problem.parking_inclination
    radius = flights.problem.parking_radius_km
    rate = -1.5 * 1.08262539e-3 * (6378.1366 / radius) ** 2 * np.sqrt(398600.435507 / radius**3) * np.cos(inclination)
    node = node_at_injection - rate * flights.coast_s
    pad = sidereal_angle(flights.launch_tdb) + site.longitude_rad
    latitude = site.geocentric_latitude_rad
    up = np.stack([np.cos(latitude) * np.cos(pad), np.cos(latitude) * np.sin(pad), np.full(len(pad), np.sin(latitude))])
    pole = np.stack([np.sin(inclination) * np.sin(node), -np.sin(inclination) * np.cos(node), np.cos(inclination)])
    assert np.abs((up * pole).sum(axis=0)).max() < FREE_RETURN_TIE_RAD


def test_flown_again_they_pass_the_moon_and_come_home(cells):
    part, flights = cells
    rows = np.arange(0, len(flights.ok), 7)
    start, middle, end = (a[rows] for a in (flights.injection_tdb, flights.problem.perilune_tdb, flights.entry.tdb))
    out = propagate(flights.injection_states[rows], start, middle, forces=FORCES, tolerance=1e-13).require().states
    out -= FORCES.source.state("moon", "earth", middle)
    altitude = np.linalg.norm(out[:, :3], axis=1) - RADIUS_KM["moon"]
    assert np.abs(altitude - part["perilune_altitude_km"][rows]).max() < TRANSFER_CLOSURE_KM
    home = propagate(flights.injection_states[rows], start, end, forces=FORCES, tolerance=1e-13).require().states
    assert np.linalg.norm(home[:, :3] - flights.entry.states[rows, :3], axis=1).max() < FREE_RETURN_ENTRY_KM


def test_constraints_see_the_way_out(cells):
    _, flights = cells
    ways = as_transfers(flights)
    np.testing.assert_allclose(ways.tof_s, flights.outbound_s)
    np.testing.assert_allclose(np.degrees(ways.problem.lunar_inclination), flights.lunar_inclination_deg)
    margin = limits.c3(at_most_km2_s2=-1.5).margin(ways)
    np.testing.assert_allclose(margin, -1.5 - flights.c3_km2_s2)


def test_chunks_do_not_matter(job, grid, found):
    """Rows have clocks of their own: a cell is the same in whatever company."""
    again = scan(job, grid, chunk_cells=37)
    for name in ("code", "launch_tdb", "entry_longitude"):
        np.testing.assert_array_equal(again[name].values, found[name].values)


def test_what_the_job_is_can_be_written_down(job):
    described = json.loads(json.dumps(job.describe()))
    assert described["return_inclination_deg"] == 35.0
    assert "lunar_inclination_deg" not in described


def test_bad_days_are_named(job):
    with pytest.raises(InputError, match="days"):
        job.grid("soon", "2028-07-31", perilune_altitudes_km=[111.0])
    with pytest.raises(InputError, match="before"):
        job.grid("2028-07-31", "2028-07-01", perilune_altitudes_km=[111.0])
