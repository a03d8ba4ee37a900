"""What the light is worth: a solar array's power, a battery's charge, and what it takes to last through the dark.

The mast an array stands on is the observer height of the horizon.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.kernels.jit import run_blocks
from lunarplan.kernels.sunlight import charge
from lunarplan.model.constants import AU_KM, SECONDS_PER_DAY, SOLAR_IRRADIANCE_1AU_W_M2
from lunarplan.model.rows import numbers, scalar
from lunarplan.terrain import labels

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import ArrayLike, NDArray

    from lunarplan.terrain.intervals import Intervals

    Floats = NDArray[np.float64]

TRACKING = ("fixed", "vertical axis", "full")
_YEAR_S = 365.25 * SECONDS_PER_DAY


@dataclass(frozen=True)
class SolarArray:
    """A flat solar array.

    area_m2     : of cells
    efficiency  : of electric power to sunlight, when new
    tracking    : "fixed"; "vertical axis": turned after the Sun's azimuth; "full": square to the Sun
    tilt_deg    : of its face from looking up (0) to looking at the horizon (90)
    azimuth_deg : its face looks to, from north over east; of a fixed one
    yearly_loss : of power, each year, of what was left

    Raises InputError for numbers out of range.
    """

    area_m2: float
    efficiency: float
    tracking: str = "vertical axis"
    tilt_deg: float = 90.0
    azimuth_deg: float = 0.0
    yearly_loss: float = 0.0

    def __post_init__(self) -> None:
        scalar("SolarArray.area_m2", self.area_m2, 0.0, 1e9, "m2")
        scalar("SolarArray.efficiency", self.efficiency, 0.0, 1.0)
        scalar("SolarArray.tilt_deg", self.tilt_deg, 0.0, 180.0, "deg")
        scalar("SolarArray.azimuth_deg", self.azimuth_deg, -360.0, 360.0, "deg")
        scalar("SolarArray.yearly_loss", self.yearly_loss, 0.0, 1.0)
        if self.tracking not in TRACKING:
            raise InputError(f"{self.tracking!r}", where="SolarArray.tracking", allowed=", ".join(TRACKING))

    def incidence_cosine(self, elevation_rad: ArrayLike, azimuth_rad: ArrayLike) -> Floats:
        """Cosine of the angle between the Sun and the array's face; 0 where it shines on the back."""
        elevation, azimuth = np.asarray(elevation_rad, float), np.asarray(azimuth_rad, float)
        if self.tracking == "full":
            return np.ones(np.broadcast_shapes(elevation.shape, azimuth.shape))
        turned = azimuth - np.radians(self.azimuth_deg) if self.tracking == "fixed" else np.zeros_like(azimuth)
        tilt = np.radians(self.tilt_deg)
        cosine = np.sin(elevation) * np.cos(tilt) + np.cos(elevation) * np.sin(tilt) * np.cos(turned)
        return np.asarray(np.maximum(cosine, 0.0))

    def power_w(self, light: xr.Dataset, new_tdb: float | None = None) -> xr.DataArray:
        """Electric power over the series of `illumination`.

        new_tdb : when the array was new, TDB seconds; by default at the first epoch

        Sunlight is 1361 W/m2 at 1 au. Raises InputError for another dataset.
        """
        _check(light)
        sunlight = SOLAR_IRRADIANCE_1AU_W_M2 * (AU_KM / light.distance_km) ** 2 * light.fraction
        cosine = self.incidence_cosine(np.radians(light.elevation_deg.values), np.radians(light.azimuth_deg.values))
        years = (light.tdb - (light.tdb[0] if new_tdb is None else new_tdb)) / _YEAR_S
        left = (1.0 - self.yearly_loss) ** years.clip(min=0.0)
        power: xr.DataArray = (sunlight * cosine * left * self.area_m2 * self.efficiency).transpose("place", "time")
        power.name = "power_w"
        power.attrs = labels.words("W", "electric power of the array")
        return power


@dataclass(frozen=True)
class Battery:
    """A battery.

    capacity_wh        : all it holds
    depth_of_discharge : the part of it that may be used
    charge_efficiency, discharge_efficiency : of energy on its way in, and out

    Raises InputError for numbers out of range.
    """

    capacity_wh: float
    depth_of_discharge: float = 1.0
    charge_efficiency: float = 1.0
    discharge_efficiency: float = 1.0

    def __post_init__(self) -> None:
        scalar("Battery.capacity_wh", self.capacity_wh, 0.0, 1e15, "Wh")
        scalar("Battery.depth_of_discharge", self.depth_of_discharge, 1e-3, 1.0)
        scalar("Battery.charge_efficiency", self.charge_efficiency, 1e-3, 1.0)
        scalar("Battery.discharge_efficiency", self.discharge_efficiency, 1e-3, 1.0)

    @property
    def least_wh(self) -> float:
        """What must stay in it."""
        return self.capacity_wh * (1.0 - self.depth_of_discharge)


