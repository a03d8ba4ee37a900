"""Circumlunar free returns: from a parking orbit round the Moon to an entry interface, without a burn on the way.

Each row is shot from three places: forwards from the injection, both ways from perilune, and backwards from the entry
interface; it is made to meet on either side of the Moon. Parking orbit, perilune altitude and entry conditions hold at
every iteration; times of flight and the plane at the Moon are what the Moon makes of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import check_options
from lunarplan.model.rows import batch_within, require_kind
from lunarplan.model.sky import separation_rad
from lunarplan.transfers.batches import taken
from lunarplan.transfers.free_returns import arcs
from lunarplan.transfers.free_returns.conics import Conics
from lunarplan.transfers.home.earth_return import ENTRY_ALTITUDE_KM
from lunarplan.transfers.home.entry import Entries, entries
from lunarplan.transfers.launch import LaunchTie, ParkingOrbits
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import Target, Targeted, target
from lunarplan.transfers.to_moon.problem import north_or_south

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_HELD = (arcs.INCLINATION, arcs.PERILUNE_RADIUS, arcs.HOME_INCLINATION)
_SOLVED = [k for k in range(len(arcs.ARCS)) if k not in _HELD]
FREE = tuple(arcs.ARCS[k] for k in _SOLVED)
TARGETS = (*arcs.MATCHES, Target("launch", 1e-5, 600.0))
_BY_LAUNCH = [_SOLVED.index(k) for k in (arcs.NODE, arcs.ARGUMENT, arcs.INJECTION)]
_BY_PERILUNE = _SOLVED.index(arcs.PERILUNE)


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
        return taken(self, rows)


@dataclass(frozen=True, repr=False)
class FreeReturns(Solved):
    """Converged free returns, float64[N] each unless said otherwise; NaN where not ``ok``.

    injection_tdb, injection_states : just after the injection burn, [N, 6] Earth-centred ICRF
    perilune_states      : [N, 6] Moon-centred ICRF
    tli_delta_v_km_s     : tangential, from the circular parking orbit; c3_km2_s2: two-body, at injection
    launch_tdb, coast_s  : with a launch site: lift-off, and parking-orbit coast before the injection
    entry                : see `Entries`
    """

    problem: FreeReturnProblem
    forces: ForceModel
    injection_tdb: Floats
    injection_states: Floats
    perilune_states: Floats
    tli_delta_v_km_s: Floats
    c3_km2_s2: Floats
    launch_tdb: Floats
    coast_s: Floats
    entry: Entries
    solution: Targeted

    def rows(self, rows: NDArray[np.intp]) -> FreeReturns:
        """Return the free returns of some rows."""
        return taken(self, rows)

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
        northbound_departure=(north_or_south("northbound_departure", northbound_departure), -1.0, 1.0, ""),
        return_inclination_deg=(return_inclination_deg, 0.0, 180.0, "deg"),
        northbound_return=(north_or_south("northbound_return", northbound_return), -1.0, 1.0, ""),
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
    launch: LaunchTie | None = None,
    tolerance: float = 1e-12,
    workers: int | None = None,
) -> FreeReturns:
    """Solve a batch of free returns in a force model; rows that do not converge are NaN, with a status.

    launch : makes the launch site turn under the parking plane at lift-off: the perilune epoch of ``batch`` is then a
             first guess, and the lift-off is that which comes nearest to what it leads to

    Raises InputError for a force model without the Earth or the Moon, and epochs outside the ephemeris.
    """
    require_kind("batch", batch, FreeReturnProblem, "a FreeReturnProblem, made by free_return_problem(...)")
    if launch is not None:
        require_kind("launch", launch, LaunchTie, "a LaunchTie, made by LaunchTie.from_site(...)")
    forces = ForceModel() if forces is None else forces
    check_options(forces, "earth", tolerance, workers)
    if launch is not None:
        batch = _launched_near(batch, forces, launch)
    shooting = _ThreeWays(batch, forces, tolerance, workers, launch)
    return shooting.result(target(shooting.evaluate, shooting.seed(), FREE, TARGETS))


_GUESSES = 4  # each brings the launch nearer by the ratio of the Earth's day to the Moon's month


def _launched_near(batch: FreeReturnProblem, forces: ForceModel, launch: LaunchTie) -> FreeReturnProblem:
    """The same perilunes, moved until the patched conics leave from over the site."""
    rows = np.arange(len(batch.perilune_tdb))
    for _ in range(_GUESSES):
        shooting = _ThreeWays(batch, forces, 1e-10, None, launch)
        late, _ = shooting.lateness(shooting.seed(), rows)
        batch = replace(batch, perilune_tdb=batch.perilune_tdb + late)
    return batch


class _ThreeWays:
    """The equations of a batch, over the variables of `FREE`."""

    def __init__(
        self,
        batch: FreeReturnProblem,
        forces: ForceModel,
        tolerance: float,
        workers: int | None,
        launch: LaunchTie | None = None,
    ) -> None:
        self.batch, self.forces, self.launch = batch, forces, launch
        self.whole_turns: Floats | None = None
        self.arcs = arcs.Arcs(
            batch.perilune_tdb, batch.parking_radius_km, batch.entry_radius_km, batch.flight_path, forces, tolerance,
            workers,
        )  # fmt: skip

    def seed(self) -> Floats:
        """Patched conics; with a launch site they also decide the revolution the injection is made in."""
        x = Conics(self.batch, self.forces, self.arcs.equator, self.arcs.moon_axes).first_guess()[:, _SOLVED]
        if self.launch is not None:
            self.whole_turns = self.parking(np.arange(len(x))).turns(x[:, _SOLVED.index(arcs.ARGUMENT)])
        return x

    def parking(self, rows: NDArray[np.intp]) -> ParkingOrbits:
        """The parking orbits of a launch."""
        assert self.launch is not None
        b, turns = self.batch, self.whole_turns
        orbits = ParkingOrbits.about_earth(
            self.launch, b.parking_radius_km[rows], b.parking_inclination[rows], self.forces.gm("earth"),
            oblate=self.forces.earth_zonal >= 2,
        )  # fmt: skip
        return orbits if turns is None else replace(orbits, whole_turns=turns[rows])

    def lateness(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """By how much the launch is late, or the perilune, where there is no launch site; and the partials."""
        gradient = np.zeros((len(x), len(FREE)))
        if self.launch is None:
            gradient[:, _BY_PERILUNE] = 1.0
            return x[:, _BY_PERILUNE] - self.batch.perilune_tdb[rows], gradient
        orbits = self.parking(rows)
        late, gradient[:, _BY_LAUNCH] = orbits.lateness(*x[:, _BY_LAUNCH].T)
        return np.where(orbits.out_of_reach, np.nan, late), gradient

    def whole(self, x: Floats, rows: NDArray[np.intp]) -> Floats:
        """The variables of the arcs, those that are held among them."""
        b, full = self.batch, np.empty((len(x), len(arcs.ARCS)))
        full[:, _SOLVED] = x
        for k, held in zip(_HELD, (b.parking_inclination, b.perilune_radius_km, b.return_inclination), strict=True):
            full[:, k] = held[rows]
        return full

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mismatch before and after the Moon and of the launch, with the Jacobian."""
        f, jacobian = self.arcs.evaluate(self.whole(x, rows), rows)
        late, gradient = self.lateness(x, rows)
        return np.column_stack([f, late]), np.concatenate([jacobian[:, :, _SOLVED], gradient[:, None]], axis=1)

    def result(self, solution: Targeted) -> FreeReturns:
        rows, b, gm = np.arange(len(solution.x)), self.batch, self.forces.gm("earth")
        x = self.whole(solution.x, rows)
        injection, perilune, entry = (end(x, rows)[0] for end in (
            self.arcs.injection, self.arcs.perilune, self.arcs.entry,
        ))  # fmt: skip
        c3 = x[:, arcs.SPEED] ** 2 - 2.0 * gm / b.parking_radius_km
        delta_v = x[:, arcs.SPEED] - np.sqrt(gm / b.parking_radius_km)
        arrived = replace(b, perilune_tdb=np.where(solution.ok, x[:, arcs.PERILUNE], b.perilune_tdb))
        none = (np.full(len(x), np.nan),) * 2
        at = x[:, arcs.ARGUMENT], x[:, arcs.INJECTION]
        lift_off, coast = self.parking(rows).lift_off(*at) if self.launch else none
        return FreeReturns(
            arrived, self.forces, x[:, arcs.INJECTION], injection, perilune, delta_v, c3, lift_off, coast,
            entries(entry, x[:, arcs.ENTRY]), solution,
        )  # fmt: skip
