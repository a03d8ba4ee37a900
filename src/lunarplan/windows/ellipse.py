"""Injection from an elliptical parking orbit, whose perigee lies where the launch has put it.

A circular parking orbit lets the injection be made wherever the Moon asks for it. A launcher that goes into an ellipse
has its best place near the perigee, at a fixed arc behind the pad; the farther from there the transfer leaves, the more
the injection costs. That alone opens and closes days in the rhythm of the Moon's declination.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM
from lunarplan.model.rows import scalar
from lunarplan.windows import burns
from lunarplan.windows.constraint import Constraint, Within

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.transfers.to_moon.direct import Transfers

    Floats = NDArray[np.float64]

_STEP_RAD = math.radians(1.0)


def tli_from_ellipse(
    at_most_m_s: float,
    *,
    perigee_altitude_km: float,
    apogee_altitude_km: float,
    perigee_arc_deg: float,
    source: str = "set by the user",
) -> Constraint:
    """The injection burn costs no more than this from an ellipse in the plane of the transfer's circular parking orbit.

    perigee_arc_deg : the arc from parking-orbit insertion to the ellipse's perigee, 0 to 360, the same at every launch

    The transfer keeps its energy and the direction of its perigee; its perigee radius is free, and the impulse is made
    where it is least. From lift-off to injection it takes as long as in the circular orbit, some 20 min less than in an
    ellipse of 185 x 1806 km: the Moon moves by a sixth of a degree. J2 turns the ellipse by 0.3 deg a revolution, which
    is left out, as are losses of a long burn.

    Evaluating it raises InputError for transfers that were solved without a launch site.
    """
    where = "tli_from_ellipse"
    limit = scalar(f"{where}.at_most_m_s", at_most_m_s, 0.0, 1e5, "m/s")
    near = scalar(f"{where}.perigee_altitude_km", perigee_altitude_km, 100.0, 1e5, "km")
    far = scalar(f"{where}.apogee_altitude_km", apogee_altitude_km, 100.0, 1e5, "km")
    arc = scalar(f"{where}.perigee_arc_deg", perigee_arc_deg, 0.0, 360.0, "deg")
    if far < near:
        raise InputError(f"perigee at {near:g} km and apogee at {far:g} km", where=where, remedy="swap the two")
    value = TurnedInjection(RADIUS_KM["earth"] + near, RADIUS_KM["earth"] + far, math.radians(arc))
    return Constraint("TLI from the ellipse", "m/s", Within(value, at_most=limit), 50.0, source)


@dataclass(frozen=True)
class TurnedInjection:
    """Least impulse from the ellipse into the transfer, m/s; radii in km, the arc from insertion in rad."""

    perigee_km: float
    apogee_km: float
    perigee_arc: float

    def __call__(self, transfers: Transfers) -> Floats:
        gm = transfers.forces.gm("earth")
        impulse = least_impulse_km_s(
            gm, transfers.c3_km2_s2, self.perigee_km, self.apogee_km, turned_rad(transfers) - self.perigee_arc
        )
        return 1e3 * impulse


def turned_rad(transfers: Transfers) -> Floats:
    """Arc coasted from parking-orbit insertion to the injection, which is the transfer's perigee."""
    return np.asarray(
        burns.coast_s(transfers) * np.sqrt(transfers.forces.gm("earth") / transfers.problem.parking_radius_km**3)
    )


def least_impulse_km_s(gm: float, c3_km2_s2: Floats, perigee_km: float, apogee_km: float, turned: Floats) -> Floats:
    """Least impulse from an ellipse into orbits of given energy whose perigees are turned by some angle, float64[N].

    All in one plane. Where the ellipse is left at radius r, r = p / (1 + e cos n) and e^2 = 1 + C3 p / GM leave one e.
    """
    place = np.arange(-math.pi, math.pi - 0.5 * _STEP_RAD, _STEP_RAD)
    eccentricity = (apogee_km - perigee_km) / (apogee_km + perigee_km)
    parameter = perigee_km * (1.0 + eccentricity)
    r = parameter / (1.0 + eccentricity * np.cos(place))
    before = _velocity(gm, r, parameter, -2.0 * gm / (perigee_km + apogee_km), place)
    anomaly = place - turned[:, np.newaxis]
    c3 = c3_km2_s2[:, np.newaxis]
    k, cosine = c3 * r / gm, np.cos(anomaly)
    e = 0.5 * (k * cosine + np.sqrt((k * cosine) ** 2 + 4.0 * (1.0 + k)))
    after = _velocity(gm, r, r * (1.0 + e * cosine), c3, anomaly)
    return _lowest(np.hypot(after[0] - before[0], after[1] - before[1]))


def _velocity(gm: float, r: Floats, parameter: Floats | float, c3: Floats | float, anomaly: Floats) -> tuple[Any, Any]:
    """Velocity along and across the radius, km/s; a parameter of 0 is a fall through the Earth's centre."""
    across = np.sqrt(gm * np.maximum(parameter, 0.0)) / r
    along = np.sqrt(np.maximum(c3 + 2.0 * gm / r - across**2, 0.0))
    return np.copysign(along, np.sin(anomaly)), across


def _lowest(values: Floats) -> Floats:
    """Minimum of every row, which goes round in a circle: by a parabola through the least sample and its neighbours."""
    rows, least = np.arange(len(values)), np.argmin(values, axis=1)
    at, before = values[rows, least], values[rows, least - 1]
    after = values[rows, (least + 1) % values.shape[1]]
    return np.asarray(at - (after - before) ** 2 / (8.0 * np.maximum(before - 2.0 * at + after, 1e-300)))
