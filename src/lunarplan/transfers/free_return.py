"""Circumlunar free returns: from a parking orbit round the Moon to an entry interface, without a burn on the way.

Each row is shot from three places: forwards from the injection, both ways from perilune, and backwards from the entry
interface; it is made to meet on either side of the Moon. Parking orbit, perilune altitude and entry conditions hold at
every iteration; times of flight and the plane at the Moon are what the Moon makes of them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.kernels.blocks import STATE
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import Run, accelerations, check_options, row_inputs
from lunarplan.model.rows import batch_within
from lunarplan.model.sky import separation_rad
from lunarplan.transfers import patched_conic as conic
from lunarplan.transfers.earth_return import ENTRY_ALTITUDE_KM
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.entry import Entries, entries
from lunarplan.transfers.targeter import Target, Targeted, Variable, target

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_MATCH_S = 57_600.0  # before and after perilune: about the edge of the Moon's sphere of influence
_FELT_KM = 60_000.0
_FASTEST_S, _SLOWEST_S, _SAMPLES = 1.6 * 86_400.0, 4.8 * 86_400.0, 33
FREE = (
    Variable("node", 1e-2, 0.2),
    Variable("argument", 1e-2, 0.2),
    Variable("speed", 1e-2, 0.05),
    Variable("injection epoch", 600.0, 14_400.0),
    Variable("node at the Moon", 3e-2, 0.3),
    Variable("argument at the Moon", 3e-2, 0.3),
    Variable("speed at the Moon", 1e-2, 0.1),
    Variable("inclination at the Moon", 3e-2, 0.3),
    Variable("return node", 1e-2, 0.2),
    Variable("return argument", 1e-2, 0.2),
    Variable("return speed", 1e-2, 0.05),
    Variable("entry epoch", 600.0, 14_400.0),
)
TARGETS = tuple(
    Target(f"{leg} match {axis}", *limits)
    for leg in ("outbound", "inbound")
    for axis, limits in (*((a, (1e-6, 1e3)) for a in "xyz"), *((f"v{a}", (1e-10, 1e-2)) for a in "xyz"))
)


@dataclass(frozen=True)
class FreeReturnProblem:
    """A batch of free returns, float64[N] each; `free_return_problem` makes one.

    parking_inclination, return_inclination : to the Earth's equator of date, rad
    northbound_departure, northbound_return : +1 if the Moon's place is reached, and left, northbound; -1 southbound
    flight_path : at the entry interface, rad, negative inwards
    """

    perilune_tdb: Floats
    perilune_radius_km: Floats
    parking_radius_km: Floats
    parking_inclination: Floats
    northbound_departure: Floats
    entry_radius_km: Floats
    flight_path: Floats
    return_inclination: Floats
    northbound_return: Floats

    def rows(self, rows: NDArray[np.intp]) -> FreeReturnProblem:
        """Return the problems of some rows."""
        return FreeReturnProblem(*(getattr(self, c.name)[rows] for c in fields(self)))


@dataclass(frozen=True)
class FreeReturns:
    """Converged free returns, float64[N] each unless said otherwise; NaN where not ``ok``.

    injection_tdb, injection_states : just after the injection burn, [N, 6] Earth-centred ICRF
    perilune_states      : [N, 6] Moon-centred ICRF
    tli_delta_v_km_s     : tangential, from the circular parking orbit; c3_km2_s2: two-body, at injection
    entry                : see `Entries`
    """

    problem: FreeReturnProblem
    forces: ForceModel
    injection_tdb: Floats
    injection_states: Floats
    perilune_states: Floats
    tli_delta_v_km_s: Floats
    c3_km2_s2: Floats
    entry: Entries
    solution: Targeted

    @property
    def ok(self) -> NDArray[np.bool_]:
        return self.solution.ok

    @property
    def status(self) -> NDArray[np.int8]:
        """int8[N], 0 where converged; see ``reason``."""
        return self.solution.status

    def reason(self, row: int) -> str:
        """Why a row failed, or "converged"."""
        return self.solution.reason(row)

    def require(self) -> FreeReturns:
        """Return self, or raise ConvergenceError if any row failed."""
        self.solution.require()
        return self

    def __repr__(self) -> str:
        return f"<FreeReturns: {int(self.ok.sum())} of {len(self.ok)} rows ok>"

    @property
    def lunar_inclination_deg(self) -> Floats:
        """Of the plane at perilune to the Moon's equator: over 90, retrograde, as all that come home from behind it."""
        turn = rotation("moon_me", self.problem.perilune_tdb, self.forces.source)
        normal = np.cross(self.perilune_states[:, :3], self.perilune_states[:, 3:])
        return np.degrees(separation_rad(np.einsum("nij,nj->ni", turn, normal), np.array([0.0, 0.0, 1.0])))

    @property
    def outbound_s(self) -> Floats:
        """From injection to perilune."""
        return np.asarray(self.problem.perilune_tdb - self.injection_tdb)

    @property
    def inbound_s(self) -> Floats:
        """From perilune to the entry interface."""
        return np.asarray(self.entry.tdb - self.problem.perilune_tdb)


