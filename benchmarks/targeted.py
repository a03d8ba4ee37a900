"""Targeted trajectories as they are made today: a propagator called by scipy's `root`, a cell at a time.

All start from the patched conic that lunarplan starts from, and have its forces: Earth to J4 about the pole of date,
Moon, Sun, Venus and Jupiter of DE440. The equations are those of `from_the_pad`: the launch site is under the plane by
construction, and three values are left to be found.
"""

from __future__ import annotations

import math
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import erfa
import numba
import numpy as np
from from_the_pad import DAY_S, J2000_JD, Corrected, Fly, correct, shot_of
from peer_programs import de440
from scipy.integrate import solve_ivp

from lunarplan.model.constants import EARTH_GRAVITY_RADIUS_KM, EARTH_J2, EARTH_J3, EARTH_J4
from lunarplan.model.forces import ForceModel
from lunarplan.transfers.to_moon.direct import _injection_near, problem
from lunarplan.transfers.to_moon.shooting import Shooting
from lunarplan.windows.launches import NORTHBOUND, Launches, noon_tdb

TOLERANCE = 1e-10  # as in the scan
NODE_S, NODES = 1800.0, 8  # of the tabulated ephemeris: interpolated by polynomials of degree 7, to a millimetre


def guesses(job: Launches, cells: dict[str, np.ndarray]) -> np.ndarray:
    """Lift-off, coast and speed of lunarplan's own first guess, [n, 3]; cells of one azimuth."""
    noon = noon_tdb(cells["launch_day"])
    batch = problem(
        noon + cells["tof_s"],
        cells["tof_s"],
        parking_altitude_km=job.parking_altitude_km,
        parking_inclination_deg=np.degrees(job.site.inclination_rad(np.radians(cells["azimuth_deg"][0]))),
        perilune_altitude_km=job.perilune_altitude_km,
        lunar_inclination_deg=job.lunar_inclination_deg,
        northbound_departure=cells["opportunity"] == NORTHBOUND,
        northbound_arrival=cells["arrival"] == NORTHBOUND,
    )
    tie = job.tie(southbound=False)
    injection, _ = _injection_near(noon, batch, tie, job.forces)
    settled = problem(injection + batch.tof_s, batch.tof_s, **_edge(job, batch))
    shooting = Shooting(settled, job.forces, tie, TOLERANCE, 1, "tof")
    x = shooting.seed()
    lift_off, coast = shooting.parking(np.arange(len(x))).lift_off(x[:, 1], injection)
    return np.column_stack([lift_off, coast, x[:, 2]])


def _edge(job: Launches, batch: Any) -> dict[str, Any]:
    return {
        "parking_altitude_km": job.parking_altitude_km,
        "parking_inclination_deg": np.degrees(batch.parking_inclination),
        "perilune_altitude_km": job.perilune_altitude_km,
        "lunar_inclination_deg": job.lunar_inclination_deg,
        "northbound_departure": batch.northbound_departure,
        "northbound_arrival": batch.northbound_arrival,
    }


def solve_all(job: Launches, cells: dict[str, np.ndarray], start: np.ndarray, fly: Fly) -> list[Corrected]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a flight through the Moon's centre, or a root that is not making progress
        return [correct(shot_of(job, cells, i), fly, x) for i, x in enumerate(start)]


def one_by_one(end_of: Callable[[np.ndarray, float, float], np.ndarray]) -> Fly:
    def fly(states: np.ndarray, start: np.ndarray, until: np.ndarray) -> np.ndarray:
        return np.array([end_of(s, float(a), float(b)) for s, a, b in zip(states, start, until, strict=True)])

    return fly


# ---------------------------------------------------------------- scipy


def zonal(r: Any, pole: Any, gm: float) -> Any:
    """Acceleration by J2 to J4 about a pole, as in Montenbruck and Gill (2000), sec. 3.2, written out."""
    d2 = r @ r
    d = math.sqrt(d2)
    u, q = r @ pole / d, EARTH_GRAVITY_RADIUS_KM / d
    u2 = u * u
    c2, c3, c4 = EARTH_J2 * q**2, EARTH_J3 * q**3, EARTH_J4 * q**4
    along = 1.5 * c2 * (5 * u2 - 1) + 2.5 * c3 * (7 * u2 - 3) * u + 1.875 * c4 * (21 * u2 * u2 - 14 * u2 + 1)
    across = 3 * c2 * u + 1.5 * c3 * (5 * u2 - 1) + 2.5 * c4 * (7 * u2 - 3) * u
    return gm / (d2 * d) * (along * r - across * d * pole)


