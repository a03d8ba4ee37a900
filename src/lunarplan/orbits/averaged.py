"""The potential of the Moon's zonal harmonics, averaged over a revolution: what moves perilune and eccentricity slowly.

To first order: the mean of the zonal potential over the mean anomaly, by quadrature that is exact for it; the Earth
enters with its quadrupole, averaged over its own orbit, which is taken as circular and in the lunar equator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.forces import ForceModel
from lunarplan.model.gravity_field import GravityField

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EARTH_DISTANCE_KM = 384_400.0
_RELATIVE_STEP = 1e-4  # of the differences that make the partials


def mean_potential(
    a: Floats, k: Floats, h: Floats, inclination_rad: Floats, field: GravityField, degree: int, *, earth: bool = True
) -> Floats:
    """Return the disturbing potential averaged over a revolution, km2/s2; arguments of one shape.

    a    : semi-major axis, km
    k, h : e cos(argp) and e sin(argp)

    Source: Kaula (1966), Theory of Satellite Geodesy, eqs. (3.70)-(3.76) with m = 0, by quadrature instead of
    inclination and eccentricity functions; Kozai (1962) for the quadrupole of the Earth.
    """
    e2 = k * k + h * h
    anomaly, weight = _quadrature(degree)
    e, argp = np.sqrt(e2), np.arctan2(h, k)
    # dM = (r / a)^2 / sqrt(1 - e^2) dnu, so that (R / r)^(n + 1) dM has no denominator: a polynomial in cosines
    factor = 1.0 + e[..., None] * np.cos(anomaly)
    ratio = (field.radius_km / (a * (1.0 - e2)))[..., None] * factor
    sine = np.sin(inclination_rad)[..., None] * np.sin(argp[..., None] + anomaly)
    total = _zonal_sum(ratio, sine, field, degree) / factor**2
    zonal = field.gm_km3_s2 / field.radius_km * (1.0 - e2) ** 1.5 * (total * weight).sum(axis=-1)
    return np.asarray(zonal + (_earth_mean(a, k, h, e2, inclination_rad) if earth else 0.0))


def perilune_rates(
    a: Floats, k: Floats, h: Floats, inclination_rad: Floats, field: GravityField, degree: int, *, earth: bool = True
) -> tuple[Floats, Floats]:
    """Return the rates of e cos(argp) and e sin(argp), 1/s, by Lagrange's equations for a mean potential."""
    step = _RELATIVE_STEP

    def partial(dk: float, dh: float, di: float) -> Floats:
        up, down = (
            mean_potential(a, k + s * dk, h + s * dh, inclination_rad + s * di, field, degree, earth=earth)
            for s in (step, -step)
        )
        return (up - down) / (2.0 * step)

    eta = np.sqrt(1.0 - k * k - h * h)
    na2 = np.sqrt(field.gm_km3_s2 * a)
    turn = partial(0.0, 0.0, 1.0) * np.cos(inclination_rad) / (na2 * eta * np.sin(inclination_rad))
    return -eta * partial(0.0, 1.0, 0.0) / na2 + h * turn, eta * partial(1.0, 0.0, 0.0) / na2 - k * turn


def _quadrature(degree: int) -> tuple[Floats, Floats]:
    """True anomalies and weights: the trapezoidal rule, exact for the cosines that occur."""
    points = 2 * degree + 4
    return np.asarray(np.arange(points) * (2.0 * np.pi / points)), np.full(points, 1.0 / points)


def _zonal_sum(ratio: Floats, sine: Floats, field: GravityField, degree: int) -> Floats:
    """Sum of J-terms C_n0 (R / r)^(n + 1) P_n(sin latitude) from degree 2."""
    before, now = np.ones_like(sine), sine
    total, power = np.zeros_like(sine), ratio * ratio
    for n in range(2, degree + 1):
        before, now = now, ((2 * n - 1) * sine * now - (n - 1) * before) / n
        power = power * ratio
        total += np.sqrt(2 * n + 1.0) * field.c[n, 0] * power * now
    return total


def _earth_mean(a: Floats, k: Floats, h: Floats, e2: Floats, inclination_rad: Floats) -> Floats:
    """Quadrupole of the Earth averaged over both orbits, the Earth's in the reference plane."""
    size = ForceModel().gm("earth") * a * a / (16.0 * EARTH_DISTANCE_KM**3)
    cosine2 = np.cos(inclination_rad) ** 2
    return np.asarray(size * ((2.0 + 3.0 * e2) * (3.0 * cosine2 - 1.0) + 15.0 * (1.0 - cosine2) * (k * k - h * h)))
