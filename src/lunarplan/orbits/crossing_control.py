"""x-axis crossing control: the smallest burn after which an orbit crosses its plane of symmetry as its reference does.

Halo orbits and their kin cross the x-z plane of the Earth-Moon axes at right angles, nearly, in the real sky. What runs
away along the unstable direction crosses aslant; it is enough to set the velocity along x at one crossing some
revolutions ahead, and the rest of the orbit follows. The phase along the orbit drifts; orbits that are stable do not
follow, and need the epoch of the crossing set right as well.

Source: Davis et al. 2017, AAS 17-826; Guzzetti et al. 2017, AAS 17-395 (the strategy; the solution here is our own).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.propagation import Run, accelerations, row_inputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.orbits.long_orbit import EphemerisOrbit
    from lunarplan.orbits.pulsating import PulsatingFrame

    Floats = NDArray[np.float64]

OK, NO_CROSSING, NOT_CONVERGED = 0, 1, 2
_MOST_STEPS = 12
_CROSSED_S = 1e-3
_FARTHEST_S = 172_800.0  # from the reference's crossing; what is later has left the orbit
_LONGEST_WAIT_S = 3600.0  # of one step towards a crossing
_LARGEST_KM_S = 0.02  # of one step of Newton's method
_CLOSER = 0.1  # of the tolerances, once a burn is made
_RANK = 1e-3  # of the larger effect a burn can have, in tolerances: smaller ones are left alone


@dataclass(frozen=True)
class Crossings:
    """Crossings of the x-z plane: epochs, TDB s, and velocities along x, km/s, float64[n] each."""

    tdb: Floats
    along_km_s: Floats

    @classmethod
    def of(cls, orbit: EphemerisOrbit) -> Crossings:
        from scipy.optimize.elementwise import find_root  # scipy's optimisers take half a second to import

        def across(tdb: Floats) -> Floats:
            return orbit.rotating(np.ravel(tdb))[:, 1].reshape(np.shape(tdb))

        tdb = orbit.trajectory.nodes_tdb
        y = across(tdb)
        i = np.flatnonzero(np.sign(y[:-1]) * np.sign(y[1:]) < 0.0)
        if not len(i):
            return cls(np.empty(0), np.empty(0))
        found = find_root(across, (tdb[i], tdb[i + 1]), tolerances={"xatol": _CROSSED_S, "xrtol": 0.0}).x
        frame = orbit.clock.frame
        return cls(found, orbit.rotating(found)[:, 3] * _speed_unit(frame, found))


@dataclass(frozen=True)
class Predicted:
    """Crossings to come of N states.

    along_km_s, late_s      : float64[N], velocity along x, and how much later than the reference's
    along_slope, late_slope : float64[N, 3], by the velocity now
    ok                      : bool[N], there is one
    """

    along_km_s: Floats
    along_slope: Floats
    late_s: Floats
    late_slope: Floats
    ok: NDArray[np.bool_]


@dataclass(frozen=True)
class CrossingControl:
    """How burns are found.

    run         : with partials; states are relative to the Moon
    tolerance   : km/s along x; predictions nearer than that need no burn
    late        : s; crossings no later or earlier than that need none. Infinite to leave the phase alone
    """

    frame: PulsatingFrame
    run: Run
    tolerance_km_s: float
    late_s: float = math.inf

    def burns(
        self, states: Floats, tdb: float, aims: Floats, late_s: Floats
    ) -> tuple[Floats, NDArray[np.int8], Floats]:
        """Smallest velocity changes, float64[N, 3], km/s, ICRF; a status per row; and how late rows cross, float64[N].

        states : float64[N, 6], km and km/s, ICRF, relative to the Moon, as navigation knows them at ``tdb``
        aims   : float64[k, 2], crossings ahead, the farthest first: TDB s, and velocity along x, km/s
        late_s : float64[N], where to look for the crossing: what the call before returned, or nought

        What is too far off to be set right at the farthest crossing begins at the nearest and goes on from there, as
        far as it can.
        """
        burns, status, late = self._aimed(states, np.zeros((len(states), 3)), tdb, aims[0], late_s)
        astray = np.flatnonzero(status != OK)
        burns[astray], late[astray] = 0.0, late_s[astray]
        for aim in aims[::-1]:
            if not len(astray):
                break
            tried, outcome, found = self._aimed(states[astray], burns[astray], tdb, aim, late[astray])
            good = outcome == OK
            burns[astray[good]], status[astray[good]], late[astray[good]] = tried[good], OK, found[good]
            astray = astray[good | (status[astray] != OK)]
        return burns, status, late

    def _aimed(
        self, states: Floats, first: Floats, tdb: float, aim: Floats, late_s: Floats
    ) -> tuple[Floats, NDArray[np.int8], Floats]:
        """Newton's method from first burns, one step for all rows at a time."""
        burns, late, status = first.copy(), late_s.copy(), np.full(len(states), OK, np.int8)
        active, enough = np.arange(len(states)), 1.0
        for _ in range(_MOST_STEPS):
            tried = states[active].copy()
            tried[:, 3:] += burns[active]
            crossed = self._predicted(tried, tdb, aim[0], late[active])
            status[active[~crossed.ok]] = NO_CROSSING
            late[active[crossed.ok]] = crossed.late_s[crossed.ok]
            miss, slope = self._missed(crossed, aim[1])
            open_ = crossed.ok & (np.abs(miss).max(axis=1) > enough)
            active, miss, slope = active[open_], miss[open_], slope[open_]
            if not len(active):
                return burns, status, late
            step = -np.einsum("nij,nj->ni", np.linalg.pinv(slope, rcond=_RANK), miss)
            size = np.linalg.norm(step, axis=1, keepdims=True)
            burns[active] += step * np.minimum(1.0, _LARGEST_KM_S / np.maximum(size, 1e-300))
            enough = _CLOSER
        status[active] = NOT_CONVERGED
        return burns, status, late

    def _missed(self, crossed: Predicted, along_km_s: float) -> tuple[Floats, Floats]:
        """What is to become nought, float64[N, m], and by the velocity now, [N, m, 3]; in tolerances."""
        miss = [(crossed.along_km_s - along_km_s) / self.tolerance_km_s]
        slope = [crossed.along_slope / self.tolerance_km_s]
        if math.isfinite(self.late_s):
            miss.append(crossed.late_s / self.late_s)
            slope.append(crossed.late_slope / self.late_s)
        return np.stack(miss, axis=1), np.stack(slope, axis=1)

    def _predicted(self, states: Floats, tdb: float, crossing_tdb: float, late_s: Floats) -> Predicted:
        """Where and how states at an epoch will cross the plane, near an epoch and so much later."""
        at = crossing_tdb + late_s
        x, phi, ok = self._flown(states, np.full(len(states), tdb), at)
        for _ in range(_MOST_STEPS):
            inverse, point, rate = self._in_frame(x, at)
            wait = np.where(ok, -point[:, 1] / rate[:, 1], 0.0)
            ok &= np.isfinite(wait) & (np.abs(at + wait - crossing_tdb) < _FARTHEST_S)
            wait = np.clip(np.where(ok, wait, 0.0), -_LONGEST_WAIT_S, _LONGEST_WAIT_S)
            if (np.abs(wait) < _CROSSED_S).all():
                break
            x, more, flown = self._flown(x, at, at + wait)
            phi, at, ok = more @ phi, at + wait, ok & flown
        ok &= np.abs(wait) < _CROSSED_S
        whole = inverse @ phi
        later = -whole[:, 1] / rate[:, 1, np.newaxis]
        unit = float(_speed_unit(self.frame, np.array([crossing_tdb]))[0])  # one for all, as the reference's
        slope = unit * (whole[:, 3] + rate[:, 3, np.newaxis] * later)
        along = unit * (point[:, 3] + rate[:, 3] * wait)
        return Predicted(along, slope[:, 3:], at + wait - crossing_tdb, later[:, 3:], ok)

    def _flown(self, states: Floats, start: Floats, end: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        rows = row_inputs(len(states), self.run.forces, None)
        final, stm, status, *_ = self.run.batch(np.ascontiguousarray(states), start, end, rows)
        lost = status != 0
        final[lost] = states[lost]  # it stays finite where the others go on
        stm[lost] = np.eye(6)
        return final, stm, ~lost

    def _in_frame(self, states: Floats, tdb: Floats) -> tuple[Floats, Floats, Floats]:
        """From ICRF to the frame, float64[N, 6, 6]; the states there, relative to the Moon, and their rates."""
        inverse = np.asarray(np.linalg.inv(self.frame.matrix(tdb)), float)
        point = np.einsum("nij,nj->ni", inverse, states)
        felt = accelerations(states, tdb, self.run.forces, "moon")
        moved = np.concatenate([states[:, 3:], felt], axis=1)
        moved -= np.einsum("nij,nj->ni", self.frame.matrix_rate(tdb), point)
        rate: Floats = np.einsum("nij,nj->ni", inverse, moved)
        return inverse, point, rate


def _speed_unit(frame: PulsatingFrame, tdb: Floats) -> Floats:
    """km/s of a unit of velocity of the frame."""
    distance = np.linalg.norm(frame.ephemeris.position("moon", "earth", tdb), axis=1)
    return np.asarray(distance * frame.pace(tdb))