def free_return_problem(
    perilune_tdb: Any,
    *,
    perilune_altitude_km: ArrayLike,
    parking_altitude_km: ArrayLike = 185.0,
    parking_inclination_deg: ArrayLike = 28.5,
    northbound_departure: ArrayLike = 1,
    return_inclination_deg: ArrayLike = 35.0,
    northbound_return: ArrayLike = 1,
    entry_altitude_km: ArrayLike = ENTRY_ALTITUDE_KM,
    flight_path_deg: ArrayLike = -6.5,
) -> FreeReturnProblem:
    """Build a batch from values in the units of the edge, broadcast against each other.

    perilune_tdb : anything `tdb_seconds` reads
    perilune_altitude_km : over the Moon's mean radius; some 11,000 km is the most a free return passes at
    the others   : as in `problem` of direct transfers and in `return_problem`

    Raises InputError for values out of range, NaN, and shapes that do not go together.
    """
    epoch, low, parking, tilt, north, home_tilt, home_north, entry, angle = batch_within(
        "free_return_problem",
        perilune_tdb=(tdb_seconds(perilune_tdb), -np.inf, np.inf, "s"),
        perilune_altitude_km=(perilune_altitude_km, 0.0, 30_000.0, "km"),
        parking_altitude_km=(parking_altitude_km, 100.0, 10_000.0, "km"),
        parking_inclination_deg=(parking_inclination_deg, 0.0, 180.0, "deg"),
        northbound_departure=(northbound_departure, -1.0, 1.0, ""),
        return_inclination_deg=(return_inclination_deg, 0.0, 180.0, "deg"),
        northbound_return=(northbound_return, -1.0, 1.0, ""),
        entry_altitude_km=(entry_altitude_km, 50.0, 1_000.0, "km"),
        flight_path_deg=(flight_path_deg, -45.0, 0.0, "deg"),
    )
    moon, earth = RADIUS_KM["moon"], RADIUS_KM["earth"]
    return FreeReturnProblem(
        epoch, moon + low, earth + parking, np.radians(tilt), north, earth + entry, np.radians(angle),
        np.radians(home_tilt), home_north,
    )  # fmt: skip


def free_returns(
    batch: FreeReturnProblem,
    forces: ForceModel | None = None,
    *,
    tolerance: float = 1e-12,
    workers: int | None = None,
) -> FreeReturns:
    """Solve a batch of free returns in a force model; rows that do not converge are NaN, with a status.

    Raises InputError for a force model without the Earth or the Moon, and epochs outside the ephemeris.
    """
    forces = ForceModel() if forces is None else forces
    check_options(forces, "earth", tolerance, workers)
    shooting = _ThreeWays(batch, forces, tolerance, workers)
    return shooting.result(target(shooting.evaluate, shooting.seed(), FREE, TARGETS))


