import builtins
import math
import pickle
import shutil
import tracemalloc
import warnings

import numpy as np
import pytest
import rasterio
from rasterio import warp

from lunarplan.errors import DataError, InputError
from lunarplan.io.dem import RasterHeights, read_dem
from lunarplan.model import data
from lunarplan.terrain.packaged import GLOBAL_4PPD, SOUTH_POLE_1KM, global_4ppd, south_pole_1km
from lunarplan.terrain.projection import MOON_RADIUS_M, Equirectangular, Grid, Stereographic
from lunarplan.terrain.statistics import slope_summary
from tests.terrain.ground import rough
from tests.tolerances import DECIMATED_4PPD_M, DECIMATED_SHIFT_PIXELS, MAP_VS_PROJ_M, RESAMPLED_M, ROUND_TRIP_DEG

SOUTH = "IAU_2015:30135"
MOON = f"+R={MOON_RADIUS_M} +units=m"


def from_origin(west, north, width, height):
    """rasterio's own of this name multiplies matrices in a way that is going out of use, and warns."""
    return rasterio.Affine(width, 0.0, west, 0.0, -height, north)


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a raster and returns its path."""

    def made(heights, crs=SOUTH, transform=None, name="dem.tif", bands=1, tags=None, scale=None, unit=None, **profile):
        heights = np.asarray(heights)
        rows, columns = heights.shape
        path = tmp_path / name
        transform = transform or from_origin(-500.0 * columns, 500.0 * rows, 1000.0, 1000.0)
        profile = {"driver": "GTiff", "dtype": heights.dtype, **profile}
        if transform == rasterio.Affine.identity():
            warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", height=rows, width=columns, count=bands, crs=crs, transform=transform, **profile
        ) as file:
            for band in range(1, bands + 1):
                file.write(heights, band)
            file.update_tags(**(tags or {}))
            if scale:
                file.scales, file.offsets = [scale[0]] * bands, [scale[1]] * bands
            if unit:
                file.units = [unit] * bands
        return path

    return made


# ---------------------------------------------------------------- what is read


def test_a_geotiff_as_it_was_written(write):
    heights = rough((30, 40))
    dem = read_dem(write(heights, tags={"SOURCE": "an instrument"}))
    np.testing.assert_array_equal(dem.heights_m, heights)
    assert dem.grid == Grid(Stereographic(-90.0), -19_500.0, 14_500.0, 1000.0, (30, 40))
    assert (dem.name, dem.source) == ("dem", "an instrument")
    assert dem.sha256 == data.sha256(data.readable(write(heights, tags={"SOURCE": "an instrument"})))


@pytest.mark.parametrize(
    ("crs", "projection"),
    [
        (SOUTH, Stereographic(-90.0)),
        ("IAU_2015:30130", Stereographic(90.0)),
        (f"+proj=stere +lat_0=-84 +lon_0=59 {MOON}", Stereographic(-84.0, 59.0)),
        (f"+proj=sterea +lat_0=12 +lon_0=-30 +k=0.99 {MOON}", Stereographic(12.0, -30.0, 0.99)),
        (
            f"+proj=stere +lat_0=-90 +lon_0=30 +lat_ts=-80 {MOON}",
            Stereographic(-90.0, 30.0, 0.5 * (1 + math.sin(math.radians(80)))),
        ),
        (f"+proj=eqc +lat_ts=20 +lon_0=180 {MOON}", Equirectangular(180.0, 20.0)),
        (f"+proj=eqc +lat_0=10 +lon_0=180 {MOON}", Equirectangular(180.0)),
        (f"+proj=stere +lat_0=-84 +lon_0=59 +x_0=2000 +y_0=-3000 {MOON}", Stereographic(-84.0, 59.0)),
        (f"+proj=stere +lat_0=-84 +lon_0=59 +x_0=2000 +R={MOON_RADIUS_M} +units=km", Stereographic(-84.0, 59.0)),
    ],
)
def test_pixels_are_where_proj_puts_them(write, crs, projection):
    km = "units=km" in crs
    side = 1.0 if km else 1000.0
    path = write(rough((30, 40)), crs, from_origin(-20 * side, 15 * side, side, side))
    dem = read_dem(path)
    assert dem.grid.projection == projection
    with rasterio.open(path) as file:
        i, j = np.meshgrid(np.arange(30), np.arange(40), indexing="ij")
        x, y = rasterio.transform.xy(file.transform, i.ravel(), j.ravel())
        longitude, latitude = warp.transform(file.crs, f"+proj=longlat +R={MOON_RADIUS_M}", x, y)
    mine = dem.grid.centers_deg()
    off = np.hypot(
        np.subtract(latitude, mine[0].ravel()),
        np.cos(np.radians(latitude)) * ((np.subtract(longitude, mine[1].ravel()) + 180) % 360 - 180),
    )
    assert np.radians(off.max()) * MOON_RADIUS_M < MAP_VS_PROJ_M


def test_degrees(write):
    heights = rough((18, 36))
    dem = read_dem(write(heights, "IAU_2015:30100", from_origin(-180.0, 90.0, 10.0, 10.0)))
    assert dem.grid.wraps
    assert dem.grid.reaches_poles == (True, True)
    assert dem.height_m(85.0, -175.0) == dem.height_m(85.0, 185.0) == heights[0, 0]
    part = read_dem(write(heights, "IAU_2015:30100", from_origin(30.0, -70.0, 0.5, 0.5)))
    assert part.height_m(-70.25, 30.25) == heights[0, 0]


def test_the_pds_pair_of_lola(tests_only):
    """By the label alone, with numpy: heights are half the integers, from 90 N down and from 0 E on."""
    numbers = np.fromfile(tests_only("LDEM_4.IMG"), "<i2").reshape(720, 1440)
    dem = read_dem(tests_only("LDEM_4.LBL"))
    np.testing.assert_array_equal(dem.heights_m, 0.5 * numbers)
    assert dem.grid.wraps
    assert dem.grid.reaches_poles == (True, True)
    assert dem.height_m(89.875, 0.125) == 0.5 * numbers[0, 0]
    assert dem.height_m(-0.125, -0.125) == 0.5 * numbers[360, -1]
    assert dem.source == "LRO-L-LOLA-4-GDR-V1.0"
    image = read_dem(tests_only("LDEM_4.IMG"))
    np.testing.assert_array_equal(image.heights_m, dem.heights_m)
    assert image.sha256 == dem.sha256 == data.sha256(tests_only("LDEM_4.IMG"))


def test_the_pds_pair_lies_on_the_packaged_model(tests_only):
    """The packaged one is means of LDEM_16, LDEM_4 as published is thinned out of it: alike, and in the same place."""
    thin = read_dem(tests_only("LDEM_4.IMG")).heights_m.astype(float)[100:620]
    means = global_4ppd().heights_m.astype(float)
    down, right = (g[100:620].ravel() for g in np.gradient(means))
    off = (thin - means[100:620]).ravel()
    assert off.std() < DECIMATED_4PPD_M
    shift = np.linalg.lstsq(np.stack([down, right, np.ones(off.size)], -1), off, rcond=None)[0]
    assert np.abs(shift[:2]).max() < DECIMATED_SHIFT_PIXELS
    assert abs(shift[2]) < 1.0  # metres; heights are whole ones in one, half ones in the other


def test_a_jpeg2000(write):
    heights = rough((64, 64)).astype(np.int16)
    dem = read_dem(write(heights, driver="JP2OpenJPEG", name="dem.jp2", QUALITY="100", REVERSIBLE="YES"), unit="m")
    np.testing.assert_array_equal(dem.heights_m, heights)
    assert dem.grid.projection == Stereographic(-90.0)


_POLAR_LABEL = """PDS_VERSION_ID = "PDS3"
DATA_SET_ID = "LRO-L-LOLA-4-GDR-V1.0"
TARGET_NAME = MOON
OBJECT = UNCOMPRESSED_FILE
FILE_NAME = "POLAR.IMG"
RECORD_TYPE = FIXED_LENGTH
FILE_RECORDS = 40
RECORD_BYTES = 160
^IMAGE = "POLAR.IMG"
  OBJECT = IMAGE
    NAME = HEIGHT
    LINES = 40
    LINE_SAMPLES = 40
    SAMPLE_TYPE = PC_REAL
    SAMPLE_BITS = 32
    UNIT = KILOMETER
    SCALING_FACTOR = 1
    OFFSET = 1737.4
  END_OBJECT = IMAGE
