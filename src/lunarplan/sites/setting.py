"""What places are judged with: the ground, the steps of time, and what stands there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lunarplan.errors import InputError
from lunarplan.model.epochs import utc_iso
from lunarplan.model.rows import scalar
from lunarplan.terrain.nested import Terrain

if TYPE_CHECKING:
    from lunarplan.model.ephemeris import Ephemeris

_SHARP_M = 100.0  # the best spots of the ridges are a few hundred metres wide (De Rosa et al. 2012)
_COARSE = (
    "light and links change within some 100 m and are those of a facet of {:g} m here: "
    "survey the surroundings of a site, and use a finer DEM"
)

Say = Callable[[str], object]


@dataclass(frozen=True)
class Setting:
    """What places are judged with.

    terrain    : models from fine to coarse, by default those that come with lunarplan (1 km poleward of 80 S)
    step_h     : between the epochs light and links are counted at
    observer_height_m : of what looks for the Sun and the Earth over the ground
    azimuths, distance_km : of horizons: how many directions, and how far the ground is looked at
    cache      : folder in which horizons of regions are kept
    workers    : threads

    Raises InputError for values out of range.
    """

    terrain: Terrain = field(default_factory=Terrain.packaged)
    step_h: float = 1.0
    observer_height_m: float = 2.0
    azimuths: int = 720
    distance_km: float = 300.0
    ephemeris: Ephemeris | None = None
    cache: str | Path | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        given: object = self.terrain
        if not isinstance(given, Terrain):
            allowed = "a Terrain: Terrain([fine, coarse])"
            raise InputError(f"{given!r:.60}", where="Setting.terrain", allowed=allowed)
        scalar("Setting.step_h", self.step_h, 1.0 / 60.0, 24.0, "h")
        scalar("Setting.observer_height_m", self.observer_height_m, 0.0, 1000.0, "m")

    def provenance(self, start_tdb: float, end_tdb: float, pixel_m: float) -> dict[str, Any]:
        """What a result has to say of how it was reached."""
        return {
            "start_utc": utc_iso(start_tdb, 0),
            "end_utc": utc_iso(end_tdb, 0),
            "step_h": self.step_h,
            "terrain": self.terrain.name,
            "pixel_m": pixel_m,
            "caution": _COARSE.format(pixel_m) if pixel_m > _SHARP_M else "",
            "terrain_sha256": [dem.sha256 for dem in self.terrain.dems],
            "terrain_source": [dem.source for dem in self.terrain.dems],
            "observer_height_m": self.observer_height_m,
            "azimuths": self.azimuths,
            "horizon_distance_km": self.distance_km,
        }
