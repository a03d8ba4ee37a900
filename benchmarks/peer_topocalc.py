"""topocalc in an interpreter of its own: horizons of a whole raster on a plane, one azimuth after the other.

It takes the ground for flat. Told the name of an .npz with `heights`, `pixel_m` and `azimuths_deg` (clockwise from +y),
it answers as `contest.serve` does; a row is a pixel.
"""

from __future__ import annotations

import os
import sys

import contest
import numpy as np


def runner(file: str) -> contest.Runner:
    from topocalc.horizon import horizon

    with np.load(file) as given:
        heights, pixel_m, azimuths = given["heights"].astype(float), float(given["pixel_m"]), given["azimuths_deg"]

    def run(n: int) -> np.ndarray:
        found = []
        for azimuth in azimuths:  # its own run from south over east, -180 to 180
            own = (180.0 - azimuth + 180.0) % 360.0 - 180.0
            found.append(np.degrees(0.5 * np.pi - np.arccos(horizon(float(own), heights, pixel_m))))
        return np.stack(found, axis=-1)

    return run


if __name__ == "__main__":
    contest.serve(runner(os.environ["CONTEST_GROUND"]), sys.argv[-1])
