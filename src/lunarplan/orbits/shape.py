"""The periodic orbit that others work from: checked, and sampled at any phase."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.model.rows import numbers, scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SAMPLES = 720  # of a revolution, to find its perilune


class Units(Protocol):
    """A named set of units of the restricted problem."""

    @property
    def mu(self) -> float: ...
    @property
    def time_s(self) -> float: ...


class Periodic(Protocol):
    """What is carried: state float64[6], barycentric, rotating, nondimensional; period in units of time."""

    @property
    def state(self) -> Any: ...
    @property
    def period(self) -> float: ...
    @property
    def units(self) -> Units: ...


@dataclass(frozen=True)
class Shape:
    """A periodic orbit, checked: its states at any phase, by propagation from the nearest of a ring of them."""

    state: Floats
    period: float
    mu: float
    time_s: float

    @classmethod
    def of(cls, orbit: Periodic) -> Shape:
        """Raises InputError for what is no closed orbit with a period and units."""
        missing = [name for name in ("state", "period", "units") if not hasattr(orbit, name)]
        if missing:
            raise InputError(f"{orbit!r:.60} has no {missing[0]}", where="orbit", allowed="a periodic orbit")
        state = numbers("orbit.state", orbit.state, 6)
        if state.shape != (6,) or not np.isfinite(state).all():
            raise InputError(f"{state!r:.80}", where="orbit.state", allowed="six finite numbers, nondimensional")
        period = scalar("orbit.period", orbit.period, 1e-3, 1e3, "units of time")
        mu = scalar("orbit.units.mu", orbit.units.mu, np.finfo(float).tiny, 0.5)
        time_s = scalar("orbit.units.time_s", orbit.units.time_s, 3e5, 5e5, "s (Earth-Moon)")
        shape = cls(state, period, mu, time_s)
        shape._require_closed()
        return shape

    @property
    def period_s(self) -> float:
        return self.period * self.time_s

    def at(self, phase: Floats) -> Floats:
        """States at phases, in periods after the state, float64[n, 6]."""
        left = np.mod(phase, 1.0)
        starts = np.broadcast_to(self.state, (len(phase), 6))
        return propagate_cr3bp(starts, left * self.period, mu=self.mu).require().states

    @cached_property
    def perilune_phase(self) -> float:
        """Where the orbit comes nearest to the Moon."""
        phase = np.arange(_SAMPLES) / _SAMPLES
        away = self.at(phase)[:, :3] - np.array([1.0 - self.mu, 0.0, 0.0])
        return float(phase[np.argmin((away**2).sum(axis=1))])

    def _require_closed(self) -> None:
        end = propagate_cr3bp(self.state, self.period, mu=self.mu)
        apart = float(np.abs(end.states[0] - self.state).max()) if end.ok.all() else np.inf
        if not apart < 1e-5:
            raise InputError(
                f"does not close: {apart:.2g} units after a period",
                where="orbit",
                allowed="an orbit that repeats itself",
                remedy="is its state barycentric and nondimensional, and its period in the same units?",
            )
