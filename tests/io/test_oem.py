from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.errors import InputError
from lunarplan.io.oem import Oem, OemSegment, TimeSystem, read_oem, write_oem
from lunarplan.model.epochs import tdb_seconds, utc_iso
from tests.tolerances import EPOCH_RESOLUTION_S, OEM_EPOCH_S, OEM_POSITION_KM, OEM_VELOCITY_KM_S

MESSAGE = """\
CCSDS_OEM_VERS = 2.0
COMMENT written by hand
CREATION_DATE = 2024-05-03T00:00:00
ORIGINATOR = TEST

META_START
COMMENT in the metadata
OBJECT_NAME = ONE
OBJECT_ID = 2024-083A
CENTER_NAME = EARTH
REF_FRAME = EME2000
TIME_SYSTEM = UTC
START_TIME = 2024-05-03T09:27:00
STOP_TIME = 2024-05-03T09:29:00
INTERPOLATION = LAGRANGE
INTERPOLATION_DEGREE = 5
META_STOP

2024-05-03T09:27:00.000 7000 0 0 0 7.5 0
COMMENT between states
2024-124T09:28:00Z 6900.5 1 2 0.1 7.4 -1e-3 1e-6 2e-6 3e-6

COVARIANCE_START
EPOCH = 2024-05-03T09:28:00
1 2 3
COVARIANCE_STOP

META_START
OBJECT_NAME = ONE
OBJECT_ID = 2024-083A
CENTER_NAME = MOON
REF_FRAME = ICRF
TIME_SYSTEM = TDB
START_TIME = 2024-05-03T09:30:00
STOP_TIME = 2024-05-03T09:30:00
META_STOP
2024-05-03T09:30:00 1 2 3 4 5 6
"""


def saved(folder: Path, text: str) -> Path:
    path = folder / "x.oem"
    path.write_text(text)
    return path


def test_reads_segments_scales_centres_and_day_of_year(tmp_path: Path) -> None:
    oem = read_oem(saved(tmp_path, MESSAGE))
    first, second = oem.segments
    assert (oem.originator, first.object_id, first.center, second.center) == ("TEST", "2024-083A", "earth", "moon")
    expected = [tdb_seconds("2024-05-03T09:27:00Z"), tdb_seconds("2024-05-03T09:28:00Z")]
    np.testing.assert_allclose(first.epochs_tdb, expected, rtol=0, atol=EPOCH_RESOLUTION_S)
    np.testing.assert_array_equal(first.states, [[7000, 0, 0, 0, 7.5, 0], [6900.5, 1, 2, 0.1, 7.4, -1e-3]])
    assert second.epochs_tdb[0] == tdb_seconds("2024-05-03T09:30:00 TDB")


def test_reads_artemis_1_as_flown(tests_only: Callable[[str], Path]) -> None:
    """NASA/JSC post-flight ephemeris: 3467 states, first and last as in the file, C3 -2.0405 after TLI."""
    (segment,) = read_oem(tests_only("artemis1_asflown_outbound.oem")).segments
    assert segment.center == "earth"
    assert utc_iso(segment.epochs_tdb[0]) == "2022-11-16T08:44:51.150Z"
    assert utc_iso(segment.epochs_tdb[-1]) == "2022-11-25T22:09:55.422Z"
    assert segment.states.shape == (3467, 6)
    np.testing.assert_array_equal(segment.states[0, :3], [-2706.474978, 8923.779246, 5462.225803])
    speed, distance = np.linalg.norm(segment.states[0, 3:]), np.linalg.norm(segment.states[0, :3])
    assert speed**2 - 2 * 398600.4415 / distance == pytest.approx(-2.0405, abs=5e-5)


@pytest.mark.parametrize("time_system", ["UTC", "TDB"])
def test_what_is_written_is_read_back(tmp_path: Path, time_system: TimeSystem) -> None:
    epochs = tdb_seconds("2024-05-03T09:27:00Z") + np.array([0.0, 0.1234565, 60.0, 1e5])
    states = np.random.default_rng(7).normal(scale=1e5, size=(4, 6)) * [1, 1, 1, 1e-5, 1e-5, 1e-5]
    segment = OemSegment("X", "0", "moon", epochs, states, "a comment")
    write_oem(tmp_path / "x.oem", Oem((segment, segment), "ME", "2024-05-03T00:00:00"), time_system)
    back = read_oem(tmp_path / "x.oem")
    assert len(back.segments) == 2
    for read in back.segments:
        np.testing.assert_allclose(read.epochs_tdb, epochs, rtol=0, atol=OEM_EPOCH_S)
        np.testing.assert_allclose(read.states[:, :3], states[:, :3], rtol=0, atol=OEM_POSITION_KM)
        np.testing.assert_allclose(read.states[:, 3:], states[:, 3:], rtol=0, atol=OEM_VELOCITY_KM_S)
        assert read.center == "moon"


