"""Relay satellites that criteria may ask for.

Flown for years without the small burns that keep them, such orbits drift away from what is published. Here a relay
keeps its ellipse; what an average over months leaves is in it: the frozen apsides, and the drift of the node.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.config.table import unknown
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_GM_KM3_S2 = GM_KM3_S2["moon"]
_EARTH_RATE_RAD_S = math.tau / (27.321661 * 86_400.0)
_STEP_S = 600.0
_NEWTON = 12


@dataclass(frozen=True)
class Relay:
    """A relay on a frozen ellipse, its perilune farthest north of the plane of the Earth's orbit about the Moon.

    inclination_deg : to that plane
    node_deg, anomaly_deg : at J2000, the node from that plane's ascending node on the ICRF equator. Nobody publishes
        them: an assumption, which contact tables stand on; shares of time over months hardly do
    """

    perilune_altitude_km: float
    apolune_altitude_km: float
    inclination_deg: float
    source: str
    node_deg: float = 0.0
    anomaly_deg: float = 0.0

    @property
    def semi_major_axis_km(self) -> float:
        return RADIUS_KM["moon"] + 0.5 * (self.perilune_altitude_km + self.apolune_altitude_km)

    @property
    def eccentricity(self) -> float:
        return 0.5 * (self.apolune_altitude_km - self.perilune_altitude_km) / self.semi_major_axis_km

    @property
    def motion_rad_s(self) -> float:
        return math.sqrt(_GM_KM3_S2 / self.semi_major_axis_km**3)

    @property
    def node_rate_rad_s(self) -> float:
        """Source: Lidov 1962, doubly averaged third body, argument of perilune 90 deg."""
        e2, tilt = self.eccentricity**2, math.radians(self.inclination_deg)
        pull = 0.75 * _EARTH_RATE_RAD_S**2 / self.motion_rad_s
        return -pull * math.cos(tilt) * (1.0 + 4.0 * e2) / math.sqrt(1.0 - e2)

    def positions_km(self, tdb: Floats, ephemeris: Ephemeris) -> Floats:
        """Positions from the Moon's centre, ICRF, float64[T, 3]."""
        in_plane = self._ellipse(math.radians(self.anomaly_deg) + self.motion_rad_s * tdb)
        node, tilt = math.radians(self.node_deg) + self.node_rate_rad_s * tdb, math.radians(self.inclination_deg)
        # Perilune is 90 deg past the node: the ellipse's own axes are the line across the node, and the node backwards.
        along_node, across = -in_plane[:, 1], in_plane[:, 0]
        x = along_node * np.cos(node) - across * math.cos(tilt) * np.sin(node)
        y = along_node * np.sin(node) + across * math.cos(tilt) * np.cos(node)
        local = np.stack([x, y, across * math.sin(tilt)], axis=-1)
        return np.asarray(np.einsum("ti,tij->tj", local, _earth_plane(tdb, ephemeris)))

    def _ellipse(self, mean_anomaly: Floats) -> Floats:
        """Towards perilune and across it, (T, 2) in km."""
        e, mean = self.eccentricity, np.mod(mean_anomaly, math.tau)
        eccentric = np.where(mean < math.pi, mean + 0.5 * e, mean - 0.5 * e)
        for _ in range(_NEWTON):
            eccentric -= (eccentric - e * np.sin(eccentric) - mean) / (1.0 - e * np.cos(eccentric))
        a = self.semi_major_axis_km
        return a * np.stack([np.cos(eccentric) - e, math.sqrt(1.0 - e * e) * np.sin(eccentric)], axis=-1)


RELAYS: dict[str, Relay] = {
    "queqiao-2": Relay(
        200.0, 16_000.0, 62.4, "200 x 16000 km, 24 h, 62.4 deg, in its orbit since 2 April 2024; phase assumed"
    ),
}


def relay(name: str, start_tdb: float, end_tdb: float, ephemeris: Ephemeris | None = None) -> tuple[Floats, Floats]:
    """Return epochs and positions of a relay over a span, TDB s and km from the Moon's centre, ICRF.

    Raises InputError for a name there is not.
    """
    if name not in RELAYS:
        raise unknown(name, list(RELAYS), "relay")
    count = math.ceil((end_tdb - start_tdb) / _STEP_S) + 4
    epochs: Floats = np.asarray(start_tdb + _STEP_S * (np.arange(count) - 1.0))
    return epochs, RELAYS[name].positions_km(epochs, ephemeris or Ephemeris.packaged())


def _earth_plane(tdb: Floats, ephemeris: Ephemeris) -> Floats:
    """Axes of the plane the Earth goes around the Moon in, rows in ICRF, (T, 3, 3); x its node on the equator."""
    r = ephemeris.position("earth", "moon", tdb)
    v = ephemeris.position("earth", "moon", tdb + 60.0) - r
    z = np.cross(r, v)
    z /= np.linalg.norm(z, axis=-1, keepdims=True)
    x = np.cross([0.0, 0.0, 1.0], z)
    x /= np.linalg.norm(x, axis=-1, keepdims=True)
    return np.stack([x, np.cross(z, x), z], axis=1)
