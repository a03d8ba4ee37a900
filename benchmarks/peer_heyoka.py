"""heyoka: Taylor integration of the same forces, scalar and in batches, tuned; and in long double the reference.

DE440 enters as polynomials of a normalised time, one set per interval, refitted to the interval at Chebyshev nodes.
The acceleration of the Earth by Moon and Sun, a function of time alone, is a polynomial too: that saves heyoka two
inverse cubes per step, and makes it about 10 % faster than with the plain formula.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import heyoka as hy
import numpy as np
from arcs import Arcs
from numpy.polynomial import chebyshev
from polynomials import bodies, moon_turn, to_powers

from lunarplan.model.constants import EARTH_GRAVITY_RADIUS_KM, EARTH_J2

LANES = hy.recommended_simd_size()


@dataclass(frozen=True)
class Fit:
    """How the ephemeris is cut: days per interval, and degrees of Moon, Sun, Earth's fall and lunar rotation."""

    days: float
    moon: int
    sun: int
    fall: int
    turn: int

    @property
    def highest(self) -> int:
        return max(self.moon, self.sun, self.fall, self.turn)


FINE = Fit(1.05, 12, 8, 12, 12)  # for the reference
COARSE = Fit(2.1, 11, 6, 11, 11)  # for speed; their fits add less than 0.01 mm
SHORT = Fit(1.05, 9, 5, 9, 9)


def gravity(arcs: Arcs) -> tuple[float, float, float]:
    forces = arcs.forces
    return forces.gm("earth"), forces.gm("moon"), forces.gm("sun")


def interval(arcs: Arcs, fit: Fit, starts: Any, length: float) -> Any:
    """Coefficients in powers of -1 .. 1 over one interval for every start, float64[rows, parameters]."""
    nodes = np.cos(np.pi * (np.arange(18) + 0.5) / 18)
    tdb = (starts[:, None] + 0.5 * length * (1.0 + nodes)).ravel()
    _, gm_moon, gm_sun = gravity(arcs)
    moon, sun = bodies(tdb)
    fall = -gm_moon * moon / np.linalg.norm(moon, axis=0) ** 3 - gm_sun * sun / np.linalg.norm(sun, axis=0) ** 3
    quantities = [(moon, fit.moon), (sun, fit.sun), (fall, fit.fall)]
    if arcs.degree:
        quantities.append((moon_turn(tdb), fit.turn))
    out = []
    for values, degree in quantities:
        for component in values.reshape(len(values), len(starts), len(nodes)):
            out.append(chebyshev.chebfit(nodes, component.T, degree).T @ to_powers(degree))
    return np.concatenate(out, axis=1)


def schedule(arcs: Arcs, fit: Fit, rows: int) -> list[tuple[float, Any]]:
    """Ends of the intervals, seconds since the start, and the parameters float64[rows, P] to use until then."""
    length = fit.days * 86400.0
    starts = arcs.start_tdb[:1] if arcs.shared else arcs.start_tdb[:rows]
    out = []
    begin = 0.0
    while begin < arcs.duration_s:
        time_scale = np.tile([2.0 / length, -2.0 * begin / length - 1.0], (len(starts), 1))
        parameters = np.concatenate([time_scale, interval(arcs, fit, starts + begin, length)], axis=1)
        out.append((min(begin + length, arcs.duration_s), parameters))
        begin += length
    return out


