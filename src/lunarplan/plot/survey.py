"""Maps of surveys: how far inside or outside its limits every pixel lies, and where the best sites are."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap, Normalize, TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from lunarplan.plot import maps, style
from lunarplan.plot.terrain_map import extent_km, finish, map_axes, overlay, relief, show_both_sides, values_over

FloatArray = npt.NDArray[np.float64]

_MARGIN = "PuOr"  # brown outside the limits, violet inside, white on them
_ALPHA = 0.7
_COLUMNS, _PANEL_IN, _GAP_IN, _KEY_IN, _TITLE_IN, _MARGIN_IN = 3, 2.2, 0.16, 0.48, 0.34, 0.12
_UNDECIDED, _OUTSIDE = 0, -2
_HATCH, _SHADOW = "....", "#1B1B26"
_NOTE_IN, _KEY_BELOW_IN = 0.1, 0.24
_WHY_LETTERS = 34


@style.styled
def survey_map(survey: Any, ax: Axes | None = None, *, title: str = "") -> Axes:
    """Draw the overall margin of a survey over the relief, with the outline of the region and the best sites.

    survey : `lunarplan.sites.survey.Survey`

    Dotted is what no criterion rules out and this terrain cannot decide; black is permanent shadow, where it was looked
    for.
    """
    data, grid = survey.dataset, survey.grid
    own = ax is None
    ax = ax or _with_note(grid)
    relief(ax, grid, data["height"].values)
    overall, status = data["overall"].values, data["status"].values
    if np.isfinite(overall).any():
        label = "least margin, in scales of the criteria"
        overlay(ax, grid, overall, label, alpha=_ALPHA, **_colours(overall))
    _dots(ax, grid, status == _UNDECIDED)
    _shadow(ax, survey)
    finish(ax, grid, title or f"{survey.region.name}: {survey.criteria.title}")
    maps.outline(ax, grid, survey.region.corners_deg, color=style.INK)
    _best(ax, survey)
    if own:
        _note(ax, survey)
    return ax


@style.styled
def margin_maps(survey: Any) -> Figure:
    """Draw a map for each criterion of a survey: the margin in its own unit, or why it is not known."""
    grid, count = survey.grid, len(survey.criteria)
    across = min(count, 2 if count == 4 else _COLUMNS)
    down = -(-count // across)
    left, right, bottom, top = grid.extent_m
    tall = _PANEL_IN * min(max((top - bottom) / (right - left), 0.4), 1.6)
    row = _TITLE_IN + tall + _KEY_IN
    wide = 2.0 * _MARGIN_IN + across * _PANEL_IN + (across - 1) * _GAP_IN
    figure = style.new_figure(wide, down * row + _MARGIN_IN)
    for k, one in enumerate(survey.criteria):
        x = _MARGIN_IN + (k % across) * (_PANEL_IN + _GAP_IN)
        y = _MARGIN_IN + (down - 1 - k // across) * row + _KEY_IN
        _panel(style.axes_in(figure, x, y, _PANEL_IN, tall), survey, k, one)
    return figure


def _panel(ax: Axes, survey: Any, k: int, one: Any) -> None:
    data, grid = survey.dataset, survey.grid
    inside = data["status"].values > _OUTSIDE
    margin = np.where(inside, data["margin"].values[k], np.nan)
    relief(ax, grid, data["height"].values)
    if np.isfinite(margin).any():
        drawn = values_over(ax, grid, margin, _ALPHA, **_colours(margin))
        key: Any = ax.figure.colorbar(drawn, cax=ax.inset_axes((0.0, -0.06, 1.0, 0.04)), orientation="horizontal")
        key.solids.set(alpha=1.0)
        key.outline.set_linewidth(0.4)
        key.ax.tick_params(labelsize=6.0)
        key.ax.xaxis.set_major_locator(MaxNLocator(5))
        show_both_sides(key, drawn.norm)
        key.set_label(f"margin ({one.unit})" if one.unit else "margin", fontsize=6.5, labelpad=1.0)
    _dots(ax, grid, inside & np.isnan(margin))
    maps.frame(ax, grid)
    maps.outline(ax, grid, survey.region.corners_deg, color=style.INK, lw=0.7)
    ax.set_title(f"{textwrap.shorten(one.name, 44)}\n{one.limit}, {one.basis}", fontsize=6.5, fontweight="normal")
    why = str(data["why"].values[k])
    if why:
        box = {"facecolor": "white", "alpha": 0.85, "edgecolor": "none", "pad": 2.0}
        text = textwrap.fill(why, _WHY_LETTERS)
        ax.text(0.5, 0.04, text, transform=ax.transAxes, ha="center", va="bottom", fontsize=6.0, bbox=box, zorder=7)


def _colours(values: FloatArray) -> dict[str, Any]:
    """Colours whose middle one is a margin of zero; of those on one side only half."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if low < 0.0 < high:
        return {"cmap": _MARGIN, "norm": TwoSlopeNorm(0.0, low, high)}
    side = np.linspace(0.0, 0.5, 256) if high <= 0.0 else np.linspace(0.5, 1.0, 256)
    reach = max(abs(low), abs(high), 1e-9)
    norm = Normalize(-reach, 0.0) if high <= 0.0 else Normalize(0.0, reach)
    return {"cmap": ListedColormap(colormaps[_MARGIN](side)), "norm": norm}


