"""Ground stations on the Earth: WGS 84 coordinates, each with its source and how far to trust it, and their sky."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import erfa
import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import EARTH_FLATTENING, J2000_JD, RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.earth_orientation import earth_orientation
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tai_seconds, tdb_seconds
from lunarplan.model.rows import numbers, scalar
from lunarplan.model.sky import LocalAxes, Sky, apparent_position, local_axes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class GroundStation:
    """A place on the Earth from which spacecraft are followed.

    latitude_deg, longitude_deg : geodetic, WGS 84, east positive
    height_km  : over the ellipsoid
    network    : "DSN", "ESTRACK", ... or empty
    source     : where the coordinates come from
    confidence : "high" (to some 10 m), "medium" (to some 100 m) or "low" (to some km)

    Raises InputError for coordinates out of range.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    height_km: float = 0.0
    title: str = ""
    network: str = ""
    source: str = "given by the user"
    confidence: str = "high"

    def __post_init__(self) -> None:
        scalar("GroundStation.latitude_deg", self.latitude_deg, -90.0, 90.0, "deg")
        scalar("GroundStation.longitude_deg", self.longitude_deg, -360.0, 360.0, "deg")
        scalar("GroundStation.height_km", self.height_km, -1.0, 100.0, "km")

    @property
    def position_km(self) -> Floats:
        """Place vector from the Earth's centre, (3,), ITRF."""
        return ellipsoid_position(self.latitude_deg, self.longitude_deg, self.height_km)

    @property
    def axes(self) -> LocalAxes:
        """East, north and the ellipsoid's normal, ITRF."""
        return local_axes(np.radians(self.latitude_deg), np.radians(self.longitude_deg))

    def sky_of_fixed(self, positions_km: Floats) -> Sky:
        """Where positions from the Earth's centre stand, (..., 3), ITRF: see `earth_fixed`."""
        return self.axes.sky(positions_km - self.position_km)


def ellipsoid_position(latitude_deg: ArrayLike, longitude_deg: ArrayLike, height_km: ArrayLike = 0.0) -> Floats:
    """Place vectors from the Earth's centre, (..., 3) in km, ITRF, of geodetic WGS 84 coordinates."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    polar = (1.0 - EARTH_FLATTENING) ** 2
    normal = RADIUS_KM["earth"] / np.hypot(np.cos(latitude), (1.0 - EARTH_FLATTENING) * np.sin(latitude))
    height = np.asarray(height_km, float)
    out = (normal + height) * np.cos(latitude)
    up = (polar * normal + height) * np.sin(latitude)
    return np.stack(np.broadcast_arrays(out * np.cos(longitude), out * np.sin(longitude), up), axis=-1)


def station_sky_of(station: GroundStation, positions_km: ArrayLike, tdb: Any) -> Sky:
    """Where positions stand in the sky of a station, as they are: no light time, no refraction.

    positions_km : (..., 3), from the Earth's centre, ICRF, at epochs ``tdb`` (...)

    From the distance of the Moon light takes 1.3 s, in which the Earth turns by 0.005 deg. Raises InputError for
    positions that are not finite.
    """
    return station.sky_of_fixed(earth_fixed(positions_km, tdb))


def station_sky(station: GroundStation, target: str, tdb: Any, ephemeris: Ephemeris | None = None) -> Sky:
    """Where a body is seen from a station: light time and annual aberration are in it, refraction is not.

    Raises InputError for unknown bodies and epochs outside the ephemeris.
    """
    epochs = np.asarray(tdb_seconds(tdb), float)
    seen = apparent_position(target, "earth", epochs, ephemeris or Ephemeris.packaged())
    return station.sky_of_fixed(earth_fixed(seen, epochs))


def earth_fixed(positions_km: ArrayLike, tdb: Any) -> Floats:
    """Turn positions (..., 3) from the Earth's centre from ICRF to ITRF: once, for any number of stations."""
    positions = numbers("positions_km", positions_km, 3)
    if not np.isfinite(positions).all():
        raise InputError("not finite", where="positions_km", allowed="km from the Earth's centre, ICRF")
    turn = itrf_axes(np.asarray(tdb_seconds(tdb), float))
    return np.asarray(np.einsum("...ij,...j->...i", turn, positions))


def itrf_axes(tdb: Floats) -> Floats:
    """Rotation ICRF -> ITRF, (..., 3, 3), as frames.rotation("itrf") to 2 milliarcseconds, in a tenth of its time.

    Source: IAU 2000B precession-nutation (ERFA xys00b) with the Earth rotation angle; 3e-7 deg against the 0.001 deg
    a sky needs, and a scan asks for it at hundreds of thousands of epochs.
    """
    orientation = earth_orientation(tdb)
    ut1 = tai_seconds(tdb) + orientation.ut1_minus_tai_s
    days = np.asarray(tdb, float) / SECONDS_PER_DAY  # TDB for TT: 2 ms move the pole by 1e-14 rad
    celestial = erfa.c2ixys(*erfa.xys00b(J2000_JD, days))
    terrestrial = erfa.pom00(orientation.x_rad, orientation.y_rad, erfa.sp00(J2000_JD, days))
    return np.asarray(erfa.c2tcio(celestial, erfa.era00(J2000_JD, ut1 / SECONDS_PER_DAY), terrestrial))


