import subprocess
import sys

import numpy as np
import pytest
import rasterio

from lunarplan.errors import DataError
from lunarplan.io.dem import read_dem
from lunarplan.model import data
from lunarplan.terrain import packaged
from tests.tolerances import EXTREME_DEG


def test_both_models_are_read_as_gdal_reads_them():
    for dem, name in (
        (packaged.south_pole_1km(), packaged.SOUTH_POLE_1KM),
        (packaged.global_4ppd(), packaged.GLOBAL_4PPD),
    ):
        with rasterio.open(data.packaged(name)) as file:
            np.testing.assert_array_equal(dem.heights_m, file.read(1))


def test_their_grids_are_those_the_files_state():
    for dem, name in (
        (packaged.south_pole_1km(), packaged.SOUTH_POLE_1KM),
        (packaged.global_4ppd(), packaged.GLOBAL_4PPD),
    ):
        assert read_dem(data.packaged(name)).grid == dem.grid
        assert dem.sha256 == data.SHA256[name]


def test_the_moon_has_its_highest_and_lowest_places():
    """LROC, 2010-10-27: 5.4125 N 201.3665 E; Kaguya: 70.43 S 187.42 E, in Antoniadi."""
    dem = packaged.global_4ppd()
    i, j = np.unravel_index(np.argmax(dem.heights_m), dem.grid.shape)
    latitude, longitude = (float(a) for a in dem.grid.lat_lon_deg(i, j))
    assert latitude == pytest.approx(5.4125, abs=EXTREME_DEG)
    assert longitude % 360.0 == pytest.approx(201.3665, abs=EXTREME_DEG)
    i, j = np.unravel_index(np.argmin(dem.heights_m), dem.grid.shape)
    latitude, longitude = (float(a) for a in dem.grid.lat_lon_deg(i, j))
    assert latitude == pytest.approx(-70.43, abs=EXTREME_DEG)
    assert longitude % 360.0 == pytest.approx(187.42, abs=EXTREME_DEG)


def test_a_damaged_model_is_not_read(monkeypatch, tmp_path):
    monkeypatch.setitem(data.SHA256, packaged.GLOBAL_4PPD, "0" * 64)
    monkeypatch.setattr(data, "_verified", {})
    with pytest.raises(DataError, match="SHA-256"):
        packaged.global_4ppd.__wrapped__()


def test_nothing_heavy_is_imported_before_it_is_used():
    code = "import sys, lunarplan.terrain.nested; print({'rasterio', 'tifffile', 'matplotlib'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
