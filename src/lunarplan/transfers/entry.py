"""Entry into the Earth's atmosphere: where the interface is met, how steeply, and where the flight comes down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.stations import itrf_axes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Entries:
    """Passages of the entry interface, float64[N] each unless said otherwise.

    tdb, states : epoch and [N, 6], Earth-centred ICRF
    latitude_deg, longitude_deg : geocentric, east positive
    azimuth_deg : of the inertial velocity, from north over east
    flight_path_deg : of the inertial velocity over the local horizon, negative inwards
    """

    tdb: Floats
    states: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    azimuth_deg: Floats
    flight_path_deg: Floats

    @property
    def speed_km_s(self) -> Floats:
        """Inertial."""
        return np.asarray(np.linalg.norm(self.states[:, 3:], axis=1))

    def downrange(self, range_km: float, sphere_km: float = 6371.0) -> tuple[Floats, Floats]:
        """Latitude and longitude, deg, where a flight of given range over the ground from the interface comes down.

        Along the great circle of the entry over the turning Earth, without cross-range: a few tens of km.
        """
        arc, azimuth = range_km / sphere_km, np.radians(self.azimuth_deg)
        latitude = np.radians(self.latitude_deg)
        sine = np.sin(latitude) * np.cos(arc) + np.cos(latitude) * np.sin(arc) * np.cos(azimuth)
        east = np.arctan2(
            np.sin(azimuth) * np.sin(arc) * np.cos(latitude), np.cos(arc) - np.sin(latitude) * np.clip(sine, -1.0, 1.0)
        )
        longitude = (self.longitude_deg + np.degrees(east) + 180.0) % 360.0 - 180.0
        return np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))), longitude


def entries(states: Floats, tdb: Floats) -> Entries:
    """Describe states at the interface; rows of NaN stay NaN."""
    good = np.isfinite(states).all(axis=1)
    turn = np.full((len(states), 3, 3), np.nan)
    turn[good] = itrf_axes(tdb[good])
    position = np.einsum("nij,nj->ni", turn, states[:, :3])
    velocity = np.einsum("nij,nj->ni", turn, states[:, 3:])  # inertial, resolved along the axes of date
    r = np.linalg.norm(position, axis=1)
    latitude, longitude = np.arcsin(position[:, 2] / r), np.arctan2(position[:, 1], position[:, 0])
    up = position / r[:, None]
    climb = np.einsum("ni,ni->n", up, velocity)
    east = np.stack([-np.sin(longitude), np.cos(longitude), np.zeros_like(longitude)], axis=1)
    eastwards = np.einsum("ni,ni->n", east, velocity)
    northwards = np.einsum("ni,ni->n", np.cross(up, east), velocity)
    azimuth = np.degrees(np.arctan2(eastwards, northwards)) % 360.0
    steep = np.arctan2(climb, np.hypot(eastwards, northwards))
    return Entries(tdb, states, np.degrees(latitude), np.degrees(longitude), azimuth, np.degrees(steep))