END_OBJECT = UNCOMPRESSED_FILE
OBJECT = IMAGE_MAP_PROJECTION
 MAP_PROJECTION_TYPE = "POLAR STEREOGRAPHIC"
 A_AXIS_RADIUS = 1737.4 <km>
 B_AXIS_RADIUS = 1737.4 <km>
 C_AXIS_RADIUS = 1737.4 <km>
 POSITIVE_LONGITUDE_DIRECTION = "EAST"
 CENTER_LATITUDE = -90 <deg>
 CENTER_LONGITUDE = 0 <deg>
 LINE_PROJECTION_OFFSET = 19.5 <pix>
 SAMPLE_PROJECTION_OFFSET = 19.5 <pix>
 MAP_PROJECTION_ROTATION = 0.0
 MAP_SCALE = 20 <m/pix>
END_OBJECT = IMAGE_MAP_PROJECTION
END
"""


def test_a_geotiff_beside_a_label_speaks_for_itself(write, tests_only):
    """Made of the image, in metres: what the integers of the image count is none of its business."""
    heights = rough((30, 30))
    path = write(heights, name="LDEM_4.tif")
    shutil.copy(tests_only("LDEM_4.LBL"), path.parent)
    np.testing.assert_array_equal(read_dem(path).heights_m, heights)


@pytest.mark.parametrize("off", [1.0, 1.0 + 2e-5, 1.0 - 2e-5])
def test_pixels_a_degree_are_whole_where_labels_round_metres(write, off):
    """29.612 for 29.61265 m puts the last of 368,640 columns 8 pixels off."""
    pixel = math.radians(0.5) * MOON_RADIUS_M * off
    path = write(
        rough((360, 720)), f"+proj=eqc +lon_0=180 {MOON}", from_origin(-360 * pixel, 180 * pixel, pixel, pixel)
    )
    grid = read_dem(path).grid
    assert grid.wraps
    assert grid.reaches_poles == (True, True)
    assert np.allclose(grid.lat_lon_deg(359, 719), (-89.75, -0.25), rtol=0.0, atol=ROUND_TRIP_DEG)


def test_other_pixels_are_left_as_they_are(write):
    path = write(rough((360, 720)), f"+proj=eqc +lon_0=180 {MOON}", from_origin(-3.6e6, 1.8e6, 10_000.0, 10_000.0))
    assert read_dem(path).grid == Grid(Equirectangular(180.0), -3.595e6, 1.795e6, 10_000.0, (360, 720))


def test_a_label_that_does_not_say_what_integers_count_is_not_enough(tests_only, tmp_path):
    shutil.copy(tests_only("LDEM_4.IMG"), tmp_path)
    label = tests_only("LDEM_4.LBL").read_text().replace("SCALING_FACTOR        =", "SCALING               =")
    (tmp_path / "LDEM_4.LBL").write_text(label.replace("    OFFSET                =", "    OFFS                  ="))
    with pytest.raises(InputError, match="neither file nor label say what they count"):
        read_dem(tmp_path / "LDEM_4.LBL")
    half = read_dem(tmp_path / "LDEM_4.LBL", unit=0.5)
    np.testing.assert_array_equal(half.heights_m, read_dem(tests_only("LDEM_4.LBL")).heights_m)


def test_a_polar_pds_pair_of_kilometres(tmp_path):
    """As LOLA's polar products in floats: the pole is in the middle, between pixels; metres a pixel are exact."""
    heights = rough((40, 40))
    (heights / np.float32(1000.0)).astype("<f4").tofile(tmp_path / "POLAR.IMG")
    (tmp_path / "POLAR.LBL").write_text(_POLAR_LABEL)
    dem = read_dem(tmp_path / "POLAR.IMG")
    assert dem.grid == Grid(Stereographic(-90.0), -390.0, 390.0, 20.0, (40, 40))
    np.testing.assert_allclose(dem.heights_m, heights, atol=RESAMPLED_M)


