"""Burns on the way to the Moon: back onto a free return after an error, or off it to another perilune (a hybrid).

    strayed = fly(states_after_a_bad_injection, ...)
    restored = restorations(strayed, epochs, found)          # perilune altitude and return as they were to be
    many = corrections(found, errors_km_s, 6 * 3600.0)       # of as many bad injections
    lowered = departures(flight, epoch, found, perilune_altitude_km=111.0, inclination_deg=170.0)

A burn has three components. A restoration holds perilune altitude, entry angle and return plane, and leaves when the
Moon is passed; a departure holds perilune altitude, epoch and plane, and gives up the way home.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import check_options, propagate
from lunarplan.model.rows import batch_within, numbers, scalar
from lunarplan.transfers import patched_conic as conic
from lunarplan.transfers.free_returns import arcs
from lunarplan.transfers.free_returns.free_return import FreeReturnProblem, FreeReturns
from lunarplan.transfers.free_returns.high_orbit import HighOrbitReturns
from lunarplan.transfers.free_returns.state_arcs import BURN, StateArcs, plane_angles_of
from lunarplan.transfers.home.entry import Entries, entries
from lunarplan.transfers.path import Path, states_about_moon
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import Target, Targeted, target
from lunarplan.transfers.to_moon.problem import north_or_south

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_EARLIEST_S = 7_200.0  # before perilune; later a burn no longer chooses it
_AT_MOON, _HOME = list(range(arcs.MOON_NODE, arcs.HOME_NODE)), list(range(arcs.HOME_NODE, arcs.ENTRY + 1))


class _OneBurnEach(Solved):
    """Batches of burns, ``burn_km_s`` [N, 3]."""

    burn_km_s: Floats

    @property
    def delta_v_m_s(self) -> Floats:
        return np.asarray(1e3 * np.linalg.norm(self.burn_km_s, axis=1))


@dataclass(frozen=True, repr=False)
class Restorations(_OneBurnEach):
    """Burns back onto a free return, float64[N] each unless said otherwise; NaN where not ``ok``.

    burn_tdb, burn_states : epoch, and [N, 6] before the burn, about the Moon, ICRF
    burn_km_s        : [N, 3]
    perilune_tdb, perilune_states : [N, 6] about the Moon
    entry            : see `Entries`
    """

    burn_tdb: Floats
    burn_states: Floats
    burn_km_s: Floats
    perilune_tdb: Floats
    perilune_states: Floats
    entry: Entries
    solution: Targeted


@dataclass(frozen=True, repr=False)
class Departures(_OneBurnEach):
    """Burns from a free return to another perilune, float64[N] each unless said otherwise; NaN where not ``ok``.

    burn_tdb, burn_states : epoch, and [N, 6] before the burn, about the Moon, ICRF
    burn_km_s        : [N, 3]
    perilune_tdb, perilune_states : [N, 6] about the Moon
    """

    burn_tdb: Floats
    burn_states: Floats
    burn_km_s: Floats
    perilune_tdb: Floats
    perilune_states: Floats
    solution: Targeted


def restorations(
    flight: Path, epochs: Any, meant: FreeReturns | HighOrbitReturns, *, forces: ForceModel | None = None
) -> Restorations:
    """Solve for the burns that bring a flight that has strayed back onto the free return it was meant for.

    flight : has ``at(tdb, center)``; epochs: of the burns, [N], each one a case of its own
    meant  : one free return; its perilune altitude, entry and return plane are kept, its epochs are not

    Raises InputError for epochs that are not on the way to the Moon, and for what is no free return, or not one alone.
    """
    forces, tdb, states, way = _checked(flight, epochs, meant, forces)
    shooting = _Restoring(tdb, states, meant, way, forces)
    found = target(shooting.evaluate, shooting.seed(), shooting.free, shooting.targets)
    whole = shooting.whole(found.x, np.arange(len(tdb)))
    perilune, entry = (end(whole, np.arange(len(tdb)))[0] for end in (shooting.arcs.perilune, shooting.arcs.entry))
    return Restorations(
        tdb, states, found.x[:, :3], whole[:, arcs.PERILUNE], perilune, entries(entry, whole[:, arcs.ENTRY]), found
    )


def corrections(
    meant: FreeReturns | HighOrbitReturns, errors_km_s: ArrayLike, after_s: float, *, forces: ForceModel | None = None
) -> Restorations:
    """Solve for the burns that make good N bad injections: what a correction so long after each of them takes.

    meant       : one free return; its perilune altitude, entry and return plane are kept, its epochs are not
    errors_km_s : [N, 3] or [3], of the velocity at the end of the injection, ICRF
    after_s     : from there to the burn

    Rows that would meet the Earth or the Moon before the burn are NaN. Raises InputError as `restorations`, and for
    errors that are no numbers.
    """
    _require_one(meant)
    errors = np.atleast_2d(numbers("errors_km_s", errors_km_s, 3))
    if not np.isfinite(errors).all():
        raise InputError("not finite", where="errors_km_s", allowed="km/s")
    forces = meant.forces if forces is None else forces
    start = float(meant.injection_tdb[0])
    epochs = np.full(len(errors), start + scalar("after_s", after_s, 0.0, 30.0 * SECONDS_PER_DAY, "s"))
    states = np.repeat(meant.injection_states[:1], len(errors), axis=0)
    states[:, 3:] += errors
    strayed = propagate(states, start, epochs, forces=forces).states
    return restorations(_Strayed(strayed + forces.source.state("earth", "moon", epochs)), epochs, meant, forces=forces)


@dataclass(frozen=True)
class _Strayed:
    """Flights, each at an epoch of its own, about the Moon."""

    states: Floats

    def at(self, tdb: Any, center: str = "moon") -> Floats:
        return self.states


def departures(
    flight: Path,
    epochs: Any,
    meant: FreeReturns | HighOrbitReturns,
    *,
    perilune_altitude_km: ArrayLike,
    inclination_deg: ArrayLike,
    northbound: ArrayLike = 1,
    later_s: ArrayLike = 0.0,
    forces: ForceModel | None = None,
) -> Departures:
    """Solve for the burns that lead from a flight to another perilune than that of its free return.

    flight, epochs, meant : as in `restorations`
    perilune_altitude_km, inclination_deg, northbound : of the passage; to the Moon's equator, retrograde over 90, and
             which of the two planes, by the motion along the asymptote
    later_s : than the free return's perilune, up to a day; negative: sooner

    Raises InputError as `restorations`, and for values out of range.
    """
    forces, tdb, states, way = _checked(flight, epochs, meant, forces)
    _, low, tilt, north, late = batch_within(
        "departures",
        epochs=(tdb, -np.inf, np.inf, "s"),
        perilune_altitude_km=(perilune_altitude_km, 0.0, 30_000.0, "km"),
        inclination_deg=(inclination_deg, 0.0, 180.0, "deg"),
        northbound=(north_or_south("northbound", northbound), -1.0, 1.0, ""),
        later_s=(later_s, -86_400.0, 86_400.0, "s"),
    )
    n = len(low)
    tdb, states = np.broadcast_to(tdb, n).copy(), np.broadcast_to(states, (n, 6)).copy()
    shooting = _Departing(tdb, states, meant, way, forces, RADIUS_KM["moon"] + low, np.radians(tilt), north, late)
    found = target(shooting.evaluate, shooting.seed(), shooting.free, shooting.targets)
    whole = shooting.whole(found.x, np.arange(n))
    perilune = shooting.arcs.perilune(whole, np.arange(n))[0]
    return Departures(tdb, states, found.x[:, :3], shooting.passage, perilune, found)


def _checked(
    flight: Path, epochs: Any, meant: FreeReturns | HighOrbitReturns, forces: ForceModel | None
) -> tuple[ForceModel, Floats, Floats, FreeReturnProblem]:
    """Field, epochs and states of the burns, and the free return's own problem; raises InputError."""
    _require_one(meant)
    forces = meant.forces if forces is None else forces
    check_options(forces, "moon", 1e-12)
    way = meant.problem.way if isinstance(meant, HighOrbitReturns) else meant.problem
    tdb = np.atleast_1d(numbers("epochs", tdb_seconds(epochs), 1))
    first, last = float(meant.injection_tdb[0]), float(way.perilune_tdb[0]) - _EARLIEST_S
    if not ((tdb >= first) & (tdb <= last)).all():
        raise InputError(
            "not on the way to the Moon", where="epochs", allowed="from the injection to two hours before perilune"
        )
    return forces, tdb, states_about_moon(flight, tdb, "flight"), way


