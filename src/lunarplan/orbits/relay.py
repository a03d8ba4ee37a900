"""Elliptical frozen orbits of relays: apolune stays over a pole while the Earth pulls.

    kozai_inclination_deg(200.0, 16000.0)                       # 62.5 deg
    frozen_relays(400.0, 15800.0, 0.0, "2024-04-02", years=8.0)  # the real field's, for eight years

Averaged over the Earth's motion, perilune and eccentricity stay where e^2 + 5/3 cos^2 i = 1 and the argument of
perilune is 90 or 270 deg, counted in the plane of the Earth's orbit about the Moon. In the real sky the Earth makes the
eccentricity swing twice a month, its distance and the tilt of the lunar equator make it swing over months and years;
corrected orbits keep what is left of the slow swing as small as it gets.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.elements import Elements
from lunarplan.model.epochs import one_epoch
from lunarplan.model.forces import ForceModel
from lunarplan.model.propagation import check_options
from lunarplan.model.rows import full_rows, scalar
from lunarplan.orbits.averaged import EARTH_DISTANCE_KM
from lunarplan.orbits.frozen import SIDEREAL_MONTH_DAYS
from lunarplan.orbits.history import TOLERANCE, OrbitHistory, orbit_history
from lunarplan.orbits.lunar_axes import states_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

AXES = "earth_orbit"
DEGREE = 20  # of the lunar field: perilunes are short, and 200 km and more above the ground
YEAR_DAYS = 365.25
_SAMPLES = 256  # of a month
# Of eccentricity, inclination and argument of perilune (deg): changes tried, which should live if the guess does;
# the largest step; and the step with which a row has settled.
_TRIALS = np.array([-5e-4, 0.05, 0.1])
_LARGEST = np.array([0.01, 1.0, 1.5])
_SETTLED = np.array([2e-4, 0.02, 0.03])
_ROUNDS = 8
_ROUNDEST = 0.02  # what is rounder has no perilune to speak of
_ROUNDER = 4e-3  # in eccentricity, when a guess does not live for two months
_LENGTH_COUNTS = 10.0  # as much as the stray: the shape is asked for, the stray is what is left


class RelayStatus(IntEnum):
    """What became of a row."""

    OK = 0
    NOT_CONVERGED = 1
    BELOW_SURFACE = 2


_REASONS = {
    RelayStatus.OK: "ok",
    RelayStatus.NOT_CONVERGED: "the swing of the eccentricity vector did not settle",
    RelayStatus.BELOW_SURFACE: "perilune swings into the Moon: raise the mean perilune, or ask for fewer years",
}


def kozai_inclination_deg(
    perilune_altitude_km: ArrayLike, apolune_altitude_km: ArrayLike, *, oblate: bool = False
) -> Floats:
    """Return the frozen inclination of the averaged motion, deg in the plane of the Earth's orbit, below 90.

    oblate : with the Moon's J2, as if its equator lay in that plane (it is tilted by 6.7 deg)

    Raises InputError for altitudes that make no ellipse above the surface.

    Source: Kozai (1962), AJ 67, 591, with the mean quadrupole of the Earth; for the Moon Ely (2005), J. Astronaut.
    Sci. 53, 301.
    """
    (low, high), shape = full_rows(low=(perilune_altitude_km, 1), high=(apolune_altitude_km, 1))
    a, e = _ellipse(low, high)
    eta2 = 1.0 - e * e
    cosine2 = 0.6 * eta2
    if oblate:
        # argument of perilune at 90 deg: 3/8 (n'^2 / n) / eta (10 c^2 - 6 eta^2) + 3/4 n J2 (R / p)^2 (5 c^2 - 1) = 0
        forces = ForceModel()
        field = forces.lunar_field
        n2 = field.gm_km3_s2 / a**3
        earth = 0.375 * forces.gm("earth") / EARTH_DISTANCE_KM**3 / (n2 * np.sqrt(eta2))
        bulge = -0.75 * np.sqrt(5.0) * field.c[2, 0] * (field.radius_km / (a * eta2)) ** 2
        cosine2 = (6.0 * eta2 * earth + bulge) / (10.0 * earth + 5.0 * bulge)
    return np.degrees(np.arccos(np.sqrt(cosine2))).reshape(shape)


def _ellipse(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Semi-major axis and eccentricity by altitudes."""
    if not ((low > 0.0) & (high > low) & (high < 30_000.0)).all():
        allowed = "0 < perilune < apolune < 30000 km"
        raise InputError("these altitudes make no relay orbit", where="perilune_altitude_km", allowed=allowed)
    a = RADIUS_KM["moon"] + 0.5 * (low + high)
    return a, 0.5 * (high - low) / a


