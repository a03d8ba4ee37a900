"""Powered flybys from a launch site to stations by the batch: burns as small as the times of flight let them be.

    found = flyby_routes(asked, stations, spans, tie, flyby_altitude_km=130.0, forces=forces)

Each row leaves from over the launch site nearest to an epoch, passes the Moon after a given time, and joins its station
within limits of time. That leaves two freedoms, by and large the plane of the flyby and when the station is met:
Newton's method closes the coasts of all rows at once, and goes down along it. First guesses are pairs of legs that
nearly fit at the Moon, as for `powered_flyby`, which solves a route at a time and has no launch site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.frames import rotation
from lunarplan.transfers.batches import joined, taken
from lunarplan.transfers.flybys import equations as eq
from lunarplan.transfers.flybys.guesses import Asked as Asked
from lunarplan.transfers.flybys.guesses import guesses
from lunarplan.transfers.launch import LaunchTie, ParkingOrbits
from lunarplan.transfers.minimiser import Problems, descend
from lunarplan.transfers.targeter import CONVERGED, NOT_FINITE, STALLED, Targeted
from lunarplan.transfers.to_moon.problem import Problem, Transfers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.path import Path

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_WORTH_KM_S = 1e-7  # a step that promises less, 0.1 mm/s, is not taken
_TOLERANCE = 1e-12  # of the propagator


@dataclass(frozen=True, repr=False)
class FlybyRoutes(Transfers):
    """Converged routes: to the flyby they are transfers, whose perilune is where the burn is; NaN where not ``ok``.

    problem       : arrival and planes of the way out, as found
    passed_states : [N, 6] about the Moon, just after the burn at perilune
    flyby_burn_km_s, insertion_burn_km_s : [N, 3], ICRF
    insertion_tdb : when the station is joined; station_states : [N, 6] of it then, about the Moon
    station       : int[N], which of the stations
    """

    passed_states: Floats
    flyby_burn_km_s: Floats
    insertion_burn_km_s: Floats
    insertion_tdb: Floats
    station_states: Floats
    station: NDArray[np.intp]

    def rows(self, rows: Rows) -> FlybyRoutes:
        """Return the routes of some rows."""
        return taken(self, rows)

    @property
    def beyond_s(self) -> Floats:
        return np.asarray(self.insertion_tdb - self.problem.perilune_tdb)

    @property
    def flyby_delta_v_km_s(self) -> Floats:
        return np.asarray(np.linalg.norm(self.flyby_burn_km_s, axis=1))

    @property
    def insertion_delta_v_km_s(self) -> Floats:
        return np.asarray(np.linalg.norm(self.insertion_burn_km_s, axis=1))

    @property
    def delta_v_km_s(self) -> Floats:
        """Of all three burns."""
        return self.tli_delta_v_km_s + self.flyby_delta_v_km_s + self.insertion_delta_v_km_s


def flyby_routes(
    asked: Asked,
    stations: Sequence[Path],
    spans: Floats,
    tie: LaunchTie,
    *,
    flyby_altitude_km: float,
    forces: ForceModel,
    times: int = 1,
    tries: int = 2,
    free_out: bool = False,
    workers: int | None = None,
) -> FlybyRoutes:
    """Solve a batch of routes.

    spans    : float64[stations, 2], first and last epoch at which each station is known, TDB s
    times    : how many times of flight beyond the Moon are tried first
    tries    : how many pairs of legs are made routes of in each row, the most promising first
    free_out : choose the time of flight to the Moon too, near that asked for
    """
    first, row = guesses(
        asked, tie, stations, spans, flyby_altitude_km, forces, times=times, tries=tries, workers=workers
    )
    flight, radius = eq.OwnClocks(forces, _TOLERANCE, workers), RADIUS_KM["moon"] + flyby_altitude_km
    where = _Where(stations, spans, tie, flight, radius)
    free_beyond = bool((asked.longest_s > asked.shortest_s).any())
    held = [eq.OUT] * (not free_out) + [eq.BEYOND] * (not free_beyond)
    part = asked.rows(row)
    solved = _within_times(where, part, _solved(where, part, first, held), held)
    best = _cheapest(part, solved, row, len(asked.out_s), forces)
    best = _in_the_revolution(where, asked, best, held)
    return _routes(asked, where.equations(asked, best.x), best, forces)


@dataclass(frozen=True)
class _Where:
    """What all rows share: stations and when they are known, the launch site, the dynamics, the flyby's radius."""

    stations: Sequence[Path]
    spans: Floats
    tie: LaunchTie
    flight: eq.OwnClocks
    radius_km: float

    def orbits(self, asked: Asked) -> ParkingOrbits:
        forces, radius = self.flight.forces, asked.parking_radius_km
        return ParkingOrbits.about_earth(
            self.tie, radius, asked.parking_inclination, forces.gm("earth"), oblate=forces.earth_zonal >= 2
        )

    def equations(self, asked: Asked, x: Floats) -> eq.FlybyEquations:
        """Of routes near iterates, which say in which revolution the injection is made."""
        orbits = self.orbits(asked)
        turns = orbits.turns(np.nan_to_num(x[:, 1]))
        return eq.FlybyEquations(
            self.flight, self.stations, asked.station, self.spans, asked.parking_radius_km, asked.parking_inclination,
            equator_of_date(asked.near_tdb), replace(orbits, whole_turns=turns), self.radius_km,
        )  # fmt: skip


