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
from lunarplan.transfers.launch import LaunchTie
from lunarplan.transfers.problem import Problem, Transfers, problem
from lunarplan.transfers.shooting import FREE, TARGETS, Shooting
from lunarplan.transfers.targeter import target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["LaunchTie", "Problem", "Transfers", "direct_transfers", "lateness", "launches_near", "problem"]

_SIDEREAL_DAY_S = 2.0 * np.pi / EARTH_ROTATION_RATE_RAD_S
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
    injection = np.array(tdb, float)
    rows = np.arange(len(injection))
    for k in range(_GUESSES):
        near = replace(batch, perilune_tdb=injection + batch.tof_s)
        shooting = Shooting(near, forces, launch, tolerance, workers, "tof")
        x = shooting.seed()
        orbits = shooting.parking(rows)
        late, _ = orbits.lateness(x[:, 0], x[:, 1], injection)
        if k == 0:
            lift_off, _ = orbits.lift_off(x[:, 1], injection)
            late -= _SIDEREAL_DAY_S * np.round((lift_off + late - tdb) / _SIDEREAL_DAY_S)
        injection = injection + late
    return direct_transfers(
        replace(near, perilune_tdb=injection + batch.tof_s),
        forces,
        launch=launch,
        hold="tof",
        tolerance=tolerance,
        workers=workers,
    )
