"""Rendezvous in a low orbit about the Earth: phasing, a coelliptic approach from below, terminal transfer, braking.

    meet = earth_rendezvous(craft, target, epoch, 3.0 * 3600.0)
    meet.delta_v_km_s, meet.arrival_tdb

The craft waits below the target until it has caught up, rises to an orbit a constant height below, and from a place
where the target stands some 27 deg over the horizon flies 130 deg round to it. All of it is flown in the field given;
two-body formulas only say where to begin.

Source: Woffinden and Geller (2007), J. Spacecraft and Rockets 44, 898, for the sequence and the terminal transfer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError
from lunarplan.model.rows import scalar
from lunarplan.model.trajectory import Arc, fly
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.path import lead_rad

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]

_TERMINAL_RAD = np.radians(130.0)
_DRIFT_REVOLUTIONS = 0.5  # along the coelliptic orbit
_STEPS, _SAME_RAD, _SAME_KM, _CLOSED_KM = 12, 1e-6, 1e-3, 1e-6
_LEAST_COAST_S = 60.0
NAMES = ("raise", "coelliptic", "terminal", "braking")


@dataclass(frozen=True)
class EarthRendezvous:
    """A rendezvous: four burns and the arcs between them.

    epochs_tdb : float64[4], of raise, coelliptic burn, terminal burn, braking
    burns_km_s : float64[4, 3], ICRF
    coasts     : before each burn, the first from the state given
    target     : the target's path from that epoch to the braking
    """

    epochs_tdb: Floats
    burns_km_s: Floats
    coasts: tuple[Arc, ...]
    target: Arc

    @property
    def delta_v_km_s(self) -> Floats:
        """Of each burn, float64[4]."""
        return np.asarray(np.linalg.norm(self.burns_km_s, axis=1))

    @property
    def arrival_tdb(self) -> float:
        return float(self.epochs_tdb[3])


def earth_rendezvous(
    craft: Floats, target: Floats, tdb: float, forces: ForceModel, *, below_km: float = 10.0, revolutions: int = 0
) -> EarthRendezvous:
    """Solve a rendezvous from a low orbit with a target in a higher one of nearly the same plane.

    craft, target : states float64[6] about the Earth, ICRF, km and km/s, at one epoch, in nearly circular orbits
    below_km      : height of the coelliptic orbit below the target's
    revolutions   : whole turns the craft gains on the target before it rises

    Raises InputError for values out of range, InfeasibleError for a target that is not above, ConvergenceError if the
    approach does not close.
    """
    scalar("below_km", below_km, 1.0, 100.0, "km")
    scalar("revolutions", revolutions, 0, 100)
    phasing = _Phasing.between(craft, target, forces, below_km)
    ahead = lead_rad(craft, target) % (2.0 * np.pi)
    wait = phasing.wait_s(ahead, revolutions)
    for _ in range(_STEPS):
        way = _approach(craft, target, tdb, tdb + wait, phasing, forces)
        late = way.lead_rad - phasing.terminal_lead_rad
        if abs(late) < _SAME_RAD:
            return _closed(way, phasing, forces)
        wait += late / phasing.catching_up
        if wait < _LEAST_COAST_S:
            break
    raise ConvergenceError("the phasing does not close", where="earth_rendezvous", remedy="let the target lead by more")


@dataclass(frozen=True)
class _Phasing:
    """Mean numbers of the two orbits: what a first guess is made of.

    rates are of the argument of latitude, rad/s
    """

    gm: float
    low_km: float
    high_km: float
    below_km: float
    low_rate: float
    high_rate: float

    @classmethod
    def between(cls, craft: Floats, target: Floats, forces: ForceModel, below_km: float) -> _Phasing:
        gm = forces.gm("earth")
        low, high = (float(np.linalg.norm(state[:3])) for state in (craft, target))
        if low > high - below_km:
            what = f"the craft is {high - low:.1f} km below the target"
            remedy = "lower the parking orbit, or give less below"
            raise InfeasibleError(what, where="earth_rendezvous", allowed=f"over {below_km:g} km", remedy=remedy)
        return cls(gm, low, high, below_km, float(np.sqrt(gm / low**3)), float(np.sqrt(gm / high**3)))

    @property
    def catching_up(self) -> float:
        return self.low_rate - self.high_rate

    @property
    def rise_s(self) -> float:
        """Half of the transfer ellipse."""
        a = 0.5 * (self.low_km + self.high_km - self.below_km)
        return float(np.pi * np.sqrt(a**3 / self.gm))

    @property
    def drift_s(self) -> float:
        return _DRIFT_REVOLUTIONS * 2.0 * np.pi / self.high_rate

    @property
    def coelliptic_rate(self) -> float:
        return float(np.sqrt(self.gm / (self.high_km - self.below_km) ** 3))

    @property
    def terminal_s(self) -> float:
        return float(_TERMINAL_RAD / (0.5 * (self.coelliptic_rate + self.high_rate)))

    @property
    def terminal_lead_rad(self) -> float:
        """By what the target leads where the terminal transfer begins."""
        return float(_TERMINAL_RAD - self.high_rate * self.terminal_s)

    def wait_s(self, ahead: float, revolutions: int) -> float:
        """From the epoch given to the raise, by mean motions."""
        drift = (self.coelliptic_rate - self.high_rate) * self.drift_s
        at_raise = self.terminal_lead_rad + drift + np.pi - self.high_rate * self.rise_s
        return float(((ahead - at_raise) % (2.0 * np.pi) + 2.0 * np.pi * revolutions) / self.catching_up)


@dataclass(frozen=True)
class _Way:
    """Flown to where the terminal transfer begins."""

    coasts: tuple[Arc, Arc, Arc]
    burns: tuple[Floats, Floats]
    target: Arc
    lead_rad: float


def _approach(
    craft: Floats, target: Floats, start: float, raised: float, phasing: _Phasing, forces: ForceModel
) -> _Way:
    """Wait, rise and drift; the target flown on to the braking."""
    risen = raised + phasing.rise_s
    begun = risen + phasing.drift_s
    path = fly(target, start, begun + phasing.terminal_s, forces, name="target")
    waiting = fly(craft, start, raised, forces, name="phasing orbit")
    before = waiting.at(raised)[0]
    rising, delta = _risen(before, raised, risen, path, phasing, forces)
    here = rising.at(risen)[0]
    matched, _ = _coelliptic(here, risen, path, phasing)
    drifting = fly(np.concatenate([here[:3], matched]), risen, begun, forces, name="coelliptic orbit")
    lead = lead_rad(drifting.at(begun)[0], path.at(begun)[0])
    return _Way((waiting, rising, drifting), (delta, matched - here[3:]), path, lead)


def _risen(
    before: Floats, raised: float, risen: float, path: Arc, phasing: _Phasing, forces: ForceModel
) -> tuple[Arc, Floats]:
    """The coast up, from a burn along the motion that ends it the height asked for below the target's orbit."""
    speed = float(np.linalg.norm(before[3:]))
    along = before[3:] / speed
    a = 0.5 * (np.linalg.norm(before[:3]) + phasing.high_km - phasing.below_km)
    boost = float(np.sqrt(phasing.gm * (2.0 / np.linalg.norm(before[:3]) - 1.0 / a))) - speed
    for _ in range(_STEPS):
        arc = fly(np.concatenate([before[:3], before[3:] + boost * along]), raised, risen, forces, name="rise")
        here = arc.at(risen)[0]
        _, height = _coelliptic(here, risen, path, phasing)
        short = height - float(np.linalg.norm(here[:3]))
        if abs(short) < _SAME_KM:
            return arc, boost * along
        boost += short * phasing.high_rate / 4.0  # a burn half a revolution before raises by four of it over the rate
    raise ConvergenceError("the rise does not close", where="earth_rendezvous")


