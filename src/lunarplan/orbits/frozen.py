"""Low orbits whose perilune stays: from the averaged zonal field, then in the full field with Earth and Sun.

    frozen_inclinations(100.0)                       # 27.6, 49.3, 76.4, 84.6 deg and their like: circular ones
    frozen_eccentricity(100.0, [84.0, 86.0, 88.0])   # the averaged answer
    frozen_orbits(100.0, 86.0, 30.0, "2027-01-01")   # the real field's

In the real field the eccentricity vector describes a loop each month, as the Moon turns under the orbit, and the whole
loop drifts. A frozen orbit is one whose loop does not: the mean over the second month is that of the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.epochs import one_epoch
from lunarplan.model.forces import ForceModel
from lunarplan.model.gravity_field import GravityField
from lunarplan.model.rows import full_rows, scalar
from lunarplan.orbits.averaged import perilune_rates
from lunarplan.orbits.history import DEGREE, TOLERANCE, OrbitHistory, orbit_history
from lunarplan.orbits.lunar_axes import orbit_states

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

SIDEREAL_MONTH_DAYS = 27.321662  # the Moon turns once
_SCAN = 81  # eccentricities tried
_LARGEST = 0.5
_HALVINGS = 40
_INCLINATIONS_DEG = (0.5, 179.5)  # on the equator there is no perilune to be counted from the node
_SPREAD = (3e-3, 5e-4)  # of the eccentricity vectors flown about a guess: in the first round, later
_ROUNDS = 6
_DRIFT = 2e-5  # a month: 40 m of perilune
_LARGEST_STEP = 0.03


class FrozenStatus(IntEnum):
    """What became of a row."""

    OK = 0
    NO_FROZEN_ORBIT = 1
    NOT_CONVERGED = 2
    CRASHED = 3


_REASONS = {
    FrozenStatus.OK: "ok",
    FrozenStatus.NO_FROZEN_ORBIT: "no frozen orbit above the lowest altitude at this inclination",
    FrozenStatus.NOT_CONVERGED: "the drift of the eccentricity vector could not be brought to nought",
    FrozenStatus.CRASHED: "the orbit hit the Moon within two months",
}


@dataclass(frozen=True)
class FrozenSeeds:
    """Frozen orbits of the averaged field; NaN where not ``ok``.

    eccentricity : float64[...]
    argp_deg     : 90 (perilune in the north) or 270
    status       : int8[...], a `FrozenStatus`
    """

    eccentricity: Floats
    argp_deg: Floats
    status: NDArray[np.int8]

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == 0)

    def reason(self, index: int | tuple[int, ...] = ()) -> str:
        return _REASONS[FrozenStatus(int(self.status[index]))]


def frozen_eccentricity(
    mean_altitude_km: ArrayLike,
    inclination_deg: ArrayLike,
    *,
    degree: int = DEGREE,
    field: GravityField | None = None,
    lowest_altitude_km: float = 0.0,
) -> FrozenSeeds:
    """Return the smallest eccentricity at which the averaged zonal field and the Earth leave perilune where it is.

    mean_altitude_km : of the semi-major axis over 1737.4 km
    degree           : highest zonal harmonic

    Frozen perilunes stand over the northernmost or southernmost point of the orbit: argp 90 or 270 deg. Raises
    InputError for arguments out of range.
    """
    (altitude, inclination), shape = full_rows(altitude=(mean_altitude_km, 1), inclination=(inclination_deg, 1))
    field, a, i = checked_orbits(altitude, inclination, degree, field)
    scalar("lowest_altitude_km", lowest_altitude_km, 0.0, 20_000.0, "km")
    top = np.clip(1.0 - (RADIUS_KM["moon"] + lowest_altitude_km) / a, 0.0, _LARGEST)
    h = _root_nearest_zero(top, lambda trial, row: _drive(a[row], trial, i[row], field, degree), len(a))
    status = np.where(np.isfinite(h), FrozenStatus.OK, FrozenStatus.NO_FROZEN_ORBIT).astype(np.int8)
    argp = np.where(np.isfinite(h), np.where(h >= 0.0, 90.0, 270.0), np.nan)
    return FrozenSeeds(np.abs(h).reshape(shape), argp.reshape(shape), status.reshape(shape))


def frozen_inclinations(mean_altitude_km: float, *, degree: int = DEGREE, field: GravityField | None = None) -> Floats:
    """Return the inclinations (deg, ascending) at which a circular orbit stays circular in the averaged zonal field.

    There the odd zonal harmonics, which push a circular orbit out of round, cancel.
    """
    i = np.radians(np.arange(_INCLINATIONS_DEG[0], _INCLINATIONS_DEG[1], 0.1))
    field, a, _ = checked_orbits(np.full(len(i), mean_altitude_km, float), np.degrees(i), degree, field)
    push = _drive(a, np.zeros(len(i)), i, field, degree)
    at = np.flatnonzero(push[:-1] * push[1:] < 0.0)
    share = push[at] / (push[at] - push[at + 1])
    return np.asarray(np.degrees(i[at] + share * (i[at + 1] - i[at])))


def checked_orbits(
    altitude: Floats, inclination: Floats, degree: int, field: GravityField | None
) -> tuple[GravityField, Floats, Floats]:
    """Field, semi-major axes in km, inclinations in radians; raises InputError for what is out of range."""
    field = GravityField.packaged_moon() if field is None else field
    if not isinstance(field, GravityField):
        raise InputError(f"a {type(field).__name__}", where="field", allowed="a GravityField, or None for the Moon's")
    if not (isinstance(degree, int | np.integer) and 2 <= degree <= field.degree):
        raise InputError(f"{degree!r}", where="degree", allowed=f"2 to {field.degree}")
    if not ((altitude > 0.0) & (altitude < 20_000.0)).all():
        raise InputError("out of range", where="mean_altitude_km", allowed="0 to 20000 km")
    low, high = _INCLINATIONS_DEG
    if not ((inclination >= low) & (inclination <= high)).all():
        raise InputError("out of range", where="inclination_deg", allowed=f"{low:g} to {high:g} deg")
    return field, RADIUS_KM["moon"] + altitude, np.radians(inclination)


def _drive(a: Floats, h: Floats, i: Floats, field: GravityField, degree: int) -> Floats:
    """Rate of e cos(argp) on the axis where it has to vanish, 1/s; the other rate is nought there by symmetry."""
    return perilune_rates(a, np.zeros_like(h), h, i, field, degree)[0]


def _root_nearest_zero(top: Floats, drive: Any, n: int) -> Floats:
    """Root of drive(h, row) nearest to zero within [-top, top], by a scan and halving; NaN where there is none."""
    trial = top[:, None] * np.linspace(-1.0, 1.0, _SCAN)
    row = np.repeat(np.arange(n), _SCAN).reshape(n, _SCAN)
    value = drive(trial, row)
    crosses = value[:, :-1] * value[:, 1:] <= 0.0
    middle = np.where(crosses, np.abs(trial[:, :-1] + trial[:, 1:]), np.inf)
    found = crosses.any(axis=1) & (top > 0.0)
    who = np.flatnonzero(found)
    at = middle[who].argmin(axis=1) if len(who) else np.empty(0, np.intp)
    low, high, sign = trial[who, at], trial[who, at + 1], np.sign(value[who, at])
    for _ in range(_HALVINGS):
        half = 0.5 * (low + high)
        same = np.sign(drive(half, who)) == sign
        low, high = np.where(same, half, low), np.where(same, high, half)
    out = np.full(n, np.nan)
    out[who] = 0.5 * (low + high)
    return out


@dataclass(frozen=True)
class FrozenOrbits:
    """Frozen orbits of the full field; NaN where not ``ok``.

    states              : float64[N, 6], km and km/s, ICRF, Moon-centred, at ``epoch_tdb``, at the ascending node
    eccentricity, argp_deg : float64[N], of the mean vector of the first month
    drift_per_month     : float64[N], length of what the mean vector moves from the first month to the second
    seeds               : the averaged orbits
    status              : int8[N], a `FrozenStatus`; `reason(i)` puts it in words
    """

    states: Floats
    epoch_tdb: float
    eccentricity: Floats
    argp_deg: Floats
    drift_per_month: Floats
    seeds: FrozenSeeds
    status: NDArray[np.int8]
    forces: ForceModel

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == 0)

    def reason(self, row: int) -> str:
        return _REASONS[FrozenStatus(int(self.status[row]))]


def frozen_orbits(
    mean_altitude_km: ArrayLike,
    inclination_deg: ArrayLike,
    node_longitude_deg: ArrayLike,
    epoch: Any,
    *,
    forces: ForceModel | None = None,
    seed_degree: int = DEGREE,
    lowest_altitude_km: float = 0.0,
    tolerance: float = TOLERANCE,
    workers: int | None = None,
) -> FrozenOrbits:
    """Correct averaged frozen orbits in the full force model until the mean eccentricity vector stays.

    mean_altitude_km   : of the osculating semi-major axis at the epoch, over 1737.4 km
    node_longitude_deg : selenographic longitude of the ascending node at the epoch
    forces             : the lunar field to degree 50 with Earth and Sun if not given

    Five orbits about each guess are flown for two months; how the mean vector moves from the first month to the second
    is linear in where it begins, and the line says where it would not move. Arguments broadcast. Raises InputError
    for arguments out of range.
    """
    (altitude, inclination, node), _ = full_rows(
        altitude=(mean_altitude_km, 1), inclination=(inclination_deg, 1), node=(node_longitude_deg, 1)
    )
    scalar("lowest_altitude_km", lowest_altitude_km, 0.0, 20_000.0, "km")
    forces = ForceModel(moon_degree=DEGREE) if forces is None else forces
    seeds = frozen_eccentricity(altitude, inclination, degree=seed_degree, lowest_altitude_km=lowest_altitude_km)
    fit = _Fit(altitude, inclination, node, one_epoch(epoch), forces, tolerance, workers)
    return fit.solved(seeds)


class _Fit:
    """Newton's method on the monthly drift of the eccentricity vector, all rows at once."""

    def __init__(
        self, altitude: Floats, inclination: Floats, node: Floats, epoch: float,
        forces: ForceModel, tolerance: float, workers: int | None,
    ) -> None:  # fmt: skip
        self.altitude, self.inclination, self.node, self.epoch = altitude, inclination, node, epoch
        self.forces, self.tolerance, self.workers = forces, tolerance, workers

    def solved(self, seeds: FrozenSeeds) -> FrozenOrbits:
        n = len(self.altitude)
        status = np.where(seeds.ok, FrozenStatus.NOT_CONVERGED, FrozenStatus.NO_FROZEN_ORBIT).astype(np.int8)
        vector = np.stack([np.zeros(n), np.where(seeds.argp_deg == 90.0, 1.0, -1.0) * seeds.eccentricity], axis=1)
        mean, drift = np.full((n, 2), np.nan), np.full(n, np.nan)
        for turn in range(_ROUNDS):
            open_ = np.flatnonzero(status == FrozenStatus.NOT_CONVERGED)
            if not len(open_):
                break
            step, mean[open_], drift[open_], crashed = self._step(open_, vector[open_], _SPREAD[min(turn, 1)])
            status[open_[crashed]] = FrozenStatus.CRASHED
            there = drift[open_] < _DRIFT
            status[open_[there]] = FrozenStatus.OK
            vector[open_[~there]] += step[~there]
        bad = status != FrozenStatus.OK
        states = np.full((n, 6), np.nan)
        good = np.flatnonzero(~bad)
        states[good] = self._states(good, vector[good])
        mean[bad], drift[bad] = np.nan, np.nan
        argp = np.degrees(np.arctan2(mean[:, 1], mean[:, 0])) % 360.0
        return FrozenOrbits(
            states, self.epoch, np.hypot(*mean.T), argp, drift, seeds, status, self.forces
        )  # fmt: skip

    def _step(self, rows: NDArray[np.intp], vector: Floats, spread: float) -> tuple[Floats, Floats, Floats, Any]:
        """Newton's step, the first month's mean vector, the drift, and who hit the Moon."""
        cross = spread * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]], float)
        flown = self._months(np.repeat(rows, 5), (vector[:, None] + cross).reshape(-1, 2))
        means = flown.eccentricity_vector.reshape(len(rows), 5, 2, 2)
        moved = means[:, :, 1] - means[:, :, 0]
        # columns: what a step of either component at the start does to the drift
        slope = np.stack([moved[:, 1] - moved[:, 2], moved[:, 3] - moved[:, 4]], axis=2) / (2.0 * spread)
        crashed = ~flown.alive.reshape(len(rows), 5).all(axis=1)
        usable = ~crashed & (np.abs(np.linalg.det(slope)) > 1e-12)
        step = np.zeros_like(vector)
        step[usable] = -np.linalg.solve(slope[usable], moved[usable, 0, :, None])[..., 0]
        length = np.linalg.norm(step, axis=1, keepdims=True)
        step *= np.minimum(1.0, _LARGEST_STEP / np.maximum(length, 1e-300))
        drift = np.where(crashed, np.inf, np.linalg.norm(moved[:, 0], axis=1))
        return step, means[:, 0, 0], drift, crashed

    def _months(self, rows: NDArray[np.intp], vector: Floats) -> OrbitHistory:
        return orbit_history(
            self._states(rows, vector), self.epoch, 2.0 * SIDEREAL_MONTH_DAYS, forces=self.forces,
            step_days=SIDEREAL_MONTH_DAYS, tolerance=self.tolerance, workers=self.workers,
        )  # fmt: skip

    def _states(self, rows: NDArray[np.intp], vector: Floats) -> Floats:
        a = RADIUS_KM["moon"] + self.altitude[rows]
        e, argp = np.hypot(*vector.T), np.degrees(np.arctan2(vector[:, 1], vector[:, 0]))
        low, high = (a * (1.0 + s * e) - RADIUS_KM["moon"] for s in (-1.0, 1.0))
        return orbit_states(
            low, high, self.inclination[rows], self.node[rows], argp, self.epoch, true_anomaly_deg=-argp
        )  # fmt: skip
