"""Where a flight comes down: so far over the ground from the entry interface, on the turning WGS 84 Earth.

The track starts below the interface in the direction of the velocity over the ground, and follows a geodesic of the
ellipsoid; what bank reversals do to either side is left to the guidance. All of it is algebra of complex numbers, so
that partials by complex steps are exact.

Source: Karney (2013), J. Geodesy 87, 43, the auxiliary sphere, to first order in the flattening (100 m in 10,000 km);
Bowring (1976), Survey Review 23, 323, for the geodetic latitude.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.model.constants import EARTH_FLATTENING, EARTH_ROTATION_RATE_RAD_S, RADIUS_KM
from lunarplan.model.rows import scalar
from lunarplan.model.stations import itrf_axes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_EQUATOR_KM = RADIUS_KM["earth"]
_POLAR_KM = _EQUATOR_KM * (1.0 - EARTH_FLATTENING)
_BULGE = 1.0 / (1.0 - EARTH_FLATTENING) ** 2 - 1.0  # the second eccentricity, squared
_STEP = 1e-30
SPHERE_KM = 6_371.0
# 1,285 nmi: Apollo as planned; Apollo 11 flew 1,497. NASA gives 1,500 nmi for direct entries, 4,800 for Orion's skip.
DIRECT_RANGE_KM, SKIP_RANGE_KM = 2_380.0, 8_890.0
PLACE_LIMITS = {
    "latitude_deg": (-89.0, 89.0, "deg"), "longitude_deg": (-180.0, 360.0, "deg"), "range_km": (500.0, 9_500.0, "km"),
}  # fmt: skip
_SPIN = np.array([0.0, 0.0, EARTH_ROTATION_RATE_RAD_S])


def place_vector(latitude_deg: ArrayLike, longitude_deg: ArrayLike) -> Floats:
    """Unit vectors [..., 3] on the auxiliary sphere of geodetic places."""
    reduced = np.arctan((1.0 - EARTH_FLATTENING) * np.tan(np.radians(np.asarray(latitude_deg, float))))
    east = np.radians(np.asarray(longitude_deg, float))
    return np.stack(
        np.broadcast_arrays(np.cos(reduced) * np.cos(east), np.cos(reduced) * np.sin(east), np.sin(reduced)), axis=-1
    )


def geodetic_deg(places: Floats) -> tuple[Floats, Floats]:
    """Geodetic latitude and longitude, deg, of unit vectors [..., 3] on the auxiliary sphere."""
    across = np.hypot(places[..., 0], places[..., 1]) * (1.0 - EARTH_FLATTENING)
    return np.degrees(np.arctan2(places[..., 2], across)), np.degrees(np.arctan2(places[..., 1], places[..., 0]))


def landings(states: Floats, tdb: Floats, range_km: Floats) -> Floats:
    """Unit vectors [N, 3] on the auxiliary sphere where flights from the interface come down; rows of NaN stay NaN.

    states : [N, 6], at the interface, Earth-centred ICRF; tdb, range_km : [N]
    """
    with np.errstate(invalid="ignore"):  # rows of NaN
        return np.asarray(_downrange(*_fixed(states, tdb)[0], np.asarray(range_km, float)).real)


def landing_partials(states: Floats, tdb: Floats, range_km: Floats) -> tuple[Floats, Floats, Floats]:
    """As `landings`, with the partials by state, [N, 3, 6], and by epoch, [N, 3]."""
    (r, v), turn = _fixed(states, tdb)
    both = np.concatenate([r, v], axis=1)
    moved = both[:, None, :] + 1j * _STEP * np.eye(6)
    with np.errstate(invalid="ignore"):
        there = _downrange(moved[..., :3], moved[..., 3:], np.asarray(range_km, float)[:, None])
    by_fixed = np.swapaxes(there.imag, 1, 2) / _STEP
    wide = np.zeros((len(turn), 6, 6))
    wide[:, :3, :3] = wide[:, 3:, 3:] = turn
    drift = -np.concatenate([np.cross(_SPIN, r), np.cross(_SPIN, v)], axis=1)  # of fixed vectors, seen from the ground
    return there[:, 0].real, by_fixed @ wide, np.einsum("nij,nj->ni", by_fixed, drift)


def place_miss(
    states: Floats, tdb: Floats, range_km: Floats, latitude_deg: Floats, longitude_deg: Floats
) -> tuple[Floats, Floats, Floats]:
    """By how much flights come down east and north of a place, km, [N, 2]; partials by state, [N, 2, 6], and epoch."""
    there = place_vector(latitude_deg, longitude_deg)
    east = np.stack([-there[:, 1], there[:, 0], np.zeros(len(there))], axis=1)
    east /= np.linalg.norm(east, axis=1, keepdims=True)
    level = SPHERE_KM * np.stack([east, np.cross(there, east)], axis=1)
    place, by_state, by_epoch = landing_partials(states, tdb, range_km)
    return (
        np.einsum("nij,nj->ni", level, place - there), level @ by_state, np.einsum("nij,nj->ni", level, by_epoch)
    )  # fmt: skip


@dataclass(frozen=True)
class SplashdownPlace:
    """A place to come down at, a given range over the ground after the entry interface.

    latitude_deg, longitude_deg : WGS 84; range_km : 500 to 9,500, see `DIRECT_RANGE_KM`
    westwards : come in against the turn of the Earth; what is looked for, not a condition

    Raises InputError for values out of range.
    """

    latitude_deg: float
    longitude_deg: float
    range_km: float = DIRECT_RANGE_KM
    westwards: bool = False

    def __post_init__(self) -> None:
        for name, (low, high, unit) in PLACE_LIMITS.items():
            scalar(name, getattr(self, name), low, high, unit)

    def miss(self, state: Floats, tdb: float) -> tuple[Floats, Floats, Floats]:
        """As `place_miss`, of one state at the interface: float64[2], [2, 6], [2]."""
        own = (np.array([x]) for x in (self.range_km, self.latitude_deg, self.longitude_deg))
        miss, by_state, by_epoch = place_miss(state[None], np.array([tdb]), *own)
        return miss[0], by_state[0], by_epoch[0]


def _fixed(states: Floats, tdb: Floats) -> tuple[tuple[Floats, Floats], Floats]:
    """Position and inertial velocity along the axes of the turning Earth, and the turn."""
    good = np.isfinite(states).all(axis=1) & np.isfinite(tdb)
    turn = np.full((len(states), 3, 3), np.nan)
    turn[good] = itrf_axes(tdb[good])
    r, v = (np.einsum("nij,nj->ni", turn, part) for part in (states[:, :3], states[:, 3:]))
    return (r, v), turn


def _downrange(r: Any, v: Any, range_km: Floats) -> Any:
    """Unit vectors on the auxiliary sphere, from positions and inertial velocities along the fixed axes."""
    place, heading = _start(r, v - np.cross(_SPIN, r))
    rise = (
        place[..., 2] ** 2 + heading[..., 2] ** 2
    )  # squared cosine of the azimuth where the geodesic meets the equator
    begun = place[..., 2] * heading[..., 2]
    arc: Any = range_km / _POLAR_KM
    for _ in range(4):
        there = _along(place, heading, arc)
        ended = there[0][..., 2] * there[1][..., 2]
        arc = (range_km / _POLAR_KM + 0.25 * _BULGE * (ended - begun)) / (1.0 + 0.25 * _BULGE * rise)
    eastwards = place[..., 0] * heading[..., 1] - place[..., 1] * heading[..., 0]
    back = -EARTH_FLATTENING * eastwards * arc
    x, y, z = np.moveaxis(_along(place, heading, arc)[0], -1, 0)
    cosine, sine = np.cos(back), np.sin(back)
    return np.stack([cosine * x - sine * y, sine * x + cosine * y, z], axis=-1)


def _along(place: Any, heading: Any, arc: Any) -> tuple[Any, Any]:
    """Place and heading an arc farther along a great circle."""
    cosine, sine = np.cos(arc)[..., None], np.sin(arc)[..., None]
    return cosine * place + sine * heading, cosine * heading - sine * place


def _start(r: Any, over_ground: Any) -> tuple[Any, Any]:
    """Place below a position, and heading, on the auxiliary sphere."""
    x, y, z = r[..., 0], r[..., 1], r[..., 2]
    across = np.sqrt(x * x + y * y)
    east = np.stack([-y / across, x / across, np.zeros_like(x)], axis=-1)
    guess = np.sqrt((_EQUATOR_KM * z) ** 2 + (_POLAR_KM * across) ** 2)
    sine, cosine = _EQUATOR_KM * z / guess, _POLAR_KM * across / guess
    up = z + _BULGE * _POLAR_KM * sine**3  # the ellipsoid's normal, in the meridian
    out = across - _EQUATOR_KM * (1.0 - (1.0 - EARTH_FLATTENING) ** 2) * cosine**3
    place, _ = _meridian(east, out, (1.0 - EARTH_FLATTENING) * up)
    _, north = _meridian(east, out, up)
    _, north_there = _meridian(east, out, (1.0 - EARTH_FLATTENING) * up)
    heading = _dot(over_ground, east)[..., None] * east + _dot(over_ground, north)[..., None] * north_there
    return place, heading / np.sqrt(_dot(heading, heading))[..., None]


def _meridian(east: Any, out: Any, up: Any) -> tuple[Any, Any]:
    """Unit vectors outwards and to the north, in the meridian across ``east``."""
    size = np.sqrt(out * out + up * up)
    cosine, sine = (out / size)[..., None], (up / size)[..., None]
    level = np.stack([east[..., 1], -east[..., 0], np.zeros_like(out)], axis=-1)
    pole = np.array([0.0, 0.0, 1.0])
    return cosine * level + sine * pole, cosine * pole - sine * level


def _dot(a: Any, b: Any) -> Any:
    return (a * b).sum(axis=-1)
