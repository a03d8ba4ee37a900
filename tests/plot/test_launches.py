"""Pictures of launch windows: every day is there once, in the colour of its cost or the tint of its reason."""

import subprocess
import sys
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from matplotlib.dates import date2num
from matplotlib.figure import Figure

from lunarplan import InputError, plot
from lunarplan.plot import launch_cells
from lunarplan.windows.answer import Windows
from tests.plot.pictures import cut_off, overlapping, written
from tests.windows.made import NORTH, closed, dataset, random

SPANS = {
    "a week": Windows(dataset(7)),
    "of one azimuth": Windows(dataset(20, azimuth_deg=[90.0])),
    "one cell": Windows(dataset(1, opportunity=[NORTH], arrival=[NORTH], tof_days=[4.5], azimuth_deg=[90.0])),
    "every kind": Windows(closed(closed(random(4), 1, [-9.0, 4.0], launch_day=2), -1, launch_day=4)),
    "none open": Windows(closed(dataset(30), 2, [4.0, -20.0])),
    "no transfer": Windows(closed(dataset(30), -2)),
    "two years": Windows(closed(dataset(800), -1, launch_day=slice(None, None, 3))),
    "many rules": Windows(dataset(60, constraints=[(f"rule number {k}", "", 1.0) for k in range(9)])),
}
for _k in range(9):
    SPANS["many rules"].dataset["code"].values[5 * _k : 5 * _k + 5] = _k + 1
DRAWN = {"calendar": plot.launch_calendar, "porkchop": plot.launch_porkchop}


def figure(draw: Any, windows: Windows) -> Figure:
    drawn = draw(windows)
    return drawn if isinstance(drawn, Figure) else drawn.figure


def boxes(ax: Any, *, cost: bool) -> Any:
    """Corners of the boxes that are coloured by cost, or of those that are not: float64[n, 4, 2]."""
    found = [c for c in ax.collections if isinstance(c, PolyCollection) and (c.get_array() is not None) == cost]
    corners = [path.vertices[:4] for one in found for path in one.get_paths()]
    return np.array(corners).reshape(-1, 4, 2)


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize(
    "draw", [*DRAWN.values(), plot.launch_years, plot.launch_phases], ids=[*DRAWN, "years", "phases"]
)
def test_nothing_is_cut_off_or_written_over(span: str, draw: Any) -> None:
    picture = figure(draw, SPANS[span])
    assert cut_off(picture) == []
    assert overlapping(picture) == []


@pytest.mark.parametrize("span", SPANS)
def test_every_day_and_flight_time_has_one_box_in_the_porkchop(span: str) -> None:
    windows = SPANS[span]
    ax = plot.launch_porkchop(windows)
    best = windows.over("launch_day", "tof_s")
    assert len(boxes(ax, cost=True)) == (best["code"].values == 0).sum()
    corners = np.concatenate([boxes(ax, cost=True), boxes(ax, cost=False)])
    assert len(corners) == best["code"].size
    area = np.abs((corners[:, 2] - corners[:, 0]).prod(axis=1)).sum()
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    assert area == pytest.approx((right - left) * (high - low)), "they fill the axes"


def test_the_porkchop_has_the_cheapest_of_each_day_and_flight_time() -> None:
    windows = SPANS["every kind"]
    ax = plot.launch_porkchop(windows)
    (filled,) = [c for c in ax.collections if c.get_array() is not None]
    cost = np.nanmin(np.where(windows.open, windows.cost_m_s, np.inf), axis=(1, 2, 4)).ravel()
    assert np.asarray(filled.get_array()) == pytest.approx(cost[np.isfinite(cost)])


def test_bands_are_the_daily_windows() -> None:
    """Two opportunities a day, each four hours long: at 6 h, and at 18 h."""
    ax = plot.launch_calendar(SPANS["a week"])
    corners = boxes(ax, cost=True)
    assert len(corners) == 14
    spans = {(round(c[0, 1], 6), round(c[2, 1], 6)) for c in corners}
    assert spans == {(6.0, 10.0), (18.0, 22.0)}
    first = date2num(np.datetime64("2024-02-10"))
    assert sorted({int(np.floor(c[0, 0])) for c in corners}) == [int(first) + k for k in range(7)]
    assert ax.get_xlim() == (first, first + 7.0)
    assert ax.get_ylim() == (0.0, 24.0)


def test_a_band_over_midnight_goes_on_below() -> None:
    made = dataset(3, opportunity=[NORTH])
    made["launch_tdb"].values[:] += 15.0 * 3600.0
    made["launch_tdb"].values[..., 2] -= 24.0 * 3600.0
    corners = boxes(plot.launch_calendar(Windows(made)), cost=True)
    spans = sorted((int(c[0, 0] - corners[:, :, 0].min()), round(c[0, 1], 6), round(c[2, 1], 6)) for c in corners)
    assert (0, 21.0, 24.0) in spans
    assert (1, 0.0, 1.0) in spans
    assert max(high for _, _, high in spans) <= 24.0


def test_closed_days_are_tinted_from_top_to_bottom() -> None:
    ax = plot.launch_calendar(Windows(closed(dataset(6), 1, [-1.0, 4.0], launch_day=[1, 4])))
    corners = boxes(ax, cost=False)
    first = date2num(np.datetime64("2024-02-10"))
    assert [tuple(c[0]) + tuple(c[2]) for c in corners] == [
        (first + 1.0, 0.0, first + 2.0, 24.0),
        (first + 4.0, 0.0, first + 5.0, 24.0),
    ]


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
@pytest.mark.parametrize("days", [1, 2, 3, 10, 40, 300])
def test_dates_are_written_and_no_hours(draw: Any, days: int) -> None:
    ax = draw(Windows(dataset(days)))
    written(ax.figure)
    labels = [text.get_text() for text in ax.get_xticklabels()]
    assert 2 <= len([label for label in labels if label]) <= 13
    assert not any(":" in label for label in labels)


