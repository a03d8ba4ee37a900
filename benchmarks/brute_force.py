"""The best launch of a day, found the slow way: every lift-off, coast and speed tried, every minimum solved.

A cell leaves nothing to be optimised: four values are free (lift-off, or injection epoch; node; argument; speed) and
four things are asked of them (perilune height, plane, time of flight, and that the pad lies under the plane). What may
go wrong is that a solver finds another root than the cheapest. So all roots are looked for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from from_the_pad import Corrected, Fly, Shot, correct, leaves_northbound, shot_of
from scipy.ndimage import minimum_filter

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import propagate
from lunarplan.windows.launches import NORTHBOUND, Launches

LIFT_OFF_STEP_S, COAST_STEP_S, SPEED_STEP_KM_S = 360.0, 60.0, 0.01
SPEED_OVER_CIRCULAR_KM_S = 3.10, 3.32
NEAR_KM = 80_000.0
SAME_S = 1.0


def flight(forces: ForceModel, tolerance: float) -> Fly:
    """By lunarplan's propagator."""

    def fly(states: np.ndarray, start: np.ndarray, until: np.ndarray) -> np.ndarray:
        return propagate(states, start, until, forces=forces, tolerance=tolerance, stop_at_impact=False).states

    return fly


@dataclass(frozen=True)
class Searched:
    """All launches of a day that reach the wanted perilune, and how many starts and tries that took."""

    found: list[Corrected]
    northbound: list[bool]
    tries: int
    starts: int

    def cheapest(self, northbound: bool) -> Corrected | None:
        same = [c for c, north in zip(self.found, self.northbound, strict=True) if north == northbound]
        return min(same, key=lambda c: c.tli_m_s + c.loi_m_s, default=None)


def search(shot: Shot, day: np.datetime64) -> Searched:
    """Solve from every local minimum of the distance to the Moon over the grid of a UTC day."""
    begin = float(tdb_seconds(f"{day.astype('datetime64[D]')}T00:00:00"))
    circular = np.sqrt(shot.job.forces.gm("earth") / shot.parking_radius_km)
    axes = (
        begin + np.arange(-1.0, 86_400.0 / LIFT_OFF_STEP_S + 2.0) * LIFT_OFF_STEP_S,
        np.arange(-1.0, shot.period_s / COAST_STEP_S + 2.0) * COAST_STEP_S,
        circular + np.arange(*SPEED_OVER_CIRCULAR_KM_S, SPEED_STEP_KM_S),
    )
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    miss = misses(shot, grid.reshape(-1, 3)).reshape(grid.shape[:-1])
    least = (miss == minimum_filter(miss, 3, mode="nearest")) & (miss < NEAR_KM)
    solved = [correct(shot, flight(shot.job.forces, 1e-11), x) for x in grid[least]]
    inside = [
        c
        for c in solved
        if c.ok and begin <= c.x[0] < begin + 86_400.0 and 0.0 <= c.x[1] < shot.period_s and c.x[2] > circular
    ]
    found = once_each(inside)
    return Searched(found, [leaves_northbound(shot, c.x) for c in found], miss.size, int(least.sum()))


def misses(shot: Shot, x: np.ndarray) -> np.ndarray:
    """Distance from the Moon when the time of flight is over, km."""
    epoch, states = shot.injection(x)
    until = epoch + shot.tof_s
    end = flight(shot.job.forces, 1e-8)(states, epoch, until)
    return np.linalg.norm(end[:, :3] - shot.job.forces.source.position("moon", "earth", until), axis=1)


def once_each(solved: list[Corrected]) -> list[Corrected]:
    kept: list[Corrected] = []
    for c in sorted(solved, key=lambda c: c.tli_m_s + c.loi_m_s):
        if all(abs(c.x[:2] - k.x[:2]).max() > SAME_S for k in kept):
            kept.append(c)
    return kept


def compare(job: Launches, cells: dict[str, np.ndarray], cost_m_s: np.ndarray) -> tuple[np.ndarray, list[Searched]]:
    """What lunarplan's cells cost more than the cheapest launch of the search, m/s; NaN where that found none."""
    more, all_searched = np.full(len(cost_m_s), np.nan), []
    for i, cost in enumerate(cost_m_s):
        searched = search(shot_of(job, cells, i), cells["launch_day"][i])
        best = searched.cheapest(bool(cells["opportunity"][i] == NORTHBOUND))
        if best is not None:
            more[i] = cost - best.tli_m_s - best.loi_m_s
        all_searched.append(searched)
    return more, all_searched
