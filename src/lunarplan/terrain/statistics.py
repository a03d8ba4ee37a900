"""Figures of values that go by in blocks, in memory that does not grow with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.rows import scalar
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.layer import Caution, hazard_caution
from lunarplan.terrain.slope import checked_baseline, slope_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

_BINS = 9000  # of slopes: a hundredth of a degree


@dataclass(frozen=True, eq=False)
class Summary:
    """Count, least, greatest and mean of values, and how they spread.

    counts  : int64[bins]; the first and last take what is beyond the edges
    edges   : float64[bins + 1]
    missing : how many were NaN
    """

    count: int
    missing: int
    least: float
    greatest: float
    mean: float
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    unit: str = ""
    baseline_m: float = 0.0
    caution: Caution | None = None

    def percentile(self, percent: float) -> float:
        """Value that so many per cent do not exceed, to the width of a bin."""
        share = scalar("percent", percent, 0.0, 100.0) / 100.0
        total = np.concatenate([[0.0], np.cumsum(self.counts)]) / max(self.count, 1)
        return float(np.clip(np.interp(share, total, self.edges), self.least, self.greatest))

    def fraction_within(self, limit: float) -> float:
        """Share of values that do not exceed a limit, to the width of a bin."""
        total = np.concatenate([[0.0], np.cumsum(self.counts)]) / max(self.count, 1)
        return float(np.interp(limit, self.edges, total))


def summary(
    blocks: Iterable[ArrayLike],
    low: float,
    high: float,
    bins: int,
    unit: str = "",
    baseline_m: float = 0.0,
    caution: Caution | None = None,
) -> Summary:
    """Return the figures of all blocks, counted in equal bins from low to high.

    Without any value, least, greatest and mean are NaN.
    """
    edges = np.linspace(low, high, bins + 1)
    counts = np.zeros(bins, np.int64)
    count = missing = 0
    least, greatest, total = np.inf, -np.inf, 0.0
    for block in blocks:
        values = np.asarray(block, float).ravel()
        valid = values[~np.isnan(values)]
        count, missing = count + valid.size, missing + values.size - valid.size
        if valid.size:
            least, greatest = min(least, float(valid.min())), max(greatest, float(valid.max()))
            total += float(valid.sum())
            counts += np.histogram(np.clip(valid, low, high), bins, (low, high))[0]
    if not count:
        least = greatest = total = np.nan
    return Summary(count, missing, least, greatest, total / max(count, 1), counts, edges, unit, baseline_m, caution)


def slope_summary(dem: Dem, baseline_m: float | None = None) -> Summary:
    """Return the figures of all slopes of a model in degrees, however large it is; see `slope_map`."""
    baseline = checked_baseline(dem, baseline_m)
    blocks = (values for _, values in slope_blocks(dem, baseline))
    return summary(blocks, 0.0, 90.0, _BINS, "deg", baseline, hazard_caution(dem.pixel_m))
