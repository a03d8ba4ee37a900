"""Solve a mission, phase by phase, converged in the full force model: one module for each way out and each phase."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from lunarplan.config.entry import Entry
from lunarplan.config.sequence import step_name
from lunarplan.kernels.jit import compilation_notice
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.entry import with_separation
from lunarplan.plan.solution import Progress, Solution
from lunarplan.plan.solvers.ascent import solve_ascent
from lunarplan.plan.solvers.deorbit import solve_deorbit
from lunarplan.plan.solvers.direct import solve_direct
from lunarplan.plan.solvers.distant import solve_distant
from lunarplan.plan.solvers.docking import solve_docking
from lunarplan.plan.solvers.earth_rendezvous import solve_earth_rendezvous
from lunarplan.plan.solvers.free_return import solve_free_return
from lunarplan.plan.solvers.landing import solve_landing
from lunarplan.plan.solvers.low_energy import solve_low_energy
from lunarplan.plan.solvers.lunar_orbit import solve_stay
from lunarplan.plan.solvers.round_trip import solve_round_trip
from lunarplan.plan.solvers.sortie import check_sites, solve_sortie
from lunarplan.plan.solvers.station import solve_station
from lunarplan.plan.solvers.tei import solve_tei
from lunarplan.plan.solvers.way_home import solve_way_home

if TYPE_CHECKING:
    from lunarplan.config.schema import MissionFile
    from lunarplan.config.way_home import WayHome
    from lunarplan.model.ephemeris import Ephemeris

_WayOut = Callable[["MissionFile", "Ephemeris | None", Progress], Flown]


def _return(flown: Flown, terms: WayHome) -> Flown:
    return (solve_tei if flown.mission.leaves_low_orbit else solve_way_home)(flown, terms)


# By the step a mission begins with: launch and the phases it leads to, or a station.
_WAYS_OUT: dict[str, _WayOut] = {
    "direct": solve_direct,
    "powered_flyby": solve_distant,
    "low_energy": solve_low_energy,
    "free_return": solve_free_return,
    "earth_orbit": solve_free_return,
    "distant_orbit": solve_station,
    "earth_rendezvous": solve_earth_rendezvous,
}
# Of each phase that goes on from where the one before it ended.
_LATER: dict[str, Callable[[Flown, Any], Flown]] = {
    "lunar_orbit": solve_stay,
    "return": _return,
    "sortie": solve_sortie,
    "deorbit": solve_deorbit,
    "landing": solve_landing,
    "ascent": solve_ascent,
    "docking": solve_docking,
}


def _way_out(mission: MissionFile) -> _WayOut:
    if mission.way_home is not None and mission.way_home.total_s is not None:
        return solve_round_trip
    return _WAYS_OUT[step_name(mission.phases[0])]


def solve(mission: MissionFile, ephemeris: Ephemeris | None = None, progress: Progress | None = None) -> Solution:
    """Find the cheapest transfer that meets the mission's terms, fly it and what follows, and prove it.

    Raises InfeasibleError if no transfer meets the terms, ConvergenceError if a solver fails.
    """
    say = progress or (lambda _: None)
    check_sites(mission)
    with compilation_notice(cache(say)):  # a hundred functions are compiled, and one line says so
        flown = _way_out(mission)(mission, ephemeris, say)
        while flown.left:
            flown = _LATER[flown.left[0].type](flown, flown.left[0])
        if isinstance(last := mission.phases[-1], Entry):
            flown = with_separation(flown, last)
    return flown.solution()
