"""Runge-Kutta and Runge-Kutta-Nystrom tableaux, read from tableaux.json (exact fractions, with their papers)."""

import json
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import numpy as np

_FIGURES = json.loads(Path(__file__).with_name("tableaux.json").read_text(encoding="utf-8"))
_NODE_LANES = 8  # distinct stage times are padded to a multiple of this, to be evaluated as lanes


class Tableau(NamedTuple):
    """An explicit method as one list of weight rows.

    rows    : stage rows first (row s weighs stages 0..s-1), then the solution rows, then the error rows
    c       : stage times, in steps
    nodes   : the distinct stage times, padded with the last one
    node_of : index into ``nodes`` of each stage
    order   : order of the error estimate's leading term; sets the exponent of the step controller
    """

    rows: tuple[tuple[float, ...], ...]
    c: np.ndarray
    nodes: np.ndarray
    node_of: np.ndarray
    order: int

    @property
    def stages(self):
        return len(self.c)


def _row(figures):
    return tuple(float(Fraction(x)) for x in figures)


def _tableau(name, solution_rows, order):
    figures = _FIGURES[name]
    c = np.array(_row(figures["c"]))
    distinct = sorted(set(c))
    padding = -len(distinct) % _NODE_LANES
    rows = [_row(r) for r in figures["a"]] + [_row(figures[key]) for key in solution_rows]
    node_of = np.array([distinct.index(x) for x in c])
    return Tableau(tuple(rows), c, np.array(distinct + [distinct[-1]] * padding), node_of, order)


_NYSTROM_ROWS = ("b_position", "b_velocity", "error_position", "error_velocity")
RKN12 = _tableau("rkn12_10_17", _NYSTROM_ROWS, 11)
RKN8 = _tableau("rkn8_6_9", _NYSTROM_ROWS, 7)
DOP853 = _tableau("dop853", ("b", "error_5", "error_3"), 8)
