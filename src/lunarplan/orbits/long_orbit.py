"""A periodic orbit of the restricted three-body problem carried into the real sky, for years.

    orbit = carry(periodic, "2026-01-01", years=15)
    orbit.at("2030-06-01T00:00:00")         # km and km/s, ICRF, relative to the Moon
    orbit.trajectory                        # goes to events.find, eclipses, plots

The periodic orbit, strung together in the pulsating frame, is the first guess; multiple shooting closes its gaps in
the full force model.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import ConvergenceError, InfeasibleError, InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.cr3bp import EARTH_MOON_MU, propagate_cr3bp
from lunarplan.model.epochs import one_epoch, tdb_seconds, utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, check_options, row_inputs, span_text
from lunarplan.model.rows import scalar
from lunarplan.model.trajectory import Arc, Trajectory
from lunarplan.orbits.multiple_shooting import Nodes, Shooting
from lunarplan.orbits.orbit import PeriodicOrbit
from lunarplan.orbits.pulsating import Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_YEAR_S = 365.25 * SECONDS_PER_DAY
_ARC_S = 1.2 * SECONDS_PER_DAY  # longest arc: errors grow by some ten in it, at the worst place
_SHORTEST_ARC_S = 3600.0
_LONGER_S = 4.0 * SECONDS_PER_DAY  # or a revolution, if that is more: it may slide along itself as far
_FEWEST_ARCS = 5  # a revolution
_TOLERANCE = 1e-13
_MOST_REVOLUTIONS = 20_000.0
_EDGE_S = 300.0  # of the ephemeris: differences of the frame need some minutes
_APSIS_S = 1e-4
_SAMPLES = 721  # of a revolution, to find its perilune
_CLOSES = 1e-5
_SAME_MU = 1e-5


@dataclass(frozen=True)
class EphemerisOrbit:
    """An orbit in the real sky: nodes, joined by arcs that are propagations.

    tdb        : float64[n], epochs of the nodes
    states     : float64[n, 6], km and km/s, ICRF, relative to the Moon, as the orbit leaves each node
    arrivals   : float64[n - 1, 6], likewise, where each arc ends
    burn       : bool[n], nodes at which the difference of the two is a burn
    phases     : float64[n], in periods, of the nodes on the periodic orbit
    clock      : of the frame in which the orbit nearly repeats itself
    steps      : of Newton's method
    provenance : what it was made from, with which numbers
    """

    tdb: Floats
    states: Floats
    arrivals: Floats
    burn: NDArray[np.bool_]
    phases: Floats
    clock: Clock
    forces: ForceModel
    steps: int
    provenance: dict[str, Any]

    def __repr__(self) -> str:
        return (
            f"<EphemerisOrbit {span_text(self.tdb)}: {self.revolutions:.1f} revolutions, {len(self.tdb)} nodes, "
            f"gaps up to {1e6 * self.gap_km.max():.2g} mm>"
        )

    @property
    def revolutions(self) -> float:
        """Of the periodic orbit, from the first node to the last."""
        return float(self.phases[-1] - self.phases[0])

    @property
    def gap_km(self) -> Floats:
        """How far from the next node each arc ends, float64[n - 1]."""
        return np.asarray(np.linalg.norm((self.states[1:] - self.arrivals)[:, :3], axis=1))

    @property
    def gap_km_s(self) -> Floats:
        """By how much the velocity jumps where there is no burn, float64[n - 1]."""
        jump = np.linalg.norm((self.states[1:] - self.arrivals)[:, 3:], axis=1)
        return np.where(self.burn[1:], 0.0, jump)

    @property
    def burns_m_s(self) -> Floats:
        """Velocity changes at the nodes where there are any, float64[k, 3], ICRF."""
        return np.asarray(1e3 * (self.states[1:] - self.arrivals)[self.burn[1:], 3:])

    @property
    def late_s(self) -> Floats:
        """By how much each node is later than the periodic orbit would be, float64[n]."""
        since = (self.phases - self.provenance["phase"]) * self.provenance["period"]
        return np.asarray(self.tdb - self.clock.tdb(since))

    def at(self, tdb: Any, center: str = "moon") -> Floats:
        """States at epochs, float64[N, 6], km and km/s, ICRF, relative to a body, as `Trajectory.at` gives them."""
        return self.trajectory.at(tdb, center)

    def rotating(self, tdb: Any) -> Floats:
        """States at epochs in the pulsating frame, barycentric, nondimensional, float64[N, 6]."""
        epochs = np.atleast_1d(np.asarray(tdb_seconds(tdb), float))
        return self.clock.frame.from_icrf(self.at(epochs), epochs)

    @cached_property
    def trajectory(self) -> Trajectory:
        """The whole orbit as one arc: each sample is a step from the integration node before it."""
        run = Run(self.forces, "moon", _TOLERANCE)
        rows = row_inputs(len(self.arrivals), self.forces, None)
        starts = np.ascontiguousarray(self.states[:-1])
        _, _, status, _, paths = run.batch(starts, self.tdb[:-1], self.tdb[1:], rows, record=True)
        if status.any():
            raise ConvergenceError(run.reason(int(status.max())), where="EphemerisOrbit.trajectory")
        # an arc's last step ends where the next arc begins; at the end of all it is a node of its own
        kept = [path[:-1] for path in paths[:-1]] + [paths[-1]]
        since = np.concatenate([p[:, 0] + t for p, t in zip(kept, self.tdb - self.tdb[0], strict=False)])
        path = np.concatenate(kept)
        brought = np.broadcast_to(rows[0], (len(path), rows.shape[1]))
        origins = path[:, 7].astype(np.int64)
        return Trajectory([Arc("orbit", run, float(self.tdb[0]), since, path[:, 1:7], origins, brought)])

    @cached_property
    def perilunes(self) -> Apsides:
        """Every passage nearest to the Moon."""
        return _apsides(self.trajectory, 1.0)

    @cached_property
    def apolunes(self) -> Apsides:
        """Every passage farthest from the Moon."""
        return _apsides(self.trajectory, -1.0)


@dataclass(frozen=True)
class Apsides:
    """Passages: epochs in TDB s and distances from the Moon's centre in km, float64[n] each."""

    tdb: Floats
    radius_km: Floats


