"""What the ground is like, at places and over regions, on a cone whose slope is known."""

import numpy as np
import pytest

from lunarplan.sites.criterion import Partly, Unknown
from lunarplan.sites.ground import GroundAt, GroundOver, too_coarse, whole_window
from lunarplan.sites.region import region
from tests.sites.made import cone, square
from tests.tolerances import CONE_SLOPE_DEG

SLOPE_DEG = float(np.degrees(np.arctan(0.1)))


def test_places_and_pixels_have_the_same_slope() -> None:
    terrain = cone()
    grid = square().grid(terrain)
    over, found = GroundOver(terrain, grid), GroundOver(terrain, grid).slope_deg(400.0)
    latitude, longitude = grid.centers_deg()
    assert over.heights_m.shape == found.shape == grid.shape
    assert np.isfinite(found).all()  # the ground beyond the region is used at its edge
    for i, j in ((0, 0), (3, 17), (grid.shape[0] - 1, 5)):
        alone = GroundAt(terrain, float(latitude[i, j]), float(longitude[i, j])).slope_deg(400.0)
        assert found[i, j] == pytest.approx(alone, abs=CONE_SLOPE_DEG)
        assert alone == pytest.approx(SLOPE_DEG, abs=CONE_SLOPE_DEG)


def test_a_cone_is_smooth_beside_its_top() -> None:
    terrain = cone()
    flank = GroundAt(terrain, -87.95, 0.0).roughness_m(400.0)
    top = GroundAt(terrain, -88.0, 0.0).roughness_m(400.0)
    assert flank < 1.0 < top < 20.0
    grid = square().grid(terrain)
    assert GroundOver(terrain, grid).roughness_m(400.0).shape == grid.shape


def test_all_of_an_ellipse_on_a_cone_is_steep_or_none() -> None:
    terrain = cone()
    for ground in (GroundAt(terrain, -87.95, 0.0), GroundOver(terrain, square().grid(terrain))):
        steep = np.asarray(ground.ellipse_steep_percent(200.0, SLOPE_DEG - 1.0, (1.0, 0.5)))
        gentle = np.asarray(ground.ellipse_steep_percent(200.0, SLOPE_DEG + 1.0, (1.0, 0.5)))
        assert (steep > 95.0).all()  # but for the top of the cone
        assert (gentle == pytest.approx(0.0, abs=1e-9)) if gentle.shape == () else (gentle < 1e-6).all()


def test_an_ellipse_off_the_fine_ground_is_not_known() -> None:
    found = GroundAt(cone(), -87.85, 0.0).ellipse_steep_percent(200.0, 5.0, (3.0, 3.0))
    assert isinstance(found, Unknown)
    assert "covers" in found.why


def test_what_pixels_do_not_show() -> None:
    assert too_coarse(10.0, 20.0) is None
    coarse = too_coarse(10.1, 20.0)
    assert coarse is not None
    assert "pixels of 10.1 m, 10 m needed for 20 m" in coarse.why
    over = GroundOver(cone(), region("-88,0,2").grid(cone()))
    for found in (over.slope_deg(20.0), over.roughness_m(20.0), over.ellipse_steep_percent(20.0, 5.0, (1.0, 1.0))):
        assert isinstance(found, Unknown)


def test_windows_are_even_numbers_of_pixels() -> None:
    assert whole_window(400.0, 100.0) == 400.0
    assert whole_window(330.0, 100.0) == 400.0
    assert whole_window(10.0, 100.0) == 200.0


def test_coarse_ground_on_fine_pixels_is_not_known() -> None:
    """Beyond the edge of a fine model, and across the step there, nothing is passed."""
    terrain = cone(half_width_m=1500.0)
    grid = square(half_width_km=2.0).grid(terrain)
    over = GroundOver(terrain, grid)
    from_fine = terrain.dem_index(*grid.centers_deg()) == 0
    for found in (over.slope_deg(400.0), over.roughness_m(400.0), over.ellipse_steep_percent(400.0, 5.0, (0.5, 0.5))):
        assert isinstance(found, Partly)
        assert "pixels of 1000 m" in found.why
        known = np.isfinite(found.value)
        assert known.any()
        assert not known[~from_fine].any()
    slopes = over.slope_deg(400.0).value
    assert slopes[np.isfinite(slopes)].max() < SLOPE_DEG + 1.0  # no wall at the seam
    assert not np.isfinite(slopes[from_fine]).all()
    assert isinstance(GroundOver(terrain, region("-88,90,2").grid(terrain, 100.0)).slope_deg(400.0), Unknown)
    latitude, longitude = grid.lat_lon_deg(np.array([20, 20]), np.array([5, 6]))
    edge = GroundAt(terrain, float(latitude[0]), float(longitude[0])).slope_deg(400.0)
    assert isinstance(edge, Unknown)