def _dots(ax: Axes, grid: Any, where: npt.NDArray[np.bool_]) -> None:
    """Dot the pixels that are not decided, all as one patch: a hatch for each takes half a minute."""
    if not where.any():
        return
    left, right, bottom, top = extent_km(grid)
    x, y = np.linspace(left, right, where.shape[1] + 1), np.linspace(top, bottom, where.shape[0] + 1)
    i, j = np.nonzero(where)
    corners = np.stack([[x[j], y[i]], [x[j + 1], y[i]], [x[j + 1], y[i + 1]], [x[j], y[i + 1]]]).transpose(2, 0, 1)
    look: dict[str, Any] = {"facecolor": "none", "edgecolor": style.INK, "lw": 0.0, "hatch": _HATCH, "zorder": 2}
    patch = PathPatch(Path.make_compound_path_from_polys(corners), **look)
    ax.add_artist(patch)


def _shadow(ax: Axes, survey: Any) -> None:
    """Fill what of the region never sees the Sun."""
    if (dark := _dark(survey)).any():
        values_over(ax, survey.grid, np.where(dark, 1.0, np.nan), 0.9, cmap=ListedColormap([_SHADOW]))


def _dark(survey: Any) -> npt.NDArray[np.bool_]:
    """Pixels of the region in permanent shadow, where that was looked for."""
    inside = survey.dataset["status"].values > _OUTSIDE
    if "shadowed" not in survey.dataset:
        return np.zeros_like(inside)
    return np.asarray(inside & (survey.dataset["shadowed"].values == 1))


def _best(ax: Axes, survey: Any) -> None:
    """Number the best sites; those that are ruled out only where there are no others."""
    for spot in [s for s in survey.best if s.status != "not feasible"] or survey.best:
        x, y = (float(a) / 1000.0 for a in survey.grid.projection.forward(spot.latitude_deg, spot.longitude_deg))
        ax.plot(x, y, ls="", marker="o", ms=6.5, mfc="white", mec=style.INK, mew=0.6, zorder=6)
        ax.text(x, y, str(spot.rank), fontsize=4.5, ha="center", va="center_baseline", zorder=7)


def _with_note(grid: Any) -> Axes:
    """Axes of a new figure with room for a line below."""
    ax = map_axes(grid)
    figure: Any = ax.figure
    width, height = figure.get_size_inches()
    box = ax.get_position()
    figure.set_size_inches(width, height + 4.0 * _NOTE_IN)
    share = height / (height + 4.0 * _NOTE_IN)
    ax.set_position((box.x0, 1.0 - (1.0 - box.y0) * share, box.width, box.height * share))
    return ax


def _note(ax: Axes, survey: Any) -> None:
    counts = survey.counts
    total = max(sum(counts.values()), 1)
    told = ", ".join(f"{100.0 * count / total:.0f} % {overall}" for overall, count in counts.items())
    below = ax.transAxes + ScaledTranslation(0.0, -_NOTE_IN, ax.figure.dpi_scale_trans)
    text = f"{told}; pixels of {survey.pixel_m:g} m"
    handles = []
    if (survey.dataset["status"].values == _UNDECIDED).any():
        handles.append(Patch(facecolor="white", edgecolor=style.INK, lw=0.3, hatch=_HATCH, label="not decided"))
    if _dark(survey).any():
        handles.append(Patch(facecolor=_SHADOW, label="permanent shadow"))
    if handles:
        under = ax.transAxes + ScaledTranslation(0.0, -_KEY_BELOW_IN, ax.figure.dpi_scale_trans)
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0.0, 0.0), "bbox_transform": under}
        ax.legend(handles=handles, ncols=2, frameon=False, borderaxespad=0.0, handleheight=1.0, **place)
    ax.text(0.0, 0.0, text, transform=below, va="top", fontsize=6.5)
