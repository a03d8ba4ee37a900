"""Ascents as equations: a rise straight up, then one burn steered into the plane and to the periapsis of an orbit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.kernels.tableaux import DOP853
from lunarplan.transfers.surface.flight import Phase, end_states
from lunarplan.transfers.surface.powered import PoweredProblem
from lunarplan.transfers.surface.steering import STEPS, Burns, Burnt, partials, stepped
from lunarplan.transfers.targeter import Target, Variable, target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Array = NDArray[Any]
    Floats = NDArray[np.float64]

_ROUNDS = 4
_FREE = (
    Variable("up", 0.1, 0.4),
    Variable("across", 0.1, 0.4),
    Variable("up rate", 0.1, 1.0),
    Variable("along rate", 0.1, 1.0),
    Variable("across rate", 0.1, 1.0),
    Variable("time", 0.05, 0.2),
)
_TARGETS = (
    Target("radius", 1e-7, 1.0),
    Target("climb", 1e-10, 0.01),
    Target("speed", 1e-10, 0.01),
    Target("beside the plane", 1e-7, 1.0),
    Target("speed out of the plane", 1e-10, 0.01),
    Target("cost of a shift along the orbit", 1e-10, 0.01),
)


@dataclass(frozen=True)
class Risen:
    """Solved ascents of a batch, which: the two phases, and the states [N, 6] in which a second flight ends."""

    rows: NDArray[np.intp]
    phases: list[Phase]
    ends: Floats

    @property
    def delta_v_km_s(self) -> Floats:
        return np.asarray(self.phases[0].delta_v_km_s + self.phases[1].delta_v_km_s)


@dataclass(frozen=True)
class AscentProblem:
    """N ascents from states on the ground [N, 6] at ``tdb`` into planes with unit normals [N, 3], ICRF.

    periapsis_km, speed_km_s : of the orbit, where the burn ends; thrust_kn, exhaust_km_s, mass_kg : of the stage
    """

    ground: Floats
    tdb: Floats
    normals: Floats
    periapsis_km: Floats
    speed_km_s: Floats
    thrust_kn: Floats
    exhaust_km_s: Floats
    mass_kg: Floats
    rise_s: Floats
    forces: ForceModel

    def rows(self, rows: NDArray[np.intp]) -> AscentProblem:
        """Some of the ascents."""
        columns = {name: value[rows] for name, value in self.__dict__.items() if isinstance(value, np.ndarray)}
        return AscentProblem(**columns, forces=self.forces)

    @property
    def upward(self) -> Floats:
        r = self.ground[:, :3]
        return np.asarray(r / np.linalg.norm(r, axis=1, keepdims=True))

    def straight_ahead(self) -> AscentProblem:
        """The same into the nearest planes that pass over the places."""
        up = self.upward
        level = self.normals - (self.normals * up).sum(axis=1, keepdims=True) * up
        return replace(self, normals=level / np.linalg.norm(level, axis=1, keepdims=True))

    def solve(self) -> Risen:
        """Those that have a solution."""
        rise = self.rise()
        start = end_states(self.ground, [rise], self.forces)
        left = self.mass_kg * np.exp(-rise.delta_v_km_s / self.exhaust_km_s)
        level = self._planar(start, left).solve()
        kept = np.flatnonzero(level.ok)
        some, x = self.rows(kept), _seed(level.solution.x[kept])
        least = level.problem.shortest_s()[kept]
        start, left, rest = start[kept], left[kept], np.zeros((STEPS, DOP853.stages, 3, len(kept)))
        for _ in range(_ROUNDS):
            burns = Burns(some.forces.gm("moon"), some.thrust_kn / left, some.exhaust_km_s, rest)
            steering = _Steering(burns, start, some, least)
            found = target(steering.evaluate, x, _FREE, _TARGETS, max_iterations=60)
            good = np.flatnonzero(found.ok)
            begun, duration = steering.start(found.x[good].T, good)
            burnt = burns.rows(good).path(begun, duration)
            kept, some, x, least, start, left = (
                kept[good], some.rows(good), found.x[good], least[good], start[good], left[good]
            )  # fmt: skip
            burns = burns.rows(good).felt_along(burnt, some.tdb + some.rise_s, duration, some.forces)
            rest = burns.rest
        return some._risen(kept, burnt, burns, duration, left)

    def rise(self) -> Phase:
        """Straight up at full thrust."""
        n, up = len(self.tdb), self.upward
        vectors = np.broadcast_to(up, (2, n, 3))
        return Phase(
            "rise", self.tdb, self.rise_s, vectors, np.zeros((2, n, 3)), self.thrust_kn / self.mass_kg,
            np.zeros((n, 3)), self.mass_kg, self.thrust_kn, self.exhaust_km_s,
        )  # fmt: skip

    def _risen(self, rows: NDArray[np.intp], burnt: Burnt, burns: Burns, duration: Floats, left: Floats) -> Risen:
        vectors, rates = burnt.primer(burns.gm, duration)
        steered = Phase(
            "steered", self.tdb + self.rise_s, duration, vectors, rates, burns.acceleration,
            np.zeros((len(rows), 3)), left, self.thrust_kn, self.exhaust_km_s,
        )  # fmt: skip
        phases = [self.rise(), steered]
        return Risen(rows, phases, end_states(self.ground, phases, self.forces))

    def forward(self) -> Floats:
        """Horizontal unit vectors along the motion in the plane, at the place."""
        along = np.cross(self.normals, self.upward)
        return np.asarray(along / np.linalg.norm(along, axis=1, keepdims=True))

    def _planar(self, start: Floats, left: Floats) -> PoweredProblem:
        """The same over a sphere, out of no plane."""
        r = np.linalg.norm(start[:, :3], axis=1)
        climb = (start[:, :3] * start[:, 3:]).sum(axis=1) / r
        along = (self.forward() * start[:, 3:]).sum(axis=1)
        return PoweredProblem(
            self.forces.gm("moon"), r, climb, along, self.periapsis_km, np.zeros_like(r), self.speed_km_s,
            self.thrust_kn / left, self.exhaust_km_s, 1.0,
        )  # fmt: skip


def _seed(level: Floats) -> Floats:
    """Steering in space from that over a sphere."""
    pitch, turning, longer = level.T
    none = np.zeros(len(level))
    return np.column_stack([pitch, none, -turning, none, none, longer])


@dataclass(frozen=True)
class _Steering:
    burns: Burns
    states: Floats
    problem: AscentProblem
    least_s: Floats

    def start(self, x: Array, rows: NDArray[np.intp]) -> tuple[Array, Array]:
        """State and primer vector after the rise [12, M], and how long the burn is."""
        up, across, up_rate, along_rate, across_rate, longer = x
        state = self.states[rows].T
        outward = state[:3] / np.sqrt((state[:3] ** 2).sum(axis=0))
        forward = self.problem.forward()[rows].T
        beside = np.cross(outward, forward, axis=0)
        primer = up * outward + forward + across * beside
        rate = (up_rate * outward + along_rate * forward + across_rate * beside) / self.least_s[rows]
        return np.concatenate([state, primer, rate]), longer * self.least_s[rows]

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        each = np.repeat(rows, len(_FREE))
        start, duration = self.start(stepped(x), each)
        final = self.burns.fly(start, duration, each)
        return partials(self._missed(final, each), len(_FREE))

    def _missed(self, final: Array, rows: NDArray[np.intp]) -> Array:
        r, v, p, q = final[0:3], final[3:6], final[6:9], final[9:12]
        normal = self.problem.normals[rows].T
        distance = np.sqrt((r * r).sum(axis=0))
        forward = np.cross(normal, r, axis=0)
        shift = np.cross(v, p, axis=0) - np.cross(r, q, axis=0)
        return np.stack(
            [
                distance - self.problem.periapsis_km[rows],
                (r * v).sum(axis=0) / distance,
                (v * forward).sum(axis=0) / distance - self.problem.speed_km_s[rows],
                (r * normal).sum(axis=0),
                (v * normal).sum(axis=0),
                (shift * normal).sum(axis=0),
            ]
        )
