"""Begin a mission without a launch: at a station on an orbit of the three-body problem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.forces import ForceModel
from lunarplan.model.trajectory import Trajectory
from lunarplan.plan.closure import BODIES
from lunarplan.plan.coverage import check_covered
from lunarplan.plan.flown import Flown
from lunarplan.plan.solution import Milestone, Progress
from lunarplan.plan.solvers.distant import MOON_DEGREE
from lunarplan.plan.station import periodic_orbit, with_perilune
from lunarplan.plan.stay import BEGUN, stay_arc, stay_closures_m, stay_in_numbers, stay_leg

if TYPE_CHECKING:
    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris

_MARGIN_S = 2.0 * SECONDS_PER_DAY  # what follows looks about beyond both ends


def solve_station(mission: MissionFile, ephemeris: Ephemeris | None, say: Progress) -> Flown:
    """Fly the stay on the orbit a mission begins on.

    Raises InfeasibleError if there is no such orbit, InputError beyond the ephemeris.
    """
    terms = mission.distant_orbit
    assert terms is not None  # it is what the mission begins with,
    assert terms.epoch_tdb is not None  # at an epoch
    forces = ForceModel(bodies=BODIES, moon_degree=MOON_DEGREE, ephemeris=ephemeris)
    start, end = terms.epoch_tdb, terms.epoch_tdb + terms.duration_s
    check_covered(start - _MARGIN_S, end + _MARGIN_S, forces.source, "phase[0].epoch, phase[0].duration")
    say("finding the orbit")
    orbit = periodic_orbit(terms)
    perilune = start if terms.perilune_epoch_tdb is None else terms.perilune_epoch_tdb
    station = with_perilune(orbit, start - _MARGIN_S, end + _MARGIN_S, forces, perilune)
    stay = stay_arc(station, start, end)
    reached, closures_m = stay_in_numbers(station, orbit, start, end), stay_closures_m(station, start, end)
    leg = stay_leg(reached, (), Trajectory([stay]), closures_m, (Milestone(BEGUN, start, "at the station"),))
    return Flown(mission, forces, say, 1, (leg,), (stay,), station, {"distant_orbit": station.provenance})
