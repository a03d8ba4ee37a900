import hashlib
import itertools
import json
import logging
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from lunarplan.errors import ConvergenceError, InputError, LunarplanError
from lunarplan.io.netcdf import read_netcdf, write_netcdf
from lunarplan.scans import scan as scan_module
from lunarplan.scans.grid import Axis, Field, Grid
from lunarplan.scans.progress import Progress
from lunarplan.scans.scan import scan
from tests.scans.scan_jobs import Dies, Echo, Fails, Interrupts, Returns, Slow, Sum, block, line
from tests.tolerances import SCAN_OVERHEAD_S

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        yield executor


def same(one: xr.Dataset, other: xr.Dataset) -> bool:
    """Return whether two datasets hold the same bytes, words and order."""
    return one.identical(other) and all(
        (a, v.dtype, v.values.tobytes()) == (b, w.dtype, w.values.tobytes())
        for (a, v), (b, w) in zip(one.variables.items(), other.variables.items(), strict=True)
    )


def chunk_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("chunk-*.bin"))


# What comes out


def test_the_dataset_says_what_it_holds() -> None:
    dataset = scan(Sum(), block())
    assert dict(dataset.sizes) == {"launch_day": 7, "opportunity": 2, "tof_s": 3, "constraint": 3}
    assert dataset.margins.dims == ("launch_day", "opportunity", "tof_s", "constraint")
    assert dataset.tof_s.attrs == {"units": "s", "long_name": "Flight"}
    assert dataset.speed.attrs == {"units": "km/s", "long_name": "Speed"}
    assert dataset.opportunity.attrs == {}
    assert {name: str(v.dtype) for name, v in dataset.data_vars.items()} == {
        "speed": "float64",
        "margins": "float32",
        "open": "bool",
        "code": "uint8",
    }
    assert dataset.attrs["source"] == f"lunarplan {version('lunarplan')}"
    assert json.loads(dataset.attrs["job"]) == {"scale": 0.1}
    assert len(dataset.attrs["digest"]) == 64


def test_every_cell_holds_what_the_job_says_of_its_coordinates() -> None:
    dataset = scan(Sum(), block(), chunk_cells=5)
    for day, way, tof in itertools.product(dataset.launch_day, dataset.opportunity, dataset.tof_s):
        alone = Sum()({"launch_day": day.values[None], "opportunity": way.values[None], "tof_s": tof.values[None]})
        cell = dataset.sel(launch_day=day, opportunity=way, tof_s=tof)
        assert all(cell[name].values.tobytes() == alone[name].tobytes() for name in alone)


def test_the_digest_follows_the_question_and_not_how_it_was_cut() -> None:
    asked = scan(Sum(), block()).attrs["digest"]
    moved = Grid({**block().axes, "tof_s": Axis([1.5, 2.5, 9.5], "s", "Flight")})
    minutes = Grid({**block().axes, "tof_s": Axis([1.5, 2.5, 9.0], "min", "Flight")})
    assert scan(Sum(), block(), chunk_cells=4).attrs["digest"] == asked
    assert len({asked, *(scan(job, grid).attrs["digest"] for job, grid in
                         [(Sum(0.2), block()), (Sum(), moved), (Sum(), minutes)])}) == 4  # fmt: skip


@given(shape=st.lists(st.integers(0, 5), min_size=1, max_size=4), chunk_cells=st.integers(1, 700))
@settings(max_examples=60, deadline=None)
def test_any_grid_in_any_chunks_is_the_grid_in_one(shape: list[int], chunk_cells: int) -> None:
    grid = Grid({f"x{k}": np.arange(size) for k, size in enumerate(shape)})
    dataset = scan(Sum(), grid, chunk_cells=chunk_cells)
    assert same(dataset, scan(Sum(), grid, chunk_cells=10_000))
    assert dataset.speed.shape == tuple(shape)


def test_a_grid_without_cells(tmp_path: Path) -> None:
    told: list[Progress] = []
    empty = Grid({"x": [], "z": [1.0, 2.0]})
    dataset = scan(Dies(), empty, folder=tmp_path / "chunks", progress=told.append)
    assert dataset.y.shape == (0, 2)
    assert told == [Progress(0, 0, 0.0, 0.0)]
    assert same(read_netcdf(write_netcdf(dataset, tmp_path / "a.nc")), dataset)


