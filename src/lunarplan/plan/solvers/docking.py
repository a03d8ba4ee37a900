"""Solve a docking: the ascender catches up with the vehicle, hands over what it brings, and is let go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.docking import LONGEST_S
from lunarplan.config.lander import ASCENDER, ENGINE
from lunarplan.config.take_off import TakeOff
from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.epochs import utc_iso
from lunarplan.model.trajectory import Trajectory
from lunarplan.plan.closure import arc_miss_m, miss_m
from lunarplan.plan.flown import Flown
from lunarplan.plan.solution import Burn, Leg, Separation
from lunarplan.transfers.stations.lunar_rendezvous import NAMES, LunarRendezvous, lunar_rendezvous
from lunarplan.transfers.to_moon.insertion import orbiting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.docking import Docking
    from lunarplan.model.trajectory import Arc

_AROUND_S = 7_500.0  # by what the docking moves, at most: a revolution
_NOTES = ("at the first apolune, for the period", "towards the vehicle", "at the vehicle")


def solve_docking(flown: Flown, terms: Docking) -> Flown:
    """Bring the ascender to the vehicle, which goes on in its orbit meanwhile.

    Raises InfeasibleError if there is no time to catch up, or the tanks of the ascender run dry.
    """
    ascent = flown.legs[-1].paths[ASCENDER]
    assert isinstance(ascent, Trajectory)  # by the ascent before
    about = _about(flown, terms)
    flown.say("catching up with the vehicle")
    longest_s = about - flown.end_tdb + _AROUND_S + terms.duration_s
    orbit = orbiting(flown.end_state(), flown.end_tdb, longest_s, flown.forces)
    start = ascent.end_tdb
    try:
        met = lunar_rendezvous(ascent.at(start, "moon")[0], start, orbit, about, flown.forces)
    except (InfeasibleError, ConvergenceError) as error:
        raise type(error)(error.what, where="docking", allowed=error.allowed, remedy=error.remedy) from error
    left = met.arrival_tdb + terms.duration_s
    (waited,) = orbit.trajectory.until(left).arcs
    end = orbit.at(met.arrival_tdb, "moon")[0]
    waits = miss_m(flown.end_state(), flown.end_tdb, end, met.arrival_tdb, flown.forces, ("moon", "moon"))
    leg = _leg(met, orbit, ascent, waits)
    came_kg = flown.then(leg, phases=0).craft(ASCENDER).mass_kg
    return flown.then(replace(leg, separations=_joined_and_let_go(flown, met, left, came_kg)), arcs=(waited,))


def _about(flown: Flown, terms: Docking) -> float:
    if terms.after_s is not None:
        return flown.end_tdb + terms.after_s
    assert terms.epoch_tdb is not None  # by the table
    first, last = flown.end_tdb, flown.end_tdb + LONGEST_S
    if not first < terms.epoch_tdb <= last:
        raise InputError(
            f"docking at {utc_iso(terms.epoch_tdb, 0)}", where="docking.epoch",
            allowed=f"after the ascent, {utc_iso(first, 0)}, up to {utc_iso(last, 0)}", remedy="give another epoch",
        )  # fmt: skip
    return terms.epoch_tdb


def _leg(met: LunarRendezvous, orbit: Arc, ascent: Trajectory, waits_m: float) -> Leg:
    rows = zip(NAMES, met.epochs_tdb, met.delta_v_km_s, _NOTES, strict=True)
    return Leg(
        "docking",
        burns=tuple(Burn(f"docking {n}", float(t), float(dv), ENGINE, note=s, craft=ASCENDER) for n, t, dv, s in rows),
        values={
            "docking_epoch": met.arrival_tdb,
            "docking_time": met.arrival_tdb - ascent.start_tdb,
            "docking_delta_v": float(met.delta_v_km_s.sum()),
        },
        closures_m={f"ascender, {arc.name}": arc_miss_m(arc) for arc in met.coasts}
        | {"vehicle to the docking": waits_m, "docking": 1e3 * float(np.linalg.norm(_apart_km(met, orbit)))},
        paths={ASCENDER: Trajectory([*ascent.arcs, *met.coasts])},
    )


def _apart_km(met: LunarRendezvous, orbit: Arc) -> NDArray[np.float64]:
    """From the vehicle to where the ascender, as flown, is at the docking."""
    return np.asarray((met.coasts[-1].at(met.arrival_tdb, "moon") - orbit.at(met.arrival_tdb, "moon"))[0, :3])


def _joined_and_let_go(flown: Flown, met: LunarRendezvous, left: float, came_kg: float) -> tuple[Separation, ...]:
    """All of the ascender joins the vehicle, tanks included; its cargo stays."""
    cargo_kg = next(phase.cargo_kg for phase in flown.mission.phases if isinstance(phase, TakeOff))
    brought = f", {cargo_kg:g} kg brought" if cargo_kg else ""
    return (
        Separation("docking", met.arrival_tdb, -came_kg, f"after {met.revolutions} revolutions{brought}"),
        Separation("ascender let go", left, came_kg - cargo_kg),
    )
