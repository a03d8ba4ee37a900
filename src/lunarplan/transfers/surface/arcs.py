"""Powered flights as arcs of a trajectory: thrust that turns is held still for a few seconds at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import STANDARD_GRAVITY_M_S2
from lunarplan.model.propagation import Run, Thrust, row_inputs
from lunarplan.model.trajectory import Arc

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.surface.flight import Phase

    Floats = NDArray[np.float64]

_NODE_S = 1.0  # the thrust turns by a tenth of a degree meanwhile: less than a millimetre
_TOLERANCE = 1e-13


def powered_arcs(start: Floats, phases: list[Phase], forces: ForceModel, row: int) -> list[Arc]:
    """One of the flights, from its state[6], ICRF, about the Moon; nodes are on the flight as steered."""
    arcs, states = [], start[None]
    for phase in (p.rows(np.array([row])) for p in phases):
        steps = max(2, int(np.ceil(phase.duration_s[0] / _NODE_S)))
        nodes = phase.fly(states, steps, forces)
        arcs.append(_arc(phase, nodes[:, 0], forces))
        states = nodes[-1]
    return arcs


def _arc(phase: Phase, nodes: Floats, forces: ForceModel) -> Arc:
    steps, exhaust = len(nodes) - 1, float(phase.exhaust[0])
    elapsed = np.linspace(0.0, float(phase.duration_s[0]), steps + 1)
    middles = np.stack([phase.thrust_per_mass((k + 0.5) / steps)[0] for k in range(steps)])
    spent = np.linalg.norm(middles, axis=1) * np.diff(elapsed)
    mass = float(phase.mass_kg[0]) * np.exp(-np.concatenate([[0.0], np.cumsum(spent)]) / exhaust)
    force = 1e3 * middles * (mass[:-1] * np.exp(-0.5 * spent / exhaust))[:, None]
    force = np.concatenate([force, force[-1:]])
    rows = row_inputs(steps + 1, forces, Thrust(force, mass, 1e3 * exhaust / STANDARD_GRAVITY_M_S2))
    run = Run(forces, "moon", _TOLERANCE, 0, False, 1)
    return Arc(phase.name, run, float(phase.start_tdb[0]), elapsed, nodes, np.ones(steps + 1, np.int64), rows)
