"""Where a station in orbit is when a transfer arrives: its phase, counted from passages of phase zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.to_moon.direct import Transfers

    Floats = NDArray[np.float64]


def passage_epochs(where: str, passages: Any, period_s: float | None) -> tuple[float, ...]:
    """Epochs of one passage of phase zero and a period, or of several passages; raises InputError for anything else."""
    epochs = np.atleast_1d(np.asarray(tdb_seconds(passages), float))
    usable = epochs.ndim == 1 and (len(epochs) == 1 if period_s is not None else len(epochs) > 1)
    if not (usable and (np.diff(epochs) > 0.0).all()):
        raise InputError(
            f"passages of shape {epochs.shape}" + ("" if period_s is None else f" and a period of {period_s:g} s"),
            where=where,
            allowed="one epoch and a period, or two or more ascending epochs without a period",
        )
    return tuple(float(epoch) for epoch in epochs)


@dataclass(frozen=True)
class PhaseMiss:
    """How far the station is from the phase wanted, 0 to 180 deg."""

    passages: tuple[float, ...]
    period_s: float | None
    phase_deg: float
    wait_s: float

    def __call__(self, transfers: Transfers) -> Floats:
        miss = self.phase(transfers.problem.perilune_tdb + self.wait_s) - self.phase_deg
        return np.asarray(np.abs(np.remainder(miss + 180.0, 360.0) - 180.0))

    def phase(self, tdb: Floats) -> Floats:
        """Of the station at epochs, deg, counted on from the first passage."""
        epochs = np.array(self.passages)
        if self.period_s is not None:
            return 360.0 * np.asarray(tdb - epochs[0]) / self.period_s
        if ((tdb < epochs[0]) | (tdb > epochs[-1])).any():
            remedy = "give passages that cover all arrivals"
            raise InputError("an arrival is not between the passages", where="arrival_phase", remedy=remedy)
        return np.asarray(np.interp(tdb, epochs, 360.0 * np.arange(len(epochs))))
