"""First guesses of low-energy transfers: arrivals flown backwards in time, and what of them comes from near the Earth.

How near is told by the angular momentum about the Earth: what a parking orbit of given radius and inclination has, and
what the flight comes with, differ by some metres per second far out, where two arcs can be made to meet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.earth_equator import equator_of_date
from lunarplan.model.propagation import Run, row_inputs
from lunarplan.transfers.patched_conic import time_from_perigee

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.forces import ForceModel
    from lunarplan.transfers.low_energy.ends import Arrival
    from lunarplan.transfers.low_energy.shooting import Parking

    Floats = NDArray[np.float64]

_TOLERANCE = 1e-8  # of the propagator: some kilometres at the perigee
_CHUNK = 8192  # arcs whose steps are kept at a time: a quarter of a gigabyte
_SEEN_KM = 350_000.0  # of the Earth: the nodes of a passage are looked for inside
_LEAST_APOGEE_KM = 700_000.0  # less, and it is the Moon that did the work
_MISFIT_KM2_S = 60_000.0  # of angular momentum; 40 m/s at 1.5 million km, and as much as a perigee 10,000 km higher
_GOLDEN = 1.1673039782614187  # root of g^5 = g + 1


@dataclass(frozen=True)
class Span:
    """Within which guesses are looked for.

    first_arrival_tdb, last_arrival_tdb : s
    shortest_s, longest_s : of the time of flight
    farthest_km           : of the Earth
    """

    first_arrival_tdb: float
    last_arrival_tdb: float
    shortest_s: float = 70.0 * SECONDS_PER_DAY
    longest_s: float = 150.0 * SECONDS_PER_DAY
    farthest_km: float = 2.0e6


class Passages(NamedTuple):
    """Ways from near the Earth to the Moon, float64[n] each.

    injection    : [n, 4], node, argument, speed and epoch of an injection that nearly leads that way
    arrival      : [n, 4], variables of the end
    apogee_tdb   : of the node farthest from the Earth
    misfit_km2_s : between the angular momentum of the parking orbit and that of the way
    """

    injection: Floats
    arrival: Floats
    apogee_tdb: Floats
    misfit_km2_s: Floats


def evenly(count: int, skip: int = 0) -> Floats:
    """Points that fill the four-dimensional unit cube evenly, float64[count, 4], the same every time.

    skip : how many are left out at the beginning: the others go on filling it

    Source: the additive recurrence of the generalised golden ratio, M. Roberts (2018).
    """
    return np.asarray((0.5 + (skip + np.arange(1.0, count + 1.0))[:, None] * _GOLDEN ** -np.arange(1.0, 5.0)) % 1.0)


def sampled(to: Arrival, span: Span, count: int, forces: ForceModel, skip: int = 0) -> Floats:
    """Arrivals spread evenly over the span and all that an end leaves free, float64[count, 4]."""
    unit = evenly(count, skip)
    tdb = span.first_arrival_tdb + unit[:, 3] * (span.last_arrival_tdb - span.first_arrival_tdb)
    return np.column_stack([to.sampled(unit[:, :3], forces), tdb])


def from_near_earth(
    to: Arrival, parking: Parking, arrival: Floats, span: Span, forces: ForceModel, workers: int | None
) -> Passages:
    """Those arrivals, float64[n, 4], whose flight comes from nearly the parking orbit by way of a high apogee."""
    run = Run(forces, "moon", _TOLERANCE, stop_at_impact=False, workers=workers, continues=True)
    parts = [arrival[k : k + _CHUNK] for k in range(0, len(arrival), _CHUNK)]
    found = [_passages(to, parking, part, span, run) for part in parts]
    none = Passages(np.empty((0, 4)), np.empty((0, 4)), np.empty(0), np.empty(0))
    return Passages(*(np.concatenate(columns) for columns in zip(none, *found, strict=True)))


def _passages(to: Arrival, parking: Parking, x: Floats, span: Span, run: Run) -> Passages:
    tdb, forces = x[:, 3], run.forces
    states, _ = to.states(x, tdb, forces)
    inputs = row_inputs(len(x), forces, None)
    _, _, status, _, paths = run.batch(states, tdb, tdb - span.longest_s, inputs, record=True)
    nodes, row = np.concatenate(paths), np.repeat(np.arange(len(x)), [len(path) for path in paths])
    r2 = np.where(nodes[:, 7] == 0.0, (nodes[:, 1:4] ** 2).sum(axis=1), 0.0)  # those about the Earth
    at = _perigee_nodes(nodes, row, r2, span.shortest_s)
    at = at[status[row[at]] == 0]
    injection, misfit = injections(nodes[at, 1:7], tdb[row[at]] + nodes[at, 0], parking, forces)
    near = misfit < _MISFIT_KM2_S
    at, injection, misfit = at[near], injection[near], misfit[near]
    _, first = np.unique(row[at], return_index=True)
    at, injection, misfit = at[first], injection[first], misfit[first]
    farthest, elapsed = _farthest(r2, row, nodes[:, 0], at)
    kept = (farthest > _LEAST_APOGEE_KM) & (farthest < span.farthest_km)
    ends = row[at[kept]]
    return Passages(injection[kept], x[ends], tdb[ends] + elapsed[kept], misfit[kept])


def _perigee_nodes(nodes: Floats, row: NDArray[np.intp], r2: Floats, after_s: float) -> NDArray[np.intp]:
    """Nodes about the Earth that are nearest to a perigee, of flights backwards in time."""
    climb = (nodes[:, 1:4] * nodes[:, 4:7]).sum(axis=1)
    near = (r2 > 0.0) & (r2 < _SEEN_KM**2) & (nodes[:, 0] < -after_s)
    turns = near[:-1] & near[1:] & (climb[:-1] > 0.0) & (climb[1:] <= 0.0) & (row[:-1] == row[1:])
    at = np.flatnonzero(turns)
    return np.where(r2[at] < r2[at + 1], at, at + 1)


def _farthest(r2: Floats, row: NDArray[np.intp], elapsed: Floats, at: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Largest distance between arrival and some nodes, and when it is reached, s; of nodes about the Earth."""
    begins = np.searchsorted(row, row[at])
    there = np.array([k + int(np.argmax(r2[k : end + 1])) for k, end in zip(begins, at, strict=True)], np.intp)
    return np.sqrt(r2[there]), elapsed[there]


