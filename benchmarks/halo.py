"""Ten revolutions of a near-rectilinear halo orbit in the restricted three-body problem: the workload, who flies it.

States are barycentric, rotating, in units of the primaries' distance and their mean motion.
"""

from __future__ import annotations

import sys
import types
from dataclasses import dataclass
from typing import Any

import numpy as np

MU = 1.215058560962404e-2
# The 9:2 synodic L2 southern NRHO: perilune 3225 km, apolune 71,170 km at 384,400 km between the primaries.
ORBIT = np.array([1.021872710401624, 0.0, -0.181994033201211, 0.0, -0.102931985209450, 0.0])
PERIOD = 1.509149851770
REVOLUTIONS = 10
SPREAD = 1e-6  # one sigma, per component: 400 m and 1 mm/s


@dataclass(frozen=True)
class Halos:
    states: Any
    duration: float
    stm: bool = False


def halos(rows: int, *, stm: bool = False) -> Halos:
    rng = np.random.default_rng(2)
    return Halos(ORBIT + SPREAD * rng.standard_normal((rows, 6)), REVOLUTIONS * PERIOD, stm)


def halo_error(result: Any, reference: Any) -> tuple[float, float]:
    """Largest position error, lengths; and the largest relative error of a state-transition matrix."""
    states, stm = result if isinstance(result, tuple) else (result, None)
    truth, true_stm = reference
    n = min(len(states), len(truth))
    off = np.linalg.norm(states[:n, :3] - truth[:n, :3], axis=1).max()
    if stm is None or true_stm is None:
        return float(off), float("nan")
    scale = np.abs(true_stm[:n]).max(axis=(1, 2))
    return float(off), float((np.abs(stm[:n] - true_stm[:n]).max(axis=(1, 2)) / scale).max())


def slope(t: float, s: Any) -> Any:
    """The textbook right-hand side, for scipy."""
    x, y, z, vx, vy, vz = s
    near, far = x - 1.0 + MU, x + MU
    a = (1.0 - MU) / (far * far + y * y + z * z) ** 1.5
    b = MU / (near * near + y * y + z * z) ** 1.5
    return [vx, vy, vz, x + 2.0 * vy - a * far - b * near, y - 2.0 * vx - (a + b) * y, -(a + b) * z]


# ---------------------------------------------------------------- heyoka


def heyoka_system(stm: bool) -> Any:
    """Rotating axes, centred on the Moon: its error floor is lower than from the barycentre, at the same speed."""
    import heyoka as hy

    x, y, z, vx, vy, vz = hy.make_vars("x", "y", "z", "vx", "vy", "vz")
    far = x + 1.0
    yz2 = y * y + z * z
    a = (1.0 - MU) * (far * far + yz2) ** -1.5
    b = MU * (x * x + yz2) ** -1.5
    equations = [
        (x, vx),
        (y, vy),
        (z, vz),
        (vx, x + (1.0 - MU) + 2.0 * vy - a * far - b * x),
        (vy, y - 2.0 * vx - (a + b) * y),
        (vz, -(a + b) * z),
    ]
    return hy.var_ode_sys(equations, hy.var_args.vars, order=1) if stm else equations


def heyoka_split(work: Halos, final: Any) -> Any:
    final[:, 0] += 1.0 - MU
    return (final[:, :6], final[:, 6:].reshape(-1, 6, 6)) if work.stm else final


def moon_centred(states: Any, real: Any = float) -> Any:
    out = states.astype(real)
    out[:, 0] -= real(1.0) - real(MU)
    return out


