"""Staging orbits and what the way from each to a low lunar orbit costs: one table, in the ephemeris or of three bodies.

    for row in staging_table():
        print(row.name, row.delta_v_m_s, row.published_m_s)

Two burns, the departure anywhere on the orbit, the duration the best of a list, the low orbit's node left free.

Source: Whitley and Martinez (2016), Options for staging orbits in cislunar space, IEEE Aerospace; NTRS 20150019648.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.model.rows import require_kind
from lunarplan.orbits.catalogue import family
from lunarplan.orbits.libration import libration_points
from lunarplan.orbits.long_orbit import carry
from lunarplan.orbits.pulsating import PulsatingFrame
from lunarplan.orbits.units import EARTH_MOON_384400
from lunarplan.transfers.flight import Flight, InEphemeris, InThreeBody, flight_or_default
from lunarplan.transfers.patched_conic import plane_axes
from lunarplan.transfers.stations.low_orbit import cheapest_to_low_orbit
from lunarplan.transfers.stations.low_orbit_plane import cheapest_to_plane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lunarplan.orbits.orbit import PeriodicOrbit
    from lunarplan.transfers.path import Path

    Floats = NDArray[np.float64]
_START = "2028-03-01T00:00:00"
_HALF_DAY_S = 0.5 * SECONDS_PER_DAY
_NRHO_DAYS, _HALO_DAYS, _DRO_X_KM = "9:2", 14.0, 70_000.0


@dataclass(frozen=True)
class StagingOrbit:
    """A place to start from.

    path        : has ``at(tdb, center)``; start_tdb, revolution_s : where a revolution of it begins, and how long it is
    durations_s : of the transfers that are tried
    inclination_deg : of the low orbit, to the Moon's equator (in the problem of three bodies: to their plane)
    published_m_s : both burns together, by Whitley and Martinez (2016)
    """

    name: str
    path: Path
    start_tdb: float
    revolution_s: float
    durations_s: tuple[float, ...]
    inclination_deg: float
    published_m_s: float


@dataclass(frozen=True)
class StagingRow:
    """The cheapest way down from a staging orbit, NaN where none converges; departure_tdb: when it leaves."""

    name: str
    inclination_deg: float
    departure_tdb: float
    duration_s: float
    delta_v_m_s: float
    published_m_s: float


def staging_orbits(flight: Flight | None = None, start: Any = _START) -> list[StagingOrbit]:
    """The staging orbits of the paper, in the ephemeris from an epoch on, or of the three-body problem.

    Raises InputError for what is no flight, and epochs outside the ephemeris.
    """
    flight = flight_or_default(flight)
    if not isinstance(flight, InEphemeris | InThreeBody):
        raise InputError(f"{flight!r:.60}", where="flight", allowed="InEphemeris(...), InThreeBody(...), or None")
    begun = float(tdb_seconds(start)) if isinstance(flight, InEphemeris) else 0.0
    places = _Places(flight, begun)
    day = SECONDS_PER_DAY
    nrho = family("L2 halo south", EARTH_MOON_384400).select(resonance=_NRHO_DAYS)
    halo = family("L2 halo south", EARTH_MOON_384400).select(period_days=_HALO_DAYS)
    dro = family("DRO", EARTH_MOON_384400).select(x_amplitude_km=_DRO_X_KM)
    return [
        places.periodic("NRHO", nrho, (0.5 * day,), 90.0, 730.0),
        places.periodic("NRHO", nrho, (0.5 * day,), 0.0, 898.0),
        places.periodic("EML2 halo", halo, (3.0 * day,), 90.0, 800.0),
        places.periodic("DRO", dro, (4.0 * day,), 90.0, 830.0),
        places.libration_point(0, (2.0 * day, 3.0 * day), 90.0, 750.0),
        places.elliptic("PCO", 3_000.0, 5_000.0, 75.0, 90.0, 90.0, 700.0),
        places.elliptic("frozen", 880.0, 8_800.0, 40.0, 90.0, 90.0, 808.0),
        places.elliptic("ELO", 100.0, 10_000.0, 0.0, 0.0, 0.0, 515.0),
    ]


def staging_table(
    flight: Flight | None = None, start: Any = _START, orbits: Sequence[StagingOrbit] | None = None
) -> list[StagingRow]:
    """The cheapest way down from each staging orbit within a revolution, over its durations.

    Raises InputError as `staging_orbits`.
    """
    flight = flight_or_default(flight)
    asked = staging_orbits(flight, start) if orbits is None else orbits
    for orbit in asked:
        require_kind("orbits", orbit, StagingOrbit, "StagingOrbit(...), a list of them")
    return [_cheapest(orbit, flight) for orbit in asked]


def _cheapest(orbit: StagingOrbit, flight: Flight) -> StagingRow:
    ways = _turning if np.sin(np.radians(orbit.inclination_deg)) < _FLAT else _level
    departures, costs = ways(orbit, flight)
    best = int(np.nan_to_num(costs, nan=np.inf).argmin())
    return StagingRow(
        orbit.name, orbit.inclination_deg, float(departures[best]), orbit.durations_s[best], float(1e3 * costs[best]),
        orbit.published_m_s,
    )  # fmt: skip


def _level(orbit: StagingOrbit, flight: Flight) -> tuple[Floats, Floats]:
    """Departures and costs, km/s, for each duration; the node is the one that costs no turn at perilune."""
    tofs = np.array(orbit.durations_s)
    begin = np.full(len(tofs), orbit.start_tdb)
    found = cheapest_to_low_orbit(
        orbit.path, begin, begin + orbit.revolution_s, tofs, inclination_deg=orbit.inclination_deg, flight=flight
    )
    return found.staging_tdb, found.delta_v_km_s


def _turning(orbit: StagingOrbit, flight: Flight) -> tuple[Floats, Floats]:
    """The same for the equator itself, which has no node and takes a turn at perilune."""
    departures, costs = np.full((2, len(orbit.durations_s)), np.nan)
    end = orbit.start_tdb + orbit.revolution_s
    for k, tof in enumerate(orbit.durations_s):
        try:
            found = cheapest_to_plane(
                orbit.path, orbit.start_tdb, end, tof, inclination_deg=orbit.inclination_deg, flight=flight
            )
        except (ConvergenceError, InfeasibleError):
            continue
        departures[k], costs[k] = found.epochs_tdb[0], found.delta_v_km_s.sum()
    return departures, costs


@dataclass(frozen=True)
class _Places:
    """How orbits become paths: as the flight has them, from an epoch on."""

    flight: InEphemeris | InThreeBody
    begun: float

    def periodic(
        self, name: str, orbit: PeriodicOrbit, durations_s: tuple[float, ...], low_deg: float, published_m_s: float
    ) -> StagingOrbit:
        length = orbit.period_days * SECONDS_PER_DAY
        if isinstance(self.flight, InEphemeris):
            path: Path = carry(orbit, self.begun, revolutions=1.2, forces=self.flight.forces)
        else:
            path = _InThreeBodies(orbit, self.flight)
        return StagingOrbit(name, path, self.begun, length, durations_s, low_deg, published_m_s)

    def libration_point(
        self, which: int, durations_s: tuple[float, ...], low_deg: float, published_m_s: float
    ) -> StagingOrbit:
        """At rest in the rotating axes, for a day."""
        x = np.zeros(6)
        x[:3] = libration_points(EARTH_MOON_384400.mu)[which][:3]
        path = _AtRest(x, self.flight)
        return StagingOrbit(
            f"EML{which + 1}", path, self.begun, SECONDS_PER_DAY, durations_s, low_deg, published_m_s
        )  # fmt: skip

    def elliptic(
        self, name: str, near_km: float, far_km: float, tilt_deg: float, perilune_deg: float, low_deg: float,
        published_m_s: float,
    ) -> StagingOrbit:  # fmt: skip
        """An orbit of the Moon by its altitudes; perilune_deg is the argument of its perilune."""
        near, far = RADIUS_KM["moon"] + near_km, RADIUS_KM["moon"] + far_km
        gm, a = self.flight.gm("moon"), 0.5 * (near + far)
        out, along = (v[0] for v in plane_axes(np.zeros(1), np.radians([tilt_deg]), np.radians([perilune_deg])))
        turn = self._equator()
        state = np.concatenate([near * out @ turn, np.sqrt(gm * (2.0 / near - 1.0 / a)) * along @ turn])
        length = 2.0 * np.pi * float(np.sqrt(a**3 / gm))
        path = _Coasting(state, self.begun, self.flight)
        tofs = tuple(length * part for part in (_PARTS if low_deg else _HALF))
        return StagingOrbit(name, path, self.begun, length, tofs, low_deg, published_m_s)

    def _equator(self) -> Floats:
        if isinstance(self.flight, InEphemeris):
            return rotation("moon_me", self.begun, self.flight.forces.source)
        return np.eye(3)


_HALF = (0.5,)
_FLAT = 1e-3  # nearer to the equator a plane's node means nothing
_PARTS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.8)


@dataclass(frozen=True)
class _InThreeBodies:
    """A periodic orbit of the three-body problem, in axes at rest."""

    orbit: PeriodicOrbit
    flight: InThreeBody

    def at(self, tdb: Any, center: str = "moon") -> Floats:
        epochs = np.atleast_1d(np.asarray(tdb, float))
        return self.flight.at_rest(self.orbit.at(epochs / self.flight.time_s), epochs)


@dataclass(frozen=True)
class _AtRest:
    """A point of the rotating axes."""

    rotating: Floats
    flight: InEphemeris | InThreeBody

    def at(self, tdb: Any, center: str = "moon") -> Floats:
        epochs = np.atleast_1d(np.asarray(tdb, float))
        states = np.tile(self.rotating, (len(epochs), 1))
        if isinstance(self.flight, InThreeBody):
            return self.flight.at_rest(states, epochs)
        return PulsatingFrame(self.flight.forces.source).to_icrf(states, epochs)


@dataclass(frozen=True)
class _Coasting:
    """Where a craft is that has been left to itself."""

    state: Floats
    begun: float
    flight: Flight

    def at(self, tdb: Any, center: str = "moon") -> Floats:
        epochs = np.atleast_1d(np.asarray(tdb, float))
        n = len(epochs)
        return self.flight.arc("moon", np.tile(self.state, (n, 1)), np.full(n, self.begun), epochs)[0]
