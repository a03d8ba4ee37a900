"""Two-body tools: Lambert's problem, Kepler propagation; and in one place classical elements, asymptotes, the B-plane.

Everything takes one row or any batch of rows, broadcast against one another: positions ``(..., 3)`` in km, velocities
in km/s, states ``(..., 6)``, times in s, ``gm`` in km3/s2. A row without an answer gets a status and NaN, and the
others go on: see ``status``, ``ok``, ``reason(i)`` and ``require()`` of every result. Axes and centre are the caller's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels import kepler
from lunarplan.kernels import lambert as lambert_kernel
from lunarplan.model.b_plane import ICRF_POLE, BPlane, BPlaneAim, BPlaneStatus, aim_b_plane, b_plane
from lunarplan.model.elements import Asymptotes, Elements, OrbitStatus, asymptotes, elements_from_states
from lunarplan.model.rows import RowResult, broadcast_rows, full_rows, run_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = [
    "Asymptotes",
    "BPlane",
    "BPlaneAim",
    "BPlaneStatus",
    "Elements",
    "KeplerPropagation",
    "KeplerStatus",
    "LambertSolution",
    "LambertStatus",
    "OrbitStatus",
    "aim_b_plane",
    "asymptotes",
    "b_plane",
    "elements_from_states",
    "lambert",
    "lambert_all",
    "propagate_two_body",
]

_MAX_REVOLUTIONS = 10_000


class LambertStatus(IntEnum):
    """What became of a row of `lambert`."""

    OK = lambert_kernel.OK
    COLLINEAR = lambert_kernel.COLLINEAR
    RECTILINEAR = lambert_kernel.RECTILINEAR
    NO_SOLUTION = lambert_kernel.NO_SOLUTION
    NOT_CONVERGED = lambert_kernel.NOT_CONVERGED
    BAD_INPUT = lambert_kernel.BAD_INPUT


class KeplerStatus(IntEnum):
    """What became of a row of `propagate_two_body`."""

    OK = kepler.OK
    NOT_CONVERGED = kepler.NOT_CONVERGED
    BAD_INPUT = kepler.BAD_INPUT


# ---------------------------------------------------------------- Lambert


@dataclass(frozen=True)
class LambertSolution(RowResult):
    """Velocities that join two places in a given time.

    v1, v2         : float64[..., 3], km/s at r1 and at r2; NaN where not ``ok``
    status         : int8[...], a LambertStatus
    shortest_tof_s : float64[...], s, the least time with that many whole revolutions; 0 without any
    revolutions    : int64[...], whole revolutions, as asked for
    branch         : "left" or "right", as asked for
    """

    v1: Floats
    v2: Floats
    status: NDArray[np.int8]
    shortest_tof_s: Floats
    revolutions: NDArray[np.int64]
    branch: Literal["left", "right"]

    _codes = LambertStatus


def lambert(
    r1: ArrayLike,
    r2: ArrayLike,
    tof_s: ArrayLike,
    gm: ArrayLike,
    *,
    revolutions: ArrayLike = 0,
    retrograde: bool = False,
    branch: Literal["left", "right"] = "left",
    normal: ArrayLike | None = None,
) -> LambertSolution:
    """Return the velocities that take a body from r1 to r2 in a given time, on a conic about the centre.

    r1, r2      : float64[..., 3], km
    tof_s       : float64[...], s, > 0
    gm          : float64[...], km3/s2, > 0
    revolutions : int[...], whole revolutions on the way; with one or more there are two solutions, or none
    retrograde  : whether the angular momentum points away from the pole, which is `normal`, or +z without it
    branch      : which of the two: "right" the low path, "left" the high one; they meet at the shortest time
    normal      : float64[..., 3], the pole; where the places are half a turn apart and leave the plane open, it is also
                  the direction of the angular momentum (its part at right angles to r1)

    Statuses: COLLINEAR (half a turn without a normal, or the same place twice), RECTILINEAR (same direction: only a
    straight line joins them), NO_SOLUTION (too short for the revolutions: see `shortest_tof_s`), BAD_INPUT (not finite,
    or a radius, time or gm not positive), NOT_CONVERGED. In a plane through the pole r1 x r2 counts as prograde.
    Raises InputError for wrong shapes or options.

    Source: see `lunarplan.kernels.lambert`.
    """
    if branch not in ("left", "right"):
        raise InputError(f"{branch!r} is not a branch", where="branch", allowed="'left', 'right'")
    if not isinstance(retrograde, bool | np.bool_):
        raise InputError(f"{retrograde!r} is not a truth value", where="retrograde", allowed="True, False")
    turns = _revolutions(revolutions)
    pole = ICRF_POLE if normal is None else normal
    columns, shape = broadcast_rows(
        r1=(r1, 3), r2=(r2, 3), tof_s=(tof_s, 1), gm=(gm, 1), normal=(pole, 3), revolutions=(math.pi * turns, 1)
    )
    n = math.prod(shape)
    v, status, shortest = np.empty((2, n, 3)), np.empty(n, np.int8), np.zeros(n if turns.any() else 0)
    solver = lambert_kernel.solver(bool(turns.any()), normal is not None)
    given = [part for column in columns for part in column]
    sense, side = -1.0 if retrograde else 1.0, -1.0 if branch == "left" else 1.0
    out = v[0].reshape(-1), v[1].reshape(-1), status, shortest
    run_rows(lambda first, last: solver(*given, sense, side, *out, first, last), n, lambert_kernel.BLOCK)
    return LambertSolution(
        v1=v[0].reshape(*shape, 3),
        v2=v[1].reshape(*shape, 3),
        status=status.reshape(shape),
        shortest_tof_s=shortest.reshape(shape) if shortest.size else np.broadcast_to(0.0, shape),
        revolutions=np.broadcast_to(turns, shape),
        branch=branch,
    )


def lambert_all(
    r1: ArrayLike,
    r2: ArrayLike,
    tof_s: ArrayLike,
    gm: ArrayLike,
    *,
    max_revolutions: int = 100,
    retrograde: bool = False,
    normal: ArrayLike | None = None,
) -> tuple[LambertSolution, ...]:
    """Return every solution: the direct one, then left and right for one revolution, two, ... while any row has them.

    Arguments as for `lambert`; at most `max_revolutions`.
    """
    found = [lambert(r1, r2, tof_s, gm, retrograde=retrograde, normal=normal)]
    for turns in range(1, max_revolutions + 1):
        pair = [
            lambert(r1, r2, tof_s, gm, revolutions=turns, retrograde=retrograde, branch=branch, normal=normal)
            for branch in ("left", "right")
        ]
        if not pair[0].ok.any():
            break
        found += pair
    return tuple(found)


def _revolutions(value: ArrayLike) -> NDArray[np.int64]:
    try:
        turns = np.asarray(value)
        sound = turns.dtype.kind in "iu" and bool((turns >= 0).all() and (turns <= _MAX_REVOLUTIONS).all())
    except ValueError:  # rows of different lengths
        sound = False
    if not sound:
        raise InputError(
            f"{value!r} is not a number of revolutions",
            where="revolutions",
            allowed=f"whole numbers from 0 to {_MAX_REVOLUTIONS}",
        )
    return turns.astype(np.int64)


# ---------------------------------------------------------------- Kepler


@dataclass(frozen=True)
class KeplerPropagation(RowResult):
    """States after a time, on their conics.

    states : float64[..., 6], km and km/s; NaN where not ``ok``
    stm    : float64[..., 6, 6], partials of the end with respect to the start; None unless asked for
    status : int8[...], a KeplerStatus
    """

    states: Floats
    stm: Floats | None
    status: NDArray[np.int8]

    _codes = KeplerStatus


def propagate_two_body(states: ArrayLike, dt_s: ArrayLike, gm: ArrayLike, *, stm: bool = False) -> KeplerPropagation:
    """Return where states are after a time of either sign, on any conic; exact but for rounding.

    states : float64[..., 6], km and km/s;  dt_s : float64[...], s;  gm : float64[...], km3/s2, > 0
    stm    : whether to return the exact partials too

    Statuses: BAD_INPUT (not finite, or zero radius, or gm not positive), NOT_CONVERGED. A straight fall bounces at the
    centre, the limit of ever thinner ellipses. Raises InputError for wrong shapes.

    Source: see `lunarplan.kernels.kepler`.
    """
    (rows, dt, gms), shape = full_rows(states=(states, 6), dt_s=(dt_s, 1), gm=(gm, 1))
    n = len(rows)
    out, partials, status = np.empty((n, 6)), np.empty((n, 6, 6) if stm else (n, 0, 0)), np.empty(n, np.int8)
    propagate = kepler.propagator()
    run_rows(lambda first, last: propagate(rows, dt, gms, out, partials, status, first, last), n, 64)
    return KeplerPropagation(
        states=out.reshape(*shape, 6),
        stm=partials.reshape(*shape, 6, 6) if stm else None,
        status=status.reshape(shape),
    )
