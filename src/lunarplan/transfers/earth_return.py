"""Returns to the Earth: one burn, from any state near the Moon or on the way, to an entry interface.

    batch = return_problem(states, epoch, "2.5 days in seconds", inclination_deg=40.0)
    home = earth_returns(batch)
    home.delta_v_km_s, home.entry_speed_km_s, home.splashdown_latitude_deg

Each row is shot from both ends, as direct transfers are: forwards from the burn, backwards from the entry interface,
where radius, flight-path angle and inclination hold at every iteration.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.blocks import STATE
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, aligned, check_options, row_inputs
from lunarplan.model.rows import numbers
from lunarplan.transfers import patched_conic as conic
from lunarplan.transfers.ends import end_state
from lunarplan.transfers.entry import Entries, entries
from lunarplan.transfers.targeter import Target, Targeted, Variable, target

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

ENTRY_ALTITUDE_KM = 121.92  # 400,000 ft, NASA's entry interface since Apollo
_LATEST_MATCH_S = 57_600.0  # after a burn near the Moon: about the edge of its sphere of influence
_MATCH_FRACTION = 0.4
_FELT_KM = 60_000.0
FREE = (
    *(Variable(f"delta-v {axis}", 1e-2, 0.3) for axis in "xyz"),
    Variable("node", 1e-2, 0.3),
    Variable("argument", 1e-2, 0.3),
    Variable("speed", 1e-2, 0.05),
)
TARGETS = (
    *(Target(f"match {axis}", 1e-6, 1e3) for axis in "xyz"),
    *(Target(f"match v{axis}", 1e-10, 1e-2) for axis in "xyz"),
)


@dataclass(frozen=True)
class ReturnProblem:
    """A batch of returns, float64[N] each unless said otherwise; `return_problem` makes one.

    departure_tdb, departure_states : epoch of the burn, and [N, 6] before it, Moon-centred ICRF
    tof_s            : from the burn to the entry interface
    entry_radius_km, flight_path : at the interface; the angle over the local horizon, rad, negative inwards
    inclination      : of the return to the Earth's equator of date, rad, over 90 deg retrograde
    northbound       : +1 if the way home sets out from the Moon's place northbound, -1 southbound
    """

    departure_tdb: Floats
    departure_states: Floats
    tof_s: Floats
    entry_radius_km: Floats
    flight_path: Floats
    inclination: Floats
    northbound: Floats

    def rows(self, rows: NDArray[np.intp]) -> ReturnProblem:
        """Return the problems of some rows."""
        return ReturnProblem(*(getattr(self, c.name)[rows] for c in fields(self)))

    @property
    def entry_tdb(self) -> Floats:
        return np.asarray(self.departure_tdb + self.tof_s)


@dataclass(frozen=True)
class Returns:
    """Converged returns; NaN where not ``ok``.

    burn_km_s    : float64[N, 3], ICRF
    entry        : where and how the interface is met, see `Entries`
    """

    problem: ReturnProblem
    forces: ForceModel
    burn_km_s: Floats
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

    def require(self) -> Returns:
        """Return self, or raise ConvergenceError if any row failed."""
        self.solution.require()
        return self

    def __repr__(self) -> str:
        return f"<Returns: {int(self.ok.sum())} of {len(self.ok)} rows ok>"

    @property
    def delta_v_km_s(self) -> Floats:
        return np.asarray(np.linalg.norm(self.burn_km_s, axis=1))

    @property
    def departing_states(self) -> Floats:
        """After the burn, [N, 6], Moon-centred ICRF."""
        states = self.problem.departure_states.copy()
        states[:, 3:] += self.burn_km_s
        return states


def return_problem(
    states: ArrayLike,
    epoch: Any,
    tof_s: ArrayLike,
    *,
    inclination_deg: ArrayLike,
    northbound: ArrayLike = 1,
    entry_altitude_km: ArrayLike = ENTRY_ALTITUDE_KM,
    flight_path_deg: ArrayLike = -6.5,
    center: str = "moon",
    forces: ForceModel | None = None,
) -> ReturnProblem:
    """Build a batch from values in the units of the edge, broadcast against each other.

    states : float64[N, 6] or [6], before the burn, ICRF, about ``center``; epoch: of the burn
    tof_s  : from the burn to the entry interface, 0.25 to 30 days
    entry_altitude_km, flight_path_deg : over the equatorial radius of the Earth; inertial, negative inwards. Apollo
             and Artemis I entered at 121.92 km and -6.5 to -6.7 deg
    inclination_deg : to the Earth's equator; below the declination the Earth-bound leg sets out from it cannot be met

    Raises InputError for values out of range, NaN, and shapes that do not go together.
    """
    source = (ForceModel() if forces is None else forces).source
    given = (
        ("tof_s", tof_s, 21_600.0, 30 * 86_400.0),
        ("inclination_deg", inclination_deg, 0.0, 180.0),
        ("entry_altitude_km", entry_altitude_km, 50.0, 1_000.0),
        ("flight_path_deg", flight_path_deg, -45.0, 0.0),
        ("northbound", np.where(northbound, 1.0, -1.0) if np.asarray(northbound).dtype == bool else northbound, -1, 1),
    )
    columns = {name: _within(name, value, low, high) for name, value, low, high in given}
    x = np.atleast_2d(numbers("states", states, 6))
    start = np.asarray(tdb_seconds(epoch), float)
    try:
        (n,) = np.broadcast_shapes((len(x) if len(x) != 1 else 1,), start.shape, *(c.shape for c in columns.values()))
    except ValueError:
        raise InputError(
            "batches do not match", where="return_problem", allowed="one value, or one for each of N rows"
        ) from None
    row = {name: np.broadcast_to(c, (n,)).copy() for name, c in columns.items()}
    x, start, _ = aligned(np.broadcast_to(x, (n, 6)), np.broadcast_to(start, (n,)), 0.0)
    if not np.isfinite(x).all():
        raise InputError("not finite", where="states", allowed="km and km/s")
    if check_options(ForceModel() if forces is None else forces, center, 1e-12) == "earth":
        x = x - source.state("moon", "earth", start)
    return ReturnProblem(
        start,
        x,
        row["tof_s"],
        RADIUS_KM["earth"] + row["entry_altitude_km"],
        np.radians(row["flight_path_deg"]),
        np.radians(row["inclination_deg"]),
        row["northbound"],
    )


def _within(name: str, value: ArrayLike, low: float, high: float) -> Floats:
    a = numbers(name, value, 1)
    bad = ~((a >= low) & (a <= high))
    if bad.any():
        raise InputError(f"{a[bad].flat[0]:g} is out of range", where=name, allowed=f"{low:g} to {high:g}")
    return a


def earth_returns(
    batch: ReturnProblem,
    forces: ForceModel | None = None,
    *,
    tolerance: float = 1e-12,
    workers: int | None = None,
) -> Returns:
    """Solve a batch of returns in a force model; rows that do not converge are NaN, with a status.

    Raises InputError for a force model without the Earth or the Moon, and epochs outside the ephemeris.
    """
    forces = ForceModel() if forces is None else forces
    check_options(forces, "moon", tolerance, workers)
    shooting = _Homeward(batch, forces, tolerance, workers)
    solution = target(shooting.evaluate, shooting.seed(), FREE, TARGETS)
    end, _ = shooting.entry(solution.x, np.arange(len(batch.tof_s)))
    return Returns(batch, forces, solution.x[:, :3], entries(end, batch.entry_tdb), solution)


class _Homeward:
    """The equations of a batch, over the six variables of `FREE`."""

    def __init__(self, batch: ReturnProblem, forces: ForceModel, tolerance: float, workers: int | None) -> None:
        self.batch, self.forces = batch, forces
        ephemeris = forces.source
        self.match_tdb = batch.departure_tdb + np.minimum(_LATEST_MATCH_S, _MATCH_FRACTION * batch.tof_s)
        self.moon_at_match = ephemeris.state("moon", "earth", self.match_tdb)
        self.equator = equator_of_date(batch.entry_tdb)
        self.forwards = Run(forces, "moon", tolerance, STATE, stop_at_impact=False, workers=workers, continues=True)
        self.backwards = Run(forces, "earth", tolerance, STATE, stop_at_impact=False, workers=workers)

    def seed(self) -> Floats:
        """Patched conic: the way home is a way out backwards in time, ending with the excess velocity at the Moon."""
        b, gm_earth, gm_moon = self.batch, self.forces.gm("earth"), self.forces.gm("moon")
        position = b.departure_states[:, :3]
        perigee = conic.vacuum_perigee(b.entry_radius_km, b.flight_path)
        near = np.linalg.norm(position, axis=1) < _FELT_KM
        delay = np.zeros(len(b.tof_s))
        for _ in range(3):
            moon = self.forces.source.state("moon", "earth", b.departure_tdb - delay)
            aim = np.where(near[:, None], moon[:, :3], moon[:, :3] + position)
            aim = np.einsum("nij,nj->ni", self.equator, aim)
            tof = b.tof_s + delay
            back = conic.departure(aim, perigee, np.pi - b.inclination, -b.northbound, tof, gm_earth)
            excess = -np.einsum("nji,nj->ni", self.equator, back.arrival_velocity) - moon[:, 3:]
            speed = np.linalg.norm(excess, axis=1)
            periapsis = np.minimum(np.linalg.norm(position, axis=1), _FELT_KM)
            delay = np.where(near, conic.focusing_delay(speed, periapsis, _FELT_KM, gm_moon), 0.0)
        burn = conic.velocity_to(position, excess, gm_moon) - b.departure_states[:, 3:]
        return np.column_stack([burn, *conic.entry(back, perigee, b.entry_radius_km, gm_earth)])

    def entry(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        b = self.batch
        return end_state(
            x[:, 3], x[:, 4], x[:, 5], b.inclination[rows],
            radius=b.entry_radius_km[rows], axes=self.equator[rows], flight_path=b.flight_path[rows],
        )  # fmt: skip

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mismatch of the two arcs where they meet, with the Jacobian."""
        start = self.batch.departure_states[rows].copy()
        start[:, 3:] += x[:, :3]
        end, end_partials = self.entry(x, rows)
        inputs, meet = row_inputs(len(x), self.forces, None), self.match_tdb[rows]
        out, out_stm, *_ = self.forwards.batch(start, self.batch.departure_tdb[rows], meet, inputs)
        back, back_stm, *_ = self.backwards.batch(end, self.batch.entry_tdb[rows], meet, inputs)
        jacobian = np.concatenate([out_stm[:, :, 3:], -(back_stm @ end_partials[:, :, :3])], axis=2)
        return out + self.moon_at_match[rows] - back, jacobian