def test_dates_and_text_as_axes(tmp_path: Path) -> None:
    day = np.array(["2026-02-01", "2026-02-02"], dtype="datetime64[D]")

    class Length(Echo):
        def __call__(self, cells: dict[str, Any]) -> dict[str, Any]:
            return {"n": np.char.str_len(cells["way"]) + 0.0}

    dataset = scan(Length({"n": Field()}), Grid({"day": day, "way": ["up", "down"]}))
    assert float(dataset.n.sel(day="2026-02-02", way="down")) == 4.0
    assert same(read_netcdf(write_netcdf(dataset, tmp_path / "a.nc")), dataset)


# Who computes it


def test_threads_and_processes_give_the_same_bytes(tmp_path: Path, processes: ProcessPoolExecutor) -> None:
    alone = write_netcdf(scan(Sum(), block(), chunk_cells=4), tmp_path / "alone.nc").read_bytes()
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(5) as five:
        for executor in (one, five, processes):
            dataset = scan(Sum(), block(), executor, chunk_cells=4)
            assert write_netcdf(dataset, tmp_path / "a.nc").read_bytes() == alone


def test_dask_gives_the_same_bytes(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="dask.distributed is an extra and is not installed")
    with (
        distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None, silence_logs=False) as cluster,
        distributed.Client(cluster) as client,
    ):
        dask = scan(Sum(), block(), client.get_executor(), chunk_cells=4, folder=tmp_path / "chunks")
        with pytest.raises(InputError, match=r"chunk 5 \(x=50.0 to x=59.0\).*ZeroDivisionError"):
            scan(Fails(), line(100), client.get_executor(), chunk_cells=10)
        with pytest.raises(InputError, match=r"client.get_executor\(\)"):
            scan(Sum(), block(), client)
    assert len(chunk_files(tmp_path / "chunks")) == 11
    alone = scan(Sum(), block())
    assert write_netcdf(dask, tmp_path / "a").read_bytes() == write_netcdf(alone, tmp_path / "b").read_bytes()


def test_the_engine_costs_less_than_a_microsecond_a_cell_however_many() -> None:
    def seconds_per_cell(cells: int) -> float:
        start = time.perf_counter()
        scan(Echo(), line(cells))
        return (time.perf_counter() - start) / cells

    few, many = (min(seconds_per_cell(cells) for _ in range(3)) for cells in (50_000, 1_000_000))
    assert few < SCAN_OVERHEAD_S
    assert many < SCAN_OVERHEAD_S


def test_nothing_heavy_is_imported_before_a_scan() -> None:
    heavy = "{'xarray', 'pandas', 'h5py', 'h5netcdf', 'psutil', 'dask', 'scipy', 'numba'}"
    code = f"import sys, lunarplan.scans.scan, lunarplan.io.netcdf; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "set()"


# What goes wrong


def test_a_failing_chunk_is_named_and_the_others_are_kept(tmp_path: Path, processes: ProcessPoolExecutor) -> None:
    with ThreadPoolExecutor(2) as threads:
        for kind, executor in (("none", None), ("threads", threads), ("processes", processes)):
            with pytest.raises(InputError) as caught:
                scan(Fails(), line(100), executor, chunk_cells=10, folder=tmp_path / kind)
            assert str(caught.value) == (
                "chunk 5 (x=50.0 to x=59.0): the job failed: ZeroDivisionError: a constraint divided by nothing"
            )
            kept = chunk_files(tmp_path / kind)
            assert {f"chunk-{index:06d}.bin" for index in range(5)} <= set(kept)
            assert "chunk-000005.bin" not in kept


def test_an_error_that_cannot_be_pickled_comes_back_too(processes: ProcessPoolExecutor) -> None:
    with pytest.raises(InputError, match="Unpicklable: odd"):
        scan(Fails(oddly=True), line(100), processes, chunk_cells=10)
    assert processes.submit(int, 1).result() == 1


