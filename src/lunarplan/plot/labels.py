"""Labels that cover neither one another nor the curves."""

import textwrap
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.transforms import Bbox

from lunarplan.plot import style
from lunarplan.plot.flight import Mark

FloatArray = npt.NDArray[np.float64]

_TOGETHER_PT = 7.0  # marks closer than this on paper share a label
_DISTANCES_PT = (8.0, 13.0, 20.0, 30.0, 42.0)
_DIRECTIONS = np.radians(np.arange(0.0, 360.0, 15.0))
_WIDEST = 14  # characters
_OUTSIDE, _OVER_A_LABEL, _OVER_A_CURVE = 1e6, 1e4, 20.0
_ALONG_A_LEADER = np.linspace(0.0, 1.0, 13)
_BESIDE_ITS_OWN = 3  # of these points, which lie on what is named
_CELL_PX, _POINT_EVERY_PX = 2.0, 3.0


def spread(
    wanted: Sequence[float] | FloatArray, widths: Sequence[float] | FloatArray, high: float = np.inf
) -> FloatArray:
    """Return centres of bars of given widths side by side, as near as can be to the ascending ``wanted``.

    high : where the last of them ends at most

    Source: least squares by pooling adjacent violators (isotonic regression) of ``wanted`` less the room before each.
    """
    size = np.asarray(widths, float)
    room = np.cumsum(size) - 0.5 * size
    pools: list[tuple[float, int]] = []
    for place in np.asarray(wanted, float) - room:
        mean, count = float(place), 1
        while pools and pools[-1][0] > mean:
            before, many = pools.pop()
            mean, count = (before * many + mean * count) / (many + count), many + count
        pools.append((mean, count))
    # cut off, the least squares of what is not bounded are those of what is
    begin = np.minimum([mean for mean, _ in pools], high - size.sum())
    return np.repeat(begin, [count for _, count in pools]) + room


def wrapped(text: str) -> str:
    """Return a label on lines of a readable length."""
    return textwrap.fill(text, _WIDEST)


def caption(marks: Sequence[Mark]) -> str:
    """Return the label of marks that fall together: their burns, or all if none is one; of many the first and last."""
    told = [mark.name for mark in marks if mark.is_burn] or [mark.name for mark in marks]
    return wrapped(", ".join(told) if len(told) <= 2 else f"{told[0]} to {told[-1]}")


def together(places: FloatArray, nearer_than: float) -> list[list[int]]:
    """Return indices of places in groups: each joins the first group whose first member is near."""
    groups: list[list[int]] = []
    for i, place in enumerate(places):
        near = (group for group in groups if np.hypot(*(place - places[group[0]])) < nearer_than)
        group = next(near, None)
        if group is None:
            groups.append([i])
        else:
            group.append(i)
    return groups


