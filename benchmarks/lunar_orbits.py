"""Lives of low lunar orbits: what a day of one costs at degree and order 50, and what it is worth.

90 days of circular orbits of 60 to 120 km, all inclinations and nodes, Earth and Sun included, mean elements and
extremes of altitude kept. Milliseconds per orbit and day it lived: of the CPU for one thread, of the wall clock for
all. The accuracy is that of the lowest altitude of the last day, of the orbits alive, against the tightest tolerance;
and how many days the lives of the others are off.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import dataclass, field

import contest
import numpy as np

from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.orbits.history import OrbitHistory, orbit_history
from lunarplan.orbits.lunar_axes import orbit_states

EPOCH = "2027-01-01"
DEGREE = 50
FORCES = ForceModel(moon_degree=DEGREE)
TRUTH = 1e-13


@dataclass
class Row:
    """A line of the table and of the ledger."""

    who: str
    accuracy: str = ""
    seconds: list[float] = field(default_factory=list)
    orbit_days: float = 1.0
    target: str = ""

    def __str__(self) -> str:
        ms = [1e3 * s / self.orbit_days for s in self.seconds]
        low, high = np.percentile(ms, [25, 75])
        spread = 50.0 * (high - low) / statistics.median(ms)
        return (
            f"| {self.who} | {self.accuracy} | {min(ms):.3g} | {statistics.median(ms):.3g} | {spread:.0f} % "
            f"|  | {self.target} |"
        )

    @property
    def ms(self) -> float:
        return 1e3 * min(self.seconds) / self.orbit_days


def orbits(rows: int) -> np.ndarray:
    rng = np.random.default_rng(7)
    altitude, inclination, node = rng.uniform([60.0, 5.0, 0.0], [120.0, 175.0, 360.0], (rows, 3)).T
    return orbit_states(altitude, altitude, inclination, node, 0.0, EPOCH)


def lives(x: np.ndarray, days: float, tolerance: float, turns: int, workers: int | None) -> tuple[Row, OrbitHistory]:
    row = Row(f"{len(x)} orbits, tolerance {tolerance:.0e}, {workers or 'all'} thread(s)")
    clock = time.process_time if workers == 1 else time.perf_counter
    for _ in range(turns):
        begin = clock()
        flown = orbit_history(x, EPOCH, days, forces=FORCES, tolerance=tolerance, workers=workers)
        row.seconds.append(clock() - begin)
    row.orbit_days = float(flown.life_days.sum())
    return row, flown


def judged(row: Row, flown: OrbitHistory, truth: OrbitHistory) -> Row:
    alive, n = flown.alive & truth.alive, len(flown.fate)
    low = np.abs(flown.lowest_altitude_km[alive, -1] - truth.lowest_altitude_km[alive[:n], -1])
    off = np.abs(flown.life_days - truth.life_days)
    row.accuracy = f"{1e3 * low.max(initial=0.0):.2g} m in altitude ({alive.sum()} alive), lives to {off.max():.2g} d"
    return row


def bare(x: np.ndarray, days: float, tolerance: float, turns: int) -> Row:
    """The propagator alone, without means, extremes or pieces, over days in which nobody ends."""
    start = float(tdb_seconds(EPOCH))
    row = Row(f"{len(x)} orbits, the propagator alone, {days:g} d", orbit_days=len(x) * days)
    for _ in range(turns):
        begin = time.process_time()
        propagate(
            x, start, start + days * SECONDS_PER_DAY, forces=FORCES, center="moon", tolerance=tolerance, workers=1
        )
        row.seconds.append(time.process_time() - begin)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="30 days, one turn")
    parser.add_argument("--ledger", action="store_true", help="append the results to LEDGER.md")
    options = parser.parse_args()
    days, turns = (30.0, 1) if options.quick else (90.0, 3)
    print(f"{contest.machine()}, commit {contest.commit()}, numpy {np.__version__}")
    every = orbits(32)
    orbit_history(every, EPOCH, 0.1, forces=FORCES)  # compiled
    orbit_history(every[:1], EPOCH, 0.1, forces=FORCES)
    truth = lives(every[:16], days, TRUTH, 1, None)[1]
    rows = [
        judged(*lives(every[:16], days, tolerance, turns, 1), truth) for tolerance in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12)
    ]
    rows.append(lives(every[:1], days, 1e-9, turns, 1)[0])
    rows.append(lives(every, days, 1e-9, turns, None)[0])
    short = lives(every[:16], 3.0, 1e-9, turns, 1)[0]
    short.who += ", 3 d"
    rows += [short, bare(every[:16], 3.0, 1e-9, turns)]
    rows[-2].target = f"bookkeeping {100 * (rows[-2].ms / rows[-1].ms - 1):.0f} %"
    print("\n| who | accuracy | ms per orbit-day, least | median | +- | slower by | target |")
    print("|---" * 7 + "|")
    print("\n".join(map(str, rows)))
    if options.ledger:
        head = f"| {time.strftime('%Y-%m-%d')} | {contest.commit()} | {contest.machine()} | lunar orbits, ms per day "
        with contest.LEDGER.open("a", encoding="utf-8") as ledger:
            ledger.writelines(f"{head}{row}\n" for row in rows)


if __name__ == "__main__":
    main()
