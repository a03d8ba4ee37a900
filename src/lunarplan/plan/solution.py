"""What solving a mission hands over: the contract between `solve` and `Plan`.

`solve(mission, ephemeris=None, progress=None) -> Solution` finds the trajectory and reports the numbers
below, and nothing that follows from them: masses, propellant, budget, timeline and the comparison with
published values are the Plan's to work out. What does not converge, or cannot, is raised (ConvergenceError,
InfeasibleError); a Solution is always a solution, and closes to `CLOSES_M`.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from operator import itemgetter
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from lunarplan.config.phases import period_s
from lunarplan.errors import ConvergenceError
from lunarplan.model.epochs import utc_iso

FloatArray = npt.NDArray[np.float64]
Progress = Callable[[str], None]

VEHICLE = "vehicle"  # the craft of `[vehicle]`
CLOSES_M = 10.0  # asked of every flight: two integrators agree to this at its end
_DEFECT = "report this as a defect"
_TOO_LONG = "shorten the stay, or coast less close to the Moon: the path magnifies rounding beyond use"


class TrajectoryLike(Protocol):
    """A flight path with dense output, from the parking orbit (TLI at the latest) to the end of the mission.

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
    engine       : "launcher" or the name of an engine of the craft
    note         : what the timeline says of it
    craft        : who makes it: the "vehicle" of the mission, or a craft that left it
    """

    name: str
    ignition_tdb: float
    delta_v_km_s: float
    engine: str
    duration_s: float = 0.0
    note: str = ""
    craft: str = VEHICLE

    @property
    def cutoff_tdb(self) -> float:
        return self.ignition_tdb + self.duration_s

    @property
    def key(self) -> str:
        """The burn in names of quantities: `loi1` of LOI-1, `flyby` of the flyby burn."""
        return self.name.lower().removesuffix(" burn").replace("-", "").replace(" ", "_")


@dataclass(frozen=True)
class Separation:
    """Mass that leaves a craft: a lander, a stage; or joins it.

    mass_kg : part of the craft's dry mass up to then; negative for what is part of it from then on
    """

    name: str
    epoch_tdb: float
    mass_kg: float
    note: str = ""
    craft: str = VEHICLE


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

    @property
    def in_words(self) -> str:
        near, far = self.perilune_altitude_km, self.apolune_altitude_km
        return f"{near:.0f} x {far:.0f} km, {math.degrees(self.inclination_rad):.1f} deg"

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

    @property
    def in_words(self) -> str:
        return f"{self.least_radius_km:.0f} to {self.greatest_radius_km:.0f} km from the Moon"

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
    craft: str = VEHICLE


@dataclass(frozen=True)
class Leg:
    """What one phase adds to a mission.

    phase       : its type in the mission file; "launch" of what comes before the first of them
    burns, separations, milestones : each in the order of time
    orbits      : orbits reached, in the order of time
    values      : quantities of `[expect]` that follow from the path alone; those of burns and masses are worked out
    closures_m  : where, and by how many metres, an independent propagation ends elsewhere
    paths       : flown meanwhile by other craft: name -> path
    """

    phase: str
    burns: tuple[Burn, ...] = ()
    separations: tuple[Separation, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    orbits: tuple[OrbitReached | DistantOrbitReached, ...] = ()
    values: Mapping[str, float] = field(default_factory=dict)
    closures_m: Mapping[str, float] = field(default_factory=dict)
    paths: Mapping[str, TrajectoryLike] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for part in (*self.burns, *self.separations, *self.milestones, *self.orbits):
            _check_finite(part, f"{self.phase}, {type(part).__name__.lower()}")
        for name, value in (*self.values.items(), *self.closures_m.items()):
            _check_number(name, value, self.phase)


@dataclass(frozen=True)
class Solution:
    """A solved mission: its legs in the order of the phases, and the path they make.

    provenance : ephemeris, its SHA-256, gravitational parameters, force model, tolerances
    """

    legs: tuple[Leg, ...]
    trajectory: TrajectoryLike
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.closures_m:
            raise ConvergenceError("nothing was propagated a second time", where="solution", remedy=_DEFECT)
        place, miss_m = max(self.closures_m.items(), key=itemgetter(1))
        if miss_m > CLOSES_M:
            what = f"an independent propagation ends {miss_m:.3g} m elsewhere"
            raise ConvergenceError(what, where=place, allowed=f"up to {CLOSES_M:g} m", remedy=_TOO_LONG)
        for craft in dict.fromkeys(burn.craft for burn in self.burns):
            self._check_order([burn for leg in self.legs for burn in leg.burns if burn.craft == craft])

    def _check_order(self, burns: list[Burn]) -> None:
        epochs = [burn.ignition_tdb for burn in burns]
        if sorted(epochs) != epochs:
            names = ", ".join(burn.name for burn in burns)
            raise ConvergenceError(f"burns out of order: {names}", where="solution", remedy=_DEFECT)

    @property
    def burns(self) -> tuple[Burn, ...]:
        """All of them, by all craft, in the order of time."""
        return tuple(sorted((burn for leg in self.legs for burn in leg.burns), key=lambda burn: burn.ignition_tdb))

    @property
    def separations(self) -> tuple[Separation, ...]:
        return tuple(part for leg in self.legs for part in leg.separations)

    @property
    def milestones(self) -> tuple[Milestone, ...]:
        return tuple(stone for leg in self.legs for stone in leg.milestones)

    @property
    def orbits(self) -> tuple[OrbitReached | DistantOrbitReached, ...]:
        return tuple(orbit for leg in self.legs for orbit in leg.orbits)

    @property
    def values(self) -> dict[str, float]:
        """The legs' quantities, see `Leg`."""
        return {name: value for leg in self.legs for name, value in leg.values.items()}

    @property
    def closures_m(self) -> dict[str, float]:
        """The legs' closures, see `Leg`; the larger one where two have the same name."""
        found: dict[str, float] = {}
        for leg in self.legs:
            for place, miss_m in leg.closures_m.items():
                found[place] = max(miss_m, found.get(place, 0.0))
        return found

    @property
    def closure_m(self) -> float:
        """The largest position difference to an independent propagation, m."""
        return max(self.closures_m.values())

    @property
    def paths(self) -> dict[str, TrajectoryLike]:
        """What other craft flew."""
        return {name: path for leg in self.legs for name, path in leg.paths.items()}

    def leg(self, phase: str) -> Leg:
        """Return the first leg of a phase; raises KeyError if there is none."""
        for leg in self.legs:
            if leg.phase == phase:
                return leg
        raise KeyError(phase)

    def burn(self, name: str) -> Burn:
        """Return the first burn of a name; raises KeyError if there is none."""
        for burn in self.burns:
            if burn.name == name:
                return burn
        raise KeyError(name)


def _check_finite(record: Any, where: str) -> None:
    for item in fields(record):
        value = getattr(record, item.name)
        if isinstance(value, float):
            _check_number(item.name, value, where)


def _check_number(name: str, value: float, where: str) -> None:
    if not math.isfinite(value):
        raise ConvergenceError(f"{name} is {value}", where=where, remedy=_DEFECT)
