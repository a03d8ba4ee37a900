"""Multiple shooting: nodes, flown to the next one all at once, moved until every arc ends where the next begins.

The unknowns are the nodes in the pulsating frame and their epochs. There are more of them than gaps to close; of all
steps that close the linearised gaps Newton's method takes the smallest. What the measure of "small" says decides
whether it converges: an orbit that is late is moved as a whole, not bent, because a change of an epoch is cheap.

A gap depends on the two nodes beside it alone. The normal equations of the smallest step are block-tridiagonal, and
the cost grows with the number of nodes and no faster.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError
from lunarplan.model.propagation import Run, accelerations, row_inputs, span_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.orbits.pulsating import PulsatingFrame

    Floats = NDArray[np.float64]

# An epoch so much later counts as much as a place a unit of length away: next to nothing, which orbits that are nearly
# stable need; what has drifted far from the first guess, as unstable ones may, is tried again with less freedom.
LATE_S = 3.6e7, 3.6e6, 3.6e5
BURN = 1e-2  # jumps of velocity, where allowed: 10 m/s count as much as a unit of length
_EPOCH_S = 2.0**-20  # epochs are multiples of it: their differences are exact
_LONGEST_STEP = 0.05  # units of length; longer ones leave what was linearised
_SHORTEST = 2.0**-10  # part of a step worth trying
_SLID_KM = 1e-3  # from here on epochs stay; what is left is closed to the last digit
_CLOSED_KM = 1e-7
_MOST_STEPS = 60


@dataclass(frozen=True)
class Nodes:
    """Nodes of an orbit and what became of them.

    tdb      : float64[n], TDB s
    points   : float64[n, 6], in the pulsating frame, relative to the Moon
    jumps    : float64[n, 6], what is added to the state that arrives; nought but for velocities where a burn may be
    states   : float64[n, 6], km and km/s, ICRF, relative to the Moon
    arrivals : float64[n - 1, 6], likewise, where each node's arc ends
    stm      : float64[n - 1, 6, 6] of the arcs
    gaps     : float64[n - 1, 6], in the frame, between arrivals with their jumps and the next nodes
    """

    tdb: Floats
    points: Floats
    jumps: Floats
    states: Floats
    arrivals: Floats
    stm: Floats
    gaps: Floats

    @property
    def size(self) -> float:
        """Root mean square of the gaps."""
        return float(np.sqrt((self.gaps**2).mean()))


@dataclass(frozen=True)
class Shooting:
    """What stays the same while nodes move.

    held  : bool[n], nodes whose epochs stay
    burns : bool[n], nodes at which the velocity may jump
    late  : s, how much lateness counts as much as a unit of length
    """

    frame: PulsatingFrame
    run: Run
    held: NDArray[np.bool_]
    burns: NDArray[np.bool_]
    late: float = LATE_S[0]

    def flown(self, tdb: Floats, points: Floats, jumps: Floats) -> Nodes | None:
        """All arcs flown from their nodes; None if one cannot be."""
        known = self.run.forces.source
        if not (np.diff(tdb) > 0.0).all() or tdb[0] < known.start_tdb or tdb[-1] > known.end_tdb:
            return None
        matrix = self.frame.matrix(tdb)
        states = _times(matrix, points)
        rows = row_inputs(len(tdb) - 1, self.run.forces, None)
        starts = np.ascontiguousarray(states[:-1])
        arrivals, stm, status, *_ = self.run.batch(starts, tdb[:-1], tdb[1:], rows)
        if status.any():
            return None
        reached = np.linalg.solve(matrix[1:], arrivals[..., np.newaxis])[..., 0]
        return Nodes(tdb, points, jumps, states, arrivals, stm, reached + jumps[1:] - points[1:])

    def closed(self, tdb: Floats, points: Floats) -> tuple[Nodes, int]:
        """Nodes whose gaps are closed to a tenth of a millimetre, and the steps it took.

        Raises ConvergenceError where that fails.
        """
        first = self.flown(np.where(self.held, tdb, _rounded(tdb)), points, np.zeros_like(points))
        if first is None:
            raise ConvergenceError(
                "an arc of the first guess cannot be flown: it meets a body",
                where="multiple shooting",
                remedy="choose an orbit that keeps farther from the ground, or another phase or epoch",
            )
        nodes, slid = self._slid(first)
        last = replace(self, held=np.ones_like(self.held), burns=np.zeros_like(self.burns))
        nodes, more = _newton(last, nodes, _CLOSED_KM)
        return nodes, slid + more

    def _slid(self, first: Nodes) -> tuple[Nodes, int]:
        for late in LATE_S[:-1]:
            try:
                return _newton(replace(self, late=late), first, _SLID_KM)
            except ConvergenceError:
                continue
        return _newton(replace(self, late=LATE_S[-1]), first, _SLID_KM)


def _newton(shooting: Shooting, nodes: Nodes, enough_km: float) -> tuple[Nodes, int]:
    for steps in range(_MOST_STEPS):
        if _open_km(shooting, nodes) <= enough_km:
            return nodes, steps
        nodes = _stepped(shooting, nodes)
    worst = int(np.argmax(np.abs(nodes.gaps).max(axis=1)))
    raise ConvergenceError(
        f"{_open_km(shooting, nodes):.3g} km open after {_MOST_STEPS} steps",
        where=f"multiple shooting, {span_text(nodes.tdb[worst : worst + 1])}",
        remedy="ask for fewer revolutions, another phase or epoch, or allow burns",
    )


def _open_km(shooting: Shooting, nodes: Nodes) -> float:
    """The widest gap in place, and in velocity as far as the orbit's own clock carries it in an arc."""
    scale = np.linalg.norm(shooting.frame.matrix(nodes.tdb[1:])[:, :3, 0], axis=1)
    return float((scale * np.abs(nodes.gaps).max(axis=1)).max())


