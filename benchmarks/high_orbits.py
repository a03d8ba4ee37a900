"""Free returns from a long ellipse about the Earth, corrections on the way, aborts: what a converged one costs.

    python benchmarks/high_orbits.py             # half a minute
    python benchmarks/high_orbits.py --ledger    # and remember it

Times and errors are those of `more_transfers.py`: CPU of this process, all threads, least of some turns, per converged
row; the largest miss of rows flown again.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from contest import LEDGER, commit, machine
from more_transfers import DAY, FORCES, START, flown, row, timed

from lunarplan.model.trajectory import fly
from lunarplan.transfers.aborts.aborts import aborts
from lunarplan.transfers.free_returns.free_return import free_return_problem, free_returns
from lunarplan.transfers.free_returns.high_orbit import high_orbit_returns
from lunarplan.transfers.free_returns.high_orbit_problem import high_orbit_problem
from lunarplan.transfers.free_returns.midcourse import restorations
from lunarplan.transfers.launch import LaunchTie

PAD = LaunchTie.from_site("ksc-39b")


def from_the_pad(name: str, **engine: float) -> str:
    batch = high_orbit_problem(START + DAY * np.arange(365), perilune_altitude_km=6_500.0, **engine)
    found, cpu, wall = timed(lambda: high_orbit_returns(batch, PAD, FORCES))
    k = np.flatnonzero(found.ok)
    one = found.rows(k)
    t = one.perilune_tdb
    miss = flown(one.injection_states, one.injection_tdb, t, "earth") - FORCES.source.position("moon", "earth", t)
    return row(name, found, miss - one.perilune_states[:, :3], cpu, wall)


def corrections() -> str:
    meant = free_returns(free_return_problem(START, perilune_altitude_km=1_500.0), FORCES).require()
    start, perilune = float(meant.injection_tdb[0]), float(meant.problem.perilune_tdb[0])
    state = meant.injection_states[0].copy()
    state[3:] *= 1.0 + 1e-7
    flight, epochs = (
        fly(state, start, perilune - 7_200.0, FORCES),
        np.linspace(start + 3_600.0, perilune - 14_400.0, 200),
    )
    found, cpu, wall = timed(lambda: restorations(flight, epochs, meant))
    burnt = found.burn_states.copy()
    burnt[:, 3:] += found.burn_km_s
    miss = flown(burnt, epochs, found.perilune_tdb, "moon") - found.perilune_states[:, :3]
    return row("corrections back onto a free return", found, miss, cpu, wall)


def ways_out() -> str:
    one = high_orbit_returns(high_orbit_problem(START, perilune_altitude_km=6_500.0), PAD, FORCES).require()
    path = one.trajectory()
    moments = np.arange(path.start_tdb + 3_600.0, path.end_tdb - 3_600.0, 6.0 * 3_600.0)
    table, cpu, wall = timed(lambda: aborts(path, moments, forces=FORCES))
    misses: Any = np.concatenate([table.fastest.closure_km, table.cheapest.closure_km])[:, None]
    return row("aborts of a flight from a long ellipse, moments every 6 h", table, misses, cpu, wall)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", action="store_true", help="append to LEDGER.md")
    asked = parser.parse_args()
    rows = [
        from_the_pad("free returns from a long ellipse, a year of days, from the pad"),
        from_the_pad("the same, the injection burning for 5.5 min", thrust_n=26_700.0, mass_kg=25_800.0),
        corrections(),
        ways_out(),
    ]
    print("\n".join(rows))
    if asked.ledger:
        head = f"| {time.strftime('%Y-%m-%d')} | {commit()} | {machine()} | high orbits | "
        with LEDGER.open("a", encoding="utf-8") as ledger:
            ledger.writelines(f"{head}{line} |\n" for line in rows)


if __name__ == "__main__":
    main()
