"""Powered flybys from a launch site to stations by the batch: times of flight held, burns as small as they can be.

    found = flyby_routes(asked, stations, tie, flyby_altitude_km=130.0)

Each row leaves from over the launch site nearest to an epoch, passes the Moon and joins its station after given times.
That leaves one freedom, by and large the plane of the flyby: Newton's method closes the coasts of all rows at once, and
goes down along it. First guesses are pairs of legs that nearly fit at the Moon, as for `powered_flyby`, which chooses
the times too, a route at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.frames import rotation
from lunarplan.transfers import flyby_equations as eq
from lunarplan.transfers.batches import taken
from lunarplan.transfers.direct import launches_near
from lunarplan.transfers.launch import LaunchTie, ParkingOrbits
from lunarplan.transfers.minimiser import Problems, descend
from lunarplan.transfers.one_burn import FREE as ONE_BURN
from lunarplan.transfers.one_burn import OneBurn, low_orbit_seed
from lunarplan.transfers.problem import Problem, Transfers, problem
from lunarplan.transfers.targeter import NOT_FINITE, Target, Targeted, target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.path import Path

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_PLANES_DEG = np.array([8.0, 30.0, 55.0, 80.0, 100.0, 125.0, 150.0, 160.0, 166.0, 172.0])
_MOST_TURN_KM_S = 1.0  # between two legs that are worth trying
_ALIKE = 0.7  # cosine of the angle between planes of two tries
_WORTH_KM_S = 1e-7  # a step that promises less, 0.1 mm/s, is not taken
_TOLERANCE, _LEG_TOLERANCE = 1e-12, 1e-9  # of the propagator
_LEG_ITERATIONS = 12
_APART = np.array([3600.0, 3600.0, 0.0, 0.0, 0.0])  # s
_MEETS = (
    *(Target(f"match {axis}", 10.0, 1e3) for axis in "xyz"),
    *(Target(f"match v{axis}", 1e-4, 1e-2) for axis in "xyz"),
)


@dataclass(frozen=True)
class Asked:
    """What a batch of routes is asked; float64[N] each unless said otherwise.

    near_tdb  : the lift-off nearest to it is meant
    out_s, beyond_s : from injection to flyby, and on to the station
    station   : int[N], which of the stations
    parking_radius_km, parking_inclination : of the circular parking orbit, the latter to the equator of date, rad
    northbound_departure : +1 or -1, as of `Problem`
    """

    near_tdb: Floats
    out_s: Floats
    beyond_s: Floats
    station: NDArray[np.intp]
    parking_radius_km: Floats
    parking_inclination: Floats
    northbound_departure: Floats

    def rows(self, rows: Rows) -> Asked:
        """Return what is asked of some rows."""
        return taken(self, rows)


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
    tries: int = 2,
    free_times: bool = False,
    workers: int | None = None,
) -> FlybyRoutes:
    """Solve a batch of routes.

    spans      : float64[stations, 2], first and last epoch at which each station is known, TDB s
    tries      : how many pairs of legs are made routes of in each row, the most promising first, of either sense of
                 going round the Moon first
    free_times : choose the times of flight too, near those asked for
    """
    flight = eq.OwnClocks(forces, _TOLERANCE, workers)
    radius = RADIUS_KM["moon"] + flyby_altitude_km
    out = _outward(asked, tie, flyby_altitude_km, forces, workers)
    legs = eq.OwnClocks(forces, _LEG_TOLERANCE, workers)
    guesses, row = _guesses(asked, out, stations, spans, flyby_altitude_km, legs, tries)
    equations = _equations(asked.rows(row), guesses, stations, spans, tie, flight, radius)
    best = _cheapest(equations, _descended(equations, guesses, free_times), row, len(asked.out_s))
    equations = _equations(asked, best.x, stations, spans, tie, flight, radius)
    return _routes(asked, equations, best, forces)


class _Legs(NamedTuple):
    """Ways to a perilune: float64[departures, planes, ...] the injection's variables, the epoch and state there.

    of : int[N], which departure a row has
    """

    variables: Floats
    perilune_tdb: Floats
    states: Floats
    of: Rows


def _outward(asked: Asked, tie: LaunchTie, low_km: float, forces: ForceModel, workers: int | None) -> _Legs:
    """Direct transfers to perilunes in all planes of the net, once for all rows that leave alike."""
    alike = np.column_stack(
        [asked.near_tdb, asked.out_s, asked.parking_radius_km, asked.parking_inclination, asked.northbound_departure]
    )
    kinds, of = np.unique(alike, axis=0, return_inverse=True)
    plane, north = (a.ravel() for a in np.meshgrid(_PLANES_DEG, [1.0, -1.0], indexing="ij"))
    each = np.repeat(kinds, len(plane), axis=0)
    # one leg more, which belongs to none: rows that start and end together would be flown in step
    near, out, radius, tilt, opportunity = np.concatenate([each, each[:1] + _APART]).T
    plane, north = (np.resize(axis, len(near)) for axis in (plane, north))
    batch = problem(
        near + out, out, parking_altitude_km=radius - RADIUS_KM["earth"],
        parking_inclination_deg=np.degrees(tilt), perilune_altitude_km=low_km,
        lunar_inclination_deg=plane, northbound_departure=opportunity, northbound_arrival=north,
    )  # fmt: skip
    found = launches_near(near, batch, tie, forces, workers=workers)
    shape = len(kinds), 2 * len(_PLANES_DEG)
    variables = np.column_stack([found.solution.x[:, :3], found.injection_tdb])[:-1]
    epochs = np.where(found.ok, found.problem.perilune_tdb, np.nan)[:-1]
    return _Legs(
        variables.reshape(*shape, 4), epochs.reshape(shape), found.perilune_states[:-1].reshape(*shape, 6), of.ravel()
    )


def _guesses(
    asked: Asked, out: _Legs, stations: Sequence[Path], spans: Floats, low_km: float, flight: eq.OwnClocks, tries: int
) -> tuple[Floats, Rows]:
    """First guesses of routes, float64[n, 18], and the row of each: pairs of legs that differ little at perilune."""
    known = np.isfinite(out.perilune_tdb)
    count = known.sum(axis=1)
    passing = np.where(count > 0, np.where(known, out.perilune_tdb, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)
    perilune_tdb = passing[out.of]
    guesses, rows = [np.empty((0, eq.SIZE))], [np.empty(0, np.intp)]
    for k, station in enumerate(stations):
        meets = perilune_tdb + asked.beyond_s
        own = np.flatnonzero((asked.station == k) & (meets > spans[k, 0]) & (meets < spans[k, 1]))
        if len(own):
            onward, burns = _onward(station, spans[k, 0], perilune_tdb[own], asked.beyond_s[own], low_km, flight)
            for before, after in _pairs(out.states[out.of[own]], onward, burns, tries):
                fit = np.flatnonzero(before >= 0)
                leg, place = before[fit], own[fit]
                coming, left = out.states[out.of[place], leg], onward[fit, after[fit]]
                guesses.append(
                    np.column_stack(
                        [out.variables[out.of[place], leg], asked.out_s[place], left[:, :3], coming[:, 3:], left[:, 3:],
                         asked.beyond_s[place], burns[fit, after[fit]]]
                    )
                )  # fmt: skip
                rows.append(place)
    return np.concatenate(guesses), np.concatenate(rows)


def _onward(
    station: Path, other_tdb: float, perilune_tdb: Floats, beyond_s: Floats, low_km: float, flight: eq.OwnClocks
) -> tuple[Floats, Floats]:
    """Ways from perilunes in all planes of the net to a station: states there [n, planes, 6], burns [n, planes, 3]."""
    plane, north = (a.ravel() for a in np.meshgrid(np.radians(_PLANES_DEG), [1.0, -1.0], indexing="ij"))
    n, m = len(beyond_s), len(plane)
    meets = perilune_tdb + beyond_s
    each = np.repeat(np.arange(n), m)
    legs = OneBurn(
        meets[each], eq.states_alone(station, meets, other_tdb)[each], -beyond_s[each],
        np.full(n * m, RADIUS_KM["moon"] + low_km), np.zeros(n * m), np.tile(plane, n), np.tile(north, n),
        rotation("moon_me", perilune_tdb, flight.forces.source)[each],
    )  # fmt: skip
    found = target(
        _Meeting(legs, flight).evaluate, low_orbit_seed(legs, flight), ONE_BURN, _MEETS, max_iterations=_LEG_ITERATIONS
    )
    states, _ = legs.end(found.x, np.arange(n * m))
    return states.reshape(n, m, 6), -found.x[:, :3].reshape(n, m, 3)


@dataclass(frozen=True)
class _Meeting:
    """Ways from a perilune up to a station, from both ends to half-way: as good as a first guess has to be."""

    legs: OneBurn
    flight: eq.OwnClocks

    def evaluate(self, x: Floats, rows: Rows) -> tuple[Floats, Floats]:
        legs, n = self.legs, len(x)
        start = legs.burn_states[rows].copy()
        start[:, 3:] += x[:, :3]
        end, end_partials = legs.end(x, rows)
        meet = legs.burn_tdb[rows] + 0.5 * legs.tof_s[rows]
        states, stm = self.flight.arc(
            "moon", np.concatenate([start, end]), np.concatenate([legs.burn_tdb[rows], legs.end_tdb[rows]]),
            np.concatenate([meet, meet]),
        )  # fmt: skip
        partials = np.concatenate([stm[:n, :, 3:], -(stm[n:] @ end_partials)], axis=2)
        return states[:n] - states[n:], partials


def _pairs(coming: Floats, left: Floats, burns: Floats, tries: int) -> Iterator[tuple[Rows, Rows]]:
    """Legs before and after the flyby, int[n] each, that make the best pairs, -1 for none.

    coming, left : float64[n, planes, 6]; each pair after the first goes round the Moon in a plane well off those before
    """
    turn = np.linalg.norm(coming[:, :, None, 3:] - left[:, None, :, 3:], axis=3)
    apart = np.linalg.norm(coming[:, :, None, :3] - left[:, None, :, :3], axis=3)
    dear = turn + np.linalg.norm(burns, axis=2)[:, None] + apart / RADIUS_KM["moon"]
    dear = np.where(turn < _MOST_TURN_KM_S, dear, np.inf)
    normal = np.cross(coming[:, :, :3], coming[:, :, 3:])
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    rows = np.arange(len(dear))
    for _ in range(tries):
        before, after = np.divmod(dear.reshape(len(dear), -1).argmin(axis=1), dear.shape[2])
        none = ~np.isfinite(dear[rows, before, after])
        yield np.where(none, -1, before), after
        like = np.einsum("npi,ni->np", normal, normal[rows, before]) > _ALIKE
        dear = np.where(like[:, :, None], np.inf, dear)


def _equations(
    asked: Asked,
    x: Floats,
    stations: Sequence[Path],
    spans: Floats,
    tie: LaunchTie,
    flight: eq.OwnClocks,
    radius: float,
) -> eq.FlybyEquations:
    """The equations of routes near iterates, which say in which revolution the injection is made."""
    forces = flight.forces
    orbits = ParkingOrbits.about_earth(
        tie, asked.parking_radius_km, asked.parking_inclination, forces.gm("earth"), oblate=forces.earth_zonal >= 2
    )
    turns = orbits.turns(np.nan_to_num(x[:, 1]))
    axes = equator_of_date(asked.near_tdb)
    return eq.FlybyEquations(
        flight, stations, asked.station, spans, asked.parking_radius_km, asked.parking_inclination, axes,
        replace(orbits, whole_turns=turns), radius,
    )  # fmt: skip


def _descended(equations: eq.FlybyEquations, guesses: Floats, free_times: bool) -> Targeted:
    scales = eq.SCALES.copy()
    if not free_times:
        scales[[eq.OUT, eq.BEYOND]] = 0.0
    problems = Problems(
        equations.evaluate, equations.cost, scales, eq.EQUATION_SCALES, eq.TOLERANCES, _WORTH_KM_S
    )  # fmt: skip
    return descend(problems, guesses)


def _cheapest(equations: eq.FlybyEquations, solved: Targeted, row: Rows, n: int) -> Targeted:
    """The cheapest of each row's solutions; of a row without any, what became of its first guess."""
    cost = np.full(len(row), np.inf)
    ok = np.flatnonzero(solved.ok)
    cost[ok] = equations.cost(solved.x[ok], ok)[0]
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
