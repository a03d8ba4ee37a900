"""Ways home to a place, round trips, turned planes, the staging table: what each costs, and how well it closes.

    python benchmarks/ways_home.py             # half a minute
    python benchmarks/ways_home.py --ledger    # and remember it

Times are CPU times of this process, all threads, least of some turns, per converged row; beside them the wall clock.
Errors: the largest miss of rows flown again by the public propagator at 1e-14, at the entry interface.
"""

from __future__ import annotations

import argparse
import os
import time
from typing import Any

import numpy as np
from contest import LEDGER, commit, machine
from more_transfers import DAY, FORCES, START, flown, row, timed

from lunarplan.orbits.catalogue import family
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.flight import InThreeBody
from lunarplan.transfers.flybys.round_trip import round_trip
from lunarplan.transfers.ground_range import SplashdownPlace
from lunarplan.transfers.home.splashdown import splashdown_problem, splashdown_returns
from lunarplan.transfers.stations.low_orbit_plane import cheapest_to_plane
from lunarplan.transfers.stations.rendezvous import phasing
from lunarplan.transfers.stations.staging import staging_table

PERIOD_S = 6.562 * DAY


def places(n: int = 1_000) -> str:
    rng = np.random.default_rng(1)
    out = rng.normal(size=(n, 3))
    out *= 20_000.0 / np.linalg.norm(out, axis=1, keepdims=True)
    states = np.concatenate([out, 0.3 * rng.normal(size=(n, 3))], axis=1)
    batch = splashdown_problem(
        states,
        START + 300.0 * DAY * rng.random(n),
        3.5 * DAY,
        latitude_deg=32.4,
        longitude_deg=-118.0,
        range_km=8_000.0,
    )
    found, cpu, wall = timed(lambda: splashdown_returns(batch, FORCES))
    k = np.flatnonzero(found.ok)
    end = found.departure_tdb[k] + found.tof_s[k]
    there = flown(found.departing_states[k], found.departure_tdb[k], end, "moon")
    there += FORCES.source.position("moon", "earth", end)
    return row("returns to a place, from 20,000 km, anyhow", found, there - found.entry.states[k, :3], cpu, wall)


def trip() -> str:
    orbit = family("DRO", EARTH_MOON_384400).select(period_days=13.916)
    place = SplashdownPlace(28.9, -118.0, 6_250.0)
    found, cpu, wall = timed(
        lambda: round_trip(
            orbit, "2022-11-16T08:34:00", 25.36, least_stay_days=6.0, parking_inclination_deg=30.5, splashdown=place,
            return_inclination_deg=85.73, forces=FORCES,
        )
    )  # fmt: skip
    cost = 1e3 * found.delta_v_km_s[1:].sum()
    return alone(f"Artemis I out and home, all phases tried: {cost:.1f} m/s, 721.4 flown", cpu, wall)


def turned() -> str:
    station = carry(family("L2 halo south", EARTH_MOON_384400).select(resonance="9:2"), START, revolutions=4.0)
    found, cpu, wall = timed(lambda: cheapest_to_plane(station, START, START + PERIOD_S, 43_200.0, node_deg=60.0))
    return alone(f"9:2 orbit to a polar orbit of a given node: {1e3 * found.delta_v_km_s.sum():.1f} m/s", cpu, wall)


def table() -> str:
    found, cpu, wall = timed(lambda: staging_table(InThreeBody()))
    return alone(f"{len(found)} staging orbits to low orbits, three bodies", cpu, wall)


def loiters() -> str:
    orbit = family("L2 halo south", EARTH_MOON_384400).select(resonance="9:2")
    station, craft = (carry(orbit, START, revolutions=5.0, phase=phase) for phase in (0.0, -0.05))
    found, cpu, wall = timed(lambda: phasing(craft, station, START + 0.05 * PERIOD_S, PERIOD_S, (0.5, 1.0, 1.5, 2.0)))
    costs = ", ".join(f"{loiter.delta_v_m_s:.0f}" for loiter in found)
    return alone(f"phasing by a twentieth in 0.5 to 2 revolutions: {costs} m/s", cpu, wall)


def alone(name: str, cpu: float, wall: float) -> str:
    return f"{name} | converged | {cpu:.2f} s CPU | {wall:.2f} s wall | | |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ledger", action="store_true", help="append to LEDGER.md")
    asked: Any = parser.parse_args()
    load = os.getloadavg()[0]
    rows = [part() for part in (places, trip, turned, table, loiters)]
    print("\n".join(rows), f"\nload of the machine before: {load:.1f}")
    if asked.ledger:
        head = f"| {time.strftime('%Y-%m-%d')} | {commit()} | {machine()} | ways home | "
        with LEDGER.open("a", encoding="utf-8") as ledger:
            ledger.writelines(f"{head}{row} |\n" for row in rows)


if __name__ == "__main__":
    main()
