"""`lunarplan aborts`: what cannot be looked for is said before the mission is planned; what is found is written."""

import json
import sys
import types
from pathlib import Path

import pytest

from lunarplan.cli import main


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--every", "0"], "--every: 0.0 h"),
        (["--every", "-6"], "--every: -6.0 h"),
        (["--every", "nan"], "--every: nan h"),
        (["--delta-v", "-1"], "--delta-v: -1.0 m/s"),
        (["--delta-v", "nan"], "--delta-v: nan m/s"),
        (["--to", "somewhere"], "--to: 'somewhere'"),
        (["--to", "L2 halo west 9:2"], "L2 halo west"),
        (["--to", ""], "--to: ''"),
    ],
)
def test_odd_arguments_are_named_before_anything_is_planned(
    arguments: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "lunarplan.plan.solve", types.ModuleType("nothing can be solved with"))
    assert main(["aborts", "artemis-3", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_the_ways_out_of_a_mission(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["aborts", "artemis-3", "--every", "10000", "--json", "--out", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads((tmp_path / "aborts.json").read_text(encoding="utf-8"))
    assert (tmp_path / "aborts.png").stat().st_size > 10_000
    assert (told["mission"], told["to"], len(told["moments"])) == ("Artemis III", "earth", 1)
    for moment in told["moments"]:
        assert moment["cheapest"]["delta_v_m_s"] <= moment["fastest"]["delta_v_m_s"]
        assert moment["cheapest"]["duration_s"] >= moment["fastest"]["duration_s"]
        assert moment["cheapest"]["closure_km"] < 0.01


def test_where_there_is_no_way_the_table_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["aborts", "artemis-3", "--every", "10000", "--delta-v", "1"]) == 3
    said = capsys.readouterr().out
    assert "none" in said
    assert "a way from 0 of 1 moments" in said
