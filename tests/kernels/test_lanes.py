"""Every lane function compiled, at each width, against its plain Python body on numpy arrays."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from lunarplan.kernels.lanes import (
    absolute,
    any_lane,
    coarse_power,
    copysign,
    exp2_coarse,
    floor,
    fma,
    get_lane,
    lane_count,
    lane_max,
    lane_min,
    load,
    log2_coarse,
    max_per_clock,
    maximum,
    min_per_clock,
    minimum,
    rsqrt,
    select,
    set_lane,
    sqrt,
    stack,
    stack_like,
    store,
)
from tests.tolerances import COARSE_EXP2, COARSE_LOG2, COARSE_POWER, FMA_ROUNDING, RSQRT_ROUNDING

WIDTHS = [1, 8, 16]
NAN, INF = math.nan, math.inf


def elementwise(width):
    """Kernel of every function that maps lanes to lanes: out[f * n + i] for the inputs a[i], b[i], c[i]."""

    def kernel(a, b, c, out):
        n = len(a)
        for i in range(0, n, width):
            x, y, z = load(width, a, i), load(width, b, i), load(width, c, i)
            store(out, 0 * n + i, x + y)
            store(out, 1 * n + i, x - y)
            store(out, 2 * n + i, x * y)
            store(out, 3 * n + i, x / y)
            store(out, 4 * n + i, -x)
            store(out, 5 * n + i, 2.0 - x)
            store(out, 6 * n + i, x * 3)
            store(out, 7 * n + i, absolute(x))
            store(out, 8 * n + i, sqrt(absolute(x)))
            store(out, 9 * n + i, floor(x))
            store(out, 10 * n + i, minimum(x, y))
            store(out, 11 * n + i, maximum(x, y))
            store(out, 12 * n + i, copysign(x, y))
            store(out, 13 * n + i, select(x < y, x, z))
            store(out, 14 * n + i, select(x <= y, 1.0, z))
            store(out, 15 * n + i, select(x > y, x, 0.0))
            store(out, 16 * n + i, select(x >= y, x, z))
            store(out, 17 * n + i, select(x == y, x, z))
            store(out, 18 * n + i, select((x < y) & (y < z), x, z))
            store(out, 19 * n + i, select((x < y) | (y < z), x, z))
            store(out, 20 * n + i, select(len(a) > 100, x, z))
            w = x * 1.0  # a value of its own: in plain Python += writes into the array
            w += y
            w -= z
            store(out, 21 * n + i, w)
            store(out, 22 * n + i, maximum(x, 0.5))
            store(out, 23 * n + i, log2_coarse(absolute(x)))
            store(out, 24 * n + i, exp2_coarse(minimum(maximum(x, -900.0), 900.0)))
            store(out, 25 * n + i, coarse_power(absolute(x), -0.25))

    return kernel


EXACT, COUNT = range(23), 26
SPECIAL = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 1e300, -1e300, 1e-300, INF, -INF, NAN, 3.0, -7.25, 0.1, 1e-5]


@pytest.fixture(scope="module")
def numbers():
    """Ordinary numbers and every pair of special ones; equal pairs among them."""
    rng = np.random.default_rng(1)
    a = np.concatenate([rng.normal(size=256) * 10.0 ** rng.integers(-6, 6, 256), np.repeat(SPECIAL, 16)])
    b = np.concatenate([rng.normal(size=256) * 10.0 ** rng.integers(-6, 6, 256), np.tile(SPECIAL, 16)])
    b[:8] = a[:8]
    return a, b, rng.normal(size=512)


def run(kernel, numbers):
    out = np.empty(COUNT * 512)
    with np.errstate(all="ignore"):
        kernel(*numbers, out)
    return out.reshape(COUNT, 512)


@pytest.mark.parametrize("width", WIDTHS)
def test_compiled_lanes_equal_plain_python(width, numbers):
    python = elementwise(width)
    compiled = run(njit(error_model="numpy")(python), numbers)
    plain = run(python, numbers)
    for f in EXACT:
        assert np.array_equal(compiled[f], plain[f], equal_nan=True), f"function {f}"


@pytest.mark.parametrize("width", WIDTHS)
def test_a_lane_rounds_as_a_scalar(width, numbers):
    one, many = (run(njit(error_model="numpy")(elementwise(w)), numbers) for w in (1, width))
    usual = np.isfinite(numbers[0]) & (numbers[0] != 0.0)
    assert np.array_equal(one[:23], many[:23], equal_nan=True)
    assert np.array_equal(one[23:, usual], many[23:, usual])


@given(st.floats(1e-290, 1e290))
def test_coarse_logarithm(a):
    assert log2_coarse(a) == pytest.approx(math.log2(a), abs=COARSE_LOG2)


@given(st.floats(-900.0, 900.0))
def test_coarse_exponential(a):
    assert exp2_coarse(a) == pytest.approx(2.0**a, rel=COARSE_EXP2)


@given(st.floats(1e-40, 1e20), st.floats(-0.1, 0.1))
def test_coarse_power(a, exponent):
    assert coarse_power(a, exponent) == pytest.approx(a**exponent, rel=COARSE_POWER)


def roots(width):
    def kernel(a, out):
        for i in range(0, len(a), width):
            store(out, i, rsqrt(load(width, a, i)))

    return kernel


@pytest.mark.parametrize("width", WIDTHS)
def test_reciprocal_root_to_the_last_bits(width):
    """Against long double, over twenty orders of magnitude and every leading digit."""
    a = np.concatenate([10.0 ** np.linspace(-290, 290, 4096), np.linspace(1.0, 4.0, 4096)])
    out = np.empty_like(a)
    njit(error_model="numpy")(roots(width))(a, out)
    exact = 1.0 / np.sqrt(a.astype(np.longdouble))
    assert np.abs(out / exact - 1.0).max() < RSQRT_ROUNDING
    plain = np.empty_like(a)
    roots(width)(a, plain)
    assert np.abs(plain / exact - 1.0).max() < RSQRT_ROUNDING


def sums_of_products(width):
    def kernel(a, b, c, out):
        for i in range(0, len(a), width):
            store(out, i, fma(load(width, a, i), load(width, b, i), load(width, c, i)))

    return kernel


@pytest.mark.parametrize("width", WIDTHS)
def test_fused_multiply_add(width):
    rng = np.random.default_rng(2)
    a, b, c = rng.normal(size=(3, 256))
    out = np.empty(256)
    njit(error_model="numpy")(sums_of_products(width))(a, b, c, out)
    wide = [x.astype(np.longdouble) for x in (a, b, c)]
    assert np.abs(out - (wide[0] * wide[1] + wide[2])).max() < FMA_ROUNDING
    assert fma(a, b, c) == pytest.approx(out, abs=FMA_ROUNDING)


def across(width):
    """out: largest, smallest, any above 1, any above 100, then per own clock and per shared clock."""

    def kernel(a, out):
        x = load(width, a, 0)
        out[0], out[1] = lane_max(x), lane_min(x)
        out[2], out[3] = any_lane(x > 1.0), any_lane(x > 100.0)
        shared = stack(1, 1)
        shared[0] = 3.0
        out[4], out[5] = max_per_clock(x, shared[0]), min_per_clock(x, shared[0])
        store(out, 6, max_per_clock(x, x))
        store(out, 6 + width, min_per_clock(x, x))

    return kernel


@pytest.mark.parametrize("width", WIDTHS)
def test_across_lanes(width):
    a = np.linspace(-2.0, 5.0, 16)[-width:]
    expected = np.concatenate([[5.0, a[0], 1.0, 0.0, 5.0, a[0]], a, a])
    for kernel in (across(width), njit(error_model="numpy")(across(width))):
        out = np.zeros(6 + 2 * width)
        kernel(a, out)
        assert np.array_equal(out, expected)


@pytest.mark.parametrize("width", [8, 16])
def test_reductions_pass_over_nan(width):
    """A lane that is not a number does not hide the others: its row fails alone."""
    a = np.linspace(-2.0, 5.0, width)
    a[3] = NAN
    out = np.zeros(6 + 2 * width)
    njit(error_model="numpy")(across(width))(a, out)
    assert list(out[:6]) == [5.0, -2.0, 1.0, 0.0, 5.0, -2.0]


def shuffled(width):
    """Turns lanes round through memory: lane i of item 2 gets lane width-1-i of item 0."""

    def kernel(a, out):
        s = stack(width, 4)
        s[0] = load(width, a, 0)
        s[1] = 2.0
        for lane in range(lane_count(s)):
            set_lane(s, 2, lane, get_lane(s, 0, width - 1 - lane))
        t = stack_like(s[0], 1)
        t[0] = s[2] * s[1]
        s[0] = -1.0
        store(out, 0, t[0])
        store(out, width, s[0])

    return kernel


@pytest.mark.parametrize("width", WIDTHS)
def test_memory(width):
    a = np.arange(1.0, width + 1.0)
    for kernel in (shuffled(width), njit(error_model="numpy")(shuffled(width))):
        out = np.zeros(2 * width)
        kernel(a, out)
        assert np.array_equal(out[:width], 2.0 * a[::-1])
        assert (out[width:] == -1.0).all()


@pytest.mark.parametrize("width", WIDTHS)
def test_unaligned_loads_and_stores(width):
    a, out = np.arange(40.0), np.zeros(40)

    def kernel(a, out):
        for shift in range(3):
            store(out, 16 - shift, load(width, a, shift + 1))

    expected = np.zeros(40)
    kernel(a, expected)
    njit(kernel)(a, out)
    assert np.array_equal(out, expected)


def test_items_of_a_plain_stack_are_copies():
    """As registers are: a value read before a write keeps what it was."""
    s = stack(8, 2)
    s[0] = 1.0
    before = s[0]
    s[0] = 2.0
    assert (before == 1.0).all()


@njit(error_model="numpy")
def _is_nan(x):
    return math.isnan(x), x != x


def test_nan_stays_visible():
    """What fastmath would take away."""
    assert _is_nan(NAN) == (True, True)
