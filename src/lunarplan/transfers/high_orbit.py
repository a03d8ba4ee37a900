"""Free returns from a high Earth orbit, as Artemis II flew: launch, a day in a long ellipse, injection at its perigee.

    batch = high_orbit_problem(launch_tdb="2026-04-01T22:35:12", perilune_altitude_km=6_500.0)
    found = high_orbit_returns(batch, LaunchTie.from_site("ksc-39b"))
    found.tli_delta_v_km_s, found.perilune_altitude_km, found.entry.tdb

From the parking orbit's perigee the craft enters the ellipse; its perigee is raised at the first apogee, and after some
revolutions the injection into the free return is made there. The ellipse is flown in the whole field. Of lift-off,
perilune altitude, return inclination and apogee the launch leaves three to choose: the fourth follows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import check_options
from lunarplan.model.rows import batch_within, numbers, require_kind
from lunarplan.model.trajectory import Trajectory, fly
from lunarplan.transfers import free_return_arcs as arcs
from lunarplan.transfers.batches import taken
from lunarplan.transfers.earth_return import ENTRY_ALTITUDE_KM
from lunarplan.transfers.entry import Entries, entries
from lunarplan.transfers.free_return import FreeReturnProblem, free_return_problem
from lunarplan.transfers.high_orbit_arcs import APOGEE, BEFORE, FREE, RAISE, START, START_ARGUMENT, TARGETS, HighArcs
from lunarplan.transfers.injection_burn import InjectionBurn
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.targeter import Targeted, target

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_LONGEST_DELAY_S = 3_600.0
_OUT_DAYS = 4.0  # first guess of the way out
_GUESSES = 4  # each brings the launch nearer by the ratio of the Earth's day to the Moon's month
FOLLOWS = ("launch", "perilune_altitude", "return_inclination", "apogee")


@dataclass(frozen=True)
class HighOrbitProblem:
    """A batch of flights, float64[N] each unless said otherwise; `high_orbit_problem` makes one.

    way              : the free return; its parking orbit is that of the injection: perigee, a guess of the inclination
    launch_tdb       : lift-off; a first guess, NaN for none, where it follows
    parking_perigee_km, parking_apogee_km, inclination : radii, and to the Earth's equator of date, rad
    start_radius_km  : perigee of the ellipse where the craft enters it
    apogee_radius_km : of the first revolution
    revolutions      : of the ellipse
    burn             : of the injection
    follows          : int64[N], index of `FOLLOWS`
    """

    way: FreeReturnProblem
    launch_tdb: Floats
    parking_perigee_km: Floats
    parking_apogee_km: Floats
    inclination: Floats
    start_radius_km: Floats
    apogee_radius_km: Floats
    revolutions: Floats
    burn: InjectionBurn
    follows: NDArray[np.int64]

    def rows(self, rows: NDArray[np.intp]) -> HighOrbitProblem:
        """Return the problems of some rows."""
        return taken(self, rows)


@dataclass(frozen=True, repr=False)
class HighOrbitReturns(Solved):
    """Converged flights, float64[N] each unless said otherwise; NaN where not ``ok``. States are ICRF.

    problem          : as asked, with what followed: launch, perilune epoch and altitude, return inclination, apogee
    coast_s          : in the parking orbit, from insertion
    start_tdb, start_states : [N, 6] about the Earth, in the ellipse just after it was entered
    apogee_tdb, apogee_states : [N, 6] about the Earth, just before the perigee is raised
    raise_km_s       : of that burn, along the velocity; negative if it brakes
    perigee_tdb      : of the injection, as it would be without it
    ignition_tdb, ignition_states : [N, 6] about the Earth, just before the injection
    injection_tdb, injection_states : [N, 6] about the Earth, just after it
    tli_delta_v_km_s : of the injection, as the rocket equation knows it
    c3_km2_s2        : two-body, after the injection
    perilune_states  : [N, 6] about the Moon
    entry            : see `Entries`
    """

    problem: HighOrbitProblem
    forces: ForceModel
    coast_s: Floats
    start_tdb: Floats
    start_states: Floats
    apogee_tdb: Floats
    apogee_states: Floats
    raise_km_s: Floats
    perigee_tdb: Floats
    ignition_tdb: Floats
    ignition_states: Floats
    injection_tdb: Floats
    injection_states: Floats
    tli_delta_v_km_s: Floats
    c3_km2_s2: Floats
    perilune_states: Floats
    entry: Entries
    solution: Targeted

    def rows(self, rows: NDArray[np.intp]) -> HighOrbitReturns:
        """Return some of the flights."""
        return taken(self, rows)

    @property
    def launch_tdb(self) -> Floats:
        return self.problem.launch_tdb

    @property
    def perilune_tdb(self) -> Floats:
        return self.problem.way.perilune_tdb

    @property
    def perilune_altitude_km(self) -> Floats:
        return np.asarray(self.problem.way.perilune_radius_km - RADIUS_KM["moon"])

    @property
    def return_inclination_deg(self) -> Floats:
        return np.degrees(self.problem.way.return_inclination)

    @property
    def orbit_delta_v_km_s(self) -> Floats:
        """From the parking orbit, at its perigee, into the ellipse; an impulse."""
        low, high = self.problem.parking_perigee_km, self.problem.parking_apogee_km
        parked = np.sqrt(2.0 * self.forces.gm("earth") * high / (low * (low + high)))
        return np.asarray(np.linalg.norm(self.start_states[:, 3:], axis=1) - parked)

    def trajectory(self, row: int = 0) -> Trajectory:
        """One flight from the ellipse's start to the entry interface, joined where the arcs met.

        Raises ConvergenceError for a row that was not solved.
        """
        one = self.rows(np.array([row])).require()
        raised = one.apogee_states[0].copy()
        raised[3:] *= 1.0 + one.raise_km_s[0] / np.linalg.norm(raised[3:])
        start, apogee, lit, cutoff, perilune, entry = (
            float(t[0]) for t in (
                one.start_tdb, one.apogee_tdb, one.ignition_tdb, one.injection_tdb, one.perilune_tdb, one.entry.tdb,
            )
        )  # fmt: skip
        burns = [] if one.problem.burn.impulsive else [
            fly(one.ignition_states[0], lit, cutoff, self.forces, name="injection", thrust=one.problem.burn.thrust)
        ]  # fmt: skip
        return Trajectory([
            fly(one.start_states[0], start, apogee, self.forces, name="high orbit", stop_at_impact=False),
            fly(raised, apogee, lit, self.forces, name="perigee raised", stop_at_impact=False),
            *burns,
            fly(one.injection_states[0], cutoff, perilune, self.forces, name="outbound"),
            fly(one.perilune_states[0], perilune, entry, self.forces, center="moon", name="homebound"),
        ])  # fmt: skip


def high_orbit_problem(
    perilune_tdb: Any = None,
    *,
    launch_tdb: Any = None,
    perilune_altitude_km: ArrayLike,
    apogee_altitude_km: ArrayLike = 70_000.0,
    start_altitude_km: ArrayLike = 185.0,
    injection_altitude_km: ArrayLike = 185.0,
    parking_altitude_km: ArrayLike | tuple[float, float] = 185.0,
    inclination_deg: ArrayLike = 28.5,
    revolutions: ArrayLike = 1,
    northbound_departure: ArrayLike = 1,
    return_inclination_deg: ArrayLike = 35.0,
    northbound_return: ArrayLike = 1,
    entry_altitude_km: ArrayLike = ENTRY_ALTITUDE_KM,
    flight_path_deg: ArrayLike = -6.5,
    follows: str = "launch",
    thrust_n: ArrayLike = np.inf,
    isp_s: ArrayLike = 316.0,
    mass_kg: ArrayLike = 1.0,
    ignition_s: ArrayLike = np.nan,
) -> HighOrbitProblem:
    """Build a batch from values in the units of the edge, broadcast against each other.

    perilune_tdb, launch_tdb : one of them; anything `tdb_seconds` reads. The perilune's is a first guess wherever the
             launch is from a site; the lift-off is kept unless it ``follows``
    apogee_altitude_km : of the first revolution, over the equatorial radius of the Earth, 5,000 to 300,000
    start_altitude_km  : perigee of the ellipse when it is entered; below the surface if the upper stage is to fall back
    injection_altitude_km : perigee after the raise, where the injection is made
    parking_altitude_km : of a circular parking orbit, or (perigee, apogee) of one that is left at its perigee
    inclination_deg    : of the launch, to the Earth's equator
    revolutions        : in the ellipse before the injection, 1 to 20
    follows : which of `FOLLOWS` is found and not held; what is given for it is a first guess
    thrust_n, isp_s, mass_kg, ignition_s : of the injection burn, along the velocity; mass at ignition; from perigee to
             ignition, centred if not given. Without a thrust it is an impulse at perigee
    the others : as in `free_return_problem`

    Raises InputError for values out of range, NaN, and shapes that do not go together.
    """
    which = _which(follows, launch_tdb is not None)
    if (perilune_tdb is None) == (launch_tdb is None):
        raise InputError(
            "both are given" if launch_tdb is not None else "neither is given",
            where="high_orbit_problem", allowed="one of perilune_tdb and launch_tdb",
        )  # fmt: skip
    low, high = parking_altitude_km if isinstance(parking_altitude_km, tuple) else (parking_altitude_km,) * 2
    earth = RADIUS_KM["earth"]
    lift_off = np.nan if launch_tdb is None else tdb_seconds(launch_tdb)
    delay = numbers("ignition_s", ignition_s, 1)
    (
        tdb,
        started,
        apogee,
        start,
        injected,
        parked,
        parked_high,
        tilt,
        turns,
        altitude,
        thrust,
        isp,
        mass,
        lit,
        centred,
    ) = batch_within(
        "high_orbit_problem",
        epoch=(tdb_seconds(perilune_tdb) if launch_tdb is None else lift_off, -np.inf, np.inf, "s"),
        launched=(np.nan_to_num(lift_off, nan=np.inf), -np.inf, np.inf, "s"),
        apogee_altitude_km=(apogee_altitude_km, 5_000.0, 300_000.0, "km"),
        start_altitude_km=(start_altitude_km, -200.0, 10_000.0, "km"),
        injection_altitude_km=(injection_altitude_km, 100.0, 10_000.0, "km"),
        parking_altitude_km=(low, 100.0, 10_000.0, "km"),
        parking_apogee_altitude_km=(high, 100.0, 100_000.0, "km"),
        inclination_deg=(inclination_deg, 0.0, 180.0, "deg"),
        revolutions=(revolutions, 1, 20, ""),
        perilune_altitude_km=(perilune_altitude_km, 0.0, 30_000.0, "km"),
        thrust_n=(thrust_n, 1.0, np.inf, "N"),
        isp_s=(isp_s, 1.0, 1e5, "s"),
        mass_kg=(mass_kg, 1e-3, 1e9, "kg"),
        ignition_s=(np.nan_to_num(delay), -_LONGEST_DELAY_S, _LONGEST_DELAY_S, "s from perigee"),
        centred=(np.isnan(delay), 0.0, 1.0, ""),
    )
    if (turns % 1.0).any():
        raise InputError(f"{turns[turns % 1.0 > 0.0][0]:g}", where="revolutions", allowed="whole numbers from 1")
    if np.isinf(thrust).any() and not np.isinf(thrust).all():
        raise InputError("impulses and burns in one batch", where="thrust_n", remedy="solve them apart")
    if (parked_high < parked).any():
        raise InputError("the apogee lies below the perigee", where="parking_altitude_km", allowed="(perigee, apogee)")
    gm = GM_KM3_S2["earth"]
    period = 2.0 * np.pi * np.sqrt((earth + 0.5 * (apogee + injected)) ** 3 / gm)
    guess = tdb if launch_tdb is None else tdb + turns * period + _OUT_DAYS * SECONDS_PER_DAY
    way = free_return_problem(
        guess, perilune_altitude_km=altitude, parking_altitude_km=injected, parking_inclination_deg=tilt,
        northbound_departure=northbound_departure, return_inclination_deg=return_inclination_deg,
        northbound_return=northbound_return, entry_altitude_km=entry_altitude_km, flight_path_deg=flight_path_deg,
    )  # fmt: skip
    n = len(way.perilune_tdb)

    def rows(values: ArrayLike) -> Floats:
        return np.broadcast_to(np.asarray(values, float), (n,)).copy()

    burn = InjectionBurn(rows(thrust), rows(isp), rows(mass), rows(np.where(centred, np.nan, lit)))
    lift_offs = np.where(np.isinf(started), np.nan, started)
    return HighOrbitProblem(
        way, rows(lift_offs), rows(earth + parked), rows(earth + parked_high), rows(np.radians(tilt)),
        rows(earth + start), rows(earth + apogee), rows(turns), burn, np.full(n, which),
    )  # fmt: skip


def _which(follows: str, launched: bool) -> int:
    """Index of what follows; raises InputError for what cannot."""
    if follows not in FOLLOWS:
        raise InputError(f"{follows!r}", where="follows", allowed=", ".join(FOLLOWS))
    if follows != "launch" and not launched:
        raise InputError(f"{follows!r} without a lift-off", where="follows", remedy="give launch_tdb")
    return FOLLOWS.index(follows)


def high_orbit_returns(
    batch: HighOrbitProblem,
    launch: LaunchTie | None = None,
    forces: ForceModel | None = None,
    *,
    tolerance: float = 1e-12,
    workers: int | None = None,
) -> HighOrbitReturns:
    """Solve a batch in a force model; rows that do not converge are NaN, with a status.

    launch : makes the site turn under the parking plane at lift-off; without it the perilune epoch is kept

    Raises InputError for a force model without the Earth or the Moon, a lift-off to be kept without a site, and epochs
    outside the ephemeris.
    """
    require_kind("batch", batch, HighOrbitProblem, "a HighOrbitProblem, made by high_orbit_problem(...)")
    if launch is not None:
        require_kind("launch", launch, LaunchTie, "a LaunchTie, made by LaunchTie.from_site(...)")
    elif batch.follows.any():
        raise InputError("no site to lift off from", where="launch", remedy="give a LaunchTie")
    forces = ForceModel() if forces is None else forces
    check_options(forces, "earth", tolerance, workers)
    for _ in range(_GUESSES if launch is not None else 0):
        near = HighArcs(batch, launch, forces, 1e-10, workers)
        late = near.lateness(near.seed())
        batch = replace(batch, way=replace(batch.way, perilune_tdb=batch.way.perilune_tdb + late))
    equations = HighArcs(batch, launch, forces, tolerance, workers)
    return _result(equations, target(equations.evaluate, equations.seed(), FREE, TARGETS))


def _result(equations: HighArcs, solution: Targeted) -> HighOrbitReturns:
    x, b, rows, good = solution.x, equations.batch, np.arange(len(solution.x)), np.flatnonzero(solution.ok)
    lit, before, cutoff, after = _placed(equations.burn_ends(x[good], good), good, len(x))
    speed, radius = np.linalg.norm(after[:, 3:], axis=1), np.linalg.norm(after[:, :3], axis=1)
    lift_off = coast = np.full(len(x), np.nan)
    if equations.launch is not None:
        lift_off, coast = equations.parking(rows).lift_off(x[:, START_ARGUMENT], x[:, START])
    start = equations.start(x, rows)[0]
    (apogee,) = _placed((equations.to_apogee(start[good], x[good, START], x[good, APOGEE])[0],), good, len(x))

    def found(values: Floats, asked: Floats) -> Floats:
        return np.where(solution.ok, values, asked)

    way = replace(
        b.way, perilune_tdb=found(x[:, arcs.PERILUNE], b.way.perilune_tdb),
        perilune_radius_km=found(x[:, arcs.PERILUNE_RADIUS], b.way.perilune_radius_km),
        return_inclination=found(x[:, arcs.HOME_INCLINATION], b.way.return_inclination),
    )  # fmt: skip
    solved = replace(
        b, way=way, burn=equations.burn, launch_tdb=found(lift_off, b.launch_tdb),
        apogee_radius_km=found(np.linalg.norm(apogee[:, :3], axis=1), b.apogee_radius_km),
    )  # fmt: skip
    return HighOrbitReturns(
        solved, equations.forces, coast, x[:, START], start, x[:, APOGEE], apogee, x[:, RAISE], x[:, arcs.INJECTION],
        lit, before, cutoff, after, x[:, arcs.SPEED] - x[:, BEFORE], speed**2 - 2.0 * equations.gm / radius,
        equations.arcs.perilune(x, rows)[0], entries(equations.arcs.entry(x, rows)[0], x[:, arcs.ENTRY]), solution,
    )  # fmt: skip


def _placed(columns: tuple[Floats, ...], good: NDArray[np.intp], n: int) -> list[Floats]:
    """Columns of the good rows among all, NaN in the others."""
    whole = [np.full((n, *c.shape[1:]), np.nan) for c in columns]
    for all_rows, column in zip(whole, columns, strict=True):
        all_rows[good] = column
    return whole
