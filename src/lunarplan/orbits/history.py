"""What becomes of orbits about the Moon: flown in the full model, mean elements and apsides kept.

    states = orbit_states(100.0, 100.0, [10.0, 86.0], 0.0, 0.0, "2027-01-01")
    history = orbit_history(states, "2027-01-01", 90.0)
    history.life_days

All rows start together, so that a block of lanes shares one clock. A flight is made in pieces; of each piece the nodes
of the integrator are turned into mean elements and extremes of altitude, and forgotten.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.kernels import blocks
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.epochs import one_epoch, utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, aligned, check_options, row_inputs
from lunarplan.model.rows import scalar
from lunarplan.orbits.lunar_axes import lunar_rotation, orbit_elements

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

DEGREE = 50  # of the lunar field, if no force model is given: a low orbit lives or dies by degrees above 20
TOLERANCE = 1e-9  # a centimetre a day in a low orbit
_FARTHEST_KM = 60_000.0  # beyond it the craft is no longer the Moon's
_NODES = 480  # of a piece: what the propagator records without flying twice
_ROWS = 512  # flown before their nodes are forgotten: 15 MB
_REVOLUTIONS = 3.0  # a mean is taken over so many at least
_MOMENT_S = 1e-9  # that a row counts for which hit the Moon in the first step of a piece
_CORE_KM = 100.0  # no field is known so deep: where flights through the ground end
_NEWTON, _LONGEST_FIX_S = 3, 60.0  # for the moment of impact: rounds, and what one may change


class Fate(IntEnum):
    """What became of a row."""

    ALIVE = 0
    IMPACT = 1
    BELOW_FLOOR = 2
    ESCAPED = 3
    FAILED = 4
    BAD_INPUT = 5


_REASONS = {
    Fate.ALIVE: "alive at the end",
    Fate.IMPACT: "hit the Moon",
    Fate.BELOW_FLOOR: "a perilune was below the floor",
    Fate.ESCAPED: "not, or no longer, bound to the Moon within 60,000 km",
    Fate.FAILED: "could not be propagated",
    Fate.BAD_INPUT: "the state is not finite",
}


@dataclass(frozen=True)
class OrbitHistory:
    """Mean elements of N orbits over T intervals of equal length, NaN after a row's end.

    epochs_tdb         : float64[T], the middle of each interval
    axes               : of the elements, one of `lunar_axes.AXES`
    semi_major_axis_km, inclination_deg, node_deg : float64[N, T], time averages; nodes are unwrapped
    eccentricity_vector: float64[N, T, 2], averages of e cos(argp) and e sin(argp)
    lowest_altitude_km, highest_altitude_km : float64[N, T], of the path in each interval, over 1737.4 km
    fate               : int8[N], a `Fate`; `reason(i)` puts it in words
    life_days          : float64[N], until impact, floor or escape; the whole span for rows alive
    final_states       : float64[N, 6], km and km/s, ICRF, Moon-centred; NaN unless alive
    """

    epochs_tdb: Floats
    axes: str
    semi_major_axis_km: Floats
    eccentricity_vector: Floats
    inclination_deg: Floats
    node_deg: Floats
    lowest_altitude_km: Floats
    highest_altitude_km: Floats
    fate: NDArray[np.int8]
    life_days: Floats
    final_states: Floats
    forces: ForceModel

    @property
    def alive(self) -> NDArray[np.bool_]:
        return np.asarray(self.fate == Fate.ALIVE)

    @property
    def ok(self) -> NDArray[np.bool_]:
        """True for rows that were flown to their end, whatever it was."""
        return np.asarray(self.fate < Fate.FAILED)

    @property
    def eccentricity(self) -> Floats:
        """Of the mean vector, float64[N, T]."""
        return np.asarray(np.linalg.norm(self.eccentricity_vector, axis=-1))

    @property
    def argp_deg(self) -> Floats:
        """Of the mean vector, float64[N, T], 0 to 360."""
        k, h = np.moveaxis(self.eccentricity_vector, -1, 0)
        return np.asarray(np.degrees(np.arctan2(h, k)) % 360.0)

    def reason(self, row: int) -> str:
        """What became of a row, in words."""
        return _REASONS[Fate(int(self.fate[row]))]

    def dataset(self) -> xr.Dataset:
        """Everything over orbit and UTC, with units and provenance."""
        import xarray as xr

        over = ("orbit", "time")
        columns = {
            "semi_major_axis": (self.semi_major_axis_km, "km"),
            "eccentricity": (self.eccentricity, "1"),
            "inclination": (self.inclination_deg, "deg"),
            "node": (self.node_deg, "deg"),
            "argument_of_perilune": (self.argp_deg, "deg"),
            "lowest_altitude": (self.lowest_altitude_km, "km"),
            "highest_altitude": (self.highest_altitude_km, "km"),
        }
        data: dict[str, Any] = {name: (over, value, {"units": unit}) for name, (value, unit) in columns.items()}
        data["life"] = ("orbit", self.life_days, {"units": "day"})
        data["fate"] = ("orbit", self.fate, {"flags": ", ".join(f"{f.value} {_REASONS[f]}" for f in Fate)})
        times = np.array([text.rstrip("Z") for text in np.atleast_1d(utc_iso(self.epochs_tdb))], "datetime64[ns]")
        facts = {"axes": self.axes, "forces": str(self.forces.describe())}
        return xr.Dataset(data, {"time": times, "tdb": ("time", self.epochs_tdb)}, facts)


def orbit_history(
    states: ArrayLike,
    epoch: Any,
    duration_days: float,
    *,
    forces: ForceModel | None = None,
    axes: str = "moon_equator",
    step_days: float | None = None,
    floor_km: float = 0.0,
    stop_at_impact: bool = True,
    tolerance: float = TOLERANCE,
    workers: int | None = None,
) -> OrbitHistory:
    """Fly orbits about the Moon until they end or the time is over, and keep their mean elements.

    states    : float64[N, 6] or [6], km and km/s, ICRF, Moon-centred, all at ``epoch``
    forces    : the lunar field to degree 50 with Earth and Sun if not given
    step_days : length of the intervals the means are of; a day, or three revolutions if these are longer
    floor_km  : altitude over 1737.4 km under which a row ends with its perilune; 0 or less for the surface alone
    stop_at_impact : False flies on through the ground, which tells how far below it an orbit would swing
    tolerance : as in `propagate`

    A row that cannot be flown has a `fate` and loses none of the others. The surface is a sphere: mountains are up to
    10 km higher. A perilune that misses it by less than some 100 m may count as a hit. Near the plane of the axes, node
    and perilune are what the wobbling node makes of them. Raises InputError for arguments that make no sense, and
    epochs outside the ephemeris.
    """
    forces = ForceModel(moon_degree=DEGREE) if forces is None else forces
    span_s = scalar("duration_days", duration_days, 1e-3, 40_000.0, "days") * SECONDS_PER_DAY
    start = one_epoch(epoch)
    x, _, _ = aligned(states, start, start + span_s)
    check_options(forces, "moon", tolerance, workers)
    scalar("floor_km", floor_km, -2000.0, _FARTHEST_KM, "km")
    lunar_rotation(axes, np.array([start, start + span_s]), forces.source)
    fate = _first_look(x, forces.gm("moon"), stop_at_impact)
    step_s = _interval_s(x[fate == Fate.ALIVE], forces.gm("moon"), step_days, span_s)
    run = Run(forces, "moon", tolerance, 0, stop_at_impact, workers)
    return _Flight(x, start, fate, run, axes, RADIUS_KM["moon"] + floor_km).flown(span_s, step_s)


def _first_look(x: Floats, gm: float, stop_at_impact: bool) -> NDArray[np.int8]:
    """Fates known at the start: bad numbers, inside the Moon, not bound."""
    fate = np.full(len(x), Fate.ALIVE, np.int8)
    finite = np.isfinite(x).all(axis=1)
    fate[~finite] = Fate.BAD_INPUT
    with np.errstate(all="ignore"):
        r = np.linalg.norm(x[:, :3], axis=1)
        unbound = 0.5 * (x[:, 3:] ** 2).sum(axis=1) - gm / r >= 0.0
    fate[finite & (unbound | (r > _FARTHEST_KM))] = Fate.ESCAPED
    fate[finite & (r < (RADIUS_KM["moon"] if stop_at_impact else _CORE_KM))] = Fate.IMPACT
    return fate


def _interval_s(x: Floats, gm: float, step_days: float | None, span_s: float) -> float:
    """Length of the intervals, so that a whole number of them is the span."""
    if step_days is not None:
        wanted = scalar("step_days", step_days, 1e-3, 1e4, "days") * SECONDS_PER_DAY
    else:
        energy = gm / np.linalg.norm(x[:, :3], axis=1) - 0.5 * (x[:, 3:] ** 2).sum(axis=1)
        longest = 2.0 * math.pi * gm / (2.0 * energy.min()) ** 1.5 if len(x) else 0.0
        wanted = max(SECONDS_PER_DAY, _REVOLUTIONS * longest)
    return span_s / max(1, round(span_s / wanted))


class _Flight:
    """A batch under way: who still flies, and where."""

    def __init__(self, x: Floats, start: float, fate: NDArray[np.int8], run: Run, axes: str, floor_km: float) -> None:
        self.x, self.start, self.fate, self.axes, self.floor_km = x.copy(), start, fate, axes, floor_km
        self.run = run
        self.life_s = np.zeros(len(x))
        self.pieces = 1  # flights an interval is cut into

    def flown(self, span_s: float, step_s: float) -> OrbitHistory:
        n, count = len(self.x), round(span_s / step_s)
        table = np.full((8, n, count), np.nan)
        for j in range(count):
            self._interval(j * step_s, (j + 1) * step_s, table[:, :, j])
        alive = self.fate == Fate.ALIVE
        self.life_s[alive] = span_s
        self.life_s[self.fate >= Fate.FAILED] = np.nan
        self.x[~alive] = np.nan
        a, k, h, inclination, cosine, sine, low, high = table
        node, ground = _unwrapped_deg(np.arctan2(sine, cosine)), RADIUS_KM["moon"]
        middles = np.asarray(self.start + (np.arange(count) + 0.5) * step_s)
        return OrbitHistory(
            middles, self.axes, a, np.stack([k, h], axis=-1), inclination, node, low - ground, high - ground,
            self.fate, self.life_s / SECONDS_PER_DAY, self.x, self.run.forces,
        )  # fmt: skip

    def _interval(self, first_s: float, last_s: float, out: Floats) -> None:
        """Fly one interval in pieces and write its means and extremes for the rows that end it."""
        sums, longest = _Sums.of(len(self.x)), 0
        for a, b in pairwise(np.linspace(first_s, last_s, self.pieces + 1)):
            rows = np.flatnonzero(self.fate == Fate.ALIVE)
            for part in (rows[first : first + _ROWS] for first in range(0, len(rows), _ROWS)):
                nodes = self._piece(part, a, b)
                longest = max(longest, *(len(path) for path in nodes))
                self._take(part, nodes, a, sums)
        self.pieces = max(self.pieces, math.ceil(self.pieces * longest / _NODES))
        sums.write(out)

    def _piece(self, rows: NDArray[np.intp], first_s: float, last_s: float) -> list[Floats]:
        """Nodes of every row; the states move on, and rows that hit the Moon or failed are marked."""
        n = len(rows)
        starts, ends = np.full(n, self.start + first_s), np.full(n, self.start + last_s)
        inputs = row_inputs(n, self.run.forces, None)
        final, _, status, _, nodes = self.run.batch(self.x[rows], starts, ends, inputs, record=True)
        self.x[rows] = final
        self.fate[rows[status == blocks.IMPACT]] = Fate.IMPACT
        self.fate[rows[(status != blocks.OK) & (status != blocks.IMPACT)]] = Fate.FAILED
        hit = np.flatnonzero(status == blocks.IMPACT)
        if len(hit):
            last = np.array([nodes[i][-1] for i in hit])
            self.life_s[rows[hit]] = self._surface_s(first_s + last[:, 0], last[:, 1:7])
        return nodes

    def _surface_s(self, elapsed: Floats, x: Floats) -> Floats:
        """When rows reach the surface after the last step before it: by their conics, then by Newton's method."""
        run = replace(self.run, stop_at_impact=False)
        fall = np.array([_fall_s(state, run.forces.gm("moon")) for state in x])
        starts, inputs = self.start + elapsed, row_inputs(len(x), run.forces, None)
        for _ in range(_NEWTON):
            y = run.batch(x, starts, starts + fall, inputs, durations=fall)[0]
            r = np.linalg.norm(y[:, :3], axis=1)
            rate = (y[:, :3] * y[:, 3:]).sum(axis=1) / r
            with np.errstate(divide="ignore", invalid="ignore"):
                step = (RADIUS_KM["moon"] - r) / rate
            fall = np.maximum(fall + np.clip(np.nan_to_num(step), -_LONGEST_FIX_S, _LONGEST_FIX_S), 0.0)
        return np.asarray(elapsed + fall)

    def _take(self, rows: NDArray[np.intp], nodes: list[Floats], first_s: float, sums: _Sums) -> None:
        """Add what the nodes of a piece say to the sums; end rows that went too low or too far."""
        counts = np.array([len(path) for path in nodes])
        owner = np.repeat(rows, counts)
        every = np.concatenate(nodes)
        t, x = every[:, 0], np.ascontiguousarray(every[:, 1:7])
        sums.add(rows, counts, t, self._elements(self.start + first_s + t, x))
        when, lowest, highest, perilune = _extremes(t, x, owner)
        np.minimum.at(sums.low, owner[:-1], lowest)
        np.maximum.at(sums.high, owner[:-1], highest)
        sums.low[rows[self.fate[rows] == Fate.IMPACT]] = RADIUS_KM["moon"]
        if self.floor_km > RADIUS_KM["moon"]:  # the surface itself is the propagator's to find
            self._end(owner[:-1], first_s + when, perilune & (lowest < self.floor_km), Fate.BELOW_FLOOR)
        far = (np.linalg.norm(x, axis=1) > _FARTHEST_KM) | (every[:, 7] != 1.0)
        self._end(owner, first_s + t, far, Fate.ESCAPED)

    def _end(self, owner: NDArray[np.intp], when: Floats, ended: NDArray[np.bool_], fate: Fate) -> None:
        """Let rows end at the first of their moments that are marked, unless they ended before."""
        mine, first = np.unique(owner[ended], return_index=True)
        moments = when[ended][first]
        sooner = (self.fate[mine] == Fate.ALIVE) | (moments < self.life_s[mine])
        self.fate[mine[sooner]] = fate
        self.life_s[mine[sooner]] = moments[sooner]

    def _elements(self, tdb: Floats, x: Floats) -> Floats:
        """What is averaged, float64[6, M]: axis, e cos(argp), e sin(argp), inclination, node as cosine and sine."""
        e = orbit_elements(x, tdb, self.axes, self.run.forces.gm("moon"))
        argp, node = np.radians(e.argp_deg), np.radians(e.raan_deg)
        k, h = e.eccentricity * np.cos(argp), e.eccentricity * np.sin(argp)
        return np.stack([e.semi_major_axis_km, k, h, e.inclination_deg, np.cos(node), np.sin(node)])


