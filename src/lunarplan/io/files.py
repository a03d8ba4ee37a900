"""Writing files so that a reader sees the old one or the new one, never half of it."""

import os
import tempfile
from pathlib import Path

from lunarplan.errors import InputError


def write_atomic(path: str | Path, content: str | bytes) -> Path:
    """Write a file through a temporary one beside it, and return its path.

    content : text is written as UTF-8

    Raises InputError if it cannot be written; what was there before is then still there.
    """
    path = _path(path)
    data = content.encode() if isinstance(content, str) else content
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, _permissions(path))
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    return path


def output_folder(path: str | Path) -> Path:
    """Return `path` as a folder, made if it is not there yet.

    Raises InputError if something that is no folder is in the way, or it cannot be made.
    """
    path = _path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        remedy = "name a folder, or move the file away"
        raise InputError("is not a folder", where=str(path), remedy=remedy) from error
    except (OSError, ValueError) as error:
        raise _unwritable(path, error) from error
    return path


def _path(path: object) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"{path!r} is not a path", where="path", remedy="give text or a Path")
    return Path(path)


def _permissions(path: Path) -> int:
    """Those of the file replaced; of a new file, what the user's mask leaves (mkstemp gives 0600)."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _unwritable(path: Path, error: OSError | ValueError) -> InputError:
    reason = getattr(error, "strerror", None) or str(error)
    where = str(path).replace("\0", "\\0")
    return InputError(f"cannot be written: {reason}", where=where, remedy="choose another place")
