"""What is known of a place, or of every pixel of a region, worked out when a criterion first asks for it.

`SiteEvidence` and `RegionEvidence` have the same names in them: numbers of the one, rasters of the other. Where the
ground is too coarse to tell, or nothing is known, both give `Unknown` and why.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.model.sky import Sky, angular_radius_rad
from lunarplan.model.surface import Place, sky
from lunarplan.sites.access import LowOrbit, widest_cross_range_deg
from lunarplan.sites.ground import Ground, GroundAt, GroundOver
from lunarplan.sites.joint import Together, together
from lunarplan.sites.relays import relay
from lunarplan.sites.setting import Say, Setting
from lunarplan.sites.shadow import REACH_KM, bounded, shadow_distance_km
from lunarplan.sites.span import epochs
from lunarplan.terrain.horizons import HorizonProfiles, Horizons, horizon_at, horizons
from lunarplan.terrain.illumination import illumination, illumination_map
from lunarplan.terrain.nights import days
from lunarplan.terrain.projection import Grid
from lunarplan.terrain.shadowed import shadowed_map
from lunarplan.terrain.visibility import contacts, visibility, visibility_map

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from lunarplan.terrain.intervals import Intervals

    Floats = NDArray[np.float64]

_DAY_H = 24.0
_REACH_PIXELS = 40  # from a site to the end of the search for permanent shadow
Value = Any  # a number, float64[rows, cols], or Unknown


def _quiet(_: str) -> None:
    """Hears what is being done, and says nothing."""


class _Shared:
    """What both kinds have: place, span, and what needs no horizon."""

    latitude_deg: Any
    setting: Setting
    ground: Ground
    shape: tuple[int, ...]

    def slope_deg(self, baseline_m: float) -> Value:
        """Slope over a baseline; unknown where pixels are larger than half of it."""
        return self.ground.slope_deg(baseline_m)

    def roughness_m(self, baseline_m: float) -> Value:
        """RMS height about the plane fitted to a square; unknown where pixels are larger than half its side."""
        return self.ground.roughness_m(baseline_m)

    def ellipse_steep_percent(self, baseline_m: float, steeper_than_deg: float, axes_km: tuple[float, float]) -> Value:
        """Share of a landing ellipse, its first semi-axis north-south, that is steeper than an angle."""
        return self.ground.ellipse_steep_percent(baseline_m, steeper_than_deg, axes_km)

    @property
    def polar_distance_deg(self) -> Value:
        """Angle to the nearer pole."""
        return 90.0 - np.abs(self.latitude_deg)

    def cross_range_delta_v_m_s(self, altitude_km: float, inclination_deg: float) -> Value:
        """Plane change that brings a circular orbit over the place at the worst time of the month."""
        orbit = LowOrbit(altitude_km, inclination_deg)
        return orbit.plane_change_m_s(widest_cross_range_deg(self.latitude_deg, inclination_deg))


class SiteEvidence(_Shared):
    """What is known of one place over a span; values are numbers."""

    shape = ()

    def __init__(
        self,
        latitude_deg: float,
        longitude_deg: float,
        start_tdb: float,
        end_tdb: float,
        setting: Setting | None = None,
        progress: Say | None = None,
    ) -> None:
        self.latitude_deg, self.longitude_deg = latitude_deg, longitude_deg
        self.start_tdb, self.end_tdb = start_tdb, end_tdb
        self.setting, self.say = setting or Setting(), progress or _quiet
        self.dem = self.setting.terrain.dem_at(latitude_deg, longitude_deg)
        self.ground = GroundAt(self.setting.terrain, latitude_deg, longitude_deg)

    @property
    def provenance(self) -> dict[str, Any]:
        return self.setting.provenance(self.start_tdb, self.end_tdb, self.dem.pixel_m)

    @cached_property
    def height_m(self) -> float:
        """Of the ground over the sphere of 1737.4 km."""
        return float(self.setting.terrain.height_m(self.latitude_deg, self.longitude_deg))

    @cached_property
    def profiles(self) -> HorizonProfiles:
        """The horizon of the observer."""
        self.say("looking for the horizon")
        at = Place(self.latitude_deg, self.longitude_deg)
        return horizon_at(
            at, self.setting.terrain, azimuths=self.setting.azimuths, distance_km=self.setting.distance_km,
            observer_height_m=self.setting.observer_height_m,
        )  # fmt: skip

    @property
    def horizon_deg(self) -> Floats:
        """Elevation of the horizon at even steps of true azimuth from north, float64[A]."""
        return np.asarray(np.degrees(self.profiles.elevation_rad[0]))

    # ------------------------------------------------------------ the Sun

    @cached_property
    def light(self) -> xr.Dataset:
        """The Sun by steps, see `lunarplan.terrain.illumination.illumination`."""
        self.say("following the Sun")
        return illumination(self.profiles, *self._span, self.setting.step_h, ephemeris=self.setting.ephemeris)

    @cached_property
    def days(self) -> Intervals:
        """When any part of the Sun is over the horizon, to a second."""
        self.say("looking for sunrises")
        return days(self.profiles, *self._span, ephemeris=self.setting.ephemeris)

    @property
    def illumination_percent(self) -> float:
        """Average fraction of the Sun's disc over the horizon."""
        return 100.0 * float(self.light["fraction"].mean())

    @property
    def lit_percent(self) -> float:
        """Part of the time with any part of the Sun's disc over the horizon: what most published maps show."""
        return 100.0 * float(self.days.fraction[0])

    @property
    def longest_night_days(self) -> float:
        """Longest time without any part of the Sun's disc."""
        return float(self.days.gaps().longest_s[0]) / 86_400.0

    @property
    def longest_light_days(self) -> float:
        """Longest time with some part of the Sun's disc throughout."""
        return float(self.days.longest_s[0]) / 86_400.0

    # ------------------------------------------------------------ links

    @cached_property
    def earth_contacts(self) -> Intervals:
        """When the Earth's centre is over the horizon, to a second."""
        self.say("looking for the Earth")
        return contacts(self.profiles, "earth", *self._span, ephemeris=self.setting.ephemeris)

    @property
    def earth_percent(self) -> float:
        """Part of the time with the Earth's centre over the horizon."""
        return 100.0 * float(self.earth_contacts.fraction[0])

    @property
    def earth_gap_days(self) -> float:
        """Longest time without the Earth's centre."""
        return float(self.earth_contacts.gaps().longest_s[0]) / 86_400.0

    @cached_property
    def sun_and_earth(self) -> Intervals:
        """When any part of the Sun and the Earth's centre are over the horizon at once."""
        return self.days.and_(self.earth_contacts)

    @property
    def sun_and_earth_percent(self) -> float:
        return 100.0 * float(self.sun_and_earth.fraction[0])

    @property
    def longest_sun_and_earth_days(self) -> float:
        return float(self.sun_and_earth.longest_s[0]) / 86_400.0

    def relay_contacts(self, name: str) -> Intervals:
        """When a relay is over the horizon; whether it sees the Earth then is not looked at."""
        self.say(f"looking for {name}")
        where = relay(name, *self._span, self.setting.ephemeris)
        return contacts(self.profiles, where, *self._span, ephemeris=self.setting.ephemeris)

    def relay_percent(self, name: str) -> float:
        """Part of the time with a relay over the horizon."""
        return 100.0 * float(self.relay_contacts(name).fraction[0])

    def relay_gap_h(self, name: str) -> float:
        """Longest time without a relay."""
        return float(self.relay_contacts(name).gaps().longest_s[0]) / 3600.0

    # ------------------------------------------------------------ permanent shadow

    @cached_property
    def psr_distance_km(self) -> Value:
        """Distance to the nearest pixel that never sees the Sun; at most this where smaller shadows are not seen."""
        self.say("looking for permanent shadow")
        pixel_m = max(self.dem.pixel_m, 1000.0 * REACH_KM / _REACH_PIXELS)
        grid = Grid.about(self.latitude_deg, self.longitude_deg, 1000.0 * REACH_KM, pixel_m)
        far = shadow_distance_km(self.setting, grid)[grid.shape[0] // 2, grid.shape[1] // 2]
        return bounded(float(far), pixel_m)

    # ------------------------------------------------------------ what pictures need

    @property
    def epochs_tdb(self) -> Floats:
        """TDB seconds past J2000 of the steps, float64[T]."""
        return np.asarray(self.light["tdb"].values)

    @property
    def sun_fraction(self) -> Floats:
        return np.asarray(self.light["fraction"].values[0])

    @cached_property
    def earth_seen(self) -> NDArray[np.bool_]:
        """At the steps: the Earth's centre over the horizon."""
        seen = visibility(self.profiles, "earth", *self._span, self.setting.step_h, ephemeris=self.setting.ephemeris)
        return np.asarray(seen["clearance_deg"].values[0] > 0.0)

    @cached_property
    def sun(self) -> Sky:
        return sky(self._place, "sun", self.epochs_tdb, self.setting.ephemeris)

    @cached_property
    def earth(self) -> Sky:
        return sky(self._place, "earth", self.epochs_tdb, self.setting.ephemeris)

    @property
    def sun_radius_deg(self) -> float:
        return float(np.degrees(angular_radius_rad("sun", self.sun.distance_km.mean())))

    @property
    def earth_radius_deg(self) -> float:
        return float(np.degrees(angular_radius_rad("earth", self.earth.distance_km.mean())))

    @property
    def _place(self) -> Place:
        return Place(self.latitude_deg, self.longitude_deg, (self.height_m + self.setting.observer_height_m) / 1000.0)

    @property
    def _span(self) -> tuple[float, float]:
        return self.start_tdb, self.end_tdb


class RegionEvidence(_Shared):
    """What is known of the pixels of a region over a span; values are rasters float64[rows, columns].

    Light and links are counted in whole steps of time.
    """

    def __init__(
        self, grid: Grid, start_tdb: float, end_tdb: float, setting: Setting, progress: Say | None = None
    ) -> None:
        self.grid, self.shape = grid, grid.shape
        self.start_tdb, self.end_tdb = start_tdb, end_tdb
        self.setting, self.say = setting, progress or _quiet
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
        margin = int(np.ceil(1000.0 * REACH_KM / self.grid.pixel_m))
        rows, columns = self.shape
        wide = self.grid.window(-margin, -margin, (rows + 2 * margin, columns + 2 * margin))
        return bounded(shadow_distance_km(self.setting, wide)[margin:-margin, margin:-margin], self.grid.pixel_m)

    @cached_property
    def shadowed(self) -> NDArray[np.int8]:
        """1 where the Sun is never seen in 18.6 years, 0 elsewhere, -1 without data; int8[rows, columns]."""
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


Evidence = SiteEvidence | RegionEvidence
