"""Rows of sixteen float32: compiled they do what their Python versions do."""

import numpy as np
import pytest

from lunarplan.kernels import floats
from lunarplan.kernels.floats import (
    WIDTH,
    any_above,
    counting,
    fused,
    larger,
    load,
    load_integers,
    magnitude,
    root,
    smaller,
    store,
    store_index,
    store_rounded,
    where_above,
    whole,
    with_sign,
)
from lunarplan.kernels.jit import compiled
from tests.tolerances import FLOAT32

ROWS = 14


@compiled
def every_operation(a, b, c, integers, out, nearest, index):
    x, y, z = load(a, 0), load(b, 0), load(c, 0)
    store(out, 0 * WIDTH, x + y * z)
    store(out, 1 * WIDTH, x - y / z)
    store(out, 2 * WIDTH, 2.0 * x - 1.0)
    store(out, 3 * WIDTH, fused(x, y, z))
    store(out, 4 * WIDTH, larger(x, y))
    store(out, 5 * WIDTH, smaller(x, y))
    store(out, 6 * WIDTH, magnitude(x))
    store(out, 7 * WIDTH, with_sign(y, x))
    store(out, 8 * WIDTH, where_above(x, 0.0, y, z))
    store(out, 9 * WIDTH, root(magnitude(x)))
    store(out, 10 * WIDTH, whole(x))
    store(out, 11 * WIDTH, counting(3.0, -0.5))
    store(out, 12 * WIDTH, load_integers(integers, 1))
    store(out, 13 * WIDTH, load(a, 1))
    store_rounded(nearest, 0, x * 10.0)
    store_index(index, 0, whole(magnitude(x)), whole(magnitude(y)), 1000)
    return any_above(x, y), any_above(x, 1e6)


@pytest.fixture
def arguments():
    rng = np.random.default_rng(1)
    a, b, c = (rng.normal(0.0, 100.0, WIDTH + 1).astype(np.float32) for _ in range(3))
    integers = rng.integers(-30000, 30000, WIDTH + 1).astype(np.int16)
    out = np.full(ROWS * WIDTH, np.nan, np.float32)
    return a, b, c, integers, out, np.zeros(WIDTH, np.int16), np.zeros(WIDTH, np.int32)


def test_compiled_and_plain_python_agree(arguments):
    plain = tuple(a.copy() for a in arguments)
    assert every_operation(*arguments) == every_operation.py_func(*plain) == (True, False)
    for compiled_one, plain_one in zip(arguments, plain, strict=True):
        np.testing.assert_allclose(compiled_one, plain_one, rtol=FLOAT32, atol=100.0 * FLOAT32)


def test_what_is_not_a_number_loses_every_comparison(arguments):
    a, b = arguments[0].copy(), arguments[1]
    a[3] = np.nan
    out, nearest, index = arguments[4:]
    every_operation(a, b, *arguments[2:4], out, nearest, index)
    assert out[4 * WIDTH + 3] == b[3]
    assert out[5 * WIDTH + 3] == b[3]
    assert out[8 * WIDTH + 3] == arguments[2][3]


def test_a_row_is_a_register():
    assert WIDTH * 4 * 8 == 512
    assert floats.Row().name == "f32x16"
