"""A family of periodic orbits against other programs: the southern halo orbits about L2, with stability indices.

    python benchmarks/versus_families.py [--members N] [--repeats N] [--ledger]

lunarplan makes the whole family, from the plane to the near-rectilinear orbits that all but hit the Moon, and starts
from nothing in every run. The others continue in z and stop short of its fold: hiten makes as many members between
z = 0.003 and 0.068 of the crossing inside of L2, e2m2e as many as its own steps allow up to an amplitude of 60,000 km
(it was asked for as many). Times are per member, with seed, continuation, correction and indices; the compiler has been
warmed up. Orbits of e2m2e get their index from its own transition matrix.

The error is the closure of a revolution flown by scipy's DOP853 at 1e-13, of every fiftieth member, over the largest
multiplier, which the rounding of a start is multiplied by; the second figure is the largest relative error of an
index, against the eigenvalues of scipy's variational equations, of five members.
"""

from __future__ import annotations

import argparse
import logging
from typing import Any

import numpy as np
from contest import Contender, Contest, compete, have, record, table
from halo import MU, slope
from scipy.integrate import solve_ivp

from lunarplan.orbits import catalogue
from lunarplan.orbits.units import EARTH_MOON_384400

NAME = "L2 halo south"
CLOSURE = 1e-10
AMPLITUDE_KM = -60000.0
INNER_Z = (0.003, 0.068)
Members = tuple[np.ndarray, np.ndarray, np.ndarray]  # states, periods, indices


def ours(_: float) -> Any:
    def run(n: int) -> Members:
        catalogue._path.cache_clear()
        members = catalogue.family(NAME, EARTH_MOON_384400, members=n)
        return members.states, members.periods, members.stability_index

    return run


def hiten(_: float) -> Any:
    from hiten import System
    from hiten.algorithms.continuation.options import OrbitContinuationOptions

    logging.disable(logging.CRITICAL)
    point = System.from_mu(MU).get_libration_point(2)

    def run(n: int) -> Members:
        seed = point.create_orbit("halo", amplitude_z=0.02, zenith="southern")
        seed.correct()
        low, high = seed.initial_state[2], INNER_Z[1]
        step = (high - low) / (n - 1)
        limits = np.array([low]), np.array([high + 0.5 * step])
        found = seed.generate(OrbitContinuationOptions(target=limits, step=np.array([step]), max_members=n)).family
        return (
            np.array([orbit.initial_state for orbit in found]),
            np.array([orbit.period for orbit in found]),
            np.array([np.abs(orbit.stability_indices[:2]).max() for orbit in found]),
        )

    return run


def e2m2e_family(n: int) -> tuple[Any, Any]:
    from e2m2e.algorithm.dynamics import CR3BP_Dynamics
    from e2m2e.algorithm.family.orbits.halo import design_halo_family
    from e2m2e.algorithm.family.orbits.walk import earth_moon_system

    dynamics = CR3BP_Dynamics(earth_moon_system())
    return dynamics, design_halo_family(2, AMPLITUDE_KM, n_orbits=n, dynamics=dynamics).orbits


def e2m2e(asked: int) -> Any:
    def prepare(_: float) -> Any:
        def run(_: int) -> Members:
            dynamics, orbits = e2m2e_family(asked)
            states = np.array([orbit.states[0] for orbit in orbits])
            periods = np.array([orbit.period for orbit in orbits])
            flown = [dynamics.propagate(s, (0.0, t), with_stm=True) for s, t in zip(states, periods, strict=True)]
            return states, periods, np.array([index(f["stm"][-1]) for f in flown])

        return run

    return prepare


def index(monodromy: np.ndarray) -> float:
    largest = np.abs(np.linalg.eigvals(monodromy)).max()
    return float(0.5 * (largest + 1.0 / largest))


def error(found: Members, mu: float) -> tuple[float, float]:
    """Closures over the largest multiplier, and relative errors of indices, by scipy."""
    states, periods, indices = found
    rows = range(0, len(states), max(len(states) // 30, 1))
    closure = max(closure_of(states[i], periods[i], mu) / max(2.0 * indices[i], 1.0) for i in rows)
    few = list(rows)[1::6]
    off = max(abs(indices[i] / index(transition(states[i], periods[i], mu)) - 1.0) for i in few)
    return closure, off


def closure_of(state: np.ndarray, period: float, mu: float) -> float:
    end = solve_ivp(lambda t, s: equations(s, mu), (0.0, period), state, "DOP853", rtol=1e-13, atol=1e-14).y[:, -1]
    return float(np.linalg.norm(end - state))


def equations(s: np.ndarray, mu: float) -> Any:
    if mu == MU:
        return slope(0.0, s)
    x, y, z, vx, vy, vz = s
    a = (1.0 - mu) / ((x + mu) ** 2 + y * y + z * z) ** 1.5
    b = mu / ((x - 1.0 + mu) ** 2 + y * y + z * z) ** 1.5
    return [vx, vy, vz, x + 2.0 * vy - a * (x + mu) - b * (x - 1.0 + mu), y - 2.0 * vx - (a + b) * y, -(a + b) * z]


def transition(state: np.ndarray, period: float, mu: float) -> np.ndarray:
    """Columns by differences of the flow's own variational equations, integrated together."""

    def both(_: float, y: np.ndarray) -> np.ndarray:
        s, phi = y[:6], y[6:].reshape(6, 6)
        return np.concatenate([equations(s, mu), (gradient(s, mu) @ phi).ravel()])

    start = np.concatenate([state, np.eye(6).ravel()])
    end = solve_ivp(both, (0.0, period), start, "DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
    return np.asarray(end[6:].reshape(6, 6))


def gradient(s: np.ndarray, mu: float) -> np.ndarray:
    out = np.zeros((6, 6))
    out[:3, 3:] = np.eye(3)
    out[3, 4], out[4, 3] = 2.0, -2.0
    g = np.diag([1.0, 1.0, 0.0])
    for x, m in ((-mu, 1.0 - mu), (1.0 - mu, mu)):
        r = s[:3] - [x, 0.0, 0.0]
        d = np.linalg.norm(r)
        g += m * (3.0 * np.outer(r, r) / d**5 - np.eye(3) / d**3)
    out[3:, :3] = g
    return out


def contenders(members: int) -> list[Contender]:
    once: dict[str, Any] = {"tolerances": (float("nan"),)}
    found = [Contender("ours, the whole family", ours, members, reference=MU, **once)]
    if have("hiten"):
        name = f"hiten, z from {INNER_Z[0]} to {INNER_Z[1]}"
        found.append(Contender(name, hiten, members, reference=MU, target=20.0, rival=found[0].name, **once))
    if have("e2m2e"):
        dynamics, orbits = e2m2e_family(members)
        name = f"e2m2e, {len(orbits)} members to 60,000 km"
        mu = float(dynamics.system.mu)
        found.append(
            Contender(name, e2m2e(members), len(orbits), reference=mu, target=20.0, rival=found[0].name, **once)
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--members", type=int, default=1500)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ledger", action="store_true", help="append the rows to LEDGER.md")
    arguments = parser.parse_args()
    title = f"{NAME}, {arguments.members:,} members with stability indices"
    contest = Contest("families", title, "of the distance of Earth and Moon", CLOSURE, None, error, arguments.members,
                      second="error of an index", per="member")  # fmt: skip
    results = compete(contest, contenders(arguments.members), arguments.repeats)
    print(table(contest, results))
    if arguments.ledger:
        record(results, contest)


if __name__ == "__main__":
    main()