def heyoka_batch(work: Halos, *, compact: bool, lanes: int, workers: int = 1) -> Any:
    import heyoka as hy
    from peer_heyoka import pool

    equations, start = heyoka_system(work.stm), moon_centred(work.states)

    def prepare(tolerance: float) -> Any:
        integrators = [
            hy.taylor_adaptive_batch(equations, np.zeros((6, lanes)), tol=tolerance, compact_mode=compact)
            for _ in range(workers)
        ]
        unit = integrators[0].state.copy()

        def share(ta: Any, blocks: range, out: Any) -> None:
            for b in blocks:
                some = slice(b * lanes, (b + 1) * lanes)
                ta.set_time(0.0)
                ta.state[:] = unit
                ta.state[:6] = start[some].T
                ta.propagate_until(work.duration)
                out[some] = ta.state.T

        def run(n: int) -> Any:
            blocks = n // lanes
            out = np.empty((blocks * lanes, len(unit)))
            cuts = [blocks * k // workers for k in range(workers + 1)]
            jobs = [
                pool(workers).submit(share, ta, range(a, b), out)
                for ta, a, b in zip(integrators, cuts[:-1], cuts[1:], strict=True)
            ]
            for job in jobs:
                job.result()
            return heyoka_split(work, out)

        return run

    return prepare


def heyoka_scalar(work: Halos, *, real: Any = float) -> Any:
    import heyoka as hy

    equations, start = heyoka_system(work.stm), moon_centred(work.states, real)

    def prepare(tolerance: float) -> Any:
        ta = hy.taylor_adaptive(
            equations, np.zeros(6, real), tol=real(tolerance), fp_type=real, compact_mode=real is not float
        )
        unit = ta.state.copy()

        def run(n: int) -> Any:
            out = np.empty((n, len(unit)), real)
            for i in range(n):
                ta.time = real(0)
                ta.state[:] = unit
                ta.state[:6] = start[i]
                ta.propagate_until(real(work.duration))
                out[i] = ta.state
            return heyoka_split(work, out)

        return run

    return prepare


def reference(work: Halos, rows: int) -> tuple[Any, Any]:
    """Long double, tolerance 1e-18."""
    truth = heyoka_scalar(work, real=np.longdouble)(1e-18)(rows)
    states, stm = truth if work.stm else (truth, None)
    return states.astype(float), None if stm is None else stm.astype(float)


# ---------------------------------------------------------------- pykep, hiten, scipy


def pykep(work: Halos) -> Any:
    """pykep's own Taylor integrators (heyoka's scalar ones, in barycentric axes)."""
    # its test problems need a data file that the 3.0.1 wheel lacks; nothing here uses them
    sys.modules.setdefault("pykep.trajopt.gym", types.ModuleType("gym"))
    import pykep as pk

    def prepare(tolerance: float) -> Any:
        ta = pk.ta.get_cr3bp_var(tolerance) if work.stm else pk.ta.get_cr3bp(tolerance)
        ta.pars[0] = MU
        unit = ta.state.copy()

        def run(n: int) -> Any:
            out = np.empty((n, len(unit)))
            for i in range(n):
                ta.time = 0.0
                ta.state[:] = unit
                ta.state[:6] = work.states[i]
                ta.propagate_until(work.duration)
                out[i] = ta.state
            return (out[:, :6], out[:, 6:].reshape(-1, 6, 6)) if work.stm else out

        return run

    return prepare


def hiten(work: Halos) -> Any:
    """hiten's compiled DOP853."""
    from hiten import System
    from hiten.algorithms.integrators.rk import AdaptiveRK

    system = System.from_mu(MU)

    def prepare(tolerance: float) -> Any:
        integrator = AdaptiveRK(order=8, rtol=tolerance, atol=tolerance)

        def run(n: int) -> Any:
            ends = [
                integrator.integrate(system.dynsys, work.states[i], np.array([0.0, work.duration])).states[-1]
                for i in range(n)
            ]
            return np.array(ends)

        return run

    return prepare


def scipy_dop853(work: Halos) -> Any:
    from scipy.integrate import solve_ivp

    def prepare(tolerance: float) -> Any:
        def run(n: int) -> Any:
            ends = [
                solve_ivp(
                    slope, (0.0, work.duration), work.states[i], "DOP853", rtol=max(tolerance, 3e-14), atol=tolerance
                ).y[:, -1]
                for i in range(n)
            ]
            return np.array(ends)

        return run

    return prepare
