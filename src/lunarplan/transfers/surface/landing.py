"""Landings in the real sky: from a low lunar orbit to a place on the turning Moon, in the full field.

    stage = Stage(thrust_n=45_000.0, isp_s=311.0, mass_kg=15_000.0, least_throttle=0.1)
    landed = land(orbit, "2028-03-01T00:00:00", "2028-03-03T00:00:00", Place(-43.3, 11.2), stage)
    landed.touchdown_tdb, landed.delta_v_m_s, landed.cross_range_km, landed.path(0).pitch_deg

Every revolution that passes near enough to the place makes a row. A tangential deorbit burn puts periapsis where
braking costs least; braking is one burn at the most throttle allowed, steered in three dimensions by the primer vector,
so that it flies over to the place as well; approach and last metres are as in `descent`. Every landing is then flown
again from the deorbit burn with its steering, by an integrator that knows nothing of the solver: ``miss_km``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation, turned
from lunarplan.model.rows import full_rows, require_kind, scalar
from lunarplan.model.surface import Place
from lunarplan.transfers.path import Path
from lunarplan.transfers.surface.descent import Approach, Touchdown
from lunarplan.transfers.surface.flight import Phase, PoweredPath, end_states, flown
from lunarplan.transfers.surface.gate import NODES, Told
from lunarplan.transfers.surface.landing_problem import (
    NO_BRAKING,
    NO_DEORBIT,
    TOO_HIGH,
    Braked,
    LandingProblem,
    LastPhases,
)
from lunarplan.transfers.surface.orbit import Deorbits, overflights, passage_of, upward
from lunarplan.transfers.surface.outcomes import Outcomes
from lunarplan.transfers.surface.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[Any]
    Floats = NDArray[np.float64]

_R = RADIUS_KM["moon"]
_CLOSED_KM = 0.01
_ROUNDING = 1e-9  # of full thrust
LANDED, THROTTLED, DRY, NOT_CLOSED = 0, 3, 4, 5  # between them those of `landing_problem`
_REASONS = {
    LANDED: "landed",
    NO_DEORBIT: "no deorbit burn puts periapsis there",
    TOO_HIGH: "periapsis would be above the orbit it leaves",
    NO_BRAKING: "no steering at full throttle stops the craft at the place",
    THROTTLED: "approach or touchdown asks for a throttle beyond the limits of the engine",
    DRY: "the tanks run dry",
    NOT_CLOSED: "flown again it misses the place by more than 10 m",
}


@dataclass(frozen=True, repr=False)
class Landings(Outcomes):
    """Landings, float64[N] each; NaN where not ``ok``.

    deorbit_tdb, ignition_tdb, gate_tdb, touchdown_tdb : of the deorbit burn, braking, its end, and contact
    deorbit_m_s, braking_m_s, approach_m_s, touchdown_m_s : of the rocket equation
    gravity_loss_m_s : braking, approach and touchdown less the speed over the ground at ignition
    cross_range_km : of the place from the orbit at periapsis, positive to the left
    uprange_km     : from ignition to the place, over the mean sphere
    ignition_kg, landed_kg : masses at the begin of braking and on the ground
    needed_kg      : propellant of deorbit burn and descent; known of dry tanks, too
    least_throttle, most_throttle : used in approach and touchdown, as parts of full thrust
    miss_km, miss_m_s : from place and speed asked for when flown again in the full field
    status         : int8[N]; see ``reason``
    rows, deorbits, phases : where each row is (-1: nowhere) among deorbit burns and steering
    """

    reasons = _REASONS

    deorbit_tdb: Floats
    ignition_tdb: Floats
    gate_tdb: Floats
    touchdown_tdb: Floats
    deorbit_m_s: Floats
    braking_m_s: Floats
    approach_m_s: Floats
    touchdown_m_s: Floats
    gravity_loss_m_s: Floats
    cross_range_km: Floats
    uprange_km: Floats
    ignition_kg: Floats
    landed_kg: Floats
    needed_kg: Floats
    least_throttle: Floats
    most_throttle: Floats
    miss_km: Floats
    miss_m_s: Floats
    status: NDArray[np.int8]
    rows: NDArray[np.intp]
    deorbits: Deorbits
    phases: list[Phase]
    forces: ForceModel

    @property
    def delta_v_m_s(self) -> Floats:
        """Of powered descent: without the deorbit burn."""
        return self.braking_m_s + self.approach_m_s + self.touchdown_m_s

    @property
    def propellant_kg(self) -> Floats:
        """Of powered descent."""
        return self.ignition_kg - self.landed_kg

    def path(self, row: int, samples: int = 61) -> PoweredPath:
        """One landing as flown again, from ignition to touchdown, with so many samples a phase.

        Raises InputError for a row that was not solved.
        """
        if not (-len(self.ok) <= row < len(self.ok)) or self.rows[row] < 0:
            raise InputError(f"row {row}", where="Landings.path", allowed="a row that was solved", remedy="see .ok")
        return flown(self.deorbits.periapsis, self.phases, self.forces, int(self.rows[row]), samples)


def land(
    orbit: Path,
    start: Any,
    end: Any,
    place: Place,
    stage: Stage,
    *,
    within_km: float = 50.0,
    periapsis_altitude_km: ArrayLike = 15.0,
    approach: Approach | None = None,
    touchdown: Touchdown | None = None,
    forces: ForceModel | None = None,
) -> Landings:
    """Land from every revolution of an orbit that passes near enough to a place.

    orbit      : has ``at(tdb, center)`` from start to end; from each pass it is followed back in the field to the
                 deorbit burn, half a revolution
    start, end : span in which the orbit passes over the place
    within_km  : of the orbit's plane; what is left of it is flown off while braking
    periapsis_altitude_km : over the mean sphere, where braking begins
    approach, touchdown : as for `powered_descent`

    Raises InputError for values out of range and an orbit that is not low. A landing that cannot be made is a row of
    NaN with a status; no pass near enough gives no rows.
    """
    forces = ForceModel() if forces is None else forces
    _require_one(place)
    within = scalar("within_km", within_km, 0.0, 2_000.0, "km")
    passes = overflights(orbit, place, start, end, within_km=within, forces=forces)
    return land_from(
        passes.states, passes.epochs_tdb, place, stage, revolutions_ahead=0.0, approach=approach, touchdown=touchdown,
        periapsis_altitude_km=periapsis_altitude_km, forces=forces,
    )  # fmt: skip


def _require_one(place: Place) -> None:
    require_kind("place", place, Place, "a Place")
    if np.broadcast(place.latitude_deg, place.longitude_deg, place.height_km).ndim:
        raise InputError("several places", where="place", allowed="one place", remedy="call it for each")


def land_from(
    states: ArrayLike,
    tdb: Any,
    place: Place,
    stage: Stage,
    *,
    revolutions_ahead: float = 1.0,
    periapsis_altitude_km: ArrayLike = 15.0,
    approach: Approach | None = None,
    touchdown: Touchdown | None = None,
    forces: ForceModel | None = None,
) -> Landings:
    """Land from N low orbits on the next pass of each over a place.

    states : float64[N, 6] or [6], about the Moon, ICRF, km and km/s; tdb: their epochs
    place  : one, or N
    revolutions_ahead : the pass is the one nearest to so many revolutions after the epoch

    Raises InputError for values out of range, NaN, and batches that do not go together.
    """
    forces = ForceModel() if forces is None else forces
    ahead = scalar("revolutions_ahead", revolutions_ahead, 0.0, 1000.0)
    require_kind("forces", forces, ForceModel, "a ForceModel, or None")
    require_kind("place", place, Place, "a Place")
    require_kind("stage", stage, Stage, "a Stage")
    touchdown = require_phases(approach, touchdown)
    epochs = np.asarray(tdb_seconds(tdb), float)
    columns: dict[str, Any] = {name: (value, 1) for name, value in (place.__dict__ | stage.__dict__).items()}
    (x, t, low, *rest), shape = full_rows(
        states=(states, 6), tdb=(epochs, 1), periapsis_altitude_km=(periapsis_altitude_km, 1), **columns
    )
    if len(shape) > 1:
        raise InputError(f"shape {shape}", where="land_from", allowed="one row, or one for each of N")
    if not (np.isfinite(x).all() and ((low >= 1.0) & (low <= 500.0)).all()):
        raise InputError(
            "not finite, or a periapsis out of range", where="states, periapsis_altitude_km",
            allowed="finite; 1 to 500 km",
        )  # fmt: skip
    last = LastPhases.of(approach, touchdown)
    gate = rest[2] + last.gate[0]
    if not (low > gate).all():
        raise InputError(
            "braking would end higher than it begins", where="periapsis_altitude_km",
            allowed="over the place, by more than the altitude of approach or touchdown",
        )  # fmt: skip
    problem = LandingProblem(x, t, Place(*rest[:3]), stage.rows(len(x)), _R + low, last, forces)
    return landings(problem, ahead)


def require_phases(approach: Approach | None, touchdown: Touchdown | None) -> Touchdown:
    """The touchdown, or what there is if none is given; raises InputError for one that does not follow the approach."""
    touchdown = Touchdown() if touchdown is None else touchdown
    require_kind("touchdown", touchdown, Touchdown, "a Touchdown, or None")
    if approach is not None:
        require_kind("approach", approach, Approach, "an Approach, or None")
    if approach is not None and approach.altitude_m <= touchdown.altitude_m:
        raise InputError(
            f"{approach.altitude_m:g} m", where="Approach.altitude_m", allowed=f"over {touchdown.altitude_m:g} m",
            remedy="the approach ends where the touchdown begins",
        )  # fmt: skip
    return touchdown


def landings(problem: LandingProblem, revolutions_ahead: float) -> Landings:
    """What can be solved of a problem, flown again and told; a row that is not finite is one that cannot be.

    Rows that fail after the solver keep their propellant, throttles and misses.
    """
    status, braked = problem.solve(revolutions_ahead)
    some, rows, n = problem.rows(braked.rows), braked.rows, len(status)
    phases = _phases(some, braked)
    told = _told(some, braked, phases)
    least, most = _throttles(phases)
    miss = _missed(some, braked, phases)
    stage = some.stage
    burnt = stage["mass_kg"] - stage["jettison_kg"] - told["landed_kg"]
    status[rows[miss[0] > _CLOSED_KM]] = NOT_CLOSED
    status[rows[~(burnt <= stage["propellant_kg"])]] = DRY  # or more than the whole mass is burnt, NaN
    beyond = (least < stage["least_throttle"] - _ROUNDING) | (most > stage["most_throttle"] + _ROUNDING)
    status[rows[beyond]] = THROTTLED
    good = status[rows] == LANDED
    columns = {name: _spread(np.where(good, column, np.nan), rows, n) for name, column in told.items()}
    kept = {
        "needed_kg": burnt, "least_throttle": least, "most_throttle": most, "miss_km": miss[0], "miss_m_s": miss[1]
    }  # fmt: skip
    columns |= {name: _spread(column, rows, n) for name, column in kept.items()}
    place_in = np.full(n, -1)
    place_in[rows] = np.arange(len(rows))
    return Landings(
        **columns, status=status, rows=place_in, deorbits=braked.deorbits, phases=phases, forces=problem.forces
    )


def _spread(column: Floats, rows: NDArray[np.intp], n: int) -> Floats:
    full = np.full(n, np.nan)
    full[rows] = column
    return full


def _phases(problem: LandingProblem, braked: Braked) -> list[Phase]:
    """Braking, and what follows it, with their steering."""
    full, exhaust, forces = 1e-3 * problem.stage["thrust_n"], problem.exhaust_km_s, problem.forces
    begin, none = braked.deorbits.periapsis_tdb, np.zeros((len(braked.rows), 3))
    vectors, rates = braked.burnt.primer(problem.gm, braked.duration_s)
    phases = [
        Phase("braking", begin, braked.duration_s, vectors, rates, braked.burns.acceleration, none,
              braked.ignition_kg, full, exhaust)
    ]  # fmt: skip
    mass = braked.ignition_kg * (1.0 - braked.burns.acceleration / exhaust * braked.duration_s)
    start = begin + braked.duration_s
    for told in problem.last.told:
        _, thrust = braked.over.thrust(told, start, forces)
        jump = _jump(braked, told, start, forces)
        mass = mass * np.exp(-np.linalg.norm(jump, axis=1) / exhaust)
        seconds = told.duration_s / (NODES - 1)
        rates = np.gradient(thrust, seconds, axis=0, edge_order=2)
        duration = np.full(len(start), told.duration_s)
        phases.append(Phase(told.name, start, duration, thrust, rates, None, jump, mass, full, exhaust))
        mass = mass * np.exp(-phases[-1].delta_v_km_s / exhaust)
        start = start + told.duration_s
    return phases


def _jump(braked: Braked, told: Told, start: Floats, forces: ForceModel) -> Floats:
    up = np.einsum("nji,nj->ni", rotation("moon_me", start, forces.source), braked.over.up)
    return np.asarray(told.jump * up)


def _told(problem: LandingProblem, braked: Braked, phases: list[Phase]) -> dict[str, Floats]:
    deorbits, exhaust = braked.deorbits, problem.exhaust_km_s
    spent = {name: np.zeros(len(braked.rows)) for name in ("braking", "approach", "hover", "touchdown")}
    for phase in phases:
        spent[phase.name] = phase.delta_v_km_s + np.linalg.norm(phase.jump, axis=1)
    whole = sum(spent.values())
    gate = deorbits.periapsis_tdb + braked.duration_s
    ground = turned(deorbits.periapsis, deorbits.periapsis_tdb, "icrf", "moon_me", problem.forces.source)
    landing = gate + problem.last.duration_s
    ahead, _, left = passage_of(deorbits.periapsis, upward(problem.place, landing, problem.forces))
    return {
        "deorbit_tdb": deorbits.burn_tdb, "ignition_tdb": deorbits.periapsis_tdb, "gate_tdb": gate,
        "touchdown_tdb": landing, "deorbit_m_s": 1e3 * np.abs(deorbits.delta_v_km_s),
        "braking_m_s": 1e3 * spent["braking"], "approach_m_s": 1e3 * spent["approach"],
        "touchdown_m_s": 1e3 * (spent["hover"] + spent["touchdown"]),
        "gravity_loss_m_s": 1e3 * (whole - np.linalg.norm(ground[:, 3:], axis=1)),
        "cross_range_km": _R * left, "uprange_km": _R * np.arccos(np.cos(ahead) * np.cos(left)),
        "ignition_kg": braked.ignition_kg, "landed_kg": braked.ignition_kg * np.exp(-whole / exhaust),
    }  # fmt: skip


def _throttles(phases: list[Phase]) -> tuple[Floats, Floats]:
    """Least and most of what follows braking; NaN where nothing does."""
    used = [phase.throttles() for phase in phases[1:]]
    if not used:
        return (np.full(len(phases[0].start_tdb), np.nan),) * 2
    every = np.concatenate(used)
    return every.min(axis=0), every.max(axis=0)


def _missed(problem: LandingProblem, braked: Braked, phases: list[Phase]) -> tuple[Floats, Floats]:
    """By how much a second flight misses, km and m/s."""
    over, forces = braked.over, problem.forces
    end = end_states(braked.deorbits.periapsis, phases, forces)
    last = problem.last.told[-1] if problem.last.told else None
    climb = float(last.climb[-1]) if last else -problem.last.descent_km_s
    landing = braked.deorbits.periapsis_tdb + braked.duration_s + problem.last.duration_s
    wanted = turned(over.fixed(0.0, climb, 0.0, 0.0), landing, "moon_me", "icrf", forces.source)
    away = end - wanted
    return np.linalg.norm(away[:, :3], axis=1), 1e3 * np.linalg.norm(away[:, 3:], axis=1)
