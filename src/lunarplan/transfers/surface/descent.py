"""From a low orbit to the ground: deorbit burn, optimal braking, approach, touchdown; with what gravity costs.

    landed = powered_descent(thrust_n=45_000.0, isp_s=311.0, mass_kg=15_000.0)
    landed.delta_v_m_s, landed.gravity_loss_m_s, landed.landed_mass_kg

Braking is one burn at full throttle, steered for the least propellant. The approach, if there is one, takes a given
time with an acceleration that changes evenly, so that a crew or a camera sees the site; the last metres are flown
straight down at constant speed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.model.rows import batch_within, require_kind, scalar
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.surface.powered import PoweredArcs, PoweredProblem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lunarplan.transfers.targeter import Targeted

    Floats = NDArray[np.float64]

_GM, _R = GM_KM3_S2["moon"], RADIUS_KM["moon"]


@dataclass(frozen=True)
class Approach:
    """The phase between braking and the last metres.

    altitude_m, descent_m_s, forward_m_s : where braking ends (the high gate), over the site; both speeds positive
    duration_s : from there to the end of the approach

    Raises InputError for values out of range.
    """

    altitude_m: float
    descent_m_s: float
    forward_m_s: float
    duration_s: float

    def __post_init__(self) -> None:
        scalar("Approach.altitude_m", self.altitude_m, 1.0, 15_000.0, "m")
        scalar("Approach.descent_m_s", self.descent_m_s, 0.0, 300.0, "m/s")
        scalar("Approach.forward_m_s", self.forward_m_s, 0.0, 1_000.0, "m/s")
        scalar("Approach.duration_s", self.duration_s, 1.0, 1_000.0, "s")


@dataclass(frozen=True)
class Touchdown:
    """The last metres, straight down at constant speed.

    altitude_m, descent_m_s : where they begin, over the site, and how fast; hover_s : on top, standing still

    Raises InputError for values out of range.
    """

    altitude_m: float = 30.0
    descent_m_s: float = 1.5
    hover_s: float = 0.0

    def __post_init__(self) -> None:
        scalar("Touchdown.altitude_m", self.altitude_m, 0.0, 2_000.0, "m")
        scalar("Touchdown.descent_m_s", self.descent_m_s, 0.1, 50.0, "m/s")
        scalar("Touchdown.hover_s", self.hover_s, 0.0, 600.0, "s")

    @property
    def duration_s(self) -> float:
        return self.altitude_m / self.descent_m_s + self.hover_s


@dataclass(frozen=True, repr=False)
class Descents(Solved):
    """Descents, float64[N] each; NaN where braking has no solution.

    deorbit_m_s     : from the circular orbit of the apoapsis to the periapsis
    braking_m_s, approach_m_s, touchdown_m_s : of the rocket equation
    gravity_loss_m_s : braking, approach and touchdown less the change of speed itself
    duration_s      : from ignition to touchdown
    downrange_km    : over the ground of a Moon at rest, from ignition to touchdown
    landed_mass_kg  : after all of it
    least_throttle, most_throttle : of approach and touchdown, as fractions of full thrust; NaN where there is neither
    braking         : the arcs, for their ``path``
    """

    deorbit_m_s: Floats
    braking_m_s: Floats
    approach_m_s: Floats
    touchdown_m_s: Floats
    gravity_loss_m_s: Floats
    duration_s: Floats
    downrange_km: Floats
    landed_mass_kg: Floats
    least_throttle: Floats
    most_throttle: Floats
    braking: PoweredArcs

    @property
    def solution(self) -> Targeted:
        return self.braking.solution

    @property
    def delta_v_m_s(self) -> Floats:
        """Of powered descent: without the deorbit burn."""
        return self.braking_m_s + self.approach_m_s + self.touchdown_m_s


def powered_descent(
    thrust_n: ArrayLike,
    isp_s: ArrayLike,
    mass_kg: ArrayLike,
    *,
    periapsis_altitude_km: ArrayLike = 15.0,
    apoapsis_altitude_km: ArrayLike = 100.0,
    site_altitude_km: ArrayLike = 0.0,
    ground_speed_m_s: ArrayLike = 0.0,
    approach: Approach | None = None,
    touchdown: Touchdown | None = None,
) -> Descents:
    """Solve descents that brake from the periapsis of an orbit.

    thrust_n, isp_s, mass_kg : full thrust, specific impulse, mass at ignition (after the deorbit burn)
    site_altitude_km  : of the ground, over the mean sphere
    ground_speed_m_s  : of the ground along the flight: 4.6 times the cosine of the latitude where it leads due east
    approach, touchdown : see there; no approach and the last 30 m at 1.5 m/s, if not given

    Raises InputError for values out of range, NaN and shapes that do not go together. A row whose thrust cannot stop
    the craft before it meets the ground is NaN, with a status.
    """
    touchdown = Touchdown() if touchdown is None else touchdown
    require_kind("touchdown", touchdown, Touchdown, "a Touchdown, or None")
    if approach is not None:
        require_kind("approach", approach, Approach, "an Approach, or None")
    thrust, isp, mass, low, high, site, ground = batch_within(
        "powered_descent",
        thrust_n=(thrust_n, 1.0, 100000000.0, "N"),
        isp_s=(isp_s, 50.0, 2000.0, "s"),
        mass_kg=(mass_kg, 1.0, 10000000.0, "kg"),
        periapsis_altitude_km=(periapsis_altitude_km, 1.0, 500.0, "km"),
        apoapsis_altitude_km=(apoapsis_altitude_km, 1.0, 20000.0, "km"),
        site_altitude_km=(site_altitude_km, -10.0, 12.0, "km"),
        ground_speed_m_s=(ground_speed_m_s, -5.0, 5.0, "m/s"),
    )
    if not (high >= low).all():
        raise InputError("below the periapsis", where="apoapsis_altitude_km", allowed="at least the periapsis")
    gate = _gate(approach, touchdown)
    if not (low > site + 1e-3 * gate[0]).all():
        raise InputError(
            "braking would end higher than it begins", where="periapsis_altitude_km",
            allowed="over the site, by more than the altitude of approach or touchdown",
        )  # fmt: skip
    speed = np.sqrt(2.0 * _GM * (_R + high) / ((_R + low) * (2.0 * _R + low + high)))
    none = np.zeros_like(speed)
    braking = PoweredProblem(
        _GM, _R + low, none, speed, _R + site + 1e-3 * gate[0], none - 1e-3 * gate[1],
        1e-3 * (ground + gate[2]), 1e-3 * thrust / mass, 1e-3 * isp * STANDARD_GRAVITY_M_S2, -1.0,
    ).solve()  # fmt: skip
    return _landed(braking, approach, touchdown, thrust, isp, mass, low, high, site, ground)


def _gate(approach: Approach | None, touchdown: Touchdown) -> tuple[float, float, float]:
    """Altitude, descent and forward speed at which braking ends."""
    if approach is None:
        return touchdown.altitude_m, touchdown.descent_m_s, 0.0
    if approach.altitude_m <= touchdown.altitude_m:
        raise InputError(
            f"{approach.altitude_m:g} m", where="Approach.altitude_m", allowed=f"over {touchdown.altitude_m:g} m",
            remedy="the approach ends where the touchdown begins",
        )  # fmt: skip
    return approach.altitude_m, approach.descent_m_s, approach.forward_m_s


def _landed(
    braking: PoweredArcs, approach: Approach | None, touchdown: Touchdown, thrust: Floats, isp: Floats, mass: Floats,
    low: Floats, high: Floats, site: Floats, ground: Floats,
) -> Descents:  # fmt: skip
    exhaust = isp * STANDARD_GRAVITY_M_S2
    weight = 1e6 * _GM / (_R + site) ** 2 / 1e3  # m/s2
    speed = 1e3 * braking.problem.start_speed
    near, forward, felt = _approached(approach, touchdown, weight)
    at_gate = mass * (1.0 - braking.propellant_fraction)
    spent = near + weight * touchdown.duration_s + touchdown.descent_m_s
    after = at_gate * np.exp(-near / exhaust)
    landed = at_gate * np.exp(-spent / exhaust)
    brake = 1e3 * braking.delta_v_km_s
    last = spent - near
    first = np.sqrt(1e6 * _GM / (_R + high)) - np.sqrt(2e6 * _GM * (_R + low) / ((_R + high) * (2.0 * _R + low + high)))
    duration = braking.burn_s + (approach.duration_s if approach else 0.0) + touchdown.duration_s
    throttles = np.array([felt.min(axis=0) * after / thrust, felt.max(axis=0) * at_gate / thrust])
    hover = np.array([weight * landed / thrust, weight * after / thrust])
    return Descents(
        first, brake, np.where(braking.ok, near, np.nan), np.where(braking.ok, last, np.nan),
        brake + spent - np.abs(speed - ground), duration, braking.angle_rad * (_R + site) + 1e-3 * forward, landed,
        np.minimum(throttles[0], hover[0]), np.maximum(throttles[1], hover[1]), braking,
    )  # fmt: skip


_SAMPLES = 201


def _approached(approach: Approach | None, touchdown: Touchdown, weight: Floats) -> tuple[Floats, float, Floats]:
    """Delta-v of the approach (m/s), ground it covers (m), and thrust per mass on the way, [samples, N] (m/s2).

    The vertical acceleration changes evenly such that altitude and speed end as the touchdown wants them, the
    horizontal one stays: there is no more to be said of a site that lies where the approach ends.
    """
    if approach is None:
        return np.zeros_like(weight), 0.0, weight[None]
    t, part = approach.duration_s, np.linspace(0.0, 1.0, _SAMPLES)
    fall = approach.descent_m_s - touchdown.descent_m_s  # slowed by
    drop = approach.altitude_m - touchdown.altitude_m - 0.5 * (approach.descent_m_s + touchdown.descent_m_s) * t
    # v(t) = v0 + a t + b t2 / 2: the mean acceleration stops the fall, its slope makes up for the height
    mean, slope = fall / t, 12.0 * drop / t**2
    vertical = mean + slope * (part - 0.5)
    felt = np.hypot(vertical[:, None] + weight, approach.forward_m_s / t)
    near = t * np.trapezoid(felt, part, axis=0)
    return np.asarray(near), 0.5 * approach.forward_m_s * t, felt
