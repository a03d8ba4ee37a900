from pathlib import Path

import pytest

from lunarplan import Mission
from lunarplan.config import library
from lunarplan.errors import DataError, InputError

DISTANT = ["artemis-1", "gateway-nrho", "halo-relay"]
LOW_ENERGY = ["capstone", "danuri"]
SHIPPED = ["change-5", "change-6", "change-7", "im-1", "luna-25", "luna-26", "polar-mapper", "queqiao-2", *DISTANT]


def test_ships_the_missions_it_promises() -> None:
    assert {*SHIPPED, *LOW_ENERGY} <= set(library.names())


@pytest.mark.parametrize("name", ["change-6", "CHANGE-6", "Change 6", "Chang'e-6", "change_6", " change-6 "])
def test_a_name_is_found_however_it_is_spelt(name: str) -> None:
    assert library.find(name).name == "change-6.toml"


def test_an_unknown_name_brings_the_closest() -> None:
    with pytest.raises(InputError, match=r"did you mean change-6"):
        library.find("chang6")
    with pytest.raises(InputError, match="lunarplan missions"):
        library.find("qqq")


def test_a_path_is_a_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("")
    assert library.find(file) == library.find(str(file)) == file


@pytest.mark.parametrize("name", ["missing.toml", "a/b", "../change-6.toml", "/", "a\0b.toml", "."])
def test_a_path_that_is_no_file_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        library.find(name)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[mission\nname = 3", "line 1, column 9"),
        (b"a = 1\na = 2", "Cannot overwrite a value"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b"a = " + b"[" * 100_000, "nested too deep"),
        (b"a = " + b"1" * 5000, "a number is too long"),
        (b"#" * 1_000_001, "too large"),
        (b"a = \0", "not valid TOML"),
    ],
)
def test_what_is_not_toml_is_refused_with_its_place(tmp_path: Path, content: bytes, says: str) -> None:
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(InputError) as caught:
        library.read(file)
    assert says in str(caught.value)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_a_mark_of_the_byte_order_is_passed_over(tmp_path: Path) -> None:
    """Editors of Windows write it before UTF-8."""
    file = tmp_path / "marked.toml"
    file.write_bytes(b"\xef\xbb\xbf" + library.find("change-6").read_bytes())
    assert library.read(file) == library.read(library.find("change-6"))


def test_a_file_without_suffix_is_a_path_if_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").write_text("")
    assert library.find("mine") == Path("mine")
    (tmp_path / "change-6").write_text("")
    assert library.find("change-6").parent == library.folder(), "a known name is that mission"


@pytest.mark.parametrize("name", [".", "..", "/", "folder"])
def test_a_folder_is_called_one(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r": is a folder; give the path of a mission file"):
        library.find(name)


def test_an_unreadable_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        library.read(tmp_path)


def test_missing_missions_mean_a_broken_installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lunarplan.config.library.files", lambda _: tmp_path / "site-packages" / "lunarplan")
    with pytest.raises(DataError, match="reinstall"):
        library.names()


def test_an_empty_folder_of_missions_means_one_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lunarplan.config.library.folder", lambda: tmp_path)
    with pytest.raises(DataError, match="reinstall"):
        library.names()


@pytest.mark.parametrize("name", [*SHIPPED, *LOW_ENERGY])
def test_every_shipped_mission_is_sound(name: str) -> None:
    mission = Mission.from_toml(name)
    assert mission.about.sources
    assert mission.expectations
    assert all(len(expected.source) > 5 for expected in mission.expectations)
    for item in (mission.vehicle, *mission.vehicle.engines, mission.distant_orbit or mission.insertion):
        assert item.source, "every number says where it is from"
    if name in LOW_ENERGY:
        assert {"tof", "greatest_earth_radius"} <= {one.quantity for one in mission.expectations}
    elif mission.about.status == "flown":
        arrival = "flyby_epoch" if name in DISTANT else "loi_epoch"
        assert name in DISTANT or mission.insertion.epoch_tdb is not None
        assert {"launch_epoch", "tli_c3", arrival} <= {one.quantity for one in mission.expectations}
        assert any(one.kind == "published" for one in mission.expectations)


@pytest.mark.parametrize("name", ["change-5", "change-6", "luna-25", "im-1"])
def test_published_launch_and_arrival_fit_the_times_of_flight_asked_for(name: str) -> None:
    mission = Mission.from_toml(name)
    published = {one.quantity: one.low for one in mission.expectations}
    launch, arrival = published["launch_epoch"], published["loi_epoch"]
    assert mission.launch.earliest_tdb <= launch <= mission.launch.latest_tdb
    shortest, longest = mission.translunar.tof_s
    assert shortest < arrival - launch - 3600.0 < longest
    if "flight_time" in published:
        assert arrival - launch == pytest.approx(published["flight_time"], abs=3600.0)
