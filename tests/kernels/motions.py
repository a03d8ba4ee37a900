"""Right-hand sides with known solutions, and a way to call propagators on them."""

import math
from typing import NamedTuple

import numpy as np

from lunarplan.kernels import blocks
from lunarplan.kernels.blocks import FORCE_X, FORCE_Y, FORCE_Z, MASS, MASS_FLOW
from lunarplan.kernels.jit import inlined
from lunarplan.kernels.lanes import fma, rsqrt
from lunarplan.kernels.rhs import RightHandSide


@inlined
def _nothing_to_limit(CLOCK, field):
    return None


@inlined
def _nothing_to_tabulate(CLOCK, EPH, KEPT, nodes, field):
    return None


@inlined
def _nothing_to_keep(accepted, elapsed, CLOCK, EPH, R, V, field):
    return None


@inlined
def _nothing_to_restore(first, last, centers, elapsed, CLOCK, R, V, field):
    return None


@inlined
def _nothing_to_watch(R, V, h, nodes, EPH, field):
    return None


@inlined
def _inside_a_tenth(sank, R, V, h, nodes, EPH, field):
    return fma(R[0], R[0], fma(R[1], R[1], R[2] * R[2])) < 0.01


@inlined
def _kepler(node, elapsed, x, y, z, EPH, ROW, field):
    """r'' = -r / |r|^3."""
    i1 = rsqrt(fma(x, x, fma(y, y, z * z)))
    w = -(i1 * i1 * i1)
    k = -3.0 * w * i1 * i1
    return (
        w * x, w * y, w * z,
        k * x * x + w, k * x * y, k * x * z, k * y * y + w, k * y * z, k * z * z + w,
    )  # fmt: skip


@inlined
def _rocket(node, elapsed, x, y, z, EPH, ROW, field):
    """Thrust in empty space."""
    w = 1.0 / fma(-ROW[MASS_FLOW], elapsed, ROW[MASS])
    zero = x * 0.0
    return ROW[FORCE_X] * w, ROW[FORCE_Y] * w, ROW[FORCE_Z] * w, zero, zero, zero, zero, zero, zero


@inlined
def _drift(node, elapsed, x, y, z, EPH, ROW, field):
    """Empty space: what is steered adds its own thrust."""
    zero = x * 0.0
    return zero, zero, zero, zero, zero, zero, zero, zero, zero


def _model(acceleration):
    return RightHandSide(
        limit=_nothing_to_limit,
        fill_one=_nothing_to_tabulate,
        fill_each=_nothing_to_tabulate,
        advance=_nothing_to_keep,
        finish=_nothing_to_restore,
        acceleration=acceleration,
        sinks=_nothing_to_watch,
        hits=_inside_a_tenth,
        series=1,
        kept=1,
    )


KEPLER, ROCKET, DRIFT = _model(_kepler), _model(_rocket), _model(_drift)


class Arrived(NamedTuple):
    """What a propagator writes."""

    states: np.ndarray
    partials: np.ndarray
    status: np.ndarray
    steps: np.ndarray
    path: np.ndarray
    path_count: np.ndarray


def run(
    propagate, states, durations, columns=0, rows=None, tolerance=1e-12, first_step=None, max_steps=10_000, nodes=0,
    stop_at_impact=False,
):  # fmt: skip
    """Call a propagator, compiled or plain, on all rows as one chunk."""
    states = np.atleast_2d(np.asarray(states, float))
    n = len(states)
    durations = np.broadcast_to(np.asarray(durations, float), n).copy()
    first_steps = np.copysign(np.full(n, 0.1 if first_step is None else first_step), durations)
    if rows is None:
        rows = np.zeros((n, blocks.ROW_INPUTS))
        rows[:, MASS] = 1.0
    out = Arrived(
        np.empty((n, 6)), np.empty((n, 6, columns)), np.zeros(n, np.int8), np.zeros(n, np.int32),
        np.full((n, nodes, 8), np.nan), np.zeros(n, np.int64),
    )  # fmt: skip
    with np.errstate(all="ignore"):
        propagate(
            states, np.zeros(n), durations, first_steps, np.zeros(n, np.int64), rows, 0.0, tolerance, max_steps,
            stop_at_impact, 0, n, *out,
        )  # fmt: skip
    return out


def ellipse(eccentricity, inclination=0.3):
    """State at the pericentre of an orbit of unit semi-major axis about a unit GM."""
    speed = math.sqrt((1.0 + eccentricity) / (1.0 - eccentricity))
    return np.array([1.0 - eccentricity, 0.0, 0.0, 0.0, speed * math.cos(inclination), speed * math.sin(inclination)])
