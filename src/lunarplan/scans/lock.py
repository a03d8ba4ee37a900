"""One scan at a time in a folder: a lock that the operating system lets go of with the process, however that ends."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import TracebackType

from lunarplan.errors import InputError

_NAME = "scan.lock"
_TRIES = 10
_BUSY = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}
_held: set[Path] = set()  # by this process, to which the system's lock says nothing
_holding = Lock()


class FolderLock:
    """Held while the context is open; raises InputError at its start if another scan has the folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder.resolve() / _NAME
        self._file = -1

    def __enter__(self) -> None:
        with _holding:
            if self._path in _held:
                raise self._taken()
            self._file = self._opened()
            _held.add(self._path)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _holding:
            if sys.platform != "win32":  # there a file in use cannot be removed
                self._path.unlink(missing_ok=True)
            os.close(self._file)
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
            _held.discard(self._path)

    def _opened(self) -> int:
        """The lock's file, locked, and still the one that others would find."""
        for _ in range(_TRIES):
            try:
                file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError as error:
                raise InputError(f"cannot be written: {error.strerror}", where=str(self._path.parent)) from error
            try:
                _lock(file)
            except OSError as error:
                os.close(file)
                if error.errno in _BUSY:
                    raise self._taken() from error
                raise InputError(f"cannot be locked: {error.strerror}", where=str(self._path.parent)) from error
            if self._is_there(file):
                return file
            os.close(file)
        raise self._taken()

    def _is_there(self, file: int) -> bool:
        """Whether the file locked is the one of that name: whoever had it before may just have removed it."""
        try:
            return os.path.samestat(os.fstat(file), os.stat(self._path))
        except FileNotFoundError:
            return False

    def _taken(self) -> InputError:
        remedy = "wait until it has ended, or choose another folder"
        return InputError("another scan is at work there", where=str(self._path.parent), remedy=remedy)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(file: int) -> None:
        # Not flock: worker processes would inherit it, and outlive a scan that is killed.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
