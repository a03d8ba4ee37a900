"""Evidence made up for tests: what terrain and light would say, said at once."""

from typing import Any

import numpy as np

from lunarplan.sites.region import Region
from lunarplan.terrain.dem import Dem
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import Grid, Stereographic


def cone(pixel_m: float = 100.0, half_width_m: float = 5000.0, steepness: float = 0.1) -> Terrain:
    """A cone about 88 S 0 E, its flanks of one steepness, over the terrain that comes along."""
    grid = Grid.about(-88.0, 0.0, half_width_m, pixel_m)
    x, y = np.broadcast_arrays(*grid.xy_m(np.arange(grid.shape[0])[:, None], np.arange(grid.shape[1])[None, :]))
    heights = 2000.0 - steepness * np.hypot(x, y)
    own = Dem(heights.astype(np.float32), grid, "cone", "made for a test")
    return Terrain([own, *Terrain.packaged().dems])


def square(name: str = "square", half_width_km: float = 2.0) -> Region:
    """A square about the cone."""
    half = 1000.0 * half_width_km
    latitude, longitude = Stereographic(-88.0, 0.0).inverse(
        np.array([-half, -half, half, half]), np.array([-half, half, half, -half])
    )
    return Region(name, tuple(zip(longitude.tolist(), latitude.tolist(), strict=True)))


class View:
    """What pictures of a site need: a wavy horizon, a Sun and an Earth that go round."""

    def __init__(self, days: float = 60.0, step_h: float = 2.0) -> None:
        from lunarplan.model.epochs import tdb_seconds
        from lunarplan.model.surface import Place, sky

        start = float(tdb_seconds("2028-01-01T00:00:00Z"))
        self.epochs_tdb = start + 3600.0 * step_h * np.arange(round(days * 24.0 / step_h))
        azimuth = np.arange(360.0)
        self.horizon_deg: Any = 0.5 + 0.8 * np.sin(np.radians(3.0 * azimuth))
        place = Place(-88.8, 123.4, 1.0)
        self.sun, self.earth = (sky(place, body, self.epochs_tdb) for body in ("sun", "earth"))
        self.sun_radius_deg, self.earth_radius_deg = 0.27, 0.95
        self.sun_fraction = np.clip(self.sun.elevation_deg / 0.5 + 0.5, 0.0, 1.0)
        self.earth_seen = self.earth.elevation_deg > 0.0
