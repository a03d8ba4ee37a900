"""A trajectory: arcs, each a list of integration steps that can be taken again to any moment between them.

There is no interpolation polynomial. A sample is the integrator's own step from the node before it, cut short, so it
is as good as the nodes, and ten thousand of them take some milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.kernels import blocks
from lunarplan.model.bodies import body_name
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, Thrust, aligned, check_options, is_steered, row_inputs, span_text
from lunarplan.model.rows import scalar

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_ORIGINS = ("earth", "moon")
_LONGEST_S = 1e12  # beyond any ephemeris
_SEAM_S = 1e-3  # between arcs: epochs that were added up differ by rounding


@dataclass(frozen=True)
class Arc:
    """One ballistic or thrusting arc.

    epoch_tdb : where the propagation began
    elapsed_s : float64[n], from there to each node; ascending if the arc was propagated forwards
    nodes     : float64[n, 6], km and km/s, ICRF, each relative to the body of ``origins``
    origins   : int64[n], 0 Earth, 1 Moon
    rows      : float64[n, kernels.blocks.ROW_INPUTS], what the row brought along, at each node

    Epochs resolve 0.12 us, in which a spacecraft moves a tenth of a millimetre; elapsed seconds keep what they drop.
    """

    name: str
    run: Run
    epoch_tdb: float
    elapsed_s: Floats
    nodes: Floats
    origins: NDArray[np.int64]
    rows: Floats

    def __repr__(self) -> str:
        backwards = ", flown backwards" if self.elapsed_s[-1] < self.elapsed_s[0] else ""
        return f"<Arc {self.name!r} {span_text(self.nodes_tdb)}: {len(self.elapsed_s)} nodes{backwards}>"

    @cached_property
    def nodes_tdb(self) -> Floats:
        """Epochs of the nodes, float64[n], rounded."""
        return np.asarray(self.epoch_tdb + self.elapsed_s)

    @property
    def start_tdb(self) -> float:
        return float(self.nodes_tdb[0])

    @property
    def end_tdb(self) -> float:
        return float(self.nodes_tdb[-1])

    @cached_property
    def trajectory(self) -> Trajectory:
        """The arc by itself as a trajectory, in the order of time."""
        return Trajectory([self])

    def at(self, tdb: Any, center: str = "earth") -> Floats:
        """States at epochs inside the arc, as `Trajectory.at` gives them."""
        return self.trajectory.at(tdb, center)

    def states(self, tdb: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """States at epochs inside the arc, and the body each is relative to (index of kernels.field)."""
        elapsed = self._elapsed(tdb)
        forwards = self.elapsed_s[-1] >= self.elapsed_s[0]
        order = self.elapsed_s if forwards else self.elapsed_s[::-1]
        i = np.clip(np.searchsorted(order, elapsed, side="right") - 1, 0, max(len(order) - 2, 0))
        if not forwards:
            i = np.clip(len(order) - 2 - i, 0, max(len(order) - 2, 0))
        durations = elapsed - self.elapsed_s[i]
        origins = self.origins[i]
        final, _, status, *_ = self.run.batch(
            np.ascontiguousarray(self.nodes[i]),
            self.nodes_tdb[i],
            tdb,
            np.ascontiguousarray(self.rows[i]),
            durations=durations,
            centers=origins,
            first_steps=durations,
        )
        if status.any():
            raise ConvergenceError("a sample could not be reached from its node", where=f"arc {self.name!r}")
        return final, origins

    def _elapsed(self, tdb: Floats) -> Floats:
        """Seconds from ``epoch_tdb``; the difference of two epochs is exact, and the arc's ends are what they are."""
        elapsed = np.where(tdb == self.start_tdb, self.elapsed_s[0], tdb - self.epoch_tdb)
        return np.where(tdb == self.end_tdb, self.elapsed_s[-1], elapsed)


