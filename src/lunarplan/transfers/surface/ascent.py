"""From the ground to a low orbit: a short rise straight up, then one burn steered for the least propellant.

    up = powered_ascent(thrust_n=15_570.0, isp_s=309.1, mass_kg=4_888.0)
    up.delta_v_m_s, up.inserted_mass_kg

The burn ends at the periapsis of the orbit asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM, STANDARD_GRAVITY_M_S2
from lunarplan.model.rows import batch_within
from lunarplan.transfers.solved import Solved
from lunarplan.transfers.surface.powered import PoweredArcs, PoweredProblem

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from lunarplan.transfers.targeter import Targeted

    Floats = NDArray[np.float64]

_GM, _R = GM_KM3_S2["moon"], RADIUS_KM["moon"]


@dataclass(frozen=True, repr=False)
class Ascents(Solved):
    """Ascents, float64[N] each; NaN where there is no solution.

    delta_v_m_s      : of the rocket equation, from lift-off to insertion
    gravity_loss_m_s : that less the change of speed itself
    duration_s, downrange_km : from lift-off to insertion, over the ground of a Moon at rest
    inserted_mass_kg : after it
    steered          : the arcs after the rise, for their ``path``
    """

    delta_v_m_s: Floats
    gravity_loss_m_s: Floats
    duration_s: Floats
    downrange_km: Floats
    inserted_mass_kg: Floats
    steered: PoweredArcs

    @property
    def solution(self) -> Targeted:
        return self.steered.solution


def powered_ascent(
    thrust_n: ArrayLike,
    isp_s: ArrayLike,
    mass_kg: ArrayLike,
    *,
    periapsis_altitude_km: ArrayLike = 18.0,
    apoapsis_altitude_km: ArrayLike = 85.0,
    site_altitude_km: ArrayLike = 0.0,
    ground_speed_m_s: ArrayLike = 0.0,
    vertical_rise_s: ArrayLike = 10.0,
) -> Ascents:
    """Solve ascents that are inserted at the periapsis of an orbit.

    thrust_n, isp_s, mass_kg : thrust, specific impulse, mass at lift-off
    site_altitude_km, ground_speed_m_s : of the ground, as for `powered_descent`

    Raises InputError for values out of range, NaN, shapes that do not go together, and a thrust below the weight.
    """
    thrust, isp, mass, low, high, site, ground, rise_s = batch_within(
        "powered_ascent",
        thrust_n=(thrust_n, 1.0, 100000000.0, "N"),
        isp_s=(isp_s, 50.0, 2000.0, "s"),
        mass_kg=(mass_kg, 1.0, 10000000.0, "kg"),
        periapsis_altitude_km=(periapsis_altitude_km, 1.0, 500.0, "km"),
        apoapsis_altitude_km=(apoapsis_altitude_km, 1.0, 20000.0, "km"),
        site_altitude_km=(site_altitude_km, -10.0, 12.0, "km"),
        ground_speed_m_s=(ground_speed_m_s, -5.0, 5.0, "m/s"),
        vertical_rise_s=(vertical_rise_s, 0.0, 60.0, "s"),
    )
    weight = mass * 1e3 * _GM / (_R + site) ** 2
    if (thrust <= weight).any():
        bad = np.flatnonzero(thrust <= weight)[0]
        raise InputError(
            f"{thrust[bad]:g} N", where="thrust_n", allowed=f"over the weight on the Moon, {weight[bad]:.0f} N"
        )
    if not (high >= low).all():
        raise InputError("below the periapsis", where="apoapsis_altitude_km", allowed="at least the periapsis")
    height, climb, left = _risen(thrust, isp, mass, weight / mass, rise_s)
    speed = np.sqrt(2.0 * _GM * (_R + high) / ((_R + low) * (2.0 * _R + low + high)))
    exhaust = 1e-3 * isp * STANDARD_GRAVITY_M_S2
    steered = PoweredProblem(
        _GM, _R + site + 1e-3 * height, 1e-3 * climb, 1e-3 * ground, _R + low, np.zeros_like(speed), speed,
        1e-3 * thrust / left, exhaust, 1.0,
    ).solve()  # fmt: skip
    inserted = left * (1.0 - steered.propellant_fraction)
    delta_v = 1e3 * exhaust * np.log(mass / inserted)
    return Ascents(
        delta_v, delta_v - np.abs(1e3 * speed - ground), rise_s + steered.burn_s, steered.angle_rad * (_R + site),
        inserted, steered,
    )  # fmt: skip


def _risen(thrust: Floats, isp: Floats, mass: Floats, weight: Floats, rise_s: Floats) -> tuple[Floats, Floats, Floats]:
    """Height, climb and mass after rising straight up, m, m/s and kg, at one and the same weight per mass."""
    exhaust = isp * STANDARD_GRAVITY_M_S2
    left = mass - thrust / exhaust * rise_s
    ratio = np.log(mass / left)
    climb = exhaust * ratio - weight * rise_s
    height = exhaust * (rise_s - left * exhaust / thrust * ratio) - 0.5 * weight * rise_s**2
    return height, climb, left
