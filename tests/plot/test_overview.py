"""The page."""

from typing import Any

import pytest
from matplotlib.figure import Figure

from lunarplan import plot
from lunarplan.plan.timeline import Event
from tests.plot import made
from tests.plot.pictures import cut_off, overlapping, written


def test_nothing_written_covers_anything_written(plan: Any) -> None:
    assert overlapping(plot.overview(plan)) == []


def test_nothing_written_is_cut_off(plan: Any) -> None:
    assert cut_off(plot.overview(plan)) == []


@pytest.mark.parametrize("hours", [-2.0, -1.0, 1.0])
def test_a_date_at_the_end_is_not_cut_off_either(hours: float) -> None:
    """The made-up flight begins at six in the morning: it ends so long after a midnight, or before one."""
    ends = made.START_TDB + 4.75 * made.DAY_S + hours * 3600.0
    page = plot.overview(made.plan(made.EVENTS[:-1], made.MadeTrajectory(end_tdb=ends)))
    assert cut_off(page) == []


@pytest.mark.parametrize("name", ["inertial", "rotating", "closeup", "altitude", "speed"])
def test_the_same_holds_for_each_picture_alone(name: str, plan: Any) -> None:
    figure = getattr(plot, name)(plan).figure
    assert overlapping(figure) == []
    assert cut_off(figure) == []
    assert figure.get_size_inches()[0] == plot.COLUMN_IN


def test_the_page_says_what_it_shows(plan: Any) -> None:
    figure = plot.overview(plan)
    texts = [text.get_text() for text in written(figure)]
    assert "Made up" in texts
    assert {"Event", "UTC, 2027–2028", "Δv (m/s)"} <= set(texts)
    assert "3130.0" in texts
    assert figure.get_size_inches()[0] == plot.PAGE_IN
    assert len(figure.axes) == 5


def test_a_trajectory_has_a_page_too(plan: Any) -> None:
    figure = plot.overview(plan.trajectory)
    assert overlapping(figure) == []
    assert len(figure.axes) == 5


def test_more_events_than_there_is_room_for(plan: Any) -> None:
    more = tuple(Event(f"TCM-{i}", made.START_TDB + i * 20000.0, "", 0.001, 0.0, "main") for i in range(1, 18))
    along = Event("ascender lift-off", more[0].epoch_tdb)
    texts = [text.get_text() for text in written(plot.overview(made.plan((*made.EVENTS, along, *more))))]
    assert "and 5 more" in texts
    assert along.name not in texts[texts.index("Event") :]


def test_twenty_events_have_room_in_the_table(plan: Any) -> None:
    more = tuple(Event(f"TCM-{i}", made.START_TDB + i * 20000.0, "", 0.001, 0.0, "main") for i in range(1, 13))
    texts = [text.get_text() for text in written(plot.overview(made.plan((*made.EVENTS, *more))))]
    assert not any("more" in text for text in texts)


@pytest.mark.parametrize("kind", ["png", "pdf", "svg"])
def test_pages_can_be_saved(kind: str, plan: Any, tmp_path: Any) -> None:
    path = tmp_path / f"page.{kind}"
    plot.overview(plan).savefig(path, dpi=100)
    assert path.stat().st_size > 10_000


def test_a_plan_plots_itself() -> None:
    from lunarplan import Plan
    from tests.plan.made import mission, solution

    figure = Plan.of(mission(), solution()).plot()
    assert isinstance(figure, Figure)
    figure.canvas.draw()
