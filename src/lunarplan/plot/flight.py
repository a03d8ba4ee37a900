"""A plan or a trajectory, sampled for drawing."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.events import LUNAR_SPHERE_OF_INFLUENCE_KM

FloatArray = npt.NDArray[np.float64]

_SAMPLES = 8000
_PER_STEP = (4, 16)  # samples per step of the integrator: enough for a smooth curve, at least and at most
_BEFORE_AN_IMPULSE_S = 1e-3
_VEHICLE = "vehicle"  # the craft whose path is the plan's
_NEAR_EARTH_KM = 50_000.0
_ROOM, _FARTHEST_ORBIT_KM = 1.001, 130_000.0  # farther out a flight has left the Moon


class Mark(NamedTuple):
    """A moment of the flight with a name."""

    name: str
    tdb: float
    is_burn: bool


class Leg(NamedTuple):
    """A run of samples between two corners of the flight; ``after`` names the last burn on the path before it."""

    rows: slice
    thrusting: bool
    after: str


class Other(NamedTuple):
    """The path of another craft, sampled: km, km/s, ICRF.

    moon, beside : the Moon, and the vehicle of the plan, relative to the Earth at the same epochs
    """

    name: str
    from_moon: FloatArray
    moon: FloatArray
    beside: FloatArray


class _Span(NamedTuple):
    """A burn from ignition to cut-off; an impulse takes the last millisecond before it acts."""

    start: float
    end: float
    thrusting: bool
    name: str


@dataclass(frozen=True)
class Flight:
    """Samples of a flight path, dense where it bends; km, km/s, ICRF.

    tdb                   : float64[n], ascending
    from_earth, from_moon : float64[n, 6]
    legs                  : coasts and burns in order
    marks                 : all events of the craft by epoch, also those before the first sample
    others                : what other craft flew meanwhile
    """

    tdb: FloatArray
    from_earth: FloatArray
    from_moon: FloatArray
    legs: tuple[Leg, ...]
    marks: tuple[Mark, ...]
    others: tuple[Other, ...] = ()

    @classmethod
    def of(cls, result: Any) -> "Flight":
        """Sample a Plan, or a Trajectory, which has no events; a Flight is returned as it is."""
        if isinstance(result, cls):
            return result
        trajectory = getattr(result, "trajectory", result)
        events = sorted(_own(getattr(result, "events", ())), key=lambda event: event.epoch_tdb)
        marks = tuple(Mark(e.name, e.epoch_tdb, e.delta_v_km_s is not None) for e in events)
        spans = _burn_spans(events, trajectory.start_tdb, trajectory.end_tdb)
        tdb = _epochs(trajectory, spans, marks)
        earth, moon = trajectory.at(tdb, center="earth"), trajectory.at(tdb, center="moon")
        paths = getattr(getattr(result, "solution", None), "paths", {})
        others = tuple(_other(name, path, trajectory) for name, path in paths.items())
        return cls(tdb, earth, moon, _legs(tdb, spans), marks, others)

    @cached_property
    def moon(self) -> FloatArray:
        """States of the Moon relative to the Earth, float64[n, 6]."""
        return self.from_earth - self.from_moon

    @cached_property
    def moon_range_km(self) -> FloatArray:
        return np.asarray(np.linalg.norm(self.from_moon[:, :3], axis=1))

    @cached_property
    def near_earth(self) -> bool:
        """Whether it never leaves the Earth for the Moon."""
        return bool(np.linalg.norm(self.from_earth[:, :3], axis=1).max() < _NEAR_EARTH_KM)

    @cached_property
    def _burn_at_moon(self) -> int | None:
        """The sample of the first burn in the Moon's sphere of influence; the first, of a flight always there."""
        burns = self.rows(tuple(mark for mark in self.flown_marks if mark.is_burn))
        always = 0 if self.moon_range_km.max() < _FARTHEST_ORBIT_KM else None
        return next((row for row in burns if self.moon_range_km[row] < LUNAR_SPHERE_OF_INFLUENCE_KM), always)

    @cached_property
    def visit(self) -> slice:
        """The samples from the first burn at the Moon to the last one there of a flight that leaves it again."""
        near, burns = self._burn_at_moon, tuple(mark for mark in self.flown_marks if mark.is_burn)
        if near is None or self.moon_range_km[-1] < _FARTHEST_ORBIT_KM:
            return slice(near or 0, len(self.tdb))
        last = max(row for row in self.rows(burns) if self.moon_range_km[row] < LUNAR_SPHERE_OF_INFLUENCE_KM)
        return slice(near, max(last, near + 1))

    @cached_property
    def at_moon_km(self) -> float:
        """How near the Moon is at the Moon: the sphere of influence, or the whole of a distant orbit joined there."""
        near, sphere = self._burn_at_moon, LUNAR_SPHERE_OF_INFLUENCE_KM
        farthest = 0.0 if near is None else float(self.moon_range_km[self.visit].max()) * _ROOM
        return farthest if sphere < farthest < _FARTHEST_ORBIT_KM else sphere

    @property
    def is_distant(self) -> bool:
        """Whether the orbit at the Moon is one about a libration point, or as far out."""
        return self.at_moon_km > LUNAR_SPHERE_OF_INFLUENCE_KM

    @property
    def stays(self) -> bool:
        """Whether the flight ends at the Moon."""
        return bool(self.moon_range_km[-1] < self.at_moon_km)

    @property
    def visits(self) -> bool:
        """Whether the flight brakes into a low orbit and leaves it again for the Earth."""
        came, there = self.moon_range_km[0] >= self.at_moon_km, self.visit.stop - self.visit.start > 1
        return bool(came and there and not self.stays and not self.is_distant and self._burn_at_moon is not None)

    @cached_property
    def arrival(self) -> int:
        """The sample of the closest approach; of a flight that stays, or goes home from a low orbit, the first one.

        0 if a flight that stays began there; on the way to a distant orbit, the sample of the burn at the Moon.
        """
        r = self.moon_range_km
        if self.is_distant and self._burn_at_moon is not None:
            return self._burn_at_moon
        if not self.stays and not self.visits:
            return int(np.argmin(r))
        away = np.flatnonzero(r[: self.visit.stop] >= self.at_moon_km)
        first = away[-1] + 1 if len(away) else 0
        rising = np.flatnonzero(np.diff(r[first:]) > 0.0)
        return int(first + (rising[0] if len(rising) else len(r) - first - 1))

    @property
    def comes(self) -> bool:
        """Whether the flight comes to the Moon and ends there."""
        return self.stays and bool((self.moon_range_km >= self.at_moon_km).any())

    @property
    def meeting(self) -> str:
        """What to call the moment of `arrival`."""
        return "arrival" if self.comes or self.visits else "closest approach"

    @property
    def journey(self) -> slice:
        """The samples up to the arrival of a flight that comes to the Moon and stays, all of any other."""
        return slice(self.arrival + 1 if self.comes else len(self.tdb))

    @cached_property
    def zero_tdb(self) -> float:
        """Where the count of days begins: the first event, or the start."""
        return float(min([self.tdb[0], *(mark.tdb for mark in self.marks)]))

    @property
    def zero_name(self) -> str:
        first = self.marks[0] if self.marks and self.marks[0].tdb == self.zero_tdb else None
        return first.name if first else "start"

    def days(self, tdb: npt.ArrayLike) -> FloatArray:
        """Return days since the count began."""
        return np.asarray((np.asarray(tdb, float) - self.zero_tdb) / SECONDS_PER_DAY)

    @property
    def flown_marks(self) -> tuple[Mark, ...]:
        """Marks that lie on the path."""
        return tuple(mark for mark in self.marks if self.tdb[0] <= mark.tdb <= self.tdb[-1])

    def rows(self, marks: tuple[Mark, ...]) -> list[int]:
        """Return the samples of marks that lie on the path; each has one."""
        return [int(row) for row in np.searchsorted(self.tdb, [mark.tdb for mark in marks])]


