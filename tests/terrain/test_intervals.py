"""Stretches of time: found, joined, met and turned over."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.errors import InputError
from lunarplan.terrain.intervals import Intervals, find, joined
from tests.tolerances import INTERVAL_EDGE_S

HOUR = 3600.0


class Made:
    """Margins from functions of time, one a place."""

    def __init__(self, *functions):
        self.functions, self.asked = functions, 0

    @property
    def places(self):
        return len(self.functions)

    def clearances(self, tdb):
        return [f(tdb) for f in self.functions]

    def clearance(self, place, tdb):
        self.asked += len(tdb)
        return np.array([self.functions[p](t) for p, t in zip(place, tdb, strict=True)])


def wave(period_s, level=0.0):
    return lambda t: np.sin(2.0 * np.pi * t / period_s) - level


def intervals(*edges, places=1, place=0, span=(0.0, 100.0), what="made"):
    rows = np.reshape(np.array(edges, float), (-1, 2))
    return Intervals(what, places, *span, np.full(len(rows), place), rows[:, 0].copy(), rows[:, 1].copy())


def edges_of(found):
    return np.column_stack([found.begins_tdb, found.ends_tdb]).tolist()


def test_a_wave_is_over_its_level_when_it_is():
    found = find("wave", Made(wave(10 * HOUR, 0.5)), 0.0, 100 * HOUR, HOUR)
    begins = HOUR * (10.0 * np.arange(10) + 10.0 / 12.0)
    assert found.begins_tdb == pytest.approx(begins, abs=INTERVAL_EDGE_S)
    assert found.ends_tdb == pytest.approx(begins + 10 * HOUR / 3.0, abs=INTERVAL_EDGE_S)
    assert found.fraction == pytest.approx([1.0 / 3.0], abs=1e-6)
    assert not found.cut.any()


def test_a_minute_between_two_samples_is_found():
    """A wave that is over its level for some minutes, at samples four hours apart; and one that stays below."""
    short, none = wave(100 * HOUR, 0.99999), wave(100 * HOUR, 1.00001)
    made = Made(short, none)
    found = find("short", made, 0.0, 1000 * HOUR, 4.1 * HOUR)
    assert list(found.count) == [10, 0]
    expected = 100 * HOUR * np.arccos(0.99999) / np.pi
    assert found.duration_s == pytest.approx(expected, abs=2 * INTERVAL_EDGE_S)
    assert made.asked < 4000


@pytest.mark.parametrize("middle", [0.07, 0.3, 0.8, 99.2, 99.6, 99.97])
def test_minutes_in_the_first_and_in_the_last_step(middle):
    found = find("short", Made(lambda t: 60.0 - np.abs(t - middle * HOUR)), 0.0, 100 * HOUR, HOUR)
    assert edges_of(found) == [pytest.approx([middle * HOUR - 60.0, middle * HOUR + 60.0], abs=INTERVAL_EDGE_S)]


def test_always_never_and_by_the_day():
    found = find("made", Made(lambda t: 1.0 + 0 * t, lambda t: -1.0 + 0 * t, wave(40 * HOUR)), 0.0, 20 * HOUR, HOUR)
    assert list(found.count) == [1, 0, 1]
    assert found.fraction == pytest.approx([1.0, 0.0, 1.0], abs=1e-4)
    assert list(found.longest_s) == [found.span_s, 0.0, found.duration_s[1]]
    assert list(found.cut) == [True, True]
    assert list(found.gaps().longest_s[:2]) == [0.0, found.span_s]


def test_a_span_shorter_than_a_step():
    found = find("made", Made(lambda t: t - 40.0), 0.0, 60.0, HOUR)
    assert edges_of(found) == [[pytest.approx(40.0, abs=INTERVAL_EDGE_S), 60.0]]


def test_zero_is_not_over():
    assert len(find("made", Made(lambda t: 0.0 * t), 0.0, 100.0, 10.0)) == 0


def test_no_places():
    found = find("made", Made(), 0.0, 100.0, 10.0)
    assert (len(found), len(found.gaps()), found.longest_s.shape) == (0, 0, (0,))


@pytest.mark.parametrize(
    ("end", "step"), [(0.0, 1.0), (-1.0, 1.0), (np.nan, 1.0), (10.0, 0.0), (10.0, np.nan), (10.0, -1.0)]
)
def test_spans_and_steps_that_are_none(end, step):
    with pytest.raises(InputError):
        find("made", Made(wave(3.0)), 0.0, end, step)


LISTS = st.lists(st.integers(0, 20), max_size=12, unique=True).map(
    lambda edges: intervals(*sorted(edges)[: len(edges) // 2 * 2], span=(0.0, 20.0))
)


@given(LISTS, LISTS, LISTS)
def test_joined_met_and_turned_over_moment_by_moment(a, b, c):
    moments = np.arange(20) + 0.5
    inside = [x.holds(0, moments) for x in (a, b, c)]
    assert np.array_equal(a.gaps().holds(0, moments), ~inside[0])
    assert np.array_equal(a.and_(b, c).holds(0, moments), inside[0] & inside[1] & inside[2])
    assert np.array_equal(a.or_(b, c).holds(0, moments), inside[0] | inside[1] | inside[2])
    assert a.total_s + a.gaps().total_s == pytest.approx([20.0], abs=1e-12)
    assert a.total_s + b.total_s == pytest.approx(a.and_(b).total_s + a.or_(b).total_s, abs=1e-12)
    either = a.or_(b)
    assert (either.begins_tdb[1:] > either.ends_tdb[:-1]).all()
    assert edges_of(either.gaps().gaps()) == edges_of(either)


def test_places_do_not_mix():
    one, other = intervals(10, 20, places=2), intervals(15, 30, places=2, place=1)
    assert list(one.or_(other).count) == [1, 1]
    assert len(one.and_(other)) == 0
    assert list(one.gaps().count) == [2, 1]
    assert edges_of(other.at(1)) == [[15.0, 30.0]]
    assert len(other.at(0)) == 0


def test_the_longest_of_each_place():
    made = intervals(0, 5, 10, 30, 40, 60)
    assert edges_of(made.longest) == [[10.0, 30.0]]  # the first of equals
    assert edges_of(made.longer_than(5.0)) == [[10.0, 30.0], [40.0, 60.0]]
    assert list(made.cut) == [True, False, False]
    assert len(intervals().longest) == 0


def test_other_spans_and_places_do_not_meet():
    with pytest.raises(InputError, match="another span"):
        intervals(1, 2).and_(intervals(1, 2, span=(0.0, 99.0)))
    with pytest.raises(InputError, match="other places"):
        intervals(1, 2).or_(intervals(1, 2, places=2))
    with pytest.raises(InputError, match="place 1"):
        intervals(1, 2).at(1)


def test_a_table_and_a_line():
    made = intervals(0, 3600, 7200, 18000, span=(0.0, 18000.0), what="light")
    table = made.dataset()
    assert list(table.duration_h.values) == [1.0, 3.0]
    assert list(table.cut.values) == [True, True]
    assert str(table.begins.values[1])[:19] == "2000-01-01T13:58:55"  # TDB 14:00
    assert (float(table.longest_gap_h[0]), float(table.fraction[0])) == (1.0, 0.8)
    assert table.duration_h.attrs["units"] == "h"
    assert repr(made) == "<Intervals 'light': 2 at 1 places, 2000-01-01T11:58:56Z to 2000-01-01T16:58:56Z>"
    assert len(table.to_dataframe()) == 2


def test_runs_of_stretches():
    edges = np.arange(6.0)
    assert joined(edges, np.array([True, True, False, False, True])).tolist() == [[0.0, 2.0], [4.0, 5.0]]
    assert joined(edges, np.zeros(5, bool)).tolist() == []
