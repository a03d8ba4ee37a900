"""Packaged data files, and the proof that they are the published ones.

SPICE and jplephem load a damaged kernel without a word, so every packaged file is compared with its SHA-256
the first time a process opens it. `tools/build_data.py` remakes each file from its published source.
"""

import hashlib
from importlib.resources import files
from pathlib import Path

from lunarplan.errors import DataError, InputError

EPHEMERIS = "de440_2020_2050.bsp"
ORIENTATION = "moon_pa_de440_2020_2050.bpc"
MOON_GRAVITY = "grgm900c_100x100_sha.tab"

SHA256: dict[str, str] = {
    "de440_2020_2050.bsp": "e697c59cb046e0a8fcce417a6df7f058755980c928c76ce088a50e9a9b67e435",
    "grgm900c_100x100_sha.tab": "e0b3837024c78ca0d1d564ed4784ead47be0c8f9a06ba5dcc5c9f6eb22c18c75",
    "moon_lola_global_4ppd.tif": "9b868d6e75cfde12f3326982133db63e04cd5ce95a36921c6d1b4c7ed02a90d3",
    "moon_pa_de440_2020_2050.bpc": "815bdf93610de309bbe5374a96e1427c64520ef4c750fb0824d413d911933c4f",
    "moon_southpole_80S_1km_ldem16.tif": "78e267040b8214dd3993f8d6f7f2ea8989413970a1888afb003262cf44280230",
    "naif0012.tls": "678e32bdb5a744117a467cd9601cd6b373f0e9bc9bbde1371d5eee39600a039b",
}

_verified: dict[Path, tuple[int, int]] = {}


def packaged(name: str) -> Path:
    """Return the path of a packaged data file, verified against its SHA-256.

    A file is hashed once per process, and again only if its size or time of change differs.

    Raises InputError for a name that is not packaged, DataError if the file is missing or damaged.
    """
    if name not in SHA256:
        raise InputError(f"{name!r} is not a packaged file", where="data", allowed=", ".join(sorted(SHA256)))
    path = Path(str(files("lunarplan"))) / "data" / name
    if not path.is_file():
        raise DataError("no such file", where=str(path), remedy="reinstall lunarplan")
    verify(path, SHA256[name])
    return path


def verify(path: Path, expected: str) -> None:
    """Raise DataError unless the file at `path` has the SHA-256 `expected` (hexadecimal)."""
    stamp = _stamp(path)
    if _verified.get(path) == stamp:
        return
    found = sha256(path)
    if found != expected:
        raise DataError(
            f"SHA-256 is {found}, expected {expected}: the file is damaged or was replaced",
            where=str(path),
            remedy="reinstall lunarplan",
        )
    _verified[path] = stamp


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, hexadecimal."""
    try:
        with readable(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", where=str(path)) from error


def readable(path: Path | str) -> Path:
    """Return `path` as a Path, or raise DataError if no file can be read there."""
    try:
        path = Path(path)
        if path.is_file():
            return path
        what = "no such file"
    except TypeError:
        raise InputError(f"{path!r} is not a path", where="path", remedy="give text or a Path") from None
    except (OSError, ValueError) as error:  # too long, or a NUL in it
        what = getattr(error, "strerror", None) or str(error)
    where = str(path).replace("\0", "\\0")
    raise DataError(what, where=where if len(where) < 200 else f"{where[:200]}...", remedy="check the path")


def _stamp(path: Path) -> tuple[int, int]:
    status = readable(path).stat()
    return status.st_mtime_ns, status.st_size