@dataclass(frozen=True)
class _Sums:
    """What an interval adds up to, over all rows: integrals over time, the time, lowest and highest distance."""

    integrals: Floats
    seconds: Floats
    low: Floats
    high: Floats

    @classmethod
    def of(cls, n: int) -> _Sums:
        return cls(np.zeros((6, n)), np.zeros(n), np.full(n, np.inf), np.zeros(n))

    def add(self, rows: NDArray[np.intp], counts: NDArray[np.intp], t: Floats, values: Floats) -> None:
        """Integrate values over the nodes of many rows, one after another, by the trapezoidal rule."""
        begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
        step = np.diff(t, append=t[-1:])
        step[begins + counts - 1] = 0.0  # from a row's last node to the next row's first
        before = np.concatenate([[0.0], step[:-1]])
        before[begins] = 0.0
        weight = 0.5 * (step + before)
        weight[begins[counts == 1]] = _MOMENT_S
        self.integrals[:, rows] += np.add.reduceat(values * weight, begins, axis=1)
        self.seconds[rows] += np.add.reduceat(weight, begins)

    def write(self, out: Floats) -> None:
        """Write means and extremes, float64[8, N], of the rows that were seen."""
        seen = self.seconds > 0.0
        out[:6, seen] = self.integrals[:, seen] / self.seconds[seen]
        out[6, seen], out[7, seen] = self.low[seen], self.high[seen]


