"""What a sortie adds to a mission: its burns, masses by stage, paths of the lander, and their proof.

All is flown again in the field it was solved in. The ascent leads into the plane and to the height of the orbit that
leads to the station: where along it is left to the time spent there, and so its last burns are dated by two-body times.
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
from lunarplan.transfers.surface.arcs import powered_arcs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.lander import LanderTable
    from lunarplan.model.vehicle import Vehicle
    from lunarplan.plan.flown import Flown
    from lunarplan.transfers.stations.sortie import Sorties

    Floats = NDArray[np.float64]

_ASCENT_KM = 18.0  # where it ends
_NO_TURN_M_S = 1e-3


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
    found, altitude, landed = trip.found, trip.altitude_km, trip.found.descent
    turn, ignition = float(found.turn_down_m_s[0]), float(landed.ignition_tdb[0])
    lost = f"gravity loss {float(landed.gravity_loss_m_s[0]):.0f} m/s, {_beside(landed.cross_range_km[0])}"
    return (
        _burn(LANDER, "departure", found.departure_tdb, 1e3 * found.down.staging_delta_v_km_s, "from the station"),
        _burn(LANDER, "insertion", found.insertion_tdb, 1e3 * found.down.perilune_delta_v_km_s, _low(altitude)),
        _burn(LANDER, "turn down", turn_tdb(trip), turn, f"by {_turned_deg(turn, altitude):.2f} deg"),
        _burn(LANDER, "deorbit", landed.deorbit_tdb, landed.deorbit_m_s, "to 15 km"),
        _burn(LANDER, "descent", ignition, landed.delta_v_m_s, lost, landed.touchdown_tdb - ignition),
    )


def _up(trip: Trip) -> tuple[Burn, ...]:
    found, altitude, craft, rising = trip.found, trip.altitude_km, trip.up, trip.found.ascent
    turn, burnt = float(found.turn_up_m_s[0]), float(rising.insertion_tdb[0])
    circle = burnt + 0.5 * _period_s(_ASCENT_KM, altitude)
    lost = f"gravity loss {float(rising.gravity_loss_m_s[0]):.0f} m/s, {_beside(rising.cross_range_km[0])}"
    return (
        _burn(craft, "ascent", found.lift_off_tdb, rising.delta_v_m_s, lost, burnt - found.lift_off_tdb),
        _burn(craft, "circling", circle, found.circling_m_s, _low(altitude)),
        _burn(craft, "turn up", circle + _quarter_s(altitude), turn, f"by {_turned_deg(turn, altitude):.2f} deg"),
        _burn(craft, "raise", found.up.perilune_tdb, 1e3 * found.up.perilune_delta_v_km_s, "to the station"),
        _burn(craft, "rendezvous", found.arrival_tdb, 1e3 * found.up.staging_delta_v_km_s, "at the station"),
    )


def _beside(cross_range_km: float) -> str:
    return f"{abs(float(cross_range_km)):.1f} km beside the plane"


def turn_tdb(trip: Trip) -> float:
    """When the low orbit is turned: where the two planes meet, about a quarter of a revolution before the deorbit."""
    way, landed, altitude = trip.found.down, trip.found.descent, trip.altitude_km
    about = float(landed.deorbit_tdb[0]) - _quarter_s(altitude)
    before = way.perilune_states[0]
    turned = landed.deorbits.before[int(landed.rows[0])]
    line = np.cross(np.cross(before[:3], before[3:]), np.cross(turned[:3], turned[3:]))
    if float(trip.found.turn_down_m_s[0]) < _NO_TURN_M_S:
        return about
    out, along = turned[:3] / np.linalg.norm(turned[:3]), turned[3:] / np.linalg.norm(turned[3:])
    rate = math.tau / _period_s(altitude, altitude)
    ahead = math.remainder(math.atan2(line @ along, line @ out) + 0.5 * math.pi, math.pi) - 0.5 * math.pi
    return float(landed.deorbit_tdb[0]) + ahead / rate


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
    away, back_again = _way_down(trip), _way_up(trip)
    return Leg(
        "sortie",
        burns=trip.burns,
        separations=trip.separations,
        milestones=(
            Milestone("touchdown", landed, f"{where}, Sun {sun:.1f} deg high", LANDER),
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
            "touchdown of the sortie": 1e3 * float(found.descent.miss_km[0]),
            "ascent of the sortie": 1e3 * float(found.ascent.miss_km[0]),
            "return of the sortie": _miss_m(back_again.arcs[-1], found.up.staging_states[0]),
        },
        paths={
            "lander down": away,
            f"{trip.up} off the ground": _off_the_ground(trip),
            f"{trip.up} to the station": back_again,
        },
    )


def _way_down(trip: Trip) -> Trajectory:
    """Transfer, low orbit before and after the turn, descent orbit, powered descent."""
    way, landed, forces = trip.found.down, trip.found.descent, trip.found.descent.forces
    row, turned = int(landed.rows[0]), turn_tdb(trip)
    left, arrived, deorbit, ignition = (
        float(t[0]) for t in (way.staging_tdb, way.perilune_tdb, landed.deorbit_tdb, landed.ignition_tdb)
    )
    start = way.staging_states[0] + np.concatenate([np.zeros(3), way.staging_burn_km_s[0]])
    coast = fly(start, left, arrived, forces, center="moon", name="to low orbit")
    low = _slower(coast.at(arrived, "moon")[0], float(way.perilune_delta_v_km_s[0]))
    before = landed.deorbits.before[row]
    falling = _slower(before, float(landed.deorbits.delta_v_km_s[row]))
    return Trajectory(
        [
            coast,
            fly(low, arrived, turned, forces, center="moon", name="low orbit"),
            fly(before, deorbit, turned, forces, center="moon", name="low orbit over the site"),
            fly(falling, deorbit, ignition, forces, center="moon", name="descent orbit"),
            *powered_arcs(landed.deorbits.periapsis[row], landed.phases, forces, row),
        ]
    )


def _off_the_ground(trip: Trip) -> Trajectory:
    """Powered ascent."""
    rising = trip.found.ascent
    row = int(rising.rows[0])
    return Trajectory(powered_arcs(rising.ground[row], rising.phases, rising.forces, row))


def _way_up(trip: Trip) -> Trajectory:
    """The low orbit from where the ascent has reached it, and the transfer to the station."""
    way, forces = trip.found.up, trip.found.ascent.forces
    left, arrived = float(way.perilune_tdb[0]), float(way.staging_tdb[0])
    leaving = way.perilune_states[0]
    low = _slower(leaving, float(way.perilune_delta_v_km_s[0]))
    circle = next(burn.ignition_tdb for burn in trip.burns if burn.name == "sortie circling")
    before = fly(low, left, circle, forces, center="moon", name="low orbit")
    return Trajectory([before, fly(leaving, left, arrived, forces, center="moon", name="to the station")])


def _slower(state: Floats, delta_v_km_s: float) -> Floats:
    """After a burn against the motion."""
    slow = state.copy()
    slow[3:] *= 1.0 - delta_v_km_s / np.linalg.norm(slow[3:])
    return slow


def _miss_m(arc: Arc, end: Floats) -> float:
    """How far from its end, as it was solved, an arc flown by another integrator is."""
    start = arc.at(arc.start_tdb, "moon")[0]
    return miss_m(start, arc.start_tdb, end, arc.end_tdb, arc.run.forces, ("moon", "moon"))
