"""Low-energy transfers in axes that turn with the Sun, where one sees what it does to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.patches import Circle

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2
from lunarplan.model.rows import require_kind
from lunarplan.plot import style
from lunarplan.transfers.low_energy.results import LowEnergyTransfers
from lunarplan.transfers.low_energy.way import sun_earth_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_POINTS = 500  # of a flight
_MOON_ORBIT_KM = 384_400.0
_EARTH_DOT_KM = 25_000.0  # to be seen
_AU_KM = 149_597_870.7
_LINE_PT = 0.8
_MAP = "viridis"
_HEIGHT_IN = 2.9


@style.styled
def low_energy(result: LowEnergyTransfers, ax: Axes | None = None) -> Axes:
    """Draw the different flights of a batch from above the ecliptic, coloured by what their insertions cost.

    x points from the Sun to the Earth, which stands still; dashed, the Moon's orbit. L1 and L2 are those of Sun and
    Earth. The Sun's tide lifts the perigee of an orbit whose apogee is in the second or the fourth quadrant.

    Raises InputError where no flight is ok.
    """
    require_kind("low_energy", result, LowEnergyTransfers, "a LowEnergyTransfers, of low_energy_transfers(...)")
    rows = result.distinct()
    if not len(rows):
        raise InputError("no transfer is ok", where="low_energy", remedy="give it some that converged")
    ax = ax or style.column_axes(_HEIGHT_IN)
    paths = [_turning(result, int(row)) for row in rows[::-1]]  # the cheapest last, on top
    cost = 1e3 * result.insertion_delta_v_km_s[rows[::-1]]
    norm = Normalize(float(cost.min()), float(max(cost.max(), cost.min() + 1.0)))
    ax.add_collection(LineCollection(paths, array=cost, cmap=_MAP, norm=norm, lw=_LINE_PT, zorder=3))
    for path in paths[-1:]:
        style.arrow(ax, path, style.INK)
    corners = _surroundings(ax)
    style.show_to_scale(ax, np.concatenate([*paths, corners]))
    ax.set(xlabel="$x$, away from the Sun (million km)", ylabel="$y$ (million km)", title="Axes that turn with the Sun")
    _bar(ax, norm)
    return ax


def _turning(result: LowEnergyTransfers, row: int) -> Floats:
    """A flight's x and y about the Earth, float64[n, 2], million km."""
    path = result.trajectory(row)
    tdb = path.sample(_POINTS)
    axes = sun_earth_axes(tdb, result.forces.source)
    return np.asarray(np.einsum("nij,nj->ni", axes[:, :2], path.at(tdb)[:, :3]) * 1e-6)


def _surroundings(ax: Axes) -> Floats:
    """Draw what is about; return its corners."""
    orbit, earth = (1e-6 * radius for radius in (_MOON_ORBIT_KM, _EARTH_DOT_KM))
    ax.add_patch(Circle((0.0, 0.0), orbit, fill=False, ec=style.INK, lw=style.THIN_PT, ls=(0, (4, 2)), zorder=4))
    ax.add_patch(Circle((0.0, 0.0), earth, fc=style.EARTH, ec=style.INK, lw=0.4, zorder=5))
    hill = 1e-6 * _AU_KM * np.cbrt((GM_KM3_S2["earth"] + GM_KM3_S2["moon"]) / (3.0 * GM_KM3_S2["sun"]))
    ax.plot([-hill, hill], [0.0, 0.0], "+", ms=5.0, mew=0.8, color=style.INK, zorder=4)
    for text, x in (("L1", -hill), ("L2", hill)):
        ax.annotate(text, (x, 0.0), (0.0, 4.0), textcoords="offset points", ha="center", va="bottom")
    for text, x, y in (("1", 1, 1), ("2", 0, 1), ("3", 0, 0), ("4", 1, 0)):
        ax.text(
            0.03 + 0.94 * x, 0.03 + 0.94 * y, text, transform=ax.transAxes, color=style.FAINT, ha="center", va="center"
        )
    for draw in (ax.axhline, ax.axvline):
        draw(0.0, color=style.FAINT, lw=0.5, zorder=1)
    return np.array([[-hill, -orbit], [hill, orbit]])


def _bar(ax: Axes, norm: Normalize) -> None:
    """Show what the colours mean, in the quadrant where no flight goes."""
    place = ax.inset_axes((0.58, 0.88, 0.33, 0.022))
    bar = ax.figure.colorbar(ScalarMappable(norm, _MAP), cax=place, orientation="horizontal")
    bar.set_label("insertion (m/s)")
    place.tick_params(length=2.0)
