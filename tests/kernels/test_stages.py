"""Weighted sums of stages: the compiled straight-line code against its plain Python body."""

from functools import cache

import numpy as np
import pytest
from numba import njit

from lunarplan.kernels import stages, tableaux
from lunarplan.kernels.lanes import load, stack, store
from tests.tolerances import STAGE_SUM_ROUNDING

METHODS = {
    "rkn12": (stages.rkn12_sums, tableaux.RKN12),
    "rkn8": (stages.rkn8_sums, tableaux.RKN8),
    "dop853": (stages.dop853_sums, tableaux.DOP853),
}
STRIDE = 5  # derivatives a stage, of which three at a time are summed


def kernel_of(name, width):
    """Every row of a method over stages of STRIDE derivatives, starting at derivative 0 and at 2."""
    sums, tableau = METHODS[name]
    rows, room = len(tableau.rows), tableau.stages * STRIDE

    def kernel(k, out):
        s = stack(width, room)
        for j in range(room):
            s[j] = load(width, k, j * width)
        for row in range(rows):
            for first in range(0, 3, 2):
                x, y, z = sums(row, s, first, STRIDE)
                place = (2 * row + first // 2) * 3 * width
                store(out, place, x)
                store(out, place + width, y)
                store(out, place + 2 * width, z)

    return kernel


@cache
def derivatives(name, width):
    return np.random.default_rng(4).normal(size=METHODS[name][1].stages * STRIDE * width)


def expected(name, width):
    """The sums by matrix product, in long double."""
    tableau = METHODS[name][1]
    k = derivatives(name, width).astype(np.longdouble).reshape(-1, STRIDE, width)
    out = []
    for row in tableau.rows:
        total = np.tensordot(np.array(row, np.longdouble), k[: len(row)], axes=1) if row else np.zeros((STRIDE, width))
        out += [total[0:3], total[2:5]]
    return np.array(out)


@pytest.mark.parametrize("width", [1, 8])
@pytest.mark.parametrize("name", METHODS)
def test_sums(name, width):
    exact = expected(name, width)
    weight = max(sum(abs(w) for w in row) for row in METHODS[name][1].rows)
    for kernel in (kernel_of(name, width), njit(error_model="numpy")(kernel_of(name, width))):
        out = np.zeros(exact.size)
        kernel(derivatives(name, width), out)
        assert np.abs(out.reshape(exact.shape) - exact).max() < STAGE_SUM_ROUNDING * weight


@pytest.mark.parametrize("name", METHODS)
def test_lanes_do_not_see_each_other(name):
    """The first lane of eight has the bits of the scalar code."""
    k = derivatives(name, 8)
    many, one = np.zeros(expected(name, 8).size), np.zeros(expected(name, 1).size)
    njit(error_model="numpy")(kernel_of(name, 8))(k, many)
    njit(error_model="numpy")(kernel_of(name, 1))(np.ascontiguousarray(k[::8]), one)
    assert np.array_equal(many[::8], one)
