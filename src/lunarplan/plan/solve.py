"""Solve a mission: from the launch site to the end of its stay at the Moon, converged in the full force model."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.launch import LAUNCHER
from lunarplan.errors import InputError
from lunarplan.kernels.jit import compilation_notice
from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.plan.closure import BODIES, CHECK, miss_m
from lunarplan.plan.search import arrivals, cheapest
from lunarplan.plan.solution import Burn, Milestone, OrbitReached, Progress, Solution
from lunarplan.plan.solve_distant import solve_distant
from lunarplan.transfers import insertion as loi

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.phases import Insertion
    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.transfers.direct import Transfers

    Floats = NDArray[np.float64]

MOON_DEGREE = 50  # of the lunar field: what is left out moves a low orbit by metres a day
_LONGEST_WINDOW_S = 400.0 * 86_400.0


def solve(mission: MissionFile, ephemeris: Ephemeris | None = None, progress: Progress | None = None) -> Solution:
    """Find the cheapest transfer that meets the mission's terms, fly it, and prove it.

    Raises InfeasibleError if no transfer meets the terms, ConvergenceError if a solver fails.
    """
    say = progress or (lambda _: None)
    if mission.distant_orbit is not None:
        return solve_distant(mission, mission.distant_orbit, ephemeris, say)
    forces = ForceModel(bodies=BODIES, moon_degree=MOON_DEGREE, ephemeris=ephemeris)
    _check_dates(mission, forces.source)
    with compilation_notice(cache(say)):  # a hundred functions are compiled, and one line says so
        found, best = cheapest(mission, forces, say)
        say("flying the transfer and the insertion")
        return _Flight(mission, forces, found, best, say).solution()


def _check_dates(mission: MissionFile, ephemeris: Ephemeris) -> None:
    """Raise InputError unless the ephemeris covers the mission, and its launch dates can be searched in a minute."""
    launch, arrival, longest = mission.launch, mission.insertion.epoch_tdb, mission.translunar.tof_s[1]
    window_s = launch.latest_tdb - launch.earliest_tdb
    if arrival is None and window_s > _LONGEST_WINDOW_S:
        raise InputError(
            f"launch dates span {window_s / 86_400.0:.0f} days and the arrival is left open",
            where="launch.latest",
            allowed=f"up to {_LONGEST_WINDOW_S / 86_400.0:.0f} days",
            remedy="split them, or fix the arrival with epoch in phase[1]",
        )
    start = launch.earliest_tdb if arrival is None else max(launch.earliest_tdb, arrival - longest)
    orbits = mission.insertion.orbits
    waits_s = sum((burn.passage + 1) * before.period_s for before, burn in pairwise(orbits))  # as long as is looked
    end = arrivals(mission)[1] + waits_s + mission.stay_s
    first = max(ephemeris.start_tdb, ephemeris.orientation.start_tdb)
    last = min(ephemeris.end_tdb, ephemeris.orientation.end_tdb)
    if start < first or end > last:
        raise InputError(
            f"the mission may take from {utc_iso(start, 0)} to {utc_iso(end, 0)}, beyond {ephemeris.name}",
            where="launch.earliest" if start < first else "launch.latest, phase[1].epoch",
            allowed=f"{utc_iso(first, 0)} to {utc_iso(last, 0)}",
            remedy="change the dates, or give plan() in Python an Ephemeris.from_files(spk, orientation) of them",
        )


def _apsis_burns(terms: Insertion, gm: float) -> list[loi.ApsisBurn]:
    """The burns of a mission; a perilune the file does not ask for is the one the burn is made at."""
    moon = RADIUS_KM["moon"]
    burns = []
    for burn in terms.burns:
        a = None if burn.period_s is None else float((gm * (burn.period_s / (2.0 * np.pi)) ** 2) ** (1.0 / 3.0))
        far, near = (None if h is None else moon + h for h in (burn.apolune_altitude_km, burn.perilune_altitude_km))
        burns.append(loi.ApsisBurn(a, far, near, burn.at, burn.passage))
    return burns


class _Flight:
    """The chosen transfer, flown: arcs, burns, orbits and the proof of its convergence."""

    def __init__(
        self, mission: MissionFile, forces: ForceModel, found: Transfers, row: int, progress: Progress
    ) -> None:
        self.mission, self.forces, self.found, self.row, self.progress = mission, forces, found, row, progress
        self.injection_tdb = float(found.injection_tdb[row])
        self.injection = found.injection_states[row]
        self.perilune_tdb = float(found.problem.perilune_tdb[row])
        self.perilune = found.perilune_states[row]
        self.gm = forces.gm("moon")

    def solution(self) -> Solution:
        mission, row = self.mission, self.row
        made = self._insertion()
        arcs = [
            fly(self.injection, self.injection_tdb, made.burns[0].ignition_tdb, self.forces, name="translunar coast")
        ]
        arcs += made.arcs
        if mission.stay_s > 0.0:
            arcs.append(loi.stay(made, mission.stay_s, self.forces, self.progress))
        trajectory = Trajectory(arcs)
        last = made.burns[-1]
        end = trajectory.end_tdb if mission.stay_s > 0.0 else last.cutoff_tdb
        end_state = trajectory.at(end, "moon")[0] if mission.stay_s > 0.0 else last.state_after
        speed2 = float(self.perilune[3:] @ self.perilune[3:])
        return Solution(
            launch_tdb=float(self.found.launch_tdb[row]),
            parking_tdb=float(self.found.launch_tdb[row]) + mission.launch.ascent(mission.launch.azimuth_rad)[0],
            parking_inclination_rad=float(self.found.problem.parking_inclination[row]),
            tli=Burn("TLI", self.injection_tdb, float(self.found.tli_delta_v_km_s[row]), mission.translunar.engine),
            tli_c3_km2_s2=float(self.found.c3_km2_s2[row]),
            perilune_tdb=self.perilune_tdb,
            perilune_altitude_km=float(np.linalg.norm(self.perilune[:3])) - RADIUS_KM["moon"],
            v_infinity_km_s=float(np.sqrt(speed2 - 2.0 * self.gm / np.linalg.norm(self.perilune[:3]))),
            insertion=tuple(self._burn(n, b) for n, b in enumerate(made.burns, 1)),
            orbits=tuple(self._orbit(b.state_after, b.cutoff_tdb) for b in made.burns),
            end_orbit=self._orbit(end_state, end),
            trajectory=trajectory,
            closure_m=self._closure_m(),
            milestones=tuple(self._milestones(trajectory)),
            provenance=self.forces.describe() | {"tolerance": 1e-13, "check": CHECK},
        )

    def _insertion(self) -> loi.Insertion:
        terms, vehicle = self.mission.insertion, self.mission.vehicle.build()
        if self.mission.translunar.engine != LAUNCHER:
            departure = float(self.found.tli_delta_v_km_s[self.row])
            vehicle = vehicle.burn(departure, self.mission.translunar.engine, where="TLI")
        burns = _apsis_burns(terms, self.gm)
        return loi.insert(
            self.perilune,
            self.perilune_tdb,
            burns,
            self.forces,
            vehicle=vehicle,
            engine=terms.engine,
            finite=terms.finite,
            progress=self.progress,
        )

    def _burn(self, number: int, made: loi.BurnMade) -> Burn:
        engine = self.mission.insertion.engine
        return Burn(f"LOI-{number}", made.ignition_tdb, made.delta_v_km_s, engine, made.duration_s)

    def _orbit(self, state: Floats, tdb: float) -> OrbitReached:
        """Osculating orbit about the Moon, its inclination to the equator of date."""
        r, v = state[:3], state[3:]
        h = np.cross(r, v)
        e = np.cross(v, h) / self.gm - r / np.linalg.norm(r)
        a = float(loi.semi_major_axis(state, self.gm))
        size = float(np.linalg.norm(e))
        pole = rotation("moon_me", tdb, self.forces.source).reshape(3, 3)[2]
        tilt = float(np.arccos(np.clip(pole @ h / np.linalg.norm(h), -1.0, 1.0)))
        moon = RADIUS_KM["moon"]
        return OrbitReached(tdb, a * (1.0 - size) - moon, a * (1.0 + size) - moon, tilt)

    def _closure_m(self) -> float:
        """Distance at perilune between the solution and a flight by another integrator, another tolerance."""
        return miss_m(
            self.injection, self.injection_tdb, self.perilune, self.perilune_tdb, self.forces, ("earth", "moon")
        )

    def _milestones(self, trajectory: Trajectory) -> list[Milestone]:
        entries = events.find(trajectory.arcs[0], events.sphere_of_influence(events.FALLING))
        return [Milestone("lunar SOI entry", float(t)) for t in entries[:1]]
