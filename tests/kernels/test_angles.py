"""Sine and cosine by their series, against the standard library."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.kernels.angles import LARGEST, sine_cosine
from lunarplan.kernels.jit import compiled
from lunarplan.kernels.lanes import get_lane, set_lane, stack
from tests.tolerances import ACCELERATION_ROUNDING, SINE_SERIES

angles = st.floats(-LARGEST, LARGEST)


def left_out(x):
    """First terms of the two series that are not summed, and some roundings."""
    rounding = 4 * np.finfo(float).eps
    return abs(x) ** 19 / math.factorial(19) + rounding, abs(x) ** 20 / math.factorial(20) + rounding


@given(angles)
def test_nothing_is_missing_but_the_next_terms(x):
    s, c = sine_cosine(x)
    short_s, short_c = left_out(x)
    assert abs(s - math.sin(x)) <= short_s
    assert abs(c - math.cos(x)) <= short_c
    assert short_s < SINE_SERIES


@given(angles)
def test_one_is_odd_the_other_even(x):
    s, c = sine_cosine(x)
    assert sine_cosine(-x) == (-s, c)


@given(angles, angles)
def test_sum_of_angles(a, b):
    if abs(a + b) > LARGEST:
        a, b = a / 2, b / 2
    (sa, ca), (sb, cb), (s, c) = sine_cosine(a), sine_cosine(b), sine_cosine(a + b)
    assert sa * cb + ca * sb == pytest.approx(s, abs=3 * SINE_SERIES)
    assert ca * cb - sa * sb == pytest.approx(c, abs=3 * SINE_SERIES)


def test_exact_at_zero_and_for_small_angles():
    assert sine_cosine(0.0) == (0.0, 1.0)
    assert sine_cosine(1e-9) == (1e-9, 1.0)


@pytest.mark.parametrize("x", [math.nan, math.inf])
def test_what_is_no_angle_has_no_sine(x):
    assert not any(math.isfinite(v) for v in sine_cosine(x))


@pytest.mark.parametrize("width", [1, 4, 16])
def test_lanes(width):
    """Every lane as if it were alone."""

    def many(x, out):
        lanes = stack(width, 3)
        for i in range(0, len(x), width):
            for k in range(width):
                set_lane(lanes, 0, k, x[i + k])
            lanes[1], lanes[2] = sine_cosine(lanes[0])
            for k in range(width):
                out[i + k, 0], out[i + k, 1] = get_lane(lanes, 1, k), get_lane(lanes, 2, k)

    x, out = np.linspace(-LARGEST, LARGEST, 48), np.empty((48, 2))
    compiled(many)(x, out)
    assert np.abs(out - np.array([sine_cosine(v) for v in x])).max() < ACCELERATION_ROUNDING