def _extremes(t: Floats, x: Floats, owner: NDArray[np.intp]) -> tuple[Floats, Floats, Floats, NDArray[np.bool_]]:
    """Moment of perilune, lowest and highest distance between each node and the next of the same row, and
    whether perilune lies between them.

    Where the radial velocity changes sign within a step, the apsis is that of the cubic through distance and radial
    velocity at its ends: to a metre in a low orbit at a tolerance of 1e-9, to decimetres at 1e-12.
    """
    r = np.linalg.norm(x[:, :3], axis=1)
    rate = np.einsum("ni,ni->n", x[:, :3], x[:, 3:]) / r
    same = owner[1:] == owner[:-1]
    h = np.where(same, np.diff(t), 0.0)
    r0, r1 = r[:-1], np.where(same, r[1:], r[:-1])
    d0, d1 = rate[:-1] * h, np.where(same, rate[1:], rate[:-1]) * h
    s = np.zeros(len(h))
    lowest, highest = np.minimum(r0, r1), np.maximum(r0, r1)
    turn = same & (d0 * d1 < 0.0)
    i = np.flatnonzero(turn)
    a, b, c = 6.0 * (r0 - r1)[i] + 3.0 * (d0 + d1)[i], 6.0 * (r1 - r0)[i] - 4.0 * d0[i] - 2.0 * d1[i], d0[i]
    root = np.sqrt(np.maximum(b * b - 4.0 * a * c, 0.0))
    q = -0.5 * (b + np.copysign(root, b))
    with np.errstate(divide="ignore", invalid="ignore"):
        one, other = q / a, c / q
    u = np.where((one >= 0.0) & (one <= 1.0), one, other)
    u = np.clip(np.nan_to_num(u, nan=0.5), 0.0, 1.0)
    apsis = r0[i] + u * (d0[i] + u * (b / 2.0 + u * a / 3.0))
    s[i] = np.where(d0[i] < 0.0, u, s[i])
    lowest[i], highest[i] = np.minimum(lowest[i], apsis), np.maximum(highest[i], apsis)
    return t[:-1] + s * h, lowest, highest, turn & (d0 < 0.0)


