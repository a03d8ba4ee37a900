"""The Sun and the Earth at once: rasters against contact tables of the same horizons."""

from types import SimpleNamespace

import numpy as np
import pytest

from lunarplan.model.epochs import tdb_seconds
from lunarplan.model.surface import Place
from lunarplan.sites.joint import longest_run, together
from lunarplan.sites.region import region
from lunarplan.terrain.horizons import horizons
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.nights import days
from lunarplan.terrain.visibility import contacts
from tests.tolerances import JOINT_SHARE, JOINT_STEPS

START = float(tdb_seconds("2028-06-01T00:00:00Z"))
STEP_S, STEPS = 3600.0, 24 * 60


def test_runs() -> None:
    flags = np.array([[0, 1, 1, 0, 1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0], [1, 0, 1, 1, 1]], bool)
    assert longest_run(flags).tolist() == [2, 5, 0, 3]


def test_runs_against_counting() -> None:
    flags = np.random.default_rng(3).random((50, 200)) < 0.7
    counted = [max(map(len, "".join("x" if f else " " for f in row).split())) for row in flags]
    assert longest_run(flags).tolist() == counted


def test_pixels_against_contact_tables() -> None:
    grid = region("Malapert Massif").grid(Terrain.packaged())
    found = horizons(Terrain.packaged(), grid.window(8, 8, (6, 5)), azimuths=360)
    both = together(found, START + STEP_S * np.arange(STEPS))
    latitude, longitude = found.grid.centers_deg()
    for i, j in ((0, 0), (2, 3), (5, 4)):
        turn = float(found.grid.projection.convergence_rad(*found.grid.xy_m(i, j)))
        grid_azimuth = np.degrees(np.arange(360) * 2.0 * np.pi / 360.0 + turn) % 360.0
        profile = np.interp(
            grid_azimuth, np.arange(361), np.append(found.elevation_deg(i, j), found.elevation_deg(i, j)[0])
        )
        place = Place([latitude[i, j]], [longitude[i, j]], [float(found.heights_m[i, j]) / 1000.0])
        seen = SimpleNamespace(places=place, elevation_rad=np.radians(profile)[None])
        span = (START, START + STEP_S * STEPS)
        joined = days(seen, *span).and_(contacts(seen, "earth", *span))
        assert both.share[i, j] == pytest.approx(float(joined.fraction[0]), abs=JOINT_SHARE)
        assert both.longest[i, j] == pytest.approx(float(joined.longest_s[0]) / STEP_S, abs=JOINT_STEPS)
