"""Epochs: one float64 inside, readable time scales at the edge.

Inside, an epoch is TDB seconds past J2000 (2000-01-01T12:00:00 TDB); float64 resolves 0.12 us until 2034 and
0.24 us after. Whole days and the rest are kept apart until the last addition, so nothing more is lost.

TDB - TT is the geocentric series of Fairhead and Bretagnon 1990 (SOFA `dtdb`, nanoseconds over a century);
the two-term formulas that CSPICE and Orekit use are up to 30 us away from it. UTC follows the leap seconds
that pyerfa carries; after the last of them TAI - UTC is taken as constant. There is no UTC before 1960.
"""

import datetime as dt
import re
from functools import lru_cache
from typing import Any, overload

import erfa
import numpy as np
import numpy.typing as npt

from lunarplan.errors import InputError
from lunarplan.model.constants import J2000_JD, SECONDS_PER_DAY, TT_MINUS_TAI_S

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_FORMS = (
    '"2024-05-03T09:27:00" (UTC, or ending in TAI, TT or TDB), an aware datetime, an astropy Time, '
    "or TDB seconds past J2000"
)
_ISO = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d(?:\.\d+)?))?)?\s*(Z|\+00:00|UTC|TAI|TT|TDB)?", re.ASCII
)
_ORDINAL_OF_MJD_0 = dt.date(1858, 11, 17).toordinal()
_MJD_OF_J2000_DAY = 51544  # the midnight before J2000
_MJD_1960 = 36934
_FARTHEST_S = 3.2e11  # ten thousand years from J2000
_TIME_SCALES = ("utc", "tai", "tt", "tdb")


@overload
def tdb_seconds(epoch: str | float | dt.date) -> float: ...
@overload
def tdb_seconds(epoch: list[Any] | tuple[Any, ...] | npt.NDArray[Any]) -> FloatArray: ...
@overload
def tdb_seconds(epoch: object) -> Any: ...
def tdb_seconds(epoch: object) -> float | FloatArray:
    """Return an epoch as TDB seconds past J2000.

    epoch : ISO 8601 text (UTC unless it ends in TAI, TT or TDB; 23:59:60 where a leap second was inserted),
        an aware datetime, a date (0 h UTC), an astropy Time, a number (TDB seconds past J2000 already), or
        an array or list of these, whose shape is kept.

    Raises InputError for a naive datetime, text that is no epoch, a leap second that never was, NaN or
    infinity, and UTC before 1960.
    """
    if isinstance(epoch, str | dt.date):
        return float(_from_calendar([epoch])[0])
    if hasattr(epoch, "jd1") and hasattr(epoch, "jd2"):
        return _from_astropy(epoch)
    if isinstance(epoch, list | tuple):
        return _from_list(list(epoch))
    if hasattr(epoch, "unit"):
        raise InputError(f"{_shown(epoch)} carries a unit", where="epoch", allowed=_FORMS)
    return _from_numbers(epoch)


def one_epoch(epoch: object) -> float:
    """Return one epoch as `tdb_seconds` does; raises InputError for several."""
    seconds = tdb_seconds(epoch)
    if np.ndim(seconds):
        raise InputError(f"an array of shape {np.shape(seconds)}", where="epoch", allowed="one epoch")
    return float(seconds)


@overload
def utc_iso(tdb: float, digits: int = 3) -> str: ...
@overload
def utc_iso(tdb: FloatArray, digits: int = 3) -> npt.NDArray[np.str_]: ...
def utc_iso(tdb: float | FloatArray, digits: int = 3) -> str | npt.NDArray[np.str_]:
    """Return TDB seconds as UTC text such as "2024-05-03T09:27:00.000Z", rounded to `digits` decimals.

    Raises InputError before 1960, after 9999, and for NaN or infinity.
    """
    return _iso(tdb, "utc", digits)


