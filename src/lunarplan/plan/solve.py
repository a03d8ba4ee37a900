"""Solve a mission: from the launch site to the end of its stay in lunar orbit, converged in the full force model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.launch import LAUNCHER
from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.kernels import blocks
from lunarplan.kernels.jit import compilation_notice
from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import Run, row_inputs
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.plan.solution import Burn, Milestone, OrbitReached, Progress, Solution
from lunarplan.transfers import insertion as loi
from lunarplan.transfers.direct import LaunchTie, Problem, Transfers, direct_transfers, lateness, problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.phases import Insertion
    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris

    Floats = NDArray[np.float64]

BODIES = ("earth", "moon", "sun", "venus", "jupiter")
MOON_DEGREE = 50  # of the lunar field: what is left out moves a low orbit by metres a day
_TOF_STEP_S = 10_800.0
_ARRIVAL_STEP_S = 43_200.0
_CHECK_TOLERANCE = 1e-14
_LONGEST_WINDOW_S = 400.0 * 86_400.0


def solve(mission: MissionFile, ephemeris: Ephemeris | None = None, progress: Progress | None = None) -> Solution:
    """Find the cheapest transfer that meets the mission's terms, fly it, and prove it.

    Raises InfeasibleError if no transfer meets the terms, ConvergenceError if a solver fails.
    """
    say = progress or (lambda _: None)
    forces = ForceModel(
        bodies=("earth", "moon", "sun", "venus", "jupiter"), moon_degree=MOON_DEGREE, ephemeris=ephemeris
    )
    _check_dates(mission, forces.source)
    with compilation_notice(cache(say)):  # a hundred functions are compiled, and one line says so
        say("looking for transfers")
        found = _transfers(mission, forces)
        best = _cheapest(mission, found)
        say("flying the transfer and the insertion")
        return _Flight(mission, forces, found, best).solution()


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
    end = (launch.latest_tdb + longest if arrival is None else arrival) + mission.stay_s
    first = max(ephemeris.start_tdb, ephemeris.orientation.start_tdb)
    last = min(ephemeris.end_tdb, ephemeris.orientation.end_tdb)
    if start < first or end > last:
        raise InputError(
            f"the mission may take from {utc_iso(start, 0)} to {utc_iso(end, 0)}, beyond {ephemeris.name}",
            where="launch.earliest" if start < first else "launch.latest, phase[1].epoch",
            allowed=f"{utc_iso(first, 0)} to {utc_iso(last, 0)}",
            remedy="change the dates, or give plan() in Python an Ephemeris.from_files(spk, orientation) of them",
        )


@dataclass(frozen=True)
class _Grid:
    """Terms of a mission as a grid of transfers: arrival, both planes at both ends, time of flight (fastest)."""

    arrivals: Floats
    tofs: Floats
    departures: Floats
    approaches: Floats

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return len(self.arrivals), len(self.departures), len(self.approaches), len(self.tofs)

    def problem(self, mission: MissionFile) -> Problem:
        t, out, into, tof = (
            a.ravel() for a in np.meshgrid(self.arrivals, self.departures, self.approaches, self.tofs, indexing="ij")
        )
        return problem(
            t,
            tof,
            parking_altitude_km=mission.launch.parking_orbit.altitude_km,
            parking_inclination_deg=np.degrees(mission.launch.inclination_rad),
            perilune_altitude_km=mission.insertion.perilune_altitude_km,
            lunar_inclination_deg=np.degrees(mission.insertion.inclination_rad),
            northbound_departure=out,
            northbound_arrival=into,
        )


def _grid(mission: MissionFile) -> _Grid:
    shortest, longest = mission.translunar.tof_s
    tofs = np.linspace(shortest, longest, max(2, int(np.ceil((longest - shortest) / _TOF_STEP_S)) + 1))
    if mission.insertion.epoch_tdb is not None:
        arrivals = np.array([mission.insertion.epoch_tdb])
    else:
        arrivals = np.arange(
            mission.launch.earliest_tdb + shortest, mission.launch.latest_tdb + longest, _ARRIVAL_STEP_S
        )
    node = mission.launch.parking_orbit.node
    departures = {"ascending": [1.0], "descending": [-1.0], "best": [1.0, -1.0]}[node]
    return _Grid(arrivals, tofs, np.array(departures), np.array([1.0, -1.0]))


def launch_tie(mission: MissionFile) -> LaunchTie:
    """What ties the parking plane of a mission to its launch site."""
    launch = mission.launch
    return LaunchTie.from_site(
        launch.site,
        ascent_s=launch.ascent_time_s,
        southbound=bool(np.cos(launch.azimuth_rad) < -1e-12),
        revolutions=launch.parking_orbit.coast_revolutions,
        parking_altitude_km=launch.parking_orbit.altitude_km,
    )


def _transfers(mission: MissionFile, forces: ForceModel) -> Transfers:
    """All transfers of the mission whose parking plane passes over the launch site at lift-off."""
    coarse = forces.only(moon_degree=0, gm_km3_s2={"moon": forces.gm("moon")})
    grid, tie = _grid(mission), launch_tie(mission)
    held = direct_transfers(grid.problem(mission), coarse, tolerance=1e-10)
    if not held.ok.any():
        moon = forces.source.position("moon", "earth", grid.arrivals)
        declination = np.degrees(np.abs(np.arcsin(moon[:, 2] / np.linalg.norm(moon, axis=1))).min())
        raise InfeasibleError(
            f"none of {held.ok.size} transfers meets both planes",
            where="launch.parking_orbit, phase[0].tof, phase[1].inclination",
            remedy=f"raise the parking inclination above the Moon's declination, {declination:.1f} deg on arrival, "
            "take the lunar inclination farther from the equator, or widen tof",
        )
    late = lateness(held, tie).reshape(grid.shape)
    x = held.solution.x.reshape(*grid.shape, -1)
    low, high = late[..., :-1], late[..., 1:]
    crossing = (low < 0.0) & (high >= 0.0) & (high - low < 43_200.0)
    share = (low[crossing] / (low[crossing] - high[crossing]))[:, None]
    guess = x[..., :-1, :][crossing] + share * _wrapped(x[..., 1:, :] - x[..., :-1, :])[crossing]
    index = np.nonzero(crossing)
    if not len(guess):
        raise InfeasibleError(
            "no launch of the day meets the arrival",
            where="launch, phase[0].tof",
            remedy="widen tof: the site passes under the parking plane once a day",
        )
    tied = _at(grid, index, mission)
    return direct_transfers(tied, forces, launch=tie, guess=guess)


def _at(grid: _Grid, index: tuple[NDArray[np.intp], ...], mission: MissionFile) -> Problem:
    whole = grid.problem(mission)
    flat = np.ravel_multi_index((*index[:3], index[3]), grid.shape)
    return Problem(*(getattr(whole, name)[flat] for name in whole.__dataclass_fields__))


def _wrapped(difference: Floats) -> Floats:
    """Differences of the free variables, those of angles by the short way round."""
    out = difference.copy()
    for k in (0, 1, 4, 5):
        out[..., k] = np.remainder(out[..., k] + np.pi, 2.0 * np.pi) - np.pi
    return out


def _cheapest(mission: MissionFile, found: Transfers) -> int:
    """Row of the transfer of least delta-v among those that keep the mission's terms; says why if there is none."""
    shortest, longest = mission.translunar.tof_s
    gm = found.forces.gm("moon")
    r = found.problem.perilune_radius_km
    first = mission.insertion.orbits[0]
    captured = RADIUS_KM["moon"] + 0.5 * (first.perilune_altitude_km + first.apolune_altitude_km)
    cost = found.tli_delta_v_km_s + found.perilune_speed_km_s - np.sqrt(gm * (2.0 / r - 1.0 / captured))
    checks = {
        "did not converge": found.ok,
        "launch outside the dates": (found.launch_tdb >= mission.launch.earliest_tdb)
        & (found.launch_tdb <= mission.launch.latest_tdb),
        "time of flight outside the range": (found.tof_s >= shortest) & (found.tof_s <= longest),
        "other side of the Moon": _approach_fits(mission, found),
    }
    fit = np.logical_and.reduce(list(checks.values()))
    if fit.any():
        return int(np.flatnonzero(fit)[np.argmin(cost[fit])])
    counts = ", ".join(f"{int((~passed).sum())} {why}" for why, passed in checks.items() if not passed.all())
    nearest = found.launch_tdb[found.ok]
    raise InfeasibleError(
        f"none of {len(fit)} transfers fits: {counts}",
        where="launch, phase[0].tof, phase[1]",
        allowed=f"launches found: {', '.join(utc_iso(t, 0) for t in np.unique(nearest)[:4])}" if len(nearest) else "",
        remedy="widen the launch dates, tof or approach",
    )


