"""Solve a low-energy transfer: launch site, months by way of the Sun, and a low orbit or a distant one.

Arrivals that launch dates and time of flight allow are flown backwards; the cheapest that leave near a launch are tied
to the site, and their insertions made least. Either half of the way is flown again by another integrator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import Arc, Trajectory, fly
from lunarplan.orbits.long_orbit import EphemerisOrbit
from lunarplan.plan.closure import BODIES, miss_m
from lunarplan.plan.coverage import check_covered
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.shared import c3_note, launch_leg, soi_entry
from lunarplan.plan.search import launch_tie
from lunarplan.plan.solution import Burn, Leg, Milestone, Progress
from lunarplan.plan.solvers.direct import MOON_DEGREE, BrakedFlight
from lunarplan.plan.station import begun_in_phase, periodic_orbit, with_perilune
from lunarplan.plan.stay import stay_arc, stay_closures_m, stay_in_numbers, stay_leg
from lunarplan.transfers.low_energy.launch import LONGEST_WAIT_S, delayed, over_site
from lunarplan.transfers.low_energy.results import together
from lunarplan.transfers.low_energy.transfers import (
    LowEnergyGuesses,
    LowEnergyTransfers,
    ToLowOrbit,
    ToStation,
    low_energy_guesses,
    low_energy_transfers,
)
from lunarplan.windows.low_energy import as_transfers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.orbits.orbit import PeriodicOrbit
    from lunarplan.transfers.to_moon.insertion import BurnMade

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_SAMPLES, _MOST_SAMPLES = 30_000, 300_000  # arrivals flown backwards at a time, and in all
_ENOUGH = 6  # ways to the Moon that leave near the launch dates
_TRIES = 16  # of the cheapest, how many are tied to the launch site
_TOLERANCE = 1e-13
_LONGEST_WINDOW_S = 31.0 * SECONDS_PER_DAY
_MARGIN_S = 2.0 * SECONDS_PER_DAY  # beyond the first and the last arrival


def solve_low_energy(mission: MissionFile, ephemeris: Ephemeris | None, say: Progress) -> Flown:
    """Find the low-energy transfer with the cheapest insertion that meets the mission's terms, and fly it.

    Raises InfeasibleError if no transfer meets the terms, ConvergenceError if a solver fails.
    """
    degree = MOON_DEGREE if mission.distant_orbit is None else 8
    forces = ForceModel(bodies=BODIES, moon_degree=degree, ephemeris=ephemeris)
    _check_dates(mission, forces.source)
    if mission.distant_orbit is None:
        low = mission.insertion
        to = ToLowOrbit(low.perilune_altitude_km, float(np.degrees(low.inclination_rad)))
        found, row = _cheapest(mission, to, forces, say)
        say("flying the transfer and the insertion")
        return _LowFlight(mission, forces, found, row, say).flown()
    say("finding the orbit")
    asked = mission.distant_orbit
    orbit = periodic_orbit(asked)
    station = _station(mission, orbit, forces, asked.perilune_epoch_tdb)
    found, row = _cheapest(mission, ToStation(station), forces, say)
    say("flying the transfer and the stay")
    return _joined(_Way(mission, forces, found, row), orbit, station, say)


def _arrivals(mission: MissionFile) -> tuple[float, float]:
    """First and last arrival that launch dates and time of flight allow, TDB; the same twice if it is fixed."""
    fixed = None if mission.distant_orbit else mission.insertion.epoch_tdb
    launch, (shortest, longest) = mission.launch, mission.translunar.coast_s
    if fixed is not None:
        return fixed, fixed
    return launch.earliest_tdb + shortest, launch.latest_tdb + launch.longest_wait_s + longest


def _check_dates(mission: MissionFile, known: Ephemeris) -> None:
    """Raise InputError for launch dates that take too long to search, and beyond the ephemeris."""
    launch = mission.launch
    if launch.latest_tdb - launch.earliest_tdb > _LONGEST_WINDOW_S:
        raise InputError(
            f"launch dates span {(launch.latest_tdb - launch.earliest_tdb) / SECONDS_PER_DAY:.0f} days",
            where="launch.latest", allowed=f"up to {_LONGEST_WINDOW_S / SECONDS_PER_DAY:.0f} days for a low energy",
            remedy="split them",
        )  # fmt: skip
    start = min(launch.earliest_tdb, _arrivals(mission)[0] - mission.translunar.coast_s[1]) - _MARGIN_S
    end = _arrivals(mission)[1] + mission.stay_s + _MARGIN_S
    check_covered(start, end, known, "launch, phase[0].coast")


def _station(
    mission: MissionFile, orbit: PeriodicOrbit, forces: ForceModel, perilune_tdb: float | None
) -> EphemerisOrbit:
    """The orbit, for as long as any arrival may need it."""
    first, last = _arrivals(mission)
    start, end = first - _MARGIN_S, last + mission.stay_s + _MARGIN_S
    if perilune_tdb is None:
        return begun_in_phase(orbit, start, end, forces, 0.0)
    return with_perilune(orbit, start, end, forces, perilune_tdb)


def _cheapest(
    mission: MissionFile, to: ToLowOrbit | ToStation, forces: ForceModel, say: Progress
) -> tuple[LowEnergyTransfers, int]:
    """Transfers that leave from over the launch site, and the row of the cheapest that keeps the mission's terms."""
    say("flying arrivals backwards")
    ways = _ways(mission, to, forces)
    say("tying them to the launch site")
    for least_burn in (True, False):  # the least may lie outside the terms, where the ways to it lie within
        found = low_energy_transfers(
            ways, forces, launch=launch_tie(mission), hold_arrival=_is_fixed(mission), least_burn=least_burn,
            tolerance=_TOLERANCE,
        )  # fmt: skip
        kept = [int(row) for row in found.cheapest() if _keeps_terms(mission, found, row)]
        if kept:
            return found, kept[0]
    raise InfeasibleError(
        f"none of {len(ways)} ways to the Moon leaves at the launch dates and keeps the time of flight",
        where="launch, phase[0].coast",
        remedy="give more launch days, or a wider coast",
    )


