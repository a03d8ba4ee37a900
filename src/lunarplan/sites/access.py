"""When a low lunar orbit passes over a site, how far aside, in what light, and what it costs not to wait.

The plane of the orbit stands almost still among the stars while the Moon turns below it once in 27.3 days: a site comes
into the plane twice a turn, unless its latitude is above the inclination.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import GM_KM3_S2, RADIUS_KM
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import utc_iso
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import rotation
from lunarplan.model.rows import require_kind, scalar
from lunarplan.model.surface import Place, sky
from lunarplan.transfers.surface.landing import Landings, land_from
from lunarplan.transfers.surface.stage import Stage

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_GM_KM3_S2 = GM_KM3_S2["moon"]
_J2 = 2.0330e-4  # GRGM900C, -sqrt(5) C20
_STEP_S = 7200.0  # the plane and the site move by 1.1 deg against one another
_REFINEMENTS = 60  # halvings: below a millisecond
_LOWEST_KM, _HIGHEST_KM = 10.0, 10_000.0


@dataclass(frozen=True)
class LowOrbit:
    """A circular orbit about the Moon, its plane at one epoch.

    inclination_deg : to the Moon's equator, 0 to 180
    node_deg        : longitude on the Moon, mean-Earth axes, that the ascending node stands over at the start

    The plane drifts with the Moon's J2; its tesseral harmonics, left out, move a low one by some 0.2 deg a day.
    """

    altitude_km: float = 100.0
    inclination_deg: float = 90.0
    node_deg: float = 0.0

    def __post_init__(self) -> None:
        scalar("LowOrbit.altitude_km", self.altitude_km, _LOWEST_KM, _HIGHEST_KM, "km")
        scalar("LowOrbit.inclination_deg", self.inclination_deg, 0.0, 180.0, "deg")
        scalar("LowOrbit.node_deg", self.node_deg, -360.0, 360.0, "deg")

    @property
    def radius_km(self) -> float:
        return RADIUS_KM["moon"] + self.altitude_km

    @property
    def speed_m_s(self) -> float:
        return 1e3 * math.sqrt(_GM_KM3_S2 / self.radius_km)

    @property
    def period_s(self) -> float:
        return math.tau * math.sqrt(self.radius_km**3 / _GM_KM3_S2)

    @property
    def node_rate_rad_s(self) -> float:
        """Drift of the node among the stars, first order in J2, circular orbit."""
        shape = (RADIUS_KM["moon"] / self.radius_km) ** 2
        return -1.5 * _J2 * math.tau / self.period_s * shape * math.cos(math.radians(self.inclination_deg))

    def plane_change_m_s(self, angle_deg: ArrayLike) -> Floats:
        """Delta-v that turns the plane by an angle, an impulse 90 deg before the site."""
        return np.asarray(2.0 * self.speed_m_s * np.sin(np.radians(np.asarray(angle_deg, float)) / 2.0))

    def normals(self, tdb: Floats, start_tdb: float, ephemeris: Ephemeris) -> Floats:
        """Unit vectors at right angles to the plane, float64[N, 3], MOON_ME of each epoch."""
        tilt, node = math.radians(self.inclination_deg), math.radians(self.node_deg)
        at_start = rotation("moon_me", np.array([start_tdb]), ephemeris)[0]
        turned = node + self.node_rate_rad_s * (tdb - start_tdb)
        in_start = np.stack(
            [math.sin(tilt) * np.sin(turned), -math.sin(tilt) * np.cos(turned), np.full_like(turned, math.cos(tilt))],
            axis=-1,
        )
        icrf = in_start @ at_start
        return np.asarray(np.einsum("nij,nj->ni", rotation("moon_me", tdb, ephemeris), icrf))


@dataclass(frozen=True)
class Passes:
    """When the plane of an orbit comes closest to a site, in order; float64[N] each.

    epochs_tdb      : of zero cross-range, or of the least where the plane does not reach the site
    cross_range_deg : angle at the Moon's centre between site and plane, 0 where it passes over it
    plane_change_m_s : to bring the plane over the site then
    sun_elevation_deg, sun_azimuth_deg : over a level horizon at the site
    normals         : of the plane then, float64[N, 3], mean-Earth axes
    longest_wait_days : from the start, between passes or to the end
    worst_plane_change_m_s : to land at any time of the span without waiting
    """

    orbit: LowOrbit
    epochs_tdb: Floats
    cross_range_deg: Floats
    plane_change_m_s: Floats
    sun_elevation_deg: Floats
    sun_azimuth_deg: Floats
    normals: Floats
    longest_wait_days: float
    worst_plane_change_m_s: float

    def landings(self, place: Place, stage: Stage, *, forces: ForceModel | None = None, **options: Any) -> Landings:
        """The landing on every pass, in the field: from a circle in the plane of that moment, nearest the place then.

        place   : the site, with its height
        options : as for `lunarplan.transfers.surface.landing.land_from`

        A pass that is too far aside is a row that failed.
        """
        forces = ForceModel() if forces is None else forces
        require_kind("place", place, Place, "a Place")
        up = place.axes.up - (self.normals @ place.axes.up)[:, None] * self.normals
        up = up / np.linalg.norm(up, axis=1, keepdims=True)
        ahead = 1e-3 * self.orbit.speed_m_s * np.cross(self.normals, up)
        turn = rotation("moon_me", self.epochs_tdb, forces.source)
        inertial = [np.einsum("nji,nj->ni", turn, fixed) for fixed in (self.orbit.radius_km * up, ahead)]
        states = np.concatenate(inertial, axis=1)
        return land_from(states, self.epochs_tdb, place, stage, revolutions_ahead=0.0, forces=forces, **options)

    def to_dict(self) -> dict[str, Any]:
        """The passes as a list for JSON."""
        columns = ("cross_range_deg", "plane_change_m_s", "sun_elevation_deg", "sun_azimuth_deg")
        return {
            "orbit": {
                "altitude_km": self.orbit.altitude_km,
                "inclination_deg": self.orbit.inclination_deg,
                "node_deg": self.orbit.node_deg,
            },
            "longest_wait_days": self.longest_wait_days,
            "worst_plane_change_m_s": self.worst_plane_change_m_s,
            "passes": [
                {"epoch_utc": utc_iso(float(epoch), 0), **{name: float(getattr(self, name)[k]) for name in columns}}
                for k, epoch in enumerate(self.epochs_tdb)
            ],
        }


def passes(
    latitude_deg: float,
    longitude_deg: float,
    start_tdb: float,
    end_tdb: float,
    orbit: LowOrbit | None = None,
    ephemeris: Ephemeris | None = None,
) -> Passes:
    """Find when the plane of an orbit passes over a site.

    start_tdb, end_tdb : TDB seconds past J2000; the node of the orbit is that of the start

    Raises InputError for a span that runs backwards, or is beyond the ephemeris.
    """
    orbit, ephemeris = orbit or LowOrbit(), ephemeris or Ephemeris.packaged()
    if not end_tdb > start_tdb:
        raise InputError("the end is not after the start", where="passes", remedy="swap them")
    place = Place(latitude_deg, longitude_deg)
    site = place.position_km / np.linalg.norm(place.position_km)

    def aside(tdb: Floats) -> Floats:
        return np.asarray(orbit.normals(tdb, start_tdb, ephemeris) @ site)

    times = np.linspace(start_tdb, end_tdb, max(3, math.ceil((end_tdb - start_tdb) / _STEP_S) + 1))
    sine = aside(times)
    over, beside = _crossings(aside, times, sine), _closest(aside, times, sine)
    epochs = np.sort(np.concatenate([over, beside]))
    cross_range = np.degrees(np.abs(np.arcsin(np.clip(aside(epochs), -1.0, 1.0)))) if len(epochs) else epochs
    cross_range = np.where(np.isin(epochs, over), 0.0, cross_range)
    sun = sky(place, "sun", epochs, ephemeris) if len(epochs) else None
    worst = float(np.degrees(np.arcsin(min(1.0, float(np.abs(sine).max())))))
    waits = np.diff(np.concatenate([[start_tdb], epochs, [end_tdb]]))
    return Passes(
        orbit,
        epochs,
        cross_range,
        orbit.plane_change_m_s(cross_range),
        sun.elevation_deg if sun else epochs,
        sun.azimuth_deg if sun else epochs,
        orbit.normals(epochs, start_tdb, ephemeris),
        float(waits.max() / 86_400.0),
        float(orbit.plane_change_m_s(worst)),
    )


def widest_cross_range_deg(latitude_deg: ArrayLike, inclination_deg: float) -> Floats:
    """The greatest angle between a place and a plane of an inclination while the Moon turns below it, deg.

    Source: the sine of that angle is sin(lat) cos(i) + cos(lat) sin(i) cos(u), u any angle.
    """
    latitude, tilt = np.abs(np.asarray(latitude_deg, float)), min(inclination_deg, 180.0 - inclination_deg)
    return np.asarray(np.minimum(latitude + tilt, 180.0 - latitude - tilt))


def _crossings(aside: Any, times: Floats, sine: Floats) -> Floats:
    """Epochs at which the site is in the plane, by halving."""
    k = np.flatnonzero((sine[:-1] < 0.0) != (sine[1:] < 0.0))
    low, high, below = times[k], times[k + 1], sine[k] < 0.0
    for _ in range(_REFINEMENTS if len(k) else 0):
        middle = 0.5 * (low + high)
        same = (aside(middle) < 0.0) == below
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return 0.5 * (low + high)


def _closest(aside: Any, times: Floats, sine: Floats) -> Floats:
    """Epochs at which the plane comes closest without reaching the site, from a parabola through three samples."""
    gap = np.abs(sine)
    k = 1 + np.flatnonzero((gap[1:-1] <= gap[:-2]) & (gap[1:-1] < gap[2:]))
    k = k[(np.sign(sine[k - 1]) == np.sign(sine[k])) & (np.sign(sine[k + 1]) == np.sign(sine[k]))]
    before, at, after = gap[k - 1], gap[k], gap[k + 1]
    shift = 0.5 * (before - after) / (before - 2.0 * at + after)
    return np.asarray(times[k] + shift * (times[1] - times[0]))
