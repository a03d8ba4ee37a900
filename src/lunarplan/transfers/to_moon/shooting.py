"""Two-ended shooting: the equations of a batch of direct transfers.

Each row is shot from both ends, forwards from the injection burn and backwards from perilune, and made to meet two
thirds of a day before arrival. Both arcs are short in dynamical terms, so Newton's method converges from a patched
conic; the arrival conditions hold at every iteration because they are the backward arc's start.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.kernels.blocks import STATE
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import Run, accelerations, row_inputs
from lunarplan.transfers import patched_conic as conic
from lunarplan.transfers.ends import INCLINATION, end_state
from lunarplan.transfers.launch import LaunchTie, ParkingOrbits
from lunarplan.transfers.targeter import Target, Targeted, Variable
from lunarplan.transfers.to_moon.problem import Problem, Transfers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_MATCH_BEFORE_PERILUNE_S = 57_600.0  # about the edge of the lunar sphere of influence
_SEED_DISTANCE_KM = 60_000.0
FREE = (
    Variable("node", 1e-2, 0.3),
    Variable("argument", 1e-2, 0.3),
    Variable("speed", 1e-2, 0.1),
    Variable("injection epoch", 600.0, 14_400.0),
    Variable("lunar node", 3e-2, 0.5),
    Variable("lunar argument", 3e-2, 0.5),
    Variable("lunar speed", 1e-2, 0.1),
)
TARGETS = (
    *(Target(f"match {axis}", 1e-6, 1e3) for axis in "xyz"),
    *(Target(f"match v{axis}", 1e-10, 1e-2) for axis in "xyz"),
    Target("departure time", 1e-5, 600.0),
)


class Shooting:
    """The equations of a batch, over the seven variables of `FREE`."""

    def __init__(
        self,
        batch: Problem,
        forces: ForceModel,
        launch: LaunchTie | None,
        tolerance: float,
        workers: int | None,
        hold: str = "arrival",
    ) -> None:
        self.batch, self.forces, self.launch, self.hold = batch, forces, launch, hold
        self.tolerance, self.workers = tolerance, workers
        self.whole_turns: Floats | None = None
        ephemeris = forces.source
        self.match_tdb = batch.perilune_tdb - _MATCH_BEFORE_PERILUNE_S
        self.moon_at_match = ephemeris.state("moon", "earth", self.match_tdb)
        self.equator = equator_of_date(batch.perilune_tdb - batch.tof_s)
        self.lunar_equator = rotation("moon_me", batch.perilune_tdb, ephemeris)
        self.forwards = Run(forces, "earth", tolerance, STATE, stop_at_impact=False, workers=workers)
        self.backwards = Run(forces, "moon", tolerance, STATE, stop_at_impact=False, workers=workers, continues=True)

    def seed(self) -> Floats:
        """Patched conic, aimed at where the Moon will be when a massless Moon would be reached."""
        b, gm_earth, gm_moon = self.batch, self.forces.gm("earth"), self.forces.gm("moon")
        delay = np.zeros(len(b.tof_s))
        for _ in range(2):
            moon = self.forces.source.state("moon", "earth", b.perilune_tdb + delay)
            aim = np.einsum("nij,nj->ni", self.equator, moon[:, :3])
            out = conic.departure(
                aim, b.parking_radius_km, b.parking_inclination, b.northbound_departure, b.tof_s + delay, gm_earth
            )
            v = np.einsum("nji,nj->ni", self.equator, out.arrival_velocity) - moon[:, 3:]
            speed = np.linalg.norm(v, axis=1)
            delay = conic.focusing_delay(speed, b.perilune_radius_km, _SEED_DISTANCE_KM, gm_moon)
        v = np.einsum("nij,nj->ni", self.lunar_equator, v)
        node, argument, speed = conic.arrival(
            v, b.perilune_radius_km, b.lunar_inclination, b.northbound_arrival, gm_moon
        )
        return np.column_stack([out.node, out.argument, out.speed, b.perilune_tdb - b.tof_s, node, argument, speed])

    def injection(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """State after the injection burn, and its partials with respect to node, argument and speed."""
        b = self.batch
        return _apsis(x[:, :3], b.parking_radius_km[rows], b.parking_inclination[rows], self.equator[rows])

    def perilune(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        b = self.batch
        return _apsis(x[:, 4:], b.perilune_radius_km[rows], b.lunar_inclination[rows], self.lunar_equator[rows])

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mismatch of the two arcs where they meet, and of the departure time; with the Jacobian."""
        n = len(x)
        start, start_partials = self.injection(x, rows)
        end, end_partials = self.perilune(x, rows)
        inputs = row_inputs(n, self.forces, None)
        meet = self.match_tdb[rows]
        leave, arrive = (self._inside(t) for t in (x[:, 3], self.perilune_tdb(x, rows)))
        out, out_stm, *_ = self.forwards.batch(start, leave, meet, inputs)
        back, back_stm, *_ = self.backwards.batch(end, arrive, meet, inputs)
        f = np.empty((n, 7))
        f[:, :6] = out - back - self.moon_at_match[rows]
        jacobian = np.zeros((n, 7, 7))
        jacobian[:, :6, :3] = out_stm @ start_partials
        jacobian[:, :6, 3] = -self._drift(out_stm, start, leave, "earth")
        if self.hold == "tof":
            jacobian[:, :6, 3] += self._drift(back_stm, end, arrive, "moon")
        jacobian[:, :6, 4:] = -(back_stm @ end_partials)
        f[:, 6], jacobian[:, 6] = self.departure_time(x, rows)
        beyond = (leave != x[:, 3]) | (arrive != self.perilune_tdb(x, rows))  # the ephemeris
        f[beyond] = np.nan
        return f, jacobian

    def perilune_tdb(self, x: Floats, rows: NDArray[np.intp]) -> Floats:
        """Arrival epochs: as given, or the time of flight after the injection."""
        return self.batch.perilune_tdb[rows] if self.hold == "arrival" else x[:, 3] + self.batch.tof_s[rows]

    def _inside(self, tdb: Floats) -> Floats:
        return np.clip(tdb, self.forces.source.start_tdb, self.forces.source.end_tdb)

    def _drift(self, stm: Floats, states: Floats, tdb: Floats, center: str) -> Floats:
        """How an arc's end moves per second by which its start comes sooner, the start being the same state."""
        rate = np.concatenate([states[:, 3:], accelerations(states, tdb, self.forces, center)], axis=1)
        return np.asarray(np.einsum("nij,nj->ni", stm, rate))

    def parking(self, rows: NDArray[np.intp]) -> ParkingOrbits:
        """The parking orbits of a launch."""
        assert self.launch is not None
        b = self.batch
        orbits = ParkingOrbits.about_earth(
            self.launch,
            b.parking_radius_km[rows],
            b.parking_inclination[rows],
            self.forces.gm("earth"),
            oblate=self.forces.earth_zonal >= 2,
        )
        return orbits if self.whole_turns is None else replace(orbits, whole_turns=self.whole_turns[rows])

    def departure_time(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """How late the injection is: against the epoch held, or against the launch site's turning; NaN out of reach."""
        gradient = np.zeros((len(x), 7))
        if self.launch is None:
            gradient[:, 3] = 1.0
            return x[:, 3] - (self.batch.perilune_tdb - self.batch.tof_s)[rows], gradient
        orbits = self.parking(rows)
        late, partials = orbits.lateness(x[:, 0], x[:, 1], x[:, 3])
        gradient[:, [0, 1, 3]] = partials
        return np.where(orbits.out_of_reach, np.nan, late), gradient

    def transfers(self, solution: Targeted) -> Transfers:
        rows = np.arange(len(solution.x))
        x = solution.x
        start, _ = self.injection(x, rows)
        end, _ = self.perilune(x, rows)
        gm = self.forces.gm("earth")
        circular = np.sqrt(gm / self.batch.parking_radius_km)
        lift_off, coast = (
            self.parking(rows).lift_off(x[:, 1], x[:, 3]) if self.launch else (np.full(len(x), np.nan),) * 2
        )
        c3 = x[:, 2] ** 2 - 2.0 * gm / self.batch.parking_radius_km
        arrival = np.where(solution.ok, self.perilune_tdb(x, rows), self.batch.perilune_tdb)
        batch = replace(self.batch, perilune_tdb=arrival)
        return Transfers(batch, self.forces, x[:, 3], start, end, x[:, 2] - circular, c3, lift_off, coast, solution)


def _apsis(angles: Floats, radius: Floats, inclination: Floats, axes: Floats) -> tuple[Floats, Floats]:
    """State at an apsis (node, argument, speed) in given axes, in ICRF, with its partials [n, 6, 3]."""
    node, argument, speed = angles.T
    state, partials = end_state(node, argument, speed, inclination, radius=radius, axes=axes)
    return state, partials[:, :, :INCLINATION]