def carry(
    orbit: PeriodicOrbit,
    epoch: Any,
    *,
    revolutions: float | None = None,
    years: float | None = None,
    forces: ForceModel | None = None,
    phase: float = 0.0,
    burns: bool = False,
) -> EphemerisOrbit:
    """Carry a periodic orbit into the real sky from an epoch on, for revolutions or years.

    orbit  : of Earth and Moon. Its period in days is kept in the mean: one in resonance with the Sun stays there
    phase  : where on the orbit the epoch finds it, to some hours: in periods after ``orbit.state``
    forces : Earth, Moon with its field to degree 8, and Sun, if not given
    burns  : allow a burn at every apolune, the smallest that close the orbit: next to nothing where it closes without

    Raises InputError for arguments that make no sense and epochs outside the ephemeris, InfeasibleError for an orbit
    through the Moon, ConvergenceError where no continuous one is found.
    """
    require_flyable(orbit)
    forces = ForceModel() if forces is None else forces
    check_options(forces, "moon", _TOLERANCE)
    start = one_epoch(epoch)
    end = start + _duration_s(orbit, revolutions, years)
    scalar("phase", phase, -1e6, 1e6, "periods")
    if not isinstance(burns, bool | np.bool_):
        raise InputError(f"{burns!r}", where="burns", allowed="True or False")
    _require_known(forces, start, end)
    clock = Clock.between(forces.source, orbit.mu, orbit.units.time_s, start, end)
    run = Run(forces.only(move_origin=False), "moon", _TOLERANCE)
    tdb, turns, held = _first_guess(orbit, clock, (start, end, phase), forces)
    points = orbit.at(turns * orbit.period)
    points[:, 0] -= 1.0 - orbit.mu
    shooting = Shooting(clock.frame, replace(run, columns=6), held, _apolune_nodes(points) & burns)
    nodes, steps = shooting.closed(tdb, points)
    tdb, states, jumps, turns = _cut(nodes, turns, run, start, end)
    arrivals = _flown(states[:-1], tdb[:-1], tdb[1:], run)
    states[-1] = arrivals[-1]
    burn, made = np.any(jumps != 0.0, axis=1), _provenance(orbit, forces, start, phase)
    return EphemerisOrbit(tdb, states, arrivals, burn, turns, clock, run.forces, steps, made)


