import datetime as dt

import pytest
from astropy.time import Time

from lunarplan.config.dates import epoch_tdb
from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds

LIFT_OFF = tdb_seconds("2024-05-03T09:27:00Z")
CHINA = dt.timezone(dt.timedelta(hours=8))


@pytest.mark.parametrize(
    "value",
    [
        "2024-05-03T09:27:00Z",
        "2024-05-03 09:27:00 UTC",
        "2024-05-03T09:27:37 TAI",
        "2024-05-03T09:28:09.184 TT",
        "2024-05-03T17:27:00+08:00",
        dt.datetime(2024, 5, 3, 9, 27, tzinfo=dt.UTC),
        dt.datetime(2024, 5, 3, 17, 27, tzinfo=CHINA),
        Time("2024-05-03T09:27:00", scale="utc"),
    ],
    ids=str,
)
def test_one_moment_in_every_spelling(value: object) -> None:
    assert epoch_tdb(value) == pytest.approx(LIFT_OFF, abs=1e-6)


@pytest.mark.parametrize("day", ["2024-05-03", dt.date(2024, 5, 3)])
def test_a_plain_date_is_a_whole_day_of_utc(day: object) -> None:
    assert epoch_tdb(day) == tdb_seconds("2024-05-03T00:00:00Z")
    assert epoch_tdb(day, end_of_day=True) == tdb_seconds("2024-05-04T00:00:00Z")


def test_the_end_of_a_day_with_a_leap_second_is_a_second_later() -> None:
    assert epoch_tdb("2016-12-31", end_of_day=True) - epoch_tdb("2016-12-31") == pytest.approx(86401.0, abs=1e-4)


@pytest.mark.parametrize(
    "value",
    [
        "2024-05-03T09:27:00",
        dt.datetime(2024, 5, 3, 9, 27),
        "2024-02-30",
        "2024-02-30T00:00:00Z",
        "2024-05-03T25:00:00+08:00",
        "tomorrow",
        "Z",
        "",
        " TDB",
        7.7e8,
        768000489,
        True,
        None,
        dt.time(9, 27),
        dt.date.max,
        "1950-01-01",
        "0000-01-01",
    ],
    ids=str,
)
def test_refuses_what_is_no_moment(value: object) -> None:
    with pytest.raises(InputError) as caught:
        epoch_tdb(value, end_of_day=True)
    assert "\n" not in str(caught.value)
