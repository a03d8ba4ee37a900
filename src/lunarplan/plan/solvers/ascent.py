"""Solve an ascent: from the site of the landing before into the plane of the vehicle, which goes on meanwhile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from lunarplan.config.lander import ASCENDER, ENGINE, LANDER
from lunarplan.config.landing import Landing
from lunarplan.config.phases import LONGEST_STAY_S
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.epochs import utc_iso
from lunarplan.model.surface import Place
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.plan.closure import miss_m
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.shared import orbit_reached
from lunarplan.plan.solution import Burn, Leg, Milestone, Separation
from lunarplan.transfers.surface.arcs import powered_arcs
from lunarplan.transfers.surface.ascent_sky import SkyAscents, ascend
from lunarplan.transfers.surface.stage import Stage

if TYPE_CHECKING:
    from lunarplan.config.take_off import TakeOff

_LONGEST_S = 3600.0  # of any ascent
_SOONEST_S = 60.0


def solve_ascent(flown: Flown, terms: TakeOff) -> Flown:
    """Lift off into the plane the vehicle is in then, and fly both to the end of the burn.

    Raises InfeasibleError if the ascent cannot be made.
    """
    place, lift_off = _place(flown), _lift_off(flown, terms)
    flown.say("waiting in orbit, and lifting off")
    orbit = fly(
        flown.end_state(), flown.end_tdb, lift_off + _LONGEST_S, flown.forces, center="moon", name="lunar orbit"
    )  # fmt: skip
    craft = flown.craft(ASCENDER)
    engine = craft.engine(ENGINE)
    up = ascend(
        place, lift_off,
        Stage(engine.thrust_n, engine.isp_s, craft.mass_kg + terms.cargo_kg, propellant_kg=craft.propellant_kg),
        target=orbit, periapsis_altitude_km=terms.perilune_altitude_km, forces=flown.forces,
        apoapsis_altitude_km=terms.apolune_altitude_km, vertical_rise_s=terms.rise_s,
    )  # fmt: skip
    if not up.ok[0]:
        raise InfeasibleError(
            up.reason(0),
            where="ascent",
            remedy="lift off when the site passes under the orbit, or change the stage",
        )
    (waited,) = orbit.trajectory.until(float(up.insertion_tdb[0])).arcs
    end = waited.at(waited.end_tdb, "moon")[0]
    waits = miss_m(flown.end_state(), flown.end_tdb, end, waited.end_tdb, flown.forces, ("moon", "moon"))
    return flown.then(_leg(flown, terms, up, waits), arcs=(waited,))


def _place(flown: Flown) -> Place:
    """Where the landing before came down."""
    landing = [phase for phase in flown.mission.phases[: flown.phases] if isinstance(phase, Landing)][-1]
    return Place(math.degrees(landing.latitude_rad), math.degrees(landing.longitude_rad), landing.height_km)


def _lift_off(flown: Flown, terms: TakeOff) -> float:
    if terms.stay_s is not None:
        return flown.end_tdb + terms.stay_s
    assert terms.epoch_tdb is not None  # by the table
    landed, latest = flown.end_tdb, flown.end_tdb + LONGEST_STAY_S
    if not landed + _SOONEST_S <= terms.epoch_tdb <= latest:
        raise InputError(
            f"lift-off at {utc_iso(terms.epoch_tdb, 0)}", where="ascent.epoch",
            allowed=f"after the landing, {utc_iso(landed, 0)}, up to {utc_iso(latest, 0)}",
            remedy="give another epoch",
        )  # fmt: skip
    return terms.epoch_tdb


def _leg(flown: Flown, terms: TakeOff, up: SkyAscents, waits_m: float) -> Leg:
    lift_off, insertion = float(up.lift_off_tdb[0]), float(up.insertion_tdb[0])
    aside, turn = float(up.cross_range_km[0]), float(up.plane_change_m_s[0])
    note = f"azimuth {float(up.azimuth_deg[0]):.1f} deg, {aside:+.1f} km beside the plane"
    reached, delta_v = orbit_reached(up.states[0], insertion, flown.forces), 1e-3 * float(up.delta_v_m_s[0])
    assert flown.mission.lander is not None  # by the schema
    assert flown.mission.lander.ascent is not None
    cargo = f"{terms.cargo_kg:g} kg"
    loaded = (Separation("cargo loaded", lift_off, -terms.cargo_kg, cargo, ASCENDER),) if terms.cargo_kg else ()
    arcs = powered_arcs(up.ground[0], up.phases, flown.forces, 0)
    return Leg(
        "ascent",
        burns=(Burn("ascent", lift_off, delta_v, ENGINE, insertion - lift_off, note, ASCENDER),),
        separations=(
            Separation("ascender lift-off", lift_off, flown.mission.lander.ascent.mass_kg, "to orbit", LANDER),
            *loaded,
        ),
        milestones=(Milestone("ascender in orbit", insertion, reached.in_words),),
        values={
            "lift_off_epoch": lift_off,
            "lift_off_azimuth": math.radians(float(up.azimuth_deg[0])),
            "ascent_cross_range": abs(aside),
            "ascent_plane_change": 1e-3 * turn,
            "inserted_mass": float(up.inserted_kg[0]),
        },
        closures_m={"ascent": 1e3 * float(up.miss_km[0]), "vehicle to the ascent": waits_m},
        paths={ASCENDER: Trajectory(list(arcs))},
    )