def test_a_jpeg2000_of_lola_is_half_metres(write, tests_only):
    """As the archive has them: integers alone, and a label of another name that says what they count."""
    numbers = (2.0 * rough((64, 64))).astype(np.int16)
    path = write(numbers, driver="JP2OpenJPEG", name="LDEM_80S_9KM.JP2", QUALITY="100", REVERSIBLE="YES")
    with pytest.raises(InputError, match=r"neither file nor label say what they count.*unit=0\.5"):
        read_dem(path)
    np.testing.assert_array_equal(read_dem(path, unit=0.5).heights_m, 0.5 * numbers)
    label = path.with_name("LDEM_80S_9KM_JP2.LBL")
    label.write_bytes(tests_only("LDEM_4.LBL").read_bytes())
    np.testing.assert_array_equal(read_dem(path).heights_m, 0.5 * numbers)
    label.write_text("SCALING_FACTOR = half\nUNIT = METER\n")
    with pytest.raises(InputError, match="neither file nor label"):
        read_dem(path)
    label.write_text("SCALING_FACTOR = 0.0005\nOFFSET = 1737.4\nUNIT = KILOMETER\n")
    np.testing.assert_allclose(read_dem(path).heights_m, 0.5 * numbers, atol=RESAMPLED_M)


# ---------------------------------------------------------------- radius or height, metres or kilometres


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (lambda h: h, {}),
        (lambda h: MOON_RADIUS_M + h.astype(float), {}),
        (lambda h: MOON_RADIUS_M / 1000.0 + h.astype(float) / 1000.0, {"quantity": "radius", "unit": "km"}),
        (lambda h: MOON_RADIUS_M / 1000.0 + h.astype(float) / 1000.0, {"quantity": "radius"}),
        (lambda h: h.astype(float) / 1000.0, {"unit": "km"}),
    ],
)
def test_heights_come_out_whatever_the_numbers_are(write, numbers, said):
    heights = rough((30, 30))
    dem = read_dem(write(numbers(heights)), **said)
    np.testing.assert_allclose(dem.heights_m, heights, atol=RESAMPLED_M)


