"""Home to a place: one burn, from any state, to an entry that comes down at a given latitude and longitude.

    home = splashdown_returns(state, epoch, 2.5 * 86_400.0, latitude_deg=13.3, longitude_deg=-169.15)
    home.delta_v_km_s, home.tof_s, home.entry.speed_km_s

A burn has three components, the flight time is a fourth. Radius and flight-path angle at the interface, latitude and
longitude of the splashdown take them up: each row has one answer a day, eastwards over the turning Earth (``prograde``)
and another westwards. `cheapest_splashdowns` looks for the departure, too, and is a trade over flight times.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import elementwise

from lunarplan.errors import InfeasibleError, InputError
from lunarplan.model.constants import EARTH_ROTATION_RATE_RAD_S
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import check_options, propagate
from lunarplan.model.rows import full_rows, numbers, require_kind
from lunarplan.transfers.batches import taken, within
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.flight import InEphemeris
from lunarplan.transfers.ground_range import (
    DIRECT_RANGE_KM,
    PLACE_LIMITS,
    SPHERE_KM,
    geodetic_deg,
    landings,
    place_miss,
    place_vector,
)
from lunarplan.transfers.home.earth_return import ENTRY_ALTITUDE_KM, ReturnProblem, return_problem
from lunarplan.transfers.home.entry import Entries, entries
from lunarplan.transfers.one_burn import FREE, TARGETS, OneBurn, home_seed
from lunarplan.transfers.path import Path, states_about_moon
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import STALLED, Target, Targeted, Variable, target

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_LATEST_MATCH_S, _MATCH_FRACTION = 57_600.0, 0.4  # as of legs with one burn
_DAY_S = 2.0 * np.pi / EARTH_ROTATION_RATE_RAD_S
_NEARLY_DEG = 3.0
_SHORT_KM = 1_000.0  # farther off, the search has lost its way
_AZIMUTHS = np.linspace(0.02, np.pi - 0.02, 33)
_VARIABLES = (*FREE, Variable("inclination", 1e-2, 0.2), Variable("flight time", 600.0, 7_200.0))
_MISSES = (*TARGETS, Target("splashdown east", 1e-4, 1e3), Target("splashdown north", 1e-4, 1e3))


@dataclass(frozen=True)
class SplashdownProblem:
    """A batch: returns whose flight time and inclination are first guesses, and where they are to come down, [N] each.

    prograde : +1 or -1; latitude_deg, longitude_deg : geodetic; range_km : over the ground, from the interface
    """

    home: ReturnProblem
    prograde: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    range_km: Floats

    def rows(self, rows: NDArray[np.intp]) -> SplashdownProblem:
        """Return the problems of some rows."""
        return taken(self, rows)


@dataclass(frozen=True, repr=False)
class Splashdowns(Solved):
    """Returns to a place, float64[N] each unless said otherwise; NaN where not ``ok``.

    burn_km_s       : [N, 3], ICRF
    tof_s           : from the burn to the entry interface, within half a day of what was asked for
    inclination_deg : of the return, to the Earth's equator
    entry           : where and how the interface is met
    latitude_deg, longitude_deg : of the splashdown
    reachable_deg   : [N, 2], latitudes that a row's range leads to, about; found for every row
    struck          : bool[N], rows that would lead through the Moon; they are not ok
    """

    problem: SplashdownProblem
    forces: ForceModel
    burn_km_s: Floats
    tof_s: Floats
    inclination_deg: Floats
    entry: Entries
    latitude_deg: Floats
    longitude_deg: Floats
    reachable_deg: Floats
    struck: NDArray[np.bool_]
    solution: Targeted

    def rows(self, rows: NDArray[np.intp]) -> Splashdowns:
        """Return some of the returns."""
        return taken(self, rows)

    @property
    def delta_v_km_s(self) -> Floats:
        return np.asarray(np.linalg.norm(self.burn_km_s, axis=1))

    @property
    def departure_tdb(self) -> Floats:
        return self.problem.home.departure_tdb

    @property
    def departing_states(self) -> Floats:
        """After the burn, [N, 6], Moon-centred ICRF."""
        states = self.problem.home.departure_states.copy()
        states[:, 3:] += self.burn_km_s
        return states

    @property
    def miss_km(self) -> Floats:
        """Between the splashdown and the place asked for."""
        p = self.problem
        there = place_vector(p.latitude_deg, p.longitude_deg)
        return SPHERE_KM * np.asarray(
            np.linalg.norm(place_vector(self.latitude_deg, self.longitude_deg) - there, axis=1)
        )

    def reason(self, row: int) -> str:
        """Why a row failed, or "converged"."""
        if self.ok[row]:
            return super().reason(row)
        if self.struck[row]:
            return "leads through the Moon"
        asked, (low, high) = self.problem.latitude_deg[row], self.reachable_deg[row]
        if not low <= asked <= high:
            return (
                f"a range of {self.problem.range_km[row]:.0f} km from the interface comes down at latitudes of "
                f"{low:.1f} to {high:.1f} deg, not {asked:.1f}"
            )
        residuals = self.solution.residuals[row]
        short = float(np.hypot(*residuals[6:]))
        if 1.0 < short < _SHORT_KM and np.abs(residuals[:3]).max() < 1.0:
            return f"comes down {short:.0f} km from the place, and no nearer"
        return super().reason(row)

    def require(self) -> Splashdowns:
        """Return self, or raise InfeasibleError or ConvergenceError if any row failed."""
        for row in np.flatnonzero(~self.ok)[:1]:
            if "comes down" in self.reason(int(row)):
                raise InfeasibleError(
                    f"row {row}: {self.reason(int(row))}", where="splashdown", remedy="another range, or another day"
                )
        return super().require()


def splashdown_problem(
    states: ArrayLike,
    epoch: Any,
    tof_s: ArrayLike,
    *,
    latitude_deg: ArrayLike,
    longitude_deg: ArrayLike,
    range_km: ArrayLike = DIRECT_RANGE_KM,
    prograde: ArrayLike = 1,
    entry_altitude_km: ArrayLike = ENTRY_ALTITUDE_KM,
    flight_path_deg: ArrayLike = -6.5,
    center: str = "moon",
    forces: ForceModel | None = None,
) -> SplashdownProblem:
    """Build a batch from values in the units of the edge, broadcast against each other.

    states, epoch, center, entry_altitude_km, flight_path_deg : as of `return_problem`
    tof_s    : to the interface, within half a day of which the Earth has the place where it is wanted
    latitude_deg, longitude_deg : of the splashdown, WGS 84
    range_km : over the ground from the interface, 500 to 9,500; Apollo's 2,380 if not given. NASA gives 1,500 nmi as
               the most of a direct entry, and 4,800 nmi, 8,890 km, of Orion's skip entry
    prograde : 1 to come in eastwards, -1 westwards, at some 0.9 km/s more over the ground

    Raises InputError for values out of range, NaN, and shapes that do not go together.
    """
    sides = numbers("prograde", prograde, 1)
    if not np.isin(sides, (1.0, -1.0)).all():
        raise InputError("neither 1 nor -1", where="prograde", allowed="1 or -1")
    x = np.atleast_2d(numbers("states", states, 6))
    (start, tof, _, altitude, angle, latitude, longitude, far, side), _ = full_rows(
        epoch=(tdb_seconds(epoch), 1), tof_s=(tof_s, 1), states=(np.zeros(len(x)) if len(x) != 1 else 0.0, 1),
        entry_altitude_km=(entry_altitude_km, 1), flight_path_deg=(flight_path_deg, 1), latitude_deg=(latitude_deg, 1),
        longitude_deg=(longitude_deg, 1), range_km=(range_km, 1), prograde=(sides, 1),
    )  # fmt: skip
    for (name, (low, high, unit)), column in zip(PLACE_LIMITS.items(), (latitude, longitude, far), strict=True):
        if not ((column >= low) & (column <= high)).all():
            raise InputError("out of range, or not a number", where=name, allowed=f"{low:g} to {high:g} {unit}")
    home = return_problem(
        np.broadcast_to(x, (len(start), 6)), start, tof, inclination_deg=90.0, entry_altitude_km=altitude,
        flight_path_deg=angle, center=center, forces=forces,
    )  # fmt: skip
    return SplashdownProblem(home, side, latitude, longitude, far)


def splashdown_returns(
    batch: SplashdownProblem,
    forces: ForceModel | None = None,
    *,
    tolerance: float = 1e-12,
    workers: int | None = None,
) -> Splashdowns:
    """Solve a batch in a force model; rows that do not converge are NaN, and say why.

    Raises InputError for a force model without the Earth or the Moon, and epochs outside the ephemeris.
    """
    require_kind("batch", batch, SplashdownProblem, "a SplashdownProblem, made by splashdown_problem(...)")
    forces = ForceModel() if forces is None else forces
    check_options(forces, "moon", tolerance, workers)
    flight = InEphemeris(forces, tolerance, workers)
    seed, reachable = _seeds(batch, flight)
    shooting = _Shooting(batch, flight, seed[:, 7])
    found = target(shooting.evaluate, seed, _VARIABLES, _MISSES)
    struck = _struck(batch.home, found, forces)
    status = np.where(struck, STALLED, found.status).astype(found.status.dtype)
    clear = Targeted(np.where(struck[:, None], np.nan, found.x), found.residuals, status, found.iterations)
    return _result(batch, forces, shooting, clear, reachable, struck)


def reachable_latitudes_deg(batch: SplashdownProblem, forces: ForceModel | None = None) -> Floats:
    """Return the latitudes each row's range leads to, lowest and highest, float64[N, 2]; nothing is solved.

    They are those of conics, a degree or two from what is flown; the longitude comes with the time of day.
    """
    require_kind("batch", batch, SplashdownProblem, "a SplashdownProblem, made by splashdown_problem(...)")
    return _seeds(batch, InEphemeris(ForceModel() if forces is None else forces))[1]


def _struck(home: ReturnProblem, found: Targeted, forces: ForceModel) -> NDArray[np.bool_]:
    """Rows whose way home leads through the Moon: the arcs of the search fly on inside it."""
    struck, rows = np.zeros(len(found.ok), bool), np.flatnonzero(found.ok)
    if len(rows):
        states = home.departure_states[rows].copy()
        states[:, 3:] += found.x[rows, :3]
        start = home.departure_tdb[rows]
        struck[rows] = ~propagate(states, start, start + found.x[rows, 7], forces=forces, center="moon").ok
    return struck


def _result(
    batch: SplashdownProblem, forces: ForceModel, shooting: _Shooting, found: Targeted, reachable: Floats,
    struck: NDArray[np.bool_],
) -> Splashdowns:  # fmt: skip
    rows, x = np.arange(len(found.x)), found.x
    end, _ = shooting.end(x, rows)
    epochs = batch.home.departure_tdb + x[:, 7]
    latitude, longitude = geodetic_deg(landings(end, epochs, batch.range_km))
    return Splashdowns(
        batch, forces, x[:, :3], x[:, 7], np.degrees(x[:, 6]), entries(end, epochs), latitude, longitude, reachable,
        struck, found,
    )  # fmt: skip


class _Shooting:
    """The equations of a batch: the two arcs meet, and what comes after the interface ends at the place."""

    def __init__(self, batch: SplashdownProblem, flight: InEphemeris, tof_s: Floats) -> None:
        self.batch, self.flight = batch, flight
        self.tof_s = np.where(np.isfinite(tof_s), tof_s, batch.home.tof_s)
        self.axes = equator_of_date(batch.home.departure_tdb + self.tof_s)
        self.meet = batch.home.departure_tdb + np.minimum(_LATEST_MATCH_S, _MATCH_FRACTION * self.tof_s)
        self.shift = flight.moon(self.meet)

    def end(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """State at the interface, and its partials by node, argument, speed and inclination."""
        home = self.batch.home
        return end_state(
            x[:, 3], x[:, 4], x[:, 5], x[:, 6], radius=home.entry_radius_km[rows], axes=self.axes[rows],
            flight_path=home.flight_path[rows],
        )  # fmt: skip

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mismatch of the arcs and distance from the place, km, with the Jacobian."""
        home, meet = self.batch.home, self.meet[rows]
        epochs = home.departure_tdb[rows] + np.where(np.isfinite(x[:, 7]), x[:, 7], self.tof_s[rows])
        start = home.departure_states[rows].copy()
        start[:, 3:] += x[:, :3]
        end, end_partials = self.end(x, rows)
        near, near_stm = self.flight.arc("moon", start, home.departure_tdb[rows], meet)
        far, far_stm = self.flight.arc("earth", end, epochs, meet)
        later = np.einsum("nij,nj->ni", far_stm, self.flight.rate("earth", end, epochs))
        match = np.concatenate([near_stm[:, :, 3:], -(far_stm @ end_partials), later[:, :, None]], axis=2)
        b = self.batch
        miss, by_state, by_epoch = place_miss(
            end, epochs, b.range_km[rows], b.latitude_deg[rows], b.longitude_deg[rows]
        )
        by = np.concatenate([np.zeros((len(x), 2, 3)), by_state @ end_partials, by_epoch[:, :, None]], axis=2)
        f = np.concatenate([near + self.shift[rows] - far, miss], axis=1)
        return f, np.concatenate([match, by], axis=1)


