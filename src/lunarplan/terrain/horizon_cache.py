"""Horizons of a region on disk: a header that says what they are of, a checksum of each row of tiles, the elevations.

The file is made under a temporary name and gets its own when it is complete: there is never half a one. It is
`horizons-DIGEST.bin`, the digest being that of everything the numbers depend on, and begins::

    lunarplan horizons 1\n
    {"description": {...}, "shape": [...], "checksums": [...]}\n

padded with blanks to a whole number of pages; then int16, little-endian, in the layout of `Horizons.elevation`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import os
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import DataError, InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Elevation = NDArray[np.int16]

_LOG = logging.getLogger(__name__)
_MAGIC = b"lunarplan horizons 1\n"
_PAGE = 4096
_DIGITS = 20  # of the digest, in the file's name
_STORED = np.dtype("<i2")


def description_digest(description: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a description, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(description, sort_keys=True, allow_nan=False).encode()).hexdigest()


class HorizonCache:
    """The file of one region's horizons in a folder.

    description : everything the elevations depend on, as JSON takes it
    shape       : of the elevations; the first axis counts rows of tiles

    Raises InputError if the folder cannot be used.
    """

    def __init__(self, folder: str | Path, description: Mapping[str, Any], shape: Sequence[int]) -> None:
        if not isinstance(folder, str | os.PathLike):
            raise InputError(f"{folder!r} is not a path", where="cache", remedy="name a folder")
        self._folder, self._description, self._shape = Path(folder), dict(description), tuple(shape)
        self.path = self._folder / f"horizons-{description_digest(description)[:_DIGITS]}.bin"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise InputError(f"cannot be a folder: {error}", where="cache", remedy="choose another place") from error

    def read(self) -> Elevation | None:
        """Return the elevations, mapped from the file; None if there is none, or it is damaged (which is logged)."""
        if not self.path.exists():
            return None
        try:
            return read_elevation(self.path, self._description, self._shape)
        except DataError as error:
            _LOG.warning("%s; the horizons are computed again", error)
            return None

    def create(self) -> tuple[Elevation, Path]:
        """Return elevations to be filled, mapped to a file under a temporary name, and that name.

        Raises InputError if there is no room.
        """
        begin = self._begin()
        size = math.prod(self._shape) * _STORED.itemsize
        try:
            handle, name = tempfile.mkstemp(dir=self._folder, prefix=f".{self.path.name}.")
            try:
                _allocate(handle, begin + size)
            except BaseException:
                os.unlink(name)
                raise
            finally:
                os.close(handle)
        except OSError as error:
            what = f"{size + begin} bytes cannot be written: {error.strerror}"
            raise InputError(what, where=str(self._folder), remedy="choose another place for the cache") from error
        return np.memmap(name, _STORED, "r+", begin, self._shape), Path(name)

    def finish(self, elevation: Elevation, temporary: Path) -> Elevation:
        """Seal the filled file, give it its name, and return the elevations mapped from it, not writable."""
        assert isinstance(elevation, np.memmap)
        elevation.flush()
        with temporary.open("r+b") as file:
            file.write(_header(self._description, self._shape, checksums(elevation)).ljust(self._begin()))
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, self.path)
        return np.memmap(self.path, _STORED, "r", self._begin(), self._shape)

    def _begin(self) -> int:
        return _pages(len(_header(self._description, self._shape, [2**32] * self._shape[0])))


def read_elevation(path: Path, description: Mapping[str, Any], shape: Sequence[int]) -> Elevation:
    """Return the elevations of a file, mapped; raises DataError if it is torn, damaged or of something else."""
    found, begin = _read_header(path)
    differing = [
        key for key in {**found["description"], **description} if found["description"].get(key) != description.get(key)
    ]
    if differing or tuple(found["shape"]) != tuple(shape):
        raise DataError(f"holds other horizons: {', '.join(sorted(differing)) or 'shape'} differ", where=str(path))
    expected = begin + math.prod(shape) * _STORED.itemsize
    if path.stat().st_size != expected:
        raise DataError(f"has {path.stat().st_size} bytes", where=str(path), allowed=f"{expected} bytes")
    elevation = np.memmap(path, _STORED, "r", begin, tuple(shape))
    if checksums(elevation) != found["checksums"]:
        raise DataError("is damaged: its checksums do not match", where=str(path), remedy="remove it")
    return elevation


def checksums(elevation: Elevation) -> list[int]:
    """CRC-32 of each row of tiles."""
    return [zlib.crc32(row.astype(_STORED, copy=False).tobytes()) for row in elevation]


def _read_header(path: Path) -> tuple[dict[str, Any], int]:
    """The header, and where the elevations begin."""
    try:
        with path.open("rb") as file:
            magic, text = file.readline(64), file.readline()
        header = json.loads(text)
        complete = magic == _MAGIC and {"description", "shape", "checksums", "begin"} <= set(header)
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"is not a file of horizons: {error}", where=str(path), remedy="remove it") from error
    if not complete:
        raise DataError("is not a file of horizons", where=str(path), remedy="remove it")
    return header, int(header["begin"])


def _header(description: Mapping[str, Any], shape: Sequence[int], sums: Sequence[int]) -> bytes:
    widest = {"description": description, "shape": list(shape), "checksums": [2**32] * len(sums), "begin": 10**12}
    begin = _pages(len(_MAGIC) + len(json.dumps(widest)) + 2)
    return _MAGIC + json.dumps({**widest, "checksums": list(sums), "begin": begin}).encode() + b"\n"


def _pages(size: int) -> int:
    return -(-size // _PAGE) * _PAGE


def _allocate(handle: int, size: int) -> None:
    """Give a file its room now: a memory map of a file the disk has no room for kills the process later."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
    else:
        os.truncate(handle, size)
