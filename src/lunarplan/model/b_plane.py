"""The B-plane: where an incoming hyperbola aims, and the hyperbola that passes where one wants it to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.kernels import bplane
from lunarplan.model.rows import RowResult, full_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

ICRF_POLE = (0.0, 0.0, 1.0)


class BPlaneStatus(IntEnum):
    """What became of a row of `b_plane` or `aim_b_plane`."""

    OK = bplane.OK
    NOT_HYPERBOLIC = bplane.NOT_HYPERBOLIC
    POLAR_ASYMPTOTE = bplane.POLAR_ASYMPTOTE
    UNREACHABLE = bplane.UNREACHABLE
    BAD_INPUT = bplane.BAD_INPUT


@dataclass(frozen=True)
class BPlane(RowResult):
    """Where incoming hyperbolas aim: S along the incoming asymptote, T = S x pole, R = S x T.

    b_dot_t_km, b_dot_r_km : float64[...]
    ltof_s   : float64[...], linearised time of flight: the time to periapsis less gm / v_inf**3 ln e
    b_km, s_axis, t_axis, r_axis : float64[..., 3]
    partials : float64[..., 3, 6] of B.T (km), B.R (km) and ltof (s) with respect to the state; None unless asked for
    status   : int8[...], a BPlaneStatus
    """

    b_dot_t_km: Floats
    b_dot_r_km: Floats
    ltof_s: Floats
    b_km: Floats
    s_axis: Floats
    t_axis: Floats
    r_axis: Floats
    partials: Floats | None
    status: NDArray[np.int8]

    _codes = BPlaneStatus

    @property
    def b_magnitude_km(self) -> Floats:
        """The impact parameter."""
        return np.asarray(np.linalg.norm(self.b_km, axis=-1))


def b_plane(states: ArrayLike, gm: ArrayLike, *, pole: ArrayLike = ICRF_POLE, partials: bool = False) -> BPlane:
    """Return the B-plane parameters of states about the body they approach.

    states : float64[..., 6], km and km/s, relative to the body;  gm : float64[...], km3/s2
    pole   : float64[..., 3], any length; +z of the states' axes unless given

    Statuses: NOT_HYPERBOLIC, POLAR_ASYMPTOTE, BAD_INPUT. Raises InputError for wrong shapes.

    Source: see `lunarplan.kernels.bplane`.
    """
    (rows, gms, poles), shape = full_rows(states=(states, 6), gm=(gm, 1), pole=(pole, 3))
    n = len(rows)
    out, slopes, status = np.empty((n, bplane.SIZE)), np.empty((n, 3, 6 if partials else 0)), np.empty(n, np.int8)
    bplane.b_plane_many(rows, gms, poles, out, slopes, status)
    out = out.reshape(*shape, bplane.SIZE)
    b, s, t, r = (out[..., first : first + 3] for first in (bplane.B, bplane.S, bplane.T, bplane.R))
    return BPlane(
        out[..., bplane.B_DOT_T],
        out[..., bplane.B_DOT_R],
        out[..., bplane.LTOF],
        b,
        s,
        t,
        r,
        slopes.reshape(*shape, 3, 6) if partials else None,
        status.reshape(shape),
    )


@dataclass(frozen=True)
class BPlaneAim(RowResult):
    """The hyperbola that passes at a given radius and inclination.

    b_dot_t_km, b_dot_r_km  : float64[...];  states : float64[..., 6], km and km/s at periapsis
    minimum_inclination_deg : float64[...], the asymptote's angle to the equator; the highest is 180 deg less it
    status                  : int8[...], a BPlaneStatus
    """

    b_dot_t_km: Floats
    b_dot_r_km: Floats
    states: Floats
    minimum_inclination_deg: Floats
    status: NDArray[np.int8]

    _codes = BPlaneStatus


def aim_b_plane(
    v_infinity_km_s: ArrayLike,
    periapsis_radius_km: ArrayLike,
    inclination_deg: ArrayLike,
    gm: ArrayLike,
    *,
    pole: ArrayLike = ICRF_POLE,
) -> tuple[BPlaneAim, BPlaneAim]:
    """Return both hyperbolas with an incoming velocity at infinity, a periapsis radius and an inclination to the pole.

    v_infinity_km_s : float64[..., 3];  pole : float64[..., 3], any length; +z unless given
    First the one with B.R >= 0, whose B points away from the pole, then its mirror image with B.R <= 0.

    Statuses: UNREACHABLE (inclination below `minimum_inclination_deg` or above 180 deg less it), POLAR_ASYMPTOTE,
    NOT_HYPERBOLIC (no velocity at infinity), BAD_INPUT. Raises InputError for wrong shapes.
    """
    (incoming, radius, inclination, gms, poles), shape = full_rows(
        v_infinity_km_s=(v_infinity_km_s, 3),
        periapsis_radius_km=(periapsis_radius_km, 1),
        inclination_deg=(inclination_deg, 1),
        gm=(gm, 1),
        pole=(pole, 3),
    )
    columns = incoming, gms, radius, np.radians(inclination), poles
    return _aim(columns, 1.0, shape), _aim(columns, -1.0, shape)


def _aim(columns: tuple[Floats, ...], side: float, shape: tuple[int, ...]) -> BPlaneAim:
    n = len(columns[0])
    out, status = np.empty((n, 9)), np.empty(n, np.int8)
    bplane.aim_many(*columns, side, out, status)
    out = out.reshape(*shape, 9)
    return BPlaneAim(out[..., 0], out[..., 1], out[..., 2:8], np.degrees(out[..., 8]), status.reshape(shape))
