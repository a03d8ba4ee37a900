"""The field a mission is flown in, and its proof: the same flight by another integrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError
from lunarplan.kernels import blocks
from lunarplan.model.propagation import Run, row_inputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.model.trajectory import Arc

    Floats = NDArray[np.float64]

BODIES = ("earth", "moon", "sun", "venus", "jupiter")
CHECK = "Runge-Kutta 8(5,3), 1e-14"
_TOLERANCE = 1e-14
_BODIES = ("earth", "moon")  # by the origin of a node


def miss_m(
    state: Floats, start_tdb: float, end_state: Floats, end_tdb: float, forces: ForceModel, centers: tuple[str, str]
) -> float:
    """Distance, m, between where a state flies to, by Runge-Kutta instead of Nystroem, and where it is said to be.

    centers : the bodies the first and the last state are relative to
    """
    inputs = row_inputs(1, forces, None)
    return _miss_m(state, start_tdb, end_tdb - start_tdb, inputs, end_state, forces, centers)


def arc_miss_m(arc: Arc) -> float:
    """The same for a coast or one burn that is kept, with the thrust it began with."""
    begun, ended = _BODIES[arc.origins[0]], _BODIES[arc.origins[-1]]
    duration = float(arc.elapsed_s[-1] - arc.elapsed_s[0])
    return _miss_m(arc.nodes[0], arc.start_tdb, duration, arc.rows[:1], arc.nodes[-1], arc.run.forces, (begun, ended))


def _miss_m(
    state: Floats, start_tdb: float, duration_s: float, inputs: Floats, end_state: Floats, forces: ForceModel,
    centers: tuple[str, str],
) -> float:  # fmt: skip
    run = Run(forces, centers[0], _TOLERANCE, 0, False, 1, steered=True)
    start, end_tdb = np.array([start_tdb]), np.array([start_tdb + duration_s])
    end, _, status, *_ = run.batch(state[None].copy(), start, end_tdb, inputs, durations=np.array([duration_s]))
    if status[0] != blocks.OK:
        raise ConvergenceError(run.reason(status[0]), where="independent propagation")
    place = end[0, :3]
    if centers[0] != centers[1]:
        place = place - forces.source.position(centers[1], centers[0], end_tdb).reshape(3)
    return float(np.linalg.norm(place - end_state[:3])) * 1e3
