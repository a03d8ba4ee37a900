"""Ascents in the real sky: from a place on the turning Moon into the plane of an orbit, in the full field.

    up = ascend(place, "2028-03-04T06:00:00", Stage(15_570.0, 309.1, 4_888.0), target=station)
    up.delta_v_m_s, up.azimuth_deg, up.plane_change_m_s

    lift_off_windows(place, "2028-03-01T00:00:00", "2028-03-30T00:00:00", station, within_km=50.0).best_tdb

The plane is that of a path at lift-off, or told by inclination and node. Pitch and yaw are those of the primer vector;
the burn ends at periapsis. Every ascent is flown again with its steering: ``miss_km``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.interpolate import CubicSpline

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation, turned
from lunarplan.model.rows import full_rows, numbers, require_kind, scalar
from lunarplan.model.surface import Place
from lunarplan.transfers.path import Path, states_about_moon
from lunarplan.transfers.surface.ascent_problem import AscentProblem, Risen
from lunarplan.transfers.surface.flight import Phase, PoweredPath, flown
from lunarplan.transfers.surface.orbit import upward
from lunarplan.transfers.surface.outcomes import Outcomes
from lunarplan.transfers.surface.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_R = RADIUS_KM["moon"]
_CLOSED_KM = 0.01
_LEFT = 0.99  # of the mass, burnt while rising straight up
_STEP_S = 1800.0  # a quarter of a degree of the Moon's turning
INSERTED, NO_STEERING, DRY, NOT_CLOSED, TOO_WEAK = range(5)
_REASONS = {
    INSERTED: "inserted",
    NO_STEERING: "no steering at full thrust leads into the plane at that periapsis",
    DRY: "the tanks run dry",
    NOT_CLOSED: "flown again it misses periapsis or plane by more than 10 m",
    TOO_WEAK: "the thrust is below the weight",
}


@dataclass(frozen=True, repr=False)
class SkyAscents(Outcomes):
    """Ascents, float64[N] each unless said otherwise; NaN where not ``ok``.

    lift_off_tdb, insertion_tdb : epochs; states : [N, 6] at insertion, about the Moon, ICRF
    delta_v_m_s      : of the rocket equation
    gravity_loss_m_s : that less the speed over the ground gained
    plane_change_m_s : what it costs that the place is not in the plane: less an ascent straight ahead
    cross_range_km   : of the place from the plane, over the mean sphere, positive to the left of the motion
    azimuth_deg      : of the plane at the place, from north over east
    downrange_km     : over the mean sphere at rest; inserted_kg : mass then
    miss_km          : of periapsis radius and plane, when flown again in the full field
    status           : int8[N]; see ``reason``
    rows, phases     : where each row is (-1: nowhere) in the steering
    """

    reasons = _REASONS

    lift_off_tdb: Floats
    insertion_tdb: Floats
    states: Floats
    delta_v_m_s: Floats
    gravity_loss_m_s: Floats
    plane_change_m_s: Floats
    cross_range_km: Floats
    azimuth_deg: Floats
    downrange_km: Floats
    inserted_kg: Floats
    miss_km: Floats
    status: NDArray[np.int8]
    rows: NDArray[np.intp]
    phases: list[Phase]
    ground: Floats
    forces: ForceModel

    def path(self, row: int, samples: int = 61) -> PoweredPath:
        """One ascent as flown again, from lift-off to insertion, with so many samples a phase.

        Raises InputError for a row that was not solved.
        """
        if not (-len(self.ok) <= row < len(self.ok)) or self.rows[row] < 0:
            raise InputError(f"row {row}", where="SkyAscents.path", allowed="a row that was solved", remedy="see .ok")
        return flown(self.ground, self.phases, self.forces, int(self.rows[row]), samples)


def ascend(
    place: Place,
    lift_off: Any,
    stage: Stage,
    *,
    target: Path | None = None,
    inclination_deg: ArrayLike | None = None,
    node_deg: ArrayLike | None = None,
    northbound: bool = True,
    **options: Any,
) -> SkyAscents:
    """Ascend from a place at N epochs into the plane of an orbit.

    lift_off : epochs, anything `tdb_seconds` reads
    target   : has ``at(tdb, center)``; its plane at lift-off is ascended into
    inclination_deg, node_deg : to the Moon's equator, and longitude of the ascending node in mean-Earth axes at
               lift-off; without a node, of the plane through the place, ``northbound`` or not
    options  : as for `ascend_into`

    Raises InputError for values out of range, planes told twice or not at all, and an inclination below the latitude.
    """
    forces = ForceModel() if options.get("forces") is None else options["forces"]
    require_kind("forces", forces, ForceModel, "a ForceModel, or None")
    require_kind("place", place, Place, "a Place")
    epochs = np.atleast_1d(np.asarray(tdb_seconds(lift_off), float))
    if (target is None) == (inclination_deg is None):
        raise InputError(
            "the plane is told twice" if target is not None else "no plane is told", where="ascend",
            allowed="one of target and inclination_deg",
        )  # fmt: skip
    if target is not None:
        states = states_about_moon(target, epochs, "target")
        normals = np.cross(states[:, :3], states[:, 3:])
    else:
        assert inclination_deg is not None
        node = 0.0 if node_deg is None else node_deg
        (epochs, tilt, nodes), _ = full_rows(
            lift_off=(epochs, 1), inclination_deg=(inclination_deg, 1), node_deg=(node, 1)
        )
        fixed = _told_plane(place, tilt, None if node_deg is None else nodes, northbound)
        normals = np.einsum("nji,nj->ni", rotation("moon_me", epochs, forces.source), fixed)
    return ascend_into(place, epochs, normals, stage, **options)


def _told_plane(place: Place, tilt: Floats, node: Floats | None, northbound: bool) -> Floats:
    """Normals in mean-Earth axes, [N, 3]."""
    if not ((tilt >= 0.0) & (tilt <= 180.0)).all():
        raise InputError("out of range, or NaN", where="inclination_deg", allowed="0 to 180 deg")
    i = np.radians(tilt)
    if node is not None:
        if not np.isfinite(node).all():
            raise InputError("not finite", where="node_deg", allowed="deg, mean-Earth axes")
        u = np.radians(node)
        return np.stack([np.sin(i) * np.sin(u), -np.sin(i) * np.cos(u), np.cos(i)], axis=-1)
    axes = place.axes
    sine = np.cos(i) / np.maximum(np.hypot(axes.up[..., 0], axes.up[..., 1]), 1e-12)
    if (np.abs(sine) > 1.0 + 1e-12).any():
        raise InputError(
            f"{tilt[0]:g} deg", where="inclination_deg", allowed="at least the latitude of the place",
            remedy="give node_deg too, and pay for the turn",
        )  # fmt: skip
    cosine = np.sqrt(np.maximum(0.0, 1.0 - sine**2)) * (1.0 if northbound else -1.0)
    heading = sine[:, None] * axes.east + cosine[:, None] * axes.north
    return np.asarray(np.cross(axes.up, heading))


def ascend_into(
    place: Place,
    lift_off: Any,
    normals: ArrayLike,
    stage: Stage,
    *,
    periapsis_altitude_km: ArrayLike = 18.0,
    apoapsis_altitude_km: ArrayLike = 85.0,
    vertical_rise_s: ArrayLike = 10.0,
    forces: ForceModel | None = None,
) -> SkyAscents:
    """Ascend from a place, or N, at N epochs into planes with given normals, float64[N, 3], ICRF, along r x v.

    periapsis_altitude_km, apoapsis_altitude_km : over the mean sphere; the burn ends at periapsis
    vertical_rise_s : straight up at full thrust

    Raises InputError for values out of range, NaN, and shapes that do not go together. An ascent that cannot be made
    is a row of NaN with a status.
    """
    vectors = numbers("normals", normals, 3)
    if not (np.isfinite(vectors).all() and vectors.any(axis=-1).all()):
        raise InputError("not finite, or nought", where="normals", allowed="vectors along r x v")
    return ascend_rows(
        place, np.asarray(tdb_seconds(lift_off), float), vectors, stage,
        periapsis_altitude_km=periapsis_altitude_km, apoapsis_altitude_km=apoapsis_altitude_km,
        vertical_rise_s=vertical_rise_s, forces=ForceModel() if forces is None else forces,
    )  # fmt: skip


def ascend_rows(
    place: Place,
    tdb: Floats,
    normals: Floats,
    stage: Stage,
    *,
    periapsis_altitude_km: ArrayLike = 18.0,
    apoapsis_altitude_km: ArrayLike = 85.0,
    vertical_rise_s: ArrayLike = 10.0,
    forces: ForceModel,
) -> SkyAscents:
    """As `ascend_into`; a row whose epoch or normal is not finite is one that cannot be made."""
    for name, value, kind in (("place", place, Place), ("stage", stage, Stage), ("forces", forces, ForceModel)):
        require_kind(name, value, kind, f"a {kind.__name__}")
    columns: dict[str, Any] = {name: (value, 1) for name, value in (place.__dict__ | stage.__dict__).items()}
    (t, n, low, high, rise, latitude, longitude, height, *_), shape = full_rows(
        lift_off=(tdb, 1), normals=(normals, 3), periapsis_altitude_km=(periapsis_altitude_km, 1),
        apoapsis_altitude_km=(apoapsis_altitude_km, 1), vertical_rise_s=(vertical_rise_s, 1), **columns,
    )  # fmt: skip
    if len(shape) > 1:
        raise InputError(f"shape {shape}", where="ascend_into", allowed="one row, or one for each of N")
    _require_within("periapsis_altitude_km", low, 1.0, 500.0, "km")
    _require_within("apoapsis_altitude_km", high, 1.0, 20_000.0, "km")
    _require_within("vertical_rise_s", rise, 0.0, 60.0, "s")
    if not (high >= low).all():
        raise InputError("below the periapsis", where="apoapsis_altitude_km", allowed="at least the periapsis")
    if not (low > height).all():
        raise InputError("below the place", where="periapsis_altitude_km", allowed="over the height of the place")
    n = n / np.linalg.norm(n, axis=1, keepdims=True)
    return _solved(Place(latitude, longitude, height), t, n, stage, low + _R, high + _R, rise, forces)


def _require_within(name: str, column: Floats, low: float, high: float, unit: str) -> None:
    bad = ~((column >= low) & (column <= high))
    if bad.any():
        raise InputError(f"{column[bad][0]:g} {unit}", where=name, allowed=f"{low:g} to {high:g} {unit}")


def _solved(
    place: Place, tdb: Floats, normals: Floats, stage: Stage, low: Floats, high: Floats, rise: Floats,
    forces: ForceModel,
) -> SkyAscents:  # fmt: skip
    n, columns, gm = len(tdb), stage.rows(len(tdb)), forces.gm("moon")
    fixed = np.concatenate([place.position_km, np.zeros((n, 3))], axis=1)
    there = np.isfinite(normals).all(axis=1) & np.isfinite(tdb)
    when = np.where(there, tdb, forces.source.start_tdb)
    ground = turned(fixed, when, "moon_me", "icrf", forces.source) if n else fixed
    thrust, mass = 1e-3 * columns["most_throttle"] * columns["thrust_n"], columns["mass_kg"] - columns["jettison_kg"]
    speed = np.sqrt(2.0 * gm * high / (low * (low + high)))
    exhaust = 1e-3 * STANDARD_GRAVITY_M_S2 * columns["isp_s"]
    able = thrust * (ground[:, :3] ** 2).sum(axis=1) > mass * gm
    lasting = thrust * rise < _LEFT * mass * exhaust  # more than that burnt, nothing is left to steer
    strong = np.flatnonzero(able & there & lasting)
    whole = AscentProblem(ground, tdb, normals, low, speed, thrust, exhaust, mass, rise, forces)
    problem = whole.rows(strong)
    risen = problem.solve()
    status = np.where(able, np.where(lasting, np.int8(NO_STEERING), np.int8(DRY)), np.int8(TOO_WEAK))
    status[strong[risen.rows]] = INSERTED
    straight = problem.straight_ahead().solve()
    return _told(whole, columns, strong, risen, straight, status)


def _told(
    whole: AscentProblem, columns: dict[str, Floats], strong: NDArray[np.intp], risen: Risen, straight: Risen,
    status: NDArray[np.int8],
) -> SkyAscents:  # fmt: skip
    n, rows, forces = len(status), strong[risen.rows], whole.forces
    some = whole.rows(rows)
    spent, ahead = risen.delta_v_km_s, np.full(n, np.nan)
    ahead[strong[straight.rows]] = straight.delta_v_km_s
    insertion = some.tdb + sum(phase.duration_s for phase in risen.phases)
    inserted = some.mass_kg * np.exp(-spent / some.exhaust_km_s)
    r, v, up = risen.ends[:, :3], risen.ends[:, 3:], some.upward
    miss = np.hypot(np.linalg.norm(r, axis=1) - some.periapsis_km, (r * some.normals).sum(axis=1))
    status[rows[miss > _CLOSED_KM]] = NOT_CLOSED
    status[rows[~(some.mass_kg - inserted <= columns["propellant_kg"][rows])]] = DRY  # or NaN: more than the whole mass
    over_ground = turned(risen.ends, insertion, "icrf", "moon_me", forces.source)[:, 3:] if len(rows) else v
    flown_over = np.arccos(np.clip((up * r).sum(axis=1) / np.linalg.norm(r, axis=1), -1.0, 1.0))
    told = {
        "lift_off_tdb": some.tdb, "insertion_tdb": insertion, "delta_v_m_s": 1e3 * spent,
        "gravity_loss_m_s": 1e3 * (spent - np.linalg.norm(over_ground, axis=1)),
        "plane_change_m_s": 1e3 * (spent - ahead[rows]),
        "cross_range_km": _R * np.arcsin(np.clip((some.normals * up).sum(axis=1), -1.0, 1.0)),
        "azimuth_deg": _azimuth_deg(some), "downrange_km": _R * flown_over, "inserted_kg": inserted,
    }  # fmt: skip
    good = status[rows] == INSERTED
    spread = {name: _spread(np.where(good, column, np.nan), rows, n) for name, column in told.items()}
    states = np.full((n, 6), np.nan)
    states[rows[good]] = risen.ends[good]
    where = np.full(n, -1)
    where[rows] = np.arange(len(rows))
    return SkyAscents(
        **spread, states=states, miss_km=_spread(miss, rows, n), status=status, rows=where, phases=risen.phases,
        ground=some.ground, forces=forces,
    )  # fmt: skip


def _spread(column: Floats, rows: NDArray[np.intp], n: int) -> Floats:
    full = np.full(n, np.nan)
    full[rows] = column
    return full


def _azimuth_deg(some: AscentProblem) -> Floats:
    """Of the motion in the plane at the place, from north over east."""
    forward = np.einsum("nij,nj->ni", rotation("moon_me", some.tdb, some.forces.source), some.forward())
    up = np.einsum("nij,nj->ni", rotation("moon_me", some.tdb, some.forces.source), some.upward)
    east = np.cross([0.0, 0.0, 1.0], up)
    north = np.cross(up, east)
    return np.asarray(np.degrees(np.arctan2((east * forward).sum(axis=1), (north * forward).sum(axis=1))) % 360.0)


@dataclass(frozen=True)
class LiftOffWindows:
    """Spans in which a place is within some distance of an orbit's plane, in order; float64[N] each, TDB s and km.

    best_tdb, cross_range_km : when it is nearest, and how far (signed) it is then
    """

    open_tdb: Floats
    best_tdb: Floats
    close_tdb: Floats
    cross_range_km: Floats


def lift_off_windows(
    place: Place, start: Any, end: Any, target: Path, *, within_km: float = 50.0, ephemeris: Any = None
) -> LiftOffWindows:
    """Find when a place is so near to the plane of an orbit that one may lift off into it.

    target : has ``at(tdb, center)`` from start to end

    Raises InputError for a span that runs backwards, several places, and a target that does not cover the span.
    """
    require_kind("place", place, Place, "a Place")
    within = scalar("within_km", within_km, 0.0, 3_000.0, "km")
    first, last = (float(tdb_seconds(e)) for e in (start, end))
    if not last > first:
        raise InputError("the end is not after the start", where="lift_off_windows", remedy="swap them")
    if np.broadcast(place.latitude_deg, place.longitude_deg).ndim:
        raise InputError("several places", where="place", allowed="one place", remedy="call it for each")
    forces = ForceModel(ephemeris=ephemeris)
    times = np.linspace(first, last, max(3, int(np.ceil((last - first) / _STEP_S)) + 1))
    states = states_about_moon(target, times, "target")
    normal = np.cross(states[:, :3], states[:, 3:])
    normal /= np.linalg.norm(normal, axis=1, keepdims=True)
    sine = (normal * upward(place, times, forces)).sum(axis=1)
    return _windows(times, _R * np.arcsin(np.clip(sine, -1.0, 1.0)), within)


def _windows(times: Floats, aside: Floats, within: float) -> LiftOffWindows:
    """Spans of |aside| <= within, with what lies between the samples on cubics."""
    curve = CubicSpline(times, aside)
    marks = np.concatenate([curve.solve(level, extrapolate=False) for level in (-within, within)])
    edges = np.unique(np.concatenate([times[:1], marks, times[-1:]]))
    inside = np.abs(curve(0.5 * (edges[1:] + edges[:-1]))) <= within
    opens, closes = edges[:-1][inside], edges[1:][inside]
    zeros = curve.solve(0.0, extrapolate=False)
    best = np.array([_best(curve, zeros, a, b) for a, b in zip(opens, closes, strict=True)])
    return LiftOffWindows(opens, best, closes, np.asarray(curve(best), float) if len(best) else best)


def _best(curve: CubicSpline, zeros: Floats, opens: float, closes: float) -> float:
    over = zeros[(zeros >= opens) & (zeros <= closes)]
    turns = curve.derivative().solve(0.0, extrapolate=False)
    candidates = np.concatenate([over[:1], turns[(turns > opens) & (turns < closes)], [opens, closes]])
    return float(candidates[np.abs(curve(candidates)).argmin()])
