"""What batches of landings and ascents share: a status for every row, and what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from lunarplan.transfers.solved import Answers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray


class Outcomes(Answers):
    """A batch whose rows each have a status, nought where it went well; ``reasons`` says what the others mean."""

    status: NDArray[np.int8]
    reasons: ClassVar[Mapping[int, str]]

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == 0)

    def reason(self, row: int) -> str:
        """How a row ended, in words."""
        return self.reasons[int(self.status[row])]
