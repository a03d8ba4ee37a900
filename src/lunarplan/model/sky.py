"""Where something stands in a sky: elevation, azimuth and distance, and where a body is seen rather than is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.bodies import body_name
from lunarplan.model.constants import RADIUS_KM, SPEED_OF_LIGHT_KM_S

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lunarplan.model.ephemeris import Ephemeris

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sky:
    """Directions and distances seen from a place; float64[...] each.

    elevation_rad : over the plane at right angles to the local vertical; no refraction, no terrain
    azimuth_rad   : from north over east, 0 to 2 pi
    distance_km   : from the place
    """

    elevation_rad: Floats
    azimuth_rad: Floats
    distance_km: Floats

    @property
    def elevation_deg(self) -> Floats:
        return np.degrees(self.elevation_rad)

    @property
    def azimuth_deg(self) -> Floats:
        return np.degrees(self.azimuth_rad)

    @property
    def light_time_s(self) -> Floats:
        """How long light is on its way."""
        return np.asarray(self.distance_km / SPEED_OF_LIGHT_KM_S)

    @property
    def eastward_rad(self) -> Floats:
        """Angle east of the meridian plane, float64[...]: pi/2 due east on the horizon, negative to the west."""
        return np.asarray(np.arcsin(np.cos(self.elevation_rad) * np.sin(self.azimuth_rad)))


class LocalAxes(NamedTuple):
    """Unit vectors east, north and up of places, (..., 3) each, in axes that turn with the body."""

    east: Floats
    north: Floats
    up: Floats

    def sky(self, to_target_km: Floats) -> Sky:
        """The sky position of vectors from the place to what is seen, (..., 3) in the same axes."""
        east, north, up = (np.einsum("...i,...i->...", axis, to_target_km) for axis in self)
        azimuth = np.arctan2(east, north) % (2.0 * np.pi)
        return Sky(np.arctan2(up, np.hypot(east, north)), azimuth, np.linalg.norm(to_target_km, axis=-1))


def local_axes(latitude_rad: ArrayLike, longitude_rad: ArrayLike) -> LocalAxes:
    """East, north and up where the vertical has a latitude and longitude: geodetic on an ellipsoid.

    At a pole north is the direction in which the latitude grows along the meridian of that longitude.
    """
    latitude, longitude = np.broadcast_arrays(latitude_rad, longitude_rad)
    (s, c), (sine, cosine) = ((np.sin(a), np.cos(a)) for a in (latitude, longitude))
    east = np.stack([-sine, cosine, np.zeros_like(sine)], axis=-1)
    north = np.stack([-s * cosine, -s * sine, c], axis=-1)
    return LocalAxes(east, north, np.stack([c * cosine, c * sine, s], axis=-1))


def apparent_position(target: str, center: str, tdb: Floats, ephemeris: Ephemeris) -> Floats:
    """Where a body is seen from another at TDB seconds past J2000 (...), (..., 3) in km, ICRF.

    Light time and aberration together are the relative position when the light left, because the observer moves
    uniformly meanwhile: to 0.01 arcsec from the Moon or the Earth.

    Raises InputError for unknown bodies, and epochs outside the ephemeris.
    Source: planetary aberration, Explanatory Supplement to the Astronomical Almanac (2013), sec. 7.2.
    """
    late = np.linalg.norm(ephemeris.position(target, center, tdb), axis=-1) / SPEED_OF_LIGHT_KM_S
    return ephemeris.position(target, center, np.asarray(tdb - late))


def angular_radius_rad(body: str, distance_km: ArrayLike) -> Floats:
    """Half the angle under which the Sun, the Earth or the Moon is seen from a distance of its centre.

    A right angle on its surface, and below it. Raises InputError for other bodies.
    """
    name = body_name(body)
    if name not in RADIUS_KM:
        raise InputError(f"the radius of {name} is not known", where="body", allowed=", ".join(RADIUS_KM))
    return np.asarray(np.arcsin(np.minimum(RADIUS_KM[name] / np.asarray(distance_km, float), 1.0)))


def separation_rad(one: Floats, other: Floats) -> Floats:
    """Angle between vectors (..., 3) that need no unit length; exact for small angles too."""
    a = one / np.linalg.norm(one, axis=-1, keepdims=True)
    b = other / np.linalg.norm(other, axis=-1, keepdims=True)
    return np.asarray(2.0 * np.arctan2(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1)))
