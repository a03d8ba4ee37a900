"""Contours over arrival and time of flight."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lunarplan import InputError, plot
from lunarplan.model.epochs import tdb_seconds
from lunarplan.plot.dates import utc_dates
from lunarplan.plot.porkchop import cheapest

_ARRIVALS = float(tdb_seconds("2027-03-01")) + np.arange(0.0, 8.0) * 86400.0
_TOFS = np.linspace(3.0, 6.0, 7) * 86400.0


def _transfers(arrivals: Any = _ARRIVALS, tofs: Any = _TOFS, branches: int = 2) -> Any:
    arrival, tof, _ = np.meshgrid(arrivals, tofs, np.arange(branches))
    return SimpleNamespace(problem=SimpleNamespace(perilune_tdb=arrival.ravel(), tof_s=tof.ravel()))


def _bowl(problem: Any) -> Any:
    return 3130.0 + ((problem.perilune_tdb - _ARRIVALS[5]) / 86400.0) ** 2 + ((problem.tof_s - _TOFS[2]) / 86400.0) ** 2


def test_each_place_has_the_cheapest_of_its_transfers() -> None:
    problem = _transfers(branches=3).problem
    values = np.random.default_rng(3).uniform(1.0, 2.0, len(problem.tof_s))
    values[::7] = np.nan
    values[:3] = np.nan
    order = np.random.default_rng(4).permutation(len(values))
    arrivals, tofs, grid = cheapest(problem.perilune_tdb[order], problem.tof_s[order], values[order])
    for i, tof in enumerate(tofs):
        for j, arrival in enumerate(arrivals):
            mine = values[(problem.perilune_tdb == arrival) & (problem.tof_s == tof)]
            best = min((value for value in mine if not np.isnan(value)), default=np.nan)
            assert grid[i, j] == pytest.approx(best, nan_ok=True)
    assert np.isnan(grid).sum() == 1


def test_the_best_is_starred() -> None:
    transfers = _transfers()
    ax = plot.porkchop(transfers, _bowl(transfers.problem), "TLI delta-v (m/s)")
    (star,) = [line for line in ax.lines if line.get_marker() == "*"]
    assert star.get_xdata()[0] == utc_dates(_ARRIVALS[5])[0]
    assert star.get_ydata()[0] == pytest.approx(_TOFS[2] / 86400.0)


def test_axes_have_units_and_the_colours_a_key() -> None:
    transfers = _transfers()
    ax = plot.porkchop(transfers, _bowl(transfers.problem), "TLI delta-v (m/s)")
    assert ax.get_xlabel() == "Arrival, UTC, 2027"
    assert ax.get_ylabel() == "Time of flight (days)"
    assert ax.figure.axes[1].get_ylabel() == "TLI delta-v (m/s)"


@pytest.mark.parametrize(
    ("arrivals", "tofs", "message"),
    [(_ARRIVALS[:1], _TOFS, "1 arrivals and 7 times of flight"), (_ARRIVALS, _TOFS[:1], "8 arrivals and 1 times")],
)
def test_a_line_is_no_grid(arrivals: Any, tofs: Any, message: str) -> None:
    transfers = _transfers(arrivals, tofs)
    with pytest.raises(InputError, match=message):
        plot.porkchop(transfers, _bowl(transfers.problem), "")


def test_nothing_converged() -> None:
    transfers = _transfers()
    with pytest.raises(InputError, match="none of the transfers"):
        plot.porkchop(transfers, np.full(len(transfers.problem.tof_s), np.nan), "")


def test_values_of_another_batch() -> None:
    with pytest.raises(InputError, match="one per transfer"):
        plot.porkchop(_transfers(), np.zeros(3), "")
