"""Two burns between given states at given epochs: what to leave with and what to meet, by arcs from both ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.two_body import lambert
from lunarplan.transfers.targeter import Target, Targeted, Variable, target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.flight import Flight

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_FREE = tuple(Variable(f"{burn} {axis}", 1e-2, 0.2) for burn in ("departure", "arrival") for axis in "xyz")
_TARGETS = (
    *(Target(f"match {axis}", 1e-6, 1e2) for axis in "xyz"),
    *(Target(f"match v{axis}", 1e-10, 1e-3) for axis in "xyz"),
)


@dataclass(frozen=True)
class TwoBurns:
    """The equations of a batch: both burns, [N, 6] km/s, are right where arcs from both ends meet half-way.

    start, end  : epochs of the burns, TDB; leave, meet : states before the one and after the other, about the Moon
    """

    start: Floats
    end: Floats
    leave: Floats
    meet: Floats
    flight: Flight

    def conic(self, rows: Rows, body: str, *, retrograde: bool) -> Floats:
        """Both burns of the conic about a body, with the sense of the path left or against it; nought where none is."""
        leave, meet = self.leave[rows], self.meet[rows]
        if body == "earth":
            leave, meet = leave + self.flight.moon(self.start[rows]), meet + self.flight.moon(self.end[rows])
        conic = lambert(
            leave[:, :3], meet[:, :3], (self.end - self.start)[rows], self.flight.gm(body), retrograde=retrograde,
            normal=np.cross(leave[:, :3], leave[:, 3:]),
        )  # fmt: skip
        burns = np.concatenate([conic.v1 - leave[:, 3:], meet[:, 3:] - conic.v2], axis=1)
        return np.where(conic.ok[:, None], burns, 0.0)

    def evaluate(self, x: Floats, rows: Rows) -> tuple[Floats, Floats]:
        """Mismatch half-way, with the Jacobian."""
        middle = 0.5 * (self.start + self.end)[rows]
        first, last = self.leave[rows].copy(), self.meet[rows].copy()
        first[:, 3:] += x[:, :3]
        last[:, 3:] -= x[:, 3:]
        there, there_stm = self.flight.arc("moon", first, self.start[rows], middle)
        here, here_stm = self.flight.arc("moon", last, self.end[rows], middle)
        return there - here, np.concatenate([there_stm[:, :, 3:], here_stm[:, :, 3:]], axis=2)

    def solve(self, seed: Floats, max_iterations: int = 40) -> Targeted:
        """Both burns of every row from a first guess, [N, 6]."""
        return target(self.evaluate, seed, _FREE, _TARGETS, max_iterations=max_iterations)
