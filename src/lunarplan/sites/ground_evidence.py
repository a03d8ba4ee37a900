"""What is known of a place, or of every pixel of a region, without its sky: the ground, the pole, low orbits."""

from __future__ import annotations

from typing import Any

import numpy as np

from lunarplan.sites.access import LowOrbit, widest_cross_range_deg
from lunarplan.sites.ground import Ground
from lunarplan.sites.setting import Setting

Value = Any  # a number, float64[rows, cols], Unknown, AtMost or AtLeast


def quiet(_: str) -> None:
    """Hears what is being done, and says nothing."""


class GroundEvidence:
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
