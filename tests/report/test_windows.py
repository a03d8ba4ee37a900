"""Launch windows on a terminal, in files, and while they are being found."""

import io
import json
import math
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from lunarplan import InputError, Mission
from lunarplan.model.epochs import utc_iso
from lunarplan.report.scanning import ScanPatience, launch_days, told
from lunarplan.report.windows import MOST_ROWS, as_json, show_windows, write_windows
from lunarplan.scans.progress import Progress
from lunarplan.windows.answer import Windows
from tests.plan.made import MISSION
from tests.windows.made import NORTH, closed, dataset, random


def shown(windows: Windows, width: int = 100) -> str:
    stream = io.StringIO()
    show_windows(windows, Mission.from_dict(MISSION), Console(file=stream, width=width, highlight=False))
    return stream.getvalue()


def row(text: str, start: str) -> str:
    (line,) = [line for line in text.splitlines() if line.strip().startswith(f"{start} ") and " to " not in line]
    return line


# ---------------------------------------------------------------- a line a day


def test_an_open_day_in_a_line() -> None:
    text = shown(Windows(dataset()))
    assert row(text, "2024-02-11").split() == (
        "2024-02-11 06:00:00 08:00:00 10:00:00 90.0 northbound 4.00 30.0 3100.1 800.0 3900.1".split()
    )
    assert row(text, "date").split()[:4] == ["date", "opens", "best", "closes"]
    assert "2024-02-10 to 2024-02-13, 4 of 4 days open" in text
    assert "Made up · launch windows from wenchang-101" in text
    assert "2024-02-10 to 2024-02-13 (4)" in text
    assert "96 launches tried, 96 open" in text
    assert "cheapest: 3900.1 m/s, lift-off 2024-02-11 08:00:00 UTC, azimuth 90.0 deg, northbound, 4.00 days" in text


def test_columns_stand_under_their_heads() -> None:
    lines = shown(Windows(dataset())).splitlines()
    (head,) = [line for line in lines if "azimuth" in line and "date" in line]
    for start, name in ((m.start(), m.group()) for m in re.finditer(r"opens|best|closes|way", head)):
        assert row("\n".join(lines), "2024-02-11")[start - 1] == " ", name
        assert row("\n".join(lines), "2024-02-11")[start] != " ", name


def test_a_closed_day_says_why_and_by_how_much() -> None:
    text = shown(Windows(closed(dataset(), 1, [-3.21, 4.0], launch_day=1)))
    assert row(text, "2024-02-11").split(maxsplit=2)[1:] == ["closed", "Sun at landing by 3.21 deg"]
    assert "closed by Sun at landing: 24" in text


def test_an_instant_has_no_opening_and_closing() -> None:
    text = shown(Windows(dataset(azimuth_deg=[90.0])))
    assert len(row(text, "2024-02-11").split()) == 9


def test_the_day_after_is_marked() -> None:
    made = dataset(2, opportunity=[NORTH], arrival=[NORTH])
    made["launch_tdb"].values[0] += 15.0 * 3600.0  # 21:00, 23:00 and, of the next day, 01:00
    made["code"].values[0, ..., 2] = -3  # the last of them is what the next day has at 01:00
    made["launch_tdb"].values[1, ..., 2] -= 9.0 * 3600.0
    line = row(shown(Windows(made)), "2024-02-10").split()
    assert line[1:4] == ["21:00:00", "23:00:00", "01:00:00+1"]


def test_what_windows_begin_and_end_by_is_counted() -> None:
    made = closed(dataset(2, opportunity=[NORTH], arrival=[NORTH]), 1, [-2.0, 3.0], azimuth_deg=2)
    text = " ".join(shown(Windows(made)).split())
    assert "begin and end by azimuth limit: 2, Sun at landing: 2; 2 of them to a step of the azimuths" in text
    dims, shape = (*made["code"].dims, "side"), (*made["code"].shape, 2)
    sharp = made.assign(
        edge_tdb=(dims, np.repeat(made["launch_tdb"].values[..., None], 2, axis=-1) + 600.0),
        edge_azimuth_deg=(dims, np.full(shape, 95.0)),
        edge_code=(dims, np.full(shape, 2)),
    )
    text = " ".join(shown(Windows(sharp.assign_attrs(edge_tolerance_s=1.0))).split())
    assert "begin and end by azimuth limit: 2, TLI delta-v: 2; to 1 s" in text
    assert "daily windows" not in shown(Windows(dataset(azimuth_deg=[90.0])))