def injections(states: Floats, tdb: Floats, parking: Parking, forces: ForceModel) -> tuple[Floats, Floats]:
    """Node, argument, speed and epoch [n, 4] of injections from a parking orbit, near states of a passage.

    Also by how much the angular momentum differs from that of the states, km2/s. The direction of perigee, the energy
    and the time are kept, and of the plane what the inclination allows.
    """
    gm, axes = forces.gm("earth"), equator_of_date(tdb)
    r, v = (np.einsum("nij,nj->ni", axes, part) for part in (states[:, :3], states[:, 3:]))
    h, distance = np.cross(r, v), np.linalg.norm(r, axis=1, keepdims=True)
    energy = 0.5 * (v**2).sum(axis=1) - gm / distance[:, 0]
    speed = np.sqrt(np.maximum(2.0 * (energy + gm / parking.radius_km), 0.0))
    towards = np.cross(v, h) / gm - r / distance
    node = np.arctan2(h[:, 0], -h[:, 1])
    argument = _argument(towards, node, parking.inclination)
    level = np.hypot(h[:, 0], h[:, 1])
    length = parking.radius_km * speed
    misfit = np.hypot(level - length * np.sin(parking.inclination), h[:, 2] - length * np.cos(parking.inclination))
    perigee_tdb = tdb - _since_perigee(r, v, h, energy, gm)
    return np.column_stack([node, argument, speed, perigee_tdb]), misfit


def _argument(towards: Floats, node: Floats, inclination: float) -> Floats:
    """Argument of latitude of the point of a plane that is nearest to a direction."""
    c, s = np.cos(inclination), np.sin(inclination)
    along = np.column_stack([np.cos(node), np.sin(node), np.zeros(len(node))])
    across = np.column_stack([-c * np.sin(node), c * np.cos(node), np.full(len(node), s)])
    return np.asarray(np.arctan2(np.einsum("ni,ni->n", towards, across), np.einsum("ni,ni->n", towards, along)))


def _since_perigee(r: Floats, v: Floats, h: Floats, energy: Floats, gm: float) -> Floats:
    """Time since perigee, s, negative before it."""
    h2 = (h**2).sum(axis=1)
    eccentricity = np.sqrt(np.maximum(1.0 + 2.0 * energy * h2 / gm**2, 0.0))
    eccentricity = np.where(np.abs(eccentricity - 1.0) < 1e-9, 1.0 - 1e-9, eccentricity)
    perigee = h2 / gm / (1.0 + eccentricity)
    distance = np.maximum(np.linalg.norm(r, axis=1), perigee)
    since = time_from_perigee(perigee, eccentricity, distance, gm)
    return np.asarray(np.copysign(since, np.einsum("ni,ni->n", r, v)))
