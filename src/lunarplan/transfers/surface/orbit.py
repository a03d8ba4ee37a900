"""Low orbits that pass over a site, and the deorbit burn that puts periapsis where powered descent is to begin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.blocks import STATE
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import Run, accelerations, row_inputs
from lunarplan.transfers.path import Path, states_about_moon
from lunarplan.transfers.targeter import Target, Targeted, Variable, target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.model.surface import Place

    Floats = NDArray[np.float64]

_STEP_S = 60.0  # a twentieth of a radian in a low orbit
_HIGHEST_KM = 2_000.0  # over the sphere: what is no low orbit is not looked through
_FREE = (Variable("deorbit", 10.0, 600.0), Variable("braking", 0.01, 0.05), Variable("periapsis", 10.0, 900.0))
_TARGETS = (Target("climb", 1e-9, 1e-3), Target("radius", 1e-6, 1.0), Target("uprange", 1e-9, 1e-3))


@dataclass(frozen=True)
class Overflights:
    """When an orbit passes nearest to a place, once a revolution, in order; float64[N] each.

    cross_range_km : over the mean sphere, positive where the place is to the left of the motion
    states : [N, 6], ICRF, about the Moon
    """

    epochs_tdb: Floats
    cross_range_km: Floats
    states: Floats


def overflights(
    orbit: Path, place: Place, start: Any, end: Any, *, within_km: float = 100.0, forces: ForceModel
) -> Overflights:
    """Find the revolutions of an orbit that pass within some distance of a place.

    orbit : has ``at(tdb, center)`` from start to end

    Raises InputError for a span that runs backwards and an orbit that is not low.
    """
    first, last = (float(tdb_seconds(e)) for e in (start, end))
    if not last - first > 4.0 * _STEP_S:
        raise InputError("the end is not after the start", where="overflights", allowed="minutes, at least")
    times = np.linspace(first, last, max(5, int(np.ceil((last - first) / _STEP_S)) + 1))
    states = states_about_moon(orbit, times, "orbit")
    _require_low(states)
    near = _nearness(states, times, place, forces)
    k = 1 + np.flatnonzero((near[1:-1] >= near[:-2]) & (near[1:-1] > near[2:]) & (near[1:-1] > 0.0))
    epochs = times[k]
    for _ in range(4):  # Newton, from 1.5 deg at most
        at = states_about_moon(orbit, epochs, "orbit")
        ahead, rate, _ = passage(at, epochs, place, forces)
        epochs = np.clip(epochs + ahead / rate, first, last)
    at = states_about_moon(orbit, epochs, "orbit") if len(k) else np.empty((0, 6))
    aside = RADIUS_KM["moon"] * passage(at, epochs, place, forces)[2]
    chosen = np.abs(aside) <= within_km
    return Overflights(epochs[chosen], aside[chosen], at[chosen])


def _require_low(states: Floats) -> None:
    highest = np.linalg.norm(states[:, :3], axis=1).max() - RADIUS_KM["moon"]
    if not highest <= _HIGHEST_KM:
        raise InputError(
            f"rises to {highest:.0f} km over the mean sphere", where="orbit", allowed=f"up to {_HIGHEST_KM:g} km",
            remedy="go down to a low orbit first",
        )  # fmt: skip


def _nearness(states: Floats, times: Floats, place: Place, forces: ForceModel) -> Floats:
    up = upward(place, times, forces)
    return np.asarray((states[:, :3] * up).sum(axis=1) / np.linalg.norm(states[:, :3], axis=1))


def upward(place: Place, tdb: Floats, forces: ForceModel) -> Floats:
    """Unit vectors from the Moon's centre to a place, or to one for each epoch, ICRF [N, 3]."""
    up = np.broadcast_to(place.axes.up, (len(tdb), 3))
    return np.asarray(np.einsum("nij,ni->nj", rotation("moon_me", tdb, forces.source), up))


def passage(states: Floats, tdb: Floats, place: Place, forces: ForceModel) -> tuple[Floats, Floats, Floats]:
    """How far ahead of each orbit its place is, rad (-pi to pi), how fast that shrinks, rad/s, how far left, rad."""
    return passage_of(states, upward(place, tdb, forces))


def passage_of(states: Floats, up: Floats) -> tuple[Floats, Floats, Floats]:
    """The same for directions, [N, 3]."""
    r, v = states[:, :3], states[:, 3:]
    normal = np.cross(r, v)
    size = np.linalg.norm(normal, axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):  # straight up or down is in no plane, and fails in its own row
        normal /= size
    squared = (r * r).sum(axis=1)
    forward = np.cross(normal, r) / np.sqrt(squared)[:, None]
    ahead = np.arctan2((forward * up).sum(axis=1), (r * up).sum(axis=1) / np.sqrt(squared))
    return ahead, size[:, 0] / squared, np.arcsin(np.clip((normal * up).sum(axis=1), -1.0, 1.0))


@dataclass(frozen=True)
class Deorbits:
    """Deorbit burns: epochs TDB s, states ICRF [N, 6] before the burn and at periapsis; NaN where not ok.

    delta_v_km_s : against the motion; negative along it
    """

    burn_tdb: Floats
    before: Floats
    delta_v_km_s: Floats
    periapsis_tdb: Floats
    periapsis: Floats
    solution: Targeted


