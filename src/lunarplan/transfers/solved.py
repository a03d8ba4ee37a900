"""What all solved batches share: which rows are solutions, and why the others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from lunarplan.errors import ConvergenceError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.targeter import Targeted


class Answers:
    """A batch that says of every row whether it is a solution, ``ok``, and if not, why: ``reason(row)``."""

    if TYPE_CHECKING:

        @property
        def ok(self) -> NDArray[np.bool_]: ...

        def reason(self, row: int) -> str: ...

    def require(self) -> Self:
        """Return self, or raise ConvergenceError if any row failed."""
        bad = np.flatnonzero(~self.ok)
        if len(bad):
            what = f"{len(bad)} of {len(self.ok)} rows failed; row {bad[0]}: {self.reason(int(bad[0]))}"
            raise ConvergenceError(what, where=type(self).__name__, remedy="look at .status and .reason(row)")
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {int(self.ok.sum())} of {len(self.ok)} rows ok>"


class Solved(Answers):
    """A batch whose rows the targeter solved, or not; ``solution`` is what it says."""

    if TYPE_CHECKING:

        @property
        def solution(self) -> Targeted: ...

    @property
    def ok(self) -> NDArray[np.bool_]:
        return self.solution.ok

    @property
    def status(self) -> NDArray[np.int8]:
        """int8[N], 0 where converged; see ``reason``."""
        return self.solution.status

    def reason(self, row: int) -> str:
        """Why a row failed, or "converged"."""
        return self.solution.reason(row)
