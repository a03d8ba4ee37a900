"""How far a scan is, and how long it will still take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a scan is.

    done_cells : computed now or by an earlier run
    all_cells  : of the grid
    rate_per_s : cells this run computes in a second; 0 until its first chunk is done
    left_s     : until the end at this rate; infinite until the first chunk is done
    what       : is counted: cells, or what is done with them afterwards
    """

    done_cells: int
    all_cells: int
    rate_per_s: float
    left_s: float
    what: str = "cells"


class Meter:
    """Counts cells and seconds and tells them; what an earlier run did is done, but does not count towards the rate."""

    def __init__(
        self, tell: Callable[[Progress], object] | None, all_cells: int, before_cells: int, what: str = "cells"
    ) -> None:
        self._what = what
        self._tell, self._all, self._before, self._now = tell, all_cells, before_cells, 0
        self._start_s = time.perf_counter()
        self.add(0)

    def add(self, cells: int) -> None:
        """Count cells just computed."""
        self._now += cells
        if self._tell is not None:
            self._tell(self._progress(time.perf_counter() - self._start_s))

    def _progress(self, seconds: float) -> Progress:
        done = self._before + self._now
        rate = self._now / seconds if self._now and seconds else 0.0
        if done == self._all:
            left = 0.0
        else:
            left = (self._all - done) / rate if rate else math.inf
        return Progress(done, self._all, rate, left, self._what)
