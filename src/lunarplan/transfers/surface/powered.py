"""Powered flight over the Moon, optimally steered: from an orbit to the ground and back.

One burn at full thrust, whose direction follows the primer vector: among all steering programmes the one that takes the
shortest time, and so the least propellant, between given altitudes and velocities. The angle flown over the ground is
free. Planar, over a sphere with an inverse-square field; velocities are inertial, so that a moving ground is a
velocity to be met.

Source: Lawden (1963), Optimal Trajectories for Space Navigation, ch. 3; Pontryagin's principle for the free angle.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from lunarplan.kernels.tableaux import DOP853
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import STALLED, Target, Targeted, Variable, target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]  # real, or complex for the partials
    Floats = NDArray[np.float64]

_STEPS = 40  # of order 8: 1e-10 of what is asked
_NET_ROWS = 4096  # flown at once: they stay in the cache
_COMPLEX_STEP = 1e-30  # exact partials: the derivative is the imaginary part, with no difference taken
_FREE = (
    Variable("pitch", 0.1, 0.4),
    Variable("pitch rate", 0.1, 1.0),
    Variable("time", 0.05, 0.2),
)
_TARGETS = (Target("radius", 1e-7, 1.0), Target("climb", 1e-10, 0.01), Target("speed", 1e-10, 0.1))


class Flown(NamedTuple):
    """A state over the ground: radius km, angle rad, climb and transverse speed km/s, each float64[N]."""

    radius: Floats
    angle: Floats
    climb: Floats
    speed: Floats


@dataclass(frozen=True, repr=False)
class PoweredArcs(Solved):
    """Optimal burns, float64[N] each; NaN where not ``ok``.

    burn_s, propellant_fraction : duration, and what is burnt of the mass at the start
    delta_v_km_s   : of the rocket equation
    angle_rad      : flown over the (inertial) ground
    """

    burn_s: Floats
    propellant_fraction: Floats
    delta_v_km_s: Floats
    angle_rad: Floats
    solution: Targeted
    problem: PoweredProblem

    def rows(self, rows: NDArray[np.intp]) -> PoweredArcs:
        """Some of the burns."""
        return PoweredArcs(
            self.burn_s[rows], self.propellant_fraction[rows], self.delta_v_km_s[rows], self.angle_rad[rows],
            self.solution.rows(rows), self.problem.rows(rows),
        )  # fmt: skip

    def path(self, samples: int = 61) -> tuple[Floats, Flown, Floats]:
        """Times [samples, N], states and pitch (thrust over the local horizon, rad, along the motion) on the way."""
        times, states = self.problem.path(self.solution.x, samples)
        r, angle, climb, speed, _, up, along = states
        return times, Flown(r, angle, climb, speed), np.arctan2(up, along)


@dataclass(frozen=True)
class PoweredProblem:
    """A batch of burns between two radii and velocities, float64[N] each: km, km/s; thrust per initial mass in km/s2.

    sense : -1 where the burn is against the motion, +1 along it
    """

    gm: float
    start_radius: Floats
    start_climb: Floats
    start_speed: Floats
    end_radius: Floats
    end_climb: Floats
    end_speed: Floats
    acceleration: Floats
    exhaust_speed: Floats
    sense: float

    def rows(self, rows: NDArray[np.intp]) -> PoweredProblem:
        """Some of the burns."""
        columns: dict[str, Any] = {
            name: value[rows] for name, value in self.__dict__.items() if isinstance(value, np.ndarray)
        }
        return replace(self, **columns)

    def solve(self) -> PoweredArcs:
        """Solve every row; one that has no such burn is NaN, with a status."""
        found = self._with_mass_left(target(self._evaluate, self._seed(), _FREE, _TARGETS, max_iterations=60))
        burn = found.x[:, 2] * self.shortest_s()
        fraction = self.acceleration / self.exhaust_speed * burn
        final = self._fly(found.x, np.arange(len(burn)))
        delta_v = -self.exhaust_speed * np.log1p(-fraction)
        return PoweredArcs(burn, fraction, delta_v, np.asarray(final[1].real, float), found, self)

    def _with_mass_left(self, found: Targeted) -> Targeted:
        """The equations have solutions, too, in which more than the whole mass is burnt: they are none."""
        burnt = self.acceleration / self.exhaust_speed * found.x[:, 2] * self.shortest_s()
        spent = found.ok & (burnt >= 1.0)
        status = np.where(spent, STALLED, found.status).astype(found.status.dtype)
        return Targeted(np.where(spent[:, None], np.nan, found.x), found.residuals, status, found.iterations)

    def shortest_s(self) -> Floats:
        """Time in which the rocket equation gives the change of speed."""
        change = np.hypot(self.end_speed - self.start_speed, self.end_climb - self.start_climb)
        return np.asarray(-self.exhaust_speed / self.acceleration * np.expm1(-change / self.exhaust_speed))

    def _seed(self) -> Floats:
        """Of a net of steering programmes, the one that misses least."""
        n = len(self.start_radius)
        pitches, rates, times = np.linspace(-0.4, 1.4, 10), np.linspace(-3.0, 3.0, 13), np.array([1.02, 1.1, 1.25])
        net = np.stack(np.meshgrid(pitches, rates, times, indexing="ij"), axis=-1).reshape(-1, 3)
        best, least = np.zeros((n, 3)), np.full(n, np.inf)
        scale = np.array([t.scale for t in _TARGETS])
        for trials in np.array_split(net, min(len(net), 1 + n * len(net) // _NET_ROWS)):
            rows = np.tile(np.arange(n), len(trials))
            missed = self._missed(self._fly(np.repeat(trials, n, axis=0), rows, 6), rows) / scale
            miss = np.nan_to_num((missed**2).sum(axis=1), nan=np.inf).reshape(len(trials), n)
            nearest = miss.argmin(axis=0)
            miss = miss[nearest, np.arange(n)]
            better = miss < least
            best[better], least[better] = trials[nearest[better]], miss[better]
        return best

    def _missed(self, final: Array, rows: NDArray[np.intp]) -> Floats:
        ends = self.end_radius[rows], self.end_climb[rows], self.end_speed[rows]
        return np.stack([final[k].real - end for k, end in zip((0, 2, 3), ends, strict=True)], axis=-1)

    def _evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        perturbed = x[:, None, :] + 1j * _COMPLEX_STEP * np.eye(3)
        final = self._fly(perturbed.reshape(-1, 3), np.repeat(rows, 3)).reshape(7, len(x), 3)
        jacobian = np.stack([final[k].imag / _COMPLEX_STEP for k in (0, 2, 3)], axis=1)
        return self._missed(final[:, :, 0], rows), jacobian

    def _fly(self, x: Array, rows: NDArray[np.intp], steps: int = _STEPS) -> Array:
        state, rate = self._start(x, rows)
        with np.errstate(all="ignore"):  # a trial that flies into the centre fails in its own row
            for k in range(steps):
                state = _step(rate, state, k / steps, 1.0 / steps)
        return state

    def path(self, x: Floats, samples: int) -> tuple[Floats, Floats]:
        """Times and states at equal intervals, [samples, N] and [7, samples, N]."""
        state, rate = self._start(x, np.arange(len(x)))
        states = [state]
        for k in range(samples - 1):
            state = _step(rate, state, k / (samples - 1), 1.0 / (samples - 1))
            states.append(state)
        times = np.linspace(0.0, 1.0, samples)[:, None] * (x[:, 2] * self.shortest_s())
        return times, np.stack(states, axis=1)

    def _start(self, x: Array, rows: NDArray[np.intp]) -> tuple[Array, _Rate]:
        """State and primer vector at ignition; the time is counted in burns."""
        pitch, turning, longer = x.T
        duration = longer * self.shortest_s()[rows]
        full = np.zeros((7, len(rows)), x.dtype)
        full[0], full[2], full[3] = self.start_radius[rows], self.start_climb[rows], self.start_speed[rows]
        full[4], full[5], full[6] = turning / self.shortest_s()[rows], pitch, self.sense
        return full, _Rate(self.gm, duration, self.acceleration[rows], self.exhaust_speed[rows])


class _Rate(NamedTuple):
    """Derivatives of state and primer vector with respect to the part of the burn that is over."""

    gm: float
    duration: Array
    acceleration: Floats
    exhaust_speed: Floats

    def __call__(self, y: Array, part: float) -> Array:
        r, _, climb, speed, by_radius, up, along = y
        thrust = self.acceleration / (1.0 - self.acceleration / self.exhaust_speed * self.duration * part)
        per_length = thrust / np.sqrt(up * up + along * along)
        weight, turn = self.gm / (r * r), speed / r
        derivatives = np.stack(
            [
                climb,
                turn,
                speed * turn - weight + per_length * up,
                -climb * turn + per_length * along,
                up * (turn * turn - 2.0 * weight / r) - along * climb * turn / r,
                along * turn - by_radius,
                along * climb / r - 2.0 * up * turn,
            ]
        )
        return np.asarray(self.duration * derivatives)


def _step(rate: _Rate, y: Array, start: float, h: float) -> Array:
    k: list[Array] = []
    for row, c in zip(DOP853.rows, DOP853.c, strict=False):
        moved = y + h * sum((w * q for w, q in zip(row, k, strict=False) if w), np.zeros_like(y))
        k.append(rate(moved, start + c * h))
    weights = DOP853.rows[DOP853.stages]
    return np.asarray(y + h * sum(w * q for w, q in zip(weights, k, strict=False) if w))
