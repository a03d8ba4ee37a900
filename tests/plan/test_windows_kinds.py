"""Launch windows of missions by their transfer: to a distant orbit, round the Moon and home."""

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from lunarplan import InputError, Mission
from lunarplan.cli import main
from lunarplan.config import library
from lunarplan.model.epochs import tdb_seconds
from lunarplan.plan import windows as plan_windows
from lunarplan.windows.answer import Windows
from tests.tolerances import STATION_BEGINS_DEG

DAY = 86_400.0
PERILUNE = "2028-01-11T00:00:00Z"
SHORT = {"out": ["4.75 days", "5.5 days"], "beyond": ["0.75 days", "1.25 days"]}
GIVEN = {
    "tof_step": "18 h",
    "arrival_delta_v": "900 m/s",
    "arrival_phase": ["0 deg", "360 deg"],
}


def gateway(windows: Any = GIVEN, phase: Any = SHORT) -> Mission:
    data = copy.deepcopy(library.read(library.find("gateway-nrho")))
    data["windows"] = dict(windows)
    data["phase"][0] |= dict(phase)
    if "phases" not in windows or "arrival_phase" in windows:
        data["phase"][1]["perilune_epoch"] = PERILUNE
    return Mission.from_dict(data)


@pytest.fixture(scope="module")
def found() -> Windows:
    return gateway().windows("2028-01-05", "2028-01-06")


# ---------------------------------------------------------------- to a distant orbit


def test_a_station_that_is_there_is_the_only_one(found: Windows) -> None:
    assert found.axes == ("launch_day", "opportunity", "tof_s", "phase_deg", "azimuth_deg")
    assert found.dataset["phase_deg"].values.shape == (1,)
    assert (found.dataset["tof_s"].values / DAY).tolist() == pytest.approx([4.75, 5.5])
    beyond = found.dataset["beyond_s"].values / DAY
    assert 0.75 - 1e-9 < np.nanmin(beyond) < np.nanmax(beyond) < 1.25 + 1e-9
    assert found.burns == ("tli_delta_v", "flyby_delta_v", "insertion_delta_v")
    arrived = found.dataset["insertion_tdb"].values - tdb_seconds(PERILUNE)
    phase = 180.0 + 360.0 * arrived / (6.562 * DAY)  # counted from apolune
    off = np.remainder(found.dataset["arrival_phase"].values - phase + 180.0, 360.0) - 180.0
    assert np.nanmax(np.abs(off)) < 3.0 * STATION_BEGINS_DEG


def test_a_station_has_one_phase() -> None:
    with pytest.raises(InputError, match=r"windows.phases: a station that is there has one phase"):
        gateway(GIVEN | {"phases": 4}).windows()


def test_the_limits_of_a_file_are_kept(found: Windows) -> None:
    assert [str(name) for name in found.dataset["constraint"].values] == ["arrival delta-v", "arrival phase"]
    assert found.open.any()
    arrival = found.dataset["flyby_delta_v"] + found.dataset["insertion_delta_v"]
    assert float(arrival.values[found.open].max()) <= 900.0


def test_without_a_station_phases_are_tried() -> None:
    terms = {"phases": 3, "tof_step": "10 days"}
    mission = gateway(terms, {"out": "5 days", "beyond": "1 days"})
    found = mission.windows("2028-01-05", "2028-01-05")
    assert found.dataset["phase_deg"].values.tolist() == [0.0, 120.0, 240.0]
    assert found.open.shape == (1, 2, 1, 3, 1)


def test_a_window_goes_on_into_a_day_the_stations_are_known_for() -> None:
    """On 20 January the first azimuth lifts off the evening before, which is not scanned."""
    terms = {"phases": 2, "azimuth": ["72 deg", "108 deg"], "azimuths": 2}
    mission = gateway(terms, {"out": "5 days", "beyond": ["0.5 days", "2 days"]})
    (day,) = mission.windows("2028-01-20", "2028-01-20").calendar
    (cut,) = mission.windows("2028-01-20", "2028-01-20", edge_tolerance_s=None).calendar
    assert day.opens is not None
    assert cut.opens is not None
    assert (day.opens.azimuth_deg, day.opens.reason, day.opens.sharp) == (72.0, "azimuth limit", True)
    assert (cut.opens.azimuth_deg, cut.opens.sharp) == (108.0, False)
    assert day.opens_tdb < tdb_seconds("2028-01-20T00:00:00Z") < cut.opens_tdb


