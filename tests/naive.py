"""Independent oracles: the textbook formulas, slow and plain, sharing no code with the kernels.

Ephemerides are read with jplephem, orbits integrated with scipy, potentials differentiated by complex steps.
"""

import io
import math
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import erfa
import numpy as np
from jplephem.daf import DAF
from jplephem.spk import SPK
from scipy.integrate import solve_ivp

from lunarplan.model import data
from lunarplan.model.constants import EARTH_GRAVITY_RADIUS_KM, EARTH_J2, EARTH_J3, EARTH_J4

J2000_JD, DAY_S = 2451545.0, 86400.0
_CHAINS = {"moon": ((3, 301),), "sun": ((0, 10),), "venus": ((0, 2),), "jupiter": ((0, 5),)}
_ZONAL = {2: EARTH_J2, 3: EARTH_J3, 4: EARTH_J4}


# ---------------------------------------------------------------- where bodies are


@cache
def _kernel(path):
    """An SPK held in memory: an open file would be a resource warning at the end."""
    return SPK(DAF(io.BytesIO(path.read_bytes())))


class Bodies:
    """Places of bodies relative to the Earth, km, from an SPK read with jplephem."""

    def __init__(self, spk: Path | str | None = None) -> None:
        self.kernel = _kernel(Path(spk or data.packaged(data.EPHEMERIS)))

    def position(self, body: str, tdb: float, since: float = 0.0) -> np.ndarray:
        """Place at ``tdb + since``: seconds of a century resolve a tenth of a microsecond, their parts more."""
        if body == "earth":
            return np.zeros(3)
        whole = math.floor(tdb / DAY_S)
        when = J2000_JD + whole, (tdb - whole * DAY_S + since) / DAY_S
        earth = self.kernel[3, 399].compute(*when)
        place = sum(self.kernel[pair].compute(*when) for pair in _CHAINS[body])
        return place - earth if body == "moon" else place - earth - self.kernel[0, 3].compute(*when)

    def seen(self, body, tdb):
        """Where a body is seen from the Earth: its place relative to the Earth when the light left."""
        return self.position(body, tdb, -norm(self.position(body, tdb)) / 299_792.458)

    def state(self, body: str, tdb: float, step_s: float = 60.0) -> np.ndarray:
        """Position and velocity, the latter by an eighth-order central difference."""
        weights = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
        v = sum(
            w * (self.position(body, tdb, k * step_s) - self.position(body, tdb, -k * step_s))
            for k, w in enumerate(weights, start=1)
        )
        return np.concatenate([self.position(body, tdb), v / step_s])


# ---------------------------------------------------------------- potentials


def gradient(potential, r):
    """Derivative of a scalar function at float64[..., 3] by complex steps: exact to rounding."""
    tiny = 1e-30  # not smaller: its product with high powers of sines would underflow
    return np.stack([potential(r + 1j * tiny * e).imag / tiny for e in np.eye(3)], axis=-1)


def hessian(potential, r, step):
    """Second derivatives at float64[..., 3]: central differences of eighth order of complex-step gradients."""
    weights = (4 / 5, -1 / 5, 4 / 105, -1 / 280)
    columns = [
        sum(
            w * (gradient(potential, r + k * step * e) - gradient(potential, r - k * step * e))
            for k, w in enumerate(weights, start=1)
        )
        / step
        for e in np.eye(3)
    ]
    return np.stack(columns, axis=-1)


def norm(r):
    """Length that stays analytic under complex steps."""
    return np.sqrt((r * r).sum(axis=-1))


def zonal_potential(degree, gm, radius, j, pole):
    """Potential of J2 to J_degree about a pole; j maps n to J_n."""

    def potential(r):
        d = norm(r)
        u = (r @ pole) / d
        p = {2: (3 * u**2 - 1) / 2, 3: (5 * u**3 - 3 * u) / 2, 4: (35 * u**4 - 30 * u**2 + 3) / 8}
        return -gm / d * sum(j[n] * (radius / d) ** n * p[n] for n in range(2, degree + 1))

    return potential


def harmonic_potential(c, s, degree, gm, radius):
    """Potential of degrees 2 to ``degree`` of a fully normalised field, in body-fixed axes, analytic everywhere.

    d^m P_n / du^m by the unnormalised recursion (n - m) H(n, m) = (2n - 1) u H(n-1, m) - (n + m - 1) H(n-2, m); then
    P(n, m) cos(m longitude) = H(n, m) Re((x + iy)^m / r^m), which has no singular pole.
    """

    def potential(r):
        d = norm(r)
        x, y, u = np.moveaxis(r, -1, 0) / d
        total = 0.0 * d
        cosine, sine = 1.0, 0.0  # Re and Im of (x + iy)^m, as separate analytic functions
        sectoral = 1.0
        for m in range(degree + 1):
            if m:
                cosine, sine = cosine * x - sine * y, sine * x + cosine * y
                sectoral *= 2 * m - 1
            older, h = 0.0 * u, sectoral + 0.0 * u
            for n in range(m, degree + 1):
                if n > m:
                    older, h = h, ((2 * n - 1) * u * h - (n + m - 1) * older) / (n - m)
                if n >= 2:
                    scale = math.sqrt((2 - (m == 0)) * (2 * n + 1)) * _root_ratio(n, m)
                    total = total + (radius / d) ** n * scale * h * (c[n, m] * cosine + s[n, m] * sine)
        return gm / d * total

    return potential


