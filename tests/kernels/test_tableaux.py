"""Order conditions, in exact fractions where the coefficients are exact."""

import json
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import pytest

from lunarplan.kernels import tableaux
from tests.tolerances import DOP853_CONDITION

FIGURES = json.loads(Path(tableaux.__file__).with_name("tableaux.json").read_text(encoding="utf-8"))
SEEN = Fraction(1, 10**9)  # an error estimate has to see something
# All of the 8(6) method is exact; four stages of the 12(10) method are printed to some fifty digits.
CONDITION = {"rkn12_10_17": Fraction(1, 10**52), "rkn8_6_9": Fraction(0)}
NYSTROM = {"rkn12_10_17": (12, 10, tableaux.RKN12), "rkn8_6_9": (8, 6, tableaux.RKN8)}


@cache
def exact(name):
    """Columns c, a (square), and the four solution and error rows, as fractions."""
    f = FIGURES[name]
    rows = {k: [Fraction(x) for x in v] for k, v in f.items() if isinstance(v, list) and k != "a"}
    stages = len(rows["c"])
    rows["a"] = [[Fraction(x) for x in row] + [Fraction(0)] * (stages - len(row)) for row in f["a"]]
    return rows


# ---------------------------------------------------------------- trees
#
# A tree of r'' = f(r) is its number of leaves r' and its subtrees, each another f reached through r.
# For the stage i of a method:      weight(i) = c_i^leaves * product over subtrees of sum_j a_ij weight_sub(j)
# and for the exact solution at c:  weight(c) = g c^(size - 1), where integrating a subtree twice divides it by
# size (size + 1). A method of order p has  sum b'_i weight(i) = g / size  for all trees up to p, and
# sum b_i weight(i) = g / (size (size + 1))  up to p - 1. Source: Hairer, Norsett, Wanner (1993), II.14.


@cache
def trees(size):
    """All trees of a size, as (leaves, subtrees)."""
    found = []
    for leaves in range(size):
        rest = size - 1 - leaves
        found += [(leaves, forest) for forest in forests(rest, rest)]
    return found


