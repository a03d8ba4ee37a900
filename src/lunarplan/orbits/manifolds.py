"""Stable and unstable manifolds of periodic orbits, in batch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.model.rows import scalar
from lunarplan.orbits.extremes import sampled
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.stability import directions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MOST_POINTS = 10_000_000


@dataclass(frozen=True)
class Manifold:
    """One side of a manifold, as states next to the orbit it belongs to.

    orbit  : the orbit
    stable : flown backwards it leaves the orbit; else forwards
    multiplier : what a revolution makes of a departure along it (of the stable one: flown backwards)
    times  : float64[N], where on the orbit the states are, since its start
    states : float64[N, 6], barycentric rotating
    """

    orbit: PeriodicOrbit
    stable: bool
    multiplier: float
    times: Floats
    states: Floats

    def flown(self, duration: float) -> Floats:
        """States after a duration away from the orbit, float64[N, 6]; NaN where a body was met."""
        span = self._span(duration)
        return propagate_cr3bp(self.states, span, mu=self.orbit.mu).states

    def paths(self, duration: float, intervals: int) -> Floats:
        """States at equal intervals away from the orbit, float64[intervals + 1, N, 6]."""
        most = _MOST_POINTS // len(self.states)
        if not isinstance(intervals, int | np.integer) or not 1 <= intervals <= most:
            raise InputError(f"{intervals!r}", where="intervals", allowed=f"1 to {most} for {len(self.states)} states")
        span = np.full(len(self.states), self._span(duration))
        return sampled(self.states, span, int(intervals), self.orbit.mu)

    def _span(self, duration: float) -> float:
        scalar("duration", duration, 0.0, 1e6)
        return -float(duration) if self.stable else float(duration)


def manifold(
    orbit: PeriodicOrbit, *, stable: bool, side: int = 1, points: int = 100, departure_km: float = 50.0
) -> Manifold:
    """States on a manifold, evenly spaced in time along the orbit.

    side         : 1 leaves it with growing x at the orbit's start (first of vx, vy, ... that differs, if x does not),
                   -1 the other way
    departure_km : distance from the orbit; the Jacobi constant differs by a quantity of second order

    Raises InfeasibleError for an orbit without a real unstable multiplier.

    Source: Koon, Lo, Marsden and Ross 2011, Dynamical Systems, the Three-Body Problem and Space Mission Design, ch. 4.
    """
    if not isinstance(orbit, PeriodicOrbit):
        raise InputError(f"a {type(orbit).__name__}", where="orbit", allowed="a PeriodicOrbit, see family")
    if side not in (1, -1):
        raise InputError(f"{side!r}", where="side", allowed="1 or -1")
    if not isinstance(points, int | np.integer) or not 1 <= points <= _MOST_POINTS:
        raise InputError(f"{points!r}", where="points", allowed=f"1 to {_MOST_POINTS}")
    scalar("departure_km", departure_km, 1e-6, orbit.units.length_km, "km")
    found = directions(orbit.monodromy[np.newaxis], orbit.stability_indices[np.newaxis])
    if np.isnan(found.multipliers[0]):
        raise InfeasibleError(
            f"no manifold leaves it, its stability index is {orbit.stability_index:.9g}", where=orbit.family or "orbit"
        )
    start = _oriented((found.stable if stable else found.unstable)[0]) * side
    times = np.arange(points) * (orbit.period / points)
    # each direction is carried along the way it grows, where what it is not dies out
    span = times - orbit.period if stable else times
    along = propagate_cr3bp(np.tile(orbit.state, (points, 1)), span, mu=orbit.mu, stm=True).require()
    assert along.stm is not None
    carried = along.stm @ start
    if stable and found.multipliers[0] < 0.0:
        carried = -carried  # a revolution back turned it over
    carried /= np.linalg.norm(carried[:, :3], axis=1, keepdims=True)
    states = np.asarray(along.states + carried * (departure_km / orbit.units.length_km))
    return Manifold(orbit, stable, float(found.multipliers[0]), np.asarray(times, np.float64), states)


def _oriented(direction: Floats) -> Floats:
    """With the first item that is not small above zero."""
    first = np.flatnonzero(np.abs(direction) > 1e-6 * np.abs(direction).max())[0]
    return np.asarray(direction * np.sign(direction[first]))
