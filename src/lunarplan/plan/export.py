"""A trajectory as ephemeris segments: sampled as densely as its dynamics ask, cut where it has a corner."""

import datetime as dt
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from lunarplan.io.oem import Oem, OemSegment
from lunarplan.model.constants import GM_KM3_S2
from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.plan.solution import Burn, TrajectoryLike

FloatArray = npt.NDArray[np.float64]

SPHERE_OF_INFLUENCE_KM = 66183.0  # Laplace's, of the Moon: there the centre of the segments changes
_STEP_RAD = 0.05  # of a circular orbit at that distance: 126 samples a revolution, Hermite-7 error below a centimetre
_LONGEST_STEP_S = 3600.0
_FEWEST_SAMPLES = 4  # what Hermite interpolation of degree 7 needs
_CLEAR_OF_A_JUMP_S = 1e-3


def oem(trajectory: TrajectoryLike, burns: tuple[Burn, ...], name: str) -> Oem:
    """Return a trajectory as an orbit ephemeris message, about the Earth or the Moon, whichever holds it.

    A segment ends at every ignition, cut-off and change of centre, a millisecond before an impulse.
    """
    jumps = [trajectory.start_tdb, trajectory.end_tdb, *(b.ignition_tdb for b in burns if not b.duration_s)]
    cuts = _cuts(trajectory, burns)
    segments = tuple(
        _segment(trajectory, _clear(start, jumps, +1.0), _clear(end, jumps, -1.0), name)
        for start, end in pairwise(cuts)
        if end - start > 4.0 * _CLEAR_OF_A_JUMP_S
    )
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return Oem(segments, "LUNARPLAN", now)


def _cuts(trajectory: TrajectoryLike, burns: tuple[Burn, ...]) -> list[float]:
    grid = _grid(trajectory, trajectory.start_tdb, trajectory.end_tdb)
    near_moon = _distance_km(trajectory, grid, "moon") < SPHERE_OF_INFLUENCE_KM
    crossings = grid[1:][near_moon[1:] != near_moon[:-1]].tolist()
    ends = [end for burn in burns for end in (burn.ignition_tdb, burn.cutoff_tdb)]
    inside = [cut for cut in (*crossings, *ends) if trajectory.start_tdb < cut < trajectory.end_tdb]
    return sorted({trajectory.start_tdb, *inside, trajectory.end_tdb})


def _clear(cut: float, jumps: list[float], side: float) -> float:
    return cut + side * _CLEAR_OF_A_JUMP_S if cut in jumps else cut


def _segment(trajectory: TrajectoryLike, start: float, end: float, name: str) -> OemSegment:
    middle = np.array([0.5 * (start + end)])
    center = "moon" if _distance_km(trajectory, middle, "moon")[0] < SPHERE_OF_INFLUENCE_KM else "earth"
    epochs = _on_the_microsecond(_samples(trajectory, start, end))
    return OemSegment(name, "0", center, epochs, trajectory.at(epochs, center))


def _samples(trajectory: TrajectoryLike, start: float, end: float) -> FloatArray:
    """Return epochs from start to end, as far apart as a fixed fraction of the local orbital time."""
    grid = _grid(trajectory, start, end)
    steps = np.minimum(_time_scale_s(trajectory, grid, "earth"), _time_scale_s(trajectory, grid, "moon"))
    rate = 1.0 / np.minimum(_STEP_RAD * steps, _LONGEST_STEP_S)
    passed = np.concatenate(([0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(grid))))
    count = max(_FEWEST_SAMPLES, int(np.ceil(passed[-1])) + 1)
    return np.interp(np.linspace(0.0, passed[-1], count), passed, grid)


def _grid(trajectory: TrajectoryLike, start: float, end: float) -> FloatArray:
    """Return the integrator's steps in [start, end], each in four."""
    nodes = trajectory.nodes_tdb
    ends = np.array([start, *nodes[(nodes > start) & (nodes < end)].tolist(), end])
    quarters = ends[:-1, np.newaxis] + np.diff(ends)[:, np.newaxis] * np.array([0.0, 0.25, 0.5, 0.75])
    return np.unique(np.append(quarters.ravel(), end))


def _time_scale_s(trajectory: TrajectoryLike, epochs: FloatArray, center: str) -> FloatArray:
    return np.sqrt(_distance_km(trajectory, epochs, center) ** 3 / GM_KM3_S2[center])


def _distance_km(trajectory: TrajectoryLike, epochs: FloatArray, center: str) -> FloatArray:
    return np.asarray(np.linalg.norm(trajectory.at(epochs, center)[:, :3], axis=1))


def _on_the_microsecond(epochs: FloatArray) -> FloatArray:
    """Return the epochs as their text will say them, so that states and written epochs agree."""
    return np.asarray(tdb_seconds(utc_iso(epochs, 6).tolist()))
