"""A day in a low lunar orbit with a field of degree and order 50: the workload, and who flies it.

States are Moon-centred, ICRF, km and km/s. Besides the field act the Earth and the Sun as point masses, on the craft
and on the Moon. The error of nyx-space and brahe is against themselves, for their orientation of the Moon is their own.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from peer_programs import brahe_ready, de440
from polynomials import bodies, moon_turn, to_powers

from lunarplan.model import data
from lunarplan.model.forces import ForceModel
from lunarplan.model.granules import DE_GRID_TDB, LENGTH_S

DEGREE = 50
ALTITUDE_KM = 100.0
DURATION_S = 86400.0
_FIT_DEGREE = 12
_NODES = np.cos(np.pi * (np.arange(18) + 0.5) / 18)


@dataclass(frozen=True)
class LowOrbits:
    """Rows of near-polar orbits with nodes, phases and epochs of their own."""

    states: Any
    start_tdb: Any
    duration_s: float = DURATION_S

    @property
    def forces(self) -> ForceModel:
        return ForceModel(earth_zonal=0, moon_degree=DEGREE)


def low_orbits(rows: int) -> LowOrbits:
    """Epochs over 30 days, each day within one 4-day record of DE440, for heyoka needs one polynomial."""
    rng = np.random.default_rng(3)
    record = np.floor((8.776e8 - DE_GRID_TDB) / LENGTH_S) + rng.integers(0, 8, rows)
    start = DE_GRID_TDB + LENGTH_S * record + rng.uniform(0.0, LENGTH_S - DURATION_S, rows)
    node, tilt, phase = (
        rng.uniform(0, 2 * np.pi, rows),
        np.radians(rng.uniform(80, 100, rows)),
        rng.uniform(0, 2 * np.pi, rows),
    )
    radius = 1737.4 + ALTITUDE_KM
    speed = np.sqrt(ForceModel().gm("moon") / radius)
    along = np.stack([np.cos(node), np.sin(node), np.zeros(rows)], axis=1)
    across = np.stack([-np.sin(node) * np.cos(tilt), np.cos(node) * np.cos(tilt), np.sin(tilt)], axis=1)
    c, s = np.cos(phase)[:, None], np.sin(phase)[:, None]
    return LowOrbits(
        np.concatenate([radius * (c * along + s * across), speed * (c * across - s * along)], axis=1), start
    )


# ---------------------------------------------------------------- heyoka


def day_polynomials(work: LowOrbits, rows: int) -> Any:
    """Earth, Sun, fall of the Moon, rotation: powers of time over each row's day, float64[rows, 18 * 13]."""
    gm_earth, gm_sun = work.forces.gm("earth"), work.forces.gm("sun")
    half = 0.5 * work.duration_s
    start = np.repeat(work.start_tdb[:rows], len(_NODES))
    later = np.tile(half * (1.0 + _NODES), rows)
    moon, sun = bodies(start, later)
    earth, sun = -moon, sun - moon
    fall = -sum(gm * d / np.linalg.norm(d, axis=0) ** 3 for gm, d in ((gm_earth, earth), (gm_sun, sun)))
    quantities = np.concatenate([earth, sun, fall, moon_turn(start + later)]).reshape(18, rows, -1)
    return np.concatenate(
        [chebyshev.chebfit(_NODES, q.T, _FIT_DEGREE).T @ to_powers(_FIT_DEGREE) for q in quantities], axis=1
    )


