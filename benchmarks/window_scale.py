"""How a scan of launch windows grows: with its cells, with processes, and through restarts."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import almanac
import numpy as np
import psutil

from lunarplan.io.netcdf import write_netcdf
from lunarplan.scans.grid import Grid
from lunarplan.scans.scan import scan
from lunarplan.windows.launches import NORTHBOUND, SOUTHBOUND

SMALL_DAYS, SMALL_CHUNK = 700, 100  # what is compared byte by byte: 7,000 cells
AZIMUTHS_DEG = np.linspace(60.0, 78.0, 10)  # of KSC's 35 to 120 deg those whose planes the Moon never leaves


@dataclass
class Clock:
    """Wall clock; CPU time of this process and its children; and how many cores others kept busy meanwhile."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    others: float = 0.0


@contextmanager
def clocked() -> Iterator[Clock]:
    clock, start, own, all_busy = Clock(), time.perf_counter(), _own_s(), _busy_s()
    yield clock
    clock.wall_s, clock.cpu_s = time.perf_counter() - start, _own_s() - own
    clock.others = (_busy_s() - all_busy - clock.cpu_s) / clock.wall_s


def _own_s() -> float:
    me = psutil.Process()
    return time.process_time() + sum(sum(p.cpu_times()[:2]) for p in me.children(recursive=True))


def _busy_s() -> float:
    times = psutil.cpu_times()
    return sum(getattr(times, kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq", "steal"))


def of_size(cells: int) -> Grid:
    """Grids from 1,000 cells to a million that differ in their days alone: 200 cells a day."""
    return almanac.days(cells // 200, arrivals=(NORTHBOUND, SOUTHBOUND), azimuths_deg=AZIMUTHS_DEG)


def cost(cells: int, repeats: int) -> list[Clock]:
    """One thread, no executor: what is counted is CPU time."""
    clocks = []
    for _ in range(repeats):
        with clocked() as clock:
            scan(almanac.polar(1), of_size(cells))
        clocks.append(clock)
    return clocks


def one_and_two(days: int, turns: int) -> tuple[list[Clock], list[Clock]]:
    """The same scan by one worker process and by two, in turns."""
    ones, twos = [], []
    with almanac.processes(1) as one, almanac.processes(2) as two:
        for _ in range(turns):
            for pool, clocks in ((one, ones), (two, twos)):
                with clocked() as clock:
                    almanac.almanac(pool, almanac.days(days))
                clocks.append(clock)
    return ones, twos


# ---------------------------------------------------------------- to the byte


def small(path: Path, executor: Executor | None = None, folder: Path | None = None) -> str:
    """Hash of the file that a small scan makes."""
    job = almanac.polar(None if executor is None else 1)
    answer = scan(job, almanac.days(SMALL_DAYS), executor, SMALL_CHUNK, folder)
    return hashlib.sha256(write_netcdf(answer, path).read_bytes()).hexdigest()


def by_threads(path: Path) -> str:
    with ThreadPoolExecutor(3) as pool:
        return small(path, pool)


def by_processes(path: Path) -> str:
    with almanac.processes(2) as pool:
        return small(path, pool)


def by_dask(path: Path) -> str:
    from distributed import Client, LocalCluster

    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        return small(path, client.get_executor())


def killed(path: Path, kills: int = 6, seed: int = 11) -> str:
    """The scan in a process of its own, killed at random while it works, and started again in the same folder."""
    folder, dice = path.with_suffix(".chunks"), random.Random(seed)
    command = [sys.executable, __file__, str(folder), str(path)]
    kept = [0]
    for _ in range(kills):
        process = subprocess.Popen(command)
        enough = kept[-1] + dice.randint(1, 9)
        while len(list(folder.glob("chunk-*.bin"))) < enough:
            if process.poll() is not None:
                raise RuntimeError("the scan ended before it was killed")
            time.sleep(0.002)
        time.sleep(dice.uniform(0.0, 0.05))
        process.kill()
        if process.wait() == 0:
            raise RuntimeError("the scan ended before it was killed")
        kept.append(len(list(folder.glob("chunk-*.bin"))))
    subprocess.run(command, check=True)
    print(f"  killed with {kept[1:]} of {-(-SMALL_DAYS * 10 // SMALL_CHUNK)} chunks done")
    return hashlib.sha256(path.read_bytes()).hexdigest()


WAYS: dict[str, Callable[[Path], str]] = {
    "thread pool of 3": by_threads,
    "process pool of 2": by_processes,
    "dask LocalCluster of 2": by_dask,
    "killed six times, resumed": killed,
}


if __name__ == "__main__":  # what `killed` starts
    small(Path(sys.argv[2]), folder=Path(sys.argv[1]))
