"""Dates and epochs of a mission file.

A plain date is a UTC day and stands for all of it: the start of the day where something begins, its end where
something ends. A date with a time must say its scale, with `Z`, an offset, or ` UTC`, ` TAI`, ` TT`, ` TDB`.
"""

import datetime as dt
import re
from typing import Any

from lunarplan.config.units import shown
from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WITH_SCALE = re.compile(r".+(?:Z|\s(?:UTC|TAI|TT|TDB)|(?P<offset>[+-]\d\d:\d\d))", re.ASCII)
_EXAMPLE = 'write it like 2024-05-03, 2024-05-03T09:27:00Z or "2024-05-03T09:28:09.184 TDB"'


def epoch_tdb(value: Any, *, end_of_day: bool = False) -> float:
    """Return TDB seconds past J2000.

    value      : date, aware datetime, ISO text with its scale, or astropy Time
    end_of_day : let a plain date stand for its end instead of its start

    Raises InputError for a date without scale, a date that does not exist, or anything else.
    """
    if isinstance(value, str):
        return _from_text(value.strip(), end_of_day)
    if isinstance(value, dt.datetime):
        return _from_datetime(value)
    if isinstance(value, dt.date):
        return _day(value, end_of_day)
    if hasattr(value, "tdb"):
        return float(tdb_seconds(value))
    raise InputError(f"{shown(value)} is not a date", remedy=_EXAMPLE)


def _from_text(text: str, end_of_day: bool) -> float:
    if _DAY.fullmatch(text):
        return _day(_calendar(text), end_of_day)
    match = _WITH_SCALE.fullmatch(text)
    if match is None:
        raise InputError(f"{shown(text)} has no time scale or is not a date", remedy=_EXAMPLE)
    if match["offset"]:
        return _from_datetime(_moment(text))
    try:
        return float(tdb_seconds(text))
    except InputError as error:
        raise InputError(error.what, remedy=error.remedy or _EXAMPLE) from error


def _from_datetime(value: dt.datetime) -> float:
    if value.tzinfo is None:
        raise InputError(f'"{value.isoformat()}" has no time scale', remedy=f"add Z for UTC; {_EXAMPLE}")
    return float(tdb_seconds(value))


def _day(date: dt.date, end_of_day: bool) -> float:
    try:
        day = date + dt.timedelta(days=1) if end_of_day else date
    except OverflowError as error:
        raise InputError(f"{date} is out of range", allowed="1960-01-01 to 9999-12-30") from error
    return float(tdb_seconds(f"{day.isoformat()}T00:00:00Z"))


def _calendar(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f'"{text}" is not a date that exists', remedy=_EXAMPLE) from error


def _moment(text: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{shown(text)} is not a date and time", remedy=_EXAMPLE) from error