def system(arcs: Arcs, fit: Fit) -> tuple[list[Any], int]:
    """Equations of motion, and the number of their parameters."""
    gm_earth, gm_moon, gm_sun = gravity(arcs)
    x, y, z, vx, vy, vz = hy.make_vars("x", "y", "z", "vx", "vy", "vz")
    r = [x, y, z]
    tau = hy.time * hy.par[0] + hy.par[1]
    powers = [hy.expression(1.0), tau]
    for k in range(2, fit.highest + 1):
        powers.append(powers[k // 2] * powers[k - k // 2])
    count = 2

    def polynomial(degree: int) -> Any:
        nonlocal count
        first, count = count, count + degree + 1
        return hy.sum([hy.par[first]] + [hy.par[first + k] * powers[k] for k in range(1, degree + 1)])

    moon, sun, fall = ([polynomial(d) for _ in range(3)] for d in (fit.moon, fit.sun, fit.fall))
    to_moon, to_sun = [a - b for a, b in zip(r, moon, strict=True)], [a - b for a, b in zip(r, sun, strict=True)]
    r2 = hy.sum([a * a for a in r])
    earth = -gm_earth * r2**-1.5
    flat = 1.5 * EARTH_J2 * gm_earth * EARTH_GRAVITY_RADIUS_KM**2 * r2**-2.5
    five_u2 = 5.0 * z * z / r2
    by_moon, by_sun = (-gm * hy.sum([a * a for a in d]) ** -1.5 for gm, d in ((gm_moon, to_moon), (gm_sun, to_sun)))
    terms = [
        [earth * r[k], flat * r[k] * (five_u2 - (3.0 if k == 2 else 1.0)), by_sun * to_sun[k], fall[k]]
        for k in range(3)
    ]
    if arcs.degree:
        turn = [polynomial(fit.turn) for _ in range(9)]
        lumps = harmonics(arcs, to_moon, turn)
    else:
        lumps = [by_moon * d for d in to_moon]
    v = [vx, vy, vz]
    acceleration = [hy.sum([*terms[k], lumps[k]]) for k in range(3)]
    return [*zip(r, v, strict=True), *zip(v, acceleration, strict=True)], count


def harmonics(arcs: Arcs, to_moon: list[Any], turn: list[Any]) -> list[Any]:
    """The whole lunar field, central term and all, by heyoka's own spherical harmonics."""
    field = arcs.forces.lunar_field
    pairs = [
        [hy.expression(float(field.c[n, m])), hy.expression(float(field.s[n, m]))]
        for n in range(arcs.degree + 1)
        for m in range(n + 1)
    ]
    pairs[0] = [hy.expression(1.0), hy.expression(0.0)]
    fixed = [hy.sum([turn[3 * i + k] * to_moon[k] for k in range(3)]) for i in range(3)]
    pull = hy.model.sh_gravity_acc(fixed, pairs, hy.expression(arcs.forces.gm("moon")), hy.expression(field.radius_km))
    return [hy.sum([turn[3 * i + k] * pull[i] for i in range(3)]) for k in range(3)]


def with_variations(equations: list[Any]) -> Any:
    return hy.var_ode_sys(equations, hy.var_args.vars, order=1)


def split(arcs: Arcs, final: Any) -> Any:
    return (final[:, :6], final[:, 6:].reshape(-1, 6, 6)) if arcs.stm else final


def batch(arcs: Arcs, rows: int, *, compact: bool, lanes: int = LANES, fit: Fit = COARSE, workers: int = 1) -> Any:
    """tolerance -> runner of the batch integrator, on one thread or several."""
    equations, count = system(arcs, fit)
    plan = schedule(arcs, fit, rows)
    if arcs.stm:
        equations = with_variations(equations)
    size = 42 if arcs.stm else 6
    # parameters as the integrator holds them, [P, lanes], made before the clock runs
    tables = [(end, lane_tables(p, rows, lanes)) for end, p in plan]

    def prepare(tolerance: float) -> Any:
        integrators = [
            hy.taylor_adaptive_batch(
                equations, np.zeros((6, lanes)), pars=np.zeros((count, lanes)), tol=tolerance, compact_mode=compact
            )
            for _ in range(workers)
        ]
        unit = integrators[0].state.copy()

        def share(ta: Any, blocks: range, out: Any) -> None:
            for b in blocks:
                some = slice(b * lanes, (b + 1) * lanes)
                ta.set_time(0.0)
                ta.state[:] = unit
                ta.state[:6] = arcs.states[some].T
                for end, table in tables:
                    ta.pars[:] = table[b % len(table)]
                    ta.propagate_until(end)
                out[some] = ta.state.T

        def run(n: int) -> Any:
            blocks = n // lanes
            out = np.empty((blocks * lanes, size))
            cuts = [blocks * k // workers for k in range(workers + 1)]
            if workers == 1:
                share(integrators[0], range(blocks), out)
            else:
                jobs = [
                    pool(workers).submit(share, ta, range(a, b), out)
                    for ta, a, b in zip(integrators, cuts[:-1], cuts[1:], strict=True)
                ]
                for job in jobs:
                    job.result()
            return split(arcs, out)

        return run

    return prepare


def lane_tables(parameters: Any, rows: int, lanes: int) -> Any:
    """float64[blocks, P, lanes]; one block for all where the epochs are shared."""
    if len(parameters) == 1:
        return np.repeat(parameters[:, :, None], lanes, axis=2)
    blocks = rows // lanes
    return np.ascontiguousarray(parameters[: blocks * lanes].reshape(blocks, lanes, -1).swapaxes(1, 2))


@cache
def pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers)


def scalar(arcs: Arcs, rows: int, *, compact: bool, fit: Fit = COARSE, real: Any = float) -> Any:
    """tolerance -> runner of the scalar integrator."""
    equations, count = system(arcs, fit)
    if arcs.stm:
        equations = with_variations(equations)
    plan = schedule(arcs, fit, rows)

    def prepare(tolerance: float) -> Any:
        ta = hy.taylor_adaptive(
            equations, np.zeros(6, real), pars=np.zeros(count, real), tol=real(tolerance), compact_mode=compact,
            fp_type=real,
        )  # fmt: skip
        unit = ta.state.copy()

        def run(n: int) -> Any:
            out = np.empty((n, len(unit)), real)
            for i in range(n):
                ta.time = real(0)
                ta.state[:] = unit
                ta.state[:6] = arcs.states[i]
                for end, table in plan:
                    ta.pars[:] = table[i % len(table)]
                    ta.propagate_until(real(end))
                out[i] = ta.state
            return split(arcs, out)

        return run

    return prepare


def reference(arcs: Arcs, rows: int) -> tuple[Any, Any]:
    """Final states and, if asked for, state-transition matrices, in long double at 1e-18."""
    truth = scalar(arcs, rows, compact=True, fit=FINE, real=np.longdouble)(1e-18)(rows)
    states, stm = truth if arcs.stm else (truth, None)
    return states.astype(float), None if stm is None else stm.astype(float)