def fly(
    state: ArrayLike,
    epoch: Any,
    until: Any = None,
    forces: ForceModel | None = None,
    *,
    duration_s: float | None = None,
    center: str = "earth",
    name: str = "coast",
    thrust: Thrust | None = None,
    tolerance: float = 1e-13,
    stop_at_impact: bool = True,
) -> Arc:
    """Propagate one state and keep every step; arguments as those of `propagate`.

    The arc gives states at any epoch, ``fly(...).at(epoch, "moon")``, goes to `events.find`, and is joined with others
    in a `Trajectory`; by itself it is one as ``.trajectory``.

    duration_s : in place of ``until``; negative for backwards. It is kept as it is, where an epoch resolves 0.12 us

    Raises InputError for arguments that make no sense; InfeasibleError if the arc hits the Earth or the Moon and
    ConvergenceError, with the reason, if it cannot be flown to its end.
    """
    forces = ForceModel() if forces is None else forces
    x, starts, ends = aligned(state, epoch, _end(epoch, until, duration_s))
    center = check_options(forces, center, tolerance, None, thrust)
    if len(x) != 1:
        raise InputError(f"{len(x)} states", where="fly", allowed="one", remedy="see fly_many for more")
    durations = ends - starts if duration_s is None else np.array([float(duration_s)])
    rows = row_inputs(1, forces, thrust)
    run = Run(forces, center, tolerance, 0, stop_at_impact, 1, is_steered(thrust))
    _, _, status, _, nodes = run.batch(x, starts, ends, rows, durations=durations, record=True)
    where = f"{name}, {span_text(np.concatenate([starts, ends]))}"
    if status[0] == blocks.IMPACT:
        raise InfeasibleError(run.reason(status[0]), where=where, remedy="end it before, or change the orbit")
    if status[0]:
        raise ConvergenceError(run.reason(status[0]), where=where)
    return _arc(name, run, float(starts[0]), rows[0], nodes[0])


def _end(epoch: Any, until: Any, duration_s: float | None) -> Any:
    """Where a flight ends, told by an epoch or by a duration."""
    if (until is None) == (duration_s is None):
        raise InputError(
            "both are given" if duration_s is not None else "neither is given",
            where="fly",
            allowed="one of until and duration_s",
        )
    if duration_s is None:
        return until
    return tdb_seconds(epoch) + scalar("duration_s", duration_s, -_LONGEST_S, _LONGEST_S, "s")


def fly_many(
    states: ArrayLike,
    epoch: Any,
    until: Any,
    forces: ForceModel | None = None,
    *,
    center: str = "earth",
    tolerance: float = 1e-13,
    workers: int | None = None,
) -> list[Trajectory | None]:
    """Propagate a batch of ballistic states and keep every step: one trajectory a row, None for a row that failed.

    states : float64[N, 6]; epoch, until : one, or one per row. Rows end where they hit the Earth or the Moon.
    """
    forces = ForceModel() if forces is None else forces
    x, start, end = aligned(states, epoch, until)
    center = check_options(forces, center, tolerance, workers)
    rows = row_inputs(len(x), forces, None)
    run = Run(forces, center, tolerance, 0, True, workers)
    _, _, status, _, nodes = run.batch(x, start, end, rows, record=True)
    return [
        Trajectory([_arc("coast", run, float(start[i]), rows[i], nodes[i])]) if status[i] == blocks.OK else None
        for i in range(len(x))
    ]


def _arc(name: str, run: Run, start: float, row: Floats, nodes: Floats) -> Arc:
    elapsed = nodes[:, 0]
    return Arc(name, run, start, elapsed, nodes[:, 1:7], nodes[:, 7].astype(np.int64), _row_at(elapsed, row))


def _row_at(elapsed: Floats, row: Floats) -> Floats:
    """What the row brought along after some seconds: less mass, and a thrust that has turned."""
    rows = np.broadcast_to(row, (len(elapsed), len(row)))
    if not (row[blocks.MASS_FLOW] or row[blocks.PITCH_RATE]):
        return rows
    rows = rows.copy()
    rows[:, blocks.MASS] -= row[blocks.MASS_FLOW] * elapsed
    turn = row[blocks.PITCH_RATE] * elapsed
    along, across = row[blocks.FORCE_X], row[blocks.FORCE_Z]
    rows[:, blocks.FORCE_X] = along * np.cos(turn) - across * np.sin(turn)
    rows[:, blocks.FORCE_Z] = along * np.sin(turn) + across * np.cos(turn)
    return rows


