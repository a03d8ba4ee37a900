"""How far a landing site is from the plane of the lunar orbit, while the Moon turns below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.frames import rotation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.surface import Place
    from lunarplan.transfers.to_moon.direct import Transfers

    Floats = NDArray[np.float64]

_MOON_ROTATION_RAD_S = 2.6616995e-6  # sidereal, IAU/IERS
_MOON_J2 = 2.0330e-4  # GRGM900C, -sqrt(5) C20
_STEPS = 96


@dataclass(frozen=True)
class CrossRange:
    """Least angle at the Moon's centre between a site and the orbit plane during a wait after perilune, deg.

    wait_s      : first and last second after perilune at which the lander may come down
    altitude_km : of the circular orbit it waits in: its plane drifts with the Moon's J2

    An estimate: the Moon turns evenly, and its tesseral harmonics, left out, move the plane of a low orbit by some
    0.2 deg a day. The sites of a whole scan are told apart by it; a plan flies the orbit.
    """

    place: Place
    wait_s: tuple[float, float]
    altitude_km: float

    def __call__(self, transfers: Transfers) -> Floats:
        normal = self._normal(transfers)
        site = np.radians(self.place.longitude_deg)
        latitude = np.radians(self.place.latitude_deg)
        level, swing = np.sin(latitude) * normal[:, 2], np.cos(latitude) * np.hypot(normal[:, 0], normal[:, 1])
        middle = 0.5 * sum(self.wait_s)
        turn = (np.linspace(*self.wait_s, _STEPS) - middle) * _MOON_ROTATION_RAD_S
        drift = self._node_rate(normal[:, 2], transfers)[:, None] * (np.linspace(*self.wait_s, _STEPS))
        angle = np.arctan2(normal[:, 1], normal[:, 0])[:, None] + drift - site - turn
        sine = level[:, None] + swing[:, None] * np.cos(angle)
        passes = (sine.min(axis=1) <= 0.0) & (sine.max(axis=1) >= 0.0)
        least = np.degrees(np.arcsin(np.clip(np.abs(sine).min(axis=1), 0.0, 1.0)))
        return np.asarray(np.where(passes, 0.0, least))

    def _normal(self, transfers: Transfers) -> Floats:
        """Unit vector along the angular momentum at perilune, in mean-Earth axes of the middle of the wait."""
        r, v = transfers.perilune_states[:, :3], transfers.perilune_states[:, 3:]
        h = np.cross(r, v)
        axes = rotation("moon_me", transfers.problem.perilune_tdb + 0.5 * sum(self.wait_s), transfers.forces.source)
        return np.asarray(np.einsum("nij,nj->ni", axes, h / np.linalg.norm(h, axis=1, keepdims=True)))

    def _node_rate(self, cosine: Floats, transfers: Transfers) -> Floats:
        """Drift of the plane about the Moon's pole, rad/s; first order in J2, circular orbit."""
        radius = RADIUS_KM["moon"] + self.altitude_km
        motion = np.sqrt(transfers.forces.gm("moon") / radius**3)
        return np.asarray(-1.5 * _MOON_J2 * motion * (RADIUS_KM["moon"] / radius) ** 2 * cosine)