def _stepped(shooting: Shooting, nodes: Nodes) -> Nodes:
    """One step, cut until no arc fails and the gaps do not grow by more than a long step may cost."""
    points, late, jumps = _smallest_step(shooting, nodes)
    part = min(1.0, _LONGEST_STEP / max(np.abs(points).max(), 1e-300))
    while part >= _SHORTEST:
        tdb = np.where(shooting.held, nodes.tdb, _rounded(nodes.tdb + part * late))
        tried = shooting.flown(tdb, nodes.points + part * points, nodes.jumps + part * (jumps - nodes.jumps))
        if tried is not None and tried.size <= 1.5 * nodes.size:
            return tried
        part *= 0.5
    raise ConvergenceError(
        "no step makes the gaps smaller",
        where=f"multiple shooting, {span_text(nodes.tdb)}",
        remedy="ask for fewer revolutions, another phase or epoch, or allow burns",
    )


def _smallest_step(shooting: Shooting, nodes: Nodes) -> tuple[Floats, Floats, Floats]:
    """Changes of points [n, 6] and epochs [n], and new jumps [n, 6], that close the linearised gaps."""
    before, after = _partials(shooting, nodes)
    diagonal = before @ before.swapaxes(1, 2) + after @ after.swapaxes(1, 2)
    free = np.zeros((len(nodes.tdb), 6))
    free[shooting.burns, 3:] = BURN**2
    diagonal += free[1:, :, np.newaxis] * np.eye(6)
    beside = after[:-1] @ before[1:].swapaxes(1, 2)
    fixed = nodes.gaps - np.where(free[1:] > 0.0, nodes.jumps[1:], 0.0)
    force = _solve_block_tridiagonal(diagonal, beside, -fixed)
    step = np.zeros((len(nodes.tdb), 7))
    step[:-1] += np.einsum("kij,ki->kj", before, force)
    step[1:] += np.einsum("kij,ki->kj", after, force)
    jumps = np.where(free > 0.0, 0.0, nodes.jumps)
    jumps[1:] += free[1:] * force
    return step[:, :6], shooting.late * step[:, 6], jumps


def _partials(shooting: Shooting, nodes: Nodes) -> tuple[Floats, Floats]:
    """Gaps by the nodes before and after, float64[n - 1, 6, 7] each: by the point, and by the epoch over `late`."""
    frame, forces = shooting.frame, shooting.run.forces
    matrix = frame.matrix(nodes.tdb)
    inverse = np.asarray(np.linalg.inv(matrix[1:]), float)
    turning = np.zeros_like(matrix)
    moving = ~shooting.held
    turning[moving] = frame.matrix_rate(nodes.tdb[moving])
    leaving = _rates(nodes.states, nodes.tdb, forces)[:-1]
    arriving = _rates(nodes.arrivals, nodes.tdb[1:], forces)
    before, after = np.zeros((2, len(inverse), 6, 7))
    through = inverse @ nodes.stm
    before[:, :, :6] = through @ matrix[:-1]
    before[:, :, 6] = _times(through, _times(turning[:-1], nodes.points[:-1]) - leaving)
    after[:, :, :6] = -np.eye(6)
    after[:, :, 6] = _times(inverse, arriving - _times(turning[1:] @ inverse, nodes.arrivals))
    before[:, :, 6] *= shooting.late * moving[:-1, np.newaxis]
    after[:, :, 6] *= shooting.late * moving[1:, np.newaxis]
    return before, after


def _rates(states: Floats, tdb: Floats, forces: ForceModel) -> Floats:
    return np.concatenate([states[:, 3:], accelerations(states, tdb, forces, "moon")], axis=1)


def _solve_block_tridiagonal(diagonal: Floats, beside: Floats, right: Floats) -> Floats:
    """Solution float64[m, b] of a symmetric positive definite system of b x b blocks.

    diagonal : float64[m, b, b]; beside : float64[m - 1, b, b], above the diagonal
    """
    from scipy.linalg import solveh_banded  # a tenth of a second to import

    m, b, _ = diagonal.shape
    band = np.zeros((2 * b, m * b))  # band[i - j, j] is the element (i, j)
    for j in range(b):
        for i in range(j, b):
            band[i - j, j::b] = diagonal[:, i, j]
        for i in range(b):
            band[b + i - j, j : b * (m - 1) : b] = beside[:, j, i]
    return np.asarray(solveh_banded(band, right.ravel(), lower=True, check_finite=False).reshape(m, b))


def _rounded(tdb: Floats) -> Floats:
    return np.asarray(np.round(tdb / _EPOCH_S) * _EPOCH_S)


def _times(matrix: Floats, vector: Floats) -> Floats:
    return np.asarray(np.einsum("nij,nj->ni", matrix, vector))