def _seeds(batch: SplashdownProblem, flight: InEphemeris) -> tuple[Floats, Floats]:
    """First guesses [N, 8] by patched conics, NaN where no azimuth leads to the latitude; latitudes that are reached.

    The azimuth at the Moon's antipode is turned until the latitude is right, and at each the flight time shifted until
    the longitude is.
    """
    n, k = len(batch.prograde), len(_AZIMUTHS)
    rows, azimuth = np.repeat(np.arange(n), k), np.tile(_AZIMUTHS, n)
    many, latitude = _turned(batch.rows(rows), azimuth, flight)
    miss = (latitude - batch.latitude_deg[rows]).reshape(n, k)
    latitude = latitude.reshape(n, k)
    crossed = np.sign(miss[:, 1:]) * np.sign(miss[:, :-1]) <= 0.0
    nearest = np.abs(miss).argmin(axis=1) if n else np.empty(0, np.intp)
    at = np.where(crossed.any(axis=1), crossed.argmax(axis=1), np.minimum(nearest, k - 2))
    hopeless = np.abs(miss).min(axis=1) > _NEARLY_DEG  # conics are a degree or two off
    here, each = np.arange(n), many.reshape(n, k, 8) if n else np.empty((0, k, 8))
    low, high = miss[here, at], miss[here, at + 1]
    share = np.clip(low / np.where(low == high, 1.0, low - high), 0.0, 1.0)
    exact, _ = _turned(batch, _AZIMUTHS[at] + share * (_AZIMUTHS[1] - _AZIMUTHS[0]), flight, each[here, at, 7])
    exact[hopeless] = np.nan
    return exact, np.stack([latitude.min(axis=1), latitude.max(axis=1)], axis=1)


