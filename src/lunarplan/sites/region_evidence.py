"""What is known of every pixel of a region over a span, worked out when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.sites.ground import GroundOver
from lunarplan.sites.ground_evidence import GroundEvidence, Value, quiet
from lunarplan.sites.joint import Together, together
from lunarplan.sites.relays import relay
from lunarplan.sites.setting import Say, Setting
from lunarplan.sites.shadow import dark_ground, shadow_distance_km
from lunarplan.sites.span import epochs
from lunarplan.terrain.horizons import Horizons, horizons
from lunarplan.terrain.illumination import illumination_map
from lunarplan.terrain.projection import Grid
from lunarplan.terrain.shadowed import shadowed_map
from lunarplan.terrain.visibility import visibility_map

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_DAY_H = 24.0


class RegionEvidence(GroundEvidence):
    """What is known of the pixels of a region over a span; values are rasters float64[rows, columns].

    Light and links are counted in whole steps of time.
    """

    def __init__(
        self, grid: Grid, start_tdb: float, end_tdb: float, setting: Setting, progress: Say | None = None
    ) -> None:
        self.grid, self.shape = grid, grid.shape
        self.start_tdb, self.end_tdb = start_tdb, end_tdb
        self.setting, self.say = setting, progress or quiet
        self.latitude_deg, self.longitude_deg = grid.centers_deg()
        self.ground = self.over = GroundOver(setting.terrain, grid)

    @property
    def provenance(self) -> dict[str, Any]:
        return self.setting.provenance(self.start_tdb, self.end_tdb, self.grid.pixel_m)

    @property
    def height_m(self) -> Floats:
        """Of the ground over the sphere of 1737.4 km; NaN without data."""
        return self.over.heights_m

    @cached_property
    def horizons(self) -> Horizons:
        """The horizons of all pixels."""
        self.say("looking for horizons")
        given = self.setting
        return horizons(
            given.terrain, self.grid, azimuths=given.azimuths, distance_km=given.distance_km,
            observer_height_m=given.observer_height_m, cache=given.cache, workers=given.workers,
            progress=self._shares("looking for horizons"),
        )  # fmt: skip

    @cached_property
    def light(self) -> xr.Dataset:
        horizons = self.horizons
        self.say("following the Sun")
        return illumination_map(
            horizons, *self._span_and_step, progress=self._shares("following the Sun"), **self._with
        )

    @cached_property
    def earth(self) -> xr.Dataset:
        horizons = self.horizons
        self.say("following the Earth")
        return visibility_map(horizons, "earth", *self._span_and_step, **self._with)

    @property
    def illumination_percent(self) -> Floats:
        return np.asarray(100.0 * self.light["average"].values)

    @property
    def lit_percent(self) -> Floats:
        return np.asarray(100.0 * self.light["lit"].values)

    @property
    def longest_night_days(self) -> Floats:
        return np.asarray(self.light["longest_night_h"].values / _DAY_H)

    @property
    def longest_light_days(self) -> Floats:
        return np.asarray(self.light["longest_day_h"].values / _DAY_H)

    @property
    def earth_percent(self) -> Floats:
        return np.asarray(100.0 * self.earth["in_view"].values)

    @property
    def earth_gap_days(self) -> Floats:
        return np.asarray(self.earth["longest_gap_h"].values / _DAY_H)

    @cached_property
    def together(self) -> Together:
        """Any part of the Sun and the Earth's centre at once, in steps."""
        self.say("following the Sun and the Earth")
        times = epochs(*self._span, 3600.0 * self.setting.step_h)
        return together(self.horizons, times, self.setting.ephemeris)

    @property
    def sun_and_earth_percent(self) -> Floats:
        return 100.0 * self.together.share

    @property
    def longest_sun_and_earth_days(self) -> Floats:
        return self.together.longest * (self.setting.step_h / _DAY_H)

    def cut_short(self, name: str) -> NDArray[np.bool_]:
        """True where what `longest_night_days` or another of its kind tells of fills the span, bool[rows, columns]."""
        steps = (self.end_tdb - self.start_tdb) / 3600.0 / self.setting.step_h
        return np.asarray(getattr(self, name) * (_DAY_H / self.setting.step_h) > steps - 1.5)

    def relay_percent(self, name: str) -> Floats:
        """Part of the time with a relay over the horizon."""
        return np.asarray(100.0 * self._relay(name)["in_view"].values)

    def relay_gap_h(self, name: str) -> Floats:
        """Longest time without a relay."""
        return np.asarray(self._relay(name)["longest_gap_h"].values)

    @cached_property
    def psr_distance_km(self) -> Value:
        """Distance to the nearest pixel that never sees the Sun; at most this where smaller shadows are not seen."""
        self.say("looking for permanent shadow")
        return shadow_distance_km(self.setting, self.grid)

    @cached_property
    def shadowed(self) -> NDArray[np.int8]:
        """1 where the Sun never reaches the ground in 18.6 years, 0 elsewhere, -1 without data; int8[rows, columns]."""
        if self.setting.observer_height_m > 0.0:
            return dark_ground(self.setting, self.setting.terrain, self.grid)
        found = shadowed_map(self.horizons, workers=self.setting.workers, ephemeris=self.setting.ephemeris)
        return np.asarray(found["shadowed"].values)

    @property
    def looked_at_the_sky(self) -> bool:
        """True once the horizons are known."""
        return "horizons" in vars(self)

    def _relay(self, name: str) -> xr.Dataset:
        self.say(f"following {name}")
        where = relay(name, *self._span, self.setting.ephemeris)
        return visibility_map(self.horizons, where, *self._span_and_step, **self._with)

    def _shares(self, stage: str) -> Callable[[int, int], None]:
        """What is told of a stage: how many of its tiles are done."""

        def tell(done: int, every: int) -> None:
            self.say(f"{stage}, {100 * done // every} %")

        return tell

    @property
    def _span(self) -> tuple[float, float]:
        return self.start_tdb, self.end_tdb

    @property
    def _span_and_step(self) -> tuple[float, float, float]:
        return self.start_tdb, self.end_tdb, self.setting.step_h

    @property
    def _with(self) -> dict[str, Any]:
        return {"workers": self.setting.workers, "ephemeris": self.setting.ephemeris}
