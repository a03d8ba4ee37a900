"""How every figure looks: type, line weights, colours, sizes.

The colours are those of Okabe and Ito (2008), told apart with any kind of colour vision; what matters is also told by
line weight, dash or label, so that a grey print loses nothing.
"""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

COLUMN_IN = 3.5  # one column of a two-column paper, 89 mm
PAGE_IN = 7.2  # the full width of its page, 183 mm

COAST = "#0072B2"
THRUST = "#D55E00"
EARTH = "#56B4E9"
MOON = "#BFBFBF"
INK = "#222222"
FAINT = "#8C8C8C"
STAGES = (COAST, "#56B4E9", "#009E73", "#882255", "#222222")  # approach, then the orbit after each burn, ever darker

COAST_PT, THRUST_PT, THIN_PT = 1.1, 2.6, 0.6

_RC: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same picture on every machine
    "mathtext.fontset": "dejavusans",
    "font.size": 7.5,
    "axes.titlesize": 8.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7.0,
    "ytick.labelsize": 7.0,
    "legend.fontsize": 6.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.minor.width": 0.4,
    "ytick.minor.width": 0.4,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.minor.size": 1.5,
    "ytick.minor.size": 1.5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.4,
    "lines.solid_capstyle": "round",
    "lines.linewidth": COAST_PT,
    "hatch.linewidth": 0.35,
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "none",
    "legend.borderpad": 0.3,
    "legend.handlelength": 1.8,
    "figure.dpi": 150.0,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "savefig.facecolor": "white",
}

P = ParamSpec("P")
R = TypeVar("R")


def house_style() -> AbstractContextManager[None]:
    """Return a context in which figures of your own look like those of this package."""
    return mpl.rc_context(_RC)


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """Draw in this style whatever the caller's settings are, and leave those as they were."""

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        with house_style():
            return draw(*args, **kwargs)

    return drawn


def new_figure(width_in: float, height_in: float) -> Figure:
    """Return an empty figure: one of pyplot's where the caller uses pyplot, so that `plt.show()` shows it."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot:
        shown: Figure = pyplot.figure(figsize=(width_in, height_in))
        return shown
    figure = Figure(figsize=(width_in, height_in))
    FigureCanvasAgg(figure)  # it keeps its renderer, so that measuring text is quick
    return figure


def axes_in(figure: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Return axes at a place given in inches; places known beforehand let labels be set once and for all."""
    across, up = figure.get_size_inches()
    axes: Axes = figure.add_axes((left / across, bottom / up, width / across, height / up))
    return axes


def column_axes(height: float, bottom: float = 0.4, top: float = 0.25) -> Axes:
    """Return the axes of a new figure as wide as a column; margins and height of the axes in inches."""
    left, right = 0.55, 0.1
    figure = new_figure(COLUMN_IN, bottom + height + top)
    return axes_in(figure, left, bottom, COLUMN_IN - left - right, height)


def show_to_scale(ax: Axes, points: Any, room: float = 0.07) -> None:
    """Set limits that hold all finite points, float64[n, 2], with equal scales, and fill the axes."""
    low, high = np.nanmin(points, axis=0), np.nanmax(points, axis=0)
    box = np.array([ax.bbox.width, ax.bbox.height])
    per_pixel = ((high - low) * (1.0 + 2.0 * room) / box).max()
    middle, half = 0.5 * (low + high), 0.5 * box * per_pixel
    ax.set(xlim=(middle[0] - half[0], middle[0] + half[0]), ylim=(middle[1] - half[1], middle[1] + half[1]))
    ax.set_aspect("equal", adjustable="box")


def arrow(ax: Axes, path: Any, color: str) -> None:
    """Show which way a path, float64[n, 2], is flown: an arrowhead half-way along what is finite of it."""
    path = path[np.isfinite(path).all(axis=1)]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])
    before, after = ([float(np.interp(f * along[-1], along, c)) for c in path.T] for f in (0.499, 0.501))
    head = {"arrowstyle": "-|>,head_length=0.5,head_width=0.22", "lw": 0.0, "color": color, "shrinkA": 0, "shrinkB": 0}
    ax.annotate("", (after[0], after[1]), (before[0], before[1]), arrowprops=head, zorder=5)
