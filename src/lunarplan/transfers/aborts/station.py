"""Ways to a station from moments of a flight: a burn to leave the flight, a burn to join the station."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.propagation import Run, row_inputs
from lunarplan.transfers.aborts.search import Way
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.path import Path, states_about_moon
from lunarplan.transfers.two_burns import TwoBurns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.targeter import Targeted

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_ITERATIONS = 20
_GUESSES = (("moon", False), ("moon", True), ("earth", False))
_OWN_TOLERANCE = 1e-14


@dataclass(frozen=True)
class Station:
    """A station as a goal, see `search.Goal`; the options are first guesses: conics about the Moon, either way
    round, and about the Earth.

    tdb, states : of the moments, [N] and [N, 6] about the Moon; days_s: float64[K], tried from every moment
    """

    tdb: Floats
    states: Floats
    station: Path
    days_s: Floats
    forces: ForceModel
    options = len(_GUESSES)

    @property
    def durations_s(self) -> Floats:
        return np.broadcast_to(self.days_s, (len(self.tdb), len(self.days_s)))

    @property
    def waits_s(self) -> Floats:
        return np.zeros((len(self.tdb), 1))

    @cached_property
    def _flight(self) -> InEphemeris:
        return InEphemeris(self.forces)

    def _solved(self, row: Rows, option: Rows, later: Floats) -> tuple[Floats, Floats, Targeted]:
        """States left and met, about the Moon, and the burns."""
        start = self.tdb[row]
        end = start + later
        leave, meet = self.states[row], states_about_moon(self.station, end, "to")
        burns = TwoBurns(start, end, leave, meet, self._flight)
        seed = np.empty((len(row), 6))
        for k, (body, retrograde) in enumerate(_GUESSES):
            mine = np.flatnonzero(option == k)
            seed[mine] = burns.conic(mine, body, retrograde=retrograde)
        return leave, meet, burns.solve(seed, _ITERATIONS)

    def cost(self, row: Rows, option: Rows, later: Floats, wait: Floats) -> Floats:
        leave, meet, found = self._solved(row, option, later)
        met = self._miss(row, later, leave, meet, found, 1e-12, steered=False) < np.inf
        return np.where(met, _delta_v(found.x), np.inf)

    def way(self, row: Rows, option: Rows, later: Floats, wait: Floats) -> Way:
        leave, meet, found = self._solved(row, option, later)
        none = np.full(len(row), np.nan)
        closure = self._miss(row, later, leave, meet, found, _OWN_TOLERANCE, steered=True)
        burns = found.x[:, :3], found.x[:, 3:]
        return Way(1e3 * _delta_v(found.x), later, wait, *burns, none, none, none, none, closure)

    def _miss(
        self, row: Rows, later: Floats, leave: Floats, meet: Floats, found: Targeted, tolerance: float, *, steered: bool
    ) -> Floats:
        """By how much each way, flown through, misses the station, km; infinite where it meets a body first."""
        good = np.flatnonzero(found.ok)
        miss = np.full(len(row), np.inf)
        if not len(good):
            return miss
        run = Run(self.forces, "moon", tolerance, 0, True, None, steered=steered, continues=True)
        first = leave[good].copy()
        first[:, 3:] += found.x[good, :3]
        start = self.tdb[row[good]]
        end, _, status, *_ = run.batch(first, start, start + later[good], row_inputs(len(good), self.forces, None))
        miss[good] = np.where(status == 0, np.linalg.norm((end - meet[good])[:, :3], axis=1), np.inf)
        return miss


def _delta_v(x: Floats) -> Floats:
    return np.asarray(np.linalg.norm(x[:, :3], axis=1) + np.linalg.norm(x[:, 3:], axis=1))
