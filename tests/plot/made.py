"""A made-up flight whose every place can be worked out by hand, about the real Moon."""

from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from lunarplan import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.plan.timeline import Event

FloatArray = npt.NDArray[np.float64]

DAY_S = 86400.0
START_TDB = float(tdb_seconds("2027-12-30T06:00:00"))
LOI_TDB, END_TDB = START_TDB + 4.0 * DAY_S, START_TDB + 5.0 * DAY_S
LOI1_S = 900.0
LOI2_TDB = START_TDB + 4.5 * DAY_S
PERILUNE_KM, ORBIT_RATE_RAD_S, ORBIT_STRETCH = 1937.4, 8e-4, 0.15
BUMP_KM = np.array([0.0, 20_000.0, 40_000.0])


@dataclass(frozen=True)
class MadeTrajectory:
    """From the Earth straight after the Moon with a bump, then round it; speeds jump at 4 and at 4.5 days."""

    start_tdb: float = START_TDB
    end_tdb: float = END_TDB

    @cached_property
    def nodes_tdb(self) -> FloatArray:
        return np.unique([*np.linspace(self.start_tdb, self.end_tdb, 240), self.start_tdb, self.end_tdb])

    def at(self, tdb: FloatArray, center: str = "earth") -> FloatArray:
        t = np.atleast_1d(np.asarray(tdb, float))
        assert ((t >= self.start_tdb) & (t <= self.end_tdb)).all()
        moon = Ephemeris.packaged().state("moon", "earth", t)
        states = np.where((t < LOI_TDB)[:, np.newaxis], _outward(t, moon), moon + _round_the_moon(t))
        return states - moon if center == "moon" else states


def _outward(t: FloatArray, moon: FloatArray) -> FloatArray:
    at_loi = Ephemeris.packaged().position("moon", "earth", np.array([LOI_TDB]))
    last = 1.0 - PERILUNE_KM / np.linalg.norm(at_loi)
    u = (t - START_TDB)[:, np.newaxis] / (LOI_TDB - START_TDB)
    share, rate = 0.02 + (last - 0.02) * (2.0 * u - u * u), (last - 0.02) * (2.0 - 2.0 * u) / (LOI_TDB - START_TDB)
    bump, bump_rate = np.sin(np.pi * u), np.pi * np.cos(np.pi * u) / (LOI_TDB - START_TDB)
    r = share * moon[:, :3] + bump * BUMP_KM
    v = rate * moon[:, :3] + share * moon[:, 3:] + bump_rate * BUMP_KM
    return np.hstack([r, v])


def _round_the_moon(t: FloatArray) -> FloatArray:
    start = Ephemeris.packaged().state("moon", "earth", np.array([LOI_TDB]))[0]
    x = -start[:3] / np.linalg.norm(start[:3])
    y = np.cross(np.cross(start[:3], start[3:]), x)
    y /= np.linalg.norm(y)
    angle = ORBIT_RATE_RAD_S * (t - LOI_TDB)[:, np.newaxis]
    radius = PERILUNE_KM * (1.0 + ORBIT_STRETCH * (1.0 - np.cos(angle)))
    radius_rate = PERILUNE_KM * ORBIT_STRETCH * np.sin(angle) * ORBIT_RATE_RAD_S
    out, along = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    slower = np.where(t[:, np.newaxis] < LOI2_TDB, 1.0, 0.9)  # LOI-2: an impulse as far as a picture can tell
    v = slower * (radius_rate * out + radius * ORBIT_RATE_RAD_S * along)
    return np.hstack([radius * out, v])


EVENTS = (
    Event("launch", START_TDB - 2400.0),
    Event("parking orbit", START_TDB - 1800.0),
    Event("TLI", START_TDB, "", 3.13, 0.0, "launcher"),
    Event("Enter lunar sphere of influence", START_TDB + 3.4 * DAY_S),
    Event("LOI-1", LOI_TDB, "", 0.4, LOI1_S, "main"),
    Event("perilune", LOI_TDB + 450.0),
    Event("LOI-2", LOI2_TDB, "", 0.1, 0.0, "main"),
    Event("end of plan", END_TDB),
)


def plan(events: tuple[Event, ...] = EVENTS, trajectory: MadeTrajectory | None = None) -> Any:
    """Return what the plots ask of a Plan."""
    flown = MadeTrajectory() if trajectory is None else trajectory
    return SimpleNamespace(trajectory=flown, events=events, mission=SimpleNamespace(name="Made up"))


class ThereAndBack(MadeTrajectory):
    """The same flight, and from the end of it the way it came."""

    def __init__(self) -> None:
        super().__init__(START_TDB, 2.0 * END_TDB - START_TDB)

    def at(self, tdb: FloatArray, center: str = "earth") -> FloatArray:
        t = np.atleast_1d(np.asarray(tdb, float))
        there = MadeTrajectory().at(np.where(t <= END_TDB, t, 2.0 * END_TDB - t), "moon")
        there[t > END_TDB, 3:] *= -1.0
        return there if center == "moon" else there + Ephemeris.packaged().state("moon", "earth", t)
