"""Symmetric free returns of the planar three-body problem: the yardstick for those in the real solar system.

A path that crosses the line of the two bodies at right angles behind the Moon is its own mirror image: the way home is
the way out. Perilune altitude and perigee leave one unknown, the speed at the crossing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.cr3bp import EARTH_MOON_MU, ThreeBodyStates, propagate_cr3bp
from lunarplan.model.rows import full_rows, scalar
from lunarplan.transfers.targeter import Target, Targeted, Variable, target

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_EXCESS = np.linspace(0.6, 1.6, 41)  # speeds far from the Moon that are tried, in units of the Moon's own
_FAR_TIME = 0.35  # from the crossing to where the way home is an ellipse about the Earth; a day and a half
_FREE = (Variable("speed", 1e-3, 1e-2), Variable("time", 1e-2, 0.05))
_TARGETS = (Target("perigee", 1e-12, 1e-2), Target("radial motion", 1e-11, 1.0))


@dataclass(frozen=True)
class SymmetricReturns:
    """Symmetric free returns, float64[N] each; NaN where not ``ok``.

    one_way_s : from perigee to perilune, and again from perilune to perigee
    c3_km2_s2 : about the Earth, at perigee
    states    : float64[N, 6] at perilune, rotating barycentric, in units of the distance and of the mean motion
    """

    one_way_s: Floats
    c3_km2_s2: Floats
    states: Floats
    solution: Targeted

    @property
    def ok(self) -> NDArray[np.bool_]:
        return self.solution.ok


def symmetric_returns(
    perilune_altitude_km: ArrayLike,
    *,
    perigee_altitude_km: ArrayLike = 185.0,
    length_km: float = 384_400.0,
    time_s: float = 375_190.2620,
    mu: float = EARTH_MOON_MU,
) -> SymmetricReturns:
    """Solve for symmetric free returns that leave the Earth prograde and pass behind the Moon.

    length_km, time_s : distance of the two bodies, and the reciprocal of their mean motion

    Raises InputError for values out of range and NaN. Rows without a solution are NaN, with a status.
    Source: Schwaniger (1963), NASA TN D-1833, for the symmetry.
    """
    scalar("length_km", length_km, 1e3, 1e9, "km")
    scalar("time_s", time_s, 1.0, 1e9, "s")
    (perilune, perigee), shape = full_rows(
        perilune_altitude_km=(perilune_altitude_km, 1), perigee_altitude_km=(perigee_altitude_km, 1)
    )
    del shape
    problem = _Planar((RADIUS_KM["moon"] + perilune) / length_km, (RADIUS_KM["earth"] + perigee) / length_km, mu)
    found = target(problem.evaluate, problem.seed(), _FREE, _TARGETS)
    speed = length_km / time_s
    rows = np.arange(len(perilune))
    return SymmetricReturns(
        found.x[:, 1] * time_s, problem.energy(found.x, rows) * speed**2, problem.crossing(found.x[:, 0], rows), found
    )


@dataclass(frozen=True)
class _Planar:
    perilune: Floats
    perigee: Floats
    mu: float

    def crossing(self, speed: Floats, rows: NDArray[np.intp]) -> Floats:
        """States behind the Moon, moving against its motion."""
        states = np.zeros((len(rows), 6))
        states[:, 0] = 1.0 - self.mu + self.perilune[rows]
        states[:, 4] = -speed
        return states

    def seed(self) -> Floats:
        """Speed and time for which the ellipse flown a day and a half after the Moon has the perigee asked for."""
        n = len(self.perilune)
        rows = np.repeat(np.arange(n), len(_EXCESS))
        speeds = np.sqrt(np.tile(_EXCESS, n) ** 2 + 2.0 * self.mu / self.perilune[rows])
        far = propagate_cr3bp(self.crossing(speeds, rows), _FAR_TIME, mu=self.mu, tolerance=1e-10).states
        perigee, wait, momentum = (a.reshape(n, len(_EXCESS)) for a in _ellipse(*self._about_earth(far), 1.0 - self.mu))
        miss = np.where(momentum > 0.0, perigee - self.perigee[:, None], np.nan)
        best = np.array([_first_crossing(_EXCESS, row) for row in miss]).reshape(n)
        at = np.clip(np.searchsorted(_EXCESS, best), 0, len(_EXCESS) - 1)
        speed = np.sqrt(best**2 + 2.0 * self.mu / self.perilune)
        return np.column_stack([speed, _FAR_TIME + wait[np.arange(n), at]])

    def _about_earth(self, states: Floats) -> tuple[Floats, Floats]:
        """Position from the Earth and inertial velocity, [N, 2] each."""
        r = states[:, :2] + np.array([self.mu, 0.0])
        return r, states[:, 3:5] + np.stack([-r[:, 1], r[:, 0]], axis=1)

    def _flown(self, x: Floats, rows: NDArray[np.intp], *, stm: bool = False) -> ThreeBodyStates:
        """From the crossing; rows of NaN stay so."""
        return propagate_cr3bp(self.crossing(x[:, 0], rows), np.nan_to_num(x[:, 1]), mu=self.mu, stm=stm)

    def energy(self, x: Floats, rows: NDArray[np.intp]) -> Floats:
        """Twice the energy about the Earth at the end."""
        r, v = self._about_earth(self._flown(x, rows).states)
        return np.asarray((v**2).sum(axis=1) - 2.0 * (1.0 - self.mu) / np.linalg.norm(r, axis=1))

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Perigee missed and radial motion at the end, with their partials by speed at the crossing and time."""
        run = self._flown(x, rows, stm=True)
        assert run.stm is not None
        s = run.states
        r, w = s[:, :2] + np.array([self.mu, 0.0]), s[:, 3:5]
        length = np.linalg.norm(r, axis=1)
        motion = np.einsum("ni,ni->n", r, w)
        by_speed = -run.stm[:, :, 4]
        a = _acceleration(s, self.mu)
        f = np.stack([length - self.perigee[rows], motion], axis=1)
        jacobian = np.empty((len(x), 2, 2))
        jacobian[:, 0, 0] = np.einsum("ni,ni->n", r, by_speed[:, :2]) / length
        jacobian[:, 0, 1] = motion / length
        jacobian[:, 1, 0] = np.einsum("ni,ni->n", w, by_speed[:, :2]) + np.einsum("ni,ni->n", r, by_speed[:, 3:5])
        jacobian[:, 1, 1] = (w**2).sum(axis=1) + np.einsum("ni,ni->n", r, a)
        return f, jacobian


