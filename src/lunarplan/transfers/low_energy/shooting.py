"""The equations of low-energy transfers: each row is shot from both ends and made to meet where it is farthest out.

From there both ways are short in dynamical terms. Parking orbit and arrival hold at every iteration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.kernels.blocks import STATE
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.propagation import Run, accelerations, row_inputs
from lunarplan.transfers.batches import taken
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.launch import LaunchTie, ParkingOrbits
from lunarplan.transfers.targeter import Target, Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.low_energy.ends import Arrival

    Floats = NDArray[np.float64]

DEPARTURE = (
    Variable("node", 1e-2, 0.05),
    Variable("argument", 1e-2, 0.05),
    Variable("speed", 1e-3, 0.005),
    Variable("injection epoch", 3600.0, 21_600.0),
)
MATCH = (
    *(Target(f"match {axis}", 1e-4, 1e4) for axis in "xyz"),
    *(Target(f"match v{axis}", 1e-10, 1e-2) for axis in "xyz"),
)
LATE = Target("launch", 1e-4, 3600.0)
HELD = Target("arrival epoch", 1e-4, 3600.0)
INJECTION_EPOCH, ARRIVAL_EPOCH = 3, 7  # places among the variables


@dataclass(frozen=True)
class Frame:
    """What the variables of a batch are counted in: float64[n] each.

    match_tdb       : where the two arcs of a row meet
    departure_tdb, arrival_tdb : whose equators, of the Earth and of the Moon, the angles are referred to
    """

    match_tdb: Floats
    departure_tdb: Floats
    arrival_tdb: Floats

    def rows(self, rows: NDArray[np.intp]) -> Frame:
        """Those of some rows."""
        return taken(self, rows)


@dataclass(frozen=True)
class Parking:
    """Circular parking orbits, all alike; inclination to the equator of date, rad.

    launch : the site that turns under them at lift-off, or None
    """

    radius_km: float
    inclination: float
    launch: LaunchTie | None = None


class Shooting:
    """The equations of a batch over the four variables of either end.

    hold_arrival : the arrival epoch is that of the frame
    whole_turns  : float64[n], see `ParkingOrbits`
    """

    def __init__(
        self, frame: Frame, parking: Parking, to: Arrival, forces: ForceModel, *, hold_arrival: bool,
        tolerance: float, workers: int | None, whole_turns: Floats | None = None,
    ) -> None:  # fmt: skip
        self.frame, self.parking, self.to, self.forces = frame, parking, to, forces
        self.hold_arrival, self.whole_turns = hold_arrival, whole_turns
        self.equator = equator_of_date(frame.departure_tdb)
        self.moon = forces.source.state("moon", "earth", frame.match_tdb)
        self.outwards = Run(forces, "earth", tolerance, STATE, stop_at_impact=False, workers=workers)
        self.back = Run(forces, "moon", tolerance, STATE, stop_at_impact=False, workers=workers, continues=True)
        self.free = (*DEPARTURE, *to.variables)
        self.targets = (*MATCH, *((LATE,) if parking.launch else ()), *((HELD,) if hold_arrival else ()))

    def injection(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """States after the injection burn, and their partials by node, argument and speed."""
        tilt, radius = (np.full(len(x), value) for value in (self.parking.inclination, self.parking.radius_km))
        state, partials = end_state(x[:, 0], x[:, 1], x[:, 2], tilt, radius=radius, axes=self.equator[rows])
        return state, partials[:, :, :3]

    def arrival(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """States at the Moon before the burn, and their partials by the last four variables."""
        return self.to.states(x[:, 4:], self.frame.arrival_tdb[rows], self.forces)

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mismatch of the two arcs where they meet, and what else is to be nought; with the Jacobian."""
        n, meet = len(x), self.frame.match_tdb[rows]
        leave, arrive = (self._inside(x[:, k]) for k in (INJECTION_EPOCH, ARRIVAL_EPOCH))
        beyond = (leave != x[:, INJECTION_EPOCH]) | (arrive != x[:, ARRIVAL_EPOCH])  # the ephemeris
        x = x.copy()
        x[:, ARRIVAL_EPOCH] = arrive
        start, start_partials = self.injection(x, rows)
        end, end_partials = self.arrival(x, rows)
        inputs = row_inputs(n, self.forces, None)
        out, out_stm, *_ = self.outwards.batch(start, leave, meet, inputs)
        back, back_stm, *_ = self.back.batch(end, arrive, meet, inputs)
        f, jacobian = np.zeros((n, len(self.targets))), np.zeros((n, len(self.targets), 8))
        f[:, :6] = out - back - self.moon[rows]
        jacobian[:, :6, :3] = out_stm @ start_partials
        jacobian[:, :6, 3] = -self._drift(out_stm, start, leave, "earth")
        jacobian[:, :6, 4:] = -(back_stm @ end_partials)
        jacobian[:, :6, 7] += self._drift(back_stm, end, arrive, "moon")
        self._hold(f, jacobian, x, rows)
        f[beyond] = np.nan
        return f, jacobian

    def _hold(self, f: Floats, jacobian: Floats, x: Floats, rows: NDArray[np.intp]) -> None:
        """What is asked besides the match."""
        row = len(MATCH)
        if self.parking.launch:
            orbits = self.orbits(rows)
            late, partials = orbits.lateness(x[:, 0], x[:, 1], x[:, 3])
            f[:, row] = np.where(orbits.out_of_reach, np.nan, late)
            jacobian[:, row, [0, 1, 3]] = partials
            row += 1
        if self.hold_arrival:
            f[:, row] = x[:, ARRIVAL_EPOCH] - self.frame.arrival_tdb[rows]
            jacobian[:, row, ARRIVAL_EPOCH] = 1.0

    def orbits(self, rows: NDArray[np.intp]) -> ParkingOrbits:
        """The parking orbits of a launch."""
        p = self.parking
        assert p.launch is not None
        radius, tilt = np.full(len(rows), p.radius_km), np.full(len(rows), p.inclination)
        oblate = self.forces.earth_zonal >= 2
        orbits = ParkingOrbits.about_earth(p.launch, radius, tilt, self.forces.gm("earth"), oblate=oblate)
        return orbits if self.whole_turns is None else replace(orbits, whole_turns=self.whole_turns[rows])

    def _inside(self, tdb: Floats) -> Floats:
        return np.clip(tdb, self.forces.source.start_tdb, self.forces.source.end_tdb)

    def _drift(self, stm: Floats, states: Floats, tdb: Floats, center: str) -> Floats:
        """How an arc's end moves per second by which its start comes sooner, the start being the same state."""
        rate = np.concatenate([states[:, 3:], accelerations(states, tdb, self.forces, center)], axis=1)
        return np.asarray(np.einsum("nij,nj->ni", stm, rate))
