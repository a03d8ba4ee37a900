"""Solve a stay in a low orbit: flown on from where the phase before ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lunarplan.config.phases import LONGEST_STAY_S
from lunarplan.errors import InputError
from lunarplan.model.epochs import utc_iso
from lunarplan.plan.closure import miss_m
from lunarplan.plan.legs.shared import orbit_reached
from lunarplan.plan.solution import Leg
from lunarplan.transfers.to_moon.insertion import orbiting

if TYPE_CHECKING:
    from lunarplan.config.phases import LunarOrbit
    from lunarplan.plan.flown import Flown


def solve_stay(flown: Flown, terms: LunarOrbit) -> Flown:
    """Fly the orbit on to the end of the stay.

    Raises InputError if that is before its beginning.
    """
    span_s = _span_s(flown, terms)
    if span_s == 0.0:
        return flown.then(Leg("lunar_orbit", orbits=flown.legs[-1].orbits[-1:]))
    start = flown.end_tdb
    stay = orbiting(flown.end_state(), start, span_s, flown.forces, progress=flown.say)
    flown.say("proving the stay")
    end = stay.at(stay.end_tdb, "moon")[0]
    leg = Leg(
        "lunar_orbit",
        orbits=(orbit_reached(end, stay.end_tdb, flown.forces),),
        closures_m={"stay": miss_m(flown.end_state(), start, end, stay.end_tdb, flown.forces, ("moon", "moon"))},
    )
    return flown.then(leg, arcs=(stay,))


def _span_s(flown: Flown, terms: LunarOrbit) -> float:
    if terms.duration_s is not None:
        return terms.duration_s
    assert terms.until_tdb is not None  # by the table
    begins, longest = flown.end_tdb, flown.end_tdb + LONGEST_STAY_S
    if not begins <= terms.until_tdb <= longest:
        raise InputError(
            f"the stay ends at {utc_iso(terms.until_tdb, 0)}", where="lunar_orbit.until",
            allowed=f"{utc_iso(begins, 0)}, when it begins, to {utc_iso(longest, 0)}", remedy="give another date",
        )  # fmt: skip
    return terms.until_tdb - begins
