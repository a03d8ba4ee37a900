"""A departure by two burns: an ellipse about the Moon between them, both near its perilune.

The first is along the motion. Where it is made decides which way the ellipse points: near where a single burn would
be, moved along the orbit until both together are cheapest. What turn of the plane is needed falls to the last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize_scalar

from lunarplan.errors import InfeasibleError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.trajectory import Arc, fly
from lunarplan.plan.closure import miss_m
from lunarplan.plan.departures import Departure, WaysHome, looks_tdb, revolution_s
from lunarplan.plan.legs.shared import orbit_reached
from lunarplan.plan.solution import Burn
from lunarplan.transfers.path import lead_rad
from lunarplan.transfers.to_moon.insertion import orbiting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.config.way_home import DepartureEllipse
    from lunarplan.model.forces import ForceModel
    from lunarplan.plan.flown import Flown
    from lunarplan.transfers.home.splashdown import Splashdowns

    Floats = NDArray[np.float64]

_ASIDE_RAD = 0.6  # how far from where a single burn would be the first one is looked for
_NEAR_PERILUNE = 0.1  # revolutions before and after it, within which the last burn is
_DEAR_KM_S = 1e3  # what does not come home
_STEPS = 12
_SAME_RAD = 1e-3
_NEAR_RAD = 0.01  # the sum is flat there: 0.04 m/s


def by_ellipse(flown: Flown, ways: WaysHome, terms: DepartureEllipse, engine: str) -> Departure:
    """Find the cheapest two burns, the first within a revolution of the end of the stay.

    Raises InfeasibleError if the orbit is not inside the ellipse, or no way home keeps the terms.
    """
    orbit = _Orbit.of(flown, terms)
    later = orbit.start_tdb + orbit.ellipse_s
    single, row = ways.cheapest(
        orbit.path.trajectory, *looks_tdb(later, later + orbit.revolution_s, orbit.revolution_s)
    )
    there = orbit.passage_tdb(single.problem.home.departure_states[row, :3])
    flown.say("splitting the departure")
    tof_s, prograde = single.tof_s[[row]], single.problem.prograde[[row]]

    def split(aside: float) -> tuple[_Raised, Splashdowns]:
        raised = orbit.raised(there + aside / orbit.rate)
        return raised, ways.along(raised.ellipse.trajectory, *raised.window_tdb, tof_s, prograde)

    def cost(aside: float) -> float:
        try:
            raised, found = split(aside)
        except InfeasibleError:  # the ellipse comes down on the Moon
            return _DEAR_KM_S
        return raised.delta_v_km_s + (float(found.delta_v_km_s[0]) if ways.kept(found)[0] else _DEAR_KM_S)

    best = minimize_scalar(cost, bounds=(-_ASIDE_RAD, _ASIDE_RAD), method="bounded", options={"xatol": _NEAR_RAD})
    raised, found = split(float(best.x))
    if not ways.kept(found)[0]:
        raise InfeasibleError(
            f"no way home leaves the ellipse: {found.reason(0)}", where="return.ellipse",
            remedy="another period, or other revolutions",
        )  # fmt: skip
    return _departure(orbit, raised, found, terms.engine or engine)


def _departure(orbit: _Orbit, raised: _Raised, found: Splashdowns, engine: str) -> Departure:
    start = raised.ellipse.start_tdb
    left = float(found.departure_tdb[0])
    before = orbit.path.trajectory.until(start).arcs
    (ellipse,) = raised.ellipse.trajectory.until(left).arcs
    reached = orbit_reached(raised.state, start, orbit.forces)
    burn = Burn("apolune raise", start, raised.delta_v_km_s, engine, note=reached.in_words)
    miss = miss_m(raised.state, start, ellipse.at(left, "moon")[0], left, orbit.forces, ("moon", "moon"))
    return Departure((*before, ellipse), found, 0, (burn,), (reached,), {"ellipse": miss})


@dataclass(frozen=True)
class _Raised:
    """After the first burn: its state and length, the ellipse flown past the last burn, the time that may be."""

    state: Floats
    delta_v_km_s: float
    ellipse: Arc
    window_tdb: tuple[float, float]


@dataclass(frozen=True)
class _Orbit:
    """The low orbit from the end of the stay on, and the ellipse to be reached from it.

    period_s, revolutions : of the ellipse
    """

    path: Arc
    revolution_s: float
    period_s: float
    revolutions: int
    forces: ForceModel

    @classmethod
    def of(cls, flown: Flown, terms: DepartureEllipse) -> _Orbit:
        state, gm = flown.end_state(), flown.forces.gm("moon")
        around_s = revolution_s(flown)
        far_km = None if terms.apolune_altitude_km is None else RADIUS_KM["moon"] + terms.apolune_altitude_km
        period = terms.period_s
        if far_km is not None:
            a = 0.5 * (float(np.linalg.norm(state[:3])) + far_km)
            period = 2.0 * np.pi * float(np.sqrt(a**3 / gm))
        assert period is not None  # one of the two is given
        if period <= around_s:
            raise InfeasibleError(
                f"an ellipse of {period / 3600.0:.4g} h, from an orbit of {around_s / 3600.0:.4g} h",
                where="return.ellipse", remedy="a longer period, or a higher apolune",
            )  # fmt: skip
        long_s = terms.revolutions * period + 2.0 * around_s
        path = orbiting(state, flown.end_tdb, long_s, flown.forces, name="wait")
        return cls(path, around_s, period, terms.revolutions, flown.forces)

    @property
    def start_tdb(self) -> float:
        return self.path.start_tdb

    @property
    def rate(self) -> float:
        """Of the low orbit, rad/s."""
        return 2.0 * np.pi / self.revolution_s

    @property
    def ellipse_s(self) -> float:
        return self.revolutions * self.period_s

    def passage_tdb(self, direction: Floats) -> float:
        """When it first passes a direction, far enough from the start to move either way."""
        first = self.start_tdb + _ASIDE_RAD / self.rate
        when = first + (self._ahead_rad(first, direction) % (2.0 * np.pi)) / self.rate
        for _ in range(_STEPS):
            ahead = self._ahead_rad(when, direction)
            when += ahead / self.rate
            if abs(ahead) < _SAME_RAD:
                break
        return max(when, first)

    def _ahead_rad(self, tdb: float, direction: Floats) -> float:
        """By what angle a direction is ahead, -pi to pi."""
        return -lead_rad(direction, self.path.at(tdb, "moon")[0])

    def raised(self, tdb: float) -> _Raised:
        """The ellipse of a burn along the motion at an epoch."""
        state = self.path.at(tdb, "moon")[0].copy()
        gm, speed = self.forces.gm("moon"), float(np.linalg.norm(state[3:]))
        a = float((gm * (self.period_s / (2.0 * np.pi)) ** 2) ** (1.0 / 3.0))
        boost = float(np.sqrt(gm * (2.0 / np.linalg.norm(state[:3]) - 1.0 / a))) - speed
        state[3:] *= 1.0 + boost / speed
        spans = [(self.revolutions + part) * self.period_s for part in (-_NEAR_PERILUNE, _NEAR_PERILUNE)]
        ellipse = fly(state, tdb, forces=self.forces, duration_s=spans[1], center="moon", name="ellipse")
        return _Raised(state, boost, ellipse, (tdb + spans[0], ellipse.end_tdb))
