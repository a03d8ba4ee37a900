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

    Floats = NDArray[np.float64]

BODIES = ("earth", "moon", "sun", "venus", "jupiter")
CHECK = "Runge-Kutta 8(5,3), 1e-14"
_TOLERANCE = 1e-14


def miss_m(
    state: Floats, start_tdb: float, end_state: Floats, end_tdb: float, forces: ForceModel, centers: tuple[str, str]
) -> float:
    """Distance, m, between where a state flies to, by Runge-Kutta instead of Nystroem, and where it is said to be.

    centers : the bodies the first and the last state are relative to
    """
    run = Run(forces, centers[0], _TOLERANCE, 0, False, 1, steered=True)
    span = np.array([start_tdb]), np.array([end_tdb])
    end, _, status, *_ = run.batch(state[None].copy(), *span, row_inputs(1, forces, None))
    if status[0] != blocks.OK:
        raise ConvergenceError(run.reason(status[0]), where="independent propagation")
    place = end[0, :3]
    if centers[0] != centers[1]:
        place = place - forces.source.position(centers[1], centers[0], end_tdb).reshape(3)
    return float(np.linalg.norm(place - end_state[:3])) * 1e3
