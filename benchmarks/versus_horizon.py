"""Horizons of all pixels against other ways to find them: the same ground, the same true error, in one run.

    python benchmarks/versus_horizon.py GROUND.tif [--repeats N] [--whole] [--topocalc-python PATH] [--ledger]

GROUND.tif is a south polar stereographic raster of heights in metres, as of 1216 x 1216 pixels of 500 m; 720 azimuths,
300 km, eyes 2 m over the ground. Lunarplan does strips across the raster; the others do a sample of the same
pixels, each at the loosest setting that keeps the greatest error of the checked pixels within 0.01 deg. Errors are
against single places in float64 (`horizon_at`, itself held against brute force to 1e-6 rad by the tests). Times are per
pixel of 720 azimuths; topocalc is asked for a few azimuths of the whole raster, and that is scaled up. `--whole` times
the whole raster on two threads.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import contest
import numpy as np
from contest import UNTUNED, Contender, Contest, Elsewhere, have
from march import distances, march

from lunarplan.terrain.dem import Dem
from lunarplan.terrain.horizons import horizons
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.profile import Views, skyline_of
from lunarplan.terrain.projection import Grid, Stereographic

AZIMUTHS, DISTANCE_KM, EYE_M, ALLOWED_DEG = 720, 300.0, 2.0, 0.01
SAMPLE, CHECKED = 96, 96
STRIP_ROWS, STRIPS = 32, (0.0, 0.3, 0.5, 0.8)  # rows of a strip, and where strips begin: part of the raster
STEPS = (1.0, 0.5, 0.25, 0.12, 0.06, 0.03, 0.015, 0.008)  # pixels
TOPOCALC_AZIMUTHS = (7.0, 200.0)


class Work:
    """The ground, strips across it, and the pixels of them that are looked at by everybody."""

    def __init__(self, file: str):
        import tifffile

        heights = tifffile.imread(file).astype(np.float32)
        half, pixel = 0.5 * (heights.shape[0] - 1) * 500.0, 500.0
        self.dem = Dem(heights, Grid(Stereographic(-90.0), -half, half, pixel, heights.shape), "ground")
        rng = np.random.default_rng(1)
        self.first_rows = [STRIP_ROWS * int(part * heights.shape[0] / STRIP_ROWS) for part in STRIPS]
        self.strip, self.within = rng.integers(0, len(STRIPS), SAMPLE), rng.integers(0, STRIP_ROWS, SAMPLE)
        self.i, self.j = np.array(self.first_rows)[self.strip] + self.within, rng.integers(0, heights.shape[1], SAMPLE)
        self.azimuths = np.arange(AZIMUTHS) * (math.tau / AZIMUTHS)
        self.north = self.dem.grid.projection.convergence_rad(*self.dem.grid.xy_m(self.i, self.j))

    def truth_deg(self) -> np.ndarray:
        views, out = Views(Terrain(self.dem), DISTANCE_KM), np.empty((CHECKED, AZIMUTHS))
        for n in range(CHECKED):
            place = (float(a) for a in self.dem.grid.lat_lon_deg(self.i[n], self.j[n]))
            height = float(self.dem.heights_m[self.i[n], self.j[n]])
            out[n] = skyline_of(views.about(*place), 0, height, EYE_M, self.azimuths - self.north[n], DISTANCE_KM)
        return np.degrees(out)


def error(found: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Greatest and root-mean-square difference, degrees, where there is ground to be seen."""
    n = min(len(found), len(truth))
    seen = truth[:n] > -60.0
    difference = (found[:n] - truth[:n])[seen]
    return float(np.abs(difference).max()), float(np.sqrt(np.mean(difference**2)))


