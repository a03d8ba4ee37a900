"""Values that constraints on light and sight are about: who sees whom, how high, when a transfer arrives or leaves.

All take transfers that are ok and return float64[N] in degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.rows import numbers
from lunarplan.model.sky import angular_radius_rad, apparent_position, local_axes, separation_rad
from lunarplan.model.stations import GroundStation, earth_fixed, ellipsoid_position, itrf_axes, station_sky
from lunarplan.model.surface import Place, sky

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lunarplan.transfers.to_moon.direct import Transfers

    Floats = NDArray[np.float64]

EAST, WEST = "east", "west"


@dataclass(frozen=True)
class Elevation:
    """Of a body over a landing site, some time after perilune."""

    body: str
    place: Place
    wait_s: float

    def __call__(self, transfers: Transfers) -> Floats:
        epochs = transfers.problem.perilune_tdb + self.wait_s
        return sky(self.place, self.body, epochs, transfers.forces.source).elevation_deg


@dataclass(frozen=True)
class SideOfSky:
    """How far a body stands on one side of the meridian of a landing site, deg; 90 is due east or west, level."""

    body: str
    place: Place
    wait_s: float
    side: str

    def __call__(self, transfers: Transfers) -> Floats:
        epochs = transfers.problem.perilune_tdb + self.wait_s
        east = np.degrees(sky(self.place, self.body, epochs, transfers.forces.source).eastward_rad)
        return east if self.side == EAST else -east


@dataclass(frozen=True)
class SunOverSite:
    """Elevation of the Sun over a place on the Earth at lift-off."""

    site: GroundStation

    def __call__(self, transfers: Transfers) -> Floats:
        if np.isnan(transfers.launch_tdb).any():
            remedy = "solve the transfers with launch=LaunchTie.from_site(...)"
            raise InputError("these transfers have no lift-off", where="launch_tdb", remedy=remedy)
        return station_sky(self.site, "sun", transfers.launch_tdb, transfers.forces.source).elevation_deg


def earth_over_moon(transfers: Transfers) -> Floats:
    """How far the Earth's centre stands beside the Moon's limb as seen from perilune; negative behind the Moon."""
    to_earth = _to_earth(transfers) - transfers.perilune_states[:, :3]
    return _beside_the_moon(transfers, to_earth)


@dataclass(frozen=True)
class Contact:
    """How far the best station has the spacecraft above its least elevation, at injection ("tli") or perilune ("loi").

    At perilune the station also has to stand beside the Moon's limb, by any amount.
    """

    event: str
    stations: tuple[GroundStation, ...]
    at_least_deg: float

    def __call__(self, transfers: Transfers) -> Floats:
        contact = self._at_injection if self.event == "tli" else self._at_perilune
        return np.asarray(np.max(contact(transfers), axis=0))

    def _at_injection(self, transfers: Transfers) -> list[Floats]:
        fixed = earth_fixed(transfers.injection_states[:, :3], transfers.injection_tdb)
        return [s.sky_of_fixed(fixed).elevation_deg - self.at_least_deg for s in self.stations]

    def _at_perilune(self, transfers: Transfers) -> list[Floats]:
        axes = itrf_axes(transfers.problem.perilune_tdb)
        to_earth = _to_earth(transfers) - transfers.perilune_states[:, :3]
        from_earth = np.einsum("nij,nj->ni", axes, -to_earth)
        margins = []
        for station in self.stations:
            elevation = station.sky_of_fixed(from_earth).elevation_deg - self.at_least_deg
            to_station = to_earth + np.einsum("nji,j->ni", axes, station.position_km)
            margins.append(np.minimum(elevation, _beside_the_moon(transfers, to_station)))
        return margins


def _to_earth(transfers: Transfers) -> Floats:
    return transfers.forces.source.position("earth", "moon", transfers.problem.perilune_tdb)


def _beside_the_moon(transfers: Transfers, line: Floats) -> Floats:
    """Angle between a line of sight from perilune and the Moon's limb, deg."""
    down = -transfers.perilune_states[:, :3]
    distance = np.linalg.norm(down, axis=1)
    return np.degrees(separation_rad(line, down) - angular_radius_rad("moon", np.maximum(distance, RADIUS_KM["moon"])))


def splash_down_lighting(epoch: Any, latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
    """Elevation of the Sun over places on the Earth's seas at given epochs, deg, float64[...]; no refraction.

    epoch : anything `tdb_seconds` reads; latitude_deg, longitude_deg : geodetic; all broadcast

    A function of epoch and place alone. Raises InputError for what is out of range, and epochs outside the ephemeris.
    """
    latitude = _in_range("latitude_deg", latitude_deg, 90.0)
    longitude = _in_range("longitude_deg", longitude_deg, 360.0)
    epochs = np.asarray(tdb_seconds(epoch), float)
    sun = earth_fixed(apparent_position("sun", "earth", epochs, Ephemeris.packaged()), epochs)
    axes = local_axes(np.radians(latitude), np.radians(longitude))
    return axes.sky(sun - ellipsoid_position(latitude, longitude)).elevation_deg


def _in_range(name: str, value: ArrayLike, limit: float) -> Floats:
    degrees = numbers(name, value, 1)
    bad = ~(np.abs(degrees) <= limit)
    if bad.any():
        raise InputError(f"{degrees[bad].flat[0]:g} deg", where=name, allowed=f"{-limit:g} to {limit:g} deg")
    return degrees
