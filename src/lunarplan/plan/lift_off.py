"""Routes tied to their launch site: the injection moves until the site turns under the parking plane at lift-off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.plan.search import launch_tie
from lunarplan.transfers.launch import ParkingOrbits
from lunarplan.transfers.route import Injection, Point, Route

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.schema import MissionFile
    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]

_LONGEST_MOVE_S = 7200.0  # of the injection at once: the coasts must go on meeting
_ON_TIME_S, _MOST_MOVES = 1e-3, 40
# No legs meet, their coasts do not close, the search ran off an end of the station, or a coast cannot be flown, which
# linear algebra calls a ValueError: other candidates remain.
NO_ROUTE = InfeasibleError, ConvergenceError, InputError, ValueError


def parking_orbits(mission: MissionFile, forces: ForceModel) -> ParkingOrbits:
    """The parking orbit of a mission, drifting as the Earth's oblateness has it."""
    launch = mission.launch
    radius = np.array([RADIUS_KM["earth"] + launch.parking_orbit.altitude_km])
    tilt = np.array([launch.inclination_rad])
    oblate = bool(forces.earth_zonal)
    return ParkingOrbits.about_earth(launch_tie(mission), radius, tilt, forces.gm("earth"), oblate=oblate)


def moved_under(
    route: Route, parking: ParkingOrbits, again: Callable[[Route, Sequence[Point], list[Floats]], Route]
) -> Route | None:
    """The route, its injection moved until the site is under its plane at lift-off; None if it cannot be.

    again : solves a route for points and a first guess, the injection epoch held
    """
    for _ in range(_MOST_MOVES):
        late = _lateness(route, parking)
        if abs(late) < _ON_TIME_S:
            return route
        guess = [x.copy() for x in route.variables]
        guess[0][-1] += float(np.clip(late, -_LONGEST_MOVE_S, _LONGEST_MOVE_S))
        leave = replace(cast(Injection, route.points[0]), axes=equator_of_date(guess[0][-1:])[0])
        try:
            route = again(route, [leave, *route.points[1:]], guess)
        except NO_ROUTE:
            return None
    return None


def _lateness(route: Route, parking: ParkingOrbits) -> float:
    node, argument, _, epoch = (np.array([x]) for x in route.variables[0])
    return float(parking.lateness(node, argument, epoch)[0][0])


def lift_off_tdb(route: Route, parking: ParkingOrbits) -> tuple[float, float]:
    """Lift-off and the start of the coast in the parking orbit."""
    _, argument, _, epoch = (np.array([x]) for x in route.variables[0])
    lift_off, _ = parking.lift_off(argument, epoch)
    return float(lift_off[0]), float(lift_off[0]) + parking.launch.ascent_s
