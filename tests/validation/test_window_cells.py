"""Cells of a launch-window scan: flown by somebody else they arrive, and who computes them changes no byte.

Run as a program it is one such scan in a folder, to be killed.
"""

import random
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import erfa
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lunarplan.io.netcdf import write_netcdf
from lunarplan.model.constants import EARTH_GRAVITY_RADIUS_KM, RADIUS_KM
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.sites import launch_site
from lunarplan.scans.grid import Grid
from lunarplan.scans.scan import scan
from lunarplan.windows.launches import NORTHBOUND, OPEN, OTHER_DAY, SOUTHBOUND, Launches
from tests import naive
from tests.tolerances import CELL_CLOSURE_KM, CELL_PLANE_RAD, SAME_INSTANT_S, SMALL_BATCH_CELL_M_S

ROOT = Path(__file__).resolve().parents[2]
BODIES = ("earth", "moon", "sun", "venus", "jupiter")
JOB = Launches(launch_site("ksc-39b"), 100.0, 90.0, 100.0, forces=ForceModel(bodies=BODIES, moon_degree=0), workers=1)
CHUNK_CELLS = 10


def grid(days, azimuths_deg=(72.0,)):
    """Both opportunities, both arrivals, flights of 3 to 5 days."""
    return Grid(
        {
            "launch_day": np.asarray(days, "datetime64[D]"),
            "opportunity": (NORTHBOUND, SOUTHBOUND),
            "arrival": (NORTHBOUND, SOUTHBOUND),
            "tof_s": np.linspace(3.0, 5.0, 5) * naive.DAY_S,
            "azimuth_deg": np.asarray(azimuths_deg),
        }
    )


def five_days():
    """Azimuths on both sides of east; at 90 deg the plane does not always reach the Moon. 200 cells, 20 chunks."""
    return grid(np.datetime64("2026-01-01") + np.arange(5), (90.0, 105.0))


# ---------------------------------------------------------------- flown by somebody else


def accelerations(gm, tdb, r):
    """km/s2 at float64[n, 3], each at its own epoch: textbook formulas, all rows at once."""
    kernel = naive.Bodies().kernel
    when = naive.J2000_JD, tdb / naive.DAY_S
    barycenter, earth = (kernel[pair].compute(*when).T for pair in ((0, 3), (3, 399)))
    total = -gm["earth"] * r / naive.norm(r)[:, None] ** 3
    for body, (pair,) in naive._CHAINS.items():
        place = kernel[pair].compute(*when).T - earth - (0.0 if body == "moon" else barycenter)
        to_body = place - r
        pull = to_body / naive.norm(to_body)[:, None] ** 3 - place / naive.norm(place)[:, None] ** 3
        total = total + gm[body] * pull
    poles = erfa.pnm06a(*when)[:, 2]

    def bulge(r):
        d = naive.norm(r)
        u, q = (r * poles).sum(axis=-1) / d, EARTH_GRAVITY_RADIUS_KM / d
        legendre = {2: (3 * u**2 - 1) / 2, 3: (5 * u**3 - 3 * u) / 2, 4: (35 * u**4 - 30 * u**2 + 3) / 8}
        return -gm["earth"] / d * sum(naive._ZONAL[n] * q**n * p for n, p in legendre.items())

    return total + naive.gradient(bulge, r)


def flown(forces, states, start, end):
    """States at the end, float64[n, 6], by scipy's DOP853, every row from 0 to 1 of its own flight."""
    gm, span = {body: forces.gm(body) for body in forces.bodies}, end - start

    def rate(s, y):
        r, v = np.split(y.reshape(len(span), 6), 2, axis=1)
        return (span[:, None] * np.hstack([v, accelerations(gm, start + s * span, r)])).ravel()

    scale = np.tile(np.repeat([1e-9, 1e-12], 3), len(span))
    solution = solve_ivp(rate, (0.0, 1.0), states.ravel(), "DOP853", rtol=1e-12, atol=scale)
    assert solution.success, solution.message
    return solution.y[:, -1].reshape(len(span), 6)


@pytest.fixture(scope="module")
def years():
    """Sixty days drawn from 18.6 years."""
    drawn = np.random.default_rng(7).choice(6794, 60, replace=False)
    return scan(JOB, grid(np.datetime64("2026-01-01") + np.sort(drawn)))


@pytest.fixture(scope="module")
def reflown(years):
    """Twenty open cells: coordinates, the answer, the trajectories, and where scipy brings them."""
    is_open = np.flatnonzero(years["code"].values.ravel() == OPEN)
    places = np.sort(np.random.default_rng(8).choice(is_open, 20, replace=False))
    where = np.unravel_index(places, years["code"].shape)
    cells = {name: years[name].values[k] for name, k in zip(years["code"].dims, where, strict=True)}
    found = JOB.transfers(cells)
    end = flown(found.forces, found.injection_states, found.injection_tdb, found.problem.perilune_tdb)
    moon = np.array([naive.Bodies().state("moon", tdb) for tdb in found.problem.perilune_tdb])
    answer = {name: years[name].values.ravel()[places] for name in years.data_vars if name != "margin"}
    return cells, answer, found, end - moon