def test_integers_with_scale_and_offset_are_radii(write):
    numbers = (rough((30, 30)) * 2.0).astype(np.int16)
    dem = read_dem(write(numbers, scale=(0.5, MOON_RADIUS_M)))
    np.testing.assert_array_equal(dem.heights_m, 0.5 * numbers)
    kilometres = read_dem(write(numbers, scale=(0.0005, MOON_RADIUS_M / 1000.0), unit="km"))
    np.testing.assert_allclose(kilometres.heights_m, 0.5 * numbers, atol=RESAMPLED_M)


@pytest.mark.parametrize("level", [0.0, 1737.4])
def test_kilometres_nobody_mentioned_are_asked_about(write, level):
    path = write(level + rough((200, 200)).astype(float) / 1000.0)
    with pytest.raises(InputError, match=r"metres or kilometres\?.*unit='m' or unit='km'"):
        read_dem(path)


def test_a_plain_that_is_really_flat_can_be_declared(write):
    path = write(np.full((50, 50), 3.0, np.float32))
    with pytest.raises(InputError, match="metres or kilometres"):
        read_dem(path)
    assert read_dem(path, unit="m").height_m(-90.0, 0.0) == 3.0


# ---------------------------------------------------------------- nodata


def test_nodata_is_nan(write):
    heights = rough((30, 30))
    heights[3, 4], heights[5, 6] = -9999.0, np.nan
    declared, silent = write(heights, nodata=-9999.0, name="declared.tif"), write(heights, name="silent.tif")
    for dem in (read_dem(declared), read_dem(silent, nodata=-9999.0)):
        assert np.isnan(dem.heights_m[3, 4])
        assert np.isnan(dem.heights_m[5, 6])
        assert np.isnan(dem.heights_m).sum() == 2


@pytest.mark.parametrize("lost", [-9999.0, -32768.0, -3.4028234663852886e38, 65535.0])
def test_nodata_nobody_declared_is_no_height(write, lost):
    heights = rough((30, 30))
    heights[3, 4] = lost
    path = write(heights)
    with pytest.raises(DataError, match=r"a pixel of .* km high.*nodata="):
        read_dem(path)
    assert np.isnan(read_dem(path, nodata=float(np.float32(lost))).heights_m[3, 4])


def test_a_file_of_nothing_is_refused(write):
    with pytest.raises(DataError, match="no pixel has data"):
        read_dem(write(np.full((5, 5), np.nan, np.float32)))


# ---------------------------------------------------------------- larger than memory


