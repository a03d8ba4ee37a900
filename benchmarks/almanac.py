"""The 18.6-year almanac: a launch from KSC to a polar low lunar orbit, every day of a cycle of the lunar nodes."""

from __future__ import annotations

from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.model.forces import ForceModel
from lunarplan.model.sites import launch_site
from lunarplan.scans.grid import Axis, Grid
from lunarplan.scans.scan import scan
from lunarplan.transfers.to_moon.direct import Transfers
from lunarplan.windows.launches import NORTHBOUND, OPEN, SOUTHBOUND, Launches

if TYPE_CHECKING:
    import xarray as xr

NODAL_CYCLE_DAYS = 6794  # 18.6 years
FIRST_DAY = np.datetime64("2026-01-01")
AZIMUTH_DEG = 72.0  # plane at 33 deg: over the Moon's declination in all 18.6 years
BODIES = ("earth", "moon", "sun", "venus", "jupiter")


def polar(workers: int | None = None) -> Launches:
    """The job: LC-39B, 185 km parking orbit, perilune at 100 km, polar; the forces of `Mission.windows`."""
    forces = ForceModel(bodies=BODIES, moon_degree=0)
    return Launches(launch_site("ksc-39b"), 100.0, 90.0, 100.0, forces=forces, workers=workers)


def days(
    count: int = NODAL_CYCLE_DAYS, *, arrivals: tuple[str, ...] = (NORTHBOUND,), azimuths_deg: Any = (AZIMUTH_DEG,)
) -> Grid:
    """Cells of so many launch days: both opportunities, five times of flight from 3 to 5 days."""
    return Grid(
        {
            "launch_day": Axis(FIRST_DAY + np.arange(count)),
            "opportunity": (NORTHBOUND, SOUTHBOUND),
            "arrival": arrivals,
            "tof_s": Axis(np.linspace(3.0, 5.0, 5) * 86_400.0, "s"),
            "azimuth_deg": Axis(azimuths_deg, "deg"),
        }
    )


def processes(count: int) -> ProcessPoolExecutor:
    """Worker processes, ready: everything imported and compiled in each of them."""
    pool = ProcessPoolExecutor(count, get_context("spawn"))
    for _ in range(2):
        scan(polar(1), days(8 * count), pool, chunk_cells=20)
    return pool


def almanac(executor: Executor | None = None, grid: Grid | None = None, folder: Path | None = None) -> xr.Dataset:
    return scan(polar(None if executor is None else 1), days() if grid is None else grid, executor, folder=folder)


def open_cells(dataset: xr.Dataset, count: int, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Some open cells, drawn at random: their places in the flattened dataset, in order, and their coordinates."""
    places = np.flatnonzero(dataset["code"].values.ravel() == OPEN)
    drawn = np.sort(np.random.default_rng(seed).choice(places, min(count, len(places)), replace=False))
    axes = list(dataset["code"].dims)
    where = np.unravel_index(drawn, dataset["code"].shape)
    return drawn, {name: dataset[name].values[k] for name, k in zip(axes, where, strict=True)}


def solved(cells: dict[str, np.ndarray], workers: int | None = None) -> Transfers:
    """The trajectories of cells, which a dataset does not hold."""
    return replace(polar(), workers=workers).transfers(cells)
