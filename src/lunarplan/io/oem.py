"""CCSDS Orbit Ephemeris Messages, version 2.0, keyword-value notation.

Source: CCSDS 502.0-B-2, section 5. Covariance blocks are checked for their frame of lines and skipped. ICRF,
EME2000 and GCRF are read as ICRF axes: EME2000 is 23 mas (40 m at the distance of the Moon) from them where a
producer means the mean equator and equinox, and nothing where it means SPICE's "J2000".
"""

import datetime as dt
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from lunarplan.errors import InputError
from lunarplan.io.files import write_atomic
from lunarplan.model.epochs import tdb_iso, tdb_seconds, utc_iso

FloatArray = npt.NDArray[np.float64]
TimeSystem = Literal["UTC", "TDB"]

_ICRF_AXES = ("ICRF", "EME2000", "GCRF")
_READ_SCALES = ("UTC", "TDB", "TAI", "TT")
_HEADER = ("CREATION_DATE", "ORIGINATOR")
_REQUIRED = ("OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "START_TIME", "STOP_TIME")
_OPTIONAL = (
    "REF_FRAME_EPOCH",
    "USEABLE_START_TIME",
    "USEABLE_STOP_TIME",
    "INTERPOLATION",
    "INTERPOLATION_DEGREE",
)


@dataclass(frozen=True)
class OemSegment:
    """States about one centre, ICRF axes, without a manoeuvre inside.

    epochs_tdb : float64[N], TDB seconds past J2000, strictly ascending
    states     : float64[N, 6], km and km/s
    """

    object_name: str
    object_id: str
    center: str
    epochs_tdb: FloatArray
    states: FloatArray
    comment: str = ""

    def __post_init__(self) -> None:
        if self.epochs_tdb.ndim != 1 or self.states.shape != (len(self.epochs_tdb), 6):
            raise InputError(f"{self.epochs_tdb.shape} epochs, {self.states.shape} states", where="OEM segment")
        if len(self.epochs_tdb) == 0 or not np.all(np.diff(self.epochs_tdb) > 0.0):
            raise InputError("epochs are missing or do not ascend", where="OEM segment")
        if not (np.all(np.isfinite(self.epochs_tdb)) and np.all(np.isfinite(self.states))):
            raise InputError("a number is not finite", where="OEM segment")


@dataclass(frozen=True)
class Oem:
    """An orbit ephemeris message."""

    segments: tuple[OemSegment, ...]
    originator: str
    creation_date: str


def write_oem(path: str | Path, oem: Oem, time_system: TimeSystem = "UTC") -> Path:
    """Write a message, whole or not at all; epochs to the microsecond, states to the micrometre.

    Raises InputError for a time system other than UTC and TDB, or a path that cannot be written.
    """
    if time_system not in ("UTC", "TDB"):
        raise InputError(f"time system {time_system!r}", where="time_system", allowed="UTC, TDB")
    head = ["CCSDS_OEM_VERS = 2.0", f"CREATION_DATE = {oem.creation_date}", f"ORIGINATOR = {oem.originator}"]
    blocks = [_written(segment, time_system) for segment in oem.segments]
    return write_atomic(path, "\n".join([*head, *(line for block in blocks for line in block), ""]))


def read_oem(path: str | Path) -> Oem:
    """Read a message.

    Raises InputError with file and line number for anything the standard does not allow, epochs outside the
    stated span, or axes and centres that cannot be told.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise InputError("cannot be read as an OEM file", where=str(path), remedy="check the path") from error
    return _Reader(str(path), text).message()


def _written(segment: OemSegment, time_system: TimeSystem) -> Iterator[str]:
    epochs = _epoch_texts(segment.epochs_tdb, time_system)
    yield from ("", "META_START")
    yield from (f"COMMENT {_ascii(segment.comment)}",) if segment.comment else ()
    yield f"OBJECT_NAME = {_ascii(segment.object_name)}"
    yield f"OBJECT_ID = {_ascii(segment.object_id)}"
    yield f"CENTER_NAME = {segment.center.upper()}"
    yield "REF_FRAME = ICRF"
    yield f"TIME_SYSTEM = {time_system}"
    yield f"START_TIME = {epochs[0]}"
    yield f"STOP_TIME = {epochs[-1]}"
    yield "INTERPOLATION = HERMITE"
    yield f"INTERPOLATION_DEGREE = {min(7, 2 * len(epochs) - 1)}"
    yield from ("META_STOP", "")
    for epoch, state in zip(epochs, segment.states, strict=True):
        place, velocity = state[:3], state[3:]
        yield f"{epoch} " + " ".join([*(f"{x:.9f}" for x in place), *(f"{v:.12f}" for v in velocity)])


def _ascii(text: str) -> str:
    """Text as a CCSDS file may hold it: accents dropped, and a question mark for what has no letter there."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(c if c.isascii() else "?" for c in plain if not unicodedata.combining(c)) or "?"


def _epoch_texts(epochs_tdb: FloatArray, time_system: TimeSystem) -> list[str]:
    texts = utc_iso(epochs_tdb, 6) if time_system == "UTC" else tdb_iso(epochs_tdb, 6)
    return [text.removesuffix(" TDB").removesuffix("Z") for text in texts.tolist()]


class _Reader:
    """Walks the lines of one file; `self.number` is the line last taken, for errors."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.number = file, 0
        self.lines = [line.strip() for line in text.splitlines()]

    def message(self) -> Oem:
        version = self._keyword(self._next("CCSDS_OEM_VERS"))
        if version[0] != "CCSDS_OEM_VERS" or version[1] not in ("1.0", "2.0", "3.0"):
            raise self._wrong(f"{version[0]} = {version[1]}", "CCSDS_OEM_VERS = 1.0, 2.0 or 3.0")
        header = self._keywords("META_START", _HEADER, ("CLASSIFICATION", "MESSAGE_ID"))
        segments = [self._segment()]
        while self._rest():
            if (line := self._next("META_START")) != "META_START":
                raise self._wrong(line, "META_START")
            segments.append(self._segment())
        return Oem(tuple(segments), header["ORIGINATOR"], header["CREATION_DATE"])

    def _segment(self) -> OemSegment:
        meta = self._keywords("META_STOP", _REQUIRED, _OPTIONAL)
        scale = meta["TIME_SYSTEM"]
        if scale not in _READ_SCALES:
            raise self._wrong(f"TIME_SYSTEM = {scale}", ", ".join(_READ_SCALES))
        if meta["REF_FRAME"] not in _ICRF_AXES:
            raise self._wrong(f"REF_FRAME = {meta['REF_FRAME']}", ", ".join(_ICRF_AXES))
        epochs, states = self._data(scale)
        self._check_span(meta, scale, epochs)
        center = meta["CENTER_NAME"].lower().replace(" ", "_")
        return OemSegment(meta["OBJECT_NAME"], meta["OBJECT_ID"], center, epochs, states)

    def _data(self, scale: str) -> tuple[FloatArray, FloatArray]:
        epochs: list[tuple[int, str]] = []
        states: list[list[float]] = []
        while self._rest() and self._peek() != "META_START":
            line = self._next("a state")
            if line == "COVARIANCE_START":
                self._skip_covariance()
                continue
            epochs.append((self.number, line.split()[0]))
            states.append(self._state(line))
        if not epochs:
            raise self._wrong("no states", "at least one")
        return self._epochs(epochs, scale), np.array(states)

    def _state(self, line: str) -> list[float]:
        _, *numbers = line.split()
        if len(numbers) not in (6, 9):
            raise self._wrong(line, "an epoch and 6 numbers, or 9 with accelerations")
        try:
            state = [float(number) for number in numbers[:6]]
        except ValueError:
            raise self._wrong(line, "numbers") from None
        if not all(map(math.isfinite, state)):
            raise self._wrong(line, "finite numbers")
        return state

    def _epochs(self, texts: list[tuple[int, str]], scale: str) -> FloatArray:
        last = self.number
        try:
            epochs = np.asarray(tdb_seconds([f"{_calendar(text)} {scale}" for _, text in texts]))
        except (InputError, ValueError):
            for self.number, text in texts:
                self._epoch(text, scale)
            raise
        for row in np.flatnonzero(np.diff(epochs) <= 0.0)[:1]:
            self.number, text = texts[int(row) + 1]
            raise self._wrong(text, "epochs in ascending order")
        self.number = last
        return epochs

    def _epoch(self, text: str, scale: str) -> float:
        try:
            return tdb_seconds(f"{_calendar(text)} {scale}")
        except (InputError, ValueError):
            raise self._wrong(text, f"an epoch such as 2024-05-03T09:27:00.000 in {scale}") from None

    def _check_span(self, meta: dict[str, str], scale: str, epochs: FloatArray) -> None:
        start, stop = (self._epoch(meta[key], scale) for key in ("START_TIME", "STOP_TIME"))
        if epochs[0] < start - 1e-3 or epochs[-1] > stop + 1e-3:
            raise self._wrong("a state outside START_TIME to STOP_TIME", "states inside that span")

    def _skip_covariance(self) -> None:
        while self._next("COVARIANCE_STOP") != "COVARIANCE_STOP":
            pass

    def _keywords(self, end: str, required: tuple[str, ...], optional: tuple[str, ...]) -> dict[str, str]:
        found: dict[str, str] = {}
        while (line := self._next(end)) != end:
            key, value = self._keyword(line)
            if key not in (*required, *optional) or key in found:
                raise self._wrong(f"{key} (unknown here, or given twice)", ", ".join((*required, *optional)))
            found[key] = value
        missing = [key for key in required if key not in found]
        if missing:
            raise self._wrong(f"{', '.join(missing)} missing before {end}", "all of " + ", ".join(required))
        return found

    def _keyword(self, line: str) -> tuple[str, str]:
        key, equals, value = line.partition("=")
        if not equals or not value.strip():
            raise self._wrong(line, "KEYWORD = value")
        return key.strip(), value.strip()

    def _rest(self) -> bool:
        return self._skip_blank() < len(self.lines)

    def _peek(self) -> str:
        return self.lines[self._skip_blank()]

    def _next(self, expected: str) -> str:
        if not self._rest():
            raise self._wrong("the file ends", expected)
        line = self.lines[self.number]
        self.number += 1
        return line

    def _skip_blank(self) -> int:
        while self.number < len(self.lines) and _is_blank(self.lines[self.number]):
            self.number += 1
        return self.number

    def _wrong(self, what: str, allowed: str) -> InputError:
        shown = what if len(what) <= 80 else what[:77] + "..."
        return InputError(shown, where=f"{self.file}: line {self.number}", allowed=allowed, remedy="correct it")


def _is_blank(line: str) -> bool:
    return not line or line == "COMMENT" or line.startswith("COMMENT ")


def _calendar(text: str) -> str:
    """Return an epoch as year-month-day; CCSDS also allows year and day of year."""
    text = text.removesuffix("Z")
    date, _, clock = text.partition("T")
    if date.count("-") != 1:
        return text
    return f"{dt.datetime.strptime(date, '%Y-%j').date()}T{clock}"
