"""Libration points and linear motion."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.cr3bp import jacobi, propagate_cr3bp
from lunarplan.orbits.equations import rates
from lunarplan.orbits.libration import expansion, gamma, libration_points, linear_motion, triangular_frequencies
from lunarplan.orbits.units import EARTH_MOON_384400, EARTH_MOON_JPL
from tests.orbits.families import FAMILIES, MU, ORBITS
from tests.tolerances import FREQUENCY_DIGITS, LIBRATION


@pytest.mark.parametrize("row", range(5))
def test_points_of_the_catalogue(row):
    points, name = libration_points(MU), f"l{row + 1}"
    assert points[row, :2] == pytest.approx(ORBITS["libration"][name], abs=LIBRATION)
    at_rest = np.concatenate([points[row], np.zeros(3)])
    assert jacobi(at_rest, MU) == pytest.approx(ORBITS["libration_jacobi"][name], abs=LIBRATION)


@pytest.mark.parametrize("mu", [1e-12, 3.04e-6, MU, 0.1, 0.3, 0.5])
def test_nothing_moves_there(mu):
    points = libration_points(mu)
    at_rest = np.concatenate([points, np.zeros((5, 3))], axis=1)
    # a place near 1 is rounded, and then the gradient, up to 2 c2 + 1 = 9 and more, makes an acceleration of it
    assert np.abs(rates(at_rest, mu)).max() < 2.0**-52 * 2.0 * (2.0 * expansion(mu, "L1", 2) + 1.0)


def test_distances_and_linear_frequencies():
    assert gamma(MU, "L1") == pytest.approx(0.1509342886180, abs=LIBRATION)
    assert gamma(MU, "L2") == pytest.approx(0.1678327510545, abs=LIBRATION)
    for point in ("L1", "L2"):
        motion = linear_motion(MU, point)
        found = [motion.c2, motion.growth, motion.planar, motion.vertical]
        assert found == pytest.approx(ORBITS["linear"][point.lower()], abs=FREQUENCY_DIGITS)


def test_the_point_of_sun_and_earth():
    mu = FAMILIES["isee3"]["mu"]
    motion = linear_motion(mu, "L1")
    assert motion.gamma == pytest.approx(0.0100109772, abs=1e-10)
    assert motion.planar == pytest.approx(2.086453564, abs=1e-9)
    assert motion.ratio == pytest.approx(3.229268252, abs=1e-9)
    assert motion.planar**2 - motion.c2 == pytest.approx(0.292214459, abs=1e-9)


def test_distances_from_the_moon_in_both_units():
    for units, near, far, digit in (
        (EARTH_MOON_JPL, 58819.585, 65404.971, 1e-3),
        (EARTH_MOON_384400, 58019.1, 64514.9, 0.06),
    ):
        assert gamma(MU, "L1") * units.length_km == pytest.approx(near, abs=digit)
        assert gamma(MU, "L2") * units.length_km == pytest.approx(far, abs=digit)


@pytest.mark.parametrize("mu", [3e-6, MU, 0.3])
@pytest.mark.parametrize("point", ["L1", "L2", "L3"])
def test_frequencies_are_those_of_the_flow(mu, point):
    """Eigenvalues of a short transition matrix at the point."""
    motion, place = linear_motion(mu, point), libration_points(mu)[int(point[1]) - 1]
    t = 0.3
    flown = propagate_cr3bp(np.concatenate([place, np.zeros(3)]), t, mu=mu, stm=True).stm[0]
    rate = np.log(np.linalg.eigvals(flown)) / t
    expected = [motion.growth, -motion.growth, 1j * motion.planar, 1j * motion.vertical]
    for value in expected:
        assert np.abs(rate - value).min() < 1e-9


def test_triangular_frequencies_are_roots():
    for w in triangular_frequencies(MU):
        assert w**4 - w**2 + 6.75 * MU * (1.0 - MU) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("mu", [0.0, -1.0, 0.7, np.nan, np.inf])
def test_mass_ratios_out_of_range(mu):
    for call in (libration_points, lambda m: gamma(m, "L1"), lambda m: linear_motion(m, "L2"), triangular_frequencies):
        with pytest.raises(InputError, match="mu"):
            call(mu)


def test_points_that_are_not_collinear():
    with pytest.raises(InputError, match="L1, L2, L3"):
        gamma(MU, "L4")


def test_above_routh_the_triangular_points_are_unstable():
    assert triangular_frequencies(0.03852)[0] > 0.7
    with pytest.raises(InputError, match=r"0\.0385209"):
        triangular_frequencies(0.03853)
