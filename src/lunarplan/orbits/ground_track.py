"""Orbits sampled in time, and the tracks they draw on the Moon.

sampled = sample_orbits(states, "2027-01-01", days=2.0, step_s=60.0)
track = ground_track(sampled)
track.latitude_deg, track.longitude_deg, track.altitude_km
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.constants import RADIUS_KM, SECONDS_PER_DAY
from lunarplan.model.ephemeris import Ephemeris
from lunarplan.model.epochs import one_epoch
from lunarplan.model.forces import ForceModel
from lunarplan.model.frames import latitude_longitude_radius, rotation, rotation_rate
from lunarplan.model.rows import numbers, scalar
from lunarplan.model.trajectory import fly_many
from lunarplan.orbits.history import DEGREE, TOLERANCE

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

_MOST_SAMPLES = 20_000_000


@dataclass(frozen=True)
class SampledOrbits:
    """States of orbits at common epochs.

    tdb    : float64[T], TDB seconds past J2000, ascending
    states : float64[N, T, 6], km and km/s, ICRF, Moon-centred; NaN in rows that are not known

    Raises InputError for shapes that do not go together, and epochs that do not ascend.
    """

    tdb: Floats
    states: Floats
    ephemeris: Ephemeris

    def __post_init__(self) -> None:
        t, x = numbers("SampledOrbits.tdb", self.tdb, 1), numbers("SampledOrbits.states", self.states, 6)
        if t.ndim != 1 or x.ndim != 3 or x.shape[1] != len(t):
            what = f"epochs of shape {t.shape} for states of shape {x.shape}"
            raise InputError(what, where="SampledOrbits", allowed="(T,) and (N, T, 6)")
        if len(t) < 2 or not (np.diff(t) > 0.0).all():
            raise InputError("epochs do not ascend", where="SampledOrbits.tdb", allowed="two or more, ascending")

    @property
    def ok(self) -> NDArray[np.bool_]:
        """True for rows that are known throughout."""
        return np.asarray(np.isfinite(self.states).all(axis=(1, 2)))

    @cached_property
    def fixed(self) -> Floats:
        """States in the turning mean-Earth axes of the Moon, float64[N, T, 6], with velocities over the ground."""
        turn = rotation("moon_me", self.tdb, self.ephemeris)
        rate = rotation_rate("moon_me", self.tdb, self.ephemeris)
        r = np.einsum("tij,ntj->nti", turn, self.states[..., :3])
        v = np.einsum("tij,ntj->nti", turn, self.states[..., 3:]) - np.cross(rate, r)
        return np.concatenate([r, v], axis=-1)


def sample_orbits(
    states: ArrayLike,
    epoch: Any,
    *,
    days: float,
    step_s: float = 60.0,
    forces: ForceModel | None = None,
    tolerance: float = TOLERANCE,
    workers: int | None = None,
) -> SampledOrbits:
    """Fly orbits about the Moon and sample them at equal steps, both ends among them.

    states : float64[N, 6] or [6], km and km/s, ICRF, Moon-centred, all at ``epoch``
    step_s : rounded so that a whole number of steps is the span
    forces : the lunar field to degree 50 with Earth and Sun if not given

    Rows that hit the Moon, are not finite or cannot be flown to the end are NaN. Raises InputError for arguments that
    make no sense, and epochs outside the ephemeris.
    """
    forces = ForceModel(moon_degree=DEGREE) if forces is None else forces
    span = scalar("days", days, 1e-4, 40_000.0, "days") * SECONDS_PER_DAY
    steps = max(1, round(span / scalar("step_s", step_s, 1e-3, 1e9, "s")))
    start = one_epoch(epoch)
    x = np.atleast_2d(numbers("states", states, 6))
    if len(x) * (steps + 1) > _MOST_SAMPLES:
        raise InputError(
            f"{len(x)} x {steps + 1} samples", where="sample_orbits", allowed=f"up to {_MOST_SAMPLES} in all",
            remedy="ask for fewer days, or a longer step",
        )  # fmt: skip
    tdb = start + np.arange(steps + 1) * (span / steps)
    flown = fly_many(x, start, tdb[-1], forces, center="moon", tolerance=tolerance, workers=workers)
    out = np.full((len(x), len(tdb), 6), np.nan)
    for row, flight in enumerate(flown):
        if flight is not None:
            out[row] = flight.at(np.minimum(tdb, flight.end_tdb), "moon")
    return SampledOrbits(np.asarray(tdb), out, forces.source)


def require_sampled(sampled: object) -> None:
    """Raise InputError for what is no SampledOrbits."""
    if not isinstance(sampled, SampledOrbits):
        allowed = "SampledOrbits, see sample_orbits"
        raise InputError(f"a {type(sampled).__name__}", where="sampled", allowed=allowed)


@dataclass(frozen=True)
class GroundTrack:
    """Where orbits stand over the Moon, float64[N, T] each.

    latitude_deg, longitude_deg : selenographic (mean-Earth axes), east positive, -180 to 180
    altitude_km    : over 1737.4 km
    ground_speed_km_s : of the point underneath, on the sphere
    """

    tdb: Floats
    latitude_deg: Floats
    longitude_deg: Floats
    altitude_km: Floats
    ground_speed_km_s: Floats

    def dataset(self) -> xr.Dataset:
        """Everything over orbit and TDB seconds."""
        import xarray as xr

        columns = {
            "latitude": (self.latitude_deg, "deg"),
            "longitude": (self.longitude_deg, "deg"),
            "altitude": (self.altitude_km, "km"),
            "ground_speed": (self.ground_speed_km_s, "km/s"),
        }
        data = {name: (("orbit", "tdb"), value, {"units": unit}) for name, (value, unit) in columns.items()}
        return xr.Dataset(data, {"tdb": ("tdb", self.tdb, {"units": "s", "long_name": "TDB past J2000"})})


def ground_track(sampled: SampledOrbits) -> GroundTrack:
    """Return the tracks of sampled orbits; NaN where these are."""
    require_sampled(sampled)
    r, v = sampled.fixed[..., :3], sampled.fixed[..., 3:]
    latitude, longitude, radius = latitude_longitude_radius(r)
    along = np.einsum("nti,nti->nt", r, v) / radius
    across = np.sqrt(np.maximum((v * v).sum(axis=-1) - along**2, 0.0))
    ground = RADIUS_KM["moon"]
    return GroundTrack(
        sampled.tdb, np.degrees(latitude), np.degrees(longitude), radius - ground, across * ground / radius
    )
