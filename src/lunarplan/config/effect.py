"""What a mission file says and nothing would come of: refused, so that nobody counts on it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from lunarplan.config.earth_orbit import EarthOrbit
from lunarplan.config.earth_rendezvous import Deorbit, EarthRendezvous
from lunarplan.config.entry import Entry
from lunarplan.config.landing import Landing
from lunarplan.config.sortie import Sortie
from lunarplan.config.table import Place, Rejected
from lunarplan.config.way_home import WayHome
from lunarplan.errors import InputError

if TYPE_CHECKING:
    from lunarplan.config.schema import MissionFile


def check_effect(mission: MissionFile) -> None:
    """Raise Rejected for a key or a table that has no effect beside the others, or can have none a second time."""
    _check_lander(mission)
    _check_entries(mission)
    _check_rendezvous(mission)
    _check_long_ellipse(mission)
    if "windows_terms" in mission.model_fields_set and "translunar" not in mission.parts:
        raise _refused("there are no launches to the Moon to look for", "drop it", ("windows",))


def _check_lander(mission: MissionFile) -> None:
    lander = mission.lander
    if lander is None:
        return
    downs = [number for number, phase in enumerate(mission.phases) if isinstance(phase, Landing | Sortie)]
    if not downs:
        raise _refused("nothing lands", 'drop it, or add a phase "landing" or "sortie"', ("lander",))
    if len(downs) > 1:
        raise _refused("the lander has been down already", "plan that in another mission", ("phase", downs[1]))
    first = mission.phases[downs[0]]
    if isinstance(first, Landing) and "throttle" in first.model_fields_set:
        remedy = "give it in [lander.descent]"
        raise _refused("the lander has its own engine", remedy, ("phase", downs[0], "throttle"))
    if isinstance(first, Landing) and not lander.carried:
        what = 'false: before a "landing" there is no station for it to wait at'
        raise _refused(what, "drop it, and count the lander in the dry_mass of [vehicle]", ("lander", "carried"))
    if lander.ascent is not None and "throttle" in lander.ascent.model_fields_set:
        raise _refused("an ascent is flown at full thrust", "drop it", ("lander", "ascent", "throttle"))
    if lander.carried and lander.mass_kg >= mission.vehicle.dry_mass_kg:
        what = f"a lander of {lander.mass_kg:.6g} kg is part of a dry mass of {mission.vehicle.dry_mass_kg:.6g} kg"
        remedy = "count it there" if isinstance(first, Landing) else "count it there, or set carried = false"
        raise _refused(what, remedy, ("vehicle", "dry_mass"))


def _check_entries(mission: MissionFile) -> None:
    for number, (before, entry) in enumerate(pairwise(mission.phases), 1):
        if not isinstance(entry, Entry):
            continue
        given = entry.model_fields_set
        if isinstance(before, WayHome) and "within_km" in given:
            raise _refused("a powered return hits the place itself", "drop it", ("phase", number, "within"))
        if mission.leaves_low_orbit and "inclination_rad" in given:
            what = "of a way home from a low orbit the place decides the plane"
            raise _refused(what, "drop it", ("phase", number, "inclination"))
        if isinstance(before, Deorbit) and "inclination_rad" in given:
            what = "a deorbit burn keeps the plane of the orbit"
            raise _refused(what, "drop it", ("phase", number, "inclination"))
        if isinstance(before, Deorbit) and entry.target is None and "wait_s" in before.model_fields_set:
            remedy = "drop it, or give latitude and longitude of entry"
            raise _refused("there is no place to wait for", remedy, ("phase", number - 1, "wait"))


def _check_rendezvous(mission: MissionFile) -> None:
    """What only a way to the Moon asks of the parking orbit."""
    if not isinstance(mission.phases[0], EarthRendezvous):
        return
    orbit = mission.launch.parking_orbit
    if orbit.coast_revolutions:
        what, remedy = "the approach counts its own", "drop it, and set revolutions of earth_rendezvous"
        raise _refused(what, remedy, ("launch", "parking_orbit", "coast_revolutions"))
    if orbit.node != "best":
        what = f'"{orbit.node}" is a way to the Moon, and this mission has none'
        raise _refused(what, "drop it", ("launch", "parking_orbit", "node"))


def _check_long_ellipse(mission: MissionFile) -> None:
    orbit = mission.earth_orbit
    if orbit is None or orbit.parking_apogee_km is None:
        return
    low, high = mission.launch.parking_orbit.altitude_km, orbit.apogee_altitude_km
    if not low <= orbit.parking_apogee_km <= high:
        number = next(n for n, phase in enumerate(mission.phases) if isinstance(phase, EarthOrbit))
        what = f"{orbit.parking_apogee_km:.6g} km is not between parking orbit and apogee"
        allowed = f"{low:.6g} km to {high:.6g} km"
        raise _refused(what, "give an altitude between them", ("phase", number, "parking_apogee"), allowed)


def _refused(what: str, remedy: str, place: Place, allowed: str = "") -> Rejected:
    return Rejected(InputError(what, allowed=allowed, remedy=remedy), place)
