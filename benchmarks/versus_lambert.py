"""Lambert's problem against other solvers: the same geometries, the same closure, in one run, side by side.

    python benchmarks/versus_lambert.py [--rows N] [--repeats N] [--only NAME]... [--ledger]

The error of a row is how far its first velocity, propagated on the conic, ends from the second place, relative to the
larger radius; the largest of the checked rows counts, and peers get the loosest tolerance that keeps it within 1e-10.
Solvers written for numba run in a compiled loop over all rows, the others row by row from Python. lunarplan is called
as users call it: plain arrays in, new arrays out.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.util
import os
import subprocess
import sys
import tempfile
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import numba
import numpy as np
from contest import Contender, Contest, compete, record, table

from lunarplan.kernels import lambert as kernel
from lunarplan.kernels.jit import has_avx512, lane_width
from lunarplan.model.two_body import lambert, propagate_two_body

GM = 398600.4418
CHECKED = 4000
TOLERANCES = tuple(10.0**-k for k in range(5, 15))
PORTABLE = {"NUMBA_CPU_NAME": "x86-64-v3", "NUMBA_CPU_FEATURES": "+avx2,+fma,+bmi,+bmi2,+lzcnt,+popcnt,+f16c,+movbe"}


# ---------------------------------------------------------------- workloads


def directions(rng: np.random.Generator, n: int) -> np.ndarray:
    v = rng.normal(size=(n, 3))
    return v / np.linalg.norm(v, axis=1)[:, None]


def anywhere(n: int) -> dict[str, Any]:
    """Random places at 6600 to 400,000 km; times from hyperbolic to slow."""
    rng = np.random.default_rng(0)
    r1, r2 = (directions(rng, n) * np.exp(rng.uniform(np.log(6600), np.log(4e5), n))[:, None] for _ in range(2))
    s = 0.5 * sum(np.linalg.norm(a, axis=1) for a in (r1, r2, r1 - r2))
    tof = np.exp(rng.uniform(np.log(0.3), np.log(10.0), n)) * np.sqrt(0.5 * s**3 / GM)
    return {"r1": r1, "r2": r2, "tof": tof, "revolutions": 0}


def to_the_moon(n: int) -> dict[str, Any]:
    """From a low orbit to lunar distance in two to six days."""
    rng = np.random.default_rng(1)
    r1, r2 = (
        directions(rng, n) * rng.uniform(6560, 6900, (n, 1)),
        directions(rng, n) * rng.uniform(3.6e5, 4.05e5, (n, 1)),
    )
    return {"r1": r1, "r2": r2, "tof": rng.uniform(2.0, 6.0, n) * 86400.0, "revolutions": 0}


def once_around(n: int) -> dict[str, Any]:
    """One revolution, low path, between places at 6600 to 42,000 km, where there is a solution."""
    rng = np.random.default_rng(2)
    r1, r2 = (directions(rng, n) * rng.uniform(6600, 42000, (n, 1)) for _ in range(2))
    least = lambert(r1, r2, 1.0, GM, revolutions=1).shortest_tof_s
    return {"r1": r1, "r2": r2, "tof": least * rng.uniform(1.05, 5.0, n), "revolutions": 1}


WORKLOADS = {"anywhere": anywhere, "to the Moon": to_the_moon, "once around": once_around}


def closure(work: dict[str, Any]) -> Callable[[Any, Any], tuple[float, float]]:
    def error(v1: np.ndarray, _: Any) -> tuple[float, float]:
        n = min(len(v1), CHECKED)
        r1, r2 = work["r1"][:n], work["r2"][:n]
        end = propagate_two_body(np.hstack([r1, v1[:n]]), work["tof"][:n], GM).states[:, :3]
        reach = np.maximum(np.linalg.norm(r1, axis=1), np.linalg.norm(r2, axis=1))
        return float(np.max(np.linalg.norm(end - r2, axis=1) / reach)), float("nan")

    return error


# ---------------------------------------------------------------- lunarplan


@contextlib.contextmanager
def lanes(width: int | None, threads: int) -> Iterator[None]:
    solver = functools.partial(kernel.solver, width=width)
    with mock.patch.object(kernel, "solver", solver), mock.patch.dict(os.environ, LUNARPLAN_THREADS=str(threads)):
        yield


def solve(work: dict[str, Any], n: int, width: int | None = None, threads: int = 1) -> np.ndarray:
    with lanes(width, threads):
        return lambert(
            work["r1"][:n], work["r2"][:n], work["tof"][:n], GM, revolutions=work["revolutions"], branch="right"
        ).v1


class Portable:
    """lunarplan compiled for a CPU without 512-bit vectors, in a process of its own."""

    def __init__(self, name: str, rows: int) -> None:
        command = [sys.executable, __file__, "--rows", str(rows), "--serve", name]
        environment = os.environ | PORTABLE | {"LUNARPLAN_THREADS": "1"}
        self.process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, n: int) -> np.ndarray | float:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "v1.npy"
            print(n, path, file=self.process.stdin, flush=True)
            seconds = float(self.process.stdout.readline())
            return np.load(path) if n == CHECKED else seconds


def serve(work: dict[str, Any]) -> None:
    """Answer for `Portable`: rows and a path in, seconds out."""
    for line in sys.stdin:
        rows, path = line.split(maxsplit=1)
        start = time.process_time()
        v1 = solve(work, int(rows))
        seconds = time.process_time() - start
        np.save(path.strip(), v1)
        print(seconds, flush=True)


# ---------------------------------------------------------------- peers


def compiled_loop(one: Callable[..., Any], *, parallel: bool = False) -> Callable[..., None]:
    """A peer's compiled function of one row, over all of them."""

    def loop(r1: Any, r2: Any, tof: Any, revolutions: int, tolerance: float, v1: Any, v2: Any) -> None:
        for i in numba.prange(len(tof)):
            a, b = one(r1[i], r2[i], tof[i], revolutions, tolerance)
            v1[i] = a
            v2[i] = b

    return numba.njit(nogil=True, parallel=parallel)(loop)


