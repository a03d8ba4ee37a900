"""Contests: the same work by several programs in turns, each at the tolerance that just meets the same true error."""

from __future__ import annotations

import importlib.util
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

LEDGER = Path(__file__).with_name("LEDGER.md")
TOLERANCES = tuple(10.0 ** (-k / 2) for k in range(14, 31))  # 1e-7, 3e-8, ... 1e-15
UNTUNED = (float("nan"),)  # for programs that have no tolerance
Runner = Callable[[int], Any]  # rows -> final states, or (final states, variations)


@dataclass
class Contender:
    """One program, or one way of driving it.

    prepare : tolerance -> runner; the runner propagates the first n rows of the workload
    rows    : how many rows one timed run takes
    workers : 2 where the runner uses two cores (timed by the wall clock, not by CPU time)
    target  : how many times faster than this lunarplan is to be, None where nothing was promised; negative: how many
              times slower than its rival this may be
    limit_s : how long one run of all rows may take, None where nothing was promised
    reference : own truth for the error column, where the forces cannot be made equal
    allowed : error to reach instead of the contest's, for a program that cannot reach that one
    rival   : the contender whose time this one's is compared with
    """

    name: str
    prepare: Callable[[float], Runner]
    rows: int
    workers: int = 1
    target: float | None = None
    limit_s: float | None = None
    tolerances: Sequence[float] = TOLERANCES
    reference: Any = None
    allowed: float | None = None
    rival: str = "ours"


@dataclass
class Result:
    contender: Contender
    tolerance: float
    error: float
    second_error: float
    seconds: list[float] = field(default_factory=list)
    ratio: float = float("nan")

    @property
    def best_us(self) -> float:
        return min(self.seconds) / self.contender.rows * 1e6

    @property
    def median_us(self) -> float:
        return statistics.median(self.seconds) / self.contender.rows * 1e6

    @property
    def spread(self) -> float:
        """Half the range between the quartiles, relative to the median."""
        q = np.percentile(self.seconds, [25, 75])
        return float(0.5 * (q[1] - q[0]) / statistics.median(self.seconds))


@dataclass(frozen=True)
class Contest:
    """A workload: what is compared, and how the error of a result is measured.

    error   : (result of a runner, reference) -> (error against ``allowed``, a second figure named ``second``)
    allowed : in ``unit``
    checked : rows whose error is measured
    """

    name: str
    title: str
    unit: str
    allowed: float
    reference: Any
    error: Callable[[Any, Any], tuple[float, float]]
    checked: int
    second: str = ""
    per: str = "trajectory"


def tune(contest: Contest, contender: Contender) -> tuple[Result, Runner] | None:
    """The loosest tolerance that meets the allowed error, with a runner made for it."""
    truth = contest.reference if contender.reference is None else contender.reference
    allowed = contest.allowed if contender.allowed is None else contender.allowed
    best = None
    for tolerance in contender.tolerances:
        run = contender.prepare(tolerance)
        error, second = contest.error(run(min(contest.checked, contender.rows)), truth)
        if error <= allowed:
            return Result(contender, tolerance, error, second), run
        if not best or error < best[0]:
            best = (error, tolerance)
    closest = f"{best[0]:.2g} {contest.unit}" if best else "nothing"
    print(f"  {contender.name}: cannot reach {allowed:g} {contest.unit} (closest {closest})", flush=True)
    return None


def compete(contest: Contest, contenders: Sequence[Contender], repeats: int) -> list[Result]:
    """Tune every contender, then time them in turn, ``repeats`` times over; ratios are taken within one turn."""
    print(f"\n{contest.title}\n  tuning {len(contenders)} contenders ...", flush=True)
    ready = []
    for contender in contenders:
        try:
            tuned = tune(contest, contender)
        except Exception as problem:  # a peer's own failure is a line of the table, not the end of the contest
            print(f"  {contender.name}: {type(problem).__name__}: {str(problem)[:150]}", flush=True)
            continue
        if tuned is not None:
            tuned[1](contender.rows)
            ready.append(tuned)
    for _ in range(repeats):
        for result, run in ready:
            result.seconds.append(timed(run, result.contender))
    by_name = {result.contender.name: result for result, _ in ready}
    for result in by_name.values():
        rival = by_name.get(result.contender.rival)
        if rival is not None and result is not rival:
            ours = [s / rival.contender.rows for s in rival.seconds]
            theirs = [s / result.contender.rows for s in result.seconds]
            result.ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
    return list(by_name.values())


def have(module: str) -> bool:
    """True if a peer is installed; says so if not."""
    if importlib.util.find_spec(module) is not None:
        return True
    print(f"  {module}: not installed, left out")
    return False


