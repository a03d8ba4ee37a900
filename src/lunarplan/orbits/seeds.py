"""First guesses of periodic orbits: states on a mirror, and the time to the next one.

All states are float64[6], barycentric rotating; times are periods.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.rows import scalar
from lunarplan.orbits.libration import LEAST_MU, expansion, libration_points, linear_motion, triangular_frequencies

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Seed = tuple["Floats", float]


@dataclass(frozen=True)
class Richardson:
    """The third-order halo orbit about a collinear point. Amplitudes in units of gamma.

    Source: Richardson 1980, Celestial Mechanics 22:241, eqs. (17)-(23) and appendix I.
    """

    mu: float
    point: str
    gamma: float
    frequency: float
    ratio: float
    delta: float
    ax: float
    az: float
    stretch: float
    second: tuple[float, float, float, float, float, float, float]
    third: tuple[float, float, float, float, float, float]

    @property
    def period(self) -> float:
        return 2.0 * np.pi / (self.frequency * self.stretch)

    def state(self, phase: float, *, upwards: bool) -> Floats:
        """State at a phase in radians; at 0 and pi it crosses the x-z plane at right angles, at 0 upwards or not."""
        turn = np.array([1.0, 2.0, 3.0])
        rate = self.frequency * self.stretch
        xs, ys, zs = self._amplitudes(upwards)
        c, s = np.cos(turn * phase), np.sin(turn * phase)
        offset = np.array([self._x_offset(), 0.0, self._z_offset(upwards)])
        place = offset + np.array([xs @ c, ys @ s, zs @ c])
        speed = rate * np.array([-xs @ (turn * s), ys @ (turn * c), -zs @ (turn * s)])
        axes = np.array([1.0, 1.0, 1.0]) if self.point != "L3" else np.array([-1.0, -1.0, 1.0])
        out = np.concatenate([axes * place, axes * speed]) * self.gamma
        out[0] += libration_points(self.mu)[int(self.point[1]) - 1, 0]
        return out

    def _amplitudes(self, upwards: bool) -> tuple[Floats, Floats, Floats]:
        _, _, a23, a24, b21, b22, d21 = self.second
        a31, a32, b31, b32, d31, d32 = self.third
        ax, az, k = self.ax, self.az, self.ratio
        xs = np.array([-ax, a23 * ax**2 - a24 * az**2, a31 * ax**3 - a32 * ax * az**2])
        ys = np.array([k * ax, b21 * ax**2 - b22 * az**2, b31 * ax**3 - b32 * ax * az**2])
        zs = np.array([az, d21 * ax * az, d32 * az * ax**2 - d31 * az**3])
        return xs, ys, zs if upwards else -zs

    def _x_offset(self) -> float:
        return self.second[0] * self.ax**2 + self.second[1] * self.az**2

    def _z_offset(self, upwards: bool) -> float:
        return -3.0 * self.second[6] * self.ax * self.az * (1.0 if upwards else -1.0)


def richardson(mu: float, point: str, z_amplitude: float) -> Richardson:
    """Third-order halo orbit of a z amplitude in units of the primaries' distance.

    Raises InputError for an amplitude above gamma, and a mu or point that is none.
    """
    motion = linear_motion(mu, point)
    scalar("z_amplitude", z_amplitude, 0.0, motion.gamma)
    c2, c3, c4 = (expansion(mu, point, n) for n in (2, 3, 4))
    la, k, az = motion.planar, motion.ratio, z_amplitude / motion.gamma
    d1 = 3.0 * la**2 / k * (k * (6.0 * la**2 - 1.0) - 2.0 * la)
    d2 = 8.0 * la**2 / k * (k * (11.0 * la**2 - 1.0) - 2.0 * la)
    a21 = 3.0 * c3 * (k**2 - 2.0) / (4.0 * (1.0 + 2.0 * c2))
    a22 = 3.0 * c3 / (4.0 * (1.0 + 2.0 * c2))
    a23 = -3.0 * c3 * la / (4.0 * k * d1) * (3.0 * k**3 * la - 6.0 * k * (k - la) + 4.0)
    a24 = -3.0 * c3 * la / (4.0 * k * d1) * (2.0 + 3.0 * k * la)
    b21 = -3.0 * c3 * la / (2.0 * d1) * (3.0 * k * la - 4.0)
    b22 = 3.0 * c3 * la / d1
    d21 = -c3 / (2.0 * la**2)
    inner = 4.0 * c3 * (k * a23 - b21) + k * c4 * (4.0 + k**2)
    outer = 3.0 * c3 * (2.0 * a23 - k * b21) + c4 * (2.0 + 3.0 * k**2)
    cross = 4.0 * c3 * (k * a24 - b22) + k * c4
    mixed = c3 * (k * b22 + d21 - 2.0 * a24) - c4
    nine, two = 9.0 * la**2 + 1.0 - c2, 9.0 * la**2 + 1.0 + 2.0 * c2
    a31 = -9.0 * la / (4.0 * d2) * inner + nine / (2.0 * d2) * outer
    a32 = -(9.0 * la / 4.0 * cross + 1.5 * nine * mixed) / d2
    b31 = 3.0 / (8.0 * d2) * (-8.0 * la * outer + two * inner)
    b32 = (9.0 * la * mixed + 0.375 * two * cross) / d2
    d31 = 3.0 / (64.0 * la**2) * (4.0 * c3 * a24 + c4)
    d32 = 3.0 / (64.0 * la**2) * (4.0 * c3 * (a23 - d21) + c4 * (4.0 + k**2))
    bottom = 2.0 * la * (la * (1.0 + k**2) - 2.0 * k)
    s1 = 1.5 * c3 * (2.0 * a21 * (k**2 - 2.0) - a23 * (k**2 + 2.0) - 2.0 * k * b21)
    s1 = (s1 - 0.375 * c4 * (3.0 * k**4 - 8.0 * k**2 + 8.0)) / bottom
    s2 = 1.5 * c3 * (2.0 * a22 * (k**2 - 2.0) + a24 * (k**2 + 2.0) + 2.0 * k * b22 + 5.0 * d21)
    s2 = (s2 + 0.375 * c4 * (12.0 - k**2)) / bottom
    l1 = -1.5 * c3 * (2.0 * a21 + a23 + 5.0 * d21) - 0.375 * c4 * (12.0 - k**2) + 2.0 * la**2 * s1
    l2 = 1.5 * c3 * (a24 - 2.0 * a22) + 1.125 * c4 + 2.0 * la**2 * s2
    delta = la**2 - c2
    square = -(delta + l2 * az**2) / l1  # positive for every mu, point and amplitude up to gamma
    ax = float(np.sqrt(square))
    stretch = 1.0 + s1 * square + s2 * az**2
    return Richardson(
        mu, point, motion.gamma, la, k, delta, ax, az, stretch,
        (a21, a22, a23, a24, b21, b22, d21), (a31, a32, b31, b32, d31, d32),
    )  # fmt: skip


def lyapunov(mu: float, point: str, x_amplitude: float) -> Seed:
    """Linear planar oscillation about a collinear point, where it crosses the x axis."""
    motion = linear_motion(mu, point)
    scalar("x_amplitude", x_amplitude, 0.0, motion.gamma)
    x = libration_points(mu)[int(point[1]) - 1, 0] - x_amplitude
    return np.array([x, 0.0, 0.0, 0.0, motion.planar * motion.ratio * x_amplitude, 0.0]), 2.0 * np.pi / motion.planar


def vertical(mu: float, point: str, z_amplitude: float) -> Seed:
    """Linear vertical oscillation about a collinear point, where it crosses the x axis."""
    motion = linear_motion(mu, point)
    scalar("z_amplitude", z_amplitude, 0.0, motion.gamma)
    x = libration_points(mu)[int(point[1]) - 1, 0]
    return np.array([x, 0.0, 0.0, 0.0, 0.0, motion.vertical * z_amplitude]), 2.0 * np.pi / motion.vertical


def triangular(mu: float, point: str, amplitude: float, *, short: bool) -> Seed:
    """Linear planar oscillation about L4 or L5, of an amplitude along y, where it is as high as the point."""
    if point not in ("L4", "L5"):
        raise InputError(f"{point!r}", where="point", allowed="L4, L5")
    frequencies = triangular_frequencies(mu)
    scalar("amplitude", amplitude, 0.0, 1.0)
    w = frequencies[0 if short else 1]
    side = 1.0 if point == "L4" else -1.0
    # (-w2 - Uxx) X - (2 i w + Uxy) Y = 0 with X, Y complex amplitudes
    uxx, uxy = 0.75, side * 0.75 * np.sqrt(3.0) * (1.0 - 2.0 * mu)
    along = (2j * w + uxy) / (-(w**2) - uxx)
    phasor = np.array([along, 1.0])
    place = amplitude * (-1j * phasor).real
    speed = amplitude * w * (1j * -1j * phasor).real
    out = np.zeros(6)
    out[:2] = libration_points(mu)[int(point[1]) - 1, :2] + place
    out[3:5] = speed
    return out, 2.0 * np.pi / w


def circular(mu: float, radius: float, *, prograde: bool) -> Seed:
    """Kepler's circle about the smaller primary, where it crosses the x axis towards the larger."""
    scalar("mu", mu, LEAST_MU, 0.5)
    scalar("radius", radius, 1e-9, 1.0)
    rate = np.sqrt(mu / radius**3)
    turning = rate - 1.0 if prograde else rate + 1.0  # as seen in the rotating axes
    speed = -turning * radius if prograde else turning * radius
    return np.array([1.0 - mu - radius, 0.0, 0.0, 0.0, speed, 0.0]), 2.0 * np.pi / turning