class Labels:
    """Places names on axes whose limits are final; each keeps clear of the curves and of the names before it.

    curves : float64[m, 2] each, data coordinates, joined by straight lines; rows of NaN are skipped
    """

    def __init__(self, ax: Axes, *curves: FloatArray) -> None:
        ax.apply_aspect()
        self.ax = ax
        self.pixels_per_point = ax.figure.dpi / 72.0
        self.room = ax.bbox.padded(-3.0 * self.pixels_per_point)
        self.covered = _Cover([_dense(ax.transData.transform(curve)) for curve in curves], self.room)
        self.taken: list[FloatArray] = []  # boxes: left, bottom, right, top
        self.leaders = np.empty((0, 2))  # points along them

    def mark(self, marks: Sequence[Mark], places: FloatArray) -> None:
        """Put a dot and a name at every event; where some fall together on paper, at one of them, a burn if any is."""
        pixels = self.ax.transData.transform(places)
        for group in together(pixels, _TOGETHER_PT * self.pixels_per_point):
            shown = next((i for i in group if marks[i].is_burn), group[0])
            face = style.THRUST if marks[shown].is_burn else "white"
            self.ax.plot(*places[shown], "o", ms=3.2, mfc=face, mec=style.INK, mew=0.6, zorder=7)
            self.name(places[shown], caption([marks[i] for i in group]))

    def name(self, place: FloatArray, text: str, *, leader: bool = True, color: str = style.INK) -> None:
        """Write a name beside a place, joined to it by a thin line if ``leader``."""
        self.name_one_of(place[np.newaxis], text, leader=leader, color=color)

    def name_one_of(self, places: FloatArray, text: str, *, leader: bool, color: str) -> None:
        """Write a name beside the one of some places, float64[m, 2], where it is least in the way."""
        arrow = {"arrowstyle": "-", "lw": 0.5, "color": color, "shrinkA": 0.0, "shrinkB": 2.0}
        label = self.ax.annotate(
            text, places[0], (0.0, 0.0), textcoords="offset points", ha="center", va="center", fontsize=6.5,
            color=color, linespacing=1.1, zorder=8, arrowprops=arrow if leader else None,
        )  # fmt: skip
        half = 0.5 * np.array(label.get_window_extent().size)
        shifts = self._shifts(half)
        pixels = self.ax.transData.transform(places)
        lines = pixels[:, np.newaxis, np.newaxis] + shifts[:, np.newaxis] * _ALONG_A_LEADER[:, np.newaxis]
        cost = self._cost(lines, half, leader) + np.hypot(*shifts.T)
        best, way = np.unravel_index(np.argmin(cost), cost.shape)
        label.xy = tuple(places[best])
        label.xyann = tuple(shifts[way] / self.pixels_per_point)
        centre = pixels[best] + shifts[way]
        self.taken.append(np.concatenate([centre - half, centre + half]))
        if leader:
            self.leaders = np.concatenate([self.leaders, lines[best, way]])

    def _shifts(self, half: FloatArray) -> FloatArray:
        """Return a fan of offsets, float64[k, 2], from a place to the centre of a text of this half size, pixels."""
        towards = np.column_stack([np.cos(_DIRECTIONS), np.sin(_DIRECTIONS)])
        away = np.array(_DISTANCES_PT)[:, np.newaxis] * self.pixels_per_point + np.abs(towards) @ half
        return np.asarray(away[..., np.newaxis] * towards).reshape(-1, 2)

    def _cost(self, lines: FloatArray, half: FloatArray, leader: bool) -> FloatArray:
        """Return how bad it would be to write at the ends of lines, float64[m, k, points, 2] in pixels."""
        low, high = lines[..., -1, :] - half, lines[..., -1, :] + half
        outside = ((low < self.room.min) | (high > self.room.max)).any(axis=-1)
        cost = _OUTSIDE * outside + _OVER_A_CURVE * self.covered(low, high)
        for box in self.taken:
            cost += _OVER_A_LABEL * ((low < box[2:]) & (high > box[:2])).all(axis=-1)
            if leader:
                cost += _OVER_A_LABEL * ((lines > box[:2]) & (lines < box[2:])).all(axis=-1).any(axis=-1)
        if leader:
            beyond = lines[..., _BESIDE_ITS_OWN:, :]
            cost += _OVER_A_CURVE * self.covered(beyond, beyond + _CELL_PX).sum(axis=-1)
        for point in self.leaders:
            cost += _OVER_A_CURVE * ((low < point) & (high > point)).all(axis=-1)
        return np.asarray(cost)


class _Cover:
    """How many points lie in a box: a table of sums over all boxes with a corner at the origin."""

    def __init__(self, curves: list[FloatArray], room: Bbox) -> None:
        self.origin = room.min
        shape = np.ceil(np.divide(room.size, _CELL_PX)).astype(int)
        edges = [_CELL_PX * np.arange(n + 1) + start for n, start in zip(shape, self.origin, strict=True)]
        points = np.concatenate(curves)
        counts, *_ = np.histogram2d(points[:, 0], points[:, 1], bins=edges)
        self.sums = np.pad(counts.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))

    def __call__(self, low: FloatArray, high: FloatArray) -> FloatArray:
        most = np.array(self.sums.shape) - 1
        i, j = np.moveaxis(np.clip(np.floor((low - self.origin) / _CELL_PX).astype(int), 0, most), -1, 0)
        k, m = np.moveaxis(np.clip(np.ceil((high - self.origin) / _CELL_PX).astype(int), 0, most), -1, 0)
        return np.asarray(self.sums[k, m] - self.sums[i, m] - self.sums[k, j] + self.sums[i, j])


def _dense(pixels: FloatArray) -> FloatArray:
    """Return points along a polyline some pixels apart, so that a straight run between samples is seen."""
    pixels = pixels[np.isfinite(pixels).all(axis=1)]
    steps = np.hypot(*np.diff(pixels, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    fine = np.linspace(0.0, along[-1], int(min(along[-1] / _POINT_EVERY_PX, 20_000.0)) + 2)
    return np.column_stack([np.interp(fine, along, column) for column in pixels.T])