class _ThreeWays:
    """The equations of a batch, over the twelve variables of `FREE`."""

    def __init__(self, batch: FreeReturnProblem, forces: ForceModel, tolerance: float, workers: int | None) -> None:
        self.batch, self.forces = batch, forces
        ephemeris, t = forces.source, batch.perilune_tdb
        self.meet = t - _MATCH_S, t + _MATCH_S
        self.moon = tuple(ephemeris.state("moon", "earth", m) for m in self.meet)
        self.equator = equator_of_date(t)
        self.vacuum_perigee = conic.vacuum_perigee(batch.entry_radius_km, batch.flight_path)
        self.moon_axes = rotation("earth_moon_rotating", t, ephemeris)
        self.from_earth = Run(forces, "earth", tolerance, STATE, stop_at_impact=False, workers=workers)
        self.from_moon = Run(forces, "moon", tolerance, STATE, stop_at_impact=False, workers=workers, continues=True)

    # ------------------------------------------------------------------ first guess
    def seed(self) -> Floats:
        """Patched conics whose excess velocities at the Moon are equally long and as far apart as perilune turns them.

        Of the ways out of every duration the one whose way home, of the same excess speed, needs just that turn.
        """
        durations = np.linspace(_FASTEST_S, _SLOWEST_S, _SAMPLES)
        n = len(self.batch.perilune_tdb)
        homewards = np.array([np.linalg.norm(self._home(np.full(n, d))[1], axis=1) for d in durations])

        def ends(tof: Floats) -> _Ends:
            out, coming = self._out(tof)
            home_s = _crossing(durations, homewards - np.linalg.norm(coming, axis=1))
            return _Ends(tof, out, coming, home_s, *self._home(home_s))

        turns = np.array([self._turn_missing(ends(np.full(n, tof))) for tof in durations])
        return np.column_stack(self._start(ends(_crossing(durations, turns))))

    def _turn_missing(self, ends: _Ends) -> Floats:
        """What the Moon's pull turns the excess velocity by more than the two ways need, rad."""
        speed = np.linalg.norm(ends.coming, axis=1)
        e = 1.0 + self.batch.perilune_radius_km * speed**2 / self.forces.gm("moon")
        return np.asarray(2.0 * np.arcsin(1.0 / e) - separation_rad(ends.coming, ends.leaving))

    def _out(self, tof: Floats) -> tuple[conic.Departure, Floats]:
        b = self.batch
        return self._leg(tof, b.parking_radius_km, b.parking_inclination, b.northbound_departure, 1.0)

    def _home(self, tof: Floats) -> tuple[conic.Departure, Floats]:
        b = self.batch
        return self._leg(tof, self.vacuum_perigee, np.pi - b.return_inclination, -b.northbound_return, -1.0)

    def _leg(
        self, tof: Floats, perigee: Floats, inclination: Floats, northbound: Floats, sense: float
    ) -> tuple[conic.Departure, Floats]:
        """A conic between the Earth and where a massless Moon would be met, and the excess velocity it has there.

        sense : 1 outwards in time; -1 for a way home, flown backwards in time
        """
        b, gm_earth, gm_moon = self.batch, self.forces.gm("earth"), self.forces.gm("moon")
        delay = np.zeros(len(tof))
        for _ in range(2):
            moon = self.forces.source.state("moon", "earth", b.perilune_tdb + sense * delay)
            aim = np.einsum("nij,nj->ni", self.equator, moon[:, :3])
            leg = conic.departure(aim, perigee, inclination, northbound, tof + delay, gm_earth)
            excess = sense * np.einsum("nji,nj->ni", self.equator, leg.arrival_velocity) - moon[:, 3:]
            delay = conic.focusing_delay(np.linalg.norm(excess, axis=1), b.perilune_radius_km, _FELT_KM, gm_moon)
        return leg, excess

    def _start(self, ends: _Ends) -> list[Floats]:
        b, t, gm = self.batch, self.batch.perilune_tdb, self.forces.gm("earth")
        out = ends.out
        entry = conic.entry(ends.home, self.vacuum_perigee, b.entry_radius_km, gm)
        return [
            out.node, out.argument, out.speed, t - ends.out_s, *self._flyby(ends), *entry, t + ends.home_s,
        ]  # fmt: skip

    def _flyby(self, ends: _Ends) -> tuple[Floats, Floats, Floats, Floats]:
        """Node, argument, speed and inclination at the perilune of the hyperbola between two excess velocities."""
        coming, leaving = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (ends.coming, ends.leaving))
        directions = coming - leaving, coming + leaving, np.cross(coming, leaving)
        out, along, normal = (
            np.einsum("nij,nj->ni", self.moon_axes, v / np.linalg.norm(v, axis=1, keepdims=True)) for v in directions
        )
        node, argument = np.arctan2(normal[:, 0], -normal[:, 1]), np.arctan2(out[:, 2], along[:, 2])
        excess2 = (ends.coming**2).sum(axis=1)
        speed = np.sqrt(excess2 + 2.0 * self.forces.gm("moon") / self.batch.perilune_radius_km)
        return node, argument, speed, np.arccos(np.clip(normal[:, 2], -1.0, 1.0))

    # ------------------------------------------------------------------ equations
    def injection(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        b = self.batch
        return end_state(
            x[:, 0], x[:, 1], x[:, 2], b.parking_inclination[rows],
            radius=b.parking_radius_km[rows], axes=self.equator[rows],
        )  # fmt: skip

    def perilune(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        radius = self.batch.perilune_radius_km[rows]
        return end_state(x[:, 4], x[:, 5], x[:, 6], x[:, 7], radius=radius, axes=self.moon_axes[rows])

    def entry(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        b = self.batch
        return end_state(
            x[:, 8], x[:, 9], x[:, 10], b.return_inclination[rows],
            radius=b.entry_radius_km[rows], axes=self.equator[rows], flight_path=b.flight_path[rows],
        )  # fmt: skip

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mismatch before and after the Moon, with the Jacobian."""
        n, perilune_tdb = len(x), self.batch.perilune_tdb[rows]
        f, jacobian = np.empty((n, 12)), np.zeros((n, 12, 12))
        middle, middle_partials = self.perilune(x, rows)
        inputs = row_inputs(n, self.forces, None)
        for leg, (end, epoch) in enumerate(((self.injection, 3), (self.entry, 11))):
            at_earth, partials = end(x, rows)
            meet = self.meet[leg][rows]
            far, far_stm, *_ = self.from_earth.batch(at_earth, x[:, epoch], meet, inputs)
            near, near_stm, *_ = self.from_moon.batch(middle, perilune_tdb, meet, inputs)
            part, first = slice(6 * leg, 6 * leg + 6), 8 * leg
            f[:, part] = far - near - self.moon[leg][rows]
            jacobian[:, part, first : first + 3] = far_stm @ partials[:, :, :3]
            rate = np.concatenate([at_earth[:, 3:], accelerations(at_earth, x[:, epoch], self.forces)], axis=1)
            jacobian[:, part, epoch] = -np.einsum("nij,nj->ni", far_stm, rate)
            jacobian[:, part, 4:8] = -(near_stm @ middle_partials)
        return f, jacobian

    def result(self, solution: Targeted) -> FreeReturns:
        x, rows, b, gm = solution.x, np.arange(len(solution.x)), self.batch, self.forces.gm("earth")
        injection, perilune, entry = self.injection(x, rows)[0], self.perilune(x, rows)[0], self.entry(x, rows)[0]
        c3 = x[:, 2] ** 2 - 2.0 * gm / b.parking_radius_km
        delta_v = x[:, 2] - np.sqrt(gm / b.parking_radius_km)
        return FreeReturns(
            b, self.forces, x[:, 3], injection, perilune, delta_v, c3, entries(entry, x[:, 11]),
            solution,
        )  # fmt: skip


@dataclass(frozen=True)
class _Ends:
    """Patched conics: the ways out and home (backwards), their durations and excess velocities at the Moon."""

    out_s: Floats
    out: conic.Departure
    coming: Floats
    home_s: Floats
    home: conic.Departure
    leaving: Floats


def _crossing(x: Floats, y: Floats) -> Floats:
    """Where samples y[k, N] over x[k] first pass zero, linearly between, or else are nearest to it."""
    signs = np.sign(y)
    crossed = signs[1:] * signs[:-1] < 0
    k = np.where(crossed.any(axis=0), crossed.argmax(axis=0), 0)
    rows = np.arange(y.shape[1])
    a, b = y[k, rows], y[k + 1, rows]
    between = x[k] - a * (x[k + 1] - x[k]) / np.where(b == a, 1.0, b - a)
    return np.asarray(np.where(crossed.any(axis=0), between, x[np.abs(y).argmin(axis=0)]))
