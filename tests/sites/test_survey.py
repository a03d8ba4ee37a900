"""Surveys: rasters of margins that are the verdicts of their pixels, and a ranking that keeps its distance."""

import json
from pathlib import Path

import numpy as np
import pytest

from lunarplan import InputError, Setting, Terrain, criteria, survey
from lunarplan.io.netcdf import read_netcdf
from lunarplan.sites.criterion import AtMost, Unknown, criterion
from lunarplan.sites.survey import Survey
from lunarplan.terrain.arcs import distance_m, unit_vectors
from tests.sites.made import cone, square
from tests.tolerances import SURVEY_PERCENT

SPAN = ("2028-01-01", "2028-03-31")
HEIGHT = criterion("height", lambda evidence: evidence.height_m, unit="m", at_least=1900.0, scale=100.0)
WEST = criterion("west", lambda evidence: evidence.longitude_deg, unit="deg", at_most=0.0)


@pytest.fixture(scope="module")
def heights() -> Survey:
    return survey(square(), [HEIGHT, WEST], *SPAN, Setting(terrain=cone()), apart_km=1.0, count=5)


def test_margins_are_those_of_the_criteria(heights: Survey) -> None:
    data = heights.dataset
    assert data["margin"].values[0] == pytest.approx(data["height"].values - 1900.0)
    expected = np.minimum(data["margin"].values[0] / 100.0, data["margin"].values[1])
    inside = data["status"].values > -2
    assert data["overall"].values[inside] == pytest.approx(expected[inside])
    assert np.array_equal(data["status"].values[inside] == 1, expected[inside] >= 0.0)
    assert np.isnan(data["overall"].values[~inside]).all()
    assert sum(heights.counts.values()) == inside.sum() == 41 * 41 - (~inside).sum()


def test_the_best_come_first_and_keep_their_distance(heights: Survey) -> None:
    best = heights.best
    assert [spot.rank for spot in best] == [1, 2, 3, 4, 5]
    assert [spot.status for spot in best] == sorted([spot.status for spot in best], key=len)
    feasible = [spot.overall for spot in best if spot.status == "feasible"]
    assert feasible == sorted(feasible, reverse=True)
    vectors = unit_vectors(*np.array([(spot.latitude_deg, spot.longitude_deg) for spot in best]).T)
    apart = [distance_m(a, b) for k, a in enumerate(vectors) for b in vectors[:k]]
    assert min(apart) >= 1000.0
    data = heights.dataset
    assert best[0].overall == np.nanmax(np.where(data["status"].values == 1, data["overall"].values, np.nan))
    spot = best[0].site("top")
    assert (spot.name, spot.latitude_deg) == ("top", best[0].latitude_deg)


def test_the_same_question_has_the_same_answer(heights: Survey) -> None:
    again = survey(square(), [HEIGHT, WEST], *SPAN, Setting(terrain=cone()), apart_km=1.0, count=5)
    assert again.best == heights.best
    assert again.dataset.identical(heights.dataset)


def test_what_is_not_known_is_not_passed() -> None:
    dark = criterion("dark", lambda _: Unknown("nobody looked"), at_least=1.0)
    found = survey(square(), [HEIGHT, dark], *SPAN, Setting(terrain=cone()))
    counts = found.counts
    assert counts["feasible"] == 0
    assert counts["not decided by this terrain"] > 0
    assert counts["not feasible"] > 0
    assert [row["why"] for row in found.shares()] == ["", "nobody looked"]
    bound = criterion("far", lambda e: AtMost(np.abs(e.longitude_deg), "coarse"), at_most=1.0)
    partly = survey(square(), [bound], *SPAN, Setting(terrain=cone()))
    assert partly.counts["feasible"] > 0
    assert partly.counts["not feasible"] == 0
    assert next(iter(partly.shares()))["why"] == "coarse"


def test_a_night_as_long_as_the_span_may_be_longer() -> None:
    """Two days of midwinter by the pole: who sees no Sun at all passes no limit to nights."""
    night = [one for one in criteria("change-8") if one.name == "longest night"]
    found = survey("-88.8,123.4,5", night, "2028-04-20", "2028-04-21")
    value = found.dataset["value"].values[0]
    assert np.isnan(value).any()
    assert np.nanmax(value) < 2.0
    assert str(found.dataset["why"].values[0]).startswith("cut off by the span")


