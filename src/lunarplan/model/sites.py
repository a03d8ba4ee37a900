"""Launch sites: geodetic WGS 84 coordinates, each with its source and how far to trust it."""

import math
from dataclasses import dataclass
from difflib import get_close_matches

from lunarplan.errors import InputError
from lunarplan.model.constants import EARTH_FLATTENING


@dataclass(frozen=True)
class LaunchSite:
    """Where a launch vehicle stands.

    latitude_deg, longitude_deg : geodetic, east positive
    source     : where the coordinates come from
    confidence : "high" (to some 10 m), "medium" (to some 100 m) or "low" (to some km)
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    title: str = ""
    source: str = "given by the user"
    confidence: str = "high"

    @property
    def latitude_rad(self) -> float:
        return math.radians(self.latitude_deg)

    @property
    def geocentric_latitude_rad(self) -> float:
        """Latitude of the place vector, which orbit planes pass through; up to 0.19 deg from the geodetic one."""
        return math.atan((1.0 - EARTH_FLATTENING) ** 2 * math.tan(self.latitude_rad))

    @property
    def longitude_rad(self) -> float:
        return math.radians(self.longitude_deg)

    def inclination_rad(self, azimuth_rad: float) -> float:
        """Return the inclination of the orbit plane that leaves this site at an inertial azimuth.

        Source: spherical triangle, cos i = cos(geocentric latitude) sin(azimuth).
        """
        return math.acos(math.cos(self.geocentric_latitude_rad) * math.sin(azimuth_rad))

    def azimuth_rad(self, inclination_rad: float, *, southbound: bool = False) -> float:
        """Return the inertial launch azimuth, 0 to 2 pi, into a plane of the given inclination.

        Of the two azimuths the northbound one is returned unless `southbound`.

        Raises InputError if the plane does not pass over the site.
        """
        least = abs(math.degrees(self.geocentric_latitude_rad))
        sine = math.cos(inclination_rad) / math.cos(self.geocentric_latitude_rad)
        if abs(sine) > 1.0 + 1e-12:
            degrees = math.degrees(inclination_rad)
            raise InputError(
                f"inclination {degrees:.3f} deg is out of reach from geocentric latitude {least:.3f} deg",
                allowed=f"{least:.3f} to {180.0 - least:.3f} deg",
                remedy="choose an inclination in that range, or another site",
            )
        northbound = math.asin(max(-1.0, min(1.0, sine)))
        return math.pi - northbound if southbound else northbound % math.tau


_PUBLISHED = "published pad coordinates"
_LISTED = "The Space Devs, Launch Library 2, pad coordinates"
_SURVEY = "satellite imagery, as listed in public pad catalogues"

SITES: dict[str, LaunchSite] = {
    site.name: site
    for site in (
        LaunchSite("baikonur", 45.9960, 63.5640, "Baikonur 31/6, Kazakhstan", _SURVEY),
        LaunchSite("cape-slc-40", 28.5619, -80.5774, "Cape Canaveral SLC-40, USA", _PUBLISHED),
        LaunchSite("kourou", 5.2390, -52.7685, "Kourou ELA-3, French Guiana", _SURVEY, "medium"),
        LaunchSite("ksc-39a", 28.6084, -80.6043, "Kennedy Space Center LC-39A, USA", _PUBLISHED),
        LaunchSite("ksc-39b", 28.6272, -80.6209, "Kennedy Space Center LC-39B, USA", _PUBLISHED),
        LaunchSite("mahia", -39.2615, 177.8649, "Mahia LC-1, New Zealand", _PUBLISHED),
        LaunchSite("sriharikota", 13.7199, 80.2304, "Satish Dhawan SLP, India", _PUBLISHED),
        LaunchSite("tanegashima", 30.4009, 130.9770, "Tanegashima LA-Y1, Japan", _SURVEY, "medium"),
        LaunchSite("vostochny", 51.8844, 128.3339, "Vostochny 1S, Russia", _PUBLISHED),
        LaunchSite("wenchang-commercial-1", 19.5973, 110.9308, "Hainan Commercial LC-1, China", _LISTED, "medium"),
        LaunchSite("wenchang-101", 19.6145, 110.9511, "Wenchang LC-101, China", _PUBLISHED),
        LaunchSite("wenchang-201", 19.6194, 110.9560, "Wenchang LC-201, China", _SURVEY, "low"),
    )
}
_ALIASES = {"ksc": "ksc-39b", "cape": "cape-slc-40", "wenchang": "wenchang-101", "kennedy": "ksc-39b"}


def launch_site(name: str) -> LaunchSite:
    """Return a launch site by name; letter case, blanks and underscores do not matter.

    Raises InputError with the closest known names if there is no such site.
    """
    key = "-".join(name.lower().replace("_", " ").replace("-", " ").split())
    key = _ALIASES.get(key, key)
    if key in SITES:
        return SITES[key]
    close = get_close_matches(key, [*SITES, *_ALIASES], n=3, cutoff=0.5)
    raise InputError(
        f"unknown launch site {name[:40]!r}",
        allowed=", ".join(SITES) + ", or { latitude, longitude }",
        remedy=f"did you mean {' or '.join(close)}?" if close else "use a name listed or give coordinates",
    )
