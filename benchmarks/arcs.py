"""The trans-lunar workloads: who flies where, in which forces, and where they truly end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from lunarplan.model.forces import ForceModel

EPOCH_TDB = 8.776339891824824e08  # 2027-10-24, 4.2 days before perilune
DURATION_S = 4.2 * 86400.0
# A converged transfer: 185 km parking orbit at 28.5 deg to a perilune 1000 km up (Earth J2, Moon, Sun; DE440).
INJECTION = np.array(
    [5990.210815334167, 2195.2347858803646, 1540.4823606531002,
     -2.379184893743539, 9.663178173314414, -4.5187961666021526]
)  # fmt: skip
SPREAD_KM, SPREAD_KM_S = 0.2, 2e-4  # of the injections, one sigma per axis: some 100 to 700 km at the Moon


@dataclass(frozen=True)
class Arcs:
    """Rows of one workload: states float64[N, 6] (km, km/s, Earth-centred ICRF), epochs float64[N], one duration."""

    states: Any
    start_tdb: Any
    duration_s: float
    degree: int = 0
    stm: bool = False

    @property
    def shared(self) -> bool:
        return bool((self.start_tdb == self.start_tdb[0]).all())

    @property
    def forces(self) -> ForceModel:
        """Earth with J2 about the ICRF pole, Moon, Sun."""
        return ForceModel(earth_pole="icrf", earth_zonal=2, moon_degree=self.degree)


def translunar(rows: int, *, degree: int = 0, stm: bool = False, window_days: float = 0.0) -> Arcs:
    """Dispersed injections, at one epoch or spread over a launch window.

    Over a window the injection turns with the Moon (its mean motion about its orbit's pole), so that every row still
    passes within some ten thousand kilometres of it.
    """
    rng = np.random.default_rng(1)
    off = np.column_stack([rng.normal(0, SPREAD_KM, (rows, 3)), rng.normal(0, SPREAD_KM_S, (rows, 3))])
    states, start = INJECTION + off, np.full(rows, EPOCH_TDB)
    if window_days:
        start = EPOCH_TDB + rng.uniform(0.0, window_days * 86400.0, rows)
        states = follow_the_moon(states, start)
    return Arcs(states, start, DURATION_S, degree, stm)


def follow_the_moon(states: Any, start_tdb: Any) -> Any:
    """Turn injections from EPOCH_TDB to their own epochs, with the Moon's direction and orbit plane at arrival."""
    then = orbit_axes(np.array([EPOCH_TDB + DURATION_S]))[0]
    now = orbit_axes(start_tdb + DURATION_S)
    turn = np.einsum("nki,kj->nij", now, then)
    return np.concatenate(
        [np.einsum("nij,nj->ni", turn, states[:, :3]), np.einsum("nij,nj->ni", turn, states[:, 3:])], axis=1
    )


def orbit_axes(tdb: Any) -> Any:
    """Rows: direction of the Moon, of its motion, and of its orbit's pole."""
    moon = ForceModel().source.state("moon", "earth", tdb)
    x = moon[:, :3] / np.linalg.norm(moon[:, :3], axis=1)[:, None]
    z = np.cross(moon[:, :3], moon[:, 3:])
    z /= np.linalg.norm(z, axis=1)[:, None]
    return np.stack([x, np.cross(z, x), z], axis=1)


def arc_error(result: Any, reference: Any) -> tuple[float, float]:
    """Largest position error at the end, mm; and the largest relative error of a state-transition matrix."""
    states, stm = result if isinstance(result, tuple) else (result, None)
    truth, true_stm = reference
    n = min(len(states), len(truth))
    off = np.linalg.norm(states[:n, :3] - truth[:n, :3], axis=1).max() * 1e6
    if stm is None or true_stm is None:
        return float(off), float("nan")
    scale = np.abs(true_stm[:n]).max(axis=(1, 2))
    return float(off), float((np.abs(stm[:n] - true_stm[:n]).max(axis=(1, 2)) / scale).max())
