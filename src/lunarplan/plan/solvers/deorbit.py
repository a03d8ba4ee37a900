"""Solve the way from a low orbit about the Earth to the ground: one burn, entry interface, splashdown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

from lunarplan.config.entry import Entry
from lunarplan.errors import ConvergenceError, InfeasibleError
from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.trajectory import Arc, fly
from lunarplan.plan.closure import miss_m
from lunarplan.plan.flown import Flown
from lunarplan.plan.legs.entry import entry_leg
from lunarplan.plan.solution import Burn, Leg
from lunarplan.transfers.ground_range import SPHERE_KM, landings, place_vector
from lunarplan.transfers.home.earth_return import ENTRY_ALTITUDE_KM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.earth_rendezvous import Deorbit
    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]

_LOOK_S = 300.0
_PASSES = 3  # that come nearest, solved to the second
_LONGEST_FALL_S = 5400.0
_LONGER, _LATER_S = 1.1, 120.0
_LEAST_KM_S, _MORE, _STEPS, _SAME_RAD = 0.005, 1.03, 40, 1e-9
_INTERFACE_KM = RADIUS_KM["earth"] + ENTRY_ALTITUDE_KM


def solve_deorbit(flown: Flown, terms: Deorbit) -> Flown:
    """Burn when it leads nearest to the place asked for, or at the end of the stay if none is.

    Raises InfeasibleError if that is not near enough, ConvergenceError if no burn leads to the flight path asked for.
    """
    entry = flown.left[1]
    assert isinstance(entry, Entry)  # by the sequence of the phases
    start = flown.end_tdb
    wait = fly(flown.end_state("earth"), start, start + terms.wait_s + _LOOK_S, flown.forces, name="stay")
    fall = _nearest(flown, terms, entry, wait) if entry.target else _fall(wait, start, entry, flown.forces)
    leg = _leg(terms, fall)
    stay = (
        (fly(flown.end_state("earth"), start, fall.burn_tdb, flown.forces, name="stay"),)
        if fall.burn_tdb > start
        else ()
    )
    last = entry_leg(fall.state, fall.entry_tdb, entry, flown.legs[0].values["launch_epoch"])
    return flown.then(leg, last, arcs=(*stay, fall.arc), phases=2)


@dataclass(frozen=True)
class _Fall:
    """From the burn to the interface."""

    burn_tdb: float
    delta_v_km_s: float
    entry_tdb: float
    state: Floats
    arc: Arc


def _nearest(flown: Flown, terms: Deorbit, entry: Entry, wait: Arc) -> _Fall:
    """The burn after which the craft comes down nearest to the place."""
    flown.say("looking for passes over the splashdown")
    looks = np.arange(flown.end_tdb, flown.end_tdb + terms.wait_s + 1.0, _LOOK_S)
    miss = np.array([_miss_km(_fall(wait, t, entry, flown.forces, _SAME_RAD * 1e5), entry) for t in looks])
    best: list[tuple[float, float]] = []
    for near in looks[np.argsort(miss)[:_PASSES]]:
        low, high = max(near - _LOOK_S, wait.start_tdb), min(near + _LOOK_S, wait.end_tdb)
        found = minimize_scalar(
            lambda t: _miss_km(_fall(wait, float(t), entry, flown.forces), entry), bounds=(low, high), method="bounded",
            options={"xatol": 1e-2},
        )  # fmt: skip
        best.append((float(found.fun), float(found.x)))
    least, when = min(best)
    if least > entry.within_km:
        raise InfeasibleError(
            f"the orbit leads to {least:.0f} km from the place to come down at",
            where="entry",
            allowed=f"up to {entry.within_km:.0f} km",
            remedy="wait longer, or give another place or inclination",
        )
    return _fall(wait, when, entry, flown.forces)


def _miss_km(fall: _Fall, entry: Entry) -> float:
    assert entry.target is not None
    there = place_vector(*np.degrees(entry.target))
    down = landings(fall.state[None], np.array([fall.entry_tdb]), np.array([entry.downrange_km]))[0]
    return float(SPHERE_KM * np.arctan2(np.linalg.norm(np.cross(down, there)), down @ there))


def _fall(wait: Arc, tdb: float, entry: Entry, forces: ForceModel, same_rad: float = _SAME_RAD) -> _Fall:
    """The burn at an epoch that leads to the flight path asked for at the interface, by secants."""
    state = wait.at(tdb)[0]
    boost = _first_guess(state, entry.flight_path_rad, forces.gm("earth"))
    before: tuple[float, float] | None = None
    for _ in range(_STEPS):
        fall = _fallen(state, tdb, boost, forces)
        if fall is None:  # past the Earth: burn more
            boost, before = _MORE * boost, None
            continue
        angle = _flight_path(fall.state) - entry.flight_path_rad
        if abs(angle) < same_rad:
            return replace(fall, arc=fly(_burnt(state, boost), tdb, fall.entry_tdb, forces, name="way down"))
        step = _MORE * boost - boost if before is None else -angle * (boost - before[0]) / (angle - before[1])
        before, boost = (boost, angle), float(np.clip(boost + step, 0.5 * boost, 2.0 * boost))
    raise ConvergenceError("no burn leads to the flight path asked for", where="deorbit", remedy="ask for another")


def _first_guess(state: Floats, flight_path_rad: float, gm: float) -> float:
    """The burn from a circle of two bodies: energy and angular momentum are those at the interface."""
    high, low = float(np.linalg.norm(state[:3])), _INTERFACE_KM * float(np.cos(flight_path_rad))
    fallen = 2.0 * gm * (1.0 / _INTERFACE_KM - 1.0 / high)
    left = low * np.sqrt(fallen / (high**2 - low**2))
    return max(float(np.linalg.norm(state[3:]) - left), _LEAST_KM_S)


def _burnt(state: Floats, delta_v_km_s: float) -> Floats:
    after = state.copy()
    after[3:] *= 1.0 - delta_v_km_s / np.linalg.norm(after[3:])
    return after


def _fallen(state: Floats, tdb: float, delta_v_km_s: float, forces: ForceModel) -> _Fall | None:
    """The way down after a burn, None if it does not come to the interface."""
    after = _burnt(state, delta_v_km_s)
    end = tdb + _long_enough_s(after, forces.gm("earth"))
    arc = fly(after, tdb, end, forces, name="way down", stop_at_impact=False)
    met = events.first(arc, events.radius_crossing("earth", _INTERFACE_KM, events.FALLING))
    return None if met is None else _Fall(tdb, delta_v_km_s, met, arc.at(met)[0], arc)


def _long_enough_s(after: Floats, gm: float) -> float:
    """A little more than from an apogee to the interface, by two bodies: the centre must not be fallen through."""
    high = float(np.linalg.norm(after[:3]))
    axis = 1.0 / (2.0 / high - float(after[3:] @ after[3:]) / gm)
    flat = high / axis - 1.0
    cosine = (1.0 - _INTERFACE_KM / axis) / flat if flat > 0.0 else 1.0
    angle = float(np.arccos(np.clip(cosine, -1.0, 1.0)))
    fall_s = (np.pi - angle + flat * np.sin(angle)) * np.sqrt(axis**3 / gm)
    return min(_LONGER * float(fall_s) + _LATER_S, _LONGEST_FALL_S)


def _flight_path(state: Floats) -> float:
    r, v = state[:3], state[3:]
    return float(np.arctan2(r @ v, np.linalg.norm(np.cross(r, v))))


def _leg(terms: Deorbit, fall: _Fall) -> Leg:
    arc = fall.arc
    start = arc.at(arc.start_tdb)[0]
    closed = miss_m(start, arc.start_tdb, fall.state, fall.entry_tdb, arc.run.forces, ("earth", "earth"))
    return Leg(
        "deorbit",
        burns=(Burn("Earth deorbit", fall.burn_tdb, fall.delta_v_km_s, terms.engine, note="against the motion"),),
        values={"deorbit_time": fall.entry_tdb - fall.burn_tdb},
        closures_m={"entry": closed},
    )
