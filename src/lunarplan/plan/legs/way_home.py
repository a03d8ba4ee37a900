"""The way home by a powered flyby, as a leg: departure, coast, burn at perilune, coast to the entry interface."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.trajectory import Arc, fly
from lunarplan.plan.closure import miss_m
from lunarplan.plan.solution import Burn, Leg

if TYPE_CHECKING:
    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.route import Route


def way_home_arcs(route: Route, first: int, forces: ForceModel) -> tuple[Arc, Arc]:
    """The two coasts of a route from its point of departure on."""
    left, passed, met = (float(t) for t in route.epochs_tdb[first : first + 3])
    return (
        fly(route.side(first).state, left, passed, forces, center="moon", name="way to the flyby"),
        fly(route.side(first + 1).state, passed, met, forces, center="moon", name="way home"),
    )


def way_home_leg(route: Route, first: int, engine: str, forces: ForceModel) -> Leg:
    """Describe three points of a route: departure, flyby, interface."""
    left, passed, met = (float(t) for t in route.epochs_tdb[first : first + 3])
    departing, after = route.side(first).state, route.side(first + 1).state
    before, end = (route.side(first + k, before=True).state for k in (1, 2))
    height = float(np.linalg.norm(before[:3])) - RADIUS_KM["moon"]
    leaving, passing = (float(delta_v) for delta_v in route.delta_v_km_s[first : first + 2])
    return Leg(
        "return",
        burns=(
            Burn("departure", left, leaving, engine, note="for the Moon"),
            Burn("home flyby burn", passed, passing, engine, note=f"at perilune, {height:.1f} km"),
        ),
        values={"home_flyby_altitude": height, "return_delta_v": leaving + passing},
        closures_m={
            "flyby on the way home": miss_m(departing, left, before, passed, forces, ("moon", "moon")),
            "entry": miss_m(after, passed, end, met, forces, ("moon", "earth")),
        },
    )