def timed(run: Runner, contender: Contender) -> float:
    """Seconds of one run: wall clock on two cores, else CPU time, here or in the process that did the work."""
    if isinstance(run, Elsewhere):
        return run.seconds(contender.rows)
    if contender.workers > 1:  # several times: the scheduler needs a while to give each thread a core of its own
        return min(spent(time.perf_counter, run, contender.rows) for _ in range(5))
    return spent(time.process_time, run, contender.rows)


def spent(clock: Callable[[], float], run: Runner, rows: int) -> float:
    start = clock()
    run(rows)
    return clock() - start


class Elsewhere:
    """A runner in another process: another interpreter, or another CPU as far as the compiler knows.

    The process is `serve` below: it reads a number of rows, works, and answers with its CPU seconds and a file.
    """

    def __init__(self, script: str, what: str, tolerance: float, *, python: str = sys.executable, **environment: str):
        self.file = Path(tempfile.mkdtemp(prefix="contest-")) / "result.npz"
        self.process = subprocess.Popen(
            [python, script, "--serve", what, repr(tolerance), str(self.file)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | environment,
        )  # fmt: skip

    def __call__(self, n: int) -> Any:
        self.seconds(n)
        with np.load(self.file) as result:
            return (result["states"], result["stm"]) if "stm" in result else result["states"]

    def seconds(self, n: int) -> float:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{n}\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith("seconds "):
                return float(line.split()[1])
        raise RuntimeError("the other process ended")

    def __del__(self) -> None:
        if hasattr(self, "process"):
            self.process.kill()


def serve(run: Runner, file: str) -> None:
    """The other end of `Elsewhere`."""
    for line in sys.stdin:
        start = time.process_time()
        answer = run(int(line))
        spent = time.process_time() - start
        states, stm = answer if isinstance(answer, tuple) else (answer, None)
        np.savez(file, states=states, **({} if stm is None else {"stm": stm}))
        print(f"seconds {spent!r}", flush=True)


def verdict(result: Result) -> str:
    limit, target = result.contender.limit_s, result.contender.target
    if limit is not None:
        return f"<= {limit:g} s {'met' if statistics.median(result.seconds) <= limit else 'MISSED'}"
    if target is None or np.isnan(result.ratio):
        return ""
    if target < 0.0:  # at most so many times slower
        return f"<= {-target:g}x {'met' if result.ratio <= -target else 'MISSED'}"
    return f">= {target:g}x {'met' if result.ratio >= target else 'MISSED'}"


def table(contest: Contest, results: Sequence[Result]) -> str:
    """The results in a Markdown table."""
    columns = [contest.title, "tolerance", f"true error, {contest.unit}", contest.second]
    columns += [f"us per {contest.per}, least", "median", "+-", "slower by", "target"]
    columns = [c for c in columns if c]
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for r in results:
        extra = f" {r.second_error:.1e} |" if contest.second else ""
        ratio = "" if np.isnan(r.ratio) else f"{r.ratio:.2f}x"
        tolerance = "" if np.isnan(r.tolerance) else f"{r.tolerance:.0e}"
        lines.append(
            f"| {r.contender.name} | {tolerance} | {r.error:.1e} |{extra} {r.best_us:,.3g} | {r.median_us:,.3g} "
            f"| {100 * r.spread:.0f} % | {ratio} | {verdict(r)} |"
        )
    return "\n".join(lines)


@cache
def commit() -> str:
    """Short hash of the commit, with a + where the tree differs from it."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=here, capture_output=True, text=True, check=False)
        return done.stdout.strip()

    return git("rev-parse", "--short", "HEAD") + ("+" if git("status", "--porcelain", "-uno", "--", "../src") else "")


def machine() -> str:
    """CPU model, as the kernel calls it."""
    fields = dict.fromkeys(("model name", "cpu family", "model"), "")
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            if key.strip() in fields and not fields[key.strip()]:
                fields[key.strip()] = value.strip()
    except OSError:
        return platform.processor() or platform.machine()
    return f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']})"


def record(rows: Sequence[Result], contest: Contest) -> None:
    """Append one row per result to the ledger."""
    head = f"| {time.strftime('%Y-%m-%d')} | {commit()} | {machine()} | {contest.name} "
    with LEDGER.open("a", encoding="utf-8") as ledger:
        for r in rows:
            ratio = "" if np.isnan(r.ratio) else f"{r.ratio:.2f}x"
            ledger.write(
                f"{head}| {r.contender.name} | {r.error:.1e} {contest.unit} | {r.best_us:,.3g} | {r.median_us:,.3g} "
                f"| {100 * r.spread:.0f} % | {ratio} | {verdict(r)} |\n"
            )