def _keeps_terms(mission: MissionFile, found: LowEnergyTransfers, row: int) -> bool:
    launch, (shortest, longest) = mission.launch, mission.translunar.coast_s
    on_time = launch.earliest_tdb <= found.launch_tdb[row] <= launch.latest_tdb
    return bool(on_time and shortest <= found.tof_s[row] <= longest)


def _is_fixed(mission: MissionFile) -> bool:
    first, last = _arrivals(mission)
    return first == last


def _ways(mission: MissionFile, to: ToLowOrbit | ToStation, forces: ForceModel) -> LowEnergyGuesses:
    """The cheapest ways to the Moon that leave at the launch dates: more and more arrivals are tried."""
    parts: list[LowEnergyGuesses] = []
    for skip in range(0, _MOST_SAMPLES, _SAMPLES):
        parts.append(_leaving(mission, to, forces, skip))
        if sum(len(part) for part in parts) >= _ENOUGH:
            break
    return together(parts).cheapest(_TRIES)


def _leaving(mission: MissionFile, to: ToLowOrbit | ToStation, forces: ForceModel, skip: int) -> LowEnergyGuesses:
    """Ways to the Moon that leave from over the site at the launch dates, among some arrivals."""
    launch, longer = mission.launch, LONGEST_WAIT_S / SECONDS_PER_DAY
    shortest, longest = (s / SECONDS_PER_DAY for s in mission.translunar.coast_s)
    guesses = low_energy_guesses(
        to, *_arrivals(mission),
        parking_altitude_km=launch.parking_orbit.altitude_km,
        parking_inclination_deg=float(np.degrees(launch.inclination_rad)),
        tof_days=(shortest - longer, longest + longer), samples=_SAMPLES, skip=skip, forces=forces,
    )  # fmt: skip
    leaves = guesses.injection[:, 3]
    near = (leaves > launch.earliest_tdb - LONGEST_WAIT_S) & (leaves < launch.latest_tdb + LONGEST_WAIT_S)
    found = low_energy_transfers(guesses.rows(np.flatnonzero(near)), forces, least_burn=False, tolerance=1e-11)
    found = found.rows(found.distinct())
    within = np.clip(found.injection_tdb, launch.earliest_tdb, launch.latest_tdb)
    lift_off, wait = over_site(found, launch_tie(mission), within)
    fits = (lift_off >= launch.earliest_tdb) & (lift_off <= launch.latest_tdb) & (np.abs(wait) < LONGEST_WAIT_S)
    rows = np.flatnonzero(fits)
    return delayed(found.guesses(rows), wait[rows])