def test_nothing_open_shows_the_nearest_miss() -> None:
    made = closed(closed(dataset(), 1, [-30.0, 5.0]), 2, [5.0, -10.0], launch_day=2)
    text = shown(Windows(made))
    assert "no window" in text
    assert "open runs" not in text
    assert "nearest miss: TLI delta-v by 10 m/s, lift-off 2024-02-12 06:00:00 UTC, azimuth 72.0 deg" in " ".join(
        text.split()
    )
    assert "nearest miss: Moon's declination out of reach by 4 deg, 2024-02-10" in shown(
        Windows(_below(closed(dataset(2), -1), 4.0))
    )


def _below(made: Any, deg: float) -> Any:
    made["declination_margin"].values[:] = -deg
    return made


@pytest.mark.parametrize("days", [1, 3, MOST_ROWS, MOST_ROWS + 1, 400])
@pytest.mark.parametrize("seed", [None, 4])
def test_no_line_is_wider_than_the_terminal(days: int, seed: int | None) -> None:
    made = dataset(days) if seed is None else random(seed)
    text = shown(Windows(made))
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 100
    assert "…" not in text


# ---------------------------------------------------------------- a line a month


def test_months_have_a_sign_for_every_day() -> None:
    made = closed(dataset(60), 1, [-3.0, 5.0], launch_day=slice(0, 25))
    made = closed(made, -1, launch_day=slice(50, 60))
    text = shown(Windows(made))
    assert row(text, "2024 Feb")[11:42] == " " * 9 + "S" * 20 + "  "
    assert row(text, "2024 Mar")[11:42] == "S" * 5 + "#" * 25 + "."
    assert row(text, "2024 Apr")[11:42].rstrip() == "." * 9
    assert row(text, "2024 Mar").split()[-3] == "25"
    assert re.search(r"^ # open   S Sun at landing   \. Moon's declination out of reach$", text, re.MULTILINE)
    assert text.splitlines()[4][11:42].split() == ["1", "5", "10", "15", "20", "25", "30"]
    for day in (1, 5, 10, 30):
        assert text.splitlines()[4][11 + day - 1] == str(day)[-1], "a date ends over its day"


def test_signs_are_letters_that_differ_while_letters_last() -> None:
    rules = tuple((name, "", 1.0) for name in ("ab", "ba", "a", "12"))
    made = dataset(60, constraints=rules)
    for k in range(4):
        made["code"].values[10 * k : 10 * k + 10] = k + 1
    text = shown(Windows(made))
    assert re.search(r"# open +A ab +B ba +\* a +\* 12", text)


# ---------------------------------------------------------------- files


def test_one_object_with_its_origin() -> None:
    mission, windows = Mission.from_dict(MISSION), Windows(random(2))
    told = json.loads(json.dumps(as_json(windows, mission), allow_nan=False))
    assert told["mission"] == "Made up"
    assert told["mission_sha256"] == mission.sha256
    assert [day["date"] for day in told["days"]] == [str(date) for date in windows.dates]
    assert told["open_cells"] == int(windows.open.sum())
    assert told["closed_by"] == windows.closed_by
    for day in told["days"]:
        assert ("reason" in day) != day["open"]
        assert ("best_utc" in day) == day["open"]


@pytest.mark.parametrize(
    ("days", "pictures"),
    [(3, {"calendar.png", "porkchop.png"}), (200, {"calendar.png", "porkchop.png", "years.png", "phases.png"})],
)
def test_files_and_the_pictures_the_span_is_long_enough_for(tmp_path: Path, days: int, pictures: set[str]) -> None:
    chunks = tmp_path / "chunks"
    chunks.mkdir()
    for name in ("chunk-000000.bin", "manifest.json"):
        (chunks / name).write_text("")
    stages: list[str] = []
    made = dataset(days, opportunity=[NORTH], azimuth_deg=[90.0])
    paths = list(write_windows(Windows(made), Mission.from_dict(MISSION), tmp_path, stages.append))
    assert {path.name for path in paths} == pictures | {"windows.nc", "windows.json"}
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in paths}, "chunks are gone"
    assert Windows.from_netcdf(tmp_path / "windows.nc").dates == Windows(made).dates
    assert stages == ["writing the windows", "drawing the pictures"]


def test_what_somebody_put_among_the_chunks_stays(tmp_path: Path) -> None:
    (tmp_path / "chunks").mkdir()
    (tmp_path / "chunks" / "notes.txt").write_text("mine")
    list(write_windows(Windows(dataset(1)), Mission.from_dict(MISSION), tmp_path, lambda _: None))
    assert (tmp_path / "chunks" / "notes.txt").read_text() == "mine"


