"""Solve a direct transfer: launch site, coast, braking and the stay in low orbit."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.launch import LAUNCHER
from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import Arc, fly
from lunarplan.plan.closure import BODIES, arc_miss_m, miss_m
from lunarplan.plan.coverage import check_covered
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.shared import c3_note, launch_leg, orbit_reached, soi_entry, v_infinity_km_s
from lunarplan.plan.search import arrivals, cheapest
from lunarplan.plan.solution import Burn, Leg, Milestone, OrbitReached, Progress
from lunarplan.transfers.to_moon import insertion as loi

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.phases import Insertion
    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.transfers.to_moon.direct import Transfers

    Floats = NDArray[np.float64]

MOON_DEGREE = 50  # of the lunar field: what is left out moves a low orbit by metres a day
_LONGEST_WINDOW_S = 400.0 * 86_400.0


def solve_direct(mission: MissionFile, ephemeris: Ephemeris | None, say: Progress) -> Flown:
    """Find the cheapest direct transfer that meets the mission's terms, and fly it into its orbit.

    Raises InfeasibleError if no transfer meets the terms, ConvergenceError if a solver fails.
    """
    forces = ForceModel(bodies=BODIES, moon_degree=MOON_DEGREE, ephemeris=ephemeris)
    _check_dates(mission, forces.source)
    found, best = cheapest(mission, forces, say)
    say("flying the transfer and the insertion")
    return BrakedFlight(mission, forces, found, best, say).flown()


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
    end = max(arrivals(mission)[1] + waits_s + mission.stay_s, mission.told_tdb)
    early = start < max(ephemeris.start_tdb, ephemeris.orientation.start_tdb)
    check_covered(start, end, ephemeris, "launch.earliest" if early else "launch.latest, phase[1].epoch")


def _apsis_burns(terms: Insertion, gm: float) -> list[loi.ApsisBurn]:
    """The burns of a mission; a perilune the file does not ask for is the one the burn is made at."""
    moon = RADIUS_KM["moon"]
    burns = []
    for burn in terms.burns:
        a = None if burn.period_s is None else float((gm * (burn.period_s / (2.0 * np.pi)) ** 2) ** (1.0 / 3.0))
        far, near = (None if h is None else moon + h for h in (burn.apolune_altitude_km, burn.perilune_altitude_km))
        burns.append(loi.ApsisBurn(a, far, near, burn.at, burn.passage))
    return burns


class BrakedFlight:
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

    def flown(self) -> Flown:
        made = self._insertion()
        coasts = self.coasts(made.burns[0])
        legs = (self._launch(), self.translunar(coasts), self._braking(made))
        after = made.burns[-1].state_after
        return Flown(self.mission, self.forces, self.progress, 2, legs, (*coasts, *made.arcs), after=after)

    def coasts(self, first: loi.BurnMade) -> tuple[Arc, ...]:
        """From the injection to the first burn of the insertion."""
        return (fly(self.injection, self.injection_tdb, first.ignition_tdb, self.forces, name="translunar coast"),)

    def _launch(self) -> Leg:
        ascent_s, _ = self.mission.launch.ascent(self.mission.launch.azimuth_rad)
        launch, tilt = float(self.found.launch_tdb[self.row]), float(self.found.problem.parking_inclination[self.row])
        return launch_leg(launch, launch + ascent_s, tilt)

    def translunar(self, coasts: tuple[Arc, ...]) -> Leg:
        """TLI and the way to the Moon."""
        r, row = float(np.linalg.norm(self.perilune[:3])), self.row
        c3 = float(self.found.c3_km2_s2[row])
        engine, delta_v = self.mission.translunar.engine, float(self.found.tli_delta_v_km_s[row])
        height = f"unbraked, at {r - RADIUS_KM['moon']:.1f} km"
        return Leg(
            "translunar",
            burns=(Burn("TLI", self.injection_tdb, delta_v, engine, note=c3_note(c3)),),
            milestones=(*soi_entry(coasts[-1]), Milestone("perilune", self.perilune_tdb, height)),
            values={
                "parking_duration": self.injection_tdb - float(self.found.launch_tdb[row]),
                "tli_c3": c3,
                "tof": self.perilune_tdb - self.injection_tdb,
                "perilune_epoch": self.perilune_tdb,
                "arrival_v_infinity": v_infinity_km_s(self.perilune, self.gm),
            },
            closures_m={"perilune": self._closure_m()},
        )

    def _braking(self, made: loi.Insertion) -> Leg:
        orbits = tuple(orbit_reached(b.state_after, b.cutoff_tdb, self.forces) for b in made.burns)
        burns = tuple(self._burn(n, b, o) for n, (b, o) in enumerate(zip(made.burns, orbits, strict=True), 1))
        capture, final = orbits[0], orbits[-1]
        heights = {
            f"loi{n}_altitude": float(np.linalg.norm(b.state_before[:3])) - RADIUS_KM["moon"]
            for n, b in enumerate(made.burns, 1)
        }
        values = {
            "flight_time": burns[0].ignition_tdb - float(self.found.launch_tdb[self.row]),
            "approach_perilune_altitude": float(np.linalg.norm(self.perilune[:3])) - RADIUS_KM["moon"],
            "loi_epoch": burns[0].ignition_tdb,
            "loi_delta_v": sum(burn.delta_v_km_s for burn in burns),
            "loi_duration": sum(burn.duration_s for burn in burns),
            "capture_period": capture.period_s,
            "capture_perilune_altitude": capture.perilune_altitude_km,
            "capture_apolune_altitude": capture.apolune_altitude_km,
            "perilune_altitude": final.perilune_altitude_km,
            "apolune_altitude": final.apolune_altitude_km,
            "period": final.period_s,
            "inclination": final.inclination_rad,
        }
        closed = {"insertion": max(arc_miss_m(arc) for arc in made.arcs)} if made.arcs else {}
        return Leg("insertion", burns=burns, orbits=orbits, values=values | heights, closures_m=closed)

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

    def _burn(self, number: int, made: loi.BurnMade, reached: OrbitReached) -> Burn:
        engine = self.mission.insertion.engine
        return Burn(f"LOI-{number}", made.ignition_tdb, made.delta_v_km_s, engine, made.duration_s, reached.in_words)

    def _closure_m(self) -> float:
        """Distance at perilune between the solution and a flight by another integrator, another tolerance."""
        return miss_m(
            self.injection, self.injection_tdb, self.perilune, self.perilune_tdb, self.forces, ("earth", "moon")
        )
