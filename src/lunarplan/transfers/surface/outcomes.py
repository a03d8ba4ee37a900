"""What batches of landings and ascents share: a status for every row, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from lunarplan.errors import ConvergenceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


class Outcomes:
    """A batch whose rows each have a status, nought where it went well; ``reasons`` says what the others mean."""

    status: NDArray[np.int8]
    reasons: ClassVar[Mapping[int, str]]

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == 0)

    def reason(self, row: int) -> str:
        """How a row ended, in words."""
        return self.reasons[int(self.status[row])]

    def require(self) -> Self:
        """Return self, or raise ConvergenceError if any row failed."""
        bad = np.flatnonzero(~self.ok)
        if len(bad):
            what = f"{len(bad)} of {len(self.ok)} rows failed; row {bad[0]}: {self.reason(int(bad[0]))}"
            raise ConvergenceError(what, where=type(self).__name__)
        return self

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {int(self.ok.sum())} of {len(self.ok)} rows ok>"