@cache
def forests(total, largest):
    """Multisets of trees, each counted with one more for the edge, of a total size."""
    if total == 0:
        return [()]
    found = []
    for size in range(min(total - 1, largest), 0, -1):
        for count in range(1, total // (size + 1) + 1):
            for chosen in combinations_with_replacement(trees(size), count):
                found += [chosen + rest for rest in forests(total - count * (size + 1), size - 1)]
    return found


def size(tree):
    leaves, subtrees = tree
    return 1 + leaves + sum(size(t) + 1 for t in subtrees)


@cache
def exact_factor(tree):
    factor = Fraction(1)
    for t in tree[1]:
        factor *= exact_factor(t) / (size(t) * (size(t) + 1))
    return factor


@cache
def stage_weights(name, tree):
    f = exact(name)
    leaves, subtrees = tree
    weights = [c**leaves for c in f["c"]]
    for t in subtrees:
        inner = stage_weights(name, t)
        weights = [
            w * sum((x * y for x, y in zip(row, inner, strict=True) if x and y), Fraction(0))
            for w, row in zip(weights, f["a"], strict=True)
        ]
    return weights


def weighted(name, row, tree):
    return sum((x * y for x, y in zip(exact(name)[row], stage_weights(name, tree), strict=True) if x), Fraction(0))


def test_number_of_trees():
    """Hairer, Norsett, Wanner (1993), table II.14.3: trees for r'' = f(r) by order."""
    assert [len(trees(n)) for n in range(1, 9)] == [1, 1, 2, 3, 6, 10, 20, 36]


@pytest.mark.parametrize("name", NYSTROM)
def test_stage_times_are_consistent(name):
    f = exact(name)
    for c, row in zip(f["c"], f["a"], strict=True):
        assert abs(sum(row) - c**2 / 2) <= CONDITION[name]


@pytest.mark.parametrize("name", NYSTROM)
def test_explicit(name):
    for s, row in enumerate(FIGURES[name]["a"]):
        assert len(row) == s


@pytest.mark.parametrize("name", NYSTROM)
def test_quadrature(name):
    order, _, _ = NYSTROM[name]
    f = exact(name)
    for q in range(order):
        assert sum(b * c**q for b, c in zip(f["b_velocity"], f["c"], strict=True)) == Fraction(1, q + 1)
    for q in range(order - 1):
        moment = sum(b * c**q for b, c in zip(f["b_position"], f["c"], strict=True))
        assert moment == Fraction(1, (q + 1) * (q + 2))


@pytest.mark.parametrize("name", NYSTROM)
def test_all_order_conditions(name):
    """Every tree, not only the quadratures: the method has the order its paper says."""
    order, _, _ = NYSTROM[name]
    for n in range(1, order + 1):
        for tree in trees(n):
            g = exact_factor(tree)
            assert abs(weighted(name, "b_velocity", tree) - g / n) <= CONDITION[name]
            if n < order:
                assert abs(weighted(name, "b_position", tree) - g / (n * (n + 1))) <= CONDITION[name]


@pytest.mark.parametrize("name", NYSTROM)
def test_error_rows_see_the_first_order_left_out(name):
    """The embedded solution has the lower order, so the estimate vanishes up to it and not beyond."""
    _, embedded, _ = NYSTROM[name]
    for n in range(1, embedded + 1):
        for tree in trees(n):
            assert abs(weighted(name, "error_velocity", tree)) <= CONDITION[name]
            if n < embedded:
                assert abs(weighted(name, "error_position", tree)) <= CONDITION[name]
    assert max(abs(weighted(name, "error_velocity", tree)) for tree in trees(embedded + 1)) > SEEN
    assert max(abs(weighted(name, "error_position", tree)) for tree in trees(embedded)) > SEEN


@pytest.mark.parametrize("name", NYSTROM)
def test_rows_as_compiled_are_the_fractions_rounded_once(name):
    _, embedded, tableau = NYSTROM[name]
    f = exact(name)
    stages = len(f["c"])
    assert tableau.stages == stages
    assert tableau.order == embedded + 1
    assert [float(c) for c in f["c"]] == list(tableau.c)
    for s in range(stages):
        assert tableau.rows[s] == tuple(float(x) for x in f["a"][s][:s])
    for i, key in enumerate(("b_position", "b_velocity", "error_position", "error_velocity")):
        assert tableau.rows[stages + i] == tuple(float(x) for x in f[key])


@pytest.mark.parametrize("tableau", [tableaux.RKN12, tableaux.RKN8, tableaux.DOP853])
def test_nodes_hold_every_stage_time_once(tableau):
    assert (tableau.nodes[tableau.node_of] == tableau.c).all()
    assert len(tableau.nodes) % 8 == 0
    assert tableau.nodes[-1] == 1.0  # the last lane is the end of the step: impacts are looked for there
    distinct = len(set(tableau.c))
    assert (np.diff(tableau.nodes[:distinct]) > 0).all()
    assert (tableau.nodes[distinct:] == tableau.nodes[distinct - 1]).all()


# ---------------------------------------------------------------- DOP853, given in decimals


def test_dop853_stage_times_are_row_sums():
    for s, c in enumerate(tableaux.DOP853.c):
        assert sum(tableaux.DOP853.rows[s]) == pytest.approx(c, abs=DOP853_CONDITION)


@cache
def first_order_trees(n):
    """Rooted trees with n nodes, each the sorted tuple of its subtrees."""
    if n == 1:
        return [()]
    return sorted({tuple(sorted(f)) for f in first_order_forests(n - 1, n - 1)})


@cache
def first_order_forests(total, largest):
    if total == 0:
        return [()]
    found = []
    for k in range(min(total, largest), 0, -1):
        for count in range(1, total // k + 1):
            for chosen in combinations_with_replacement(first_order_trees(k), count):
                found += [chosen + rest for rest in first_order_forests(total - count * k, k - 1)]
    return found


def nodes_and_density(tree):
    """Number of nodes and gamma of a rooted tree."""
    parts = [nodes_and_density(t) for t in tree]
    count = 1 + sum(n for n, _ in parts)
    density = count
    for _, g in parts:
        density *= g
    return count, density


def first_order_weights(a, tree):
    weights = np.ones(len(a))
    for t in tree:
        weights = weights * (a @ first_order_weights(a, t))
    return weights


@pytest.fixture(scope="module")
def dop853():
    stages = tableaux.DOP853.stages
    a = np.zeros((stages, stages))
    for s in range(stages):
        a[s, :s] = tableaux.DOP853.rows[s]
    return a, *np.array(tableaux.DOP853.rows[stages : stages + 3])


def test_number_of_rooted_trees():
    assert [len(first_order_trees(n)) for n in range(1, 9)] == [1, 1, 2, 4, 9, 20, 48, 115]


def test_dop853_all_order_conditions(dop853):
    a, b, _, _ = dop853
    for n in range(1, 9):
        for tree in first_order_trees(n):
            _, density = nodes_and_density(tree)
            assert b @ first_order_weights(a, tree) == pytest.approx(1.0 / density, abs=DOP853_CONDITION)


@pytest.mark.parametrize(("row", "order"), [(2, 5), (3, 3)])
def test_dop853_error_rows(dop853, row, order):
    a, error = dop853[0], dop853[row]
    for n in range(1, order + 1):
        for tree in first_order_trees(n):
            assert error @ first_order_weights(a, tree) == pytest.approx(0.0, abs=DOP853_CONDITION)
    assert max(abs(error @ first_order_weights(a, tree)) for tree in first_order_trees(order + 1)) > 1e-4
