"""Who sees the Sun? Every pixel of the lunar south pole, every hour of a year, against the same done pixel by pixel.

    python benchmarks/illumination.py [--full] [--pixels N] [--repeats N] [--dem FILE] [--ledger]

Horizons are there already (720 azimuths, 300 km; of the packaged terrain, or of a DEM given). A row is 1000 epochs of
a pixel, so that microseconds a row are nanoseconds an epoch. Truth is site mode at some pixels: the exact sky of each,
the disc cut by the horizon as it is, on horizons that are as coarse as those of the others.

"numpy" is how it is usually done: for each epoch the Sun's elevation and azimuth at every pixel, the horizon between
two azimuths, the segment of a disc over a level horizon. --full takes all 1216 x 1216 pixels of a DEM of that size.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from contest import UNTUNED, Contender, Contest, compete, record, table

from lunarplan.io.dem import read_dem
from lunarplan.model.surface import Place
from lunarplan.terrain.horizons import Horizons, horizons
from lunarplan.terrain.illumination import illumination, illumination_map
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.profile import HorizonProfiles
from lunarplan.terrain.shadowed import shadowed_map
from lunarplan.terrain.sight import Watch
from lunarplan.terrain.targets import target
from lunarplan.terrain.times import epochs

YEAR = "2027-01-01", "2028-01-01"
CHECKED, FINE = 48, 7200
TOGETHER = 2048  # pixels numpy takes at once: fewer cost it more, each
PROMISED_S = 60.0  # all pixels of 1216 x 1216 on two cores
_TURN = 2.0 * np.pi


@dataclass(frozen=True)
class Work:
    """Horizons of a region, the year's epochs, and some pixels [K, 2]; the first are checked."""

    horizons: Horizons
    tdb: np.ndarray
    some: np.ndarray

    @property
    def checked(self) -> np.ndarray:
        return self.some[:CHECKED]

    @property
    def rows(self) -> int:
        return int(np.prod(self.horizons.grid.shape)) * len(self.tdb) // 1000

    def at_checked(self, values) -> np.ndarray:
        return np.asarray(values)[tuple(self.checked.T)]


