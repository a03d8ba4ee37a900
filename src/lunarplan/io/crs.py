"""Coordinate systems of raster files, as the maps `lunarplan.terrain.projection` knows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from lunarplan.errors import InputError
from lunarplan.terrain.projection import MOON_RADIUS_M, Equirectangular, Projection, Stereographic

# Radii in m by which a foreign sphere is told: IAU WGCCRE 2015, mean and equatorial; WGS 84.
_BODIES = {
    "Earth": (6378137.0, 6371000.0),
    "Mars": (3396190.0, 3389500.0),
    "Mercury": (2440530.0, 2439400.0, 2439700.0),
    "Venus": (6051800.0,),
    "the Moon with another radius": (1738000.0, 1738140.0, 1738100.0, 1737100.0, 1737151.3, 1736000.0),
}
_UNITS_M = {"m": 1.0, "km": 1000.0, "us-ft": 1200.0 / 3937.0, "ft": 0.3048}
_KNOWN = "longitude and latitude, equirectangular, stereographic"
_WARP = "bring it to a stereographic map of the sphere of 1737.4 km, e.g. gdalwarp -t_srs IAU_2015:30135"


@dataclass(frozen=True)
class MapFrame:
    """A map, and how the coordinates of a file lie on it: metres = unit_m * (coordinate - false origin) + offset.

    unit_m : metres in a unit of the file's x and y; in files in degrees, those in a degree of the equator
    """

    projection: Projection
    unit_m: float
    offset_x_m: float = 0.0
    offset_y_m: float = 0.0


def map_frame(crs: Any, where: str) -> MapFrame:
    """Return the map of a rasterio CRS.

    Raises InputError for other bodies, ellipsoids, other prime meridians and maps not known here.
    """
    terms = crs.to_dict()
    _require_moon(terms, where)
    if terms.get("pm"):
        raise InputError(f"longitudes from {terms['pm']}", where=where, allowed="from the mean Earth direction")
    kind = terms.get("proj")
    if kind == "longlat":
        return MapFrame(Equirectangular(), math.radians(1.0) * MOON_RADIUS_M)
    unit = float(terms.get("to_meter", _UNITS_M.get(terms.get("units", "m"), math.nan)))
    if kind not in ("eqc", "stere", "sterea") or math.isnan(unit):
        raise InputError(f"the map {kind!r} in {terms.get('units')}", where=where, allowed=_KNOWN, remedy=_WARP)
    # PROJ gives false origins in metres, whatever the unit of the map
    east, north = -float(terms.get("x_0", 0.0)), -float(terms.get("y_0", 0.0))
    longitude = float(terms.get("lon_0", 0.0))
    if kind == "eqc":
        north += math.radians(float(terms.get("lat_0", 0.0))) * MOON_RADIUS_M
        return MapFrame(Equirectangular(longitude, float(terms.get("lat_ts", 0.0))), unit, east, north)
    latitude = float(terms.get("lat_0", 0.0))
    return MapFrame(Stereographic(latitude, longitude, _scale(terms, latitude)), unit, east, north)


def _scale(terms: dict[str, Any], latitude: float) -> float:
    """Scale at the centre; polar maps may give the latitude of true scale instead."""
    if abs(latitude) == 90.0 and "lat_ts" in terms:
        return 0.5 * (1.0 + math.sin(math.radians(abs(float(terms["lat_ts"])))))
    return float(terms.get("k", terms.get("k_0", 1.0)))


def _require_moon(terms: dict[str, Any], where: str) -> None:
    major = float(terms.get("R", terms.get("a", math.nan)))
    minor = float(terms.get("b", terms.get("R", major)))
    if "rf" in terms:
        minor = major * (1.0 - 1.0 / float(terms["rf"]))
    if math.isclose(major, MOON_RADIUS_M, abs_tol=0.5) and math.isclose(minor, MOON_RADIUS_M, abs_tol=0.5):
        return
    remedy = "give terrain of the Moon" if _body(terms, major) != "the Moon with another radius" else _WARP
    what = _body(terms, major)
    if not math.isnan(major):
        figure = f"radius {major / 1000.0:g} km" if major == minor else f"{major / 1000.0:g} x {minor / 1000.0:g} km"
        what = f"{what} ({figure})" if what else f"a body of {figure}"
    raise InputError(
        f"its coordinate system is of {what or 'an unknown body'}",
        where=where,
        allowed="the Moon, sphere of 1737.4 km",
        remedy=remedy,
    )


def _body(terms: dict[str, Any], radius: float) -> str:
    if "datum" in terms or "ellps" in terms:
        return f"the Earth ({terms.get('datum', terms.get('ellps'))})"
    return next((name for name, radii in _BODIES.items() if any(abs(radius - r) < 500.0 for r in radii)), "")