def _root_ratio(n, m):
    """Square root of (n - m)! / (n + m)!, from exact integers: 200! is beyond float64, its root is not."""
    return 2.0**100 / math.isqrt(math.prod(range(n - m + 1, n + m + 1)) << 200)


# ---------------------------------------------------------------- sunlight


def lit_fraction(to_sun, sun_radius, to_body, body_radius, rings=400):
    """Fraction of the Sun's disc from which light reaches the origin past a sphere, counted ray by ray."""
    distance = np.linalg.norm(to_sun)
    axis = to_sun / distance
    side = np.cross(axis, np.eye(3)[np.argmin(np.abs(axis))])
    side /= np.linalg.norm(side)
    other = np.cross(axis, side)
    # rings of equal area on the disc seen; its rim is the tangent cone
    angle = math.asin(min(1.0, sun_radius / distance)) * np.sqrt((np.arange(rings) + 0.5) / rings)
    turn = 2 * np.pi * (np.arange(4 * rings) + 0.5) / (4 * rings)
    a, t = np.meshgrid(angle, turn, indexing="ij")
    rays = (
        np.cos(a)[..., None] * axis
        + (np.sin(a) * np.cos(t))[..., None] * side
        + (np.sin(a) * np.sin(t))[..., None] * other
    )
    along = rays @ to_body
    miss2 = to_body @ to_body - along**2
    return 1.0 - float(((along > 0) & (miss2 < body_radius**2)).mean())


# ---------------------------------------------------------------- propagation


def parking_rates(gm, radius_km, inclination):
    """Mean rates of the argument of latitude and of the node of a circular orbit about the oblate Earth, rad/s.

    Source: Kaula (1966), Theory of Satellite Geodesy, eq. (3.74): mean anomaly, perigee and node, each by itself.
    """
    n = math.sqrt(gm / radius_km**3)
    c = 0.75 * n * EARTH_J2 * (EARTH_GRAVITY_RADIUS_KM / radius_km) ** 2
    anomaly = n + c * (3.0 * math.cos(inclination) ** 2 - 1.0)
    perigee = c * (5.0 * math.cos(inclination) ** 2 - 1.0)
    return anomaly + perigee, -2.0 * c * math.cos(inclination)


def turned_about_z(vector, angle):
    c, s = math.cos(angle), math.sin(angle)
    return np.array([c * vector[0] - s * vector[1], s * vector[0] + c * vector[1], vector[2]])


@dataclass
class Model:
    """A force model in ICRF axes, for the oracle.

    gm       : km3/s2 by body
    center   : the body at the origin, which falls towards the others as point masses
    zonal    : highest Earth zonal harmonic, about ``pole`` ("date": erfa's pnm06a, or "icrf")
    moon     : (potential of the lunar harmonics, function tdb -> rotation ICRF to body axes), or None
    sunlight : km3/s2 taken from the Sun's attraction (no shadow), or 0
    force_n, mass_kg, flow_kg_s : constant inertial thrust; ``steered_n`` along the velocity
    """

    gm: dict
    bodies: Bodies = field(default_factory=Bodies)
    center: str = "earth"
    zonal: int = 0
    pole: str = "date"
    moon: tuple | None = None
    sunlight: float = 0.0
    force_n: np.ndarray | None = None
    steered_n: float = 0.0
    mass_kg: float = 1.0
    flow_kg_s: float = 0.0

    def acceleration(self, start_tdb, r, v=None, since=0.0):
        """km/s2, at float64[3], ``since`` s after the start."""
        tdb = start_tdb + since
        origin = self.bodies.position(self.center, start_tdb, since)
        total = np.zeros(3)
        for body, gm in self.gm.items():
            s = self.bodies.position(body, start_tdb, since) - origin
            felt = gm - self.sunlight if body == "sun" else gm
            total = total - felt * (r - s) / norm(r - s) ** 3
            if body != self.center:
                total = total - gm * s / norm(s) ** 3
        if self.zonal:
            potential = zonal_potential(self.zonal, self.gm["earth"], EARTH_GRAVITY_RADIUS_KM, _ZONAL, self._pole(tdb))
            total = total + gradient(potential, r + origin)
            if self.center != "earth":
                total = total - gradient(potential, origin)
        if self.moon is not None:
            potential, rotation = self.moon
            axes = rotation(tdb)
            from_moon = r + origin - self.bodies.position("moon", start_tdb, since)
            total = total + axes.T @ gradient(potential, axes @ from_moon)
        mass = self.mass_kg - self.flow_kg_s * since
        if self.force_n is not None:
            total = total + 1e-3 * np.asarray(self.force_n) / mass
        if self.steered_n:
            total = total + 1e-3 * self.steered_n / mass * v / norm(v)
        return total

    def _pole(self, tdb):
        return erfa.pnm06a(J2000_JD, tdb / DAY_S)[2] if self.pole == "date" else np.array([0.0, 0.0, 1.0])