def _solved(where: _Where, asked: Asked, guess: Floats, held: list[int]) -> Targeted:
    equations = where.equations(asked, guess)
    scales = eq.SCALES.copy()
    scales[held] = 0.0
    return descend(
        Problems(equations.evaluate, equations.cost, scales, eq.EQUATION_SCALES, eq.TOLERANCES, _WORTH_KM_S), guess
    )


def _within_times(where: _Where, asked: Asked, solved: Targeted, held: list[int]) -> Targeted:
    """Solutions whose time beyond the Moon is out of its limits again, at the limit."""
    allowed = np.clip(solved.x[:, eq.BEYOND], asked.shortest_s, asked.longest_s)
    rows = np.flatnonzero(solved.ok & (allowed != solved.x[:, eq.BEYOND]))
    if eq.BEYOND in held or not len(rows):
        return solved
    guess = solved.x[rows]
    guess[:, eq.BEYOND] = allowed[rows]
    return joined(solved, rows, _solved(where, asked.rows(rows), guess, [*held, eq.BEYOND]))


def _in_the_revolution(where: _Where, asked: Asked, best: Targeted, held: list[int]) -> Targeted:
    """Solve again rows whose injection has left the revolution that its first guess was in; once."""
    equations = where.equations(asked, best.x)
    ok = np.flatnonzero(best.ok)
    late = np.zeros(len(best.ok))
    late[ok] = equations.late_s(best.x[ok], ok)
    rows = np.flatnonzero(np.abs(late) > eq.TOLERANCES[eq.LATE])
    if not len(rows):
        return best
    part = asked.rows(rows)
    again = _within_times(where, part, _solved(where, part, best.x[rows], held), held)
    late = where.equations(part, again.x).late_s(again.x, np.arange(len(rows)))
    status = np.where(again.ok & (np.abs(late) > eq.TOLERANCES[eq.LATE]), STALLED, again.status).astype(np.int8)
    x = np.where((status == CONVERGED)[:, None], again.x, np.nan)
    return joined(best, rows, replace(again, x=x, status=status))


def _cheapest(asked: Asked, solved: Targeted, row: Rows, n: int, forces: ForceModel) -> Targeted:
    """The cheapest of each row's solutions; of a row without any, what became of its first guess."""
    cost = np.full(len(row), np.inf)
    ok = np.flatnonzero(solved.ok)
    cost[ok] = eq.cost(solved.x[ok], np.sqrt(forces.gm("earth") / asked.parking_radius_km[ok]))[0]
    order = np.lexsort((np.arange(len(row)), cost, row))
    first = order[np.flatnonzero(np.diff(row[order], prepend=-1))]
    x, f = np.full((n, eq.SIZE), np.nan), np.full((n, eq.EQUATIONS), np.nan)
    status, iterations = np.full(n, NOT_FINITE, np.int8), np.zeros(n, np.int32)
    to = row[first]
    x[to], f[to], status[to], iterations[to] = (
        solved.x[first], solved.residuals[first], solved.status[first], solved.iterations[first]
    )  # fmt: skip
    return Targeted(x, f, status, iterations)


def _routes(asked: Asked, equations: eq.FlybyEquations, best: Targeted, forces: ForceModel) -> FlybyRoutes:
    x, rows = best.x, np.arange(len(best.x))
    gm = forces.gm("earth")
    leaving, _ = equations.injection(x, rows)
    before, after = (np.concatenate([x[:, eq.PLACE], x[:, v]], axis=1) for v in (eq.BEFORE, eq.AFTER))
    passing = x[:, eq.INJECTION] + x[:, eq.OUT]
    meets = passing + x[:, eq.BEYOND]
    station = np.full((len(x), 6), np.nan)
    ok = np.flatnonzero(best.ok)
    station[ok] = equations.station_states(meets[ok], ok)
    lift_off, coast = equations.parking(rows).lift_off(x[:, 1], x[:, eq.INJECTION])
    circular = np.sqrt(gm / asked.parking_radius_km)
    c3 = x[:, 2] ** 2 - 2.0 * gm / asked.parking_radius_km
    way_out = _ways_out(asked, x, before, best.ok, forces, equations.flyby_radius_km)
    return FlybyRoutes(
        way_out, forces, x[:, eq.INJECTION], leaving, before, x[:, 2] - circular, c3, lift_off, coast, best, after,
        x[:, eq.AFTER] - x[:, eq.BEFORE], x[:, eq.JOINING], meets, station, asked.station,
    )  # fmt: skip


def _ways_out(
    asked: Asked, x: Floats, before: Floats, ok: NDArray[np.bool_], forces: ForceModel, radius: float
) -> Problem:
    """The ways out as problems of direct transfers; where there is none, as they were asked."""
    passing = np.where(ok, x[:, eq.INJECTION] + x[:, eq.OUT], asked.near_tdb + asked.out_s)
    normal = np.cross(before[:, :3], before[:, 3:])
    pole = rotation("moon_me", passing, forces.source)[:, 2]
    with np.errstate(invalid="ignore"):
        tilt = np.arccos(np.einsum("ni,ni->n", normal, pole) / np.linalg.norm(normal, axis=1))
    return Problem(
        passing, np.where(ok, x[:, eq.OUT], asked.out_s), asked.parking_radius_km, asked.parking_inclination,
        asked.northbound_departure, np.full(len(x), radius), np.where(ok, tilt, 0.5 * np.pi), np.ones(len(x)),
    )  # fmt: skip
