"""When the Sun is hidden: eclipses by Earth and Moon along any flight, and orbits phased so that they stay short.

An orbit in resonance with the Sun meets every full Moon at the same few places. Where these are is the phase at which
the orbit begins, and decides for years whether it crosses the shadow of the Earth fast, slowly or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model import events
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import one_epoch, utc_iso
from lunarplan.model.rows import scalar
from lunarplan.model.sky import angular_radius_rad, apparent_position, separation_rad
from lunarplan.model.trajectory import Arc, Trajectory
from lunarplan.orbits.long_orbit import EphemerisOrbit, require_flyable
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.pulsating import Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_YEAR_S = 365.25 * SECONDS_PER_DAY
_COARSE_S, _FINE_S = 6 * 3600.0, 600.0
_RING = 4000  # samples of a revolution, between which places are interpolated
_PHASES = 72


@dataclass(frozen=True)
class Eclipses:
    """Passages through the shadow of a body, in the order of time.

    start_tdb, end_tdb : float64[n], TDB s, in which some of the Sun is hidden; cut where the flight begins and ends
    umbra_s            : float64[n], s of each in which all of it is
    """

    body: str
    start_tdb: Floats
    end_tdb: Floats
    umbra_s: Floats

    def __len__(self) -> int:
        return len(self.start_tdb)

    def __repr__(self) -> str:
        if not len(self):
            return f"<Eclipses by the {self.body}: none>"
        longest = (
            f"longest {self.longest_s / 60:.0f} min, of which {self.umbra_s.max() / 60:.0f} at most without any Sun"
        )
        return f"<Eclipses by the {self.body}: {len(self)}; {longest}>"

    @property
    def duration_s(self) -> Floats:
        """From the first to the last contact, float64[n]."""
        return self.end_tdb - self.start_tdb

    @property
    def longest_s(self) -> float:
        """Longest of them, penumbra included; 0 if there is none."""
        return float(self.duration_s.max(initial=0.0))


def eclipses(flight: EphemerisOrbit | Trajectory | Arc, body: str) -> Eclipses:
    """Eclipses of the Sun by a body, "earth" or "moon", along a flight.

    Contacts are those of `events.shadow`: spheres, a uniform Sun, seen where its light comes from.

    Raises InputError for what is no flight, and bodies that cast no shadow.
    """
    path = _path(flight)
    penumbra, umbra = (_intervals(path, body, fraction) for fraction in (1.0, 0.0))
    within = np.searchsorted(penumbra[:, 0], 0.5 * umbra.sum(axis=1), side="right") - 1
    dark = np.bincount(within, weights=umbra[:, 1] - umbra[:, 0], minlength=len(penumbra))
    return Eclipses(body, penumbra[:, 0], penumbra[:, 1], np.asarray(dark, float))


def _path(flight: EphemerisOrbit | Trajectory | Arc) -> Trajectory:
    if isinstance(flight, EphemerisOrbit | Arc):
        return flight.trajectory
    if not isinstance(flight, Trajectory):
        raise InputError(f"a {type(flight).__name__}", where="eclipses", allowed="an EphemerisOrbit, Trajectory or Arc")
    return flight


def _intervals(path: Trajectory, body: str, fraction: float) -> Floats:
    """Stretches, float64[k, 2], in which no more than a fraction of the Sun is seen: less than all of it for 1."""
    contacts = events.find(path, events.shadow(body, fraction=fraction))
    edges = np.concatenate([[path.start_tdb], contacts, [path.end_tdb]])
    seen = events.lit(0.5 * (edges[:-1] + edges[1:]), path, body)
    hidden = seen < 1.0 if fraction == 1.0 else seen <= fraction
    return np.column_stack([edges[:-1], edges[1:]])[hidden]


@dataclass(frozen=True)
class Phases:
    """What phases at the epoch mean for the longest eclipse.

    phase     : float64[n], from 0 to 1, for `carry`
    longest_s : float64[n], of the eclipses by the body, penumbra included, in steps of ten minutes
    """

    body: str
    epoch: str
    phase: Floats
    longest_s: Floats

    @property
    def best(self) -> float:
        """Middle of the widest range of phases with the shortest of longest eclipses."""
        good = np.tile(self.longest_s <= self.longest_s.min(), 3)
        ends = np.flatnonzero(np.diff(np.concatenate([[0], good, [0]])))
        widest = np.argmax(ends[1::2] - ends[::2])
        middle = 0.5 * (ends[2 * widest] + ends[2 * widest + 1] - 1)
        return float(middle % len(self.phase) / len(self.phase))

    def require(self, limit_s: float) -> float:
        """The best phase; InfeasibleError if an eclipse is longer than a limit there."""
        scalar("limit_s", limit_s, 0.0, np.inf, "s")
        if self.longest_s.min() > limit_s:
            raise InfeasibleError(
                f"the {self.body} hides the Sun for {self.longest_s.min() / 60:.0f} min or more at every phase",
                where=f"eclipses from {self.epoch}",
                allowed=f"{limit_s / 60:.0f} min",
                remedy="move the epoch, ask for fewer years, or take an orbit in resonance with the Sun",
            )
        return self.best


def eclipse_phases(
    orbit: PeriodicOrbit, epoch: Any, *, years: float, body: str = "earth", ephemeris: Ephemeris | None = None
) -> Phases:
    """The longest eclipse for each phase at which an orbit may begin, before it is carried into the ephemeris.

    The orbit is that of the pulsating frame, some hundred kilometres and some hours from the one `carry` finds: choose
    by it, then ask `eclipses` of what was carried. Out of resonance with the Sun, all phases meet the shadow in time.

    Raises InputError for epochs outside the ephemeris and bodies that cast no shadow.
    """
    require_flyable(orbit)
    known = Ephemeris.packaged() if ephemeris is None else ephemeris
    start = one_epoch(epoch)
    end = start + scalar("years", years, 0.01, 1000.0, "years") * _YEAR_S
    clock = Clock.between(known, orbit.mu, orbit.units.time_s, start, end)
    tdb = _near_alignments(known, start, end) if body == "earth" else np.arange(start, end, _FINE_S)
    sun = apparent_position("sun", body, tdb, known)
    origin = known.position("moon", body, tdb)
    turn = clock.frame.matrix(tdb)[:, :3, :3]
    elapsed = clock.at(tdb) / orbit.period
    ring = _ring(orbit)
    phase = np.arange(_PHASES) / _PHASES
    longest = np.array([_longest_s(tdb, turn, origin, sun, ring((elapsed + p) % 1.0), body) for p in phase])
    return Phases(body, utc_iso(start), phase, longest)


def _near_alignments(known: Ephemeris, start: float, end: float) -> Floats:
    """Epochs ten minutes apart, around those at which the Moon is less than 20 deg from the shadow of the Earth."""
    coarse = np.arange(start, end, _COARSE_S)
    apart = separation_rad(-known.position("sun", "earth", coarse), known.position("moon", "earth", coarse))
    near = coarse[apart < np.radians(20.0)]
    return np.asarray((near[:, np.newaxis] + np.arange(0.0, _COARSE_S, _FINE_S)).ravel())


def _ring(orbit: PeriodicOrbit) -> Any:
    """Places relative to the Moon in the frame at phases from 0 to 1, float64[n, 3]."""
    from scipy.interpolate import CubicSpline

    times, states = orbit.sample(_RING)
    places = states[:, :3] - np.array([1.0 - orbit.mu, 0.0, 0.0])
    places[-1] = places[0]
    return CubicSpline(times / times[-1], places, bc_type="periodic")


def _longest_s(tdb: Floats, turn: Floats, origin: Floats, sun: Floats, place: Floats, body: str) -> float:
    """Longest row of samples in penumbra."""
    r = np.einsum("nij,nj->ni", turn, place) + origin
    distance, to_sun = np.linalg.norm(r, axis=1), sun - r
    apart = separation_rad(to_sun, -r)
    edge = angular_radius_rad("sun", np.linalg.norm(to_sun, axis=1)) + angular_radius_rad(body, distance)
    hidden = np.flatnonzero(apart < edge)
    if not len(hidden):
        return 0.0
    breaks = np.flatnonzero(np.diff(tdb[hidden]) > 1.5 * _FINE_S)
    rows = np.diff(np.concatenate([[-1], breaks, [len(hidden) - 1]]))
    return float(rows.max() * _FINE_S)
