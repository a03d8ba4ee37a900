import numpy as np
import pytest
from numpy.polynomial import chebyshev as oracle

from lunarplan.kernels import chebyshev
from tests.tolerances import SERIES_ROUNDING

LENGTH, START, RECORDS, TERMS = 8.0, -3.0, 5, 9
KERNELS = [(chebyshev.add_positions, 3), (chebyshev.add_states, 6), (chebyshev.add_accelerations, 3)]


@pytest.fixture(scope="module")
def coefficients():
    decay = 0.3 ** np.arange(TERMS)
    return np.random.default_rng(7).standard_normal((RECORDS, 3, TERMS)) * decay


def evaluate(kernel, width, coefficients, times, scale=1.0):
    out = np.zeros((times.size, width))
    kernel(coefficients, START, LENGTH, scale, times, out)
    return out


def naive(coefficients, times, derivative):
    """numpy's series, one time at a time."""
    rows = []
    for time in times:
        record = min(max(int(np.floor((time - START) / LENGTH)), 0), RECORDS - 1)
        x = 2.0 * (time - START - record * LENGTH) / LENGTH - 1.0
        series = oracle.chebder(coefficients[record], derivative, scl=2.0 / LENGTH, axis=1)
        rows.append(oracle.chebval(x, series.T))
    return np.array(rows)


@pytest.fixture(scope="module")
def times():
    rng = np.random.default_rng(8)
    inside = rng.uniform(START, START + RECORDS * LENGTH, 300)
    edges = START + LENGTH * np.arange(RECORDS + 1)
    return np.concatenate([np.sort(inside), rng.permutation(inside), edges])


def test_positions_match_numpy(coefficients, times):
    found = evaluate(chebyshev.add_positions, 3, coefficients, times)
    np.testing.assert_allclose(found, naive(coefficients, times, 0), rtol=0, atol=SERIES_ROUNDING)


def test_states_match_numpy(coefficients, times):
    found = evaluate(chebyshev.add_states, 6, coefficients, times)
    np.testing.assert_allclose(found[:, :3], naive(coefficients, times, 0), rtol=0, atol=SERIES_ROUNDING)
    np.testing.assert_allclose(found[:, 3:], naive(coefficients, times, 1), rtol=0, atol=SERIES_ROUNDING)


def test_accelerations_match_numpy(coefficients, times):
    found = evaluate(chebyshev.add_accelerations, 3, coefficients, times)
    np.testing.assert_allclose(found, naive(coefficients, times, 2), rtol=0, atol=SERIES_ROUNDING)


@pytest.mark.parametrize(("kernel", "width"), KERNELS)
def test_a_batch_has_the_bits_of_the_loop(kernel, width, coefficients, times):
    batch = evaluate(kernel, width, coefficients, times)
    loop = np.concatenate([evaluate(kernel, width, coefficients, times[i : i + 1]) for i in range(times.size)])
    np.testing.assert_array_equal(batch, loop)


@pytest.mark.parametrize(("kernel", "width"), KERNELS)
def test_uncompiled_kernels_agree(kernel, width, coefficients, times):
    some = np.concatenate([times[:40], times[-RECORDS:]])
    compiled = evaluate(kernel, width, coefficients, some)
    plain = evaluate(getattr(kernel, "py_func", kernel), width, coefficients, some)
    np.testing.assert_allclose(plain, compiled, rtol=0, atol=SERIES_ROUNDING)


@pytest.mark.parametrize(("kernel", "width"), KERNELS)
def test_results_are_scaled_and_added(kernel, width, coefficients, times):
    once = evaluate(kernel, width, coefficients, times)
    out = np.ones_like(once)
    kernel(coefficients, START, LENGTH, -2.0, times, out)
    np.testing.assert_array_equal(out, 1.0 - 2.0 * once)


@pytest.mark.parametrize(("kernel", "width"), KERNELS)
def test_no_times(kernel, width, coefficients):
    assert evaluate(kernel, width, coefficients, np.empty(0)).shape == (0, width)


@pytest.mark.parametrize(("kernel", "width"), KERNELS)
def test_nan_gives_nan_in_its_row_only(kernel, width, coefficients, times):
    some = times[:40].copy()
    some[20] = np.nan
    found = evaluate(kernel, width, coefficients, some)
    assert np.isnan(found[20]).all()
    assert np.isfinite(np.delete(found, 20, axis=0)).all()


@pytest.mark.parametrize(("terms", "expected"), [(1, [2.0, 0.0, 0.0]), (2, [2.5, 0.75, 0.0])])
def test_short_series(terms, expected):
    """2 + 3 T1(x) at x = 1/6, over records 8 long."""
    coefficients = np.broadcast_to([2.0, 3.0], (1, 3, 2))[:, :, :terms].copy()
    at = np.array([START + LENGTH * 7.0 / 12.0])
    found = [evaluate(kernel, width, coefficients, at)[0, -1] for kernel, width in KERNELS]
    value = evaluate(chebyshev.add_positions, 3, coefficients, at)[0, 0]
    np.testing.assert_allclose([value, found[1], found[2]], expected, rtol=0, atol=SERIES_ROUNDING)
