"""Rendezvous in a low orbit about the Moon: from the orbit an ascent leads to, to a craft in a higher one of its plane.

    met = lunar_rendezvous(ascender, tdb, orbiter, about_tdb, forces)
    met.delta_v_km_s, met.arrival_tdb

Three burns: at the first apolune one that sets the period, so that after whole revolutions craft and target come to
that side of the Moon together; about half a revolution before one that rises to the target, of several times of flight
the cheapest; and one at it. Two-body formulas only say where to begin: all of it is flown in the field given.

Source: Fehse (2003), Automated Rendezvous and Docking of Spacecraft, sec. 2.3 and 3.3, for phasing and height.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError
from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import utc_iso
from lunarplan.model.trajectory import Arc, fly
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.path import lead_rad
from lunarplan.transfers.stations.rendezvous import Rendezvous, rendezvous

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.path import Path

    Floats = NDArray[np.float64]

NAMES = ("phasing", "raise", "braking")
_STEPS, _SAME_RAD = 12, 1e-4
_LEAST_ALTITUDE_KM = 10.0  # of the phasing orbit: mountains are as high
_SHORTEST, _LONGEST, _TRIED = 0.7, 1.5, 17  # times of flight of the rise, as shares of half a revolution
_ROUNDS = 1.2  # periods looked through for an apolune


@dataclass(frozen=True, repr=False)
class LunarRendezvous:
    """A rendezvous: three burns and the arcs before them.

    epochs_tdb  : float64[3], of phasing burn, raise, braking
    burns_km_s  : float64[3, 3], ICRF
    coasts      : before each burn, the first from the state given
    revolutions : of the craft about the Moon between the first burn and the last
    """

    epochs_tdb: Floats
    burns_km_s: Floats
    coasts: tuple[Arc, ...]
    revolutions: int

    def __repr__(self) -> str:
        total = 1e3 * self.delta_v_km_s.sum()
        return f"<LunarRendezvous: {total:.1f} m/s, {self.revolutions} revolutions, {utc_iso(self.arrival_tdb, 0)}>"

    @property
    def delta_v_km_s(self) -> Floats:
        """Of each burn, float64[3]."""
        return np.asarray(np.linalg.norm(self.burns_km_s, axis=1))

    @property
    def arrival_tdb(self) -> float:
        return float(self.epochs_tdb[2])


def lunar_rendezvous(craft: Floats, tdb: float, target: Path, about_tdb: float, forces: ForceModel) -> LunarRendezvous:
    """Solve a rendezvous with a target in a nearly circular orbit of nearly the same plane.

    craft     : float64[6] about the Moon, ICRF, at an epoch
    target    : has ``at(tdb, center)``, from then to half a revolution after the arrival
    about_tdb : the arrival, moved by up to half a revolution to where the orbits come nearest

    Raises InfeasibleError where there is no time to catch up, ConvergenceError if the approach does not close.
    """
    waiting = _to_apolune(craft, tdb, forces)
    first = waiting.end_tdb + (waiting.end_tdb - tdb)
    if about_tdb < first:
        raise InfeasibleError(
            f"meeting about {utc_iso(about_tdb, 0)} leaves no time to catch up", where="lunar_rendezvous",
            allowed=f"after {utc_iso(first, 0)}", remedy="meet later",
        )  # fmt: skip
    phasing = _Phasing.of(waiting, target, about_tdb, forces)
    turns, period = phasing.choice()
    boost, phased = phasing.timed(turns, period)
    tofs = np.linspace(_SHORTEST, _LONGEST, _TRIED) * phasing.rise_s(period)
    met = np.full(len(tofs), phasing.met_tdb)
    found = rendezvous(phased, target, met - tofs, tofs, flight=InEphemeris(forces))
    if not found.ok.any():
        raise ConvergenceError("the last half revolution does not close", where="lunar_rendezvous")
    return _flown(waiting, boost, phased, found, int(np.nanargmin(found.delta_v_km_s)), turns)


def _to_apolune(craft: Floats, tdb: float, forces: ForceModel) -> Arc:
    """The coast to the first apolune."""
    a = 1.0 / (2.0 / np.linalg.norm(craft[:3]) - craft[3:] @ craft[3:] / forces.gm("moon"))
    if not a > 0.0:
        raise InfeasibleError("the craft escapes", where="lunar_rendezvous", remedy="begin in a low orbit")
    period = 2.0 * np.pi * float(np.sqrt(a**3 / forces.gm("moon")))
    round_s = _ROUNDS * period
    orbit = fly(craft, tdb, forces=forces, duration_s=round_s, center="moon", name="ascent orbit")
    found = events.find(orbit, events.apolune_passage(), tdb + 0.1 * period)
    if not len(found):
        raise ConvergenceError(
            "no apolune is passed", where="lunar_rendezvous", remedy="begin in a less circular orbit"
        )
    (arc,) = orbit.trajectory.until(float(found[0])).arcs
    return arc


@dataclass(frozen=True)
class _Phasing:
    """Where the first burn is made, where the last, and what lies between as two bodies see it."""

    start_tdb: float
    state: Floats
    met_tdb: float
    meet: Floats
    forces: ForceModel

    @classmethod
    def of(cls, waiting: Arc, target: Path, about_tdb: float, forces: ForceModel) -> _Phasing:
        start = waiting.end_tdb
        state = waiting.at(start, "moon")[0]
        met = about_tdb
        for _ in range(_STEPS):
            there = target.at(met, "moon")[0]
            rate = float(np.linalg.norm(np.cross(there[:3], there[3:])) / (there[:3] @ there[:3]))
            past = lead_rad(state, there)
            met -= past / rate
            if abs(past) < _SAME_RAD:
                break
        return cls(start, state, met, target.at(met, "moon")[0], forces)

    @property
    def _gm(self) -> float:
        return self.forces.gm("moon")

    @property
    def _radii_km(self) -> tuple[float, float]:
        """Of the first burn and of the last."""
        return float(np.linalg.norm(self.state[:3])), float(np.linalg.norm(self.meet[:3]))

    def _perilune_km(self, period: float) -> float:
        a = float((self._gm * (period / (2.0 * np.pi)) ** 2) ** (1.0 / 3.0))
        return 2.0 * a - self._radii_km[0]

    def _period_s(self, perilune_km: float) -> float:
        a = 0.5 * (perilune_km + self._radii_km[0])
        return 2.0 * np.pi * float(np.sqrt(a**3 / self._gm))

    def rise_s(self, period: float) -> float:
        """Half of the ellipse from the perilune of the phasing orbit to the target."""
        a = 0.5 * (self._perilune_km(period) + self._radii_km[1])
        return float(np.pi * np.sqrt(a**3 / self._gm))

    def rise_km_s(self, here: Floats) -> float:
        """What lifts a state to the target, half a revolution on."""
        r, top = float(np.linalg.norm(here[:3])), self._radii_km[1]
        return float(np.sqrt(2.0 * self._gm * top / (r * (r + top))) - np.linalg.norm(here[3:]))

    def _turns(self, period: float) -> float:
        """Revolutions from the first burn to the last, in a phasing orbit of a period."""
        return (self.met_tdb - self.start_tdb - self.rise_s(period)) / period + 0.5

    def choice(self) -> tuple[int, float]:
        """Whole revolutions, as few as fit, and the period of the phasing orbit they take."""
        slow = self._period_s(self._radii_km[1])
        fast = self._period_s(RADIUS_KM["moon"] + _LEAST_ALTITUDE_KM)
        least, most = self._turns(slow), self._turns(fast)
        turns = int(np.ceil(least))
        if turns < 1 or turns > most:
            when = utc_iso(self.start_tdb + slow * fast / (slow - fast), 0)
            raise InfeasibleError(
                f"between {utc_iso(self.start_tdb, 0)} and {utc_iso(self.met_tdb, 0)} the craft makes "
                f"{least:.2f} to {most:.2f} revolutions, and no whole number of them",
                where="lunar_rendezvous", remedy=f"meet at another time; from {when} on there always is one",
            )  # fmt: skip
        low, high = fast, slow
        while high - low > 1e-6:
            middle = 0.5 * (low + high)
            low, high = (middle, high) if self._turns(middle) > turns else (low, middle)
        return turns, 0.5 * (low + high)

    def timed(self, turns: int, period: float) -> tuple[Floats, Arc]:
        """The first burn, along the motion, and the flight after it, half a revolution from the target at its end."""
        a, speed = 0.5 * (self._perilune_km(period) + self._radii_km[0]), float(np.linalg.norm(self.state[3:]))
        along = self.state[3:] / speed
        boost = float(np.sqrt(self._gm * (2.0 / self._radii_km[0] - 1.0 / a))) - speed
        end = self.met_tdb - self.rise_s(period)
        opposite = np.concatenate([-self.meet[:3], self.meet[3:]])
        for _ in range(_STEPS):
            after = np.concatenate([self.state[:3], self.state[3:] + boost * along])
            arc = fly(after, self.start_tdb, self.met_tdb, self.forces, center="moon", name="phasing orbit")
            past = lead_rad(opposite, arc.at(end, "moon")[0])
            if abs(past) < _SAME_RAD:
                return boost * along, arc
            longer = past / (2.0 * np.pi * (turns - 0.5))  # by what share the period is too short
            boost += self._gm / (a * (speed + boost)) * longer / 3.0
        raise ConvergenceError("the phasing does not close", where="lunar_rendezvous")


def _flown(waiting: Arc, boost: Floats, phased: Arc, found: Rendezvous, row: int, turns: int) -> LunarRendezvous:
    raised, met = float(found.departure_tdb[row]), float(found.arrival_tdb[row])
    (phasing,) = phased.trajectory.until(raised).arcs
    state = found.departure_states[row].copy()
    state[3:] += found.departure_burn_km_s[row]
    rise = fly(state, raised, met, phased.run.forces, center="moon", name="rise")
    burns = np.array([boost, found.departure_burn_km_s[row], found.arrival_burn_km_s[row]])
    return LunarRendezvous(np.array([waiting.end_tdb, raised, met]), burns, (waiting, phasing, rise), turns)
