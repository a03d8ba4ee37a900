"""Free returns, returns, sorties, descents, landings: what one costs, and by how much it misses when flown again.

    python benchmarks/more_transfers.py             # a minute
    python benchmarks/more_transfers.py --ledger    # and remember it

Times are CPU times of this process, all threads, least of some turns, per converged row; beside them the wall clock.
The error is the largest miss of rows flown again by the public propagator at 1e-14, in km: at the entry interface, at
the low orbit, at the powered flyby; of landings and ascents, with their steering, at the place and in the plane.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from contest import LEDGER, commit, machine

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import turned
from lunarplan.model.propagation import propagate
from lunarplan.model.surface import Place
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.free_returns.free_return import free_return_problem, free_returns
from lunarplan.transfers.home.earth_return import earth_returns, return_problem
from lunarplan.transfers.stations.low_orbit import LowOrbitTransfers
from lunarplan.transfers.stations.sortie import Lander, sorties
from lunarplan.transfers.surface.descent import powered_descent
from lunarplan.transfers.surface.landing import Stage, land_from

START = float(tdb_seconds("2028-01-01T00:00:00"))
DAY = 86_400.0
FORCES = ForceModel()
TURNS = 3


def timed(make: Callable[[], Any]) -> tuple[Any, float, float]:
    """What is made, the least CPU time of some turns, and the wall clock of that turn."""
    took = []
    for _ in range(TURNS):
        cpu, wall = time.process_time(), time.perf_counter()
        made = make()
        took.append((time.process_time() - cpu, time.perf_counter() - wall))
    return made, *min(took)


def flown(states: Any, start: Any, end: Any, center: str) -> Any:
    run = propagate(states, start, end, forces=FORCES, center=center, tolerance=1e-14, stop_at_impact=False)
    return run.require().states[:, :3]


def free() -> str:
    days = START + DAY * np.arange(365)
    batch = free_return_problem(days, perilune_altitude_km=6_500.0)
    found, cpu, wall = timed(lambda: free_returns(batch, FORCES))
    t = found.problem.perilune_tdb
    miss = flown(found.injection_states, found.injection_tdb, t, "earth") - FORCES.source.position("moon", "earth", t)
    return row("free returns, a year of days", found, miss - found.perilune_states[:, :3], cpu, wall)


def homewards(n: int = 2_000) -> str:
    rng = np.random.default_rng(1)
    out = rng.normal(size=(n, 3))
    out *= 20_000.0 / np.linalg.norm(out, axis=1, keepdims=True)
    states = np.concatenate([out, 0.3 * rng.normal(size=(n, 3))], axis=1)
    batch = return_problem(
        states, START + 300.0 * DAY * rng.random(n), 3.5 * DAY, inclination_deg=rng.uniform(30.0, 80.0, n)
    )
    found, cpu, wall = timed(lambda: earth_returns(batch, FORCES))
    k = np.flatnonzero(found.ok)
    p = found.problem.rows(k)
    there = flown(found.departing_states[k], p.departure_tdb, p.entry_tdb, "moon")
    there += FORCES.source.position("moon", "earth", p.entry_tdb)
    return row("returns from 20,000 km, anyhow", found, there - found.entry.states[k, :3], cpu, wall)


def trips() -> str:
    orbit = family("L2 halo south", EARTH_MOON_384400).select(resonance="9:2")
    station = carry(orbit, START - 2.0 * DAY, years=1.12, forces=FORCES)
    _ = station.trajectory
    lander = Lander(90e3, 350.0, 40e3, 60e3, 350.0, 18e3)
    found, cpu, wall = timed(
        lambda: sorties(station, START + DAY * np.arange(365), Place(-89.4, 222.0, 1.5), lander, forces=FORCES)
    )
    grounded = np.concatenate([found.descent.miss_km, found.ascent.miss_km])[:, None]
    coasts = np.concatenate([low_orbit_miss(found.down, 1.0), low_orbit_miss(found.up, -1.0)])
    misses = np.concatenate([coasts, grounded * [1.0, 0.0, 0.0]])
    return row("sorties from the 9:2 orbit to the pole and back, a year of days", found, misses, cpu, wall)


def low_orbit_miss(leg: LowOrbitTransfers, sense: float) -> Any:
    start = leg.staging_states.copy()
    start[:, 3:] += sense * leg.staging_burn_km_s
    return flown(start, leg.staging_tdb, leg.perilune_tdb, "moon") - leg.perilune_states[:, :3]


def descents(n: int = 1_000) -> str:
    thrust = np.linspace(30e3, 120e3, n)
    found, cpu, wall = timed(lambda: powered_descent(thrust, 311.0, 15_000.0))
    p = found.braking.problem
    end = found.braking.path()[1].radius[-1] - p.end_radius
    return row("powered descents", found, end[found.ok, None], cpu, wall)


def landings(n: int = 200) -> str:
    """From low orbits up to 60 km beside a site, in the field of degree 50, each flown again."""
    forces, radius = ForceModel(moon_degree=50), 1837.4
    aside = np.linspace(-60.0, 60.0, n) / RADIUS_KM["moon"]
    speed = np.sqrt(forces.gm("moon") / radius)
    place = [np.cos(aside), np.zeros(n), np.sin(aside)]
    fixed = np.column_stack([radius * np.stack(place, axis=1), np.zeros(n), np.full(n, speed), np.zeros(n)])
    states = turned(fixed, np.full(n, START), "moon_me", "icrf", forces.source)
    stage = Stage(45_000.0, 311.0, 15_000.0)
    found, cpu, wall = timed(
        lambda: land_from(states, START, Place(0.0, 0.0), stage, revolutions_ahead=0.0, forces=forces)
    )
    return row("landings at a site, field of degree 50", found, found.miss_km[found.ok, None], cpu, wall)


def row(name: str, found: Any, misses: Any, cpu: float, wall: float) -> str:
    n, ok = len(found.ok), int(found.ok.sum())
    worst = float(np.linalg.norm(misses, axis=1).max())
    each = 1e3 * cpu / ok
    return f"{name} | {ok:,} of {n:,} converged; {1e6 * worst:.1e} mm | {each:.3f} ms CPU | {wall:.2f} s wall | | |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", action="store_true", help="append to LEDGER.md")
    asked = parser.parse_args()
    load = os.getloadavg()[0]
    rows = [part() for part in (free, homewards, trips, descents, landings)]
    print("\n".join(rows), f"\nload of the machine before: {load:.1f}")
    if asked.ledger:
        head = f"| {time.strftime('%Y-%m-%d')} | {commit()} | {machine()} | more transfers | "
        with LEDGER.open("a", encoding="utf-8") as ledger:
            ledger.writelines(f"{head}{row} |\n" for row in rows)


if __name__ == "__main__":
    main()
