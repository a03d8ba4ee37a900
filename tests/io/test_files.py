import os
import stat
from pathlib import Path

import pytest

from lunarplan.errors import InputError
from lunarplan.io.files import output_folder, write_atomic


def test_writes_text_and_bytes(tmp_path: Path) -> None:
    assert write_atomic(tmp_path / "a", "é\n").read_bytes() == "é\n".encode()
    assert write_atomic(str(tmp_path / "b"), b"\0").read_bytes() == b"\0"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_replaces_and_keeps_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o640)
    write_atomic(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("")
    path = write_atomic(tmp_path / "a", "")
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["missing/a", "file/a", ".", "a\0b"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as caught:
        write_atomic(tmp_path / name, "x")
    assert "\0" not in str(caught.value)


def test_makes_a_folder_and_takes_one_that_is_there(tmp_path: Path) -> None:
    assert output_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "a" / "b" / "kept").write_text("")
    assert output_folder(tmp_path / "a" / "b").is_dir()
    assert (tmp_path / "a" / "b" / "kept").exists()


@pytest.mark.parametrize("name", ["file", "file/below", "a\0b"])
def test_never_clobbers_what_is_no_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(InputError):
        output_folder(tmp_path / name)
    assert (tmp_path / "file").read_text() == "precious"
