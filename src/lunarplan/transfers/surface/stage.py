"""What lands and what leaves again: engine and masses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.rows import full_rows

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Stage:
    """A stage, numbers or float64[N]: thrust at full throttle, specific impulse, mass to begin with.

    mass_kg       : before the deorbit burn, or at lift-off
    least_throttle, most_throttle : parts of full thrust between which the engine runs; braking and ascent use the most
    propellant_kg : there is, for deorbit burn and descent, or for the ascent
    jettison_kg   : dropped between the deorbit burn and braking, or left on the ground

    Raises InputError for values out of range.
    """

    thrust_n: ArrayLike
    isp_s: ArrayLike
    mass_kg: ArrayLike
    least_throttle: ArrayLike = 0.0
    most_throttle: ArrayLike = 1.0
    propellant_kg: ArrayLike = 1e9
    jettison_kg: ArrayLike = 0.0

    def __post_init__(self) -> None:
        limits = {
            "thrust_n": (1e-3, 1e8), "isp_s": (10.0, 10_000.0), "mass_kg": (1e-3, 2e8), "least_throttle": (0.0, 1.0),
            "most_throttle": (1e-3, 1.0), "propellant_kg": (0.0, 1e9), "jettison_kg": (0.0, 1e7),
        }  # fmt: skip
        rows, _ = full_rows(**{name: (getattr(self, name), 1) for name in limits})
        for row, (name, (low, high)) in zip(rows, limits.items(), strict=True):
            bad = ~((row >= low) & (row <= high))
            if bad.any():
                raise InputError(f"{row[bad][0]:g}", where=f"Stage.{name}", allowed=f"{low:g} to {high:g}")
        if (rows[3] > rows[4]).any():
            raise InputError("above the most", where="Stage.least_throttle", allowed="at most most_throttle")
        if (rows[6] > 0.5 * rows[2]).any():
            raise InputError("most of the mass", where="Stage.jettison_kg", allowed="up to half of mass_kg")

    def rows(self, n: int) -> dict[str, Floats]:
        """Every column as float64[N]; raises InputError for another number of rows."""
        try:
            return {
                name: np.broadcast_to(np.asarray(value, float), (n,)).copy() for name, value in self.__dict__.items()
            }
        except ValueError:
            raise InputError("another number of rows", where="stage", allowed=f"one, or {n}") from None