def made(pixels: int | None, dem: Path | None) -> Work:
    terrain = Terrain(read_dem(dem)) if dem else Terrain.packaged()
    grid = terrain.finest.grid
    if pixels is not None:
        corner = [(n - pixels) // 2 for n in grid.shape]
        grid = grid.window(*corner, (pixels, pixels))
    begin = time.perf_counter()
    found = horizons(terrain, grid)
    spent = time.perf_counter() - begin
    print(f"horizons of {grid.shape[0]} x {grid.shape[1]} pixels of {grid.pixel_m:g} m: {spent:.1f} s")
    rng = np.random.default_rng(7)
    return Work(found, epochs(*YEAR, 1.0), np.stack([rng.integers(0, n, TOGETHER) for n in grid.shape], axis=1))


def as_places(work: Work) -> HorizonProfiles:
    """The checked pixels with their horizons at true azimuths."""
    grid = work.horizons.grid
    rows, columns = work.checked.T
    lean = grid.projection.convergence_rad(*grid.xy_m(rows, columns))
    known = _TURN * np.arange(work.horizons.elevation.shape[2]) / work.horizons.elevation.shape[2]
    fine = _TURN * np.arange(FINE) / FINE
    profiles = [
        np.radians(np.interp(fine + turn, known, work.horizons.elevation_deg(r, c), period=_TURN))
        for r, c, turn in zip(rows, columns, lean, strict=True)
    ]
    places = Place(*grid.lat_lon_deg(rows, columns))
    return HorizonProfiles(places, np.array(profiles), 0.0, work.horizons.distance_km, work.horizons.provenance)


def truth(work: Work) -> tuple[np.ndarray, np.ndarray]:
    light = illumination(as_places(work), *YEAR)
    return light.fraction.mean("time").values, (light.fraction > 0.0).mean("time").values


def region(work: Work, workers: int | None):
    def run(_: int):
        found = illumination_map(work.horizons, *YEAR, workers=workers)
        return work.at_checked(found.average), work.at_checked(found.lit)

    return run


def places(work: Work):
    watch = Watch(as_places(work), target("sun"))

    def run(n: int):
        fractions = [sight.fraction for sight in watch.at(work.tdb)]
        return np.array([f.mean() for f in fractions]), np.array([(f > 0.0).mean() for f in fractions])

    return run


def numpy_by_pixel(work: Work):
    """Some pixels, epoch by epoch: float64, nothing shared, the disc over a level horizon."""
    grid, seen = work.horizons.grid, target("sun").seen_km(work.tdb)
    rows, columns = work.some.T
    place = Place(*grid.lat_lon_deg(rows, columns))
    axes, here = place.axes, place.position_km
    lean = grid.projection.convergence_rad(*grid.xy_m(rows, columns))
    profile = np.array([work.horizons.elevation_deg(r, c) for r, c in work.some])
    steps = profile.shape[1] / _TURN
    pixel = np.arange(len(rows))

    def run(n: int):
        total, count = np.zeros(len(rows)), np.zeros(len(rows))
        for body in seen:
            way = body - here
            east, north, up = (np.einsum("pi,pi->p", axis, way) for axis in axes)
            elevation = np.arctan2(up, np.hypot(east, north))
            turn = ((np.arctan2(east, north) + lean) * steps) % profile.shape[1]
            low = turn.astype(int) % profile.shape[1]
            after = profile[pixel, (low + 1) % profile.shape[1]]
            horizon = np.radians(profile[pixel, low] + (turn - low) * (after - profile[pixel, low]))
            x = np.clip((elevation - horizon) / np.arcsin(695_700.0 / np.linalg.norm(way, axis=1)), -1.0, 1.0)
            total += 0.5 + (np.arcsin(x) + x * np.sqrt(1.0 - x * x)) / np.pi
            count += x > -1.0
        return total[:CHECKED] / len(seen), count[:CHECKED] / len(seen)

    return run


def error(result, reference) -> tuple[float, float]:
    """Largest difference of the averages, and of the time with any part of the disc."""
    return tuple(float(np.abs(a - b).max()) for a, b in zip(result, reference, strict=True))


def field(work: Work) -> tuple[Contest, list[Contender]]:
    pixels, hours = " x ".join(map(str, work.horizons.grid.shape)), len(work.tdb)
    title = f"The Sun over {pixels} pixels, {hours:,} epochs"
    contest = Contest(
        "illumination", title, "of the disc", 1e-2, truth(work), error, 1, "any part", per="1000 epochs of a pixel"
    )
    some = CHECKED * hours // 1000
    limit = PROMISED_S * work.rows / (1216**2 * 8760 // 1000)
    found = [
        Contender("ours", lambda _: region(work, 1), work.rows, tolerances=UNTUNED),
        Contender("ours, 2 threads", lambda _: region(work, 2), work.rows, 2, limit_s=limit, tolerances=UNTUNED),
        Contender("ours, places one by one", lambda _: places(work), some, tolerances=UNTUNED),
        Contender("numpy", lambda _: numpy_by_pixel(work), TOGETHER * hours // 1000, tolerances=UNTUNED),
    ]
    return contest, found


def shadows(work: Work) -> str:
    begin = time.perf_counter()
    found = shadowed_map(work.horizons)
    spent = time.perf_counter() - begin
    return f"never lit in 18.6 years: {found.attrs['shadowed_km2']:.0f} km2, in {spent:.2f} s on all cores"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all pixels of the DEM")
    parser.add_argument("--pixels", type=int, default=256, help="side of the region (256)")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--dem", type=Path, help="instead of the packaged terrain")
    parser.add_argument("--ledger", action="store_true", help="append the results to LEDGER.md")
    options = parser.parse_args()
    work = made(None if options.full else options.pixels, options.dem)
    contest, contenders = field(work)
    results = compete(contest, contenders, options.repeats)
    print(table(contest, results))
    print(shadows(work))
    if options.ledger:
        record(results, contest)


if __name__ == "__main__":
    main()