def test_the_projects_own_errors_keep_their_kind(processes: ProcessPoolExecutor) -> None:
    with pytest.raises(ConvergenceError) as caught:
        scan(Fails(solver=True), line(100), processes, chunk_cells=10)
    assert str(caught.value) == "chunk 5 (x=50.0 to x=59.0): targeter: no step left; widen the bounds"


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ({}, r"returned \[\] \(allowed: the fields it declares, \['y'\]\)"),
        ({"x": np.zeros(3), "y": np.zeros(3)}, r"returned \['x', 'y'\]"),
        ({"y": np.zeros(2)}, r"float64 of shape \(2,\) as 'y' \(allowed: float64 of shape \(3,\), as declared"),
        ({"y": 1.0}, r"shape \(\)"),
        ({"y": np.zeros(3, "float32")}, "returned float32"),
        (None, "TypeError"),
    ],
)
def test_a_job_that_breaks_its_promise(returned: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        scan(Returns(returned=returned), line(3))


def test_a_job_that_cannot_be_pickled(processes: ProcessPoolExecutor) -> None:
    with pytest.raises(InputError, match=r"executor: chunk \d did not come back.*can be pickled"):
        scan(Returns(returned=lambda: None), line(3), processes)


def test_workers_that_die() -> None:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        for _ in range(2):  # when they die, and when they are dead
            with pytest.raises(LunarplanError, match=r"executor: a worker died.*memory suffices"):
                scan(Dies(), line(3), executor)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"job": 5}, "job: 5 is no job"),
        ({"job": len}, "is no job"),
        ({"grid": {"x": [1.0]}}, "grid: a dict"),
        ({"executor": 4}, "executor: a int"),
        ({"chunk_cells": 0}, "chunk_cells: 0"),
        ({"chunk_cells": 2.5}, "chunk_cells: 2.5"),
        ({"folder": 5}, "5 is not a path"),
        ({"job": Echo({})}, "job.fields: declares no fields"),
        ({"job": Sum(np.float32(1.0))}, r"job.describe\(\): is not JSON"),
        ({"job": Sum(np.nan)}, r"job.describe\(\): is not JSON"),
    ],
)
def test_arguments_that_are_none(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        scan(**{"job": Sum(), "grid": block(), **arguments})


def test_what_does_not_fit_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    grid = Grid({name: np.arange(100_000) for name in "abc"})
    told: list[Progress] = []
    with pytest.raises(InputError) as caught:
        scan(Sum(), grid, folder=tmp_path / "chunks", progress=told.append)
    # 8 + 3 * 4 + 1 + 1 bytes a cell; one chunk under way, with three coordinates of 8 bytes
    assert f"10{'0' * 14} cells of 22 bytes need {22 * 10**15 + 2048 * 46} bytes of memory" in str(caught.value)
    assert "scan a part of the grid at a time" in str(caught.value)
    assert not told
    assert not (tmp_path / "chunks").exists()


# Stopping and going on


def test_a_second_run_computes_what_is_missing_only(tmp_path: Path) -> None:
    whole = scan(Echo(), line(100), chunk_cells=10, folder=tmp_path)
    for index in (3, 9):
        (tmp_path / f"chunk-{index:06d}.bin").unlink()
    told: list[Progress] = []
    again = scan(Echo(), line(100), chunk_cells=10, folder=tmp_path, progress=told.append)
    assert same(again, whole)
    assert [progress.done_cells for progress in told] == [80, 90, 100]
    scan(replace(Dies(), fields=Echo().fields), line(100), chunk_cells=10, folder=tmp_path)  # nothing is computed


def test_a_damaged_chunk_is_logged_and_computed_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    whole = scan(Sum(), block(), chunk_cells=10, folder=tmp_path)
    path = tmp_path / "chunk-000002.bin"
    good = path.read_bytes()
    path.write_bytes(good[:50])
    with caplog.at_level(logging.WARNING):
        assert same(scan(Sum(), block(), chunk_cells=10, folder=tmp_path), whole)
    assert [record.getMessage() for record in caplog.records] == [f"{path} is damaged; its 10 cells are computed again"]
    assert path.read_bytes() == good


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"job": Sum(0.2)}, "job.scale: 0.1, now 0.2"),
        ({"chunk_cells": 11}, "chunk_cells: 10, now 11"),
        ({"grid": Grid({**block().axes, "opportunity": [0, 1, 2]})}, "grid.opportunity.size: 2, now 3"),
        ({"job": Sum(fields={**Sum().fields, "code": Field("int8")})}, 'fields.code.dtype: "uint8", now "int8"'),
    ],
)
def test_another_question_in_the_folder_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    scan(Sum(), block(), chunk_cells=10, folder=tmp_path)
    with pytest.raises(InputError) as caught:
        scan(**{"job": Sum(), "grid": block(), "chunk_cells": 10, "folder": tmp_path, **changed})
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}: holds the chunks of another scan")