def _own(events: Any) -> list[Any]:
    """Without what other craft do."""
    return [event for event in events if getattr(event, "craft", _VEHICLE) == _VEHICLE]


def _other(name: str, path: Any, trajectory: Any) -> Other:
    tdb = _epochs(path, [], ())
    earth, moon = path.at(tdb, center="earth"), path.at(tdb, center="moon")
    own = trajectory.at(np.clip(tdb, trajectory.start_tdb, trajectory.end_tdb), center="earth")
    return Other(name, moon, earth - moon, own)


def _burn_spans(events: list[Any], start: float, end: float) -> list[_Span]:
    spans = []
    for event in events:
        if event.delta_v_km_s is None:
            continue
        duration = event.duration_s or 0.0
        first = event.epoch_tdb if duration else event.epoch_tdb - _BEFORE_AN_IMPULSE_S
        last = event.epoch_tdb + duration
        if first < end and last > start:
            spans.append(_Span(max(first, start), min(last, end), duration > 0.0, event.name))
    return spans


def _epochs(trajectory: Any, spans: list[_Span], marks: tuple[Mark, ...]) -> FloatArray:
    """Return epochs that divide every step of the integrator evenly; corners and marks are among them."""
    start, end = trajectory.start_tdb, trajectory.end_tdb
    named = [t for t in (edge for s in spans for edge in s[:2])] + [mark.tdb for mark in marks]
    nodes = np.unique([start, *trajectory.nodes_tdb, *(t for t in named if start < t < end), end])
    steps = len(nodes) - 1
    each = int(np.clip(_SAMPLES // max(steps, 1), *_PER_STEP))
    parts = nodes[:-1, np.newaxis] + np.diff(nodes)[:, np.newaxis] * (np.arange(each) / each)
    return np.unique(np.append(parts, end))


def _legs(tdb: FloatArray, spans: list[_Span]) -> tuple[Leg, ...]:
    legs, begin, after = [], float(tdb[0]), ""
    for span in spans:
        if span.start > begin:
            legs.append(Leg(_rows(tdb, begin, span.start), False, after))
        if span.thrusting:
            legs.append(Leg(_rows(tdb, span.start, span.end), True, after))
        begin, after = span.end, span.name
    if begin < tdb[-1]:
        legs.append(Leg(_rows(tdb, begin, float(tdb[-1])), False, after))
    return tuple(legs)


def _rows(tdb: FloatArray, first: float, last: float) -> slice:
    return slice(int(np.searchsorted(tdb, first)), int(np.searchsorted(tdb, last)) + 1)
