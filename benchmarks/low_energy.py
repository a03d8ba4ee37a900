"""Low-energy transfers: arrivals flown backwards, corrections, least burns; what one costs, and scipy on the same.

    python benchmarks/low_energy.py             # half a minute, and half a minute more for scipy
    python benchmarks/low_energy.py --no-scipy
    python benchmarks/low_energy.py --ledger    # and remember it

Times and errors are those of `more_transfers.py`: CPU of this process, all threads, least of some turns, per converged
row; the largest gap between the two arcs of a row, both flown again by Runge-Kutta 8(5,3). No other program at hand
corrects these transfers. scipy's `root` gets the first guess of one that converges, the same variables and targets, the
same forces from jplephem; it needs as many equations as variables: node and epoch at the Moon are held where they came
out, and it starts from a fiftieth of the way to the guess.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from contest import LEDGER, commit, machine
from more_transfers import DAY, row, timed

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, row_inputs
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.low_energy.transfers import (
    LowEnergyGuesses,
    LowEnergyTransfers,
    ToLowOrbit,
    low_energy_guesses,
    low_energy_transfers,
)

FORCES = ForceModel(moon_degree=0, earth_zonal=0)
ORBIT = ToLowOrbit(100.0, 90.0)
PAD = LaunchTie.from_site("cape-slc-40")
START = float(tdb_seconds("2028-06-01"))
SAMPLES = 50_000
OPTIONS = {"maxiter": 90, "xtol": 1e-9, "ftol": 1e-12, "eps": 1e-8}


def searched() -> LowEnergyGuesses:
    return low_energy_guesses(
        ORBIT, START, START + 14.0 * DAY, parking_inclination_deg=28.6, samples=SAMPLES, forces=FORCES
    )


def search() -> tuple[str, LowEnergyGuesses]:
    begin, cpu = time.perf_counter(), time.process_time()
    found = searched()
    wall, cpu = time.perf_counter() - begin, time.process_time() - cpu
    told = f"{len(found)} guesses of {SAMPLES} arrivals"
    return f"arrivals flown back for 150 d | {told} | {1e3 * cpu / SAMPLES:.3f} ms CPU | {wall:.2f} s wall | | |", found


def gaps(found: LowEnergyTransfers) -> Any:
    """By how far the arcs of converged rows miss one another, [n, 3], km, by another integrator."""
    k = np.flatnonzero(found.ok)
    ends = []
    for states, tdb, center in (
        (found.injection_states, found.injection_tdb, "earth"),
        (found.arrival_states, found.arrival_tdb, "moon"),
    ):
        run = Run(FORCES, center, 1e-14, 0, False, steered=True, continues=center == "moon")
        end, *_ = run.batch(states[k].copy(), tdb[k], found.meet_tdb[k], row_inputs(len(k), FORCES, None))
        ends.append(end[:, :3])
    return ends[0] - ends[1] - FORCES.source.position("moon", "earth", found.meet_tdb[k])


def solved(name: str, guesses: LowEnergyGuesses, **options: Any) -> tuple[str, LowEnergyTransfers]:
    found, cpu, wall = timed(lambda: low_energy_transfers(guesses, FORCES, **options))
    return row(name, found, gaps(found), cpu, wall), found


def flight() -> Any:
    """State about the Earth at the end of a flight, by scipy's DOP853 with bodies by jplephem."""
    from jplephem.spk import SPK
    from peer_programs import de440
    from scipy.integrate import solve_ivp

    kernel = SPK.open(de440())
    gm = {body: FORCES.gm(body) for body in FORCES.bodies}

    def rate(t: float, s: Any, start: float) -> Any:
        when = 2451545.0, (start + t) / DAY
        barycenter, earth = kernel[0, 3].compute(*when), kernel[3, 399].compute(*when)
        places = {
            "moon": kernel[3, 301].compute(*when) - earth,
            "sun": kernel[0, 10].compute(*when) - barycenter - earth,
        }
        a = -gm["earth"] * s[:3] / np.linalg.norm(s[:3]) ** 3
        for body, place in places.items():
            d = s[:3] - place
            a -= gm[body] * (d / np.linalg.norm(d) ** 3 + place / np.linalg.norm(place) ** 3)
        return np.concatenate([s[3:], a])

    def fly(state: Any, start: float, end: float) -> Any:
        scale = np.repeat([1e-5, 1e-10], 3)
        return solve_ivp(rate, (0.0, end - start), state, "DOP853", rtol=1e-10, atol=scale, args=(start,)).y[:, -1]

    return fly


def by_scipy(guesses: LowEnergyGuesses, found: LowEnergyTransfers, share: float) -> str:
    """The cheapest transfer: node and epoch at the Moon held, the other six variables found.

    share : of the way from the solution to the first guess, where it starts
    """
    from scipy.optimize import root

    from lunarplan.transfers.low_energy.shooting import Frame, Shooting

    k = int(found.cheapest()[0])
    here, one = np.array([0]), found.rows(np.array([k]))
    frame = Frame(one.meet_tdb, one.injection_tdb, one.arrival_tdb)
    shooting = Shooting(frame, guesses.parking, ORBIT, FORCES, hold_arrival=True, tolerance=1e-10, workers=1)
    x = np.concatenate([guesses.injection[k], guesses.arrival[k]])
    came_out, places, scale = one.solution.x[0], [0, 1, 2, 3, 5, 6], np.array([v.scale for v in shooting.free])
    fly, calls = flight(), [0]

    def equations(y: Any) -> Any:
        calls[0] += 1
        z = came_out.copy()
        z[places] += share * (x - came_out)[places] + y * scale[places]
        start, end = shooting.injection(z[None], here)[0][0], shooting.arrival(z[None], here)[0][0]
        end = end + FORCES.source.state("moon", "earth", z[7])
        gap = fly(start, z[3], one.meet_tdb[0]) - fly(end, z[7], one.meet_tdb[0])
        return gap / np.repeat([1e4, 1e-2], 3)

    cpu, wall = time.process_time(), time.perf_counter()
    answer = root(equations, np.zeros(6), method="lm", options=OPTIONS)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    miss = 1e4 * float(np.linalg.norm(answer.fun[:3]))
    told = f"{calls[0]} calls, {'converged' if answer.success else 'not converged'}; {1e6 * miss:.1e} mm"
    return f"scipy root, DOP853, one transfer from near by | {told} | {1e3 * cpu:.0f} ms CPU | {wall:.2f} s wall | | |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", action="store_true", help="append to LEDGER.md")
    parser.add_argument("--no-scipy", action="store_true", help="leave scipy out")
    asked = parser.parse_args()
    searched()  # compiled
    line, guesses = search()
    rows = [line]
    line, held = solved("corrections from these guesses", guesses, hold_arrival=True, least_burn=False)
    rows.append(line)
    some = held.guesses(held.distinct()[:100])
    line, _ = solved("a hundred of them tied to a launch site", some, launch=PAD, least_burn=False)
    rows.append(line)
    line, _ = solved("and their insertions made least", some, launch=PAD)
    rows.append(line)
    if not asked.no_scipy:
        rows.append(by_scipy(guesses, held, 0.02))
    print("\n".join(rows))
    if asked.ledger:
        head = f"| {time.strftime('%Y-%m-%d')} | {commit()} | {machine()} | low energy | "
        with LEDGER.open("a", encoding="utf-8") as ledger:
            ledger.writelines(f"{head}{line} |\n" for line in rows)


if __name__ == "__main__":
    main()
