"""First guesses of free returns: patched conics out, round the Moon, and home.

The excess velocities at the Moon, of the way out and of the way home, are equally long and as far apart as the perilune
turns them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.sky import separation_rad
from lunarplan.transfers import patched_conic as conic
from lunarplan.transfers.batches import taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.free_returns.free_return import FreeReturnProblem

    Floats = NDArray[np.float64]

_FELT_KM = 60_000.0
_DURATIONS_S = np.linspace(1.6, 4.8, 33) * 86_400.0


@dataclass(frozen=True)
class _Ends:
    """The ways out and home (backwards), their durations and excess velocities at the Moon."""

    out_s: Floats
    out: conic.Departure
    coming: Floats
    home_s: Floats
    home: conic.Departure
    leaving: Floats


@dataclass(frozen=True)
class Conics:
    """The conics of a batch; equator and moon_axes: float64[N, 3, 3], from ICRF, that angles are counted in."""

    batch: FreeReturnProblem
    forces: ForceModel
    equator: Floats
    moon_axes: Floats

    def first_guess(self) -> Floats:
        """The variables of `arcs.ARCS`, float64[N, 16].

        Of all ways out the one whose way home, of the same excess speed, needs just the turn the Moon makes.
        """
        n, k = len(self.batch.perilune_tdb), len(_DURATIONS_S)
        every = taken(self, np.tile(np.arange(n), k))
        durations = np.repeat(_DURATIONS_S, n)
        homewards = np.linalg.norm(every.home(durations)[1], axis=1).reshape(k, n)
        turns = every.turn_missing(every.ends(durations, np.tile(homewards, k))).reshape(k, n)
        return self._start(self.ends(_crossing(_DURATIONS_S, turns), homewards))

    def ends(self, tof: Floats, homewards: Floats) -> _Ends:
        """Ways out, and the ways home of the same excess speed; homewards: that of every duration, [durations, N]."""
        out, coming = self.out(tof)
        home_s = _crossing(_DURATIONS_S, homewards - np.linalg.norm(coming, axis=1))
        return _Ends(tof, out, coming, home_s, *self.home(home_s))

    def turn_missing(self, ends: _Ends) -> Floats:
        """What the Moon's pull turns the excess velocity by more than the two ways need, rad."""
        speed = np.linalg.norm(ends.coming, axis=1)
        e = 1.0 + self.batch.perilune_radius_km * speed**2 / self.forces.gm("moon")
        return np.asarray(2.0 * np.arcsin(1.0 / e) - separation_rad(ends.coming, ends.leaving))

    @property
    def vacuum_perigee(self) -> Floats:
        return conic.vacuum_perigee(self.batch.entry_radius_km, self.batch.flight_path)

    def out(self, tof: Floats) -> tuple[conic.Departure, Floats]:
        b = self.batch
        return self._leg(tof, b.parking_radius_km, b.parking_inclination, b.northbound_departure, 1.0)

    def home(self, tof: Floats) -> tuple[conic.Departure, Floats]:
        b = self.batch
        return self._leg(tof, self.vacuum_perigee, np.pi - b.return_inclination, -b.northbound_return, -1.0)

    def _leg(
        self, tof: Floats, perigee: Floats, inclination: Floats, northbound: Floats, sense: float
    ) -> tuple[conic.Departure, Floats]:
        """A conic between the Earth and where a massless Moon would be met, and the excess velocity it has there.

        sense : 1 outwards in time; -1 for a way home, flown backwards in time
        """
        b, gm_earth, gm_moon = self.batch, self.forces.gm("earth"), self.forces.gm("moon")
        delay = np.zeros(len(tof))
        for _ in range(2):
            moon = self.forces.source.state("moon", "earth", b.perilune_tdb + sense * delay)
            aim = np.einsum("nij,nj->ni", self.equator, moon[:, :3])
            leg = conic.departure(aim, perigee, inclination, northbound, tof + delay, gm_earth)
            excess = sense * np.einsum("nji,nj->ni", self.equator, leg.arrival_velocity) - moon[:, 3:]
            delay = conic.focusing_delay(np.linalg.norm(excess, axis=1), b.perilune_radius_km, _FELT_KM, gm_moon)
        return leg, excess

    def _start(self, ends: _Ends) -> Floats:
        b, t, out = self.batch, self.batch.perilune_tdb, ends.out
        entry = conic.entry(ends.home, self.vacuum_perigee, b.entry_radius_km, self.forces.gm("earth"))
        return np.column_stack([
            out.node, out.argument, out.speed, b.parking_inclination, t - ends.out_s,
            *self._flyby(ends), b.perilune_radius_km, t,
            *entry, b.return_inclination, t + ends.home_s,
        ])  # fmt: skip

    def _flyby(self, ends: _Ends) -> tuple[Floats, Floats, Floats, Floats]:
        """Node, argument, speed and inclination at the perilune of the hyperbola between two excess velocities."""
        coming, leaving = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (ends.coming, ends.leaving))
        directions = coming - leaving, coming + leaving, np.cross(coming, leaving)
        out, along, normal = (
            np.einsum("nij,nj->ni", self.moon_axes, v / np.linalg.norm(v, axis=1, keepdims=True)) for v in directions
        )
        node, argument = np.arctan2(normal[:, 0], -normal[:, 1]), np.arctan2(out[:, 2], along[:, 2])
        excess2 = (ends.coming**2).sum(axis=1)
        speed = np.sqrt(excess2 + 2.0 * self.forces.gm("moon") / self.batch.perilune_radius_km)
        return node, argument, speed, np.arccos(np.clip(normal[:, 2], -1.0, 1.0))


def _crossing(x: Floats, y: Floats) -> Floats:
    """Where samples y[k, N] over x[k] first pass zero, linearly between, or else are nearest to it."""
    signs = np.sign(y)
    crossed = signs[1:] * signs[:-1] < 0
    k = np.where(crossed.any(axis=0), crossed.argmax(axis=0), 0)
    rows = np.arange(y.shape[1])
    a, b = y[k, rows], y[k + 1, rows]
    between = x[k] - a * (x[k + 1] - x[k]) / np.where(b == a, 1.0, b - a)
    return np.asarray(np.where(crossed.any(axis=0), between, x[np.abs(y).argmin(axis=0)]))
