"""A terrain model in bounded memory: 20,000 x 20,000 pixels of fractal ground, made and gone through in blocks.

    python benchmarks/large_dem.py --folder /where/1.6/GB/fit
    python benchmarks/large_dem.py --size 4000

Resident memory is the system's own count (getrusage), of a process for each step; the raster is 1.6 GB. On 2026-11-21,
one core of an AMD EPYC: at most 320 MB in any step, of which 128 are GDAL's; slopes 20 s, overview 2.4 s.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import rasterio

from lunarplan.io.dem import read_dem
from lunarplan.terrain.ellipse import landing_ellipse
from lunarplan.terrain.projection import Grid, Stereographic
from lunarplan.terrain.statistics import slope_summary

PIXEL_M = 5.0
HURST = 0.9  # roughness grows with distance to this power; an estimate for the lunar highlands
ROUGHEST_M = 250.0  # standard deviation of the longest wave; an estimate
BLOCK = 256
SMALL_CACHE = {"GDAL_CACHEMAX": "128", **os.environ}  # MB; GDAL's own choice is a twentieth of the memory there is


def fractal_rows(size: int, step: int = BLOCK) -> Iterator[tuple[int, np.ndarray]]:
    """Rows of fractal ground: at every scale a lattice of random numbers, smoothly interpolated, made row by row."""
    spacings = [2**k for k in range(1, 13)]
    columns = {s: _weights(np.arange(size), s) for s in spacings}
    for first in range(0, size, step):
        rows = np.arange(first, min(first + step, size))
        heights = np.zeros((rows.size, size), np.float32)
        for s in spacings:
            (i, v), (j, u) = _weights(rows, s), columns[s]
            lattice = np.stack([_lattice_row(s, n, size) for n in range(i[0], i[-1] + 2)])
            across = lattice[:, j] + u * (lattice[:, j + 1] - lattice[:, j])
            amplitude = np.float32(ROUGHEST_M * (s / spacings[-1]) ** HURST)
            top, below = across[i - i[0]], across[i - i[0] + 1]
            heights += amplitude * (top + v[:, None] * (below - top))
        yield first, heights


def _weights(places: np.ndarray, spacing: int) -> tuple[np.ndarray, np.ndarray]:
    """Lattice cell of each place, and how far across it, eased so that slopes have no steps."""
    cell, rest = np.divmod(places, spacing)
    t = rest / spacing
    return cell, (t * t * (3.0 - 2.0 * t)).astype(np.float32)


def _lattice_row(spacing: int, row: int, size: int) -> np.ndarray:
    rng = np.random.default_rng([20261121, spacing, row])
    return rng.standard_normal(size // spacing + 2, np.float32)


def make(path: Path, size: int) -> dict[str, float]:
    """Write the file, tile row by tile row."""
    grid = Grid(Stereographic(-90.0), -0.5 * (size - 1) * PIXEL_M, 0.5 * (size - 1) * PIXEL_M, PIXEL_M, (size, size))
    west, _, _, north = grid.extent_m
    transform = rasterio.Affine(PIXEL_M, 0.0, west, 0.0, -PIXEL_M, north)
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "IAU_2015:30135", "BIGTIFF": "IF_SAFER"}
    tiles = {"tiled": True, "blockxsize": BLOCK, "blockysize": BLOCK}
    with rasterio.open(path, "w", height=size, width=size, transform=transform, **profile, **tiles) as file:
        for first, heights in fractal_rows(size):
            file.write(heights, 1, window=rasterio.windows.Window(0, first, size, heights.shape[0]))
    return {"file MB": path.stat().st_size / 1e6}


def slopes(path: Path, size: int) -> dict[str, float]:
    found = slope_summary(read_dem(path, in_memory=False), 10.0)
    return {"slopes": found.count, "median deg": found.percentile(50.0), "95 % deg": found.percentile(95.0)}


def overview(path: Path, size: int) -> dict[str, float]:
    coarse = read_dem(path, in_memory=False).coarser(20)
    return {"pixels": coarse.heights_m.size, "std m": float(np.std(coarse.heights_m))}


def places(path: Path, size: int) -> dict[str, float]:
    """Heights of 20,000 scattered places, and of a hundred landing ellipses 200 m long."""
    dem = read_dem(path, in_memory=False)
    rng = np.random.default_rng(1)
    latitude, longitude = dem.grid.lat_lon_deg(*rng.uniform(100, size - 100, (2, 20_000)))
    heights = dem.height_m(latitude, longitude)
    safe = [
        landing_ellipse(dem, float(a), float(b), 100.0, 50.0, 30.0, 10.0).fraction_within(8.0)
        for a, b in zip(latitude[:100], longitude[:100], strict=True)
    ]
    return {"mean m": float(heights.mean()), "within 8 deg": float(np.mean(safe))}


def fingerprint(path: Path, size: int) -> dict[str, float]:
    return {"first digits": float(int(read_dem(path, in_memory=False).fingerprint[:6], 16))}


STEPS: dict[str, Callable[[Path, int], dict[str, float]]] = {
    step.__name__: step for step in (make, slopes, overview, places, fingerprint)
}


def run(name: str, path: Path, size: int) -> None:
    """One step, in this process; prints what it found, what it took and the most memory it held."""
    clock, cpu = time.perf_counter(), time.process_time()
    found = STEPS[name](path, size)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000.0
    took = {"wall s": time.perf_counter() - clock, "cpu s": time.process_time() - cpu, "most MB": peak}
    print(json.dumps({**took, **found}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=20_000, help="rows and columns")
    parser.add_argument("--folder", type=Path, help="where the file goes; a temporary folder if not given")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        run(given.step, given.path, given.size)
        return
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        path = Path(folder) / "fractal.tif"
        for name in STEPS:
            command = [sys.executable, __file__, "--step", name, "--path", str(path), "--size", str(given.size)]
            done = json.loads(
                subprocess.run(command, capture_output=True, text=True, check=True, env=SMALL_CACHE).stdout
            )
            print(f"{name:12}", ", ".join(f"{key} {value:,.4g}" for key, value in done.items()), flush=True)


if __name__ == "__main__":
    main()
