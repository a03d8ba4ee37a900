"""A family of periodic orbits: its members as arrays, and the one that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.cr3bp import jacobi
from lunarplan.model.rows import scalar
from lunarplan.orbits.extremes import Extremes, extremes
from lunarplan.orbits.orbit import PeriodicOrbit, indices_of, synodic_days
from lunarplan.orbits.stability import stability_index
from lunarplan.orbits.symmetry import Flights, fly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lunarplan.orbits.continuation import Path
    from lunarplan.orbits.units import CharacteristicUnits

    Floats = NDArray[np.float64]

_DENSE = 200  # members a selection looks at, however few are asked for
_UNITS = {
    "period": "",
    "period_days": "d",
    "jacobi": "",
    "perilune_radius_km": "km",
    "apolune_radius_km": "km",
    "x_amplitude_km": "km",
    "y_amplitude_km": "km",
    "z_amplitude_km": "km",
}


@dataclass(frozen=True)
class Family:
    """Members in the order of the family, evenly spaced in its arclength.

    name      : as asked for
    units     : of all numbers without a unit in their name
    arclength : float64[N], along the family
    unknowns  : float64[N, k + 1], what the corrector solved for
    """

    name: str
    units: CharacteristicUnits
    path: Path
    arclength: Floats
    unknowns: Floats

    def __len__(self) -> int:
        return len(self.arclength)

    def __iter__(self) -> Iterator[PeriodicOrbit]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, i: int) -> PeriodicOrbit:
        return self._orbit(self.unknowns[i])

    @cached_property
    def states(self) -> Floats:
        """float64[N, 6], barycentric rotating."""
        return self.path.problem.start(self.unknowns)

    @property
    def periods(self) -> Floats:
        return np.asarray(self.path.problem.parts * self.unknowns[:, -1])

    @property
    def period_days(self) -> Floats:
        return np.asarray(self.periods * self.units.days(1.0))

    @cached_property
    def jacobi(self) -> Floats:
        return jacobi(self.states, self.units.mu)

    @cached_property
    def _flights(self) -> Flights:
        return fly(self.path.problem, self.unknowns, self.units.mu)

    @cached_property
    def monodromy(self) -> Floats:
        """State-transition matrices of a period, float64[N, 6, 6]."""
        return self.path.problem.monodromy(self._flights.stm)

    @cached_property
    def stability_indices(self) -> NDArray[np.complex128]:
        """complex128[N, 2], see `PeriodicOrbit.stability_indices`."""
        return indices_of(self.path.problem, self.monodromy)

    @property
    def stability_index(self) -> Floats:
        """(|l| + 1 / |l|) / 2 of the largest multiplier, float64[N]; 1 if stable."""
        return stability_index(self.stability_indices)

    @cached_property
    def _extremes(self) -> Extremes:
        return extremes(self.states, self.unknowns[:, -1], self.units.mu)

    @property
    def perilune_radius_km(self) -> Floats:
        return self._extremes.perilune * self.units.length_km

    @property
    def apolune_radius_km(self) -> Floats:
        return self._extremes.apolune * self.units.length_km

    @property
    def x_amplitude_km(self) -> Floats:
        return (self._extremes.x_high - self._extremes.x_low) * 0.5 * self.units.length_km

    @property
    def y_amplitude_km(self) -> Floats:
        return self._extremes.y_amplitude * self.units.length_km

    @property
    def z_amplitude_km(self) -> Floats:
        return self._extremes.z_amplitude * self.units.length_km

    @cached_property
    def above_surface(self) -> NDArray[np.bool_]:
        """Members that stay above both bodies, bool[N]."""
        length = self.units.length_km
        near, far = self._extremes.perilune * length, self._extremes.perigee * length
        return np.asarray((near >= self.units.smaller_radius_km) & (far >= self.units.larger_radius_km))

    def select(
        self,
        *,
        resonance: str | None = None,
        period: float | None = None,
        period_days: float | None = None,
        jacobi: float | None = None,
        perilune_radius_km: float | None = None,
        apolune_radius_km: float | None = None,
        x_amplitude_km: float | None = None,
        y_amplitude_km: float | None = None,
        z_amplitude_km: float | None = None,
        which: int | None = None,
    ) -> PeriodicOrbit:
        """The member that has one property.

        resonance : "9:2" makes nine revolutions in two synodic months
        which     : where several have it: which one, counted from 0 along the family

        Raises InputError unless exactly one property is asked for, and where several members have it and `which` is
        not given; InfeasibleError, with the family's range, where none has it or it dips below a surface.
        """
        asked = {
            "period": period,
            "period_days": period_days if resonance is None else _resonant_days(resonance, self.units),
            "jacobi": jacobi,
            "perilune_radius_km": perilune_radius_km,
            "apolune_radius_km": apolune_radius_km,
            "x_amplitude_km": x_amplitude_km,
            "y_amplitude_km": y_amplitude_km,
            "z_amplitude_km": z_amplitude_km,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        if len(given) != 1 or (resonance is not None and period_days is not None):
            raise InputError(
                f"{len(given)} properties", where="select", allowed="one of: resonance, " + ", ".join(asked)
            )
        name, value = next(iter(given.items()))
        scalar(name, value, -np.inf, np.inf)
        return self._chosen(name, float(value), which)

    def at(self, arclength: float) -> PeriodicOrbit:
        """The member at an arclength."""
        scalar("arclength", arclength, 0.0, float(self.path.arclength[-1]))
        return self._orbit(self.path.at(np.array([arclength])).require().unknowns[0])

    def _orbit(self, unknowns: Floats) -> PeriodicOrbit:
        problem = self.path.problem
        state, period = problem.start(unknowns[np.newaxis])[0], float(problem.parts * unknowns[-1])
        return PeriodicOrbit(state, period, self.units, self.name, problem.name)

    @cached_property
    def _looked_at(self) -> Family:
        """Members dense enough to look for one between two of them."""
        if len(self) >= _DENSE:
            return self
        arclength = np.linspace(0.0, self.path.arclength[-1], _DENSE)
        unknowns = self.path.at(arclength).require().unknowns
        return Family(self.name, self.units, self.path, arclength, unknowns)

    def _chosen(self, name: str, value: float, which: int | None) -> PeriodicOrbit:
        members = self._looked_at
        off = members._values(name) - value
        places = np.flatnonzero((np.sign(off[:-1]) * np.sign(off[1:]) < 0.0) | (off[:-1] == 0.0))
        found = [members._refined(name, value, int(i)) for i in places]
        found += [members[len(members) - 1]] if off[-1] == 0.0 else []
        if not found:
            raise InfeasibleError(f"no member has {_said(name, value)}", where=self.name, allowed=self.range_of(name))
        if len(found) == 1 and which is None:
            return self._checked(found[0])
        if not isinstance(which, int | np.integer) or not 0 <= which < len(found):
            told = ", ".join(f"{i}: {orbit.period_days:.4f} d, C {orbit.jacobi:.4f}" for i, orbit in enumerate(found))
            have = "1 member has" if len(found) == 1 else f"{len(found)} members have"
            raise InputError(f"{which!r}, and {have} {_said(name, value)}", where="which", allowed=told)
        return self._checked(found[which])

    def _refined(self, name: str, value: float, i: int) -> PeriodicOrbit:
        def off(s: float) -> float:
            return float(getattr(self.at(s), name)) - value

        low, high = self.arclength[i], self.arclength[i + 1]
        if off(low) * off(high) >= 0.0:  # a member itself, to rounding
            return self.at(low if abs(off(low)) < abs(off(high)) else high)
        return self.at(float(brentq(off, low, high, xtol=1e-15, rtol=1e-15)))

    def _checked(self, orbit: PeriodicOrbit) -> PeriodicOrbit:
        """The orbit, if it stays above both bodies."""
        units = self.units
        for body, passed, radius in (
            (units.bodies[1], orbit.perilune_radius_km, units.smaller_radius_km),
            (units.bodies[0], orbit.perigee_radius_km, units.larger_radius_km),
        ):
            if passed < radius:
                raise InfeasibleError(
                    f"the orbit of {orbit.period_days:.4f} d passes {passed:.1f} km from the centre of the {body}, "
                    f"below the surface at {radius:.1f} km",
                    where=self.name,
                    allowed=f"above the surface: {self._flyable()}",
                )
        return orbit

    def _flyable(self) -> str:
        """The range of periods that stay above both bodies, in words."""
        members = self._looked_at
        edges = np.flatnonzero(np.diff(members.above_surface.astype(int)))
        found = [members._surface_between(int(i)).period_days for i in edges]
        days = np.concatenate([members.period_days[members.above_surface], found])
        return f"{days.min():.6g} to {days.max():.6g} d" if len(days) else "none"

    def _surface_between(self, i: int) -> PeriodicOrbit:
        """The orbit between two members that touches a surface."""

        def clearance(s: float) -> float:
            orbit, units = self.at(s), self.units
            near, far = orbit.perilune_radius_km, orbit.perigee_radius_km
            return min(near - units.smaller_radius_km, far - units.larger_radius_km)

        return self.at(float(brentq(clearance, self.arclength[i], self.arclength[i + 1], xtol=1e-9)))

    def range_of(self, name: str) -> str:
        """The range of a property over the family, in words."""
        values = self._looked_at._values(name)
        return f"{values.min():.6g} to {values.max():.6g} {_UNITS[name]}".strip()

    def _values(self, name: str) -> Floats:
        return np.asarray(getattr(self, name if name != "period" else "periods"))


def _said(name: str, value: float) -> str:
    return f"{name.removesuffix('_km').removesuffix('_days').replace('_', ' ')} {value:.6g} {_UNITS[name]}".strip()


def _resonant_days(resonance: str, units: CharacteristicUnits) -> float:
    turns, _, months = str(resonance).partition(":")
    if not (turns.isdigit() and months.isdigit() and int(turns) and int(months)):
        raise InputError(f"{resonance!r}", where="resonance", allowed='like "9:2": revolutions to synodic months')
    return synodic_days(units) * int(months) / int(turns)
