"""The equations of powered flybys from a launch site to a station, for batches of routes.

A route is an injection, a burn at perilune and a burn that joins the station; two coasts, each flown from both ends and
made to meet half-way. The parking plane passes over the launch site at lift-off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.transfers.ends import INCLINATION, end_state
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.launch import ParkingOrbits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lunarplan.transfers.path import Path

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

# node, argument, speed, epoch of the injection; time of flight out; place, velocities before and after the burn at
# perilune; time of flight beyond; burn at the station
ANGLES, INJECTION, OUT = slice(0, 3), 3, 4
PLACE, BEFORE, AFTER = slice(5, 8), slice(8, 11), slice(11, 14)
BEYOND, JOINING = 14, slice(15, 18)
SIZE = 18
SCALES = np.array([1e-2, 1e-2, 1e-2, 600.0, 600.0, *[100.0] * 3, *[1e-2] * 6, 600.0, *[1e-2] * 3])
GAP = slice(0, 6), slice(6, 12)
RADIUS, LEVEL, LATE = 12, 13, 14
EQUATIONS = 15
EQUATION_SCALES = np.array([*([100.0] * 3 + [1e-3] * 3) * 2, 100.0, 1e-2, 600.0])
TOLERANCES = np.array([*([1e-5] * 3 + [1e-9] * 3) * 2, 1e-5, 1e-9, 1e-4])  # km, km/s, s
_ROUND_KM_S = 1e-7  # 0.1 mm/s: the length of a burn is rounded off there, to have a derivative


class OwnClocks(InEphemeris):
    """The real solar system, in which no row is flown in step with others: a row comes out the same in any batch."""

    def arc(self, center: str, states: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats]:
        if len(states) < 2 or (start != start[0]).any():
            return super().arc(center, states, start, end)
        shorter = start[:1] + 0.5 * (end[:1] - start[:1])  # rows that start and end together would be
        states, start, end = (
            np.concatenate(pair) for pair in ((states, states[:1]), (start, start[:1]), (end, shorter))
        )
        final, partials = super().arc(center, states, start, end)
        return final[:-1], partials[:-1]


@dataclass(frozen=True)
class FlybyEquations:
    """A batch of routes; float64[N] each unless said otherwise.

    stations : in which orbits they may end; station : int[N], in which of them each does
    axes     : [N, 3, 3], rotation from ICRF to the equator of the parking orbit
    orbits   : the parking orbits, of all rows
    """

    flight: InEphemeris
    stations: Sequence[Path]
    station: NDArray[np.intp]
    spans: Floats
    parking_radius_km: Floats
    inclination: Floats
    axes: Floats
    orbits: ParkingOrbits
    flyby_radius_km: float

    def evaluate(self, x: Floats, rows: Rows) -> tuple[Floats, Floats]:
        """What the equations miss by, float64[n, 15], and partials [n, 15, 18]; NaN where a row cannot be flown."""
        x, usable = self._flyable(x, rows)
        f, by = np.zeros((len(x), EQUATIONS)), np.zeros((len(x), EQUATIONS, SIZE))
        self._coasts(x, rows, f, by)
        self._at_perilune(x, f, by)
        self._launch(x, rows, f, by)
        f[~usable] = np.nan
        return f, by

    def cost(self, x: Floats, rows: Rows) -> tuple[Floats, Floats]:
        """All burns, km/s, float64[n], and their gradient [n, 18]."""
        return cost(x, np.sqrt(self.flight.gm("earth") / self.parking_radius_km[rows]))

    def late_s(self, x: Floats, rows: Rows) -> Floats:
        """How long after lift-off the launch site would turn under the parking plane, float64[n]."""
        return self.parking(rows).lateness(x[:, 0], x[:, 1], x[:, INJECTION])[0]

    def station_states(self, tdb: Floats, rows: Rows) -> Floats:
        """Of each row's station, about the Moon, float64[n, 6]."""
        states = np.empty((len(tdb), 6))
        for k in np.unique(self.station[rows]):
            own = np.flatnonzero(self.station[rows] == k)
            states[own] = states_alone(self.stations[k], tdb[own], float(self.spans[k, 0]))
        return states

    def injection(self, x: Floats, rows: Rows) -> tuple[Floats, Floats]:
        """State after the injection burn about the Earth, and partials by node, argument, speed."""
        state, partials = end_state(
            x[:, 0], x[:, 1], x[:, 2], self.inclination[rows], radius=self.parking_radius_km[rows], axes=self.axes[rows]
        )
        return state, partials[:, :, :INCLINATION]

    def _flyable(self, x: Floats, rows: Rows) -> tuple[Floats, NDArray[np.bool_]]:
        """Iterates, and which of them can be flown; the others are replaced by what harms nobody."""
        first, last = self.spans[self.station[rows]].T
        joined = x[:, INJECTION] + x[:, OUT] + x[:, BEYOND]
        source = self.flight.forces.source
        usable = np.isfinite(x).all(axis=1) & (joined > first) & (joined < last)
        usable &= (x[:, INJECTION] > source.start_tdb) & (x[:, OUT] > 0.0) & (x[:, BEYOND] > 0.0)
        if not usable.all():
            x = x.copy()
            x[~usable] = 0.0
            x[~usable, INJECTION] = (0.5 * (first + last))[~usable]
            x[~usable, 5], x[~usable, 2] = self.flyby_radius_km, 1.0
            x[~usable, OUT] = x[~usable, BEYOND] = 1.0
        return x, usable

    def _coasts(self, x: Floats, rows: Rows, f: Floats, by: Floats) -> None:
        """Both coasts, about the Earth and about the Moon: what they miss by where they meet."""
        n, flight = len(x), self.flight
        t0, t1 = x[:, INJECTION], x[:, INJECTION] + x[:, OUT]
        t2 = t1 + x[:, BEYOND]
        start, start_by = self.injection(x, rows)
        before, after = (np.concatenate([x[:, PLACE], x[:, v]], axis=1) for v in (BEFORE, AFTER))
        station = self.station_states(t2, rows)
        joined = station.copy()
        joined[:, 3:] -= x[:, JOINING]
        m1, m2 = 0.5 * (t0 + t1), 0.5 * (t1 + t2)
        leaving, leaving_stm = flight.arc("earth", start, t0, m1)
        ends, stms = flight.arc(
            "moon", np.concatenate([before, after, joined]), np.concatenate([t1, t1, t2]), np.concatenate([m1, m2, m2])
        )
        coming, passed, back = ends[:n], ends[n : 2 * n], ends[2 * n :]
        coming_stm, passed_stm, back_stm = stms[:n], stms[n : 2 * n], stms[2 * n :]
        coming = coming + flight.moon(m1)
        f[:, GAP[0]], f[:, GAP[1]] = leaving - coming, passed - back

        by[:, GAP[0], ANGLES] = leaving_stm @ start_by
        by[:, GAP[0], PLACE], by[:, GAP[0], BEFORE] = -coming_stm[:, :, :3], -coming_stm[:, :, 3:]
        by[:, GAP[1], PLACE], by[:, GAP[1], AFTER] = passed_stm[:, :, :3], passed_stm[:, :, 3:]
        by[:, GAP[1], JOINING] = back_stm[:, :, 3:]
        # What a later epoch does: of an arc's start, the state there held; of where the arcs meet.
        from_t0 = -_applied(leaving_stm, flight.rate("earth", start, t0))
        from_t1 = _applied(coming_stm, flight.rate("moon", before, t1))
        out_meet = flight.rate("earth", leaving, m1) - flight.rate("earth", coming, m1)
        after_t1 = -_applied(passed_stm, flight.rate("moon", after, t1))
        beyond_meet = flight.rate("moon", passed, m2) - flight.rate("moon", back, m2)
        slip = flight.rate("moon", station, t2) - flight.rate("moon", joined, t2)
        at_t2 = -_applied(back_stm, slip)
        by[:, GAP[0], INJECTION] = from_t0 + from_t1 + out_meet
        by[:, GAP[0], OUT] = from_t1 + 0.5 * out_meet
        by[:, GAP[1], INJECTION] = by[:, GAP[1], OUT] = after_t1 + at_t2 + beyond_meet
        by[:, GAP[1], BEYOND] = at_t2 + 0.5 * beyond_meet

    def _at_perilune(self, x: Floats, f: Floats, by: Floats) -> None:
        """The distance, and that the mean of both velocities is level."""
        place, mean = x[:, PLACE], 0.5 * (x[:, BEFORE] + x[:, AFTER])
        r = np.linalg.norm(place, axis=1)
        out = place / r[:, None]
        climb = np.einsum("ni,ni->n", out, mean)
        f[:, RADIUS], f[:, LEVEL] = r - self.flyby_radius_km, climb
        by[:, RADIUS, PLACE] = out
        by[:, LEVEL, PLACE] = (mean - climb[:, None] * out) / r[:, None]
        by[:, LEVEL, BEFORE] = by[:, LEVEL, AFTER] = 0.5 * out

    def _launch(self, x: Floats, rows: Rows, f: Floats, by: Floats) -> None:
        late, partials = self.parking(rows).lateness(x[:, 0], x[:, 1], x[:, INJECTION])
        f[:, LATE] = late
        by[:, LATE, [0, 1, INJECTION]] = partials

    def parking(self, rows: Rows) -> ParkingOrbits:
        """The parking orbits of some rows."""
        o = self.orbits
        turns = None if o.whole_turns is None else o.whole_turns[rows]
        return ParkingOrbits(o.launch, o.inclination[rows], o.rate[rows], o.node_rate[rows], turns)


