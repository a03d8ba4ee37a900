"""Finished chunks of a scan in a folder, from which a scan that was stopped goes on.

`manifest.json` says which scan they belong to. `chunk-000012.bin` holds a SHA-256, then the fields of one chunk in
alphabetical order, little-endian. The SHA-256 is over the scan's digest, the number of the chunk and the fields, so a
file that is damaged, misplaced or another scan's is never taken.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lunarplan.errors import DataError, InputError
from lunarplan.io.files import output_folder, write_atomic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from lunarplan.scans.grid import Field

    Array = NDArray[Any]

_LOG = logging.getLogger(__name__)
_SHA_BYTES = hashlib.sha256().digest_size
_MOST_DIFFERENCES = 8  # named in a refusal


class ChunkFolder:
    """The chunks of one scan; made when it is not there, refused when it belongs to another scan.

    folder      : where; one scan at a time
    description : everything the numbers depend on, as JSON takes it
    fields      : what a chunk holds

    Raises InputError if the folder holds another scan or cannot be written, DataError if its manifest is not readable.
    """

    def __init__(self, folder: str | Path, description: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
        self._folder = output_folder(folder)
        self._digest = digest(description)
        self._fields = {name: fields[name] for name in sorted(fields)}
        self._clear_leftovers()
        self._claim(description)

    def read(self, index: int, cells: int) -> dict[str, Array] | None:
        """Return the fields of a chunk of so many cells, or None if it is not there or damaged (which is logged)."""
        path = self._path(index)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=str(path), remedy="remove it") from error
        payload = memoryview(content)[_SHA_BYTES:]
        if content[:_SHA_BYTES] != self._seal(index, payload):
            _LOG.warning("%s is damaged; its %d cells are computed again", path, cells)
            return None
        return dict(self._unpacked(payload, cells))

    def write(self, index: int, arrays: Mapping[str, Array]) -> None:
        """Keep the fields of a chunk; raises InputError if they cannot be written."""
        payload = b"".join(np.asarray(arrays[name], _stored(field)).tobytes() for name, field in self._fields.items())
        write_atomic(self._path(index), self._seal(index, payload) + payload)

    def _path(self, index: int) -> Path:
        return self._folder / f"chunk-{index:06d}.bin"

    def _seal(self, index: int, payload: bytes | memoryview) -> bytes:
        seal = hashlib.sha256(f"{self._digest} {index} ".encode())
        seal.update(payload)
        return seal.digest()

    def _unpacked(self, payload: memoryview, cells: int) -> Iterator[tuple[str, Array]]:
        start = 0
        for name, field in self._fields.items():
            count = cells * math.prod(field.shape)
            flat = np.frombuffer(payload, _stored(field), count, start)
            start += flat.nbytes
            yield name, flat.reshape(cells, *field.shape)

    def _clear_leftovers(self) -> None:
        """Remove the temporary files of writes that were killed."""
        for pattern in (".chunk-*", ".manifest.json.*"):
            for path in self._folder.glob(pattern):
                path.unlink(missing_ok=True)

    def _claim(self, description: Mapping[str, Any]) -> None:
        path = self._folder / "manifest.json"
        if not path.exists():
            text = json.dumps({"digest": self._digest, **description}, indent=1, allow_nan=False)
            write_atomic(path, text + "\n")
            return
        before = _manifest(path)
        if before["digest"] != self._digest:
            raise InputError(
                f"holds the chunks of another scan: {_differences(before, description)}",
                where=str(self._folder),
                remedy="choose another folder, or empty this one",
            )


def digest(description: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a description, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(description, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        manifest["digest"]
    except (OSError, ValueError, TypeError, KeyError) as error:
        remedy = "remove it: finished chunks of this scan are recognised without it"
        raise DataError("is not the manifest of a scan", where=str(path), remedy=remedy) from error
    return dict(manifest)


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Say which entries differ, as `job.degree: 20, now 50; ...`."""
    old, new = dict(_leaves(before)), dict(_leaves(now))
    old.pop("digest", None)
    keys = [key for key in sorted(old | new) if old.get(key) != new.get(key)]
    named = [f"{key}: {old.get(key, 'absent')}, now {new.get(key, 'absent')}" for key in keys[:_MOST_DIFFERENCES]]
    more = len(keys) - len(named)
    return "; ".join([*named, f"{more} more"] if more else named)


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(tree, Mapping) and tree:
        for key, value in tree.items():
            yield from _leaves(value, f"{path}.{key}" if path else str(key))
    else:
        yield path, json.dumps(tree)


def _stored(field: Field) -> np.dtype[Any]:
    return np.dtype(field.dtype).newbyteorder("<")