def distant_prograde() -> Seed:
    """A distant prograde orbit of the Earth-Moon problem, found where a section is crossed at right angles.

    Source of the family: Hénon 1969, Astronomy and Astrophysics 1:223, g' of Hill's problem.
    """
    return np.array([0.9108, 0.0, 0.0, 0.0, -0.3688, 0.0]), 2.0626


def resonant(mu: float, turns: int, months: int, eccentricity: float, *, apogee: bool, towards: bool) -> Seed:
    """An ellipse about the larger primary at an end of its axis, that lies towards the smaller one or away from it.

    It makes `turns` revolutions while the primaries make `months`.
    """
    scalar("mu", mu, LEAST_MU, 0.5)
    scalar("turns", turns, 1, 1000)
    scalar("months", months, 1, 1000)
    scalar("eccentricity", eccentricity, 0.0, 0.999)
    axis = ((1.0 - mu) * (months / turns) ** 2) ** (1.0 / 3.0)
    radius = axis * (1.0 + eccentricity) if apogee else axis * (1.0 - eccentricity)
    side = 1.0 if towards else -1.0
    speed = np.sqrt((1.0 - mu) * (2.0 / radius - 1.0 / axis)) - radius
    return np.array([side * radius - mu, 0.0, 0.0, 0.0, side * speed, 0.0]), 2.0 * np.pi * months
