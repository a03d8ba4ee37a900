"""Three-vectors as tuples."""

import numpy as np
import pytest

from lunarplan.kernels import linalg3
from tests.tolerances import RSQRT_ROUNDING

RNG = np.random.default_rng(3)
A, B = RNG.normal(size=(2, 3, 50))


def test_products_agree_with_numpy():
    np.testing.assert_allclose(linalg3.dot(A, B), np.sum(A * B, axis=0), rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(linalg3.cross(A, B), np.cross(A, B, axis=0), rtol=1e-14, atol=1e-14)


def test_sums():
    np.testing.assert_array_equal(linalg3.added(A, B), A + B)
    np.testing.assert_array_equal(linalg3.less(A, B), A - B)
    np.testing.assert_array_equal(linalg3.scaled(2.5, A), 2.5 * A)
    np.testing.assert_allclose(linalg3.combined(2.0, A, -3.0, B), 2.0 * A - 3.0 * B, rtol=1e-14, atol=1e-14)


def test_chosen_takes_whole_vectors():
    mask = A[0] > 0.0
    np.testing.assert_array_equal(linalg3.chosen(mask, A, B), np.where(mask, A, B))


def test_resolved_gives_length_and_direction():
    length, inverse, direction = linalg3.resolved(A)
    np.testing.assert_allclose(length, np.linalg.norm(A, axis=0), rtol=2 * RSQRT_ROUNDING)
    np.testing.assert_allclose(inverse * length, 1.0, rtol=2 * RSQRT_ROUNDING)
    np.testing.assert_allclose(np.linalg.norm(direction, axis=0), 1.0, rtol=4 * RSQRT_ROUNDING)


def test_across_is_at_right_angles_and_leaves_what_is():
    _, _, u = linalg3.resolved(A)
    part = linalg3.across(B, u)
    np.testing.assert_allclose(linalg3.dot(part, u), 0.0, atol=1e-14)
    np.testing.assert_allclose(linalg3.across(part, u), part, atol=1e-14)


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_the_zero_vector_has_no_direction(zero):
    with np.errstate(divide="ignore", invalid="ignore"):
        length, _, direction = linalg3.resolved(np.full((3, 1), zero))
    assert np.isnan(length).all()
    assert np.isnan(direction).all()
