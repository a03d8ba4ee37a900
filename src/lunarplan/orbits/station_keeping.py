"""What it costs to stay: station-keeping by x-axis crossing control, by Monte Carlo.

    upkeep = keep(carry(orbit, "2027-01-01", years=2), years=1, samples=200)
    upkeep.mean_m_s_year, upkeep.percentile_m_s_year(95)

All samples are rows of one batch. A sample has its own stream of random numbers: it is the same alone, or among others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import ConvergenceError, InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import Run, check_options, row_inputs
from lunarplan.model.rows import scalar
from lunarplan.orbits.crossing_control import NO_CROSSING, NOT_CONVERGED, OK, CrossingControl, Crossings
from lunarplan.orbits.long_orbit import EphemerisOrbit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_YEAR_S = 365.25 * SECONDS_PER_DAY
LOST = 3
_REASONS = {
    OK: "ok",
    NO_CROSSING: "the orbit no longer crosses the plane near its reference",
    NOT_CONVERGED: "no burn sets the crossing right",
    LOST: "it hits the Moon or leaves",
}
_SHORTEST_AIM = 0.4  # revolutions
_TOLERANCE = 1e-11  # of the propagation: centimetres in a month


@dataclass(frozen=True)
class Errors:
    """Errors of one sigma, of every component where there are three.

    insertion_*  : of the first state
    navigation_* : of the state a burn is planned with
    execution    : of the size of a burn, as a part of it
    pointing_deg : of its direction
    least_m_s    : smaller burns are not made

    If not given, those of Zhang et al. 2022, "Performance analysis of impulsive station-keeping strategies for
    cis-lunar orbits with the ephemeris model", Acta Astronautica, read at second hand: insertion 10 km and 1 cm/s,
    navigation 1 km and 1 cm/s (3 sigma), execution 1 %, burns of 1 cm/s or more.
    """

    insertion_km: float = 10.0 / 3.0
    insertion_m_s: float = 0.01 / 3.0
    navigation_km: float = 1.0 / 3.0
    navigation_m_s: float = 0.01 / 3.0
    execution: float = 0.01
    pointing_deg: float = 0.0
    least_m_s: float = 0.01

    def __post_init__(self) -> None:
        for name, high in (
            ("insertion_km", 1e4), ("insertion_m_s", 100.0), ("navigation_km", 1e4), ("navigation_m_s", 100.0),
            ("execution", 1.0), ("pointing_deg", 90.0), ("least_m_s", 100.0),
        ):  # fmt: skip
            scalar(f"Errors.{name}", getattr(self, name), 0.0, high)


NO_ERRORS = Errors(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
# A crewed station: navigation 10 km and 10 cm/s (3 sigma), 1.5 %, 1 deg. Estimate, after Davis et al. 2017, AAS 17-826.
STATION_ERRORS = Errors(10.0 / 3.0, 0.1 / 3.0, 10.0 / 3.0, 0.1 / 3.0, 0.015, 1.0, 0.01)


@dataclass(frozen=True)
class Strategy:
    """When burns are made and what they aim at.

    burns_per_revolution : evenly spaced in time, one of them at the apolune
    horizon              : revolutions from a burn to the crossing it aims at, the one nearest to there
    tolerance_m_s        : of the velocity along x at that crossing; no burn if the prediction is nearer
    late_s               : of the epoch of that crossing; infinite to let the phase drift

    As it is: for near-rectilinear orbits, six perilunes ahead, and the phase drifts. Strategy(3, 1.5, 0.05, 100.0)
    holds them within 50 km of the reference at the errors of `Errors()`, and costs more; an even number of burns would
    put one at the perilune, which is tens of times as dear. Unstable halos need a burn every two or three days and
    horizon 1. Distant retrograde orbits are stable: the velocity at a crossing alone would drive them away from their
    phase; give them two burns a revolution, horizon 1.5 and 1000 s.
    """

    burns_per_revolution: int = 1
    horizon: float = 6.5
    tolerance_m_s: float = 0.45
    late_s: float = math.inf

    def __post_init__(self) -> None:
        if not (isinstance(self.burns_per_revolution, int | np.integer) and 1 <= self.burns_per_revolution <= 100):
            raise InputError(
                f"{self.burns_per_revolution!r}", where="Strategy.burns_per_revolution", allowed="1 to 100"
            )
        scalar("Strategy.horizon", self.horizon, 0.1, 50.0, "revolutions")
        scalar("Strategy.tolerance_m_s", self.tolerance_m_s, 1e-6, 100.0, "m/s")
        scalar("Strategy.late_s", self.late_s, 1.0, math.inf, "s")


@dataclass(frozen=True)
class Upkeep:
    """Samples of an orbit that is kept.

    burn_tdb    : float64[k], TDB s
    delta_v_m_s : float64[N, k], executed; NaN for a sample that is lost
    away_km     : float64[N, k], from the reference, before each burn
    status      : int8[N], 0 where kept to the end; `reason(i)` puts it in words
    """

    burn_tdb: Floats
    delta_v_m_s: Floats
    away_km: Floats
    status: NDArray[np.int8]
    years: float
    errors: Errors
    strategy: Strategy
    seed: int

    def __repr__(self) -> str:
        kept = int(self.ok.sum())
        if not kept:
            return f"<Upkeep: none of {len(self.status)} samples kept>"
        return (
            f"<Upkeep of {self.years:.2f} years: {kept} of {len(self.status)} samples kept, "
            f"{self.mean_m_s_year:.2f} m/s a year, 95 % below {self.percentile_m_s_year(95):.2f}>"
        )

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == OK)

    def reason(self, row: int) -> str:
        """Why a sample was lost, or "ok"."""
        return _REASONS[int(self.status[row])]

    @property
    def m_s_year(self) -> Floats:
        """Cost of each sample, float64[N], m/s a year; NaN where lost."""
        return np.asarray(self.delta_v_m_s.sum(axis=1) / self.years)

    @property
    def mean_m_s_year(self) -> float:
        """Of the samples that were kept."""
        return float(self._kept().mean())

    def percentile_m_s_year(self, percent: float) -> float:
        """Cost that a part of the kept samples stays below."""
        return float(np.percentile(self._kept(), scalar("percent", percent, 0.0, 100.0)))

    def _kept(self) -> Floats:
        if not self.ok.any():
            raise ConvergenceError(f"no sample was kept; the first: {self.reason(0)}", where="Upkeep")
        return np.asarray(self.m_s_year[self.ok])


def keep(
    reference: EphemerisOrbit,
    *,
    years: float,
    samples: int = 100,
    errors: Errors | None = None,
    strategy: Strategy | None = None,
    forces: ForceModel | None = None,
    seed: int = 1,
) -> Upkeep:
    """Keep samples of an orbit near its reference, with errors, from its first apolune on.

    reference : longer than ``years`` by the horizon of the strategy
    forces    : what acts on the samples; burns are planned with those of the reference

    Raises InputError for arguments that make no sense and a reference that is too short.
    """
    errors, strategy = errors or Errors(), strategy or Strategy()
    if not isinstance(reference, EphemerisOrbit):
        raise InputError(f"a {type(reference).__name__}", where="reference", allowed="an EphemerisOrbit, see carry")
    if not isinstance(errors, Errors):
        raise InputError(f"a {type(errors).__name__}", where="errors", allowed="an Errors(...)")
    if not isinstance(strategy, Strategy):
        raise InputError(f"a {type(strategy).__name__}", where="strategy", allowed="a Strategy(...)")
    forces = reference.forces if forces is None else forces
    check_options(forces, "moon", _TOLERANCE)
    if not (isinstance(samples, int | np.integer) and 1 <= samples <= 1_000_000):
        raise InputError(f"{samples!r}", where="samples", allowed="1 to 1000000")
    if not (isinstance(seed, int | np.integer) and seed >= 0):
        raise InputError(f"{seed!r}", where="seed", allowed="a whole number from 0")
    epochs, aims = _plan(reference, strategy, scalar("years", years, 1e-3, 100.0, "years") * _YEAR_S)
    truth = Run(forces, "moon", _TOLERANCE)
    planned = Run(reference.forces, "moon", _TOLERANCE, 6)
    control = CrossingControl(reference.clock.frame, planned, 1e-3 * strategy.tolerance_m_s, strategy.late_s)
    noise = _noise(errors, int(seed), int(samples), len(aims))
    delta_v, away, status = _flown(reference, control, truth, (epochs, aims), noise, errors.least_m_s)
    return Upkeep(epochs[1:], delta_v, away, status, years, errors, strategy, int(seed))


def _plan(reference: EphemerisOrbit, strategy: Strategy, duration_s: float) -> tuple[Floats, Floats]:
    """Epochs of the start and of k burns, [1 + k], and what these aim at, [k, m, 2]: the farthest crossing first."""
    every = 1.0 / strategy.burns_per_revolution
    phase = np.arange(_apolune_phase(reference), reference.phases[-1], every)
    tdb = np.interp(phase, reference.phases, reference.tdb)
    burns = int((tdb <= tdb[0] + duration_s).sum()) - 1
    if burns == len(tdb) - 1 or phase[burns] + strategy.horizon > reference.phases[-1]:
        raise InputError(
            f"the reference of {reference.revolutions:.1f} revolutions is too short",
            where="keep",
            allowed=f"from an apolune on, the years asked for and {strategy.horizon:g} revolutions more",
            remedy="carry the orbit further, or ask for fewer years",
        )
    if burns < 1:
        raise InputError("there is no burn in it", where="years", allowed="as long as two burns are apart, or more")
    crossings = Crossings.of(reference)
    ahead = np.arange(strategy.horizon, min(_SHORTEST_AIM, 0.9 * strategy.horizon), -1.0)
    wanted = np.interp(phase[1 : burns + 1, np.newaxis] + ahead, reference.phases, reference.tdb)
    nearest = np.abs(wanted[..., np.newaxis] - crossings.tdb).argmin(axis=-1)
    return tdb[: burns + 1], np.column_stack([crossings.tdb, crossings.along_km_s])[nearest]


def _apolune_phase(reference: EphemerisOrbit) -> float:
    """Phase of the first farthest point from the Moon."""
    phase = reference.phases[0] + np.linspace(0.0, 1.0, 400)
    tdb = np.interp(phase, reference.phases, reference.tdb)
    return float(phase[np.linalg.norm(reference.at(tdb)[:, :3], axis=1).argmax()])


def _noise(errors: Errors, seed: int, samples: int, burns: int) -> Floats:
    """Random numbers of every sample, float64[N, 1 + burns, 10]: a state, the size of a burn, its direction."""
    sigma = np.array(
        3 * [errors.navigation_km] + 3 * [1e-3 * errors.navigation_m_s] + [errors.execution]
        + 3 * [np.radians(errors.pointing_deg)]
    )  # fmt: skip
    streams = (np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(i,))) for i in range(samples))
    drawn = np.stack([stream.standard_normal((1 + burns, 10)) for stream in streams])
    drawn[:, 1:] *= sigma
    drawn[:, 0, :6] *= 3 * [errors.insertion_km] + 3 * [1e-3 * errors.insertion_m_s]
    return drawn


def _executed(planned: Floats, noise: Floats, least_km_s: float) -> Floats:
    """Burns as they turn out: too long or short, turned aside, or not made."""
    aside = np.cross(noise[:, 7:10], planned)  # a turn by a small angle about any axis
    turned = planned + aside
    size = np.linalg.norm(planned, axis=1, keepdims=True)
    turned *= size / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-300)
    return np.where(size < least_km_s, 0.0, turned * (1.0 + noise[:, 6:7]))


def _flown(
    reference: EphemerisOrbit,
    control: CrossingControl,
    truth: Run,
    plan: tuple[Floats, Floats],
    noise: Floats,
    least_m_s: float,
) -> tuple[Floats, Floats, NDArray[np.int8]]:
    """What every burn of every sample was, m/s, how far it was from the reference, km, [N, k] each; and its fate."""
    epochs, aims = plan
    n, expected = len(noise), reference.at(epochs)
    delta_v, away = np.full((2, n, len(aims)), np.nan)
    status, late, states = np.zeros(n, np.int8), np.zeros(n), expected[0] + noise[:, 0, :6]
    for i, (tdb, following) in enumerate(pairwise(map(float, epochs))):
        _fly(states, status, tdb, following, truth)
        alive = np.flatnonzero(status == OK)
        away[alive, i] = np.linalg.norm((states[alive] - expected[i + 1])[:, :3], axis=1)
        known = states[alive] + noise[alive, 1 + i, :6]
        planned, status[alive], late[alive] = control.burns(known, following, aims[i], late[alive])
        made = _executed(planned, noise[alive, 1 + i], 1e-3 * least_m_s)
        states[alive, 3:] += made
        delta_v[alive, i] = 1e3 * np.linalg.norm(made, axis=1)
        if not (status == OK).any():
            break
    delta_v[status != OK] = np.nan
    return delta_v, away, status


def _fly(states: Floats, status: NDArray[np.int8], start: float, end: float, truth: Run) -> None:
    """Move the samples that are still there from one epoch to another."""
    alive = np.flatnonzero(status == OK)
    if not len(alive) or end <= start:
        return
    rows = row_inputs(len(alive), truth.forces, None)
    begun = np.ascontiguousarray(states[alive])
    final, _, failed, *_ = truth.batch(begun, np.full(len(alive), start), np.full(len(alive), end), rows)
    states[alive] = final
    status[alive[failed != 0]] = LOST
