"""The Earth's equator of date, and how far the Earth has turned: what ties a launch site to an orbital plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import erfa
import numpy as np

from lunarplan.model.constants import J2000_JD, SECONDS_PER_DAY
from lunarplan.model.epochs import utc_days

MJD_ZERO_JD = 2400000.5

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


def equator_of_date(tdb: ArrayLike) -> Floats:
    """Rotation from ICRF to the true equator and equinox of date, float64[..., 3, 3].

    Source: IAU 2000B precession-nutation (ERFA pnm00b), 1 milliarcsecond.
    """
    t = np.asarray(tdb, float)
    return np.asarray(erfa.pnm00b(J2000_JD, t / SECONDS_PER_DAY))


def sidereal_angle(tdb: ArrayLike) -> Floats:
    """Greenwich apparent sidereal angle, rad, float64[...].

    UT1 is taken as UTC: they differ by less than 0.9 s, which shifts a launch by as much.
    Source: ERFA gst00b.
    """
    mjd, seconds = utc_days(tdb)
    return np.asarray(erfa.gst00b(MJD_ZERO_JD + mjd, seconds / SECONDS_PER_DAY))
