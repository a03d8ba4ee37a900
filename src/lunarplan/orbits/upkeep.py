"""What it costs to keep a low orbit round: one pair of burns each sidereal month.

    averaged_upkeep_m_s(50.0, 90.0)                            # 10.6 m/s a month
    upkeep(orbit_states(50.0, 50.0, 90.0, 0.0, 0.0, epoch), epoch, months=6).delta_v_m_s

While the Moon turns once the eccentricity vector describes nearly the same figure, whatever it began with, and is
shifted at the end. Two burns along and against the motion, half a revolution apart, shift it back, so that the figure
lies about the centre; the semi-major axis is put right with them. It is how LRO was flown at 50 km.

Source: Beckman and Lamb (2007), Stationkeeping for the Lunar Reconnaissance Orbiter, 20th ISSFD.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import SECONDS_PER_DAY
from lunarplan.model.epochs import one_epoch
from lunarplan.model.forces import ForceModel
from lunarplan.model.gravity_field import GravityField
from lunarplan.model.propagation import propagate
from lunarplan.model.rows import full_rows, numbers
from lunarplan.orbits.averaged import perilune_rates
from lunarplan.orbits.frozen import SIDEREAL_MONTH_DAYS, checked_orbits
from lunarplan.orbits.history import DEGREE, TOLERANCE, orbit_history
from lunarplan.orbits.lunar_axes import orbit_elements

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_AXES = "moon_equator"
_INTERVALS = 27  # a month: means are of about a day
_MANOEUVRE_REVOLUTIONS = 2.5  # in which both burns find their place


def averaged_upkeep_m_s(
    mean_altitude_km: ArrayLike, inclination_deg: ArrayLike, *, degree: int = DEGREE, field: GravityField | None = None
) -> Floats:
    """Return what a sidereal month costs near a circular orbit in the averaged zonal field, m/s.

    Two burns of a quarter of the speed times the drift of the eccentricity vector each. Raises InputError for
    arguments out of range.
    """
    (altitude, inclination), shape = full_rows(altitude=(mean_altitude_km, 1), inclination=(inclination_deg, 1))
    field, a, i = checked_orbits(altitude, inclination, degree, field)
    none = np.zeros_like(a)
    drift = np.hypot(*perilune_rates(a, none, none, i, field, degree)) * SIDEREAL_MONTH_DAYS * SECONDS_PER_DAY
    return np.asarray(500.0 * np.sqrt(field.gm_km3_s2 / a) * drift).reshape(shape)


@dataclass(frozen=True)
class Upkeep:
    """Orbits kept for months.

    delta_v_m_s : float64[N, months], of the two burns that end each month; NaN after a row was lost
    lowest_altitude_km, highest_altitude_km : float64[N, months], over 1737.4 km
    states, epoch_tdb : float64[N, 6], ICRF, Moon-centred, after the last burns
    ok          : bool[N], False for rows that hit the Moon or could not be flown
    """

    delta_v_m_s: Floats
    lowest_altitude_km: Floats
    highest_altitude_km: Floats
    states: Floats
    epoch_tdb: float
    ok: NDArray[np.bool_]

    @property
    def steady_m_s_per_month(self) -> Floats:
        """Mean over the months after the first, in which the figure is brought to the centre; float64[N]."""
        return np.asarray(self.delta_v_m_s[:, 1:].mean(axis=1))

    @property
    def steady_m_s_per_year(self) -> Floats:
        return self.steady_m_s_per_month * (365.25 / SIDEREAL_MONTH_DAYS)


def upkeep(
    states: ArrayLike,
    epoch: Any,
    months: int,
    *,
    centre: tuple[float, float] = (0.0, 0.0),
    forces: ForceModel | None = None,
    tolerance: float = TOLERANCE,
    workers: int | None = None,
) -> Upkeep:
    """Fly low orbits for sidereal months, each ended by the pair of burns that brings the figure back.

    states : float64[N, 6] or [6], km and km/s, ICRF, Moon-centred, all at ``epoch``; nearly circular
    months : 2 or more
    centre : e cos(argp) and e sin(argp) about which the figure shall lie
    forces : the lunar field to degree 50 with Earth and Sun if not given

    Burns are impulses. Raises InputError for arguments that make no sense, and epochs outside the ephemeris.
    """
    if not (isinstance(months, int | np.integer) and 2 <= months <= 600):
        raise InputError(f"{months!r}", where="months", allowed="a whole number from 2 to 600")
    forces = ForceModel(moon_degree=DEGREE) if forces is None else forces
    about = numbers("centre", centre, 2)
    if about.shape != (2,) or not (np.hypot(*about) < 1.0):
        raise InputError(f"{centre!r}", where="centre", allowed="two numbers, e cos(argp) and e sin(argp), within 1")
    keeper = _Keeper(about, forces, tolerance, workers)
    x, now = np.atleast_2d(numbers("states", states, 6)), one_epoch(epoch)
    cost, low, high = (np.full((len(x), months), np.nan) for _ in range(3))
    for month in range(months):
        x, now, cost[:, month], low[:, month], high[:, month] = keeper.month(x, now)
    return Upkeep(cost, low, high, x, now, np.asarray(np.isfinite(x).all(axis=1)))


@dataclass(frozen=True)
class _Keeper:
    """How a month is flown, and ended."""

    centre: Floats
    forces: ForceModel
    tolerance: float
    workers: int | None

    def month(self, x: Floats, start: float) -> tuple[Floats, float, Floats, Floats, Floats]:
        """States after the burns, their epoch, the cost in m/s, lowest and highest altitude of the month."""
        flown = orbit_history(
            x, start, SIDEREAL_MONTH_DAYS, forces=self.forces, axes=_AXES,
            step_days=SIDEREAL_MONTH_DAYS / _INTERVALS, tolerance=self.tolerance, workers=self.workers,
        )  # fmt: skip
        vectors, axis = flown.eccentricity_vector, flown.semi_major_axis_km
        drift = (vectors[:, -1] - vectors[:, 0]) * (_INTERVALS / (_INTERVALS - 1.0))
        wanted = self.centre - (vectors.mean(axis=1) - vectors[:, 0])  # where the next figure has to begin
        end = start + SIDEREAL_MONTH_DAYS * SECONDS_PER_DAY
        now = vectors[:, 0] + drift
        after, later, cost = self._pair(flown.final_states, end, wanted - now, axis[:, 0] - axis[:, -1])
        return after, later, cost, flown.lowest_altitude_km.min(axis=1), flown.highest_altitude_km.max(axis=1)

    def _pair(self, x: Floats, now: float, change: Floats, axis_change: Floats) -> tuple[Floats, float, Floats]:
        """Two burns half a revolution apart: their epoch of completion, and what they cost in m/s."""
        gm = self.forces.gm("moon")
        known = np.isfinite(x).all(axis=1)
        e = orbit_elements(x[known], now, _AXES, gm)
        rate = np.sqrt(gm / e.semi_major_axis_km**3)
        place = np.arctan2(change[known, 1], change[known, 0])
        wait = ((place - np.radians(e.argp_deg + e.true_anomaly_deg)) % (2.0 * np.pi)) / rate
        size, stretch = np.hypot(*change[known].T), axis_change[known] / e.semi_major_axis_km
        first, second = now + wait, now + wait + np.pi / rate
        later = now + _MANOEUVRE_REVOLUTIONS * 2.0 * np.pi / rate.min() if known.any() else now
        y = self._fly(x[known], np.full_like(first, now), first)
        y, one = _burnt(y, 0.25 * (stretch + size))
        y, two = _burnt(self._fly(y, first, second), 0.25 * (stretch - size))
        after, cost = np.full_like(x, np.nan), np.full(len(x), np.nan)
        after[known] = self._fly(y, second, np.full_like(second, later))
        cost[known] = 1e3 * (one + two)
        return after, later, cost

    def _fly(self, x: Floats, start: Floats, end: Floats) -> Floats:
        return propagate(
            x, start, end, forces=self.forces, center="moon", tolerance=self.tolerance, workers=self.workers
        ).states  # fmt: skip


def _burnt(x: Floats, share: Floats) -> tuple[Floats, Floats]:
    """States after a burn along the motion of a share of the speed, and its size in km/s."""
    after = x.copy()
    after[:, 3:] *= 1.0 + share[:, None]
    return after, np.abs(share) * np.linalg.norm(x[:, 3:], axis=1)
