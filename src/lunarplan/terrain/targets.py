"""What is looked for in the sky of a place: the Sun, the Earth, a station on it, or something in orbit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.bodies import body_name
from lunarplan.model.constants import RADIUS_KM, SPEED_OF_LIGHT_KM_S
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.model.rows import numbers, scalar
from lunarplan.model.stations import GroundStation, ground_station, itrf_axes
from lunarplan.model.surface import seen_from_moon

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_LEAST_SAMPLES = 4  # of a cubic


@dataclass(frozen=True)
class Target:
    """Something in the sky, ready to be asked where it is.

    name      : for tables
    radius_km : of its disc; 0 for a point
    seen_km   : epochs (T,) -> where it is seen from the Moon's centre, (T, 3), MOON_ME
    up        : of a station: epochs (T,) -> its vertical when the light left that is seen, (T, 3), MOON_ME
    least_deg : of a station: elevation in its sky from which on it has a place in use
    """

    name: str
    radius_km: float
    seen_km: Callable[[Floats], Floats]
    up: Callable[[Floats], Floats] | None = None
    least_deg: float = 0.0


def target(what: Any, *, least_deg: float = 10.0, ephemeris: Ephemeris | None = None) -> Target:
    """Return what is meant as a `Target`.

    what : "sun", "earth" or another body; a station or its name; a trajectory, or anything else with
        ``at(tdb, center="moon")``; or a table (epochs, positions) of float64[T] and float64[T, 3] in km from the Moon's
        centre, ICRF, between which a cubic is laid

    least_deg : elevation at a station from which on it is in use

    Raises InputError for anything else.
    """
    if isinstance(what, Target):
        return what
    source = ephemeris or Ephemeris.packaged()
    if isinstance(what, GroundStation):
        return _station(what, least_deg, source)
    if isinstance(what, str):
        return _named(what, least_deg, source)
    if callable(getattr(what, "at", None)):
        return Target(_name_of(what), 0.0, lambda tdb: _turned(_states(what, tdb), tdb, source))
    if isinstance(what, tuple) and len(what) == 2:
        path = _cubic(*what)
        return Target("relay", 0.0, lambda tdb: _turned(path(tdb), tdb, source))
    raise InputError(
        f"a {type(what).__name__}",
        where="target",
        allowed='"sun", "earth", a station, something with .at(tdb, center="moon"), or (epochs, positions)',
    )


def _named(name: str, least_deg: float, source: Ephemeris) -> Target:
    try:
        body = body_name(name)
    except InputError:
        return _station(ground_station(name), least_deg, source)
    return Target(body, RADIUS_KM.get(body, 0.0), lambda tdb: seen_from_moon(body, tdb, source))


def _station(station: GroundStation, least_deg: float, source: Ephemeris) -> Target:
    least = scalar("least_deg", least_deg, -90.0, 90.0, "deg")

    def up(tdb: Floats) -> Floats:
        late = np.linalg.norm(source.position("earth", "moon", tdb), axis=-1) / SPEED_OF_LIGHT_KM_S
        icrf = np.einsum("...ji,j->...i", itrf_axes(np.asarray(tdb - late)), station.axes.up)
        return np.asarray(np.einsum("...ij,...j->...i", rotation("moon_me", tdb, source), icrf))

    return Target(station.name, 0.0, lambda tdb: seen_from_moon(station, tdb, source), up, least)


def _name_of(what: object) -> str:
    return str(getattr(what, "name", "") or type(what).__name__.lower())


def _states(what: Any, tdb: Floats) -> Floats:
    states = numbers(f"{type(what).__name__}.at", what.at(tdb, center="moon"), 1)
    if states.ndim != 2 or len(states) != len(tdb) or states.shape[1] not in (3, 6):
        raise InputError(f"gives {states.shape}", where=f"{type(what).__name__}.at", allowed=f"({len(tdb)}, 3 or 6)")
    return states[:, :3]


def _turned(positions: Floats, tdb: Floats, source: Ephemeris) -> Floats:
    return np.asarray(np.einsum("...ij,...j->...i", rotation("moon_me", tdb, source), positions))


def _cubic(tdb: Any, positions: Any) -> Callable[[Floats], Floats]:
    """A cubic through positions at ascending epochs, which it does not leave."""
    from scipy.interpolate import CubicSpline  # slow to import

    epochs = np.atleast_1d(np.asarray(tdb_seconds(tdb), float))
    places = numbers("positions", positions, 3)
    if epochs.ndim != 1 or places.shape != (len(epochs), 3) or len(epochs) < _LEAST_SAMPLES:
        what = f"epochs {epochs.shape}, positions {places.shape}"
        raise InputError(what, where="target", allowed=f"(T,) and (T, 3), T at least {_LEAST_SAMPLES}")
    if not (np.diff(epochs) > 0.0).all() or not np.isfinite(places).all():
        raise InputError("not ascending, or not finite", where="target", allowed="ascending epochs, finite positions")
    spline = CubicSpline(epochs, places)

    def path(tdb: Floats) -> Floats:
        if len(tdb) and (tdb.min() < epochs[0] or tdb.max() > epochs[-1]):
            raise InputError(
                "the relay's positions do not cover the span", where="target", remedy="give positions for all of it"
            )
        return np.asarray(spline(tdb))

    return path
