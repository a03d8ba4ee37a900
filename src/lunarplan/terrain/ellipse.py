"""What a landing ellipse lies on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lunarplan.errors import InputError
from lunarplan.model.rows import scalar
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.layer import Caution
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import Stereographic
from lunarplan.terrain.slope import slope_map

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LandingEllipse:
    """The pixels of a terrain model whose centres are in an ellipse.

    slope_deg  : float64[N], where there is a slope
    height_m   : float64[N]
    offset     : float64[N], distance from the centre, 1 on the ellipse
    covered    : share of the ellipse's pixels that have a slope
    baseline_m : of the slopes
    caution    : None, or why hazards cannot be judged by it
    """

    slope_deg: Floats
    height_m: Floats
    offset: Floats
    covered: float
    baseline_m: float
    caution: Caution | None

    def percentile_deg(self, percent: float) -> float:
        """Slope that so many per cent of the ellipse do not exceed."""
        return float(np.percentile(self.slope_deg, scalar("percent", percent, 0.0, 100.0)))

    @property
    def relief_m(self) -> float:
        """Highest less lowest."""
        return float(np.ptp(self.height_m))

    def fraction_within(self, slope_limit_deg: float) -> float:
        """Share of the area that is no steeper."""
        return float(np.mean(self.slope_deg <= scalar("slope_limit_deg", slope_limit_deg, 0.0, 90.0, "deg")))

    def probability_within(self, slope_limit_deg: float, sigmas: float = 3.0) -> float:
        """Probability of ground no steeper, for a landing spread normally, its ellipse so many sigmas, within it."""
        limit = scalar("slope_limit_deg", slope_limit_deg, 0.0, 90.0, "deg")
        weight = np.exp(-0.5 * (scalar("sigmas", sigmas, 0.1, 10.0) * self.offset) ** 2)
        return float(weight[self.slope_deg <= limit].sum() / weight.sum())


def landing_ellipse(
    ground: Dem | Terrain,
    latitude_deg: float,
    longitude_deg: float,
    semi_major_m: float,
    semi_minor_m: float | None = None,
    azimuth_deg: float = 0.0,
    baseline_m: float | None = None,
) -> LandingEllipse:
    """Return heights and slopes in a landing ellipse, from the finest model under its centre.

    semi_minor_m : a circle if not given
    azimuth_deg  : of the major axis, clockwise from north
    baseline_m   : of slopes; two pixels if not given

    Raises InputError for a centre outside the models, and an ellipse without any pixel that has a slope.
    """
    major = scalar("semi_major_m", semi_major_m, 1e-2, 1e6, "m")
    minor = major if semi_minor_m is None else scalar("semi_minor_m", semi_minor_m, 1e-2, major, "m")
    turn = np.radians(scalar("azimuth_deg", azimuth_deg, -360.0, 360.0, "deg"))
    dem = Terrain(ground).dem_at(latitude_deg, longitude_deg)
    own_map = isinstance(dem.grid.projection, Stereographic)
    reach = major + (baseline_m or 2.0 * dem.pixel_m) + 2.0 * dem.pixel_m
    window = (dem.region if own_map else dem.stereographic)(latitude_deg, longitude_deg, reach)
    slopes = slope_map(window, baseline_m)
    x, y = Stereographic(latitude_deg, longitude_deg).forward(*window.grid.centers_deg())
    ahead, aside = x * np.sin(turn) + y * np.cos(turn), x * np.cos(turn) - y * np.sin(turn)
    offset = np.hypot(ahead / major, aside / minor)
    inside = offset <= 1.0
    valid = inside & ~np.isnan(slopes.values)
    if not valid.any():
        what = f"no pixel of {dem.name} in the ellipse has a slope over {slopes.baseline_m:g} m"
        raise InputError(what, where="landing_ellipse", remedy=f"give a finer model than {dem.pixel_m:g} m, or a wider")
    return LandingEllipse(
        slopes.values[valid].astype(float),
        window.block(slice(None))[valid].astype(float),
        offset[valid],
        _covered(valid.sum(), major, minor, dem.pixel_m, offset, inside),
        slopes.baseline_m,
        slopes.caution,
    )


def _covered(
    valid: int, major: float, minor: float, pixel_m: float, offset: Floats, inside: NDArray[np.bool_]
) -> float:
    """Share of the ellipse that has slopes, beyond the edge of the window too."""
    whole = inside.sum()
    if np.min([offset[0].min(), offset[-1].min(), offset[:, 0].min(), offset[:, -1].min()]) < 1.0:
        whole = max(whole, np.pi * major * minor / pixel_m**2)  # cut off by the model's edge
    return float(min(1.0, valid / whole))
