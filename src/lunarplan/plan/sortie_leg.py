"""What a sortie adds to a mission: its burns, masses by stage, paths of the lander, and their proof.

Transfers are flown again in the field of the mission, low orbits in a finer one; powered flights are those of
`transfers.sortie`, and the low orbit keeps its plane there. Burns in low orbit are dated by two-body times.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.lander import ASCENDER, ENGINE, LANDER
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.surface import Place, sky
from lunarplan.model.trajectory import Arc, Trajectory, fly
from lunarplan.plan.budget import remaining
from lunarplan.plan.closure import miss_m
from lunarplan.plan.solution import Burn, Leg, Milestone, Separation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.lander import LanderTable
    from lunarplan.model.vehicle import Vehicle
    from lunarplan.plan.flown import Flown
    from lunarplan.transfers.sortie import Sorties

    Floats = NDArray[np.float64]

_LOW_ORBIT_DEGREE = 50  # of the lunar field: what is left out moves a low orbit by metres a day
_DESCENT_KM, _ASCENT_KM = 15.0, 18.0  # where powered flight begins and ends


@dataclass(frozen=True)
class Trip:
    """One sortie: the first row of a batch, where it goes, and what flies it."""

    found: Sorties
    place: Place
    lander: LanderTable
    altitude_km: float

    @property
    def up(self) -> str:
        """The craft that comes back."""
        return ASCENDER if self.lander.ascent else LANDER

    @property
    def burns(self) -> tuple[Burn, ...]:
        """Of all craft, in the order of time."""
        return (*_down(self), *_up(self))

    @property
    def separations(self) -> tuple[Separation, ...]:
        """The lander from the vehicle that carried it, the ascender from the stage that stays."""
        found, lander = self.found, self.lander
        parts = []
        if lander.carried:
            parts.append(Separation("lander undocking", float(found.departure_tdb[0]), lander.mass_kg))
        if lander.ascent is not None:
            note = "the descent stage stays"
            parts.append(Separation("staging", float(found.lift_off_tdb[0]), lander.ascent.mass_kg, note, LANDER))
        return tuple(parts)

    def mass_before(self, flown: Flown, burn: str) -> float:
        """Mass of the craft that makes a burn, at its ignition, kg; raises InfeasibleError if a tank is dry by then."""
        number = [b.name for b in self.burns].index(burn)
        return self._left(flown, number)[self.burns[number].craft].mass_kg

    def mass_after(self, flown: Flown, burn: str) -> float:
        """The same at its cut-off."""
        number = [b.name for b in self.burns].index(burn)
        return self._left(flown, number + 1)[self.burns[number].craft].mass_kg

    def _left(self, flown: Flown, count: int) -> dict[str, Vehicle]:
        """The craft after the first so many burns."""
        made = self.burns[:count]
        burns = [burn for leg in flown.legs for burn in leg.burns]
        parts = [part for leg in flown.legs for part in leg.separations]
        parts += [part for part in self.separations if made and part.epoch_tdb <= made[-1].ignition_tdb]
        return remaining(flown.mission.craft, [*burns, *made], parts)


def _down(trip: Trip) -> tuple[Burn, ...]:
    found, altitude = trip.found, trip.altitude_km
    descent = found.descent
    ignition = float(found.landing_tdb[0] - descent.duration_s[0])
    deorbit = ignition - 0.5 * _period_s(_DESCENT_KM, altitude)
    turn = float(found.turn_down_m_s[0])
    lost = f"gravity loss {float(descent.gravity_loss_m_s[0]):.0f} m/s"
    return (
        _burn(LANDER, "departure", found.departure_tdb, 1e3 * found.down.staging_delta_v_km_s, "from the station"),
        _burn(LANDER, "insertion", found.insertion_tdb, 1e3 * found.down.perilune_delta_v_km_s, _low(altitude)),
        _burn(LANDER, "turn down", deorbit - _quarter_s(altitude), turn, f"by {_turned_deg(turn, altitude):.2f} deg"),
        _burn(LANDER, "deorbit", deorbit, descent.deorbit_m_s, f"to {_DESCENT_KM:.0f} km"),
        _burn(LANDER, "descent", ignition, descent.delta_v_m_s, lost, descent.duration_s),
    )


def _up(trip: Trip) -> tuple[Burn, ...]:
    found, altitude, craft = trip.found, trip.altitude_km, trip.up
    ascent, turn = found.ascent, float(found.turn_up_m_s[0])
    circle = float(found.ascent_end_tdb[0]) + 0.5 * _period_s(_ASCENT_KM, altitude)
    lost = f"gravity loss {float(ascent.gravity_loss_m_s[0]):.0f} m/s"
    return (
        _burn(craft, "ascent", found.lift_off_tdb, ascent.delta_v_m_s, lost, ascent.duration_s),
        _burn(craft, "circling", circle, found.circling_m_s, _low(altitude)),
        _burn(craft, "turn up", circle + _quarter_s(altitude), turn, f"by {_turned_deg(turn, altitude):.2f} deg"),
        _burn(craft, "raise", found.up.perilune_tdb, 1e3 * found.up.perilune_delta_v_km_s, "to the station"),
        _burn(craft, "rendezvous", found.arrival_tdb, 1e3 * found.up.staging_delta_v_km_s, "at the station"),
    )


def _burn(craft: str, name: str, tdb: object, delta_v_m_s: object, note: str, duration_s: object = 0.0) -> Burn:
    """A burn of the first row."""
    epoch, delta_v, duration = (float(np.ravel(np.asarray(x, float))[0]) for x in (tdb, delta_v_m_s, duration_s))
    return Burn(f"sortie {name}", epoch, 1e-3 * delta_v, ENGINE, duration, note, craft)


def _low(altitude_km: float) -> str:
    return f"low orbit at {altitude_km:.0f} km"


def _period_s(low_km: float, high_km: float) -> float:
    a = RADIUS_KM["moon"] + 0.5 * (low_km + high_km)
    return math.tau * math.sqrt(a**3 / GM_KM3_S2["moon"])


def _quarter_s(altitude_km: float) -> float:
    return 0.25 * _period_s(altitude_km, altitude_km)


def _turned_deg(turn_m_s: float, altitude_km: float) -> float:
    """The angle a turn of a circular orbit is of."""
    speed = 1e3 * math.sqrt(GM_KM3_S2["moon"] / (RADIUS_KM["moon"] + altitude_km))
    return math.degrees(2.0 * math.asin(min(1.0, 0.5 * turn_m_s / speed)))


def sortie_leg(flown: Flown, trip: Trip) -> Leg:
    """The leg of a sortie; raises InfeasibleError if a tank runs dry, ConvergenceError if a path cannot be flown."""
    found, place = trip.found, trip.place
    landed, back, left = (float(t[0]) for t in (found.landing_tdb, found.arrival_tdb, found.departure_tdb))
    sun = float(np.ravel(sky(place, "sun", np.array([landed]), flown.forces.source).elevation_deg)[0])
    where = f"{float(np.asarray(place.latitude_deg)):.2f}, {float(np.asarray(place.longitude_deg)):.2f} deg"
    away, back_again = _way_down(flown, trip), _way_up(flown, trip)
    return Leg(
        "sortie",
        burns=trip.burns,
        separations=trip.separations,
        milestones=(
            Milestone("touchdown", landed, f"{where}, Sun {sun:.1f} deg high"),
            Milestone("docking", back, f"{(back - left) / SECONDS_PER_DAY:.2f} days after departure"),
        ),
        values={
            "sortie_touchdown_epoch": landed,
            "sortie_duration": back - left,
            "sortie_delta_v": 1e-3 * float(found.delta_v_m_s[0]),
            "sortie_down_delta_v": 1e-3 * float(found.down_m_s[0]),
            "sortie_up_delta_v": 1e-3 * float(found.up_m_s[0]),
            "sortie_transfer_down_delta_v": float(found.down.delta_v_km_s[0]),
            "sortie_transfer_up_delta_v": float(found.up.delta_v_km_s[0]),
            "sortie_landed_mass": trip.mass_after(flown, "sortie descent"),
            "sortie_returned_mass": trip.mass_after(flown, "sortie rendezvous"),
        },
        closures_m={
            "low orbit of the sortie": _miss_m(away.arcs[0], found.down.perilune_states[0]),
            "return of the sortie": _miss_m(back_again.arcs[-1], found.up.staging_states[0]),
        },
        paths={"lander to low orbit": away, f"{trip.up} to the station": back_again},
    )


def _way_down(flown: Flown, trip: Trip) -> Trajectory:
    """Transfer to the low orbit, and the low orbit until the deorbit burn."""
    way, forces = trip.found.down, flown.forces
    left, arrived = float(way.staging_tdb[0]), float(way.perilune_tdb[0])
    start = way.staging_states[0] + np.concatenate([np.zeros(3), way.staging_burn_km_s[0]])
    coast = fly(start, left, arrived, forces, center="moon", name="to low orbit")
    low = _circular(coast.at(arrived, "moon")[0], float(way.perilune_delta_v_km_s[0]))
    deorbit = next(burn.ignition_tdb for burn in trip.burns if burn.name == "sortie deorbit")
    finer = forces.only(moon_degree=_LOW_ORBIT_DEGREE)
    return Trajectory([coast, fly(low, arrived, deorbit, finer, center="moon", name="low orbit")])


def _way_up(flown: Flown, trip: Trip) -> Trajectory:
    """The low orbit from where the ascent has reached it, and the transfer to the station."""
    way, forces = trip.found.up, flown.forces
    left, arrived = float(way.perilune_tdb[0]), float(way.staging_tdb[0])
    leaving = way.perilune_states[0]
    low = _circular(leaving, float(way.perilune_delta_v_km_s[0]))
    circle = next(burn.ignition_tdb for burn in trip.burns if burn.name == "sortie circling")
    finer = forces.only(moon_degree=_LOW_ORBIT_DEGREE)
    before = fly(low, left, circle, finer, center="moon", name="low orbit")
    return Trajectory([before, fly(leaving, left, arrived, forces, center="moon", name="to the station")])


def _circular(state: Floats, delta_v_km_s: float) -> Floats:
    """The low orbit where a transfer touches it, slower by the burn."""
    low = state.copy()
    low[3:] *= 1.0 - delta_v_km_s / np.linalg.norm(low[3:])
    return low


def _miss_m(arc: Arc, end: Floats) -> float:
    """How far from its end, as it was solved, an arc flown by another integrator is."""
    start = arc.at(arc.start_tdb, "moon")[0]
    return miss_m(start, arc.start_tdb, end, arc.end_tdb, arc.run.forces, ("moon", "moon"))
