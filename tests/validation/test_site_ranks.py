"""The best-lit places of the south, ranked and measured as published.

Published, each with a terrain model and a convention of its own:

* Connecting Ridge: best point 89 % (Mazarico et al. 2011, 240 m); 92.27 % at 2 m and 95.65 % at 10 m over the ground
  (Glaser et al. 2014, 20 m, a year from October 2018)
* Peak near Shackleton (the place of Chang'e-7): 86 % of 2020 (Bussey et al. 2010, Kaguya)
* Order: Connecting Ridge before the rim of Shackleton before Malapert

The terrain here is much coarser. What it does: docs/landing-sites.md, whose table is this file's.
"""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from lunarplan.io.dem import read_dem
from lunarplan.sites.evidence import RegionEvidence
from lunarplan.sites.region import region
from lunarplan.sites.setting import Setting
from lunarplan.sites.span import span_tdb
from lunarplan.terrain.nested import Terrain
from tests.tolerances import PUBLISHED_LIGHT_PERCENT

PLACES = {
    "Connecting Ridge": (-89.45, -137.31),
    "Shackleton rim": (-89.78, -155.73),
    "Chang'e-7": (-88.8, 123.4),
    "Malapert": (-85.9919, 2.0564),
}
ORDER = ("Connecting Ridge", "Shackleton rim", "Malapert")
HALF_WIDTH_KM = 4.0
DOCS = Path(__file__).resolve().parents[2] / "docs" / "landing-sites.md"
MODELS = ("packaged, 1 km", "LOLA, 500 m")


@pytest.fixture
def terrain(request: pytest.FixtureRequest, tests_only: object) -> Terrain:
    if request.param == MODELS[0]:
        return Terrain.packaged()
    pytest.importorskip("rasterio")
    return _fine(tests_only("moon_southpole_80S_500m.tif"))  # type: ignore[operator]


@cache
def _fine(path: Path) -> Terrain:
    return Terrain([read_dem(path), *Terrain.packaged().dems])


def _best(terrain: Terrain, name: str, height_m: float, convention: str) -> float:
    """The best of the pixels within some km, per cent."""
    latitude, longitude = PLACES[name]
    grid = region(f"{latitude},{longitude},{HALF_WIDTH_KM}").grid(terrain)
    start, end = span_tdb("2028-01-01", "2029-12-31")
    evidence = RegionEvidence(grid, start, end, Setting(terrain=terrain, observer_height_m=height_m))
    return float(np.nanmax(getattr(evidence, convention)))


@pytest.mark.parametrize("terrain", MODELS, indirect=True)
@pytest.mark.parametrize("height_m", [2.0, 10.0])
def test_the_order_is_the_published_one(terrain: Terrain, height_m: float) -> None:
    light = [_best(terrain, name, height_m, "illumination_percent") for name in ORDER]
    assert light == sorted(light, reverse=True)
    assert light[0] > light[1] + 1.0  # and not by chance


@pytest.mark.parametrize("terrain", MODELS, indirect=True)
@pytest.mark.parametrize(
    ("name", "height_m", "published"),
    [("Connecting Ridge", 2.0, 92.27), ("Connecting Ridge", 10.0, 95.65), ("Chang'e-7", 2.0, 86.0)],
)
def test_the_best_pixel_has_the_published_light(terrain: Terrain, name: str, height_m: float, published: float) -> None:
    assert _best(terrain, name, height_m, "illumination_percent") == pytest.approx(
        published, abs=PUBLISHED_LIGHT_PERCENT
    )


@pytest.mark.parametrize(("terrain", "column"), [(MODELS[0], 0), (MODELS[1], 1)], indirect=["terrain"])
def test_the_table_of_the_docs_is_what_is_computed(terrain: Terrain, column: int) -> None:
    rows = re.findall(
        r"^\| ([^|]+?) \| (\d+) m \| ([\d.]+) \| ([\d.]+) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(rows) == 2 * len(PLACES)
    for name, height, *told in rows:
        assert _best(terrain, name, float(height), "illumination_percent") == pytest.approx(
            float(told[column]), abs=0.051
        )
