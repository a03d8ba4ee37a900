"""What pictures of launch windows share: cells coloured by cost where they are open, by the reason where closed."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.colors import BoundaryNorm
from matplotlib.dates import DAILY, date2num
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from matplotlib.transforms import ScaledTranslation

from lunarplan.errors import InputError
from lunarplan.plot.dates import show_dates

Array = npt.NDArray[Any]
FloatArray = npt.NDArray[np.float64]

OPEN = 0
LEGEND_ROW_IN, LEGEND_COLUMNS = 0.15, 3
_MAP = "cividis"
_LEVELS, _SHOWN_PERCENT = 10, 95.0  # colours, and how much of the costs they tell apart
# Face and hatch: of what has no transfer (codes below zero), then of the constraints in order; a seventh has the first
# face and the second hatch.
_NO_TRANSFER = {-1: ("#D6D6D6", "////"), -2: ("#EDEDED", "xxxx"), -3: ("#FFFFFF", "...."), -4: ("#C9D3DA", "----")}
_BROKEN = (
    ("#F3D2C4", "\\\\\\\\"),
    ("#CBE2F0", ""),
    ("#CBE8DB", "||||"),
    ("#F1E0B8", "++++"),
    ("#E7CFDE", "oo"),
    ("#F3EEB5", "----"),
)
_HATCH = "#A6A6A6"


def boxes(left: FloatArray, right: FloatArray, low: FloatArray, high: FloatArray) -> FloatArray:
    """Corners of rectangles, float64[n, 4, 2]."""
    return np.stack([[left, low], [right, low], [right, high], [left, high]]).transpose(2, 0, 1)


def days(dates: Any) -> FloatArray:
    """Midnights as matplotlib's days; raises InputError if there are none to draw."""
    if not len(dates):
        raise InputError("no days to draw", where="windows", remedy="scan some")
    return np.asarray(date2num(np.array(dates, "datetime64[D]")), float)


def cost_label(windows: Any) -> str:
    """What the costs of launches are made of: "TLI + LOI (m/s)"."""
    return " + ".join(windows.burn_names) + " (m/s)"


def levels(cost: FloatArray) -> FloatArray:
    """Round steps through all but the highest of the costs that are there."""
    known = cost[np.isfinite(cost)]
    return np.asarray(MaxNLocator(_LEVELS).tick_values(known.min(), np.percentile(known, _SHOWN_PERCENT)))


def fill_open(ax: Axes, corners: FloatArray, cost: FloatArray, steps: FloatArray, edge_pt: float = 0.0) -> Any:
    """Fill boxes with the colours of what they cost; `edge_pt` keeps the thinnest ones in sight."""
    norm = BoundaryNorm(steps, colormaps[_MAP].N, extend="max")
    drawn = PolyCollection(list(corners), array=cost, cmap=_MAP, norm=norm, zorder=2, edgecolor="face", lw=edge_pt)
    return ax.add_collection(drawn, autolim=False)


def fill_closed(ax: Axes, corners: FloatArray, codes: Array, *, hatched: bool = True) -> None:
    """Fill boxes with the tints, and hatches, of why they are closed."""
    for code in np.unique(codes):
        mine = PolyCollection(list(corners[codes == code]), zorder=1, **_look(int(code), hatched))
        ax.add_collection(mine, autolim=False)


def plain(ax: Axes) -> None:
    """Leave out the grid and turn the ticks outwards, where every place is filled."""
    ax.grid(False)
    ax.tick_params(which="both", direction="out")


def launch_dates(ax: Axes, first: FloatArray, most: int, what: str) -> None:
    """Write dates below: of months no other days than the 1st, 8th, 15th and 22nd, which do not crowd the next 1st."""
    show_dates(ax.xaxis, first[0], first[-1], most=most, what=what)
    locator: Any = ax.xaxis.get_major_locator()
    locator.intervald[DAILY] = [1, 7, 14]
    locator.minticks = min(locator.minticks, len(first))  # no hours of a day


def cost_key(ax: Axes, filled: Any, windows: Any, **where: Any) -> None:
    """Draw the key to the colours of the costs."""
    ax.figure.colorbar(filled, ax=ax, label=cost_label(windows), **({"pad": 0.02} | where))


def reason_key(ax: Axes, codes: Array, reasons: Any, below_in: float, *, hatched: bool = True) -> None:
    """Write under the axes what the tints mean."""
    ordered = sorted(np.unique(codes).tolist(), key=lambda code: (code < OPEN, abs(code)))
    handles = [Patch(label=reasons[code], **_look(code, hatched)) for code in ordered]
    if handles:
        below = ax.transAxes + ScaledTranslation(0.0, -below_in, ax.figure.dpi_scale_trans)
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (0.0, 0.0), "bbox_transform": below}
        look: dict[str, Any] = {"frameon": False, "handleheight": 1.2, "borderaxespad": 0.0}
        ax.legend(handles=handles, ncols=LEGEND_COLUMNS, **place, **look)


def legend_rows(codes: Array) -> int:
    """How many rows `reason_key` writes."""
    return -(-len(np.unique(codes)) // LEGEND_COLUMNS)


def _look(code: int, hatched: bool) -> dict[str, Any]:
    if code < OPEN:
        face, hatch = _NO_TRANSFER[code]
    else:
        again, k = divmod(code - 1, len(_BROKEN))
        face, hatch = _BROKEN[k][0], _BROKEN[(k + again) % len(_BROKEN)][1]
    return {"facecolor": face, "edgecolor": _HATCH, "lw": 0.0, "hatch": hatch if hatched else None}
