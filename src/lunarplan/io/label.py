"""What a PDS3 label says of the numbers in its image, where GDAL does not pass it on.

JPEG2000 files of LOLA hold half metres and do not say so: their labels do.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_KEYWORD = re.compile(r"^\s*(SCALING_FACTOR|OFFSET|UNIT)\s*=\s*\"?([^\s\"]+)", re.MULTILINE)
_MOST_BYTES = 1 << 20  # of a label; some have the image attached


@dataclass(frozen=True)
class Numbers:
    """Value = scale * number + offset, in a unit; what the label leaves out is None."""

    scale: float | None = None
    offset: float | None = None
    unit: str | None = None


def labelled_numbers(path: Path) -> Numbers:
    """Return what the label of an image says: the file itself, or one beside it; nothing if there is none."""
    label = next((p for p in _labels(path) if p.is_file()), None)
    if label is None:
        return Numbers()
    with label.open("rb") as file:
        text = file.read(_MOST_BYTES).decode("latin-1")
    said = {key: value for key, value in reversed(_KEYWORD.findall(text))}  # the first of each counts
    return Numbers(_number(said.get("SCALING_FACTOR")), _number(said.get("OFFSET")), said.get("UNIT"))


def _labels(path: Path) -> list[Path]:
    if path.suffix.lower() == ".lbl":
        return [path]
    stems, suffixes = (path.stem, f"{path.stem}_JP2", f"{path.stem}_jp2"), (".LBL", ".lbl")
    return [path.with_name(stem + suffix) for stem in stems for suffix in suffixes]


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
