"""Chebyshev series on the 4-day grid of DE440's lunar records: what the force model reads.

Every granule holds one polynomial of degree 12 for each scalar series, so a propagation that stops at
granule edges sees an analytic force model and evaluates all series the same way.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lunarplan.errors import DataError, InputError
from lunarplan.kernels.chebyshev import add_positions

FloatArray = npt.NDArray[np.float64]

LENGTH_S = 4 * 86400.0
TERMS = 13
DE_GRID_TDB = -14200747200.0  # start of DE440's first record; every JPL ephemeris shares this grid
_REEXPANSION_KM = 1e-6


class Granules(NamedTuple):
    """Consecutive granules; a NamedTuple because compiled kernels take it as it is.

    start_tdb    : TDB s of the start of the first granule
    length_s     : s, of each granule
    coefficients : float64[granules, series, 13], Chebyshev, of the granule's time scaled to -1 .. 1
    """

    start_tdb: float
    length_s: float
    coefficients: FloatArray


class Series(NamedTuple):
    """A vector's Chebyshev records: float64[records, 3, terms], start of the first (TDB s) and length (s)."""

    coefficients: FloatArray
    start_tdb: float
    length_s: float

    @property
    def end_tdb(self) -> float:
        """TDB s of the end of the last record."""
        return self.start_tdb + self.length_s * len(self.coefficients)

    def same_grid(self, other: "Series") -> bool:
        """True if the two can be added record by record."""
        return (self.start_tdb, self.length_s, len(self.coefficients)) == (
            other.start_tdb,
            other.length_s,
            len(other.coefficients),
        )


class Grid(NamedTuple):
    """A run of granules: TDB s of its start, and their number."""

    start_tdb: float
    granules: int

    @property
    def end_tdb(self) -> float:
        """TDB s of the end of the last granule."""
        return self.start_tdb + LENGTH_S * self.granules


def cover(start_tdb: float, end_tdb: float, anchor_tdb: float = DE_GRID_TDB) -> Grid:
    """Return the granules that hold [start, end], on the grid through `anchor_tdb`."""
    first = np.floor((start_tdb - anchor_tdb) / LENGTH_S)
    last = max(np.ceil((end_tdb - anchor_tdb) / LENGTH_S), first + 1.0)
    return Grid(float(anchor_tdb + LENGTH_S * first), int(last - first))


def reexpand(series: Series, grid: Grid) -> FloatArray:
    """Return the series on the grid, float64[granules, 3, 13].

    Exact (to rounding) where each granule lies in one record of degree 12 or less, as for every body of
    DE440 but Mercury; otherwise interpolated, and DataError if that misses a millimetre.
    """
    per_record = series.length_s / LENGTH_S
    offset = (grid.start_tdb - series.start_tdb) / LENGTH_S
    require_records(series, grid)
    nested = per_record.is_integer() and offset.is_integer() and series.coefficients.shape[2] <= TERMS
    return _restricted(series, int(offset), int(per_record), grid) if nested else _interpolated(series, grid)


def require_records(series: Series, grid: Grid) -> None:
    """Raise InputError unless the records hold every granule of the grid."""
    if grid.start_tdb < series.start_tdb or grid.end_tdb > series.end_tdb:
        raise InputError(
            "the 4-day granules around the span reach beyond the ephemeris",
            where="start_tdb, end_tdb",
            remedy="stay 4 days inside the ends of its coverage",
        )


def fit(function: Callable[[FloatArray], FloatArray], grid: Grid) -> FloatArray:
    """Return the Chebyshev series, float64[granules, m, 13], that meets a function of TDB s at the nodes."""
    return _through(function(_times(grid, _nodes()[0])))


def compose(function: Callable[[FloatArray], FloatArray], inner: FloatArray) -> FloatArray:
    """Return the Chebyshev series of a function (..., k) -> (..., m) of series float64[granules, k, 13].

    Free of the rounding of epochs, which at 0.1 us would show in the 13th digit of the lunar orientation.
    """
    at_nodes = np.polynomial.chebyshev.chebvander(_nodes()[0], TERMS - 1)
    return _through(function(np.einsum("jk,gmk->gjm", at_nodes, inner)))


def _through(values: FloatArray) -> FloatArray:
    """Return coefficients float64[granules, m, 13] from values at the nodes, float64[granules, 13, m]."""
    return np.ascontiguousarray(np.einsum("kj,gjm->gmk", _nodes()[1], values))


def _restricted(series: Series, offset: int, per_record: int, grid: Grid) -> FloatArray:
    record, part = np.divmod(offset + np.arange(grid.granules), per_record)
    out = np.empty((grid.granules, 3, TERMS))
    for k in range(per_record):
        here = part == k
        out[here] = series.coefficients[record[here]] @ _restriction(series.coefficients.shape[2], per_record, k)
    return out


@cache
def _restriction(terms: int, parts: int, part: int) -> FloatArray:
    """Return float64[terms, 13]: Chebyshev coefficients of T_j on one of `parts` equal pieces of -1 .. 1."""
    if parts == 1:
        return np.eye(terms, TERMS)
    nodes, transform = _nodes()
    x = (nodes + 1.0 + 2.0 * part) / parts - 1.0
    exact = np.polynomial.chebyshev.chebvander(x, terms - 1).T @ transform.T
    return exact * (np.arange(TERMS) <= np.arange(terms)[:, np.newaxis])


def _interpolated(series: Series, grid: Grid) -> FloatArray:
    def value(tdb: FloatArray) -> FloatArray:
        out = np.zeros((tdb.size, 3))
        add_positions(series.coefficients, series.start_tdb, series.length_s, 1.0, tdb.ravel(), out)
        return out.reshape(*tdb.shape, 3)

    out = fit(value, grid)
    between = np.cos(np.pi * np.arange(TERMS + 1) / TERMS)
    fitted = np.einsum("gmk,jk->gjm", out, np.polynomial.chebyshev.chebvander(between, TERMS - 1))
    error = float(np.abs(fitted - value(_times(grid, between))).max())
    if not error < _REEXPANSION_KM:
        raise DataError(
            f"records of {series.length_s / 86400:g} d on a 4-day grid miss by {1e6 * error:.3g} mm",
            where="ephemeris",
            allowed="1 mm",
            remedy="use an ephemeris with JPL's record lengths",
        )
    return out


def _times(grid: Grid, x: FloatArray) -> FloatArray:
    """Return TDB s of the points `x` (-1 .. 1) of every granule, float64[granules, points]."""
    middle = grid.start_tdb + LENGTH_S * (np.arange(grid.granules) + 0.5)
    return np.asarray(middle[:, np.newaxis] + 0.5 * LENGTH_S * x)


@cache
def _nodes() -> tuple[FloatArray, FloatArray]:
    """Return the 13 Chebyshev nodes, and the matrix from values there to coefficients."""
    angle = np.pi * (np.arange(TERMS) + 0.5) / TERMS
    transform = 2.0 / TERMS * np.cos(np.arange(TERMS)[:, np.newaxis] * angle)
    transform[0] *= 0.5
    return np.cos(angle), transform


def concatenate(parts: Sequence[FloatArray], grid: Grid) -> Granules:
    """Return granules whose series are those of the parts, one after another."""
    return Granules(grid.start_tdb, LENGTH_S, np.concatenate(parts, axis=1))
