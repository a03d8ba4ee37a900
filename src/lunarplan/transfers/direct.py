"""Direct transfers from a circular Earth parking orbit to a perilune: altitude, inclination and epoch met exactly.

Each row is shot from both ends, forwards from the injection burn and backwards from perilune, and made to meet two
thirds of a day before arrival. Both arcs are short in dynamical terms, so Newton's method converges from a patched
conic; the arrival conditions hold at every iteration because they are the backward arc's start.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.blocks import STATE
from lunarplan.model.constants import EARTH_GRAVITY_RADIUS_KM, EARTH_J2, GM_KM3_S2, RADIUS_KM
from lunarplan.model.earth_equator import equator_of_date, sidereal_angle
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.propagation import Run, accelerations, check_options, row_inputs
from lunarplan.model.rows import numbers, scalar
from lunarplan.model.sites import LaunchSite, launch_site
from lunarplan.transfers import patched_conic as conic
from lunarplan.transfers.targeter import Target, Targeted, Variable, target

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_MATCH_BEFORE_PERILUNE_S = 57_600.0  # about the edge of the lunar sphere of influence
_SEED_DISTANCE_KM = 60_000.0
_ON_THE_RIM = 1e-9  # sines; a plane whose highest latitude is the site's is fixed to half the digits
_SIDEREAL_RATE_RAD_S = 7.292115e-5
FREE = (
    Variable("node", 1e-2, 0.3),
    Variable("argument", 1e-2, 0.3),
    Variable("speed", 1e-2, 0.1),
    Variable("injection epoch", 600.0, 14_400.0),
    Variable("lunar node", 3e-2, 0.5),
    Variable("lunar argument", 3e-2, 0.5),
    Variable("lunar speed", 1e-2, 0.1),
)
TARGETS = (
    *(Target(f"match {axis}", 1e-6, 1e3) for axis in "xyz"),
    *(Target(f"match v{axis}", 1e-10, 1e-2) for axis in "xyz"),
    Target("departure time", 1e-5, 600.0),
)


@dataclass(frozen=True)
class Problem:
    """A batch of direct transfers; every field float64[N] (or the same for all rows before `problem` broadcasts it).

    perilune_tdb         : arrival epoch
    tof_s                : from injection to perilune; with a launch site, the first guess of it
    parking_radius_km, parking_inclination : circular orbit, to the equator of date, rad
    northbound_departure : +1 if the outward path crosses the Moon's direction northbound, -1 southbound
    perilune_radius_km, lunar_inclination  : to the Moon's equator of the arrival epoch, rad, over 90 deg retrograde
    northbound_arrival   : which of the two planes of that inclination
    """

    perilune_tdb: Floats
    tof_s: Floats
    parking_radius_km: Floats
    parking_inclination: Floats
    northbound_departure: Floats
    perilune_radius_km: Floats
    lunar_inclination: Floats
    northbound_arrival: Floats


@dataclass(frozen=True)
class LaunchTie:
    """What makes the parking plane pass over a launch site at lift-off; `LaunchTie.from_site` makes one.

    longitude, latitude : of the site, rad, east positive; the latitude is geocentric
    southbound          : the launch azimuth is beyond 90 deg
    ascent_s            : from lift-off to parking-orbit insertion; ascent_angle: the arc flown meanwhile, rad
    revolutions         : full revolutions coasted before the one the injection is made in

    Raises InputError for values out of range or not finite.
    """

    longitude: float
    latitude: float
    southbound: bool
    ascent_s: float
    ascent_angle: float
    revolutions: int

    def __post_init__(self) -> None:
        scalar("LaunchTie.longitude", self.longitude, -2.0 * np.pi, 2.0 * np.pi, "rad")
        scalar("LaunchTie.latitude", self.latitude, -0.5 * np.pi, 0.5 * np.pi, "rad")
        scalar("LaunchTie.ascent_s", self.ascent_s, 0.0, 86_400.0, "s")
        scalar("LaunchTie.ascent_angle", self.ascent_angle, 0.0, 2.0 * np.pi, "rad")
        if not isinstance(self.southbound, bool | np.bool_):
            raise InputError(f"{self.southbound!r}", where="LaunchTie.southbound", allowed="True, False")
        if scalar("LaunchTie.revolutions", self.revolutions, 0, 1000) % 1:
            raise InputError(f"{self.revolutions}", where="LaunchTie.revolutions", allowed="whole revolutions")

    @classmethod
    def from_site(
        cls,
        site: str | LaunchSite,
        *,
        ascent_s: float = 600.0,
        ascent_angle_deg: float | None = None,
        southbound: bool = False,
        revolutions: int = 0,
        parking_altitude_km: float = 200.0,
    ) -> LaunchTie:
        """Return the tie to a launch site.

        site             : a name `launch_site` knows, such as "Wenchang", or a LaunchSite of one's own
        ascent_s         : from lift-off to parking-orbit insertion; ten minutes is an estimate
        ascent_angle_deg : the arc flown meanwhile; if not given, half of what the circular parking orbit at
                           ``parking_altitude_km`` would cover, as at a constant acceleration

        Raises InputError for a site that is not known, and for values out of range.
        """
        place = launch_site(site) if isinstance(site, str) else site
        if not isinstance(place, LaunchSite):
            raise InputError(f"a {type(place).__name__}", where="LaunchTie.site", allowed="a name, or a LaunchSite")
        scalar("LaunchSite.latitude_deg", place.latitude_deg, -90.0, 90.0, "deg")
        scalar("LaunchSite.longitude_deg", place.longitude_deg, -360.0, 360.0, "deg")
        if ascent_angle_deg is None:
            radius = RADIUS_KM["earth"] + scalar("LaunchTie.parking_altitude_km", parking_altitude_km, 0.0, 1e5, "km")
            flown = (
                0.5 * np.sqrt(GM_KM3_S2["earth"] / radius**3) * scalar("LaunchTie.ascent_s", ascent_s, 0.0, 86_400.0)
            )
        else:
            flown = np.radians(scalar("LaunchTie.ascent_angle_deg", ascent_angle_deg, 0.0, 360.0, "deg"))
        return cls(place.longitude_rad, place.geocentric_latitude_rad, southbound, ascent_s, float(flown), revolutions)


@dataclass(frozen=True)
class Transfers:
    """Converged transfers, float64[N] each; NaN where not ``ok``.

    injection_tdb, injection_states : just after the injection burn, [N, 6] Earth-centred ICRF, km, km/s
    perilune_states      : [N, 6] Moon-centred ICRF
    tli_delta_v_km_s     : tangential, from the circular parking orbit
    c3_km2_s2            : two-body, at injection
    launch_tdb, coast_s  : with a launch site: lift-off, and parking-orbit coast before the injection
    """

    problem: Problem
    forces: ForceModel
    injection_tdb: Floats
    injection_states: Floats
    perilune_states: Floats
    tli_delta_v_km_s: Floats
    c3_km2_s2: Floats
    launch_tdb: Floats
    coast_s: Floats
    solution: Targeted

    @property
    def ok(self) -> NDArray[np.bool_]:
        return self.solution.ok

    @property
    def tof_s(self) -> Floats:
        return np.asarray(self.problem.perilune_tdb - self.injection_tdb)

    @property
    def perilune_speed_km_s(self) -> Floats:
        return np.asarray(np.linalg.norm(self.perilune_states[:, 3:], axis=1))


def problem(
    perilune_tdb: ArrayLike,
    tof_s: ArrayLike,
    *,
    parking_altitude_km: ArrayLike,
    parking_inclination_deg: ArrayLike,
    perilune_altitude_km: ArrayLike,
    lunar_inclination_deg: ArrayLike,
    northbound_departure: ArrayLike = 1,
    northbound_arrival: ArrayLike = 1,
) -> Problem:
    """Build a batch from values in the units of the edge, broadcast against each other.

    perilune_tdb                             : arrival; anything `tdb_seconds` reads
    tof_s                                    : from injection to perilune, 1 to 20 days
    parking_altitude_km, perilune_altitude_km : over the equatorial radius of the Earth, the mean radius of the Moon
    parking_inclination_deg                  : to the Earth's equator; at least the Moon's declination on arrival
    lunar_inclination_deg                    : to the Moon's equator, retrograde over 90
    northbound_departure, northbound_arrival : 1 for the plane flown northbound, -1 for the other; see `Problem`

    Raises InputError for altitudes below the surface, inclinations outside 0-180 deg, times of flight <= 0, NaN.
    """
    given = (
        ("tof_s", tof_s, 86_400.0, 20 * 86_400.0),
        ("parking_altitude_km", parking_altitude_km, 100.0, 100_000.0),
        ("parking_inclination_deg", parking_inclination_deg, 0.0, 180.0),
        ("perilune_altitude_km", perilune_altitude_km, 0.0, 50_000.0),
        ("lunar_inclination_deg", lunar_inclination_deg, 0.0, 180.0),
    )
    columns = {name: _within(name, value, low, high) for name, value, low, high in given}
    columns["perilune_tdb"] = _epochs("perilune_tdb", perilune_tdb)
    columns["northbound_departure"] = _north_or_south("northbound_departure", northbound_departure)
    columns["northbound_arrival"] = _north_or_south("northbound_arrival", northbound_arrival)
    try:
        shape = np.broadcast_shapes((1,), *(c.shape for c in columns.values()))
    except ValueError:
        shape = ()
    if len(shape) != 1:
        text = ", ".join(f"{name} {c.shape}" for name, c in columns.items() if c.ndim)
        raise InputError(
            f"batches do not match: {text}", where="problem", allowed="one value, or one for each of N rows"
        )
    row = {name: np.broadcast_to(c, shape).copy() for name, c in columns.items()}
    return Problem(
        row["perilune_tdb"],
        row["tof_s"],
        RADIUS_KM["earth"] + row["parking_altitude_km"],
        np.radians(row["parking_inclination_deg"]),
        row["northbound_departure"],
        RADIUS_KM["moon"] + row["perilune_altitude_km"],
        np.radians(row["lunar_inclination_deg"]),
        row["northbound_arrival"],
    )


def _within(name: str, value: ArrayLike, low: float, high: float) -> Floats:
    a = numbers(name, value, 1)
    bad = ~(np.isfinite(a) & (a >= low) & (a <= high))
    if bad.any():
        raise InputError(f"{a[bad][0]:g} is out of range", where=name, allowed=f"{low:g} to {high:g}")
    return a


def _epochs(name: str, value: ArrayLike) -> Floats:
    try:
        return np.asarray(tdb_seconds(value), float)
    except InputError as error:
        raise InputError(error.what, where=name, allowed=error.allowed, remedy=error.remedy) from None


def _north_or_south(name: str, value: ArrayLike) -> Floats:
    a = numbers(name, np.where(value, 1.0, -1.0) if np.asarray(value).dtype == bool else value, 1)
    if not (np.abs(a) == 1.0).all():
        raise InputError("is neither north nor south", where=name, allowed="1 or True for north, -1 or False for south")
    return a


def direct_transfers(
    batch: Problem,
    forces: ForceModel | None = None,
    *,
    launch: LaunchTie | None = None,
    hold: str = "arrival",
    guess: Floats | None = None,
    tolerance: float = 1e-12,
    workers: int | None = None,
) -> Transfers:
    """Solve a batch of direct transfers in a force model.

    Without ``launch`` arrival and time of flight are held. With it, the injection epoch is solved for such that the
    launch site turns under the parking plane at lift-off; ``hold`` says what stays: the "arrival", or the "tof", and
    then the arrival of ``batch`` is a first guess, which decides the day of the launch. Rows that do not converge are
    NaN, with a status.
    """
    forces = ForceModel() if forces is None else forces
    _check(batch, forces, launch, tolerance, workers)
    if hold not in ("arrival", "tof") or (hold == "tof" and launch is None):
        raise InputError(f"{hold!r}", where="hold", allowed='"arrival"; "tof" with a launch tie')
    if guess is not None:
        guess = numbers("guess", guess, len(FREE))
        if guess.shape != (len(batch.tof_s), len(FREE)) or not np.isfinite(guess).all():
            raise InputError(f"shape {guess.shape}", where="guess", allowed=f"finite, {len(batch.tof_s), len(FREE)}")
    shooting = _Shooting(batch, forces, launch, tolerance, workers, hold)
    start = shooting.seed() if guess is None else guess
    return shooting.transfers(target(shooting.evaluate, start, FREE, TARGETS))


def _check(batch: object, forces: ForceModel, launch: object, tolerance: float, workers: int | None) -> None:
    if not isinstance(batch, Problem):
        raise InputError(
            f"a {type(batch).__name__}", where="batch", allowed="a Problem", remedy="make one: problem(...)"
        )
    if not (launch is None or isinstance(launch, LaunchTie)):
        raise InputError(f"a {type(launch).__name__}", where="launch", allowed="a LaunchTie, or None")
    check_options(forces, "earth", tolerance, workers)
    for body in ("earth", "moon"):
        if not forces.gm(body) > 0.0:
            raise InputError(f"the {body} does not attract", where="forces", remedy=f'put "{body}" into its bodies')


class _Shooting:
    """The equations of a batch, over the seven variables of `FREE`."""

    def __init__(
        self,
        batch: Problem,
        forces: ForceModel,
        launch: LaunchTie | None,
        tolerance: float,
        workers: int | None,
        hold: str = "arrival",
    ) -> None:
        self.batch, self.forces, self.launch, self.hold = batch, forces, launch, hold
        ephemeris = forces.source
        self.match_tdb = batch.perilune_tdb - _MATCH_BEFORE_PERILUNE_S
        self.moon_at_match = ephemeris.state("moon", "earth", self.match_tdb)
        self.equator = equator_of_date(batch.perilune_tdb - batch.tof_s)
        self.lunar_equator = rotation("moon_me", batch.perilune_tdb, ephemeris)
        self.forwards = Run(forces, "earth", tolerance, STATE, stop_at_impact=False, workers=workers)
        self.backwards = Run(forces, "moon", tolerance, STATE, stop_at_impact=False, workers=workers)

    def seed(self) -> Floats:
        """Patched conic, aimed at where the Moon will be when a massless Moon would be reached."""
        b, gm_earth, gm_moon = self.batch, self.forces.gm("earth"), self.forces.gm("moon")
        delay = np.zeros(len(b.tof_s))
        for _ in range(2):
            moon = self.forces.source.state("moon", "earth", b.perilune_tdb + delay)
            aim = np.einsum("nij,nj->ni", self.equator, moon[:, :3])
            out = conic.departure(
                aim, b.parking_radius_km, b.parking_inclination, b.northbound_departure, b.tof_s + delay, gm_earth
            )
            v = np.einsum("nji,nj->ni", self.equator, out.arrival_velocity) - moon[:, 3:]
            speed = np.linalg.norm(v, axis=1)
            delay = conic.focusing_delay(speed, b.perilune_radius_km, _SEED_DISTANCE_KM, gm_moon)
        v = np.einsum("nij,nj->ni", self.lunar_equator, v)
        node, argument, speed = conic.arrival(
            v, b.perilune_radius_km, b.lunar_inclination, b.northbound_arrival, gm_moon
        )
        return np.column_stack([out.node, out.argument, out.speed, b.perilune_tdb - b.tof_s, node, argument, speed])

    def injection(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """State after the injection burn, and its partials with respect to node, argument and speed."""
        b = self.batch
        return _apsis(x[:, :3], b.parking_radius_km[rows], b.parking_inclination[rows], self.equator[rows])

    def perilune(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        b = self.batch
        return _apsis(x[:, 4:], b.perilune_radius_km[rows], b.lunar_inclination[rows], self.lunar_equator[rows])

    def evaluate(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mismatch of the two arcs where they meet, and of the departure time; with the Jacobian."""
        n = len(x)
        start, start_partials = self.injection(x, rows)
        end, end_partials = self.perilune(x, rows)
        inputs = row_inputs(n, self.forces, None)
        meet = self.match_tdb[rows]
        leave, arrive = (self._inside(t) for t in (x[:, 3], self.perilune_tdb(x, rows)))
        out, out_stm, *_ = self.forwards.batch(start, leave, meet, inputs)
        back, back_stm, *_ = self.backwards.batch(end, arrive, meet, inputs)
        f = np.empty((n, 7))
        f[:, :6] = out - back - self.moon_at_match[rows]
        jacobian = np.zeros((n, 7, 7))
        jacobian[:, :6, :3] = out_stm @ start_partials
        jacobian[:, :6, 3] = -self._drift(out_stm, start, leave, "earth")
        if self.hold == "tof":
            jacobian[:, :6, 3] += self._drift(back_stm, end, arrive, "moon")
        jacobian[:, :6, 4:] = -(back_stm @ end_partials)
        f[:, 6], jacobian[:, 6] = self.departure_time(x, rows)
        beyond = (leave != x[:, 3]) | (arrive != self.perilune_tdb(x, rows))  # the ephemeris
        f[beyond | self._out_of_reach(rows)] = np.nan
        return f, jacobian

    def perilune_tdb(self, x: Floats, rows: NDArray[np.intp]) -> Floats:
        """Arrival epochs: as given, or the time of flight after the injection."""
        return self.batch.perilune_tdb[rows] if self.hold == "arrival" else x[:, 3] + self.batch.tof_s[rows]

    def _inside(self, tdb: Floats) -> Floats:
        return np.clip(tdb, self.forces.source.start_tdb, self.forces.source.end_tdb)

    def _drift(self, stm: Floats, states: Floats, tdb: Floats, center: str) -> Floats:
        """How an arc's end moves per second by which its start comes sooner, the start being the same state."""
        rate = np.concatenate([states[:, 3:], accelerations(states, tdb, self.forces, center)], axis=1)
        return np.asarray(np.einsum("nij,nj->ni", stm, rate))

    def _out_of_reach(self, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Planes that do not pass over the launch site."""
        if self.launch is None:
            return np.zeros(len(rows), bool)
        beyond = np.abs(np.sin(self.launch.latitude)) - np.sin(self.batch.parking_inclination[rows])
        return np.asarray(beyond > _ON_THE_RIM)

    def departure_time(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        gradient = np.zeros((len(x), 7))
        if self.launch is None:
            gradient[:, 3] = 1.0
            return x[:, 3] - (self.batch.perilune_tdb - self.batch.tof_s)[rows], gradient
        lift_off, coast = self.lift_off(x, rows)
        node_shift, _ = _launch_angles(self.launch, self.batch.parking_inclination[rows])
        site = sidereal_angle(lift_off) + self.launch.longitude - node_shift
        rate, node_rate = self._parking_rates(rows)
        late = np.remainder(x[:, 0] - node_rate * coast - site + np.pi, 2.0 * np.pi) - np.pi
        # seconds: how much later the site would have to be launched from
        gradient[:, 0] = 1.0 / _SIDEREAL_RATE_RAD_S
        gradient[:, 1] = (1.0 - node_rate / _SIDEREAL_RATE_RAD_S) / rate
        gradient[:, 3] = -1.0
        return late / _SIDEREAL_RATE_RAD_S, gradient

    def _parking_rates(self, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Mean rates of the argument of latitude and of the node of the parking orbit, rad/s, with J2.

        Source: Vallado (2013), Fundamentals of Astrodynamics, sec. 9.6, for a circular orbit.
        """
        radius, cosine = self.batch.parking_radius_km[rows], np.cos(self.batch.parking_inclination[rows])
        motion = np.sqrt(self.forces.gm("earth") / radius**3)
        oblate = 1.5 * EARTH_J2 * (EARTH_GRAVITY_RADIUS_KM / radius) ** 2 * (self.forces.earth_zonal >= 2)
        return motion * (1.0 + oblate * (4.0 * cosine**2 - 1.0)), -motion * oblate * cosine

    def lift_off(self, x: Floats, rows: NDArray[np.intp]) -> tuple[Floats, Floats]:
        """Epoch of lift-off and time coasted in the parking orbit, s."""
        assert self.launch is not None
        _, at_site = _launch_angles(self.launch, self.batch.parking_inclination[rows])
        angle = np.remainder(x[:, 1] - at_site - self.launch.ascent_angle, 2.0 * np.pi)
        coast = (angle + 2.0 * np.pi * self.launch.revolutions) / self._parking_rates(rows)[0]
        return x[:, 3] - coast - self.launch.ascent_s, coast

    def transfers(self, solution: Targeted) -> Transfers:
        rows = np.arange(len(solution.x))
        x = solution.x
        start, _ = self.injection(x, rows)
        end, _ = self.perilune(x, rows)
        gm = self.forces.gm("earth")
        circular = np.sqrt(gm / self.batch.parking_radius_km)
        lift_off, coast = self.lift_off(x, rows) if self.launch else (np.full(len(x), np.nan),) * 2
        c3 = x[:, 2] ** 2 - 2.0 * gm / self.batch.parking_radius_km
        batch = replace(self.batch, perilune_tdb=np.asarray(self.perilune_tdb(x, rows)))
        return Transfers(batch, self.forces, x[:, 3], start, end, x[:, 2] - circular, c3, lift_off, coast, solution)


def lateness(transfers: Transfers, launch: LaunchTie) -> Floats:
    """How many seconds after lift-off the launch site would turn under the parking plane, float64[N].

    In +-12 h; NaN where a transfer is not ok.
    """
    shooting = _Shooting(transfers.problem, transfers.forces, launch, 1e-10, None)
    late, rows = np.full(len(transfers.ok), np.nan), np.flatnonzero(transfers.ok)
    late[rows] = shooting.departure_time(transfers.solution.x[rows], rows)[0]
    return late


def _launch_angles(launch: LaunchTie, inclination: Floats) -> tuple[Floats, Floats]:
    """Longitude of the site east of the ascending node, and its argument of latitude, in a plane over the site."""
    sine = np.sin(launch.latitude) / np.maximum(np.sin(inclination), 1e-12)
    rising = np.arcsin(np.clip(sine, -1.0, 1.0))
    argument = np.where(launch.southbound, np.pi - rising, rising)
    return np.arctan2(np.cos(inclination) * np.sin(argument), np.cos(argument)), argument


def _apsis(angles: Floats, radius: Floats, inclination: Floats, axes: Floats) -> tuple[Floats, Floats]:
    """State at an apsis (node, argument, speed) in given axes, in ICRF, with its partials [n, 6, 3]."""
    node, argument, speed = angles.T
    out, along = conic.plane_axes(node, inclination, argument)
    normal_turn = (
        np.stack([-out[:, 1], out[:, 0], np.zeros(len(out))], axis=1),
        np.stack([-along[:, 1], along[:, 0], np.zeros(len(out))], axis=1),
    )
    zero = np.zeros_like(out)
    r, v = radius[:, None], speed[:, None]
    columns = [
        np.concatenate([r * normal_turn[0], v * normal_turn[1]], axis=1),
        np.concatenate([r * along, -v * out], axis=1),
        np.concatenate([zero, along], axis=1),
    ]
    state = np.concatenate([r * out, v * along], axis=1)
    to_icrf = np.zeros((len(out), 6, 6))
    to_icrf[:, :3, :3] = to_icrf[:, 3:, 3:] = np.swapaxes(axes, 1, 2)
    partials = to_icrf @ np.stack(columns, axis=2)
    return np.einsum("nij,nj->ni", to_icrf, state), partials
