"""A lunar porkchop by patched conics, as it is done with a Lambert solver: no trajectory is ever flown.

For each cell the departure point on the parking orbit is swept for the cheapest burn: the orbit lies in the plane of
the given inclination through the Moon's place on arrival, Lambert's problem is solved to that place, and the Moon's
pull is put on afterwards as a hyperbola. Arrival epochs are those of the cells themselves, which is more than such a
porkchop would know.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from unittest import mock

import numba
import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.transfers.patched_conic import plane_angles, plane_axes, spherical
from lunarplan.windows.launches import NORTHBOUND, Launches

FARTHEST_RAD, NEAREST_RAD = np.radians(205.0), np.radians(150.0)  # of the departure, before the Moon's direction
SOLVES = 22  # golden section: to 0.002 deg
_GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)


@dataclass(frozen=True)
class Conics:
    """What a porkchop needs of cells: [n, 3] or [n]; axes are the Earth's equator and equinox of date."""

    moon: np.ndarray
    moon_velocity: np.ndarray
    outwards: np.ndarray
    along: np.ndarray
    tof_s: np.ndarray
    parking_km: float
    gm: float


def conics(job: Launches, cells: dict[str, np.ndarray], arrival_tdb: np.ndarray) -> Conics:
    axes = equator_of_date(arrival_tdb)
    state = job.forces.source.state("moon", "earth", arrival_tdb)
    moon, velocity = (np.einsum("nij,nj->ni", axes, part) for part in (state[:, :3], state[:, 3:]))
    inclination = np.array([job.site.inclination_rad(a) for a in np.radians(cells["azimuth_deg"])])
    _, latitude, longitude = spherical(moon)
    node, argument = plane_angles(latitude, longitude, inclination, np.where(cells["opportunity"] == NORTHBOUND, 1, -1))
    outwards, along = plane_axes(node, inclination, argument)
    parking = RADIUS_KM["earth"] + job.parking_altitude_km
    return Conics(moon, velocity, outwards, along, cells["tof_s"], parking, job.forces.gm("earth"))


def sweep(lambert: Callable[..., Any], compile_it: bool) -> Callable[..., None]:
    """Golden section over the departure point, with one program's solver: (gm, r1, r2, tof) -> v1, v2."""

    def burn(angle: float, out: Any, along: Any, moon: Any, tof: float, radius: float, gm: float) -> Any:
        c, s = np.cos(angle), np.sin(angle)
        v1, v2 = lambert(gm, radius * (c * out - s * along), moon, tof)
        lost = v1 - np.sqrt(gm / radius) * (s * out + c * along)
        return np.sqrt((lost * lost).sum()), v2

    burn = numba.njit(burn) if compile_it else burn

    def all_cells(
        moons: Any, outs: Any, alongs: Any, tofs: Any, radius: float, gm: float, burns: Any, arrivals: Any
    ) -> None:
        for i in range(len(tofs)):
            low, high = NEAREST_RAD, FARTHEST_RAD
            a, b = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
            at_a, v = burn(a, outs[i], alongs[i], moons[i], tofs[i], radius, gm)
            at_b, v = burn(b, outs[i], alongs[i], moons[i], tofs[i], radius, gm)
            for _ in range(SOLVES - 3):
                if at_a < at_b:
                    high, b, at_b = b, a, at_a
                    a = high - _GOLDEN * (high - low)
                    at_a, v = burn(a, outs[i], alongs[i], moons[i], tofs[i], radius, gm)
                else:
                    low, a, at_a = a, b, at_b
                    b = low + _GOLDEN * (high - low)
                    at_b, v = burn(b, outs[i], alongs[i], moons[i], tofs[i], radius, gm)
            burns[i], v = burn(0.5 * (low + high), outs[i], alongs[i], moons[i], tofs[i], radius, gm)
            arrivals[i] = v

    return numba.njit(nogil=True)(all_cells) if compile_it else all_cells


def costs_m_s(job: Launches, work: Conics, swept: Callable[..., None]) -> tuple[np.ndarray, np.ndarray]:
    """Injection and insertion of every cell, m/s."""
    n = len(work.tof_s)
    burns, arrivals = np.empty(n), np.empty((n, 3))
    swept(work.moon, work.outwards, work.along, work.tof_s, work.parking_km, work.gm, burns, arrivals)
    gm, near = job.forces.gm("moon"), RADIUS_KM["moon"] + job.perilune_altitude_km
    far = RADIUS_KM["moon"] + job.apolune_altitude_km
    excess2 = ((arrivals - work.moon_velocity) ** 2).sum(axis=1)
    insertion = np.sqrt(excess2 + 2.0 * gm / near) - np.sqrt(2.0 * gm * far / (near * (near + far)))
    return 1e3 * burns, 1e3 * insertion


# ---------------------------------------------------------------- solvers


def boinor() -> Callable[..., None]:
    from boinor.core.iod import izzo

    @numba.njit
    def one(gm, r1, r2, tof):
        return izzo(gm, r1, r2, tof, 0, True, True, 35, 1e-8)

    return sweep(one, compile_it=True)


def lamberthub() -> Callable[..., None]:
    from lamberthub import izzo2015

    @numba.njit
    def one(gm, r1, r2, tof):
        return izzo2015(gm, r1, r2, tof, 0, True, True, 35, 1e-8, 1e-8)[:2]

    return sweep(one, compile_it=True)


def pykep() -> Callable[..., None]:
    """Row by row from Python, as pykep is used; its solver alone, for its package wants an older heyoka."""
    spec = importlib.util.find_spec("pykep")
    package = types.ModuleType("pykep")
    package.__path__ = list(spec.submodule_search_locations)
    with mock.patch.dict(sys.modules, pykep=package):
        importlib.import_module("heyoka")
        importlib.import_module("pygmo")
        problem = importlib.import_module("pykep.core").lambert_problem

    def one(gm: float, r1: Any, r2: Any, tof: float) -> Any:
        solved = problem(r1, r2, tof, gm, False, 0)
        return np.array(solved.v0[0]), np.array(solved.v1[0])

    return sweep(one, compile_it=False)


SOLVERS = {"boinor": boinor, "lamberthub": lamberthub, "pykep": pykep}
