import datetime as dt
import json
import re

import astropy.units as u
import erfa
import numpy as np
import pytest
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st

from lunarplan.errors import InputError
from lunarplan.model.epochs import (
    one_epoch,
    tai_seconds,
    tdb_from_tai,
    tdb_from_tt,
    tdb_iso,
    tdb_minus_tai,
    tdb_minus_tt,
    tdb_seconds,
    tt_seconds,
    utc_days,
    utc_iso,
    utc_jd,
)
from tests.tolerances import EPOCH_RESOLUTION_S, TDB_SERIES_INTERPOLATION_S, TDB_TWO_TERM_FORMULA_S

# Orekit 13.1 through LuPNT, cpp/test/orekit/data, commit 4d01931d.
OREKIT_TDB_MINUS_TAI_S = {
    "2000-01-01T12:00:00": 32.18392736231548,
    "2012-07-01T06:00:00": 32.1840980998479,
    "2016-12-31T23:00:00": 32.18392865705969,
    "2024-03-15T12:00:00": 32.18556925681985,
}
EPOCHS_2020_2050 = st.floats(631108800.0, 1609416000.0)


@pytest.mark.parametrize(("utc", "seconds"), OREKIT_TDB_MINUS_TAI_S.items())
def test_tdb_minus_tai_matches_orekit(utc, seconds):
    assert tdb_minus_tai(tdb_seconds(utc)) == pytest.approx(seconds, rel=0, abs=TDB_TWO_TERM_FORMULA_S)


def test_utc_agrees_with_spice_epochs(tests_only):
    reference = json.loads(tests_only("orientation_cspice_24_epochs.json").read_text())["epochs"]
    utc = [epoch["utc"] for epoch in reference]
    spice = np.array([epoch["etSec"] for epoch in reference])
    np.testing.assert_allclose(tdb_seconds(utc), spice, rtol=0, atol=TDB_TWO_TERM_FORMULA_S)


def test_utc_agrees_with_astropy():
    utc = [f"{year}-{month:02d}-17T1{month % 10}:23:33.123456" for year in range(1962, 2028) for month in (1, 7)]
    np.testing.assert_array_equal(tdb_seconds(utc), tdb_seconds(Time(utc, scale="utc")))


def test_series_between_days_matches_the_series_itself():
    days = np.random.default_rng(1).uniform(-15000.0, 20000.0, 200)
    series = erfa.dtdb(2451545.0, days, 0.0, 0.0, 0.0, 0.0)
    np.testing.assert_allclose(tdb_minus_tt(86400.0 * days), series, rtol=0, atol=TDB_SERIES_INTERPOLATION_S)


def test_series_is_the_same_to_the_bit_for_one_and_for_many():
    tdb = np.random.default_rng(2).uniform(6e8, 16e8, 50)
    np.testing.assert_array_equal(tdb_minus_tt(tdb), [tdb_minus_tt(one) for one in tdb])


@pytest.mark.parametrize(
    ("text", "tdb"),
    [
        ("2000-01-01T12:00:00 TDB", 0.0),
        ("2000-01-01T12:00:00.25 TDB", 0.25),
        ("2024-05-03 00:00:00TDB", 8888.5 * 86400.0),
        ("2051-01-01 TDB", 1609416000.0),
    ],
)
def test_tdb_text_is_taken_literally(text, tdb):
    assert tdb_seconds(text) == tdb


def test_time_scales_differ_by_their_definitions():
    utc, tai, tt = (tdb_seconds(f"2024-05-03T09:27:00{scale}") for scale in ("", " TAI", " TT"))
    assert tai - utc == pytest.approx(-37.0, abs=EPOCH_RESOLUTION_S)
    assert tt - tai == pytest.approx(-32.184, abs=EPOCH_RESOLUTION_S)


@pytest.mark.parametrize(
    "same",
    [
        "2024-05-03 09:27:00Z",
        "2024-05-03T09:27",
        "2024-05-03T09:27:00.000 UTC",
        "2024-05-03T09:27:00+00:00",
        " 2024-05-03T09:28:09.184 TT",
        dt.datetime(2024, 5, 3, 9, 27, tzinfo=dt.UTC),
        dt.datetime(2024, 5, 3, 17, 27, tzinfo=dt.timezone(dt.timedelta(hours=8))),
        Time("2024-05-03T09:27:00"),
        np.str_("2024-05-03T09:27:00"),
    ],
)
def test_every_form_of_one_epoch_gives_the_same_seconds(same):
    assert tdb_seconds(same) == pytest.approx(tdb_seconds("2024-05-03T09:27:00"), abs=EPOCH_RESOLUTION_S)


