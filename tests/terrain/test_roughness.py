import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.terrain.roughness import roughness_map
from tests.terrain.ground import lat_lon, of_function, polar, rough
from tests.tolerances import ROUGHNESS_M


def rms_by_least_squares(heights, i, j, half):
    window = heights[i - half : i + half + 1, j - half : j + half + 1].astype(float)
    down, right = np.mgrid[: window.shape[0], : window.shape[1]]
    base = np.stack([down.ravel(), right.ravel(), np.ones(window.size)], -1)
    plane = np.linalg.lstsq(base, window.ravel(), rcond=None)[0]
    return np.sqrt(np.mean((window.ravel() - base @ plane) ** 2))


@pytest.mark.parametrize("half", [1, 2, 4])
def test_it_is_what_least_squares_leave(half):
    heights = rough((25, 31), 6, 500.0) + 4000.0
    values = roughness_map(polar(heights), 200.0 * half).values
    for i, j in ((half, half), (12, 20), (24 - half, 30 - half)):
        assert values[i, j] == pytest.approx(rms_by_least_squares(heights, i, j, half), abs=ROUGHNESS_M)
    assert np.isnan(values[:half]).all()
    assert np.isnan(values[:, -half:]).all()
    assert not np.isnan(values[half:-half, half:-half]).any()


def test_slopes_are_not_roughness():
    values = roughness_map(of_function(lambda x, y: 0.3 * x + 0.2 * y)).values
    assert np.nanmax(values) < ROUGHNESS_M


def test_noise_of_one_metre_is_a_metre_rough():
    """Less three of the 81 numbers in a window, which the plane takes."""
    noise = np.random.default_rng(1).normal(0.0, 1.0, (300, 300))
    values = roughness_map(polar(noise), 800.0).values.astype(float)
    assert np.nanmean(values**2) == pytest.approx(78.0 / 81.0, abs=0.03)  # 9e4 samples in windows of 81: 1.4 %


def test_blocks_make_no_difference(monkeypatch):
    heights = rough((60, 20), 2, 100.0)
    whole = roughness_map(polar(heights)).values
    monkeypatch.setattr("lunarplan.terrain.dem._BLOCK_PIXELS", 20 * 7)
    np.testing.assert_allclose(roughness_map(polar(heights)).values, whole, atol=ROUGHNESS_M)


def test_a_hole_leaves_no_roughness_about_it():
    heights = rough((20, 20), 2)
    heights[10, 10] = np.nan
    gone = np.isnan(roughness_map(polar(heights), 400.0).values)[2:-2, 2:-2]
    assert gone.sum() == 25


def test_it_says_what_it_is_of():
    found = roughness_map(polar(rough((20, 20))))
    assert (found.baseline_m, found.unit) == (400.0, "m")
    assert found.caution is not None
    assert roughness_map(polar(rough((20, 20)), 5.0)).caution is None


@pytest.mark.parametrize("window", [50.0, 100.0, 300.0, 4000.0, float("nan"), -200.0])
def test_windows_that_do_not_fit_are_refused(window):
    with pytest.raises(InputError):
        roughness_map(polar(rough((20, 20))), window)


def test_degrees_are_no_metres():
    with pytest.raises(InputError, match="not conformal"):
        roughness_map(lat_lon(rough((90, 180))))
