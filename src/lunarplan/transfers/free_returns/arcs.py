"""The arcs of a free return: shot forwards from the injection, both ways from perilune, and backwards from the entry.

They are to meet on either side of the Moon: twelve equations over the sixteen variables of `ARCS`, of which a problem
holds some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from lunarplan.kernels.blocks import STATE
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import Run, accelerations, row_inputs
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.targeter import Target, Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]

MATCH_S = 57_600.0  # before and after perilune: about the edge of the Moon's sphere of influence
ARCS = (
    Variable("node", 1e-2, 0.2),
    Variable("argument", 1e-2, 0.2),
    Variable("speed", 1e-2, 0.05),
    Variable("inclination", 1e-2, 0.2),
    Variable("injection epoch", 600.0, 14_400.0),
    Variable("node at the Moon", 3e-2, 0.3),
    Variable("argument at the Moon", 3e-2, 0.3),
    Variable("speed at the Moon", 1e-2, 0.1),
    Variable("inclination at the Moon", 3e-2, 0.3),
    Variable("perilune radius", 100.0, 2_000.0),
    Variable("perilune epoch", 600.0, 14_400.0),
    Variable("return node", 1e-2, 0.2),
    Variable("return argument", 1e-2, 0.2),
    Variable("return speed", 1e-2, 0.05),
    Variable("return inclination", 1e-2, 0.2),
    Variable("entry epoch", 600.0, 14_400.0),
)
(
    NODE, ARGUMENT, SPEED, INCLINATION, INJECTION,
    MOON_NODE, MOON_ARGUMENT, MOON_SPEED, MOON_INCLINATION, PERILUNE_RADIUS, PERILUNE,
    HOME_NODE, HOME_ARGUMENT, HOME_SPEED, HOME_INCLINATION, ENTRY,
) = range(len(ARCS))  # fmt: skip
_OUTWARD, _HOMEWARD = tuple(range(NODE, MOON_NODE)), tuple(range(HOME_NODE, ENTRY + 1))
_LIMITS = (*((axis, 1e-6, 1e3) for axis in ("x", "y", "z")), *((axis, 1e-10, 1e-2) for axis in ("vx", "vy", "vz")))
MATCHES = tuple(Target(f"{leg} match {axis}", *limits) for leg in ("outbound", "inbound") for axis, *limits in _LIMITS)


class Arcs:
    """The equations of a batch.

    perilune_tdb : float64[N], the first guess: places of the match, equator and axes at the Moon are of its epoch
    departure_radius_km, entry_radius_km, flight_path : float64[N]; the departure is level
    """

    departing: tuple[int, ...] = _OUTWARD

    def __init__(
        self,
        perilune_tdb: Floats,
        departure_radius_km: Floats,
        entry_radius_km: Floats,
        flight_path: Floats,
        forces: ForceModel,
        tolerance: float,
        workers: int | None,
    ) -> None:
        self.forces, self.departure_radius_km = forces, departure_radius_km
        self.entry_radius_km, self.flight_path = entry_radius_km, flight_path
        self.meet = perilune_tdb - MATCH_S, perilune_tdb + MATCH_S
        self.moon = tuple(forces.source.state("moon", "earth", m) for m in self.meet)
        self.equator = equator_of_date(perilune_tdb)
        self.moon_axes = rotation("earth_moon_rotating", perilune_tdb, forces.source)
        self.from_earth = Run(forces, "earth", tolerance, STATE, stop_at_impact=False, workers=workers)
        self.from_moon = Run(forces, "moon", tolerance, STATE, stop_at_impact=False, workers=workers, continues=True)

    def injection(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """State, and its partials by node, argument, speed and inclination."""
        return end_state(
            x[:, NODE], x[:, ARGUMENT], x[:, SPEED], x[:, INCLINATION],
            radius=self.departure_radius_km[rows], axes=self.equator[rows],
        )  # fmt: skip

    def perilune(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """State about the Moon, and its partials by node, argument, speed, inclination and radius."""
        radius = x[:, PERILUNE_RADIUS]
        state, partials = end_state(
            x[:, MOON_NODE], x[:, MOON_ARGUMENT], x[:, MOON_SPEED], x[:, MOON_INCLINATION], radius=radius,
            axes=self.moon_axes[rows],
        )  # fmt: skip
        by_radius = np.zeros((len(x), 6, 1))
        by_radius[:, :3, 0] = state[:, :3] / radius[:, None]
        return state, np.concatenate([partials, by_radius], axis=2)

    def entry(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """State, and its partials by node, argument, speed and inclination."""
        return end_state(
            x[:, HOME_NODE], x[:, HOME_ARGUMENT], x[:, HOME_SPEED], x[:, HOME_INCLINATION],
            radius=self.entry_radius_km[rows], axes=self.equator[rows], flight_path=self.flight_path[rows],
        )  # fmt: skip

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mismatch before and after the Moon, [n, 12], with the Jacobian; x may have more variables than `ARCS`."""
        middle = self._middle(x, rows)
        out, home = self._meeting(0, x, rows, middle), self._meeting(1, x, rows, middle)
        return np.concatenate([out[0], home[0]], axis=1), np.concatenate([out[1], home[1]], axis=1)

    def before_moon(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mismatch before the Moon alone, [n, 6], with the Jacobian."""
        return self._meeting(0, x, rows, self._middle(x, rows))

    def _middle(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
        """State at perilune, its partials, and its rate."""
        state, partials = self.perilune(x, rows)
        return state, partials, self.rate(state, x[:, PERILUNE], "moon")

    def _meeting(
        self, leg: int, x: Floats, rows: NDArray[np.intp], middle: tuple[Floats, Floats, Floats]
    ) -> tuple[Floats, Floats]:
        """By how much the arcs from the Earth and from perilune miss one another, and the partials."""
        state, partials, rate = middle
        far, far_partials = (self.inbound if leg else self.outbound)(x, rows)
        near, stm, *_ = self.from_moon.batch(state, x[:, PERILUNE], self.meet[leg][rows], self.inputs(len(x)))
        jacobian = np.zeros((len(x), 6, x.shape[1]))
        jacobian[:, :, _HOMEWARD if leg else self.departing] = far_partials
        jacobian[:, :, MOON_NODE:PERILUNE] = -(stm @ partials)
        jacobian[:, :, PERILUNE] = np.einsum("nij,nj->ni", stm, rate)
        return far - near - self.moon[leg][rows], jacobian

    def outbound(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """State where the ways from the Earth and from the Moon meet, and its partials by ``departing`` variables."""
        state, partials = self.injection(x, rows)
        return self.to_match(state, partials, x[:, INJECTION], self.meet[0][rows])

    def inbound(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """The same on the way home, and its partials by the last five variables."""
        state, partials = self.entry(x, rows)
        return self.to_match(state, partials, x[:, ENTRY], self.meet[1][rows])

    def to_match(self, state: Floats, partials: Floats, epoch: Floats, meet: Floats) -> tuple[Floats, Floats]:
        """States about the Earth flown on, and their partials by the variables of ``partials`` and the epoch."""
        far, stm, *_ = self.from_earth.batch(state, epoch, meet, self.inputs(len(state)))
        by_epoch = -np.einsum("nij,nj->ni", stm, self.rate(state, epoch))
        return far, np.concatenate([stm @ partials, by_epoch[:, :, None]], axis=2)

    def inputs(self, n: int) -> Floats:
        """What ballistic rows bring along."""
        return row_inputs(n, self.forces, None)

    def rate(self, states: Floats, tdb: Floats, center: str = "earth") -> Floats:
        """Time derivative of states."""
        return np.concatenate([states[:, 3:], accelerations(states, tdb, self.forces, center)], axis=1)
