"""Altitude and speed against time."""

from typing import Any

import numpy as np
import pytest
from matplotlib.dates import num2date

from lunarplan import plot
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import utc_iso
from lunarplan.plot import style
from lunarplan.plot.flight import Flight
from tests.plot import made
from tests.plot.pictures import curves

_DRAWS = [plot.altitude, plot.speed]


def test_altitudes_are_those_of_the_trajectory(plan: Any) -> None:
    ax, tdb = plot.altitude(plan), Flight.of(plan).tdb
    for body, color in (("earth", style.EARTH), ("moon", style.INK)):
        (line,) = curves(ax, color=color)
        expected = np.linalg.norm(plan.trajectory.at(tdb, body)[:, :3], axis=1) - RADIUS_KM[body]
        np.testing.assert_array_equal(line.get_ydata(), expected)


def test_speeds_are_those_of_the_trajectory(plan: Any) -> None:
    ax, tdb = plot.speed(plan), Flight.of(plan).tdb
    for body, color in (("earth", style.EARTH), ("moon", style.INK)):
        (line,) = curves(ax, color=color)
        np.testing.assert_array_equal(line.get_ydata(), np.linalg.norm(plan.trajectory.at(tdb, body)[:, 3:], axis=1))


@pytest.mark.parametrize("draw", _DRAWS)
def test_every_event_has_a_line_and_a_name(draw: Any, plan: Any) -> None:
    ax = draw(plan)
    lines = sorted(line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 2)
    assert lines == pytest.approx([(event.epoch_tdb - made.EVENTS[0].epoch_tdb) / 86400.0 for event in made.EVENTS])
    names = {text.get_text().replace("\n", " ") for text in ax.texts}
    assert {event.name for event in made.EVENTS} <= names


@pytest.mark.parametrize("draw", _DRAWS)
def test_names_and_dates_can_be_left_out(draw: Any, plan: Any) -> None:
    ax = draw(plan, named=False, dated=False)
    assert len(ax.texts) == 2  # the names of the curves
    assert not ax.child_axes


@pytest.mark.parametrize("draw", _DRAWS)
def test_axes_have_units(draw: Any, plan: Any) -> None:
    ax = draw(plan)
    assert "(km" in ax.get_ylabel()
    assert ax.get_xlabel() == "Days since launch"
    (utc,) = ax.child_axes
    assert utc.get_xlabel() == "UTC, 2027–2028"


def test_the_axis_of_dates_says_when_it_is(plan: Any) -> None:
    ax = plot.altitude(plan)
    ax.figure.canvas.draw()
    (utc,) = ax.child_axes
    first, last = num2date(utc.get_xlim())
    day = ax.get_xlim()
    for date, days in ((first, day[0]), (last, day[1])):
        shown = date.strftime("%Y-%m-%dT%H:%M:%S")
        assert shown == utc_iso(made.EVENTS[0].epoch_tdb + days * 86400.0, 0).rstrip("Z")


def test_finite_burns_are_shaded(plan: Any) -> None:
    (shade,) = plot.altitude(plan).patches
    outline = shade.get_path().transformed(shade.get_patch_transform())
    assert outline.get_extents().width * 86400.0 == pytest.approx(made.LOI1_S, abs=1e-3)


@pytest.mark.parametrize("draw", _DRAWS)
def test_no_events(draw: Any, plan: Any) -> None:
    ax = draw(plan.trajectory)
    assert ax.get_xlabel() == "Days since start"
    assert len(ax.lines) == 2


def test_below_the_surface_is_off_the_scale() -> None:
    """A flight into the Moon ends at no altitude and hardly moving, which a logarithm does not reach."""

    class Impact(made.MadeTrajectory):
        def at(self, tdb: Any, center: str = "earth") -> Any:
            states = super().at(tdb, center)
            if center == "moon":
                states[-1] *= 1e-4
            return states

    for draw, least in ((plot.altitude, 1.0), (plot.speed, 0.01)):
        ax = draw(Impact())
        ax.figure.canvas.draw()
        assert ax.get_ylim()[0] >= least
