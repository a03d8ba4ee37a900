"""Landings as equations: rounds of deorbit burn, pull of the full field, and braking steered by the primer vector.

In a round, braking may shift its ignition along the orbit to where it costs least; the next deorbit burn puts
periapsis there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.kernels.tableaux import DOP853
from lunarplan.model.constants import RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.model.frames import rotation
from lunarplan.model.surface import Place
from lunarplan.transfers.batches import taken
from lunarplan.transfers.surface.gate import Over, told
from lunarplan.transfers.surface.orbit import DeorbitProblem, Deorbits, passage_of, upward
from lunarplan.transfers.surface.powered import PoweredArcs, PoweredProblem
from lunarplan.transfers.surface.steering import STEPS, Burns, Burnt, partials, stepped
from lunarplan.transfers.targeter import Target, Variable, target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.surface.descent import Approach, Touchdown
    from lunarplan.transfers.surface.gate import Told

    Array = NDArray[Any]
    Floats = NDArray[np.float64]

NO_DEORBIT, NO_BRAKING, TOO_HIGH = 1, 2, 6
_R = RADIUS_KM["moon"]
_ROUNDS = 4  # each brings what is left down a thousandfold
_STEEPEST = 0.1  # km/s across the vertical: less is no orbit
_AGAINST = -1.0  # the primer vector's part along the motion
_FREE = (
    Variable("up", 0.1, 0.4),
    Variable("across", 0.1, 0.4),
    Variable("up rate", 0.1, 1.0),
    Variable("across rate", 0.1, 1.0),
    Variable("time", 0.05, 0.2),
    Variable("shift", 0.01, 0.1),
)
_TARGETS = tuple(Target(f"position {k}", 1e-7, 1.0) for k in "xyz") + tuple(
    Target(f"velocity {k}", 1e-10, 0.01) for k in "xyz"
)


@dataclass(frozen=True)
class LastPhases:
    """What comes after braking; ``descent_km_s`` where there is nothing: contact at that speed."""

    told: list[Told]
    descent_km_s: float

    @classmethod
    def of(cls, approach: Approach | None, touchdown: Touchdown) -> LastPhases:
        return cls(told(approach, touchdown), 1e-3 * touchdown.descent_m_s)

    @property
    def duration_s(self) -> float:
        return sum(phase.duration_s for phase in self.told)

    @property
    def gate(self) -> tuple[float, float, float, float]:
        """Height, climb, ground ahead and forward speed where braking ends, km and km/s."""
        if not self.told:
            return 0.0, -self.descent_km_s, 0.0, 0.0
        first = self.told[0]
        return float(first.height[0]), float(first.climb[0]), float(first.ahead[0]), float(first.closing[0])


@dataclass(frozen=True)
class Braked:
    """Those landings of a batch that were solved: which, and all of braking."""

    rows: NDArray[np.intp]
    deorbits: Deorbits
    over: Over
    burns: Burns
    burnt: Burnt
    duration_s: Floats
    ignition_kg: Floats


@dataclass(frozen=True)
class LandingProblem:
    """N low orbits [N, 6] at epochs ``tdb``, as many places, the columns of a stage, and radii of periapsis."""

    states: Floats
    tdb: Floats
    place: Place
    stage: dict[str, Floats]
    periapsis_km: Floats
    last: LastPhases
    forces: ForceModel

    def rows(self, rows: NDArray[np.intp]) -> LandingProblem:
        """Some of the landings."""
        columns = (self.place.latitude_deg, self.place.longitude_deg, self.place.height_km)
        place = Place(*(np.asarray(c)[rows] for c in columns))
        stage = {name: column[rows] for name, column in self.stage.items()}
        return LandingProblem(
            self.states[rows], self.tdb[rows], place, stage, self.periapsis_km[rows], self.last, self.forces
        )

    @property
    def gm(self) -> float:
        return self.forces.gm("moon")

    @property
    def semi_major_axis_km(self) -> Floats:
        r = np.linalg.norm(self.states[:, :3], axis=1)
        return np.asarray(1.0 / (2.0 / r - (self.states[:, 3:] ** 2).sum(axis=1) / self.gm))

    @property
    def exhaust_km_s(self) -> Floats:
        return np.asarray(1e-3 * STANDARD_GRAVITY_M_S2 * self.stage["isp_s"])

    def ignition_kg(self, deorbit_km_s: Floats) -> Floats:
        """Mass when braking begins."""
        burnt = np.exp(-np.abs(deorbit_km_s) / self.exhaust_km_s)
        return np.asarray(self.stage["mass_kg"] * burnt - self.stage["jettison_kg"])

    def pushed(self, ignition_kg: Floats) -> Floats:
        """Thrust per mass while braking, at ignition, km/s2."""
        return np.asarray(1e-3 * self.stage["most_throttle"] * self.stage["thrust_n"] / ignition_kg)

    def solve(self, revolutions: float) -> tuple[NDArray[np.int8], Braked]:
        """What stopped each row (0: nothing, 1 or 6: deorbit burn, 2: braking), and those that nothing stopped."""
        status = np.zeros(len(self.tdb), np.int8)
        with np.errstate(all="ignore"):
            r, v = self.states[:, :3], self.states[:, 3:]
            turning = np.linalg.norm(np.cross(r, v), axis=1) > _STEEPEST * np.linalg.norm(r, axis=1)
            bound = (self.semi_major_axis_km > 0.5 * self.periapsis_km) & turning
        status[~bound] = NO_DEORBIT
        alive = np.flatnonzero(bound)
        level = self.rows(alive).planar().solve()
        status[alive[~level.ok]] = NO_BRAKING
        alive, level = alive[level.ok], level.rows(np.flatnonzero(level.ok))
        rounds = _Rounds(self.rows(alive), alive, level, revolutions, status)
        for _ in range(_ROUNDS):
            rounds.deorbit()
            rounds.brake()
        return status, rounds.braked()

    def planar(self) -> PoweredProblem:
        """Braking over a sphere at rest: nearly the same, and its net of guesses is small."""
        a, low, (height, climb, _, closing) = self.semi_major_axis_km, self.periapsis_km, self.last.gate
        with np.errstate(invalid="ignore"):
            speed = np.sqrt(2.0 * self.gm * a / (low * (low + a)))
            mass = self.ignition_kg(np.sqrt(self.gm / a) * (1.0 - np.sqrt(2.0 * low / (a + low))))
        none, ground = np.zeros_like(a), _R + np.asarray(self.place.height_km, float)
        return PoweredProblem(
            self.gm, low, none, speed, ground + height, none + climb, none + closing, self.pushed(mass),
            self.exhaust_km_s, _AGAINST,
        )  # fmt: skip

    def passes(self, revolutions: float) -> Floats:
        """Epochs of the passes over the places nearest to so many revolutions on."""
        rate, epochs = np.sqrt(self.gm / self.semi_major_axis_km**3), self.tdb
        for _ in range(3):  # the places move on meanwhile, by a degree a revolution
            ahead, _, _ = passage_of(self.states, upward(self.place, epochs, self.forces))
            epochs = self.tdb + (ahead + 2.0 * np.pi * revolutions) / rate
        return epochs

    def deorbit(self, uprange_rad: Floats, braking_s: Floats) -> DeorbitProblem:
        return DeorbitProblem(
            self.states,
            self.tdb,
            self.place,
            self.periapsis_km,
            uprange_rad,
            braking_s + self.last.duration_s,
            self.forces,
        )

    def over(self, at_ignition: Floats, touchdown_tdb: Floats) -> Over:
        """The places, and the horizontal direction in which orbits with given states come upon them."""
        normal = np.cross(at_ignition[:, :3], at_ignition[:, 3:])
        fixed = np.einsum("nij,nj->ni", rotation("moon_me", touchdown_tdb, self.forces.source), normal)
        up = np.broadcast_to(self.place.axes.up, fixed.shape)
        forward = np.cross(fixed, up)
        return Over(self.place.position_km, up, forward / np.linalg.norm(forward, axis=1, keepdims=True))


class _Rounds:
    """The work in hand; rows that are lost leave it, with a status."""

    def __init__(
        self, problem: LandingProblem, rows: NDArray[np.intp], level: PoweredArcs, revolutions: float,
        status: NDArray[np.int8],
    ) -> None:  # fmt: skip
        self.problem, self.rows, self.status = problem, rows, status
        pitch, turning, longer = level.solution.x.T
        none = np.zeros(len(rows))
        self.x = np.column_stack([pitch, none, -turning, none, longer, none])
        self.least_s = level.problem.shortest_s()
        self.duration_s = longer * self.least_s
        self.uprange = level.angle_rad + problem.last.gate[2] / _R
        self.guess = problem.deorbit(self.uprange, self.duration_s).guess(problem.passes(revolutions))
        self.rest = np.zeros((STEPS, DOP853.stages, 3, len(rows)))

    def deorbit(self) -> None:
        found = self.problem.deorbit(self.uprange, self.duration_s).solve(self.guess)
        ok = found.solution.ok
        self._keep(ok, NO_DEORBIT)
        found = taken(found, np.flatnonzero(ok))
        above = np.linalg.norm(found.before[:, :3], axis=1) >= self.problem.periapsis_km
        self._keep(above, TOO_HIGH)
        self.deorbits = taken(found, np.flatnonzero(above))
        self.guess = self.deorbits.solution.x

    def brake(self) -> None:
        problem, ignition = self.problem, self.deorbits.periapsis_tdb
        mass = problem.ignition_kg(self.deorbits.delta_v_km_s)
        burns = Burns(problem.gm, problem.pushed(mass), problem.exhaust_km_s, self.rest)
        ends = ignition + self.duration_s
        over = problem.over(self.deorbits.periapsis, ends + problem.last.duration_s)
        goal = over.gate(problem.last.gate, ends, problem.forces)
        braking = _Braking(burns, self.deorbits.periapsis, self.least_s, self.duration_s, *goal)
        found = target(braking.evaluate, self.x, _FREE, _TARGETS)
        good = np.flatnonzero(found.ok)
        self.deorbits, over, burns = taken(self.deorbits, good), taken(over, good), burns.rows(good)
        self._keep(found.ok, NO_BRAKING)
        self.x, self.duration_s = found.x[good], found.x[good, 4] * self.least_s
        start, duration = braking.start(self.x.T, good)
        self.burnt = burns.path(start, duration)
        self.rest = burns.felt_along(self.burnt, self.deorbits.periapsis_tdb, self.duration_s, problem.forces).rest
        self.uprange = self.uprange - self.x[:, 5]
        self.x[:, 5] = 0.0
        self.solved = over, burns, mass[good]

    def _keep(self, ok: NDArray[np.bool_], code: int) -> None:
        self.status[self.rows[~ok]] = code
        keep = np.flatnonzero(ok)
        self.problem, self.rest = self.problem.rows(keep), self.rest[..., keep]
        for name in ("rows", "x", "least_s", "duration_s", "uprange", "guess"):
            setattr(self, name, getattr(self, name)[keep])

    def braked(self) -> Braked:
        over, burns, mass = self.solved
        return Braked(self.rows, self.deorbits, over, burns, self.burnt, self.duration_s, mass)


@dataclass(frozen=True)
class _Braking:
    """Braking from states [N, 6] to where the gates will be: states and rates [N, 6] ``planned_s`` after ignition."""

    burns: Burns
    states: Floats
    least_s: Floats
    planned_s: Floats
    goal: Floats
    goal_rate: Floats

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        each = np.repeat(rows, len(_FREE))
        start, duration = self.start(stepped(x), each)
        final = self.burns.fly(start, duration, each)[:6]
        goal = self.goal[each].T + self.goal_rate[each].T * (duration - self.planned_s[each])
        return partials(final - goal, len(_FREE))

    def start(self, x: Array, rows: NDArray[np.intp]) -> tuple[Array, Array]:
        """State and primer vector at ignition [12, M], and how long the burn is.

        The part of the primer vector's rate along the motion makes the cost stand still when ignition is shifted.
        """
        up, across, up_rate, across_rate, longer, shift = x
        r, v = self.states[rows, :3].T, self.states[rows, 3:].T
        distance, normal = np.sqrt((r * r).sum(axis=0)), np.cross(r, v, axis=0)
        outward, normal = r / distance, normal / np.sqrt((normal * normal).sum(axis=0))
        forward = np.cross(normal, outward, axis=0)
        climb, speed = (v * outward).sum(axis=0), (v * forward).sum(axis=0)
        c, s = np.cos(shift), np.sin(shift)
        outward, forward = c * outward + s * forward, c * forward - s * outward
        along_rate = (climb * _AGAINST - speed * up) / distance
        per_s = 1.0 / self.least_s[rows]
        primer = up * outward + _AGAINST * forward + across * normal
        rate = up_rate * per_s * outward + along_rate * forward + across_rate * per_s * normal
        state = [distance * outward, climb * outward + speed * forward, primer, rate]
        return np.concatenate(state), longer * self.least_s[rows]
