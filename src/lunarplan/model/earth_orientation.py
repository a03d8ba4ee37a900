"""How far the Earth has turned, and where its pole stands on the crust, without a network.

The table is the IERS Bulletin A (1973 to a year from its issue) in the package `astropy-iers-data`, which
astropy installs. Outside it UT1 - TAI and the pole keep their last values: an estimate, which `estimated`
marks.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import astropy_iers_data
import erfa
import numpy as np
import numpy.typing as npt

from lunarplan.errors import DataError
from lunarplan.model.constants import J2000_JD, J2000_MJD, SECONDS_PER_DAY
from lunarplan.model.epochs import tai_minus_utc, tai_seconds, tt_seconds

FloatArray = npt.NDArray[np.float64]

_ARCSEC = np.pi / 648000.0
_RATE_RAD_S = 2.0 * np.pi * 1.00273781191135448 / SECONDS_PER_DAY  # IERS Conventions 2010, eq. 5.15


class EarthOrientation(NamedTuple):
    """UT1 - TAI in s, the pole's coordinates x, y in rad, and whether they lie outside the IERS table."""

    ut1_minus_tai_s: FloatArray
    x_rad: FloatArray
    y_rad: FloatArray
    estimated: npt.NDArray[np.bool_]


def earth_orientation(tdb: npt.ArrayLike) -> EarthOrientation:
    """Return the Earth's orientation parameters at TDB seconds past J2000 (...)."""
    mjd, ut1_minus_tai, x, y = _bulletin_a()
    at = J2000_MJD + tai_seconds(tdb) / SECONDS_PER_DAY
    ut1, x, y = (np.asarray(np.interp(at, mjd, column)) for column in (ut1_minus_tai, x, y))
    return EarthOrientation(ut1, x, y, np.asarray((at < mjd[0]) | (at > mjd[-1])))


def itrf_matrix(tdb: npt.ArrayLike) -> FloatArray:
    """Return the rotation ICRF -> ITRF, (..., 3, 3).

    Source: IAU 2006/2000A precession-nutation and Earth rotation angle (ERFA c2t06a); celestial pole
    offsets, some tenths of a milliarcsecond, are left out.
    """
    orientation = earth_orientation(tdb)
    ut1 = tai_seconds(tdb) + orientation.ut1_minus_tai_s
    return np.asarray(
        erfa.c2t06a(
            J2000_JD,
            tt_seconds(tdb) / SECONDS_PER_DAY,
            J2000_JD,
            ut1 / SECONDS_PER_DAY,
            orientation.x_rad,
            orientation.y_rad,
        )
    )


def itrf_rate(tdb: npt.ArrayLike) -> FloatArray:
    """Return the angular velocity of ITRF relative to ICRF, along ITRF, (..., 3) in rad/s.

    The slow motion of the pole in space is left out: 0.02 mm/s at the Earth's surface.
    """
    orientation = earth_orientation(tdb)
    pole = np.stack([orientation.x_rad, -orientation.y_rad, np.ones_like(orientation.x_rad)], axis=-1)
    return _RATE_RAD_S * pole


@cache
def _bulletin_a() -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Return MJD (UTC), UT1 - TAI (s), x and y (rad) of every day in the table."""
    path = Path(astropy_iers_data.IERS_A_FILE)
    try:
        lines = [line for line in path.read_text(encoding="ascii").splitlines() if line[58:68].strip()]
        columns = [slice(7, 15), slice(18, 27), slice(37, 46), slice(58, 68)]
        table = np.array([[float(line[column]) for column in columns] for line in lines])
        mjd, x, y, ut1_minus_utc = table.T
    except (OSError, ValueError) as error:
        raise DataError(f"not a Bulletin A: {error}", where=str(path), remedy="reinstall astropy-iers-data") from error
    offset = tai_minus_utc(mjd.astype(np.int64), np.zeros_like(mjd))
    return mjd, ut1_minus_utc - offset, x * _ARCSEC, y * _ARCSEC