@dataclass(frozen=True)
class _Way:
    """A transfer of a batch, in words of a plan."""

    mission: MissionFile
    forces: ForceModel
    found: LowEnergyTransfers
    row: int

    def coasts(self, end: Floats, end_tdb: float) -> tuple[Arc, Arc]:
        """Out from the injection, and back to a state about the Moon."""
        f, row = self.found, self.row
        meet = float(f.meet_tdb[row])
        out = fly(f.injection_states[row], float(f.injection_tdb[row]), meet, self.forces, name="translunar coast")
        back = fly(end, end_tdb, meet, self.forces, center="moon", name="coast back to the Moon")
        return out, Trajectory([back]).arcs[0]

    def launch(self) -> Leg:
        f, row = self.found, self.row
        parked = float(f.injection_tdb[row] - f.coast_s[row])
        return launch_leg(float(f.launch_tdb[row]), parked, f.parking.inclination)

    def leg(self, coasts: tuple[Arc, ...], milestones: tuple[Milestone, ...]) -> Leg:
        """TLI and the months that follow."""
        f, row = self.found, self.row
        injected, c3, way = float(f.injection_tdb[row]), float(f.c3_km2_s2[row]), f.way
        far, far_tdb = float(way.apogee_km[row]), float(way.apogee_tdb[row])
        note = f"{far * 1e-6:.3f} million km from the Earth"
        burn = Burn("TLI", injected, float(f.tli_delta_v_km_s[row]), self.mission.translunar.engine, note=c3_note(c3))
        return Leg(
            "translunar",
            burns=(burn,),
            milestones=(Milestone("apogee", far_tdb, note), *soi_entry(coasts[-1]), *milestones),
            values={
                "parking_duration": injected - float(f.launch_tdb[row]),
                "tli_c3": c3,
                "tof": float(f.tof_s[row]),
                "perilune_epoch": float(f.arrival_tdb[row]),
                "greatest_earth_radius": far,
                "apogee_epoch": far_tdb,
            },
            closures_m=self._closures_m(),
        )

    def _closures_m(self) -> dict[str, float]:
        """By how much the halves of the way, flown by another integrator, miss where they meet."""
        f, row, meet = self.found, self.row, float(self.found.meet_tdb[self.row])
        place = f.trajectory(row).at(meet)[0]
        out = f.injection_states[row], float(f.injection_tdb[row])
        back = f.arrival_states[row], float(f.arrival_tdb[row])
        return {
            "way out": miss_m(*out, place, meet, self.forces, ("earth", "earth")),
            "way back": miss_m(*back, place, meet, self.forces, ("moon", "earth")),
        }


class _LowFlight(BrakedFlight):
    """The chosen transfer, flown into a low orbit."""

    def __init__(
        self, mission: MissionFile, forces: ForceModel, found: LowEnergyTransfers, row: int, progress: Progress
    ) -> None:
        super().__init__(mission, forces, as_transfers(found), row, progress)
        self.way = _Way(mission, forces, found, row)

    def coasts(self, first: BurnMade) -> tuple[Arc, ...]:
        return self.way.coasts(first.state_before, first.ignition_tdb)

    def translunar(self, coasts: tuple[Arc, ...]) -> Leg:
        height = f"unbraked, at {np.linalg.norm(self.perilune[:3]) - RADIUS_KM['moon']:.1f} km"
        return self.way.leg(coasts, (Milestone("perilune", self.perilune_tdb, height),))


def _joined(way: _Way, orbit: PeriodicOrbit, station: EphemerisOrbit, say: Progress) -> Flown:
    """The chosen transfer, flown to a distant orbit, and the stay there."""
    mission, found, row = way.mission, way.found, way.row
    terms = mission.distant_orbit
    assert terms is not None  # by their sequence
    assert terms.engine is not None  # checked, of an orbit that is come to
    joined = float(found.arrival_tdb[row])
    coasts = way.coasts(found.arrival_states[row], joined)
    end = joined + terms.duration_s
    stay = (stay_arc(station, joined, end),) if end > joined else ()
    reached = stay_in_numbers(station, orbit, joined, end)
    delta_v = float(found.insertion_delta_v_km_s[row])
    insertion = Burn("insertion", joined, delta_v, terms.engine, note=reached.note)
    there = stay_leg(reached, (insertion,), Trajectory([*coasts, *stay]), stay_closures_m(station, joined, end))
    legs = way.launch(), way.leg(coasts, ()), there
    notes = {"distant_orbit": station.provenance}
    return Flown(mission, way.forces, say, 2, legs, (*coasts, *stay), station, notes)
