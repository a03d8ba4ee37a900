"""Contests: the same work by several programs, interleaved, each at the tolerance that just meets the same true error."""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

LEDGER = Path(__file__).with_name("LEDGER.md")
TOLERANCES = tuple(10.0 ** (-k / 2) for k in range(14, 31))  # 1e-7, 3e-8, ... 1e-15
Runner = Callable[[int], Any]  # rows -> final states, or (final states, variations)


@dataclass
class Contender:
    """One program, or one way of driving it.

    prepare : tolerance -> runner; the runner propagates the first n rows of the workload
    rows    : how many rows one timed run takes
    workers : 2 where the runner uses two cores (timed by the wall clock, not by CPU time)
    target  : how many times faster lunarplan's "ours" is to be, None where nothing was promised
    reference : own truth for the error column, where the forces cannot be made equal
    """

    name: str
    prepare: Callable[[float], Runner]
    rows: int
    workers: int = 1
    target: float | None = None
    note: str = ""
    tolerances: Sequence[float] = TOLERANCES
    reference: Any = None
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

    error   : (result of a runner, reference) -> (error against ``allowed``, a second figure such as the STM's)
    allowed : in ``unit``
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
    best = None
    for tolerance in contender.tolerances:
        run = contender.prepare(tolerance)
        error, second = contest.error(run(min(contest.checked, contender.rows)), truth)
        if error <= contest.allowed:
            return Result(contender, tolerance, error, second), run
        if best is None or error < best[0]:
            best = (error, tolerance)
    closest = f"{best[0]:.2g} {contest.unit} at {best[1]:.0e}" if best else "nothing"
    print(f"  {contender.name}: cannot reach {contest.allowed:g} {contest.unit} (closest {closest})", flush=True)
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


def timed(run: Runner, contender: Contender) -> float:
    """Seconds of one run: what the runner itself reports (another process), CPU time, or wall clock on two cores."""
    clock = time.perf_counter if contender.workers > 1 else time.process_time
    start = clock()
    answer = run(contender.rows)
    spent = clock() - start
    return float(answer) if isinstance(answer, float) else spent


def verdict(result: Result) -> str:
    target = result.contender.target
    if target is None or np.isnan(result.ratio):
        return ""
    return f">= {target:g}x {'met' if result.ratio >= target else 'MISSED'}"


def table(contest: Contest, results: Sequence[Result]) -> str:
    """The results in a Markdown table."""
    second = f" {contest.second} |" if contest.second else ""
    lines = [
        f"| {contest.title} | tolerance | true error, {contest.unit} |{second} us per {contest.per}, least | median | +- | slower by | target |",
        "|---|---|---|" + ("---|" if second else "") + "---|---|---|---|---|",
    ]
    for r in results:
        extra = f" {r.second_error:.1e} |" if second else ""
        ratio = "" if np.isnan(r.ratio) else f"{r.ratio:.2f}x"
        lines.append(
            f"| {r.contender.name} | {r.tolerance:.0e} | {r.error:.1e} |{extra} {r.best_us:,.3g} | {r.median_us:,.3g} "
            f"| {100 * r.spread:.0f} % | {ratio} | {verdict(r)} |".replace("e+0", "e")
        )
    return "\n".join(lines)


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


def as_json(results: Sequence[Result]) -> str:
    keys = ("tolerance", "error", "second_error", "best_us", "median_us", "spread", "ratio")
    return json.dumps([{"name": r.contender.name} | {k: getattr(r, k) for k in keys} for r in results])
