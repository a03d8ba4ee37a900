import hashlib
import os

import pytest

from lunarplan.errors import DataError, InputError
from lunarplan.model import data


@pytest.mark.parametrize("name", sorted(data.SHA256))
def test_every_packaged_file_is_the_published_one(name):
    path = data.packaged(name)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == data.SHA256[name]


def test_every_packaged_file_is_in_the_table():
    folder = data.packaged(data.EPHEMERIS).parent
    assert {path.name for path in folder.iterdir() if path.is_file()} == set(data.SHA256)


def test_an_unknown_name_lists_what_there_is():
    with pytest.raises(InputError, match=data.EPHEMERIS):
        data.packaged("de441.bsp")


@pytest.fixture
def copy(tmp_path):
    path = tmp_path / "grgm.tab"
    path.write_bytes(data.packaged(data.MOON_GRAVITY).read_bytes())
    data.verify(path, data.SHA256[data.MOON_GRAVITY])
    return path


def test_one_flipped_bit_is_found_with_both_hashes(copy):
    damaged = bytearray(copy.read_bytes())
    damaged[1000] ^= 1
    copy.write_bytes(damaged)
    os.utime(copy, ns=(1, 1))
    with pytest.raises(DataError) as caught:
        data.verify(copy, data.SHA256[data.MOON_GRAVITY])
    message = str(caught.value)
    assert str(copy) in message
    assert data.SHA256[data.MOON_GRAVITY] in message
    assert hashlib.sha256(damaged).hexdigest() in message


def test_a_truncated_file_is_found(copy):
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(DataError, match="SHA-256"):
        data.verify(copy, data.SHA256[data.MOON_GRAVITY])


def test_a_file_is_hashed_once(copy, monkeypatch):
    monkeypatch.setattr(data, "sha256", lambda path: pytest.fail("hashed again"))
    data.verify(copy, data.SHA256[data.MOON_GRAVITY])


def test_a_missing_file_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        data.sha256(tmp_path / "nothing.bsp")


def test_a_folder_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        data.readable(tmp_path)