class Trajectory:
    """Arcs that follow one another in time, without gaps; one that was flown backwards is turned round.

    ``at(tdb)`` gives the state at any epoch; at an epoch two arcs share, that of the later one.
    """

    def __init__(self, arcs: list[Arc] | tuple[Arc, ...]) -> None:
        if not (isinstance(arcs, list | tuple) and arcs and all(isinstance(arc, Arc) for arc in arcs)):
            raise InputError(f"{arcs!r:.60}", where="Trajectory", allowed="a list of one or more arcs, see fly")
        self.arcs = tuple(_ascending(arc) for arc in arcs)
        for before, after in pairwise(self.arcs):
            if abs(after.start_tdb - before.end_tdb) > _SEAM_S:
                end, start = span_text(before.nodes_tdb[-1:]), span_text(after.nodes_tdb[:1])
                raise InputError(
                    f"{before.name} ends at {end}, {after.name} starts at {start}",
                    where="Trajectory",
                    remedy="give arcs in the order of time, each starting where the one before ends",
                )

    def __repr__(self) -> str:
        names = ", ".join(arc.name for arc in self.arcs)
        return f"<Trajectory {span_text(self.nodes_tdb)}: {names}; {len(self.nodes_tdb)} nodes>"

    @property
    def forces(self) -> ForceModel:
        return self.arcs[0].run.forces

    @property
    def start_tdb(self) -> float:
        return self.arcs[0].start_tdb

    @property
    def end_tdb(self) -> float:
        return self.arcs[-1].end_tdb

    @cached_property
    def nodes_tdb(self) -> Floats:
        """Epochs of all integration steps, ascending."""
        return np.unique(np.concatenate([a.nodes_tdb for a in self.arcs]))

    def at(self, tdb: Any, center: str = "earth") -> Floats:
        """States at epochs: float64[N, 6], km and km/s, ICRF, relative to ``center``.

        tdb    : one epoch or N, anything `tdb_seconds` reads: ISO UTC text, astropy Time, TDB seconds past J2000
        center : any body of the ephemeris

        Raises InputError for epochs before the start or after the end.
        """
        t = np.atleast_1d(np.asarray(tdb_seconds(tdb), float))
        center = body_name(center)
        if t.ndim > 1:
            raise InputError(f"epochs of shape {t.shape}", where="Trajectory.at", allowed="one, or (N,)")
        if t.size and not (t.min() >= self.start_tdb and t.max() <= self.end_tdb):
            raise InputError(
                "an epoch lies outside the trajectory",
                where="Trajectory.at",
                allowed=span_text(self.nodes_tdb),
            )
        which = np.searchsorted([a.start_tdb for a in self.arcs], t, side="right") - 1
        states = np.empty((len(t), 6))
        for i, arc in enumerate(self.arcs):
            mine = which == i
            if mine.any():
                states[mine] = _referred(arc, t[mine], center)
        return states

    def until(self, tdb: Any) -> Trajectory:
        """The part before an epoch inside the trajectory: what is left when a terminal event ends it."""
        tdb = float(tdb_seconds(tdb))
        if not self.start_tdb < tdb <= self.end_tdb:
            raise InputError(
                "the epoch is not inside the trajectory",
                where="Trajectory.until",
                allowed=span_text(self.nodes_tdb),
            )
        whole = [arc for arc in self.arcs if arc.end_tdb <= tdb]
        cut = [_shortened(arc, tdb) for arc in self.arcs if arc.start_tdb < tdb < arc.end_tdb]
        return Trajectory([*whole, *cut])

    def sample(self, n: int) -> Floats:
        """Epochs for a smooth curve: ``n`` of them, dense where the integrator's steps are short."""
        if not (isinstance(n, int | np.integer) and n >= 1):
            raise InputError(f"{n!r}", where="Trajectory.sample", allowed="a whole number from 1")
        nodes = self.nodes_tdb
        return np.interp(np.linspace(0.0, len(nodes) - 1.0, n), np.arange(len(nodes)), nodes)


def _ascending(arc: Arc) -> Arc:
    """The same arc with its nodes in the order of time."""
    if arc.elapsed_s[-1] >= arc.elapsed_s[0]:
        return arc
    turned = {name: getattr(arc, name)[::-1].copy() for name in ("elapsed_s", "nodes", "origins", "rows")}
    return replace(arc, **turned)


def _shortened(arc: Arc, tdb: float) -> Arc:
    """An arc (flown forwards) up to an epoch inside it."""
    state, origin = arc.states(np.array([tdb]))
    elapsed = tdb - arc.epoch_tdb
    kept = arc.elapsed_s < elapsed
    last = np.flatnonzero(kept)[-1]
    rows = np.concatenate([arc.rows[kept], arc.rows[last : last + 1]])
    return replace(
        arc,
        elapsed_s=np.append(arc.elapsed_s[kept], elapsed),
        nodes=np.concatenate([arc.nodes[kept], state]),
        origins=np.append(arc.origins[kept], origin),
        rows=rows,
    )


def _referred(arc: Arc, t: Floats, center: str) -> Floats:
    states, origins = arc.states(t)
    ephemeris = arc.run.forces.source
    for index, name in enumerate(_ORIGINS):
        other = origins == index
        if name != center and other.any():
            states[other] += ephemeris.state(name, center, t[other])
    return states