@overload
def tdb_iso(tdb: float, digits: int = 3) -> str: ...
@overload
def tdb_iso(tdb: FloatArray, digits: int = 3) -> npt.NDArray[np.str_]: ...
def tdb_iso(tdb: float | FloatArray, digits: int = 3) -> str | npt.NDArray[np.str_]:
    """Return TDB seconds as text such as "2024-05-03T09:28:09.184 TDB", rounded to `digits` decimals."""
    return _iso(tdb, "tdb", digits)


def tdb_minus_tt(tdb: npt.ArrayLike) -> FloatArray:
    """Return TDB - TT in seconds at the geocentre, for TDB (or TT) seconds past J2000.

    The series is summed at whole days and interpolated by a cubic between them: within 0.2 ns, and the
    same to the bit for one epoch and for many.

    Raises InputError, as all conversions here do, for NaN, infinity, and what is no number.

    Source: Fairhead and Bretagnon 1990, A&A 229, 240, as in SOFA `dtdb`.
    """
    days = _seconds(tdb) / SECONDS_PER_DAY
    first = np.floor(days) - 1.0
    nodes = np.unique(np.unique(first)[:, np.newaxis] + np.arange(4.0))
    series = erfa.dtdb(J2000_JD, nodes, 0.0, 0.0, 0.0, 0.0)
    return _cubic(series, np.searchsorted(nodes, first), days - first)


def tdb_minus_tai(tdb: npt.ArrayLike) -> FloatArray:
    """Return TDB - TAI in seconds, for TDB (or TAI) seconds past J2000."""
    return TT_MINUS_TAI_S + tdb_minus_tt(tdb)


def tt_seconds(tdb: npt.ArrayLike) -> FloatArray:
    """Return TT seconds past 2000-01-01T12:00:00 TT for TDB seconds past J2000."""
    seconds = _seconds(tdb)
    return np.asarray(seconds - tdb_minus_tt(seconds))


def tai_seconds(tdb: npt.ArrayLike) -> FloatArray:
    """Return TAI seconds past 2000-01-01T12:00:00 TAI for TDB seconds past J2000."""
    seconds = _seconds(tdb)
    return np.asarray(seconds - tdb_minus_tai(seconds))


def tdb_from_tt(tt: npt.ArrayLike) -> FloatArray:
    """Return TDB seconds past J2000 for TT seconds past 2000-01-01T12:00:00 TT."""
    seconds = _seconds(tt)
    return np.asarray(seconds + tdb_minus_tt(seconds))


def tdb_from_tai(tai: npt.ArrayLike) -> FloatArray:
    """Return TDB seconds past J2000 for TAI seconds past 2000-01-01T12:00:00 TAI."""
    seconds = _seconds(tai)
    return np.asarray(seconds + tdb_minus_tai(seconds))


def utc_days(tdb: npt.ArrayLike) -> tuple[IntArray, FloatArray]:
    """Return UTC as whole days (MJD) and seconds of that day, for TDB seconds past J2000.

    The seconds reach 86401 on a day that ends with a leap second. Raises InputError before 1960.
    """
    epochs = _seconds(tdb)
    flat = epochs.ravel()
    mjd, seconds = _utc_from_tai(*_day_and_seconds(flat, -tdb_minus_tai(flat)))
    return mjd.reshape(epochs.shape), seconds.reshape(epochs.shape)