def energy(
    light: xr.Dataset, array: SolarArray, battery: Battery, load_w: ArrayLike, *, start_charge: float = 1.0
) -> xr.Dataset:
    """Return the power of an array and the charge of a battery over the series of `illumination`.

    load_w       : one number, or one for each epoch (T,); each sample of light and load holds for its step
    start_charge : part of the capacity

    ``charge_wh`` stands at the edges of the steps (dimension ``edge``, one more than ``time``). ``unused_wh`` found no
    room in the battery, ``missing_wh`` was not to be had from it; ``lost_wh`` went into charging and discharging. In
    each step what the array gives is load - missing + growth of the charge + lost + unused.

    Raises InputError for another dataset, a load or a start out of range.
    """
    power = array.power_w(light)
    load = _load(load_w, light.sizes["time"])
    hours = step_hours(light)
    start = scalar("start_charge", start_charge, 1.0 - battery.depth_of_discharge, 1.0) * battery.capacity_wh
    net = power.values - load
    level, unused, missing = _charged(net, hours, battery.capacity_wh, battery.least_wh, start, battery)
    lost = net * hours - np.diff(level, axis=1) - unused + missing
    dims = ("place", "time")
    columns = {
        "power_w": (dims, power.values, power.attrs),
        "load_w": ("time", load, labels.words("W", "load")),
        "charge_wh": (("place", "edge"), level, labels.words("Wh", "charge of the battery")),
        "unused_wh": (dims, unused, labels.words("Wh", "found no room in the battery")),
        "missing_wh": (dims, missing, labels.words("Wh", "wanted and not to be had")),
        "lost_wh": (dims, lost, labels.words("Wh", "lost in charging and discharging")),
    }
    told = {"array": str(array), "battery": str(battery)}
    return light.drop_vars(list(light.data_vars)).assign(columns).assign_attrs(told)


def battery_wh(light: xr.Dataset, array: SolarArray, load_w: ArrayLike, battery: Battery) -> Floats:
    """Return the smallest capacity with which nothing is ever missing, float64[places], from full at the start on.

    battery : its efficiencies and depth of discharge; its capacity does not matter

    Where the array gives less than the load over a cycle of seasons it grows with the span. Raises InputError as
    `energy`.
    """
    net = array.power_w(light).values - _load(load_w, light.sizes["time"])
    level, _, _ = _charged(net, step_hours(light), 0.0, -np.inf, 0.0, battery)
    return np.asarray(-level.min(axis=1) / battery.depth_of_discharge)


def battery_wh_for(nights: Intervals, load_w: float, battery: Battery) -> Floats:
    """Return the capacity that carries a load through the longest night, float64[places]; 0 where there is none.

    battery : its efficiency and depth of discharge; its capacity does not matter
    """
    load = scalar("load_w", load_w, 0.0, 1e12, "W")
    return np.asarray(load * nights.longest_s / 3600.0 / (battery.depth_of_discharge * battery.discharge_efficiency))


def step_hours(light: xr.Dataset) -> Floats:
    """Length of the step that follows each epoch, (T,); raises InputError for a single epoch."""
    tdb = light.tdb.values
    if len(tdb) < 2:
        raise InputError("has one epoch, and no step", where="light", allowed="two epochs or more")
    steps = np.diff(tdb) / 3600.0
    return np.append(steps, steps[-1])


def _charged(
    net: Floats, hours: Floats, most: float, least: float, start: float, battery: Battery
) -> tuple[Floats, Floats, Floats]:
    places, steps = net.shape
    level, unused, missing = np.empty((places, steps + 1)), np.empty_like(net), np.empty_like(net)
    bounds = (np.full(places, value) for value in (most, least, start))
    fixed = (np.ascontiguousarray(net), hours, *bounds, battery.charge_efficiency, battery.discharge_efficiency)
    run_blocks(lambda a, b: charge(a, b, *fixed, level, unused, missing), places, 1)
    return level, unused, missing


def _load(load_w: ArrayLike, steps: int) -> Floats:
    load = numbers("load_w", load_w, 1)
    if load.shape not in ((), (steps,)) or not (np.isfinite(load) & (load >= 0.0)).all():
        raise InputError(f"{load.shape}, or not positive", where="load_w", allowed=f"one load, or {steps}, from 0 W")
    return np.broadcast_to(load, (steps,)).copy()


def _check(light: object) -> None:
    needed = ("fraction", "elevation_deg", "azimuth_deg", "distance_km", "tdb")
    missing = [name for name in needed if name not in getattr(light, "variables", ())]
    if missing:
        raise InputError(f"{', '.join(missing)} missing", where="light", allowed="the dataset of illumination()")
