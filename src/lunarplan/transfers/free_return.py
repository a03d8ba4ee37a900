"""Circumlunar free returns: from a parking orbit round the Moon to an entry interface, without a burn on the way.

Each row is shot from three places: forwards from the injection, both ways from perilune, and backwards from the entry
interface; it is made to meet on either side of the Moon. Parking orbit, perilune altitude and entry conditions hold at
every iteration; times of flight and the plane at the Moon are what the Moon makes of them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.kernels.blocks import STATE
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import Run, accelerations, check_options, row_inputs
from lunarplan.model.rows import batch_within, require_kind
from lunarplan.model.sky import separation_rad
from lunarplan.transfers.batches import taken
from lunarplan.transfers.earth_return import ENTRY_ALTITUDE_KM
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.entry import Entries, entries
from lunarplan.transfers.flyby_conics import Conics
from lunarplan.transfers.launch import LaunchTie, ParkingOrbits
from lunarplan.transfers.problem import north_or_south
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import Target, Targeted, Variable, target

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_MATCH_S = 57_600.0  # before and after perilune: about the edge of the Moon's sphere of influence
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
    Variable("perilune epoch", 600.0, 14_400.0),
)
_LIMITS = (*((axis, 1e-6, 1e3) for axis in ("x", "y", "z")), *((axis, 1e-10, 1e-2) for axis in ("vx", "vy", "vz")))
TARGETS = (
    *(Target(f"{leg} match {axis}", *limits) for leg in ("outbound", "inbound") for axis, *limits in _LIMITS),
    Target("launch", 1e-5, 600.0),
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
        x = shooting.seed()
        late, _ = shooting.parking(rows).lateness(x[:, 0], x[:, 1], x[:, 3])
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
        ephemeris, t = forces.source, batch.perilune_tdb
        self.meet = t - _MATCH_S, t + _MATCH_S
        self.moon = tuple(ephemeris.state("moon", "earth", m) for m in self.meet)
        self.equator = equator_of_date(t)
        self.moon_axes = rotation("earth_moon_rotating", t, ephemeris)
        self.conics = Conics(batch, forces, self.equator, self.moon_axes)
        self.from_earth = Run(forces, "earth", tolerance, STATE, stop_at_impact=False, workers=workers)
        self.from_moon = Run(forces, "moon", tolerance, STATE, stop_at_impact=False, workers=workers, continues=True)

    def seed(self) -> Floats:
        """Patched conics; with a launch site they also decide the revolution the injection is made in."""
        x = np.column_stack([*self.conics.first_guess(), self.batch.perilune_tdb])
        if self.launch is not None:
            self.whole_turns = self.parking(np.arange(len(x))).turns(x[:, 1])
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

    def _departure(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """By how much the launch is late, or the perilune, where there is no launch site; and the partials."""
        gradient = np.zeros((len(x), len(FREE)))
        if self.launch is None:
            gradient[:, 12] = 1.0
            return x[:, 12] - self.batch.perilune_tdb[rows], gradient
        orbits = self.parking(rows)
        late, partials = orbits.lateness(x[:, 0], x[:, 1], x[:, 3])
        gradient[:, [0, 1, 3]] = partials
        return np.where(orbits.out_of_reach, np.nan, late), gradient

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
        n, perilune_tdb = len(x), x[:, 12]
        f, jacobian = np.empty((n, 13)), np.zeros((n, 13, 13))
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
            rate = np.concatenate([middle[:, 3:], accelerations(middle, perilune_tdb, self.forces, "moon")], axis=1)
            jacobian[:, part, 12] = np.einsum("nij,nj->ni", near_stm, rate)
        f[:, 12], jacobian[:, 12] = self._departure(x, rows)
        return f, jacobian

    def result(self, solution: Targeted) -> FreeReturns:
        x, rows, b, gm = solution.x, np.arange(len(solution.x)), self.batch, self.forces.gm("earth")
        injection, perilune, entry = self.injection(x, rows)[0], self.perilune(x, rows)[0], self.entry(x, rows)[0]
        c3 = x[:, 2] ** 2 - 2.0 * gm / b.parking_radius_km
        delta_v = x[:, 2] - np.sqrt(gm / b.parking_radius_km)
        arrived = replace(b, perilune_tdb=np.where(solution.ok, x[:, 12], b.perilune_tdb))
        none = (np.full(len(x), np.nan),) * 2
        lift_off, coast = self.parking(rows).lift_off(x[:, 1], x[:, 3]) if self.launch else none
        return FreeReturns(
            arrived, self.forces, x[:, 3], injection, perilune, delta_v, c3, lift_off, coast, entries(entry, x[:, 11]),
            solution,
        )  # fmt: skip
