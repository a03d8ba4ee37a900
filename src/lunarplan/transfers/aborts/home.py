"""Ways home from moments of a flight: one burn each, to the entry interface of the Earth."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.propagation import Run, row_inputs
from lunarplan.transfers.aborts.search import Way
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.home.earth_return import ENTRY_ALTITUDE_KM, ReturnProblem, Returns, earth_returns
from lunarplan.transfers.one_burn import OneBurn, home_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_SHORTEST_S, _LONGEST_S = 1_800.0, 30 * 86_400.0
_ABOUT_PERIGEE = np.array([0.6, 0.8, 0.95, 1.0, 1.05])  # of the time to the next perigee
_SCREENED_KM = 0.1
_GUESS_SHARE, _GUESS_KM_S = 1.5, 0.3  # of the limit, and over it, that a first guess may burn
_WAITS, _BOUND_KM = 12, 35_000.0  # in a revolution; semi-major axis of what goes round the Moon undisturbed enough
_OWN_TOLERANCE = 1e-14


@dataclass(frozen=True)
class Home:
    """The entry interface as a goal, see `search.Goal`.

    tdb, states   : of the moments, [N] and [N, 6] about the Moon
    planes_deg    : of the return, [P]; the plane the craft is in is tried besides
    days_s        : float64[K], tried from every moment; the times to the perigee ahead are tried besides
    limits_km_s   : float64[N], what there is to burn

    In orbit about the Moon the burn may wait for up to a revolution.
    """

    tdb: Floats
    states: Floats
    planes_deg: Floats
    days_s: Floats
    flight_path_deg: float
    limits_km_s: Floats
    forces: ForceModel

    @cached_property
    def about_earth(self) -> Floats:
        return np.asarray(self.states + self.forces.source.state("moon", "earth", self.tdb))

    @property
    def options(self) -> int:
        return 2 * (len(self.planes_deg) + 1)

    @cached_property
    def durations_s(self) -> Floats:
        ahead = _to_perigee(self.about_earth, self.forces.gm("earth"))
        own = np.where(np.isfinite(ahead), ahead, self.days_s.max())[:, None] * _ABOUT_PERIGEE
        common = np.broadcast_to(self.days_s, (len(own), len(self.days_s)))
        return np.sort(np.clip(np.concatenate([common, own], axis=1), _SHORTEST_S, _LONGEST_S), axis=1)

    @cached_property
    def waits_s(self) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            axis = 1.0 / (
                2.0 / np.linalg.norm(self.states[:, :3], axis=1)
                - (self.states[:, 3:] ** 2).sum(axis=1) / self.forces.gm("moon")
            )
            period = 2.0 * np.pi * np.sqrt(axis**3 / self.forces.gm("moon"))
        waits = period[:, None] * np.arange(_WAITS) / _WAITS
        waits[~(axis < _BOUND_KM), 1:] = np.nan
        waits[~(axis > 0.0), 1:] = np.nan
        waits[:, 0] = 0.0
        return np.asarray(waits)

    @cached_property
    def _planes(self) -> Floats:
        """Inclinations of every moment, rad, [N, P + 1]."""
        pole = np.cross(self.about_earth[:, :3], self.about_earth[:, 3:])
        pole = np.einsum("nij,nj->ni", equator_of_date(self.tdb), pole)
        with np.errstate(invalid="ignore"):
            own = np.arccos(np.clip(pole[:, 2] / np.linalg.norm(pole, axis=1), -1.0, 1.0))
        given = np.broadcast_to(np.radians(self.planes_deg), (len(own), len(self.planes_deg)))
        return np.concatenate([np.nan_to_num(own, nan=0.5)[:, None], given], axis=1)

    def _asked(self, row: Rows, option: Rows, later: Floats, wait: Floats) -> ReturnProblem:
        n = len(row)
        side = np.where(option % 2, -1.0, 1.0)
        return ReturnProblem(
            self.tdb[row] + wait, self._waited(row, wait), np.maximum(later - wait, _SHORTEST_S),
            np.full(n, RADIUS_KM["earth"] + ENTRY_ALTITUDE_KM), np.full(n, np.radians(self.flight_path_deg)),
            self._planes[row, option // 2], side,
        )  # fmt: skip

    def _waited(self, row: Rows, wait: Floats) -> Floats:
        """States about the Moon after a wait; NaN where the Moon is met meanwhile."""
        states = self.states[row].copy()
        which = np.flatnonzero(wait > 0.0)
        if len(which):
            start = self.tdb[row[which]]
            run = Run(self.forces, "moon", 1e-12, 0, True, None, continues=True)
            inputs = row_inputs(len(which), self.forces, None)
            end, _, status, *_ = run.batch(states[which], start, start + wait[which], inputs)
            states[which] = np.where((status == 0)[:, None], end, np.nan)
        return states

    def cost(self, row: Rows, option: Rows, later: Floats, wait: Floats) -> Floats:
        batch = self._asked(row, option, later, wait)
        near = np.flatnonzero(self._guessed(batch) < _GUESS_SHARE * self.limits_km_s[row] + _GUESS_KM_S)
        found = earth_returns(batch.rows(near), self.forces)
        good = self._miss(found, 1e-12, steered=False) < _SCREENED_KM
        costs = np.full(len(row), np.inf)
        costs[near] = np.where(good, found.delta_v_km_s, np.inf)
        return costs

    def _guessed(self, batch: ReturnProblem) -> Floats:
        """Delta-v of the patched conics: what is far too dear is not tried."""
        legs = OneBurn(
            batch.departure_tdb, batch.departure_states, batch.tof_s, batch.entry_radius_km, batch.flight_path,
            batch.inclination, batch.northbound, equator_of_date(batch.entry_tdb),
        )  # fmt: skip
        with np.errstate(all="ignore"):
            guess = home_seed(legs, InEphemeris(self.forces))
        return np.asarray(np.nan_to_num(np.linalg.norm(guess[:, :3], axis=1), nan=np.inf))

    def way(self, row: Rows, option: Rows, later: Floats, wait: Floats) -> Way:
        found = earth_returns(self._asked(row, option, later, wait), self.forces)
        entry = found.entry
        return Way(
            1e3 * found.delta_v_km_s, found.problem.tof_s + wait, wait, found.burn_km_s, np.zeros((len(row), 3)),
            entry.speed_km_s, entry.latitude_deg, entry.longitude_deg, np.degrees(self._planes[row, option // 2]),
            self._miss(found, _OWN_TOLERANCE, steered=True),
        )  # fmt: skip

    def _miss(self, found: Returns, tolerance: float, *, steered: bool) -> Floats:
        """By how much each return, flown again, misses its entry, km; infinite where it meets a body first.

        steered : by Runge and Kutta's method in place of Nystroem's
        """
        rows = np.flatnonzero(found.ok)
        p, miss = found.problem.rows(rows), np.full(len(found.ok), np.inf)
        if not len(rows):
            return miss
        # the Moon falls as the ephemeris says, as it did when the return was solved
        run = Run(self.forces, "moon", tolerance, 0, True, None, steered=steered, continues=True)
        inputs = row_inputs(len(rows), self.forces, None)
        end, _, status, *_ = run.batch(found.departing_states[rows], p.departure_tdb, p.entry_tdb, inputs)
        there = end[:, :3] + self.forces.source.position("moon", "earth", p.entry_tdb)
        distance = np.linalg.norm(there - found.entry.states[rows, :3], axis=1)
        miss[rows] = np.where(status == 0, distance, np.inf)
        return miss


def _to_perigee(states: Floats, gm: float) -> Floats:
    """Time to the next perigee of the ellipses states about the Earth are on, s; NaN on hyperbolas.

    Source: Kepler's equation.
    """
    r, v = states[:, :3], states[:, 3:]
    distance = np.linalg.norm(r, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        axis = 1.0 / (2.0 / distance - (v**2).sum(axis=1) / gm)
        motion = np.sqrt(gm / axis**3)
        along, across = 1.0 - distance / axis, np.einsum("ni,ni->n", r, v) / np.sqrt(gm * axis)
        return np.asarray((2.0 * np.pi - np.remainder(np.arctan2(across, along) - across, 2.0 * np.pi)) / motion)
