"""Symmetries of periodic orbits: where they start, and what makes them close.

An orbit that meets a mirror at right angles twice is periodic (Miele 1960, Roy and Ovenden 1955): flown from one mirror
to the next, it has to arrive at right angles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.cr3bp import propagate_cr3bp
from lunarplan.orbits.equations import AXIS_MIRROR, PLANE_MIRROR, inverse_of, rates

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_COORDINATES = ("x", "y", "z", "vx", "vy", "vz")


@dataclass(frozen=True)
class Mirrored:
    """Orbits from a mirror to a mirror.

    free, zero : items of the state that are unknown at the start, and that have to be zero at the end
    first, last : the mirrors; with two different ones the flight is a quarter of the orbit, else half of it
    scale       : unit of the unknown items of the state, so that a step of one size suits orbits of any size
    """

    name: str
    free: tuple[int, ...]
    zero: tuple[int, ...]
    first: tuple[float, ...]
    last: tuple[float, ...]
    scale: float = 1.0

    @property
    def parts(self) -> int:
        """Flights a period has."""
        return 2 if self.first == self.last else 4

    def start(self, unknowns: Floats) -> Floats:
        """States at the start, float64[N, 6]."""
        return _placed(unknowns, self.free, self.scale)

    def unknowns(self, states: Floats, periods: Floats) -> Floats:
        """Free items of states that start on the mirror, and the time of flight, float64[N, k + 1]."""
        return np.concatenate([states[:, self.free] / self.scale, periods[:, np.newaxis] / self.parts], axis=1)

    def conditions(self, start: Floats, end: Floats, stm: Floats, mu: float) -> tuple[Floats, Floats]:
        """What has to be zero, float64[N, m], and its partials, float64[N, m, k + 1]."""
        rows = np.array(self.zero)
        partials = self.scale * stm[:, rows[:, np.newaxis], np.array(self.free)]
        return end[:, rows], np.concatenate([partials, rates(end, mu)[:, rows, np.newaxis]], axis=2)

    def monodromy(self, stm: Floats) -> Floats:
        """State-transition matrix of a period from that of the flight: the rest of it is seen in the mirrors."""
        last = np.array(self.last)
        twice: Floats = (last[:, np.newaxis] * inverse_of(stm) * last) @ stm
        if self.parts == 2:
            return np.asarray(twice)
        both = np.array(self.first) * last
        back = both[:, np.newaxis] * twice * both
        return np.asarray(back @ twice)


@dataclass(frozen=True)
class Closed:
    """Orbits without a mirror: flown for a period. The start stays on the plane across the guess's velocity."""

    name: str
    free: tuple[int, ...]
    scale: float = 1.0

    @property
    def parts(self) -> int:
        """Flights a period has."""
        return 1

    def start(self, unknowns: Floats) -> Floats:
        return _placed(unknowns, self.free, self.scale)

    def unknowns(self, states: Floats, periods: Floats) -> Floats:
        return np.concatenate([states[:, self.free] / self.scale, periods[:, np.newaxis]], axis=1)

    def conditions(self, start: Floats, end: Floats, stm: Floats, mu: float) -> tuple[Floats, Floats]:
        rows = np.array(self.free)
        partials = self.scale * (stm[:, rows[:, np.newaxis], rows] - np.eye(len(rows)))
        along = rates(start, mu)[:, rows]
        closing = np.concatenate([partials, rates(end, mu)[:, rows, np.newaxis]], axis=2)
        phase = np.concatenate([along, np.zeros((len(start), 1))], axis=1)[:, np.newaxis]
        value = np.concatenate([(end - start)[:, rows], np.zeros((len(start), 1))], axis=1)
        return value, np.concatenate([closing, phase], axis=1)

    def monodromy(self, stm: Floats) -> Floats:
        return stm


def _placed(unknowns: Floats, free: tuple[int, ...], scale: float) -> Floats:
    states = np.zeros((len(unknowns), 6))
    states[:, free] = scale * unknowns[:, :-1]
    return states


_PLANE, _AXIS = (tuple(float(s) for s in mirror) for mirror in (PLANE_MIRROR, AXIS_MIRROR))
PLANAR = Mirrored("planar", (0, 4), (1, 3), _PLANE, _PLANE)
PLANE = Mirrored("plane", (0, 2, 4), (1, 3, 5), _PLANE, _PLANE)
AXIS = Mirrored("axis", (0, 4, 5), (1, 2, 3), _AXIS, _AXIS)
AXIS_TO_PLANE = Mirrored("axis to plane", (0, 4, 5), (1, 3, 5), _AXIS, _PLANE)
PLANAR_CLOSED = Closed("planar, closed", (0, 1, 3, 4))
Symmetry = Mirrored | Closed
SYMMETRIES: dict[str, Symmetry] = {s.name: s for s in (PLANAR, PLANE, AXIS, AXIS_TO_PLANE, PLANAR_CLOSED)}


@dataclass(frozen=True)
class Flights:
    """Rows flown: states at both ends, float64[N, 6], partials, what has to be zero, and its partials."""

    start: Floats
    end: Floats
    stm: Floats
    value: Floats
    partials: Floats


def symmetry_named(name: str) -> Symmetry:
    """The symmetry of a name; raises InputError."""
    if name not in SYMMETRIES:
        raise InputError(f"{name!r}", where="symmetry", allowed=", ".join(f'"{s}"' for s in SYMMETRIES))
    return SYMMETRIES[name]


def held_row(problem: Symmetry, hold: str) -> Floats:
    """The coordinate that stays, as a row among the unknowns; raises InputError."""
    names = [*(_COORDINATES[i] for i in problem.free), "period"]
    if hold not in names:
        raise InputError(f"{hold!r}", where="hold", allowed=f"{', '.join(names)}, or None")
    row = np.zeros(len(names))
    row[names.index(hold)] = 1.0
    return row


def fly(problem: Symmetry, unknowns: Floats, mu: float, *, workers: int | None = None) -> Flights:
    """Fly the unknowns of every row to the end; NaN where that failed."""
    start, times = problem.start(unknowns), unknowns[:, -1]
    start[~np.isfinite(times)] = np.nan
    end = propagate_cr3bp(start, np.nan_to_num(times), mu=mu, stm=True, workers=workers)
    assert end.stm is not None
    return Flights(start, end.states, end.stm, *problem.conditions(start, end.states, end.stm, mu))
