"""Pictures of aborts: both ways, in days and metres per second."""

import numpy as np

from lunarplan import plot
from lunarplan.plan.timeline import Event
from lunarplan.plot import style
from lunarplan.transfers.aborts.aborts import Aborts
from lunarplan.transfers.aborts.search import Way
from tests.plot.pictures import overlapping

DAY = 86400.0


def table(n=5):
    nothing, burn = np.zeros(n), np.zeros((n, 3))

    def way(days, delta_v):
        return Way(np.full(n, delta_v), np.full(n, days * DAY), nothing, burn, burn, *(nothing,) * 5)

    return Aborts(np.arange(n) * DAY, way(2.0, 1200.0), way(5.0, 80.0), np.full(n, 9), np.full(n, 9))


def test_both_ways_are_drawn_in_their_units():
    upper, lower = plot.aborts(table())
    assert [line.get_label() for line in upper.lines] == ["fastest", "cheapest"]
    np.testing.assert_allclose(upper.lines[0].get_ydata(), 2.0)
    np.testing.assert_allclose(lower.lines[1].get_ydata(), 80.0)
    assert upper.get_xlim() == lower.get_xlim() == (0.0, 4.0)


def test_time_counts_from_where_it_is_told_to():
    upper, _ = plot.aborts(table(), start_tdb=-2.0 * DAY)
    assert upper.get_xlim() == (2.0, 6.0)


class Planned:
    """What a picture asks of a plan."""

    def __init__(self, *events):
        self.timeline = tuple(Event(name, day * DAY, engine=engine) for name, day, engine in events)


def test_events_are_named_and_burns_stand_out():
    plan = Planned(("launch", -1.0, None), ("TLI", 0.5, "main"), ("eclipse", 0.505, None), ("perilune", 3.0, None))
    upper, lower = plot.aborts(table(), plan=plan)
    assert upper.get_xlim() == (1.0, 5.0)  # days from lift-off
    assert [text.get_text() for text in upper.texts] == ["TLI\neclipse", "perilune"]
    assert [line.get_color() for line in lower.lines[2:]] == [style.THRUST, style.FAINT]
    assert overlapping(upper.get_figure()) == []


def test_axes_of_ones_own():
    first = plot.aborts(table())
    again = plot.aborts(table(), axes=first)
    assert again == first
    assert len(first[0].lines) == 4


def test_no_moments_make_an_empty_picture():
    upper, _ = plot.aborts(table(0), start_tdb=0.0)
    assert upper.get_xlim() == (0.0, 1.0)


def test_one_moment_has_a_day_about_it():
    upper, _ = plot.aborts(table(1), start_tdb=0.0)
    assert upper.get_xlim() == (-0.5, 0.5)
