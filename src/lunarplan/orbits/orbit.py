"""A periodic orbit of the restricted three-body problem."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.cr3bp import jacobi, propagate_cr3bp
from lunarplan.model.rows import numbers
from lunarplan.orbits.extremes import Extremes, extremes
from lunarplan.orbits.stability import planar_indices, stability_index, stability_indices
from lunarplan.orbits.symmetry import PLANAR, PLANAR_CLOSED, Symmetry, symmetry_named
from lunarplan.orbits.units import CharacteristicUnits, named

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST_SAMPLES = 10_000_000


@dataclass(frozen=True)
class PeriodicOrbit:
    """One orbit: where it starts, how long a revolution takes, and in what units.

    state    : float64[6], barycentric rotating, in `units`; on a mirror of the symmetry if it has one
    period   : in `units`
    symmetry : see `corrector.correct_orbits`
    family   : its name
    """

    state: Floats
    period: float
    units: CharacteristicUnits
    family: str = ""
    symmetry: str = "plane"
    _problem: Symmetry = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        named(self.units)
        state = numbers("state", self.state, 6)
        if state.shape != (6,) or not np.isfinite(state).all():
            raise InputError(f"{self.state!r}", where="state", allowed="six finite numbers")
        number = isinstance(self.period, int | float | np.integer | np.floating)
        if not number or not 0.0 < self.period < np.inf:
            raise InputError(f"{self.period!r}", where="period", allowed="above zero")
        object.__setattr__(self, "state", np.array(state))
        self.state.setflags(write=False)
        object.__setattr__(self, "_problem", symmetry_named(self.symmetry))

    @property
    def mu(self) -> float:
        return self.units.mu

    @property
    def period_days(self) -> float:
        return self.units.days(self.period)

    @property
    def revolutions_per_synodic_month(self) -> float:
        """Raises InputError where the units know no synodic month."""
        return synodic_days(self.units) / self.period_days

    @property
    def jacobi(self) -> float:
        return float(jacobi(self.state, self.mu))

    @cached_property
    def monodromy(self) -> Floats:
        """State-transition matrix of a period, float64[6, 6]."""
        arc = propagate_cr3bp(self.state, self.period / self._problem.parts, mu=self.mu, stm=True).require()
        assert arc.stm is not None
        return np.asarray(self._problem.monodromy(arc.stm)[0])

    @cached_property
    def stability_indices(self) -> NDArray[np.complex128]:
        """Indices of the two pairs of multipliers, complex128[2]; of orbits in the plane: in it, and out of it."""
        return indices_of(self._problem, self.monodromy)

    @property
    def stability_index(self) -> float:
        """(|l| + 1 / |l|) / 2 of the largest multiplier; 1 if stable."""
        return float(stability_index(self.stability_indices))

    @cached_property
    def _extremes(self) -> Extremes:
        duration = np.array([self.period / self._problem.parts])
        found = extremes(self.state[np.newaxis], duration, self.mu)
        if not np.isfinite(found.perilune).all():
            raise InputError("meets one of the two bodies", where="orbit", remedy="check its state and units")
        return found

    @property
    def perilune_radius_km(self) -> float:
        """Least distance from the centre of the smaller primary."""
        return float(self._extremes.perilune[0]) * self.units.length_km

    @property
    def apolune_radius_km(self) -> float:
        return float(self._extremes.apolune[0]) * self.units.length_km

    @property
    def perigee_radius_km(self) -> float:
        """Least distance from the centre of the larger primary."""
        return float(self._extremes.perigee[0]) * self.units.length_km

    @property
    def x_amplitude_km(self) -> float:
        """Half of the range along x."""
        return float(self._extremes.x_high[0] - self._extremes.x_low[0]) * 0.5 * self.units.length_km

    @property
    def y_amplitude_km(self) -> float:
        """Greatest distance from the plane through both primaries and the axis of rotation."""
        return float(self._extremes.y_amplitude[0]) * self.units.length_km

    @property
    def z_amplitude_km(self) -> float:
        """Greatest distance from the plane of the primaries' motion."""
        return float(self._extremes.z_amplitude[0]) * self.units.length_km

    def at(self, times: Floats) -> Floats:
        """States at times since the start, float64[n, 6]; whole revolutions are left out."""
        phase = np.mod(np.atleast_1d(numbers("times", times, 1)), self.period)
        if phase.ndim > 1 or not np.isfinite(phase).all():
            raise InputError("not a list of finite numbers", where="times", allowed="float64[n]")
        phase = np.where(phase > 0.5 * self.period, phase - self.period, phase)  # the shorter way
        return propagate_cr3bp(np.tile(self.state, (len(phase), 1)), phase, mu=self.mu).require().states

    def sample(self, n: int) -> tuple[Floats, Floats]:
        """Times, float64[n], over one revolution, both ends included, and states, float64[n, 6]."""
        if not isinstance(n, int | np.integer) or not 2 <= n <= _MOST_SAMPLES:
            raise InputError(f"{n!r}", where="n", allowed=f"2 to {_MOST_SAMPLES}")
        times = np.linspace(0.0, self.period, int(n))
        return times, self.at(times)

    def closure(self) -> float:
        """Distance in phase space from the start, after a revolution flown in one go."""
        end = propagate_cr3bp(self.state, self.period, mu=self.mu).require().states[0]
        return float(np.linalg.norm(end - self.state))


def indices_of(problem: Symmetry, monodromy: Floats) -> NDArray[np.complex128]:
    """Stability indices, complex128[..., 2], of orbits of a symmetry."""
    return (
        planar_indices(monodromy) if problem.name in (PLANAR.name, PLANAR_CLOSED.name) else stability_indices(monodromy)
    )


def synodic_days(units: CharacteristicUnits) -> float:
    """Length of the synodic month; raises InputError where the units know none."""
    if units.synodic_days == 0.0:
        raise InputError(f'"{units.name}" has none', where="synodic_days", remedy="give the units their synodic month")
    return units.synodic_days
