"""A launch flown forwards from the pad to a polar perilune, and its equations: nothing of lunarplan's own solver.

Free are lift-off, coast and the speed after the injection. They are to give the perilune's height, a polar plane and
the time of flight. As textbooks do it: aim in the B-plane first, then at the perilune itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import erfa
import numpy as np
from scipy.optimize import root

from lunarplan.model.constants import EARTH_FLATTENING, EARTH_GRAVITY_RADIUS_KM, EARTH_J2, RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import utc_jd
from lunarplan.model.frames import rotation
from lunarplan.windows.launches import NORTHBOUND, Launches

Fly = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]  # states [n, 6], from [n], until [n] -> states [n, 6]
J2000_JD, DAY_S = 2451545.0, 86_400.0
AIMED_BEFORE_S = 57_600.0  # of the arrival: where the hyperbola is read, about the edge of the sphere of influence
UNITS = np.array([60.0, 10.0, 1e-3])  # s, s, km/s: each moves the arrival by some thousand kilometres
STEP = 1e-6  # of finite differences: the square of what the free values change by, in these units


@dataclass(frozen=True)
class Shot:
    """What a cell of the almanac asks for."""

    job: Launches
    azimuth_deg: float
    tof_s: float
    northbound_arrival: bool

    @property
    def parking_radius_km(self) -> float:
        return RADIUS_KM["earth"] + self.job.parking_altitude_km

    @property
    def perilune_radius_km(self) -> float:
        return RADIUS_KM["moon"] + self.job.perilune_altitude_km

    @property
    def period_s(self) -> float:
        return 2.0 * np.pi / self._rates()[0]

    def _rates(self) -> tuple[float, float]:
        """Of the angle flown and of the node, rad/s, under J2. Source: Kaula (1966), eq. (3.74)."""
        gm, r = self.job.forces.gm("earth"), self.parking_radius_km
        n, c = np.sqrt(gm / r**3), np.cos(self.job.site.inclination_rad(np.radians(self.azimuth_deg)))
        bulge = 0.75 * n * EARTH_J2 * (EARTH_GRAVITY_RADIUS_KM / r) ** 2
        return n + bulge * (8.0 * c**2 - 2.0), -2.0 * bulge * c

    def injection(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Epoch and state after the burn, [n] and [n, 6], for lift-off (TDB s), coast (s) and speed (km/s), [n, 3]."""
        lift_off, coast, speed = np.atleast_2d(x).T
        pad, along, pole = self._plane(lift_off)
        rate, node_rate = self._rates()
        ascent = 0.5 * np.sqrt(self.job.forces.gm("earth") / self.parking_radius_km**3) * self.job.ascent_s
        angle = (ascent + rate * coast)[:, None]
        place = turned(np.cos(angle) * pad + np.sin(angle) * along, pole, node_rate * coast)
        motion = turned(np.cos(angle) * along - np.sin(angle) * pad, pole, node_rate * coast)
        states = np.concatenate([self.parking_radius_km * place, speed[:, None] * motion], axis=1)
        return lift_off + self.job.ascent_s + coast, states

    def _plane(self, lift_off: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Directions in ICRF at lift-off: of the pad, of the launch azimuth, and of the Earth's pole."""
        site = self.job.site
        to_itrf = erfa.c2t00b(J2000_JD, lift_off / DAY_S, *utc_jd(lift_off), 0.0, 0.0)
        fixed = erfa.gd2gce(1.0, EARTH_FLATTENING, site.longitude_rad, site.latitude_rad, 0.0)
        pad = np.einsum("nji,j->ni", to_itrf, fixed / np.linalg.norm(fixed))
        pole = to_itrf[:, 2]
        east = np.cross(pole, pad)
        east /= np.linalg.norm(east, axis=1)[:, None]
        azimuth = np.radians(self.azimuth_deg)
        return pad, np.cos(azimuth) * np.cross(pad, east) + np.sin(azimuth) * east, pole


def turned(vectors: np.ndarray, axes: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Vectors [n, 3] turned about unit axes [n, 3] by angles [n] (Rodrigues)."""
    c, s = np.cos(angles)[:, None], np.sin(angles)[:, None]
    return c * vectors + s * np.cross(axes, vectors) + (1.0 - c) * (axes * vectors).sum(axis=1)[:, None] * axes


# ---------------------------------------------------------------- what arrives


def about_moon(shot: Shot, fly: Fly, x: np.ndarray, before_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Moon-centred states [n, 6] so long before the arrival asked for, and the Moon's pole there [n, 3]."""
    epoch, states = shot.injection(x)
    ephemeris: Ephemeris = shot.job.forces.source
    until = epoch + shot.tof_s - before_s
    arrived = fly(states, epoch, until) - ephemeris.state("moon", "earth", until)
    return arrived, rotation("moon_me", until + before_s, ephemeris)[:, 2]


def aim_off_km(shot: Shot, state: np.ndarray, pole: np.ndarray) -> np.ndarray:
    """How far a hyperbola about the Moon misses what is wanted: along T, along R and, by its delay, along its way."""
    gm = shot.job.forces.gm("moon")
    r, v = state[:3], state[3:]
    distance, h = np.linalg.norm(r), np.cross(r, v)
    v_infinity2 = v @ v - 2.0 * gm / distance
    eccentricity = np.cross(v, h) / gm - r / distance
    e, a = np.linalg.norm(eccentricity), gm / v_infinity2
    p, q = eccentricity / e, np.cross(h, eccentricity) / (np.linalg.norm(h) * e)
    s = p / e + np.sqrt(1.0 - 1.0 / e**2) * q
    b = np.cross(s, h) / np.sqrt(v_infinity2)
    anomaly = np.arcsinh(r @ v / (e * np.sqrt(gm * a)))
    to_perilune = (anomaly - e * np.sinh(anomaly)) * np.sqrt(a**3 / gm)
    t = np.cross(s, pole) / np.linalg.norm(np.cross(s, pole))
    wanted_e = 1.0 + shot.perilune_radius_km / a
    normal = t if shot.northbound_arrival else -t
    off = b - a * np.sqrt(wanted_e**2 - 1.0) * np.cross(s, normal)
    return np.array([off @ t, off @ np.cross(s, t), (to_perilune - AIMED_BEFORE_S) * np.sqrt(v_infinity2)])


def perilune_off(shot: Shot, state: np.ndarray, pole: np.ndarray) -> np.ndarray:
    """Height off, km; distance to go to the perilune, km; and out-of-plane, km: of the state at the arrival."""
    r, v = state[:3], state[3:]
    h = np.cross(r, v)
    radius = np.linalg.norm(r)
    return np.array(
        [radius - shot.perilune_radius_km, r @ v / np.linalg.norm(v), radius * (h @ pole) / np.linalg.norm(h)]
    )


def arrives_northbound(shot: Shot, state: np.ndarray, pole: np.ndarray) -> bool:
    """Which of the two planes, by the motion along the incoming asymptote."""
    r, v = state[:3], state[3:]
    e = np.linalg.norm(r) * (v @ v) / shot.job.forces.gm("moon") - 1.0
    incoming = r / np.linalg.norm(r) / e + np.sqrt(1.0 - 1.0 / e**2) * v / np.linalg.norm(v)
    return bool(np.cross(np.cross(r, v), incoming) @ pole > 0.0)


def leaves_northbound(shot: Shot, x: np.ndarray) -> bool:
    """Which way the outward plane passes the Moon's direction on arrival."""
    epoch, states = shot.injection(x)
    normal = np.cross(states[0, :3], states[0, 3:])
    moon = shot.job.forces.source.position("moon", "earth", epoch + shot.tof_s)[0]
    return bool(np.cross(normal, moon) @ erfa.pnm00b(J2000_JD, epoch[0] / DAY_S)[2] > 0.0)


# ---------------------------------------------------------------- the corrector


@dataclass(frozen=True)
class Corrected:
    """Lift-off, coast, speed; and the costs, m/s. ``ok`` if the perilune is met to ten metres."""

    x: np.ndarray
    ok: bool
    tli_m_s: float = np.nan
    loi_m_s: float = np.nan


def correct(shot: Shot, fly: Fly, guess: np.ndarray, met_km: float = 0.01) -> Corrected:
    """Solve a shot by scipy's `root` from a guess of lift-off, coast and speed."""
    z = np.zeros(3)
    for off, before in ((aim_off_km, AIMED_BEFORE_S), (perilune_off, 0.0)):

        def equations(z: np.ndarray, off: Callable = off, before: float = before) -> np.ndarray:
            states, poles = about_moon(shot, fly, guess + UNITS * z, before)
            return off(shot, states[0], poles[0])

        try:
            found = root(equations, z, method="hybr", options={"eps": STEP, "xtol": 1e-11, "maxfev": 60})
        except (FloatingPointError, ValueError, RuntimeError):  # an impact, a state that is not finite
            return Corrected(guess, False)
        z = found.x
    x = guess + UNITS * z
    states, poles = about_moon(shot, fly, x, 0.0)
    off_km = perilune_off(shot, states[0], poles[0])
    met = bool(
        np.abs(off_km).max() < met_km and arrives_northbound(shot, states[0], poles[0]) == shot.northbound_arrival
    )
    return Corrected(x, met, *costs_m_s(shot, x, states[0]))


def costs_m_s(shot: Shot, x: np.ndarray, perilune: np.ndarray) -> tuple[float, float]:
    forces = shot.job.forces
    near, far = shot.perilune_radius_km, RADIUS_KM["moon"] + shot.job.apolune_altitude_km
    tli = x[2] - np.sqrt(forces.gm("earth") / shot.parking_radius_km)
    loi = np.linalg.norm(perilune[3:]) - np.sqrt(2.0 * forces.gm("moon") * far / (near * (near + far)))
    return 1e3 * float(tli), 1e3 * float(loi)


def shot_of(job: Launches, cells: dict[str, np.ndarray], i: int) -> Shot:
    return Shot(job, float(cells["azimuth_deg"][i]), float(cells["tof_s"][i]), cells["arrival"][i] == NORTHBOUND)
