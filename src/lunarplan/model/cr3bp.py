"""The circular restricted three-body problem: propagation in rotating axes, Jacobi constant.

States are barycentric, in the axes that rotate with the primaries (the larger at x = -mu, the smaller at 1 - mu), in
units of the primaries' distance and of their mean motion.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.kernels import blocks, nystrom, stages, tableaux
from lunarplan.kernels.cr3bp import THREE_BODY, Primaries
from lunarplan.kernels.jit import lane_width, run_blocks
from lunarplan.model.rows import numbers, scalar

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

# JPL three-body periodic orbit catalogue, Earth-Moon. Its length and time units are not the 384,400 km of the
# literature: name the set you use.
EARTH_MOON_MU = 1.215058560962404e-2
_MAX_STEPS = 1_000_000
_REASONS = {
    blocks.OK: "ok",
    blocks.NOT_FINITE: "the state is not finite, or met one of the two bodies",
    blocks.STEP_LIMIT: "step limit reached",
}
_FEW_ROWS = 3
_FIRST_STEP = 1e-3


@dataclass(frozen=True)
class ThreeBodyStates:
    """States at the end of each row's arc.

    states : float64[N, 6], rotating barycentric; NaN where not ``ok``
    stm    : float64[N, 6, 6] or None, in the same axes
    status : int8[N], 0 where solved; `reason(row)` puts it in words
    steps  : int32[N], steps tried
    """

    states: Floats
    stm: Floats | None
    status: NDArray[np.int8]
    steps: NDArray[np.int32]

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == blocks.OK)

    def reason(self, row: int) -> str:
        """Why a row failed, or "ok"."""
        return _REASONS[int(self.status[row])]

    def require(self) -> ThreeBodyStates:
        """Return self, or raise ConvergenceError, with the reason, if any row failed."""
        if not self.ok.all():
            bad = np.flatnonzero(~self.ok)
            raise ConvergenceError(
                f"{len(bad)} of {len(self.status)} rows failed; row {bad[0]}: {self.reason(bad[0])}",
                where="propagate_cr3bp",
                remedy="look at .status and .reason(row)",
            )
        return self


def propagate_cr3bp(
    states: ArrayLike,
    duration: ArrayLike,
    *,
    mu: float = EARTH_MOON_MU,
    stm: bool = False,
    tolerance: float = 1e-13,
    workers: int | None = None,
) -> ThreeBodyStates:
    """Propagate states for a duration each, forwards or backwards.

    states   : float64[N, 6] or [6]; duration : float64[N] or one for all

    Raises InputError for shapes that do not fit and a mu outside 0 to 0.5.
    """
    x, span = _checked(states, duration, mu, tolerance, workers)
    n = len(x)
    final, partials = np.empty((n, 6)), np.empty((n, 6, blocks.STATE if stm else 0))
    status, steps = np.zeros(n, np.int8), np.zeros(n, np.int32)
    if n:
        width = 1 if n <= _FEW_ROWS else min(lane_width(), 8 if stm else 16)
        kernel = _kernel(width, blocks.STATE if stm else 0)
        start = _to_inertial(x, mu)
        first_steps = np.copysign(np.minimum(_FIRST_STEP, np.abs(span)), span)
        zeros, rows = np.zeros(n), np.zeros((n, blocks.ROW_INPUTS))
        nowhere = np.zeros(n, np.int64)
        path = np.empty((n, 0, 8))

        def run(first: int, last: int) -> None:
            kernel(
                start, zeros, span, first_steps, nowhere, rows, Primaries(mu, 0.0, 0.0), tolerance, _MAX_STEPS,
                False, first, last, final, partials, status, steps, path, nowhere,
            )  # fmt: skip

        run_blocks(run, n, width, workers)
    turn = _turned(span)
    matrix = _from_inertial(turn)
    result = np.einsum("nij,nj->ni", matrix, final)
    result[:, 0] += 1.0 - mu
    phi = matrix @ partials @ _inertial_velocity() if stm else None
    return ThreeBodyStates(result, phi, status, steps)


def jacobi(states: ArrayLike, mu: float = EARTH_MOON_MU) -> Floats:
    """Jacobi constant C = 2 Omega - v2 with Omega = (x2 + y2) / 2 + (1 - mu) / r1 + mu / r2, float64[...]."""
    s = numbers("states", states, 6)
    x, y, z = s[..., 0], s[..., 1], s[..., 2]
    r1 = np.sqrt((x + mu) ** 2 + y**2 + z**2)
    r2 = np.sqrt((x - 1.0 + mu) ** 2 + y**2 + z**2)
    omega2 = x**2 + y**2 + 2.0 * (1.0 - mu) / r1 + 2.0 * mu / r2
    return np.asarray(omega2 - (s[..., 3:] ** 2).sum(axis=-1))


@cache
def _kernel(width: int, columns: int) -> Callable[..., Any]:
    sums = stages.rkn12_sums
    kernel: Callable[..., Any] = nystrom.make_propagator(width, columns, False, tableaux.RKN12, sums, THREE_BODY)
    return kernel


def _checked(
    states: ArrayLike, duration: ArrayLike, mu: float, tolerance: float, workers: int | None
) -> tuple[Floats, Floats]:
    x = np.ascontiguousarray(np.atleast_2d(numbers("states", states, 1)))
    if x.ndim != 2 or x.shape[1] != 6:
        raise InputError(f"shape {np.shape(states)}", where="states", allowed="(6,) or (N, 6)")
    span = numbers("duration", duration, 1)
    if span.ndim > 1 or (span.ndim == 1 and len(span) not in (1, len(x))):
        raise InputError(f"{span.size} durations for {len(x)} states", where="duration", allowed="one, or one a row")
    if not np.isfinite(span).all():
        raise InputError("not finite", where="duration", allowed="finite, in units of the mean motion")
    if not (workers is None or (isinstance(workers, int) and workers > 0)):
        raise InputError(f"{workers!r}", where="workers", allowed="1 or more, or None for all CPUs")
    scalar("mu", mu, np.finfo(float).tiny, 0.5)
    scalar("tolerance", tolerance, 1e-15, 1e-3)
    return x, np.broadcast_to(span, len(x)).copy()


def _inertial_velocity() -> Floats:
    """From rotating to inertial velocity at the moment the axes coincide: v + z x r."""
    m = np.eye(6)
    m[3, 1], m[4, 0] = -1.0, 1.0
    return m


def _to_inertial(x: Floats, mu: float) -> Floats:
    """Moon-centred, axes at rest: the Moon's own velocity drops out with the shift of the origin."""
    shifted = x.copy()
    shifted[:, 0] -= 1.0 - mu
    with np.errstate(invalid="ignore"):  # a row that is not finite gets its status from the kernel
        return np.ascontiguousarray(shifted @ _inertial_velocity().T)


def _turned(angle: Floats) -> Floats:
    c, s = np.cos(angle), np.sin(angle)
    turn = np.zeros((len(angle), 3, 3))
    turn[:, 0, 0], turn[:, 0, 1], turn[:, 1, 0], turn[:, 1, 1], turn[:, 2, 2] = c, s, -s, c, 1.0
    return turn


def _from_inertial(turn: Floats) -> Floats:
    """From inertial axes to those turned by an angle, velocity relative to them."""
    m = np.zeros((len(turn), 6, 6))
    m[:, :3, :3] = m[:, 3:, 3:] = turn
    back = np.linalg.inv(_inertial_velocity())
    return np.asarray(back @ m)
