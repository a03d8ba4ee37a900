"""What low-energy transfers do on their way: how far they go, to which side of the Sun, past the Moon how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.events import LUNAR_SPHERE_OF_INFLUENCE_KM
from lunarplan.model.propagation import Run, accelerations, row_inputs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lunarplan.model.ephemeris import Ephemeris

    Floats = NDArray[np.float64]

_PARTS = 4  # of an integration step, that nothing near the Moon is missed
_NEWTON_STEPS = 3
_LONGEST_STEP_S = 864_000.0
_AWAY_KM = 2.0 * LUNAR_SPHERE_OF_INFLUENCE_KM


@dataclass(frozen=True)
class Ways:
    """A batch of flights out to where two arcs meet and on to the Moon.

    apogee_km, apogee_tdb : float64[n], the largest distance from the Earth's centre
    quadrant : int64[n], 1 to 4, of the apogee in axes that turn with the Sun: x away from it, y where the Earth goes
    flybys   : int64[n], visits to the Moon's sphere of influence, from twice as far, before the one of the arrival
    hits     : bool[n], the ground is met on the way
    """

    apogee_km: Floats
    apogee_tdb: Floats
    quadrant: NDArray[np.int64]
    flybys: NDArray[np.int64]
    hits: NDArray[np.bool_]


def ways(out: tuple[Floats, Floats], back: tuple[Floats, Floats], meet_tdb: Floats, runs: tuple[Run, Run]) -> Ways:
    """Fly the arcs of a batch to where they meet, and look at them.

    out, back : states [n, 6] and epochs at the injection, about the Earth, and at the arrival, about the Moon
    runs      : how either is flown; they stop at impact
    """
    if not len(meet_tdb):
        return Ways(meet_tdb, meet_tdb, *(np.zeros(0, np.int64),) * 2, np.zeros(0, bool))
    legs = (*out, runs[0]), (*back, runs[1])
    parts, hits = [], np.zeros(len(meet_tdb), bool)
    for states, tdb, run in legs:
        nodes, row, status = _sampled(states, tdb, meet_tdb, run)
        parts.append((nodes, row))
        hits |= status != 0
    nodes, row = (np.concatenate([part[k] for part in parts]) for k in range(2))
    order = np.lexsort([nodes[:, 0], row])
    nodes, row = nodes[order], row[order]
    apogee_km, apogee_tdb, place = _apogees(nodes, row, len(meet_tdb), runs[0])
    ephemeris = runs[0].forces.source
    quadrant = _quadrant(sun_earth_axes(apogee_tdb, ephemeris), place)
    return Ways(apogee_km, apogee_tdb, quadrant, _flybys(nodes, row, len(meet_tdb), ephemeris), hits)


def sun_earth_axes(tdb: ArrayLike, ephemeris: Ephemeris) -> Floats:
    """Rotations from ICRF, float64[n, 3, 3]: x from the Sun to the Earth, z along the Earth's orbital momentum."""
    sun = ephemeris.state("sun", "earth", np.asarray(tdb, float))
    x = -sun[:, :3] / np.linalg.norm(sun[:, :3], axis=1, keepdims=True)
    z = np.cross(sun[:, :3], sun[:, 3:])
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=1)


def _sampled(states: Floats, tdb: Floats, until: Floats, run: Run) -> tuple[Floats, NDArray[np.intp], NDArray[np.int8]]:
    """Epochs and states about the Earth, float64[k, 7], with their rows: every step, and points within it."""
    _, _, status, _, paths = run.batch(states, tdb, until, row_inputs(len(tdb), run.forces, None), record=True)
    nodes, row = np.concatenate(paths), np.repeat(np.arange(len(tdb)), [len(path) for path in paths])
    inside = np.flatnonzero(row[1:] == row[:-1])
    begin = np.repeat(inside, _PARTS)
    part = np.tile(np.arange(_PARTS) / _PARTS, len(inside))
    spans = part * (nodes[begin + 1, 0] - nodes[begin, 0])
    start, center = tdb[row[begin]] + nodes[begin, 0], nodes[begin, 7].astype(np.int64)
    within, _, failed, *_ = run.batch(
        np.ascontiguousarray(nodes[begin, 1:7]), start, start + spans, row_inputs(len(begin), run.forces, None),
        durations=spans, centers=center, first_steps=spans,
    )  # fmt: skip
    known = failed == 0
    lunar = known & (center == 1)
    within[lunar] += run.forces.source.state("moon", "earth", (start + spans)[lunar])
    return np.column_stack([start + spans, within])[known], row[begin][known], status


def _apogees(nodes: Floats, row: NDArray[np.intp], n: int, run: Run) -> tuple[Floats, Floats, Floats]:
    """Radius and epoch of the largest distance, and the place, float64[n, 3]."""
    radius = np.linalg.norm(nodes[:, 1:4], axis=1)
    order = np.lexsort([radius, row])
    best = order[np.searchsorted(row[order], np.arange(n), side="right") - 1]
    tdb, state = nodes[best, 0], np.ascontiguousarray(nodes[best, 1:])
    for _ in range(_NEWTON_STEPS):
        climb = np.einsum("ni,ni->n", state[:, :3], state[:, 3:])
        pull = np.einsum("ni,ni->n", state[:, :3], accelerations(state, tdb, run.forces))
        step = -climb / ((state[:, 3:] ** 2).sum(axis=1) + pull)
        step = np.where(np.abs(step) < _LONGEST_STEP_S, step, 0.0)
        state, *_ = run.batch(state, tdb, tdb + step, row_inputs(n, run.forces, None))
        tdb = tdb + step
    return np.linalg.norm(state[:, :3], axis=1), tdb, state[:, :3]


def _quadrant(axes: Floats, place: Floats) -> NDArray[np.int64]:
    x, y = (np.einsum("ni,ni->n", axes[:, k], place) for k in (0, 1))
    return np.where(y >= 0.0, np.where(x >= 0.0, 1, 2), np.where(x < 0.0, 3, 4))


def _flybys(nodes: Floats, row: NDArray[np.intp], n: int, ephemeris: Ephemeris) -> NDArray[np.int64]:
    """Times the flight comes into the Moon's sphere of influence from twice as far, less the last if it ends there."""
    distance = np.linalg.norm(nodes[:, 1:4] - ephemeris.position("moon", "earth", nodes[:, 0]), axis=1)
    side = np.where(distance < LUNAR_SPHERE_OF_INFLUENCE_KM, -1, np.where(distance > _AWAY_KM, 1, 0))
    told = np.flatnonzero(side)  # between the two it is where it was
    entered = (side[told][1:] < 0) & (side[told][:-1] > 0) & (row[told][1:] == row[told][:-1])
    entries = np.bincount(row[told][1:][entered], minlength=n)
    last = told[np.searchsorted(row[told], np.arange(n), side="right") - 1]
    return np.asarray(entries - (side[last] < 0))
