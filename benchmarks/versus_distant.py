"""Launch windows to distant orbits: what a cell costs, how well it closes, and what routes cost one by one.

    python benchmarks/versus_distant.py [--quick] [--only NAME]... [--ledger]

Cells are launches from LC-39B due east, both opportunities, 4.5 and 5.5 days to a powered flyby at 130 km, and on to an
orbit in eight phases: the 9:2 NRHO from 2028-01-05 (half a day to two days beyond the Moon) and a DRO of 70,000 km from
2022-11-10 (three to six days). Times are CPU time of one core, warm.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import contest
import numpy as np
from versus_windows import Row, met, record, show

from lunarplan.errors import LunarplanError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.propagation import Run, row_inputs
from lunarplan.model.sites import launch_site
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.flybys import equations as eq
from lunarplan.transfers.flybys.powered_flyby import to_distant_orbit
from lunarplan.transfers.flybys.routes import Asked, FlybyRoutes, flyby_routes
from lunarplan.transfers.launch import ParkingOrbits
from lunarplan.transfers.route import Burn, Injection, OnPath, Route, optimise
from lunarplan.windows.distant import DistantLaunches, StationVisits, stations_on

CLOSURE_M, SAME_M_S, FLAT, CELL_S = 10.0, 0.5, 1.2, 1.0
ORBITS: dict[str, tuple[str, dict[str, Any], str, tuple[float, float]]] = {
    "NRHO": ("L2 halo south", {"resonance": "9:2"}, "2028-01-05", (0.5, 2.0)),
    "DRO": ("DRO", {"x_amplitude_km": 70_000.0}, "2022-11-10", (3.0, 6.0)),
}
OUT_DAYS = 4.5, 5.5
A_DAY = 32  # cells
WORKLOADS: dict[str, Callable[[bool], list[Row]]] = {}


def workload(function: Callable[[bool], list[Row]]) -> Callable[[bool], list[Row]]:
    WORKLOADS[function.__name__] = function
    return function


@cache
def job(name: str, days: int = 90) -> DistantLaunches:
    kind, selection, first, beyond = ORBITS[name]
    last = str(np.datetime64(first) + days)
    orbit = family(kind, EARTH_MOON_384400).select(**selection)
    stations = stations_on(orbit, first, last, 45.0 * np.arange(8))
    return DistantLaunches(launch_site("ksc-39b"), stations, beyond, workers=1)


@cache
def visits(name: str, days: int) -> tuple[StationVisits, float]:
    """The routes of so many days, and the CPU time they take."""
    launches, first = job(name), ORBITS[name][2]
    grid = launches.grid(first, str(np.datetime64(first) + days - 1), out_days=OUT_DAYS)
    tie = launches.departure.tie(90.0)
    launches.visits(grid.cells(0, 4), tie)
    start = time.process_time()
    found = launches.visits(grid.cells(0, grid.size), tie)
    return found, time.process_time() - start


@workload
def speed(quick: bool) -> list[Row]:
    """A converged route for each cell, both orbits."""
    rows = []
    for name in ORBITS:
        found, seconds = visits(name, 8 if quick else 30)
        cells, ok = len(found.ok), int(found.ok.sum())
        best = 1e3 * np.nanmin(found.flyby_delta_v_km_s + found.insertion_delta_v_km_s)
        what = f"{ok:,} of {cells:,} cells have a route; cheapest flyby and insertion {best:.1f} m/s"
        rows.append(
            Row(f"ours, {name}", what, [seconds], cells, "", met(f"<= {CELL_S:g} s", seconds <= CELL_S * cells))
        )
    return rows


@workload
def growth(quick: bool) -> list[Row]:
    """Cost of a cell in scans of more and more days to the NRHO."""
    days = (4, 16) if quick else (4, 16, 64)
    each = {n: visits("NRHO", n)[1] / (A_DAY * n) for n in days}
    grown = max(each.values()) / each[days[0]]
    return [
        Row(
            f"ours, {A_DAY * n:,} cells", "", [s * A_DAY * n], A_DAY * n, f"{s / each[days[0]]:.2f}x",
            met(f"grows by at most {FLAT:g}x", grown <= FLAT) if n == days[-1] else "",
        )
        for n, s in each.items()
    ]  # fmt: skip


@workload
def closure(quick: bool) -> list[Row]:
    """A random tenth of the routes, both coasts flown again by Runge-Kutta 8(5,3)."""
    rows = []
    for name in ORBITS:
        found, _ = visits(name, 8 if quick else 30)
        ok = np.flatnonzero(found.ok)
        some = found.rows(np.sort(np.random.default_rng(1).choice(ok, max(20, len(ok) // 10), replace=False)))
        off = misses_m(some)
        accuracy = f"{len(some.ok)} routes: at the ends of coasts median {np.median(off):.2g} m, most {off.max():.2g} m"
        rows.append(Row(f"ours, {name}", accuracy, target=met(f"<= {CLOSURE_M:g} m", off.max() <= CLOSURE_M)))
    return rows


def misses_m(found: FlybyRoutes) -> np.ndarray:
    """By how much both coasts of each route miss their ends, float64[2 N]."""
    inputs, passing = row_inputs(len(found.ok), found.forces, None), found.problem.perilune_tdb
    earth, moon = (Run(found.forces, body, 1e-14, stop_at_impact=False, steered=True) for body in ("earth", "moon"))
    out, *_ = earth.batch(found.injection_states, found.injection_tdb, passing, inputs)
    out = out - found.forces.source.state("moon", "earth", passing) - found.perilune_states
    on, *_ = moon.batch(found.passed_states, passing, found.insertion_tdb, inputs)
    return 1e3 * np.linalg.norm(np.concatenate([out, on - found.station_states])[:, :3], axis=1)


@dataclass(frozen=True)
class TiedInjection(Injection):
    """An injection that passes over the launch site."""

    orbits: ParkingOrbits | None = None

    def ties(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert self.orbits is not None
        late, partials = self.orbits.lateness(x[:1], x[1:2], x[3:4])
        by = np.zeros((1, 4))
        by[0, [0, 1, 3]] = partials[0] / 600.0
        return late / 600.0, by


@workload
def one_by_one(quick: bool) -> list[Row]:
    """Routes by the optimiser of single ones: from ours, and from its own first guesses, all times free."""
    rows = []
    for name in ORBITS:
        found, seconds = visits(name, 8 if quick else 30)
        arrival = found.flyby_delta_v_km_s + found.insertion_delta_v_km_s
        cheap = np.argsort(np.where(found.ok, arrival, np.inf))[: 60 if quick else 200]
        chosen = np.sort(np.random.default_rng(2).choice(cheap, 4 if quick else 12, replace=False))
        ours = freed(name, found.rows(chosen))
        saved, off, took = [], [], []
        for k in range(len(chosen)):
            start = time.process_time()
            own = alone(name, found.rows(chosen[k : k + 1]))
            took.append(time.process_time() - start)
            if not ours.ok[k]:
                continue
            cost = 1e3 * float(ours.delta_v_km_s[k])
            if (near := improved(name, ours.rows(np.array([k])))) is not None:
                saved.append(cost - 1e3 * float(near.delta_v_km_s.sum()))
            if own is not None:
                off.append(cost - 1e3 * float(own.delta_v_km_s.sum()))
        same = sum(abs(x) < SAME_M_S for x in off)
        most = max(saved)
        text = f"{len(saved)} routes with free times, from ours it saves {most:.1e} m/s at most"
        words = (
            f"from its own guesses the same valley {same} times of {len(off)}, cheaper by up to {max(off):.0f} m/s, "
        )
        rows += [
            Row(f"ours, {name}", text, [seconds], len(found.ok), "", met(f"<= {SAME_M_S:g} m/s", most <= SAME_M_S)),
            Row(
                f"one by one, {name}", words + f"dearer by up to {-min(off):.0f}", took, 1,
                f"{statistics.median(took) / (seconds / len(found.ok)):.0f}x",
            ),
        ]  # fmt: skip
    return rows


@workload
def tries(quick: bool) -> list[Row]:
    """Three first guesses a cell, as scans make, against ten."""
    rows = []
    for name in ORBITS:
        days = 4 if quick else 10
        found, seconds = visits(name, days)
        many = replace(job(name), tries=10)
        cells = many.grid(ORBITS[name][2], str(np.datetime64(ORBITS[name][2]) + days - 1), out_days=OUT_DAYS)
        start = time.process_time()
        more = many.visits(cells.cells(0, cells.size), many.departure.tie(90.0))
        took = time.process_time() - start
        both = found.ok & more.ok
        gain = 1e3 * (found.delta_v_km_s - more.delta_v_km_s)[both]
        best = [1e3 * np.nanmin(f.flyby_delta_v_km_s + f.insertion_delta_v_km_s) for f in (found, more)]
        text = (
            f"{int((more.ok & ~found.ok).sum())} of {len(found.ok)} cells found by ten alone; "
            f"{int((gain > SAME_M_S).sum())} cheaper by more than {SAME_M_S:g} m/s; "
            f"cheapest of all {best[0]:.2f} and {best[1]:.2f} m/s"
        )
        rows.append(Row(f"ours, {name}, ten tries", text, [took], len(found.ok), f"{took / seconds:.1f}x"))
    return rows


def asked(name: str, found: FlybyRoutes) -> Asked:
    """What those routes were asked, with wide limits of the time beyond the Moon."""
    p, n = found.problem, len(found.ok)
    low, high = (SECONDS_PER_DAY * days for days in ORBITS[name][3])
    return Asked(
        found.launch_tdb, p.tof_s, np.full(n, max(0.3 * low, 1e4)), np.full(n, 2.0 * high), found.station,
        p.parking_radius_km, p.parking_inclination, p.northbound_departure,
    )  # fmt: skip


def freed(name: str, found: FlybyRoutes) -> FlybyRoutes:
    launches = job(name)
    paths, spans = [s.orbit for s in launches.stations], np.array([s.span for s in launches.stations])
    return flyby_routes(
        asked(name, found), paths, spans, launches.departure.tie(90.0), flyby_altitude_km=130.0, forces=found.forces,
        times=4, tries=5, free_out=True, workers=1,
    )  # fmt: skip


def alone(name: str, found: FlybyRoutes) -> Route | None:
    """A route from its own guess at the same epoch of injection, then tied to the site."""
    launches, p = job(name), found.problem
    low, high = ORBITS[name][3]
    tilt, altitude = float(np.degrees(p.parking_inclination[0])), float(p.parking_radius_km[0] - RADIUS_KM["earth"])
    try:
        loose = to_distant_orbit(
            [launches.stations[int(found.station[0])].orbit], float(found.injection_tdb[0]), flyby_altitude_km=130.0,
            out_days=[float(p.tof_s[0]) / 86_400.0], beyond_days=np.linspace(low, high, 6)[1:-1].tolist(),
            parking_altitude_km=altitude, parking_inclination_deg=tilt, tries=3, forces=found.forces,
        )  # fmt: skip
    except LunarplanError:
        return None
    return tied(name, found, loose.variables)


def improved(name: str, found: FlybyRoutes) -> Route | None:
    """A route from ours."""
    x = found.solution.x[0]
    epochs = np.cumsum([x[eq.INJECTION], x[eq.OUT], x[eq.BEYOND]])
    guess = x[:4], np.append(x[5:14], epochs[1]), np.append(x[eq.JOINING], epochs[2])
    return tied(name, found, guess)


def tied(name: str, found: FlybyRoutes, guess: Sequence[np.ndarray]) -> Route | None:
    """The cheapest route near a guess that leaves over the launch site, all times free."""
    launches, p, gm = job(name), found.problem, found.forces.gm("earth")
    tie = launches.departure.tie(90.0)
    orbits = ParkingOrbits.about_earth(tie, p.parking_radius_km, p.parking_inclination, gm, oblate=True)
    orbits = replace(orbits, whole_turns=orbits.turns(guess[0][1:2]))
    radius, axes = float(p.parking_radius_km[0]), equator_of_date(found.launch_tdb)[0]
    leave = TiedInjection(radius, float(p.parking_inclination[0]), axes, float(np.sqrt(gm / radius)), orbits=orbits)
    join = OnPath(launches.stations[int(found.station[0])].orbit, leaving=False)
    try:
        return optimise([leave, Burn(RADIUS_KM["moon"] + 130.0), join], guess, InEphemeris(found.forces))
    except LunarplanError:
        return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer days")
    parser.add_argument("--only", action="append", choices=WORKLOADS, help="this workload; may be given again")
    parser.add_argument("--ledger", action="store_true", help=f"append the rows to {contest.LEDGER.name}")
    options = parser.parse_args()
    for name in options.only or WORKLOADS:
        rows = WORKLOADS[name](options.quick)
        show(str(WORKLOADS[name].__doc__), rows)
        if options.ledger:
            record(f"distant {name}", rows)


if __name__ == "__main__":
    main()