_DSN = "JPL, DSN station coordinates of 27 October 2008; as allocated to KPLO (2023)"
_NAIF = "NAIF, frame kernel malargue.tf of January 2013 (W. Folkner)"
_ESA = "ESA SPICE service, ESTRACK frame kernel 0.4 (2021); the height is an estimate"
_IKI = "ESA SPICE service, ExoMars frame kernel earthstns_ru_20191031.tf"
_VLBI = "geocentric coordinates used in VLBI correlation"
_PUBLIC = "public encyclopedias; the height is an estimate"
_MAPS = "estimate, from public maps"

STATIONS: dict[str, GroundStation] = {
    station.name: station
    for station in (
        GroundStation("bear-lakes", 55.86821, 37.95167, 0.2096, "RT-64 Bear Lakes, Russia", "OKB MEI", _IKI),
        GroundStation("byalalu", 12.90177, 77.36819, 0.85, "IDSN 32 m Byalalu, India", "ISRO", _PUBLIC, "medium"),
        GroundStation("canberra", -35.402424, 148.981267, 0.6889, "DSS-43 Canberra, Australia", "DSN", _DSN),
        GroundStation("cebreros", 40.45269, -4.36755, 0.79, "Cebreros DSA 2, Spain", "ESTRACK", _ESA),
        GroundStation("goldstone", 35.425901, -116.889538, 1.0014, "DSS-14 Goldstone, USA", "DSN", _DSN),
        GroundStation("jiamusi", 46.494, 130.771, 0.15, "Jiamusi 66 m, China", "CLTC", _MAPS, "low"),
        GroundStation("kashgar", 38.421, 76.714, 1.35, "Kashgar 35 m, China", "CLTC", _MAPS, "low"),
        GroundStation("madrid", 40.431210, -4.248009, 0.8648, "DSS-63 Madrid, Spain", "DSN", _DSN),
        GroundStation("malargue", -35.77597, -69.398178, 1.5718, "Malargue DSA 3, Argentina", "ESTRACK", _NAIF),
        GroundStation("misasa", 36.14, 138.35, 1.6, "Misasa 54 m, Japan", "JAXA", _MAPS, "low"),
        GroundStation("neuquen", -38.1914, -70.1495, 1.1, "Neuquen 35 m, Argentina", "CLTC", _PUBLIC, "medium"),
        GroundStation("new-norcia", -31.048225, 116.191498, 0.25, "New Norcia DSA 1, Australia", "ESTRACK", _ESA),
        GroundStation("usuda", 36.13237, 138.36277, 1.527, "Usuda 64 m, Japan", "JAXA", _VLBI, "medium"),
    )
}
_ALIASES = {
    "dss-14": "goldstone",
    "dss-43": "canberra",
    "dss-63": "madrid",
    "kashi": "kashgar",
    "rt-64": "bear-lakes",
    "bangalore": "byalalu",
}
NETWORKS = tuple(sorted({station.network for station in STATIONS.values()}))


def ground_station(name: str) -> GroundStation:
    """Return a station by name; letter case, blanks and underscores do not matter.

    Raises InputError with the closest known names if there is no such station.
    """
    key = _key(name)
    key = _ALIASES.get(key, key)
    if key in STATIONS:
        return STATIONS[key]
    close = get_close_matches(key, [*STATIONS, *_ALIASES], n=3, cutoff=0.5)
    raise InputError(
        f"unknown ground station {str(name)[:40]!r}",
        allowed=", ".join(STATIONS) + "; or a GroundStation",
        remedy=f"did you mean {' or '.join(close)}?" if close else "use a name listed or make a GroundStation",
    )


def ground_stations(
    named: str | GroundStation | Iterable[str | GroundStation],
) -> tuple[GroundStation, ...]:
    """Return the stations that are meant: names, networks ("DSN"), stations of one's own, or a list of these.

    Raises InputError for a name that is neither, and for an empty list.
    """
    listed = [named] if isinstance(named, str | GroundStation) else list(named)
    if not listed:
        raise InputError("no station is named", where="stations", allowed=", ".join((*NETWORKS, *STATIONS)))
    found = [station for item in listed for station in _meant(item)]
    return tuple(dict.fromkeys(found))


def _meant(item: str | GroundStation) -> list[GroundStation]:
    if isinstance(item, GroundStation):
        return [item]
    network = [s for s in STATIONS.values() if isinstance(item, str) and _key(s.network) == _key(item)]
    return network or [ground_station(item)]


def _key(name: object) -> str:
    return "-".join(str(name).lower().replace("_", " ").replace("-", " ").split())