def _require_one(meant: FreeReturns | HighOrbitReturns) -> None:
    given: object = meant
    if not isinstance(given, FreeReturns | HighOrbitReturns):
        raise InputError(f"{given!r:.60}", where="meant", allowed="a FreeReturns or HighOrbitReturns of one row")
    if len(meant.ok) != 1 or not meant.ok[0]:
        raise InputError(f"{meant!r}", where="meant", allowed="one free return that is ok", remedy="give .rows([k])")


class _Restoring:
    """Burn, flyby and way home: fourteen variables, twelve matches, perilune radius and return plane."""

    free = (*BURN, *(arcs.ARCS[k] for k in (*_AT_MOON, *_HOME)))
    targets = (*arcs.MATCHES, Target("perilune radius", 1e-6, 100.0), Target("return plane", 1e-10, 1e-2))
    _columns = (arcs.NODE, arcs.ARGUMENT, arcs.SPEED, *_AT_MOON, *_HOME)

    def __init__(
        self, tdb: Floats, states: Floats, meant: FreeReturns | HighOrbitReturns, way: FreeReturnProblem,
        forces: ForceModel,
    ) -> None:  # fmt: skip
        self.arcs, self.meant, self.way = StateArcs(tdb, states, way, forces), meant, way

    def seed(self) -> Floats:
        """No burn, and the free return as it was meant."""
        meant, way, n = self.meant, self.way, len(self.arcs.burn_tdb)
        flyby = plane_angles_of(meant.perilune_states, self.arcs.moon_axes[:1]) if n else np.empty((1, 4))
        home = plane_angles_of(meant.entry.states, self.arcs.equator[:1]) if n else np.empty((1, 4))
        row = np.concatenate(
            [np.zeros(3), flyby[0], way.perilune_radius_km, way.perilune_tdb, home[0], meant.entry.tdb]
        )
        return np.tile(row, (n, 1))

    def whole(self, x: Floats, rows: Rows) -> Floats:
        """The variables among all of `arcs.ARCS`."""
        full = np.zeros((len(x), len(arcs.ARCS)))
        full[:, self._columns] = x
        return full

    def evaluate(self, x: Floats, rows: Rows) -> tuple[Floats, Floats]:
        full = self.whole(x, rows)
        f, jacobian = self.arcs.evaluate(full, rows)
        held = np.zeros((len(x), 2, len(arcs.ARCS)))
        held[:, 0, arcs.PERILUNE_RADIUS] = held[:, 1, arcs.HOME_INCLINATION] = 1.0
        off = full[:, [arcs.PERILUNE_RADIUS, arcs.HOME_INCLINATION]]
        off = off - np.array([self.way.perilune_radius_km[0], self.way.return_inclination[0]])
        whole = np.concatenate([jacobian, held], axis=1)
        return np.concatenate([f, off], axis=1), whole[:, :, self._columns]