def ours(work: Work, workers: int) -> Callable[[float], Any]:
    grid = work.dem.grid

    def run(n: int) -> np.ndarray:
        strips = [grid.window(row, 0, (STRIP_ROWS, grid.shape[1])) for row in work.first_rows]
        found = [horizons(work.dem, s, AZIMUTHS, DISTANCE_KM, EYE_M, workers=workers).elevation for s in strips]
        pixels = zip(work.strip, work.within, work.j, strict=True)
        return np.stack([found[s][0, j // 32, :, i, j % 32] for s, i, j in pixels]) / 360.0

    return lambda tolerance: run


def marching(work: Work) -> Callable[[float], Any]:
    heights = np.asarray(work.dem.heights_m, np.float32)
    grid = work.dem.grid

    def prepare(step: float) -> Any:
        angle = distances(step, grid.pixel_m, 1000.0 * DISTANCE_KM)
        tables = np.sin(work.azimuths), np.cos(work.azimuths), np.sin(angle), np.cos(angle)

        def run(n: int) -> np.ndarray:
            out = np.empty((n, AZIMUTHS))
            march(
                heights, grid.x0_m, grid.y0_m, grid.pixel_m, work.i[:n], work.j[:n], EYE_M, work.north[:n], *tables, out
            )  # fmt: skip
            return np.degrees(np.arctan(out))

        return run

    return prepare


def one_by_one(work: Work) -> Callable[[float], Any]:
    """Lunarplan's single places: every crossing of a line of sight in float64."""
    views = Views(Terrain(work.dem), DISTANCE_KM)
    views.about(-90.0, 0.0)

    def run(n: int) -> np.ndarray:
        out = np.empty((n, AZIMUTHS))
        for k in range(n):
            place = (float(a) for a in work.dem.grid.lat_lon_deg(work.i[k], work.j[k]))
            height, turned = float(work.dem.heights_m[work.i[k], work.j[k]]), work.azimuths - work.north[k]
            out[k] = skyline_of(views.about(*place), 0, height, EYE_M, turned, DISTANCE_KM, workers=1)
        return np.degrees(out)

    return lambda tolerance: run


def topocalc(work: Work, python: str) -> tuple[Callable[[float], Any], np.ndarray]:
    """A few azimuths of the whole raster, and the truth for them."""
    file = Path(tempfile.mkdtemp(prefix="contest-")) / "ground.npz"
    np.savez(file, heights=work.dem.heights_m, pixel_m=work.dem.pixel_m, azimuths_deg=TOPOCALC_AZIMUTHS)
    script = str(Path(__file__).with_name("peer_topocalc.py"))
    other = Elsewhere(script, "topocalc", 0.0, python=python, CONTEST_GROUND=str(file))

    class Sampled:
        def seconds(self, n: int) -> float:
            return other.seconds(n) * AZIMUTHS / len(TOPOCALC_AZIMUTHS)

    class Timed(Elsewhere):
        def __init__(self) -> None:
            pass

        def __call__(self, n: int) -> np.ndarray:
            return other(n)[work.i, work.j]

        seconds = Sampled.seconds

    index = [round(a * AZIMUTHS / 360.0) for a in TOPOCALC_AZIMUTHS]
    return lambda tolerance: Timed(), work.truth_deg()[:, index]


def whole(work: Work, workers: int) -> None:
    start = time.perf_counter(), time.process_time()
    horizons(work.dem, work.dem.grid, AZIMUTHS, DISTANCE_KM, EYE_M, workers=workers)
    wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
    each = cpu / (AZIMUTHS * work.dem.heights_m.shape[0] * work.dem.heights_m.shape[1]) * 1e9
    print(f"whole raster, {workers} threads: {wall:.1f} s ({cpu:.1f} s of CPU time, {each:.1f} ns a pixel and azimuth)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ground", help="GeoTIFF of heights, south polar stereographic, 500 m a pixel")
    parser.add_argument("--repeats", type=int, default=3, help="turns")
    parser.add_argument("--whole", action="store_true", help="time the whole raster, too (2 bytes a pixel and azimuth)")
    parser.add_argument("--topocalc-python", help="interpreter with topocalc")
    parser.add_argument("--ledger", action="store_true", help="append the results to LEDGER.md")
    options = parser.parse_args()
    work = Work(options.ground)
    print(f"{contest.machine()}, commit {contest.commit()}, numpy {np.__version__}")
    title = f"Horizons, {AZIMUTHS} azimuths, {DISTANCE_KM:g} km, 500 m"
    field = Contest("horizons", title, "deg", ALLOWED_DEG, work.truth_deg(), error, CHECKED, "rms deg", "pixel")
    pixels = len(STRIPS) * STRIP_ROWS * work.dem.grid.shape[1]
    found = [
        Contender("ours", ours(work, 1), pixels, tolerances=UNTUNED),
        Contender("ours, 2 threads", ours(work, 2), pixels, workers=2, tolerances=UNTUNED),
        Contender("march", marching(work), SAMPLE, target=20, tolerances=STEPS),
        Contender("march, 0.1 deg", marching(work), SAMPLE, tolerances=STEPS, allowed=0.1),
        Contender("ours, one by one", one_by_one(work), SAMPLE, tolerances=UNTUNED),
    ]
    if have("embreex"):
        import peer_embree

        grid = work.dem.grid
        mesh = peer_embree.Mesh(np.asarray(work.dem.heights_m, float), grid.x0_m, grid.y0_m, grid.pixel_m)
        prepare = peer_embree.contender(mesh, work.i, work.j, EYE_M, work.azimuths, work.north)
        found.append(Contender("Embree, halving", prepare, 24, target=20, tolerances=(0.02, 0.01, 0.005), allowed=0.02))
    if options.topocalc_python:
        prepare, truth = topocalc(work, options.topocalc_python)
        every = work.dem.heights_m.shape[0] * work.dem.heights_m.shape[1]
        found.append(
            Contender("topocalc, flat", prepare, every, target=20, tolerances=UNTUNED, reference=truth, allowed=90.0)
        )
    results = contest.compete(field, found, options.repeats)
    print("\n" + contest.table(field, results), flush=True)
    if options.ledger:
        contest.record(results, field)
    if options.whole:
        whole(work, 2)


if __name__ == "__main__":
    sys.exit(main())
