"""The way out by a powered flyby, as a leg: injection, coast, burn at perilune, coast beyond the Moon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.plan.closure import miss_m
from lunarplan.plan.legs.shared import c3_note, soi_entry, v_infinity_km_s
from lunarplan.plan.solution import Burn, Leg

if TYPE_CHECKING:
    from lunarplan.model.trajectory import Arc
    from lunarplan.transfers.route import Route


def flyby_leg(route: Route, coasts: tuple[Arc, Arc], launch_tdb: float, engines: tuple[str, str]) -> Leg:
    """Describe the first three points of a route: injection, flyby, insertion.

    engines : of the injection and of the flyby
    """
    forces = coasts[0].run.forces
    injected, passing, joined = (float(t) for t in route.epochs_tdb[:3])
    leaving, before, passed = (route.side(0).state, route.side(1, before=True).state, route.side(1).state)
    tli, flyby, insertion = (float(delta_v) for delta_v in route.delta_v_km_s[:3])
    height = float(np.linalg.norm(before[:3])) - RADIUS_KM["moon"]
    c3 = float(leaving[3:] @ leaving[3:] - 2.0 * forces.gm("earth") / np.linalg.norm(leaving[:3]))
    return Leg(
        "translunar",
        burns=(
            Burn("TLI", injected, tli, engines[0], note=c3_note(c3)),
            Burn("flyby burn", passing, flyby, engines[1], note=f"at perilune, {height:.1f} km"),
        ),
        milestones=soi_entry(coasts[0]),
        values={
            "parking_duration": injected - launch_tdb,
            "tli_c3": c3,
            "tof": passing - injected,
            "perilune_epoch": passing,
            "arrival_v_infinity": v_infinity_km_s(before, forces.gm("moon")),
            "flyby_altitude": height,
            "beyond_time": joined - passing,
            "arrival_delta_v": flyby + insertion,
        },
        closures_m={
            "perilune": miss_m(leaving, injected, before, passing, forces, ("earth", "moon")),
            "insertion": miss_m(passed, passing, route.side(2, before=True).state, joined, forces, ("moon", "moon")),
        },
    )
