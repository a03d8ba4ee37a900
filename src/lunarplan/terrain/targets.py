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
from lunarplan.model.sky import angular_radius_rad, separation_rad
from lunarplan.model.stations import NETWORKS, GroundStation, ground_station, ground_stations, itrf_axes
from lunarplan.model.surface import seen_from_moon

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

LEAST_DEG = 10.0  # at a station; lower down hills and the air are in the way
_LEAST_SAMPLES = 4  # of a cubic


@dataclass(frozen=True)
class Target:
    """Something in the sky, ready to be asked where it is.

    name      : for tables
    radius_km : of its disc; 0 for a point
    seen_km   : epochs (T,) -> where it is seen from the Moon's centre, (T, 3), MOON_ME
    up        : of a station: epochs (T,) -> its vertical when the light left that is seen, (T, 3), MOON_ME
    least_deg : of a station: elevation in its sky from which on it has a place in use
    linked    : of a relay: epochs (T,) -> by how much it has the Earth in view over the Moon's edge, rad, (T,)
    """

    name: str
    radius_km: float
    seen_km: Callable[[Floats], Floats]
    up: Callable[[Floats], Floats] | None = None
    least_deg: float = 0.0
    linked: Callable[[Floats], Floats] | None = None


def target(
    what: Any,
    *,
    least_deg: float = LEAST_DEG,
    to_earth: bool = False,
    ephemeris: Ephemeris | None = None,
) -> Target:
    """Return what is meant as a `Target`.

    what : "sun", "earth" or another body; a station or its name; a trajectory, or anything else with
        ``at(tdb, center="moon")``; or a table (epochs, positions) of float64[T] and float64[T, 3] in km from the Moon's
        centre, ICRF, between which a cubic is laid
    least_deg : elevation at a station from which on it is in use
    to_earth  : a relay is of use only while it sees the Earth's centre past the Moon

    Raises InputError for anything else.
    """
    return _target(what, least_deg, to_earth, _Earth(ephemeris or Ephemeris.packaged()))


def _target(what: Any, least_deg: float, to_earth: bool, earth: _Earth) -> Target:
    if isinstance(what, Target):
        return what
    if isinstance(what, GroundStation):
        return _station(what, least_deg, earth)
    if isinstance(what, str):
        return _named(what, least_deg, earth)
    if callable(getattr(what, "at", None)):
        return _relay(_name_of(what), lambda tdb: _states(what, tdb), to_earth, earth.source)
    if isinstance(what, tuple) and len(what) == 2:
        return _relay("relay", _cubic(*what), to_earth, earth.source)
    raise InputError(
        f"a {type(what).__name__}",
        where="target",
        allowed='"sun", "earth", a station, something with .at(tdb, center="moon"), or (epochs, positions)',
    )


def targets(
    what: Any, *, least_deg: float = LEAST_DEG, to_earth: bool = False, ephemeris: Ephemeris | None = None
) -> list[Target]:
    """Return the targets that are meant by one, by a network of stations ("DSN"), or by a list of these.

    Other arguments are those of `target`; stations share the turning Earth. Raises InputError as `target`, and for an
    empty list.
    """
    earth = _Earth(ephemeris or Ephemeris.packaged())
    every = [_target(one, least_deg, to_earth, earth) for one in _listed(what)]
    if not every:
        raise InputError("nothing is named", where="target", allowed="at least one target")
    return every


def _listed(what: Any) -> list[Any]:
    if isinstance(what, list):
        return [each for one in what for each in _listed(one)]
    network = isinstance(what, str) and what.strip().lower() in {n.lower() for n in NETWORKS}
    return list(ground_stations(what)) if network else [what]


class _Earth:
    """The Earth as it is seen from the Moon's centre, and how it is turned; kept for the epochs asked for last."""

    def __init__(self, source: Ephemeris) -> None:
        self.source = source
        self._kept: tuple[Floats, Floats, Floats] | None = None

    def at(self, tdb: Floats) -> tuple[Floats, Floats]:
        """Where its centre is seen, (T, 3) in km, MOON_ME, and the rotations ITRF -> MOON_ME, (T, 3, 3)."""
        kept = self._kept
        if kept is None or not np.array_equal(kept[0], tdb):
            late = np.linalg.norm(self.source.position("earth", "moon", tdb), axis=-1) / SPEED_OF_LIGHT_KM_S
            icrf = itrf_axes(np.asarray(tdb - late))
            turn = np.einsum("...ij,...kj->...ik", rotation("moon_me", tdb, self.source), icrf)
            kept = self._kept = (tdb, seen_from_moon("earth", tdb, self.source), turn)
        return kept[1], kept[2]


def _named(name: str, least_deg: float, earth: _Earth) -> Target:
    try:
        body = body_name(name)
    except InputError:
        return _station(ground_station(name), least_deg, earth)
    return Target(body, RADIUS_KM.get(body, 0.0), lambda tdb: seen_from_moon(body, tdb, earth.source))


def _station(station: GroundStation, least_deg: float, earth: _Earth) -> Target:
    least = scalar("least_deg", least_deg, -90.0, 90.0, "deg")

    def seen_km(tdb: Floats) -> Floats:
        center, turn = earth.at(tdb)
        return np.asarray(center + turn @ station.position_km)

    return Target(station.name, 0.0, seen_km, lambda tdb: np.asarray(earth.at(tdb)[1] @ station.axes.up), least)


def _relay(name: str, path: Callable[[Floats], Floats], to_earth: bool, source: Ephemeris) -> Target:
    def linked(tdb: Floats) -> Floats:
        relay = path(tdb)
        beyond = separation_rad(source.position("earth", "moon", tdb) - relay, -relay)
        return np.asarray(beyond - angular_radius_rad("moon", np.linalg.norm(relay, axis=-1)))

    return Target(name, 0.0, lambda tdb: _turned(path(tdb), tdb, source), linked=linked if to_earth else None)


def _name_of(what: object) -> str:
    return str(getattr(what, "name", "") or type(what).__name__.lower())


def _states(what: Any, tdb: Floats) -> Floats:
    states = numbers(f"{type(what).__name__}.at", what.at(tdb, center="moon"), 1)
    if states.ndim != 2 or len(states) != len(tdb) or states.shape[1] not in (3, 6):
        raise InputError(f"gives {states.shape}", where=f"{type(what).__name__}.at", allowed=f"({len(tdb)}, 3 or 6)")
    if not np.isfinite(states[:, :3]).all():
        raise InputError(
            "positions are not finite", where=f"{type(what).__name__}.at", remedy="ask for epochs it covers"
        )
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
