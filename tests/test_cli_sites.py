"""`lunarplan site`, `lunarplan survey` and `lunarplan sites`, as somebody types them."""

import json
import re
from pathlib import Path

import pytest

from lunarplan.cli import main
from lunarplan.io.netcdf import read_netcdf

SPAN = ("--from", "2028-01-01", "--to", "2028-03-31")
SMALL = ("survey", "-88.8,123.4,3", "--criteria", "luna-27", *SPAN)
CERTAIN = """
title = "light only"
[[criterion]]
quantity = "illumination"
at_least = "{limit} %"
basis = "assumption"
source = "a test"
"""


@pytest.fixture
def light(tmp_path: Path) -> Path:
    path = tmp_path / "light.toml"
    path.write_text(CERTAIN.format(limit=5))
    return path


# ---------------------------------------------------------------- sites


def test_a_site_by_its_own_criteria(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", "change-7", *SPAN]) in (3, 5)  # the slope is not decided by this terrain
    out, _ = capsys.readouterr()
    assert "Chang'e-7 · Chang'e-7 lander" in out
    assert re.search(r"unknown +slope under the lander", out)
    assert "DEM too coarse to judge" in out
    assert re.search(r"2028-01-\d\d \d\d:\d\d:\d\d +0\.00", out)
    assert "\x1b" not in out
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 100


def test_what_is_not_decided_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", "Connecting Ridge", *SPAN]) == 5
    assert "not decided by this terrain" in capsys.readouterr().out


@pytest.mark.parametrize(("limit", "code"), [(5, 0), (99, 3)])
def test_exit_codes_of_what_is_decided(light: Path, limit: int, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    light.write_text(CERTAIN.format(limit=limit))
    assert main(["site", "Connecting Ridge", "--criteria", str(light), *SPAN]) == code
    assert main(["survey", "-88.8,123.4,3", "--criteria", str(light), *SPAN]) == code
    out, err = capsys.readouterr()
    assert ("feasible" if code == 0 else "not feasible") in out
    assert err == ""


def test_coordinates_need_no_quotes_nor_signs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["site", "-88.8,123.4", "--json", *SPAN]) == 5
    told = json.loads(capsys.readouterr().out)
    assert told["place"]["latitude_deg"] == -88.8
    assert told["criteria"].startswith("CLPS")
    assert told["access"]["orbit"]["inclination_deg"] == 90.0


def test_files_of_a_site(light: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a" / "b"
    asked = ["site", "Shackleton rim", "--criteria", str(light), *SPAN, "--out", str(out), "--json"]
    assert main(asked) == 0
    printed = capsys.readouterr()
    assert json.loads((out / "verdict.json").read_text()) == json.loads(printed.out)
    assert {path.name for path in out.iterdir()} == {"verdict.json", "horizon.png", "calendar.png", "map.png"}
    assert (out / "horizon.png").read_bytes()[:4] == b"\x89PNG"
    assert printed.err.count("wrote ") == 4
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main(asked) == 0
    assert before == {path.name: path.read_bytes() for path in out.iterdir()}


# ---------------------------------------------------------------- surveys


def test_a_survey(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--best", "3", "--apart", "1.5"]) == 5
    out, _ = capsys.readouterr()
    assert "-88.8, 123.4 +- 3 km · Luna-27" in out
    assert re.search(r"\d+ pixels of 1000 m: 0 feasible, \d+ not decided by this terrain, \d+ not feasible", out)
    assert len(re.findall(r"^ +[123]  (?:unknown|fail)", out, re.MULTILINE)) == 3
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 100


def test_files_of_a_survey(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*SMALL, "--out", str(tmp_path / "out"), "--json"]) == 5
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert json.loads((tmp_path / "out" / "survey.json").read_text()) == told
    data = read_netcdf(tmp_path / "out" / "survey.nc")
    assert (data["status"] > -2).sum() == sum(told["pixels"].values())
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "survey.nc",
        "survey.json",
        "survey.png",
        "margins.png",
    }


def test_own_terrain(light: Path, tests_only: object, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rasterio")
    file = str(tests_only("moon_southpole_80S_500m.tif"))  # type: ignore[operator]
    assert main(["site", "Connecting Ridge", "--criteria", str(light), *SPAN, "--dem", file, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["provenance"]["pixel_m"] == 500.0


# ---------------------------------------------------------------- the list


def test_places_and_criteria_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sites"]) == 0
    out = capsys.readouterr().out
    assert "Slater Plain" in out
    assert "nasa-human-landing" in out
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 100
    assert main(["sites", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {"change-7", "luna-27"} <= set(told["criteria"])
    assert all(place["source"] for place in told["places"])


# ---------------------------------------------------------------- mistakes


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["site", "Conecting Ridge"], "did you mean Connecting Ridge"),
        (["survey", "Hawort"], "did you mean Haworth"),
        (["survey", "Apollo 11"], "unknown region"),
        (["site", "123.4,-88.8"], "latitude comes first: are 123.4, -88.8 swapped"),
        (["survey", "-88.8,123.4"], "LAT,LON,KM"),
        (["survey", "-88.81,123.4,0.01"], "has no pixel of 1000 m inside"),
        (["site", "Haworth", "--from", "2028-02-30"], "not a date that exists"),
        (["site", "Haworth", "--to", "2060-01-01"], "beyond DE440"),
        (["site", "Haworth", "--from", "2028-06-01", "--to", "2028-01-01"], "not after the start"),
        (["site", "Haworth", "--criteria", "luna-72"], "did you mean luna-27"),
        (["site", "Haworth", "--criteria", "{empty}"], "required key is missing"),
        (["site", "Haworth", "--criteria", "{typo}"], 'unknown key "at_leest".*did you mean "at_least"'),
        (["site", "Haworth", "--criteria", "nowhere.toml"], "no such file"),
        (["site", "Haworth", "--out", ""], "no folder is named"),
        (["survey", "Haworth", "--best", "0"], "count"),
        (["survey", "Haworth", "--apart", "-3"], "apart_km"),
        (["site", ""], "unknown place"),
    ],
)
def test_what_cannot_be_done_is_told_on_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, typo = tmp_path / "empty.toml", tmp_path / "typo.toml"
    empty.write_text("")
    typo.write_text(CERTAIN.format(limit=5).replace("at_least", "at_leest"))
    assert main([argument.format(empty=empty, typo=typo) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(says, err)
    assert err.count("\n") == 1


def test_a_file_that_is_no_terrain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rasterio")
    path = tmp_path / "x.tif"
    path.write_text("no raster")
    assert main(["site", "Haworth", "--dem", str(path)]) in (2, 5)
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("arguments", [["site"], ["survey"], ["site", "a", "b"], ["survey", "a", "--best", "x"]])
def test_wrong_usage_is_bad_input(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: lunarplan" in capsys.readouterr().err
