"""Orbits in the ephemeris for years: what they cost against revolutions, and how well they hold.

    python benchmarks/long_orbits.py             # a minute
    python benchmarks/long_orbits.py --ledger    # and remember it

Times are CPU times of this process, all threads, least of some turns; beside them the wall clock of that turn.
Errors: the widest gap between arcs, flown again by the public propagator at a tenth of the tolerance; and a sample of
arcs flown by scipy's DOP853, with places by jplephem and a field by complex steps, about the Earth.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from contest import LEDGER, commit, machine

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests import naive
from tests.orbits.periodic import DRO, NRHO, oracle

from lunarplan.model.propagation import propagate
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.eclipses import eclipse_phases, eclipses
from lunarplan.orbits.long_orbit import EphemerisOrbit, carry
from lunarplan.orbits.station_keeping import STATION_ERRORS, Strategy, keep
from lunarplan.orbits.units import EARTH_MOON_384400

START = "2025-06-01T00:00:00"
REVOLUTIONS = (50, 100, 200, 400, 835, 1390)
TURNS = 3
LINEAR_WITHIN = 1.5  # least to most CPU time of a revolution, from a hundred of them on
LIMIT_S = 300.0  # promised for 15 years, on two cores


def timed(make: Callable[[], Any], turns: int = TURNS) -> tuple[Any, float, float]:
    """What is made, the least CPU time of some turns, and the wall clock of that turn."""
    took = []
    for _ in range(turns):
        cpu, wall = time.process_time(), time.perf_counter()
        made = make()
        took.append((time.process_time() - cpu, time.perf_counter() - wall))
    return made, *min(took)


def gap_mm(orbit: EphemerisOrbit) -> float:
    again = propagate(
        orbit.states[:-1], orbit.tdb[:-1], orbit.tdb[1:], forces=orbit.forces, center="moon", tolerance=1e-14
    ).require()
    return float(1e6 * np.linalg.norm((again.states - orbit.states[1:])[:, :3], axis=1).max())


def scipy_mm(orbit: EphemerisOrbit, arcs: int, seed: int = 1) -> float:
    worst, known = 0.0, orbit.forces.source
    for k in np.random.default_rng(seed).choice(len(orbit.tdb) - 1, arcs, replace=False):
        start, end = orbit.states[k : k + 2] + known.state("moon", "earth", orbit.tdb[k : k + 2])
        flown = naive.propagate(oracle(orbit.forces), start, orbit.tdb[k], orbit.tdb[k + 1])
        worst = max(worst, float(1e6 * np.linalg.norm(flown[:3] - end[:3])))
    return worst


def growth() -> list[str]:
    rows, each = [], []
    for n in REVOLUTIONS:
        orbit, cpu, wall = timed(lambda n=n: carry(NRHO, START, revolutions=n))
        radius = orbit.perilunes.radius_km
        each.append(1e3 * cpu / n)
        rows.append(
            f"9:2 NRHO, {n:,} revolutions | gaps {gap_mm(orbit):.1e} mm; perilune {radius.min():.0f} to "
            f"{radius.max():.0f} km; {orbit.steps} steps | {spent(cpu, wall)} | {each[-1]:.2f} ms a revolution |"
        )
    spread = max(each[1:]) / min(each[1:])
    rows.append(f"growth | | | | | {spread:.2f}x | linear within {LINEAR_WITHIN}x {met(spread <= LINEAR_WITHIN)}")
    return rows


def promised() -> list[str]:
    rows = []
    for name, orbit, years in (("9:2 NRHO", NRHO, 15), ("2:1 DRO", DRO, 10)):
        real, cpu, wall = timed(lambda o=orbit, y=years: carry(o, START, years=y))
        low, high = real.perilunes.radius_km.min(), real.perilunes.radius_km.max()
        rows.append(
            f"{name}, {years} years | gaps {gap_mm(real):.1e} mm, by scipy {scipy_mm(real, 12):.1e} mm; perilune "
            f"{low:.0f} to {high:.0f} km | {spent(cpu, wall)} | | <= {LIMIT_S:.0f} s {met(wall <= LIMIT_S)}"
        )
    return rows


def in_the_sun() -> list[str]:
    phases, cpu, wall = timed(lambda: eclipse_phases(NRHO, START, years=15), 1)
    orbit = carry(NRHO, START, years=15, phase=phases.best)
    both, seen_cpu, seen_wall = timed(lambda: [eclipses(orbit, body) for body in ("earth", "moon")], 1)
    longest = both[1].longest_s / 60.0
    return [
        f"72 phases, 15 years | best {phases.best:.3f}; elsewhere the Earth hides the Sun for up to "
        f"{phases.longest_s.max() / 60:.0f} min | {spent(cpu, wall)} | |",
        f"eclipses of 15 years | {len(both[0])} by the Earth, {len(both[1])} by the Moon, longest {longest:.0f} min "
        f"| {spent(seen_cpu, seen_wall)} | | < 90 min {met(longest < 90.0)}",
    ]


def upkeep(samples: int = 100) -> list[str]:
    halo = family("L2 halo south", EARTH_MOON_384400).select(period_days=13.35)
    rows = []
    for name, orbit, strategy, errors, published in (
        ("9:2 NRHO, station's navigation", NRHO, Strategy(), STATION_ERRORS, "1 to 5"),
        ("9:2 NRHO", NRHO, Strategy(), None, "1.63, steering every component every 2 days"),
        ("halo of 13.35 d", halo, Strategy(6, 1.0), None, "1.15"),
        ("2:1 DRO", DRO, Strategy(2, 1.5, 0.1, 1000.0), None, "0.82"),
    ):
        reference = carry(orbit, START, years=1.3)
        kept, cpu, wall = timed(
            lambda r=reference, s=strategy, e=errors: keep(r, years=1, samples=samples, strategy=s, errors=e), 1
        )
        five, median, most = np.percentile(kept.m_s_year[kept.ok], [5, 50, 95])
        rows.append(
            f"upkeep, {name}, {samples} years | mean {kept.mean_m_s_year:.2f} m/s a year; 5, 50, 95 %: {five:.2f}, "
            f"{median:.2f}, {most:.2f}; {kept.ok.sum()} kept | {spent(cpu, wall)} | | published {published}"
        )
    return rows


def spent(cpu: float, wall: float) -> str:
    return f"{cpu:.2f} s CPU | {wall:.2f} s wall | "


def met(kept: bool) -> str:
    return "met" if kept else "MISSED"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", action="store_true", help="append to LEDGER.md")
    asked = parser.parse_args()
    carry(NRHO, START, revolutions=3)  # kernels are loaded
    load = os.getloadavg()[0]
    rows = [row for part in (growth, promised, in_the_sun, upkeep) for row in part()]
    print("\n".join(rows), f"\nload of the machine before: {load:.1f}")
    if asked.ledger:
        head = f"| {time.strftime('%Y-%m-%d')} | {commit()} | {machine()} | long orbits | "
        with LEDGER.open("a", encoding="utf-8") as ledger:
            ledger.writelines(f"{head}{row} |\n" for row in rows)


if __name__ == "__main__":
    main()
