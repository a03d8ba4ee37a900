"""The arcs of a flight round the Moon and home that sets out with a burn from a given state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from lunarplan.transfers.free_returns import arcs
from lunarplan.transfers.targeter import Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

BURN = tuple(Variable(f"burn {axis}", 1e-2, 0.2) for axis in "xyz")


class Passage(Protocol):
    """What the arcs take of a free return, float64[1] each: see `free_return.FreeReturnProblem`."""

    @property
    def perilune_tdb(self) -> Floats: ...
    @property
    def entry_radius_km(self) -> Floats: ...
    @property
    def flight_path(self) -> Floats: ...


class StateArcs(arcs.Arcs):
    """The arcs of a free return that sets out from a state, with a burn; its node to injection epoch stand idle."""

    departing = (arcs.NODE, arcs.ARGUMENT, arcs.SPEED)

    def __init__(self, tdb: Floats, states: Floats, way: Passage, forces: ForceModel) -> None:
        n = len(tdb)
        perilune, entry, angle = (np.repeat(c, n) for c in (way.perilune_tdb, way.entry_radius_km, way.flight_path))
        super().__init__(perilune, np.ones(n), entry, angle, forces, 1e-12, None)
        self.burn_tdb, self.states = tdb, states
        self.meet_about(perilune)

    def meet_about(self, perilune: Floats) -> None:
        """Meet on either side of the Moon as it is passed now, half-way to it if the burn is late."""
        half_way = 0.5 * (self.burn_tdb + perilune)
        self.meet = np.maximum(half_way, perilune - arcs.MATCH_S), perilune + arcs.MATCH_S
        self.moon = tuple(self.forces.source.state("moon", "earth", m) for m in self.meet)

    def outbound(self, x: Floats, rows: Rows) -> tuple[Floats, Floats]:
        """Where the arc after the burn leads, about the Earth, and its partials by the burn."""
        start = self.states[rows].copy()
        start[:, 3:] += x[:, list(self.departing)]
        far, stm, *_ = self.from_moon.batch(start, self.burn_tdb[rows], self.meet[0][rows], self.inputs(len(x)))
        return far + self.moon[0][rows], stm[:, :, 3:]


def plane_angles_of(states: Floats, axes: Floats) -> Floats:
    """Node, argument of latitude, speed and inclination of states, float64[N, 4]: what `end_state` makes them of."""
    r, v = (np.einsum("nij,nj->ni", axes, part) for part in (states[:, :3], states[:, 3:]))
    pole = np.cross(r, v)
    node = np.arctan2(pole[:, 0], -pole[:, 1])
    inclination = np.arccos(pole[:, 2] / np.linalg.norm(pole, axis=1))
    line = np.stack([np.cos(node), np.sin(node), np.zeros_like(node)], axis=1)
    across = np.cross(pole / np.linalg.norm(pole, axis=1, keepdims=True), line)
    argument = np.arctan2(np.einsum("ni,ni->n", r, across), np.einsum("ni,ni->n", r, line))
    return np.column_stack([node, argument, np.linalg.norm(v, axis=1), inclination])
