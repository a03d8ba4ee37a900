import numpy as np
import pytest

from lunarplan.kernels.gravity import harmonic_acceleration, harmonic_table
from lunarplan.model.gravity_field import GravityField
from tests import naive
from tests.tolerances import HARMONIC_GRADIENT, HARMONIC_ROUNDING

FIELD = GravityField.packaged_moon()
DEGREES = [2, 8, 50, 100]
TABLES = {}


def evaluate(points, degree, full_degree=None):
    """Acceleration [n, 3] and gradient [n, 3, 3] at body-fixed points, by the kernel in plain Python on arrays."""
    full = full_degree or degree
    if full not in TABLES:
        part = FIELD.truncated(full)
        TABLES[full] = harmonic_table(part.c, part.s, part.gm_km3_s2, part.radius_km)
    result = harmonic_acceleration(*points.T, FIELD.radius_km, degree, full, TABLES[full])
    ax, ay, az, xx, xy, xz, yy, yz, zz = np.array(result)
    rows = [[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]
    return np.stack([ax, ay, az], axis=-1), np.moveaxis(np.array(rows), -1, 0)


def oracle(degree):
    return naive.harmonic_potential(FIELD.c, FIELD.s, degree, FIELD.gm_km3_s2, FIELD.radius_km)


@pytest.fixture(scope="module")
def points():
    """From 20 km up to five radii, among them the poles, next to the poles, the equator and the far meridian."""
    rng = np.random.default_rng(5)
    directions = rng.normal(size=(8, 3))
    special = np.array(
        [[0, 0, 1], [0, 0, -1], [1e-9, 0, 1], [1e-5, -2e-5, -1], [1, 0, 0], [0, 1, 0], [-1, 0, 0], [1, 1, 0]]
    )
    directions = np.concatenate([directions, special])
    directions /= np.linalg.norm(directions, axis=1)[:, np.newaxis]
    return directions * np.geomspace(1758.0, 8690.0, 16)[rng.permutation(16), np.newaxis]


def relative(difference, size):
    """Largest difference at each point against the largest component there."""
    axes = tuple(range(1, difference.ndim))
    return (np.abs(difference).max(axis=axes) / np.abs(size).max(axis=axes)).max()


@pytest.mark.parametrize("degree", DEGREES)
def test_acceleration_is_the_gradient_of_the_potential(points, degree):
    acceleration, _ = evaluate(points, degree)
    expected = naive.gradient(oracle(degree), points)
    assert relative(acceleration - expected, expected) < HARMONIC_ROUNDING


@pytest.mark.parametrize("degree", DEGREES)
def test_gradient_is_the_hessian_of_the_potential(points, degree):
    _, gradient = evaluate(points, degree)
    step_km = 20.0 / degree
    expected = naive.hessian(oracle(degree), points, step_km)
    assert relative(gradient - expected, expected) < HARMONIC_GRADIENT


@pytest.mark.parametrize("degree", [2, 3, 8, 20])
def test_lower_degrees_of_a_larger_table(points, degree):
    """A table to degree 50 asked for fewer degrees leaves out the others, up to the two columns that close it."""
    one = evaluate(points, degree)
    part = evaluate(points, degree, full_degree=50)
    exact = naive.gradient(oracle(degree), points)
    assert relative(one[0] - exact, exact) < HARMONIC_ROUNDING
    felt = np.abs(part[0] - exact).max(axis=1)
    # what is left of the next two degrees: coefficients of degree n, felt through the columns n + 1 and n + 2
    next_two = np.abs(naive.gradient(oracle(degree + 2), points) - exact).max(axis=1)
    assert (felt <= 40.0 * next_two + HARMONIC_ROUNDING * np.abs(exact).max(axis=1)).all()


def test_against_the_closed_form_of_j2():
    """C20 alone, at a pole and on the equator: 3 GM J2 R2 / r4 up and -1.5 GM J2 R2 / r4 down."""
    c, s = np.zeros((3, 3)), np.zeros((3, 3))
    j2, gm, radius, r = 1e-3, 4900.0, 1738.0, 1900.0
    c[2, 0] = -j2 / np.sqrt(5.0)
    table = harmonic_table(c, s, gm, radius)
    unit = gm * j2 * radius**2 / r**4
    pole = harmonic_acceleration(0.0, 0.0, r, radius, 2, 2, table)
    equator = harmonic_acceleration(r, 0.0, 0.0, radius, 2, 2, table)
    assert pole[:3] == pytest.approx((0.0, 0.0, 3.0 * unit), rel=1e-14, abs=1e-30)
    assert equator[:3] == pytest.approx((-1.5 * unit, 0.0, 0.0), rel=1e-14, abs=1e-30)
    assert pole[3:] == pytest.approx((6 * unit / r, 0, 0, 6 * unit / r, 0, -12 * unit / r), rel=1e-13, abs=1e-30)


def test_scalars_and_arrays_are_the_same_code(points):
    table = evaluate(points, 8) and TABLES[8]
    many = np.array(harmonic_acceleration(*points.T, FIELD.radius_km, 8, 8, table))
    for i, point in enumerate(points):
        assert np.array_equal(many[:, i], np.array(harmonic_acceleration(*point, FIELD.radius_km, 8, 8, table)))


def test_terms_of_degree_zero_and_one_are_left_out():
    part = FIELD.truncated(2)
    c = part.c.copy()
    c[0, 0], c[1, 0], c[1, 1] = 7.0, 5.0, 3.0
    assert np.array_equal(
        harmonic_table(c, part.s, 1.0, 1.0), harmonic_table(part.c * (np.arange(3) > 1)[:, None], part.s, 1.0, 1.0)
    )


def test_nan_stays_nan():
    evaluate(np.array([[2000.0, 0.0, 0.0]]), 8)
    result = harmonic_acceleration(np.nan, 0.0, 2000.0, FIELD.radius_km, 8, 8, TABLES[8])
    assert np.isnan(result).all()
