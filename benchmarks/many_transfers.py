"""Ten thousand different direct transfers: the workload, and its check by an independent propagation."""

from __future__ import annotations

from typing import Any

import numpy as np

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.transfers.to_moon.direct import Problem, direct_transfers, problem


def problems(rows: int) -> Problem:
    """Arrivals over a month, 3.5 to 5.5 days of flight, every plane and height drawn at random."""
    rng = np.random.default_rng(5)
    return problem(
        tdb_seconds("2024-05-08T00:00:00") + rng.uniform(0.0, 27.3 * 86400.0, rows),
        rng.uniform(3.5, 5.5, rows) * 86400.0,
        parking_altitude_km=rng.uniform(180.0, 300.0, rows),
        parking_inclination_deg=rng.uniform(30.0, 52.0, rows),
        perilune_altitude_km=rng.uniform(60.0, 400.0, rows),
        lunar_inclination_deg=rng.uniform(70.0, 160.0, rows),
        northbound_departure=rng.choice([1.0, -1.0], rows),
        northbound_arrival=rng.choice([1.0, -1.0], rows),
    )


def ours(batch: Problem, forces: ForceModel, workers: int) -> Any:
    """Runner: always the whole batch."""
    return lambda tolerance: lambda n: direct_transfers(batch, forces, workers=workers)


def closure(found: Any, forces: ForceModel) -> tuple[float, float]:
    """Largest miss of the wanted perilune when every injection is flown once more, mm; and the share solved."""
    ok = found.ok
    arrival = found.problem.perilune_tdb[ok]
    flown = propagate(
        found.injection_states[ok],
        found.injection_tdb[ok],
        arrival,
        forces=forces,
        tolerance=1e-14,
        stop_at_impact=False,
    )
    moon = forces.source.state("moon", "earth", arrival)
    off = flown.states - moon - found.perilune_states[ok]
    return float(np.linalg.norm(off[:, :3], axis=1).max() * 1e6), float(ok.mean())
