"""Values that constraints on burns and times are about.

All take transfers that are ok and return float64[N].
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.to_moon.direct import Transfers

    Floats = NDArray[np.float64]

_SAME_ALTITUDE_KM = 1e-3


def tli_m_s(transfers: Transfers) -> Floats:
    return np.asarray(1e3 * transfers.tli_delta_v_km_s)


def c3_km2_s2(transfers: Transfers) -> Floats:
    return transfers.c3_km2_s2


def tof_days(transfers: Transfers) -> Floats:
    return np.asarray(transfers.tof_s / SECONDS_PER_DAY)


def coast_s(transfers: Transfers) -> Floats:
    """In the parking orbit; raises InputError for transfers without a launch."""
    if np.isnan(transfers.coast_s).any():
        remedy = "solve the transfers with launch=LaunchTie.from_site(...)"
        raise InputError("these transfers have no parking coast", where="coast_s", remedy=remedy)
    return transfers.coast_s


@dataclass(frozen=True)
class Insertion:
    """Impulse along the velocity at perilune, m/s, into an orbit of that perilune: a circle if neither is given."""

    apolune_altitude_km: float | None
    period_h: float | None

    def __call__(self, transfers: Transfers) -> Floats:
        gm = transfers.forces.gm("moon")
        r = np.linalg.norm(transfers.perilune_states[:, :3], axis=1)
        far = self._apolune_km(r, gm)
        if (far < r - _SAME_ALTITUDE_KM).any():
            raise InputError(
                f"perilune at {(r - RADIUS_KM['moon']).max():.1f} km altitude is above the apolune asked for",
                where="loi_delta_v",
                remedy="ask for a higher apolune or a longer period, or arrive lower",
            )
        captured = np.sqrt(2.0 * gm * far / (r * (r + far)))
        return np.asarray(1e3 * np.abs(transfers.perilune_speed_km_s - captured))

    def _apolune_km(self, perilune_km: Floats, gm: float) -> Floats:
        if self.period_h is not None:
            return np.asarray(2.0 * np.cbrt(gm * (3600.0 * self.period_h / math.tau) ** 2) - perilune_km)
        if self.apolune_altitude_km is not None:
            return np.full(len(perilune_km), RADIUS_KM["moon"] + self.apolune_altitude_km)
        return perilune_km
