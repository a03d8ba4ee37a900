"""Launch windows of missions: what a file asks for is what is scanned, and flown launches lie in them."""

import copy
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lunarplan import InputError, Mission
from lunarplan.config import library
from lunarplan.model.epochs import tdb_seconds, utc_iso
from lunarplan.plan.launches.direct import launches
from lunarplan.plan.launches.terms import Asked, calendar_days
from lunarplan.windows.answer import Windows
from lunarplan.windows.constraint import Constraint
from lunarplan.windows.constraints import sun_at_landing
from lunarplan.windows.launches import Launches
from tests.tolerances import PUBLISHED_LIFT_OFF_S

MAY = "2024-05-02", "2024-05-04"


def changed(name: str = "luna-25", launch: Any = (), windows: Any = (), phase: Any = ()) -> Mission:
    """Return a mission that comes along with parts of its tables replaced; other keys of [windows] go."""
    data = copy.deepcopy(library.read(library.find(name)))
    data["launch"] |= dict(launch)
    data["windows"] = dict(windows)
    data["phase"][0] |= dict(phase)
    return Mission.from_dict(data)


def axis(windows: Windows, name: str) -> list[Any]:
    return list(windows.dataset[name].values)


# ---------------------------------------------------------------- flown launches


@pytest.mark.parametrize("name", ["change-5", "change-6", "im-1", "luna-25"])
def test_a_flown_launch_lies_in_a_window(name: str) -> None:
    """At the flight time nearest to the one flown; the windows know nothing of the flown launch or arrival."""
    mission = Mission.from_toml(name)
    published = {one.quantity: one.low for one in mission.expectations}
    flown, arrived = published["launch_epoch"], published["loi_epoch"]
    windows = mission.windows(flown, flown)
    is_open = windows.open
    tof = windows.dataset["tof_s"].values
    waits = (windows.dataset["injection_tdb"] - windows.dataset["launch_tdb"]).values[is_open].mean()
    nearest = np.abs(tof - (arrived - flown - waits)).argmin()
    lift_off = windows.dataset["launch_tdb"].values[:, :, :, nearest][is_open[:, :, :, nearest]]
    assert np.abs(lift_off - flown).min() < PUBLISHED_LIFT_OFF_S


def test_the_two_days_and_lift_offs_planned_for_luna_25_in_2022() -> None:
    """TASS 2022-01-26: 23 July 02:21:45 Moscow time, 24 July 02:55:49 as a reserve; arrivals on 28 and 29 July."""
    windows = Mission.from_toml("luna-25").windows("2022-07-12", "2022-08-05")
    planned = tdb_seconds(["2022-07-22T23:21:45Z", "2022-07-23T23:55:49Z"])
    (run,) = windows.runs
    assert run == (dt.date(2022, 7, 22), dt.date(2022, 7, 24)), "the last one's lift-offs are minutes after midnight"
    for lift_off, arrival in zip(planned, ("2022-07-28", "2022-07-29"), strict=True):
        cells = windows.dataset.sel(launch_day=utc_iso(lift_off)[:10])
        off = np.where(cells["code"].values == 0, np.abs(cells["launch_tdb"].values - lift_off), np.inf)
        assert off.min() < PUBLISHED_LIFT_OFF_S
        assert utc_iso(cells["perilune_tdb"].values[np.unravel_index(off.argmin(), off.shape)])[:10] == arrival
    after = windows.day("2022-07-24").best
    assert after is not None
    assert utc_iso(after.launch_tdb)[11:13] == "00"


def test_change_6_had_two_days_left() -> None:
    """CNSA 2024-05-01: two days in a row, fifty minutes each; lift-off was at 09:27 UTC on the first of them."""
    windows = Mission.from_toml("change-6").windows("2024-05-02", "2024-05-20")
    assert windows.runs == ((dt.date(2024, 5, 2), dt.date(2024, 5, 4)),)
    day = windows.day("2024-05-03")
    assert day.opens_tdb < tdb_seconds("2024-05-03T09:27:00Z") < day.closes_tdb
    assert 40.0 < day.duration_s / 60.0 < 80.0


# ---------------------------------------------------------------- what is scanned


