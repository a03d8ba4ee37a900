"""The launch: how a site, turning with the Earth, meets a parking plane that drifts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import (
    EARTH_GRAVITY_RADIUS_KM,
    EARTH_J2,
    EARTH_ROTATION_RATE_RAD_S,
    GM_KM3_S2,
    RADIUS_KM,
)
from lunarplan.model.earth_equator import sidereal_angle
from lunarplan.model.rows import scalar
from lunarplan.model.sites import LaunchSite, launch_site

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_ON_THE_RIM = 1e-9  # sines; a plane whose highest latitude is the site's is fixed to half the digits


@dataclass(frozen=True)
class LaunchTie:
    """What makes the parking plane pass over a launch site at lift-off; `LaunchTie.from_site` makes one.

    longitude, latitude : of the site, rad, east positive; the latitude is geocentric
    southbound          : the launch azimuth is beyond 90 deg
    ascent_s            : from lift-off to parking-orbit insertion; ascent_angle: the arc flown meanwhile, rad
    revolutions         : full revolutions coasted before the one the injection is made in

    Raises InputError for values out of range or not finite.
    """

    longitude: float
    latitude: float
    southbound: bool
    ascent_s: float
    ascent_angle: float
    revolutions: int

    def __post_init__(self) -> None:
        scalar("LaunchTie.longitude", self.longitude, -2.0 * np.pi, 2.0 * np.pi, "rad")
        scalar("LaunchTie.latitude", self.latitude, -0.5 * np.pi, 0.5 * np.pi, "rad")
        scalar("LaunchTie.ascent_s", self.ascent_s, 0.0, 86_400.0, "s")
        scalar("LaunchTie.ascent_angle", self.ascent_angle, 0.0, 2.0 * np.pi, "rad")
        if not isinstance(self.southbound, bool | np.bool_):
            raise InputError(f"{self.southbound!r}", where="LaunchTie.southbound", allowed="True, False")
        if scalar("LaunchTie.revolutions", self.revolutions, 0, 1000) % 1:
            raise InputError(f"{self.revolutions}", where="LaunchTie.revolutions", allowed="whole revolutions")

    @classmethod
    def from_site(
        cls,
        site: str | LaunchSite,
        *,
        ascent_s: float = 600.0,
        ascent_angle_deg: float | None = None,
        southbound: bool = False,
        revolutions: int = 0,
        parking_altitude_km: float = 200.0,
    ) -> LaunchTie:
        """Return the tie to a launch site.

        site             : a name `launch_site` knows, such as "Wenchang", or a LaunchSite of one's own
        ascent_s         : from lift-off to parking-orbit insertion; ten minutes is an estimate
        ascent_angle_deg : the arc flown meanwhile; if not given, half of what the circular parking orbit at
                           ``parking_altitude_km`` would cover, as at a constant acceleration

        Raises InputError for a site that is not known, and for values out of range.
        """
        place = launch_site(site) if isinstance(site, str) else site
        if not isinstance(place, LaunchSite):
            raise InputError(f"a {type(place).__name__}", where="LaunchTie.site", allowed="a name, or a LaunchSite")
        scalar("LaunchSite.latitude_deg", place.latitude_deg, -90.0, 90.0, "deg")
        scalar("LaunchSite.longitude_deg", place.longitude_deg, -360.0, 360.0, "deg")
        if ascent_angle_deg is None:
            radius = RADIUS_KM["earth"] + scalar("LaunchTie.parking_altitude_km", parking_altitude_km, 0.0, 1e5, "km")
            flown = (
                0.5 * np.sqrt(GM_KM3_S2["earth"] / radius**3) * scalar("LaunchTie.ascent_s", ascent_s, 0.0, 86_400.0)
            )
        else:
            flown = np.radians(scalar("LaunchTie.ascent_angle_deg", ascent_angle_deg, 0.0, 360.0, "deg"))
        return cls(place.longitude_rad, place.geocentric_latitude_rad, southbound, ascent_s, float(flown), revolutions)


@dataclass(frozen=True)
class ParkingOrbits:
    """Circular parking orbits that launches from one site lead to; float64[N] each.

    inclination : to the equator of date, rad
    rate, node_rate : mean rates of the argument of latitude and of the node, rad/s
    whole_turns : what an argument of latitude at injection counts too much or too little, so that the coast is a smooth
                  function of it; None: the coast is brought into the revolution of the launch
    """

    launch: LaunchTie
    inclination: Floats
    rate: Floats
    node_rate: Floats
    whole_turns: Floats | None = None

    @classmethod
    def about_earth(
        cls, launch: LaunchTie, radius_km: Floats, inclination: Floats, gm: float, *, oblate: bool
    ) -> ParkingOrbits:
        """Return orbits of given radius, drifting with the Earth's J2 where it is ``oblate``.

        Source: Vallado (2013), Fundamentals of Astrodynamics and Applications, sec. 9.6, for a circular orbit.
        """
        motion, cosine = np.sqrt(gm / radius_km**3), np.cos(inclination)
        bulge = 1.5 * EARTH_J2 * (EARTH_GRAVITY_RADIUS_KM / radius_km) ** 2 * oblate
        rate = motion * (1.0 + bulge * (4.0 * cosine**2 - 1.0))
        return cls(launch, inclination, rate, -motion * bulge * cosine)

    @property
    def out_of_reach(self) -> NDArray[np.bool_]:
        """Planes that do not pass over the site."""
        beyond = np.abs(np.sin(self.launch.latitude)) - np.sin(self.inclination)
        return np.asarray(beyond > _ON_THE_RIM)

    def lift_off(self, argument: Floats, injection_tdb: Floats) -> tuple[Floats, Floats]:
        """Epoch of lift-off, and time coasted until the injection at an argument of latitude, s."""
        turns = self.turns(argument) if self.whole_turns is None else self.whole_turns
        coast = (self._from_insertion(argument) + 2.0 * np.pi * (self.launch.revolutions - turns)) / self.rate
        return injection_tdb - coast - self.launch.ascent_s, coast

    def turns(self, argument: Floats) -> Floats:
        """Whole turns from insertion to an argument of latitude, float64[N]; negative if it is counted as before."""
        return np.floor(self._from_insertion(argument) / (2.0 * np.pi))

    def revolutions_astray(self, coast: Floats) -> Floats:
        """How many revolutions a coast lies after (positive) or before the one the launch asks for, float64[N]."""
        return np.floor(coast * self.rate / (2.0 * np.pi)) - self.launch.revolutions

    def _from_insertion(self, argument: Floats) -> Floats:
        _, at_site = self._site_angles()
        return np.asarray(argument - at_site - self.launch.ascent_angle)

    def lateness(self, node: Floats, argument: Floats, injection_tdb: Floats) -> tuple[Floats, Floats]:
        """Seconds after lift-off at which the site turns under the plane, in +-12 h, for a node at the injection.

        Also its partials with respect to node, argument and injection epoch, float64[N, 3].
        """
        lift_off, coast = self.lift_off(argument, injection_tdb)
        east_of_node, _ = self._site_angles()
        site = sidereal_angle(lift_off) + self.launch.longitude - east_of_node
        late = np.remainder(node - self.node_rate * coast - site + np.pi, 2.0 * np.pi) - np.pi
        by_argument = (1.0 - self.node_rate / EARTH_ROTATION_RATE_RAD_S) / self.rate
        by_node = np.full_like(by_argument, 1.0 / EARTH_ROTATION_RATE_RAD_S)
        partials = np.stack([by_node, by_argument, -np.ones_like(by_argument)], axis=1)
        return late / EARTH_ROTATION_RATE_RAD_S, partials

    def _site_angles(self) -> tuple[Floats, Floats]:
        """Longitude of the site east of the ascending node, and its argument of latitude, in a plane over the site."""
        sine = np.sin(self.launch.latitude) / np.maximum(np.sin(self.inclination), 1e-12)
        rising = np.arcsin(np.clip(sine, -1.0, 1.0))
        argument = np.where(self.launch.southbound, np.pi - rising, rising)
        return np.arctan2(np.cos(self.inclination) * np.sin(argument), np.cos(argument)), argument
