"""Labels: side by side, grouped, clear of curves and of one another."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from scipy.optimize import minimize

from lunarplan.plot.flight import Mark
from lunarplan.plot.labels import Labels, caption, spread, together
from tests.tolerances import LABEL_PLACE_PT

_PLACES = st.lists(st.floats(0.0, 500.0), max_size=12).map(sorted)


@given(_PLACES)
def test_spread_keeps_room_and_order(places: list[float]) -> None:
    widths = np.linspace(5.0, 20.0, len(places))
    moved = spread(places, widths)
    room = 0.5 * (widths[1:] + widths[:-1])
    assert (np.diff(moved) >= room - LABEL_PLACE_PT).all()


def test_spread_leaves_alone_what_is_apart() -> None:
    places = np.array([0.0, 10.0, 25.0])
    np.testing.assert_allclose(spread(places, [10.0, 10.0, 10.0]), places, atol=LABEL_PLACE_PT)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.0, 40.0), min_size=2, max_size=6).map(sorted))
def test_spread_is_the_least_squares_solution(places: list[float]) -> None:
    """Against a general solver of the same problem."""
    widths = np.full(len(places), 8.0)
    apart = {"type": "ineq", "fun": lambda x: np.diff(x) - 8.0}
    start = np.array(places[0] + 8.0 * np.arange(len(places)))
    best = minimize(lambda x: ((x - places) ** 2).sum(), start, constraints=apart, method="SLSQP", tol=1e-12)
    np.testing.assert_allclose(spread(places, widths), best.x, atol=1e-3)


def test_spread_ends_before_the_edge() -> None:
    moved = spread([10.0, 88.0, 89.0, 90.0], [10.0] * 4, high=95.0)
    np.testing.assert_allclose(moved, [10.0, 70.0, 80.0, 90.0], atol=LABEL_PLACE_PT)
    best = minimize(
        lambda x: float(((x - [10.0, 88.0, 89.0, 90.0]) ** 2).sum()), [5.0, 20.0, 30.0, 40.0],
        constraints=[{"type": "ineq", "fun": lambda x: np.append(np.diff(x) - 10.0, 90.0 - x[-1])}],
    )  # fmt: skip
    np.testing.assert_allclose(moved, best.x, atol=1e-3)


def test_spread_of_nothing() -> None:
    assert spread([], []).shape == (0,)


def test_together_groups_what_is_near_the_first() -> None:
    places = np.array([[0.0, 0.0], [50.0, 0.0], [3.0, 4.0], [9.0, 0.0]])
    assert together(places, 7.0) == [[0, 2], [1], [3]]


@pytest.mark.parametrize(
    ("names", "burns", "expected"),
    [
        (["launch"], [], "launch"),
        (["launch", "parking orbit"], [], "launch,\nparking orbit"),
        (["launch", "parking orbit", "TLI"], ["TLI"], "TLI"),
        (["LOI-1", "perilune", "LOI-2", "LOI-3", "end of plan"], ["LOI-1", "LOI-2", "LOI-3"], "LOI-1 to LOI-3"),
    ],
)
def test_burns_speak_for_a_group(names: list[str], burns: list[str], expected: str) -> None:
    assert caption([Mark(name, 0.0, name in burns) for name in names]) == expected


def test_names_keep_clear_of_the_curve_and_of_one_another() -> None:
    figure = Figure(figsize=(4.0, 3.0))
    FigureCanvasAgg(figure)
    ax = figure.add_subplot(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5))
    angle = np.linspace(0.0, 2.0 * np.pi, 500)
    curve = np.column_stack([np.cos(angle), np.sin(angle)])
    marks = [Mark(f"event {i}", float(i), i % 2 == 0) for i in range(7)]
    Labels(ax, curve).mark(marks, curve[:490:70])
    boxes = [Text.get_window_extent(text) for text in ax.texts]
    assert [text.get_text() for text in ax.texts] == [mark.name for mark in marks]
    assert not any(one.overlaps(other) for one, other in combinations(boxes, 2))
    pixels = ax.transData.transform(curve)
    assert not any(box.count_contains(pixels) for box in boxes)
    assert all(ax.bbox.count_contains(box.corners()) == 4 for box in boxes)


def test_a_name_chooses_the_emptier_end() -> None:
    figure = Figure(figsize=(4.0, 3.0))
    FigureCanvasAgg(figure)
    ax = figure.add_subplot(xlim=(0.0, 10.0), ylim=(-1.0, 1.0))
    x = np.linspace(0.0, 10.0, 2000)
    busy = np.column_stack([x, np.where(x < 7.0, np.sin(60.0 * x), 0.0)])
    labels = Labels(ax, busy)
    labels.name_one_of(np.array([[1.0, 0.0], [3.0, 0.0], [8.5, 0.0]]), "here", leader=True, color="black")
    assert ax.texts[0].xy == (8.5, 0.0)


def test_curves_outside_and_missing_do_not_matter() -> None:
    figure = Figure(figsize=(4.0, 3.0))
    FigureCanvasAgg(figure)
    ax = figure.add_subplot(xlim=(0.0, 1.0), ylim=(0.0, 1.0))
    curve = np.array([[np.nan, np.nan], [5.0, 5.0], [6.0, 7.0], [np.nan, 0.0]])
    Labels(ax, curve).name(np.array([0.5, 0.5]), "middle")
    assert ax.bbox.count_contains(Text.get_window_extent(ax.texts[0]).corners()) == 4
