"""Raster files, opened by rasterio if it is there; what GDAL says of them becomes an error of ours."""

from __future__ import annotations

import os
import threading
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lunarplan.errors import DataError, InputError
from lunarplan.model.data import readable

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_OPEN = 4  # files a thread keeps open

_kept = threading.local()


@contextmanager
def opened(path: Path | str) -> Iterator[Any]:
    """The file, open; raises InputError without rasterio, and DataError for what GDAL cannot read, in here too."""
    with _told(path), _open(path) as file:
        yield file


@contextmanager
def kept_open(path: Path | str) -> Iterator[Any]:
    """The file, open, and left open for the next time: GDAL keeps the blocks it has read of an open file.

    One for each thread and process, as GDAL asks for; a file that has changed is opened anew.
    """
    with _told(path):
        status = readable(path).stat()
        key = (os.getpid(), str(path), status.st_mtime_ns, status.st_size)
        files = _kept.__dict__.setdefault("files", {})
        if key not in files:
            while len(files) >= _MOST_OPEN:
                files.pop(next(iter(files))).close()
            files[key] = _open(path)
        yield files[key]


def _open(path: Path | str) -> Any:
    import rasterio

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # said by us, with a remedy
        return rasterio.open(path)


@contextmanager
def _told(path: Path | str) -> Iterator[None]:
    try:
        from rasterio.errors import RasterioError
    except ImportError:
        raise InputError(
            "reading terrain files needs rasterio", where=str(path), remedy="pip install lunarplan[terrain]"
        ) from None
    try:
        yield
    except (RasterioError, UnicodeDecodeError) as error:  # damaged names are no text
        reason = " ".join(str(error.__cause__ or error).split())
        raise DataError(
            f"is damaged or no raster: {reason[:200]}",
            where=str(path),
            remedy="give a GeoTIFF, a JPEG2000, or a PDS3 label beside its image; if it is one, fetch it again",
        ) from error