def lamberthub_izzo() -> Callable[..., Any]:
    from lamberthub import izzo2015

    @numba.njit
    def one(r1, r2, tof, revolutions, tolerance):
        return izzo2015(GM, r1, r2, tof, revolutions, True, True, 35, tolerance, tolerance)[:2]

    return one


def boinor_izzo() -> Callable[..., Any]:
    from boinor.core.iod import izzo

    @numba.njit
    def one(r1, r2, tof, revolutions, tolerance):
        return izzo(GM, r1, r2, tof, revolutions, True, True, 35, tolerance)

    return one


def numba_peer(work: dict[str, Any], make: Callable[[], Any], parallel: bool = False) -> Callable[[float], Any]:
    loop = compiled_loop(make(), parallel=parallel)

    def prepare(tolerance: float) -> Any:
        def run(n: int) -> np.ndarray:
            v1, v2 = np.empty((n, 3)), np.empty((n, 3))
            loop(work["r1"][:n], work["r2"][:n], work["tof"][:n], work["revolutions"], tolerance, v1, v2)
            return v1

        return run

    return prepare


def pykep_peer(work: dict[str, Any]) -> Callable[[float], Any]:
    """pykep's solver alone: its package pulls in plotting and data that do not concern it."""
    spec = importlib.util.find_spec("pykep")
    package = types.ModuleType("pykep")
    package.__path__ = list(spec.submodule_search_locations)
    with mock.patch.dict(sys.modules, pykep=package):
        importlib.import_module("heyoka")
        importlib.import_module("pygmo")
        problem = importlib.import_module("pykep.core").lambert_problem

    def prepare(_: float) -> Any:
        def run(n: int) -> np.ndarray:
            v1, m = np.empty((n, 3)), work["revolutions"]
            for i in range(n):  # solutions come direct first, then in pairs for each number of revolutions
                v1[i] = problem(work["r1"][i], work["r2"][i], work["tof"][i], GM, False, m).v0[2 * m]
            return v1

        return run

    return prepare


# ---------------------------------------------------------------- the contest


def contend(name: str, rows: int, repeats: int) -> tuple[Contest, list[Any]]:
    work = WORKLOADS[name](rows)
    title = f"Lambert, {name}"
    contest = Contest(f"lambert {name}", title, "of the radius", 1e-10, None, closure(work), CHECKED, per="solve")
    once, few = {"tolerances": (0.0,)}, rows // 20
    contenders = [
        Contender("ours", lambda _: functools.partial(solve, work), rows, **once),
        Contender("ours, two threads", lambda _: functools.partial(solve, work, threads=2), rows, 2, **once),
        Contender("ours, scalar", lambda _: functools.partial(solve, work, width=1), few, **once),
    ]
    if has_avx512():
        contenders.append(Contender("ours, portable (AVX2)", lambda _: Portable(name, rows), rows, **once))
    for peer, make in (("lamberthub", lamberthub_izzo), ("boinor", boinor_izzo)):
        if have(peer):
            loose = {"tolerances": TOLERANCES}
            contenders.append(
                Contender(f"{peer} izzo, compiled loop", numba_peer(work, make), few, target=8.0, **loose)
            )
            both = numba_peer(work, make, parallel=True)
            contenders.append(
                Contender(f"{peer} izzo, two threads", both, few, 2, target=8.0, rival="ours, two threads", **loose)
            )
    if have("pykep"):
        contenders.append(Contender("pykep, row by row", pykep_peer(work), rows // 100, target=8.0, **once))
    return contest, compete(contest, contenders, repeats)


def have(module: str) -> bool:
    """True if a peer is installed; says so if not."""
    if importlib.util.find_spec(module) is not None:
        return True
    print(f"  {module}: not installed, skipped")
    return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", action="append", choices=tuple(WORKLOADS))
    parser.add_argument("--ledger", action="store_true", help="append the rows to LEDGER.md")
    parser.add_argument("--serve", choices=tuple(WORKLOADS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(WORKLOADS[arguments.serve](arguments.rows))
        return
    print(f"{lane_width()} lanes")
    for name in arguments.only or WORKLOADS:
        contest, results = contend(name, arguments.rows, arguments.repeats)
        print(table(contest, results))
        if arguments.ledger:
            record(results, contest)


if __name__ == "__main__":
    main()