def test_a_file_read_on_demand_is_the_same_ground(write):
    heights = rough((300, 500))
    path = write(heights, tiled=True, blockxsize=64, blockysize=64)
    here, there = read_dem(path), read_dem(path, in_memory=False)
    assert isinstance(there.heights_m, RasterHeights)
    assert there.fingerprint == here.fingerprint
    latitude, longitude = here.grid.lat_lon_deg([3.3, 150.0, 298.9], [499.0, 0.4, 250.5])
    assert there.height_m(latitude, longitude).tolist() == here.height_m(latitude, longitude).tolist()
    np.testing.assert_array_equal(there.coarser(7).heights_m, here.coarser(7).heights_m)
    np.testing.assert_array_equal(there.region(-90.0, 0.0, 9000.0).heights_m, here.region(-90.0, 0.0, 9000.0).heights_m)
    assert there.in_memory().fingerprint == here.fingerprint
    assert there.heights_m[5:5, 3:9].shape == (0, 6)
    assert pickle.loads(pickle.dumps(there)).height_m(-90.0, 0.0) == here.height_m(-90.0, 0.0)


def test_a_file_read_on_demand_is_never_in_memory(write, monkeypatch):
    heights = rough((3000, 2000), relief_m=200.0)
    path = write(heights, tiled=True, blockxsize=256, blockysize=256)
    monkeypatch.setattr("lunarplan.terrain.dem._BLOCK_PIXELS", 1 << 15)
    dem = read_dem(path, in_memory=False)
    tracemalloc.start()
    found = slope_summary(dem)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.count == 2998 * 1998
    assert peak < heights.nbytes / 4


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("crs", "message"),
    [
        ("EPSG:4326", r"of the Earth \(WGS84\).*allowed: the Moon.*give terrain of the Moon"),
        ("EPSG:3031", "of the Earth"),
        ("IAU_2015:49900", r"of Mars \(radius 3396\.19 km\).*give terrain of the Moon"),
        ("+proj=stere +lat_0=-90 +R=3396190", "of Mars"),
        ("+proj=longlat +a=1738100 +b=1736000", r"1738\.1 x 1736 km.*gdalwarp"),
        ("+proj=stere +lat_0=-90 +R=1738000", "the Moon with another radius .*gdalwarp"),
        ("+proj=longlat +R=252100", r"a body of radius 252\.1 km"),
        (f"+proj=ortho +lat_0=-90 {MOON}", "the map 'ortho'.*stereographic.*gdalwarp"),
        (f"+proj=longlat +R={MOON_RADIUS_M} +pm=10", "longitudes from 10"),
    ],
)
def test_other_bodies_and_maps_are_refused(write, crs, message):
    degrees = "longlat" in crs or crs in ("EPSG:4326", "IAU_2015:49900")
    transform = from_origin(10.0, 20.0, 0.1, 0.1) if degrees else None
    path = write(rough((30, 30)), crs, transform)
    with pytest.raises(InputError, match=message) as caught:
        read_dem(path)
    assert str(path) in str(caught.value)


def test_a_missing_coordinate_system_can_be_declared(write):
    heights = rough((30, 30))
    path = write(heights, crs=None)
    with pytest.raises(InputError, match=r"no coordinate system; declare it: crs=Stereographic\(-90"):
        read_dem(path)
    for crs in (Stereographic(-90.0), SOUTH):
        dem = read_dem(path, crs=crs)
        assert dem.grid == Grid(Stereographic(-90.0), -14_500.0, 14_500.0, 1000.0, (30, 30))
    with pytest.raises(InputError, match=r"crs 'polar' is not known"):
        read_dem(path, crs="polar")
    with pytest.raises(InputError, match="of Mars"):
        read_dem(path, crs="IAU_2015:49935")


def test_a_raster_without_any_place_can_be_given_one(write):
    path = write(rough((20, 30)), crs=None, transform=rasterio.Affine.identity())
    with pytest.raises(InputError, match=r"does not say where its pixels are; declare it: crs=Grid"):
        read_dem(path)
    grid = Grid(Stereographic(-90.0), 0.0, 0.0, 50.0, (20, 30))
    assert read_dem(path, crs=grid).grid == grid
    with pytest.raises(InputError, match=r"grid of \(30, 20\) pixels for a raster of \(20, 30\)"):
        read_dem(path, crs=Grid(Stereographic(-90.0), 0.0, 0.0, 50.0, (30, 20)))


