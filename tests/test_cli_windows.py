"""`lunarplan windows`, as somebody types it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lunarplan import Mission
from lunarplan.cli import main
from lunarplan.scans.progress import Progress
from lunarplan.windows.answer import Windows
from tests.windows.made import closed, dataset

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
LUNA = ("windows", "luna-25", "--from", "2023-08-08", "--to", "2023-08-12")

Find = Callable[..., Windows]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[dict[str, Any]]]:
    """Return a function that puts windows in the place of a scan, and a list of what the scan was asked."""

    def use(dataset: Any) -> list[dict[str, Any]]:
        asked: list[dict[str, Any]] = []

        def windows(_: Mission, start: Any, end: Any, **more: Any) -> Windows:
            asked.append({"start": start, "end": end, **more})
            more["progress"](Progress(0, 10, 0.0, float("inf")))
            more["progress"](Progress(10, 10, 5.0, 0.0))
            return Windows(dataset)

        monkeypatch.setattr(Mission, "windows", windows)
        return asked

    return use


# ---------------------------------------------------------------- for real


def test_a_calendar(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(LUNA) == 0
    out, _ = capsys.readouterr()
    assert re.search(r"2023-08-10 +2[23]:\d\d:\d\d +90\.0 southbound", out)
    assert re.search(r"2023-08-12 closed +Sun at landing by [\d.]+ deg", out)
    assert "3 of 5 days open" in out
    assert max(len(line.rstrip()) for line in out.splitlines()) <= 100
    assert "\x1b" not in out


def test_the_missions_own_days(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of [launch]; the last one is counted, the day after is not."""
    assert main(["windows", "luna-25", "--json"]) == 0
    days = [day["date"] for day in json.loads(capsys.readouterr().out)["days"]]
    assert days == [f"2023-08-{day:02d}" for day in range(8, 15)]


def test_files_hold_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "a" / "b"
    assert main([*LUNA, "--json", "--out", str(out)]) == 0
    printed = capsys.readouterr()
    told = json.loads(printed.out)
    assert json.loads((out / "windows.json").read_text()) == told
    assert told["mission"] == "Luna-25"
    assert told["open_runs"] == [["2023-08-09", "2023-08-11"]]
    read = Windows.from_netcdf(out / "windows.nc")
    assert json.loads(json.dumps(read.to_dict()))["days"] == told["days"]
    assert read.dataset.attrs["mission_sha256"] == Mission.from_toml("luna-25").sha256
    assert {path.name for path in out.iterdir()} == {"windows.nc", "windows.json", "calendar.png", "porkchop.png"}
    assert (out / "calendar.png").read_bytes()[:4] == b"\x89PNG"
    assert printed.err.count("wrote ") == 4


