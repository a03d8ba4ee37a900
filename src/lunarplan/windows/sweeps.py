"""Daily windows: launches at neighbouring azimuths that follow one another, all else the same, and where that ends."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.model.constants import SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]

Cell = tuple[int, ...]
NEXT_S = 0.5 * SECONDS_PER_DAY  # lift-offs at neighbouring azimuths that are further apart are of different windows
BELOW, ABOVE = 0, 1  # sides of a cell an edge may lie on: lower azimuths, higher ones
SIDES = ("below", "above")


@dataclass(frozen=True)
class Sweeps:
    """What daily windows are made of. The first axis is the launch day, the last one the azimuth.

    open       : which cells are open, bool over the axes
    launch_tdb : their lift-offs
    planes     : the axis of the planes of arrival; None where there is none
    """

    open: Array
    launch_tdb: Floats
    planes: int | None

    def around(self, cell: Cell) -> list[list[Cell]]:
        """Sweeps, open cells in the order of their azimuths: that of a cell, then all others of the half days about it.

        Others are of other planes of arrival, or beyond azimuths that are closed.
        """
        found = [self._sweep(cell)]
        known = set(found[0])
        for other in self._planes(cell):
            for k in range(self.open.shape[-1]):
                beside = self._near(cell, (*other[:-1], k))
                if beside is not None and beside not in known:
                    found.append(self._sweep(beside))
                    known.update(found[-1])
        return found

    def same_plane(self, sweep: list[Cell], other: list[Cell]) -> bool:
        return self.planes is None or sweep[0][self.planes] == other[0][self.planes]

    def lift_offs(self, cells: list[Cell]) -> list[float]:
        return [float(self.launch_tdb[cell]) for cell in cells]

    def widest_gap_s(self, cells: list[Cell]) -> float:
        """Between lift-offs that follow one another."""
        return max((later - one for one, later in pairwise(sorted(self.lift_offs(cells)))), default=0.0)

    def at_limit(self, cell: Cell, side: int) -> bool:
        """Whether no azimuth beyond was scanned."""
        return cell[-1] == (0, self.open.shape[-1] - 1)[side]

    def _planes(self, cell: Cell) -> list[Cell]:
        if self.planes is None:
            return [cell]
        planes = range(self.open.shape[self.planes])
        return [(*cell[: self.planes], plane, *cell[self.planes + 1 :]) for plane in planes]

    def _sweep(self, cell: Cell) -> list[Cell]:
        below = self._onwards(cell, range(cell[-1] - 1, -1, -1))
        above = self._onwards(cell, range(cell[-1] + 1, self.open.shape[-1]))
        return [*below[::-1], cell, *above]

    def _onwards(self, cell: Cell, azimuths: range) -> list[Cell]:
        found, now = [], cell
        for k in azimuths:
            beside = self._near(now, (*now[:-1], k))
            if beside is None:
                break
            now = beside
            found.append(now)
        return found

    def _near(self, cell: Cell, other: Cell) -> Cell | None:
        """The open cell of that day, the one before or the one after whose lift-off is nearest to that of a cell."""
        start, best, least = float(self.launch_tdb[cell]), None, NEXT_S
        for day in range(max(cell[0] - 1, 0), min(cell[0] + 2, len(self.open))):
            at = (day, *other[1:])
            away = abs(float(self.launch_tdb[at]) - start)
            if self.open[at] and away < least:
                best, least = at, away
        return best