def test_across_a_leap_second(tmp_path: Path) -> None:
    epochs = tdb_seconds("2016-12-31T23:59:58Z") + np.arange(4.0)
    segment = OemSegment("X", "0", "earth", epochs, np.ones((4, 6)))
    path = write_oem(tmp_path / "x.oem", Oem((segment,), "ME", "2024-05-03T00:00:00"))
    assert "2016-12-31T23:59:60.000000" in path.read_text()
    np.testing.assert_allclose(read_oem(path).segments[0].epochs_tdb, epochs, rtol=0, atol=OEM_EPOCH_S)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("CCSDS_OEM_VERS = 2.0", "CCSDS_OEM_VERS = 9.0", 1, "CCSDS_OEM_VERS = 9.0"),
        ("CCSDS_OEM_VERS = 2.0", "CCSDS_OPM_VERS = 2.0", 1, "CCSDS_OPM_VERS"),
        ("ORIGINATOR = TEST\n", "", 5, "ORIGINATOR missing"),
        ("ORIGINATOR = TEST", "ORIGINATOR =", 4, "KEYWORD = value"),
        ("OBJECT_NAME = ONE", "OBJECT_NAM = ONE", 8, "OBJECT_NAM"),
        ("OBJECT_NAME = ONE", "OBJECT_NAME = ONE\nOBJECT_NAME = TWO", 9, "given twice"),
        ("OBJECT_ID = 2024-083A\n", "", 16, "OBJECT_ID missing"),
        ("REF_FRAME = EME2000", "REF_FRAME = ITRF2000", 17, "REF_FRAME = ITRF2000"),
        ("TIME_SYSTEM = UTC", "TIME_SYSTEM = GPS", 17, "TIME_SYSTEM = GPS"),
        ("7000 0 0 0 7.5 0", "7000 0 0 0 7.5", 19, "6 numbers"),
        ("7000 0 0 0 7.5 0", "7000 0 0 0 7.5 x", 19, "numbers"),
        ("7000 0 0 0 7.5 0", "7000 0 0 0 nan 0", 19, "finite"),
        ("09:27:00.000 7", "09:61:00.000 7", 19, "epoch"),
        ("2024-124T", "2024-400T", 21, "epoch"),
        ("2024-124T", "2023-124T", 21, "ascending"),
        ("2024-05-03T09:27:00.000 7", "2024-05-03T09:26:00.000 7", 27, "START_TIME"),
        ("COVARIANCE_STOP\n", "", 36, "the file ends"),
        ("META_STOP\n2024", "META_STOP\nMETA_START\n2024", 36, "no states"),
    ],
)  # fmt: skip
def test_says_in_which_line_a_message_goes_wrong(tmp_path: Path, old: str, new: str, line: int, says: str) -> None:
    assert MESSAGE.count(old) >= 1
    with pytest.raises(InputError) as caught:
        read_oem(saved(tmp_path, MESSAGE.replace(old, new, 1)))
    assert says in str(caught.value)
    assert f"line {line}:" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"\xff", b"CCSDS_OEM_VERS", b"\n\n"])
def test_a_file_that_is_no_message_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.oem"
    path.write_bytes(content)
    with pytest.raises(InputError):
        read_oem(path)
    with pytest.raises(InputError):
        read_oem(tmp_path / "missing")


@given(st.integers(0, len(MESSAGE) - 1), st.characters(max_codepoint=127), st.integers(0, 3))
def test_a_damaged_message_is_a_message_or_an_input_error(
    tmp_path_factory: pytest.TempPathFactory, where: int, what: str, length: int
) -> None:
    damaged = saved(tmp_path_factory.mktemp("oem"), MESSAGE[:where] + what + MESSAGE[where + length :])
    try:
        outcome = f"line by line: {len(read_oem(damaged).segments)} segments"
    except InputError as error:
        outcome = str(error)
    assert "line" in outcome
    assert "\n" not in outcome


@pytest.mark.parametrize(
    ("epochs", "states"),
    [
        (np.array([0.0, 1.0]), np.ones((1, 6))),
        (np.array([0.0, 1.0]), np.ones((2, 5))),
        (np.array([1.0, 1.0]), np.ones((2, 6))),
        (np.array([]), np.ones((0, 6))),
        (np.array([0.0, np.nan]), np.ones((2, 6))),
        (np.array([0.0, 1.0]), np.full((2, 6), np.inf)),
    ],
)
def test_a_segment_holds_together(epochs: np.ndarray, states: np.ndarray) -> None:
    with pytest.raises(InputError):
        OemSegment("X", "0", "earth", epochs, states)


def test_only_utc_and_tdb_are_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="UTC, TDB"):
        write_oem(tmp_path / "x", Oem((), "ME", "now"), "TAI")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "written"), [("嫦娥六号 é", "???? e"), ("Chang'e-6", "Chang'e-6"), ("Ångström", "Angstrom")]
)
def test_names_outside_ascii_can_be_read_back(tmp_path: Path, name: str, written: str) -> None:
    segment = OemSegment(name, "0", "moon", 8e8 + 60.0 * np.arange(4), np.ones((4, 6)), f"of {name}")
    path = tmp_path / "a.oem"
    write_oem(path, Oem((segment,), "ME", "2024-05-03T00:00:00"))
    assert path.read_bytes().isascii()
    assert read_oem(path).segments[0].object_name == written
