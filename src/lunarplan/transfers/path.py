"""Paths: whatever knows where it is at an epoch, a Trajectory, an orbit in the ephemeris, a plan's flight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from lunarplan.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Path(Protocol):
    """Has states, float64[N, 6] in km and km/s, ICRF, about a centre, at TDB epochs float64[N]."""

    def at(self, tdb: Any, center: str = ...) -> Floats: ...


def states_about_moon(path: Path, tdb: Floats, where: str) -> Floats:
    """States of a path about the Moon, float64[N, 6]; raises InputError for what is no path."""
    given: object = path
    if not callable(getattr(given, "at", None)):
        raise InputError(f"{given!r:.60}", where=where, allowed="a path: what has at(tdb, center)")
    return np.asarray(path.at(tdb, "moon"), float).reshape(len(tdb), 6)


def lead_rad(craft: Floats, target: Floats) -> float:
    """By what angle a target is ahead of a craft, or of a direction, in the target's plane, -pi to pi."""
    normal = np.cross(target[:3], target[3:])
    across = normal @ np.cross(craft[:3], target[:3]) / np.linalg.norm(normal)
    return float(np.arctan2(across, craft[:3] @ target[:3]))