@pytest.mark.parametrize(
    ("transform", "crs", "message"),
    [
        (rasterio.Affine(100.0, 5.0, 0.0, 0.0, -100.0, 0.0), SOUTH, "square, north up"),
        (rasterio.Affine(100.0, 0.0, 0.0, 0.0, 100.0, 0.0), SOUTH, "square, north up"),
        (rasterio.Affine(100.0, 0.0, 0.0, 0.0, -50.0, 0.0), SOUTH, "pixels of 100 x -50"),
        (
            from_origin(-88.0, 123.0, 0.1, 0.1),
            "IAU_2015:30100",
            r"rows run from latitude 120.05 to 122.95 deg .*mixed up",
        ),
        (from_origin(0.0, 5e5, 100.0, 100.0), "IAU_2015:30100", "rows run from latitude"),
    ],
)
def test_pixels_that_are_not_square_or_not_on_the_moon_are_refused(write, transform, crs, message):
    with pytest.raises(InputError, match=message):
        read_dem(write(rough((30, 30)), crs, transform))


def test_bands_have_to_be_chosen(write):
    heights = rough((30, 30))
    path = write(heights, bands=3)
    with pytest.raises(InputError, match=r"has 3 bands \(allowed: 1, 2, 3\); say which with band="):
        read_dem(path)
    np.testing.assert_array_equal(read_dem(path, band=2).heights_m, heights)
    with pytest.raises(InputError, match=r"band 4 \(allowed: 1 to 3\)"):
        read_dem(path, band=4)


def test_words_that_mean_nothing_are_refused(write):
    path = write(rough((30, 30)))
    with pytest.raises(InputError, match="quantity: 'depth'"):
        read_dem(path, quantity="depth")
    with pytest.raises(InputError, match="unit: 'feet'"):
        read_dem(path, unit="feet")
    with pytest.raises(InputError, match=r"unit: 0\.0"):
        read_dem(path, unit=0.0)
    with pytest.raises(InputError, match="nodata: 'none'"):
        read_dem(path, nodata="none")
    with pytest.raises(InputError, match="complex"):
        read_dem(write(np.zeros((5, 5), np.complex64)))


@pytest.mark.parametrize("keep", [0, 10, 1000, 200_000])
def test_truncated_files_are_told(tmp_path, keep):
    path = tmp_path / "short.tif"
    path.write_bytes(data.packaged(SOUTH_POLE_1KM).read_bytes()[:keep])
    with pytest.raises(DataError, match="is damaged or no raster"):
        read_dem(path)


def test_a_truncated_pds_image_is_told(tests_only, tmp_path):
    shutil.copy(tests_only("LDEM_4.LBL"), tmp_path)
    (tmp_path / "LDEM_4.IMG").write_bytes(tests_only("LDEM_4.IMG").read_bytes()[:1_000_000])
    with pytest.raises(DataError):
        read_dem(tmp_path / "LDEM_4.LBL")
    (tmp_path / "LDEM_4.IMG").unlink()
    with pytest.raises(DataError):
        read_dem(tmp_path / "LDEM_4.LBL")


def test_an_image_without_its_label_is_told(tests_only, tmp_path):
    shutil.copy(tests_only("LDEM_4.IMG"), tmp_path)
    with pytest.raises(DataError, match="PDS3 label beside its image"):
        read_dem(tmp_path / "LDEM_4.IMG")


@pytest.mark.parametrize("content", [b"", b"height,latitude\n1,2\n", b"\x89PNG\r\n\x1a\n", b"II*\x00" + b"\xff" * 60])
def test_what_is_no_raster_is_told(tmp_path, content):
    path = tmp_path / "heights.tif"
    path.write_bytes(content)
    with pytest.raises(DataError, match="is damaged or no raster"):
        read_dem(path)


def test_missing_files_are_told(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_dem(tmp_path / "nothing.tif")
    with pytest.raises(InputError, match="is not a path"):
        read_dem(None)
    with pytest.raises(DataError, match="no such file"):
        read_dem(tmp_path)


def test_without_rasterio_the_remedy_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **named):
        if name.startswith("rasterio"):
            raise ImportError(name)
        return real(name, *arguments, **named)

    path = data.packaged(GLOBAL_4PPD)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"needs rasterio; pip install lunarplan\[terrain\]"):
        read_dem(path)
    packaged = south_pole_1km.__wrapped__()  # the terrain that comes along needs none
    assert packaged.height_m(-90.0, 0.0) == south_pole_1km().height_m(-90.0, 0.0)
