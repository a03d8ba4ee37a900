"""The fastest way home round the Moon, from a flight that comes home round it by itself: the burn that hurries it.

From nothing done, the flight is made to last ever shorter, each time from the one before, until the delta-v is spent or
the Moon too near.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.propagation import Run, row_inputs
from lunarplan.model.trajectory import fly
from lunarplan.transfers.aborts.search import PROVEN_KM, Way, spread
from lunarplan.transfers.batches import taken
from lunarplan.transfers.free_returns import arcs
from lunarplan.transfers.free_returns.state_arcs import BURN, StateArcs, plane_angles_of
from lunarplan.transfers.home.earth_return import ENTRY_ALTITUDE_KM
from lunarplan.transfers.home.entry import entries
from lunarplan.transfers.targeter import target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_LEAST_ALTITUDE_KM, _MOST_RADIUS_KM = 100.0, 60_000.0  # at perilune
_BEFORE_S = 7_200.0  # perilune: later the flyby is no longer chosen
_FIRST_STEP, _STEPS, _ITERATIONS = 0.04, 28, 10  # the first a share of the duration
_AT_MOON = list(range(arcs.MOON_NODE, arcs.HOME_NODE))
_COLUMNS = [arcs.NODE, arcs.ARGUMENT, arcs.SPEED, *_AT_MOON, arcs.HOME_NODE, arcs.HOME_ARGUMENT, arcs.HOME_SPEED]
_FREE = (*BURN, *(arcs.ARCS[k] for k in _COLUMNS[3:]))
_RADIUS, _PERILUNE = _COLUMNS.index(arcs.PERILUNE_RADIUS), _COLUMNS.index(arcs.PERILUNE)


@dataclass(frozen=True)
class _Passage:
    """The flyby and the entry of the flight left alone, float64[1] and [1, 6]."""

    perilune_tdb: Floats
    perilune: Floats
    entry_radius_km: Floats
    flight_path: Floats


def hurried(
    tdb: Floats, states: Floats, limits_km_s: Floats, end_tdb: float, flight_path_deg: float, forces: ForceModel
) -> Way | None:
    """The fastest ways round the Moon, of moments [N] from which the flight, left alone, enters at an epoch.

    states : [N, 6], about the Moon. None where the Moon is not ahead of any of them.
    """
    first = tdb.argmin()
    path = fly(states[first], tdb[first], end_tdb, forces, center="moon", stop_at_impact=False)
    passages = events.find(path, events.perilune_passage())
    near = [p for p in passages if np.linalg.norm(path.at(p, "moon")[0, :3]) < _MOST_RADIUS_KM]
    rows = np.flatnonzero(tdb < near[0] - _BEFORE_S) if near else np.empty(0, np.intp)
    if not len(rows):
        return None
    passage = _Passage(
        np.array([float(near[0])]), path.at(near[0], "moon"), np.array([RADIUS_KM["earth"] + ENTRY_ALTITUDE_KM]),
        np.array([np.radians(flight_path_deg)]),
    )  # fmt: skip
    march = _March(tdb[rows], states[rows], limits_km_s[rows], passage, path.at(end_tdb, "earth"), end_tdb, forces)
    return spread(march.ways(), rows, len(tdb))


class _March:
    """Ever shorter flights of a batch: burn, flyby, and the entry's node, argument and speed; twelve matches."""

    def __init__(
        self, tdb: Floats, states: Floats, limits: Floats, passage: _Passage, entry: Floats, end_tdb: float,
        forces: ForceModel,
    ) -> None:  # fmt: skip
        self.tdb, self.states, self.limits, self.forces = tdb, states, limits, forces
        self.arcs = StateArcs(tdb, states, passage, forces)
        self.later = end_tdb - tdb
        flyby = plane_angles_of(passage.perilune, self.arcs.moon_axes[:1])[0]
        home = plane_angles_of(entry, self.arcs.equator[:1])[0]
        self.inclination = home[3]
        radius = np.linalg.norm(passage.perilune[0, :3])
        row = np.concatenate([np.zeros(3), flyby, [radius], passage.perilune_tdb, home[:3]])
        self.x = np.tile(row, (len(tdb), 1))
        self.perilunes = self.x[:, _PERILUNE]

    def whole(self, x: Floats, later: Floats, rows: Rows) -> Floats:
        """The variables among all of `arcs.ARCS`."""
        full = np.zeros((len(x), len(arcs.ARCS)))
        full[:, _COLUMNS] = x
        full[:, arcs.HOME_INCLINATION], full[:, arcs.ENTRY] = self.inclination, self.tdb[rows] + later[rows]
        return full

    def solved(self, later: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Variables of flights of given durations, from those there are, and which of them may be flown."""
        self.arcs.meet_about(self.x[:, _PERILUNE])

        def evaluate(x: Floats, rows: Rows) -> tuple[Floats, Floats]:
            f, jacobian = self.arcs.evaluate(self.whole(x, later, rows), rows)
            return f, jacobian[:, :, _COLUMNS]

        found = target(evaluate, self.x, _FREE, arcs.MATCHES, max_iterations=_ITERATIONS)
        with np.errstate(invalid="ignore"):
            good = np.linalg.norm(found.x[:, :3], axis=1) <= self.limits
            good &= found.x[:, _RADIUS] >= RADIUS_KM["moon"] + _LEAST_ALTITUDE_KM
        return found.x, found.ok & good

    def ways(self) -> Way:
        step = _FIRST_STEP * self.later
        for _ in range(_STEPS):
            trial = self.later - step
            x, good = self.solved(trial)
            self.x, self.later = np.where(good[:, None], x, self.x), np.where(good, trial, self.later)
            step = np.where(good, step, 0.5 * step)
        return self._proven()

    def _proven(self) -> Way:
        """The last of them, flown again by another integrator; NaN where that misses."""
        n = len(self.tdb)
        rows, entry_tdb = np.arange(n), self.tdb + self.later
        entry = self.arcs.entry(self.whole(self.x, self.later, rows), rows)[0]
        state = self.states.copy()
        state[:, 3:] += self.x[:, :3]
        run = Run(self.forces, "moon", 1e-14, 0, True, None, steered=True, continues=True)
        end, _, status, *_ = run.batch(state, self.tdb, entry_tdb, row_inputs(n, self.forces, None))
        there = end[:, :3] + self.forces.source.position("moon", "earth", entry_tdb)
        miss = np.where(status == 0, np.linalg.norm(there - entry[:, :3], axis=1), np.inf)
        met = entries(entry, entry_tdb)
        zero = np.zeros(n)
        way = Way(
            1e3 * np.linalg.norm(self.x[:, :3], axis=1), self.later, zero, self.x[:, :3], np.zeros((n, 3)),
            met.speed_km_s, met.latitude_deg, met.longitude_deg, np.degrees(self.inclination) + zero, miss,
        )  # fmt: skip
        good = np.flatnonzero(miss < PROVEN_KM)
        return spread(taken(way, good), good, n)