def heyoka_system(work: LowOrbits) -> tuple[list[Any], int]:
    import heyoka as hy

    forces = work.forces
    x, y, z, vx, vy, vz = hy.make_vars("x", "y", "z", "vx", "vy", "vz")
    r, v = [x, y, z], [vx, vy, vz]
    tau = hy.time * (2.0 / work.duration_s) - 1.0
    powers = [hy.expression(1.0), tau]
    for k in range(2, _FIT_DEGREE + 1):
        powers.append(powers[k // 2] * powers[k - k // 2])
    terms = _FIT_DEGREE + 1
    series = [hy.sum([hy.par[terms * q + k] * powers[k] for k in range(terms)]) for q in range(18)]
    earth, sun, fall, turn = series[:3], series[3:6], series[6:9], series[9:]
    field = forces.lunar_field
    pairs = [
        [hy.expression(float(field.c[n, m])), hy.expression(float(field.s[n, m]))]
        for n in range(DEGREE + 1)
        for m in range(n + 1)
    ]
    pairs[0] = [hy.expression(1.0), hy.expression(0.0)]
    fixed = [hy.sum([turn[3 * i + k] * r[k] for k in range(3)]) for i in range(3)]
    pull = hy.model.sh_gravity_acc(fixed, pairs, hy.expression(forces.gm("moon")), hy.expression(field.radius_km))
    parts = [[fall[k], hy.sum([turn[3 * i + k] * pull[i] for i in range(3)])] for k in range(3)]
    for gm, place in ((forces.gm("earth"), earth), (forces.gm("sun"), sun)):
        d = [a - b for a, b in zip(r, place, strict=True)]
        weight = -gm * hy.sum([a * a for a in d]) ** -1.5
        for k in range(3):
            parts[k].append(weight * d[k])
    return [*zip(r, v, strict=True), *((v[k], hy.sum(parts[k])) for k in range(3))], 18 * terms


def heyoka_batch(work: LowOrbits, rows: int, lanes: int) -> Any:
    """Compact mode: unrolled, 25,000 expressions do not compile in reasonable time."""
    import heyoka as hy

    equations, count = heyoka_system(work)
    tables = day_polynomials(work, rows)

    def prepare(tolerance: float) -> Any:
        ta = hy.taylor_adaptive_batch(
            equations, np.zeros((6, lanes)), pars=np.zeros((count, lanes)), tol=tolerance, compact_mode=True
        )

        def run(n: int) -> Any:
            out = np.empty((n, 6))
            for b in range(0, n, lanes):
                ta.set_time(0.0)
                ta.state[:] = work.states[b : b + lanes].T
                ta.pars[:] = tables[b : b + lanes].T
                ta.propagate_until(work.duration_s)
                out[b : b + lanes] = ta.state.T
            return out

        return run

    return prepare


def reference(work: LowOrbits, rows: int) -> Any:
    """Long double, tolerance 1e-18."""
    import heyoka as hy

    real = np.longdouble
    equations, count = heyoka_system(work)
    tables = day_polynomials(work, rows)
    ta = hy.taylor_adaptive(
        equations, np.zeros(6, real), pars=np.zeros(count, real), tol=real(1e-18), fp_type=real, compact_mode=True
    )
    out = np.empty((rows, 6))
    for i in range(rows):
        ta.time = real(0)
        ta.state[:] = work.states[i]
        ta.pars[:] = tables[i]
        ta.propagate_until(real(work.duration_s))
        out[i] = ta.state
    return out


# ---------------------------------------------------------------- programs


@cache
def gravity_files() -> tuple[str, str]:
    """The lunar field as an ICGEM and as an SHA file, to the degree in use."""
    field = ForceModel().lunar_field
    folder = Path(tempfile.mkdtemp(prefix="field-"))
    gfc = [
        "product_type gravity_field", "modelname GRGM900C", f"earth_gravity_constant {field.gm_km3_s2 * 1e9:.12E}",
        f"radius {field.radius_km * 1e3:.1f}", f"max_degree {DEGREE}", "errors no", "norm fully_normalized",
        "tide_system zero_tide", "end_of_head",
    ]  # fmt: skip
    sha = [f"{field.radius_km:.10E}, {field.gm_km3_s2:.14E}, 0.0, {DEGREE}, {DEGREE}, 1, 0.0, 0.0"]
    for n in range(DEGREE + 1):
        for m in range(n + 1):
            pair = float(field.c[n, m]), float(field.s[n, m])
            gfc.append(f"gfc {n} {m} {pair[0]:.15E} {pair[1]:.15E}")
            if n:
                sha.append(f"{n}, {m}, {pair[0]:.15E}, {pair[1]:.15E}, 0.0, 0.0")
    (folder / "moon.gfc").write_text("\n".join([*gfc, ""]))
    (folder / "moon.sha").write_text("\n".join([*sha, ""]))
    return str(folder / "moon.gfc"), str(folder / "moon.sha")


def nyx(work: LowOrbits) -> Any:
    import nyx_space.mission_design as md
    from nyx_space import Orbit, Spacecraft
    from nyx_space.anise.constants import Frames
    from nyx_space.time import Epoch, Unit
    from peer_programs import nyx_almanac

    almanac = nyx_almanac()[0].load(str(data.packaged(data.ORIENTATION)))
    moon = almanac.frame_info(Frames.MOON_J2000).with_mu_km3_s2(work.forces.gm("moon"))
    lumps = md.GravityFieldConfig(DEGREE, DEGREE, gravity_files()[1], Frames.MOON_PA_DE440_FRAME.to_frameuid())
    dynamics = md.Dynamics(
        md.AccelModels(point_masses=md.PointMasses([399, 10]), gravity_field=lumps), md.ForceModels()
    )

    def prepare(tolerance: float) -> Any:
        options = md.IntegratorOptions(Unit.Millisecond * 1, Unit.Day * 1, tolerance)
        propagator = md.Propagator(dynamics, almanac, md.IntegratorMethod.DormandPrince78, options)

        def run(n: int) -> Any:
            out = np.empty((n, 6))
            for i in range(n):
                orbit = Orbit.from_cartesian(
                    *map(float, work.states[i]), Epoch.from_tdb_seconds(float(work.start_tdb[i])), moon
                )
                end = propagator.for_duration(Spacecraft(orbit), Unit.Second * work.duration_s, False).state.orbit
                out[i] = end.x_km, end.y_km, end.z_km, end.vx_km_s, end.vy_km_s, end.vz_km_s
            return out

        return run

    return prepare


def brahe(work: LowOrbits) -> Any:
    b = brahe_ready()
    orientation = Path(os.environ["BRAHE_CACHE"]) / "naif" / "moon_pa_de440_200625.bpc"
    if not orientation.exists():
        orientation.symlink_to(data.packaged(data.ORIENTATION))
    b.load_spice_kernel(str(orientation))
    b.load_spice_kernel(de440())
    third = [b.ThirdBodyConfiguration(body, b.EphemerisSource.DE440) for body in (b.ThirdBody.EARTH, b.ThirdBody.SUN)]
    gravity = b.GravityConfiguration.spherical_harmonic(
        degree=DEGREE, order=DEGREE, model_type=b.GravityModelType.from_file(gravity_files()[0])
    )
    forces = b.ForceModelConfig.for_body(b.CentralBody.Moon, gravity=gravity, third_body=third)
    j2000 = b.Epoch.from_jd(2451545.0, b.TimeSystem.TT)

    def prepare(tolerance: float) -> Any:
        config = b.NumericalPropagationConfig.with_method(b.IntegrationMethod.RKN1210)
        config = config.with_abs_tol(tolerance).with_rel_tol(tolerance).with_max_step(1e6).with_initial_step(10.0)

        def run(n: int) -> Any:
            out = np.empty((n, 6))
            for i in range(n):
                start = j2000 + float(work.start_tdb[i])
                p = b.NumericalOrbitPropagator(start, work.states[i] * 1e3, config, forces)
                p.set_trajectory_mode(b.TrajectoryMode.DISABLED)
                p.propagate_to(start + work.duration_s)
                out[i] = p.current_state() * 1e-3
            return out

        return run

    return prepare
