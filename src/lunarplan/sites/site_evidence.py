"""What is known of one place over a span, worked out when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.model.sky import Sky, angular_radius_rad
from lunarplan.model.surface import Place, sky
from lunarplan.sites.ground import GroundAt
from lunarplan.sites.ground_evidence import GroundEvidence, Value, quiet
from lunarplan.sites.relays import relay
from lunarplan.sites.setting import Say, Setting
from lunarplan.sites.shadow import shadow_near_km
from lunarplan.terrain.horizons import HorizonProfiles, horizon_at
from lunarplan.terrain.illumination import illumination
from lunarplan.terrain.nights import days
from lunarplan.terrain.visibility import contacts, visibility

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from lunarplan.terrain.intervals import Intervals

    Floats = NDArray[np.float64]


class SiteEvidence(GroundEvidence):
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
        self.setting, self.say = setting or Setting(), progress or quiet
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

    def cut_short(self, name: str) -> bool:
        """True if what `longest_night_days` or another of its kind tells of reaches an end of the span."""
        stretches = {
            "longest_night_days": lambda: self.days.gaps(),
            "longest_light_days": lambda: self.days,
            "earth_gap_days": lambda: self.earth_contacts.gaps(),
            "longest_sun_and_earth_days": lambda: self.sun_and_earth,
        }
        return bool(stretches[name]().longest.cut.any())

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
        return shadow_near_km(self.setting, self.latitude_deg, self.longitude_deg)

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
