"""The flight about the Moon."""

from typing import Any

import numpy as np
import pytest
from matplotlib.patches import Circle

from lunarplan import plot
from lunarplan.model.constants import RADIUS_KM
from lunarplan.plot import style
from lunarplan.plot.closeup import orbit_plane, shown_km
from lunarplan.plot.flight import Flight
from tests.plot import made
from tests.plot.pictures import curves
from tests.tolerances import CENTRE_CHANGE_ROUNDING_KM, DRAWN_RELATIVE


def test_distances_from_the_moon_are_kept(plan: Any) -> None:
    """The made-up orbit lies in one plane, so its projection has its true size."""
    ax = plot.closeup(plan)
    drawn = [line for line in ax.lines if line.get_label() == "after LOI-1"]
    flight = Flight.of(plan)
    expected = flight.moon_range_km[flight.legs[2].rows] * 1e-3
    np.testing.assert_allclose(np.hypot(*drawn[0].get_data()), expected, rtol=DRAWN_RELATIVE)


def test_arrival_is_on_the_x_axis_and_flown_counterclockwise(flight: Flight) -> None:
    plane = orbit_plane(flight)
    np.testing.assert_allclose(plane @ plane.T, np.eye(2), atol=DRAWN_RELATIVE)
    place, velocity = flight.from_moon[flight.arrival].reshape(2, 3) @ plane.T
    assert place == pytest.approx((made.PERILUNE_KM, 0.0), abs=CENTRE_CHANGE_ROUNDING_KM)
    assert velocity[1] > 0.0


def test_stages_have_names_and_colours_of_their_own(plan: Any) -> None:
    ax = plot.closeup(plan)
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["approach", "burn", "after LOI-1", "after LOI-2"]
    colors = {line.get_color() for line in ax.lines if not line.get_label().startswith("_")}
    assert len(colors) == 4


def test_the_approach_is_shown_as_far_as_the_orbits_reach(plan: Any) -> None:
    ax, flight = plot.closeup(plan), Flight.of(plan)
    reach = shown_km(flight)
    assert reach >= flight.moon_range_km[flight.arrival :].max()
    drawn = np.concatenate([line.get_xydata() for color in style.STAGES for line in curves(ax, color=color)])
    assert np.nanmax(np.hypot(*drawn.T)) <= reach * 1e-3


def test_the_moon_is_to_scale_and_axes_have_units(plan: Any) -> None:
    ax = plot.closeup(plan)
    (moon,) = [patch for patch in ax.patches if isinstance(patch, Circle)]
    assert moon.radius == RADIUS_KM["moon"] * 1e-3
    assert ax.get_aspect() == 1.0
    assert all("10³ km" in text for text in (ax.get_xlabel(), ax.get_ylabel()))


def test_a_flight_that_passes_far_away_is_shown_where_it_is_nearest() -> None:
    far = made.MadeTrajectory(end_tdb=made.START_TDB + made.DAY_S)
    ax = plot.closeup(far)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["coast"]
    assert len(curves(ax, color=style.COAST)) == 1


def test_no_events(plan: Any) -> None:
    ax = plot.closeup(made.plan(events=()))
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["approach"]