def propagate(model, state, start_tdb, end_tdb, rtol=2.3e-14):
    """State at the end, float64[6], by scipy's DOP853; ICRF axes about the model's centre, km and km/s."""

    def rate(t, y):
        return np.concatenate([y[3:], model.acceleration(start_tdb, y[:3], y[3:], t)])

    span = end_tdb - start_tdb
    if span == 0.0:
        return np.array(state, float)
    scale = 1e-3 * rtol * np.repeat([np.linalg.norm(state[:3]), np.linalg.norm(state[3:])], 3)
    solution = solve_ivp(rate, (0.0, span), np.asarray(state, float), "DOP853", rtol=rtol, atol=scale)
    assert solution.success, solution.message
    return solution.y[:, -1]


def differences(function, x, steps):
    """Jacobian of a vector function by central differences of fourth order."""
    columns = []
    for k, h in enumerate(steps):
        e = np.zeros(len(x))
        e[k] = h
        near, far = function(x + e) - function(x - e), function(x + 2 * e) - function(x - 2 * e)
        columns.append((8 * near - far) / (12 * h))
    return np.stack(columns, axis=-1)


# ---------------------------------------------------------------- two bodies


def kepler(state, dt, gm):
    """Two-body motion by Lagrange's coefficients and Newton's method on the eccentric anomaly; ellipses only."""
    r, v = np.asarray(state[:3], float), np.asarray(state[3:], float)
    d = np.linalg.norm(r)
    a = 1.0 / (2.0 / d - v @ v / gm)
    n = math.sqrt(gm / a**3)
    e_cos, e_sin = 1.0 - d / a, (r @ v) / math.sqrt(gm * a)
    change = n * dt
    for _ in range(60):
        f = change - e_cos * math.sin(change) + e_sin * (1.0 - math.cos(change)) - n * dt
        change -= f / (1.0 - e_cos * math.cos(change) + e_sin * math.sin(change))
    c, s = math.cos(change), math.sin(change)
    later = a * (1.0 - e_cos * c + e_sin * s)
    f, g = 1.0 - a / d * (1.0 - c), dt - (change - s) / n
    fd, gd = -math.sqrt(gm * a) * s / (later * d), 1.0 - a / later * (1.0 - c)
    return np.concatenate([f * r + g * v, fd * r + gd * v])


def kepler_period(state, gm):
    """Period of an ellipse, s."""
    r, v = np.linalg.norm(state[:3]), np.linalg.norm(state[3:])
    return 2 * np.pi * math.sqrt((1.0 / (2.0 / r - v**2 / gm)) ** 3 / gm)


def b_plane(state, gm):
    """B.R, B.T of a hyperbola from its asymptote; T lies in the plane of x and y."""
    r, v = state[:3], state[3:]
    h = np.cross(r, v)
    e = np.cross(v, h) / gm - r / np.linalg.norm(r)
    eccentricity = np.linalg.norm(e)
    along, across = e / eccentricity, np.cross(h, e) / np.linalg.norm(np.cross(h, e))
    # the incoming asymptote makes an angle arccos(1/e) with the apse line
    s = along / eccentricity + math.sqrt(1.0 - 1.0 / eccentricity**2) * across
    a = np.linalg.norm(h) ** 2 / gm / (eccentricity**2 - 1.0)
    b = a * math.sqrt(eccentricity**2 - 1.0) * np.cross(s, h / np.linalg.norm(h))
    t = np.cross(s, [0.0, 0.0, 1.0])
    t /= np.linalg.norm(t)
    return b @ np.cross(s, t), b @ t


def symplectic_defect(stm, time_unit):
    """Largest entry of Phi^T J Phi - J with velocities counted in length per ``time_unit``, as canonical units do."""
    j = np.block([[np.zeros((3, 3)), np.eye(3)], [-np.eye(3), np.zeros((3, 3))]])
    scale = np.array([1.0] * 3 + [time_unit] * 3)
    phi = scale[:, np.newaxis] * stm / scale
    return float(np.abs(phi.T @ j @ phi - j).max())