def test_a_date_is_its_midnight():
    assert tdb_seconds(dt.date(2024, 5, 3)) == tdb_seconds("2024-05-03T00:00:00") == tdb_seconds("2024-05-03")


def test_leap_second_counts():
    epochs = [
        "2016-12-31T23:59:59.5",
        "2016-12-31T23:59:60.0",
        "2016-12-31T23:59:60.5",
        "2017-01-01T00:00:00",
    ]
    steps = np.diff(tdb_seconds(epochs))
    np.testing.assert_allclose(steps, 0.5, rtol=0, atol=EPOCH_RESOLUTION_S)
    assert utc_iso(tdb_seconds(epochs), digits=1).tolist() == [
        "2016-12-31T23:59:59.5Z",
        "2016-12-31T23:59:60.0Z",
        "2016-12-31T23:59:60.5Z",
        "2017-01-01T00:00:00.0Z",
    ]


def test_rounding_up_respects_the_leap_second():
    assert utc_iso(tdb_seconds("2016-12-31T23:59:59.9996")) == "2016-12-31T23:59:60.000Z"
    assert utc_iso(tdb_seconds("2016-12-31T23:59:60.9996")) == "2017-01-01T00:00:00.000Z"
    assert utc_iso(tdb_seconds("2015-12-31T23:59:59.9996")) == "2016-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    "text",
    [
        "1960-01-01T00:00:00.000Z",
        "1968-01-31T23:59:59.800Z",
        "1968-12-23T19:38:00.000Z",
        "1971-12-31T23:59:59.500Z",
        "1972-01-01T00:00:00.000Z",
        "1972-06-30T23:59:60.000Z",
        "9999-12-31T00:00:00.000Z",
    ],
)
def test_utc_text_survives_the_round_trip(text):
    assert utc_iso(tdb_seconds(text)) == text


@given(EPOCHS_2020_2050)
def test_text_round_trip_keeps_a_microsecond(tdb):
    assert tdb_seconds(utc_iso(tdb, digits=6)) == pytest.approx(tdb, rel=0, abs=1e-6)
    assert tdb_seconds(tdb_iso(tdb, digits=9)) == pytest.approx(tdb, rel=0, abs=2 * EPOCH_RESOLUTION_S)


@given(st.floats(-4e9, 4e9))
def test_scale_round_trips(tdb):
    assert tdb_from_tt(tt_seconds(tdb)) == pytest.approx(tdb, rel=0, abs=4 * EPOCH_RESOLUTION_S)
    assert tdb_from_tai(tai_seconds(tdb)) == pytest.approx(tdb, rel=0, abs=4 * EPOCH_RESOLUTION_S)


@given(st.datetimes(dt.datetime(1961, 1, 1), dt.datetime(2060, 1, 1), timezones=st.just(dt.UTC)))
def test_aware_datetimes_equal_their_iso_text(epoch):
    assert tdb_seconds(epoch) == tdb_seconds(epoch.isoformat())


def test_utc_days_of_midnight():
    mjd, seconds = utc_days(tdb_seconds(["2024-05-03", "2018-01-01", "1973-03-01"]))
    past_midnight = (mjd - [60433, 58119, 41742]) * 86400.0 + seconds
    np.testing.assert_allclose(past_midnight, 0.0, rtol=0, atol=2 * EPOCH_RESOLUTION_S)


def test_batches_keep_shape_and_equal_the_loop():
    texts = np.array([["2024-05-03", "2024-05-04 TT"], ["2020-01-01 TAI", "2030-01-01 TDB"]])
    batch = tdb_seconds(texts)
    assert batch.shape == (2, 2)
    assert batch.ravel().tolist() == [tdb_seconds(text) for text in texts.ravel()]
    assert utc_iso(batch).ravel().tolist() == [utc_iso(float(tdb)) for tdb in batch.ravel()]


