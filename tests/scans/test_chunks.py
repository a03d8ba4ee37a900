import json
import logging
from pathlib import Path

import numpy as np
import pytest

from lunarplan.errors import DataError, InputError
from lunarplan.scans.chunks import ChunkFolder, digest
from lunarplan.scans.grid import Field

FIELDS = {"b": Field("float32", {"k": 2}), "a": Field(), "c": Field("bool")}
ASKED = {"job": {"degree": 20, "bodies": ["sun"]}, "chunk_cells": 3}


def arrays(seed: int = 1) -> dict[str, np.ndarray]:
    random = np.random.default_rng(seed)
    return {"b": np.float32(random.random((3, 2))), "a": random.random(3), "c": random.random(3) > 0.5}


def test_what_was_written_is_read_to_the_bit(tmp_path: Path) -> None:
    written = arrays() | {"a": np.array([np.nan, -0.0, np.inf])}
    ChunkFolder(tmp_path, ASKED, FIELDS).write(7, written)
    read = ChunkFolder(tmp_path, ASKED, FIELDS).read(7, 3)
    assert read is not None
    assert {name: (v.dtype, v.shape, v.tobytes()) for name, v in read.items()} == {
        name: (v.dtype, v.shape, v.tobytes()) for name, v in written.items()
    }


def test_a_chunk_never_written_is_not_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert ChunkFolder(tmp_path / "made" / "here", ASKED, FIELDS).read(0, 3) is None
    assert not caplog.records


def test_every_flipped_bit_and_every_cut_is_found(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = ChunkFolder(tmp_path, ASKED, FIELDS)
    folder.write(0, arrays())
    path = tmp_path / "chunk-000000.bin"
    good = path.read_bytes()
    flipped = [good[:k] + bytes([good[k] ^ 1 << k % 8]) + good[k + 1 :] for k in range(len(good))]
    for bad in (*flipped, *(good[:k] for k in range(len(good))), good + b"\0"):
        path.write_bytes(bad)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert folder.read(0, 3) is None
        assert "chunk-000000.bin is damaged; its 3 cells are computed again" in caplog.text


def test_a_chunk_in_the_wrong_place_is_not_taken(tmp_path: Path) -> None:
    folder = ChunkFolder(tmp_path, ASKED, FIELDS)
    folder.write(0, arrays())
    (tmp_path / "chunk-000000.bin").rename(tmp_path / "chunk-000001.bin")
    assert folder.read(1, 3) is None


def test_another_scan_is_refused_by_what_differs(tmp_path: Path) -> None:
    ChunkFolder(tmp_path, ASKED, FIELDS)
    other = {"job": {"degree": 50, "bodies": ["sun"], "srp": True}, "chunk_cells": 3}
    with pytest.raises(InputError) as caught:
        ChunkFolder(tmp_path, other, FIELDS)
    assert "job.degree: 20, now 50; job.srp: absent, now true;" in str(caught.value)
    assert "choose another folder, or empty this one" in str(caught.value)
    assert "bodies" not in str(caught.value)


def test_a_refusal_names_some_differences_and_counts_the_rest(tmp_path: Path) -> None:
    ChunkFolder(tmp_path, {f"k{i}": 0 for i in range(12)}, FIELDS)
    with pytest.raises(InputError, match="4 more"):
        ChunkFolder(tmp_path, {f"k{i}": 1 for i in range(12)}, FIELDS)


def test_a_digest_does_not_depend_on_the_order_of_keys() -> None:
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", "5", "\xff"])
def test_a_manifest_that_is_none_is_named(tmp_path: Path, content: str) -> None:
    ChunkFolder(tmp_path, ASKED, FIELDS).write(0, arrays())
    path = tmp_path / "manifest.json"
    path.write_bytes(content.encode("latin-1"))
    with pytest.raises(DataError, match=r"manifest\.json: is not the manifest"):
        ChunkFolder(tmp_path, ASKED, FIELDS)
    path.unlink()  # as the remedy says
    assert ChunkFolder(tmp_path, ASKED, FIELDS).read(0, 3) is not None


def test_the_manifest_says_what_was_asked(tmp_path: Path) -> None:
    ChunkFolder(tmp_path, ASKED, FIELDS)
    assert json.loads((tmp_path / "manifest.json").read_text()) == {"digest": digest(ASKED), **ASKED}


def test_leftovers_of_killed_writes_go_and_nothing_else(tmp_path: Path) -> None:
    for name in (".chunk-000003.bin.k2j4", ".manifest.json.x1", "notes.txt", ".hidden"):
        (tmp_path / name).write_text("")
    ChunkFolder(tmp_path, ASKED, FIELDS)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".hidden", "manifest.json", "notes.txt"]


def test_a_file_in_the_way_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is not a folder"):
        ChunkFolder(tmp_path / "file", ASKED, FIELDS)


def test_a_chunk_that_cannot_be_read_or_written_is_named(tmp_path: Path) -> None:
    folder = ChunkFolder(tmp_path, ASKED, FIELDS)
    (tmp_path / "chunk-000000.bin").mkdir()
    with pytest.raises(DataError, match=r"chunk-000000\.bin: cannot be read"):
        folder.read(0, 3)
    with pytest.raises(InputError, match=r"chunk-000000\.bin: cannot be written"):
        folder.write(0, arrays())