def _fall_s(state: Floats, gm: float) -> float:
    """Seconds from a state of the last step before impact to the sphere, on its conic; 0 if that does not reach it."""
    e = orbit_elements(state[None], 0.0, "icrf", gm)
    p, ecc, a, nu = (float(v[0]) for v in (e.semi_latus_rectum_km, e.eccentricity, e.semi_major_axis_km,
                                           np.radians(e.true_anomaly_deg)))  # fmt: skip
    cosine = (p / RADIUS_KM["moon"] - 1.0) / ecc if ecc > 0.0 else 2.0
    if abs(cosine) > 1.0 or a <= 0.0:
        return 0.0
    means = [_mean_anomaly(v, ecc) for v in (nu, -math.acos(cosine))]
    return float(((means[1] - means[0]) % (2.0 * math.pi)) / math.sqrt(gm / a**3))


def _mean_anomaly(true_rad: float, eccentricity: float) -> float:
    e = 2.0 * math.atan(math.sqrt((1.0 - eccentricity) / (1.0 + eccentricity)) * math.tan(0.5 * true_rad))
    return e - eccentricity * math.sin(e)


def _unwrapped_deg(angle_rad: Floats) -> Floats:
    """Angles in degrees without jumps along the last axis; NaN stays where it is (at the end of a row)."""
    known = np.isfinite(angle_rad)
    return np.where(known, np.degrees(np.unwrap(np.where(known, angle_rad, 0.0), axis=-1)), np.nan)
