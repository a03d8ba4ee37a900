"""Solve a circumlunar mission: launch site, a long ellipse if there is one, round the Moon, entry interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.launch import LAUNCHER
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.plan.closure import BODIES, miss_m
from lunarplan.plan.flown import Flown
from lunarplan.plan.free_return_search import Search, way_of
from lunarplan.plan.legs.entry import entry_leg
from lunarplan.plan.legs.shared import c3_note, launch_leg, long_eclipses, soi_entry, v_infinity_km_s
from lunarplan.plan.solution import Burn, Leg, Milestone, Progress
from lunarplan.transfers.free_returns.high_orbit import HighOrbitReturns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.model.trajectory import Arc
    from lunarplan.transfers.free_returns.free_return import FreeReturns

    Floats = NDArray[np.float64]

MOON_DEGREE = 8  # of the lunar field; a flyby lasts hours at the most
_FARTHEST_STEP_S = 30.0


def solve_free_return(mission: MissionFile, ephemeris: Ephemeris | None, say: Progress) -> Flown:
    """Find the free return that meets the mission's terms, and fly it to the entry interface.

    Raises InfeasibleError if none meets them.
    """
    search = Search(mission, ForceModel(bodies=BODIES, moon_degree=MOON_DEGREE, ephemeris=ephemeris))
    search.check_dates()
    say("looking for free returns")
    one = search.best()
    if isinstance(one, HighOrbitReturns) and mission.translunar.finite:
        one = _weighed(search, one)
    say("flying it")
    return _flown(search, one, say)


def _weighed(search: Search, one: HighOrbitReturns) -> HighOrbitReturns:
    """The same with the mass that is left at the injection."""
    vehicle, orbit, way = search.mission.vehicle.build(), search.mission.earth_orbit, one.problem.way
    assert orbit is not None  # the injection is from there
    if orbit.engine != LAUNCHER:
        vehicle = vehicle.burn(float(one.orbit_delta_v_km_s[0]), orbit.engine, where="apogee raise")
    vehicle = vehicle.burn(abs(float(one.raise_km_s[0])), orbit.raise_engine, where="perigee raise")
    found = search.solved(
        way.perilune_tdb, way.northbound_departure, way.northbound_return, np.degrees(way.return_inclination),
        vehicle.mass_kg,
    )  # fmt: skip
    assert isinstance(found, HighOrbitReturns)
    return found.require()


def _flown(search: Search, one: FreeReturns | HighOrbitReturns, say: Progress) -> Flown:
    mission, forces, way = search.mission, search.forces, way_of(one)
    launched, met = float(one.launch_tdb[0]), float(one.entry.tdb[0])
    ascent_s, _ = mission.launch.ascent(mission.launch.azimuth_rad)
    start = launch_leg(launched, launched + ascent_s, mission.launch.inclination_rad)
    if isinstance(one, HighOrbitReturns):
        path = one.trajectory()
        legs = [start, _ellipse(search, one)]
    else:
        injected, passed = float(one.injection_tdb[0]), float(way.perilune_tdb[0])
        path = Trajectory([
            fly(one.injection_states[0], injected, passed, forces, name="outbound"),
            fly(one.perilune_states[0], passed, met, forces, center="moon", name="homebound"),
        ])  # fmt: skip
        legs = [start]
    legs.append(_round_the_moon(search, one, path))
    legs.append(entry_leg(one.entry.states[0], met, search.entry, launched))
    return Flown(mission, forces, say, len(mission.phases), tuple(legs), path.arcs)


def _ellipse(search: Search, one: HighOrbitReturns) -> Leg:
    orbit = search.mission.earth_orbit
    assert orbit is not None
    start, apogee, lit = (float(t[0]) for t in (one.start_tdb, one.apogee_tdb, one.ignition_tdb))
    high, entered, raised = one.apogee_states[0], float(one.orbit_delta_v_km_s[0]), float(one.raise_km_s[0])
    radius = float(np.linalg.norm(high[:3]))
    height = f"at apogee, {radius - RADIUS_KM['earth']:.0f} km"
    after = high.copy()
    after[3:] *= 1.0 + raised / np.linalg.norm(high[3:])
    return Leg(
        "earth_orbit",
        burns=(
            Burn("apogee raise", start, entered, orbit.engine, note="at the perigee of the parking orbit"),
            Burn("perigee raise", apogee, abs(raised), orbit.raise_engine, note=height if raised >= 0.0 else
                 f"{height}, against the motion"),
        ),
        values={"earth_orbit_apogee_radius": radius, "earth_orbit_duration": lit - start},
        closures_m={
            "apogee": miss_m(one.start_states[0], start, high, apogee, search.forces, ("earth", "earth")),
            "injection": miss_m(after, apogee, one.ignition_states[0], lit, search.forces, ("earth", "earth")),
        },
    )  # fmt: skip


def _round_the_moon(search: Search, one: FreeReturns | HighOrbitReturns, path: Trajectory) -> Leg:
    forces, way, terms = search.forces, way_of(one), search.mission.translunar
    injected, passed, met = (float(t[0]) for t in (one.injection_tdb, way.perilune_tdb, one.entry.tdb))
    lit = float(one.ignition_tdb[0]) if isinstance(one, HighOrbitReturns) else injected
    perilune, leaving, end = one.perilune_states[0], one.injection_states[0], one.entry.states[0]
    height, c3 = float(np.linalg.norm(perilune[:3])) - RADIUS_KM["moon"], float(one.c3_km2_s2[0])
    farthest, when = _farthest(path, passed)
    coast: Arc = path.arcs[-2]
    note = f"{farthest - RADIUS_KM['earth']:.0f} km over the ground"
    return Leg(
        "translunar",
        burns=(
            Burn("TLI", lit, float(one.tli_delta_v_km_s[0]), terms.engine, injected - lit, note=c3_note(c3)),
        ),
        milestones=(
            *soi_entry(coast), Milestone("perilune", passed, f"at {height:.1f} km"),
            Milestone("farthest from the Earth", when, note), *long_eclipses(path),
        ),
        values={
            "parking_duration": lit - float(one.launch_tdb[0]),
            "tli_c3": c3,
            "tof": passed - injected,
            "perilune_epoch": passed,
            "arrival_v_infinity": v_infinity_km_s(perilune, forces.gm("moon")),
            "flyby_altitude": height,
            "greatest_earth_radius": farthest,
            "return_inclination": float(way.return_inclination[0]),
            "return_time": met - passed,
        },
        closures_m={
            "perilune": miss_m(leaving, injected, perilune, passed, forces, ("earth", "moon")),
            "entry": miss_m(perilune, passed, end, met, forces, ("moon", "earth")),
        },
    )  # fmt: skip


def _farthest(path: Trajectory, passed: float) -> tuple[float, float]:
    """The greatest distance from the Earth's centre, km, about the perilune, and when it is."""
    day = np.arange(passed - SECONDS_PER_DAY, passed + SECONDS_PER_DAY, _FARTHEST_STEP_S)
    day = day[(day > path.start_tdb) & (day < path.end_tdb)]
    radius = np.linalg.norm(path.at(day)[:, :3], axis=1)
    return float(radius.max()), float(day[radius.argmax()])