def _turned(
    batch: SplashdownProblem, azimuth: Floats, flight: InEphemeris, tof_s: Floats | None = None
) -> tuple[Floats, Floats]:
    """Conics that leave at an azimuth and have the longitude; and the latitude they come down at, deg."""
    home, tof = batch.home, batch.home.tof_s if tof_s is None else tof_s
    axes = equator_of_date(home.departure_tdb + home.tof_s)
    aim = flight.moon(home.departure_tdb)[:, :3] + home.departure_states[:, :3]
    aim = np.einsum("nij,nj->ni", axes, aim)
    flat = np.hypot(aim[:, 0], aim[:, 1]) / np.linalg.norm(aim, axis=1)
    inclination = np.arccos(np.clip(flat * np.sin(azimuth) * batch.prograde, -1.0, 1.0))
    north = np.where(np.cos(azimuth) >= 0.0, 1.0, -1.0)
    for last in (False, False, True):
        legs = OneBurn(
            home.departure_tdb, home.departure_states, tof, home.entry_radius_km, home.flight_path, inclination, north,
            axes,
        )  # fmt: skip
        seed = home_seed(legs, flight)
        end, _ = end_state(
            seed[:, 3], seed[:, 4], seed[:, 5], inclination, radius=home.entry_radius_km, axes=axes,
            flight_path=home.flight_path,
        )  # fmt: skip
        latitude, longitude = geodetic_deg(landings(end, home.departure_tdb + tof, batch.range_km))
        if not last:
            ahead = (longitude - batch.longitude_deg + 180.0) % 360.0 - 180.0
            tof = tof + ahead / 360.0 * _DAY_S
    return np.column_stack([seed, inclination, tof]), latitude