def test_the_same_question_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert main([*LUNA, "--out", str(tmp_path / name)]) == 0
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_a_mission_without_a_window(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "dear.toml"
    text = (Path(__file__).parents[1] / "missions" / "luna-25.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("[windows]\n", '[windows]\ntli_delta_v = "3100 m/s"\n'), encoding="utf-8")
    assert main(["windows", str(path), "--out", str(tmp_path / "out")]) == 3
    out, err = capsys.readouterr()
    assert "no window" in out
    assert re.search(r"TLI delta-v: 60", out)
    assert re.search(r"nearest miss: TLI delta-v by 3[78]\.?\d* m/s, lift-off 2023-08-", " ".join(out.split()))
    assert "wrote" in err
    assert main(["windows", str(path), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["open_runs"] == []
    assert told["nearest_miss"]["reason"] == "TLI delta-v"


# ---------------------------------------------------------------- a scan that is stopped


INTERRUPTED = """
import functools, os, signal, sys
from lunarplan import Mission
from lunarplan.__main__ import main

whole = Mission.windows

def windows(self, *days, progress, **more):
    def stop(far):
        progress(far)
        if far.done_cells >= 20:
            {stop}
    return whole(self, *days, progress=stop, chunk_cells=10, **more)

Mission.windows = windows
sys.argv[1:] = {arguments}
sys.exit(main())
"""


@posix
def test_a_scan_that_is_killed_goes_on(tmp_path: Path) -> None:
    def run(stop: str) -> "subprocess.CompletedProcess[bytes]":
        arguments = [*LUNA, "--out", str(tmp_path / "out")]
        program = [sys.executable, "-c", INTERRUPTED.format(stop=stop, arguments=arguments)]
        return subprocess.run(program, capture_output=True, timeout=120, check=False)

    first = run("os.kill(os.getpid(), signal.SIGKILL)")
    assert first.returncode == -signal.SIGKILL
    assert first.stdout == b""
    chunks = tmp_path / "out" / "chunks"
    assert len(list(chunks.glob("chunk-*.bin"))) == 2
    second = run("assert far.done_cells > 20 or far.rate_per_s == 0.0, 'computed again'")
    assert second.returncode == 0, second.stderr
    assert not chunks.exists()
    fresh = Mission.from_toml("luna-25").windows(LUNA[3], LUNA[5], chunk_cells=10)
    told = json.loads((tmp_path / "out" / "windows.json").read_text())
    assert told["days"] == json.loads(json.dumps(fresh.to_dict()["days"]))


def test_chunks_of_another_scan_are_not_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Mission.from_toml("luna-25").windows("2023-08-08", "2023-08-09", folder=tmp_path / "chunks")
    assert main([*LUNA, "--out", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "holds the chunks of another scan" in err
    assert err.count("\n") == 1
    assert (tmp_path / "chunks" / "manifest.json").exists()


# ---------------------------------------------------------------- what is asked


def test_days_and_folder_reach_the_scan(found: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = found(dataset(3))
    assert main([*LUNA, "--out", str(tmp_path)]) == 0
    assert asked[0]["folder"] == tmp_path / "chunks"
    assert (asked[0]["end"] - asked[0]["start"]) / 86400.0 == pytest.approx(4.0)
    assert main(["windows", "luna-25"]) == 0
    assert asked[1]["folder"] is None
    capsys.readouterr()


def test_many_days_are_shown_as_months(found: Any, capsys: pytest.CaptureFixture[str]) -> None:
    found(closed(dataset(400), 1, [-2.0, 3.0], launch_day=slice(50, 300)))
    assert main(["windows", "luna-25"]) == 0
    out, _ = capsys.readouterr()
    assert re.search(r"2024 Sep  S{30}", out)
    assert "2024-02-10 to 2024-03-30 (50)" in out


@pytest.mark.parametrize("columns", ["40", "100", "200"])
@pytest.mark.parametrize("days", [3, 90])
def test_no_figure_is_cut_short(
    found: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: str, days: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    found(dataset(days))
    assert main(["windows", "luna-25"]) == 0
    out, err = capsys.readouterr()
    assert "…" not in out
    assert max(len(line.rstrip()) for line in out.splitlines()) <= max(100, int(columns))
    assert err == ""


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["windows", "nowhere"], "no mission named"),
        (["windows", "luna-25", "--from", "2024-02-30"], "--from: .*not a date that exists"),
        (["windows", "luna-25", "--from", "yesterday"], "--from: .*is not a date"),
        (["windows", "luna-25", "--to", "2023-08-12T12:00"], "--to: .*no time scale"),
        (["windows", "luna-25", "--from", "2023-08-12", "--to", "2023-08-08"], "is before the first"),
        (["windows", "luna-25", "--from", "2030-01-01"], "--from: .*give --to too"),
        (["windows", "luna-25", "--to", "2020-02-01"], "--to: .*give --from too"),
        (["windows", "luna-25", "--from", "1990-01-01", "--to", "1990-02-01"], "beyond"),
        (["windows", "luna-25", "--from", "2049-12-01", "--to", "2060-01-01"], "beyond"),
        (["windows", "luna-25", "--from", "9999-12-31", "--to", "9999-12-31"], "windows: |--to: |--from: "),
        (["windows", "luna-25", "--from", "0001-01-01"], "--from: "),
        (["windows", "luna-25", "--from", ""], "--from: "),
        (["windows", "luna-25", "--out", ""], "--out: no folder is named"),
        (["windows", "luna-25", "--out", "{file}"], "is not a folder"),
        (["windows", "luna-25", "--out", "{file}/x"], "is not a folder|cannot be written"),
        (["windows", "{file}"], "made.toml|not a table|missing"),
    ],
)
def test_what_cannot_be_done_is_told_on_one_line(
    arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "made.toml"
    file.write_text("[windows]\nazimut = 3\n")
    assert main([argument.format(file=file) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.search(says, err)
    assert err.count("\n") == 1


def test_a_wrong_key_of_the_table_names_the_right_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "typo.toml"
    text = (Path(__file__).parents[1] / "missions" / "luna-25.toml").read_text(encoding="utf-8")
    path.write_text(text.replace("tof_step", "tof_steps"), encoding="utf-8")
    assert main(["windows", str(path)]) == 2
    assert 'typo.toml: windows.tof_steps: unknown key "tof_steps"' in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["windows"], ["windows", "a", "b"], ["windows", "a", "--days", "3"]])
def test_wrong_usage_is_bad_input(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: lunarplan" in capsys.readouterr().err


@posix
def test_ctrl_c_while_it_scans() -> None:
    script = "import sys; from lunarplan.__main__ import main; print(flush=True); sys.exit(main())"
    span = ["--from", "2021-01-01", "--to", "2049-12-01"]
    program = [sys.executable, "-c", script, "windows", "change-6", *span]
    running = subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ)
    assert running.stdout is not None
    running.stdout.readline()
    time.sleep(2.5)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert out == b""
    assert err.splitlines()[-1] == b"lunarplan: interrupted"
    assert b"Traceback" not in err