@pytest.mark.parametrize(
    ("terms", "says"),
    [
        ({"loi_delta_v": "900 m/s"}, 'windows.loi_delta_v: means nothing for transfer = "powered_flyby"'),
        ({"landing": {"latitude": "0 deg", "longitude": "0 deg", "earth_elevation": "0 deg"}}, "windows.landing: "),
    ],
)
def test_keys_of_other_transfers_are_refused(terms: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        gateway(terms).windows()
    with pytest.raises(InputError, match=r"windows\.phases: means nothing"):
        Mission.from_dict(library.read(library.find("luna-25")) | {"windows": {"phases": 3}}).windows()


def test_days_beyond_the_ephemeris_are_refused() -> None:
    with pytest.raises(InputError, match="are beyond"):
        gateway().windows("2060-01-05", "2060-01-06")


def test_on_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file of one cell a day: a table with three burns, JSON that says the rest, a dataset that is read again."""
    text = library.find("gateway-nrho").read_text(encoding="utf-8")
    text = text.replace('out = ["4.5 days", "6.5 days"]', 'out = "5.5 days"')
    text = text.replace('beyond = ["0.5 days", "2 days"]', 'beyond = "0.75 days"')
    text = text.replace("azimuths = 3", "azimuths = 2\nphases = 3")
    file = tmp_path / "visit.toml"
    file.write_text(text, encoding="utf-8")
    assert main(["windows", str(file)]) in (0, 3)
    shown = capsys.readouterr().out
    assert "arrival delta-v" in shown
    code = main(["windows", str(file), "--json", "--out", str(tmp_path / "out")])
    told = json.loads(capsys.readouterr().out)
    assert code == (0 if told["open_cells"] else 3)
    kept = Windows.from_netcdf(tmp_path / "out" / "windows.nc")
    assert kept.burns == ("tli_delta_v", "flyby_delta_v", "insertion_delta_v")
    assert kept.to_dict()["days"] == told["days"]
    assert not (tmp_path / "out" / "chunks").exists()


# ---------------------------------------------------------------- round the Moon and home


def round_trip(*, high: bool, **entry: str) -> Mission:
    """Artemis II, with its high orbit or from the parking orbit."""
    data = copy.deepcopy(library.read(library.find("artemis-2")))
    if not high:
        data["phase"] = [phase for phase in data["phase"] if phase["type"] != "earth_orbit"]
        data["phase"][0] = {
            "type": "translunar",
            "transfer": "free_return",
            "perilune": "6545 km",
            "home": "descending",
        }
    data["phase"][-1] |= entry
    data["launch"]["parking_orbit"] = {"altitude": "185 km", "node": "best"}
    return Mission.from_dict(data | {"expect": {}, "windows": {"azimuth": "90 deg", "eclipse": "90 min"}})


def test_a_free_return_is_scanned_by_its_phases() -> None:
    found = round_trip(high=False).windows("2028-07-01", "2028-07-03")
    assert found.axes == ("launch_day", "opportunity", "way_home", "perilune_altitude_km", "azimuth_deg")
    assert found.burns == ("tli_delta_v",)
    assert found.dataset["way_home"].values.tolist() == ["southbound"]
    assert found.dataset["perilune_altitude_km"].values.tolist() == [6545.0]
    assert found.best is not None
    told = found.best.to_dict()
    assert told["entry_utc"] > told["perilune_utc"]
    assert 10.9 < told["entry_speed_km_s"] < 11.1
    assert told["tof_h"] == pytest.approx((found.best.perilune_tdb - found.best.launch_tdb) / 3600.0, abs=3.0)
    assert json.loads(found.dataset.attrs["job"])["return_inclination_deg"] == pytest.approx(38.15)
    assert set(Windows(found.dataset).to_dict()["closed_by"]) >= {"eclipse in coast"}


def test_a_scan_of_free_returns_aims_at_no_place() -> None:
    with pytest.raises(InputError, match=r"entry.latitude: a scan of free returns does not aim"):
        round_trip(high=False, latitude="30 deg", longitude="-120 deg").windows()


def test_a_free_return_from_a_high_orbit_has_no_such_windows() -> None:
    with pytest.raises(InputError, match="leaves from a high orbit"):
        round_trip(high=True).windows()


def test_a_transfer_without_windows_says_so() -> None:
    mission: Any = SimpleNamespace(translunar=SimpleNamespace(transfer="by balloon"))
    with pytest.raises(InputError, match='none are found for "by balloon"'):
        plan_windows.windows(mission)
