"""The equations of free returns from a high Earth orbit: those of `arcs`, and seven more variables.

The ellipse is shot from its start to the first apogee and backwards from the injection; there the two differ by a burn
along the velocity.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.transfers.ends import end_state
from lunarplan.transfers.free_returns import arcs
from lunarplan.transfers.free_returns.conics import Conics
from lunarplan.transfers.free_returns.parking_ellipse import ParkingEllipses
from lunarplan.transfers.targeter import Target, Variable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.free_returns.high_orbit_problem import HighOrbitProblem
    from lunarplan.transfers.launch import LaunchTie
    from lunarplan.transfers.to_moon.injection_burn import InjectionBurn

    Floats = NDArray[np.float64]

FREE = (
    *arcs.ARCS,
    Variable("speed before the injection", 1e-2, 0.05),
    Variable("epoch of the apogee", 600.0, 7_200.0),
    Variable("node of the ellipse", 1e-2, 0.2),
    Variable("argument of the ellipse", 1e-2, 0.2),
    Variable("speed of the ellipse", 1e-2, 0.05),
    Variable("start of the ellipse", 600.0, 14_400.0),
    Variable("perigee raise", 1e-2, 0.05),
)
BEFORE, APOGEE, START_NODE, START_ARGUMENT, START_SPEED, START, RAISE = range(len(arcs.ARCS), len(FREE))
_FIRST_LEG = [START_NODE, START_ARGUMENT, START_SPEED, START]
_LAST_LEG = [arcs.NODE, arcs.ARGUMENT, BEFORE, arcs.INCLINATION, arcs.INJECTION]
TARGETS = (
    *arcs.MATCHES,
    *(Target(f"ellipse match {axis}", 1e-6, 1e3) for axis in ("x", "y", "z")),
    *(Target(f"ellipse match {axis}", 1e-10, 1e-2) for axis in ("vx", "vy", "vz")),
    Target("level at the apogee", 1e-10, 1e-2),
    Target("launch", 1e-5, 600.0),
    *(Target(f"wish {k}", 1e-8, 1.0) for k in range(3)),
)
_WISH_SCALES = np.array([600.0, 100.0, 1e-2, 1e3])  # s, km, rad, km: lift-off, perilune, return inclination, apogee
_OTHERS = np.array([[k for k in range(4) if k != follows] for follows in range(4)])
_OWN = len(arcs.MATCHES)
_LEVEL, _TIE, _WISHES = _OWN + 6, _OWN + 7, _OWN + 8


class HighArcs:
    """The equations of a batch, over the variables of `FREE`."""

    def __init__(
        self,
        batch: HighOrbitProblem,
        launch: LaunchTie | None,
        forces: ForceModel,
        tolerance: float,
        workers: int | None,
    ) -> None:
        self.batch, self.launch, self.forces = batch, launch, forces
        self.tolerance, self.workers = tolerance, workers
        self.whole_turns: Floats | None = None
        way = batch.way
        self.arcs = _Outbound(self)
        self.burn = batch.burn
        self.equator = self.arcs.equator
        self.gm = forces.gm("earth")
        self.first_perilune = way.perilune_tdb

    def seed(self) -> Floats:
        """Patched conics after the injection, a Kepler ellipse before it."""
        b, way = self.batch, self.batch.way
        x = np.empty((len(way.perilune_tdb), len(FREE)))
        x[:, : len(arcs.ARCS)] = Conics(way, self.forces, self.equator, self.arcs.moon_axes).first_guess()
        low, high = way.parking_radius_km, b.apogee_radius_km
        axis = 0.5 * (low + high)
        period = 2.0 * np.pi * np.sqrt(axis**3 / self.gm)
        x[:, BEFORE] = np.sqrt(2.0 * self.gm * high / (low * (low + high)))
        x[:, START] = x[:, arcs.INJECTION] - b.revolutions * period
        x[:, APOGEE] = x[:, START] + 0.5 * period
        x[:, START_NODE], x[:, START_ARGUMENT] = x[:, arcs.NODE], x[:, arcs.ARGUMENT]
        x[:, START_SPEED] = np.sqrt(2.0 * self.gm * high / (b.start_radius_km * (b.start_radius_km + high)))
        x[:, RAISE] = 0.0
        if not self.burn.impulsive:
            half = -0.5 * self.burn.duration_s(x[:, arcs.SPEED] - x[:, BEFORE])[0]
            delays = np.where(np.isnan(self.burn.ignition_s), half, self.burn.ignition_s)
            self.burn = replace(self.burn, ignition_s=delays)
        if self.launch is not None:
            self.whole_turns = self.parking(np.arange(len(x))).turns(x[:, START_ARGUMENT])
        return x

    def parking(self, rows: NDArray[np.intp]) -> ParkingEllipses:
        """The parking orbits of a launch."""
        assert self.launch is not None
        b, turns = self.batch, self.whole_turns
        orbits = ParkingEllipses.between(
            self.launch, b.parking_perigee_km[rows], b.parking_apogee_km[rows], b.inclination[rows], self.gm,
            oblate=self.forces.earth_zonal >= 2,
        )  # fmt: skip
        return orbits if turns is None else replace(orbits, whole_turns=turns[rows])

    def start(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """State where the ellipse is entered, and its partials by node, argument and speed."""
        b = self.batch
        state, partials = end_state(
            x[:, START_NODE], x[:, START_ARGUMENT], x[:, START_SPEED], b.inclination[rows],
            radius=b.start_radius_km[rows], axes=self.equator[rows],
        )  # fmt: skip
        return state, partials[:, :, :3]

    def perigee(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """State at the perigee of the injection, before it, and its partials by the first four of `_LAST_LEG`."""
        return end_state(
            x[:, arcs.NODE], x[:, arcs.ARGUMENT], x[:, BEFORE], x[:, arcs.INCLINATION],
            radius=self.batch.way.parking_radius_km[rows], axes=self.equator[rows],
        )  # fmt: skip

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """All residuals, with the Jacobian."""
        f, jacobian = np.empty((len(x), len(TARGETS))), np.zeros((len(x), len(TARGETS), len(FREE)))
        f[:, :_OWN], jacobian[:, :_OWN] = self.arcs.evaluate(x, rows)
        wishes, gradients = np.zeros((len(x), 4)), np.zeros((len(x), 4, len(FREE)))
        wishes[:, 3], gradients[:, 3] = self._ellipse(x, rows, f, jacobian)
        self._tied(x, rows, f, jacobian)
        self._wished(x, rows, wishes, gradients)
        kept = _OTHERS[self.batch.follows[rows]]
        f[:, _WISHES:] = np.take_along_axis(wishes / _WISH_SCALES, kept, axis=1)
        jacobian[:, _WISHES:] = np.take_along_axis(gradients / _WISH_SCALES[:, None], kept[:, :, None], axis=1)
        return f, jacobian

    def _ellipse(self, x: Floats, rows: NDArray[np.intp], f: Floats, jacobian: Floats) -> tuple[Floats, Floats]:
        """Two arcs meet at the first apogee but for a burn along the velocity; by how much it is too high."""
        (state, partials), (last, last_partials) = self.start(x, rows), self.perigee(x, rows)
        here, by_first, on = self.to_apogee(state, x[:, START], x[:, APOGEE], partials)
        there, by_last, off = self.to_apogee(last, x[:, arcs.INJECTION], x[:, APOGEE], last_partials)
        r, v = here[:, :3], here[:, 3:]
        speed = np.linalg.norm(v, axis=1)
        along, raised = v / speed[:, None], 1.0 + x[:, RAISE] / speed
        burnt = np.zeros((len(x), 6, 6))
        burnt[:, :3, :3] = np.eye(3)
        burnt[:, 3:, 3:] = raised[:, None, None] * np.eye(3)
        burnt[:, 3:, 3:] -= (x[:, RAISE] / speed)[:, None, None] * along[:, :, None] * along[:, None, :]
        match = slice(_OWN, _OWN + 6)
        f[:, match] = there - np.concatenate([r, raised[:, None] * v], axis=1)
        jacobian[:, match, _FIRST_LEG] = -(burnt @ by_first)
        jacobian[:, match, _LAST_LEG] = by_last
        jacobian[:, match, APOGEE] = off - np.einsum("nij,nj->ni", burnt, on)
        jacobian[:, _OWN + 3 : _OWN + 6, RAISE] = -along
        climb, beyond, *gradients = _turning_point(here, self.batch.apogee_radius_km[rows])
        both = np.stack(gradients, axis=1)
        by = np.zeros((len(x), 2, len(FREE)))
        by[:, :, _FIRST_LEG], by[:, :, APOGEE] = both @ by_first, np.einsum("nki,ni->nk", both, on)
        f[:, _LEVEL], jacobian[:, _LEVEL] = climb, by[:, 0]
        return beyond, by[:, 1]

    def to_apogee(
        self, state: Floats, start: Floats, apogee: Floats, partials: Floats | None = None
    ) -> tuple[Floats, Floats, Floats]:
        """State at the apogee, its partials by a leg's variables and epoch, and its rate."""
        partials = np.zeros((len(state), 6, 0)) if partials is None else partials
        end, by_state, *_ = self.arcs.from_earth.batch(state, start, apogee, self.arcs.inputs(len(state)))
        by_epoch = -np.einsum("nij,nj->ni", by_state, self.arcs.rate(state, start))
        return end, np.concatenate([by_state @ partials, by_epoch[:, :, None]], axis=2), self.arcs.rate(end, apogee)

    def burnt(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats, Floats]:
        """State and epoch at the cutoff of a finite injection, and the partials that `_Outbound` asks for.

        Those by epochs are of a state carried on to a fixed epoch: what the ballistic rate adds is taken off.
        """
        burn, rate, planned = self.burn.rows(rows), self.arcs.rate, x[:, arcs.INJECTION]
        lasts, slower = burn.duration_s(x[:, arcs.SPEED] - x[:, BEFORE])
        state, partials = self.perigee(x, rows)
        lit, ready, by_state = self._ignition(state, planned, burn)
        end, by_ready, later, off = burn.flown(ready, lit, lasts, self.forces, self.tolerance, self.workers)
        drift = rate(ready, lit) - np.einsum("nij,nj->ni", by_state, rate(state, planned))
        by_epoch = np.einsum("nij,nj->ni", by_ready, drift) + later - rate(end, lit + lasts)
        by_speed = (off - rate(end, lit + lasts)) * slower[:, None]
        by = by_ready @ by_state @ partials
        columns = (
            by[:, :, 0], by[:, :, 1], by_speed, by[:, :, 3], by_epoch, by[:, :, 2] - by_speed,
        )  # fmt: skip
        return end, lit + lasts, np.stack(columns, axis=2)

    def _ignition(self, state: Floats, planned: Floats, burn: InjectionBurn) -> tuple[Floats, Floats, Floats]:
        """Epoch and state of ignition, and the state's partials by that at perigee."""
        lit = planned + burn.ignition_s
        ready, by_state, *_ = self.arcs.from_earth.batch(state, planned, lit, self.arcs.inputs(len(state)))
        return lit, ready, by_state

    def burn_ends(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats, Floats, Floats]:
        """Epoch and state of ignition, epoch and state of cutoff; of an impulse both are at perigee."""
        before, planned = self.perigee(x, rows)[0], x[:, arcs.INJECTION]
        if self.burn.impulsive:
            return planned, before, planned, self.arcs.injection(x, rows)[0]
        lit, ready, _ = self._ignition(before, planned, self.burn.rows(rows))
        end, cutoff, _ = self.burnt(x, rows)
        return lit, ready, cutoff, end

    def lateness(self, x: Floats) -> Floats:
        """Of the launch, s."""
        return self.parking(np.arange(len(x))).lateness(x[:, START_NODE], x[:, START_ARGUMENT], x[:, START])[0]

    def _tied(self, x: Floats, rows: NDArray[np.intp], f: Floats, jacobian: Floats) -> None:
        """The site turns under the plane at lift-off; or, without a site, the perilune is when it was asked for."""
        if self.launch is None:
            f[:, _TIE] = x[:, arcs.PERILUNE] - self.first_perilune[rows]
            jacobian[:, _TIE, arcs.PERILUNE] = 1.0
            return
        orbits = self.parking(rows)
        at = x[:, START_NODE], x[:, START_ARGUMENT], x[:, START]
        late, partials = orbits.lateness(*at)
        f[:, _TIE] = np.where(orbits.out_of_reach, np.nan, late)
        jacobian[:, _TIE, [START_NODE, START_ARGUMENT, START]] = partials

    def _wished(self, x: Floats, rows: NDArray[np.intp], wishes: Floats, gradients: Floats) -> None:
        """By how much lift-off, perilune radius and return inclination are not what was asked for."""
        way = self.batch.way
        wishes[:, 1] = x[:, arcs.PERILUNE_RADIUS] - way.perilune_radius_km[rows]
        wishes[:, 2] = x[:, arcs.HOME_INCLINATION] - way.return_inclination[rows]
        gradients[:, 1, arcs.PERILUNE_RADIUS] = gradients[:, 2, arcs.HOME_INCLINATION] = 1.0
        if self.launch is None:
            return
        orbits, argument = self.parking(rows), x[:, START_ARGUMENT]
        wishes[:, 0] = np.nan_to_num(orbits.lift_off(argument, x[:, START])[0] - self.batch.launch_tdb[rows])
        gradients[:, 0, START_ARGUMENT], gradients[:, 0, START] = -orbits.by_argument(argument), 1.0


