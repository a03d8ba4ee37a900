"""DE440 by jplephem, for peers that have no ephemeris of their own, and the change from Chebyshev series to powers."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from jplephem.spk import SPK
from numpy.polynomial import chebyshev

from lunarplan.model import data
from lunarplan.model.ephemeris import Ephemeris


@cache
def spk() -> SPK:
    return SPK.open(str(data.packaged(data.EPHEMERIS)))


def bodies(tdb: Any, later: Any = 0.0) -> tuple[Any, Any]:
    """Moon and Sun relative to the Earth, km, float64[3, N], by jplephem, at tdb + later.

    In two parts because a double holds TDB to 0.1 us, 0.1 mm of the Moon's way: too coarse to differentiate.
    """
    day = np.floor(tdb / 86400.0)
    jd, part = 2451545.0 + day, (tdb - 86400.0 * day + later) / 86400.0
    kernel = spk()
    earth = kernel[3, 399].compute(jd, part)[:3]
    sun = kernel[0, 10].compute(jd, part)[:3] - kernel[0, 3].compute(jd, part)[:3] - earth
    return kernel[3, 301].compute(jd, part)[:3] - earth, sun


def moon_turn(tdb: Any) -> Any:
    """Rotation ICRF -> lunar principal axes, float64[9, N]."""
    return Ephemeris.packaged().moon_pa(tdb).reshape(-1, 9).T


@cache
def to_powers(degree: int) -> Any:
    """Row k: the Chebyshev polynomial T_k in powers."""
    out = np.zeros((degree + 1, degree + 1))
    for k in range(degree + 1):
        powers = chebyshev.cheb2poly(np.eye(degree + 1)[k])
        out[k, : len(powers)] = powers
    return out
