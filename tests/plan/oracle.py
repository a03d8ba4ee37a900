"""A flight to the Moon by an independent integration: jplephem, scipy, potentials differentiated by complex steps."""

import math

import numpy as np

from tests import naive

# Beyond these distances from the Moon, km, higher degrees push less than 2e-13 km/s2.
FELT = ((3000.0, 50), (8000.0, 20), (30_000.0, 8), (math.inf, 3))


class LunarField:
    """A normalised field up to a degree, in its own axes; `naive.harmonic_potential` with all orders at once."""

    def __init__(self, c, s, gm, radius, degree):
        scale = np.zeros((degree + 1, degree + 1))
        for n in range(degree + 1):
            for m in range(n + 1):
                scale[n, m] = math.sqrt((2 - (m == 0)) * (2 * n + 1)) * naive._root_ratio(n, m)
        self.c, self.s = c[: degree + 1, : degree + 1] * scale, s[: degree + 1, : degree + 1] * scale
        self.gm, self.radius = gm, radius
        self.order = np.arange(degree + 1.0)
        self.sectoral = np.concatenate([[1.0], np.cumprod(2.0 * np.arange(1, degree + 1) - 1.0)])

    def potential(self, r, degree):
        """Degrees 2 to ``degree`` at complex[k, 3]."""
        d = naive.norm(r)
        x, y, u = (r / d[:, np.newaxis]).T
        cosine, sine = np.ones((degree + 1, len(r)), complex), np.zeros((degree + 1, len(r)), complex)
        for m in range(1, degree + 1):
            cosine[m], sine[m] = cosine[m - 1] * x - sine[m - 1] * y, sine[m - 1] * x + cosine[m - 1] * y
        older, h = np.zeros((2, degree + 1, len(r)), complex)
        total = np.zeros(len(r), complex)
        for n in range(degree + 1):
            m = self.order[:n, np.newaxis]
            new = np.zeros((degree + 1, len(r)), complex)
            new[:n] = ((2 * n - 1) * u * h[:n] - (n + m - 1) * older[:n]) / (n - m)
            new[n] = self.sectoral[n]
            older, h = h, new
            if n >= 2:
                c, s = self.c[n, : degree + 1, np.newaxis], self.s[n, : degree + 1, np.newaxis]
                total += (self.radius / d) ** n * ((c * cosine + s * sine) * h).sum(axis=0)
        return self.gm / d * total

    def acceleration(self, r):
        """km/s2 at float64[3]."""
        degree = min(next(n for reach, n in FELT if naive.norm(r) < reach), len(self.order) - 1)
        tiny = 1e-30
        return self.potential(r + 1j * tiny * np.eye(3), degree).imag / tiny


class Flight(naive.Model):
    """`naive.Model` with a lunar field that is quick enough for a whole transfer."""

    def __init__(self, forces):
        field = forces.lunar_field
        super().__init__({b: forces.gm(b) for b in forces.bodies}, zonal=forces.earth_zonal)
        self.field = LunarField(field.c, field.s, field.gm_km3_s2, field.radius_km, forces.moon_degree)
        self.axes = forces.source.moon_pa

    def acceleration(self, start_tdb, r, v=None, since=0.0):
        axes = self.axes(np.array([start_tdb + since]))[0]
        lumps = self.field.acceleration(axes @ (r - self.bodies.position("moon", start_tdb, since)))
        return super().acceleration(start_tdb, r, v, since) + axes.T @ lumps