_PHASES = 16
_TERMS = {"latitude_deg", "longitude_deg", "range_km", "prograde", "entry_altitude_km", "flight_path_deg"}
_DEAR = 1e3  # km/s: what did not converge is not cheap


def cheapest_splashdowns(
    path: Path, start: Any, end: Any, tof_s: ArrayLike, *, forces: ForceModel | None = None, **terms: Any
) -> Splashdowns:
    """The cheapest return for each flight time of a list, its departure within a span of time: a trade.

    path       : what is left: a low orbit, a station, a plan's flight; has ``at(tdb, center)``
    start, end : of the span, up to a revolution of the path long, the cost having one or two valleys in it
    tof_s      : [N], each within half a day of which the place turns into reach
    terms      : as of `splashdown_problem`: latitude_deg, longitude_deg, range_km, prograde, entry_altitude_km,
                 flight_path_deg

    Raises InputError as `splashdown_problem`, and for epochs the path does not cover.
    """
    forces = ForceModel() if forces is None else forces
    (first, last, tof), _ = full_rows(start=(tdb_seconds(start), 1), end=(tdb_seconds(end), 1), tof_s=(tof_s, 1))
    if not (last > first).all():
        raise InputError("ends before it starts", where="end", allowed="later than start")
    if unknown := sorted(set(terms) - _TERMS):
        raise InputError(f"{unknown[0]!r}", where="cheapest_splashdowns", allowed=", ".join(sorted(_TERMS)))
    n, rows = len(first), np.arange(len(first))
    every = {name: full_rows(value=(value, 1), like=(first, 1))[0][0] for name, value in terms.items()}

    def solved(part: Floats, row: NDArray[np.intp]) -> Splashdowns:
        epoch = first[row] + within(part) * (last - first)[row]
        states = states_about_moon(path, epoch, "path")
        own: dict[str, Any] = {name: value[row] for name, value in every.items()}
        return splashdown_returns(splashdown_problem(states, epoch, tof[row], forces=forces, **own), forces)

    def cost(part: Floats, row: Floats) -> Floats:
        return np.nan_to_num(solved(part, row.astype(np.intp)).delta_v_km_s, nan=_DEAR)

    parts = np.linspace(0.0, 1.0, _PHASES)
    costs = cost(np.tile(parts, n), np.repeat(rows, _PHASES).astype(float)).reshape(n, _PHASES)
    best = costs.argmin(axis=1) if n else rows
    middle = parts[best]
    found = elementwise.find_minimum(
        cost, (middle - parts[1], middle, middle + parts[1]), args=(rows.astype(float),),
        tolerances={"xatol": 1e-5, "fatol": 1e-9},
    )  # fmt: skip
    return solved(np.where(found.success, found.x, parts[best]), rows)