def test_another_version_in_the_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scan(Sum(), block(), folder=tmp_path)
    monkeypatch.setattr(scan_module, "version", lambda _: "99.0")
    with pytest.raises(InputError, match=r'lunarplan: "[\d.]+", now "99.0"'):
        scan(Sum(), block(), folder=tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="os.kill ends the process on Windows")
@pytest.mark.parametrize("threads", [0, 2])
def test_an_interrupt_leaves_finished_chunks_and_a_free_executor(tmp_path: Path, threads: int) -> None:
    executor: Executor | None = ThreadPoolExecutor(threads) if threads else None
    with pytest.raises(KeyboardInterrupt):
        scan(Interrupts(), line(1000), executor, chunk_cells=10, folder=tmp_path)
    kept = set(chunk_files(tmp_path))
    assert kept
    assert kept <= {f"chunk-{index:06d}.bin" for index in range(20)}
    if executor:
        assert executor.submit(int, 1).result(timeout=5) == 1
        executor.shutdown()
    assert same(
        scan(replace(Interrupts(), at=-1.0), line(1000), chunk_cells=10, folder=tmp_path),
        scan(Interrupts(at=-1.0), line(1000)),
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows has no interrupt to send")
def test_ctrl_c_on_a_terminal_ends_worker_processes_too(tmp_path: Path) -> None:
    """A terminal interrupts the whole group of processes, so does this."""
    code = (
        "from concurrent.futures import ProcessPoolExecutor\n"
        "from tests.scans.scan_jobs import Slow, line, scan\n"
        "with ProcessPoolExecutor(2) as executor:\n"
        f"    scan(Slow(), line(50_000), executor, chunk_cells=5, folder={str(tmp_path)!r})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, start_new_session=True)
    wait_for_chunks(process, tmp_path, 20)
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert b"KeyboardInterrupt" in stderr
    kept = len(chunk_files(tmp_path))
    told: list[Progress] = []
    with pytest.raises(StopIteration):
        scan(Slow(), line(50_000), chunk_cells=5, folder=tmp_path, progress=lambda p: told.append(p) or stop())
    assert told[0].done_cells == 5 * kept >= 100


def stop() -> None:
    raise StopIteration


def wait_for_chunks(process: subprocess.Popen[bytes], folder: Path, count: int) -> None:
    until = time.monotonic() + 30.0
    while len(chunk_files(folder)) < count:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.005)


def test_killed_six_times_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    chunks, out = tmp_path / "chunks", tmp_path / "out.nc"
    command = [sys.executable, "-m", "tests.scans.scan_jobs", str(chunks), str(out)]
    dice = random.Random(11)
    kept = 0
    for _ in range(6):
        process = subprocess.Popen(command, cwd=ROOT)
        wait_for_chunks(process, chunks, kept + 1)
        time.sleep(dice.uniform(0.0, 0.08))
        process.kill()
        assert process.wait() != 0
        kept = len(chunk_files(chunks))
        assert kept < 200
    assert not out.exists()
    subprocess.run(command, cwd=ROOT, check=True)
    whole = write_netcdf(scan(Slow(chunk_s=0.0), line(1000)), tmp_path / "whole.nc")
    assert hashlib.sha256(out.read_bytes()).digest() == hashlib.sha256(whole.read_bytes()).digest()
    assert sorted(path.name for path in chunks.iterdir()) == [
        *(f"chunk-{k:06d}.bin" for k in range(200)),
        "manifest.json",
    ]