def test_every_cell_of_18_years_is_converged(years):
    """At 72 deg every plane reaches the Moon: a cell is open, or the opportunity has slipped into the next day."""
    code = years["code"].values
    assert set(np.unique(code)) == {OPEN, OTHER_DAY}
    assert (code == OTHER_DAY).mean() < 0.1  # it comes round in 24 h 50 min: one day in 29 has none


def test_open_cells_close_when_scipy_flies_them(reflown):
    _, _, found, end = reflown
    assert np.linalg.norm((end - found.perilune_states)[:, :3], axis=1).max() < CELL_CLOSURE_KM


def test_what_scipy_flies_arrives_as_the_cell_says(reflown):
    cells, answer, found, end = reflown
    radius = np.linalg.norm(end[:, :3], axis=1)
    assert np.abs(radius - RADIUS_KM["moon"] - 100.0).max() < CELL_CLOSURE_KM
    h = np.cross(end[:, :3], end[:, 3:])
    h /= np.linalg.norm(h, axis=1)[:, None]
    poles = rotation("moon_me", answer["perilune_tdb"], found.forces.source)[:, 2]
    assert np.abs((h * poles).sum(axis=1)).max() < CELL_PLANE_RAD
    assert np.abs(answer["perilune_tdb"] - answer["injection_tdb"] - cells["tof_s"]).max() < SAME_INSTANT_S


def test_the_answer_is_that_of_the_trajectories(reflown):
    _, answer, found, end = reflown
    assert np.abs(answer["injection_tdb"] - found.injection_tdb).max() < SAME_INSTANT_S
    assert answer["tli_delta_v"] == pytest.approx(1e3 * found.tli_delta_v_km_s, abs=1e-6)
    circular = np.sqrt(found.forces.gm("moon") / (RADIUS_KM["moon"] + 100.0))
    assert answer["loi_delta_v"] == pytest.approx(1e3 * (np.linalg.norm(end[:, 3:], axis=1) - circular), abs=1e-3)


# ---------------------------------------------------------------- to the byte


def made(path, executor=None, folder=None):
    return write_netcdf(scan(JOB, five_days(), executor, CHUNK_CELLS, folder), path).read_bytes()


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    return made(tmp_path_factory.mktemp("alone") / "alone.nc")


def test_threads_and_processes_give_the_same_bytes(tmp_path, alone):
    with ThreadPoolExecutor(3) as threads:
        assert made(tmp_path / "threads.nc", threads) == alone
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        assert made(tmp_path / "processes.nc", processes) == alone


def test_other_chunks_give_the_same_answer():
    """Not to the byte: a handful of rows is solved in scalars, more in lanes. A folder refuses other chunks."""
    one_day = grid(["2026-01-03"])
    few, many = (scan(JOB, one_day, chunk_cells=n) for n in (3, 20))
    assert (few["code"].values == many["code"].values).all()
    for name in ("launch_tdb", "coast_s"):
        np.testing.assert_allclose(few[name], many[name], rtol=0.0, atol=SAME_INSTANT_S)
    for name in ("tli_delta_v", "loi_delta_v"):
        np.testing.assert_allclose(few[name], many[name], rtol=0.0, atol=SMALL_BATCH_CELL_M_S)


def test_dask_gives_the_same_bytes(tmp_path, alone):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is an extra and is not installed")
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None, silence_logs=False) as cluster,
        distributed.Client(cluster) as client,
    ):
        assert made(tmp_path / "dask.nc", client.get_executor()) == alone


def test_killed_and_resumed_it_gives_the_same_bytes(tmp_path, alone):
    """Twice here; six times in benchmarks/versus_windows.py."""
    folder, out, dice, kept = tmp_path / "chunks", tmp_path / "out.nc", random.Random(3), 0
    command = [sys.executable, "-m", "tests.validation.test_window_cells", str(folder), str(out)]
    for _ in range(2):
        process = subprocess.Popen(command, cwd=ROOT)
        enough, until = kept + dice.randint(1, 6), time.monotonic() + 60.0
        while len(list(folder.glob("chunk-*.bin"))) < enough:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.002)
        process.kill()
        assert process.wait() != 0
        kept = len(list(folder.glob("chunk-*.bin")))
    assert not out.exists()
    assert made(out, folder=folder) == alone


if __name__ == "__main__":
    made(Path(sys.argv[2]), folder=Path(sys.argv[1]))
