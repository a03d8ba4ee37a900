"""What places see of a target over their horizons: where it stands, the fraction of its disc, and how clear it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.jit import run_blocks
from lunarplan.kernels.sunlight import ANY, CENTER, WHOLE, discs_over_horizons
from lunarplan.model.sky import LocalAxes
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.profile import HorizonProfiles, horizon_at
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


def profiles_of(ground: HorizonProfiles | Terrain | Dem, places: Place | None = None) -> HorizonProfiles:
    """Return horizons as they are, or those of places on a terrain as `horizon_at` finds them.

    Raises InputError for a terrain without places, and for horizons with them.
    """
    if isinstance(ground, Terrain | Dem):
        if places is None:
            raise InputError("not given", where="places", allowed="a Place, or an array of places, on the terrain")
        return horizon_at(places, ground)
    if not hasattr(ground, "elevation_rad") or not hasattr(ground, "places"):
        what = f"a {type(ground).__name__}"
        raise InputError(what, where="ground", allowed="horizons of horizon_at, or a Terrain with places")
    if places is not None:
        raise InputError("given with horizons, which have theirs", where="places", remedy="leave them out")
    return ground


@dataclass(frozen=True)
class Sight:
    """What is seen; float64[...] each.

    elevation_rad, azimuth_rad, distance_km : of the target's centre
    fraction      : of its disc over the horizon
    clearance_rad : by how much the part of the disc that counts is over the horizon; for a station at most by how much
        the place is over its least elevation, for a relay, if asked for, the Earth over the Moon's edge: in view where
        it is positive
    """

    elevation_rad: Floats
    azimuth_rad: Floats
    distance_km: Floats
    fraction: Floats
    clearance_rad: Floats


class _Look(NamedTuple):
    """What all places share at some epochs: see `Target`."""

    seen_km: Floats
    up: Floats | None
    linked: Floats | None


class Watch:
    """Places with their horizons and a target, to be asked for any epochs.

    part : of the disc that must be over the horizon to be in view: "any", "center" or "whole"

    Raises InputError for horizons that are not finite or do not go with the places, and an unknown part.
    """

    def __init__(self, profiles: HorizonProfiles, target: Target, part: str = "any") -> None:
        self.profiles, self.target, self.part, self._code = profiles, target, part, part_code(part)
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
        look = self._look(tdb)
        return (self._sight(np.full(len(tdb), i), look) for i in range(self.places))

    def clearances(self, tdb: Floats) -> Iterator[Floats]:
        """Clearances at all epochs (T,), one place after the other."""
        return (sight.clearance_rad for sight in self.at(tdb))

    def clearance(self, place: Integers, tdb: Floats) -> Floats:
        """Clearances of rows, a place and an epoch each."""
        return self._sight(place, self._look(tdb)).clearance_rad

    def _look(self, tdb: Floats) -> _Look:
        up, linked = self.target.up, self.target.linked
        return _Look(self.target.seen_km(tdb), up and up(tdb), linked and linked(tdb))

    def _sight(self, place: Integers, look: _Look) -> Sight:
        way = look.seen_km - self.positions_km[place]
        sky = LocalAxes(*(axis[place] for axis in self.axes)).sky(way)
        radius = np.arcsin(np.minimum(self.target.radius_km / sky.distance_km, 1.0))
        fraction, clearance = np.empty(len(place)), np.empty(len(place))
        rows = (self.horizons, place, sky.azimuth_rad, sky.elevation_rad, radius, self._code, fraction, clearance)
        run_blocks(lambda a, b: discs_over_horizons(a, b, *rows), len(place), _BLOCK)
        for over in self._beyond(way, look):
            fraction, clearance = np.where(over > 0.0, fraction, 0.0), np.minimum(clearance, over)
        return Sight(sky.elevation_rad, sky.azimuth_rad, sky.distance_km, fraction, clearance)

    def _beyond(self, way_km: Floats, look: _Look) -> Iterator[Floats]:
        """What else must be positive: a station sees the place, a relay the Earth."""
        if look.up is not None:
            yield station_elevation_rad(way_km, look.up) - np.radians(self.target.least_deg)
        if look.linked is not None:
            yield look.linked


def station_elevation_rad(way_km: Floats, up: Floats) -> Floats:
    """Elevation in a station's sky of places that see it along vectors (T, 3), with its vertical (T, 3)."""
    return np.asarray(np.arcsin(-np.einsum("ti,ti->t", way_km, up) / np.linalg.norm(way_km, axis=-1)))