@pytest.mark.parametrize("empty", [[], np.array([]), ()])
def test_empty_batches(empty):
    assert tdb_seconds(empty).shape == (0,)
    assert utc_iso(tdb_seconds(empty)).shape == (0,)


def test_mixed_lists():
    mixed = tdb_seconds(["2000-01-01T12:00:00 TDB", 1.5, dt.date(2024, 5, 3), Time("2024-05-03")])
    np.testing.assert_array_equal(mixed, [0.0, 1.5, tdb_seconds("2024-05-03"), tdb_seconds("2024-05-03")])


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (dt.datetime(2024, 5, 3, 9, 27), "no time zone"),
        (np.datetime64("2024-05-03"), "no time zone"),
        (np.array(["2024-05-03"], dtype="datetime64[s]"), "no time zone"),
        ("2024-05-03T09:27:60", "no leap second"),
        ("2016-12-31T23:59:60 TAI", "no leap second"),
        ("2015-12-31T23:59:60", "no leap second"),
        ("2016-12-31T23:59:61", "not a time of day"),
        ("2024-05-03T24:00:00", "not a time of day"),
        ("2024-02-30", "not a date"),
        ("2023-02-29", "not a date"),
        ("0000-01-01", "not a date"),
        ("3 May 2024", "not an epoch"),
        ("2024-5-3", "not an epoch"),
        ("2024-05-03T09:27:00 GPS", "not an epoch"),
        ("２０２４-05-03", "not an epoch"),
        ("", "not an epoch"),
        (b"2024-05-03", "not an epoch"),
        (None, "not an epoch"),
        (True, "not an epoch"),
        (1j, "not an epoch"),
        ({}, "not an epoch"),
        ([None], "not an epoch"),
        ([["2024-05-03"], ["2024-05-03", "2024-05-04"]], "not an epoch"),
        (float("nan"), "nan"),
        ([0.0, float("inf")], "inf"),
        ("1959-12-31", "no UTC before 1960"),
        (Time("2024-05-03", scale="local"), "has no TDB"),
        (dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=8))), "not an epoch"),
    ],
)
def test_bad_epochs_are_named(bad, says):
    with pytest.raises(InputError, match=re.escape(says)):
        tdb_seconds(bad)


@pytest.mark.parametrize("bad", [float("nan"), float("-inf"), 1e18, 2.6e11, -2e9])
def test_epochs_without_a_utc_date_are_refused(bad):
    with pytest.raises(InputError):
        utc_iso(bad)


SCALES = [tdb_minus_tt, tdb_minus_tai, tt_seconds, tai_seconds, tdb_from_tt, tdb_from_tai, utc_days, utc_jd, utc_iso]
NO_SECONDS = {
    "NaN": float("nan"),
    "infinity": float("-inf"),
    "one NaN of three": np.array([0.0, float("nan"), 1.0]),
    "farther than anyone counts": 1e300,
    "text": "2024-05-03",
    "nothing": None,
    "imaginary": 1j,
    "with a unit": 3.0 * u.s,
    "masked": np.ma.array([0.0], mask=[True]),
    "rows of unequal length": [1.0, [2.0]],
}


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("bad", NO_SECONDS.values(), ids=NO_SECONDS)
def test_seconds_that_are_none(scale, bad):
    with pytest.raises(InputError, match="epoch") as caught:
        scale(bad)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("scale", SCALES)
def test_no_seconds_at_all(scale):
    result = scale(np.empty((0, 2)))
    assert all(part.shape == (0, 2) for part in (result if isinstance(result, tuple) else (result,)))


def test_one_epoch_is_one():
    assert one_epoch("2027-01-01") == one_epoch(np.float64(tdb_seconds("2027-01-01"))) == tdb_seconds("2027-01-01")
    with pytest.raises(InputError, match="one epoch"):
        one_epoch(["2027-01-01"])


def test_digits_have_a_range():
    with pytest.raises(InputError, match="allowed: 0 to 9"):
        utc_iso(0.0, digits=10)


@given(
    st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?( TT| TDB)?", fullmatch=True)
)
def test_any_text_is_an_epoch_or_an_input_error(text):
    try:
        assert np.isfinite(tdb_seconds(text))
    except InputError:
        pass
