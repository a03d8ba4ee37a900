"""The transfers a mission may take: all launches of a grid of arrivals, and the cheapest that keeps the terms.

For every arrival the site passes under the parking plane once a day, which fixes the time of flight. A free arrival
therefore leaves one freedom a day and plane, and the transfers are families of one parameter: a grid finds members of
each, and from the best of them a pattern search goes on, in all families that may still win at once.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, LunarplanError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import utc_iso
from lunarplan.transfers.to_moon.direct import LaunchTie, Problem, Transfers, direct_transfers, lateness, problem
from lunarplan.transfers.to_moon.planes import (
    asymptote_latitude_deg,
    by_the_other_node,
    impact_parameter,
    moon_declination_deg,
    northbound,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from lunarplan.config.schema import MissionFile
    from lunarplan.model.ephemeris import Ephemeris
    from lunarplan.model.forces import ForceModel
    from lunarplan.plan.solution import Progress

    Floats = NDArray[np.float64]

_TOF_STEP_S = 10_800.0
_ARRIVAL_STEP_S = 43_200.0
_A_LAUNCH_AT_LEAST_S = 93_600.0  # whatever the arrival, a range of times of flight as wide as this holds a launch
_SHORTEST_TOF_S = 86_400.0  # of `problem`
_ROWS_AT_ONCE = 2_000
_FIRST_STEP_S, _LAST_STEP_S = 14_400.0, 1.0  # of the time of flight, about the best of a family
_OFFSETS = np.array([0.0, -1.0, 1.0, -2.0, 2.0])  # in steps
_MOST_ROUNDS, _MOST_FAMILIES = 30, 200
# How much dearer a family may be to stay in the race at the first step; families that end where the Moon's declination
# reaches the parking inclination gain by the root of the distance on their way there, so this falls with the root too.
_MARGIN_KM_S = 5e-3
_NOTICED_KM_S = 1e-6
_SLACK = 0.25  # of a step: how far a family may miss the terms without losing to others while the step is that long
_NEW_FAMILY_S = 21_600.0  # between launches; within a family they lie closer
_NEAR_DEG = 1.0  # how well the declination says whether a plane is met
_TO_THE_SECOND = 1.0  # how well dates and times of flight are kept
_TO_TEN_MINUTES = len("2024-05-03T09:2")
_MISSED_KM_S2 = 1e-3  # what a second beyond the terms counts as: more than it can save


def cheapest(mission: MissionFile, forces: ForceModel, say: Progress) -> tuple[Transfers, int]:
    """Transfers of a mission and the row of the one of least delta-v.

    Raises InfeasibleError, with the reason, if none keeps the terms.
    """
    search = _Search(mission, forces, launch_tie(mission), say)
    found = search.tied()
    if mission.insertion.epoch_tdb is None:
        found = search.refined(found)
    return found, search.choice(found)


def launch_tie(mission: MissionFile) -> LaunchTie:
    """What ties the parking plane of a mission to its launch site."""
    launch = mission.launch
    ascent_s, downrange = launch.ascent(launch.azimuth_rad)
    return LaunchTie.from_site(
        launch.site,
        ascent_s=ascent_s,
        ascent_angle_deg=None if downrange is None else float(np.degrees(downrange)),
        southbound=bool(np.cos(launch.azimuth_rad) < -1e-12),
        revolutions=launch.parking_orbit.coast_revolutions,
        parking_altitude_km=launch.parking_orbit.altitude_km,
    )


def arrivals(mission: MissionFile) -> tuple[float, float]:
    """First and last arrival launch dates and time of flight allow, TDB; the same twice if it is fixed."""
    fixed = mission.insertion.epoch_tdb
    if fixed is not None:
        return fixed, fixed
    launch, (shortest, longest) = mission.launch, mission.translunar.times_s
    return launch.earliest_tdb + shortest, launch.latest_tdb + launch.longest_wait_s + longest


@dataclass(frozen=True)
class _Grid:
    """Terms of a mission as a grid of transfers: arrival, both planes at both ends, time of flight (fastest)."""

    arrivals: Floats
    tofs: Floats
    departures: Floats
    approaches: Floats

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return len(self.arrivals), len(self.departures), len(self.approaches), len(self.tofs)

    def problem(self, mission: MissionFile) -> Problem:
        t, out, into, tof = (
            a.ravel() for a in np.meshgrid(self.arrivals, self.departures, self.approaches, self.tofs, indexing="ij")
        )
        return problem(
            t,
            tof,
            parking_altitude_km=mission.launch.parking_orbit.altitude_km,
            parking_inclination_deg=np.degrees(mission.launch.inclination_rad),
            perilune_altitude_km=mission.insertion.perilune_altitude_km,
            lunar_inclination_deg=np.degrees(mission.insertion.inclination_rad),
            northbound_departure=out,
            northbound_arrival=into,
        )

    def parts(self) -> Iterator[_Grid]:
        """The grid, some arrivals at a time."""
        size = max(1, _ROWS_AT_ONCE // int(np.prod(self.shape[1:])))
        for first in range(0, len(self.arrivals), size):
            yield replace(self, arrivals=self.arrivals[first : first + size])


def _grid(mission: MissionFile, ephemeris: Ephemeris) -> _Grid:
    """The grid of a mission, its times of flight wide enough for a launch at every arrival."""
    shortest, longest = mission.translunar.tof_s
    missing = max(0.0, _A_LAUNCH_AT_LEAST_S - (longest - shortest))
    first, last = arrivals(mission)
    low = max(shortest - 0.5 * missing, _SHORTEST_TOF_S)
    high = max(longest + 0.5 * missing, low + _A_LAUNCH_AT_LEAST_S)
    high = max(min(high, last - ephemeris.start_tdb), low + _TOF_STEP_S)
    tofs = np.linspace(low, high, int(np.ceil((high - low) / _TOF_STEP_S)) + 1)
    last = min(last, ephemeris.end_tdb)
    steps = np.arange(first, last + _ARRIVAL_STEP_S if last > first else first + 1.0, _ARRIVAL_STEP_S)
    node = mission.launch.parking_orbit.node
    departures = {"ascending": [1.0], "descending": [-1.0], "best": [1.0, -1.0]}[node]
    return _Grid(np.minimum(steps, last), tofs, np.array(departures), np.array([1.0, -1.0]))


@dataclass(frozen=True)
class _Term:
    """A term of the mission: how a transfer breaks it, where it stands, what to do, and which rows keep it."""

    broken: str
    where: str
    remedy: str
    kept: NDArray[np.bool_]


@dataclass(frozen=True)
class _Search:
    """One search: what is looked for, in which field, and whom to tell."""

    mission: MissionFile
    forces: ForceModel
    tie: LaunchTie
    say: Progress

    def tied(self) -> Transfers:
        """All transfers of the grid whose parking plane passes over the launch site at lift-off."""
        grid = _grid(self.mission, self.forces.source)
        parts = list(grid.parts())
        batches, guesses, lost = [], [], []
        for number, part in enumerate(parts):
            self.say("looking for transfers" + (f", {100 * number // len(parts)} %" if number else ""))
            batch = part.problem(self.mission)
            held = direct_transfers(batch, self._coarse(), tolerance=1e-10)
            rows, guess = self._launches(held, part.shape)
            batches.append(batch.rows(rows))
            guesses.append(guess)
            lost.append(~held.ok)
        if not sum(map(len, guesses)):
            raise self._out_of_reach(grid, np.concatenate(lost))
        self.say("tying them to the launch site")
        found = self._solve(_end_to_end(batches), np.concatenate(guesses))
        strayed = np.flatnonzero(found.ok & (northbound(found) != (found.problem.northbound_departure > 0.0)))
        if not len(strayed):
            return found
        kept = np.flatnonzero(found.ok)
        x = np.concatenate([found.solution.x[kept], by_the_other_node(found, strayed)])
        return self._solve(found.problem.rows(np.concatenate([kept, strayed])), x)

    def _launches(self, held: Transfers, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], Floats]:
        """Rows before a time of flight the site is right for, and the transfers there, between two that are held."""
        late = lateness(held, self.tie).reshape(shape)
        x = held.solution.x.reshape(*shape, -1)
        low, high = late[..., :-1], late[..., 1:]
        crossing = (low < 0.0) & (high >= 0.0) & (high - low < 43_200.0)
        share = (low[crossing] / (low[crossing] - high[crossing]))[:, None]
        guess = x[..., :-1, :][crossing] + share * _wrapped(x[..., 1:, :] - x[..., :-1, :])[crossing]
        return np.ravel_multi_index(np.nonzero(crossing), shape), guess

    def _coarse(self) -> ForceModel:
        return self.forces.only(moon_degree=0, gm_km3_s2={"moon": self.forces.gm("moon")})

    def _solve(self, batch: Problem, guess: Floats) -> Transfers:
        return direct_transfers(batch, self.forces, launch=self.tie, guess=guess)

    def refined(self, found: Transfers) -> Transfers:
        """Transfers about the best members of the best families, the closest of them seconds apart."""
        merit = self._merit(found, np.full(len(found.ok), _FIRST_STEP_S / _SLACK))
        best = _best_of(_families(found), merit)[:_MOST_FAMILIES]
        best = best[merit[best] <= merit[best].min() + 2.0 * _MARGIN_KM_S] if len(best) else best
        steps = np.full(len(best), _FIRST_STEP_S)
        self.say("choosing the arrival")
        for _ in range(_MOST_ROUNDS):
            if not len(best) or steps.max() < _LAST_STEP_S:
                break
            found, best, steps = self._closer(found, best, steps)
        return found

    def _closer(
        self, found: Transfers, rows: NDArray[np.intp], steps: Floats
    ) -> tuple[Transfers, NDArray[np.intp], Floats]:
        """One round of the pattern search: transfers about the given ones, the best of each, and their next steps."""
        found = self._around(found, rows, steps)
        strict, lenient = (
            self._merit(found, slack * np.repeat(steps, len(_OFFSETS))).reshape(len(rows), -1)
            for slack in (0.0, _SLACK)
        )
        column, each = strict.argmin(axis=1), np.arange(len(rows))
        still_falling = (np.abs(_OFFSETS[column]) == 2.0) & (strict[each, column] < strict[:, 0] - _NOTICED_KM_S)
        steps = np.where(still_falling, steps, 0.25 * steps)
        least = lenient[each, column]
        kept = np.isfinite(least) & (least <= least.min() + _MARGIN_KM_S * np.sqrt(steps / _FIRST_STEP_S))
        return found, (each * len(_OFFSETS) + column)[kept], steps[kept]

    def _around(self, found: Transfers, rows: NDArray[np.intp], steps: Floats) -> Transfers:
        """Members of the family of every row, some steps of flight apart, within the range allowed."""
        tof = np.clip(found.tof_s[rows][:, None] + np.outer(steps, _OFFSETS), *self.mission.translunar.tof_s).ravel()
        same = np.repeat(rows, len(_OFFSETS))
        batch = found.problem.rows(same)
        # the launch hardly moves, so a longer flight is a later arrival; what it does move is put right next time
        arrival = np.minimum(batch.perilune_tdb + tof - found.tof_s[same], self.forces.source.end_tdb)
        return self._solve(replace(batch, perilune_tdb=arrival, tof_s=tof), found.solution.x[same])

    def _merit(self, found: Transfers, slack_s: Floats) -> Floats:
        """Delta-v, km/s, and a price on terms missed by more than the slack; infinite for rows of no use."""
        missed = np.maximum(_missed_s(self.mission, found).max(axis=0) - slack_s, 0.0)
        usable = found.ok & _node_fits(self.mission, found) & _approach_fits(self.mission, found)
        return np.where(usable, cost_km_s(self.mission, found) + _MISSED_KM_S2 * missed, np.inf)

    def choice(self, found: Transfers) -> int:
        """Row of the transfer of least delta-v among those that keep the mission's terms; says why if there is none."""
        terms = self._terms(found)
        fit = found.ok & np.logical_and.reduce([term.kept for term in terms])
        if fit.any():
            return int(np.flatnonzero(fit)[np.argmin(cost_km_s(self.mission, found)[fit])])
        raise _no_choice(found, terms, _missed_s(self.mission, found).sum(axis=0))

    def _terms(self, found: Transfers) -> list[_Term]:
        launch, tof = _missed_s(self.mission, found) <= _TO_THE_SECOND
        node, side = _node_fits(self.mission, found), _approach_fits(self.mission, found)
        return [
            _Term("launch outside the dates", "launch", "widen the launch dates", launch),
            _Term("time of flight outside the range", "phase[0].tof", "widen tof", tof),
            _Term("by the other node", "launch.parking_orbit.node", "take the other node", node),
            _Term("other side of the Moon", "phase[1].approach", "take the other approach", side),
        ]

    def _out_of_reach(self, grid: _Grid, lost: NDArray[np.bool_]) -> InfeasibleError:
        """Which plane cannot be met: some rows are asked for a polar orbit instead, which every asymptote meets."""
        sample = np.flatnonzero(lost)[:: max(1, int(lost.sum()) // _ROWS_AT_ONCE)]
        batch = grid.problem(self.mission).rows(sample)
        counts = f"{lost.sum()} of {lost.size} transfers"
        if len(sample):
            upright = replace(batch, lunar_inclination=np.full(len(sample), 0.5 * np.pi))
            polar = direct_transfers(upright, self._coarse(), tolerance=1e-10)
            if polar.ok.mean() > 0.5:
                return _lunar_plane_out_of_reach(counts, polar)
            reach = np.degrees(np.arcsin(np.sin(batch.parking_inclination[0])))
            stands = moon_declination_deg(batch, self.forces).min()
            if stands > reach - _NEAR_DEG:
                return _parking_plane_out_of_reach(counts, float(stands))
        return InfeasibleError(
            "no launch meets the arrival" + (f", and {counts} have no solution" if len(sample) else ""),
            where="launch, phase[0].tof, phase[1].epoch",
            remedy="widen tof and the launch dates, or arrive some hours later",
        )


def _best_of(groups: NDArray[np.intp], merit: Floats) -> NDArray[np.intp]:
    """The row of least merit of every group that has one, the best first."""
    order = np.lexsort((merit, groups))
    best = order[np.concatenate([[True], np.diff(groups[order]) != 0])]
    best = best[np.isfinite(merit[best])]
    return np.asarray(best[np.argsort(merit[best])])


def _families(found: Transfers) -> NDArray[np.intp]:
    """A number for every row, the same for launches of one day by the same planes."""
    p, launch = found.problem, np.nan_to_num(found.launch_tdb)
    order = np.lexsort((launch, p.northbound_arrival, p.northbound_departure))
    turns = np.zeros(len(order), bool)
    for key in (p.northbound_departure, p.northbound_arrival):
        turns[1:] |= np.diff(key[order]) != 0.0
    turns[1:] |= np.diff(launch[order]) > _NEW_FAMILY_S
    families = np.empty(len(order), np.intp)
    families[order] = np.cumsum(turns)
    return families


def cost_km_s(mission: MissionFile, found: Transfers) -> Floats:
    """What the choice is made by: TLI, and an impulse into the first orbit at perilune; km/s, float64[N]."""
    gm, r = found.forces.gm("moon"), found.problem.perilune_radius_km
    first = mission.insertion.orbits[0]
    captured = RADIUS_KM["moon"] + 0.5 * (first.perilune_altitude_km + first.apolune_altitude_km)
    return np.asarray(found.tli_delta_v_km_s + found.perilune_speed_km_s - np.sqrt(gm * (2.0 / r - 1.0 / captured)))


def _missed_s(mission: MissionFile, found: Transfers) -> Floats:
    """By how much launch dates and time of flight are missed, s, float64[2, N]; infinite where not converged."""
    launch, (shortest, longest) = mission.launch, mission.translunar.times_s
    missed = [
        np.maximum(launch.earliest_tdb - found.launch_tdb, found.launch_tdb - launch.latest_tdb),
        np.maximum(shortest - found.tof_s, found.tof_s - longest),
    ]
    return np.where(found.ok, np.maximum(missed, 0.0), np.inf)


def _no_choice(found: Transfers, terms: list[_Term], missed: Floats) -> LunarplanError:
    """Why no transfer will do, told by the ones that come nearest to it."""
    if not found.ok.any():
        what = f"none of {len(found.ok)} transfers converged: {found.solution.reason(0)}"
        return ConvergenceError(what, where="phase[0], phase[1]", remedy="widen tof, or move the arrival by some hours")
    rows = np.flatnonzero(found.ok)
    broken = np.array([~term.kept[rows] for term in terms])
    rows, broken = (a[..., np.lexsort((missed[rows], broken.sum(axis=0)))] for a in (rows, broken))
    counts = ", ".join(f"{n} {term.broken}" for term, n in zip(terms, broken.sum(axis=1), strict=True) if n)
    at_fault = [term for term, fault in zip(terms, broken[:, 0], strict=True) if fault]
    launches = [f"{utc_iso(found.launch_tdb[i], 0)} for {found.tof_s[i] / 86_400.0:.2f} days of flight" for i in rows]
    nearest = list({text[:_TO_TEN_MINUTES]: text for text in reversed(launches)}.values())[::-1]
    return InfeasibleError(
        f"none of {len(rows)} transfers fits: {counts}; launches found: {', '.join(nearest[:3])}",
        where=", ".join(term.where for term in at_fault),
        remedy=" and ".join(term.remedy for term in at_fault),
    )


def _parking_plane_out_of_reach(counts: str, stands_deg: float) -> InfeasibleError:
    return InfeasibleError(
        f"{counts} cannot meet the Moon: it stands {stands_deg:.1f} deg off the equator when it is met, "
        "too high for the parking plane",
        where="launch.parking_orbit, phase[1].epoch",
        allowed=f"inclinations from {stands_deg:.1f} to {180.0 - stands_deg:.1f} deg",
        remedy="bring the parking inclination closer to 90 deg, or arrive on another day",
    )


def _lunar_plane_out_of_reach(counts: str, polar: Transfers) -> InfeasibleError:
    least = np.nanmin(asymptote_latitude_deg(polar))
    return InfeasibleError(
        f"{counts} cannot meet the lunar orbit's plane: the nearest comes from {least:.1f} deg off the Moon's equator",
        where="phase[1].inclination",
        remedy="take the lunar inclination some degrees farther from the equator than that, or arrive on another day",
    )


def _node_fits(mission: MissionFile, found: Transfers) -> NDArray[np.bool_]:
    wanted = mission.launch.parking_orbit.node
    if wanted == "best":
        return np.ones(len(found.ok), bool)
    return np.asarray(northbound(found) == (wanted == "ascending"))


def _approach_fits(mission: MissionFile, found: Transfers) -> NDArray[np.bool_]:
    wanted = mission.insertion.approach
    if wanted == "best":
        return np.ones(len(found.ok), bool)
    north = impact_parameter(found.perilune_states, found.forces.gm("moon"))[:, 2] > 0.0
    return north if wanted == "north" else ~north


def _wrapped(difference: Floats) -> Floats:
    """Differences of the free variables, those of angles by the short way round."""
    out = difference.copy()
    for k in (0, 1, 4, 5):
        out[..., k] = np.remainder(out[..., k] + np.pi, 2.0 * np.pi) - np.pi
    return out


def _end_to_end(batches: list[Problem]) -> Problem:
    return Problem(*(np.concatenate([getattr(batch, f.name) for batch in batches]) for f in fields(Problem)))