def test_files_and_json(heights: Survey, tmp_path: Path) -> None:
    read = read_netcdf(heights.to_netcdf(tmp_path / "survey.nc"))
    assert read["margin"].values == pytest.approx(heights.dataset["margin"].values, nan_ok=True)
    assert read.attrs["region"] == "square"
    told = json.loads(json.dumps(heights.to_dict(), allow_nan=False))
    assert told["best"][0]["margins"]["height"] == heights.best[0].margins[0]
    assert sum(told["pixels"].values()) == sum(heights.counts.values())


def test_a_pixel_is_worth_what_a_site_there_is() -> None:
    """Light and links of a region are counted by hours, and its horizons shared by tiles: within some per cent."""
    names = ("average illumination", "Earth in sight")
    asked = [one for one in criteria("change-8") if one.name in names]
    found = survey("-88.8,123.4,2", asked, *SPAN, count=3, apart_km=0.0)
    for spot in found.best:
        verdict = spot.site().feasibility(asked, *SPAN)
        for name, value in zip(names, spot.values, strict=True):
            assert verdict[name].value == pytest.approx(value, abs=SURVEY_PERCENT)


def test_every_quantity_has_a_raster_and_a_number(tmp_path: Path) -> None:
    path = tmp_path / "all.toml"
    days, relay = 'at_most = "90 days"', 'relay = "queqiao-2"'
    asked = {
        "illumination": 'at_least = "1 %"', "illumination_any": 'at_least = "1 %"', "longest_night": days,
        "longest_light": 'at_least = "1 h"', "earth_visibility": 'at_least = "1 %"', "longest_earth_gap": days,
        "sun_and_earth": 'at_least = "1 %"', "longest_sun_and_earth": 'at_least = "1 h"',
        "relay_visibility": f'at_least = "1 %"\n{relay}', "longest_relay_gap": f"{days}\n{relay}",
        "psr_distance": 'at_most = "20 km"', "polar_distance": 'at_most = "10 deg"',
        "cross_range_delta_v": 'at_most = "100 m/s"\naltitude = "100 km"\ninclination = "90 deg"',
        "slope": 'at_most = "60 deg"\nbaseline = "2 km"', "roughness": 'at_most = "2 km"\nbaseline = "4 km"',
        "ellipse_slope": 'at_most = "99 %"\nbaseline = "2 km"\nsteeper_than = "5 deg"\nellipse = ["3 km", "2 km"]',
    }  # fmt: skip
    from lunarplan.sites.quantities import QUANTITIES

    assert set(asked) == set(QUANTITIES)
    text = 'title = "all"\n' + "".join(
        f'[[criterion]]\nquantity = "{name}"\nbasis = "assumption"\nsource = "me"\n{more}\n'
        for name, more in asked.items()
    )
    path.write_text(text)
    found = survey("-88.8,123.4,2", path, *SPAN, count=1)
    assert np.isfinite(found.best[0].values).all()
    verdict = found.best[0].site().feasibility(path, *SPAN)
    assert [judgement.status for judgement in verdict] == ["pass"] * len(asked)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Conecting", "clps", *SPAN), "did you mean"),
        (("Haworth", [], *SPAN), "no criteria"),
        (("Haworth", "nasa", *SPAN), "no criteria named"),
        (("Haworth", "clps", "2028-01-02", "2028-01-01"), "not after the start"),
        (("-88.8,123.4,0.01", "clps", *SPAN), "has no pixel"),
    ],
)
def test_questions_that_cannot_be_answered(arguments: tuple[object, ...], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        survey(*arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("more", [{"apart_km": -1.0}, {"count": 0}, {"pixel_m": 0.0}, {"apart_km": np.nan}])
def test_rankings_that_cannot_be(more: dict[str, float]) -> None:
    with pytest.raises(InputError):
        survey("-88.8,123.4,3", "clps", *SPAN, **more)  # type: ignore[arg-type]


def test_a_region_off_the_terrain() -> None:
    with pytest.raises(InputError, match="outside the model"):
        survey("-60,0,5", "clps", *SPAN, Setting(terrain=Terrain(cone().finest)))


def test_shadow_is_that_of_the_ground_and_its_distance_nought_there() -> None:
    """Eyes stand over the ground; what they see there is no matter of permanent shadow."""
    found = survey("Haworth", "nasa-human-landing", "2028-01-01", "2028-01-31")
    dark = found.dataset["shadowed"].values == 1
    names = [criterion.name for criterion in found.criteria]
    value = found.dataset["value"].values[names.index("walk to permanent shadow")]
    assert dark.any()
    np.testing.assert_array_equal(value[dark], 0.0)
    assert not (value[~dark & np.isfinite(value)] == 0.0).any()
