"""How long a transfer stays in the shadow of the Earth or the Moon between injection and arrival.

Every coast is flown again in the transfer's own force model, and only its integration steps that come near a shadow are
looked into. Between two steps the path is the quintic through states and accelerations at both: within 0.2 km of the
integrator, a fraction of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, accelerations, row_inputs
from lunarplan.transfers.flybys.routes import FlybyRoutes
from lunarplan.windows.shadow_passage import Steps, quintics, shaded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.to_moon.direct import Transfers

    Floats = NDArray[np.float64]
    Rows = NDArray[np.intp]

_CHUNK = 2048  # transfers flown at once: some 10 MB of steps
_TOLERANCE = 1e-10  # of a step: a metre at perilune, and steps short enough for the quintic
_ORIGINS = ("earth", "moon")  # as the kernels number them
_WIDENING = 0.0048  # of the penumbra, km per km: (Sun + body) / least distance of the Sun
_SLACK_KM, _SLACK_RAD = 50.0, 2e-4  # the Sun is seen 1e-4 rad aside from where it is
_TURNING_KM_S2 = 1e-5  # the axis turns a degree a day: twice that rate times the velocity
_SEAM_S = 1e-2  # stays that meet at the end of a step are one


@dataclass(frozen=True)
class LongestStay:
    """Longest single stay in shadow between injection and perilune, float64[N], s; for transfers that are ok.

    Of powered flybys, until the insertion.

    fraction : in shadow is where less than this fraction of the Sun's disc is seen past the Earth, or past the Moon:
               1 counts the penumbra in, 0 the umbra alone
    """

    fraction: float = 0.5

    def __call__(self, transfers: Transfers) -> Floats:
        n = len(transfers.ok)
        longest = np.zeros(n)
        order = np.argsort(transfers.injection_tdb, kind="stable")  # a chunk's ephemeris covers days, not decades
        for first in range(0, n, _CHUNK):
            rows = order[first : first + _CHUNK]
            longest[rows] = _longest_stays(_flown(transfers, rows), self.fraction)
        return longest


@dataclass(frozen=True)
class _Flights:
    """The integration steps of some coasts, one after the other.

    row    : int[M], which coast a node belongs to
    since  : float64[M], s after its injection
    epochs : float64[M]
    states : float64[M, 6] by origin, km, km/s
    """

    count: int
    forces: ForceModel
    row: Rows
    since: Floats
    epochs: Floats
    states: dict[str, Floats]


def _flown(transfers: Transfers, rows: Rows) -> _Flights:
    nodes = _coast(transfers, "earth", rows, transfers.injection_states, transfers.problem.perilune_tdb)
    start = transfers.injection_tdb[rows]
    if isinstance(transfers, FlybyRoutes):
        beyond = _coast(transfers, "moon", rows, transfers.passed_states, transfers.insertion_tdb)
        since = transfers.problem.perilune_tdb[rows] - start
        later = [np.column_stack([path[:, 0] + t, path[:, 1:]]) for path, t in zip(beyond, since, strict=True)]
        nodes = [np.concatenate(both) for both in zip(nodes, later, strict=True)]
    row = np.repeat(np.arange(len(rows)), [len(n) for n in nodes])
    path = np.concatenate(nodes)
    epochs = start[row] + path[:, 0]
    moon = transfers.forces.source.state("moon", "earth", epochs)
    about_moon = (path[:, 7] == _ORIGINS.index("moon"))[:, np.newaxis]
    by_origin = {
        "earth": path[:, 1:7] + np.where(about_moon, moon, 0.0),
        "moon": path[:, 1:7] - np.where(about_moon, 0.0, moon),
    }
    return _Flights(len(rows), transfers.forces, row, path[:, 0], epochs, by_origin)


def _coast(transfers: Transfers, center: str, rows: Rows, states: Floats, end: Floats) -> list[Floats]:
    """The nodes of one coast of each transfer: from the injection, or from the burn at the Moon."""
    run = Run(transfers.forces, center, _TOLERANCE, 0, False, continues=center == "moon")
    start = transfers.injection_tdb if center == "earth" else transfers.problem.perilune_tdb
    inputs = row_inputs(len(rows), transfers.forces, None)
    _, _, status, _, nodes = run.batch(np.ascontiguousarray(states[rows]), start[rows], end[rows], inputs, record=True)
    if status.any():
        bad = np.flatnonzero(status)[0]
        raise ConvergenceError(run.reason(status[bad]), where=f"flying transfer {rows[bad]} again")
    return nodes


def _longest_stays(flights: _Flights, fraction: float) -> Floats:
    sun = flights.forces.source.position("sun", "earth", flights.epochs)
    to_sun = {"earth": sun, "moon": sun - flights.states["earth"][:, :3] + flights.states["moon"][:, :3]}
    pieces = []
    for body in _ORIGINS:
        steps = _near_shadow(flights, body, to_sun[body])
        if len(steps):
            pieces.append(shaded(_steps(flights, body, steps), fraction))
    return _longest(flights.count, pieces)


def _near_shadow(flights: _Flights, body: str, to_sun: Floats) -> Rows:
    """First nodes of the steps that may touch a body's penumbra; the others are certain not to."""
    r = flights.states[body][:, :3]
    axis = to_sun / np.sqrt(_dot(to_sun, to_sun))[:, np.newaxis]
    behind = -_dot(r, axis)
    across = r + behind[:, np.newaxis] * axis
    step = np.diff(flights.since)
    sag = 0.125 * step**2 * (2.0 * _strongest_pull(flights) + _TURNING_KM_S2)  # how far the path leaves the chord
    reach = RADIUS_KM[body] + _SLACK_KM + sag
    reach += (_WIDENING + _SLACK_RAD) * np.maximum(np.maximum(behind[:-1], behind[1:]), 0.0)
    near = _distance_of_chord(across[:-1], across[1:]) < reach
    shaded_side = np.maximum(behind[:-1], behind[1:]) + sag > 0.0
    same_coast = (flights.row[1:] == flights.row[:-1]) & (step > 0.0)
    return np.flatnonzero(near & shaded_side & same_coast)


