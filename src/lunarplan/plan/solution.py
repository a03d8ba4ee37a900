"""What solving a mission hands over: the contract between `solve` and `Plan`.

`solve(mission, ephemeris=None, progress=None) -> Solution` finds the trajectory and reports the numbers
below, and nothing that follows from them: masses, propellant, budget, timeline and the comparison with
published values are the Plan's to work out. What does not converge, or cannot, is raised (ConvergenceError,
InfeasibleError); a Solution is always a solution.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lunarplan.config.phases import period_s
from lunarplan.errors import ConvergenceError
from lunarplan.model.epochs import utc_iso

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[str], None]


class TrajectoryLike(Protocol):
    """A flight path with dense output, from the parking orbit (TLI at the latest) to the end of the stay.

    At an impulse, `at` returns the state after it.
    """

    @property
    def start_tdb(self) -> float: ...
    @property
    def end_tdb(self) -> float: ...
    @property
    def nodes_tdb(self) -> FloatArray:
        """The integrator's own steps, ascending."""
        ...

    def at(self, tdb: FloatArray, center: str = "earth") -> FloatArray:
        """Return states, float64[N, 6], km and km/s, ICRF axes."""
        ...


@dataclass(frozen=True)
class Burn:
    """One burn.

    delta_v_km_s : integral of thrust over mass, for a finite burn; the speed change, for an impulse
    duration_s   : 0 for an impulse
    engine       : "launcher" or the name of a vehicle engine
    """

    name: str
    ignition_tdb: float
    delta_v_km_s: float
    engine: str
    duration_s: float = 0.0
    note: str = ""

    @property
    def cutoff_tdb(self) -> float:
        return self.ignition_tdb + self.duration_s


@dataclass(frozen=True)
class OrbitReached:
    """An osculating lunar orbit; altitudes above 1737.4 km, inclination to the lunar equator."""

    epoch_tdb: float
    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_rad: float

    @property
    def period_s(self) -> float:
        return period_s(self.perilune_altitude_km, self.apolune_altitude_km)

    def to_dict(self) -> dict[str, Any]:
        """Return the orbit in the units of the edge."""
        return {
            "epoch_utc": utc_iso(self.epoch_tdb),
            "perilune_altitude_km": self.perilune_altitude_km,
            "apolune_altitude_km": self.apolune_altitude_km,
            "period_h": self.period_s / 3600.0,
            "inclination_deg": math.degrees(self.inclination_rad),
        }


@dataclass(frozen=True)
class DistantOrbitReached:
    """A stay on an orbit of the three-body problem, as flown in the full force model.

    period_s    : mean time between perilunes; of the periodic orbit, where fewer than two are passed
    least_radius_km, greatest_radius_km : from the Moon's centre, in the stay
    note        : which orbit it is
    """

    epoch_tdb: float
    note: str
    period_s: float
    least_radius_km: float
    greatest_radius_km: float

    def to_dict(self) -> dict[str, Any]:
        """Return the orbit in the units of the edge."""
        return {
            "epoch_utc": utc_iso(self.epoch_tdb),
            "orbit": self.note,
            "period_days": self.period_s / 86_400.0,
            "least_radius_km": self.least_radius_km,
            "greatest_radius_km": self.greatest_radius_km,
        }


@dataclass(frozen=True)
class Milestone:
    """A moment worth a line in the timeline that is no burn, such as entry into the sphere of influence."""

    name: str
    epoch_tdb: float
    note: str = ""


@dataclass(frozen=True)
class Solution:
    """A solved mission.

    launch_tdb              : lift-off
    parking_tdb             : parking orbit insertion
    tli_c3_km2_s2           : twice the energy about the Earth after TLI
    perilune_tdb            : perilune passage of the arrival, as it would be without braking; or of the flyby
    perilune_altitude_km    : its altitude
    v_infinity_km_s         : arrival speed at infinity
    flyby                   : the burn at perilune on the way to a distant orbit
    insertion               : LOI burns, in order; or the one that joins a distant orbit
    orbits                  : low orbits: the orbit after each of them
    end_orbit               : low orbits: the orbit at the end of the stay
    distant_orbit           : the distant orbit joined; it has no osculating lunar orbit worth the name
    closure_m               : position difference to an independent propagation, at perilune; with a flyby also, if
                              larger, that at the insertion
    provenance              : ephemeris, its SHA-256, gravitational parameters, force model, tolerances
    """

    launch_tdb: float
    parking_tdb: float
    parking_inclination_rad: float
    tli: Burn
    tli_c3_km2_s2: float
    perilune_tdb: float
    perilune_altitude_km: float
    v_infinity_km_s: float
    insertion: tuple[Burn, ...]
    orbits: tuple[OrbitReached, ...]
    end_orbit: OrbitReached | None
    trajectory: TrajectoryLike
    closure_m: float
    flyby: Burn | None = None
    distant_orbit: DistantOrbitReached | None = None
    converged: bool = True
    milestones: tuple[Milestone, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _check_finite(self, "solution")
        for part in (*self.burns, *self.orbits, self.end_orbit, self.distant_orbit, *self.milestones):
            if part is not None:
                _check_finite(part, type(part).__name__.lower())
        self._check_orbits()
        epochs = [self.launch_tdb, self.parking_tdb, *(burn.ignition_tdb for burn in self.burns)]
        if sorted(epochs) != epochs:
            raise ConvergenceError("launch, TLI and insertion burns are out of order", where="solution")

    @property
    def burns(self) -> tuple[Burn, ...]:
        """All of them, in the order of time."""
        return (self.tli, *((self.flyby,) if self.flyby else ()), *self.insertion)

    def _check_orbits(self) -> None:
        """Every burn into a low orbit has its orbit; a distant orbit has none of these."""
        low, reached = (self.end_orbit is not None, len(self.orbits))
        asked = 0 if self.distant_orbit else len(self.insertion)
        if reached != asked or not self.insertion:
            raise ConvergenceError(f"{len(self.insertion)} burns and {reached} orbits", where="solution")
        if low == (self.distant_orbit is not None) or (self.flyby is None) != (self.distant_orbit is None):
            raise ConvergenceError("neither a low nor a distant orbit", where="solution")


def _check_finite(record: Any, where: str) -> None:
    for item in fields(record):
        value = getattr(record, item.name)
        if isinstance(value, float) and not math.isfinite(value):
            raise ConvergenceError(f"{item.name} is {value}", where=where, remedy="report this as a defect")
