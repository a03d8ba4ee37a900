"""Solve a landing: the pass, the deorbit burn, powered descent to the site, in the field the orbit was flown in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.lander import ENGINE, LANDER
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import utc_iso
from lunarplan.model.surface import Place, sky
from lunarplan.model.trajectory import Arc, Trajectory, fly
from lunarplan.plan.closure import miss_m
from lunarplan.plan.flown import Flown
from lunarplan.plan.solution import VEHICLE, Burn, Leg, Milestone, Separation
from lunarplan.transfers.surface.arcs import powered_arcs
from lunarplan.transfers.surface.descent import Approach, Touchdown
from lunarplan.transfers.surface.landing import DRY, THROTTLED, Landings, land
from lunarplan.transfers.surface.landing_problem import NO_BRAKING, NO_DEORBIT, TOO_HIGH
from lunarplan.transfers.surface.orbit import overflights
from lunarplan.transfers.surface.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.landing import Landing

    Floats = NDArray[np.float64]

_AROUND_S = 9000.0  # an epoch asked for: more than a revolution
_FIRST_S = 5000.0  # before the first pass: the deorbit burn is half a revolution earlier
_BEYOND_S = 7500.0  # the orbit is flown past the last pass
_LOOKS = 121  # at the height of a revolution
_REMEDIES = {
    NO_BRAKING: "give the engine more thrust, or land less mass",
    DRY: "carry more propellant, or land less mass",
    THROTTLED: "change approach or touchdown, or the engine's thrust or throttle",
}


def solve_landing(flown: Flown, terms: Landing) -> Flown:
    """Land on the pass asked for, or on the cheapest within the wait.

    Raises InfeasibleError if no pass is near enough, or none can be landed from.
    """
    place = Place(math.degrees(terms.latitude_rad), math.degrees(terms.longitude_rad), terms.height_km)
    first, last = _span(flown, terms)
    flown.say("flying the low orbit to the landing")
    orbit = fly(
        flown.end_state(), flown.end_tdb, last + _BEYOND_S, flown.forces, center="moon", name="lunar orbit"
    )  # fmt: skip
    flown.say("landing")
    found = land(
        orbit, first, last, place, _stage(flown, terms), within_km=terms.cross_range_km, forces=flown.forces,
        periapsis_altitude_km=terms.perilune_altitude_km, approach=_approach(terms), touchdown=_touchdown(terms),
    )  # fmt: skip
    if not len(found.ok):
        raise _beside(flown, terms, orbit, place, first, last)
    if not found.ok.any():
        raise _none(flown, terms, orbit, found)
    return _landed(flown, terms, place, orbit, found, _chosen(found, terms))


def _span(flown: Flown, terms: Landing) -> tuple[float, float]:
    """When the passes may be."""
    first, last = flown.end_tdb + _FIRST_S, flown.end_tdb + terms.wait_s
    if terms.epoch_tdb is None:
        return first, last
    first, last = max(first, terms.epoch_tdb - _AROUND_S), min(last, terms.epoch_tdb + _AROUND_S)
    if not first < last:
        raise InputError(
            f"touchdown at {utc_iso(terms.epoch_tdb, 0)}", where="landing.epoch",
            allowed=f"{utc_iso(flown.end_tdb + _FIRST_S, 0)} to {utc_iso(flown.end_tdb + terms.wait_s, 0)}",
            remedy="shorten the stay before, or lengthen wait",
        )  # fmt: skip
    return first, last


def _stage(flown: Flown, terms: Landing) -> Stage:
    """What lands, with its masses now."""
    lander = flown.mission.lander
    if lander is None:
        craft, engine = flown.craft(VEHICLE), flown.craft(VEHICLE).engine(terms.engine or "")
        least, most = terms.throttle
    else:
        craft, least, most = flown.craft(LANDER), lander.descent.throttle, 1.0
        engine = craft.engine(ENGINE)
    return Stage(
        engine.thrust_n, engine.isp_s, craft.mass_kg, least_throttle=least, most_throttle=most,
        propellant_kg=craft.propellant_kg,
    )  # fmt: skip


def _approach(terms: Landing) -> Approach | None:
    table = terms.approach
    if table is None:
        return None
    return Approach(1e3 * table.altitude_km, 1e3 * table.descent_km_s, 1e3 * table.forward_km_s, table.duration_s)


def _touchdown(terms: Landing) -> Touchdown:
    table = terms.touchdown
    return Touchdown(1e3 * table.altitude_km, 1e3 * table.descent_km_s, table.hover_s)


def _beside(flown: Flown, terms: Landing, orbit: Arc, place: Place, first: float, last: float) -> InfeasibleError:
    passes = overflights(orbit, place, first, last, within_km=1e4, forces=flown.forces)
    beside = np.abs(passes.cross_range_km)
    later = "wait longer" if terms.epoch_tdb is None else "give another epoch"
    what = f"the orbit passes the site at {beside.min():.0f} km" if len(beside) else "no pass of the orbit is in time"
    return InfeasibleError(
        what, where="landing", allowed=f"up to {terms.cross_range_km:g} km" if len(beside) else "",
        remedy=f"change inclination or arrival, {later}, or raise cross_range",
    )  # fmt: skip


def _none(flown: Flown, terms: Landing, orbit: Arc, found: Landings) -> InfeasibleError:
    """Why there is no landing, told of the first pass."""
    reason, status = found.reason(0), found.status[0]
    if status in (NO_DEORBIT, TOO_HIGH):
        last = min(flown.end_tdb + _AROUND_S, orbit.end_tdb)
        low = np.linalg.norm(orbit.at(np.linspace(flown.end_tdb, last, _LOOKS), "moon")[:, :3], axis=1).min()
        return InfeasibleError(
            f"{terms.perilune_altitude_km:g} km: {reason}", where="landing.perilune",
            allowed=f"below {low - RADIUS_KM['moon']:.0f} km, the least altitude of the orbit", remedy="lower it",
        )  # fmt: skip
    if status == DRY:
        left = _stage(flown, terms).propellant_kg
        reason = f"{reason}: {found.needed_kg[0]:.0f} kg are needed, {left:.0f} kg are left"
    if status == THROTTLED:
        reason = f"{reason}: {found.least_throttle[0]:.2f} to {found.most_throttle[0]:.2f} of full thrust"
    return InfeasibleError(reason, where="landing", remedy=_REMEDIES.get(status, "change the landing"))


def _chosen(found: Landings, terms: Landing) -> int:
    """The row nearest to the epoch asked for, or the cheapest."""
    if terms.epoch_tdb is not None:
        return int(np.nanargmin(np.abs(found.touchdown_tdb - terms.epoch_tdb)))
    return int(np.nanargmin(found.deorbit_m_s + found.delta_v_m_s))


def _landed(flown: Flown, terms: Landing, place: Place, orbit: Arc, found: Landings, row: int) -> Flown:
    k, forces = int(found.rows[row]), flown.forces
    deorbit, ignition, contact = (
        float(t[row]) for t in (found.deorbit_tdb, found.ignition_tdb, found.touchdown_tdb)
    )  # fmt: skip
    (coast,) = orbit.trajectory.until(deorbit).arcs
    after = coast.at(deorbit, "moon")[0].copy()
    after[3:] *= 1.0 - found.deorbits.delta_v_km_s[k] / np.linalg.norm(after[3:])
    drop = fly(after, deorbit, ignition, forces, center="moon", name="descent orbit")
    powered = powered_arcs(drop.at(ignition, "moon")[0], found.phases, forces, k)
    closures = {
        "deorbit burn": miss_m(
            flown.end_state(), flown.end_tdb, found.deorbits.before[k], deorbit, forces, ("moon", "moon")
        ),
        "braking": miss_m(after, deorbit, found.deorbits.periapsis[k], ignition, forces, ("moon", "moon")),
        "touchdown": 1e3 * float(found.miss_km[row]),
    }
    whole = (drop, *powered)
    lander = flown.mission.lander
    if lander is None:
        leg = _leg(terms, place, found, row, VEHICLE, terms.engine or "", (), closures, {})
        return flown.then(leg, arcs=(coast, *whole))
    stays = fly(coast.at(deorbit, "moon")[0], deorbit, contact, forces, center="moon", name="lunar orbit")
    parted = Separation("lander separation", deorbit, lander.mass_kg, "to the ground")
    leg = _leg(
        terms, place, found, row, LANDER, ENGINE, (parted,), closures, {LANDER: Trajectory(list(whole))}
    )  # fmt: skip
    return flown.then(leg, arcs=(coast, stays))


def _leg(
    terms: Landing, place: Place, found: Landings, row: int, craft: str, engine: str,
    separations: tuple[Separation, ...], closures: dict[str, float], paths: dict[str, Trajectory],
) -> Leg:  # fmt: skip
    deorbit, ignition, gate, contact = (
        float(t[row]) for t in (found.deorbit_tdb, found.ignition_tdb, found.gate_tdb, found.touchdown_tdb)
    )
    beside = float(found.cross_range_km[row])
    sun = sky(place, "sun", contact, found.forces.source)
    stones = [Milestone("touchdown", contact, f"Sun {float(sun.elevation_deg):.1f} deg high")]
    if terms.approach is not None:
        stones.insert(0, Milestone("high gate", gate, f"{1e3 * terms.approach.altitude_km:.0f} m over the site"))
    return Leg(
        "landing",
        burns=(
            Burn("DOI", deorbit, 1e-3 * float(found.deorbit_m_s[row]), engine,
                 note=f"to {terms.perilune_altitude_km:.0f} km", craft=craft),
            Burn("descent", ignition, 1e-3 * float(found.delta_v_m_s[row]), engine, contact - ignition,
                 f"{found.uprange_km[row]:.0f} km from the site, {beside:+.1f} km beside the plane", craft),
        ),
        separations=separations,
        milestones=tuple(stones),
        values={
            "touchdown_epoch": contact,
            "touchdown_sun_elevation": math.radians(float(sun.elevation_deg)),
            "landing_cross_range": abs(beside),
            "landing_range": float(found.uprange_km[row]),
            "descent_gravity_loss": 1e-3 * float(found.gravity_loss_m_s[row]),
            "landed_mass": float(found.landed_kg[row]),
        },
        closures_m=closures,
        paths=paths,
    )  # fmt: skip
