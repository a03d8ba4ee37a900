"""Where mission files are found: by path, or by name among those that come with lunarplan."""

import os
import tomllib
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from lunarplan.config.units import shown
from lunarplan.errors import DataError, InputError

_LARGEST_BYTES = 1_000_000


def folder() -> Path:
    """Return the folder of the mission files that come with lunarplan.

    In a wheel it lies inside the package, in a checkout beside `src`.
    """
    package = Path(str(files("lunarplan")))
    inside, beside = package / "missions", package.parent.parent / "missions"
    if inside.is_dir():
        return inside
    if (beside / "change-6.toml").is_file():
        return beside
    raise DataError("the mission files are missing", where=str(inside), remedy="reinstall lunarplan")


def names() -> list[str]:
    """Return the names of the missions that come with lunarplan, sorted."""
    place = folder()
    found = sorted(path.stem for path in place.glob("*.toml"))
    if not found:
        raise DataError("the mission files are missing", where=str(place), remedy="reinstall lunarplan")
    return found


def find(name_or_path: str | Path) -> Path:
    """Return the mission file of a name such as "change-6", in any letter case, or of a path.

    Anything with a folder or a suffix in it is a path, and so is what is there and no known name.

    Raises InputError if there is none, naming the closest names.
    """
    if not isinstance(name_or_path, str | os.PathLike):
        raise InputError(f"{name_or_path!r} is not a name or a path", where="mission", remedy="give text or a Path")
    path, text = Path(name_or_path), str(name_or_path)
    if path.suffix or len(path.parts) > 1:
        return _existing(path)
    key = "-".join(text.lower().replace("_", " ").replace("'", "").split())
    known = names()
    if key in known:
        return folder() / f"{key}.toml"
    if text and os.path.exists(path):  # False, and no exception, for what cannot be a path
        return _existing(path)
    close = get_close_matches(key, known, n=3, cutoff=0.5)
    raise InputError(
        f"no mission named {shown(text)}",
        allowed=", ".join(known) + ", or the path of a .toml file",
        remedy=f"did you mean {' or '.join(close)}?" if close else "see `lunarplan missions`",
    )


def read(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises InputError, with line and column, if it is not TOML, and for a file too large to be a mission.
    """
    place = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_BYTES + 1)
        if len(content) > _LARGEST_BYTES:
            raise InputError("too large for a mission file", where=place, allowed="up to 1 MB")
        return tomllib.loads(content.decode("utf-8-sig"))  # editors of Windows put a mark before the text
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise InputError(what, where=place, remedy="check the path") from error
    except UnicodeDecodeError as error:
        what = f"not UTF-8 at byte {error.start}"
        raise InputError(what, where=place, remedy="save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        what = f"not valid TOML: {' '.join(str(error).split())[:200]}"
        raise InputError(what, where=place, remedy="correct it there") from error
    except (ValueError, RecursionError) as error:
        what = "a number is too long" if isinstance(error, ValueError) else "lists or tables are nested too deep"
        raise InputError(what, where=place, remedy="shorten it") from error


def _existing(path: Path) -> Path:
    try:
        if path.is_file():
            return path
        kind = "is a folder" if path.is_dir() else "no such file"
    except ValueError:  # a NUL in the path
        kind = "not a path"
    raise InputError(kind, where=str(path).replace("\0", "\\0"), remedy="give the path of a mission file")
