"""When a launch site comes round under the planes of low-energy transfers: guesses that leave then."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import EARTH_ROTATION_RATE_RAD_S
from lunarplan.transfers.launch import LaunchTie, ParkingOrbits
from lunarplan.transfers.low_energy.results import LowEnergyGuesses, LowEnergyTransfers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LONGEST_WAIT_S = 1.5 * 86_400.0  # of a transfer for its site: the same way leads from there to the Moon
_SIDEREAL_DAY_S = 2.0 * np.pi / EARTH_ROTATION_RATE_RAD_S


def over_site(found: LowEnergyTransfers, launch: LaunchTie, near_tdb: Floats) -> tuple[Floats, Floats]:
    """Lift-offs nearest to given epochs at which a site is under the planes of transfers, all of them ok; TDB s.

    Also how long each transfer has to wait for it, s, negative if it has to leave sooner.
    """
    n, x, forces = len(found.ok), found.solution.x, found.forces
    radius, tilt = np.full(n, found.parking.radius_km), np.full(n, found.parking.inclination)
    oblate = forces.earth_zonal >= 2
    orbits = ParkingOrbits.about_earth(launch, radius, tilt, forces.gm("earth"), oblate=oblate)
    late = orbits.lateness(x[:, 0], x[:, 1], x[:, 3])[0]
    over = orbits.lift_off(x[:, 1], x[:, 3])[0] + late
    turned = _SIDEREAL_DAY_S * np.round((near_tdb - over) / _SIDEREAL_DAY_S)
    return over + turned, late + turned


def delayed(guesses: LowEnergyGuesses, wait_s: Floats) -> LowEnergyGuesses:
    """The same ways, left later."""
    return replace(guesses, injection=guesses.injection + np.outer(wait_s, [0.0, 0.0, 0.0, 1.0]))
