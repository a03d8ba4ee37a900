"""The averaged potential against textbook formulas, and against plain averages of the potential itself."""

import numpy as np
import pytest

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.forces import ForceModel
from lunarplan.model.gravity_field import GravityField
from lunarplan.orbits.averaged import EARTH_DISTANCE_KM, mean_potential, perilune_rates
from tests import tolerances as tol

_FIELD = GravityField.packaged_moon()
_J2, _J3 = -np.sqrt(5.0) * _FIELD.c[2, 0], -np.sqrt(7.0) * _FIELD.c[3, 0]


def _orbits(n: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(2)
    a, e = rng.uniform(1800.0, 2600.0, n), rng.uniform(0.01, 0.3, n)
    argp, i = rng.uniform(0.0, 2.0 * np.pi, n), rng.uniform(0.1, 3.0, n)
    return a, e * np.cos(argp), e * np.sin(argp), i


def test_perilune_turns_by_j2_as_kaula_says() -> None:
    """Kaula (1966), eq. (3.74): 3/4 n J2 (R / p)^2 (5 cos^2 i - 1)."""
    a, k, h, i = _orbits(20)
    e2 = k * k + h * h
    n = np.sqrt(_FIELD.gm_km3_s2 / a**3)
    expected = 0.75 * n * _J2 * (_FIELD.radius_km / (a * (1.0 - e2))) ** 2 * (5.0 * np.cos(i) ** 2 - 1.0)
    rates = perilune_rates(a, k, h, i, _FIELD, 2, earth=False)
    np.testing.assert_allclose((k * rates[1] - h * rates[0]) / e2, expected, rtol=tol.AVERAGED_RATE, atol=1e-13)
    np.testing.assert_allclose(k * rates[0] + h * rates[1], 0.0, atol=1e-15)


def test_eccentricity_is_pumped_by_j3_as_kozai_says() -> None:
    """Near a circular orbit: 3/8 n J3 (R / a)^3 sin i (5 cos^2 i - 1) along e cos(argp). Kozai (1959), AJ 64, 367."""
    a, i = np.full(20, 1900.0), np.linspace(0.1, 3.0, 20)
    none = np.zeros(20)
    total = perilune_rates(a, none, none, i, _FIELD, 3, earth=False)[0]
    n = np.sqrt(_FIELD.gm_km3_s2 / a**3)
    size = 1.5 * n * _J3 * (_FIELD.radius_km / a) ** 3 * np.sin(i) * (1.25 * np.cos(i) ** 2 - 0.25)
    np.testing.assert_allclose(np.abs(total), np.abs(size), rtol=tol.AVERAGED_RATE, atol=1e-15)


def test_the_zonal_mean_is_that_of_the_potential_over_the_revolution() -> None:
    a, k, h, i = _orbits(5)
    degree = 12
    found = mean_potential(a, k, h, i, _FIELD, degree, earth=False)
    for row in range(5):
        e, argp = np.hypot(k[row], h[row]), np.arctan2(h[row], k[row])
        mean = (np.arange(2000) + 0.5) * (2.0 * np.pi / 2000)
        eccentric = mean.copy()
        for _ in range(50):
            eccentric = mean + e * np.sin(eccentric)
        r = a[row] * (1.0 - e * np.cos(eccentric))
        true = 2.0 * np.arctan(np.sqrt((1 + e) / (1 - e)) * np.tan(0.5 * eccentric))
        sine = np.sin(i[row]) * np.sin(argp + true)
        terms = [0.0, 0.0] + [np.sqrt(2 * n + 1) * _FIELD.c[n, 0] for n in range(2, degree + 1)]
        ratio = _FIELD.radius_km / r
        legendre = np.stack([np.polynomial.legendre.Legendre.basis(n)(sine) for n in range(degree + 1)])
        potential = _FIELD.gm_km3_s2 / r * sum(terms[n] * ratio**n * legendre[n] for n in range(2, degree + 1))
        assert found[row] == pytest.approx(potential.mean(), rel=tol.AVERAGED_MEAN)


def test_the_earths_mean_is_that_over_both_orbits() -> None:
    a, k, h, i = (v[:3] for v in _orbits(3))
    nothing = GravityField("none", _FIELD.gm_km3_s2, _FIELD.radius_km, 0.0 * _FIELD.c, 0.0 * _FIELD.s, "moon_pa", "")
    found = mean_potential(a, k, h, i, nothing, 2)
    gm = ForceModel().gm("earth")
    for row in range(3):
        e, argp = np.hypot(k[row], h[row]), np.arctan2(h[row], k[row])
        eccentric = np.arange(400) * (2.0 * np.pi / 400)
        r = a[row] * (1.0 - e * np.cos(eccentric))
        place = a[row] * np.stack([np.cos(eccentric) - e, np.sqrt(1 - e * e) * np.sin(eccentric)])
        c, s = np.cos(argp), np.sin(argp)
        x, y = c * place[0] - s * place[1], s * place[0] + c * place[1]
        craft = np.stack([x, y * np.cos(i[row]), y * np.sin(i[row])])
        phase = np.arange(60) * (2.0 * np.pi / 60)
        toward = np.stack([np.cos(phase), np.sin(phase), 0.0 * phase])
        along = toward.T @ craft
        quadrupole = gm / EARTH_DISTANCE_KM**3 * (1.5 * along**2 - 0.5 * r**2)
        mean = (quadrupole * (r / a[row])).mean()  # dM = (r / a) dE
        assert found[row] == pytest.approx(mean, rel=tol.AVERAGED_MEAN)


def test_batches_are_loops() -> None:
    a, k, h, i = _orbits(4)
    whole = perilune_rates(a, k, h, i, _FIELD, 20)
    for row in range(4):
        one = perilune_rates(a[row : row + 1], k[row : row + 1], h[row : row + 1], i[row : row + 1], _FIELD, 20)
        assert one[0][0] == pytest.approx(whole[0][row], rel=1e-12, abs=1e-22)
        assert one[1][0] == pytest.approx(whole[1][row], rel=1e-12, abs=1e-22)


def test_mean_earth_radius_is_not_the_fields() -> None:
    assert _FIELD.radius_km != RADIUS_KM["moon"]
