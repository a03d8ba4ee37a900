"""Powered flights over the Moon: height, speed and thrust against time, and the track over the ground."""

from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from lunarplan.model.constants import RADIUS_KM
from lunarplan.plot import style

FloatArray = npt.NDArray[np.float64]

_LEFT_IN, _BOTTOM_IN, _GAP_IN, _TOP_IN = 0.55, 0.42, 0.1, 0.36
_PANEL_IN, _TIME_IN = 1.15, 3.2
_SHARED = 0.02  # of the time: shorter phases go without a name
_SHORT = 0.25  # and these share the room with their neighbours, in two rows


@style.styled
def powered_flight(path: Any, axes: tuple[Axes, Axes, Axes, Axes] | None = None) -> tuple[Axes, Axes, Axes, Axes]:
    """Draw a landing or an ascent: altitude, speed, and pitch with throttle against time; its track over the ground.

    path : `Landings.path(row)` or `SkyAscents.path(row)`
    axes : for altitude, speed, pitch and track; a page of its own, if not given

    The track is in kilometres east and north of the place, along great circles from it; there the phases are told too.
    """
    altitude, speed, pitch, track = axes or _page()
    seconds = path.epochs_tdb - path.epochs_tdb[0]
    altitude.plot(seconds, path.altitude_km, color=style.COAST)
    altitude.set(ylabel="Altitude (km)")
    speed.plot(seconds, path.speed_m_s, color=style.COAST, label="over the ground")
    speed.plot(seconds, path.climb_m_s, color=style.INK, ls="--", label="upwards")
    speed.set(ylabel="Speed (m/s)")
    speed.legend(loc="best")
    pitch.plot(seconds, path.pitch_deg, color=style.COAST, label="pitch of the thrust (deg)")
    pitch.plot(seconds, 100.0 * path.throttle, color=style.THRUST, ls="--", label="throttle (%)")
    pitch.set(ylabel="Pitch, throttle", xlabel="Time (s)")
    pitch.legend(loc="best")
    for ax in (altitude, speed, pitch):
        _phases(ax, path, seconds, named=ax is altitude)
        ax.set_xlim(0.0, seconds[-1])
        ax.yaxis.set_major_locator(MaxNLocator(4))
    for ax in (altitude, speed):
        ax.tick_params(labelbottom=False)
    _track(track, path)
    return altitude, speed, pitch, track


def _page() -> tuple[Axes, Axes, Axes, Axes]:
    height = _BOTTOM_IN + 3.0 * _PANEL_IN + 2.0 * _GAP_IN + _TOP_IN
    figure = style.new_figure(style.PAGE_IN, height)
    bottoms = [_BOTTOM_IN + k * (_PANEL_IN + _GAP_IN) for k in (2, 1, 0)]
    upper, middle, lower = (style.axes_in(figure, _LEFT_IN, b, _TIME_IN, _PANEL_IN) for b in bottoms)
    left = _LEFT_IN + _TIME_IN + 0.65
    track = style.axes_in(figure, left, _BOTTOM_IN, style.PAGE_IN - left - 0.1, height - _BOTTOM_IN - _TOP_IN)
    return upper, middle, lower, track


def _phases(ax: Axes, path: Any, seconds: FloatArray, named: bool) -> None:
    """A line where one phase ends and the next begins; names over the top where there is room."""
    names = np.array(path.phase)
    starts = np.flatnonzero(np.concatenate([[True], names[1:] != names[:-1]]))
    ends = np.append(starts[1:], len(names)) - 1
    for k in starts[1:]:
        ax.axvline(seconds[k], color=style.FAINT, lw=style.THIN_PT, zorder=1)
    if not named:
        return
    room = [(a, b) for a, b in zip(starts, ends, strict=True) if seconds[b] - seconds[a] > _SHARED * seconds[-1]]
    for a, b in room:
        short = seconds[b] - seconds[a] < _SHORT * seconds[-1]
        last = short and seconds[b] > (1.0 - _SHARED) * seconds[-1]
        ax.annotate(
            str(names[a]), (seconds[b] if last else 0.5 * (seconds[a] + seconds[b]), 1.0),
            (0.0, 11.0 if short and 0 < a and not last else 3.0), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="right" if last else "center", fontsize=6.5, annotation_clip=False,
        )  # fmt: skip


def _track(ax: Axes, path: Any) -> None:
    grounded = int(np.argmin(path.altitude_km))  # the place: where a landing ends and an ascent begins
    over = _about(path.latitude_deg, path.longitude_deg, grounded)
    ax.plot(*over.T, color=style.COAST)
    style.show_to_scale(ax, over, 0.2)
    style.arrow(ax, over, style.COAST)
    ax.plot(0.0, 0.0, marker="+", ms=8.0, mew=1.2, color=style.THRUST)
    latitude, longitude = path.latitude_deg[grounded], path.longitude_deg[grounded]
    where = f"{_degrees(latitude, 'NS')}, {_degrees(longitude, 'EW')}"
    below = over[np.argmax(np.hypot(*over.T)), 1] >= 0.0
    ax.annotate(
        where, (0.0, 0.0), (0.0, -8.0 if below else 8.0), textcoords="offset points", ha="center",
        va="top" if below else "bottom", color=style.THRUST, fontsize=6.5,
    )  # fmt: skip
    ax.set(xlabel="East of the place (km)", ylabel="North of it (km)")


def _degrees(angle: float, sides: str) -> str:
    return f"{abs(angle):.2f}° {sides[0] if angle >= 0.0 else sides[1]}"


def _about(latitude_deg: FloatArray, longitude_deg: FloatArray, center: int) -> FloatArray:
    """Azimuthal equidistant, float64[n, 2], km east and north of one of the points."""
    latitude, longitude = np.radians(latitude_deg), np.radians(longitude_deg)
    apart, here = longitude - longitude[center], latitude[center]
    east = np.cos(latitude) * np.sin(apart)
    north = np.cos(here) * np.sin(latitude) - np.sin(here) * np.cos(latitude) * np.cos(apart)
    up = np.sin(here) * np.sin(latitude) + np.cos(here) * np.cos(latitude) * np.cos(apart)
    size = np.hypot(east, north)
    scale = RADIUS_KM["moon"] * np.arctan2(size, up) / np.where(size > 0.0, size, 1.0)
    return np.column_stack([east * scale, north * scale])
