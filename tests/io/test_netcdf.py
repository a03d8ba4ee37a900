import hashlib
import time
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr

from lunarplan.errors import DataError, InputError
from lunarplan.io.netcdf import read_netcdf, write_netcdf


def dataset() -> xr.Dataset:
    day = np.array(["2026-02-01", "2026-02-02", "2026-02-05T12:34:56.789"], dtype="datetime64[ns]")
    random = np.random.default_rng(1)
    axes = {"day": day, "way": ["ascending", "descendïng"], "tof_s": ("tof_s", [1.5, 2.5], {"units": "s"})}
    over = ("day", "way", "tof_s")
    variables: dict[str, Any] = {
        "speed": (over, np.where(random.random((3, 2, 2)) > 0.8, np.nan, random.random((3, 2, 2))), {"units": "km/s"}),
        "margins": ((*over, "k"), np.float32(random.random((3, 2, 2, 4)))),
        "open": (over, random.random((3, 2, 2)) > 0.5),
        "wait": ("day", [1.0, 2.0, 3.0], {"units": "days"}),
        "nothing": ("none", np.zeros(0)),
        **{kind: ("tof_s", np.array([0, np.iinfo(kind).max], kind)) for kind in ("int8", "uint8", "int64", "uint64")},
    }
    return xr.Dataset(variables, axes, {"job": "{}", "long": "x" * 100_000})


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written = dataset()
    read = read_netcdf(write_netcdf(written, str(tmp_path / "a.nc")))
    assert read.identical(written)
    assert {name: v.dtype for name, v in read.variables.items()} == {n: v.dtype for n, v in written.variables.items()}
    assert list(read.variables) == list(written.variables)


def test_equal_datasets_give_equal_bytes(tmp_path: Path) -> None:
    first = write_netcdf(dataset(), tmp_path / "a.nc")
    time.sleep(1.01)  # HDF5's clock ticks in seconds
    again = write_netcdf(read_netcdf(first), tmp_path / "b.nc")
    assert sha(first) == sha(again)


def test_others_read_it_and_may_change_it(tmp_path: Path) -> None:
    path = write_netcdf(dataset(), tmp_path / "a.nc")
    with xr.open_dataset(path, engine="h5netcdf", decode_timedelta=False) as theirs:
        assert theirs.identical(dataset())
    with h5py.File(path, "r+") as file:
        file.attrs["note"] = "changed"
    assert read_netcdf(path).attrs["note"] == "changed"


def test_a_file_others_wrote(tmp_path: Path) -> None:
    dataset().to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert read_netcdf(tmp_path / "a.nc").identical(dataset())


def test_every_damage_is_found(tmp_path: Path) -> None:
    path = write_netcdf(dataset().drop_attrs(), tmp_path / "a.nc")
    good = path.read_bytes()
    random = np.random.default_rng(5)
    seal = len(good) - 40
    for place in random.integers(0, seal, 100):
        path.write_bytes(good[:place] + bytes([good[place] ^ 0x10]) + good[place + 1 :])
        with pytest.raises(DataError, match=r"a\.nc: is damaged: its content does not match its checksum"):
            read_netcdf(path)


def test_a_full_disk_is_told_in_few_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "Can't synchronously write data (file write failed:\ntime = ...)")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    with pytest.raises(InputError, match=r"cannot be written: No space left on device; choose another place$"):
        write_netcdf(dataset(), tmp_path / "a.nc")
    assert not list(tmp_path.iterdir())


def test_what_a_killed_write_left_is_in_nobodys_way(tmp_path: Path) -> None:
    (tmp_path / ".a.nc.part").write_text("half of it")
    path = write_netcdf(dataset(), tmp_path / "a.nc")
    assert read_netcdf(path).identical(dataset())
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.99])
def test_a_file_cut_short_is_named(tmp_path: Path, share: float) -> None:
    path = write_netcdf(dataset(), tmp_path / "a.nc")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"a\.nc: cannot be read"):
        read_netcdf(path)


def test_what_is_no_netcdf_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.nc").write_text("once upon a time " * 100)
    with h5py.File(tmp_path / "plain.nc", "w") as file:
        file["c"] = np.zeros(1, dtype="complex128")
    for name in ("text.nc", "missing.nc", "."):
        with pytest.raises(DataError, match="cannot be read"):
            read_netcdf(tmp_path / name)


def test_a_failure_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = write_netcdf(dataset(), tmp_path / "a.nc")
    before = sha(path)
    impossible = xr.Dataset({"c": ("x", np.array([{}], dtype=object))})
    with pytest.raises(InputError, match=r"a\.nc: cannot become netCDF"):
        write_netcdf(impossible, path)
    assert sha(path) == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written: No such file"):
        write_netcdf(dataset(), tmp_path / "missing" / "a.nc")
    with pytest.raises(InputError, match="cannot be written: Is a directory"):
        write_netcdf(dataset(), tmp_path)
    with pytest.raises(InputError, match="null"):
        write_netcdf(dataset(), tmp_path / "a\0b")
