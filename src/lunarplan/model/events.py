"""Events along a trajectory: what happens is a function that crosses zero, where it happens is one search for all.

The search samples every integration step six times. Where a sample is nearer to zero than its neighbours, the lowest
point of the dip becomes a sample too; then the sign changes between neighbours are refined, all at once. A sample that
is exactly zero belongs to the pair it ends; NaN has no sign and no event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.kernels.shadow import lit_fraction
from lunarplan.model.bodies import body_name
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.frames import rotation
from lunarplan.model.rows import scalar
from lunarplan.model.sky import apparent_position
from lunarplan.model.trajectory import Arc, Trajectory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

RISING, FALLING, EITHER = 1, -1, 0
LUNAR_SPHERE_OF_INFLUENCE_KM = 66_183.0  # a (m/M)^(2/5), Bate, Mueller and White (1971), eq. (7.4-1)
_SAMPLES_PER_STEP = 6
_NEAR_THE_ENDS = 1e-4  # of a sample's interval: dips that begin at the end of a search have no neighbour there
_TIME_TOLERANCE_S = 1e-6
_DIP_TOLERANCE_S = 1e-3


@dataclass(frozen=True)
class Event:
    """Something that happens where ``value`` crosses zero.

    value     : (epochs, trajectory) -> float64[N]
    direction : RISING, FALLING or EITHER
    """

    name: str
    value: Callable[[Floats, Trajectory], Floats]
    direction: int = EITHER

    def __post_init__(self) -> None:
        if self.direction not in (RISING, FALLING, EITHER):
            raise InputError(f"{self.direction!r}", where="Event.direction", allowed="RISING, FALLING, EITHER")


def perilune_passage() -> Event:
    """Smallest distance from the Moon."""
    return Event("perilune", _radial_motion("moon"), RISING)


def apolune_passage() -> Event:
    """Largest distance from the Moon."""
    return Event("apolune", _radial_motion("moon"), FALLING)


def perigee_passage() -> Event:
    return Event("perigee", _radial_motion("earth"), RISING)


def apogee_passage() -> Event:
    return Event("apogee", _radial_motion("earth"), FALLING)


def radius_crossing(body: str, radius_km: float, direction: int = EITHER, name: str = "") -> Event:
    """The distance from a body's centre passes a value; RISING is outwards."""
    body = body_name(body)
    scalar("radius_km", radius_km, np.finfo(float).tiny, np.finfo(float).max)

    def value(tdb: Floats, trajectory: Trajectory) -> Floats:
        return np.asarray(np.linalg.norm(trajectory.at(tdb, body)[:, :3], axis=1) - radius_km)

    return Event(name or f"{radius_km:g} km from the {body}", value, direction)


def altitude_crossing(body: str, altitude_km: float, direction: int = EITHER) -> Event:
    """The altitude above a body's mean (Moon) or equatorial (Earth) radius passes a value."""
    altitude = scalar("altitude_km", altitude_km, -_radius_km(body), np.finfo(float).max)
    return radius_crossing(body, _radius_km(body) + altitude, direction, f"{altitude:g} km above the {body}")


def impact(body: str) -> Event:
    """The surface is reached from above."""
    return radius_crossing(body, _radius_km(body), FALLING, f"impact on the {body}")


def sphere_of_influence(direction: int = EITHER) -> Event:
    """Entry (FALLING) into the Moon's sphere of influence, or exit (RISING)."""
    return radius_crossing("moon", LUNAR_SPHERE_OF_INFLUENCE_KM, direction, "lunar sphere of influence")


def node_crossing(body: str, axes: str, direction: int = EITHER) -> Event:
    """The plane z = 0 of some axes is crossed; RISING is the ascending node."""

    def value(tdb: Floats, trajectory: Trajectory) -> Floats:
        r = trajectory.at(tdb, body)[:, :3]
        matrix = rotation(axes, tdb, trajectory.forces.source)
        return np.asarray(np.einsum("nj,nj->n", np.broadcast_to(matrix, (len(tdb), 3, 3))[:, 2], r))

    return Event(f"node ({axes})", value, direction)


