"""Ways home from a low orbit, and the departures they begin with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InfeasibleError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.trajectory import Arc
from lunarplan.plan.legs.entry import splashdown_place
from lunarplan.plan.solution import Burn, OrbitReached
from lunarplan.transfers.home.splashdown import Splashdowns, cheapest_splashdowns

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lunarplan.config.entry import Entry
    from lunarplan.config.way_home import WayHome
    from lunarplan.model.forces import ForceModel
    from lunarplan.model.trajectory import Trajectory
    from lunarplan.plan.flown import Flown
    from lunarplan.transfers.ground_range import SplashdownPlace

    Floats = NDArray[np.float64]

_STEP_S = 0.5 * SECONDS_PER_DAY  # between flight times tried: each is moved until the Earth has turned
_LOOKS = 8  # revolutions at most, spread over the time to depart in


@dataclass(frozen=True)
class Departure:
    """A departure as chosen: what is flown before the last burn, and the way home from there.

    arcs       : up to the last burn
    found, row : the way home
    burns, orbits, closures_m : of what comes before it
    """

    arcs: tuple[Arc, ...]
    found: Splashdowns
    row: int
    burns: tuple[Burn, ...] = ()
    orbits: tuple[OrbitReached, ...] = ()
    closures_m: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class WaysHome:
    """What a way home from a low orbit is asked: terms of the return, place and angle of the entry, the field."""

    terms: WayHome
    place: SplashdownPlace
    flight_path_deg: float
    forces: ForceModel

    @classmethod
    def of(cls, flown: Flown, terms: WayHome, entry: Entry) -> WaysHome:
        place = splashdown_place(entry)
        assert place is not None  # checked, from a low orbit
        return cls(terms, place, float(np.degrees(entry.flight_path_rad)), flown.forces)

    def cheapest(self, path: Trajectory, first: Floats, last: Floats) -> tuple[Splashdowns, int]:
        """The cheapest departures for flight times through their limits, east- and westwards, and which is cheapest.

        first, last : of spans of a revolution at most, each looked through

        Raises InfeasibleError if none keeps the terms.
        """
        low, high = self.terms.home_s
        times = np.linspace(low, high, max(2, int((high - low) / _STEP_S) + 1))
        start, tof, east = (a.ravel() for a in np.meshgrid(first, times, [1.0, -1.0], indexing="ij"))
        found = self.along(path, start, np.repeat(last, 2 * len(times)), tof, east)
        kept = self.kept(found)
        if not kept.any():
            raise InfeasibleError(
                f"no way home comes down there within the time of flight: {self._nearest(found)}",
                where="return, entry",
                remedy="widen home, or change downrange",
            )
        return found, int(np.flatnonzero(kept)[np.argmin(found.delta_v_km_s[kept])])

    def _nearest(self, found: Splashdowns) -> str:
        """Why none does: what is nearest to the limits, or what fails of the first."""
        if not found.ok.any():
            return found.reason(0)
        tof = found.tof_s[found.ok]
        nearest = tof[np.argmin(np.abs(tof - np.clip(tof, *self.terms.home_s)))]
        return f"the nearest takes {nearest / SECONDS_PER_DAY:.2f} days"

    def kept(self, found: Splashdowns) -> NDArray[np.bool_]:
        """Which of them come home within the limits of the flight time."""
        low, high = self.terms.home_s
        return np.asarray(found.ok & (found.tof_s >= low) & (found.tof_s <= high))

    def along(self, path: Trajectory, start: ArrayLike, end: ArrayLike, tof_s: Floats, prograde: Floats) -> Splashdowns:
        """The cheapest departure from a path for each flight time, within a span of time."""
        return cheapest_splashdowns(
            path, start, end, tof_s, forces=self.forces, latitude_deg=self.place.latitude_deg,
            longitude_deg=self.place.longitude_deg, range_km=self.place.range_km, prograde=prograde,
            flight_path_deg=self.flight_path_deg,
        )  # fmt: skip


def looks_tdb(start: float, end: float, revolution_s: float) -> tuple[Floats, Floats]:
    """First and last epochs, each float64[N], of spans of a revolution spread over a time to depart in."""
    over_s = end - start - revolution_s
    if over_s <= 0.0:
        return np.array([start]), np.array([end])
    first = start + np.linspace(0.0, over_s, min(_LOOKS, 1 + int(np.ceil(over_s / revolution_s))))
    return first, first + revolution_s


def revolution_s(flown: Flown) -> float:
    """The period of the low orbit a mission is in."""
    state, gm = flown.end_state(), flown.forces.gm("moon")
    a_km = 1.0 / (2.0 / np.linalg.norm(state[:3]) - state[3:] @ state[3:] / gm)
    return float(2.0 * np.pi * np.sqrt(a_km**3 / gm))