def cost(x: Floats, parked_km_s: Floats) -> tuple[Floats, Floats]:
    """All burns, km/s, float64[n], and their gradient [n, 18]; the first is made along the velocity before it."""
    gradient = np.zeros((len(x), SIZE))
    gradient[:, 2] = 1.0
    flyby, turned = _length(x[:, AFTER] - x[:, BEFORE])
    joining, pushed = _length(x[:, JOINING])
    gradient[:, AFTER], gradient[:, BEFORE], gradient[:, JOINING] = turned, -turned, pushed
    return x[:, 2] - parked_km_s + flyby + joining, gradient


def states_alone(path: Path, tdb: Floats, other_tdb: float) -> Floats:
    """States of a path about the Moon, float64[n, 6], each the same in whatever company it is asked for."""
    if len(tdb) > 1 and not (tdb != tdb[0]).any():  # rows that start and end together are flown in step
        return np.asarray(path.at(np.append(tdb, other_tdb), "moon"), float)[:-1]
    return np.asarray(path.at(tdb, "moon"), float)


def _applied(matrices: Floats, vectors: Floats) -> Floats:
    return np.asarray(np.einsum("nij,nj->ni", matrices, vectors))


def _length(burns: Floats) -> tuple[Floats, Floats]:
    """Lengths of burns, float64[n], and their gradients [n, 3]."""
    length = np.sqrt(np.einsum("ni,ni->n", burns, burns) + _ROUND_KM_S**2)
    return length, burns / length[:, None]
