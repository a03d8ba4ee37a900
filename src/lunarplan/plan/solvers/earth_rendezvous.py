"""Solve a mission to a craft in a low orbit about the Earth: launch into its plane, rendezvous, stay.

The plane launched into is not the target's at lift-off: the lower orbit drifts faster, and the two meet when the craft
does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.earth_rendezvous import EarthRendezvous as Terms
from lunarplan.errors import ConvergenceError, InfeasibleError
from lunarplan.model.constants import EARTH_ROTATION_RATE_RAD_S, RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import Arc, fly
from lunarplan.plan.closure import BODIES, arc_miss_m
from lunarplan.plan.coverage import check_covered
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.shared import launch_leg
from lunarplan.plan.lift_off import parking_orbits
from lunarplan.plan.solution import Burn, Leg, Milestone, Progress
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.launch import ParkingOrbits
from lunarplan.transfers.stations.earth_rendezvous import NAMES, EarthRendezvous, earth_rendezvous

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris

    Floats = NDArray[np.float64]

_LEADS = 7  # tried of a range
_BIAS_STEPS = 3
_LONGEST_S = 10.0 * SECONDS_PER_DAY  # that a rendezvous takes
_NOTES = ("out of the phasing orbit", "to a constant height below", "130 deg round to the target", "at the target")


def solve_earth_rendezvous(mission: MissionFile, ephemeris: Ephemeris | None, say: Progress) -> Flown:
    """Launch into the target's plane, meet it and stay with it.

    Raises InfeasibleError if the launch dates do not see the plane, ConvergenceError if an approach does not close.
    """
    terms = mission.phases[0]
    assert isinstance(terms, Terms)  # it is what the mission begins with
    forces = ForceModel(bodies=BODIES, moon_degree=0, ephemeris=ephemeris)
    launch = mission.launch
    last = launch.latest_tdb + _LONGEST_S + terms.duration_s
    check_covered(launch.earliest_tdb, last, forces.source, "launch, phase[0].duration")
    say("solving the rendezvous")
    search = _Search(mission, terms, forces, parking_orbits(mission, forces))
    leads = np.unique(np.linspace(*terms.ahead_rad, _LEADS))
    found = [way for lead in leads if (way := search.way(float(lead))) is not None]
    if not found:
        raise ConvergenceError("no approach closes", where="earth_rendezvous", remedy="let the target lead by more")
    best = min(found, key=lambda way: float(way.met.delta_v_km_s.sum()))
    say("flying the rendezvous and the stay")
    return _flown(mission, terms, forces, best, say)


@dataclass(frozen=True)
class _Way:
    """A launch and the rendezvous it leads to."""

    lift_off_tdb: float
    parked_tdb: float
    ahead_rad: float
    met: EarthRendezvous


@dataclass(frozen=True)
class _Search:
    mission: MissionFile
    terms: Terms
    forces: ForceModel
    parking: ParkingOrbits

    def way(self, ahead: float) -> _Way | None:
        """The rendezvous with a target that leads by an angle, None if it does not close.

        Raises InfeasibleError if the site does not come under the plane within the launch dates.
        """
        needed_s = 0.0
        for _ in range(_BIAS_STEPS):
            apart = (self._target.node_rate - self.parking.node_rate)[0] * needed_s  # of the nodes, at the insertion
            parked = self._parked(float(apart))
            try:
                met = self._met(parked, ahead, float(apart))
            except ConvergenceError:
                return None
            needed_s = met.arrival_tdb - parked
        return _Way(parked - self.parking.launch.ascent_s, parked, ahead, met)

    @property
    def _target(self) -> ParkingOrbits:
        """The target's orbit, as far as it drifts."""
        radius = np.array([RADIUS_KM["earth"] + self.terms.altitude_km])
        tie, tilt = self.parking.launch, self.parking.inclination
        return ParkingOrbits.about_earth(tie, radius, tilt, self.forces.gm("earth"), oblate=True)

    def _parked(self, apart: float) -> float:
        """When the craft reaches the parking orbit: at once, or when the site has come under the target's plane."""
        launch, ascent_s = self.mission.launch, self.parking.launch.ascent_s
        first = launch.earliest_tdb + ascent_s
        if self.terms.node_rad is None:
            return first
        wanted = self.terms.node_rad + apart
        closing = EARTH_ROTATION_RATE_RAD_S - float(self._target.node_rate[0])
        wait = ((wanted - self._site_node(first)) % (2.0 * np.pi)) / closing
        if launch.earliest_tdb + wait > launch.latest_tdb:
            raise InfeasibleError(
                f"the site comes under the plane of the target at {utc_iso(launch.earliest_tdb + wait, 0)}",
                where="launch.latest, phase[0].node",
                remedy="give a whole day, or another node",
            )
        return first + wait

    def _site_node(self, parked: float) -> float:
        """The node of the plane a launch leads to, right ascension of date, rad."""
        argument = np.array([self._argument(parked)])
        late, _ = self.parking.lateness(np.zeros(1), argument, np.array([parked]))
        return float(-late[0] * EARTH_ROTATION_RATE_RAD_S)

    def _argument(self, parked: float) -> float:
        """Argument of latitude where the ascent ends."""
        _, coast = self.parking.lift_off(np.zeros(1), np.array([parked]))
        return float((-coast[0] * self.parking.rate[0]) % (2.0 * np.pi))

    def _met(self, parked: float, ahead: float, apart: float) -> EarthRendezvous:
        node, argument = self._site_node(parked), self._argument(parked)
        below, above = self.mission.launch.parking_orbit.altitude_km, self.terms.altitude_km
        craft = self._circular(below, node, argument, parked)
        # as far ahead in space, with nodes that are some way apart
        target = self._circular(
            above, node - apart, argument + ahead + apart * float(np.cos(self.parking.inclination[0])), parked
        )
        terms = self.terms
        return earth_rendezvous(
            craft, target, parked, self.forces, below_km=terms.below_km, revolutions=terms.revolutions
        )  # fmt: skip

    def _circular(self, altitude_km: float, node: float, argument: float, tdb: float) -> Floats:
        radius = np.array([RADIUS_KM["earth"] + altitude_km])
        speed = np.sqrt(self.forces.gm("earth") / radius)
        state, _ = end_state(
            np.array([node]), np.array([argument]), speed, self.parking.inclination, radius=radius,
            axes=equator_of_date(np.array([tdb])),
        )  # fmt: skip
        return np.asarray(state[0])