@dataclass(frozen=True)
class DeorbitProblem:
    """N low orbits, each given by one state, and the uprange angle from the site that periapsis is to have.

    states [N, 6] at epochs ``tdb``; place : one or N; landing_s : from periapsis to touchdown
    """

    states: Floats
    tdb: Floats
    place: Place
    periapsis_km: Floats
    uprange_rad: Floats
    landing_s: Floats
    forces: ForceModel

    def guess(self, pass_tdb: Floats) -> Floats:
        """Burn, braking and periapsis in a circular orbit that passes the site at an epoch; epochs from ``tdb``."""
        gm, r = self.forces.gm("moon"), np.linalg.norm(self.states[:, :3], axis=1)
        speed = np.linalg.norm(self.states[:, 3:], axis=1)
        a = 1.0 / (2.0 / r - speed**2 / gm)
        mean = np.sqrt(gm / a**3)
        half = np.pi * np.sqrt((0.5 * (a + self.periapsis_km)) ** 3 / gm)
        brake = np.sqrt(gm / a) - np.sqrt(2.0 * gm * self.periapsis_km / (a * (a + self.periapsis_km)))
        # half a turn at the two speeds
        burn = pass_tdb - self.tdb - (np.pi + self.uprange_rad) / mean
        return np.column_stack([burn, brake, burn + half])

    def solve(self, guess: Floats) -> Deorbits:
        found = target(self._evaluate, guess, _FREE, _TARGETS)
        rows = np.flatnonzero(found.ok)
        burn, braking, periapsis = found.x.T
        before, end = np.full((2, len(burn), 6), np.nan)
        if len(rows):
            before[rows], end[rows], *_ = self._flown(found.x[rows], rows)
        return Deorbits(self.tdb + burn, before, braking, self.tdb + periapsis, end, found)

    def _flown(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats, Floats, Floats]:
        """States at the burn and at the end, partials of the latter by the state after the burn, the motion there."""
        start = self.tdb[rows]
        coast = Run(self.forces, "moon", 1e-13, 0, stop_at_impact=False)
        before, *_ = coast.batch(self.states[rows], start, start + x[:, 0], row_inputs(len(rows), self.forces, None))
        along = before[:, 3:] / np.linalg.norm(before[:, 3:], axis=1, keepdims=True)
        after = np.concatenate([before[:, :3], before[:, 3:] - x[:, 1:2] * along], axis=1)
        drop = Run(self.forces, "moon", 1e-13, STATE, stop_at_impact=False)
        end, stm, *_ = drop.batch(
            after,
            start + x[:, 0],
            start + x[:, 2],
            row_inputs(len(rows), self.forces, None),
            durations=x[:, 2] - x[:, 0],
        )
        return before, end, stm, along

    def _evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        before, end, stm, along = self._flown(x, rows)
        start = self.tdb[rows]
        usable = np.asarray(np.isfinite(end).all(axis=1))
        end = np.where(usable[:, None], end, [1e4, 0.0, 0.0, 0.0, 1.0, 0.0])
        pulls = [
            accelerations(s, t, self.forces, "moon") for s, t in ((before, start + x[:, 0]), (end, start + x[:, 2]))
        ]
        speed = np.linalg.norm(before[:, 3:], axis=1, keepdims=True)
        turning = (pulls[0] - along * (along * pulls[0]).sum(axis=1, keepdims=True)) / speed
        # burning later: the state after it moves on as the orbit does, less what it would have moved on anyway
        later = np.concatenate([x[:, 1:2] * along, -x[:, 1:2] * turning], axis=1)
        by = np.stack(
            [np.einsum("nij,nj->ni", stm, later), -np.einsum("nij,nj->ni", stm[:, :, 3:], along),
             np.concatenate([end[:, 3:], pulls[1]], axis=1)], axis=-1,
        )  # fmt: skip
        f, gradient = self._misses(end, start + x[:, 2], rows)
        jacobian = gradient @ by
        f[~usable] = np.nan
        return f, jacobian

    def _misses(self, end: Floats, tdb: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        r, v = end[:, :3], end[:, 3:]
        distance = np.linalg.norm(r, axis=1)
        normal = np.cross(r, v)
        forward = np.cross(normal / np.linalg.norm(normal, axis=1, keepdims=True), r) / distance[:, None]
        ahead, _, _ = passage_of(end, self._upward(tdb + self.landing_s[rows], rows))
        f = np.stack([(r * v).sum(axis=1) / distance, distance - self.periapsis_km[rows],
                      np.remainder(ahead - self.uprange_rad[rows] + np.pi, 2.0 * np.pi) - np.pi], axis=1)  # fmt: skip
        none = np.zeros_like(r)
        climb = (r * v).sum(axis=1, keepdims=True) / distance[:, None]
        gradient = np.stack(
            [np.concatenate([(v - climb * r / distance[:, None]) / distance[:, None], r / distance[:, None]], axis=1),
             np.concatenate([r / distance[:, None], none], axis=1),
             np.concatenate([-forward / distance[:, None], none], axis=1)], axis=1,
        )  # fmt: skip
        return f, gradient

    def _upward(self, tdb: Floats, rows: NDArray[np.intp]) -> Floats:
        up = np.broadcast_to(self.place.axes.up, (len(self.tdb), 3))[rows]
        return np.asarray(np.einsum("nij,ni->nj", rotation("moon_me", tdb, self.forces.source), up))
