"""Insertion into lunar orbit: a sequence of tangential burns at apsides, impulsive or with the engine's thrust.

A burn is told by the orbit it leads to. A finite burn thrusts at an angle to the velocity relative to the
Moon that grows steadily through zero at half time; ignition, duration and the turn are solved for together.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.kernels import rungekutta
from lunarplan.model import events
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import utc_iso
from lunarplan.model.propagation import Run, Thrust, accelerations, row_inputs
from lunarplan.model.trajectory import Arc, fly
from lunarplan.transfers.targeter import Target, Variable, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.model.vehicle import Engine, Vehicle

    Floats = NDArray[np.float64]

_SHORTEST_BURN_S, _LONGEST_BURN_S = 0.1, 86_400.0  # beyond, there is no apsis to burn at
_STEEPEST = 0.75  # rad, between thrust and velocity at either end
_TARGETS = (
    # km2/s2, some centimetres of semi-major axis
    Target("energy", 1e-9, 1e-3),
    Target("eccentricity towards perilune", 1e-9, 1e-3),
    Target("eccentricity across", 1e-9, 1e-3),
)
_DRIFT_KM = 50.0  # between a circle asked for and the apsis met: the Moon's own field moves it by as much
_PIECE_S = 432_000.0  # of a stay: half a second's work in a low orbit
_SURFACE_KM = RADIUS_KM["moon"]
_SKIP = 0.25  # of a revolution: an apsis sooner than this belongs to the burn just made


@dataclass(frozen=True)
class ApsisBurn:
    """One burn of an insertion, told by the orbit it leads to (osculating); radii are from the Moon's centre.

    semi_major_axis_km, apolune_radius_km : one of them; a burn at apolune needs neither if the perilune is given
    perilune_radius_km : of a burn at perilune where that is made, if not given. An impulse cannot change it at
                         perilune; a finite burn is steered to meet it, and keeps the line of apsides
    at, passage        : "perilune" or "apolune", and the how-manieth after the burn before

    Raises InputError for anything else, and for an orbit below the surface.
    """

    semi_major_axis_km: float | None = None
    apolune_radius_km: float | None = None
    perilune_radius_km: float | None = None
    at: str = "perilune"
    passage: int = 1

    def __post_init__(self) -> None:
        if self.at not in ("perilune", "apolune"):
            raise _unusable("at", self.at, '"perilune", "apolune"', "say at which apsis it is made")
        if isinstance(self.passage, bool) or not isinstance(self.passage, int) or self.passage < 1:
            raise _unusable("passage", self.passage, "1 or more, whole", "count from the burn before")
        self._check_size("semi_major_axis_km", 0.5 * _SURFACE_KM)
        self._check_size("apolune_radius_km", _SURFACE_KM)
        self._check_size("perilune_radius_km", _SURFACE_KM)
        self._check_terms()

    def _check_size(self, name: str, least_km: float) -> None:
        value = getattr(self, name)
        plain = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if value is not None and not (plain and np.isfinite(value) and value >= least_km):
            allowed = f"at least {least_km:.1f} km"
            raise _unusable(name, value, allowed, "give km from the Moon's centre: altitude + 1737.4 km")

    def _check_terms(self) -> None:
        a, far, near = self.semi_major_axis_km, self.apolune_radius_km, self.perilune_radius_km
        if a is not None and far is not None:
            what = f"{far:g} km, and semi_major_axis_km {a:g} km"
            raise _unusable("apolune_radius_km", what, "one of the two", "drop one of them")
        if near is not None and far is not None and near > far:
            raise _unusable("perilune_radius_km", near, f"up to the apolune, {far:g} km", "swap the two")
        if a is None and (near if self.at == "apolune" else far) is None:
            missing = "perilune_radius_km" if self.at == "apolune" else "apolune_radius_km"
            raise _unusable(missing, None, f"{missing} or semi_major_axis_km", "say which orbit the burn leads to")

    def orbit(self, apsis: Floats) -> tuple[float, float]:
        """Semi-major axis and perilune radius wanted, km, for a burn made at the state of an apsis."""
        here = float(np.linalg.norm(apsis[:3]))
        self._check_drift(here)
        a, far, near = self.semi_major_axis_km, self.apolune_radius_km, self.perilune_radius_km
        if self.at == "apolune":
            far = here if far is None else far
            near = 2.0 * a - far if near is None and a is not None else near
        near = here if near is None else near
        a = 0.5 * (near + far) if a is None and far is not None else a
        assert a is not None  # seen to when the burn was made
        if 2.0 * a <= here:
            raise InfeasibleError(
                f"no orbit of semi-major axis {a:.1f} km passes {here:.1f} km from the Moon's centre",
                where=f"burn at {self.at}",
                allowed=f"a semi-major axis over {here / 2:.1f} km",
            )
        return a, near

    def _check_drift(self, here_km: float) -> None:
        """A burn at perilune cannot bring apolune below itself; the Earth may have raised it that far meanwhile."""
        far = self.apolune_radius_km
        if self.at == "perilune" and far is not None and here_km > far + _DRIFT_KM:
            raise InfeasibleError(
                f"perilune is {here_km:.0f} km from the Moon's centre when the burn is due, above the apolune wanted",
                where=f"burn at {self.at}, passage {self.passage}",
                allowed=f"an apolune of {here_km:.0f} km from the centre or more",
                remedy="burn at an earlier passage, or capture into a lower orbit first",
            )


def _unusable(name: str, value: object, allowed: str, remedy: str) -> InputError:
    what = "not given" if value is None else " ".join(str(value).split())[:60]
    return InputError(what, where=f"ApsisBurn.{name}", allowed=allowed, remedy=remedy)


@dataclass(frozen=True)
class BurnMade:
    """A burn as solved; delta_v_km_s is the integral of thrust over mass, or the speed change of an impulse."""

    ignition_tdb: float
    duration_s: float
    delta_v_km_s: float
    mass_after_kg: float
    state_after: Floats
    state_before: Floats
    thrust: Thrust | None = None

    @property
    def cutoff_tdb(self) -> float:
        return self.ignition_tdb + self.duration_s


@dataclass
class Insertion:
    """Burns and arcs of an insertion, in order; arcs start where the incoming coast ends."""

    burns: list[BurnMade] = field(default_factory=list)
    arcs: list[Arc] = field(default_factory=list)


def _in_silence(_: str) -> None:
    pass


def insert(
    perilune_state: Floats,
    perilune_tdb: float,
    burns: Sequence[ApsisBurn],
    forces: ForceModel,
    *,
    vehicle: Vehicle | None = None,
    engine: str = "",
    finite: bool = True,
    progress: Callable[[str], None] = _in_silence,
) -> Insertion:
    """Solve a sequence of burns from a perilune of arrival.

    perilune_state : float64[6], Moon-centred ICRF, km, km/s: the arrival as it would be without braking
    vehicle        : as it arrives; None for impulses of something of no mass
    engine         : the one of the vehicle's that brakes
    finite         : with that engine's thrust; or in impulses, for which it pays
    progress       : hears now and then how far a long coast has come

    Raises InfeasibleError if an orbit cannot be reached, or, naming the burn, if it takes more propellant than there
    is; ConvergenceError if a solver fails.
    """
    made = Insertion()
    motor = vehicle.engine(engine) if vehicle is not None else None
    apsis, epoch, before = perilune_state, perilune_tdb, None
    for number, burn in enumerate(burns, 1):
        with _named(name := f"LOI-{number}"):
            if before is not None:
                apsis, epoch = _next_apsis(before, burn, forces, progress)
            solved = _impulse(apsis, epoch, burn, forces)
            if vehicle is not None and motor is not None:
                if finite:
                    vehicle.burn(solved.delta_v_km_s, engine, where="even as an impulse")
                    solved = _finite(apsis, epoch, burn, forces, vehicle.mass_kg, motor)
                vehicle = vehicle.burn(solved.delta_v_km_s, engine, where="")
                solved = replace(solved, mass_after_kg=vehicle.mass_kg)
            if before is not None:
                wait_s = solved.ignition_tdb - before.cutoff_tdb
                start = before.state_after, before.cutoff_tdb
                made.arcs.append(orbiting(*start, wait_s, forces, "lunar coast", progress))
            if solved.thrust is not None:
                made.arcs.append(_burning(solved, forces, name))
        made.burns.append(solved)
        before = solved
    return made


@contextmanager
def _named(burn: str) -> Iterator[None]:
    """Put the name of a burn before the place of whatever goes wrong with it."""
    try:
        yield
    except (InfeasibleError, ConvergenceError) as error:
        where = ", ".join(part for part in (burn, error.where.removeprefix(f"{burn}, ")) if part)
        raise type(error)(error.what, where=where, allowed=error.allowed, remedy=error.remedy) from error


def orbiting(
    state: Floats, tdb: float, duration_s: float, forces: ForceModel, name: str = "lunar orbit",
    progress: Callable[[str], None] = _in_silence,
) -> Arc:  # fmt: skip
    """The orbit of a state, float64[6], about the Moon, flown in pieces; `progress` hears how far it has come."""
    count = max(1, round(duration_s / _PIECE_S))
    length, center = duration_s / count, "moon"
    pieces: list[Arc] = []
    for number in range(count):
        if number:
            progress(f"{name}, {100 * number // count} %")
            state, center = pieces[-1].nodes[-1], ("earth", "moon")[pieces[-1].origins[-1]]
        begin = tdb + number * length
        pieces.append(fly(state, begin, forces=forces, duration_s=length, center=center, name=name))
    return _as_one(pieces, length)


def _as_one(pieces: list[Arc], length_s: float) -> Arc:
    """Arcs of one length, flown one after the other in the same way, as one arc."""
    last = len(pieces) - 1

    def end_to_end(parts: list[NDArray[Any]]) -> NDArray[Any]:
        # where two pieces meet, the node of the later one
        return np.concatenate([part if number == last else part[:-1] for number, part in enumerate(parts)])

    return replace(
        pieces[0],
        elapsed_s=end_to_end([number * length_s + piece.elapsed_s for number, piece in enumerate(pieces)]),
        nodes=end_to_end([piece.nodes for piece in pieces]),
        origins=end_to_end([piece.origins for piece in pieces]),
        rows=end_to_end([piece.rows for piece in pieces]),
    )


def semi_major_axis(state: Floats, gm: float) -> Floats:
    """Osculating semi-major axis of states [..., 6], km; negative for a hyperbola."""
    r = np.linalg.norm(state[..., :3], axis=-1)
    return np.asarray(1.0 / (2.0 / r - (state[..., 3:] ** 2).sum(axis=-1) / gm))


def _next_apsis(
    before: BurnMade, burn: ApsisBurn, forces: ForceModel, progress: Callable[[str], None]
) -> tuple[Floats, float]:
    """State and epoch of the apsis a burn is made at."""
    a = float(semi_major_axis(before.state_after, forces.gm("moon")))
    if not a > 0.0:
        raise InfeasibleError(
            "the burn before does not capture", where=f"burn at {burn.at}", remedy="ask for a lower orbit"
        )
    period = 2.0 * np.pi * np.sqrt(a**3 / forces.gm("moon"))
    long_s = (burn.passage + 1.0) * period
    flight = orbiting(before.state_after, before.cutoff_tdb, long_s, forces, f"coasting to {burn.at}", progress)
    event = events.perilune_passage() if burn.at == "perilune" else events.apolune_passage()
    passages = events.find(flight, event, before.cutoff_tdb + _SKIP * period)
    if len(passages) < burn.passage:
        raise ConvergenceError(f"{burn.at} {burn.passage} not met", where=f"coast from {utc_iso(before.cutoff_tdb)}")
    epoch = float(passages[burn.passage - 1])
    return flight.at(epoch, "moon")[0], epoch


def _impulse(apsis: Floats, epoch: float, burn: ApsisBurn, forces: ForceModel) -> BurnMade:
    speed = float(np.linalg.norm(apsis[3:]))
    a, _ = burn.orbit(apsis)
    needed = float(np.sqrt(forces.gm("moon") * (2.0 / np.linalg.norm(apsis[:3]) - 1.0 / a)))
    after = np.concatenate([apsis[:3], apsis[3:] * (needed / speed)])
    return BurnMade(epoch, 0.0, abs(needed - speed), np.nan, after, apsis)


def _finite(
    apsis: Floats, epoch: float, burn: ApsisBurn, forces: ForceModel, mass_kg: float, engine: Engine
) -> BurnMade:
    """The burn that leads to the wanted orbit with its line of apsides where it was."""
    impulse = _impulse(apsis, epoch, burn, forces)
    longest = 0.95 * mass_kg / engine.mass_flow_kg_s
    duration = min(engine.burn_time_s(impulse.delta_v_km_s, mass_kg), 0.9 * longest)
    if not _SHORTEST_BURN_S < duration < _LONGEST_BURN_S:
        raise InfeasibleError(
            f"{impulse.delta_v_km_s * 1e3:.1f} m/s would take {engine.name} {duration:.3g} s",
            where=f"burn at {burn.at}, {utc_iso(epoch)}",
            allowed=f"{_SHORTEST_BURN_S:g} to {_LONGEST_BURN_S:g} s",
            remedy="give the engine more thrust, or split the burn"
            if duration > _SHORTEST_BURN_S
            else "give the engine less thrust, or make the burns impulsive with finite = false",
        )
    problem = _FiniteBurn(apsis, epoch, burn, forces, mass_kg, engine)
    free = [
        Variable("lead", 60.0, max(120.0, 0.2 * duration), -longest, longest),
        Variable("duration", 60.0, max(120.0, 0.2 * duration), 0.0, longest),
        Variable("turn", 0.1, 0.2, -_STEEPEST, _STEEPEST),
    ]
    met = target(problem.evaluate, np.array([[0.5 * duration, duration, 0.0]]), free, _TARGETS)
    if not met.ok[0]:
        raise ConvergenceError(
            f"no burn of up to {longest:.0f} s leads to {_described(burn, apsis)}: {met.reason(0)}",
            where=f"burn at {burn.at}, {utc_iso(epoch)}",
            remedy="give the engine more thrust, or split the burn",
        )
    lead, duration, turn = (float(v) for v in met.x[0])
    burnt = engine.mass_flow_kg_s * duration
    ignition, end = problem.fly(lead, duration, turn)
    delta_v = engine.delta_v_km_s(burnt, mass_kg)
    return BurnMade(epoch - lead, duration, delta_v, mass_kg - burnt, end, ignition, problem.thrust(duration, turn))


def _described(burn: ApsisBurn, apsis: Floats) -> str:
    a, near = burn.orbit(apsis)
    return f"a semi-major axis of {a:.1f} km and a perilune radius of {near:.1f} km"


class _FiniteBurn:
    """One steered burn as equations for its lead over the apsis, its duration and the turn of its thrust."""

    def __init__(
        self, apsis: Floats, epoch: float, burn: ApsisBurn, forces: ForceModel, mass_kg: float, engine: Engine
    ) -> None:
        self.apsis, self.epoch, self.forces = apsis, epoch, forces
        self.semi_major_axis_km, near = burn.orbit(apsis)
        self.mass_kg, self.engine, self.gm = mass_kg, engine, forces.gm("moon")
        lower = 1.0 / self.semi_major_axis_km > 1.0 / float(semi_major_axis(apsis, self.gm))
        self.sense = -1.0 if lower else 1.0
        outwards = apsis[:3] / np.linalg.norm(apsis[:3])
        self.towards_perilune = outwards if burn.at == "perilune" else -outwards
        self.across = np.cross(np.cross(apsis[:3], apsis[3:]), outwards)
        self.across /= np.linalg.norm(self.across)
        self.eccentricity = 1.0 - near / self.semi_major_axis_km

    def thrust(self, duration: float, turn: float) -> Thrust:
        """Along the velocity at half time, ``turn`` off it at either end."""
        force = self.sense * self.engine.thrust_n * np.array([np.cos(turn), 0.0, -np.sin(turn)])
        return Thrust(force, self.mass_kg, self.engine.isp_s, "vnb", 2.0 * turn / max(duration, 1e-3))

    def fly(self, lead: float, duration: float, turn: float) -> tuple[Floats, Floats]:
        """States at ignition and at cutoff."""
        ignition = self._ignition(lead)
        run = Run(self.forces, "moon", 1e-13, 0, False, 1, steered=True)
        return ignition, self._burn(run, ignition, lead, duration, turn)[0][0]

    def _ignition(self, lead: float) -> Floats:
        coast = Run(self.forces, "moon", 1e-13, 0, False, 1)
        inputs = row_inputs(1, self.forces, None)
        final, *_ = coast.batch(self.apsis[None], np.array([self.epoch]), np.array([self.epoch - lead]), inputs)
        return np.asarray(final[0])

    def _burn(self, run: Run, ignition: Floats, lead: float, duration: float, turn: float) -> tuple[Floats, Floats]:
        begin, durations = np.array([self.epoch - lead]), np.array([duration])
        inputs = row_inputs(1, self.forces, self.thrust(duration, turn))
        end, partials, *_ = run.batch(ignition[None], begin, begin + duration, inputs, durations=durations)
        return end, partials

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Energy and eccentricity vector short of the wanted ones, and their partials (lead, duration, turn)."""
        lead, duration, turn = (float(v) for v in x[0])
        ignition = self._ignition(lead)
        run = Run(self.forces, "moon", 1e-13, rungekutta.STEERED, False, 1, steered=True)
        (end,), (partials,) = self._burn(run, ignition, lead, duration, turn)
        force_kn = np.asarray(self.thrust(duration, turn).force_n) * 1e-3
        flow, rate = self.engine.mass_flow_kg_s, 2.0 * turn / duration
        at_end = _pitched(force_kn, 2.0 * turn)
        flow_end = np.concatenate([end[3:], accelerations(end, self.epoch - lead + duration, self.forces, "moon")[0]])
        flow_end[3:] += _vnb(end) @ at_end / (self.mass_kg - flow * duration)
        # igniting later by dt: no push for dt; at every later moment dt more of propellant and less of pitch
        push = np.concatenate([np.zeros(3), _vnb(ignition) @ force_kn / self.mass_kg])
        unpitched = np.array([force_kn[2], 0.0, -force_kn[0]]) * rate
        later = -partials[:, :6] @ push + partials[:, 9] * flow + partials[:, 6:9] @ unpitched
        by_rate = partials[:, 10]
        by_duration = flow_end - by_rate * rate / duration
        turned = self.sense * self.engine.thrust_n * 1e-3 * np.array([-np.sin(turn), 0.0, -np.cos(turn)])
        by_turn = partials[:, 6:9] @ turned + by_rate * 2.0 / duration
        by_variable = np.column_stack([-later - flow_end, by_duration, by_turn])
        f, by_state = self._misses(end)
        return f[None], (by_state @ by_variable)[None]

    def _misses(self, state: Floats) -> tuple[Floats, Floats]:
        r, v = state[:3], state[3:]
        distance = np.linalg.norm(r)
        energy = 0.5 * v @ v - self.gm / distance + 0.5 * self.gm / self.semi_major_axis_km
        e = ((v @ v - self.gm / distance) * r - (r @ v) * v) / self.gm
        by_r = (v @ v - self.gm / distance) * np.eye(3) + self.gm * np.outer(r, r) / distance**3 - np.outer(v, v)
        by_v = (2.0 * np.outer(r, v) - np.outer(v, r) - (r @ v) * np.eye(3)) / self.gm
        axes = np.stack([self.towards_perilune, self.across])
        energy_gradient = np.concatenate([self.gm * r / distance**3, v])
        f = np.concatenate([[energy], axes @ e - [self.eccentricity, 0.0]])
        return f, np.vstack([energy_gradient, axes @ np.hstack([by_r / self.gm, by_v])])


def _pitched(force: Floats, angle: float) -> Floats:
    """A force in velocity-normal-binormal axes, turned from velocity towards binormal."""
    c, s = np.cos(angle), np.sin(angle)
    return np.array([c * force[0] - s * force[2], force[1], s * force[0] + c * force[2]])


def _vnb(state: Floats) -> Floats:
    """Axes of velocity, orbit normal and their cross product, as columns."""
    v = state[3:] / np.linalg.norm(state[3:])
    n = np.cross(state[:3], state[3:])
    n /= np.linalg.norm(n)
    return np.column_stack([v, n, np.cross(v, n)])


def _burning(made: BurnMade, forces: ForceModel, name: str) -> Arc:
    """The arc of a finite burn."""
    return fly(
        made.state_before,
        made.ignition_tdb,
        forces=forces,
        duration_s=made.duration_s,
        center="moon",
        name=name,
        thrust=made.thrust,
    )
