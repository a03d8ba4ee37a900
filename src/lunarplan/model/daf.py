"""Chebyshev segments of SPICE kernels (SPK types 2 and 3, binary PCK type 2), checked as they are read.

SPICE and jplephem load a damaged kernel without a word. Here the directory is checked when a file is
opened, and the coefficients of a segment when they are first used: records follow one another, every number
is finite and of plausible size, and each polynomial ends where the next begins (JPL's join to a rounding; a
metre is allowed).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
from jplephem.daf import DAF

from lunarplan.errors import DataError
from lunarplan.model.data import readable

_ICRF = 1  # NAIF frame number of J2000
_COMPONENTS = {2: 3, 3: 6}  # of a record, by segment type
_LARGEST = {b"DAF/SPK": 1e11, b"DAF/PCK": 1e6}  # km; rad
_JOINT = {b"DAF/SPK": 1e-3, b"DAF/PCK": 1e-6}  # km; rad, about a metre on the lunar surface
_SUMMARY = {b"DAF/SPK": (2, 6), b"DAF/PCK": (2, 5)}  # doubles and integers
_REMEDY = "fetch the file again"


@dataclass(frozen=True, eq=False)
class Segment:
    """Chebyshev records of one body relative to another, or of one body's orientation.

    target, center     : NAIF numbers; an orientation has its frame class as target and ICRF (1) as centre
    start_tdb, end_tdb : s, the coverage the file states
    record_start_tdb   : s, start of the first record
    record_length_s    : s
    records, terms     : number of records, and of coefficients in each component
    """

    path: Path
    kind: bytes
    data_type: int
    target: int
    center: int
    start_tdb: float
    end_tdb: float
    record_start_tdb: float
    record_length_s: float
    records: int
    terms: int
    first_word: int
    byte_order: str

    @cached_property
    def coefficients(self) -> npt.NDArray[np.float64]:
        """float64[records, 3, terms], km or rad; raises DataError if they cannot be right."""
        width = 2 + _COMPONENTS[self.data_type] * self.terms
        words = _words(self.path, self.first_word, width * self.records, self.byte_order)
        table = words.reshape(self.records, width)
        self._check_times(table[:, 0], table[:, 1])
        coefficients = table[:, 2 : 2 + 3 * self.terms].reshape(self.records, 3, self.terms)
        self._check_values(coefficients)
        return np.ascontiguousarray(coefficients)

    def _check_times(self, middle: npt.NDArray[np.float64], radius: npt.NDArray[np.float64]) -> None:
        half = 0.5 * self.record_length_s
        expected = self.record_start_tdb + self.record_length_s * np.arange(self.records) + half
        wrong = ~((np.abs(middle - expected) < 1e-6 * half) & (np.abs(radius - half) < 1e-6 * half))
        if np.any(wrong):
            raise self._damaged(f"record {np.argmax(wrong)} is not where the directory says")

    def _check_values(self, coefficients: npt.NDArray[np.float64]) -> None:
        size = np.abs(coefficients).sum(axis=2)
        wrong = ~(size < _LARGEST[self.kind])
        if np.any(wrong):
            raise self._damaged(f"record {np.argmax(wrong.any(axis=1))} holds impossible coefficients")
        ends = coefficients[:-1].sum(axis=2)
        starts = coefficients[1:, :, ::2].sum(axis=2) - coefficients[1:, :, 1::2].sum(axis=2)
        jump = np.abs(ends - starts).max(axis=1, initial=0.0)
        if np.any(jump > _JOINT[self.kind]):
            raise self._damaged(f"record {np.argmax(jump)} does not end where the next begins")

    def _damaged(self, what: str) -> DataError:
        return DataError(f"segment of {self.target}: {what}", where=str(self.path), remedy=_REMEDY)


def read_spk(path: Path | str) -> list[Segment]:
    """Return the Chebyshev segments of a SPICE SPK; segments of other types are passed over.

    Raises DataError if the file is missing, damaged or truncated, holds no such segment, or is not in ICRF
    axes.
    """
    return _read(readable(path), b"DAF/SPK")


def read_pck(path: Path | str) -> list[Segment]:
    """Return the Chebyshev segments of a SPICE binary PCK; raises DataError as `read_spk` does."""
    return _read(readable(path), b"DAF/PCK")


def _read(path: Path, kind: bytes) -> list[Segment]:
    try:
        with path.open("rb") as file:
            _check_counts(file.read(96))
            daf = DAF(file)
            if daf.locidw not in (kind, b"NAIF/DAF"):  # the second before 1993, for both kinds
                raise DataError(f"is {daf.locidw.decode(errors='replace')}, not {kind.decode()}", where=str(path))
            if (daf.nd, daf.ni) != _SUMMARY[kind]:
                raise ValueError(f"its summaries have {daf.nd} doubles and {daf.ni} integers")
            summaries = list(_summaries(daf, path.stat().st_size))
    except (ValueError, OverflowError, struct.error, OSError) as error:
        raise DataError(f"not a readable {kind.decode()} file: {error}", where=str(path), remedy=_REMEDY) from error
    segments = [_segment(path, kind, daf.endian, *summary) for summary in summaries]
    chebyshev = [segment for segment in segments if segment is not None]
    if not chebyshev:
        raise DataError("holds no Chebyshev segment (types 2 and 3)", where=str(path))
    return chebyshev


def _check_counts(header: bytes) -> None:
    """Raise ValueError for impossible counts of doubles and integers in a summary; jplephem allocates what they say."""
    orders = {b"LTL-IEEE": "<", b"BIG-IEEE": ">"}.get(header[88:96], "<>")
    counts = [struct.unpack(f"{order}II", header[8:16]) for order in orders]
    if header[:3] in (b"DAF", b"NAI") and not set(counts) & set(_SUMMARY.values()):
        raise ValueError(f"its summaries have {counts[0][0]} doubles and {counts[0][1]} integers")


def _summaries(daf: DAF, size: int) -> Iterator[tuple[tuple[float, ...], tuple[int, ...]]]:
    """Yield the doubles and integers of every summary; a damaged chain of records cannot run for ever."""
    limit = size // daf.summary_step
    for count, (_, values) in enumerate(islice(daf.summaries(), limit + 1)):
        if count == limit:
            raise ValueError("its summaries have no end")
        yield values[: daf.nd], values[daf.nd :]


def _segment(
    path: Path, kind: bytes, byte_order: str, times: tuple[float, ...], integers: tuple[int, ...]
) -> Segment | None:
    target, *center, frame, data_type, first_word, last_word = integers
    if data_type not in _COMPONENTS or (kind == b"DAF/PCK" and data_type != 2):
        return None

    def damaged(what: str) -> DataError:
        return DataError(f"segment of {target}: {what}", where=str(path), remedy=_REMEDY)

    if frame != _ICRF:
        raise DataError(f"segment of {target} is in frame {frame}", where=str(path), allowed="frame 1 (ICRF)")
    if not (1 <= first_word < last_word - 4 and 8 * last_word <= path.stat().st_size):
        raise damaged("ends beyond the end of the file: it is damaged or truncated")
    start, length, width, records = _words(path, last_word - 3, 4, byte_order)
    finite = np.isfinite([*times, start, length, width, records]).all()
    if not (finite and length > 0.0 and width >= 5.0 and records >= 1.0):
        raise damaged("its directory is damaged")
    terms, rest = divmod(int(width) - 2, _COMPONENTS[data_type])
    if rest or width * records + 4 != last_word - first_word + 1:
        raise damaged("its directory does not match its size")
    slack = 1e-6 * length
    if not (start - slack <= times[0] < times[1] <= start + records * length + slack):
        raise damaged("its records do not cover the span it states")
    return Segment(
        path, kind, data_type, target, center[0] if center else frame, times[0], times[1],
        float(start), float(length), int(records), terms, first_word, byte_order,
    )  # fmt: skip


def _words(path: Path, first: int, count: int, byte_order: str) -> npt.NDArray[np.float64]:
    """Return `count` words of a DAF, counted from 1."""
    words = np.fromfile(path, dtype=f"{byte_order}f8", count=count, offset=8 * (first - 1))
    return words.astype(np.float64, copy=False)