def shadow(body: str, *, fraction: float = 0.5, direction: int = EITHER) -> Event:
    """The lit fraction of the Sun's disc passes ``fraction`` behind a body; FALLING is entry.

    fraction : 1 for the penumbra's edge, 0 for the umbra's
    """
    _radius_km(body)
    scalar("fraction", fraction, 0.0, 1.0)

    def value(tdb: Floats, trajectory: Trajectory) -> Floats:
        discs = _Discs(tdb, trajectory, body)
        # on where the fraction stays 0 or 1, so that a short passage casts its shadow before: radians to the contact
        beyond = np.maximum(discs.apart - discs.sun - discs.body, 0.0)
        within = np.maximum(discs.body - discs.sun - discs.apart, 0.0)
        return np.asarray(discs.lit() - fraction + beyond - within)

    return Event(f"shadow of the {body}", value, direction)


def lit(tdb: Floats, flight: Trajectory | Arc, body: str) -> Floats:
    """Fraction of the Sun's disc seen past a body at epochs, float64[N]."""
    return _Discs(tdb, _path(flight, "events.lit"), body).lit()


class _Discs:
    """The discs of the Sun and of a body as seen from a trajectory: their radii and how far apart they are, rad."""

    def __init__(self, tdb: Floats, trajectory: Trajectory, body: str) -> None:
        r = trajectory.at(tdb, body)[:, :3]
        # where the Sun is seen: its light is on the way for eight minutes, 40 s of a lunar eclipse
        self.to_sun, self.to_body = apparent_position("sun", body, tdb, trajectory.forces.source) - r, -r
        self.radii_km = RADIUS_KM["sun"], _radius_km(body)
        sun, distance = (np.linalg.norm(v, axis=1, keepdims=True) for v in (self.to_sun, r))
        self.sun, self.body = (
            np.arcsin(np.minimum(radius / d[:, 0], 1.0))
            for radius, d in zip(self.radii_km, (sun, distance), strict=True)
        )
        chord = np.linalg.norm(self.to_sun / sun - self.to_body / distance, axis=1)
        self.apart = 2.0 * np.arcsin(np.minimum(0.5 * chord, 1.0))

    def lit(self) -> Floats:
        """Fraction of the Sun's disc that is seen."""
        fraction = np.where(self.apart <= self.body - self.sun, 0.0, 1.0)
        partly = (self.apart < self.sun + self.body) & (self.apart > self.body - self.sun)
        sun, body = self.radii_km
        for i in np.flatnonzero(partly):
            fraction[i] = lit_fraction(*self.to_sun[i], sun, *self.to_body[i], body)
        return fraction


def _radius_km(body: str) -> float:
    name = body_name(body)
    if name not in RADIUS_KM:
        raise InputError(f"the radius of {name} is not known", where="body", allowed=", ".join(RADIUS_KM))
    return RADIUS_KM[name]


def _radial_motion(body: str) -> Callable[[Floats, Trajectory], Floats]:
    def value(tdb: Floats, trajectory: Trajectory) -> Floats:
        x = trajectory.at(tdb, body)
        return np.asarray(np.einsum("ni,ni->n", x[:, :3], x[:, 3:]))

    return value


def find(
    flight: Trajectory | Arc, event: Event, start_tdb: float | None = None, end_tdb: float | None = None
) -> Floats:
    """Epochs of an event, ascending, float64[n], TDB s; to a microsecond.

    start_tdb, end_tdb : search only between them

    A crossing between two samples of different sign is always found. Two crossings between neighbouring samples are
    found if they are some milliseconds apart and the value has one maximum or minimum, not more, within those samples
    and the next ones on either side. Nearer ones are a touch, which may be missed; so may what is over within a
    ten-thousandth of a sample's interval from an end of the search. Samples lie a sixth of an integration step apart:
    within five degrees of a revolution at the tolerance of `fly`, where the events of this module have no finer detail,
    burns and the highest harmonics of a low orbit apart.
    """
    trajectory = _path(flight, "events.find")
    if not isinstance(event, Event):
        raise InputError(f"a {type(event).__name__}", where="events.find", allowed="one Event")
    t = _samples(trajectory, start_tdb, end_tdb)
    if len(t) < 2:
        return np.empty(0)
    t, value = _with_dips(trajectory, event, t)
    before, after = value[:-1], value[1:]
    rises, falls = (before < 0.0) & (after >= 0.0), (before > 0.0) & (after <= 0.0)
    wanted = {RISING: rises, FALLING: falls, EITHER: rises | falls}[event.direction]
    i = np.flatnonzero(wanted)
    return _refine(trajectory, event, t[i], t[i + 1])


