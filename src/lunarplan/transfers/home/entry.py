"""Entry into the Earth's atmosphere: where the interface is met, how steeply, and where the flight comes down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.rows import scalar
from lunarplan.model.stations import itrf_axes
from lunarplan.transfers.ground_range import geodetic_deg, landings

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

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

    def downrange(self, range_km: ArrayLike) -> tuple[Floats, Floats]:
        """Geodetic latitude and longitude, deg, where flights of given ranges over the ground come down.

        range_km : [N] or one for all; see `ground_range` for how the track lies on the turning Earth
        """
        far = np.broadcast_to(np.asarray(range_km, float), np.shape(self.tdb))
        return geodetic_deg(landings(self.states, self.tdb, far))

    def ground_track(self, range_km: ArrayLike, points: int = 100) -> tuple[Floats, Floats]:
        """Geodetic latitudes and longitudes, deg, [N, points], from below the interface to where flights come down.

        Raises InputError for fewer than two points.
        """
        count = int(scalar("points", points, 2, 100_000))
        far = np.broadcast_to(np.asarray(range_km, float), np.shape(self.tdb))
        ranges = (far[:, None] * np.linspace(0.0, 1.0, count)).ravel()
        places = landings(np.repeat(self.states, count, axis=0), np.repeat(self.tdb, count), ranges)
        latitude, longitude = geodetic_deg(places)
        return latitude.reshape(-1, count), longitude.reshape(-1, count)


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