def _approach_fits(mission: MissionFile, found: Transfers) -> NDArray[np.bool_]:
    wanted = mission.insertion.approach
    if wanted == "best":
        return np.ones(len(found.ok), bool)
    north = impact_parameter(found.perilune_states, found.forces.gm("moon"))[:, 2] > 0.0
    return north if wanted == "north" else ~north


def impact_parameter(states: Floats, gm: float) -> Floats:
    """Direction of B, from the Moon's centre to the incoming asymptote, float64[N, 3], ICRF, not normalised."""
    r, v = states[:, :3], states[:, 3:]
    h = np.cross(r, v)
    e = np.cross(v, h) / gm - r / np.linalg.norm(r, axis=1, keepdims=True)
    size = np.linalg.norm(e, axis=1, keepdims=True)
    normal = h / np.linalg.norm(h, axis=1, keepdims=True)
    asymptote = e / size + np.sqrt(np.maximum(size**2 - 1.0, 0.0)) * np.cross(normal, e / size)
    return np.cross(asymptote, normal)


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

    def __init__(self, mission: MissionFile, forces: ForceModel, found: Transfers, row: int) -> None:
        self.mission, self.forces, self.found, self.row = mission, forces, found, row
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
            arcs.append(loi.stay(made, mission.stay_s, self.forces))
        trajectory = Trajectory(arcs)
        last = made.burns[-1]
        end = trajectory.end_tdb if mission.stay_s > 0.0 else last.cutoff_tdb
        end_state = trajectory.at(end, "moon")[0] if mission.stay_s > 0.0 else last.state_after
        speed2 = float(self.perilune[3:] @ self.perilune[3:])
        return Solution(
            launch_tdb=float(self.found.launch_tdb[row]),
            parking_tdb=float(self.found.launch_tdb[row]) + mission.launch.ascent_time_s,
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
            provenance=self.forces.describe() | {"tolerance": 1e-13, "check": "Runge-Kutta 8(5,3), 1e-14"},
        )

    def _insertion(self) -> loi.Insertion:
        terms, vehicle = self.mission.insertion, self.mission.vehicle.build()
        if self.mission.translunar.engine != LAUNCHER:
            departure = float(self.found.tli_delta_v_km_s[self.row])
            vehicle = vehicle.burn(departure, self.mission.translunar.engine, where="TLI")
        burns = _apsis_burns(terms, self.gm)
        engine = vehicle.engine(terms.engine) if terms.finite else None
        return loi.insert(self.perilune, self.perilune_tdb, burns, self.forces, mass_kg=vehicle.mass_kg, engine=engine)

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
        check = Run(self.forces, "earth", _CHECK_TOLERANCE, 0, False, 1, steered=True)
        end, _, status, *_ = check.batch(
            self.injection[None].copy(),
            np.array([self.injection_tdb]),
            np.array([self.perilune_tdb]),
            row_inputs(1, self.forces, None),
        )
        if status[0] != blocks.OK:
            raise ConvergenceError(check.reason(status[0]), where="independent propagation to perilune")
        moon = self.forces.source.position("moon", "earth", self.perilune_tdb).reshape(3)
        return float(np.linalg.norm(end[0, :3] - moon - self.perilune[:3])) * 1e3

    def _milestones(self, trajectory: Trajectory) -> list[Milestone]:
        entries = events.find(trajectory, events.sphere_of_influence(events.FALLING))
        return [Milestone("lunar SOI entry", float(t)) for t in entries[:1]]
