"""Insertion into lunar orbit: a sequence of tangential burns at apsides, impulsive or with the engine's thrust.

A burn is told by the semi-major axis it leads to. A finite burn thrusts along (or against) the velocity relative to
the Moon; of all ignition times the one is taken that spends least, which lies close to half a burn before the apsis.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError
from lunarplan.model import events
from lunarplan.model.epochs import utc_iso
from lunarplan.model.propagation import Run, Thrust, accelerations, row_inputs
from lunarplan.model.trajectory import Arc, Trajectory, fly
from lunarplan.transfers.targeter import Target, Variable, target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.model.vehicle import Engine

    Floats = NDArray[np.float64]

_TRIES = 9  # ignition times looked at together
_SPREAD = 0.15  # of the burn, to either side of half a burn before the apsis
_ENERGY_TOLERANCE = 1e-9  # km2/s2: centimetres of semi-major axis; epochs resolve 0.12 microseconds, no finer
_SKIP = 0.25  # of a revolution: an apsis sooner than this belongs to the burn just made


@dataclass(frozen=True)
class ApsisBurn:
    """One burn of an insertion.

    semi_major_axis_km : of the orbit it leads to (osculating)
    at, passage        : "perilune" or "apolune", and the how-manieth after the burn before
    """

    semi_major_axis_km: float
    at: str = "perilune"
    passage: int = 1


@dataclass(frozen=True)
class BurnMade:
    """A burn as solved; delta_v_km_s is the integral of thrust over mass, or the speed change of an impulse."""

    ignition_tdb: float
    duration_s: float
    delta_v_km_s: float
    mass_after_kg: float
    state_after: Floats

    @property
    def cutoff_tdb(self) -> float:
        return self.ignition_tdb + self.duration_s


@dataclass
class Insertion:
    """Burns and arcs of an insertion, in order; arcs start where the incoming coast ends."""

    burns: list[BurnMade] = field(default_factory=list)
    arcs: list[Arc] = field(default_factory=list)


def insert(
    perilune_state: Floats,
    perilune_tdb: float,
    burns: Sequence[ApsisBurn],
    forces: ForceModel,
    *,
    mass_kg: float,
    engine: Engine | None,
) -> Insertion:
    """Solve a sequence of burns from a perilune of arrival.

    perilune_state : float64[6], Moon-centred ICRF, km, km/s: the arrival as it would be without braking
    engine         : makes finite burns; None for impulses

    Raises InfeasibleError if an orbit cannot be reached, ConvergenceError if a solver fails.
    """
    made = Insertion()
    apsis, epoch, before = perilune_state, perilune_tdb, None
    for number, burn in enumerate(burns, 1):
        if before is not None:
            apsis, epoch = _next_apsis(before, burn, forces)
        solved = (
            _finite(apsis, epoch, burn, forces, mass_kg, engine) if engine else _impulse(apsis, epoch, burn, forces)
        )
        name = f"LOI-{number}"
        if before is not None:
            made.arcs.append(_coast(before, solved.ignition_tdb, forces))
        if engine:
            made.arcs.append(_burning(apsis, epoch, solved, burn, forces, mass_kg, engine, name))
        made.burns.append(solved)
        before, mass_kg = solved, solved.mass_after_kg
    return made


def stay(made: Insertion, duration_s: float, forces: ForceModel) -> Arc:
    """The orbit after the last burn, for some time."""
    last = made.burns[-1]
    return fly(
        last.state_after, last.cutoff_tdb, last.cutoff_tdb + duration_s, forces, center="moon", name="lunar orbit"
    )


def semi_major_axis(state: Floats, gm: float) -> Floats:
    """Osculating semi-major axis of states [..., 6], km; negative for a hyperbola."""
    r = np.linalg.norm(state[..., :3], axis=-1)
    return np.asarray(1.0 / (2.0 / r - (state[..., 3:] ** 2).sum(axis=-1) / gm))


def _coast(before: BurnMade, until: float, forces: ForceModel) -> Arc:
    return fly(before.state_after, before.cutoff_tdb, until, forces, center="moon", name="lunar coast")


def _next_apsis(before: BurnMade, burn: ApsisBurn, forces: ForceModel) -> tuple[Floats, float]:
    """State and epoch of the apsis a burn is made at."""
    a = float(semi_major_axis(before.state_after, forces.gm("moon")))
    if not a > 0.0:
        raise InfeasibleError(
            "the burn before does not capture", where=f"burn at {burn.at}", remedy="ask for a lower orbit"
        )
    period = 2.0 * np.pi * np.sqrt(a**3 / forces.gm("moon"))
    flight = Trajectory([_coast(before, before.cutoff_tdb + (burn.passage + 1.0) * period, forces)])
    event = events.perilune_passage() if burn.at == "perilune" else events.apolune_passage()
    passages = events.find(flight, event, before.cutoff_tdb + _SKIP * period)
    if len(passages) < burn.passage:
        raise ConvergenceError(f"{burn.at} {burn.passage} not met", where=f"coast from {utc_iso(before.cutoff_tdb)}")
    epoch = float(passages[burn.passage - 1])
    return flight.at(epoch, "moon")[0], epoch


def _speed_needed(apsis: Floats, burn: ApsisBurn, gm: float) -> float:
    r = float(np.linalg.norm(apsis[:3]))
    if 2.0 * burn.semi_major_axis_km <= r:
        raise InfeasibleError(
            f"a semi-major axis of {burn.semi_major_axis_km:.1f} km cannot be reached from {r:.1f} km",
            where=f"burn at {burn.at}",
            allowed=f"more than {r / 2:.1f} km",
        )
    return float(np.sqrt(gm * (2.0 / r - 1.0 / burn.semi_major_axis_km)))


def _impulse(apsis: Floats, epoch: float, burn: ApsisBurn, forces: ForceModel) -> BurnMade:
    speed = float(np.linalg.norm(apsis[3:]))
    needed = _speed_needed(apsis, burn, forces.gm("moon"))
    after = np.concatenate([apsis[:3], apsis[3:] * (needed / speed)])
    return BurnMade(epoch, 0.0, abs(needed - speed), np.nan, after)


def _finite(
    apsis: Floats, epoch: float, burn: ApsisBurn, forces: ForceModel, mass_kg: float, engine: Engine
) -> BurnMade:
    """The burn of least duration: several ignition times solved as one batch, a parabola, and the best solved again."""
    impulse = _impulse(apsis, epoch, burn, forces)
    longest = 0.95 * mass_kg / engine.mass_flow_kg_s
    duration = engine.burn_time_s(impulse.delta_v_km_s, mass_kg)
    leads = duration * (0.5 + _SPREAD * np.linspace(-1.0, 1.0, _TRIES))
    problem = _FiniteBurn(apsis, epoch, burn, forces, mass_kg, engine)
    durations, _ = problem.solve(leads, np.full(_TRIES, duration), longest)
    curve = np.polynomial.Polynomial.fit(leads, durations, 2)
    best = float(np.clip(curve.deriv().roots()[0], leads[0], leads[-1]))
    durations, ends = problem.solve(np.array([best]), np.array([float(curve(best))]), longest)
    burnt = engine.mass_flow_kg_s * durations[0]
    delta_v = engine.delta_v_km_s(burnt, mass_kg)
    return BurnMade(epoch - best, float(durations[0]), delta_v, mass_kg - burnt, ends[0])


class _FiniteBurn:
    """Duration of a steered burn as a function of its ignition, for one orbit to be reached."""

    def __init__(
        self, apsis: Floats, epoch: float, burn: ApsisBurn, forces: ForceModel, mass_kg: float, engine: Engine
    ) -> None:
        self.apsis, self.epoch, self.burn, self.forces = apsis, epoch, burn, forces
        self.gm = forces.gm("moon")
        self.force_n = steered_force(apsis, burn, engine, self.gm)
        self.thrust = Thrust((self.force_n, 0.0, 0.0), mass_kg, engine.isp_s)
        self.mass_kg, self.flow = mass_kg, engine.mass_flow_kg_s
        self.run = Run(forces, "moon", 1e-13, 0, False, 1, along_velocity=True)

    def solve(self, leads: Floats, guess: Floats, longest: float) -> tuple[Floats, Floats]:
        """Durations and end states for ignitions ``leads`` seconds before the apsis."""
        n = len(leads)
        coast = Run(self.forces, "moon", 1e-13, 0, False, 1)
        start = np.full(n, self.epoch)
        at_ignition = coast.batch(
            np.repeat(self.apsis[None], n, axis=0), start, start - leads, row_inputs(n, self.forces, None)
        )[0]
        inputs = row_inputs(n, self.forces, self.thrust, along_velocity=True)

        def evaluate(x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
            begin = self.epoch - leads[rows]
            end = self.run.batch(np.ascontiguousarray(at_ignition[rows]), begin, begin + x[:, 0], inputs[rows])[0]
            return self._energy_miss(end, begin + x[:, 0], x[:, 0])

        free = [Variable("duration", 10.0, 0.5 * longest, 0.0, longest)]
        met = target(evaluate, guess[:, None], free, [Target("energy", _ENERGY_TOLERANCE, 1e-4)])
        if not met.ok.all():
            raise ConvergenceError(
                f"no duration up to {longest:.0f} s leads to a semi-major axis of {self.burn.semi_major_axis_km:.1f} km",
                where=f"burn at {self.burn.at}, {utc_iso(self.epoch)}",
                remedy="give the engine more thrust, or split the burn",
            )
        begin = self.epoch - leads
        ends = self.run.batch(at_ignition, begin, begin + met.x[:, 0], inputs)[0]
        return met.x[:, 0], ends

    def _energy_miss(self, end: Floats, tdb: Floats, duration: Floats) -> tuple[Floats, Floats]:
        """Specific energy short of the wanted one, km2/s2, and its rate in time."""
        r = np.linalg.norm(end[:, :3], axis=1)
        v = end[:, 3:]
        speed = np.linalg.norm(v, axis=1)
        energy = 0.5 * speed**2 - self.gm / r + 0.5 * self.gm / self.burn.semi_major_axis_km
        push = self.force_n * 1e-3 / (self.mass_kg - self.flow * duration)
        pull = accelerations(end, tdb, self.forces, "moon")
        rate = np.einsum("ni,ni->n", v, pull) + push * speed
        rate += self.gm * np.einsum("ni,ni->n", end[:, :3], v) / r**3
        return energy[:, None], rate[:, None, None]


def steered_force(apsis: Floats, burn: ApsisBurn, engine: Engine, gm: float) -> float:
    """Thrust along the velocity, N: negative where the orbit is to be lowered."""
    lower = 1.0 / burn.semi_major_axis_km > 1.0 / float(semi_major_axis(apsis, gm))
    return -engine.thrust_n if lower else engine.thrust_n


def _burning(
    apsis: Floats,
    epoch: float,
    made: BurnMade,
    burn: ApsisBurn,
    forces: ForceModel,
    mass_kg: float,
    engine: Engine,
    name: str,
) -> Arc:
    """The arc of a finite burn."""
    back = fly(apsis, epoch, made.ignition_tdb, forces, center="moon", stop_at_impact=False)
    ignition, _ = back.states(np.array([made.ignition_tdb]))
    thrust = Thrust((steered_force(apsis, burn, engine, forces.gm("moon")), 0.0, 0.0), mass_kg, engine.isp_s)
    return fly(
        ignition[0],
        made.ignition_tdb,
        made.cutoff_tdb,
        forces,
        center="moon",
        name=name,
        thrust=thrust,
        along_velocity=True,
    )