class _Departing:
    """Burn and perilune: six variables, six matches; radius, plane and epoch are held."""

    free = (*BURN, *(arcs.ARCS[k] for k in (arcs.MOON_NODE, arcs.MOON_ARGUMENT, arcs.MOON_SPEED)))
    targets = arcs.MATCHES[:6]
    _columns = (arcs.NODE, arcs.ARGUMENT, arcs.SPEED, arcs.MOON_NODE, arcs.MOON_ARGUMENT, arcs.MOON_SPEED)

    def __init__(
        self, tdb: Floats, states: Floats, meant: FreeReturns | HighOrbitReturns, way: FreeReturnProblem,
        forces: ForceModel, radius_km: Floats, inclination: Floats, northbound: Floats, later_s: Floats,
    ) -> None:  # fmt: skip
        self.arcs, self.meant, self.forces = StateArcs(tdb, states, way, forces), meant, forces
        self.radius_km, self.inclination, self.northbound = radius_km, inclination, northbound
        self.passage = way.perilune_tdb[0] + later_s
        if len(tdb):
            self.arcs.moon_axes = rotation("moon_me", self.passage, forces.source)

    def seed(self) -> Floats:
        """The hyperbola of the free return's excess velocity through the other perilune; no burn."""
        n, gm = len(self.passage), self.forces.gm("moon")
        coming = _incoming(self.meant.perilune_states, gm)
        excess = np.einsum("nij,j->ni", self.arcs.moon_axes, coming[0])
        angles = conic.arrival(excess, self.radius_km, self.inclination, self.northbound, gm)
        return np.column_stack([np.zeros((n, 3)), *angles])

    def whole(self, x: Floats, rows: Rows) -> Floats:
        """The variables among all of `arcs.ARCS`."""
        full = np.zeros((len(x), len(arcs.ARCS)))
        full[:, self._columns] = x
        full[:, arcs.MOON_INCLINATION] = self.inclination[rows]
        full[:, arcs.PERILUNE_RADIUS], full[:, arcs.PERILUNE] = self.radius_km[rows], self.passage[rows]
        return full

    def evaluate(self, x: Floats, rows: Rows) -> tuple[Floats, Floats]:
        f, jacobian = self.arcs.before_moon(self.whole(x, rows), rows)
        return f, jacobian[:, :, self._columns]


def _incoming(perilune: Floats, gm: float) -> Floats:
    """Excess velocities, [N, 3], with which states at perilune came in."""
    out, along = (p / np.linalg.norm(p, axis=1, keepdims=True) for p in (perilune[:, :3], perilune[:, 3:]))
    radius, speed2 = np.linalg.norm(perilune[:, :3], axis=1), (perilune[:, 3:] ** 2).sum(axis=1)
    excess2 = speed2 - 2.0 * gm / radius
    e = 1.0 + radius * excess2 / gm
    return np.asarray(np.sqrt(excess2)[:, None] * (out / e[:, None] + np.sqrt(1.0 - 1.0 / e**2)[:, None] * along))
