"""Free returns from a high Earth orbit, as Artemis II flew: launch, a day in a long ellipse, injection at its perigee.

    batch = high_orbit_problem(launch_tdb="2026-04-01T22:35:12", perilune_altitude_km=6_500.0)
    found = high_orbit_returns(batch, LaunchTie.from_site("ksc-39b"))
    found.tli_delta_v_km_s, found.perilune_altitude_km, found.entry.tdb

From the parking orbit's perigee the craft enters the ellipse; its perigee is raised at the first apogee, and after some
revolutions the injection into the free return is made there. The ellipse is flown in the whole field. Of lift-off,
perilune altitude, return inclination and apogee the launch leaves three to choose: the fourth follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, check_options
from lunarplan.model.rows import require_kind
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.transfers.batches import taken
from lunarplan.transfers.free_returns import arcs
from lunarplan.transfers.free_returns.high_orbit_arcs import (
    APOGEE,
    BEFORE,
    FREE,
    RAISE,
    START,
    START_ARGUMENT,
    TARGETS,
    HighArcs,
)
from lunarplan.transfers.free_returns.high_orbit_problem import HighOrbitProblem
from lunarplan.transfers.home.entry import Entries, entries
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import Targeted, target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_TOO_LOW = 4  # statuses go on from those of the targeter
_LEAST_ALTITUDE_KM, _ROUNDING_KM, _NEAR_PERIGEE_KM = 100.0, 1e-6, 20_000.0
_GUESSES = 4  # each brings the launch nearer by the ratio of the Earth's day to the Moon's month


@dataclass(frozen=True, repr=False)
class HighOrbitReturns(Solved):
    """Converged flights, float64[N] each unless said otherwise; NaN where not ``ok``. States are ICRF.

    Not ok is also a row whose ellipse, perigee raised, comes lower than 100 km before the injection.

    problem          : as asked, with what followed: launch, perilune epoch and altitude, return inclination, apogee
    coast_s          : in the parking orbit, from insertion
    start_tdb, start_states : [N, 6] about the Earth, in the ellipse just after it was entered
    apogee_tdb, apogee_states : [N, 6] about the Earth, just before the perigee is raised
    raise_km_s       : of that burn, along the velocity; negative if it brakes
    least_altitude_km : of the perigees after the raise, that of the injection among them; to some km
    perigee_tdb      : of the injection, as it would be without it
    ignition_tdb, ignition_states : [N, 6] about the Earth, just before the injection
    injection_tdb, injection_states : [N, 6] about the Earth, just after it
    tli_delta_v_km_s : of the injection, as the rocket equation knows it
    c3_km2_s2        : two-body, after the injection
    perilune_states  : [N, 6] about the Moon
    entry            : see `Entries`
    """

    problem: HighOrbitProblem
    forces: ForceModel
    coast_s: Floats
    start_tdb: Floats
    start_states: Floats
    apogee_tdb: Floats
    apogee_states: Floats
    raise_km_s: Floats
    least_altitude_km: Floats
    perigee_tdb: Floats
    ignition_tdb: Floats
    ignition_states: Floats
    injection_tdb: Floats
    injection_states: Floats
    tli_delta_v_km_s: Floats
    c3_km2_s2: Floats
    perilune_states: Floats
    entry: Entries
    solution: Targeted

    def rows(self, rows: NDArray[np.intp]) -> HighOrbitReturns:
        """Return some of the flights."""
        return taken(self, rows)

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.solution.ok & np.isfinite(self.tli_delta_v_km_s))

    @property
    def status(self) -> NDArray[np.int8]:
        return np.where(self.solution.ok & ~self.ok, _TOO_LOW, self.solution.status).astype(np.int8)

    def reason(self, row: int) -> str:
        if self.status[row] != _TOO_LOW:
            return self.solution.reason(row)
        return f"the ellipse comes down to {self.least_altitude_km[row]:.0f} km before the injection"

    @property
    def launch_tdb(self) -> Floats:
        return self.problem.launch_tdb

    @property
    def perilune_tdb(self) -> Floats:
        return self.problem.way.perilune_tdb

    @property
    def perilune_altitude_km(self) -> Floats:
        return np.asarray(self.problem.way.perilune_radius_km - RADIUS_KM["moon"])

    @property
    def return_inclination_deg(self) -> Floats:
        return np.degrees(self.problem.way.return_inclination)

    @property
    def orbit_delta_v_km_s(self) -> Floats:
        """From the parking orbit, at its perigee, into the ellipse; an impulse."""
        low, high = self.problem.parking_perigee_km, self.problem.parking_apogee_km
        parked = np.sqrt(2.0 * self.forces.gm("earth") * high / (low * (low + high)))
        return np.asarray(np.linalg.norm(self.start_states[:, 3:], axis=1) - parked)

    def trajectory(self, row: int = 0) -> Trajectory:
        """One flight from the ellipse's start to the entry interface, joined where the arcs met.

        Raises ConvergenceError for a row that was not solved.
        """
        one = self.rows(np.array([row])).require()
        raised = one.apogee_states[0].copy()
        raised[3:] *= 1.0 + one.raise_km_s[0] / np.linalg.norm(raised[3:])
        start, apogee, lit, cutoff, perilune, entry = (
            float(t[0]) for t in (
                one.start_tdb, one.apogee_tdb, one.ignition_tdb, one.injection_tdb, one.perilune_tdb, one.entry.tdb,
            )
        )  # fmt: skip
        burns = [] if one.problem.burn.impulsive else [
            fly(one.ignition_states[0], lit, cutoff, self.forces, name="injection", thrust=one.problem.burn.thrust)
        ]  # fmt: skip
        return Trajectory([
            fly(one.start_states[0], start, apogee, self.forces, name="high orbit", stop_at_impact=False),
            fly(raised, apogee, lit, self.forces, name="perigee raised", stop_at_impact=False),
            *burns,
            fly(one.injection_states[0], cutoff, perilune, self.forces, name="outbound"),
            fly(one.perilune_states[0], perilune, entry, self.forces, center="moon", name="homebound"),
        ])  # fmt: skip


def high_orbit_returns(
    batch: HighOrbitProblem,
    launch: LaunchTie | None = None,
    forces: ForceModel | None = None,
    *,
    tolerance: float = 1e-12,
    workers: int | None = None,
) -> HighOrbitReturns:
    """Solve a batch in a force model; rows that do not converge are NaN, with a status.

    launch : makes the site turn under the parking plane at lift-off; without it the perilune epoch is kept

    Raises InputError for a force model without the Earth or the Moon, a lift-off to be kept without a site, and epochs
    outside the ephemeris.
    """
    require_kind("batch", batch, HighOrbitProblem, "a HighOrbitProblem, made by high_orbit_problem(...)")
    if launch is not None:
        require_kind("launch", launch, LaunchTie, "a LaunchTie, made by LaunchTie.from_site(...)")
    elif batch.follows.any():
        raise InputError("no site to lift off from", where="launch", remedy="give a LaunchTie")
    forces = ForceModel() if forces is None else forces
    check_options(forces, "earth", tolerance, workers)
    for _ in range(_GUESSES if launch is not None else 0):
        near = HighArcs(batch, launch, forces, 1e-10, workers)
        late = near.lateness(near.seed())
        batch = replace(batch, way=replace(batch.way, perilune_tdb=batch.way.perilune_tdb + late))
    equations = HighArcs(batch, launch, forces, tolerance, workers)
    solution = target(equations.evaluate, equations.seed(), FREE, TARGETS)
    least = _least_altitudes(equations, solution)
    with np.errstate(invalid="ignore"):
        clear = least > _LEAST_ALTITUDE_KM - _ROUNDING_KM
    return _result(equations, solution, np.where(clear[:, None], solution.x, np.nan), least)


def _least_altitudes(equations: HighArcs, solution: Targeted) -> Floats:
    """Of the perigees from the raise to the injection, km; NaN in rows that are no solutions.

    The Moon lowers and raises them by tens of km a revolution.
    """
    b, x = equations.batch, solution.x
    least = np.where(solution.ok, b.way.parking_radius_km, np.nan)
    rows = np.flatnonzero(solution.ok & (b.revolutions > 1))
    state = equations.perigee(x[rows], rows)[0]
    run = Run(equations.forces, "earth", equations.tolerance, stop_at_impact=False, workers=equations.workers)
    inputs = equations.arcs.inputs(len(rows))
    nodes = run.batch(state, x[rows, arcs.INJECTION], x[rows, APOGEE], inputs, record=True)[4]
    for row, path in zip(rows, nodes, strict=True):
        low = path[np.linalg.norm(path[:, 1:4], axis=1) < _NEAR_PERIGEE_KM]
        least[row] = _perigees(low[:, 1:4], low[:, 4:7], equations.gm).min()
    return least - RADIUS_KM["earth"]


def _perigees(r: Floats, v: Floats, gm: float) -> Floats:
    """Radii of the perigees states about the Earth are on the way to, km."""
    distance = np.linalg.norm(r, axis=1, keepdims=True)
    pole = np.cross(r, v)
    eccentricity = np.linalg.norm(np.cross(v, pole) / gm - r / distance, axis=1)
    return np.asarray((pole**2).sum(axis=1) / gm / (1.0 + eccentricity))


def _result(equations: HighArcs, solution: Targeted, x: Floats, least: Floats) -> HighOrbitReturns:
    b, rows, ok = equations.batch, np.arange(len(x)), np.isfinite(x).all(axis=1)
    good = np.flatnonzero(ok)
    lit, before, cutoff, after = _placed(equations.burn_ends(x[good], good), good, len(x))
    speed, radius = np.linalg.norm(after[:, 3:], axis=1), np.linalg.norm(after[:, :3], axis=1)
    lift_off = coast = np.full(len(x), np.nan)
    if equations.launch is not None:
        lift_off, coast = equations.parking(rows).lift_off(x[:, START_ARGUMENT], x[:, START])
    start = equations.start(x, rows)[0]
    (apogee,) = _placed((equations.to_apogee(start[good], x[good, START], x[good, APOGEE])[0],), good, len(x))

    def found(values: Floats, asked: Floats) -> Floats:
        return np.where(ok, values, asked)

    way = replace(
        b.way, perilune_tdb=found(x[:, arcs.PERILUNE], b.way.perilune_tdb),
        perilune_radius_km=found(x[:, arcs.PERILUNE_RADIUS], b.way.perilune_radius_km),
        return_inclination=found(x[:, arcs.HOME_INCLINATION], b.way.return_inclination),
    )  # fmt: skip
    solved = replace(
        b, way=way, burn=equations.burn, launch_tdb=found(lift_off, b.launch_tdb),
        apogee_radius_km=found(np.linalg.norm(apogee[:, :3], axis=1), b.apogee_radius_km),
    )  # fmt: skip
    return HighOrbitReturns(
        solved, equations.forces, coast, x[:, START], start, x[:, APOGEE], apogee, x[:, RAISE], least,
        x[:, arcs.INJECTION], lit, before, cutoff, after, x[:, arcs.SPEED] - x[:, BEFORE],
        speed**2 - 2.0 * equations.gm / radius, equations.arcs.perilune(x, rows)[0],
        entries(equations.arcs.entry(x, rows)[0], x[:, arcs.ENTRY]), solution,
    )  # fmt: skip


def _placed(columns: tuple[Floats, ...], good: NDArray[np.intp], n: int) -> list[Floats]:
    """Columns of the good rows among all, NaN in the others."""
    whole = [np.full((n, *c.shape[1:]), np.nan) for c in columns]
    for all_rows, column in zip(whole, columns, strict=True):
        all_rows[good] = column
    return whole
