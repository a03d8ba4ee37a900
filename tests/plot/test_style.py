"""The look, and that it is nobody else's business."""

import subprocess
import sys
from itertools import pairwise
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from lunarplan import plot
from lunarplan.plot import style

_IMPORTS = """
import sys, lunarplan, lunarplan.plan.plan
assert "matplotlib" not in sys.modules, "lunarplan imports matplotlib"
import lunarplan.plot
assert "matplotlib.pyplot" not in sys.modules, "lunarplan.plot imports pyplot"
"""


def _lightness(color: str) -> float:
    """Return CIE L*, 0 to 100, of a colour: what is left of it in a grey print."""
    c = np.array(to_rgb(color))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    y = linear @ (0.2126, 0.7152, 0.0722)
    return float(116.0 * np.cbrt(y) - 16.0)


def test_matplotlib_is_loaded_when_a_plot_is_asked_for() -> None:
    subprocess.run([sys.executable, "-c", _IMPORTS], check=True)


def test_the_callers_settings_are_left_alone(plan: Any) -> None:
    before = dict(mpl.rcParams)
    plot.overview(plan)
    assert dict(mpl.rcParams) == before


def test_the_callers_settings_do_not_reach_the_pictures(plan: Any) -> None:
    with mpl.rc_context({"font.size": 30.0, "axes.labelsize": 30.0, "lines.linewidth": 9.0}):
        ax = plot.inertial(plan)
    assert ax.xaxis.label.get_fontsize() == style._RC["axes.labelsize"]


def test_figures_are_pyplots_where_the_caller_uses_pyplot(plan: Any) -> None:
    from matplotlib import pyplot as plt

    figure = plot.overview(plan)
    try:
        assert plt.figure(figure.number) is figure
    finally:
        plt.close(figure)


def test_figures_are_nobodys_where_the_caller_does_not(plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "matplotlib.pyplot", raising=False)
    assert plot.inertial(plan).figure.canvas.manager is None


def test_curves_differ_in_grey_or_in_weight() -> None:
    assert _lightness(style.EARTH) - _lightness(style.INK) > 40.0  # the two curves against time
    assert style.THRUST_PT > 2.0 * style.COAST_PT


def test_orbits_darken_stage_by_stage() -> None:
    lightness = [_lightness(color) for color in style.STAGES[1:]]
    assert all(one - other > 10.0 for one, other in pairwise(lightness))


def test_the_house_style_can_be_borrowed() -> None:
    with plot.house_style():
        assert mpl.rcParams["font.size"] == style._RC["font.size"]


def test_scales_are_equal_and_fill_the_axes() -> None:
    ax = style.column_axes(2.0)
    style.show_to_scale(ax, np.array([[0.0, 0.0], [10.0, 1.0], [np.nan, np.nan]]), room=0.0)
    per_pixel = np.diff(ax.get_xlim())[0] / ax.bbox.width, np.diff(ax.get_ylim())[0] / ax.bbox.height
    assert per_pixel[0] == pytest.approx(per_pixel[1])
    assert ax.get_xlim() == pytest.approx((0.0, 10.0))
