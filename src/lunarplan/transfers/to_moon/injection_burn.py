"""A finite injection burn along the velocity, lit a given time before or after the perigee it was planned for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.kernels.blocks import MASS_FLOW, STATE
from lunarplan.model.constants import STANDARD_GRAVITY_M_S2
from lunarplan.model.propagation import Run, Thrust, accelerations, row_inputs, variations
from lunarplan.transfers.batches import taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]


_BY_MASS = 9  # column of the matrix, see kernels.rungekutta.STEERED


@dataclass(frozen=True)
class InjectionBurn:
    """Engine and mass of a burn, float64[N] each; an infinite thrust is an impulse.

    mass_kg : at ignition; ignition_s: from the perigee to ignition, NaN: half of what the burn of the first guess lasts
    """

    thrust_n: Floats
    isp_s: Floats
    mass_kg: Floats
    ignition_s: Floats

    def rows(self, rows: NDArray[np.intp]) -> InjectionBurn:
        """Return some of the burns."""
        return taken(self, rows)

    @property
    def impulsive(self) -> bool:
        return bool(np.isinf(self.thrust_n).all())

    @property
    def thrust(self) -> Thrust:
        force = self.thrust_n[:, None] * np.array([1.0, 0.0, 0.0])
        return Thrust(force, self.mass_kg, self.isp_s, axes="vnb")

    def duration_s(self, delta_v_km_s: Floats) -> tuple[Floats, Floats]:
        """Of a burn of given delta-v, and its derivative, s per km/s; a brake lasts a negative time.

        Source: Tsiolkovsky 1903.
        """
        exhaust = STANDARD_GRAVITY_M_S2 * 1e-3 * self.isp_s
        flow = 1e-3 * self.thrust_n / exhaust
        left = self.mass_kg * np.exp(-delta_v_km_s / exhaust)
        return (self.mass_kg - left) / flow, left / (1e-3 * self.thrust_n)

    def flown(
        self,
        states: Floats,
        start: Floats,
        durations: Floats,
        forces: ForceModel,
        tolerance: float,
        workers: int | None,
    ) -> tuple[Floats, Floats, Floats, Floats]:
        """States at cutoff [n, 6], their partials by those at ignition [n, 6, 6] and by the epoch of ignition (the burn
        lasting as long), and their rates.
        """
        thrust = self.thrust
        rows = row_inputs(len(states), forces, thrust)
        run = Run(forces, "earth", tolerance, variations(thrust), stop_at_impact=False, workers=workers, steered=True)
        end, stm, *_ = run.batch(states, start, start + durations, rows, durations=durations)
        flow = rows[:, MASS_FLOW]
        on, off = (
            np.concatenate([x[:, 3:], accelerations(x, t, forces) + self._push(x, mass)], axis=1)
            for x, t, mass in (
                (states, start, self.mass_kg), (end, start + durations, self.mass_kg - flow * durations),
            )
        )  # fmt: skip
        by_state = stm[:, :, :STATE]
        # a start further along the same path, and lighter, ends further along it
        later = off - np.einsum("nij,nj->ni", by_state, on) + flow[:, None] * stm[:, :, _BY_MASS]
        return end, by_state, later, off

    def _push(self, states: Floats, mass: Floats) -> Floats:
        v = states[:, 3:]
        return np.asarray((1e-3 * self.thrust_n / mass / np.linalg.norm(v, axis=1))[:, None] * v)
