"""The end of a landing, over the site: approach and touchdown as motions told in advance, and the thrust they take.

Both are told in the axes of the turning Moon, up and forward at the site; thrust makes up the difference to what the
full field would do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.frames import rotation, rotation_rate, turned
from lunarplan.model.propagation import accelerations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.surface.descent import Approach, Touchdown

    Floats = NDArray[np.float64]

NODES = 65  # of a phase, at which its thrust is kept


@dataclass(frozen=True)
class Told:
    """Heights and ground yet to cover at equal intervals of a phase: km, km/s, km/s2, float64[nodes] each.

    jump : km/s, of the speed upwards at its start, too short to be told
    """

    name: str
    duration_s: float
    height: Floats
    climb: Floats
    lift: Floats
    ahead: Floats
    closing: Floats
    braking: float
    jump: float = 0.0


def told(approach: Approach | None, touchdown: Touchdown) -> list[Told]:
    """The phases between braking and the ground, in order."""
    phases = [] if approach is None else [_approach(approach, touchdown)]
    if touchdown.hover_s > 0.0:
        phases.append(_straight("hover", touchdown.hover_s, touchdown.altitude_m, 0.0))
    if touchdown.altitude_m > 0.0:
        down_s, jump = touchdown.altitude_m / touchdown.descent_m_s, last_descent_m_s(touchdown) - touchdown.descent_m_s
        phases.append(_straight("touchdown", down_s, touchdown.altitude_m, touchdown.descent_m_s, 1e-3 * jump))
    return phases


def last_descent_m_s(touchdown: Touchdown) -> float:
    """How fast the phase before is to come down to where the last metres begin."""
    return 0.0 if touchdown.hover_s > 0.0 else touchdown.descent_m_s


def _approach(approach: Approach, touchdown: Touchdown) -> Told:
    """The vertical acceleration changes evenly, the horizontal one stays; see `descent`."""
    t, p, end = approach.duration_s, np.linspace(0.0, 1.0, NODES), last_descent_m_s(touchdown)
    mean = (approach.descent_m_s - end) / t
    slope = 12.0 * (approach.altitude_m - touchdown.altitude_m - 0.5 * (approach.descent_m_s + end) * t) / t**2
    lift = mean + slope * (p - 0.5)
    climb = -approach.descent_m_s + t * (mean * p + slope * (0.5 * p**2 - 0.5 * p))
    height = (
        approach.altitude_m
        - approach.descent_m_s * t * p
        + t**2 * (0.5 * mean * p**2 + slope * (p**3 / 6.0 - 0.25 * p**2))
    )
    closing = approach.forward_m_s * (1.0 - p)
    return Told(
        "approach", t, 1e-3 * height, 1e-3 * climb, 1e-3 * lift, 0.5e-3 * closing * t * (1.0 - p), 1e-3 * closing,
        1e-3 * approach.forward_m_s / t,
    )  # fmt: skip


def _straight(name: str, duration_s: float, altitude_m: float, descent_m_s: float, jump: float = 0.0) -> Told:
    p, none = np.linspace(0.0, 1.0, NODES), np.zeros(NODES)
    height = 1e-3 * (altitude_m - descent_m_s * duration_s * p)
    return Told(name, duration_s, height, none - 1e-3 * descent_m_s, none, none, none, 0.0, jump)


@dataclass(frozen=True)
class Over:
    """N sites and the horizontal directions in which they are come upon: km and unit vectors, MOON_ME [N, 3]."""

    site: Floats
    up: Floats
    forward: Floats

    def fixed(self, height: float, climb: float, ahead: float, closing: float) -> Floats:
        """States in the turning axes, [N, 6]."""
        position = self.site + height * self.up - ahead * self.forward
        return np.concatenate([position, climb * self.up + closing * self.forward], axis=1)

    def gate(self, where: tuple[float, float, float, float], tdb: Floats, forces: ForceModel) -> tuple[Floats, Floats]:
        """States where braking is to end, ICRF [N, 6], at given epochs, and their rates as the Moon turns.

        where : height, climb, ground ahead and forward speed, km and km/s
        """
        fixed = self.fixed(*where)
        before, at, after = (
            turned(fixed, tdb + dt, "moon_me", "icrf", forces.source) for dt in (-_APART_S, 0.0, _APART_S)
        )
        return at, (after - before) / (2.0 * _APART_S)

    def thrust(self, phase: Told, start_tdb: Floats, forces: ForceModel) -> tuple[Floats, Floats]:
        """States [nodes, N, 6] of a phase, ICRF, and the thrust per mass it takes, [nodes, N, 3] in km/s2."""
        epochs = start_tdb + np.linspace(0.0, phase.duration_s, NODES)[:, None]
        each = zip(phase.height, phase.climb, phase.ahead, phase.closing, strict=True)
        fixed = np.stack([self.fixed(*row) for row in each])
        states = turned(fixed, epochs, "moon_me", "icrf", forces.source)
        told = phase.lift[:, None, None] * self.up - phase.braking * self.forward
        spin = rotation_rate("moon_me", epochs, forces.source)
        told = told + 2.0 * np.cross(spin, fixed[..., 3:]) + np.cross(spin, np.cross(spin, fixed[..., :3]))
        moves = np.einsum("knji,knj->kni", rotation("moon_me", epochs, forces.source), told)
        pull = accelerations(states.reshape(-1, 6), epochs.ravel(), forces, "moon").reshape(moves.shape)
        return states, moves - pull


_APART_S = 5.0