@dataclass(frozen=True)
class FrozenRelays:
    """Elliptical frozen orbits in the full model.

    states         : float64[N, 6], km and km/s, ICRF, Moon-centred, at apolune, at ``epoch_tdb``; NaN if not ``ok``
    averaged_inclination_deg : float64[N], by `kozai_inclination_deg` for the mean apsides asked for
    inclination_deg, eccentricity, argp_deg : float64[N], means over the years in the plane of the Earth's orbit
    swing          : float64[N], root mean square of what the monthly mean eccentricity vector strays
    history        : of the rows, by months, in those axes
    status         : int8[N], a `RelayStatus`; `reason(i)` puts it in words

    An orbit that swings below the surface has its means and its history all the same, flown through the ground: they
    tell by how much, `lowest_altitude_km`. One that did not settle has none.
    """

    states: Floats
    epoch_tdb: float
    averaged_inclination_deg: Floats
    inclination_deg: Floats
    eccentricity: Floats
    argp_deg: Floats
    swing: Floats
    history: OrbitHistory
    status: NDArray[np.int8]

    @property
    def ok(self) -> NDArray[np.bool_]:
        return np.asarray(self.status == 0)

    @property
    def lowest_altitude_km(self) -> Floats:
        """Of the whole flight, float64[N]."""
        return np.asarray(np.nanmin(self.history.lowest_altitude_km, axis=1, initial=np.inf))

    def reason(self, row: int) -> str:
        return _REASONS[RelayStatus(int(self.status[row]))]


def frozen_relays(
    perilune_altitude_km: ArrayLike,
    apolune_altitude_km: ArrayLike,
    node_deg: ArrayLike,
    epoch: Any,
    *,
    years: float = 8.0,
    apolune_south: bool = True,
    retrograde: bool = False,
    forces: ForceModel | None = None,
    tolerance: float = TOLERANCE,
    workers: int | None = None,
) -> FrozenRelays:
    """Find elliptical orbits whose mean eccentricity vector stays for years, in the full force model.

    perilune_altitude_km, apolune_altitude_km : of the mean ellipse over the years; the swing twice a month takes
        perilune up to 100 km below it at 16000 km of apolune
    node_deg : of the first orbit, in the plane of the Earth's orbit (`lunar_axes`)
    forces   : the lunar field to degree 20 with Earth and Sun if not given

    Gauss-Newton on eccentricity, inclination and argument of perilune at the start: the monthly means shall be one and
    the same vector, of the length asked for. Spans grow from a year to all of them. Arguments broadcast. Raises
    InputError for arguments out of range and epochs outside the ephemeris.
    """
    (low, high, node), _ = full_rows(low=(perilune_altitude_km, 1), high=(apolune_altitude_km, 1), node=(node_deg, 1))
    a, e = _ellipse(low, high)
    if not np.isfinite(node).all():
        raise InputError("not finite", where="node_deg", allowed="deg")
    if not (e >= _ROUNDEST).all():
        raise InputError(
            f"an eccentricity of {e.min():.2g}", where="apolune_altitude_km", allowed=f"{_ROUNDEST} or more"
        )
    scalar("years", years, 0.25, 30.0)
    forces = ForceModel(moon_degree=DEGREE) if forces is None else forces
    check_options(forces, "moon", tolerance, workers)
    averaged, start = (kozai_inclination_deg(low, high, oblate=oblate) for oblate in (False, True))
    if retrograde:
        averaged, start = 180.0 - averaged, 180.0 - start
    fit = _Fit(a, e, node, one_epoch(epoch), forces, tolerance, workers)
    return fit.solved(start, 90.0 if apolune_south else 270.0, years * YEAR_DAYS, averaged)