def _turning_point(state: Floats, radius: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Climb of states, km/s, and their distance beyond a radius, km; with the partials of both, [n, 6]."""
    r, v = state[:, :3], state[:, 3:]
    distance = np.linalg.norm(r, axis=1)
    out = r / distance[:, None]
    climb = np.einsum("ni,ni->n", out, v)
    by_climb = np.concatenate([(v - climb[:, None] * out) / distance[:, None], out], axis=1)
    return climb, distance - radius, by_climb, np.concatenate([out, np.zeros_like(out)], axis=1)


class _Outbound(arcs.Arcs):
    """The arcs of a free return whose injection is a burn at the perigee of an ellipse."""

    departing = (*arcs.Arcs.departing, BEFORE)

    def __init__(self, high: HighArcs) -> None:
        way = high.batch.way
        super().__init__(
            way.perilune_tdb, way.parking_radius_km, way.entry_radius_km, way.flight_path, high.forces, high.tolerance,
            high.workers,
        )  # fmt: skip
        self.high = high

    def outbound(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        if self.high.burn.impulsive:
            far, partials = super().outbound(x, rows)
            return far, np.concatenate([partials, np.zeros((len(x), 6, 1))], axis=2)
        cutoff, epoch, partials = self.high.burnt(x, rows)
        far, stm, *_ = self.from_earth.batch(cutoff, epoch, self.meet[0][rows], self.inputs(len(x)))
        return far, stm @ partials