def _coelliptic(here: Floats, tdb: float, path: Arc, phasing: _Phasing) -> tuple[Floats, float]:
    """Velocity of the coelliptic orbit at a place, and its distance from the Earth's centre there.

    The orbit is the target's, a constant height lower: as far round, it rises as the target does.
    """
    then = float(np.clip(tdb - lead_rad(here, path.at(tdb)[0]) / phasing.high_rate, path.start_tdb, path.end_tdb))
    there = path.at(then)[0]
    radius, speed2 = float(np.linalg.norm(there[:3])), float(there[3:] @ there[3:])
    a = 1.0 / (2.0 / radius - speed2 / phasing.gm)
    lower = radius - phasing.below_km
    climb = float(there[:3] @ there[3:]) / radius * (a / (a - phasing.below_km)) ** 1.5
    level = phasing.gm * (2.0 / lower - 1.0 / (a - phasing.below_km)) - climb**2
    out = here[:3] / np.linalg.norm(here[:3])
    on = np.cross(np.cross(there[:3], there[3:]), out)
    return climb * out + np.sqrt(level) * on / np.linalg.norm(on), lower


def _closed(way: _Way, phasing: _Phasing, forces: ForceModel) -> EarthRendezvous:
    """The terminal transfer, by Newton's method on its first burn."""
    begun, met = way.coasts[2].end_tdb, way.target.end_tdb
    state, meet = way.coasts[2].at(begun)[0], way.target.at(met)[0]
    flight = InEphemeris(forces)
    burn = np.zeros(3)
    span = np.array([begun]), np.array([met])
    for _ in range(_STEPS):
        moved = state.copy()
        moved[3:] += burn
        end, stm = flight.arc("earth", moved[None], *span)
        miss = meet[:3] - end[0, :3]
        if np.linalg.norm(miss) < _CLOSED_KM:
            break
        burn = burn + np.linalg.solve(stm[0, :3, 3:], miss)
    else:
        raise ConvergenceError("the terminal transfer does not close", where="earth_rendezvous")
    last = fly(moved, begun, met, forces, name="terminal transfer")
    burns = np.array([*way.burns, burn, meet[3:] - last.at(met)[0, 3:]])
    epochs = np.array([*(arc.end_tdb for arc in way.coasts), met])
    return EarthRendezvous(epochs, burns, (*way.coasts, last), way.target)