def test_the_grid_is_what_the_file_asks_for() -> None:
    windows = changed(
        "change-6",
        launch={"parking_orbit": {"altitude": "200 km", "node": "best"}},
        windows={"azimuth": ["95 deg", "105 deg"], "azimuths": 3, "tof_step": "10 h"},
        phase={"tof": ["100 h", "125 h"]},
    ).windows(*MAY)
    assert axis(windows, "azimuth_deg") == pytest.approx([95.0, 100.0, 105.0])
    assert np.array(axis(windows, "tof_s")) / 3600.0 == pytest.approx([100.0, 325.0 / 3.0, 350.0 / 3.0, 125.0])
    assert axis(windows, "opportunity") == ["northbound", "southbound"]
    assert axis(windows, "arrival") == ["northbound", "southbound"]
    assert windows.dates == (dt.date(2024, 5, 2), dt.date(2024, 5, 3), dt.date(2024, 5, 4))


@pytest.mark.parametrize(("node", "ways"), [("ascending", ["northbound"]), ("descending", ["southbound"])])
def test_the_node_of_the_parking_orbit_is_the_way_out(node: str, ways: list[str]) -> None:
    windows = changed(launch={"parking_orbit": {"altitude": "200 km", "node": node}}).windows(*MAY)
    assert axis(windows, "opportunity") == ways


def test_without_a_table_one_azimuth_and_no_rule() -> None:
    mission = changed(phase={"tof": "5 days"})
    windows = mission.windows(*MAY)
    assert axis(windows, "azimuth_deg") == [90.0]
    assert axis(windows, "tof_s") == [5.0 * 86_400.0]
    assert windows.dataset["margin"].shape[-1] == 0
    assert set(windows.closed_by) == {
        "Moon's declination out of reach",
        "no transfer found",
        "launch falls on another day",
        "lunar inclination out of reach",
    }


def test_the_limits_of_a_file_become_rules() -> None:
    mission = changed(
        windows={
            "tli_delta_v": "3.2 km/s",
            "loi_delta_v": "900 m/s",
            "c3": ["-2.5 km2/s2", "-1.0 km2/s2"],
            "parking_coast": "2 h",
            "eclipse": "90 min",
            "launch_sun_elevation": "0 deg",
            "arrival_seen_from_earth": True,
            "landing": {
                "latitude": "-70 deg",
                "longitude": "40 deg",
                "after": "5 days",
                "sun_elevation": ["1 deg", "20 deg"],
                "sun_side": "east",
                "earth_elevation": "5 deg",
            },
            "source": "a book",
        }
    )
    rules = launches(Asked(mission, 0.0, 0.0, (), None, None)).constraints
    assert [(rule.name, rule.unit) for rule in rules] == [
        ("TLI delta-v", "m/s"),
        ("C3", "km2/s2"),
        ("parking coast", "s"),
        ("eclipse in coast", "s"),
        ("daylight at launch", "deg"),
        ("Earth visible at LOI", "deg"),
        ("LOI delta-v", "m/s"),
        ("Sun at landing", "deg"),
        ("Earth at landing", "deg"),
    ]
    assert {rule.source for rule in rules} == {"a book"}
    windows = mission.windows(*MAY)
    cell = windows.over("launch_day").isel(launch_day=0)
    margin = dict(zip(cell["constraint"].values.tolist(), cell["margin"].values.tolist(), strict=True))
    assert margin["TLI delta-v"] == pytest.approx(3200.0 - float(cell["tli_delta_v"]))
    assert margin["LOI delta-v"] == pytest.approx(900.0 - float(cell["loi_delta_v"]))
    assert margin["parking coast"] == pytest.approx(min(float(cell["coast_s"]), 7200.0 - float(cell["coast_s"])))


def cheaper_than(limit: float) -> Constraint:
    return Constraint("my own", "m/s", lambda transfers: limit - 1e3 * transfers.tli_delta_v_km_s)


def test_a_rule_of_ones_own_comes_after_those_of_the_file() -> None:
    windows = changed(windows={"tli_delta_v": "3.3 km/s"}).windows(*MAY, constraints=[cheaper_than(3000.0)])
    assert windows.reasons[2] == "my own"
    assert windows.best is None
    assert windows.nearest_miss is not None
    assert windows.nearest_miss.miss is not None
    assert windows.nearest_miss.miss.reason == "my own"


