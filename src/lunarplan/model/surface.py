"""What stands where in the sky of a place on the Moon.

    place = Place(-41.6385, -153.9852)
    sky(place, "sun", "2024-06-01T22:23:00").elevation_deg

Places are in mean-Earth axes, as on maps. The horizon is that of a sphere; terrain comes on top of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.bodies import body_name
from lunarplan.model.constants import RADIUS_KM, SPEED_OF_LIGHT_KM_S
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import position_at, rotation
from lunarplan.model.rows import numbers
from lunarplan.model.sky import LocalAxes, Sky, apparent_position, local_axes
from lunarplan.model.stations import GroundStation, itrf_axes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_LOWEST_KM, _HIGHEST_KM = -20.0, 1e6


@dataclass(frozen=True)
class Place:
    """A place on the Moon, or an array of places that broadcasts against epochs.

    latitude_deg, longitude_deg : selenographic (planetocentric), mean-Earth axes, east positive
    height_km                   : over the sphere of 1737.4 km

    Raises InputError for coordinates out of range, NaN, or shapes that do not go together.
    """

    latitude_deg: ArrayLike
    longitude_deg: ArrayLike
    height_km: ArrayLike = 0.0

    def __post_init__(self) -> None:
        given = (
            ("latitude_deg", -90.0, 90.0, "deg"),
            ("longitude_deg", -360.0, 360.0, "deg"),
            ("height_km", _LOWEST_KM, _HIGHEST_KM, "km"),
        )
        columns = [_within(name, getattr(self, name), low, high, unit) for name, low, high, unit in given]
        try:
            np.broadcast_shapes(*(c.shape for c in columns))
        except ValueError:
            shapes = ", ".join(str(c.shape) for c in columns)
            raise InputError(f"shapes {shapes} do not go together", where="Place") from None

    @property
    def position_km(self) -> Floats:
        """Place vectors from the Moon's centre, (..., 3), MOON_ME."""
        latitude, longitude = np.radians(self.latitude_deg), np.radians(self.longitude_deg)
        return position_at(latitude, longitude, RADIUS_KM["moon"] + np.asarray(self.height_km, float))

    @property
    def axes(self) -> LocalAxes:
        """East, north and up, MOON_ME."""
        return local_axes(np.radians(self.latitude_deg), np.radians(self.longitude_deg))


def _within(name: str, value: ArrayLike, low: float, high: float, unit: str) -> Floats:
    a = numbers(f"Place.{name}", value, 1)
    bad = ~((a >= low) & (a <= high))
    if bad.any():
        raise InputError(f"{a[bad].flat[0]:g} {unit}", where=f"Place.{name}", allowed=f"{low:g} to {high:g} {unit}")
    return a


def sky(place: Place, target: str | GroundStation, tdb: Any, ephemeris: Ephemeris | None = None) -> Sky:
    """Where a body, or a station on the Earth, is seen from places on the Moon.

    tdb : epochs (...), anything `tdb_seconds` reads; they broadcast against the places

    Light time and aberration (20 arcsec) are in it; the Earth is its centre. To 1e-4 deg. Raises InputError for unknown
    bodies, and epochs outside the ephemeris.
    """
    seen = seen_from_moon(target, tdb, ephemeris)
    return place.axes.sky(seen - place.position_km)


def sky_of(place: Place, positions_km: ArrayLike, tdb: Any, ephemeris: Ephemeris | None = None) -> Sky:
    """Where given positions stand in the sky of places on the Moon, as they are: no light time.

    positions_km : (..., 3), from the Moon's centre, ICRF, at epochs ``tdb`` (...)

    Raises InputError for positions that are not finite and epochs outside the ephemeris.
    """
    positions = numbers("positions_km", positions_km, 3)
    if not np.isfinite(positions).all():
        raise InputError("not finite", where="positions_km", allowed="km from the Moon's centre, ICRF")
    turn = rotation("moon_me", _epochs(tdb), ephemeris or Ephemeris.packaged())
    return place.axes.sky(np.einsum("...ij,...j->...i", turn, positions) - place.position_km)


def seen_from_moon(target: str | GroundStation, tdb: Any, ephemeris: Ephemeris | None = None) -> Floats:
    """Where a body or a station on the Earth is seen from the Moon's centre, (..., 3) in km, MOON_ME.

    For any number of places at the same epochs: less `Place.position_km` it is what they see, to 3e-5 deg (aberration
    of the parallax) and a light time of 6 ms.
    """
    ephemeris = ephemeris or Ephemeris.packaged()
    epochs = _epochs(tdb)
    if isinstance(target, GroundStation):
        icrf = _station(target, epochs, ephemeris)
    elif body_name(target) == "moon":
        raise InputError("the Moon is not in its own sky", where="target", remedy="name another body")
    else:
        icrf = apparent_position(target, "moon", epochs, ephemeris)
    return np.asarray(np.einsum("...ij,...j->...i", rotation("moon_me", epochs, ephemeris), icrf))


def _station(station: GroundStation, epochs: Floats, ephemeris: Ephemeris) -> Floats:
    """Where a station is seen from the Moon's centre, ICRF: the Earth has turned by 0.6 km meanwhile."""
    late = np.linalg.norm(ephemeris.position("earth", "moon", epochs), axis=-1) / SPEED_OF_LIGHT_KM_S
    left = np.asarray(epochs - late)
    place = np.einsum("...ji,j->...i", itrf_axes(left), station.position_km)
    return np.asarray(ephemeris.position("earth", "moon", left) + place)


def _epochs(tdb: Any) -> Floats:
    return np.asarray(tdb_seconds(tdb), float)
