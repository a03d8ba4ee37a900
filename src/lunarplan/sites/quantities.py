"""What can be asked of a place: the vocabulary of criteria files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lunarplan.config.units import ANGLE, DURATION, LENGTH, SPEED, Dimension
from lunarplan.sites.criterion import AtLeast

if TYPE_CHECKING:
    from lunarplan.sites.evidence import Evidence

SHARE = Dimension("share", "%", {"%": 1.0}, "40 %")

Measure = Callable[["Evidence", Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Quantity:
    """A named value of a place.

    unit    : the unit limits and values are shown in
    options : keys it needs, beside those of every criterion
    scale   : a margin that counts as far, in the unit
    """

    label: str
    dimension: Dimension
    unit: str
    scale: float
    measure: Measure
    options: tuple[str, ...] = ()

    def shown(self, internal: float) -> float:
        """A value of the dimension's internal unit in the unit it is shown in."""
        return internal / self.dimension.factors[self.unit]


def _plain(name: str) -> Measure:
    """Reads an attribute of the evidence."""
    return lambda evidence, _: getattr(evidence, name)


def _longest(name: str) -> Measure:
    """Reads the longest stretch of something; what reaches an end of the span may go on beyond it."""
    why = "cut off by the span: it may be longer; give other dates"
    return lambda evidence, _: AtLeast(getattr(evidence, name), evidence.cut_short(name), why)


QUANTITIES: dict[str, Quantity] = {
    "slope": Quantity(
        "slope", ANGLE, "deg", 5.0, lambda e, o: e.slope_deg(o["baseline_m"]), options=("baseline",)
    ),
    "roughness": Quantity(
        "roughness", LENGTH, "m", 5.0, lambda e, o: e.roughness_m(o["baseline_m"]), options=("baseline",)
    ),
    "ellipse_slope": Quantity(
        "steep part of the ellipse", SHARE, "%", 10.0,
        lambda e, o: e.ellipse_steep_percent(o["baseline_m"], o["steeper_than_deg"], o["ellipse_km"]),
        options=("baseline", "steeper_than", "ellipse"),
    ),
    "illumination": Quantity("average illumination", SHARE, "%", 20.0, _plain("illumination_percent")),
    "illumination_any": Quantity("time with any part of the Sun", SHARE, "%", 20.0, _plain("lit_percent")),
    "longest_night": Quantity("longest night", DURATION, "days", 10.0, _longest("longest_night_days")),
    "longest_light": Quantity("longest light", DURATION, "days", 10.0, _longest("longest_light_days")),
    "earth_visibility": Quantity("Earth in sight", SHARE, "%", 20.0, _plain("earth_percent")),
    "longest_earth_gap": Quantity("longest time without Earth", DURATION, "days", 10.0, _longest("earth_gap_days")),
    "sun_and_earth": Quantity("Sun and Earth at once", SHARE, "%", 20.0, _plain("sun_and_earth_percent")),
    "longest_sun_and_earth": Quantity(
        "longest time with Sun and Earth", DURATION, "days", 10.0, _longest("longest_sun_and_earth_days")
    ),
    "relay_visibility": Quantity(
        "relay in sight", SHARE, "%", 20.0, lambda e, o: e.relay_percent(o["relay"]), options=("relay",)
    ),
    "longest_relay_gap": Quantity(
        "longest time without relay", DURATION, "h", 12.0, lambda e, o: e.relay_gap_h(o["relay"]), options=("relay",)
    ),
    "psr_distance": Quantity("distance to permanent shadow", LENGTH, "km", 5.0, _plain("psr_distance_km")),
    "polar_distance": Quantity("distance to the pole", ANGLE, "deg", 2.0, _plain("polar_distance_deg")),
    "cross_range_delta_v": Quantity(
        "delta-v to land at any time", SPEED, "m/s", 50.0,
        lambda e, o: e.cross_range_delta_v_m_s(o["altitude_km"], o["inclination_deg"]),
        options=("altitude", "inclination"),
    ),
}  # fmt: skip