def _flown(mission: MissionFile, terms: Terms, forces: ForceModel, way: _Way, say: Progress) -> Flown:
    met, arrival = way.met, way.met.arrival_tdb
    meet = met.target.at(arrival)[0]
    stay = (fly(meet, arrival, arrival + terms.duration_s, forces, name="stay"),) if terms.duration_s > 0.0 else ()
    tilt = float(parking_orbits(mission, forces).inclination[0])
    leg = _leg(terms, way, stay)
    return Flown(
        mission, forces, say, 1, (launch_leg(way.lift_off_tdb, way.parked_tdb, tilt), leg), (*met.coasts, *stay)
    )


def _leg(terms: Terms, way: _Way, stay: tuple[Arc, ...]) -> Leg:
    met = way.met
    rows = zip(NAMES, met.epochs_tdb, met.delta_v_km_s, _NOTES, strict=True)
    lead = f"{np.degrees(way.ahead_rad):.1f} deg ahead when the parking orbit is reached"
    span = met.target.end_tdb - np.linspace(0.0, 2.0 * np.pi / _rate(met), 61)
    heights = np.linalg.norm(met.target.at(span[span > met.target.start_tdb])[:, :3], axis=1) - RADIUS_KM["earth"]
    return Leg(
        "earth_rendezvous",
        burns=tuple(Burn(f"rendezvous {n}", float(t), float(dv), terms.engine, note=note) for n, t, dv, note in rows),
        milestones=(Milestone("docking", met.arrival_tdb, f"target {lead}"),),
        values={
            "rendezvous_epoch": met.arrival_tdb,
            "rendezvous_time": met.arrival_tdb - way.lift_off_tdb,
            "rendezvous_delta_v": float(met.delta_v_km_s.sum()),
            "target_least_altitude": float(heights.min()),
            "target_greatest_altitude": float(heights.max()),
        },
        closures_m={arc.name: arc_miss_m(arc) for arc in (*met.coasts, *stay)},
        paths={"target": met.target.trajectory},
    )


def _rate(met: EarthRendezvous) -> float:
    """Of the target, rad/s."""
    state = met.target.at(met.arrival_tdb)[0]
    return float(np.linalg.norm(np.cross(state[:3], state[3:])) / (state[:3] @ state[:3]))