def first(flight: Trajectory | Arc, event: Event, *, minimum_s: float = 1.0) -> float | None:
    """Epoch of the first occurrence, at least ``minimum_s`` after the start; None if there is none."""
    trajectory = _path(flight, "events.first")
    found = find(trajectory, event, trajectory.start_tdb + minimum_s)
    return float(found[0]) if len(found) else None


def stopped(flight: Trajectory | Arc, event: Event) -> Trajectory:
    """The trajectory up to the first occurrence of a terminal event, or all of it."""
    trajectory = _path(flight, "events.stopped")
    end = first(trajectory, event)
    return trajectory if end is None else trajectory.until(end)


def _path(flight: object, where: str) -> Trajectory:
    """What was flown as a trajectory: an arc is one by itself."""
    if isinstance(flight, Arc):
        return flight.trajectory
    if not isinstance(flight, Trajectory):
        raise InputError(f"a {type(flight).__name__}", where=where, allowed="one Trajectory, or an Arc of fly")
    return flight


def _samples(trajectory: Trajectory, start_tdb: float | None, end_tdb: float | None) -> Floats:
    first = trajectory.start_tdb if start_tdb is None else max(tdb_seconds(start_tdb), trajectory.start_tdb)
    last = trajectory.end_tdb if end_tdb is None else min(tdb_seconds(end_tdb), trajectory.end_tdb)
    nodes = trajectory.nodes_tdb
    parts = np.arange(_SAMPLES_PER_STEP) / _SAMPLES_PER_STEP
    inside = (nodes[:-1, None] + np.diff(nodes)[:, None] * parts).ravel()
    inside = inside[(inside > first) & (inside < last)]
    if not last > first:
        return np.empty(0)
    t = np.concatenate([[first], inside, [last]])
    begins, ends = t[0] + _NEAR_THE_ENDS * (t[1] - t[0]), t[-1] - _NEAR_THE_ENDS * (t[-1] - t[-2])
    return np.unique(np.concatenate([t, [begins, ends]]))


def _with_dips(trajectory: Trajectory, event: Event, t: Floats) -> tuple[Floats, Floats]:
    """Samples and their values, and among them those where the value comes nearest to zero without crossing it."""
    value = event.value(t, trajectory)
    middle = _lowest(value)
    if not len(middle):
        return t, value
    from scipy.optimize.elementwise import find_minimum  # as find_root below

    def depth(tdb: Floats, side: Floats) -> Floats:
        return side * event.value(np.ravel(tdb), trajectory).reshape(np.shape(tdb))

    side = np.sign(value[middle])
    tolerances = {"xatol": _DIP_TOLERANCE_S, "xrtol": 0.0, "fatol": 0.0, "frtol": 0.0}
    found = find_minimum(depth, (t[middle - 1], t[middle], t[middle + 1]), args=(side,), tolerances=tolerances)
    known = np.isfinite(found.f_x)  # a dip beside the unknown is left as it is
    every = np.concatenate([t, found.x[known]])
    order = np.argsort(every, kind="stable")
    return every[order], np.concatenate([value, (side * found.f_x)[known]])[order]


def _lowest(value: Floats) -> NDArray[np.intp]:
    """Samples nearer to zero than those on either side, where all three have one sign."""
    size, sign = np.abs(value), np.sign(value)
    here, before, after = size[1:-1], size[:-2], size[2:]
    dips = (here <= before) & (here <= after) & (here < np.maximum(before, after))
    alike = (sign[1:-1] == sign[:-2]) & (sign[1:-1] == sign[2:])
    return np.flatnonzero(dips & alike) + 1


def _refine(trajectory: Trajectory, event: Event, low: Floats, high: Floats) -> Floats:
    """All roots at once, by Chandrupatla's method."""
    if not len(low):
        return np.empty(0)
    from scipy.optimize.elementwise import find_root  # scipy's optimisers take half a second to import

    def value(tdb: Floats) -> Floats:
        return event.value(np.ravel(tdb), trajectory).reshape(np.shape(tdb))

    found = find_root(value, (low, high), tolerances={"xatol": _TIME_TOLERANCE_S, "xrtol": 0.0})
    if not found.success.all():
        raise ConvergenceError(f"{event.name}: a crossing could not be refined", where="events.find")
    return np.sort(np.asarray(found.x))
