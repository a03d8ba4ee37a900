"""What places see of a target over their horizons: where it stands, the fraction of its disc, and how clear it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.jit import run_blocks
from lunarplan.kernels.sunlight import ANY, CENTER, WHOLE, discs_over_horizons
from lunarplan.model.sky import LocalAxes
from lunarplan.terrain.targets import Target

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.model.surface import Place

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

PARTS = {"any": ANY, "center": CENTER, "whole": WHOLE}
_BLOCK = 4096  # rows of a thread


def part_code(part: str) -> int:
    """Return the kernels' number for a part of a disc; raises InputError."""
    if part not in PARTS:
        raise InputError(f"{part!r}", where="part", allowed=", ".join(PARTS))
    return PARTS[part]


class Profiles(Protocol):
    """Places and their horizons: `lunarplan.terrain.horizons.HorizonProfiles`, or anything like it.

    elevation_rad : float64[N, A] at the true azimuths 2 pi a / A
    """

    @property
    def places(self) -> Place: ...
    @property
    def elevation_rad(self) -> Floats: ...


@dataclass(frozen=True)
class Sight:
    """What is seen; float64[...] each.

    elevation_rad, azimuth_rad, distance_km : of the target's centre
    fraction      : of its disc over the horizon
    clearance_rad : by how much the part of the disc that counts is over the horizon, and for a station also the place
        over the station's least elevation: in view where it is positive
    """

    elevation_rad: Floats
    azimuth_rad: Floats
    distance_km: Floats
    fraction: Floats
    clearance_rad: Floats


class Watch:
    """Places with their horizons and a target, to be asked for any epochs.

    part : of the disc that must be over the horizon to be in view: "any", "center" or "whole"

    Raises InputError for horizons that are not finite or do not go with the places, and an unknown part.
    """

    def __init__(self, profiles: Profiles, target: Target, part: str = "any") -> None:
        self.target, self.part, self._code = target, part, part_code(part)
        self.horizons = np.ascontiguousarray(np.atleast_2d(np.asarray(profiles.elevation_rad, float)))
        self.positions_km = np.atleast_2d(profiles.places.position_km)
        self.axes = LocalAxes(*(np.atleast_2d(axis) for axis in profiles.places.axes))
        if self.horizons.ndim != 2 or len(self.horizons) != len(self.positions_km) or self.horizons.shape[1] < 3:
            what = f"{self.horizons.shape} horizons, {len(self.positions_km)} places"
            raise InputError(what, where="profiles", allowed="one horizon a place, of three azimuths or more")
        if not np.isfinite(self.horizons).all():
            raise InputError("has horizons that are not finite", where="profiles", remedy="leave those places out")

    @property
    def places(self) -> int:
        return len(self.horizons)

    def at(self, tdb: Floats) -> Iterator[Sight]:
        """What every place sees at all epochs (T,), one place after the other."""
        seen, up = self._look(tdb)
        return (self._sight(np.full(len(tdb), i), seen, up) for i in range(self.places))

    def clearances(self, tdb: Floats) -> Iterator[Floats]:
        """Clearances at all epochs (T,), one place after the other."""
        return (sight.clearance_rad for sight in self.at(tdb))

    def clearance(self, place: Integers, tdb: Floats) -> Floats:
        """Clearances of rows, a place and an epoch each."""
        return self._sight(place, *self._look(tdb)).clearance_rad

    def _look(self, tdb: Floats) -> tuple[Floats, Floats | None]:
        return self.target.seen_km(tdb), None if self.target.up is None else self.target.up(tdb)

    def _sight(self, place: Integers, seen_km: Floats, up: Floats | None) -> Sight:
        way = seen_km - self.positions_km[place]
        sky = LocalAxes(*(axis[place] for axis in self.axes)).sky(way)
        radius = np.arcsin(np.minimum(self.target.radius_km / sky.distance_km, 1.0))
        fraction, clearance = np.empty(len(place)), np.empty(len(place))
        rows = (self.horizons, place, sky.azimuth_rad, sky.elevation_rad, radius, self._code, fraction, clearance)
        run_blocks(lambda a, b: discs_over_horizons(a, b, *rows), len(place), _BLOCK)
        if up is not None:
            over = station_elevation_rad(way, up) - np.radians(self.target.least_deg)
            fraction, clearance = np.where(over > 0.0, fraction, 0.0), np.minimum(clearance, over)
        return Sight(sky.elevation_rad, sky.azimuth_rad, sky.distance_km, fraction, clearance)


def station_elevation_rad(way_km: Floats, up: Floats) -> Floats:
    """Elevation in a station's sky of places that see it along vectors (T, 3), with its vertical (T, 3)."""
    return np.asarray(np.arcsin(-np.einsum("ti,ti->t", way_km, up) / np.linalg.norm(way_km, axis=-1)))