def scipy_jplephem(forces: ForceModel) -> Fly:
    """solve_ivp, the right-hand side in numpy, bodies by jplephem; the pole is taken once for a flight."""
    from jplephem.spk import SPK

    kernel = SPK.open(de440())
    chains = {"sun": (0, 10), "venus": (0, 2), "jupiter": (0, 5)}
    gm = {b: forces.gm(b) for b in forces.bodies}

    def slope(t: float, s: np.ndarray, start: float, pole: np.ndarray) -> np.ndarray:
        when = J2000_JD, (start + t) / DAY_S
        r = s[:3]
        barycenter, earth = kernel[0, 3].compute(*when), kernel[3, 399].compute(*when)
        places = {"moon": kernel[3, 301].compute(*when) - earth}
        places |= {b: kernel[pair].compute(*when) - barycenter - earth for b, pair in chains.items()}
        a = -gm["earth"] * r / (r @ r) ** 1.5 + zonal(r, pole, gm["earth"])
        for body, place in places.items():
            d = r - place
            a -= gm[body] * (d / (d @ d) ** 1.5 + place / (place @ place) ** 1.5)
        return np.concatenate([s[3:], a])

    return one_by_one(_dop853(slope, lambda start, until: (start, _pole(start))))


def scipy_compiled(forces: ForceModel) -> Fly:
    """solve_ivp with a right-hand side compiled by numba, and bodies interpolated in a table made beforehand."""
    names = [b for b in forces.bodies if b != "earth"]
    gm = np.array([forces.gm("earth"), *(forces.gm(b) for b in names)])
    weights = np.array([(-1.0) ** k * math.comb(NODES - 1, k) for k in range(NODES)])
    compiled_zonal = numba.njit(zonal)

    @numba.njit
    def slope(t, s, table, pole):
        r = s[:3]
        a = -gm[0] * r / (r @ r) ** 1.5 + compiled_zonal(r, pole, gm[0])
        x = t / NODE_S + NODES // 2 - 1  # the table begins some nodes early
        first = int(x) - NODES // 2 + 1
        for body in range(table.shape[0]):
            place, total = np.zeros(3), 0.0
            for k in range(NODES):
                off = x - first - k
                w = weights[k] / (off if off != 0.0 else 1e-14)
                place += w * table[body, first + k]
                total += w
            place /= total
            d = r - place
            a -= gm[1 + body] * (d / (d @ d) ** 1.5 + place / (place @ place) ** 1.5)
        out = np.empty(6)
        out[:3], out[3:] = s[3:], a
        return out

    def prepare(start: float, until: float) -> tuple[np.ndarray, np.ndarray]:
        nodes = start + NODE_S * np.arange(1 - NODES // 2, (until - start) // NODE_S + NODES // 2 + 2)
        table = np.stack([forces.source.position(b, "earth", nodes) for b in names])
        return table, _pole(start)

    return one_by_one(_dop853(slope, prepare))


def _pole(tdb: float) -> np.ndarray:
    return np.array(erfa.pnm06a(J2000_JD, tdb / DAY_S)[2])


def _dop853(slope: Callable[..., np.ndarray], prepare: Callable[[float, float], tuple[Any, Any]]) -> Any:
    atol = np.repeat([1e3 * TOLERANCE, TOLERANCE], 3)  # of a thousand kilometres, of a kilometre a second

    def end_of(state: np.ndarray, start: float, until: float) -> np.ndarray:
        flown = solve_ivp(
            slope, (0.0, until - start), state, "DOP853", args=prepare(start, until), rtol=TOLERANCE, atol=atol
        )
        return flown.y[:, -1]

    return end_of


# ---------------------------------------------------------------- nyx-space


_ANY_BODY = {"POLE_RA": "0. 0. 0.", "POLE_DEC": "90. 0. 0.", "PM": "0. 1. 0.", "RADII": "6000. 6000. 6000."}


@cache
def _nyx_almanac(gm: tuple[tuple[str, float], ...]) -> tuple[Any, str]:
    """ANISE with DE440, our masses, a pole that precesses, and a gravity file of J2 to J4."""
    from nyx_space.anise import Almanac, utils
    from peer_programs import _CONSTANTS

    masses, folder = dict(gm), Path(tempfile.mkdtemp(prefix="nyx-"))
    numbers = {"earth": 399, "moon": 301, "sun": 10, "venus": 2, "jupiter": 5}
    constants = _CONSTANTS.format(radius=EARTH_GRAVITY_RADIUS_KM)
    constants = constants.replace("BODY399_POLE_RA = ( 0. 0. 0. )", "BODY399_POLE_RA = ( 0. -0.641 0. )")
    constants = constants.replace("BODY399_POLE_DEC = ( 90. 0. 0. )", "BODY399_POLE_DEC = ( 90. -0.557 0. )")
    extra = [f"BODY{n}_{k} = ( {v} )" for n in (2, 5) for k, v in _ANY_BODY.items()]
    (folder / "bodies.tpc").write_text(constants.replace("\\begintext", "\n".join([*extra, "\\begintext"])))
    lines = [f"BODY{numbers[b]}_GM = ( {value!r} )" for b, value in masses.items()]
    lines.append(f"BODY3_GM = ( {masses['earth'] + masses['moon']!r} )")
    (folder / "gm.tpc").write_text("\n".join(["KPL/PCK", "\\begindata", *lines, "\\begintext", ""]))
    utils.convert_tpc(str(folder / "bodies.tpc"), str(folder / "gm.tpc"), str(folder / "bodies.pca"), True)
    rows = [f"{EARTH_GRAVITY_RADIUS_KM:.10E}, {masses['earth']:.12E}, 0.0, 4, 4, 1, 0.0, 0.0"]
    j = {2: EARTH_J2, 3: EARTH_J3, 4: EARTH_J4}
    for n in range(1, 5):
        for m in range(n + 1):
            c = -j[n] / math.sqrt(2.0 * n + 1.0) if n in j and m == 0 else 0.0
            rows.append(f"{n}, {m}, {c:.16E}, {0.0:.16E}, 0.0, 0.0")
    (folder / "zonal.sha").write_text("\n".join([*rows, ""]))
    return Almanac(de440()).load(str(folder / "bodies.pca")), str(folder / "zonal.sha")


def nyx(forces: ForceModel) -> Fly:
    """nyx-space's Dormand-Prince 8(7); its targeter is not to be had from Python."""
    import nyx_space.mission_design as md
    from nyx_space import Orbit, Spacecraft
    from nyx_space.anise.constants import Frames
    from nyx_space.time import Epoch, Unit

    almanac, field = _nyx_almanac(tuple((b, forces.gm(b)) for b in forces.bodies))
    earth = almanac.frame_info(Frames.EARTH_J2000)
    gravity = md.GravityFieldConfig(4, 0, field, Frames.IAU_EARTH_FRAME.to_frameuid())
    models = md.AccelModels(point_masses=md.PointMasses([301, 10, 2, 5]), gravity_field=gravity)
    options = md.IntegratorOptions(Unit.Millisecond * 1, Unit.Day * 1, TOLERANCE)
    dynamics = md.Dynamics(models, md.ForceModels())
    propagator = md.Propagator(dynamics, almanac, md.IntegratorMethod.DormandPrince78, options)

    def end_of(state: np.ndarray, start: float, until: float) -> np.ndarray:
        orbit = Orbit.from_cartesian(*map(float, state), Epoch.from_tdb_seconds(start), earth)
        end = propagator.for_duration(Spacecraft(orbit), Unit.Second * (until - start), False).state.orbit
        return np.array([end.x_km, end.y_km, end.z_km, end.vx_km_s, end.vy_km_s, end.vz_km_s])

    return one_by_one(end_of)


WAYS: dict[str, tuple[str, Callable[[ForceModel], Fly]]] = {
    "scipy root, DOP853, jplephem": ("jplephem", scipy_jplephem),
    "scipy root, DOP853, compiled forces, tabulated bodies": ("scipy", scipy_compiled),
    "scipy root, nyx-space DP8(7)": ("nyx_space", nyx),
}