def _first_guess(
    orbit: PeriodicOrbit, clock: Clock, when: tuple[float, float, float], forces: ForceModel
) -> tuple[Floats, Floats, NDArray[np.bool_]]:
    """Epochs of the nodes, their phases, and which epochs are held.

    The orbit is made longer at both ends, and cut afterwards: an end held to its epoch would bend it.
    """
    start, end, phase = when
    first, last = _known(forces)
    more = max(1.0, _LONGER_S / _period_s(orbit))
    longer = np.array([room > 1.5 * more * _period_s(orbit) for room in (start - first, last - end)])
    span = float(clock.at(np.array([end]))[0]) / orbit.period
    turns = _node_phases(orbit, phase - more * longer[0], span + more * longer.sum())
    tdb = clock.tdb((turns - phase) * orbit.period)
    held = np.zeros(len(tdb), bool)
    held[[0, -1]] = np.logical_not(longer)
    tdb[[0, -1]] = np.where(longer, tdb[[0, -1]], (start, end))
    return tdb, turns, held


def _cut(nodes: Nodes, turns: Floats, run: Run, start: float, end: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Epochs, states, jumps and phases of the nodes from start to end; the first is flown to, the last left open."""
    if not nodes.tdb[0] <= start < end <= nodes.tdb[-1]:
        raise ConvergenceError(
            "the orbit has slid too far along itself",
            where="carry",
            remedy="ask for fewer revolutions, or another phase",
        )
    inside = (nodes.tdb > start + _SHORTEST_ARC_S) & (nodes.tdb < end - _SHORTEST_ARC_S)
    before = int(np.searchsorted(nodes.tdb, start, side="right")) - 1
    first = _flown(nodes.states[before : before + 1], nodes.tdb[before : before + 1], np.array([start]), run)
    tdb = np.concatenate([[start], nodes.tdb[inside], [end]])
    states = np.concatenate([first, nodes.states[inside], first])
    jumps = np.concatenate([np.zeros((1, 6)), nodes.jumps[inside], np.zeros((1, 6))])
    return tdb, states, jumps, np.interp(tdb, nodes.tdb, turns)


def _flown(states: Floats, tdb: Floats, until: Floats, run: Run) -> Floats:
    rows = row_inputs(len(states), run.forces, None)
    final, _, status, *_ = run.batch(np.ascontiguousarray(states), tdb, until, rows)
    if status.any():
        raise ConvergenceError(run.reason(int(status.max())), where="carry")
    return final


def _provenance(orbit: PeriodicOrbit, forces: ForceModel, start: float, phase: float) -> dict[str, Any]:
    return {
        "family": orbit.family,
        "units": orbit.units.name,
        "state": orbit.state.tolist(),
        "period": orbit.period,
        "period_days": orbit.period_days,
        "mu": orbit.mu,
        "epoch": utc_iso(start),
        "phase": phase,
        "tolerance": _TOLERANCE,
        "lunarplan": version("lunarplan"),
        **forces.describe(),
    }


def require_flyable(orbit: PeriodicOrbit) -> None:
    """Raise InputError for what is no closed orbit of Earth and Moon, InfeasibleError for one through the Moon."""
    if not isinstance(orbit, PeriodicOrbit):
        raise InputError(f"{orbit!r:.60}", where="orbit", allowed="a PeriodicOrbit, such as a family's .select(...)")
    if abs(orbit.mu - EARTH_MOON_MU) > _SAME_MU:
        raise InputError(f"mu = {orbit.mu:.6g}", where="orbit.units", allowed=f"Earth and Moon, {EARTH_MOON_MU:.6g}")
    end = propagate_cr3bp(orbit.state, orbit.period, mu=orbit.mu)
    apart = float(np.abs(end.states[0] - orbit.state).max()) if end.ok.all() else np.inf
    if not apart < _CLOSES:
        raise InputError(
            f"does not close: {apart:.2g} units apart after a period",
            where="orbit",
            allowed="an orbit that repeats itself",
            remedy="are its state, barycentric and nondimensional, and its period in the same units?",
        )
    if orbit.perilune_radius_km < RADIUS_KM["moon"]:
        raise InfeasibleError(
            f"its perilune is {orbit.perilune_radius_km:.0f} km from the centre of the Moon",
            where="orbit",
            allowed=f"above the surface, {RADIUS_KM['moon']} km",
            remedy="choose another member of the family",
        )


def _period_s(orbit: PeriodicOrbit) -> float:
    return orbit.period * orbit.units.time_s


def _duration_s(orbit: PeriodicOrbit, revolutions: float | None, years: float | None) -> float:
    if (revolutions is None) == (years is None):
        what = "neither is given" if years is None else "both are given"
        raise InputError(what, where="carry", allowed="one of revolutions and years")
    if revolutions is not None:
        return scalar("revolutions", revolutions, 0.5, _MOST_REVOLUTIONS) * _period_s(orbit)
    shortest, longest = (n * _period_s(orbit) / _YEAR_S for n in (0.5, _MOST_REVOLUTIONS))
    return scalar("years", years, shortest, longest, "years") * _YEAR_S


def _require_known(forces: ForceModel, start: float, end: float) -> None:
    if not {"earth", "moon"} <= set(forces.bodies):
        raise InputError(", ".join(forces.bodies), where="forces.bodies", allowed="Earth and Moon among them")
    first, last = _known(forces)
    if not first <= start <= end <= last:
        raise InputError(
            f"the orbit would last from {span_text(np.array([start, end]))}",
            where="epoch",
            allowed=f"within the ephemeris, {span_text(np.array([first, last]))}",
            remedy="ask for fewer years, another epoch, or give a longer ephemeris: Ephemeris.from_files",
        )


def _known(forces: ForceModel) -> tuple[float, float]:
    """First and last epoch at which the frame and its change are known."""
    return forces.source.start_tdb + _EDGE_S, forces.source.end_tdb - _EDGE_S


def _node_phases(orbit: PeriodicOrbit, first: float, turns: float) -> Floats:
    """Phases of the nodes: evenly spaced, the perilune half-way between two; and the two ends."""
    times, states = orbit.sample(_SAMPLES)
    away = states[:, :3] - np.array([1.0 - orbit.mu, 0.0, 0.0])
    perilune = float(times[np.argmin((away**2).sum(axis=1))]) / orbit.period
    arcs = max(_FEWEST_ARCS, int(np.ceil(_period_s(orbit) / _ARC_S)))
    begin = (first - perilune) * arcs - 0.5
    whole = np.arange(np.floor(begin) + 1.0, np.ceil(begin + turns * arcs))
    inner = (whole + 0.5) / arcs + perilune
    apart = 0.3 / arcs  # from the ends
    inner = inner[(inner > first + apart) & (inner < first + turns - apart)]
    return np.concatenate([[first], inner, [first + turns]])


def _apolune_nodes(points: Floats) -> NDArray[np.bool_]:
    """Nodes farther from the Moon than those beside them."""
    r = np.linalg.norm(points[:, :3], axis=1)
    inner = (r[1:-1] >= r[:-2]) & (r[1:-1] > r[2:])
    return np.concatenate([[False], inner, [False]])


def _apsides(trajectory: Trajectory, side: float) -> Apsides:
    """Sign changes of r v along the steps, refined all at once."""
    from scipy.optimize.elementwise import find_root  # scipy's optimisers take half a second to import

    def motion(tdb: Floats) -> Floats:
        x = trajectory.at(np.ravel(tdb), "moon")
        return np.asarray((x[:, :3] * x[:, 3:]).sum(axis=1)).reshape(np.shape(tdb))

    tdb = trajectory.nodes_tdb
    along = side * motion(tdb)
    i = np.flatnonzero((along[:-1] < 0.0) & (along[1:] >= 0.0))
    if not len(i):
        return Apsides(np.empty(0), np.empty(0))
    found = find_root(motion, (tdb[i], tdb[i + 1]), tolerances={"xatol": _APSIS_S, "xrtol": 0.0}).x
    return Apsides(found, np.linalg.norm(trajectory.at(found, "moon")[:, :3], axis=1))
