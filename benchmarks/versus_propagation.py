"""Propagation against other programs: the same forces, the same true error, in one run, side by side.

    python benchmarks/versus_propagation.py [--quick] [--only NAME]... [--repeats N] [--ledger]

Every contender integrates at the loosest tolerance (in steps of half a decade) that keeps the largest position error
of the checked rows within what the workload allows, against long-double integration by heyoka. Then all take turns;
"slower by" is the median over the turns of the ratio to lunarplan's time in the same turn.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

from arcs import Arcs, arc_error, translunar
from contest import Contender, Contest, compete, machine, record, table

from lunarplan.model import propagation
from lunarplan.model.propagation import propagate

WORKLOADS: dict[str, Callable[[bool], tuple[Contest, list[Contender]]]] = {}


def workload(function: Any) -> Any:
    WORKLOADS[function.__name__] = function
    return function


def have(module: str) -> bool:
    """True if a peer is installed; says so if not."""
    if importlib.util.find_spec(module) is not None:
        return True
    print(f"  {module}: not installed, skipped")
    return False


@contextlib.contextmanager
def one_lane() -> Iterator[None]:
    """Blocks of one row: the scalar path."""
    with mock.patch.object(propagation, "lane_width", return_value=1):
        yield


def ours(arcs: Arcs, workers: int = 1, *, scalar: bool = False) -> Callable[[float], Any]:
    """tolerance -> runner of lunarplan."""

    def prepare(tolerance: float) -> Any:
        def run(n: int) -> Any:
            with one_lane() if scalar else contextlib.nullcontext():
                p = propagate(
                    arcs.states[:n], arcs.start_tdb[:n], arcs.start_tdb[:n] + arcs.duration_s, forces=arcs.forces,
                    stm=arcs.stm, tolerance=tolerance, stop_at_impact=False, workers=workers,
                )  # fmt: skip
            return (p.states, p.stm) if arcs.stm else p.states

        return run

    return prepare


def heyoka_contenders(arcs: Arcs, rows: int, target: float | None, quick: bool) -> list[Contender]:
    if not have("heyoka"):
        return []
    import peer_heyoka as h

    found = []
    for compact in (False, True):
        mode = "compact" if compact else "unrolled"
        found.append(
            Contender(f"heyoka batch {h.LANES}, {mode}", h.batch(arcs, rows, compact=compact), rows, target=target)
        )
    if not quick:
        found.append(
            Contender(
                f"heyoka batch {2 * h.LANES}, unrolled", h.batch(arcs, rows, compact=False, lanes=2 * h.LANES), rows,
                target=target,
            )  # fmt: skip
        )
        found.append(Contender("heyoka scalar", h.scalar(arcs, rows, compact=False), rows // 4))
        found.append(
            Contender(
                f"heyoka batch {h.LANES}, 2 threads", h.batch(arcs, rows, compact=False, workers=2), rows, workers=2,
                rival="ours, 2 threads", target=target,
            )  # fmt: skip
        )
    return found


def our_contenders(arcs: Arcs, rows: int, quick: bool) -> list[Contender]:
    found = [Contender("ours", ours(arcs), rows)]
    if not quick:
        found.append(Contender("ours, 2 threads", ours(arcs, 2), rows, workers=2))
        found.append(Contender("ours, one lane", ours(arcs, scalar=True), max(rows // 16, 64)))
    return found


def truth(arcs: Arcs, rows: int) -> Any:
    import peer_heyoka

    return peer_heyoka.reference(arcs, rows)


def arc_contest(name: str, title: str, arcs: Arcs, checked: int) -> Contest:
    second = "STM, relative" if arcs.stm else ""
    return Contest(name, title, "mm", 1.0, truth(arcs, checked), arc_error, checked, second)


@workload
def shared(quick: bool) -> tuple[Contest, list[Contender]]:
    """Trans-lunar arcs, one start epoch."""
    arcs = translunar(4096)
    contest = arc_contest("shared", "Trans-lunar 4.2 d, shared epoch", arcs, 128)
    return contest, our_contenders(arcs, 4096, quick) + heyoka_contenders(arcs, 2048, 8, quick)


@workload
def stm(quick: bool) -> tuple[Contest, list[Contender]]:
    """The same with state-transition matrices."""
    arcs = translunar(2048, stm=True)
    contest = arc_contest("stm", "Trans-lunar 4.2 d with STM", arcs, 64)
    return contest, our_contenders(arcs, 2048, quick) + heyoka_contenders(arcs, 256, 15, quick)


@workload
def epochs(quick: bool) -> tuple[Contest, list[Contender]]:
    """Every row its own start, over 30 days; and the shared rate beside it."""
    arcs = translunar(2048, window_days=30.0)
    contest = arc_contest("epochs", "Trans-lunar 4.2 d, own epochs over 30 d", arcs, 64)
    return contest, our_contenders(arcs, 2048, quick) + heyoka_contenders(arcs, 1024, None, quick)


@workload
def moon8(quick: bool) -> tuple[Contest, list[Contender]]:
    """The Moon as a field of degree and order 8."""
    arcs = translunar(1024, degree=8)
    contest = arc_contest("moon8", "Trans-lunar 4.2 d, 8x8 Moon", arcs, 64)
    return contest, our_contenders(arcs, 1024, quick) + heyoka_contenders(arcs, 128, 6, quick)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="lunarplan on one core against heyoka batch, few turns")
    parser.add_argument("--only", action="append", choices=sorted(WORKLOADS), metavar="NAME", help="one workload")
    parser.add_argument("--repeats", type=int, help="turns (5 with --quick, else 15)")
    parser.add_argument("--ledger", action="store_true", help="append the results to LEDGER.md")
    options = parser.parse_args()
    repeats = options.repeats or (5 if options.quick else 15)
    print(machine())
    tables = []
    for name in options.only or WORKLOADS:
        contest, contenders = WORKLOADS[name](options.quick)
        results = compete(contest, contenders, repeats)
        tables.append(table(contest, results))
        print("\n" + tables[-1], flush=True)
        if options.ledger:
            record(results, contest)


if __name__ == "__main__":
    main()
