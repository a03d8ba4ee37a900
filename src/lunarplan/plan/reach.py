"""Whether a way home can end at the place asked for: the Moon's declination says so before anything is searched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.transfers.home.splashdown import reachable_latitudes_deg, splashdown_problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.ground_range import SplashdownPlace

    Floats = NDArray[np.float64]

_ABOUT_DEG = 3.0  # latitudes of conics are a degree or two off
_HOMES = 3  # times of flight looked at
_HEIGHT_KM = 130.0  # where over the Moon it begins matters little


def reachable_deg(
    entry_tdb: Floats, home_s: tuple[float, float], place: SplashdownPlace, flight_path_deg: float, forces: ForceModel
) -> Floats:
    """Lowest and highest latitude the range leads to, for N epochs of entry, float64[N, 2]; rather too wide.

    home_s : shortest and longest time from the Moon to the interface
    """
    met, home = (a.ravel() for a in np.meshgrid(entry_tdb, np.linspace(*home_s, _HOMES), indexing="ij"))
    radius = RADIUS_KM["moon"] + _HEIGHT_KM
    there = np.array([radius, 0.0, 0.0, 0.0, np.sqrt(forces.gm("moon") / radius), 0.0])
    asked = splashdown_problem(
        there, met - home, home, latitude_deg=place.latitude_deg, longitude_deg=place.longitude_deg,
        range_km=place.range_km, flight_path_deg=flight_path_deg, forces=forces,
    )  # fmt: skip
    low, high = np.moveaxis(reachable_latitudes_deg(asked, forces).reshape(len(entry_tdb), _HOMES, 2), -1, 0)
    return np.stack([low.min(axis=1) - _ABOUT_DEG, high.max(axis=1) + _ABOUT_DEG], axis=1)


def spans(values: Floats, step: float) -> str:
    """Values that lie a step apart, told by the ends of their runs: "20.5 to 26.5 or 33.5 to 53.5"."""
    runs = np.split(values, 1 + np.flatnonzero(np.diff(values) > 1.5 * step))
    return " or ".join(f"{run[0]:.3g} to {run[-1]:.3g}" for run in runs)
