"""Stretches of time in which something holds, place by place: found between samples, joined, met and turned over."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.epochs import utc_iso
from lunarplan.model.rows import scalar
from lunarplan.terrain import labels
from lunarplan.terrain.times import utc_stamps

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

_ROOT_S = 0.1  # a second is promised
_DIP_S = 1.0
_NEAR_THE_ENDS = 1e-3  # of a step
_DIP_REACH = 2.0  # times the change to its neighbours: what a sample may be from zero and be looked at more closely


@dataclass(frozen=True)
class Intervals:
    """When something holds at places, in order of place and time; no two of a place touch.

    what        : "light", "dsn", ...
    places      : how many there are, also those without an interval
    start_tdb, end_tdb : the span that was looked at
    place       : int64[K], of each interval
    begins_tdb, ends_tdb : float64[K]
    """

    what: str
    places: int
    start_tdb: float
    end_tdb: float
    place: Integers
    begins_tdb: Floats
    ends_tdb: Floats

    def __len__(self) -> int:
        return len(self.place)

    def __repr__(self) -> str:
        span = f"{utc_iso(self.start_tdb, 0)} to {utc_iso(self.end_tdb, 0)}"
        return f"<Intervals {self.what!r}: {len(self)} at {self.places} places, {span}>"

    @property
    def span_s(self) -> float:
        return self.end_tdb - self.start_tdb

    @property
    def duration_s(self) -> Floats:
        """float64[K]"""
        return self.ends_tdb - self.begins_tdb

    @property
    def cut(self) -> NDArray[np.bool_]:
        """bool[K]: it reaches the beginning or the end of the span, and may be longer than is known."""
        return np.asarray((self.begins_tdb <= self.start_tdb) | (self.ends_tdb >= self.end_tdb))

    @property
    def total_s(self) -> Floats:
        """float64[places]"""
        return np.bincount(self.place, self.duration_s, self.places).astype(float)

    @property
    def fraction(self) -> Floats:
        """Of the span, float64[places]."""
        return np.asarray(self.total_s / self.span_s)

    @property
    def count(self) -> Integers:
        return np.bincount(self.place, minlength=self.places)

    @property
    def longest_s(self) -> Floats:
        """Length of the longest interval of each place, float64[places]; 0 where there is none."""
        longest = np.zeros(self.places)
        np.maximum.at(longest, self.place, self.duration_s)
        return longest

    @property
    def longest(self) -> Intervals:
        """The longest interval of each place that has one."""
        order = np.lexsort((self.begins_tdb, -self.duration_s, self.place))
        first = np.unique(self.place[order], return_index=True)[1]
        return self._some(order[first])

    def at(self, place: int) -> Intervals:
        """Those of one place, as if there were no other."""
        if not 0 <= place < self.places:
            raise InputError(f"place {place}", where="Intervals.at", allowed=f"0 to {self.places - 1}")
        mine = self.place == place
        kept = self.begins_tdb[mine], self.ends_tdb[mine]
        return Intervals(self.what, 1, self.start_tdb, self.end_tdb, np.zeros(mine.sum(), np.int64), *kept)

    def longer_than(self, seconds: float) -> Intervals:
        return self._some(np.flatnonzero(self.duration_s > seconds))

    def holds(self, place: int, tdb: ArrayLike) -> NDArray[np.bool_]:
        """True for epochs (...) inside an interval of a place."""
        mine = self.at(place)
        edges = np.column_stack([mine.begins_tdb, mine.ends_tdb]).ravel()
        return np.asarray(np.searchsorted(edges, np.asarray(tdb, float), side="right") % 2 == 1)

    def gaps(self, what: str = "") -> Intervals:
        """The time between, with what lies before the first and after the last: together they fill the span."""
        return _where(what or f"no {self.what}", [self], lambda inside: inside[0] == 0)

    def and_(self, *others: Intervals, what: str = "") -> Intervals:
        """When all hold; raises InputError for intervals of other places or another span."""
        every = [self, *others]
        return _where(what or " and ".join(e.what for e in every), every, lambda inside: inside.min(axis=0) > 0)

    def or_(self, *others: Intervals, what: str = "") -> Intervals:
        """When at least one holds; raises InputError as `and_`."""
        every = [self, *others]
        return _where(what or " or ".join(e.what for e in every), every, lambda inside: inside.max(axis=0) > 0)

    def dataset(self) -> xr.Dataset:
        """As a table: a row an interval."""
        import xarray as xr

        seconds = {"units": "s", "long_name": "TDB seconds past J2000"}
        columns = {
            "place": ("interval", self.place, {"long_name": "index of the place"}),
            "begins_tdb": ("interval", self.begins_tdb, seconds),
            "ends_tdb": ("interval", self.ends_tdb, seconds),
            "begins": ("interval", utc_stamps(self.begins_tdb), {"long_name": "UTC"}),
            "ends": ("interval", utc_stamps(self.ends_tdb), {"long_name": "UTC"}),
            "duration_h": ("interval", self.duration_s / 3600.0, {"units": "h"}),
            "cut": ("interval", self.cut, {"long_name": "reaches an end of the span"}),
            "fraction": ("site", self.fraction, {"units": "1", "long_name": f"of the span with {self.what}"}),
            "longest_h": ("site", self.longest_s / 3600.0, {"units": "h"}),
            "longest_gap_h": ("site", self.gaps().longest_s / 3600.0, {"units": "h"}),
        }
        told = labels.program() | {"what": self.what, **labels.told_span(self.start_tdb, self.end_tdb)}
        return xr.Dataset(columns, attrs=told)

    def _some(self, which: NDArray[np.intp]) -> Intervals:
        kept = self.place[which], self.begins_tdb[which], self.ends_tdb[which]
        return Intervals(self.what, self.places, self.start_tdb, self.end_tdb, *kept)


def _where(what: str, every: list[Intervals], rule: Callable[[Integers], NDArray[np.bool_]]) -> Intervals:
    """Where a rule holds for the number of intervals of each kind that are open."""
    first = every[0]
    if any((e.places, e.start_tdb, e.end_tdb) != (first.places, first.start_tdb, first.end_tdb) for e in every):
        raise InputError("of other places, or of another span", where="Intervals", remedy="look for both in one span")
    found = [_of_place(i, every, rule) for i in range(first.places)]
    place = np.repeat(np.arange(first.places), [len(f) for f in found])
    edges = np.concatenate([*found, np.empty((0, 2))])
    return Intervals(what, first.places, first.start_tdb, first.end_tdb, place, edges[:, 0].copy(), edges[:, 1].copy())


def _of_place(i: int, every: list[Intervals], rule: Callable[[Integers], NDArray[np.bool_]]) -> Floats:
    """Begin and end, float64[K, 2], where the rule holds between the edges of all intervals of one place."""
    begins = [e.begins_tdb[e.place == i] for e in every]
    ends = [e.ends_tdb[e.place == i] for e in every]
    edges = np.unique(np.concatenate([[every[0].start_tdb, every[0].end_tdb], *begins, *ends]))
    left = edges[:-1]
    inside = np.array(
        [
            np.searchsorted(b, left, side="right") - np.searchsorted(e, left, side="right")
            for b, e in zip(begins, ends, strict=True)
        ]
    )
    return joined(edges, rule(inside))


def joined(edges: Floats, holds: NDArray[np.bool_]) -> Floats:
    """Begin and end, float64[K, 2], of runs of stretches edges[k] to edges[k + 1] in which something holds."""
    change = np.diff(np.concatenate([[0], holds.astype(np.int8), [0]]))
    return np.column_stack([edges[np.flatnonzero(change > 0)], edges[np.flatnonzero(change < 0)]])


class Margins(Protocol):
    """Something that is positive where what is looked for holds, at each of some places, and continuous in time."""

    @property
    def places(self) -> int: ...

    def clearances(self, tdb: Floats) -> Iterable[Floats]:
        """At all epochs (T,), one place after the other."""

    def clearance(self, place: Integers, tdb: Floats) -> Floats:
        """Of rows (M,), a place and an epoch each."""


def find(what: str, margins: Margins, start_tdb: float, end_tdb: float, step_s: float) -> Intervals:
    """When a margin is positive, to a second.

    step_s : between samples. Where a sample is nearer to zero than its neighbours, and so near that zero may lie
        between them, the nearest point is looked for; what comes and goes within a step in another way is not seen

    Raises InputError for a span without length and a step that is none.
    """
    scalar("step_s", step_s, 1e-3, 1e9, "s")
    if not end_tdb > start_tdb:
        raise InputError("the span has no length", where="end", allowed="an epoch after the start")
    samples = _samples(start_tdb, end_tdb, step_s)
    found = [_found(margins, i, samples, values) for i, values in enumerate(margins.clearances(samples))]
    place = np.repeat(np.arange(len(found)), [len(f) for f in found])
    edges = np.concatenate([*found, np.empty((0, 2))])
    return Intervals(what, len(found), start_tdb, end_tdb, place, edges[:, 0].copy(), edges[:, 1].copy())


def _samples(start_tdb: float, end_tdb: float, step_s: float) -> Floats:
    """Even steps, and one sample close to either end: what comes and goes in the first step has a neighbour there."""
    steps = max(int(np.ceil((end_tdb - start_tdb) / step_s)), 2)
    near = _NEAR_THE_ENDS * (end_tdb - start_tdb) / steps
    even = np.linspace(start_tdb, end_tdb, steps + 1)
    return np.unique(np.concatenate([even, [start_tdb + near, end_tdb - near]]))


def _found(margins: Margins, place: int, samples: Floats, values: Floats) -> Floats:
    def value(tdb: Floats) -> Floats:
        flat = np.ravel(tdb)
        return margins.clearance(np.full(len(flat), place), flat).reshape(np.shape(tdb))

    t, v = _with_dips(value, samples, values)
    above = v > 0.0
    crossed = np.flatnonzero(above[1:] != above[:-1])
    roots = _roots(value, t[crossed], t[crossed + 1])
    edges = np.concatenate([samples[:1], roots, samples[-1:]])
    turn = np.arange(len(edges) - 1) % 2 == 0
    return joined(edges, turn if above[0] else ~turn)


def _with_dips(value: Callable[[Floats], Floats], t: Floats, v: Floats) -> tuple[Floats, Floats]:
    """Samples and values, and among them the points nearest to zero that the samples step over."""
    middle = _near(v)
    if not len(middle):
        return t, v
    from scipy.optimize.elementwise import find_minimum  # slow to import

    side = np.where(v[middle] > 0.0, 1.0, -1.0)
    tolerances = {"xatol": _DIP_S, "xrtol": 0.0, "fatol": 0.0, "frtol": 0.0}
    brackets = t[middle - 1], t[middle], t[middle + 1]
    found = find_minimum(lambda tdb, side: side * value(tdb), brackets, args=(side,), tolerances=tolerances)
    every, values = np.concatenate([t, found.x]), np.concatenate([v, side * found.f_x])
    order = np.argsort(every, kind="stable")
    return every[order], values[order]


def _near(v: Floats) -> NDArray[np.intp]:
    """Samples nearer to zero than their neighbours on the same side, by half their distance from it or more."""
    here, before, after = (np.abs(part) for part in (v[1:-1], v[:-2], v[2:]))
    above = v > 0.0
    alike = (above[1:-1] == above[:-2]) & (above[1:-1] == above[2:])
    dips = (here <= before) & (here <= after)
    change = np.maximum(before - here, after - here)
    return np.flatnonzero(alike & dips & (here <= _DIP_REACH * change)) + 1


def _roots(value: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    if not len(low):
        return np.empty(0)
    from scipy.optimize.elementwise import find_root  # slow to import

    found = find_root(value, (low, high), tolerances={"xatol": _ROOT_S, "xrtol": 0.0, "fatol": 0.0, "frtol": 0.0})
    if not found.success.all():
        raise ConvergenceError("an edge could not be refined", where="intervals.find")
    return np.asarray(found.x)
