"""Orbits about the Moon: elements over the years, eccentricity vectors, ground tracks, lifetimes, coverage."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MultipleLocator

from lunarplan.errors import InputError
from lunarplan.model import data
from lunarplan.plot import style
from lunarplan.plot.dates import show_dates, utc_dates

FloatArray = npt.NDArray[np.float64]

_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#882255", "#56B4E9", "#222222")  # Okabe and Ito (2008)
_DASHES: tuple[Any, ...] = ("-", (0, (4, 1.5)), (0, (1, 1.2)))
_DATES = 7
_PANEL_IN = 1.0
_LEGEND_COLUMNS = 6
_LEGEND_LINE_IN = 0.16
_MOST_ROWS = 18
_RELIEF_CONTRAST = 0.35  # of the ground under tracks


@style.styled
def orbit_history(history: Any, rows: Sequence[int] | None = None, labels: Sequence[str] = ()) -> Figure:
    """Draw highest and lowest altitude, eccentricity, inclination and argument of perilune over UTC, a page wide.

    history : `orbits.history.OrbitHistory`
    rows    : which of its orbits; all, up to eighteen, if not given

    Raises InputError if there are none, or no such rows.
    """
    rows = _rows(history, rows)
    columns = (
        ("Highest (km)", history.highest_altitude_km),
        ("Lowest (km)", history.lowest_altitude_km),
        ("Eccentricity", history.eccentricity),
        ("Inclination (deg)", history.inclination_deg),
        ("Perilune arg. (deg)", history.argp_deg),
    )
    lines = -(-len(rows) // _LEGEND_COLUMNS) if len(rows) > 1 or labels else 0
    figure, panels = _panels(len(columns), top=0.15 + _LEGEND_LINE_IN * lines)
    dates = utc_dates(history.epochs_tdb)
    for panel, (text, values) in zip(panels, columns, strict=True):
        for number, row in enumerate(rows):
            shown = _unjumped(values[row]) if values is columns[-1][1] else values[row]
            panel.plot(dates, shown, **_look(number), label=_label(labels, number, row))
        panel.set_ylabel(text)
        panel.yaxis.set_label_coords(-0.068, 0.5)
        panel.set_xlim(dates[0], dates[-1])
        show_dates(panel.xaxis, dates[0], dates[-1], most=_DATES)
    for panel in panels[:-1]:
        panel.set_xlabel("")
        panel.tick_params(labelbottom=False)
    if lines:
        panels[0].legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=_LEGEND_COLUMNS, borderaxespad=0.1)
    return figure


def _panels(count: int, top: float) -> tuple[Figure, list[Axes]]:
    """A page-wide figure of panels above one another, the top one first."""
    left, right, bottom, gap = 0.68, 0.3, 0.42, 0.09
    figure = style.new_figure(style.PAGE_IN, bottom + count * (_PANEL_IN + gap) + top)
    across = style.PAGE_IN - left - right
    heights = [bottom + k * (_PANEL_IN + gap) for k in range(count - 1, -1, -1)]
    return figure, [style.axes_in(figure, left, height, across, _PANEL_IN) for height in heights]


@style.styled
def perilune_altitude(
    history: Any, rows: Sequence[int] | None = None, labels: Sequence[str] = (), ax: Axes | None = None
) -> Axes:
    """Draw how low orbits come, day after day; a cross marks where one hits the Moon. As `orbit_history`."""
    rows = _rows(history, rows)
    ax = ax or _dated_axes()
    dates = utc_dates(history.epochs_tdb)
    for number, row in enumerate(rows):
        low = history.lowest_altitude_km[row]
        look = _look(number)
        ax.plot(dates, low, **look, label=_label(labels, number, row))
        last = np.flatnonzero(np.isfinite(low))
        if len(last) and not history.alive[row]:
            ax.plot(dates[last[-1]], max(low[last[-1]], 0.0), "x", color=look["color"], ms=5.0, clip_on=False, zorder=5)
    ax.set_ylim(bottom=0.0)
    ax.set_xlim(dates[0], dates[-1])
    ax.set_ylabel("Lowest altitude of the day (km)")
    show_dates(ax.xaxis, dates[0], dates[-1], most=5)
    ax.legend(loc="best", ncols=2)
    return ax


@style.styled
def eccentricity_vector(
    history: Any, rows: Sequence[int] | None = None, labels: Sequence[str] = (), ax: Axes | None = None
) -> Axes:
    """Draw the path of the mean eccentricity vector, a dot where it begins. As `orbit_history`."""
    rows = _rows(history, rows)
    ax = ax or style.column_axes(2.85)
    paths = history.eccentricity_vector[rows]
    for number, row in enumerate(rows):
        look = _look(number)
        ax.plot(*paths[number].T, **look, label=_label(labels, number, row))
        ax.plot(*paths[number, 0], "o", color=look["color"], ms=3.0)
    style.show_to_scale(ax, np.vstack([paths.reshape(-1, 2), [[0.0, 0.0]]]))
    ax.axhline(0.0, color=style.FAINT, lw=0.5, zorder=0.5)
    ax.axvline(0.0, color=style.FAINT, lw=0.5, zorder=0.5)
    ax.set_xlabel(r"$e\,\cos\omega$")
    ax.set_ylabel(r"$e\,\sin\omega$", labelpad=1.0)
    if len(rows) > 1 or labels:
        ax.legend(loc="best")
    return ax


@style.styled
def ground_track(
    track: Any, rows: Sequence[int] | None = None, labels: Sequence[str] = (), ax: Axes | None = None
) -> Axes:
    """Draw ground tracks (`orbits.ground_track.GroundTrack`) over the Moon's relief; all rows if not given.

    labels : of the rows drawn; without them there is no key
    """
    rows = list(range(len(track.latitude_deg))) if rows is None else list(rows)
    ax = ax or _map_axes()
    _relief(ax)
    for number, row in enumerate(rows):
        ax.plot(
            *to_the_edges(track.longitude_deg[row], track.latitude_deg[row]),
            color=_COLOURS[number % len(_COLOURS)],
            lw=0.7,
            label=labels[number] if number < len(labels) else None,
        )
    if labels:
        ax.legend(loc="upper left")
    return ax


@style.styled
def coverage(coverage_map: Any, what: str = "fraction", ax: Axes | None = None) -> Axes:
    """Draw one of the values of `orbits.coverage.coverage_map` over the Moon.

    what : "fraction", "longest_gap" or "passes"

    Raises InputError for another.
    """
    texts = {"fraction": "Share of time covered", "longest_gap": "Longest gap (h)", "passes": "Passes"}
    if what not in texts:
        raise InputError(f"{what!r}", where="what", allowed=", ".join(texts))
    ax = ax or _map_axes(right=0.85)
    values = coverage_map[what]
    longitude = (values.longitude.values + 180.0) % 360.0 - 180.0
    order = np.argsort(longitude)
    grid = values.transpose("latitude", "longitude").values[:, order]
    low, high = (0.0, 1.0) if what == "fraction" else (None, None)
    x, y = longitude[order], values.latitude.values
    mesh = ax.pcolormesh(x, y, grid, cmap="cividis", shading="nearest", vmin=low, vmax=high)
    ax.figure.colorbar(mesh, cax=ax.inset_axes((1.015, 0.0, 0.02, 1.0)), label=texts[what])
    _map_labels(ax)
    return ax


@style.styled
def lifetimes(lives: Any, altitude_km: float | None = None, ax: Axes | None = None) -> Axes:
    """Draw the lives of a `orbits.lifetime.lifetime_map`; hatched where orbits outlive the flight.

    altitude_km : draw nodes over inclinations for this altitude; without it altitudes over inclinations, the shortest
        life of all nodes

    Raises InputError for a map of one inclination, or of one altitude (node) where these are drawn.
    """
    if altitude_km is None:
        life, alive, up = lives.life.min("node"), (lives.fate == 0).all("node"), "altitude"
    else:
        picked = lives.sel(altitude=altitude_km, method="nearest")
        life, alive, up = picked.life, picked.fate == 0, "node"
    if min(life.sizes["inclination"], life.sizes[up]) < 2:
        raise InputError(f"one inclination, or one {up}", where="lifetimes", allowed="at least 2 by 2")
    ax = ax or style.column_axes(2.2)
    x, y = life.inclination.values, life[up].values
    grid, lives_on = (v.transpose(up, "inclination").values for v in (life, alive))
    mesh = ax.pcolormesh(x, y, np.where(lives_on, np.nan, grid), cmap="cividis", shading="nearest", vmin=0.0,
                         vmax=float(lives.attrs["duration_days"]))  # fmt: skip
    ax.set_facecolor("white")
    (left, right), (low, high) = _edges(x), _edges(y)
    ax.fill_between([left, right], low, high, facecolor="none", edgecolor=style.MOON, hatch="////", lw=0.0, zorder=0)
    ax.set(xlim=(left, right), ylim=(low, high), xlabel="Inclination (deg)")
    ax.set_ylabel("Altitude (km)" if up == "altitude" else "Longitude of the node (deg)")
    ax.grid(False)
    ax.figure.colorbar(mesh, ax=ax, pad=0.02, label="Life (days); hatched: longer")
    return ax


@style.styled
def contact_strips(contacts: Any, labels: Sequence[str] = (), ax: Axes | None = None) -> Axes:
    """Draw when orbits and sites are in contact (`orbits.coverage.Contacts`), a strip each, over UTC."""
    pairs = [(n, s) for n in range(contacts.shape[0]) for s in range(contacts.shape[1])]
    ax = ax or _strip_axes(len(pairs))
    for k, (n, s) in enumerate(pairs):
        mine = (contacts.orbit == n) & (contacts.site == s)
        if mine.any():
            start, end = utc_dates(contacts.start_tdb[mine]), utc_dates(contacts.end_tdb[mine])
            spans = np.stack([start, end - start], axis=1)
            ax.broken_barh([tuple(span) for span in spans], (k - 0.36, 0.72), color=_COLOURS[n % len(_COLOURS)], lw=0.0)
    names = [labels[k] if k < len(labels) else f"orbit {n}, site {s}" for k, (n, s) in enumerate(pairs)]
    ax.set_yticks(range(len(pairs)), names)
    ax.set_ylim(len(pairs) - 0.5, -0.5)
    first, last = utc_dates(np.array(contacts.span_tdb))
    ax.set_xlim(first, last)
    ax.grid(False, axis="y")
    show_dates(ax.xaxis, first, last, most=_DATES)
    return ax


def _rows(history: Any, rows: Sequence[int] | None) -> list[int]:
    n = len(history.fate)
    chosen = list(range(min(n, _MOST_ROWS))) if rows is None else [int(row) for row in rows]
    if not chosen or len(chosen) > _MOST_ROWS or not all(0 <= row < n for row in chosen):
        allowed = f"1 to {_MOST_ROWS} of 0 to {n - 1}"
        raise InputError(f"rows {chosen}", where="rows", allowed=allowed)
    if not np.isfinite(history.lowest_altitude_km[chosen]).any():
        raise InputError("none of the orbits was flown", where="history", remedy="see its fate")
    return chosen


def _look(number: int) -> dict[str, Any]:
    """A colour and a dash of one's own."""
    return {
        "color": _COLOURS[number % len(_COLOURS)],
        "ls": _DASHES[number // len(_COLOURS) % len(_DASHES)],
        "lw": style.COAST_PT,
    }


def _label(labels: Sequence[str], number: int, row: int) -> str:
    return labels[number] if number < len(labels) else f"orbit {row}"


def _unjumped(angle_deg: FloatArray) -> FloatArray:
    """The same angles, NaN where they pass from 360 to 0, so that no line is drawn across."""
    out = angle_deg.copy()
    with np.errstate(invalid="ignore"):
        out[1:][np.abs(np.diff(angle_deg)) > 180.0] = np.nan
    return out


def to_the_edges(longitude_deg: FloatArray, latitude_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A track on a map from -180 to 180: drawn up to the edge it leaves by, and on from the other."""
    step = np.diff(longitude_deg)
    at = np.flatnonzero(np.abs(step) > 180.0)
    side = -np.copysign(180.0, step[at])  # where it leaves
    travelled = step[at] + 2.0 * side
    latitude = latitude_deg[at] + (side - longitude_deg[at]) / travelled * np.diff(latitude_deg)[at]
    where, gap = np.repeat(at + 1, 3), np.full(len(at), np.nan)
    longitudes, latitudes = np.stack([side, gap, -side], axis=1), np.stack([latitude, gap, latitude], axis=1)
    return np.insert(longitude_deg, where, longitudes.ravel()), np.insert(latitude_deg, where, latitudes.ravel())


def _edges(centres: FloatArray) -> tuple[float, float]:
    """Where the outermost cells about some centres end."""
    return 1.5 * centres[0] - 0.5 * centres[1], 1.5 * centres[-1] - 0.5 * centres[-2]


def _dated_axes() -> Axes:
    """Axes a column wide, with room for half a date on the right."""
    figure = style.new_figure(style.COLUMN_IN, 2.75)
    return style.axes_in(figure, 0.5, 0.4, style.COLUMN_IN - 0.75, 2.2)


def _map_axes(right: float = 0.2) -> Axes:
    """Axes of a map of the whole Moon, a page wide, two to one."""
    left, bottom = 0.5, 0.4
    width = style.PAGE_IN - left - right
    figure = style.new_figure(style.PAGE_IN, bottom + 0.5 * width + 0.15)
    return style.axes_in(figure, left, bottom, width, 0.5 * width)


def _strip_axes(strips: int) -> Axes:
    left, right, height = 1.5, 0.3, 0.24 * max(strips, 2)
    figure = style.new_figure(style.PAGE_IN, 0.42 + height + 0.12)
    return style.axes_in(figure, left, 0.42, style.PAGE_IN - left - right, height)


def _relief(ax: Axes) -> None:
    """The Moon's heights as shaded grey, north up, the near side in the middle."""
    import tifffile

    height_m = tifffile.imread(data.packaged("moon_lola_global_4ppd.tif")).astype(float)
    centred = np.roll(height_m, height_m.shape[1] // 2, axis=1)
    shade = np.clip(-np.diff(centred, axis=1, append=centred[:, :1]) / 1500.0 + (centred - 1000.0) / 12000.0, -1.0, 1.0)
    grey = 0.82 + _RELIEF_CONTRAST * 0.5 * shade
    ax.imshow(grey, cmap="gray", vmin=0.0, vmax=1.0, extent=(-180.0, 180.0, -90.0, 90.0), interpolation="bilinear",
              aspect="auto", zorder=0)  # fmt: skip
    _map_labels(ax)


def _map_labels(ax: Axes) -> None:
    ax.set(xlim=(-180.0, 180.0), ylim=(-90.0, 90.0), xlabel="Longitude (deg east)", ylabel="Latitude (deg)")
    ax.xaxis.set_major_locator(MultipleLocator(60.0))
    ax.yaxis.set_major_locator(MultipleLocator(30.0))
    ax.grid(False)
