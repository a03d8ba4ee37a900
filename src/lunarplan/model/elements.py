"""Classical elements of conics, and the asymptotes of hyperbolas."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels import elements as kernel
from lunarplan.model.rows import RowResult, full_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


class OrbitStatus(IntEnum):
    """What became of a row of `elements_from_states` or `asymptotes`."""

    OK = kernel.OK
    RECTILINEAR = kernel.RECTILINEAR
    NOT_HYPERBOLIC = kernel.NOT_HYPERBOLIC
    BAD_INPUT = kernel.BAD_INPUT


@dataclass(frozen=True)
class Elements(RowResult):
    """Classical elements of conics, one value or an array of any shape each.

    True anomaly from -180 to 180 deg, negative before periapsis. Equatorial: raan is 0, argp is counted from +x along
    the motion. Circular: argp is 0, the anomaly is counted from the node. A rectilinear orbit keeps its semi-major
    axis, has a semi-latus rectum of 0 and an eccentricity of 1, and no angles: status RECTILINEAR.
    """

    semi_latus_rectum_km: Floats
    eccentricity: Floats
    inclination_deg: Floats
    raan_deg: Floats
    argp_deg: Floats
    true_anomaly_deg: Floats
    semi_major_axis_km: Floats
    gm_km3_s2: Floats
    status: NDArray[np.int8]

    _codes = OrbitStatus

    @classmethod
    def from_periapsis(
        cls,
        periapsis_radius_km: ArrayLike,
        eccentricity: ArrayLike,
        inclination_deg: ArrayLike,
        raan_deg: ArrayLike,
        argp_deg: ArrayLike,
        true_anomaly_deg: ArrayLike,
        gm: ArrayLike,
    ) -> Self:
        """Return elements of any conic given by its periapsis radius; gm in km3/s2.

        Raises InputError unless all are finite, radius and gm > 0, eccentricity >= 0, inclination between 0 and
        180 deg, and the anomaly within the asymptotes.
        """
        given = periapsis_radius_km, eccentricity, inclination_deg, raan_deg, argp_deg, true_anomaly_deg, gm
        try:
            rp, e, i, raan, argp, nu, gms = (
                np.array(a) for a in np.broadcast_arrays(*(np.asarray(g, np.float64) for g in given))
            )
        except (TypeError, ValueError) as error:
            raise InputError(f"elements are not arrays that match: {error}", where="Elements") from None
        _demand(np.isfinite(rp + e + i + raan + argp + nu + gms), "is not finite", "finite numbers")
        _demand((rp > 0.0) & (gms > 0.0), "has no positive periapsis radius or gm", "> 0 km, > 0 km3/s2")
        _demand(e >= 0.0, "has a negative eccentricity", ">= 0")
        _demand((i >= 0.0) & (i <= 180.0), "has no such inclination", "0 to 180 deg")
        _demand(1.0 + e * np.cos(np.radians(nu)) > 0.0, "lies beyond the asymptote", "1 + e cos(anomaly) > 0")
        with np.errstate(divide="ignore"):
            axis = rp / (1.0 - e)
        return cls(rp * (1.0 + e), e, i, raan, argp, nu, axis, gms, np.zeros(rp.shape, np.int8))

    @classmethod
    def from_axis(
        cls,
        semi_major_axis_km: ArrayLike,
        eccentricity: ArrayLike,
        inclination_deg: ArrayLike,
        raan_deg: ArrayLike,
        argp_deg: ArrayLike,
        true_anomaly_deg: ArrayLike,
        gm: ArrayLike,
    ) -> Self:
        """Return elements of an ellipse, or of a hyperbola by its negative semi-major axis; as `from_periapsis`."""
        radius = np.asarray(semi_major_axis_km, np.float64) * (1.0 - np.asarray(eccentricity, np.float64))
        return cls.from_periapsis(radius, eccentricity, inclination_deg, raan_deg, argp_deg, true_anomaly_deg, gm)

    @property
    def periapsis_radius_km(self) -> Floats:
        return self.semi_latus_rectum_km / (1.0 + self.eccentricity)

    @property
    def apoapsis_radius_km(self) -> Floats:
        """Infinite unless the orbit is an ellipse."""
        unbound = self.semi_major_axis_km < 0.0
        return np.where(unbound, np.inf, self.semi_major_axis_km * (1.0 + self.eccentricity))

    @property
    def period_s(self) -> Floats:
        """Infinite unless the orbit is an ellipse."""
        a = np.where(self.semi_major_axis_km < 0.0, np.inf, self.semi_major_axis_km)
        return np.asarray(2.0 * math.pi * np.sqrt(a**3 / self.gm_km3_s2))

    @property
    def energy_km2_s2(self) -> Floats:
        """Specific energy; half of C3."""
        return -0.5 * self.gm_km3_s2 / self.semi_major_axis_km

    def states(self) -> Floats:
        """Return the states (..., 6) in km and km/s; NaN where the elements are not ``ok``."""
        angles = self.inclination_deg, self.raan_deg, self.argp_deg, self.true_anomaly_deg
        rows = np.stack([self.semi_latus_rectum_km, self.eccentricity, *np.radians(angles)], axis=-1)
        (flat, gms), shape = full_rows(elements=(rows, 6), gm=(self.gm_km3_s2, 1))
        out, status = np.empty(flat.shape), np.empty(len(flat), np.int8)
        kernel.states_many(flat, gms, out, status)
        return out.reshape(*shape, 6)


def elements_from_states(states: ArrayLike, gm: ArrayLike) -> Elements:
    """Return the classical elements of states (..., 6) in km and km/s about a body of gm (...) in km3/s2.

    Statuses: RECTILINEAR, BAD_INPUT (not finite, zero radius, gm not positive). Raises InputError for wrong shapes.
    """
    (rows, gms), shape = full_rows(states=(states, 6), gm=(gm, 1))
    out, status = np.empty((len(rows), 7)), np.empty(len(rows), np.int8)
    kernel.elements_many(rows, gms, out, status)
    p, e, *angles, axis = (column.reshape(shape) for column in out.T)
    inclination, raan, argp, anomaly = np.degrees(angles)
    return Elements(p, e, inclination, raan, argp, anomaly, axis, gms.reshape(shape), status.reshape(shape))


def _demand(held: Any, what: str, allowed: str) -> None:
    """Raise InputError for the first row where a condition does not hold."""
    if not np.all(held):
        index = tuple(int(i) for i in np.argwhere(~np.asarray(held))[0])
        raise InputError(
            f"row {index[0] if len(index) == 1 else index} {what}" if index else what, where="Elements", allowed=allowed
        )


@dataclass(frozen=True)
class Asymptotes(RowResult):
    """Velocities at infinity of hyperbolas, both along the motion.

    incoming_km_s, outgoing_km_s : float64[..., 3]; NaN where not ``ok``
    status                       : int8[...], an OrbitStatus
    """

    incoming_km_s: Floats
    outgoing_km_s: Floats
    status: NDArray[np.int8]

    _codes = OrbitStatus

    @property
    def v_infinity_km_s(self) -> Floats:
        return np.asarray(np.linalg.norm(self.outgoing_km_s, axis=-1))

    @property
    def c3_km2_s2(self) -> Floats:
        return self.v_infinity_km_s**2

    @property
    def incoming_declination_deg(self) -> Floats:
        return _declination_deg(self.incoming_km_s)

    @property
    def incoming_right_ascension_deg(self) -> Floats:
        return _right_ascension_deg(self.incoming_km_s)

    @property
    def outgoing_declination_deg(self) -> Floats:
        return _declination_deg(self.outgoing_km_s)

    @property
    def outgoing_right_ascension_deg(self) -> Floats:
        return _right_ascension_deg(self.outgoing_km_s)


def asymptotes(states: ArrayLike, gm: ArrayLike) -> Asymptotes:
    """Return the asymptotes of the hyperbolas through states (..., 6) in km and km/s; gm (...) in km3/s2.

    Statuses: NOT_HYPERBOLIC, BAD_INPUT. Raises InputError for wrong shapes.
    """
    (rows, gms), shape = full_rows(states=(states, 6), gm=(gm, 1))
    out, status = np.empty_like(rows), np.empty(len(rows), np.int8)
    kernel.asymptotes_many(rows, gms, out, status)
    out = out.reshape(*shape, 6)
    return Asymptotes(out[..., :3], out[..., 3:], status.reshape(shape))


def _declination_deg(vector: Floats) -> Floats:
    return np.asarray(np.degrees(np.arctan2(vector[..., 2], np.hypot(vector[..., 0], vector[..., 1]))))


def _right_ascension_deg(vector: Floats) -> Floats:
    return np.asarray(np.degrees(np.arctan2(vector[..., 1], vector[..., 0])) % 360.0)