def utc_jd(tdb: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return UTC as SOFA's two-part quasi Julian date, for TDB seconds past J2000.

    A day that ends with a leap second has a fraction that reaches 1, not more. Raises InputError before 1960.
    """
    mjd, seconds = utc_days(tdb)
    length = SECONDS_PER_DAY + _ends_in_leap_second(mjd)
    return np.asarray(mjd + 2400000.5), np.asarray(seconds / length)


def _from_numbers(epoch: object) -> float | FloatArray:
    values = np.asarray(epoch)
    if values.dtype.kind == "M":
        raise _naive(epoch)
    if values.dtype.kind in "OU" and values.ndim:
        return _from_list(values.ravel().tolist()).reshape(values.shape)
    if values.dtype.kind not in "fiu":
        raise _unreadable(epoch)
    seconds = _finite(values.astype(np.float64))
    return seconds if seconds.ndim else float(seconds)


def _from_list(epochs: list[Any]) -> FloatArray:
    if all(isinstance(epoch, str | dt.date) for epoch in epochs):
        return _from_calendar(epochs)
    if all(isinstance(epoch, float | int) for epoch in epochs):
        return np.atleast_1d(_from_numbers(np.array(epochs)))
    try:
        return np.array([tdb_seconds(epoch) for epoch in epochs], dtype=np.float64)
    except ValueError as error:  # rows of unequal length
        raise _unreadable(epochs) from error


def _from_astropy(time: Any) -> float | FloatArray:
    if np.any(getattr(time, "mask", False)):
        raise InputError("has masked values", where="epoch", remedy="leave those epochs out")
    try:
        tdb = time.tdb
        days, fraction = np.asarray(tdb.jd1, np.float64), np.asarray(tdb.jd2, np.float64)
    except Exception as error:  # astropy has no common base class for what conversion can raise
        raise InputError(f"{_shown(time)} has no TDB: {_shown(error)}", where="epoch", allowed=_FORMS) from error
    seconds = _finite((days - J2000_JD) * SECONDS_PER_DAY + fraction * SECONDS_PER_DAY)
    return seconds if seconds.ndim else float(seconds)


def _from_calendar(epochs: list[str | dt.date]) -> FloatArray:
    parts = [_parse(epoch) if isinstance(epoch, str) else _split_datetime(epoch) for epoch in epochs]
    mjd = np.array([part[0] for part in parts], dtype=np.int64)
    seconds = np.array([part[1] for part in parts], dtype=np.float64)
    scale = np.array([_TIME_SCALES.index(part[2]) for part in parts], dtype=np.int64)
    utc = scale == 0
    offset = np.where(scale <= 1, TT_MINUS_TAI_S, 0.0)
    offset[utc] += tai_minus_utc(mjd[utc], seconds[utc])
    whole = (mjd - _MJD_OF_J2000_DAY) * SECONDS_PER_DAY - 0.5 * SECONDS_PER_DAY
    rest = seconds + offset
    return np.asarray(whole + (rest + np.where(scale <= 2, tdb_minus_tt(whole + rest), 0.0)))


def _parse(text: str) -> tuple[int, float, str]:
    """Return MJD, seconds of day and time scale of one ISO epoch."""
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise _unreadable(text)
    date, hour, minute, second, scale = match.groups()
    scale = "utc" if scale in (None, "Z", "+00:00") else scale.lower()
    try:
        mjd = dt.date.fromisoformat(date).toordinal() - _ORDINAL_OF_MJD_0
    except ValueError as error:
        raise InputError(f"{text!r} is not a date: {error}", where="epoch", allowed=_FORMS) from error
    hours, minutes, seconds = int(hour or 0), int(minute or 0), float(second or 0)
    if hours > 23 or minutes > 59 or seconds >= 61.0:
        raise InputError(f"{text!r} is not a time of day", where="epoch", allowed="00:00:00 to 23:59:60")
    if seconds >= 60.0 and not (scale == "utc" and (hours, minutes) == (23, 59) and _ends_in_leap_second(mjd)):
        raise InputError(f"{text!r}: no leap second was inserted there", where="epoch", remedy="use a second below 60")
    return mjd, 3600.0 * hours + 60.0 * minutes + seconds, scale


def _split_datetime(epoch: dt.date) -> tuple[int, float, str]:
    if not isinstance(epoch, dt.datetime):
        return epoch.toordinal() - _ORDINAL_OF_MJD_0, 0.0, "utc"
    if epoch.utcoffset() is None:
        raise _naive(epoch)
    try:
        utc = epoch.astimezone(dt.UTC)
    except OverflowError as error:
        raise _unreadable(epoch) from error
    seconds = 3600.0 * utc.hour + 60.0 * utc.minute + utc.second + 1e-6 * utc.microsecond
    return utc.toordinal() - _ORDINAL_OF_MJD_0, seconds, "utc"


def tai_minus_utc(mjd: IntArray, seconds: FloatArray) -> FloatArray:
    """Return TAI - UTC in s on UTC days (MJD) at seconds of the day; raises InputError before 1960."""
    table_mjd, table_offset = _leap_seconds()
    row = np.searchsorted(table_mjd, mjd, side="right") - 1
    offset = np.where(row >= 0, table_offset[row], 0.0)
    early = row < 0
    offset[early] = _rubber_offset(mjd[early], seconds[early])
    return offset


def _utc_from_tai(mjd: IntArray, seconds: FloatArray) -> tuple[IntArray, FloatArray]:
    dates, offsets = _leap_seconds()
    row = np.searchsorted(dates, mjd, side="right") - 1
    row -= (row >= 0) & (mjd == dates[row]) & (seconds < offsets[row])
    offset = np.where(row >= 0, offsets[row], 0.0)
    early = row < 0
    offset[early] = _rubber_offset_from_tai(mjd[early], seconds[early])
    mjd, seconds = _carry(mjd, seconds - offset)
    # Inside a leap second the old offset still holds, and the count above has already reached the next day.
    inserted = mjd >= np.append(dates, np.iinfo(np.int64).max)[row + 1]
    return mjd - inserted, seconds + SECONDS_PER_DAY * inserted


def _rubber_offset_from_tai(mjd: IntArray, seconds: FloatArray) -> FloatArray:
    offset = _rubber_offset(mjd, seconds)
    for _ in range(2):
        offset = _rubber_offset(*_carry(mjd, seconds - offset))
    return offset


def _rubber_offset(mjd: IntArray, seconds: FloatArray) -> FloatArray:
    """Return TAI - UTC before 1972, when UTC seconds were stretched (SOFA `dat`)."""
    if np.any(mjd < _MJD_1960):
        raise InputError("there is no UTC before 1960", where="epoch", remedy="give the epoch in TAI, TT or TDB")
    year, month, day, _ = erfa.jd2cal(2400000.5, mjd)
    return np.asarray(erfa.dat(year, month, day, np.minimum(seconds / SECONDS_PER_DAY, 1.0)), np.float64)


@lru_cache(maxsize=1)
def _leap_seconds() -> tuple[IntArray, FloatArray]:
    """Return the dates (MJD) since 1972 from which a whole TAI - UTC holds, and that offset in seconds."""
    table = erfa.leap_seconds.get()
    table = table[table["year"] >= 1972]
    mjd = erfa.cal2jd(table["year"], table["month"], 1)[1]
    return mjd.astype(np.int64), table["tai_utc"].astype(np.float64)


def _ends_in_leap_second(mjd: int | IntArray) -> npt.NDArray[np.bool_]:
    table_mjd, _ = _leap_seconds()
    return np.isin(np.asarray(mjd) + 1, table_mjd[1:])


def _cubic(values: FloatArray, first: IntArray, x: FloatArray) -> FloatArray:
    """Return the cubic through values[first : first + 4] at `x` steps after the first (Lagrange)."""
    a, b, c, d = x, x - 1.0, x - 2.0, x - 3.0
    weights = (-b * c * d / 6.0, a * c * d / 2.0, -a * b * d / 2.0, a * b * c / 6.0)
    return np.asarray(sum(weight * values[first + k] for k, weight in enumerate(weights)))


def _day_and_seconds(tdb: FloatArray, shift: FloatArray) -> tuple[IntArray, FloatArray]:
    """Split `tdb + shift` into MJD and seconds of day, without rounding the sum."""
    days = np.floor(tdb / SECONDS_PER_DAY)
    rest = tdb - days * SECONDS_PER_DAY
    return _carry(days.astype(np.int64) + _MJD_OF_J2000_DAY, rest + (0.5 * SECONDS_PER_DAY + shift))


def _carry(mjd: IntArray, seconds: FloatArray) -> tuple[IntArray, FloatArray]:
    days = np.floor(seconds / SECONDS_PER_DAY)
    return mjd + days.astype(np.int64), seconds - days * SECONDS_PER_DAY


def _iso(tdb: float | FloatArray, scale: str, digits: int) -> str | npt.NDArray[np.str_]:
    if not 0 <= digits <= 9:
        raise InputError(f"{digits} decimals of a second", where="digits", allowed="0 to 9")
    seconds = _seconds(tdb)
    flat = seconds.ravel()
    mjd, of_day = utc_days(flat) if scale == "utc" else _day_and_seconds(flat, np.zeros_like(flat))
    length = np.where(_ends_in_leap_second(mjd) & (scale == "utc"), 86401, 86400)
    ticks = np.rint(of_day * 10.0**digits).astype(np.int64)
    full = ticks >= length * 10**digits  # rounded up into the next day
    suffix = "Z" if scale == "utc" else f" {scale.upper()}"
    texts = [
        _text(day, tick, digits) + suffix
        for day, tick in zip((mjd + full).tolist(), np.where(full, 0, ticks).tolist(), strict=True)
    ]
    return np.array(texts, dtype=np.str_).reshape(seconds.shape) if seconds.ndim else texts[0]


def _text(mjd: int, ticks: int, digits: int) -> str:
    """Return ISO text for a day (MJD) and a count of 10**-digits seconds, 23:59:60 included."""
    try:
        date = dt.date.fromordinal(mjd + _ORDINAL_OF_MJD_0)
    except (ValueError, OverflowError) as error:
        raise InputError(f"MJD {mjd} has no date", where="epoch", allowed="years 1 to 9999") from error
    second, fraction = divmod(ticks, 10**digits)
    minute = min(second // 60, 1439)
    clock = f"{minute // 60:02d}:{minute % 60:02d}:{second - 60 * minute:02d}"
    return f"{date.isoformat()}T{clock}" + (f".{fraction:0{digits}d}" if digits else "")


def _seconds(value: object) -> FloatArray:
    """Return numbers of seconds as an array, and nothing else."""
    try:
        seconds = np.asarray(value)
    except ValueError as error:  # rows of unequal length
        raise _unreadable(value) from error
    if seconds.dtype.kind not in "fiu" or hasattr(value, "unit") or np.ma.is_masked(value):
        raise InputError(f"{_shown(value)} is not a number of seconds", where="epoch", remedy="see tdb_seconds")
    return _finite(seconds.astype(np.float64, copy=False))


def _finite(seconds: FloatArray) -> FloatArray:
    near = np.abs(seconds) <= _FARTHEST_S  # False for NaN
    if not near.all():
        bad = seconds[~near].flat[0]
        raise InputError(
            f"epoch is {bad}", where="epoch", allowed="finite TDB seconds past J2000, of years -8000 to 12000"
        )
    return seconds


def _shown(value: object) -> str:
    """Return a value as a message quotes it: on one line, and not too long."""
    text = " ".join((str(value) if isinstance(value, Exception) else repr(value)).split())
    return text if len(text) <= 60 else text[:57] + "..."


def _naive(epoch: object) -> InputError:
    return InputError(
        f"{_shown(epoch)} has no time zone",
        where="epoch",
        allowed=_FORMS,
        remedy="say which: add tzinfo=datetime.UTC, or give ISO text",
    )


def _unreadable(epoch: object) -> InputError:
    return InputError(f"{_shown(epoch)} is not an epoch", where="epoch", allowed=_FORMS)
