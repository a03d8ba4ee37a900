import os
import threading

import numpy as np
import pytest
import rasterio

from lunarplan.errors import DataError
from lunarplan.io.dem import read_dem
from lunarplan.io.rasters import kept_open
from tests.terrain.ground import rough


def write(path, heights):
    rows, columns = heights.shape
    transform = rasterio.Affine(100.0, 0.0, -50.0 * columns, 0.0, -100.0, 50.0 * rows)
    profile = {
        "driver": "GTiff",
        "height": rows,
        "width": columns,
        "count": 1,
        "dtype": "float32",
        "transform": transform,
    }
    with rasterio.open(path, "w", crs="IAU_2015:30135", tiled=True, blockxsize=64, blockysize=64, **profile) as file:
        file.write(heights, 1)
    return path


def test_a_file_stays_open_and_others_make_room(tmp_path):
    paths = [write(tmp_path / f"{n}.tif", rough((70, 70), n)) for n in range(6)]
    with kept_open(paths[0]) as first:
        pass
    with kept_open(paths[0]) as again:
        assert again is first
    for path in paths[1:]:
        with kept_open(path) as file:
            assert not file.closed
    assert first.closed


def test_a_file_that_has_changed_is_read_anew(tmp_path):
    path = write(tmp_path / "dem.tif", rough((70, 70), 1))
    dem = read_dem(path, in_memory=False)
    before = dem.height_m(-90.0, 0.0)
    write(path, rough((70, 70), 2))
    os.utime(path, ns=(1, 1))
    assert dem.height_m(-90.0, 0.0) == read_dem(path).height_m(-90.0, 0.0) != before
    path.unlink()
    with pytest.raises(DataError, match="no such file"):
        dem.height_m(-90.0, 0.0)


def test_threads_read_one_file_at_once(tmp_path):
    heights = rough((700, 700))
    dem = read_dem(write(tmp_path / "dem.tif", heights), in_memory=False)
    wrong = []

    def check(seed):
        rng = np.random.default_rng(seed)
        for i, j in rng.integers(0, 600, (200, 2)):
            if not np.array_equal(dem.block(slice(i, i + 90), slice(j, j + 90)), heights[i : i + 90, j : j + 90]):
                wrong.append((i, j))

    threads = [threading.Thread(target=check, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