def _strongest_pull(flights: _Flights) -> Floats:
    """Gravity of the Earth and the Moon at the nearer end of every step, km/s2."""
    pull = np.zeros(len(flights.since))
    for body, states in flights.states.items():
        pull += flights.forces.gm(body) / _dot(states[:, :3], states[:, :3])
    return np.maximum(pull[:-1], pull[1:])


def _distance_of_chord(a: Floats, b: Floats) -> Floats:
    """Least distance of the straight lines from a to b, (n, 3), from the origin."""
    along = b - a
    part = np.clip(-_dot(a, along) / np.maximum(_dot(along, along), 1e-300), 0.0, 1.0)
    nearest = a + part[:, np.newaxis] * along
    return np.sqrt(_dot(nearest, nearest))


def _dot(a: Floats, b: Floats) -> Floats:
    return np.asarray(np.einsum("ni,ni->n", a, b))


def _steps(flights: _Flights, body: str, first: Rows) -> Steps:
    states, epochs = flights.states[body], flights.epochs
    ends = np.unique(np.concatenate([first, first + 1]))
    pull = accelerations(states[ends], epochs[ends], flights.forces, body)
    before, after = pull[np.searchsorted(ends, first)], pull[np.searchsorted(ends, first + 1)]
    length = flights.since[first + 1] - flights.since[first]
    powers = quintics(length, states[first], states[first + 1], before, after)
    source = flights.forces.source
    return Steps(body, source, flights.row[first], flights.since[first], length, epochs[first], powers)


def _longest(count: int, pieces: list[tuple[Rows, Floats, Floats]]) -> Floats:
    """The longest stay of every coast: pieces that touch or overlap are one stay."""
    longest = np.zeros(count)
    if not pieces:
        return longest
    row, begin, end = (np.concatenate(column) for column in zip(*pieces, strict=True))
    order = np.lexsort((begin, row))
    row, begin, end = row[order], begin[order], end[order]
    if not len(row):
        return longest
    # The latest end so far of the same coast, by rank: sums with an offset for each coast would round by its number.
    ranked = np.argsort(end, kind="stable")
    rank = np.empty(len(end), np.int64)
    rank[ranked] = np.arange(len(end))
    until = end[ranked[np.maximum.accumulate(row * len(end) + rank) - row * len(end)]]
    new = (row[1:] != row[:-1]) | (begin[1:] > until[:-1] + _SEAM_S)
    first = np.concatenate([[True], new])
    starts = np.flatnonzero(first)
    last = np.concatenate([starts[1:], [len(row)]]) - 1
    np.maximum.at(longest, row[starts], until[last] - begin[starts])
    return longest