class _Fit:
    """A batch of orbits being corrected."""

    def __init__(
        self, a: Floats, e: Floats, node: Floats, epoch: float,
        forces: ForceModel, tolerance: float, workers: int | None,
    ) -> None:  # fmt: skip
        self.a, self.e, self.node, self.epoch = a, e, node, epoch
        self.forces, self.tolerance, self.workers = forces, tolerance, workers

    def solved(self, inclination: Floats, argp: float, span_days: float, averaged: Floats) -> FrozenRelays:
        guess = np.stack([self.e, inclination, np.full_like(self.e, argp)], axis=1)
        settled = np.zeros(len(guess), bool)
        for turn in range(_ROUNDS):
            days = min(YEAR_DAYS * 2.0**turn, span_days)
            open_ = np.flatnonzero(~settled)
            if not len(open_):
                break
            step = self._step(open_, guess[open_], days)
            guess[open_] += step
            if days >= span_days:
                settled[open_] = (np.abs(step) <= _SETTLED).all(axis=1)
        return self._flown(guess, settled, span_days, averaged)

    def _flown(self, guess: Floats, settled: Any, span_days: float, averaged: Floats) -> FrozenRelays:
        states = self._states(np.arange(len(guess)), guess)
        flown = self._history(states, span_days)
        status = np.where(settled, RelayStatus.OK, RelayStatus.NOT_CONVERGED).astype(np.int8)
        status[settled & (flown.lowest_altitude_km < 0.0).any(axis=1)] = RelayStatus.BELOW_SURFACE
        vector = flown.eccentricity_vector.mean(axis=1)
        stray = flown.eccentricity_vector - vector[:, None]
        argp = np.degrees(np.arctan2(vector[:, 1], vector[:, 0])) % 360.0
        swing = np.sqrt((stray**2).sum(axis=2).mean(axis=1))
        columns = flown.inclination_deg.mean(axis=1), np.hypot(*vector.T), argp, swing
        inclination, e, argp, swing = (np.where(settled, column, np.nan) for column in columns)
        states = np.where((status == RelayStatus.OK)[:, None], states, np.nan)
        return FrozenRelays(states, self.epoch, averaged, inclination, e, argp, swing, flown, status)

    def _step(self, rows: NDArray[np.intp], guess: Floats, days: float) -> Floats:
        trials = np.vstack([np.zeros(3), np.diag(_TRIALS)])
        every = (guess[:, None] + trials).reshape(-1, 3)
        flown = self._history(self._states(np.repeat(rows, 4), every), days)
        vectors = flown.eccentricity_vector.reshape(len(rows), 4, -1, 2)
        return np.array([_newton(v, e) for v, e in zip(vectors, self.e[rows], strict=True)])

    def _history(self, states: Floats, days: float) -> OrbitHistory:
        return orbit_history(
            states, self.epoch, days, forces=self.forces, axes=AXES, step_days=SIDEREAL_MONTH_DAYS,
            stop_at_impact=False, tolerance=self.tolerance, workers=self.workers,
        )  # fmt: skip

    def _states(self, rows: NDArray[np.intp], guess: Floats) -> Floats:
        """Osculating states at apolune of orbits whose means over the first month are the guess."""
        e, inclination, argp = guess.T
        elements = Elements.from_axis(self.a[rows], e, inclination, self.node[rows], argp, 0.0, self.forces.gm("moon"))
        x = states_of(elements, self.epoch, AXES)
        toward, momentum = _unit(x[:, :3]), _unit(np.cross(x[:, :3], x[:, 3:]))
        vector, shape = e[:, None] * toward, np.sqrt(1.0 - e * e)[:, None] * momentum
        change, turn = self._osculating(self.a[rows], vector, shape)
        return _at_apolune(self.a[rows], vector + change, shape + turn, self.forces.gm("moon"))

    def _osculating(self, a: Floats, e: Floats, j: Floats) -> tuple[Floats, Floats]:
        """What the two vectors are at the start beyond their mean over a month, to first order."""
        month = SIDEREAL_MONTH_DAYS * SECONDS_PER_DAY
        t = self.epoch + np.arange(_SAMPLES + 1) * (month / _SAMPLES)
        earth = self.forces.source.position("earth", "moon", t)
        rates = earth_rates(a[:, None, None], e[:, None], j[:, None], earth, self.forces)
        offsets = []
        for rate in rates:
            beyond = rate - rate[:, :-1].mean(axis=1, keepdims=True)
            path = np.cumsum(0.5 * (beyond[:, 1:] + beyond[:, :-1]), axis=1) * (month / _SAMPLES)
            offsets.append(-path.mean(axis=1))
        return offsets[0], offsets[1]


