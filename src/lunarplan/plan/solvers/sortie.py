"""Solve a sortie: station, low orbit, ground, stay, low orbit, station, on the cheapest day there is.

The vehicle waits at the station meanwhile; what flies is the lander.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.sortie import Sortie
from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.surface import Place
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.sortie import Trip, sortie_leg
from lunarplan.sites.catalogue import find
from lunarplan.transfers.stations.sortie import Lander, Sorties, sorties

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.lander import LanderTable
    from lunarplan.config.schema import MissionFile

    Floats = NDArray[np.float64]

_MOST_DAYS = 400
_TRANSFERS = 3  # times tried of a range
_EARLIER_S = 3600.0 * np.arange(1, 13)  # than the way down alone would leave
_MASS_STEPS, _SAME_KG = 8, 1e-3  # of the mass a powered flight is solved with, and of the one the burns before leave
_ROUNDING_S = 1.0
_BESIDE_DEG = 1.0  # of the plane, flown off
_POWERED_S = 7200.0  # more than the powered flights take


def solve_sortie(flown: Flown, terms: Sortie) -> Flown:
    """Fly the cheapest sortie of the days it may leave on, while the vehicle stays at the station.

    Raises InfeasibleError if there is none, the stay at the station ends before it is back, or a tank runs dry.
    """
    trip = _cheapest(flown, terms)
    flown.say("flying the sortie")
    leg = sortie_leg(flown, trip)
    before, stay = flown.legs[:-1], flown.legs[-1]
    # the stay at the station remains the last leg: it is what goes on, and what a way home ends
    return replace(flown, legs=(*before, leg, stay), phases=flown.phases + 1)


def check_sites(mission: MissionFile) -> None:
    """Raise InputError for a site nobody knows, or no low orbit passes over, before anything is flown."""
    for number, phase in enumerate(mission.phases):
        if isinstance(phase, Sortie):
            place = place_of(phase, f"phase[{number}].site")
            _check_plane(phase, abs(float(np.asarray(place.latitude_deg))), f"phase[{number}].inclination")


def _check_plane(terms: Sortie, north_deg: float, where: str) -> None:
    tilt = math.degrees(terms.inclination_rad)
    if north_deg > min(tilt, 180.0 - tilt) + _BESIDE_DEG:
        raise InputError(
            f"an orbit of {tilt:g} deg does not pass over latitude {north_deg:.1f} deg", where=where,
            allowed=f"{north_deg:.1f} to {180.0 - north_deg:.1f} deg", remedy="change it, or the site",
        )  # fmt: skip


def place_of(terms: Sortie, where: str) -> Place:
    """Where the site is; raises InputError for a name nobody knows."""
    site = terms.site
    if not isinstance(site, str):
        return Place(math.degrees(site.latitude_rad), math.degrees(site.longitude_rad), site.height_km)
    try:
        entry = find(site)
    except InputError as error:
        raise InputError(error.what, where=where, remedy=error.remedy) from error
    return Place(entry.latitude_deg, entry.longitude_deg)


def _cheapest(flown: Flown, terms: Sortie) -> Trip:
    """The cheapest day's sortie, its powered flights solved with the masses the burns before them leave."""
    table = flown.mission.lander
    assert table is not None  # checked with the mission
    place = place_of(terms, f"phase[{flown.phases}].site")
    day, transfer_s = _cheapest_day(flown, terms, place, table)
    lander = _lander(table, table.mass_kg, table.descent.mass_kg)
    for _ in range(_MASS_STEPS):
        found = _solved(flown, terms, place, lander, transfer_s, np.array([day]))
        if not found.ok[0]:  # with the masses it has by then, unlike with full tanks
            raise _unsolved(found)
        trip = Trip(found, place, table, terms.altitude_km)
        masses = trip.mass_before(flown, "sortie descent"), trip.mass_before(flown, "sortie ascent")
        if np.allclose(masses, (lander.descent_mass_kg, lander.ascent_mass_kg), rtol=0.0, atol=_SAME_KG):
            break
        lander = _lander(table, *masses)
    return trip


def _cheapest_day(flown: Flown, terms: Sortie, place: Place, table: LanderTable) -> tuple[float, float]:
    """The begin of the day that is best left on, and the time the transfers take."""
    start, end = float(flown.legs[-1].orbits[-1].epoch_tdb), flown.end_tdb
    days, lander = _days(flown, terms, start, end), _lander(table, table.mass_kg, table.descent.mass_kg)
    transfers = np.unique(np.linspace(*terms.transfer_s, _TRANSFERS))
    costs, back = np.full((2, len(transfers), len(days)), np.nan)
    for number, transfer_s in enumerate(transfers):
        flown.say(f"solving sorties, {100 * number // len(transfers)} %")
        found = _solved(flown, terms, place, lander, float(transfer_s), days)
        back[number] = np.where(found.ok, found.arrival_tdb, np.nan)
        costs[number] = np.where(found.arrival_tdb <= end, found.delta_v_m_s, np.nan)
    if np.isnan(costs).all():
        raise _none(found, back, end)
    which, day = np.unravel_index(int(np.nanargmin(costs)), costs.shape)
    best = float(days[day]), float(transfers[which])
    return _earlier(flown, terms, place, lander, *best, (start, end)), best[1]