def test_a_scan_that_was_kept_gives_the_same_bytes(tmp_path: Path) -> None:
    mission, heard = changed(), []
    kept = mission.windows(*MAY, folder=tmp_path / "chunks", chunk_cells=7, progress=heard.append)
    fresh = mission.windows(*MAY, chunk_cells=7)
    again = mission.windows(*MAY, folder=tmp_path / "chunks", chunk_cells=7)
    paths = [one.to_netcdf(tmp_path / f"{i}.nc") for i, one in enumerate((kept, fresh, again))]
    assert len({path.read_bytes() for path in paths}) == 1
    assert heard[-1].done_cells == heard[-1].all_cells == fresh.open.size


def test_edges_are_the_same_whoever_computes_the_cells(tmp_path: Path) -> None:
    """Chang'e-6 on 4 May: the Moon goes out of reach of the parking orbit between two of its azimuths."""
    mission = Mission.from_toml("change-6")
    with ThreadPoolExecutor(3) as threads:
        by_threads = mission.windows("2024-05-04", "2024-05-04", executor=threads, chunk_cells=11)
    alone = mission.windows("2024-05-04", "2024-05-04", edge_tolerance_s=1)
    (day,) = alone.calendar
    assert day.opens is not None
    assert (day.opens.reason, day.opens.sharp) == ("Moon's declination out of reach", True)
    (stepped,) = mission.windows("2024-05-04", "2024-05-04", edge_tolerance_s=None).calendar
    assert day.opens_tdb < stepped.opens_tdb - 1800.0, "half an hour was hidden by a step of 0.7 deg"
    assert by_threads.to_netcdf(tmp_path / "a.nc").read_bytes() == alone.to_netcdf(tmp_path / "b.nc").read_bytes()


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"constraints": None}, "constraints: None .*a list of Constraint"),
        ({"constraints": [3]}, "constraints: .*a list of Constraint"),
        ({"constraints": cheaper_than(1.0)}, "constraints: .*a list of Constraint"),
        ({"constraints": [cheaper_than(1.0), cheaper_than(2.0)]}, "^constraints: 'my own' is there twice"),
        (
            {"constraints": [sun_at_landing(0.0, 0.0, at_least_deg=0.0)]},
            "^constraints: 'Sun at landing' is there twice",
        ),
        ({"edge_tolerance_s": 0.0}, "edge_tolerance_s: 0.0 s .*0.001 to 3600 s"),
        ({"edge_tolerance_s": "1 s"}, "edge_tolerance_s"),
        ({"folder": " "}, "folder: no folder is named"),
        ({"progress": 3}, "progress: a int"),
    ],
)
def test_what_a_scan_cannot_be_asked(wanted: Any, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it is said before the first cell."""
    monkeypatch.setattr(Launches, "__call__", lambda *_: pytest.fail("a cell was computed"))
    with pytest.raises(InputError, match=says):
        Mission.from_toml("luna-25").windows(*MAY, **wanted)


# ---------------------------------------------------------------- days


def test_days_are_counted_at_both_ends() -> None:
    days = calendar_days(float(tdb_seconds("2016-12-30T23:59:59Z")), float(tdb_seconds("2017-01-01T00:00:00Z")))
    assert [str(day) for day in days] == ["2016-12-30", "2016-12-31", "2017-01-01"]


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("2024-05-04", "2024-05-02", "is before the first"),
        ("1999-05-04", "2024-05-02", "beyond"),
        ("2024-05-04", "2060-01-01", "beyond"),
        ("2024-02-30", "2024-05-02", "is not a date"),
        ("soon", None, "is not an epoch"),
        (None, float("nan"), "epoch"),
        (dt.datetime(2024, 5, 1), None, "time"),
        (object(), None, "epoch"),
        ([1.0, 2.0], None, "one epoch"),
    ],
)
def test_days_that_cannot_be_scanned(start: Any, end: Any, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        Mission.from_toml("luna-25").windows(start, end)
    assert "\n" not in str(caught.value)


def test_without_dates_the_days_of_the_launch() -> None:
    """From the first to the last, and not the midnight after it."""
    launch = {"earliest": dt.date(2023, 8, 10), "latest": dt.date(2023, 8, 12)}
    mission = changed(launch=launch, phase={"tof": "5 days"})
    windows = mission.windows()
    assert windows.dates == (dt.date(2023, 8, 10), dt.date(2023, 8, 11), dt.date(2023, 8, 12))
    assert windows.dataset.attrs["mission"] == mission.name
