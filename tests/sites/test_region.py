"""Regions and the pixels inside them."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.sites.region import Region, coordinates, region
from lunarplan.terrain.nested import Terrain
from lunarplan.terrain.projection import Stereographic
from tests.sites.made import cone, square


def test_a_region_takes_the_pixels_of_the_model_that_is_there() -> None:
    terrain = Terrain.packaged()
    place = region("Nobile Rim 2")
    grid = place.grid(terrain)
    assert grid.same_map(terrain.finest.grid)
    offset = (grid.x0_m - terrain.finest.grid.x0_m) / 1000.0
    assert offset == round(offset)
    inside = place.mask(grid)
    assert inside.sum() == pytest.approx(400, abs=4)  # 20 x 20 km, a border of one pixel
    assert not inside[[0, -1]].any()
    assert not inside[:, [0, -1]].any()


def test_the_mask_holds_the_pixels_the_polygon_holds() -> None:
    place = region("Haworth")
    grid = place.grid(Terrain.packaged())
    latitude, longitude = grid.centers_deg()
    assert np.array_equal(place.mask(grid), place.polygon.contains(latitude, longitude))


def test_larger_pixels_and_other_maps() -> None:
    grid = region("Nobile Rim 2").grid(Terrain.packaged(), 2000.0)
    assert grid.pixel_m == 2000.0
    assert region("Nobile Rim 2").mask(grid).sum() == pytest.approx(100, abs=6)
    equatorial = region("14.2,-56.7,40")
    grid = equatorial.grid(Terrain.packaged())
    assert isinstance(grid.projection, Stereographic)
    assert grid.projection.center_latitude_deg == pytest.approx(14.2, abs=1e-3)
    assert equatorial.mask(grid).sum() == pytest.approx((80.0 / 7.58) ** 2, abs=12)


def test_a_square_has_the_size_that_is_asked() -> None:
    assert region("-88.8,123.4,5").polygon.area_km2 == pytest.approx(100.0, rel=1e-5)
    assert square().grid(cone()).pixel_m == 100.0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("Hawort", "unknown region.*did you mean Haworth"),
        ("Apollo 11", "unknown region.*0.67416,23.4731,5"),
        ("-88.8,123.4", "2 numbers.*LAT,LON,KM"),
        ("123.4,-88.8,5", "latitude comes first: are .* swapped"),
        ("-88.8,123.4,0", "half width"),
        ("-88.8,123.4,nan", "half width"),
        ("-88.8,123.4,5000", "half width"),
        (3, "a name"),
    ],
)
def test_regions_that_are_none(given: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        region(given)
    assert "\n" not in str(caught.value)


def test_a_region_between_the_pixels() -> None:
    with pytest.raises(InputError, match=r"has no pixel of 1000 m inside.*finer --dem"):
        region("-88.81,123.4,0.05").grid(Terrain.packaged())


def test_a_region_too_large() -> None:
    with pytest.raises(InputError, match=r"needs .* pixels"):
        region("-88.8,123.4,100").grid(Terrain.packaged(), 10.0)


@pytest.mark.parametrize(
    ("corners", "says"),
    [
        (((0.0, -88.0), (1.0, -88.0)), "three or more"),
        (((0.0, -88.0), (10.0, -87.0), (10.0, -88.0), (0.0, -87.0)), "sides cross"),
        (((0.0, -98.0), (10.0, -87.0), (10.0, -88.0)), "latitude"),
    ],
)
def test_outlines_that_cannot_be(corners: tuple[tuple[float, float], ...], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Region("made", corners)


def test_numbers_or_a_name() -> None:
    assert coordinates(" -88.8 , 123.4 ", 2) == [-88.8, 123.4]
    assert coordinates("Haworth", 2) is None
    with pytest.raises(InputError, match="3 numbers"):
        coordinates("1,2,3", 2)