def _earlier(
    flown: Flown, terms: Sortie, place: Place, lander: Lander, day: float, transfer_s: float, stay: tuple[float, float]
) -> float:
    """The begin of a day that ends before what the way down alone would leave at, if the way up gains more by that."""
    left = float(_solved(flown, terms, place, lander, transfer_s, np.array([day])).departure_tdb[0])
    begins = np.append(day, left - SECONDS_PER_DAY - _EARLIER_S)
    begins = begins[begins >= min(day, stay[0] + terms.wait_s[0])]
    found = _solved(flown, terms, place, lander, transfer_s, begins)
    cost = np.where(found.arrival_tdb <= stay[1], found.delta_v_m_s, np.nan)
    return float(begins[int(np.nanargmin(cost))])


def _days(flown: Flown, terms: Sortie, start: float, end: float) -> Floats:
    """Begins of the days it may leave on, if it can be back before the stay at the station ends."""
    assert flown.station is not None  # by the sequence of the phases
    first, last = (start + wait for wait in terms.wait_s)
    days = np.arange(first, last - SECONDS_PER_DAY + _ROUNDING_S, SECONDS_PER_DAY)
    least, longest = (2.0 * (terms.transfer_s[k] + terms.circling_s[k]) + terms.stay_s for k in (0, 1))
    known = flown.station.tdb[-1] - SECONDS_PER_DAY - _POWERED_S  # the solvers look as far, on the last day as on all
    back = days[days + least < end]
    in_time = back[back + longest < known]
    if len(back) and not len(in_time):
        raise InfeasibleError(
            f"a sortie may take up to {longest / SECONDS_PER_DAY:.1f} days by transfer and circling, and the station is"
            f" followed for {max(known - first, 0.0) / SECONDS_PER_DAY:.1f} days from when it may begin",
            where=f"phase[{flown.phases}].transfer",
            remedy="shorten the longest transfer or circling, or lengthen the duration of distant_orbit",
        )
    if not len(in_time):
        raise InfeasibleError(
            f"a sortie takes {least / SECONDS_PER_DAY:.1f} days or more, and the stay at the station leaves "
            f"{max(end - first, 0.0) / SECONDS_PER_DAY:.1f} days from when it may begin",
            where=f"phase[{flown.phases}]",
            remedy="lengthen the duration of distant_orbit, or shorten stay or wait",
        )
    if len(in_time) > _MOST_DAYS:
        what = f"{len(in_time)} days of departure"
        raise InputError(what, where=f"phase[{flown.phases}].wait", allowed=f"up to {_MOST_DAYS}", remedy="split them")
    return np.asarray(in_time)


def _solved(flown: Flown, terms: Sortie, place: Place, lander: Lander, transfer_s: float, days: Floats) -> Sorties:
    assert flown.station is not None  # by the sequence of the phases
    try:
        return sorties(
            flown.station, days, place, lander, stay_days=terms.stay_s / SECONDS_PER_DAY,
            transfer_hours=transfer_s / 3600.0,
            wait_hours=(terms.circling_s[0] / 3600.0, terms.circling_s[1] / 3600.0), altitude_km=terms.altitude_km,
            inclination_deg=math.degrees(terms.inclination_rad), forces=flown.forces,
        )  # fmt: skip
    except InputError as error:  # an engine that cannot lift the stage, or dates beyond the path of the station
        raise InfeasibleError(str(error), where="sortie", remedy="change the lander, or leave earlier") from error


def _lander(table: LanderTable, ignition_kg: float, lift_off_kg: float) -> Lander:
    down, up = table.descent, table.ascent or table.descent
    lift_off = lift_off_kg if table.ascent is None else up.mass_kg
    return Lander(down.thrust_n, down.isp_s, ignition_kg, up.thrust_n, up.isp_s, lift_off, down.throttle)


def _none(found: Sorties, back: Floats, end: float) -> InfeasibleError:
    """Why there is none: what fails of the last batch, or the stay at the station."""
    if np.isfinite(back).any():
        late = (np.nanmin(back) - end) / SECONDS_PER_DAY
        what = f"the first sortie is back {late:.1f} days after the stay at the station ends"
        return InfeasibleError(what, where="sortie", remedy="lengthen the duration of distant_orbit, or leave earlier")
    return _unsolved(found)


def _unsolved(found: Sorties) -> InfeasibleError:
    """Which part of a sortie fails of every row, and why."""
    parts = (("transfer", found.down), ("descent", found.descent), ("ascent", found.ascent), ("transfer", found.up))
    name, part = next(((name, part) for name, part in parts if not part.ok.any()), ("sortie", found.descent))
    what = f"no {name} closes: {part.reason(0)}"
    return InfeasibleError(what, where="sortie", remedy="change the lander, the low orbit, or the time of transfer")
