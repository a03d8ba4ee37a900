"""Epochs of a series, and their stamps."""

import numpy as np
import pytest

from lunarplan.errors import InputError
from lunarplan.model.epochs import tdb_seconds
from lunarplan.terrain.times import epochs, span, utc_stamps


@pytest.mark.parametrize(
    ("end", "step_h", "count"),
    [
        ("2027-01-02", 1.0, 24),
        ("2028-01-01", 1.0, 8760),
        ("2045-09-01", 24.0, 6818),
        ("2027-01-01T00:30:00", 1.0, 1),
        ("2027-01-01T01:30:00", 1.0, 2),
    ],
)
def test_steps_from_the_start_before_the_end(end, step_h, count):
    """UTC days are not quite whole in TDB: no step more and none less for that."""
    found = epochs("2027-01-01", end, step_h)
    assert len(found) == count
    assert found[0] == tdb_seconds("2027-01-01")
    assert np.diff(found) == pytest.approx(3600.0 * step_h, abs=1e-6)


def test_stamps_are_the_hours_of_utc():
    stamps = utc_stamps(epochs("2027-01-01", "2037-01-01", 7.0))
    assert stamps[0] == np.datetime64("2027-01-01T00:00:00", "ns")
    assert (np.diff(stamps) == np.timedelta64(7, "h")).all()


def test_stamps_about_a_leap_second():
    around = tdb_seconds(["2016-12-31T23:59:59", "2016-12-31T23:59:60", "2017-01-01T00:00:00"])
    assert [str(s)[:19] for s in utc_stamps(around)] == ["2016-12-31T23:59:59"] + 2 * ["2017-01-01T00:00:00"]


def test_spans():
    assert span("2027-01-01", "2027-01-02") == (tdb_seconds("2027-01-01"), tdb_seconds("2027-01-02"))
    for start, end in (("2027-01-02", "2027-01-01"), (0.0, 0.0), ([0.0], 1.0), (0.0, ["2027-01-01"]), ("soon", 1.0)):
        with pytest.raises(InputError):
            span(start, end)
