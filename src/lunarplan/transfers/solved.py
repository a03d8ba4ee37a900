"""What all solved batches share: which rows are solutions, and why the others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lunarplan.transfers.targeter import Targeted


class Solved:
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

    def require(self) -> Self:
        """Return self, or raise ConvergenceError if any row failed."""
        self.solution.require()
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {int(self.ok.sum())} of {len(self.ok)} rows ok>"
