"""Libration points and the linear motion about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from lunarplan.errors import InputError
from lunarplan.model.rows import scalar

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

COLLINEAR = ("L1", "L2", "L3")
TRIANGULAR = ("L4", "L5")
LEAST_MU = 1e-15  # below it nothing is left of the smaller body beside the rounding of its place
_ALMOST = 0.999  # L1 lies short of the larger primary


@dataclass(frozen=True)
class LinearMotion:
    """Motion near a collinear point, in units of the mean motion.

    gamma  : distance to the nearer primary (of L3: the larger), of the distance of the primaries
    c2     : second coefficient of the expansion of the potential
    growth : rate at which a departure in the plane grows
    planar, vertical : frequencies of the oscillations in and out of the plane
    ratio  : amplitude along y over that along x of the planar oscillation

    Source: Richardson 1980, Celestial Mechanics 22:241, eqs. (8)-(10).
    """

    gamma: float
    c2: float
    growth: float
    planar: float
    vertical: float
    ratio: float


def libration_points(mu: float) -> Floats:
    """Positions of L1 to L5, float64[5, 3], barycentric rotating."""
    scalar("mu", mu, LEAST_MU, 0.5)
    points = np.zeros((5, 3))
    points[:3, 0] = [_place(mu, point) for point in COLLINEAR]
    points[3:, 0] = 0.5 - mu
    points[3:, 1] = np.sqrt(0.75), -np.sqrt(0.75)
    return points


def gamma(mu: float, point: str) -> float:
    """Distance of L1 or L2 from the smaller primary, of L3 from the larger, of the distance of the primaries."""
    scalar("mu", mu, LEAST_MU, 0.5)
    collinear(point)
    # Euler's quintic, written as a balance of accelerations that has one root between the bounds.
    if point == "L3":
        return float(brentq(lambda g: _pull_l3(g, mu), 0.3, 1.5, xtol=1e-16, rtol=1e-15))
    side = -1.0 if point == "L1" else 1.0
    hill = (mu / 3.0) ** (1.0 / 3.0)
    return float(
        brentq(lambda g: _pull_near(g, mu, side), 0.2 * hill, min(3.0 * hill, _ALMOST), xtol=1e-18, rtol=1e-15)
    )


def linear_motion(mu: float, point: str) -> LinearMotion:
    """Linear motion about L1, L2 or L3."""
    c2 = expansion(mu, point, 2)
    root = np.sqrt(c2 * (9.0 * c2 - 8.0))
    planar, growth = np.sqrt(0.5 * (2.0 - c2 + root)), np.sqrt(0.5 * (c2 - 2.0 + root))
    ratio = (planar**2 + 1.0 + 2.0 * c2) / (2.0 * planar)
    return LinearMotion(gamma(mu, point), c2, float(growth), float(planar), float(np.sqrt(c2)), float(ratio))


def triangular_frequencies(mu: float) -> tuple[float, float]:
    """Frequencies of the short- and of the long-period motion about L4 and L5.

    Raises InputError where mu is above Routh's value, 0.0385, and the points are unstable.
    """
    scalar("mu", mu, LEAST_MU, 0.5)
    inner = 1.0 - 27.0 * mu * (1.0 - mu)
    if inner <= 0.0:
        routh = 0.5 * (1.0 - np.sqrt(23.0 / 27.0))
        raise InputError(f"{mu!r}", where="mu", allowed=f"below {routh:.7f}, where L4 and L5 are stable")
    root = np.sqrt(inner)
    return float(np.sqrt(0.5 * (1.0 + root))), float(np.sqrt(0.5 * (1.0 - root)))


def expansion(mu: float, point: str, n: int) -> float:
    """Coefficient c_n of the potential about a collinear point. Source: Richardson 1980, eq. (8)."""
    g = gamma(mu, point)
    if point == "L1":
        return float((mu + (-1.0) ** n * (1.0 - mu) * (g / (1.0 - g)) ** (n + 1)) / g**3)
    if point == "L2":
        return float((-1.0) ** n * (mu + (1.0 - mu) * (g / (1.0 + g)) ** (n + 1)) / g**3)
    return float((1.0 - mu + mu * (g / (1.0 + g)) ** (n + 1)) / g**3)


def collinear(point: str) -> str:
    """Return the name of a collinear point; raises InputError for another."""
    if point not in COLLINEAR:
        raise InputError(f"{point!r}", where="point", allowed=", ".join(COLLINEAR))
    return point


def _place(mu: float, point: str) -> float:
    g = gamma(mu, point)
    return {"L1": 1.0 - mu - g, "L2": 1.0 - mu + g, "L3": -mu - g}[point]


def _pull_near(g: float, mu: float, side: float) -> float:
    """Acceleration along x at 1 - mu + side g, times side g^2, without the difference of near equals."""
    far = 1.0 + side * g
    # x - (1 - mu) / far^2 with x = far - mu: (1 - mu) (far - 1 / far^2) + mu (far - 1)
    centrifugal = (1.0 - mu) * (far**3 - 1.0) / far**2 + mu * side * g
    return side * centrifugal * g * g - mu


def _pull_l3(g: float, mu: float) -> float:
    return (g + mu) - (1.0 - mu) / g**2 - mu / (1.0 + g) ** 2