def _acceleration(s: Floats, mu: float) -> Floats:
    """In the rotating axes, [N, 2], for planar states."""
    larger, smaller = s[:, :2] + np.array([mu, 0.0]), s[:, :2] - np.array([1.0 - mu, 0.0])
    pull = (1.0 - mu) * larger / np.linalg.norm(larger, axis=1, keepdims=True) ** 3
    pull += mu * smaller / np.linalg.norm(smaller, axis=1, keepdims=True) ** 3
    return np.asarray(np.stack([2.0 * s[:, 4], -2.0 * s[:, 3]], axis=1) + s[:, :2] - pull)


def _ellipse(r: Floats, v: Floats, gm: float) -> tuple[Floats, Floats, Floats]:
    """Perigee, time to it inwards, and angular momentum of planar two-body states."""
    length = np.linalg.norm(r, axis=1)
    momentum = r[:, 0] * v[:, 1] - r[:, 1] * v[:, 0]
    a = 1.0 / (2.0 / length - (v**2).sum(axis=1) / gm)
    e = np.sqrt(np.maximum(1.0 - momentum**2 / (gm * a), 0.0))
    anomaly = np.arccos(np.clip((1.0 - length / a) / np.maximum(e, 1e-12), -1.0, 1.0))
    inwards = np.einsum("ni,ni->n", r, v) < 0.0
    mean = anomaly - e * np.sin(anomaly)
    return a * (1.0 - e), np.where(inwards, mean, 2.0 * np.pi - mean) * np.sqrt(a**3 / gm), momentum


def _first_crossing(x: Floats, y: Floats) -> float:
    """Where samples first pass zero, or NaN."""
    hits = np.flatnonzero(np.sign(y[1:]) * np.sign(y[:-1]) < 0)
    if not len(hits):
        return float("nan")
    k = int(hits[0])
    return float(x[k] - y[k] * (x[k + 1] - x[k]) / (y[k + 1] - y[k]))
