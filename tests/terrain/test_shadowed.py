"""Where the Sun never shines."""

from dataclasses import replace

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.terrain.horizons import NODATA
from lunarplan.terrain.illumination import illumination, illumination_map
from lunarplan.terrain.shadowed import CYCLE_S, shadow_margins_deg, shadowed_map, sun_paths
from tests.terrain.skies import profiles_of, region, tiled
from tests.tolerances import POLAR_CEILING_DEG, SHADOW_MARGIN_DEG, SITE_SHADOW_MARGIN_DEG

START = tdb_seconds("2020-01-02")
PIXELS = [(0, 0), (0, 49), (39, 49), (31, 31)]


def walls(degrees, **where):
    """A region whose every pixel has a level horizon."""
    here = region(**where)
    return replace(here, elevation=np.full_like(here.elevation, round(360.0 * degrees)))


def test_a_wall_around_the_pole_of_the_height_of_the_highest_sun():
    """The Sun reaches 1.588 deg north of the equator, its edge 0.27 deg more; a pixel adds what it is off the pole."""
    here = walls(1.0, shape=(41, 41), pixel_m=500.0, x0_m=-10_000.0, y0_m=10_000.0)
    found = shadowed_map(here, START)
    x, y = np.meshgrid(found.x.values, found.y.values)
    expected = 1.588 + 0.267 - 1.0 + np.degrees(np.hypot(x, y) / 1737.4e3)
    short = expected - found.margin_deg.values
    assert (short > -SHADOW_MARGIN_DEG).all()
    assert (short < POLAR_CEILING_DEG).all()
    low, high = (shadowed_map(walls(h, shape=(3, 3), pixel_m=10.0, x0_m=-10.0, y0_m=10.0), START) for h in (1.8, 1.9))
    assert not low.shadowed.values.any()
    assert high.shadowed.values.all()


@pytest.mark.parametrize("where", [{"x0_m": 180_000.0, "y0_m": -100_000.0}, {"latitude_deg": 85.0, "pixel_m": 100.0}])
def test_the_best_moment_of_18_years_by_quarters_of_an_hour(where):
    here = region(**where)
    found = shadowed_map(here, START)
    profiles = profiles_of(here, PIXELS)
    light = illumination(profiles, START, START + CYCLE_S, 0.25)
    best = light.clearance_deg.max("time").values
    missed = shadow_margins_deg(profiles, START) - best  # by the hours: the Sun goes on in between
    assert (missed > -0.1 * SITE_SHADOW_MARGIN_DEG).all()
    assert (missed < SITE_SHADOW_MARGIN_DEG).all()
    assert found.margin_deg.values[tuple(np.array(PIXELS).T)] == pytest.approx(best, abs=SHADOW_MARGIN_DEG)


def test_no_pixel_in_shadow_is_lit_at_any_step_and_the_others_are():
    here = region(shape=(32, 32))
    shift = np.linspace(2.2, 6.0, 32)[None, None, None, :, None] * 360.0  # from lit to dark
    here = replace(here, elevation=(here.elevation + shift).astype(np.int16))
    dark = shadowed_map(here, START)
    lit = illumination_map(here, START, START + CYCLE_S, 2.0).lit.values
    margin = dark.margin_deg.values
    assert not lit[margin < -SHADOW_MARGIN_DEG].any()
    assert lit[margin > 0.05].all()
    assert 200 < dark.shadowed.values.sum() < 800


def test_the_area_is_on_the_sphere():
    here = walls(20.0, shape=(50, 50), pixel_m=2000.0, x0_m=-49_000.0, y0_m=49_000.0)
    assert shadowed_map(here, START).attrs["shadowed_km2"] == pytest.approx(10_000.0, rel=2e-3)
    cap = walls(20.0, shape=(10, 10), pixel_m=1000.0, x0_m=300_000.0, y0_m=0.0)
    scale = 1.0 + (304.5e3**2 + 4.5e3**2) / (4.0 * 1737.4e3**2)
    assert shadowed_map(cap, START).attrs["shadowed_km2"] == pytest.approx(100.0 / scale**2, rel=1e-3)


def test_unknown_terrain_is_neither():
    degrees = np.full((40, 50, 720), 30.0)
    degrees[5, 7], degrees[6, 7] = np.nan, -1.0
    here = tiled(region().grid, degrees)
    assert (here.elevation == NODATA).sum() == 720
    found = shadowed_map(here, START)
    assert (found.shadowed.values[5, 7], found.shadowed.values[6, 7]) == (-1, 0)
    assert np.isnan(found.margin_deg.values[5, 7])
    assert found.shadowed.values.sum() == 2000 - 3


def test_threads_change_no_byte():
    here = region()
    assert shadowed_map(here, START, workers=1).equals(shadowed_map(here, START, workers=3))


def test_the_paths_of_the_sun_bound_it():
    north, south = sun_paths(START, START + CYCLE_S)
    for path, extreme in ((north, 1.5863), (south, -1.5880)):
        latitude = np.degrees(np.arcsin(path[:, 2] / np.linalg.norm(path, axis=1)))
        assert np.abs(latitude).max() == pytest.approx(abs(extreme), abs=0.01)
        assert np.abs(latitude).min() > 1.5
        turned = np.unwrap(np.arctan2(path[:, 1], path[:, 0]))
        assert np.diff(turned) == pytest.approx(-2.0 * np.pi / len(path))


def test_a_summer_says_nothing_of_a_winter():
    with pytest.raises(InputError, match="347 days"):
        shadowed_map(region(), "2026-01-01", "2026-06-01")
    with pytest.raises(InputError, match="no length"):
        shadowed_map(region(), "2026-01-01", "2025-06-01")
