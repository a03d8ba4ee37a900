"""Pictures of sites and surveys: what is drawn is what was found."""

from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from lunarplan import Setting, survey
from lunarplan.plot.site_calendar import light_calendar
from lunarplan.plot.site_horizon import horizon_panorama
from lunarplan.plot.survey import margin_maps, survey_map
from lunarplan.sites.criterion import Unknown, criterion
from tests.sites.made import View, cone, square

SPAN = ("2028-01-01", "2028-03-31")


@pytest.fixture(scope="module")
def found() -> Any:
    asked = [
        criterion("height", lambda e: e.height_m, unit="m", at_least=1900.0, scale=100.0),
        criterion("dark", lambda e: Unknown("nobody looked"), at_least=1.0),
    ]
    return survey(square(), asked, *SPAN, Setting(terrain=cone()), count=4)


def test_the_panorama_shows_the_horizon_and_breaks_tracks_at_north() -> None:
    view = View()
    ax = horizon_panorama(view, title="here")
    skyline = ax.lines[0].get_ydata()
    assert skyline[:-1].tolist() == view.horizon_deg.tolist()
    assert skyline[0] == skyline[-1]
    for line in ax.lines[1:-1]:
        x = np.asarray(line.get_xdata(), float)
        assert not (np.abs(np.diff(x)) > 180.0).any()
    low, high = ax.get_ylim()
    assert low < view.horizon_deg.min()
    assert high > view.earth.elevation_deg.max()


def test_the_calendar_has_a_row_for_each_synodic_month() -> None:
    view = View(days=60.0)
    ax = light_calendar(view, title="here")
    image = np.asarray(ax.images[0].get_array())
    assert image.shape[0] == 3
    assert image.shape[1] == round(29.530589 * 12)
    assert (image[2, -1] == 1.0).all()  # after the end
    first = to_rgb("#FFF3B8") if view.earth_seen[0] else to_rgb("#F0B429")
    dark = to_rgb("#3B5C86") if view.earth_seen[0] else to_rgb("#1B1B26")
    expected = np.array(dark) + view.sun_fraction[0] * (np.array(first) - dark)
    assert image[0, 0] == pytest.approx(expected, abs=0.02)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["2028-01-01", "2028-01-30", "2028-02-29"]


def test_many_years_of_calendar_name_some_rows() -> None:
    ax = light_calendar(View(days=3000.0, step_h=24.0))
    assert 13 <= len(ax.get_yticks()) <= 26


def test_the_survey_map_has_the_best_sites_and_says_what_is_not_decided(found: Any) -> None:
    ax = survey_map(found)
    numbers = [text.get_text() for text in ax.texts if text.get_text().isdigit()]
    assert numbers == [str(spot.rank) for spot in found.best if spot.status != "not feasible"]
    assert numbers
    assert any("not decided by this terrain" in text.get_text() for text in ax.texts)
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["not decided"]


def test_margins_are_drawn_in_their_units_and_the_unknown_says_why(found: Any) -> None:
    figure = margin_maps(found)
    panels = [ax for ax in figure.axes if ax.get_title(loc="left")]
    assert len(panels) == 2
    first, second = panels
    drawn = np.ma.filled(first.images[1].get_array(), np.nan)
    inside = found.dataset["status"].values > -2
    assert drawn[inside] == pytest.approx(found.dataset["margin"].values[0][inside])
    assert len(second.images) == 1
    assert any("nobody looked" in text.get_text() for text in second.texts)


def test_colours_change_where_a_margin_is_nought(found: Any) -> None:
    norm = margin_maps(found).axes[0].images[1].norm
    assert norm(0.0) == pytest.approx(0.5)