def earth_rates(a: Floats, e: Floats, j: Floats, earth_km: Floats, forces: ForceModel) -> tuple[Floats, Floats]:
    """Rates of the eccentricity vector and of the angular momentum, 1/s, by the Earth's quadrupole over a revolution.

    a        : semi-major axis, km, (..., 1)
    e, j     : eccentricity vector, and unit normal times sqrt(1 - e^2), (..., 3)
    earth_km : from the Moon to the Earth, (..., 3)

    Source: Milankovitch's elements as in Tremaine, Touma and Namouni (2009), AJ 137, 3706, eqs. (8)-(10), (13).
    """
    distance = np.linalg.norm(earth_km, axis=-1, keepdims=True)
    u = earth_km / distance
    size = 0.75 * forces.gm("earth") * a * a / distance**3 / np.sqrt(forces.gm("moon") * a)
    by_e = 10.0 * (e * u).sum(axis=-1, keepdims=True) * u - 4.0 * e
    by_j = -2.0 * (j * u).sum(axis=-1, keepdims=True) * u
    return size * (np.cross(j, by_e) + np.cross(e, by_j)), size * (np.cross(j, by_j) + np.cross(e, by_e))


def _newton(vectors: Floats, eccentricity: float) -> Floats:
    """Step towards monthly vectors that are one and the same, of a given length; float64[4, months, 2] are known."""
    known = vectors[:, np.isfinite(vectors).all(axis=(0, 2))]
    months = known.shape[1]
    if months < 2:  # some trial did not live for two months: begin rounder
        return np.array([-_ROUNDER, 0.0, 0.0])
    stray = (known - known.mean(axis=1, keepdims=True)).reshape(4, -1) / np.sqrt(months)
    length = np.linalg.norm(known, axis=2).mean(axis=1) - eccentricity
    residual = np.concatenate([stray, _LENGTH_COUNTS * length[:, None]], axis=1)
    slope = (residual[1:] - residual[0]) / _TRIALS[:, None]
    step = np.linalg.lstsq(slope.T, -residual[0], rcond=None)[0]
    return np.asarray(np.clip(step, -_LARGEST, _LARGEST))


def _at_apolune(a: Floats, e: Floats, j: Floats, gm: float) -> Floats:
    """States at apolune of orbits by their two vectors; the normal is put at right angles to the first."""
    size = np.linalg.norm(e, axis=1, keepdims=True)
    toward = e / size
    normal = _unit(j - (j * toward).sum(axis=1, keepdims=True) * toward)
    speed = np.sqrt(gm / a[:, None] * (1.0 - size) / (1.0 + size))
    return np.concatenate([-a[:, None] * (1.0 + size) * toward, -speed * np.cross(normal, toward)], axis=1)


def _unit(vector: Floats) -> Floats:
    return np.asarray(vector / np.linalg.norm(vector, axis=-1, keepdims=True))
