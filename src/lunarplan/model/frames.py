"""Axes: how vectors turn between ICRF and the frames people read.

    icrf                 International Celestial Reference Frame ("J2000" of SPICE)
    moon_pa              the Moon's principal axes, DE440: those of gravity fields
    moon_me              the Moon's mean-Earth axes: those of maps, terrain and landing sites
    earth_moon_rotating  x from Earth to Moon, z along their orbital angular momentum, of the instant
    itrf                 International Terrestrial Reference Frame

Axes only turn vectors; a vector's centre stays its own. A rotation R takes components in ICRF to components
in the axes; with w the angular velocity of the axes along themselves, the velocity in them is R v - w x (R
r).
"""

from difflib import get_close_matches

import numpy as np
import numpy.typing as npt

from lunarplan.errors import InputError
from lunarplan.model.constants import MOON_PA_TO_ME_ARCSEC
from lunarplan.model.earth_orientation import itrf_matrix, itrf_rate
from lunarplan.model.ephemeris import Ephemeris

FloatArray = npt.NDArray[np.float64]

AXES = ("icrf", "moon_pa", "moon_me", "earth_moon_rotating", "itrf")


def axes_name(axes: str) -> str:
    """Return the canonical name of axes; raises InputError with the closest names if there are none such."""
    key = axes.strip().lower() if isinstance(axes, str) else ""
    if key in AXES:
        return key
    close = get_close_matches(key, AXES, n=2)
    raise InputError(
        f"unknown axes {axes!r}",
        where="axes",
        allowed=", ".join(AXES),
        remedy=f"did you mean {' or '.join(map(repr, close))}?" if close else "use one of the names listed",
    )


def rotation(axes: str, tdb: npt.ArrayLike, ephemeris: Ephemeris) -> FloatArray:
    """Return the rotation ICRF -> axes at TDB seconds past J2000 (...), (..., 3, 3); its rows are the axes.

    Raises InputError for unknown axes or an epoch outside the ephemeris.
    """
    match axes_name(axes):
        case "moon_pa":
            return ephemeris.moon_pa(tdb)
        case "moon_me":
            return pa_to_me() @ ephemeris.moon_pa(tdb)
        case "earth_moon_rotating":
            return _earth_moon_matrix(ephemeris.state("moon", "earth", tdb))
        case "itrf":
            return itrf_matrix(tdb)
    return np.broadcast_to(np.eye(3), (*np.shape(tdb), 3, 3))


def rotation_rate(axes: str, tdb: npt.ArrayLike, ephemeris: Ephemeris) -> FloatArray:
    """Return the angular velocity of the axes relative to ICRF, along the axes, (..., 3) in rad/s.

    Raises InputError for unknown axes or an epoch outside the ephemeris.
    """
    match axes_name(axes):
        case "moon_pa":
            return ephemeris.moon_pa_rate(tdb)
        case "moon_me":
            return ephemeris.moon_pa_rate(tdb) @ pa_to_me().T
        case "earth_moon_rotating":
            return _earth_moon_rate(ephemeris, tdb)
        case "itrf":
            return itrf_rate(tdb)
    return np.zeros((*np.shape(tdb), 3))


def pa_to_me() -> FloatArray:
    """Return the constant rotation MOON_PA -> MOON_ME of DE440, (3, 3).

    The frame kernel states the opposite turn, from ME to PA; taken the wrong way round it is 1.8 km at the
    surface.

    Source: Park et al. 2021, AJ 161:105.
    """
    about_z, about_y, about_x = (np.deg2rad(angle / 3600.0) for angle in MOON_PA_TO_ME_ARCSEC)
    return _about(0, -about_x) @ _about(1, -about_y) @ _about(2, -about_z)


def turned(rv: FloatArray, tdb: npt.ArrayLike, from_axes: str, to_axes: str, ephemeris: Ephemeris) -> FloatArray:
    """Return states (..., 6) in km and km/s, given in one set of axes, in another at the same centre.

    Raises InputError for unknown axes or an epoch outside the ephemeris.
    """
    from_axes, to_axes = axes_name(from_axes), axes_name(to_axes)
    if from_axes == to_axes:
        return rv
    r, v = rv[..., :3], rv[..., 3:]
    if from_axes != "icrf":
        back = np.swapaxes(rotation(from_axes, tdb, ephemeris), -1, -2)
        v = _apply(back, v + np.cross(rotation_rate(from_axes, tdb, ephemeris), r))
        r = _apply(back, r)
    if to_axes != "icrf":
        forth = rotation(to_axes, tdb, ephemeris)
        r, v = _apply(forth, r), _apply(forth, v)
        v = v - np.cross(rotation_rate(to_axes, tdb, ephemeris), r)
    return np.concatenate([r, v], axis=-1)


def latitude_longitude_radius(position_km: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return planetocentric latitude (rad), longitude (rad, -pi to pi, east) and radius (km) of positions
    (..., 3).

    Selenographic coordinates if the positions are in MOON_ME from the Moon's centre.
    """
    x, y, z = np.moveaxis(np.asarray(position_km, dtype=np.float64), -1, 0)
    across = np.hypot(x, y)
    return np.arctan2(z, across), np.arctan2(y, x), np.hypot(across, z)


def position_at(latitude_rad: npt.ArrayLike, longitude_rad: npt.ArrayLike, radius_km: npt.ArrayLike) -> FloatArray:
    """Return positions (..., 3) in km from planetocentric latitude and longitude (rad) and radius (km)."""
    latitude, longitude, radius = np.broadcast_arrays(latitude_rad, longitude_rad, radius_km)
    across = np.cos(latitude)
    unit = np.stack([across * np.cos(longitude), across * np.sin(longitude), np.sin(latitude)], axis=-1)
    return np.asarray(radius[..., np.newaxis] * unit)


def _about(axis: int, angle: float) -> FloatArray:
    """Return the rotation of axes by an angle about one of them."""
    c, s = np.cos(angle), np.sin(angle)
    out = np.eye(3)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out[i, i], out[i, j], out[j, i], out[j, j] = c, s, -s, c
    return out


def _earth_moon_matrix(moon: FloatArray) -> FloatArray:
    x = _unit(moon[..., :3])
    z = _unit(np.cross(moon[..., :3], moon[..., 3:]))
    return np.stack([x, np.cross(z, x), z], axis=-2)


def _earth_moon_rate(ephemeris: Ephemeris, tdb: npt.ArrayLike) -> FloatArray:
    """The axes turn about z with the Moon, and about x as its acceleration tilts the orbital plane."""
    moon = ephemeris.state("moon", "earth", tdb)
    acceleration = ephemeris.acceleration("moon", "earth", tdb)
    momentum = np.cross(moon[..., :3], moon[..., 3:])
    r, h = np.linalg.norm(moon[..., :3], axis=-1), np.linalg.norm(momentum, axis=-1)
    tilt = r * (acceleration * momentum).sum(axis=-1) / (h * h)
    return np.stack([tilt, np.zeros_like(tilt), h / (r * r)], axis=-1)


def _unit(vector: FloatArray) -> FloatArray:
    return np.asarray(vector / np.linalg.norm(vector, axis=-1, keepdims=True))


def _apply(matrix: FloatArray, vector: FloatArray) -> FloatArray:
    return np.asarray((matrix @ vector[..., np.newaxis])[..., 0])