# ---------------------------------------------------------------- what is asked


def days_of(first: str | None, last: str | None) -> tuple[str, str]:
    start, end = launch_days(Mission.from_dict(MISSION), first, last)
    return utc_iso(start, 0)[:10], utc_iso(end, 0)[:10]


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        (None, None, ("2024-05-01", "2024-05-10")),
        ("2024-05-04", None, ("2024-05-04", "2024-05-10")),
        (None, "2024-06-04", ("2024-05-01", "2024-06-04")),
        ("2023-01-01", "2023-01-01", ("2023-01-01", "2023-01-01")),
        ("2024-05-04T12:00:00+08:00", "2024-05-04T23:59:59Z", ("2024-05-04", "2024-05-04")),
    ],
)
def test_the_days_are_the_missions_unless_others_are_named(first: Any, last: Any, days: tuple[str, str]) -> None:
    assert days_of(first, last) == days


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("2025-01-01", None, "--from: 2025-01-01 is after the mission's own launch days, .*give --to too"),
        (None, "2023-01-01", "--to: 2023-01-01 is before the mission's own launch days, .*give --from too"),
        ("2024-02-30", None, "--from: .*not a date that exists"),
        (None, "tomorrow", "--to: .*is not a date"),
        ("2024-05-04T12:00:00", None, "--from: .*no time scale"),
        ("", None, "--from: "),
    ],
)
def test_days_that_are_none(first: Any, last: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        days_of(first, last)


# ---------------------------------------------------------------- how far it is


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def far(done: int, rate: float = 500.0) -> Progress:
    return Progress(done, 10_000, rate, (10_000 - done) / rate if rate else math.inf)


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (far(0, 0.0), "0 of 10,000 cells"),
        (far(2500), "2,500 of 10,000 cells; 500/s; 0:00:15 left"),
        (far(10_000), "10,000 of 10,000 cells; 500/s; 0:00:00 left"),
        (Progress(2, 4, 1.0, 2.0, "edges"), "2 of 4 edges; 1/s; 0:00:02 left"),
        (Progress(1, 10**6, 0.01, 1e8), "1 of 1,000,000 cells; 0/s; 1157 days, 9:46:40 left"),
    ],
)
def test_how_far_in_words(progress: Progress, text: str) -> None:
    assert told(progress) == text


def scan(patience: ScanPatience, pause_s: float = 0.0) -> None:
    with patience:
        patience.scanned(far(0, 0.0))
        for done in range(100, 10_001, 100):
            time.sleep(pause_s)
            patience.scanned(far(done))
        patience("writing the windows")


def test_a_quick_scan_is_silent() -> None:
    stream = io.StringIO()
    scan(ScanPatience(stream, 5.0))
    assert stream.getvalue() == ""


def test_a_file_gets_a_line_for_each_tenth() -> None:
    stream = io.StringIO()
    scan(ScanPatience(stream, 0.0), 1e-3)
    lines = stream.getvalue().splitlines()
    assert 10 <= len(lines) <= 13
    assert lines[-2] == "lunarplan: scanning: 10,000 of 10,000 cells; 500/s; 0:00:00 left ..."
    assert lines[-1] == "lunarplan: writing the windows ..."


def test_edges_come_after_the_cells() -> None:
    stream = io.StringIO()
    with ScanPatience(stream, 0.0) as patience:
        patience.scanned(far(10_000))
        patience.scanned(Progress(0, 40, 0.0, math.inf, "edges"))
        patience.scanned(Progress(4, 40, 2.0, 18.0, "edges"))
    assert stream.getvalue().splitlines()[-1] == "lunarplan: scanning: 4 of 40 edges; 2/s; 0:00:18 left ..."


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_a_quiet_one_says_nothing(kind: type[io.StringIO]) -> None:
    stream = kind()
    scan(ScanPatience(stream, 0.0, quiet=True), 1e-3)
    assert stream.getvalue() == ""


def test_a_terminal_has_a_bar_and_it_is_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    stream = Terminal()
    scan(ScanPatience(stream, 0.0), 4e-3)
    seen = stream.getvalue()
    assert "scanning" in seen
    assert "━" in seen
    assert re.search(r"[\d,]+ of 10,000 cells; 500/s; 0:00:\d\d left", seen)
    assert seen.endswith("\x1b[2K")
