"""Direct transfers from a circular Earth parking orbit to a perilune: altitude, inclination and epoch met exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import EARTH_ROTATION_RATE_RAD_S
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import check_options
from lunarplan.model.rows import numbers
from lunarplan.transfers.batches import joined
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.targeter import target
from lunarplan.transfers.to_moon.planes import by_the_other_node, northbound
from lunarplan.transfers.to_moon.problem import Problem, Transfers, problem
from lunarplan.transfers.to_moon.shooting import FREE, TARGETS, Shooting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["LaunchTie", "Problem", "Transfers", "direct_transfers", "lateness", "launches_near", "problem"]

_SIDEREAL_DAY_S = 2.0 * np.pi / EARTH_ROTATION_RATE_RAD_S
_LUNAR_DAY_S = 89_400.0  # from one launch to the next, about
_EARLY_OR_LATE_S = 39_600.0
_GUESSES = 4  # each brings the launch nearer by the ratio of the Earth's day to the Moon's month


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
    shooting = Shooting(batch, forces, launch, tolerance, workers, hold)
    start = shooting.seed() if guess is None else guess
    found = _solved(shooting, start)
    return found if launch is None else _in_the_revolution(shooting, found)


def _solved(shooting: Shooting, start: Floats) -> Transfers:
    """Solve from a first guess, which also decides the revolution the injection is made in."""
    if shooting.launch is not None:
        orbits = replace(shooting.parking(np.arange(len(start))), whole_turns=None)
        shooting.whole_turns = orbits.turns(start[:, 1])
    return shooting.transfers(target(shooting.evaluate, start, FREE, TARGETS))


def _in_the_revolution(shooting: Shooting, found: Transfers) -> Transfers:
    """Solve rows again whose coast has left the revolution asked for: less than none, or one more than need be."""
    launch = shooting.launch
    assert launch is not None
    astray = shooting.parking(np.arange(len(found.ok))).revolutions_astray(found.coast_s)
    rows = np.flatnonzero(found.ok & (astray != 0.0))
    if not len(rows):
        return found
    part = Shooting(
        shooting.batch.rows(rows), found.forces, launch, shooting.tolerance, shooting.workers, shooting.hold
    )
    again = _solved(part, found.solution.x[rows])
    meant = part.parking(np.arange(len(rows))).revolutions_astray(again.coast_s)
    better = again.ok & ((meant == 0.0) | ((meant > 0.0) & (astray[rows] < 0.0)))
    return joined(found, rows[better], again.rows(np.flatnonzero(better)))


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


def lateness(transfers: Transfers, launch: LaunchTie) -> Floats:
    """How many seconds after lift-off the launch site would turn under the parking plane, float64[N].

    In +-12 h; NaN where a transfer is not ok.
    """
    shooting = Shooting(transfers.problem, transfers.forces, launch, 1e-10, None)
    late, rows = np.full(len(transfers.ok), np.nan), np.flatnonzero(transfers.ok)
    late[rows] = shooting.departure_time(transfers.solution.x[rows], rows)[0]
    return late


def launches_near(
    tdb: Floats,
    batch: Problem,
    launch: LaunchTie,
    forces: ForceModel | None = None,
    *,
    tolerance: float = 1e-10,
    workers: int | None = None,
) -> Transfers:
    """Solve the transfers of given times of flight that lift off nearest to given epochs, float64[N], TDB s.

    The arrivals of ``batch`` are not used: they follow from the launch. Each opportunity comes round about once in
    24 h 50 min, with the Moon, so the lift-off is within some 13 h of the epoch asked for.
    """
    forces = ForceModel() if forces is None else forces
    _check(batch, forces, launch, tolerance, workers)
    near = numbers("tdb", tdb, 1)
    injection, lift_off = _injection_near(near, batch, launch, forces)
    far = np.flatnonzero(np.abs(lift_off - near) > _EARLY_OR_LATE_S)  # the launch before or after may be nearer
    other = injection[far] - np.copysign(_LUNAR_DAY_S, lift_off[far] - near[far])
    other, _ = _injection_near(other, batch.rows(far), launch, forces, settled=True)
    both = np.concatenate([np.arange(len(near)), far])
    twice = batch.rows(both)
    found = direct_transfers(
        replace(twice, perilune_tdb=np.concatenate([injection, other]) + twice.tof_s),
        forces,
        launch=launch,
        hold="tof",
        tolerance=tolerance,
        workers=workers,
    )
    found = found.rows(_nearest(np.abs(found.launch_tdb - near[both]), far))
    return _by_the_node_asked(found, launch, tolerance, workers)


def _by_the_node_asked(found: Transfers, launch: LaunchTie, tolerance: float, workers: int | None) -> Transfers:
    """Solve again rows that came out at the other node: where the Moon stands as high as the plane, the two meet."""
    rows = np.flatnonzero(found.ok & (northbound(found) != (found.problem.northbound_departure > 0)))
    if not len(rows):
        return found
    guess = by_the_other_node(found, rows)
    again = direct_transfers(
        found.problem.rows(rows), found.forces, launch=launch, hold="tof", guess=guess, tolerance=tolerance,
        workers=workers,
    )  # fmt: skip
    better = again.ok & (northbound(again) == (again.problem.northbound_departure > 0))
    return joined(found, rows[better], again.rows(np.flatnonzero(better)))


def _nearest(distance: Floats, far: NDArray[np.intp]) -> NDArray[np.intp]:
    """Of rows, and second tries of the rows ``far`` after them, the row or its second try; NaN is far away."""
    n = len(distance) - len(far)
    first, second = distance[far], distance[n:]
    better = (second < first) | (np.isnan(first) & ~np.isnan(second))
    rows = np.arange(n)
    rows[far[better]] = n + np.flatnonzero(better)
    return rows


def _injection_near(
    injection: Floats, batch: Problem, launch: LaunchTie, forces: ForceModel, *, settled: bool = False
) -> tuple[Floats, Floats]:
    """Injection and lift-off of a patched conic that leaves from over the site, near given epochs.

    settled : the epochs are such injections already, of another day
    """
    near, rows = injection, np.arange(len(injection))
    for k in range(_GUESSES):
        shooting = Shooting(replace(batch, perilune_tdb=injection + batch.tof_s), forces, launch, 1e-10, None, "tof")
        x = shooting.seed()
        orbits = shooting.parking(rows)
        late, _ = orbits.lateness(x[:, 0], x[:, 1], injection)
        lift_off = orbits.lift_off(x[:, 1], injection)[0] + late
        if k == 0 and not settled:
            turn = _SIDEREAL_DAY_S * np.round((lift_off - near) / _SIDEREAL_DAY_S)
            late, lift_off = late - turn, lift_off - turn
        injection = injection + late
    return injection, lift_off
