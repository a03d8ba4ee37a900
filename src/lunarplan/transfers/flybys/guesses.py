"""First guesses of powered flybys from a launch site to stations: pairs of legs that nearly fit at the Moon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.frames import rotation
from lunarplan.transfers.batches import taken
from lunarplan.transfers.flybys import equations as eq
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.one_burn import FREE as ONE_BURN
from lunarplan.transfers.one_burn import OneBurn, low_orbit_seed
from lunarplan.transfers.targeter import Target, target
from lunarplan.transfers.to_moon.direct import launches_near
from lunarplan.transfers.to_moon.problem import problem

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.path import Path

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_PLANES_DEG = np.array([8.0, 30.0, 55.0, 80.0, 100.0, 125.0, 150.0, 160.0, 166.0, 172.0])
_MOST_TURN_KM_S = 1.0  # between two legs that are worth trying
_ALIKE = 0.7  # cosine of the angle between planes of two tries
_LEG_TOLERANCE, _LEG_ITERATIONS = 1e-9, 12
_APART = np.array([3600.0, 3600.0, 0.0, 0.0, 0.0])  # s
_MEETS = (
    *(Target(f"match {axis}", 10.0, 1e3) for axis in "xyz"),
    *(Target(f"match v{axis}", 1e-4, 1e-2) for axis in "xyz"),
)


@dataclass(frozen=True)
class Asked:
    """What a batch of routes is asked; float64[N] each unless said otherwise.

    near_tdb  : the lift-off nearest to it is meant
    out_s     : from injection to flyby
    shortest_s, longest_s : from there to the station, at least and at most
    station   : int[N], which of the stations
    parking_radius_km, parking_inclination : of the circular parking orbit, the latter to the equator of date, rad
    northbound_departure : +1 or -1, as of `Problem`
    """

    near_tdb: Floats
    out_s: Floats
    shortest_s: Floats
    longest_s: Floats
    station: NDArray[np.intp]
    parking_radius_km: Floats
    parking_inclination: Floats
    northbound_departure: Floats

    def rows(self, rows: Rows) -> Asked:
        """Return what is asked of some rows."""
        return taken(self, rows)


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


def guesses(
    asked: Asked, tie: LaunchTie, stations: Sequence[Path], spans: Floats, low_km: float, forces: ForceModel,
    *, times: int, tries: int, workers: int | None,
) -> tuple[Floats, Rows]:  # fmt: skip
    """First guesses of routes, float64[n, 18], and the row of each: pairs of legs that differ little at perilune.

    times : how many times of flight beyond the Moon are tried; tries : how many pairs of each row become guesses
    """
    out = _outward(asked, tie, low_km, forces, workers)
    flight = eq.OwnClocks(forces, _LEG_TOLERANCE, workers)
    perilune_tdb, found, rows = _passing(out)[out.of], [np.empty((0, eq.SIZE))], [np.empty(0, np.intp)]
    share = (np.arange(times) + 0.5) / times
    beyond = asked.shortest_s[:, None] + share * (asked.longest_s - asked.shortest_s)[:, None]
    meets = perilune_tdb[:, None] + beyond
    for k, station in enumerate(stations):
        inside = ((meets > spans[k, 0]) & (meets < spans[k, 1])).all(axis=1)
        own = np.flatnonzero((asked.station == k) & inside)
        if len(own):
            onward, burns = _onward(station, spans[k, 0], perilune_tdb[own], beyond[own], low_km, flight)
            for before, after in _pairs(out.states[out.of[own]], onward, burns, times, tries):
                fit = np.flatnonzero(before >= 0)
                leg, place, left = before[fit], own[fit], onward[fit, after[fit]]
                coming, later = out.states[out.of[place], leg], beyond[place, after[fit] // (len(burns[0]) // times)]
                found.append(
                    np.column_stack(
                        [out.variables[out.of[place], leg], asked.out_s[place], left[:, :3], coming[:, 3:], left[:, 3:],
                         later, burns[fit, after[fit]]]
                    )
                )  # fmt: skip
                rows.append(place)
    return np.concatenate(found), np.concatenate(rows)


def _passing(out: _Legs) -> Floats:
    """When a departure's legs pass the Moon, on the average, TDB s."""
    known = np.isfinite(out.perilune_tdb)
    count = known.sum(axis=1)
    total = np.where(known, out.perilune_tdb, 0.0).sum(axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _onward(
    station: Path, other_tdb: float, perilune_tdb: Floats, beyond_s: Floats, low_km: float, flight: eq.OwnClocks
) -> tuple[Floats, Floats]:
    """Ways from perilunes to a station, in some times [n, times] and all planes of the net.

    Returns states at perilune [n, times * planes, 6] and burns at the station [n, times * planes, 3].
    """
    plane, north = (a.ravel() for a in np.meshgrid(np.radians(_PLANES_DEG), [1.0, -1.0], indexing="ij"))
    n, m, flown = len(beyond_s), beyond_s.shape[1] * len(plane), beyond_s.ravel()
    meets = np.repeat(perilune_tdb, beyond_s.shape[1]) + flown
    each, all_rows = np.repeat(np.arange(len(flown)), len(plane)), len(flown) * len(plane)
    legs = OneBurn(
        meets[each], eq.states_alone(station, meets, other_tdb)[each], -flown[each],
        np.full(all_rows, RADIUS_KM["moon"] + low_km), np.zeros(all_rows), np.resize(plane, all_rows),
        np.resize(north, all_rows), rotation("moon_me", perilune_tdb, flight.forces.source)[np.repeat(np.arange(n), m)],
    )  # fmt: skip
    found = target(
        _Meeting(legs, flight).evaluate, low_orbit_seed(legs, flight), ONE_BURN, _MEETS, max_iterations=_LEG_ITERATIONS
    )
    states, _ = legs.end(found.x, np.arange(all_rows))
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


def _pairs(coming: Floats, left: Floats, burns: Floats, times: int, tries: int) -> Iterator[tuple[Rows, Rows]]:
    """Legs before and after the flyby, int[n] each, that make the best pairs, -1 for none.

    coming, left : float64[n, planes, 6], [n, times * planes, 6]; a pair after the first is of another time, or goes
                   round the Moon in a plane well off
    """
    turn = np.linalg.norm(coming[:, :, None, 3:] - left[:, None, :, 3:], axis=3)
    apart = np.linalg.norm(coming[:, :, None, :3] - left[:, None, :, :3], axis=3)
    dear = turn + np.linalg.norm(burns, axis=2)[:, None] + apart / RADIUS_KM["moon"]
    dear = np.where(turn < _MOST_TURN_KM_S, dear, np.inf)
    normal = np.cross(coming[:, :, :3], coming[:, :, 3:])
    normal /= np.linalg.norm(normal, axis=2, keepdims=True)
    rows, time = np.arange(len(dear)), np.arange(left.shape[1]) // (left.shape[1] // times)
    for _ in range(tries):
        before, after = np.divmod(dear.reshape(len(dear), -1).argmin(axis=1), dear.shape[2])
        none = ~np.isfinite(dear[rows, before, after])
        yield np.where(none, -1, before), after
        like = np.einsum("npi,ni->np", normal, normal[rows, before]) > _ALIKE
        same = time == time[after][:, None]
        dear = np.where(like[:, :, None] & same[:, None, :], np.inf, dear)