def test_days_of_months_stand_where_they_belong() -> None:
    picture = plot.launch_years(Windows(dataset(60)))
    ax = picture.axes[0]
    corners = boxes(ax, cost=True)
    assert len(corners) == 60
    month = [date2num(np.datetime64(f"2024-{m:02d}-01")) for m in (2, 3, 4, 5)]
    assert tuple(corners[0, 0]) == (month[0], 9.5)
    assert tuple(corners[0, 2]) == (month[1], 10.5)
    assert tuple(corners[-1, 0]) == (month[2], 8.5)
    assert ax.get_xlim() == (month[0], month[3])


def test_the_moon_of_each_month() -> None:
    made = dataset(60, azimuth_deg=[90.0])
    reach = float(Windows(made).inclination_deg[0])
    made["declination_margin"].values[:] = reach - 20.0
    made["declination_margin"].values[25] = reach - 28.0  # 6 March
    above = plot.launch_years(Windows(made)).axes[-1]
    (stairs,) = [patch for patch in above.patches if hasattr(patch, "get_data")]
    assert stairs.get_data().values == pytest.approx([20.0, 28.0, 20.0])
    (line,) = above.lines
    assert line.get_ydata()[0] == pytest.approx(reach)


@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_the_best_is_starred(draw: Any) -> None:
    windows = SPANS["a week"]
    (star,) = [line for line in draw(windows).lines if line.get_marker() == "*"]
    assert star.get_xdata()[0] == date2num(np.datetime64("2024-02-11T12"))
    assert star.get_ydata()[0] == pytest.approx(8.0 if draw is plot.launch_calendar else 4.0)


@pytest.mark.parametrize(
    "draw", [*DRAWN.values(), plot.launch_years, plot.launch_phases], ids=[*DRAWN, "years", "phases"]
)
def test_the_key_names_the_reasons_there_are_and_the_cost_has_a_unit(draw: Any) -> None:
    windows = Windows(closed(dataset(6), 1, [-1.0, 4.0], launch_day=[1, 4]))
    texts = {text.get_text() for text in written(figure(draw, windows))}
    assert {"Sun at landing", "TLI + LOI (m/s)"} <= texts
    assert "TLI delta-v" not in texts
    assert "TLI + LOI (m/s)" not in {t.get_text() for t in written(figure(draw, SPANS["none open"]))}


@pytest.mark.parametrize(
    "draw", [*DRAWN.values(), plot.launch_years, plot.launch_phases], ids=[*DRAWN, "years", "phases"]
)
def test_no_days(draw: Any) -> None:
    with pytest.raises(InputError, match="no days to draw"):
        draw(Windows(dataset(0)))


def test_reasons_differ_in_tint_and_hatch() -> None:
    looks = [launch_cells._look(code, True) for code in (-3, -2, -1, 1, 2, 3, 4, 5, 6)]
    assert len({look["facecolor"] for look in looks}) == len({look["hatch"] for look in looks}) == len(looks)
    many = [tuple(launch_cells._look(code, True).items()) for code in range(1, 37)]
    assert len(set(many)) == 36


@pytest.mark.parametrize("method", ["plot_calendar", "plot_porkchop", "plot_years", "plot_phases"])
def test_windows_draw_themselves(method: str) -> None:
    before = dict(mpl.rcParams)
    assert isinstance(getattr(SPANS["a week"], method)(), Figure)
    assert dict(mpl.rcParams) == before


def test_on_axes_of_ones_own() -> None:
    with plot.house_style():
        own = Figure(figsize=(7.0, 5.0), layout="constrained")
        axes = own.subplots(2, 1)
        assert plot.launch_calendar(SPANS["every kind"], axes[0]) is axes[0]
        assert plot.launch_porkchop(SPANS["every kind"], axes[1]) is axes[1]
        own.draw_without_rendering()
    assert cut_off(own) == []
    assert overlapping(own) == []


def test_matplotlib_is_loaded_when_a_picture_is_asked_for() -> None:
    script = "import sys, lunarplan.windows.answer; assert 'matplotlib' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_days_stand_at_the_phase_of_the_moon_in_the_lunation_they_are_of() -> None:
    """Every day once, cut at new Moons; from bottom to top a column is a lunation without a gap."""
    windows = Windows(closed(dataset(90), 1, [-9.0, 4.0], launch_day=slice(None, None, 4)))
    ax = plot.launch_phases(windows)
    corners = np.concatenate([boxes(ax, cost=True), boxes(ax, cost=False)])
    turned = np.unwrap(windows.moon_phase_deg, period=360.0)
    assert len(corners) == 90 + int(turned[-1] // 360.0 - turned[0] // 360.0)
    height = corners[:, 2, 1] - corners[:, 0, 1]
    assert height.sum() == pytest.approx(turned[-1] - turned[0])
    assert (corners[:, :, 1] >= 0.0).all()
    assert (corners[:, :, 1] <= 360.0).all()
    columns = np.unique(corners[:, 0, 0].round(6))
    assert np.diff(columns) == pytest.approx(29.5, abs=0.5)
    whole = [height[np.abs(corners[:, 0, 0] - x) < 1e-3].sum() for x in columns[1:-1]]
    assert whole == pytest.approx([360.0] * len(whole))
